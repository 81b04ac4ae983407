"""Maps as image layers: named, in fixed windows, in a grid, with their colour bars and flags."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import numpy as np
from napari.layers import Image, Labels, Layer
from napari.utils import Colormap
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from napari_dsc.core.colours import COLOURS
from napari_dsc.core.deconvolution import cautions
from napari_dsc.core.number_words import with_unit
from napari_dsc.core.once import once
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.quantities import QUANTITIES, RELATIVE, STANDARD
from napari_dsc.core.regions import blank_voxels
from napari_dsc.core.types import BoolArray, ParameterMap
from napari_dsc.io.record import RESEARCH_USE, settings_as_json
from napari_dsc.viewer.background.gc_pause import passed_over
from napari_dsc.viewer.layers import KEY, redraw, staying_active, to_screen, volume_options
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_labels import Label, show_labels
from napari_dsc.viewer.maps.relative_scale import NORMAL, factors_of
from napari_dsc.viewer.maps.tiles import (
    TILES,
    cell_of,
    cell_size,
    fit_heads,
    fitting_shape,
    is_map,
    is_picture,
    set_shape,
)
from napari_dsc.viewer.maps.veil import veil
from napari_dsc.viewer.scan.head_box import know_head
from napari_dsc.viewer.scan.quality_layer import NAME as QUALITY
from napari_dsc.viewer.scan.quality_layer import (
    keep_aside,
    quality_layer,
    refresh_quality,
    renew_quality,
    show_legend,
)
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = [
    "NOTHING_FREE",
    "RESIZED",
    "TITLE_ROW",
    "add_map",
    "arranging",
    "blank_in",
    "described",
    "is_reshaped",
    "keep_whole",
    "label_colour_bars",
    "map_layer",
    "named_colours",
    "prepare_grid",
    "show_maps",
    "show_rejected",
    "show_scale",
    "show_whole",
    "window_of",
]

GRID_MARGIN, MARGIN = 0.14, 0.05  # of a cell: in the grid there is room for names above the maps
RESIZED = 60  # ms that the window takes to lay out a new grid
TITLE_ROW = 26  # px at the top of the only picture, for the name of the scan
NEAR = 0.03  # of the zoom: napari fits to a canvas that is still finding its size
NOTE = 8  # pt of the words on research use
WIDE_CELL = 260  # px: below, the letters in a cell are small
NOTHING_FREE: Mapping[str, Layer] = MappingProxyType({})
_FITTED: dict[int, tuple[tuple[int, ...], tuple[float, ...]]] = {}  # size and camera, by viewer
_ARRANGED: set[int] = set()  # viewers whose layers are being arranged: bars and flags wait
_WANTED: dict[int, bool] = {}  # whether the grid is on at the end, of those
_WAITING: set[int] = set()  # viewers whose grid is to get another shape
_RESHAPED: set[int] = set()  # viewers whose grid is off for a moment, to get another shape


def is_reshaped(viewer: "ViewerModel") -> bool:
    """Whether the grid goes only to come back in another shape: the view stays what it is."""
    return id(viewer) in _RESHAPED


def window_of(one: ParameterMap, analysis: Analysis) -> tuple[float, float]:
    """Window of a map: fixed; TTP's counts from the arrival of the bolus."""
    return QUANTITIES[one.symbol].window_under(analysis.settings.ttp_from, analysis.arrival)


def named_colours(name: str) -> Colormap:
    """Colour map of napari's for a name of `COLOURS`."""
    table = COLOURS[name] / 255
    return Colormap(np.column_stack([table, np.ones(len(table))]), name=name)


