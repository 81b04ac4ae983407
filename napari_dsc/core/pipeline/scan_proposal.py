"""Proposals for a scan that a user may edit: brain, discarded volumes, baseline."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.aif import mean_curve
from napari_dsc.core.bolus_passages import Passage
from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import (
    Odd,
    bridged,
    choice_in_words,
    chosen_volumes,
    in_runs,
    odd_volumes,
    retained,
)
from napari_dsc.core.mask_rows import curves_of, values_at
from napari_dsc.core.scan_checks import NO_BOLUS, doubtful_order, doubtful_quantity, without_bolus
from napari_dsc.core.signal import brain_mask, brain_passages, propose_baseline, uneven_baseline
from napari_dsc.core.types import BoolArray, FloatArray, Series

__all__ = [
    "FEWEST_BASELINE",
    "Proposal",
    "everywhere",
    "find_odd_volumes",
    "left_out_of",
    "mean_signal",
    "propose",
    "refuse_without_bolus",
    "sample_signals",
    "several_boluses",
    "uneven_words",
]

FEWEST_BASELINE = 2  # volumes
MOST_BOLUSES = 3  # within a scan
MOST_OFF = 0.2  # of the usual level: volumes that tell where the brain is
SAMPLE = 20_000  # voxels that tell of a whole brain


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """What is proposed for a scan, and may be edited.

    Parameters
    ----------
    brain : ndarray of bool, shape (...)
        Its voxels.
    baseline : tuple of int
        First volume of it and the first after it.
    notices : tuple of str
        What a reader should know.
    questions : tuple of str
        What seems odd: somebody has to look at it before anything is computed.
    left_out : tuple of int
        Volumes that are not used, counted from 0.
    odd : tuple of Odd
        Those that seem blank, incomplete or foreign, and why.
    boluses : tuple of int
        At which volumes a bolus arrives, if there is more than one.
    """

    brain: BoolArray
    baseline: tuple[int, int]
    notices: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    left_out: tuple[int, ...] = ()
    odd: tuple[Odd, ...] = ()
    boluses: tuple[int, ...] = ()


def propose(series: Series, brain: BoolArray | None = None, bolus: int | None = None) -> Proposal:
    """Propose a brain mask, the volumes to discard and the baseline of a scan.

    Parameters
    ----------
    series : Series
        The scan.
    brain : ndarray of bool, shape (...), optional
        A brain that is already known.

    bolus : int, optional
        Which of several passages of a bolus is analysed, from 0; None: the only one. Where there
        are more, a question asks which, and the largest stands in for the answer.

    Returns
    -------
    Proposal
        To be edited. Where no bolus is found, the baseline is the first quarter of the scan
        and a notice says so.

    Raises
    ------
    DscError
        If there is no brain signal, no such passage, or the user has left out all of the bolus.
    """
    if brain is None:
        signal = series.quantity == "signal"
        brain = brain_mask(_volume_of_brain(series), air_is_dark=signal)
    odd = find_odd_volumes(series, brain)
    left_out, notices = left_out_of(series, odd)
    measured = mean_curve(curves_of(series.signal, brain))
    refuse_without_bolus(series, measured, left_out)
    mean = bridged(measured, left_out, series.time)
    found = _passages(series, mean)
    if len(found) > MOST_BOLUSES:  # nobody gives so many: the volumes are out of order
        found = ()
    which, asked = _chosen(found, bolus)
    if len(found) > 1:
        last = found[which + 1].arrival if which + 1 < len(found) else series.n_volumes
        left_out = tuple(sorted({*left_out, *range(last, series.n_volumes)}))
    kept = mean[: retained(series.n_volumes, 0, left_out).stop]
    try:
        span = propose_baseline(mean, series.repetition_time, which)
    except DscError as failure:
        known = Proposal(brain=brain, baseline=(0, 0), notices=notices, left_out=left_out, odd=odd)
        return _without_baseline(series, mean, known, failure)
    if span.stop - span.start < FEWEST_BASELINE:
        notices += ("The bolus comes too early for a baseline: set one by hand.",)
    baseline = span.start, span.stop
    doubt = _upwards(series, kept, baseline) or without_bolus(kept[span.start :])
    questions = (doubt,) if doubt else doubtful_order(series.signal, kept[span.start :])
    return Proposal(
        brain=brain,
        baseline=baseline,
        notices=notices,
        questions=(asked, *questions) if asked and not doubt else questions,
        left_out=left_out,
        odd=odd,
        boluses=tuple(one.arrival for one in found) if len(found) > 1 else (),
    )


def _without_baseline(
    series: Series, mean: FloatArray, known: Proposal, failure: DscError
) -> Proposal:
    """A proposal whose baseline is the first quarter of the scan, which is said and asked."""
    stop = max(FEWEST_BASELINE, series.n_volumes // 4)
    notice = f"No baseline found: {failure} Volumes 0 to {stop - 1} stand in for it."
    return replace(
        known,
        baseline=(0, stop),
        notices=(*known.notices, notice),
        questions=(_upwards(series, mean, (0, stop)) or NO_BOLUS,),
    )


def find_odd_volumes(series: Series, brain: BoolArray) -> tuple[Odd, ...]:
    """Find volumes that are blank, incomplete or unlike their neighbours, over a brain.

    Parameters
    ----------
    series : Series
        The scan.
    brain : ndarray of bool, shape (...)
        Its voxels; of a large brain every n-th is looked at.

    Returns
    -------
    tuple of Odd
        To be left out.
    """
    some = _some_of(brain, SAMPLE)
    slices = np.broadcast_to(np.arange(brain.shape[-1]), brain.shape)
    return odd_volumes(curves_of(series.signal, some), values_at(slices, some))


def left_out_of(series: Series, odd: tuple[Odd, ...]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Volumes of a scan that are not used, and words on those that were not known before.

    Parameters
    ----------
    series : Series
        The scan, with what a user chose.
    odd : tuple of Odd
        From `find_odd_volumes`.
    """
    user = series.leave_out, series.end
    if series.left_out is not None:
        known = () if user == (None, None) else choice_in_words((), *user)
        return series.left_out, known
    return chosen_volumes(odd, *user, series.n_volumes), choice_in_words(odd, *user)


