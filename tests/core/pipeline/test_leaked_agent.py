"""Leakage of a scan: found everywhere, corrected where it is asked for; all else stays."""

import re
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, correct_leakage, phantom
from napari_dsc.core.mask_rows import lay_out
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import LeakageMasks, Settings, stages
from napari_dsc.core.pipeline.leaked_agent import reference_curve
from napari_dsc.core.plausibility import DOUBTFUL, PROTOCOL_KEY
from napari_dsc.core.progress import finished
from napari_dsc.core.provenance import BY_DEFAULT, Origin
from napari_dsc.core.quantities import LEAKAGE, STANDARD


def analysed(patient, *, masks=None, known=None, series=None, **settings):
    """Analysis of the digital patient with a correction for leakage."""
    chosen = Settings(**{"leakage_model": "BSW", **settings})
    return finished(
        stages(
            series or patient.series,
            patient.artery,
            patient.brain,
            chosen,
            known=known,
            leakage=masks,
        )
    )


@pytest.fixture(scope="module")
def tumour(patient):
    """Voxels of the tumour, which leaks."""
    return patient.tissue == Tissue.TUMOUR


@pytest.fixture(scope="module")
def plain(patient):
    """Analysis without a correction."""
    return analysed(patient, leakage_model="none")


@pytest.fixture(scope="module")
def corrected(patient, tumour):
    """Analysis that corrects the tumour."""
    return analysed(patient, masks=LeakageMasks(region=tumour))


def test_nothing_is_looked_for_where_nobody_asks(plain):
    assert [key for key, _ in plain.maps.items()] == list(STANDARD)
    assert plain.leaked is None


def test_all_other_maps_are_the_same_to_the_byte(plain, corrected):
    """What is added changes nothing of what stood there."""
    assert [key for key, _ in corrected.maps.items()] == [*STANDARD, *LEAKAGE]
    for key in STANDARD:
        assert corrected.maps.get(key).values.tobytes() == plain.maps.get(key).values.tobytes()


def test_fault_320_a_leaky_tumour_has_its_volume_back(patient, plain, corrected, tumour):
    """True volume 9, read as 4 without a correction, within 8 % with it."""
    stands = tumour & corrected.maps.quality_mask
    truth = patient.truth["cbv"][tumour].mean()
    assert plain.maps.cbv.values[stands].mean() < 0.6 * truth
    assert corrected.maps.get("cbv_corrected").values[stands].mean() == pytest.approx(
        truth, rel=0.08
    )
    assert np.median(corrected.maps.get("k2").values[stands]) > 0.01


def test_fault_321_outside_the_region_nothing_is_corrected(corrected, tumour):
    """K2 is shown there all the same: late tissue seems to leak and keeps its volume."""
    volume, after = corrected.maps.cbv.values, corrected.maps.get("cbv_corrected").values
    elsewhere = corrected.brain & ~tumour & np.isfinite(volume)
    np.testing.assert_allclose(after[elsewhere], volume[elsewhere], rtol=1e-6)
    assert np.isfinite(corrected.maps.get("k2").values[elsewhere]).all()


def test_fault_321_without_a_region_nothing_is_corrected_and_that_is_said(patient):
    found = analysed(patient)
    volume, after = found.maps.cbv.values, found.maps.get("cbv_corrected").values
    stands = np.isfinite(volume)
    np.testing.assert_allclose(after[stands], volume[stands], rtol=1e-6)
    assert any("nothing was corrected" in one for one in found.notices)


def test_fault_321_everywhere_is_a_choice_and_is_said(patient, tumour):
    found = analysed(patient, leakage_where="everywhere", masks=LeakageMasks(region=tumour))
    late = patient.tissue == Tissue.HYPOPERFUSED
    change = found.maps.get("cbv_corrected").values[late] - found.maps.cbv.values[late]
    assert abs(np.nanmedian(change)) > 0.2
    assert any("everywhere" in one for one in found.notices)
    assert found.leaked.region is None


