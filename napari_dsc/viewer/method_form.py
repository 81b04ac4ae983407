"""Forms: a widget for each setting, read off its row; and the places where they stand."""

from collections.abc import Mapping, Sequence
from typing import Any

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
from qtpy.QtCore import QEvent, QObject, QSize, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import (
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from superqt import QRangeSlider

from napari_dsc.core.settings import Setting

__all__ = ["Places", "VolumeRange", "Workbench", "block", "scrolling", "widget_of", "wrapped"]

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
        slider = VolumeRange(min=0, max=MOST - 1, value=(0, MOST), **named)
        for one in slider.native.findChildren(QRangeSlider):
            one.installEventFilter(_NoJump(one))
        return slider
    if row.parameter is not None:
        one = row.parameter
        named |= {"min": one.least, "max": one.most, "step": one.step}
        return FloatSpinBox(value=row.default, **named)
    return ComboBox(choices=list(row.choices), value=row.default, **named)


class VolumeRange(RangeSlider):
    """Slider of a run of volumes: on screen stand its first and its last one.

    Its value is, as everywhere else, the first volume and the first after the last; its `max` and
    what its Qt widget holds are numbers of volumes.
    """

    def get_value(self) -> tuple[int, int]:
        """First volume, and the first after the last."""
        first, last = super().get_value()
        return int(first), int(last) + 1

    def set_value(self, value: Any) -> None:
        """Show the volumes from a first one to the one before another."""
        first, stop = value
        super().set_value((first, max(first, stop - 1)))


class _NoJump(QObject):
    """A press on a slider moves none of its handles: only a handle that is dragged moves."""

    def eventFilter(self, slider: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Let a press take hold of a handle, and undo what it would have moved."""
        if event.type() not in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
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


def block(members: Sequence[ValueWidget[Any]]) -> QWidget:
    """Stack widgets, each behind its label, in one block that can be moved as a whole."""
    form = Container(widgets=list(members), labels=True)
    form.margins = (2, 0, 2, 0)
    native: QWidget = form.native
    native.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
    return native


class Places:
    """Rows of widgets side by side, into which widgets are moved from wherever they are.

    A widget is in one place at a time: it leaves another when it is taken into this one.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[QHBoxLayout, tuple[str, ...]]] = []

    @property
    def names(self) -> list[str]:
        """Names of all widgets that have a place here."""
        return [name for _, row in self._rows for name in row]

    def add(self, layout: QVBoxLayout, rows: Sequence[Sequence[str]], margin: int = 2) -> None:
        """Make room for rows of widgets, by their names, at the end of a layout."""
        for names in rows:
            row = QHBoxLayout()
            row.setContentsMargins(margin, 0, margin, 0)
            row.setSpacing(6)
            layout.addLayout(row)
            self._rows.append((row, tuple(names)))

    def take(self, widgets: Mapping[str, QWidget]) -> None:
        """Move widgets, by their names, to their places here; others stay where they are."""
        for row, names in self._rows:
            for name in names:
                if name in widgets:
                    row.addWidget(widgets[name])


class Workbench(QWidget):
    """Titled sections that scroll, one below the other; the actions stay in sight below.

    Parameters
    ----------
    sections : mapping of str to rows
        By title: names of the widgets that stand side by side.
    actions : rows
        Below the sections.

    Attributes
    ----------
    places : Places
        Where the widgets go.
    """

    def __init__(
        self, sections: Mapping[str, Sequence[Sequence[str]]], actions: Sequence[Sequence[str]]
    ) -> None:
        super().__init__()
        self.places = Places()
        inner = QWidget()
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(4, 4, 4, 4)
        rows.setSpacing(8)
        for title, members in sections.items():
            group = QGroupBox(title)
            inside = QVBoxLayout(group)
            inside.setContentsMargins(4, 2, 4, 2)
            inside.setSpacing(0)
            self.places.add(inside, members)
            rows.addWidget(group)
        rows.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolling(inner, _AsWide()), 1)
        self.places.add(outer, actions, 8)


class _AsWide(QScrollArea):
    """An area that is never narrower than what it holds and the bar beside it: nothing is cut."""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """As wide as its widget has to be, with whatever is shown in it now."""
        inner, bar = self.widget(), self.verticalScrollBar()
        least = 0 if inner is None else inner.minimumSizeHint().width()
        beside = 0 if bar is None else bar.sizeHint().width()
        return QSize(
            max(WIDTH, least + beside + 2 * self.frameWidth()), super().minimumSizeHint().height()
        )

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Take another width when its widget has to have one."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)


def scrolling(inner: QWidget, area: QScrollArea | None = None) -> QScrollArea:
    """An area in which a widget of its width scrolls up and down; one of its own kind if given."""
    area = QScrollArea() if area is None else area
    area.setWidget(inner)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area


def wrapped(text: QLabel) -> QLabel:
    """A text that takes as many lines as it needs."""
    text.setWordWrap(True)
    text.setMargin(2)
    return text
