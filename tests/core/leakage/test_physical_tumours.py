"""Correction of physical tumours, by protocol: what is reached, and what is not."""

from itertools import product

import numpy as np
import pytest

from napari_dsc import correct_leakage, delta_r2_star
from napari_dsc.core.defaults import LEAKAGE_TOLERANT
from napari_dsc.core.phantom import GREY, WHITE, Acquisition, LeakyTissue, leaky_scan

TUMOURS = tuple(
    LeakyTissue(cbv=cbv, mtt=mtt, ktrans=ktrans, ve=ve, r2_leaked=r2)
    for cbv, mtt, ktrans, ve, r2 in product(
        (4.4, 9.0), (4.5, 7.0), (0.05, 0.1), (0.2, 0.4), (10.0, 20.0)
    )
)
SOUND = {
    "preload": Acquisition(preload=1.0),
    "30 degrees": Acquisition(flip_angle=30.0),
    "dual echo": Acquisition(echo_times=(0.002, 0.030)),
}


def area(curves, time):
    """Areas under curves, by the trapezoidal rule."""
    return np.sum((curves[..., 1:] + curves[..., :-1]) / 2 * np.diff(time), axis=-1)


def errors(acquisition, tumours=TUMOURS, *, tolerant=LEAKAGE_TOLERANT):
    """Errors of region means of rCBV at SNR 100: as it is, corrected, and K1; relative."""
    truth = np.array([one.cbv for one in tumours]) / np.mean([GREY.cbv, WHITE.cbv])
    scan = leaky_scan((GREY, WHITE, *tumours), acquisition, snr=100.0, voxels=60)
    signal, echo = scan.signal[0], acquisition.echo_times[0]
    if len(acquisition.echo_times) == 2:
        signal, echo = scan.signal[1] / scan.signal[0], acquisition.echo_times[1] - echo
    curves = delta_r2_star(signal, echo, slice(0, 13))
    reference = curves[:2].mean(axis=(0, 1))
    whole = area(reference, scan.time)
    found = correct_leakage(curves[2:], reference, scan.time, tolerant=tolerant)
    return (
        area(curves[2:], scan.time).mean(axis=1) / whole / truth - 1,
        area(found.corrected, scan.time).mean(axis=1) / whole / truth - 1,
        found.k1.mean(axis=1) / truth - 1,
        found.k2.mean(axis=1),
    )


@pytest.mark.parametrize("protocol", SOUND)
def test_with_a_sound_protocol_region_means_are_within_12_percent(protocol):
    """Of every tumour, corrected area and K1 alike, as the correction comes."""
    raw, corrected, k1, k2 = errors(SOUND[protocol])
    for found in (np.abs(corrected), np.abs(k1)):
        assert found.max() <= 0.12
        assert found.mean() <= 0.045
    if protocol == "dual echo":
        assert np.abs(corrected).mean() < 0.5 * np.abs(raw).mean()
        assert k2.max() < 0  # T2* alone


def test_at_60_degrees_without_a_preload_the_error_is_halved_and_not_gone():
    """Why that protocol has its warning: tumours stay up to a third too low."""
    raw, corrected, _, k2 = errors(Acquisition(flip_angle=60.0))
    assert np.abs(corrected).mean() < 0.5 * np.abs(raw).mean()
    assert corrected.mean() < -0.05
    assert -0.34 < corrected.min() < -0.15
    assert k2.max() > 0


def others(count, mtt, seed=2026):
    """Tumours at random, of transit times within some limits: none of those above is among them."""
    random = np.random.default_rng(seed)
    return tuple(
        LeakyTissue(
            cbv=float(random.uniform(2.5, 12)),
            mtt=float(random.uniform(*mtt)),
            ktrans=float(random.uniform(0.02, 0.15)),
            ve=float(random.uniform(0.15, 0.5)),
            t1=float(random.uniform(1.1, 1.8)),
            r2_leaked=float(random.uniform(5, 30)),
        )
        for _ in range(count)
    )


