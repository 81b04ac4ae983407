"""Private names of napari: every one is in a table, is guarded, and its loss is tried."""

import ast
import importlib
import pkgutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from napari.layers import Image

import napari_dsc.viewer
from napari_dsc import DscError
from napari_dsc.viewer.background import job_runner
from napari_dsc.viewer.background.job_runner import Runner
from napari_dsc.viewer.private_names import NEEDED, OF_A_LAYER, SPARED, refuse_other_napari
from napari_dsc.viewer.scan.scan_layers import open_scan

VIEWER = Path(napari_dsc.viewer.__file__).parent
PATHS = sorted(VIEWER.rglob("*.py"))
OF_MODULES = {"overlay_to_visual", "_CFG_PATH", "_initial_affine"}  # not of its classes
PUBLISHED = {"_replace", "_asdict", "_fields"}  # by Python's own rule


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in PUBLISHED


def classes():
    """Our classes that stand on one of napari's, with that."""
    for module in pkgutil.walk_packages([str(VIEWER)], "napari_dsc.viewer."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and one.__module__ == module.name:
                for base in one.__mro__[1:]:
                    if base.__module__.split(".")[0] == "napari":
                        yield one, base
                        break


def text_of(cls: type) -> ast.ClassDef:
    """The text of a class."""
    tree = ast.parse(Path(importlib.import_module(cls.__module__).__file__ or "").read_text())
    found = [one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)]
    return next(one for one in found if one.name == cls.__name__)


def methods(cls: type) -> set[str]:
    """Private methods that a class of ours defines."""
    names = {one.name for one in text_of(cls).body if isinstance(one, ast.FunctionDef)}
    return {one for one in names if is_private(one)}


def stored(cls: type) -> set[str]:
    """Names that it assigns, on itself or on its objects."""
    nodes = list(ast.walk(text_of(cls)))
    stores = [one for one in nodes if isinstance(getattr(one, "ctx", None), ast.Store)]
    return {getattr(one, "attr", "") or getattr(one, "id", "") for one in stores}


def used(cls: type) -> set[str]:
    """Private names that the text of a class asks of something."""
    node = text_of(cls)
    names = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    words = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
    return {one for one in names | {w for w in words if isinstance(w, str)} if is_private(one)}


def test_every_private_name_of_a_class_of_napari_is_in_the_table():
    """What our classes override of it, and what they ask of it."""
    found = set()
    for cls, base in classes():
        found |= {name for name in methods(cls) if hasattr(base, name)}
        found |= used(cls) - methods(cls) - stored(cls)
    assert found == {*NEEDED, *SPARED} - OF_MODULES


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_no_other_private_name_of_a_package_is_used(path):
    """Neither imported, nor asked of an object that is not one's own."""
    known = {*NEEDED, *SPARED}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom | ast.Import):
            module = getattr(node, "module", "") or ""
            for name in (f"{module}.{one.name}" for one in node.names):
                private = [part for part in name.split(".") if is_private(part)]
                guarded = name.split(".")[-1] in known
                assert not private or guarded, f"{path.name}:{node.lineno}: {name}"
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            whose = node.value.id if isinstance(node.value, ast.Name) else ""
            own = whose in ("self", "cls", "other") or ast.unparse(node.value) == "super()"
            assert own, f"{path.name}:{node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("name", sorted(set(NEEDED) - set(OF_A_LAYER)))
def test_fault_347_a_napari_that_draws_otherwise_is_refused(monkeypatch, name):
    """In words that name what it lacks, and what helps; before the panel opens."""
    names = set(NEEDED) - {name, *OF_A_LAYER}
    monkeypatch.setattr(
        "napari_dsc.viewer.private_names.Image", type("Other", (), dict.fromkeys(names))
    )
    with pytest.raises(DscError, match=f"without {name}. Install an earlier one"):
        refuse_other_napari()


@pytest.mark.parametrize("name", NEEDED)
def test_fault_347_a_layer_that_draws_otherwise_is_refused(name):
    """Likewise of the layer of a scan, which alone has some of them; before any map is shown."""
    other = SimpleNamespace(metadata={}, **dict.fromkeys(set(NEEDED) - {name}))
    with pytest.raises(DscError, match=f"without {name}. Install an earlier one"):
        open_scan(other)


def test_the_napari_that_is_installed_is_not_refused():
    """Its layers have them all."""
    refuse_other_napari()
    refuse_other_napari(Image(np.zeros((1, 1), np.float32)))


@pytest.mark.parametrize("name", ["_gen", "_set_discard", "_finished"])
def test_fault_347_a_job_runs_without_a_private_name(monkeypatch, qtbot, qapp, name):
    """What the name is for is left out, and the job ends as it should."""

    def other_getattr(one, asked, *default):
        return default[0] if asked == name and default else getattr(one, asked, *default)

    monkeypatch.setattr(job_runner, "getattr", other_getattr, raising=False)
    done: list[int] = []

    def work():
        yield from ()
        return 7

    runner = Runner(qapp)
    assert runner.start("A job", work, done=done.append)
    qtbot.waitUntil(lambda: done == [7])
