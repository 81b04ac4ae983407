"""Perfusion maps from delta R2* curves: the public functions, and the stages beneath them."""

import os
import warnings
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from napari_dsc.core.deconvolution import Deconvolver, Inverse, deconvolver
from napari_dsc.core.errors import DscError, DscWarning
from napari_dsc.core.quality import (
    EARLY,
    POOR_FIT,
    REJECTING,
    UNRETURNED,
    Flags,
    Quality,
    SignalEvidence,
    mark,
    signal_evidence,
    weak_bolus,
)
from napari_dsc.core.residue import leading_edge, parabolic_peak
from napari_dsc.core.signal import EvenTime, bolus_arrival, even_time
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray, ParameterMap, Progress
from napari_dsc.core.voxels import curves_of, lay_out

__all__ = [
    "Scale",
    "VoxelMaps",
    "compute_cbv",
    "compute_mtt",
    "compute_perfusion_maps",
    "on_volume",
    "perfusion_stages",
]

BLOCK = 8192  # voxels at once: a constant, because rounding depends on the shape of a product
USUAL_DENSITY = 0.9, 1.2  # g/mL: beyond, a notice


@dataclass(frozen=True, slots=True)
class Scale:
    """What turns ratios of curves into physical units, for flow and volume alike.

    Parameters
    ----------
    density : float
        Density ρ of brain tissue, g/mL. Divides CBV and CBF.
    hematocrit_ratio : float
        Haematocrit factor kH = (1 − Hct of large vessels) / (1 − Hct of small vessels);
        0.73 for 0.45 and 0.25. Multiplies CBV and CBF.
    """

    density: Annotated[
        float, {"label": "Density ρ (g/mL)", "min": 0.5, "max": 2.0, "step": 0.01}
    ] = 1.04
    hematocrit_ratio: Annotated[
        float, {"label": "Haematocrit factor kH (ratio)", "min": 0.01, "max": 1.5, "step": 0.01}
    ] = 0.73

    def __post_init__(self) -> None:
        if not 0 < self.density < np.inf:
            raise DscError(
                f"density must be positive, got {self.density:g}. Brain has about 1.04 g/mL."
            )
        if not 0 < self.hematocrit_ratio <= 1.5:
            raise DscError(
                f"hematocrit_ratio must lie in (0, 1.5], got {self.hematocrit_ratio:g}. It is "
                "kH = (1 - Hct of large vessels) / (1 - Hct of small vessels), about 0.73."
            )

    @property
    def volume(self) -> float:
        """Volume in mL/100g for a ratio of areas of one."""
        return 100 * self.hematocrit_ratio / self.density

    @property
    def flow(self) -> float:
        """Flow in mL/100g/min for a residue of 1/s."""
        return 60 * self.volume


@dataclass(frozen=True, slots=True, eq=False)
class VoxelMaps:
    """Results voxel by voxel, each of shape (V,); units as in DSCPerfusionMaps."""

    cbv: FloatArray
    cbf: FloatArray
    mtt: FloatArray
    ttp: FloatArray
    tmax: FloatArray | None
    delay: FloatArray | None
    flags: Flags


