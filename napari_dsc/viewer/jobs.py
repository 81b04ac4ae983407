"""What the panel has done on a worker thread besides an analysis, and the question before it."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from napari_dsc.core.pipeline import Analysis, Proposal, propose
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.record import fingerprint, make_record
from napari_dsc.io.results import existing_results, write_results

__all__ = ["ask_folder", "look", "save"]


def look(series: Series) -> Generator[Progress, None, Proposal]:
    """Look for the brain and the baseline of a scan."""
    yield Progress("Looking for the brain and the baseline", 0.0)
    return propose(series)


def ask_folder(parent: QWidget) -> Path | None:
    """Ask where to save; None if the user would rather not, or not replace what stands there."""
    chosen = QFileDialog.getExistingDirectory(parent, "Folder for the maps")
    if not chosen:
        return None
    folder = Path(chosen)
    standing = existing_results(folder)
    if standing:
        question = f"Replace {len(standing)} earlier result files in {folder.name}?"
        answer = QMessageBox.question(parent, "Save maps", question)
        if answer != QMessageBox.StandardButton.Yes:
            return None
    return folder


def save(
    folder: Path, series: Series, analysis: Analysis, file: Path | None
) -> Generator[Progress, None, list[Path]]:
    """Write maps and record into a folder, over earlier ones; `file` is the scan's own."""
    yield Progress("Saving the maps", 0.0)
    there = file is not None and file.is_file()
    if file is not None and not there:
        lost = ("The scan's file was gone when the maps were saved: no fingerprint.",)
        analysis = replace(analysis, notices=analysis.notices + lost)
    record = make_record(series, analysis, fingerprint(file) if file and there else None)
    return write_results(folder, analysis.maps, record, overwrite=True)
