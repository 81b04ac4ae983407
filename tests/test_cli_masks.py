"""Masks as files: what the command line takes, asks and refuses, and what the record says."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from napari_dsc import phantom
from napari_dsc.cli import main
from napari_dsc.io.mask_files import read_mask
from napari_dsc.io.nifti import read_volume, write_nifti, write_series


@pytest.fixture(scope="module")
def patient():
    return phantom((32, 32, 4), 60)


@pytest.fixture(scope="module")
def folder(patient, tmp_path_factory):
    """A scan and masks of many kinds."""
    made = tmp_path_factory.mktemp("masks")
    affine = patient.series.affine
    labels = np.where(patient.brain, 3, 0).astype(np.float32)
    labels[patient.artery], labels[patient.tissue == 10] = 1, 2
    air = np.zeros_like(patient.artery)
    air[0, 0, 0] = True
    soft = ndimage.gaussian_filter(patient.artery.astype(np.float32), 0.5)
    write_series(made / "scan.nii.gz", patient.series)
    for name, mask in {
        "labels": labels,
        "air": air,
        "soft": soft,
        "brain": patient.brain,
        "artery": patient.artery,
    }.items():
        write_nifti(made / f"{name}.nii.gz", mask, affine)
    write_nifti(made / "nowhere.nii.gz", patient.artery, affine, oriented=False)
    half = affine @ np.diag([0.5, 0.5, 1, 1])
    half[:3, 3] = (affine @ [-0.25, -0.25, 0, 1])[:3]
    write_nifti(made / "fine.nii.gz", patient.artery.repeat(2, 0).repeat(2, 1), half)
    return made


def run(folder, out, aif, *more):
    main([str(one) for one in ("maps", folder / "scan.nii.gz", "--aif", folder / aif,
                               "--out", out, *more)])  # fmt: skip
    record = json.loads((out / "record.json").read_text(encoding="utf-8"))
    return read_volume(next(out.glob("*aif_mask.nii.gz")))[0] > 0, " ".join(record["notices"])


def stopped(folder, out, capsys, aif, *more) -> str:
    with pytest.raises(SystemExit) as stop:
        run(folder, out, aif, *more)
    assert stop.value.code == 2
    assert not out.exists()
    return capsys.readouterr().err


def test_fault_51_the_command_line_asks_which_label(folder, patient, tmp_path, capsys):
    """Of artery and vein; of a brain all count, and that is said. The record knows the label."""
    out = tmp_path / "out"
    line = stopped(folder, out, capsys, "labels.nii.gz")
    assert "several labels" in line
    assert "Give it with --aif-label" in line
    line = stopped(folder, out, capsys, "artery.nii.gz", "--vof", folder / "labels.nii.gz")
    assert "Give it with --vof-label" in line
    line = stopped(folder, out, capsys, "artery.nii.gz", "--vof-label", "2")
    assert "--vof-label must come with a mask as --vof" in line
    used, notices = run(
        folder, out, "labels.nii.gz", "--aif-label", "1", "--brain", folder / "labels.nii.gz"
    )
    np.testing.assert_array_equal(used, patient.artery)
    assert "the AIF mask: label 1 was taken" in notices
    assert "the brain mask holds the labels" in notices
    assert "labels.nii.gz" not in notices


def test_fault_50_a_soft_file_is_cut_and_said(folder, tmp_path):
    used, notices = run(folder, tmp_path / "out", "soft.nii.gz")
    soft = read_volume(folder / "soft.nii.gz")[0]
    np.testing.assert_array_equal(used, soft >= 0.5)
    assert "cut at 0.5" in notices


def test_fault_54_another_grid_needs_a_word(folder, patient, tmp_path, capsys):
    """Refused, with the option that helps; taken with it."""
    out = tmp_path / "out"
    assert "--resample-masks" in stopped(folder, out, capsys, "fine.nii.gz")
    used, notices = run(folder, out, "fine.nii.gz", "--resample-masks")
    np.testing.assert_array_equal(used, patient.artery)
    assert "resampled to the nearest voxel" in notices


def test_fault_56_an_artery_in_air_is_refused_whatever_the_brain(folder, tmp_path, capsys):
    """Before the proposed brain is made to include it."""
    out = tmp_path / "out"
    assert "AIF must lie inside the head" in stopped(folder, out, capsys, "air.nii.gz")
    line = stopped(folder, out, capsys, "artery.nii.gz", "--vof", folder / "air.nii.gz")
    assert "VOF must lie inside the head" in line


def test_fault_57_a_brain_as_artery_is_refused(folder, tmp_path, capsys):
    out = tmp_path / "out"
    assert "AIF must mark a vessel" in stopped(folder, out, capsys, "brain.nii.gz")


def test_fault_58_a_mask_that_lies_nowhere_is_taken_by_shape(folder, patient):
    """Codes 0; or the scan itself does not say where it lies."""
    for name, series in (
        ("nowhere", patient.series),
        ("artery", replace(patient.series, oriented=False)),
    ):
        found = read_mask(folder / f"{name}.nii.gz", series, "AIF mask")
        np.testing.assert_array_equal(found.voxels, patient.artery)
        assert "voxel by voxel" in found.notices[0]
    both = read_mask(folder / "nowhere.nii.gz", replace(patient.series, oriented=False))
    assert both.notices == ()
