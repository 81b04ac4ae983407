"""A scan refuses nonsense at the door, and takes what a user knows better."""

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap, Series

FACTS: dict[str, Any] = {
    "signal": np.ones((2, 3, 4, 6), dtype=np.int16),
    "time": 1.5 * np.arange(6),
    "echo_time": 0.03,
    "affine": np.eye(4),
    "sources": {
        "Repetition time": "1.5 s (sidecar)",
        "Repetition time (header)": "2 s",
        "Echo time": "0.03 s (sidecar)",
    },
    "notices": ("An axis of one was dropped.",),
}


def test_a_scan_knows_its_volumes_and_their_step():
    series = Series(**FACTS)
    assert series.n_volumes == 6
    assert series.repetition_time == 1.5
    assert replace(series, time=None).repetition_time is None
    uneven = replace(series, time=np.array([0, 1.5, 3, 4.6, 6.1, 7.6]))
    assert uneven.repetition_time == pytest.approx(1.5)


def test_a_single_volume_has_no_step():
    series = Series(signal=np.ones((2, 1)), time=np.zeros(1), echo_time=None, affine=np.eye(4))
    assert series.repetition_time is None


@pytest.mark.parametrize(
    ("fact", "value", "message"),
    [
        ("echo_time", 30.0, "echo_time must lie between 0 and 1 s, got 30.*divide it by 1000"),
        ("echo_time", 0.0, "echo_time must lie between 0 and 1 s, got 0"),
        ("echo_time", np.nan, "echo_time must lie between 0 and 1 s, got nan"),
        ("time", np.arange(5.0), "one entry for each of the 6 volumes, got 5"),
        ("time", np.ones((6, 1)), "one entry for each of the 6 volumes"),
        ("affine", np.eye(3), r"affine must have shape \(4, 4\), got \(3, 3\)"),
        ("signal", np.array(3.0), "signal must have a time axis"),
    ],
)
def test_nonsense_is_refused(fact, value, message):
    with pytest.raises(DscError, match=message):
        Series(**{**FACTS, fact: value})


def test_errors_are_value_errors():
    """A script that knows nothing of this package may still catch them."""
    assert issubclass(DscError, ValueError)


def test_a_scan_is_a_frozen_value():
    with pytest.raises(FrozenInstanceError):
        setattr(Series(**FACTS), "echo_time", 0.04)  # noqa: B010  a type checker refuses the plain way


def test_what_a_user_enters_settles_what_sources_say():
    """The entered time replaces both rows that disagree; other facts keep theirs."""
    series = Series(**FACTS)
    settled = series.settled(repetition_time=2.0)
    assert settled.time is not None
    np.testing.assert_allclose(settled.time, 2.0 * np.arange(6))
    said = settled.sources["Repetition time"]
    assert said.startswith("2 s (entered by the user); the file said: ")
    assert settled.sources == {"Echo time": "0.03 s (sidecar)", "Repetition time": said}
    again = settled.settled(repetition_time=2.5).sources["Repetition time"]
    assert again == said.replace("2 s (", "2.5 s (", 1)
    assert settled.echo_time == 0.03
    assert settled.notices == series.notices
    assert settled.signal is series.signal
    both = replace(series, time=None, echo_time=None).settled(repetition_time=1.0, echo_time=0.05)
    assert both.repetition_time == 1.0
    assert both.echo_time == 0.05
    assert both.sources["Echo time"].startswith("0.05 s (entered by the user)")
    assert series.repetition_time == 1.5


def test_what_a_user_leaves_stays_as_the_file_says():
    """A number shown rounded to microseconds is the file's own; uneven times are kept."""
    series = Series(**FACTS)
    uneven = replace(series, time=np.array([0, 1.5, 3, 4.6, 6.1, 7.6]))
    same = uneven.settled(repetition_time=1.5 + 4e-7, echo_time=0.03 - 4e-7)
    np.testing.assert_array_equal(same.time, uneven.time)
    assert same.echo_time == 0.03
    assert same.sources == series.sources
    nothing = uneven.settled()
    assert nothing.sources == series.sources
    assert nothing.time is uneven.time


@pytest.mark.parametrize("step", [0.0, -1.5, np.inf, np.nan])
def test_a_time_step_that_is_none_is_refused(step):
    with pytest.raises(DscError, match=f"repetition_time must be positive, got {step:g}"):
        Series(**FACTS).settled(repetition_time=step)


def test_an_entered_echo_time_is_checked_too():
    with pytest.raises(DscError, match="echo_time must lie between 0 and 1 s, got 35"):
        Series(**FACTS).settled(echo_time=35.0)


def test_maps_are_read_in_order_and_only_those_that_are():
    """The six of the specification, by position as there; what was not computed is passed over."""

    def one(symbol):
        return ParameterMap(
            values=np.zeros(2),
            name=symbol,
            symbol=symbol,
            units="1",
            affine=None,
            quality_mask=np.ones(2, dtype=bool),
        )

    every = [one(symbol) for symbol in ("CBV", "CBF", "MTT", "TTP", "Tmax", "Delay")]
    assert list(DSCPerfusionMaps(*every)) == every
    assert list(DSCPerfusionMaps(*every[:3])) == every[:3]
    cbv, cbf, mtt, _, _, delay = every
    assert list(DSCPerfusionMaps(cbv, cbf, mtt, delay=delay)) == [cbv, cbf, mtt, delay]
