"""What is measured of a vascular curve, by closed forms; and what it says in words."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dsc import delta_r2_star, phantom
from napari_dsc.core.aif import COLUMNS, RULES, VENOUS_RULES, measure, verdicts
from napari_dsc.core.types import Measures

NONE = slice(0, 0)
TIME = np.arange(0, 60, 1.0)


def triangle(time, *, top=20.0, half=6.0, height=80.0):
    """Triangle of a full width at half maximum `half`, s."""
    return np.maximum(height * (1 - np.abs(time - top) / half), 0)


def bell(time, *, top=20.0, fwhm=8.0, height=100.0):
    return height * np.exp(-4 * np.log(2) * ((time - top) / fwhm) ** 2)


def one(measures, name):
    return float(getattr(measures, name)[0])


def column(measures):
    return {field.name: getattr(measures, field.name) for field in fields(Measures)}


# --- measures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("half", [4.0, 6.0, 10.0])
def test_of_a_triangle_everything_is_known(step, half):
    """Width, moment, arrival, end and relative peak in closed form, at any step."""
    time = np.arange(0, 60, step)
    curve = triangle(time, half=half)
    found = measure(curve[None], time, NONE)
    assert one(found, "peak") == 80
    assert one(found, "ttp") == pytest.approx(20)
    assert one(found, "fwhm") == pytest.approx(half)
    assert one(found, "first_moment") == pytest.approx(20)
    assert one(found, "arrival") == pytest.approx(20 - 0.95 * half)
    assert one(found, "end_over_peak") == 0
    assert one(found, "relative_peak") == 1
    # Three corners: the slope changes by +k, −2k and +k per step, k = 80/half.
    bends = 6 * (80 / half * step) ** 2
    assert one(found, "roughness") == pytest.approx(bends / (80 * half) ** 2)


@given(
    height=st.floats(0.01, 1000),
    late=st.floats(-100, 100),
    slower=st.floats(0.2, 5),
)
def test_units_are_those_of_the_curve_and_its_time(height, late, slower):
    """Scaling heights scales the peak only; shifting and stretching time moves times only."""
    base = bell(TIME) + 0.3 * bell(TIME, top=35, fwhm=14)
    ours = measure(base[None], TIME, NONE)
    other = measure(height * base[None], slower * TIME + late, NONE)
    for name in ("arrival", "ttp", "first_moment"):
        assert one(other, name) == pytest.approx(slower * one(ours, name) + late, abs=1e-7)
    assert one(other, "fwhm") == pytest.approx(slower * one(ours, "fwhm"))
    assert one(other, "peak") == pytest.approx(height * one(ours, "peak"))
    assert one(other, "end_over_peak") == pytest.approx(one(ours, "end_over_peak"))
    assert one(other, "roughness") * slower**2 == pytest.approx(one(ours, "roughness"))


def test_peak_is_found_between_samples():
    """The parabola of three points is exact for a parabola."""
    curve = np.maximum(50 - (TIME - 20.3) ** 2, 0)
    assert one(measure(curve[None], TIME, NONE), "ttp") == pytest.approx(20.3)


def test_uneven_time_is_heeded():
    time = np.sort(np.concatenate([np.arange(0, 60, 2.0), [19.0, 21.0, 25.5]]))
    curve = triangle(time)
    found = measure(curve[None], time, NONE)
    assert one(found, "fwhm") == pytest.approx(6)
    moment = np.trapezoid(time * curve, time) / np.trapezoid(curve, time)
    assert one(found, "first_moment") == pytest.approx(moment)


def test_width_is_that_of_the_first_pass():
    """A second pass above half of the peak does not count once the first has fallen."""
    curve = triangle(TIME) + triangle(TIME, top=40, height=60)
    assert one(measure(curve[None], TIME, NONE), "fwhm") == pytest.approx(6)


def test_rows_do_not_know_each_other_but_for_the_relative_peak():
    curves = np.stack([triangle(TIME), bell(TIME), triangle(TIME, top=30, height=20)])
    together = measure(curves, TIME, NONE)
    for row, curve in enumerate(curves):
        alone = column(measure(curve[None], TIME, NONE))
        for name, values in column(together).items():
            if name != "relative_peak":
                np.testing.assert_array_equal(values[row : row + 1], alone[name])
    np.testing.assert_allclose(together.relative_peak, [0.8, 1, 0.2])


def test_where_there_is_no_answer_there_is_none():
    """NaN, never zero: no bolus, no sample, a bolus that does not fall."""
    rising = np.linspace(0, 10, 60)
    curves = np.stack([np.zeros(60), -triangle(TIME), np.full(60, np.nan), rising])
    found = measure(curves, TIME, NONE)
    for name in ("arrival", "peak", "ttp", "fwhm", "first_moment", "roughness", "end_over_peak"):
        assert np.isnan(getattr(found, name)[:3]).all(), name
    assert np.isnan(found.fwhm[3])
    assert found.peak[3] == 10
    np.testing.assert_array_equal(found.saturated, [0, 0, 60, 0])


def test_nothing_to_measure_is_no_error():
    assert all(
        len(values) == 0 for values in column(measure(np.zeros((0, 60)), TIME, NONE)).values()
    )


def test_a_missing_sample_is_bridged_and_counted():
    curve = triangle(TIME)
    curve[[17, 25]] = np.nan, np.inf
    found = measure(curve[None], TIME, NONE)
    assert one(found, "saturated") == 2
    assert one(found, "fwhm") == pytest.approx(6)
    assert one(found, "first_moment") == pytest.approx(20)


# --- signal ------------------------------------------------------------------------------------


def test_saturated_samples_are_those_within_the_noise_floor():
    """Below 3 standard deviations, or 2 % of the baseline, whichever is more."""
    signal = np.full((3, 60), 1000.0)
    signal[:, 20:24] = [25, 19, 21, 500]
    curves = -np.log(signal / 1000) / 0.03
    for noise, count in ((0.0, 1), (7.1, 2), (8.5, 3), (6.0, 1), (200.0, 4)):
        found = measure(curves, TIME, slice(0, 10), signal=signal, noise=noise)
        np.testing.assert_array_equal(found.saturated, [count] * 3)
        np.testing.assert_allclose(found.smallest_signal, 0.019)


def test_noise_is_that_of_the_quietest_curves_if_none_is_given():
    """An artery that pulsates by 32 a.u. is dark at 90 a.u., and not drowned."""
    signal = 1000 + 5 * np.random.default_rng(0).standard_normal((40, 60))
    signal[:20, :10] += [30, -30] * 5
    signal[:, 20] = 90
    signal[[3, 30], 21] = 9  # below 2 % of the baseline
    found = measure(np.zeros((40, 60)), TIME, slice(0, 10), signal=signal)
    assert np.flatnonzero(found.saturated).tolist() == [3, 30]


def test_smallest_signal_comes_from_the_echo_time_where_no_signal_is_known():
    curve = triangle(TIME)[None]
    assert np.isnan(one(measure(curve, TIME, NONE), "smallest_signal"))
    found = measure(curve, TIME, NONE, echo_time=0.025)
    assert one(found, "smallest_signal") == pytest.approx(np.exp(-2))


# --- verdicts ----------------------------------------------------------------------------------


BRAIN = measure(bell(TIME, top=25, fwhm=16, height=6)[None], TIME, NONE)


def verdict(curve, reference=BRAIN, **kind):
    return verdicts(measure(curve[None], TIME, NONE), reference, **kind)[0]


def jagged(curve, share):
    return curve + share * curve.max() * np.where(np.arange(60) % 2, 0.5, -0.5)


def gap(curve):
    curve = curve.copy()
    curve[20] = np.nan
    return curve


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        (bell(TIME), ("good",)),
        (bell(TIME, top=27), ("late",)),
        (bell(TIME, fwhm=14), ("wide",)),
        (bell(TIME, height=30), ("partial volume",)),
        (gap(bell(TIME)), ("saturated",)),
        (jagged(bell(TIME), 0.1), ("noisy",)),
        (bell(TIME) + 150 * (TIME > 19), ("does not return",)),
        (bell(TIME) + 250 * (TIME > 45), ("late", "does not return")),
        (np.zeros(60), ("noisy",)),
        (np.full(60, np.nan), ("saturated", "noisy")),
        (bell(TIME, top=30, fwhm=20, height=20), ("late", "wide", "partial volume")),
    ],
)
def test_one_voxel_alone_is_judged(curve, expected):
    """Against the brain's mean curve: nothing else need be drawn."""
    assert verdict(curve) == expected


