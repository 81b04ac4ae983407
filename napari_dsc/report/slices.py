"""Choice of the slices that a page shows: those with findings, and others at even distances."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.mosaic import even_slices
from napari_dsc.core.types import BoolArray

__all__ = ["areas_in", "slices_that_matter", "slices_that_show"]

WORTH = 0.1  # of its largest area: a lesion's ends are not worth a slice
NEARLY = 0.9  # of its largest area: the slice shows it as well


def slices_that_matter(
    brain: BoolArray,
    areas: Iterable[NDArray[np.intp]],
    count: int,
    *,
    needed: int | None = None,
) -> tuple[int, ...]:
    """Choose slices: those that show lesions and regions best, others at even distances.

    They lie at even distances through what is marked, if it has as many slices, or else through
    the brain, and what is marked is then seen on each of its slices. Where a lesion or region is
    hardly smaller on one of them than on its largest slice, that one stays; else its largest slice
    takes the place of the nearest that is free.

    Parameters
    ----------
    brain : ndarray of bool, shape (S, R, C)
        Where there is something to see.
    areas : iterable of ndarray of int, shape (S,)
        Voxels of each lesion and region on each slice, what matters most first.
    count : int
        How many at most.
    needed : int, optional
        A slice that has to be among them.

    Returns
    -------
    tuple of int
        Rising, none twice.
    """
    areas = [one for one in areas if one.any()]
    extent: BoolArray = np.zeros(len(brain), np.bool_)
    for area in areas:
        extent |= area >= WORTH * area.max()
    few = np.flatnonzero(extent) if np.count_nonzero(extent) < count else np.zeros(0, np.intp)
    if np.count_nonzero(extent) < count:
        extent = np.asarray(brain.any(axis=(1, 2)))
    at: NDArray[np.intp] = np.array(even_slices(extent[:, None, None], count), np.intp)
    kept = np.zeros(at.size, np.bool_)
    if needed is not None:
        _take(at, kept, needed)
    for area in areas:
        best = int(area[at].argmax())
        if area[at[best]] >= NEARLY * area.max():
            kept[best] = True
        elif not kept.all():
            _take(at, kept, int(area.argmax()))
    total = np.sum(areas, axis=0) if areas else np.zeros(len(brain))
    for one in sorted(few.tolist(), key=lambda one: -total[one]):
        if one in at:
            kept[np.flatnonzero(at == one)[0]] = True
        elif not kept.all():
            _take(at, kept, one)
    return tuple(sorted(set(at.tolist())))


def _take(at: NDArray[np.intp], kept: BoolArray, wanted: int) -> None:
    """Have a slice take the place of the nearest one that is not needed."""
    free = np.flatnonzero(~kept)
    nearest = int(free[np.abs(at[free] - wanted).argmin()])
    at[nearest], kept[nearest] = wanted, True


def areas_in(labels: NDArray[np.integer[Any]]) -> dict[int, NDArray[np.intp]]:
    """Voxels of each region on each slice.

    Parameters
    ----------
    labels : ndarray of int, shape (S, R, C)
        Regions: each positive number.

    Returns
    -------
    dict of int to ndarray of int, shape (S,)
        By label.
    """
    known = np.unique(labels[labels > 0])
    counts = np.zeros((len(known), len(labels)), np.intp)
    for at, plane in enumerate(labels):
        found, voxels = np.unique(plane[plane > 0], return_counts=True)
        counts[np.searchsorted(known, found), at] = voxels
    return dict(zip(known.tolist(), counts, strict=True))


def slices_that_show(labels: NDArray[np.integer[Any]], shown: Iterable[int]) -> tuple[int, ...]:
    """Choose further slices so that each region is on one of them, few of them.

    Parameters
    ----------
    labels : ndarray of int, shape (S, R, C)
        Regions: each positive number.
    shown : iterable of int
        Slices that are shown already.

    Returns
    -------
    tuple of int
        Rising; none if every region is seen.
    """
    rows, numbers = [], []
    for at, plane in enumerate(labels):
        found = np.unique(plane[plane > 0])
        rows += [at] * len(found)
        numbers += found.tolist()
    place, label = np.array(rows, np.intp), np.array(numbers, np.int64)
    left = np.setdiff1d(label, label[np.isin(place, list(shown))])
    chosen: list[int] = []
    while left.size:
        waiting = np.isin(label, left)
        at = int(np.bincount(place[waiting]).argmax())
        chosen.append(at)
        left = np.setdiff1d(left, label[place == at])
    return tuple(sorted(chosen))
