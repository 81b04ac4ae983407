"""What is written: bit for bit, in its place, complete or absent."""

import errno
import os

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, Series, read
from napari_dsc.io import READERS
from napari_dsc.io.atomic_files import read_json, write_json, write_whole
from napari_dsc.io.nifti import read_volume, write_nifti, write_series

ORIENTATIONS = ["RAS", "LAS", "LPS", "RPS", "PIR", "ASL", "oblique"]
NAMES = [f"one{suffix}" for suffix in READERS["NIfTI"].endings]


def affine_of(orientation: str) -> np.ndarray:
    """Affine of a file whose axes run towards these letters; all its numbers are float32."""
    affine = np.diag([2.0, 2.5, 5.0, 1.0])
    if orientation == "oblique":
        affine[:3, :3] = nib.eulerangles.euler2mat(0.3, 0.1, -0.2) * (2, 2.5, 5)
    else:
        axes = nib.orientations.axcodes2ornt(orientation)
        affine[:3, :3] = 0
        for axis, (world, sign) in enumerate(axes):
            affine[int(world), axis] = sign * (2, 2.5, 5)[int(world)]
    affine[:3, 3] = (-20.5, 13.25, 7)
    return affine.astype(np.float32).astype(np.float64)


def broken(image, path):
    """Stand in for nibabel.save: half a file, then a full disk."""
    del image
    with open(path, "wb") as file:
        file.write(b"half")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_volume_comes_back_bit_for_bit(tmp_path, name, orientation):
    """Values, NaN among them, and the affine, whatever way the axes run."""
    values = np.random.default_rng(0).normal(size=(6, 5, 4)).astype(np.float32)
    values[1, 2, 3] = np.nan
    affine = affine_of(orientation)
    write_nifti(tmp_path / name, values, affine, "One volume, mL/100g")
    found, where = read_volume(tmp_path / name)
    assert found.dtype == np.float32
    assert np.ascontiguousarray(found).tobytes() == values.tobytes()
    np.testing.assert_array_equal(where, affine)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_both_of_niftis_affines_are_written(tmp_path, orientation):
    """Programs that read the qform see the same place as those that read the sform."""
    affine = affine_of(orientation)
    write_nifti(tmp_path / "one.nii", np.ones((6, 5, 4)), affine)
    header = nib.Nifti1Image.from_filename(tmp_path / "one.nii").header
    assert (header["sform_code"], header["qform_code"]) == (1, 1)
    np.testing.assert_array_equal(header.get_sform(), affine)
    np.testing.assert_allclose(header.get_qform(), affine, atol=1e-5)


def test_an_unknown_affine_is_written_as_unknown(tmp_path):
    """Codes 0: no program takes the indices for millimetres of a patient."""
    write_nifti(tmp_path / "one.nii", np.ones((6, 5, 4)), None)
    header = nib.Nifti1Image.from_filename(tmp_path / "one.nii").header
    assert (header["sform_code"], header["qform_code"]) == (0, 0)


def test_units_and_words_are_written(tmp_path):
    """Millimetres, seconds, and what it is; letters that NIfTI cannot hold are replaced."""
    write_nifti(tmp_path / "one.nii", np.ones((6, 5, 4)), np.eye(4), "ΔR2* " + "x" * 200)
    header = nib.Nifti1Image.from_filename(tmp_path / "one.nii").header
    assert header.get_xyzt_units() == ("mm", "sec")
    assert header["descrip"].item() == b"?R2* " + b"x" * 74


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (np.float64, np.float32),
        (np.float32, np.float32),
        (np.float16, np.float32),
        (np.bool_, np.uint8),
        (np.uint8, np.uint8),
        (np.uint16, np.uint16),
        (np.int16, np.int16),
        (np.int32, np.int32),
        (np.int64, np.int64),
    ],
)
def test_values_are_stored_unscaled(tmp_path, given, stored):
    """Every kind of number that a map or a mask may have, int64 labels among them."""
    values = (np.arange(120).reshape(6, 5, 4) % 2).astype(given)
    write_nifti(tmp_path / "one.nii", values, np.eye(4))
    found, _ = read_volume(tmp_path / "one.nii")
    assert found.dtype.kind == np.dtype(stored).kind
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kind", [np.int16, np.float32])
def test_a_scan_comes_back_bit_for_bit(tmp_path, signal, name, orientation, kind):
    """Signal, times and affine."""
    series = Series(
        signal=signal.astype(kind),
        time=1.47 * np.arange(24),
        echo_time=0.0295,
        affine=affine_of(orientation),
    )
    write_series(tmp_path / name, series)
    found = read(tmp_path / name)
    assert found.signal.dtype == kind
    np.testing.assert_array_equal(found.signal, series.signal)
    np.testing.assert_array_equal(found.affine, series.affine)
    assert found.time is not None
    assert series.time is not None
    np.testing.assert_allclose(found.time, series.time, rtol=1e-12)
    assert found.echo_time == series.echo_time
    assert found.notices == ()


