"""The page as PDF: one sheet of A4, its words as letters, its pictures voxel by voxel."""

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING

from napari_dsc.core.types import Progress
from napari_dsc.report.content import page_of
from napari_dsc.report.curves import draw_curves
from napari_dsc.report.figures import drawing, figure_of, pdf_bytes
from napari_dsc.report.orientation import View, view_for
from napari_dsc.report.pdf_layout import HEIGHT, MARGIN, TOP, WIDE, WIDTH, Sheet, sheet_of
from napari_dsc.report.pdf_text import put
from napari_dsc.report.pictures import draw_bar, draw_map, draw_scan
from napari_dsc.report.read_results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["pdf_page"]

LETTERS = 5.0  # pt, in pictures
STRIP = 9.0  # pt above a picture, for its name and the statement
BAR = 38.0  # pt beside the maps, for colours, numbers and unit
SCAN = 110.0  # pt, width of the picture of the scan
AXIS = 28.0, 18.0  # pt left of the curves and below them


def pdf_page(
    results: Results, family: str, identity: Mapping[str, str]
) -> Generator[Progress, None, bytes]:
    """Make the page.

    Parameters
    ----------
    results : Results
        The folder.
    family : str
        Colours of the maps.
    identity : mapping of str to str
        Lines that say whose scan it is.

    Yields
    ------
    Progress
        Before each picture.

    Returns
    -------
    bytes
        A PDF of one page.
    """
    yield Progress("Measuring the regions", 0.0)
    view = view_for(results)
    page = page_of(results, view, identity)
    yield Progress("Drawing the curves", 0.1)
    figure = figure_of(WIDTH, HEIGHT)
    with drawing():
        scan = figure.add_axes((0, 0, 1, 1), anchor="NW")
        sheet = sheet_of(page, draw_scan(scan, results, view, LETTERS))
        _place(figure, sheet, scan, results)
    count = len(list(results.maps))
    for at in range(count):
        yield Progress("Drawing the maps", 0.2 + 0.6 * at / count)
        with drawing():
            _draw_row(figure, sheet, (results, view, family), at)
    yield Progress("Writing the page", 0.9)
    with drawing():
        return pdf_bytes(figure)


def _place(figure: "Figure", sheet: Sheet, scan: "Axes", results: Results) -> None:
    """Put text, scan and curves where they belong."""
    y = put(figure, sheet.head, MARGIN, MARGIN)
    scan.set_position(_box(MARGIN, y + STRIP, SCAN, TOP - STRIP))
    left = MARGIN + SCAN + AXIS[0]
    curves = figure.add_axes(_box(left, y + STRIP, WIDTH - MARGIN - left, TOP - STRIP - AXIS[1]))
    draw_curves(curves, results, LETTERS)
    put(figure, sheet.side, WIDTH - MARGIN - sheet.column, y + TOP + 4)
    put(figure, sheet.foot, MARGIN, y + TOP + 4 + sheet.maps)


def _draw_row(figure: "Figure", sheet: Sheet, shown: tuple[Results, View, str], at: int) -> None:
    """Draw one map and its colours, below those before it."""
    results, view, family = shown
    maps = list(results.maps)
    start = MARGIN + sum(one.height for one in sheet.head) + TOP + 4
    each = sheet.maps / len(maps)
    y, tall = start + at * each + STRIP, each - STRIP - 3
    wide = WIDE - sheet.column - 12 - BAR
    slices = len(view.slices)
    natural = tall * view.extent[0] / view.extent[1] * slices * 1.03
    row = figure.add_axes(_box(MARGIN, y, min(wide, natural), tall), anchor="NW")
    draw_map(row, results, view, maps[at], family, LETTERS)
    left = MARGIN + min(wide, natural) + 5
    draw_bar(figure.add_axes(_box(left, y, 6, tall)), results, maps[at], family, LETTERS)


def _box(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Part of the page, from pt right of and below its corner, as matplotlib counts."""
    return x / WIDTH, 1 - (y + height) / HEIGHT, width / WIDTH, height / HEIGHT
