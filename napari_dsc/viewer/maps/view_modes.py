"""Views of a result: all maps side by side, one over an anatomy, one alone, or of two scans."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from napari.layers import Image, Layer
from qtpy.QtWidgets import QWidget

from napari_dsc.core.left_out_volumes import mean_of_baseline
from napari_dsc.core.quantities import TMAX
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.layers import KEY, staying_active, to_screen, volume_options
from napari_dsc.viewer.maps.map_layers import (
    RESIZED,
    arranging,
    keep_whole,
    label_colour_bars,
    show_whole,
)
from napari_dsc.viewer.maps.reading_order import is_in_order, put_in_order
from napari_dsc.viewer.maps.tiles import TILES, is_map
from napari_dsc.viewer.maps.veil import veil
from napari_dsc.viewer.scan.quality_layer import NAME as QUALITY
from napari_dsc.viewer.scan.quality_layer import keep_aside
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import layers_of, taken_up

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["BASELINE", "GRIDS", "QUALITY", "SCAN", "TILES", "UNDERLAY", "Views", "turn"]

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
        self._flagged = False  # whether the quality flags are the picture that is looked at
        self._baselines: dict[Scan, tuple[tuple[int, int], Image]] = {}
        self._at_hand: Scan | None = None
        viewer.dims.events.order.connect(self._on_cut)
        viewer.layers.events.inserted.connect(self._on_inserted)
        # After napari has fitted the first layer: docks that come next leave it another room.
        viewer.layers.events.inserted.connect(self._on_first, position="last")
        for layer in viewer.layers:
            self._follow(layer)
        self._put_aside: dict[Layer, str] = {}  # hidden with their scan, and their modes

    def show(self, scan: Scan, kind: View) -> None:
        """Arrange the layers of a scan.

        Parameters
        ----------
        scan : Scan
            The one at hand.
        kind : str
            "grid": six maps, a tile each. "overlay": one map over an anatomy. "single": one map;
            flags of quality lie over the anatomy. "beside": the same picture of every scan.
        """
        pictures = self.pictures(scan)
        if self.symbol not in pictures:
            self.symbol = [SCAN, *scan.layers.maps][-1]
        grid = kind in GRIDS
        shown = self._shown(scan, kind, pictures)
        changed, self.kind = self.kind != kind, kind
        with arranging(self._viewer, grid=grid):
            with staying_active(self._viewer):
                keep_aside(self._viewer, grid=grid)
                self._turn_flags(scan, grid=grid)
                for layer in list(self._viewer.layers):
                    if isinstance(layer, Image):
                        turn(layer, layer in shown)
                for layer in scan.layers.maps.values():
                    layer.opacity = self.opacity if kind == "overlay" else 1.0
                put_in_order(self._viewer, scan)
            self.aside(grid=grid)
            self.part(scan, beside=kind == "beside")
        if changed:  # before it is drawn, and once more when the window has found its shape
            show_whole(self._viewer)
        self.kind = kind  # also if somebody heard the grid go off
        self.part(scan, beside=kind == "beside")  # flags of quality came back with the grid
        label_colour_bars(self._viewer)
        if changed:
            soon(self._parent, partial(show_whole, self._viewer), RESIZED)

    def _shown(self, scan: Scan, kind: View, pictures: dict[str, Layer]) -> "list[Layer | None]":
        """Pictures of a view."""
        if kind == "beside":
            return [*self.of_each()]
        if kind == "grid":
            return [*self.tiles(scan).values()]
        bare = self.symbol == SCAN or (kind == "single" and self.symbol != QUALITY)
        return [None if bare else self._below(scan), pictures[self.symbol]]

    def tiles(self, scan: Scan) -> dict[str, Image]:
        """Maps that have a tile in the grid, by symbol, in the order in which they are read."""
        first = list(scan.layers.ordered_maps.items())[:TILES]
        return {symbol: layer for symbol, layer in first if layer in self._viewer.layers}

    def _turn_flags(self, scan: Scan, *, grid: bool) -> None:
        """Show the flags of quality as a picture of their own, or hide them if they were one."""
        flags = scan.layers.quality
        looked_at = self.symbol == QUALITY and not grid
        if flags is not None and flags in self._viewer.layers and looked_at != self._flagged:
            turn(flags, looked_at)
        self._flagged = looked_at

    def order(self, scan: Scan) -> None:
        """Lay maps out in the order in which the scan is read."""
        if is_in_order(self._viewer, scan):
            return
        if self._viewer.canvas.grid.enabled:
            self.show(scan, self.kind or "grid")  # it turns the grid off for a moment
        else:
            with staying_active(self._viewer):
                put_in_order(self._viewer, scan)

    def of_each(self) -> list[Layer | None]:
        """The picture that is looked at, of every scan; of one without it, the scan itself."""
        pictures = map(self.pictures, taken_up(self._viewer))
        symbol = SCAN if self.symbol == QUALITY else self.symbol
        return [each.get(symbol, each[SCAN]) for each in pictures]

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

    @contextmanager
    def steady_grid(self) -> Iterator[None]:
        """Let layers without a cell of their own come: the grid is made anew once, at the end."""
        kind, grid = self.kind, self._viewer.canvas.grid.enabled
        with arranging(self._viewer, grid=grid) if grid else nullcontext():
            yield
            self.aside(grid=grid)
        self.kind = kind  # also if somebody heard the grid go off

    def _is_at_hand(self, layer: Layer | None) -> bool:
        """Whether a scan's layer is that of the scan at hand; of none it may be as well."""
        return None in (layer, self._at_hand) or layer is self._at_hand.layer  # type: ignore[union-attr]

    def pictures(self, scan: Scan) -> dict[str, Layer]:
        """The scan, its maps and their flags of quality, by what they are called."""
        layers = self._viewer.layers
        maps = {symbol: one for symbol, one in scan.layers.ordered_maps.items() if one in layers}
        flags = scan.layers.quality
        last = {QUALITY: flags} if maps and flags is not None and flags in layers else {}
        return {SCAN: scan.layers.instead or scan.layer, **maps, **last}

    def label(self) -> None:
        """Write anew what stands on the maps."""
        label_colour_bars(self._viewer)

    def veil(self) -> None:
        """Have the vessels of now be outlined in the grid, and painted over no tile."""
        veil(self._viewer, grid=self._viewer.canvas.grid.enabled)

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

    def _on_first(self, _event: Any) -> None:
        if len(self._viewer.layers) == 1:
            keep_whole(self._viewer)

    def _on_inserted(self, event: Any) -> None:
        self._follow(event.value)

    def _follow(self, layer: Layer) -> None:
        """Have a picture that somebody shows or hides come into the grid, or leave it."""
        if isinstance(layer, Image) and not is_map(layer):  # those say so themselves
            layer.events.visible.connect(self._on_seen)

    def _on_seen(self, _event: object = None) -> None:
        if self._viewer.canvas.grid.enabled:
            label_colour_bars(self._viewer)

    def _on_cut(self, _event: object = None) -> None:
        """Fit the heads again once napari has fitted the whole, cut another way."""
        if self.kind in GRIDS and self._viewer.canvas.grid.enabled:
            soon(self._parent, partial(show_whole, self._viewer))

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
