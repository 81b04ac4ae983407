"""A window that the system asks to close."""

import os
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
