"""Table of the kinds of file that hold a scan: whoever opens, names or offers files reads it.

A new kind is a module of this folder that reads it, its row in `READERS`, and its patterns in
`napari.yaml`. The functions below answer what Python, the viewer and the command line ask about a
file.
"""

import re
from collections.abc import Generator, Mapping
from pathlib import Path
from types import MappingProxyType

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom import is_dicom, reading_dicom
from napari_dsc.io.file_kinds import Other, other_kind
from napari_dsc.io.nifti import read_shape, read_voxels
from napari_dsc.io.nifti.echoes import reading_echo
from napari_dsc.io.nifti.header import PAIRS, begins_as_nifti
from napari_dsc.io.readers.reader import Reader, Volumes
from napari_dsc.io.volume_files import reading_folder, scans_in, siblings

__all__ = [
    "READERS",
    "Reader",
    "Volumes",
    "accepted_words",
    "endings",
    "folder_reader",
    "help_words",
    "kind_names",
    "patterns",
    "reader_by_content",
    "reader_by_name",
    "refused_kind",
    "stem_of",
    "takes",
]


def _reading_nifti(path: Path, **choices: str) -> Generator[Progress, None, Series]:
    """Read a NIfTI file; one of a scan of many files says that it is."""
    try:
        return (yield from reading_echo(path, **choices))
    except DscError as error:
        count = siblings(path)
        if type(error) is not DscError or not count or "must have 4 axes" not in str(error):
            raise
        raise DscError(
            f"a dynamic scan must have 4 axes (x, y, z, time), got one volume, {path.name}: "
            f"{count} files beside it are numbered like it. Open their folder."
        ) from error


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "NIfTI": Reader(
            name="NIfTI",
            begins=begins_as_nifti,
            reading=_reading_nifti,
            endings=(".nii", ".nii.gz"),
            further_endings=PAIRS,
            words="4-D NIfTI (.nii, .nii.gz, .hdr/.img)",
            holds=lambda folder: bool(scans_in(folder)),
            reading_folder=reading_folder,
            folder_words="a folder of NIfTI files, one for each volume",
            volumes=Volumes(shape=read_shape, voxels=read_voxels),
        ),
        "DICOM": Reader(
            name="DICOM",
            begins=is_dicom,
            reading=reading_dicom,
            patterns=("*.dcm", "*.DCM", "*.ima", "*.IMA", "DICOMDIR"),
            holds=is_dicom,
            folder_words="the folder of a DICOM series",
        ),
    }
)


def _asked() -> list[Reader]:
    """Readers in the order in which a file is shown to them: NIfTI, the plainest, is the last."""
    return list(READERS.values())[::-1]


def reader_by_content(path: Path) -> Reader | None:
    """Reader of a file by its first bytes."""
    return next((row for row in _asked() if row.begins(path)), None)


def reader_by_name(path: Path) -> Reader | None:
    """Reader of a file by its name."""
    return next((row for row in _asked() if row.names(path)), None)


def folder_reader(folder: Path) -> Reader | None:
    """Reader of the scan that a folder holds."""
    return next((row for row in _asked() if row.holds is not None and row.holds(folder)), None)


def takes(path: Path) -> bool:
    """Whether a file or folder is of a kind that is read, without reading all of it."""
    if path.is_dir():
        return folder_reader(path) is not None
    return any(row.claims(path) for row in _asked())


def refused_kind(path: Path) -> Other | None:
    """Kind of a file that is no scan, unless a reader takes files that are called so."""
    kind = other_kind(path)
    return None if kind is None or set(kind.endings) & set(endings()) else kind


def kind_names() -> list[str]:
    """Names of the kinds: "NIfTI", "DICOM"."""
    return [row.name for row in READERS.values()]


def endings() -> list[str]:
    """How names of files end that are read, in lower case."""
    return [ending for row in READERS.values() for ending in row.every_ending]


def patterns() -> list[str]:
    """Names of files that napari offers to the plugin."""
    return [
        pattern
        for row in READERS.values()
        for pattern in (*(f"*{ending}" for ending in row.every_ending), *row.patterns)
    ]


def accepted_words() -> str:
    """What a scan must be, for an error."""
    named = " or ".join(ending for row in READERS.values() for ending in row.endings)
    more = ", ".join(ending for row in READERS.values() for ending in row.further_endings)
    by_content = " or ".join(row.name for row in READERS.values() if not row.endings)
    either = "either" if len(READERS) == 2 else "these"
    return f"must end in {named} ({more} too), or be {by_content}, or be a folder of {either}"


def help_words() -> str:
    """What a scan may be, for the help of the command line."""
    files = [row.words for row in READERS.values() if row.words]
    folders = [row.folder_words for row in _asked() if row.folder_words]
    *first, last = (*files, *folders)
    return f"{', '.join(first)}, or {last}"


def stem_of(path: Path) -> str:
    """Name of a file without its ending, which may be two.

    Examples
    --------
    >>> stem_of(Path("sub-01_dsc.nii.gz")), stem_of(Path("study.old"))
    ('sub-01_dsc', 'study.old')
    """
    every = "|".join(re.escape(one) for one in sorted(endings(), key=len, reverse=True))
    stem = re.sub(f"(?:{every})$", "", path.name, flags=re.IGNORECASE)
    return Path(f"{stem}.json").stem
