"""Everything has its place in both workspaces."""

from napari_dsc.viewer.panel.buttons import BUTTONS
from napari_dsc.viewer.panel.places import ACTIONS, FOOT, OF_THE_FOOT, SECTIONS, STEP_ROWS
from napari_dsc.viewer.reading.steps import PRIMARY, STEPS


def names(*tables):
    return [name for rows in tables for row in rows for name in row]


def test_each_has_one_place_in_each_workspace():
    bench = names(*SECTIONS.values(), ACTIONS)
    rail = names(*STEP_ROWS.values(), FOOT)
    assert len(set(bench)) == len(bench)
    assert len(set(rail)) == len(rail)
    assert set(rail) - set(OF_THE_FOOT) == set(bench)


def test_each_button_has_a_place():
    assert set(BUTTONS) <= set(names(*SECTIONS.values(), ACTIONS))


def test_each_step_has_rows_and_its_button_stands_at_the_foot():
    assert list(STEP_ROWS) == list(STEPS)
    assert set(PRIMARY) <= set(names(FOOT))
    assert {"status", "progress", "undo"} <= set(names(FOOT))
