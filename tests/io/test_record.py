"""The record of an analysis: enough to do it again, nothing about the patient."""

import hashlib
import json
import platform
from dataclasses import fields
from importlib.metadata import version

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, read
from napari_dsc.core.maps import Scale
from napari_dsc.core.pipeline import Settings
from napari_dsc.core.quality import REJECTING, WORDS
from napari_dsc.core.quantities import STANDARD
from napari_dsc.io.nifti import write_series
from napari_dsc.io.record import RESEARCH_USE, fingerprint, make_record, settings_as_json

CANARY = "ZZCANARY^NAME"


def test_a_fingerprint_is_that_of_the_bytes(tmp_path):
    """SHA-256, as any other program computes it."""
    path = tmp_path / "one"
    path.write_bytes(b"some bytes" * 100_000)
    assert fingerprint(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_record_is_json(patient, analysis):
    """Standard JSON, and the same after a round trip."""
    record = make_record(patient.series, analysis, "abc")
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_a_record_says_what_was_done(patient, analysis):
    """Input, settings, artery, units, versions."""
    record = make_record(patient.series, analysis, "abc")
    assert record["statement"] == RESEARCH_USE == "Research use only. Not a medical device."
    assert record["input"] == {
        "sha256": "abc",
        "shape": [32, 32, 4, 60],
        "quantity": "signal",
        "repetition_time_s": 1.5,
        "time_s": patient.series.time.tolist(),
        "echo_time_s": 0.03,
        "checked_by_user": False,
        "slice_times_s": None,
        "slice_axis": 2,
        "choices": {},
        "moves": None,
        "left_out_volumes": [],
        "left_out_by_user": None,
        "end_by_user": None,
        "sources": dict(patient.series.sources),
    }
    assert record["bolus_arrival_s"] == analysis.arrival
    specified = {
        "cbv": "mL/100g",
        "cbf": "mL/100g/min",
        "mtt": "s",
        "ttp": "s",
        "tmax": "s",
        "delay": "s",
    }
    assert record["maps"] == {key: row.units for key, row in STANDARD.items()}
    assert record["maps"] | specified == record["maps"]
    packages = {name: version(name) for name in ("napari-dsc", "numpy", "scipy", "nibabel")}
    known = {"python": platform.python_version(), **packages}
    assert record["versions"] == {**record["versions"], **known}
    more = set(record["versions"]) - set(known) - {"commit"}
    assert more == {"system", "processor", "BLAS"}


def test_a_record_holds_the_arterial_input(patient, analysis):
    """Voxel by voxel and sample by sample, over the volumes that were used."""
    aif = make_record(patient.series, analysis, None)["aif"]
    voxels = np.zeros(patient.artery.shape, bool)
    voxels[tuple(np.transpose(aif["voxels"]))] = True
    np.testing.assert_array_equal(voxels, patient.artery)
    assert aif["curve"] == analysis.aif.curve.tolist()
    assert aif["time_s"] == analysis.time.tolist()
    assert aif["curve_unit"] == "1/s"


@pytest.mark.parametrize("name", DECONVOLVERS)
def test_every_parameter_is_recorded_under_its_name(name):
    """With the method's registered name and the factors of the scale."""
    parameters = {field.name: 0.125 for field in fields(DECONVOLVERS[name])}
    settings = Settings(
        method=DECONVOLVERS[name](**parameters),
        scale=Scale(density=1.05, hematocrit_ratio=0.7),
        baseline=(3, 12),
        window=(5, 40),
        ttp_from="bolus arrival",
        slice_timing=False,
    )
    assert settings_as_json(settings) == {
        "deconvolution_method": name,
        **parameters,
        "density_g_per_mL": 1.05,
        "hematocrit_ratio": 0.7,
        "baseline_volumes": [3, 12],
        "discarded_volumes": 3,
        "window_volumes": [5, 40],
        "ttp_counts_from": "bolus arrival",
        "slice_timing": False,
    }


def test_the_baseline_that_was_proposed_is_recorded(patient, analysis):
    """Whoever repeats the analysis needs the volumes, not the rule."""
    start, stop = analysis.settings.baseline
    settings = make_record(patient.series, analysis, None)["settings"]
    assert settings["baseline_volumes"] == [start, stop]
    assert settings["discarded_volumes"] == start == 2


def test_counts_add_up(patient, analysis):
    """Accepted voxels are those of the brain without a rejecting flag."""
    quality = make_record(patient.series, analysis, None)["quality"]
    bits = analysis.maps.quality[patient.brain]
    rejected = int((bits & int(REJECTING) > 0).sum())
    assert 0 < quality["accepted"] < quality["voxels"] == patient.brain.sum()
    assert quality["accepted"] + rejected == quality["voxels"]
    for flag, words in WORDS.items():
        assert quality[words] == sum(1 for one in bits if one & flag)


def test_notices_of_scan_and_analysis_are_recorded(patient, run):
    """What a reader was told stays told."""
    series = patient.series
    odd = type(series)(
        signal=series.signal,
        time=series.time,
        echo_time=None,
        affine=series.affine,
        notices=("Orientation unknown.",),
    )
    analysis = run(odd, patient, Settings(baseline=(2, 6)))
    record = make_record(odd, analysis, None)
    assert record["notices"] == ["Orientation unknown.", *analysis.notices]
    assert any("Echo time unknown" in notice for notice in record["notices"])
    assert any("Only 4 volumes before the bolus" in notice for notice in record["notices"])
    assert record["aif"]["curve_unit"] == "1 (TE-scaled)"
    assert record["input"]["echo_time_s"] is None


@pytest.mark.parametrize(
    "sidecar",
    [
        {"RepetitionTime": 1.5, "PatientName": CANARY, "PatientID": CANARY, CANARY: 1},
        {"RepetitionTime": CANARY, "EchoTime": 30},
        {"RepetitionTime": 1.5, "EchoTime": CANARY},
    ],
    ids=["names", "name for a repetition time", "name for an echo time"],
)
def test_a_record_holds_no_name(tmp_path, patient, run, sidecar):
    """Not that of the patient, wherever it stands: path, header or sidecar; and no path."""
    path = tmp_path / CANARY / f"{CANARY}.nii"
    path.parent.mkdir()
    write_series(path, patient.series)
    path.with_suffix(".json").write_text(json.dumps(sidecar))
    content = bytearray(path.read_bytes())
    header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)
    for field in ("descrip", "db_name", "intent_name", "aux_file"):
        header[field] = CANARY.encode()
    path.write_bytes(content)
    series = read(path).settled(repetition_time=1.5)
    record = json.dumps(make_record(series, run(series, patient), fingerprint(path)))
    assert "CANARY" not in record
    assert str(tmp_path) not in record
    assert ".nii" not in record
