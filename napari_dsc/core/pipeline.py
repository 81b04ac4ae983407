"""One analysis, stage by stage: from a scan, an artery and settings to maps."""

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, TypeVar, cast

import numpy as np

from napari_dsc.core.aif import aif_from_voxels, mean_curve
from napari_dsc.core.deconvolution import Deconvolver, OscillationSvd
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import Scale, on_volume, perfusion_stages
from napari_dsc.core.quality import signal_evidence
from napari_dsc.core.signal import bolus_arrival, brain_mask, log_attenuation, propose_baseline
from napari_dsc.core.types import (
    Aif,
    BoolArray,
    DSCPerfusionMaps,
    FloatArray,
    Progress,
    Series,
)
from napari_dsc.core.voxels import curves_of, values_at

__all__ = ["Analysis", "Proposal", "Settings", "TtpOrigin", "mean_signal", "propose", "stages"]

FEWEST_BASELINE, SOUND_BASELINE, GOOD_BASELINE = 2, 5, 10  # volumes

Result = TypeVar("Result")
TtpOrigin: TypeAlias = Literal["start of scan", "bolus arrival"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to compute: a snapshot of the form.

    Parameters
    ----------
    method : Deconvolver
        How to deconvolve, with its own parameters.
    scale : Scale
        Density and haematocrit factor.
    baseline : tuple of int, or None
        First volume of the baseline and the first after it. Volumes before the baseline are
        discarded (no steady state yet). None: the proposal.
    ttp_from : {"start of scan", "bolus arrival"}
        From where TTP counts; the arrival is that of the brain's mean curve (Q.CD1.010).
    """

    method: Deconvolver = field(default_factory=OscillationSvd)
    scale: Scale = field(default_factory=Scale)
    baseline: tuple[int, int] | None = None
    ttp_from: TtpOrigin = "start of scan"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """What is proposed for a scan, and may be edited: brain and baseline."""

    brain: BoolArray  # (...)
    baseline: tuple[int, int]  # volumes
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Maps, and all that made them.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        The result.
    aif : Aif
        The arterial input, over the retained volumes.
    time : ndarray, shape (T,)
        Times of the retained volumes, s.
    brain : ndarray of bool, shape (...)
        Voxels that were computed.
    settings : Settings
        With the baseline that was used.
    arrival : float
        Time at which the brain's mean curve reaches 5 % of its peak, s from the start of scan.
    notices : tuple of str
        What a reader should know.
    """

    maps: DSCPerfusionMaps
    aif: Aif
    time: FloatArray
    brain: BoolArray
    settings: Settings
    arrival: float
    notices: tuple[str, ...]


def propose(series: Series, brain: BoolArray | None = None) -> Proposal:
    """Propose a brain mask, the volumes to discard and the baseline of a scan.

    Parameters
    ----------
    series : Series
        The scan.
    brain : ndarray of bool, shape (...), optional
        A brain that is already known.

    Returns
    -------
    Proposal
        To be edited. Where no bolus is found, the baseline is the first quarter of the scan
        and a notice says so.

    Raises
    ------
    DscError
        If there is no brain signal.
    """
    if brain is None:
        few = slice(min(5, series.n_volumes // 4), min(9, series.n_volumes))
        brain = brain_mask(series.signal[..., few].mean(axis=-1, dtype=np.float32))
    curves = curves_of(series.signal, brain)
    mean = mean_curve(curves)
    try:
        span = propose_baseline(mean, series.repetition_time)
    except DscError as failure:
        stop = max(FEWEST_BASELINE, series.n_volumes // 4)
        notice = f"No baseline found: {failure} Volumes 0 to {stop - 1} stand in for it."
        return Proposal(brain=brain, baseline=(0, stop), notices=(notice,))
    return Proposal(brain=brain, baseline=(span.start, span.stop))


def mean_signal(series: Series, brain: BoolArray, at_most: int = 20_000) -> FloatArray:
    """Mean signal of a brain, for a curve on screen.

    Parameters
    ----------
    series : Series
        The scan.
    brain : ndarray of bool, shape (...)
        Which voxels.
    at_most : int
        Of a larger brain every second, third, … voxel is taken, so that many at the most.

    Returns
    -------
    ndarray, shape (T,)
        Mean signal, a.u.
    """
    marked = np.flatnonzero(brain.T)
    some = np.zeros(brain.size, dtype=np.bool_)
    some[marked[:: max(1, -(-marked.size // at_most))]] = True
    curves = curves_of(series.signal, some.reshape(brain.T.shape).T)
    return mean_curve(curves)


def stages(
    series: Series, artery: BoolArray, brain: BoolArray | None, settings: Settings
) -> Generator[Progress, None, Analysis]:
    """Run one analysis.

    Parameters
    ----------
    series : Series
        The scan, with its time axis.
    artery : ndarray of bool, shape (...)
        Arterial voxels.
    brain : ndarray of bool, shape (...), or None
        Voxels to compute; None for all.
    settings : Settings
        How.

    Yields
    ------
    Progress
        Often enough to cancel within a second, by closing the generator.

    Returns
    -------
    Analysis
        The maps, and all that made them.

    Raises
    ------
    DscError
        If the time step is unknown, a mask is empty or of another shape, the AIF lies outside
        the brain, or something is wrong with the curves (see `compute_perfusion_maps`).
    """
    if series.time is None:
        raise DscError(
            "the repetition time must be known, got none from the file. Enter it in seconds."
        )
    voxels = np.ones(series.signal.shape[:-1], dtype=np.bool_) if brain is None else brain
    _refuse_masks(series, artery, voxels)
    yield Progress("Reading the curves", 0.0)
    notices: tuple[str, ...] = ()
    baseline = settings.baseline
    if baseline is None:
        proposal = propose(series, voxels)
        baseline, notices = proposal.baseline, proposal.notices
    start, stop = baseline
    notices += _baseline_notices(baseline, series.n_volumes)
    signal = curves_of(series.signal, voxels)[:, start:]
    before = slice(0, stop - start)
    yield Progress("Signal to relaxation rate", 0.1)
    evidence = signal_evidence(signal, before)
    yield Progress("Signal to relaxation rate", 0.2)
    curves = log_attenuation(signal, before).astype(np.float32, copy=False)
    del signal
    if series.echo_time is None:
        notices += ("Echo time unknown: ΔR2* is scaled by it. The maps do not depend on it.",)
    else:
        curves /= np.float32(series.echo_time)
    yield Progress("Arterial input function", 0.3)
    aif = aif_from_voxels(curves[values_at(artery, voxels)], artery)
    time = series.time[start:]
    arrival = float(time[bolus_arrival(mean_curve(curves))])
    origin = arrival if settings.ttp_from == "bolus arrival" else 0.0
    work = perfusion_stages(
        curves,
        aif.curve,
        time - origin,
        settings.method,
        settings.scale,
        baseline=before,
        evidence=evidence,
    )
    values, more = yield from _rescaled(work, 0.3, 1.0)
    return Analysis(
        maps=on_volume(values, voxels, series.affine),
        aif=aif,
        time=time,
        brain=voxels,
        settings=replace(settings, baseline=baseline),
        arrival=arrival,
        notices=(*notices, *aif.notices, *more),
    )


def _rescaled(
    work: Generator[Progress, None, Result], start: float, stop: float
) -> Generator[Progress, None, Result]:
    """Pass on a part of the work as a part of the whole."""
    while True:
        try:
            step = next(work)
        except StopIteration as done:
            return cast("Result", done.value)
        except GeneratorExit:
            work.close()
            raise
        yield Progress(step.stage, start + (stop - start) * step.fraction)


def _refuse_masks(series: Series, artery: BoolArray, brain: BoolArray) -> None:
    shape = series.signal.shape[:-1]
    for name, mask in (("AIF", artery), ("brain", brain)):
        if mask.shape != shape:
            raise DscError(
                f"{name} must have the shape of the scan's volumes, {shape}, got {mask.shape}. "
                "Draw it on this scan."
            )
        if not mask.any():
            raise DscError(f"{name} must hold at least one voxel, got none. Draw it on the scan.")
    outside = np.argwhere(artery & ~brain)
    if outside.size:
        named = ", ".join(str(tuple(map(int, voxel))) for voxel in outside[:3])
        raise DscError(
            f"AIF must lie inside the brain mask, got {len(outside)} voxel(s) outside it, "
            f"in the file at {named}. "
            "Add them to the brain, or erase them from the AIF."
        )


def _baseline_notices(baseline: tuple[int, int], n_volumes: int) -> tuple[str, ...]:
    start, stop = baseline
    if not 0 <= start < stop <= n_volumes or stop - start < FEWEST_BASELINE:
        raise DscError(
            f"baseline must hold at least {FEWEST_BASELINE} of the {n_volumes} volumes, got "
            f"{start}:{stop}. Choose volumes after the steady state and before the bolus."
        )
    count = stop - start
    if count < SOUND_BASELINE:
        return (
            f"Only {count} volumes before the bolus: below {SOUND_BASELINE} the baseline is "
            "unsound, and every map with it.",
        )
    if count < GOOD_BASELINE:
        return (f"Only {count} volumes before the bolus: {GOOD_BASELINE} or more are better.",)
    return ()
