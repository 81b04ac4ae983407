"""What is proposed for a scan, and may be edited: brain, discarded volumes, baseline."""

from dataclasses import dataclass

import numpy as np

from napari_dsc.core.aif import mean_curve
from napari_dsc.core.errors import DscError
from napari_dsc.core.signal import brain_mask, propose_baseline
from napari_dsc.core.types import BoolArray, FloatArray, Series
from napari_dsc.core.voxels import curves_of

__all__ = ["FEWEST_BASELINE", "Proposal", "mean_signal", "propose", "sample_signals"]

FEWEST_BASELINE = 2  # volumes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proposal:
    """What is proposed for a scan, and may be edited: brain and baseline."""

    brain: BoolArray  # (...)
    baseline: tuple[int, int]  # volumes
    notices: tuple[str, ...] = ()


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
    notices: tuple[str, ...] = ()
    if span.stop - span.start < FEWEST_BASELINE:
        notices = ("The bolus comes too early for a baseline: set one by hand.",)
    return Proposal(brain=brain, baseline=(span.start, span.stop), notices=notices)


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
