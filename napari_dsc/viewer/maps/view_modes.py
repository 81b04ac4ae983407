"""Views of a result: all maps side by side, one over an anatomy, one alone, or of two scans."""

from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from napari.layers import Image, Layer
from qtpy.QtWidgets import QWidget

from napari_dsc.core.left_out_volumes import mean_of_baseline
from napari_dsc.core.quantities import TMAX
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.layers import KEY, staying_active, to_screen, volume_options
from napari_dsc.viewer.maps.map_layers import RESIZED, arranging, label_colour_bars, show_whole
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import layers_of, taken_up

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["BASELINE", "GRIDS", "SCAN", "UNDERLAY", "Views", "turn"]

View: TypeAlias = Literal["grid", "overlay", "single", "beside"]
GRIDS: tuple[View, ...] = ("grid", "beside")  # in which each picture has a cell
BASELINE = "Baseline image"
SCAN = "Scan"  # among the pictures
FIRST = TMAX.symbol  # what is looked at first
ASIDE = ("regions", "midline", "late")  # roles of layers that have no cell of their own
UNDERLAY = "underlay"  # role of a layer that maps are laid over


class Views:
    """Shows the maps of the scan at hand in one of these ways; slice, zoom and cursor stay.

    Of other scans nothing is seen, but in the view that shows two side by side.

    Parameters
    ----------
    viewer : Viewer
        Whose layers are shown.
    parent : QWidget
        With whom it ends.

    Attributes
    ----------
    kind : str or None
        The view on screen: "grid", "overlay", "single", "beside"; None: somebody has arranged it.
    symbol : str
        The map that is looked at in an overlay, or alone.
    opacity : float
        Of a map over an anatomy.
    """

    def __init__(self, viewer: "Viewer", parent: QWidget) -> None:
        self._viewer, self._parent = viewer, parent
        self.kind: View | None = None
        self.symbol, self.opacity = FIRST, 0.6
        self._baselines: dict[Scan, tuple[tuple[int, int], Image]] = {}
        self._at_hand: Scan | None = None
        self._put_aside: dict[Layer, str] = {}  # hidden with their scan, and their modes

    def show(self, scan: Scan, kind: View) -> None:
        """Arrange the layers of a scan.

        Parameters
        ----------
        scan : Scan
            The one at hand.
        kind : str
            "grid": the scan and all maps, a cell each. "overlay": one map over an anatomy.
            "single": one map. "beside": the same picture of every scan, and nothing else.
        """
        pictures = self.pictures(scan)
        if self.symbol not in pictures:
            self.symbol = next(reversed(pictures))
        looked_at = pictures[self.symbol]
        grid = kind in GRIDS
        below = self._below(scan) if kind == "overlay" and self.symbol != SCAN else None
        shown = [*pictures.values()] if kind == "grid" else [below, looked_at]
        if kind == "beside":
            shown = self.of_each()
        changed, self.kind = self.kind != kind, kind
        with arranging(self._viewer, grid=grid):
            with staying_active(self._viewer):
                for layer in list(self._viewer.layers):
                    if isinstance(layer, Image):
                        turn(layer, layer in shown)
                for layer in scan.layers.maps.values():
                    layer.opacity = self.opacity if kind == "overlay" else 1.0
            self.aside(grid=grid)
            self.part(scan, beside=kind == "beside")
        self.kind = kind  # also if somebody heard the grid go off
        self.part(scan, beside=kind == "beside")  # flags of quality came back with the grid
        label_colour_bars(self._viewer)
        if changed:
            soon(self._parent, partial(show_whole, self._viewer), RESIZED)

    def of_each(self) -> list[Image | None]:
        """The picture that is looked at, of every scan; of one without it, the scan itself."""
        pictures = map(self.pictures, taken_up(self._viewer))
        return [each.get(self.symbol, each[SCAN]) for each in pictures]

    def part(self, scan: Scan | None, *, beside: bool = False) -> None:
        """Hide what belongs to other scans; what was hidden so of this one is seen again.

        Parameters
        ----------
        scan : Scan or None
            The one at hand.
        beside : bool
            Whether pictures of all scans stay, and nothing but these.
        """
        self._at_hand = scan
        kept = self.of_each() if beside else []
        for one in taken_up(self._viewer):
            for layer in layers_of(self._viewer, one):
                if one is scan and not beside:
                    self._bring_back(layer)
                elif layer.visible and layer not in kept:
                    self._put_aside[layer] = str(getattr(layer, "mode", ""))
                    turn(layer, False)

    @property
    def parted(self) -> bool:
        """Whether anything was hidden with its scan."""
        return bool(self._put_aside)

    def _bring_back(self, layer: Layer) -> None:
        mode = self._put_aside.pop(layer, None)
        if mode is not None and not (self.kind is not None and isinstance(layer, Image)):
            turn(layer, True)
            if mode and layer is self._viewer.layers.selection.active:
                layer.mode = mode

    def aside(self, *, grid: bool) -> None:
        """Keep regions, midline and late tissue out of the grid: there they are outlined."""
        for layer in self._viewer.layers:
            known = layer.metadata.get(KEY, {})
            if known.get("role") in ASIDE and self._is_at_hand(known.get("scan_layer")):
                turn(layer, not grid and known.get("on", True))

    def _is_at_hand(self, layer: Layer | None) -> bool:
        """Whether a scan's layer is that of the scan at hand; of none it may be as well."""
        return None in (layer, self._at_hand) or layer is self._at_hand.layer  # type: ignore[union-attr]

    def pictures(self, scan: Scan) -> dict[str, Image]:
        """The scan and its maps, by what they are called."""
        layers = self._viewer.layers
        maps = {symbol: one for symbol, one in scan.layers.maps.items() if one in layers}
        return {SCAN: scan.layers.instead or scan.layer, **maps}

    def turn(self, scan: Scan, step: int) -> None:
        """Look at the next picture, or the one before, alone or over the anatomy."""
        symbols = list(self.pictures(scan))
        at = symbols.index(self.symbol) if self.symbol in symbols else -1
        self.look_at(scan, symbols[(at + step) % len(symbols)])

    def look_at(self, scan: Scan, symbol: str) -> None:
        """Look at a picture, alone or over the anatomy."""
        self.symbol = symbol
        self.show(scan, "single" if self.kind in (None, "grid") else self.kind)

    def set_opacity(self, scan: Scan, opacity: float) -> None:
        """Have the anatomy shine through a map."""
        self.opacity = opacity
        if self.kind == "overlay":
            for layer in scan.layers.maps.values():
                layer.opacity = opacity

    def choose(self, scan: Scan, anatomy: Image | None) -> None:
        """Lay maps over an anatomical layer; None: over the mean of the baseline."""
        scan.layers.lay_over(anatomy)
        if self.kind == "overlay":
            self.show(scan, "overlay")

    def make_room(self, layer: Layer) -> None:
        """Leave the grid while layers of ours go; it comes back if a map is left.

        Several go at once when a scan is closed, and napari makes its grid anew for each of them.
        """
        if self._viewer.canvas.grid.enabled and KEY in layer.metadata:
            self._viewer.canvas.grid.enabled = False
            soon(self._parent, self._fill)

    def _fill(self) -> None:
        if any("unit" in one.metadata.get(KEY, {}) and one.visible for one in self._viewer.layers):
            self._viewer.canvas.grid.enabled = True  # the zoom stays the user's

    def forget(self, layer: object) -> None:
        """Hold on to nothing of a layer that was removed."""
        self._put_aside = {one: mode for one, mode in self._put_aside.items() if one is not layer}
        self._baselines = {
            scan: known
            for scan, known in self._baselines.items()
            if layer not in (known[1], scan.layer)
        }

    def baseline_of(self, scan: Scan) -> FloatArray:
        """Mean of a scan's baseline, on the axes of the file."""
        return mean_of_baseline(scan.facts.series.signal, scan.facts.span, scan.facts.left_out)

    def _below(self, scan: Scan) -> Image:
        """Layer that the map is laid over, below all maps."""
        layers = self._viewer.layers
        if scan.layers.anatomy is not None and scan.layers.anatomy in layers:
            self._lower(scan, scan.layers.anatomy)
            return scan.layers.anatomy
        span, layer = self._baselines.get(scan, (None, None))
        if layer is None or layer not in layers:
            layer = self._baseline_layer(scan)
            with staying_active(self._viewer):
                layers.insert(layers.index(scan.layer) + 1, layer)
        elif span != scan.facts.span:
            layer.data = np.ascontiguousarray(to_screen(self.baseline_of(scan), scan.place))
        self._baselines[scan] = scan.facts.span, layer
        self._lower(scan, layer)
        return layer

    def _lower(self, scan: Scan, layer: Image) -> None:
        layers = self._viewer.layers
        lowest = min(layers.index(one) for one in scan.layers.maps.values() if one in layers)
        if layers.index(layer) > lowest:
            layers.move(layers.index(layer), lowest)

    def _baseline_layer(self, scan: Scan) -> Image:
        return Image(
            np.ascontiguousarray(to_screen(self.baseline_of(scan), scan.place)),
            name=BASELINE,
            colormap="gray",
            contrast_limits=scan.layer.contrast_limits,
            blending="translucent",
            interpolation2d="nearest",
            metadata={
                KEY: {
                    "role": UNDERLAY,
                    "affine": scan.facts.series.affine,
                    "scan_layer": scan.layer,
                }
            },
            **volume_options(scan.place),
        )


def turn(layer: Layer, on: bool) -> None:
    """Show or hide a layer; napari takes the brush away at each assignment, also of the same."""
    if layer.visible != on:
        layer.visible = on
