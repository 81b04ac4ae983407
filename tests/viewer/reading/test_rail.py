"""The rail: its steps, its foot, its icons."""

import pytest
from napari.settings import get_settings
from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QLabel, QScrollArea

from napari_dsc.viewer.button_keys import BUTTON_KEYS
from napari_dsc.viewer.reading.rail import FOLDED
from napari_dsc.viewer.reading.steps import STEPS
from tests.viewer.desk import LEFT, resize, until_idle

# Logical pixels of windows: 1024 to 3840, such as 1920 at 100 % and 3840 at 200 %.
SIZES = [(1024, 640), (1366, 768), (1920, 1080), (3840, 2160)]


def place_of(widget, window) -> QRect:
    """Where a widget lies in the window."""
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


@pytest.fixture
def letters():
    """Sets the size of all letters, pt; the first one is set again."""
    before = get_settings().appearance.font_size

    def set_size(points: int) -> None:
        get_settings().appearance.font_size = points
        until_idle()

    yield set_size
    set_size(before)


def assert_in_sight(own, where) -> None:
    """The button that leads on, whole, and the status, or its first line."""
    window, rail, status = own.window, own.rail, own.panel.status
    assert own.start.isVisible(), where  # its button stands for that of the rail
    button = own.start.scan.native
    assert button.isVisible(), where
    assert not own.panel.form.open_scan.native.isVisible(), where
    assert not rail.signs["open_scan"].isVisible(), where
    assert window.rect().contains(place_of(button, window)), where
    assert button.visibleRegion().boundingRect().size() == button.size(), where
    seen = status.visibleRegion().boundingRect().height()
    assert status.isVisible(), where
    assert seen >= status.fontMetrics().height() - 2, where


@pytest.mark.parametrize(("theme", "points"), [("dark", 9), ("light", 12), ("dark", 14)])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_fault_230_button_and_status_lie_inside_the_window(own, letters, size, theme, points):
    """Of every step, in every window, with the rail open and folded; nothing is scrolled."""
    letters(points)
    own.viewer.theme = theme
    resize(own.window, *size)
    for step in STEPS:
        own.rail.open_step(step)
        until_idle()
        assert (own.window.width(), own.window.height()) == size
        assert_in_sight(own, step)
    own.rail.open_step("scan")
    own.rail.fold(True)
    until_idle()
    assert_in_sight(own, "folded")
    assert (own.window.width(), own.window.height()) == size


def test_fault_230_of_a_scan_with_all_that_there_is_to_say(own_scan, letters):
    """In the smallest window, in the largest letters, with a status of many lines."""
    own, window = own_scan, own_scan.window
    letters(14)
    resize(window, *SIZES[0])
    own.panel.curves.said.emit("\n".join(f"sentence {number}" for number in range(40)))
    for step in STEPS:
        own.rail.open_step(step)
        until_idle()
        button = own.panel.form.propose.native
        assert (window.width(), window.height()) == SIZES[0], step
        assert window.rect().contains(place_of(button, window)), step
        assert button.visibleRegion().boundingRect().size() == button.size(), step


@pytest.mark.parametrize("points", [9, 14])
def test_fault_230_no_box_of_a_step_is_cut_off_at_the_side(own, letters, points):
    letters(points)
    own.rail.open_step("maps")
    for box in (own.panel.form.svd_threshold.native, own.panel.form.hematocrit_ratio.native):
        room = box.parentWidget()
        while not isinstance(room, QScrollArea):
            room = room.parentWidget()
        room.ensureWidgetVisible(box)  # a step may be higher than the rail, never wider
        own.wait(lambda box=box: box.visibleRegion().boundingRect().width() == box.width() > 40)


def test_a_click_opens_a_step_and_closes_the_other(own_scan):
    rail = own_scan.rail
    for key in STEPS:
        QTest.mouseClick(rail.heads[key], LEFT)
        assert rail.step == key
        assert [one for one in STEPS if rail.heads[one].isChecked()] == [key]
    QTest.mouseClick(rail.heads[key], LEFT)
    assert rail.heads[key].isChecked()


