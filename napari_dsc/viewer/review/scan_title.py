"""Name of the scan at hand: in the title of the window, and on the first picture."""

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from napari.components.overlays import TextOverlay
from qtpy.QtWidgets import QWidget

from napari_dsc.viewer.background.job_runner import soon

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.scan.scan import Scan
    from napari_dsc.viewer.screen import Screen

__all__ = ["OVERLAY", "ScanTitle"]

OVERLAY = "napari_dsc_scan"  # its key in viewer.canvas.overlays
BEFORE = " – "  # the window's own title
AT_ONCE, PAUSE = 3, 10  # new letters in one drawing, 15 ms each; and ms for others between two

_DRAWN: set[str] = set()  # letters that napari has drawn in this program: they cost nothing anew


class ScanTitle:
    """Writes the name of the scan at hand: its file's, or number and description of its series.

    In the grid the first picture is the scan, and bears its name by itself; else the name stands
    in the corner of the only picture, a few letters at a time while some were never drawn: a
    long name at once would make the window deaf for a third of a second.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is.
    parent : QWidget
        Whose life it shares.
    screen : Screen
        Says which scan is at hand.
    """

    def __init__(self, viewer: "Viewer", parent: QWidget, screen: "Screen") -> None:
        self._viewer, self._parent, self._own = viewer, parent, viewer.title
        self._scan: Scan | None = None
        self._spelling = False
        self._text = TextOverlay(position="top_left", visible=False)
        viewer.canvas.overlays[OVERLAY] = self._text
        screen.shown.connect(self._on_shown)
        viewer.canvas.grid.events.enabled.connect(self._write)

    def _on_shown(self, scan: "Scan | None") -> None:
        if self._scan is not None:
            self._scan.layer.events.name.disconnect(self._write)
        self._scan = scan
        if scan is not None:
            scan.layer.events.name.connect(self._write)
        self._write()

    def _write(self, _event: Any = None) -> None:
        name = "" if self._scan is None else str(self._scan.layer.name)
        _set(self._viewer, "title", f"{name}{BEFORE}{self._own}" if name else self._own)
        known = _known(name)
        _set(self._text, "text", known)
        _set(self._text, "visible", bool(known) and not self._viewer.canvas.grid.enabled)
        if known != name and not self._spelling:
            self._spelling = True
            soon(self._parent, self._spell, PAUSE)

    def _spell(self) -> None:
        """Let a few more letters be drawn."""
        self._spelling = False
        name = "" if self._scan is None else str(self._scan.layer.name)
        _DRAWN.update(name[: len(_known(name)) + AT_ONCE])
        self._write()


def _known(name: str) -> str:
    """As much of a name as needs no new letter."""
    return "".join(takewhile(_DRAWN.__contains__, name))


def _set(whose: Any, field: str, value: object) -> None:
    if getattr(whose, field) != value:  # each assignment costs a redraw
        setattr(whose, field, value)
