"""The program as a user starts it, in a process of its own."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

MAIN = "from napari_dsc.cli import main; main()"


def pixels(path):
    """Picture as (rows, columns, rgb)."""
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def run(*words, timeout=120, env=None):
    """Run a command line, on the tests' screen unless told otherwise."""
    return subprocess.run(
        [sys.executable, "-c", MAIN, *map(str, words)],
        capture_output=True, text=True, timeout=timeout, check=False, env=env,
    )  # fmt: skip


def test_the_demo_saves_a_picture_with_maps_and_exits(tmp_path):
    """`napari-dsc demo --screenshot` is what `make run` and the README's picture are."""
    path = tmp_path / "demo.png"
    done = run("demo", "--screenshot", path)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    picture = pixels(path).astype(int)
    assert picture.shape[0] > 600
    assert picture.shape[1] > 1000
    middle = picture[: picture.shape[0] * 2 // 3, 350:-400]
    colourful = (middle.max(axis=2) - middle.min(axis=2)) > 80
    assert colourful.mean() > 0.1  # the maps


def test_a_file_opens_in_the_viewer(scan_on_disk, tmp_path):
    """`napari-dsc FILE`, by its longer name, with a picture."""
    path = tmp_path / "scan.png"
    done = run("view", scan_on_disk, "--screenshot", path)
    assert done.returncode == 0, done.stderr
    assert path.is_file()


@pytest.fixture(scope="module")
def scan_on_disk(patient, tmp_path_factory):
    """The digital patient as a user has it."""
    from napari_dsc.io.nifti import write_series

    path = tmp_path_factory.mktemp("disk") / "scan.nii.gz"
    write_series(path, patient.series)
    return path


def test_fault_27_closing_the_window_in_the_middle_of_a_run_exits_cleanly():
    """Code 0, soon, and no thread that was destroyed at work."""
    code = """
import time
import napari
from qtpy.QtCore import QTimer
from napari_dsc import phantom
from napari_dsc.viewer.layers import placement, scan_layer_options, to_screen
patient = phantom(shape=(160, 160, 12))
viewer = napari.Viewer()
_, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
place = placement(patient.series.affine)
viewer.add_image(to_screen(patient.series.signal, place), **scan_layer_options(patient.series, "s"))
def draw():
    if panel.form.brain.value is None:
        return QTimer.singleShot(50, draw)
    panel.form.artery.value.data = to_screen(patient.artery, place).astype("uint8")
    QTimer.singleShot(300, press)
def press():
    assert panel.form.compute.enabled
    panel.form.compute.native.click()
    assert panel.form.cancel.enabled
    print(time.time(), flush=True)
    viewer.close()
QTimer.singleShot(50, draw)
napari.run()
print(time.time(), flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "destroyed" not in done.stderr
    assert "Traceback" not in done.stderr
    pressed, closed = map(float, done.stdout.split())
    assert closed - pressed < 15  # it takes under a second; this only tells a hang


def test_without_a_screen_it_says_so():
    """One line and exit code 2, where Qt would abort."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    blind = {name: value for name, value in os.environ.items() if name not in screens}
    done = run("demo", env=blind)
    assert done.returncode == 2
    assert done.stderr.startswith("napari-dsc: a window needs a screen")
    assert done.stderr.count("\n") == 1


def test_without_a_qt_binding_it_says_so(tmp_path):
    """One line that names the command which mends it."""
    hide = (
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name[:2] in ('Py',) else find(name, *rest)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", hide + "import sys; sys.argv = ['napari-dsc', 'demo']\n" + MAIN],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "napari-dsc[all]" in done.stderr
    assert done.stderr.count("\n") == 1
