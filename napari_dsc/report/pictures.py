"""Pictures of the page: maps on the slices that matter, and the scan with its vessels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.colours import coloured
from napari_dsc.core.defaults import COLOUR_FAMILY, READING
from napari_dsc.core.late_steps import STEP_COLOURS, in_steps
from napari_dsc.core.mosaic import Mosaic
from napari_dsc.core.number_words import unit_words, with_unit
from napari_dsc.core.plausibility import NORMAL
from napari_dsc.core.quantities import QUANTITIES, RELATIVE, TMAX
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.core.regions import LATE, blank_voxels
from napari_dsc.core.types import BolusMaps, BoolArray, FloatArray, ParameterMap
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.orientation import View
from napari_dsc.report.picture import Colour, Picture
from napari_dsc.report.read_results import Results
from napari_dsc.report.sheet import THICK, THIN, Place, Sheet

__all__ = [
    "NO_ANSWER",
    "Artist",
    "Look",
    "name_of",
    "regions_on",
    "unit_of",
    "vessel_slice",
    "window_of",
]

NO_ANSWER = (56, 56, 56)  # of 255: in no table of colours, nor near one
OUTSIDE = (0, 0, 0)
RED, BLUE = (255, 48, 48), (64, 160, 255)
COMPARABLE = {row.symbol for row in QUANTITIES.values() if row.relative_to is None}
REFERENCE = "× reference"  # of maps over the mean of a region
GAP = 1  # voxels between two slices
DIMMED = 0.5  # the scan where it shines through: ventricles are not the loudest thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How maps are shown.

    Parameters
    ----------
    family : str
        Colours, a key of `FAMILIES`.
    reading : str
        What the scan is read for, a key of `READINGS`: the order of the maps.
    steps : bool or None
        Whether Tmax is shown in steps; None: as the reading has it.
    """

    family: str = COLOUR_FAMILY
    reading: str = READING
    steps: bool | None = None

    @property
    def in_steps(self) -> bool:
        """Whether Tmax is shown in steps."""
        return READINGS[self.reading].steps if self.steps is None else self.steps


def regions_on(results: Results) -> str:
    """Symbol of the one map on which regions are outlined: the others stay free."""
    return results.maps.blood_volume.symbol


def window_of(results: Results, symbol: str, factor: float = 1.0) -> tuple[float, float]:
    """In which window a map is shown: fixed; TTP's counts from the arrival of the bolus."""
    if factor != 1 and symbol in RELATIVE:
        return RELATIVE[symbol].window
    arrival = float(results.record["bolus_arrival_s"])
    return QUANTITIES[symbol].window_under(results.replay.settings.ttp_from, arrival)


def name_of(one: ParameterMap, factor: float = 1.0) -> str:
    """What stands above a map, as on screen where it is relative to white matter."""
    if factor != 1 or one.symbol not in COMPARABLE:
        return f"{with_unit(one.symbol, unit_of(one, factor))}: {one.name}"
    return ", ".join(filter(None, (f"{one.symbol}: {one.name}", unit_words(one.units))))


def unit_of(one: ParameterMap, factor: float = 1.0) -> str:
    """What the numbers beside the colours count."""
    if factor != 1:
        return f"× {NORMAL}"
    return unit_words(one.units) if one.symbol in COMPARABLE else REFERENCE


def vessel_slice(results: Results, view: View) -> int:
    """Slice with the most voxels of the AIF; else of the VOF, else of the brain."""
    for mask in (results.artery, results.vein, results.brain):
        if mask is not None and mask.any():
            return view.largest(mask)
    return 0


