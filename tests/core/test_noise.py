"""Noise, and what stands out of it: weak boluses, waves, jumps, and the floor of a signal.

The tissues are convolved on a fine grid with an artery that no threshold was chosen on.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, compute_perfusion_maps
from napari_dsc.core.aif import propose_aif, propose_vof
from napari_dsc.core.maps.bolus_filters import bolus_filter
from napari_dsc.core.noise import curve_noise, scanner_noise, some_of
from napari_dsc.core.quality import REJECTING, Quality, signal_evidence

TE, FINE, ARRIVAL = 0.03, 0.05, 23.0
GREY, WHITE, CORE = (70.0, 5.5), (34.0, 3.4), (6.0, 1.2)  # CBF, CBV
METHODS = (*DECONVOLVERS, None)


class Scan(NamedTuple):
    """Noisy voxels, and what they were made with."""

    curves: np.ndarray  # (V, T) 1/s
    signal: np.ndarray  # (V, T) a.u.
    aif: np.ndarray  # (T,) 1/s
    time: np.ndarray  # (T,) s
    baseline: int


@lru_cache(maxsize=32)
def clean(kind, step, seconds=120.0, delay=0.0):
    """A tissue (CBF, CBV), or none, and the artery."""
    fine = np.arange(0, seconds + 1, FINE)
    since = np.maximum(fine - ARRIVAL, 0)
    artery = since**2.6 * np.exp(-since / 2.3)
    again = np.maximum(since - 12, 0)
    artery = artery / artery.max() + 0.12 * again * np.exp(-again / 6) / 2.2
    artery *= 130 / artery.max()
    time = np.arange(0, seconds, step)
    if kind is None:
        return np.zeros(time.size), np.interp(time, fine, artery), time
    flow, volume = kind
    residue = flow / 6000 * 1.04 / 0.73 * np.exp(-fine * flow / (60 * volume))
    whole = FINE * np.convolve(artery, residue)[: fine.size]
    return np.interp(time - delay, fine, whole, left=0), np.interp(time, fine, artery), time


def scan(
    kind, *, step=1.5, snr=50.0, level=900.0, delay=0.0, height=None, voxels=1500, seed=0, plus=0.0
):
    """Voxels of one tissue; `plus` is added to their signals, `height` their peak in 1/s."""
    curve, aif, time = clean(kind, step, delay=delay)
    if height is not None:
        curve = curve * height / curve.max()
    baseline = int((ARRIVAL - 2) / step)
    random = np.random.default_rng(100 + seed)
    noise = 900 / snr * random.standard_normal((2, voxels, time.size))
    signal = np.maximum(
        np.rint(np.hypot(level * np.exp(-TE * curve) + plus + noise[0], noise[1])), 1
    )
    curves = -np.log(signal / signal[:, :baseline].mean(axis=1, keepdims=True)) / TE
    return Scan(curves.astype(np.float32), signal.astype(np.float32), aif, time, baseline)


def flags_of(one, *, brain=None, known=True, method="oSVD", aif_scale=1.0):
    """Quality flags of a scan's voxels, in a brain whose signals are known or not."""
    parts = [one] if brain is None else [one, brain]
    signal = np.concatenate([part.signal for part in parts]) if known else None
    made = compute_perfusion_maps(
        np.concatenate([part.curves for part in parts]),
        aif_scale * one.aif,
        one.time,
        deconvolve=method is not None,
        deconvolution_method=method or "oSVD",
        baseline=one.baseline,
        signal=signal,
    )
    assert made.quality is not None
    return made.quality[: len(one.curves)]


def accepted(flags):
    return np.mean(flags & int(REJECTING) == 0)


def weak(flags):
    return np.mean(flags & int(Quality.WEAK_BOLUS) > 0)


# --- weak boluses ------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1.0, 2.0, 3.0])
def test_fault_85_noise_is_accepted_by_chance_only(step):
    """0.2 % with the signal; without it, where half of an array is air, hardly more."""
    noise = scan(None, step=step, voxels=12_000, seed=1)
    air = scan(None, step=step, level=0.0, voxels=12_000, seed=2)
    assert accepted(flags_of(noise, method="cSVD")) <= 0.002
    limit = 0.02 if step <= 2 else 0.04
    for one in (noise, air):
        assert accepted(flags_of(one, brain=air, known=False, method="cSVD")) <= limit


