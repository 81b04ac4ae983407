"""Slice times: curves of slices that are measured one after the other, brought to one time.

A tissue curve of a slice that is measured o seconds after its volume begins is the convolution of
the residue function with the artery *at those times*. So nothing is done to the tissue: the
arterial curve is brought to the times of each slice before a method is bound to it, and lags,
flow and volume come out right for every method, also for one that feels a delay.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.real_numbers import as_reals, described
from napari_dsc.core.time_units import PLAUSIBLE_STEP
from napari_dsc.core.timed_signal import (
    SAME,
    Group,
    SliceTiming,
    groups_of,
    later,
    moved,
    slice_offsets,
)
from napari_dsc.core.types import BoolArray, FloatArray, Series

__all__ = [
    "Group",
    "as_offsets",
    "doubtful_timing",
    "groups_of",
    "in_words",
    "later",
    "moved",
    "offsets_of",
]

FEW = 40  # voxels that tell whether curves are those of their signal
TWICE = (
    "slice_times are given, and delta_r2 is not that of signal at the times of its slices: it may "
    "have been brought to the times of the volumes already, as delta_r2_star does. Leave "
    "slice_times out then."
)
LEFT = (
    "Slice times are known to signal and delta_r2 is not corrected for them: late slices seem "
    "early. Make delta_r2 with delta_r2_star, or give slice_times."
)


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
    offsets = slice_offsets(series.slice_times, series.slice_axis, voxels.shape)
    return None if offsets is None else values_at(offsets, voxels)


def as_offsets(slice_times: Any, slice_axis: Any, shape: tuple[int, ...]) -> FloatArray | None:
    """When each voxel of a volume of some shape is measured after its first slice, s.

    Raises
    ------
    DscError
        If there is not one time for each slice along an axis of the volume, or the times span
        more than 6 s: they cannot be in seconds.
    """
    if slice_times is None:
        return None
    whole = isinstance(slice_axis, int | np.integer) and not isinstance(slice_axis, bool)
    if not whole or not 0 <= slice_axis < len(shape):
        raise DscError(
            f"slice_axis must be an axis of the volume, 0 to {len(shape) - 1}, got "
            f"{described(slice_axis)}. Give the one along which the slices lie."
        )
    times = as_reals("slice_times", slice_times, "Give one time in seconds for each slice.")
    count = shape[slice_axis]
    if times.shape != (count,) or not np.isfinite(times).all():
        raise DscError(
            f"slice_times must be one finite time for each of the {count} slices along axis "
            f"{slice_axis}, got shape {times.shape}. Give them in seconds."
        )
    longest = float(np.ptp(times.astype(np.float64)))
    if longest > PLAUSIBLE_STEP[1]:
        raise DscError(
            f"slice_times must lie within one volume, at most {PLAUSIBLE_STEP[1]:g} s, got "
            f"{longest:g} s from the first to the last. If they are in milliseconds, divide by "
            "1000."
        )
    return slice_offsets(times, int(slice_axis), shape)


def doubtful_timing(
    curves: FloatArray, signal: NDArray[Any], known: SliceTiming | None, *, given: bool
) -> str:
    """Say so if slice times that a signal knows are forgotten, or would be counted twice.

    Curves at the times of their slices are the logarithm of their signal, sample for sample, but
    for level and scale; curves that were brought elsewhere are not.
    """
    if known is None or np.ndim(known.offsets) != curves.ndim - 1:
        return ""
    latest = np.flatnonzero(np.ravel(known.offsets) == np.max(known.offsets))
    some = latest[:: 1 + latest.size // FEW]
    place = np.unravel_index(some, curves.shape[:-1])
    with np.errstate(all="ignore"):
        own, theirs = curves[place].astype(np.float64), -np.log(signal[place].astype(np.float64))
    whole = np.isfinite(own).all(axis=1) & np.isfinite(theirs).all(axis=1)
    own, theirs = own[whole], theirs[whole]
    own = own - own.mean(axis=1, keepdims=True)
    theirs = theirs - theirs.mean(axis=1, keepdims=True)
    size = np.sqrt((own**2).sum(axis=1) * (theirs**2).sum(axis=1))
    told = size > 0
    if not told.any():
        return ""
    alike = np.median((own * theirs).sum(axis=1)[told] / size[told]) > 1 - 1e-5
    if alike and not given:
        return LEFT
    return TWICE if given and not alike else ""


def in_words(series: Series, corrected: bool) -> tuple[str, ...]:
    """What a reader should know of the slice times; nothing where they are unknown or equal."""
    if series.slice_times is None or not np.ptp(series.slice_times) > SAME:
        return ()
    first, last = series.slice_times.min(), series.slice_times.max()
    span = f"Slice times ({first:g} to {last:.3g} s after each volume begins)"
    if corrected:
        return (f"{span} are corrected: times count from the first slice of each volume.",)
    return (f"{span} are known and not corrected: arrival times are too early in late slices.",)
