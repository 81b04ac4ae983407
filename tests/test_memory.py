"""Fault 36, the part that is no matter of time: what a large scan takes in memory.

256 × 256 × 30 × 120 may take 2.5 GB, which is 5.3 times its stored integers. The same share is
held here on a scan that a test can afford; `make opening` and `make bench` measure the large one.
"""

import subprocess
import sys

import numpy as np

from napari_dsc import phantom
from napari_dsc.io.nifti import write_nifti, write_series

SHARE = 2.5e9 / (256 * 256 * 30 * 120 * 2)
SHAPE, VOLUMES = (160, 160, 20), 60
PROGRAM = """
import sys
from pathlib import Path
from napari_dsc import read
from napari_dsc.core.pipeline import Settings, propose, stages
from napari_dsc.core.progress import finished
from napari_dsc.io.nifti import read_volume
import scipy.ndimage, scipy.fft  # what is loaded once is no part of the scan's memory

def peak():
    status = Path("/proc/self/status").read_text()
    return next(int(one.split()[1]) * 1024 for one in status.splitlines() if "VmHWM" in one)

artery, _ = read_volume(Path(sys.argv[2]))
before = peak()
series = read(sys.argv[1])
brain = propose(series).brain | (artery > 0)
finished(stages(series, artery > 0, brain, Settings()))
print(peak() - before)
"""


def test_fault_36_memory_keeps_its_share_of_a_scan(tmp_path):
    if not sys.platform.startswith("linux"):
        return  # nothing tells the peak there
    patient = phantom(SHAPE, VOLUMES)
    scan, aif = tmp_path / "scan.nii.gz", tmp_path / "aif.nii.gz"
    write_series(scan, patient.series)
    write_nifti(aif, patient.artery, patient.series.affine)
    stored = np.prod(SHAPE) * VOLUMES * 2
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(scan), str(aif)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 0.5 * stored < int(done.stdout) < SHARE * stored
