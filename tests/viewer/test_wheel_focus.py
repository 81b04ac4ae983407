"""The wheel changes nothing that has not the focus, wherever it stands."""

import pytest
from magicgui import magicgui
from magicgui.widgets import RangeSlider
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QScrollArea,
    QScrollBar,
    QSlider,
    QSpinBox,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.viewer.wheel_focus import keep_wheel_to_focus

TURNED = (QAbstractSpinBox, QComboBox, QAbstractSlider, QTabBar)


def state_of(widget):
    """What a wheel could change of a widget."""
    if isinstance(widget, QComboBox | QTabBar):
        return widget.currentIndex()
    return widget.value() if hasattr(widget, "value") else None


def turned_in(window: QWidget) -> list[QWidget]:
    """Widgets that a wheel could change, enabled and on screen, and no scroll bars."""
    found = (one for kind in TURNED for one in window.findChildren(kind))
    return [one for one in found if one.isVisible() and not isinstance(one, QScrollBar)]


class Asked(QDialog):
    """A dialog that scrolls."""

    area: QScrollArea
    kept: tuple[object, ...]


@pytest.fixture
def form(desk):  # noqa: ARG001 (the panel has set the rule)
    """A dialog of each kind of widget, of Qt's and magicgui's, longer than it is high."""

    @magicgui(
        a={"max": 99},
        b={"step": 0.1},
        c={"choices": ["x", "y", "z"]},
        d={"widget_type": "FloatSlider"},
    )
    def asked(a: int = 7, b: float = 1.0, c: str = "y", d: float = 3.0) -> None: ...

    window, inner = Asked(), QWidget()
    rows = QVBoxLayout(inner)
    boxes, slider, tabs = QComboBox(), QSlider(Qt.Orientation.Horizontal), QTabWidget()
    boxes.addItems(["one", "two", "three"])
    boxes.setCurrentIndex(1)
    slider.setValue(40)
    for title in ("A", "B", "C"):
        tabs.addTab(QDoubleSpinBox(), title)
    tabs.setCurrentIndex(1)
    span = RangeSlider(min=0, max=60, value=(2, 13))
    for one in (QSpinBox(), boxes, slider, tabs, asked.native, span.native):
        rows.addWidget(one)
    inner.setMinimumHeight(1200)
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    QVBoxLayout(window).addWidget(area)
    window.resize(400, 300)
    window.show()
    QApplication.processEvents()
    window.area, window.kept = area, (asked, span)
    yield window
    window.close()
    window.deleteLater()


def test_fault_200_no_widget_takes_the_wheel_without_the_focus(desk, form):
    """Each kind, in a dialog: nothing changes, and the panel below scrolls."""
    bar = form.area.verticalScrollBar()
    found = turned_in(form)
    assert len({type(one) for one in found}) >= 6
    for widget in found:
        if widget.hasFocus():
            widget.clearFocus()
        before, bar_was = state_of(widget), bar.value()
        assert desk.wheel(widget, -2)
        assert state_of(widget) == before, widget
        assert not widget.hasFocus()
        assert bar.value() > bar_was, widget
        bar.setValue(0)


def test_what_has_the_focus_takes_the_wheel(desk, form):
    """After a click it is meant."""
    box = form.findChild(QSpinBox)
    form.activateWindow()
    box.setFocus()
    desk.wait(box.hasFocus)
    assert desk.wheel(box, 3)
    assert box.value() == 3


def test_fault_200_no_turn_gives_the_focus(form):
    """Qt gives its boxes the focus at the first turn, and the value at the second."""
    assert all(one.focusPolicy() != Qt.FocusPolicy.WheelFocus for one in turned_in(form))


def test_fault_200_nothing_of_the_program_changes_under_the_wheel(computed):
    """Form, bars, docks and napari's own controls, with maps on screen: nothing changes."""
    desk = computed
    window = desk.panel.window()
    desk.canvas().setFocus()
    scan = desk.panel.scan
    facts, layers = scan.facts.entered(), (scan.layers.artery, scan.layers.brain)
    found = turned_in(window)
    assert len(found) > 15
    before = [state_of(one) for one in found]
    for widget in found:
        desk.wheel(widget, 1)
        desk.wheel(widget, -1)
        desk.wheel(widget, -1)
    assert [state_of(one) for one in found] == before
    assert scan.facts.entered() == facts
    assert (scan.layers.artery, scan.layers.brain) == layers


def test_fault_200_editors_of_tables_are_no_exception(desk):
    """One that has lost the focus, and still stands there."""
    editor = QSpinBox(desk.panel)
    editor.setValue(5)
    editor.show()
    QApplication.processEvents()
    desk.canvas().setFocus()
    desk.wheel(editor, 1)
    assert editor.value() == 5
    editor.deleteLater()


def test_the_rule_is_set_once(desk):  # noqa: ARG001 (the panel has set it)
    app = QApplication.instance()
    assert app is not None
    before = len(app.children())
    keep_wheel_to_focus()
    assert len(app.children()) == before
