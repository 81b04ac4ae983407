"""Clocks of the images of a series: when each volume begins, and when each slice is measured."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.frames import Frame

__all__ = ["SliceClock", "even_or_not", "past_midnight", "slice_clock", "volume_clock"]

NOON, DAY = 43200.0, 86400.0  # s
JITTER = 0.01  # relative: below, steps are even
SAME_SLICE = 0.02  # of a step: as far may a slice's time vary from volume to volume
FAITHFUL = 0.9  # of the entries of a clock have to be as usual
COARSE = 0.1  # of a step: a clock that ticks slower does not tell slices apart
APART = 0.05  # of a step: clocks, and a conversion, that differ by more disagree
AT_ONCE = 1e-3  # s: slices that differ by less were measured together
COMPUTED = 0.2  # relative: content times that are farther from the TR are those of a computation
TICKS = (1.0, 0.1, 0.01, 0.001)  # s
TIMER_UNITS = (1.0, 1e-4)  # s: software of several ages counts in one of these
MOST_DELAYED = 50.0  # repetition times from volume to volume, with a delay between
NAMES = {
    "offset": "list of slice times",
    "trigger": "trigger times",
    "timer": "timer of the scanner",
    "seconds": "acquisition times",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceClock:
    """When each slice is measured after its volume begins, as the images tell.

    Parameters
    ----------
    times : ndarray, shape (Z,), or None
        Seconds, in the order of the layout; None if nothing tells, or the clocks disagree.
    source : str
        Which clock tells them.
    slack : float
        By how much they may be off, s.
    notices : tuple of str
        What a reader should know.
    """

    times: FloatArray | None = None
    source: str = ""
    slack: float = 0.0
    notices: tuple[str, ...] = ()


def volume_clock(
    frames: Sequence[Frame], order: NDArray[np.intp]
) -> tuple[FloatArray | None, float]:
    """When each volume begins, by the finest clock that goes on; and how often it ticks, s.

    When the content of an image began counts only where no clock of the measurement goes on, and
    only as far as it does not contradict the repetition time: it may be when it was computed.

    Parameters
    ----------
    frames : sequence of Frame
        The images.
    order : ndarray of int, shape (T, Z)
        Which of them is slice z of volume t.
    """
    found: list[tuple[float, FloatArray]] = []
    for name in ("seconds", "trigger", "timer", "content"):
        table = _table(frames, order, name)
        if table is None or (name == "content" and found):
            continue
        begins = _since_first(table) if name == "timer" else table.min(axis=1)
        goes_on = len(begins) > 1 and bool((np.diff(begins) > 0).all())
        told = frames[int(order[0, 0])].repetition_time
        if goes_on and (name != "content" or _like(begins, told)):
            found.append((_tick(table), begins - begins[0]))
    tick, begins = min(found, key=lambda one: one[0], default=(0.0, None))
    return begins, tick


def _like(times: FloatArray, told: float | None) -> bool:
    """Whether times go on as a repetition time says, if one is told."""
    return told is None or abs(float(np.median(np.diff(times))) / told - 1) < COMPUTED


def slice_clock(frames: Sequence[Frame], order: NDArray[np.intp], step: float | None) -> SliceClock:
    """When each slice is measured, by the clocks of the images; they have to agree.

    Parameters
    ----------
    frames : sequence of Frame
        The images.
    order : ndarray of int, shape (T, Z)
        Which of them is slice z of volume t.
    step : float or None
        From one volume to the next, s; without it nothing bounds the times.
    """
    if step is None or order.shape[1] < 2:
        return SliceClock()
    told: dict[str, tuple[FloatArray, float]] = {}
    coarse = False
    for name in NAMES:
        table = _table(frames, order, name)
        times = None if table is None else _usual(table, step)
        if table is None or times is None or times.max() < AT_ONCE:
            continue
        tick = _tick(table)
        if tick > COARSE * step and len(np.unique(np.round(times, 3))) < len(times):
            coarse = True
            continue
        told[name] = times, tick
    if not told:
        words = "The images tell their times too coarsely for slice times: none are used."
        return SliceClock(notices=(words,) if coarse else ())
    name, (times, tick) = next(iter(told.items()))
    slack = max(APART * step, 2 * tick)
    against = [
        other for other, (one, own) in told.items() if abs(one - times).max() > max(slack, 2 * own)
    ]
    if against:
        return SliceClock(
            notices=(
                f"Slice times differ between {NAMES[name]} and {NAMES[against[0]]} of the images: "
                "none are used.",
            )
        )
    return SliceClock(times=times, source=NAMES[name], slack=slack)


def _table(frames: Sequence[Frame], order: NDArray[np.intp], name: str) -> FloatArray | None:
    """A clock of every image, shape (T, Z), s; None if one of them does not tell it."""
    values = [getattr(frames[at], name) for at in order.ravel().tolist()]
    if None in values:
        return None
    table = np.array(values, dtype=np.float64).reshape(order.shape)
    return (
        _in_seconds(table, frames[int(order[0, 0])].repetition_time) if name == "timer" else table
    )


def _in_seconds(table: FloatArray, step: float | None) -> FloatArray | None:
    """A timer whose unit changed with the software: in the one in which volumes take a TR."""
    own = float(np.median(np.diff(table, axis=0))) if len(table) > 1 else 0.0
    if step is None or own <= 0:
        return None
    near = [unit for unit in TIMER_UNITS if 0.5 < own * unit / step < MOST_DELAYED]
    if not near:
        return None
    # Slices that the timer missed have a zero.
    seconds: FloatArray = np.where(table == 0, np.nan, table) * near[0]
    return seconds


def _since_first(table: FloatArray) -> FloatArray:
    """When volumes begin after the first by a timer that misses some slices."""
    middle = table[len(table) // 2]
    known = np.where(np.isnan(table - middle), 0, table - middle)
    counts = (~np.isnan(table - middle)).sum(axis=1)
    shifts: FloatArray = known.sum(axis=1) / np.maximum(counts, 1)
    return np.where(counts > 0, shifts, -np.inf)


def _usual(table: FloatArray, step: float) -> FloatArray | None:
    """Times of the slices after their volume begins, if they are the same in every volume."""
    with np.errstate(all="ignore"):
        levels = np.array([_median(row) for row in table])
        apart = table - levels[:, None]
        usual = np.array([_median(column) for column in apart.T])
        first: FloatArray = usual - usual.min()
        slack = max(SAME_SLICE * step, 2e-3)
        good = abs(apart - usual) <= slack
    known = ~np.isnan(table)
    if np.isnan(usual).any() or (known.mean(axis=0) < 0.5).any():
        return None
    if good[known].mean() < FAITHFUL or first.max() > (1 + JITTER) * step:
        return None
    return first


def _median(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else float("nan")


def _tick(table: FloatArray) -> float:
    """How often a clock ticks, s: the longest decimal of which all its values are multiples."""
    values = table[~np.isnan(table)]
    for tick in TICKS:
        if abs(values / tick - np.round(values / tick)).max() * tick < 1e-6:
            return tick
    return 0.0


def past_midnight(frames: Sequence[Frame]) -> list[Frame]:
    """Frames whose clocks go on where a scan runs past midnight."""
    made = list(frames)
    for name in ("seconds", "content"):
        known = [getattr(one, name) for one in made]
        told = [value for value in known if value is not None]
        if told and max(told) - min(told) > NOON:
            made = [
                one if value is None or value > NOON else replace(one, **{name: value + DAY})
                for one, value in zip(made, known, strict=True)
            ]
    return made


def even_or_not(times: FloatArray, tick: float, told: float | None) -> FloatArray:
    """Times after the first volume: even where their steps are, to 1 % or a tick of the clock.

    Parameters
    ----------
    times : ndarray, shape (T,)
        As the clock tells them, s.
    tick : float
        How often it ticks, s.
    told : float or None
        The repetition time of the headers, s: it is the step where the clock is too coarse to
        tell it, and does not speak against it.
    """
    steps = np.diff(times)
    step = float(np.median(steps))
    at = np.arange(len(times))
    if abs(steps - step).max() <= JITTER * step:
        even: FloatArray = step * at
        return even
    if told is not None and np.ptp(times - told * at) <= tick and tick >= JITTER * told:
        coarse: FloatArray = told * at
        return coarse
    begun: FloatArray = times - times[0]
    return begun
