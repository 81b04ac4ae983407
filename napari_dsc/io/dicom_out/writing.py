"""A folder of DICOM files, complete or absent."""

import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.core.orientation import is_stated
from napari_dsc.core.quantities import COMPUTED, Quantity
from napari_dsc.core.types import DSCPerfusionMaps, FloatArray, Progress, Series
from napari_dsc.io.atomic_files import flush_names, write_json
from napari_dsc.io.dicom_out.capture import capture_images
from napari_dsc.io.dicom_out.classic import classic_images
from napari_dsc.io.dicom_out.common import described
from napari_dsc.io.dicom_out.geometry import Planes, planes_of
from napari_dsc.io.dicom_out.parametric import parametric_images
from napari_dsc.io.dicom_out.source import Source, missing_extra, reading_source
from napari_dsc.io.file_locks import only_writer
from napari_dsc.io.record import RESEARCH_USE, fingerprint
from napari_dsc.io.temporaries import sweep, temporary_folder

__all__ = ["KINDS", "STATED_REASON", "existing_dicom", "mark_of", "write_dicom", "writing_dicom"]

Images = Callable[[FloatArray, Quantity, Planes, Source, tuple[str, int], str], Iterator[Any]]
KINDS: Mapping[str, tuple[str, Images]] = {  # how names go on after the map's, and who draws
    "classic": ("", classic_images),
    "capture": ("_capture", capture_images),
    "parametric": ("_parametric", parametric_images),
}
READING = 0.2  # of the work
STATED_REASON = (
    "No DICOM can be written of a scan whose orientation was stated by the user: it would "
    "contradict the images of its own study."
)


def existing_dicom(directory: Path, kind: str = "classic") -> list[str]:
    """Names of the files that writing DICOM of one kind there would replace."""
    pattern = re.compile(rf"(?:{'|'.join(COMPUTED)}){KINDS[kind][0]}_\d{{4}}\.dcm")
    if not directory.is_dir():
        return []
    names = sorted(path.name for path in directory.iterdir())
    return [name for name in names if pattern.fullmatch(name) or name == mark_of(kind)]


def mark_of(kind: str) -> str:
    """Name of the file that says that all images of a kind are there: written last."""
    return f"dicom-{kind}.json"


def write_dicom(
    directory: Path,
    maps: DSCPerfusionMaps,
    series: Series,
    *,
    kind: str = "classic",
    overwrite: bool = False,
    description: str = "",
) -> list[Path]:
    """Write maps as DICOM, to the end; see `writing_dicom`.

    Returns
    -------
    list of Path
        The files.
    """
    work = writing_dicom(
        directory, maps, series, kind=kind, overwrite=overwrite, description=description
    )
    while True:
        try:
            next(work)
        except StopIteration as done:
            return list(done.value)


def writing_dicom(
    directory: Path,
    maps: DSCPerfusionMaps,
    series: Series,
    *,
    kind: str = "classic",
    overwrite: bool = False,
    description: str = "",
) -> Generator[Progress, None, list[Path]]:
    """Write maps as DICOM, slice by slice; closing the generator leaves nothing behind.

    Parameters
    ----------
    directory : Path
        Made if it does not exist. Files are named `cbf_0001.dcm`, `cbf_capture_0001.dcm` or
        `cbf_parametric_0001.dcm`; nothing else there is touched.
    maps : DSCPerfusionMaps
        What to write.
    series : Series
        The scan, read from DICOM: patient, study and frame of reference are copied from it.
    kind : str
        "classic": MR images of 16 bits. "capture": pictures in colour, with colour bar and text
        burned in. "parametric": one Parametric Map of 32-bit numbers per map.
    overwrite : bool
        Whether files of that kind which stand there may be replaced.
    description : str
        What was done, in words: the methods.

    Yields
    ------
    Progress

    Returns
    -------
    list of Path
        The images. Beside them stands `dicom-KIND.json` with the SHA-256 of each: it is written
        last, so that a folder without it is incomplete.

    Raises
    ------
    DscError
        If the scan did not come from DICOM, its orientation is unknown or was stated by a user,
        if files stand there
        and may not be replaced, the folder cannot be written to, or a library is missing.
    """
    if kind not in KINDS:
        raise DscError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}.")
    if is_stated(series):
        raise DscError(f"{STATED_REASON} Save the maps as NIfTI.")
    planes = planes_of(maps.shape, series.affine, series.slice_axis)
    _refuse_standing(directory, kind, overwrite)
    source = yield from _source(series)
    made = not directory.exists()
    done = False
    try:
        directory.mkdir(parents=True, exist_ok=True)
        sweep(directory)
        with only_writer(directory / mark_of(kind), "DICOM files"):
            _refuse_standing(directory, kind, overwrite)  # they may have come meanwhile
            with temporary_folder(directory) as staging:
                names = yield from _staged(staging, maps, planes, source, kind, description)
                hashes = {name: fingerprint(staging / name) for name in names}
                content = {"statement": RESEARCH_USE, "kind": kind, "files": hashes}
                write_json(staging / mark_of(kind), content)
                standing = existing_dicom(directory, kind)
                (directory / mark_of(kind)).unlink(missing_ok=True)
                _move(staging, directory, [*names, mark_of(kind)], standing)
        done = True
    except OSError as error:
        raise DscError(
            f"the folder must be writable, got: {error.strerror}. Choose another folder; no "
            "DICOM file was left there."
        ) from error
    finally:
        if made and not done and directory.is_dir() and not any(directory.iterdir()):
            directory.rmdir()
    return [directory / name for name in names]


