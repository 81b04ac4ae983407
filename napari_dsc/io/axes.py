"""Which axis of a scan is time, and which echo it is: known, or asked."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError

__all__ = ["BOTH", "BOTH_IN_WORDS", "MOST_ECHOES", "dynamic"]

SINGLE = "The file has five axes, one of them of length 1: it was left out."
MOST_ECHOES = 8
BOTH, BOTH_IN_WORDS = "both", "both, combined: T1 does not change it, noisier"


def dynamic(
    signal: NDArray[Any], choices: Mapping[str, str]
) -> tuple[NDArray[Any], int | None, tuple[str, ...]]:
    """Bring a scan to four axes, time last.

    Parameters
    ----------
    signal : ndarray
        As stored: (X, Y, Z, T), or with one axis more, of length 1 or of several echoes.
    choices : mapping
        What the user has chosen: `axis`, `echo`.

    Returns
    -------
    ndarray, shape (X, Y, Z, T)
        A view.
    int or None
        Which echo was taken, from 0; None if there is one only.
    tuple of str
        What a reader should know.

    Raises
    ------
    ChoiceNeededError
        If both of two axes may be time, or there are several echoes.
    DscError
        If the shape is no dynamic scan's.
    """
    if signal.ndim == 5 and 1 in signal.shape[3:]:
        axis = 3 + signal.shape[3:].index(1)
        return (signal[..., 0] if axis == 4 else signal[:, :, :, 0]), None, (SINGLE,)
    if signal.ndim == 5:
        time = _time_axis(signal.shape, choices)
        other = 7 - time
        echo = _echo(signal.shape[other], choices)
        taken = signal[..., echo] if other == 4 else signal[:, :, :, echo]
        return taken, echo, (f"The file has {signal.shape[other]} echoes: this is {echo + 1}.",)
    if signal.ndim != 4:
        raise DscError(
            f"a dynamic scan must have 4 axes (x, y, z, time), got shape {signal.shape}. "
            "Open the whole time series."
        )
    return signal, None, ()


def _time_axis(shape: tuple[int, ...], choices: Mapping[str, str]) -> int:
    """Axis of time: the one that is too long for echoes, or the one that was chosen."""
    fourth, fifth = shape[3:]
    if (fourth > MOST_ECHOES) != (fifth > MOST_ECHOES):
        return 3 if fourth > MOST_ECHOES else 4
    options = {str(axis + 1): f"axis {axis + 1}, {shape[axis]} entries" for axis in (3, 4)}
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
