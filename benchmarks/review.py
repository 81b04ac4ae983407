"""Review of a cohort on the screen, the next scan and a redrawn AIF: `make review`.

A small cohort of one digital patient is computed; then each scan is gone to by its button, and an
AIF is redrawn and saved, as a reader would. Of each step the time of the clock and of the processor
is given, and beside them, measured in the same run, the bare computation of the same maps and an
empty redraw of the window: on a busy machine their ratios tell more than the times.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np

from benchmarks.speed import machine
from napari_dsc import phantom
from napari_dsc.cohort.one_scan import Job, run_scan
from napari_dsc.cohort.places import prepare_folder
from napari_dsc.cohort.scans import find_scans
from napari_dsc.core.pipeline import stages
from napari_dsc.core.progress import finished
from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.layers import to_screen

NEXT, SAVED = 1.0, 5.0  # s: the next scan on screen; a redrawn AIF saved
PATIENCE = 300.0  # s
WINDOW = 1366, 768  # px


def made(root: Path, shape: tuple[int, int, int], volumes: int, count: int) -> Path:
    """A data set of one patient under several names, computed; its results."""
    series = phantom(shape, volumes).series
    for number in range(1, count + 1):
        place = root / f"sub-{number:02}" / "perf"
        place.mkdir(parents=True)
        write_series(place / f"sub-{number:02}_dsc.nii.gz", series)
    described = {"Name": "benchmark", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(described))
    out = root / "derivatives" / "napari-dsc"
    prepare_folder(out, root, bids=True)
    for scan in find_scans(root):
        told = run_scan(Job(scan=scan, out=out, values={}))
        if told["state"] != "done":
            sys.exit(f"{scan.label}: {told['reason']}")
    return out


class Bench:
    """The program's own window with the review of a cohort."""

    viewer: Any
    panel: Any
    review: Any

    def __init__(self, out: Path) -> None:
        import napari
        from qtpy.QtWidgets import QApplication

        from napari_dsc.viewer.cohort.review import Review
        from napari_dsc.viewer.window import furnish

        self._events = QApplication.processEvents
        self.viewer = napari.Viewer(show_welcome_screen=False)
        _, self.panel = self.viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
        furnish(self.viewer, self.panel)
        self.panel.window().resize(*WINDOW)
        self.panel.doors.open_cohort(out)
        docked = self.viewer.window.dock_widgets.values()
        self.review = next(one for one in docked if isinstance(one, Review))
        self.wait(lambda: self.review.settled)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Let the window live until something holds."""
        end = perf_counter() + PATIENCE
        while not condition():
            self._events()
            if perf_counter() > end:
                sys.exit(f"gave up: {self.review.status.text()}")

    def settle(self) -> None:
        """Wait until the next scan was read ahead, as while a reader looks."""
        following = self.review.session.after(self.review.look.scan.label)
        if following:
            self.wait(lambda: self.review.session.is_ahead(following))
        self.wait(lambda: not self.panel.busy)
        end = perf_counter() + 0.5
        self.wait(lambda: perf_counter() > end)

    def timed(self, act: Callable[[], Any], until: Callable[[], bool]) -> tuple[float, float]:
        """Time of the clock and of the processor, s, until something holds and is painted."""
        clock, processor = perf_counter(), process_time()
        act()
        self.wait(until)
        self.redraw()
        return perf_counter() - clock, process_time() - processor

    def redraw(self) -> None:
        """Paint the window once."""
        self.panel.window().repaint()
        self._events()

    def next_scan(self) -> tuple[float, float]:
        """Go to the next scan by its button."""
        self.settle()
        following = self.review.session.after(self.review.look.scan.label)
        return self.timed(
            self.review.next.native.click,
            lambda: self.review.settled and self.review.look.scan.label == following,
        )

    def redrawn(self) -> tuple[tuple[float, float], float]:
        """Redraw the AIF and save it; and the bare computation of the same maps, s."""
        self.settle()
        look, scan = self.review.look, self.panel.scan
        voxels = np.array(look.source.analysis.aif.voxels)
        voxels[tuple(np.argwhere(voxels)[0])] = False
        self.review.redraw.native.click()
        layer, shown = self.panel.form.artery.value, to_screen(voxels, scan.place)
        known = look.source.analysis.prepared
        start = perf_counter()
        record = look.results.replay
        finished(stages(known.series, voxels, record.brain, record.settings, known=known))
        bare = perf_counter() - start

        def draw() -> None:
            layer.data = shown.astype(np.uint8)
            self.wait(lambda: scan.results.unsaved and not self.panel.busy)
            self.review.save.native.click()

        told = self.review.status
        return self.timed(draw, lambda: "redrawn by a reviewer" in told.text()), bare


def main() -> None:
    """Measure, and say what is beyond its bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", default="128x128x20", help="voxels of a volume")
    parser.add_argument("--volumes", type=int, default=60)
    parser.add_argument("--scans", type=int, default=4)
    parser.add_argument("--strict", action="store_true", help="end with 1 beyond a bar")
    chosen = parser.parse_args()
    x, y, z = map(int, chosen.shape.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        out = made(Path(folder) / "bids", (x, y, z), chosen.volumes, chosen.scans)
        bench = Bench(out)
        nexts = [bench.next_scan() for _ in range(chosen.scans - 1)]
        start = perf_counter()
        for _ in range(5):
            bench.redraw()
        empty = (perf_counter() - start) / 5
        (clock, processor), bare = bench.redrawn()
        bench.viewer.close()
    print(f"{machine()}; {chosen.shape}, {chosen.volumes} volumes")
    shown, worked = (median(one[at] for one in nexts) for at in (0, 1))
    print(f"next scan on screen: {shown:.2f} s (bar {NEXT:g}), of the processor {worked:.2f} s;")
    print(f"  an empty redraw of the window: {1000 * empty:.0f} ms, ratio {shown / empty:.1f}")
    print(f"redrawn AIF, saved: {clock:.2f} s (bar {SAVED:g}), of the processor {processor:.2f} s;")
    print(f"  the bare maps of it: {bare:.2f} s, ratio {clock / bare:.1f}")
    if chosen.strict and (shown > NEXT or clock > SAVED):
        sys.exit(1)


if __name__ == "__main__":
    main()
