"""Slices and volumes of a series: counted, put in order of time, timed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.image_headers import Frame

__all__ = ["Layout", "layout_of"]

SAME_PLACE = 0.01  # mm
UNEVEN = 0.1  # of a step from slice to slice
T = TypeVar("T")
NOON, DAY = 43200.0, 86400.0  # s
JITTER = 0.01  # relative: below, steps are even


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """How the images of a series make a scan.

    Parameters
    ----------
    order : ndarray of int, shape (T, Z)
        Which image is slice z of volume t.
    time : ndarray, shape (T,), or None
        When each volume begins, after the first, s; None if the images do not tell.
    repetition_time : float or None
        What they say of it, s: it may be that of a shot.
    echo_time : float or None
        Seconds.
    notices : tuple of str
        What a reader should know.
    """

    order: NDArray[np.intp]
    time: FloatArray | None
    repetition_time: float | None
    echo_time: float | None
    notices: tuple[str, ...] = ()


def layout_of(frames: Sequence[Frame], *, volumes: bool = False) -> Layout:
    """Put the images of a series in order.

    Parameters
    ----------
    frames : sequence of Frame
        Of one series and one echo.
    volumes : bool
        Whether each image is a whole volume, a mosaic.

    Raises
    ------
    DscError
        If a slice is missing or there twice, or nothing tells the order of time.
    """
    frames = _past_midnight(frames)
    places = _places(frames, volumes)
    names, slices = np.unique(places, return_inverse=True)
    counts = np.bincount(slices)
    n_slices, n_volumes = len(names), Counter(counts.tolist()).most_common(1)[0][0]
    if len(frames) != n_slices * n_volumes or (counts != n_volumes).any():
        odd = np.flatnonzero(counts != n_volumes)
        raise DscError(
            f"a series must have every slice in every volume, expected {n_slices} slices × "
            f"{n_volumes} volumes = {n_slices * n_volumes} images, got {len(frames)} "
            f"({counts[odd[0]]} of slice {odd[0] + 1}). Export it again, complete."
        )
    steps = np.diff(names)
    if steps.size and np.ptp(steps) > UNEVEN * np.median(steps):
        raise DscError(
            f"the slices of a series must lie evenly, got steps of {steps.min():.3g} to "
            f"{steps.max():.3g} mm: one may be missing in every volume. Export it again, complete."
        )
    _refuse_gaps([one.temporal for one in frames], n_volumes)
    key = _order_of_time(frames, slices)
    order = np.empty((n_volumes, n_slices), np.intp)
    for place in range(n_slices):
        here = np.flatnonzero(slices == place)
        order[:, place] = here[np.argsort(key[here], kind="stable")]
    return Layout(
        order=order,
        time=_volume_times(frames, order),
        repetition_time=_common([one.repetition_time for one in frames]),
        echo_time=_common([one.echo_time for one in frames]),
        notices=_fewer_than_told([one.temporal_count for one in frames], n_volumes),
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
            f"{n_volumes} (none after position {after}). Export it again, complete."
        )


def _fewer_than_told(counts: Sequence[int | None], n_volumes: int) -> tuple[str, ...]:
    count = _common(counts)
    if count is None or count <= n_volumes:
        return ()
    return (f"The header tells of {count} volumes, the folder holds {n_volumes}.",)


def _places(frames: Sequence[Frame], volumes: bool) -> FloatArray:
    """Where each image lies along the normal of its slice, mm, rounded."""
    if volumes:
        return np.zeros(len(frames))
    first = frames[0].orientation
    if first is None or any(one.position is None for one in frames):
        raise DscError(
            "a series must say where its slices lie, got no ImagePositionPatient. Export it again."
        )
    turned = [one.orientation for one in frames if not _same(one.orientation, first)]
    if turned:
        raise DscError(
            f"the slices of a series must lie in one direction, got {len(turned)} in another. "
            "Open the dynamic series alone."
        )
    normal = np.cross(first[:3], first[3:])
    along = np.array([one.position for one in frames], dtype=np.float64) @ normal
    rounded: FloatArray = np.round(along / SAME_PLACE) * SAME_PLACE
    return rounded


def _same(one: tuple[float, ...] | None, other: tuple[float, ...]) -> bool:
    return one is not None and bool(np.allclose(one, other, atol=1e-3))


def _order_of_time(frames: Sequence[Frame], slices: NDArray[np.intp]) -> FloatArray:
    """What sorts the images of a slice by time: the first fact that tells every one apart."""
    facts: dict[str, list[float | None]] = {
        "temporal positions": [_float(one.temporal) for one in frames],
        "times": [one.seconds for one in frames],
        "trigger times": [one.trigger for one in frames],
        "content times": [one.content for one in frames],
        "acquisition numbers": [_float(one.acquisition) for one in frames],
    }
    usable = {
        name: key for name, column in facts.items() if (key := _key(column, slices)) is not None
    }
    if not usable:
        told = [name for name, column in facts.items() if None not in column]
        raise DscError(
            "the volumes of a series must differ in temporal position, time or acquisition "
            f"number, got the same twice in one slice ({', '.join(told) or 'none is told'}). "
            "Export it again without changing its times."
        )
    name, key = next(iter(usable.items()))
    against = [
        other
        for other, column in usable.items()
        if other != name and not _same_order(key, column, slices)
    ]
    if against:
        raise DscError(
            f"the order of time must be one, got another by {name} than by {against[0]}. Export "
            "the series again, or convert it yourself and open the NIfTI file."
        )
    return key


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


def _volume_times(frames: Sequence[Frame], order: NDArray[np.intp]) -> FloatArray | None:
    """When each volume begins: its earliest slice; None unless time goes on."""
    clocks = [
        [one.seconds for one in frames],
        [one.trigger for one in frames],
        [one.content for one in frames],
    ]
    for seconds in clocks:
        if None not in seconds:
            times = np.array(seconds, dtype=np.float64)[order].min(axis=1)
            steps = np.diff(times)
            if steps.size and (steps > 0).all():
                return _even_or_not(steps)
    return None


def _past_midnight(frames: Sequence[Frame]) -> list[Frame]:
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


def _even_or_not(steps: FloatArray) -> FloatArray:
    """Times after the first volume: even where the steps are, to 1 %."""
    step = float(np.median(steps))
    if abs(steps - step).max() <= JITTER * step:
        even: FloatArray = step * np.arange(len(steps) + 1)
        return even
    return np.concatenate([[0.0], np.cumsum(steps)])


def _common(values: Sequence[T | None]) -> T | None:
    """What all say; None if they differ, or say nothing."""
    known = set(values)
    return values[0] if len(known) == 1 else None
