"""Text on paper: blocks that know how high they are before they are put anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_dsc.report.safe_text import lines_of, width_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LEADING", "Block", "Line", "heading", "pairs", "paragraph", "put", "table"]

LEADING = 1.22  # of the size, from line to line
INK = "#111111"


@dataclass(frozen=True, slots=True)
class Line:
    """Words on paper.

    Parameters
    ----------
    words : str
        One line.
    x, y : float
        Where its top begins (or ends, if `right`), pt from the block's corner, down and right.
    size : float
        Of the letters, pt.
    bold, right : bool
        How they are set.
    colour : str
        Of the letters.
    """

    words: str
    x: float
    y: float
    size: float
    bold: bool = False
    right: bool = False
    colour: str = INK


@dataclass(frozen=True, slots=True)
class Block:
    """Lines, and how high they are together, pt."""

    lines: tuple[Line, ...]
    height: float


def paragraph(
    words: str, width: float, size: float, *, bold: bool = False, colour: str = INK
) -> Block:
    """Set words in lines of a width, pt."""
    cut = lines_of(words, width, size, bold)
    lines = (
        Line(one, 0.0, at * size * LEADING, size, bold, colour=colour) for at, one in enumerate(cut)
    )
    return Block(tuple(lines), len(cut) * size * LEADING)


def heading(words: str, width: float, size: float) -> Block:
    """Set a heading, with room above it."""
    one = paragraph(words, width, 1.1 * size, bold=True)
    return _moved(one, 0.0, 0.6 * size, one.height + 0.7 * size)


def pairs(rows: Sequence[tuple[str, str]], width: float, size: float) -> Block:
    """Set names on the left and words on the right; below each other where they do not fit."""
    lines: list[Line] = []
    y = 0.0
    for name, words in rows:
        shown = lines_of(words, 0.6 * width, size)
        room = width - max(width_of(one, size) for one in shown) - size
        named = lines_of(name, max(room, 0.35 * width), size)
        lines += [Line(one, 0.0, y + at * size * LEADING, size) for at, one in enumerate(named)]
        lines += [
            Line(one, width, y + at * size * LEADING, size, right=True)
            for at, one in enumerate(shown)
        ]
        y += max(len(named), len(shown)) * size * LEADING
    return Block(tuple(lines), y)


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], size: float
) -> list[Block]:
    """Set a table: the first column on the left, the others to the right of theirs.

    Parameters
    ----------
    head : sequence of str
        Of the columns.
    rows : sequence of sequence of str
        Cells.
    widths : sequence of float
        Of the columns, pt.
    size : float
        Of the letters, pt.

    Returns
    -------
    list of Block
        The head, then each row.
    """
    return [_row(cells, widths, size, bold=not at) for at, cells in enumerate((head, *rows))]


def _row(cells: Sequence[str], widths: Sequence[float], size: float, bold: bool) -> Block:
    lines: list[Line] = []
    left, most = 0.0, 1
    for column, (words, width) in enumerate(zip(cells, widths, strict=True)):
        cut = lines_of(words, width - size, size, bold)
        right = column > 0
        x = left + width if right else left
        lines += [
            Line(one, x, at * size * LEADING, size, bold, right) for at, one in enumerate(cut)
        ]
        left += width
        most = max(most, len(cut))
    return Block(tuple(lines), most * size * LEADING)


def _moved(block: Block, x: float, y: float, height: float) -> Block:
    lines = (
        Line(one.words, one.x + x, one.y + y, one.size, one.bold, one.right, one.colour)
        for one in block.lines
    )
    return Block(tuple(lines), height)


def put(figure: "Figure", blocks: Sequence[Block], x: float, y: float) -> float:
    """Write blocks below each other.

    Parameters
    ----------
    figure : Figure
        The paper.
    blocks : sequence of Block
        What to write.
    x, y : float
        Corner of the first, pt from the left and from the top of the paper.

    Returns
    -------
    float
        Where the last one ends, pt from the top.
    """
    width, height = (72.0 * inches for inches in figure.get_size_inches())
    for block in blocks:
        for one in block.lines:
            figure.text(
                (x + one.x) / width,
                1 - (y + one.y) / height,
                one.words,
                fontsize=one.size,
                fontweight="bold" if one.bold else "normal",
                color=one.colour,
                ha="right" if one.right else "left",
                va="top",
            )
        y += block.height
    return y
