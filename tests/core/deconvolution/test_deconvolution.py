"""What is true of a right deconvolution, for every method or for those that promise it."""

from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import DECONVOLVERS, DscError, compute_perfusion_maps
from napari_dsc.core.deconvolution import OscillationSvd, deconvolver, oscillation_index
from napari_dsc.core.parameters import parameters_of
from tests.core.conftest import Scene, expecting_nothing

METHODS = tuple(DECONVOLVERS)
TRUNCATED = tuple(
    name for name, kind in DECONVOLVERS.items() if "svd_threshold" in parameters_of(kind)
)
ALL_LAGS = slice(None)
STEPS = (1.0, 1.5, 2.0)  # s
BOUND = 0.015  # of the flow without delay


def maps(scene: Scene, method, threshold=0.2, **further: Any):
    return compute_perfusion_maps(
        *scene, deconvolution_method=method, svd_threshold=threshold, **further
    )


def whole_steps(step):
    """Delays of whole time steps between −3 and +6 s."""
    return step * np.arange(np.ceil(-3 / step), np.floor(6 / step) + 1)


def change_of_flow(scene, method, threshold, delays, **tissue):
    """Flow at each delay, relative to the flow without delay, less one."""
    flow = maps(scene(delays=(0.0, *delays), **tissue), method, threshold).cbf.values
    return flow[1:] / flow[0] - 1


# --- delay -------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("residue", ["exponential", "linear", "box"])
@pytest.mark.parametrize("threshold", [0.05, 0.1, 0.2])
def test_circulant_svd_ignores_delays_of_whole_steps(scene, step, residue, threshold):
    """A bolus that comes a few volumes later carries the same flow."""
    for mtt in (3.0, 8.0):
        change = change_of_flow(
            scene, "cSVD", threshold, whole_steps(step), step=step, residue=residue, mtt=mtt
        )
        assert np.abs(change).max() <= BOUND


@given(delay=st.floats(-3, 6), mtt=st.floats(3, 10), step=st.sampled_from(STEPS))
@settings(derandomize=True, deadline=None, max_examples=15)
def test_circulant_svd_at_its_usual_threshold_ignores_any_delay(scene, delay, mtt, step):
    """A bolus that comes between two volumes carries the same flow."""
    change = change_of_flow(scene, "cSVD", 0.2, [delay], step=step, mtt=mtt, length=96.0)
    assert np.abs(change).max() <= BOUND


@pytest.mark.parametrize("residue", ["exponential", "linear", "box"])
@pytest.mark.parametrize("mtt", [3.0, 8.0])
def test_oscillation_svd_ignores_delays_of_whole_steps(scene, residue, mtt):
    """As cSVD, where the delay leaves the choice of the threshold as it is."""
    change = change_of_flow(
        scene, "oSVD", 0.2, whole_steps(1.0), step=1.0, residue=residue, mtt=mtt
    )
    assert np.abs(change).max() <= BOUND


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("residue", ["exponential", "linear", "box"])
def test_a_delay_may_change_the_choice_never_what_it_gives(scene, step, residue):
    """The index leaves out two bends at lag zero, so oSVD's choice may jump: to another cSVD."""
    for mtt in (3.0, 4.0):
        tissue = scene(delays=(0.0, *whole_steps(step)), step=step, residue=residue, mtt=mtt)
        flow = maps(tissue, "oSVD").cbf.values
        offered = [maps(tissue, "cSVD", cap).cbf.values[0] for cap in (0.05, 0.1, 0.15, 0.2)]
        assert np.abs(flow[:, None] / offered - 1).min(axis=1).max() <= BOUND


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("residue", ["exponential", "linear", "box"])
def test_tikhonov_ignores_delays_of_whole_steps(scene, step, residue):
    """Its residue may begin before the artery: early tissue needs no way round a circle."""
    for mtt in (3.0, 8.0, 12.0):
        change = change_of_flow(
            scene, "Tikhonov", 0.2, whole_steps(step), step=step, residue=residue, mtt=mtt
        )
        assert np.abs(change).max() <= 0.025


