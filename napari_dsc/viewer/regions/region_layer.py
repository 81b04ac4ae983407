"""The layer of a scan's regions: what is on it, and what is put back onto it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Labels
from numpy.typing import NDArray

from napari_dsc.core.provenance import Origin
from napari_dsc.core.regions import Midline
from napari_dsc.core.types import BoolArray
from napari_dsc.io.region_files import Drawn
from napari_dsc.viewer.layers import KEY, staying_active, to_file, to_screen, volume_options
from napari_dsc.viewer.overlays import extent_of
from napari_dsc.viewer.regions.midline import from_line, midline_layer, to_line

if TYPE_CHECKING:
    from napari import Viewer
    from napari.utils.colormaps import CyclicLabelColormap

    from napari_dsc.viewer.scan.scan import Scan

__all__ = [
    "BROUGHT",
    "CHOSEN",
    "FULL",
    "HIGHEST",
    "add_midline",
    "free_label",
    "know_reference",
    "midline_of",
    "painted_on",
    "put_back",
    "regions_layer",
    "take_drawn",
]

NAME, ROLE = "Regions", "regions"
BROUGHT = "brought"  # of the layer's metadata: how regions of an anatomy came onto it
CHOSEN = "reference"  # how the voxels of the reference were chosen first, and these
BRUSH = 4  # voxels
# Of regions 1 to 8, and again: light, so that they stand out on dark maps; none is that of late
# tissue, of an artery or of the line between the halves.
COLOURS = (
    *((0.79, 0.61, 1.0), (1.0, 0.6, 0.85), (0.6, 0.95, 0.95), (1.0, 0.8, 0.55)),
    *((0.85, 0.95, 0.6), (0.7, 0.8, 1.0), (1.0, 0.72, 0.7), (0.95, 0.95, 0.8)),
)
HIGHEST = 999  # number of a region
FULL = f"No number up to {HIGHEST} is free for another region: remove one."
CHANGED = (
    "Region {} lies under what is painted now, and was not restored whole: as a reference it does "
    "not count."
)
UNPLACED = "The midline of the record does not cross the picture, and was left out."
NO_NUMBER = "Not every region found a free number: some were not restored."


def regions_layer(viewer: "Viewer", scan: "Scan") -> Labels:
    """Layer that the regions of a scan are painted on; made if there is none."""
    known = scan.layers.regions
    if known is not None and known in viewer.layers:
        return known
    layer = Labels(
        np.zeros(scan.layer.data.shape[1:], np.uint16),
        name=NAME,
        opacity=0.5,
        metadata={
            KEY: {
                "affine": scan.facts.series.affine,
                "role": ROLE,
                "scan_layer": scan.layer,
                "names": {},
            }
        },
        **volume_options(scan.place),
    )
    layer.brush_size, layer.contour = BRUSH, 1
    layer.colormap = _colours()
    viewer.layers.append(layer)
    scan.layers.paint_regions(layer)
    return layer


def _colours() -> "CyclicLabelColormap":
    """Colours of the regions, one after the other; napari's own are dark, some of them."""
    from napari.utils.colormaps import CyclicLabelColormap

    rows = [(0.0, 0.0, 0.0, 0.0), *((*one, 1.0) for one in COLOURS)]  # the first: no region
    return CyclicLabelColormap(np.array(rows, np.float32), name="regions")


def free_label(labels: NDArray[Any]) -> int | None:
    """A number above all others, or else one that is free; None if there is none."""
    used = np.flatnonzero(np.bincount(labels.ravel(), minlength=HIGHEST + 2)[: HIGHEST + 1])
    if used.max() < HIGHEST:
        return int(used.max()) + 1
    free = np.setdiff1d(np.arange(1, HIGHEST + 1), used)
    return int(free[0]) if free.size else None


def painted_on(scan: "Scan") -> tuple[NDArray[Any], dict[int, str]] | None:
    """Labels on the axes of the file, and their names; None where nothing is painted."""
    layer = scan.layers.regions
    if layer is None or not np.any(layer.data):
        return None
    return to_file(np.asarray(layer.data), scan.place), dict(layer.metadata[KEY]["names"])


