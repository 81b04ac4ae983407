"""Dialogs for files: where they begin, and what they do not replace unasked."""

import pytest
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dsc.viewer.file_dialogs import Start, ask_file, ask_folder, ask_new_file
from napari_dsc.viewer.review.report_dialog import Choice, ReportDialog

KINDS = "AIF (*.json);;Curve (*.csv *.txt)"


@pytest.fixture
def begun(monkeypatch):
    """Where each dialog began; what it is answered, in order."""
    seen: list[str] = []
    answers: list[str] = []

    def name(_parent, _title, start, _kinds):
        seen.append(start)
        return answers.pop(0), "Curve (*.csv *.txt)"

    def folder(_parent, _title, start):
        seen.append(start)
        return answers.pop(0)

    monkeypatch.setattr(QFileDialog, "getOpenFileName", name)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", name)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", folder)
    monkeypatch.setattr(Start, "_folder", "")
    return seen, answers


def test_fault_449_a_dialog_begins_where_the_last_one_ended(begun, tmp_path):
    seen, answers = begun
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    answers += [str(here / "a.json"), "", str(there), str(here / "b.csv"), ""]
    assert ask_file(None, "Open", KINDS) == here / "a.json"
    assert ask_new_file(None, "Save", "c.json", KINDS) is None
    assert ask_folder(None, "Folder") == there
    assert ask_new_file(None, "Save", "c.json", KINDS) == here / "b.csv"
    assert ask_folder(None, "Folder") is None
    assert seen == ["", str(here / "c.json"), str(here), str(there / "c.json"), str(here)]


def test_fault_449_a_folder_that_has_gone_is_no_beginning(begun, tmp_path):
    seen, answers = begun
    Start.inside(tmp_path / "gone")
    answers.append("")
    assert ask_folder(None, "Folder") is None
    assert seen == [""]


def test_fault_449_results_lie_beside_the_scan_at_first(desk, scan_file, begun, qtbot):
    """Also those of a scan that came by napari's own menu."""
    seen, answers = begun
    desk.open(scan_file)
    desk.wait(lambda: desk.panel.form.propose.enabled)
    answers.append("")
    desk.panel.doors.ask_file()
    assert seen == [str(scan_file.parent)]
    dialog = ReportDialog(desk.panel, "report.pdf", Choice(paper="A4"), sided=True, dicom=False)
    qtbot.addWidget(dialog)
    assert dialog.directory().path() == str(scan_file.parent)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("a.json", "a.json"),
        ("a.TXT", "a.TXT"),
        ("a", "a.csv"),
        ("patient.7", "patient.7.csv"),
    ],
)
def test_fault_450_a_name_gets_the_ending_of_its_kind(begun, tmp_path, typed, written):
    _, answers = begun
    answers.append(str(tmp_path / typed))
    assert ask_new_file(None, "Save", "", KINDS) == tmp_path / written


@pytest.mark.parametrize("answer", [QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No])
def test_fault_450_nothing_is_replaced_that_nobody_was_asked_about(
    begun, tmp_path, monkeypatch, answer
):
    """The dialog asked about "a", and "a.csv" is what would be replaced."""
    _, answers = begun
    (tmp_path / "a.csv").write_text("kept")
    asked: list[str] = []

    def question(_parent, _title, words):
        asked.append(words)
        return answer

    monkeypatch.setattr(QMessageBox, "question", question)
    answers.append(str(tmp_path / "a"))
    path = ask_new_file(None, "Save", "", KINDS)
    assert asked == ["Replace a.csv?"]
    assert (path is not None) == (answer == QMessageBox.StandardButton.Yes)
