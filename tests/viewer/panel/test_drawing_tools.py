"""Brushes: none is down before it is armed, and all see which one is."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_dsc.viewer.review.tool_buttons import TOOLS
from tests.viewer.desk import LEFT, resize


def buttons(desk):
    return desk.panel.room.bar.tools


def test_fault_203_after_opening_and_after_compute_nothing_is_drawn(computed):
    """A drag moves the picture."""
    desk = computed
    aif = desk.panel.form.artery.value
    assert (aif.mode, desk.panel.tools.armed) == ("pan_zoom", None)
    before, center = aif.data.copy(), desk.viewer.scene.camera.center
    desk.drag([(2, 20, 20), (2, 22, 22), (2, 26, 28)])
    np.testing.assert_array_equal(aif.data, before)
    assert desk.viewer.scene.camera.center != center
    desk.arm("aif")
    desk.compute()
    assert (aif.mode, desk.panel.tools.armed) == ("pan_zoom", None)


def test_a_tool_is_armed_by_its_button_and_seen_to_be(opened):
    """One at a time; a second press lifts it."""
    desk, tools = opened, opened.panel.tools
    assert "Nothing is drawn" in buttons(desk).note.text()
    desk.arm("aif")
    assert tools.armed == "aif"
    assert desk.panel.form.artery.value.mode == "paint"
    assert [one.isChecked() for one in buttons(desk).tools.values()] == [True, False, False]
    assert "draws on AIF" in buttons(desk).note.text()
    desk.arm("erase")
    assert [one.isChecked() for one in buttons(desk).tools.values()] == [False, False, True]
    assert "erases from AIF" in buttons(desk).note.text()
    desk.arm("erase")
    assert tools.armed is None
    assert "Nothing is drawn" in buttons(desk).note.text()


@pytest.mark.parametrize("place", ["canvas", "button"])
def test_escape_disarms(opened, place):
    """On the picture, and on the button that was just pressed."""
    desk = opened
    desk.arm("aif")
    where = desk.canvas() if place == "canvas" else buttons(desk).tools["aif"]
    QTest.keyClick(where, Qt.Key.Key_Escape)
    assert desk.panel.tools.armed is None
    assert not buttons(desk).tools["aif"].isChecked()


def test_draw_region_starts_a_region_and_erase_takes_from_it(computed):
    """Erase works on what was drawn on last."""
    desk = computed
    desk.arm("region")
    layer = desk.panel.scan.layers.regions
    assert desk.panel.tools.armed == "region"
    assert "draws on region 1" in buttons(desk).note.text()
    row = [(2, 20, 14 + step) for step in range(3)]
    desk.wait(lambda: not desk.viewer.canvas.grid.enabled)
    assert desk.panel.room.bar.single.native.isChecked()  # the view that is shown
    desk.drag(row)
    count = np.count_nonzero(layer.data)
    assert count > 0
    desk.arm("erase")
    assert "erases from Regions" in buttons(desk).note.text()
    desk.drag(row)
    assert np.count_nonzero(layer.data) < count


def test_a_tool_is_lifted_with_its_layer(computed):
    """Another layer becomes active, or the view hides it: nothing stays armed unseen."""
    desk = computed
    desk.arm("aif")
    desk.viewer.layers.selection.active = desk.map("CBF")
    assert desk.panel.tools.armed is None
    desk.viewer.layers.selection.active = desk.panel.form.artery.value
    assert desk.panel.tools.armed is None
    desk.arm("region")
    desk.panel.room.show("grid")
    assert desk.panel.tools.armed is None
    desk.panel.room.show("single")
    assert desk.panel.tools.armed is None


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_the_tools_are_seen_without_scrolling(opened, size):
    """Large, whole, and above the pictures."""
    desk = opened
    resize(desk.viewer.window, *size)
    window = desk.panel.window()
    for button in (*buttons(desk).tools.values(), buttons(desk).undo):
        assert not button.visibleRegion().isEmpty()
        assert button.visibleRegion().boundingRect() == button.rect()
        assert window.rect().contains(button.mapTo(window, button.rect().center()))
        assert button.height() >= 32
        assert button.width() >= 90


def test_a_tool_of_napari_s_own_is_seen_too(opened):
    """Whoever floods with napari's bucket is told, and Esc ends it."""
    desk = opened
    desk.panel.form.artery.value.mode = "fill"
    assert desk.panel.tools.armed == "other"
    assert "Esc ends" in buttons(desk).note.text()
    QTest.keyClick(desk.canvas(), Qt.Key.Key_Escape)
    assert desk.panel.form.artery.value.mode == "pan_zoom"


def test_every_tool_has_its_key(computed):
    desk = computed
    for name, one in TOOLS.items():
        part = one.key.split("+")
        shift = (
            Qt.KeyboardModifier.ShiftModifier if "Shift" in part else Qt.KeyboardModifier.NoModifier
        )
        QTest.keyClick(desk.canvas(), getattr(Qt.Key, f"Key_{part[-1]}"), shift)
        assert desk.panel.tools.armed == name
        assert one.key in buttons(desk).tools[name].toolTip()


def test_a_closed_panel_leaves_no_brush_down(opened):
    desk = opened
    desk.is_used_up = True
    desk.arm("aif")
    aif = desk.panel.form.artery.value
    desk.panel.hide()
    assert aif.mode == "pan_zoom"
    desk.panel.show()
    QTest.mouseClick(buttons(desk).tools["aif"], LEFT)
    assert aif.mode == "paint"