def _refuse_standing(directory: Path, kind: str, overwrite: bool) -> None:
    """Raise `DscError` if files of a kind stand there and may not be replaced."""
    standing = existing_dicom(directory, kind)
    if standing and not overwrite:
        raise DscError(
            f"the folder must be free of earlier DICOM files, got {', '.join(standing[:3])} in "
            f"{directory.name}. Choose another folder, or allow them to be overwritten."
        )


def _source(series: Series) -> Generator[Progress, None, Source]:
    reading = reading_source(series.files)
    while True:
        try:
            fraction = next(reading)
        except StopIteration as done:
            source: Source = done.value
            return source
        yield Progress("Reading the scan's DICOM headers", READING * fraction)


def _staged(
    staging: Path,
    maps: DSCPerfusionMaps,
    planes: Planes,
    source: Source,
    kind: str,
    description: str,
) -> Generator[Progress, None, list[str]]:
    """Write every file in a folder of its own, flushed; return their names."""
    try:
        from pydicom.uid import generate_uid
    except ImportError as error:
        raise missing_extra() from error
    middle, images = KINDS[kind]
    chosen = dict(maps.items())
    for key, one in chosen.items():
        row = COMPUTED[key]
        if one.units != row.units:
            raise DscError(
                f"{row.symbol} must be in {row.units} to be written as DICOM, got "
                f"{one.name} in {one.units!r}: no code stands for it. Write NIfTI, or deconvolve."
            )
    names: list[str] = []
    total = len(chosen) * (1 if kind == "parametric" else len(planes.positions))
    for number, (key, one) in enumerate(chosen.items()):
        row = COMPUTED[key]
        own = (generate_uid(), _series_number(source, list(KINDS).index(kind), number))
        words = described(row, description)
        for index, data in enumerate(images(one.values, row, planes, source, own, words), start=1):
            names.append(f"{key}{middle}_{index:04d}.dcm")
            with (staging / names[-1]).open("wb") as file:
                data.save_as(file, enforce_file_format=True)
                file.flush()
                os.fsync(file.fileno())
            done = READING + (1 - READING) * len(names) / total
            yield Progress(f"Writing {row.symbol} as DICOM", min(done, 1.0))
    return names


def _series_number(source: Source, kind: int, number: int) -> int:
    """A number beside the scan's own: 501 to 536 for series 5."""
    own = source.header.get("SeriesNumber")
    return (int(own) if own is not None else 90) % 10**6 * 100 + 10 * kind + number + 1


def _move(staging: Path, directory: Path, names: list[str], standing: list[str]) -> None:
    """Move files to their places, or take them away again."""
    for name in standing:
        if name not in names:
            (directory / name).unlink(missing_ok=True)
    moved: list[str] = []
    try:
        for name in names:
            (staging / name).replace(directory / name)
            moved.append(name)
    except OSError:
        for name in moved:
            (directory / name).unlink(missing_ok=True)
        raise
    flush_names(directory)