@pytest.mark.parametrize("method", METHODS)
def test_fault_86_perfect_tissue_stands_beside_any_amount_of_air(method):
    """Curves without a signal are weighed by their own noise, not by that of the air."""
    grey, air = scan(GREY, voxels=200), scan(None, level=0.0, voxels=1200, seed=3)
    assert accepted(flags_of(grey, brain=air, known=False, method=method)) == 1


@pytest.mark.parametrize("method", METHODS)
def test_fault_87_weak_tissue_is_weighed_by_a_filter_matched_to_the_artery(method):
    """White matter of 4 1/s at SNR 20 stands; so does all of it at SNR 50, and late tissue."""
    weakly = scan(WHITE, snr=20.0, height=4.0, seed=4)
    assert accepted(flags_of(weakly, method=method)) >= 0.9
    assert accepted(flags_of(scan(WHITE, seed=5), method=method)) >= 0.998
    assert weak(flags_of(scan((18.0, 4.2), delay=22.0, seed=6), method=method)) == 0
    assert weak(flags_of(scan(WHITE, delay=-3.0, seed=7), method=method)) <= 0.002


def test_infarct_core_is_found_where_noise_allows_it():
    """As often as the best filter there is can: by its height over the noise, known beforehand."""
    brain = scan(WHITE, step=1.0, seed=8)
    curve = clean(CORE, 1.0)[0]
    for height in (1.0, 1.5):
        core = scan(CORE, step=1.0, height=height, seed=9)
        ideal = np.linalg.norm((curve - curve.mean()) * height / curve.max()) * 50 * TE
        by_chance = np.random.default_rng(0).standard_normal(100_000) + ideal > 3.7
        assert 1 - weak(flags_of(core, brain=brain)) >= by_chance.mean() - 0.05


@pytest.mark.parametrize(("snr", "share"), [(30.0, 0.45), (50.0, 0.97)])
def test_fault_87_infarct_core_stands_under_a_full_dose(snr, share):
    """CBF 6, CBV 1.2 under an artery of 2,600 1/s·s: a peak of 1.55 1/s."""
    brain = scan(WHITE, seed=18)
    core = scan(CORE, snr=snr, height=1.55, voxels=3000, seed=19)
    assert 1 - weak(flags_of(core, brain=brain)) >= share


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_fault_88_csf_that_pulsates_is_no_bolus(method, known):
    """The heart at TR 1 s, standard deviation 3 to 10 % of the baseline."""
    random = np.random.default_rng(10)
    rate, phase = random.uniform(0.9, 1.5, (800, 1)), random.uniform(0, 2 * np.pi, (800, 1))
    deep = 1350 * np.sqrt(2) * random.uniform(0.03, 0.1, (800, 1))
    wave = deep * np.cos(2 * np.pi * rate * np.arange(120) + phase)
    csf = scan(None, step=1.0, level=1350.0, voxels=800, plus=wave, seed=11)
    brain = scan(WHITE, step=1.0, seed=12)
    assert accepted(flags_of(csf, brain=brain, known=known, method=method)) <= 0.05


@pytest.mark.parametrize("method", METHODS)
def test_fault_105_a_coil_array_s_noisy_middle_is_no_structure(method):
    """White matter twice as noisy as the brain's signal predicts, and nothing but such noise."""
    brain = scan(WHITE, step=1.0, seed=12, voxels=2500)
    middle = scan(WHITE, step=1.0, snr=25.0, voxels=800, seed=20)
    assert accepted(flags_of(middle, brain=brain, method=method)) >= 0.9
    for step, snr in ((1.0, 25.0), (1.5, 33.0), (3.0, 25.0)):
        brain = scan(WHITE, step=step, seed=12, voxels=2500)
        noise = scan(None, step=step, snr=snr, voxels=1500, seed=21)
        assert accepted(flags_of(noise, brain=brain, method=method)) <= 0.02


