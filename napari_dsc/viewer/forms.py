"""Forms read off signatures: one widget a parameter, with the method's own words and default."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeAlias

from magicgui.widgets import Container, FloatSpinBox
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

from napari_dsc.core.deconvolution import DECONVOLVERS, Deconvolver, deconvolver
from napari_dsc.core.parameters import parameters_of

__all__ = ["form_of", "lay_out", "method_form", "method_of"]

Member: TypeAlias = ValueWidget[Any] | QLabel | Sequence[ValueWidget[Any]]
WIDTH = 350  # px: room for a label and its number


def form_of(kind: type[Any]) -> dict[str, ValueWidget[Any]]:
    """One widget for each parameter of a frozen dataclass: label, range, default and tooltip."""
    defaults: dict[str, Any] = {field.name: field.default for field in fields(kind)}
    return {
        name: FloatSpinBox(
            name=name,
            label=one.title,
            value=defaults[name],
            min=one.least,
            max=one.most,
            step=one.step,
            tooltip=one.tooltip,
        )
        for name, one in parameters_of(kind).items()
    }


def method_form() -> dict[str, ValueWidget[Any]]:
    """One widget for each parameter that any deconvolver has."""
    widgets: dict[str, ValueWidget[Any]] = {}
    for kind in DECONVOLVERS.values():
        widgets = {**form_of(kind), **widgets}
    return widgets


def method_of(name: str, form: Mapping[str, ValueWidget[Any]]) -> Deconvolver:
    """Make the deconvolver that a form describes."""
    return deconvolver(name, **{key: widget.value for key, widget in form.items()})


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
