"""From a view, a slice or a Compute that is asked for to its picture on screen: `make views`.

Each figure stands beside bare napari doing the like in the same run: six images of the same shape
in its grid, with their names and colour bars. Milliseconds from the gesture to the first picture
drawn with what was asked for, as the clock on the wall has it and as processor time of the whole
process, which other work on the machine does not lengthen. Medians; each part in a process of its
own, because a first time is the first of a process. Needs a screen: `./scripts/on-a-screen`.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication, QWidget

from benchmarks.speed import machine

SHAPES = {"S": (64, 64, 8, 60), "M": (128, 128, 20, 45), "L": (256, 256, 40, 25)}
SIZE = 1366, 768  # px of the window
TIMES, STARTS = 9, 5
BARS = {"switch": 300.0, "step": 150.0, "first": 1500.0}  # ms
START = 1.3  # of bare napari
SIX = "CBV", "CBF", "MTT", "TTP", "Tmax", "Delay"


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of one thing, by the clock and of the processor."""

    wall: float
    cpu: float

    @classmethod
    def median_of(cls, several: "list[Took]") -> "Took":
        """Median of each."""
        return cls(median(one.wall for one in several), median(one.cpu for one in several))

    def __str__(self) -> str:
        return f"{self.wall:6.0f} ({self.cpu:6.0f} CPU)"


