"""Disk: scans in, maps and records out."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from napari_dsc.core.errors import DscError
from napari_dsc.core.steps import finished
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom import is_dicom, reading_dicom
from napari_dsc.io.echoes import reading_echo

__all__ = ["READERS", "read", "reading"]

READERS: Mapping[str, Callable[..., Generator[Progress, None, Series]]] = MappingProxyType(
    {
        ".nii": reading_echo,
        ".nii.gz": reading_echo,
    }
)


def read(path: str | PathLike[str], **choices: str) -> Series:
    """Read a dynamic scan.

    Parameters
    ----------
    path : str or path-like
        A file of a kind in `READERS`: 4-D NIfTI, with a BIDS JSON sidecar of the same stem
        if there is one. Or DICOM: a folder, or one file of a series.
    **choices : str
        What the user has chosen of each `ChoiceNeededError`, by its fact.

    Returns
    -------
    Series
        The scan. Its time and echo time are None where no source gives them.

    Raises
    ------
    ChoiceNeededError
        If the user has to choose first.
    DscError
        If there is no such file, nothing reads it, or it is damaged or no dynamic scan.
    """
    return finished(reading(path, **choices))


def reading(path: str | PathLike[str], **choices: str) -> Generator[Progress, None, Series]:
    """Read a dynamic scan, as `read`, step by step: it can be followed, and stopped.

    Parameters
    ----------
    path : str or path-like
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
    file = Path(path)
    for suffix, reader in READERS.items():
        if file.name.lower().endswith(suffix) and not file.is_dir():
            if not file.is_file():
                raise DscError(f"the scan must be a file, got none at {path}. Check its name.")
            return replace((yield from reader(file, **choices)), choices=choices)
    if is_dicom(file):
        return replace((yield from reading_dicom(file, **choices)), choices=choices)
    raise DscError(
        f"the scan must end in {' or '.join(READERS)}, or be DICOM, got {file.name!r}. "
        "Open the scan's file, or the folder of its DICOM images."
    )
