"""What enhances: a proposal from T1 before and after contrast."""

import numpy as np
import pytest

from napari_dsc.core.errors import DscError
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.tumour import enhancement_mask, subtraction
from tests.core.tumour.patients import glioma, rim_of, t1_volumes

SHAPE = (12, 12, 4)
BRAIN = np.ones(SHAPE, dtype=bool)
AFFINE = np.diag([2.0, 2.0, 5.0, 1.0])


def test_the_rim_is_found_and_neither_necrosis_nor_oedema_is():
    patient = glioma()
    pre, post = t1_volumes(patient)
    affine = patient.series.affine
    found = enhancement_mask(pre, post, patient.brain, affine=affine)
    rim = rim_of(patient)
    assert (found & rim).sum() > 0.95 * rim.sum()
    for tissue in (Tissue.NECROSIS, Tissue.OEDEMA, Tissue.WHITE, Tissue.GREY):
        assert found[patient.tissue == tissue].mean() < 0.02
    assert not (found & ~patient.brain).any()


@pytest.mark.parametrize("gain", [0.2, 1.0, 7.0])
def test_fault_336_the_gain_of_either_volume_does_not_matter(gain):
    patient = glioma()
    one, other = (t1_volumes(patient, gain=each) for each in (1.0, gain))
    assert np.allclose(
        subtraction(*one, patient.brain), subtraction(*other, patient.brain), equal_nan=True
    )


def test_nothing_enhances_where_nothing_does():
    patient = glioma()
    pre, _ = t1_volumes(patient, seed=1)
    again, _ = t1_volumes(patient, seed=2)
    assert not enhancement_mask(pre, again, patient.brain, affine=patient.series.affine).any()


def cube(level=100.0, more=50.0, at=(slice(4, 8), slice(4, 8), slice(1, 3))):
    """An even brain, and the same with a block that enhances."""
    pre = np.full(SHAPE, level)
    post = pre.copy()
    post[at] += more
    return pre, post


def test_the_threshold_is_a_share_of_the_brains_signal():
    pre, post = cube(more=30.0)
    assert enhancement_mask(pre, post, BRAIN, threshold=0.29).any()
    assert not enhancement_mask(pre, post, BRAIN, threshold=0.31).any()


def test_small_pieces_and_the_edge_of_the_brain_are_left_out():
    """A piece of 0.1 mL is a vessel or an edge; the outermost voxels are dura."""
    pre, post = cube(at=(slice(5, 7), slice(5, 7), slice(1, 2)))
    assert not enhancement_mask(pre, post, BRAIN, affine=AFFINE).any()
    assert enhancement_mask(pre, post, BRAIN).sum() == 4
    pre, post = cube(at=(slice(0, 1), slice(None), slice(None)))
    assert not enhancement_mask(pre, post, BRAIN, affine=AFFINE).any()


def test_vessels_are_left_out_where_they_are_known():
    pre, post = cube()
    vessels = np.zeros(SHAPE, dtype=bool)
    vessels[4:6] = True
    found = enhancement_mask(pre, post, BRAIN, vessels=vessels)
    assert found.any()
    assert not found[vessels].any()


def test_unknown_voxels_do_not_enhance():
    pre, post = cube()
    pre[5, 5, 1] = np.nan
    found = enhancement_mask(pre, post, BRAIN)
    assert not found[5, 5, 1]
    assert found[6, 6, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"post": np.ones((3, 3, 3))}, "one shape"),
        ({"brain": np.ones((3, 3, 3), bool)}, "brain"),
        ({"pre": np.zeros(SHAPE)}, "at least 20 voxels"),
        ({"threshold": 0.0}, "threshold must be positive"),
    ],
)
def test_what_cannot_be_subtracted_is_refused(change, message):
    pre, post = cube()
    with pytest.raises(DscError, match=message):
        enhancement_mask(**{"pre": pre, "post": post, "brain": BRAIN} | change)
