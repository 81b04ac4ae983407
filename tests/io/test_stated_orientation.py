"""A file that says its sides wrongly, from the command line: stated, recorded, replayed, told."""

import json
from dataclasses import replace
from unittest.mock import Mock

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, read
from napari_dsc.cli import main
from napari_dsc.core.orientation import codes_of
from napari_dsc.io.dicom_out import write_dicom
from napari_dsc.io.methods_text import methods_paragraph
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.read_record import read_record

BY_USER = "stated by the user: its axes run to the left, the front and the top"


@pytest.fixture(scope="module")
def wrong(patient, tmp_path_factory):
    """Folder of a scan and its masks whose file has left and right exchanged."""
    folder = tmp_path_factory.mktemp("wrong")
    affine = patient.series.affine @ np.diag([-1.0, 1, 1, 1])
    write_series(folder / "scan.nii.gz", replace(patient.series, affine=affine))
    write_nifti(folder / "aif.nii.gz", patient.artery, affine)
    write_nifti(folder / "brain.nii.gz", patient.brain, affine)
    return folder


@pytest.fixture(scope="module")
def results(wrong):
    """Maps of it, its orientation stated."""
    affine = read(wrong / "scan.nii.gz").affine
    assert affine is not None
    assert codes_of(affine) == "RAS"
    masks = ["--aif", str(wrong / "aif.nii.gz"), "--brain", str(wrong / "brain.nii.gz")]
    for name, more in (("stated", ["--orientation", "LAS"]), ("as_it_is", [])):
        out = ["--out", str(wrong / name)]
        assert main(["maps", str(wrong / "scan.nii.gz"), *masks, *more, *out]) == 0
    return wrong


def test_read_takes_an_orientation(wrong, patient):
    """The voxels are those of the file, and lie where the user says."""
    scan = read(wrong / "scan.nii.gz", orientation="LAS")
    np.testing.assert_array_equal(scan.signal, patient.series.signal)
    assert scan.affine is not None
    np.testing.assert_allclose(scan.affine[:3, :3], patient.series.affine[:3, :3])
    with pytest.raises(DscError, match="orientation must have"):
        read(wrong / "scan.nii.gz", orientation="up")


def test_the_maps_lie_where_the_user_says(results):
    """The same numbers, voxel by voxel, with masks that were drawn on the file as it is."""
    one, other = (
        nib.Nifti1Image.from_filename(results / name / "scan_cbf.nii.gz")
        for name in ("stated", "as_it_is")
    )
    np.testing.assert_array_equal(one.get_fdata(), other.get_fdata())
    assert nib.aff2axcodes(one.affine) == ("L", "A", "S")
    assert nib.aff2axcodes(other.affine) == ("R", "A", "S")


def test_record_methods_and_report_say_who_stated_it(results, tmp_path):
    """And nothing of it stands where nobody has."""
    record = json.loads((results / "stated" / "record.json").read_text())
    assert record["input"]["choices"] == {"orientation": "LAS"}
    assert BY_USER in methods_paragraph(record)
    before = json.loads((results / "as_it_is" / "record.json").read_text())
    assert "stated by the user" not in methods_paragraph(before)
    for name, there in (("stated", True), ("as_it_is", False)):
        page = tmp_path / f"{name}.html"
        main(["report", str(results / name), "--out", str(page)])
        assert (BY_USER in page.read_text()) is there
        pictures = "sides stated by the user" in page.read_text()
        assert pictures is there


def test_a_replay_states_it_again(results, tmp_path):
    """By the record alone; a scan as its file says it is not taken for that of the record."""
    scan = results / "scan.nii.gz"
    out = str(tmp_path / "again")
    assert main(["replay", str(results / "stated" / "record.json"), str(scan), "--out", out]) == 0
    one = results / "stated" / "scan_cbf.nii.gz"
    assert (tmp_path / "again" / "scan_cbf.nii.gz").read_bytes() == one.read_bytes()
    known = read_record(results / "stated" / "record.json")
    with pytest.raises(DscError, match="must have the orientation of the record, LAS"):
        known.of(read(scan), known.sha256)
    before, other = read_record(results / "as_it_is" / "record.json"), read(scan, orientation="LAS")
    with pytest.raises(DscError, match="as its file says it, got LAS"):
        before.of(other, before.sha256)


def test_no_dicom_is_written_of_it(wrong, tmp_path, capsys):
    """Its own study would contradict it: the reason is said at both doors."""
    words = ["maps", str(wrong / "scan.nii.gz"), "--aif", str(wrong / "aif.nii.gz")]
    with pytest.raises(SystemExit):
        main([*words, "--orientation", "LAS", "--dicom", "classic", "--out", str(tmp_path)])
    assert "whose orientation was stated by the user" in capsys.readouterr().err
    scan = read(wrong / "scan.nii.gz", orientation="LAS")
    with pytest.raises(DscError, match="would contradict the images of its own study"):
        write_dicom(tmp_path, Mock(), scan)
