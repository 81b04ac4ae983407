"""The page as PDF: sheets of A4 or Letter, its words as letters, its pictures voxel by voxel."""

import io
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import Progress
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.content import TITLE, UNANSWERED, Heading, Page, page_of
from napari_dsc.report.curves import curves_png
from napari_dsc.report.fonts import BOLD, PLAIN, known_fonts
from napari_dsc.report.gallery import Gallery, drawing_all
from napari_dsc.report.measurements import measured
from napari_dsc.report.options import PAPERS, Options
from napari_dsc.report.orientation import view_for
from napari_dsc.report.pdf_parts import (
    Styles,
    compared_tables,
    detail_tables,
    heading_of,
    pairs_table,
    paragraph,
    picture_of,
    row_of_pairs,
)
from napari_dsc.report.read_results import Results
from napari_dsc.report.safe_text import UNKNOWN, printable
from napari_dsc.report.sheet import Place
from napari_dsc.version import __version__

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import Flowable

__all__ = ["pdf_page"]

MARGIN, FOOT = 28.0, 40.0  # pt
TALL = {"A4": 128.0, "Letter": 114.0}  # pt of a slice: findings and four maps fit on the first page
SCAN = Place(130.0, 150.0)
CURVES = 158.0  # pt, height
SHORT = 60  # letters of a first finding that stands in large ones
UNPRINTED = f"{UNKNOWN}: a letter that the font does not have; the HTML report has it."
NONE = "None."
NOTED = "Also to be noted"


def pdf_page(
    results: Results, heading: Heading, options: Options
) -> Generator[Progress, None, bytes]:
    """Make the page.

    Parameters
    ----------
    results : Results
        The folder.
    heading : Heading
        Whose scan it is.
    options : Options
        Colours, paper and planes.

    Yields
    ------
    Progress
        Before each picture.

    Returns
    -------
    bytes
        A PDF, the same for the same folder: without a date of its own.
    """
    yield Progress("Measuring the regions", 0.0)
    found = measured(results, absolute=options.absolute)
    view = view_for(results)
    page = page_of(results, found, view, heading, options)
    width, height = PAPERS[options.paper]
    wide = width - 2 * MARGIN
    yield Progress("Drawing the curves", 0.1)
    curves = curves_png(results, wide - SCAN.width - 10, CURVES)
    work = drawing_all(
        results,
        found,
        options.look,
        planes=options.planes,
        place=Place(wide, TALL[options.paper]),
        scan=SCAN,
    )
    gallery = yield from part_of_whole(work, 0.15, 0.85)
    yield Progress("Writing the page", 0.9)
    known_fonts()
    return _printed(_story(page, gallery, curves, wide), page, (width, height))


def _story(page: Page, gallery: Gallery, curves: bytes, wide: float) -> list["Flowable"]:
    """Everything in the order of reading."""
    styles = Styles()
    return [
        *_head(page, styles, wide),
        *map(picture_of, gallery.maps),
        paragraph(page.legend, styles.small),
        *_planes(page, gallery, styles),
        *_regions(page, gallery, styles, wide),
        *_passage(gallery, curves, styles, wide),
        *_trust(page, styles),
        *_provenance(page, styles, wide),
    ]


def _head(page: Page, styles: Styles, wide: float) -> list["Flowable"]:
    """Whose scan it is, and the findings."""
    from reportlab.platypus import Spacer

    parts: list[Flowable] = [
        paragraph(TITLE, styles.title),
        paragraph(RESEARCH_USE, styles.statement),
    ]
    named = [*([("Scan", page.name)] if page.name else []), *page.identity]
    named += [("Analysis", page.date)] if page.date else []
    if named:
        parts.append(paragraph("; ".join(f"{key}: {words}" for key, words in named), styles.name))
    first, *others = page.lines
    parts += [
        Spacer(1, 3),
        paragraph(first, styles.finding_first if len(first) <= SHORT else styles.finding_long),
        *(paragraph(words, styles.finding) for words in others),
        Spacer(1, 3),
        row_of_pairs(page.late, styles, wide),
        Spacer(1, 4),
    ]
    return parts


def _planes(page: Page, gallery: Gallery, styles: Styles) -> list["Flowable"]:
    parts: list[Flowable] = []
    for name, rows in gallery.planes:
        parts += heading_of(f"{name.capitalize()} pictures", styles, rows[0].height)
        parts += map(picture_of, rows)
    if page.left_out:
        parts.append(paragraph(page.left_out, styles.body))
    return parts


def _regions(page: Page, gallery: Gallery, styles: Styles, wide: float) -> list["Flowable"]:
    """Lesions and regions against the other side, then every map in every region."""
    parts: list[Flowable] = []
    if page.compared:
        parts += [
            *heading_of("Lesions and regions against their mirror images", styles),
            *compared_tables(page, styles, wide),
            paragraph(UNANSWERED, styles.small),
        ]
    if gallery.regions:
        parts += heading_of("Regions on further slices", styles, gallery.regions[0].height)
        parts += map(picture_of, gallery.regions)
    return [
        *parts,
        *heading_of("All regions: mean ± SD (median) of the accepted voxels", styles),
        *detail_tables(page.columns, page.regions, styles, wide),
    ]


