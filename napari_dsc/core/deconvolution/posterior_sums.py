"""Sums over the posterior's sample of tissues, by matrix products over blocks of voxels.

A voxel's weights fall as exp(-χ²/2): few atoms have any. Voxels are sorted by the atom that suits
them best among a few, so that a block of neighbours in that order shares the atoms that it needs.
A weight is reduced by exp(-9) of the largest, and none below that, in every voxel for itself: what
its neighbours need changes no answer.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_dsc.core.deconvolution.transit_prior import Atoms
from napari_dsc.core.types import FloatArray

__all__ = ["FEWEST", "Level", "level_of", "sort_key", "sums_of"]

ROWS = 224  # voxels whose weights are held at once: they fit the cache
CUT = 9.0  # of the logarithm of a weight, below the largest
FEWEST = 0.75  # standard deviations (over √2) of a volume, which is never negative, at the least
FAINTEST = 0.3  # standard deviations (over √2) of the best atom, at the least
SLACK = 1e-3  # of a score: no rounding leaves out an atom that has a weight
ATOMS = 128  # whose weighted rows are added at once: so few that BLAS adds them in their order
TOGETHER = 8  # atoms that are left out together: so BLAS goes on in its stride
MARGIN = 16  # empty columns on either side of a block: BLAS rounds otherwise at the edge of one
PLAIN, ONCE, TWICE, BARE = slice(0, 11), slice(11, 14), slice(14, 17), slice(17, 20)  # of sums
ROUND = 4  # rows: three cost more than four


class Level(NamedTuple):
    """Some of the atoms, in an order in which neighbours are alike."""

    curves: FloatArray  # (J, K) unit length, in the directions of the basis
    plain: FloatArray  # (11, J) what is summed with an atom's weight
    once: FloatArray  # (3, J) with its weight and score
    twice: FloatArray  # (3, J) with its weight and the square of its score
    bare: FloatArray | None  # (3, J) with its weight before its volume counts; None: it does not

    @property
    def sums(self) -> int:
        """How many sums there are of a voxel."""
        return TWICE.stop if self.bare is None else BARE.stop


def level_of(
    curves: FloatArray,
    volumes: FloatArray,
    atoms: Atoms,
    count: int,
    step: float,
    dtype: DTypeLike,
    informed: bool = False,
) -> Level:
    """Put the first atoms in order, and what is summed of them.

    Parameters
    ----------
    curves : ndarray, shape (J, K)
        Of unit length.
    volumes : ndarray, shape (J,)
        Blood volume of an atom whose score is one, over a typical one. An amplitude has no prior,
        so that the atom weighs by it once.
    atoms : Atoms
        The J tissues.
    count : int
        How many.
    step : float
        The last of the delays, s: weight there is told.
    dtype : dtype
        Of the sums.
    informed : bool
        An amplitude has a prior, so that the atom weighs by its own volume besides.
    """
    order = _alike(atoms, count)
    m, d, x, q = (one[order] for one in (atoms.transit, atoms.delay, atoms.peak, volumes))
    last = (d > atoms.delay.max() - step).astype(np.float64)
    one = np.ones(count)
    plain = np.stack([one, m, m * m, d, d * d, x, x * x, last, q * q, m * q * q, m * m * q * q])
    once = q * np.stack([one, m, m * m])

    weight = q * q if informed else q

    def kept(rows: FloatArray) -> FloatArray:
        more = -len(rows) % ROUND if informed else 0
        whole = np.concatenate([rows * weight, np.zeros((more, count))])
        return np.ascontiguousarray(whole, dtype=dtype)

    return Level(
        np.ascontiguousarray(curves[order], dtype=dtype),
        kept(plain),
        kept(once),
        kept(q * once),
        kept(once) if informed else None,
    )


def sort_key(curves: FloatArray, atoms: Atoms, count: int, dtype: DTypeLike) -> FloatArray:
    """Curves of the few atoms by which voxels are sorted, alike ones side by side."""
    return np.ascontiguousarray(curves[_alike(atoms, count)], dtype=dtype)


def _alike(atoms: Atoms, count: int) -> NDArray[np.intp]:
    arrival = np.round(atoms.delay[:count] + atoms.dispersion[:count])
    return np.lexsort((atoms.transit[:count], arrival))


def sums_of(level: Level, scores: FloatArray, *, pruned: bool) -> tuple[FloatArray, FloatArray]:
    """Sums over the posterior of each voxel, and the score of its best atom.

    Parameters
    ----------
    level : Level
        The atoms.
    scores : ndarray, shape (K, V)
        Curves in the directions of the basis, over √2 standard deviations of their noise.
    pruned : bool
        Leave out atoms that none of a block needs; else every atom counts in every voxel.

    Returns
    -------
    sums : ndarray, shape (17, V) or (20, V)
        As the rows of `plain`, `once`, `twice` and, if there are any, `bare`; the first is the sum
        of the weights.
    best : ndarray, shape (V,)
    """
    count = scores.shape[1]
    sums = np.empty((level.sums, count), scores.dtype)
    best = np.empty(count, scores.dtype)
    block = np.zeros((len(scores), MARGIN + ROWS + MARGIN), scores.dtype)
    for start in range(0, count, ROWS):
        some = slice(start, min(start + ROWS, count))
        here = slice(MARGIN, MARGIN + some.stop - start)
        block[:, here] = scores[:, some]
        found, top = _sums_of_block(level, block, here if pruned else None)
        sums[:, some], best[some] = found[:, here], top[here]
    return sums, best


def _sums_of_block(
    level: Level, block: FloatArray, pruned: slice | None
) -> tuple[FloatArray, FloatArray]:
    """Sums over a full block, and the best scores.

    The same products in the same order, whoever the neighbours are: atoms that only they need add
    zeros, a few whole rows of BLAS at a time. Atoms that no voxel among the columns `pruned` needs
    are left out; columns beyond hold no voxel, and need none.
    """
    z = level.curves @ block
    best = z.max(axis=0)
    top = np.maximum(best, FAINTEST)
    square = top * top
    needed = np.ones(len(z) // TOGETHER, dtype=np.bool_)
    if pruned is not None:
        least = square[pruned] - CUT
        least = np.copysign(np.sqrt(np.abs(least)), least) - SLACK
        needed = (z[:, pruned] > least).any(axis=1).reshape(-1, TOGETHER).any(axis=1)
    # Where none weighs below exp(-9) of the best, those that weigh may all be above.
    few = level.bare is not None and (
        pruned is None or square[pruned].min() < CUT + FEWEST * FEWEST
    )
    sums = np.zeros((level.sums, block.shape[1]), block.dtype)
    groups = z.reshape(-1, TOGETHER, block.shape[1])
    for start in range(0, len(needed), ATOMS // TOGETHER):
        some = slice(start, start + ATOMS // TOGETHER)
        here = needed[some]
        if not here.any():
            continue
        score = groups[some] if here.all() else groups[some][here]
        score = score.reshape(-1, block.shape[1])
        weight = _weights(score, square, cut=pruned is not None)
        if few:
            np.maximum(score, FEWEST, out=score)
        at = slice(start * TOGETHER, some.stop * TOGETHER)
        chosen = None if here.all() else np.repeat(here, TOGETHER)
        for part, rows in _parts(level):
            own = part[:, at] if chosen is None else part[:, at][:, chosen]
            sums[rows] += (own @ weight)[: rows.stop - rows.start]
            if rows is not TWICE:
                weight *= score
    return sums, best


def _parts(level: Level) -> list[tuple[FloatArray, slice]]:
    """What is summed, and where it goes: each with one more power of the score than the last."""
    bare = [] if level.bare is None else [(level.bare, BARE)]
    return [*bare, (level.plain, PLAIN), (level.once, ONCE), (level.twice, TWICE)]


def _weights(score: FloatArray, square: FloatArray, *, cut: bool) -> FloatArray:
    """Weights of atoms, exp(score·|score|), over exp of the square of the best."""
    weight = np.abs(score)
    weight *= score
    weight -= square
    np.exp(weight, out=weight)
    if cut:
        weight -= weight.dtype.type(np.exp(-CUT))
        np.maximum(weight, 0, out=weight)
    return weight
