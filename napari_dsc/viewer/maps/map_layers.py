"""Maps as image layers: named, in fixed windows, in a grid, with their colour bars and flags."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image
from napari.utils import Colormap
from numpy.typing import NDArray

from napari_dsc.core.colours import COLOURS
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.quantities import QUANTITIES, RELATIVE
from napari_dsc.core.regions import blank_voxels
from napari_dsc.core.types import BoolArray, ParameterMap
from napari_dsc.io.record import RESEARCH_USE, settings_as_json
from napari_dsc.viewer.layers import KEY, redraw, staying_active, to_screen, volume_options
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.relative_scale import NORMAL, factors_of
from napari_dsc.viewer.scan.quality_layer import (
    keep_aside,
    quality_layer,
    refresh_quality,
    show_legend,
)
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = [
    "RESIZED",
    "add_map",
    "arranging",
    "described",
    "label_colour_bars",
    "map_layer",
    "named_colours",
    "show_maps",
    "show_rejected",
    "show_scale",
    "show_whole",
    "window_of",
]

GRID_MARGIN, MARGIN = 0.14, 0.05  # of a cell: in the grid there is room for names above the maps
RESIZED = 60  # ms that the window takes to lay out a new grid
WIDE_CELL = 260  # px: below, the letters in a cell are small
_ARRANGED: set[int] = set()  # viewers whose layers are being arranged: bars and flags wait


def window_of(one: ParameterMap, analysis: Analysis) -> tuple[float, float]:
    """Window of a map: fixed; TTP's counts from the arrival of the bolus."""
    return QUANTITIES[one.symbol].window_under(analysis.settings.ttp_from, analysis.arrival)


def named_colours(name: str) -> Colormap:
    """Colour map of napari's for a name of `COLOURS`."""
    table = COLOURS[name] / 255
    return Colormap(np.column_stack([table, np.ones(len(table))]), name=name)


def show_maps(viewer: "ViewerModel", scan: Scan, analysis: Analysis) -> bool:
    """Add the maps of a scan, or refresh them where they stand; return whether they are new.

    The active layer and its mode stay as they are; a map that is refreshed keeps its window,
    colour map and visibility. The first time, the maps stand in a grid beside the scan. On the
    maps lie the flags that say where they have no answer.
    """
    run = {"settings": settings_as_json(analysis.settings), "arrival_s": analysis.arrival}
    standing = [scan.layers.maps.get(one.symbol) in viewer.layers for one in analysis.maps]
    first = not any(layer in viewer.layers for layer in scan.layers.maps.values())
    grid = first or viewer.canvas.grid.enabled
    blank = _blank_on_screen(scan, analysis)
    new = not all(standing) or scan.layers.quality not in viewer.layers
    with arranging(viewer, grid=grid) if new else nullcontext(), staying_active(viewer):
        for place, one in enumerate(analysis.maps):
            _show_map(viewer, scan, one, window_of(one, analysis), run, place, blank)
        show_scale(scan, analysis)
        _show_quality(viewer, scan, analysis.maps.quality, run, grid=grid)
        if first:
            if scan.layers.brain is not None:
                scan.layers.brain.visible = False
            text = viewer.canvas.overlays["text"]
            text.text, text.position, text.visible = RESEARCH_USE, "bottom_right", True
    label_colour_bars(viewer)
    return first


@contextmanager
def arranging(viewer: "ViewerModel", *, grid: bool) -> Iterator[None]:
    """Add, remove, show and hide layers with the grid off, and set it when all are as they should.

    napari makes its grid anew whenever a layer comes into it or goes, redraws every cell, and
    keeps the old one for as long as the window lives.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers they are.
    grid : bool
        Whether the grid is on at the end.
    """
    _ARRANGED.add(id(viewer))
    try:
        viewer.canvas.grid.enabled = False
        yield
        keep_aside(viewer, grid=grid)
    finally:
        _ARRANGED.discard(id(viewer))
        viewer.canvas.grid.enabled = grid


def _show_map(
    viewer: "ViewerModel",
    scan: Scan,
    one: ParameterMap,
    window: tuple[float, float],
    run: dict[str, Any],
    place: int,
    blank: BoolArray,
) -> None:
    """Add a map as the layer so many above the scan, or refresh it where it stands."""
    low, high = window
    known = {**described(one), **run, "window_from": low}
    layer = scan.layers.maps.get(one.symbol)
    if layer is None or layer not in viewer.layers:
        colours = named_colours(QUANTITIES[one.symbol].colours[scan.layers.family])
        layer = map_layer(scan, one, f"{one.symbol} ({one.units})", colours, window, known)
        layer.contrast_limits_range = _wide(low, high)
        layer.contrast_limits = (low, high)
        layer.leave_blank(blank)
        layer.show_all(scan.layers.rejected)
        scan.layers.show_map(one.symbol, layer)
        add_map(viewer, layer, viewer.layers.index(scan.layer) + 1 + place)
        return
    shift = low - layer.metadata[KEY]["window_from"]  # TTP: its origin has moved
    if shift:
        bottom, top = layer.contrast_limits
        layer.contrast_limits_range = _wide(low, high)
        layer.contrast_limits = (bottom + shift, top + shift)
    # In place: new data would have napari look at the whole volume.
    layer.data[...] = to_screen(one.values, scan.place)
    if isinstance(layer, MapImage):
        layer.leave_blank(blank)
    redraw(viewer, layer)
    layer.metadata = {**layer.metadata, KEY: known}


def _blank_on_screen(scan: Scan, analysis: Analysis) -> BoolArray:
    """Voxels that the pictures of an analysis leave blank, on the axes of the screen."""
    series = analysis.prepared.series
    blank = blank_voxels(analysis.maps, analysis.brain, slice_axis=series.slice_axis)
    return np.ascontiguousarray(to_screen(blank, scan.place))


