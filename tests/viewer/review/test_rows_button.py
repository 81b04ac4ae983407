"""Which maps stand below one another: the reader's choice, from a menu of ticks."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_dsc.core.reading_orders import READINGS
from tests.viewer.desk import LEFT
from tests.viewer.review.test_lightbox import at_place, box_of, check_colours, show


def rows(desk) -> list[str]:
    """Symbols of the rows, as they lie on screen."""
    box = box_of(desk)
    columns, found = len(box.slices), []
    for row in range(len(desk.panel.scan.layers.shown_rows)):
        found.append(at_place(box, box.place_of(row * columns)).symbol)
    return found


def tick(desk, symbol) -> None:
    """Open the menu and click a tick with the mouse; the menu stays open for the next."""
    button = desk.panel.room.bar.choose_rows
    menu = button.menu
    menu.popup(button.native.mapToGlobal(button.native.rect().bottomLeft()))
    desk.wait(menu.isVisible)
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(button.ticks[symbol]).center())
    QApplication.processEvents()
    assert menu.isVisible()
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    desk.wait(lambda: not menu.isVisible())


@pytest.fixture
def shown(computed):
    """Several maps on some slices, and at the end the rows of the reading again."""
    assert not computed.panel.room.bar.choose_rows.visible
    show(computed, "rows")
    assert computed.panel.room.bar.choose_rows.visible
    yield computed
    computed.panel.scan.layers.show_rows(())


def test_rows_are_those_of_the_reading_until_somebody_chooses(shown):
    desk = shown
    known = READINGS["stroke"].rows_of(desk.panel.scan.layers.maps)
    assert rows(desk) == list(known) == ["Tmax", "CBF", "CBV", "MTT"]
    ticks = desk.panel.room.bar.choose_rows.ticks
    assert [symbol for symbol, one in ticks.items() if one.isChecked()] == list(known)
    assert list(ticks) == list(READINGS["stroke"].ordered(desk.panel.scan.layers.maps))


def test_a_tick_adds_a_row_and_takes_one_away(shown):
    """In the order of reading, whatever was ticked first."""
    desk = shown
    tick(desk, "TTP")
    assert rows(desk) == ["Tmax", "CBF", "CBV", "MTT", "TTP"]
    tick(desk, "CBF")
    assert rows(desk) == ["Tmax", "CBV", "MTT", "TTP"]
    check_colours(box_of(desk), 4 * len(box_of(desk).slices))


def test_one_row_stays(shown):
    desk = shown
    for symbol in ("CBF", "CBV", "MTT"):
        tick(desk, symbol)
    assert rows(desk) == ["Tmax"]
    assert not desk.panel.room.bar.choose_rows.ticks["Tmax"].isEnabled()
    tick(desk, "CBV")
    assert rows(desk) == ["Tmax", "CBV"]
    assert desk.panel.room.bar.choose_rows.ticks["Tmax"].isEnabled()
