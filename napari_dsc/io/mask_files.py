"""Masks: from files on the grid of a scan; and as run lengths, short, exact, readable in JSON."""

import math
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.masks import Mask, Several, judged, one_volume, onto_grid, whole_numbers
from napari_dsc.core.types import BoolArray, FloatArray, Series
from napari_dsc.io.nifti import read_voxels
from napari_dsc.io.nifti.header import read_header

__all__ = ["listed_voxels", "mask_of", "read_labels", "read_mask", "runs_of"]


def read_mask(
    path: Path,
    series: Series,
    role: str = "mask",
    *,
    label: str | None = None,
    several: Several = "ask",
    resample: bool = False,
) -> Mask:
    """Read a mask onto the grid of a scan.

    Parameters
    ----------
    path : Path
        NIfTI: truth values, labels or a soft mask, as `judged` takes them; one volume or equal
        ones; its axes may run another way than the scan's.
    series : Series
        The scan.
    role : str
        What it is for: notices name this and not the file, whose name may be a patient's.
    label : str, optional
        Which of several labels is meant; "half": all of at least half of the full value.
    several : {"ask", "all"}
        What several labels are without `label`: a question, or all that are positive.
    resample : bool
        Whether a mask on another grid is read at the nearest voxel.

    Returns
    -------
    Mask
        Of the shape of the scan's volumes.

    Raises
    ------
    ChoiceNeededError
        If it has several labels and nobody said which.
    DscError
        If there is no such file, it is damaged, lies elsewhere, or its values are no mask.
    """
    if not path.is_file():
        raise DscError(f"a mask must be a file, got none at {path}. Check its name.")
    name = path.name
    stored, affine = read_voxels(path)
    values, notices = one_volume(stored, name, series.n_volumes)
    own = affine if affine is not None and read_header(path).oriented else None
    values, placed = _placed(values, own, series, name, resample)
    found = judged(values, name, label=label, several=several)
    said = (*notices, *placed, *found.notices)
    return Mask(found.voxels, tuple(one.replace(name, f"the {role}") for one in said))


def read_labels(
    path: Path, series: Series, *, resample: bool = False
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Read a label map onto the grid of a scan.

    Parameters
    ----------
    path : Path
        NIfTI of whole numbers, each positive one a region; its axes may run another way.
    series : Series
        The scan.
    resample : bool
        Whether a map on another grid is read at the nearest voxel.

    Returns
    -------
    labels : ndarray of int, shape (X, Y, Z)
        0 where there is none.
    notices : tuple of str
        How they came onto the scan's grid, where they lay on another.

    Raises
    ------
    DscError
        If there is no such file, it is damaged, lies elsewhere or holds other numbers.
    """
    if not path.is_file():
        raise DscError(f"a label map must be a file, got none at {path}. Check its name.")
    stored, affine = read_voxels(path)
    values, _ = one_volume(whole_numbers(stored), path.name, series.n_volumes)
    own = affine if affine is not None and read_header(path).oriented else None
    placed, said = _placed(values, own, series, path.name, resample)
    if placed.dtype.kind not in "biu" or (placed.size and int(placed.min()) < 0):
        raise DscError(
            f"{path.name} must hold whole numbers from 0 on, got others. Save it as labels."
        )
    return placed.astype(np.int64), tuple(one.replace(path.name, "the map") for one in said)


def _placed(
    values: NDArray[Any], affine: FloatArray | None, series: Series, name: str, resample: bool
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Bring a mask onto the scan's grid; where nobody knows where one of them lies, as it is."""
    shape = series.signal.shape[:-1]
    if affine is not None and series.affine is not None and series.oriented:
        return onto_grid(values, affine, shape, series.affine, name, resample=resample)
    if values.shape != shape:
        raise DscError(
            f"{name} must have the scan's shape {shape}, got {values.shape}. Draw it on this scan."
        )
    if affine is None and not series.oriented:
        return values, ()  # the scan itself says that nobody knows
    whose = "the scan" if affine is not None else name
    said = f"{whose} does not say where it lies: the mask was taken voxel by voxel, in file order."
    return values, (said,)


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


def listed_voxels(voxels: Any, shape: Sequence[int], remedy: str) -> NDArray[np.int64]:
    """Voxels that a JSON file lists, each by its indices: as an array of shape (N, D).

    Millions of them are looked at in a second, each of their numbers.

    Parameters
    ----------
    voxels : object
        A list of lists of whole numbers, if it is right.
    shape : sequence of int, length D
        Of the volume.
    remedy : str
        For the error.

    Raises
    ------
    DscError
        If it is anything else, or one of them lies outside.
    """
    count = len(shape)
    rows = isinstance(voxels, list) and set(map(type, voxels)) <= {list}
    alike = rows and set(map(len, voxels)) <= {count}
    if not alike or not set(map(type, chain.from_iterable(voxels))) <= {int}:  # True is none
        raise DscError(f"voxels must be {count} whole numbers each, got others. {remedy}")
    try:
        flat = np.fromiter(chain.from_iterable(voxels), np.int64, count * len(voxels))
    except OverflowError:  # a number of 30 digits
        flat = np.full(count * len(voxels), -1)
    index = flat.reshape(-1, count)
    outside = ((index < 0) | (index >= np.array(shape))).any(axis=1)
    if outside.any():
        first = tuple(voxels[int(np.argmax(outside))])
        raise DscError(
            f"voxels must lie within a volume of shape {tuple(shape)}, got {first!s:.60}. {remedy}"
        )
    return index
