"""The masks of the scan at hand, followed while they are painted: read once for all who ask."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from psygnal import Signal
from qtpy.QtCore import QObject, QTimer

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.layers import vessels_of
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels, Layer

__all__ = ["MaskWatch", "Masks"]

ANOTHER, CURVE_OF_ANOTHER = "another: ", "curve of another: "  # AIF, by the name of its layer


class Masks(NamedTuple):
    """What the labels layers of a scan hold, on the axes of its file; None: no layer."""

    artery: BoolArray | None = None
    brain: BoolArray | None = None
    vein: BoolArray | None = None
    leakage_region: BoolArray | None = None
    leakage_reference: BoolArray | None = None


NO_LAYERS = (None,) * len(Masks._fields)


class MaskWatch:
    """Follows the masks that decide the maps of a scan, and its other AIFs.

    A stroke is read when it ends, and its outline follows it; undo and new data once they pause.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers these are.
    parent : QObject
        With whom it ends.

    Attributes
    ----------
    looked : SignalInstance
        Emits the names of the masks that have changed whenever they were read, also if none has.
    beside : SignalInstance
        Emits when an AIF that is not at hand has changed.
    stroked : SignalInstance
        Emits at every voxel of a stroke that is not over yet.
    layers : tuple of Labels or None
        Those that are followed, in the order of `Masks`.
    masks : Masks
        What they held when they were read last.
    """

    looked = Signal(frozenset)
    beside = Signal()
    stroked = Signal()

    def __init__(self, viewer: "ViewerModel", parent: QObject) -> None:
        self._viewer = viewer
        self._scan: Scan | None = None
        self._followed: list[Labels] = []  # these, and the AIFs that are not at hand
        self.layers: tuple[Labels | None, ...] = NO_LAYERS
        self.masks = Masks()
        self._held = False
        self._pause = QTimer(parent)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.look)

    def follow(self, scan: Scan | None) -> None:
        """Follow the masks that are chosen for a scan from now on."""
        for layer in self._followed:
            layer.events.paint.disconnect(self._painted)
            layer.events.set_data.disconnect(self._edited)
            layer.events.labels_update.disconnect(self._stroke)
            layer.events.data.disconnect(self._edited)
        if scan is not self._scan:
            self._scan, self.masks = scan, Masks()
        there = self._viewer.layers
        own = () if scan is None else (getattr(scan.layers, role) for role in Masks._fields)
        chosen = [one if one in there else None for one in own]
        self.layers = tuple(chosen) or NO_LAYERS
        others = [] if scan is None else vessels_of(self._viewer, scan.layer, "AIF")
        self._followed = list(dict.fromkeys(one for one in (*chosen, *others) if one is not None))
        for layer in self._followed:
            layer.events.paint.connect(self._painted)
            layer.events.set_data.connect(self._edited)  # undo, new data; a slider step too
            layer.events.labels_update.connect(self._stroke)
            layer.events.data.connect(self._edited)  # a hidden layer says no more than this

    def came(self, layer: "Layer") -> None:
        """Follow an AIF that has come beside the one at hand; it is read once napari is done."""
        scan, at_hand = self._scan, self.layers[0]
        if scan is None or at_hand in (None, layer):  # a scan that is opened brings its own
            return
        if layer in vessels_of(self._viewer, scan.layer, "AIF"):
            self.follow(scan)
            self._edited()

    def gone(self, layer: "Layer") -> None:
        """Forget an AIF that was not at hand and was removed: what is drawn of it goes too."""
        scan = self._scan
        if scan is None or layer not in self._followed or layer in self.layers:
            return
        for what in (ANOTHER, CURVE_OF_ANOTHER):
            scan.is_new(f"{what}{layer.name}", None)  # one of its name that comes is drawn
        self.follow(scan)
        self.beside.emit()
        self.look()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Read no mask while many are put in their places: who does so looks when all are there."""
        outer, self._held = self._held, True
        try:
            yield
        finally:
            self._held = outer

    def look(self) -> None:
        """Read the masks at once, and say which have changed."""
        if self._held:
            return
        self._pause.stop()
        scan = self._scan
        if scan is None:
            self.looked.emit(frozenset())
            return
        with scan.steady():
            self.looked.emit(self._read(scan))

    def _edited(self, _event: Any = None) -> None:
        """Look once the edits pause."""
        self._pause.start()

    def _stroke(self, _event: Any = None) -> None:
        self.stroked.emit()

    def _painted(self, _event: Any = None) -> None:
        """Look at the end of a stroke; voxels that are set at once are not there yet."""
        scan = self._scan
        mask = None if scan is None else scan.mask_or_none(self.layers[0], "artery")
        if scan is not None and scan.is_changed("artery", mask):
            self.look()
        else:
            self._edited()

    def _read(self, scan: Scan) -> frozenset[str]:
        roles = zip(self.layers, Masks._fields, strict=True)
        try:
            self.masks = Masks(*(_mask_of(scan, layer, role) for layer, role in roles))
        except DscError:  # of another shape: the panel says so
            self.masks = Masks()
        masks = self.masks._asdict()
        new = {name for name, mask in masks.items() if scan.is_new(name, mask)}
        if scan.is_new("loaded curve", scan.given_samples(self.layers[0])):
            new.add("artery")
        for layer in vessels_of(self._viewer, scan.layer, "AIF"):
            if layer not in self.layers:
                mask, curve = scan.mask_or_none(layer, "artery"), scan.given_samples(layer)
                painted = scan.is_new(f"{ANOTHER}{layer.name}", mask)
                if scan.is_new(f"{CURVE_OF_ANOTHER}{layer.name}", curve) or painted:
                    self.beside.emit()
        return frozenset(new)


def _mask_of(scan: Scan, layer: "Labels | None", role: str) -> BoolArray | None:
    """Mask of a layer; None where one of several labels has to be chosen first."""
    try:
        return scan.mask(layer, role)
    except ChoiceNeededError:  # the panel says so
        return None
