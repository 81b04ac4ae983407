"""The command `cohort`: what it finds, does, says, and how it ends."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import psutil
import pytest

from napari_dsc.cli import main
from napari_dsc.cohort.group import read_group
from napari_dsc.cohort.looking import find_sources, source_root
from napari_dsc.cohort.whereabouts import keep_scans_of, scans_of
from napari_dsc.io.aif import write_curve
from napari_dsc.io.nifti import write_nifti
from napari_dsc.io.record import RESEARCH_USE
from tests.cohort.conftest import bids, bytes_of, damage, put, subjects

ROOT = Path(__file__).parents[2]
CODE = "import sys; from napari_dsc.cli import main\nif __name__ == '__main__': sys.exit(main())"


def refusal(capsys, *words):
    """The line with which a command ends that did nothing."""
    with pytest.raises(SystemExit) as left:
        main([*map(str, words)])
    assert left.value.code == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    return told.err


@pytest.fixture(scope="module")
def cohort(stored, tmp_path_factory):
    """Three scans, one of them damaged; computed without reports, and the group made."""
    place = tmp_path_factory.mktemp("cohort")
    root = subjects(stored, place / "bids", 3)
    damage(root / "sub-02/perf/sub-02_dsc.nii.gz")
    out = place / "out"
    assert main(["cohort", str(root), str(out), "participant", "--no-report"]) == 3
    assert main(["cohort", str(root), str(out), "group"]) == 3
    return root, out


def copy(cohort, tmp_path):
    """The same, to be changed."""
    root, out = cohort
    shutil.copytree(root, tmp_path / "bids")
    shutil.copytree(out, tmp_path / "out")
    return str(tmp_path / "bids"), str(tmp_path / "out")


def test_each_scan_is_a_line_in_plain_letters(cohort, tmp_path, capsys):
    root, _ = copy(cohort, tmp_path)
    assert main(["cohort", root, str(tmp_path / "new"), "participant", "--no-report"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all(line.isascii() for line in lines)
    for number, line in enumerate(lines[:3], 1):
        assert line.startswith(f"{number}/3 sub-0{number}:")
        assert re.search(r"\[\d+ scans/min, [\d.]+ (s|min|h) left\]$", line)
        assert len(line) < 240
    assert "sub-02: failed: " in lines[1]
    assert "AIF 9 voxels (proposed, not looked at)" in lines[0]
    assert lines[3].startswith("2 computed, 0 as before, 1 failed, 0 doubtful")
    assert lines[3].endswith(RESEARCH_USE)


def test_a_second_run_passes_over_what_is_done(cohort, tmp_path, capsys):
    root, out = copy(cohort, tmp_path)
    before = bytes_of(Path(out))
    assert main(["cohort", root, out, "participant", "--no-report"]) == 3
    told = capsys.readouterr().out
    assert "0 computed, 2 as before, 1 failed" in told
    after = bytes_of(Path(out))
    assert {name for name in before if before[name] != after.get(name)} <= {"log/sub-02.json"}


def test_what_is_whole_ends_with_0(cohort, tmp_path):
    root, out = copy(cohort, tmp_path)
    words = ["cohort", root, out, "participant", "--no-report"]
    assert main([*words, "--participant-label", "01", "sub-03"]) == 0
    assert main([*words, "--participant-label", "02"]) == 3
    shutil.copy(Path(root, "sub-01/perf/sub-01_dsc.nii.gz"), Path(root, "sub-02/perf/sub-02_dsc.nii.gz"))  # fmt: skip  # noqa: E501
    assert main(words) == 0
    assert main(["cohort", root, out, "group"]) == 0


def test_the_tables_tell_of_every_scan(cohort):
    _, out = cohort
    head, *rows = [line.split("\t") for line in (out / "group_scans.tsv").read_text().splitlines()]
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(one["scan"], one["state"]) for one in found] == [
        ("sub-01", "done"),
        ("sub-02", "failed"),
        ("sub-03", "done"),
    ]
    assert found[0]["aif_looked_at"] == "no"
    assert found[0]["reason"] == found[1]["accepted_share"] == "n/a"
    assert len(found[1]["reason"]) > 20
    head, *rows = [line.split("\t") for line in (out / "group_dsc.tsv").read_text().splitlines()]
    assert {row[0] for row in rows} == {"sub-01", "sub-03"}
    assert {row[head.index("region")] for row in rows} == {"Brain"}


def test_a_group_is_of_all_scans_and_may_be_tried(cohort, tmp_path, capsys):
    root, out = copy(cohort, tmp_path)
    assert "got --participant-label" in refusal(
        capsys, "cohort", root, out, "group", "--participant-label", "01"
    )
    for name in ("group_scans.tsv", "group_dsc.tsv", "group_dsc.html"):
        Path(out, name).unlink()
    assert main(["cohort", root, out, "group", "--dry-run"]) == 0
    assert capsys.readouterr().out == "2 of 3 scans count. Nothing was written.\n"
    assert not list(Path(out).glob("group*"))


@pytest.mark.parametrize("option", ["--layout", "--dry-run"])
def test_what_would_be_done_is_printed_and_nothing_is_written(stored, tmp_path, capsys, option):
    root = bids(stored, tmp_path / "bids", "sub-01/ses-2/perf/sub-01_ses-2_run-1_dsc")
    assert main(["cohort", str(root), str(tmp_path / "out"), "participant", option]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "sub-01/ses-2/perf/sub-01_ses-2_run-1_dsc.nii.gz -> sub-01/ses-2/perf/sub-01_ses-2_run-1_*",
        "1 scans. Nothing was computed.",
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("every", [1, 2, 3, 7])
def test_fault_278_shards_together_are_the_whole_and_none_is_twice(stored, tmp_path, capsys, every):
    root = subjects(stored, tmp_path / "bids", 7)
    found = []
    for first in range(1, every + 1):
        words = ["cohort", str(root), str(tmp_path / "out"), "participant", "--layout"]
        assert main([*words, "--shard", f"{first}/{every}"]) == 0
        found += capsys.readouterr().out.splitlines()[:-1]
    assert len(found) == len(set(found)) == 7


@pytest.mark.parametrize("shard", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2"])
def test_a_shard_that_is_none_is_refused(stored, tmp_path, capsys, shard):
    root = subjects(stored, tmp_path / "bids", 1)
    words = refusal(capsys, "cohort", root, tmp_path / "out", "participant", f"--shard={shard}")
    assert "--shard" in words


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--nprocs", "0"], "--nprocs must be 1 or more"),
        (["--mem-mb", "nan"], "--mem-mb must be above 0"),
        (["--time-s", "-3"], "--time-s must be above 0"),
        (["--participant-label", "77"], "sub-77 must have a scan"),
        (["--pattern", "x*"], "--pattern must be like"),
        (["--aif", "nowhere.csv"], "--aif must be a file, got none"),
        (["--regions", "nowhere.nii"], "--regions must be a file, got none"),
        (["--svd-threshold", "7"], "svd_threshold"),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_what_cannot_be_is_refused_before_anything_is_written(stored, tmp_path, capsys, more, said):
    root = subjects(stored, tmp_path / "bids", 1)
    assert said in refusal(capsys, "cohort", root, tmp_path / "out", "participant", *more)
    assert not (tmp_path / "out").exists()


def test_places_that_cannot_be_are_refused(stored, tmp_path, capsys):
    root = subjects(stored, tmp_path / "bids", 1)
    assert "must be a folder" in refusal(capsys, "cohort", tmp_path / "no", root, "participant")
    assert "must lie apart" in refusal(capsys, "cohort", root, root, "participant")
    assert "must have results" in refusal(capsys, "cohort", root, tmp_path / "out", "group")
    (tmp_path / "file").write_text("")
    assert "must be writable" in refusal(capsys, "cohort", root, tmp_path / "file", "participant")


def test_choices_and_their_files_are_kept_with_the_results(stored, small, tmp_path):
    """Without a path: they can be moved, and name nobody."""
    root = put(stored, tmp_path / "Quetzalcoatl" / "in" / "a.nii.gz").parent
    given = tmp_path / "Quetzalcoatl" / "Quetzalcoatl.csv"
    time = small.series.time
    write_curve(given, time, np.exp(-((time - 20) ** 2) / 30) * 30, "1/s", 1.0)
    labels = tmp_path / "Quetzalcoatl" / "atlas.nii.gz"
    write_nifti(labels, np.where(small.brain, 3, 0).astype(np.int16), small.series.affine)
    labels.with_name("atlas.tsv").write_text("index\tname\n3\tEverything\n")
    out = tmp_path / "out"
    words = ["cohort", str(root), str(out), "participant", "--no-report"]
    assert main([*words, "--aif", str(given), "--regions", str(labels)]) in (0, 3)
    text = (out / "study.toml").read_text()
    told = tomllib.loads(text)
    assert told["aif"] == "code/aif.csv"
    assert told["regions"] == "code/regions.nii.gz"
    assert (out / "code/aif.csv").read_bytes() == given.read_bytes()
    assert not [name for name, held in bytes_of(out).items() if b"Quetzal" in name.encode() + held]
    (table,) = out.glob("scan-*/*_regions.tsv")
    assert "\tEverything\tCBF\t" in table.read_text()
    assert main([*words, "--config", str(out / "study.toml")]) in (0, 3)
    assert not list(out.glob("scan-*/dataset_description.json"))


def test_fault_477_where_the_scans_lie_is_known_here_and_told_to_nobody(stored, tmp_path):
    """A folder may be called as a patient is; what somebody has named by hand goes over it."""
    root, out = tmp_path / "Doe_Jane", tmp_path / "out"
    put(stored, root / "one" / "scan.nii.gz")
    assert scans_of(out) is None
    assert main(["cohort", str(root), str(out), "participant", "--no-report"]) == 0
    assert scans_of(out) == root
    assert set(find_sources(scans_of(out), out)) == {one.label for one in read_group(out)}
    assert not any(b"Doe_Jane" in content for content in bytes_of(out).values())
    keep_scans_of(out, tmp_path / "gone")
    assert scans_of(out) is None


def test_results_of_a_data_set_say_themselves_where_it_lies(stored, tmp_path):
    """By a link of BIDS: it moves with them."""
    root = subjects(stored, tmp_path / "bids", 1)
    out = root / "derivatives" / "napari-dsc"
    assert main(["cohort", str(root), str(out), "participant", "--no-report"]) == 0
    assert source_root(out) == root
    assert scans_of(out) is None


def test_each_scan_may_have_regions_of_its_own(stored, small, tmp_path):
    root = subjects(stored, tmp_path / "bids", 1)
    folder = root / "derivatives/hand/sub-01/perf"
    folder.mkdir(parents=True)
    labels = np.where(small.brain, 4, 0).astype(np.int16)
    write_nifti(folder / "sub-01_dseg.nii.gz", labels, small.series.affine)
    (folder / "sub-01_dseg.tsv").write_text("index\tname\n4\tWhole\n")
    words = ["cohort", str(root), str(tmp_path / "out"), "participant", "--no-report"]
    assert main([*words, "--regions", "derivatives"]) in (0, 3)
    table = (tmp_path / "out/sub-01/perf/sub-01_regions.tsv").read_text()
    assert "\tWhole\tTmax\t" in table


def started(root, out, *more):
    """The command as a process of its own group."""
    words = [sys.executable, "-c", CODE, "cohort", str(root), str(out), "participant"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*words, "--no-report", *more],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition, seconds=90.0):
    """Wait until something holds."""
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, "it never came"
        sleep(0.05)


def living(processes):
    """Those that run still."""
    found = []
    for one in processes:
        try:
            if one.is_running() and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except psutil.NoSuchProcess:
            continue
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "nprocs"),
    [(signal.SIGINT, 1), (signal.SIGTERM, 2), (signal.SIGINT, 2), (signal.SIGKILL, 2)],
    ids=lambda one: getattr(one, "name", str(one)),
)
def test_fault_279_ended_midway_nothing_is_half_written_and_no_process_stays(
    stored, tmp_path, number, nprocs
):
    """And the next run does what is left."""
    root, out = subjects(stored, tmp_path / "bids", 5), tmp_path / "out"
    run = started(root, out, "--nprocs", str(nprocs))
    wait_for(lambda: list(out.glob("log/*.json")))
    below = psutil.Process(run.pid).children(recursive=True)
    assert below
    if number == signal.SIGINT:  # as a terminal sends it: to all
        os.killpg(run.pid, number)
    else:
        run.send_signal(number)
    _, errors = run.communicate(timeout=120)
    assert run.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    if number != signal.SIGKILL:
        assert "Traceback" not in errors, errors
    wait_for(lambda: not living(below))
    done = {path.stem for path in out.glob("log/*.json")}
    assert 0 < len(done) < 5
    assert main(["cohort", str(root), str(out), "participant", "--no-report"]) == 0
    records = sorted(path.name for path in out.glob("sub-*/perf/*_record.json"))
    assert records == [f"sub-0{n}_record.json" for n in range(1, 6)]
    left = [path for path in out.rglob(".*") if path.name != ".bidsignore"]
    assert left == []


@pytest.mark.skipif(sys.platform == "win32", reason="a script of a POSIX shell")
def test_the_recipe_for_array_jobs_runs(stored, tmp_path):
    """By the letter of docs/cohort.md, in a shell that is given what Slurm gives its tasks."""
    text = (ROOT / "docs" / "cohort.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"```sh\n(#!/bin/sh\n.*?)```", text, re.DOTALL)
    subjects(stored, tmp_path / "bids", 3)
    (tmp_path / "napari-dsc").write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{CODE}" "$@"\n')
    (tmp_path / "napari-dsc").chmod(0o755)
    for task in ("1", "2"):
        given = {"SLURM_ARRAY_TASK_ID": task, "SLURM_ARRAY_TASK_COUNT": "2"}
        path = f"{tmp_path}:{os.environ['PATH']}"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, **given}
        done = subprocess.run(
            ["sh", "-c", recipe], cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        logs = sorted(path.stem for path in tmp_path.glob("out/log/*.json"))
        assert logs == (["sub-01", "sub-03"] if task == "1" else ["sub-01", "sub-02", "sub-03"])
    (line,) = re.findall(r"^Then, once: `napari-dsc (.*)`", text, re.MULTILINE)
    words = [str(tmp_path / one) if one.endswith("/") else one for one in line.split()]
    assert main(words) == 0
    assert len((tmp_path / "out/group_scans.tsv").read_text().splitlines()) == 4


def test_every_option_that_the_page_names_is_there(capsys):
    """Of docs/cohort.md, but for those of other programs."""
    with pytest.raises(SystemExit):
        main(["cohort", "--help"])
    known = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out))
    text = (ROOT / "docs" / "cohort.md").read_text(encoding="utf-8")
    named = set(re.findall(r"--[a-z][a-z-]+", re.sub(r"#SBATCH.*|worker_extra_args.*", "", text)))
    assert len(named) > 10
    assert named - known <= {"--scans"}
