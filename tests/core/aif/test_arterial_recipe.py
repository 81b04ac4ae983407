"""What tissue is deconvolved with: an average, a fit in its place, a shift; each made once."""

from typing import cast

import numpy as np
import pytest
from scipy.stats import trim_mean

from napari_dsc import DscError, compute_perfusion_maps
from napari_dsc.core.aif import (
    ArterialRecipe,
    GammaVariate,
    aif_from_voxels,
    average_curve,
    fit_gamma_variate,
)
from napari_dsc.core.types import Aif, AifAverage

TIME = np.arange(0, 90, 1.5)
BOLUS = GammaVariate(scale=4.0, t0=20.3, a=3.0, b=1.7)


def aif_of(curve, **further):
    return Aif(curve=np.asarray(curve), voxels=np.zeros(1, bool), **further)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 9, 10, 23])
def test_averages_are_those_of_statistics(count):
    """Sample by sample, of any number of voxels."""
    curves = np.random.default_rng(count).normal(size=(count, 12)).astype(np.float32)
    np.testing.assert_allclose(average_curve(curves, "median"), np.median(curves, axis=0))
    expected = trim_mean(curves.astype(float), 0.2, axis=0)
    np.testing.assert_allclose(average_curve(curves, "trimmed mean"), expected)
    np.testing.assert_allclose(average_curve(curves), curves.mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize("how", ["mean", "median", "trimmed mean"])
def test_an_average_counts_the_finite_samples_only(how):
    """Each sample has its own number of voxels; without one there is no number."""
    curves = np.array([[1.0, np.nan, np.nan], [2.0, 5.0, np.inf], [3.0, 7.0, np.nan]])
    np.testing.assert_array_equal(average_curve(curves, how), [2, 6, np.nan])


def test_one_wild_voxel_moves_the_mean_alone():
    curves = np.tile(BOLUS(TIME), (10, 1))
    curves[4] *= 8
    expected: dict[AifAverage, bool] = {"mean": True, "median": False, "trimmed mean": False}
    for how, moved in expected.items():
        aif = aif_from_voxels(curves, np.ones(10, bool), how)
        assert bool(np.abs(aif.curve - BOLUS(TIME)).max() > 1) is moved
        assert aif.history == (() if how == "mean" else (how,))


def test_an_unknown_average_is_refused():
    with pytest.raises(DscError, match="aif_average must be one of mean, median, trimmed mean"):
        average_curve(np.ones((2, 3)), cast("AifAverage", "mode"))


def test_a_gamma_variate_takes_the_place_of_the_curve():
    """Recirculation leaves it; the curve that was measured stays known."""
    measured = BOLUS(TIME) + 0.15 * BOLUS(TIME - 14)
    made = ArterialRecipe(gamma_variate=True).applied(aif_of(measured), TIME)
    np.testing.assert_allclose(made.curve, fit_gamma_variate(measured, TIME)(TIME))
    np.testing.assert_allclose(made.curve, BOLUS(TIME), atol=0.02 * measured.max())
    assert made.measured is measured
    assert made.history[0].startswith("gamma variate, t0 20.")


@pytest.mark.parametrize("shift", [-3.0, 1.5, 2.2])
@pytest.mark.parametrize("gamma", [False, True])
def test_a_shift_moves_the_artery_to_later_times(shift, gamma):
    recipe = ArterialRecipe(gamma_variate=gamma, shift=shift)
    made = recipe.applied(aif_of(BOLUS(TIME)), TIME)
    expected = BOLUS(TIME - shift)
    np.testing.assert_allclose(made.curve, expected, atol=0.02 * expected.max())
    assert made.history[-1] == f"shifted by {shift:g} s"


@pytest.mark.parametrize("method", ["cSVD", "Tikhonov"])
def test_delay_and_tmax_fall_by_the_shift(scene, method):
    """Flow, volume and the time of the peak stay."""
    one = scene(delays=(4.0,), length=100.0)
    how = {"deconvolution_method": method, "svd_threshold": 0.1, "baseline": slice(0, 11)}
    plain, shifted = (
        compute_perfusion_maps(one.curves, one.aif, one.time, aif_shift=shift, **how)
        for shift in (0.0, 1.5)
    )
    for name in ("tmax", "delay"):
        was, now = (float(getattr(maps, name).values[0]) for maps in (plain, shifted))
        assert was - now == pytest.approx(1.5, abs=0.05)
    for name in ("cbv", "ttp"):
        was, now = (float(getattr(maps, name).values[0]) for maps in (plain, shifted))
        assert now == pytest.approx(was, rel=0.02)
    assert float(shifted.cbf.values[0]) == pytest.approx(float(plain.cbf.values[0]), rel=0.05)


def test_maps_are_made_with_the_fit(scene):
    """That of the curve, whatever else the artery holds."""
    one = scene()
    bent = one.aif + np.where(one.time > 50, 10.0, 0.0)
    fitted = fit_gamma_variate(bent, one.time)(one.time)
    found = compute_perfusion_maps(
        one.curves, bent, one.time, aif_gamma_variate=True, baseline=slice(0, 11)
    )
    expected = compute_perfusion_maps(one.curves, fitted, one.time, baseline=slice(0, 11))
    np.testing.assert_array_equal(found.cbf.values, expected.cbf.values)
    np.testing.assert_array_equal(found.cbv.values, expected.cbv.values)


def test_fault_302_what_was_made_of_a_curve_is_made_once():
    """However often a recipe is applied; another takes its place; none brings the curve back."""
    measured = BOLUS(TIME) + 0.15 * BOLUS(TIME - 14)
    recipe = ArterialRecipe(gamma_variate=True, shift=2.0)
    once = recipe.applied(aif_of(measured, history=("median",)), TIME)
    twice = recipe.applied(once, TIME)
    np.testing.assert_array_equal(twice.curve, once.curve)
    assert twice.history == once.history
    assert len(once.history) == 3
    back = ArterialRecipe().applied(once, TIME)
    np.testing.assert_array_equal(back.curve, measured)
    assert (back.measured, back.history) == (None, ("median",))


def test_a_curve_without_a_first_pass_has_no_fit():
    with pytest.raises(DscError, match=r"first pass to be replaced by its gamma variate.*measured"):
        ArterialRecipe(gamma_variate=True).applied(aif_of(np.arange(60.0)), TIME)


@pytest.mark.parametrize("shift", [10.5, -400.0, np.nan, "soon"])
def test_a_shift_beyond_ten_seconds_is_refused(shift):
    with pytest.raises(DscError, match="aif_shift must"):
        ArterialRecipe(shift=shift)
