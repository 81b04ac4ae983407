"""What every test may use."""

import os
import shutil
import sys

import pytest

from napari_dsc import Phantom, phantom


def pytest_configure() -> None:
    """Refuse in words what would abort the process without any: a window without a screen."""
    screen = {"DISPLAY", "WAYLAND_DISPLAY"} & set(os.environ) or shutil.which("Xvfb")
    if sys.platform == "linux" and not screen:
        raise pytest.UsageError("no screen and no Xvfb: run `make test`, which installs it")


@pytest.fixture(scope="session")
def patient() -> Phantom:
    """The digital patient, as small as it stays believable."""
    return phantom(shape=(32, 32, 4), seed=1)
