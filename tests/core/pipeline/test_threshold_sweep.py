"""The sweep over the SVD threshold: the public functions at each threshold, one by one."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, DscError, compute_perfusion_maps, phantom, residue
from napari_dsc.core.deconvolution import CirculantSvd, Tikhonov
from napari_dsc.core.maps import residue_reader
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.pipeline.threshold_sweep import THRESHOLDS, explore_threshold
from napari_dsc.core.progress import finished
from napari_dsc.core.quality import Quality
from tests.core.conftest import TRUNCATED


@pytest.fixture(scope="module")
def noisy_patient():
    return phantom((24, 24, 3), snr=40.0, seed=2)


@pytest.fixture(scope="module")
def whole(noisy_patient, analyse):
    settings = Settings(baseline=(2, 12))
    return analyse(noisy_patient.series, noisy_patient.artery, noisy_patient.brain, settings)


@pytest.fixture(scope="module")
def volume(whole, noisy_patient):
    """Curves on the volume."""
    brain = noisy_patient.brain
    curves = np.full((*brain.shape, whole.time.size), np.nan, dtype=np.float32)
    for curve, voxel in zip(whole.prepared.curves, np.argwhere(brain.T)[:, ::-1], strict=True):
        curves[tuple(voxel)] = curve
    return curves


def explored(analysis, voxels, method="cSVD", **parameters):
    settings = replace(analysis.settings, method=DECONVOLVERS[method](**parameters))
    return finished(explore_threshold(analysis.prepared, analysis.aif, settings, voxels))


def one_of(patient, label, which=0):
    """One voxel of a tissue."""
    pinned = np.zeros_like(patient.brain)
    pinned[tuple(np.argwhere(patient.tissue == label)[which])] = True
    return pinned


def every(region, step):
    """Voxels of a region, every so-manieth, in file order."""
    return [tuple(one) for one in np.argwhere(region.T)[::step, ::-1]]


@pytest.mark.parametrize("method", TRUNCATED)
def test_a_sweep_is_the_public_function_at_each_threshold(whole, volume, noisy_patient, method):
    """Flow over the accepted voxels, and late volumes in the region and in the brain."""
    region = noisy_patient.tissue == Tissue.HYPOPERFUSED
    found = explored(whole, region, method)
    voxel = abs(np.linalg.det(noisy_patient.series.affine[:3, :3])) / 1000
    for at, threshold in enumerate(found.thresholds):
        made = compute_perfusion_maps(
            volume,
            whole.aif.curve,
            whole.time,
            noisy_patient.brain,
            deconvolution_method=method,
            svd_threshold=float(threshold),
            baseline=10,
            signal=noisy_patient.series.signal[..., 2:],
        )
        stands = region & made.quality_mask
        flow = made.cbf.values[stands].astype(float).mean()
        assert found.cbf[at] == pytest.approx(flow, rel=1e-4)
        assert found.accepted[at] == stands.sum() > 0
        late = made.quality_mask & (made.tmax.values > 6)
        assert found.brain_tmax_volume[at] == pytest.approx(voxel * late.sum())
        above = [made.quality_mask & (made.tmax.values > limit) for limit in (4, 6, 8, 10)]
        np.testing.assert_allclose(found.late[at], [voxel * one.sum() for one in above])
        assert found.region_tmax_volume[at] == pytest.approx(voxel * (late & region).sum())
    assert (found.region_tmax_volume < found.brain_tmax_volume).any()
    assert found.voxels == region.sum()


@pytest.mark.parametrize("method", TRUNCATED)
def test_oscillation_is_that_of_the_residues(whole, volume, noisy_patient, method):
    """At a voxel that of its residue; in a region the mean over its accepted voxels."""
    pinned = one_of(noisy_patient, Tissue.GREY, 50)
    found = explored(whole, pinned, method)
    assert (found.voxels, found.indexed) == (1, 1)
    assert (found.accepted == 1).all()
    curve = volume[pinned][0]
    for threshold, own in zip(found.thresholds, found.oscillation, strict=True):
        one = residue(curve, whole.aif.curve, whole.time, method, float(threshold))
        assert own == pytest.approx(one.oscillation_index, rel=1e-6)
    assert np.ptp(found.oscillation) > 0.01


def test_of_a_large_region_every_so_manieth_voxel_is_indexed(whole, volume, noisy_patient):
    """At most 200, evenly, in file order; of them those whose answer stands."""
    found = explored(whole, noisy_patient.brain)
    step = -(-int(noisy_patient.brain.sum()) // 200)
    assert step > 1
    some = every(noisy_patient.brain, step)
    assert 100 < found.indexed <= len(some) <= 200
    for at in (0, 8, 14, 23):
        threshold = float(found.thresholds[at])
        made = compute_perfusion_maps(
            volume,
            whole.aif.curve,
            whole.time,
            noisy_patient.brain,
            deconvolution_method="cSVD",
            svd_threshold=threshold,
            baseline=10,
            signal=noisy_patient.series.signal[..., 2:],
        )
        method = CirculantSvd(svd_threshold=threshold)
        read = residue_reader(whole.aif.curve, whole.prepared.tissue.axis, method)
        own = [read(volume[one]).oscillation_index for one in some if made.quality_mask[one]]
        assert len(own) < len(some)
        assert found.oscillation[at] == pytest.approx(np.mean(own), rel=1e-5)


def test_flow_falls_and_calms_as_the_threshold_rises(whole, noisy_patient):
    """Truncation smooths: in the mean of normal tissue, at no step otherwise."""
    normal = np.isin(noisy_patient.tissue, (Tissue.GREY, Tissue.WHITE))
    found = explored(whole, normal)
    assert (np.diff(found.cbf) <= 1e-4 * found.cbf[:-1]).all()
    assert found.cbf[0] > 1.3 * found.cbf[-1]
    assert found.oscillation[0] > 3 * found.oscillation[-1]


def test_the_threshold_of_oscillation_svd_is_its_cap(whole, noisy_patient):
    """Beyond the threshold at which every voxel is calm, a higher cap changes nothing."""
    grey = noisy_patient.tissue == Tissue.GREY
    caps, plain = explored(whole, grey, "oSVD"), explored(whole, grey, "cSVD")
    assert caps.cbf[0] == pytest.approx(plain.cbf[0], rel=1e-5)
    assert caps.cbf[-1] > 1.05 * plain.cbf[-1]
    calmer = explored(whole, grey, "oSVD", oscillation_index=0.02)
    assert (calmer.cbf <= caps.cbf + 1e-3).all()
    assert (calmer.cbf < caps.cbf - 0.1).any()


@pytest.mark.parametrize("today", [0.2, 0.137, 0.0, 0.7])
def test_the_threshold_of_today_is_in_the_sweep(whole, noisy_patient, today):
    """By value, once, in its place; the maps there are those of today."""
    region = noisy_patient.tissue == Tissue.WHITE
    found = explored(whole, region, svd_threshold=today)
    assert found.thresholds[found.today] == today
    assert (np.diff(found.thresholds) > 0).all()
    assert set(found.thresholds) == {*THRESHOLDS, today}
    settings = replace(whole.settings, method=CirculantSvd(svd_threshold=today))
    series, artery, brain = noisy_patient.series, noisy_patient.artery, noisy_patient.brain
    maps = finished(stages(series, artery, brain, settings, known=whole.prepared)).maps
    stands = region & maps.quality_mask
    assert found.cbf[found.today] == pytest.approx(maps.cbf.values[stands].astype(float).mean())


def test_thresholds_are_round_and_span_what_is_used():
    assert len(THRESHOLDS) == 24
    assert (THRESHOLDS[0], THRESHOLDS[-1]) == (0.01, 0.5)
    assert all(round(one, 2) == one for one in THRESHOLDS)
    assert {0.05, 0.1, 0.2} < set(THRESHOLDS)


def test_a_voxel_whose_answer_does_not_stand_has_none(whole):
    """NaN, never 0, and without a warning; the brain's volume is known all the same."""
    weak = np.argwhere(whole.maps.quality & Quality.WEAK_BOLUS)
    pinned = np.zeros_like(whole.brain)
    pinned[tuple(weak[0])] = True
    found = explored(whole, pinned)
    assert np.isnan(found.cbf).all()
    assert np.isnan(found.oscillation).all()
    assert (found.accepted == 0).all()
    assert (found.region_tmax_volume == 0).all()
    assert (found.brain_tmax_volume > 0).all()


