"""Denoising by similar curves: a curve becomes a weighted mean of those around it that are like it.

Voxels around one another whose curves differ by no more than noise are taken for the same tissue.
An edge stays where it is, since curves beyond it differ by more; the mean of all curves around a
voxel (Gaussian smoothing) moves it. Tissue of one voxel is lost wherever noise hides it.
"""

from collections.abc import Generator, Iterator
from itertools import product
from typing import Any, NamedTuple, cast, get_args

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.parallel_blocks import each_block, workers
from napari_dsc.core.real_numbers import described
from napari_dsc.core.types import BoolArray, DenoisingWay, FloatArray

__all__ = ["Averaged", "as_denoise", "averaged_stages"]

LIKE = 1.2  # standard deviations by which curves of the same tissue differ more than on average
SMOOTH = (0.25, 0.5, 0.25)  # weights of three samples in a row, for the comparison alone
ROWS = 1024  # voxels at once: their curves and those around them stay in the cache


def as_denoise(denoise: Any) -> DenoisingWay:
    """By what curves are denoised.

    Raises
    ------
    DscError
        If it is none of the ways that there are.
    """
    ways = get_args(DenoisingWay)
    if denoise not in ways:
        raise DscError(
            f"denoise must be {' or '.join(ways)}, got {described(denoise)}. Choose one of them."
        )
    return cast("DenoisingWay", denoise)


class Averaged(NamedTuple):
    """Curves of V voxels after denoising, and what that did to each."""

    curves: FloatArray  # (V, T) 1/s
    removed: FloatArray  # (V,) root mean square of what was removed, over the noise
    left: FloatArray  # (V,) share of the noise's variance that is left


def averaged_stages(
    curves: FloatArray, variance: FloatArray, voxels: BoolArray, reach: tuple[int, ...]
) -> Generator[float, None, Averaged]:
    r"""Replace each curve by a weighted mean of those around it that are like it.

    With :math:`d` the mean over time of the squared difference of two curves, smoothed over three
    samples and divided by the sum of their noise variances after that smoothing, and :math:`s` the
    standard deviation that :math:`d` has where the two differ by noise alone, the weight is
    :math:`\exp(-(\max(0, d - 1) / (1.2\,s))^2)`, and one of the voxel's own curve. The curves that
    are averaged are those that were given.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s, in the order of `curves_of`. One with a sample that is not finite, or
        whose noise is unknown, stays as it is and enters no mean.
    variance : ndarray, shape (V,)
        Of the noise of each curve, 1/s².
    voxels : ndarray of bool, shape (...)
        Where they lie.
    reach : tuple of int
        Voxels to either side, for each axis of `voxels`.

    Yields
    ------
    float
        Fraction done.

    References
    ----------
    .. [1] Mendrik AM et al. (2011). Phys Med Biol 56(13):3857-3872.
    """
    count, size = curves.shape
    known = np.isfinite(curves).all(axis=1) & np.isfinite(variance) & (variance > 0)
    noise = np.where(known, variance, 1).astype(curves.dtype)
    whole = curves if known.all() else np.where(known[:, None], curves, 0)
    seen = _smoothed(whole)
    power = np.einsum("vt,vt->v", seen, seen)
    spread, after = _chance(size)
    places = _Places.of(np.atleast_1d(voxels), known, reach or (0,))
    out = curves.copy()
    removed, left = np.full(count, np.nan, curves.dtype), np.full(count, np.nan, curves.dtype)

    def work(rows: slice) -> None:
        own, level = seen[rows], noise[rows]
        total, share = np.ones(len(own), curves.dtype), level.copy()
        mean = curves[rows].copy()
        for other, there in places.around(rows):
            apart = power[rows] + power[other] - 2 * np.einsum("vt,vt->v", own, seen[other])
            beyond = apart / (size * after * (level + noise[other])) - 1
            weight = np.exp(-np.square(np.maximum(beyond, 0) / (LIKE * spread)))
            weight = np.where(there, weight, 0).astype(curves.dtype)
            total += weight
            share += weight**2 * noise[other]
            mean += weight[:, None] * whole[other]
        good = known[rows]
        mean = mean[good] / total[good, None]
        away = curves[rows][good] - mean
        out[rows][good] = mean
        removed[rows][good] = np.sqrt(np.einsum("vt,vt->v", away, away) / (size * level[good]))
        left[rows][good] = share[good] / (total[good] ** 2 * level[good])

    blocks = [slice(at, min(at + ROWS, count)) for at in range(0, count, ROWS)]
    with workers() as pool:
        yield from each_block(pool, work, blocks)
    return Averaged(out, removed, left)


class _Places(NamedTuple):
    """Rows of the curves around each voxel, found by its place in a volume with a margin."""

    row: NDArray[np.intp]  # of each voxel of that volume; -1 where there is no curve
    home: NDArray[np.intp]  # (V,) place of each curve
    steps: tuple[int, ...]  # from one place to those around it

    @classmethod
    def of(cls, voxels: BoolArray, known: BoolArray, reach: tuple[int, ...]) -> "_Places":
        margins = [(far, far) for far in reversed(reach)]
        inside = np.pad(voxels.T, margins)  # the last axis of space slowest
        row = np.full(inside.shape, -1, np.intp)
        row[inside] = np.where(known, np.arange(known.size), -1)
        strides = np.cumprod((1, *inside.shape[:0:-1]))[::-1]
        ways = product(*(range(-far, far + 1) for far in reversed(reach)))
        steps = tuple(int(np.dot(way, strides)) for way in ways if any(way))
        return cls(row.ravel(), np.flatnonzero(inside), steps)

    def around(self, rows: slice) -> Iterator[tuple[NDArray[np.intp], BoolArray]]:
        """For each step: rows of the curves there, and whether there are any."""
        home = self.home[rows]
        for step in self.steps:
            other = self.row[home + step]
            there = other >= 0
            if there.any():
                yield np.where(there, other, 0), there


def _smoothed(curves: FloatArray) -> FloatArray:
    """Curves with each sample averaged over three; the first and the last are repeated."""
    wide = np.pad(curves, ((0, 0), (1, 1)), mode="edge")
    size = curves.shape[1]
    parts = (weight * wide[:, at : at + size] for at, weight in enumerate(SMOOTH))
    return np.asarray(sum(parts), dtype=curves.dtype)


def _chance(size: int) -> tuple[float, float]:
    """Spread of the distance of curves that differ by noise alone, and what smoothing leaves."""
    overlap = np.correlate(SMOOTH, SMOOTH, "full")
    after = float(overlap[len(SMOOTH) - 1])
    spread = float(np.sqrt(2 * np.sum((overlap / after) ** 2) / size))
    return spread, after
