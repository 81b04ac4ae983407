"""Parts of a PDF: paragraphs, tables that break over pages, and pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from napari_dsc.report.content import AGAINST, RATIO, WHERE, Page
from napari_dsc.report.fonts import BOLD, PLAIN
from napari_dsc.report.picture import EDGE, Picture, Word
from napari_dsc.report.safe_text import printable
from napari_dsc.report.wide_tables import PALE, RULES, Block, Column, text_width, wide_tables

if TYPE_CHECKING:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Flowable

__all__ = [
    "Styles",
    "compared_tables",
    "detail_tables",
    "heading_of",
    "pairs_table",
    "paragraph",
    "picture_of",
    "row_of_pairs",
]

INK, RED = "#111111", "#a00000"
LINE, ROOM = 24.0, 50.0  # pt that a heading needs, and what stands below it
NAME = 75.0  # pt: a name in a row of pairs goes on in the next line beyond


class Styles:
    """How letters are set."""

    def __init__(self) -> None:
        self.title = _style("title", 14, bold=True, after=0)
        self.statement = _style("statement", 8.5, bold=True, colour=RED)
        self.name = _style("name", 9, bold=True)
        self.finding_first = _style("finding_first", 13, bold=True, after=2)
        self.finding_long = _style("finding_long", 10.5, bold=True, after=2)
        self.finding = _style("finding", 10, after=1)
        self.heading = _style("heading", 9.5, bold=True, before=7, after=2)
        self.body = _style("body", 8)
        self.cell = _style("cell", 7, after=0)
        self.strong = _style("strong", 7, bold=True, after=0)
        self.small = _style("small", 7)
        self.tiny = _style("tiny", 6)


def _style(
    name: str,
    size: float,
    *,
    bold: bool = False,
    colour: str = INK,
    before: float = 0,
    after: float = 1,
) -> "ParagraphStyle":
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(
        name,
        fontName=BOLD if bold else PLAIN,
        fontSize=size,
        leading=1.25 * size,
        textColor=HexColor(colour),
        spaceBefore=before,
        spaceAfter=after,
        splitLongWords=True,
    )


def paragraph(words: str, style: "ParagraphStyle") -> "Flowable":
    """Words, which are no markup, in lines of the width that there is."""
    from reportlab.platypus import Paragraph

    return Paragraph(escape(printable(words)), style)


def heading_of(words: str, styles: Styles, room: float = ROOM) -> list["Flowable"]:
    """A heading, never at the foot of a page without what it is about; room in pt below it."""
    from reportlab.platypus import CondPageBreak

    return [CondPageBreak(LINE + room), paragraph(words, styles.heading)]


def row_of_pairs(rows: Sequence[tuple[str, str]], styles: Styles, width: float) -> "Flowable":
    """Names above, words below: a line of late volumes."""
    from reportlab.platypus import Table

    looks = [styles.strong, *(styles.cell for _ in rows[1:])]  # the first is what is asked for
    both = list(zip(rows, looks, strict=True))
    cells = [[paragraph(one[at], look) for one, look in both] for at in (0, 1)]
    least = [min(text_width(name, BOLD, look.fontSize), NAME) for (name, _), look in both]
    letters = [len(words) for _, words in rows]
    each = (width - sum(least)) / max(sum(letters), 1)
    table = Table(cells, colWidths=[a + each * b for a, b in zip(least, letters, strict=True)])
    table.setStyle([*RULES, ("BACKGROUND", (0, 0), (-1, 0), PALE)])
    return table


def pairs_table(
    rows: Sequence[tuple[str, str]], styles: Styles, width: float, *, columns: int = 2
) -> "Flowable":
    """Names on the left and words on the right, in one column or two."""
    from reportlab.platypus import LongTable

    lines = -(-len(rows) // columns)
    cells: list[list[Any]] = [[] for _ in range(lines)]
    for at, (name, words) in enumerate(rows):
        cells[at % lines] += [paragraph(name, styles.cell), paragraph(words, styles.cell)]
    for row in cells:
        row.extend([""] * (2 * columns - len(row)))
    part = width / columns
    first = 0.6 * part if columns > 1 else 0.14 * part
    table = LongTable(cells, colWidths=[first, part - first] * columns)
    table.setStyle(RULES)
    return table


def compared_tables(page: Page, styles: Styles, width: float) -> list["Flowable"]:
    """Every lesion and region: its volume and side; mean, mirror and ratio of each map.

    The ratios are what is looked for, and stand in bold; but that of the reference, with which the
    others are compared.
    """
    names, size, side, lacking, *others = _columns_of(page.compared)
    head, *heads = [one.replace(", mL", ",\nmL") for one in WHERE]
    columns = [
        Column(head=heads[0], cells=size, bold=True, plain=page.unasked),
        Column(head=heads[1], cells=side, side="LEFT"),
        Column(head=heads[2], cells=[one.replace(", ", "\n") for one in lacking]),
    ]
    blocks = [Block(columns=columns)]
    for at, name in enumerate(page.compared_maps):
        own = others[at * len(AGAINST) : (at + 1) * len(AGAINST)]
        columns = [
            Column(head=words, cells=cells, bold=words == RATIO, plain=page.unasked)
            for words, cells in zip(AGAINST, own, strict=True)
        ]
        blocks.append(Block(title=name, columns=columns))
    return wide_tables(head, names, [blocks], width, lambda one: paragraph(one, styles.cell))


def detail_tables(
    columns: Sequence[str], rows: Sequence[Sequence[str]], styles: Styles, width: float
) -> list["Flowable"]:
    """Every region: how many voxels, how large, and the spread of each map."""
    names, *others = _columns_of(rows)
    head, *heads = [_in_lines(one).replace(" / ", "\n/ ") for one in columns]
    ways = [
        [
            Block(columns=[Column(head=name, cells=[_in_lines(one, apart=apart) for one in cells])])
            for name, cells in zip(heads, others, strict=True)
        ]
        for apart in (False, True)
    ]
    voxels = [[Block(columns=[way[0].columns[0], way[1].columns[0]]), *way[2:]] for way in ways]
    return wide_tables(head, names, voxels, width, lambda one: paragraph(one, styles.cell))


def _columns_of(rows: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Cells by column."""
    return list(zip(*rows, strict=True))


