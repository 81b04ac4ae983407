"""Many planes of a volume in one picture: which slices, what part of each, and what lies where."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.real_numbers import as_count
from napari_dsc.core.types import BoolArray

__all__ = ["Box", "Mosaic", "box_of", "even_slices", "mosaic", "slices_through"]

MARGIN = 1  # voxels about what a tile has to hold


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a plane: the rows and columns from the first to before the last.

    Parameters
    ----------
    top, bottom, left, right : int
        First row, row after the last, first column, column after the last.
    """

    top: int
    bottom: int
    left: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    def of(self, plane: NDArray[np.generic]) -> NDArray[np.generic]:
        """The part of a plane, shape (R, C, ...); a view."""
        return plane[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Tiles of one size, row by row from the left upper corner.

    Parameters
    ----------
    columns, rows : int
        Tiles beside and below each other.
    box : Box
        The part of each plane that its tile shows.
    gap : int
        Pixels between two tiles.
    """

    columns: int
    rows: int
    box: Box
    gap: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Pixels of the picture, down and across: one for each voxel, and the gaps."""
        height, width = self.box.shape
        return (
            self.rows * (height + self.gap) - self.gap,
            self.columns * (width + self.gap) - self.gap,
        )

    def corner(self, tile: int) -> tuple[int, int]:
        """Row and column of a tile's left upper pixel; tiles count from 0."""
        row, column = divmod(tile, self.columns)
        height, width = self.box.shape
        return row * (height + self.gap), column * (width + self.gap)

    def picture(self, planes: Iterable[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Put planes side by side.

        Parameters
        ----------
        planes : iterable of ndarray of uint8, shape (R, C, 3)
            Colours of whole planes, or of the box of each, at most one for each tile.

        Returns
        -------
        ndarray of uint8, shape (*self.shape, 3)
            Black where no tile is.
        """
        made = np.zeros((*self.shape, 3), dtype=np.uint8)
        height, width = self.box.shape
        for tile, plane in enumerate(planes):
            row, column = self.corner(tile)
            part = plane if plane.shape[:2] == self.box.shape else self.box.of(plane)
            made[row : row + height, column : column + width] = part
        return made

    def at(self, row: float, column: float) -> tuple[int, int, int] | None:
        """What lies at a place of the picture.

        Parameters
        ----------
        row, column : float
            Pixels from the left upper corner.

        Returns
        -------
        tuple of int, or None
            Tile, and row and column of the voxel in its plane; None in a gap and outside.
        """
        height, width = self.box.shape
        down, in_row = divmod(row, height + self.gap)
        across, in_column = divmod(column, width + self.gap)
        inside = 0 <= down < self.rows and 0 <= across < self.columns
        if not inside or in_row >= height or in_column >= width:
            return None
        tile = int(down) * self.columns + int(across)
        return tile, self.box.top + int(in_row), self.box.left + int(in_column)


def box_of(mask: BoolArray) -> Box:
    """The part of every plane that a mask needs: tiles of one patient are cropped alike.

    Parameters
    ----------
    mask : ndarray of bool, shape (S, R, C)
        Voxels that have to be seen, plane by plane. An empty one needs whole planes.

    Returns
    -------
    Box
        With a margin of a voxel where there is room.

    Examples
    --------
    >>> mask = np.zeros((2, 8, 8), dtype=bool)
    >>> mask[0, 3, 4] = mask[1, 5, 4] = True
    >>> box_of(mask)
    Box(top=2, bottom=7, left=3, right=6)
    """
    rows, columns = mask.any(axis=(0, 2)), mask.any(axis=(0, 1))
    if not rows.any():
        return Box(0, mask.shape[1], 0, mask.shape[2])
    (top, bottom), (left, right) = _ends(rows), _ends(columns)
    return Box(top, bottom, left, right)


def _ends(marked: Any) -> tuple[int, int]:
    found = np.flatnonzero(marked)
    return max(0, int(found[0]) - MARGIN), min(len(marked), int(found[-1]) + 1 + MARGIN)


def even_slices(mask: BoolArray, count: int) -> tuple[int, ...]:
    """Slices at even distances through what is marked, the middle of each stretch.

    Parameters
    ----------
    mask : ndarray of bool, shape (S, R, C)
        What has to be seen: a lesion, or the brain. An empty one counts as everything.
    count : int
        How many at most.

    Returns
    -------
    tuple of int
        Rising, none twice; fewer if what is marked has fewer slices.

    Examples
    --------
    >>> even_slices(np.ones((20, 1, 1), dtype=bool), 5)
    (2, 6, 10, 14, 18)
    """
    as_count("count", count, fewest=1)
    held = np.flatnonzero(mask.any(axis=(1, 2)))
    first, last = (int(held[0]), int(held[-1])) if held.size else (0, len(mask) - 1)
    extent = last - first + 1
    places = first + (np.arange(min(count, extent)) + 0.5) * extent / min(count, extent)
    return tuple(int(one) for one in places)


def slices_through(mask: BoolArray, count: int, kept: int | None = None) -> tuple[int, ...]:
    """Slices at even distances through what is marked, the fullest one among them.

    Parameters
    ----------
    mask : ndarray of bool, shape (S, R, C)
        As `even_slices` takes it.
    count : int
        How many at most.
    kept : int, optional
        A slice that is among them in place of the fullest one.

    Returns
    -------
    tuple of int
        Rising, none twice: the slice that has to be there takes the place of the nearest.

    Examples
    --------
    >>> mask = np.ones((20, 2, 2), dtype=bool)
    >>> mask[:, 1] = False
    >>> mask[9] = True
    >>> slices_through(mask, 5), slices_through(mask, 5, kept=19)
    ((2, 6, 9, 14, 18), (2, 6, 10, 14, 19))
    """
    even = even_slices(mask, count)
    fullest = int(np.argmax(np.count_nonzero(mask, axis=(1, 2))))
    wanted = fullest if kept is None and mask.any() else kept
    if wanted is None or wanted in even:
        return even
    nearest = min(even, key=lambda one: abs(one - wanted))
    return tuple(sorted({*even, wanted} - {nearest}))


def mosaic(count: int, box: Box, room: tuple[float, float], *, gap: int = 0) -> Mosaic:
    """Lay out tiles so that each is as large as the room allows.

    Parameters
    ----------
    count : int
        Tiles.
    box : Box
        What each shows.
    room : tuple of float
        Height and width of the picture's place; only their ratio counts.
    gap : int
        Pixels between two tiles.

    Returns
    -------
    Mosaic
        With as few rows as its columns need.

    Examples
    --------
    >>> laid = mosaic(20, Box(0, 100, 0, 80), (600, 1000))
    >>> laid.columns, laid.rows
    (7, 3)
    """
    as_count("count", count, fewest=1)
    height, width = box.shape

    def size(columns: int) -> float:
        """How large a voxel is on screen."""
        rows = ceil(count / columns)
        return min(room[0] / (rows * (height + gap)), room[1] / (columns * (width + gap)))

    columns = max(range(1, count + 1), key=size)
    return Mosaic(columns, ceil(count / columns), box, gap)
