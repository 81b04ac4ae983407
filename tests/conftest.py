"""What every test may use."""

import gc
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Generator
from typing import Any

import pytest

from napari_dsc import Phantom, phantom

STATE = tempfile.TemporaryDirectory(prefix="napari-dsc-tests-")


def pytest_configure() -> None:
    """Refuse in words what would abort the process without any: a window without a screen."""
    screen = {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ) or shutil.which("Xvfb")
    if sys.platform == "linux" and not screen:
        raise pytest.UsageError("no screen and no Xvfb: run `make test`, which installs it")
    # Workers and programs that tests start have one thread of linear algebra: for matrices so small
    # a second one only waits, in a loop. What threads could change is tested with more of them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Nor has a window threads that paint: there is a worker for every core already.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    os.environ["NAPARI_DSC_TOUR"] = "off"  # its cards lie over what is tested
    os.environ["NAPARI_CONFIG"] = ""  # napari as it comes: no settings are read or written
    os.environ["XDG_STATE_HOME"] = STATE.name  # what tests leave half written is listed there


def pytest_collection_finish() -> None:
    """Have the collector pass over what stays: modules and thousands of tests; and come seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_unconfigure() -> None:
    """Remove what was there for the tests only."""
    STATE.cleanup()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Have pytest-rerunfailures ask its server at once: else each test waits 40 ms for TCP."""
    line = getattr(getattr(session.config, "failures_db", None), "sock", None)
    if line is not None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are cores: some wait for a program that they have started, or a clock."""
    from xdist.plugin import pytest_xdist_auto_num_workers as cores

    return int(cores(config)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a module on one worker, and likewise what bears the name of a group (`xdist_group`)."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByGroupOrModule(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            test, _, group = nodeid.rpartition("@")
            named = test and "]" not in group  # of a case it may be a part
            return group if named else nodeid.rsplit("::", 1)[0]

    return ByGroupOrModule(config, log)


@pytest.fixture(scope="session")
def patient() -> Phantom:
    """The digital patient, as small as it stays believable."""
    return phantom(shape=(32, 32, 4), seed=1)


@pytest.fixture(scope="session")
def steps_of() -> Callable[[Generator[Any, None, Any]], tuple[list[Any], Any]]:
    """Run a generator to its end: what it yields, and what it returns."""

    def run(work: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
        steps = []
        while True:
            try:
                steps.append(next(work))
            except StopIteration as done:
                return steps, done.value

    return run
