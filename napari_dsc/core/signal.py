"""Signal to ΔR2*: echo time, baseline, brain mask, and the change in relaxation rate."""

import warnings
from collections.abc import Generator, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.argument_checks import as_baseline, as_flag, as_signal, rising_steps
from napari_dsc.core.bolus_passages import Passage, passages
from napari_dsc.core.defaults import SLICE_TIMING
from napari_dsc.core.errors import DscError, DscWarning
from napari_dsc.core.left_out_volumes import bridged
from napari_dsc.core.parallel_blocks import blocks_of, in_blocks, workers
from napari_dsc.core.time_units import refuse_echo_time
from napari_dsc.core.timed_signal import SliceTiming, moved, timing_of
from napari_dsc.core.types import BoolArray, FloatArray
from napari_dsc.core.volumes import as_volumes

__all__ = [
    "ARRIVAL_LEVEL",
    "EvenTime",
    "bolus_arrival",
    "brain_mask",
    "brain_passages",
    "delta_r2_star",
    "even_time",
    "log_attenuation",
    "propose_baseline",
    "relaxation_stages",
    "steady_state",
    "uneven_baseline",
]

ARRIVAL_LEVEL = 0.05  # of the peak: the crossing that is called arrival
BASELINE_VOLUMES = 5  # fewer cannot carry a baseline
EVEN, JITTER = 0.01, 0.2  # largest deviation of a time step, relative to the median step
FAST = 0.1  # share of the steps that a part of the scan must have for its speed to be kept
SHORTEST_STEP = 0.05  # of the median step: two volumes that are closer are one
LONGEST_GAP = 60.0  # s over which a straight line is drawn
MOST_SAMPLES = 8  # of the even axis, for each that was measured
NO_BRAIN = "no brain signal: the volume is empty or constant. Draw the brain by hand."
BORDER = 3  # voxels
AIR = 0.25  # of the usual signal of tissue: air is below
LITTLE_AIR = 0.2  # of the voxels: with less, a scan was cropped to the brain
NORMAL = 1.4826  # standard deviation over the median deviation
NOT_CORRECTED = (
    "Slice times are known, the time step is not: late slices seem early. Settle the scan first: "
    "series.settled(repetition_time=…)."
)
MOST_UNSATURATED = 5  # leading volumes before the steady state, at most


def delta_r2_star(
    signal: ArrayLike,
    echo_time: float | None,
    baseline: slice | int,
    *,
    slice_timing: bool = SLICE_TIMING,
    leave_out: Iterable[int] | str | None = None,
) -> FloatArray:
    r"""Change in effective transverse relaxation rate (Q.EL1.009).

    Inverts the gradient-echo model (M.SM1.001) [1]_:

    .. math:: \Delta R_2^*(t) = -\frac{1}{TE} \ln \frac{S(t)}{S_{BL}}

    Parameters
    ----------
    signal : array_like, shape (..., T)
        Signal (Q.MS1.001), a.u. float64 stays float64; all else is computed in float32.
    echo_time : float
        Echo time (Q.MS1.005), s. What `read` gives while it is unknown, None, is refused.
    baseline : slice or int
        Volumes before the bolus, or how many of the first volumes these are.
    slice_timing : bool
        Bring the curves to the times of their volumes where the signal knows when its slices are
        measured: that of `read`, and what is cut out of it. A plain array knows nothing.
    leave_out : iterable of int, or str, optional
        Volumes that are not used, counted from 0, or as "4, 50-55": the curves are straight
        between their neighbours. Give `compute_perfusion_maps` the same ones.

    Returns
    -------
    ndarray, shape (..., T)
        Delta R2*, 1/s. NaN where the signal or its baseline is not positive.

    Raises
    ------
    DscError
        If the signal is not real, `baseline` leaves no volume or is no span of volumes, or
        `echo_time` is unknown or not between 0.001 and 1 s.

    Warns
    -----
    DscWarning
        If slice times are known and the time step is not: nothing is corrected then.

    References
    ----------
    .. [1] Rosen BR et al. (1990). Magn Reson Med 14(2):249-265.

    Examples
    --------
    >>> halved = np.array([100.0, 100.0, 50.0])
    >>> float(delta_r2_star(halved, echo_time=0.03, baseline=slice(0, 2))[-1])
    23.1
    """
    known = timing_of(signal) if as_flag("slice_timing", slice_timing) else None
    seconds = refuse_echo_time(echo_time)
    used: ArrayLike = signal
    if leave_out is not None:
        values = as_signal("signal", signal)
        left_out = as_volumes("leave_out", leave_out, values.shape[-1])
        used = bridged(values, left_out, None if known is None else known.time)
    attenuation = log_attenuation(used, baseline)
    attenuation /= seconds
    if known is None:
        return attenuation
    if known.time is None:
        warnings.warn(NOT_CORRECTED, DscWarning, stacklevel=2)
        return attenuation
    return _at_volumes(attenuation, known, known.time)


