"""The posterior over tissues: its parts by closed form, its answers by the formulas written out."""

import numpy as np
import pytest
from scipy.signal import fftconvolve
from scipy.special import gammaincc
from scipy.stats import norm, qmc

from napari_dsc import DECONVOLVERS, DscError, compute_perfusion_maps, residue
from napari_dsc.core.deconvolution import OscillationSvd, Posterior, times_method
from napari_dsc.core.deconvolution.atom_curves import latest_shown, unit_curves
from napari_dsc.core.deconvolution.posterior_sums import level_of, sums_of
from napari_dsc.core.deconvolution.transit_prior import (
    EARLIEST,
    LATEST,
    atoms_before,
    residues_of,
    sobol_points,
)
from napari_dsc.core.parallel_blocks import workers
from napari_dsc.core.settings import SETTINGS

FINE = 0.02  # s
KH, RHO = 0.73, 1.04
TE = 0.03  # s
COUNT = 2048


def artery(time, arrival=20.3, width=1.5):
    since = np.maximum(time - arrival, 0)
    return since**3 * np.exp(-since / width) / 11.2


@pytest.fixture(scope="module")
def atoms():
    return atoms_before(LATEST, COUNT)


# --- the prior ---------------------------------------------------------------------------------


def test_points_are_those_of_sobol():
    """Joe and Kuo's direction numbers, as scipy has them, moved to the middle of their cells."""
    known = qmc.Sobol(4, scramble=False).random(256)
    np.testing.assert_allclose(sobol_points(256), known + 0.5 / 256, atol=1e-12)


