"""Curves of artery, vein and brain, told apart by their lines and by names that point at them."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from napari_dsc.core.types import FloatArray
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.figures import drawing, figure_of, png_bytes
from napari_dsc.report.read_results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curves_png", "draw_curves", "spans_of"]

SIZE = 6.5  # pt of the letters
FACTORS = (1, 2, 5, 10, 20, 50)  # by which the brain's curve may be enlarged
SMALL = 0.6  # of the highest curve: what the brain's may reach


class _Line(NamedTuple):
    name: str
    curve: FloatArray
    colour: str
    style: str


def spans_of(results: Results) -> tuple[tuple[float, float], tuple[float, float]]:
    """From when to when the baseline and the integration window last, s."""
    time, settings = results.replay.time, results.replay.settings
    ends = (results.curves.time[0], results.curves.time[-1])

    def span(volumes: tuple[int, int] | None) -> tuple[float, float]:
        if volumes is None:
            return float(ends[0]), float(ends[1])
        inside = time[slice(*volumes)]
        return (float(inside[0]), float(inside[-1])) if inside.size else (np.nan, np.nan)

    return span(settings.baseline), span(settings.window)


def curves_png(results: Results, width: float, height: float) -> bytes:
    """The curves as pixels, of a size in pt."""
    with drawing():
        figure = figure_of(width, height)
        left, low, top = 34 / width, 24 / height, 12 / height
        axes = figure.add_axes((left, low, 1 - left - 6 / width, 1 - low - top))
        draw_curves(axes, results, SIZE)
        return png_bytes(figure)


def draw_curves(axes: "Axes", results: Results, size: float) -> None:
    """Draw the curves over time, the baseline, and the window of integration.

    Parameters
    ----------
    axes : Axes
        Where.
    results : Results
        The folder.
    size : float
        Of the letters, pt.
    """
    lines = _lines(results)
    time, unit = results.curves.time, results.curves.unit
    for one in lines:
        axes.plot(time, one.curve, color=one.colour, linestyle=one.style, linewidth=1.0)
    with np.errstate(all="ignore"):
        values = np.concatenate([one.curve[np.isfinite(one.curve)] for one in lines])
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    room = max(high - low, 1e-9)
    axes.set_ylim(low - 0.2 * room, high + 0.2 * room)
    axes.set_xlim(float(time[0]), float(time[-1]))
    _shade(axes, results, size)
    _name(axes, lines, time, size)
    axes.set_xlabel("Time from the start of the scan (s)", fontsize=size, labelpad=1)
    axes.set_ylabel(f"ΔR2* ({unit})", fontsize=size, labelpad=1)
    axes.tick_params(labelsize=size, length=2, width=0.5, pad=1.5)
    axes.set_title(f"Curves   |   {RESEARCH_USE}", fontsize=size, loc="left", pad=2.5)


def _lines(results: Results) -> list[_Line]:
    curves = results.curves
    scaled = "" if curves.scaled_by == 1 else f", scaled by {curves.scaled_by:.3g}"
    found = []
    if curves.artery is not None:
        found.append(_Line(f"AIF{scaled}", curves.artery, "#c00000", "-"))
    if curves.vein is not None:
        found.append(_Line("VOF", curves.vein, "#1050c0", "--"))
    if curves.brain is not None:
        factor = _factor(curves.brain, [one.curve for one in found])
        name = "Brain" if factor == 1 else f"Brain × {factor}"
        found.append(_Line(name, factor * curves.brain, "#202020", "-."))
    return found


def _factor(brain: FloatArray, others: list[FloatArray]) -> int:
    """By how much the brain's curve is enlarged, so that its shape is seen beside the artery's."""
    with np.errstate(all="ignore"):
        highest = max(
            (float(np.max(one[np.isfinite(one)], initial=0.0)) for one in others), default=0.0
        )
        own = float(np.max(brain[np.isfinite(brain)], initial=0.0))
    fitting = [factor for factor in FACTORS if own > 0 and factor * own <= SMALL * highest]
    return max(fitting, default=1)


def _shade(axes: "Axes", results: Results, size: float) -> None:
    """Shade baseline and window, each with its name: one below, one above the curves."""
    baseline, window = spans_of(results)
    whole = results.replay.settings.window is None
    words = "CBV window: all retained volumes" if whole else "CBV window"
    places = (
        (baseline, "baseline", "#9a9a9a", "//", 0.0, 0.1, 0.015, "bottom"),
        (window, words, "#e0b840", "", 0.9, 1.0, 0.985, "top"),
    )
    for (start, stop), name, colour, hatch, low, high, at, va in places:
        if not np.isfinite([start, stop]).all():
            continue
        axes.axvspan(start, stop, color=colour, alpha=0.18, linewidth=0)
        axes.axvspan(
            start, stop, low, high, facecolor=colour, alpha=0.45, hatch=hatch, edgecolor="white",
            linewidth=0,
        )  # fmt: skip
        left, right = axes.get_xlim()
        middle = (start + stop) / 2
        ha = "left" if middle < left + 0.2 * (right - left) else "center"
        x = max(start, left) + 0.008 * (right - left) if ha == "left" else middle
        if middle > right - 0.2 * (right - left):
            ha, x = "right", min(stop, right)
        axes.text(x, at, name, transform=axes.get_xaxis_transform(), fontsize=size, ha=ha, va=va)


def _name(axes: "Axes", lines: list[_Line], time: FloatArray, size: float) -> None:
    """Write the names of the curves where there is most room, each with a line to its peak."""
    left, right = float(time[0]), float(time[-1])
    first = lines[0].curve
    peak = float(time[int(np.argmax(np.where(np.isfinite(first), first, -np.inf)))])
    late = peak > (left + right) / 2
    for at, one in enumerate(lines):
        known = np.isfinite(one.curve)
        if not known.any():
            continue
        top = int(np.argmax(np.where(known, one.curve, -np.inf)))
        axes.annotate(
            one.name,
            (float(time[top]), float(one.curve[top])),
            xytext=(0.04 if late else 0.8, 0.8 - 0.16 * at),
            textcoords="axes fraction",
            fontsize=1.1 * size,
            color=one.colour,
            va="center",
            arrowprops={
                "arrowstyle": "-", "linewidth": 0.4, "color": one.colour, "linestyle": one.style,
                "shrinkA": 1, "shrinkB": 1,
            },
        )  # fmt: skip
