"""Automatic AIF and maps of a scan that is opened, where the user has ticked that."""

from typing import TYPE_CHECKING

from psygnal import Signal
from qtpy.QtCore import QObject

from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.reading.choices import choice, choose
from napari_dsc.viewer.reading.steps import ARTERY
from napari_dsc.viewer.scan.mask_watch import MaskWatch
from napari_dsc.viewer.scan.open_scan import Opening
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari_dsc.viewer.panel.features import Features

__all__ = ["Automatic"]


class Automatic(QObject):
    """Proposes the AIF of a scan that is opened and computes its maps, while that is ticked.

    Such an AIF is one that nobody has looked at, until somebody has: opened step 2 or the voxels,
    clicked one, or changed one.

    Parameters
    ----------
    parent : QObject
        The panel.
    features : Features
        What proposes and computes.
    opening : Opening
        Says when brain and baseline of a scan are known.
    masks : MaskWatch
        Says when a voxel of the AIF was changed.

    Attributes
    ----------
    looked : SignalInstance
        Emits when somebody has looked at the AIF of the scan at hand.
    """

    looked = Signal()

    def __init__(
        self, parent: QObject, features: "Features", opening: Opening, masks: MaskWatch
    ) -> None:
        super().__init__(parent)
        self._features = features
        self._proposing: Scan | None = None
        tick = features.form.automatic
        tick.value = choice("automatic", False)
        tick.changed.connect(lambda on: choose("automatic", bool(on)))
        opening.proposed.connect(self._on_opened)
        features.vessels.changed.connect(self._on_vessels)
        masks.looked.connect(self._on_painted)
        table = features.vessels.table
        table.picked.connect(lambda _voxel: self.look())
        table.ticked.connect(lambda _voxel, _use: self.look())
        for button in (features.form.compare, features.room.verdict.voxels):
            button.changed.connect(self.look)
        features.workspaces.rail.chosen.connect(self._on_step)

    def _on_opened(self, scan: Scan) -> None:
        """A scan's brain and baseline are known: go on, if nothing of it is to be entered first."""
        facts = scan.facts
        asked = facts.undecided or facts.doubts or facts.settled.time is None
        if self._features.form.automatic.value and not asked:
            soon(self, lambda: self._propose(scan))  # the scan is still being shown

    def _propose(self, scan: Scan) -> None:
        features = self._features
        busy = features.vessels.running or features.computing.running
        if scan is features.screen.scan and not busy and scan.results.run is None:
            self._proposing = scan
            features.propose(vein=False)
            if not features.vessels.running:
                self._proposing = None

    def _on_vessels(self) -> None:
        """The search has ended: compute with what it has found."""
        features, scan = self._features, self._proposing
        if features.vessels.running or scan is None:
            return
        self._proposing = None
        artery = scan.layers.artery
        origin = scan.origin_of(artery)
        if scan is not features.screen.scan or origin is None or origin.kind != "proposed":
            return  # nothing was found that stands
        scan.layers.see(artery, seen=False)
        features.compute()

    def _on_painted(self, names: frozenset[str]) -> None:
        if "artery" in names and self._proposing is None:
            self.look()

    def _on_step(self, key: str) -> None:
        if key == ARTERY:
            self.look()

    def look(self) -> None:
        """Take notice that somebody has looked at the AIF at hand."""
        scan = self._features.screen.scan
        if scan is None or scan is self._proposing or scan.layers.artery is None:
            return
        origin = scan.layers.origins.get(scan.layers.artery)
        if origin is not None and origin[0].unseen:
            scan.layers.see(scan.layers.artery, seen=True)
        if scan.results.see():
            self.looked.emit()