@pytest.mark.parametrize(
    ("word", "inside", "outside"),
    [
        ("late", {"top": 24.9}, {"top": 25.1}),
        ("wide", {"fwhm": 12.5}, {"fwhm": 13.1}),
        ("partial volume", {"height": 36.5}, {"height": 35.5}),
    ],
)
def test_every_rule_has_its_edge_where_it_says(word, inside, outside):
    """0.8 of the brain's width of 16 s, 6 times its peak of 6/s, its time of 25 s."""
    assert word not in verdict(bell(TIME, **inside))
    assert word in verdict(bell(TIME, **outside))


def test_scale_and_origin_do_not_change_a_verdict():
    """Delta R2* without its echo time, time from another start."""
    curves = np.stack([bell(TIME), bell(TIME, top=27), bell(TIME, height=30), bell(TIME, fwhm=14)])
    mean = bell(TIME, top=25, fwhm=16, height=6)[None]
    plain = verdicts(measure(curves, TIME, NONE), BRAIN)
    moved = TIME + 40
    other = verdicts(measure(0.03 * curves, moved, NONE), measure(0.03 * mean, moved, NONE))
    assert plain == other == (("good",), ("late",), ("partial volume",), ("wide",))


def test_half_of_the_highest_beside_it_is_partial_volume():
    """The highest that could be an artery: neither a saturated nor a late one sets the mark."""
    pair = np.stack([bell(TIME), bell(TIME, height=45)])
    assert verdicts(measure(pair, TIME, NONE), BRAIN)[1] == ("partial volume",)
    assert verdicts(measure(pair, TIME, NONE))[1] == ("partial volume",)
    for other in (gap(bell(TIME, height=300, top=20.5)), bell(TIME, top=28, height=300)):
        three = np.stack([other, bell(TIME)])
        assert verdicts(measure(three, TIME, NONE), BRAIN)[1] == ("good",)


