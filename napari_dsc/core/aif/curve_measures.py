"""Measures of a vascular curve: arrival, peak, width, area, roughness."""

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.noise import scanner_noise
from napari_dsc.core.peak import fall_through, rise_through
from napari_dsc.core.types import BoolArray, FloatArray, Measures

__all__ = [
    "ARRIVAL",
    "DARKEST",
    "END",
    "NOISE_FLOOR",
    "area_weights",
    "measure",
    "saturated_samples",
]

ARRIVAL = 0.05  # of the peak: the crossing that is called arrival
NOISE_FLOOR = 3.0  # standard deviations of the noise
DARKEST = 0.02  # of the baseline signal
END = 3  # samples that are the end of a curve
LONE = 1.1  # steps: a narrower peak at half of its height is a single sample, and no bolus
AFTER = 1.5  # widths behind the peak, where a first pass is over


def measure(
    curves: FloatArray,
    time: FloatArray,
    baseline: slice,
    *,
    signal: NDArray[np.generic] | None = None,
    noise: float | None = None,
    echo_time: float | None = None,
) -> Measures:
    """Measure vascular curves: when, how high, how wide, how noisy.

    Parameters
    ----------
    curves : ndarray, shape (V, T)
        Delta R2*, 1/s. Samples that are not finite are bridged by a straight line for what needs
        neighbours, and counted in `saturated`.
    time : ndarray, shape (T,)
        Time of each sample, s; may be uneven.
    baseline : slice
        Volumes before the bolus, of `signal`.
    signal : ndarray, shape (V, T), optional
        Their signals (Q.MS1.001), a.u. Without them only missing samples count as saturated.
    noise : float, optional
        Standard deviation of the scanner's noise, a.u.; None: as `scanner_noise` reads it off
        these signals. A voxel's own baseline is no measure of it: arteries pulsate.
    echo_time : float, optional
        Echo time (Q.MS1.005), s: gives the smallest signal where `signal` is not known.

    Returns
    -------
    Measures
        One of each for every curve. NaN where there is no answer: no positive peak or area, no
        crossing, or fewer than half of the samples.

    Examples
    --------
    >>> curve = np.array([[0.0, 0, 0, 2, 4, 2, 0, 0, 0]])
    >>> found = measure(curve, np.arange(9.0), slice(0, 3))
    >>> found.peak.tolist(), found.ttp.tolist(), found.fwhm.tolist(), found.first_moment.tolist()
    ([4.0], [4.0], [2.0], [4.0])
    """
    known = np.isfinite(curves)
    whole = _bridged(curves, known)
    with np.errstate(all="ignore"):
        top = whole.argmax(axis=1)
        height = whole[np.arange(len(whole)), top]
        peak = np.where(height > 0, height, np.nan)
        weights = area_weights(time)  # einsum: a BLAS product of a row hangs on those beside it
        area = np.einsum("vt,t->v", whole, weights)
        area = np.where(area > 0, area, np.nan)
        bends = np.diff(whole, 2, axis=1)
        saturated = saturated_samples(curves, signal, baseline, noise).sum(axis=1)
        highest = np.fmax.reduce(peak[saturated == 0], initial=np.nan)
        arrival = rise_through(whole, time, top, ARRIVAL * peak)
        fwhm = fall_through(whole, time, top, peak / 2) - rise_through(whole, time, top, peak / 2)
        return Measures(
            arrival=arrival,
            peak=peak,
            ttp=np.where(height > 0, _between_samples(whole, time, top), np.nan),
            fwhm=fwhm,
            first_moment=np.einsum("vt,t->v", whole, weights * time) / area,
            roughness=np.einsum("vt,vt->v", bends, bends) / area**2,
            jitter=_jitter(bends, time, top, arrival, fwhm) / peak,
            end_over_peak=whole[:, -END:].mean(axis=1) / peak,
            smallest_signal=_smallest(signal, baseline, peak, echo_time),
            saturated=saturated,
            relative_peak=peak / highest,
        )


