"""A slice as a picture: colours, colour bar, name, unit and research-use text burned in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom_out.facts import MapFacts
from napari_dsc.io.dicom_out.source import missing_extra
from napari_dsc.io.record import RESEARCH_USE

__all__ = ["BAND", "BAR", "MARGIN", "drawn_slice", "turbo"]

# Every fifteenth colour of Turbo's 256 [1]_, from 0 to 255; between them it is all but straight.
TURBO = np.frombuffer(
    bytes.fromhex(
        "30123b 3f3e9c 4666dd 458cfd 2fb2f4 1ad4d0 22ebaa 52fa7a 8bff4b"
        "b7f735 dbe236 f5c53a fea130 f9751d e84b0c ce2d04 a91601 7a0403"
    ),
    np.uint8,
).reshape(18, 3)
BAND = 40  # rows above and below the slice, for words
BAR = 90  # columns beside it, for the colour bar
MARGIN = 8
SMALLEST = 320  # px of the slice's shorter side, at least: words must find room
INK, GROUND = (255, 255, 255), (0, 0, 0)
LARGE, SMALL = 17, 14  # px of letters


def turbo(fraction: FloatArray) -> NDArray[np.uint8]:
    """Colours of the map Turbo [1]_; black for NaN.

    Straight between 18 of its own 256 colours: within 0.025 of each, without another library.

    Parameters
    ----------
    fraction : ndarray, shape (...)
        From 0 to 1; beyond, the colour of the end.

    Returns
    -------
    ndarray of uint8, shape (..., 3)

    References
    ----------
    .. [1] Mikhailov A (2019). Turbo, An Improved Rainbow Colormap for Visualization. Google AI
       Blog, 20 August 2019.
    """
    t = np.clip(np.nan_to_num(fraction), 0, 1)
    knots = np.linspace(0, 1, len(TURBO))
    colours = np.stack([np.interp(t, knots, TURBO[:, band]) for band in range(3)], axis=-1)
    return np.where(np.isfinite(fraction)[..., None], np.round(colours), 0).astype(np.uint8)


def drawn_slice(
    values: FloatArray, facts: MapFacts, spacing: tuple[float, float], words: tuple[str, str, str]
) -> NDArray[np.uint8]:
    """Draw one slice of a map, without a screen.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
        The map.
    facts : MapFacts
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
    low, high = facts.window
    colours = Image.fromarray(turbo((values - low) / (high - low)))
    height, width = values.shape[0] * spacing[0], values.shape[1] * spacing[1]
    scale = SMALLEST / min(height, width)
    size = (round(width * scale), round(height * scale))
    canvas = Image.new("RGB", (size[0] + BAR, size[1] + 2 * BAND), GROUND)
    canvas.paste(colours.resize(size, Image.Resampling.NEAREST), (0, BAND))
    draw = ImageDraw.Draw(canvas)
    large, small = ImageFont.load_default(LARGE), ImageFont.load_default(SMALL)
    draw.text((MARGIN, MARGIN), f"{facts.symbol}  {facts.units}", INK, large)
    draw.text((size[0] + BAR - MARGIN, MARGIN), words[0], INK, small, anchor="ra")
    draw.text((MARGIN, BAND + size[1] + MARGIN), RESEARCH_USE, INK, small)
    middle = BAND + size[1] // 2
    for at, letter, anchor in ((4, words[1], "lm"), (size[0] - 4, words[2], "rm")):
        place = (at, middle)  # edged, to be read on any colour
        draw.text(place, letter, INK, small, anchor, stroke_width=2, stroke_fill=GROUND)
    _draw_bar(canvas, draw, small, facts.window, (size[0] + MARGIN, BAND, size[1]))
    return np.asarray(canvas, np.uint8)


def _draw_bar(
    canvas: Any, draw: Any, font: Any, window: tuple[float, float], at: tuple[int, int, int]
) -> None:
    """Draw the colour bar with five ticks, the window's end on top."""
    from PIL import Image

    left, top, height = at
    ramp = np.linspace(1, 0, height)[:, None] * np.ones((1, 18))
    canvas.paste(Image.fromarray(turbo(ramp)), (left, top))
    for fraction in np.linspace(0, 1, 5):
        row = top + round((1 - fraction) * (height - 1))
        value = window[0] + fraction * (window[1] - window[0])
        draw.line([(left + 18, row), (left + 23, row)], INK)
        draw.text((left + 27, row), f"{value:g}", INK, font, anchor="lm")
