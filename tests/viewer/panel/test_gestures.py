"""Wheel, clicks and drags on the pictures, in every view."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from napari_dsc.viewer.layers import placement, to_screen
from napari_dsc.viewer.maps.map_layers import RESIZED
from tests.viewer.desk import outlast

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
VIEWS = ("grid", "overlay", "single")


def slice_of(desk) -> int:
    scan = desk.panel.scan
    at = scan.slice_at(desk.viewer.dims.point, desk.viewer.dims.units)
    assert at is not None
    return int(at)


def spot(desk, symbol, voxel=(2, 20, 20)) -> QPoint:
    """Pixel of a voxel on the picture of a map, in the view on screen."""
    if desk.viewer.canvas.grid.enabled:
        return desk.tile(desk.map(symbol), voxel)
    return desk.pixel(voxel)


def show(desk, view) -> None:
    desk.panel.room.views.symbol = "CBF"
    desk.panel.room.show(view)
    desk.viewer.dims.set_current_step(1, 2)
    outlast(3 * RESIZED)  # the picture has found its shape


@pytest.mark.parametrize("view", VIEWS)
def test_the_wheel_turns_slices_over_every_picture(computed, view):
    """And neither zooms nor moves in time."""
    desk = computed
    show(desk, view)
    first, camera = slice_of(desk), desk.viewer.scene.camera
    zoom, volume = camera.zoom, desk.viewer.dims.current_step[0]
    for symbol in ("CBF", "Tmax") if view == "grid" else ("CBF",):
        assert desk.wheel(desk.canvas(), -1, point=spot(desk, symbol))
        assert slice_of(desk) == first + 1
        desk.wheel(desk.canvas(), 1, point=spot(desk, symbol))
        assert slice_of(desk) == first
    assert (camera.zoom, desk.viewer.dims.current_step[0]) == (zoom, volume)


def test_the_wheel_stops_at_the_last_slice(computed):
    desk = computed
    count = desk.panel.form.series.value.data.shape[1]
    for _ in range(count + 2):
        desk.wheel(desk.canvas(), -1, point=spot(desk, "CBF"))
    assert slice_of(desk) == count - 1
    for _ in range(count + 2):
        desk.wheel(desk.canvas(), 1, point=spot(desk, "CBF"))
    assert slice_of(desk) == 0


def test_fault_223_a_fine_anatomy_makes_no_step_shorter(computed):
    """Beside a layer whose slices are a quarter as thick, and reach further: the numbers stay."""
    desk = computed
    show(desk, "single")
    dims = desk.viewer.dims
    numbers = dims.nsteps, dims.current_step
    scan = desk.panel.form.series.value
    fine = np.eye(4)
    fine[:3, :3] = scan.affine.affine_matrix[1:4, 1:4] * np.diag([0.25, 1, 1])
    fine[:3, 3] = scan.affine.affine_matrix[1:4, 4] - [40, 0, 0]
    data = np.zeros((8 * scan.data.shape[1] + 80, 8, 8), np.float32)
    layer = desk.viewer.add_image(data, affine=fine, units=scan.units[1:])
    assert (dims.nsteps, dims.current_step) == numbers
    first = slice_of(desk)
    desk.wheel(desk.canvas(), -1, point=QPoint(200, 200))
    assert abs(slice_of(desk) - first) == 1
    assert dims.current_step[1] == slice_of(desk)
    desk.viewer.layers.remove(layer)
    assert dims.nsteps == numbers[0]


@pytest.mark.parametrize("view", VIEWS)
def test_control_and_wheel_zoom_at_the_cursor(computed, view):
    """What is under the cursor stays there."""
    desk = computed
    show(desk, view)
    camera, voxel = desk.viewer.scene.camera, (2, 30, 30)
    before, at, where = camera.zoom, slice_of(desk), spot(desk, "CBF", voxel)
    desk.wheel(desk.canvas(), 2, CONTROL, where)
    assert camera.zoom > 1.3 * before
    assert (spot(desk, "CBF", voxel) - where).manhattanLength() <= 4
    assert slice_of(desk) == at
    desk.wheel(desk.canvas(), -2, CONTROL, where)
    assert camera.zoom == pytest.approx(before)


def test_shift_and_wheel_step_in_time(computed):
    desk = computed
    at, before = slice_of(desk), desk.viewer.dims.current_step[0]
    desk.wheel(desk.canvas(), -1, SHIFT, spot(desk, "CBF"))
    assert desk.viewer.dims.current_step[0] == before + 1
    assert slice_of(desk) == at


def test_no_wheel_moves_a_stroke_to_another_slice(computed):
    """napari would draw a line through the slices."""
    desk = computed
    desk.arm("aif")
    at = slice_of(desk)
    desk.drag_over([desk.pixel((2, 20, 20))], let_go=False)
    desk.wheel(desk.canvas(), -1)
    assert slice_of(desk) == at
    desk.drag_over([desk.pixel((2, 20, 20))])


@pytest.mark.parametrize("view", VIEWS)
def test_a_right_drag_windows_the_map_under_the_pointer(computed, view):
    """Right: wider; up: higher; double right click: fixed again. Nothing else changes."""
    desk = computed
    show(desk, view)
    cbf, tmax = desk.map("CBF"), desk.map("Tmax")
    fixed, others = tuple(cbf.contrast_limits), tuple(tmax.contrast_limits)
    camera, start = desk.viewer.scene.camera, spot(desk, "CBF")
    zoom, center = camera.zoom, camera.center
    desk.drag_over([start, start + QPoint(30, 0), start + QPoint(60, 0)], button=RIGHT)
    low, high = cbf.contrast_limits
    assert high - low > 1.1 * (fixed[1] - fixed[0])
    assert (low + high) / 2 == pytest.approx(sum(fixed) / 2)
    desk.drag_over([start, start + QPoint(0, -30), start + QPoint(0, -60)], button=RIGHT)
    assert sum(cbf.contrast_limits) / 2 > sum(fixed) / 2
    assert tuple(tmax.contrast_limits) == others
    assert (camera.zoom, camera.center) == (zoom, center)
    assert "CBF" in desk.panel.status.text()
    desk.double_click(start, RIGHT)
    assert tuple(cbf.contrast_limits) == fixed


def test_fault_352_tmax_in_steps_says_that_it_has_no_window(computed):
    """Its colours are those of the limits, wherever the pointer is dragged."""
    desk = computed
    show(desk, "grid")
    layer, place = desk.map("Tmax"), spot(desk, "Tmax")
    assert desk.panel.room.bar.steps.value
    window = tuple(layer.contrast_limits)
    desk.drag_over([place, place + QPoint(60, 30)], button=RIGHT)
    assert tuple(layer.contrast_limits) == window
    assert "has no window" in desk.panel.status.text()


def test_the_scan_has_the_window_of_the_start_again(opened):
    desk = opened
    layer, start = desk.panel.form.series.value, QPoint(200, 150)
    before = tuple(layer.contrast_limits)
    desk.drag_over([start, start + QPoint(40, 0), start + QPoint(80, 0)], button=RIGHT)
    assert tuple(layer.contrast_limits) != before
    desk.double_click(start, RIGHT)
    assert tuple(layer.contrast_limits) == before


def test_a_double_click_enlarges_a_map_and_goes_back(computed):
    """That map alone; again, the grid."""
    desk, bar = computed, computed.panel.room.bar
    desk.double_click(spot(desk, "MTT"))
    assert (desk.panel.room.views.kind, bar.map.value) == ("single", "MTT")
    assert [one.visible for one in (desk.map("MTT"), desk.map("CBF"))] == [True, False]
    assert bar.single.native.isChecked()
    desk.double_click(desk.pixel((2, 20, 20)))
    assert desk.panel.room.views.kind == "grid"
    assert desk.viewer.canvas.grid.enabled
    desk.panel.room.show("overlay")
    desk.double_click(desk.pixel((2, 20, 20)))
    assert desk.panel.room.views.kind == "single"
    desk.double_click(desk.pixel((2, 20, 20)))
    assert desk.panel.room.views.kind == "overlay"


def test_a_double_click_with_a_brush_enlarges_nothing(computed):
    desk = computed
    desk.arm("aif")
    desk.double_click(spot(desk, "MTT"))
    assert desk.panel.room.views.kind == "grid"


def cross_hair(desk):
    """Middle of the lines on screen, in the displayed world; None without."""
    outlines = desk.viewer.scene.overlays["napari_dsc_outlines"]
    lines = [one.segments for one in outlines.drawn if len(one.segments) == 4 and one.thin]
    return None if not lines else (lines[-1][0, 0, 1], lines[-1][2, 0, 0])


@pytest.mark.parametrize("view", VIEWS)
def test_a_click_sets_the_cross_hair_and_the_read_out(computed, view):
    """On all pictures, as long as its slice is shown; the read-out outlasts the cursor."""
    desk = computed
    show(desk, view)
    voxel = (2, 24, 22)
    desk.drag_over([spot(desk, "CBF", voxel)])
    assert desk.panel.gestures.cross_hair.voxel == voxel
    world = desk.map("CBF").data_to_world(voxel)
    assert cross_hair(desk) == pytest.approx((world[2], world[1]))
    desk.leave()
    value = f"CBF {desk.map('CBF').data[voxel]:.3g} mL/100g/min"
    desk.wait(lambda: value in desk.panel.curves.readout.text())
    desk.wheel(desk.canvas(), -1)
    assert cross_hair(desk) is None
    desk.wheel(desk.canvas(), 1)
    assert cross_hair(desk) is not None
    QTest.keyClick(desk.canvas(), Qt.Key.Key_Escape)
    assert cross_hair(desk) is None
    desk.leave()
    desk.wait(lambda: value not in desk.panel.curves.readout.text())


def test_a_left_drag_pans_and_sets_no_cross_hair(computed):
    desk = computed
    start, before = spot(desk, "CBF"), desk.viewer.scene.camera.center
    desk.drag_over([start, start + QPoint(15, 10), start + QPoint(30, 20)])
    assert desk.viewer.scene.camera.center != before
    assert desk.panel.gestures.cross_hair.voxel is None


def test_a_brush_s_click_is_no_cross_hair(opened):
    desk = opened
    desk.arm("aif")
    desk.click((2, 20, 20))
    assert desk.panel.gestures.cross_hair.voxel is None
    assert desk.panel.form.artery.value.data.any()


def test_the_maps_are_the_same_after_all_gestures(computed, patient):
    """No gesture of reading changes data or settings."""
    desk = computed
    scan, start = desk.panel.scan, spot(computed, "CBF")
    facts = scan.facts.entered()
    for key in (Qt.KeyboardModifier.NoModifier, CONTROL, SHIFT):
        desk.wheel(desk.canvas(), -1, key, start)
    for button in (LEFT, RIGHT):
        desk.drag_over([start, start + QPoint(9, 9), start + QPoint(20, 20)], button=button)
        desk.double_click(start, button)
        desk.double_click(start, button)
    assert scan.facts.entered() == facts
    assert not scan.results.outdated
    wanted = to_screen(patient.artery, placement(patient.series.affine))
    np.testing.assert_array_equal(desk.panel.form.artery.value.data > 0, wanted)


def test_a_closed_panel_gives_napari_its_gestures_back(opened):
    desk = opened
    desk.is_used_up = True
    desk.panel.hide()
    zoom = desk.viewer.scene.camera.zoom
    desk.wheel(desk.canvas(), 1, point=QPoint(200, 200))
    desk.wait(lambda: desk.viewer.scene.camera.zoom != zoom)
    desk.panel.show()
    at = slice_of(desk)
    desk.wheel(desk.canvas(), 1, point=QPoint(200, 200))
    assert slice_of(desk) != at
