"""Name of the scan and date on a report: nowhere unless somebody asks for them, at every door."""

import re
from inspect import signature

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import analyse, phantom, read
from napari_dsc.cli import main
from napari_dsc.io.nifti import write_series
from napari_dsc.report import make_report
from napari_dsc.viewer.review.report_dialog import Choice


def name_and_date(path) -> tuple[bool, bool]:
    """Whether a report tells the name of the scan, and a date."""
    page = path.read_text(encoding="utf-8")
    return "CANARY7" in page, re.search(r"\b20\d\d-\d\d-\d\d\b", page) is not None


@pytest.fixture(scope="module")
def scan(tmp_path_factory):
    """A scan whose file bears a name, and its artery."""
    place = tmp_path_factory.mktemp("named")
    patient = phantom((24, 24, 3), 50, seed=1)
    write_series(place / "CANARY7.nii.gz", patient.series)
    mask = nib.Nifti1Image(patient.artery.astype(np.uint8), patient.series.affine)
    nib.save(mask, place / "artery.nii.gz")
    return place / "CANARY7.nii.gz", place / "artery.nii.gz"


@pytest.mark.parametrize(
    ("more", "told"), [([], False), (["--named"], True), (["--named", "--anonymous"], False)]
)
def test_fault_457_report_names_nothing_unasked(scan, tmp_path, more, told):
    """From a folder of results, and with the maps."""
    path, artery = map(str, scan)
    asked = [one for one in more if one != "--anonymous"]  # `maps` has never named anything
    out, page = str(tmp_path / "o"), tmp_path / "maps.html"
    code = main(["maps", path, "--aif", artery, "--out", out, "--report", str(page), *asked])
    assert code in (0, 1, None)
    assert name_and_date(page) == (bool(asked), bool(asked))
    page = tmp_path / "report.html"
    main(["report", out, "--out", str(page), *more])
    assert name_and_date(page) == (told, told)


def test_fault_457_python_names_nothing_unasked(scan, tmp_path):
    one = analyse(read(scan[0]), scan[1])
    one.report(tmp_path / "plain.html")
    assert name_and_date(tmp_path / "plain.html") == (False, False)
    one.report(tmp_path / "named.html", name="CANARY7", date="2026-11-30")
    assert name_and_date(tmp_path / "named.html") == (True, True)


def test_fault_457_the_dialog_names_nothing_unasked():
    """Until it is ticked; and the same for whoever calls the page itself."""
    assert not Choice().named
    usual = signature(make_report).parameters
    assert usual["name"].default == usual["date"].default == ""
