"""Pieces of late tissue: their order, their sides and where each is seen best."""

import numpy as np
import pytest

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap
from napari_dsc.core.regions import (
    BOTH,
    Cleaning,
    LateVolume,
    LateVolumes,
    Midline,
    largest_slice,
    late_headline,
    late_tissue,
    late_volumes,
    lesions,
    side_of,
)

SHAPE = (40, 30, 12)
AFFINE = np.diag([2.0, 2.0, 5.0, 1.0])  # 0.02 mL; RAS: the first axis runs to the right
AFFINE[:3, 3] = -39.0, -29.0, -27.5  # the middle of the grid at 0
MIDDLE = Midline(point=(0.0, 0.0, 0.0), normal=(1.0, 0.0, 0.0))
BRAIN = np.ones(SHAPE, np.bool_)
LARGE = np.s_[25:35, 5:15, 2:6]  # 400 voxels, 8 mL, to the right of the middle
SMALL = np.s_[28:33, 20:25, 8:11]  # 75 voxels, 1.5 mL, on the same side


def maps_of(tmax, affine=AFFINE):
    def one(symbol):
        return ParameterMap(
            values=tmax,
            name=symbol,
            symbol=symbol,
            units="s",
            affine=affine,
            quality_mask=np.isfinite(tmax),
        )

    return DSCPerfusionMaps(cbv=one("CBV"), cbf=one("CBF"), mtt=one("MTT"), tmax=one("Tmax"))


def late_in(*boxes, shape=SHAPE):
    tmax = np.full(shape, 2.0)
    for box in boxes:
        tmax[box] = 8.0
    return tmax


def turned(degrees):
    """Rotation about the first two axes of the patient, one after the other."""
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ np.array(
        [[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]
    )


def test_two_boxes_on_one_side():
    """The larger one is the first, wherever it lies; all figures in closed form."""
    labels, found = lesions(maps_of(late_in(SMALL, LARGE)), BRAIN, midline=MIDDLE)
    assert [(one.number, one.voxels) for one in found] == [(1, 400), (2, 75)]
    assert [one.volume for one in found] == pytest.approx([8.0, 1.5])
    assert [(one.side, one.largest_slice) for one in found] == [("right", 2), ("right", 8)]
    assert (labels[LARGE] == 1).all()
    assert (labels[SMALL] == 2).all()
    assert np.count_nonzero(labels) == 475
    assert side_of(labels > 0, AFFINE, MIDDLE) == "right"


def test_the_pieces_are_the_cleaned_tissue():
    """The same voxels as the outline and the volume, whatever it was cleaned by."""
    tmax = late_in(SMALL, LARGE)
    tmax[29, 10, 3] = 2.0  # a hole
    tmax[2, 2, 2] = 8.0  # a speck
    for cleaning in (Cleaning(), Cleaning(smallest=0.0), Cleaning(smallest=2.0, fill_holes=False)):
        labels, found = lesions(maps_of(tmax), BRAIN, cleaning=cleaning, midline=MIDDLE)
        (late,) = late_tissue(
            maps_of(tmax),
            BRAIN,
            above=[6.0],
            smallest=cleaning.smallest,
            fill_holes=cleaning.fill_holes,
        )
        np.testing.assert_array_equal(labels > 0, late.mask)
        assert len(found) == late.components
        assert sum(one.volume for one in found) == pytest.approx(late.cleaned)
        told = late_volumes(maps_of(tmax), BRAIN, cleaning)
        assert told is not None
        assert sum(one.volume for one in found) == pytest.approx(told.rows[1].cleaned)
        for one in found:
            assert one.voxels == np.count_nonzero(labels == one.number)


def test_boxes_on_both_sides():
    """Each piece has its own side; of all of it nine tenths decide."""
    other = np.s_[5:15, 5:15, 2:6]  # as large, and to the left
    labels, found = lesions(maps_of(late_in(other, LARGE)), BRAIN, midline=MIDDLE)
    assert [one.side for one in found] == ["left", "right"]  # of one size: the first comes first
    assert side_of(labels > 0, AFFINE, MIDDLE) == BOTH


@pytest.mark.parametrize(("right", "side"), [(8, BOTH), (9, "right"), (10, "right"), (1, "left")])
def test_nine_tenths_decide(right, side):
    mask = np.zeros(SHAPE, np.bool_)
    mask[30, :right, 4] = True
    mask[5, right:10, 4] = True
    assert side_of(mask, AFFINE, MIDDLE) == side
    assert side_of(mask, AFFINE, Midline(point=(0.0, 0, 0), normal=(-1.0, 0, 0))) == side


def test_what_lies_on_the_midline_lies_on_both_sides():
    """Voxels whose centre is on it are of neither side."""
    mask = np.zeros(SHAPE, np.bool_)
    mask[20, 4:9, 4] = True
    assert side_of(mask, AFFINE, Midline(point=(1.0, 0, 0), normal=(1.0, 0, 0))) == BOTH


@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, 1), (-1, -1, 1), (1, -1, -1)])
def test_flipped_axes_do_not_change_the_side(signs):
    """The same patient on a grid whose axes run the other way round."""
    tmax, flips = late_in(LARGE), tuple(slice(None, None, one) for one in signs)
    affine = AFFINE @ np.diag([*signs, 1.0])
    affine[:3, 3] = AFFINE[:3, :3] @ [
        n - 1 if s < 0 else 0 for n, s in zip(SHAPE, signs, strict=True)
    ]
    affine[:3, 3] += AFFINE[:3, 3]
    labels, found = lesions(maps_of(tmax[flips].copy(), affine), BRAIN, midline=MIDDLE)
    assert [one.side for one in found] == ["right"]
    assert side_of(labels > 0, affine, MIDDLE) == "right"
    assert found[0].largest_slice == (2 if signs[2] > 0 else SHAPE[2] - 6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_along_any_axis(axis):
    """A slab that is widest in the slices from 4 to 5."""
    tmax = np.moveaxis(late_in(np.s_[25:30, 5:12, 2:9], np.s_[25:30, 5:20, 4:6]), 2, axis)
    _, found = lesions(maps_of(tmax.copy()), np.ones(tmax.shape, np.bool_), slice_axis=axis)
    assert [one.largest_slice for one in found] == [4]


@pytest.mark.parametrize("degrees", [15.0, 30.0])
def test_an_oblique_grid(degrees):
    """The side is that of the patient, as the positions of the voxels tell, not an index's."""
    affine = np.eye(4)
    affine[:3, :3] = turned(degrees) @ np.diag([2.0, 2.0, 5.0])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    index = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1)
    place = index @ affine[:3, :3].T + affine[:3, 3]
    mask = np.zeros(SHAPE, np.bool_)
    mask[18:26, 10:20, 8:11] = True
    share = np.mean(place[mask][:, 0] > 0)
    expected = "right" if share >= 0.9 else "left" if share <= 0.1 else BOTH
    assert side_of(mask, affine, MIDDLE) == expected
    tmax = np.where(mask, 9.0, 1.0)
    _, (one,) = lesions(maps_of(tmax, affine), BRAIN, midline=MIDDLE)
    assert one.side == expected
    assert one.volume == pytest.approx(240 * 0.02)
    assert side_of(place[..., 0] > 1, affine, MIDDLE) == "right"
    assert side_of(place[..., 0] < -1, affine, MIDDLE) == "left"


