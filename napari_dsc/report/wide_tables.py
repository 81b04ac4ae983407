"""Tables of numbers on paper: columns as wide as what stands in them, and a wide table in parts.

No text of a table leaves its cell. Letters become smaller, as far as they can be read; what is
then still wider than the paper is split between columns, and the names stand before each part.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_dsc.report.fonts import BOLD, PLAIN
from napari_dsc.report.safe_text import printable

if TYPE_CHECKING:
    from reportlab.platypus import Flowable

__all__ = ["GREY", "PALE", "RULES", "Block", "Column", "text_width", "wide_tables"]

GREY, PALE = "#bbbbbb", "#f2f2f2"
LEFT, RIGHT = 2.0, 3.0  # pt, beside what stands in a cell
SIZES = 7.0, 6.2, 5.8  # pt of letters, the largest first
LEADING = 1.22  # of the size
NAMED = 118.0  # pt that names have at most: longer ones go on in the next line
STRETCHED = 20.0  # pt by which a column becomes wider at most, so that a table fills the paper
APART = 4.0  # pt between two parts
STEP = 5.0  # pt by which parts are tried narrower

RULES: list[Any] = [
    ("FONTNAME", (0, 0), (-1, -1), PLAIN),
    ("FONTSIZE", (0, 0), (-1, -1), SIZES[0]),
    ("LEADING", (0, 0), (-1, -1), LEADING * SIZES[0]),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), LEFT),
    ("RIGHTPADDING", (0, 0), (-1, -1), RIGHT),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ("LINEBELOW", (0, 0), (-1, -1), 0.3, GREY),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    r"""A column beside the names.

    Parameters
    ----------
    head : str
        In lines: "\n" is where one ends.
    cells : sequence of str
        A row each, in lines too.
    bold : bool
        Whether it is what is looked for.
    plain : collection of int
        Rows of such a column that are not.
    side : str
        "RIGHT" or "LEFT".
    """

    head: str
    cells: Sequence[str]
    bold: bool = False
    plain: frozenset[int] = field(default_factory=frozenset)
    side: str = "RIGHT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Columns that stay together.

    Parameters
    ----------
    columns : sequence of Column
        From the left.
    title : str
        Over all of them.
    """

    columns: Sequence[Column]
    title: str = ""


def wide_tables(
    head: str,
    names: Sequence[str],
    ways: Sequence[Sequence[Block]],
    width: float,
    name_of: Callable[[str], "Flowable"],
) -> list["Flowable"]:
    """Put blocks of columns beside names, in one table if there is room, else in several.

    Parameters
    ----------
    head : str
        Over the names.
    names : sequence of str
        Of the rows.
    ways : sequence of sequence of Block
        The same columns in one or more ways, the widest first: the first by which there are
        fewest tables is taken, in the largest letters.
    width : float
        Of the paper, pt.
    name_of : callable
        From a name to what stands in its cell, which breaks it into lines.

    Returns
    -------
    list of Flowable
        Tables that go on on the next page, their head on each.
    """
    from reportlab.platypus import Spacer

    first = min(NAMED, max(text_width(one, PLAIN, SIZES[0]) for one in (head, *names)))
    room = width - first
    tried = [
        ([_Sized(block, _widths(block, size)) for block in blocks], size)
        for blocks in ways
        for size in SIZES
    ]
    counts = [len(_packed(blocks, room)) for blocks, _ in tried]
    blocks, size = tried[counts.index(min(counts))]
    tables: list[Flowable] = []
    for part in _balanced(blocks, room):
        if tables:
            tables.append(Spacer(1, APART))
        tables.append(_table(head, [name_of(one) for one in names], part, size, first, width))
    return tables


class _Sized(NamedTuple):
    """A block, and the width that each of its columns needs, pt."""

    block: Block
    widths: list[float]


