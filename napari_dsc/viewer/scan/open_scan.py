"""Scans that are opened: each is taken up once, and its brain and baseline are proposed."""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal
from qtpy.QtWidgets import QWidget

from napari_dsc.core.pipeline import Proposal, propose
from napari_dsc.core.provenance import Origin
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.core.scan_checks import from_delta_r2_star
from napari_dsc.core.types import BoolArray, Content, Progress, Series
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.background.preload import LIBRARIES
from napari_dsc.viewer.layers import AIF_RED, BRAIN_CYAN, KEY, READ_FOR, series_of, to_screen
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import add_mask, open_scan, scans_of

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image, Layer

__all__ = ["Opening", "look"]

LOOKED = 600  # ms that somebody looks at a new window


class Opening:
    """Takes scans up, one after the other.

    Parameters
    ----------
    viewer : napari.Viewer
        Where they are shown.
    parent : QWidget
        Whose life the search for the brain shares.

    Attributes
    ----------
    changed : SignalInstance
        Emits when a search starts or ends.
    proposed : SignalInstance
        Emits a scan once its brain and baseline have been looked for.
    """

    changed = Signal()
    proposed = Signal(object)

    def __init__(self, viewer: "Viewer", parent: QWidget) -> None:
        self._viewer = viewer
        self._scans: dict[Layer, Scan] = {}
        self._unseen: list[Scan] = []
        self._runner = Runner(parent)
        self._runner.changed.connect(self._look_at_next)
        LIBRARIES.once_painted(parent, LOOKED)

    def scan_of(self, layer: "Image | None") -> Scan | None:
        """Return the scan of a layer that was taken up."""
        return None if layer is None else self._scans.get(layer)

    def expect(self, scan: Scan) -> None:
        """Take up a scan whose layer is added next: its brain and baseline are known already."""
        self._scans[scan.layer] = scan

    def take_up(self, layer: "Image") -> Scan | None:
        """Take up a layer with an AIF to draw on; None if it has gone, or is already.

        Raises
        ------
        DscError
            If the layer is no scan.
        """
        if layer in self._scans or layer not in self._viewer.layers:
            return None
        self._scans[layer] = scan = open_scan(layer)
        if (wanted := layer.metadata.get(KEY, {}).get(READ_FOR)) in READINGS:
            scan.layers.read_for(wanted)
        if not scan.facts.proposed:  # else by a panel that was closed meanwhile
            if scan.layers.artery is None:
                artery = add_mask(self._viewer, scan, "AIF", AIF_RED, role="AIF")
                scan.layers.choose(artery=artery)
                self._viewer.layers.selection.active = artery
            self._unseen.append(scan)
            self._look_at_next()
        return scan

    def refresh(self) -> None:
        """Forget what was removed while nobody listened: the panel was closed."""
        layers = self._viewer.layers
        known = (one.metadata.get(KEY, {}).get("scan") for one in scans_of(self._viewer))
        for scan in (one for one in known if isinstance(one, Scan)):
            for gone in {one for one in scan.layers.all if one not in layers}:
                scan.layers.forget(gone)

    def removed(self, layer: "Layer") -> Scan | None:
        """Forget a layer that was removed; return its scan if it was one."""
        gone = self._scans.pop(layer, None)
        for scan in self._scans.values():
            scan.layers.forget(layer)
        return gone

    def _look_at_next(self) -> None:
        if self._unseen and not self._runner.running:
            self._look(self._unseen.pop(0))
        self.changed.emit()

    def _look(self, scan: Scan) -> None:
        def done(result: Proposal | Failure) -> None:
            if scan.layer not in self._viewer.layers:
                scan.facts.give_up()
                return
            with scan.layers.held():  # shown as one
                if isinstance(result, Failure):
                    scan.facts.fail(result.message)
                else:
                    scan.facts.propose(result)
                    if known is None:
                        self._show_brain(scan, result.brain)
                self.proposed.emit(scan)

        # A choice between boluses leaves the brain as it was painted.
        known = None if scan.facts.bolus is None else scan.mask_or_none(scan.layers.brain)
        known = known if known is not None and known.any() else None
        series = replace(
            scan.facts.series, leave_out=None, end=None
        )  # what is found, whatever is chosen
        inputs = (series, known, scan.facts.bolus)
        self._runner.start("Brain and baseline", look, *inputs, done=done)

    def _show_brain(self, scan: Scan, mask: BoolArray) -> None:
        brain = scan.layers.brain
        if brain is not None and brain in self._viewer.layers:  # of another quantity
            brain.data = to_screen(mask, scan.place).astype(np.uint8)
            scan.chosen(brain, Origin(kind="proposed"))
            return
        brain = add_mask(self._viewer, scan, "Brain", BRAIN_CYAN, mask, role="brain")
        brain.contour = 1
        scan.layers.choose(brain=brain)
        scan.chosen(brain, Origin(kind="proposed"))

    def choose_bolus(self, scan: Scan, bolus: int) -> None:
        """Analyse one of several boluses, counted from 0: its baseline is looked for."""
        scan.facts.choose_bolus(bolus)
        scan.results.compare(None)
        self._unseen.append(scan)
        self._look_at_next()

    def take_as(self, scan: Scan, quantity: Content) -> None:
        """Take what a scan holds as another quantity: brain and baseline are looked for anew.

        Raises
        ------
        DscError
            If its values cannot be that.
        """
        given = series_of(scan.layer)
        scan.facts.take_as(given if quantity == "signal" else from_delta_r2_star(given))
        scan.results.compare(None)
        self._unseen.append(scan)
        self._look_at_next()


def look(
    series: Series, brain: BoolArray | None = None, bolus: int | None = None
) -> Generator[Progress, None, Proposal]:
    """Look for the brain and the baseline of a scan; of a brain that is known, for one bolus."""
    yield Progress("Looking for the brain and the baseline", 0.0)
    return propose(series, brain, bolus)
