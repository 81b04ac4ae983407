"""Files: scans are read, maps and records are written."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from napari_dsc.core.errors import DscError
from napari_dsc.core.orientation import FACT, as_codes, stated
from napari_dsc.core.progress import finished
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom.discover import files_below
from napari_dsc.io.log_file import hide
from napari_dsc.io.nifti import FEWEST_VOLUMES
from napari_dsc.io.no_network import keep_pydicom_off_the_network
from napari_dsc.io.readers import (
    READERS,
    accepted_words,
    folder_reader,
    kind_names,
    reader_by_content,
    reader_by_name,
    refused_kind,
    takes,
)
from napari_dsc.io.volume_files import reading_volumes

keep_pydicom_off_the_network()

__all__ = ["CHOICES", "READERS", "UnaskedChoiceError", "is_ours", "read", "reading"]

CHOICES: Mapping[str, str] = MappingProxyType(
    {
        "series": "which series of a DICOM folder, from 1",
        "file": "which scan of a folder of NIfTI files, from 1",
        "echo": "which echo of several, from 1; or both",
        "numbering": "how numbers of images run in time, if nothing else tells: rising, falling",
        "axis": "which axis of a scan of five is time, 4 or 5",
        "slices": "how many slices a volume has, where slices and volumes share one axis",
        "order": "which of these two runs first: slices or volumes",
        FACT: "where the three axes of the file run to, where it says so wrongly or not at all: "
        "LAS is left, anterior, superior",
    }
)


class UnaskedChoiceError(DscError):
    """A choice that has no effect on this scan: `facts` names them."""

    def __init__(self, facts: Sequence[str]) -> None:
        self.facts = tuple(facts)
        names = " and ".join(facts)
        super().__init__(
            f"{names} must be left out for this scan, got a choice that it does not ask for. Leave "
            f"it out: nothing of the scan depends on {names}."
        )


def read(path: str | PathLike[str] | Sequence[str | PathLike[str]], **choices: str) -> Series:
    """Read a dynamic scan.

    Parameters
    ----------
    path : str or path-like, or a sequence of these
        A file of a kind in `READERS`: 4-D NIfTI, with a BIDS JSON sidecar of the same stem
        if there is one; or a pair `.hdr` and `.img`. Or DICOM: a folder, or one file of a series.
        Or one NIfTI file for each volume: a list of them, or their folder.
    **choices : str
        What the user has chosen of each `ChoiceNeededError`, by its fact: one of `CHOICES`.

    Returns
    -------
    Series
        The scan. Its time and echo time are None where no source gives them; its `choices` are
        those that it asked for.

    Raises
    ------
    ChoiceNeededError
        If the user has to choose first.
    UnaskedChoiceError
        If something was chosen that this scan does not ask for.
    DscError
        If there is no such file, nothing reads it, or it is damaged or no dynamic scan.
    """
    return finished(reading(path, **choices))


def reading(
    path: str | PathLike[str] | Sequence[str | PathLike[str]], **choices: str
) -> Generator[Progress, None, Series]:
    """Read a dynamic scan, as `read`, step by step: it can be followed, and stopped.

    Parameters
    ----------
    path : str or path-like, or a sequence of these
        As for `read`.
    **choices : str
        As for `read`.

    Yields
    ------
    Progress
        Several times a second.

    Returns
    -------
    Series
        As `read` does.

    Raises
    ------
    DscError
        As `read` does.
    """
    for fact in choices:
        if fact not in CHOICES:
            raise DscError(
                f"a choice must be one of {', '.join(CHOICES)}, got {fact!r:.40}. Leave it out."
            )
    hide(*([path] if isinstance(path, str | PathLike) else path))
    if path == "":
        raise DscError("the scan must be the name of a file or folder, got ''. Name it.")
    asked = {fact: one for fact, one in choices.items() if fact != FACT}
    codes = as_codes(choices[FACT]) if FACT in choices else None  # before anything is read
    if isinstance(path, str | PathLike):
        series = yield from _reading(Path(path), asked)
        if not series.files and Path(path).is_file():  # results are called after it
            series = replace(series, files=(Path(path),))
    else:
        series = yield from _reading_list([Path(one) for one in path], asked)
    if codes is not None:
        series = stated(series, codes)
    if unasked := [fact for fact in choices if fact not in series.choices]:
        raise UnaskedChoiceError(unasked)
    return series


def is_ours(path: Path) -> bool:
    """Whether a file or folder is of a kind that `read` takes, without reading all of it."""
    return takes(path)


def _reading(path: Path, choices: Mapping[str, str]) -> Generator[Progress, None, Series]:
    """Read a file, or a folder."""
    if not path.exists():
        wanted = accepted_words() if reader_by_name(path) is None else "must be a file"
        raise DscError(f"the scan {wanted}, got none at {path}. Check its name.")
    if path.is_dir():
        row = folder_reader(path)
        if row is None:
            _refuse_folder(path)
        return (yield from (row.reading_folder or row.reading)(path, **choices))
    row = reader_by_content(path)
    if row is None:
        kind = refused_kind(path)
        if kind is not None:
            raise DscError(f"the scan must be {_kinds()}, got {kind.name}. {kind.remedy}")
        row = reader_by_name(path)
    if row is None:
        raise DscError(
            f"the scan {accepted_words()}, got {path.name!r}. Open the scan's file, or the folder "
            "of its DICOM images."
        )
    return (yield from row.reading(path, **choices))


def _kinds() -> str:
    """Kinds that are read, for an error: "NIfTI or DICOM"."""
    *first, last = kind_names()
    return f"{', '.join(first)} or {last}"


def _reading_list(
    paths: Sequence[Path], choices: Mapping[str, str]
) -> Generator[Progress, None, Series]:
    """Read one file for each volume."""
    if len(paths) == 1:
        return (yield from _reading(paths[0], choices))
    nifti = READERS["NIfTI"]
    for path in paths:
        if not path.is_file():
            raise DscError(f"each volume must be a file, got none at {path}. Check its name.")
        if not (nifti.names(path) or nifti.begins(path)):
            raise DscError(
                f"each volume must be a NIfTI file, got {path.name!r}. Of DICOM open the folder."
            )
    return (yield from reading_volumes(paths))


def _refuse_folder(folder: Path) -> NoReturn:
    """Raise `DscError` for a folder without a scan, with what it holds instead."""
    kinds = (refused_kind(path) for path in files_below(folder))
    kind = next((one for one in kinds if one is not None and one.may_hold_scan), None)
    if kind is not None:
        raise DscError(f"the scan must be {_kinds()}, got a folder of {kind.name}. {kind.remedy}")
    raise DscError(
        f"the scan {accepted_words()}, got the folder {folder.name!r} without one: no DICOM, no "
        f"NIfTI of {FEWEST_VOLUMES} volumes or more, no {FEWEST_VOLUMES} numbered files of one "
        "volume each. Open the scan's own file or folder."
    )