def text_width(words: str, font: str, size: float) -> float:
    """Width of a cell that holds some lines, pt."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    longest = max(float(stringWidth(one, font, size)) for one in _lines(words))
    return longest + LEFT + RIGHT + 0.1  # sums of widths are rounded


def _lines(words: str) -> list[str]:
    """Lines of a cell, as they are printed."""
    return [printable(one) for one in words.split("\n")]


def _widths(block: Block, size: float) -> list[float]:
    """Width that each column of a block needs; together no less than their title does."""
    own = [
        max(
            text_width(one.head, PLAIN, size),
            *(text_width(cell, BOLD if one.bold else PLAIN, size) for cell in one.cells),
            0.0,
        )
        for one in block.columns
    ]
    lacking = text_width(block.title, PLAIN, size) - sum(own) if block.title else 0.0
    return [one + max(lacking, 0.0) / len(own) for one in own]


def _packed(blocks: Sequence[_Sized], room: float) -> list[list[_Sized]]:
    """Blocks in their order, as many to a table as there is room for."""
    parts: list[list[_Sized]] = []
    left = 0.0
    for one in blocks:
        need = sum(one.widths)
        if not parts or need > left:
            parts.append([])
            left = room
        parts[-1].append(one)
        left -= need
    return parts


def _balanced(blocks: Sequence[_Sized], room: float) -> list[list[_Sized]]:
    """As few tables, none of them much wider than the others."""
    parts = _packed(blocks, room)
    while len(parts) > 1 and room > STEP:
        room -= STEP
        tighter = _packed(blocks, room)
        if len(tighter) > len(parts):
            break
        parts = tighter
    return parts


def _table(
    head: str,
    names: Sequence["Flowable"],
    part: Sequence[_Sized],
    size: float,
    first: float,
    width: float,
) -> "Flowable":
    from reportlab.platypus import LongTable

    blocks = [one.block for one in part]
    columns = list(chain.from_iterable(one.columns for one in blocks))
    widths = list(chain.from_iterable(one.widths for one in part))
    more = (width - first - sum(widths)) / (1 + len(widths))
    more = min(max(more, 0.0), STRETCHED)
    titled = any(one.title for one in blocks)
    rows: list[list[Any]] = [[_text(head), *(_text(one.head) for one in columns)]]
    rows += [[name, *(_text(one.cells[at]) for one in columns)] for at, name in enumerate(names)]
    if titled:
        titles = ([_text(one.title), *[""] * (len(one.columns) - 1)] for one in blocks)
        rows.insert(0, ["", *chain.from_iterable(titles)])
    heads = 1 + titled
    table = LongTable(
        rows,
        colWidths=[first + more, *(one + more for one in widths)],
        repeatRows=heads,
        hAlign="LEFT",
    )
    table.setStyle(
        [
            *RULES,
            ("FONTSIZE", (1, 0), (-1, -1), size),
            ("LEADING", (1, 0), (-1, -1), LEADING * size),
            ("BACKGROUND", (0, 0), (-1, heads - 1), PALE),
            *_looks(columns, heads),
            *(_spans(blocks) if titled else ()),
        ]
    )
    return table


def _text(words: str) -> str:
    return "\n".join(_lines(words))


def _looks(columns: Sequence[Column], heads: int) -> Iterable[Any]:
    """Side and weight of the cells."""
    for at, one in enumerate(columns, start=1):
        yield "ALIGN", (at, 0), (at, -1), one.side
        if one.bold:
            yield "FONTNAME", (at, heads), (at, -1), BOLD
            for row in one.plain:
                yield "FONTNAME", (at, row + heads), (at, row + heads), PLAIN


def _spans(blocks: Sequence[Block]) -> Iterable[Any]:
    """Titles over their columns, and a line behind each block."""
    at = 0
    for one in blocks:
        start, at = at + 1, at + len(one.columns)
        if one.title:
            yield "SPAN", (start, 0), (at, 0)
            yield "ALIGN", (start, 0), (at, 0), "CENTER"
        yield "LINEAFTER", (at, 0), (at, -1), 0.4, GREY
