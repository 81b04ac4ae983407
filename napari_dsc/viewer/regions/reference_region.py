"""Reference region that is taken as normal, proposed or painted, and maps relative to it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from napari.layers import Labels

from napari_dsc.core.errors import DscError
from napari_dsc.core.number_words import with_unit
from napari_dsc.core.provenance import Origin
from napari_dsc.core.quantities import AUC, CBV, QUANTITIES, RELATIVE
from napari_dsc.core.regions import (
    REFERENCE_NAME,
    amounts_of,
    normalised,
    proposed_midline,
    reference_proposal,
)
from napari_dsc.core.types import BoolArray, ParameterMap
from napari_dsc.viewer.layers import KEY, staying_active, to_file, to_screen
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_layers import add_map, described, map_layer, named_colours
from napari_dsc.viewer.maps.view_modes import Views
from napari_dsc.viewer.regions.enhancement_region import enhancement_of
from napari_dsc.viewer.regions.region_layer import FULL, free_label, know_reference
from napari_dsc.viewer.regions.regions_tab import RegionsPage
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.screen import Screen

__all__ = ["Reference"]

RCBV = RELATIVE[CBV.symbol].symbol


class Painted(Protocol):
    """The regions, as they are read here."""

    def layer_of(self, scan: Scan) -> Labels:
        """Layer that they are painted on."""
        ...

    def region(self, scan: Scan, label: int) -> BoolArray | None:
        """Voxels of one."""
        ...

    def measure(self) -> None:
        """Fill the table."""
        ...


class Reference:
    """Normalises CBV and CBF by a region.

    Parameters
    ----------
    viewer : Viewer
        Where the relative maps are shown.
    screen : Screen
        Says which scan is at hand.
    page : RegionsPage
        Whose buttons ask for it.
    regions : Painted
        What is painted.
    views : Views
        Where relative maps are among the others.
    """

    def __init__(
        self,
        viewer: "Viewer",
        screen: "Screen",
        page: RegionsPage,
        regions: Painted,
        views: Views,
    ) -> None:
        self._viewer, self._screen, self._page = viewer, screen, page
        self._regions, self._views = regions, views
        self._made_of: dict[int, bytes | None] = {}  # voxels of the reference, by scan layer
        page.propose.changed.connect(self.propose)
        page.normalise.changed.connect(self.normalise)

    def maps_of(self, scan: Scan) -> Mapping[str, ParameterMap]:
        """Relative maps of a scan, by symbol."""
        return scan.results.relative

    def label_of(self, scan: Scan) -> int | None:
        """Label of the region that is taken as normal, or was proposed as such; None: none is.

        Its mirror image is no tissue to compare with: it may lie in what is ill.
        """
        layer = scan.layers.regions
        if scan.results.reference is not None or layer is None:
            return scan.results.reference
        names = layer.metadata[KEY]["names"]
        return next((label for label, name in names.items() if name == REFERENCE_NAME), None)

    def refresh(self, scan: Scan) -> str:
        """Make the relative maps of a new run as those of the last one were made."""
        self._made_of.pop(id(scan.layer), None)
        return self.follow(scan)

    def follow(self, scan: Scan) -> str:
        """Make the relative maps anew if their reference was painted on; return what is to say."""
        if scan.results.reference is None:
            if scan.results.relative:
                self._drop(scan)
            return ""
        region = self._regions.region(scan, scan.results.reference)
        made_of = None if region is None else np.packbits(region).tobytes()
        if self._made_of.get(id(scan.layer), b"") == made_of:
            return ""
        self._made_of[id(scan.layer)] = made_of
        return self._normalise(scan)

    def forget(self, layer: Any) -> None:
        """Hold on to nothing of a scan that was removed."""
        self._made_of.pop(id(layer), None)

    def propose(self) -> None:
        """Propose a region of white matter that seems normal."""
        scan = self._screen.scan
        if scan is None or scan.results.run is None:
            return
        ras = scan.ras
        if ras is None:
            self._page.say("A proposal needs a scan that says where its voxels lie.")
            return
        analysis = scan.results.run[1]
        try:
            midline = proposed_midline(analysis.brain, ras)
            region, doubt = reference_proposal(
                analysis.maps,
                analysis.brain,
                ras,
                midline,
                slice_axis=scan.place.order[2],
                tumour=enhancement_of(scan),
            )
        except DscError as error:
            self._page.say(str(error))
            return
        layer = self._regions.layer_of(scan)
        names = layer.metadata[KEY]["names"]
        labels = np.array(layer.data)
        known = next((label for label, name in names.items() if name == REFERENCE_NAME), None)
        label = free_label(labels) if known is None else known
        if label is None:
            self._page.say(FULL)
            return
        names[label] = REFERENCE_NAME
        labels[labels == label] = 0
        labels[np.asarray(to_screen(region, scan.place)) & (labels == 0)] = label
        layer.data = labels
        know_reference(layer, Origin(kind="proposed"), to_file(labels == label, scan.place))
        self._regions.measure()
        self._page.choose(label, analysis.maps.blood_volume.symbol)
        if doubt:
            self._screen.say(doubt)

    def normalise(self) -> None:
        """Divide CBV and CBF by their means in the region that is chosen."""
        scan, choice = self._screen.scan, self._page.choice
        if scan is not None and choice is not None:
            scan.results.refer_to(choice[0])
            told = self.refresh(scan)
            self._regions.measure()
            if told:
                self._page.say(told)

    def _normalise(self, scan: Scan) -> str:
        label = scan.results.reference
        if label is None or scan.results.run is None:
            return ""
        region = self._regions.region(scan, label)
        if region is None:
            self._drop(scan)
            return "The reference region is gone: normalise again."
        layer = self._regions.layer_of(scan)
        name = layer.metadata[KEY]["names"].get(label, f"Region {label}")
        try:
            amounts = amounts_of(scan.results.run[1].maps)
            made = [normalised(one, region, name) for one in amounts]
        except DscError as error:
            self._drop(scan)
            return str(error)
        gone = set(scan.results.relative) - {one.symbol for one in made}
        scan.results.normalise({one.symbol: one for one in made})
        for symbol in gone:  # flow, where there is an artery no longer
            layer = scan.layers.drop_map(symbol)
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)
        for one in made:
            self._show(scan, one)
        return ""

    def _drop(self, scan: Scan) -> None:
        """Leave no map that is relative to what is not there."""
        symbols = list(scan.results.relative)
        scan.results.refer_to(None)
        scan.results.normalise({})
        for symbol in symbols:
            layer = scan.layers.drop_map(symbol)
            if layer is not None and layer in self._viewer.layers:
                self._viewer.layers.remove(layer)

    def _show(self, scan: Scan, one: ParameterMap) -> None:
        """Show a normalised map above the others, or refresh it where it stands."""
        layers, known = self._viewer.layers, scan.layers.maps.get(one.symbol)
        shown = scan.layers.maps
        amount = shown.get(QUANTITIES[one.symbol].relative_to or "")
        if amount is None and one.symbol == RCBV:
            amount = shown.get(AUC.symbol)
        if known is not None and known in layers:
            if isinstance(known, MapImage) and isinstance(amount, MapImage):
                known.blank_as(amount)
            known.data = np.array(to_screen(one.values, scan.place))
            known.metadata = {**known.metadata, KEY: {**known.metadata[KEY], **described(one)}}
            return
        colours = named_colours(QUANTITIES[one.symbol].colours[scan.layers.family])
        words = with_unit(one.symbol, one.units)
        layer = map_layer(
            scan,
            one,
            words,
            colours,
            QUANTITIES[one.symbol].window,
            {**described(one), "window_from": 0.0},
        )
        if isinstance(amount, MapImage):
            layer.blank_as(amount)
        scan.layers.show_map(one.symbol, layer)
        at = max(layers.index(other) for other in scan.layers.maps.values() if other in layers)
        with staying_active(self._viewer):
            add_map(self._viewer, layer, at + 1)
        if self._views.kind is not None:
            self._views.show(scan, self._views.kind)
        self._screen.updated.emit()
