"""The panel, driven by its public members and real mouse events."""

import gc
import json
import weakref
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from napari.layers import Labels
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_dsc import DECONVOLVERS, compute_perfusion_maps, delta_r2_star
from napari_dsc.core.late_steps import STEP_WINDOW
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.io.fingerprints import fingerprint
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.viewer.layers import placement, to_screen
from napari_dsc.viewer.maps.map_labels import labels_of
from tests.viewer.desk import until_idle, wait_until

SYMBOLS = tuple(row.symbol for row in STANDARD.values())
SHIFT = Qt.KeyboardModifier.ShiftModifier


def draw(desk, patient) -> None:
    """Put the true artery into the AIF layer."""
    place = placement(patient.series.affine)
    desk.panel.form.artery.value.data = to_screen(patient.artery, place).astype(np.uint8)
    desk.wait(lambda: desk.panel.form.compute.enabled)


def compute_with_air(desk) -> None:
    """Press Compute with an artery outside the head."""
    aif = desk.panel.form.artery.value
    data = np.zeros_like(aif.data)
    data[:, 0, 0] = 1
    aif.data = data
    desk.compute()


def test_an_empty_panel_says_what_to_do(desk):
    """Nobody has to guess the first step."""
    assert "Open a 4-D scan" in desk.panel.status.text()
    assert not desk.panel.form.compute.enabled
    assert not desk.panel.form.cancel.enabled


def test_members_are_named_as_promised(desk):
    """Scripts that drive the panel find these."""
    names = (
        "series repetition_time echo_time baseline brain artery method svd_threshold "
        "hematocrit_ratio density compute cancel progress"
    )
    for name in names.split():
        assert hasattr(getattr(desk.panel.form, name), "native"), name


def test_an_untouched_form_gives_the_defaults(desk):
    """What the form shows is what the methods declare; no spin box rounds it."""
    panel = desk.panel
    assert list(panel.form.method.choices) == list(DECONVOLVERS)
    assert panel.form.method.value == "oSVD"
    assert (panel.form.svd_threshold.value, panel.form.oscillation_index.value) == (0.2, 0.035)
    assert (panel.form.hematocrit_ratio.value, panel.form.density.value) == (0.73, 1.04)


def test_every_number_has_a_tooltip_and_says_its_unit(desk):
    """Words come from the docstrings."""
    for name in ("svd_threshold", "oscillation_index", "hematocrit_ratio", "density"):
        assert len(getattr(desk.panel.form, name).tooltip) > 20
    for name in ("repetition_time", "echo_time", "density", "baseline"):
        assert "(" in getattr(desk.panel.form, name).label


def test_the_form_shows_what_the_method_has(desk):
    """The oscillation limit belongs to oSVD only."""
    assert desk.panel.form.oscillation_index.visible
    desk.panel.form.method.value = "cSVD"
    assert not desk.panel.form.oscillation_index.visible
    assert desk.panel.form.svd_threshold.visible


def test_an_opened_scan_is_chosen_with_its_proposals(desk, scan_file, patient):
    """A scan opened while the panel is docked needs no further click to be painted on."""
    layer = desk.open(scan_file)
    panel = desk.panel
    assert panel.form.repetition_time.value == pytest.approx(1.5)
    assert panel.form.echo_time.value == pytest.approx(0.03)
    aif, brain = panel.form.artery.value, panel.form.brain.value
    assert aif.name == "AIF"
    assert aif is not brain
    assert aif.ndim == 3
    assert (aif.mode, aif.brush_size) == ("pan_zoom", 1)
    assert desk.viewer.layers.selection.active is aif
    true_brain = to_screen(patient.brain, placement(patient.series.affine))
    found = brain.data > 0
    assert 2 * (found & true_brain).sum() / (found.sum() + true_brain.sum()) >= 0.95
    assert panel.form.baseline.value[0] == 2
    assert "Shift+click" in panel.status.text()
    assert aif.data.shape == layer.data.shape[1:]
    corner = (1, 2, 3)
    np.testing.assert_allclose(aif.data_to_world(corner), layer.data_to_world((0, *corner))[1:])


