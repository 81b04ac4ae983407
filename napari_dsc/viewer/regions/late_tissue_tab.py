"""The page of late tissue: volumes over Tmax, how they were cleaned, and how sure they are."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from magicgui.widgets import CheckBox, FloatSpinBox, PushButton
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.core.defaults import FILL_HOLES, SMALLEST_LATE
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.regions import (
    HIR,
    LATE,
    Cleaning,
    LateTissue,
    LateVolumes,
    Mismatch,
    as_told,
    ratio_words,
    volume_words,
)
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.docks import LOW, as_wide_as_words, ticks_of

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["LatePage"]

COLUMNS = {
    "Tmax": "Brain voxels whose Tmax is above so many seconds: one that just reaches it does not "
    "count. Only accepted voxels count. Tick to outline them on every picture, by a line that is "
    "solid, dotted, dashed or sparse. Above 4 s noise and healthy tissue count too.",
    "volume, mL": "After cleaning: what bar, picture, report and files tell. Click for the slice "
    "that holds most.",
    "before cleaning, mL": "Every accepted voxel, however small its piece.",
    "left out, mL": "Removed by cleaning: pieces smaller than the size at the left. Point at a "
    "number for its voxels.",
    "filled, mL": "Added by cleaning: gaps that late tissue encloses within a slice, up to the "
    "same size. Point at a number for its voxels.",
    "pieces": "Separate pieces after cleaning: they touch by no face of a voxel.",
    "range, mL": "Smallest to largest volume, before cleaning, when the AIF's voxels or the SVD "
    "threshold are others. Empty until Sensitivity or Threshold of the AIF workshop has run on "
    "these maps.",
}
LINES = {4.0: ", dotted", 6.0: ", solid", 8.0: ", dashed", 10.0: ", sparse"}  # its outline
SIDE, ROW = 250, 20  # px
LARGEST = 5000.0  # mL: more than a head
NOTHING = "No Tmax yet: press Compute, with a deconvolution method."
RULE = "Accepted voxels of the brain with Tmax above the limit."


class LatePage(QWidget):
    """Volumes, ticks that outline them, and a core that somebody may load.

    Attributes
    ----------
    clean : CheckBox
        Whether small pieces are left out.
    smallest : FloatSpinBox
        Which are, mL.
    fill : CheckBox
        Whether enclosed gaps up to that size are filled; only where small pieces are left out.
    layers, load_core : PushButton
        Outlines as layers of their own; a mask of what is taken as core.
    table : QTableWidget
        A row for each limit.
    note, core : QLabel
        The rule and the HIR; core and mismatch, once a core was loaded.
    """

    changed = Signal()  # it has come into sight
    cleaned = Signal()  # somebody wants it cleaned otherwise
    ticked = Signal(float, bool)
    asked = Signal(float)  # limit of a row that was clicked beside its tick

    def __init__(self) -> None:
        super().__init__()
        self._limits: list[float] = []
        self.clean = CheckBox(
            value=True,
            text="Leave out pieces below",
            tooltip="Late tissue in small pieces is mostly noise: it counts in no volume. Off: "
            "every accepted voxel counts, and nothing is filled. Undo takes a change back.",
        )
        self.smallest = FloatSpinBox(
            value=SMALLEST_LATE,
            min=0.0,
            max=LARGEST,
            step=0.1,
            tooltip="mL of a piece, over all slices, and of a gap within one slice.",
        )
        self.fill = CheckBox(
            value=FILL_HOLES,
            text="Fill gaps up to that size",
            tooltip="Brain that late tissue encloses within a slice is counted as late, up to the "
            "size above; a larger gap stays. Undo takes a change back.",
        )
        self.layers = give_key(
            PushButton(
                text="As layers", tooltip="A mask for each limit, as a layer to keep or to save."
            )
        )
        self.load_core = PushButton(
            text="Load core mask …",
            tooltip="A NIfTI mask on the scan's grid of what you take as the core, such as a "
            "lesion on diffusion: then mismatch volume and ratio are told. Tmax alone tells none "
            "(Shift+E).",
        )
        self.note, self.core = QLabel(NOTHING), QLabel()
        self.note.setWordWrap(True)
        self.core.setWordWrap(True)
        self.core.hide()  # none was loaded: the room is the table's
        self.table = self._table()
        for one in (self.clean, self.smallest, self.fill):
            one.changed.connect(self._on_cleaning)
        self._lay_out()

    def _table(self) -> QTableWidget:
        table = QTableWidget(0, len(COLUMNS))
        table.setHorizontalHeaderLabels(list(COLUMNS))
        for at, words in enumerate(COLUMNS.values()):
            if (heading := table.horizontalHeaderItem(at)) is not None:
                heading.setToolTip(words)
        if (across := table.horizontalHeader()) is not None:
            across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        # As high as the page leaves it: the words below are in sight.
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        if (down := table.verticalHeader()) is not None:
            down.setVisible(False)
            down.setDefaultSectionSize(ROW)
        table.itemChanged.connect(self._on_ticked)
        table.cellClicked.connect(self._on_clicked)
        return table

    def _lay_out(self) -> None:
        side = QWidget()
        as_wide_as_words(side, SIDE)
        left = QVBoxLayout(side)
        left.setSpacing(3)
        left.addWidget(self.clean.native)
        row = QHBoxLayout()
        row.setContentsMargins(22, 0, 0, 0)  # below the words of its box
        row.addWidget(self.smallest.native, 1)
        row.addWidget(QLabel("mL"))
        left.addLayout(row)
        left.addWidget(self.fill.native)
        for button in (self.layers, self.load_core):
            left.addWidget(button.native)
        left.addStretch(1)
        side.setStyleSheet(LOW)
        right = QVBoxLayout()
        right.addWidget(self.table, 1)
        right.addWidget(self.note)
        right.addWidget(self.core)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(side)
        layout.addLayout(right, 1)

    def show_late(
        self,
        found: Sequence[LateTissue],
        told: LateVolumes | None,
        spread: Mapping[float, str],
    ) -> None:
        """Show volumes, and HIR; nothing found: there is no Tmax."""
        ticked = self.ticks
        before = self.table.blockSignals(True)
        rows = as_told(found)
        self._limits = [one.above for one in rows]
        self.table.setRowCount(len(rows))
        for at, one in enumerate(rows):
            counts = {
                3: f"{voxel_words(one.removed)} left out",
                4: f"{voxel_words(one.filled)} filled",
            }
            words = (
                f"> {one.above:g} s{LINES.get(one.above, '')}",
                *map(volume_words, (one.cleaned, one.raw, one.specks, one.holes)),
                str(one.components),
                spread.get(one.above, ""),
            )
            for column, text in enumerate(words):
                item = QTableWidgetItem(text)
                flags = Qt.ItemFlag.ItemIsEnabled
                if column == 0:
                    flags |= Qt.ItemFlag.ItemIsUserCheckable
                    on = one.above in ticked
                    item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
                item.setFlags(flags)
                item.setToolTip(counts.get(column, ""))
                if at == 0 and not (told is not None and told.tmax_by):  # what is asked for
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self.table.setItem(at, column, item)
        self.table.blockSignals(before)
        self.note.setText(_note(rows, told) if rows else NOTHING)
        self.layers.enabled = self.load_core.enabled = bool(found)

    @property
    def cleaning(self) -> Cleaning:
        """How the form has it cleaned."""
        clean = bool(self.clean.value)
        smallest = float(self.smallest.value) if clean else 0.0
        return Cleaning(smallest=smallest, fill_holes=clean and bool(self.fill.value))

    def show_cleaning(self, cleaning: Cleaning) -> None:
        """Show how late tissue of a scan is cleaned; nobody has changed anything."""
        if cleaning != self.cleaning:
            clean = cleaning.smallest > 0
            with (
                self.clean.changed.blocked(),
                self.smallest.changed.blocked(),
                self.fill.changed.blocked(),
            ):
                self.clean.value = clean
                if clean:
                    self.smallest.value = cleaning.smallest
                    self.fill.value = cleaning.fill_holes
        self._allow()

    def _allow(self) -> None:
        """Sizes and gaps are of no use where every voxel counts."""
        self.smallest.enabled = self.fill.enabled = bool(self.clean.value)

    @property
    def ticks(self) -> set[float]:
        """Limits that are outlined, s."""
        return {
            limit
            for at, limit in enumerate(self._limits)
            if (item := self.table.item(at, 0)) is not None
            and item.checkState() == Qt.CheckState.Checked
        }

    def tick(self, limit: float, on: bool) -> None:
        """Outline a limit, or not."""
        item = self.table.item(self._limits.index(limit), 0)
        if item is not None:
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)

    def show_core(self, found: Mismatch | None, name: str = "") -> None:
        """Tell core and mismatch; None: no core was loaded."""
        self.core.setVisible(found is not None)
        if found is None:
            self.core.setText("")
            return
        core, volume = volume_words(found.core), volume_words(found.volume)
        self.core.setText(
            f"Core mask {name}: {core} mL. Penumbra, Tmax > 6 s outside it (mismatch): {volume} "
            f"mL. Mismatch ratio, Tmax > 6 s over core: {ratio_words(found.ratio)}."
        )

    def say(self, words: str) -> None:
        """Say something below the table."""
        self.note.setText(words)

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        self.table.setStyleSheet(ticks_of(theme))

    def showEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Be up to date when it comes into sight."""
        super().showEvent(event)
        self.changed.emit()

    def _on_cleaning(self, _value: object) -> None:
        self._allow()
        self.cleaned.emit()

    def _on_ticked(self, item: QTableWidgetItem) -> None:
        if item.column() == 0 and item.row() < len(self._limits):
            on = item.checkState() == Qt.CheckState.Checked
            self.ticked.emit(self._limits[item.row()], on)

    def _on_clicked(self, row: int, column: int) -> None:
        """A click on a number shows where it was measured."""
        if column > 0 and row < len(self._limits):
            self.asked.emit(self._limits[row])


def _note(rows: Sequence[LateTissue], told: LateVolumes | None) -> str:
    """The ratio, what cleaning has done to what is told first, and the rule."""
    if told is None:
        return RULE
    first = rows[0]
    done = f"Of Tmax > {LATE:g} s cleaning left out {voxel_words(first.removed)}"
    done += f" and filled {first.filled:,}." if told.cleaning.fill_holes else "."
    limits = told.limits_words
    words = [f"{limits[:1].upper()}{limits[1:]}."] if limits else []
    words += [f"{HIR} {told.ratio_words}."]
    words += [done] if told.cleaning.smallest and np.isfinite(first.raw) else []
    words += [] if told.cleaning.smallest else [f"{told.cleaning_words.capitalize()}."]
    words += [f"{told.uncounted_words[:1].upper()}{told.uncounted_words[1:]}."] * bool(
        told.uncounted
    )
    return " ".join([*words, RULE])
