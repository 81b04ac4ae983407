"""When slices are measured: curves at other times than those of the volumes.

A tissue curve of a slice that is measured o seconds after its volume begins is the convolution of
the residue function with the artery *at those times*. So nothing is done to the tissue: the
arterial curve is brought to the times of each slice before a method is bound to it, and lags,
flow and volume come out right for every method, also for one that feels a delay.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import BoolArray, FloatArray, Series
from napari_dsc.core.voxels import values_at

__all__ = ["Group", "groups_of", "in_words", "later", "moved", "offsets_of"]

SAME = 1e-4  # s: slices nearer than this are measured together


class Group(NamedTuple):
    """Rows that are measured together."""

    offset: float  # s after the volume begins
    rows: NDArray[np.intp] | None  # ascending; None: all


def offsets_of(series: Series, voxels: BoolArray) -> FloatArray | None:
    """When each voxel is measured after the first slice of its volume, s.

    Parameters
    ----------
    series : Series
        The scan.
    voxels : ndarray of bool, shape (...)
        The V voxels.

    Returns
    -------
    ndarray, shape (V,), or None
        In the order of `curves_of`; None where it is unknown, or the same for every slice.
    """
    if series.slice_times is None:
        return None
    times = np.asarray(series.slice_times, dtype=np.float64)
    times = times - times.min()
    if not (times > SAME).any():
        return None
    shape = [1] * voxels.ndim
    shape[series.slice_axis] = -1
    rounded = (np.round(times / SAME) * SAME).reshape(shape)
    return values_at(np.broadcast_to(rounded, voxels.shape), voxels)


def groups_of(offsets: FloatArray | None) -> list[Group]:
    """Rows of every distinct offset, ascending; one group of all rows where there is none."""
    if offsets is None:
        return [Group(0.0, None)]
    distinct, which = np.unique(offsets, return_inverse=True)
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=distinct.size))[:-1]
    parts = np.split(order, ends)
    return [Group(float(one), rows) for one, rows in zip(distinct, parts, strict=True)]


def later(time: FloatArray, offset: float) -> FloatArray:
    """Matrix that brings curves to other times: a cubic spline through their samples.

    Parameters
    ----------
    time : ndarray, shape (T,)
        Times of the samples, s; may be uneven.
    offset : float
        By how much later the curve is wanted, s; negative: earlier.

    Returns
    -------
    ndarray, shape (T, T)
        Curves times this are the curves at ``time + offset``. Beyond the first and the last
        sample the curve stays as it is there: nobody has measured it.
    """
    from scipy.interpolate import CubicSpline

    wanted = np.clip(time + offset, time[0], time[-1])
    return np.asarray(CubicSpline(time, np.eye(time.size), bc_type="natural")(wanted).T)


def moved(curves: FloatArray, offsets: FloatArray, time: FloatArray) -> FloatArray:
    """Curves at the times of the volumes, of voxels that were measured later.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s. A sample that is not finite is bridged by a straight line for its
        neighbours, and stays missing at the volume nearest to where it was.
    offsets : ndarray, shape (V,)
        When each was measured after its volume began, s.
    time : ndarray, shape (T,)
        Times of the volumes, s.

    Returns
    -------
    ndarray, shape (V, T)
        In the dtype of `curves`.
    """
    made = curves.copy()
    for offset, rows in groups_of(offsets):
        if offset == 0 or rows is None:
            continue
        some = curves[rows].astype(np.float64)
        known = np.isfinite(some)
        for row in np.flatnonzero(~known.all(axis=1) & known.any(axis=1)):
            seen = known[row]
            some[row] = np.interp(time, time[seen], some[row, seen])
        back = (time + offset)[None, :] - time[:, None]
        nearest = np.abs(back).argmin(axis=1)  # the sample that stands for each volume
        at = np.nan_to_num(some) @ later(time, -offset)
        made[rows] = np.where(known[:, nearest], at, np.nan)
    return made


def in_words(series: Series, corrected: bool) -> tuple[str, ...]:
    """What a reader should know of the slice times; nothing where they are unknown or equal."""
    if series.slice_times is None or not np.ptp(series.slice_times) > SAME:
        return ()
    first, last = series.slice_times.min(), series.slice_times.max()
    span = f"Slice times ({first:g} to {last:.3g} s after each volume begins)"
    if corrected:
        return (f"{span} are corrected: times count from the first slice of each volume.",)
    return (f"{span} are known and not corrected: arrival times are too early in late slices.",)
