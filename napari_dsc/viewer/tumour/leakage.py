"""Masks of a correction for leakage: a region that leaks, and a reference that does not."""

from typing import TYPE_CHECKING, Protocol

import numpy as np

from napari_dsc.core.defaults import LEAKAGE, LEAKAGE_WHERE
from napari_dsc.core.leakage import LEAKAGE_REFERENCE_NAME
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.provenance import Origin
from napari_dsc.core.types import BoolArray
from napari_dsc.viewer.layers import KEY, to_screen
from napari_dsc.viewer.regions.enhancement_region import (
    enhancement_of,
    enhancing_on,
    look_at_slice,
    see_enhancement,
)
from napari_dsc.viewer.scan.layer_set import LEAKAGE_ROLES
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import add_mask
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer
    from napari.components import ViewerModel
    from napari.layers import Labels

__all__ = ["DEFAULT_REGION", "Leaking", "put_mask", "where_corrected"]

DEFAULT_REGION = "what enhances"  # the entry of the list that names no layer

REGION, REFERENCE = LEAKAGE_ROLES
NAMES = {REGION: "Leaky region", REFERENCE: "Leakage reference"}
COLOURS = {REGION: (1.0, 0.65, 0.1, 1.0), REFERENCE: (0.35, 0.9, 0.45, 1.0)}
FAINT = 0.5  # opacity of a reference: it covers much of a brain
NO_REGION = (
    "Draw the region first: after Compute press Draw region (N), and go around it on the picture."
)
NO_REFERENCE = "No leakage reference yet: press Compute, and it is proposed; or draw a region."
WHICH = "Several regions are drawn: choose a row of the one that is meant on the page Regions."
TAKEN = {
    REGION: "Leakage is corrected in {name}, {voxels}. Compute again.",
    REFERENCE: "{name}, {voxels}, is the leakage reference. Compute again.",
}
IN_ENHANCEMENT = (
    "Leakage is corrected in what enhances, {voxels} ({how}), unless you choose another region."
)
IN_LAYER = "Leakage is corrected in {name}, {voxels} ({how})."
EMPTY = "Leakage is corrected nowhere: {name} is empty."
NOWHERE = (
    "Leakage is corrected nowhere yet: nothing enhances. Propose it on the page Tumour, or draw it."
)
ANEW = "Compute again."
SHOWN = (
    "The leakage reference was proposed, {voxels}: press Leakage masks to look at it. It "
    "can be painted on, or replaced by a region."
)


class Runs(Protocol):
    """What tells of runs."""

    @property
    def running(self) -> bool:
        """Whether one is under way."""
        ...


class Drawn(Protocol):
    """The regions that a reader has drawn."""

    def region(self, scan: Scan, label: int) -> BoolArray | None:
        """Voxels of one."""
        ...


class Chooser(Protocol):
    """The table of regions."""

    @property
    def choice(self) -> tuple[int, str] | None:
        """Label and map of the row that is chosen."""
        ...


