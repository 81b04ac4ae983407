"""Checks of the arguments of public functions, with errors that say what may be given.

Every public function hands its arguments to these before it computes. What numpy, pandas, xarray
or plain Python hold becomes a plain array of floats, masked samples become NaN, and all else is a
`DscError` that names the argument, what it must be and what it was.
"""

from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.real_numbers import as_flag, as_number, as_reals, described
from napari_dsc.core.time_units import refuse_step
from napari_dsc.core.types import Aif, FloatArray

__all__ = [
    "arterial_curve",
    "as_affine",
    "as_baseline",
    "as_curves",
    "as_flag",
    "as_number",
    "as_reals",
    "as_signal",
    "as_time",
    "as_window",
    "bolus_in_baseline",
    "holds_bolus",
    "refuse_gaps",
    "rising_steps",
]

HELD = 0.1  # of the artery's peak: a baseline that reaches it holds the bolus


def as_curves(name: str, values: Any, fewest: int = 1) -> FloatArray:
    """Curves with time as their last axis: float32 stays, all else becomes float64."""
    given = as_reals(name, values, "Pass curves, shape (..., T).")
    if given.ndim < 1 or given.size == 0 or given.shape[-1] < fewest:
        least = f" with at least {fewest} volumes" if fewest > 1 else ""
        raise DscError(
            f"{name} must be real, of shape (..., T){least}, got {given.dtype} of shape "
            f"{given.shape}. Pass the curves of a whole scan."
        )
    if given.dtype.kind == "u" and int(given.max()) > np.iinfo(given.dtype).max // 2:
        raise DscError(
            f"{name} must be signed, because delta R2* falls below zero, got {given.dtype} with "
            f"values up to {given.max()}: numbers below zero have wrapped. Keep it as floats."
        )
    return given if given.dtype.kind == "f" else given.astype(np.float64)


def as_signal(name: str, values: Any, like: tuple[int, ...] | None = None) -> NDArray[Any]:
    """Signal with time as its last axis, integers as they are; of the shape of its curves."""
    given = as_reals(name, values, "Pass magnitudes, with time as the last axis.")
    if given.ndim < 1 or given.shape[-1] == 0:
        raise DscError(
            f"{name} must be real, with time as its last axis, got {given.dtype} of shape "
            f"{given.shape}. Pass magnitudes."
        )
    if like is not None and given.shape != like:
        raise DscError(
            f"{name} must have the shape of delta_r2, {like}, got {given.shape}. "
            "Pass the signal that delta_r2 was made from."
        )
    return given


def arterial_curve(aif: Any, curves: FloatArray, time: Any = None) -> FloatArray:
    """Arterial curve in float64, one finite value for each sample of the tissue curves.

    Parameters
    ----------
    aif : array_like, shape (T,), or Aif
        Delta R2* of the artery; of an `Aif`, its curve.
    curves : ndarray, shape (..., T)
        Curves of the tissue.
    time : array_like, optional
        Tells which of the two is wrong, where they differ.
    """
    given = aif.curve if isinstance(aif, Aif) else aif
    artery = as_reals("aif", given, "Pass the artery's curve, shape (T,).").astype(np.float64)
    n_samples = curves.shape[-1]
    if artery.shape != (n_samples,):
        times = () if time is None else np.shape(as_reals("time", time))
        _refuse_turned(curves, artery.shape, times)
        raise DscError(
            f"aif must have shape ({n_samples},) like the curves of delta_r2, got {artery.shape}. "
            "Give one value for each volume."
        )
    refuse_gaps("aif", artery, "Interpolate that sample or choose other arterial voxels.")
    return artery


def refuse_gaps(name: str, values: FloatArray, remedy: str) -> None:
    """Raise `DscError` for a curve or times, shape (T,), with a sample that is not finite."""
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise DscError(f"{name} must be finite, got {values[first]} at volume {first}. {remedy}")


def as_time(time: Any, n_samples: int, like: str = "the curves") -> FloatArray:
    """Time axis in s: one finite time for each sample, increasing, in steps of 0.2 to 6 s."""
    times = as_reals("time", time, "Give one time in seconds for each volume.").astype(np.float64)
    if times.shape != (n_samples,):
        raise DscError(
            f"time must have shape ({n_samples},) like {like}, got {times.shape}. "
            "Give one time in seconds for each volume."
        )
    steps = rising_steps(times)
    if steps.size:
        refuse_step("time", float(np.median(steps)))
    return times


def rising_steps(times: FloatArray) -> FloatArray:
    """Steps of a time axis, s; raises `DscError` where it is not finite, or does not increase."""
    refuse_gaps("time", times, "Mend the time axis.")
    steps = np.diff(times)
    if (steps <= 0).any():
        first = int(np.flatnonzero(steps <= 0)[0])
        raise DscError(
            f"time must increase, got {times[first]:g} s then {times[first + 1]:g} s at volume "
            f"{first + 1}. Sort the volumes by time."
        )
    return np.asarray(steps)


