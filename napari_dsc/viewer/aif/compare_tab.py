"""Page that compares two arterial input functions: what the maps say under each."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
from magicgui.widgets import ComboBox, PushButton
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.core.number_words import with_unit
from napari_dsc.core.regions import LATE
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.docks import ticks_of

if TYPE_CHECKING:
    from napari.utils.theme import Theme

    from napari_dsc.core.pipeline.comparison import ComparedRegion, Comparison

__all__ = ["CompareView"]

NEEDS_TWO = "Comparing needs two AIFs: press New AIF and mark arterial voxels in it."
NEEDS_ANOTHER = "Choose two different AIFs."
READY = "Tick regions to read besides the brain, then press Compare A with B."
COUNTED = (
    f"Tmax > {LATE:g} s counts voxels strictly above {LATE:g} s, read between the "
    "samples, before the cleaning of the page Late tissue."
)
MEANS = "Means over the accepted voxels, which may be others under A than under B."
LEFT = 200  # px: room for the name of a layer beside its letter
ROW = 22  # px: a region's three rows and the header in a low dock
DECIMALS = {  # two lines a name: seven columns have to fit into half of a window
    "CBF\n(mL/100g/min)": 1,
    "CBV\n(mL/100g)": 2,
    "MTT\n(s)": 2,
    f"Tmax > {LATE:g} s\n(mL)": 1,
    "Accepted\nvoxels": 0,
}


class CompareView(QWidget):
    """Choose two AIFs and read the maps under both.

    Emits `asked(first, second, regions)`, names, when the user wants to compare.

    Attributes
    ----------
    first, second : ComboBox
        Names of the AIFs A and B.
    regions : QListWidget
        Names of other labels layers; those that are ticked are read too.
    start, copy : PushButton
        Compare; put the table on the clipboard as tab-separated text.
    table : QTableWidget
        For each region a row under A, one under B and one of B − A.
    note : QLabel
        What is missing, or what the difference maps are called and how Tmax > 6 s is counted.
    """

    asked = Signal(str, str, tuple)

    def __init__(self) -> None:
        super().__init__()
        self._filling = False
        self._ready = True
        self._said = self._found = ""
        self.first = ComboBox(choices=[], tooltip="AIF A: what the other is compared with.")
        self.second = ComboBox(choices=[], tooltip="AIF B: differences are B − A.")
        self.regions = QListWidget()
        self.regions.setToolTip("Masks in which the maps are read, besides the brain.")
        self.start = give_key(
            PushButton(
                text="Compare A with B",
                tooltip="Compute the maps under both and add B − A as layers.",
            )
        )
        self.copy = give_key(
            PushButton(text="Copy", enabled=False, tooltip="Copy the table as tab-separated text."),
            "Copy comparison",
        )
        self.table = QTableWidget(0, 2 + len(DECIMALS))
        self.table.setHorizontalHeaderLabels(["Region", "Under", *DECIMALS])
        self.note = QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        for widget, name in {
            self.first.native: "AIF A",
            self.second.native: "AIF B",
            self.regions: "Regions to compare in",
            self.table: "Comparison of two AIFs",
            self.note: "About the comparison",
        }.items():
            widget.setAccessibleName(name)
        self._place()
        self.first.changed.connect(self._on_choice)
        self.second.changed.connect(self._on_choice)
        self.start.changed.connect(self._on_start)
        self.copy.changed.connect(self._on_copy)
        self._refresh()

    def _place(self) -> None:
        """Lay out: choices on the left, the table and its words on the right."""
        head = cast("QHeaderView", self.table.horizontalHeader())
        head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for names in (0, 1):  # they take the room that the numbers leave
            head.setSectionResizeMode(names, QHeaderView.ResizeMode.Stretch)
        head.setStyleSheet("font-size: 8pt")
        head.setToolTip(MEANS)
        side = cast("QHeaderView", self.table.verticalHeader())
        side.setDefaultSectionSize(ROW)
        side.hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        choices = QWidget()
        choices.setFixedWidth(LEFT)
        left = QVBoxLayout(choices)
        form = QFormLayout()
        for letter, box in (("A", self.first), ("B", self.second)):
            form.addRow(letter, box.native)
        words = QHBoxLayout()
        words.addWidget(self.note, 1)
        words.addWidget(self.copy.native)
        left.addLayout(form)
        left.addWidget(self.regions, 1)
        left.addWidget(self.start.native)
        right = QVBoxLayout()
        right.addWidget(self.table, 1)
        right.addLayout(words)
        for one in (left, form, right):
            one.setContentsMargins(0, 0, 0, 0)
            one.setSpacing(3)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(4, 2, 4, 2)
        outer.addWidget(choices)
        outer.addLayout(right, 1)

    def show_choices(self, names: Sequence[str]) -> None:
        """List the AIFs there are; what was chosen stays chosen. Emits nothing."""
        self._filling = True
        pairs = (self.second, self.first), (self.first, self.second)
        earlier = self.second.value, self.first.value
        for box, _ in pairs:
            box.choices = tuple(names)
        for (box, other), name in zip(pairs, earlier, strict=True):
            free = [one for one in names if one != other.value]
            if name not in names and free:  # new, or its layer is gone
                box.value = free[0]
        others = [one for one in names if one != self.first.value]
        if self.second.value == self.first.value and others:  # there is another one now
            self.second.value = others[0]
        self._filling = False
        self._refresh()

    def show_regions(self, names: Sequence[str]) -> None:
        """List the regions there are; what was ticked stays ticked."""
        ticked = self._ticked()
        self.regions.clear()
        for name in names:
            item = QListWidgetItem(name)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            state = Qt.CheckState.Checked if name in ticked else Qt.CheckState.Unchecked
            item.setCheckState(state)
            self.regions.addItem(item)

    def show_result(
        self,
        comparison: "Comparison",
        first_name: str,
        second_name: str,
        added: Sequence[str] = (),
        told: str = "",
    ) -> None:
        """Fill the table.

        Parameters
        ----------
        comparison : Comparison
            What the maps say under each.
        first_name, second_name : str
            Names of A and B.
        added : sequence of str
            Names of the layers that show the differences; by default symbols and units.
        told : str
            What else the reader has to know.
        """
        self.table.setRowCount(3 * len(comparison.rows))
        names = f"A: {first_name}", f"B: {second_name}", "B − A"
        bold = self.table.font()
        bold.setBold(True)
        for at, row in enumerate(comparison.rows):
            first, second = _under(row)
            for under, values in enumerate((first, second, second - first)):
                base = first if under == 2 else None
                cells = [_text(row.name), _text(names[under]), *_numbers(values, base)]
                for column, cell in enumerate(cells):
                    if base is not None:
                        cell.setFont(bold)
                    self.table.setItem(3 * at + under, column, cell)
        maps = [with_unit(one.symbol, one.units) for one in (comparison.cbf, comparison.tmax)]
        self.copy.enabled = True
        words = f"Added, B − A: {', '.join(added or maps)}. {COUNTED}"
        self._found = " ".join(filter(None, (told, words)))
        self.say("")

    def say(self, words: str, *, ready: bool = True) -> None:
        """Say this below the table: what is missing, what runs, or why it failed.

        Parameters
        ----------
        words : str
            One line; empty: what was found, or what to press.
        ready : bool
            Whether the user may start.
        """
        self._said, self._ready = words, ready
        self._refresh()

    def clear(self) -> None:
        """Forget the result."""
        self.table.setRowCount(0)
        self.copy.enabled = False
        self._found = ""
        self.say("")

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        text = theme.text.as_hex()
        self.note.setStyleSheet(f"color: {text}")
        self.regions.setStyleSheet(ticks_of(theme))

    def _ticked(self) -> tuple[str, ...]:
        places = range(self.regions.count())
        items = [cast("QListWidgetItem", self.regions.item(place)) for place in places]
        return tuple(one.text() for one in items if one.checkState() == Qt.CheckState.Checked)

    def _missing(self) -> str:
        if len(self.first.choices) < 2:
            return NEEDS_TWO
        return NEEDS_ANOTHER if self.first.value == self.second.value else ""

    def _refresh(self) -> None:
        missing = self._missing()
        self.start.enabled = self._ready and not missing
        self.note.setText(
            " ".join(one for one in (self._said or self._found, missing) if one) or READY
        )

    def _on_choice(self) -> None:
        if not self._filling:
            self._refresh()

    def _on_start(self) -> None:
        self.asked.emit(self.first.value, self.second.value, self._ticked())

    def _on_copy(self) -> None:
        columns = range(self.table.columnCount())
        lines = [["Region", "Under", *(name.replace("\n", " ") for name in DECIMALS)]]
        for row in range(self.table.rowCount()):
            cells = [self.table.item(row, column) for column in columns]
            lines.append(["" if cell is None else cell.text() for cell in cells])
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText("".join("\t".join(line) + "\n" for line in lines))


def _under(row: "ComparedRegion") -> tuple[FloatArray, FloatArray]:
    """What a region reads under A and under B, in the order of the columns."""
    first, second = (
        np.array([means.cbf, means.cbv, means.mtt, late, means.accepted])
        for means, late in (
            (row.first, row.first_tmax_volume),
            (row.second, row.second_tmax_volume),
        )
    )
    return first, second


def _text(words: str) -> QTableWidgetItem:
    cell = QTableWidgetItem(words)
    cell.setToolTip(words)  # whole, where the column cuts it
    return cell


def _numbers(values: FloatArray, base: FloatArray | None) -> list[QTableWidgetItem]:
    """Cells of numbers; differences are signed, and say what they are of their base."""
    cells = []
    for at, (value, decimals) in enumerate(zip(values, DECIMALS.values(), strict=True)):
        sign = "" if base is None else "+"
        known = bool(np.isfinite(value))
        cell = QTableWidgetItem(f"{value:{sign}.{decimals}f}" if known else "no answer")
        cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if known and base is not None and base[at] > 0:
            cell.setToolTip(f"{100 * value / base[at]:+.1f} % of A")
        cells.append(cell)
    return cells
