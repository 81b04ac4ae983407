"""How often a window is painted while nobody looks at it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

from napari._qt.qt_main_window import _QtMainWindow
from qtpy.compat import isalive
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication, QWidget

__all__ = ["seldom", "when_looked_at"]

APART = 0.1  # s: between two pictures that nobody looks at

_painted: WeakKeyDictionary[QWidget, float] = WeakKeyDictionary()  # when, at the last
_owed: WeakKeyDictionary[QWidget, None] = WeakKeyDictionary()  # pictures that were put off
_reasons: list[object] = []  # not to look, one within another


@contextmanager
def seldom() -> Iterator[Callable[[], None]]:
    """Windows are painted ten times a second at most, and once at the end.

    What is given is to be called now and then meanwhile: it has a picture painted that is due.
    """
    _reasons.append(object())
    try:
        yield _paint_due
    finally:
        _reasons.pop()
        if not _reasons:
            _paint_due()


def _paint_due() -> None:
    """Paint what was put off for long enough, or all of it once somebody looks."""
    for window in list(_owed):
        if not _reasons or perf_counter() - _painted[window] >= APART:
            del _owed[window]
            if isalive(window):
                QApplication.sendEvent(window, QEvent(QEvent.Type.UpdateRequest))


def when_looked_at() -> Callable[[Any, QEvent], bool]:
    """What napari's window does of an event: it puts off its picture, where nobody looks."""
    handle = _QtMainWindow.event

    def event(window: Any, event: QEvent) -> bool:
        if event.type() != QEvent.Type.UpdateRequest:
            return bool(handle(window, event))
        now = perf_counter()
        if _reasons and now - _painted.get(window, 0.0) < APART:
            _owed[window] = None
            return True
        _owed.pop(window, None)
        try:
            return bool(handle(window, event))
        finally:
            _painted[window] = perf_counter()

    return event