def test_without_a_reference_only_what_stands_alone_is_judged():
    assert verdict(bell(TIME, top=30, fwhm=20, height=2), None) == ("good",)
    assert verdict(gap(bell(TIME)), None) == ("saturated",)


def test_a_vein_may_be_late_and_wide_but_not_early():
    assert verdict(bell(TIME, top=28, fwhm=14), vein=True) == ("good",)
    assert verdict(bell(TIME), vein=True) == ("early",)
    assert verdict(bell(TIME, top=28, height=20), vein=True) == ("partial volume",)


def test_vessels_of_the_digital_patient_get_their_words():
    """One voxel at a time, without noise: pure, partial, saturated, venous."""
    clean = phantom((64, 64, 8), snr=np.inf)
    signal, time = clean.series.signal[..., 2:], clean.series.time[2:]
    curves = delta_r2_star(signal, 0.03, 10)
    brain = measure(np.nanmean(curves[clean.brain], axis=0)[None], time, NONE)
    expected = {7: {("good",)}, 9: {("saturated",)}}
    words = {}
    for label in (7, 8, 9, 10):
        words[label] = {
            verdicts(measure(curves[v][None], time, slice(0, 10), signal=signal[v][None]), brain)[0]
            for v in map(tuple, np.argwhere(clean.tissue == label))
        }
    assert {label: words[label] for label in expected} == expected
    assert all("wide" in one for one in words[8])
    assert all("partial volume" in one for one in words[8])
    assert all("late" in one for one in words[10])


def test_every_word_and_every_column_is_explained():
    """The table's heads and tooltips come from here."""
    assert {
        "late",
        "wide",
        "saturated",
        "partial volume",
        "noisy",
        "does not return",
        "good",
    } == set(RULES)
    assert set(COLUMNS) == {field.name for field in fields(Measures)}
    assert {"early", *RULES} - {"late", "wide"} == set(VENOUS_RULES)
    assert "80%" in RULES["wide"]
    assert "6 times" in RULES["partial volume"]
    assert "3 standard deviations" in RULES["saturated"]


def test_fault_93_the_relative_peak_is_relative_to_a_voxel_that_is_not_saturated():
    """A saturated peak is no measure of the others; where all are saturated there is none."""
    time = np.arange(9.0)
    shape = np.array([0.0, 0, 0, 2, 4, 2, 0, 0, 0])
    curves = shape * np.array([[1.0], [0.5], [3.0]])
    signal = 100 * np.exp(-0.1 * curves)
    signal[2, 4] = 0.5  # below 2 % of the baseline
    found = measure(curves, time, slice(0, 3), signal=signal)
    assert found.saturated.tolist() == [0, 0, 1]
    np.testing.assert_allclose(found.relative_peak, [1.0, 0.5, 3.0])
    alone = measure(curves[2:], time, slice(0, 3), signal=signal[2:])
    assert np.isnan(alone.relative_peak).all()


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.6, 0.9])
def test_a_narrow_bolus_is_no_noise(phase):
    """3 s wide at a time step of 2.5 s, wherever the samples fall; a single sample is noise."""
    time = 2.5 * np.arange(36)
    since = np.maximum(time - 20 - 2.5 * phase, 0)
    narrow = 80 * (since / 2.1) ** 3 * np.exp(3 - since / 0.7)
    brain = measure(bell(time, top=27.0, fwhm=9.0)[None], time, slice(0, 0))
    assert "noisy" not in verdicts(measure(narrow[None], time, slice(0, 6)), brain)[0]
    spike = np.zeros(36)
    spike[9] = 80
    assert "noisy" in verdicts(measure(spike[None], time, slice(0, 6)), brain)[0]
    noise = np.random.default_rng(0).normal(0, 8, 36)
    assert "noisy" in verdicts(measure((narrow + noise)[None], time, slice(0, 6)), brain)[0]
