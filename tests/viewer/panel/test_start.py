"""What a window with the panel loads and makes before its first picture: counted, not timed."""

import json
import subprocess
import sys

import pytest

# Counts at the first picture, and once the window has had time: a process of its own, as all
# others have loaded everything by now.
START = """
import json, sys
from napari.qt import get_qapp
from qtpy.QtWidgets import QWidget
app = get_qapp()
import napari
viewer = napari.Viewer(title="napari-dsc")
before = set(sys.modules)
_, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
canvas = next(
    one for one in viewer.window._qt_window.findChildren(QWidget)
    if type(one).__name__ == "CanvasBackendDesktop"
)
drawn = []
canvas.frameSwapped.connect(lambda: drawn.append(1))
canvas.update()
while not drawn:
    app.processEvents()
first = sorted(set(sys.modules) - before)
made = panel.curves.is_made
while not panel.curves.is_made:
    app.processEvents()
print(json.dumps({"modules": first, "made": made, "later": "pyqtgraph" in sys.modules}), flush=True)
import os
os._exit(0)  # how a window that was never closed ends is no matter here
"""
OURS = 385  # modules of the program: a folder that joins them has to be worth its place
LATER = {  # what no first picture shows
    "IPython",
    "dask.array",
    "highdicom",
    "jinja2",
    "matplotlib",
    "napari_dsc.analysis",
    "napari_dsc.core.phantom",
    "napari_dsc.installation",
    "napari_dsc.report",
    "nibabel",
    "pandas",
    "pydicom",
    "pyqtgraph",
    "reportlab",
    "scipy.ndimage",
    "scipy.optimize",
    "scipy.signal",
}


@pytest.fixture(scope="module")
def start(qapp):  # noqa: ARG001 (where there is no screen, this brings one)
    """What a start has loaded and made."""
    words = [sys.executable, "-c", START]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=240)
    return json.loads(done.stdout.splitlines()[-1])


def test_fault_410_the_first_picture_waits_for_no_module_that_it_does_not_show(start):
    """Pages, plots, files, reports and the digital patient come when they are asked for."""
    assert sorted(LATER & set(start["modules"])) == []
    ours = [one for one in start["modules"] if one.split(".")[0] == "napari_dsc"]
    assert len(ours) <= OURS, f"{len(ours)} modules of ours"


def test_fault_410_plots_are_made_once_the_window_has_been_drawn(start):
    """By themselves, while nobody waits."""
    assert not start["made"]
    assert start["later"]
