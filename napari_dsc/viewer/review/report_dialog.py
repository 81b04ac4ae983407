"""The dialog of a report: where to, on which paper, and what stands on it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtpy.QtCore import QLocale
from qtpy.QtWidgets import QCheckBox, QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QWidget

from napari_dsc.core.defaults import PAPER
from napari_dsc.viewer.file_dialogs import Start

__all__ = ["Choice", "ReportDialog", "usual_paper"]

PDF, HTML = "PDF (*.pdf)", "Web page (*.html)"
SUFFIXES = {PDF: "pdf", HTML: "html"}
NAME = (
    "Put the name of the scan's file and the day of the analysis at the top. A name of a file "
    "may tell whose scan it is: without a tick neither stands there."
)
IDENTITY = (
    "The patient's name, number and date of birth, and the day of the study. Without them, and "
    "without the name of the file, nothing on the report tells whose it is."
)
NO_SIDES = "Nobody knows which way the axes of this scan lie."


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen for a report.

    Parameters
    ----------
    paper : str
        "A4" or "Letter".
    planes : tuple of str
        "coronal", "sagittal": shown beside the axial slices.
    named : bool
        Whether the name of the scan's file and the day of the analysis stand on it.
    identity : bool
        Whether it names the patient: only a scan from DICOM can.
    """

    paper: str = PAPER
    planes: tuple[Any, ...] = ()
    named: bool = False
    identity: bool = False


def usual_paper(locale: QLocale | None = None) -> str:
    """Paper that is used where somebody works: Letter where inches are."""
    system = (locale or QLocale.system()).measurementSystem()
    inches = system == QLocale.MeasurementSystem.ImperialUSSystem
    return "Letter" if inches else PAPER


class ReportDialog(QFileDialog):
    """Asks for the file of a report, and in the same window for what stands on it.

    Parameters
    ----------
    parent : QWidget
        Over which it lies.
    name : str
        Of the file, as it is proposed.
    choice : Choice
        What is chosen at first.
    sided : bool
        Whether the orientation of the scan is known: else it is shown axially only.
    dicom : bool
        Whether it knows whose scan it is.

    Attributes
    ----------
    paper : QComboBox
        Of the PDF.
    planes : dict of str to QCheckBox
        Further planes.
    named, identity : QCheckBox
        What tells whose scan it is.
    """

    def __init__(
        self, parent: QWidget, name: str, choice: Choice, *, sided: bool, dicom: bool
    ) -> None:
        from napari_dsc.report import FURTHER, PAPERS

        super().__init__(parent, "Report", Start.folder())
        self.setOption(QFileDialog.Option.DontUseNativeDialog)  # it takes what is below
        self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        self.setFileMode(QFileDialog.FileMode.AnyFile)
        self.setNameFilters([PDF, HTML])
        self.setDefaultSuffix(SUFFIXES[PDF])
        self.filterSelected.connect(lambda chosen: self.setDefaultSuffix(SUFFIXES[chosen]))
        self.selectFile(name)
        self.paper = QComboBox()
        self.paper.addItems(list(PAPERS))
        self.paper.setCurrentText(choice.paper)
        self.paper.setToolTip("Paper of the PDF.")
        self.planes = {
            plane: _box(
                f"{plane.capitalize()} pictures",
                f"Show {plane} pictures beside the axial ones." if sided else NO_SIDES,
                sided and plane in choice.planes,
                enabled=sided,
            )
            for plane in FURTHER
        }
        self.named = _box("Name of the scan", NAME, choice.named)
        self.identity = _box("Patient's name", IDENTITY, dicom and choice.identity, enabled=dicom)
        self.identity.setVisible(dicom)
        self._add(self.paper, *self.planes.values(), self.named, self.identity)

    def _add(self, *widgets: QWidget) -> None:
        """Put widgets into a row below those of the file."""
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 4, 0, 0)
        for one in widgets:
            layout.addWidget(one)
        layout.addStretch(1)
        grid = self.layout()
        if isinstance(grid, QGridLayout):
            grid.addWidget(row, grid.rowCount(), 0, 1, grid.columnCount())

    @property
    def choice(self) -> Choice:
        """What is chosen now."""
        return Choice(
            paper=self.paper.currentText(),
            planes=tuple(plane for plane, box in self.planes.items() if box.isChecked()),
            named=self.named.isChecked(),
            identity=self.identity.isChecked(),
        )

    @property
    def path(self) -> Path | None:
        """The file; None unless one was chosen."""
        from napari_dsc.report import KINDS

        chosen = self.selectedFiles()
        if not chosen:
            return None
        path = Path(chosen[0])
        if path.suffix.lower() in KINDS:
            return path
        return path.with_name(f"{path.name}.{SUFFIXES[self.selectedNameFilter()]}")


def _box(text: str, tooltip: str, on: bool, *, enabled: bool = True) -> QCheckBox:
    box = QCheckBox(text)
    box.setToolTip(tooltip)
    box.setChecked(on)
    box.setEnabled(enabled)
    return box
