"""Pictures of the page, each drawn on axes that it is given: HTML and PDF share them."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.colours import COLOURS, coloured
from napari_dsc.core.quantities import CBV, QUANTITIES
from napari_dsc.core.regions import blank_voxels
from napari_dsc.core.types import BoolArray, FloatArray, ParameterMap
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.orientation import View
from napari_dsc.report.read_results import Results
from napari_dsc.report.safe_text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["NO_ANSWER", "REGIONS_ON", "aif_slice", "draw_bar", "draw_map", "draw_scan", "window_of"]

NO_ANSWER = (56, 56, 56)  # of 255: in no table of colours, nor near one
OUTSIDE = (0, 0, 0)
GAP = 0.03  # of a slice's width, between slices
RED, BLUE = "#ff3030", "#40a0ff"
REGIONS_ON = CBV.symbol  # the one map on which regions are outlined: the others stay free


def window_of(results: Results, symbol: str) -> tuple[float, float]:
    """In which window a map is shown: fixed; TTP's counts from the arrival of the bolus."""
    arrival = float(results.record["bolus_arrival_s"])
    return QUANTITIES[symbol].window_under(results.replay.settings.ttp_from, arrival)


def aif_slice(results: Results, view: View) -> int:
    """Slice with the most voxels of the AIF; else of the VOF, else of the brain."""
    for mask in (results.artery, results.vein, results.brain):
        if mask is not None and mask.any():
            return int(view.turned(mask).sum(axis=(0, 1)).argmax())
    return 0


def draw_map(
    axes: "Axes", results: Results, view: View, one: ParameterMap, family: str, size: float
) -> None:
    """Draw the slices of a map beside each other, in its window.

    Parameters
    ----------
    axes : Axes
        Where.
    results, view : Results, View
        The folder, and how it is shown.
    one : ParameterMap
        Which map.
    family : str
        Of colours, one of `FAMILIES`.
    size : float
        Of the letters, pt.
    """
    low, high = window_of(results, one.symbol)
    width, height = view.extent
    blank = blank_voxels(results.maps, results.brain, slice_axis=results.replay.slice_axis)
    for column, at in enumerate(view.slices):
        fraction = (view.plane(one.values, at) - low) / (high - low)
        colours = _painted(
            fraction, view.plane(results.brain, at), QUANTITIES[one.symbol].colours[family]
        )
        colours = _showing_through(colours, results, view, at, view.plane(blank, at))
        left = column * width * (1 + GAP)
        _show(axes, colours, (left, left + width, 0.0, height))
        _letter(axes, view, (left, left + width, 0.0, height), size)
        _note(axes, f"slice {view.number(at)}", (left, height), size)
        if results.drawn is not None and one.symbol == REGIONS_ON:
            flat = view.plane(results.drawn.labels, at)
            _regions(axes, flat, (left, left + width, 0.0, height), size)
    axes.set_xlim(0, len(view.slices) * width * (1 + GAP) - width * GAP)
    axes.set_ylim(0, height)
    axes.set_title(
        f"{one.symbol}: {one.name}, {one.units}   |   {RESEARCH_USE}",
        fontsize=size, loc="left", pad=2.5,
    )  # fmt: skip


def _regions(
    axes: "Axes", labels: NDArray[Any], extent: tuple[float, float, float, float], size: float
) -> None:
    """Draw the border of each region, and its number above its highest voxel."""
    step = (extent[1] - extent[0]) / labels.shape[1], extent[3] / labels.shape[0]
    drawn = np.maximum(labels, 0)
    _outline(axes, drawn, extent, "white", "-", thin=True)
    for label, first in zip(*np.unique(drawn, return_index=True), strict=True):
        if not label:
            continue
        row, column = divmod(int(first), labels.shape[1])
        at = extent[0] + (column + 0.5) * step[0], extent[3] - row * step[1]
        axes.text(*at, str(label), ha="center", va="bottom", fontweight="bold", **_white(size))


def draw_bar(axes: "Axes", results: Results, one: ParameterMap, family: str, size: float) -> None:
    """Draw the colours of a map's window, with its ends, its middle and its unit."""
    low, high = window_of(results, one.symbol)
    table = QUANTITIES[one.symbol].colours[family]
    steps = np.linspace(1, 0, 15 * (len(COLOURS[table]) - 1) + 1)[:, None]
    axes.imshow(
        coloured(steps, table), extent=(0, 1, low, high), aspect="auto", interpolation="none"
    )
    ticks = [low, (low + high) / 2, high]
    axes.set_xticks([])
    axes.yaxis.tick_right()
    axes.set_yticks(ticks, [f"{tick:g}".replace("-", "−") for tick in ticks])
    axes.tick_params(labelsize=size, length=2, width=0.5, pad=2.5)
    axes.yaxis.set_label_position("right")
    axes.set_ylabel(one.units, fontsize=size, labelpad=2)


