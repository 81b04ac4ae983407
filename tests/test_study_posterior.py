"""The least errors possible on the posterior's grid, held against what is known of them."""

import numpy as np
import pytest
from scipy.stats import truncnorm

from benchmarks.study import least_error
from benchmarks.study.curves import ECHO_TIME
from benchmarks.study.least_error import drawn, least_values, truncated
from benchmarks.study.posterior import errors_of, errors_of_values, maps_of
from benchmarks.study.second_grid import ARTERIES, VOLUMES, cell


@pytest.fixture(autouse=True)
def fewer_atoms(monkeypatch):
    """A few thousand show what the page's twenty thousand do."""
    monkeypatch.setattr(least_error, "TIMES", 150)


@pytest.mark.parametrize("amount", [-3.0, 0.5, 1.5, 4.0, 7.1, 30.0])
@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_a_volume_is_a_normal_one_within_its_limits(amount, spread):
    """Mean, variance and evidence are those of scipy's truncated normal distribution."""
    low, high = ((one - amount) / spread for one in VOLUMES)
    known = truncnorm(low, high, loc=amount, scale=spread)
    weight, mean, variance = truncated(np.array([[amount]]), np.array([[1 / spread**2]]))
    if low > 8 or high < -8:  # so far off that no atom of it counts
        assert VOLUMES[0] <= mean[0, 0] <= VOLUMES[1]
        return
    assert mean[0, 0] == pytest.approx(known.mean(), rel=1e-6)
    assert variance[0, 0] == pytest.approx(known.var(), rel=1e-5)
    volumes = np.linspace(*VOLUMES, 20001)
    gained = (volumes * amount - volumes**2 / 2) / spread**2  # of the log-likelihood
    evidence = np.trapezoid(np.exp(gained), volumes) / np.sqrt(2 * np.pi)
    assert weight[0, 0] == pytest.approx(np.log(evidence), abs=1e-6)


def test_who_knows_how_tissues_were_made_errs_least():
    """By less than our posterior in the mean over arteries; who knows the dispersion too, less."""
    found = []
    for artery in ARTERIES:
        one = cell(artery, 1.5, 50.0, 120)
        ours = errors_of(one, maps_of(one, "Posterior"))
        told, unsure = (
            errors_of_values(one.truth, least_values(one, drawn(one, known=known)))
            for known in (True, False)
        )
        found.append((ours, told, unsure))
        assert (told < ours).all(), artery
    ours, told, unsure = np.mean(found, axis=0)
    assert (unsure < ours).all()
    assert told[3] < unsure[3]  # the delay, above all


def test_samples_count_by_their_noise():
    """At the bottom of a deep signal a sample is noisy, and a plain fit believes it as the rest."""
    one, random = cell("narrow", 1.5, 20.0, 8), np.random.default_rng(7)
    unit = drawn(one, known=True)
    of_one = unit._replace(curves=unit.curves[:1], mtt=unit.mtt[:1], delay=unit.delay[:1])
    volume, shape = 5.0, of_one.curves[0] * 6 / of_one.curves[0].max()  # 30 1/s at its peak
    of_one = of_one._replace(curves=shape[None])
    signal = np.exp(-ECHO_TIME * volume * shape)
    noisy = signal + random.normal(scale=1 / one.snr, size=(1500, shape.size))
    level = noisy[:, : one.baseline].mean(axis=1, keepdims=True)
    curves = -np.log(np.maximum(noisy, 1e-3) / level) / ECHO_TIME
    found = least_values(one._replace(curves=curves), of_one)["cbv"]
    centred = shape - shape.mean()
    plain = np.clip((curves @ centred) / (centred @ centred), *VOLUMES)
    assert np.std(found) < 0.95 * np.std(plain)  # most of the error is the baseline's


def test_nothing_is_uncertain_without_noise():
    """Of a scan nearly without noise the values are those that the tissues were made with."""
    one = cell("narrow", 1.0, 2000.0, 40)
    found = least_values(one, drawn(one, known=True))
    for key, most in {"cbv": 0.03, "mtt": 0.15}.items():
        away = np.abs(found[key] / one.truth[key] - 1)
        assert np.median(away) < most, key
    assert np.median(np.abs(found["delay"] - one.truth["delay"])) < 0.3
