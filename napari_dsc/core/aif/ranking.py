"""Ranking of vascular curves: the best that are chosen, and the others that are shown."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.aif.curve_measures import measure
from napari_dsc.core.aif.verdicts import GOOD, verdicts
from napari_dsc.core.types import BoolArray, FloatArray, Measures

__all__ = ["Judge", "Judged", "SearchedCurves", "best_of", "highest", "shown_of"]

MOST_CHOSEN = 12
MOST_GOOD, MOST_SHOWN = 26, 40
NEAR_BEST = 0.5  # of the score of the best five


class Judged(NamedTuple):
    """Some rows, judged."""

    measures: Measures
    words: tuple[tuple[str, ...], ...]
    good: BoolArray  # (N,)
    score: FloatArray  # (N,) height over width; of a vein, height times width


@dataclass(frozen=True, slots=True, eq=False)
class SearchedCurves:
    """Curves among which a vessel is searched.

    Parameters
    ----------
    values : ndarray, shape (V, T)
        Delta R2*, 1/s.
    time : ndarray, shape (T,)
        Time of each sample, s.
    baseline : slice
        Volumes before the bolus.
    signal : ndarray, shape (V, T), optional
        Their signals, a.u.: only these tell of saturation.
    noise : float, optional
        Standard deviation of the scanner's noise, a.u.; None: read off these signals.
    """

    values: FloatArray
    time: FloatArray
    baseline: slice
    signal: NDArray[np.generic] | None = None
    noise: float | None = None

    def measured(self, rows: NDArray[np.intp]) -> Measures:
        """Measures of some of them."""
        return measure(
            self.values[rows],
            self.time,
            self.baseline,
            signal=None if self.signal is None else self.signal[rows],
            noise=self.noise,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """All that a vascular curve is judged by; called with the rows of some.

    Parameters
    ----------
    curves : SearchedCurves
        The rows are theirs.
    brain : Measures
        Of the brain's mean curve.
    vein : bool
        Judge them as a vein's.
    """

    curves: SearchedCurves
    brain: Measures
    vein: bool

    def __call__(self, rows: NDArray[np.intp]) -> Judged:
        """Measure some rows, and compare them with the brain and with each other."""
        measures = self.curves.measured(rows)
        words = verdicts(measures, self.brain, vein=self.vein)
        good = np.array([one == (GOOD,) for one in words], dtype=np.bool_)
        width = measures.fwhm if self.vein else 1 / measures.fwhm
        return Judged(measures, words, good, np.nan_to_num(measures.peak * width))


def highest(values: FloatArray, count: int) -> NDArray[np.intp]:
    """Places of the highest values, the highest first; of equal ones the earlier first."""
    return np.argsort(-values, kind="stable")[:count]


def best_of(score: FloatArray, eligible: BoolArray) -> BoolArray:
    """Up to twelve of the eligible rows, with at least half of the best five's median score."""
    ranked = highest(np.where(eligible, score, -np.inf), int(eligible.sum()))[:MOST_CHOSEN]
    chosen = np.zeros(score.size, dtype=np.bool_)
    if ranked.size:
        chosen[ranked[score[ranked] >= NEAR_BEST * np.median(score[ranked[:5]])]] = True
    return chosen


def shown_of(judged: Judged, chosen: BoolArray) -> NDArray[np.intp]:
    """Up to forty rows to show: the chosen, others that are good, the best of every refusal."""
    ranked = highest(judged.score, judged.score.size)
    first = ranked[chosen[ranked]]
    others = ranked[judged.good[ranked] & ~chosen[ranked]][: MOST_GOOD - first.size]
    refused = ranked[~judged.good[ranked]]
    met: dict[tuple[str, ...], int] = {}
    turn = np.empty(refused.size, dtype=np.intp)
    for place, row in enumerate(refused):
        turn[place] = met[judged.words[row]] = met.get(judged.words[row], -1) + 1
    room = MOST_SHOWN - first.size - others.size
    in_turn = np.sort(np.argsort(turn, kind="stable")[:room])  # one of each kind, then a second
    return np.concatenate([first, others, refused[in_turn]])
