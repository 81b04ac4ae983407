"""Burden, hot spots, vessels and the standard scale: closed forms, and a glioma."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, analyse
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.tumour import (
    StandardScale,
    TumourChoice,
    hot_spots,
    make_standard_scale,
    read_tumour,
    standardised,
    tumour_burden,
    vessel_mask,
)
from napari_dsc.core.types import BolusMaps, DSCPerfusionMaps, ParameterMap
from tests.core.tumour.patients import glioma, rim_of

SHAPE = (20, 20, 3)
AFFINE = np.diag([2.0, 2.0, 5.0, 1.0])
EVERYWHERE = np.ones(SHAPE, dtype=bool)


def volume(values, symbol="rCBV", mask=None):
    """A map of some values, of which all or some voxels stand."""
    stands = np.ones(values.shape, bool) if mask is None else mask
    return ParameterMap(
        values=values, name=symbol, symbol=symbol, units="1", affine=AFFINE, quality_mask=stands
    )


def maps_of(values):
    """Maps whose blood volume is known."""
    return BolusMaps({"auc": volume(values, "AUC")})


@pytest.fixture(scope="module")
def tumour() -> DSCPerfusionMaps:
    """Maps of a glioma, with those of the bolus's shape."""
    patient = glioma()
    return analyse(patient.series, patient.artery, brain=patient.brain, bolus_maps=True).maps


def test_fault_338_burden_counts_what_is_accepted_and_no_vessel():
    values = np.zeros(SHAPE)
    values[0, :10, 0] = np.linspace(0.5, 2.3, 10)  # 0.5, 0.7 … 2.3
    region = np.zeros(SHAPE, bool)
    region[0, :10, 0] = True
    accepted, vessels = EVERYWHERE.copy(), np.zeros(SHAPE, bool)
    accepted[0, 0, 0] = False  # 0.5
    vessels[0, 9, 0] = True  # 2.3
    found = tumour_burden(volume(values, mask=accepted), region, vessels=vessels)
    assert (found.voxels, found.vessels, found.rejected) == (8, 1, 1)
    assert found.above == (6 / 8, 2 / 8)  # 1.1 … 2.1, and 1.9, 2.1
    assert "rCBV above 1.75: 25 %" in found.words
    assert tumour_burden(volume(values), region, thresholds=(1.6,)).above == (0.4,)


def test_burden_of_nothing_is_no_number():
    found = tumour_burden(volume(np.ones(SHAPE)), np.zeros(SHAPE, bool))
    assert np.isnan(found.above).all()
    assert "no enhancing voxel" in found.words


@pytest.mark.parametrize("thresholds", [(), (1.75, 1.0), (0.0, 1.0), (np.nan,), (1.0, 1.0)])
def test_thresholds_that_are_none_are_refused(thresholds):
    with pytest.raises(DscError, match="thresholds must"):
        tumour_burden(volume(np.ones(SHAPE)), EVERYWHERE, thresholds=thresholds)


def test_burden_is_none_of_a_map_that_is_not_normalised():
    with pytest.raises(DscError, match="must be blood volume over normal white matter"):
        tumour_burden(volume(np.ones(SHAPE), "CBV"), EVERYWHERE)


def test_the_hottest_discs_are_found_in_order_and_share_no_voxel():
    """Three discs of 6 mm at known places: 7 or more voxels each of 2 mm."""
    values = np.ones(SHAPE)
    for at, level in (((5, 5, 1), 9.0), ((12, 5, 1), 7.0), ((5, 14, 2), 8.0)):
        x, y = np.ogrid[: SHAPE[0], : SHAPE[1]]
        values[..., at[2]][(x - at[0]) ** 2 + (y - at[1]) ** 2 <= 2.25] = level
    found = hot_spots(volume(values), EVERYWHERE, AFFINE, count=3)
    assert [one.centre for one in found.spots] == [(5, 5, 1), (5, 14, 2), (12, 5, 1)]
    assert [one.mean for one in found.spots] == pytest.approx([9.0, 8.0, 7.0])
    assert found.mean == pytest.approx(8.0)
    assert found.sd == pytest.approx(1.0)
    assert [int((found.labels == n).sum()) for n in (1, 2, 3)] == [9, 9, 9]
    assert [one.voxels for one in found.spots] == [9, 9, 9]
    assert "3 spots of 6 mm" in found.words


