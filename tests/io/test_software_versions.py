"""What computed, as a record keeps it."""

import socket
import subprocess
from pathlib import Path

import numpy as np
import pytest

import napari_dsc
from napari_dsc.io.software_versions import versions_of_all

ROOT = Path(napari_dsc.__file__).parents[1]


def test_fault_99_system_processor_and_blas_are_known():
    """In words that can be printed, and nothing that tells whose machine it is."""
    found = versions_of_all()
    assert found["numpy"] == np.__version__
    for name in ("system", "processor", "BLAS"):
        assert 0 < len(found[name]) <= 80
        assert found[name].isprintable()
    words = " ".join(found.values())
    assert socket.gethostname() not in words
    assert str(Path.home()) not in words


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_fault_99_a_checkout_knows_its_commit():
    done = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    assert versions_of_all()["commit"] == done.stdout.strip()
