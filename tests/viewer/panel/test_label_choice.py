"""Masks that are opened in the viewer, and several labels on one layer."""

import numpy as np
import pytest
from napari.layers import Image, Labels
from qtpy.QtWidgets import QInputDialog
from scipy import ndimage

from napari_dsc.io.nifti import write_nifti
from napari_dsc.viewer.contributions import get_reader
from napari_dsc.viewer.layers import mask_from_layer, placement

SHAPE = (6, 5, 4)
AFFINE = np.array([[-2.0, 0, 0, 9], [0, 2, 0, -7], [0, 0, 5, 3], [0, 0, 0, 1]])


def read(path):
    reader = get_reader(str(path))
    assert reader is not None
    (data, options, kind), *_ = reader(str(path))
    return {"labels": Labels, "image": Image}[kind](data, **options)


@pytest.fixture
def marked():
    voxels = np.zeros(SHAPE, dtype=bool)
    voxels[2:4, 1:3, 1:3] = True
    return voxels


def as_floats(marked):
    return marked.astype(np.float32)


def as_labels_of_floats(marked):
    return np.where(marked, 1.0, np.nan)


def as_volumes(marked):
    return np.repeat(marked[..., None].astype(np.float32), 60, -1)


def as_few_volumes(marked):
    return np.repeat(marked[..., None].astype(np.uint8), 3, -1)


def as_five_axes(marked):
    return as_volumes(marked)[:, :, :, None]


def as_painted_in_time(marked):
    stack = np.zeros((*SHAPE, 60), dtype=np.uint8)
    stack[marked, 9] = 1
    return stack


@pytest.mark.parametrize(
    "make",
    [as_floats, as_labels_of_floats, as_volumes, as_few_volumes, as_five_axes, as_painted_in_time],
)
def test_fault_59_what_can_only_be_a_mask_opens_as_labels(tmp_path, marked, make):
    """Floats of 0 and 1, also in many volumes: at its place on the scan."""
    import nibabel as nib

    nib.save(nib.Nifti1Image(make(marked), AFFINE), tmp_path / "mask.nii.gz")
    layer = read(tmp_path / "mask.nii.gz")
    assert isinstance(layer, Labels)
    np.testing.assert_array_equal(mask_from_layer(layer, placement(AFFINE), SHAPE), marked)


def test_fault_59_a_soft_mask_opens_as_labels(tmp_path):
    """Nine of ten voxels lie at 0 or 1: it is cut at half."""
    marked = np.zeros((20, 20, 10), dtype=np.float32)
    marked[8:12, 8:12, 3:7] = 1
    soft = ndimage.gaussian_filter(marked, 0.6)
    write_nifti(tmp_path / "soft.nii.gz", soft, AFFINE)
    layer = read(tmp_path / "soft.nii.gz")
    assert isinstance(layer, Labels)
    found = mask_from_layer(layer, placement(AFFINE), soft.shape)
    np.testing.assert_array_equal(found, soft >= 0.5)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(("answer", "kind"), [("a mask", Labels), ("an anatomy", Image)])
def test_fault_59_what_may_be_either_is_asked(tmp_path, monkeypatch, answer, kind):
    """In these words: scan, mask or anatomy?"""
    asked = []

    def get_item(_parent, _title, question, options, *_more):
        asked.append(question)
        return next(one for one in options if one.startswith(answer)), True

    monkeypatch.setattr(QInputDialog, "getItem", get_item)
    values = np.random.default_rng(0).random(SHAPE, dtype=np.float32)
    write_nifti(tmp_path / "t1.nii.gz", values, AFFINE)
    assert isinstance(read(tmp_path / "t1.nii.gz"), kind)
    assert "scan, mask or anatomy?" in asked[0]


def test_fault_51_the_form_asks_which_label(desk, scan_file, patient, tmp_path):
    """Artery and vein on one layer: a list of its labels shows, and each is computed as chosen."""
    labels = patient.artery.astype(np.uint8)
    vein = patient.tissue == 10
    labels[vein] = 2
    write_nifti(tmp_path / "vessels.nii.gz", labels, patient.series.affine)
    desk.open(scan_file)
    panel, viewer = desk.panel, desk.viewer
    viewer.open(str(tmp_path / "vessels.nii.gz"), plugin="napari-dsc")
    layer = viewer.layers["vessels"]
    assert panel.form.artery_label.value is None
    panel.form.artery.value = layer
    desk.wait(lambda: "several labels" in panel.status.text())
    assert not panel.form.compute.enabled
    assert panel.form.artery_label.choices == (None, 1, 2)
    panel.form.artery_label.value = 1
    desk.wait(lambda: panel.form.compute.enabled)
    panel.form.vein.value, panel.form.rescale.value = layer, True
    panel.form.vein_label.value = 2
    shot = panel.reading.snapshot()
    np.testing.assert_array_equal(shot.artery, patient.artery)
    np.testing.assert_array_equal(shot.vein, vein)
