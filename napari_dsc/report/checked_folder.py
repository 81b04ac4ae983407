"""Files of a folder of results: which they are, and whether they are as their record says."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import AUC, CBV
from napari_dsc.core.types import FloatArray, Progress
from napari_dsc.io.nifti import read_shape, read_volume
from napari_dsc.io.nifti.header import read_header
from napari_dsc.io.read_record import Replay, read_record
from napari_dsc.io.record import fingerprint
from napari_dsc.io.results_folder import RECORD
from napari_dsc.report.safe_text import cut, plain

__all__ = ["REMEDY", "Folder", "checking_folder", "prefix_in", "volume_file"]

SAME_GRID = 0.01  # mm
REMEDY = "Compute the maps again, or copy the folder again."


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder whose files are as recorded.

    Parameters
    ----------
    directory : Path
        Where it lies.
    prefix : str
        How the names of its files begin.
    replay : Replay
        Its record.
    record : str
        How that is called.
    """

    directory: Path
    prefix: str
    replay: Replay
    record: str = RECORD

    def path(self, end: str) -> Path:
        """Where the file lies whose name ends so."""
        return self.directory / f"{self.prefix}{end}"

    def lists(self, end: str) -> bool:
        """Whether the record knows such a file."""
        return end in self.replay.files

    def volume(self, end: str) -> tuple[NDArray[Any], FloatArray | None]:
        """Read a volume on the grid of the scan.

        Parameters
        ----------
        end : str
            How its name ends: errors name no more of it.

        Returns
        -------
        ndarray, shape (X, Y, Z)
            Its values.
        ndarray, shape (4, 4), or None
            Voxel indices to RAS millimetres, its directions made up where the file does not say
            them; None if it does not know the size of a voxel.

        Raises
        ------
        DscError
            If the file is damaged or of another shape than the scan.
        """
        path, shape = self.path(end), self.replay.shape[:3]
        try:
            if (found := read_shape(path)) != shape:
                raise DscError(f"{end} must have the scan's shape {shape}, got {found}. {REMEDY}")
            values, affine = read_volume(path)
            codes, sizes = _known(path)
        except DscError as error:
            raise DscError(str(error).replace(path.name, end)) from error
        return values, affine if codes or sizes else None

    def is_oriented(self, end: str) -> bool:
        """Whether a file says which way its axes lie."""
        return _known(self.path(end))[0]

    def on_grid(self, end: str, affine: FloatArray | None) -> NDArray[Any]:
        """Read a volume that has to lie where the others do.

        Raises
        ------
        DscError
            If it does not, or as for `volume`.
        """
        values, own = self.volume(end)
        same = affine is None and own is None
        if affine is not None and own is not None:
            same = bool(abs(affine - own).max() <= SAME_GRID)
        if not same:
            raise DscError(f"{end} must lie where the other maps do, got another place. {REMEDY}")
        return values


def checking_folder(directory: Path, record: str = RECORD) -> Generator[Progress, None, Folder]:
    """Find the files of a folder of results, and look whether they are as recorded.

    Parameters
    ----------
    directory : Path
        Written by `write_results`.
    record : str
        Name of its record.

    Yields
    ------
    Progress
        Before each file.

    Raises
    ------
    DscError
        If there is no record, or a file that it lists is missing or changed.
    """
    yield Progress("Reading the record", 0.0)
    replay = read_record(directory / record)
    prefix = prefix_in(directory, replay.files)
    for at, (end, sha256) in enumerate(replay.files.items()):
        yield Progress("Checking the files", at / len(replay.files))
        _refuse_changed(directory, prefix, end, sha256)
    return Folder(directory, prefix, replay, record)


def volume_file(files: Mapping[str, str]) -> str:
    """How the name of the map of blood volume ends: CBV, or of maps without an artery the area."""
    names = [f"{row.stem}.nii.gz" for row in (CBV, AUC)]
    return names[1] if names[1] in files and names[0] not in files else names[0]


def prefix_in(directory: Path, files: Mapping[str, str]) -> str:
    """How the names of a folder's results begin: its record holds no name, but their content.

    Parameters
    ----------
    directory : Path
        The folder.
    files : mapping
        SHA-256 of each file by the ending of its name, from the record.

    Raises
    ------
    DscError
        If no file is the record's map of blood volume.
    """
    end = volume_file(files)
    named = sorted(one for one in directory.iterdir() if one.name.endswith(end) and one.is_file())
    if not named or end not in files:
        raise DscError(f"the folder must hold {end} and list it, got none. {REMEDY}")
    own = [one.name.removesuffix(end) for one in named if fingerprint(one) == files[end]]
    if not own:
        raise DscError(f"{end} must be as its record says, got another content. {REMEDY}")

    def known(prefix: str) -> int:  # a copy that somebody made of one map is not followed
        return sum((directory / f"{prefix}{one}").is_file() for one in files)

    return max(own, key=known)


def _refuse_changed(directory: Path, prefix: str, end: str, sha256: str) -> None:
    """Raise unless a file that the record lists lies in the folder and is as it says."""
    shown = cut(plain(end), 60)
    if Path(end).name != end or "\x00" in end:
        raise DscError(f"the record must list files of its own folder, got {shown}. {REMEDY}")
    path = directory / f"{prefix}{end}"
    if not path.is_file():
        raise DscError(f"{shown} must lie beside its record, got none. {REMEDY}")
    if fingerprint(path) != sha256:
        raise DscError(f"{shown} must be as its record says, got another content. {REMEDY}")


def _known(path: Path) -> tuple[bool, bool]:
    """Whether a header says in which space its affine lies, and how large a voxel is.

    Without a code the affine is made up of the sizes; without a unit they are made up, too, and so
    they are where all are 1: earlier versions wrote a unit beside sizes that nobody knew.
    """
    header = read_header(path)
    with np.errstate(all="ignore"):  # a voxel of 1e200 mm
        ones = bool((np.linalg.norm(header.affine[:3, :3], axis=0) == 1.0).all())
    return header.oriented, header.sized and not ones
