"""Table of the kinds of file that hold a scan: whoever opens, names or offers files reads it.

A new kind is a module that reads it, its row in `READERS`, and its patterns in `napari.yaml`. The
functions below answer what Python, the viewer and the command line ask about a file.
"""

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray, Progress, Series
from napari_dsc.io.dicom import is_dicom, reading_dicom
from napari_dsc.io.file_kinds import Other, other_kind
from napari_dsc.io.nifti import read_shape, read_voxels
from napari_dsc.io.nifti.echoes import reading_echo
from napari_dsc.io.nifti.header import PAIRS, begins_as_nifti
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

Reading = Callable[..., Generator[Progress, None, Series]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Volumes:
    """How the viewer opens a file that holds no scan but a mask or an anatomy.

    Parameters
    ----------
    shape : callable
        Shape that a file declares, without its voxels; trailing axes of length 1 do not count.
    voxels : callable
        Its voxels, and its affine if that is usable.
    """

    shape: Callable[[Path], tuple[int, ...]]
    voxels: Callable[[Path], tuple[NDArray[Any], FloatArray | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One kind of file that holds a scan.

    Parameters
    ----------
    name : str
        Of the kind: "NIfTI".
    begins : callable
        Whether a file is of this kind by its first bytes, whatever it is called.
    reading : callable
        Reads a scan from a file, step by step: `(path, **choices)` to a `Series`.
    endings : tuple of str
        How names of such files end, in lower case; without any, the first bytes tell them.
    further_endings : tuple of str
        Endings that are read as well, and told behind the others.
    patterns : tuple of str
        Names that napari offers the reader for, where endings do not tell them.
    words : str
        A file of it, for the help; nothing where a folder is what one opens.
    holds : callable, optional
        Whether a folder holds a scan of it; None: only files are opened.
    reading_folder : callable, optional
        Reads the scan of a folder; where there is none, `reading` does.
    folder_words : str
        A folder of it, for the help.
    volumes : Volumes, optional
        How other volumes are opened; None: only scans are.

    Raises
    ------
    TypeError
        At import, if nothing tells its files, or an ending is no ending in lower case.
    """

    name: str
    begins: Callable[[Path], bool]
    reading: Reading
    endings: tuple[str, ...] = ()
    further_endings: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    words: str = ""
    holds: Callable[[Path], bool] | None = None
    reading_folder: Reading | None = None
    folder_words: str = ""
    volumes: Volumes | None = None

    def __post_init__(self) -> None:
        if not (self.endings or self.patterns):
            raise TypeError(f"{self.name} must have endings or patterns: napari offers by names.")
        if not (self.words or self.folder_words):
            raise TypeError(f"{self.name} must have words for the help, got none.")
        for ending in self.every_ending:
            if not ending.startswith(".") or ending != ending.lower():
                raise TypeError(f"{self.name} must have endings like '.nii', got {ending!r}.")

    @property
    def every_ending(self) -> tuple[str, ...]:
        """How names of such files end, in lower case."""
        return (*self.endings, *self.further_endings)

    def names(self, path: Path) -> bool:
        """Whether a file is called as this kind is."""
        return path.name.lower().endswith(self.every_ending)

    def claims(self, path: Path) -> bool:
        """Whether a file is offered to this reader: by its name, or by its first bytes."""
        return self.names(path) if self.endings else self.begins(path)


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
