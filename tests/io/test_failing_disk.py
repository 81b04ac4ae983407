"""A disk or a memory that fails at any moment of a save, a replay or a report: one line, no more.

Every write, every move, every flush and every large array is counted; then the first, the second,
and each after it fails, to the last. Whatever stands under its own name is whole each time, and a
record stands only beside its own files.
"""

import builtins
import contextlib
import errno
import gzip
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, cli, phantom
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.io.fingerprints import fingerprint
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.record import make_record
from napari_dsc.io.results_folder import RECORD, write_results
from napari_dsc.terminal import one_line


class Failure:
    """Counts what is done, and fails at one of it, with what a full disk or memory gives."""

    def __init__(self, at: int = -1) -> None:
        self.at, self.count = at, 0

    def step(self, error: BaseException) -> None:
        self.count += 1
        if self.count - 1 == self.at:
            raise error


def full() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextlib.contextmanager
def failing(kind: str, at: int = -1) -> Iterator[Failure]:
    """Let the operation of a kind with this number fail, counted from 0."""
    found = Failure(at)
    with pytest.MonkeyPatch.context() as patch:
        KINDS[kind](patch, found)
        yield found


def writes(patch: pytest.MonkeyPatch, found: Failure) -> None:
    """Every write to a file, wherever Python opens it."""

    class Raw(io.FileIO):
        def write(self, content: Any) -> int:
            found.step(full())
            return super().write(content)

    opened = io.open

    def failing_open(file: Any, mode: str = "r", buffering: int = -1, *more: Any, **others: Any):
        if isinstance(file, int) or not set(mode) & set("wxa+"):
            return opened(file, mode, buffering, *more, **others)
        raw = Raw(file, mode.replace("b", "").replace("t", ""))
        whole = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return whole
        encoding = others.get("encoding") or (more[0] if more else None) or "utf-8"
        return io.TextIOWrapper(whole, encoding, newline=others.get("newline"))

    patch.setattr(io, "open", failing_open)
    patch.setattr(builtins, "open", failing_open)


def calls(*names: str) -> Callable[[pytest.MonkeyPatch, Failure], None]:
    def install(patch: pytest.MonkeyPatch, found: Failure) -> None:
        for name in names:
            done = getattr(os, name)

            def once(*words: Any, done: Callable[..., Any] = done, **options: Any) -> Any:
                found.step(full())
                return done(*words, **options)

            patch.setattr(os, name, once)

    return install


def arrays(patch: pytest.MonkeyPatch, found: Failure) -> None:
    """Every array that numpy is asked for by these names, of what a volume takes or more."""
    for name in ("empty", "zeros", "ones", "full", "stack", "concatenate", "zeros_like", "where"):
        done = getattr(np, name)

        def once(*words: Any, done: Callable[..., Any] = done, **options: Any) -> Any:
            made = done(*words, **options)
            if getattr(made, "nbytes", 0) >= LARGE:
                found.step(MemoryError())
            return made

        patch.setattr(np, name, once)


LARGE = 1024  # bytes
KINDS = {
    "write": writes,
    "move": calls("replace", "rename"),
    "flush": calls("fsync"),
    "folder": calls("mkdir", "chmod", "unlink", "rmdir"),
    "memory": arrays,
}


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> dict[str, Any]:
    """A small scan with earlier results and an earlier report."""
    folder = tmp_path_factory.mktemp("case")
    patient = phantom((16, 16, 4), 40, seed=1)
    analysis = finished(stages(patient.series, patient.artery, patient.brain, Settings()))
    write_series(folder / "scan.nii", patient.series)
    for name, mask in (("aif", patient.artery), ("brain", patient.brain)):
        write_nifti(folder / f"{name}.nii", mask, patient.series.affine)
    masks = ["--aif", str(folder / "aif.nii"), "--brain", str(folder / "brain.nii")]
    maps = ["maps", str(folder / "scan.nii"), *masks, "--overwrite", "--checked"]
    cli.main([*maps, "--out", str(folder / "earlier"), "--density", "1.1"])
    cli.main(["report", str(folder / "earlier"), "--out", str(folder / "page.html")])
    record = str(folder / "earlier" / RECORD)
    return {
        "folder": folder,
        "analysis": analysis,
        "record": make_record(patient.series, analysis, None),
        "replay": ["replay", record, str(folder / "scan.nii"), "--overwrite"],
        "report": ["report", str(folder / "earlier"), "--overwrite"],
    }


