"""The proposal for a scan: stage by stage, with or without what is known already."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, delta_r2_star, phantom
from napari_dsc.core.aif import propose_aif, propose_vof
from napari_dsc.core.phantom import Lesion, Tissue
from napari_dsc.core.pipeline import Settings, prepare, propose, stages
from napari_dsc.core.pipeline.vessel_proposal import propose_artery
from napari_dsc.core.progress import finished

BASELINE = (2, 12)


@pytest.fixture(scope="module")
def scan():
    return phantom((64, 64, 8), seed=2)


def proposed(patient, baseline=BASELINE, **options):
    return finished(propose_artery(patient.series, patient.brain, baseline, **options))


@pytest.mark.parametrize("vein", [False, True])
def test_it_finds_what_the_public_function_finds(scan, vein):
    """In the scan as in its curves: the same voxels, over the retained volumes."""
    found = proposed(scan, vein=vein)
    curves = delta_r2_star(scan.series.signal[..., 2:], 0.03, 10)
    public = (propose_vof if vein else propose_aif)(
        curves, scan.series.time[2:], scan.brain, signal=scan.series.signal[..., 2:]
    )
    np.testing.assert_array_equal(found.voxels, public.voxels)
    np.testing.assert_allclose(found.curve, public.curve, rtol=1e-5)
    kind = Tissue.VEIN if vein else Tissue.ARTERY
    assert (scan.tissue[found.voxels] == kind).all()


def test_curves_of_the_candidates_are_those_of_their_voxels(scan):
    some = proposed(scan).candidates
    curves = delta_r2_star(scan.series.signal[..., 2:], 0.03, 10)
    np.testing.assert_allclose(some.curves, curves[tuple(some.index.T)], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("vein", [False, True])
@pytest.mark.parametrize("halved", [False, True])
def test_what_is_known_changes_nothing(scan, halved, vein):
    """Curves of an earlier run, or made anew; with a region or without."""
    region = None
    if halved:
        region = np.zeros(scan.brain.shape, dtype=bool)
        region[:34] = True
    known = finished(prepare(scan.series, scan.brain, BASELINE))
    one = proposed(scan, region=region, vein=vein)
    other = proposed(scan, region=region, vein=vein, known=known)
    np.testing.assert_array_equal(one.candidates.index, other.candidates.index)
    np.testing.assert_array_equal(one.curve, other.curve)
    if halved:
        assert one.candidates.index[:, 0].max() < 34


def test_what_is_known_of_another_brain_is_not_used(scan):
    smaller = scan.brain.copy()
    smaller[..., 4:] = False
    known = finished(prepare(scan.series, smaller, BASELINE))
    np.testing.assert_array_equal(proposed(scan, known=known).curve, proposed(scan).curve)


def test_the_curve_is_that_of_an_analysis_with_these_voxels(scan):
    """An accepted proposal is an AIF like one that somebody drew."""
    found = proposed(scan)
    settings = Settings(baseline=BASELINE)
    done = finished(stages(scan.series, found.voxels, scan.brain, settings))
    np.testing.assert_allclose(found.curve, done.aif.curve, rtol=1e-6)
    assert found.curve.shape == done.time.shape


def test_progress_goes_up_to_one(scan, steps_of):
    """Often enough to cancel."""
    steps, _ = steps_of(propose_artery(scan.series, scan.brain, BASELINE))
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert 0.7 < fractions[-1] <= 1
    assert all(step.stage for step in steps)


@pytest.mark.parametrize("kind", ["C", "F", "float32"])
def test_memory_order_and_type_of_the_scan_do_not_matter(scan, kind):
    signal = scan.series.signal
    signal = signal.astype(kind) if kind == "float32" else np.array(signal, order=kind)
    found = finished(propose_artery(replace(scan.series, signal=signal), scan.brain, BASELINE))
    np.testing.assert_array_equal(found.voxels, proposed(scan).voxels)


def test_an_unknown_echo_time_does_not_hinder(scan):
    found = finished(propose_artery(replace(scan.series, echo_time=None), scan.brain, BASELINE))
    plain = proposed(scan)
    np.testing.assert_array_equal(found.voxels, plain.voxels)
    np.testing.assert_allclose(found.curve, 0.03 * plain.curve, rtol=1e-5)


@pytest.mark.parametrize("snr", [50.0, 150.0])
def test_a_scan_with_nothing_but_itself(snr):
    """Brain and baseline are proposals too."""
    patient = phantom((64, 64, 8), 60, snr, 4)
    proposal = propose(patient.series)
    found = finished(propose_artery(patient.series, proposal.brain, proposal.baseline))
    assert patient.artery[found.voxels].mean() >= 0.8
    vof = finished(propose_artery(patient.series, proposal.brain, proposal.baseline, vein=True))
    assert (patient.tissue[vof.voxels] == Tissue.VEIN).all()


def test_saturated_voxels_are_told_by_the_noise_of_the_brain(scan):
    """Not by a voxel's own few volumes: the same floor for all."""
    some = proposed(scan).candidates
    saturated = some.measures.saturated > 0
    labels = scan.tissue[tuple(some.index.T)]
    assert saturated[labels == Tissue.SATURATED_ARTERY].all()
    assert (labels == Tissue.SATURATED_ARTERY).any()
    signal = scan.series.signal[tuple(some.index.T)].astype(float)
    floor = np.maximum(3 * 9.0, 0.02 * signal[:, 2:12].mean(axis=1))  # SNR 100: sigma is 9
    clear = signal[:, 2:].min(axis=1)
    level = signal[:, 2:12].mean(axis=1)
    np.testing.assert_allclose(some.measures.smallest_signal, clear / level, rtol=1e-6)
    assert saturated[clear < 0.9 * floor].all()
    assert not saturated[clear > 1.1 * floor].any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"region": np.zeros((64, 64, 8), bool)}, "region must hold at least one voxel, got none"),
        ({"region": np.ones((4, 4), bool)}, "region must have the shape of the scan's volumes"),
        ({"baseline": (2, 3)}, "baseline must hold at least 2 of the 60 volumes"),
        ({"baseline": (-1, 9)}, "baseline must hold"),
        ({"baseline": (50, 60)}, "end before the last, got 50:60"),
    ],
)
def test_what_does_not_fit_is_refused(scan, options, words):
    with pytest.raises(DscError, match=words):
        proposed(scan, **options)


