"""What stands where on a page of A4: letters as large as fit, pictures in what is left."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.content import TITLE, Page
from napari_dsc.report.pdf_text import LEADING, Block, heading, pairs, paragraph, table
from napari_dsc.report.safe_text import UNKNOWN, cut, printable

__all__ = ["HEIGHT", "MARGIN", "TOP", "WIDE", "WIDTH", "Sheet", "sheet_of"]

WIDTH, HEIGHT = 595.28, 841.89  # pt: A4
MARGIN = 24.0
WIDE = WIDTH - 2 * MARGIN
SIDES = (168.0, 200.0, 232.0)  # pt: how wide the column beside the maps may be
TOP = 112.0  # of scan and curves
SIZES = tuple(step / 4 for step in range(26, 19, -1))  # pt: 6.5 to 5
LOWEST = 300.0  # of the maps
HIGHEST = 560.0
FIRST = (82.0, 60.0, 30.0)  # pt: region, voxels, mL
FEWEST = 3  # rows of a list that is cut
LONG, SHORT = 400, 160  # letters of an entry, and of one in a page that is full
RED = "#a00000"
UNPRINTED = f"{UNKNOWN}: a letter that the font does not have; the HTML report has it."


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page that fits.

    Parameters
    ----------
    size : float
        Of its letters, pt.
    column : float
        Width of the column beside the maps, pt.
    head, side, foot : tuple of Block
        Above the pictures, beside the maps, and below.
    maps : float
        Height that is left to the maps, pt.
    """

    size: float
    column: float
    head: tuple[Block, ...]
    side: tuple[Block, ...]
    foot: tuple[Block, ...]
    maps: float


def sheet_of(page: Page, caption: str) -> Sheet:
    """Choose the largest letters with which everything fits; cut lists if none does.

    Parameters
    ----------
    page : Page
        Text.
    caption : str
        What the picture of the scan shows.

    Returns
    -------
    Sheet
        Blocks, and the room for the maps. What was cut is said in it.
    """
    rows = len(page.regions), len(page.notices)
    for size, column in product(SIZES, SIDES):
        if sum(rows) * 0.9 * size * LEADING > HEIGHT:  # a row is a line at least
            continue
        found = _set(page, caption, (size, column), rows, LONG)
        if _fits(found):
            return found
    smallest = (SIZES[-1], SIDES[-1])
    shorter = _shorter(*rows)

    def fits(at: int) -> bool:
        return _fits(_set(page, caption, smallest, shorter[at], SHORT))

    # Each is no higher than the one before: the first that fits is found by halving.
    first = bisect_left(range(len(shorter) - 1), True, key=fits)
    return _set(page, caption, smallest, shorter[first], SHORT)


def _shorter(regions: int, notices: int) -> list[tuple[int, int]]:
    """Rows of both lists, and fewer and fewer: one of the longer list less each time."""
    rows = [(regions, notices)]
    while max(regions, notices) > FEWEST:
        if regions >= notices:
            regions -= 1
        else:
            notices -= 1
        rows.append((regions, notices))
    return rows


def _fits(made: Sheet) -> bool:
    return made.maps >= max(LOWEST, sum(one.height for one in made.side))


def _set(
    page: Page, caption: str, letters: tuple[float, float], rows: tuple[int, int], most: int
) -> Sheet:
    """Set the page in letters of a size, beside maps of what is left by a column."""
    size, column = letters
    head, side = _head(page, size, most), _side(page, caption, size, column)
    foot = _foot(page, size, rows, most)
    used = sum(one.height for one in (*head, *foot))
    left = HEIGHT - 2 * MARGIN - used - TOP - 8
    return Sheet(size, column, head, side, foot, min(left, HIGHEST))


def _head(page: Page, size: float, most: int) -> tuple[Block, ...]:
    blocks = [
        paragraph(TITLE, WIDE, 2 * size, bold=True),
        paragraph(RESEARCH_USE, WIDE, 1.4 * size, bold=True, colour=RED),
    ]
    if page.identity:
        told = "   ".join(f"{name}: {cut(words, most)}" for name, words in page.identity)
        blocks.append(paragraph(cut(told, 6 * SHORT), WIDE, 1.2 * size, bold=True))
    facts = ";   ".join(f"{name}: {cut(words, SHORT)}" for name, words in page.facts)
    return (*blocks, paragraph(facts, WIDE, size), Block((), 3.0))


def _side(page: Page, caption: str, size: float, column: float) -> tuple[Block, ...]:
    parts = (
        ("Late tissue in the brain", page.late),
        ("Settings", page.settings),
        ("Quality flags (voxels of the brain)", page.quality),
    )
    blocks = [paragraph(f"Scan: {caption}", column, size)]
    for name, rows in parts:
        short = [(cut(key, 80), cut(words, 80)) for key, words in rows[:20]]
        blocks += [heading(name, column, size), pairs(short, column, size)]
    blocks += [heading("Maps", column, size), paragraph(page.legend, column, size)]
    blocks += [heading("Methods", column, size), paragraph(page.methods, column, size)]
    return tuple(blocks)


def _foot(page: Page, size: float, rows: tuple[int, int], most: int) -> tuple[Block, ...]:
    regions, notices = rows
    many = len(page.columns) - 3
    each = (WIDE - sum(FIRST)) / max(many, 1)
    widths = (*FIRST, *([each] * many))
    cells = [(cut(row[0], 60), *row[1:]) for row in page.regions[:regions]]
    blocks = [
        heading("Regions: mean ± SD (median) of the accepted voxels", WIDE, size),
        *table(page.columns, cells, widths, 0.9 * size),
        *_more(len(page.regions) - regions, "regions", size),
        heading("Warnings", WIDE, size),
        *(paragraph(f"• {cut(one, most)}", WIDE, size) for one in page.notices[:notices]),
        *_more(len(page.notices) - notices, "warnings", size),
    ]
    if not page.notices:
        blocks.append(paragraph("None.", WIDE, size))
    small = 0.9 * size
    last = "   ".join(page.references)
    blocks += [
        heading("References and versions", WIDE, size),
        paragraph(last, WIDE, small),
        paragraph(f"Versions: {cut(page.versions, 3 * SHORT)}", WIDE, small),
    ]
    strange = (*page.notices, *(row[0] for row in page.regions), *map("".join, page.identity))
    if any(printable(one) != one for one in strange):
        blocks.append(paragraph(UNPRINTED, WIDE, small))
    if page.sha256:
        blocks.append(paragraph(f"Input SHA-256: {page.sha256}", WIDE, small))
    return tuple(blocks)


def _more(count: int, what: str, size: float) -> Sequence[Block]:
    words = f"… and {count} more {what}, which did not fit: the HTML report has all."
    return [paragraph(words, WIDE, size, bold=True)] if count > 0 else []
