"""Rows of the voxels of a mask, and back to the volume: a slice is a run of rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.parallel_blocks import blocks_of, in_blocks, workers
from napari_dsc.core.types import BoolArray

__all__ = ["curves_of", "lay_out", "places_of", "values_at"]


def curves_of(signal: NDArray[Any], voxels: BoolArray) -> NDArray[Any]:
    """Curves of the marked voxels, one a row, the last axis of space slowest.

    Parameters
    ----------
    signal : ndarray, shape (..., T)
        A series of volumes, in any memory order.
    voxels : ndarray of bool, shape (...)
        Which voxels.

    Returns
    -------
    ndarray, shape (V, T)
        A copy, in the dtype of `signal`.

    Examples
    --------
    >>> signal = np.arange(8).reshape(2, 2, 2)
    >>> curves_of(signal, np.ones((2, 2), dtype=bool))[:, 0].tolist()
    [0, 4, 2, 6]
    """
    if signal.ndim > 1 and signal.T.flags.c_contiguous:  # as files store it
        volumes, marked = signal.T.reshape(signal.shape[-1], -1), np.flatnonzero(voxels.T)
        curves = np.empty((marked.size, len(volumes)), dtype=signal.dtype)

        def work(rows: slice) -> None:
            curves[rows] = volumes.take(marked[rows], axis=1).T

        with workers() as pool:
            for _ in in_blocks(pool, work, blocks_of(marked.size), marked.size):
                pass
        return curves
    if signal.ndim > 1 and signal.strides[-1] == max(signal.strides):  # volume after volume
        chosen = voxels.T
        return np.ascontiguousarray(np.stack([volume[chosen] for volume in signal.T], axis=1))
    slices_first = np.moveaxis(signal.T, 0, -1)
    return slices_first[voxels.T]


def values_at(volume: NDArray[Any], voxels: BoolArray) -> NDArray[Any]:
    """Values of a volume in the order of `curves_of`: shape (V,)."""
    return volume.T[voxels.T]


def places_of(mask: BoolArray) -> tuple[NDArray[np.intp], ...]:
    """Indices of the marked voxels by axis, in the order of memory: as NumPy's, in a tenth.

    Parameters
    ----------
    mask : ndarray of bool, shape (...)
        Of one axis at the least.

    Returns
    -------
    tuple of ndarray of int, each of shape (V,)
        An index of an array of that shape.

    Examples
    --------
    >>> places_of(np.array([[False, True], [False, True]]))
    (array([0, 1]), array([1, 1]))
    """
    if mask.T.flags.c_contiguous:
        return np.unravel_index(np.flatnonzero(mask.T), mask.T.shape)[::-1]
    return np.unravel_index(np.flatnonzero(mask), mask.shape)


def lay_out(values: NDArray[Any], voxels: BoolArray, elsewhere: float) -> NDArray[Any]:
    """Volume that holds values in the order of `curves_of`, and `elsewhere` around them.

    In memory a slice follows the other, as in files and on screen: the first axis is fastest.
    """
    volume = np.full(voxels.shape, elsewhere, dtype=values.dtype, order="F")
    volume.T[voxels.T] = values
    return volume
