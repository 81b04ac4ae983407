"""AIFs that are saved and loaded, and what was painted before the program ended."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from napari.qt.threading import WorkerBase
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.reading.choices import FILE


@pytest.fixture
def drawn(opened, patient):
    """The true artery, in the window that the scenes share."""
    opened.draw(patient)
    return opened


@pytest.fixture
def drawn_alone(desk, scan_file, patient):
    """The true artery, in a window and with a folder of painted things of the scene's own."""
    desk.open(scan_file)
    desk.draw(patient)
    return desk


def test_what_was_saved_is_loaded_again(drawn, tmp_path, monkeypatch):
    """Voxel for voxel, on a layer of its own, by the buttons."""
    desk, panel = drawn, drawn.panel
    path = tmp_path / "mine.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), "JSON"))
    desk.press(panel.form.save_aif)
    desk.wait(path.is_file)
    first = panel.form.artery.value
    kept = json.loads(path.read_text())
    assert len(kept["verdicts"]) == len(kept["voxels"]) == len(desk.file_voxels(first))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), ""))
    desk.press(panel.form.load_aif)
    second = panel.form.artery.value
    assert second is not first
    assert second.name == "mine"
    assert desk.file_voxels(second) == desk.file_voxels(first)


def test_a_curve_is_saved_and_taken_as_the_aif(drawn, tmp_path):
    """The maps under the loaded curve are those under the voxels it came from."""
    desk, panel = drawn, drawn.panel
    panel.form.method.value = "cSVD"
    desk.compute()
    before = np.array(desk.map("CBF").data)
    panel.keeping.save_to(tmp_path / "curve.csv")
    panel.keeping.load_from(tmp_path / "curve.csv")
    assert not desk.file_voxels(panel.form.artery.value)
    desk.wait(lambda: panel.form.compute.enabled)
    desk.compute()
    stands = np.isfinite(before)
    np.testing.assert_allclose(desk.map("CBF").data[stands], before[stands], rtol=1e-3)


def test_an_aif_of_another_scan_is_refused_and_its_curve_offered(
    drawn, patient, tmp_path, monkeypatch
):
    desk, panel = drawn, drawn.panel
    panel.keeping.save_to(tmp_path / "other.json")
    signal_ = patient.series.signal.copy()
    signal_[0, 0, 0] += 1
    path = tmp_path / "twin.nii.gz"
    write_series(path, replace(patient.series, signal=signal_))
    desk.open(path)
    asked = []

    def answer(*words):
        asked.append(words[2])
        return QMessageBox.StandardButton.Yes if len(asked) > 1 else QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", answer)
    layer = panel.form.artery.value
    panel.keeping.load_from(tmp_path / "other.json")
    assert "another scan" in asked[0]
    assert panel.form.artery.value is layer
    assert "another scan" in panel.status.text()
    panel.keeping.load_from(tmp_path / "other.json")
    assert panel.form.artery.value is not layer
    desk.wait(lambda: panel.form.compute.enabled)


@pytest.mark.parametrize(
    "text", ["", "a,b,c\n1,2,3\n", "{}", "0 1\n1 2\n"], ids=["empty", "words", "{}", "short"]
)
def test_what_is_no_aif_is_refused_in_words(drawn, tmp_path, text):
    layers = list(drawn.viewer.layers)
    for name in ("x.json", "x.csv"):
        path = tmp_path / name
        path.write_text(text)
        layer = drawn.panel.form.artery.value
        drawn.panel.keeping.load_from(path)
        assert drawn.panel.form.artery.value is layer
        assert name in drawn.panel.status.text() or "must" in drawn.panel.status.text()
    assert list(drawn.viewer.layers) == layers


PAINT = """
import sys, time
import napari, numpy as np
from qtpy.QtWidgets import QApplication
path = sys.argv[1]
viewer = napari.Viewer()
_, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
viewer.open(path, plugin="napari-dsc")
def wait(condition):
    end = time.time() + 60
    while not condition() and time.time() < end:
        QApplication.processEvents()
        time.sleep(0.01)
    assert condition()
wait(lambda: panel.form.brain.value is not None and panel.scan.facts.fingerprint is not None)
panel.form.artery.value.data_setitem((np.array([1, 1]), np.array([9, 10]), np.array([12, 12])), 1)
print("painted", flush=True)
napari.run()
"""


def copies(folder) -> list[Path]:
    """Automatic copies in a folder of the state; what was chosen for the window is none."""
    return [one for one in folder.rglob("[!.]*.json") if one.name != FILE]


def voxels_kept(path) -> int:
    """Voxels of the AIF in an automatic copy, where every second run is marked."""
    masks = json.loads(path.read_text())["masks"]
    return sum(masks.get("AIF", [])[1::2])


