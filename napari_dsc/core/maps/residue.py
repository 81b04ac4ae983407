"""Residue function of one voxel, with its fit and its smoothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.argument_checks import arterial_curve, as_curves, as_time
from napari_dsc.core.deconvolution import (
    Deconvolver,
    Method,
    deconvolver,
    method_name,
    oscillation_index,
    refuse_other_parameters,
)
from napari_dsc.core.defaults import METHOD, OSCILLATION_INDEX, SVD_THRESHOLD
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps.scale import area_weights, arterial_area
from napari_dsc.core.maps.tissue_curves import Tissue
from napari_dsc.core.peak import leading_edge, parabolic_peak
from napari_dsc.core.short_repr import brief
from napari_dsc.core.signal import EvenTime, even_time
from napari_dsc.core.types import Aif, FloatArray

__all__ = ["Residue", "residue", "residue_at", "residue_reader"]


@brief
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Residue:
    """Residue function of one voxel, and what is read off it.

    Parameters
    ----------
    lags : ndarray, shape (L,)
        Lag behind the artery, s; negative: before it.
    values : ndarray, shape (L,)
        Flow-scaled residue function, 1/s.
    time : ndarray, shape (N,)
        The even time axis, s.
    fit : ndarray, shape (N,)
        Residue convolved with the artery again: delta R2* as the method explains it, 1/s.
    height, tmax, delay : float
        Peak, 1/s, its lag, and the lag of its leading edge at half of it, s; NaN: none. Of a method
        whose maps are not read off the residue: what its maps say.
    r_squared : float
        Share of the curve's variance that the fit explains.
    oscillation_index : float
        How much the residue oscillates (Wu 2003, Eq. 6).
    smoothing : float
        How much was smoothed: what `smoothed_by` says, over the largest singular value.
    smoothed_by : str
        "SVD threshold …", "Tikhonov λ …" or "Noise …".
    settled : bool
        False where the method's own rule was not met: oSVD's residue oscillates at the cap.
    times_by : str
        The method that `tmax` and `delay` are read off, where that is another; else empty.
    """

    lags: FloatArray
    values: FloatArray
    time: FloatArray
    fit: FloatArray
    height: float
    tmax: float
    delay: float
    r_squared: float
    oscillation_index: float
    smoothing: float
    smoothed_by: str
    settled: bool
    times_by: str = ""


def residue(
    delta_r2: ArrayLike,
    aif: ArrayLike | Aif,
    time: ArrayLike,
    deconvolution_method: Method = METHOD,
    svd_threshold: float = SVD_THRESHOLD,
    *,
    oscillation_index: float = OSCILLATION_INDEX,
    **parameters: float,
) -> Residue:
    """Residue function of one voxel, with the fit and how much was smoothed.

    What `compute_perfusion_maps` reads its CBF, Tmax and delay off.

    Parameters
    ----------
    delta_r2 : array_like, shape (T,)
        Delta R2* (Q.EL1.009) of the voxel, 1/s.
    aif : array_like, shape (T,)
        Delta R2* of the artery, 1/s.
    time : array_like, shape (T,)
        Time of each sample, s.
    deconvolution_method : str
        A key of `DECONVOLVERS`.
    svd_threshold, oscillation_index, **parameters : float
        As `compute_perfusion_maps`.

    Returns
    -------
    Residue
        In float64.

    Raises
    ------
    DscError
        As `compute_perfusion_maps`, and if the curve is not one finite curve.

    References
    ----------
    .. [1] Wu O et al. (2003). Magn Reson Med 50(1):164-174.

    Examples
    --------
    >>> time = np.arange(40.0)
    >>> bolus = np.exp(-((time - 15) ** 2) / 8)
    >>> found = residue(0.01 * bolus, bolus, time, "cSVD")
    >>> abs(round(found.tmax, 2)), round(found.r_squared, 2), found.smoothing
    (0.0, 0.98, 0.2)
    """
    method = deconvolver(
        deconvolution_method,
        svd_threshold=svd_threshold,
        oscillation_index=oscillation_index,
        **parameters,
    )
    refuse_other_parameters(deconvolution_method, parameters)
    curve = as_curves("delta_r2", delta_r2).astype(np.float64)
    if curve.ndim != 1 or not np.isfinite(curve).all():
        raise DscError(
            f"delta_r2 must be one finite curve, shape (T,), got shape {curve.shape} with "
            f"{int((~np.isfinite(curve)).sum())} samples that are not finite. Choose one voxel."
        )
    artery, times = arterial_curve(aif, curve, time), as_time(time, curve.size)
    arterial_area(artery, area_weights(times))  # refuses what is no artery
    read = residue_reader(artery, even_time(times, curve.size), method)
    return read(curve)


def residue_reader(
    aif: FloatArray, axis: EvenTime, method: Deconvolver
) -> Callable[[FloatArray], Residue]:
    """Bind a method once, to look at one voxel after the other.

    Parameters
    ----------
    aif : ndarray, shape (T,)
        Delta R2* of the artery, 1/s.
    axis : EvenTime
        Time axis of the curves.
    method : Deconvolver
        How to deconvolve.

    Returns
    -------
    callable
        From one finite curve, shape (T,), 1/s, to its `Residue`.
    """
    return _reader(aif if axis.resample is None else aif @ axis.resample, axis, method)


def residue_at(
    tissue: Tissue, aif: FloatArray, method: Deconvolver, timing: Deconvolver | None = None
) -> Callable[[FloatArray, float], Residue]:
    """Bind a method to look at voxels of any slice, as the maps do: once for each slice time.

    Parameters
    ----------
    tissue : Tissue
        Where the curves come from: their time axis.
    aif : ndarray, shape (T,)
        Delta R2* of the artery at the times of the volumes, 1/s.
    method : Deconvolver
        How to deconvolve.
    timing : Deconvolver, optional
        What Tmax and delay are read off; None: the same residue.

    Returns
    -------
    callable
        From one finite curve, shape (T,), 1/s, and by how much later than the volumes it was
        measured, s (see `Prepared.offset_of`), to its `Residue`.
    """
    known: dict[float, Callable[[FloatArray], Residue]] = {}
    times = None if timing is None else residue_at(tissue, aif, timing)

    def read(curve: FloatArray, offset: float) -> Residue:
        if offset not in known:
            known[offset] = _reader(tissue.artery_at(aif, offset), tissue.axis, method)
        found = known[offset](curve)
        if times is None or timing is None:
            return found
        other = times(curve, offset)
        return replace(found, tmax=other.tmax, delay=other.delay, times_by=method_name(timing))

    return read


def _reader(
    artery: FloatArray, axis: EvenTime, method: Deconvolver
) -> Callable[[FloatArray], Residue]:
    """Reader of residues behind an arterial curve on the even time axis."""
    inverse = method(artery, axis.step)
    solve = inverse.solver(slice(None), np.dtype(np.float64), explain=False)
    zero = int(np.argmin(np.abs(inverse.lags)))

    def read(curve: FloatArray) -> Residue:
        even = np.asarray(curve if axis.resample is None else curve @ axis.resample, np.float64)
        found = solve(even[None])
        peak = parabolic_peak(found.values, inverse.search)
        window = inverse.window  # the maps look for the edge no further back than this
        within = peak._replace(sample=peak.sample - window.start)
        edge = window.start + leading_edge(found.values[:, window], within)
        tmax, delay = (inverse.lags[0] + axis.step * at[0] for at in (peak.position, edge))
        height, tmax, delay = float(peak.height[0]), float(tmax), float(delay)
        if inverse.answer is not None:  # the maps are not read off the residue
            told = inverse.answer(even[None])
            height, tmax, delay = (
                float(one.value[0]) for one in (told.flow, told.peak, told.delay)
            )
        values = found.values[0]
        fit = values @ inverse.forward
        with np.errstate(all="ignore"):
            r_squared = 1 - np.square(even - fit).sum() / np.square(even - even.mean()).sum()
        in_order = np.roll(values, -zero) if inverse.circular else values
        return Residue(
            lags=inverse.lags,
            values=values,
            time=axis.time,
            fit=fit,
            height=height,
            tmax=tmax if height > 0 else np.nan,
            delay=delay,
            r_squared=float(r_squared),
            oscillation_index=float(oscillation_index(in_order)),
            smoothing=float(found.used[0]),
            smoothed_by=method.smoothed_by,
            settled=bool(found.settled[0]),
        )

    return read
