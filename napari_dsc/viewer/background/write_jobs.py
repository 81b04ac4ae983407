"""Jobs on a worker thread other than an analysis, and the question before they are lost."""

from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from qtpy.QtWidgets import QMessageBox, QWidget

from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.regions import Cleaning
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom_out import writing_dicom
from napari_dsc.io.methods_text import methods_paragraph
from napari_dsc.io.record import input_fingerprint, make_record
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.result_names import is_bids, prefix_of, scan_file
from napari_dsc.io.results_folder import existing_results, write_results
from napari_dsc.viewer.file_dialogs import ask_folder

__all__ = ["Writer", "ask_results_folder", "known_as", "record_of", "save", "save_dicom"]

GONE = "The scan's file was gone, or another, when the maps were saved: no fingerprint."
Writer: TypeAlias = Callable[
    [Path, Series, Analysis, Path | None], Generator[Progress, None, list[Path]]
]


def ask_results_folder(parent: QWidget, series: Series, file: Path | None) -> Path | None:
    """Ask where to save; None if the user would rather not, or not replace earlier results."""
    folder = ask_folder(parent, "Folder for the maps")
    if folder is None:
        return None
    standing = existing_results(folder, prefix_of(scan_file(file, series)))
    if standing:
        question = f"Replace {len(standing)} earlier result files in {folder.name}?"
        answer = QMessageBox.question(parent, "Save maps", question)
        if answer != QMessageBox.StandardButton.Yes:
            return None
    return folder


def known_as(series: Series, file: Path | None) -> Generator[Progress, None, str | None]:
    """Fingerprint of the file or files of a scan."""
    yield Progress("Reading its file", 0.0)
    return input_fingerprint(series, file)


def record_of(
    series: Series,
    analysis: Analysis,
    file: Path | None,
    cleaning: Cleaning | None = None,
    drawn: Drawn | None = None,
) -> dict[str, Any]:
    """Record of an analysis; `file` is the scan's own, and may be gone."""
    sha256 = input_fingerprint(series, file)
    if file is not None and sha256 is None:
        lost = (GONE,)
        analysis = replace(analysis, notices=analysis.notices + lost)
    tumour = None if drawn is None else drawn.tumour
    return make_record(series, analysis, sha256, cleaning, tumour, drawn)


def save_dicom(
    kind: str, folder: Path, series: Series, analysis: Analysis, file: Path | None
) -> Generator[Progress, None, list[Path]]:
    """Write the maps as DICOM of a kind into a folder, over earlier ones."""
    words = methods_paragraph(record_of(series, analysis, file))
    return (
        yield from writing_dicom(
            folder, analysis.maps, series, kind=kind, overwrite=True, description=words
        )
    )


def save(
    folder: Path,
    series: Series,
    analysis: Analysis,
    file: Path | None,
    drawn: Drawn | None = None,
    cleaning: Cleaning | None = None,
) -> Generator[Progress, None, list[Path]]:
    """Write all results into a folder, over earlier ones; `file` is the scan's own."""
    yield Progress("Saving the maps", 0.0)
    record = record_of(series, analysis, file, cleaning, drawn)
    called = scan_file(file, series)
    bids = called is not None and is_bids(called)
    return write_results(
        folder,
        analysis,
        record,
        overwrite=True,
        prefix=prefix_of(called),
        bids=bids,
        drawn=drawn,
    )
