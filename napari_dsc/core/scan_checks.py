"""Checks that a scan is what it says: signal, in order of time and place."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray, Series

__all__ = [
    "NOMINAL",
    "NO_BOLUS",
    "doubtful_order",
    "doubtful_quantity",
    "from_delta_r2_star",
    "without_bolus",
]

NOMINAL = 0.005  # s: an echo time under which no delta R2* of a vessel leaves the range of float32
UNSTEADY = 4  # volumes that may be brighter for another reason
RISES, CLEAR = 1.5, 8.0  # times the fall, and a step from volume to volume
PASSAGES = 3  # stretches of volumes in the lower half of a bolus: one or two in order of time
RESTLESS = 0.5  # mean square step over twice the variance; 1 where the order is random
APART = 2.0  # times: how much less alike slices are than volumes, in order
PAIRS = 8  # of volumes, and of slices, that are compared
DEEP = 5.0  # steps from volume to volume that a bolus is deep, at the least
NO_BOLUS = (
    "No bolus was found: maps of such a scan mean nothing. Look at the curves first, and whether "
    "the volumes are in order."
)
UPWARDS = (
    "The brain's curve rises at the bolus, as ΔR2* does: signal falls. Choose which of them the "
    "scan holds."
)
TURNED = (
    "Neighbouring slices resemble each other more than neighbouring volumes: time and place may "
    "be exchanged. Play the scan, and confirm that it is in order."
)
JUMPING = (
    "The brain's mean signal jumps from volume to volume: the volumes may be out of order. Play "
    "the scan, and confirm that it is in order."
)
WAS_DELTA = "The scan holds ΔR2*, 1/s: no logarithm is taken of it."


def from_delta_r2_star(series: Series) -> Series:
    """Take what a scan holds as delta R2* that somebody has computed already.

    Everything after it works on signals: this is the signal that would have given these curves,
    so that the logarithm gives them back. Their baseline, which is zero by definition, becomes so.

    Parameters
    ----------
    series : Series
        Its values are delta R2*, 1/s.

    Returns
    -------
    Series
        Signal between 0 and 1, float32; `quantity` says where it came from.

    Raises
    ------
    DscError
        If a value is larger than a delta R2* can be.
    """
    if series.quantity == "delta R2*":
        return series
    curves = np.asarray(series.signal, dtype=np.float32)
    with np.errstate(all="ignore"):
        largest = float(np.nanmax(np.abs(np.where(np.isfinite(curves), curves, 0))))
        if NOMINAL * largest > 15:
            raise DscError(
                f"delta R2* must be in 1/s, got values up to {largest:.3g}. If they are in other "
                "units, or signal, say so."
            )
        signal = np.exp(-np.float32(NOMINAL) * curves)
    return replace(
        series,
        signal=signal,
        echo_time=NOMINAL,
        quantity="delta R2*",
        notices=(*series.notices, WAS_DELTA),
    )


def doubtful_quantity(mean: FloatArray, baseline: tuple[int, int]) -> str:
    """Say so if a brain's mean signal rises at the bolus; empty if it falls, or does neither.

    Parameters
    ----------
    mean : ndarray, shape (T,)
        Mean of what the scan holds over the brain.
    baseline : tuple of int
        First volume of the baseline and the first after it, or what stands in for it.
    """
    start, stop = baseline
    before, after = mean[min(max(start, UNSTEADY), stop - 1) : stop], mean[stop:]
    if not after.size or not np.isfinite(mean[start:]).all():
        return ""
    level = float(np.median(before))
    rise, fall = float(after.max()) - level, level - float(after.min())
    scatter = float(np.median(np.abs(np.diff(mean[start:]))))
    return UPWARDS if rise > RISES * max(fall, 0.0) and rise > CLEAR * scatter else ""


def without_bolus(mean: FloatArray) -> str:
    """Say so if nothing of a brain's mean signal, from the steady state on, is a bolus."""
    if mean.size < 2 or not np.isfinite(mean).all():
        return ""
    fall, step = np.median(mean) - mean.min(), np.median(np.abs(np.diff(mean)))
    return "" if fall > DEEP * step else NO_BOLUS


def doubtful_order(signal: NDArray[np.generic], mean: FloatArray) -> tuple[str, ...]:
    """Say so if volumes, or volumes and slices, seem to be out of order.

    Parameters
    ----------
    signal : ndarray, shape (X, Y, Z, T)
        The scan; a few of its slices are looked at. Of another shape: nothing is known of slices.
    mean : ndarray, shape (T,)
        Mean of the brain, from the steady state on.
    """
    told = []
    if np.isfinite(mean).all() and _shuffled(mean):
        told.append(JUMPING)
    if signal.ndim == 4 and signal.shape[2] > 2:
        n_slices, n_volumes = signal.shape[2:]
        volumes = np.linspace(0, n_volumes - 2, PAIRS).astype(int)
        slices = np.linspace(0, n_slices - 2, PAIRS).astype(int)
        middle = n_slices // 2
        in_time = [_alike(signal[:, :, middle, t], signal[:, :, middle, t + 1]) for t in volumes]
        half = n_volumes // 2
        in_place = [_alike(signal[:, :, z, half], signal[:, :, z + 1, half]) for z in slices]
        if np.isfinite(in_time).any() and np.isfinite(in_place).any():  # else all is flat
            unlike = 1 - np.nanmedian(in_time), 1 - np.nanmedian(in_place)
            if unlike[0] > APART * unlike[1]:
                told.append(TURNED)
    return tuple(told)


def _shuffled(mean: FloatArray) -> bool:
    """Whether a bolus lies scattered over a mean curve: nothing of it grows with its length."""
    mean = np.minimum(mean, np.percentile(mean, 90))  # without volumes before the steady state
    level, lowest = float(np.median(mean)), float(mean.min())
    low = mean < (level + lowest) / 2
    if not low.any():
        return False
    stretches = int(low[0]) + int((np.diff(low.astype(np.int8)) > 0).sum())
    near = slice(max(0, int(np.flatnonzero(low)[0]) - 3), int(np.flatnonzero(low)[-1]) + 4)
    around = mean[near]
    restless = float((np.diff(around) ** 2).mean() / max(2 * around.var(), 1e-300))
    return stretches > PASSAGES and restless > RESTLESS


def _alike(one: NDArray[np.generic], other: NDArray[np.generic]) -> float:
    """Correlation of two pictures; NaN if one of them is flat."""
    first, second = (np.asarray(picture, np.float64).ravel() for picture in (one, other))
    known = np.isfinite(first) & np.isfinite(second)
    if known.sum() < 2:
        return float("nan")
    first, second = first[known] - first[known].mean(), second[known] - second[known].mean()
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum() / size) if size > 0 else float("nan")
