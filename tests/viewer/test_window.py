"""A window that the system asks to close."""

import json
import os
import shutil
import signal
import subprocess
import sys
from typing import cast

import pytest
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QMainWindow, QWidget

from napari_dsc.viewer.window import furnish
from tests.viewer.desk import until_idle
from tests.viewer.station import opened_viewer

VIEW = """
import napari
from qtpy.QtCore import QTimer
from napari_dsc.cli import main
run = napari.run
def started():
    QTimer.singleShot(200, lambda: print("ready", flush=True))
    run()
napari.run = started
main(["view"])
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_fault_150_a_window_closes_when_the_program_is_asked_to_end(state_folder):
    """Though Qt, and not Python, waits there; what works for the window is stopped with it."""
    state_folder.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", VIEW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
        assert "Traceback" not in process.stderr.read()


TWO = """
import sys
import napari
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QMessageBox
from napari_dsc.cli import main
run = napari.run
def look():
    boxes = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox)]
    if boxes and boxes[0].isVisible():
        print(boxes[0].text(), flush=True)
        napari.Viewer.close_all()
def started():
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    run()
napari.run = started
main(sys.argv[1:])
"""


def test_of_a_second_scan_that_is_named_it_is_asked_where_to(scan_file, tmp_path, state_folder):
    """As `napari-dsc A B` opens them: both by their names, once the window lives."""
    state_folder.mkdir(exist_ok=True)
    other = tmp_path / "other.nii.gz"
    shutil.copy(scan_file, other)
    shutil.copy(scan_file.with_name("patient.json"), tmp_path / "other.json")
    done = subprocess.run(
        [sys.executable, "-c", TWO, str(scan_file), str(other)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "patient is open. Where shall other be shown?", done.stderr


SCALED = """
import json
import napari
from qtpy.QtCore import QPoint, QRect
from qtpy.QtTest import QTest
from napari_dsc.cli import main
def look():
    from napari_dsc.viewer.reading.start_screen import StartScreen
    viewer = napari.current_viewer()
    panel = next(one for one in viewer.window.dock_widgets.values() if hasattr(one, "workspaces"))
    QTest.qWait(500)
    window = panel.window()
    button = window.findChild(StartScreen).scan.native
    room = window.screen().availableGeometry()
    place = QRect(button.mapTo(window, QPoint(0, 0)), button.size())
    whole = button.visibleRegion().boundingRect().size() == button.size()
    print(json.dumps({
        "fills": [window.width(), window.height()] == [room.width(), room.height()],
        "kind": panel.workspaces.kind,
        "button": whole and window.rect().contains(place),
        "status": not panel.status.visibleRegion().isEmpty(),
        "scale": window.devicePixelRatioF(),
    }))
    viewer.close()
napari.run = look
main(["view"])
"""


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_fault_230_our_own_window_is_as_large_as_its_screen_whatever_the_scale(scale, state_folder):
    """It opens for reading, without a window manager too; a screen of 1600 by 1000 px."""
    state_folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", SCALED],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "QT_SCALE_FACTOR": str(scale)},
    )
    assert done.stdout, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told == {"fills": True, "kind": "reading", "button": True, "status": True} | {
        "scale": scale
    }


class Windows(QObject):
    """Keeps what is shown as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        shown = event is not None and event.type() == QEvent.Type.Show
        part = isinstance(watched, QWidget) and not isinstance(watched, QMainWindow)
        if shown and part and cast(QWidget, watched).isWindow():
            self.shown.append(f"{type(watched).__name__} {cast(QWidget, watched).objectName()}")
        return False


def test_fault_447_no_button_is_a_window_before_it_has_its_place(qapp, state_folder):  # noqa: ARG001
    """Thirty small windows came and went at each start, under a window manager for seconds."""
    windows = Windows()
    with opened_viewer() as viewer:
        qapp.installEventFilter(windows)
        try:
            _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
            furnish(viewer, panel)
            until_idle()
        finally:
            qapp.removeEventFilter(windows)
    assert not windows.shown
