"""Text curves in other units: what titles say is obeyed, what a shape betrays is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_dsc import DscError, phantom
from napari_dsc.io.aif import load_curve, read_curve
from napari_dsc.io.aif.column_titles import headings_of


@pytest.fixture(scope="module")
def patient():
    return phantom((8, 8, 2), 60)


@pytest.fixture
def load(patient, tmp_path):
    """Write columns under a title and read them for a scan."""

    def load(*columns, title="", series=patient.series):
        path = tmp_path / "some.csv"
        rows = [",".join(f"{value:.10g}" for value in row) for row in zip(*columns, strict=True)]
        path.write_text("\n".join([*([title] if title else []), *rows]))
        return load_curve(path, series)

    return load


def signal_of(aif, level=4000.0, te=0.03, noise=0.0, seed=0):
    random = np.random.default_rng(seed)
    return level * np.exp(-te * aif) + noise * random.standard_normal(aif.size)


@pytest.mark.parametrize("title", ["time,signal", "t (s),Signal intensity (a.u.)", "# time signal"])
@pytest.mark.parametrize("unsteady", [False, True])
def test_fault_62_a_column_called_signal_is_converted(patient, load, title, unsteady):
    """Its own samples before the bolus are the baseline, those before the steady state are not."""
    time, aif = patient.series.time, patient.aif
    signal = signal_of(aif)
    if unsteady:
        signal[:2] *= [1.55, 1.09]
    found = load(time, signal, title=title)
    np.testing.assert_allclose(found.curve[2:], aif[2:], atol=0.05)
    assert found.unit == "1/s"
    assert "converted to ΔR2*" in found.notices[0]
    without = load(time, signal, title=title, series=replace(patient.series, echo_time=None))
    np.testing.assert_allclose(without.curve[2:], 0.03 * aif[2:], atol=0.002)
    assert without.unit == "1 (TE-scaled)"


@settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    level=st.sampled_from([1.0, 100.0, 4000.0]),
    kind=st.sampled_from(["signal", "percent", "fraction"]),
    depth=st.floats(0.2, 1.5),
    noise=st.floats(0, 0.03),
    seed=st.integers(0, 99),
)
def test_fault_62_a_curve_that_falls_is_not_taken_for_delta_r2_star(
    patient, load, level, kind, depth, noise, seed
):
    """Without titles, at any level, in per cent, with noise; the same curve upwards is taken."""
    aif = depth * patient.aif
    fall = signal_of(aif, level, noise=noise * level, seed=seed)
    if kind == "percent":
        fall = 100 * (fall / level - 1)
    elif kind == "fraction":
        fall = fall / level - 1
    with pytest.raises(DscError, match=r"which rises at the bolus, got a curve that begins"):
        load(patient.series.time, fall)
    rise = aif + 3 * noise * aif.max() * np.random.default_rng(seed).standard_normal(aif.size)
    np.testing.assert_allclose(load(patient.series.time, rise).curve, rise, rtol=1e-8)


@pytest.mark.parametrize("title", ["time (s),delta R2* (1/s)", "t,dR2s", "time (s),c (s^-1)"])
def test_fault_62_titles_that_contradict_the_curve_do_not_help(patient, load, title):
    """A signal under the title of delta R2* comes back as no delta R2* does."""
    with pytest.raises(DscError, match="which rises at the bolus"):
        load(patient.series.time, signal_of(patient.aif), title=title)
    late = patient.aif[16:]  # a scan that begins when the bolus is there
    assert load(patient.series.time[:44], late, title=title).curve.size == 44


@pytest.mark.parametrize("title", ["time (s),Gd (mM)", "t,c [mmol/L]", "time,concentration"])
def test_fault_63_a_concentration_is_refused(patient, load, title):
    with pytest.raises(DscError, match=r"in 1/s, got a concentration\. Multiply it by"):
        load(patient.series.time, patient.aif / 8, title=title)


@pytest.mark.parametrize(
    ("curve", "title", "words"),
    [
        (lambda aif: aif / aif.max(), "", "largest value is 1: it may be normalised"),
        (lambda aif: 40 * aif, "", "no signal would be left"),
        (lambda aif: -aif, "time,change (%)", "a change in percent"),
        (lambda aif: 100 * aif, "time,signal", "got signal|level before the bolus|above 0"),
    ],
)
def test_fault_63_other_units_are_refused(patient, load, curve, title, words):
    with pytest.raises(DscError, match=words):
        load(patient.series.time, curve(patient.aif), title=title)


@pytest.mark.parametrize(
    ("factor", "unit"), [(1000, "ms"), (1 / 60, "min"), (1e6, "µs"), (1 / 3600, "h")]
)
def test_fault_63_times_in_another_unit_are_obeyed_or_refused(patient, load, factor, unit):
    """Never taken for seconds: a title tells, or the step does."""
    time, aif = patient.series.time, patient.aif
    found = load(factor * time, aif, title=f"time ({unit}),delta R2* (1/s)")
    np.testing.assert_allclose(found.time, time, rtol=1e-6)
    with pytest.raises(DscError, match=r"must be in seconds.*(divide|multiply) by"):
        load(factor * time, aif)


def test_fault_63_numbers_of_volumes_are_those_of_the_scan(patient, load):
    """From 0 or from 1; others are no times."""
    for first in (0, 1):
        found = load(first + np.arange(60), patient.aif, title="volume,AIF")
        np.testing.assert_array_equal(found.time, patient.series.time)
    with pytest.raises(DscError, match="numbers of volumes that are not those of the scan"):
        load(np.arange(58), patient.aif[2:], title="volume,AIF")


def test_fault_63_a_finer_curve_is_no_other_unit(load):
    """A modelled AIF at 0.1 s."""
    time = np.arange(0, 90, 0.1)
    assert load(time, 50 * np.exp(-((time - 25) ** 2) / 30)).time[-1] == pytest.approx(89.9)


def test_fault_64_one_column_is_that_of_the_volumes(patient, load, tmp_path):
    """As many numbers as volumes; otherwise, and without the scan, refused."""
    found = load(patient.aif)
    np.testing.assert_array_equal(found.time, patient.series.time)
    np.testing.assert_allclose(found.curve, patient.aif, rtol=1e-8)
    titled = load(signal_of(patient.aif), title="signal")
    np.testing.assert_allclose(titled.curve, patient.aif, atol=0.05)
    with pytest.raises(DscError, match=r"one number for each of the 60 volumes .*, got 58"):
        load(patient.aif[2:])
    with pytest.raises(DscError, match="Enter the repetition time first"):
        load(patient.aif, series=replace(patient.series, time=None))
    with pytest.raises(DscError, match="two columns, got 1 column in line 1"):
        read_curve(tmp_path / "some.csv")


@pytest.mark.parametrize(
    "title", ["AIF of the left MCA\ntime,delta R2*", "time,delta R2*\n(s),(1/s)", "a\nb\nc"]
)
def test_fault_64_titles_may_be_several_lines(patient, load, title):
    np.testing.assert_allclose(
        load(patient.series.time, patient.aif, title=title).curve, patient.aif, rtol=1e-8
    )


@pytest.mark.parametrize(
    ("lines", "seconds", "quantity"),
    [
        ([["time (s)", "delta R2* (1/s)"]], 1.0, "delta R2*"),
        ([["t[ms]", "SI"]], 1e-3, "signal"),
        ([["time", "signal"], ["min", "a.u."]], 60.0, "signal"),
        ([["Zeit", "Höhe"]], None, "unknown"),
        ([["time", "signal converted to R2*"]], None, "delta R2*"),
        ([["time/s", "C in mM"]], 1.0, "concentration"),
    ],
)
def test_titles_say_what_they_say(lines, seconds, quantity):
    said = headings_of(lines)
    assert (said.seconds, said.quantity) == (seconds, quantity)
