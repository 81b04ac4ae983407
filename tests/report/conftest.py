"""Folders of results, as the program and accidents leave them."""

import json
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import Phantom
from napari_dsc.core.phantom import phantom
from napari_dsc.core.pipeline import Analysis, Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.io.record import fingerprint, make_record
from napari_dsc.io.region_files import Drawn
from napari_dsc.io.results_folder import write_results
from napari_dsc.report import make_report

CANARY = "ZZCANARY"
PREFIX = f"sub-{CANARY}_"


class Words(HTMLParser):
    """Words of a page, its tables, and its pictures."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[str] = []
        self.pictures: list[bytes] = []
        self.alts: list[str] = []
        self.text = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._inside = tag
        if tag == "table":
            self._rows = self.tables.setdefault(dict(attrs).get("class") or "", [])
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        elif tag == "img":
            kind, data = dict(attrs)["src"].split(",")
            assert kind == "data:image/png;base64"
            self.pictures.append(b64decode(data))
            self.alts.append(dict(attrs)["alt"])

    def handle_data(self, data):
        if self._inside == "style":
            return
        self.text += data
        if self._inside in ("td", "th") and data.strip():
            self._rows[-1][-1] += data

    def handle_endtag(self, tag):  # noqa: ARG002
        self._inside = ""

    def told(self, name: str) -> list[str]:
        """Cells beside a name; those against the other side have a table of their own."""
        others = (rows for kind, rows in self.tables.items() if kind != "compared")
        (found,) = [row[1:] for rows in others for row in rows if row and row[0] == name]
        return found

    def picture(self, begins: str) -> bytes:
        """The first picture whose words begin so: "CBV in " is a map."""
        return next(
            one for one, alt in zip(self.pictures, self.alts, strict=True) if alt.startswith(begins)
        )

    def against(self, name: str) -> list[str]:
        """Cells beside a name in the table against the other side."""
        (found,) = [row[1:] for row in self.tables["compared"] if row and row[0] == name]
        return found


@pytest.fixture(scope="session")
def head() -> Phantom:
    """The digital patient, with a vein in its mask."""
    return phantom(shape=(32, 32, 4), seed=1)


@pytest.fixture(scope="session")
def analysis(head) -> Analysis:
    """With a VOF, an integration window and TTP from the start of the scan."""
    vein = (head.tissue == 10) & head.brain
    settings = Settings(window=(10, 34))
    return finished(stages(head.series, head.artery, head.brain, settings, vein=vein))


@pytest.fixture(scope="session")
def save(head, analysis) -> Callable[..., Path]:
    """Write a folder of results; what is given changes the record."""

    def save(
        directory: Path,
        *,
        prefix: str = PREFIX,
        given: Analysis | None = None,
        drawn: Drawn | None = None,
        **changed,
    ):
        one = analysis if given is None else given
        record = make_record(head.series, one, "ab" * 32) | changed
        write_results(directory, one, record, prefix=prefix, drawn=drawn)
        return directory

    return save


@pytest.fixture
def results(tmp_path, save) -> Path:
    """A folder of results."""
    return save(tmp_path / f"{CANARY} folder")


@pytest.fixture(scope="session")
def placed(analysis) -> Callable[..., Analysis]:
    """Change where an analysis lies, or its CBV map."""

    def placed(affine=None, known=True, **values) -> Analysis:
        maps = {}
        for one in analysis.maps:
            own = (one.affine if affine is None else affine) if known else None
            key = one.symbol.lower()
            maps[key] = replace(one, affine=own, values=values.get(key, one.values))
        was, kind = analysis.maps, type(analysis.maps)
        return replace(
            analysis, maps=kind.from_keys(maps, quality_mask=was.quality_mask, quality=was.quality)
        )

    return placed


@pytest.fixture(scope="session")
def report() -> Callable[..., bytes]:
    """Make a report, and return its bytes."""

    def report(directory: Path, file: str = "report.html", **options) -> bytes:
        path = finished(make_report(directory, directory.parent / file, **options))
        assert path == directory.parent / file
        return path.read_bytes()

    return report


@pytest.fixture(scope="session")
def words_of(report) -> Callable[..., Words]:
    """Make an HTML report, and take it apart."""

    def words_of(directory: Path, **options) -> Words:
        return Words(report(directory, overwrite=True, **options).decode())

    return words_of


@pytest.fixture
def forge(results) -> Callable[..., Path]:
    """Replace a file of the folder; `listed` also changes what the record says of it."""

    def forge(end: str, content: bytes, listed: bool = True) -> Path:
        path = results / f"{PREFIX}{end}"
        path.write_bytes(content)
        if listed:
            record = json.loads((results / "record.json").read_text(encoding="utf-8"))
            record["files"][end] = fingerprint(path)
            (results / "record.json").write_text(json.dumps(record), encoding="utf-8")
        return results

    return forge


@pytest.fixture
def regions(results, head) -> tuple[Path, np.ndarray]:
    """Two regions, and one that has a name only, beside the maps."""
    labels = np.zeros(head.brain.shape, np.int16)
    labels[5:12, 10:20, 1:3] = 2
    labels[18:25, 10:20] = 7
    affine = nib.Nifti1Image.from_filename(results / f"{PREFIX}cbv.nii.gz").affine
    nib.save(nib.Nifti1Image(labels, affine), results / f"{PREFIX}desc-regions_dseg.nii.gz")
    table = "index\tname\tcolour\n2\tLeft <b>& co</b>\tred\n7\tRight\tblue\n9\tEmpty\t\n"
    (results / f"{PREFIX}desc-regions_dseg.tsv").write_text(table, encoding="utf-8")
    return results, labels


@pytest.fixture(scope="session")
def pixels() -> Callable[[bytes], np.ndarray]:
    """Pixels of a PNG, (rows, columns, 3)."""

    def pixels(png: bytes) -> np.ndarray:
        from matplotlib.image import imread

        return np.round(255 * imread(BytesIO(png))[..., :3]).astype(int)

    return pixels


@pytest.fixture(scope="session")
def pages(tmp_path_factory) -> Callable[[bytes], list[str]]:
    """Words of each page of a PDF, as a reader of PDFs finds them."""
    from qtpy.QtPdf import QPdfDocument

    folder = tmp_path_factory.mktemp("pages")

    def pages(content: bytes) -> list[str]:
        path = folder / "page.pdf"
        path.write_bytes(content)
        document = QPdfDocument(None)
        document.load(str(path))
        found = [document.getAllText(at).text() for at in range(document.pageCount())]
        document.close()
        return [" ".join(one.split()) for one in found]

    return pages
