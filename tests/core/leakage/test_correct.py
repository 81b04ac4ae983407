"""Leakage taken out of curves: closed forms, model data, and what is refused."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import LEAKAGE_MODELS, DscError, correct_leakage
from napari_dsc.core.defaults import LEAKAGE_TOLERANT
from napari_dsc.core.leakage import FASTEST
from napari_dsc.core.leakage.integrals import kept
from napari_dsc.core.maps import Scale
from napari_dsc.core.phantom.curves import FINE, arterial_curve, passed_on

TRUTH = [  # K1, K2 (1/s), kep (1/s)
    (1.5, 0.02, 0.0),
    (2.5, -0.015, 0.0),
    (3.0, 0.03, 0.02),
    (1.0, 0.01, 0.045),
    (2.0, -0.02, 0.035),
]
FINE_TIME = np.arange(0, 121, FINE)
ARTERY = arterial_curve(FINE_TIME - 20.0, 100.0)


def tissue(cbv=2.5, mtt=5.0, delay=0.0):
    """Curve of tissue on the fine grid, 1/s."""
    residue = cbv / Scale().volume / mtt * np.exp(-FINE_TIME / mtt)
    return passed_on(FINE_TIME, ARTERY, residue, delay)


REFERENCE = tissue()


def sampled(curve, time):
    """A fine curve at some times."""
    return np.interp(time, FINE_TIME, curve)


@cache
def washed(kep):
    """What tissue keeps of the reference, on the fine grid."""
    return kept(REFERENCE, FINE_TIME, np.array([kep]))[0]


def leaky(k1, k2, kep):
    """Curve of the model, on the fine grid."""
    return k1 * REFERENCE - k2 * washed(kep)


def area(curve, time):
    """Area under a curve, by the trapezoidal rule."""
    return float(np.sum((curve[1:] + curve[:-1]) / 2 * np.diff(time)))


# --- the integral ------------------------------------------------------------------------------


@settings(deadline=None)  # the machine may be busy
@given(
    st.lists(st.floats(0.2, 6.0), min_size=3, max_size=12),
    st.floats(-20.0, 20.0),
    st.floats(0.0, 0.3),
)
def test_what_is_kept_of_a_constant_is_its_closed_form(steps, level, rate):
    """Whatever the steps: c (1 - exp(-k t)) / k, and c t where nothing is washed out."""
    time = np.concatenate([[0.0], np.cumsum(steps)])
    found = kept(np.full(time.size, level), time, np.array([rate]))[0]
    wanted = level * time if rate < 1e-12 else -level * np.expm1(-rate * time) / rate
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("rate", [0.0, 1e-6, 1e-4, 0.01, 0.5])
def test_what_is_kept_of_a_ramp_is_its_closed_form(rate):
    """A straight piece is integrated exactly, also where k h is tiny: t/k - (1 - e^-kt)/k²."""
    time = np.array([0.0, 0.5, 2.0, 2.5, 6.0, 9.0])
    found = kept(3 * time, time, np.array([rate]))[0]
    fine = np.linspace(0, 9, 90_001)
    for at, end in zip(found, time, strict=True):
        upto = fine[fine <= end + 1e-9]
        assert at == pytest.approx(area(3 * upto * np.exp(-rate * (end - upto)), upto), rel=1e-6)


def test_samples_between_do_not_change_what_is_kept():
    """A curve that is straight between samples is the same with more of them."""
    time = np.arange(0, 60, 2.0)
    curve = sampled(REFERENCE, time)
    dense = np.arange(0, 58.1, 0.5)
    rates = np.array([0.0, 0.02, 0.05])
    more = kept(np.interp(dense, time, curve), dense, rates)[:, ::4]
    np.testing.assert_allclose(more, kept(curve, time, rates), rtol=1e-10, atol=1e-10)


# --- model data --------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("tolerant", [False, True])
@pytest.mark.parametrize("model", LEAKAGE_MODELS)
@pytest.mark.parametrize(("k1", "k2", "kep"), TRUTH)
def test_model_data_give_their_own_constants(k1, k2, kep, model, tolerant, step):
    """K1 within 0.02, K2 within 0.002 1/s, blood volume within 3 %: with K2 of either sign."""
    if model == "BSW" and kep > 0:
        pytest.skip("agent that comes back is not in this model")
    time = np.arange(0, 120, step)
    found = correct_leakage(
        sampled(leaky(k1, k2, kep), time), sampled(REFERENCE, time), time, model, tolerant=tolerant
    )
    assert found.k1 == pytest.approx(k1, abs=0.02)
    assert found.k2 == pytest.approx(k2, abs=0.002)
    assert found.kep == pytest.approx(kep, abs=0.002)
    whole = area(k1 * sampled(REFERENCE, time), time)
    assert area(found.corrected, time) == pytest.approx(whole, rel=0.03)


def test_uneven_times_give_the_same_constants():
    time = np.concatenate([np.arange(0, 45, 1.0), np.arange(45, 118, 3.0)])
    found = correct_leakage(sampled(leaky(2.0, 0.02, 0.0), time), sampled(REFERENCE, time), time)
    assert found.k1 == pytest.approx(2.0, abs=0.02)
    assert found.k2 == pytest.approx(0.02, abs=0.002)


@settings(deadline=None)  # the machine may be busy
@given(st.floats(0.3, 6.0), st.floats(-0.04, 0.04), st.floats(0.1, 9.0))
def test_constants_scale_with_the_curve_and_not_with_the_unit(k1, k2, factor):
    """Curves and reference in another unit: K1, K2 and kep are what they were."""
    time = np.arange(0, 90, 1.5)
    curve, reference = sampled(leaky(k1, k2, 0.0), time), sampled(REFERENCE, time)
    one = correct_leakage(curve, reference, time)
    other = correct_leakage(factor * curve, factor * reference, time)
    np.testing.assert_allclose([other.k1, other.k2], [one.k1, one.k2], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(other.corrected, factor * one.corrected, rtol=1e-6, atol=1e-6)


def test_what_is_added_is_k2_times_what_the_reference_brought_and_nothing_else():
    """The corrected curve keeps noise and misfit: K1 times the reference is another thing."""
    time = np.arange(0, 90, 1.5)
    noise = np.random.default_rng(3).normal(0, 0.6, time.size)
    curve = sampled(leaky(2.0, -0.02, 0.0), time) + noise
    reference = sampled(REFERENCE, time)
    found = correct_leakage(curve, reference, time)
    added = float(found.k2) * kept(reference, time, np.zeros(1))[0]
    np.testing.assert_allclose(found.corrected, curve + added, rtol=1e-9, atol=1e-9)
    assert found.k2 < 0


@pytest.mark.parametrize("model", LEAKAGE_MODELS)
def test_a_fit_is_the_least_squares_of_its_columns(model):
    """Against numpy's own, at the kep that was found; no other kep explains more."""
    time = np.arange(0, 90, 1.5)
    random = np.random.default_rng(5)
    curves = sampled(leaky(2.0, 0.02, 0.02), time) + random.normal(0, 1.0, (20, time.size))
    reference = sampled(REFERENCE, time)
    found = correct_leakage(curves, reference, time, model, tolerant=False)

    def solved(curve, kep):
        columns = np.stack([reference, -kept(reference, time, np.array([kep]))[0]], axis=1)
        best, left, *_ = np.linalg.lstsq(columns, curve, rcond=None)
        return best, float(left[0])

    for at, curve in enumerate(curves):
        best, left = solved(curve, found.kep[at])
        np.testing.assert_allclose([found.k1[at], found.k2[at]], best, rtol=1e-6, atol=1e-9)
        others = np.linspace(0, FASTEST, 281) if model == "bidirectional" else [0.0]
        assert left <= min(solved(curve, kep)[1] for kep in others) * (1 + 1e-6)


