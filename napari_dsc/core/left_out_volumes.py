"""Volumes that are left out: blank, incomplete, or unlike the volumes beside them.

A volume that was lost in transfer, a scan that was stopped within its last volume, a spike of the
scanner or a foreign image among the volumes would be taken for a bolus, or spoil the baseline. Each
volume is compared with its neighbours: a bolus comes and goes over several volumes, what is left
out comes and goes at once. Within the scan a volume that is left out is bridged by its neighbours;
at the end of a scan nothing replaces it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import FloatArray

__all__ = [
    "Odd",
    "bridged",
    "bridged_curves",
    "bridged_of",
    "choice_in_words",
    "chosen_volumes",
    "in_runs",
    "in_words",
    "mean_of_baseline",
    "odd_volumes",
    "retained",
    "retained_signals",
    "span_in_words",
    "stretches",
]

BLANK = 0.05  # of the usual signal: below, nothing was measured
MISSING = 0.5  # of a slice's voxels without a signal, where nearly all have one elsewhere
LONGEST = 2  # volumes in a row that may be odd for another reason than being blank
STANDS_OUT = 4.0  # times the steps from volume to volume on both sides
CLEAR = 8.0  # standard deviations of the noise
BRIGHTER, OTHER = 0.04, 0.2  # relative change of the level; loss of likeness, at the least
CLIPPED = 5, 90  # percentiles: what an artery does is no likeness of the brain
FEWEST_OF_BRAIN = 60  # voxels: of fewer an artery may be half
FEWEST_VOXELS = 12  # that tell the level of a slice
SLICE = 0.25  # relative change of the level of a slice, at the least
MOST_LEAPING = 5  # volumes that leap: of more the order is in doubt
MOST = 0.1  # of the volumes: if more seem odd, it is the scan that is
EDGE = 4  # volumes before the last that tell how steady the end of a scan is
NORMAL = 1.4826  # standard deviation over the median deviation
UNIFORM = 0.5  # spread over the median of a change that is the same in every voxel


class Odd(NamedTuple):
    """A volume that is left out, counted from 0 as in the file, and why."""

    volume: int
    why: str
    lost: bool = True  # nothing, or not all of it, was measured; else it is another image


def odd_volumes(signals: NDArray[Any], slices: NDArray[np.intp]) -> tuple[Odd, ...]:
    """Find the volumes that are blank, incomplete, or unlike the volumes beside them.

    Parameters
    ----------
    signals : ndarray, shape (V, T)
        Signals of voxels of the brain, a.u.
    slices : ndarray of int, shape (V,)
        In which slice each of them lies.

    Returns
    -------
    tuple of Odd
        In the order of the volumes. Empty if more than a tenth of the volumes (and more than
        three), or more than five that are not blank, would be: then the scan is odd, not a volume.
    """
    values = np.asarray(signals, dtype=np.float32)
    if values.shape[0] == 0 or values.shape[1] < 2 * EDGE:
        return ()
    values = np.where(np.isfinite(values), values, 0)
    level = values.mean(axis=0, dtype=np.float64)
    usual = float(np.median(level))
    if not usual > 0:
        return ()
    reasons: dict[int, str] = {}
    lost: set[int] = set()
    # Of a few voxels, which may all be arteries, only what is no signal at all is blank.
    few = len(values) < FEWEST_OF_BRAIN
    empty = (values <= 0).all(axis=0) if few else level < BLANK * usual
    for blank in np.flatnonzero(empty):
        reasons[int(blank)] = "blank"
        lost.add(int(blank))
    if len(values) >= FEWEST_OF_BRAIN:
        for volume, why in _incomplete(values, slices):
            reasons.setdefault(volume, why)
        lost = set(reasons)
        for volume, why in _foreign(values, level, slices, set(reasons)):
            reasons.setdefault(volume, why)
    leaping = sum(volume not in lost for volume in reasons)
    if len(reasons) > max(3, MOST * level.size) or leaping > MOST_LEAPING:
        return ()
    return tuple(Odd(volume, reasons[volume], volume in lost) for volume in sorted(reasons))


def in_words(odd: Sequence[Odd]) -> tuple[str, ...]:
    """Say which volumes are left out, and why; nothing if none is.

    Examples
    --------
    >>> in_words([Odd(59, "blank")])
    ('Volume 59 (counted from 0) is left out: blank.',)
    """
    if not odd:
        return ()
    if len(odd) == 1:
        return (f"Volume {odd[0].volume} (counted from 0) is left out: {odd[0].why}.",)
    told = "; ".join(f"{one.volume}: {one.why}" for one in odd)
    return (f"{len(odd)} volumes (counted from 0) are left out. {told}.",)


def stretches(volumes: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of consecutive volumes: the first of each and the first after it.

    Examples
    --------
    >>> stretches([3, 57, 58, 59])
    [(3, 4), (57, 60)]
    """
    runs: list[tuple[int, int]] = []
    for one in sorted(volumes):
        if runs and one == runs[-1][1]:
            runs[-1] = runs[-1][0], one + 1
        else:
            runs.append((one, one + 1))
    return runs


