"""Rejected voxels are blank on the picture, and nowhere else."""

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from napari_dsc.core.phantom import Tissue
from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.maps.map_image import MapImage

SHAPE = 3, 4, 5


@pytest.fixture
def layer():
    one = MapImage(np.arange(60.0).reshape(SHAPE), name="map")
    blank = np.zeros(SHAPE, np.bool_)
    blank[1, 2, 3] = blank[0, 1, 1] = True
    one.leave_blank(blank)
    return one


def coloured(picture):
    """Pixels of a picture that are neither black, nor grey, nor white."""
    return int((np.ptp(picture[..., :3].astype(int), axis=-1) > 12).sum())


def test_data_and_kind_are_those_of_an_image(layer):
    """Whoever saves or reads it gets every value."""
    data, _, kind = layer.as_layer_data_tuple()
    np.testing.assert_array_equal(data, np.arange(60.0).reshape(SHAPE))
    assert kind == "image"
    assert isinstance(layer, Image)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_the_read_out_keeps_every_value_on_any_plane(layer, order):
    """Also of the voxel that is blank, along every axis."""
    model = ViewerModel()
    model.layers.append(layer)
    model.dims.order = order
    model.dims.current_step = (1, 2, 3)
    assert layer.get_value((1, 2, 3), world=True) == layer.data[1, 2, 3]


def test_all_are_shown_on_demand(layer):
    """And blank again."""
    assert layer.blank is not None
    layer.show_all(True)
    assert (layer.blank, layer.all_shown) == (None, True)
    layer.show_all(False)
    assert layer.blank is not None


def test_fault_183_ventricles_are_blank_and_every_number_stays(computed, patient):
    """On the canvas the scan shows through; data, read-out and run are as computed."""
    desk, scan = computed, computed.panel.scan
    desk.panel.room.bar.steps.value = False  # else the scan is drawn by Tmax itself
    layer, analysis = desk.map("Tmax"), scan.results.run[1]
    np.testing.assert_array_equal(layer.data, to_screen(analysis.maps.tmax.values, scan.place))
    csf = to_screen(patient.tissue == Tissue.CSF, scan.place)
    assert layer.blank is not None
    assert layer.blank[csf].mean() > 0.8
    assert not layer.blank[to_screen(patient.tissue == Tissue.HYPOPERFUSED, scan.place)].any()
    desk.press(desk.panel.room.bar.single)
    z = int(np.argmax(csf.sum(axis=(1, 2))))
    desk.viewer.dims.set_current_step(1, z)
    blank = desk.viewer.screenshot(canvas_only=True, flash=False)
    desk.panel.room.bar.rejected.value = True
    whole = desk.viewer.screenshot(canvas_only=True, flash=False)
    assert coloured(whole) > coloured(blank)
    assert layer.blank is None
    desk.panel.room.bar.rejected.value = False
    again = desk.viewer.screenshot(canvas_only=True, flash=False)
    assert coloured(again) == coloured(blank)


def test_the_next_run_blanks_its_own(computed):
    """What is shown stays a choice of the reader's."""
    desk = computed
    desk.panel.room.bar.rejected.value = True
    desk.compute()
    desk.wait(lambda: not desk.panel.busy)
    assert desk.map("CBV").all_shown
    assert desk.panel.room.bar.rejected.value
    desk.panel.room.bar.rejected.value = False
    assert desk.map("CBV").blank is not None