def test_maps_are_those_of_the_public_function(corrected):
    """Pipeline and `correct_leakage` are one fit."""
    known, leaked = corrected.prepared, corrected.leaked
    found = correct_leakage(known.curves, leaked.curve, known.time)
    for key, column in (("k1", found.k1), ("k2", found.k2)):
        wanted = lay_out(column, known.brain, np.nan)
        got = corrected.maps.get(key).values
        np.testing.assert_allclose(got, wanted, rtol=2e-3, atol=2e-5)


def test_areas_within_a_window_are_corrected_within_it(patient, tumour):
    """The first pass only: what leaks later has no part in it."""
    found = analysed(patient, masks=LeakageMasks(region=tumour), window=(5, 40))
    known, leaked = found.prepared, found.leaked
    curves = correct_leakage(known.curves, leaked.curve, known.time)
    area = curves.corrected.astype(np.float64) @ known.tissue.weights
    at = tumour.T[known.brain.T]
    np.testing.assert_allclose(leaked.area[at], area[at], rtol=2e-3, atol=1e-2)


def test_a_reference_that_is_given_is_taken(patient, tumour):
    white = patient.tissue == Tissue.WHITE
    found = analysed(patient, masks=LeakageMasks(reference=white, region=tumour))
    assert np.array_equal(found.leaked.reference, white & found.brain)
    assert not found.leaked.proposed
    k1 = found.maps.get("k1").values
    assert np.nanmedian(k1[white]) == pytest.approx(1, abs=0.05)


def test_a_proposed_reference_holds_white_and_grey_matter_and_nothing_that_leaks(
    patient, corrected, tumour
):
    reference = corrected.leaked.reference
    normal = np.isin(patient.tissue, (Tissue.WHITE, Tissue.GREY))
    assert corrected.leaked.proposed
    assert (reference & normal).sum() > 0.95 * reference.sum()
    assert not (reference & tumour).any()
    found = analysed(patient)  # nobody says where the tumour is
    assert (found.leaked.reference & tumour).sum() <= 0.1 * tumour.sum()


def test_slices_of_other_times_have_a_reference_of_their_own():
    """Else white matter of a late slice would seem to leak, as its bolus is later."""
    late = phantom((32, 32, 4), seed=1, snr=np.inf, slice_times=[0.0, 0.4, 0.8, 1.2])
    white = late.tissue == Tissue.WHITE
    masks = LeakageMasks(reference=white & (np.arange(4) == 0))  # the first slice alone
    strict = partial(analysed, late, masks=masks, leakage_tolerant=False)
    timed = strict().maps.get("k2").values
    plain = strict(slice_timing=False).maps.get("k2").values
    last = white & (np.arange(4) == 3)
    assert abs(np.nanmedian(timed[last])) < 0.25 * abs(np.nanmedian(plain[last]))


def test_what_was_found_is_taken_for_another_artery(patient, corrected, tumour):
    """No AIF changes K1, K2 or the reference: they are found once."""
    masks, known = LeakageMasks(region=tumour), corrected.prepared
    again = partial(analysed, patient, known=known, baseline=known.baseline)
    assert again(masks=masks).leaked is corrected.leaked
    assert again(masks=LeakageMasks()).leaked is not corrected.leaked
    model = again(masks=masks, leakage_model="bidirectional")
    assert model.leaked.model == "bidirectional"
    assert again(masks=masks, leakage_model="none").leaked is None


def test_fault_322_the_protocol_is_that_of_the_scan_as_it_is_known_now(patient, corrected, tumour):
    """A flip angle that is entered after the first run is told by the next."""
    known = corrected.prepared
    assert any("Flip angle and preload of this scan" in one for one in corrected.warnings)
    series = patient.series.settled(flip_angle=75, preload=False)
    found = analysed(
        patient,
        masks=LeakageMasks(region=tumour),
        known=known,
        series=series,
        baseline=known.baseline,
    )
    assert found.leaked is corrected.leaked
    told = " ".join(found.warnings)
    assert "flip angle 75° without a preload (recommended: 30°)" in told
    assert "A flip angle of 75° without a preload brightens what leaks" in told
    assert "not known" not in told


