"""Facts of a scan by themselves: what changes is said once, and only by whom it belongs to."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import propose
from napari_dsc.viewer.scan.facts import ScanFacts


@pytest.fixture
def facts(patient) -> ScanFacts:
    """Of the digital patient, nobody having looked at it."""
    return ScanFacts(patient.series)


@pytest.fixture
def heard(facts):
    """What is said, in order: (signal, names)."""
    told = []
    facts.changed.connect(lambda names: told.append(("changed", set(names))))
    facts.edited.connect(lambda names: told.append(("edited", set(names))))
    return told


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.enter_echo_time(0.03),
        lambda facts: facts.set_baseline(2, 9),
        lambda facts: facts.set_window(8, 20),
        lambda facts: facts.choose_left_out((58,)),
        lambda facts: facts.toggle_volume(59),
        lambda facts: facts.confirm(),
        lambda facts: facts.change_setting("density", 1.1),
    ],
    ids=["echo time", "baseline", "window", "left out", "a volume", "confirmed", "setting"],
)
def test_what_a_user_changes_is_said_once(facts, heard, change):
    """First as a change, then as one of the user's."""
    change(facts)
    assert [signal for signal, _ in heard] == ["changed", "edited"]


@pytest.mark.parametrize(
    "change",
    [
        lambda facts: facts.enter_repetition_time(1.5),
        lambda facts: facts.enter_echo_time(0.03),
        lambda facts: facts.set_baseline(2, 9),
        lambda facts: facts.set_window(8, 20),
        lambda facts: facts.choose_left_out((58,)),
        lambda facts: facts.confirm(),
        lambda facts: facts.change_setting("density", 1.1),
        lambda facts: facts.pin((1, 2, 3)),
        lambda facts: facts.know_fingerprint("a" * 64),
        lambda facts: facts.inherit({"density": 1.2}, "by hand"),
    ],
)
def test_equal_values_are_no_change(facts, heard, change):
    """The second time nothing is said."""
    change(facts)
    heard.clear()
    change(facts)
    assert heard == []


def test_what_is_found_out_is_no_edit(facts, heard, patient):
    """A proposal changes facts, but the user has changed none."""
    facts.propose(propose(patient.series))
    facts.know_brain(patient.brain)
    facts.pin((0, 1, 2))
    assert {signal for signal, _ in heard} == {"changed"}
    assert facts.proposed
    assert facts.span == facts.proposal


def test_a_time_step_proposes_the_baseline_anew(facts, heard, patient):
    """Time and baseline change together; a baseline that the user has set stays."""
    facts.propose(propose(patient.series))
    facts.know_brain(patient.brain)
    heard.clear()
    facts.enter_repetition_time(0.7)
    assert [signal for signal, _ in heard] == ["changed", "edited"]
    assert "repetition_time" in heard[0][1]
    facts.set_baseline(3, 8)
    facts.enter_repetition_time(2.5)
    assert facts.baseline == (3, 8)


def test_what_cannot_be_leaves_everything(facts, heard):
    """All volumes left out: nothing is said, nothing is changed."""
    with pytest.raises(DscError):
        facts.choose_left_out(range(60))
    assert heard == []
    assert facts.leave_out is None


def test_a_window_of_everything_is_none(facts):
    """And one that ends before it has three volumes is brought to three."""
    facts.set_window(0, 60)
    assert facts.window is None
    facts.set_window(20, 21)
    assert facts.frame == (20, 23)


@pytest.mark.parametrize("name", ["series", "baseline", "settings", "checked"])
def test_nobody_else_can_change_them(facts, name):
    """The fields are read-only."""
    with pytest.raises(FrozenInstanceError):
        setattr(facts, name, getattr(facts, name))


def test_an_array_is_the_same_only_if_it_is_one(facts, heard, patient):
    """Arrays are not compared number by number: a new reading is a change."""
    facts.take_as(replace(patient.series, sources={}))
    facts.know_brain(patient.brain)
    heard.clear()
    facts.know_brain(patient.brain)
    assert heard == [("changed", {"signals", "measured", "mean_signal"})]
    np.testing.assert_allclose(facts.mean_signal, facts.measured)
