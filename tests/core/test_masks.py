"""What the values of a mask mean, and where another grid puts them."""

import numpy as np
import pytest
from scipy import ndimage

from napari_dsc import DscError
from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.core.masks import (
    OtherGridError,
    as_voxels,
    is_mask,
    judged,
    labels_of,
    one_volume,
    onto_grid,
    whole_numbers,
)

SHAPE = (12, 10, 6)


@pytest.fixture
def marked():
    """A block of 36 voxels."""
    voxels = np.zeros(SHAPE, dtype=bool)
    voxels[3:6, 2:6, 1:4] = True
    return voxels


@pytest.fixture
def labels(marked):
    """Artery 1, vein 2, brain 3."""
    volume = np.full(SHAPE, 0, dtype=np.uint8)
    volume[1:11, 1:9, :5] = 3
    volume[marked] = 1
    volume[8:10, 2:4, 1:3] = 2
    return volume


@pytest.mark.parametrize("value", [True, 1, 7, 255, 0.3, 1.0, 4095.0])
@pytest.mark.parametrize("kind", [bool, np.uint8, np.int16, np.float32, np.float64])
def test_two_values_are_a_mask(marked, value, kind):
    """Whatever the other one is, as long as it is positive."""
    volume = np.where(marked, value, 0).astype(kind)
    found = judged(volume, "AIF")
    np.testing.assert_array_equal(found.voxels, volume > 0)
    assert found.notices == ()


@pytest.mark.parametrize("full", [1, 100, 255, 1000])
@pytest.mark.parametrize("sigma", [0.5, 0.7])
def test_fault_50_a_smoothed_mask_is_cut_at_half(marked, full, sigma):
    """0 to 1, percent, 8 bits, and any other scale: the half is that of a voxel wholly inside."""
    soft = full * ndimage.gaussian_filter(marked.astype(float), sigma)
    half = (soft.max() if full == 1000 else full) / 2
    found = judged(soft, "AIF")
    np.testing.assert_array_equal(found.voxels, soft >= half)
    words = f"{np.count_nonzero(soft >= half)} voxels of {np.count_nonzero(soft > 0)} above 0"
    assert words in found.notices[0].replace(",", "").replace("half of", "")


def test_fault_50_ringing_is_no_mask(marked):
    """Cubic interpolation: lobes below 0, and more than 1 inside."""
    moved = ndimage.shift(marked.astype(np.float32), (0.3, 0.3, 0), order=3)
    assert moved.min() < 0
    assert moved.max() > 1
    np.testing.assert_array_equal(judged(moved, "AIF").voxels, moved >= 0.5)


def test_fault_50_a_mask_that_nowhere_reaches_half_is_refused(marked):
    """A voxel or two of an artery, smoothed away."""
    with pytest.raises(DscError, match=r"AIF must reach 0\.5 somewhere.*got at most 0\.4"):
        judged(np.where(marked, 0.4, 0) + np.where(np.roll(marked, 1, 0), 0.01, 0), "AIF")


def test_fault_50_labels_that_were_interpolated_are_refused(labels):
    """A voxel between 3 and 0 looks like 1: nothing can be made of it."""
    blurred = ndimage.zoom(labels.astype(float), 1.7, order=1)
    with pytest.raises(DscError, match="resampled to the nearest neighbour"):
        judged(blurred, "AIF")


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32, np.float64])
def test_fault_51_of_several_labels_one_is_asked_for(labels, kind):
    """With the voxels of each; none is taken in silence."""
    volume = labels.astype(kind)
    with pytest.raises(ChoiceNeededError) as raised:
        judged(volume, "AIF")
    assert raised.value.fact == "label"
    assert list(raised.value.options) == ["1", "2", "3"]
    assert "36 voxels" in raised.value.options["1"]
    for label in (1, 2, 3):
        found = judged(volume, "AIF", label=str(label))
        np.testing.assert_array_equal(found.voxels, labels == label)
        assert f"label {label} was taken" in found.notices[0]
    every = judged(volume, "brain", several="all")
    np.testing.assert_array_equal(every.voxels, labels > 0)
    assert "all that are positive count" in every.notices[0]


