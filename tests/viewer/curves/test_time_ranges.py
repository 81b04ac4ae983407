"""Baseline, first-pass window and discarded volumes: each can be told apart and grabbed."""

import numpy as np
import pyqtgraph as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow

from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.curves.time_ranges import Span, edges_of

LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
TIME = 2.0 * np.arange(40)  # s
HIGH = 260  # px of the dock
FOOT, ABOVE = 0.06, 0.6  # of the height of the plot: in the window's band, and in the baseline


class Hand:
    """The dock with 40 volumes of 2 s, a mouse over it, and what it emitted."""

    def __init__(self, curves, qtbot) -> None:
        self.curves, self.qtbot = curves, qtbot
        self.windows: list[tuple[int, int]] = []
        self.baselines: list[tuple[int, int]] = []
        curves.window_moved.connect(lambda *span: self.windows.append(span))
        curves.baseline_moved.connect(lambda *span: self.baselines.append(span))

    def spot(self, seconds, height):
        """Pixel of a time, at a part of the plot's height."""
        view = self.curves.plot.getPlotItem().getViewBox()
        low, high = view.viewRange()[1]
        point = QPointF(seconds, low + height * (high - low))
        return self.curves.plot.mapFromScene(view.mapViewToScene(point))

    def move(self, spot, held) -> None:
        """Move to a pixel, with a button held or none."""
        port = self.curves.plot.viewport()
        place, globally = QPointF(spot), QPointF(port.mapToGlobal(spot))
        kind, key = QEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(port, QMouseEvent(kind, place, globally, NO_BUTTON, held, key))
        QApplication.processEvents()

    def drag(self, start, stop, height) -> None:
        """Press at a time, s, go to another in steps, and let go."""
        port = self.curves.plot.viewport()
        spots = [self.spot(at, height) for at in np.linspace(start, stop, 6)]
        self.move(spots[0], NO_BUTTON)
        self.qtbot.mousePress(port, LEFT, pos=spots[0])
        for spot in spots[1:]:
            self.move(spot, LEFT)
        self.qtbot.mouseRelease(port, LEFT, pos=spots[-1])
        QApplication.processEvents()


@pytest.fixture
def hand(viewer, qtbot) -> Hand:
    """A docked plot of one curve, its first 3 volumes discarded, the baseline after them."""
    curves = Curves(viewer)
    curves.dock()
    own = curves.parentWidget()
    assert isinstance(own, QDockWidget)
    window = own.parentWidget()
    assert isinstance(window, QMainWindow)
    curves.show_scan(TIME, TIME.size, True)
    curves.show_artery(100 * np.exp(-(((TIME - 40) / 8) ** 2))[None])
    curves.show_discarded(3)
    curves.show_baseline(3, 12)
    qtbot.waitUntil(curves.plot.isVisible)

    def is_high() -> bool:  # however low others have left the dock in this window
        window.resizeDocks([own], [HIGH], Qt.Orientation.Vertical)
        QApplication.processEvents()
        return bool(curves.plot.height() > HIGH / 2)

    qtbot.waitUntil(is_high)
    return Hand(curves, qtbot)


def test_by_default_the_window_spans_all_that_is_retained(hand):
    """From the first volume that is not discarded to the last; nobody is told."""
    assert hand.curves.window.getRegion() == pytest.approx((5.0, 79.0))
    hand.curves.show_discarded(0)
    assert hand.curves.window.getRegion() == pytest.approx((-1.0, 79.0))
    hand.curves.show_window(10, 30)
    assert hand.curves.window.getRegion() == pytest.approx((19.0, 59.0))
    hand.curves.show_scan(TIME, TIME.size, True)
    assert hand.curves.window.getRegion() == pytest.approx((-1.0, 79.0))
    assert hand.windows == hand.baselines == []


def test_a_chosen_window_stays_but_keeps_clear_of_the_discarded(hand):
    """Its first volumes come back when fewer are discarded."""
    hand.curves.show_window(5, 30)
    hand.curves.show_discarded(8)
    assert hand.curves.window.getRegion() == pytest.approx((15.0, 59.0))
    hand.curves.show_discarded(2)
    assert hand.curves.window.getRegion() == pytest.approx((9.0, 59.0))


def test_discarded_volumes_are_shaded(hand):
    """And there is no shade where there are none."""
    assert hand.curves.discarded.isVisible()
    assert hand.curves.discarded.getRegion() == pytest.approx((-1.0, 5.0))
    hand.curves.show_discarded(0)
    assert not hand.curves.discarded.isVisible()


