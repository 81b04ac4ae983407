"""Passages of a bolus through the brain: each rise of the mean curve that falls again."""

from typing import NamedTuple

import numpy as np

from napari_dsc.core.types import FloatArray

__all__ = ["Passage", "passages"]

SMALLEST = 0.15  # of the highest passage: recirculation stays below
CLEAR = 6.0  # standard deviations of the noise
BROADEST = 45.0  # s at half of its height: beyond, it is a drift
APART = 20.0, 8  # s, and volumes where the time step is unknown, between two injections
LONGEST_RISE = 30.0, 20  # s, and volumes, from before the arrival to the peak
STEADY = 5  # volumes that tell what a curve rises from
STEP = 0.15  # of the height: within it a stretch is level; beyond it zero is not the base
BASE = 0.05  # of the height: where a passage begins
NORMAL = 1.4826  # standard deviation over the median deviation


class Passage(NamedTuple):
    """One passage, in volumes of its curve."""

    arrival: int  # the first volume above 5 % of its height
    peak: int
    height: float  # above what is before it


def passages(curve: FloatArray, step: float | None = None) -> tuple[Passage, ...]:
    """Find the passages of a bolus on the mean curve of a brain, or on an artery's.

    Parameters
    ----------
    curve : ndarray, shape (T,)
        ΔR2*, 1/s, or any multiple of it. NaN: no sample.
    step : float, optional
        Time from volume to volume, s.

    Returns
    -------
    tuple of Passage
        In the order of time: every rise and fall of at least 15 % of the highest one that stands
        out of the noise, is no drift (wider than 45 s) and does not follow another within 20 s
        (recirculation). Empty where nothing rises and falls.

    Examples
    --------
    >>> [one.arrival for one in passages(np.array([0, 0, 0, 0, 2, 8, 9, 4, 1, 0, 0, 0.0]))]
    [4]
    """
    from scipy.signal import find_peaks, peak_widths  # takes 0.3 s to import

    known = np.isfinite(curve)
    if known.sum() < 3:
        return ()
    at = np.arange(curve.size)
    whole = np.interp(at, at[known], curve[known])
    smooth = np.convolve(np.pad(whole, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    bend = np.diff(whole, 2)
    noise = NORMAL * float(np.median(np.abs(bend - np.median(bend)))) / np.sqrt(6)
    found, shape = find_peaks(smooth, prominence=CLEAR * noise / np.sqrt(3))
    if found.size == 0:
        return ()
    heights = shape["prominences"]
    widths = peak_widths(smooth, found, rel_height=0.5)[0]
    narrow = np.ones(found.size, dtype=np.bool_) if step is None else widths * step <= BROADEST
    if not narrow.any():
        return ()
    large = narrow & (heights >= SMALLEST * heights[narrow].max())
    apart = APART[1] if step is None else APART[0] / step
    chosen: list[tuple[int, float]] = []
    for peak, height in zip(found[large], heights[large], strict=True):
        if chosen and peak - chosen[-1][0] < apart:
            if height > chosen[-1][1]:
                chosen[-1] = int(peak), float(height)
            continue
        chosen.append((int(peak), float(height)))
    made, earliest = [], 0
    for near, height in chosen:
        peak = near - 1 + int(np.argmax(whole[near - 1 : near + 2]))
        reach = LONGEST_RISE[1] if step is None else int(np.ceil(LONGEST_RISE[0] / step))
        made.append(Passage(_arrival(whole, earliest, peak, reach), peak, height))
        earliest = peak + 1
    return tuple(made)


def _arrival(curve: FloatArray, earliest: int, peak: int, reach: int) -> int:
    """First volume above 5 % of the peak that stays there until it, above what lies before.

    That is zero, but after an earlier passage, or where the last level stretch before the peak,
    within so many volumes, lies elsewhere: after a step of the curve.
    """
    base = float(np.min(curve[earliest : peak + 1])) if earliest else 0.0
    near = curve[max(earliest, peak - reach) : peak + 1]
    if near.size > STEADY:
        windows = np.lib.stride_tricks.sliding_window_view(near, STEADY)
        levels = np.median(windows, axis=1)
        heights = curve[peak] - levels
        flat = np.flatnonzero((np.ptp(windows, axis=1) < STEP * heights) & (heights > 0))
        if flat.size and abs(levels[flat[-1]]) > STEP * heights[flat[-1]]:
            base = float(levels[flat[-1]])
    level = base + BASE * (curve[peak] - base)
    below = np.flatnonzero(~(curve[earliest:peak] >= level))
    return earliest + int(below[-1]) + 1 if below.size else earliest
