"""A sheet of tiles: slices side by side, what is drawn over them, and their colours beside them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.colours import COLOURS, coloured
from napari_dsc.core.late_steps import STEP_COLOURS
from napari_dsc.core.mosaic import Mosaic
from napari_dsc.core.types import BoolArray, FloatArray
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.orientation import View
from napari_dsc.report.picture import ASCENT, Colour, Lines, Picture, Pixels, Side, Word

__all__ = ["THICK", "THIN", "WHITE", "Place", "Sheet"]

WHITE: Colour = (255, 255, 255)
STRIP = 11.0  # pt above a picture, for its name and the statement
SIZE = 7.0  # pt of the letters
BAR = 62.0  # pt beside the tiles, for colours, numbers and unit
WIDE = 8.0  # pt of the colours themselves
LONG = 11  # letters of a unit beside them
THICK, THIN = 1.1, 0.6  # pt of outlines


@dataclass(frozen=True, slots=True)
class Place:
    """Room for a picture, pt: its width, and how high its slices may be."""

    width: float
    tall: float


class Sheet:
    """Tiles true to the patient's proportions, as large as there is room for.

    Parameters
    ----------
    laid : Mosaic
        How they lie.
    view : View
        How they are cut.
    place : Place
        Where.
    bar : bool
        Whether there is room for colours beside them.
    """

    def __init__(self, laid: Mosaic, view: View, place: Place, *, bar: bool = True) -> None:
        down, across = view.voxel
        rows, columns = laid.shape
        each = laid.box.shape[0] * down
        room = place.width - BAR * bar
        scale = min(room / (columns * across), place.tall / each)
        self._laid, self._view, self._place = laid, view, place
        self._step = scale * down, scale * across  # pt of a voxel, down and across
        self.width, self._height = columns * self._step[1], STRIP + rows * self._step[0]
        self._row = each * scale  # pt of a tile
        self._pixels: list[Pixels] = []
        self._lines: list[Lines] = []
        self._words: list[Word] = []

    def picture(self, width: float, alt: str) -> Picture:
        """What was drawn, of a width in pt."""
        lines = tuple(one for one in self._lines if len(one.ends))
        parts = tuple(self._pixels), lines, tuple(self._words)
        return Picture(width, self._height + 3, alt, *parts)

    def draw_tiles(self, planes: list[NDArray[np.uint8]]) -> None:
        """Fill the tiles with colours of whole planes, shape (R, C, 3)."""
        colours = self._laid.picture(planes)
        self._pixels.append(Pixels(0.0, STRIP, self.width, self._height - STRIP, colours))

    def draw_title(self, words: str) -> None:
        """Write what it is, and that it is for research, above."""
        whole = f"{words}   |   {RESEARCH_USE}"
        size = min(SIZE, self._place.width / (0.55 * len(whole)))  # as wide as a letter is
        self._words.append(Word(whole, 0.0, STRIP - 3.5, size))

    def draw_note(self, number: int, words: str) -> None:
        """Write something into the upper left corner of a tile."""
        x, y = self._corner(number)
        self._write(words, x + 2, y + ASCENT * SIZE + 2)

    def draw_outline(
        self,
        number: int,
        labels: NDArray[Any],
        width: float,
        colour: Colour = WHITE,
        *,
        dashed: bool = False,
        numbered: bool = False,
    ) -> None:
        """Draw the borders of a mask or of labels on a tile.

        Parameters
        ----------
        number : int
            Of the tile, from 0.
        labels : ndarray, shape (R, C)
            A whole plane.
        width : float
            Of the lines, pt.
        colour : tuple of int
            Of the lines.
        dashed : bool
            How they are drawn.
        numbered : bool
            Whether each label stands above its highest voxel.
        """
        self._lines.append(Lines(self._borders(number, labels), colour, width, dashed))
        for label in np.unique(labels[labels > 0]).tolist() if numbered else ():
            x, y = self._top_of(number, labels == label)
            within = self._corner(number)[1] + ASCENT * SIZE + 1  # not over the words above
            self._write(str(label), x, max(y - 1, within), "middle", bold=True)

    def draw_letters(self) -> None:
        """Write once, on the first tile, which side is which."""
        x, y = self._corner(0)
        rows, columns = self._laid.box.shape
        width, height = columns * self._step[1], rows * self._step[0]
        level = y + height / 2 + ASCENT * SIZE / 2
        places: tuple[tuple[float, float, Side], ...] = (
            (x + 2, level, "left"),
            (x + width - 2, level, "right"),
            (x + width / 2, y + ASCENT * SIZE + 2, "middle"),
            (x + width / 2, y + height - 2, "middle"),
        )
        for letter, (at, on, side) in zip(self._view.letters, places, strict=True):
            if letter:
                self._write(letter, at, on, side, bold=True, size=SIZE + 1)

    def draw_bar(self, table: str, window: tuple[float, float], unit: str) -> None:
        """Draw the colours of a map's window once, with its ends, its middle and its unit."""
        low, high = window
        left, height = self.width + 6, self._bar_height
        steps = np.linspace(1, 0, 15 * (len(COLOURS[table]) - 1) + 1)[:, None]
        self._pixels.append(Pixels(left, STRIP, WIDE, height, coloured(steps, table)))
        for tick, at in ((high, 0.0), ((low + high) / 2, 0.5), (low, 1.0)):
            y = STRIP + at * height + (1 - at) * ASCENT * SIZE  # within the bar, at its ends too
            words = f"{tick:g}".replace("-", "−")
            self._words.append(Word(words, left + WIDE + 3, y, SIZE))
        y = STRIP + 0.5 * height + 0.5 * ASCENT * SIZE + 1.3 * SIZE
        for line in _lines(unit):
            self._words.append(Word(line, left + WIDE + 3, y, SIZE - 1))
            y += 1.2 * SIZE

    def draw_steps(self, unit: str) -> None:
        """Draw a block of colour for each step of Tmax, above its limit."""
        left, height = self.width + 6, self._bar_height
        each = height / (len(STEP_COLOURS) + 1)  # the lowest is the scan
        for at, (limit, colour) in enumerate(STEP_COLOURS.items()):
            top = STRIP + height - (at + 2) * each
            block = np.array(colour, np.uint8).reshape(1, 1, 3)
            self._pixels.append(Pixels(left, top, WIDE, each, block))
            y = top + each + ASCENT * SIZE / 2
            self._words.append(Word(f"> {limit:g} {unit}", left + WIDE + 3, y, SIZE))

    @property
    def _bar_height(self) -> float:
        return min(self._row, self._height - STRIP)

    def _write(
        self, words: str, x: float, y: float, side: Side = "left", *, bold: bool = False,
        size: float = SIZE,
    ) -> None:  # fmt: skip
        """White letters that stand out from any colour."""
        self._words.append(Word(words, x, y, size, side, WHITE, bold=bold, edged=True))

    def _corner(self, number: int) -> tuple[float, float]:
        """Left upper corner of a tile, pt."""
        row, column = self._laid.corner(number)
        return column * self._step[1], STRIP + row * self._step[0]

    def _borders(self, number: int, labels: NDArray[Any]) -> FloatArray:
        """Borders of labels along the edges of their voxels; (N, 2, 2)."""
        padded = np.pad(self._laid.box.of(labels), 1)
        level = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1])
        upright = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1])
        first = np.concatenate([level, upright]).astype(np.float64)
        last = np.concatenate([np.add(level, (0, 1)), np.add(upright, (1, 0))])
        x, y = self._corner(number)
        ends = np.stack([first, last], axis=1) * self._step + [y, x]
        return np.asarray(ends[..., ::-1])

    def _top_of(self, number: int, mask: BoolArray) -> tuple[float, float]:
        """Above the highest voxel of a mask, pt."""
        rows, columns = np.nonzero(self._laid.box.of(mask))
        x, y = self._corner(number)
        row, column = (rows[0], columns[0]) if rows.size else (0, 0)
        return x + (column + 0.5) * self._step[1], y + row * self._step[0]


def _lines(unit: str) -> list[str]:
    """A unit in lines that fit beside the bar: one that is long has its last word below."""
    if len(unit) <= LONG or " " not in unit:
        return [unit]
    head, _, tail = unit.rpartition(" ")
    return [head, tail]
