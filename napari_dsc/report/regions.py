"""Regions that somebody has drawn beside the maps: labels, and what they are called."""

import csv
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.report.folder import REMEDY, Folder
from napari_dsc.report.text import cut, plain

__all__ = ["DrawnRegions", "read_regions"]

REGIONS, REGION_NAMES = "desc-regions_dseg.nii.gz", "desc-regions_dseg.tsv"
LARGEST_TABLE = 2**20  # bytes
LEFT_OUT = "Regions that lie beside the maps could not be read and were left out."


class DrawnRegions(NamedTuple):
    """What `read_regions` found."""

    labels: NDArray[np.integer[Any]] | None  # (X, Y, Z); None: there are none
    names: dict[int, str]  # by the label
    notices: tuple[str, ...]  # what was left out


def read_regions(folder: Folder, affine: FloatArray | None) -> DrawnRegions:
    """Read the regions of a folder, if there are any.

    Parameters
    ----------
    folder : Folder
        They need not be listed by its record: they may be drawn after the maps were saved.
    affine : ndarray, shape (4, 4), or None
        Where the maps lie.

    Raises
    ------
    DscError
        If the record lists them and they cannot be read. If it does not, they are left out.
    """
    if not folder.path(REGIONS).is_file():
        return DrawnRegions(None, {}, ())
    try:
        drawn = folder.on_grid(REGIONS, affine)
        with np.errstate(all="ignore"):
            labels = drawn.astype(np.int64)
        if not np.array_equal(labels, drawn):
            raise DscError(f"{REGIONS} must hold whole numbers, got others. {REMEDY}")
        return DrawnRegions(labels, _names(folder.path(REGION_NAMES)), ())
    except DscError:
        if folder.lists(REGIONS):
            raise
        return DrawnRegions(None, {}, (LEFT_OUT,))


def _names(path: Path) -> dict[int, str]:
    """Names of labels, from a table with the columns index and name; none without a table."""
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        content = file.read(LARGEST_TABLE + 1)
    try:
        if len(content) > LARGEST_TABLE:
            raise ValueError("too long")
        rows = csv.DictReader(
            content.decode("utf-8-sig").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
        )
        named = {int(row["index"]): cut(plain(row["name"] or ""), 80) for row in rows}
    except (LookupError, TypeError, ValueError, csv.Error) as error:
        raise DscError(
            f"{REGION_NAMES} must have the columns index and name, got something else. {REMEDY}"
        ) from error
    return {label: name for label, name in named.items() if label > 0 and name}
