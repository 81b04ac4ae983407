"""What tests do in less time than napari comes out as napari's own."""

from functools import partial, wraps
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from napari._vispy.canvas import VispyCanvas
from napari.components.grid import GridCanvas
from napari.utils.events.event import EventEmitter

from tests.viewer.desk import until_idle
from tests.viewer.shortcuts import cells, placing_once

# napari's own names: there are no public ones.
QT_VIEWER, VISUALS = "_qt_viewer", "_layer_overlay_to_visual"
TAKES = "_check_signature"
SHOWN = [(), (True,), (False,), (True, False, True), 7 * (True,), (True, True, False, True, True)]


@pytest.fixture
def own_cells():
    """napari's own search for the cells, whatever stands in its place."""

    def own_cells(grid, layers):
        shape = grid.actual_shape(layers)
        return [(at, grid.contents_at(at, layers)) for at in np.ndindex(shape)]

    return own_cells


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("shown", SHOWN)
def test_cells_hold_what_napari_puts_there(own_cells, shown, enabled):
    """Of any stride and shape, hidden layers too."""
    layers = [SimpleNamespace(visible=one) for one in shown]
    for stride, shape in product((1, 2, -1, -2), ((-1, -1), (2, -1), (-1, 2), (1, 2))):
        grid = GridCanvas(stride=stride, shape=shape, enabled=enabled)
        assert list(cells(grid, layers)) == own_cells(grid, layers)


class Listener:
    """With methods that take an event, and others."""

    def of_none(self) -> None: ...

    def of_one(self, event) -> None: ...

    def of_any(self, *events) -> None: ...

    @staticmethod
    def of_no_listener(event) -> None: ...

    @wraps(of_one)
    def wrapped(self) -> None: ...

    def __call__(self, event=None) -> None: ...


def test_listeners_take_an_event_where_napari_says_so():
    """Functions, methods, what is wrapped or filled in, of the same code as another too."""

    def made(*filled):
        def listener(event, more=filled) -> None: ...

        listener.__defaults__ = filled
        return listener

    one = Listener()
    listeners = [one.of_none, one.of_one, one.of_any, one.of_no_listener, one.wrapped, one]
    listeners += [Listener.of_none, partial(Listener.of_one, one), lambda: None, lambda _: None]
    listeners += [made(1), made(1, 2), lambda *, event: event, print]
    once = getattr(EventEmitter, TAKES)
    own = once.__wrapped__
    for listener in 2 * listeners:
        assert once(listener) == own(listener)
    for several in (made(), Listener.of_one):
        for check in (own, once):
            with pytest.raises(RuntimeError, match="more than one positional"):
                check(several)


def places(canvas: VispyCanvas) -> list[list[float]]:
    """Where overlays of layers stand in their cells, px."""
    every = vars(canvas)[VISUALS].values()
    overlays = [visual for known in every for one, visual in known.items() if one.visible]
    return [list(one.node.transform.translate) for one in overlays if hasattr(one, "y_size")]


def regridded(viewer) -> list[list[float]]:
    """Where overlays stand after the grid went and came."""
    for on in (False, True):
        viewer.canvas.grid.enabled = on
        until_idle()
    return places(getattr(viewer.window, QT_VIEWER).canvas)


def test_overlays_stand_where_napari_puts_them(viewer, monkeypatch):
    """Names and colour bars of all cells."""
    for number in range(7):
        layer = viewer.add_image(np.eye(8), name=f"Picture {number}")
        layer.name_overlay.visible = layer.colorbar.visible = True
    once = regridded(viewer)
    assert len(once) > 7
    assert len({tuple(one) for one in once}) > 1
    for name in placing_once():
        monkeypatch.setattr(VispyCanvas, name, getattr(VispyCanvas, name).__wrapped__)
    assert regridded(viewer) == once
