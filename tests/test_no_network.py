"""No program of ours opens a socket: not by an import, not by a command, not for an extra."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from napari_dsc.io.nifti import write_nifti
from tests.io.dicom_maker import affine, classic

HOOK = """
import sys
opened = []
def hook(event, arguments):
    if event.startswith("socket.") and event not in ("socket.gethostname",):
        opened.append(event)
sys.addaudithook(hook)
"""
IMPORTS = """
import importlib, pkgutil
import napari_dsc
for one in pkgutil.walk_packages(napari_dsc.__path__, "napari_dsc."):
    if not one.name.startswith("napari_dsc.viewer"):
        importlib.import_module(one.name)
import pydicom, highdicom, nibabel, matplotlib.pyplot
assert "urllib3" not in sys.modules
"""
OTHERS = """
import requests
"""
COMMANDS = """
from napari_dsc.cli import main
for words in {commands!r}:
    print(words[0], main(words))
"""


def events(code: str, cwd: Path) -> str:
    """What of sockets a program did: nothing, if it is well."""
    whole = f"{HOOK}{code}\nprint('opened', opened)"
    done = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, check=False, cwd=cwd
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_fault_162_no_import_opens_a_socket(tmp_path):
    """Of ours, without the viewer; and of what the extras bring."""
    assert events(IMPORTS, tmp_path) == "opened []"


def test_fault_162_no_command_opens_a_socket(tmp_path, patient):
    """From DICOM to maps, DICOM, a replay, methods and both kinds of report."""
    signal, time = patient.series.signal[..., :40], patient.series.time[:40]
    classic(tmp_path / "scan", replace(patient.series, signal=signal, time=time))
    for name, mask in (("aif", patient.artery), ("brain", patient.brain)):
        write_nifti(tmp_path / f"{name}.nii", mask, affine())
    masks = ["--aif", "aif.nii", "--brain", "brain.nii"]
    commands = [
        ["maps", "scan", *masks, "--out", "out", "--dicom", "parametric"],
        ["replay", "out/record.json", "scan", "--out", "again"],
        ["methods", "out/record.json"],
        ["report", "out", "--out", "page.html"],
        ["report", "out", "--out", "page.pdf"],
        ["phantom", "patient"],
    ]
    assert events(COMMANDS.format(commands=commands), tmp_path) == "opened []"
    assert (tmp_path / "page.pdf").is_file()


def test_everybody_else_has_the_library(tmp_path):
    """The guard is pydicom's alone."""
    pytest.importorskip("requests")
    assert events("import napari_dsc.io\nimport pydicom\n" + OTHERS, tmp_path).startswith("opened")
