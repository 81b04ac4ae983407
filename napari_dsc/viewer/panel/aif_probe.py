"""The probe: the voxel under the cursor stands for the AIF, for the slice on screen."""

from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal
from qtpy.QtWidgets import QWidget

from napari_dsc.core.pipeline import Analysis, Preview, Settings, Slice, stages
from napari_dsc.core.slice_timing import moved
from napari_dsc.core.types import Aif, BoolArray, Progress
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.compute.run import Computing
from napari_dsc.viewer.compute.slice_preview import Previews, slice_on_screen
from napari_dsc.viewer.panel.form_reader import Reading
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from magicgui.widgets import CheckBox
    from napari import Viewer

__all__ = ["KEY", "Probe"]

KEY = "Q"  # held while the probe is wanted: no key of napari's
WAIT = "Probe: a run is under way."
MOVED = "Probe: move the mouse on this slice."
FIRST = "Probe: press Compute once, so that there are maps to look at."
OUTSIDE = "Probe: move over a vessel of the brain."
NO_CURVE = "Probe: this voxel has no whole curve."

Voxel = tuple[int, int, int]


class Probe:
    """While it is on, shows what each voxel under the cursor would do as the AIF.

    Only the slice on screen is computed; switched off, everything is as before.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose layers are shown.
    parent : QWidget
        Whose life its runs share.
    screen : Screen
        Says what changes: it switches the probe off.
    switch : CheckBox
        Whether it is on.
    reading : Reading
        How the maps would be computed now.
    computing : Computing
        A run of its and the probe would write into the same maps: the probe waits.

    Attributes
    ----------
    said : SignalInstance
        Emits words on what is shown; empty when it ends.
    """

    said = Signal(str)

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        screen: Screen,
        switch: "CheckBox",
        reading: Reading,
        computing: Computing,
    ) -> None:
        self._viewer, self._reading, self._computing = viewer, reading, computing
        self.switch = switch
        self._runner = Runner(parent)
        self._previews: Previews | None = None
        self._wanted: tuple[Scan, Voxel] | None = None
        self._over = False  # whether the cursor is over a voxel that can be an AIF
        self.on = False
        switch.changed.connect(self._on_switch)
        screen.shown.connect(self._switch_off)
        screen.changed.connect(self._switch_off)

    def _on_switch(self, on: bool) -> None:
        if on:
            self.start()
        else:
            self.stop()

    def _switch_off(self) -> None:
        self.switch.value = False

    def start(self) -> None:
        """Follow the cursor from now on."""
        self.on = True
        self.said.emit(OUTSIDE)

    def stop(self) -> None:
        """Leave everything as it was before."""
        if not self.on:
            return
        self.on = self._over = False
        self._runner.cancel()
        self._take_back()
        self.said.emit("")

    def moved(self) -> None:
        """Another slice is on screen: the one before is as it was."""
        if self.on:
            self._over = False
            self._take_back()
            self.said.emit(MOVED)

    def _take_back(self) -> None:
        self._wanted = None
        if self._previews is not None:
            self._previews.take_back()
            self._previews = None

    def at(self, scan: Scan, voxel: Voxel | None) -> None:
        """Take a voxel (z, y, x) of the screen as the AIF; None: the cursor is beside the scan."""
        if not self.on:
            return
        self._over = False
        if self._computing.running:
            self.said.emit(WAIT)
        elif scan.results.run is None:
            self.said.emit(FIRST)
        elif voxel is None or not scan.results.run[1].brain[scan.file_index(voxel)]:
            self._take_back()
            self.said.emit(OUTSIDE)
        else:
            self._over = True
            self._wanted = scan, voxel
            self._next()

    def _next(self) -> None:
        """Compute what is wanted last, once the one before is done."""
        if self._wanted is None or self._runner.running:
            return
        (scan, voxel), self._wanted = self._wanted, None
        where = slice_on_screen(self._viewer, scan)
        if scan.results.run is None or where is None:
            return
        analysis, settings = scan.results.run[1], self._reading.settings(scan)
        start = settings.baseline[0] if settings.baseline else 0
        curve = scan.curve_at(voxel)[start:].astype(np.float64)
        offset = analysis.prepared.offset_of(scan.file_index(voxel))
        if offset and settings.slice_timing:
            curve = moved(curve[None], np.array([offset]), analysis.time)[0]
        if not np.isfinite(curve).all():
            self.said.emit(NO_CURVE)
            return
        aif = Aif(curve=curve, voxels=np.zeros_like(analysis.brain))

        def done(result: Preview | Failure | None) -> None:
            if self._over and isinstance(result, Preview):
                self._show(scan, voxel, result)
            elif self._over and isinstance(result, Failure):
                self.said.emit(f"Probe: {result.message}")
            self._next()

        self._runner.start(
            "Probe",
            _one_slice,
            scan,
            analysis,
            aif,
            settings,
            where,
            self._reading.scaling(),
            done=done,
            cancelled=self._next,
            quiet=True,
        )

    def _show(self, scan: Scan, voxel: Voxel, preview: Preview) -> None:
        if self._previews is None or self._previews.scan is not scan:
            self._previews = Previews(self._viewer, scan)
        self._previews.show(preview)
        at = ", ".join(map(str, scan.file_index(voxel)))
        self.said.emit(f"Probe: this slice with voxel ({at}) alone as the AIF.")


def _one_slice(
    scan: Scan,
    analysis: Analysis,
    aif: Aif,
    settings: Settings,
    where: Slice,
    vein: BoolArray | None,
) -> Generator[Progress, None, Preview | None]:
    """Compute one slice, and nothing after it."""
    known, brain = analysis.prepared, analysis.brain
    work = stages(scan.facts.settled, aif, brain, settings, known=known, first=where, vein=vein)
    try:
        for step in work:
            if isinstance(step, Preview):
                return step
            yield step
    finally:
        work.close()
    return None
