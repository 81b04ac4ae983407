"""Why a voxel has no answer: each reason has a voxel that shows it, and a clean one does not."""

from typing import Any

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, compute_perfusion_maps, delta_r2_star, phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings
from napari_dsc.core.quality import (
    REJECTING,
    WORDS,
    Quality,
    explain,
    signal_evidence,
)
from tests.core.conftest import CIRCULANT, SceneMaker

METHODS = tuple(DECONVOLVERS)
READ_OFF = tuple(  # methods whose maps are read off a residue
    name for name, kind in DECONVOLVERS.items() if kind.central_volume
)
ADVISORY = Quality.OSCILLATES | Quality.UNRETURNED | Quality.EARLY | Quality.JUMP
LEVEL, TE = 1000.0, 0.03  # a.u., s
BASELINE = slice(0, 35)


def judged(scene: SceneMaker, method, *, delay=0.0, times=1.0, plus=0.0, edit=None, **parameters):
    """Flags of 30 clean voxels and, last, of one that is wrong; with a signal of SNR 200."""
    delays = [*np.linspace(0, 3, 30), delay]
    curves, aif, time = scene(step=1.0, arrival=40.0, delays=delays)
    curves[-1] = times * curves[-1] + plus
    signal = LEVEL * np.exp(-TE * curves)
    signal += np.random.default_rng(0).normal(0, 5, signal.shape)
    if edit is not None:
        edit(signal[-1])
    return compute_perfusion_maps(
        delta_r2_star(signal, TE, BASELINE),
        aif,
        time,
        deconvolution_method=method,
        baseline=BASELINE,
        signal=signal,
        **parameters,
    )


def no_bolus(signal):
    signal[:] = LEVEL + np.random.default_rng(1).normal(0, 5, signal.size)


def missing(signal):
    signal[50] = np.nan


def black(signal):
    signal[50] = 0


def dark(signal):
    signal *= 0.05


def unstable(signal):
    signal[BASELINE] *= 1 + 0.2 * np.resize([-1, 1], 35)


def saturated(signal):
    signal[48] = 8


