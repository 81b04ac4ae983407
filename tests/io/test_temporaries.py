"""Temporaries of processes that were killed: gone at the next start, and nobody else's."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from napari_dsc.io import process_marks
from napari_dsc.io.process_marks import boot_time, own_mark, parse_mark, started_at, state_of
from napari_dsc.io.temporaries import TEMPORARY, sweep, sweep_all, temporary_file, temporary_folder

HOLD = """
import sys, time
from pathlib import Path
from napari_dsc.io.temporaries import temporary_file, temporary_folder
where = Path(sys.argv[1])
with temporary_folder(where) as folder, temporary_file(where, ".nii") as file:
    (folder / "image").write_text("a patient's")
    print(folder, file, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch) -> Path:
    """A folder for what is temporary and one for the state of programs, of the test's own."""
    for name, folder in (("TMPDIR", "tmp"), ("XDG_STATE_HOME", "state")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path / "tmp"


def held(where: Path) -> subprocess.Popen[str]:
    """A process that holds a temporary folder and a temporary file."""
    command = [sys.executable, "-c", HOLD, str(where)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def left_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir() if one.name.startswith(TEMPORARY))


def lists(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "state" / "napari-dsc" / "temporaries").iterdir())


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
@pytest.mark.parametrize("of_the_system", [True, False])
def test_fault_150_what_a_killed_process_leaves_is_swept_at_the_next_start(
    tmp_path, places, of_the_system
):
    """Wherever it was written: the list of a process says where. While it lives nothing goes."""
    where = places if of_the_system else tmp_path / "results"
    where.mkdir(exist_ok=True)
    with held(where) as process:
        assert process.stdout is not None
        process.stdout.readline()
        both = left_in(where)
        assert len(both) == 2
        sweep_all()
        sweep(where)
        assert left_in(where) == both
        process.kill()
    with temporary_folder():  # as whoever reads DICOM next makes one
        assert left_in(where) == [one.name for one in where.glob(f"{TEMPORARY}{own_mark()}-*")]
    assert lists(tmp_path) == []


def test_a_temporary_is_gone_and_off_the_list_when_it_is_not_needed(tmp_path, places):
    with temporary_folder() as folder, temporary_file(tmp_path) as file:
        (folder / "image").write_text("a patient's")
        assert folder.parent == places
        assert {oct(one.stat().st_mode & 0o777) for one in lists(tmp_path)} == {"0o600"}
        assert len(lists(tmp_path)) == 2
        file.replace(tmp_path / "kept")
    assert (left_in(places), left_in(tmp_path), lists(tmp_path)) == ([], [], [])
    assert (tmp_path / "kept").is_file()


def marked(folder: Path, mark: process_marks.Mark, age: float) -> Path:
    """A temporary folder that bears a mark and has not changed for so long."""
    path = folder / f"{TEMPORARY}{mark}-abc"
    path.mkdir()
    (path / "image").write_text("a patient's")
    for one in (path / "image", path):
        os.utime(one, (time.time() - age,) * 2)
    return path


HOUR, MONTH = 3600.0, 30 * 86400.0
UP = time.time() - boot_time()
WHOSE = [  # what another mark than that of this process has, how old it is, and whether it goes
    ({}, MONTH, False),
    ({"start": 7}, 0.0, True),  # a number that was given out again
    ({"process": 2**22 + 1, "start": 7}, 0.0, True),
    ({"process": 1}, MONTH, True),  # another one had that number before
    ({"space": "12345678"}, HOUR, True),  # a container that has ended: nobody holds the lock
    ({"space": "12345678"}, 1.0, False),  # it may be about to lock it
    ({"boot": "12345678"}, UP + HOUR, True),  # before this machine was started
    ({"boot": "12345678"}, min(UP / 2, HOUR), False),
    ({"host": "12345678", "boot": "12345678"}, HOUR, False),
    ({"host": "12345678", "boot": "12345678"}, UP + MONTH, True),
    ({"user": "12345678", "start": 7}, UP + MONTH, False),
]


@pytest.mark.parametrize(("other", "age", "goes"), WHOSE, ids=range(len(WHOSE)))
def test_fault_150_a_mark_tells_whose_it_is(places, other, age, goes):
    path = marked(places, replace(own_mark(), **other), age)
    sweep(places)
    assert path.exists() is not goes


def test_fault_150_after_a_restart_of_the_machine_the_list_is_followed(tmp_path, places):
    """The processes of that time are gone, whatever their numbers mean now."""
    for boot, age, goes in (("12345678", UP + HOUR, True), ("12345678", 0.0, False)):
        mark = replace(own_mark(), boot=boot)
        folder = tmp_path / f"results {age}"
        folder.mkdir()
        path = marked(folder, mark, age)
        entry = tmp_path / "state" / "napari-dsc" / "temporaries" / f"{mark}-abc"
        entry.parent.mkdir(parents=True, exist_ok=True)
        entry.write_text(str(path))
        os.utime(entry, (time.time() - age,) * 2)
        sweep_all()
        assert path.exists() is entry.exists() is not goes
    assert left_in(places) == []


