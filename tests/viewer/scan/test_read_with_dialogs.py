"""Scans that ask something, DICOM in the viewer, and records that set everything up again."""

import json
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from qtpy.QtWidgets import QApplication, QFileDialog, QInputDialog, QMessageBox

from napari_dsc import delta_r2_star, phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.quantities import STANDARD
from napari_dsc.io.nifti import write_series
from napari_dsc.io.read_record import read_record
from napari_dsc.viewer.layers import to_screen
from tests.io.dicom_maker import classic
from tests.io.dicom_vendors import Truth, ge


@pytest.fixture
def computed(computed):
    """Maps that are not those of the form as it comes."""
    desk = computed
    desk.panel.form.method.value = "cSVD"
    desk.panel.form.density.value = 1.06
    desk.panel.form.first_pass.value = (4, 40)
    desk.compute()
    return desk


def saved(desk, folder):
    desk.panel.results.save_to(folder)
    desk.wait(lambda: "Saved" in desk.panel.status.text())
    return folder / "record.json"


def test_a_record_sets_everything_up_again(computed, scan_file, tmp_path, monkeypatch):
    """By its button; the same maps come out, whatever was set meanwhile."""
    desk, panel = computed, computed.panel
    before = np.array(desk.map("CBF").data)
    path = saved(desk, tmp_path / "out")
    desk.viewer.layers.clear()
    desk.wait(lambda: panel.scan is None)
    desk.open(scan_file)
    panel.form.method.value = "Tikhonov"
    panel.form.density.value = 1.0
    panel.form.echo_time.value = 0.05
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), ""))
    desk.press(panel.form.open_record)
    desk.wait(lambda: panel.form.method.value == "cSVD")
    assert panel.form.density.value == pytest.approx(1.06)
    assert tuple(panel.form.first_pass.value) == (4, 40)
    assert panel.form.echo_time.value == pytest.approx(0.03)
    record = read_record(path)
    assert isinstance(record.artery, np.ndarray)
    assert desk.file_voxels(panel.form.artery.value) == {
        tuple(map(int, at)) for at in np.argwhere(record.artery)
    }
    desk.compute()
    np.testing.assert_array_equal(desk.map("CBF").data, before)
    panel.form.method.value = "Tikhonov"
    assert desk.viewer.open(path, plugin="napari-dsc") == []  # as a drop does
    assert panel.form.method.value == "cSVD"


def test_a_record_of_a_curve_and_a_vein_comes_back(computed, tmp_path):
    """An AIF without voxels, scaled to a VOF."""
    desk, panel = computed, computed.panel
    panel.keeping.save_to(tmp_path / "curve.csv")
    panel.keeping.load_from(tmp_path / "curve.csv")
    desk.press(panel.form.propose_vof)
    desk.wait(lambda: not panel.busy and panel.form.vein.value is not None)
    vein = desk.file_voxels(panel.form.vein.value)
    panel.form.rescale.value = True
    desk.compute()
    before = np.array(desk.map("CBF").data)
    path = saved(desk, tmp_path / "out")
    panel.form.rescale.value = False
    panel.results.open_from(path)
    assert desk.file_voxels(panel.form.vein.value) == vein
    desk.wait(lambda: panel.form.compute.enabled)
    desk.compute()
    np.testing.assert_allclose(desk.map("CBF").data, before, rtol=1e-6)


def test_a_record_of_another_scan_changes_nothing(computed, patient, tmp_path):
    desk, panel = computed, computed.panel
    path = saved(desk, tmp_path / "out")
    signal = patient.series.signal.copy()
    signal[0, 0, 0] += 1
    write_series(tmp_path / "twin.nii.gz", replace(patient.series, signal=signal))
    desk.open(tmp_path / "twin.nii.gz")
    panel.form.method.value = "oSVD"
    layers = list(desk.viewer.layers)
    panel.results.open_from(path)
    assert "must be the one that the record was made from" in panel.status.text()
    assert panel.form.method.value == "oSVD"
    assert list(desk.viewer.layers) == layers


def test_the_methods_are_copied(computed, tmp_path):
    """What was done, as it stands beside saved maps."""
    desk, panel = computed, computed.panel
    desk.press(panel.form.copy_methods)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    words = clipboard.text()
    assert "block-circulant singular value decomposition" in words
    saved(desk, tmp_path)
    assert (tmp_path / "patient_methods.md").read_text().strip() == words.strip()


