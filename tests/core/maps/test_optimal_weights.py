"""CBV by weights: what comes back of model tissue, what noise does to it, what changes nothing."""

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, compute_perfusion_maps
from napari_dsc.core.left_out_volumes import bridged_curves
from napari_dsc.core.maps import optimal_weights, tissue_stages, windowed
from napari_dsc.core.progress import finished

MODELS = sys.modules["napari_dsc.core.maps.optimal_weights"]
BEFORE = slice(0, 11)
KH_RHO = 100 * 0.73 / 1.04


def computed(*given: Any, **how: Any) -> Any:
    """Maps, whatever is asked for: also what type checkers would refuse."""
    return compute_perfusion_maps(*given, **how)


def prepared(curves, time, **further):
    return finished(tissue_stages(curves, time, baseline=BEFORE, **further))


def noisy_tissue(scene, snr, seed=0, voxels=4000):
    """Curves of one tissue of 4 mL/100g whose peak is so many times their noise; its artery."""
    one = scene(mtt=5.0, flow=48.0)
    curve = one.curves[0]
    sigma = curve.max() / snr
    noise = np.random.default_rng(seed).normal(scale=sigma, size=(voxels, curve.size))
    noise -= noise[:, BEFORE].mean(axis=1, keepdims=True)  # as every curve counts from there
    return curve, curve + noise, one.aif, one.time, sigma


@pytest.mark.parametrize("residue", ["exponential", "linear", "box"])
@pytest.mark.parametrize("mtt", [2.0, 5.0, 12.0])
def test_the_volume_of_tissue_comes_back_without_noise(scene, residue, mtt):
    """At any delay between the earliest and the latest model, and whatever the residue."""
    flow = 60 * 4.0 / mtt
    delays = (-2.0, 0.0, 3.7, 8.0, 12.0)
    one = scene(mtt=mtt, flow=flow, residue=residue, delays=delays)
    maps = computed(one.curves, one.aif, one.time, cbv="weights", baseline=BEFORE)
    np.testing.assert_allclose(maps.cbv.values, 4.0, rtol=0.03)
    np.testing.assert_allclose(maps.mtt.values, 60 * maps.cbv.values / maps.cbf.values, rtol=1e-6)


def test_every_model_has_the_volume_of_one(scene):
    """Their areas are the artery's, as far as the scan shows them; one ridge holds for all."""
    one = scene()
    tissue = prepared(one.curves, one.time)
    models = MODELS.model_curves(one.aif, one.time, 1.5, one.time)
    whole = models[:, -1] < 1e-3 * models.max(axis=1)
    areas = models[whole] @ tissue.weights / (one.aif @ tissue.weights)
    assert whole.sum() > 300
    np.testing.assert_allclose(areas, 1, atol=0.01)
    found = models @ optimal_weights(tissue, one.aif).values
    assert abs(found.mean() - 1) < 0.01
    assert np.sqrt(np.mean((found - 1) ** 2)) < 0.06


def test_the_scatter_under_noise_is_the_one_that_is_told(scene):
    """Monte Carlo: 4000 voxels of white noise."""
    _, curves, aif, time, sigma = noisy_tissue(scene, snr=8)
    tissue = prepared(curves, time)
    weights = optimal_weights(tissue, aif)
    found = curves @ weights.values
    assert tissue.noise.pooled == pytest.approx(sigma, rel=0.02)
    assert weights.deviation(sigma) == pytest.approx(found.std(), rel=0.04)


@pytest.mark.parametrize(("snr", "most"), [(12.0, 0.03), (4.0, 0.12)])
def test_noise_draws_the_volume_towards_zero_and_scatters_less_than_the_integral(scene, snr, most):
    _, curves, aif, time, _ = noisy_tissue(scene, snr)
    found = {
        how: computed(curves, aif, time, deconvolve=False, cbv=how, baseline=BEFORE).cbv.values
        for how in ("integral", "weights")
    }
    assert -most < found["weights"].mean() / 4 - 1 < 0.01
    assert found["weights"].std() < 0.5 * found["integral"].std()


def test_no_other_weights_have_a_smaller_expected_error(scene):
    """Of those that count from the baseline's mean: the sum is written out once more, and rises
    along every direction, by noise, baseline, drift and models alike.
    """
    _, curves, aif, time, _ = noisy_tissue(scene, 6, voxels=400)
    tissue = prepared(curves, time)
    best = optimal_weights(tissue, aif).values
    models = MODELS.model_curves(aif, time, 1.5, time)
    noise = tissue.noise.pooled / MODELS.USUAL_VOLUME
    ramp = MODELS.DRIFT * np.linspace(0, 1, time.size)

    def expected(weights):
        misfit = models @ weights - 1
        return np.mean(misfit**2) + noise**2 * (weights @ weights + (ramp @ weights) ** 2)

    least = expected(best)
    for direction in np.eye(time.size):
        step = 1e-3 * np.abs(best).max() * direction
        step[BEFORE] -= step.sum() / 11
        assert expected(best + step) > least
        assert expected(best - step) > least


