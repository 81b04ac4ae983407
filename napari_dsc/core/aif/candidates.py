"""Candidates for an arterial or venous curve: voxels that may be a vessel."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.aif.arterial_input import mean_curve
from napari_dsc.core.aif.curve_clusters import earliest
from napari_dsc.core.aif.curve_measures import area_weights, measure
from napari_dsc.core.aif.ranking import (
    Judge,
    Judged,
    SearchedCurves,
    best_of,
    highest,
    shown_of,
)
from napari_dsc.core.errors import DscError
from napari_dsc.core.parallel_blocks import blocks_of, in_blocks, workers
from napari_dsc.core.types import BoolArray, Candidates, FloatArray, Measures

__all__ = ["SHARE", "Found", "SearchedCurves", "arrival_of", "largest_areas", "propose_rows"]

SHARE = 0.1  # of the curves: those of the largest area
FEWEST = 100  # curves that are looked at in any case
SMOOTHEST = 75.0  # % of them that are kept
TALLEST = 400  # that are judged in any case, to be shown with what stands against them
MOST_JUDGED = 2000  # of one group
LEAST_BAD = 10  # curves that are shown where none is without an objection
ENOUGH = 5  # good curves; with fewer a wider group is looked at
CLEAR_BOLUS = 5.0  # standard deviations of the brain's mean curve before the bolus
NORMAL = 1.4826  # standard deviation over the median deviation


class Found(NamedTuple):
    """Rows that a curve may be read from, the best first."""

    rows: NDArray[np.intp]  # (N,)
    measures: Measures
    verdicts: tuple[tuple[str, ...], ...]
    chosen: BoolArray  # (N,)

    def candidates(self, index: NDArray[np.intp], curves: FloatArray) -> Candidates:
        """Candidates among curves of shape (V, T) whose voxels are `index`, shape (V, ndim)."""
        return Candidates(
            index=index[self.rows],
            curves=curves[self.rows],
            measures=self.measures,
            verdicts=self.verdicts,
            chosen=self.chosen,
        )


def propose_rows(
    curves: SearchedCurves,
    *,
    reference: FloatArray | None = None,
    vein: bool = False,
    share: float = SHARE,
) -> Found:
    """Propose the curves that an arterial input function, or a venous output, is the mean of.

    For an artery after [1]_: of the curves with the largest areas, brought to unit area, the
    roughest quarter is dropped; of five groups of like shape the one with the lowest first moment
    is kept, and of five groups of that again. Its good curves are ranked by height over width; if
    there are fewer than five, those of the group that it was part of. Roughness is here the
    median, not the sum of squares, of the second differences: the narrow peak of an artery is
    itself rough at a time step of 2 s, and the sum would drop it.
    For a vein: of the curves with the largest areas those that peak after the brain's mean,
    ranked by height times width.

    Parameters
    ----------
    curves : SearchedCurves
        V curves, with their signals where these are known.
    reference : ndarray, shape (T,), optional
        The brain's mean curve, 1/s; None: the mean of `curves`.
    vein : bool
        Search for a vein.
    share : float
        Share of the curves that are looked at, those of the largest areas; 1 if this has been
        done.

    Returns
    -------
    Found
        At most 40 rows: at most 12 chosen ones, others that are good, and some that were refused.
        Where there is no curve without a word against it: the ten best, none of them chosen.

    Raises
    ------
    DscError
        If there is no bolus.

    References
    ----------
    .. [1] Mouridsen K et al. (2006). Magn Reson Med 55(3):524-531.
    """
    values, time = curves.values, curves.time
    mean = mean_curve(values) if reference is None else reference
    brain = measure(mean[None], time, slice(0, 0))
    _refuse_no_bolus(mean, curves.baseline, brain)
    judge = Judge(curves, brain, vein)
    rows = largest_areas(values, time, share)
    some = np.nan_to_num(values[rows], copy=False, posinf=0, neginf=0)
    height = some.max(axis=1)
    tallest = highest(height, TALLEST)
    seen, eligible = rows[:0], np.zeros(0, dtype=np.bool_)
    for group in _venous(some, time, brain) if vein else _arterial(some, time):
        inside = group[highest(height[group], MOST_JUDGED)]
        seen = rows[np.concatenate([inside, np.setdiff1d(tallest, inside)])]
        eligible = judge(seen).good & (np.arange(seen.size) < inside.size)
        if eligible.sum() >= ENOUGH:
            break
    if not seen.size:
        seen, eligible = rows[tallest], np.zeros(tallest.size, dtype=np.bool_)
    judged = judge(seen)
    if not eligible.any():
        return _least_bad(judge, seen, judged)
    chosen = best_of(judged.score, eligible)
    shown = shown_of(judged, chosen)
    again = judge(seen[shown])  # among themselves: what is shown explains itself
    return Found(seen[shown], again.measures, again.words, chosen[shown])


def _least_bad(judge: Judge, seen: NDArray[np.intp], judged: Judged) -> Found:
    """Ten rows with the fewest words against them, the highest for their width first."""
    words = np.array([len(one) for one in judged.words], dtype=np.intp)
    best = np.lexsort((-judged.score, words))[:LEAST_BAD]
    again = judge(seen[best])
    return Found(seen[best], again.measures, again.words, np.zeros(best.size, dtype=np.bool_))


def largest_areas(curves: FloatArray, time: FloatArray, share: float = SHARE) -> NDArray[np.intp]:
    """Rows of the curves with the largest areas.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s. A missing sample counts as zero.
    time : ndarray, shape (T,)
        Time of each sample, s.
    share : float
        Share of the curves; at least 100 are kept, if there are so many.

    Returns
    -------
    ndarray of int
        Ascending.
    """
    if share >= 1:
        return np.arange(len(curves))
    weights = area_weights(time).astype(curves.dtype)
    areas = np.empty(len(curves), dtype=curves.dtype)

    def work(rows: slice) -> None:
        areas[rows] = np.nan_to_num(curves[rows], posinf=0, neginf=0) @ weights

    with workers() as pool:
        for _ in in_blocks(pool, work, blocks_of(len(curves)), len(curves)):
            pass
    return np.sort(highest(areas, max(FEWEST, int(np.ceil(share * len(curves))))))


def arrival_of(mean: FloatArray, time: FloatArray) -> int:
    """Volume at which the bolus reaches the brain's mean curve; 0 if nothing rises."""
    arrival = measure(mean[None], time, slice(0, 0)).arrival[0]
    return int(np.searchsorted(time, arrival)) if np.isfinite(arrival) else 0


