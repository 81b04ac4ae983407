"""Gestures on a picture: wheel, clicks and drags, as readers of images are used to them."""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from napari.layers import Image, Layer

from napari_dsc.viewer.curves.curve_updates import Drawing
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.maps.colormaps import fixed_window
from napari_dsc.viewer.maps.tmax_steps import is_stepped
from napari_dsc.viewer.overlays import CrossHair, Marks
from napari_dsc.viewer.overlays.geometry import world_of
from napari_dsc.viewer.panel.drawing_tools import Tools
from napari_dsc.viewer.panel.strokes import Strokes
from napari_dsc.viewer.review.lightbox import Shown
from napari_dsc.viewer.review.review import Room
from napari_dsc.viewer.screen import Screen
from napari_dsc.viewer.voxel_click import STILL, deaf

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Gestures"]

ZOOM = 1.2  # for a notch of the wheel
TRAVEL = 200  # px of a right-drag that double a window, or move it by its width
NARROWEST = 0.01  # of the window at the press
STEPPED = (
    "Tmax in steps has no window: its colours change at 4, 6, 8 and 10 s. Untick Tmax in steps "
    "(under More ▾ where the bar is short) to set one."
)
LEFT, RIGHT = 1, 2  # buttons, as napari counts them


class Gestures:
    """Wheel: slice; with Ctrl zoom, with Shift time. Right-drag: window. Clicks: look closer.

    Parameters
    ----------
    viewer : Viewer
        Whose pictures.
    screen : Screen
        Says which scan is at hand.
    room : Room
        Shows one map alone.
    drawing : Drawing
        Reads out the voxel of the cross-hair.
    tools : Tools
        Tells whether a brush is armed: the left button is then the brush's.
    strokes : Strokes
        Tells whether a button is held.
    marks : Marks
        Draws the cross-hair.
    """

    def __init__(
        self,
        viewer: "Viewer",
        screen: Screen,
        room: Room,
        drawing: Drawing,
        tools: Tools,
        strokes: Strokes,
        marks: Marks,
    ) -> None:
        self._viewer, self._screen, self._room = viewer, screen, room
        self._drawing, self._tools, self._strokes = drawing, tools, strokes
        self.cross_hair = CrossHair(viewer, marks)
        self._turned = 0.0  # notches of the wheel that are not a whole one yet
        self._first: WeakKeyDictionary[Layer, tuple[float, float]] = WeakKeyDictionary()
        self._aside: list[tuple[list[Any], list[Any]]] = []
        screen.shown.connect(lambda _scan: self.look_at(None))
        room.slices.lightbox.chosen.connect(self._on_tile)

    def forget(self, layer: Layer) -> None:
        """Hold on to nothing of a layer that is to show another map."""
        self._first.pop(layer, None)

    def listen(self, on: bool) -> None:
        """Follow the mouse from now on, or no longer; napari's own gestures come back then."""
        viewer = self._viewer
        pairs: tuple[tuple[list[Any], Any], ...] = (
            (viewer.mouse_wheel_callbacks, self._on_wheel),
            (viewer.mouse_double_click_callbacks, self._on_double_click),
            (viewer.mouse_drag_callbacks, self._on_press),
        )
        for callbacks, theirs in self._aside:
            callbacks[:] = [*theirs, *callbacks]
        self._aside = []
        for callbacks, hear in pairs:
            if hear in callbacks:
                callbacks.remove(hear)
        if not on:
            return
        for callbacks, hear in pairs[:2]:
            theirs = [one for one in callbacks if _is_naparis(one)]
            callbacks[:] = [hear, *(one for one in callbacks if one not in theirs)]
            self._aside.append((callbacks, theirs))
        viewer.mouse_drag_callbacks.insert(0, self._on_press)

    @property
    def _flat(self) -> bool:
        """Whether there is a scan, and slices of it on screen."""
        return self._screen.scan is not None and self._viewer.dims.ndisplay == 2

    # -- the wheel -----------------------------------------------------------------------------

    def _on_wheel(self, viewer: "Viewer", event: Any) -> None:
        if not self._flat:
            for _, theirs in self._aside[:1]:
                for one in theirs:
                    one(viewer, event)
            return
        event.handled = True
        if self._strokes.held:  # a stroke stays on its slice
            return
        keys = tuple(event.modifiers)
        notches = float(event.delta[1] or event.delta[0])
        if keys == ("Control",):
            self._zoom(ZOOM**notches, event.position)
        elif keys in ((), ("Shift",)):
            forward = 1 if event.native.inverted() else -1
            self._turned += float(np.clip(notches, -1, 1)) * forward
            whole = int(self._turned)
            self._turned -= whole
            if whole:
                (self._step_time if keys else self.step_slice)(whole)

    def _zoom(self, factor: float, position: Sequence[float]) -> None:
        """Zoom about a place in the world, which stays under the cursor."""
        camera = self._viewer.scene.camera
        shown = list(self._viewer.dims.displayed)
        at, center = np.asarray(position)[shown], np.asarray(camera.center)[-2:]
        camera.zoom = camera.zoom * factor
        camera.center = tuple(center + (at - center) * (1 - 1 / factor))

    def step_slice(self, step: int) -> None:
        """Show the slice so many further on, whichever way the scan is cut."""
        dims, scan = self._viewer.dims, self._screen.scan
        hidden = [axis for axis in range(dims.ndim - 3, dims.ndim) if axis not in dims.displayed]
        if scan is None or not hidden:
            return
        axis = hidden[0]
        there = scan.beside(dims.point, dims.units, axis - dims.ndim, step)
        if there is not None:
            dims.set_point(axis, there)

    def _step_time(self, step: int) -> None:
        dims = self._viewer.dims
        axis = dims.ndim - 4
        if axis >= 0 and axis not in dims.displayed:
            dims.set_current_step(axis, dims.current_step[axis] + step)

    # -- clicks and drags ----------------------------------------------------------------------

    def _on_press(self, viewer: "Viewer", event: Any) -> Generator[None, None, None]:
        """Take every button but the left one from the layers, and clicks of that one at rest."""
        layer = viewer.layers.selection.active
        if event.button != LEFT:
            with deaf(layer):
                yield from self._window(event) if event.button == RIGHT else _nothing(event)
        elif not event.modifiers and self._flat and self._tools.armed is None:
            pressed, moved, position = np.array(event.pos), 0.0, tuple(event.position)
            yield
            while event.type == "mouse_move":
                moved = max(moved, float(np.abs(np.array(event.pos) - pressed).max()))
                yield
            if moved <= STILL and self._screen.scan is not None:
                self.look_at(self._screen.scan.voxel_at(position, viewer.dims.units))

    def look_at(self, voxel: tuple[int, int, int] | None) -> None:
        """Lay the cross-hair through a voxel (z, y, x), and read it out; None: through none."""
        scan = self._screen.scan
        if scan is None or voxel is None:
            self.cross_hair.hide()
        else:
            self.cross_hair.show(scan.layer, voxel)
        self._drawing.look_at(voxel)

    def _on_tile(self, shown: Shown) -> None:
        """Show the slice of a tile that was clicked in every view, with its voxel."""
        dims, scan = self._viewer.dims, self._screen.scan
        hidden = [axis for axis in range(dims.ndim - 3, dims.ndim) if axis not in dims.displayed]
        if scan is None or not hidden:
            return
        axis = hidden[0]
        steps, origin = world_of(shown.layer, dims.units)
        dims.set_point(axis, float((steps @ shown.voxel + origin)[axis - dims.ndim]))
        self.look_at(shown.voxel)

    def _window(self, event: Any) -> Generator[None, None, None]:
        """Drag to the right: a wider window; up: a higher level."""
        event.handled = self._flat  # else napari's zoom
        layer = self._picture_at(event)
        pressed, dragged = np.array(event.pos), False
        low, high = (0.0, 1.0) if layer is None else layer.contrast_limits
        width, level = high - low, (high + low) / 2
        yield
        while event.type == "mouse_move":
            right, down = np.array(event.pos) - pressed
            dragged = dragged or max(abs(right), abs(down)) > STILL
            if layer is not None and dragged:
                self._first.setdefault(layer, (low, high))
                half = max(width * (1 + right / TRAVEL), NARROWEST * width) / 2
                middle = level - width * down / TRAVEL
                layer.contrast_limits = (middle - half, middle + half)
            yield
        if layer is not None and dragged and is_stepped(layer):
            self._screen.say(STEPPED)
        elif layer is not None and dragged:
            low, high = layer.contrast_limits
            self._screen.say(
                f"{layer.name} from {low:.3g} to {high:.3g}. Double right click: its fixed window."
            )

    def _on_double_click(self, _viewer: "Viewer", event: Any) -> None:
        if not self._flat:
            return
        event.handled = True
        layer, scan = self._picture_at(event), self._screen.scan
        if layer is None or scan is None:
            return
        if event.button == RIGHT:
            self._fix_window(layer)
        elif event.button == LEFT and not event.modifiers and self._tools.armed is None:
            symbols = {one: symbol for symbol, one in self._room.views.pictures(scan).items()}
            if layer in symbols and scan.layers.maps:
                self._room.enlarge(symbols[layer])

    def _fix_window(self, layer: Image) -> None:
        """Give a picture its fixed window again; one that has none, the window that it had."""
        scan = self._screen.scan
        known = None if scan is None else fixed_window(scan, layer)
        window = known or self._first.get(layer)
        if window is not None:
            layer.contrast_limits = window
            self._screen.say(f"{layer.name} from {window[0]:.3g} to {window[1]:.3g}, as fixed.")

    def _picture_at(self, event: Any) -> Image | None:
        """Picture on top of those in the tile under the pointer."""
        layers, grid = self._viewer.layers, self._viewer.canvas.grid
        if not self._flat:
            return None
        here = [
            one
            for at, one in enumerate(layers)
            if isinstance(one, Image)
            and one.visible
            and KEY in one.metadata
            and grid.position(at, layers) == tuple(event.viewbox)
        ]
        return here[-1] if here else None


def _nothing(event: Any) -> Generator[None, None, None]:
    """Do nothing with a button until it is let go."""
    event.handled = True
    yield
    while event.type == "mouse_move":
        yield


def _is_naparis(callback: Any) -> bool:
    return str(getattr(callback, "__module__", "")).startswith("napari.")
