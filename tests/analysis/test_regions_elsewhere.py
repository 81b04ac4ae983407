"""Regions that were drawn on an anatomy: its registration brings them onto the scan."""

import json

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from napari_dsc import DscError, analyse, phantom
from napari_dsc.analysis import PROPOSE
from napari_dsc.anatomy import labels_onto_scan
from napari_dsc.cli import main
from napari_dsc.cohort.anatomies import on_anatomy
from napari_dsc.cohort.scans import find_scans
from napari_dsc.core.phantom import Tissue
from napari_dsc.io.nifti import write_nifti, write_series

T1 = np.array([0, 300, 600, 900, 200, 580, 500, 700, 650, 650, 400.0])  # by tissue
SHAPE, SIZE = (64, 64, 32), 3.0
LESION, OUTSIDE = 7, 9


def moved(turn, shift):
    """Rigid transform: a rotation vector in degrees, and a shift in mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(turn, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


@pytest.fixture(scope="module")
def head():
    return phantom((48, 48, 10), 40, seed=3)


@pytest.fixture(scope="module")
def place(head, tmp_path_factory):
    """A scan; an anatomy of the patient, who has moved; and regions on its grid, with a name."""
    folder = tmp_path_factory.mktemp("elsewhere")
    write_series(folder / "scan.nii.gz", head.series)
    affine = np.diag([SIZE, SIZE, SIZE, 1.0])
    affine[:3, 3] = -SIZE * (np.array(SHAPE) - 1) / 2
    rigid = moved((1, -2, 4), (6, -4, 3))
    to_scan = np.linalg.inv(head.series.affine) @ np.linalg.inv(rigid) @ affine
    volume = ndimage.affine_transform(T1[head.tissue], to_scan, output_shape=SHAPE, order=1)
    lesion = (head.tissue == Tissue.HYPOPERFUSED).astype(float)
    labels = ndimage.affine_transform(lesion, to_scan, output_shape=SHAPE, order=0) > 0.5
    stored = np.where(labels, LESION, 0).astype(np.int16)
    stored[0, 0, 0] = OUTSIDE
    noise = np.random.default_rng(0).normal(0, 15, SHAPE)
    write_nifti(folder / "t1.nii.gz", (volume + noise).astype(np.float32), affine)
    write_nifti(folder / "regions.nii.gz", stored, affine)
    noise = np.random.default_rng(1).normal(500, 100, SHAPE).astype(np.float32)
    write_nifti(folder / "noise.nii.gz", noise, affine)
    (folder / "regions.tsv").write_text("index\tname\n7\tLesion\n9\tFar away\n")
    return folder


def analysed(place, **chosen):
    return analyse(
        place / "scan.nii.gz",
        PROPOSE,
        **{
            "regions": place / "regions.nii.gz",
            "regions_anatomy": place / "t1.nii.gz",
            **chosen,
        },
    )


def test_the_nearest_label_is_taken_and_none_beyond_the_map():
    labels = np.arange(1, 9).reshape(2, 2, 2)
    affine, scan = np.diag([4.0, 4, 4, 1]), np.diag([3.0, 4, 4, 1])
    found = labels_onto_scan(labels, affine, (3, 2, 2), scan, np.eye(4))
    assert np.array_equal(found[0], labels[0])
    assert np.array_equal(found[1], labels[1])  # 3 mm: nearer to 4 than to 0
    assert not found[2, 0, 0] > labels.max()
    far = labels_onto_scan(labels, affine, (3, 2, 2), scan, moved((0, 0, 0), (-4, 0, 0)))
    assert not far[0].any()
    with pytest.raises(DscError, match="must lie in the scan"):
        labels_onto_scan(labels, affine, (3, 2, 2), scan, moved((0, 0, 0), (90, 0, 0)))


def test_fault_298_regions_lie_where_the_anatomy_was_found_and_say_so(place, head, tmp_path):
    found = analysed(place)
    truth = head.tissue == Tissue.HYPOPERFUSED
    drawn = found.drawn.labels == LESION
    share = 2 * (truth & drawn).sum() / (truth.sum() + drawn.sum())
    assert share > 0.85
    (words,) = [one for one in found.record["notices"] if "drawn on an anatomy" in one]
    assert "moved by 7." in words or "moved by 8." in words
    assert "1 of 2 regions lie outside the scan" in words
    found.save(tmp_path, name="patient")
    facts = json.loads((tmp_path / "patient_desc-regions_dseg.json").read_text())
    assert facts["BroughtOver"] == words
    assert "Lesion" in (tmp_path / "patient_desc-regions_dseg.tsv").read_text()


def test_fault_298_a_registration_that_does_not_hold_is_refused(place):
    with pytest.raises(DscError, match="must bring both heads together"):
        analysed(place, regions_anatomy=place / "noise.nii.gz")


def test_what_has_no_effect_or_no_place_is_refused(place, head, tmp_path):
    with pytest.raises(DscError, match="must come with regions"):
        analysed(place, regions=None)
    write_nifti(tmp_path / "nowhere.nii.gz", np.zeros(SHAPE, np.int16), None)
    with pytest.raises(DscError, match="must say where it lies"):
        analysed(place, regions=tmp_path / "nowhere.nii.gz")
    with pytest.raises(DscError, match="must be a file, got voxels"):
        analysed(place, regions=np.ones(head.tissue.shape, np.int16))
    with pytest.raises(DscError, match="must be a file, got none"):
        analysed(place, regions_anatomy=place / "gone.nii.gz")


def test_the_command_line_takes_an_anatomy(place, tmp_path, capsys):
    words = ["maps", str(place / "scan.nii.gz"), "--aif", PROPOSE, "--out", str(tmp_path)]
    named = ["--regions", str(place / "regions.nii.gz")]
    main([*words, *named, "--regions-anatomy", str(place / "t1.nii.gz")])
    assert "drawn on an anatomy" in capsys.readouterr().err
    assert (tmp_path / "scan_desc-regions_dseg.nii.gz").is_file()


def test_an_own_anatomy_lies_beside_the_scan_and_its_regions_in_a_derivative(tmp_path):
    root = tmp_path / "bids"
    for name in (
        "sub-01/ses-1/perf/sub-01_ses-1_dsc.nii.gz",
        "sub-01/ses-1/anat/sub-01_ses-1_FLAIR.nii.gz",
        "sub-01/ses-1/anat/sub-01_ses-1_T1w.nii.gz",
        "derivatives/atlas/sub-01/ses-1/anat/sub-01_ses-1_desc-aparc_dseg.nii.gz",
        "sub-02/perf/sub-02_dsc.nii.gz",
        "sub-02/anat/sub-02_T1w.nii.gz",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    first, second = find_scans(root)
    labels, anatomy = on_anatomy(first)
    assert labels is not None
    assert anatomy is not None
    assert labels.name == "sub-01_ses-1_desc-aparc_dseg.nii.gz"
    assert anatomy.name == "sub-01_ses-1_T1w.nii.gz"
    assert on_anatomy(second) == (None, None)