def test_fault_51_signed_and_negative_labels_are_asked_for(marked):
    """Left -1, right 1; or 255 in eight signed bits."""
    halves = np.where(marked, 1, 0) - np.roll(marked, 5, axis=0)
    with pytest.raises(ChoiceNeededError, match="label -1"):
        judged(halves, "AIF")
    with pytest.raises(ChoiceNeededError, match="negative label only"):
        judged(-marked.astype(np.int8), "AIF")
    np.testing.assert_array_equal(judged(-marked.astype(np.int8), "AIF", label=-1).voxels, marked)


def test_fault_51_a_mask_turned_inside_out_can_be_chosen(marked):
    """Label 0 is what lies inside."""
    np.testing.assert_array_equal(judged((~marked).astype(int), "AIF", label="0").voxels, marked)


def test_fault_51_a_soft_mask_of_whole_numbers_can_be_cut(marked):
    """8 bits: nobody can tell it from an atlas, but its owner can."""
    soft = np.rint(255 * ndimage.gaussian_filter(marked.astype(float), 0.7)).astype(np.uint8)
    with pytest.raises(ChoiceNeededError) as raised:
        judged(soft, "AIF")
    assert "half" in raised.value.options
    half = soft.max() / 2 if soft.max() < 229.5 else 127.5
    np.testing.assert_array_equal(judged(soft, "AIF", label="half").voxels, soft >= half)


@pytest.mark.parametrize(
    ("label", "words"),
    [("4", r"must hold label 4, got 1 \(36 voxels\)"), ("artery", "whole number or 'half'")],
)
def test_fault_51_a_label_that_is_not_there_is_refused(labels, label, words):
    with pytest.raises(DscError, match=words):
        judged(labels, "AIF", label=label)


def test_a_label_of_a_soft_mask_is_refused(marked):
    with pytest.raises(DscError, match="Leave the label out"):
        judged(ndimage.gaussian_filter(marked.astype(float), 0.7), "AIF", label="1")


def test_fault_52_what_is_masked_or_no_number_is_outside(marked):
    """NaN around a mask, as SPM writes it; and masked arrays of numpy."""
    volume = np.where(marked, 1.0, np.nan)
    volume[3, 2, 1] = np.inf
    expected = marked.copy()
    expected[3, 2, 1] = False
    np.testing.assert_array_equal(judged(volume, "AIF").voxels, expected)
    hidden = np.ma.array(marked, mask=~expected)
    np.testing.assert_array_equal(judged(hidden, "AIF").voxels, expected)
    whole = np.ma.array(np.ones(SHAPE, dtype=np.int16), mask=~expected)
    np.testing.assert_array_equal(as_voxels(whole, "mask", SHAPE).voxels, expected)
    assert not judged(np.full(SHAPE, np.nan), "AIF").voxels.any()


@pytest.mark.parametrize("kind", [complex, object, "U1"])
def test_what_holds_no_numbers_is_refused(kind):
    with pytest.raises(DscError, match="AIF must hold truth values or real numbers"):
        judged(np.ones(SHAPE).astype(kind), "AIF")


def test_python_is_told_how_to_choose(labels):
    with pytest.raises(DscError, match=r"Pass AIF == 1, for instance"):
        as_voxels(labels, "AIF", SHAPE)
    with pytest.raises(DscError, match=r"shape \(12, 10, 6\) like the maps, got \(3,\)"):
        as_voxels([1, 0, 1], "core", SHAPE, like="the maps")


def test_labels_are_counted(labels):
    assert labels_of(labels.astype(np.float32)) == {
        one: int((labels == one).sum()) for one in (1, 2, 3)
    }
    assert labels_of(labels + 0.5) == {}
    assert whole_numbers(labels.astype(float)).dtype == np.int64
    hidden = np.ma.array(labels, mask=labels == 3)
    assert set(np.unique(whole_numbers(hidden))) == {0, 1, 2}