def test_the_prior_is_what_its_words_say(atoms):
    """Log-normal transit times, four shapes alike, most delays below 8 s, dispersion in 40 %."""
    assert np.median(atoms.transit) == pytest.approx(6.5, rel=0.03)
    assert np.log(atoms.transit).std() == pytest.approx(0.7, rel=0.1)
    assert np.unique(atoms.shape, return_counts=True)[1].tolist() == [COUNT // 4] * 4
    assert (atoms.delay < 8).mean() == pytest.approx(0.84, abs=0.01)
    assert atoms.delay.min() >= EARLIEST
    assert 24 < atoms.delay.max() <= LATEST
    assert (atoms.dispersion > 0).mean() == pytest.approx(0.4, abs=0.01)


def test_no_delay_is_longer_than_the_scan_shows():
    """The bolus of the latest tissue still peaks before the last sample."""
    time = np.arange(0, 40, 1.0)
    latest = latest_shown(artery(time), 1.0)
    assert latest == pytest.approx(39 - time[artery(time).argmax()])
    assert atoms_before(latest, COUNT).delay.max() <= latest
    assert latest_shown(artery(np.arange(0, 120, 1.0)), 1.0) == LATEST


def test_a_residue_is_the_share_that_is_still_there(atoms):
    """Of gamma-distributed transit times; dispersed by an exponential, its area stays one."""
    since = np.arange(0, 400, 0.25)
    some = type(atoms)(*(one[:40] for one in atoms))
    found = residues_of(some, since)
    area = 0.25 * (found.sum(axis=1) - found[:, 0] / 2)
    np.testing.assert_allclose(area, 1, atol=0.02)
    plain = some.dispersion == 0
    shape, transit = some.shape[plain, None], some.transit[plain, None]
    still = gammaincc(shape, shape * since / transit) / transit
    np.testing.assert_allclose(found[plain], still)


def test_a_dispersed_residue_peaks_later(atoms):
    """When it has risen; without dispersion it is largest as it begins."""
    np.testing.assert_array_equal((atoms.peak > atoms.delay), atoms.dispersion > 0)
    exponential = np.flatnonzero((atoms.shape == 1.5) & (atoms.dispersion > 0))[:5]
    for at in exponential:
        since = np.arange(0, 15, 0.01)
        one = residues_of(type(atoms)(*(column[at : at + 1] for column in atoms)), since)[0]
        risen = since[(one >= 0.95 * one.max()).argmax()]
        assert atoms.peak[at] - atoms.delay[at] == pytest.approx(risen, abs=0.15)


@pytest.mark.parametrize("step", [1.0, 1.5])
def test_curves_of_atoms_are_convolutions(atoms, step):
    """Artery, survival function, dispersion and delay, each on a fine grid."""
    time = step * np.arange(int(90 / step))
    fine = np.arange(0, 130, FINE)
    found = unit_curves(artery(time, width=2.5), step, LATEST, COUNT)
    passing = artery(fine, width=2.5)
    for at in range(0, COUNT, 171):
        share = gammaincc(atoms.shape[at], atoms.shape[at] * fine / atoms.transit[at])
        share = share / atoms.transit[at]
        share[0] /= 2
        whole = FINE * fftconvolve(passing, share)[: fine.size]
        if atoms.dispersion[at]:
            smear = np.exp(-fine / atoms.dispersion[at]) / atoms.dispersion[at]
            smear[0] /= 2
            whole = FINE * fftconvolve(whole, smear)[: fine.size]
        expected = np.interp(time - atoms.delay[at], fine, whole, left=0)
        np.testing.assert_allclose(found[at], expected, atol=0.02 * expected.max())


# --- its answers -------------------------------------------------------------------------------


PERCENT = 100 * KH / RHO  # mL/100g of a blood volume of one
RULES = {  # atoms by the strength of a curve, where no CBV is expected and where one is
    False: ((256, 512, 1024, 2048), (12.0, 20.0, 36.0)),
    True: ((128, 256, 512, 1024, 4096), (10.0, 13.0, 16.0, 22.0)),
}


def answered(aif, curves, expected=5.0):
    """What the posterior says of curves at TR 1.5 s."""
    answer = Posterior(expected_volume=expected)(aif, 1.5).answer
    assert answer is not None
    return answer(curves)


def amounts(centre, spread, informed):
    """Mean and square of volumes of atoms: normal, and where one is expected times the volume."""
    if not informed:
        return centre, centre**2 + spread**2, np.ones_like(centre)
    centre = np.maximum(centre, 0.75 * np.sqrt(2) * spread)  # no volume is negative
    return centre + spread**2 / centre, centre**2 + 3 * spread**2, centre


def written_out(curves, aif, step, expected):
    """Posterior means and SD from the formulas, atom by atom, each a normal amplitude."""
    latest = latest_shown(aif, step)
    counts, bounds = RULES[expected > 0]
    atoms = atoms_before(latest, counts[-1])
    units = unit_curves(aif, step, latest, counts[-1])
    units = units - units.mean(axis=1, keepdims=True)
    length = np.linalg.norm(units, axis=1)
    power, directions = np.linalg.eigh((units / length[:, None]).T @ (units / length[:, None]))
    basis = directions[:, power > 1e-4 * power[-1]].T
    found = []
    for curve in curves:
        centred = curve - curve.mean()
        rest = (centred**2).sum() - ((basis @ centred) ** 2).sum()
        noise = np.sqrt(rest / (curve.size - 1 - len(basis)) + (0.05 * curve.max()) ** 2)
        strength = np.linalg.norm(basis @ centred) / noise
        count = counts[int(np.searchsorted(bounds, strength))]
        seen = basis.T @ (basis @ centred)  # what atoms could explain of it
        spread = noise / length[:count]
        pull = spread / (expected / 2 / PERCENT) if expected else 0.0
        score = units[:count] @ seen / length[:count] / noise - pull
        weight = np.exp(np.sign(score) * score**2 / 2 - max(score) ** 2 / 2)
        if count > counts[0]:  # of stronger curves, what is below exp(-9) is none
            weight = np.maximum(weight - np.exp(-9), 0)
        amount, squared, own = amounts(score * spread, spread, expected > 0)
        weight *= own / length[:count]
        weight /= weight.sum()
        one = {"volume": (weight @ amount, weight @ squared)}
        for name, column in (("transit", atoms.transit), ("delay", atoms.delay)):
            one[name] = (weight @ column[:count], weight @ column[:count] ** 2)
        found.append({key: (m, np.sqrt(s - m * m)) for key, (m, s) in one.items()})
    return found


@pytest.mark.parametrize("expected", [0.0, 5.0])
def test_answers_are_those_of_the_formulas(noisy, expected):
    """Volume, transit time and delay: means and standard deviations over all atoms."""
    curves = np.concatenate([noisy.curves[::200], 4 * noisy.curves[::400]]).astype(float)
    curves[::3] += np.roll(curves[::3], 1, axis=0)  # of every strength
    told = answered(noisy.aif, curves, expected)
    for at, one in enumerate(written_out(curves, noisy.aif, 1.5, expected)):
        for name, (mean, sd) in one.items():
            estimate = getattr(told, name)
            more = 0.02 if name == "delay" else 0.0  # between neighbouring atoms
            assert estimate.value[at] == pytest.approx(mean, abs=0.02 * sd)
            assert estimate.sd[at] == pytest.approx(np.sqrt(sd**2 + more), rel=0.02)


@pytest.mark.parametrize("expected", [0.0, 5.0])
def test_what_is_explained_is_what_the_best_atom_fits(noisy, expected):
    """Not what an expected volume pulls it to: flags of the fit mean the same with either."""
    curves = noisy.curves[:400].astype(float)
    told = answered(noisy.aif, curves, expected)
    latest = latest_shown(noisy.aif, 1.5)
    units = unit_curves(noisy.aif, 1.5, latest, 4096)
    units -= units.mean(axis=1, keepdims=True)
    units /= np.linalg.norm(units, axis=1)[:, None]
    best = np.square((curves @ units.T).max(axis=1))
    level = np.square(curves).sum(axis=1) - np.square(curves - curves.mean(axis=1)[:, None]).sum(1)
    ratio = (told.explained - level) / best
    assert np.median(ratio) == pytest.approx(1, abs=0.01)
    assert np.percentile(ratio, 5) > 0.9


def test_fault_380_a_weak_curve_is_drawn_to_the_expected_volume_and_a_strong_one_is_not(noisy):
    """By what its noise leaves open; a vessel of twenty times as much loses a twentieth at most."""
    tissue = noisy.curves[:300].astype(float).mean(axis=0)
    random = np.random.default_rng(8)
    moved = {}
    for strength, noise in (("weak", 3.0), ("strong", 0.05)):
        curves = tissue + random.normal(0, noise, (200, tissue.size))
        low, high = (
            answered(noisy.aif, curves, one).volume.value.mean() * PERCENT for one in (2.0, 10.0)
        )
        moved[strength] = high / low
    assert moved["strong"] == pytest.approx(1, abs=0.01)
    assert moved["weak"] > 1.05
    vessel = 20 * tissue + random.normal(0, 1, (50, tissue.size))
    plain, drawn = (answered(noisy.aif, vessel, one).volume.value for one in (0.0, 5.0))
    assert (np.abs(drawn / plain - 1) < 0.05).all()


def test_where_no_volume_is_named_none_is_expected():
    """Of records before there was such a thing, and where times alone are asked for."""
    row = SETTINGS["expected_volume"]
    assert row.before == 0
    for method, value in (("Posterior", 0), ("oSVD", None)):  # no parameter of oSVD
        assert row.in_record({"settings": {"deconvolution_method": method}}) == value
    assert times_method("Posterior", OscillationSvd()) == Posterior(expected_volume=0)
    assert Posterior().expected_volume > 0


def test_an_expected_volume_that_is_none_is_refused():
    with pytest.raises(DscError, match="expected_volume must be a CBV in mL/100g, or 0, got -1"):
        Posterior(expected_volume=-1.0)
    with pytest.raises(DscError, match="got nan"):
        Posterior(expected_volume=np.nan)


@pytest.mark.parametrize("informed", [False, True])
def test_atoms_that_none_of_a_block_needs_are_left_out(atoms, informed):
    """Sums of voxels that are alike stay as they are when all other atoms are made useless."""
    random = np.random.default_rng(9)
    curves = random.normal(size=(COUNT, 12)) + 3 * atoms.delay[:, None] * np.linspace(-1, 1, 12)
    curves /= np.linalg.norm(curves, axis=1)[:, None]
    volumes = random.uniform(0.5, 2, COUNT)
    level = level_of(curves, volumes, atoms, COUNT, 1.5, np.float64, informed)
    scores = 12 * curves[:1].T + random.normal(0, 0.1, (12, 30))
    found = level.curves @ scores
    least = np.sqrt(found.max(axis=0) ** 2 - 9) - 0.01
    needed = (found > least).any(axis=1).reshape(-1, 8).any(axis=1).repeat(8)
    assert needed.mean() < 0.7
    useless = level._replace(plain=np.where(needed, level.plain, np.nan))
    expected, best = sums_of(level, scores, pruned=True)
    sums, _ = sums_of(useless, scores, pruned=True)
    np.testing.assert_array_equal(sums, expected)
    np.testing.assert_allclose(best, found.max(axis=0))
    whole, _ = sums_of(level, scores, pruned=False)
    np.testing.assert_allclose(sums[1] / sums[0], whole[1] / whole[0], rtol=0.05)


def test_flow_has_the_least_relative_error(noisy):
    """E[1/F] / E[1/F²]: between the mean of F and nothing, and never above that mean."""
    told = answered(noisy.aif, noisy.curves[:500].astype(float))
    plain = told.volume.value / told.transit.value
    assert (told.flow.value < 1.05 * plain).all()
    assert 0.7 < np.median(told.flow.value / plain) < 1.0


def test_percentiles_hold_sixty_eight_percent(noisy):
    """Between them lies what a log-normal of this mean and SD has within one: in its own middle."""
    told = answered(noisy.aif, noisy.curves[:300].astype(float))
    for one in (told.volume, told.transit):
        width = np.sqrt(np.log1p((one.sd / one.value) ** 2))
        middle = np.log(one.value) - width**2 / 2
        np.testing.assert_allclose(np.log(one.low), middle + width * norm.ppf(0.1587), atol=1e-3)
        np.testing.assert_allclose(np.log(one.high), middle + width * norm.ppf(0.8413), atol=1e-3)
    np.testing.assert_allclose(told.delay.high - told.delay.low, 2 * told.delay.sd)


def test_no_baseline_is_asked_for(noisy):
    """A constant that is added to a curve changes nothing: its level is unknown anyway."""
    curves = noisy.curves[:200].astype(float)
    moved = curves - 0.3 * curves.std(axis=1, keepdims=True)
    before, after = (answered(noisy.aif, one) for one in (curves, moved))
    assert np.median(np.abs(after.delay.value - before.delay.value)) < 0.1
    assert np.median(np.abs(after.volume.value / before.volume.value - 1)) < 0.02


def test_single_precision_is_enough(noisy):
    """Weights are exponentials of squares: what float32 loses of them is far below an SD."""
    kinds = (noisy.curves, noisy.curves.astype(float))
    rough, exact = (answered(noisy.aif, one) for one in kinds)
    for name in ("volume", "flow", "transit", "peak", "delay"):
        one, other = getattr(rough, name), getattr(exact, name)
        assert np.max(np.abs(one.value - other.value) / other.sd) < 0.01


def test_an_answer_hangs_on_its_own_curve(noisy):
    """To the byte, whoever the neighbours are and wherever they stand."""
    random = np.random.default_rng(0)
    strong = noisy.curves[:3840].reshape(480, 8, -1).mean(axis=1)  # for which atoms are left out
    curves = np.repeat(strong, 8, axis=0) * random.uniform(0.5, 2, (3840, 1)).astype(np.float32)
    curves[::3] = noisy.curves[:3840][::3]
    others = random.permutation(3840)
    kept = np.arange(0, 3840, 2)
    changed = curves.copy()
    changed[1::2] = curves[others][1::2]
    with workers():  # one thread of BLAS, as in every run
        one, two = (answered(noisy.aif, some) for some in (curves, changed))
    np.testing.assert_array_equal(one.flow.value[kept], two.flow.value[kept])


# --- beside the truth --------------------------------------------------------------------------


def cell(delays, snr, seed, count=120, step=1.5):
    """Noisy curves of tissues of other residues than the prior's, and their truth."""
    random = np.random.default_rng(seed)
    time = np.arange(0, 90, step)
    fine = np.arange(0, 100, FINE)
    passing = artery(fine, arrival=22.0, width=2.2)
    passing *= 100 / passing.max()
    curves, truth = [], []
    for at in range(count):
        transit, delay = np.exp(random.uniform(np.log(3), np.log(12))), random.uniform(*delays)
        volume = random.uniform(2, 6)
        share = (
            0.7 * np.exp(-2 * fine / transit) + 0.3 * np.exp(-fine / (2.17 * transit))
            if at % 2
            else np.maximum(1 - fine / (2 * transit), 0)
        )
        flow = 60 * volume / transit
        whole = FINE * fftconvolve(passing, share)[: fine.size] * flow / 6000 * RHO / KH
        curves.append(np.interp(time - delay, fine, whole, left=0))
        truth.append((flow, volume, transit, delay))
    signal = np.exp(-TE * np.array(curves))
    signal += random.normal(0, 1 / snr, signal.shape)
    before = signal[:, time < 18].mean(axis=1, keepdims=True)
    aif = np.interp(time, fine, passing)
    return -np.log(signal / before) / TE, aif, time, np.array(truth).T


def test_intervals_cover_the_truth():
    """In 55 to 85 % of tissues, for a nominal 68 %: the ends of every map's interval."""
    curves, aif, time, truth = cell((-1, 6), 60, 1, 300)
    made = compute_perfusion_maps(curves, aif, time, deconvolution_method="Posterior", baseline=12)
    for key, true in zip(("cbf", "cbv", "mtt", "delay"), truth, strict=True):
        one = getattr(made, key)
        covered = ((one.low <= true) & (true <= one.high)).mean()
        assert 0.55 <= covered <= 0.85, key


@pytest.mark.parametrize("delay", [12.0, 16.0, 20.0])
def test_late_tissue_is_found_late(delay):
    """As far as 20 s behind the artery, where a search that ends at 10 s would be sure of less."""
    curves, aif, time, _ = cell((delay, delay), 80, 2, 60)
    made = compute_perfusion_maps(curves, aif, time, deconvolution_method="Posterior", baseline=12)
    assert np.abs(made.delay.values - delay).mean() <= 1.5
    assert (made.tmax.values > 10).mean() >= 0.95


def test_volume_is_better_than_the_integral():
    """Where curves are weak, less than half of the error of the plain integral."""
    curves, aif, time, truth = cell((-1, 6), 25, 3, 150)
    ours, plain = (
        compute_perfusion_maps(curves, aif, time, deconvolution_method=one, baseline=12).cbv.values
        for one in ("Posterior", "cSVD")
    )
    errors = [np.sqrt(np.mean((one / truth[1] - 1) ** 2)) for one in (ours, plain)]
    assert errors[0] < 0.6 * errors[1]


def test_without_a_bolus_the_prior_decides(noisy):
    """And the interval says so: it is as wide as what the prior leaves open."""
    random = np.random.default_rng(4)
    noise = random.normal(0, 1, (200, noisy.time.size))
    made = compute_perfusion_maps(
        noise, noisy.aif, noisy.time, deconvolution_method="Posterior", baseline=10
    )
    assert made.delay.sd is not None
    finite = made.delay.sd[np.isfinite(made.delay.sd)]
    assert np.median(finite) > 3
    assert not made.quality_mask.mean() > 0.05


def test_the_lens_shows_the_mean_residue(noisy):
    """What it convolves to is near the curve, and its numbers are those of the maps."""
    one = residue(noisy.curves[5].astype(float), noisy.aif, noisy.time, "Posterior")
    assert one.r_squared > 0.7
    assert one.smoothed_by.startswith("Noise")
    assert 0 < one.smoothing < 1
    assert not DECONVOLVERS["Posterior"].central_volume