def test_a_scan_that_was_open_before_the_panel_is_taken_up(viewer, qtbot, scan_file):
    """The order of opening and docking does not matter."""
    layer = viewer.open(scan_file, plugin="napari-dsc")[0]
    _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    qtbot.waitUntil(lambda: panel.form.series.value is layer)
    qtbot.waitUntil(lambda: panel.form.brain.value is not None)


def test_painting_with_the_mouse_makes_an_artery(opened):
    """A stroke of the brush is an edit: Compute has an artery."""
    desk = opened
    assert not desk.has_artery
    z = desk.panel.form.artery.value.data.shape[0] // 2
    desk.viewer.dims.set_current_step(1, z)
    row, column = 12, 10
    desk.arm("aif")
    desk.drag([(z, row, column), (z, row, column + 1), (z, row, column + 2)])
    painted = np.argwhere(desk.panel.form.artery.value.data)
    assert {tuple(voxel) for voxel in painted} == {(z, row, column + k) for k in range(3)}
    desk.wait(lambda: desk.has_artery)


@pytest.mark.parametrize("active", ["scan", "paint", "erase", "fill", "pan_zoom"])
def test_shift_click_adds_and_removes_a_voxel(opened, active):
    """In, out, in: whatever layer and mode is active, which it leaves as they were."""
    desk = opened
    layer = desk.panel.form.series.value
    aif = desk.panel.form.artery.value
    if active == "scan":
        desk.viewer.layers.selection.active = layer
    elif active != "pan_zoom":
        desk.arm("aif")
        aif.mode = active  # with napari's own buttons
    z = int(desk.viewer.dims.current_step[1])
    voxel = (z, 14, 11)
    for expected in (1, 0, 1):
        desk.click(voxel, SHIFT)
        assert aif.data[voxel] == expected
        assert aif.data.sum() == expected
    if active != "scan":
        assert aif.mode == active
    aif.undo()
    assert aif.data[voxel] == 0


def test_shift_drag_changes_nothing(opened):
    """Only a click that stays where it is counts."""
    desk = opened
    z = int(desk.viewer.dims.current_step[1])
    desk.drag([(z, 14, 11), (z, 14, 16)], SHIFT)
    assert not desk.panel.form.artery.value.data.any()


def test_compute_shows_the_maps(desk, scan_file, patient):
    """The main job: layers, named with units, in fixed windows, on the scan's grid."""
    layer = desk.open(scan_file)
    draw(desk, patient)
    active = desk.viewer.layers.selection.active
    desk.compute()
    assert "Done" in desk.panel.status.text()
    names = [one.name for one in desk.viewer.layers]
    units = {row.symbol: f"{row.symbol} ({row.units})" for row in STANDARD.values()}
    wanted = [units[symbol] for symbol in READINGS["stroke"].ordered(units)]
    assert [name for name in names if name in wanted] == wanted
    assert names.index("AIF") > names.index("Delay (s)")
    assert names.index("Brain") > names.index("Delay (s)")
    assert desk.viewer.layers.selection.active is active
    assert active.mode == "pan_zoom"
    assert desk.viewer.canvas.grid.enabled
    corner = (1, 2, 3)
    for symbol in SYMBOLS:
        one = desk.map(symbol)
        np.testing.assert_allclose(one.data_to_world(corner), layer.data_to_world((0, *corner))[1:])
        assert one.blending == "translucent"
        assert one.name in [label.name for label in labels_of(desk.viewer)]
        record = one.metadata["napari_dsc"]
        assert record["unit"] in one.name
        assert record["settings"]["deconvolution_method"] == "oSVD"
    assert tuple(desk.map("CBF").contrast_limits) == (0, 100)
    assert tuple(desk.map("Tmax").contrast_limits) == STEP_WINDOW


def test_the_maps_are_those_of_the_public_function(opened, patient):
    """The screen adds nothing to the numbers."""
    desk = opened
    draw(desk, patient)
    desk.panel.form.method.value = "cSVD"
    desk.panel.form.svd_threshold.value = 0.1
    desk.panel.form.density.value = 1.05
    start, stop = desk.panel.form.baseline.value
    desk.compute()
    series = patient.series
    curves = delta_r2_star(series.signal[..., start:], series.echo_time, int(stop - start))
    place = placement(series.affine)
    brain = np.array(desk.panel.form.brain.value.data).T > 0
    expected = compute_perfusion_maps(
        curves, curves[patient.artery].mean(axis=0), series.time[start:], brain,
        deconvolution_method="cSVD", svd_threshold=0.1, density=1.05,
    )  # fmt: skip
    for symbol in ("CBV", "CBF", "MTT", "TTP", "Tmax"):
        one = getattr(expected, symbol.lower()).values
        np.testing.assert_allclose(
            desk.map(symbol).data, to_screen(one, place), rtol=2e-4, atol=2e-4
        )


