"""Vessels in the grid: outlined on every tile, and painted over none.

A layer is drawn in one cell, so the colour of an AIF would lie on one map of six. There it is made
clear instead, and stays in sight for napari: hidden, no brush could paint it.
"""

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from napari.layers import Layer

from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.scan.scan_layers import taken_up

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["VESSELS", "veil"]

VESSELS = ("AIF", "VOF")  # roles of layers whose outlines stand on every picture
# How opaque they were, of those that are clear now.
_BEFORE: "WeakKeyDictionary[Layer, float]" = WeakKeyDictionary()


def veil(viewer: "ViewerModel", *, grid: bool) -> None:
    """Make the vessels clear in the grid of maps, and as opaque as they were outside of it."""
    clear = _vessels(viewer) if grid else set()
    for layer in viewer.layers:
        if layer in clear and layer not in _BEFORE:
            _BEFORE[layer] = float(layer.opacity)
            layer.opacity = 0.0
        elif layer not in clear and layer in _BEFORE:
            before = _BEFORE.pop(layer)
            if layer.opacity == 0:  # else somebody wanted it so meanwhile
                layer.opacity = before


def _vessels(viewer: "ViewerModel") -> set[Layer]:
    """Layers that are outlined: those chosen for a scan with maps, and what was made as such."""
    scans = [one for one in taken_up(viewer) if one.layers.maps]
    chosen = {layer for one in scans for layer in (one.layers.artery, one.layers.vein)}
    own = {one.layer for one in scans}
    made = {
        layer
        for layer in viewer.layers
        if layer.metadata.get(KEY, {}).get("role") in VESSELS
        and layer.metadata[KEY].get("scan_layer") in own
    }
    return (chosen | made) - {None}
