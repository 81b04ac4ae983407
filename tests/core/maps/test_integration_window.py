"""Areas within a window of volumes, and an arterial input scaled to a vein's area."""

import numpy as np
import pytest

from napari_dsc import Aif, DscError, compute_perfusion_maps, phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished

WINDOW = (10, 40)


@pytest.fixture(scope="module")
def patient():
    return phantom((32, 32, 4), seed=3)


@pytest.fixture(scope="module")
def whole(patient):
    return analysed(patient)


def analysed(patient, known=None, artery=None, **settings):
    made = Settings(baseline=(2, 13), **settings)
    voxels = patient.artery if artery is None else artery
    return finished(stages(patient.series, voxels, patient.brain, made, known=known))


def trapezium(curves, time):
    """Area by the trapezoidal rule, written out."""
    steps = np.diff(time)
    return ((curves[..., 1:] + curves[..., :-1]) / 2 * steps).sum(axis=-1)


@pytest.mark.parametrize("window", [WINDOW, (2, 60), (14, 20)])
def test_cbv_integrates_tissue_and_artery_over_the_window_alone(patient, whole, window):
    """The same samples for both, and flow does not change."""
    made = analysed(patient, window=window)
    inside = slice(window[0] - 2, window[1] - 2)
    curves, aif = whole.prepared.curves[:, inside], whole.aif.curve[inside]
    time = whole.time[inside]
    expected = 100 * 0.73 / 1.04 * trapezium(curves.astype(float), time) / trapezium(aif, time)
    found = made.maps.cbv.values[patient.brain.T.nonzero()[::-1]]
    stands = np.isfinite(expected)
    np.testing.assert_allclose(found[stands], expected[stands], rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(made.maps.cbf.values, whole.maps.cbf.values)
    ratio = 60 * made.maps.cbv.values / made.maps.cbf.values
    positive = made.maps.quality_mask
    np.testing.assert_allclose(made.maps.mtt.values[positive], ratio[positive], rtol=1e-5)


def test_a_window_of_all_volumes_changes_no_byte(patient, whole):
    """And going back to the whole scan gives what was there before."""
    every = analysed(patient, window=(2, 60))
    narrow = analysed(patient, window=WINDOW, known=whole.prepared)
    back = analysed(patient, known=narrow.prepared)
    for one in (every, back):
        for was, now in zip(whole.maps, one.maps, strict=True):
            np.testing.assert_array_equal(was.values, now.values)
    assert narrow.prepared.curves is whole.prepared.curves
    assert back.prepared.window is None


def test_a_known_window_is_not_computed_again(patient, whole):
    narrow = analysed(patient, window=WINDOW, known=whole.prepared)
    again = analysed(patient, window=WINDOW, known=narrow.prepared)
    assert again.prepared is narrow.prepared


@pytest.mark.parametrize("window", [(0, 20), (2, 61), (20, 20), (30, 20), (10, 12)])
def test_a_window_beyond_the_retained_volumes_is_refused(patient, window):
    with pytest.raises(DscError, match="window must"):
        analysed(patient, window=window)


def test_the_public_function_takes_a_window(noisy):
    """As the pipeline: the areas of both curves within it."""
    plain = compute_perfusion_maps(*noisy)
    window = slice(8, 35)
    made = compute_perfusion_maps(*noisy, window=window)
    area = [trapezium(one[..., window].astype(float), noisy.time[window]) for one in noisy[:2]]
    expected = 100 * 0.73 / 1.04 * area[0] / area[1]
    np.testing.assert_allclose(made.cbv.values, expected, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(made.tmax.values, plain.tmax.values)
    with pytest.raises(DscError, match=r"window must hold at least 3"):
        compute_perfusion_maps(*noisy, window=slice(4, 6))


def test_a_given_curve_is_the_artery(patient, whole):
    """A curve without voxels, as one that was loaded."""
    curve = Aif(curve=whole.aif.curve, voxels=np.zeros_like(patient.artery))
    made = analysed(patient, artery=curve)
    for was, now in zip(whole.maps, made.maps, strict=True):
        np.testing.assert_array_equal(was.values, now.values)


def test_an_artery_is_scaled_to_the_veins_area(patient, whole):
    """A partial artery has too small an area: CBV and CBF fall by the factor, times stay."""
    vein = patient.tissue == Tissue.VEIN
    made = finished(
        stages(patient.series, patient.artery, patient.brain, Settings(baseline=(2, 13)), vein=vein)
    )
    time = whole.time
    curves = whole.prepared.vessel(vein).curve
    factor = trapezium(curves, time) / trapezium(whole.aif.curve, time)
    assert abs(factor - 1) > 0.001
    np.testing.assert_allclose(made.aif.curve, factor * whole.aif.curve)
    stands = made.maps.quality_mask & whole.maps.quality_mask
    for key in ("cbv", "cbf"):
        was, now = (getattr(one.maps, key).values[stands] for one in (whole, made))
        np.testing.assert_allclose(now * factor, was, rtol=1e-4)
    assert made.maps.tmax is not None
    np.testing.assert_allclose(
        made.maps.tmax.values[stands], whole.maps.tmax.values[stands], atol=1e-4
    )
    assert any(f"scaled by {factor:.3g}" in words for words in made.notices)


def test_a_vein_outside_the_brain_is_refused(patient):
    outside = ~patient.brain
    with pytest.raises(DscError, match="VOF must lie inside the brain"):
        finished(stages(patient.series, patient.artery, patient.brain, Settings(), vein=outside))
