"""Reports: pages made from a folder of results alone, as HTML or PDF.

`read_results` reads and checks the folder, `measurements` measures, `content` puts it into text,
`orientation` turns volumes as radiologists see them, `slices` chooses which, `pictures` and
`curves` draw, `gallery` puts the pictures in order; `html` and `pdf` put it on paper. No window is
ever opened: the page is made from the data, never from what a screen shows.
"""

import os
from collections.abc import Collection, Generator, Mapping
from datetime import datetime
from pathlib import Path

from napari_dsc.core.defaults import COLOUR_FAMILY, PAPER, READING
from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.quantities import FAMILIES
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.core.types import Progress
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.io.file_locks import only_writer
from napari_dsc.io.results_folder import RECORD
from napari_dsc.report.content import Heading
from napari_dsc.report.html import html_page
from napari_dsc.report.options import FURTHER, PAPERS, Options
from napari_dsc.report.orientation import Plane
from napari_dsc.report.pdf import pdf_page
from napari_dsc.report.pictures import Look
from napari_dsc.report.read_results import reading_results

__all__ = ["FURTHER", "KINDS", "PAPERS", "make_report"]

KINDS = (".html", ".pdf")
DRAWN_BY = ("matplotlib", "reportlab", "PIL")  # modules of the extra
NEEDED = {".html": (*DRAWN_BY, "jinja2"), ".pdf": DRAWN_BY}


def make_report(
    results: Path,
    out: Path,
    *,
    family: str = COLOUR_FAMILY,
    reading: str = READING,
    steps: bool | None = None,
    paper: str = PAPER,
    planes: Collection[Plane] = (),
    absolute: bool = False,
    name: str | None = "",
    date: str | None = "",
    identity: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Generator[Progress, None, Path]:
    """Make a report of a folder of results.

    The findings come first, in three sentences; then the maps on the slices that show them, the
    numbers of lesions and regions, curves, warnings, and last how all of it was made. The same
    folder gives the same bytes. Names of files and folders, dates and users stand nowhere in it
    but where the caller says them.

    Parameters
    ----------
    results : Path
        Folder that `write_results` has written; or the record, in a folder of several scans.
    out : Path
        Where the report is to stand; `.html` (with its pictures in it) or `.pdf`.
    family : str
        Colours of the maps, a key of `napari_dsc.core.quantities.FAMILIES`.
    reading : str
        What the scan is read for, a key of `napari_dsc.core.reading_orders.READINGS`: which maps
        come first.
    steps : bool, optional
        Whether Tmax is shown in steps; None: as the reading has it.
    paper : str
        "A4" or "Letter".
    planes : collection of str
        "coronal", "sagittal": shown beside the axial slices, where the orientation is known.
    absolute : bool
        Whether CBV and CBF are shown absolute even where absolute values do not hold; by default
        they are relative to white matter then, as on screen.
    name, date : str or None
        Of the scan's file, and of the analysis; nothing by default. None: as the names of the
        results begin, and the day on which their record was written.
    identity : mapping of str to str, optional
        Lines that say whose scan it is, such as ``{"Patient": "..."}``; by default it says none.
    overwrite : bool
        Whether `out` may be replaced.

    Yields
    ------
    Progress
        Before each file and each picture; closing the generator leaves nothing behind.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    DscError
        If `out` is of another kind, exists or cannot be written, the extra `report` is not
        installed, colours, reading, paper or a plane are unknown, or the folder is damaged or not
        complete.
    """
    kind = out.suffix.lower()
    _refuse(out, kind, overwrite)
    _refuse_unknown("family", family, FAMILIES)
    _refuse_unknown("reading", reading, READINGS)
    _refuse_unknown("paper", paper, PAPERS)
    for plane in planes:
        _refuse_unknown("planes", plane, FURTHER)
    options = Options(
        look=Look(family=family, reading=reading, steps=steps),
        paper=paper,
        planes=tuple(one for one in FURTHER if one in planes),
        absolute=absolute,
    )
    page = html_page if kind == ".html" else pdf_page
    try:
        with only_writer(out, "a report"):
            found = yield from part_of_whole(reading_results(results), 0.0, 0.4)
            heading = Heading(
                name=found.name if name is None else name,
                date=_day_of(results) if date is None else date,
                identity=identity or {},
            )
            content = yield from part_of_whole(page(found, heading, options), 0.4, 1.0)
            _refuse_standing(out, overwrite)  # it may have come meanwhile
            write_whole(out, lambda path: _write(path, content))
    except OSError as error:
        raise DscError(
            f"the folder of the report must be writable, got: {error.strerror}. Choose another."
        ) from error
    return out


def _day_of(results: Path) -> str:
    """The day on which the record of a folder was written: a copy may have another."""
    written = (results / RECORD).stat().st_mtime
    return f"{datetime.fromtimestamp(written).date().isoformat()} (date of its record's file)"


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _refuse_unknown(what: str, value: str, known: Collection[str]) -> None:
    """Raise for a word that is none of those that there are."""
    if value not in known:
        raise DscError(
            f"{what} must be one of {', '.join(known)}, got {value}. Choose one of them."
        )


def _refuse(out: Path, kind: str, overwrite: bool) -> None:
    """Raise for what can be told before anything is read."""
    if kind not in KINDS:
        raise DscError(
            f"out must end in {' or '.join(KINDS)}, got {out.name}. Choose one of the two."
        )
    _refuse_standing(out, overwrite)
    for module in NEEDED[kind]:
        try:
            __import__(module)
        except ImportError as error:
            raise DscError(
                f"{module} must be installed for a report, got none. "
                "Run: pip install 'napari-dsc[report]'"
            ) from error


def _refuse_standing(out: Path, overwrite: bool) -> None:
    if out.is_dir():
        raise DscError(f"out must be a file, got the folder {out.name}. Choose another name.")
    if os.path.lexists(out) and not overwrite:
        raise DscError(
            f"out must not exist yet, got {out.name}. Choose another name, or allow it to be "
            "overwritten."
        )
