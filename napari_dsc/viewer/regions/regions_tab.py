"""The page of regions: a table that follows the brush, a histogram, and what can be done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from magicgui.widgets import CheckBox, PushButton
from qtpy.QtCore import QSize, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QIcon, QPainter, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.core.regions import Histogram
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.docks import LOW, as_wide_as_words
from napari_dsc.viewer.plot_style import HistogramPlot

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["COLUMNS", "RegionsPage", "Row"]

COLUMNS = {
    "Region": "Its number on the picture, and its name: double click to rename.",
    "Map": "Symbol and unit.",
    "n": "Accepted voxels with a number, of those in the region.",
    "mL": "Volume of the whole region.",
    "beside, mL": "Late tissue beside the region that has no answer: it is in none of the region's "
    "numbers. Only where the region is late tissue.",
    "Mean": "Over the accepted voxels.",
    "SD": "Standard deviation over the accepted voxels.",
    "Median": "Of the accepted voxels.",
    "5 %": "Fifth percentile.",
    "95 %": "Ninety-fifth percentile.",
    "Mirror": "Mean over the mirror image of the region, without voxels that lie in both.",
    "Ratio": "Mean over that of the mirror image.",
    "Difference": "Mean less that of the mirror image.",
}
# From the left, as the table is read: what the question needs is in sight on a small screen.
READ_FIRST = ("Region", "Map", "mL", "Mean", "Mirror", "Ratio", "Difference", "n")
EMPTY = "No region yet: press Draw region (N), and draw on the picture."
BUTTONS = 150  # px
PLOT, ROW, BADGE = 250, 20, 24  # px
FOR_PLOT = 1000  # px: on a narrower page the room is the table's


class Row(NamedTuple):
    """A region on a map: what the table shows."""

    label: int
    symbol: str
    words: tuple[str, ...]  # a word for each column
    exact: tuple[str, ...]  # the same with all digits


class RegionsPage(QWidget):
    """Table, histogram and buttons.

    Attributes
    ----------
    new, propose, normalise, level, copy, save : PushButton
        What can be done.
    on_anatomy : PushButton
        Saves the regions on the voxels of an anatomy.
    mirror : CheckBox
        Whether regions are compared with their mirror images, about a line that can be dragged.
    table : QTableWidget
        A row for each region and map.
    plot, histogram : PlotWidget, PlotDataItem
        Of the row that is chosen; made with the first.
    note : QLabel
        What is shown, or what to do.
    """

    chosen = Signal(int, str)  # label, symbol
    renamed = Signal(int, str)  # label, name

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._badges: dict[int, QIcon] = {}
        self.new = PushButton(text="New region", tooltip="Draw another region (N).")
        self.mirror = CheckBox(
            text="Mirror",
            tooltip="Compare with the other side (Shift+M). The line between the halves is "
            "dragged by its ends, on the Midline layer.",
        )
        self.propose = PushButton(
            text="Propose reference",
            tooltip="Look for white matter that seems normal: a region that you may repaint "
            "(Shift+N).",
        )
        self.normalise = PushButton(
            text="Normalise",
            tooltip="rCBV and rCBF: CBV and CBF over their means in the chosen region (Shift+K).",
        )
        self.level = PushButton(
            text="Window from it",
            tooltip="Shift+W: amounts (CBV, CBF, MTT) from 0 to twice their mean in the chosen "
            "region, or in its mirror image while Mirror is on. W: the fixed windows again.",
        )
        self.copy = PushButton(text="Copy", tooltip="The table, to the clipboard (Shift+C).")
        self.save = PushButton(
            text="Save CSV …", tooltip="A row for each region and map (Shift+S)."
        )
        self.on_anatomy = give_key(
            PushButton(
                text="On anatomy …",
                tooltip="Save the regions on the voxels of an anatomy that is open, with their "
                "names beside them. A file of labels on its voxels comes onto the maps when it "
                "is opened.",
            )
        )
        self.note = QLabel(EMPTY)
        self.note.setWordWrap(True)
        self.table = self._table()
        self._drawn = False  # whether there is a row that the histogram can show
        self._plot = HistogramPlot(self._lay_out(), PLOT)

    def _table(self) -> QTableWidget:
        table = _Table(0, len(COLUMNS))
        table.setHorizontalHeaderLabels(list(COLUMNS))
        for at, words in enumerate(COLUMNS.values()):
            if (heading := table.horizontalHeaderItem(at)) is not None:
                heading.setToolTip(words)
        table.setIconSize(QSize(BADGE, ROW - 6))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        if (across := table.horizontalHeader()) is not None:
            across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            for place, name in enumerate(READ_FIRST):
                across.moveSection(across.visualIndex(list(COLUMNS).index(name)), place)
        # As high as the page leaves it: what it would like makes the page scroll beside it.
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        if (down := table.verticalHeader()) is not None:
            down.setVisible(False)
            down.setDefaultSectionSize(ROW)
        triggers = QAbstractItemView.EditTrigger
        table.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        table.itemSelectionChanged.connect(self._on_chosen)
        table.itemChanged.connect(self._on_edited)
        return table

    def _lay_out(self) -> QHBoxLayout:
        """Lay out buttons and table; return the row, at whose end there is room."""
        left = QVBoxLayout()
        left.setSpacing(1)
        left.setContentsMargins(4, 0, 4, 0)
        for widgets in (
            (self.new,),
            (self.propose,),
            (self.mirror, self.normalise),
            (self.level,),
            (self.copy, self.save),
            (self.on_anatomy,),
        ):
            row = QHBoxLayout()
            for widget in widgets:
                row.addWidget(widget.native)
            left.addLayout(row)
        left.addStretch(1)
        side = QWidget()
        side.setStyleSheet(LOW)
        side.setLayout(left)
        as_wide_as_words(side, BUTTONS)
        middle = QVBoxLayout()
        middle.addWidget(self.note)  # above: a low dock shows it whole
        middle.addWidget(self.table, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 1, 4, 1)
        layout.addWidget(side)
        layout.addLayout(middle, 1)
        return layout

    @property
    def plot(self) -> Any:
        """Axes of the histogram."""
        return self._plot.plot

    @property
    def histogram(self) -> Any:
        """Histogram of the row that is chosen."""
        return self._plot.bars

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show the table; a row that was chosen stays so."""
        chosen, same = self.choice, [one[:2] for one in rows] == [one[:2] for one in self._rows]
        table = self.table
        with _quiet(table):
            if not same:
                table.setRowCount(len(rows))
            for at, row in enumerate(rows):
                for column, words in enumerate(row.words):
                    item = table.item(at, column)
                    if item is None:
                        item = _item(words, editable=column == 0)
                        table.setItem(at, column, item)
                    elif item.text() != words:
                        item.setText(words)
                    if column == 0:
                        item.setIcon(self._badge(row.label))
            self._rows = list(rows)
            if not same:
                self._choose(chosen)
        for button in (self.normalise, self.level, self.copy, self.save, self.on_anatomy):
            button.enabled = bool(rows)
        self.note.setVisible(not rows)

    def _badge(self, label: int) -> QIcon:
        """Number of a region as it stands on the picture."""
        if label not in self._badges:
            self._badges[label] = _badge(str(label))
        return self._badges[label]

    def _choose(self, wanted: tuple[int, str] | None) -> None:
        at = next((at for at, one in enumerate(self._rows) if one[:2] == wanted), 0)
        if self._rows:
            self.table.selectRow(at)

    @property
    def choice(self) -> tuple[int, str] | None:
        """Label and map of the row that is chosen; None while there is none."""
        at = self.table.currentRow()
        return self._rows[at][:2] if 0 <= at < len(self._rows) else None

    @property
    def rows(self) -> list[Row]:
        """What the table shows."""
        return list(self._rows)

    def choose(self, label: int, symbol: str) -> None:
        """Choose a row."""
        self._choose((label, symbol))

    def show_histogram(self, found: Histogram | None, title: str) -> None:
        """Draw a histogram, with how many voxels lie beyond it; None: none."""
        self._drawn = found is not None
        if self._drawn or self._plot.is_made:
            counts = np.zeros(1) if found is None else found.counts
            edges = np.zeros(2) if found is None else found.edges
            self.histogram.setData(edges, counts)
            item = self.plot.getPlotItem()
            item.setLabel("left", "voxels")
            item.setLabel("bottom", f"{title}{'' if found is None else beyond(found)}")
        self._fit()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Leave the table the room on a narrow page."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._plot.show(self._drawn and self.width() >= FOR_PLOT)

    def say(self, words: str) -> None:
        """Say something below the table; nothing: what to do, while there is no region."""
        self.note.setText(words or EMPTY)
        self.note.setVisible(bool(words) or not self._rows)

    def follow(self, theme: "Theme") -> None:
        """Wear the window's colours."""
        self._plot.follow(theme)

    def _on_chosen(self) -> None:
        if (choice := self.choice) is not None:
            self.chosen.emit(*choice)

    def _on_edited(self, item: QTableWidgetItem) -> None:
        if item.column() == 0 and item.row() < len(self._rows):
            self.renamed.emit(self._rows[item.row()].label, item.text().strip())


