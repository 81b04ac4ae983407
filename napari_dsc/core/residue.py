"""What is read off a curve or a residue function, between its samples: peak and leading edge."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import FloatArray

__all__ = ["Peak", "leading_edge", "parabolic_peak"]


class Peak(NamedTuple):
    """Largest values of some rows."""

    height: FloatArray  # (V,) of the parabola through the sample and its neighbours
    position: FloatArray  # (V,) in samples, between samples
    sample: NDArray[np.intp]  # (V,) the largest sample itself


def parabolic_peak(values: FloatArray, search: slice) -> Peak:
    """Height and position of the largest value of each row, from a three-point parabola.

    Parameters
    ----------
    values : ndarray, shape (V, L)
        One function a row.
    search : slice
        Samples among which the peak is searched for. A peak at either edge of it has no
        parabola: it is the sample.

    Returns
    -------
    Peak
        In the units of `values`, and in samples.

    Examples
    --------
    >>> peak = parabolic_peak(np.array([[0.0, 3.0, 4.0, 3.0]]), slice(0, 4))
    >>> peak.height.tolist(), peak.position.tolist()
    ([4.0], [2.0])
    """
    within = values[:, search]
    index = within.argmax(axis=1) + search.start
    rows = np.arange(len(values))
    left = values[rows, np.maximum(index - 1, 0)]
    top = values[rows, index]
    right = values[rows, np.minimum(index + 1, values.shape[1] - 1)]
    inside = (index > search.start) & (index < search.stop - 1)
    bend = left - 2 * top + right
    offset = np.divide(left - right, 2 * bend, out=np.zeros_like(top), where=inside & (bend < 0))
    return Peak(top - (left - right) * offset / 4, index + offset, index)


def leading_edge(values: FloatArray, peak: Peak) -> FloatArray:
    """Position at which each row rises through half of its peak, walking back from the peak.

    Parameters
    ----------
    values : ndarray, shape (V, L)
        One function a row.
    peak : Peak
        Their peaks.

    Returns
    -------
    ndarray, shape (V,)
        In samples, between samples; NaN where no sample before the peak is below half of it.

    Examples
    --------
    >>> values = np.array([[0.0, 0.0, 4.0, 4.0, 3.0]])
    >>> leading_edge(values, parabolic_peak(values, slice(0, 5))).tolist()
    [1.5...]
    """
    edge = np.full(len(values), np.nan, dtype=values.dtype)
    half = peak.height / 2
    rows = np.flatnonzero((peak.height > 0) & (peak.sample > 0))
    before = peak.sample[rows] - 1
    while rows.size:
        low = values[rows, before]
        crossed = low < half[rows]
        found, at = rows[crossed], before[crossed]
        rise = values[found, at + 1] - low[crossed]
        edge[found] = at + (half[found] - low[crossed]) / rise
        onward = ~crossed & (before > 0)
        rows, before = rows[onward], before[onward] - 1
    return edge
