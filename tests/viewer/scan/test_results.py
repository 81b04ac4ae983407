"""Whether maps are older than the screen, decided where the results are."""

from types import SimpleNamespace
from typing import Any

import pytest

from napari_dsc.viewer.scan.results import ScanResults


def inputs(value, edits=0):
    """What a run is made from: it differs where its value does."""
    return SimpleNamespace(
        series=f"series {value}",
        value=value,
        edits=edits,
        differs=lambda other: other.value != value,
    )


@pytest.fixture
def results() -> ScanResults:
    """Of a run that was made from 1."""
    made = ScanResults()
    analysis: Any = "analysis"
    made.keep(analysis, inputs(1))
    return made


def test_before_a_run_nothing_is_old():
    """Changes are counted all the same."""
    results = ScanResults()
    results.compare(inputs(2))
    results.compare(None)
    assert (results.edits, results.outdated, results.run) == (2, False, None)


def test_a_run_is_kept_with_what_it_was_made_from(results):
    """Series and analysis, not outdated."""
    assert results.run == ("series 1", "analysis")
    assert not results.outdated


def test_outdated_follows_and_returns_when_a_change_is_undone(results):
    """It is a comparison, not a memory."""
    results.compare(inputs(2))
    assert results.outdated
    results.compare(inputs(1))
    assert not results.outdated


def test_without_anything_to_compute_maps_are_old(results):
    """As while the artery has no voxel."""
    results.compare(None)
    assert results.outdated


def test_a_change_during_the_run_leaves_its_maps_old(results):
    """The snapshot counts fewer edits than there are now."""
    shot = inputs(3, edits=results.edits)
    results.compare(inputs(4))
    results.keep("later", shot)
    assert results.run == ("series 3", "later")
    assert results.outdated


def test_fault_354_what_was_looked_at_and_is_the_same_makes_no_maps_old(results):
    """While a run goes on; something that was changed and changed back, too."""
    shot = inputs(3, edits=results.edits)
    for value in (4, 3):
        results.compare(inputs(value))
    results.keep("later", shot)
    assert not results.outdated


def test_each_change_is_said_once(results):
    """Count and age together; an equal reference not at all."""
    told: list[Any] = []
    results.changed.connect(told.append)
    results.compare(inputs(2))
    results.refer_to(4)
    results.refer_to(4)
    assert told == [{"edits", "outdated"}, {"reference"}]