def beyond(found: Histogram) -> str:
    """How many voxels a histogram leaves out, as its axis says it."""
    sides = {"below": found.below, "above": found.above}
    words = [f"{count} {side}" for side, count in sides.items() if count]
    return f" ({', '.join(words)})" if words else ""


class _Table(QTableWidget):
    """One in which keys are those of the reading room, and look for no row."""

    def keyboardSearch(self, _words: str | None) -> None:  # noqa: N802 (Qt's name)
        """Look for nothing."""


def _item(words: str, *, editable: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(words)
    flags = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled
    item.setFlags(flags | Qt.ItemFlag.ItemIsEditable if editable else flags)
    return item


def _badge(words: str) -> QIcon:
    """White on black with a rim, as on the picture: it reads on any theme."""
    picture = QPixmap(BADGE, ROW - 6)
    picture.fill(Qt.GlobalColor.black)
    painter = QPainter(picture)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(picture.rect(), int(Qt.AlignmentFlag.AlignCenter), words)
    painter.end()
    return QIcon(picture)


class _quiet:  # noqa: N801 (reads as a verb)
    """While the program fills a table, nobody has edited it."""

    def __init__(self, table: QTableWidget) -> None:
        self._table = table

    def __enter__(self) -> None:
        self._before = self._table.blockSignals(True)

    def __exit__(self, *_: object) -> None:
        self._table.blockSignals(self._before)