class Painted(QObject):
    """Counts the pictures of a widget, or those while something holds."""

    def __init__(self, widget: QWidget, when: Callable[[], bool] = lambda: True) -> None:
        super().__init__()
        self.count, self._when = 0, when
        widget.installEventFilter(self)

    def eventFilter(self, _watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Count a picture that is about to be painted; it is, before events are all handled."""
        self.count += event.type() == QEvent.Type.Paint and self._when()
        return False


def took(act: Callable[[], object], painted: Painted) -> Took:
    """Time from an act to the first picture after it."""
    wall, cpu = perf_counter(), process_time()
    act()
    before = painted.count
    QApplication.processEvents()
    while painted.count == before:
        if perf_counter() - wall > 30:
            raise TimeoutError("no picture came")
        QApplication.processEvents()
    return Took(1e3 * (perf_counter() - wall), 1e3 * (process_time() - cpu))


def live(seconds: float) -> None:
    """Let the window live for a while."""
    end = perf_counter() + seconds
    while perf_counter() < end:
        QApplication.processEvents()
        sleep(0.002)


def wait(condition: Callable[[], bool], seconds: float = 240.0) -> None:
    """Let the window live until something holds."""
    end = perf_counter() + seconds
    while not condition():
        if perf_counter() > end:
            raise TimeoutError
        live(0.005)


def canvas_of(viewer: Any) -> QWidget:
    """The widget that draws the pictures."""
    window = viewer.window._qt_window
    inside: list[QWidget] = window.findChildren(QWidget)
    return next(one for one in inside if type(one).__name__ == "CanvasBackendDesktop")


def resident() -> float:
    """Memory of this process, MB."""
    with open("/proc/self/status", encoding="utf-8") as file:
        kilobytes = next(line.split()[1] for line in file if line.startswith("VmRSS"))
    return int(kilobytes) / 1024


# -- ours ----------------------------------------------------------------------------------------


def opened(size: str) -> tuple[Any, Any]:
    """A window with the digital patient, its artery drawn, and nothing computed."""
    import napari

    from napari_dsc import phantom
    from napari_dsc.viewer.contributions import scan_layer
    from napari_dsc.viewer.layers import to_screen

    shape = SHAPES[size]
    patient = phantom(shape[:3], shape[3])
    viewer = napari.Viewer(show_welcome_screen=False)
    viewer.window.resize(*SIZE)
    _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    live(0.3)
    data, options, _ = scan_layer(patient.series, size)
    viewer.add_image(data, **options)
    wait(lambda: panel.form.brain.value is not None and not panel.busy)
    place = panel.scan.place
    panel.form.artery.value.data = to_screen(patient.artery, place).astype("uint8")
    wait(lambda: panel.form.compute.enabled and not panel.busy)
    return viewer, panel


def first_of_ours(size: str) -> dict[str, Any]:
    """From Compute to the first picture with maps, and the part of it that computes."""
    viewer, panel = opened(size)
    painted = Painted(canvas_of(viewer), lambda: bool(panel.scan.layers.maps))
    live(LOOK)
    wall, cpu = perf_counter(), process_time()
    panel.form.compute.native.click()
    wait(lambda: bool(panel.scan.layers.maps))
    computed = Took(1e3 * (perf_counter() - wall), 1e3 * (process_time() - cpu))
    wait(lambda: painted.count > 0)  # it may have been drawn by then
    took_all = Took(1e3 * (perf_counter() - wall), 1e3 * (process_time() - cpu))
    return {"shown": took_all, "layers": computed}


LOOK = 3.0  # s that a user looks at the scan before Compute


def views_of_ours(size: str) -> dict[str, Any]:
    """Every view, every step of a slice, in turn."""
    viewer, panel = opened(size)
    canvas = Painted(canvas_of(viewer))
    panel.form.compute.native.click()
    wait(lambda: bool(panel.scan.layers.maps) and not panel.busy)
    live(1.0)
    room = panel.room
    box = Painted(room.slices.lightbox)
    made: dict[str, list[Took]] = {}
    depth = SHAPES[size][2]

    def step(name: str, painted: Painted) -> None:
        for z in spread(depth):
            live(0.15)
            made.setdefault(name, []).append(
                took(partial(viewer.dims.set_current_step, 1, z), painted)
            )

    for view in ("single", "overlay", "slices", "rows", "grid"):  # each once, before it counts
        room.show(view)
        live(0.5)
    for _ in range(TIMES):
        for view in ("single", "grid", "overlay", "slices", "rows", "grid"):
            live(0.3)
            painted = box if view in ("slices", "rows") else canvas
            made.setdefault(f"to {view}", []).append(took(partial(room.show, view), painted))
    live(0.5)
    step("slice in the grid", canvas)
    room.show("slices")
    live(0.5)
    step("slice in the lightbox", box)
    layer = panel.scan.layers.maps["Tmax"]
    for top in np.linspace(8, 20, TIMES):
        live(0.15)

        def window(top: float = float(top)) -> None:
            layer.contrast_limits = 0, top

        made.setdefault("window in the lightbox", []).append(took(window, box))
    return {name: Took.median_of(several) for name, several in made.items()}


def lightbox_of_ours(size: str) -> dict[str, Any]:
    """Pages, slices and windows of a large scan, and what memory they take."""
    viewer, panel = opened(size)
    panel.form.compute.native.click()
    wait(lambda: bool(panel.scan.layers.maps) and not panel.busy)
    live(1.0)
    room, before = panel.room, resident()
    lightbox = room.slices.lightbox
    box = Painted(lightbox)
    made: dict[str, list[Took]] = {"all slices": [took(lambda: room.show("slices"), box)]}
    for number in range(TIMES):
        live(0.2)
        turn = 1 if lightbox.page == 0 else -1
        made.setdefault("page", []).append(took(partial(lightbox.turn_page, turn), box))
        live(0.2)
        z = int(lightbox.slices[number % len(lightbox.slices)])
        made.setdefault("slice", []).append(took(partial(viewer.dims.set_current_step, 1, z), box))
    pages = lightbox.pages
    return {
        **{name: Took.median_of(several) for name, several in made.items()},
        "memory": resident() - before,
        "pages": pages,
    }


# -- bare napari ---------------------------------------------------------------------------------


def bare_images(size: str) -> Iterator[tuple[str, np.ndarray]]:
    """Six images of the shape of maps."""
    shape = SHAPES[size][2::-1]
    random = np.random.default_rng(0)
    for name in SIX:
        yield name, random.random(shape, dtype=np.float32)


def bare_viewer() -> Any:
    """A window of bare napari, with an image of four axes in it."""
    import napari

    viewer = napari.Viewer(show_welcome_screen=False)
    viewer.window.resize(*SIZE)
    live(0.3)
    return viewer


def add_bare(viewer: Any, size: str) -> None:
    """Show six images in the grid, with names and bars."""
    viewer.canvas.grid.enabled = False
    for name, data in bare_images(size):
        layer = viewer.add_image(data, name=name, colormap="turbo", contrast_limits=(0, 1))
        layer.colorbar.visible = layer.name_overlay.visible = True
    viewer.canvas.grid.shape = 2, 3
    viewer.canvas.grid.enabled = True


def first_of_bare(size: str) -> dict[str, Any]:
    """Six images added to a window that has stood for a while."""
    viewer = bare_viewer()
    scan = np.zeros((SHAPES[size][3], *SHAPES[size][2::-1]), np.float32)
    scan_layer = viewer.add_image(scan, contrast_limits=(0, 1))
    live(1.0)
    painted = Painted(canvas_of(viewer))

    def add() -> None:
        scan_layer.visible = False
        add_bare(viewer, size)

    return {"shown": took(add, painted)}


def views_of_bare(size: str) -> dict[str, Any]:
    """The grid and one image in turn; steps of a slice in the grid and of one image."""
    viewer = bare_viewer()
    add_bare(viewer, size)
    live(0.5)
    painted = Painted(canvas_of(viewer))
    layers = list(viewer.layers)

    def one() -> None:
        viewer.canvas.grid.enabled = False
        for layer in layers[:-1]:
            layer.visible = False
        viewer.fit_to_view()

    def all_of_them() -> None:
        for layer in layers[:-1]:
            layer.visible = True
        viewer.canvas.grid.enabled = True
        viewer.fit_to_view()

    made: dict[str, list[Took]] = {}
    for act in (one, all_of_them):
        act()
        live(0.3)
    for _ in range(TIMES):
        for name, act in (("to single", one), ("to grid", all_of_them)):
            live(0.3)
            made.setdefault(name, []).append(took(act, painted))
    for name, act in (("slice in the grid", all_of_them), ("slice of one", one)):
        act()
        live(0.5)
        for z in spread(SHAPES[size][2]):
            live(0.15)
            made.setdefault(name, []).append(
                took(partial(viewer.dims.set_current_step, 0, z), painted)
            )
    return {name: Took.median_of(several) for name, several in made.items()}


def spread(depth: int) -> list[int]:
    """Slices, of which no two that follow one another are the same."""
    return [int((3 + 7 * number) % depth) for number in range(TIMES + 1)]


# -- start ---------------------------------------------------------------------------------------

BEGIN = """
import time
begin = time.perf_counter()
from napari.qt import get_qapp
from qtpy.QtWidgets import QWidget
app = get_qapp()
{make}
canvas = next(
    one for one in viewer.window._qt_window.findChildren(QWidget)
    if type(one).__name__ == "CanvasBackendDesktop"
)
drawn = []
canvas.frameSwapped.connect(lambda: drawn.append(1))
canvas.update()
while not drawn:
    app.processEvents()
app.processEvents()
print(time.perf_counter() - begin, time.process_time(), flush=True)
import os
os._exit(0)  # how a window that was never closed ends is not measured; at times it crashes
"""
MAKES = {
    "bare": "import napari; viewer = napari.Viewer(); viewer.window.resize(1366, 768)",
    "ours": 'import napari; viewer = napari.Viewer(title="napari-dsc"); '
    "viewer.window.resize(1366, 768); "
    'viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")',
}


def start(which: str, compiled: str) -> Took:
    """A process from its first import to the first picture of its window.

    Modules are compiled once, as they are for whoever has installed them, into a folder, in which
    the state of the program lies too.
    """
    words = [sys.executable, "-c", BEGIN.format(make=MAKES[which])]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = compiled
    env["XDG_STATE_HOME"] = compiled  # nothing was chosen or opened before
    run = subprocess.run(words, check=True, capture_output=True, text=True, env=env)
    wall, cpu = (float(one) for one in run.stdout.split()[-2:])
    return Took(1e3 * wall, 1e3 * cpu)


# -- table ---------------------------------------------------------------------------------------

PARTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "first-ours": first_of_ours,
    "first-bare": first_of_bare,
    "views-ours": views_of_ours,
    "views-bare": views_of_bare,
    "lightbox-ours": lightbox_of_ours,
}


def child(part: str, size: str) -> dict[str, Any]:
    """Measure a part in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.views", "--part", part, "--size", size]
    run = subprocess.run(words, check=False, capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    found = json.loads(run.stdout.splitlines()[-1])
    return {name: Took(*one) if isinstance(one, list) else one for name, one in found.items()}


def line(what: str, ours: Took, bare: Took | None, bar: float | None) -> bool:
    """Print one figure; return whether it holds its bar."""
    beside = "" if bare is None else f"  bare {bare}  ratio {ours.cpu / max(bare.cpu, 1e-9):4.1f}"
    wanted = "" if bar is None else f"  (≤ {bar:.0f})"
    print(f"{what:<34}{ours}{wanted}{beside}", flush=True)
    return bar is None or ours.wall <= bar


def main() -> int:
    """Print the table; return 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default="start,first,views,lightbox", help="with commas")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--size", choices=SHAPES, default="M", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part:
        found = PARTS[chosen.part](chosen.size)
        plain = {n: [t.wall, t.cpu] if isinstance(t, Took) else t for n, t in found.items()}
        print(json.dumps(plain), flush=True)
        os._exit(0)  # its window is open, and nobody waits for it to close
    print(f"{machine()}; ms by the clock (and of the processor)")
    measured = {"start": starts, "first": first_maps, "views": view_times, "lightbox": lightbox}
    wanted = chosen.parts.split(",")
    held = [measure() for part, measure in measured.items() if part in wanted]
    return int(not all(held))


def starts() -> bool:
    """Time from the command to a usable window, beside bare napari's."""
    several_of: dict[str, list[Took]] = {"bare": [], "ours": []}
    with TemporaryDirectory() as compiled:
        for which in several_of:
            start(which, compiled)
        for _ in range(STARTS):  # in turn: a machine that drifts drifts for both
            for which, several in several_of.items():
                several.append(start(which, compiled))
    ours, bare = Took.median_of(several_of["ours"]), Took.median_of(several_of["bare"])
    line("start to a usable window", ours, bare, None)
    ratio = median(
        a.cpu / b.cpu for a, b in zip(several_of["ours"], several_of["bare"], strict=True)
    )
    print(f"{'':<34}{ratio:.2f} × bare napari (≤ {START})")
    return ratio <= START


def first_maps() -> bool:
    """Time from Compute to the first maps on screen."""
    runs = [(child("first-ours", "S"), child("first-bare", "S")) for _ in range(3)]
    ours = Took.median_of([one["shown"] for one, _ in runs])
    layers = Took.median_of([one["layers"] for one, _ in runs])
    bare = Took.median_of([one["shown"] for _, one in runs])
    held = line("Compute to maps on screen, 64×64×8", ours, bare, BARS["first"])
    line("  of it until the layers stand", layers, None, None)
    return held


def view_times() -> bool:
    """Time of a step and of a change of view, beside bare napari's."""
    views, theirs = child("views-ours", "M"), child("views-bare", "M")
    held = True
    for name, one in views.items():
        like = "slice of one" if "lightbox" in name else "to grid"
        known = theirs.get(name) or theirs[like]
        held &= line(name, one, known, BARS["switch" if name.startswith("to ") else "step"])
    return held


def lightbox() -> bool:
    """Time and memory of all slices of a large scan."""
    large = child("lightbox-ours", "L")
    print(f"256×256×40: {large['pages']} pages, {large['memory']:.0f} MB more")
    held = True
    for name in ("all slices", "page", "slice"):
        held &= line(f"  {name}", large[name], None, BARS["switch" if name != "slice" else "step"])
    return held


if __name__ == "__main__":
    sys.exit(main())
