"""The dialog of a report: where to, and what stands on it, in one window."""

import pytest
from qtpy.QtCore import QLocale
from qtpy.QtPdf import QPdfDocument
from qtpy.QtWidgets import QDialogButtonBox, QMessageBox

from napari_dsc.viewer.review.report_dialog import Choice, ReportDialog, usual_paper
from tests.viewer.report_answers import answer_report


def words_of(path) -> tuple[str, float]:
    """Words of a PDF, and the height of its first page in pt."""
    document = QPdfDocument(None)
    document.load(str(path))
    words = " ".join(document.getAllText(at).text() for at in range(document.pageCount()))
    height = document.pagePointSize(0).height()
    document.close()
    return " ".join(words.split()), height


def ask(desk, path, choose=None):
    """Press the button, answer, and wait for the file."""
    answer_report(lambda: desk.press(desk.panel.room.bar.report), path, choose)
    desk.wait(lambda: not desk.panel.busy and path.is_file())


def test_fault_255_paper_planes_and_name_are_chosen_where_the_file_is(computed, tmp_path):
    """What is chosen stands on it; what is not does not."""
    desk, name = computed, computed.panel.scan.layer.name

    def choose(dialog):
        assert dialog.paper.isVisible()
        dialog.paper.setCurrentText("Letter")
        dialog.planes["coronal"].setChecked(True)
        dialog.named.setChecked(False)

    ask(desk, tmp_path / "first.pdf", choose)
    words, height = words_of(tmp_path / "first.pdf")
    assert height == pytest.approx(792, abs=1)
    assert "Coronal pictures" in words
    assert "Sagittal pictures" not in words
    assert "Scan: " not in words
    assert "Analysis: " not in words
    shown = []

    def again(dialog):
        shown.append(dialog.choice)  # as it was chosen last
        dialog.paper.setCurrentText("A4")
        dialog.planes["coronal"].setChecked(False)
        dialog.named.setChecked(True)

    ask(desk, tmp_path / "second.pdf", again)
    assert shown == [Choice(paper="Letter", planes=("coronal",), named=False)]
    words, height = words_of(tmp_path / "second.pdf")
    assert height == pytest.approx(842, abs=1)
    assert f"Scan: {name}; Analysis: {desk.panel.scan.results.day}" in words
    assert "Coronal pictures" not in words


def test_the_report_is_read_as_the_screen_is(computed, tmp_path):
    """A tumour from its blood volume; Tmax evenly coloured where it is so on screen."""
    desk, layers = computed, computed.panel.scan.layers
    before = layers.reading_key
    layers.read_for("tumour")
    ask(desk, tmp_path / "tumour.pdf")
    words, _ = words_of(tmp_path / "tumour.pdf")
    assert words.index("CBV: ") < words.index("Tmax: ")
    assert "Tmax in steps" not in words
    layers.read_for(before)
    ask(desk, tmp_path / "stroke.pdf")
    words, _ = words_of(tmp_path / "stroke.pdf")
    assert words.index("Tmax: ") < words.index("CBV: ")
    assert "Tmax in steps" in words


def test_a_name_without_an_ending_gets_that_of_the_kind(computed, tmp_path):
    desk = computed

    def html(dialog):
        dialog.selectNameFilter("Web page (*.html)")
        dialog.filterSelected.emit("Web page (*.html)")

    answer_report(lambda: desk.press(desk.panel.room.bar.report), tmp_path / "page", html)
    desk.wait(lambda: not desk.panel.busy and (tmp_path / "page.html").is_file())
    answer_report(lambda: desk.press(desk.panel.room.bar.report), tmp_path / "page")
    desk.wait(lambda: not desk.panel.busy and (tmp_path / "page.pdf").is_file())


def test_what_stands_under_a_strange_ending_is_asked_about(computed, tmp_path, monkeypatch):
    """The dialog has asked about the name as it was typed, and not about this one."""
    desk, path = computed, tmp_path / "page.doc.pdf"
    path.write_text("mine")
    asked = []

    def no(*words, **_):
        asked.append(words[2])
        return QMessageBox.StandardButton.No

    monkeypatch.setattr(QMessageBox, "question", no)
    answer_report(lambda: desk.press(desk.panel.room.bar.report), tmp_path / "page.doc")
    assert asked == ["Replace page.doc.pdf?"]
    assert not desk.panel.busy
    assert path.read_text() == "mine"


def test_cancel_writes_nothing(computed, tmp_path):
    desk = computed

    def cancel(dialog):
        box = dialog.findChild(QDialogButtonBox)
        box.button(QDialogButtonBox.StandardButton.Cancel).click()

    answer_report(lambda: desk.press(desk.panel.room.bar.report), tmp_path / "page.pdf", cancel)
    assert not desk.panel.busy
    assert list(tmp_path.glob("page*")) == []


@pytest.mark.parametrize(("sided", "dicom"), [(False, False), (True, True), (False, True)])
def test_only_what_the_scan_can_tell_is_offered(qtbot, sided, dicom):
    """No further planes without sides, no patient without DICOM; nobody is named unasked."""
    from qtpy.QtWidgets import QWidget

    parent = QWidget()
    qtbot.addWidget(parent)
    choice = Choice(planes=("coronal", "sagittal"))
    dialog = ReportDialog(parent, "r.pdf", choice, sided=sided, dicom=dicom)
    assert all(box.isEnabled() == sided for box in dialog.planes.values())
    assert dialog.identity.isEnabled() == dicom
    assert dialog.choice == Choice(planes=("coronal", "sagittal") if sided else ())
    assert dialog.choice.identity is False


@pytest.mark.parametrize(
    ("where", "paper"), [("en_US", "Letter"), ("en_GB", "A4"), ("de_DE", "A4"), ("C", "A4")]
)
def test_paper_is_what_is_used_there(where, paper):
    assert usual_paper(QLocale(where)) == paper
