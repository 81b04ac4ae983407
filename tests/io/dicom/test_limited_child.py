"""A foreign program within limits, which ends with the process that asked for it."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from napari_dsc import DscError
from napari_dsc.io.dicom.convert import converted
from napari_dsc.io.process_marks import started_at

pytestmark = pytest.mark.skipif(os.name != "posix", reason="its stand-ins are shell scripts")
PARENT = """
import sys
from pathlib import Path
import dcm2niix
from napari_dsc.io.dicom.convert import converted
dcm2niix.bin = sys.argv[1]
work = converted([], Path(sys.argv[2]), supervised=sys.argv[3] == "1")
for _ in work:
    pass
"""


def program(folder: Path, words: str) -> Path:
    """A stand-in for dcm2niix; ``$folder`` is where it runs."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\nfolder={folder}\n{words}\n")
    path.chmod(0o755)
    return path


def lives(process: int) -> bool:
    return started_at(process) is not None


@pytest.mark.parametrize("supervised", [False, True])
def test_fault_151_a_conversion_ends_with_its_parent(tmp_path, supervised):
    """Killed, so that nothing can clean up: the kernel ends the child, or the pipe that closes."""
    if not supervised and sys.platform != "linux":
        pytest.skip("only Linux ends a child by itself")
    stand_in = program(
        tmp_path,
        "echo $$ > $folder/number.part\nmv $folder/number.part $folder/number\nexec sleep 60",
    )
    words = [str(stand_in), str(tmp_path / "work"), str(int(supervised))]
    number = tmp_path / "number"
    with subprocess.Popen([sys.executable, "-c", PARENT, *words]) as parent:
        until = time.monotonic() + 20
        while not number.exists() and time.monotonic() < until:
            time.sleep(0.01)
        child = int(number.read_text())
        assert lives(child)
        parent.kill()
    until = time.monotonic() + 5
    while lives(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert not lives(child)


@pytest.mark.parametrize("supervised", [False, True])
@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ("head -c 3000000 /dev/zero > $folder/work/out/scan.nii", {"largest_file": 2**20}),
        ("while :; do :; done", {"patience": 1.0}),
        ("exec sleep 60", {"patience": 0.3}),
        ("exit 3", {}),
    ],
    ids=["file", "time", "waiting", "failure"],
)
def test_fault_151_a_conversion_has_limits_of_its_own(
    tmp_path, monkeypatch, words, limits, supervised
):
    """One line says that it failed; nothing of it runs on."""
    stand_in = program(tmp_path, f"echo $$ > $folder/number\n{words}")
    monkeypatch.setitem(sys.modules, "dcm2niix", SimpleNamespace(bin=str(stand_in)))
    with pytest.raises(DscError, match="dcm2niix converts, got") as failure:
        list(converted([], tmp_path / "work", supervised=supervised, **limits))
    assert "\n" not in str(failure.value)
    number = tmp_path / "number"
    assert not number.exists() or not lives(int(number.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_fault_151_the_limits_are_those_of_the_child(tmp_path, monkeypatch):
    """CPU time, memory, file size and core, asked of the system itself."""
    stand_in = program(
        tmp_path, "cat /proc/self/limits > $folder/limits; touch $folder/work/out/scan.nii"
    )
    monkeypatch.setitem(sys.modules, "dcm2niix", SimpleNamespace(bin=str(stand_in)))
    list(converted([], tmp_path / "work", patience=7.0, memory=2**31, largest_file=2**30))
    told = (tmp_path / "limits").read_text()
    for name, most in (
        ("cpu time", 7),
        ("address space", 2**31),
        ("file size", 2**30),
        ("core file size", 0),
    ):
        (line,) = [one for one in told.splitlines() if one.startswith(f"Max {name}")]
        assert str(most) in line.split()
