"""How much of the screen is picture, and how much is brain: `make pixels`.

Opens the program as `napari-dsc SCAN` does, on screens of 1366 by 768 and 1920 by 1080 px, without
a window manager and with one where a small one is installed, and goes to the six maps by the two
buttons that a user presses. Counts the pixels of the canvas, and those onto which the brain mask
falls through the camera of each tile, as shares of the whole screen. Exit code 1 below a bar.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from napari_dsc import phantom
from napari_dsc.io.nifti import write_series

CANVAS = {(1366, 768): 0.70, (1920, 1080): 0.75}  # of the screen, at least
BRAIN = 0.20  # likewise
MANAGERS = ("openbox", "twm", "fluxbox", "icewm", "matchbox-window-manager")
PATIENCE = 180.0  # s
HELD = "scan.nii.gz"


def main() -> int:
    """Measure on every screen; return 1 if a bar was missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the screens")
    given = parser.parse_args()
    if given.measure is not None:
        measure(given.measure, given.pictures)
        return 0
    if shutil.which("Xvfb") is None:
        sys.exit("make pixels needs Xvfb, for screens of a known size.")
    managers = [None, *[one for one in MANAGERS if shutil.which(one)][:1]]
    if len(managers) == 1:
        print(f"No window manager is installed ({', '.join(MANAGERS)}): measured without one.")
    print(f"{'screen':>11} {'manager':>9} {'window':>11} {'canvas':>8} {'bar':>5} {'brain':>8} bar")
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        scan = Path(folder) / HELD
        write_series(scan, phantom(anatomy="realistic", lesion="stroke").series)
        for size, least in CANVAS.items():
            for manager in managers:
                told = run(size, manager, scan, given.pictures)
                canvas, brain = told["canvas"], told["brain"]
                low = canvas < least or brain < BRAIN
                missed |= low
                print(
                    f"{size[0]:>6}x{size[1]:<4} {manager or 'none':>9} "
                    f"{told['window'][0]:>6}x{told['window'][1]:<4} "
                    f"{canvas:>7.1%} {least:>5.0%} {brain:>7.1%} {BRAIN:.0%}"
                    f"{'  MISSED' if low else ''}"
                )
    return int(missed)


def run(
    size: tuple[int, int], manager: str | None, scan: Path, pictures: Path | None
) -> dict[str, Any]:
    """Measure on a screen of one size, in a process of its own."""
    with screen(size) as display:
        settings = {"DISPLAY": display, "NAPARI_DSC_TOUR": "off", "NAPARI_CONFIG": ""}
        with tempfile.TemporaryDirectory() as state:
            environment = {**os.environ, **settings, "XDG_STATE_HOME": state}
            environment.pop("WAYLAND_DISPLAY", None)
            keeping = None
            if manager is not None:
                keeping = subprocess.Popen([manager], env=environment, stderr=subprocess.DEVNULL)
                sleep(1.0)
            command = [sys.executable, "-m", "benchmarks.pixels", "--measure", str(scan)]
            if pictures is not None:
                command += ["--pictures", str(pictures)]
            done = subprocess.run(
                command, env=environment, stdout=subprocess.PIPE, text=True, check=True
            )
            if keeping is not None:
                keeping.terminate()
                keeping.wait()
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


@contextmanager
def screen(size: tuple[int, int]) -> Iterator[str]:
    """A screen of a size, px; its name."""
    reads, writes = os.pipe()
    program = shutil.which("Xvfb") or "Xvfb"
    server = subprocess.Popen(
        [
            program,
            "-displayfd",
            str(writes),
            "-screen",
            "0",
            f"{size[0]}x{size[1]}x24",
        ],
        pass_fds=[writes],
        stderr=subprocess.DEVNULL,
    )
    os.close(writes)
    with os.fdopen(reads) as told:
        number = told.readline().strip()
    try:
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def measure(scan: Path, pictures: Path | None) -> None:
    """Open the program, go to the six maps, and print what is seen as JSON."""
    import napari

    from napari_dsc.viewer.window import show

    def used() -> None:
        viewer = napari.current_viewer()
        panel = next(
            one for one in viewer.window.dock_widgets.values() if hasattr(one, "workspaces")
        )
        to_the_maps(panel)
        print(json.dumps(shares(viewer, panel, pictures)))
        viewer.close()

    napari.run = used
    show(scan)


def wait(condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Let the window live until something holds."""
    from qtpy.QtWidgets import QApplication

    end = perf_counter() + seconds
    while not condition():
        QApplication.processEvents()
        sleep(0.005)
        if perf_counter() > end:
            raise TimeoutError


def rest(seconds: float) -> None:
    """Let the window live for a while."""
    start = perf_counter()
    wait(lambda: perf_counter() > start + seconds)


def to_the_maps(panel: Any) -> None:
    """Propose an AIF and compute: the two actions that there are."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    form = panel.form
    wait(lambda: form.propose.enabled and not panel.busy)
    QTest.mouseClick(form.propose.native, Qt.MouseButton.LeftButton)
    wait(lambda: form.compute.enabled and not panel.busy)
    QTest.mouseClick(form.compute.native, Qt.MouseButton.LeftButton)
    wait(lambda: panel.scan.results.run is not None and not panel.busy)
    rest(2.0)


def shares(viewer: Any, panel: Any, pictures: Path | None) -> dict[str, Any]:
    """Shares of the screen, and the size of the window in px."""
    from qtpy.QtWidgets import QApplication, QWidget

    window = panel.window()
    canvas = next(
        one for one in window.findChildren(QWidget) if type(one).__name__ == "CanvasBackendDesktop"
    )
    whole = window.screen().geometry()
    pixels = whole.width() * whole.height()
    seen = canvas.visibleRegion().boundingRect()
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        shot: Any = cast("Any", QApplication.primaryScreen()).grabWindow(0)
        shot.save(str(pictures / f"{whole.width()}x{whole.height()}.png"))
    return {
        "window": [window.width(), window.height()],
        "canvas": seen.width() * seen.height() / pixels,
        "brain": brain_pixels(viewer, panel, (canvas.width(), canvas.height())) / pixels,
    }


def brain_pixels(viewer: Any, panel: Any, canvas: tuple[int, int]) -> float:
    """Pixels onto which the brain of the slice on screen falls, over all tiles that show a map."""
    grid, layers = viewer.canvas.grid, viewer.layers
    scan = panel.scan
    z = scan.slice_at(viewer.dims.point, viewer.dims.units)
    mask = scan.layers.brain
    found = np.argwhere(np.asarray(mask.data)[z] > 0)
    rows, columns = grid.actual_shape(layers) if grid.enabled else (1, 1)
    cell = np.array([canvas[1] / rows, canvas[0] / columns])
    camera = viewer.scene.camera
    corners = [np.column_stack([np.full(len(found), z), found + step]) for step in (-0.5, 0.5)]
    ends = [places(mask, one) - camera.center[-2:] for one in corners]
    low, high = (cell / 2 + camera.zoom * end for end in ends)
    first, last = np.clip(np.minimum(low, high), 0, cell), np.clip(np.maximum(low, high), 0, cell)
    one_tile = float(np.prod(last - first, axis=1).sum())
    maps = [one for one in scan.layers.maps.values() if one in layers and one.visible]
    return one_tile * len(maps)


def places(layer: Any, voxels: NDArray[Any]) -> NDArray[np.float64]:
    """Where voxels (z, y, x) of a layer lie in the picture: the last two axes of the world."""
    return np.array([layer.data_to_world(tuple(one))[-2:] for one in voxels])


if __name__ == "__main__":
    sys.exit(main())
