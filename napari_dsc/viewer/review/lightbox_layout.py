"""Layout of the tiles of many slices: which slices, which way round, how large."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF

from napari_dsc.core.mosaic import Mosaic
from napari_dsc.viewer.overlays.geometry import world_of

if TYPE_CHECKING:
    from napari.layers import Image

__all__ = ["BAR", "GAP", "Laid", "Rows", "Shown", "Tile", "Way"]

Rows: TypeAlias = Literal["slices", "rows"]
GAP = 1  # voxels between two tiles
BAR = 112  # px at the right, for the colours, their numbers and units


class Shown(NamedTuple):
    """A voxel of a picture on screen."""

    symbol: str
    layer: "Image"
    voxel: tuple[int, int, int]  # z, y, x


@dataclass(frozen=True, slots=True)
class Tile:
    """A slice of a picture."""

    symbol: str
    layer: "Image"
    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """How the volumes on screen are cut: by which axis, and which way rows and columns run."""

    across: int  # of z, y and x: the axis of the slices
    rows: int
    columns: int
    down: int  # 1, or −1 where rows run upwards on screen
    right: int
    size: tuple[float, float]  # of a voxel, along rows' and columns' axes

    @classmethod
    def of(cls, viewer: Any, layer: "Image") -> "Way | None":
        """As napari shows a layer now; None in 3-D, and while time is on screen."""
        dims = viewer.dims
        if dims.ndisplay != 2:
            return None
        rows, columns = (axis - dims.ndim + 3 for axis in dims.displayed[-2:])
        if min(rows, columns) < 0:
            return None
        steps, _ = world_of(layer, dims.units)
        down, right = (str(one) for one in viewer.scene.camera.orientation2d)
        signs = np.sign(np.diagonal(steps))
        return cls(
            across=3 - rows - columns,
            rows=rows,
            columns=columns,
            down=int(signs[rows]) * (1 if down == "down" else -1),
            right=int(signs[columns]) * (1 if right == "right" else -1),
            size=(abs(float(steps[rows, rows])), abs(float(steps[columns, columns]))),
        )

    def turned(self, volume: NDArray[Any]) -> NDArray[Any]:
        """A volume (z, y, x) as (slices, rows, columns) of the picture; a view."""
        planes = np.moveaxis(volume, (self.across, self.rows, self.columns), (0, 1, 2))
        return planes[:, :: self.down, :: self.right]

    def voxel(self, at: int, row: int, column: int, shape: Sequence[int]) -> tuple[int, int, int]:
        """Indices (z, y, x) of a voxel of the picture."""
        place = [0, 0, 0]
        place[self.across] = at
        place[self.rows] = row if self.down > 0 else shape[self.rows] - 1 - row
        place[self.columns] = column if self.right > 0 else shape[self.columns] - 1 - column
        return place[0], place[1], place[2]


@dataclass(frozen=True, slots=True)
class Laid:
    """Tiles in a widget.

    Parameters
    ----------
    way : Way
        How the volumes are cut.
    mosaic : Mosaic
        How the tiles lie, in voxels.
    room : tuple of float
        Height and width of the place that they have, px.
    """

    way: Way
    mosaic: Mosaic
    room: tuple[float, float]

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of a voxel, down and across: true to the patient's proportions."""
        extents = [
            size * extent for size, extent in zip(self.way.size, self.mosaic.shape, strict=True)
        ]
        one = min(room / extent for room, extent in zip(self.room, extents, strict=True))
        return one * self.way.size[0], one * self.way.size[1]

    @property
    def picture(self) -> QRectF:
        """Where all tiles lie."""
        (down, across), (rows, columns) = self.scale, self.mosaic.shape
        return QRectF(0, 0, columns * across, rows * down)

    def rect(self, number: int) -> QRectF:
        """Where a tile lies; tiles count from 0."""
        down, across = self.scale
        row, column = self.mosaic.corner(number)
        height, width = self.mosaic.box.shape
        return QRectF(column * across, row * down, width * across, height * down)

    def at(self, place: QPointF) -> tuple[int, int, int] | None:
        """Tile, row and column of the voxel at a place; None beside the tiles."""
        down, across = self.scale
        return self.mosaic.at(place.y() / down, place.x() / across)