def whole(folder: Path) -> None:
    """Every file under its own name can be read; where a record stands, all are its own."""
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        content = path.read_bytes()
        assert content, path.name
        if path.name.endswith(".gz"):
            gzip.decompress(content)
        elif path.suffix == ".json":
            json.loads(content)
        elif path.suffix == ".html":
            assert content.endswith((b"</html>", b"</html>\n"))
    if (folder / RECORD).is_file():
        files = json.loads((folder / RECORD).read_text())["files"]
        for end, value in files.items():
            assert fingerprint(folder / f"scan_{end}") == value, end


def outcome(words: list[str], capsys) -> int:
    """Exit code of a command, and that it said at most one line of error."""
    capsys.readouterr()
    try:
        code = cli.main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    error = capsys.readouterr().err
    assert "Traceback" not in error
    assert code in (0, 2, 3)
    if code == 2:
        (line,) = error.splitlines()
        assert line.startswith("napari-dsc: ")
        assert line == one_line(line)
    return code


# A save takes a thirtieth of a second and is tried at every write, move and flush. A replay and a
# report take longer: some of theirs are tried, and all with NAPARI_DSC_EVERY_FAILURE=1.
EVERY = bool(os.environ.get("NAPARI_DSC_EVERY_FAILURE"))
STRIDE = {"save": 1, "replay": 6, "report": 6}


def command_in(case: dict[str, Any], name: str, out: Path) -> Callable[[Any], int]:
    """What makes the files of a command in a folder, where earlier ones stand; its exit code."""
    if name == "save":
        shutil.copytree(case["folder"] / "earlier", out)
        return lambda capsys: saved(case, out, capsys)
    if name == "replay":
        shutil.copytree(case["folder"] / "earlier", out)
        return lambda capsys: outcome([*case["replay"], "--out", str(out)], capsys)
    out.mkdir()
    shutil.copy(case["folder"] / "page.html", out)
    return lambda capsys: outcome([*case["report"], "--out", str(out / "page.html")], capsys)


def saved(case: dict[str, Any], out: Path, capsys: Any) -> int:
    """Save in the way of the command line and of the viewer; what it raises is one line."""
    del capsys
    try:
        write_results(out, case["analysis"], case["record"], overwrite=True, prefix="scan_")
    except (DscError, MemoryError):  # both have one line for the second
        return 2
    return 0


@pytest.mark.parametrize("kind", [one for one in KINDS if one != "memory"])
@pytest.mark.parametrize("name", ["save", "replay", "report"])
def test_fault_157_a_disk_that_fails_at_any_moment(case, tmp_path, capsys, name, kind):
    """The n-th of its operations, for every n: whole files, and one line."""
    number, out = 0, tmp_path / "out"
    while True:
        shutil.rmtree(out, ignore_errors=True)
        run = command_in(case, name, out)
        with failing(kind, number) as found:
            code = run(capsys)
        whole(out)
        if found.count <= number:  # there were fewer: it has come through
            break
        assert code == 2 or kind in ("folder", "write")  # what is only tidied up may fail
        number += 1 if EVERY else max(STRIDE[name], 4 if kind == "folder" else 1)
    assert code in (0, 3)
    assert number >= (1 if name == "report" else 15)
    assert not [one.name for one in out.iterdir() if one.name.startswith(".")]


@pytest.mark.parametrize("name", ["save", "replay", "report"])
def test_fault_157_a_memory_that_fails_at_any_moment(case, tmp_path, capsys, name):
    """Large arrays that are asked for by one of numpy's names, from the first to the last."""
    out = tmp_path / "out"
    run = command_in(case, name, out)
    with failing("memory") as every:
        run(capsys)
    samples = every.count if EVERY else min(every.count, 3 if name == "report" else 15)
    for number in np.linspace(0, every.count - 1, samples).astype(int).tolist():
        shutil.rmtree(out)
        run = command_in(case, name, out)
        with failing("memory", number):
            code = run(capsys)
        whole(out)
        assert code in (0, 2, 3)
        assert not [one.name for one in out.iterdir() if one.name.startswith(".")]


def test_the_harness_fails_where_it_says(tmp_path):
    """And leaves nothing of itself behind."""
    with failing("write", 1), (tmp_path / "file").open("wb") as file:
        for more in (False, True):
            file.write(b"a")
            if more:
                with pytest.raises(OSError, match="No space"):
                    file.flush()
                break
            file.flush()
    (tmp_path / "file").write_text("whole")
    with failing("memory", 0), pytest.raises(MemoryError):
        np.zeros(10**4)
