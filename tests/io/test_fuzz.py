"""A few hundred damaged files; `make fuzz` tries twenty thousand."""

import json
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
    "MiB more": "np.ones(600 * 2**20, np.uint8)",
    "is left behind": "tempfile.mkdtemp(prefix='left-')",
    "a scan with times that are not finite": "time_of(one)[:] = np.inf",
}
PLANT = """
import json, os, sys, tempfile, time, traceback
from itertools import count
from pathlib import Path
import numpy as np
from napari_dsc import DscError
from scripts import fuzz
from scripts.fuzzing import trial
sound, calls = trial.read, count()

def time_of(one):
    return one.time if one.time is not None else one.signal[:0]

def fuzz_with(fault, folder):
    with open(f"{folder}.txt", "w") as said:
        os.dup2(said.fileno(), 1)
    def planted(path, **choices):
        one = sound(path, **choices)
        exec(fault, globals(), {"one": one, "path": path})
        return one
    trial.read, trial.PATIENCE = planted, 0.5 if "sleep" in fault else 10
    sys.argv[1:] = [*"--inputs 20 --seed 5 --series 0 --keep".split(), folder]
    code = 3
    try:
        code = fuzz.main()
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    os._exit(code)  # the files are the parent's to remove

with tempfile.TemporaryDirectory() as sound_files:
    made = fuzz.Sources(Path(sound_files), 5, 0.0)
    fuzz.Sources = lambda *_: made
    for at, fault in enumerate(json.loads(sys.argv[2])):
        child = os.fork()
        if child == 0:
            fuzz_with(fault, f"{sys.argv[1]}/{at}")
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> dict[str, tuple[int, str, Path]]:
    """Exit code, words and kept files of a fuzz with each of the faults; loaded once for all."""
    folder = tmp_path_factory.mktemp("planted")
    words = [str(folder), json.dumps([*PLANTED.values()])]
    done = subprocess.run(
        [sys.executable, "-c", PLANT, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    codes = [int(code) for code in done.stdout.split()]
    assert len(codes) == len(PLANTED), done.stderr
    return {
        said: (code, (folder / f"{at}.txt").read_text() + done.stderr, folder / str(at))
        for at, (said, code) in enumerate(zip(PLANTED, codes, strict=True))
    }


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
def test_damaged_files_give_scans_or_refusals(tmp_path):
    """No other error, no hang, no memory beyond the limit."""
    words = [sys.executable, "-m", "scripts.fuzz", "--inputs", "1600", "--seed", "1"]
    done = subprocess.run(
        [*words, "--keep", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1,600 inputs, 0 failures" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
@pytest.mark.parametrize("said", PLANTED, ids=lambda words: words[:12])
def test_a_fault_that_is_planted_is_found(planted, said):
    """A fuzz that cannot fail finds nothing."""
    code, words, kept = planted[said]
    assert code == 1, words
    assert said in words
    assert any(kept.iterdir())
