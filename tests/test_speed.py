"""The benchmark runs, on a scan so small that its figures mean nothing."""

from functools import partial

import numpy as np
import pytest

from benchmarks import speed


@pytest.fixture
def tiny(monkeypatch):
    """A case of a few hundred voxels."""
    monkeypatch.setitem(speed.SHAPES, "S", (14, 14, 4, 40))
    monkeypatch.setattr(speed, "SETTLE", 0.0)
    return speed.make_case("S")


def test_every_figure_is_measured(tiny):
    """Each line of the table has a name of its own, a ratio and a bar."""
    rows, took = speed.refreshes(tiny, 1)
    rows += speed.naive_loops(tiny, took, some=5) + speed.memory(tiny)
    rows.append(speed.conversion(tiny, 1))
    assert len({row.what for row in rows}) == len(rows) >= 16
    assert all(np.isfinite(row.ratio) and row.ratio > 0 and row.bar > 0 for row in rows)
    assert tiny.tissue.curves.shape == (tiny.brain.sum(), 40)


@pytest.mark.parametrize(
    ("ratio", "at_least", "holds"), [(1.9, False, True), (2.1, False, False), (2.1, True, True)]
)
def test_a_missed_bar_is_said(ratio, at_least, holds):
    row = speed.Row("product", ratio, 2.0, at_least=at_least)
    assert row.holds == holds
    assert ("MISSED" in str(row)) != holds


def test_jobs_take_turns(monkeypatch):
    """The first turn warms up and does not count."""
    monkeypatch.setattr(speed, "SETTLE", 0.0)
    turns: list[str] = []
    took = speed.medians({name: partial(turns.append, name) for name in "ab"}, 3)
    assert turns == ["a", "b"] * 4
    assert set(took) == {"a", "b"}
