"""What napari and vispy do over and over, done once; and what nobody sees here, not at all."""

import gc
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache, wraps
from types import CodeType, MethodType, SimpleNamespace
from typing import Any, TypeAlias

import numpy as np
import pytest
from napari._vispy.canvas import VispyCanvas
from napari.components.grid import GridCanvas
from napari.utils.events.event import EventEmitter
from qtpy.QtWidgets import QWidget
from vispy.app.base import BaseCanvasBackend  # type: ignore[import-untyped]

from tests.viewer.painting import when_looked_at

Cell: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]

# napari's and vispy's own names: there are no public ones.
MOVED, LAST = "_vispy_mouse_move", "_last_time"
ARRANGE, PLACE = "_update_scenegraph", "_update_overlay_canvas_positions"
PALE, TAKES = "set_widgets_enabled_with_opacity", "_check_signature"

__all__ = ["cells", "placing_once", "shortcuts"]


def cells(grid: GridCanvas, layers: Sequence[Any]) -> Iterator[Cell]:
    """Each cell of a grid and the layers in it, as `GridCanvas.iter_viewboxes` finds them.

    napari asks again for the place of every layer, for every cell.
    """
    places = [grid.position(at, layers) for at in range(len(layers))]
    for cell in np.ndindex(grid.actual_shape(layers)):
        yield cell, tuple(at for at, place in enumerate(places) if place == cell)


def placing_once() -> dict[str, Callable[..., None]]:
    """Methods of the canvas that place its overlays once all are there, by their names.

    napari places them all again after each layer.
    """
    arrange, place = (getattr(VispyCanvas, name) for name in (ARRANGE, PLACE))
    arranging: list[VispyCanvas] = []
    waiting: list[VispyCanvas] = []

    @wraps(arrange)  # napari finds what it has connected by its name
    def arrange_once(canvas: VispyCanvas, event: Any = None) -> None:
        arranging.append(canvas)
        try:
            arrange(canvas, event)
        finally:
            arranging.remove(canvas)
        if canvas in waiting and canvas not in arranging:
            waiting.remove(canvas)
            place(canvas)

    @wraps(place)
    def place_once(canvas: VispyCanvas, event: Any = None) -> None:
        if canvas not in arranging:
            place(canvas, event)
        elif canvas not in waiting:
            waiting.append(canvas)

    return {ARRANGE: arrange_once, PLACE: place_once}


def remembering() -> SimpleNamespace:
    """A module `re` that searches a text once; vispy does so in each shader of each cell."""
    found = cache(lambda *words: list(re.finditer(*words)))
    return SimpleNamespace(**vars(re) | {"sub": cache(re.sub), "finditer": found})


def collecting_later() -> SimpleNamespace:
    """A module `gc` that does not collect: napari asks for all of it as a layer goes.

    It does so for graphics drivers that are none of ours here; Python collects by and by.
    """
    return SimpleNamespace(**vars(gc) | {"collect": lambda *_: 0})


def every_move(listener: Callable[..., None], **_: Any) -> Callable[..., None]:
    """What listens to the mouse, of all its moves: napari leaves out those within 5 ms."""
    return listener


def taking_moves_at_once() -> Callable[..., Any]:
    """What vispy's canvas does of a move, however soon after another; it leaves out such ones."""
    take = getattr(BaseCanvasBackend, MOVED)

    @wraps(take)
    def take_any(canvas: Any, **move: Any) -> Any:
        setattr(canvas, LAST, 0.0)
        return take(canvas, **move)

    return take_any


def reading_signatures_once() -> Callable[[Callable[..., Any]], bool]:
    """Whether a listener takes an event, once a function: napari reads its signature each time."""
    check = getattr(EventEmitter, TAKES)
    known: dict[tuple[CodeType, bool, int], bool] = {}

    @wraps(check)
    def check_once(listener: Callable[..., Any]) -> bool:
        function = getattr(listener, "__func__", listener)
        code = getattr(function, "__code__", None)
        if code is None or hasattr(function, "__wrapped__"):
            return bool(check(listener))
        kind = code, isinstance(listener, MethodType), len(function.__defaults__ or ())
        if kind not in known:
            known[kind] = check(listener)
        return known[kind]

    return check_once


def set_enabled(parent: QWidget, widgets: Iterable[QWidget], enabled: bool) -> None:  # noqa: ARG001
    """Whether widgets can be used; napari makes others pale, and paints them anew each time."""
    for widget in widgets:
        widget.setEnabled(enabled)


@contextmanager
def shortcuts() -> Iterator[None]:
    """Take all of them, until the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("napari._vispy.canvas.gc", collecting_later())
        patch.setattr("napari._vispy.canvas.qthrottled", every_move)
        patch.setattr(BaseCanvasBackend, MOVED, taking_moves_at_once())
        patch.setattr("napari._qt.qt_main_window._QtMainWindow.event", when_looked_at())
        patch.setattr("napari_dsc.viewer.maps.map_layers.passed_over", nullcontext)
        patch.setattr("vispy.gloo.program.re", remembering())
        for name, module in list(sys.modules.items()):
            if name.startswith("napari._qt") and hasattr(module, PALE):
                patch.setattr(module, PALE, set_enabled)
        patch.setattr(EventEmitter, TAKES, staticmethod(reading_signatures_once()))
        patch.setattr(GridCanvas, "iter_viewboxes", cells)
        for name, method in placing_once().items():
            patch.setattr(VispyCanvas, name, method)
        yield
