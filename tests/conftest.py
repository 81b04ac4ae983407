"""What every test may use."""

import os
import shutil
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
    os.environ["NAPARI_DSC_TOUR"] = "off"  # its cards lie over what is tested
    os.environ["NAPARI_CONFIG"] = ""  # napari as it comes: no settings are read or written
    os.environ["XDG_STATE_HOME"] = STATE.name  # what tests leave half written is listed there


def pytest_unconfigure() -> None:
    """Remove what was there for the tests only."""
    STATE.cleanup()


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
