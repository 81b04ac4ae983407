"""Signals of leaky tissue: closed forms of the gradient echo, and what T1 and T2* do to them."""

import numpy as np
import pytest

from napari_dsc import DscError, delta_r2_star
from napari_dsc.core.phantom import GREY, WHITE, Acquisition, LeakyTissue, leaky_scan

BEFORE = slice(0, 13)
TIGHT = LeakyTissue(cbv=9.0)
LEAKY = LeakyTissue(cbv=9.0, ktrans=0.2)


def curve(tissue, **facts):
    """Delta R2* of a tissue's last echo, 1/s."""
    acquisition = Acquisition(**facts)
    signal = leaky_scan((tissue,), acquisition).signal[-1, 0, 0]
    return delta_r2_star(signal, acquisition.echo_times[-1], BEFORE)


def test_before_the_bolus_the_signal_is_that_of_the_steady_state():
    """Of a spoiled gradient echo: two compartments, each with its own T1."""
    acquisition = Acquisition(flip_angle=40.0)
    signal = leaky_scan((TIGHT,), acquisition).signal[0, 0, 0]

    def steady(t1):
        angle, relaxed = np.deg2rad(40.0), np.exp(-acquisition.repetition_time / t1)
        return 1000 * np.sin(angle) * (1 - relaxed) / (1 - relaxed * np.cos(angle))

    share = 9.0 / 100 * 1.04
    wanted = (1 - share) * steady(TIGHT.t1) + share * steady(1.65)
    np.testing.assert_allclose(signal[BEFORE], wanted, rtol=1e-12)


def test_what_does_not_leak_shows_its_vessels():
    """Within a tenth: blood's own signal and T1 are all that is different."""
    acquisition = Acquisition(flip_angle=30.0)
    scan = leaky_scan((WHITE,), acquisition)
    seen = delta_r2_star(scan.signal[0, 0, 0], 0.03, BEFORE)
    peak = scan.vascular[0].max()
    np.testing.assert_allclose(seen, scan.vascular[0], atol=0.1 * peak)


def test_areas_of_vessels_are_in_the_ratio_of_blood_volumes():
    scan = leaky_scan((WHITE, GREY, LEAKY), Acquisition(n_volumes=200))
    areas = scan.vascular.sum(axis=1)
    wanted = np.array([WHITE.cbv, GREY.cbv, LEAKY.cbv])
    np.testing.assert_allclose(areas / areas[0], wanted / wanted[0], rtol=0.01)


def test_leaked_agent_brightens_by_t1_and_darkens_by_t2():
    """At 60° without a preload the tail falls; with a preload, or at 30°, it falls less."""
    tight = curve(TIGHT)[-1]
    assert curve(LEAKY)[-1] < tight - 1
    assert curve(LEAKY, preload=1.0)[-1] > curve(LEAKY)[-1] + 2
    assert curve(LEAKY, flip_angle=30.0)[-1] > curve(LEAKY)[-1] + 2
    darker = LeakyTissue(cbv=9.0, ktrans=0.2, r2_leaked=80.0)
    assert curve(darker, flip_angle=30.0)[-1] > curve(LEAKY, flip_angle=30.0)[-1] + 2


def test_the_ratio_of_two_echoes_knows_no_t1():
    """Whatever the flip angle, the two echoes' rate is the same where blood's signal is small."""

    def of_two(angle):
        acquisition = Acquisition(flip_angle=angle, echo_times=(0.010, 0.030))
        first, second = leaky_scan((LEAKY,), acquisition).signal[:, 0, 0]
        return delta_r2_star(second / first, 0.020, BEFORE)

    low, high = of_two(20.0), of_two(90.0)
    np.testing.assert_allclose(high, low, atol=0.06 * low.max())
    single = np.abs(curve(LEAKY, flip_angle=90.0) - curve(LEAKY, flip_angle=20.0)).max()
    assert single > 5 * np.abs(high - low).max()


def test_noise_is_as_asked_and_the_same_for_a_seed():
    scan = leaky_scan((GREY,), Acquisition(), snr=50.0, voxels=400, seed=3)
    before = scan.signal[0, 0, :, :13]
    assert before.std() / before.mean() == pytest.approx(0.02, rel=0.1)
    again = leaky_scan((GREY,), Acquisition(), snr=50.0, voxels=400, seed=3)
    np.testing.assert_array_equal(again.signal, scan.signal)


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"flip_angle": 0}, "flip_angle"),
        ({"flip_angle": 120}, "flip_angle"),
        ({"echo_times": ()}, "echo_times"),
        ({"echo_times": (2.0,)}, "echo_times"),
        ({"preload": -1}, "preload"),
    ],
)
def test_what_no_scanner_does_is_refused(facts, message):
    with pytest.raises(DscError, match=message):
        Acquisition(**facts)
