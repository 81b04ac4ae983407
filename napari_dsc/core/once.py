"""Answers that are worked out once for an object, and kept for as long as it lives."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

__all__ = ["once"]

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")


def once(of: Callable[[Thing], Answer]) -> Callable[[Thing], Answer]:
    """Have a function work out its answer once for each object, and give that one from then on.

    Parameters
    ----------
    of : callable
        Of one object, which does not change, is told apart by its identity and can be referred to
        weakly. Two threads may both work it out; the answer may not hold the object.
    """
    known: WeakKeyDictionary[Thing, Answer] = WeakKeyDictionary()

    @wraps(of)
    def told(thing: Thing) -> Answer:
        try:
            return known[thing]
        except KeyError:
            return known.setdefault(thing, of(thing))

    return told