def test_a_turned_midline():
    """Of a head that lies askew."""
    normal = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
    askew = Midline(point=(0.0, 0.0, 0.0), normal=tuple(normal.tolist()))
    mask = np.zeros(SHAPE, np.bool_)
    mask[22:26, 26:29, 3] = True  # hardly to the right, far to the front
    assert side_of(mask, AFFINE, askew) == "right"
    mask[:] = False
    mask[22:26, 1:4, 3] = True
    assert side_of(mask, AFFINE, askew) == "left"


def test_without_an_affine():
    """Pieces are known, volumes and sides are not; nothing is cleaned."""
    tmax = late_in(SMALL, LARGE)
    tmax[2, 2, 2] = 8.0
    labels, found = lesions(maps_of(tmax, None), BRAIN, midline=MIDDLE)
    assert [one.voxels for one in found] == [400, 75, 1]
    assert all(np.isnan(one.volume) and one.side == "" for one in found)
    assert side_of(labels > 0, None, MIDDLE) == ""


def test_without_a_midline_no_side_is_told():
    """Nor about one that parts front from back."""
    _, found = lesions(maps_of(late_in(LARGE)), BRAIN)
    assert [one.side for one in found] == [""]
    across = Midline(point=(0.0, 0.0, 0.0), normal=(0.0, 1.0, 0.0))
    assert side_of(late_in(LARGE) > 6, AFFINE, across) == ""


def test_where_nothing_is_late():
    labels, found = lesions(maps_of(late_in()), BRAIN, midline=MIDDLE)
    assert found == ()
    assert not labels.any()
    assert side_of(labels > 0, AFFINE, MIDDLE) == ""


def test_maps_without_tmax_are_refused():
    maps = maps_of(late_in(LARGE))
    flat = DSCPerfusionMaps(cbv=maps.cbv, cbf=maps.cbf, mtt=maps.mtt)
    with pytest.raises(DscError, match="deconvolution"):
        lesions(flat, BRAIN)


def test_the_largest_slice():
    mask = np.zeros(SHAPE, np.bool_)
    mask[0, :4, 3] = mask[0, :6, 7] = mask[1, :6, 9] = True
    assert largest_slice(mask) == 7
    assert largest_slice(mask, 0) == 0
    assert largest_slice(mask, 1) == 0


def volumes(cleaned, raw):
    row = LateVolume(above=6.0, cleaned=cleaned, raw=raw)
    return LateVolumes(cleaning=Cleaning(), rows=(row,), ratio=0.5, raw_ratio=0.5)


def test_the_headline():
    """Volume and side; the volume before cleaning too, where the two are apart."""
    assert late_headline(volumes(120.84, 121.0), "left") == "Tmax > 6 s: 120.8 mL, left"
    assert late_headline(volumes(100.0, 120.0), "both sides") == (
        "Tmax > 6 s: 100.0 mL (120.0 mL before cleaning), both sides"
    )
    assert late_headline(volumes(0.0, 0.0), "") == "Tmax > 6 s: 0.0 mL"
    assert late_headline(volumes(np.nan, np.nan), "") == "Tmax > 6 s: mL unknown"
    assert late_headline(volumes(1.0, 1.0), "left", above=4.0) == ""
