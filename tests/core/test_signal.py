"""From the signal to delta R2*: closed forms, the time axis, and what is proposed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import DscError, delta_r2_star, phantom
from napari_dsc.core.signal import (
    bolus_arrival,
    brain_mask,
    even_time,
    log_attenuation,
    propose_baseline,
    steady_state,
)

# --- delta R2* ---------------------------------------------------------------------------------


@given(rate=st.floats(-20, 80), echo_time=st.floats(0.01, 0.08), level=st.floats(10, 3e4))
@settings(derandomize=True, deadline=None, max_examples=15)
def test_relaxation_rate_is_recovered(rate, echo_time, level):
    """The rate that darkens a gradient echo is the rate that is read from it."""
    signal = level * np.exp(-echo_time * np.array([0, 0, rate, rate / 2]))
    found = delta_r2_star(signal, echo_time, slice(0, 2))
    np.testing.assert_allclose(found, [0, 0, rate, rate / 2], atol=1e-9)


def test_baseline_is_the_mean_of_its_volumes():
    """S0 is the mean signal of the volumes named, as a slice or as a count from the first."""
    signal = np.array([500.0, 90.0, 110.0, 100.0, 50.0])
    expected = -np.log(signal / 100) / 0.03
    np.testing.assert_allclose(delta_r2_star(signal, 0.03, slice(1, 4)), expected)
    counted = delta_r2_star(signal[1:], 0.03, 3)
    np.testing.assert_allclose(counted, expected[1:])
    np.testing.assert_array_equal(counted, delta_r2_star(signal[1:], 0.03, slice(0, 3)))


def test_attenuation_is_the_rate_without_its_unit():
    signal = np.array([[100.0, 100.0, 20.0], [50.0, 50.0, 40.0]])
    np.testing.assert_allclose(
        log_attenuation(signal, 2) / 0.04, delta_r2_star(signal, 0.04, 2), rtol=1e-12
    )


def test_no_signal_is_no_answer():
    """A sample or a baseline that is not positive is NaN: never clipped, never infinite."""
    signal = np.array(
        [
            [100.0, 100.0, 0.0, 50.0],
            [100.0, 100.0, -3.0, 50.0],
            [100.0, 100.0, np.nan, 50.0],
            [0.0, 0.0, 50.0, 50.0],
            [np.nan, 100.0, 50.0, 50.0],
        ]
    )
    found = delta_r2_star(signal, 0.03, 2)
    np.testing.assert_array_equal(
        np.isnan(found),
        [[0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 1, 0], [1, 1, 1, 1], [1, 1, 1, 1]],
    )
    assert not np.isinf(found).any()


@pytest.mark.parametrize(
    ("dtype", "result"),
    [("int16", "f4"), ("uint8", "f4"), ("float32", "f4"), ("float64", "f8")],
)
def test_signal_is_not_changed_and_precision_kept(dtype, result):
    signal = np.full((2, 3, 4), 100, dtype=dtype)
    signal[..., 2] = 0
    before = signal.copy()
    found = delta_r2_star(signal, 0.03, 2)
    np.testing.assert_array_equal(signal, before)
    assert found.shape == signal.shape
    assert found.dtype == np.dtype(result)


def test_thousands_of_bright_samples_lose_no_digit():
    """The mean of a long baseline is summed in float64."""
    signal = np.full(60_000, 30_000.7, dtype=np.float32)
    assert np.abs(log_attenuation(signal, slice(0, 50_000))).max() < 1e-6


@pytest.mark.parametrize("baseline", [0, slice(3, 3), slice(4, 4)])
def test_an_empty_baseline_is_refused(baseline):
    with pytest.raises(DscError, match="baseline must hold at least one of the 4 volumes"):
        delta_r2_star([1.0, 1.0, 1.0, 1.0], 0.03, baseline)


@pytest.mark.parametrize("echo_time", [30.0, 1.0, 0.0, -0.03, np.nan])
def test_an_echo_time_in_milliseconds_is_refused(echo_time):
    with pytest.raises(DscError, match=rf"echo_time must lie .* 1 s, got {echo_time:g}.*by 1000"):
        delta_r2_star([1.0, 1.0], echo_time, 1)


# --- time --------------------------------------------------------------------------------------


def test_even_time_is_left_alone():
    """Steps within 1 % of their median are even: no resampling."""
    times = 7 + 1.5 * np.arange(40.0)
    times[10] += 0.012
    axis = even_time(times, 40)
    assert axis.step == 1.5
    assert axis.resample is None
    assert axis.deviation == pytest.approx(0.008)
    np.testing.assert_array_equal(axis.time, times)


@pytest.mark.parametrize("jitter", [0.011, 0.1, 0.199])
def test_uneven_time_is_brought_to_the_median_step(jitter):
    """The resampling is linear: it leaves straight lines as they are, and adds nothing."""
    steps = 2.0 * (1 + jitter * np.resize([0, 1, 0, -1], 41))
    times = 3 + np.concatenate([[0], np.cumsum(steps)])
    axis = even_time(times, 42)
    assert axis.step == 2.0
    assert axis.deviation == pytest.approx(jitter)
    np.testing.assert_allclose(np.diff(axis.time), 2.0)
    assert axis.time[0] == 3.0
    assert times[-1] - 2.0 < axis.time[-1] <= times[-1] + 1e-5
    np.testing.assert_allclose((5 - 3 * times) @ axis.resample, 5 - 3 * axis.time)
    assert axis.resample is not None
    np.testing.assert_allclose(axis.resample.sum(axis=0), 1)
    assert (axis.resample >= 0).all()


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([0.0, 1.0, 1.04, 2.0], r"of their median \(0.96 s\), got 0.04 s between volumes 1 and 2"),
        ([0.0, 1.0, 2.0, 1000.0], "no gap above 60 s, got 998 s between volumes 2 and 3"),
        ([0.0, 1.0, 2.0, 40.0], "at most 8 samples for each of the 4 volumes, got 40 of 1 s"),
        ([0.0, 1.0, 1.0, 2.0], "time must increase, got 1 s then 1 s at volume 2"),
        ([0.0, np.inf, 2.0, 3.0], "time must be finite, got inf at volume 1"),
        ([0.0, 1.0, 2.0], r"time must have shape \(4,\) like the curves, got \(3,\)"),
        (1.5, r"time must have shape \(4,\) like the curves, got \(\)"),
    ],
)
def test_what_is_no_time_axis_is_refused(times, message):
    with pytest.raises(DscError, match=message):
        even_time(times, 4)


SPEEDS = {
    "fast, then slow": (np.r_[np.arange(30.0), np.arange(30, 121, 3)], 1.0, 3.0),
    "slow, then fast": (np.r_[np.arange(0, 30, 3.0), np.arange(30.0, 61)], 1.0, 3.0),
    "mostly slow": (np.r_[np.arange(0, 20, 4.0), np.arange(20.0, 30), np.arange(30, 151, 4)], 1, 4),
    "one volume lost": (np.delete(1.5 * np.arange(60), 30), 1.5, 3.0),
    "three volumes lost": (np.delete(1.5 * np.arange(60), [30, 31, 32]), 1.5, 6.0),
    "one volume early": (np.r_[0.0, 1, 2, 2.7, 4, 5, 6], 1.0, 1.3),
}


@pytest.mark.parametrize(("times", "step", "longest"), SPEEDS.values(), ids=list(SPEEDS))
def test_fault_74_times_of_several_speeds_are_resampled_to_the_fast_one(times, step, longest):
    """A lost volume is bridged; a fast part loses no sample; straight lines stay straight."""
    axis = even_time(times, times.size)
    assert axis.step == pytest.approx(step)
    np.testing.assert_allclose(np.diff(axis.time), step)
    np.testing.assert_allclose((5 - 3 * times) @ axis.resample, 5 - 3 * axis.time)
    assert f"to {longest:g} s, the longest from" in axis.words
    assert axis.words.endswith(f"curves were resampled to {step:g} s.")


def test_two_volumes_are_no_scan():
    with pytest.raises(DscError, match="at least 3 samples, got 2"):
        even_time([0.0, 1.0], 2)


# --- steady state, arrival, baseline -----------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [0.06, 0.3, -0.3])
def test_volumes_before_the_steady_state_are_counted(count, size):
    """Bright or dark, whatever is more than 1 % off what follows is discarded."""
    signal = np.full(40, 1000.0) + np.random.default_rng(0).normal(0, 1, 40)
    signal[:count] *= 1 + size * 0.8 ** np.arange(count)
    signal[25:30] *= 0.7
    assert steady_state(signal) == count


def test_a_slow_approach_is_followed_to_its_end():
    """Four volumes show a creep that the next one alone would not."""
    signal = 1000 * (1 + 0.1 * 0.7 ** np.arange(40))
    assert steady_state(signal) == 5  # 1.7 % off


def test_what_never_settles_is_no_approach_to_a_steady_state():
    assert steady_state(1000 * 0.9 ** np.arange(30)) == 0
    assert steady_state(np.full(30, np.nan)) == 0
    assert steady_state(np.array([9.0, 1.0])) == 0


@given(scale=st.floats(1e-6, 1e6), start=st.integers(3, 20))
@settings(derandomize=True, deadline=None, max_examples=15)
def test_arrival_is_the_crossing_of_five_percent(scale, start):
    """The first volume at 5 % of the peak that stays there until the peak; any unit."""
    curve = np.zeros(40)
    curve[start : start + 6] = [0.06, 0.3, 0.8, 1.0, 0.5, 0.2]
    curve[start - 1] = 0.049
    curve[start - 3] = 0.3  # a spike before the bolus is no arrival
    assert bolus_arrival(scale * curve) == start


def test_arrival_of_a_curve_with_holes_or_without_a_rise():
    """A missing sample is below; a curve that starts at its peak arrives at once."""
    assert bolus_arrival(np.array([0, np.nan, 0.5, 1.0, np.nan, 0.2])) == 2
    assert bolus_arrival(np.array([1.0, 0.5, 0.2])) == 0
    assert bolus_arrival(np.full(5, np.nan)) == 0


def mean_of_brain(patient):
    return patient.series.signal[patient.brain].mean(axis=0)


@pytest.mark.parametrize("snr", [50.0, 100.0])
@pytest.mark.parametrize("volume", [8, 9, 11, 14, 19, 25])
@pytest.mark.parametrize("step", [1.0, 1.5, 2.0])
def test_baseline_ends_before_the_artery(volume, snr, step):
    """It starts at the steady state, ends as the arteries fill, and wastes little."""
    patient = phantom((24, 24, 4), 60, snr, repetition_time=step, arrival=volume * step)
    baseline = propose_baseline(mean_of_brain(patient), step)
    assert baseline.start == 2
    assert baseline.stop - baseline.start >= 5
    assert max(volume - 2 / step - 1, 7) <= baseline.stop <= volume + 1


def test_baseline_without_a_time_step_keeps_a_volume_of_distance(patient):
    """While the time step is unknown, the margin is one volume."""
    signal = mean_of_brain(patient)
    unknown, known = propose_baseline(signal), propose_baseline(signal, 1.5)
    assert unknown.start == known.start
    assert unknown.stop == known.stop + 1
    assert propose_baseline(signal, 0.5).stop == unknown.stop - 3


def test_baseline_of_a_hasty_bolus_keeps_what_there_is():
    """With fewer than five volumes before the bolus all of them are kept."""
    signal = np.full(40, 1000.0)
    signal[4:12] = [900, 700, 500, 400, 500, 700, 850, 950]
    assert propose_baseline(signal, 1.5) == slice(0, 4)


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (np.array([100.0, 100, 0, 100, 100, 100, 100]), "signal in every volume.*Redraw"),
        (np.array([100.0, 100, np.nan, 100, 100, 100, 100]), "signal in every volume"),
        (np.array([50.0, 60, 80, 90, 96, 98, 99, 100]), "bolus must arrive after.*by hand"),
    ],
)
def test_a_signal_without_a_baseline_is_refused(signal, message):
    with pytest.raises(DscError, match=message):
        propose_baseline(signal)


# --- brain -------------------------------------------------------------------------------------


@pytest.mark.parametrize("snr", [50.0, 70.0, 100.0])
@pytest.mark.parametrize("shape", [(64, 64, 8), (40, 48, 5)])
def test_brain_is_found_without_the_scalp(snr, shape):
    """Dice 0.95 or better."""
    patient = phantom(shape, 20, snr, seed=4, arrival=15.0)
    found = brain_mask(patient.series.signal[..., 3:8].mean(axis=-1))
    dice = 2 * (found & patient.brain).sum() / (found.sum() + patient.brain.sum())
    assert dice >= 0.95
    assert not found[patient.tissue == 1].any()


def test_holes_of_the_brain_are_filled_and_islands_dropped():
    """One piece, whole: a dark ventricle belongs to it, a bright eye does not."""
    volume = np.zeros((40, 40, 3))
    volume[8:32, 8:32] = 100
    volume[14:26, 14:26] = 0
    volume[1:5, 1:5] = 130
    volume[2, 30] = np.nan
    found = brain_mask(volume)
    assert found[20, 20].all()
    assert not found[:6].any()
    assert found.sum() == pytest.approx(3 * 24 * 24, rel=0.03)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_a_volume_without_a_brain_is_refused(value):
    with pytest.raises(DscError, match=r"no brain signal.*Draw the brain by hand"):
        brain_mask(np.full((8, 8, 2), value))


def test_specks_are_no_brain():
    volume = np.zeros((12, 12, 2))
    volume[3, 3], volume[8, 5] = 100, 90
    with pytest.raises(DscError, match="no brain signal"):
        brain_mask(volume)