def test_curves_that_rise_are_asked_about(desk, patient, tmp_path):
    """Nothing is computed until somebody says what they are."""
    curves = delta_r2_star(patient.series.signal, patient.series.echo_time, slice(2, 10))
    curves = np.where(np.isfinite(curves), curves, 0).astype(np.float32)
    curves[~patient.brain] = 0  # as such files are: masked
    path = tmp_path / "computed.nii.gz"
    write_series(path, replace(patient.series, signal=curves, echo_time=None))
    desk.open(path)
    panel = desk.panel
    panel.form.artery.value.data = np.zeros_like(panel.form.artery.value.data)
    assert not panel.form.compute.enabled
    desk.wait(lambda: panel.form.confirm.visible)
    assert "rises at the bolus" in panel.status.text()
    panel.form.quantity.value = "delta R2*"
    desk.wait(lambda: panel.scan.facts.proposed and not panel.form.confirm.visible)
    assert not panel.form.echo_time.enabled
    desk.draw(patient)
    desk.compute()
    stands = np.isfinite(desk.map("CBF").data)
    assert stands.any()
    record = json.loads(saved(desk, tmp_path / "out").read_text())
    assert record["input"]["quantity"] == "delta R2*"
    assert record["input"]["echo_time_s"] is None
    panel.form.quantity.value = "signal"
    desk.wait(lambda: panel.form.confirm.visible)


def test_fault_16_without_a_bolus_somebody_has_to_look(desk, patient, tmp_path):
    """Then it is computed, no voxel has an answer, and each is told why."""
    rng = np.random.default_rng(0)
    still = np.where(patient.brain[..., None], 1000, 50) + rng.normal(0, 8, (32, 32, 4, 60))
    one = np.zeros_like(patient.artery)
    one[tuple(np.argwhere(patient.artery)[0])] = True
    still[one, 20:26] = 200  # a single voxel is no bolus of the brain
    path = tmp_path / "still.nii.gz"
    write_series(path, replace(patient.series, signal=still.astype(np.float32)))
    desk.open(path)
    panel = desk.panel
    panel.form.artery.value.data = to_screen(one, panel.scan.place).astype("uint8")
    desk.wait(lambda: panel.form.confirm.visible)
    assert "No bolus was found" in panel.status.text()
    assert not panel.form.compute.enabled
    desk.press(panel.form.confirm)
    desk.wait(lambda: not panel.form.confirm.visible)
    assert "No bolus" not in panel.status.text()
    desk.compute()
    assert " 0% accepted." in panel.status.text()
    record = saved(desk, tmp_path / "out")
    desk.viewer.layers.clear()
    desk.wait(lambda: panel.scan is None)
    desk.open(path)
    desk.wait(lambda: panel.form.confirm.visible)
    panel.results.open_from(record)  # it was checked when these maps were made
    assert not panel.form.confirm.visible


def test_fault_40_of_two_boluses_one_is_chosen_on_the_form(desk, patient, tmp_path):
    """What lies behind it, and a blank volume, are shaded in the curves and stand in the record."""
    first, second = (patient.series.signal[..., 2:].astype(float) for _ in range(2))
    level = np.maximum(first[..., :8].mean(-1, keepdims=True), 1)
    preload = level * (np.maximum(first[..., :48], 1) / level) ** 0.5
    both = np.concatenate([preload, second], -1)
    both[..., 4] = 0
    time = 1.5 * np.arange(both.shape[-1])
    path = tmp_path / "preload.nii.gz"
    write_series(path, replace(patient.series, signal=both.astype(np.int16), time=time))
    desk.open(path)
    panel = desk.panel
    panel.form.artery.value.data = to_screen(patient.artery, panel.scan.place).astype("uint8")
    desk.wait(lambda: "passages of a bolus" in panel.status.text())
    assert panel.form.bolus.visible
    seen = panel.curves.brain.yData  # both passages, to choose from
    assert np.isfinite(seen[10:40]).all()
    assert not panel.form.compute.enabled
    panel.form.bolus.value = panel.form.bolus.choices[1]  # the first after "none"
    desk.wait(lambda: panel.form.compute.enabled)
    assert panel.scan.facts.left_out[0] == 4
    bands = [band.getRegion() for band in panel.curves.left_out]
    assert len(bands) == 2
    desk.compute()
    record = json.loads(saved(desk, tmp_path / "out").read_text())
    left_out = record["input"]["left_out_volumes"]
    assert left_out[0] == 4
    assert left_out[-1] == both.shape[-1] - 1
    grey = to_screen(patient.tissue == 2, panel.scan.place)
    early = float(np.nanmedian(desk.map("CBV").data[grey]))
    panel.form.bolus.value = panel.form.bolus.choices[2]
    desk.wait(lambda: panel.scan.facts.left_out == (4,) and panel.form.compute.enabled)
    desk.compute()
    late = float(np.nanmedian(desk.map("CBV").data[grey]))
    assert early == pytest.approx(6.2, rel=0.07)
    assert late == pytest.approx(6.2, rel=0.07)


