"""A slice as a picture: colours, colour bar, name, unit and research-use text burned in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom_out.facts import MapFacts
from napari_dsc.io.dicom_out.source import missing_extra
from napari_dsc.io.record import RESEARCH_USE

__all__ = ["BAND", "BAR", "MARGIN", "drawn_slice", "turbo"]

# Polynomials in t, 0 to 1, of red, green and blue: the published approximation of Turbo [1]_.
TURBO = np.array(
    [
        [0.13572138, 4.61539260, -42.66032258, 132.13108234, -152.94239396, 59.28637943],
        [0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604],
        [0.10667330, 12.64194608, -60.58204836, 110.36276771, -89.90310912, 27.34824973],
    ]
)
BAND = 40  # rows above and below the slice, for words
BAR = 90  # columns beside it, for the colour bar
MARGIN = 8
SMALLEST = 320  # px of the slice's shorter side, at least: words must find room
INK, GROUND = (255, 255, 255), (0, 0, 0)
LARGE, SMALL = 17, 14  # px of letters


def turbo(fraction: FloatArray) -> NDArray[np.uint8]:
    """Colours of the map Turbo [1]_, as a polynomial of fifth degree; black for NaN.

    The polynomial keeps within 0.13 of the published table, 0.015 in the mean: no library has to
    be installed for it.

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
       Blog, 20 August 2019; polynomial by Ruofei Du, published with it.
    """
    t = np.clip(fraction, 0, 1)
    powers = np.stack([t**n for n in range(6)], axis=-1)
    colours = np.clip(powers @ TURBO.T, 0, 1)
    return np.where(np.isfinite(colours), np.round(255 * np.nan_to_num(colours)), 0).astype(
        np.uint8
    )


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
    draw.text((4, middle), words[1], INK, small, anchor="lm")
    draw.text((size[0] - 4, middle), words[2], INK, small, anchor="rm")
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