def test_a_line_tells_the_state_and_is_whole_in_its_tooltip(own_scan):
    rail = own_scan.rail
    head = rail.heads["scan"]
    assert head.state == "TR 1.5 s, TE 30 ms"
    head.say("a line that is much longer than any rail will ever be, in whatever letters it is set")
    assert head.text().endswith("…")
    assert "in whatever letters it is set" in head.toolTip()
    assert head.shortcut().toString() == BUTTON_KEYS["1 Scan"]


def test_icons_stand_for_the_steps_and_their_buttons(own_scan):
    own, rail = own_scan, own_scan.rail
    QTest.mouseClick(rail.fold_button.native, LEFT)
    until_idle()
    assert rail.width() == FOLDED
    sign = rail.signs["propose"]
    assert sign.isVisible()
    assert sign.accessibleName() == "Propose AIF"
    assert "Propose AIF" in sign.toolTip()
    assert not rail.signs["compute"].isVisible()
    before = own.canvas().width()
    QTest.mouseClick(rail.signs["maps"], LEFT)
    until_idle()
    assert not rail.is_folded
    assert rail.step == "maps"
    assert own.canvas().width() < before


def test_an_icon_presses_its_button(own_scan):
    own, rail = own_scan, own_scan.rail
    rail.fold(True)
    QTest.mouseClick(rail.signs["propose"], LEFT)
    own.wait(lambda: "Proposed" in own.panel.status.text())
    own.wait(lambda: rail.signs["compute"].isVisible() and rail.signs["compute"].isEnabled())


def test_the_status_stands_below_the_pictures_while_the_rail_is_folded(own_scan):
    own, status = own_scan, own_scan.panel.status
    own.rail.fold(True)
    until_idle()
    assert own.window.statusBar().isAncestorOf(status)
    assert status.height() < 2 * status.fontMetrics().lineSpacing()
    own.rail.fold(False)
    until_idle()
    assert own.rail.isAncestorOf(status)


def test_a_long_status_scrolls_and_moves_no_button(own_scan):
    own, button = own_scan, own_scan.panel.form.propose.native
    before = place_of(button, own.window)
    own.panel.curves.said.emit("\n".join(f"sentence {number}" for number in range(40)))
    until_idle()
    assert place_of(button, own.window) == before
    assert isinstance(own.panel.status, QLabel)


def test_a_widget_is_brought_in_sight(own_scan):
    own = own_scan
    own.rail.open_step("scan")
    own.rail.fold(True)
    method = own.panel.form.method.native
    assert not method.isVisible()
    own.rail.reveal(method)
    until_idle()
    assert method.isVisible()
    assert own.rail.step == "maps"


def test_fault_233_a_key_presses_what_is_folded_away(own_scan):
    """New AIF is in step 2, while step 1 is open; then while the rail is a column of icons."""
    own = own_scan
    own.activate()
    own.rail.open_step("scan")
    for folded in (False, True):
        own.rail.fold(folded)
        until_idle()
        before = len(own.viewer.layers)
        QTest.keyClick(own.canvas(), Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
        own.wait(lambda before=before: len(own.viewer.layers) == before + 1)


def test_fault_233_a_key_presses_nothing_that_there_is_no_reason_for(own_scan):
    """Restore is hidden while nothing is offered."""
    own = own_scan
    pressed: list[bool] = []
    own.panel.form.restore.changed.connect(pressed.append)
    assert own.panel.form.restore.native.isHidden()
    QTest.keyClick(own.canvas(), Qt.Key.Key_R, Qt.KeyboardModifier.AltModifier)
    until_idle()
    assert pressed == []


def test_fault_406_the_key_of_a_step_unfolds_the_rail(own_scan):
    """Also where that step was the open one before it was folded."""
    own = own_scan
    own.activate()
    for step, key in (("maps", Qt.Key.Key_F7), ("maps", Qt.Key.Key_F7), ("artery", Qt.Key.Key_F6)):
        own.rail.fold(True)
        own.wait(lambda: not own.rail.heads["maps"].isVisible())
        QTest.keyClick(own.canvas(), key)
        own.wait(lambda: not own.rail.is_folded)
        assert own.rail.step == step
