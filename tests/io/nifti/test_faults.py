"""What NIfTI files and their sidecars can do to whoever reads them, by the number of the fault."""

import gzip
import json
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, read
from napari_dsc.io.nifti import read_shape, write_nifti
from napari_dsc.io.nifti.bids_sidecar import read_sidecar

MB = 2**20
GROWTH = """
import resource, sys
import nibabel, numpy
from napari_dsc import DscError, read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read(sys.argv[1])
except DscError as error:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, error)
"""


def refused(path) -> tuple[int, str]:
    """Memory in MB that a refusal takes of a fresh process, and its words."""
    if sys.platform != "linux":
        pytest.skip("ru_maxrss is in kB on Linux")
    words = [sys.executable, "-c", GROWTH, str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    growth, _, error = done.stdout.partition(" ")
    return int(growth), error


def packed(path: Path, head: bytes, zeros: int, tail: bytes = b"") -> Path:
    """Compress a head, so many MB of zeros, and a tail."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(zeros):
            file.write(bytes(MB))
        file.write(tail)
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize(
    ("lengths", "rule"), [((-8, 5, 4, 24), "voxels"), ((0, 5, 4, 24), "voxels"),
                          ((32767,) * 4, "at most 4 GiB")],
)  # fmt: skip
def test_fault_07_impossible_lengths_are_refused_from_the_header(forge, lengths, rule, suffix):
    """No voxel is asked for."""
    path = forge(dim=(4, *lengths, 1, 1, 1))
    if suffix == ".nii.gz":
        path = packed(path.with_suffix(".nii.gz"), path.read_bytes(), 0)
    growth, words = refused(path)
    assert growth < 50
    assert f"must {'have' if rule == 'voxels' else 'hold'} {rule}" in words


def test_fault_08_a_bomb_beyond_the_cap_is_refused_before_memory_is_taken(forge, tmp_path):
    """8 GiB declared; 300 MB of them are there."""
    head = forge(dim=(4, 1024, 1024, 128, 32, 1, 1, 1)).read_bytes()[:352]
    growth, words = refused(packed(tmp_path / "bomb.nii.gz", head, 300))
    assert growth < 50
    assert "must hold at most 4 GiB" in words


@pytest.mark.parametrize("extended", [False, True], ids=["offset", "extension"])
def test_fault_08_a_bomb_before_the_voxels_is_refused(forge, tmp_path, extended):
    """256 MB of zeros that the header puts between itself and its voxels."""
    content = bytearray(forge(vox_offset=float(256 * MB)).read_bytes())
    content[348] = extended
    head = bytes(content[:352]) + struct.pack("<ii", 256 * MB - 352, 6)
    growth, words = refused(packed(tmp_path / "bomb.nii.gz", head, 256))
    assert growth < 50
    assert "at most 64 MiB before its voxels, got 256 MiB" in words


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_an_extension_of_a_usual_size_changes_nothing(forge, signal, suffix):
    """Its content is passed over, in steps, without a warning about its length."""
    size = 20 * MB
    content = bytearray(forge(vox_offset=float(352 + size)).read_bytes())
    content[348] = 1
    extension = struct.pack("<ii", size - 1, 6).ljust(size, b"x")
    content[352:352] = extension
    path = forge().with_name(f"extended{suffix}")
    path.write_bytes(gzip.compress(content, 1) if suffix == ".nii.gz" else content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read(path).signal, signal)
        assert read_shape(path) == signal.shape


def test_fault_32_a_sidecar_of_quotes_takes_no_longer_than_its_length(save):
    """A pattern that starts again at every quote took an hour for this one."""
    series = read(save(sidecar=b'\\"' * (MB // 2 - 8)))
    assert series.notices == ("The sidecar is not JSON: ignored.",)
    assert series.repetition_time == 1.5


@pytest.mark.parametrize("text", ["[{", ']"', "\\", "\n", '"[['])
def test_brackets_within_strings_are_no_depth(save, text):
    """Whatever is quoted, and however it is escaped."""
    sidecar = {"x": text * 40, "EchoTime": 0.03}
    assert read_sidecar(save(sidecar=sidecar), (6, 5, 4, 24)).echo_time == 0.03


def test_fault_32_times_that_swallow_one_another_are_left_out(save):
    """They increase as they are written, but not after the first one is taken away."""
    series = read(save(sidecar={"VolumeTiming": [-1e299, *range(23)]}))
    assert series.notices == ("The sidecar's VolumeTiming does not increase: ignored.",)
    assert series.repetition_time == 1.5


def test_fault_32_slice_times_lie_within_the_step_of_the_header(save):
    """Where the sidecar does not say how long a volume takes."""
    series = read(save(sidecar={"SliceTiming": [0, 1, 2, 4]}))
    assert series.slice_times is None
    assert "must lie within a volume's 1.5" in series.notices[0]


@pytest.mark.parametrize("field", ["descrip", "aux_file", "db_name", "intent_name"])
def test_fault_35_words_of_a_header_reach_no_scan(forge, field):
    """Nothing but numbers comes in."""
    series = read(forge(**{field: b"ZZCANARY^NAME"}))
    assert "CANARY" not in repr((series.sources, series.notices, series.questions))


@pytest.mark.parametrize(
    "key",
    ["RepetitionTime", "EchoTime", "VolumeTiming", "SliceTiming", "SliceEncodingDirection",
     "PatientName"],
)  # fmt: skip
@pytest.mark.parametrize("wrap", [lambda word: word, lambda word: [word], lambda word: {word: 1}])
def test_fault_35_words_of_a_sidecar_reach_no_scan(save, key, wrap):
    """What cannot be used is named by its key, not by its text."""
    sidecar = {"SliceTiming": [0, 0.1, 0.2, 0.3], key: wrap("ZZCANARY^NAME")}
    series = read(save(sidecar=json.dumps(sidecar).encode()))
    assert "CANARY" not in repr((series.sources, series.notices, series.questions))


@pytest.mark.parametrize("kept", [0, 100, 360, -1])
@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_fault_35_a_refusal_names_no_folder(save, tmp_path, name, kept):
    """The name of the file is said, so that it can be found; where it lies is not."""
    folder = tmp_path / "ZZCANARY^NAME"
    folder.mkdir()
    path = save(name).rename(folder / name)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DscError) as failure:
        read(path)
    assert "CANARY" not in str(failure.value)
    assert str(failure.value).startswith(name)


def test_fault_11_without_orientation_codes_nobody_knows_left_from_right(forge, tmp_path):
    """Voxel sizes are known, and which way they lie is not: said, and written on as unknown."""
    found = read(forge(sform_code=0, qform_code=0))
    assert not found.oriented
    assert any("Left may be right" in one for one in found.notices)
    assert read(forge(sform_code=1)).oriented
    write_nifti(tmp_path / "map.nii", found.signal[..., 0], found.affine, oriented=False)
    header = nib.Nifti1Image.from_filename(tmp_path / "map.nii").header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (0, 0)
    assert found.affine is not None
    np.testing.assert_allclose(header.get_zooms()[:3], np.abs(np.diag(found.affine)[:3]))
