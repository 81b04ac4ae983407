"""Leading sentence of the maps, on the bar above the pictures and in the corner of Tmax."""

from functools import partial
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

from psygnal import Signal
from qtpy.QtWidgets import QWidget

from napari_dsc.core.plausibility import AIF_IN_DOUBT, artery_in_doubt
from napari_dsc.core.quantities import CBV, RELATIVE, TMAX
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.maps.corner_words import write_corner
from napari_dsc.viewer.maps.view_modes import Views
from napari_dsc.viewer.regions.late_summary import (
    Inputs,
    LateSummary,
    inputs_of,
    keep_summary,
    known_summary,
    measuring,
)
from napari_dsc.viewer.review.lead_bar import LeadBar

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan
    from napari_dsc.viewer.screen import Screen

__all__ = ["Leading"]

NO_RCBV = "rCBV: no region of normal white matter yet."


class Leading:
    """Says of the scan at hand what its maps tell, as it is read.

    It is measured on a worker thread: the window does not wait for it.

    Parameters
    ----------
    parent : QWidget
        With whom it ends.
    screen : Screen
        Says which scan is at hand.
    views : Views
        Says which maps are on screen.
    bar : LeadBar
        Where it is said.

    Attributes
    ----------
    measured : SignalInstance
        Emits once late tissue of a scan has been measured.
    """

    measured = Signal()

    def __init__(self, parent: QWidget, screen: "Screen", views: Views, bar: LeadBar) -> None:
        self._screen, self._views, self.bar = screen, views, bar
        self._runner = Runner(parent)
        self._failed: Inputs | None = None  # of which nothing could be measured
        self._told: ReferenceType[Scan] | None = None  # of which the bar speaks

    @property
    def running(self) -> bool:
        """Whether something is being measured."""
        return self._runner.running

    def refresh(self) -> None:
        """Say what is true now; what is still to be measured is said once it is."""
        scan = self._screen.scan
        if scan is None or not self._has_maps(scan):
            self.bar.show_words("")
            return
        tmax = scan.layers.maps.get(TMAX.symbol)
        summary = None if tmax is None else known_summary(scan)
        if tmax is not None and summary is None and self._measure(scan):
            if self._told is None or self._told() is not scan:
                self.bar.show_words("")
            return  # else it says what was true before, for a moment
        self._told = ref(scan)
        run = scan.results.run
        doubt = run is not None and artery_in_doubt(run[1].findings)
        corner = "" if summary is None else summary.corner + f"\n{AIF_IN_DOUBT}" * doubt
        if tmax is not None and write_corner(tmax, corner):
            self._views.label()
        older = scan.results.outdated
        if scan.layers.reading.steps:
            words = "" if summary is None else summary.headline + f", {AIF_IN_DOUBT}" * doubt
            holds = summary is not None and not summary.volumes.tmax_by
            self.bar.show_words(words, late=bool(words) and holds, older=older)
        else:
            words, missing = _relative(scan)
            if scan.results.tumour is not None and not missing:
                words = f"{scan.results.tumour.headline}."
            self.bar.show_words(words, relative=missing, older=older)

    def _has_maps(self, scan: "Scan") -> bool:
        return bool(self._views.pictures(scan).keys() & scan.layers.maps.keys())

    def _measure(self, scan: "Scan") -> bool:
        """Begin to measure, unless that is of no use; return whether it will be known."""
        inputs = inputs_of(scan)
        if inputs is None or (self._failed is not None and self._failed.same_as(inputs)):
            return False
        if not self._runner.running:
            done = partial(self._on_measured, scan, inputs)
            self._runner.start("Late tissue", measuring, inputs, done=done, quiet=True)
        return True

    def _on_measured(self, scan: "Scan", inputs: Inputs, result: LateSummary | Failure) -> None:
        if isinstance(result, Failure):  # computed without deconvolution
            self._failed = inputs
        else:
            keep_summary(scan, inputs, result)
            self.measured.emit()
        self.refresh()


def _relative(scan: "Scan") -> tuple[str, bool]:
    """What blood volume is relative to, and whether that is still to be said."""
    label, layer = scan.results.reference, scan.layers.regions
    if RELATIVE[CBV.symbol].symbol not in scan.layers.maps or label is None or layer is None:
        return NO_RCBV, True
    name = layer.metadata[KEY]["names"].get(label, f"region {label}")
    return f"rCBV and rCBF: over their means in {name}.", False
