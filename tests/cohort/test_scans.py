"""Scans of a cohort: each is found once, by a label that names nobody."""

from pathlib import Path

import numpy as np
import pytest

from napari_dsc import DscError
from napari_dsc.cohort.scans import find_scans, without_prefix
from napari_dsc.io.nifti import write_nifti
from tests.cohort.conftest import bids, damage, put
from tests.io.dicom_maker import classic


def sources(found):
    """Where they lie."""
    return [one.source for one in found]


def refusal(*args, **chosen):
    """Words of the error."""
    with pytest.raises(DscError) as failure:
        find_scans(*args, **chosen)
    return str(failure.value)


@pytest.fixture(scope="module")
def whole(stored, tmp_path_factory):
    """A data set with sessions, runs, contrast agents, and what is no scan."""
    root = bids(
        stored,
        tmp_path_factory.mktemp("bids"),
        "sub-01/perf/sub-01_dsc",
        "sub-02/ses-1/perf/sub-02_ses-1_ce-gd_run-1_dsc",
        "sub-02/ses-1/perf/sub-02_ses-1_ce-gd_run-2_dsc",
        "sub-02/ses-2/perf/sub-02_ses-2_DSC",
        "sub-03/perf/sub-03_perf",
    )
    put(stored, root / "sub-01/perf/sub-01_asl.nii.gz")
    put(stored, root / "sub-01/anat/sub-01_dsc.nii.gz")
    put(stored, root / "derivatives/other/sub-01/perf/sub-01_dsc.nii.gz")
    return root


def test_scans_of_a_data_set_with_their_entities(whole):
    found = find_scans(whole)
    assert [one.label for one in found] == [
        "sub-01",
        "sub-02_ses-1_ce-gd_run-1",
        "sub-02_ses-1_ce-gd_run-2",
        "sub-02_ses-2",
        "sub-03",
    ]
    second = found[1]
    assert second.entities == (("sub", "02"), ("ses", "1"), ("ce", "gd"), ("run", "1"))
    assert second.entity("ce") == "gd"
    assert second.entity("echo") == ""
    assert second.folder == Path("sub-02/ses-1/perf")
    assert second.root == whole
    assert second.is_bids


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({"participants": ["02"]}, 3),
        ({"participants": ["sub-01", "03"]}, 2),
        ({"sessions": ["2"]}, 1),
        ({"participants": ["02"], "sessions": ["ses-1"]}, 2),
        ({"pattern": "*_run-2_*"}, 1),
        ({"pattern": "sub-02/*"}, 3),
    ],
)
def test_some_of_them_are_chosen(whole, chosen, count):
    assert len(find_scans(whole, **chosen)) == count


def test_a_label_or_a_pattern_of_no_scan_is_refused(whole):
    assert "sub-9 must have a scan" in refusal(whole, participants=["01", "9"])
    assert "ses-7 must have a scan" in refusal(whole, sessions=["7"])
    assert "--pattern must be like" in refusal(whole, pattern="*_run-9_*")


def test_labels_are_written_with_or_without_their_prefix():
    assert without_prefix(["sub-01", "02"], "sub-") == ["01", "02"]


def test_echoes_are_a_scan_each_or_one(stored, tmp_path):
    root = bids(
        stored,
        tmp_path,
        "sub-01/perf/sub-01_echo-1_dsc",
        "sub-01/perf/sub-01_echo-2_dsc",
        "sub-02/perf/sub-02_echo-1_dsc",
    )
    each = find_scans(root)
    assert [(one.label, one.echo) for one in each] == [
        ("sub-01_echo-1", "1"),
        ("sub-01_echo-2", "2"),
        ("sub-02_echo-1", ""),
    ]
    assert [one.label for one in find_scans(root, echo="2")] == ["sub-01_echo-2", "sub-02_echo-1"]
    both = find_scans(root, echo="both")
    assert [one.label for one in both] == ["sub-01", "sub-02_echo-1"]