def test_a_voxel_without_a_sample_is_not_indexed(noisy_patient, analyse):
    pinned = one_of(noisy_patient, Tissue.GREY) | one_of(noisy_patient, Tissue.GREY, 50)
    signal = noisy_patient.series.signal.copy()
    signal[tuple(np.argwhere(pinned)[0])][25] = 0
    series = replace(noisy_patient.series, signal=signal)
    one = analyse(series, noisy_patient.artery, noisy_patient.brain, Settings(baseline=(2, 12)))
    found = explored(one, pinned)
    assert (found.voxels, found.indexed) == (2, 1)
    assert (found.accepted == 1).all()
    assert np.isfinite(found.oscillation).all()


def test_uneven_times_are_made_even(noisy_patient, analyse):
    """Residues stand on the even axis, too."""
    time = noisy_patient.series.time.copy()
    time[1::2] += 0.1
    series = replace(noisy_patient.series, time=time)
    one = analyse(series, noisy_patient.artery, noisy_patient.brain, Settings(baseline=(2, 12)))
    pinned = one_of(noisy_patient, Tissue.GREY, 50)
    found = explored(one, pinned)
    curve = one.prepared.curves[pinned.T[noisy_patient.brain.T]][0]
    expected = residue(curve, one.aif.curve, one.time, "cSVD", 0.1).oscillation_index
    at = found.thresholds.tolist().index(0.1)
    assert found.oscillation[at] == pytest.approx(expected, rel=1e-4)