def test_neither_the_artery_s_scale_nor_its_unit_matters():
    """An artery in 1/s, or scaled by an echo time, finds the same boluses."""
    white = scan(WHITE, snr=20.0, voxels=300)
    bits = int(Quality.WEAK_BOLUS | Quality.JUMP)
    plain = flags_of(white, method=None) & bits
    np.testing.assert_array_equal(flags_of(white, method=None, aif_scale=1e-3) & bits, plain)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_hardly_any_baseline_rejects_no_bolus(count):
    """What the best bolus leaves of a curve tells its noise."""
    for known in (True, False):
        white = scan(WHITE, voxels=100)._replace(baseline=count)
        nothing = scan(None, voxels=500)._replace(baseline=count)
        assert weak(flags_of(white, known=known)) <= 0.02
        assert weak(flags_of(nothing, known=known)) >= 0.99


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 30])
def test_filters_have_unit_length_and_no_mean_whatever_the_artery(size):
    for aif in (np.zeros(size), np.ones(size), np.eye(size)[-1], np.arange(size) % 3.0):
        rows = bolus_filter(aif, 1.5).rows
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
        np.testing.assert_allclose(rows.sum(axis=1), 0, atol=1e-6)


def test_filters_are_the_artery_convolved_with_exponentials():
    """Against the integral on a fine grid, at every lag that falls on a sample."""
    step, fine = 0.5, 0.005
    time, dense = step * np.arange(160), fine * np.arange(int(80 / fine))
    aif = 80 * np.where(time > 15, (time - 15) ** 2 * np.exp(-(time - 15) / 2), 0)
    artery = np.interp(dense, time, aif)
    found = bolus_filter(aif, step)
    expected = []
    for transit in (3.0, 8.0):
        whole = np.convolve(artery, np.exp(-dense / transit))[: dense.size]
        for lag in np.arange(-2.0, 25.1, 1.5):
            row = np.interp(time - lag, dense, whole, left=0)
            row -= row.mean()
            expected.append(row / np.linalg.norm(row))
    assert found.boluses == len(expected)
    np.testing.assert_allclose(found.rows[: found.boluses], expected, atol=2e-3)


def test_noise_of_the_brain_goes_as_one_over_the_signal():
    """Own baselines differ by luck; the prediction of equal signals does not."""
    random = np.random.default_rng(13)
    level = np.repeat([1000.0, 500.0, 10.0], 2000)
    curves = random.standard_normal((6000, 30)) * 20 / level[:, None]
    found = curve_noise(curves, slice(0, 8), level)
    assert found.predicted is not None
    np.testing.assert_allclose(np.sqrt(found.predicted) * level / 20, 1, rtol=0.05)
    assert found.freedom == 7
    assert curve_noise(curves, slice(0, 8), None).predicted is None


# --- jumps -------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1.0, 1.5, 2.0, 3.0])
def test_no_bolus_is_taken_for_a_jump(step):
    for kind, delay in ((GREY, 0.0), (WHITE, 0.0), ((18.0, 4.2), 5.0), ((90.0, 9.0), 1.0)):
        flags = flags_of(scan(kind, step=step, delay=delay, voxels=1000, seed=14))
        assert np.mean(flags & int(Quality.JUMP) > 0) <= 0.01


@pytest.mark.parametrize("step", [1.0, 1.5])
@pytest.mark.parametrize(("at", "size"), [(12.0, 0.3), (75.0, 0.3), (95.0, 0.2)])
def test_a_head_that_moves_is_said_and_rejects_nothing(step, at, size):
    """A step by 20 to 30 % of the signal at SNR 50, before and after boluses pass."""
    time = np.arange(0, 120, step)
    moved = scan(WHITE, step=step, voxels=300, plus=size * 900 * (time >= at), seed=15)
    found = flags_of(moved, brain=scan(WHITE, step=step, seed=16))
    assert np.mean(found & int(Quality.JUMP) > 0) >= 0.95
    assert not Quality.JUMP & REJECTING


# --- the floor of a signal ---------------------------------------------------------------------


def vessels(seed=0, sigma=9.0):
    """A brain, pulsating arteries down to 90 a.u., drowned ones, and a vein; with air."""
    random = np.random.default_rng(seed)
    white, aif, time = clean(WHITE, 1.5)
    vein = clean((600.0, 60.0), 1.5, delay=4.0)[0]
    curves = np.zeros((20, 20, 3, time.size))
    level = np.zeros((20, 20, 3))
    curves[4:16, 4:16], level[4:16, 4:16] = white, 800
    curves[6:9, 6:9, 1], level[6:9, 6:9, 1] = 0.75 * aif, 1720
    curves[11:13, 6:9, 1], level[11:13, 6:9, 1] = 2 * aif, 1720
    curves[9:12, 12:15], level[9:12, 12:15] = vein, 1500
    beat = np.sin(2 * np.pi * 0.31 * np.arange(time.size) + random.uniform(0, 6, (20, 20, 3, 1)))
    beat *= 30 * np.sqrt(2) / 1720 * (level > 1000)[..., None]
    signal = level[..., None] * np.exp(-TE * curves) * (1 + beat)
    noise = sigma * random.standard_normal((2, *signal.shape))
    signal = np.hypot(signal + noise[0], noise[1])
    return signal, level > 0, aif, time


