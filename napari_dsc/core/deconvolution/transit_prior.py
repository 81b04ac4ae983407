"""Tissues that a brain may hold before any curve is seen: a sample of transit times and delays.

An atom is one such tissue. Atoms are quasi-random points of the joint prior, so that any first
part of them is a sample of it too, coarser but as even.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from napari_dsc.core.types import FloatArray

__all__ = ["EARLIEST", "LATEST", "Atoms", "atoms_before", "residues_of", "sobol_points"]

TYPICAL, SPREAD = 6.5, 0.7  # s, and of its logarithm: mean transit times are log-normal
SHORTEST, LONGEST = 1.2, 26.0  # s
SHAPES = (0.7, 1.5, 4.0, 100.0)  # of gamma-distributed transit times; the last is nearly a box
DELAYS = (-3.0, 8.0, 14.0, 25.0)  # s behind the artery, and the share of the tissue that is
EARLIER = (0.0, 0.84, 0.94, 1.0)  # earlier than each: even in between
UNDISPERSED = 0.6  # of the tissue sees the artery as it was measured
LEAST_DISPERSED, MOST_DISPERSED = 0.7, 4.5  # s
EARLIEST, LATEST = DELAYS[0], DELAYS[-1]
LATEST_RISE, GRID = 15.0, 8  # s, and steps in a second, in which a dispersed residue rises
RISEN = 0.95  # of its maximum: the top of a box that was smeared is all but flat
BITS = 32
# Direction numbers of the first four dimensions (Joe and Kuo 2008): degree, polynomial, starts.
DIRECTIONS = ((1, 0, (1,)), (2, 1, (1, 3)), (3, 1, (1, 3, 1)))


class Atoms(NamedTuple):
    """Tissues of the prior, one a row; together they have a blood volume of one each."""

    transit: FloatArray  # (J,) mean transit time, s
    shape: FloatArray  # (J,) of the gamma distribution of transit times
    delay: FloatArray  # (J,) behind the artery, s
    dispersion: FloatArray  # (J,) time constant by which the artery is smeared on its way, s

    peak: FloatArray  # (J,) when the residue function has risen, s behind the artery


@lru_cache(maxsize=4)
def atoms_before(latest: float, count: int) -> Atoms:
    """First atoms of the prior whose delays end at the latest that a scan shows.

    Parameters
    ----------
    latest : float
        Longest delay, s: 25 s at most.
    count : int
        How many, J.

    Returns
    -------
    Atoms
        The first of them are a sample of the prior by themselves.

    References
    ----------
    .. [1] Joe S, Kuo FY (2008). SIAM J Sci Comput 30(5):2635-2654.
    """
    from scipy.special import ndtr, ndtri

    transit, shape, delay, dispersion = sobol_points(count).T
    low, high = (ndtr(np.log(end / TYPICAL) / SPREAD) for end in (SHORTEST, LONGEST))
    smeared = (dispersion - UNDISPERSED) / (1 - UNDISPERSED)
    span = MOST_DISPERSED / LEAST_DISPERSED
    found = Atoms(
        transit=TYPICAL * np.exp(SPREAD * ndtri(low + (high - low) * transit)),
        shape=np.array(SHAPES)[(shape * len(SHAPES)).astype(np.intp)],
        delay=_delays(delay, latest),
        dispersion=np.where(smeared < 0, 0.0, LEAST_DISPERSED * span ** np.maximum(smeared, 0)),
        peak=np.empty(count),
    )
    rising = residues_of(found, np.arange(0, LATEST_RISE, 1 / GRID))
    risen = (rising >= RISEN * rising.max(axis=1, keepdims=True)).argmax(axis=1) / GRID
    return found._replace(peak=found.delay + np.where(found.dispersion > 0, risen, 0.0))


def residues_of(atoms: Atoms, since: FloatArray) -> FloatArray:
    """Residue functions from the moment at which each begins, for a blood volume of one.

    Parameters
    ----------
    atoms : Atoms
        J tissues.
    since : ndarray, shape (L,)
        Even times from 0 on, s.

    Returns
    -------
    ndarray, shape (J, L)
        1/s: the share of the blood that is still there, over the mean transit time; where the
        artery is dispersed, smeared by exp(-t/τ)/τ, exact for straight lines between the times.
    """
    from scipy.special import gammaincc

    shape, transit, smear = (one[:, None] for one in (atoms.shape, atoms.transit, atoms.dispersion))
    still = gammaincc(shape, shape * since / transit) / transit
    step = since[1] - since[0]
    with np.errstate(divide="ignore"):
        ratio = np.divide(step, smear[:, 0])
    kept = np.exp(-ratio)
    new = 1 - (1 - kept) / np.where(np.isinf(ratio), 1, ratio)
    new = np.where(np.isinf(ratio), 1.0, new)
    old = 1 - kept - new
    found = still.copy()
    found[:, 0] = np.where(smear[:, 0] > 0, 0.0, still[:, 0])
    for at in range(1, since.size):
        found[:, at] = kept * found[:, at - 1] + old * still[:, at - 1] + new * still[:, at]
    return np.asarray(found)


def _delays(share: FloatArray, latest: float) -> FloatArray:
    """Delays below which a share of the tissue lies, of what is no later than a scan shows."""
    within = float(np.interp(latest, DELAYS, EARLIER))
    return np.asarray(np.interp(share * within, EARLIER, DELAYS))


def sobol_points(count: int) -> FloatArray:
    """First points of the Sobol sequence in four dimensions, in the middle of their cells.

    Parameters
    ----------
    count : int
        How many; a power of two fills the unit cube evenly.

    Returns
    -------
    ndarray, shape (count, 4)
        In (0, 1).
    """
    columns = np.array([[1 << (BITS - 1 - bit) for bit in range(BITS)], *map(_column, DIRECTIONS)])
    points = np.zeros((count, len(columns)), dtype=np.uint64)
    for at in range(1, count):
        lowest_zero = (~(at - 1) & at).bit_length() - 1
        points[at] = points[at - 1] ^ columns[:, lowest_zero].astype(np.uint64)
    return np.asarray((points + 2.0 ** (BITS - 1) / _power(count)) / 2.0**BITS)


def _power(count: int) -> int:
    """Smallest power of two that is not below a number."""
    return 1 << max(0, count - 1).bit_length()


def _column(one: tuple[int, int, tuple[int, ...]]) -> list[int]:
    """Direction numbers of one dimension, by the recurrence of its polynomial."""
    degree, polynomial, starts = one
    found = [start << (BITS - 1 - at) for at, start in enumerate(starts)]
    for at in range(degree, BITS):
        value = found[at - degree] ^ (found[at - degree] >> degree)
        for back in range(1, degree):
            value ^= ((polynomial >> (degree - 1 - back)) & 1) * found[at - back]
        found.append(value)
    return found
