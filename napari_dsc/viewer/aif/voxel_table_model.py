"""The AIF's voxels as rows: what each cell says, and their order."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QColor

from napari_dsc.core.types import Candidates, FloatArray

__all__ = ["FIRST_MEASURE", "LEADING", "USE", "VERDICT", "VOXEL", "Voxel", "VoxelModel"]

Voxel = tuple[int, ...]

USE, VOXEL, VERDICT, FIRST_MEASURE = range(4)
LEADING = {
    "Use": "Ticked: the voxel is part of the curve. Space ticks and unticks, Delete unticks.",
    "Voxel": "Indices in the file, from 0. Sorts by slice, then by row.",
    "Verdict": "Good, or the objections to the voxel. Sorts by how many there are.",
}
NO_ANSWER = "–"
ARROWS = " ▴", " ▾"  # ascending, descending
SECONDS, RATIO, COUNT = "z.1f", "z.2f", ".0f"
DIGITS = {
    "arrival": SECONDS,
    "ttp": SECONDS,
    "fwhm": SECONDS,
    "first_moment": SECONDS,
    "end_over_peak": RATIO,
    "smallest_signal": "z.3f",  # its limit is 0.02
    "relative_peak": RATIO,
    "saturated": COUNT,
}  # of all others three figures
GOOD = ("good",)


class VoxelModel(QAbstractTableModel):
    """Candidates as rows, in the order of the column that they were sorted by.

    A row stays where it is while candidates come, go and change, until somebody sorts: the next
    click at a place is on the same voxel. One that comes back has its old place.

    Emits `ticked(voxel, use)` when a tick was changed through `setData`.

    Parameters
    ----------
    columns : mapping of str to (str, str)
        Fields of `Measures`, in order: label with unit, and what it is.
    rules : mapping of str to str
        Of each word of a verdict: its rule.
    """

    ticked = Signal(tuple, bool)

    def __init__(self, columns: Mapping[str, tuple[str, str]], rules: Mapping[str, str]) -> None:
        super().__init__()
        self._fields = tuple(columns)
        self._headers = (*LEADING.items(), *columns.values())
        self._rules = rules
        self._sorted_by, self._way = -1, Qt.SortOrder.AscendingOrder
        self._voxels: list[Voxel] = []
        self._verdicts: tuple[tuple[str, ...], ...] = ()
        self._measures: dict[str, FloatArray] = {}
        self._used = np.zeros(0, bool)
        self._order = np.zeros(0, int)  # of each row: its place among the candidates
        self._rows: dict[Voxel, int] = {}
        self._standing: list[Voxel] = []  # in order, those that went too
        self._marked: Voxel | None = None
        self._colors: dict[str, QColor] = {}

    def fill(self, candidates: Candidates | None, *, anew: bool = False) -> None:
        """Take other candidates; None empties it.

        Parameters
        ----------
        candidates : Candidates or None
            Those that were listed before keep their places; another stands behind the one that
            it follows in the order that was asked for.
        anew : bool
            Forget these places: it is another list.
        """
        self.beginResetModel()
        self._voxels, self._verdicts, self._measures = [], (), {}
        self._used = np.zeros(0, bool)
        if candidates is not None:
            self._voxels = [tuple(one) for one in candidates.index.tolist()]
            self._verdicts = candidates.verdicts
            self._used = candidates.chosen.copy()
            for field in self._fields:
                self._measures[field] = np.asarray(getattr(candidates.measures, field), float)
        if anew:
            self._standing = []
        self._keep_order()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, NaN last whichever way; column -1 is the order of the candidates."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [self._voxels[self._order[one.row()]] for one in before]
        self._sorted_by, self._way = column, order
        self._put_in_order()
        after = [
            self.index(self._rows[voxel], one.column())
            for voxel, one in zip(held, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def _put_in_order(self) -> None:
        """Sort the candidates into rows."""
        self._order = self._sorted()
        self._standing = [self._voxels[one] for one in self._order]
        self._rows = {voxel: row for row, voxel in enumerate(self._standing)}

    def _keep_order(self) -> None:
        """Leave rows where they are; a new one goes behind that which it would follow."""
        if not self._standing:
            self._put_in_order()
            return
        known, before = set(self._standing), None
        for voxel in (self._voxels[one] for one in self._sorted()):
            if voxel not in known:
                at = 0 if before is None else self._standing.index(before) + 1
                self._standing.insert(at, voxel)
            before = voxel
        places = {voxel: place for place, voxel in enumerate(self._voxels)}
        rows = [voxel for voxel in self._standing if voxel in places]
        self._order = np.array([places[voxel] for voxel in rows], dtype=int)
        self._rows = {voxel: row for row, voxel in enumerate(rows)}

    def _sorted(self) -> NDArray[np.intp]:
        """Give the order that was asked for: by a column, or that of the candidates."""
        if self._sorted_by < 0 or not self._voxels:
            return np.arange(len(self._voxels))
        return ordered(self._keys(self._sorted_by), self._way == Qt.SortOrder.DescendingOrder)

    def _keys(self, column: int) -> FloatArray:
        """Give the number that each candidate has in a column."""
        if column >= FIRST_MEASURE:
            return self._measures[self._fields[column - FIRST_MEASURE]]
        if column == USE:
            return 1.0 - self._used
        if column == VOXEL:
            slices_first = np.lexsort(np.array(self._voxels).T)
            return np.argsort(slices_first).astype(float)
        words = [(one != GOOD, len(one), one) for one in self._verdicts]
        rank = {one: place for place, one in enumerate(sorted(set(words)))}
        return np.array([rank[one] for one in words], float)

    def voxel(self, row: int) -> Voxel | None:
        """Voxel in a row; None where there is no such row."""
        return self._voxels[self._order[row]] if 0 <= row < len(self._order) else None

    def row(self, voxel: Voxel | None) -> int:
        """Row of a voxel; -1 where it has none."""
        return -1 if voxel is None else self._rows.get(voxel, -1)

    def used(self, row: int) -> bool:
        """Whether the voxel in a row is ticked."""
        return bool(self._used[self._order[row]])

    def mark(self, voxel: Voxel | None) -> None:
        """Colour the row of one voxel, and no other."""
        before, self._marked = self._marked, voxel
        for row in {self.row(before), self.row(voxel)} - {-1}:
            self.dataChanged.emit(self.index(row, 0), self.index(row, self.columnCount() - 1))

    def paint_with(self, colors: Mapping[str, str]) -> None:
        """Take colours for "good", "against", "saturated" and "mark"."""
        self._colors = {name: QColor(color) for name, color in colors.items()}
        if self._voxels:
            last = self.index(len(self._voxels) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def in_words(self) -> str:
        """Say how many voxels are used, and how many of these are good."""
        used, total = int(self._used.sum()), len(self._used)
        both = zip(self._verdicts, self._used, strict=True)
        good = sum(one == GOOD for one, ticked in both if ticked)
        return f"{used} voxel{'s' * (used != 1)} used of {total}, {good} good"

    def in_brief(self) -> str:
        """Say the same of the voxels that are used: "12 voxels, good"; "" where none is."""
        both = zip(self._verdicts, self._used, strict=True)
        good = [one == GOOD for one, ticked in both if ticked]
        if not good:
            return ""
        told = "good" if all(good) else f"{sum(good)} good"
        return f"{len(good)} voxel{'s' * (len(good) != 1)}, {told}"

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802 (Qt's names)
        """As many rows as candidates."""
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Tick, voxel and verdict, then the measures."""
        return 0 if parent is not None and parent.isValid() else len(self._headers)

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Cells that can be selected, ticks that can be set."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        both = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return both | Qt.ItemFlag.ItemIsUserCheckable if index.column() == USE else both

    def headerData(self, section: int, side: Qt.Orientation, role: int = 0) -> Any:  # noqa: N802
        """Label and explanation of a column."""
        if side != Qt.Orientation.Horizontal or not 0 <= section < len(self._headers):
            return None
        label, meaning = self._headers[section]
        right = section >= FIRST_MEASURE
        across = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        answers: dict[int, Any] = {
            Qt.ItemDataRole.DisplayRole: in_two_lines(label, self._arrow(section)),
            Qt.ItemDataRole.AccessibleTextRole: label,
            Qt.ItemDataRole.ToolTipRole: meaning,
            Qt.ItemDataRole.TextAlignmentRole: across | Qt.AlignmentFlag.AlignVCenter,
        }
        return answers.get(role)

    def _arrow(self, column: int) -> str:
        """Give the sign of the way a column is sorted; of all others nothing."""
        return ARROWS[self._way == Qt.SortOrder.DescendingOrder] * (column == self._sorted_by)

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        """What a cell shows."""
        if not index.isValid():
            return None
        one, column = int(self._order[index.row()]), index.column()
        if role == Qt.ItemDataRole.BackgroundRole and self._voxels[one] == self._marked:
            return self._colors.get("mark")
        if role == Qt.ItemDataRole.TextAlignmentRole and column >= FIRST_MEASURE:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if column == USE:
            return self._tick(one, role)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(one, column)
        return self._verdict(one, role) if column == VERDICT else None

    def setData(self, index: QModelIndex, value: Any, role: int = 2) -> bool:  # noqa: N802
        """Set a tick."""
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != USE:
            return False
        use = Qt.CheckState(value) == Qt.CheckState.Checked
        if use != self.used(index.row()):
            self._used[self._order[index.row()]] = use
            self.dataChanged.emit(index, index)
            self.ticked.emit(self.voxel(index.row()), use)
        return True

    def _tick(self, one: int, role: int) -> Any:
        """Give the tick, and its words for who cannot see it."""
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if self._used[one] else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return "used" if self._used[one] else "not used"
        return None

    def _text(self, one: int, column: int) -> str:
        """Write a voxel, a verdict or a number."""
        if column == VOXEL:
            return str(self._voxels[one])
        if column == VERDICT:
            return ", ".join(self._verdicts[one])
        field = self._fields[column - FIRST_MEASURE]
        return in_digits(field, float(self._measures[field][one]))

    def _verdict(self, one: int, role: int) -> Any:
        """Colour a verdict and explain its words."""
        words = self._verdicts[one]
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(f"{word}: {self._rules.get(word, 'no rule')}" for word in words)
        if role == Qt.ItemDataRole.ForegroundRole:
            name = next((word for word in ("good", "saturated") if word in words), "against")
            return self._colors.get(name)
        return None


def ordered(keys: FloatArray, descending: bool) -> NDArray[np.intp]:
    """Give the order of some numbers: equal ones as they came, NaN last whichever way."""
    ranks = np.unique(keys, return_inverse=True)[1]
    ranks = np.where(np.isnan(keys), len(keys), -ranks if descending else ranks)
    return np.argsort(ranks, kind="stable")


def in_digits(field: str, value: float) -> str:
    """Write a measure with the digits that mean something."""
    if not np.isfinite(value):
        return NO_ANSWER
    if field in DIGITS:
        text = format(value, DIGITS[field])
    elif abs(value) >= 999.5:  # three figures would be an exponent
        text = f"{value:.0f}"
    else:
        text = f"{value:#.3g}".removesuffix(".")
    return text.replace("-", "−")


def in_two_lines(label: str, arrow: str) -> str:
    """Break a label where its halves are most alike, so that columns are narrow."""
    spaces = [place for place, letter in enumerate(label) if letter == " "]
    if not spaces:
        return label + arrow
    half = min(spaces, key=lambda place: abs(2 * place + 1 - len(label)))
    return f"{label[:half]}{arrow}\n{label[half + 1 :]}"
