"""Parts of a PDF: paragraphs, tables that break over pages, and pictures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from napari_dsc.report.content import AGAINST, WHERE, Page
from napari_dsc.report.fonts import BOLD, PLAIN
from napari_dsc.report.picture import EDGE, Picture, Word
from napari_dsc.report.safe_text import printable

if TYPE_CHECKING:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Flowable

__all__ = [
    "Styles",
    "compared_table",
    "detail_table",
    "heading_of",
    "pairs_table",
    "paragraph",
    "picture_of",
    "row_of_pairs",
]

INK, RED, GREY, PALE = "#111111", "#a00000", "#bbbbbb", "#f2f2f2"
NAMES = 118.0  # pt, of the column of names
PLACES = 30.0, 44.0, 46.0  # volume, side, and what has no answer
LINE, ROOM = 24.0, 50.0  # pt that a heading needs, and what stands below it
MOST = 14  # letters for which a column of a row has room at least
FEW = 7  # columns of maps: from here on they are narrow


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
    cells = [
        [paragraph(one[at], look) for one, look in zip(rows, looks, strict=True)] for at in (0, 1)
    ]
    longest = [max(MOST, 0.5 * max(map(len, one))) for one in rows]
    table = Table(cells, colWidths=[width * one / sum(longest) for one in longest])
    table.setStyle([*_RULES, ("BACKGROUND", (0, 0), (-1, 0), PALE)])
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
    table.setStyle(_RULES)
    return table


def compared_table(page: Page, styles: Styles, width: float) -> "Flowable":
    """Every lesion and region: its volume and side; mean, mirror and ratio of each map."""
    from reportlab.platypus import LongTable

    maps = len(page.compared_maps)
    first = [one.replace(", mL", ",\nmL") for one in WHERE]
    top = [*("" for _ in first)]
    for name in page.compared_maps:
        top += [name, *("" for _ in AGAINST[1:])]
    rows = [
        [paragraph(name, styles.cell), size, side, lacking.replace(", ", "\n"), *others]
        for name, size, side, lacking, *others in page.compared
    ]
    each = (width - NAMES - sum(PLACES)) / (maps * len(AGAINST))
    table = LongTable(
        [top, [*first, *(AGAINST * maps)], *rows],
        colWidths=[NAMES, *PLACES, *([each] * (maps * len(AGAINST)))],
        repeatRows=2,
    )
    ratios = range(len(first) + len(AGAINST) - 1, len(first) + maps * len(AGAINST), len(AGAINST))
    table.setStyle(
        [
            *_RULES,
            *_NUMBERS,
            ("BACKGROUND", (0, 0), (-1, 1), PALE),
            *(("SPAN", (at - 2, 0), (at, 0)) for at in ratios),
            *(("FONTNAME", (at, 2), (at, -1), BOLD) for at in ratios),
            *(("LINEAFTER", (at, 0), (at, -1), 0.4, GREY) for at in (3, *ratios)),
            ("FONTNAME", (1, 2), (1, -1), BOLD),
            ("ALIGN", (2, 0), (2, -1), "LEFT"),
            ("ALIGN", (len(first), 0), (-1, 0), "CENTER"),
        ]
    )
    return table


def detail_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], styles: Styles, width: float
) -> "Flowable":
    """Every region: how many voxels, how large, and the spread of each map."""
    from reportlab.platypus import LongTable

    maps = len(columns) - 3
    each = (width - NAMES - 98) / max(maps, 1)
    many = maps >= FEW
    head = [_in_lines(one).replace(" / ", "\n/ ") for one in columns]
    if many:
        head = [one.replace("g/min", "g\n/min") for one in head]
    cells: list[list[Any]] = [
        [paragraph(name, styles.cell), voxels, size, *(_in_lines(one, many=many) for one in others)]
        for name, voxels, size, *others in rows
    ]
    table = LongTable(
        [head, *cells],
        colWidths=[NAMES, 64, 34, *([each] * maps)],
        repeatRows=1,
    )
    table.setStyle(
        [
            *_RULES,
            *_NUMBERS,
            ("BACKGROUND", (0, 0), (-1, 0), PALE),
            ("FONTSIZE", (3, 0), (-1, -1), 5.8 if many else 6.2),
            ("LEADING", (0, 0), (-1, -1), 7.6),
        ]
    )
    return table


def _in_lines(cell: str, *, many: bool = False) -> str:
    """Mean and SD, the median below; of many columns the SD too has a line of its own."""
    between = "\n± " if many else " ± "
    below = printable(cell).replace(" (", "\n(").replace(" n=", "\nn=")
    return below.replace(" ± ", between)


_RULES: list[Any] = [
    ("FONTNAME", (0, 0), (-1, -1), PLAIN),
    ("FONTSIZE", (0, 0), (-1, -1), 7),
    ("LEADING", (0, 0), (-1, -1), 8.5),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 1),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ("LINEBELOW", (0, 0), (-1, -1), 0.3, GREY),
]
_NUMBERS: list[Any] = [("ALIGN", (1, 0), (-1, -1), "RIGHT")]


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
