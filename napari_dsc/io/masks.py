"""Masks as run lengths: short, exact, and readable in JSON."""

import math
from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray

__all__ = ["mask_of", "runs_of"]


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
