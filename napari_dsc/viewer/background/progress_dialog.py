"""Progress dialog of work that napari waits for, done on a thread while the window lives."""

from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from qtpy.QtCore import QCoreApplication, QEventLoop, Qt, QThread, QTimer
from qtpy.QtWidgets import QApplication, QProgressDialog

from napari_dsc.core.progress import finished
from napari_dsc.core.types import Progress
from napari_dsc.viewer.background.gc_pause import Keeper, calm

__all__ = ["awaited"]

T = TypeVar("T")

PATIENCE = 400  # ms until the dialog shows itself: what is faster needs none
LOOK = 20  # ms between two looks at the work


class _Steps:
    """Runs a generator on a thread; tells how far it is, and can be asked to stop."""

    def __init__(self, work: Callable[[], Generator[Progress, None, T]]) -> None:
        self._work, self._stop = work, Event()
        self.last = Progress("", 0.0)

    def stop(self) -> None:
        """Have it end at its next step."""
        self._stop.set()

    def run(self) -> object:
        """Run to the end; None if it was stopped."""
        steps = self._work()
        try:
            while not self._stop.is_set():
                try:
                    self.last = next(steps)
                except StopIteration as end:
                    return end.value
        finally:
            steps.close()
        return None


def awaited(title: str, work: Callable[[], Generator[Progress, None, T]]) -> T | None:
    """Do some work and return what it returns; None if the user has stopped it.

    On the thread of the window a dialog shows how far it is, and keeps the user from everything
    else; the window goes on living. Anywhere else it is simply done.

    Parameters
    ----------
    title : str
        What it does, for the dialog.
    work : callable
        Makes a generator of `Progress`; runs on another thread.

    Raises
    ------
    Exception
        Whatever the work raises.
    """
    app = QCoreApplication.instance()
    if not isinstance(app, QApplication) or QThread.currentThread() is not app.thread():
        return finished(work())
    steps = _Steps(work)
    dialog = QProgressDialog(title, "Cancel", 0, 100, app.activeWindow())
    dialog.setWindowTitle("napari-dsc")
    dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
    dialog.setMinimumDuration(PATIENCE)
    dialog.canceled.connect(steps.stop)
    loop, timer, still = QEventLoop(), QTimer(), Keeper(dialog)
    still.begin()
    with ThreadPoolExecutor(1) as pool:
        future: Future[object] = pool.submit(steps.run)

        def look() -> None:
            if future.done():
                loop.quit()
            elif not dialog.wasCanceled():
                dialog.setLabelText(f"{title}\n{steps.last.stage}")
                dialog.setValue(min(99, round(100 * steps.last.fraction)))  # 100 would hide it

        timer.timeout.connect(look)
        timer.start(LOOK)
        loop.exec()
        timer.stop()
        still.stop()
    calm()  # layers may follow
    dialog.canceled.disconnect(steps.stop)
    dialog.close()
    dialog.deleteLater()
    return future.result()  # type: ignore[return-value]