def wait_for_a_copy(desk, state_folder) -> Path:
    """Wait until what is drawn now is on the disk; the first copy may be of a moment before."""
    drawn = len(desk.file_voxels(desk.panel.form.artery.value))
    desk.wait(lambda: any(voxels_kept(one) == drawn for one in copies(state_folder)))
    (kept,) = copies(state_folder)
    return kept


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
def test_fault_29_what_was_painted_survives_a_kill(desk, scan_file, state_folder):
    """It is on the disk soon, and is offered when the scan is opened again."""
    words = [sys.executable, "-c", PAINT, str(scan_file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline().strip() == "painted"
            kept = partial(copies, state_folder)
            desk.wait(lambda: any(map(voxels_kept, kept())))
        finally:
            program.send_signal(signal.SIGKILL)
    assert copies(state_folder)
    desk.open(scan_file)
    panel = desk.panel
    desk.wait(lambda: panel.form.restore.visible)
    assert "AIF 2" in panel.form.restore.tooltip
    desk.press(panel.form.restore)
    expected = {panel.scan.file_index(at) for at in ((1, 9, 12), (1, 10, 12))}
    desk.wait(lambda: desk.file_voxels(panel.form.artery.value) == expected)
    assert not panel.form.restore.visible


def test_fault_29_a_damaged_autosave_is_set_aside(desk, scan_file, patient, state_folder):
    """Never fatal, and said."""
    desk.open(scan_file)
    desk.wait(lambda: desk.panel.scan.facts.fingerprint is not None)
    desk.draw(patient)
    wait_for_a_copy(desk, state_folder)
    desk.viewer.layers.clear()
    desk.wait(lambda: desk.panel.scan is None)
    WorkerBase.await_workers(5000)  # nothing is kept any more
    (kept,) = copies(state_folder)
    kept.write_bytes(b'{"record": "nonsense"')
    desk.open(scan_file)
    desk.wait(lambda: any(state_folder.rglob("*.bad")))
    desk.wait(lambda: "damaged" in desk.panel.status.text())
    assert not desk.panel.form.restore.visible


def test_nothing_is_offered_that_is_on_screen_already(drawn_alone, state_folder):
    """The same voxels again are no news."""
    desk = drawn_alone
    wait_for_a_copy(desk, state_folder)
    assert not desk.panel.form.restore.visible


def cbf_under_the_curve(desk, path, monkeypatch):
    """CBF with the curve of a file as the AIF, accepted if it is another scan's."""
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: yes)
    desk.panel.keeping.load_from(path)
    desk.wait(lambda: desk.panel.form.compute.enabled)
    desk.compute()
    return np.array(desk.map("CBF").data)


def test_a_curve_scaled_by_te_is_taken_in_its_unit(desk, scan_file, patient, tmp_path, monkeypatch):
    """Saved while TE was unknown, taken where it is known: the maps are those of its voxels."""
    signal_ = patient.series.signal.copy()
    signal_[0, 0, 0] += 1
    path = tmp_path / "no_te.nii.gz"
    write_series(path, replace(patient.series, signal=signal_, echo_time=None))
    desk.open(path)
    desk.draw(patient)
    desk.panel.keeping.save_to(tmp_path / "scaled.json")
    assert json.loads((tmp_path / "scaled.json").read_text())["curve_unit"] != "1/s"
    desk.open(scan_file)
    desk.draw(patient)
    desk.panel.form.method.value = "cSVD"
    desk.compute()
    before = np.array(desk.map("CBF").data)
    after = cbf_under_the_curve(desk, tmp_path / "scaled.json", monkeypatch)
    stands = np.isfinite(before)
    np.testing.assert_allclose(after[stands], before[stands], rtol=1e-3)


def test_a_curve_in_1_s_asks_for_the_echo_time(drawn, patient, tmp_path):
    """It cannot be brought to the scale of a scan whose TE is unknown."""
    desk, panel = drawn, drawn.panel
    panel.keeping.save_to(tmp_path / "curve.csv")
    path = tmp_path / "no_te.nii.gz"
    write_series(path, replace(patient.series, echo_time=None))
    desk.open(path)
    panel.keeping.load_from(tmp_path / "curve.csv")
    desk.wait(lambda: "echo time TE" in panel.status.text())
    assert not panel.form.compute.enabled
    panel.form.echo_time.value = patient.series.echo_time
    desk.wait(lambda: panel.form.compute.enabled)


def test_an_offer_that_was_not_taken_is_not_lost(drawn_alone, scan_file, state_folder):
    """What is painted now is kept beside what was painted then; both are offered."""
    desk = drawn_alone
    expected = desk.file_voxels(desk.panel.form.artery.value)
    kept = wait_for_a_copy(desk, state_folder)
    desk.viewer.layers.clear()
    desk.wait(lambda: desk.panel.scan is None)
    desk.open(scan_file)
    desk.wait(lambda: desk.panel.form.restore.visible)
    desk.panel.form.artery.value.data_setitem((np.array([1]), np.array([9]), np.array([12])), 1)
    new = desk.file_voxels(desk.panel.form.artery.value)
    # Every second run is marked: one voxel now; what was saved before it was painted has others.
    desk.wait(lambda: voxels_kept(kept) == 1)
    desk.viewer.layers.clear()
    desk.wait(lambda: desk.panel.scan is None)
    desk.open(scan_file)
    desk.wait(lambda: desk.panel.form.restore.visible)
    desk.press(desk.panel.form.restore)
    found = [desk.file_voxels(one) for one in desk.viewer.layers if one.name.startswith("AIF")]
    assert expected in found
    assert new in found


def test_fault_302_a_saved_curve_is_as_it_was_measured(drawn, tmp_path):
    """Loaded again under the same fit and shift it makes the same AIF, not one shifted twice."""
    desk, panel = drawn, drawn.panel
    panel.form.aif_shift.value, panel.form.aif_gamma_variate.value = 1.5, True
    desk.wait(lambda: "AIF (gamma variate, shifted by 1.5 s)" in panel.curves.legend.names)
    used = np.array(panel.curves.mean.yData)
    panel.keeping.save_to(tmp_path / "curve.csv")
    assert "as it was measured" in panel.status.text()
    panel.keeping.load_from(tmp_path / "curve.csv")
    desk.wait(lambda: any("a loaded curve" in one for one in panel.curves.legend.names))
    known = np.isfinite(used)
    desk.wait(lambda: np.isfinite(panel.curves.mean.yData).sum() == known.sum())
    np.testing.assert_allclose(
        panel.curves.mean.yData[known], used[known], atol=2e-3 * np.nanmax(used)
    )