def test_spots_lie_within_a_slice_whichever_way_the_slices_run():
    values = np.random.default_rng(0).uniform(0, 5, (12, 12, 12))
    one = ParameterMap(
        values=values,
        name="rCBV",
        symbol="rCBV",
        units="1",
        affine=np.eye(4),
        quality_mask=np.ones(values.shape, bool),
    )
    for axis in range(3):
        found = hot_spots(one, np.ones(values.shape, bool), np.eye(4), slice_axis=axis)
        for spot in range(1, 6):
            assert np.unique(np.nonzero(found.labels == spot)[axis]).size == 1


def test_no_voxel_is_in_two_spots():
    """On a hill, where the next best centre lies beside the best."""
    x, y = np.ogrid[: SHAPE[0], : SHAPE[1]]
    hill = np.exp(-((x - 10) ** 2 + (y - 10) ** 2) / 60.0)[..., None] * np.array([0.5, 1.0, 0.5])
    found = hot_spots(volume(hill), EVERYWHERE, AFFINE)
    assert [one.voxels for one in found.spots] == [9] * 5
    assert [int((found.labels == n).sum()) for n in range(1, 6)] == [9] * 5


def test_a_spot_at_an_edge_a_vessel_or_a_rejected_voxel_is_none():
    """Single bright voxels do not make a spot of what is outside."""
    values = np.ones(SHAPE)
    values[10, 10, 1], values[3, 3, 0] = 500.0, 100.0
    vessels = np.zeros(SHAPE, bool)
    vessels[10, 10, 1] = True
    accepted = EVERYWHERE.copy()
    accepted[3, 3, 0] = False
    found = hot_spots(volume(values, mask=accepted), EVERYWHERE, AFFINE, vessels=vessels)
    assert found.mean == pytest.approx(1.0)
    line = np.zeros(SHAPE, bool)
    line[10, :, 1] = True
    assert hot_spots(volume(values), line, AFFINE).spots == ()
    assert "no spot" in hot_spots(volume(values), line, AFFINE).words


def test_fewer_spots_than_asked_are_said():
    small = np.zeros(SHAPE, bool)
    small[4:7, 4:7, 1] = True
    found = hot_spots(volume(np.ones(SHAPE)), small, AFFINE)
    assert len(found.spots) == 1
    assert "1 of 5 spots" in found.words
    assert np.isnan(found.sd)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"diameter": 0.0}, "diameter"), ({"count": 0}, "count"), ({"affine": None}, "affine")],
)
def test_spots_that_make_no_sense_are_refused(change, message):
    asked = {"one": volume(np.ones(SHAPE)), "region": EVERYWHERE, "affine": AFFINE}
    with pytest.raises(DscError, match=message):
        hot_spots(**asked | change)


def test_vessels_exceed_the_median_by_so_many_times():
    values = np.ones(SHAPE)
    values[0, 0, 0], values[0, 1, 0] = 5.1, 4.9
    assert np.argwhere(vessel_mask(maps_of(values), EVERYWHERE)).tolist() == [[0, 0, 0]]
    assert vessel_mask(maps_of(values), EVERYWHERE, times=4.5).sum() == 2
    brain = EVERYWHERE.copy()
    brain[0] = False
    assert not vessel_mask(maps_of(values), brain).any()
    with pytest.raises(DscError, match="times must be above 1"):
        vessel_mask(maps_of(values), EVERYWHERE, times=1.0)


def test_a_gliomas_vessels_are_found_and_its_rim_is_none(tumour):
    patient = glioma()
    found = vessel_mask(tumour, patient.brain)
    for tissue in (Tissue.ARTERY, Tissue.VEIN, Tissue.PARTIAL_ARTERY):
        assert found[(patient.tissue == tissue) & patient.brain].mean() > 0.8
    for tissue in (Tissue.TUMOUR, Tissue.WHITE, Tissue.OEDEMA, Tissue.NECROSIS):
        assert found[(patient.tissue == tissue) & patient.brain].mean() < 0.03


def test_a_gliomas_burden_is_that_of_its_own_numbers(tumour):
    """Counted once more by hand, from the map of blood volume."""
    patient = glioma()
    rim, white = rim_of(patient), patient.tissue == Tissue.WHITE
    found = read_tumour(tumour, patient.brain, rim, white)
    cbv, stands = tumour.cbv.values, tumour.cbv.quality_mask
    white_mean = cbv[white & stands].mean(dtype=np.float64)
    counted = rim & patient.brain & stands & ~found.vessels
    ratio = cbv[counted] / white_mean
    assert found.burden.voxels == counted.sum()
    assert found.burden.above == pytest.approx([(ratio > 1).mean(), (ratio > 1.75).mean()])
    assert found.maps["rCBV"].mean == pytest.approx(ratio.mean(), rel=1e-5)
    assert found.histogram.counts.sum() + found.histogram.above == counted.sum()
    assert found.maps["PSR"].mean > 105  # of an agent that leaks
    assert found.spots is not None
    assert len(found.spots.spots) == 5
    assert found.spots.mean > found.maps["rCBV"].median
    assert not (found.spots.labels > 0)[~rim].any()
    assert any("burden" in line for line in found.lines)
    assert found.doubt == ""