def _at_volumes(curves: FloatArray, known: SliceTiming, time: FloatArray) -> FloatArray:
    """Curves at the times of their volumes, of slices that were measured later."""
    if time.size < 2:
        return curves
    offsets = np.broadcast_to(known.offsets, curves.shape[:-1]).ravel()
    return moved(curves.reshape(-1, time.size), offsets, time).reshape(curves.shape)


def log_attenuation(signal: ArrayLike, baseline: slice | int) -> FloatArray:
    r"""Logarithm of the baseline over the signal: :math:`TE \cdot \Delta R_2^*`, without unit.

    What perfusion needs while the echo time is unknown: any constant factor cancels.

    Parameters
    ----------
    signal : array_like, shape (..., T)
        Signal (Q.MS1.001), a.u. float64 stays float64; all else is computed in float32.
    baseline : slice or int
        Volumes before the bolus, or how many of the first volumes these are.

    Returns
    -------
    ndarray, shape (..., T)
        NaN where the signal or its baseline is not positive or not finite.

    Raises
    ------
    DscError
        If `baseline` leaves no volume, or the signal is complex.
    """
    values = as_signal("signal", signal)
    span = as_baseline(baseline, values.shape[-1])
    values = values.astype(np.float64 if values.dtype == np.float64 else np.float32)  # a copy
    before = values[..., span]
    with np.errstate(all="ignore"):
        # float64 sums, so that a bright scanner's thousands lose nothing; the result is cast back.
        start = before.mean(axis=-1, keepdims=True, dtype=np.float64).astype(values.dtype)
        values /= np.where((start > 0) & (start < np.inf), start, np.nan)
        np.log(values, out=values)
        np.negative(values, out=values)
        values[np.isinf(values)] = np.nan  # no signal, or one that is not finite
    return values


def relaxation_stages(
    signal: NDArray[Any], baseline: slice, echo_time: float | None
) -> Generator[float, None, FloatArray]:
    """Delta R2* of many voxels in float32, block by block on every core.

    Parameters
    ----------
    signal : ndarray, shape (V, T)
        Signal (Q.MS1.001), a.u.
    baseline : slice
        Volumes before the bolus.
    echo_time : float or None
        Echo time (Q.MS1.005), s; None leaves the logarithm of the attenuation.

    Yields
    ------
    float
        Fraction done.

    Returns
    -------
    ndarray, shape (V, T)
        As `delta_r2_star`, or `log_attenuation`.
    """
    curves = np.empty(signal.shape, dtype=np.float32)
    scale = np.float32(1 if echo_time is None else echo_time)

    def work(rows: slice) -> None:
        np.divide(log_attenuation(signal[rows], baseline), scale, out=curves[rows])

    with workers() as pool:
        yield from in_blocks(pool, work, blocks_of(len(signal)), len(signal))
    return curves


class EvenTime(NamedTuple):
    """An even time axis, and the matrix that brings curves onto it (None: they are on it)."""

    step: float  # s
    time: FloatArray  # (N,) s
    resample: FloatArray | None  # (T, N): even = curves @ resample
    deviation: float  # largest, relative to the median step
    words: str = ""  # what was resampled, from what to what; nothing if nothing was