def test_a_second_run_refreshes_the_layers_in_place(computed):
    """Windows and visibility are the user's."""
    desk = computed
    cbf, count = desk.map("CBF"), len(desk.viewer.layers)
    before = cbf.data.copy()
    cbf.contrast_limits, cbf.visible = (10, 50), False
    desk.viewer.canvas.grid.enabled = False
    desk.panel.form.hematocrit_ratio.value = 0.5
    desk.compute()
    assert desk.map("CBF") is cbf
    assert len(desk.viewer.layers) == count
    assert tuple(cbf.contrast_limits) == (10, 50)
    assert not cbf.visible
    assert not desk.viewer.canvas.grid.enabled
    np.testing.assert_allclose(cbf.data, before * 0.5 / 0.73, rtol=1e-5)


def test_a_map_that_the_user_removed_comes_back(computed):
    """Compute shows all maps, always."""
    desk = computed
    desk.viewer.layers.remove(desk.map("MTT"))
    desk.compute()
    assert desk.map("MTT") is not None


def test_the_threshold_and_the_method_on_screen_reach_the_maps(opened, patient):
    """The control that does nothing in the best-known library does something here."""
    desk = opened
    draw(desk, patient)
    means = {}
    for method in DECONVOLVERS:
        desk.panel.form.method.value = method
        for threshold in (0.1, 0.3) if desk.panel.form.svd_threshold.visible else (0.2,):
            desk.panel.form.svd_threshold.value = threshold
            desk.compute()
            means[method, threshold] = float(np.nanmean(desk.map("CBF").data))
    for method, kind in DECONVOLVERS.items():
        if "svd_threshold" in parameters_of(kind):
            assert means[method, 0.3] < means[method, 0.1]
        else:
            assert (method, 0.2) in means  # has no threshold, and shows none
    assert len({round(mean, 3) for mean in means.values()}) == len(means)


def test_hovering_a_map_shows_value_and_unit(computed):
    """Napari's status line reads name, unit and value."""
    desk = computed
    desk.viewer.canvas.grid.enabled = False
    desk.viewer.layers.selection.active = cbf = desk.map("CBF")
    z = int(desk.viewer.dims.current_step[1])
    y, x = np.argwhere(np.isfinite(cbf.data[z]))[40]
    world = (0, *cbf.data_to_world((z, y, x)))
    said = cbf.get_status(world, view_direction=None, dims_displayed=[2, 3], world=True)
    assert "CBF (mL/100g/min)" in said["layer_name"]
    assert float(said["value"]) == pytest.approx(cbf.data[z, y, x], rel=0.05)


def test_fault_23_cancel_leaves_the_old_maps(desk, tmp_path):
    """A cancelled run stops soon and changes nothing."""
    from napari_dsc import phantom

    large = phantom(shape=(192, 192, 12), seed=2)
    write_series(tmp_path / "large.nii", large.series)
    desk.open(tmp_path / "large.nii")
    draw(desk, large)
    desk.compute()
    before = desk.map("CBF").data.copy()
    desk.panel.form.svd_threshold.value = 0.5
    desk.press(desk.panel.form.compute)
    assert desk.panel.form.cancel.enabled
    assert not desk.panel.form.compute.enabled
    desk.press(desk.panel.form.cancel)
    desk.wait(lambda: not desk.panel.form.cancel.enabled)  # a second, on a quiet machine
    assert "Cancelled" in desk.panel.status.text()
    assert desk.panel.form.compute.enabled
    np.testing.assert_array_equal(desk.map("CBF").data, before)