class _Run(NamedTuple):
    """Facts of a run that the layers of all its maps bear."""

    known: dict[str, Any]  # settings, and the arrival of the bolus
    caution: str  # on what was deconvolved; empty: none
    blank: BoolArray  # voxels that pictures leave blank, on the axes of the screen

    @classmethod
    def of(cls, scan: Scan, analysis: Analysis) -> "_Run":
        settings = analysis.settings
        known = {"settings": settings_as_json(settings), "arrival_s": analysis.arrival}
        caution = " ".join(cautions(settings.method, settings.timing))
        return cls(known, caution, np.ascontiguousarray(to_screen(blank_in(analysis), scan.place)))

    def of_map(self, one: ParameterMap) -> dict[str, Any]:
        """Facts that the layer of one map bears; what tissue alone tells needs no caution."""
        if not self.caution or QUANTITIES[one.symbol].from_tissue:
            return self.known
        return {**self.known, "caution": self.caution}


def show_maps(
    viewer: "ViewerModel",
    scan: Scan,
    analysis: Analysis,
    free: Mapping[str, Layer] = NOTHING_FREE,
) -> bool:
    """Add the maps of a scan, or refresh them where they stand; return whether they are new.

    The active layer and its mode stay as they are; a map that is refreshed keeps its window,
    colour map and visibility. The first time, the maps stand in a grid beside the scan. On the
    maps lie the flags that say where they have no answer.

    Parameters
    ----------
    viewer : ViewerModel
        Where they are shown.
    scan : Scan
        Whose maps they are.
    analysis : Analysis
        The maps.
    free : mapping of str to Layer
        By symbol: layers of a scan that has gone, from `free_layers`. They are made new where that
        can be, instead of others that would be added.
    """
    run = _Run.of(scan, analysis)
    standing = [scan.layers.maps.get(one.symbol) in viewer.layers for one in analysis.maps]
    first = not any(layer in viewer.layers for layer in scan.layers.maps.values())
    grid = first or viewer.canvas.grid.enabled
    know_head(scan, analysis.brain)
    gone = _no_longer(scan, analysis)
    new = bool(gone) or not all(standing) or scan.layers.quality not in viewer.layers
    with arranging(viewer, grid=grid) if new else nullcontext(), staying_active(viewer):
        for symbol in gone:  # of an earlier run with an artery, or without one
            layer = scan.layers.drop_map(symbol)
            if layer is not None and layer in viewer.layers:
                viewer.layers.remove(layer)
        maps = {one.symbol: one for one in analysis.maps}
        for place, symbol in enumerate(scan.layers.reading.ordered(maps)):
            one = maps[symbol]
            window = window_of(one, analysis)
            _show_map(viewer, scan, one, window, place, run, free.get(symbol))
        show_scale(scan, analysis)
        flags = free.get(QUALITY)
        _show_quality(viewer, scan, analysis.maps.quality, run.known, grid=grid, free=flags)
        if first:
            (scan.layers.instead or scan.layer).visible = False
            if scan.layers.brain is not None:
                scan.layers.brain.visible = False
            text = viewer.canvas.overlays["text"]
            text.text, text.position, text.font_size = RESEARCH_USE, "bottom_right", NOTE
            text.visible = True
    if (first or gone) and id(viewer) not in _ARRANGED:
        show_whole(viewer)  # napari looks elsewhere when layers leave the grid
    label_colour_bars(viewer)
    return first or bool(gone)


@contextmanager
def arranging(viewer: "ViewerModel", *, grid: bool) -> Iterator[None]:
    """Add, remove, show and hide layers with the grid off, and set it when all are as they should.

    napari makes its grid anew whenever a layer comes into it or goes, redraws every cell, and
    keeps the old one for as long as the window lives. Within another one it is set once, as the
    last one wants it.

    Parameters
    ----------
    viewer : ViewerModel
        Whose layers they are.
    grid : bool
        Whether the grid is on at the end.
    """
    _WANTED[id(viewer)] = grid
    if id(viewer) in _ARRANGED:
        yield
        return
    _ARRANGED.add(id(viewer))
    batch = getattr(viewer.layers, "batched_update", nullcontext)
    cells = viewer.canvas.grid
    before = tuple(cells.shape) if cells.enabled else None
    try:
        with passed_over(), batch():  # napari lays its scene out once, and collects garbage
            cells.enabled = False
            try:
                yield
                grid = _WANTED[id(viewer)]
                keep_aside(viewer, grid=grid)
                veil(viewer, grid=grid)
                if grid:
                    set_shape(viewer)
                _label(viewer, grid=grid)
            finally:
                # In the batch, napari would not hear that it has other cells.
                after = tuple(cells.shape)
                if not grid or before is None or (before == after and min(after) > 0):
                    cells.enabled = grid
        cells.enabled = grid
    finally:
        _ARRANGED.discard(id(viewer))
        _WANTED.pop(id(viewer), None)
    if grid:
        _stay_whole(viewer)  # the tiles may have another shape