class Leaking:
    """Takes regions for a correction of leakage, and shows the reference that was proposed.

    Parameters
    ----------
    viewer : Viewer
        Whose layers these are.
    screen : Screen
        Says which scan is at hand.
    regions : Drawn
        What a reader has drawn.
    table : Chooser
        Which of it is chosen.
    computing : Runs
        Says whether a run is under way.
    """

    def __init__(
        self, viewer: "Viewer", screen: Screen, regions: Drawn, table: Chooser, computing: Runs
    ) -> None:
        self._viewer, self._screen = viewer, screen
        self._regions, self._table, self._computing = regions, table, computing

    def take(self, role: str) -> None:
        """Take a region that was drawn as one of `LEAKAGE_ROLES`."""
        scan = self._screen.scan
        if scan is None:
            return
        labels = labels_on(scan.layers.regions)
        chosen = None if self._table.choice is None else self._table.choice[0]
        label = chosen if chosen in labels and len(labels) > 1 else next(iter(labels), None)
        if label is None:
            self._screen.say(NO_REGION)
            return
        if len(labels) > 1 and chosen not in labels:
            self._screen.say(WHICH)
            return
        voxels = self._regions.region(scan, label)
        if voxels is None or not voxels.any():
            self._screen.say(NO_REGION)
            return
        layer = put_mask(self._viewer, scan, role, voxels, Origin(kind="drawn"))
        self._screen.look()
        count = int(np.count_nonzero(voxels))
        self._screen.say(TAKEN[role].format(name=layer.name, voxels=voxel_words(count)))

    def follow_regions(self) -> None:
        """Take notice of what enhances: there leakage is corrected where no region was chosen."""
        scan = self._screen.scan
        if scan is None:
            return
        if not scan.is_new("enhancement", enhancement_of(scan)) or not _by_default(scan):
            return
        self._screen.changed.emit()
        again = f" {ANEW}" if scan.results.outdated else ""
        self._screen.say(f"{where_corrected(scan)}{again}")

    def follow_slice(self) -> None:
        """Take notice that somebody looks at what was proposed."""
        scan = self._screen.scan
        if scan is not None:
            at = scan.slice_at(self._viewer.dims.point, self._viewer.dims.units)
            if look_at_slice(scan, at):
                self._screen.updated.emit()

    def follow_row(self, label: int, _symbol: str) -> None:
        """Take notice that somebody has chosen the row of what was proposed."""
        scan = self._screen.scan
        found = None if scan is None else enhancing_on(scan)
        if scan is None or found is None or not found.origin.unseen:
            return
        voxels = self._regions.region(scan, label)
        if voxels is not None and np.array_equal(voxels, found.voxels):
            see_enhancement(scan)
            self._screen.updated.emit()

    def show_masks(self) -> None:
        """Show leaky region and leakage reference over the pictures, or take them away again."""
        scan = self._screen.scan
        masks = [] if scan is None else [getattr(scan.layers, role) for role in LEAKAGE_ROLES]
        shown = [one for one in masks if one is not None and one in self._viewer.layers]
        if not shown:
            self._screen.say(NO_REFERENCE)
        on = not any(one.visible for one in shown)
        for layer in shown:
            layer.visible = on

    def follow_run(self) -> None:
        """Keep the reference that a run has proposed, once: from then on it is a choice."""
        scan = self._screen.scan
        if self._computing.running or scan is None or scan.results.run is None:
            return
        found = scan.results.run[1].leaked
        if found is None or not found.proposed or scan.layers.leakage_reference is not None:
            return
        layer = put_mask(self._viewer, scan, REFERENCE, found.reference, Origin(kind="proposed"))
        self._screen.look()
        layer.name = LEAKAGE_REFERENCE_NAME
        self._screen.say(SHOWN.format(voxels=voxel_words(np.count_nonzero(found.reference))))


def where_corrected(scan: Scan) -> str:
    """Say in which region leakage is corrected now, and how that was chosen."""
    layer, found = scan.layers.leakage_region, enhancing_on(scan)
    if layer is None and found is None:
        return NOWHERE
    if layer is None and found is not None:
        count = int(np.count_nonzero(found.voxels))
        return IN_ENHANCEMENT.format(voxels=voxel_words(count), how=found.origin.words)
    mask, origin = scan.mask_or_none(layer), scan.origin_of(layer)
    name = "" if layer is None else layer.name
    if mask is None or origin is None or not mask.any():
        return EMPTY.format(name=name)
    return IN_LAYER.format(name=name, voxels=voxel_words(np.count_nonzero(mask)), how=origin.words)


def _by_default(scan: Scan) -> bool:
    """Whether leakage is corrected in a region, and none was chosen."""
    chosen = scan.facts.settings
    on = chosen.get("leakage_model", LEAKAGE) != LEAKAGE
    within = chosen.get("leakage_where", LEAKAGE_WHERE) == LEAKAGE_WHERE
    return on and within and scan.layers.leakage_region is None


def put_mask(
    viewer: "ViewerModel", scan: Scan, role: str, voxels: BoolArray, origin: Origin
) -> "Labels":
    """Put voxels on the layer of a role and take it at hand; it is made if there is none.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers these are.
    scan : Scan
        Whose mask it is.
    role : str
        One of `LEAKAGE_ROLES`.
    voxels : ndarray of bool, shape (X, Y, Z)
        On the axes of the file.
    origin : Origin
        How they were chosen.
    """
    layer: Labels | None = getattr(scan.layers, role)
    if layer is None or layer not in viewer.layers or KEY not in layer.metadata:
        layer = add_mask(viewer, scan, NAMES[role], COLOURS[role], voxels, role=role)
        layer.opacity, layer.visible = FAINT, False  # it would change the colours of the maps
    else:
        layer.data = to_screen(voxels, scan.place).astype(np.uint8)
    scan.chosen(layer, origin)
    scan.layers.choose(**{role: layer})
    return layer


def labels_on(layer: "Labels | None") -> list[int]:
    """Labels that are painted on a layer; none without one."""
    if layer is None:
        return []
    return [int(one) for one in np.unique(np.asarray(layer.data)) if one > 0]
