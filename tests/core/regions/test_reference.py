"""What CBV and CBF are divided by, on a patient whose tissues are known."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap, phantom
from napari_dsc.core.phantom import Lesion, Tissue
from napari_dsc.core.quantities import CBV_CORRECTED
from napari_dsc.core.regions import (
    Midline,
    amounts_of,
    beyond,
    normalised,
    proposed_midline,
    proposed_reference,
    reference_proposal,
    voxel_volume,
)

NEVER = (
    Tissue.HYPOPERFUSED,
    Tissue.ARTERY,
    Tissue.PARTIAL_ARTERY,
    Tissue.SATURATED_ARTERY,
    Tissue.VEIN,
)


@pytest.fixture(scope="module", params=[(50, 1), (50, 2), (100, 1), (100, 2)], ids=str)
def known(request, analyse):
    """A patient and the maps of it."""
    snr, seed = request.param
    one = phantom((64, 64, 8), snr=snr, seed=seed)
    return one, analyse(one.series, one.artery, one.brain).maps


@pytest.mark.parametrize("sides", [1, 2])
def test_the_proposal_is_white_matter(known, sides):
    """Four fifths of it at least, none late and none a vessel; about 20 mL, accepted brain."""
    one, maps = known
    affine = one.series.affine
    midline = proposed_midline(one.brain, affine) if sides == 1 else None
    region = proposed_reference(maps, one.brain, affine, midline)
    tissue = one.tissue[region]
    assert (tissue == Tissue.WHITE).mean() >= 0.8
    assert not np.isin(tissue, NEVER).any()
    assert 5 < region.sum() * voxel_volume(affine) <= 20
    assert (maps.quality_mask & one.brain)[region].all()
    again = proposed_reference(maps, one.brain, affine, midline)
    np.testing.assert_array_equal(again, region)


def test_the_proposal_lies_away_from_late_tissue(known):
    """The lesion is on the patient's left; wherever the normal points."""
    one, maps = known
    affine = one.series.affine
    right = proposed_midline(one.brain, affine)
    left = Midline(point=right.point, normal=(-right.normal[0], -right.normal[1], -right.normal[2]))
    lesion = one.tissue == Tissue.HYPOPERFUSED
    there = beyond(lesion.shape, affine, right)
    assert (lesion & ~there).sum() > 20 * (lesion & there).sum()
    for midline in (right, left):
        region = proposed_reference(maps, one.brain, affine, midline)
        assert there[region].all()


def test_fault_386_no_reference_on_the_side_of_a_tumour(known):
    """Also where that side has less late tissue, and whatever enhances is none of it."""
    one, maps = known
    affine = one.series.affine
    midline = proposed_midline(one.brain, affine)
    there = beyond(one.brain.shape, affine, midline)
    usual = proposed_reference(maps, one.brain, affine, midline)
    assert there[usual].all()  # away from what is late
    tumour = np.zeros_like(one.brain)
    tumour[tuple(np.argwhere(usual).T)] = True
    region = proposed_reference(maps, one.brain, affine, midline, tumour=tumour)
    assert not there[region].any()
    region = proposed_reference(maps, one.brain, affine, None, tumour=tumour)
    assert not (region & tumour).any()


def test_corrected_blood_volume_is_normalised_beside_the_uncorrected(known):
    """By its own mean in the reference."""
    one, maps = known
    after = replace(maps.cbv, values=2 * maps.cbv.values, symbol=CBV_CORRECTED.symbol)
    found = amounts_of(replace(maps, more={CBV_CORRECTED.key: after}))
    assert [each.symbol for each in found] == ["CBV", "CBF", "Corrected CBV"]
    white = one.tissue == Tissue.WHITE
    raw, _, corrected = (normalised(each, white) for each in found)
    assert corrected.symbol == "Corrected rCBV"
    np.testing.assert_allclose(corrected.values, raw.values, rtol=1e-5)


@pytest.mark.parametrize(
    ("key", "factor", "more"), [("tmax", 1, 4.5), ("mtt", 3, 0), ("mtt", 0.2, 0), ("cbv", 3, 0)]
)
def test_each_map_alone_speaks_against_a_voxel(known, key, factor, more):
    """Where one of them is odd, in the front of the brain, nothing is proposed."""
    one, maps = known
    before = proposed_reference(maps, one.brain, one.series.affine, None)
    column = getattr(maps, key)
    values = column.values.copy()
    front = np.argwhere(before)[:, 1].mean().astype(int) - 3
    values[:, front : front + 7] = factor * values[:, front : front + 7] + more
    maps = replace(maps, **{key: replace(column, values=values)})
    region = proposed_reference(maps, one.brain, one.series.affine, None)
    assert before[:, front : front + 7].sum() > 20
    assert not region[:, front + 1 : front + 6].any()