def prepare_grid(viewer: "ViewerModel") -> None:
    """Make the cells of six tiles while somebody looks at the scan: the first maps find them.

    Nothing of it is seen: napari keeps the cells that it has made, and the grid is off again
    before anything is drawn.
    """
    grid = viewer.canvas.grid
    if grid.enabled or not viewer.layers or any(is_map(one) for one in viewer.layers):
        return
    before = grid.stride, grid.shape
    _RESHAPED.add(id(viewer))
    _ARRANGED.add(id(viewer))
    try:
        grid.stride, grid.shape = 1, fitting_shape(len(STANDARD), viewer.canvas.size)
        grid.enabled = True
        grid.enabled = False
        grid.stride, grid.shape = before
    finally:
        _ARRANGED.discard(id(viewer))
        _RESHAPED.discard(id(viewer))


def _show_map(
    viewer: "ViewerModel",
    scan: Scan,
    one: ParameterMap,
    window: tuple[float, float],
    place: int,
    run: _Run,
    free: Layer | None = None,
) -> None:
    """Add a map as the layer so many above the scan, or refresh it where it stands.

    A layer of a scan that has gone takes the place of the one that would be added, if it can.
    """
    low, high = window
    known = {**described(one), **run.of_map(one), "window_from": low}
    layer = scan.layers.maps.get(one.symbol)
    if layer is None or layer not in viewer.layers:
        colours = named_colours(QUANTITIES[one.symbol].colours[scan.layers.family])
        layer = map_layer(scan, one, with_unit(one.symbol, one.units), colours, window, known)
        layer.contrast_limits_range = _wide(low, high)
        layer.contrast_limits = (low, high)
        layer.leave_blank(run.blank)
        layer.show_all(scan.layers.rejected)
        layer.visible = place < TILES  # the grid holds so many
        if isinstance(free, MapImage) and free.take_the_place_of(layer):
            scan.layers.show_map(one.symbol, free)
            return
        _remove(viewer, free)  # two of one name would be numbered
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
        layer.leave_blank(run.blank)
    redraw(viewer, layer)
    layer.metadata = {**layer.metadata, KEY: known}


def _remove(viewer: "ViewerModel", layer: Layer | None) -> None:
    """Remove a layer of a scan that has gone, if it is there."""
    if layer is not None and layer in viewer.layers:
        viewer.layers.remove(layer)


def _no_longer(scan: Scan, analysis: Analysis) -> list[str]:
    """Symbols of maps on screen that an analysis does not hold, and that nobody made of it."""
    made = {one.symbol for one in analysis.maps}
    shown = [symbol for symbol in scan.layers.maps if symbol in QUANTITIES]
    return [one for one in shown if one not in made and QUANTITIES[one].relative_to is None]


@once
def blank_in(analysis: Analysis) -> BoolArray:
    """Voxels that the pictures of an analysis leave blank; best worked out beside the maps."""
    series = analysis.prepared.series
    return blank_voxels(analysis.maps, analysis.brain, slice_axis=series.slice_axis)


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
    """Insert the layer of a map, whose label follows it."""
    follow = partial(label_colour_bars, viewer)
    layer.events.visible.connect(follow)
    relabel = partial(_relabel, viewer)
    events = layer.events
    for one in (events.name, events.contrast_limits, events.colormap, events.gamma):
        one.connect(relabel)
    layer.name_overlay.events.color.connect(relabel)
    viewer.layers.insert(min(at, len(viewer.layers)), layer)