def span_in_words(start: int, stop: int) -> str:
    """Volumes from the first to the one before `stop`, counted from 0 as in the file."""
    return f"volumes {start} to {stop - 1}" if stop - start > 1 else f"volume {start}"


def in_runs(volumes: Sequence[int]) -> str:
    """Volumes as their runs; empty if there is none.

    Examples
    --------
    >>> in_runs([4, 57, 58, 59])
    '4, 57 to 59'
    """
    return ", ".join(f"{a} to {b - 1}" if b - a > 1 else f"{a}" for a, b in stretches(volumes))


def chosen_volumes(
    odd: Sequence[Odd], leave_out: Sequence[int] | None, end: int | None, n_volumes: int
) -> tuple[int, ...]:
    """Volumes that are left out: those that the user chose, else the odd ones; all from the end on.

    Parameters
    ----------
    odd : sequence of Odd
        What was found.
    leave_out : sequence of int, or None
        What the user chose, over what was found; None: nothing.
    end : int or None
        First volume that is not used, nor any after it; None: the whole scan.
    n_volumes : int
        Of the scan.
    """
    inside = [one.volume for one in odd] if leave_out is None else leave_out
    return tuple(sorted({*inside, *range(n_volumes if end is None else end, n_volumes)}))


def choice_in_words(
    odd: Sequence[Odd], leave_out: Sequence[int] | None, end: int | None
) -> tuple[str, ...]:
    """Say which volumes are left out, by whose choice, and which odd ones are used all the same.

    Parameters
    ----------
    odd : sequence of Odd
        What was found.
    leave_out, end : sequence of int, int, or None
        As of `chosen_volumes`.

    Examples
    --------
    >>> choice_in_words([Odd(4, "blank")], [58, 59], None)[0]
    'Volumes 58 to 59 (counted from 0) are left out, as the user chose.'
    >>> choice_in_words([Odd(4, "blank")], [58, 59], None)[1]
    'Volume 4 (counted from 0) is used, as the user chose, although it seems odd: blank.'
    """
    words: tuple[str, ...] = ()
    if end is not None:
        words = (f"Nothing from volume {end} (counted from 0) on is used, as the user chose.",)
        odd = [one for one in odd if one.volume < end]
    if leave_out is None:
        return (*in_words(odd), *words)
    if leave_out:
        many = len(leave_out) > 1
        words += (
            f"Volume{'s' * many} {in_runs(leave_out)} (counted from 0) {'are' if many else 'is'} "
            "left out, as the user chose.",
        )
    return words + tuple(
        f"Volume {one.volume} (counted from 0) is used, as the user chose, although it seems odd: "
        f"{one.why}."
        for one in odd
        if one.volume not in leave_out
    )


def retained(n_volumes: int, start: int, left_out: Sequence[int]) -> slice:
    """Volumes that are read: from the first of the baseline to the last that is not left out."""
    stop = n_volumes
    while stop - 1 in left_out and stop - 1 > start:
        stop -= 1
    return slice(start, stop)


def bridged_of(n_volumes: int, start: int, left_out: Sequence[int]) -> tuple[int, ...]:
    """Volumes among the retained ones at which a line stands for what was left out.

    Examples
    --------
    >>> bridged_of(60, 2, [0, 4, 30, 58, 59])
    (4, 30)
    """
    kept = retained(n_volumes, start, left_out)
    return tuple(sorted({one for one in left_out if kept.start <= one < kept.stop}))


