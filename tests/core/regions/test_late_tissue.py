"""Late tissue, against loops over components that are written here."""

from collections import deque
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap
from napari_dsc.core.regions import hir, late_tissue, mismatch, tmax_volume

EACH = 0.1  # mL
AFFINE = np.diag([-5.0, 4.0, 5.0, 1.0])
FACES = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
IN_PLANE = [(i, j, 0) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]


def maps_of(tmax, good=None, affine=AFFINE):
    tmax = np.asarray(tmax, dtype=np.float32)
    good = np.isfinite(tmax) if good is None else good

    def one(symbol):
        return ParameterMap(
            values=tmax, name="", symbol=symbol, units="", affine=affine, quality_mask=good
        )

    return DSCPerfusionMaps(one("CBV"), one("CBF"), one("MTT"), tmax=one("Tmax"))


def pieces(mask, steps):
    """Connected components as lists of voxels: a flood from each voxel."""
    left = {tuple(index) for index in np.argwhere(mask).tolist()}
    found = []
    while left:
        queue = deque([left.pop()])
        piece = []
        while queue:
            at = queue.popleft()
            piece.append(at)
            for step in steps:
                near = tuple(a + b for a, b in zip(at, step, strict=True))
                if near in left:
                    left.remove(near)
                    queue.append(near)
        found.append(piece)
    return found


def by_hand(raw, brain, voxels):
    """Cleaned mask, specks and holes of a raw one; sizes in voxels."""
    kept = np.zeros_like(raw)
    for piece in pieces(raw, FACES):
        if len(piece) >= voxels:
            kept[tuple(np.transpose(piece))] = True
    specks = int(raw.sum() - kept.sum())
    holes = 0
    cleaned = kept.copy()
    for piece in pieces(~kept, IN_PLANE):
        inside = all(
            0 < i < raw.shape[0] - 1 and 0 < j < raw.shape[1] - 1 and brain[i, j, k]
            for i, j, k in piece
        )
        if inside and len(piece) <= voxels:
            cleaned[tuple(np.transpose(piece))] = True
            holes += len(piece)
    return cleaned, specks, holes


def noisy(seed, late=0.6):
    """Tmax that is late in clumps, with what noise and rejection do to it."""
    random = np.random.default_rng(seed)
    shape = (9, 8, 3)
    tmax = np.where(random.random(shape) < late, 8.0, 3.0) + random.normal(0, 2.5, shape)
    tmax[random.random(shape) < 0.05] = np.nan
    return tmax, random.random(shape) < 0.95, random.random(shape) < 0.97


@settings(derandomize=True, deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**31), late=st.floats(0.1, 0.95), voxels=st.integers(0, 8))
def test_cleaning_is_what_loops_find(seed, late, voxels):
    tmax, good, brain = noisy(seed, late)
    rows = late_tissue(maps_of(tmax, good), brain, smallest=voxels * EACH)
    assert [row.above for row in rows] == [4, 6, 8, 10]
    for row in rows:
        raw = brain & good & (np.nan_to_num(tmax.astype(np.float32)) > row.above)
        cleaned, specks, holes = by_hand(raw, brain, voxels)
        np.testing.assert_array_equal(row.raw_mask, raw)
        np.testing.assert_array_equal(row.mask, cleaned)
        assert (row.raw, row.specks, row.holes) == pytest.approx(
            (raw.sum() * EACH, specks * EACH, holes * EACH)
        )
        assert row.cleaned == pytest.approx(cleaned.sum() * EACH)
        assert row.cleaned == pytest.approx(row.raw - row.specks + row.holes)
        assert row.components == len(pieces(cleaned, FACES))
        assert row.raw == pytest.approx(tmax_volume(maps_of(tmax, good), row.above, brain))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**31), late=st.floats(0.1, 0.95), voxels=st.integers(0, 20))
def test_what_is_later_lies_within_what_is_late(seed, late, voxels):
    """Raw and cleaned, whatever is removed and filled."""
    tmax, good, brain = noisy(seed, late)
    rows = late_tissue(
        maps_of(tmax, good), brain, above=np.arange(1, 12, 0.5), smallest=voxels * EACH
    )
    for wide, narrow in pairwise(rows):
        assert (wide.mask | ~narrow.mask).all()
        assert (wide.raw_mask | ~narrow.raw_mask).all()
        assert not (wide.mask & ~brain).any()


def drawn(*rows):
    """One slice: x late, . not."""
    return np.array([[8.0 if one == "x" else 2.0 for one in row] for row in rows])[..., None]