def refuse_without_bolus(series: Series, mean: FloatArray, left_out: tuple[int, ...]) -> None:
    """Raise `DscError` where a user has left out every passage of the bolus.

    Parameters
    ----------
    series : Series
        The scan.
    mean : ndarray, shape (T,)
        Mean signal of the brain in every volume, as measured, a.u.
    left_out : tuple of int
        Volumes that are not used.
    """
    if series.leave_out is None and series.end is None:
        return
    found = _passages(series, mean)
    gone = [set(range(one.arrival, one.peak + 1)) <= set(left_out) for one in found]
    if gone and all(gone):
        name = "end" if series.leave_out is None else "leave_out"
        first = found[0]
        raise DscError(
            f"{name} must leave volumes of the bolus, which arrives at volume {first.arrival} and "
            f"peaks at {first.peak} (counted from 0), got {in_runs(left_out)} left out. Use some "
            "of them again."
        )


def several_boluses(arrivals: tuple[int, ...]) -> str:
    """Say that a scan holds several passages of a bolus, arriving at these volumes."""
    *most, last = map(str, arrivals)
    return (
        f"The scan holds {len(arrivals)} passages of a bolus, arriving at volumes "
        f"{', '.join(most)} and {last} (counted from 0): choose which is analysed."
    )


def uneven_words(mean: FloatArray, baseline: tuple[int, int]) -> tuple[str, ...]:
    """Say which volumes of a baseline differ from the others; nothing if it is flat.

    Parameters
    ----------
    mean : ndarray, shape (T,)
        Mean signal of the brain, a.u.
    baseline : tuple of int
        First volume of it and the first after it.
    """
    after = mean[baseline[1] :]
    level = float(np.median(mean[slice(*baseline)])) if baseline[1] > baseline[0] else 0.0
    depth = level - float(np.min(after)) if after.size else np.inf
    off = uneven_baseline(mean, baseline, depth)
    if not off:
        return ()
    named = ", ".join(map(str, off[:6])) + (" …" if len(off) > 6 else "")
    most = max(abs(float(mean[one]) / level - 1) for one in off)
    return (
        f"The baseline is not flat: volume{'s' * (len(off) > 1)} {named} (counted from 0) "
        f"differ{'s' * (len(off) == 1)} by up to {most:.0%} from the others. Begin it later, or "
        "end it earlier.",
    )


