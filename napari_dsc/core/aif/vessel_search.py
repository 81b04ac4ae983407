"""Search for an artery, or a vein, in ΔR2* curves of a whole scan."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.aif.arterial_input import aif_from_voxels, mean_curve
from napari_dsc.core.aif.candidates import (
    SearchedCurves,
    arrival_of,
    largest_areas,
    propose_rows,
)
from napari_dsc.core.argument_checks import (
    as_baseline,
    as_curves,
    as_signal,
    as_time,
    bolus_in_baseline,
    holds_bolus,
)
from napari_dsc.core.errors import DscError, DscWarning
from napari_dsc.core.masks import as_voxels, whole_numbers
from napari_dsc.core.noise import scanner_noise, some_of
from napari_dsc.core.provenance import Origin
from napari_dsc.core.time_units import refuse_echo_time
from napari_dsc.core.types import Aif, BoolArray, Candidates, FloatArray

__all__ = ["propose_aif", "propose_vof"]

FEWEST_VOLUMES = 8
BLIND = "Without the signal or the echo time nobody knows which voxels are saturated."


def propose_aif(
    delta_r2: ArrayLike,
    time: ArrayLike,
    brain: ArrayLike | None,
    region: ArrayLike | None = None,
    *,
    signal: ArrayLike | None = None,
    echo_time: float | None = None,
    baseline: slice | int | None = None,
) -> Aif:
    """Propose an arterial input function.

    The search follows Mouridsen et al. [1]_; see `napari_dsc.core.aif.propose_rows`. The same
    scan gives the same proposal. Nothing is forced: the candidates come with their measures and
    with what stands against them.

    Parameters
    ----------
    delta_r2 : array_like, shape (..., T)
        Delta R2* of the retained volumes, 1/s.
    time : array_like, shape (T,)
        Time of each volume, s.
    brain : array_like of bool, shape (...), or None
        Brain with its vessels; None: all voxels. Integer labels above 0 count.
    region : array_like of bool, shape (...), optional
        Where to search; None: the whole brain.
    signal : array_like, shape (..., T), optional
        Signal (Q.MS1.001), a.u.: tells of samples within the noise floor.
    echo_time : float, optional
        Echo time (Q.MS1.005), s: tells of them too, by the noise before the bolus, where there
        is no `signal`. With neither, saturated voxels are not known, and a notice says so.
    baseline : slice or int, optional
        Volumes before the bolus, or how many of the first volumes these are; None: up to the
        arrival on the brain's mean curve.

    Returns
    -------
    Aif
        The mean of the chosen voxels, where they are, and the candidates, the best first.

    Raises
    ------
    DscError
        If a shape does not fit, a mask is empty, or there is no bolus or no artery.

    References
    ----------
    .. [1] Mouridsen K et al. (2006). Magn Reson Med 55(3):524-531.

    Examples
    --------
    >>> from napari_dsc import delta_r2_star, phantom
    >>> patient = phantom((32, 32, 4))
    >>> signal, time = patient.series.signal[..., 2:], patient.series.time[2:]
    >>> curves = delta_r2_star(signal, patient.series.echo_time, 10)
    >>> found = propose_aif(curves, time, patient.brain, signal=signal)
    >>> bool(patient.artery[found.voxels].mean() > 0.8)
    True
    """
    return _propose(delta_r2, time, brain, region, signal, echo_time, baseline, vein=False)


def propose_vof(
    delta_r2: ArrayLike,
    time: ArrayLike,
    brain: ArrayLike | None,
    region: ArrayLike | None = None,
    *,
    signal: ArrayLike | None = None,
    echo_time: float | None = None,
    baseline: slice | int | None = None,
) -> Aif:
    """Propose a venous output function: large, late and wide, as in the sagittal sinus.

    Parameters
    ----------
    delta_r2, time, brain, region, signal, echo_time, baseline
        As in `propose_aif`.

    Returns
    -------
    Aif
        The mean of the chosen voxels, where they are, and the candidates, the best first.

    Raises
    ------
    DscError
        If a shape does not fit, a mask is empty, or there is no bolus or no vein.
    """
    return _propose(delta_r2, time, brain, region, signal, echo_time, baseline, vein=True)


def _propose(
    delta_r2: ArrayLike,
    time: ArrayLike,
    brain: ArrayLike | None,
    region: ArrayLike | None,
    signal: ArrayLike | None,
    echo_time: float | None,
    baseline: slice | int | None,
    *,
    vein: bool,
) -> Aif:
    curves, times = _as_curves(delta_r2, time)
    shape = curves.shape[:-1]
    head = _as_mask("brain", brain, shape)
    search = head if region is None else head & _as_mask("region", region, shape)
    if not search.any():
        raise DscError("region must hold a voxel of the brain, got none. Draw it on the brain.")
    mean = mean_curve(curves[head])
    arrival = arrival_of(mean, times)
    usual = slice(0, max(1, arrival))
    before = usual if baseline is None else as_baseline(baseline, times.size)
    own = curves[search]
    largest = largest_areas(own, times)
    own, index = own[largest], np.argwhere(search)[largest]
    seen, noise = _relative_signal(own, echo_time)
    if signal is not None:
        values = as_signal("signal", signal, curves.shape)
        seen = values[search][largest]
        noise = scanner_noise(some_of(values[head]), before, around=some_of(values))
    late = None if baseline is None else holds_bolus(mean, before, arrival)
    # What has no bolus at all is told that first, whatever its baseline.
    searched = SearchedCurves(own, times, before if late is None else usual, seen, noise)
    found = propose_rows(searched, reference=mean, vein=vein, share=1.0)
    if late is not None:
        raise bolus_in_baseline("the brain's mean curve", before, late, arrival)
    if not found.chosen.any():
        raise DscError(
            f"the curves must hold {'a vein' if vein else 'an artery'}, got none without an "
            f"objection: the best is {', '.join(found.verdicts[0])}. Draw one by hand."
        )
    aif = aif_of(found.candidates(index, own), shape, region=region is not None)
    return aif if seen is not None else replace(aif, notices=(*aif.notices, BLIND))


def _relative_signal(
    curves: FloatArray, echo_time: float | None
) -> tuple[NDArray[Any] | None, float | None]:
    """Signal over its baseline, and its noise; neither where no echo time tells them."""
    if echo_time is None:
        return None, None
    # The noise of S/S0 hangs on each S0, which nobody knows: 2 % of it remains.
    return np.exp(-refuse_echo_time(echo_time) * curves), 0.0


def aif_of(candidates: Candidates, shape: tuple[int, ...], *, region: bool = False) -> Aif:
    """Mean of the chosen candidates in a volume of that shape; `region`: of those in a region.

    Where none is chosen there is no voxel, and the curve is NaN.
    """
    voxels = np.zeros(shape, dtype=np.bool_)
    if not candidates.chosen.any():
        nothing = np.full(candidates.curves.shape[1], np.nan)
        return Aif(curve=nothing, voxels=voxels, candidates=candidates)
    voxels[tuple(candidates.index[candidates.chosen].T)] = True
    aif = aif_from_voxels(candidates.curves[candidates.chosen], voxels)
    origin = Origin(kind="proposed", region=region)
    return replace(aif, candidates=candidates, origin=origin)


def _as_curves(delta_r2: ArrayLike, time: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Curves and their times."""
    curves = as_curves("delta_r2", delta_r2)
    if curves.ndim < 2 or curves.shape[-1] < FEWEST_VOLUMES:
        raise DscError(
            f"delta_r2 must have shape (..., T) with at least {FEWEST_VOLUMES} volumes, got "
            f"{curves.shape}. Pass the curves of a whole scan."
        )
    return curves, as_time(time, curves.shape[-1])


def _as_mask(name: str, mask: ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    """Voxels of a mask: every integer label above 0; a soft one is cut at half."""
    if mask is None:
        return np.ones(shape, dtype=np.bool_)
    judgement = as_voxels(mask, name, shape, several="all")
    voxels = judgement.voxels
    if judgement.notices and whole_numbers(mask).dtype.kind == "f":
        for notice in judgement.notices:
            warnings.warn(notice, DscWarning, stacklevel=4)
    if not voxels.any():
        raise DscError(f"{name} must hold at least one voxel, got none. Draw it on the scan.")
    return voxels
