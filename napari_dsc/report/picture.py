"""A picture as a list of what is on it, put on paper as it is and into HTML as pixels."""

import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import FloatArray
from napari_dsc.report.fonts import font_file

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

__all__ = ["ASCENT", "Colour", "Lines", "Picture", "Pixels", "Side", "Word", "png_of"]

Colour: TypeAlias = tuple[int, int, int]
Side: TypeAlias = Literal["left", "middle", "right"]
ASCENT = 0.74  # of the size: how high capitals rise above the line they stand on
EDGE = 0.11  # of the size: a dark edge about light letters
SCALE = 3  # pixels of a PNG for a point
DASH = 2  # of a dashed outline: every second border of a voxel


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Colours that fill a box, voxel by voxel.

    Parameters
    ----------
    x, y, width, height : float
        The box, pt right of and below the picture's left upper corner.
    colours : ndarray of uint8, shape (R, C, 3)
        Its rows from above.
    """

    x: float
    y: float
    width: float
    height: float
    colours: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Straight lines of one colour.

    Parameters
    ----------
    ends : ndarray, shape (N, 2, 2)
        Both ends (x, y) of each, pt.
    colour : tuple of int
        0 to 255.
    width : float
        pt.
    dashed : bool
        Whether every second one is left out.
    """

    ends: FloatArray
    colour: Colour
    width: float
    dashed: bool = False

    @property
    def drawn(self) -> FloatArray:
        """Those that are not left out."""
        return self.ends[::DASH] if self.dashed else self.ends


@dataclass(frozen=True, slots=True)
class Word:
    """One line of letters.

    Parameters
    ----------
    words : str
        What is written.
    x, y : float
        Where it begins, has its middle or ends, and the line it stands on, pt.
    size : float
        pt.
    side : str
        "left", "middle" or "right".
    colour : tuple of int
        Of the letters.
    bold : bool
        How they are set.
    edged : bool
        Whether they have a dark edge, which stands out from any picture.
    """

    words: str
    x: float
    y: float
    size: float
    side: Side = "left"
    colour: Colour = (17, 17, 17)
    bold: bool = False
    edged: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """All that is on a picture, in the order in which it is drawn: pixels, lines, words.

    Parameters
    ----------
    width, height : float
        pt.
    alt : str
        What it shows, for those who do not see it.
    pixels, lines, words : tuple
        What is drawn.
    """

    width: float
    height: float
    alt: str
    pixels: tuple[Pixels, ...] = ()
    lines: tuple[Lines, ...] = ()
    words: tuple[Word, ...] = ()


def png_of(picture: Picture) -> bytes:
    """A picture as a PNG, without a word on who made it, and when."""
    from PIL import Image, ImageDraw

    size = round(SCALE * picture.width), round(SCALE * picture.height)
    made = Image.new("RGB", size, "white")
    for one in picture.pixels:
        left, top = round(SCALE * one.x), round(SCALE * one.y)
        right, bottom = round(SCALE * (one.x + one.width)), round(SCALE * (one.y + one.height))
        tile = Image.fromarray(np.ascontiguousarray(one.colours))
        box = max(1, right - left), max(1, bottom - top)
        made.paste(tile.resize(box, Image.Resampling.NEAREST), (left, top))
    pen = ImageDraw.Draw(made)
    for lines in picture.lines:
        thick = max(1, round(SCALE * lines.width))
        for ends in np.round(SCALE * lines.drawn).astype(int).tolist():
            pen.line([tuple(end) for end in ends], fill=lines.colour, width=thick)
    for word in picture.words:
        _write(pen, word)
    return _bytes(made)


def _write(pen: "ImageDraw", word: Word) -> None:
    anchor = {"left": "ls", "middle": "ms", "right": "rs"}[word.side]
    pen.text(
        (SCALE * word.x, SCALE * word.y),
        word.words,
        fill=word.colour,
        font=_font(word.bold, SCALE * word.size),
        anchor=anchor,
        stroke_width=max(1, round(SCALE * EDGE * word.size)) if word.edged else 0,
        stroke_fill=(0, 0, 0),
    )


@cache
def _font(bold: bool, size: float) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(font_file(bold)), size, layout_engine=ImageFont.Layout.BASIC)


def _bytes(image: "Image") -> bytes:
    made = io.BytesIO()
    image.save(made, format="PNG", optimize=False)
    return made.getvalue()