def _jitter(
    bends: FloatArray,
    time: FloatArray,
    top: NDArray[np.intp],
    arrival: FloatArray,
    fwhm: FloatArray,
) -> FloatArray:
    """Root of the sum of squared second differences beside the first pass, for the whole curve.

    The narrow peak of an artery is itself rough at a time step of 2 s, and is no noise. A peak of
    a single sample is no first pass: there all of the curve counts. NaN where no pass is bounded.
    """
    middle = time[1:-1]
    step = float(np.median(np.diff(time)))
    end = time[top] + AFTER * fwhm
    beside = (middle < arrival[:, None] - step) | (middle > end[:, None] + step)
    lone = (fwhm <= LONE * step) | (beside.sum(axis=1) < 2)
    beside |= lone[:, None]
    total = np.einsum("vt,vt,vt->v", bends, bends, beside.astype(bends.dtype))
    level = np.sqrt(total * middle.size / beside.sum(axis=1))
    return np.where(np.isfinite(fwhm), level, np.nan)


def area_weights(time: FloatArray) -> FloatArray:
    """Weights of the trapezoidal rule, s: the area of a curve is its product with them."""
    half = np.diff(time) / 2
    return np.asarray(np.concatenate([half, [0]]) + np.concatenate([[0], half]))


def _bridged(curves: FloatArray, known: BoolArray) -> FloatArray:
    """Curves in float64, straight lines across what is not known; NaN with less than half."""
    whole = np.array(curves, dtype=np.float64)
    places = np.arange(whole.shape[1])
    for row in np.flatnonzero(~known.all(axis=1)):
        seen = known[row]
        if 2 * seen.sum() < seen.size:
            whole[row] = np.nan
        else:
            whole[row] = np.interp(places, places[seen], whole[row, seen])
    return whole


def _between_samples(whole: FloatArray, time: FloatArray, top: NDArray[np.intp]) -> FloatArray:
    """Times of the peaks, from a parabola through the largest sample and its neighbours."""
    rows, last = np.arange(len(whole)), whole.shape[1] - 1
    left, right = whole[rows, np.maximum(top - 1, 0)], whole[rows, np.minimum(top + 1, last)]
    bend = 2 * (left - 2 * whole[rows, top] + right)
    inside = (top > 0) & (top < last) & (bend < 0)
    offset = np.divide(left - right, bend, out=np.zeros(len(whole)), where=inside)
    return np.asarray(np.interp(top + offset, np.arange(time.size), time))


def _smallest(
    signal: NDArray[np.generic] | None,
    baseline: slice,
    peak: FloatArray,
    echo_time: float | None,
) -> FloatArray:
    """Smallest signal over that of the baseline."""
    if signal is not None:
        level = signal[:, baseline].mean(axis=1, dtype=np.float64)
        return np.asarray(np.fmin.reduce(signal, axis=1) / np.where(level > 0, level, np.nan))
    if echo_time is None:
        return np.full(len(peak), np.nan)
    return np.asarray(np.exp(-echo_time * peak))


def saturated_samples(
    curves: FloatArray,
    signal: NDArray[np.generic] | None,
    baseline: slice,
    noise: float | None,
) -> BoolArray:
    """Samples that are missing, or whose signal is within the noise floor.

    Parameters
    ----------
    curves, signal, baseline, noise
        As `measure`.

    Returns
    -------
    ndarray of bool, shape (V, T)
        True where nobody knows how high the curve is.
    """
    lost = ~np.isfinite(curves)
    if signal is not None:
        before = signal[:, baseline].astype(np.float64)
        if noise is None or not np.isfinite(noise):
            noise = float(np.nan_to_num(scanner_noise(signal, baseline)))
        floor = np.maximum(NOISE_FLOOR * noise, DARKEST * before.mean(axis=1))
        lost |= signal < floor[:, None]
    return np.asarray(lost)
