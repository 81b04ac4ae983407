"""The views that show many slices at once: of one map, or of several maps in rows."""

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal
from qtpy.QtWidgets import QMainWindow, QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.maps.view_modes import Views
from napari_dsc.viewer.overlays.orientation_labels import Letters
from napari_dsc.viewer.regions.late_summary import late_summary
from napari_dsc.viewer.review.grey_baseline import GreyBaseline
from napari_dsc.viewer.review.lightbox import Lightbox, Rows

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image

    from napari_dsc.viewer.overlays import Marks
    from napari_dsc.viewer.scan.scan import Scan
    from napari_dsc.viewer.screen import Screen

__all__ = ["Slices"]


class Slices:
    """Lays the lightbox over the canvas, with the maps of the scan at hand.

    Parameters
    ----------
    viewer : Viewer
        Over whose canvas.
    parent : QWidget
        In whose window.
    screen : Screen
        Says which scan is at hand.
    views : Views
        Says which map is looked at.
    letters : Letters
        Say which side is which.
    marks : Marks
        What is outlined.
    grey : GreyBaseline
        What shines through where a map is blank.

    Attributes
    ----------
    lightbox : Lightbox
        The tiles.
    left : SignalInstance
        Emits when the lightbox has gone because there is nothing to show.
    """

    left = Signal()

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        screen: "Screen",
        views: Views,
        letters: Letters,
        marks: "Marks",
        grey: GreyBaseline,
    ) -> None:
        self._grey = grey
        self._parent, self._screen, self._views = parent, screen, views
        self.lightbox = Lightbox(viewer, marks, letters)
        self._shown: Any = None  # what the lightbox was told
        self._lesion: BoolArray | None = None  # likewise
        self.kind: Rows | None = None

    def show(self, kind: Rows) -> None:
        """Show every slice of the map that is looked at, or rows of maps."""
        scan, window = self._screen.scan, self._parent.window()
        central = window.centralWidget() if isinstance(window, QMainWindow) else None
        if scan is None or not self._maps(scan) or central is None:
            return
        self.kind = kind
        self._tell(scan)
        self.lightbox.show_on(central)

    def leave(self) -> None:
        """Show the canvas again."""
        if self.kind is not None:
            self.kind = self._shown = self._lesion = None
            self.lightbox.leave()

    def turn(self, step: int) -> None:
        """Show the next map on every slice, or the one before."""
        scan = self._screen.scan
        symbols = [] if scan is None else list(self._maps(scan))
        if symbols:
            at = symbols.index(self._views.symbol) if self._views.symbol in symbols else -1
            self.look_at(symbols[(at + step) % len(symbols)])

    def look_at(self, symbol: str) -> bool:
        """Show a map on every slice; return whether it is one."""
        scan = self._screen.scan
        if scan is None or symbol not in self._maps(scan):
            return False
        self._views.symbol, self.kind = symbol, "slices"
        self._tell(scan)
        return True

    def refresh(self) -> None:
        """Follow the scan at hand, its maps, and the one that is looked at."""
        if self.kind is None:
            return
        scan = self._screen.scan
        if scan is None or not self._maps(scan):
            self.leave()
            self.left.emit()
        else:
            self._tell(scan)

    def _maps(self, scan: "Scan") -> dict[str, "Image"]:
        maps = scan.layers.maps
        return {symbol: one for symbol, one in self._views.pictures(scan).items() if symbol in maps}

    def _tell(self, scan: "Scan") -> None:
        """Hand the lightbox what it shows, if that is something else by now."""
        maps = self._maps(scan)
        lesion = _lesion(scan) if self.kind == "rows" else None
        if self.kind == "rows":
            symbols = [one for one in scan.layers.shown_rows if one in maps] or list(maps)[:1]
        else:
            looked_at = self._views.symbol
            symbols = [looked_at if looked_at in maps else next(iter(maps))]
        pictures = {symbol: maps[symbol] for symbol in symbols}
        run = scan.results.run
        now = self.kind, tuple(symbols), tuple(map(id, pictures.values())), run
        same = now == self._shown and _alike(lesion, self._lesion)
        if self.kind is None or same:
            return
        self._shown, self._lesion = now, lesion
        brain = None if run is None else to_screen(run[1].brain, scan.place)
        self.lightbox.show_pictures(
            self.kind, pictures, brain, lesion=lesion, anatomy=self._grey.of(scan)
        )


def _lesion(scan: "Scan") -> BoolArray | None:
    """Voxels (z, y, x) that the slices go through: of late tissue, or of what somebody painted.

    None where the reading knows of neither: the slices then go through the brain.
    """
    if scan.layers.reading.steps:
        try:
            summary = late_summary(scan)
        except DscError:  # without deconvolution
            summary = None
        return None if summary is None else to_screen(summary.mask(), scan.place)
    layer = scan.layers.regions
    if layer is None:
        return None
    normal = scan.results.reference
    data = np.asarray(layer.data)
    painted: BoolArray = (data > 0) if normal is None else (data > 0) & (data != normal)
    return painted


def _alike(one: BoolArray | None, other: BoolArray | None) -> bool:
    if one is None or other is None:
        return one is other
    return one is other or np.array_equal(one, other)
