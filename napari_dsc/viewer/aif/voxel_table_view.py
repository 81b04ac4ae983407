"""The rows of the AIF's voxels on screen, and what mouse and keys do to them."""

from typing import cast

from qtpy.QtCore import QEvent, QItemSelectionModel, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_dsc.core.types import Candidates
from napari_dsc.viewer.aif.voxel_table_model import ARROWS, USE, VERDICT, VOXEL, Voxel, VoxelModel

__all__ = ["VoxelRows"]

WIDEST = {VOXEL: "(256, 256, 28)", VERDICT: "partial volume, does not return"}  # what fits
LEFT = Qt.MouseButton.LeftButton
KEYS_THAT_TICK = (Qt.Key.Key_Space, Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
KEYS_THAT_SELECT = (Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_Down)


class VoxelRows(QTableView):
    """The rows on screen, and what mouse and keys do to them.

    Emits `picked(row)` when the user selects a row, and `hovered(row)` as the mouse moves over
    the rows, -1 when it leaves them. What a program selects emits nothing.

    Parameters
    ----------
    model : VoxelModel
        What the rows show.
    """

    picked = Signal(int)
    hovered = Signal(int)

    def __init__(self, model: VoxelModel) -> None:
        super().__init__()
        self._voxels = model
        self._pressed: Voxel | None = None  # by its name: a refresh may come before the release
        self._fitted = False
        self.setModel(model)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)  # Tab leaves the table
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self._head = cast("QHeaderView", self.horizontalHeader())
        self._head.setSortIndicatorClearable(True)
        self._head.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self._head.setSortIndicatorShown(False)  # the model writes it: Qt's covers the label
        self._head.setHighlightSections(False)
        self._head.setResizeContentsPrecision(30)  # rows that are looked at
        self._side = cast("QHeaderView", self.verticalHeader())
        self._side.hide()

    def fit(self) -> None:
        """Make rows low and columns as wide as what they show; what the user dragged is lost."""
        self.ensurePolished()
        letters = self.fontMetrics()
        self._side.setMinimumSectionSize(8)
        self._side.setDefaultSectionSize(letters.height() + 4)
        self.resizeColumnsToContents()
        arrow = letters.horizontalAdvance(ARROWS[0])
        for column in range(VOXEL, self._voxels.columnCount()):
            self.setColumnWidth(column, self.columnWidth(column) + arrow)
        for column, words in WIDEST.items():
            width = letters.horizontalAdvance(words) + 2 * arrow
            self.setColumnWidth(column, max(width, self.columnWidth(column)))

    def selected(self) -> int:
        """Row that is selected; -1 if there is none."""
        rows = self._selection().selectedRows()
        return rows[0].row() if rows else -1

    def fill(self, candidates: Candidates | None, *, anew: bool = False) -> None:
        """Take other rows; selection and place stay where the voxels are still there.

        `anew` lists them in the order that was asked for, wherever they stood.
        """
        down, aside = self.verticalScrollBar(), self.horizontalScrollBar()
        places = [0 if bar is None else bar.value() for bar in (down, aside)]
        first, selected = self._voxels.voxel(places[0]), self._voxels.voxel(self.selected())
        current = self.currentIndex().row()  # an index does not outlive the rows
        self._voxels.fill(candidates, anew=anew)
        if not self._voxels.rowCount():
            return
        if not self._fitted:
            self.fit()
            self._fitted = True
        self.executeDelayedItemsLayout()  # gives the scroll bars their range
        self._select(self._voxels.row(selected), current)
        row = self._voxels.row(first)
        places[0] = row if row >= 0 and places[0] > 0 else places[0]  # the top stays the top
        for bar, place in zip((down, aside), places, strict=True):
            if bar is not None:
                bar.setValue(place)

    def _select(self, row: int, current: int) -> None:
        """Select a row again; where it is gone, keep the place of the keyboard."""
        how = QItemSelectionModel.SelectionFlag.NoUpdate
        if row >= 0:
            how = QItemSelectionModel.SelectionFlag.ClearAndSelect
            how |= QItemSelectionModel.SelectionFlag.Rows
        elif current >= 0:
            row = min(current, self._voxels.rowCount() - 1)
        self._selection().setCurrentIndex(self._voxels.index(row, VOXEL), how)

    def reveal(self, row: int) -> None:
        """Scroll up or down, never sideways, if no part of a row is in sight."""
        index, aside = self._voxels.index(row, VOXEL), self.horizontalScrollBar()
        shown, port = self.visualRect(index), cast("QWidget", self.viewport())
        if aside is None or (shown.bottom() >= 0 and shown.top() < port.height()):
            return  # a row that is half in sight would slip away under the mouse
        place = aside.value()
        self.scrollTo(index)
        aside.setValue(place)

    def _selection(self) -> QItemSelectionModel:
        """Give the selection; a view with a model has one."""
        return cast("QItemSelectionModel", self.selectionModel())

    def _tick_at(self, event: QMouseEvent) -> Voxel | None:
        """Voxel whose tick lies under the mouse."""
        index = self.indexAt(event.position().toPoint())
        return self._voxels.voxel(index.row()) if index.column() == USE else None

    def _turn(self, row: int, use: bool) -> None:
        """Set a tick as a click on it does."""
        state = Qt.CheckState.Checked if use else Qt.CheckState.Unchecked
        self._voxels.setData(self._voxels.index(row, USE), state, Qt.ItemDataRole.CheckStateRole)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802 (Qt's names)
        """Select a row; on a tick, wait for the release."""
        if event is None or event.button() != LEFT:
            return
        self._pressed = self._tick_at(event)
        if self._pressed is not None:
            return  # a tick does not move the picture to its voxel
        super().mousePressEvent(event)
        row = self.indexAt(event.position().toPoint()).row()
        if row >= 0 and self._selection().isRowSelected(row):
            self.picked.emit(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Take the second press on a tick for a press."""
        if event is not None and event.button() == LEFT:
            self._pressed = self._tick_at(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Turn the tick that was pressed, if the mouse is still on it."""
        if event is None or event.button() != LEFT:
            return
        pressed, self._pressed = self._pressed, None
        if pressed is None:
            super().mouseReleaseEvent(event)
        elif pressed == self._tick_at(event):
            row = self._voxels.row(pressed)
            self._turn(row, not self._voxels.used(row))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Tell which row the mouse is over; a drag selects nothing."""
        if event is not None:
            self.hovered.emit(self.rowAt(event.position().toPoint().y()))

    def viewportEvent(self, event: QEvent | None) -> bool:  # noqa: N802
        """Tell that the mouse has left the rows."""
        if event is not None and event.type() == QEvent.Type.Leave:
            self.hovered.emit(-1)
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Space ticks and unticks, Delete and Backspace untick, arrows select."""
        if event is None:
            return
        row, key = self.currentIndex().row(), event.key()
        selected = row >= 0 and self._selection().isRowSelected(row)
        if selected and key in KEYS_THAT_TICK:
            if not event.isAutoRepeat():
                self._turn(row, key == Qt.Key.Key_Space and not self._voxels.used(row))
        elif not selected and row >= 0 and key in KEYS_THAT_SELECT:
            self.selectRow(row)  # Tab came here, or the selected voxel is gone
            self.picked.emit(row)
        else:
            super().keyPressEvent(event)
            if self.currentIndex().row() != row:
                self.picked.emit(self.currentIndex().row())
