"""Keys of buttons that nobody sees."""

from functools import partial

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from napari_dsc.viewer.reading.folded_keys import FoldedKeys
from tests.viewer.desk import wait_until


@pytest.fixture
def folded(qtbot):
    """A window with a box that can be hidden, a button in it, and how often it was pressed."""
    window, box = QWidget(), QWidget()
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(box)
    button, presses = QPushButton("Go"), []
    button.setShortcut("Alt+M")
    button.clicked.connect(lambda: presses.append(1))
    QVBoxLayout(box).addWidget(button)
    keys = FoldedKeys(window, [button])
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    wait_until(lambda: QApplication.activeWindow() is window)
    return window, box, button, presses, keys


def has(presses, count):
    return len(presses) == count


def press(window):
    QTest.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier)


def test_fault_233_pressed_once_be_it_seen_or_folded_away(folded):
    window, box, _button, presses, _keys = folded
    for count, shown in enumerate((True, False, True, False), 1):
        box.setVisible(shown)
        press(window)
        wait_until(partial(has, presses, count))


def test_fault_233_not_pressed_where_it_is_hidden_itself_or_asleep(folded):
    window, box, button, presses, _keys = folded
    button.hide()
    press(window)
    button.show()
    box.hide()
    button.setEnabled(False)
    press(window)
    button.setEnabled(True)
    press(window)
    wait_until(lambda: bool(presses))
    assert presses == [1]
