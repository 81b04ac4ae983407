"""Layers of the maps of a scan that goes, kept on the pictures for those of the next one.

They are free: nothing of the scan that went is left on them but what they show, until they are made
new by `show_maps`. That has to be in the same turn of the event loop: nothing may be drawn between.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from napari.layers import Labels, Layer

from napari_dsc.viewer.maps.corner_words import write_corner
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.tmax_steps import forget_steps
from napari_dsc.viewer.scan.quality_layer import NAME as QUALITY
from napari_dsc.viewer.scan.scan_layers import scans_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from napari.components import ViewerModel

    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["axes_held", "free_layers", "insert_below", "set_free"]


def free_layers(
    viewer: "ViewerModel", scan: "Scan", symbols: "Collection[str]"
) -> "Mapping[str, Layer]":
    """Layers of a scan that can be made new for the next one, by symbol, and its quality flags.

    Parameters
    ----------
    viewer : ViewerModel
        Where they are. Beside another scan, and in 3-D, there are none.
    scan : Scan
        The one that is about to go.
    symbols : collection of str
        Maps of the next one.
    """
    if viewer.dims.ndisplay != 2 or scans_of(viewer) != [scan.layer]:
        return {}
    shown = {
        symbol: layer
        for symbol, layer in scan.layers.maps.items()
        if symbol in symbols and type(layer) is MapImage and layer in viewer.layers
    }
    flags = scan.layers.quality
    if shown and isinstance(flags, Labels) and flags in viewer.layers:
        return {**shown, QUALITY: flags}
    return shown


def set_free(scan: "Scan", layers: "Mapping[str, Layer]") -> None:
    """Have a scan that has gone, and all who keep something by layer, know these no longer."""
    for layer in layers.values():
        scan.layers.forget(layer)
        write_corner(layer, "")
        if isinstance(layer, MapImage):
            forget_steps(layer)


def insert_below(viewer: "ViewerModel", layer: Layer, free: "Collection[Layer]") -> None:
    """Add the layer of a scan below free layers; its middle is shown, as with the first of all."""
    layers, dims = viewer.layers, viewer.dims
    alone = bool(free) and all(one in free for one in layers)
    layers.insert(min(map(layers.index, free), default=len(layers)), layer)
    if not alone:  # an empty viewer begins anew by itself; beside other layers it stays
        return
    dims.order = tuple(range(dims.ndim))
    dims.margin_left = dims.margin_right = (0.0,) * dims.ndim
    dims.rollable = (True,) * dims.ndim
    dims.current_step = [int((count - 1) / 2) for count in dims.nsteps]


@contextmanager
def axes_held(viewer: "ViewerModel") -> Iterator[None]:
    """Say at the end what has changed of the axes, as one change.

    With a scan its axis of time goes, and comes back with the next one: napari would make all
    sliders anew, twice.
    """
    dims = viewer.dims
    emitters = {name: one for name, one in dims.events.emitters.items() if hasattr(dims, name)}
    before = {name: getattr(dims, name) for name in emitters}
    try:
        with dims.events.blocker_all():
            yield
    finally:
        for name, emitter in emitters.items():
            now = getattr(dims, name)
            if now != before[name]:
                emitter(value=now)
