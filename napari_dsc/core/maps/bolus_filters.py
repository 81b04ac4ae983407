"""Filters matched to the artery: they find curves without a bolus, and curves that jump."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import FloatArray

__all__ = ["BolusFilter", "Match", "bolus_filter"]

TRANSIT_TIMES = (3.0, 8.0)  # s, of the boluses that are looked for
EARLIEST, LATEST, APART = -2.0, 25.0, 1.5  # s: their lags behind the artery
CUT = 0.1  # of the strongest: what a scan shows less of, it does not show
SHAPES = (1.0, 2.0, 4.0, 8.0, 16.0)  # s: transit times of what is no jump
FIRST_LAG, LAST_LAG = -10.0, 27.0  # s: from the earliest peak that is searched for
SAME = 0.06  # of the strongest direction: weaker ones no bolus needs
STEPS = 32  # jumps that are looked for, at the most
BESIDE = 3  # volumes before and after a jump, at the least
VISIBLE = 0.7  # standard deviations of a jump by one that no bolus explains, at the least


class Match(NamedTuple):
    """What filters find in curves."""

    bolus: FloatArray  # (V,) the strongest bolus, 1/s
    jump: FloatArray  # (V,) the strongest jump, of either sign, 1/s


@dataclass(frozen=True, slots=True, eq=False)
class BolusFilter:
    """Filters matched to boluses of one artery, and to jumps that no bolus of it makes.

    Parameters
    ----------
    rows : ndarray, shape (J + S, N)
        Of unit length and mean zero: boluses, then jumps. The mean is that of the baseline's
        unknown level too, so that nothing hangs on how long the baseline was.
    boluses : int
        J.
    """

    rows: FloatArray
    boluses: int

    def read(self, products: FloatArray) -> Match:
        """Strongest bolus and jump, from the products of rows and curves, shape (J + S, V)."""
        boluses, jumps = products[: self.boluses], products[self.boluses :]
        nothing = np.zeros(products.shape[1], products.dtype)
        return Match(
            bolus=boluses.max(axis=0) if len(boluses) else nothing,
            jump=np.maximum(jumps.max(axis=0), -jumps.min(axis=0)) if len(jumps) else nothing,
        )


def bolus_filter(aif: FloatArray, step: float) -> BolusFilter:
    """Build the filters of an artery.

    Boluses are the artery convolved with exp(-t/τ), τ = 3 and 8 s, at lags from -2 to 25 s in
    steps of 1.5 s. Jumps are steps between any two volumes (of a long scan between some), less
    what boluses of any transit time and lag, or a drift, could explain of them.

    Parameters
    ----------
    aif : ndarray, shape (N,)
        Delta R2* of the artery, 1/s; its scale does not matter.
    step : float
        Time from sample to sample, s.

    Returns
    -------
    BolusFilter
        In float64.
    """
    passed = _passed_on(aif, step / np.array(TRANSIT_TIMES + SHAPES))
    lagged = _lagged(aif.size, step, EARLIEST, LATEST + APART / 2, APART)
    sought = _boluses(passed[: len(TRANSIT_TIMES)], lagged)
    strength = np.linalg.norm(sought, axis=1)
    kept = sought[strength > CUT * strength.max(initial=0)]
    boluses = _centred(kept)
    jumps = _jumps(passed[len(TRANSIT_TIMES) :], step)
    return BolusFilter(np.vstack([boluses, jumps]), len(boluses))


class _Lagged(NamedTuple):
    """Samples of a curve between which each sample of a later one lies, all of shape (lags, N)."""

    left: NDArray[np.intp]  # into the curve with one sample before it and one after
    right: NDArray[np.intp]
    beyond: FloatArray  # how far past the left one, in samples


@lru_cache(maxsize=16)  # of a time axis, whatever the artery
def _lagged(size: int, step: float, first: float, last: float, apart: float) -> _Lagged:
    at = np.arange(size) - np.arange(first, last, apart)[:, None] / step  # in samples of the curve
    below = np.floor(at).astype(np.intp)
    left, right = (np.clip(below + after, 0, size + 1) for after in (1, 2))
    return _Lagged(left, right, at - below)


def _boluses(passed: FloatArray, lagged: _Lagged) -> FloatArray:
    """Artery as each transit time passes it on, at each lag, shape (J, N); zero before the scan."""
    times, size = passed.shape
    held = np.zeros((times, size + 2))  # before the scan nothing, after it as it ended
    held[:, 1:-1], held[:, -1] = passed, passed[:, -1]
    left, later = held[:, lagged.left], held[:, lagged.right]
    later -= left
    later *= lagged.beyond
    later += left
    return later.reshape(-1, size)


def _passed_on(aif: FloatArray, ratios: FloatArray) -> FloatArray:
    """Artery convolved with exponentials, exact for straight lines between its samples.

    Each sample is what is left of the one before and what has come since; a round sums twice as
    many of these as the round before.
    """
    kept = np.exp(-ratios)[:, None]
    new = 1 - (1 - kept) / ratios[:, None]
    old = (1 - kept) - new
    passed = np.zeros((ratios.size, aif.size))
    passed[:, 1:] = old * aif[:-1] + new * aif[1:]
    reach = 1
    while reach < aif.size:
        passed[:, reach:] += kept**reach * passed[:, :-reach]
        reach *= 2
    return passed


def _centred(rows: FloatArray) -> FloatArray:
    """Rows of mean zero and unit length; those that are constant are left out."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1)
    varies = length > 1e-9 * np.linalg.norm(rows, axis=1)
    return np.asarray(centred[varies] / length[varies, None])


def _jumps(passed: FloatArray, step: float) -> FloatArray:
    """Unit rows that a step at some volume has, and no bolus nor drift, shape (S, N)."""
    size = passed.shape[1]
    every = np.arange(BESIDE, size - BESIDE + 1)
    if every.size == 0:
        return np.empty((0, size))
    lagged = _lagged(size, step, FIRST_LAG, LAST_LAG, max(step, 1.0) / 2)
    shapes = _centred(_boluses(passed, lagged))
    energy, directions = np.linalg.eigh(shapes.T @ shapes)  # much smaller than the shapes
    basis = directions[:, energy > SAME**2 * energy.max(initial=0)].T
    drift = _centred(np.arange(size, dtype=np.float64)[None])
    basis = np.linalg.qr(np.vstack([drift, basis]).T)[0]
    chosen = every[np.linspace(0, every.size - 1, min(every.size, STEPS)).round().astype(int)]
    steps = (np.arange(size) >= chosen[:, None]).astype(np.float64)
    steps -= steps.mean(axis=1, keepdims=True)
    steps -= (steps @ basis) @ basis.T
    length = np.linalg.norm(steps, axis=1)
    seen = length > VISIBLE
    return np.asarray(steps[seen] / length[seen, None])