def test_fault_25_a_second_press_while_running_does_nothing(opened, patient):
    """One run at a time."""
    desk = opened
    draw(desk, patient)
    desk.press(desk.panel.form.compute)
    assert not desk.panel.form.compute.enabled
    desk.press(desk.panel.form.compute)
    desk.panel.form.compute.changed.emit(True)  # not even past the disabled button
    desk.wait(lambda: not desk.panel.form.cancel.enabled)
    assert sum(one.name.startswith("CBF") for one in desk.viewer.layers) == 1


def test_an_error_is_one_line_and_the_button_wakes_up(opened, patient):
    """An AIF of air gives words, not a traceback."""
    desk = opened
    compute_with_air(desk)
    said = desk.panel.status.text()
    assert "inside the brain" in said
    assert "\n" not in said
    assert desk.panel.form.compute.enabled
    assert desk.map("CBF") is None
    draw(desk, patient)
    desk.compute()
    assert desk.map("CBF") is not None


@pytest.mark.parametrize("which", ["series", "artery", "brain"])
def test_fault_24_a_layer_deleted_meanwhile_discards_the_result(opened, patient, which):
    """A result without its scan or masks is not shown, and that is said."""
    desk = opened
    draw(desk, patient)
    layer = getattr(desk.panel.form, which).value
    desk.press(desk.panel.form.compute)
    desk.viewer.layers.remove(layer)
    desk.wait(lambda: not desk.panel.form.cancel.enabled)
    assert desk.map("CBF") is None
    assert "discarded" in desk.panel.status.text()
    assert layer.name in desk.panel.status.text()


def test_closing_the_window_during_a_run_is_clean(viewer, qtbot, tmp_path):
    """No thread outlives its window."""
    from napari_dsc import phantom

    large = phantom(shape=(192, 192, 12), seed=2)
    write_series(tmp_path / "large.nii", large.series)
    _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    viewer.open(tmp_path / "large.nii", plugin="napari-dsc")
    qtbot.waitUntil(lambda: panel.form.brain.value is not None)
    panel.form.artery.value.data = to_screen(large.artery, placement(large.series.affine)).astype(
        np.uint8
    )
    qtbot.waitUntil(lambda: panel.form.compute.enabled)
    qtbot.mouseClick(panel.form.compute.native, Qt.MouseButton.LeftButton)
    viewer.close()
    QApplication.processEvents()


def test_unknown_repetition_time_is_asked_for(desk, patient, tmp_path):
    """Never 1.0: Compute sleeps and says why until it is entered."""
    path = tmp_path / "no_tr.nii.gz"
    nib.save(nib.Nifti1Image(patient.series.signal, patient.series.affine), path)
    desk.open(path)
    assert desk.panel.form.repetition_time.value == 0
    assert desk.panel.form.repetition_time.native.text() == "unknown"
    place = placement(patient.series.affine)
    desk.panel.form.artery.value.data = to_screen(patient.artery, place).astype(np.uint8)
    desk.wait(lambda: "repetition time" in desk.panel.status.text())
    until_idle()
    assert not desk.panel.form.compute.enabled
    desk.panel.form.repetition_time.value = 0.025  # fault 60: 1.5 s in minutes
    desk.wait(desk.panel.form.confirm.native.isVisible)
    until_idle()
    assert desk.panel.form.repetition_time.value == 0.025
    assert not desk.panel.form.compute.enabled
    assert "0.2 to 6 s, got 0.025 s. If it is in minutes" in desk.panel.status.text()
    assert desk.panel.form.confirm.visible
    desk.panel.form.repetition_time.value = 1.5
    desk.compute()
    assert "Echo time unknown" in desk.panel.status.text()
    assert desk.map("Tmax") is not None


def test_disagreeing_sources_must_be_decided(desk, patient, tmp_path):
    """Both times are shown; the entered one is used."""
    path = tmp_path / "two.nii.gz"
    write_series(path, patient.series)
    path.with_name("two.json").write_text(json.dumps({"RepetitionTime": 2.0, "EchoTime": 0.03}))
    desk.open(path)
    assert "1.5 s" in desk.panel.status.text()
    assert "2 s" in desk.panel.status.text()
    assert not desk.panel.form.compute.enabled
    desk.panel.form.repetition_time.value = 1.5
    draw(desk, patient)
    desk.compute()
    assert "Done" in desk.panel.status.text()