def test_weights_are_one_linear_operator(scene):
    """A mixture of tissues has the mixture of their volumes."""
    one = scene(delays=(0.0, 4.0))
    values = optimal_weights(prepared(one.curves, one.time), one.aif).values
    first, second = one.curves @ values
    assert (0.3 * one.curves[0] + 2 * one.curves[1]) @ values == pytest.approx(
        0.3 * first + 2 * second
    )


def test_fault_300_another_level_changes_no_volume(scene):
    """A constant in a curve is no contrast agent: the weights sum to zero."""
    _, curves, aif, time, _ = noisy_tissue(scene, 10, voxels=60)
    tissue = prepared(curves, time)
    values = optimal_weights(tissue, aif).values
    assert abs(values.sum()) < 1e-12 * np.abs(values).sum()
    np.testing.assert_allclose((curves + 3.0) @ values, curves @ values, rtol=1e-9)


@pytest.mark.parametrize("factor", [0.03, 7.0])
def test_fault_300_a_factor_that_tissue_and_artery_share_changes_no_volume(scene, factor):
    _, curves, aif, time, _ = noisy_tissue(scene, 10, voxels=60)
    found = [
        computed(
            one * curves, one * aif, time, deconvolve=False, cbv="weights", baseline=BEFORE
        ).cbv.values
        for one in (1.0, factor)
    ]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)


def test_density_and_haematocrit_scale_the_volume(scene):
    _, curves, aif, time, _ = noisy_tissue(scene, 10, voxels=20)
    kinds: tuple[dict[str, float], ...] = ({}, {"density": 1.1}, {"hematocrit_ratio": 0.5})
    plain, dense, thin = (
        computed(
            curves, aif, time, deconvolve=False, cbv="weights", baseline=BEFORE, **kind
        ).cbv.values
        for kind in kinds
    )
    np.testing.assert_allclose(dense, plain * 1.04 / 1.1, rtol=1e-12)
    np.testing.assert_allclose(thin, plain * 0.5 / 0.73, rtol=1e-12)


def test_noise_of_the_brain_decides_how_much_is_smoothed(scene):
    """A quiet scan has weights that let more noise through, and less bias."""
    kinds = [noisy_tissue(scene, snr) for snr in (100.0, 5.0)]
    found = [optimal_weights(prepared(one[1], one[3]), one[2]) for one in kinds]
    assert found[0].spread > 1.3 * found[1].spread


def test_a_drift_bends_the_volume_less_than_the_integral(scene):
    """By 2 % of the signal until the end of the scan."""
    curve, curves, aif, time, _ = noisy_tissue(scene, 15)
    ramp = 0.02 / 0.03 * np.linspace(0, 1, time.size)
    tissue = prepared(curves, time)
    values = optimal_weights(tissue, aif).values
    by_area = ramp @ tissue.weights / (curve @ tissue.weights)
    assert abs(ramp @ values / (curve @ values)) < 0.02 * abs(by_area)


def test_fault_301_a_volume_that_is_left_out_bends_models_as_it_bends_curves(scene):
    """The peak is lost: the integral loses a share, the weights know that it is not there."""
    one = scene(mtt=2.5, flow=96.0, step=2.0, residue="box", delays=(6.0,))
    lost = (int(one.curves[0].argmax()), int(one.curves[0].argmax()) + 1)
    found = {
        how: computed(
            one.curves, one.aif, one.time, cbv=how, leave_out=lost, baseline=slice(0, 8)
        ).cbv.values[0]
        for how in ("integral", "weights")
    }
    assert abs(found["weights"] - 4) < 0.05
    assert found["integral"] < 3.3
    straight = bridged_curves(one.curves, lost, one.time)
    tissue = finished(tissue_stages(straight, one.time, baseline=slice(0, 8), left_out=lost))
    assert tissue.sampled is not None
    np.testing.assert_allclose(one.curves @ tissue.sampled, tissue.curves, rtol=1e-12)
    blind = replace(tissue, sampled=None)
    artery = bridged_curves(one.aif, lost, one.time)
    assert not np.allclose(
        optimal_weights(tissue, artery).values, optimal_weights(blind, artery).values, rtol=1e-3
    )


