"""Maps in the order in which they are read: in the list of layers, and so in the grid."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Layer

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["is_in_order", "put_in_order"]


def is_in_order(viewer: "ViewerModel", scan: "Scan") -> bool:
    """Whether the maps of a scan lie where its reading has them."""
    maps = _maps(viewer, scan)
    places = [viewer.layers.index(one) for one in maps]
    return places == sorted(places)


def put_in_order(viewer: "ViewerModel", scan: "Scan") -> None:
    """Move the maps of a scan to where its reading has them; the grid has to be off."""
    maps = _maps(viewer, scan)
    places = sorted(viewer.layers.index(one) for one in maps)
    for at, layer in zip(places, maps, strict=True):
        now = viewer.layers.index(layer)
        if now != at:
            viewer.layers.move(now, at)


def _maps(viewer: "ViewerModel", scan: "Scan") -> "list[Layer]":
    return [one for one in scan.layers.ordered_maps.values() if one in viewer.layers]
