"""Results under fire: killed, full, locked, named oddly. Every file is whole, or absent."""

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, phantom
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.io.process_marks import own_mark
from napari_dsc.io.record import fingerprint, make_record
from napari_dsc.io.result_names import prefix_of
from napari_dsc.io.results_folder import RECORD, write_results

SAVE = """
import sys
from pathlib import Path
from napari_dsc import DECONVOLVERS, phantom
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.io.record import make_record
from napari_dsc.io.results_folder import write_results
patient = phantom((16, 16, 4), seed=1)
# Other maps than those that stand there: a set that is half of one and half of another shows.
settings = Settings(method=DECONVOLVERS["cSVD"](svd_threshold=0.1), window=(4, 40))
analysis = finished(stages(patient.series, patient.artery, patient.brain, settings))
record = make_record(patient.series, analysis, "abc")
print("ready", flush=True)
for turn in sys.stdin:
    write_results(Path(turn.strip()), analysis, record, overwrite=True, prefix="scan_")
"""


@pytest.fixture(scope="module")
def small():
    """An analysis that is saved in a moment."""
    patient = phantom((16, 16, 4), seed=1)
    analysis = finished(stages(patient.series, patient.artery, patient.brain, Settings()))
    return analysis, make_record(patient.series, analysis, "abc")


def copied(earlier: Path, folder: Path) -> Path:
    """Put earlier results back, as they were saved; what a killed save has left stays."""
    return Path(shutil.copytree(earlier, folder, dirs_exist_ok=True))


def readable(folder: Path) -> None:
    """Every file under its own name is whole; where a record stands, all are its own."""
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        if path.name.endswith(".nii.gz"):
            assert gzip.decompress(path.read_bytes())
            np.asarray(nib.Nifti1Image.from_filename(path).dataobj)
        elif path.suffix == ".json":
            json.loads(path.read_text())
        else:
            assert path.read_text()
    if (folder / RECORD).exists():
        files = json.loads((folder / RECORD).read_text())["files"]
        for end, value in files.items():
            assert fingerprint(folder / f"scan_{end}") == value


