"""The legend, beside the curves and not over them: a bolus fills a low plot."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from qtpy.QtCore import QPointF, QRect, QSize, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QToolTip, QWidget

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["Legend"]

ROW = 13  # px: a dozen fit beside the curves of a low dock
SAMPLE, GAP = 20, 5  # px: of the line that stands for a curve, and around it
WIDEST = 130  # px of a name; a longer one is cut, and whole in its tooltip
FONT = 8  # pt


class Legend(QWidget):
    """Names of curves, each beside a piece of its line; a click on one hides its curve.

    Emits `changed(any)` when other curves are named than before, or one was hidden.

    Attributes
    ----------
    names : tuple of str
        Whose they are: curves on the left axis, then those on the right.
    """

    changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.names: tuple[str, ...] = ()
        self._rows: list[tuple[str, Any]] = []  # name and curve; a heading has none
        self._text = QColor("white")
        self._widest = 0
        font = self.font()
        font.setPointSize(FONT)
        self.setFont(font)
        self.setToolTip("Click a name to hide its curve, and again to show it.")

    def show_names(self, left: Mapping[str, Any], right: Mapping[str, Any]) -> None:
        """Name these curves of the two axes, and no others."""
        heading = [("Right axis:", None)] if right else []
        rows = [*left.items(), *heading, *right.items()]
        if rows == self._rows:
            return
        self._rows = rows
        self.names = (*left, *right)
        measure = self.fontMetrics().horizontalAdvance
        taken = max((measure(self._cut(name)) for name, _ in rows), default=0)
        self._widest = max(taken, self._widest)  # the curves do not jump from voxel to voxel
        self._resize()
        self.changed.emit(bool(self.names))

    def hidden(self) -> set[str]:
        """Names whose curves the user has hidden."""
        return {name for name, one in self._rows if one is not None and not one.isVisible()}

    def place_of(self, name: str) -> QRect:
        """Where a name stands in it, px."""
        at = next(at for at, (known, one) in enumerate(self._rows) if one and known == name)
        return self._cell(at)

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        self._text = QColor(theme.text.as_hex())
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """As wide as the names, in as many columns as its height asks for."""
        return QSize(self._columns() * self._width(), ROW)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Make another column where the names are more than the height takes."""
        super().resizeEvent(event)
        self._resize()

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Hide the curve whose name was pressed, or show it again."""
        _, one = self._at(event.position().toPoint())
        if one is not None and event.button() == Qt.MouseButton.LeftButton:
            one.setVisible(not one.isVisible())
            self.update()
            self.changed.emit(bool(self.names))

    def event(self, event: Any) -> bool:
        """Show a name that was cut as a whole."""
        if event.type() == event.Type.ToolTip:
            name, _ = self._at(event.pos())
            if name != self._cut(name):
                QToolTip.showText(event.globalPos(), name, self)
                return True
        return bool(super().event(event))

    def paintEvent(self, _event: Any) -> None:  # noqa: N802 (Qt's name)
        """Draw the pieces of line and the names."""
        painter = QPainter(self)
        faint = QColor(self._text)
        faint.setAlpha(90)
        for at, (name, one) in enumerate(self._rows):
            cell = self._cell(at)
            on = one is None or one.isVisible()
            if one is not None and on:
                _draw_sample(painter, one, cell)
            painter.setPen(self._text if on else faint)
            words = cell.adjusted(0 if one is None else SAMPLE + GAP, 0, 0, 0)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._cut(name))
        painter.end()

    def _cut(self, name: str) -> str:
        return self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, WIDEST)

    def _width(self) -> int:
        return SAMPLE + GAP + self._widest + GAP if self._widest else 0

    def _columns(self) -> int:
        return -(-len(self._rows) // self._high()) or 1

    def _high(self) -> int:
        return max(self.height() // ROW, 3)

    def _cell(self, at: int) -> QRect:
        column, row = divmod(at, self._high())
        return QRect(column * self._width(), row * ROW, self._width() - GAP, ROW)

    def _at(self, spot: Any) -> tuple[str, Any]:
        cells = ((self._cell(at), row) for at, row in enumerate(self._rows))
        return next((row for cell, row in cells if cell.contains(spot)), ("", None))

    def _resize(self) -> None:
        self.setFixedWidth(self._columns() * self._width())
        self.update()


def _draw_sample(painter: QPainter, curve: Any, cell: QRect) -> None:
    """Draw a piece of a curve's line, or its symbol, at the start of a cell."""
    middle, left = cell.center().y() + 1, cell.left()
    painter.setPen(pg.mkPen(curve.opts["pen"]))
    painter.drawLine(left, middle, left + SAMPLE, middle)
    if curve.opts["symbol"] is not None:
        painter.save()
        painter.translate(QPointF(left + SAMPLE / 2, middle))
        pen, brush = pg.mkPen(curve.opts["symbolPen"]), pg.mkBrush(curve.opts["symbolBrush"])
        pg.graphicsItems.ScatterPlotItem.drawSymbol(
            painter, curve.opts["symbol"], curve.opts["symbolSize"], pen, brush
        )
        painter.restore()
