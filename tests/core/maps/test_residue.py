"""One voxel under the lens: what is shown is what the maps were read off."""

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, DscError, compute_perfusion_maps, residue
from napari_dsc.core.deconvolution import oscillation_index
from napari_dsc.core.quality import Quality
from tests.core.conftest import CIRCULANT

METHODS = tuple(DECONVOLVERS)
FLOW = 6000 * 0.73 / 1.04  # mL/100g/min for a residue of 1/s


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("threshold", [0.1, 0.2])
def test_a_residue_is_what_the_maps_are_read_off(noisy, method, threshold):
    """Flow, Tmax, delay and the poor-fit flag of a voxel follow from its residue and fit."""
    early = np.roll(noisy.curves[40:80:2], -8, axis=1)  # edges before what the maps look at
    curves = np.vstack([noisy.curves[:40:2], early]).astype(float)
    made = compute_perfusion_maps(
        curves, noisy.aif, noisy.time, deconvolution_method=method, svd_threshold=threshold
    )
    for voxel, curve in enumerate(curves):
        one = residue(curve, noisy.aif, noisy.time, method, threshold)
        assert FLOW * one.height == pytest.approx(made.cbf.values[voxel], rel=1e-9)
        assert one.tmax == pytest.approx(made.tmax.values[voxel], abs=1e-6)
        assert one.delay == pytest.approx(made.delay.values[voxel], abs=1e-6, nan_ok=True)
        misfit = ((curve - one.fit) ** 2).sum() / ((curve - curve.mean()) ** 2).sum()
        assert one.r_squared == pytest.approx(1 - misfit)
        assert made.quality is not None
        poor = bool(made.quality[voxel] & Quality.POOR_FIT)  # beyond noise, which R² counts too
        assert not (poor and one.r_squared >= 0.5)
        assert bool(made.quality[voxel] & Quality.OSCILLATES) == (not one.settled)


def test_a_fit_is_judged_by_what_varies(noisy):
    """An offset that the artery can explain is no merit: R² counts from the curve's own mean."""
    curves = 0.15 * noisy.curves[:200].astype(float) + 6.0
    curves[:, :2] = curves[:, :10].mean(axis=1, keepdims=True)  # a baseline without noise
    made = compute_perfusion_maps(
        curves, noisy.aif, noisy.time, deconvolution_method="cSVD", baseline=2
    )
    assert made.quality is not None
    poor = made.quality & Quality.POOR_FIT > 0
    explained = [residue(one, noisy.aif, noisy.time, "cSVD").r_squared for one in curves]
    np.testing.assert_array_equal(poor, np.array(explained) < 0.5)
    assert poor.any()


def test_fit_is_the_artery_convolved_with_the_residue(scene):
    """Without noise and truncation the fit is the curve; with truncation it is smoother."""
    curves, aif, time = scene(delays=(2.0,), length=120.0)
    faithful = residue(curves[0], aif, time, "cSVD", 0.0)
    np.testing.assert_allclose(faithful.fit, curves[0], atol=1e-6)
    assert faithful.r_squared == pytest.approx(1)
    assert residue(curves[0], aif, time, "cSVD", 0.3).r_squared < 1 - 1e-4
    assert faithful.time.shape == faithful.fit.shape == time.shape


@pytest.mark.parametrize("method", CIRCULANT)
def test_oscillation_is_counted_from_lag_zero(noisy, method):
    """In the order of the circle, as in the paper, though lags are shown in ascending order."""
    one = residue(noisy.curves[0], noisy.aif, noisy.time, method)
    assert one.lags[0] == -one.lags.size / 2 * 1.5
    natural = np.roll(one.values, -np.flatnonzero(one.lags == 0)[0])
    assert one.oscillation_index == pytest.approx(float(oscillation_index(natural)))


def test_oscillation_svd_tells_the_threshold_it_chose(noisy):
    """The first candidate whose index is below the limit, or the cap, unsettled."""
    seen = set()
    dips = -noisy.curves[:60]  # signals that brighten: what is largest is negative
    for curve in [*noisy.curves[:300], *dips]:
        one = residue(curve, noisy.aif, noisy.time, "oSVD")
        seen.add(round(one.smoothing, 2))
        assert one.settled == (one.oscillation_index < 0.035)
        for lower in np.arange(0.05, one.smoothing - 0.01, 0.05):
            other = residue(curve, noisy.aif, noisy.time, "cSVD", lower)
            assert other.oscillation_index >= 0.035
        same = residue(curve, noisy.aif, noisy.time, "cSVD", one.smoothing)
        np.testing.assert_allclose(same.values, one.values, atol=1e-9 * abs(one.values).max())
    assert seen >= {0.1, 0.15, 0.2}


def test_each_method_says_what_smooths_it(noisy):
    curve = noisy.curves[0]
    assert residue(curve, noisy.aif, noisy.time, "sSVD", 0.07).smoothing == 0.07
    evident = residue(curve, noisy.aif, noisy.time, "Tikhonov", 0.07)
    assert 0.002 <= evident.smoothing <= 1.5
    assert evident.smoothing != 0.07
    assert "λ" in evident.smoothed_by
    assert "threshold" in residue(curve, noisy.aif, noisy.time, "sSVD").smoothed_by


def test_uneven_times_are_made_even(scene):
    """The fit stands on the even axis that it was made on."""
    steps = 1.5 * (1 + 0.1 * np.resize([0, 1, 0, -1], 79))
    uneven = scene(delays=(1.0,), times=np.concatenate([[0], np.cumsum(steps)]))
    one = residue(uneven.curves[0], uneven.aif, uneven.time, "cSVD")
    np.testing.assert_allclose(np.diff(one.time), 1.5)
    assert one.fit.shape == one.time.shape
    assert one.r_squared > 0.99


def test_a_voxel_without_blood_has_no_times(scene):
    _, aif, time = scene()
    for method in METHODS:
        one = residue(np.zeros_like(aif), aif, time, method)
        assert one.height == 0
        assert np.isnan([one.tmax, one.delay]).all()


@pytest.mark.parametrize("change", ["two curves", "a hole"])
def test_what_is_no_curve_is_refused(scene, change):
    curves, aif, time = scene(delays=(0.0, 1.0))
    curve = curves if change == "two curves" else np.where(time == 6, np.nan, curves[0])
    with pytest.raises(DscError, match=r"delta_r2 must be one finite curve.*Choose one voxel"):
        residue(curve, aif, time)
