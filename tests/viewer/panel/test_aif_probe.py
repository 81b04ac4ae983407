"""The probe: a key held, the voxel under the cursor stands for the AIF of the slice on screen."""

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_dsc import phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import stages
from napari_dsc.core.progress import finished
from napari_dsc.core.types import Aif
from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.layers import to_screen

KEY = Qt.Key.Key_Q
VOXEL = (1, 16, 16)


@pytest.fixture
def computed(computed):
    """One picture on screen, with arteries, and the keyboard on its window."""
    desk = computed
    desk.viewer.canvas.grid.enabled = False
    desk.viewer.dims.set_current_step(1, 1)
    desk.viewer.window.activate()
    QApplication.processEvents()
    return desk


def with_voxel(desk, voxel, vein=None):
    """CBF of the slice with a voxel alone as the AIF, scaled to a vein's voxels."""
    scan, settings = desk.panel.scan, desk.panel.reading.settings(desk.panel.scan)
    curve = scan.curve_at(voxel)[settings.baseline[0] :].astype(float)
    known = scan.results.run[1].prepared
    aif = Aif(curve=curve, voxels=np.zeros(scan.shape, bool))
    made = finished(stages(scan.facts.settled, aif, known.brain, settings, known=known, vein=vein))
    return to_screen(made.maps.cbf.values, scan.place)[voxel[0]]


def vessel(desk, patient):
    """A voxel (z, y, x) of the sagittal sinus on the slice on screen."""
    shown = to_screen(patient.tissue == 10, desk.panel.scan.place)
    return next(tuple(map(int, at)) for at in np.argwhere(shown) if at[0] == 1)


def test_held_it_shows_and_released_it_takes_back(computed, patient):
    """Only the slice on screen changes, and afterwards everything is as it was."""
    desk = computed
    before = {name: np.array(desk.map(name).data) for name in ("CBF", "MTT", "Tmax", "CBV")}
    voxel = vessel(desk, patient)
    desk.hold(KEY, voxel)
    assert desk.panel.form.probe.value
    desk.hover((1, voxel[1], voxel[2] + 1))
    desk.hover(voxel)
    shown = with_voxel(desk, voxel)
    desk.wait(lambda: np.allclose(desk.map("CBF").data[1], shown, rtol=1e-5, equal_nan=True))
    assert str(desk.panel.scan.file_index(voxel)) in desk.panel.status.text()
    for z in (0, 2, 3):
        np.testing.assert_array_equal(desk.map("CBF").data[z], before["CBF"][z])
    desk.release(KEY)
    assert not desk.panel.form.probe.value
    for name, values in before.items():
        np.testing.assert_array_equal(desk.map(name).data, values)
    assert "Probe" not in desk.panel.status.text()


def test_it_scales_to_the_vein_as_a_run_does(computed, patient):
    """What a voxel would do as the AIF depends on the VOF, where one is used."""
    desk, panel = computed, computed.panel
    desk.press(panel.form.propose_vof)
    desk.wait(lambda: not panel.busy and panel.form.vein.value is not None)
    panel.form.rescale.value = True
    vein = panel.scan.mask(panel.form.vein.value)
    shown = to_screen(patient.tissue == Tissue.PARTIAL_ARTERY, panel.scan.place)
    voxel = next(tuple(map(int, at)) for at in np.argwhere(shown) if at[0] == 1)
    scaled, plain = with_voxel(desk, voxel, vein), with_voxel(desk, voxel)
    assert not np.allclose(scaled, plain, rtol=0.01, equal_nan=True)
    panel.form.probe.value = True
    desk.hover((1, voxel[1], voxel[2] + 1))
    desk.hover(voxel)
    desk.wait(lambda: np.allclose(desk.map("CBF").data[1], scaled, rtol=1e-5, equal_nan=True))