def test_fault_20_an_artery_painted_in_four_dimensions_is_collapsed(opened, patient):
    """Wherever in time it was painted."""
    desk = opened
    layer = desk.panel.form.series.value
    data = np.zeros(layer.data.shape, np.uint8)
    data[7] = to_screen(patient.artery, placement(patient.series.affine))
    options = {"affine": layer.affine.affine_matrix, "units": layer.units}
    four = desk.viewer.add_layer(Labels(data, name="4-D", **options))
    desk.panel.form.artery.value = four
    desk.compute()
    collapsed = desk.map("CBF").data.copy()
    desk.panel.form.artery.value = desk.viewer.layers["AIF"]
    draw(desk, patient)
    desk.compute()
    np.testing.assert_array_equal(desk.map("CBF").data, collapsed)


def test_a_mask_of_another_shape_is_refused_in_words(opened):
    """The status line names the layer and both shapes."""
    desk = opened
    other = desk.viewer.add_labels(np.ones((2, 3, 4), np.uint8), name="other")
    desk.panel.form.artery.value = other
    assert "other" in desk.panel.status.text()
    assert "(2, 3, 4)" in desk.panel.status.text()
    assert not desk.panel.form.compute.enabled


def test_artery_and_brain_must_differ(opened):
    """The same layer for both is a slip, and said."""
    desk = opened
    desk.panel.form.brain.value = desk.panel.form.artery.value
    assert "two masks" in desk.panel.status.text()
    assert not desk.panel.form.compute.enabled


def test_without_a_brain_the_whole_image_is_computed(opened, patient):
    """No layer: every voxel."""
    desk = opened
    draw(desk, patient)
    desk.panel.form.brain.value = None
    desk.compute()
    assert f"{patient.brain.size:,} voxels" in desk.panel.status.text()


def test_the_scan_list_holds_four_dimensional_images_only(opened):
    """Maps and masks are no scans."""
    desk = opened
    layer = desk.panel.form.series.value
    desk.viewer.add_image(np.zeros((4, 5, 6)), name="anatomy")
    assert list(desk.panel.form.series.choices) == [layer]


def test_two_scans_keep_their_own_layers(desk, scan_file):
    """Changing the scan changes artery, brain and times with it."""
    first = desk.open(scan_file)
    aif = desk.panel.form.artery.value
    third = desk.viewer.open(scan_file, plugin="napari-dsc")[0]
    assert desk.panel.form.series.value is third  # at once
    second = desk.open(scan_file)
    assert desk.panel.form.series.value is second
    assert desk.panel.form.artery.value is not aif
    desk.panel.form.series.value = first
    assert desk.panel.form.artery.value is aif


def test_a_foreign_layer_can_be_computed_once_its_time_is_known(desk, patient):
    """A 4-D array that was not opened by the plugin: its time step is asked for."""
    data = np.ascontiguousarray(patient.series.signal.T)
    desk.viewer.add_image(data, name="array")
    desk.wait(lambda: desk.panel.form.brain.value is not None)
    assert not desk.panel.form.compute.enabled
    desk.panel.form.repetition_time.value = 1.5
    desk.panel.form.artery.value.data = patient.artery.T.astype(np.uint8)
    desk.compute()
    assert desk.map("CBF").data.shape == data.shape[1:]


def test_the_baseline_on_screen_reaches_the_maps(opened, patient):
    """Slider and curve dock are one; the record says what was used."""
    desk = opened
    draw(desk, patient)
    desk.panel.form.baseline.value = (3, 9)
    desk.compute()
    assert desk.map("CBF").metadata["napari_dsc"]["settings"]["baseline_volumes"] == [3, 9]
    desk.panel.curves.baseline.setRegion((6.0, 15.0))  # s, as a drag of both edges leaves it
    assert tuple(desk.panel.form.baseline.value) == (4, 11)


def test_time_to_peak_can_count_from_the_arrival(computed):
    """The same map, a constant earlier."""
    desk = computed
    late = desk.map("TTP").data.copy()
    desk.panel.form.ttp_from.value = "bolus arrival"
    desk.compute()
    arrival = desk.map("TTP").metadata["napari_dsc"]["arrival_s"]
    np.testing.assert_allclose(desk.map("TTP").data, late - arrival, atol=1e-4)


