"""Preloading of what a window does not show at first, once it has been drawn.

What napari and nibabel import with their first layer and file takes a second; plots and pages are
made in a few steps.
"""

from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from threading import Lock
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget

from napari_dsc.viewer.background.job_runner import soon

__all__ = ["LIBRARIES", "Loading"]

PAUSE = 20  # ms between two steps, for the window


class Loading:
    """Steps of which each is done once, now or when there is time.

    Parameters
    ----------
    steps : iterable of callable
        In order; two never run at once, or they would find each other's modules half made.
    """

    def __init__(self, steps: Iterable[Callable[[], object]]) -> None:
        self._left, self._lock = list(steps), Lock()

    def now(self) -> None:
        """Do what is not done yet; from any thread."""
        with self._lock:
            while self._left:
                self._left.pop(0)()

    def soon(self, parent: QObject) -> None:
        """Do a step whenever the window has nothing else to do: it is silent for 0.1 s each.

        Parameters
        ----------
        parent : QObject
            For whom; what is left when it goes is done by the next one, or `now`.
        """
        if self._left:
            soon(parent, lambda: self._one(parent), PAUSE)

    def once_painted(self, parent: QWidget, after: int = 0) -> None:
        """Do a step whenever the window has nothing else to do, once it has been drawn.

        Parameters
        ----------
        parent : QWidget
            For whom: a part of the window that is seen at once.
        after : int
            How long the first waits then, ms.
        """
        if self._left:
            _FirstPicture(parent, lambda: soon(parent, lambda: self.soon(parent), after))

    def _one(self, parent: QObject) -> None:
        if not self._lock.acquire(blocking=False):  # a scan is being read, and does the rest
            return
        try:
            if self._left:
                self._left.pop(0)()
        finally:
            self._lock.release()
        self.soon(parent)


class _FirstPicture(QObject):
    """Waits for the first picture of a widget, and acts as it comes."""

    def __init__(self, widget: QWidget, act: Callable[[], None]) -> None:
        super().__init__(widget)
        self._act = act
        widget.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Hear that the widget is painted."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self.deleteLater()
            self._act()
        return False


def _first_layers() -> None:
    """Make a layer of each kind: napari builds its units and its colours with the first."""
    from napari.layers import Image, Labels

    Image(np.zeros((1, 1)), units=("mm", "mm"))
    Labels(np.zeros((1, 1), np.uint8))


LIBRARIES = Loading(
    [
        *(
            partial(import_module, name)
            for name in ("pandas", "scipy.ndimage", "scipy.interpolate", "nibabel")
        ),
        _first_layers,
    ]
)
