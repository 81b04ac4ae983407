"""Motion correction, from the button to a scan of its own and its curves of shifts."""

import json
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_dsc.cli import main
from napari_dsc.io.methods_text import methods_paragraph
from napari_dsc.io.nifti import write_series


@pytest.fixture
def shaken(desk, patient, tmp_path):
    """The digital patient, whose head lies a voxel of 7 mm further in some volumes."""
    signal = patient.series.signal.copy()
    for volume in (20, 21, 40):
        signal[..., volume] = np.roll(signal[..., volume], 1, axis=0)
    path = tmp_path / "shaken.nii.gz"
    write_series(path, replace(patient.series, signal=signal))
    desk.open(path)
    desk.press(desk.panel.form.correct_motion)
    QApplication.processEvents()
    return desk


def test_motion_is_corrected_into_a_scan_of_its_own(shaken, patient):
    """The scan before stays; the shifts are drawn, and said; the new one is at hand."""
    desk, panel = shaken, shaken.panel
    before, page = panel.form.series.value, panel.workshop.motion
    assert panel.workshop.tabs.currentWidget() is page
    assert not page.shifts.isVisible()
    desk.press(page.start)
    desk.wait(lambda: panel.form.series.value is not before)
    assert panel.form.series.value.name == "shaken, motion corrected"
    assert before in desk.viewer.layers
    step = abs(patient.series.affine[0, 0])
    drawn = page.lines[0].yData
    np.testing.assert_allclose(np.abs(drawn[[20, 21, 40]]), step, atol=0.3 * step)
    assert np.abs(np.delete(drawn, [20, 21, 40])).max() < 0.3 * step
    assert "3 of 60 volumes were moved back" in page.note.text()
    assert page.shifts.isVisible()
    desk.wait(lambda: panel.form.brain.value is not None and panel.scan.facts.proposed)
    assert "Motion corrected" in panel.form.facts.text()
    moved = panel.scan.facts.series.signal[..., 20]
    inside = np.isfinite(moved) & patient.brain
    still = patient.series.signal[..., 20].astype(float)
    shifted = np.roll(still, 1, axis=0)
    assert np.abs(moved - still)[inside].mean() < 0.6 * np.abs(shifted - still)[inside].mean()


def test_correcting_can_be_stopped(shaken):
    desk, panel = shaken, shaken.panel
    layers = list(desk.viewer.layers)
    desk.press(panel.workshop.motion.start)
    desk.wait(lambda: panel.form.cancel.enabled)
    desk.press(panel.form.cancel)
    desk.wait(lambda: not panel.busy)
    assert "Stopped" in panel.workshop.motion.note.text()
    assert list(desk.viewer.layers) == layers


def test_maps_of_a_corrected_scan_come_back_from_their_record(shaken, tmp_path, patient):
    """Replayed to the byte without a screen; opened in the viewer, the scan is corrected first."""
    desk, panel = shaken, shaken.panel
    before = panel.form.series.value
    desk.press(panel.workshop.motion.start)
    desk.wait(lambda: panel.form.series.value is not before)
    desk.wait(lambda: panel.form.brain.value is not None and panel.scan.facts.proposed)
    corrected = panel.scan
    desk.draw(patient)
    desk.compute()
    panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: not panel.busy)
    record = next((tmp_path / "out").glob("record.json"))
    main(["replay", str(record), str(tmp_path / "shaken.nii.gz"), "--out", str(tmp_path / "again")])
    for path in (tmp_path / "out").glob("*.nii.gz"):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
    assert "aligned rigidly" in methods_paragraph(json.loads(record.read_text()))
    painted = panel.form.artery.value.data.copy()
    desk.viewer.layers.remove(corrected.layer)
    desk.wait(lambda: panel.form.series.value is before)
    panel.results.open_from(record)
    desk.wait(lambda: "Everything is as it was" in panel.status.text())
    assert panel.scan.layer is not before
    np.testing.assert_array_equal(panel.scan.facts.series.moves, corrected.facts.series.moves)
    np.testing.assert_array_equal(panel.scan.facts.series.signal, corrected.facts.series.signal)
    np.testing.assert_array_equal(panel.form.artery.value.data > 0, painted > 0)
