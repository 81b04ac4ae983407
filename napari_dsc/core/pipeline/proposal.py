"""What is proposed for a scan, and may be edited: brain, discarded volumes, baseline."""

from dataclasses import dataclass

import numpy as np

from napari_dsc.core.aif import mean_curve
from napari_dsc.core.errors import DscError
from napari_dsc.core.plausible import NO_BOLUS, doubtful_order, doubtful_quantity, without_bolus
from napari_dsc.core.signal import brain_mask, propose_baseline
from napari_dsc.core.types import BoolArray, FloatArray, Series
from napari_dsc.core.voxels import curves_of

__all__ = ["FEWEST_BASELINE", "Proposal", "everywhere", "mean_signal", "propose", "sample_signals"]

FEWEST_BASELINE = 2  # volumes


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
    """

    brain: BoolArray
    baseline: tuple[int, int]
    notices: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


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
        brain = brain_mask(_volume_of_brain(series))
    mean = mean_curve(curves_of(series.signal, brain))
    try:
        span = propose_baseline(mean, series.repetition_time)
    except DscError as failure:
        stop = max(FEWEST_BASELINE, series.n_volumes // 4)
        notice = f"No baseline found: {failure} Volumes 0 to {stop - 1} stand in for it."
        return Proposal(
            brain=brain,
            baseline=(0, stop),
            notices=(notice,),
            questions=(_upwards(series, mean, (0, stop)) or NO_BOLUS,),
        )
    notices: tuple[str, ...] = ()
    if span.stop - span.start < FEWEST_BASELINE:
        notices = ("The bolus comes too early for a baseline: set one by hand.",)
    baseline = span.start, span.stop
    odd = _upwards(series, mean, baseline) or without_bolus(mean[span.start :])
    questions = (odd,) if odd else doubtful_order(series.signal, mean[span.start :])
    return Proposal(brain=brain, baseline=baseline, notices=notices, questions=questions)


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
    few = slice(min(5, series.n_volumes // 4), min(9, series.n_volumes))
    mean: FloatArray = series.signal[..., few].mean(axis=-1, dtype=np.float32)
    return mean


def _upwards(series: Series, mean: FloatArray, baseline: tuple[int, int]) -> str:
    return "" if series.quantity == "delta R2*" else doubtful_quantity(mean, baseline)


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
    return mean_curve(sample_signals(series, brain, at_most))


def sample_signals(series: Series, brain: BoolArray, at_most: int = 20_000) -> FloatArray:
    """Signals of the voxels of a brain, shape (V, T), a.u.; of a larger one of every n-th."""
    marked = np.flatnonzero(brain.T)
    some = np.zeros(brain.size, dtype=np.bool_)
    some[marked[:: max(1, -(-marked.size // at_most))]] = True
    return curves_of(series.signal, some.reshape(brain.T.shape).T)


def everywhere(series: Series) -> FloatArray:
    """Signals of voxels of the whole volume, air among them, shape (V, T), a.u.; every n-th."""
    return sample_signals(series, np.ones(series.signal.shape[:-1], dtype=np.bool_))
