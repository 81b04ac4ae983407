"""Memory over a long day in the running viewer: `make soak`.

Each kind of work is done many times over, in a process of its own, beside bare napari that does
what of it is napari's own. Printed is how much more memory stays resident, after a warm start and
with everything collected and given back to the system, and what else stays: widgets, threads,
open files, listeners.
"""

import argparse
import ctypes
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QApplication

from benchmarks.speed import machine
from napari_dsc import phantom
from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.layers import to_screen

SHAPE = 64, 64, 12, 60
DRAWN = 7  # of so many slices one is drawn, and another one each time


class Work(NamedTuple):
    """What is done many times over, how often, and how much more may stay."""

    times: int
    bar: float  # MB
    warm: int  # times before the first look
    what: str


WORK = {
    "toggles": Work(200, 60, 20, "grid and one map, in turn"),
    "scans": Work(30, 100, 5, "a scan opened, computed, closed"),
    "panels": Work(30, 30, 5, "the panel opened and closed"),
    "readings": Work(30, 30, 5, "the panel closed while reading"),
    "refreshes": Work(500, 30, 50, "live refreshes"),
    "slices": Work(3000, 20, 300, "steps through the slices"),
}
BARE = ("toggles", "scans", "slices")  # what napari alone can do of it


class Left(NamedTuple):
    """What stays."""

    memory: float  # resident, MB
    widgets: int
    threads: int
    files: int
    listeners: int  # of the viewer's events

    @classmethod
    def now(cls, viewer: Any) -> "Left":
        """Look, with everything collected."""
        for _ in range(3):
            settle()
            gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what is free, and only kept for later use
        return cls(
            memory=_resident(),
            widgets=len(QApplication.allWidgets()),
            threads=threading.active_count(),
            files=len(list(Path("/proc/self/fd").iterdir())),
            listeners=sum(_listeners(of) for of in (viewer, viewer.dims, viewer.scene.camera)),
        )


def settle() -> None:
    """Handle what waits; what is to be deleted later goes when a loop ends, and here none does."""
    QApplication.processEvents()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _resident() -> float:
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("Linux tells how much memory is resident; this is another system")


def _listeners(model: Any) -> int:
    """Those that live: napari drops the others when their event comes next."""
    known = [one for emitter in model.events.emitters.values() for one in emitter.callbacks]
    return sum(not isinstance(one, tuple) or one[0]() is not None for one in known)


