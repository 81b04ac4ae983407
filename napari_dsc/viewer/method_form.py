"""Forms: a widget for each setting, read off its row; and sections that hold them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Container,
    FloatSpinBox,
    LineEdit,
    RangeSlider,
    SpinBox,
)
from magicgui.widgets.bases import ValueWidget
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import (
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from superqt import QRangeSlider

from napari_dsc.core.settings import Setting

__all__ = ["lay_out", "widget_of"]

Member: TypeAlias = ValueWidget[Any] | QLabel | Sequence[ValueWidget[Any]]
MOST = 60  # volumes, while there is no scan
HANDLE = 14  # px from the middle of a handle at which it can be taken
WIDTH = 350  # px: room for a label and its number


def widget_of(row: Setting) -> ValueWidget[Any]:
    """Widget of a setting: its label, range, default and tooltip are those of its row."""
    named: dict[str, Any] = {"name": row.name, "tooltip": row.tooltip}
    if row.kind in ("switch", "mask"):
        return CheckBox(text=row.label, value=bool(row.default), **named)
    named["label"] = row.title
    if row.kind == "volumes":
        return LineEdit(**named)
    if row.kind == "end":
        return SpinBox(value=MOST, min=1, max=MOST, **named)
    if row.kind == "span":
        slider = RangeSlider(min=0, max=MOST, value=(0, MOST), **named)
        for one in slider.native.findChildren(QRangeSlider):
            one.installEventFilter(_NoJump(one))
        return slider
    if row.parameter is not None:
        one = row.parameter
        named |= {"min": one.least, "max": one.most, "step": one.step}
        return FloatSpinBox(value=row.default, **named)
    return ComboBox(choices=list(row.choices), value=row.default, **named)


class _NoJump(QObject):
    """A press on a slider moves none of its handles: only a handle that is dragged moves."""

    def eventFilter(self, slider: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Let a press take hold of a handle, and undo what it would have moved."""
        if event.type() != QEvent.Type.MouseButtonPress:
            return False
        before = tuple(slider.value())
        slider.blockSignals(True)
        slider.mousePressEvent(event)
        moved = max(abs(new - old) for new, old in zip(slider.value(), before, strict=True))
        if moved:
            slider.setValue(before)
        if moved * slider.width() > HANDLE * max(1, slider.maximum() - slider.minimum()):
            slider.mouseReleaseEvent(_released(event))  # it was beside the handles
        slider.blockSignals(False)
        return True


def _released(press: Any) -> QMouseEvent:
    return QMouseEvent(
        QEvent.Type.MouseButtonRelease,
        press.position(),
        press.globalPosition(),
        press.button(),
        Qt.MouseButton.NoButton,
        press.modifiers(),
    )


def lay_out(
    panel: QWidget,
    sections: Mapping[str, Sequence[Member]],
    actions: Sequence[Member],
) -> None:
    """Stack titled sections in a panel that scrolls; the actions stay in sight below.

    Parameters
    ----------
    panel : QWidget
        What to fill.
    sections : mapping
        By title: widgets, each behind its label, rows of widgets side by side, and texts.
    actions : sequence
        Rows of widgets side by side, and texts.
    """
    inner = QWidget()
    rows = QVBoxLayout(inner)
    rows.setContentsMargins(4, 4, 4, 4)
    rows.setSpacing(8)
    for title, members in sections.items():
        group = QGroupBox(title)
        inside = QVBoxLayout(group)
        inside.setContentsMargins(4, 2, 4, 2)
        inside.setSpacing(0)
        widgets = [one for one in members if isinstance(one, ValueWidget)]
        form = Container(widgets=widgets, labels=True)
        form.margins = (2, 0, 2, 0)
        inside.addWidget(form.native)
        for one in members:
            if not isinstance(one, ValueWidget):
                inside.addLayout(_row(one, 2))
        rows.addWidget(group)
    rows.addStretch(1)
    area = QScrollArea()
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    outer = QVBoxLayout(panel)
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addWidget(area, 1)
    for action in actions:
        outer.addLayout(_row(action, 8))
    panel.setMinimumWidth(WIDTH)


def _row(members: Member, margin: int) -> QHBoxLayout:
    """Widgets side by side, or one text."""
    row = QHBoxLayout()
    row.setContentsMargins(margin, 0, margin, 0)
    row.setSpacing(6)
    for one in [members] if isinstance(members, ValueWidget | QLabel) else members:
        row.addWidget(_wrapped(one) if isinstance(one, QLabel) else one.native)
    return row


def _wrapped(text: QLabel) -> QLabel:
    text.setWordWrap(True)
    text.setMargin(2)
    return text
