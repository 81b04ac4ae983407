"""Damaged files: a refusal in words, never wrong data, never another kind of failure."""

import gzip
import subprocess
import sys

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, read

GROWTH = """
import resource, sys
import nibabel, numpy
from napari_dsc import DscError, read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read(sys.argv[1])
except DscError:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def refusal(path) -> str:
    """Words with which a file is refused; one line, so that a shell can print it."""
    with pytest.raises(DscError) as failure:
        read(path)
    words = str(failure.value)
    assert "\n" not in words
    assert words.startswith(path.name)
    return words


@pytest.mark.parametrize("kept", [1, 10, 100, 347, 348, 352, 2000, -1, -4, -8, -9])
def test_fault_09_a_compressed_file_that_is_cut_is_refused(save, kept):
    """Wherever the copy stopped, down to the last byte of the checksum."""
    path = save("scan.nii.gz")
    path.write_bytes(path.read_bytes()[:kept])
    assert "Copy it again" in refusal(path)


@pytest.mark.parametrize("kept", [0, 1, 100, 347, 348, 351, 352, 2000, -1])
def test_a_plain_file_that_is_cut_is_refused(save, kept):
    """Wherever the copy stopped."""
    path = save("scan.nii")
    path.write_bytes(path.read_bytes()[:kept])
    assert "Copy it again" in refusal(path)


@pytest.mark.parametrize("name", ["scan.nii.gz", "SCAN.NII.GZ"])
def test_fault_10_a_flipped_bit_never_gives_wrong_data(save, name):
    """The checksum at the end of a .gz is always reached; a harmless bit changes nothing."""
    path = save("scan.nii.gz")
    path = path.rename(path.with_name(name))
    whole, sound = path.read_bytes(), read(path)
    refused = 0
    for place, bit in np.random.default_rng(2).integers((len(whole), 8), size=(200, 2)):
        content = bytearray(whole)
        content[place] ^= 1 << bit
        path.write_bytes(content)
        try:
            series = read(path)
        except DscError:
            refused += 1
            continue
        assert place < 10, f"byte {place} of {len(whole)}"  # time stamp and system of the .gz
        np.testing.assert_array_equal(series.signal, sound.signal)
    assert refused > 190


@pytest.mark.parametrize("place", range(-8, 0))
def test_a_wrong_checksum_or_length_is_refused(save, place):
    """The last eight bytes of a .gz are read as well."""
    path = save("scan.nii.gz")
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert "Copy it again" in refusal(path)


def test_a_header_with_a_flipped_bit_is_a_scan_or_a_refusal(save):
    """Each bit of a NIfTI header in turn: no failure of another kind."""
    path = save()
    whole = path.read_bytes()
    failures: dict[str, list[tuple[int, ...]]] = {}
    for place, bit in np.ndindex(nib.Nifti1Header.sizeof_hdr, 8):
        content = bytearray(whole)
        content[place] ^= 1 << bit
        path.write_bytes(content)
        try:
            read(path)
        except DscError:
            continue
        except Exception as error:
            failures.setdefault(f"{type(error).__name__}: {error}", []).append((place, bit))
    assert not failures


@pytest.mark.parametrize(
    "raw",
    [
        {"magic": b"xyz"},
        {"datatype": 999},
        {"datatype": 0},
        {"bitpix": 3, "datatype": 1},
        {"vox_offset": 100},
        {"vox_offset": np.nan},
        {"vox_offset": np.inf},
        {"vox_offset": -352},
        {"vox_offset": 1e30},
        {"dim": (0, 6, 5, 4, 24, 1, 1, 1)},
        {"dim": (9, 6, 5, 4, 24, 1, 1, 1)},
    ],
    ids=str,
)
def test_a_header_that_makes_no_sense_is_refused(forge, raw):
    """Wrong magic, unknown kinds of number, voxels that start nowhere."""
    refusal(forge(**raw))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize(
    "content",
    [b"", b"hello " * 500, b"\0" * 5000, b"\x7fELF" * 500, gzip.compress(b"hello " * 500)],
    ids=["empty", "text", "zeros", "program", "compressed text"],
)
def test_what_is_no_nifti_is_refused(tmp_path, suffix, content):
    """An ending is no proof."""
    path = tmp_path / f"scan{suffix}"
    path.write_bytes(content)
    refusal(path)


def test_another_format_under_our_name_is_refused(tmp_path, signal):
    """A FreeSurfer volume that was renamed."""
    path = tmp_path / "scan.nii.gz"
    nib.save(nib.MGHImage(signal.astype(np.float32), np.eye(4)), tmp_path / "scan.mgz")
    (tmp_path / "scan.mgz").rename(path)
    with pytest.raises(DscError, match="got FreeSurfer's MGH"):
        read(path)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_more_voxels_than_declared_are_refused(forge, suffix):
    """A header that lost a slice would shift every voxel after it."""
    path = forge(dim=(4, 6, 5, 3, 24, 1, 1, 1))
    if suffix == ".nii.gz":
        content = gzip.compress(path.read_bytes())
        path = path.with_suffix(".nii.gz")
        path.write_bytes(content)
    refusal(path)


@pytest.fixture
def growth():
    """Memory, in MB, that a fresh process takes for a file."""
    if sys.platform != "linux":
        pytest.skip("ru_maxrss is in kB on Linux")

    def growth(path) -> int:
        command = [sys.executable, "-c", GROWTH, path]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(done.stdout)

    return growth


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_fault_07_a_header_that_boasts_costs_no_memory(forge, growth, suffix):
    """A few kB that declare 1 GiB are refused without reserving it."""
    path = forge(dim=(4, 1024, 1024, 18, 30, 1, 1, 1))
    if suffix == ".nii.gz":
        content = gzip.compress(path.read_bytes())
        path = path.with_suffix(".nii.gz")
        path.write_bytes(content)
    assert growth(path) < 50


def test_fault_08_a_bomb_is_not_kept(save, growth):
    """200 MB of zeros behind the voxels of a small .gz are never held in memory."""
    path = save("bomb.nii.gz")
    with gzip.open(path, "ab") as file:
        for _ in range(200):
            file.write(bytes(2**20))
    assert growth(path) < 50


LITTLE = """
import resource, sys
from napari_dsc import DscError, read
import nibabel, numpy
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
try:
    read(sys.argv[1])
except DscError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
def test_what_does_not_fit_into_memory_is_refused_in_words(tmp_path):
    """A small file that says it is large, within the cap."""
    header = nib.Nifti1Header()
    header.set_data_shape((1024, 1024, 24, 60))
    header.set_data_dtype(np.int16)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    path = tmp_path / "large.nii.gz"
    with gzip.open(path, "wb") as file:
        file.write(header.binaryblock + bytes(4))
    done = subprocess.run(
        [sys.executable, "-c", LITTLE, str(path)], capture_output=True, text=True, check=True
    )
    assert "must fit into memory, got 2.8 GiB" in done.stdout