def _in_lines(cell: str, *, apart: bool = False) -> str:
    """Mean and SD, the median below; the SD too has a line of its own where room is scarce."""
    between = "\n± " if apart else " ± "
    below = cell.replace(" (", "\n(").replace(" n=", "\nn=")
    return below.replace(" ± ", between)


def picture_of(picture: Picture) -> "Flowable":
    """A picture: its pixels as they are, its lines and letters as such."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Flowable

    class Drawn(Flowable):  # type: ignore[misc]
        def wrap(self, *_: float) -> tuple[float, float]:
            return picture.width, picture.height

        def draw(self) -> None:
            canvas: Canvas = self.canv
            high = picture.height
            for one in picture.pixels:
                image = ImageReader(Image.fromarray(one.colours))
                canvas.drawImage(image, one.x, high - one.y - one.height, one.width, one.height)
            for lines in picture.lines:
                canvas.setStrokeColorRGB(*(level / 255 for level in lines.colour))
                canvas.setLineWidth(lines.width)
                canvas.setLineCap(1)
                ends = lines.drawn.round(2)
                canvas.lines([(a, high - b, c, high - d) for (a, b), (c, d) in ends.tolist()])
            for word in picture.words:
                _write(canvas, word, high)

    return Drawn()


def _write(canvas: "Canvas", word: Word, high: float) -> None:
    font = BOLD if word.bold else PLAIN
    words = printable(word.words)
    canvas.setFont(font, word.size)
    width = canvas.stringWidth(words, font, word.size)
    left = word.x - {"left": 0.0, "middle": width / 2, "right": width}[word.side]
    canvas.saveState()
    canvas.setFillColorRGB(*(level / 255 for level in word.colour))
    if word.edged:  # an edge below, the letters above
        canvas.setStrokeColorRGB(0, 0, 0)
        canvas.setLineWidth(2 * EDGE * word.size)
        canvas.setLineJoin(1)
        canvas.drawString(left, high - word.y, words, mode=1)
    canvas.drawString(left, high - word.y, words, mode=0 if word.edged else None)
    canvas.restoreState()