def test_fault_301_the_scatter_of_bridged_curves_is_told_right(scene):
    """A sample on a line between its neighbours has no noise of its own: Monte Carlo."""
    one = scene(mtt=5.0, flow=48.0)
    lost = (17, 19, 21, 23, 25, 27)
    noise = np.random.default_rng(3).normal(scale=0.4, size=(4000, one.time.size))
    straight = bridged_curves(one.curves + noise, lost, one.time)
    tissue = prepared(straight, one.time, left_out=lost)
    artery = bridged_curves(one.aif, lost, one.time)
    weights = optimal_weights(tissue, artery)
    assert weights.deviation(0.4) == pytest.approx((straight @ weights.values).std(), rel=0.04)
    assert np.linalg.norm(weights.values) < 0.93 * weights.spread


def test_fault_301_uneven_times_are_known_to_the_weights(scene):
    """The noise of a resampled curve is told right."""
    time = np.sort(np.arange(0, 120, 1.5) + np.random.default_rng(1).uniform(-0.2, 0.2, 80))
    one = scene(mtt=5.0, flow=48.0, times=time)
    noise = np.random.default_rng(2).normal(scale=0.3, size=(4000, time.size))
    tissue = finished(tissue_stages(one.curves + noise, time, baseline=BEFORE))
    assert tissue.axis.resample is not None
    weights = optimal_weights(tissue, tissue.artery_at(one.aif))
    found = tissue.curves @ weights.values
    assert found.mean() * KH_RHO == pytest.approx(4, rel=0.05)
    assert weights.deviation(0.3) == pytest.approx(found.std(), rel=0.05)


def test_fault_301_a_slice_that_is_measured_later_has_its_own_weights(scene):
    """Its artery is the later one: the volume is right for both slices, at one delay."""
    late = 1.4
    one = scene(mtt=4.0, flow=60.0, step=2.0)
    fine = scene(mtt=4.0, flow=60.0, times=one.time + late)
    curves = np.stack([one.curves[0], fine.curves[0]]).reshape(1, 1, 2, -1)
    how = {"cbv": "weights", "slice_times": [0.0, late], "baseline": slice(0, 8)}
    maps = computed(curves, one.aif, one.time, **how)
    np.testing.assert_allclose(maps.cbv.values, 4.0, rtol=0.03)
    np.testing.assert_allclose(maps.cbv.values[..., 0], maps.cbv.values[..., 1], rtol=2e-3)


def test_fault_301_a_window_leaves_no_weight_outside_of_it_and_the_whole_volume(scene):
    """Samples of the window, and the baseline, whose mean they count from."""
    one = scene(mtt=5.0, flow=48.0)
    tissue = windowed(prepared(one.curves, one.time), (one.time[12], one.time[30]))
    values = optimal_weights(tissue, one.aif).values
    outside = np.ones(values.size, bool)
    outside[12:31] = outside[BEFORE] = False
    assert (values[outside] == 0).all()
    assert (values[BEFORE] != 0).all()
    found = [
        computed(
            one.curves, one.aif, one.time, cbv=how, window=slice(12, 31), baseline=BEFORE
        ).cbv.values[0]
        for how in ("weights", "integral")
    ]
    assert found[0] == pytest.approx(4, rel=0.03)


def test_the_ratio_of_peaks_has_the_same_volume(scene):
    """It needs no deconvolution; transit times over it are relative still."""
    _, curves, aif, time, _ = noisy_tissue(scene, 10, voxels=9000)
    with_flow, without = (
        computed(curves, aif, time, deconvolve=on, cbv="weights", baseline=BEFORE)
        for on in (True, False)
    )
    np.testing.assert_allclose(without.cbv.values, with_flow.cbv.values, rtol=1e-12)
    assert without.mtt.units == "1"


def test_an_artery_without_a_baseline_has_weights_all_the_same():
    """As in the example of the specification."""
    random = np.random.default_rng(0)
    curves, aif = 10 * random.random((3, 60)), 20 * random.random(60)
    maps = computed(curves, aif, np.linspace(0, 90, 60), cbv="weights")
    assert np.isfinite(maps.cbv.values).all()


def test_a_spoilt_curve_has_no_volume_and_spoils_no_other(scene):
    _, curves, aif, time, _ = noisy_tissue(scene, 10, voxels=30)
    whole = computed(curves, aif, time, cbv="weights", baseline=BEFORE).cbv.values
    curves[7, 40] = np.nan
    some = computed(curves, aif, time, cbv="weights", baseline=BEFORE).cbv.values
    assert np.isnan(some[7])
    np.testing.assert_allclose(np.delete(some, 7), np.delete(whole, 7), rtol=0.02)


def test_an_unknown_way_is_refused(scene):
    one = scene()
    with pytest.raises(DscError, match="cbv must be integral or weights, got"):
        computed(one.curves, one.aif, one.time, cbv="area")
