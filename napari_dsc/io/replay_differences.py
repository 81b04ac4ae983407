"""Distance between the maps of a replay and those that were recorded, where their bytes differ.

On one machine a replay gives the same bytes. Another processor adds up in another order: values
then differ in their last digits. What differs by more has another reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.number_words import voxel_words
from napari_dsc.io.fingerprints import fingerprint
from napari_dsc.io.nifti import read_volume

__all__ = ["ANOTHER_PROCESSOR", "Difference", "Recorded", "apart"]

ANOTHER_PROCESSOR = 1e-5  # of a map's largest value: all that another one may cause


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one volume is from the recorded one.

    Parameters
    ----------
    name : str
        Of its file.
    largest : float or None
        Largest difference over the largest recorded value; None: the recorded volume is not there.
    others : int
        Voxels that have a number in one of the two only.
    """

    name: str
    largest: float | None
    others: int = 0

    @property
    def small(self) -> bool:
        """Whether another processor explains it."""
        return self.largest is not None and not self.others and self.largest <= ANOTHER_PROCESSOR

    def __str__(self) -> str:
        if self.largest is None:
            return f"{self.name} (the recorded one does not lie beside its record)"
        told = [f"at most {self.largest:.1e} of its largest value"]
        if self.others:
            told.append(f"{voxel_words(self.others)} with a number in one of the two only")
        return f"{self.name} ({', '.join(told)})"


class Recorded:
    """Volumes that lie beside a record, as it says.

    Parameters
    ----------
    folder : Path
        Of the record.
    files : mapping
        SHA-256 of each by the ending of its name.
    hold : bool
        Whether they are read now, because they are going to be replaced.
    """

    def __init__(self, folder: Path, files: Mapping[str, str], hold: bool) -> None:
        self._folder, self._files = folder, files
        self._held: dict[str, NDArray[Any]] = {}
        if hold:
            known = {end: self.values(end) for end in files if end.endswith(".nii.gz")}
            self._held = {end: one for end, one in known.items() if one is not None}

    def values(self, end: str) -> NDArray[Any] | None:
        """Values of the volume whose name ends so; None if it is not there, or another one."""
        if end in self._held:
            return self._held[end]
        try:
            for path in sorted(self._folder.iterdir()):
                if path.name.endswith(end) and fingerprint(path) == self._files.get(end):
                    return read_volume(path)[0]
        except (OSError, DscError):
            return None
        return None


def apart(recorded: Recorded, paths: Sequence[Path], prefix: str) -> list[Difference]:
    """Tell how far volumes are from those that were recorded.

    Parameters
    ----------
    recorded : Recorded
        The earlier ones.
    paths : sequence of Path
        The new ones, whose bytes differ.
    prefix : str
        How the names of these begin.
    """
    found = []
    for path in paths:
        was = recorded.values(path.name.removeprefix(prefix))
        now = read_volume(path)[0]
        if was is None or was.shape != now.shape:
            found.append(Difference(path.name, None))
        else:
            found.append(_between(path.name, was, now))
    return found


def _between(name: str, was: NDArray[Any], now: NDArray[Any]) -> Difference:
    before, after = was.astype(np.float64), now.astype(np.float64)
    both = np.isfinite(before) & np.isfinite(after)
    others = int(np.count_nonzero(np.isfinite(before) != np.isfinite(after)))
    if not both.any():
        return Difference(name, 0.0, others)
    scale = float(np.abs(before[both]).max())
    largest = float(np.abs(before[both] - after[both]).max())
    return Difference(name, largest / scale if scale else float(largest > 0), others)