def test_unknown_time_an_empty_brain_and_a_region_beside_it_are_refused(scan):
    with pytest.raises(DscError, match="repetition time must be known"):
        finished(propose_artery(replace(scan.series, time=None), scan.brain, BASELINE))
    with pytest.raises(DscError, match="brain must hold at least one voxel"):
        finished(propose_artery(scan.series, np.zeros_like(scan.brain), BASELINE))
    with pytest.raises(DscError, match="region must hold a voxel of the brain"):
        proposed(scan, region=~scan.brain)


def test_a_scan_without_a_bolus_is_refused(scan):
    """The volumes before it, again and again."""
    before = np.concatenate([scan.series.signal[..., 2:12]] * 6, axis=-1)
    series = replace(scan.series, signal=before)
    for vein in (False, True):
        with pytest.raises(DscError, match="must hold a bolus"):
            finished(propose_artery(series, scan.brain, (0, 10), vein=vein))


@pytest.fixture(scope="module", params=[(30.0, 2.5, 0), (100.0, 1.0, 2)], ids=str)
def realistic(request):
    """A patient with thin arteries, sinuses and lesions, and what is proposed for its brain."""
    snr, step, seed = request.param
    lesion: Lesion = "stroke" if seed == 0 else "both"
    one = phantom(
        None, round(90 / step), snr, seed, repetition_time=step, anatomy="realistic", lesion=lesion
    )
    return one, propose(one.series)


def test_fault_171_the_artery_of_a_realistic_patient_is_one(realistic):
    """No vein, at most a tenth outside arteries, as high as a pure artery nearly."""
    one, known = realistic
    found = finished(propose_artery(one.series, known.brain, known.baseline))
    there = one.tissue[found.voxels]
    arteries = Tissue.ARTERY, Tissue.PARTIAL_ARTERY, Tissue.SATURATED_ARTERY
    assert not (there == Tissue.VEIN).any()
    assert (~np.isin(there, arteries)).mean() <= 0.1
    assert found.curve.max() >= 0.8 * one.aif.max()


def test_the_vein_and_the_brain_of_a_realistic_patient_are_found(realistic):
    """Nine tenths of the voxels are of a sinus; the brain has neither face nor skull."""
    one, known = realistic
    found = finished(propose_artery(one.series, known.brain, known.baseline, vein=True))
    assert (one.tissue[found.voxels] == Tissue.VEIN).mean() >= 0.9
    both = (known.brain & one.brain).sum()
    assert 2 * both / (known.brain.sum() + one.brain.sum()) > 0.95
    skin = np.isin(one.tissue, (Tissue.AIR, Tissue.SCALP))
    assert (known.brain & skin).sum() < 0.05 * known.brain.sum()


@pytest.mark.parametrize("vein", [False, True], ids=["artery", "vein"])
def test_fault_185_where_none_is_without_objection_the_ten_best_are_candidates(scan, vein):
    """In white matter there is no vessel: none is chosen, and each has what stands against it."""
    found = proposed(scan, region=scan.tissue == Tissue.WHITE, vein=vein)
    assert not found.voxels.any()
    assert np.isnan(found.curve).all()
    assert found.candidates is not None
    assert len(found.candidates.index) == len(found.candidates.verdicts) == 10
    assert not found.candidates.chosen.any()
    counts = [len(words) for words in found.candidates.verdicts]
    assert all(words != ("good",) for words in found.candidates.verdicts)
    assert max(counts) <= 4
    assert (scan.tissue[tuple(found.candidates.index.T)] == Tissue.WHITE).all()


def test_fault_185_the_public_function_says_what_stands_against_the_best(scan):
    """It has no table: a sentence with the verdict of the best."""
    curves = delta_r2_star(scan.series.signal[..., 2:], 0.03, 10)
    with pytest.raises(DscError, match=r"got none without an objection: the best is [a-z, ]+\."):
        propose_aif(curves, scan.series.time[2:], scan.tissue == Tissue.WHITE)
