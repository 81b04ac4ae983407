"""The protocol of a scan in one line, and what stands against a correction for leakage."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, Series
from napari_dsc.core.protocol import Protocol

SOUND = Protocol(
    flip_angle=60.0,
    preload=True,
    echo_time=0.03,
    field_strength=3.0,
    repetition_time=1.5,
    volumes=80,
    baseline=20,
    after=58,
    dose=7.5,
)


def test_a_recommended_protocol_is_said_to_be_one():
    assert SOUND.words == (
        "Protocol, against the 2020 consensus for high-grade glioma: flip angle 60° after a "
        "preload as recommended; TE 30 ms at 3 T as recommended; dose of the bolus 7.5 mL "
        "(recommended: a full one). Not judged: TR 1.5 s; 80 volumes (120 s); 20 before the "
        "bolus, 58 from then on (87 s)."
    )
    assert SOUND.doubts == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"preload": False}, "flip angle 60° without a preload (recommended: 30°)"),
        ({"flip_angle": 30.0}, "flip angle 30° after a preload (recommended: 60°)"),
        ({"flip_angle": 30.0, "preload": False}, "30° without a preload as recommended"),
        ({"flip_angle": 90.0, "preload": None}, "(recommended: 30° without, 60° after one)"),
        ({"flip_angle": None}, "flip angle unknown; with a preload"),
        ({"echo_time": 0.05}, "TE 50 ms at 3 T (recommended: 20 to 35 ms)"),
        ({"echo_time": 0.045, "field_strength": 1.494}, "TE 45 ms at 1.494 T as recommended"),
        ({"echo_time": 0.03, "field_strength": 1.5}, "(recommended: 40 to 50 ms)"),
        ({"echo_time": 0.03, "field_strength": 7.0}, "TE 30 ms at 7 T;"),
        ({"field_strength": None}, "TE 30 ms, field strength unknown"),
        ({"echo_time": None}, "TE unknown at 3 T;"),
        ({"echo_time": None, "field_strength": None}, "TE unknown, field strength unknown;"),
        ({"two_echoes": True}, "two echoes at 3 T, which T1 does not change"),
        ({"repetition_time": None}, "TR unknown; 80 volumes, duration unknown;"),
        ({"volumes": 0}, "number of volumes unknown"),
        ({"baseline": 0}, "baseline unknown"),
        ({"after": 0}, "20 before the bolus."),
        ({"repetition_time": None}, "20 before the bolus, 58 from then on."),
        ({"dose": None}, "dose of the bolus unknown (recommended: a full one)"),
    ],
)
def test_each_fact_is_held_against_what_is_recommended(change, words):
    told = replace(SOUND, **change).words
    assert words in told
    assert told.count("\n") == 0


@pytest.mark.parametrize("angle", [60.0, 75.0, 90.0])
def test_fault_322_a_high_flip_angle_without_a_preload_is_warned_of(angle):
    """BSW leaves up to a third there: whoever reads the map has to know."""
    (told,) = replace(SOUND, flip_angle=angle, preload=False).doubts
    assert told.startswith(f"A flip angle of {angle:g}° without a preload brightens what leaks")
    assert replace(SOUND, flip_angle=angle, preload=False, two_echoes=True).doubts == ()


def test_a_low_flip_angle_needs_no_preload():
    assert replace(SOUND, flip_angle=30.0, preload=None).doubts == ()
    assert replace(SOUND, flip_angle=45.0, preload=False).doubts == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"flip_angle": None, "preload": None}, "Flip angle and preload of this scan are not"),
        ({"flip_angle": None, "preload": False}, "Flip angle of this scan is not known"),
        ({"flip_angle": 60.0, "preload": None}, "Preload of this scan is not known"),
    ],
)
def test_fault_323_what_is_not_known_is_asked_and_never_guessed(change, words):
    found = replace(SOUND, **change)
    assert found.doubts[0].startswith(words)
    assert found.doubt == f"{words.split(' of this')[0].lower()} unknown".replace(" are", "")


def test_fault_481_a_doubt_has_a_few_words_that_fit_beside_a_number():
    assert replace(SOUND, flip_angle=75.0, preload=False).doubt == "75° without a preload"
    assert SOUND.doubt == ""
    assert replace(SOUND, flip_angle=None, preload=None, two_echoes=True).doubt == ""


def test_a_protocol_is_read_off_a_scan_and_what_a_user_knows():
    series = Series(signal=np.ones((2, 60)), time=1.5 * np.arange(60), echo_time=0.03, affine=None)
    assert (series.flip_angle, series.preload, series.field_strength) == (None, None, None)
    known = series.settled(flip_angle=60, preload=False)
    found = Protocol.of(known, (2, 12))
    assert (found.flip_angle, found.preload, found.baseline, found.volumes) == (60, False, 10, 60)
    assert found.after == 48
    assert known.sources["Flip angle"] == "60° (entered by the user)"
    again = replace(known, sources={"Flip angle": "60° (sidecar)"}).settled(flip_angle=70)
    assert again.sources["Flip angle"] == "70° (entered by the user); the file said: 60° (sidecar)"
    wrongs: list[Any] = [0, -30, 270, "thirty"]
    for wrong in wrongs:
        with pytest.raises(DscError, match="flip_angle must"):
            series.settled(flip_angle=wrong)
    with pytest.raises(DscError, match="preload must"):
        series.settled(preload=wrongs[-1])


def test_fault_385_a_protocol_of_which_nothing_is_known_says_so_of_every_fact():
    """A line that is silent on a fact reads as if it were as recommended."""
    told = Protocol().words
    for fact in ("flip angle", "TE", "field strength", "TR", "volumes", "baseline", "dose"):
        assert any(fact in part and "unknown" in part for part in told.split("; ")), fact
    assert told.count("\n") == 0


def test_fault_431_what_nothing_is_known_to_hold_against_is_told_and_not_judged():
    """A step, a length and a baseline that no source could be read for are called neither."""
    told = replace(SOUND, repetition_time=4.0, volumes=30, baseline=2, after=20).words
    judged, rest = told.split(" Not judged: ")
    assert "TR" not in judged
    assert rest == "TR 4 s; 30 volumes (120 s); 2 before the bolus, 20 from then on (80 s)."


def test_the_dose_of_a_scan_is_part_of_its_protocol():
    series = Series(signal=np.ones((2, 60)), time=None, echo_time=None, affine=None, dose=10.0)
    assert Protocol.of(series).dose == 10.0
