"""The screen: what a feature may ask of the window that it is a part of."""

from contextlib import AbstractContextManager

from psygnal import Signal

from napari_dsc.viewer.scan.layer_set import ROLES
from napari_dsc.viewer.scan.mask_watch import MaskWatch
from napari_dsc.viewer.scan.scan import Scan

__all__ = ["Screen"]


class Screen:
    """The scan at hand, a line in which to say something, and what has changed.

    Parameters
    ----------
    masks : MaskWatch
        Follows the masks of the scan at hand.

    Attributes
    ----------
    shown : SignalInstance
        Emits the scan at hand, or None: it is another, or is to be shown anew.
    edited : SignalInstance
        Emits the names of facts and settings of the scan at hand that the user has changed.
    chosen : SignalInstance
        Emits the names of its layers that are others now: "artery", "brain", "maps" and so on.
    changed : SignalInstance
        Emits when something has changed that decides its maps.
    updated : SignalInstance
        Emits when what can be done now may be something else, though the maps are not older.
    said : SignalInstance
        Emits words for the status line.
    """

    shown = Signal(object)
    edited = Signal(frozenset)
    chosen = Signal(frozenset)
    changed = Signal()
    updated = Signal()
    said = Signal(str)

    def __init__(self, masks: MaskWatch) -> None:
        self._scan: Scan | None = None
        self._masks = masks
        masks.looked.connect(self._on_looked)

    @property
    def scan(self) -> Scan | None:
        """The scan at hand."""
        return self._scan

    def show(self, scan: Scan | None) -> None:
        """Take a scan at hand, or show the one at hand anew; None: there is none."""
        self.leave()
        self._scan = scan
        if scan is not None:
            for signal in (scan.facts.edited, scan.layers.changed):
                signal.disconnect()  # from a panel that was closed, and may still be there
            scan.facts.edited.connect(self._on_edited)
            scan.layers.changed.connect(self._on_layers)
        self._masks.follow(scan)
        self.shown.emit(scan)
        self._masks.look()

    def leave(self) -> None:
        """Listen to the scan at hand no longer: the window goes, and the scan may stay."""
        if self._scan is not None:
            self._scan.facts.edited.disconnect(self._on_edited, missing_ok=True)
            self._scan.layers.changed.disconnect(self._on_layers, missing_ok=True)

    def say(self, words: str) -> None:
        """Say something in the status line, until the next change."""
        self.said.emit(words)

    def look(self) -> None:
        """Look at the masks now: one has changed."""
        self._masks.look()

    def held(self) -> AbstractContextManager[None]:
        """Look at no mask while many come: `show` looks, once all are there."""
        return self._masks.held()

    def _on_edited(self, names: frozenset[str]) -> None:
        self.edited.emit(names)
        self.changed.emit()

    def _on_layers(self, names: frozenset[str]) -> None:
        self.chosen.emit(names)
        if names & set(ROLES):
            self._masks.follow(self._scan)
            self._masks.look()

    def _on_looked(self, names: frozenset[str]) -> None:
        (self.changed if names else self.updated).emit()