def as_baseline(baseline: Any, n_volumes: int, *, empty: bool = False) -> slice:
    """Volumes before the bolus as a slice of their numbers.

    Parameters
    ----------
    baseline : slice or int
        Them, or how many of the first volumes these are.
    n_volumes : int
        Volumes of the curves.
    empty : bool
        Whether none, 0, is an answer.
    """
    found = _span("baseline", baseline, n_volumes, "Choose volumes before the bolus arrives.")
    if found.stop <= found.start and not (empty and not isinstance(baseline, slice)):
        raise DscError(
            f"baseline must hold at least one of the {n_volumes} volumes, got "
            f"{_slice_words(baseline)}. Choose volumes before the bolus arrives."
        )
    return found


def as_window(window: Any, n_volumes: int) -> slice:
    """Volumes of a window as a slice of their numbers."""
    if not isinstance(window, slice):
        raise DscError(
            f"window must be a slice of the {n_volumes} volumes, got {described(window)}. Pass "
            "slice(first, the first after it), or None for all."
        )
    return _span("window", window, n_volumes, "Choose the first pass, or the whole scan.")


def as_affine(affine: Any) -> FloatArray | None:
    """Affine in float64, finite and not singular; None stays None."""
    if affine is None:
        return None
    remedy = "Pass the image's affine, voxel indices to millimetres, or None."
    place = as_reals("affine", affine, remedy).astype(np.float64)
    if place.shape != (4, 4):
        raise DscError(f"affine must have shape (4, 4), got {place.shape}. {remedy}")
    if not np.isfinite(place).all():
        bad = int((~np.isfinite(place)).sum())
        raise DscError(f"affine must be finite, got {bad} numbers that are not. {remedy}")
    if not abs(np.linalg.det(place[:3, :3])) > 0 or not np.array_equal(place[3], [0, 0, 0, 1]):
        raise DscError(
            f"affine must be one of space, its last row 0 0 0 1 and no axis of length zero, got "
            f"{place.tolist()}. {remedy}"
        )
    return place


def holds_bolus(artery: FloatArray, baseline: slice, arrival: int) -> int | None:
    """First volume of a baseline in which the artery's bolus has arrived; None if there is none.

    Parameters
    ----------
    artery : ndarray, shape (T,)
        Delta R2* of the artery, whatever its level before the bolus.
    baseline : slice
        Volumes, by their numbers.
    arrival : int
        Where the curve crosses 5 % of its peak.
    """
    if baseline.stop <= baseline.start:
        return None
    level = float(np.median(artery[:arrival])) if arrival else float(artery.min())
    peak = float(artery.max()) - level
    late = np.arange(max(baseline.start, arrival), baseline.stop)
    reached = late[artery[late] - level > HELD * peak]
    return int(reached[0]) if reached.size else None


def bolus_in_baseline(whose: str, baseline: slice, reached: int, arrival: int) -> DscError:
    """Return the error of a baseline in which the bolus has risen already, on which curve."""
    return DscError(
        f"baseline must end before the bolus arrives, got volumes {baseline.start}:"
        f"{baseline.stop}: {whose} has risen at volume {reached}. End it at volume {arrival} or "
        "earlier, and make delta_r2 of the same baseline."
    )


def _span(name: str, given: Any, n_volumes: int, remedy: str) -> slice:
    """Slice of positive numbers for a slice, or a count of the first volumes."""
    if not isinstance(given, slice):
        try:
            whole = None if isinstance(given, bool | np.bool_) else index(given)
        except TypeError:
            whole = None
        if whole is None:
            raise DscError(
                f"{name} must be a whole number of volumes or a slice of them, got "
                f"{described(given)}. {remedy}"
            )
        if not 0 <= whole <= n_volumes:
            raise DscError(f"{name} must be 0 to {n_volumes} volumes, got {whole}. {remedy}")
        return slice(0, whole)
    try:
        start, stop, step = given.indices(n_volumes)
    except (TypeError, ValueError) as error:
        raise DscError(
            f"{name} must be a slice of whole numbers, got {_slice_words(given)}. {remedy}"
        ) from error
    beyond = [end for end in (given.start, given.stop) if end is not None and abs(end) > n_volumes]
    if step != 1 or beyond:
        raise DscError(
            f"{name} must be volumes that follow one another, within 0 to {n_volumes}, got "
            f"{_slice_words(given)}. {remedy}"
        )
    return slice(start, max(start, stop))


def _slice_words(given: Any) -> str:
    if not isinstance(given, slice):
        return f"{given!r}"
    ends = ("" if one is None else f"{one!r}" for one in (given.start, given.stop))
    return ":".join(ends) + ("" if given.step is None else f":{given.step!r}")


def _refuse_turned(curves: FloatArray, artery: tuple[int, ...], times: tuple[int, ...]) -> None:
    """Raise where AIF and time agree and it is the curves that have time elsewhere."""
    if artery != times or len(artery) != 1:
        return
    where = [axis for axis, size in enumerate(curves.shape[:-1]) if size == artery[0]]
    if where:
        raise DscError(
            f"delta_r2 must have time as its last axis, {artery[0]} samples like aif and time, "
            f"got shape {curves.shape}. Turn it: np.moveaxis(delta_r2, {where[0]}, -1)."
        )