@pytest.mark.parametrize("step", STEPS)
def test_tikhonov_ignores_any_delay_in_the_mean(scene, step):
    """With noise (SNR 100) the mean flow stays within 4 % wherever between two volumes it falls."""
    random = np.random.default_rng(0)
    delays = np.arange(-3, 6.01, 0.5)
    for residue in ("exponential", "box"):
        clean = scene(step=step, residue=residue, delays=delays)
        curves = np.repeat(clean.curves, 300, axis=0)
        signal = np.exp(-0.03 * curves) + random.normal(0, 0.01, curves.shape)
        noisy = -np.log(signal / signal[:, :10].mean(axis=1, keepdims=True)) / 0.03
        flow = maps(clean._replace(curves=noisy.astype(np.float32)), "Tikhonov").cbf.values
        means = flow.reshape(len(delays), -1).mean(axis=1)
        assert np.abs(means / means.mean() - 1).max() <= 0.04


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("mtt", [4.0, 8.0])
def test_standard_svd_does_not_ignore_delay(scene, step, mtt):
    """What the circulant methods pass, the standard one must fail: the test can tell."""
    change = change_of_flow(scene, "sSVD", 0.2, whole_steps(step), step=step, mtt=mtt)
    assert np.ptp(change) > 0.10
    assert np.abs(change).max() > BOUND


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("threshold", [0.05, 0.1, 0.2])
def test_tmax_moves_with_the_delay(scene, step, threshold):
    """A delay of whole steps moves Tmax by exactly as much, before the artery as after it."""
    delays = whole_steps(step)
    tmax = maps(scene(delays=(0.0, *delays), step=step), "cSVD", threshold).tmax.values
    np.testing.assert_allclose(tmax[1:] - tmax[0], delays, atol=0.01)


@given(delay=st.floats(-3, 6), step=st.sampled_from(STEPS))
@settings(derandomize=True, deadline=None, max_examples=15)
def test_tmax_lies_between_samples(scene, delay, step):
    """A delay of any length moves Tmax by as much, to a small part of the time step."""
    tmax = maps(scene(delays=(0.0, delay), step=step), "cSVD").tmax.values
    assert abs(tmax[1] - tmax[0] - delay) < 0.05 * step


@pytest.mark.parametrize("step", STEPS)
def test_delay_is_the_leading_edge(scene, step):
    """The half-maximum finds the arrival to 0.4 s in the mean; the peak, 2 s later, does not."""
    delays = np.arange(-2, 6.01, 0.25)
    errors, lateness = [], []
    for residue in ("exponential", "linear", "box"):
        for mtt in (3.0, 4.0, 6.0, 8.0, 12.0):
            tissue = scene(delays=delays, step=step, residue=residue, mtt=mtt)
            made = maps(tissue, "cSVD", 0.1)
            errors.append(np.abs(made.delay.values - delays).mean())
            lateness.append((made.tmax.values - delays).mean())
    assert np.mean(errors) <= 0.4
    assert np.mean(lateness) > 1


@pytest.mark.parametrize("method", METHODS)
def test_peak_is_not_searched_where_only_noise_is(scene, method):
    """Whatever lies more than 10 s before the artery, or beyond the scan, is no bolus."""
    late, early = scene(delays=(0.0, -30.0), arrival=50.0).curves
    both = scene(arrival=50.0)._replace(curves=(late + 3 * early)[None])
    tmax = maps(both, method).tmax.values[0]
    assert -10 <= tmax <= both.time[-1]


# --- threshold ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", TRUNCATED)
def test_flow_falls_as_the_threshold_rises(noisy, method):
    """Every truncation reads `svd_threshold`: more truncation is a smoother, lower residue."""
    flows = [maps(noisy, method, cap).cbf.values.mean() for cap in (0.05, 0.1, 0.15, 0.2, 0.3)]
    assert np.all(np.diff(flows) < 0)


def test_truncation_bias_is_that_of_the_literature(scene):
    """At 0.2 a fast exponential loses almost half of its flow, a box about a sixth: no repair."""
    exponential = maps(scene(residue="exponential", flow=60.0), "cSVD").cbf.values[0]
    box = maps(scene(residue="box", flow=60.0), "cSVD").cbf.values[0]
    assert exponential == pytest.approx(34.2, rel=0.05)
    assert box == pytest.approx(50.3, rel=0.05)


def test_oscillation_svd_chooses_among_circulant_ones(noisy):
    """Whatever it chooses, its flow is that of cSVD at one of the candidates."""
    found = maps(noisy, "oSVD", 0.2).cbf.values
    offered = np.array([maps(noisy, "cSVD", cap).cbf.values for cap in (0.05, 0.1, 0.15, 0.2)])
    misfit = np.abs(offered / found - 1)
    assert misfit.min(axis=0).max() < 1e-5
    assert (np.bincount(misfit.argmin(axis=0))[1:] > 100).all()  # the choice is a choice


