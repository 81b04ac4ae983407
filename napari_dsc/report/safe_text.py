"""Words that strangers wrote, made plain; and words cut into lines of a width."""

from functools import cache
from typing import Any

__all__ = ["UNKNOWN", "cut", "lines_of", "plain", "printable", "width_of"]

MEASURED = 100.0  # pt: the size at which letters are measured
UNKNOWN = "□"


def plain(words: object) -> str:
    r"""One line of text without control characters.

    Those that turn the direction of writing or have no width are such: what is read is what
    stands there.

    Examples
    --------
    >>> plain("a\x00 b\n\tc \u202e")
    'a b c'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in str(words)).split())


def cut(words: str, most: int) -> str:
    """Leave out what is beyond a number of letters, and show that something is missing.

    Examples
    --------
    >>> cut("Cerebellum", 6), cut("Pons", 6)
    ('Cereb…', 'Pons')
    """
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


@cache
def _font(bold: bool) -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    path = findfont(FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal"))
    return get_font(path)


@cache
def _letter(letter: str, bold: bool) -> float:
    """Width of a letter at 100 pt; negative if the font does not have it."""
    from matplotlib.ft2font import LoadFlags

    font = _font(bold)
    if not font.get_char_index(ord(letter)):
        return -1.0
    font.set_size(MEASURED, 72)
    return float(font.load_char(ord(letter), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536)


def printable(words: str) -> str:
    """Words with a box for each letter that the font of pictures and PDF does not have."""
    return "".join(c if _letter(c, False) >= 0 else UNKNOWN for c in words)


def width_of(words: str, size: float, bold: bool = False) -> float:
    """Width of words in pt, at a size in pt."""
    return sum(_letter(c, bold) for c in printable(words)) * size / MEASURED


def lines_of(words: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Cut words into lines that fit.

    Parameters
    ----------
    words : str
        One paragraph. A word that is too long is broken wherever it must be.
    width : float
        Of a line, pt.
    size : float
        Of the letters, pt.
    bold : bool
        Whether they are.

    Returns
    -------
    list of str
        The lines; one that is empty if there are no words.
    """
    lines = [""]
    for word in printable(words).split():
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if width_of(joined, size, bold) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append("")
        for letter in word:
            if lines[-1] and width_of(lines[-1] + letter, size, bold) > width:
                lines.append("")
            lines[-1] += letter
    return lines