def test_images_and_masks_are_told_apart(marked, labels):
    """Labels and soft masks; an anatomy; and what may be either."""
    noise = np.random.default_rng(0).random((20, 20, 20))
    assert is_mask(labels)
    assert is_mask(labels.astype(np.float64))
    assert is_mask(ndimage.gaussian_filter(np.pad(marked, 5).astype(np.float32), 0.7))
    assert is_mask((1000 * noise).astype(np.int16)) is False
    assert is_mask(1000 * noise) is False
    assert is_mask(noise) is None


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 1, 0), (0, 2, 1)])
@pytest.mark.parametrize("flips", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
def test_fault_53_turned_axes_are_turned_back(marked, oblique, order, flips):
    """The same voxels: nothing is interpolated, on oblique slices too."""
    turned = np.transpose(marked, order)[tuple(slice(None, None, one) for one in flips)]
    to_first = np.zeros((4, 4))
    to_first[3, 3] = 1
    for axis, (source, flip) in enumerate(zip(order, flips, strict=True)):
        to_first[source, axis] = flip
        to_first[source, 3] = 0 if flip > 0 else SHAPE[source] - 1
    back, notices = onto_grid(turned, oblique @ to_first, SHAPE, oblique, "AIF")
    np.testing.assert_array_equal(back, marked)
    straight = order == (0, 1, 2) and flips == (1, 1, 1)
    assert notices == () if straight else "turned" in notices[0]


@pytest.fixture
def oblique():
    """Slices tilted by 20 degrees, of 2 x 2.5 x 5 mm."""
    tilt = np.radians(20)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([-2.0, 2.5, 5.0])
    affine[:3, 3] = 40, -30, 12
    return affine


@pytest.mark.parametrize(("share", "same"), [(0.04, True), (-0.04, True), (0.06, False)])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_fault_54_a_grid_within_a_twentieth_of_a_voxel_is_the_same(
    marked, oblique, share, same, axis
):
    """At every corner: a rounded origin is, and a voxel size that is off by a hundredth is not."""
    moved = oblique.copy()
    moved[:3, 3] += share * oblique[:3, axis]
    if same:
        np.testing.assert_array_equal(onto_grid(marked, moved, SHAPE, oblique, "AIF")[0], marked)
    else:
        with pytest.raises(OtherGridError, match="AIF must lie on the scan's grid"):
            onto_grid(marked, moved, SHAPE, oblique, "AIF")
    wider = oblique @ np.diag([1.01, 1, 1, 1])
    with pytest.raises(OtherGridError):
        onto_grid(marked, wider, SHAPE, oblique, "AIF")


def test_fault_54_another_resolution_is_resampled_on_request(marked, oblique):
    """Half the voxel size: each voxel of the scan reads the one in its middle."""
    fine = marked.repeat(2, 0).repeat(2, 1).astype(np.float32)
    half = oblique @ np.diag([0.5, 0.5, 1, 1])
    half[:3, 3] = (oblique @ [-0.25, -0.25, 0, 1])[:3]
    with pytest.raises(OtherGridError, match="must have the scan's shape"):
        onto_grid(fine, half, SHAPE, oblique, "AIF")
    found, notices = onto_grid(fine, half, SHAPE, oblique, "AIF", resample=True)
    np.testing.assert_array_equal(found, marked)
    assert "144 voxels above 0 became 36" in notices[0]
    far = half.copy()
    far[0, 3] += 1000
    with pytest.raises(DscError, match="must mark voxels of the scan, got none of its 144"):
        onto_grid(fine, far, SHAPE, oblique, "AIF", resample=True)


@pytest.mark.parametrize("shape", [(1,), (1, 1), (4,), (1, 4), (4, 1), (60,)])
def test_fault_55_equal_volumes_are_one(marked, shape):
    """Four axes and five, of length 1 too."""
    stack = np.broadcast_to(marked.reshape(SHAPE + (1,) * len(shape)), SHAPE + shape)
    volume, notices = one_volume(stack, "AIF", 60)
    np.testing.assert_array_equal(volume, marked)
    assert len(notices) == (np.prod(shape) > 1)


def test_fault_55_differing_volumes_are_one_mask_or_refused(marked):
    """Painted on a 4-D layer, volume by volume: any counts. Maps of several tissues do not."""
    stack = np.zeros((*SHAPE, 60), dtype=np.uint8)
    stack[..., 7], stack[..., 30] = marked, np.roll(marked, 1, 1)
    volume, notices = one_volume(stack, "AIF", 60)
    np.testing.assert_array_equal(volume > 0, marked | np.roll(marked, 1, 1))
    assert "any of them counts" in notices[0]
    with pytest.raises(DscError, match="volume 7 differs from volume 0"):
        one_volume(stack, "AIF", 40)
    with pytest.raises(DscError, match="volume 7 differs"):
        one_volume(stack * np.arange(60, dtype=np.uint8), "AIF", 60)


def test_a_single_slice_has_three_axes(marked):
    assert one_volume(marked[..., 2], "AIF")[0].shape == (12, 10, 1)