@pytest.mark.parametrize(
    ("cap", "candidates"),
    [
        (0.0, (0.0,)),
        (0.03, (0.03,)),
        (0.05, (0.05,)),
        (0.12, (0.05, 0.10, 0.12)),
        (0.15, (0.05, 0.10, 0.15)),
        (0.2, (0.05, 0.10, 0.15, 0.2)),
    ],
)
def test_candidates_end_at_the_cap(cap, candidates):
    """The threshold is the largest truncation that the search may reach, and always tried."""
    assert OscillationSvd(svd_threshold=cap).candidates == pytest.approx(candidates)


def test_oscillation_limit_decides(noisy):
    """A lenient limit keeps the smallest truncation, a strict one goes to the cap."""

    def flow(limit):
        made = compute_perfusion_maps(*noisy, oscillation_index=limit)
        return made.cbf.values

    np.testing.assert_allclose(flow(1e3), maps(noisy, "cSVD", 0.05).cbf.values, rtol=1e-5)
    np.testing.assert_allclose(flow(1e-9), maps(noisy, "cSVD", 0.20).cbf.values, rtol=1e-5)


# --- linear and homogeneous --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sSVD", "cSVD"])
def test_residues_are_linear_in_the_tissue(noisy, method):
    """The residue of a mixture is the mixture of the residues."""
    one, other = noisy.curves[:500].astype(float), noisy.curves[500:1000].astype(float)
    solve = DECONVOLVERS[method]()(noisy.aif, 1.5).solver(ALL_LAGS, one.dtype, True)
    mixed = solve(0.3 * one - 2 * other).values
    parts = 0.3 * solve(one).values - 2 * solve(other).values
    np.testing.assert_allclose(mixed, parts, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@given(factor=st.floats(1e-3, 1e3))
@settings(derandomize=True, deadline=None, max_examples=5)
def test_amplitude_of_both_cancels(noisy, method, factor):
    """Twice the contrast agent, in artery and tissue, changes no map and no flag."""
    curves = noisy.curves[:300].astype(float)
    before = maps(noisy._replace(curves=curves), method)
    after = maps(noisy._replace(curves=factor * curves, aif=factor * noisy.aif), method)
    for was, now in zip(before, after, strict=True):
        np.testing.assert_allclose(now.values, was.values, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(after.quality, before.quality)


@pytest.mark.parametrize("method", METHODS)
def test_twice_the_tissue_is_twice_the_blood(noisy, method):
    """Flow and volume follow the tissue's amplitude; times do not.

    Where no volume is expected: one that is has an amount.
    """
    none = expecting_nothing(method)
    before = maps(noisy, method, **none)
    after = maps(noisy._replace(curves=2 * noisy.curves), method, **none)
    rtol = 3e-4 if method == "Tikhonov" else 1e-5  # its strength is found in float32
    for key, factor in {"cbf": 2, "cbv": 2, "mtt": 1, "tmax": 1, "delay": 1, "ttp": 1}.items():
        was, now = getattr(before, key).values, getattr(after, key).values
        np.testing.assert_allclose(now, factor * was, rtol=rtol, atol=1e-3 * (rtol > 1e-5))


# --- oscillation index -------------------------------------------------------------------------


def test_oscillation_index_is_its_formula():
    """Wu 2003, Eq. 6: the bends of the residue over its length and its peak."""
    residues = np.random.default_rng(0).normal(size=(5, 4, 12))
    expected = np.empty((5, 4))
    for at in np.ndindex(5, 4):
        r = residues[at]
        bends = sum(abs(r[k] - 2 * r[k - 1] + r[k - 2]) for k in range(2, 12))
        expected[at] = bends / 12 / r.max()
    np.testing.assert_allclose(oscillation_index(residues), expected)


def test_oscillation_index_of_no_flow_is_infinite():
    """A residue without a positive sample calms no search."""
    assert np.isinf(oscillation_index([[0.0, 0.0, 0.0, 0.0], [-1.0, -2.0, -1.0, -3.0]])).all()


@given(factor=st.floats(1e-6, 1e6))
@settings(derandomize=True, deadline=None, max_examples=10)
def test_oscillation_index_has_no_scale(factor):
    residue = np.random.default_rng(2).normal(size=20)
    assert oscillation_index(factor * residue) == pytest.approx(oscillation_index(residue))


# --- the rows of the table ---------------------------------------------------------------------


def test_the_table_holds_every_method():
    """The keys are what scripts, records and the form say."""
    assert {"sSVD", "cSVD", "oSVD", "Tikhonov"} <= set(DECONVOLVERS)
    assert fields(DECONVOLVERS["Tikhonov"]) == ()  # its strength is each voxel's own
    assert deconvolver("Tikhonov", svd_threshold=7.0) == DECONVOLVERS["Tikhonov"]()


@pytest.mark.parametrize("method", TRUNCATED)
def test_a_method_is_a_frozen_value_that_holds_its_parameters(method):
    """Untouched, it has the specification's threshold; nothing else can set it."""
    untouched = DECONVOLVERS[method]()
    assert untouched == deconvolver(method, svd_threshold=0.2)
    assert untouched == deconvolver(method)
    with pytest.raises(FrozenInstanceError):
        setattr(untouched, "svd_threshold", 0.1)  # noqa: B010  the name is the parameter


@pytest.mark.parametrize("method", METHODS)
def test_an_inverse_says_which_lags_it_has(noisy, method):
    """Lags are even, ascending and hold zero; the search lies within them."""
    inverse = DECONVOLVERS[method]()(noisy.aif, 1.5)
    residues = inverse.solver(ALL_LAGS, noisy.curves.dtype, True)(noisy.curves[:5])
    assert residues.values.shape == (5, inverse.lags.size)
    assert residues.values.dtype == np.float32
    columns: tuple[Any, ...] = residues[1:]
    assert {column.shape for column in columns} == {(5,)}
    assert inverse.forward.shape == (inverse.lags.size, noisy.aif.size)
    np.testing.assert_allclose(np.diff(inverse.lags), 1.5)
    assert 0 in inverse.lags[inverse.search]
    earliest = inverse.lags[inverse.search][0]
    assert earliest in (0.0, -9.0)  # whole steps within 10 s, unless tissue must follow the artery
    assert method != "sSVD" or earliest == 0.0
    assert inverse.lags[inverse.search][-1] == pytest.approx(1.5 * (noisy.aif.size - 1))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_some_lags_are_those_of_all(noisy, method, dtype):
    """Whatever lags are asked for, the residue is the same there, and so is the rest."""
    inverse = DECONVOLVERS[method]()(noisy.aif, 1.5)
    curves = noisy.curves[:300].astype(dtype)
    every = inverse.solver(ALL_LAGS, curves.dtype, True)(curves)
    some = inverse.solver(inverse.window, curves.dtype, True)(curves)
    scale = np.abs(every.values).max()
    rtol = 1e-5 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(some.values, every.values[:, inverse.window], atol=rtol * scale)
    for was, now in zip(every[1:], some[1:], strict=True):
        np.testing.assert_array_equal(now, was)


@pytest.mark.parametrize("method", METHODS)
def test_explained_is_what_the_fit_explains(noisy, method):
    """The energy that a method reports is that of the re-convolved residue, written out."""
    inverse = DECONVOLVERS[method]()(noisy.aif, 1.5)
    curves = noisy.curves[:300].astype(float)
    residues = inverse.solver(ALL_LAGS, curves.dtype, True)(curves)
    misfit = ((curves - residues.values @ inverse.forward) ** 2).sum(axis=1)
    expected = (curves**2).sum(axis=1) - misfit
    assert residues.explained is not None
    np.testing.assert_allclose(residues.explained, expected, rtol=1e-6)


@pytest.mark.parametrize(("step", "before"), [(0.5, 16), (0.7, 12), (1.0, 8), (2.0, 8)])
def test_tikhonov_begins_eight_seconds_and_eight_samples_before(noisy, step, before):
    """Whichever is more; the peak is searched for no earlier than 10 s before."""
    inverse = DECONVOLVERS["Tikhonov"]()(noisy.aif, step)
    assert inverse.lags[0] == pytest.approx(-before * step)
    assert inverse.lags[inverse.search][0] == pytest.approx(-min(before, int(10 / step)) * step)


@pytest.mark.parametrize("method", TRUNCATED)
@pytest.mark.parametrize("threshold", [-0.01, 1.0, 7.0, np.nan, np.inf])
def test_threshold_outside_its_range_is_refused(method, threshold):
    with pytest.raises(DscError, match=rf"svd_threshold must lie in \[0, 1\), got {threshold:g}"):
        deconvolver(method, svd_threshold=threshold)


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan])
def test_oscillation_limit_must_be_positive(limit):
    with pytest.raises(DscError, match=f"oscillation_index must be positive, got {limit:g}"):
        OscillationSvd(oscillation_index=limit)


def test_unknown_method_is_told_the_known_ones():
    with pytest.raises(DscError, match=r"must be one of sSVD, cSVD, oSVD.*, got 'bSVD'"):
        deconvolver("bSVD", svd_threshold=0.2)
