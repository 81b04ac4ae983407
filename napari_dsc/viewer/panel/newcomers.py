"""Second scans: opened while another one is, and what becomes of the two."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from napari.layers import Image, Layer
from qtpy.QtWidgets import QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.panel.unsaved import Unsaved
from napari_dsc.viewer.review.side_by_side import SideBySide
from napari_dsc.viewer.scan.scan_layers import scans_of, taken_up
from napari_dsc.viewer.scan.second_scan import ask_where, can_ask
from napari_dsc.viewer.scan.second_window import open_window
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Newcomers", "remove_scans"]


class Newcomers:
    """Asks where a second scan is to be shown: in place of the first, in a window, or beside it.

    Until the user has answered it is hidden, and the first stays at hand. In a script nobody
    answers: the scans are shown side by side, with their names. A scan that was made of the first
    one, its motion corrected, is of the same patient: it takes its place on screen.

    Parameters
    ----------
    viewer : Viewer
        Where scans are opened.
    parent : QWidget
        The panel.
    screen : Screen
        Takes words for the status line.
    unsaved : Unsaved
        Asks before a scan goes.
    beside : SideBySide
        Shows two scans side by side.
    take : callable
        Takes the scan of a layer at hand.
    """

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        screen: Screen,
        unsaved: Unsaved,
        beside: SideBySide,
        take: Callable[[Any], None],
    ) -> None:
        self._viewer, self._panel, self._screen = viewer, parent, screen
        self._unsaved = unsaved
        self._beside, self._take = beside, take
        self._waiting: list[Image] = []
        self._asking = False

    def holds(self, layer: Image) -> bool:
        """Take a scan that was just opened; whether it is held back until the user has answered."""
        if not self._others(layer):
            return False
        if _is_derived(layer):
            return False
        if not can_ask():
            self._beside.expect()
            return False
        layer.visible = False
        self._waiting.append(layer)
        soon(self._panel, self._ask_next)  # napari is still busy with its insertion
        return True

    def _others(self, layer: Image) -> list[Image]:
        """Scans that are open, but for one and for those that wait for an answer."""
        return [one for one in scans_of(self._viewer) if one not in (layer, *self._waiting)]

    def _ask_next(self) -> None:
        self._waiting = [one for one in self._waiting if one in self._viewer.layers]
        if not self._waiting or self._asking:
            return
        layer = self._waiting[0]
        others = self._others(layer)
        if not others:  # it went meanwhile
            self._answer(layer, "beside")
            return
        self._asking = True
        names = " and ".join(one.name for one in others)
        ask_where(self._panel, names, layer.name, lambda answer: self._answer(layer, answer))

    def _answer(self, layer: Image, answer: str) -> None:
        self._asking = False
        if layer in self._viewer.layers:
            if answer == "replace":
                scans = taken_up(self._viewer)
                self._unsaved.ask(scans, lambda: self._replace(layer), lambda: self._refuse(layer))
                return
            if answer == "window":
                self._open_window(layer)
            elif answer == "beside":
                self._let_in(layer, beside=bool(self._others(layer)))
            else:
                self._refuse(layer)
        self._go_on(layer)

    def _go_on(self, layer: Image) -> None:
        """Ask for the next one."""
        if layer in self._waiting:
            self._waiting.remove(layer)
        soon(self._panel, self._ask_next)

    def _let_in(self, layer: Image, *, beside: bool) -> None:
        if beside:
            self._beside.expect()
        layer.visible = True
        self._take(layer)

    def _refuse(self, layer: Image) -> None:
        if layer in self._viewer.layers:
            self._viewer.layers.remove(layer)
        self._go_on(layer)

    def _replace(self, layer: Image) -> None:
        """Remove everything of the scans before: nothing of another patient stays."""
        remove_scans(self._viewer, {layer, *self._waiting})
        if layer in self._viewer.layers:
            self._let_in(layer, beside=False)
        self._go_on(layer)

    def _open_window(self, layer: Image) -> None:
        """Show a scan in a window of its own; where that cannot be it stands beside the first."""
        try:
            open_window(layer)
        except (OSError, DscError) as error:
            self._screen.say(f"No second window could be opened: {error}.")
            self._let_in(layer, beside=True)
            return
        self._viewer.layers.remove(layer)
        self._screen.say(f"{layer.name} opens in a window of its own.")


def remove_scans(viewer: "Viewer", kept: Collection[Layer] = ()) -> None:
    """Remove every scan and all that belongs to one, but for some layers; the user's own stay."""
    layers = viewer.layers
    scans = {one for one in scans_of(viewer) if one not in kept}
    for one in [*layers]:
        if one in layers and one not in kept and (one in scans or _is_ours(one)):
            layers.remove(one)


def _is_derived(layer: Image) -> bool:
    """Whether a scan was made here of another one: the same patient, and the same file."""
    series = layer.metadata.get(KEY, {}).get("series")
    return series is not None and series.moves is not None


def _is_ours(layer: Layer) -> bool:
    return KEY in layer.metadata
