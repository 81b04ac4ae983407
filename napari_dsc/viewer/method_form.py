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
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.core.settings import Setting

__all__ = ["lay_out", "widget_of"]

Member: TypeAlias = ValueWidget[Any] | QLabel | Sequence[ValueWidget[Any]]
MOST = 60  # volumes, while there is no scan
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
        return RangeSlider(min=0, max=MOST, value=(0, MOST), **named)
    if row.parameter is not None:
        one = row.parameter
        named |= {"min": one.least, "max": one.most, "step": one.step}
        return FloatSpinBox(value=row.default, **named)
    return ComboBox(choices=list(row.choices), value=row.default, **named)


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
