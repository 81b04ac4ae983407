"""What every test may use."""

import pytest

from napari_dsc import Phantom, phantom


@pytest.fixture(scope="session")
def patient() -> Phantom:
    """The digital patient, as small as it stays believable."""
    return phantom(shape=(32, 32, 4), seed=1)