def show_scale(scan: Scan, analysis: Analysis) -> bool:
    """Show amounts relative to normal white matter where absolute values do not hold.

    A reader who wants them all the same has them absolute. Return whether they can be relative.
    """
    factors = factors_of(scan, analysis)
    for symbol, row in RELATIVE.items():
        layer = scan.layers.maps.get(symbol)
        if not isinstance(layer, MapImage):
            continue
        if symbol in factors and not scan.layers.absolute:
            layer.show_relative(factors[symbol], f"{symbol} (× {NORMAL})", row.window)
        else:
            layer.show_absolute()
    return bool(factors)


def show_rejected(scan: Scan, on: bool) -> None:
    """Show rejected voxels of a scan's maps, or leave those without tissue blank."""
    scan.layers.show_rejected(on)
    for layer in scan.layers.maps.values():
        if isinstance(layer, MapImage):
            layer.show_all(on)


def described(one: ParameterMap) -> dict[str, Any]:
    """What a map's layer knows of it, for its writer and the read-out."""
    return {"name": one.name, "unit": one.units, "affine": one.affine}


def map_layer(
    scan: Scan,
    one: ParameterMap,
    name: str,
    colormap: Colormap | str,
    window: tuple[float, float],
    known: dict[str, Any],
) -> MapImage:
    """Make the layer of a map, on the grid of a scan.

    Parameters
    ----------
    scan : Scan
        On whose grid it lies.
    one : ParameterMap
        The map, on the axes of the file; it is copied.
    name : str
        Of the layer.
    colormap : Colormap or str
        Its colours.
    window : tuple of float
        Values of its darkest and its brightest colour.
    known : dict
        For its metadata, from `described`.
    """
    return MapImage(
        np.array(to_screen(one.values, scan.place)),  # the result stays what it was
        name=name,
        colormap=colormap,
        contrast_limits=window,
        blending="translucent",
        interpolation2d="nearest",
        metadata={KEY: known},
        **volume_options(scan.place),
    )


def add_map(viewer: "ViewerModel", layer: Image, at: int) -> None:
    """Insert the layer of a map, with its colour bar where there is room."""
    layer.events.visible.connect(partial(label_colour_bars, viewer))
    viewer.layers.insert(min(at, len(viewer.layers)), layer)


def show_whole(viewer: "ViewerModel") -> None:
    """Have every cell hold its whole picture, and a name above it."""
    viewer.fit_to_view(margin=GRID_MARGIN if viewer.canvas.grid.enabled else MARGIN)


def _show_quality(
    viewer: "ViewerModel",
    scan: Scan,
    flags: NDArray[np.uint16] | None,
    run: dict[str, Any],
    *,
    grid: bool,
) -> None:
    """Add the quality flags above the maps, or refresh them where they stand."""
    if flags is None:
        return
    layer = scan.layers.quality
    if layer is None or layer not in viewer.layers:
        layer = quality_layer(scan.layer.data.shape[1:], scan.place, grid)
        scan.layers.show_quality(layer)
        layer.events.visible.connect(partial(label_colour_bars, viewer))
        top = max(
            viewer.layers.index(one) for one in scan.layers.maps.values() if one in viewer.layers
        )
        viewer.layers.insert(top + 1, layer)
    refresh_quality(viewer, layer, flags, scan.place, {"affine": scan.facts.series.affine, **run})


def _wide(low: float, high: float) -> tuple[float, float]:
    """Range in which a user may set a window."""
    return low - (high - low), high + 4 * (high - low)


def label_colour_bars(viewer: "ViewerModel", _event: Any = None) -> None:
    """Every bar beside its map's name: all in the grid, otherwise that of the map on top.

    In the grid every layer has a cell of its own, and so its name; the flags stand beside the
    maps there, not on them.
    """
    if id(viewer) in _ARRANGED:
        return
    keep_aside(viewer, grid=viewer.canvas.grid.enabled)
    show_legend(viewer)
    maps = [one for one in viewer.layers if "unit" in one.metadata.get(KEY, {})]
    pictures = [one for one in viewer.layers if isinstance(one, Image) and one.visible]
    grid = viewer.canvas.grid.enabled
    height, width = viewer.canvas.viewbox_size(viewer.layers)
    for other in viewer.layers:
        if maps and KEY in other.metadata and other not in maps:
            _turn(other.name_overlay, grid)
            _back(other.name_overlay, not grid)
            other.name_overlay.font_size = _letters(width)
    for one in maps:
        _fit(one, height, width)
        named = one.visible and (grid or one is pictures[-1])
        for overlay in (one.colorbar, one.name_overlay):
            _turn(overlay, named)
            _back(overlay, not grid)


def _fit(layer: Image, height: float, width: float) -> None:
    """Size a bar and a name for their cell, so that they do not cover the map."""
    bar, name = layer.colorbar, layer.name_overlay
    share = 2.2 if width > WIDE_CELL else 3.4  # of a small cell the corner that a head leaves
    size = (round(min(25, max(8, width / 24))), round(min(150, max(30, height / share))))
    letters = _letters(width)
    if tuple(bar.size) != size or bar.font_size != letters:
        bar.size, bar.font_size, name.font_size = size, letters, letters


def _letters(width: float) -> int:
    """Size of the letters in a cell, pt."""
    return 10 if width > WIDE_CELL else 7


def _back(overlay: Any, on: bool) -> None:
    """Draw a box behind an overlay, or none: in the grid it lies on no picture, and time counts."""
    if overlay.box != on:
        overlay.box = on


def _turn(overlay: Any, on: bool) -> None:
    """Show or hide an overlay; one that is so already costs a redraw all the same."""
    if overlay.visible != on:
        overlay.visible = on