def compute_perfusion_maps(
    delta_r2: ArrayLike,
    aif: ArrayLike,
    time: ArrayLike,
    mask: ArrayLike | None = None,
    deconvolve: bool = True,
    deconvolution_method: str = "oSVD",
    svd_threshold: float = 0.2,
    density: float = 1.04,
    hematocrit_ratio: float = 0.73,
    *,
    affine: ArrayLike | None = None,
    oscillation_index: float = 0.035,
    baseline: slice | int | None = None,
    signal: ArrayLike | None = None,
) -> DSCPerfusionMaps:
    r"""Perfusion maps from delta R2* curves.

    CBV :math:`= 100 \frac{k_H}{\rho} \int C_t / \int C_a`, CBF :math:`= 6000
    \frac{k_H}{\rho} \max R` with :math:`C_t = C_a \otimes R` [1]_ [2]_, and MTT
    :math:`= 60\,CBV/CBF` (M.ID1.001).

    Parameters
    ----------
    delta_r2 : array_like, shape (..., T)
        Delta R2* (Q.EL1.009), 1/s. Any constant factor that the AIF shares cancels.
        float32 stays float32.
    aif : array_like, shape (T,)
        Delta R2* of the artery, 1/s.
    time : array_like, shape (T,)
        Time of each sample, s. Steps that differ by 1 to 20 % are resampled, with a warning.
    mask : array_like, shape (...), optional
        Brain: bool, or integer labels of which every positive one counts.
    deconvolve : bool
        If False, `cbf` is the ratio of the peaks and `mtt` is `cbv` over it, both relative
        (unit "1"), and there is no `tmax` and no `delay`.
    deconvolution_method : str
        A key of `DECONVOLVERS`.
    svd_threshold : float
        Singular values below this fraction of the largest are dropped; for oSVD the largest
        threshold that its search may reach.
    density : float
        Density of brain, g/mL.
    hematocrit_ratio : float
        kH = (1 - haematocrit of large vessels) / (1 - haematocrit of small vessels).
    affine : array_like, shape (4, 4), optional
        Voxel indices to RAS millimetres, carried by the maps.
    oscillation_index : float
        oSVD's limit of the oscillation index.
    baseline : slice or int, optional
        Volumes before the bolus, for the quality flags; by default up to the AIF's arrival.
    signal : array_like, shape (..., T), optional
        The signal itself, a.u., for the flags that need it.

    Returns
    -------
    DSCPerfusionMaps
        Maps of shape (...). NaN outside the mask and where there is no answer.

    Raises
    ------
    DscError
        If shapes do not match, `aif` or `time` is not finite, time does not increase or is
        uneven by more than 20 %, the AIF's area is not positive, the mask is empty, a
        parameter is out of its range or the method is unknown.

    References
    ----------
    .. [1] Østergaard L et al. (1996). Magn Reson Med 36(5):715-725.
    .. [2] Calamante F et al. (1999). J Cereb Blood Flow Metab 19(7):701-735.

    Examples
    --------
    >>> import numpy as np
    >>> from napari_dsc import compute_perfusion_maps
    >>> delta_r2 = np.random.rand(64, 64, 20, 60) * 10
    >>> aif = np.random.rand(60) * 20
    >>> time = np.linspace(0, 90, 60)
    >>> maps = compute_perfusion_maps(delta_r2, aif, time)
    >>> maps.cbf.values.shape
    (64, 64, 20)
    """
    curves = _curves(delta_r2)
    shape = curves.shape[:-1]
    voxels = _mask(mask, shape)
    method = deconvolver(
        deconvolution_method, svd_threshold=svd_threshold, oscillation_index=oscillation_index
    )
    artery = _aif(aif, curves.shape[-1])
    if baseline is None:
        baseline = bolus_arrival(artery)
    before = baseline if isinstance(baseline, slice) else slice(0, baseline)
    evidence = None
    if signal is not None:
        levels = np.asarray(signal)
        if levels.shape != curves.shape:
            raise DscError(
                f"signal must have the shape of delta_r2, {curves.shape}, got {levels.shape}. "
                "Pass the signal that delta_r2 was made from."
            )
        evidence = signal_evidence(curves_of(levels, voxels), before)
    stages = perfusion_stages(
        curves_of(curves, voxels),
        artery,
        np.asarray(time, dtype=np.float64),
        method if deconvolve else None,
        Scale(density, hematocrit_ratio),
        baseline=before,
        evidence=evidence,
    )
    while True:
        try:
            next(stages)
        except StopIteration as done:
            values, notices = done.value
            break
    for notice in notices:
        warnings.warn(notice, DscWarning, stacklevel=2)
    return on_volume(values, voxels, None if affine is None else np.asarray(affine, dtype=float))


