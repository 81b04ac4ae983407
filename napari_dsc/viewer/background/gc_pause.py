"""Pause of the garbage collector while somebody waits: a full run takes 0.1 to 0.3 s.

Python looks through every object of the program when enough of them are new, which is so while
layers are made: in the middle of the work that somebody waits for. Young objects are collected
all the same.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from qtpy.QtCore import QCoreApplication, QObject, QTimer

__all__ = ["Keeper", "calm", "collect_soon", "passed_over"]

REMAINS = (0, 2000)  # ms after which the remains of a window are collected
PAUSE = 2000  # ms after the last work for which it stays calm
LONGEST = 120.0  # s after which it is collected all the same
NEVER = 1 << 30


class _Calm(QTimer):
    """Holds full collections back, until it times out.

    Parameters
    ----------
    app : QCoreApplication
        Whose life it shares.
    """

    def __init__(self, app: QCoreApplication) -> None:
        super().__init__(app)
        self._usual, self._since = 0, 0.0
        self.setSingleShot(True)
        self.timeout.connect(self.end)
        app.aboutToQuit.connect(self.end)  # a script goes on without us

    def hold(self) -> None:
        """Hold them back from now on."""
        first, second, third = gc.get_threshold()
        if third != NEVER:
            self._usual, self._since = third, perf_counter()
            gc.set_threshold(first, second, NEVER)
        elif perf_counter() > self._since + LONGEST:
            gc.collect()
            self._since = perf_counter()
        self.start(PAUSE)

    def end(self) -> None:
        """Let Python collect again as it did, unless somebody else has set that meanwhile."""
        first, second, third = gc.get_threshold()
        if third == NEVER:
            gc.set_threshold(first, second, self._usual)


def calm() -> None:
    """Have Python's full garbage collections wait for 2 s from now; each call begins anew.

    Called on the thread of the window; without an application there is nobody who waits.
    """
    app = QCoreApplication.instance()
    if app is None:
        return
    one = app.findChild(_Calm) or _Calm(app)
    one.hold()


class Keeper(QTimer):
    """Keeps it calm from its start to its stop, however long that lasts.

    Parameters
    ----------
    parent : QObject
        Whose life it shares.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.timeout.connect(calm)

    def begin(self) -> None:
        """Hold full collections back until it is stopped, and for a while after that."""
        calm()
        self.start(PAUSE // 2)


def collect_soon() -> None:
    """Collect all that a window has left behind, once the events that wait have been handled.

    Called when it has gone: nobody waits then, and its remains hold much memory. What was still to
    come a moment later, such as a picture that is fitted, held it until then.
    """
    if QCoreApplication.instance() is not None:
        for later in REMAINS:
            QTimer.singleShot(later, gc.collect)


@contextmanager
def passed_over() -> Iterator[None]:
    """Have collections pass over all that there is now: napari asks for a full one by itself.

    What is garbage by now is found by a later one. Where somebody else has set objects aside
    already, that stays so.
    """
    ours = gc.get_freeze_count() == 0
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()
