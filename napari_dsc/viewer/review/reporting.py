"""A report of what was computed: asked for on the bar, made on a worker thread."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.regions import Cleaning
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom_out import identity_of
from napari_dsc.io.readers import stem_of
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.result_names import prefix_of, scan_file
from napari_dsc.io.results_folder import write_results
from napari_dsc.io.temporaries import temporary_folder
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.background.write_jobs import record_of
from napari_dsc.viewer.file_dialogs import Start, may_replace
from napari_dsc.viewer.layers import file_of
from napari_dsc.viewer.regions.all_drawn import drawn_on
from napari_dsc.viewer.regions.region_layer import midline_of
from napari_dsc.viewer.review.report_dialog import Choice, ReportDialog, usual_paper

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan
    from napari_dsc.viewer.screen import Screen

__all__ = ["Reporting"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """How the maps are shown on screen: a report shows them alike."""

    family: str
    reading: str
    steps: bool
    absolute: bool
    name: str
    day: str


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
    choice : Choice
        What the dialog begins with: as it was chosen last.
    """

    def __init__(self, parent: QWidget, screen: "Screen") -> None:
        self._parent, self._screen = parent, screen
        self._runner = Runner(parent)
        self._runner.progressed.connect(self._on_step)
        self.changed = self._runner.changed
        self.choice = Choice(paper=usual_paper())

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
        """Ask where to, and what stands on it; then write."""
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return
        stem = prefix_of(scan_file(file_of(scan.layer), scan.facts.series)) or "scan_"
        dialog = ReportDialog(
            self._parent,
            f"{stem}report.pdf",
            self.choice,
            sided=scan.ras is not None,
            dicom=bool(scan.facts.series.dicom),
        )
        accepted, path, choice = dialog.exec(), dialog.path, dialog.choice
        dialog.deleteLater()
        if not accepted or path is None:
            return
        typed = dialog.selectedFiles()[0]
        if str(path) != typed and path.exists() and not may_replace(self._parent, "Report", path):
            return
        Start.beside(path)
        self.choice = replace(choice, identity=False)  # asked for anew each time
        self.save_to(path, choice=choice)

    def save_to(self, path: Path, *, choice: Choice | None = None) -> None:
        """Write a report of the last run over what stands there.

        Parameters
        ----------
        path : Path
            `.html` or `.pdf`.
        choice : Choice, optional
            What stands on it; None: as it was chosen last.
        """
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return

        analysis = scan.results.run[1]

        def done(result: Path | Failure) -> None:
            if isinstance(result, Failure):
                self._screen.say(result.message)
                return
            scan.results.take_reported(analysis)
            self._screen.say(f"Report: {result.name}.")

        inputs = (
            path,
            *scan.results.run,
            file_of(scan.layer),
            _drawn(scan),
            scan.layers.cleaning,
            choice or self.choice,
            _shown(scan),
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


def _drawn(scan: "Scan") -> Drawn | None:
    """What is drawn on the maps: where no region is, at least the midline on screen."""
    drawn, midline = drawn_on(scan), midline_of(scan)
    if drawn is None and midline is not None:
        return Drawn(labels=np.zeros(scan.shape, np.uint16), names={}, midline=midline)
    return drawn


def _shown(scan: "Scan") -> _Shown:
    named = scan_file(file_of(scan.layer), scan.facts.series)
    return _Shown(
        family=scan.layers.family,
        reading=scan.layers.reading_key,
        steps=scan.layers.in_steps,
        absolute=scan.layers.absolute,
        name="" if named is None else stem_of(named),
        day=scan.results.day,
    )


def _written(
    path: Path,
    series: Series,
    analysis: Analysis,
    file: Path | None,
    drawn: Drawn | None,
    cleaning: Cleaning,
    choice: Choice,
    shown: _Shown,
) -> Generator[Progress, None, Path]:
    """Write results into a folder that goes, and the report of it."""
    yield Progress("Gathering the results", 0.0)
    told: Mapping[str, str] | None = None
    from napari_dsc.report import make_report  # all that draws pages, for the first of them

    if choice.identity:
        if not series.dicom:
            raise DscError("a report can name the patient of a DICOM scan only, got another.")
        told = identity_of(series.files)
    with temporary_folder() as temporary:
        folder = temporary / "results"
        record = record_of(series, analysis, file, cleaning, drawn)
        write_results(folder, analysis, record, drawn=drawn)
        yield Progress("Drawing the report", 0.3)
        work = make_report(
            folder,
            path,
            family=shown.family,
            reading=shown.reading,
            steps=shown.steps,
            paper=choice.paper,
            planes=choice.planes,
            absolute=shown.absolute,
            name=shown.name if choice.named else "",
            date=shown.day if choice.named else "",
            identity=told,
            overwrite=True,
        )
        return (yield from part_of_whole(work, 0.3, 1.0))