def test_fault_334_a_tumour_that_is_taken_as_vessels_is_doubted(tumour):
    patient = glioma()
    white = patient.tissue == Tissue.WHITE
    choice = TumourChoice(vessel_times=1.2)
    found = read_tumour(tumour, patient.brain, rim_of(patient), white, choice)
    assert "a very vascular tumour may exceed the limit" in found.doubt
    assert found.doubt in found.lines


def test_a_reading_needs_what_enhances_within_the_brain(tumour):
    patient = glioma()
    with pytest.raises(DscError, match="must hold a voxel of the brain"):
        read_tumour(tumour, patient.brain, ~patient.brain, patient.brain)


def test_a_scan_on_its_own_scale_has_a_median_of_one_and_keeps_its_order():
    random = np.random.default_rng(2)
    one, other = (maps_of(random.gamma(4, scale, SHAPE)) for scale in (1.0, 30.0))
    scale = make_standard_scale([(one, EVERYWHERE), (other, EVERYWHERE)])
    assert scale.scans == 2
    first, second = (standardised(each.more["auc"], EVERYWHERE, scale) for each in (one, other))
    for made in (first, second):
        assert made.symbol == "sCBV"
        assert np.median(made.values) == pytest.approx(1.0, rel=0.01)
    order = np.argsort(other.more["auc"].values.ravel())
    assert (np.diff(second.values.ravel()[order]) >= 0).all()
    high, too = (np.percentile(each.values, 90) for each in (first, second))
    assert high == pytest.approx(too, rel=1e-3)


def test_a_standard_scale_does_not_know_the_dose():
    """Twice the dose gives the same standardised map."""
    random = np.random.default_rng(4)
    values = random.gamma(3, 2, SHAPE)
    pool = [(maps_of(random.gamma(3, 2, SHAPE)), EVERYWHERE) for _ in range(3)]
    scale = make_standard_scale(pool)
    once, twice = (
        standardised(volume(factor * values, "AUC"), EVERYWHERE, scale).values for factor in (1, 2)
    )
    assert np.allclose(once, twice)
    assert once.max() > scale.landmarks[-1]  # beyond the last landmark the mapping goes on


@pytest.mark.parametrize("scans", [0, 1])
def test_fault_339_a_scale_needs_several_scans(scans):
    made = [(maps_of(np.random.default_rng(0).gamma(3, 2, SHAPE)), EVERYWHERE)] * scans
    with pytest.raises(DscError, match="at least 2 scans"):
        make_standard_scale(made)


@pytest.mark.parametrize("landmarks", [(1.0, 2.0), tuple([1.0] * 11), (np.nan,) * 11])
def test_landmarks_that_are_none_are_refused(landmarks):
    with pytest.raises(DscError, match="landmarks must"):
        StandardScale(landmarks=landmarks, scans=3)


def test_an_even_brain_has_no_landmarks():
    with pytest.raises(DscError, match="got an even map"):
        make_standard_scale([(maps_of(np.ones(SHAPE)), EVERYWHERE)] * 2)


def test_fault_390_corrected_blood_volume_is_read_beside_the_uncorrected(tumour):
    """By its own map, over its own mean in the reference; and in how many of the voxels."""
    patient = glioma()
    rim, white = rim_of(patient) & patient.brain, patient.tissue == Tissue.WHITE
    raw = tumour.cbv
    half = rim & (np.indices(rim.shape)[0] % 2 == 0)
    values = np.where(half, 1.5 * raw.values, raw.values)
    after = replace(raw, values=values, symbol="Corrected CBV", name="Corrected")
    maps = replace(tumour, more={**tumour.more, "cbv_corrected": after})
    plain = read_tumour(maps, patient.brain, rim, white)
    assert plain.corrected is None
    assert any("is not corrected for leakage" in line for line in plain.lines)
    found = read_tumour(maps, patient.brain, rim, white, corrected_in=half)
    counted = rim & ~found.vessels
    stands = white & after.quality_mask
    ratio = (values / values[stands].mean(dtype=np.float64))[counted & after.quality_mask]
    assert found.corrected is not None
    assert found.corrected.burden.above[1] == pytest.approx((ratio > 1.75).mean())
    assert found.maps["Corrected rCBV"].mean == pytest.approx(ratio.mean(), rel=1e-5)
    assert found.corrected.share == pytest.approx(half[counted].mean())
    assert found.burden == plain.burden
    (line,) = [one for one in found.lines if one.startswith("Not corrected for leakage: rCBV")]
    assert found.burden.words in line
    assert found.spots is not None
    assert found.spots.words in line
    assert f"in {100 * found.corrected.share:.0f} % of these voxels only" in found.lines[0]


