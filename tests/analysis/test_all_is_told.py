"""Whatever can change a printed number of an analysis is told in its methods and its record."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, analyse, read
from napari_dsc.analysis.inputs import INPUTS
from napari_dsc.core.phantom import Tissue
from napari_dsc.io import CHOICES
from napari_dsc.io.aif import load_curve
from napari_dsc.io.methods_text import methods_paragraph
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.region_files import read_names

# What is chosen of each input, and what the methods then say of it.
TOLD: dict[str, tuple[dict[str, Any], str]] = {
    "aif": ({}, "voxels that were given as a mask file"),
    "aif_label": ({"aif": "labels.nii.gz", "aif_label": "7"}, "(the AIF mask: label 7 was taken"),
    "aif_within": (
        {"aif": "propose", "aif_within": "brain.nii.gz"},
        "within a region that the user had given",
    ),
    "vof_label": ({"vein": "labels.nii.gz", "vof_label": "10"}, "(the VOF mask: label 10 was"),
    "brain": ({"brain": "brain.nii.gz"}, "The brain mask was given as a mask file"),
    "brain_label": (
        {"brain": "whole.nii.gz", "brain_label": "2"},
        "(the brain mask: label 2 was taken",
    ),
    "resample_masks": (
        {"brain": "coarse.nii.gz", "resample_masks": True},
        "(the brain mask was resampled to the nearest voxel of the scan",
    ),
    "repetition_time": ({"repetition_time": 1.6}, "a repetition time of 1.6 s (entered"),
    "echo_time": ({"echo_time": 0.025}, "an echo time of 25 ms (entered"),
    "regions": (
        {"regions": "labels.nii.gz"},
        "measured in the voxels of 10 regions that were given as a mask file",
    ),
    "reference": (
        {"regions": "labels.nii.gz", "reference": "3"},
        "The reference region, which was taken as normal, is the accepted ones of",
    ),
    "normalise": (
        {"normalise": True},
        "rCBV and rCBF are CBV and CBF over their means in a reference region, which was taken as "
        "normal: the accepted ones of",
    ),
    "smallest_late": ({"smallest_late": 3.0}, "cleaned: without pieces below 3 mL"),
    "enhancement": (
        {"enhancement": "tumour.nii.gz"},
        "that were given as a mask file. Within enhancing voxels blood volume was read",
    ),
    "burden_above": (
        {"enhancement": "tumour.nii.gz", "burden_above": "1.2,2"},
        "shares above 1.2 and 2 (",
    ),
    "hot_spot": ({"enhancement": "tumour.nii.gz", "hot_spot": 9.0}, "discs of 9 mm"),
    "vessel_times": ({"enhancement": "tumour.nii.gz", "vessel_times": 4.0}, "above 4 times the"),
    "checked": ({"checked": True}, "The user confirmed that the scan is in order."),
}
# Told where it is chosen, by a test of its own; or of no effect on a number of its own.
ELSEWHERE = {
    "aif_curve": "tests/io/test_provenance.py: a curve from a file",
    "flip_angle": "tests/core/leakage, tests/core/test_protocol.py: beside leakage",
    "preload": "as the flip angle",
    "leakage_region": "tests/core/pipeline/test_leaked_agent.py",
    "leakage_reference": "tests/core/pipeline/test_leaked_agent.py",
    "bolus": "the volumes left out: tests/test_kept_files.py, passages",
    "quantity": "tests/test_kept_files.py, delta_r2",
    "motion": "tests/test_kept_files.py, motion",
    "regions_anatomy": "tests/analysis/test_regions_elsewhere.py",
    "t1_before": "below",
    "t1_after": "below",
    "standard_scale": "below",
}


@pytest.fixture(scope="module")
def folder(patient, tmp_path_factory):
    """Scan and masks in files."""
    place = tmp_path_factory.mktemp("told")
    write_series(place / "scan.nii.gz", patient.series)
    affine = patient.series.affine
    tumour = patient.tissue == Tissue.TUMOUR
    volumes = {
        "aif": patient.artery,
        "brain": patient.brain,
        "labels": patient.tissue.astype(np.int16),
        "whole": np.where(patient.brain, 2, 1).astype(np.int16),
        "tumour": tumour if tumour.any() else patient.tissue == Tissue.GREY,
    }
    for name, values in volumes.items():
        write_nifti(place / f"{name}.nii.gz", values, affine)
    wide = affine @ np.diag([2.0, 2, 1, 1])
    write_nifti(place / "coarse.nii.gz", patient.brain[::2, ::2], wide)
    return place


def analysed(folder, **chosen):
    """An analysis, its files by their names."""
    files = {
        name: folder / value if isinstance(value, str) and value.endswith(".nii.gz") else value
        for name, value in chosen.items()
    }
    return analyse(folder / "scan.nii.gz", files.pop("aif", folder / "aif.nii.gz"), **files)


def test_fault_461_every_input_is_on_the_list():
    """An input that comes later fails here until somebody shows where it is told."""
    assert {*TOLD, *ELSEWHERE, *CHOICES} == INPUTS.keys()


@pytest.mark.parametrize("name", TOLD)
def test_fault_461_what_is_chosen_is_told_in_methods_and_record(folder, name):
    chosen, words = TOLD[name]
    made = analysed(folder, **chosen)
    assert words in methods_paragraph(made.record)
    if chosen:
        assert made.record != analysed(folder).record


def test_fault_461_a_choice_of_what_is_read_is_told(folder):
    """Whatever was asked of a file; its orientation in words of its own."""
    record = analysed(folder).record
    for fact in CHOICES:
        if fact != "orientation":
            chosen = {**record["input"], "choices": {fact: "1"}}
            words = methods_paragraph({**record, "input": chosen})
            assert f"Of what its files hold was chosen: {fact} 1." in words


def test_fault_461_a_proposed_enhancement_and_a_scale_are_told(folder):
    """What no mask of the phantom needs: T1 before and after contrast, and one's own scale."""
    record = analysed(folder, enhancement="tumour.nii.gz").record
    origin = {"kind": "proposed", "unseen": True}
    regions = {**record["regions"], "enhancement_origin": origin}
    tumour = {**record["tumour"], "standard_scale": {"scans": 12}, "corrected": {}}
    words = methods_paragraph({**record, "regions": regions, "tumour": tumour})
    assert "from T1 before and after contrast, each registered rigidly to the scan [" in words
    assert "which nobody has looked at. Within enhancing voxels" in words
    assert "read on a standard scale of 12 scans too" in words
    assert "blood volume corrected for leakage" in words