def test_late_tissue_looks_less_leaky_to_a_tolerant_fit():
    """Tissue that does not leak and is 3 s late: the slope of the reference takes the delay."""
    time = np.arange(0, 120, 1.5)
    late, reference = sampled(tissue(3.0, 7.0, delay=3.0), time), sampled(REFERENCE, time)
    strict = correct_leakage(late, reference, time, tolerant=False)
    easy = correct_leakage(late, reference, time, tolerant=True)
    assert abs(easy.k2) < 0.75 * abs(strict.k2)
    true = area(late, time)
    assert abs(area(easy.corrected, time) / true - 1) < abs(area(strict.corrected, time) / true - 1)


def test_agent_that_comes_back_faster_than_the_limit_is_not_searched_for():
    """Beyond 0.05 1/s it is a transit time: late tissue would be eaten up."""
    time = np.arange(0, 120, 1.5)
    found = correct_leakage(
        sampled(leaky(2.0, 0.05, 0.2), time), sampled(REFERENCE, time), time, "bidirectional"
    )
    assert float(found.kep) == pytest.approx(FASTEST)
    assert FASTEST == 0.05


# --- what it takes and gives -------------------------------------------------------------------


def test_a_region_is_corrected_and_the_rest_is_shown():
    """Outside nothing is added; K2 is found all the same."""
    time = np.arange(0, 90, 1.5)
    curves = np.stack([sampled(leaky(2.0, 0.02, 0.0), time)] * 4).reshape(2, 2, -1)
    where = np.array([[True, False], [False, False]])
    found = correct_leakage(curves, sampled(REFERENCE, time), time, where=where)
    np.testing.assert_array_equal(found.corrected[~where], curves[~where])
    assert (found.corrected[where][:, -1] > curves[where][:, -1] + 0.5).all()
    np.testing.assert_allclose(found.k2, 0.02, atol=2e-3)
    nowhere = correct_leakage(
        curves, sampled(REFERENCE, time), time, where=np.zeros((2, 2), dtype=bool)
    )
    np.testing.assert_array_equal(nowhere.corrected, curves)


