"""What a scan on disk becomes: its numbers as stored, its place in space, or a refusal."""

import gzip
import os
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, read
from napari_dsc.core.progress import finished
from napari_dsc.io import READERS, reading
from napari_dsc.io.aif import scan_fingerprint
from napari_dsc.io.fingerprints import files_fingerprint
from napari_dsc.io.nifti import images, read_shape, read_volume
from napari_dsc.io.record import input_fingerprint

STORED = ["u1", "<i2", ">i2", "<u2", "<i4", "<f4", ">f4"]


def origins(array):
    """Yield an array and everything that it is a view of."""
    while array is not None:
        yield array
        array = getattr(array, "base", None)


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz", "scan.img"])
def test_a_file_is_held(save, signal, name):
    """It is read once: nothing of it is fetched later."""
    path = save(name)
    series = read(path)
    path.unlink()
    assert not any(isinstance(one, np.memmap) for one in origins(series.signal))
    np.testing.assert_array_equal(series.signal, signal)


SPOIL = {
    "cut off": lambda path: os.truncate(path, 400),
    "overwritten": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "replaced": lambda path: (path.unlink(), path.write_bytes(b"another")),
    "gone": Path.unlink,
}


@pytest.mark.parametrize("what", SPOIL)
@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz", "scan.img"])
def test_fault_152_what_becomes_of_an_open_file_changes_nothing(save, signal, name, what):
    """A mapped one would change under the maps, or end the process by SIGBUS."""
    path = save(name)
    files = [path.with_suffix(".hdr"), path] if name.endswith(".img") else [path]
    known = files_fingerprint(files)
    series = read(path)
    SPOIL[what](path)
    np.testing.assert_array_equal(series.signal, signal)
    assert input_fingerprint(series, path) == scan_fingerprint(series, path) == known


@pytest.mark.parametrize("what", ["cut off", "overwritten", "replaced"])
@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_fault_153_a_file_that_changes_while_it_is_read_is_refused(save, monkeypatch, what, name):
    """In one line; nothing of it is taken for a scan."""
    monkeypatch.setattr(images, "CHUNK", 1000)
    values = np.random.default_rng(1).integers(0, 3000, (64, 64, 10, 24)).astype(np.int16)
    path = save(name, values)
    work = reading(path)
    for _ in range(3):
        next(work)
    SPOIL[what](path)
    with pytest.raises(DscError, match="must") as failure:
        finished(work)
    assert "\n" not in str(failure.value)