def _passage(gallery: Gallery, curves: bytes, styles: Styles, wide: float) -> list["Flowable"]:
    """Scan and curves beside each other."""
    from reportlab.platypus import Image, KeepTogether, Table

    beside = wide - SCAN.width - 10
    image = Image(io.BytesIO(curves), beside, CURVES)
    row = Table([[picture_of(gallery.scan), image]], colWidths=[SCAN.width + 10, beside])
    row.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ]
    )
    return [
        KeepTogether(
            [
                *heading_of("Passage of the bolus", styles),
                row,
                paragraph(gallery.scan.alt, styles.small),
            ]
        )
    ]


def _trust(page: Page, styles: Styles) -> list["Flowable"]:
    """The verdict on the AIF, and warnings."""
    warnings = [paragraph(f"• {one}", styles.body) for one in page.warnings]
    notices = [paragraph(f"• {one}", styles.body) for one in page.notices]
    return [
        *heading_of("Verdict on the AIF", styles),
        *(paragraph(one, styles.body) for one in (page.verdicts[:1] or page.lines[-1:])),
        *heading_of("Warnings", styles),
        *(warnings or [paragraph(NONE, styles.body)]),
        *(heading_of(NOTED, styles) if notices else []),
        *notices,
    ]


def _provenance(page: Page, styles: Styles, wide: float) -> list["Flowable"]:
    """How it was made: settings, methods, references, versions, hash."""
    strange = (
        *page.warnings,
        *page.notices,
        *(row[0] for row in page.regions),
        *map("".join, page.identity),
    )
    strange = (*strange, page.name)
    unprinted = any(printable(one) != one for one in strange)
    parts: list[Flowable] = [
        *heading_of("Settings", styles),
        pairs_table(page.settings, styles, wide),
        *heading_of("Quality flags (voxels of the brain)", styles),
        pairs_table(page.quality, styles, wide),
        *heading_of("Scan", styles),
        pairs_table(page.facts, styles, wide, columns=1),
        *heading_of("Methods", styles),
        paragraph(page.methods, styles.small),
        *heading_of("References and versions", styles),
        *(paragraph(one, styles.tiny) for one in page.references),
        paragraph(f"Versions: {page.versions}", styles.tiny),
    ]
    if unprinted:
        parts.append(paragraph(UNPRINTED, styles.tiny))
    if page.sha256:
        parts.append(paragraph(f"Input SHA-256: {page.sha256}", styles.tiny))
    return parts


def _printed(story: Sequence["Flowable"], page: Page, size: tuple[float, float]) -> bytes:
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    made = io.BytesIO()
    document = BaseDocTemplate(
        made,
        pagesize=size,
        title=TITLE,
        author="",
        subject=RESEARCH_USE,
        creator=f"napari-dsc {__version__}",
        producer="reportlab",
        lang="en-GB",
        displayDocTitle=True,
        invariant=1,
        pageCompression=1,
        initialFontName=PLAIN,
    )
    inner = (MARGIN, FOOT, size[0] - 2 * MARGIN, size[1] - MARGIN - FOOT)
    frame = Frame(*inner, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    document.addPageTemplates([PageTemplate(frames=[frame])])
    document.build(list(story), canvasmaker=_canvas_with(_foot_words(page), size))
    return made.getvalue()


def _foot_words(page: Page) -> str:
    """Whose page it is, on each of them."""
    named = [page.name, *(words for _, words in page.identity)]
    return printable("   ".join(one for one in named if one)[:120])


def _undated() -> type[Any]:
    """Facts of a document without a date: the same bytes on any day."""
    from reportlab.pdfbase.pdfdoc import PDFDictionary, PDFInfo, PDFString

    class Undated(PDFInfo):  # type: ignore[misc]
        def format(self, document: Any) -> Any:
            facts = {
                name: PDFString(getattr(self, name.lower()))
                for name in ("Title", "Subject", "Creator", "Producer")
            }
            return PDFDictionary(facts).format(document)

    return Undated


def _canvas_with(words: str, size: tuple[float, float]) -> type["Canvas"]:
    """Canvas that writes below every page what it is, and which of how many."""
    from reportlab.pdfgen.canvas import Canvas

    undated = _undated()

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._doc.info.__class__ = undated
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (reportlab's name)
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            count = len(self._pages)
            for at, state in enumerate(self._pages, start=1):
                self.__dict__.update(state)
                self._write_foot(at, count)
                super().showPage()
            super().save()

        def _write_foot(self, at: int, count: int) -> None:
            y = FOOT - 16
            self.setFillColorRGB(0.63, 0, 0)
            self.setFont(BOLD, 7)
            self.drawString(MARGIN, y, RESEARCH_USE)
            self.setFillColorRGB(0.2, 0.2, 0.2)
            self.setFont(PLAIN, 7)
            self.drawCentredString(size[0] / 2, y, words)
            self.drawRightString(size[0] - MARGIN, y, f"{at} of {count}")

    return Numbered
