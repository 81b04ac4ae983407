"""Masks: from files on the grid of a scan; and as run lengths, short, exact, readable in JSON."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray, Series
from napari_dsc.io.nifti import read_volume

__all__ = ["mask_of", "read_mask", "runs_of"]

SAME_GRID = 0.01  # mm


def read_mask(path: Path, series: Series) -> BoolArray:
    """Read a mask that lies on the grid of a scan: what is positive counts.

    Raises
    ------
    DscError
        If there is no such file, it is damaged, or lies elsewhere.
    """
    if not path.is_file():
        raise DscError(f"a mask must be a file, got none at {path}. Check its name.")
    values, affine = read_volume(path)
    shape = series.signal.shape[:-1]
    if values.shape != shape:
        raise DscError(
            f"{path.name} must have the scan's shape {shape}, got {values.shape}. "
            "Draw it on this scan."
        )
    if affine is None or series.affine is None:
        return values > 0  # nothing says where they lie; the shapes agree
    offset = abs(affine - series.affine).max()
    if offset > SAME_GRID:
        raise DscError(
            f"{path.name} must lie on the scan's grid, got an affine that differs by "
            f"{offset:.3g} mm. Resample the mask to the scan."
        )
    return values > 0


def runs_of(mask: BoolArray) -> list[int]:
    """Run lengths of a mask, the first axis fastest; the first is of voxels not marked."""
    flat = np.asarray(mask, dtype=np.bool_).ravel(order="F")
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = [np.zeros(1, np.intp), turns, np.full(1, flat.size)]
    if flat.size and flat[0]:
        bounds.insert(0, np.zeros(1, np.intp))
    runs: list[int] = np.diff(np.concatenate(bounds)).tolist()
    return runs


def mask_of(runs: Any, shape: tuple[int, ...]) -> BoolArray:
    """Mask of a shape from its run lengths.

    Raises
    ------
    DscError
        If they are none, or do not add up to it.
    """
    size = math.prod(shape)
    numbers = isinstance(runs, list) and all(type(one) is int and one >= 0 for one in runs)
    if not numbers or sum(runs) != size:
        raise DscError(f"runs must add up to {size} voxels, got something else.")
    marked = np.arange(len(runs)) % 2 == 1
    return np.repeat(marked, runs).reshape(shape, order="F")