def test_saved_maps_overlay_the_scan(computed, scan_file, patient, tmp_path):
    """Maps are written with the scan's own affine, and the record last."""
    desk = computed
    desk.wait(lambda: desk.panel.form.save.enabled)
    desk.panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: "Saved" in desk.panel.status.text())
    scan = nib.Nifti1Image.from_filename(scan_file)
    cbf = nib.Nifti1Image.from_filename(tmp_path / "out" / "patient_cbf.nii.gz")
    np.testing.assert_allclose(cbf.affine, scan.affine, atol=1e-5)
    assert cbf.shape == scan.shape[:3]
    place = placement(patient.series.affine)
    np.testing.assert_array_equal(to_screen(cbf.get_fdata(), place), desk.map("CBF").data)
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["input"]["repetition_time_s"] == pytest.approx(1.5)
    assert str(tmp_path) not in json.dumps(record)


def test_research_use_is_on_the_panel_and_on_the_picture(computed):
    """Nobody takes a picture of this for a diagnosis."""
    desk = computed
    from qtpy.QtWidgets import QLabel

    words = "Research use only. Not a medical device."
    assert any(words in label.text() for label in desk.panel.findChildren(QLabel))
    assert desk.viewer.canvas.overlays["text"].text == words
    assert desk.viewer.canvas.overlays["text"].visible


@pytest.mark.parametrize("key", ["stroke", "tumour"])
def test_the_samples_open_from_the_menu(desk, key):
    """File > Open Sample > DSC perfusion > Digital patient."""
    desk.viewer.open_sample("napari-dsc", key)
    desk.wait(lambda: desk.panel.form.brain.value is not None)
    assert desk.panel.form.series.value.name == f"Digital patient, {key}"


def test_a_mask_on_disk_can_be_the_artery(opened, patient, tmp_path):
    """A saved AIF opens as a labels layer on the scan's grid."""
    desk = opened
    write_nifti(tmp_path / "aif.nii.gz", patient.artery, patient.series.affine)
    layer = desk.viewer.open(tmp_path / "aif.nii.gz", plugin="napari-dsc")[0]
    desk.panel.form.artery.value = layer
    desk.compute()
    assert "Done" in desk.panel.status.text()


def test_closing_the_dock_stops_listening(opened):
    """No zombie toggles voxels behind a closed panel."""
    desk = opened
    before = len(desk.viewer.mouse_drag_callbacks)
    desk.panel.hide()
    assert len(desk.viewer.mouse_drag_callbacks) == before - 3  # Shift, Ctrl, none
    desk.panel.show()
    assert len(desk.viewer.mouse_drag_callbacks) == before


def test_the_window_of_time_to_peak_follows_its_origin(computed):
    """From the bolus arrival the same picture, in the same colours."""
    desk = computed
    ttp = desk.map("TTP")
    before = np.array(ttp.contrast_limits)
    arrival = ttp.metadata["napari_dsc"]["arrival_s"]
    np.testing.assert_allclose(before, (arrival - 2, arrival + 20))
    desk.panel.form.ttp_from.value = "bolus arrival"
    desk.compute()
    np.testing.assert_allclose(ttp.contrast_limits, before - arrival)
    desk.compute()
    np.testing.assert_allclose(ttp.contrast_limits, before - arrival)


def test_removing_the_scan_leaves_no_ghost(computed):
    """Neither Compute nor Save nor facts of a scan that is gone."""
    desk = computed
    layer = desk.panel.form.series.value
    desk.viewer.layers.remove(layer)
    assert not desk.panel.form.compute.enabled
    assert not desk.panel.form.save.enabled
    assert "Open a 4-D scan" in desk.panel.status.text()
    assert not desk.panel.curves.plot.isVisible()
    desk.viewer.layers.clear()
    assert "Open a 4-D scan" in desk.panel.status.text()


def test_a_panel_that_is_opened_again_goes_on_where_it_was(computed):
    """Same artery, same maps, one curve dock."""
    desk = computed
    aif, cbf, count = desk.panel.form.artery.value, desk.map("CBF"), len(desk.viewer.layers)
    desk.viewer.window.remove_dock_widget(desk.panel)
    _, desk.panel = desk.viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    desk.wait(lambda: desk.panel.form.compute.enabled)
    assert desk.panel.form.artery.value is aif
    desk.compute()
    assert desk.map("CBF") is cbf
    assert len(desk.viewer.layers) == count
    assert sum("curves" in name for name in desk.viewer.window.dock_widgets) == 1


