"""What a scan looks like: a doubt is told where there is one, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, delta_r2_star, phantom
from napari_dsc.core.pipeline import Settings, propose, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.scan_checks import JUMPING, NO_BOLUS, TURNED, UPWARDS, from_delta_r2_star


@pytest.mark.parametrize("snr", [20, 150])
@pytest.mark.parametrize("step", [1.0, 2.0])
@pytest.mark.parametrize("shape", [(32, 32, 4), (20, 18, 3), (48, 48, 10)])
def test_a_sound_scan_raises_no_doubt(shape, step, snr):
    patient = phantom(shape, 60, snr=snr, repetition_time=step)
    assert propose(patient.series).questions == ()


def test_volumes_out_of_order_are_doubted(patient):
    order = 2 + np.random.default_rng(0).permutation(58)  # two come before the steady state
    shuffled = replace(patient.series, signal=patient.series.signal[..., order], time=None)
    assert propose(shuffled, patient.brain).questions in ((JUMPING,), (NO_BOLUS,))


def test_time_and_place_exchanged_are_doubted():
    """Slices that were taken for volumes, and volumes for slices."""
    patient = phantom((32, 32, 24), 24, arrival=9.0)
    turned = replace(patient.series, signal=np.swapaxes(patient.series.signal, 2, 3))
    assert TURNED in propose(turned, np.ones((32, 32, 24), bool)).questions


@pytest.fixture(scope="module")
def computed(patient):
    """The patient as delta R2*, 1/s, that somebody has computed."""
    curves = delta_r2_star(patient.series.signal, patient.series.echo_time, slice(2, 10))
    curves = np.where(np.isfinite(curves), curves, 0).astype(np.float32)
    return replace(patient.series, signal=curves, echo_time=None)


def test_fault_17_a_rising_curve_is_asked_about_and_never_logged(patient, computed):
    """Neither where it is proposed nor where it is computed; unless somebody has looked."""
    assert UPWARDS in propose(computed, patient.brain).questions
    rising = replace(computed, signal=computed.signal + 10)
    settings = Settings(baseline=(2, 10))
    work = stages(rising, patient.artery, patient.brain, settings)
    with pytest.raises(DscError, match="rises at the bolus"):
        finished(work)
    checked = replace(rising, checked=True)
    with pytest.raises(DscError, match="non-positive"):  # taken as signal, as it was confirmed
        finished(stages(checked, patient.artery, patient.brain, settings))


def test_curves_that_were_computed_give_the_maps_of_their_signal(patient, computed):
    """The same numbers, whether the logarithm was taken here or elsewhere."""
    settings = Settings(baseline=(2, 10))
    expected = finished(stages(patient.series, patient.artery, patient.brain, settings))
    taken = from_delta_r2_star(computed)
    found = finished(stages(taken, patient.artery, patient.brain, settings))
    assert found.curve_unit == "1/s"
    np.testing.assert_allclose(found.aif.curve, expected.aif.curve, atol=2e-2)
    stands = np.isfinite(expected.maps.cbf.values) & np.isfinite(found.maps.cbf.values)
    assert stands.sum() > 0.98 * np.isfinite(expected.maps.cbf.values).sum()
    for symbol in ("cbv", "cbf", "tmax"):
        one, other = getattr(expected.maps, symbol), getattr(found.maps, symbol)
        near = np.isclose(one.values[stands], other.values[stands], rtol=0.01, atol=0.05)
        assert near.mean() > 0.98


def test_brain_and_baseline_are_found_on_computed_curves(patient, computed):
    """Where no signal is, the bolus tells the brain from the rest."""
    proposal = propose(from_delta_r2_star(computed))
    both = (proposal.brain & patient.brain).sum()
    assert 2 * both / (proposal.brain.sum() + patient.brain.sum()) > 0.85
    assert proposal.questions == ()
    assert abs(proposal.baseline[1] - propose(patient.series).baseline[1]) <= 1


def test_the_echo_time_has_no_part_in_computed_curves(computed):
    taken = from_delta_r2_star(computed)
    assert taken.settled(echo_time=0.05).echo_time == taken.echo_time
    assert from_delta_r2_star(taken) is taken


def test_what_cannot_be_delta_r2_star_is_refused(patient):
    """Signal of thousands, taken for it by mistake."""
    with pytest.raises(DscError, match="must be in 1/s, got values up to"):
        from_delta_r2_star(replace(patient.series, signal=patient.series.signal * 10.0))


def test_fault_16_a_scan_without_a_bolus_is_asked_about(patient):
    rng = np.random.default_rng(0)
    still = rng.normal(1000, 10, patient.series.signal.shape).astype(np.float32)
    proposal = propose(replace(patient.series, signal=still), patient.brain)
    assert "No bolus was found" in proposal.questions[0]
