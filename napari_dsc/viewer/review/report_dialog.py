"""One page of what was computed: asked for on the bar, made on a worker thread."""

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.regions import Cleaning
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom_out import identity_of
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.result_names import prefix_of, scan_file
from napari_dsc.io.results_folder import write_results
from napari_dsc.io.temporaries import temporary_folder
from napari_dsc.report import make_report
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.background.write_jobs import record_of
from napari_dsc.viewer.layers import file_of
from napari_dsc.viewer.regions.region_layer import drawn_on

if TYPE_CHECKING:
    from napari_dsc.viewer.screen import Screen

__all__ = ["Reporting"]

KINDS = "Web page (*.html);;PDF (*.pdf)"
IDENTITY = (
    "Print the patient's name, number and date of birth on the report, and the day of the study? "
    "Without them nothing on it tells whose it is."
)


class Reporting:
    """Writes reports.

    Parameters
    ----------
    parent : QWidget
        Whose dialogs these are.
    screen : Screen
        Says which scan is at hand.

    Attributes
    ----------
    changed : SignalInstance
        Emits when a report is begun or ended.
    """

    def __init__(self, parent: QWidget, screen: "Screen") -> None:
        self._parent, self._screen = parent, screen
        self._runner = Runner(parent)
        self._runner.progressed.connect(self._on_step)
        self.changed = self._runner.changed

    def _on_step(self, step: Progress) -> None:
        self._screen.say(f"{step.stage} …")

    @property
    def running(self) -> bool:
        """Whether a report is being written."""
        return self._runner.running

    def cancel(self) -> None:
        """Stop it."""
        self._runner.cancel()

    def ask(self) -> None:
        """Ask where to, and whose it is; then write."""
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return
        parent = self._parent
        stem = prefix_of(scan_file(file_of(scan.layer), scan.facts.series)) or "scan_"
        name, kind = QFileDialog.getSaveFileName(parent, "Report", f"{stem}report.html", KINDS)
        if not name:
            return
        path = Path(name)
        if path.suffix.lower() not in (".html", ".pdf"):
            path = path.with_name(path.name + (".pdf" if "pdf" in kind else ".html"))
            if path.exists() and not _allowed(parent, path):
                return
        told = False
        if scan.facts.series.dicom:
            answer = QMessageBox.question(
                parent, "Report", IDENTITY, defaultButton=QMessageBox.StandardButton.No
            )
            told = answer == QMessageBox.StandardButton.Yes
        self.save_to(path, identity=told)

    def save_to(self, path: Path, *, identity: bool = False) -> None:
        """Write a report of the last run over what stands there.

        Parameters
        ----------
        path : Path
            `.html` or `.pdf`.
        identity : bool
            Whether it names the patient: only a scan from DICOM can.
        """
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return

        def done(result: Path | Failure) -> None:
            words = result.message if isinstance(result, Failure) else f"Report: {result.name}."
            self._screen.say(words)

        inputs = (
            path,
            *scan.results.run,
            file_of(scan.layer),
            drawn_on(scan),
            scan.layers.cleaning,
            scan.layers.family,
            identity,
        )
        started = self._runner.start(
            "Report",
            _written,
            *inputs,
            done=done,
            cancelled=lambda: self._screen.say("The report was stopped: nothing was written."),
        )
        if not started:
            self._screen.say("A report is being written: wait for it, or press Cancel.")


def _allowed(parent: QWidget, path: Path) -> bool:
    """Whether the user lets a file be replaced that the dialog did not ask about."""
    question = f"Replace {path.name}?"
    return QMessageBox.question(parent, "Report", question) == QMessageBox.StandardButton.Yes


def _written(
    path: Path,
    series: Series,
    analysis: Analysis,
    file: Path | None,
    drawn: Drawn | None,
    cleaning: Cleaning,
    family: str,
    identity: bool,
) -> Generator[Progress, None, Path]:
    """Write results into a folder that goes, and the report of it."""
    yield Progress("Gathering the results", 0.0)
    told: Mapping[str, str] | None = None
    if identity:
        if not series.dicom:
            raise DscError("a report can name the patient of a DICOM scan only, got another.")
        told = identity_of(series.files)
    with temporary_folder() as temporary:
        folder = temporary / "results"
        record = record_of(series, analysis, file, cleaning)
        write_results(folder, analysis, record, drawn=drawn)
        yield Progress("Drawing the report", 0.3)
        work = make_report(folder, path, family=family, identity=told, overwrite=True)
        return (yield from part_of_whole(work, 0.3, 1.0))