def test_each_stretch_has_its_word(hand):
    """Written on the plot, inside what is on screen."""
    items = hand.curves.plot.scene().items()
    words = {one.format: one for one in items if isinstance(one, pg.InfLineLabel)}
    assert set(words) == {"baseline", "window", "discarded"}
    room = hand.curves.plot.sceneRect()
    for one in words.values():
        assert room.contains(one.mapRectToScene(one.boundingRect()))


def test_an_edge_of_the_window_is_dragged(hand):
    """To the nearest whole volume, told once; the baseline stays."""
    hand.drag(79.0, 50.4, FOOT)
    assert hand.windows == [(3, 26)]
    assert hand.baselines == []
    assert hand.curves.window.getRegion() == pytest.approx((5.0, 51.0))
    assert hand.curves.baseline.getRegion() == pytest.approx((5.0, 23.0))


def test_window_and_baseline_begin_at_one_edge_and_part_there(hand):
    """At the foot the window's edge is taken, above it the baseline's."""
    hand.drag(5.0, 15.2, FOOT)
    assert hand.windows == [(8, 40)]
    assert hand.baselines == []
    hand.curves.show_window(3, 40)
    hand.drag(5.0, 9.3, ABOVE)
    assert hand.baselines == [(5, 12)]
    assert hand.windows == [(8, 40)]
    hand.drag(23.0, 28.7, ABOVE)
    assert hand.baselines[1:] == [(5, 15)]
    hand.curves.show_window(20, 40)
    hand.drag(24.0, 30.0, FOOT)  # the foot is the window's, also where it does not reach
    assert len(hand.baselines) == 2


def test_the_window_keeps_three_volumes(hand):
    """However narrow the hand makes it."""
    hand.curves.show_window(20, 30)
    hand.drag(59.0, 40.0, FOOT)
    assert hand.windows == [(20, 23)]
    assert hand.curves.window.getRegion() == pytest.approx((39.0, 45.0))


def test_dragged_as_a_whole_it_keeps_its_length(hand):
    """Also where it comes to the end of the scan."""
    hand.curves.show_window(10, 20)
    hand.drag(30.0, 36.2, FOOT)
    assert hand.windows == [(13, 23)]
    hand.drag(35.0, 79.0, FOOT)
    assert hand.windows[1:] == [(30, 40)]
    hand.drag(70.0, 2.0, FOOT)
    assert hand.windows[2:] == [(3, 13)]  # not into the discarded


def test_the_window_s_edge_stops_at_the_discarded(hand):
    """There is nothing to integrate before it."""
    hand.curves.show_window(10, 30)
    hand.drag(19.0, 0.0, FOOT)
    assert hand.windows == [(3, 30)]


@pytest.mark.parametrize("height", [FOOT, ABOVE])
def test_a_drag_that_ends_within_its_volume_snaps_back(hand, height):
    """An edge lies between two volumes, never in one."""
    hand.curves.show_window(10, 30)
    hand.curves.show_baseline(10, 30)
    hand.drag(59.0, 59.8, height)
    assert hand.curves.window.getRegion() == pytest.approx((19.0, 59.0))
    assert hand.curves.baseline.getRegion() == pytest.approx((19.0, 59.0))


@pytest.mark.usefixtures("qapp")
@given(data=st.data(), steps=st.lists(st.floats(0.1, 9), min_size=5, max_size=30))
def test_whole_volumes_at_any_times(data, steps):
    """What is shown is what is read, also where the times are uneven."""
    time = np.cumsum(steps)
    start = data.draw(st.integers(0, len(steps) - 3))
    stop = data.draw(st.integers(start + 3, len(steps)))
    one = Span("window", (0, 0, 0, 9), (0, 1), 0.5, fewest=3)
    one.set_time(time)
    one.show_volumes(start, stop)
    assert one.volumes() == (start, stop)
    low, high = one.getRegion()
    inside = (time > low) & (time < high)
    np.testing.assert_array_equal(np.flatnonzero(inside), np.arange(start, stop))
    assert (np.diff(edges_of(time)) > 0).all()


def test_a_scan_with_fewer_volumes_than_before(hand):
    """Nothing lies beyond its end."""
    hand.curves.show_window(20, 40)
    hand.curves.show_scan(None, 10, False)
    hand.curves.show_baseline(1, 4)
    assert hand.curves.window.getRegion() == pytest.approx((-0.5, 9.5))
    assert hand.curves.baseline.getRegion() == pytest.approx((0.5, 3.5))
    assert not hand.curves.discarded.isVisible()
