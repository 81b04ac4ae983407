"""The cross-hair: two lines through one voxel, on every picture of its slice."""

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.overlays.geometry import extent_of, world_of
from napari_dsc.viewer.overlays.mask_outlines import Marks

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["CrossHair"]

NAME = "Cross-hair"
YELLOW = (1.0, 0.9, 0.3, 0.7)
GAP = 1.5  # voxels that stay free on each side of the one that is meant


class CrossHair:
    """Two lines through a voxel, drawn on the slice that holds it.

    Parameters
    ----------
    viewer : ViewerModel
        In whose scene it lies.
    marks : Marks
        Draws the lines.
    """

    def __init__(self, viewer: "ViewerModel", marks: Marks) -> None:
        self._viewer, self._marks = viewer, marks
        self._layer: Layer | None = None
        self.voxel: tuple[int, int, int] | None = None
        dims = viewer.dims.events
        for emitter in (dims.point, dims.order, dims.ndisplay, dims.units):
            emitter.connect(self._redraw)
        viewer.layers.events.removed.connect(self._on_removed)

    def show(self, layer: "Layer", voxel: tuple[int, int, int]) -> None:
        """Lie through a voxel (z, y, x) of a layer's last three axes."""
        self._layer, self.voxel = layer, voxel
        self._redraw()

    def hide(self) -> None:
        """Lie nowhere."""
        self._layer = self.voxel = None
        self._redraw()

    def _on_removed(self, event: Any) -> None:
        if event.value == self._layer:
            self.hide()

    def _redraw(self, _event: Any = None) -> None:
        lines = self._lines()
        if lines is not None or self._drawn:
            self._drawn = lines is not None
            self._marks.draw(NAME, lines, YELLOW)

    _drawn = False

    def _lines(self) -> FloatArray | None:
        """Ends of the lines on the slice on screen, shape (4, 2, 2); None on another one."""
        layer, dims = self._layer, self._viewer.dims
        if layer is None or self.voxel is None or dims.ndisplay != 2 or dims.ndim < 3:
            return None
        shown = [axis - dims.ndim + 3 for axis in dims.displayed[-2:]]  # of z, y and x
        if min(shown) < 0:
            return None
        across = 3 - sum(shown)
        steps, origin = world_of(layer, dims.units)
        point = np.linalg.solve(steps, np.asarray(dims.point[-3:]) - origin)
        if int(np.round(point[across])) != self.voxel[across]:
            return None
        at = (origin + steps @ np.asarray(self.voxel))[shown]
        size = GAP * np.abs(steps[shown, shown])
        low, high = (ends[shown] for ends in extent_of(layer, dims.units))
        (row, column), (up, aside) = at, size
        return np.array(
            [
                [[low[0], column], [row - up, column]],
                [[row + up, column], [high[0], column]],
                [[row, low[1]], [row, column - aside]],
                [[row, column + aside], [row, high[1]]],
            ]
        )
