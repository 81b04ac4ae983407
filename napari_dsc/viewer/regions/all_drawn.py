"""All that was drawn on a scan's maps, for its results, and how it was chosen."""

from typing import TYPE_CHECKING

import numpy as np

from napari_dsc.core.provenance import Origin
from napari_dsc.core.tumour import ENHANCEMENT_NAME
from napari_dsc.io.region_files import Drawn
from napari_dsc.viewer.layers import KEY
from napari_dsc.viewer.regions.enhancement_region import enhancing_on
from napari_dsc.viewer.regions.region_layer import BROUGHT, CHOSEN, midline_of, painted_on

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["drawn_on"]


def drawn_on(scan: "Scan") -> Drawn | None:
    """All that was drawn on a scan's maps, for its results; None where nothing is painted."""
    painted, layer = painted_on(scan), scan.layers.regions
    if painted is None or layer is None:
        return None
    tumour = scan.results.tumour
    if scan.results.outdated or ENHANCEMENT_NAME not in painted[1].values():
        tumour = None
    enhancing = None if tumour is None else enhancing_on(scan)
    return Drawn(
        labels=np.array(painted[0]),  # whoever paints on does not change what is saved
        names=painted[1],
        reference=scan.results.reference,
        relative=scan.results.relative,
        midline=midline_of(scan),
        tumour=tumour,
        brought=layer.metadata[KEY].get(BROUGHT, ""),
        reference_origin=_of_reference(scan),
        enhancement_origin=None if enhancing is None else enhancing.origin,
    )


def _of_reference(scan: "Scan") -> Origin | None:
    """How the reference was chosen; None where nobody knows."""
    painted, layer = painted_on(scan), scan.layers.regions
    label = scan.results.reference
    if painted is None or layer is None or label is None or CHOSEN not in layer.metadata[KEY]:
        return None
    origin: Origin
    origin, first = layer.metadata[KEY][CHOSEN]
    now = painted[0] == label
    return origin.edited(first, now) if (first & now).any() else None