@pytest.mark.parametrize("protocol", SOUND)
def test_fault_391_tumours_of_slow_transit_read_low_and_the_tolerant_option_allows_for_it(protocol):
    """Why a tumour reads over 12 % low: its bolus stays longer than the reference's, which is 5 s.

    What does not leak at all and has a transit time of 7 s reads 9 % low already.
    """
    acquisition = SOUND[protocol]
    _, slow, *_ = errors(acquisition, others(80, (7.0, 9.0)), tolerant=False)
    _, alike, *_ = errors(acquisition, others(80, (4.0, 5.5)), tolerant=False)
    assert np.percentile(np.abs(alike), 95) <= 0.12
    assert np.median(slow) < np.median(alike) - 0.05
    _, tolerant, *_ = errors(acquisition, others(80, (7.0, 9.0)), tolerant=True)
    assert np.abs(tolerant).mean() < 0.8 * np.abs(slow).mean()
    without_leak = (LeakyTissue(cbv=4.4, mtt=7.0, ktrans=0.0),)
    _, tight, *_ = errors(acquisition, without_leak, tolerant=False)
    assert -0.12 < tight[0] < -0.06


@pytest.mark.parametrize("protocol", ["preload", "30 degrees"])
def test_the_tolerant_option_brings_nearly_all_tumours_within_12_percent(protocol):
    """Of transit times of 3.5 to 9 s: 95 in 100, where the usual correction leaves a fifth out."""
    made = others(150, (3.5, 9.0), seed=7)
    _, usual, *_ = errors(SOUND[protocol], made, tolerant=False)
    _, tolerant, *_ = errors(SOUND[protocol], made, tolerant=True)
    assert (np.abs(tolerant) <= 0.12).mean() >= 0.95
    assert (np.abs(usual) <= 0.12).mean() < 0.9


@pytest.mark.parametrize("model", ["BSW", "bidirectional"])
@pytest.mark.parametrize("seconds", [75, 90, 120])
def test_why_the_tolerant_fit_is_the_default(model, seconds):
    """Nearer to the truth at any length of a scan, for hardly more noise.

    The region's error, the voxels' error and their scatter, of 40 tumours and of tissue without
    leak.
    """
    acquisition = Acquisition(flip_angle=30.0, n_volumes=round(seconds / 1.5))
    tumours = others(40, (3.5, 9.0), seed=3)
    tight = tuple(LeakyTissue(cbv=3.0, mtt=mtt, ktrans=0.0) for mtt in (3.5, 8.0, 12.0))
    tissues = (*tumours, *tight)
    truth = np.array([one.cbv for one in tissues]) / np.mean([GREY.cbv, WHITE.cbv])
    scan = leaky_scan((GREY, WHITE, *tissues), acquisition, snr=50.0, voxels=60)
    curves = delta_r2_star(scan.signal[0], acquisition.echo_times[0], slice(0, 13))
    reference = curves[:2].mean(axis=(0, 1))
    whole = area(reference, scan.time)
    scatter, voxel, region = np.empty((3, 2, len(tissues)))
    for at, tolerant in enumerate((False, True)):
        found = correct_leakage(curves[2:], reference, scan.time, model, tolerant=tolerant)
        error = area(found.corrected, scan.time) / whole / truth[:, None] - 1
        scatter[at], region[at] = error.std(axis=1), np.abs(error.mean(axis=1))
        voxel[at] = np.sqrt((error**2).mean(axis=1))
    strict, easy = region[:, : len(tumours)].mean(axis=1)
    assert easy < 0.85 * strict
    assert voxel[1].mean() < 0.9 * voxel[0].mean()
    assert np.median(scatter[1] / scatter[0]) < (1.1 if model == "BSW" else 1.35)
    assert (region[1, -len(tight) :] < region[0, -len(tight) :]).all()
