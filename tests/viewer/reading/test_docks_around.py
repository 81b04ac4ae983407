"""Docks of a bare window of Qt."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QLabel, QMainWindow

from napari_dsc.viewer.reading.docks_around import Around, dock_of, window_of


@pytest.fixture
def window(qtbot):
    """A window with docks at two sides, one of them by napari's name."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QLabel("pictures"))
    for name, area in (
        ("layer list", Qt.DockWidgetArea.LeftDockWidgetArea),
        ("a plugin", Qt.DockWidgetArea.LeftDockWidgetArea),
        ("rail", Qt.DockWidgetArea.RightDockWidgetArea),
    ):
        dock = QDockWidget(name, window)
        dock.setObjectName(name)
        dock.setWidget(QLabel(name))
        window.addDockWidget(area, dock)
    window.resize(600, 400)
    window.show()
    qtbot.waitExposed(window)
    return window


def docks(window):
    return {one.objectName(): one for one in window.findChildren(QDockWidget)}


def test_only_napari_s_own_are_hidden_and_a_title_comes_back(window):
    known = docks(window)
    title = QLabel("title")
    known["rail"].setTitleBarWidget(title)
    around = Around(window)
    around.fold_away([known["rail"]])
    assert [name for name, one in known.items() if one.isVisible()] == ["a plugin", "rail"]
    assert known["rail"].titleBarWidget() is not title
    around.bring_back()
    assert all(one.isVisible() for one in known.values())
    assert known["rail"].titleBarWidget() is title
    assert title.isVisible()


def test_corners_come_back(window):
    corner, bottom = Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea
    window.setCorner(corner, bottom)
    around = Around(window)
    around.fold_away([])
    assert window.corner(corner) == Qt.DockWidgetArea.RightDockWidgetArea
    around.bring_back()
    assert window.corner(corner) == bottom


def test_a_dock_that_was_made_since_is_not_known(window):
    around = Around(window)
    around.fold_away([])
    later = QDockWidget("later", window)
    assert not around.knows(later)
    assert around.knows(docks(window)["rail"])


def test_a_widget_knows_its_dock_and_window(window):
    inner = docks(window)["rail"].widget()
    assert inner is not None
    rail = dock_of(inner)
    assert rail is not None
    assert rail.objectName() == "rail"
    assert window_of(inner) is window
    rail.setFloating(True)
    assert window_of(inner) is window
    alone = QLabel()
    assert dock_of(alone) is None
    assert window_of(alone) is None
