"""What is shipped: a manifest that napari accepts, in packages that hold all of it."""

import email
import importlib
import importlib.util
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from npe2 import PluginManifest

import napari_dsc
from napari_dsc.io import READERS
from napari_dsc.io.readers import patterns
from napari_dsc.io.results_folder import RECORD

ROOT = Path(__file__).parents[1]
NAME = f"napari_dsc-{napari_dsc.__version__}"
MANIFEST = PluginManifest.from_file(ROOT / "napari_dsc" / "napari.yaml")
PATHS = [command.python_name for command in MANIFEST.contributions.commands]
FROM_THE_WHEEL = """
import sys, napari_dsc
from npe2 import PluginManifest
assert napari_dsc.__file__.startswith(sys.argv[1]), napari_dsc.__file__
manifest = PluginManifest.from_distribution("napari-dsc")
manifest.validate_imports()
print(manifest.name, len(manifest.contributions.commands))
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Folder with the source distribution, and the wheel that was made from it."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--outdir", str(out), str(ROOT)]
    if importlib.util.find_spec("hatchling"):
        command.append("--no-isolation")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.fixture(scope="module")
def wheel(built) -> zipfile.ZipFile:
    """The wheel."""
    (path,) = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def sdist(built) -> dict[str, tarfile.TarInfo]:
    """Members of the source distribution by their paths in it."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {one.name.removeprefix(f"{NAME}/"): one for one in archive.getmembers()}


def test_napari_accepts_the_manifest():
    """As `npe2 validate` does: as a file and as installed, with everything that it names."""
    installed = PluginManifest.from_distribution("napari-dsc")
    installed.validate_imports()
    assert installed.name == MANIFEST.name == "napari-dsc"
    assert installed.contributions == MANIFEST.contributions
    assert installed.package_version == napari_dsc.__version__


def test_there_is_one_manifest():
    """The file at the root, where the specification looks, is the one that ships."""
    assert os.path.samefile(ROOT / "napari.yaml", ROOT / "napari_dsc" / "napari.yaml")


@pytest.mark.parametrize("path", PATHS)
def test_what_the_manifest_names_can_be_called(path):
    """A module and a public name in it."""
    module, name = path.split(":")
    assert module.startswith("napari_dsc.")
    assert callable(getattr(importlib.import_module(module), name))


def test_every_contribution_has_its_command():
    """Readers, writers, a widget, samples, menus, the palette; none points nowhere."""
    own = MANIFEST.contributions
    commands = {command.id for command in own.commands}
    menus = [one for items in own.menus.values() for one in items]
    used = [*own.readers, *own.writers, *own.widgets, *own.sample_data, *menus]
    palette = {one.id for one in own.commands if ".commands:" in one.python_name}
    assert {one.command for one in used} | palette == commands
    assert len({one.command for one in menus}) >= 4
    assert {tuple(writer.layer_types) for writer in own.writers} == {("image",), ("labels",)}


def test_the_manifest_knows_every_format():
    """What is read is a pattern in the manifest, and what is written can be read."""
    own = MANIFEST.contributions
    claimed = [one for reader in own.readers for one in reader.filename_patterns]
    assert sorted(claimed) == sorted([*patterns(), f"*{RECORD}"])
    assert all(reader.accepts_directories for reader in own.readers)
    for writer in own.writers:
        assert set(writer.filename_extensions) <= set(READERS["NIfTI"].endings)


def test_the_wheel_holds_the_package(wheel):
    """Every module and the data beside it, and nothing else."""
    found = {name for name in wheel.namelist() if not name.startswith(f"{NAME}.dist-info/")}
    expected = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "napari_dsc").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found == expected
    assert {"napari_dsc/napari.yaml", "napari_dsc/py.typed", "napari_dsc/cli/__init__.py"} <= found


def test_the_wheel_is_found_by_napari_and_by_the_shell(wheel):
    """Its entry points, as an installer reads them."""
    words = wheel.read(f"{NAME}.dist-info/entry_points.txt").decode()
    assert "[console_scripts]\nnapari-dsc = napari_dsc.cli:main" in words
    assert "[napari.manifest]\nnapari-dsc = napari_dsc:napari.yaml" in words


def test_the_wheel_says_what_it_is(wheel):
    """Version, licence and what it needs; no Qt unless it is asked for."""
    metadata = email.message_from_bytes(wheel.read(f"{NAME}.dist-info/METADATA"))
    assert metadata["Version"] == napari_dsc.__version__
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert "Framework :: napari" in metadata.get_all("Classifier", [])
    assert f"{NAME}.dist-info/licenses/LICENSE" in wheel.namelist()
    needs = [one for one in metadata.get_all("Requires-Dist", []) if "extra ==" not in one]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert len(needs) == len(project["dependencies"])
    assert not [one for one in needs if "qt6" in one.lower() or "pyside" in one.lower()]


def test_the_wheel_works_by_itself(built, tmp_path):
    """Unpacked elsewhere, its manifest and all that it names come from there."""
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", FROM_THE_WHEEL, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"napari-dsc {len(PATHS)}\n"


def test_the_source_distribution_holds_its_tests(sdist):
    """Whoever packages it can run them; licence, manifest and settings are there too."""
    wanted = {"LICENSE", "README.md", "pyproject.toml", "napari.yaml", "Makefile", "CITATION.cff"}
    tests = {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("*.py")}
    assert wanted | tests <= set(sdist)


def test_the_source_distribution_holds_no_leftovers(sdist):
    """No environment, no caches, nothing large."""
    for name in sdist:
        assert not {".venv", ".git", "__pycache__", ".pytest_cache", "dist"} & set(Path(name).parts)
    assert sum(one.size for one in sdist.values()) < 20 * 2**20