def test_a_missing_sample_is_no_answer_and_stays_in_its_voxel():
    time = np.arange(0, 90, 1.5)
    curves = np.stack([sampled(leaky(2.0, 0.02, 0.0), time)] * 3).astype(np.float32)
    curves[1, 7] = np.nan
    found = correct_leakage(curves, sampled(REFERENCE, time), time)
    assert np.isnan([found.k1[1], found.k2[1], found.kep[1]]).all()
    assert np.isfinite(found.corrected[[0, 2]]).all()
    assert found.corrected.dtype == found.k1.dtype == found.k2.dtype == np.float32
    assert found.corrected.shape == curves.shape
    assert found.k1.shape == (3,)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "bsw"}, "model must be one of BSW, bidirectional"),
        ({"model": None}, "model must be one of"),
        ({"reference": np.ones(59)}, r"reference must have shape \(60,\)"),
        ({"reference": np.full(60, np.nan)}, "reference must be finite"),
        ({"reference": np.zeros(60)}, "reference must be the curve of a bolus"),
        ({"time": np.zeros(60)}, "time must increase"),
        ({"where": np.ones(3, dtype=bool)}, "where must have shape"),
        ({"tolerant": "yes"}, "tolerant must be"),
        ({"delta_r2": np.ones((2, 5)), "reference": np.ones(5), "time": np.arange(5.0)}, "8 vol"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(change, message):
    time = np.arange(0, 90, 1.5)
    right = {
        "delta_r2": np.stack([sampled(leaky(2.0, 0.02, 0.0), time)] * 2),
        "reference": sampled(REFERENCE, time),
        "time": time,
    }
    with pytest.raises(DscError, match=message):
        correct_leakage(**{**right, **change})


@pytest.mark.parametrize("name", LEAKAGE_MODELS)
def test_a_model_is_declared_whole(name):
    kind = LEAKAGE_MODELS[name]
    assert kind.code.startswith("M.LC1.")
    assert kind.sentence
    assert kind.citation
    assert kind().tolerant is LEAKAGE_TOLERANT