def compute_cbv(
    delta_r2: ArrayLike, aif: ArrayLike, time: ArrayLike, hematocrit_ratio: float = 0.73
) -> FloatArray:
    r"""Cerebral blood volume as a fraction: :math:`k_H \int C_t / \int C_a`, without density.

    Parameters
    ----------
    delta_r2 : array_like, shape (..., T)
        Delta R2* (Q.EL1.009), 1/s.
    aif : array_like, shape (T,)
        Delta R2* of the artery, 1/s.
    time : array_like, shape (T,)
        Time of each sample, s.
    hematocrit_ratio : float
        kH = (1 - haematocrit of large vessels) / (1 - haematocrit of small vessels).

    Returns
    -------
    ndarray, shape (...)
        Volume of blood per volume of tissue; NaN where a sample is not finite.

    Raises
    ------
    DscError
        As `compute_perfusion_maps`.

    References
    ----------
    .. [1] Østergaard L et al. (1996). Magn Reson Med 36(5):715-725.

    Examples
    --------
    >>> bolus = np.array([0.0, 10.0, 0.0])
    >>> float(compute_cbv(bolus / 10, bolus, [0, 1, 2], hematocrit_ratio=0.5))
    0.05
    """
    curves = _curves(delta_r2)
    kh = Scale(hematocrit_ratio=hematocrit_ratio).hematocrit_ratio
    artery = _aif(aif, curves.shape[-1])
    even_time(time, curves.shape[-1])  # refuses what is no time axis
    weights = _area_weights(np.asarray(time, dtype=np.float64))
    with np.errstate(all="ignore"):
        ratio = np.asarray(curves @ (weights * kh / _area(artery, weights)).astype(curves.dtype))
    return np.where(np.isfinite(ratio), ratio, np.nan)


def compute_mtt(cbv: ArrayLike, cbf: ArrayLike) -> FloatArray:
    """Mean transit time by the central volume principle (M.ID1.001): volume over flow.

    Parameters
    ----------
    cbv, cbf : array_like, shape (...)
        Volume and flow.

    Returns
    -------
    ndarray, shape (...)
        Their ratio, in the unit of `cbv` over that of `cbf` (mL/100g and mL/100g/min give
        minutes). NaN where the flow is not positive.

    References
    ----------
    .. [1] Stewart GN (1894). J Physiol 15:1-89.

    Examples
    --------
    >>> compute_mtt([4.0, 4.0], [60.0, 0.0]) * 60
    array([ 4., nan])
    """
    volume, flow = np.broadcast_arrays(_floats(cbv), _floats(cbf))
    with np.errstate(all="ignore"):
        ratio = volume / flow
    return np.where(flow > 0, ratio, np.nan).astype(ratio.dtype)


def perfusion_stages(
    curves: FloatArray,
    aif: FloatArray,
    time: FloatArray,
    method: Deconvolver | None,
    scale: Scale,
    *,
    baseline: slice,
    evidence: SignalEvidence | None = None,
) -> Generator[Progress, None, tuple[VoxelMaps, tuple[str, ...]]]:
    """Compute the maps of some voxels, block by block, on every core.

    The blocks do not depend on the number of threads, and BLAS runs one thread in each: the
    same input gives the same bytes.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s.
    aif : ndarray, shape (T,)
        Delta R2* of the artery, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    method : Deconvolver or None
        How to deconvolve; None for the ratio of peaks.
    scale : Scale
        Density and haematocrit factor.
    baseline : slice
        Volumes before the bolus.
    evidence : SignalEvidence, optional
        What the signal tells of each voxel.

    Yields
    ------
    Progress
        After each block; closing the generator cancels what has not begun.

    Returns
    -------
    VoxelMaps, tuple of str
        The results, and what a reader should know of them.
    """
    axis = even_time(time, curves.shape[1])
    notices: tuple[str, ...] = ()
    if axis.resample is not None:
        notices = (
            f"Time steps differ by up to {axis.deviation:.0%}: curves were resampled to "
            f"{axis.step:g} s.",
        )
        aif = aif @ axis.resample
    if not USUAL_DENSITY[0] <= scale.density <= USUAL_DENSITY[1]:
        notices += (f"A density of {scale.density:g} g/mL is unusual: brain has about 1.04.",)
    weights = _area_weights(axis.time)
    area = _area(aif, weights)
    count = len(curves)
    level = None if evidence is None else evidence.baseline
    flags: Flags = np.zeros(count, np.uint16) if evidence is None else evidence.flags.copy()
    mark(flags, Quality.WEAK_BOLUS, weak_bolus(curves, baseline, level))
    out = {
        name: np.full(count, np.nan, dtype=curves.dtype)
        for name in ("cbv", "cbf", "mtt", "ttp", "tmax", "delay")
    }
    inverse = None if method is None else method(aif, axis.step)
    peak_of_aif = float(parabolic_peak(aif[None], slice(0, aif.size)).height[0])

    def compute(start: int) -> None:
        rows = slice(start, min(start + BLOCK, count))
        block = np.zeros((BLOCK, curves.shape[1]), dtype=curves.dtype)
        filled = rows.stop - rows.start
        block[:filled] = curves[rows]
        lost = ~np.isfinite(block).all(axis=1)
        block[lost] = 0  # nothing of it reaches a neighbour
        with np.errstate(all="ignore"):
            if axis.resample is not None:
                block = block @ axis.resample.astype(block.dtype)
            results, bits = _block(block, axis, weights / area, inverse, scale, peak_of_aif)
        for name, values in results.items():
            values[lost] = np.nan
            out[name][rows] = values[:filled]
        bits[lost] = 0
        flags[rows] |= bits[:filled]
        flags[rows][lost[:filled]] = Quality.NON_FINITE

    starts = range(0, count, BLOCK)
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(compute, start) for start in starts]
        try:
            for done, block in enumerate(as_completed(running), 1):
                block.result()
                yield Progress("Deconvolution", done / len(running))
        finally:
            pool.shutdown(cancel_futures=True)
    if inverse is None:
        return VoxelMaps(**{**out, "tmax": None, "delay": None}, flags=flags), notices
    return VoxelMaps(**out, flags=flags), notices