def even_time(time: ArrayLike, n_samples: int) -> EvenTime:
    """Even time axis for a deconvolution.

    Steps within 1 % of their median are even. Else the curves are to be resampled linearly: up to
    20 % to the median step; beyond, to the shorter one of the median and of the step that a tenth
    of the scan does not exceed, so that a fast part loses no sample (1 s in the first pass, 3 s
    after it: 1 s), and a lost volume is bridged at the speed of the others.

    Parameters
    ----------
    time : array_like, shape (T,)
        Time of each sample, s.
    n_samples : int
        Samples of the curves, T.

    Returns
    -------
    EvenTime
        Step in s, the even axis, the matrix of the resampling, the largest deviation, and all of
        it in words.

    Raises
    ------
    DscError
        If `time` does not match, is not finite or does not increase; if two volumes are closer
        than 5 % of the median step, a gap is longer than 60 s, or the even axis had more than
        eight times the samples.

    Examples
    --------
    >>> even_time([0.0, 1.5, 3.0], 3).step
    1.5
    >>> even_time([0.0, 1.0, 2.0, 3.0, 6.0, 9.0, 12.0, 15.0], 8).step
    1.0
    """
    times = np.asarray(time, dtype=np.float64)
    if times.shape != (n_samples,):
        raise DscError(
            f"time must have shape ({n_samples},) like the curves, got {times.shape}. "
            "Give one time in seconds for each volume."
        )
    if n_samples < 3:
        raise DscError(f"time must have at least 3 samples, got {n_samples}. Give the whole scan.")
    steps = rising_steps(times)
    step = float(np.median(steps))
    deviation = float(np.abs(steps / step - 1).max())
    if deviation <= EVEN:
        return EvenTime(step, times, None, deviation)
    words = f"Time steps differ by up to {deviation:.0%}"
    if deviation > JITTER:
        step = _fast_step(times, steps, step)
        at = int(steps.argmax())
        words = (
            f"Time steps run from {steps.min():g} to {steps[at]:g} s, the longest from "
            f"{times[at]:g} to {times[at + 1]:g} s"
        )
    words += f": curves were resampled to {step:g} s."
    even = np.arange(times[0], times[-1] + 1e-6 * step, step)
    resample = np.stack([np.interp(even, times, row) for row in np.eye(n_samples)])
    return EvenTime(step, even, resample, deviation, words)


def _fast_step(times: FloatArray, steps: FloatArray, median: float) -> float:
    """Step to which a time axis of several speeds, or with gaps, is resampled, s."""
    close, far = int(steps.argmin()), int(steps.argmax())
    if steps[close] < SHORTEST_STEP * median:
        raise DscError(
            f"time must have steps of at least {SHORTEST_STEP:.0%} of their median ({median:g} s), "
            f"got {steps[close]:g} s between volumes {close} and {close + 1}. One of them is there "
            "twice: leave it out, with its time."
        )
    if steps[far] > LONGEST_GAP:
        raise DscError(
            f"time must have no gap above {LONGEST_GAP:g} s, got {steps[far]:g} s between volumes "
            f"{far} and {far + 1}. Leave out the volumes before or after the gap; if the times are "
            "in milliseconds, divide them by 1000."
        )
    fast = float(np.quantile(steps, FAST, method="higher"))
    step = median if fast > (1 - JITTER) * median else fast
    if (count := (times[-1] - times[0]) / step) > MOST_SAMPLES * times.size:
        raise DscError(
            f"time must be as even as to need at most {MOST_SAMPLES} samples for each of the "
            f"{times.size} volumes, got {count:.0f} of {step:g} s. Leave out the volumes of the "
            "slow part."
        )
    return step


def bolus_arrival(curve: FloatArray) -> int:
    """Volume at which a bolus arrives: where the curve last crosses 5 % of its peak on the way up.

    Parameters
    ----------
    curve : ndarray, shape (T,)
        Delta R2*, 1/s (any scale). NaN counts as below.

    Returns
    -------
    int
        Index of the first volume at or above 5 % of the peak that stays there until the peak.

    Examples
    --------
    >>> bolus_arrival(np.array([0, 0, 0, 1, 5, 10, 4, 1.0]))
    3
    """
    known = np.nan_to_num(curve, nan=-np.inf)
    peak, earliest = int(np.argmax(known)), 0
    if found := passages(curve):  # the largest value may be a spike, or the end of a drift
        largest = max(found, key=lambda one: one.height)
        peak, earliest = largest.peak, largest.arrival
    below = np.flatnonzero(~(known[:peak] >= ARRIVAL_LEVEL * known[peak]))
    return max(earliest, int(below[-1]) + 1 if below.size else 0)


