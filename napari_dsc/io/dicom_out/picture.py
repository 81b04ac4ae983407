"""A slice as a picture: colours, colour bar, name, unit and research-use text burned in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.colours import coloured
from napari_dsc.core.quantities import CLINICAL, Quantity
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom_out.source import missing_extra
from napari_dsc.io.record import RESEARCH_USE

__all__ = ["BAND", "BAR", "MARGIN", "drawn_slice"]

BAND = 40  # rows above and below the slice, for words
BAR = 90  # columns beside it, for the colour bar
MARGIN = 8
SMALLEST = 320  # px of the slice's shorter side, at least: words must find room
INK, GROUND = (255, 255, 255), (0, 0, 0)
LARGE, SMALL = 17, 14  # px of letters


def drawn_slice(
    values: FloatArray,
    quantity: Quantity,
    spacing: tuple[float, float],
    words: tuple[str, str, str],
) -> NDArray[np.uint8]:
    """Draw one slice of a map, without a screen.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        The map.
    quantity : Quantity
        What it is.
    spacing : (float, float)
        From row to row and column to column, mm.
    words : (str, str, str)
        Which slice it is, and the letters of its left and right side.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise missing_extra() from error
    (low, high), kind = quantity.window, quantity.colours[CLINICAL]
    colours = Image.fromarray(coloured((values - low) / (high - low), kind))
    height, width = values.shape[0] * spacing[0], values.shape[1] * spacing[1]
    scale = SMALLEST / min(height, width)
    size = (round(width * scale), round(height * scale))
    canvas = Image.new("RGB", (size[0] + BAR, size[1] + 2 * BAND), GROUND)
    canvas.paste(colours.resize(size, Image.Resampling.NEAREST), (0, BAND))
    draw = ImageDraw.Draw(canvas)
    large, small = ImageFont.load_default(LARGE), ImageFont.load_default(SMALL)
    draw.text((MARGIN, MARGIN), f"{quantity.symbol}  {quantity.units}", INK, large)
    draw.text((size[0] + BAR - MARGIN, MARGIN), words[0], INK, small, anchor="ra")
    draw.text((MARGIN, BAND + size[1] + MARGIN), RESEARCH_USE, INK, small)
    middle = BAND + size[1] // 2
    for at, letter, anchor in ((4, words[1], "lm"), (size[0] - 4, words[2], "rm")):
        place = (at, middle)  # edged, to be read on any colour
        draw.text(place, letter, INK, small, anchor, stroke_width=2, stroke_fill=GROUND)
    _draw_bar(canvas, draw, small, quantity, (size[0] + MARGIN, BAND, size[1]))
    return np.asarray(canvas, np.uint8)


def _draw_bar(
    canvas: Any, draw: Any, font: Any, quantity: Quantity, at: tuple[int, int, int]
) -> None:
    """Draw the colour bar with five ticks, the window's end on top."""
    from PIL import Image

    (left, top, height), (low, high) = at, quantity.window
    ramp = np.linspace(1, 0, height)[:, None] * np.ones((1, 18))
    canvas.paste(Image.fromarray(coloured(ramp, quantity.colours[CLINICAL])), (left, top))
    for fraction in np.linspace(0, 1, 5):
        row = top + round((1 - fraction) * (height - 1))
        value = low + fraction * (high - low)
        draw.line([(left + 18, row), (left + 23, row)], INK)
        draw.text((left + 27, row), f"{value:g}", INK, font, anchor="lm")
