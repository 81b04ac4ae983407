"""Wheel over a form: it turns the widget with the focus, and else scrolls the panel."""

import atexit
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollBar,
    QTabBar,
    QWidget,
)

__all__ = ["keep_wheel_to_focus"]

TURNED = (QAbstractSpinBox, QComboBox, QAbstractSlider, QTabBar)  # what a wheel would change
NAME = "napari-dsc: the wheel turns what has the focus"
WHEEL, POLISH = QEvent.Type.Wheel, QEvent.Type.Polish


class _WheelRule(QObject):
    """Event filter of the whole program: one rule for every widget that there is, or will be."""

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Keep the wheel from a widget without the focus: Qt hands it to the widget around it."""
        kind = event.type()
        if kind == WHEEL and _is_turned(watched) and not watched.hasFocus():
            event.ignore()
            return True
        if kind == POLISH and _is_turned(watched):
            _no_focus_by_wheel(watched)
        return False


def keep_wheel_to_focus() -> None:
    """Have the wheel change no widget that has not the focus, in all windows of the program.

    Spin boxes, lists, sliders and tabs are meant, of forms, docks, dialogs and tables alike; bars
    that scroll are not. It is installed once, however often it is asked for.
    """
    app = QApplication.instance()
    if app is None or app.findChild(_WheelRule, NAME) is not None:
        return
    rule = _WheelRule(app)
    rule.setObjectName(NAME)
    app.installEventFilter(rule)
    atexit.register(_take_away, app, rule)  # Qt still sends events when Python has gone
    for widget in QApplication.allWidgets():
        if _is_turned(widget):
            _no_focus_by_wheel(widget)


def _take_away(app: Any, rule: QObject) -> None:
    if isalive(app) and isalive(rule):  # type: ignore[no-untyped-call]
        app.removeEventFilter(rule)


def _is_turned(widget: Any) -> bool:
    return isinstance(widget, TURNED) and not isinstance(widget, QScrollBar)


def _no_focus_by_wheel(widget: QWidget) -> None:
    """Let clicks and keys alone give the focus: Qt's boxes take it at the first turn."""
    if widget.focusPolicy() == Qt.FocusPolicy.WheelFocus:
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
