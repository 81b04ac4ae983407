"""Checks of images that hold several slices side by side, and of images that are there twice."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.frames import FileFrame, Frame, Header
from napari_dsc.io.dicom.layout import Layout
from napari_dsc.io.dicom.planes import Planes
from napari_dsc.io.dicom.tiles import REMEDY

__all__ = ["blank_slices", "refuse_hidden_tiles", "refuse_twice", "refuse_untold_tiles"]

ALIKE = 0.8  # correlation of neighbouring rows of one picture
SIMILAR = 0.5  # correlation of neighbouring tiles of a mosaic
MOST_ACROSS = 12  # tiles side by side
PROBED = 3  # volumes that are looked at


def refuse_untold_tiles(headers: Sequence[Header]) -> None:
    """Raise `DscError` where images hold several slices and nothing tells them."""
    for one in headers:
        if one.untold:
            raise DscError(f"the series must tell its slices, got images that do not: {one.untold}")


def refuse_twice(headers: Sequence[Header]) -> None:
    """Raise `DscError` where an image is there twice, with the names of both files."""
    known: dict[Frame, Header] = {}
    for one in headers:
        if not one.frames:
            continue
        other = known.setdefault(one.frames[0], one)
        if other is not one and (one.image == other.image != "" or _same_pixels(one, other)):
            raise DscError(
                f"each image of a series must be there once, got {other.path.name} and "
                f"{one.path.name}, which are the same image. Take one of them out of the folder."
            )


def _same_pixels(one: Header, other: Header) -> bool:
    """Whether two files hold the same picture, whatever they are called."""
    planes = Planes([one, other])
    first, second = planes.sheet(0), planes.sheet(1)
    return first is not None and second is not None and np.array_equal(first, second)


def refuse_hidden_tiles(
    headers: Sequence[Header], frames: Sequence[FileFrame], layout: Layout
) -> None:
    """Raise `DscError` where an image of one slice looks like several slices side by side.

    An anonymiser may have taken away all that says so. One slice per volume, and an image several
    times as large as what was measured, is a mosaic, unless its picture runs on over the seams
    (then it was interpolated).
    """
    first = headers[0]
    if layout.order.shape[1] > 1 or first.tiled or first.enhanced:
        return
    rows, columns = first.matrix
    larger = bool(first.measured) and max(rows, columns) >= 2 * max(first.measured)
    if first.measured and not larger:
        return
    ways = _ways(rows, columns)
    plane = Planes(headers).of(*frames[int(layout.order[0, 0])])
    picture = None if plane is None else plane.shown
    for across, down in ways:
        if picture is None or (
            not _runs_on(picture, across, down) and (larger or _repeats(picture, across, down))
        ):
            told = " × ".join(map(str, first.measured))
            measured = f", of {told} measured samples" if larger else ""
            raise DscError(
                f"the series must tell its slices, got one image of {rows} × {columns} pixels for "
                f"each volume{measured}: a mosaic of slices side by side, of which nothing tells "
                f"their number and direction. {REMEDY}"
            )


def _ways(rows: int, columns: int) -> list[tuple[int, int]]:
    """How many tiles an image may have, across and down: a square mosaic, or a grid."""
    return [
        (across, down)
        for across in range(2, MOST_ACROSS + 1)
        for down in (across - 1, across)
        if columns % across == 0 and rows % down == 0
    ]


def _runs_on(picture: FloatArray, across: int, down: int) -> bool:
    """Whether a picture goes on over the seams of tiles nearest to its middle.

    There a head is one, and tiles have air on either side.
    """
    for values, count in ((picture, across), (picture.T, down)):
        seam = count // 2 * (len(values) // count)
        if count > 1 and _correlation(values[seam - 1], values[seam]) < ALIKE:
            return False
    return True


def _repeats(picture: FloatArray, across: int, down: int) -> bool:
    """Whether the tiles of a picture resemble their neighbours."""
    width, height = picture.shape[0] // across, picture.shape[1] // down
    tiles = [
        picture[at * width : (at + 1) * width, below * height : (below + 1) * height]
        for below in range(down)
        for at in range(across)
    ]
    filled = [one for one in tiles if np.ptp(one) > 0]
    if len(filled) < 2 or any(np.ptp(one) > 0 for one in tiles[len(filled) :]):
        return False
    alike = [_correlation(one, other) for one, other in pairwise(filled)]
    return float(np.median(alike)) > SIMILAR


def _correlation(one: FloatArray, other: FloatArray) -> float:
    if not np.ptp(one) or not np.ptp(other):
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def blank_slices(
    headers: Sequence[Header], frames: Sequence[FileFrame], layout: Layout
) -> tuple[str, ...]:
    """Say that the last tiles of images of several slices are blank.

    Raises
    ------
    DscError
        If there is a picture behind the last one: there are more slices than the header says.
    """
    if not headers[0].tiled:
        return ()
    count = layout.order.shape[1]
    planes, blank = Planes(headers), count
    for volume in np.linspace(0, len(layout.order) - 1, PROBED).round().astype(int):
        stack = [frames[at] for at in layout.order[volume].tolist()]
        number = stack[0][0]
        sheet = planes.sheet(number)
        if sheet is None:
            return ()
        rest = sheet.copy()
        own = sorted((frame.corner or (0, 0) for _, frame in stack))
        rows, columns = headers[number].matrix
        empty = 0
        for row, column in own:
            tile = rest[column : column + columns, row : row + rows]
            empty = empty + 1 if not tile.any() else 0
            tile[:] = 0
        blank = min(blank, empty)
        if rest.any():
            raise DscError(
                f"the series must hold the {count} slices that its headers tell, got images with "
                f"more. {REMEDY}"
            )
    if not blank:
        return ()
    return (f"The last {blank} of {count} slices of the mosaic are blank.",)