@pytest.mark.parametrize("around", ["air", "brain alone"])
def test_fault_89_pulsation_is_no_noise_floor(around):
    """Arteries that pulsate are proposed; those that drown are called saturated."""
    signal, brain, _, time = vessels()
    baseline = int(ARRIVAL / 1.5) - 1
    if around != "air":
        signal = np.where(brain[..., None], signal, 0)
    with np.errstate(all="ignore"):
        mean = signal[..., :baseline].mean(axis=-1, keepdims=True)
        curves = np.nan_to_num(-np.log(signal / mean) / TE)
    aif = propose_aif(curves, time, brain, signal=signal, baseline=baseline)
    arteries = np.zeros_like(brain)
    arteries[6:9, 6:9, 1] = True
    assert arteries[aif.voxels].all()
    vof = propose_vof(curves, time, brain, signal=signal, baseline=baseline)
    assert not vof.voxels[~(signal.mean(axis=-1) > 900)].any()
    drowned = np.zeros_like(brain)
    drowned[11:13, 6:9, 1] = True
    found = signal_evidence(signal[brain], slice(0, baseline), some_of(signal))
    saturated = np.zeros_like(brain)
    saturated[brain] = found.flags & Quality.SATURATED > 0
    assert saturated[drowned].all()
    assert not saturated[~drowned].any()


@pytest.mark.parametrize("sigma", [4.0, 18.0])
@pytest.mark.parametrize("count", [5, 10, 25])
def test_noise_of_the_scanner_is_found_below_pulsation(sigma, count):
    """From air, and without any; a brain half of which pulsates, slowly or fast."""
    random = np.random.default_rng(17)
    for rate in (0.05, 0.31, 0.5):
        wave = 60 * np.cos(2 * np.pi * rate * np.arange(40) + random.uniform(0, 6, (4000, 1)))
        wave[::2] = 0
        noise = sigma * random.standard_normal((4000, 40))
        assert scanner_noise(900 + wave + noise, slice(0, count)) <= 1.35 * sigma
        assert scanner_noise(900 + wave + noise, slice(0, count)) >= 0.9 * sigma
        air = np.hypot(*(sigma * random.standard_normal((2, 3000, 40))))
        found = scanner_noise(900 + wave + noise, slice(0, count), air)
        assert found == pytest.approx(sigma, rel=0.05)


@pytest.mark.parametrize("air", ["zeros", "smoothed", "few"])
def test_air_that_was_filtered_or_masked_tells_nothing(air):
    random = np.random.default_rng(18)
    brain = 900 + 12 * random.standard_normal((3000, 30))
    around = np.hypot(*(12 * random.standard_normal((2, 2000, 30))))
    around = {"zeros": 0 * around, "smoothed": around / 4 + 20, "few": around[:50]}[air]
    assert scanner_noise(brain, slice(0, 15), around) == scanner_noise(brain, slice(0, 15))


def test_nothing_tells_no_noise():
    assert np.isnan(scanner_noise(np.ones((5, 9)), slice(0, 1)))
    assert np.isnan(scanner_noise(np.full((5, 9), np.nan), slice(0, 5)))
    assert np.isnan(scanner_noise(np.empty((0, 9)), slice(0, 5)))


@pytest.mark.parametrize("rows", [slice(40, 90), np.array([7, 3, 120])])
@pytest.mark.parametrize("level", [None, 900.0])
def test_noise_of_some_curves_is_that_of_all(rows, level):
    """Each curve's noise is its own: looking at a few of them changes none of it."""
    of_all = scan(GREY, voxels=150)
    levels = None if level is None else np.linspace(0, level, 150)
    whole = curve_noise(of_all.curves, slice(0, of_all.baseline), levels)
    some = whole.of(rows)
    for name in ("own", "jitter", "expected", "white"):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[rows])
    assert some.freedom == whole.freedom