@pytest.mark.parametrize("name", NAMES)
def test_unknown_times_stay_unknown(tmp_path, signal, name):
    """Also where an earlier sidecar knew some."""
    known = Series(signal=signal, time=1.5 * np.arange(24), echo_time=0.03, affine=np.eye(4))
    unknown = Series(signal=signal, time=None, echo_time=None, affine=np.eye(4))
    write_series(tmp_path / name, known)
    write_series(tmp_path / name, unknown)
    found = read(tmp_path / name)
    assert found.time is None
    assert found.echo_time is None
    header = nib.Nifti1Image.from_filename(tmp_path / name).header
    assert header.get_xyzt_units() == ("mm", "unknown")
    assert header["pixdim"][4] == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_leaves_the_earlier_file(tmp_path, signal, monkeypatch, name):
    """The new file is complete or absent; no temporary stays behind."""
    series = Series(signal=signal, time=1.5 * np.arange(24), echo_time=0.03, affine=np.eye(4))
    path = tmp_path / name
    write_series(path, series)
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    monkeypatch.setattr("nibabel.save", broken)
    with pytest.raises(OSError, match="No space left"):
        write_series(path, series)
    with pytest.raises(OSError, match="No space left"):
        write_nifti(path, signal[..., 0], np.eye(4))
    with pytest.raises(OSError, match="No space left"):
        write_nifti(tmp_path / f"new-{name}", signal[..., 0], np.eye(4))
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


@pytest.mark.parametrize("stop", [KeyboardInterrupt, ValueError])
def test_whatever_stops_a_write_leaves_the_earlier_file(tmp_path, stop):
    """Ctrl+C in the middle of it, for one."""
    path = tmp_path / "one.txt"
    path.write_text("earlier")

    def write(temporary):
        temporary.write_text("half")
        raise stop

    with pytest.raises(stop):
        write_whole(path, write)
    assert [one.name for one in tmp_path.iterdir()] == ["one.txt"]
    assert path.read_text() == "earlier"


def test_json_is_standard(tmp_path):
    """NaN is no JSON: refused before the earlier file is touched."""
    path = tmp_path / "one.json"
    write_json(path, {"unit": "µs"})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"bad": float("nan")})
    assert path.read_text(encoding="utf-8") == '{\n  "unit": "µs"\n}\n'
    assert [one.name for one in tmp_path.iterdir()] == ["one.json"]


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_others_may_read_what_they_always_may(tmp_path):
    """A file has the mode of any new file, not that of a temporary one."""
    (tmp_path / "plain").write_text("")
    write_json(tmp_path / "one.json", {})
    assert (tmp_path / "one.json").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_what_is_for_its_owner_never_stands_open(tmp_path):
    """Not while it is written, and not where an open file stood before."""
    path = tmp_path / "one.json"
    path.touch(mode=0o666)
    modes = []

    def write(temporary):
        temporary.write_text("x")
        modes.append(temporary.stat().st_mode & 0o777)

    write_whole(path, write, mode=0o600)
    assert [*modes, path.stat().st_mode & 0o777] == [0o600, 0o600]
    write_json(path, {}, mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600


def test_json_comes_back(tmp_path):
    """For people, or on one line; with the mark of an encoding that others put before it."""
    content = {"unit": "µs", "values": [1, 0.1, None, {"deep": True}]}
    path = tmp_path / "one.json"
    write_json(path, content)
    assert read_json(path, 1000) == content
    write_json(path, content, indent=None)
    assert path.read_bytes().count(b"\n") == 1
    assert read_json(path, 1000) == content
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_json(path, 1000) == content


def test_json_of_its_largest_size_is_written_and_read(tmp_path):
    """A byte more is refused by both, before the earlier file is touched."""
    path = tmp_path / "one.json"
    write_json(path, {"text": "µ" * 100})
    size = path.stat().st_size
    write_json(path, {"text": "µ" * 100}, largest=size)
    assert read_json(path, size) == {"text": "µ" * 100}
    for refused in (
        lambda: read_json(path, size - 1),
        lambda: write_json(path, {"text": "x" * 201}, largest=size),
    ):
        with pytest.raises(DscError, match=r"one\.json must be at most .* MiB large"):
            refused()
    assert path.stat().st_size == size


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"1",
        b"x",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": {"b": 1, "b": 1}}',
        b"\xff",
        b'{"a": 1} 2',
        b"[" * 99_999,
        b'{"a":' * 99_999,
        b'{"a": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda content: repr(content[:16]),
)
def test_what_is_not_standard_json_is_refused(tmp_path, content):
    """In words of one line, whatever Python's own reader would make of it."""
    path = tmp_path / "one.json"
    path.write_bytes(content)
    with pytest.raises(DscError, match=r"^one\.json must be .*JSON.*\.$"):
        read_json(path, 2**20)


def test_a_file_that_is_not_there_is_told_from_one_that_is_damaged(tmp_path):
    """Whoever reads it decides what that means."""
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none.json", 100)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slice_times_are_written_with_their_axis(tmp_path, axis):
    """And read again: whoever writes a scan and reads it has the same scan."""
    signal = np.arange(5 * 6 * 7 * 24, dtype=np.int16).reshape(5, 6, 7, 24)
    series = Series(
        signal=signal,
        time=2.0 * np.arange(24),
        echo_time=0.03,
        affine=affine_of("RAS"),
        slice_times=np.linspace(0, 1.5, signal.shape[axis]),
        slice_axis=axis,
    )
    write_series(tmp_path / "scan.nii.gz", series)
    again = read(tmp_path / "scan.nii.gz")
    assert again.slice_axis == axis
    assert again.slice_times == pytest.approx(series.slice_times)


def test_times_of_two_speeds_are_written_one_by_one(tmp_path):
    """No step stands for them."""
    time = np.concatenate([1.0 * np.arange(40), 40 + 2.0 * np.arange(20)])
    signal = np.ones((4, 4, 3, 60), np.int16)
    series = Series(signal=signal, time=time, echo_time=0.03, affine=affine_of("RAS"))
    write_series(tmp_path / "scan.nii.gz", series)
    assert read(tmp_path / "scan.nii.gz").time == pytest.approx(time)
