"""The house keeps its own rules."""

import ast
import dataclasses
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS
from napari_dsc.core.parameters import parameters_of
from scripts import import_graph

ROOT = Path(__file__).parents[1]
TESTS = sorted((ROOT / "tests").rglob("*.py"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_no_test_touches_a_private_name_of_ours(path):
    """Tests stand on what users stand on."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("napari_dsc"):
            private = [one.name for one in node.names if re.match(r"_(?!_)", one.name)]
            assert not private, f"{path.name}:{node.lineno}: {private}"
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            # What named tuples publish has an underscore by Python's own rule.
            known = node.attr.startswith("__") or node.attr in ("_replace", "_asdict", "_fields")
            assert own or known, f"{path.name}:{node.lineno}: {node.attr}"


def test_there_is_no_circle_between_modules():
    """Nor between two folders: whoever opens one knows what lies below it."""
    graph = import_graph.modules()
    assert len(graph) > 200
    assert list(import_graph.circles(graph)) == []
    assert import_graph.pairs(import_graph.folders(graph)) == []


VIEWER = ROOT / "napari_dsc" / "viewer"
PARTS = {"facts": "ScanFacts", "layers": "ScanLayers", "results": "ScanResults"}


def assignments(tree):
    """What a module assigns to, with what lies in brackets taken off."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
        if isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            for one in target.elts if isinstance(target, ast.Tuple) else [target]:
                yield one.value if isinstance(one, ast.Subscript) else one


@pytest.mark.parametrize("path", sorted(VIEWER.rglob("*.py")), ids=lambda path: path.stem)
def test_only_its_owner_changes_a_part_of_a_scan(path):
    """Others call a method that says what happened, and that is heard."""
    for node in assignments(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            part = PARTS.get(node.value.attr)
            fields = scan_fields(part) if part else set()
            assert node.attr not in fields, f"{path.name}:{node.lineno}: {ast.unparse(node)}"


def scan_fields(part):
    """Names of the fields of a part of a scan, as its module declares them."""
    for path in (VIEWER / "scan").glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and node.name == part:
                return {
                    ast.unparse(one.target) for one in node.body if isinstance(one, ast.AnnAssign)
                }
    raise AssertionError(part)


def test_the_parts_of_a_scan_are_found():
    """The rule above has something to look for."""
    assert "baseline" in scan_fields("ScanFacts")
    assert "artery" in scan_fields("ScanLayers")
    assert "outdated" in scan_fields("ScanResults")


def test_a_circle_is_found():
    """Of modules by the way round, of folders by modules that are in no circle themselves."""
    graph = {"p": {"p.a.x"}, "p.a": set(), "p.b": set()}
    graph |= {"p.a.x": {"p.b.x"}, "p.b.x": {"p.a.y"}, "p.b.y": {"p.b.x"}, "p.a.y": set()}
    assert list(import_graph.circles(graph)) == []
    assert import_graph.pairs(import_graph.folders(graph)) == [("p.a", "p.b")]
    graph["p.a.y"] = {"p.b.y"}
    assert list(import_graph.circles(graph)) == [["p.a.y", "p.b.x", "p.b.y"]]


@pytest.mark.parametrize("name", DECONVOLVERS)
def test_a_method_is_a_frozen_value_that_can_be_called(name):
    """A row in the mapping is all that a new method needs."""
    method = DECONVOLVERS[name]()
    assert dataclasses.is_dataclass(method)
    for field in dataclasses.fields(method):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(method, field.name, 0.5)
    assert method == DECONVOLVERS[name]()
    bolus = np.array([0.0, 0, 1, 5, 9, 6, 3, 1, 0, 0, 0, 0])
    inverse = method(bolus, 1.0)
    solve = inverse.solver(slice(None), bolus.dtype, True)
    found = solve(np.stack([bolus, bolus / 2]))
    assert method.smoothed_by
    assert method.code
    assert found.values.shape == (2, inverse.lags.size)
    assert inverse.forward.shape == (inverse.lags.size, bolus.size)
    assert (np.diff(inverse.lags) > 0).all()


@pytest.mark.parametrize("name", DECONVOLVERS)
def test_every_parameter_is_documented_and_bounded(name):
    """The form, the tooltip and the command line come from here."""
    kind = DECONVOLVERS[name]
    for field in dataclasses.fields(kind):
        assert re.search(rf"^\s+{field.name} : ", kind.__doc__ or "", re.MULTILINE)
        hint = parameters_of(kind)[field.name]
        assert hint.label
        assert hint.unit
        assert hint.tooltip.endswith(".")
        assert "{value}" in hint.phrase
        assert re.fullmatch(r"none|[A-Z]\.[A-Z]{2}\d\.\d{3}", hint.code)
        default: Any = field.default
        assert hint.least <= default <= hint.most
        assert 0 < hint.step < hint.most


def test_every_fault_has_a_test_that_bears_its_number():
    """And every number in a test is a case of docs/faults.md, once."""
    text = (ROOT / "docs" / "faults.md").read_text()
    cases = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    tested = {
        int(number) for path in TESTS for number in re.findall(r"fault_(\d+)", path.read_text())
    }
    assert len(cases) == len(set(cases))
    assert set(cases) == tested


def test_every_test_that_a_hazard_names_is_there():
    """A row of docs/hazards.md has a hazard, a control, and tests that exist."""
    text = (ROOT / "docs" / "hazards.md").read_text()
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ")]
    rows = [one for one in rows if one[0] != "| hazard"]
    assert len(rows) > 30
    for row in rows:
        assert len(row) == 3, row
        named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row[2])
        assert named, row[0]
        for file, name in named:
            assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), name
        rest = re.sub(r"`tests/[\w/]+\.py::test_\w+`", "", row[2])
        assert not re.search(r"\w", rest), row[0]
    for page in ("README.md", "CONTRIBUTING.md"):
        assert "hazards.md" in (ROOT / page).read_text()


@pytest.mark.parametrize(
    "page", ["docs/architecture.md", "CONTRIBUTING.md", "docs/files.md", "docs/hazards.md"]
)
def test_a_page_for_developers_names_files_that_exist(page):
    """By their paths from the repository, or tests by what they mirror."""
    text = (ROOT / page).read_text()
    paths = re.findall(r"`((?:napari_dsc|tests|scripts|docs)/[\w./]+)(?:::\w+)?`", text)
    assert paths
    assert [one for one in paths if not (ROOT / one.replace("_N", "_4")).exists()] == []


def test_the_panel_imports_nothing_slow():
    """What is needed once is imported then; opening the panel stays quick."""
    code = (
        "import sys, napari, napari.layers, napari.qt.threading, magicgui.widgets\n"
        "import napari.utils.colormaps, napari.utils.theme\n"
        "before = set(sys.modules)\n"
        "import napari_dsc.viewer.panel.panel\n"
        "slow = {'scipy.signal', 'scipy.optimize', 'scipy.ndimage', 'nibabel', 'matplotlib'}\n"
        "print(sorted(slow & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_first_sentence_of_a_module_names_a_thing():
    """By a noun: a riddle ("What is read of …") tells a stranger nothing."""
    riddles = {"What", "Which", "How", "Where", "Whether", "Who", "When", "Why", "Between"}
    for path in (ROOT / "napari_dsc").rglob("*.py"):
        words = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split()
        assert words, f"{path} says nothing of itself"
        assert words[0].rstrip(",:") not in riddles, f"{path}: {' '.join(words[:8])} …"
