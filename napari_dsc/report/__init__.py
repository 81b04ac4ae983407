"""A page that says what an analysis found: from a folder of results alone, HTML or PDF.

`read_results` reads and checks the folder, `measurements` measures, `content` puts it into text,
`orientation` turns volumes as radiologists see them, `pictures` draws; `html` and `pdf` put it on
paper. No window is ever opened: the page is made from the data, never from what a screen shows.
"""

import os
from collections.abc import Generator, Mapping
from pathlib import Path

from napari_dsc.core.defaults import COLOUR_FAMILY
from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.quantities import FAMILIES
from napari_dsc.core.types import Progress
from napari_dsc.io.atomic_files import write_whole
from napari_dsc.io.file_locks import only_writer
from napari_dsc.report.html import html_page
from napari_dsc.report.pdf import pdf_page
from napari_dsc.report.read_results import reading_results

__all__ = ["KINDS", "make_report"]

KINDS = (".html", ".pdf")
NEEDED = {".html": ("matplotlib", "jinja2"), ".pdf": ("matplotlib",)}  # modules of the extra


def make_report(
    results: Path,
    out: Path,
    *,
    family: str = COLOUR_FAMILY,
    identity: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Generator[Progress, None, Path]:
    """Make a page of a folder of results.

    The same folder gives the same bytes. Names of files and folders, dates and users stand
    nowhere in it.

    Parameters
    ----------
    results : Path
        Folder that `write_results` has written.
    out : Path
        Where the page is to stand; `.html` (with its pictures in it) or `.pdf` (one page of A4).
    family : str
        Colours of the maps, a key of `napari_dsc.core.quantities.FAMILIES`.
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
        installed, the colours are unknown, or the folder is damaged or not complete.
    """
    kind = out.suffix.lower()
    _refuse(out, kind, family, overwrite)
    told = {} if identity is None else identity
    page = html_page if kind == ".html" else pdf_page
    try:
        with only_writer(out, "a report"):
            found = yield from part_of_whole(reading_results(results), 0.0, 0.4)
            content = yield from part_of_whole(page(found, family, told), 0.4, 1.0)
            _refuse_standing(out, overwrite)  # it may have come meanwhile
            write_whole(out, lambda path: _write(path, content))
    except OSError as error:
        raise DscError(
            f"the folder of the report must be writable, got: {error.strerror}. Choose another."
        ) from error
    return out


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _refuse(out: Path, kind: str, family: str, overwrite: bool) -> None:
    """Raise for what can be told before anything is read."""
    if kind not in KINDS:
        raise DscError(
            f"out must end in {' or '.join(KINDS)}, got {out.name}. Choose one of the two."
        )
    if family not in FAMILIES:
        raise DscError(
            f"family must be one of {', '.join(FAMILIES)}, got {family}. Choose one of them."
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
