"""Order of the images of a slice in time, by the first fact of their headers that tells it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.frames import Frame

__all__ = ["numbers_run", "order_of_time"]

RISING, FALLING = "rising", "falling"
COMPUTED = "content times"  # they may be those of a reconstruction: any other fact is before them


def order_of_time(
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
