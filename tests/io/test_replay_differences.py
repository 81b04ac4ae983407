"""A replay says how far its maps are from the recorded ones, and what explains it."""

import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import cli
from napari_dsc.io.fingerprints import fingerprint
from napari_dsc.io.nifti import write_nifti, write_series


@pytest.fixture(scope="module")
def made(tmp_path_factory, patient) -> tuple[Path, Path]:
    """Results, and their scan."""
    folder = tmp_path_factory.mktemp("made")
    scan, out = folder / "scan.nii", folder / "out"
    write_series(scan, patient.series)
    for name, mask in (("aif", patient.artery), ("brain", patient.brain)):
        write_nifti(folder / f"{name}.nii", mask, patient.series.affine)
    masks = ["--aif", str(folder / "aif.nii"), "--brain", str(folder / "brain.nii")]
    assert cli.main(["maps", str(scan), *masks, "--out", str(out)]) == 0
    return out, scan


def changed(folder: Path, end: str, change) -> None:
    """Let a recorded volume be another one, as if another processor had written it."""
    path = folder / f"scan_{end}"
    image = nib.Nifti1Image.from_filename(path)
    values = change(np.asarray(image.dataobj).copy())
    write_nifti(path, values, image.affine)
    record = json.loads((folder / "record.json").read_text())
    record["files"][end] = fingerprint(path)
    (folder / "record.json").write_text(json.dumps(record))


def emptied(values):
    values = values.copy()
    values[tuple(np.argwhere(np.isfinite(values))[0])] = np.nan
    return values


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize(
    ("end", "change", "code", "words"),
    [
        ("cbf.nii.gz", lambda v: v * np.float32(1 + 3e-6), 0, "as recorded, within the 1e-05"),
        (
            "cbf.nii.gz",
            lambda v: v * np.float32(1.001),
            3,
            "not as recorded: scan_cbf.nii.gz (at most 1.0e-03 of its",
        ),
        ("mtt.nii.gz", emptied, 3, "1 voxel with a number in one of the two only"),
        ("desc-aif_mask.nii.gz", np.logical_not, 3, "not as recorded: scan_desc-aif_mask.nii.gz"),
    ],
    ids=["processor", "other", "voxel", "mask"],
)
def test_fault_159_a_replay_tells_how_far_it_is_from_the_record(
    made, tmp_path, capsys, end, change, code, words, in_place
):
    """Also where the earlier maps are replaced by it."""
    folder, scan = made
    shutil.copytree(folder, tmp_path / "earlier")
    changed(tmp_path / "earlier", end, change)
    out = tmp_path / ("earlier" if in_place else "again")
    command = ["replay", str(tmp_path / "earlier" / "record.json"), str(scan), "--out", str(out)]
    assert cli.main([*command, "--overwrite"]) == code
    printed = capsys.readouterr()
    assert words in printed.err
    assert "volumes are the same to the byte" in printed.out


def test_fault_159_without_the_earlier_maps_nobody_can_tell(made, tmp_path, capsys):
    folder, scan = made
    record = json.loads((folder / "record.json").read_text())
    record["files"]["cbf.nii.gz"] = 64 * "0"
    (tmp_path / "record.json").write_text(json.dumps(record))
    words = ["replay", str(tmp_path / "record.json"), str(scan), "--out", str(tmp_path / "again")]
    assert cli.main(words) == 3
    told = "scan_cbf.nii.gz (the recorded one does not lie beside its record)"
    assert told in capsys.readouterr().err
