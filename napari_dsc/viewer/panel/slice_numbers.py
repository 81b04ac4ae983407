"""The sliders count the slices of the scan at hand, whatever else is open."""

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dsc.viewer.scan.scan_layers import scans_of
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["SliceNumbers"]

SPACE = 3  # the last axes of the world; before them is time


class SliceNumbers:
    """Keeps the sliders on the slices of the scan at hand.

    napari takes the finest step of all layers: a slice of the scan has another number once an
    anatomy with thinner slices is open, and a turn of the wheel shows the same slice again.
    While several scans are open, and while layers are in other units, its sliders are left alone.

    Parameters
    ----------
    viewer : Viewer
        Whose sliders.
    screen : Screen
        Says which scan is at hand.
    """

    def __init__(self, viewer: "Viewer", screen: Screen) -> None:
        self._viewer, self._screen = viewer, screen
        self._on = False
        screen.shown.connect(self.keep)

    def listen(self, on: bool) -> None:
        """Keep them from now on, or no longer."""
        self._on = on
        self._viewer.dims.events.range.disconnect(self.keep)
        if on:
            self._viewer.dims.events.range.connect(self.keep)
            self.keep()

    def keep(self, _event: Any = None) -> None:
        """Have the sliders count the scan's slices now."""
        scan, dims, layers = self._screen.scan, self._viewer.dims, self._viewer.layers
        if not self._on or scan is None or scan.layer not in layers:
            return
        if len(scans_of(self._viewer)) > 1 or tuple(layers.units or ()) != scan.layer.units:
            return
        extent = layers.get_extent([scan.layer])
        ends = np.column_stack([*extent.world, extent.step])[-SPACE:]
        now = np.array(dims.range)[-SPACE:]
        if now.shape == ends.shape and not np.allclose(now, ends, rtol=1e-9):
            axes = range(dims.ndim - SPACE, dims.ndim)
            dims.set_range(tuple(axes), tuple(map(tuple, ends.tolist())))