def show_whole(viewer: "ViewerModel") -> None:
    """Have every tile, or the only map, be filled by the head; without one, show all of it."""
    grid = viewer.canvas.grid.enabled
    if not fit_heads(viewer, 0 if grid else TITLE_ROW):
        viewer.fit_to_view(margin=GRID_MARGIN if grid else MARGIN)
    _FITTED[id(viewer)] = _size_of(viewer), _place_of(viewer)


def keep_whole(viewer: "ViewerModel") -> None:
    """Have a picture that is whole be whole in its next room, too: napari fits its first layer.

    It is known for one that we have fitted. One that somebody has moved or enlarged stays so.
    """
    known = _FITTED.get(id(viewer))
    if not viewer.layers or (known is not None and _is_at(viewer, known[1])):
        return
    camera = viewer.scene.camera
    center, zoom = camera.center, camera.zoom
    viewer.fit_to_view()
    near = np.isclose(camera.zoom, zoom, rtol=NEAR) and np.allclose(camera.center, center)
    camera.center, camera.zoom = center, zoom
    if near:
        _FITTED[id(viewer)] = _size_of(viewer), _place_of(viewer)


def _stay_whole(viewer: "ViewerModel") -> None:
    """Fit once more to a canvas of another size, unless somebody has moved or zoomed since."""
    known = _FITTED.get(id(viewer))
    if known is not None and known[0] != _size_of(viewer):
        if _is_at(viewer, known[1]):
            show_whole(viewer)
            QTimer.singleShot(0, partial(_fit_again, ref(viewer), id(viewer)))
        else:
            del _FITTED[id(viewer)]


def _fit_again(known: "ref[ViewerModel]", number: int) -> None:
    """Fit once more, when all parts of the canvas have its new size.

    It tells of that before its view has it: what was fitted in between is drawn smaller or larger
    than it was to be, and napari takes that for a zoom of somebody's.
    """
    viewer, fitted = known(), _FITTED.get(number)
    if viewer is not None and fitted is not None and fitted[0] == _size_of(viewer):
        show_whole(viewer)


def _is_at(viewer: "ViewerModel", place: tuple[float, ...]) -> bool:
    return bool(np.allclose(place, _place_of(viewer), rtol=1e-6, atol=1e-6))


def _size_of(viewer: "ViewerModel") -> tuple[int, ...]:
    """Of the canvas, px, and how many tiles share it."""
    grid = viewer.canvas.grid
    tiles = tuple(grid.shape) if grid.enabled else ()
    return tuple(int(one) for one in (*viewer.canvas.size, *tiles))


def _place_of(viewer: "ViewerModel") -> tuple[float, ...]:
    camera = viewer.scene.camera
    return (*(float(one) for one in camera.center[-2:]), float(camera.zoom))


def _show_quality(
    viewer: "ViewerModel",
    scan: Scan,
    flags: NDArray[np.uint16] | None,
    run: dict[str, Any],
    *,
    grid: bool,
    free: Layer | None = None,
) -> None:
    """Add the quality flags above the maps, or refresh them where they stand."""
    if flags is None:
        return
    layer = scan.layers.quality
    if layer is None or layer not in viewer.layers:
        layer = quality_layer(scan.layer.data.shape[1:], scan.place, grid)
        if isinstance(free, Labels) and renew_quality(free, layer):
            layer = free
            scan.layers.show_quality(layer)
        else:
            _remove(viewer, free)
            scan.layers.show_quality(layer)
            layer.events.visible.connect(partial(label_colour_bars, viewer))
            shown = [one for one in scan.layers.maps.values() if one in viewer.layers]
            viewer.layers.insert(max(map(viewer.layers.index, shown)) + 1, layer)
    refresh_quality(viewer, layer, flags, scan.place, {"affine": scan.facts.series.affine, **run})


