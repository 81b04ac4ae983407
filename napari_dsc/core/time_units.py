"""Units of time step, echo time and flip angle: one rule for each, wherever they come in.

Files, sidecars, the form, the command line and Python ask here: seconds are never guessed, and
what cannot be seconds is refused with the factor that would make it so.
"""

from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.real_numbers import as_number

__all__ = [
    "LARGEST_DOSE",
    "LARGEST_FLIP",
    "PLAUSIBLE_STEP",
    "odd_echo_time",
    "odd_step",
    "refuse_echo_time",
    "refuse_flip_angle",
    "refuse_step",
    "remedy",
]

PLAUSIBLE_STEP = 0.2, 6.0  # s, from one volume to the next
LONGEST_ECHO = 1.0  # s
SHORTEST_ECHO = 0.001  # s: below, T2* leaves no trace; 30 ms are 0.0005 min
LARGEST_FLIP = 180.0  # degrees
LARGEST_DOSE = 200.0  # mL of agent: nobody is given more
MOST_LEFT_OUT = 100  # of so many volumes one is taken: no scanner is faster
SLACK = 1e-6  # relative: 0.2 s as somebody computes it
UNITS = (  # as it is called, by how many of them a second is, and what to do
    ("milliseconds", 1e3, "divide by 1000"),
    ("minutes", 1 / 60, "multiply by 60"),
    ("microseconds", 1e6, "divide by 1,000,000"),
    ("hours", 1 / 3600, "multiply by 3600"),
    ("nanoseconds", 1e9, "divide by 1,000,000,000"),
)


def odd_step(step: float) -> str:
    """What is wrong with a time step, and what may mend it; empty for one of 0.2 to 6 s.

    Examples
    --------
    >>> odd_step(1.5)
    ''
    >>> odd_step(1500.0)
    '0.2 to 6 s, got 1500 s. If it is in milliseconds, divide by 1000.'
    """
    low, high = PLAUSIBLE_STEP
    if low * (1 - SLACK) <= step <= high * (1 + SLACK):
        return ""
    return f"{low:g} to {high:g} s, got {step:.6g} s. {remedy(step)}"


def remedy(step: float) -> str:
    """What can mend a time step outside of the plausible ones, for what it may be."""
    low, high = PLAUSIBLE_STEP
    found = [
        f"in {name}, {what}"
        for name, factor, what in UNITS
        if low * (1 - SLACK) <= step / factor <= high * (1 + SLACK)
    ]
    told = [f"If it is {', or if '.join(found)}."] if found else []
    if low / MOST_LEFT_OUT < step < low:
        told.append(f"Of a faster scan take every {int(np.ceil(low / step - SLACK))}th volume.")
    elif not found:
        told.append("A bolus passes in about 10 s: give the time from volume to volume in seconds.")
    return " ".join(told)


def refuse_step(name: str, step: float, confirm: str = "") -> None:
    """Raise `DscError` for a time step that is none, or not 0.2 to 6 s.

    Parameters
    ----------
    name : str
        What holds it, as the caller knows it: "time", "repetition_time".
    step : float
        Seconds from one volume to the next.
    confirm : str
        How somebody who knows better says so, if that is possible.
    """
    if not 0 < step < np.inf:
        raise DscError(
            f"{name} must be positive, got {step:g}. Enter the time from one volume to the next in "
            "seconds."
        )
    if odd := odd_step(step):
        raise DscError(f"{name} must have steps of {odd}{f' {confirm}' if confirm else ''}")


def refuse_echo_time(echo_time: Any) -> float:
    """Echo time in s as a float; raise `DscError` for what cannot be one."""
    if echo_time is None:
        raise DscError(
            "echo_time must be known in s, got None. Give it, such as 0.03; the maps do not depend "
            "on it, only the unit of the curves does."
        )
    seconds = as_number("echo_time", echo_time)
    if odd := odd_echo_time(seconds):
        raise DscError(f"echo_time must {odd}")
    return seconds


def refuse_flip_angle(flip_angle: Any) -> float:
    """Flip angle in degrees as a float; raise `DscError` for what cannot be one."""
    degrees = as_number("flip_angle", flip_angle)
    if not 0 < degrees <= LARGEST_FLIP:
        raise DscError(
            f"flip_angle must lie between 0 and {LARGEST_FLIP:g} degrees, got {degrees:g}. Look it "
            "up in the protocol of the scan."
        )
    return degrees


def odd_echo_time(seconds: float) -> str:
    """What is wrong with an echo time, and what may mend it; empty for 0.001 to 1 s.

    Examples
    --------
    >>> odd_echo_time(30.0)
    'lie between 0 and 1 s, got 30. If it is in milliseconds, divide it by 1000.'
    """
    if not 0 < seconds < LONGEST_ECHO:
        return (
            f"lie between 0 and {LONGEST_ECHO:g} s, got {seconds:g}. "
            "If it is in milliseconds, divide it by 1000."
        )
    if seconds < SHORTEST_ECHO:
        return (
            f"be at least {SHORTEST_ECHO:g} s, got {seconds:g}. "
            "If it is in minutes, multiply it by 60."
        )
    return ""
