"""Tiles of the maps side by side: how many rows and columns, and how large the head is in them.

napari's own grid does it: it gives each picture that is in sight a cell, in the order of the list
of layers, and begins again at the first cell when it has none left. So the masks, which lie above
all pictures in the list and are outlined on every tile, take no cell of their own.
"""

from collections.abc import Sequence
from math import ceil, isqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Layer
from napari.settings import get_settings

from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.scan.head_box import head_ends
from napari_dsc.viewer.scan.quality_layer import is_quality
from napari_dsc.viewer.scan.scan_layers import layers_of, taken_up

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = [
    "NAME_ROW",
    "TILES",
    "cell_of",
    "cell_size",
    "fit_heads",
    "fitting_shape",
    "is_map",
    "is_picture",
    "set_shape",
]

TILES = 6  # maps in the grid
NAME_ROW = 24  # px at the top of a tile, for the name of its map
BAR_COLUMN = 48  # px beside a head, for the colours, where the tile is wide enough
HEAD = 1.25  # length of a head, in its widths
GAIN = 1.2  # of a head's size: for less the tiles stay where they are looked for
RIM = 2  # px that stay free about a head


def is_map(layer: Layer) -> bool:
    """Whether a layer shows a map, or a study of maps."""
    return "unit" in layer.metadata.get(KEY, {})


def is_picture(layer: Layer) -> bool:
    """Whether a layer has a tile of its own: what is painted has none, it is outlined on all."""
    return isinstance(layer, Image) or is_quality(layer)


def fitting_shape(count: int, size: Sequence[float]) -> tuple[int, int]:
    """Rows and columns of so many tiles, in which heads are as large as they can be.

    Nearly square, more columns on a canvas that is wider than high; another shape where heads gain
    a good deal by it, as on a canvas that is wide and low.

    Parameters
    ----------
    count : int
        Tiles, at least one.
    size : tuple of float
        Height and width of the canvas; only their ratio counts.

    Examples
    --------
    >>> fitting_shape(6, (500, 900)), fitting_shape(6, (900, 500)), fitting_shape(7, (1, 1))
    ((2, 3), (3, 2), (3, 3))
    >>> fitting_shape(6, (380, 1300))
    (1, 6)
    """
    many = isqrt(count - 1) + 1
    few = ceil(count / many)
    usual = (few, many) if size[1] >= size[0] else (many, few)

    def width(shape: tuple[int, int]) -> float:
        """Of a head in a tile."""
        return min(size[0] / shape[0] / HEAD, size[1] / shape[1])

    others = ((rows, ceil(count / rows)) for rows in range(1, count + 1))
    best = max(others, key=width)
    return best if width(best) > GAIN * width(usual) else usual


def set_shape(viewer: "ViewerModel") -> bool:
    """Give the grid the shape of the pictures in sight; without maps, what napari's settings say.

    Return whether it was another one. The grid has to be off then: napari loses count of what it
    draws in the cells when their number falls while they are on screen.
    """
    grid = viewer.canvas.grid
    shape = wanted_shape(viewer)
    if grid.stride == 1 and tuple(grid.shape) == shape:
        return False
    if not grid.enabled:
        grid.stride, grid.shape = 1, shape
    return True


def wanted_shape(viewer: "ViewerModel") -> tuple[int, int]:
    """Rows and columns for the pictures in sight; -1: as many as it takes."""
    seen = [one for one in viewer.layers if one.visible]
    if not any(map(is_map, seen)):
        known = get_settings().application
        return int(known.grid_height), int(known.grid_width)
    # A mask that somebody moved below a picture takes a cell before it.
    count = max(at for at, one in enumerate(seen) if is_picture(one)) + 1
    return fitting_shape(count, viewer.canvas.size)


def cell_size(viewer: "ViewerModel", *, grid: bool) -> tuple[float, float]:
    """Height and width of a cell of the grid, px, be it on already or not; else of the canvas."""
    height, width = (float(one) for one in viewer.canvas.size)
    if not grid:
        return height, width
    rows, columns = viewer.canvas.grid.shape
    if rows < 1 or columns < 1 or viewer.canvas.grid.spacing:
        height, width = (float(one) for one in viewer.canvas.viewbox_size(viewer.layers))
        return height, width
    return height / rows, width / columns


def cell_of(viewer: "ViewerModel", layer: Layer) -> tuple[int, int]:
    """Row and column of the cell of a layer in sight, be the grid on already or not."""
    rows, columns = viewer.canvas.grid.shape
    seen = [one for one in viewer.layers if one.visible]
    if rows < 1 or columns < 1:  # napari counts for itself
        rows, columns = viewer.canvas.grid.actual_shape(viewer.layers)
    row, column = divmod(seen.index(layer) % max(1, rows * columns), max(1, columns))
    return int(row), int(column)


def fit_heads(viewer: "ViewerModel", title: float = 0.0) -> bool:
    """Have each tile filled by the head of its scan, all alike; return whether there is one.

    One zoom and one centre serve all tiles, and the only map where there is no grid. Above a head
    stands the name of its map; where a tile is wider than the head, its colours stand beside it.

    Parameters
    ----------
    viewer : ViewerModel
        Whose camera is moved.
    title : float
        What else stands above the name, px.
    """
    ends = _heads(viewer)
    if ends is None:
        return False
    (top, left), (bottom, right) = ends
    above = NAME_ROW + title
    height, width = (float(one) for one in viewer.canvas.viewbox_size(viewer.layers))
    room = max(height - above - 2 * RIM, 1.0), max(width - 2 * RIM, 1.0)
    zoom = min(room[0] / (bottom - top), room[1] / (right - left))
    down, across = (str(one) for one in viewer.scene.camera.orientation2d)
    spare = min(room[1] - zoom * (right - left), BAR_COLUMN)
    center = [
        (top + bottom) / 2 - above / 2 / zoom * (1 if down == "down" else -1),
        (left + right) / 2 + spare / 2 / zoom * (1 if across == "right" else -1),
    ]
    camera = viewer.scene.camera
    camera.center = (*camera.center[:-2], *center)
    camera.zoom = zoom
    camera.events.zoom(value=zoom)  # also where it is what it was: the view may be another
    return True


def _heads(viewer: "ViewerModel") -> tuple[FloatArray, FloatArray] | None:
    """Corners (row, column) of a box that holds the heads in sight, in the displayed world."""
    dims: Any = viewer.dims
    if dims.ndisplay != 2 or not any(is_map(one) for one in viewer.layers if one.visible):
        return None
    shown = [axis - dims.ndim + 3 for axis in dims.displayed[-2:]]
    if min(shown) < 0:
        return None
    seen = [
        head_ends(scan, dims.units)
        for scan in taken_up(viewer)
        if any(one.visible and is_picture(one) for one in layers_of(viewer, scan))
    ]
    if not seen:
        return None
    low = np.min([one[0][shown] for one in seen], axis=0)
    high = np.max([one[1][shown] for one in seen], axis=0)
    return low, high