def test_fault_461_a_record_of_regions_without_sense_is_refused(folder):
    record = analysed(folder, normalise=True).record
    for nonsense in ([1], {"brought": 7}, {"brought": "\x1b"}, {"reference": 3}):
        with pytest.raises((DscError, LookupError, AttributeError)):
            methods_paragraph({**record, "regions": nonsense})


def test_fault_463_a_volume_left_out_of_the_baseline_is_told_as_it_is_done(patient):
    """The mean counts the line between its neighbours: by hand the same numbers come out."""
    series = patient.series
    brain = {"brain": patient.brain, "baseline": (2, 13)}
    made = analyse(series, patient.artery, leave_out=(4, 30), **brain)
    words = methods_paragraph(made.record)
    assert "straight in ΔR2*, stands for what was left out at volume 4, 30." in words
    assert "mean of volumes 2 to 12 was the baseline (volumes count from 0), the line at " in words
    assert "line at volume 4 counted with them" in words
    signal = series.signal.astype(np.float64)
    for one in (4, 30):
        signal[..., one] = np.sqrt(signal[..., one - 1] * signal[..., one + 1])
    by_hand = analyse(replace(series, signal=signal), patient.artery, leave_out=(), **brain)
    kept = made.maps.cbv.quality_mask & by_hand.maps.cbv.quality_mask
    np.testing.assert_allclose(made.maps.cbv.values[kept], by_hand.maps.cbv.values[kept], rtol=1e-4)
    other = methods_paragraph(analyse(series, patient.artery, leave_out=(30,), **brain).record)
    assert "counted with them" not in other
    none = methods_paragraph(analyse(series, patient.artery, leave_out=(), **brain).record)
    assert "In each curve a line" not in none