def test_fault_481_a_correction_whose_condition_is_unknown_is_doubtful(patient, corrected, tumour):
    """A finding with a remedy, not a notice among others; where nothing is corrected, none."""
    (found,) = [one for one in corrected.findings if one.key == PROTOCOL_KEY]
    assert found.level == DOUBTFUL
    assert found.words.startswith("Flip angle and preload of this scan are not known.")
    assert "--preload" in found.remedy
    assert found.words not in corrected.notices
    assert corrected.warnings.count(found.words) == 1
    known = patient.series.settled(flip_angle=30, preload=True)
    sound = analysed(patient, masks=LeakageMasks(region=tumour), series=known)
    assert PROTOCOL_KEY not in {one.key for one in sound.findings}
    bare = analysed(patient)
    assert PROTOCOL_KEY not in {one.key for one in bare.findings}


@pytest.mark.parametrize("name", ["reference", "region"])
def test_a_mask_that_does_not_fit_is_refused(patient, name):
    other = np.ones((3, 3, 3), dtype=bool)
    change: dict[str, Any] = {name: other}
    with pytest.raises(DscError, match=f"leakage {name} must have the shape"):
        analysed(patient, masks=replace(LeakageMasks(), **change))
    change = {name: ~patient.brain}
    with pytest.raises(DscError, match=f"leakage {name} must hold voxels of the brain"):
        analysed(patient, masks=replace(LeakageMasks(), **change))


def test_fault_391_a_wide_bolus_in_the_region_is_told(patient):
    """With both widths, by the curves' own half heights; tolerant of it, nothing is to say."""
    slow = patient.tissue == Tissue.HYPOPERFUSED  # a long transit time, and no leakage
    found = analysed(patient, masks=LeakageMasks(region=slow), leakage_tolerant=False)
    told = [one for one in found.leaked.notices if "stays longer in the leaky region" in one]
    assert len(told) == 1
    known = found.prepared
    widths = []
    for curve in (reference_curve(known, slow), found.leaked.curve):
        fine = np.linspace(known.time[0], known.time[-1], 20_000)
        high = np.interp(fine, known.time, curve) >= curve.max() / 2
        widths.append(fine[high][-1] - fine[high][0])
    own, usual = (float(one) for one in re.findall(r"([0-9.]+) s", told[0]))
    np.testing.assert_allclose((own, usual), widths, atol=0.15)
    assert own > 1.25 * usual
    calm = analysed(patient, masks=LeakageMasks(region=slow))
    assert not any("stays longer" in one for one in calm.leaked.notices)
    grey = LeakageMasks(region=patient.tissue == Tissue.GREY)
    white = analysed(patient, masks=grey, leakage_tolerant=False)
    assert not any("stays longer" in one for one in white.leaked.notices)


def test_fault_428_the_same_voxels_chosen_otherwise_are_told_as_they_are_chosen_now(
    patient, tumour
):
    """What is known of an earlier run serves; how its masks were chosen is that of this one."""
    unseen = Origin(kind="proposed", unseen=True, notes=(BY_DEFAULT,))
    first = analysed(patient, masks=LeakageMasks(region=tumour, region_origin=unseen))
    count = int(np.count_nonzero(tumour & patient.brain))
    words = f"Leakage was corrected in what enhances, {count:,} voxels (proposed, not looked at)"
    assert any(one.startswith(words) for one in first.notices)
    drawn = LeakageMasks(
        region=tumour,
        region_origin=Origin(kind="drawn"),
        reference=first.leaked.reference,
        reference_origin=Origin(kind="mask file"),
    )
    span = first.settings.baseline
    again = analysed(patient, masks=drawn, known=first.prepared, baseline=span)
    assert again.leaked.k2 is first.leaked.k2  # nothing was fitted anew
    assert again.leaked.region_origin.kind == "drawn"
    assert again.leaked.reference_origin.kind == "mask file"
    assert not any(one.startswith("Leakage was corrected in") for one in again.notices)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin(kind="drawn"), "drawn by hand"),
        (Origin(kind="proposed", unseen=True, added=2), "proposed, not looked at"),
        (Origin(kind="proposed", added=1200, removed=1), "1,200 voxels added, 1 voxel removed"),
        (Origin(kind="mask file"), "mask file"),
    ],
)
def test_how_a_mask_was_chosen_in_a_few_words(origin, words):
    assert words in origin.words
