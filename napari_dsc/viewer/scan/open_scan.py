"""Scans that are opened: each is taken up once, and its brain and baseline are proposed."""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QWidget

from napari_dsc.core.pipeline import Proposal, propose
from napari_dsc.core.provenance import Origin
from napari_dsc.core.scan_checks import from_delta_r2_star
from napari_dsc.core.types import BoolArray, Content, Progress, Series
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.background.preload import LIBRARIES
from napari_dsc.viewer.layers import AIF_RED, BRAIN_CYAN, KEY, series_of, to_screen
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import add_mask, open_scan, scans_of

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image, Layer

__all__ = ["Opening", "look"]


class Opening:
    """Takes scans up, one after the other.

    Parameters
    ----------
    viewer : napari.Viewer
        Where they are shown.
    parent : QWidget
        Whose life the search for the brain shares.
    changed : callable
        Called when a search starts or ends.
    proposed : callable
        Called with a scan once its brain and baseline have been looked for.
    """

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        changed: Callable[[], None],
        proposed: Callable[[Scan], None],
    ) -> None:
        self._viewer, self._changed, self._proposed = viewer, changed, proposed
        self._scans: dict[Layer, Scan] = {}
        self._unseen: list[Scan] = []
        self._runner = Runner(parent, self._look_at_next)
        LIBRARIES.soon(parent)

    def scan_of(self, layer: "Image | None") -> Scan | None:
        """Return the scan of a layer that was taken up."""
        return None if layer is None else self._scans.get(layer)

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
        if not scan.proposed:  # else by a panel that was closed meanwhile
            if scan.artery is None:
                scan.artery = add_mask(self._viewer, scan, "AIF", AIF_RED, role="AIF")
                self._viewer.layers.selection.active = scan.artery
                scan.artery.mode = "paint"
            self._unseen.append(scan)
            self._look_at_next()
        return scan

    def refresh(self) -> None:
        """Forget what was removed while nobody listened: the panel was closed."""
        layers = self._viewer.layers
        known = (one.metadata.get(KEY, {}).get("scan") for one in scans_of(self._viewer))
        for scan in (one for one in known if isinstance(one, Scan)):
            own = (scan.quality, scan.regions, scan.midline, scan.instead, scan.anatomy)
            more = (*scan.maps.values(), *scan.studies.values(), *scan.brought.values())
            for gone in {one for one in (*own, *more) if one is not None and one not in layers}:
                scan.forget(gone)

    def removed(self, layer: "Layer") -> Scan | None:
        """Forget a layer that was removed; return its scan if it was one."""
        gone = self._scans.pop(layer, None)
        for scan in self._scans.values():
            scan.forget(layer)
        return gone

    def _look_at_next(self) -> None:
        if self._unseen and not self._runner.running:
            self._look(self._unseen.pop(0))
        self._changed()

    def _look(self, scan: Scan) -> None:
        def done(result: Proposal | Failure) -> None:
            scan.proposed = True
            if scan.layer not in self._viewer.layers:
                return
            if isinstance(result, Failure):
                scan.notices, scan.questions = (result.message,), ()
            else:
                scan.notices, scan.questions = result.notices, result.questions
                scan.baseline = scan.proposal = result.baseline
                scan.left_out, scan.boluses = result.left_out, result.boluses
                if known is None:
                    self._show_brain(scan, result.brain)
            self._proposed(scan)

        # A choice between boluses leaves the brain as it was painted.
        known = None if scan.bolus is None else scan.mask_or_none(scan.brain)
        known = known if known is not None and known.any() else None
        inputs = (scan.series, known, scan.bolus)
        self._runner.start("Brain and baseline", look, *inputs, done=done)

    def _show_brain(self, scan: Scan, mask: BoolArray) -> None:
        if scan.brain in self._viewer.layers and scan.brain is not None:  # of another quantity
            scan.brain.data = to_screen(mask, scan.place).astype(np.uint8)
            scan.chosen(scan.brain, Origin(kind="proposed"))
            return
        brain = add_mask(self._viewer, scan, "Brain", BRAIN_CYAN, mask, role="brain")
        scan.brain, brain.contour = brain, 1
        scan.chosen(brain, Origin(kind="proposed"))

    def choose_bolus(self, scan: Scan, bolus: int) -> None:
        """Analyse one of several boluses, counted from 0: its baseline is looked for."""
        scan.bolus, scan.proposed = bolus, False
        scan.edits += 1
        scan.outdated = scan.result is not None
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
        scan.series = given if quantity == "signal" else from_delta_r2_star(given)
        scan.proposed = scan.checked = False
        scan.bolus, scan.left_out = None, None
        scan.edits += 1
        scan.outdated = scan.result is not None
        self._unseen.append(scan)
        self._look_at_next()


def look(
    series: Series, brain: BoolArray | None = None, bolus: int | None = None
) -> Generator[Progress, None, Proposal]:
    """Look for the brain and the baseline of a scan; of a brain that is known, for one bolus."""
    yield Progress("Looking for the brain and the baseline", 0.0)
    return propose(series, brain, bolus)