def test_fault_463_a_saved_curve_says_which_samples_are_bridged(patient, tmp_path):
    """In its first line, by their times; it is read as before."""
    made = analyse(patient.series, patient.artery, leave_out=(4, 30), brain=patient.brain)
    made.save(tmp_path)
    (file,) = tmp_path.glob("*desc-aif_curve.csv")
    first = file.read_text(encoding="utf-8").splitlines()[0]
    at = [patient.series.time[one] for one in (4, 30)]
    assert first == f"time (s),delta R2* (1/s) bridged at {at[0]:g} and {at[1]:g} s"
    np.testing.assert_array_equal(load_curve(file).curve, made.aif.curve)


def test_fault_464_results_are_called_after_the_scan_that_was_read(patient, folder, tmp_path):
    """As by the shell; of a scan from no file without a beginning; never after a folder."""
    series = read(folder / "scan.nii.gz")
    written = {path.name for path in analyse(series, patient.artery).save(tmp_path / "one")}
    assert {"scan_cbf.nii.gz", "scan_methods.md", "record.json"} <= written
    assert not any(folder.name in name for name in written)
    bare = {path.name for path in analyse(patient.series, patient.artery).save(tmp_path / "two")}
    assert "cbf.nii.gz" in bare


def test_fault_466_a_table_of_regions_lies_beside_the_maps(folder, tmp_path):
    """In every folder with regions, as a cohort writes it, and listed by the record."""
    made = analysed(folder, regions="labels.nii.gz", reference="3", normalise=True)
    written = {path.name: path for path in made.save(tmp_path / "out")}
    table = written["scan_regions.tsv"].read_text(encoding="utf-8").splitlines()
    head = table[0].split("\t")
    rows = [dict(zip(head, line.split("\t"), strict=True)) for line in table[1:]]
    assert {row["map"] for row in rows} >= {"CBF", "CBV", "rCBV", "rCBF"}
    shown = made.region_statistics()
    for _, known in shown[shown["label"] == 3].iterrows():
        (row,) = [one for one in rows if one["label"] == "3" and one["map"] == known["map"]]
        assert int(row["accepted"]) == known["accepted"]
        assert float(row["mean"]) == pytest.approx(known["mean"], nan_ok=True)
    record = written["record.json"].read_text(encoding="utf-8")
    assert '"regions.tsv"' in record
    assert "scan_regions.tsv" not in {path.name for path in analysed(folder).save(tmp_path / "no")}


def test_fault_467_labels_of_the_patient_have_their_names(tmp_path):
    """The command writes them beside the labels, where regions are looked for."""
    from napari_dsc.cli import main

    assert main(["phantom", str(tmp_path / "patient")]) == 0
    names = read_names(tmp_path / "patient" / "tissue.tsv")
    assert names[2] == "Grey"
    assert names[9] == "Saturated artery"
    words = [str(tmp_path / "patient" / one) for one in ("scan.nii.gz", "aif.nii.gz")]
    regions = str(tmp_path / "patient" / "tissue.nii.gz")
    out = tmp_path / "out"
    assert main(["maps", words[0], "--aif", words[1], "--regions", regions, "--out", str(out)]) == 0
    assert "\tGrey\tCBF\t" in (out / "scan_regions.tsv").read_text(encoding="utf-8")
