"""Curves of every voxel of regions, as a table: a row for each voxel."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from napari_dsc.core.errors import DscError
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.regions.input_checks import as_labels
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["curve_table"]

HEAD = ("region", "name", "i", "j", "k", "accepted")


def curve_table(
    curves: FloatArray,
    time: FloatArray,
    brain: BoolArray,
    labels: ArrayLike,
    names: Mapping[int, str],
    accepted: BoolArray,
    unit: str = "1/s",
) -> str:
    """Write the curves of every voxel of each region as comma-separated values.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2* of the voxels of the brain, in the order of `curves_of`.
    time : ndarray, shape (T,)
        Times of the samples, s.
    brain : ndarray of bool, shape (X, Y, Z)
        The V voxels.
    labels : array_like of int, shape (X, Y, Z)
        Regions: each positive number; voxels outside the brain have no curve and are left out.
    names : mapping of int to str
        Of some regions.
    accepted : ndarray of bool, shape (X, Y, Z)
        Accepted voxels.
    unit : str
        Of the curves, for the head of the columns.

    Returns
    -------
    str
        A line for each voxel, region by region: label, name, voxel (from 0, as in the file),
        whether it is accepted (1 or 0), and the curve, one column for each time. A sample that
        nobody knows is empty.

    Raises
    ------
    DscError
        If no region holds a voxel of the brain.

    Examples
    --------
    >>> brain = np.ones((1, 1, 2), bool)
    >>> print(curve_table(np.array([[0.0, 1.5], [0.0, 2.0]]), np.array([0.0, 1.5]), brain,
    ...     [[[0, 1]]], {1: "Rim"}, brain), end="")
    region,name,i,j,k,accepted,0 s (1/s),1.5 s (1/s)
    1,Rim,0,0,1,1,0,2
    """
    painted = as_labels(labels, brain.shape)
    where = (painted > 0) & brain
    if not where.any():
        raise DscError("a region must hold a voxel of the brain, got none. Draw one.")
    rows = values_at(where, brain)
    index = np.moveaxis(np.indices(brain.shape), 0, -1)
    places = np.stack([values_at(index[..., axis], where) for axis in range(brain.ndim)], axis=-1)
    own, stands = values_at(painted, where), values_at(accepted, where)
    order = np.argsort(own, kind="stable")
    lines = [",".join((*HEAD, *(f"{one:g} s ({unit})" for one in time)))]
    held = curves[rows]
    for at in order:
        label = int(own[at])
        name = names.get(label, f"Region {label}").replace('"', "'")
        named = f'"{name}"' if set(name) & set(",\n\r") else name
        known = ("" if np.isnan(one) else f"{one:.7g}" for one in held[at])
        cells = (str(label), named, *map(str, places[at]), str(int(stands[at])), *known)
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"