def draw_scan(axes: "Axes", results: Results, view: View, size: float) -> str:
    """Draw the scan with the voxels of AIF and VOF, and return what it shows, in words."""
    at = aif_slice(results, view)
    shown, words = _background(results, view, at)
    width, height = view.extent
    extent = (0.0, width, 0.0, height)
    _show(axes, shown, extent)
    told = [f"Slice {view.number(at)} (of 0 to {view.shape[2] - 1}) over {words}."]
    vessels = (("AIF (red)", results.artery, RED, "-"), ("VOF (blue, dashed)", results.vein, BLUE,
               (0, (2, 1))))  # fmt: skip
    for name, mask, colour, style in vessels:
        if mask is None:
            continue
        flat = view.plane(mask, at)
        _outline(axes, flat, extent, colour, style)
        total = int(mask.sum())
        told.append(
            f"{name}: {int(flat.sum())} of {total} voxels." if total
            else "AIF: a curve that was loaded, no voxels."
        )  # fmt: skip
    _letter(axes, view, extent, size)
    axes.set_title(f"Scan   |   {RESEARCH_USE}", fontsize=size, loc="left", pad=2.5)
    return " ".join(told)


def _background(results: Results, view: View, at: int) -> tuple[NDArray[np.uint8], str]:
    """Grey picture of the scan: its baseline if it was saved, else CBV."""
    if results.baseline is None:
        low, high = CBV.window
        flat, words = view.plane(results.maps.cbv.values, at), CBV.symbol
    else:
        known = results.baseline[results.brain]
        known = known[np.isfinite(known)]
        low, high = np.percentile(known, (1, 95)) if known.size else (0.0, 1.0)
        flat, words = view.plane(results.baseline, at), "the mean of the baseline"
    level = np.clip((flat - low) / max(high - low, 1e-12), 0, 1)
    grey = np.round(255 * np.nan_to_num(level)).astype(np.uint8)
    made = np.repeat(grey[..., None], 3, axis=-1)
    if results.baseline is None:
        made = _with_gaps(made, flat, view.plane(results.brain, at))
    return made, words


def _showing_through(
    colours: NDArray[np.uint8], results: Results, view: View, at: int, blank: BoolArray
) -> NDArray[np.uint8]:
    """Colours, but the scan where a map is blank; as they are where no scan was saved."""
    if results.baseline is None or not blank.any():
        return colours
    drawn = (colours != np.array(NO_ANSWER)).any(axis=-1)  # what is NaN stays so
    shown, _ = _background(results, view, at)
    return np.where((blank & drawn)[..., None], shown, colours).astype(np.uint8)


def _painted(fraction: FloatArray, brain: BoolArray, table: str) -> NDArray[np.uint8]:
    return _with_gaps(coloured(fraction, table), fraction, brain)


def _with_gaps(
    colours: NDArray[np.uint8], values: FloatArray, brain: BoolArray
) -> NDArray[np.uint8]:
    """Colours, but dark grey where there is no answer, and black where none was asked for."""
    made = np.where(brain[..., None], np.array(NO_ANSWER), np.array(OUTSIDE))
    return np.where(np.isfinite(values)[..., None], colours, made).astype(np.uint8)


def _show(
    axes: "Axes", colours: NDArray[np.uint8], extent: tuple[float, float, float, float]
) -> None:
    axes.imshow(colours, extent=extent, interpolation="none", aspect="equal")
    axes.set_axis_off()


def _outline(
    axes: "Axes",
    mask: NDArray[Any],
    extent: tuple[float, float, float, float],
    colour: str,
    style: Any,
    *,
    thin: bool = False,
) -> None:
    """Draw the borders of a mask, or of several labels, along the edges of their voxels."""
    from matplotlib.collections import LineCollection

    rows, columns = mask.shape
    padded = np.pad(mask, 1)
    step, rise = (extent[1] - extent[0]) / columns, extent[3] / rows
    across = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
    down = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
    first = np.concatenate([across, down])[:, ::-1]
    ends = np.array([0, 1]), np.array([1, 0])
    last = np.concatenate([across + ends[0], down + ends[1]])[:, ::-1]
    placed = np.stack([first, last], axis=1) * [step, -rise] + [extent[0], extent[3]]
    axes.add_collection(
        LineCollection(placed, colors=colour, linewidths=0.5 if thin else 0.9, linestyles=[style]),
        autolim=False,
    )


def _letter(
    axes: "Axes", view: View, extent: tuple[float, float, float, float], size: float
) -> None:
    left, right, bottom, top = extent
    middle, level = (left + right) / 2, (bottom + top) / 2
    places = (
        (left, level, "left", "center"),
        (right, level, "right", "center"),
        (middle, top, "center", "top"),
        (middle, bottom, "center", "bottom"),
    )
    for letter, (x, y, ha, va) in zip(view.letters, places, strict=True):
        if letter:
            axes.text(x, y, f" {letter} ", ha=ha, va=va, fontweight="bold", **_white(size))


def _note(axes: "Axes", words: str, at: tuple[float, float], size: float) -> None:
    axes.text(*at, f" {plain(words)}", ha="left", va="top", **_white(0.8 * size))


def _white(size: float) -> dict[str, Any]:
    """White letters that stand out from any colour."""
    from matplotlib.patheffects import withStroke

    return {
        "fontsize": size,
        "color": "white",
        "path_effects": [withStroke(linewidth=0.2 * size, foreground="black")],
    }
