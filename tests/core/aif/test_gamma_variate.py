"""The gamma variate of the first pass, by closed forms; and areas brought together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import DscError, phantom
from napari_dsc.core.aif import GammaVariate, fit_gamma_variate

FINE = np.arange(0, 400, 0.01)


@pytest.mark.parametrize(("a", "b"), [(1.5, 4.0), (3.0, 2.2), (6.0, 1.0)])
def test_peak_and_moment_are_those_of_its_samples(a, b):
    """Closed forms against the finely sampled function."""
    bolus = GammaVariate(scale=2.0, t0=21.0, a=a, b=b)
    values = bolus(FINE)
    assert FINE[values.argmax()] == pytest.approx(bolus.peak_time, abs=0.01)
    assert (FINE * values).sum() / values.sum() == pytest.approx(bolus.first_moment, abs=1e-3)
    assert (values[FINE <= 21] == 0).all()
    assert float(bolus(21.0 + b)) == pytest.approx(2.0 * b**a / np.e)


@pytest.mark.parametrize("step", [0.5, 1.0, 1.5, 2.0])
@settings(deadline=None)  # the first example imports the optimiser
@given(
    t0=st.floats(8, 30),
    a=st.floats(1.2, 8),
    peak=st.floats(5, 9),
    height=st.floats(0.5, 300),
)
def test_a_gamma_variate_is_found_again(step, t0, a, peak, height):
    """Noise-free: all four parameters, at any scale."""
    b = peak / a
    true = GammaVariate(scale=height / (peak**a * np.exp(-a)), t0=t0, a=a, b=b)
    time = np.arange(0, 90, step)
    found = fit_gamma_variate(true(time), time)
    assert found.peak_time == pytest.approx(true.peak_time, abs=0.01)
    assert found.first_moment == pytest.approx(true.first_moment, abs=0.02)
    assert found.t0 == pytest.approx(true.t0, abs=0.1)
    assert found.a == pytest.approx(true.a, rel=0.05)
    np.testing.assert_allclose(found(time), true(time), atol=2e-3 * height)


def test_only_the_first_pass_is_fitted():
    """Recirculation after the fall to 40 % of the peak changes nothing."""
    time = np.arange(0, 90, 1.0)
    true = GammaVariate(scale=1.0, t0=20.0, a=3.0, b=2.0)
    second = 0.2 * true(time - 20)
    plain, with_second = (fit_gamma_variate(true(time) + one, time) for one in (0 * time, second))
    assert with_second == plain


@pytest.mark.parametrize("seed", range(5))
def test_noise_leaves_the_peak_where_it_is(seed):
    """Of the digital patient's artery with 2 % of noise: within half a volume, 5 % of height."""
    patient = phantom((16, 16, 2))
    aif, time = patient.aif, patient.series.time
    random = np.random.default_rng(seed)
    found = fit_gamma_variate(aif + 0.02 * aif.max() * random.standard_normal(aif.size), time)
    assert found.peak_time == pytest.approx(27.6, abs=0.75)
    assert float(found(found.peak_time)) == pytest.approx(120, rel=0.05)
    assert found.t0 == pytest.approx(21, abs=2)


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        (np.zeros(40), "must hold the first pass"),
        (np.linspace(0, 1, 40), "must hold the first pass"),
        (-np.hanning(40), "must hold the first pass"),
        (np.eye(40)[20], "at least 5 samples"),
        (np.full(40, np.nan), "must be finite"),
        (np.zeros(39), r"time must have shape \(39,\) like the curve"),
    ],
)
def test_what_holds_no_bolus_is_refused(curve, words):
    with pytest.raises(DscError, match=words):
        fit_gamma_variate(curve, np.arange(40.0))