def _wide(low: float, high: float) -> tuple[float, float]:
    """Range in which a user may set a window."""
    return low - (high - low), high + 4 * (high - low)


def label_colour_bars(viewer: "ViewerModel", _event: Any = None) -> None:
    """Every bar beside its map's name: all in the grid, otherwise that of the map on top.

    In the grid every picture has a cell of its own, and so its name; masks have none. The grid is
    as large as the pictures in sight need.
    """
    if id(viewer) in _ARRANGED:
        return
    grid = viewer.canvas.grid.enabled
    keep_aside(viewer, grid=grid)
    veil(viewer, grid=grid)
    if set_shape(viewer) and grid and id(viewer) not in _WAITING:
        # Not while napari still tells of the change that asks for it: it would not hear of ours.
        _WAITING.add(id(viewer))
        QTimer.singleShot(0, partial(_reshape, ref(viewer), id(viewer)))
    _stay_whole(viewer)
    _label(viewer, grid=grid)
    show_legend(viewer)


def _reshape(known: "ref[ViewerModel]", number: int) -> None:
    """Have the grid come back in the shape that the pictures in sight need."""
    _WAITING.discard(number)
    viewer = known()
    if viewer is None or not viewer.canvas.grid.enabled or not set_shape(viewer):
        return
    known_place = _FITTED.get(number)
    whole = known_place is not None and _is_at(viewer, known_place[1])
    _RESHAPED.add(number)
    try:
        with arranging(viewer, grid=True):
            pass
    finally:
        _RESHAPED.discard(number)
    if whole:  # in tiles of another size
        show_whole(viewer)
        _label(viewer, grid=True)
    show_legend(viewer)


def _relabel(viewer: "ViewerModel", _event: Any = None) -> None:
    """Follow the name, the window and the colours of a map."""
    if id(viewer) not in _ARRANGED:
        _label(viewer, grid=viewer.canvas.grid.enabled)


def _label(viewer: "ViewerModel", *, grid: bool) -> None:
    """Size and show names and bars for the grid, or for the picture on top."""
    maps = [one for one in viewer.layers if is_map(one)]
    pictures = [one for one in viewer.layers if isinstance(one, Image) and one.visible]
    height, width = cell_size(viewer, grid=grid)
    for other in viewer.layers:
        if maps and KEY in other.metadata and other not in maps:
            _turn(other.name_overlay, grid and is_picture(other))
            _back(other.name_overlay, not grid)
            other.name_overlay.font_size = _letters(width)
    named = [one for one in maps if one.visible and (grid or one is pictures[-1])]
    show_labels(viewer, [_labelled(viewer, one, (height, width), grid=grid) for one in named])


def _labelled(
    viewer: "ViewerModel", layer: Image, size: tuple[float, float], *, grid: bool
) -> Label:
    """Name and bar of a map, of the size of its cell, so that they do not cover it."""
    height, width = size
    row, column = cell_of(viewer, layer) if grid else (0, 0)
    share = 2.2 if width > WIDE_CELL else 3.4  # of a small cell the corner that a head leaves
    bar = round(min(25, max(8, width / 24))), round(min(150, max(30, height / share)))
    below = 0 if grid else TITLE_ROW  # there stands the name of the scan
    cell = column * width, row * height + below, width, height
    return Label.of(layer, cell, _letters(width), bar)


def _letters(width: float) -> int:
    """Size of the letters in a cell, pt."""
    return 10 if width > WIDE_CELL else 8


def _back(overlay: Any, on: bool) -> None:
    """Draw a box behind an overlay, or none: in the grid it lies on no picture, and time counts."""
    if overlay.box != on:
        overlay.box = on


def _turn(overlay: Any, on: bool) -> None:
    """Show or hide an overlay; one that is so already costs a redraw all the same."""
    if overlay.visible != on:
        overlay.visible = on
