"""A script that computes maps pays for numbers only."""

import subprocess
import sys

import pytest

import napari_dsc

HEAVY = (
    "napari",
    "qtpy",
    "PyQt6",
    "PyQt5",
    "PySide6",
    "magicgui",
    "pyqtgraph",
    "superqt",
    "vispy",
    "pandas",
    "matplotlib",
    "scipy.ndimage",
    "scipy.signal",
    "scipy.linalg",
)


def test_importing_loads_neither_screen_nor_anything_heavy():
    """No Qt, no napari, nothing of scipy: each stands where it is used."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, napari_dsc; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "numpy" in loaded
    assert sorted(set(HEAVY) & set(loaded)) == []


@pytest.mark.parametrize(
    "name",
    [
        "compute_perfusion_maps",
        "compute_cbv",
        "compute_mtt",
        "DSCPerfusionMaps",
        "ParameterMap",
        "delta_r2_star",
    ],
)
def test_public_names_are_where_the_specification_has_them(name):
    assert name in napari_dsc.__all__
    assert getattr(napari_dsc, name).__doc__
