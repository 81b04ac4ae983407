"""The log: what was done, without a name or a path of anybody."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from napari_dsc.cli import main
from napari_dsc.io import log_file
from napari_dsc.io.diagnostics import ABSENT, diagnostics, versions_of
from napari_dsc.io.log_file import hide, keep_log, last_lines, log_path, nameless
from napari_dsc.io.nifti import write_nifti, write_series

NAMES = ("Schmidt", "Annegret", "ag1958")
RUN = [sys.executable, "-c", "import sys; from napari_dsc.cli import main; sys.exit(main())"]


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch) -> None:
    """Names that earlier tests typed are none here."""
    monkeypatch.setattr(log_file, "HIDDEN", set())


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    """A folder of its own for what the program keeps."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def own_log(state):  # noqa: ARG001 (where the log goes)
    """The log as a program begins it; whatever was before is back afterwards."""
    log = logging.getLogger("napari_dsc")
    handlers, level = log.handlers[:], log.level
    log.handlers[:] = []
    keep_log()
    yield log
    for one in log.handlers:
        one.close()
    log.handlers[:], log.level = handlers, level


def words_of_log() -> str:
    return "".join(one.read_text("utf-8") for one in sorted(log_path().parent.glob("*.log*")))


def run(words, cwd) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_fault_346_no_name_of_a_command_line_stands_in_the_log(
    tmp_path,
    state,
    own_log,  # noqa: ARG001 (it is there from now on)
    patient,
    capsys,
):
    """Of folders, files, labels, errors: with success, refusals and a file that is damaged."""
    folder = tmp_path / "Schmidt, Annegret" / "ag1958"
    folder.mkdir(parents=True)
    write_series(folder / "Schmidt.nii", patient.series)
    write_nifti(folder / "Annegret.nii", patient.artery, patient.series.affine)
    (folder / "ag1958_bad.nii.gz").write_bytes(b"\x1f\x8bnothing")
    aif, out = folder / "Annegret.nii", folder / "maps of Schmidt"
    maps = ["maps", folder / "Schmidt.nii", "--aif", aif, "--out", out, "--name", "Annegret_1"]
    assert main(list(map(str, maps))) == 0
    refused = [
        maps,  # they stand there
        ["maps", folder / "nothing.nii", "--aif", "ag1958.csv", "--dry-run"],
        ["maps", folder / "ag1958_bad.nii.gz", "--aif", aif, "--dry-run"],
        ["maps", folder, "--aif", "propose", "--dry-run", "--file", "Schmidt"],
    ]
    for words in refused:
        with pytest.raises(SystemExit):
            main(list(map(str, words)))
    spoken = run(["--verbose", "methods", folder / "Schmidt.json"], tmp_path)
    assert spoken.returncode == 2
    assert "INFO napari-dsc" in spoken.stderr
    assert spoken.stderr.count("record") == 1  # told once
    words = (state / "napari-dsc" / "log" / "napari-dsc.log").read_text("utf-8")
    assert words.count("refused:") == 5
    assert "maps ended: code 0" in words
    for name in (*NAMES, str(tmp_path), tmp_path.name):
        assert name not in words, name
    capsys.readouterr()
    assert main(["diagnostics"]) == 0
    copied = capsys.readouterr().out
    assert "Last lines of the log" in copied
    assert "refused:" in copied
    assert not [name for name in NAMES if name in copied]


def test_fault_346_of_a_fault_of_ours_only_the_place_is_told(own_log, tmp_path):
    """Its message may hold anything."""
    hidden = tmp_path / "Schmidt" / "napari_dsc" / "core"
    try:
        exec(compile("raise KeyError('Annegret')", str(hidden / "x.py"), "exec"), {})
    except KeyError:
        own_log.exception("napari-dsc failed:")
    words = words_of_log()
    assert "ERROR napari-dsc failed: KeyError" in words
    assert "napari_dsc/core/x.py:1" in words
    assert not [name for name in NAMES if name in words]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("none at C:\\Users\\Schmidt\\scan.nii.", "none at [path]"),
        ("layer 'Schmidt A' must be a volume", "layer [name] must be a volume"),
        ("got Schmidt_1.nii.gz, Schmidt_2.nii.gz here", "got [file] [file] here"),
        ("//server/Schmidt/scan holds none", "[path] holds none"),
        ("CBF 42.3 mL/100g/min, peak 20 1/s", "CBF 42.3 mL/100g/min, peak 20 1/s"),
        ("the brain's 5 % of 3.5 s. Check it.", "the brain's 5 % of 3.5 s. Check it."),
        ("two\nlines\x1b[31m", "two\\nlines\\x1b[31m"),
    ],
)
def test_words_lose_what_may_be_a_name(words, told):
    """Paths, files, what is quoted; units and numbers stay."""
    assert nameless(words) == told


def test_what_was_hidden_is_nowhere(tmp_path):
    """Whole, and each of its parts; what every machine has is no name."""
    hide(tmp_path / "Meier Ida" / "t2_1961.nii.gz", "Zoe")
    assert nameless("Ida of Meier, Zoe, t2_1961 in tmp maps") == (
        "[name] of [name], [name], [name] in tmp maps"
    )
    assert nameless("Idaho") == "Idaho"


def test_the_log_holds_the_last_sessions_and_no_more(own_log, monkeypatch):
    """It is turned when it is full; two older ones stay."""
    (file,) = [one for one in own_log.handlers if isinstance(one, logging.FileHandler)]
    monkeypatch.setattr(file, "maxBytes", 500)
    for number in range(200):
        own_log.info("line %d", number)
    kept = list(log_path().parent.iterdir())
    assert 1 < len(kept) <= 3
    assert all(one.stat().st_size < 600 for one in kept)
    assert last_lines(1)[0].endswith("line 199")


def test_a_log_that_cannot_be_written_disturbs_nobody(state, monkeypatch, capsys):
    """A state folder that is a file, a log that is a folder, one that cannot be turned."""
    log = logging.getLogger("napari_dsc")
    monkeypatch.setattr(log, "handlers", [])
    state.write_text("no folder")
    keep_log()
    log.info("nothing")
    assert last_lines() == []
    state.unlink()
    log_path().mkdir(parents=True)
    log.handlers[:] = []
    keep_log()
    log.info("nothing")
    assert last_lines() == []
    assert "Traceback" not in capsys.readouterr().err


def test_warnings_reach_the_terminal_and_what_it_was_told_does_not(own_log, capsys):
    """Errors of commands are printed by the command."""
    own_log.warning("seen")
    own_log.warning("not seen", extra=log_file.TOLD)
    own_log.info("nor this")
    assert capsys.readouterr().err.split("WARNING")[1].strip() == "seen"
    assert words_of_log().count("\n") == 3


def test_diagnostics_tell_what_a_fault_may_hang_on():
    """Versions, machine, screen, settings; one that is not installed is said to be none."""
    words = diagnostics({"graphics": "llvmpipe"}, {"SVD threshold": "0.15"})
    for one in ("napari: ", "python: ", "llvmpipe", "SVD threshold: 0.15", "Last lines"):
        assert one in words
    assert versions_of(["no-such-package"]) == {"no-such-package": ABSENT}
