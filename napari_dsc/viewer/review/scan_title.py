"""Name of the scan at hand: in the title of the window, and on the first picture."""

from typing import TYPE_CHECKING, Any

from napari.components.overlays import TextOverlay

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.scan.scan import Scan
    from napari_dsc.viewer.screen import Screen

__all__ = ["OVERLAY", "ScanTitle"]

OVERLAY = "napari_dsc_scan"  # its key in viewer.canvas.overlays
BEFORE = " – "  # the window's own title


class ScanTitle:
    """Writes the name of the scan at hand: its file's, or number and description of its series.

    In the grid the first picture is the scan, and bears its name by itself; else the name stands
    in the corner of the only picture.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is.
    screen : Screen
        Says which scan is at hand.
    """

    def __init__(self, viewer: "Viewer", screen: "Screen") -> None:
        self._viewer, self._own = viewer, viewer.title
        self._scan: Scan | None = None
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
        title = f"{name}{BEFORE}{self._own}" if name else self._own
        grid = self._viewer.canvas.grid.enabled
        for one, field, value in (
            (self._viewer, "title", title),
            (self._text, "text", name),
            (self._text, "visible", bool(name) and not grid),
        ):
            if getattr(one, field) != value:  # each assignment costs a redraw
                setattr(one, field, value)