def test_a_voxel_of_a_late_slice_is_brought_to_the_times_of_the_volumes(desk, tmp_path):
    """As the voxels of an AIF are: the probe shows what a run with that voxel would."""
    times = np.array([0.0, 1.2, 0.4, 0.8])
    late = phantom((32, 32, 4), slice_times=times.tolist(), seed=1)
    path = tmp_path / "late.nii.gz"
    write_series(path, late.series)
    sidecar = path.with_name("late.json")
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), "SliceTiming": list(times)}))
    desk.open(path)
    desk.draw(late)
    desk.compute()
    desk.viewer.canvas.grid.enabled = False
    desk.viewer.dims.set_current_step(1, 1)
    desk.viewer.window.activate()
    QApplication.processEvents()
    panel, scan = desk.panel, desk.panel.scan
    voxel = vessel(desk, late)
    alone = np.zeros(scan.shape, bool)
    alone[scan.file_index(voxel)] = True
    known, settings = scan.results.run[1].prepared, panel.reading.settings(scan)
    made = finished(stages(scan.facts.settled, alone, known.brain, settings, known=known))
    assert made.maps.tmax is not None
    shown = to_screen(made.maps.tmax.values, scan.place)[1]
    panel.form.probe.value = True
    desk.hover((1, voxel[1], voxel[2] + 1))
    desk.hover(voxel)
    desk.wait(lambda: np.allclose(desk.map("Tmax").data[1], shown, atol=1e-3, equal_nan=True))


def test_the_box_does_what_the_key_does(computed, patient):
    desk = computed
    before = np.array(desk.map("CBF").data)
    desk.press(desk.panel.form.probe)
    voxel = vessel(desk, patient)
    desk.hover((1, voxel[1], voxel[2] + 1))
    desk.hover(voxel)
    desk.wait(lambda: not np.array_equal(desk.map("CBF").data, before, equal_nan=True))
    desk.press(desk.panel.form.probe)
    np.testing.assert_array_equal(desk.map("CBF").data, before)


def test_beside_the_brain_it_says_where_to_go(computed):
    desk = computed
    before = np.array(desk.map("CBF").data)
    desk.panel.form.probe.value = True
    desk.hover((1, 16, 16))
    desk.hover((1, 0, 0))
    desk.wait(lambda: "move over" in desk.panel.status.text())
    desk.panel.form.probe.value = False
    np.testing.assert_array_equal(desk.map("CBF").data, before)


def test_before_a_run_it_asks_for_one(opened, patient):
    desk = opened
    desk.draw(patient)
    desk.panel.form.probe.value = True
    desk.hover((1, 15, 16))
    desk.hover(VOXEL)
    desk.wait(lambda: "Compute once" in desk.panel.status.text())


def test_a_change_ends_it(computed, patient):
    """Whoever paints or sets something wants to see that."""
    desk = computed
    desk.panel.form.probe.value = True
    desk.hover(vessel(desk, patient))
    desk.panel.form.density.value = 1.1
    assert not desk.panel.form.probe.value


def test_compute_ends_it_and_closing_takes_it_back(computed, patient):
    """No probed slice stays in the maps."""
    desk = computed
    voxel = vessel(desk, patient)
    for end in ("compute", "hide"):
        before = np.array(desk.map("CBF").data)
        desk.panel.form.probe.value = True
        desk.hover((1, voxel[1], voxel[2] + 1))
        desk.hover(voxel)
        desk.wait(lambda old=before: not np.array_equal(desk.map("CBF").data, old, equal_nan=True))
        if end == "compute":
            desk.compute()
            desk.wait(lambda: not desk.panel.busy)
        else:
            desk.panel.hide()
        assert not desk.panel.form.probe.value
        np.testing.assert_array_equal(desk.map("CBF").data, before)


def test_another_slice_takes_it_back(computed, patient):
    desk = computed
    before = np.array(desk.map("CBF").data)
    voxel = vessel(desk, patient)
    desk.panel.form.probe.value = True
    desk.hover((1, voxel[1], voxel[2] + 1))
    desk.hover(voxel)
    desk.wait(lambda: not np.array_equal(desk.map("CBF").data, before, equal_nan=True))
    desk.viewer.dims.set_current_step(1, 2)
    desk.wait(lambda: "move the mouse" in desk.panel.status.text())
    np.testing.assert_array_equal(desk.map("CBF").data, before)