def test_a_choice_is_asked_for_and_can_be_declined(desk, patient, tmp_path, monkeypatch):
    """Two echoes in one file."""
    both = np.stack([patient.series.signal, patient.series.signal // 2], 4)
    path = tmp_path / "two.nii.gz"
    import nibabel as nib

    nib.save(nib.Nifti1Image(both, patient.series.affine), path)
    asked = []

    def answer(_parent, _title, question, items, *_):
        asked.append(question)
        return items[1], len(asked) > 1

    monkeypatch.setattr(QInputDialog, "getItem", answer)
    assert desk.viewer.open(path, plugin="napari-dsc") == []
    layer = desk.open(path)
    assert "2 echoes" in asked[1]
    np.testing.assert_array_equal(layer.data, np.transpose(both[..., 1], (3, 2, 1, 0))[:, :, :, :])


def test_fault_129_how_numbers_of_images_run_is_asked_in_a_list(desk, tmp_path, monkeypatch):
    """Of a scan that nothing but numbers puts in order."""
    ge(tmp_path / "scan", Truth(n_slices=2), clocks="none", temporal=False)
    asked = []

    def answer(_parent, _title, question, items, *_):
        asked.append((question, items))
        return items[0], True

    monkeypatch.setattr(QInputDialog, "getItem", answer)
    layer = desk.open(tmp_path / "scan")
    ((question, items),) = asked
    assert "numbers of the images" in question
    assert "lowest numbers was measured first" in items[0]
    assert layer.data.shape[:2] == (20, 2)


def test_a_folder_of_dicom_opens_as_a_scan(desk, patient, tmp_path):
    """And is known again by its files, whatever they are called."""
    classic(tmp_path / "scan", patient.series, shuffled=True)
    layer = desk.open(tmp_path / "scan")
    assert layer.data.shape == (60, 4, 32, 32)
    panel = desk.panel
    assert panel.form.repetition_time.value == pytest.approx(1.5)
    panel.form.artery.value.data_setitem((np.array([1]), np.array([16]), np.array([9])), 1)
    desk.wait(lambda: panel.form.compute.enabled)
    desk.compute()
    record = json.loads(saved(desk, tmp_path / "out").read_text())
    assert len(record["input"]["sha256"]) == 64
    assert "ZZCANARY" not in json.dumps(record)


def test_maps_go_back_into_their_dicom_study(desk, patient, tmp_path, monkeypatch):
    """By the button: the kind is chosen, the folder is asked for, what stands is not replaced."""
    classic(tmp_path / "scan", patient.series)
    desk.open(tmp_path / "scan")
    panel = desk.panel
    desk.draw(patient)
    desk.compute()
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(QInputDialog, "getItem", lambda *words: (words[3][0], True))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(out))
    desk.press(panel.form.save_dicom)
    desk.wait(lambda: f"Saved {4 * len(STANDARD)} files" in panel.status.text(), timeout=20_000)
    data = pydicom.dcmread(out / "cbf_0001.dcm")
    assert str(data.PatientName) == "ZZCANARY^NAME"
    assert "RESEARCH" in data.SeriesDescription.upper()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.No)
    before = (out / "cbf_0001.dcm").read_bytes()
    desk.press(panel.form.save_dicom)
    assert (out / "cbf_0001.dcm").read_bytes() == before


def test_a_scan_from_elsewhere_has_no_dicom_to_go_to(computed):
    assert not computed.panel.form.save_dicom.enabled
    assert not computed.panel.form.slice_timing.enabled


def test_slice_times_are_corrected_unless_switched_off(desk, tmp_path):
    """The sidecar tells them; the lens reads what the maps say, both ways."""
    times = np.array([0.0, 0.75, 0.375, 1.125])
    late = phantom((32, 32, 4), slice_times=times.tolist(), seed=1)
    path = tmp_path / "late.nii.gz"
    write_series(path, late.series)
    sidecar = path.with_name("late.json")
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), "SliceTiming": list(times)}))
    desk.open(path)
    panel = desk.panel
    assert panel.form.slice_timing.enabled
    desk.draw(late)
    panel.form.method.value = "cSVD"
    delays, z = [], 3  # measured last
    tissue = to_screen(late.tissue == Tissue.GREY, panel.scan.place)[z]
    for corrected in (True, False):
        panel.form.slice_timing.value = corrected
        desk.wait(lambda: panel.form.compute.enabled)
        desk.compute()
        delays.append(float(np.nanmedian(desk.map("Delay").data[z][tissue])))
        voxel = (z, *(int(at) for at in np.argwhere(tissue)[40]))
        shown = desk.map("Tmax").data[voxel]
        assert panel.scan.look_at(voxel).tmax == pytest.approx(shown, abs=1e-3)
        record = json.loads(saved(desk, tmp_path / f"out{corrected}").read_text())
        assert record["settings"]["slice_timing"] == corrected
    # Against an artery that lies in all slices: 0.5625 s on average.
    assert delays[0] - delays[1] == pytest.approx(1.125 - 0.5625, abs=0.25)
