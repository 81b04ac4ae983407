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


def modules_after(code: str) -> list[str]:
    """Modules that a fresh process has loaded by then."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{code}\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_importing_loads_neither_screen_nor_anything_heavy():
    """No Qt, no napari, nothing of scipy: each stands where it is used."""
    loaded = modules_after("import napari_dsc.public")
    assert "numpy" in loaded
    assert sorted(set(HEAVY) & set(loaded)) == []


def test_fault_410_the_package_loads_its_names_when_one_is_asked_for():
    """A window of napari with the panel needs few of them, and starts sooner."""
    ours = [one for one in modules_after("import napari_dsc") if one.startswith("napari_dsc")]
    assert ours == ["napari_dsc"]
    asked = modules_after("from napari_dsc import phantom")
    assert "napari_dsc.core.phantom.patient" in asked


def test_fault_410_all_public_names_are_given_out():
    """By name, to a star, and to whoever lists them; others do not exist."""
    assert {*napari_dsc.__all__} <= {*dir(napari_dsc)}
    names: dict[str, object] = {}
    exec("from napari_dsc import *", names)
    for name in napari_dsc.__all__:
        assert names[name] is getattr(napari_dsc, name)
    with pytest.raises(AttributeError, match="no attribute 'compute_everything'"):
        napari_dsc.compute_everything  # type: ignore[attr-defined]  # noqa: B018


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