def test_a_closed_panel_gives_its_memory_back(viewer, scan_file):
    """At once: who goes on at work would have one panel more in memory for each that he opened."""
    window = viewer.window
    panel: Any = weakref.ref(window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")[1])
    viewer.open(scan_file, plugin="napari-dsc")
    wait_until(lambda: panel().form.brain.value is not None and not panel().busy)
    gc.disable()  # as while somebody waits for a result
    try:
        for name in list(window.dock_widgets):
            window.remove_dock_widget(window.dock_widgets[name])
        wait_until(lambda: panel() is None)
    finally:
        gc.enable()


def test_too_few_volumes_are_refused_in_words(desk):
    """A stack with a time axis of one is no scan."""
    desk.viewer.add_image(np.ones((1, 4, 16, 16)), name="short")
    desk.wait(lambda: "at least 20 volumes" in desk.panel.status.text())
    assert not desk.panel.form.compute.enabled


def test_maps_are_saved_although_the_scan_has_moved(desk, scan_file, patient, tmp_path):
    """With the fingerprint of what was read: it needs no file any more."""
    import shutil

    path = shutil.copy(scan_file, tmp_path / "moved.nii.gz")
    shutil.copy(scan_file.with_name("patient.json"), tmp_path / "moved.json")
    desk.open(path)
    draw(desk, patient)
    desk.compute()
    path.unlink()
    desk.panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: "Saved" in desk.panel.status.text())
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["input"]["sha256"] == fingerprint(scan_file)


def test_an_error_is_forgotten_once_it_is_mended(opened, patient):
    """The status line speaks of what is on screen."""
    desk = opened
    compute_with_air(desk)
    assert "inside the brain" in desk.panel.status.text()
    draw(desk, patient)
    desk.wait(lambda: desk.panel.status.text() == "Ready: press Compute.")


def test_the_cursor_reads_every_map(computed):
    """Whatever layer is active: symbol, value and unit."""
    desk = computed
    desk.viewer.canvas.grid.enabled = False
    desk.viewer.fit_to_view()
    z = int(desk.viewer.dims.current_step[1])
    desk.hover((z, 15, 9))
    voxel = (z, 16, 9)
    desk.hover(voxel)
    value = desk.map("CBF").data[voxel]
    desk.wait(lambda: f"CBF {value:.3g} mL/100g/min" in desk.panel.curves.readout.text())
    for symbol in SYMBOLS:
        assert symbol in desk.panel.curves.readout.text()


def test_shift_click_in_three_dimensions_does_nothing(opened):
    """No voxel lies under the cursor there."""
    desk = opened
    z = int(desk.viewer.dims.current_step[1])
    spot = (z, 14, 11)
    desk.panel.form.brain.value.contour = 0  # napari warns that it draws none in 3-D
    desk.viewer.dims.ndisplay = 3
    desk.click(spot, SHIFT)
    assert not desk.panel.form.artery.value.data.any()


def test_the_choice_of_regions_belongs_to_the_scan(desk, scan_file):
    """Going to another scan and back finds them as they were left."""
    first = desk.open(scan_file)
    mine = desk.viewer.add_labels(np.ones(first.data.shape[1:], np.uint8), name="mine")
    desk.panel.form.brain.value = mine
    second = desk.open(scan_file)
    assert desk.panel.form.brain.value is not mine
    desk.panel.form.series.value = first
    assert desk.panel.form.brain.value is mine
    desk.panel.form.series.value = second
    assert desk.panel.form.brain.value is not mine


def test_an_entered_repetition_time_proposes_the_baseline_anew(desk, patient, tmp_path):
    """As if the file had said it; a baseline set by hand stays."""
    path = tmp_path / "bare.nii.gz"
    nib.save(nib.Nifti1Image(patient.series.signal, patient.series.affine), path)
    desk.open(path)
    before = tuple(desk.panel.form.baseline.value)
    desk.panel.form.repetition_time.value = 1.5
    proposed = tuple(desk.panel.form.baseline.value)
    assert proposed[1] < before[1]
    desk.panel.form.baseline.value = (3, 9)
    desk.panel.form.repetition_time.value = 1.0
    assert tuple(desk.panel.form.baseline.value) == (3, 9)


