"""The search for an artery, or a vein, in delta R2* of a whole scan."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.aif.measures import pooled_noise
from napari_dsc.core.aif.proposal import arrival_of, largest_areas, propose_rows
from napari_dsc.core.aif.voxels import aif_from_voxels, mean_curve
from napari_dsc.core.errors import DscError
from napari_dsc.core.origin import Origin
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
    before = slice(0, max(1, arrival_of(mean, times))) if baseline is None else baseline
    before = slice(0, before) if isinstance(before, int) else before
    values = None if signal is None else _as_signal(signal, curves.shape)
    own = curves[search]
    largest = largest_areas(own, times)
    own, index = own[largest], np.argwhere(search)[largest]
    seen: NDArray[Any] | None = None
    noise: float | None = None
    if values is not None:
        seen, noise = values[search][largest], pooled_noise(values[head])
    elif echo_time is not None:  # the signal relative to its baseline
        seen = np.exp(-echo_time * own)
    found = propose_rows(
        own, times, before, reference=mean, signal=seen, noise=noise, vein=vein, share=1.0
    )
    aif = aif_of(
        Candidates(
            index=index[found.rows],
            curves=own[found.rows],
            measures=found.measures,
            verdicts=found.verdicts,
            chosen=found.chosen,
        ),
        shape,
        region=region is not None,
    )
    return aif if seen is not None else replace(aif, notices=(*aif.notices, BLIND))


def aif_of(candidates: Candidates, shape: tuple[int, ...], *, region: bool = False) -> Aif:
    """Mean of the chosen candidates in a volume of that shape; `region`: of those in a region."""
    voxels = np.zeros(shape, dtype=np.bool_)
    voxels[tuple(candidates.index[candidates.chosen].T)] = True
    aif = aif_from_voxels(candidates.curves[candidates.chosen], voxels)
    origin = Origin(kind="proposed", region=region)
    return replace(aif, candidates=candidates, origin=origin)


def _as_curves(delta_r2: ArrayLike, time: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Curves and their times."""
    curves = np.asarray(delta_r2)
    if not np.issubdtype(curves.dtype, np.floating):
        curves = curves.astype(np.float64)
    if curves.ndim < 2 or curves.shape[-1] < FEWEST_VOLUMES:
        raise DscError(
            f"delta_r2 must have shape (..., T) with at least {FEWEST_VOLUMES} volumes, got "
            f"{curves.shape}. Pass the curves of a whole scan."
        )
    times = np.asarray(time, dtype=np.float64)
    if times.shape != curves.shape[-1:] or not (np.diff(times) > 0).all():
        raise DscError(
            f"time must increase and have shape {curves.shape[-1:]} like the curves, got shape "
            f"{times.shape}. Give one time in seconds for each volume."
        )
    return curves, times


def _as_mask(name: str, mask: ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    """Voxels where a mask is positive."""
    if mask is None:
        return np.ones(shape, dtype=np.bool_)
    voxels = np.asarray(np.asarray(mask) > 0)
    if voxels.shape != shape:
        raise DscError(
            f"{name} must have shape {shape} like the volumes of delta_r2, got {voxels.shape}. "
            "Draw it on this scan."
        )
    if not voxels.any():
        raise DscError(f"{name} must hold at least one voxel, got none. Draw it on the scan.")
    return voxels


def _as_signal(signal: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    values = np.asarray(signal)
    if values.shape != shape:
        raise DscError(
            f"signal must have shape {shape} like delta_r2, got {values.shape}. "
            "Pass the volumes that delta_r2 was made of."
        )
    return values