def bridged(
    signal: NDArray[Any], left_out: Sequence[int], time: FloatArray | None = None
) -> NDArray[Any]:
    """Signals of every volume; those that are left out stand on a line between their neighbours.

    The line is straight in ΔR2*, that is in the logarithm of the signal.

    Parameters
    ----------
    signal : ndarray, shape (..., T)
        Signals, a.u.
    left_out : sequence of int
        Volumes, counted from 0.
    time : ndarray, shape (T,), optional
        Times of the volumes, s; None: they are even.

    Returns
    -------
    ndarray, shape (..., T)
        `signal` itself if nothing is left out; else a copy, in float32 where it held integers.
        Before the first and after the last volume that counts its value is repeated.
    """
    bad = np.array(sorted({one for one in left_out if 0 <= one < signal.shape[-1]}), dtype=np.intp)
    good = np.setdiff1d(np.arange(signal.shape[-1]), bad)
    if bad.size == 0 or good.size == 0:
        return signal
    made = signal.astype(np.result_type(signal.dtype, np.float32))
    at = np.arange(signal.shape[-1]) if time is None else np.asarray(time, dtype=np.float64)
    for one in bad:
        after = int(np.searchsorted(good, one))
        if after in (0, good.size):
            made[..., one] = signal[..., good[min(after, good.size - 1)]]
            continue
        left, right = good[after - 1], good[after]
        share = float((at[one] - at[left]) / (at[right] - at[left]))
        a, b = made[..., left], made[..., right]
        with np.errstate(all="ignore"):
            bent = a * (b / a) ** made.dtype.type(share)
            both = (a > 0) & (b > 0)
            made[..., one] = np.where(both, bent, (1 - share) * a + share * b)
    return made


def bridged_curves(curves: FloatArray, left_out: Sequence[int], time: FloatArray) -> FloatArray:
    """Curves of every volume; those that are left out stand on a line between their neighbours.

    Parameters
    ----------
    curves : ndarray, shape (..., T)
        Delta R2*, 1/s.
    left_out : sequence of int
        Volumes, counted from 0.
    time : ndarray, shape (T,)
        Times of the volumes, s.

    Returns
    -------
    ndarray, shape (..., T)
        `curves` itself if nothing is left out, else a copy. Beyond the first and the last volume
        that counts its value is repeated.
    """
    good = np.setdiff1d(np.arange(time.size), np.asarray(left_out, dtype=np.intp))
    if good.size in (0, time.size):
        return curves
    made = curves.copy()
    for volume in left_out:
        after = int(np.clip(np.searchsorted(good, volume), 1, good.size - 1))
        left, right = good[after - 1], good[after]
        share = float(np.clip((time[volume] - time[left]) / (time[right] - time[left]), 0, 1))
        made[..., volume] = (1 - share) * curves[..., left] + share * curves[..., right]
    return made


def retained_signals(
    signal: NDArray[Any], start: int, left_out: Sequence[int], time: FloatArray | None = None
) -> NDArray[Any]:
    """Signals of the retained volumes; those that are left out among them are bridged.

    Parameters
    ----------
    signal : ndarray, shape (..., T)
        Signals of every volume, a.u.
    start : int
        First volume that is retained.
    left_out : sequence of int
        Volumes, counted from 0.
    time : ndarray, shape (T,), optional
        Times of the volumes, s; None: they are even.

    Returns
    -------
    ndarray, shape (..., N)
        From `start` to the last volume that is not left out.
    """
    kept = retained(signal.shape[-1], start, left_out)
    inside = [one - start for one in bridged_of(signal.shape[-1], start, left_out)]
    return bridged(signal[..., kept], inside, None if time is None else time[kept])


def mean_of_baseline(
    signal: NDArray[Any], baseline: tuple[int, int], left_out: Sequence[int] | None
) -> FloatArray:
    """Mean of the volumes of a baseline that are not left out, in float32.

    Parameters
    ----------
    signal : ndarray, shape (..., T)
        Signals, a.u.
    baseline : tuple of int
        First volume of it and the first after it.
    left_out : sequence of int, or None
        Volumes, counted from 0.

    Returns
    -------
    ndarray, shape (...)
        Mean signal, a.u.
    """
    start, stop = baseline
    kept = [one for one in range(start, stop) if one not in (left_out or ())]
    some = signal[..., kept] if kept and len(kept) < stop - start else signal[..., start:stop]
    mean: FloatArray = some.mean(axis=-1, dtype=np.float32)
    return mean


def _incomplete(values: FloatArray, slices: NDArray[np.intp]) -> Iterator[tuple[int, str]]:
    """Volumes in which a slice, or a good part of one, has no signal where others have."""
    present = np.unique(slices)
    lacking: dict[int, int] = {}
    for one in present:
        rows = values[slices == one]
        rows = rows[np.median(rows, axis=1) > 0]
        if len(rows) < FEWEST_VOXELS:
            continue
        empty = (rows <= 0).mean(axis=0)
        for volume in np.flatnonzero((empty > MISSING) & (np.median(empty) < MISSING / 5)):
            lacking[int(volume)] = lacking.get(int(volume), 0) + 1
    for lacks, count in lacking.items():
        yield lacks, f"{count} of {present.size} slices of the brain blank or cut off"


