"""A folder of results: all there, or no record that says so."""

import errno
import json
import os
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError
from napari_dsc.core.quality import WORDS
from napari_dsc.core.quantities import STANDARD
from napari_dsc.io.atomic_files import write_json
from napari_dsc.io.nifti import read_volume
from napari_dsc.io.record import fingerprint, make_record
from napari_dsc.io.results_folder import RECORD, existing_results, refuse_existing, write_results

MAPS = (*STANDARD, "quality")
NAMES = [
    *(f"{name}{suffix}" for name in MAPS for suffix in (".nii.gz", ".json")),
    "desc-aif_mask.nii.gz",
    "desc-brain_mask.nii.gz",
    "desc-baseline_dsc.nii.gz",
    "desc-aif_curve.csv",
    "desc-late_tissue.csv",
    "methods.md",
    RECORD,
]


@pytest.fixture(scope="module")
def record(patient, analysis):
    """What was done."""
    return make_record(patient.series, analysis, "abc")


def contents(directory) -> dict[str, bytes]:
    """Bytes of the files of a folder by their names."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.fixture
def full_disk(monkeypatch):
    """Let some files be saved, and the next one fail."""
    save = nib.save

    def fill_after(count):
        left = iter(range(count))

        def limited(image, path):
            if next(left, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            save(image, path)

        monkeypatch.setattr("nibabel.save", limited)

    return fill_after


def test_the_record_is_written_last(tmp_path, analysis, record):
    """It says that all is there."""
    written = write_results(tmp_path / "a" / "b", analysis, record)
    assert [path.name for path in written] == NAMES
    assert sorted(contents(tmp_path / "a" / "b")) == sorted(NAMES)


def test_maps_are_written_as_they_are(tmp_path, analysis, record):
    """Values, NaN among them, units and the affine of the scan."""
    write_results(tmp_path, analysis, record)
    for one in analysis.maps:
        path = tmp_path / f"{one.symbol.lower()}.nii.gz"
        values, affine = read_volume(path)
        np.testing.assert_array_equal(values, one.values.astype(np.float32))
        assert affine is not None
        assert one.affine is not None
        np.testing.assert_allclose(affine, one.affine, rtol=1e-6)
        assert (
            nib.Nifti1Image.from_filename(path).header["descrip"].item().decode()
            == f"{one.name}, {one.units}"
        )
    quality, _ = read_volume(tmp_path / "quality.nii.gz")
    assert quality.dtype == np.uint16
    np.testing.assert_array_equal(quality, analysis.maps.quality)


def test_the_record_explains_every_bit(tmp_path, analysis, record):
    """The quality map can be read without this program."""
    write_results(tmp_path, analysis, record)
    found = json.loads((tmp_path / RECORD).read_text(encoding="utf-8"))
    assert found["record"] == record["record"]
    assert found["quality_bits"] == {str(int(bit)): words for bit, words in WORDS.items()}


@pytest.mark.parametrize("count", [0, 1, 6])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_full_disk_changes_nothing(tmp_path, analysis, full_disk, count, overwrite, record):
    """Earlier results stand as they were, record and all; nothing new, and no temporary."""
    if overwrite:
        write_results(tmp_path, analysis, record)
    before = contents(tmp_path)
    full_disk(count)
    with pytest.raises(DscError, match="No space left"):
        write_results(tmp_path, analysis, record, overwrite)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_record_that_fails_changes_nothing(tmp_path, analysis, monkeypatch, record, overwrite):
    """It is written before anything is moved to its place."""
    if overwrite:
        write_results(tmp_path, analysis, record)
    before, write = contents(tmp_path), write_json

    def fail(path, content, **options):
        if path.name == RECORD:
            raise OSError(errno.EIO, "no more")
        write(path, content, **options)

    monkeypatch.setattr("napari_dsc.io.results_folder.write_json", fail)
    with pytest.raises(DscError, match="writable"):
        write_results(tmp_path, analysis, record, overwrite)
    assert contents(tmp_path) == before


def test_a_copy_that_somebody_made_is_kept(tmp_path, analysis, record):
    """It holds what the record tells, and is not the record's; nor is a scan that lies there."""
    write_results(tmp_path, analysis, record, prefix="scan_")
    mine = tmp_path / "before_cbf.nii.gz"
    mine.write_bytes((tmp_path / "scan_cbf.nii.gz").read_bytes())
    fewer = replace(analysis, maps=replace(analysis.maps, tmax=None))
    write_results(tmp_path, fewer, record, overwrite=True, prefix="other_")
    assert mine.is_file()
    assert not list(tmp_path.glob("scan_*"))
    known = json.loads((tmp_path / RECORD).read_text())
    scan = tmp_path / "scan.nii.gz"
    scan.write_bytes(b"a patient's")
    known["files"] = {"n.nii.gz": fingerprint(scan), "nii.gz": fingerprint(scan)}
    (tmp_path / RECORD).write_text(json.dumps(known))
    write_results(tmp_path, fewer, record, overwrite=True, prefix="other_")
    assert scan.read_bytes() == b"a patient's"


@pytest.mark.parametrize("name", NAMES)
def test_earlier_results_are_not_replaced_unasked(tmp_path, analysis, name, record):
    """Any one of the files is reason enough, and it stays as it is."""
    (tmp_path / name).write_text("earlier")
    with pytest.raises(DscError, match=rf"free of earlier results, got {name}"):
        write_results(tmp_path, analysis, record)
    assert contents(tmp_path) == {name: b"earlier"}


def test_other_files_do_not_stand_in_the_way(tmp_path, analysis, record):
    """Nor are they touched."""
    (tmp_path / "scan.nii.gz").write_text("scan")
    assert existing_results(tmp_path) == []
    refuse_existing(tmp_path / "not there", overwrite=False)
    write_results(tmp_path, analysis, record)
    assert (tmp_path / "scan.nii.gz").read_text() == "scan"


def test_results_are_replaced_on_demand(tmp_path, analysis, record):
    """And are what they would have been in a new folder."""
    for name in NAMES:
        (tmp_path / name).write_text("earlier")
    write_results(tmp_path, analysis, record, overwrite=True)
    write_results(tmp_path / "new", analysis, record)
    found = contents(tmp_path / "new")
    assert {name: (tmp_path / name).read_bytes() for name in NAMES} == found


def test_nothing_of_an_earlier_analysis_stays_beside_the_record(tmp_path, analysis, record):
    """A map that the new analysis does not have would pass for one of its own."""
    write_results(tmp_path, analysis, record)
    fewer = replace(analysis, maps=replace(analysis.maps, tmax=None, delay=None))
    written = write_results(tmp_path, fewer, record, overwrite=True)
    assert sorted(contents(tmp_path)) == sorted(path.name for path in written)


@pytest.mark.parametrize("below", ["", "below"])
def test_a_folder_that_cannot_be_is_said(tmp_path, analysis, below, record):
    """A file stands where the folder should be."""
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DscError, match=r"folder must be writable, got: .*Choose another folder"):
        write_results(tmp_path / "out" / below, analysis, record)
    assert contents(tmp_path) == {"out": b"a file"}


def test_the_same_maps_give_the_same_bytes(tmp_path, analysis, monkeypatch, record):
    """In another folder, on another day."""
    write_results(tmp_path / "one", analysis, record)
    monkeypatch.setattr("time.time", lambda: 2e9)
    write_results(tmp_path / "two", analysis, record)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
