"""Letters and digits drawn as lines: text of napari's own slows each picture of the grid."""

from typing import Any

import numpy as np

from napari_dsc.core.types import FloatArray

__all__ = ["WIDTH", "extent_in", "height_of", "signs_of", "strokes", "written"]

WIDTH = 0.6  # of a character, of its height
GAP = 0.3  # between two
SIZE, SMALL = 0.04, 0.075  # height, of the picture; of a cell of the grid, which is small
# In a box of 0.6 × 1, from its left upper corner: (x, y) to (x, y) in tenths, X is ten.
STROKES = {
    "R": "00-0X 00-60 60-65 65-05 25-6X",
    "L": "00-0X 0X-6X",
    "A": "0X-30 30-6X 16-56",
    "P": "00-0X 00-60 60-65 65-05",
    "S": "60-00 00-05 05-65 65-6X 6X-0X",
    "I": "10-50 30-3X 1X-5X",
    "F": "00-0X 00-60 05-45",
    "O": "00-60 60-6X 6X-0X 0X-00",
    "V": "00-3X 3X-60",
    "B": "00-0X 00-50 50-64 64-55 55-05 55-66 66-5X 5X-0X",
    "D": "00-0X 00-40 40-63 63-67 67-4X 4X-0X",
    "E": "60-00 00-0X 0X-6X 05-55",
    "H": "00-0X 60-6X 05-65",
    "T": "00-60 30-3X",
    "U": "00-0X 0X-6X 6X-60",
    "Y": "00-35 60-35 35-3X",
    " ": "",
    "?": "00-60 60-64 64-34 34-37 39-3X",
    "0": "00-60 60-6X 6X-0X 0X-00",
    "1": "12-30 30-3X 1X-5X",
    "2": "00-60 60-65 65-05 05-0X 0X-6X",
    "3": "00-60 60-6X 6X-0X 15-65",
    "4": "00-05 05-65 60-6X",
    "5": "60-00 00-05 05-65 65-6X 6X-0X",
    "6": "60-00 00-0X 0X-6X 6X-65 65-05",
    "7": "00-60 60-2X",
    "8": "00-60 60-6X 6X-0X 0X-00 05-65",
    "9": "65-05 05-00 00-60 60-6X 6X-0X",
}


def strokes(words: str) -> FloatArray:
    """Lines of some characters, shape (S, 2, 2): ends (row, column); each is 1 high, 0.6 wide.

    Examples
    --------
    >>> float(strokes("11")[:, :, 1].max())  # 0.9 to the second, 0.5 to its end
    1.4
    """

    def place(at: int, pair: str) -> tuple[float, float]:
        x, y = (1.0 if one == "X" else int(one) / 10 for one in pair)
        return y, x + at * (WIDTH + GAP)

    return np.array(
        [
            [place(at, end) for end in one.split("-")]
            for at, character in enumerate(words)
            for one in STROKES[character].split()
        ]
    ).reshape(-1, 2, 2)


def extent_in(words: str) -> float:
    """Width of some characters, of their height, with the gap behind them."""
    return len(words) * (WIDTH + GAP)


def signs_of(viewer: Any) -> FloatArray:
    """Down and right as they are looked at: 1 where the world grows that way, else -1."""
    down, right = (str(one) for one in viewer.scene.camera.orientation2d)
    return np.array([1.0 if down == "down" else -1.0, 1.0 if right == "right" else -1.0])


def height_of(viewer: Any, low: FloatArray, high: FloatArray) -> float:
    """Height of a character on a picture that reaches from `low` to `high`, in the world."""
    size = SMALL if viewer.canvas.grid.enabled else SIZE
    return size * float((high - low).min())


def written(words: str, corner: FloatArray, height: float, signs: FloatArray) -> FloatArray:
    """Lines of some characters whose left upper corner, as looked at, lies there.

    Parameters
    ----------
    words : str
        What is written: characters of `STROKES`.
    corner : ndarray, shape (2,)
        Row and column in the displayed world.
    height : float
        Of a character, in the world.
    signs : ndarray, shape (2,)
        From `signs_of`.
    """
    lines: FloatArray = corner + signs * strokes(words) * height
    return lines
