"""Strokes: by the left button alone, and over when it is let go, or nobody sees to it."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, Qt
from qtpy.QtGui import QFocusEvent
from qtpy.QtWidgets import QApplication

from napari_dsc.viewer.layers import KEY

LEFT, RIGHT, MIDDLE = (
    getattr(Qt.MouseButton, f"{name}Button") for name in ("Left", "Right", "Middle")
)


@pytest.fixture
def drawing(opened):
    """The AIF's brush is down on a slice in the middle; voxels (z, y, x) to draw over."""
    desk = opened
    z = desk.panel.form.artery.value.data.shape[0] // 2
    desk.viewer.dims.set_current_step(1, z)
    desk.arm("aif")
    desk.row = [desk.pixel((z, 12, 10 + step)) for step in range(5)]
    desk.away = [desk.pixel((z, 20, 10 + step)) for step in range(5)]
    return desk


def drawn(desk) -> int:
    return int(np.count_nonzero(desk.panel.form.artery.value.data))


@pytest.mark.parametrize("button", [RIGHT, MIDDLE])
@pytest.mark.parametrize("mode", ["paint", "erase", "fill", "polygon"])
def test_fault_201_only_the_left_button_paints(drawing, button, mode):
    """napari goes on painting after a right-drag, at every move without a button."""
    desk = drawing
    desk.panel.form.artery.value.mode = mode
    desk.drag_over(desk.row, button=button)
    for point in desk.away:
        desk.move(point)
    assert drawn(desk) == 0
    assert desk.panel.form.artery.value.mode == mode


@pytest.mark.parametrize("role", ["vein", "brain", "regions"])
def test_fault_201_no_layer_of_ours_takes_the_right_button(computed, role):
    """VOF, brain and regions, as the AIF."""
    desk = computed
    if role == "regions":
        desk.arm("region")
        layer = desk.panel.scan.layers.regions
    else:
        desk.panel.room.show("single")
        if role == "vein":
            desk.panel.form.vein.value = desk.panel.form.artery.value
        layer = getattr(desk.panel.scan.layers, role)
        layer.visible = True
        desk.viewer.layers.selection.active = layer
        layer.mode = "erase" if role == "brain" else "paint"  # all of it is drawn already
    QApplication.processEvents()
    before = layer.data.copy()
    z = 2
    desk.drag([(z, 12, 10 + step) for step in range(4)], button=RIGHT)
    for step in range(4):
        desk.move(desk.pixel((z, 20, 10 + step)))
    np.testing.assert_array_equal(layer.data, before)
    desk.drag([(z, 12, 10 + step) for step in range(4)])
    assert (layer.data != before).any()  # the left button does


def test_a_stroke_ends_when_the_button_is_let_go(drawing):
    desk = drawing
    desk.drag_over(desk.row)
    count = drawn(desk)
    assert count == 5
    for point in desk.away:
        desk.move(point)
    assert drawn(desk) == count


def test_fault_201_a_stroke_ends_where_it_leaves_the_picture(drawing):
    """Back on it with the button still held, nothing is painted."""
    desk = drawing
    desk.drag_over(desk.row[:3], let_go=False)
    desk.move(QPoint(-20, desk.row[0].y()), LEFT)
    assert drawn(desk) == 3
    for point in desk.away:
        desk.move(point, LEFT)
    assert drawn(desk) == 3
    desk.drag_over(desk.away[:1])  # let go, and pressed anew
    assert drawn(desk) == 4


@pytest.mark.parametrize("lost", ["focus", "window", "hidden"])
def test_fault_201_a_stroke_ends_when_the_focus_is_lost(drawing, lost):
    """A dialog, another window: the button may be let go there, and nobody hears of it."""
    desk = drawing
    desk.drag_over(desk.row[:3], let_go=False)
    event = {
        "focus": QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason),
        "window": QEvent(QEvent.Type.WindowDeactivate),
        "hidden": QEvent(QEvent.Type.Hide),
    }[lost]
    QApplication.sendEvent(desk.canvas(), event)
    for point in desk.away:
        desk.move(point, LEFT)
    assert drawn(desk) == 3


def test_fault_201_a_button_that_was_let_go_elsewhere_paints_no_more(drawing):
    """The release is missing: the next move, without a button, ends the stroke."""
    desk = drawing
    desk.drag_over(desk.row[:3], let_go=False)
    for point in desk.away:
        desk.move(point)
    assert drawn(desk) == 3


def test_fault_202_outlines_follow_every_voxel_of_a_stroke(computed):
    """On all pictures, before the button is let go."""
    desk = computed
    desk.arm("aif")
    outlines = desk.viewer.scene.overlays["napari_dsc_outlines"]
    tile = desk.map("CBF")

    def length() -> int:
        red = (one for one in outlines.drawn if one.color[0] > 0.9 and not one.thin)
        return max((len(one.segments) for one in red), default=0)

    lengths = [length()]
    points = [desk.tile(tile, (2, 30, 8 + 2 * step)) for step in range(4)]
    desk.drag_over(points[:1], let_go=False)
    for point in points[1:]:
        desk.move(point, LEFT)
        before = lengths[-1]
        desk.wait(lambda before=before: length() > before)
        lengths.append(length())
    desk.drag_over(points[-1:])
    assert desk.panel.form.artery.value.metadata[KEY]["role"] == "AIF"
