"""Tmax in steps: the colours of the volumes' limits on every picture, over the grey scan."""

import numpy as np
import pytest
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_dsc.core.late_steps import BRIGHTEST, STEP_COLOURS, STEP_WINDOW, steps_of
from napari_dsc.core.quantities import CLINICAL, TMAX
from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.maps.map_labels import labels_of
from napari_dsc.viewer.maps.tmax_steps import NAME, STEPS, is_stepped
from tests.viewer.desk import LEFT, outlast

TOLERANCE = 10  # of 255: a screen of 16 bits has 32 levels of red and blue


def test_fault_260_the_colours_on_screen_are_those_of_the_steps():
    """At the middle of each step, and on both sides of where it begins."""
    low, high = STEP_WINDOW

    def drawn(values):
        return 255 * STEPS.map((np.atleast_1d(values) - low) / (high - low))

    for limit, colour in STEP_COLOURS.items():
        for value in (limit + 1e-2, limit + 1, limit + 1.99):
            np.testing.assert_allclose(drawn(value)[0], (*colour, 255), atol=0.6)
        assert np.abs(drawn(limit - 1e-2)[0, :3] - colour).max() > 30
    grey = drawn(np.linspace(low, 3.99, 20))[:, :3] / 255
    assert np.ptp(grey, axis=1).max() < 1e-6
    assert grey.max() == pytest.approx(BRIGHTEST, abs=0.01)


def ticks_of(desk) -> tuple[float, ...]:
    """Numbers beside the bar of Tmax."""
    name = desk.map("Tmax").name
    return next(one.ticks for one in labels_of(desk.viewer) if one.name == name)


def tick(desk, *, on: bool) -> None:
    box = desk.panel.room.bar.steps
    assert box.value is not on
    QTest.mouseClick(box.native, LEFT)
    QApplication.processEvents()
    assert box.value is on


def pixels(desk, voxels) -> np.ndarray:
    """Colours at the middle of voxels on the canvas, shape (N, 3)."""
    picture = desk.viewer.screenshot(canvas_only=True, flash=False)
    places = [desk.pixel(voxel) for voxel in voxels]
    return np.array([picture[one.y(), one.x(), :3] for one in places], float)


def alone(desk, z) -> None:
    """Tmax on one slice, as the window shows it once it has found its shape."""
    desk.panel.room.show("single")
    desk.viewer.dims.set_current_step(1, z)
    outlast(200)
    QApplication.processEvents()


def test_fault_260_each_voxel_on_the_canvas_has_the_colour_of_its_step(computed):
    """And the grey of the scan where Tmax is below the first; data and run stay."""
    desk, scan = computed, computed.panel.scan
    layer = desk.map("Tmax")
    assert is_stepped(layer)  # as a stroke is read
    values = to_screen(scan.results.run[1].maps.tmax.values, scan.place)
    np.testing.assert_array_equal(layer.data, values)
    steps = np.where(layer.blank, 0, steps_of(values))
    z = int(np.argmax((steps >= 2).sum(axis=(1, 2))))
    alone(desk, z)
    colours = np.array([(0, 0, 0), *STEP_COLOURS.values()])
    seen = 0
    for step in range(1, 5):
        found = [(z, y, x) for y, x in np.argwhere(steps[z] == step)[:6].tolist()]
        for drawn in pixels(desk, found) if found else ():
            seen += np.abs(drawn - colours[step]).max() <= TOLERANCE
    assert seen >= 8  # letters and outlines lie over some
    early = [(z, y, x) for y, x in np.argwhere((steps[z] == 0) & (values[z] > 0))[::9].tolist()]
    drawn = pixels(desk, early)
    assert np.mean(np.ptp(drawn, axis=1) <= TOLERANCE) > 0.9
    assert drawn.max() > 30  # the scan, and not black


def test_even_colours_are_one_tick_away(computed):
    """In the window that Tmax had; and back."""
    desk = computed
    layer = desk.map("Tmax")
    assert tuple(layer.contrast_limits) == STEP_WINDOW
    assert layer.colormap.name == NAME
    assert set(ticks_of(desk)) <= set(STEP_COLOURS)
    tick(desk, on=False)
    assert not layer.stepped
    assert ticks_of(desk)[0] == layer.contrast_limits[0]
    assert tuple(layer.contrast_limits) == TMAX.window
    assert layer.colormap.name == TMAX.colours[CLINICAL]
    layer.contrast_limits = (1.0, 9.0)
    tick(desk, on=True)
    assert tuple(layer.contrast_limits) == STEP_WINDOW
    tick(desk, on=False)
    assert tuple(layer.contrast_limits) == (1.0, 9.0)
    desk.press(desk.panel.room.bar.windows)
    assert tuple(layer.contrast_limits) == TMAX.window
    tick(desk, on=True)


def test_fault_261_no_window_and_no_family_moves_the_steps(computed):
    """In another window the same colours would mean other seconds."""
    desk = computed
    layer, cbf = desk.map("Tmax"), desk.map("CBF")
    layer.contrast_limits = (5.0, 9.0)
    assert tuple(layer.contrast_limits) == STEP_WINDOW
    desk.panel.room.bar.family.value = "Colour-blind safe"
    assert layer.colormap.name == NAME
    assert cbf.colormap.name == "dsc-cividis"
    desk.press(desk.panel.room.bar.windows)
    assert tuple(layer.contrast_limits) == STEP_WINDOW
    assert desk.map("Tmax").stepped


def test_the_read_out_keeps_every_value(computed):
    """A step is a colour; what is read is the number."""
    desk = computed
    layer = desk.map("Tmax")
    at = tuple(int(one) for one in np.argwhere(layer.data > 6)[0])
    world = layer.data_to_world(at)
    assert layer.get_value(world, world=True) == layer.data[at]


def test_over_an_anatomy_that_is_seen_below_the_steps(computed):
    """Not the scan twice."""
    desk = computed
    layer = desk.map("Tmax")
    desk.press(desk.panel.room.bar.overlay)
    assert layer.stepped
    assert layer.grey is None
    desk.press(desk.panel.room.bar.single)
    assert layer.grey is not None


def test_the_next_run_is_in_steps_too(computed):
    desk = computed
    desk.panel.form.svd_threshold.value = 0.1
    desk.compute()
    desk.wait(lambda: not desk.panel.busy)
    assert desk.map("Tmax").stepped
    desk.viewer.layers.remove(desk.map("Tmax"))
    desk.compute()
    desk.wait(lambda: desk.map("Tmax") is not None and not desk.panel.busy)
    desk.wait(lambda: is_stepped(desk.map("Tmax")))