def midline_of(scan: "Scan") -> Midline | None:
    """Return the plane on screen; None while regions are not mirrored."""
    line = scan.layers.midline
    if not scan.layers.mirrored or line is None or not line.data:
        return None
    try:
        return from_line(np.asarray(line.data[0]), scan)
    except ValueError:  # both ends on one place
        return None


def add_midline(viewer: "Viewer", scan: "Scan", midline: Midline) -> None:
    """Show a line between the halves that can be dragged, or move the one that is there."""
    ends = to_line(midline, scan)
    if scan.layers.midline is not None and scan.layers.midline in viewer.layers:
        scan.layers.midline.data = [ends]
        return
    line = midline_layer(ends, scan)
    scan.layers.draw_midline(line)
    with staying_active(viewer):
        viewer.layers.append(line)


def know_reference(layer: Labels, origin: Origin, voxels: BoolArray) -> None:
    """Keep how the voxels of the reference, on the axes of the file, were chosen."""
    layer.metadata[KEY][CHOSEN] = origin, voxels


def put_back(
    viewer: "Viewer", scan: "Scan", masks: Mapping[int, BoolArray]
) -> tuple[dict[int, int], set[int]]:
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
    given : dict of int to int
        The labels under which they are now, by those that they had; one that found none is missing.
    whole : set of int
        Those of them, as they were, of which nothing lies under what was painted before.
    """
    given: dict[int, int] = {}
    whole: set[int] = set()
    if not masks:
        return given, whole
    with staying_active(viewer):
        layer = regions_layer(viewer, scan)
    labels = np.array(layer.data)
    kept = [one for one in masks if 0 < one <= HIGHEST and not (labels == one).any()]
    for label, mask in masks.items():
        shown = np.asarray(to_screen(mask, scan.place))
        same = 0 < label <= HIGHEST and np.array_equal(labels == label, shown)
        now = label if same or label in kept else _other_label(labels, kept)
        if now is None:
            continue
        given[label] = now
        labels[shown & (labels == 0)] = now
        if np.array_equal(labels == now, shown):
            whole.add(label)
    layer.data = labels
    return given, whole


def _other_label(labels: NDArray[Any], kept: Sequence[int]) -> int | None:
    """A free number that none of those will take that keep theirs."""
    return free_label(np.concatenate([labels.ravel(), np.array(kept, labels.dtype)]))


def take_drawn(viewer: "Viewer", scan: "Scan", drawn: Drawn) -> tuple[str, ...]:
    """Show what was drawn once on a scan's maps; return what could not be."""
    found = [int(one) for one in np.unique(drawn.labels) if one > 0]
    given, whole = put_back(viewer, scan, {one: drawn.labels == one for one in found})
    told = () if len(given) == len(found) else (NO_NUMBER,)
    if scan.layers.regions is not None:
        names = scan.layers.regions.metadata[KEY]["names"]
        names.update({given[label]: name for label, name in drawn.names.items() if label in given})
    if drawn.reference is not None:
        scan.results.refer_to(given[drawn.reference] if drawn.reference in whole else None)
        if scan.results.reference is None:
            told = (*told, CHANGED.format(drawn.reference))
        elif scan.layers.regions is not None and drawn.reference_origin is not None:
            reference = drawn.labels == drawn.reference
            know_reference(scan.layers.regions, drawn.reference_origin, reference)
    if drawn.midline is None or scan.ras is None:
        return told
    if not _crosses(scan, drawn.midline):
        return (*told, UNPLACED)
    add_midline(viewer, scan, drawn.midline)
    scan.layers.mirror(True)
    return told


def _crosses(scan: "Scan", midline: Midline) -> bool:
    """Whether a midline comes within a volume's extent of the picture."""
    with np.errstate(all="ignore"):
        ends = to_line(midline, scan)
    low, high = (one[1:] for one in extent_of(scan.layer, None))
    reach = high - low
    return bool(
        np.isfinite(ends).all() and (ends > low - reach).all() and (ends < high + reach).all()
    )
