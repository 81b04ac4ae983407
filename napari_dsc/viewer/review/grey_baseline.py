"""Grey levels of the scan where its maps are blank: in the tiles, and below the maps on canvas."""

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.view_modes import Views
from napari_dsc.viewer.overlays.grey_below import GreyBelow, Levels
from napari_dsc.viewer.scan.scan_layers import taken_up

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["GreyBaseline"]


class GreyBaseline:
    """Mean of the baseline in the window of its scan, made once for all who show it.

    Parameters
    ----------
    viewer : Viewer
        On whose canvas it lies below the maps.
    views : Views
        Gives the mean.

    Attributes
    ----------
    below : GreyBelow
        What lies below the maps of the slice on screen.
    """

    def __init__(self, viewer: "Viewer", views: Views) -> None:
        self._viewer, self._views = viewer, views
        self.below = GreyBelow(viewer)
        # Of which state, and what; a scan that nobody holds takes it along.
        self._made: WeakKeyDictionary[Scan, tuple[Any, NDArray[np.uint8]]] = WeakKeyDictionary()

    def of(self, scan: "Scan") -> NDArray[np.uint8]:
        """Grey levels (z, y, x) of a scan, 0 to 255."""
        facts = scan.facts
        low, high = scan.layer.contrast_limits
        state = facts.span, facts.left_out, (float(low), float(high)), scan.place
        known = self._made.get(scan)
        if known is None or known[0] != state:
            level = (self._views.baseline_of(scan) - low) / max(high - low, 1e-12)
            grey = np.round(255 * np.clip(np.nan_to_num(level), 0, 1)).astype(np.uint8)
            self._made[scan] = known = state, to_screen(grey, scan.place)
        return known[1]

    def refresh(self) -> None:
        """Lay them below the maps that are blank in places now."""
        levels = []
        for scan in taken_up(self._viewer):
            blank = self._blank(scan)
            if blank is not None:
                levels.append(Levels(scan.layer, self.of(scan), blank))
        self.below.show(levels)

    def _blank(self, scan: "Scan") -> Any:
        """What the maps of a scan leave blank; None where they leave nothing."""
        maps = (one for one in scan.layers.maps.values() if isinstance(one, MapImage))
        return next((one.blank for one in maps if one.blank is not None), None)