READY = (
    SAVE[: SAVE.index("print(")]
    + """
from tempfile import TemporaryDirectory
with TemporaryDirectory() as place:  # it is loaded here, and not again in each process
    write_results(Path(place), analysis, record)
    write_results(Path(place), analysis, record, overwrite=True)
print("ready", flush=True)
"""
)
AGAIN = (
    READY
    + """
import os
for turn in sys.stdin:
    child = os.fork()
    if child == 0:
        write_results(Path(sys.argv[1]), analysis, record, overwrite=True, prefix="scan_")
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    print("whole" if os.waitpid(child, 0)[1] == 0 else "killed", flush=True)
"""
)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
def test_fault_28_fifty_kills_leave_whole_files_only(tmp_path, small):
    """At random moments of a save over earlier results; the next save sweeps what was left."""
    analysis, record = small
    earlier = tmp_path / "earlier"
    write_results(earlier, analysis, record, prefix="scan_")
    tmp_path = copied(earlier, tmp_path / "out")
    with subprocess.Popen(
        [sys.executable, "-c", AGAIN, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        to, of = program.stdin, program.stdout
        assert to is not None
        assert of is not None
        assert of.readline() == "ready\n"

        def save(moment: float | None, to: IO[str] = to, of: IO[str] = of) -> str:
            """Save in a process of its own, which is killed so many seconds after its start."""
            to.write("\n")
            to.flush()
            saver = int(of.readline())
            if moment is not None:
                time.sleep(moment)  # the moment of the kill
                os.kill(saver, signal.SIGKILL)  # also one that has ended: nobody has waited for it
            to.write("\n")
            to.flush()
            return of.readline()

        start = time.perf_counter()
        assert save(None) == "whole\n"
        whole = time.perf_counter() - start
        complete, ends = 0, []
        for share in np.random.default_rng(0).uniform(0, 1, 50):
            copied(earlier, tmp_path)
            ends.append(save(share * whole))
            if ends[-1] == "whole\n":  # it takes less by now: the machine was busy before
                whole *= 0.9
            readable(tmp_path)
            complete += (tmp_path / RECORD).exists()
        to.close()
    assert ends.count("killed\n") >= 10
    assert complete  # most kills come before anything is touched
    write_results(tmp_path, analysis, record, overwrite=True, prefix="scan_")
    readable(tmp_path)
    assert not [one.name for one in tmp_path.iterdir() if one.name.startswith(".")]


STEPS = (
    READY
    + """
import os, signal
left = 10**6
def count(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.mkdir", "os.chmod"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
for turn in sys.stdin:
    child = os.fork()
    if child == 0:
        left = int(turn)
        write_results(Path(sys.argv[1]), analysis, record, overwrite=True, prefix="scan_")
        os._exit(0)
    print("whole" if os.waitpid(child, 0)[1] == 0 else "killed", flush=True)
"""
)


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
def test_fault_28_a_kill_before_any_file_operation_leaves_no_mixed_set(tmp_path, small):
    """Before the first, before the second, to the last: a record stands beside its own files."""
    earlier = tmp_path / "earlier"
    write_results(earlier, *small, prefix="scan_")
    tmp_path = tmp_path / "out"
    with subprocess.Popen(
        [sys.executable, "-c", STEPS, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        seen = []
        for number in range(300):
            shutil.rmtree(tmp_path, ignore_errors=True)  # what the last kill has left counts, too
            copied(earlier, tmp_path)
            program.stdin.write(f"{number}\n")
            program.stdin.flush()
            ended = program.stdout.readline()
            readable(tmp_path)
            if ended == "whole\n":
                break
            seen.append((tmp_path / RECORD).exists())
        program.stdin.close()
    assert ended == "whole\n"
    first = seen.index(False)
    assert all(seen[:first])  # the earlier set stands, until everything is written
    without = seen[first:].index(True) if True in seen[first:] else len(seen) - first
    assert 15 < without < 40  # while one file after the other is moved, and no longer


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
""" + SAVE.replace("for turn in sys.stdin:", "for turn in sys.argv[2:]:")


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX's")
@pytest.mark.parametrize("limit", [0, 400, 1500])
def test_fault_28_a_disk_that_fills_changes_nothing(tmp_path, small, limit):
    """A real write that fails: earlier results stand as they were, record and all."""
    analysis, record = small
    write_results(tmp_path, analysis, record, prefix="scan_")
    before = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "DscError" in done.stderr
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == before


FULL = """
mount -t tmpfs -o size="$1" none "$2" && cp "$3"/* "$2" && "$4" -c "$5" "$2" <<< "$2"
code=$?
rm -rf "$3"/* && cp -a "$2"/. "$3" && exit $code
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs Linux and its namespaces")
@pytest.mark.parametrize("blocks", [40, 64, 88])
def test_fault_28_a_file_system_that_is_full_changes_nothing(tmp_path, small, blocks):
    """A real one, in memory, with too little room for a second set beside the first."""
    shell = ["unshare", "-Urm", "bash", "-c"]
    probe = [*shell, 'mount -t tmpfs -o size=4k none "$0"', str(tmp_path)]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    analysis, record = small
    kept, place = tmp_path / "kept", tmp_path / "place"
    place.mkdir()
    write_results(kept, analysis, record, prefix="scan_")
    before = {one.name: one.read_bytes() for one in kept.iterdir()}
    room = sum(-(-len(one) // 4096) * 4096 for one in before.values()) // 1024
    words = [f"{room + blocks // 4}k", place, kept, sys.executable, SAVE]
    done = subprocess.run(
        [*shell, FULL, "bash", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert "No space left on device" in done.stderr
    assert "DscError" in done.stderr
    assert {one.name: one.read_bytes() for one in kept.iterdir()} == before


LOCKED = SAVE.replace(
    'print("ready", flush=True)',
    "import os\n"
    # Twice, for all that has to be imported while that is allowed.
    'write_results(Path(sys.argv[1]) / "first", analysis, record)\n'
    'write_results(Path(sys.argv[1]) / "first", analysis, record, overwrite=True)\n'
    "if os.geteuid() == 0: os.setuid(65534)\n",
).replace("for turn in sys.stdin:", "for turn in sys.argv[2:]:")


@pytest.mark.skipif(os.name != "posix", reason="rights are POSIX's")
def test_fault_28_a_folder_that_is_read_only_is_said(small):
    """By the system itself, to somebody who is not root; what stands there stays."""
    analysis, record = small
    with TemporaryDirectory() as place:  # pytest's own is closed to others than root
        locked = Path(place) / "locked"
        write_results(locked, analysis, record, prefix="scan_")
        before = {one.name: one.read_bytes() for one in locked.iterdir()}
        Path(place).chmod(0o755)
        locked.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", LOCKED, place, str(locked)],
            capture_output=True,
            text=True,
            check=False,
        )
        locked.chmod(0o755)
        assert done.returncode == 1
        assert "DscError: the folder must be writable, got: Permission denied" in done.stderr
        assert {one.name: one.read_bytes() for one in locked.iterdir()} == before


def test_fault_28_only_what_the_dead_left_is_swept(tmp_path, small):
    """A folder and a file of a process that is gone; not those of one that still writes."""
    living, gone = own_mark(), replace(own_mark(), start=7)
    for mark in (gone, living):
        (tmp_path / f".napari-dsc-{mark}-folder").mkdir()
        (tmp_path / f".napari-dsc-{mark}-folder" / "half").write_text("half")
        (tmp_path / f".napari-dsc-{mark}-file.json").write_text("half")
    (tmp_path / ".napari-dsc-mine-file.json").write_text("somebody's")
    write_results(tmp_path, *small, prefix="scan_")
    left = {one.name for one in tmp_path.iterdir() if one.name.startswith(".")}
    own = {f".napari-dsc-{living}-{end}" for end in ("folder", "file.json")}
    assert left == {*own, ".napari-dsc-mine-file.json"}


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("scan.nii.gz", "scan_"),
        ("sub-01_dsc.nii", "sub-01_"),
        ("sub-01_ses-b_run-2_perf.nii.gz", "sub-01_ses-b_run-2_"),
        ("my scan (2).nii.gz", "my_scan_2_"),
        ("Gehirn ä.nii.gz", "Gehirn_ä_"),
        ("../../x.nii.gz", "x_"),
        ("a\nb\x1b[31m.nii", "a_b_31m_"),
        ("...nii.gz", ""),
        ("sub-01_..%2f_dsc.nii", "sub-01_2f_dsc_"),
        (400 * "x" + ".nii", 80 * "x" + "_"),
    ],
)
def test_fault_31_names_come_from_a_fixed_pattern(name, prefix):
    """No folder, no control character, no length that a disk refuses."""
    assert prefix_of(Path(name)) == prefix


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_fault_31_a_link_is_replaced_not_followed(tmp_path, small):
    """What it points to, outside the folder, stays as it is."""
    analysis, record = small
    (tmp_path / "secret").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "scan_cbf.nii.gz").symlink_to(tmp_path / "secret")
    with pytest.raises(DscError, match="earlier results"):
        write_results(out, analysis, record, prefix="scan_")
    write_results(out, analysis, record, overwrite=True, prefix="scan_")
    assert (tmp_path / "secret").read_text() == "mine"
    assert not (out / "scan_cbf.nii.gz").is_symlink()
    readable(out)


def test_folders_of_any_name_are_written_to(tmp_path, small):
    """Spaces, umlauts, brackets of a pattern."""
    analysis, record = small
    for name in ("with space", "Gehirn ä", "[1]"):
        write_results(tmp_path / name, analysis, record, prefix="scan_")
        write_results(tmp_path / name, analysis, record, overwrite=True, prefix="scan_")
        readable(tmp_path / name)


def test_the_names_of_a_record_reach_no_other_folder(tmp_path, small):
    """An earlier record that lists what it should not is no reason to remove it."""
    analysis, record = small
    mine = tmp_path / "mine.json"
    mine.write_text("{}")
    out = tmp_path / "out"
    out.mkdir()
    files = {"../mine.json": fingerprint(mine), "mine.json": "x", "": "y", "*": "z"}
    (out / RECORD).write_text(json.dumps({"files": files}))
    (out / "mine.json").write_text("also mine")
    write_results(out, analysis, record, overwrite=True, prefix="scan_")
    assert mine.exists()
    assert (out / "mine.json").read_text() == "also mine"