def clean(tmax, voxels, brain=None, **how):
    brain = np.ones(tmax.shape, dtype=bool) if brain is None else brain
    (row,) = late_tissue(maps_of(tmax), brain, above=[6], smallest=voxels * EACH, **how)
    return row


def test_a_hole_is_filled_if_it_is_small_enclosed_and_brain():
    tmax = drawn("xxxxx", "x.x.x", "xxx.x", "xxxxx")
    row = clean(tmax, 2)
    assert row.mask.all()
    assert (row.raw, row.cleaned, row.holes) == pytest.approx((1.7, 2.0, 0.3))
    assert clean(tmax, 1).holes == pytest.approx(0.1)
    assert clean(tmax, 2, fill_holes=False).holes == 0
    brain = np.ones(tmax.shape, dtype=bool)
    brain[1, 3] = False
    row = clean(tmax, 2, brain)
    assert row.holes == pytest.approx(0.1)
    assert not row.mask[1:3, 3].any()


def test_a_way_out_by_a_corner_is_a_way_out():
    assert clean(drawn("xxx.", "x.xx", "xxxx"), 4).holes == pytest.approx(0.1)
    assert clean(drawn("xx.x", "x.xx", "xxxx"), 4).holes == 0


def test_pieces_that_touch_by_a_corner_are_two():
    tmax = drawn("xx..", "xx..", "..xx", "....")
    row = clean(tmax, 4)
    assert (row.cleaned, row.specks, row.components) == pytest.approx((0.4, 0.2, 1))
    assert clean(tmax, 2).components == 2
    assert clean(tmax, 3).cleaned == pytest.approx(0.4)


def test_a_speck_in_a_hole_goes_with_the_hole():
    """Removed first, filled after: the sum stays right."""
    row = clean(drawn("xxxxx", "x...x", "x.x.x", "x...x", "xxxxx"), 9)
    assert row.mask.all()
    assert (row.specks, row.holes) == pytest.approx((0.1, 0.9))


def test_a_hole_that_is_filled_may_join_two_pieces():
    """One in the next slice that lies over the hole, and nowhere else."""
    ring, over = drawn("xxxx", "x..x", "xxxx"), drawn("....", ".xx.", "....")
    tmax = np.concatenate([ring, over], axis=2)
    assert clean(tmax, 2, fill_holes=False).components == 2
    assert clean(tmax, 2).components == 1


def test_slices_lie_along_any_axis():
    """What is enclosed within a slice may be open to its neighbours."""
    tmax = np.concatenate([drawn("xxxx", "x.xx", "xxxx"), drawn("....", "....", "....")], axis=2)
    for axis in (0, 1, 2):
        moved = np.moveaxis(tmax, 2, axis)
        assert clean(moved, 1, slice_axis=axis).holes == pytest.approx(0.1)
    assert clean(np.moveaxis(tmax, 2, 0), 1, slice_axis=2).holes == 0
    assert clean(tmax, 1, slice_axis=-1).holes == pytest.approx(0.1)


def test_rejected_voxels_are_not_late():
    """They may be filled, and then count for the cleaned volume only."""
    tmax = np.full((3, 3, 1), 8.0)
    good = np.ones((3, 3, 1), dtype=bool)
    good[1, 1] = False
    (row,) = late_tissue(maps_of(tmax, good), good | True, above=[6], smallest=EACH)
    assert (row.raw, row.cleaned, row.holes) == pytest.approx((0.8, 0.9, 0.1))
    (nothing,) = late_tissue(maps_of(tmax, good & False), good | True, above=[6])
    assert (nothing.raw, nothing.cleaned, nothing.components) == (0, 0, 0)


def test_what_just_reaches_a_limit_is_not_above_it():
    tmax = np.array([5.5, 6.0, 6.5, np.inf]).reshape(4, 1, 1)
    (row,) = late_tissue(maps_of(tmax, tmax > 0), tmax > 0, above=[6], smallest=0)
    assert row.mask.ravel().tolist() == [False, False, True, True]


def test_a_piece_of_just_the_smallest_size_stays():
    """Also if a voxel's volume has no end in binary."""
    affine = np.diag([2.0, 2.0, 5.0, 1.0])  # 0.02 mL: 50 of them are 1 mL
    tmax = np.full((50, 1, 1), 8.0)
    for n, kept in ((50, 50), (49, 0)):
        maps = maps_of(tmax[:n], affine=affine)
        (row,) = late_tissue(maps, np.ones((n, 1, 1), dtype=bool), above=[6])
        assert row.mask.sum() == kept


