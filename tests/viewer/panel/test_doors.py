"""The ways in."""

import pytest
from qtpy.QtWidgets import QFileDialog

from napari_dsc.viewer.reading.recent_scans import recent_scans


@pytest.fixture
def answers(monkeypatch):
    """What the dialogs for files are answered, in order."""
    given: list[str] = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (given.pop(0), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: given.pop(0))
    return given


def test_a_file_is_asked_for_and_opened(desk, scan_file, answers, state_folder):
    state_folder.mkdir(exist_ok=True)
    answers.append(str(scan_file))
    desk.panel.doors.ask_file()
    desk.wait(lambda: desk.panel.form.propose.enabled)
    assert desk.panel.scan.layer.name == "patient"
    assert recent_scans() == [scan_file.absolute()]


def test_nothing_is_opened_where_nothing_is_chosen(desk, answers):
    answers += ["", ""]
    desk.panel.doors.ask_file()
    desk.panel.doors.ask_folder()
    assert not desk.viewer.layers


def test_what_is_no_scan_is_refused_in_words(desk, answers, tmp_path):
    (tmp_path / "empty").mkdir()
    answers.append(str(tmp_path / "empty"))
    desk.panel.doors.ask_folder()
    desk.wait(lambda: "empty" in desk.panel.status.text())
    assert not desk.viewer.layers


def test_a_record_is_opened_with_its_scan(computed_anew, scan_file, answers, tmp_path):
    desk = computed_anew
    panel = desk.panel
    panel.form.svd_threshold.value = 0.15
    desk.compute()
    panel.results.save_to(tmp_path / "maps")
    desk.wait(lambda: "Saved" in panel.status.text())
    desk.is_used_up = True
    panel.form.svd_threshold.value = 0.2
    desk.viewer.canvas.grid.enabled = False
    desk.viewer.layers.clear()
    desk.wait(lambda: panel.scan is None)
    assert panel.form.open_record.enabled
    answers += [str(tmp_path / "maps" / "record.json"), str(scan_file)]
    panel.doors.ask_record()
    desk.wait(lambda: "as it was when these maps were saved" in panel.status.text())
    assert panel.form.svd_threshold.value == pytest.approx(0.15)


def test_a_record_without_its_scan_says_so(desk, answers, tmp_path):
    answers += [str(tmp_path / "record.json"), ""]
    desk.panel.doors.ask_record()
    desk.wait(lambda: "needs its scan" in desk.panel.status.text())
