"""Axes of a scan: which is time, and which echo is taken; known, or asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError

__all__ = ["BOTH", "BOTH_IN_WORDS", "MOST_ECHOES", "Dynamic", "dynamic"]

SINGLE = "The file has {count} axes, some of length 1 that tell nothing: they were left out."
MOST_ECHOES = 8
BOTH, BOTH_IN_WORDS = "both", "both, combined: T1 does not change it, noisier"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dynamic:
    """A scan brought to four axes, and which of the file's they are.

    Parameters
    ----------
    signal : ndarray, shape (X, Y, Z, T)
        A view.
    axis : int or None
        Which axis of the file is time, from 0: what belongs to that axis belongs to time. None:
        none is, time shares its axis with the slices.
    echo : int or None
        Which echo was taken, from 0; None if there is one only.
    notices : tuple of str
        What a reader should know.
    asked : tuple of str
        Facts that the user had to choose.
    """

    signal: NDArray[Any]
    axis: int | None = 3
    echo: int | None = None
    notices: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()


def dynamic(signal: NDArray[Any], choices: Mapping[str, str]) -> Dynamic:
    """Bring a scan to four axes, time last.

    Parameters
    ----------
    signal : ndarray
        As stored: (X, Y, Z, T), or with axes more: of length 1, and one of several echoes.
    choices : mapping
        What the user has chosen: `axis`, `echo`.

    Raises
    ------
    ChoiceNeededError
        If both of two axes may be time, or there are several echoes.
    DscError
        If the shape is no dynamic scan's.
    """
    if signal.ndim < 4:
        raise DscError(
            f"a dynamic scan must have 4 axes (x, y, z, time), got shape {signal.shape}. "
            "Open the whole time series."
        )
    long = [axis for axis in range(3, signal.ndim) if signal.shape[axis] > 1] or [3]
    if len(long) > 2:
        raise DscError(
            f"a dynamic scan must have axes of space, time and echo, got shape {signal.shape}. "
            "Split the file along the others."
        )
    single = (SINGLE.format(count=signal.ndim),) if signal.ndim > 3 + len(long) else ()
    if len(long) == 1:
        return Dynamic(signal=_at(signal, long[0], {}), axis=long[0], notices=single)
    lengths = signal.shape[long[0]], signal.shape[long[1]]
    told = (lengths[0] > MOST_ECHOES) != (lengths[1] > MOST_ECHOES)
    time = max(long, key=lambda axis: signal.shape[axis]) if told else _time_axis(signal, choices)
    other = sum(long) - time
    echo = _echo(signal.shape[other], choices)
    words = f"The file has {signal.shape[other]} echoes: this is {echo + 1}."
    return Dynamic(
        signal=_at(signal, time, {other: echo}),
        axis=time,
        echo=echo,
        notices=(*single, words),
        asked=("echo",) if told else ("axis", "echo"),
    )


def _at(signal: NDArray[Any], time: int, entries: Mapping[int, int]) -> NDArray[Any]:
    """Space and one axis of time; of each other axis one entry, the first if none is named."""
    index = tuple(
        slice(None) if axis < 3 or axis == time else entries.get(axis, 0)
        for axis in range(signal.ndim)
    )
    return signal[index]


def _time_axis(signal: NDArray[Any], choices: Mapping[str, str]) -> int:
    """Axis of time that was chosen."""
    shape = signal.shape
    long = [axis for axis in range(3, signal.ndim) if shape[axis] > 1]
    options = {str(axis + 1): f"axis {axis + 1}, {shape[axis]} entries" for axis in long}
    chosen = choices.get("axis")
    if chosen not in options:
        raise ChoiceNeededError("axis", f"Which axis of a scan of shape {shape} is time?", options)
    return int(chosen) - 1


def _echo(count: int, choices: Mapping[str, str]) -> int:
    options = {str(number): f"echo {number} of {count}" for number in range(1, count + 1)}
    chosen = choices.get("echo")
    if chosen not in options:
        options |= {BOTH: BOTH_IN_WORDS} if count == 2 else {}
        question = f"The scan has {count} echoes: which one?"
        raise ChoiceNeededError("echo", question, options)
    return int(chosen) - 1
