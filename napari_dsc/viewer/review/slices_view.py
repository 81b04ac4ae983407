"""The views that show many slices at once: of one map, or of several maps in rows."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from qtpy.QtWidgets import QMainWindow, QWidget

from napari_dsc.core.quantities import CBF, CBV, MTT, TMAX
from napari_dsc.core.regions import LATE
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.maps.view_modes import Views
from napari_dsc.viewer.overlays.orientation_labels import Letters
from napari_dsc.viewer.review.lightbox import Lightbox, Rows

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Image

    from napari_dsc.viewer.overlays import Marks
    from napari_dsc.viewer.scan.scan import Scan
    from napari_dsc.viewer.screen import Screen

__all__ = ["Slices"]

ROWS = (TMAX.symbol, CBF.symbol, CBV.symbol, MTT.symbol)  # from the top, as strokes are read
FEW = 0.1  # of the slice with the most late tissue: one with less shows specks


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
    ) -> None:
        self._parent, self._screen, self._views = parent, screen, views
        self.lightbox = Lightbox(viewer, marks, letters)
        self._shown: Any = None  # what the lightbox was told
        self._grey: tuple[Any, NDArray[np.uint8]] | None = None  # of which state, and what
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
            self.kind = self._shown = self._grey = None
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
        if self.kind == "rows":
            symbols = [one for one in ROWS if one in maps] or list(maps)[: len(ROWS)]
        else:
            looked_at = self._views.symbol
            symbols = [looked_at if looked_at in maps else next(reversed(maps))]
        pictures = {symbol: maps[symbol] for symbol in symbols}
        run = scan.results.run
        now = self.kind, tuple(symbols), tuple(map(id, pictures.values())), run
        if self.kind is None or now == self._shown:
            return
        self._shown = now
        brain = None if run is None else to_screen(run[1].brain, scan.place)
        self.lightbox.show_pictures(
            self.kind, pictures, brain, lesion=_late(scan), anatomy=self._anatomy(scan)
        )

    def _anatomy(self, scan: "Scan") -> NDArray[np.uint8]:
        """Grey levels (z, y, x) of the mean of the baseline, in the window of the scan."""
        facts = scan.facts
        state = scan, facts.span, facts.left_out, tuple(scan.layer.contrast_limits)
        if self._grey is None or self._grey[0] != state:
            low, high = scan.layer.contrast_limits
            level = (self._views.baseline_of(scan) - low) / max(high - low, 1e-12)
            grey = np.round(255 * np.clip(np.nan_to_num(level), 0, 1)).astype(np.uint8)
            self._grey = state, to_screen(grey, scan.place)
        return self._grey[1]


def _late(scan: "Scan") -> BoolArray | None:
    """Voxels (z, y, x) of late tissue on the slices that have more of it than specks."""
    run = scan.results.run
    known = None if run is None else {one.symbol: one for one in run[1].maps}.get(TMAX.symbol)
    if run is None or known is None:
        return None
    with np.errstate(invalid="ignore"):  # NaN is not late
        late = to_screen((known.values > LATE) & known.quality_mask & run[1].brain, scan.place)
    count = late.sum(axis=(1, 2))
    much: BoolArray = late & (count >= FEW * max(1, int(count.max())))[:, None, None]
    return much
