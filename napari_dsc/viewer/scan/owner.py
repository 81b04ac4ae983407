"""State that changes through the methods of its owner alone, and tells of every change."""

import contextlib
from collections.abc import Iterator
from typing import Any

from psygnal import Signal

__all__ = ["Owner"]

NOTHING: tuple[frozenset[str]] = (frozenset(),)


class Owner:
    """Base of the parts of a scan: frozen dataclasses, whose own methods give them other values.

    Nobody else can assign a field. Equal values are no change.

    Attributes
    ----------
    changed : SignalInstance
        Emits the names of the fields that have other values now, once for a change.
    """

    changed = Signal(frozenset)

    def _set(self, **values: Any) -> frozenset[str]:
        """Give fields other values, and say which have; return their names."""
        new = frozenset(
            name for name, value in values.items() if not _same(getattr(self, name), value)
        )
        for name in new:
            object.__setattr__(self, name, values[name])
        if new:
            self.changed.emit(new)
        return new

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Say what has changed once, at the end."""
        with self.changed.paused(lambda one, other: (one[0] | other[0],), NOTHING):
            yield


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same; arrays, and what holds them, only if they are one."""
    if one is other:
        return True
    plain = (type(None), bool, int, float, str, tuple, dict)
    if type(one) is not type(other) or not isinstance(one, plain):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
