"""A window that the system asks to close."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

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
