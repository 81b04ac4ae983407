"""An anatomy under the maps: brought onto the scan by the affines, and registered on request."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtCore import QObject

from napari_dsc.anatomy import Alignment, bringing, register
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import BoolArray, FloatArray, Progress
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.layers import (
    KEY,
    placement,
    staying_active,
    to_file,
    to_screen,
    volume_options,
)
from napari_dsc.viewer.maps.view_modes import UNDERLAY, Views
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.screen import Screen

__all__ = ["Aligning"]

NO_PLACE = "An anatomy can be laid under a scan that says where its voxels lie: this one does not."
BY_AFFINES = "{} lies under the maps as its file says. Align … registers it."
RANGE = (1.0, 99.0)  # percent that its window shows

Brought = tuple[FloatArray, FloatArray, Alignment | None]


class Aligning:
    """Makes a layer of an anatomy on the slices of the scan, on a worker thread.

    Parameters
    ----------
    viewer : Viewer
        Where it is shown.
    parent : QObject
        Whose life the work shares.
    screen : Screen
        Says which scan is at hand.
    views : Views
        Lays it under the maps.

    Attributes
    ----------
    changed : SignalInstance
        Emits when an anatomy is on its way, and when that has ended.
    laid : SignalInstance
        Emits when the maps lie over another anatomy, or will not.
    """

    laid = Signal()

    def __init__(self, viewer: "Viewer", parent: QObject, screen: "Screen", views: Views) -> None:
        self._viewer, self._screen, self._views = viewer, screen, views
        self._runner = Runner(parent)
        self._runner.progressed.connect(self._on_step)
        self.changed = self._runner.changed

    @property
    def running(self) -> bool:
        """Whether an anatomy is being brought."""
        return self._runner.running

    def cancel(self) -> None:
        """Stop it."""
        self._runner.cancel()

    def _on_step(self, step: Progress) -> None:
        self._screen.say(f"{step.stage} … {step.fraction:.0%}")

    def choose(self, scan: Scan, anatomy: Image | None) -> None:
        """Lay maps over an anatomy, brought onto the scan by the affines; None: the baseline."""
        known = None if anatomy is None else scan.layers.brought.get(anatomy)
        if anatomy is None or (known is not None and known in self._viewer.layers):
            self._views.choose(scan, known)
        else:
            self._bring(scan, anatomy, registered=False)

    def register(self, scan: Scan, anatomy: Image) -> None:
        """Search how the anatomy lies to the scan, and lay it so under the maps."""
        self._bring(scan, anatomy, registered=True)

    def _bring(self, scan: Scan, anatomy: Image, *, registered: bool) -> None:
        affine = anatomy.metadata[KEY]["affine"]
        ras = scan.ras
        if ras is None or affine is None:
            self._screen.say(NO_PLACE)
            self.laid.emit()
            return
        volume = to_file(np.asarray(anatomy.data), placement(affine))
        fixed = self._views.baseline_of(scan) if registered else None
        brain = scan.mask_or_none(scan.layers.brain)

        def done(result: Brought | Failure) -> None:
            if isinstance(result, Failure):
                self._screen.say(result.message)
                self.laid.emit()
            elif scan.layer in self._viewer.layers and anatomy in self._viewer.layers:
                values, placed, found = result
                if found is not None:
                    scan.layers.align(anatomy, found)
                self._show(scan, anatomy, values, placed)
                words = "" if found is None else " ".join(found.notices)
                self._screen.say(words or BY_AFFINES.format(anatomy.name))

        inputs = (volume, affine, scan.shape, ras, fixed, brain)
        if not self._runner.start(
            "Anatomy", _brought, *inputs, done=done, cancelled=self.laid.emit
        ):
            self._screen.say("An anatomy is on its way: wait for it, or press Cancel.")

    def _show(self, scan: Scan, anatomy: Image, values: FloatArray, placed: FloatArray) -> None:
        place = placement(placed)
        data = np.ascontiguousarray(to_screen(values, place))
        known = scan.layers.brought.get(anatomy)
        if known is not None and known in self._viewer.layers:
            known.data = data
            self._lay(scan, known)
            return
        low, high = np.nanpercentile(values, RANGE)
        layer = Image(
            data,
            name=f"{anatomy.name}, on the scan",
            colormap="gray",
            contrast_limits=(float(low), float(max(high, low + 1e-6))),
            blending="translucent",
            visible=False,
            metadata={KEY: {"role": UNDERLAY, "affine": placed}},
            **volume_options(place),
        )
        with staying_active(self._viewer):
            self._viewer.layers.insert(self._viewer.layers.index(scan.layer) + 1, layer)
            anatomy.visible = False
        scan.layers.bring(anatomy, layer)
        self._lay(scan, layer)

    def _lay(self, scan: Scan, layer: Image) -> None:
        """Lay it under the maps: on screen if its scan is at hand, else when that is again."""
        if scan is self._screen.scan:
            self._views.choose(scan, layer)
            self._views.show(scan, "overlay")
        else:
            scan.layers.lay_over(layer)
        self.laid.emit()


def _brought(
    volume: NDArray[Any],
    affine: FloatArray,
    shape: tuple[int, ...],
    scan_affine: FloatArray,
    fixed: FloatArray | None,
    brain: BoolArray | None,
) -> Generator[Progress, None, Brought]:
    """Register an anatomy if the scan's image is given, and resample it onto the scan."""
    yield Progress("Reading the anatomy", 0.0)
    found, start = None, 0.0
    if fixed is not None:
        work = register(fixed, scan_affine, volume, affine, brain=brain)
        found, start = (yield from part_of_whole(work, 0.0, 0.7)), 0.7
    rigid = None if found is None else found.rigid
    again = bringing(volume, affine, shape, scan_affine, rigid=rigid)
    values, placed = yield from part_of_whole(again, start, 1.0)
    return values, placed, found
