"""A few hundred damaged files; `make fuzz` tries twenty thousand."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "fuzz.py"


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX's")
@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_files_give_scans_or_refusals(tmp_path, seed):
    """No other error, no hang, no memory beyond the limit."""
    words = [sys.executable, str(SCRIPT), "--inputs", "400", "--seed", str(seed)]
    done = subprocess.run(
        [*words, "--keep", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "400 inputs, 0 failures" in done.stdout
