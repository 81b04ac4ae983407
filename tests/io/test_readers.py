"""The table of readers: a row is all that Python, the viewer and the command line need."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_dsc import DscError, Series, phantom, read
from napari_dsc.cli import main
from napari_dsc.core.types import Progress
from napari_dsc.io.nifti import write_nifti
from napari_dsc.io.readers import READERS, Reader, accepted_words, help_words, stem_of
from napari_dsc.io.result_names import prefix_of
from napari_dsc.viewer.contributions import get_reader

START = b"PK\x03\x04"  # of a file that numpy packs: as of any zip archive


def begins(path: Path) -> bool:
    """Whether a file may be one of numpy's archives."""
    return path.is_file() and path.name.endswith(".npz") and path.read_bytes()[:4] == START


def reading(path: Path, **_choices: str):
    """Read a scan from an archive of numpy, step by step."""
    yield Progress("Reading the file", 0.0)
    with np.load(path) as facts:
        return Series(
            **{name: facts[name] for name in ("signal", "time", "affine")}, echo_time=0.03
        )


@pytest.fixture
def toy(monkeypatch) -> Reader:
    """A further row, for archives of numpy, which are refused otherwise."""
    row = Reader(
        name="Toy", begins=begins, reading=reading, endings=(".npz",), words="archives of numpy"
    )
    monkeypatch.setattr("napari_dsc.io.readers.READERS", {**READERS, "Toy": row})
    return row


@pytest.fixture
def scan(tmp_path) -> Path:
    """A digital patient in an archive of numpy, and its artery as a mask."""
    patient = phantom((32, 32, 4))
    series = patient.series
    path = tmp_path / "my scan.npz"
    assert series.affine is not None
    np.savez(path, signal=series.signal, time=series.time, affine=series.affine)
    write_nifti(tmp_path / "aif.nii.gz", patient.artery, series.affine)
    return path


def test_without_a_row_a_file_is_refused(scan):
    with pytest.raises(DscError, match="must be NIfTI"):
        read(scan)
    assert get_reader(str(scan)) is None


@pytest.mark.usefixtures("toy")
def test_a_row_is_all_that_a_reader_needs(scan):
    """Python, viewer and command line read the same numbers; results bear the scan's own name."""
    series = read(scan)
    reader = get_reader(str(scan))
    assert reader is not None
    ((data, options, kind),) = reader(str(scan))
    assert (kind, options["name"], data.size) == ("image", "my scan", series.signal.size)
    np.testing.assert_array_equal(np.sort(data, axis=None), np.sort(series.signal, axis=None))
    out = scan.with_name("out")
    assert (
        main(["maps", str(scan), "--aif", str(scan.with_name("aif.nii.gz")), "--out", str(out)])
        == 0
    )
    assert (out / "my_scan_cbf.nii.gz").is_file()
    assert prefix_of(scan) == "my_scan_"
    assert stem_of(scan) == "my scan"


@pytest.mark.usefixtures("toy")
def test_words_name_every_row(tmp_path):
    """Errors and the help list what is read."""
    assert ".npz" in accepted_words()
    assert help_words().startswith("4-D NIfTI (.nii, .nii.gz, .hdr/.img), ")
    assert ", archives of numpy, " in help_words()
    notes = tmp_path / "notes.pdf"
    notes.write_bytes(b"%PDF")
    with pytest.raises(DscError, match=r"must be NIfTI, DICOM.* or Toy, got a PDF"):
        read(notes)


@pytest.mark.usefixtures("toy")
def test_the_first_bytes_speak_before_the_name(scan):
    """What is called as the new kind is and begins as NIfTI does is NIfTI."""
    mask = scan.with_name("aif.nii.gz")
    disguised = mask.rename(mask.with_name("mask.npz"))
    with pytest.raises(DscError, match="must have 4 axes"):
        read(disguised)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"endings": ()}, "endings or patterns"),
        ({"words": ""}, "words for the help"),
        ({"endings": ("npz",)}, "like '.nii', got 'npz'"),
        ({"further_endings": (".NPZ",)}, "like '.nii', got '.NPZ'"),
    ],
)
def test_a_row_that_lacks_something_is_an_error_at_import(toy, change, message):
    with pytest.raises(TypeError, match=message):
        replace(toy, **change)


@pytest.mark.parametrize("named", [str, Path], ids=["text", "path"])
def test_an_empty_name_reads_no_folder(named, tmp_path, monkeypatch):
    """`Path("")` is the folder at hand, which holds no scan here; a text says what is missing."""
    monkeypatch.chdir(tmp_path)
    said = "name of a file or folder, got ''" if named is str else "without one"
    with pytest.raises(DscError, match=said):
        read(named(""))
