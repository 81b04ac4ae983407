"""Names of results: after the scan, never after a folder."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, read
from napari_dsc.io.result_names import named, prefix_of, scan_file

PATIENT = "ZZCANARY^NAME 1950"


def prefix(path: Path) -> str:
    """How results of what is opened begin."""
    return prefix_of(scan_file(path, read(path)))


def test_fault_128_a_folder_names_no_results(tmp_path):
    """A scan in one file, and in one for each volume: the file's own name, without its number."""
    rng = np.random.default_rng(0)
    folder = tmp_path / PATIENT
    folder.mkdir()
    image = nib.Nifti1Image(rng.integers(1, 900, (5, 4, 3, 24)).astype(np.int16), np.eye(4))
    image.header.set_xyzt_units("mm", "sec")
    image.header["pixdim"][4] = 1.5
    nib.save(image, folder / "dsc.nii")
    assert prefix(folder) == prefix(folder / "dsc.nii") == "dsc_"
    (folder / "dsc.nii").unlink()
    for at in range(24):
        nib.save(image.slicer[..., at], folder / f"perf_{at:03d}.nii.gz")
    assert prefix(folder) == "perf_"
    for path in folder.iterdir():
        path.rename(folder / path.name.removeprefix("perf_"))
    assert prefix(folder) == "scan_"


def test_fault_128_results_of_dicom_are_named_after_the_series(tmp_path):
    """Number and description, whether the folder is opened or an image of it."""
    from tests.io.dicom_vendors import Truth, canon

    canon(tmp_path / PATIENT, Truth(n_slices=2))
    one = tmp_path / PATIENT / "003_1.dcm"
    assert prefix(tmp_path / PATIENT) == prefix(one) == "11_ep2d_perf_"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("case 7", "case_7_"), ("../../x", "x_"), ("v1.2", "v1_2_"), ("Zoë", "Zoë_"), ("a/b", "a_b_")],
)
def test_fault_128_a_user_names_results(name, wanted):
    """It stays in its folder."""
    assert prefix_of(named(name)) == wanted


@pytest.mark.parametrize("name", ["", "..", "//", " "])
def test_fault_128_a_name_without_a_letter_is_refused(name):
    with pytest.raises(DscError, match="must hold letters or digits"):
        named(name)
