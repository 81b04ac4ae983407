"""Result of the check of an installation, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

__all__ = ["MARKS", "Check", "State", "Verification"]

State: TypeAlias = Literal["exact", "close", "works", "absent", "wrong"]
MARKS: Mapping[State, str] = MappingProxyType(
    {"exact": "same", "close": "close", "works": "works", "absent": "-", "wrong": "WRONG"}
)


@dataclass(frozen=True, slots=True)
class Check:
    """One part of an installation.

    Parameters
    ----------
    name : str
        Of the part: a method, a kind of file, an extra.
    state : str
        "exact": the stored figures to the byte; "close": within what another machine may cause;
        "works": it does what it is for; "absent": an extra that is not installed; "wrong": none
        of these.
    words : str
        What was found, in one line.
    seconds : float
        How long it took, s.
    """

    name: str
    state: State
    words: str
    seconds: float = 0.0

    @property
    def told(self) -> str:
        """What was found, and how long it took."""
        return f"{self.words} ({self.seconds:.1f} s)"


@dataclass(frozen=True, slots=True)
class Verification:
    """Every part of an installation.

    Parameters
    ----------
    checks : tuple of Check
        In the order in which they were made.
    """

    checks: tuple[Check, ...]

    @property
    def wrong(self) -> tuple[Check, ...]:
        """Parts that are not as they should be."""
        return tuple(one for one in self.checks if one.state == "wrong")

    @property
    def right(self) -> bool:
        """Whether there is no such part. An extra that is not installed is none."""
        return not self.wrong

    @property
    def seconds(self) -> float:
        """How long all of it took, s."""
        return sum(one.seconds for one in self.checks)

    def __str__(self) -> str:
        """Return a line for each part."""
        width = max(len(one.name) for one in self.checks)
        return "\n".join(
            f"{MARKS[one.state]:<6} {one.name:<{width}}  {one.told}" for one in self.checks
        )
