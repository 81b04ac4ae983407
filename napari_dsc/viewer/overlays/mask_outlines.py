"""Outlines of masks on the slice on screen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray, FloatArray
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.overlays.geometry import (
    extent_of,
    picture_ends,
    voxel_edges,
    world_of,
)
from napari_dsc.viewer.overlays.stroke_font import extent_in, height_of, signs_of, written
from napari_dsc.viewer.overlays.vispy_lines import Color, Outline, OutlinesOverlay, teach_napari
from napari_dsc.viewer.scan.scan_layers import scan_of_layer, taken_up

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

__all__ = ["SOLID", "Marked", "Marks"]

Pattern = tuple[int, int]
SOLID: Pattern = (1, 1)
OVERLAY = "napari_dsc_outlines"  # its key in viewer.scene.overlays
WHITE = (1.0, 1.0, 1.0, 1.0)
MOST_NUMBERS = 40  # on a slice: more cover the picture
APART = 0.3  # between two numbers, of their height
BADGE = 0.75  # height of a badge, of that of a number


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """Voxels on the last three axes of a layer, and how they are outlined."""

    mask: BoolArray
    layer: "Layer"
    color: Color
    pattern: Pattern
    number: str
    badge: str


class Marks:
    """Marked voxels outlined on the slice on screen, whatever covers or hides their layer.

    Follows the sliders, the order of the axes and the units. In 3-D, and while time is one of
    the displayed axes, there are no outlines.

    Parameters
    ----------
    viewer : ViewerModel
        In whose scene they lie. It does not keep this object: its owner does.

    Attributes
    ----------
    changed : SignalInstance
        Emits when other voxels are outlined, or in another way; not when another slice is shown.
    """

    changed = Signal()

    def __init__(self, viewer: "ViewerModel") -> None:
        self._viewer = viewer
        self._marks: dict[str, Marked] = {}
        self._lines: dict[str, Outline] = {}
        self._held = False
        self._overlay = OutlinesOverlay(visible=True)
        self._can_be_drawn = teach_napari()

    def show(
        self,
        name: str,
        mask: BoolArray | None,
        layer: "Layer",
        color: Color,
        pattern: Pattern = SOLID,
        number: str = "",
        badge: str = "",
    ) -> None:
        """Outline voxels, in place of those that were outlined under that name.

        Parameters
        ----------
        name : str
            Whose voxels they are.
        mask : ndarray of bool, shape (Z, Y, X), or None
            Marked voxels, as on screen; it is copied. None takes the outlines of that name away.
        layer : Layer
            On whose last three axes the mask lies; once it is removed, so are the outlines.
        color : tuple of float
            Red, green, blue and opacity, 0 to 1.
        pattern : tuple of int
            How many borders of how many are drawn: (1, 2) is dotted.
        number : str
            Digits that stand above it on each slice.
        badge : str
            Letters that stand in a corner of every tile of the grid, in its colour, on slices that
            hold such voxels.

        Raises
        ------
        DscError
            If the mask does not have the shape of the layer's volumes.
        """
        if mask is None:
            self._marks.pop(name, None)
        elif mask.shape != layer.data.shape[-3:]:
            raise DscError(
                f"mask {name!r} must have the shape of the volumes of layer {layer.name!r}, "
                f"{layer.data.shape[-3:]}, got {mask.shape}. Turn it to the screen first."
            )
        else:
            made = np.array(mask, dtype=bool)
            self._marks[name] = Marked(made, layer, color, pattern, number, badge)
        if self._marks:
            self._listen()
        self._redraw()
        if not self._held:
            self.changed.emit()

    def draw(
        self,
        name: str,
        segments: FloatArray | None,
        color: Color,
        layer: "Layer | None" = None,
    ) -> None:
        """Draw lines that are no outline of voxels, in place of those of that name.

        Parameters
        ----------
        name : str
            Whose lines they are.
        segments : ndarray, shape (S, 2, 2), or None
            Ends (row, column) of each in the displayed world. None takes them away.
        color : tuple of float
            Red, green, blue and opacity, 0 to 1.
        layer : Layer, optional
            Of the scan on whose pictures alone they are drawn; None: on all.
        """
        if segments is None:
            self._lines.pop(name, None)
        else:
            self._lines[name] = Outline(segments, color, thin=True, owner=layer)
            self._listen()
        self._redraw()

    @property
    def outlined(self) -> tuple[Marked, ...]:
        """What is outlined on layers that are there: masks (Z, Y, X), colours and numbers."""
        return tuple(one for one in self._marks.values() if one.layer in self._viewer.layers)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Draw once, at the end, what is shown and taken away meanwhile."""
        outer, self._held = self._held, True
        try:
            yield
        finally:
            self._held = outer
            self._redraw()
            if not outer:
                self.changed.emit()

    def clear(self) -> None:
        """Take all outlines away, and stop listening to the viewer."""
        self._marks.clear()
        self._lines.clear()
        self._redraw()
        self.changed.emit()
        for emitter, hear in self._signals():
            emitter.disconnect(hear)
        overlays = self._viewer.scene.overlays
        if overlays.get(OVERLAY) is self._overlay:
            del overlays[OVERLAY]

    def _listen(self) -> None:
        overlays = self._viewer.scene.overlays
        if overlays.get(OVERLAY) is self._overlay or not self._can_be_drawn:
            return
        overlays[OVERLAY] = self._overlay
        for emitter, hear in self._signals():
            emitter.connect(hear)

    def _signals(self) -> list[tuple[Any, Any]]:
        dims, layers = self._viewer.dims.events, self._viewer.layers.events
        moved = (dims.point, dims.order, dims.ndisplay, dims.range, dims.units, layers.units)
        looked = (
            self._viewer.scene.camera.events.orientation,
            self._viewer.canvas.grid.events.enabled,
        )
        followed = [(one, self._redraw) for one in (*moved, *looked)]
        return [*followed, (layers.removed, self._on_removed)]

    def _on_removed(self, event: Any) -> None:
        self._marks = {
            name: mark for name, mark in self._marks.items() if mark.layer is not event.value
        }
        self._redraw()

    def _redraw(self, _event: Any = None) -> None:
        if self._held:
            return
        drawn: list[Outline] = [*self._lines.values()]
        numbers: list[Outline] = []
        badges: dict[Layer, int] = {}  # how many there are, by scan
        taken: list[FloatArray] = []
        for mark in self._marks.values():
            segments = self._on_screen(mark)
            if segments.size:
                owner = _scan_layer(mark.layer)
                drawn.append(Outline(segments, mark.color, owner=owner))
                if mark.number and len(numbers) < MOST_NUMBERS:
                    lines = self._numbered(mark, segments, taken)
                    numbers.append(Outline(lines, WHITE, thin=True, owner=owner))
                if mark.badge and self._viewer.canvas.grid.enabled:
                    lines = self._badge(mark, badges.get(owner, 0))
                    numbers.append(Outline(lines, mark.color, thin=True, owner=owner))
                    badges[owner] = badges.get(owner, 0) + 1
        drawn += numbers  # above every outline
        owner_of = self._owner_of if len(taken_up(self._viewer)) > 1 else None
        if (self._overlay.owner_of is None) is not (owner_of is None):
            self._overlay.owner_of = owner_of
        if not _same(drawn, self._overlay.drawn):  # each assignment draws the canvas anew
            self._overlay.drawn = tuple(drawn)

    def _owner_of(self, layer: "Layer") -> "Layer | None":
        """Layer of the scan that a layer belongs to; None: to none."""
        scan = scan_of_layer(self._viewer, layer)
        return None if scan is None else scan.layer

    def _numbered(self, mark: Marked, segments: FloatArray, taken: list[FloatArray]) -> FloatArray:
        """Lines of a number above the top of its outline, as it is looked at, and above another.

        Places that are taken are told as first and last corner, and this one is added.
        """
        dims, viewer = self._viewer.dims, self._viewer
        shown = [axis - dims.ndim + 3 for axis in dims.displayed[-2:]]
        low, high = (ends[shown] for ends in extent_of(mark.layer, dims.units))
        signs, height = signs_of(viewer), height_of(viewer, low, high)
        points = (segments * signs).reshape(-1, 2)
        top = points[:, 0].min()
        above = points[points[:, 0] < top + height / 4, 1]
        size = np.array([1.2, extent_in(mark.number)]) * height
        corner = np.array([top, (above.min() + above.max()) / 2]) - size * [1, 0.5]
        for start, end in sorted(taken, key=lambda one: -float(one[1, 0])):  # from below
            if (corner < end).all() and (start < corner + size).all():
                corner[0] = start[0] - size[0] - APART * height
        taken.append(np.array([corner, corner + size]))
        return written(mark.number, corner * signs, height, signs)

    def _badge(self, mark: Marked, before: int) -> FloatArray:
        """Lines of a badge in the left upper corner of the head, below those that stand there."""
        dims, viewer = self._viewer.dims, self._viewer
        shown = [axis - dims.ndim + 3 for axis in dims.displayed[-2:]]
        low, high = (ends[shown] for ends in picture_ends(viewer, mark.layer))
        signs, height = signs_of(viewer), BADGE * height_of(viewer, low, high)
        corner = np.where(signs > 0, low, high)
        down = (before * (1 + APART) + 2 * APART) * height
        return written(mark.badge, corner + signs * [down, APART * height], height, signs)

    def _on_screen(self, mark: Marked) -> FloatArray:
        """Outlines of the slice on screen, in the displayed world, shape (S, 2, 2)."""
        mask, layer = mark.mask, mark.layer
        none = np.empty((0, 2, 2))
        dims = self._viewer.dims
        rows, columns = (axis - dims.ndim + 3 for axis in dims.displayed[-2:])  # of z, y and x
        if dims.ndisplay != 2 or min(rows, columns) < 0 or layer not in self._viewer.layers:
            return none
        steps, origin = world_of(layer, self._viewer.dims.units)
        across = 3 - rows - columns
        point = np.asarray(dims.point[-3:])
        at = int(np.round(np.linalg.solve(steps, point - origin))[across])
        if not 0 <= at < mask.shape[across]:
            return none
        plane = np.moveaxis(mask, (across, rows, columns), (0, 1, 2))[at]
        shown = [rows, columns]
        edges = voxel_edges(plane)
        drawn, period = mark.pattern
        if drawn < period:
            edges = edges[np.floor(edges.mean(axis=1).sum(axis=1)) % period < drawn]
        return edges @ steps[np.ix_(shown, shown)].T + origin[shown]


def _scan_layer(layer: "Layer") -> "Layer":
    """Layer of the scan that a marked layer was made for; itself, if it was made for none."""
    found: Layer = layer.metadata.get(KEY, {}).get("scan_layer", layer)
    return found


def _same(some: Sequence[Outline], others: Sequence[Outline]) -> bool:
    return len(some) == len(others) and all(
        one.color == other.color
        and one.owner is other.owner
        and np.array_equal(one.segments, other.segments)
        for one, other in zip(some, others, strict=True)
    )
