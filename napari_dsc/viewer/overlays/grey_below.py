"""Grey levels of the scan below its maps, where these are blank: in every cell of the grid.

A cell holds one layer, so a second one cannot lie below a map there; an overlay of our own does, as
outlines lie above it. Nothing of it is in the list of layers, and no read-out knows of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.components.overlays import SceneOverlay
from numpy.typing import NDArray

from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.canvas_pixels import Pixels, teach
from napari_dsc.viewer.layers import world_of
from napari_dsc.viewer.overlays.vispy_lines import cell_layers
from napari_dsc.viewer.scan.scan_layers import scan_of_layer, taken_up

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["DIMMED", "GreyBelow", "Levels", "Plane"]

OVERLAY = "napari_dsc_grey"  # its key in viewer.scene.overlays
LOWEST = -1  # in the order of drawing: below every layer
DIMMED = 0.5  # the anatomy where it shines through: ventricles are not the loudest thing


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Grey levels of a scan, and where they are seen.

    Parameters
    ----------
    layer : Layer
        The scan's, on whose last three axes they lie.
    grey : ndarray of uint8, shape (Z, Y, X)
        From black to white.
    blank : ndarray of bool, shape (Z, Y, X)
        Voxels that its maps leave blank.
    """

    layer: "Layer"
    grey: NDArray[np.uint8]
    blank: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Grey levels of the slice on screen.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (R, C, 4)
        Red, green, blue, and 255 where they are seen.
    corners : ndarray, shape (2, 2)
        Row and column of the first pixel's outer corner and of the last one's, in the world.
    owner : Layer
        The scan's.
    """

    pixels: NDArray[np.uint8]
    corners: NDArray[np.float64]
    owner: Any


class GreyOverlay(SceneOverlay):  # type: ignore[misc]
    """What napari is to draw below the layers of every cell.

    Parameters
    ----------
    drawn : tuple of Plane
        Of each scan at most one.
    owner_of : callable or None
        The scan's layer that a layer belongs to, while there are several scans.
    """

    drawn: Any = ()
    owner_of: Any = None


class Drawn:
    """The grey levels in one cell: what napari makes of the overlay, with the members it uses."""

    def __init__(self, *, overlay: GreyOverlay, parent: Any, viewer: Any = None, **_: Any) -> None:
        self.overlay, self._viewer = overlay, viewer
        self._laid: Plane | None = None
        self.node = Pixels(parent=parent)
        self.node.order = overlay.order
        self.node.ready = self._is_ready
        overlay.events.drawn.connect(self._draw)
        self._draw()

    def close(self) -> None:
        """Leave the cell."""
        self.node.ready = None
        self.overlay.events.drawn.disconnect(self._draw)
        self.node.parent = None

    @property
    def own(self) -> Plane | None:
        """What is to be drawn in the cell."""
        planes, owner_of = self.overlay.drawn, self.overlay.owner_of
        if owner_of is None:
            return planes[0] if planes else None
        owners = [owner_of(layer) for layer in cell_layers(self._viewer, self.node)]
        return next((one for one in planes if any(one.owner is of for of in owners)), None)

    def _draw(self, _event: Any = None) -> None:
        self.node.visible = bool(self.overlay.drawn)
        self.node.update()

    def _is_ready(self) -> bool:
        """Lay what the cell shows now: napari gives it other layers without a word."""
        own = self.own
        if own is not self._laid:
            self._laid = own
            if own is not None:
                self.node.lay(own.pixels, own.corners)
        return own is not None


class GreyBelow:
    """Lays grey levels below maps, on the slice on screen.

    Parameters
    ----------
    viewer : ViewerModel
        In whose scene they lie. It does not keep this object: its owner does.
    """

    def __init__(self, viewer: "ViewerModel") -> None:
        self._viewer = viewer
        self._levels: tuple[Levels, ...] = ()
        self._overlay = GreyOverlay(visible=True, order=LOWEST)
        self._can_be_drawn = teach(GreyOverlay, Drawn)
        self._listens = False

    @property
    def planes(self) -> tuple[Plane, ...]:
        """What lies below the maps of the slice on screen."""
        return tuple(self._overlay.drawn)

    def show(self, levels: Sequence[Levels]) -> None:
        """Lay these from now on."""
        same = len(levels) == len(self._levels) and all(
            one.grey is other.grey and one.blank is other.blank
            for one, other in zip(levels, self._levels, strict=True)
        )
        if not same:
            self._levels = tuple(levels)
            self._listen()
            self._redraw()

    def _listen(self) -> None:
        if self._listens or not self._can_be_drawn:
            return
        self._listens = True
        self._viewer.scene.overlays[OVERLAY] = self._overlay
        dims = self._viewer.dims.events
        for emitter in (dims.point, dims.order, dims.ndisplay, dims.units):
            emitter.connect(self._redraw)
        self._viewer.layers.events.removed.connect(self._on_removed)

    def _on_removed(self, event: Any) -> None:
        self.show([one for one in self._levels if one.layer is not event.value])

    def _redraw(self, _event: Any = None) -> None:
        planes = [self._plane(one) for one in self._levels]
        owner_of = self._owner_of if len(taken_up(self._viewer)) > 1 else None
        if (self._overlay.owner_of is None) is not (owner_of is None):
            self._overlay.owner_of = owner_of
        drawn = tuple(one for one in planes if one is not None)
        if drawn or self._overlay.drawn:  # each assignment draws the canvas anew
            self._overlay.drawn = drawn

    def _owner_of(self, layer: "Layer") -> "Layer | None":
        scan = scan_of_layer(self._viewer, layer)
        return None if scan is None else scan.layer

    def _plane(self, levels: Levels) -> Plane | None:
        """Pixels of the slice on screen; None where there is none, or none of it is blank."""
        dims = self._viewer.dims
        rows, columns = (axis - dims.ndim + 3 for axis in dims.displayed[-2:])  # of z, y and x
        if dims.ndisplay != 2 or min(rows, columns) < 0 or levels.layer not in self._viewer.layers:
            return None
        steps, origin = world_of(levels.layer, dims.units)
        across = 3 - rows - columns
        point = np.linalg.solve(steps, np.asarray(dims.point[-3:]) - origin)
        at = int(np.round(point[across]))
        if not 0 <= at < levels.blank.shape[across]:
            return None
        axes = (across, rows, columns), (0, 1, 2)
        blank = np.moveaxis(levels.blank, *axes)[at]
        if not blank.any():
            return None
        grey = DIMMED * np.moveaxis(levels.grey, *axes)[at]
        pixels = np.zeros((*blank.shape, 4), np.uint8)
        pixels[blank, :3] = grey.astype(np.uint8)[blank][:, None]
        pixels[blank, 3] = 255
        ends = np.array([[-0.5, -0.5], np.array(blank.shape) - 0.5])
        shown = [rows, columns]
        return Plane(pixels, ends @ steps[np.ix_(shown, shown)].T + origin[shown], levels.layer)
