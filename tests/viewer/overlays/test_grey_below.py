"""The scan shows through where its maps are blank: in the grid, and in a map alone."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtWidgets import QApplication

from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.maps.map_layers import RESIZED
from napari_dsc.viewer.overlays.grey_below import DIMMED, GreyBelow, Levels
from tests.viewer.desk import outlast

SHAPE = 4, 6, 8
TOLERANCE = 3  # of 255


def levels(signs=(1, 1, 1)) -> Levels:
    """Every voxel of another grey; two are blank."""
    grey = np.arange(np.prod(SHAPE), dtype=np.uint8).reshape(SHAPE)
    blank = np.zeros(SHAPE, np.bool_)
    blank[1, 2, 3] = blank[3, 5, 7] = True
    affine = np.diag([3.0 * signs[0], 2.0 * signs[1], 1.0 * signs[2], 1.0])
    return Levels(Image(grey.astype(float), affine=affine, name="scan"), grey, blank)


@pytest.mark.parametrize("signs", [(1, 1, 1), (1, -1, 1), (-1, 1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_a_plane_holds_the_greys_of_its_blank_voxels(signs, order):
    """On any plane, whichever way the axes run; elsewhere it is clear."""
    model, known = ViewerModel(), levels(signs)
    model.add_layer(known.layer)
    below = GreyBelow(model)
    below.show([known])
    model.dims.order = order
    across, rows, columns = order
    for at in range(SHAPE[across]):
        voxel = [0, 0, 0]
        voxel[across] = at
        model.dims.set_point(across, known.layer.data_to_world(voxel)[across])
        blank = np.moveaxis(known.blank, order, (0, 1, 2))[at]
        if not blank.any():
            assert not below.planes
            continue
        plane = below.planes[0]
        np.testing.assert_array_equal(plane.pixels[..., 3] > 0, blank)
        grey = np.moveaxis(known.grey, order, (0, 1, 2))[at]
        np.testing.assert_allclose(plane.pixels[blank][:, 0], DIMMED * grey[blank], atol=1)
        for row, column in np.argwhere(blank):
            voxel = [0, 0, 0]
            voxel[across], voxel[rows], voxel[columns] = at, row, column
            expected = np.array(known.layer.data_to_world(voxel))[[rows, columns]]
            share = (np.array([row, column]) + 0.5) / blank.shape
            found = plane.corners[0] + share * (plane.corners[1] - plane.corners[0])
            np.testing.assert_allclose(found, expected)


def test_nothing_lies_there_in_three_dimensions_or_when_the_scan_is_gone():
    model, known = ViewerModel(), levels()
    model.add_layer(known.layer)
    below = GreyBelow(model)
    below.show([known])
    model.dims.set_point(0, 3.0)
    assert below.planes
    model.dims.ndisplay = 3
    assert not below.planes
    model.dims.ndisplay = 2
    assert below.planes
    model.layers.remove(known.layer)
    assert not below.planes


def grey_of(desk, layer, voxel) -> np.ndarray:
    """What is drawn in the middle of a voxel: on the tile of a layer, or in the only picture."""
    QApplication.processEvents()
    shot = desk.viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    scale = shot.shape[1] / desk.canvas().width()
    grid = desk.viewer.canvas.grid.enabled
    place = desk.tile(layer, voxel) if grid else desk.pixel(voxel)
    return shot[round(place.y() * scale), round(place.x() * scale)]


@pytest.mark.parametrize("view", ["grid", "single"])
def test_fault_243_the_scan_shows_through_blank_voxels(computed, view):
    """Grey as its baseline, in every tile; a tick shows the map; values are as they were."""
    desk, scan = computed, computed.panel.scan
    desk.panel.room.bar.steps.value = False  # steps have the scan below them as bright as it is
    desk.panel.room.views.symbol = "CBF"
    desk.panel.room.show(view)
    desk.panel.gestures.look_at(None)
    outlast(3 * RESIZED)
    layer = desk.map("CBF")
    z = int(layer.blank.sum(axis=(1, 2)).argmax())
    desk.viewer.dims.set_current_step(1, z)
    start, stop = scan.facts.span
    baseline = np.asarray(scan.layer.data)[start:stop].mean(axis=0)
    low, high = scan.layer.contrast_limits
    grey = DIMMED * 255 * np.clip((baseline - low) / (high - low), 0, 1)
    inside = np.argwhere(layer.blank[z])
    bright = sorted(inside, key=lambda one: -grey[z, one[0], one[1]])[:6]
    symbols = ("CBV", "CBF", "MTT", "TTP", "Tmax", "Delay") if view == "grid" else ("CBF",)
    right = dict.fromkeys(symbols, 0)
    for y, x in bright:
        for symbol in symbols:
            drawn = grey_of(desk, desk.map(symbol), (z, y, x))
            near = np.abs(drawn - grey[z, y, x]).max() <= TOLERANCE
            right[symbol] += bool(near) and np.ptp(drawn) <= TOLERANCE
    assert min(right.values()) >= 4  # a letter or a bar lies over some
    np.testing.assert_array_equal(
        layer.data, to_screen(scan.results.run[1].maps.cbf.values, scan.place)
    )
    desk.panel.room.bar.rejected.value = True
    assert not desk.panel.room.grey.below.planes
    desk.panel.room.bar.rejected.value = False
    assert desk.panel.room.grey.below.planes


def test_it_follows_slice_baseline_and_window(computed):
    """The next run, another baseline and another window of the scan lay other greys."""
    desk, room = computed, computed.panel.room
    z = int(desk.map("CBF").blank.sum(axis=(1, 2)).argmax())
    desk.viewer.dims.set_current_step(1, z)
    before = room.grey.below.planes[0].pixels
    scan = desk.panel.scan.layer
    window = scan.contrast_limits
    scan.contrast_limits = window[0], window[1] / 2
    desk.panel.refresh_state()
    desk.wait(lambda: not np.array_equal(room.grey.below.planes[0].pixels, before))
    scan.contrast_limits = window
    desk.panel.refresh_state()
    desk.wait(lambda: np.array_equal(room.grey.below.planes[0].pixels, before))
