"""Tables of the PDF: no text leaves its cell, however many columns and regions there are."""

import io
from typing import Any

import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate
from reportlab.platypus.tables import Table

from napari_dsc.report.content import AGAINST, Page
from napari_dsc.report.fonts import known_fonts
from napari_dsc.report.options import PAPERS
from napari_dsc.report.pdf import MARGIN
from napari_dsc.report.pdf_parts import Styles, compared_tables, detail_tables

MOST = 1e-3  # pt by which a sum of widths is rounded
NUMBERS = ("−0.00103", "0.0221", "2,790", "−6.06e-05", "12.3", "–")
SYMBOLS = ("CBV (mL/100g)", "CBF (mL/100g/min)", "First moment (s)", "SD of CBF (mL/100g/min)")

DRAWING = "_drawCell"  # reportlab tells nobody what it has drawn where


def cells_in(table) -> list[list[Any]]:
    """What stands in a table, row by row."""
    return getattr(table, "_cellvalues")  # noqa: B009


def widths(table) -> list[float]:
    """Of its columns, pt."""
    return getattr(table, "_argW")  # noqa: B009


class Cells:
    """Cells as they are drawn, and those whose text is wider than they are."""

    def __init__(self) -> None:
        self.drawn = 0
        self.wider: list[tuple[object, float]] = []

    def look(self, value, style, width):
        room = width - style.leftPadding - style.rightPadding
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, Paragraph):
                one.wrap(room, 1e6)
                lines = one.blPara.lines
                rests = [one[0] if isinstance(one, tuple) else one.extraSpace for one in lines]
                own = room - min(rests, default=room)
            elif isinstance(one, str):
                lines = one.split("\n")
                own = max(stringWidth(line, style.fontname, style.fontsize) for line in lines)
            else:
                continue
            self.drawn += 1
            if own > room + MOST:
                self.wider.append((one, own - room))


@pytest.fixture
def cells(monkeypatch) -> Cells:
    """What every table draws."""
    found, draw = Cells(), getattr(Table, DRAWING)

    def look(table, value, style, at, size):
        found.look(value, style, size[0])
        draw(table, value, style, at, size)

    monkeypatch.setattr(Table, DRAWING, look)
    known_fonts()
    return found


def printed(tables, paper):
    SimpleDocTemplate(
        io.BytesIO(), pagesize=PAPERS[paper], leftMargin=MARGIN - 6, rightMargin=MARGIN - 6
    ).build(tables)


def names_of(count):
    long = "A_name_without_a_gap_that_is_longer_than_its_column_is_wide_by_far"
    return [long if at % 7 == 3 else f"{at} · Region {at} of the head" for at in range(count)]


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("columns", range(6, 26))
def test_fault_452_no_text_of_all_regions_leaves_its_cell(cells, paper, columns):
    """Of 6 to 25 columns and 1 to 60 regions, on either paper."""
    width = PAPERS[paper][0] - 2 * MARGIN
    heads = ["Region", "Accepted / voxels", "mL"]
    heads += [SYMBOLS[at % len(SYMBOLS)] for at in range(columns - 3)]
    for regions in (1, 8, 60):
        rows = [
            (
                name,
                "12,867 / 13,512",
                "958.0",
                *(
                    f"{NUMBERS[(at + one) % 6]} ± {NUMBERS[one % 6]} ({NUMBERS[at % 6]}) n=1,234"
                    for one in range(columns - 3)
                ),
            )
            for at, name in enumerate(names_of(regions))
        ]
        tables = detail_tables(heads, rows, Styles(), width)
        parts = [one for one in tables if isinstance(one, LongTable)]
        assert sum(len(cells_in(one)[0]) - 1 for one in parts) == columns - 1
        assert all(sum(widths(one)) <= width + MOST for one in parts)
        assert all(len(cells_in(one)) == regions + 1 for one in parts)  # names before each part
        printed(tables, paper)
    assert cells.drawn > 69 * columns
    assert cells.wider == []


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("maps", [1, 3, 4, 7, 8])
def test_fault_452_no_number_against_the_mirror_image_leaves_its_cell(cells, paper, maps):
    """Nor a unit that stands over three of them; what belongs to a map is in one table."""
    width = PAPERS[paper][0] - 2 * MARGIN
    for regions in (1, 8, 60):
        page = object.__new__(Page)
        rows = tuple(
            (name, "1,127.5", "both sides", "44.6 in, 22.5 beside",
             *(NUMBERS[(at + one) % 6] for one in range(3 * maps)))
            for at, name in enumerate(names_of(regions))
        )  # fmt: skip
        symbols = tuple(SYMBOLS[at % len(SYMBOLS)] for at in range(maps))
        for key, one in (("compared", rows), ("compared_maps", symbols), ("unasked", frozenset())):
            object.__setattr__(page, key, one)
        tables = compared_tables(page, Styles(), width)
        parts = [one for one in tables if isinstance(one, LongTable)]
        titles = [words for one in parts for words in cells_in(one)[0] if words]
        assert titles == list(symbols)
        heads = [words for one in parts for words in cells_in(one)[1][1:]]
        assert heads == ["mL", "Side", "No answer,\nmL", *(AGAINST * maps)]
        assert all(sum(widths(one)) <= width + MOST for one in parts)
        printed(tables, paper)
    assert cells.drawn > 69 * 3 * maps
    assert cells.wider == []


@pytest.mark.parametrize("paper", PAPERS)
def test_fault_452_no_text_of_a_report_leaves_its_cell(cells, results, report, paper):
    """In any of its tables, those of settings and volumes too."""
    report(results, f"{paper}.pdf", paper=paper)
    assert cells.drawn > 100
    assert cells.wider == []
