"""The layers of scans: which there are, and those that are made for one."""

from typing import TYPE_CHECKING

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import BoolArray
from napari_dsc.io.nifti import FEWEST_VOLUMES
from napari_dsc.viewer.layers import (
    KEY,
    mask_layer_options,
    placement,
    series_of,
    staying_active,
    to_screen,
)
from napari_dsc.viewer.private_names import refuse_other_napari
from napari_dsc.viewer.scan.quality_layer import is_quality
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image, Labels, Layer

__all__ = [
    "add_mask",
    "layers_of",
    "masks_of",
    "open_scan",
    "scan_of_layer",
    "scans_of",
    "taken_up",
]


def open_scan(layer: "Image") -> Scan:
    """Take up a 4-D image layer; one that was taken up before keeps its regions and maps.

    Raises
    ------
    DscError
        If the layer is no scan: too few volumes. If this napari draws layers in another way than
        maps need.
    """
    before = layer.metadata.get(KEY, {}).get("scan")
    if isinstance(before, Scan) and before.layer is layer:
        return before
    refuse_other_napari(layer)
    series = series_of(layer)
    if series.n_volumes < FEWEST_VOLUMES:
        raise DscError(
            f"layer {layer.name!r} must have at least {FEWEST_VOLUMES} volumes, got "
            f"{series.n_volumes}. Open the whole time series."
        )
    known = layer.metadata.get(KEY, {})
    scan = Scan(layer, series, placement(series.affine), settings=known.get("settings"))
    layer.metadata[KEY] = {**known, "scan": scan}
    return scan


def scans_of(viewer: "ViewerModel") -> "list[Image]":
    """Layers that may be a scan: 4-D images."""
    from napari.layers import Image

    return [
        one
        for one in viewer.layers
        if isinstance(one, Image)
        and one.ndim == 4
        and not one.rgb
        and one.metadata.get(KEY, {}).get("role") != "subtracted"
    ]


def taken_up(viewer: "ViewerModel") -> list[Scan]:
    """Scans of a viewer that were taken up, in the order of its layers."""
    known = ((one, one.metadata.get(KEY, {}).get("scan")) for one in scans_of(viewer))
    return [scan for layer, scan in known if isinstance(scan, Scan) and scan.layer is layer]


def layers_of(viewer: "ViewerModel", scan: Scan) -> "list[Layer]":
    """Layers of a viewer that belong to a scan: itself, its masks, its maps, all that is drawn."""
    own = {scan.layer, *scan.layers.all}
    return [
        one
        for one in viewer.layers
        if one in own or one.metadata.get(KEY, {}).get("scan_layer") is scan.layer
    ]


def scan_of_layer(viewer: "ViewerModel", layer: "Layer") -> Scan | None:
    """Scan that a layer belongs to; None: to none that was taken up."""
    return next((scan for scan in taken_up(viewer) if layer in layers_of(viewer, scan)), None)


def masks_of(viewer: "ViewerModel") -> "list[Labels]":
    """Layers that may be a mask: labels, but not the quality flags."""
    from napari.layers import Labels

    return [one for one in viewer.layers if isinstance(one, Labels) and not is_quality(one)]


def add_mask(
    viewer: "ViewerModel",
    scan: Scan,
    name: str,
    color: tuple[float, ...],
    mask: BoolArray | None = None,
    *,
    role: str = "",
) -> "Labels":
    """Add a labels layer on the grid of a scan, below its AIF; what is active stays so."""
    from napari.layers import Labels

    data = np.zeros(scan.layer.data.shape[1:], np.uint8)
    if mask is not None:
        data[:] = to_screen(mask, scan.place)
    layer = Labels(data, opacity=1.0, **mask_layer_options(scan.facts.series, name, color, role))
    layer.metadata[KEY]["scan_layer"] = scan.layer  # whose it is: two scans may share a grid
    layer.brush_size = 1
    layers = viewer.layers
    at = layers.index(scan.layers.artery) if scan.layers.artery in layers else len(layers)
    if layers.selection.active is None:
        layers.insert(at, layer)
    else:
        with staying_active(viewer):
            layers.insert(at, layer)
    return layer
