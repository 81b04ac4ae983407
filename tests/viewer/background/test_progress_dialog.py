"""Work that napari waits for: the window lives meanwhile, and Cancel stops it."""

from threading import current_thread, main_thread
from time import sleep

import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QProgressDialog, QPushButton

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress
from napari_dsc.viewer.background.progress_dialog import awaited


def slow(seen, is_over=lambda: False, steps=10_000):
    """Take some time, in steps of 5 ms; tell on which thread, and how it ended."""
    try:
        seen.append(current_thread())
        for step in range(steps):
            if is_over():
                break
            yield Progress("Working hard", step / steps)
            sleep(0.005)
        seen.append("done")
        return "result"
    finally:
        seen.append("closed")


@pytest.mark.usefixtures("qtbot")
def test_the_window_lives_while_it_waits():
    """Events are handled all the time, and the work is on another thread: it waits for them."""
    ticks: list[int] = []
    seen: list[object] = []
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start()
    assert awaited("Work", lambda: slow(seen, lambda: len(ticks) > 20)) == "result"
    timer.stop()
    assert seen[0] is not main_thread()
    assert seen[1:] == ["done", "closed"]
    assert len(ticks) > 20


def test_cancel_stops_it(qtbot):
    """The dialog shows what is done, and its button ends it."""
    said: list[str] = []
    seen: list[object] = []

    def press():
        dialogs = [
            one
            for one in QApplication.topLevelWidgets()
            if isinstance(one, QProgressDialog) and one.isVisible()
        ]
        if not dialogs:
            QTimer.singleShot(20, press)
            return
        (dialog,) = dialogs
        said.append(dialog.labelText())
        qtbot.mouseClick(dialog.findChild(QPushButton), Qt.MouseButton.LeftButton)

    QTimer.singleShot(20, press)
    assert awaited("Opening a scan", lambda: slow(seen)) is None
    assert "Opening a scan" in said[0]
    assert "Working hard" in said[0]
    assert seen[1:] == ["closed"]


@pytest.mark.usefixtures("qtbot")
def test_what_goes_wrong_is_told():
    def wrong():
        yield Progress("", 0.0)
        raise DscError("the scan must be whole.")

    with pytest.raises(DscError, match="whole"):
        awaited("Work", wrong)


@pytest.mark.usefixtures("qtbot")
def test_fast_work_shows_no_dialog():
    """A flash of a window tells nobody anything."""
    before = [one for one in QApplication.topLevelWidgets() if one.isVisible()]
    shown: list[object] = []
    timer = QTimer()
    timer.setInterval(1)
    timer.timeout.connect(
        lambda: shown.extend(
            one for one in QApplication.topLevelWidgets() if one.isVisible() and one not in before
        )
    )
    timer.start()
    assert awaited("Work", lambda: slow([], steps=10)) == "result"
    timer.stop()
    assert not shown
