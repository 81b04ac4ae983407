"""Disk: scans in, maps and records out."""

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Series
from napari_dsc.io.nifti import read_nifti

__all__ = ["READERS", "read"]

READERS: Mapping[str, Callable[..., Series]] = MappingProxyType(
    {
        ".nii": read_nifti,
        ".nii.gz": read_nifti,
    }
)


def read(path: str | PathLike[str], **choices: str) -> Series:
    """Read a dynamic scan.

    Parameters
    ----------
    path : str or path-like
        A file of a kind in `READERS`: 4-D NIfTI, with a BIDS JSON sidecar of the same stem
        if there is one.
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
    file = Path(path)
    for suffix, reader in READERS.items():
        if file.name.lower().endswith(suffix):
            if not file.is_file():
                raise DscError(f"the scan must be a file, got none at {path}. Check its name.")
            return reader(file, **choices)
    raise DscError(f"the scan must end in {' or '.join(READERS)}, got {file.name!r}.")
