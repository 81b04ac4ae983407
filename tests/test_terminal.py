"""What a terminal gets, whatever it is: lines that are plain, and no traceback."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from napari_dsc import cli
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.terminal import LETTERS, one_line, say, spell_out
from tests.test_cli import COMMANDS

RUN = [sys.executable, "-c", "import sys; from napari_dsc.cli import main; sys.exit(main())"]
ENCODINGS = ["ascii", "cp1252", "latin-1", "utf-8"]


@pytest.fixture(scope="module")
def case(tmp_path_factory, patient) -> SimpleNamespace:
    """A scan with its masks, results of it, and a name that would colour a terminal."""
    folder = tmp_path_factory.mktemp("ugly") / "a\nb\x1b[31m\u202e"
    folder.mkdir()
    write_series(folder / "scan.nii", patient.series)
    for name, mask in (("aif", patient.artery), ("brain", patient.brain)):
        write_nifti(folder / f"{name}.nii", mask, patient.series.affine)
    case = SimpleNamespace(folder=folder, scan=str(folder / "scan.nii"), out=folder / "out")
    masks = ["--aif", str(folder / "aif.nii"), "--brain", str(folder / "brain.nii")]
    case.maps = ["maps", case.scan, *masks]
    assert cli.main([*case.maps, "--out", str(case.out)]) == 0
    return case


def run(*words: str, encoding: str = "utf-8", **options: Any) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run([*RUN, *words], check=False, env=environment, **options)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_fault_156_a_terminal_may_know_fewer_letters_than_the_field_uses(encoding):
    """Help of every command, and every letter that has another spelling."""
    code = (
        "import sys; from napari_dsc import cli, terminal\n"
        f"for command in ({COMMANDS!r}):\n"
        "    try: cli.main([command, '--help'])\n"
        "    except SystemExit as end: assert not end.code\n"
        "terminal.say(''.join(terminal.LETTERS) + '日')\n"
    )
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=False
    )
    assert done.stderr == b""
    assert done.returncode == 0
    text = done.stdout.decode(encoding)
    assert "signal, or " + ("ΔR2*" if encoding == "utf-8" else "dR2*") in " ".join(text.split())


def test_fault_156_a_file_name_is_printed_without_its_control_characters(case, tmp_path):
    """In errors, notes and results; a name that is no text at all, too."""
    for words in (
        [*case.maps, "--out", str(case.out)],
        [*case.maps, "--out", str(case.folder / "again")],
        ["maps", str(case.folder / "none.nii"), "--aif", "x", "--out", "y"],
        ["maps", os.fsdecode(b"\xff\xfe.nii"), "--aif", "x", "--out", "y"],
        ["maps", case.scan, "--aif", "x\x1b[31m", "--out", "y", "--method", "\x1b[31m\n"],
        ["report", str(case.out), "--out", str(case.folder / "page.html")],
    ):
        done = run(*words, capture_output=True, cwd=tmp_path)
        for printed in (done.stdout, done.stderr):
            assert b"\x1b" not in printed
            assert b"\xe2\x80\xae" not in printed
            assert all(
                one.startswith((b"Note: ", b"napari-dsc")) for one in done.stderr.splitlines()
            )
        if done.returncode == 2:
            assert done.stderr.count(b"\n") == 1
        else:
            assert b"a\\nb\\x1b[31m" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii"])
def test_fault_156_maps_that_were_saved_are_no_failure_on_an_old_terminal(case, tmp_path, encoding):
    """Their exit code tells of the maps, not of the letters."""
    out = str(tmp_path / "Größe Δ")
    done = run(*case.maps, "--out", out, encoding=encoding, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    told = run("methods", str(Path(out) / "record.json"), encoding=encoding, capture_output=True)
    assert told.returncode == 0
    assert b"dR2*" in told.stdout


@pytest.mark.skipif(os.name != "posix", reason="pipes as the shell makes them")
def test_fault_156_who_stops_reading_has_what_he_wants(case, tmp_path):
    """`| head`: no traceback, no message; what was computed is saved."""
    record = str(case.out / "record.json")
    for words in (["methods", record], [*case.maps, "--out", str(tmp_path / "out")], ["--help"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = run(*words, stdout=writing, stderr=subprocess.PIPE)
        os.close(writing)
        assert done.returncode == 0
        assert done.stderr == b"" or done.stderr.startswith(b"Note: ")
        assert b"Broken" not in done.stderr
    assert (tmp_path / "out" / "record.json").is_file()
    reading, writing = os.pipe()
    os.close(reading)
    refused = run("methods", "none.json", stdout=subprocess.DEVNULL, stderr=writing)
    os.close(writing)
    assert refused.returncode == 2


@pytest.mark.skipif(os.name != "posix", reason="closed as the shell closes them")
def test_fault_156_a_closed_terminal_is_no_failure(case, tmp_path):
    """Nobody is told anything, and no file of the results takes the place of stderr."""
    code = "import os, sys; os.close(1); os.close(2); os.execv(sys.argv[1], sys.argv[1:])"
    words = [*RUN, *case.maps, "--out", str(tmp_path / "out")]
    assert subprocess.run([sys.executable, "-c", code, *words], check=False).returncode == 0
    assert (tmp_path / "out" / "record.json").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_fault_156_a_full_disk_behind_the_terminal_is_said(case, tmp_path):
    """The maps stand; a text that was all that was asked for is a failure."""
    with Path("/dev/full").open("wb") as full:
        words = [*case.maps, "--out", str(tmp_path / "out")]
        done = run(*words, stdout=full, stderr=subprocess.PIPE)
        told = run("methods", str(case.out / "record.json"), stdout=full, stderr=subprocess.PIPE)
    assert (done.returncode, told.returncode) == (0, 2)
    for one in (done, told):
        assert b"could not be: No space left on device" in one.stderr
        assert b"Traceback" not in one.stderr
    assert (tmp_path / "out" / "record.json").is_file()


def test_fault_155_too_little_memory_is_one_line(case, tmp_path, monkeypatch, capsys):
    """Wherever it is missed."""

    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr("napari_dsc.analysis.run.stages", full)
    with pytest.raises(SystemExit) as end:
        cli.main([*case.maps, "--out", str(tmp_path / "out")])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "must fit into memory" in error
    assert error.count("\n") == 1


def test_a_letter_that_nobody_can_spell_is_a_question_mark(monkeypatch):
    """And one that the terminal has stays."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", stream)
    spell_out()
    say("ÄΔ日µ\udcff")
    assert stream.buffer.getvalue().decode("latin-1") == "Äd?µ?\n".replace("\n", os.linesep)
    assert all(one.isascii() for one in LETTERS.values())


def test_one_line_is_what_json_can_hold_too():
    """Nothing is lost: what was escaped is read back."""
    words = "a\tb\r\n\x00\x9b\u2028"
    assert one_line(words).isprintable()
    assert json.loads(json.dumps(one_line(words))).encode().decode("unicode_escape") == words
