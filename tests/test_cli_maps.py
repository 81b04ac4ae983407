"""`maps` for scripts: proposals, choices in a file, a report, JSON, and a look without results."""

import json
from typing import Any

import numpy as np
import pytest

from napari_dsc.analysis import CHOICE_ROWS
from napari_dsc.cli import main
from napari_dsc.core.phantom import Tissue
from napari_dsc.io.nifti import read_voxels, write_nifti, write_series
from napari_dsc.io.record import RESEARCH_USE


@pytest.fixture(scope="module")
def folder(patient, tmp_path_factory):
    """Scan, artery and regions."""
    place = tmp_path_factory.mktemp("maps")
    write_series(place / "scan.nii.gz", patient.series)
    write_nifti(place / "aif.nii.gz", patient.artery, patient.series.affine)
    labels = np.where(patient.tissue == Tissue.GREY, 2, 0).astype(np.int16)
    write_nifti(place / "regions.nii.gz", labels, patient.series.affine)
    return place


@pytest.fixture
def run(folder, capsys):
    """Run `maps` on the scan: exit code, stdout, stderr."""

    def run(*words):
        code: Any
        try:
            code = main(["maps", str(folder / "scan.nii.gz"), *map(str, words)])
        except SystemExit as left:
            code = left.code
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def record_of(out):
    return json.loads((out / "record.json").read_text(encoding="utf-8"))


def test_every_choice_has_an_option(capsys):
    """Whatever the table holds."""
    with pytest.raises(SystemExit):
        main(["maps", "--help"])
    text = capsys.readouterr().out
    for row in CHOICE_ROWS.values():
        assert row.option in text
    assert len({row.option for row in CHOICE_ROWS.values()}) == len(CHOICE_ROWS)


def test_an_artery_is_proposed_without_a_mask(run, tmp_path):
    code, out, _ = run("--aif", "propose", "--out", tmp_path / "out")
    assert code == 0
    assert "voxels (proposed, not looked at)" in out
    assert record_of(tmp_path / "out")["aif"]["origin"]["kind"] == "proposed"


def test_a_file_that_is_called_propose_can_be_named(run, folder, tmp_path, monkeypatch):
    """By its folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "propose").write_bytes((folder / "aif.nii.gz").read_bytes())
    code, _, _ = run("--aif", tmp_path / "propose", "--out", tmp_path / "out")
    assert code == 0
    assert record_of(tmp_path / "out")["aif"]["origin"]["kind"] == "mask file"


def test_choices_come_from_a_file_and_options_go_over_them(run, tmp_path):
    config = tmp_path / "study.toml"
    first = tmp_path / "first"
    code, _, _ = run(
        *("--aif", "propose", "--svd-threshold", "0.15", "--no-slice-timing"),
        *("--write-config", config, "--out", first),
    )
    assert code == 0
    code, _, _ = run("--config", config, "--svd-threshold", "0.1", "--out", tmp_path / "second")
    assert code == 0
    one, other = record_of(first)["settings"], record_of(tmp_path / "second")["settings"]
    assert (one["svd_threshold"], other["svd_threshold"]) == (0.15, 0.1)
    assert one["slice_timing"] is other["slice_timing"] is False
    code, _, _ = run("--config", config, "--out", tmp_path / "third")
    held = [(tmp_path / name / "record.json").read_bytes() for name in ("first", "third")]
    assert held[0] == held[1]


def test_a_broken_file_of_choices_is_one_line(run, tmp_path):
    (tmp_path / "a.toml").write_text("nothing = 1")
    code, out, error = run("--config", tmp_path / "a.toml", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_dry_run_tells_and_writes_nothing(run, tmp_path):
    before = list(tmp_path.iterdir())
    code, out, _ = run("--aif", "propose", "--dry-run", "--report", tmp_path / "page.html")
    assert code == 0
    assert out.startswith("TR 1.5 s, baseline volumes")
    assert "No results were written" in out
    assert list(tmp_path.iterdir()) == before


def test_results_are_json_for_a_program(run, tmp_path):
    code, out, _ = run("--aif", "propose", "--out", tmp_path / "out", "--json")
    told = json.loads(out)
    assert told["code"] == code == 0
    assert told["statement"] == RESEARCH_USE
    assert told["aif"]["chosen"] == "proposed"
    assert [path for path in told["files"] if not (tmp_path / path).is_file()] == []
    assert told["findings"][0]["key"] == "aif"


def test_errors_are_json_for_a_program(run, folder, tmp_path):
    code, out, error = run("--aif", "no.nii", "--out", tmp_path / "out", "--json")
    told = json.loads(out)
    assert told["code"] == code == 2
    assert "must be a file" in told["error"]
    assert told["error"] in error
    assert str(folder) not in told["error"]


def test_a_report_and_regions_come_with_the_maps(run, folder, tmp_path):
    page = tmp_path / "page.html"
    code, out, _ = run(
        *("--aif", "propose", "--regions", folder / "regions.nii.gz", "--normalise"),
        *("--out", tmp_path / "out", "--report", page),
    )
    assert code == 0
    text = page.read_text(encoding="utf-8")
    assert "Region 2" in text
    assert "rCBV" in text
    assert "Reference (proposed)" in text
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"scan_desc-regions_dseg.nii.gz", "scan_desc-relative_cbv.nii.gz"} <= names
    assert f"{len(names) + 1} files" in out


def test_labels_of_regions_are_kept_apart(run, folder, tmp_path, patient):
    """Also on axes that run the other way; other numbers are refused."""
    affine = patient.series.affine @ np.diag([-1.0, 1, 1, 1])
    affine[:3, 3] = (patient.series.affine @ [patient.brain.shape[0] - 1, 0, 0, 1])[:3]
    labels = np.where(patient.tissue == Tissue.WHITE, 2, 0)
    labels[:, :16][labels[:, :16] > 0] = 7
    write_nifti(tmp_path / "turned.nii.gz", labels[::-1].astype(np.int16), affine)
    code, _, _ = run(
        "--aif",
        folder / "aif.nii.gz",
        "--regions",
        tmp_path / "turned.nii.gz",
        "--out",
        tmp_path / "o",
    )
    assert code == 0
    kept, _ = read_voxels(tmp_path / "o" / "scan_desc-regions_dseg.nii.gz")
    assert np.array_equal(kept, labels)
    soft = np.where(labels > 0, 0.4, 0).astype(np.float32)
    write_nifti(tmp_path / "soft.nii.gz", soft, patient.series.affine)
    code, _, error = run(
        "--aif",
        folder / "aif.nii.gz",
        "--regions",
        tmp_path / "soft.nii.gz",
        "--out",
        tmp_path / "p",
    )
    assert code == 2
    assert "must hold whole numbers" in error


def test_a_reference_that_regions_cover_has_to_be_named(run, folder, tmp_path, patient):
    """Two regions cannot share a voxel."""
    everything = np.where(patient.brain, 3, 0).astype(np.int16)
    write_nifti(tmp_path / "all.nii.gz", everything, patient.series.affine)
    code, _, error = run(
        *("--aif", folder / "aif.nii.gz", "--regions", tmp_path / "all.nii.gz", "--normalise"),
        *("--out", tmp_path / "out"),
    )
    assert code == 2
    assert "with --reference" in error
