"""Units in the titles of two columns of a curve: obeyed where they are named."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["Headings", "Quantities", "headings_of"]

Quantities: TypeAlias = Literal["delta R2*", "signal", "concentration", "percent", "unknown"]

SECONDS = {  # by a word of the title of the times: seconds in one of them
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "msecs", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "usec", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
}
NUMBERS = {
    "volume", "volumes", "frame", "frames", "index", "image", "timepoint", "dynamic", "sample",
    "phase", "tr", "nr", "no",
}  # fmt: skip
SIGNAL = {"signal", "intensity", "si", "magnitude", "au"}
CONCENTRATION = {
    "mm", "mmol", "mol", "molar", "mmolar", "millimolar", "um", "µm", "μm", "umol", "µmol", "μmol",
    "concentration", "conc", "gd", "gadolinium",
}  # fmt: skip
PERCENT = {"percent", "percentage", "psc"}
RELAXATION = re.compile(r"r\s*[_\- ]?\s*2|relax", re.IGNORECASE)
RATE = re.compile(r"1\s*/\s*s(ec)?\b|\bs(ec)?\s*\^?\s*(-|−|⁻)\s*(1|¹)|\bhz\b", re.IGNORECASE)


class Headings(NamedTuple):
    """What titles say."""

    seconds: float | None  # in one unit of the times; None: nothing is said
    counts: bool  # the times are numbers of volumes
    quantity: Quantities
    scaled: bool  # delta R2* times the echo time


def headings_of(lines: Sequence[Sequence[str]]) -> Headings:
    """Read the titles of a table of two columns, or of one.

    Parameters
    ----------
    lines : sequence of sequence of str
        The lines above the numbers, each cut into its fields.

    Examples
    --------
    >>> headings_of([["time (ms)", "signal (a.u.)"]])
    Headings(seconds=0.001, counts=False, quantity='signal', scaled=False)
    """
    two = [line for line in lines if len(line) == 2]
    alone = " ".join(field for line in lines if len(line) != 2 for field in line)
    first = " ".join([*(line[0] for line in two), alone])
    second = " ".join([*(line[1] for line in two), alone])
    words = _words(RATE.sub(" ", first))
    told = {SECONDS[word] for word in words if word in SECONDS}
    return Headings(
        seconds=told.pop() if len(told) == 1 else None,
        counts=not told and any(word in NUMBERS for word in words) and "time" not in words,
        quantity=_quantity(second),
        scaled="te-scaled" in f"{first} {second}".lower(),
    )


def _quantity(title: str) -> Quantities:
    words = set(_words(title))
    if RELAXATION.search(title) or (RATE.search(title) and not words & SIGNAL):
        return "delta R2*"
    if words & CONCENTRATION:
        return "concentration"
    if "%" in title or words & PERCENT:
        return "percent"
    if words & SIGNAL or "a.u" in title.lower():
        return "signal"
    return "unknown"


def _words(title: str) -> list[str]:
    return re.findall(r"[a-zµμ]+", title.lower())
