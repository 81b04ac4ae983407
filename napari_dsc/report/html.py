"""The page as HTML: one file with its pictures in it, no script, nothing fetched."""

from base64 import b64encode
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from importlib.resources import files

from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import Progress
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.content import AGAINST, TITLE, UNANSWERED, WHERE, Heading, page_of
from napari_dsc.report.curves import curves_png
from napari_dsc.report.gallery import drawing_all
from napari_dsc.report.measurements import measured
from napari_dsc.report.options import Options
from napari_dsc.report.orientation import view_for
from napari_dsc.report.picture import Picture, png_of
from napari_dsc.report.read_results import Results
from napari_dsc.report.sheet import Place

__all__ = ["Shown", "html_page"]

PLACE = Place(560.0, 150.0)  # pt
SCAN = Place(150.0, 170.0)
CURVES = (400.0, 180.0)  # pt


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture: a data URI, and what it shows."""

    data: str
    alt: str


def html_page(
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
        UTF-8.
    """
    import jinja2

    yield Progress("Measuring the regions", 0.0)
    found = measured(results, absolute=options.absolute)
    page = page_of(results, found, view_for(results), heading, options)
    yield Progress("Drawing the curves", 0.1)
    curves = _shown(curves_png(results, *CURVES), f"Curves of AIF, VOF and brain. {RESEARCH_USE}")
    work = drawing_all(results, found, options.look, planes=options.planes, place=PLACE, scan=SCAN)
    gallery = yield from part_of_whole(work, 0.15, 0.85)
    yield Progress("Writing the page", 0.9)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    source = files("napari_dsc.report").joinpath("page.html").read_text(encoding="utf-8")
    words = environment.from_string(source).render(
        title=TITLE,
        statement=RESEARCH_USE,
        paper=options.paper,
        page=page,
        against=AGAINST,
        where=WHERE,
        unanswered=UNANSWERED,
        maps=_all(gallery.maps),
        planes=[(name, _all(rows)) for name, rows in gallery.planes],
        regions=_all(gallery.regions),
        scan=_of(gallery.scan),
        curves=curves,
    )
    return words.encode()


def _all(pictures: Iterable[Picture]) -> list[Shown]:
    return [_of(one) for one in pictures]


def _of(picture: Picture) -> Shown:
    return _shown(png_of(picture), picture.alt)


def _shown(png: bytes, alt: str) -> Shown:
    return Shown(f"data:image/png;base64,{b64encode(png).decode()}", alt)
