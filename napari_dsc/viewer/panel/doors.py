"""Ways to open something: a scan, a record with its scan, a digital patient, a recent scan."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QMenu, QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.io import is_ours
from napari_dsc.io.readers import accepted_words
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.file_dialogs import Start, ask_file, ask_folder
from napari_dsc.viewer.layers import KEY, file_of
from napari_dsc.viewer.panel.save_and_restore import Results
from napari_dsc.viewer.reading.recent_scans import keep_scan, recent_scans
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["OF_COHORT", "Doors"]

PLUGIN, COHORT = "napari-dsc", "Cohort review"
SCANS = "Scans (*.nii *.nii.gz *.hdr *.img *.dcm *.DCM *.ima *.IMA);;All files (*)"
WHOSE = "The scan of this record"
OF_COHORT = "of_cohort"  # of a layer's metadata: nobody has opened it by itself
NO_KIND = "{} {}. Choose another."
NO_SCAN = "Nothing was opened: a record needs its scan."


class Doors:
    """Asks for something, and opens it.

    Parameters
    ----------
    viewer : napari.Viewer
        Where it is opened.
    parent : QWidget
        The panel.
    screen : Screen
        Says which scan is at hand, and takes words for the status line.
    results : Results
        Opens records.
    """

    def __init__(self, viewer: "Viewer", parent: QWidget, screen: Screen, results: Results) -> None:
        self._viewer, self._parent, self._screen = viewer, parent, screen
        self._results = results
        self._waiting: Path | None = None  # a record whose scan is being opened
        screen.shown.connect(self._on_shown)

    def ask_scan(self) -> None:
        """Ask whether for a file or a folder, then which, and open it."""
        menu = QMenu(self._parent)
        file = menu.addAction("File (NIfTI, enhanced DICOM) …")
        folder = menu.addAction("Folder of DICOM images …")
        self._popup(menu, {file: self.ask_file, folder: self.ask_folder})

    def _popup(self, menu: QMenu, acts: "dict[object, Callable[[], object]]") -> None:
        menu.triggered.connect(lambda action: acts[action]())
        menu.aboutToHide.connect(menu.deleteLater)
        cursor = self._parent.cursor().pos()
        window = self._parent.window()
        inside = window is not None and window.frameGeometry().contains(cursor)
        middle = self._parent.mapToGlobal(QPoint(0, self._parent.height() // 2))
        menu.popup(cursor if inside else middle)

    def ask_file(self) -> None:
        """Ask for a file, and open it."""
        path = ask_file(self._parent, "Open a scan", SCANS)
        if path is not None:
            self.open(path)

    def ask_folder(self) -> None:
        """Ask for a folder of DICOM, and open it."""
        path = ask_folder(self._parent, "Open a folder of DICOM images")
        if path is not None:
            self.open(path)

    def open(self, path: Path) -> None:
        """Open a scan as the menu of napari does; say why where it cannot be."""
        try:
            if not is_ours(path):
                raise DscError(NO_KIND.format(path.name, accepted_words()))
            self._viewer.open(path, plugin=PLUGIN)
        except DscError as error:
            self._screen.say(str(error))

    def open_patient(self, kind: str) -> None:
        """Open a digital patient: "stroke" or "tumour"."""
        self._screen.say("Making the digital patient …")
        soon(self._parent, lambda: self._viewer.open_sample(PLUGIN, kind))

    def ask_cohort(self) -> None:
        """Ask for the folder of a cohort's results, and open it."""
        path = ask_folder(self._parent, "Open the results of a cohort")
        if path is not None:
            self.open_cohort(path)

    def open_cohort(self, out: Path) -> None:
        """Review the results of a cohort in a dock of their own."""
        _, review = self._viewer.window.add_plugin_dock_widget(PLUGIN, COHORT)
        review.open(out)

    def ask_record(self) -> None:
        """Ask for a record and open it; without a scan at hand, its scan first."""
        if self._screen.scan is not None:
            self._results.ask_to_open()
            return
        path = ask_file(self._parent, "Open a record", "Record (*.json)")
        if path is not None:
            self.open_record(path)

    def open_record(self, path: Path) -> None:
        """Open a record whose scan is not at hand: the user names that."""
        last = recent_scans()
        Start.beside(last[0] if last else path)
        scan = ask_file(self._parent, WHOSE, SCANS)
        if scan is None:
            self._screen.say(NO_SCAN)
            return
        self._waiting = path
        self.open(scan)

    def _on_shown(self, scan: Scan | None) -> None:
        """A scan is at hand, and known once its brain is: keep where it lies, open its record."""
        if scan is None or not scan.facts.proposed:
            return
        file, known = file_of(scan.layer), scan.layer.metadata.get(KEY, {})
        if file is not None:
            Start.beside(file)
        if file is not None and scan.facts.series.moves is None and OF_COHORT not in known:
            keep_scan(file)
        if self._waiting is not None:
            path, self._waiting = self._waiting, None
            soon(self._parent, lambda: self._results.open_from(path))
