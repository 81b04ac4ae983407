"""Stored patient and figures that come with the program."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray, Series
from napari_dsc.io import read
from napari_dsc.io.nifti import read_volume

__all__ = ["FIGURES", "MASKS", "SCAN", "Patient", "opened_patient", "stored_figures"]

SCAN, FIGURES = "patient.nii.gz", "figures.json"
MASKS = {"artery": "artery.nii.gz", "brain": "brain.nii.gz"}


@dataclass(frozen=True, slots=True, eq=False)
class Patient:
    """The stored digital patient.

    Parameters
    ----------
    series : Series
        Its scan, as it was read from its file.
    artery, brain : ndarray of bool, shape (X, Y, Z)
        Its masks.
    """

    series: Series
    artery: BoolArray
    brain: BoolArray

    @property
    def sha256(self) -> str:
        """Hash of the signal."""
        signal = np.asarray(self.series.signal)
        return hashlib.sha256(np.asfortranarray(signal).tobytes("A")).hexdigest()


def opened_patient() -> Patient:
    """Read the stored patient.

    Raises
    ------
    DscError
        If a file of the program is missing or damaged.
    """
    folder = files("napari_dsc.installation")
    try:
        with as_file(folder) as path:
            masks = {name: read_volume(path / file)[0] > 0 for name, file in MASKS.items()}
            series = read(path / SCAN)
            # Read whole: of a packed program the file goes when this ends.
            np.asarray(series.signal)
            return Patient(series=series, **masks)
    except (DscError, OSError) as error:
        raise DscError(
            "files of the program must be whole, got a damaged or missing patient. Install "
            "napari-dsc again."
        ) from error


@cache
def stored_figures() -> Mapping[str, Any]:
    """Figures of every method, and what they were made with."""
    text = files("napari_dsc.installation").joinpath(FIGURES).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