def _passages(series: Series, mean: FloatArray) -> tuple[Passage, ...]:
    """Passages of a bolus; none where the brain has no signal in some volume."""
    if not (np.isfinite(mean).all() and mean.min() > 0):
        return ()
    return brain_passages(mean, series.repetition_time)


def _chosen(found: tuple[Passage, ...], bolus: int | None) -> tuple[int, str]:
    """Which passage is analysed, and the question that stands while nobody has said so."""
    if bolus is not None and not 0 <= bolus < max(1, len(found)):
        raise DscError(
            f"bolus must be one of the {len(found)} passages that were found, got {bolus + 1}. "
            "Look at the brain's curve."
        )
    if len(found) < 2:
        return 0, ""
    if bolus is not None:
        return bolus, ""
    heights = [one.height for one in found]
    return int(np.argmax(heights)), several_boluses(tuple(one.arrival for one in found))


def _volume_of_brain(series: Series) -> FloatArray:
    """Volume on which a brain stands out: bright before the bolus, or changed by it."""
    if series.quantity == "delta R2*":
        from scipy import ndimage

        change = 1 - series.signal.mean(axis=-1, dtype=np.float32)
        scatter = series.signal.std(axis=-1, dtype=np.float32)
        steady: FloatArray = np.divide(
            change, scatter, out=np.zeros_like(change), where=scatter > 0
        )
        size = (3, 3, *(1 for _ in change.shape[2:]))[: change.ndim]
        smooth: FloatArray = ndimage.uniform_filter(steady, size)
        return np.clip(smooth, 0, None)  # noise goes up as often as down
    few = series.signal[..., min(5, series.n_volumes // 4) : min(9, series.n_volumes)]
    levels = np.array([_level(few[..., at]) for at in range(few.shape[-1])])
    whole = np.abs(levels - np.median(levels)) <= MOST_OFF * np.median(levels)
    if whole.any() and not whole.all():  # a blank or foreign volume among them
        few = few[..., whole]
    mean: FloatArray = few.mean(axis=-1, dtype=np.float32)
    return mean


def _level(volume: NDArray[Any]) -> float:
    """Mean of the finite voxels of a volume."""
    finite = np.isfinite(volume)
    return float(volume.mean(dtype=np.float64, where=finite)) if finite.any() else 0.0


def _upwards(series: Series, mean: FloatArray, baseline: tuple[int, int]) -> str:
    return "" if series.quantity == "delta R2*" else doubtful_quantity(mean, baseline)


def mean_signal(series: Series, brain: BoolArray, at_most: int = SAMPLE) -> FloatArray:
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
    return mean_curve(sample_signals(series, brain, at_most))


def sample_signals(series: Series, brain: BoolArray, at_most: int = SAMPLE) -> FloatArray:
    """Signals of the voxels of a brain, shape (V, T), a.u.; of a larger one of every n-th.

    Volumes that are left out are bridged by their neighbours.
    """
    signals = curves_of(series.signal, _some_of(brain, at_most))
    return bridged(signals, series.left_out or (), series.time)


def _some_of(brain: BoolArray, at_most: int) -> BoolArray:
    """Every n-th voxel of a brain, so that there are no more than that many."""
    marked = np.flatnonzero(brain.T)
    some = np.zeros(brain.size, dtype=np.bool_)
    some[marked[:: max(1, -(-marked.size // at_most))]] = True
    return some.reshape(brain.T.shape).T


def everywhere(series: Series) -> FloatArray:
    """Signals of voxels of the whole volume, air among them, shape (V, T), a.u.; every n-th."""
    return sample_signals(series, np.ones(series.signal.shape[:-1], dtype=np.bool_))
