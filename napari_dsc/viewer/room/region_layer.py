"""The layer of a scan's regions: what is on it, and what is put back onto it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_dsc.core.regions import Midline
from napari_dsc.core.types import BoolArray
from napari_dsc.io.drawn import Drawn
from napari_dsc.viewer.layers import KEY, staying_active, to_file, to_screen, volume_options
from napari_dsc.viewer.room.midline import from_line, midline_layer, to_line

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.scan import Scan

__all__ = [
    "add_midline",
    "drawn_on",
    "midline_of",
    "painted_on",
    "put_back",
    "regions_layer",
    "take_drawn",
]

NAME, ROLE = "Regions", "regions"
BRUSH = 4  # voxels


def regions_layer(viewer: "Viewer", scan: "Scan") -> Labels:
    """Layer that the regions of a scan are painted on; made if there is none."""
    known = scan.regions
    if known is not None and known in viewer.layers:
        return known
    layer = Labels(
        np.zeros(scan.layer.data.shape[1:], np.uint16),
        name=NAME,
        opacity=0.5,
        metadata={
            KEY: {
                "affine": scan.series.affine,
                "role": ROLE,
                "scan_layer": scan.layer,
                "names": {},
            }
        },
        **volume_options(scan.place),
    )
    layer.brush_size, layer.contour = BRUSH, 1
    viewer.layers.append(layer)
    scan.regions = layer
    return layer


def painted_on(scan: "Scan") -> tuple[NDArray[Any], dict[int, str]] | None:
    """Labels on the axes of the file, and their names; None where nothing is painted."""
    layer = scan.regions
    if layer is None or not np.any(layer.data):
        return None
    return to_file(np.asarray(layer.data), scan.place), dict(layer.metadata[KEY]["names"])


def midline_of(scan: "Scan") -> Midline | None:
    """Return the plane on screen; None while regions are not mirrored."""
    line = scan.midline
    if not scan.mirrored or line is None or not line.data:
        return None
    try:
        return from_line(np.asarray(line.data[0]), scan)
    except ValueError:  # both ends on one place
        return None


def add_midline(viewer: "Viewer", scan: "Scan", midline: Midline) -> None:
    """Show a line between the halves that can be dragged, or move the one that is there."""
    ends = to_line(midline, scan)
    if scan.midline is not None and scan.midline in viewer.layers:
        scan.midline.data = [ends]
        return
    scan.midline = midline_layer(ends, scan)
    with staying_active(viewer):
        viewer.layers.append(scan.midline)


def drawn_on(scan: "Scan") -> Drawn | None:
    """All that was drawn on a scan's maps, for its results; None where nothing is painted."""
    painted = painted_on(scan)
    if painted is None:
        return None
    return Drawn(
        labels=painted[0],
        names=painted[1],
        reference=scan.reference,
        relative=scan.relative,
        midline=midline_of(scan),
    )


def put_back(viewer: "Viewer", scan: "Scan", masks: Mapping[int, BoolArray]) -> dict[int, int]:
    """Add regions to what is painted now, which stays: a number that is taken gives way.

    Parameters
    ----------
    viewer : Viewer
        Where the layer is.
    scan : Scan
        On which.
    masks : mapping of int to ndarray of bool, shape (X, Y, Z)
        By label, on the axes of the file.

    Returns
    -------
    dict of int to int
        The labels under which they are now, by those that they had.
    """
    if not masks:
        return {}
    with staying_active(viewer):
        layer = regions_layer(viewer, scan)
    labels = np.array(layer.data)
    given: dict[int, int] = {}
    for label, mask in masks.items():
        shown = np.asarray(to_screen(mask, scan.place))
        free = not (labels == label).any() or np.array_equal(labels == label, shown)
        given[label] = now = label if free else int(max(labels.max(), *masks)) + 1
        labels[shown & (labels == 0)] = now
    layer.data = labels
    return given


def take_drawn(viewer: "Viewer", scan: "Scan", drawn: Drawn) -> None:
    """Show what was drawn once on a scan's maps: regions, names, midline and what is normal."""
    found = [int(one) for one in np.unique(drawn.labels) if one > 0]
    given = put_back(viewer, scan, {one: drawn.labels == one for one in found})
    if scan.regions is not None:
        names = scan.regions.metadata[KEY]["names"]
        names.update({given[label]: name for label, name in drawn.names.items() if label in given})
    if drawn.reference is not None:
        scan.reference = given.get(drawn.reference)
    if drawn.midline is not None and scan.ras is not None:
        add_midline(viewer, scan, drawn.midline)
        scan.mirrored = True
