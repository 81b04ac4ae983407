"""A scan in a process of its own: whatever it does, it takes nobody with it."""

import os
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest

from napari_dsc.cohort.limits import Limits, ScanDiedError, run_limited
from tests.cohort import work

ROOT = Path(__file__).parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="limits of a process are Linux's")
PLENTY = Limits(seconds=60, megabytes=2000)


def how(*args):
    """Words on how a process ended."""
    with pytest.raises(ScanDiedError) as ended:
        run_limited(*args)
    return str(ended.value)


def wait_for(condition, seconds=90.0):
    """Wait until something holds."""
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it never came"
        sleep(0.02)


def alive(pid):
    """Whether a process runs still."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_it_returns_what_the_work_returns_from_another_process():
    told = run_limited(work.returning, {"a": 1}, PLENTY)
    assert told["job"] == {"a": 1}
    assert told["pid"] != os.getpid()


def test_fault_276_a_process_that_is_killed_says_so():
    assert how(work.killed, None, PLENTY) == "its process was ended by SIGKILL"


@pytest.mark.parametrize(("way", "code"), [("os", 7), ("sys", 3)])
def test_fault_276_a_library_that_exits_ends_its_own_process_only(way, code):
    assert how(work.leaving, way, PLENTY) == f"its process ended with code {code}"


def test_fault_276_an_error_that_nobody_thought_of_is_told():
    assert how(work.failing, None, PLENTY) == "ValueError: no such thing"


def test_fault_276_a_scan_that_takes_too_long_is_ended(tmp_path):
    mark = tmp_path / "pid"
    start = monotonic()
    assert how(work.sleeping, mark, Limits(seconds=3.0)) == "it took more than 3 s"
    assert monotonic() - start < 30
    assert not mark.exists() or not alive(int(mark.read_text()))


@LINUX
def test_fault_276_memory_beyond_the_limit_is_refused_and_below_is_not():
    assert run_limited(work.greedy, 100, Limits(megabytes=600))["sum"] > 0
    words = how(work.greedy, 1200, Limits(megabytes=600))
    assert "MemoryError" in words


def test_fault_276_a_scan_ends_with_whoever_started_it(tmp_path):
    """Killed, so that nothing of it can tidy up."""
    mark = tmp_path / "pid"
    code = (
        "from pathlib import Path; from tests.cohort import work\n"
        "from napari_dsc.cohort.limits import Limits, run_limited\n"
        f"if __name__ == '__main__': run_limited(work.sleeping, Path({str(mark)!r}), Limits())"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], env=environment) as parent:
        wait_for(lambda: mark.exists() and mark.read_text(), 60)
        child = int(mark.read_text())
        assert alive(child)
        parent.kill()
    wait_for(lambda: not alive(child))
