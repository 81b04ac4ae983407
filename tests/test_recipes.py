"""The recipes of CONTRIBUTING.md: each still fits the program, and what it adds works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RECIPES = sorted((ROOT / "recipes").glob("*.diff"))
TREE = (
    *("napari_dsc", "tests", "scripts", "benchmarks", "examples", "docs"),
    *("pyproject.toml", "README.md"),
)
NEEDLESS = shutil.ignore_patterns("__pycache__", "format_*", "*.gif")
CHANGED = ("napari_dsc", "tests", "docs")  # by recipes
TOOLS = (
    ["ruff", "check", "--quiet", *CHANGED],
    ["ruff", "format", "--check", "--quiet", *CHANGED],
    ["lint-imports"],
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The tree once more, without what no recipe needs; patches are laid over it."""
    folder = tmp_path_factory.mktemp("tree")
    for name in TREE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=NEEDLESS)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def run(command, folder) -> subprocess.CompletedProcess[str]:
    """Run something on the copy; git takes it for no part of a repository around it."""
    outside = {"GIT_CEILING_DIRECTORIES": str(folder.parent), "PYTHONPATH": str(folder)}
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **outside},
    )


def named_tests(recipe) -> list[str]:
    """Tests that a recipe names above its diff."""
    found = re.search(r"^Tests: (.+)$", recipe.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, recipe.name
    return found[1].split()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_fits_the_program_as_it_is(copy, recipe):
    """By itself; where lines around it have changed, it has to be made anew."""
    fits = run(["git", "apply", "--check", "-C1", str(recipe)], copy)
    assert fits.returncode == 0, fits.stderr


def test_there_is_a_recipe_for_each_thing_that_is_added():
    """And the page for contributors leads to each."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {path.stem for path in RECIPES} >= {
        "map",
        "map-on-request",
        "deconvolver",
        "reader",
        "button",
        "setting",
    }
    for recipe in RECIPES:
        assert f"recipes/{recipe.name}" in page


@pytest.mark.timeout(240)
def test_what_the_recipes_add_works(copy):
    """All on one copy: tidy, in its layer, and with the tests that each names."""
    for recipe in RECIPES:
        laid = run(["git", "apply", "-C1", str(recipe)], copy)
        assert laid.returncode == 0, laid.stderr
    for tool in TOOLS:
        told = run([str(Path(sys.executable).with_name(tool[0])), *tool[1:]], copy)
        assert told.returncode == 0, told.stdout + told.stderr
    tests = [one for recipe in RECIPES for one in named_tests(recipe)]
    done = run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *tests], copy
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
