"""The other side of the head, on grids of every kind."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap, phantom
from napari_dsc.core.regions import (
    Midline,
    Sides,
    against_mirror,
    beyond,
    mirrored,
    proposed_midline,
)


def turned(axis, degrees):
    """Rotation about an axis of the patient; shape (3, 3)."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    first, second = ((1, 2), (2, 0), (0, 1))[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return matrix


def grid(shape, spacing, rotation=None, at=(0.0, 0.0, 0.0)):
    """Affine of a grid whose middle lies at a point, mm."""
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if rotation is None else rotation) * np.asarray(spacing)
    affine[:3, 3] = np.asarray(at) - affine[:3, :3] @ (np.array(shape) - 1) / 2
    return affine


def places(shape, affine):
    """Centres of the voxels, mm; shape (..., 3)."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def midline_at(point, normal):
    (x, y, z), (a, b, c) = point, np.asarray(normal) / np.linalg.norm(normal)
    return Midline(point=(float(x), float(y), float(z)), normal=(float(a), float(b), float(c)))


def by_hand(labels, affine, midline):
    """Voxel by voxel: where its mirror image lies, and what is there."""
    found = np.zeros_like(labels)
    back = np.linalg.inv(affine)
    normal = np.array(midline.normal)
    for index in np.ndindex(labels.shape):
        place = affine[:3, :3] @ index + affine[:3, 3]
        place = place - 2 * ((place - midline.point) @ normal) * normal
        source = np.floor(back[:3, :3] @ place + back[:3, 3] + 0.5 + 1e-6).astype(int)
        if (source >= 0).all() and (source < labels.shape).all():
            found[index] = labels[tuple(source)]
    return found


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    angles=st.tuples(*[st.floats(-40, 40)] * 3),
    flips=st.tuples(*[st.sampled_from([-1, 1])] * 3),
    shift=st.floats(-6, 6),
)
def test_a_mirror_image_is_what_lies_across(seed, angles, flips, shift):
    """On flipped, oblique and anisotropic grids, about any plane."""
    random = np.random.default_rng(seed)
    shape = (7, 6, 4)
    rotation = turned(0, angles[0]) @ turned(1, angles[1])
    affine = grid(shape, np.array(flips) * [2.0, 1.7, 5.0], rotation, at=(3.0, -4.0, 9.0))
    midline = midline_at((3 + shift, -4, 9), turned(2, angles[2]) @ [1, 0, 0])
    labels = random.choice([0, 0, 0, 1, 5], shape).astype(np.int16)
    if seed % 2:  # a part of the volume only
        labels[:, :2] = labels[3:] = 0
    found = mirrored(labels, affine, midline)
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, by_hand(labels, affine, midline))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**31),
    flip=st.sampled_from([-1, 1]),
    axis=st.integers(0, 2),
    at=st.sampled_from([3.5, 4.0, 3.75, 4.25]),
)
def test_twice_across_and_back(seed, flip, axis, at):
    """Whether the plane lies in voxels, between them or a quarter off."""
    random = np.random.default_rng(seed)
    spacing, shape = np.array([flip * 1.3, 2.1, 4.7]), [5, 5, 5]
    shape[axis] = 14
    affine = grid(shape, spacing, turned(0, 17) @ turned(2, 8), at=(11.0, 3.0, -40.0))
    normal = affine[:3, axis] / np.linalg.norm(affine[:3, axis])
    index = np.full(3, 2.0)
    index[axis] = at
    midline = midline_at(affine[:3, :3] @ index + affine[:3, 3], normal)
    labels = random.integers(0, 3, shape)
    inner = [slice(None)] * 3
    inner[axis] = slice(1, 7)
    kept = np.zeros_like(labels)
    kept[tuple(inner)] = labels[tuple(inner)]
    image = mirrored(kept, affine, midline)
    np.testing.assert_array_equal(np.bincount(image.ravel()), np.bincount(kept.ravel()))
    np.testing.assert_array_equal(mirrored(image, affine, midline), kept)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(degrees=st.floats(-20, 20), shift=st.floats(-5, 5), radius=st.floats(8, 14))
def test_a_mirror_image_is_as_large(degrees, shift, radius):
    """To within a layer of voxels, and where the mirrored ball is."""
    shape = (40, 44, 10)
    affine = grid(shape, (-2.0, 2.0, 5.0), turned(0, 12))
    midline = midline_at((shift, 0, 0), turned(2, degrees) @ [1, 0, 0])
    centre = np.array([-18.0, 6.0, 2.0])
    where = places(shape, affine)
    ball = np.linalg.norm(where - centre, axis=-1) < radius
    image = mirrored(ball, affine, midline)
    there = (midline.reflection @ [*centre, 1])[:3]
    away = np.linalg.norm(where - there, axis=-1)
    half = np.linalg.norm([2.0, 2.0, 5.0]) / 2
    assert (away[image] < radius + half).all()
    inner = away < radius - half
    assert image[inner].all()
    layer = (np.abs(away - radius) < half).sum()
    assert abs(int(image.sum()) - int(ball.sum())) <= layer


def test_what_lies_across_outside_is_nothing():
    """Also if nothing of the image is left, or nothing was painted."""
    labels = np.array([0, 0, 0, 1, 2, 3]).reshape(6, 1, 1)
    near = Midline(point=(3.0, 0, 0), normal=(1.0, 0, 0))
    assert mirrored(labels, np.eye(4), near).ravel().tolist() == [0, 3, 2, 1, 0, 0]
    far = Midline(point=(40.0, 0, 0), normal=(1.0, 0, 0))
    assert not mirrored(labels, np.eye(4), far).any()
    assert not mirrored(np.zeros_like(labels), np.eye(4), near).any()
    mask = labels > 2
    assert mirrored(mask, np.eye(4), near).ravel().tolist() == [False, True] + 4 * [False]


def test_the_sides_of_a_midline():
    """The normal points to one; the plane itself belongs to neither; what is across changes."""
    shape = (9, 8, 3)
    affine = grid(shape, (-2.0, 2.0, 5.0), turned(2, 25))
    midline = midline_at((1.0, -2.0, 0.0), (1.0, 0.4, 0.1))
    across = (places(shape, affine) - midline.point) @ midline.normal
    np.testing.assert_array_equal(beyond(shape, affine, midline), across > 0)
    middle = Midline(point=(4.0, 0, 0), normal=(1.0, 0, 0))
    right = beyond(shape, np.eye(4), middle)
    np.testing.assert_array_equal(right[:, 0, 0], np.arange(9) > 4)


def head(shape, spacing, turn, shift, tilt=0.0, affine=None):
    """An ellipsoid with a longer front, turned about the feet-head axis and shifted, mm."""
    affine = grid(shape, spacing, turned(0, tilt)) if affine is None else affine
    local = (places(shape, affine) @ turned(0, tilt) - [shift, 3.0, 0]) @ turned(2, turn)
    x, y, z = np.moveaxis(local, -1, 0)
    wide = 62 - 0.12 * y
    brain = (x / wide) ** 2 + (y / 82) ** 2 + (z / 60) ** 2 < 1
    normal = turned(0, tilt) @ turned(2, turn) @ [1, 0, 0]
    point = turned(0, tilt) @ [shift, 3.0, 0]
    return brain, affine, normal, point


@pytest.mark.parametrize("spacing", [(2.0, 2.0, 5.0), (-2.0, 2.0, 5.0), (-1.8, -2.2, -6.0)])
@pytest.mark.parametrize(("turn", "shift"), [(0, 0), (7.3, 4), (-9, -8), (3, 7)])
@pytest.mark.parametrize("tilt", [0, 20])
def test_the_midline_of_a_turned_head_is_found(spacing, turn, shift, tilt):
    """To 0.7 degrees and 0.7 mm, on slices tilted with the head too."""
    brain, affine, normal, point = head((96, 96, 20), spacing, turn, shift, tilt)
    found = proposed_midline(brain, affine)
    assert np.rad2deg(np.arccos(min(1.0, np.dot(found.normal, normal)))) < 0.7
    assert abs(np.dot(np.subtract(found.point, point), found.normal)) < 0.7
    assert found.normal[0] > 0


def test_the_midline_is_that_of_the_whole_not_of_the_half_that_is_missing():
    """A bite out of one side pulls the centroid, and not the plane."""
    brain, affine, normal, point = head((96, 96, 20), (-2.0, 2.0, 5.0), 4, 0)
    where = places(brain.shape, affine)
    brain &= ~((where[..., 0] > 38) & (where[..., 1] > -30))
    centroid = where[brain].mean(axis=0)
    found = proposed_midline(brain, affine)
    off = abs(np.dot(np.subtract(found.point, point), normal))
    assert off < 0.5 * abs(np.dot(centroid - point, normal))


def test_a_midline_is_proposed_whatever_the_order_of_the_axes():
    """Sagittal slices: left and right is the last axis."""
    brain, affine, normal, _ = head((96, 96, 20), (-2.0, 2.0, 5.0), 5, 3)
    order = [1, 2, 0]
    moved = affine.copy()
    moved[:, :3] = affine[:, order]
    found = proposed_midline(np.transpose(brain, order), moved)
    assert np.rad2deg(np.arccos(min(1.0, np.dot(found.normal, normal)))) < 0.7


def test_a_midline_is_found_in_a_single_slice_and_in_a_phantom():
    one = phantom((48, 48, 5))
    assert one.series.affine is not None
    found = proposed_midline(one.brain, one.series.affine)
    assert found.normal == pytest.approx((1, 0, 0), abs=0.005)
    assert found.point[0] == pytest.approx(0, abs=0.3)
    assert proposed_midline(one.brain, one.series.affine) == found
    for tilt in (0, 20, -33):  # a last bit off its slice is not off the brain
        affine = grid((48, 48, 1), (-4.5, 4.5, 9.6), turned(0, tilt) @ turned(1, tilt / 3))
        found = proposed_midline(one.brain[:, :, 2:3], affine)
        across = -affine[:3, 0] / 4.5
        assert found.normal == pytest.approx(across.tolist(), abs=0.02)


def test_a_midline_holds_the_axis_through_the_slices():
    """Also where slices are sheared against each other: it is the same line in each."""
    affine = grid((64, 64, 8), (-3.0, 3.0, 6.0))
    affine[0, 2] = 2.0  # mm to the right from slice to slice
    one = phantom((64, 64, 8))
    found = proposed_midline(one.brain, affine)
    assert np.dot(found.normal, affine[:3, 2]) == pytest.approx(0, abs=1e-9)


def test_a_midline_is_found_at_once():
    brain, affine, *_ = head((128, 128, 20), (-1.7, 1.7, 5.0), 5, 3)
    took = []
    for _ in range(3):
        start = time.thread_time()
        proposed_midline(brain, affine)
        took.append(time.thread_time() - start)
    assert min(took) < 0.5


def test_a_midline_that_makes_no_sense_is_refused():
    with pytest.raises(DscError, match=r"normal must have length 1, got 2\."):
        Midline(point=(0.0, 0.0, 0.0), normal=(2.0, 0.0, 0.0))
    with pytest.raises(DscError, match="midline must be finite"):
        Midline(point=(np.nan, 0.0, 0.0), normal=(1.0, 0.0, 0.0))
    plane = Midline(point=(0.0, 0.0, 0.0), normal=(1.0, 0.0, 0.0))
    brain = np.ones((3, 3, 3), dtype=bool)
    with pytest.raises(DscError, match="brain must hold a voxel"):
        proposed_midline(~brain, np.eye(4))
    with pytest.raises(DscError, match="brain must have 3 axes, got 2"):
        proposed_midline(brain[0], np.eye(4))
    with pytest.raises(DscError, match="labels must have 3 axes, got 2"):
        mirrored(brain[0], np.eye(4), plane)
    for affine, words in (
        (None, "affine must be known"),
        (np.eye(3), r"shape \(4, 4\)"),
        (np.diag([1.0, 0, 1, 1]), "give each voxel a volume"),
        (np.diag([1.0, np.nan, 1, 1]), "give each voxel a volume"),
    ):
        for ask in (
            lambda affine=affine: proposed_midline(brain, affine),
            lambda affine=affine: mirrored(brain, affine, plane),
            lambda affine=affine: beyond((3, 3, 3), affine, plane),
        ):
            with pytest.raises(DscError, match=words):
                ask()


def test_a_ratio_to_what_is_not_positive_means_nothing():
    """Times before the arrival of the bolus are negative; their difference stands."""
    for mirror in (0.0, -2.0, np.nan):
        found = Sides(units="s", mean=4.0, mirror=mirror, n=1, mirror_n=1)
        assert np.isnan(found.ratio)
        assert found.difference == pytest.approx(4.0 - mirror, nan_ok=True)
    assert Sides(units="s", mean=4.0, mirror=2.0, n=1, mirror_n=1).ratio == 2


def volume(values, good, symbol="CBF"):
    return ParameterMap(
        values=values, name="", symbol=symbol, units="s", affine=np.eye(4), quality_mask=good
    )


@settings(derandomize=True, deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**31), at=st.sampled_from([3.5, 4.0]))
def test_a_region_is_compared_with_what_lies_across(seed, at):
    """By explicit masks; the voxels of a region do not count for its own image."""
    random = np.random.default_rng(seed)
    shape = (8, 3, 2)
    values = random.normal(5, 3, shape)
    good = random.random(shape) < 0.8
    other = random.normal(5, 3, shape)
    labels = random.choice([0, 0, 1, 2], shape)
    maps = DSCPerfusionMaps(
        cbv=volume(values, good, "CBV"), cbf=volume(other, good), mtt=volume(values, good, "MTT")
    )
    midline = Midline(point=(at, 0, 0), normal=(1.0, 0, 0))
    rows = against_mirror(maps, labels, np.eye(4), midline, {2: "Lesion"})
    assert [row.label for row in rows] == [one for one in (1, 2) if (labels == one).any()]
    for row in rows:
        region = labels == row.label
        image = np.zeros(shape, dtype=bool)
        for i, j, k in np.argwhere(region):
            if 0 <= 2 * at - i < 8:
                image[int(2 * at - i), j, k] = True
        image &= ~region
        assert row.name == ("Lesion" if row.label == 2 else "Region 1")
        assert (row.voxels, row.mirror_voxels) == (region.sum(), image.sum())
        for one in maps:
            here, there = one.values[region & good], one.values[image & good]
            found = row.maps[one.symbol]
            assert (found.n, found.mirror_n) == (here.size, there.size)
            mean = here.mean() if here.size else np.nan
            mirror = there.mean() if there.size else np.nan
            assert (found.mean, found.mirror) == pytest.approx((mean, mirror), nan_ok=True)
            assert found.difference == pytest.approx(mean - mirror, nan_ok=True)
            ratio = mean / mirror if mirror > 0 else np.nan
            assert found.ratio == pytest.approx(ratio, nan_ok=True)


def test_a_region_with_nothing_across_has_no_ratio():
    """On the midline alone, or beyond the volume."""
    labels = np.array([0, 0, 1, 0, 2]).reshape(5, 1, 1)
    values = np.arange(1.0, 6.0).reshape(5, 1, 1)
    one = volume(values, values > 0)
    maps = DSCPerfusionMaps(cbv=one, cbf=one, mtt=one)
    midline = Midline(point=(2.0, 0, 0), normal=(1.0, 0, 0))
    middle, lesion = against_mirror(maps, labels, np.eye(4), midline)
    assert middle.mirror_voxels == middle.maps["CBF"].mirror_n == 0
    assert middle.maps["CBF"].mean == 3
    assert np.isnan([middle.maps["CBF"].ratio, middle.maps["CBF"].difference]).all()
    assert (lesion.maps["CBF"].ratio, lesion.maps["CBF"].difference) == (5.0, 4.0)
    extra = {"rCBV": volume(2 * values, values > 0)}
    _, lesion = against_mirror(maps, labels, np.eye(4), midline, extra=extra)
    assert lesion.maps["rCBV"].difference == 8