def steady_state(mean_signal: FloatArray) -> int:
    """Leading volumes to discard, because magnetisation was not yet in its steady state.

    Parameters
    ----------
    mean_signal : ndarray, shape (T,)
        Mean signal of the brain, a.u.

    Returns
    -------
    int
        The number of leading volumes more than 1 % off the volumes that follow, at most 5.
        Four follow; where the bolus comes too early for these, two.

    Examples
    --------
    >>> steady_state(np.array([150, 110, 100, 100, 100, 100, 80.0]))
    2
    """
    for following in (4, 2):
        for first in range(min(MOST_UNSATURATED + 1, mean_signal.size - following)):
            plateau = np.median(mean_signal[first + 1 : first + 1 + following])
            if not abs(mean_signal[first] - plateau) > 0.01 * plateau:  # NaN stops here too
                return first
    return 0  # never settles: not an approach to a steady state


def brain_passages(mean_signal: FloatArray, step: float | None = None) -> tuple[Passage, ...]:
    """Passages of a bolus on the mean signal of a brain; their volumes count as its own.

    Parameters
    ----------
    mean_signal : ndarray, shape (T,)
        Mean signal of the brain, a.u.
    step : float, optional
        Time step, s.

    Returns
    -------
    tuple of Passage
        From the steady state on, in the order of time; empty where there is none, or no signal.
    """
    discard = steady_state(mean_signal)
    with np.errstate(all="ignore"):
        level = float(np.median(mean_signal[discard : discard + 3]))
        found = passages(np.log(level / mean_signal[discard:]), step)
        if not found:
            return ()
        before = mean_signal[discard : discard + max(1, found[0].arrival)]
        found = passages(np.log(float(before.mean()) / mean_signal[discard:]), step)
    return tuple(
        one._replace(arrival=one.arrival + discard, peak=one.peak + discard) for one in found
    )


def propose_baseline(mean_signal: FloatArray, step: float | None = None, bolus: int = 0) -> slice:
    """Volumes between the steady state and the bolus.

    The tissue's bolus is found on the brain's mean curve, which reaches 5 % of its peak about
    2 s after the arteries: the baseline ends that much earlier, as long as 5 volumes remain.
    Volumes that differ from the others, such as before a step of the signal, are not part of it.

    Parameters
    ----------
    mean_signal : ndarray, shape (T,)
        Mean signal of the brain, a.u.
    step : float, optional
        Time step, s; while it is unknown the margin is one volume.
    bolus : int
        Which of several passages, from 0: the baseline lies before it and after the one before.

    Returns
    -------
    slice
        A proposal: first retained volume to the last volume before the bolus.

    Raises
    ------
    DscError
        If there is no signal, or no volume before the bolus.
    """
    if not (np.isfinite(mean_signal).all() and mean_signal.min() > 0):
        raise DscError("the brain must have a signal in every volume, got none. Redraw the brain.")
    discard = steady_state(mean_signal)
    found = brain_passages(mean_signal, step)
    arrival, peak = (found[bolus].arrival, found[bolus].peak) if found else (0, 0)
    if found and bolus > 0:
        discard = _settled_after(mean_signal, found[bolus - 1].peak, arrival)
    if not found:
        level = float(np.median(mean_signal[discard : discard + 3]))
        arrival = discard + bolus_arrival(np.log(level / mean_signal[discard:]))
    if arrival <= discard:
        raise DscError(
            "the bolus must arrive after the first volumes, got none before it. "
            "Set the baseline by hand."
        )
    margin = 1 if step is None else int(np.ceil(2.0 / step))
    stop = max(arrival - margin, min(arrival, discard + BASELINE_VOLUMES))
    depth = float(mean_signal[discard:stop].mean() - mean_signal[peak]) if found else np.inf
    for odd in uneven_baseline(mean_signal, (discard, stop), depth)[::-1]:
        if stop - odd > BASELINE_VOLUMES:
            discard = odd + 1
            break
    return slice(discard, stop)