def test_fault_150_an_entry_that_nobody_came_to_write_goes(tmp_path, places):
    """Killed as the list was written: it names nothing, and would stay for ever."""
    entry = (
        tmp_path / "state" / "napari-dsc" / "temporaries" / f"{replace(own_mark(), start=7)}-abc"
    )
    entry.parent.mkdir(parents=True, exist_ok=True)
    entry.touch()
    sweep_all()
    assert not entry.exists()
    assert left_in(places) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows has no containers of this kind")
def test_fault_150_a_living_save_in_another_container_stays(places):
    """Its number means nothing here, but the kernel knows that it holds the lock."""
    with temporary_folder() as folder:
        words = folder.name.removeprefix(TEMPORARY).partition("-")[0]
        mark = parse_mark(words)
        assert mark is not None
        other = folder.with_name(f"{TEMPORARY}{replace(mark, space='12345678', process=1)}-abc")
        folder.rename(other)
        os.utime(other, (time.time() - HOUR,) * 2)
        sweep(places)
        assert other.exists()
    sweep(places)
    assert not other.exists()


def test_fault_150_only_our_own_is_swept(tmp_path, places):
    """Not what is called nearly so, not what a list names that bears another name, no links."""
    names = [".napari-dsc-mine-file.json", ".napari-dsc-12-file", ".napari-dsc", "napari-dsc-1-a"]
    for name in names:
        (places / name).write_text("somebody's")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("somebody's")
    gone = replace(own_mark(), start=7)
    (places / f"{TEMPORARY}{gone}-link").symlink_to(precious)
    listed = tmp_path / "state" / "napari-dsc" / "temporaries"
    listed.mkdir(parents=True)
    (listed / f"{gone}-abc").write_text(str(precious))
    sweep_all()
    assert sorted(one.name for one in places.iterdir()) == sorted(names)
    assert (precious / "file").is_file()


def test_what_an_earlier_version_left_goes_after_a_week(places):
    """Its names tell a number only, which tells nothing."""
    for name, days in ((".napari-dsc-1-old", 8), (".napari-dsc-1-new", 6)):
        (places / name).write_text("half")
        os.utime(places / name, (time.time() - days * 86400,) * 2)
    sweep(places)
    assert [one.name for one in places.iterdir()] == [".napari-dsc-1-new"]


def test_a_mark_tells_no_names():
    """Neither of a user nor of a machine; and it is read as it was written."""
    mark = own_mark()
    assert parse_mark(str(mark)) == mark
    assert state_of(mark) == "lives"
    assert not set(str(mark)) - set("0123456789abcdef.")
    assert parse_mark("../../etc") is None


def test_a_process_that_has_ended_has_no_start():
    """Nor has one that its parent has not yet been told of."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        first = started_at(process.pid)
        assert first is not None
        assert first >= (started_at(os.getpid()) or 0)
        assert process.stdin is not None
        process.stdin.close()
        until = time.monotonic() + 10
        while started_at(process.pid) is not None and time.monotonic() < until:
            time.sleep(0.01)
        assert started_at(process.pid) is None


@pytest.mark.skipif(sys.platform != "linux", reason="compares with what Linux tells")
def test_what_other_systems_tell_is_the_same(monkeypatch):
    """Start of a process and of the machine, as psutil tells them where there is no /proc."""
    up = boot_time()
    __import__("psutil")  # as it is on this system
    monkeypatch.setattr(sys, "platform", "darwin")
    told = started_at(os.getpid())
    assert told is not None
    assert abs(told * process_marks.TICK - time.time()) < 3 * HOUR
    assert started_at(2**22 + 1) is None
    assert abs(boot_time() - up) < 5


MAPS = """
import signal, sys
from napari_dsc.cli import main
from napari_dsc.io.dicom import read_series
def hang(*_):
    print("ready", flush=True)
    import time
    while True:
        time.sleep(0.01)
        yield from ()
read_series.converted_series = hang
main(["maps", sys.argv[1], "--aif", sys.argv[1], "--out", sys.argv[2]])
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_fault_150_whoever_is_asked_to_end_cleans_up(tmp_path, places, patient, number):
    """One line at most, the exit code of the signal, and no image of the patient left."""
    from tests.io.dicom_maker import classic

    classic(tmp_path / "scan", patient.series)
    command = [sys.executable, "-c", MAPS, str(tmp_path / "scan"), str(tmp_path / "out")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        assert len(left_in(places)) == 1
        process.send_signal(number)
        assert process.wait(10) == 128 + number
        assert process.stderr.read().count("\n") <= 1
    assert (left_in(places), lists(tmp_path)) == ([], [])
