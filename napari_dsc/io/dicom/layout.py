"""Slices and volumes of a series: counted, put in order of time, timed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.clocks import (
    SliceClock,
    even_or_not,
    past_midnight,
    slice_clock,
    volume_clock,
)
from napari_dsc.io.dicom.header_facts import Frame

__all__ = ["Layout", "layout_of", "n_volumes_of", "numbers_run"]

SAME_PLACE = 0.01  # mm
UNEVEN = 0.1  # of a step from slice to slice
RISING, FALLING = "rising", "falling"
COMPUTED = "content times"  # they may be those of a reconstruction: any other fact is before them
AGAIN = "Export it again, complete."
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """How the images of a series make a scan.

    Parameters
    ----------
    order : ndarray of int, shape (T, Z)
        Which image is slice z of volume t; slices along the normal of the first image.
    time : ndarray, shape (T,), or None
        When each volume begins, after the first, s; None if the images do not tell.
    repetition_time : float or None
        What they say of it, s: it may be that of a shot.
    echo_time : float or None
        Seconds.
    notices : tuple of str
        What a reader should know.
    numbered : bool
        Whether only the numbers of the images tell the volumes, and somebody chose how.
    slices : SliceClock
        When each slice is measured after its volume begins.
    """

    order: NDArray[np.intp]
    time: FloatArray | None
    repetition_time: float | None
    echo_time: float | None
    notices: tuple[str, ...] = ()
    numbered: bool = False
    slices: SliceClock = field(default_factory=SliceClock)


def n_volumes_of(frames: Sequence[Frame]) -> int:
    """How many volumes the images of one echo make: how often most of their places are there."""
    turned: dict[object, list[Frame]] = {}
    for one in frames:
        about = None if one.position is None else one.orientation
        turned.setdefault(about and tuple(round(value, 2) for value in about), []).append(one)
    counts = [
        len(several) if about is None else _usual(_slices(several)[1])
        for about, several in turned.items()
    ]
    return max(counts, default=0)


def _slices(frames: Sequence[Frame]) -> tuple[FloatArray, NDArray[np.intp]]:
    """Places of the slices, ascending, and which of them each image is."""
    places, slices = np.unique(_along(frames), return_inverse=True)
    return places, slices


def _usual(slices: NDArray[np.intp]) -> int:
    """How often most slices are there."""
    return int(Counter(np.bincount(slices).tolist()).most_common(1)[0][0])


def layout_of(frames: Sequence[Frame], *, numbering: str | None = None) -> Layout:
    """Put the images of a series in order.

    Parameters
    ----------
    frames : sequence of Frame
        Of one series and one echo.
    numbering : str, optional
        What a user chose of the question whether numbers of images rise or fall with time.

    Raises
    ------
    ChoiceNeededError
        If only the numbers of the images tell the volumes, and nothing was chosen.
    DscError
        If a slice is missing or there twice, or nothing tells the order of time.
    """
    frames = past_midnight(frames)
    _refuse_unplaced(frames)
    names, slices = _slices(frames)
    steps = np.diff(names)
    if steps.size and np.ptp(steps) > UNEVEN * np.median(steps):
        raise DscError(
            f"the slices of a series must lie evenly, got steps of {steps.min():.3g} to "
            f"{steps.max():.3g} mm: one may be missing in every volume. {AGAIN}"
        )
    counts = np.bincount(slices)
    n_slices, n_volumes = len(names), _usual(slices)
    _refuse_gaps([one.temporal for one in frames], int(counts.max()))
    key, numbered = _order_of_time(frames, slices, numbering)
    stopped = _incomplete_end(key, slices, counts)
    n_volumes = n_volumes if stopped is None else int(counts.min())
    if stopped is None and (counts != n_volumes).any():
        odd = np.flatnonzero(counts != n_volumes)
        raise DscError(
            f"a series must have every slice in every volume, expected {n_slices} slices × "
            f"{n_volumes} volumes = {n_slices * n_volumes} images, got {len(frames)} "
            f"({counts[odd[0]]} of slice {odd[0] + 1}). {AGAIN}"
        )
    order = np.empty((n_volumes, n_slices), np.intp)
    for place in range(n_slices):
        here = np.flatnonzero(slices == place)
        order[:, place] = here[np.argsort(key[here], kind="stable")][:n_volumes]
    kept = [frames[at] for at in order.ravel().tolist()]
    repetition_time = _common([one.repetition_time for one in kept])
    times, tick = volume_clock(frames, order)
    time = None if times is None else even_or_not(times, tick, repetition_time)
    step = repetition_time if time is None else float(np.median(np.diff(time)))
    return Layout(
        order=order,
        time=time,
        repetition_time=repetition_time,
        echo_time=_common([one.echo_time for one in kept]),
        notices=(
            *(() if stopped is None else (stopped,)),
            *_fewer_than_told([one.temporal_count for one in kept], n_volumes),
            *_gap(frames, order, times),
        ),
        numbered=numbered,
        slices=slice_clock(frames, order, step),
    )


def _incomplete_end(
    key: FloatArray, slices: NDArray[np.intp], counts: NDArray[np.intp]
) -> str | None:
    """Say that the last volume is left out, if all that is wrong is that it lacks slices."""
    least = int(counts.min())
    if counts.max() != least + 1:
        return None
    kept, excess = [], []
    for place, count in enumerate(counts.tolist()):
        own = np.sort(key[slices == place])
        kept.append(own[least - 1])
        excess += own[least:count].tolist()
    if min(excess) <= max(kept):
        return None
    return (
        f"The last volume, {least} (from 0), holds {len(excess)} of {len(counts)} slices only, as "
        "of a scan that was stopped: it was left out."
    )


def _refuse_gaps(positions: Sequence[int | None], n_volumes: int) -> None:
    """Raise `DscError` where the numbers of the volumes show that some are missing between."""
    known = sorted({one for one in positions if one is not None})
    steps = np.diff(known)
    if len(known) == n_volumes and steps.size and (steps != steps[0]).any():
        wanted = (known[-1] - known[0]) // int(steps.min()) + 1
        after = known[int(np.argmax(steps > steps.min()))]
        raise DscError(
            f"a series must have every volume, expected {wanted} by their temporal positions, got "
            f"{n_volumes} (none after position {after}). {AGAIN}"
        )


def _gap(
    frames: Sequence[Frame], order: NDArray[np.intp], times: FloatArray | None
) -> tuple[str, ...]:
    """Say which acquisitions are missing between the volumes; refuse if no clock spans the gap."""
    each = [{frames[at].acquisition for at in volume} for volume in order.tolist()]
    numbers = [next(iter(one)) if len(one) == 1 else None for one in each]
    known = [one for one in numbers if one is not None]
    steps = np.diff(known)
    if len(known) < len(numbers) or not steps.size or steps.min() < 1 or steps.max() == steps.min():
        return ()
    usual = Counter(steps.tolist()).most_common(1)[0][0]
    after = [at for at, step in enumerate(steps.tolist()) if step > usual]
    if not after or usual != steps.min():
        return ()
    words = ", ".join(
        f"{known[at]} and {known[at + 1]} (volumes {at} and {at + 1}, from 0)" for at in after[:3]
    )
    if times is None:
        raise DscError(
            f"a series must have every volume, got none between acquisitions {words}, and no time "
            f"that spans the gap. {AGAIN}"
        )
    return (f"Volumes are missing between acquisitions {words}.",)


def _fewer_than_told(counts: Sequence[int | None], n_volumes: int) -> tuple[str, ...]:
    count = _common(counts)
    if count is None or count <= n_volumes:
        return ()
    return (f"The header tells of {count} volumes, the folder holds {n_volumes}.",)


def _refuse_unplaced(frames: Sequence[Frame]) -> None:
    """Raise `DscError` unless the images say where they lie, all in one direction."""
    first = frames[0].orientation
    if first is None or any(one.position is None for one in frames):
        raise DscError(
            "a series must say where its slices lie, got no ImagePositionPatient. Export it again "
            "from the scanner or the archive, with its positions."
        )
    turned = [one.orientation for one in frames if not _same(one.orientation, first)]
    if turned:
        raise DscError(
            f"the slices of a series must lie in one direction, got {len(turned)} in another. "
            "Open the dynamic series alone."
        )


def _along(frames: Sequence[Frame]) -> FloatArray:
    """Where images lie along the normal of the first, mm: the same for all that lie together."""
    turn = frames[0].orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    normal = np.cross(turn[:3], turn[3:])
    along = np.array([one.position for one in frames], dtype=np.float64) @ normal
    order = np.argsort(along, kind="stable")
    apart = np.diff(along[order], prepend=along[order[0]]) > SAME_PLACE
    group = np.empty(len(along), np.intp)
    group[order] = np.cumsum(apart)
    middles = np.bincount(group, along) / np.bincount(group)
    places: FloatArray = middles[group]
    return places


def _same(one: tuple[float, ...] | None, other: tuple[float, ...]) -> bool:
    return one is not None and bool(np.allclose(one, other, atol=1e-3))


def _order_of_time(
    frames: Sequence[Frame], slices: NDArray[np.intp], numbering: str | None
) -> tuple[FloatArray, bool]:
    """What sorts the images of a slice by time: the first fact that tells every one apart.

    And whether that is their numbers, as a user chose.
    """
    facts: dict[str, list[float | None]] = {
        "temporal positions": [_float(one.temporal) for one in frames],
        "dimension indices": [_float(one.ordinal) for one in frames],
        "times": [one.seconds for one in frames],
        "trigger times": [one.trigger for one in frames],
        "times of a timer": [one.timer for one in frames],
        COMPUTED: [one.content for one in frames],
        "acquisition numbers": [_float(one.acquisition) for one in frames],
    }
    usable = {
        name: key for name, column in facts.items() if (key := _key(column, slices)) is not None
    }
    if not usable:
        return _by_numbers(frames, slices, numbering, facts), True
    name, key = next(iter(usable.items()))
    against = [
        other
        for other, column in usable.items()
        if other not in (name, COMPUTED) and not _same_order(key, column, slices)
    ]
    if against:
        raise DscError(
            f"the order of time must be one, got another by {name} than by {against[0]}. Export "
            "the series again, or convert it yourself and open the NIfTI file."
        )
    return key, False


def _by_numbers(
    frames: Sequence[Frame],
    slices: NDArray[np.intp],
    numbering: str | None,
    facts: dict[str, list[float | None]],
) -> FloatArray:
    """Numbers of the images, where nothing else tells the volumes and a user says how they run."""
    key = _key([_float(one.instance) for one in frames], slices)
    counted = [facts["temporal positions"], facts["acquisition numbers"]]
    twice = any(None not in one and len(set(one)) > 1 for one in counted)
    if key is None or twice or not numbers_run(key, slices):
        told = [name for name, column in facts.items() if None not in column]
        raise DscError(
            "the volumes of a series must differ in temporal position, time or acquisition "
            f"number, got the same twice in one slice ({', '.join(told) or 'none is told'}), and "
            "numbers of images that do not run volume by volume. Export the series again from the "
            "scanner or the archive with its times, or as NIfTI."
        )
    if numbering not in (RISING, FALLING):
        raise ChoiceNeededError(
            "numbering",
            "Nothing but the numbers of the images tells the volumes of this series apart (times "
            "and temporal positions are the same or missing): how do they run?",
            {
                RISING: "the volume with the lowest numbers was measured first",
                FALLING: "the volume with the highest numbers was measured first",
            },
        )
    key = key if numbering == RISING else -key
    for name, column in facts.items():
        if None not in column and _runs_back(np.array(column, dtype=np.float64), key, slices):
            raise DscError(
                f"the order of time must be one, got another by {name} than by numbers that are "
                f"{numbering}. Choose the other."
            )
    return key


def _runs_back(column: FloatArray, key: FloatArray, slices: NDArray[np.intp]) -> bool:
    """Whether something that may stand still goes back in an order of time."""
    for place in range(int(slices.max()) + 1):
        own = column[slices == place][np.argsort(key[slices == place])]
        if (np.diff(own) < 0).any():
            return True
    return False


def numbers_run(numbers: FloatArray, slices: NDArray[np.intp]) -> bool:
    """Whether numbers of images run volume by volume, or slice by slice, without exception.

    Examples
    --------
    >>> places = np.array([0, 1, 0, 1, 0, 1])
    >>> numbers_run(np.arange(6), places), numbers_run(np.array([1, 2, 3, 6, 5, 8]), places)
    (True, False)
    """
    counts = np.bincount(slices)
    if (counts != counts[0]).any():  # of a scan that was stopped, the whole volumes
        counts = np.full(len(counts), counts.min())
    table = np.array([np.sort(numbers[slices == at])[: counts[at]] for at in range(len(counts))])
    by_volume = (np.argsort(table, axis=0) == np.argsort(table[:, :1], axis=0)).all() and (
        table.max(axis=0)[:-1] < table.min(axis=0)[1:]
    ).all()
    first = table[np.argsort(table[:, 0])]
    by_slice = (first.max(axis=1)[:-1] < first.min(axis=1)[1:]).all()
    return bool(by_volume or by_slice)


def _float(number: int | None) -> float | None:
    return None if number is None else float(number)


def _key(column: Sequence[float | None], slices: NDArray[np.intp]) -> FloatArray | None:
    """Numbers that tell the images of every slice apart; None if they do not."""
    if None in column:
        return None
    key = np.array(column, dtype=np.float64)
    pairs = np.unique(np.column_stack([slices, key]), axis=0)
    return key if len(pairs) == len(key) else None


def _same_order(one: FloatArray, other: FloatArray, slices: NDArray[np.intp]) -> bool:
    return all(
        np.array_equal(
            np.argsort(one[slices == place], kind="stable"),
            np.argsort(other[slices == place], kind="stable"),
        )
        for place in range(int(slices.max()) + 1)
    )


def _common(values: Sequence[T | None]) -> T | None:
    """What all say; None if they differ, or say nothing."""
    known = set(values)
    return values[0] if len(known) == 1 else None