def uneven_baseline(
    mean_signal: FloatArray, baseline: tuple[int, int], depth: float
) -> tuple[int, ...]:
    """Volumes of a baseline whose signal is not that of the others.

    Parameters
    ----------
    mean_signal : ndarray, shape (T,)
        Mean signal of the brain, a.u.
    baseline : tuple of int
        First volume of it and the first after it.
    depth : float
        How far the signal falls at the bolus, a.u.

    Returns
    -------
    tuple of int
        Those that are off the median by 3 % of it, a fifth of the bolus and 5 standard deviations
        of the others, ascending.
    """
    start, stop = baseline
    values = np.asarray(mean_signal[start:stop], dtype=np.float64)
    if values.size < 3 or not np.isfinite(values).all():
        return ()
    later = values[values.size // 2 :]  # what is nearest to the bolus is what it falls from
    level = float(np.median(later))
    off = np.abs(values - level)
    scatter = NORMAL * float(np.median(np.abs(np.diff(values)))) / np.sqrt(2)
    least = 0.03 * level
    if np.isfinite(depth) and depth > 0:
        least = max(least, min(0.2 * depth, 0.1 * level))
    return tuple(int(start + one) for one in np.flatnonzero(off > max(least, 5 * scatter)))


def _settled_after(mean_signal: FloatArray, peak: int, arrival: int) -> int:
    """First volume between two passages from which the signal stays as before the second."""
    before = mean_signal[max(peak + 1, arrival - BASELINE_VOLUMES) : arrival]
    level = float(np.median(before))
    fallen = float(abs(level - mean_signal[peak]))
    off = np.abs(mean_signal[peak:arrival] - level) > 0.05 * fallen
    last = np.flatnonzero(off)
    start = peak + (int(last[-1]) + 1 if last.size else 0)
    return min(start, max(peak + 1, arrival - BASELINE_VOLUMES))


def brain_mask(mean_volume: NDArray[Any], *, air_is_dark: bool = True) -> BoolArray:
    """Brain of a head: bright enough (Otsu), in one piece, without holes.

    Of a scan that was cropped to the brain, in which nothing is air, everything is brain.

    Parameters
    ----------
    mean_volume : ndarray, shape (X, Y, Z)
        Mean of a few volumes before the bolus, a.u.
    air_is_dark : bool
        Whether what is far darker than the rest is air, as it is in a signal.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        A proposal, to be edited.

    Raises
    ------
    DscError
        If nothing stands out.

    References
    ----------
    .. [1] Otsu N (1979). IEEE Trans Syst Man Cybern 9(1):62-66.
    """
    from scipy import ndimage

    volume = np.nan_to_num(np.asarray(mean_volume, dtype=np.float32), posinf=0, neginf=0)
    if volume.min() == volume.max():
        raise DscError(NO_BRAIN)
    usual = float(np.median(volume[volume > volume.mean()]))
    level = _otsu(volume)
    if air_is_dark and (volume < AIR * usual).mean() < LITTLE_AIR:
        # Cropped to the brain: the darker class of two would be tissue.
        level = AIR * usual
    bright = volume > level
    # One structuring element in the plane: slices may be thick, and a plane is 2-D anyway.
    plane = ndimage.generate_binary_structure(2, 1)
    element = plane[(...,) + (np.newaxis,) * (volume.ndim - 2)]
    # What lies at the border of a cropped scan goes on beyond it.
    around = [(BORDER, BORDER)] * 2 + [(0, 0)] * (volume.ndim - 2)
    inside = (slice(BORDER, -BORDER),) * 2
    opened = ndimage.binary_opening(np.pad(bright, around, mode="edge"), element)
    pieces, count = ndimage.label(opened)
    if count == 0:
        raise DscError(NO_BRAIN)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    brain = ndimage.binary_closing(pieces == sizes.argmax(), element, iterations=2)[inside]
    filled = np.stack(
        [ndimage.binary_fill_holes(piece) for piece in np.moveaxis(brain, -1, 0)], axis=-1
    )
    return np.asarray(filled, dtype=np.bool_)


def _otsu(volume: FloatArray) -> float:
    """Threshold that parts a histogram into the two classes furthest apart."""
    counts, edges = np.histogram(volume, bins=256)
    middles = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), counts.sum()
    weighted = np.cumsum(counts * middles)
    with np.errstate(all="ignore"):
        apart = (weighted[-1] * below - weighted * total) ** 2 / (below * (total - below))
    return float(middles[np.nan_to_num(apart).argmax()])