def _foreign(
    values: FloatArray, level: FloatArray, slices: NDArray[np.intp], known: set[int]
) -> Iterator[tuple[int, str]]:
    """Volumes whose level, or likeness, leaps away from their neighbours' and back."""
    count = level.size
    good = np.array([one for one in range(count) if one not in known], dtype=np.intp)
    if good.size < 2 * EDGE:
        return
    with np.errstate(all="ignore"):
        logs = np.log(np.maximum(level[good], 1e-6 * np.median(level[good])))
    for run in _leaps(logs, BRIGHTER):
        if len(run) > 1 and _is_passage(values[:, good], run):
            continue
        for one in run:
            before = _between(logs, run)
            change = float(np.expm1(logs[one] - before))
            yield int(good[one]), f"{abs(change):.0%} {'brighter' if change > 0 else 'darker'}"
    likeness = _likeness(values[:, good])
    for run in _leaps(1 - likeness, OTHER):
        for one in run:
            if likeness[one] < np.median(likeness):
                yield int(good[one]), "unlike the volumes beside it"
    for number in np.unique(slices):
        rows = values[slices == number][:, good]
        if len(rows) < FEWEST_VOXELS:
            continue
        own = rows.mean(axis=0, dtype=np.float64)
        if not np.median(own) > 0:
            continue
        with np.errstate(all="ignore"):
            steps = np.log(np.maximum(own, 1e-3 * np.median(own)))
        for run in _leaps(steps, SLICE):
            if len(run) == 1:
                change = float(np.expm1(steps[run[0]] - _between(steps, run)))
                words = f"slice {number} {abs(change):.0%} "
                yield int(good[run[0]]), words + ("brighter" if change > 0 else "darker")


def _leaps(values: FloatArray, least: float) -> Iterator[list[int]]:
    """Runs of one or two places that leap away from both sides by far more than these move."""
    steps = np.abs(np.diff(values))
    curvature = np.diff(values, 2)
    noise = NORMAL * float(np.median(np.abs(curvature - np.median(curvature)))) / np.sqrt(6)
    count, taken = values.size, set[int]()
    for length in range(1, LONGEST + 1):
        for start in range(1, count - length + 1):
            stop = start + length
            run = list(range(start, stop))
            if taken.intersection(run):
                continue
            before = steps[max(0, start - 1 - (EDGE if stop == count else 1)) : start - 1]
            after = steps[stop : stop + 1] if stop < count else steps[:0]
            around = np.concatenate([before, after])
            if around.size == 0:
                continue
            sides = (
                values[[start - 1, min(stop, count - 1)]] if stop < count else values[[start - 1]]
            )
            apart = float(np.ptp(sides)) / (length + 1)
            away = values[run]
            rise = (
                away.min() - sides.max() if away.mean() > sides.mean() else sides.min() - away.max()
            )
            calm = max(float(around.max()), apart)
            if rise > max(least, STANDS_OUT * calm, CLEAR * noise):
                taken.update(run)
                yield run


def _between(values: FloatArray, run: Sequence[int]) -> float:
    """Value that the neighbours of a run let expect."""
    sides = [values[run[0] - 1]] + ([values[run[-1] + 1]] if run[-1] + 1 < values.size else [])
    return float(np.mean(sides))


def _is_passage(values: FloatArray, run: Sequence[int]) -> bool:
    """Whether a fall of the signal differs from voxel to voxel, as that of a bolus does."""
    inside = values[:, list(run)].mean(axis=1)
    sides = [values[:, run[0] - 1]]
    if run[-1] + 1 < values.shape[1]:
        sides.append(values[:, run[-1] + 1])
    beside = np.mean(sides, axis=0)
    known = (inside > 0) & (beside > 0)
    if known.sum() < FEWEST_VOXELS:
        return False
    change = np.log(beside[known] / inside[known])
    middle = float(np.median(change))
    spread = NORMAL * float(np.median(np.abs(change - middle)))
    return middle > 0 and spread > UNIFORM * middle


def _likeness(values: FloatArray) -> FloatArray:
    """Correlation of each volume with the mean of the two on each side; 0 for a flat one."""
    count = values.shape[1]
    low, high = np.percentile(np.median(values, axis=1), CLIPPED)
    values = np.clip(values, low, high)
    found = np.zeros(count)
    for one in range(count):
        others = [at for at in range(one - 2, one + 3) if at != one and 0 <= at < count]
        a = values[:, one] - values[:, one].mean()
        beside = values[:, others].mean(axis=1)
        b = beside - beside.mean()
        size = float(np.sqrt((a.astype(np.float64) ** 2).sum() * (b.astype(np.float64) ** 2).sum()))
        found[one] = float((a * b).sum() / size) if size > 0 else 0.0
    return found