def corrected_maps(tumour):
    """Maps whose corrected blood volume is another than the uncorrected."""
    raw = tumour.cbv
    values = np.where(np.indices(raw.values.shape)[0] % 2 == 0, 1.5 * raw.values, raw.values)
    after = replace(raw, values=values, symbol="Corrected CBV", name="Corrected")
    return replace(tumour, more={**tumour.more, "cbv_corrected": after})


def test_fault_480_the_first_line_and_the_line_above_the_pictures_tell_the_same_shares(tumour):
    """Corrected where they were corrected: lines, bar and hot spots are of one blood volume."""
    patient = glioma()
    rim, white = rim_of(patient) & patient.brain, patient.tissue == Tissue.WHITE
    maps = corrected_maps(tumour)
    for where in (None, rim):
        found = read_tumour(maps, patient.brain, rim, white, corrected_in=where)
        assert found.headline in found.lines[0]
        assert found.lines[0].startswith("Fractional tumour burden")
        told = found if where is None else found.corrected
        assert told is not None
        assert told.spots is not None
        assert found.told_spots is told.spots
        symbol = "rCBV" if where is None else "Corrected rCBV"
        assert found.lines[1].startswith(f"{symbol} where it enhances")
        assert f"mean {found.maps[symbol].mean:.3g}" in found.lines[1]
        assert found.lines[2] == f"Hottest spots of {symbol}: {told.spots.words}."
        assert (told.burden.above == found.burden.above) == (where is None)


def test_fault_481_what_speaks_against_a_correction_stands_beside_its_shares(tumour):
    patient = glioma()
    rim, white = rim_of(patient) & patient.brain, patient.tissue == Tissue.WHITE
    maps = corrected_maps(tumour)
    doubt = "flip angle and preload unknown"
    found = read_tumour(maps, patient.brain, rim, white, corrected_in=rim, leakage_doubt=doubt)
    assert f"corrected for leakage ({doubt})" in found.headline
    assert found.headline in found.lines[0]
    bare = read_tumour(maps, patient.brain, rim, white, leakage_doubt=doubt)
    assert doubt not in " ".join(bare.lines)


def test_fault_482_a_proposal_that_nobody_has_looked_at_says_so_beside_its_shares(tumour):
    patient = glioma()
    rim, white = rim_of(patient) & patient.brain, patient.tissue == Tissue.WHITE
    found = read_tumour(tumour, patient.brain, rim, white, unseen=True)
    assert "proposed, not looked at" in found.lines[0]
    assert "proposed, not looked at" in found.headline
    seen = read_tumour(tumour, patient.brain, rim, white)
    assert "looked" not in " ".join((*seen.lines, seen.headline))


def test_fault_445_the_line_above_the_pictures_says_whether_leakage_is_corrected(tumour):
    """It decides the shares: the corrected ones are given where there are any."""
    patient = glioma()
    rim, white = rim_of(patient) & patient.brain, patient.tissue == Tissue.WHITE
    half = rim & (np.indices(rim.shape)[0] % 2 == 0)
    after = replace(tumour.cbv, symbol="Corrected CBV", name="Corrected")
    maps = replace(tumour, more={**tumour.more, "cbv_corrected": after})
    plain = read_tumour(maps, patient.brain, rim, white)
    assert plain.headline == f"{plain.burden.words}, not corrected for leakage"
    found = read_tumour(maps, patient.brain, rim, white, corrected_in=half)
    assert found.corrected is not None
    assert found.headline.startswith(found.corrected.burden.words)
    assert found.headline.endswith("of these voxels only")
    whole = read_tumour(maps, patient.brain, rim, white, corrected_in=rim)
    assert whole.headline.endswith("enhancing voxels, corrected for leakage")