class Artist:
    """Draws the maps of one folder in one plane.

    Parameters
    ----------
    results : Results
        The folder.
    view : View
        How it is shown.
    look : Look
        How maps are shown.
    factors : mapping of str to float
        What amounts are multiplied by where they are shown relative to white matter, by symbol.
    lesions : ndarray of int, shape (X, Y, Z), or None
        Pieces of late tissue by their numbers, which are outlined on Tmax, and on every map where
        a stroke is read.
    """

    def __init__(
        self,
        results: Results,
        view: View,
        look: Look,
        *,
        factors: Mapping[str, float] = {},
        lesions: NDArray[np.integer[Any]] | None = None,
    ) -> None:
        self.view = view
        self._results, self._look, self._factors = results, look, dict(factors)
        blank = blank_voxels(results.maps, results.brain, slice_axis=results.replay.slice_axis)
        self._brain, self._blank = view.stack(results.brain), view.stack(blank)
        self._grey, self.background = _grey(results, view)
        self._late = None if lesions is None else view.stack(lesions)
        drawn = results.drawn
        self._labels = None if drawn is None else view.stack(np.maximum(drawn.labels, 0))

    def draw_map(
        self,
        one: ParameterMap,
        slices: Sequence[int],
        place: Place,
        *,
        regions: bool = False,
    ) -> Picture:
        """Draw slices of a map beside each other, in its window, with its colours at the right.

        Parameters
        ----------
        one : ParameterMap
            Which map.
        slices : sequence of int
            Of the view, from 0.
        place : Place
            Where.
        regions : bool
            Whether regions are outlined, with their numbers.
        """
        factor = self._factors.get(one.symbol, 1.0)
        window = window_of(self._results, one.symbol, factor)
        steps = self._look.in_steps and one.symbol == TMAX.symbol
        table = QUANTITIES[one.symbol].colours[self._look.family]
        values = self.view.stack(one.values) * factor
        planes = [
            self._in_steps(values[at], at) if steps else self._plane(values[at], at, table, window)
            for at in slices
        ]
        sheet = Sheet(Mosaic(len(slices), 1, self.view.box, GAP), self.view, place)
        sheet.draw_tiles(planes)
        late = self._late if self._outlines(one) else None
        others = regions and self._labels is not None and bool(self._labels.any())
        for number, at in enumerate(slices):
            if late is not None:  # of two kinds of numbers nobody could tell which is which
                pieces = bool(late.max() > 1) and not others
                sheet.draw_outline(number, late[at], THICK, numbered=pieces)
            if regions and self._labels is not None:
                sheet.draw_outline(number, self._labels[at], THIN, numbered=True)
            sheet.draw_note(number, f"slice {self.view.number(at)}")
        sheet.draw_letters()
        unit = unit_of(one, factor)
        if steps:
            sheet.draw_steps(unit)
        else:
            sheet.draw_bar(table, window, unit)
        outlined = "" if late is None else f", outlined: {TMAX.symbol} > {LATE:g} s"
        sheet.draw_title(f"{name_of(one, factor)}{outlined}")
        shown = ", ".join(str(self.view.number(at)) for at in slices)
        colours = (
            f"steps above {', '.join(f'{limit:g}' for limit in STEP_COLOURS)}"
            if steps
            else f"window {window[0]:g} to {window[1]:g}"
        )
        alt = f"{one.symbol} in {unit}, {colours}, slices {shown}{outlined}. {RESEARCH_USE}"
        return sheet.picture(place.width, alt)

    def _outlines(self, one: ParameterMap) -> bool:
        """Whether late tissue is outlined on a map: on all of them where it is what is read."""
        wanted = one.symbol == TMAX.symbol or READINGS[self._look.reading].late_first
        return wanted and self._late is not None and bool(self._late.any())

    def draw_scan(self, place: Place) -> Picture:
        """Draw the scan with the voxels of AIF and VOF."""
        results, view = self._results, self.view
        at = vessel_slice(results, view)
        sheet = Sheet(Mosaic(1, 1, view.box), view, place, bar=False)
        sheet.draw_tiles([self._grey[at]])
        told = [f"Slice {view.number(at)} (of 0 to {view.count - 1}) over {self.background}."]
        vessels: list[tuple[BoolArray | None, Colour, bool, str]] = [
            (results.artery, RED, False, "AIF (red)"),
            (results.vein, BLUE, True, "VOF (blue, dashed)"),
        ]
        for mask, colour, dashed, name in vessels:
            if mask is None:
                continue
            flat = view.stack(mask)[at]
            sheet.draw_outline(0, flat, THICK, colour, dashed=dashed)
            total = int(mask.sum())
            told.append(
                f"{name}: {int(flat.sum())} of {total} voxels."
                if total
                else _without_voxels(results)
            )
        sheet.draw_letters()
        sheet.draw_title("Scan")
        return sheet.picture(sheet.width, " ".join(told))

    def _plane(
        self, values: FloatArray, at: int, table: str, window: tuple[float, float]
    ) -> NDArray[np.uint8]:
        """Colours of a whole slice: dark grey where there is no answer, the scan where blank."""
        low, high = window
        fraction = (values - low) / (high - low)
        made = np.where(self._brain[at][..., None], np.array(NO_ANSWER), np.array(OUTSIDE))
        known = np.isfinite(fraction)
        made = np.where(known[..., None], coloured(fraction, table), made).astype(np.uint8)
        if self._results.baseline is not None:
            hidden = self._blank[at] & known  # what is NaN stays so
            made[hidden] = (DIMMED * self._grey[at][hidden]).astype(np.uint8)
        return made

    def _in_steps(self, tmax: FloatArray, at: int) -> NDArray[np.uint8]:
        """Tmax in steps over the scan; without a saved scan its gaps are dark grey."""
        if self._results.baseline is None:
            made = in_steps(tmax)
            made[self._brain[at] & ~np.isfinite(tmax)] = NO_ANSWER
            return made
        return in_steps(np.where(self._blank[at], np.nan, tmax), self._grey[at][..., 0])


def _without_voxels(results: Results) -> str:
    """What stands in for the voxels of an AIF where none are marked."""
    without = isinstance(results.maps, BolusMaps)
    return "No AIF." if without else "AIF: a curve that was loaded, no voxels."


def _grey(results: Results, view: View) -> tuple[NDArray[np.uint8], str]:
    """Grey levels of the scan, (slices, rows, columns, 3): its baseline, or blood volume."""
    if results.baseline is None:
        low, high = QUANTITIES[results.maps.blood_volume.symbol].window
        volume, words = results.maps.blood_volume.values, results.maps.blood_volume.symbol
    else:
        known = results.baseline[results.brain]
        known = known[np.isfinite(known)]
        low, high = np.percentile(known, (1, 95)) if known.size else (0.0, 1.0)
        volume, words = results.baseline, "the mean of the baseline"
    stack = view.stack(volume)
    level = np.clip((stack - low) / max(high - low, 1e-12), 0, 1)
    grey = np.round(255 * np.nan_to_num(level)).astype(np.uint8)
    made = np.repeat(grey[..., None], 3, axis=-1)
    if results.baseline is None:
        gaps = ~np.isfinite(stack)
        inside = view.stack(results.brain)
        made[gaps & inside], made[gaps & ~inside] = NO_ANSWER, OUTSIDE
    return made, words
