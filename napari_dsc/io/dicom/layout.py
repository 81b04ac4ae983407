"""Slices and volumes of a series: counted, put in order of time, timed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.clocks import (
    SliceClock,
    even_or_not,
    past_midnight,
    slice_clock,
    volume_clock,
)
from napari_dsc.io.dicom.frames import Frame
from napari_dsc.io.dicom.slice_places import refuse_unplaced, slices_of, usual_count
from napari_dsc.io.dicom.time_order import order_of_time

__all__ = ["Layout", "layout_of"]

UNEVEN = 0.1  # of a step from slice to slice
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
    refuse_unplaced(frames)
    names, slices = slices_of(frames)
    _refuse_uneven(np.diff(names))
    counts = np.bincount(slices)
    n_slices, n_volumes = len(names), usual_count(slices)
    _refuse_gaps([one.temporal for one in frames], int(counts.max()))
    key, numbered = order_of_time(frames, slices, numbering)
    stopped = _incomplete_end(key, slices, counts)
    n_volumes = n_volumes if stopped is None else int(counts.min())
    if stopped is None:
        _refuse_incomplete(counts, n_volumes)
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


def _refuse_uneven(steps: NDArray[Any]) -> None:
    """Raise for slices of which one is missing; `steps`: from one to the next, mm."""
    if steps.size and np.ptp(steps) > UNEVEN * np.median(steps):
        raise DscError(
            f"the slices of a series must lie evenly, got steps of {steps.min():.3g} to "
            f"{steps.max():.3g} mm: one may be missing in every volume. {AGAIN}"
        )


def _refuse_incomplete(counts: NDArray[Any], n_volumes: int) -> None:
    """Raise where a slice has more or fewer images than there are volumes."""
    odd = np.flatnonzero(counts != n_volumes)
    if odd.size:
        n_slices = len(counts)
        raise DscError(
            f"a series must have every slice in every volume, expected {n_slices} slices × "
            f"{n_volumes} volumes = {n_slices * n_volumes} images, got {counts.sum()} "
            f"({counts[odd[0]]} of slice {odd[0]}). {AGAIN}"
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


def _common(values: Sequence[T | None]) -> T | None:
    """What all say; None if they differ, or say nothing."""
    known = set(values)
    return values[0] if len(known) == 1 else None