MAPS = {  # what each map is, in the words of the field
    "cbv": ("Cerebral blood volume", "CBV", "mL/100g"),
    "cbf": ("Cerebral blood flow", "CBF", "mL/100g/min"),
    "mtt": ("Mean transit time", "MTT", "s"),
    "ttp": ("Time to peak", "TTP", "s"),
    "tmax": ("Time to maximum of the residue function", "Tmax", "s"),
    "delay": ("Arterial delay", "Delay", "s"),
}
RELATIVE = {  # without deconvolution
    "cbf": ("Relative cerebral blood flow (ratio of peaks)", "rCBF", "1"),
    "mtt": ("Relative mean transit time (CBV over ratio of peaks)", "rMTT", "1"),
}


def on_volume(
    values: VoxelMaps, voxels: BoolArray, affine: FloatArray | None = None
) -> DSCPerfusionMaps:
    """Lay results of voxels out on the volume they came from.

    Parameters
    ----------
    values : VoxelMaps
        Results of the V voxels that `voxels` marks, in the order of `curves_of`.
    voxels : ndarray of bool, shape (...)
        Which voxels these are.
    affine : ndarray, shape (4, 4), optional
        Voxel indices to RAS millimetres.

    Returns
    -------
    DSCPerfusionMaps
        Maps of shape (...); NaN elsewhere.
    """
    bits = lay_out(values.flags, voxels, 0)
    stands = voxels & ((bits & REJECTING) == 0)
    words = MAPS if values.tmax is not None else {**MAPS, **RELATIVE}
    maps: dict[str, ParameterMap | None] = {}
    for key, (name, symbol, units) in words.items():
        column: FloatArray | None = getattr(values, key)
        if column is None:
            maps[key] = None
            continue
        maps[key] = ParameterMap(
            values=lay_out(column, voxels, np.nan),
            name=name,
            symbol=symbol,
            units=units,
            affine=affine,
            quality_mask=stands,
        )
    return DSCPerfusionMaps(**maps, quality_mask=stands, quality=bits)  # type: ignore[arg-type]


