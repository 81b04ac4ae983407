"""Region of what enhances: painted, erased, named and saved like any other."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.protocol import Protocol
from napari_dsc.core.provenance import Origin
from napari_dsc.core.regions import REFERENCE_NAME
from napari_dsc.core.tumour import ENHANCEMENT_NAME, TumourReading, read_tumour
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.layers import KEY, to_screen
from napari_dsc.viewer.regions.region_layer import free_label, painted_on

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_dsc.viewer.scan.scan import Scan

__all__ = [
    "Enhancing",
    "enhancement_of",
    "enhancing_on",
    "know_enhancement",
    "lay_enhancement",
    "look_at_slice",
    "reading_on",
    "reference_label",
    "see_enhancement",
]

CHOSEN = "enhancement"  # of the layer's metadata: how its voxels were chosen, and when


class Enhancing(NamedTuple):
    """What enhances, and how it was chosen."""

    voxels: BoolArray  # (X, Y, Z), on the axes of the file
    origin: Origin


class _Chosen(NamedTuple):
    """How the region was chosen first."""

    origin: Origin
    voxels: BoolArray  # (X, Y, Z)
    looked: set[int]  # slices of it that were on screen since


def enhancement_of(scan: "Scan") -> BoolArray | None:
    """Voxels of the region that is called Enhancement, on the axes of the file; None without."""
    painted = painted_on(scan)
    if painted is None:
        return None
    labels, names = painted
    known = [label for label, name in names.items() if name == ENHANCEMENT_NAME]
    mask = np.isin(labels, known)
    return mask if mask.any() else None


def enhancing_on(scan: "Scan") -> Enhancing | None:
    """What enhances, how it was chosen and what was edited since; None without it."""
    mask = enhancement_of(scan)
    if mask is None or scan.layers.regions is None:
        return None
    known = scan.layers.regions.metadata[KEY].get(CHOSEN)
    if known is None or known.origin.kind == "drawn":
        return Enhancing(mask, Origin(kind="drawn"))
    return Enhancing(mask, known.origin.edited(known.voxels, mask))


def know_enhancement(scan: "Scan", origin: Origin) -> None:
    """Keep how the voxels that enhance now were chosen."""
    mask = enhancement_of(scan)
    if mask is not None and scan.layers.regions is not None:
        scan.layers.regions.metadata[KEY][CHOSEN] = _Chosen(origin, mask, set())


def look_at_slice(scan: "Scan", z: int | None) -> bool:
    """Take notice of the slice on screen; return whether that was the last of a proposal.

    A proposal is looked at once every slice that holds it has been on screen.
    """
    layer = scan.layers.regions
    known = None if layer is None else layer.metadata[KEY].get(CHOSEN)
    if known is None or z is None or not known.origin.unseen:  # at each slice that is turned
        return False
    found = enhancing_on(scan)
    if found is None or not found.origin.unseen:
        return False
    looked = known.looked
    looked.add(z)
    held = np.flatnonzero(to_screen(found.voxels, scan.place).any(axis=(1, 2)))
    if not set(held.tolist()) <= looked:
        return False
    see_enhancement(scan)
    return True


def see_enhancement(scan: "Scan") -> None:
    """Take notice that somebody has looked at what was proposed."""
    layer = scan.layers.regions
    known = None if layer is None else layer.metadata[KEY].get(CHOSEN)
    if layer is not None and known is not None:
        seen = replace(known.origin, unseen=False)
        layer.metadata[KEY][CHOSEN] = known._replace(origin=seen)


def lay_enhancement(scan: "Scan", layer: "Labels", mask: BoolArray) -> int | None:
    """Put what was proposed onto the layer of regions, in place of what was; return its label.

    The reference gives way where they meet; other regions of the reader stay. None: no number is
    free.
    """
    names: dict[int, str] = layer.metadata[KEY]["names"]
    labels: NDArray[Any] = np.array(layer.data)
    known = next((label for label, name in names.items() if name == ENHANCEMENT_NAME), None)
    label = free_label(labels) if known is None else known
    if label is None:
        return None
    labels[labels == label] = 0
    normal = [one for one, name in names.items() if name == REFERENCE_NAME]
    free = (labels == 0) | np.isin(labels, normal)
    labels[np.asarray(to_screen(mask, scan.place)) & free] = label
    names[label] = ENHANCEMENT_NAME
    layer.data = labels
    know_enhancement(scan, Origin(kind="proposed", unseen=True))
    return label


def reference_label(scan: "Scan") -> int | None:
    """Label of what is taken as normal, or was proposed as such; None: nothing is."""
    layer = scan.layers.regions
    if scan.results.reference is not None or layer is None:
        return scan.results.reference
    names = layer.metadata[KEY]["names"]
    return next((label for label, name in names.items() if name == REFERENCE_NAME), None)


def reading_on(scan: "Scan") -> TumourReading | None:
    """What is read of the enhancement that is painted now; None without it or a reference.

    Raises
    ------
    DscError
        If it lies outside the brain, or the reference holds no accepted voxel.
    """
    enhancing, label = enhancement_of(scan), reference_label(scan)
    painted = painted_on(scan)
    if scan.results.run is None or enhancing is None or label is None or painted is None:
        return None
    series, analysis = scan.results.run
    chosen = enhancing_on(scan)
    if enhancing.shape != analysis.maps.shape:
        raise DscError("regions must lie on the maps, got another shape. Draw them on this scan.")
    reference = painted[0] == label
    if not reference.any():
        return None
    return read_tumour(
        analysis.maps,
        analysis.brain,
        enhancing,
        reference,
        scan.layers.tumour,
        scale=scan.layers.scale,
        corrected_in=None if analysis.leaked is None else analysis.leaked.corrected_in,
        leakage_doubt=Protocol.of(series).doubt,
        unseen=chosen is not None and chosen.origin.unseen,
        name_of_reference=painted[1].get(label, f"Region {label}"),
        slice_axis=analysis.prepared.series.slice_axis,
    )
