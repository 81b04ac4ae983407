"""Words on a scan that go to others: without names, and still of use."""

from pathlib import Path

import pytest

from napari_dsc.cohort.nameless import nameless
from napari_dsc.cohort.scans import CohortScan
from tests.cohort.conftest import scan_of

OUT = Path("/results/of/DOE")


@pytest.fixture
def plain(tmp_path):
    """A scan in a folder that is called after a person, beside other files."""
    folder = tmp_path / "Doe Jane" / "Eve"
    folder.mkdir(parents=True)
    for name in ("head.nii.gz", "head.json", "jane_2.dcm"):
        (folder / name).write_text("")
    return CohortScan(
        path=folder / "head.nii.gz",
        source="Doe Jane/Eve/head.nii.gz",
        entities=(),
        label="scan-1",
    )


@pytest.mark.parametrize(
    "words",
    [
        "Doe Jane must be a folder.",
        "head.json must be JSON, got something else.",
        "head must be whole.",
        "jane_2.dcm must be an image; so must jane_2.",
        "{folder}/head.nii.gz is damaged.",
        "{folder} is no folder",
        "No such file: '{folder}/x'",
        "/results/of/DOE/log is full",
        "Eve is odd.",
    ],
)
def test_no_name_of_file_or_folder_stays(plain, words):
    told = nameless(words.format(folder=plain.path.parent), plain, OUT)
    for name in ("doe", "jane", "head", "eve "):
        assert name not in told.lower().replace("the file", "")


def test_words_that_are_no_names_stay(plain):
    words = "the repetition time must be known, got 3.5 s. Give it with --tr in seconds."
    assert nameless(words, plain, OUT) == words
    assert nameless("a\nb  c\x1b", plain, OUT) == "a b c\\x1b"


def test_what_was_quoted_of_a_file_goes_and_a_remedy_stays(plain):
    told = nameless("TR must be a number, got 'Doe, J.'. Name one, or 'propose'.", plain, OUT)
    assert told == "TR must be a number, got another. Name one, or 'propose'."


def test_labels_of_bids_stay(tmp_path):
    scan = scan_of(tmp_path / "Jane Roe", "sub-01/perf/sub-01_dsc.nii.gz")
    told = nameless("sub-01_dsc.nii.gz must be whole, got Jane Roe's.", scan, OUT)
    assert told == "sub-01_dsc.nii.gz must be whole, got the file's."