@pytest.mark.parametrize("side", [True, False])
@pytest.mark.parametrize(("late", "slower"), [(0, 1.1), (4, 1.1), (12, 1.0), (12, 1.1)])
def test_fault_377_oedema_is_left_for_the_side_with_more_flow(known, side, late, slower):
    """It looks like white matter, and less blood flows: CBV over MTT tells, unless late tissue
    does; a single late voxel does not. Where the two disagree, that is said (fault 430).
    """
    one, maps = known
    affine = one.series.affine
    midline = proposed_midline(one.brain, affine)
    half = beyond(one.brain.shape, affine, midline) == side
    ill = one.brain & ~half  # its flow is lower everywhere
    times = np.minimum(maps.tmax.values, 6.0)
    times[ill & (np.indices(ill.shape).sum(axis=0) % 3 == 0)] = 9.0  # specks, by no face
    block = np.argwhere(half & maps.quality_mask)
    voxels = round(late / voxel_volume(affine))
    near = np.argsort(np.abs(block - np.median(block, axis=0)).sum(axis=1))[:voxels]
    times[tuple(block[near].T)] = 9.0
    even = alike(maps.mtt, maps.cbv)
    mtt = replace(maps.mtt, values=np.where(ill, slower * even, even))
    maps = replace(maps, tmax=replace(maps.tmax, values=times), mtt=mtt)
    region, doubt = reference_proposal(maps, one.brain, affine, midline)
    expected = ill if late > 5 else half
    assert expected[region].all()
    assert np.array_equal(region, proposed_reference(maps, one.brain, affine, midline))
    assert ("9 % less blood flows" in doubt) == (late > 5 and slower > 1)
    assert bool(doubt) == (late > 5 and slower > 1)


def alike(mtt, cbv):
    """Transit times under which CBV over MTT is the same everywhere."""
    ratio = np.nanmedian(cbv.values[cbv.quality_mask]) / np.nanmedian(mtt.values[mtt.quality_mask])
    return cbv.values / ratio


def test_a_proposal_follows_the_grid(known):
    """The same voxels on turned axes, if nothing has to be cut to size."""
    one, maps = known
    tiny = one.series.affine @ np.diag([0.1, 0.1, 0.1, 1])
    region = proposed_reference(maps, one.brain, tiny, None)

    def moved(array):
        return np.moveaxis(array, 2, 0)

    turned = DSCPerfusionMaps(
        *(
            replace(one_, values=moved(one_.values), quality_mask=moved(one_.quality_mask))
            for one_ in maps
        )
    )
    again = proposed_reference(turned, moved(one.brain), tiny[:, [2, 0, 1, 3]], None, slice_axis=0)
    np.testing.assert_array_equal(again, moved(region))
    assert region.sum() > proposed_reference(maps, one.brain, one.series.affine, None).sum()


def test_a_proposal_is_made_at_once(analyse):
    one = phantom((128, 128, 20), snr=50)
    maps = analyse(one.series, one.artery, one.brain).maps
    assert one.series.affine is not None
    start = time.thread_time()
    region = proposed_reference(maps, one.brain, one.series.affine, None)
    assert time.thread_time() - start < 1
    assert (one.tissue[region] == Tissue.WHITE).mean() > 0.95


def test_noise_that_leaves_only_grey_matter_is_told(analyse):
    """White matter loses its answers first: no proposal rather than a wrong one."""
    one = phantom((64, 64, 8), snr=12, seed=1)
    maps = analyse(one.series, one.artery, one.brain).maps
    assert one.series.affine is not None
    with pytest.raises(DscError, match=r"must be accepted, got [1-6]\d %.*by hand"):
        proposed_reference(maps, one.brain, one.series.affine, None)


def test_what_cannot_be_proposed_is_told(known):
    one, maps = known
    affine = one.series.affine
    with pytest.raises(DscError, match="Tmax needs deconvolution"):
        proposed_reference(replace(maps, tmax=None), one.brain, affine, None)
    with pytest.raises(DscError, match="brain must have the shape"):
        proposed_reference(maps, one.brain[1:], affine, None)
    unknown: Any = None
    with pytest.raises(DscError, match="affine must be known"):
        proposed_reference(maps, one.brain, unknown, None)
    with pytest.raises(DscError, match="of the brain must be accepted"):
        proposed_reference(maps, one.brain & False, affine, None)
    thin = np.zeros_like(one.brain)
    thin[30] = maps.quality_mask[30]
    with pytest.raises(DscError, match="No voxel looks like"):
        proposed_reference(maps, thin, affine, None)


def cbv(values, good=True, symbol="CBV"):
    values = np.asarray(values, dtype=np.float32)
    return ParameterMap(
        values=values,
        name="Cerebral blood volume",
        symbol=symbol,
        units="mL/100g",
        affine=np.eye(4),
        quality_mask=np.broadcast_to(np.asarray(good), values.shape),
    )


