"""Everything has its place in both workspaces."""

from typing import Any

import pytest
from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QScrollArea

from napari_dsc.viewer.panel.buttons import BUTTONS
from napari_dsc.viewer.panel.places import ACTIONS, FOOT, OF_THE_FOOT, SECTIONS, STEP_ROWS
from napari_dsc.viewer.reading.docks_around import dock_of
from napari_dsc.viewer.reading.steps import PRIMARY, STEPS
from tests.viewer.desk import until_idle


@pytest.fixture
def letters():
    """Set the size of letters, pt; the size before is set again."""
    appearance = get_settings().appearance
    before = appearance.font_size
    yield lambda points: setattr(appearance, "font_size", points)
    appearance.font_size = before


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


@pytest.mark.parametrize("points", [9, 14])
def test_fault_493_nothing_of_the_form_is_cut_at_its_least_width(opened, letters, points):
    """With all rows of leakage; whoever makes the dock as narrow as it gets reads every word."""
    letters(points)
    form, window = opened.panel.form, opened.panel.window()
    dock: Any = dock_of(opened.panel)
    around = form.leakage_model.native.parentWidget()
    while not isinstance(around, QScrollArea):
        around = around.parentWidget()
    page: Any = around.widget()
    seen: Any = around.viewport()
    sideways: Any = around.horizontalScrollBar()

    def is_whole() -> bool:
        window.resizeDocks([dock], [1], Qt.Orientation.Horizontal)
        until_idle()
        return seen.width() >= page.minimumSizeHint().width()

    opened.wait(is_whole)
    least = dock.width()
    form.leakage_model.value = "BSW"
    opened.wait(form.leakage_where.native.isVisible)
    opened.wait(is_whole)
    assert sideways.maximum() == 0
    assert dock.width() < 1.2 * least
