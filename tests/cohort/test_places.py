"""Where the results of a cohort lie: a BIDS derivative that the official validator passes."""

import json
import shutil
import subprocess
from pathlib import Path
from sysconfig import get_path

import pytest

from napari_dsc.cli import main
from napari_dsc.cohort.places import Places, facts_of, names_beside, prepare_folder
from napari_dsc.cohort.scans import CohortScan
from tests.cohort.conftest import bids, put, scan_of

NAMELESS = CohortScan(
    path=Path("in/DOE/head.nii.gz"), source="DOE/head.nii.gz", entities=(), label="scan-1"
)
VALIDATOR = shutil.which("bids-validator-deno", path=get_path("scripts")) or shutil.which(
    "bids-validator-deno"
)
RAW = "**/perf/*_dsc.*\n**/perf/*_DSC.*\n"  # BIDS has no name for DSC-MRI yet


def test_names_of_a_scan_with_sessions_and_runs(tmp_path):
    scan = scan_of(tmp_path, "sub-01/ses-2/perf/sub-01_ses-2_ce-gd_run-1_dsc.nii.gz")
    places = Places(tmp_path / "out", scan)
    assert places.folder == tmp_path / "out/sub-01/ses-2/perf"
    assert places.record.name == "sub-01_ses-2_ce-gd_run-1_record.json"
    assert places.report.parent == places.regions.parent == places.record.parent
    assert places.status == tmp_path / "out/log/sub-01_ses-2_ce-gd_run-1.json"
    assert facts_of(scan)["Sources"] == [f"bids:raw:{scan.source}"]


def test_names_of_a_scan_that_follows_no_rule():
    places = Places(Path("out"), NAMELESS)
    assert places.record == Path("out/scan-1/scan-1_record.json")
    assert facts_of(NAMELESS) == {}
    assert names_beside(NAMELESS, ("dseg",)) == [
        "scan-1_dseg.nii.gz",
        "scan-1_dseg.nii",
        "head_dseg.nii.gz",
        "head_dseg.nii",
    ]


def test_a_log_that_is_none_is_nothing_known(tmp_path):
    places = Places(tmp_path, NAMELESS)
    assert places.read_status() == {}
    places.write_status({"state": "done"})
    assert places.read_status() == {"state": "done"}
    places.status.write_text("{")
    assert places.read_status() == {}


def test_what_stands_at_the_root_stays(tmp_path):
    """Somebody may have added to it."""
    prepare_folder(tmp_path / "out", tmp_path, bids=True)
    described = json.loads((tmp_path / "out/dataset_description.json").read_text())
    assert described["GeneratedBy"][0]["Name"] == "napari-dsc"
    assert described["DatasetType"] == "derivative"
    assert described["SourceDatasets"]
    (tmp_path / "out/README.md").write_text("Mine.")
    prepare_folder(tmp_path / "out", tmp_path, bids=True)
    assert (tmp_path / "out/README.md").read_text() == "Mine."


def test_the_way_to_the_scans_names_no_folder_outside(tmp_path):
    for out, way in (("raw/derivatives/dsc", "../.."), ("elsewhere", "..")):
        prepare_folder(tmp_path / out, tmp_path / "raw", bids=True)
        links = json.loads((tmp_path / out / "dataset_description.json").read_text())
        told = links.get("DatasetLinks", {}).get("raw")
        assert told == way if out.startswith("raw") else "raw" not in (told or "")


def errors(folder):
    """Issues of severity error that the official validator finds, by their code."""
    done = subprocess.run(
        [str(VALIDATOR), "--format", "json", str(folder)], capture_output=True, check=False
    )
    found = json.loads(done.stdout)
    return [
        (one["code"], one.get("location"))
        for one in found["issues"]["issues"]
        if one.get("severity", "error") == "error"
    ]


@pytest.mark.skipif(VALIDATOR is None, reason="bids-validator-deno is not installed")
def test_the_official_validator_finds_no_error_in_scans_and_results(stored, tmp_path):
    root = bids(
        stored,
        tmp_path / "raw",
        "sub-01/perf/sub-01_dsc",
        "sub-02/ses-1/perf/sub-02_ses-1_ce-gd_run-1_dsc",
    )
    (root / ".bidsignore").write_text(RAW)
    put(stored, root / "sub-01/perf/sub-01_dsc.nii.gz")
    out = root / "derivatives" / "napari-dsc"
    for level in ("participant", "group"):
        assert main(["cohort", str(root), str(out), level]) == 0
    assert errors(root) == []
    assert errors(out) == []
    assert list(out.glob("sub-*/**/dataset_description.json")) == []
    (out / "sub-01/perf/sub-01_nonsense.nii.gz").write_bytes(b"")
    assert errors(out) != []  # it does look
