"""The page as HTML: one file with its pictures in it, no script, nothing fetched."""

from base64 import b64encode
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from napari_dsc.core.types import ParameterMap, Progress
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.report.content import TITLE, page_of
from napari_dsc.report.curves import draw_curves
from napari_dsc.report.figures import drawing, figure_of, png_bytes
from napari_dsc.report.orientation import View, view_for
from napari_dsc.report.pictures import draw_bar, draw_map, draw_scan, window_of
from napari_dsc.report.read_results import Results

__all__ = ["Picture", "html_page"]

SIZE = 6.0  # pt of letters in pictures
ROW = 440.0  # pt, width of a row of maps
BAR = 46.0  # pt of it, for the colour bar
STRIP = 10.0  # pt above a picture, for its name and the statement
SCAN, CURVES, HEIGHT = 170.0, 430.0, 190.0  # pt


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: a data URI, and what it shows."""

    data: str
    alt: str


def html_page(
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
        UTF-8.
    """
    import jinja2

    yield Progress("Measuring the regions", 0.0)
    view = view_for(results)
    page = page_of(results, view, identity)
    yield Progress("Drawing the curves", 0.1)
    scan, curves = _scan(results, view), _curves(results)
    maps = []
    every = list(results.maps)
    for at, one in enumerate(every):
        yield Progress("Drawing the maps", 0.2 + 0.6 * at / len(every))
        maps.append(_row(results, view, one, family))
    yield Progress("Writing the page", 0.9)
    tables = (
        ("Late tissue in the brain", page.late),
        ("Settings", page.settings),
        ("Quality flags", page.quality),
    )
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    source = files("napari_dsc.report").joinpath("page.html").read_text(encoding="utf-8")
    words = environment.from_string(source).render(
        title=TITLE, statement=RESEARCH_USE, page=page, scan=scan, curves=curves, maps=maps,
        tables=tables,
    )  # fmt: skip
    return words.encode()


def _picture(png: bytes, alt: str) -> Picture:
    return Picture(f"data:image/png;base64,{b64encode(png).decode()}", alt)


def _scan(results: Results, view: View) -> Picture:
    with drawing():
        figure = figure_of(SCAN, HEIGHT)
        axes = figure.add_axes((0.01, 0.01, 0.98, 1 - STRIP / HEIGHT - 0.02))
        words = draw_scan(axes, results, view, SIZE)
        return _picture(png_bytes(figure), words)


def _curves(results: Results) -> Picture:
    with drawing():
        figure = figure_of(CURVES, HEIGHT)
        axes = figure.add_axes((0.07, 0.13, 0.92, 0.87 - STRIP / HEIGHT - 0.01))
        draw_curves(axes, results, SIZE)
        return _picture(png_bytes(figure), f"Curves of AIF, VOF and brain. {RESEARCH_USE}")


def _row(results: Results, view: View, one: ParameterMap, family: str) -> Picture:
    """Slices of a map and its colours."""
    width, height = view.extent
    ratio = height / (width * max(1, len(view.slices)))
    tall = float(np.clip((ROW - BAR) * ratio, 40.0, 160.0))
    whole = tall + STRIP + 6
    low, high = window_of(results, one.symbol)
    with drawing():
        figure = figure_of(ROW, whole)
        bottom, part = 3 / whole, tall / whole
        draw_map(
            figure.add_axes((0.0, bottom, 1 - BAR / ROW, part), anchor="W"),
            results, view, one, family, SIZE,
        )  # fmt: skip
        draw_bar(
            figure.add_axes((1 - (BAR - 5) / ROW, bottom, 8 / ROW, part)),
            results, one, family, SIZE,
        )  # fmt: skip
        alt = f"{one.symbol} in {one.units}, window {low:g} to {high:g}. {RESEARCH_USE}"
        return _picture(png_bytes(figure), alt)