def test_a_layer_in_micrometres_does_not_mislead_the_hand(opened):
    """Beside it the world is in µm; a click still hits its voxel."""
    desk = opened
    layer = desk.panel.form.series.value
    z = int(desk.viewer.dims.current_step[1])
    voxel = (z, 14, 11)
    place = layer.affine.affine_matrix[1:, 1:]
    desk.viewer.add_image(
        np.zeros((2, 2, 2)), affine=place, units=("um",) * 3, name="micro", visible=False
    )
    spot = desk.pixel(voxel)
    assert spot is not None
    world = np.asarray(layer.data_to_world((0, *voxel)))
    factors = [1, 1000, 1000, 1000]
    units = desk.viewer.layers.extent.units
    assert "micro" in str(units[-1])
    from napari_dsc.viewer.scan.scan_layers import open_scan

    assert open_scan(layer).voxel_at((world * factors).tolist(), units) == voxel


def test_the_save_button_asks_where_and_before_it_replaces(
    desk, scan_file, patient, tmp_path, monkeypatch
):
    """Cancelled, saved, not replaced, replaced: by the button, with the answers of a user."""
    from qtpy.QtWidgets import QFileDialog, QMessageBox

    folder, yes, no = [""], QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
    answers: list[QMessageBox.StandardButton] = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: folder[0])
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop())
    desk.open(scan_file)
    assert not desk.panel.form.save.enabled
    draw(desk, patient)
    desk.compute()
    desk.press(desk.panel.form.save)
    assert "Saved" not in desk.panel.status.text()
    folder[0] = str(tmp_path)
    desk.press(desk.panel.form.save)
    desk.wait(lambda: f"Saved {2 * len(STANDARD) + 9} files" in desk.panel.status.text())
    first = (tmp_path / "patient_cbf.nii.gz").read_bytes()
    desk.panel.form.density.value = 1.1
    desk.compute()
    answers.append(no)
    desk.press(desk.panel.form.save)
    assert (tmp_path / "patient_cbf.nii.gz").read_bytes() == first
    answers.append(yes)
    desk.press(desk.panel.form.save)
    desk.wait(lambda: "Saved" in desk.panel.status.text())
    assert (tmp_path / "patient_cbf.nii.gz").read_bytes() != first
    assert not answers


def test_a_window_that_is_not_shown_works_all_the_same(hidden_viewer, qtbot, scan_file, patient):
    """Scripts drive a hidden viewer; the panel listens from its first moment."""
    viewer = hidden_viewer
    _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    layer = viewer.open(scan_file, plugin="napari-dsc")[0]
    qtbot.waitUntil(lambda: panel.form.artery.value is not None)
    assert panel.form.series.value is layer
    qtbot.waitUntil(lambda: panel.form.brain.value is not None)
    shown = to_screen(patient.artery, placement(patient.series.affine))
    panel.form.artery.value.data = shown.astype(np.uint8)
    qtbot.waitUntil(lambda: panel.form.compute.enabled)
    panel.form.compute.native.click()
    qtbot.waitUntil(lambda: "CBF (mL/100g/min)" in viewer.layers)
    qtbot.waitUntil(lambda: not panel.form.cancel.enabled)


def test_a_panel_closed_while_it_looks_leaves_one_artery(desk, scan_file):
    """The next panel goes on with the AIF layer that stands there, and looks again."""
    desk.viewer.open(scan_file, plugin="napari-dsc")
    desk.wait(lambda: "AIF" in desk.viewer.layers)
    desk.viewer.window.remove_dock_widget(desk.panel)
    desk.panel.deleteLater()
    _, desk.panel = desk.viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    desk.wait(lambda: desk.panel.form.brain.value is not None)
    assert desk.panel.form.artery.value is desk.viewer.layers["AIF"]
    assert [one.name for one in desk.viewer.layers].count("AIF") == 1
    assert "AIF [1]" not in desk.viewer.layers
