"""Peak and leading edge of a curve or a residue function, between its samples."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["Peak", "fall_through", "leading_edge", "parabolic_peak", "rise_through"]

STRIDE = np.arange(1, 5)  # samples that an edge is looked for in at once


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
    index = values[:, search].argmax(axis=1) + search.start
    flat = np.ascontiguousarray(values).reshape(-1)
    at = index + values.shape[1] * np.arange(len(values))
    top = flat.take(at)
    left, right = (flat.take(at + one, mode="clip") for one in (-1, 1))
    inside = (index > search.start) & (index < search.stop - 1)
    rise = left - right
    bend = 2 * (rise - 2 * (top - right))  # 2 (left − 2 top + right)
    offset = np.divide(rise, bend, out=np.zeros_like(top), where=inside & (bend < 0))
    return Peak(top - rise * offset / 4, index + offset, index)


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
    flat = np.ascontiguousarray(values).reshape(-1)
    rows = np.flatnonzero((peak.height > 0) & (peak.sample > 0))
    sample = peak.sample.take(rows)
    half = peak.height.take(rows) / 2
    back = STRIDE  # a few samples at once: most edges are steep
    while rows.size:
        behind = sample[:, None] - back
        steps = flat.take(behind + (values.shape[1] * rows)[:, None], mode="clip")
        below = (steps < half[:, None]) & (behind >= 0)
        nearest = below.argmax(axis=1)
        at = nearest + STRIDE.size * np.arange(rows.size)
        found = below.reshape(-1).take(at)
        low = steps.reshape(-1).take(at)
        position = behind.reshape(-1).take(at)
        high = flat.take(position + 1 + values.shape[1] * rows, mode="clip")
        rising = np.where(found, position + (half - low) / (high - low), np.nan)
        edge[rows] = rising
        onward = np.flatnonzero(~found & (sample > back[-1]))
        rows, sample, half = rows.take(onward), sample.take(onward), half.take(onward)
        back = back + STRIDE.size
    return edge


def rise_through(
    values: FloatArray, time: FloatArray, top: NDArray[np.intp], level: FloatArray
) -> FloatArray:
    """Time at which each row last rises through a level before its peak.

    Parameters
    ----------
    values : ndarray, shape (V, T)
        One curve a row.
    time : ndarray, shape (T,)
        Time of each sample, s.
    top : ndarray of int, shape (V,)
        Sample of each peak.
    level : ndarray, shape (V,)
        In the unit of the curves.

    Returns
    -------
    ndarray, shape (V,)
        s, linear between samples; NaN where no sample before the peak is below the level.

    Examples
    --------
    >>> curve = np.array([[0.0, 0.0, 2.0, 4.0, 0.0]])
    >>> rise_through(curve, np.arange(5.0), np.array([3]), np.array([1.0])).tolist()
    [1.5]
    """
    places = np.arange(time.size)
    under = (values < level[:, None]) & (places < top[:, None])
    low = np.where(under, places, -1).max(axis=1)
    return _crossing(values, time, low, low + 1, level, low >= 0)


def fall_through(
    values: FloatArray, time: FloatArray, top: NDArray[np.intp], level: FloatArray
) -> FloatArray:
    """Time at which each row first falls through a level after its peak; as `rise_through`."""
    places, end = np.arange(time.size), time.size
    under = (values < level[:, None]) & (places > top[:, None])
    low = np.where(under, places, end).min(axis=1)
    return _crossing(values, time, low, low - 1, level, low < end)


def _crossing(
    values: FloatArray,
    time: FloatArray,
    low: NDArray[np.intp],
    high: NDArray[np.intp],
    level: FloatArray,
    found: BoolArray,
) -> FloatArray:
    """Where the line from a low sample to a high one reaches a level."""
    rows, low = np.arange(len(values)), np.where(found, low, 0)
    high = np.where(found, high, 0)
    start, stop = values[rows, low], values[rows, high]
    with np.errstate(all="ignore"):
        share = (level - start) / (stop - start)
        return np.asarray(np.where(found, time[low] + share * (time[high] - time[low]), np.nan))
