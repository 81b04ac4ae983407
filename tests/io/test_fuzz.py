"""A few hundred damaged files; `make fuzz` tries twenty thousand."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLANTED = {  # in the place of `read`, and what the fuzz then has to say
    "KeyError: 'planted'": "raise KeyError('planted')",
    "refused with control characters": "raise DscError('planted\\nin two lines')",
    "refused with a name or folder": "raise DscError(f'{path} is no scan')",
    "Hang: stopped after": "time.sleep(60 if next(calls) == 1 else 0)",
    "MiB more": "np.ones(2**30, np.uint8)",
    "is left behind": "tempfile.mkdtemp(prefix='left-')",
    "a scan with times that are not finite": "time_of(one)[:] = np.inf",
}
PLANT = """
import sys, tempfile, time
from itertools import count
import numpy as np
from napari_dsc import DscError
from scripts import fuzz
from scripts.fuzzing import trial
sound, calls = trial.read, count()
trial.PATIENCE = {patience}

def time_of(one):
    return one.time if one.time is not None else one.signal[:0]

def planted(path, **choices):
    one = sound(path, **choices)
    {fault}
    return one

trial.read = planted
sys.exit(fuzz.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_files_give_scans_or_refusals(tmp_path, seed):
    """No other error, no hang, no memory beyond the limit."""
    words = [sys.executable, "-m", "scripts.fuzz", "--inputs", "800", "--seed", str(seed)]
    done = subprocess.run(
        [*words, "--keep", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "800 inputs, 0 failures" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
@pytest.mark.parametrize(("said", "fault"), PLANTED.items(), ids=lambda words: words[:12])
def test_a_fault_that_is_planted_is_found(tmp_path, said, fault):
    """A fuzz that cannot fail finds nothing."""
    patience = 0.5 if "Hang" in said else 10
    program = PLANT.format(fault=fault, patience=patience)
    words = [sys.executable, "-c", program, "--inputs", "20", "--seed", "5", "--series", "0"]
    done = subprocess.run(
        [*words, "--keep", str(tmp_path / "kept")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout
    assert any((tmp_path / "kept").iterdir())
