"""One line below the pictures: the read-out, and the status while the rail is folded."""

from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QHBoxLayout, QLabel, QMainWindow, QSizePolicy, QWidget

__all__ = ["STATUS", "BottomLine"]

READOUT, STATUS = 3, 2  # shares of the width
OF_NAPARI = "StatusBarWidget"  # the class of what napari says in its status bar


class BottomLine(QWidget):
    """Stands in the window's status bar instead of what napari says there.

    Its labels are lent, and are as wide as there is room: what is longer ends in dots, and is whole
    in the tooltip.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Read-out")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 0, 6, 0)
        self._row.setSpacing(16)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._before: QWidget | None = None  # napari's
        self._shown = True  # whether the status bar was

    def put_in(self, window: QMainWindow, readout: QLabel) -> None:
        """Take the place of what napari says in the status bar of a window."""
        bar = window.statusBar()
        if bar is None:
            return
        self._shown = not bar.isHidden()
        for one in bar.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if type(one).__name__ == OF_NAPARI:
                self._before = one
                bar.removeWidget(one)
        self.take(readout, READOUT)
        readout.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.fit()
        bar.insertWidget(0, self, 1)
        self.show()
        bar.show()

    def take_out_of(self, window: QMainWindow) -> None:
        """Give napari its status bar back, as it was."""
        bar = window.statusBar()
        if bar is None:
            return
        if isalive(self):  # type: ignore[no-untyped-call]  # it goes with the panel
            bar.removeWidget(self)
        if self._before is not None:
            bar.insertWidget(0, self._before, 1)
            self._before.show()
        self._before = None
        bar.setVisible(self._shown)

    def take(self, label: QLabel, share: int) -> None:
        """Show a label, which takes its share of the width."""
        label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        label.setWordWrap(False)
        self._row.addWidget(label, share)
        label.installEventFilter(self)
        label.show()
        self.fit()

    def eventFilter(self, label: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Draw a text that is longer than its label with dots at its end."""
        if event.type() != QEvent.Type.Paint or label.parentWidget() is not self:
            return False
        text, metrics = label.text(), label.fontMetrics()
        room = label.contentsRect()
        if metrics.horizontalAdvance(text) <= room.width():
            return False
        short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter = QPainter(label)
        painter.setPen(label.palette().color(label.foregroundRole()))
        painter.drawText(room, int(label.alignment() | Qt.TextFlag.TextSingleLine), short)
        painter.end()
        return True

    def changeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Keep room for a line in letters of another size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self.fit()

    def fit(self) -> None:
        """Be as high as one line of its labels."""
        labels = self.findChildren(QLabel)
        lines = [one.fontMetrics().lineSpacing() for one in (self, *labels)]
        self.setFixedHeight(max(lines) + 4)


def give_back(label: QLabel) -> None:
    """Have a label that was lent take as many lines as it needs again."""
    label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    label.setWordWrap(True)
