"""A scan is known again by what it holds, never by what it is called."""

import errno
import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import Series, read
from napari_dsc.io.aif import scan_fingerprint
from napari_dsc.io.fingerprints import HashingFile
from napari_dsc.io.record import fingerprint

KINDS = [np.uint8, np.int16, np.uint16, np.float32, np.float64]
HASH = """
import resource, sys
import numpy as np
from napari_dsc import Series
from napari_dsc.io.aif import scan_fingerprint
signal = np.ones((64, 64, 64, 200), np.float32, order=sys.argv[1])
series = Series(signal=signal, time=None, echo_time=None, affine=None)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
scan_fingerprint(series, None)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def scan(signal, affine=None) -> Series:
    """A scan of which nothing else is known."""
    return Series(signal=signal, time=None, echo_time=None, affine=affine)


@pytest.mark.parametrize("kind", KINDS)
def test_a_scan_is_known_however_it_lies_in_memory(kind):
    """Order of axes, steps between samples, order of bytes."""
    signal = (np.random.default_rng(0).random((5, 4, 3, 7)) * 200).astype(kind)
    known = scan_fingerprint(scan(signal), None)
    spread = np.zeros((10, 4, 3, 14), kind)
    spread[::2, :, :, ::2] = signal
    others = [
        signal.copy(),
        np.asfortranarray(signal),
        spread[::2, :, :, ::2],
        signal[::-1].copy()[::-1],
        signal.astype(signal.dtype.newbyteorder(">")),
    ]
    assert {scan_fingerprint(scan(one), None) for one in others} == {known}


def test_a_scan_is_known_by_all_that_it_holds():
    """One sample, the shape, the kind of number, the affine: each makes another scan."""
    signal = np.arange(5 * 4 * 3 * 7, dtype=np.int16).reshape(5, 4, 3, 7)
    other = signal.copy()
    other[-1, -1, -1, -1] += 1
    first = signal.copy()
    first[0, 0, 0, 0] += 1
    moved = np.eye(4)
    moved[0, 0] = 1 + 1e-12
    scans = [
        scan(signal),
        scan(other),
        scan(first),
        scan(signal.view(np.uint16)),
        scan(signal.reshape(5, 4, 7, 3)),
        scan(signal.reshape(4, 5, 3, 7)),
        scan(np.swapaxes(signal, 0, 1)),
        scan(signal[..., ::-1]),
        scan(signal, np.eye(4)),
        scan(signal, moved),
    ]
    assert len({scan_fingerprint(one, None) for one in scans}) == len(scans)


def test_a_fingerprint_can_be_computed_without_this_program():
    """By the rule in its documentation."""
    signal = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    by_hand = hashlib.sha256(b"(2, 3, 4) <i2 None" + signal.tobytes(order="F")).hexdigest()
    assert scan_fingerprint(scan(signal), None) == by_hand


def test_blocks_do_not_change_a_fingerprint():
    """A scan of more than one block, the last one not full."""
    numbers = np.random.default_rng(0).integers(0, 999, (150, 64, 64, 64), dtype=np.int16)
    signal = numbers.T
    assert signal.nbytes > 64 * 2**20
    by_hand = hashlib.sha256(b"(64, 64, 64, 150) <i2 None" + signal.T.tobytes()).hexdigest()
    assert scan_fingerprint(scan(signal), None) == by_hand


def test_a_scan_with_a_file_is_known_by_the_file(save):
    """As in the record of an analysis; without one by the samples."""
    path = save()
    series = read(path)
    assert scan_fingerprint(series, path) == scan_fingerprint(series, None) == fingerprint(path)
    by_samples = scan_fingerprint(replace(series, hashes=()), None)
    assert by_samples != fingerprint(path)
    whole = scan(np.array(series.signal), series.affine)
    gone = path.with_name("gone.nii")
    assert scan_fingerprint(whole, gone) == scan_fingerprint(whole, path.parent) == by_samples


def test_a_file_that_goes_away_meanwhile_is_no_failure(save, monkeypatch):
    """A stick that is pulled while its file is read."""
    path = save()
    series = replace(read(path), hashes=())

    def pulled(*arguments):
        del arguments
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(HashingFile, "readinto", pulled)
    assert scan_fingerprint(series, path) == scan_fingerprint(series, None)


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kB on Linux")
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_fingerprint_costs_no_copy_of_the_scan(order):
    """200 MB are hashed in blocks."""
    command = [sys.executable, "-c", HASH, order]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100
