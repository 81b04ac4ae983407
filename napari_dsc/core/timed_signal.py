"""Signals and curves that know when their slices were measured.

Whatever belongs to an axis travels with the axis: the signal of a scan that tells when its slices
are measured keeps that through slicing, cropping and masking, so that `delta_r2_star` can bring
its curves to the times of the volumes.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SAME", "Group", "ScanSignal", "SliceTiming", "groups_of", "later", "moved", "slice_offsets",
    "timed_signal", "timing_of",
]  # fmt: skip

FloatArray: TypeAlias = NDArray[np.floating[Any]]
SAME = 1e-4  # s: slices nearer than this are measured together


class Group(NamedTuple):
    """Rows that are measured together."""

    offset: float  # s after the volume begins
    rows: NDArray[np.intp] | None  # ascending; None: all


class SliceTiming(NamedTuple):
    """When the voxels of a signal are measured."""

    offsets: FloatArray  # (...) after the volume of each voxel begins, s; a view
    time: FloatArray | None  # (T,) of the volumes, s; None while the time step is unknown

    def is_like(self, offsets: FloatArray) -> bool:
        """Whether these are other offsets that vary along one axis, without looking at each."""
        mine = self.offsets
        if mine.shape != offsets.shape or mine.strides != offsets.strides:
            return False
        line = tuple(slice(None) if step else slice(1) for step in offsets.strides)
        return np.array_equal(mine[line], offsets[line])

    def at(self, key: Any) -> "SliceTiming | None":
        """Return that of a part of the signal; None where the key asks for no curves."""
        parts = key if isinstance(key, tuple) else (key,)
        if any(part is None for part in parts):
            return None
        used = sum(_axes(part) for part in parts)
        ndim = self.offsets.ndim + 1
        dots = [at for at, part in enumerate(parts) if part is Ellipsis]
        cut = dots[0] if dots else len(parts)
        whole = (slice(None),) * (ndim - used)
        full = (*parts[:cut], *whole, *parts[cut + 1 :])
        if not full or _axes(full[-1]) != 1:  # a mask of all axes
            return None
        place, when = full[:-1], full[-1]
        listed = isinstance(when, list | np.ndarray)
        if not (listed or isinstance(when, slice)):
            return None  # one volume
        if listed and not all(isinstance(one, slice) for one in place):
            return None
        time = None if self.time is None else self.time[when]
        return SliceTiming(self.offsets[place], time)


class ScanSignal(np.ndarray):
    """Signal of a scan, shape (..., T), that knows when each of its slices is measured.

    An array like any other. What is cut out of it by an index still knows; what is computed of it
    is a plain array.
    """

    timing: SliceTiming | None

    def __array_finalize__(self, obj: Any) -> None:
        """Know nothing, until somebody says so."""
        self.timing = None

    def __array_wrap__(self, made: Any, context: Any = None, return_scalar: bool = False) -> Any:
        """What is computed is a plain array."""
        plain = np.asarray(made)
        return plain[()] if return_scalar else plain

    def __getitem__(self, key: Any) -> Any:
        """Return a part, which knows its slice times."""
        found = super().__getitem__(key)
        if not isinstance(found, ScanSignal):
            return found
        part = None if self.timing is None else self.timing.at(key)
        if part is None:
            return np.asarray(found)
        found.timing = part
        return found

    def astype(self, *args: Any, **options: Any) -> Any:
        """Another kind of number, measured at the same times."""
        return self._like(np.asarray(self).astype(*args, **options))

    def copy(self, order: Any = "C") -> Any:
        """Return a copy that knows the same."""
        return self._like(np.asarray(self).copy(order))

    def __copy__(self) -> Any:
        """Return a copy that knows the same."""
        return self.copy("K")

    def __deepcopy__(self, memo: Any) -> Any:
        """Return a copy that knows the same."""
        return self.copy("K")

    def __reduce__(self) -> Any:
        """Travel to another process with what is known."""
        return timed_signal, (np.asarray(self), self.timing)

    def _like(self, made: Any) -> Any:
        return timed_signal(made, self.timing)


def timed_signal(signal: NDArray[Any], timing: SliceTiming | None) -> NDArray[Any]:
    """View of a signal that knows when its slices are measured; itself where nothing is known."""
    if timing is None:
        return signal
    made = np.asarray(signal).view(ScanSignal)
    made.timing = timing
    return made


def slice_offsets(slice_times: Any, slice_axis: int, shape: tuple[int, ...]) -> FloatArray | None:
    """When each voxel of a volume is measured after its first slice, s.

    Parameters
    ----------
    slice_times : array_like, shape (S,)
        When each slice is measured after the volume begins, s.
    slice_axis : int
        Along which axis of the volume the slices lie.
    shape : tuple of int
        Of the volume.

    Returns
    -------
    ndarray, or None
        A view of that shape; None where all slices are measured together.
    """
    times = np.asarray(slice_times, dtype=np.float64)
    times = times - times.min()
    if not (times > SAME).any():
        return None
    along = [1] * len(shape)
    along[slice_axis] = -1
    return np.broadcast_to((np.round(times / SAME) * SAME).reshape(along), shape)


def timing_of(signal: Any) -> SliceTiming | None:
    """What a signal knows of its slice times."""
    return signal.timing if isinstance(signal, ScanSignal) else None


def _axes(part: Any) -> int:
    """How many axes a part of an index uses up."""
    if part is Ellipsis:
        return 0
    array = np.asarray(part) if isinstance(part, list | np.ndarray) else None
    return array.ndim if array is not None and array.dtype == np.bool_ else 1


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