def test_a_normalised_map_is_1_in_its_reference():
    """In the mean over the accepted voxels; what has no answer has none."""
    one = cbv([2, 4, 90, np.nan, 9, 6], good=[True, True, False, True, True, True])
    region = np.array([True, True, True, True, True, False])
    found = normalised(one, region, "white matter")
    np.testing.assert_allclose(found.values, np.array([2, 4, 90, np.nan, 9, 6]) / 5, rtol=1e-6)
    assert found.values.dtype == np.float32
    assert (found.symbol, found.units) == ("rCBV", "1")
    assert found.name == "Ratio of cerebral blood volume to the mean of the white matter"
    np.testing.assert_array_equal(found.quality_mask, one.quality_mask)
    assert found.affine is one.affine
    accepted = found.values[region & found.quality_mask]
    assert np.nanmean(accepted) == pytest.approx(1)
    for symbol, relative in (("CBF", "rCBF"), ("rCBF", "rCBF"), ("rCBV", "rCBV")):
        assert normalised(cbv([1, 2], symbol=symbol), np.ones(2, dtype=bool)).symbol == relative
    twice = normalised(found, region)
    np.testing.assert_allclose(twice.values, found.values, rtol=1e-6)


def test_a_reference_without_a_mean_is_refused():
    every = np.ones(3, dtype=bool)
    with pytest.raises(DscError, match="white matter must hold an accepted voxel"):
        normalised(cbv([1, 2, 3], good=False), every, "white matter")
    with pytest.raises(DscError, match="reference region must hold an accepted voxel"):
        normalised(cbv([np.nan] * 3), every)
    with pytest.raises(DscError, match="must hold an accepted voxel"):
        normalised(cbv([1, 2, 3]), ~every)
    for values in ([-1, -2, 1], [0, 0, 0]):
        with pytest.raises(DscError, match=r"positive mean, got .* mL/100g"):
            normalised(cbv(values), every)
    with pytest.raises(DscError, match="reference region must have the shape"):
        normalised(cbv([1, 2, 3]), np.ones(1, dtype=bool))
    with pytest.raises(DscError, match="must be CBV or CBF or Corrected CBV, got MTT"):
        normalised(cbv([1, 2, 3], symbol="MTT"), every)


@pytest.mark.parametrize(("seed", "snr"), [(0, 100.0), (3, 50.0)])
def test_fault_170_the_proposal_is_white_matter_at_any_matrix(analyse, seed, snr):
    """Folds of cortex in every slice: what is low over more than a fold is white matter."""
    lesion: Lesion = "stroke" if seed == 0 else "none"
    one = phantom(snr=snr, seed=seed, anatomy="realistic", lesion=lesion)
    maps = analyse(one.series, one.artery, one.brain).maps
    affine = np.asarray(one.series.affine)
    region = proposed_reference(maps, one.brain, affine, proposed_midline(one.brain, affine))
    assert (one.tissue[region] == Tissue.WHITE).mean() > 0.75
    deep = np.nanpercentile(one.truth["cbv"][one.tissue == Tissue.WHITE], 25)
    assert np.nanmean(one.truth["cbv"][region]) == pytest.approx(deep, rel=0.1)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("seed", [41, 42])
def test_fault_377_white_matter_is_proposed_away_from_the_oedema_of_a_tumour(analyse, seed, turned):
    """Whichever side the tumour is on; the head is turned with it."""
    one = phantom((64, 64, 8), snr=100, seed=seed, anatomy="realistic", lesion="tumour")
    maps, affine = analyse(one.series, one.artery, one.brain).maps, np.asarray(one.series.affine)
    tissue, brain = one.tissue, one.brain
    if turned:
        tissue, brain = tissue[::-1], brain[::-1]
        accepted = maps.quality_mask[::-1]
        columns = {
            key: replace(column, values=column.values[::-1], quality_mask=accepted)
            for key, column in maps.items()
        }
        maps = DSCPerfusionMaps.from_keys(columns, quality_mask=accepted)
    region = proposed_reference(maps, brain, affine, proposed_midline(brain, affine))
    assert (tissue[region] == Tissue.OEDEMA).mean() < 0.05
    assert (tissue[region] == Tissue.WHITE).mean() > 0.6


@pytest.mark.parametrize("seed", [41, 50])
def test_fault_430_oedema_opposite_a_stroke_is_told(analyse, seed):
    """Late tissue speaks against one side, and nothing but its flow against the other."""
    one = phantom((64, 64, 8), snr=100, seed=seed, anatomy="realistic", lesion="both")
    maps, affine = analyse(one.series, one.artery, one.brain).maps, np.asarray(one.series.affine)
    midline = proposed_midline(one.brain, affine)
    region, doubt = reference_proposal(maps, one.brain, affine, midline)
    assert (one.tissue[region] == Tissue.OEDEMA).mean() > 0.1
    assert "it may hold oedema" in doubt
    stroke = phantom((64, 64, 8), snr=100, seed=seed, anatomy="realistic", lesion="stroke")
    maps = analyse(stroke.series, stroke.artery, stroke.brain).maps
    region, doubt = reference_proposal(maps, stroke.brain, affine, midline)
    assert not (stroke.tissue[region] == Tissue.OEDEMA).any()
    assert not doubt