def _block(
    curves: FloatArray,
    axis: EvenTime,
    area_weights: FloatArray,
    inverse: Inverse | None,
    scale: Scale,
    peak_of_aif: float,
) -> tuple[dict[str, FloatArray], Flags]:
    """Maps and flags of one block of curves, shape (V, N), all finite."""
    flags: Flags = np.zeros(len(curves), dtype=np.uint16)
    own = parabolic_peak(curves, slice(0, curves.shape[1]))
    cbv = scale.volume * (curves @ area_weights.astype(curves.dtype))
    ttp = np.where(own.height > 0, axis.time[0] + axis.step * own.position, np.nan)
    end = curves[:, -3:].mean(axis=1)
    mark(flags, Quality.UNRETURNED, end > UNRETURNED * own.height)
    if inverse is None:
        cbf = own.height / peak_of_aif
        mark(flags, Quality.NOT_POSITIVE, ~((cbf > 0) & (cbv > 0)))
        return {"cbv": cbv, "cbf": cbf, "mtt": compute_mtt(cbv, cbf), "ttp": ttp}, flags
    residues = inverse.solve(curves)
    peak = parabolic_peak(residues.values, inverse.search)
    cbf = scale.flow * peak.height
    rises = peak.height > 0
    tmax = np.where(rises, inverse.lags[0] + axis.step * peak.position, np.nan)
    delay = inverse.lags[0] + axis.step * leading_edge(residues.values, peak)
    fit = residues.values @ inverse.forward.astype(curves.dtype)
    fit -= curves
    misfit = np.einsum("vt,vt->v", fit, fit)
    spread = curves.var(axis=1) * curves.shape[1]
    first, last = inverse.search.start, inverse.search.stop - 1
    too_early = (peak.index == first) & (inverse.lags[first] < 0)
    mark(flags, Quality.EDGE, too_early | (peak.index == last))
    mark(flags, Quality.POOR_FIT, ~(misfit <= (1 - POOR_FIT) * spread))
    mark(flags, Quality.NOT_POSITIVE, ~((cbf > 0) & (cbv > 0)))
    mark(flags, Quality.OSCILLATES, ~residues.settled)
    mark(flags, Quality.EARLY, tmax < EARLY)
    mtt = 60 * compute_mtt(cbv, cbf)
    return {"cbv": cbv, "cbf": cbf, "mtt": mtt, "ttp": ttp, "tmax": tmax, "delay": delay}, flags


def _area_weights(time: FloatArray) -> FloatArray:
    """Weights of the trapezoidal rule, s: exact for piecewise-linear curves."""
    half = np.diff(time) / 2
    return np.concatenate([half, [0]]) + np.concatenate([[0], half])


def _area(aif: FloatArray, weights: FloatArray) -> float:
    area = float(aif @ weights)
    if not area > 0:
        raise DscError(
            f"AIF integral is non-positive (got {area:g}). Choose arterial voxels, and a baseline "
            "before the bolus."
        )
    return area


def _floats(values: ArrayLike) -> FloatArray:
    """Float32 stays, shorter floats become float32, all else float64."""
    array = np.asarray(values)
    if not np.issubdtype(array.dtype, np.floating):
        return array.astype(np.float64)
    return array.astype(np.result_type(array.dtype, np.float32), copy=False)


def _curves(delta_r2: ArrayLike) -> FloatArray:
    curves = _floats(delta_r2)
    if curves.ndim < 1:
        raise DscError("delta_r2 must have shape (..., T), got a single number. Pass curves.")
    return curves


def _aif(aif: ArrayLike, n_samples: int) -> FloatArray:
    artery = np.asarray(aif, dtype=np.float64)
    if artery.shape != (n_samples,):
        raise DscError(
            f"aif must have shape ({n_samples},) like the curves of delta_r2, got {artery.shape}. "
            "Give one value for each volume."
        )
    if not np.isfinite(artery).all():
        first = int(np.flatnonzero(~np.isfinite(artery))[0])
        raise DscError(
            f"aif must be finite, got {artery[first]} at volume {first}. Interpolate that "
            "sample or choose other arterial voxels."
        )
    return artery


def _mask(mask: ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    if mask is None:
        return np.ones(shape, dtype=np.bool_)
    voxels = np.asarray(np.asarray(mask) > 0)
    if voxels.shape != shape:
        raise DscError(
            f"mask must have shape {shape} like the volumes of delta_r2, got {voxels.shape}. "
            "Draw it on this scan."
        )
    if not voxels.any():
        raise DscError("mask must hold at least one voxel, got none. Draw the brain, or pass None.")
    return voxels