def test_fault_270_two_scans_never_share_a_name(stored, tmp_path):
    """Whichever came last would stand there, and the other would be gone."""
    root = bids(stored, tmp_path, "sub-01/perf/sub-01_dsc", "sub-01/perf/sub-01_perf")
    words = refusal(root)
    assert "results of sub-01 must be of one scan, got two" in words
    assert "sub-01/perf/sub-01_dsc.nii.gz" in words
    assert len(find_scans(root, pattern="*_dsc.nii.gz")) == 1


@pytest.mark.parametrize(
    "name", ["DoeJohn_run-1_dsc", "sub-01_DoeJohn_dsc", "sub-02_dsc", "DoeJohn-1_dsc"]
)
def test_fault_271_a_name_that_follows_no_rule_is_not_taken_over(stored, tmp_path, name):
    """It may be a patient's, or another subject's."""
    root = bids(stored, tmp_path, f"sub-01/perf/{name}")
    (one,) = find_scans(root)
    assert not one.is_bids
    assert one.label.startswith("scan-")
    assert "Doe" not in f"{one.label}{one.folder}"
    assert one.root == root


def test_scans_of_a_plain_folder(stored, tmp_path):
    """Labels hang on the path alone: what is added beside changes none."""
    put(stored, tmp_path / "DOE JOHN" / "head.nii.gz")
    first = find_scans(tmp_path)
    put(stored, tmp_path / "A" / "b" / "head.nii.gz")
    put(stored, tmp_path / "top.nii.gz")
    write_nifti(tmp_path / "A" / "anatomy.nii.gz", np.ones((8, 8, 4), np.int16), np.eye(4))
    found = find_scans(tmp_path)
    assert sources(found) == ["A/b/head.nii.gz", "DOE JOHN/head.nii.gz", "top.nii.gz"]
    assert found[1].label == first[0].label
    assert len({one.label for one in found}) == 3
    assert "DOE" not in found[1].label
    assert found[1].folder == Path(found[1].label)


def test_dicom_folders_are_scans(patient, tmp_path):
    classic(tmp_path / "one" / "series", patient.series)
    classic(tmp_path / "two", patient.series)
    found = find_scans(tmp_path)
    assert sources(found) == ["one/series", "two"]
    assert [one.root for one in found] == [tmp_path] * 2
    (alone,) = find_scans(tmp_path / "two")
    assert alone.path == alone.root == tmp_path / "two"


def test_a_damaged_file_is_a_scan(stored, tmp_path):
    """Its row says what is wrong: left out, nobody would miss it."""
    damage(put(stored, tmp_path / "whole.nii.gz"), 40)
    assert len(find_scans(tmp_path)) == 1
    root = bids(stored, tmp_path / "bids", "sub-01/perf/sub-01_dsc")
    damage(root / "sub-01/perf/sub-01_dsc.nii.gz", 0)
    (root / "sub-02/perf").mkdir(parents=True)
    (root / "sub-02/perf/sub-02_dsc.nii.gz").symlink_to("nowhere")  # not fetched yet
    assert [one.label for one in find_scans(root)] == ["sub-01", "sub-02"]


def test_links_are_followed_once(stored, tmp_path):
    """Data managers keep scans behind links; a link may lead in a circle."""
    store = put(stored, tmp_path / "store" / "a.nii.gz")
    root = tmp_path / "cohort"
    (root / "in").mkdir(parents=True)
    (root / "in" / "scan.nii.gz").symlink_to(store)
    (root / "in" / "circle").symlink_to(root)
    (root / "other").symlink_to(tmp_path / "store")
    assert sources(find_scans(root)) == ["in/scan.nii.gz", "other/a.nii.gz"]


def test_results_are_no_scans(stored, tmp_path):
    put(stored, tmp_path / "a.nii.gz")
    put(stored, tmp_path / "out" / "b.nii.gz")
    assert sources(find_scans(tmp_path, leaving_out=tmp_path / "out")) == ["a.nii.gz"]


def test_nothing_found_is_said(stored, tmp_path):
    assert "must be a folder" in refusal(tmp_path / "none")
    assert "a 4-D NIfTI or DICOM" in refusal(tmp_path)
    assert "sub-*/perf" in refusal(bids(stored, tmp_path))
