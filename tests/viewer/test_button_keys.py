"""Every button by the keyboard: reached by Tab, pressed by its key, told on one page."""

import re

from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QPushButton, QToolButton

from napari_dsc.viewer.button_keys import BUTTON_KEYS
from napari_dsc.viewer.panel.buttons import BUTTONS
from napari_dsc.viewer.review.key_bindings import KEYS
from tests.viewer.desk import outlast

TOLD = re.compile(r"\((\S+?)(?::[^)]*)?\)|^(?:<qt>)?(Shift\+[A-Z]):")


def own_buttons(desk) -> list[QPushButton]:
    """Buttons of the program: panel, bar, curves, workshop and reading room."""
    panel = desk.panel
    panel.workshop.dock()
    panel.room.show_help()
    docks = (panel, panel.room.bar, panel.room.lead, panel.curves, panel.workshop, panel.room.pages)
    found = [one for dock in docks for one in dock.findChildren(QPushButton)]
    return [one for one in dict.fromkeys(found) if not isinstance(one, QToolButton)]


def keys_of(button) -> set[str]:
    """Keys that the tooltip of a button states."""
    return {one or other for one, other in TOLD.findall(button.toolTip())}


def test_fault_209_every_button_states_a_key(computed):
    """One of its own, or one of the pictures'."""
    known = {*BUTTON_KEYS.values(), *KEYS, "Ctrl+Z"}
    missing = []
    for button in own_buttons(computed):
        own = button.shortcut().toString()
        if own in BUTTON_KEYS.values():
            assert own in button.toolTip()
        elif not keys_of(button) & known and button.text() != "↶ Undo":
            missing.append((button.text(), button.toolTip()))
    assert not missing


def test_fault_209_every_button_is_reached_by_tab(computed):
    for button in own_buttons(computed):
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus, button.text()
    bar = computed.panel.room.bar
    chain, widget = [], bar.tools.tools["aif"]
    for _ in range(2000):
        chain.append(widget)
        widget = widget.nextInFocusChain()
        if widget is chain[0]:
            break
    wanted = [one for one in computed.panel.findChildren(QPushButton) if one.isVisible()]
    assert set(wanted) <= set(chain)
    assert {one.native for one in (bar.grid, bar.report, bar.help)} <= set(chain)


def test_keys_are_told_once_and_are_nobody_else_s():
    keys = list(BUTTON_KEYS.values())
    assert len(set(keys)) == len(keys)
    assert {row.text for row in BUTTONS.values()} <= set(BUTTON_KEYS)
    menus = {f"Alt+{letter}" for letter in "FVLPDWH"}
    napari = {"Alt+S", "Alt+Shift+S", "Alt+C", "Alt+Shift+C", "Alt+T", "Alt+Shift+T"}
    assert not set(keys) & (menus | napari)


def test_the_page_of_keys_tells_all(computed):
    computed.panel.room.show_help()
    text = computed.panel.room.pages.help.text.toPlainText()
    for name, key in BUTTON_KEYS.items():
        assert name in text
        assert key in text


def test_a_key_presses_its_button(opened):
    """From the picture, and from a box of the form."""
    desk = opened
    window = desk.panel.window()
    window.activateWindow()
    desk.wait(lambda: QApplication.activeWindow() is window)
    before = len(desk.viewer.layers)
    for widget in (desk.canvas(), desk.panel.form.method.native):
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)  # New AIF
        before += 1
        desk.wait(lambda before=before: len(desk.viewer.layers) == before)


def test_no_two_keys_are_in_each_other_s_way(computed):
    """Each is pressed by its key, once; Qt presses none of two that share one."""
    desk = computed
    window = desk.panel.window()
    window.activateWindow()
    desk.wait(lambda: QApplication.activeWindow() is window)
    seen = [one for one in own_buttons(desk) if one.isVisible() and one.isEnabled()]
    seen = [one for one in seen if not one.shortcut().isEmpty()]
    assert len(seen) > 15
    for button in seen:
        button.blockSignals(True)  # the action itself waits
        button.setCheckable(True)  # what a press leaves behind
        stroke = button.shortcut()[0]
        QTest.keyClick(desk.canvas(), stroke.key(), stroke.keyboardModifiers())
        desk.wait(button.isChecked)
        outlast(30)
        assert button.isChecked(), button.text()
        button.setCheckable(False)
        button.blockSignals(False)