def _refuse_no_bolus(mean: FloatArray, baseline: slice, brain: Measures) -> None:
    """Raise `DscError` for a brain whose mean curve does not stand out of the noise, or stays."""
    before = mean[baseline]
    before = before[np.isfinite(before)]
    level = float(np.median(before)) if before.size else 0.0
    noise = NORMAL * float(np.median(np.abs(before - level))) if before.size else 0.0
    height = float(np.convolve(np.nan_to_num(mean), np.ones(3) / 3, mode="valid").max()) - level
    stands_out = height > CLEAR_BOLUS * noise
    if stands_out and np.isfinite(brain.fwhm[0]):
        return
    raise DscError(
        "the scan must hold a bolus, got a mean curve of the brain "
        + ("that does not rise and fall" if stands_out else "within the noise")
        + ". Check the volumes, the brain and the baseline."
    )


def _arterial(some: FloatArray, time: FloatArray) -> tuple[NDArray[np.intp], ...]:
    """Rows of the group of smooth curves that comes first, and of those that it was part of."""
    weights = area_weights(time).astype(some.dtype)
    area = some @ weights
    rows = np.flatnonzero(area > 0)
    if rows.size == 0:
        return ()
    shapes = some[rows] / area[rows, None]
    roughness = np.median(np.abs(np.diff(shapes, 2, axis=1)), axis=1)
    smooth = np.flatnonzero(roughness <= np.percentile(roughness, SMOOTHEST))
    shapes = shapes[smooth]
    nested = earliest(shapes, shapes @ (weights * time.astype(some.dtype)))
    return tuple(rows[smooth[group]] for group in nested)


def _venous(some: FloatArray, time: FloatArray, brain: Measures) -> tuple[NDArray[np.intp], ...]:
    """Rows of the largest of the curves that peak after the brain's mean."""
    late = np.flatnonzero(time[some.argmax(axis=1)] >= brain.ttp[0])
    return (late[highest(some[late] @ area_weights(time), TALLEST)],)