class Napari:
    """Napari alone, and what is done in it.

    Parameters
    ----------
    folder : Path
        Where a scan is written.
    """

    def __init__(self, folder: Path) -> None:
        import napari

        self.patient = phantom(SHAPE[:3], SHAPE[3])
        self.file = folder / "scan.nii"
        write_series(self.file, self.patient.series)
        self.viewer: Any = napari.Viewer(show_welcome_screen=False)
        self.viewer.window.resize(1366, 768)

    def live(self, seconds: float = 0.0) -> None:
        """Let the window live, and draw what is to be drawn."""
        end = perf_counter() + seconds
        settle()
        while perf_counter() < end:
            settle()

    def wait(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Let the window live until something holds."""
        end = perf_counter() + seconds
        while not condition():
            settle()
            if perf_counter() > end:
                raise TimeoutError

    def open_scan(self) -> None:
        """Show a scan and seven volumes."""
        signal = np.ascontiguousarray(np.moveaxis(np.asarray(self.patient.series.signal), 3, 0))
        self.viewer.add_image(signal)
        for _ in range(7):
            self.viewer.add_image(signal[0].astype(np.float32))
        self.live(0.1)

    def close_scan(self) -> None:
        """Remove every layer."""
        self.viewer.layers.clear()
        self.live(0.1)

    def scan(self, _number: int) -> None:
        """Open a scan, and close it."""
        self.open_scan()
        self.close_scan()

    def toggle(self, number: int) -> None:
        """Change from the grid to one picture, or back, in the way that leaves least behind."""
        grid = number % 2 == 0
        self.viewer.canvas.grid.enabled = False
        for layer in list(self.viewer.layers)[:-1]:
            layer.visible = grid
        self.viewer.canvas.grid.enabled = grid
        self.live(0.02)

    def step(self, number: int) -> None:
        """Go to another slice; some are drawn, as where the slider passes over many."""
        self.viewer.dims.set_current_step(1, number % SHAPE[2])
        if number % DRAWN == 0:
            self.live()

    def acts(self) -> dict[str, Callable[[int], None]]:
        """What can be done, by its key in `WORK`."""
        return {"toggles": self.toggle, "scans": self.scan, "slices": self.step}

    def do(self, kind: str) -> None:
        """Do a kind of work, and print what stays."""
        work, act = WORK[kind], self.acts()[kind]
        if kind != "scans":
            self.open_scan()
        for number in range(work.warm):
            act(number)
        before = Left.now(self.viewer)
        for number in range(work.times):
            act(number)
        after = Left.now(self.viewer)
        print(*(new - old for old, new in zip(before, after, strict=True)))
        self.viewer.close()


class Program(Napari):
    """The program: napari with the panel."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.panel: Any = None
        self.open_panel()

    def open_panel(self) -> None:
        """Open the panel."""
        window = self.viewer.window
        self.panel = window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")[1]
        self.live(0.2)

    def close_panel(self) -> None:
        """Close the panel, and every dock of ours with it."""
        self.panel = None
        for dock in list(self.viewer.window.dock_widgets.values()):
            self.viewer.window.remove_dock_widget(dock)
        self.live(0.2)

    def reopen(self, _number: int) -> None:
        """Close the panel, and open another."""
        self.close_panel()
        self.open_panel()

    def reopen_reading(self, number: int) -> None:
        """Show the reading workspace, close the panel, and open another."""
        self.panel.workspaces.show("reading")
        self.live(0.2)
        self.reopen(number)

    def open_scan(self) -> None:
        """Open the scan as the File menu does, and compute its maps."""
        panel = self.panel
        self.viewer.open(self.file, plugin="napari-dsc")
        self.wait(lambda: panel.form.brain.value is not None and not panel.busy)
        panel.form.artery.value.data = to_screen(self.patient.artery, panel.scan.place).astype("u1")
        self.wait(lambda: bool(panel.form.compute.enabled))
        panel.form.compute.native.click()
        self.wait(lambda: bool(panel.scan.layers.maps) and not panel.busy)
        self.live(0.2)

    def close_scan(self) -> None:
        """Remove every layer."""
        super().close_scan()
        self.wait(lambda: self.panel.scan is None)

    def toggle(self, number: int) -> None:
        """Change from the grid to one map, or back."""
        self.panel.room.show("single" if number % 2 else "grid")
        self.live(0.02)

    def refresh(self, number: int) -> None:
        """Take a voxel into the AIF, or out of it, and wait for the maps."""
        panel = self.panel
        panel.form.live.value = True
        layer, run = panel.form.artery.value, panel.scan.results.run
        z, y, x = np.argwhere(to_screen(self.patient.artery, panel.scan.place))[0]
        layer.data_setitem((np.array([z]), np.array([y]), np.array([x])), number % 2)
        self.wait(lambda: panel.scan.results.run is not run and not panel.busy)

    def acts(self) -> dict[str, Callable[[int], None]]:
        """What can be done, by its key in `WORK`."""
        own = {"panels": self.reopen, "readings": self.reopen_reading, "refreshes": self.refresh}
        return {**super().acts(), **own}


def main() -> int:
    """Print a line for each kind of work; return 1 if a bar is missed or anything else stays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default="all", choices=[*WORK, "all"])
    parser.add_argument("--once", action="store_true", help="in this process, and only the figures")
    parser.add_argument("--bare", action="store_true", help="napari alone")
    chosen = parser.parse_args()
    if chosen.once:
        return _once(chosen.kinds[0], bare=chosen.bare)
    print(machine())
    held = True
    for kind in WORK if "all" in chosen.kinds else chosen.kinds:
        work = WORK[kind]
        own = _measured(kind)
        beside = _measured(kind, "--bare").memory if kind in BARE else None
        flat = max(own.widgets, own.threads, own.files, own.listeners) <= 0
        held &= own.memory <= work.bar and flat
        print(
            f"{work.times:>5} × {work.what:<32} {own.memory:+6.1f} MB (≤ {work.bar:g}),"
            f" bare napari {'–' if beside is None else f'{beside:+.1f} MB'};"
            f" widgets {own.widgets:+d}, threads {own.threads:+d}, files {own.files:+d},"
            f" listeners {own.listeners:+d}",
            flush=True,
        )
    return int(not held)


def _measured(kind: str, *words: str) -> Left:
    """Do it in a process of its own, in which nothing was chosen or painted before."""
    command = [sys.executable, "-m", "benchmarks.soak", kind, "--once", *words]
    with TemporaryDirectory() as state:
        settings = {"XDG_STATE_HOME": state, "NAPARI_CONFIG": "", "NAPARI_DSC_TOUR": "off"}
        environment = {**os.environ, **settings}
        run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    memory, *counts = run.stdout.split()[-len(Left._fields) :]
    return Left(float(memory), *map(int, counts))


def _once(kind: str, *, bare: bool) -> int:
    """Do it within a running event loop, where a user's gestures come from too."""
    from napari.qt import get_qapp

    app, done = get_qapp(), [False]

    def start() -> None:
        try:
            with TemporaryDirectory() as folder:
                (Napari if bare else Program)(Path(folder)).do(kind)
            done[0] = True
        finally:
            app.quit()

    QTimer.singleShot(0, start)
    app.exec()
    return int(not done[0])


if __name__ == "__main__":
    sys.exit(main())