def test_without_an_affine_nothing_is_cleaned():
    """Nobody knows what a millilitre is: volumes are unknown, masks raw, ratios known."""
    tmax, good, brain = noisy(3)
    rows = late_tissue(maps_of(tmax, good, affine=None), brain)
    for row in rows:
        assert np.isnan([row.raw, row.cleaned, row.specks, row.holes]).all()
        np.testing.assert_array_equal(row.mask, row.raw_mask)
    assert hir(rows) == rows[3].raw_mask.sum() / rows[1].raw_mask.sum()


def test_the_intensity_ratio_is_that_of_the_volumes():
    tmax, good, brain = noisy(4)
    rows = late_tissue(maps_of(tmax, good), brain, above=(10, 6), smallest=0.4)
    assert [row.above for row in rows] == [10, 6]
    assert hir(rows) == pytest.approx(rows[0].cleaned / rows[1].cleaned)
    assert hir(rows, cleaned=False) == pytest.approx(rows[0].raw / rows[1].raw)
    assert np.isnan(hir(late_tissue(maps_of(np.zeros((3, 3, 3))), np.ones((3, 3, 3), dtype=bool))))
    with pytest.raises(DscError, match=r"limits 6 and 10 s, got \[10\.0\].*`above`"):
        hir(rows[:1])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**31))
def test_a_mismatch_is_counted_voxel_by_voxel(seed):
    random = np.random.default_rng(seed)
    late, core = random.random((2, 4, 3, 2)) < 0.5
    found = mismatch(late, core, AFFINE)
    assert found.core == pytest.approx(EACH * core.sum())
    assert found.late == pytest.approx(EACH * late.sum())
    assert found.volume == pytest.approx(EACH * sum(late.ravel() & ~core.ravel()))
    ratio = late.sum() / core.sum() if core.any() else np.nan
    assert found.ratio == pytest.approx(ratio, nan_ok=True)
    assert np.isnan(mismatch(late, core & False, AFFINE).ratio)
    unknown = mismatch(late, core, None)
    assert np.isnan([unknown.core, unknown.late, unknown.volume]).all()
    assert unknown.ratio == pytest.approx(ratio, nan_ok=True)


def test_nonsense_is_refused():
    maps = maps_of(np.full((3, 3, 3), 8.0))
    brain = np.ones((3, 3, 3), dtype=bool)
    with pytest.raises(DscError, match="Tmax needs deconvolution"):
        late_tissue(DSCPerfusionMaps(maps.cbv, maps.cbf, maps.mtt), brain)
    with pytest.raises(DscError, match="brain must have the shape of the maps"):
        late_tissue(maps, brain[:1])
    with pytest.raises(DscError, match="maps must have 3 axes, got 2"):
        late_tissue(maps_of(np.zeros((3, 3))), brain[0])
    for bad in (-1.0, np.nan):
        with pytest.raises(DscError, match="smallest must not be negative"):
            late_tissue(maps, brain, smallest=bad)
    with pytest.raises(DscError, match="above must hold limits in seconds"):
        late_tissue(maps, brain, above=[np.nan])
    with pytest.raises(DscError, match="core must have the shape"):
        mismatch(brain, brain[:1], None)


def test_fault_372_what_was_removed_and_filled_is_counted_in_voxels():
    """And both add up to the volumes; a gap larger than the size stays."""
    tmax = np.zeros((16, 16, 1))
    tmax[1:9, 1:9] = 7.0
    tmax[3, 3] = tmax[5:8, 5:8] = 0.0  # a gap of one voxel, and of nine
    tmax[12, 12] = 7.0
    affine = np.diag([10.0, 10.0, 10.0, 1.0])  # 1 mL

    def one(symbol, units):
        return ParameterMap(
            values=tmax, name=symbol, symbol=symbol, units=units, affine=affine,
            quality_mask=np.ones(tmax.shape, np.bool_),
        )  # fmt: skip

    maps = DSCPerfusionMaps(
        cbv=one("CBV", "mL/100g"), cbf=one("CBF", "mL/100g/min"), mtt=one("MTT", "s"),
        tmax=one("Tmax", "s"),
    )  # fmt: skip
    brain = np.ones(tmax.shape, np.bool_)
    (found,) = late_tissue(maps, brain, above=[6.0], smallest=2.0)
    assert (found.removed, found.filled) == (1, 1)
    assert found.cleaned == found.raw - found.removed + found.filled
    (left,) = late_tissue(maps, brain, above=[6.0], smallest=2.0, fill_holes=False)
    assert (left.removed, left.filled) == (1, 0)
    (whole,) = late_tissue(maps, brain, above=[6.0], smallest=9.0)
    assert (whole.removed, whole.filled) == (1, 10)