AFTER = np.arange(120) > 44
SPIKE = np.where(np.arange(120) == 60, 10.0, 0.0)
WRONG: dict[str, tuple[Quality, dict[str, Any]]] = {
    "a missing sample": (Quality.NON_FINITE, {"edit": missing}),
    "a sample of zero": (Quality.NON_FINITE, {"edit": black}),
    "a dark voxel": (Quality.LOW_SIGNAL, {"edit": dark}),
    "a restless baseline": (Quality.UNSTABLE_BASELINE, {"edit": unstable}),
    "noise alone": (Quality.WEAK_BOLUS, {"edit": no_bolus}),
    "a sample in the noise floor": (Quality.SATURATED, {"edit": saturated}),
    "a spike that no artery makes": (Quality.POOR_FIT, {"times": 0.0, "plus": SPIKE}),
    "a curve upside down": (Quality.NOT_POSITIVE, {"times": -1.0}),
    "a curve that stays up": (Quality.UNRETURNED, {"plus": 6.0 * AFTER}),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("wrong", WRONG)
def test_each_reason_is_found_and_only_where_it_is(scene: SceneMaker, method, wrong):
    """The flag is up in the wrong voxel; the clean ones around it have none, and stand."""
    bit, how = WRONG[wrong]
    if bit == Quality.NOT_POSITIVE and method not in READ_OFF:
        bit = Quality.POOR_FIT  # its volumes are never negative: the curve is what does not fit
    made = judged(scene, method, **how)
    assert made.quality[-1] & bit
    assert not made.quality[:-1].any()
    assert made.quality_mask[:-1].all()
    assert made.quality_mask[-1] == (not made.quality[-1] & REJECTING)


@pytest.mark.parametrize("method", CIRCULANT)
def test_a_bolus_before_the_artery(scene: SceneMaker, method):
    """Some seconds early is said; beyond the search it is no answer."""
    early = judged(scene, method, delay=-6.0)
    assert early.quality[-1] == Quality.EARLY
    assert early.quality_mask[-1]
    beyond = judged(scene, method, delay=-12.0)
    assert beyond.quality[-1] & Quality.EDGE
    assert not beyond.quality_mask[-1]


def test_standard_svd_may_peak_at_lag_zero(scene: SceneMaker):
    """Its first lag is no edge of a search, but where a residue without delay peaks."""
    made = compute_perfusion_maps(
        *scene(delays=(-2.0, -1.0)), deconvolution_method="sSVD", svd_threshold=0.01
    )
    np.testing.assert_allclose(made.tmax.values, 0)
    assert not made.quality.any()


@pytest.mark.parametrize("method", READ_OFF)
def test_a_residue_that_still_rises_as_the_scan_ends(method):
    """Its peak lies at the edge of the search: where it would be, nobody saw."""
    time = np.arange(60.0)
    aif = np.exp(-time / 2)
    made = compute_perfusion_maps(
        [np.maximum(time - 50, 0), aif], aif, time, None, True, method, 0.01
    )
    assert made.quality is not None
    assert made.quality[0] & Quality.EDGE
    assert not made.quality[1] & Quality.EDGE
    assert not made.quality_mask[0]
    assert made.tmax.values[0] == 59


@pytest.mark.parametrize(("length", "longest"), [(120.0, 25.0), (40.0, 13.0)])
def test_fault_310_a_posterior_at_the_end_of_its_search_is_no_answer(
    scene: SceneMaker, length, longest
):
    """Later than 25 s, or than the scan shows, it says so; three seconds less, it answers."""
    delays = np.array([longest + 3.0, longest - 3.0])
    curves, aif, time = scene(delays=delays, length=length, arrival=18.0, step=1.0)
    noise = np.random.default_rng(0).normal(0, 0.05, curves.shape)
    made = compute_perfusion_maps(
        curves + noise, aif, time, deconvolution_method="Posterior", baseline=15
    )
    assert made.quality is not None
    assert made.quality[0] & Quality.EDGE
    assert not made.quality_mask[0]
    assert not made.quality[1] & Quality.EDGE
    assert made.delay.values[1] == pytest.approx(delays[1], abs=1.5)


def test_an_oscillating_residue_is_said(scene: SceneMaker):
    """A cap too low for the noise raises the flag, and rejects nothing; cSVD has no such limit."""
    made = judged(scene, "oSVD", svd_threshold=0.02)
    assert (made.quality == Quality.OSCILLATES).all()
    assert made.quality_mask.all()
    assert not judged(scene, "cSVD", svd_threshold=0.02).quality.any()


def test_advisory_reasons_reject_nothing():
    """Eight reasons take the answer away, four ask for care; every one has its words."""
    assert not REJECTING & ADVISORY
    assert Quality(2 ** len(Quality) - 1) == REJECTING | ADVISORY
    assert set(WORDS) == set(Quality)
    for bit, words in WORDS.items():
        assert ("advisory" in words) == bool(bit & ADVISORY)


@pytest.mark.parametrize(("end", "said"), [(0.45, False), (0.55, True)])
@pytest.mark.parametrize("deconvolve", [True, False])
def test_a_curve_has_returned_below_half_of_its_peak(scene: SceneMaker, end, said, deconvolve):
    """The last three volumes against the peak; without deconvolution too."""
    curves, aif, time = scene(step=1.0, arrival=40.0)
    curves[:, -3:] = end * curves.max()
    made = compute_perfusion_maps(curves, aif, time, deconvolve=deconvolve)
    assert bool(made.quality[0] & Quality.UNRETURNED) == said


@pytest.mark.parametrize(("share", "poor"), [(0.8, False), (1.3, True)])
def test_a_fit_is_poor_where_it_leaves_half_of_the_curve(scene: SceneMaker, share, poor):
    """What no residue can explain may be half of the curve's variance, and no more."""
    curves, aif, time = scene(step=1.0, arrival=40.0)
    zigzag = np.resize([1.0, -1.0], time.size)  # far above the frequencies of the bolus
    zigzag *= np.where(time < 40, 0, np.sqrt(time.size / (time >= 40).sum()))  # no noise before
    made = compute_perfusion_maps(
        curves + np.sqrt(share) * curves.std() * zigzag, aif, time, deconvolution_method="cSVD"
    )
    assert made.quality is not None
    assert bool(made.quality[0] & Quality.POOR_FIT) == poor


@pytest.mark.parametrize("method", METHODS)
def test_rejected_values_stay_in_the_maps(scene: SceneMaker, method):
    """The mask tells what stands; nothing is cut out of the maps."""
    made = judged(scene, method, edit=no_bolus)
    assert not made.quality_mask[-1]
    assert np.isfinite(made.cbf.values[-1])
    for one in made:
        np.testing.assert_array_equal(one.quality_mask, made.quality_mask)


def test_flags_that_need_the_signal_stay_down_without_it(scene: SceneMaker):
    curves, aif, time = scene(step=1.0, arrival=40.0)
    dark_at_the_peak = 60 * curves / curves.max()  # S/S0 would be 0.17; 200 1/s would be 0.002
    for factor in (1, 4):
        made = compute_perfusion_maps(factor * dark_at_the_peak, aif, time)
        assert made.quality is not None
        assert not made.quality.any()


def test_explanation_names_every_reason():
    assert explain(0) == ""
    assert explain(Quality.EARLY) == WORDS[Quality.EARLY]
    both = explain(int(Quality.WEAK_BOLUS | Quality.SATURATED))
    assert both == f"{WORDS[Quality.WEAK_BOLUS]}; {WORDS[Quality.SATURATED]}"
    assert explain(2 ** len(Quality) - 1).count(";") == len(Quality) - 1


# --- the signal's own evidence -----------------------------------------------------------------


def restless(level, deviation, count=10):
    """Baseline of a given mean and sample standard deviation, then four bright samples."""
    swing = np.resize([-1.0, 1.0], count)
    swing *= deviation / swing.std(ddof=1)
    return np.concatenate([level + swing, np.full(4, level)])


def white(level, deviation, voxels=400):
    """Signals of white noise, ten volumes and four."""
    return level + deviation * np.random.default_rng(6).standard_normal((voxels, 14))


def evidence(*rows, count=10):
    return signal_evidence(np.array(rows), slice(0, count))


def test_baseline_is_its_mean():
    found = evidence(restless(800, 4), restless(1200, 4))
    np.testing.assert_allclose(found.baseline, [800, 1200])
    assert not found.flags.any()


@pytest.mark.parametrize(("share", "flagged"), [(0.09, True), (0.11, False), (0.0, True)])
def test_low_signal_is_below_a_tenth_of_the_usual(share, flagged):
    found = evidence(*[restless(1000, 1)] * 4, restless(1000 * share, 1))
    assert bool(found.flags[-1] & Quality.LOW_SIGNAL) == flagged
    assert not found.flags[:-1].any()


@pytest.mark.parametrize(("share", "flagged"), [(0.105, True), (0.095, False)])
def test_unstable_is_a_baseline_that_varies_by_more_than_a_tenth(share, flagged):
    found = evidence(*[restless(1000, 1)] * 4, restless(1000, 1000 * share))
    assert bool(found.flags[-1] & Quality.UNSTABLE_BASELINE) == flagged


@pytest.mark.parametrize(
    ("sample", "noise", "flagged"),
    [
        (19.0, 1.0, True),  # 2 % of the baseline
        (21.0, 1.0, False),
        (50.0, 20.0, True),  # three standard deviations of the noise
        (70.0, 20.0, False),
    ],
)
def test_saturated_is_a_sample_in_the_noise_floor(sample, noise, flagged):
    rows = [*white(1000, noise), restless(1000, noise)]
    rows[-1][12] = sample
    found = evidence(*rows)
    assert bool(found.flags[-1] & Quality.SATURATED) == flagged
    assert not found.flags[:-1].any()


def test_voxels_without_a_signal_do_not_hide_the_noise_of_others():
    """The noise is that of the brain's finite baselines."""
    rows = list(white(1000, 20))
    rows[0][:] = np.nan
    rows[1][12] = 50.0
    found = evidence(*rows)
    assert found.flags[1] == Quality.SATURATED
    assert found.flags[0] & Quality.LOW_SIGNAL
    assert not found.flags[2:].any()


def test_without_a_volume_before_the_bolus_nothing_is_told():
    """An artery that fills in the first volume leaves no baseline: no flag, and no level."""
    found = evidence(restless(1000, 200), restless(10, 1), count=0)
    assert np.isnan(found.baseline).all()
    assert not found.flags.any()


@pytest.mark.parametrize("sample", [np.nan, np.inf])
@pytest.mark.parametrize("count", [1, 10])
def test_a_brain_without_any_signal_is_flagged_without_a_warning(sample, count):
    found = evidence(*np.full((3, 14), sample), count=count)
    assert (found.flags & Quality.LOW_SIGNAL).all()
    assert (found.flags & Quality.UNSTABLE_BASELINE).all()


# --- what is accepted and what is not ----------------------------------------------------------


@pytest.mark.parametrize("method", [*METHODS, None])
@pytest.mark.parametrize("with_signal", [True, False])
def test_pure_noise_is_rejected(method, with_signal):
    """Of tissue without any bolus 99 % or more have no answer, at ten volumes of baseline.

    Without deconvolution too.
    """
    patient = phantom((8, 8, 2), snr=50.0)
    random = np.random.default_rng(2)
    shape = (12_000, 58)
    noise = 900 / 50 * random.standard_normal((2, *shape))
    signal = np.rint(np.hypot(random.uniform(700, 1000, (12_000, 1)) + noise[0], noise[1]))
    made = compute_perfusion_maps(
        delta_r2_star(signal.astype(np.float32), 0.03, 10),
        patient.aif[2:],
        patient.series.time[2:],
        deconvolve=method is not None,
        deconvolution_method=method or "oSVD",
        baseline=10,
        signal=signal if with_signal else None,
    )
    assert made.quality_mask is not None
    assert made.quality_mask.mean() <= 0.01
    assert made.quality is not None
    assert (made.quality & Quality.WEAK_BOLUS > 0).mean() >= 0.99


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("snr", [50.0, 100.0])
def test_tissue_is_accepted(analyse, method, snr):
    """Healthy tissue stands, and so does most of a delayed lesion; black arteries do not."""
    patient = phantom((48, 48, 6), snr=snr, seed=5)
    settings = Settings(method=DECONVOLVERS[method]())
    stands = analyse(patient.series, patient.artery, patient.brain, settings).maps.quality_mask
    share = {label: stands[patient.tissue == label].mean() for label in np.unique(patient.tissue)}
    assert share[Tissue.GREY] >= 0.99
    assert share[Tissue.WHITE] >= 0.98
    assert share[Tissue.HYPOPERFUSED] >= 0.90
    assert share[Tissue.CSF] <= 0.02
    assert share[Tissue.SATURATED_ARTERY] == 0


def test_the_end_of_a_curve_is_three_volumes(scene: SceneMaker):
    """One high or low sample at the very end is noise, no return and no lack of one."""
    curves, aif, time = scene(delays=(0.0, 0.0, 0.0, 0.0), mtt=4.0)
    high = curves.max()
    curves[1, -1] = 1.2 * high  # mean of the end 0.4 of the peak, which it is now
    curves[2, -3:] = 0.9 * high
    curves[3, -3:] = [0.9 * high, 0.9 * high, 0.0]
    flags = compute_perfusion_maps(curves, aif, time).quality
    assert flags is not None
    assert (flags & Quality.UNRETURNED > 0).tolist() == [False, False, True, True]


def test_early_is_more_than_three_seconds_before_the_artery(scene: SceneMaker):
    """By the lag of the peak; a little earlier than the artery is no reason for care."""
    tissue = scene(delays=np.arange(-9, 0.1, 0.25), mtt=3.0, arrival=30.0)
    made = compute_perfusion_maps(*tissue, deconvolution_method="cSVD")
    lag = made.tmax.values
    assert ((lag > -3) & (lag < -2.2)).any()
    np.testing.assert_array_equal(made.quality & Quality.EARLY > 0, lag < -3)