def test_fault_152_the_hash_of_volumes_and_echoes_is_that_of_their_files(tmp_path, save, signal):
    """Of a file for each volume, of one echo of two, of both: as whoever hashes the files finds."""
    for at in range(24):
        save(f"vol_{at:03d}.nii", signal[..., at])
    many = read(tmp_path)
    assert many.hashes
    assert input_fingerprint(many, tmp_path) == files_fingerprint(sorted(tmp_path.glob("vol_*")))
    for at in (1, 2):
        save(f"s_echo-{at}.nii.gz", signal + 3000 // at, sidecar={"EchoTime": 0.02 * at})
    files = sorted(tmp_path.glob("s_echo-*.nii.gz"))
    for choice, own in (("1", files[:1]), ("2", files[1:]), ("both", files)):
        series = read(files[0], echo=choice)
        known = files_fingerprint(own)
        for path in files:
            path.rename(path.with_suffix(".away"))
        assert input_fingerprint(series, files[0]) == known
        for path in files:
            path.with_suffix(".away").rename(path)


@pytest.mark.parametrize("suffix", READERS["NIfTI"].endings)
@pytest.mark.parametrize("kind", STORED)
def test_stored_numbers_stay_as_they_are(save, signal, suffix, kind):
    """Integers stay integers and float32 stays float32, in the file's own byte order."""
    values = signal.astype(kind)
    series = read(save(f"scan{suffix}", values))
    assert series.signal.dtype.newbyteorder("=") == values.dtype.newbyteorder("=")
    np.testing.assert_array_equal(series.signal, values)


@pytest.mark.parametrize("suffix", READERS["NIfTI"].endings)
def test_float64_becomes_float32(save, signal, suffix):
    """Twice the memory would carry no information."""
    values = signal / 7
    series = read(save(f"scan{suffix}", values))
    assert series.signal.dtype == np.float32
    np.testing.assert_array_equal(series.signal, values.astype(np.float32))


def test_a_number_too_large_for_float32_is_no_answer(save, signal):
    """It becomes infinite without a warning, and so is flagged like any other missing sample."""
    values = signal.astype(float)
    values[0, 0, 0, 0] = 1e300
    series = read(save(values=values))
    assert np.isinf(series.signal[0, 0, 0, 0])
    np.testing.assert_array_equal(series.signal[1:], values[1:].astype(np.float32))


@pytest.mark.parametrize("kind", ["u1", "<i2", ">i2", "<i4", "<f4", "<f8"])
@pytest.mark.parametrize(("slope", "intercept"), [(0.5, 0), (2.5, -100), (1, 7), (1e-3, 12)])
def test_scaled_numbers_become_float32(tmp_path, signal, kind, slope, intercept):
    """What the scale says is applied, and never in float64."""
    order = kind[0] if kind[0] in "<>" else "<"
    header = nib.Nifti1Header(endianness=order)
    image = nib.Nifti1Image(signal.astype(kind), np.eye(4), header, dtype=np.dtype(kind))
    path = tmp_path / "scan.nii"
    nib.save(image, path)
    content = bytearray(path.read_bytes())
    content[112:120] = np.array([slope, intercept], f"{order}f4").tobytes()
    path.write_bytes(content)
    series = read(path)
    assert series.signal.dtype == np.float32
    expected = signal.astype(kind) * float(np.float32(slope)) + intercept
    np.testing.assert_allclose(series.signal, expected, rtol=1e-6, atol=1e-5 * abs(slope))


def test_a_scale_beyond_float32_gives_what_has_no_answer(forge, signal):
    """A voxel that overflows is infinite, and nothing is printed about it."""
    series = read(forge(scl_slope=3e38, scl_inter=0))
    assert np.isinf(series.signal[signal > 1]).all()


@pytest.mark.parametrize("slope", [0, np.nan])
def test_fault_12_a_scale_that_says_nothing_is_none(forge, signal, slope):
    """NIfTI's ways to say that voxels are not scaled leave them as stored."""
    series = read(forge(scl_slope=slope, scl_inter=5))
    assert series.signal.dtype == np.int16
    np.testing.assert_array_equal(series.signal, signal)


@pytest.mark.parametrize("suffix", READERS["NIfTI"].endings)
def test_an_axis_of_length_one_is_left_out(save, signal, suffix):
    """(x, y, z, 1, t) is a scan, and the reader is told what was done to it."""
    series = read(save(f"scan{suffix}", signal[:, :, :, None]))
    np.testing.assert_array_equal(series.signal, signal)
    assert "axes" in series.notices[0]


def test_a_plain_scan_has_nothing_to_say(save):
    """A notice is news."""
    assert read(save()).notices == ()


@pytest.mark.parametrize(
    "shape", [(6, 5, 24), (6, 5, 4), (6, 5, 4, 19), (6, 5, 4, 2, 24, 2), (6, 5, 4, 19, 1)]
)
def test_fault_05_what_is_no_dynamic_scan_is_refused_by_its_shape(save, shape):
    """Three axes, six axes, or fewer than 20 volumes: the message shows the shape."""
    path = save(values=np.ones(shape, np.int16))
    with pytest.raises(DscError, match="dynamic scan must have") as failure:
        read(path)
    assert str(shape[:4] if shape[-1] == 1 else shape) in str(failure.value)


def test_twenty_volumes_are_a_scan(save, signal):
    """The fewest that are accepted."""
    assert read(save(values=signal[..., :20])).n_volumes == 20


@pytest.mark.parametrize("kind", [np.complex64, [("R", "u1"), ("G", "u1"), ("B", "u1")]])
def test_fault_13_what_is_no_plain_number_is_refused(save, kind):
    """Colours and complex images: the remedy is to export the magnitude."""
    path = save(values=np.zeros((6, 5, 4, 24), np.dtype(kind)))
    with pytest.raises(DscError, match=r"scan\.nii must hold plain numbers.*magnitude"):
        read(path)


@pytest.mark.parametrize(
    "scale",
    [
        {"scl_slope": np.inf},
        {"scl_slope": -np.inf},
        {"scl_slope": 2, "scl_inter": np.inf},
        {"scl_slope": 2, "scl_inter": np.nan},
    ],
    ids=str,
)
def test_fault_12_an_infinite_scale_is_refused(forge, scale):
    """The file claims numbers that nobody can know."""
    with pytest.raises(DscError, match=r"forged\.nii must"):
        read(forge(**scale))


@pytest.mark.parametrize("suffix", READERS["NIfTI"].endings)
@pytest.mark.parametrize("dim", [(4, -8, 5, 4, 24), (4, 0, 5, 4, 24), (4, *[32767] * 4)], ids=str)
def test_fault_07_sizes_that_cannot_be_are_refused(forge, suffix, dim):
    """From the header alone, before a byte is reserved."""
    path = forge(dim=(*dim, 1, 1, 1))
    if suffix == ".nii.gz":
        path = path.with_suffix(".nii.gz")
        path.write_bytes(gzip.compress(path.with_suffix("").with_suffix(".nii").read_bytes()))
    with pytest.raises(DscError, match=r"forged\.nii(\.gz)? must (have voxels|hold at most 4 GiB)"):
        read(path)


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    """The first thing that goes wrong is a typing error."""
    with pytest.raises(DscError, match=r"must be a file, got none at .*scan"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["scan.dcm", "scan.nii.txt", "scan", "nii", "scan.gz", ""])
def test_a_file_of_another_kind_is_refused(tmp_path, name):
    """The message lists what can be read."""
    with pytest.raises(DscError, match=r"must end in \.nii or \.nii\.gz"):
        read(tmp_path / name)


def test_a_folder_is_no_scan(tmp_path):
    """Whatever its name, unless it holds DICOM."""
    (tmp_path / "scan.nii").mkdir()
    with pytest.raises(DscError, match="or be DICOM"):
        read(tmp_path / "scan.nii")


def test_letter_case_of_the_ending_does_not_matter(save, signal):
    """SCAN.NII.GZ is a scan, with its sidecar and its checksum."""
    path = save("scan.nii.gz", sidecar={"RepetitionTime": 1.5, "EchoTime": 0.03})
    path.rename(path.with_name("SCAN.NII.GZ"))
    path.with_name("scan.json").rename(path.with_name("SCAN.json"))
    series = read(path.with_name("SCAN.NII.GZ"))
    np.testing.assert_array_equal(series.signal, signal)
    assert series.echo_time == 0.03


def test_the_affine_is_the_file_s(save):
    """Rotations, shears and all."""
    affine = np.eye(4, dtype=np.float32)
    affine[:3] = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    np.testing.assert_array_equal(read(save(affine=affine)).affine, affine)


@pytest.mark.parametrize(
    "raw",
    [
        {"sform_code": 1, "srow_x": np.nan},
        {"sform_code": 1, "srow_y": np.inf},
        {"sform_code": 1, "srow_x": 0, "srow_y": 0, "srow_z": 0},
        {"sform_code": 1, "srow_x": (1, 2, 3, 4), "srow_y": (1, 2, 3, 4)},
        {"sform_code": 0, "qform_code": 1, "quatern_b": np.nan},
        {"sform_code": 0, "qform_code": 1, "qoffset_x": np.inf},
        {"sform_code": 0, "qform_code": 1, "pixdim": (1, np.inf, 1, 1, 1.5, 1, 1, 1)},
        {"sform_code": 0, "qform_code": 0, "pixdim": (1, np.nan, 1, 1, 1.5, 1, 1, 1)},
    ],
    ids=str,
)
def test_fault_11_a_scan_that_lies_nowhere_still_loads(forge, signal, raw):
    """An affine that is singular or not finite is told, not repaired in silence."""
    series = read(forge(**raw))
    assert any("Orientation unknown" in notice for notice in series.notices)
    assert series.affine is None
    np.testing.assert_array_equal(series.signal, signal)


def test_a_volume_is_read_as_stored(save, signal):
    """Masks come with their affine; axes of length 1 at the end do not count."""
    affine = np.diag([2.0, 3, 4, 1])
    path = save(values=signal[..., :1], affine=affine)
    values, found = read_volume(path)
    assert read_shape(path) == values.shape == (6, 5, 4)
    np.testing.assert_array_equal(values, signal[..., 0])
    np.testing.assert_array_equal(found, affine)


def test_a_scan_is_no_volume(save):
    """A mask that has a time axis is refused by its shape."""
    with pytest.raises(DscError, match=r"scan\.nii must hold one volume .*\(6, 5, 4, 24\)"):
        read_volume(save())