def test_what_lies_outside_the_brain_does_not_count(whole, noisy_patient):
    inside = noisy_patient.tissue == Tissue.HYPOPERFUSED
    beyond = explored(whole, inside | ~noisy_patient.brain)
    alone = explored(whole, inside)
    assert beyond.voxels == alone.voxels
    np.testing.assert_array_equal(beyond.cbf, alone.cbf)
    np.testing.assert_array_equal(beyond.oscillation, alone.oscillation)


def test_progress_rises_and_closing_stops_cleanly(whole, noisy_patient, steps_of):
    threads = threading.active_count()
    arguments = (whole.prepared, whole.aif, whole.settings, noisy_patient.brain)
    steps, _ = steps_of(explore_threshold(*arguments))
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)
    assert {step.stage for step in steps} == {f"SVD threshold {one:g}" for one in THRESHOLDS}
    work = explore_threshold(*arguments)
    for _ in range(7):
        next(work)
    work.close()
    assert list(work) == []
    assert threading.active_count() == threads


def test_what_cannot_be_explored_is_refused(whole, noisy_patient):
    """A method without a threshold, voxels that are none or elsewhere, a curve too short."""
    brain = noisy_patient.brain
    tikhonov = replace(whole.settings, method=Tikhonov())
    with pytest.raises(DscError, match=r"sSVD, cSVD, oSVD, got Tikhonov.*has no SVD threshold"):
        finished(explore_threshold(whole.prepared, whole.aif, tikhonov, brain))
    with pytest.raises(DscError, match="region must hold at least one voxel"):
        explored(whole, np.zeros_like(brain))
    with pytest.raises(DscError, match="region must have the shape"):
        explored(whole, brain[1:])
    with pytest.raises(DscError, match=r"region must hold a voxel of the brain.*inside the brain"):
        explored(whole, ~brain)
    short = replace(whole.aif, curve=whole.aif.curve[1:])
    with pytest.raises(DscError, match=r"aif must have shape \(58,\)"):
        finished(explore_threshold(whole.prepared, short, whole.settings, brain))


def test_the_window_of_the_settings_decides_what_stands(whole, noisy_patient):
    """A volume that is not positive within it is no answer."""
    settings = replace(whole.settings, window=(52, 60))
    work = explore_threshold(whole.prepared, whole.aif, settings, noisy_patient.brain)
    series, artery, brain = noisy_patient.series, noisy_patient.artery, noisy_patient.brain
    maps = finished(stages(series, artery, brain, settings, known=whole.prepared)).maps
    found = finished(work)
    assert maps.quality_mask is not None
    assert found.accepted[found.today] == maps.quality_mask.sum()
    assert found.accepted[found.today] < whole.maps.quality_mask.sum()
