"""What napari and nibabel load with their first layer and file: loaded before a scan waits."""

from collections.abc import Callable
from importlib import import_module
from threading import Lock

import numpy as np
from qtpy.QtCore import QObject

from napari_dsc.viewer.runner import soon

__all__ = ["load", "load_soon"]

PAUSE = 20  # ms between two steps, for the window

_lock = Lock()  # two threads at once would find each other's modules half made


def _first_layers() -> None:
    """Make a layer of each kind: napari builds its units and its colours with the first."""
    from napari.layers import Image, Labels

    Image(np.zeros((1, 1)), units=("mm", "mm"))
    Labels(np.zeros((1, 1), np.uint8))


_left: list[Callable[[], object]] = [
    lambda: import_module("pandas"),
    lambda: import_module("scipy.ndimage"),
    lambda: import_module("scipy.interpolate"),
    lambda: import_module("nibabel"),
    _first_layers,
]


def load() -> None:
    """Load what is not loaded yet."""
    with _lock:
        while _left:
            _left.pop(0)()


def load_soon(parent: QObject) -> None:
    """Load it step by step when the window has nothing to do: it is silent for 0.1 s each.

    Parameters
    ----------
    parent : QObject
        For whom; what is left when it goes is loaded with the first scan.
    """

    def step() -> None:
        if not _lock.acquire(blocking=False):  # a scan is being read, and loads the rest
            return
        try:
            if _left:
                _left.pop(0)()
        finally:
            _lock.release()
        if _left:
            soon(parent, step, PAUSE)

    if _left:
        soon(parent, step, PAUSE)
