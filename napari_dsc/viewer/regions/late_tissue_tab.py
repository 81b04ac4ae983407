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
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.core.regions import LateTissue, Mismatch
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.docks import ticks_of

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["LatePage"]

COLUMNS = {
    "Tmax": "Brain voxels whose Tmax is above so many seconds: one that just reaches it does not "
    "count. Only accepted voxels count. Tick to outline them on every picture.",
    "mL": "After cleaning.",
    "as found, mL": "Every accepted voxel, before cleaning.",
    "specks, mL": "Removed: pieces smaller than the size beside.",
    "holes, mL": "Filled: gaps of a slice that are enclosed, up to the same size.",
    "pieces": "That share no face.",
    "spread, mL": "Over SVD thresholds and single AIF voxels, as found by the workshop's studies "
    "(as found, without cleaning), once Sensitivity or Threshold has run there on these maps.",
}
LINES = {4.0: ", dotted", 6.0: ", solid", 8.0: ", dashed", 10.0: ", sparse"}  # its outline
SIDE, ROW = 210, 22  # px
NOTHING = "Compute first: there is no Tmax."
RULE = "Accepted voxels of the brain with Tmax above the limit; HIR = V(> 10 s) / V(> 6 s)."


class LatePage(QWidget):
    """Volumes, ticks that outline them, and a core that somebody may load.

    Attributes
    ----------
    smallest : FloatSpinBox
        mL: smaller pieces are removed, holes up to it filled.
    clean : CheckBox
        Whether that is done.
    layers, load_core : PushButton
        Outlines as layers of their own; a mask of what is taken as core.
    table : QTableWidget
        A row for each limit.
    note, core : QLabel
        The rule and the HIR; core and mismatch, once a core was loaded.
    """

    changed = Signal()
    ticked = Signal(float, bool)

    def __init__(self) -> None:
        super().__init__()
        self._limits: list[float] = []
        self.clean = CheckBox(
            value=True, text="Clean", tooltip="Remove specks, and fill holes within a slice."
        )
        self.smallest = FloatSpinBox(
            value=1.0,
            min=0.0,
            max=50.0,
            step=0.1,
            tooltip="mL. Pieces below are specks, enclosed gaps up to it are holes.",
        )
        self.layers = give_key(
            PushButton(
                text="As layers", tooltip="A labels layer for each limit, to keep or to save."
            )
        )
        self.load_core = PushButton(
            text="Load core mask …",
            tooltip="A NIfTI mask on the scan's grid of what you take as the core, such as a "
            "lesion on diffusion: then mismatch volume and ratio are told. Tmax alone tells none "
            "(Shift-E).",
        )
        self.note, self.core = QLabel(NOTHING), QLabel()
        self.note.setWordWrap(True)
        self.core.setWordWrap(True)
        self.table = self._table()
        self.clean.changed.connect(self._on_changed)
        self.smallest.changed.connect(self._on_changed)
        self._lay_out()

    def _table(self) -> QTableWidget:
        table = QTableWidget(0, len(COLUMNS))
        table.setHorizontalHeaderLabels(list(COLUMNS))
        for at, words in enumerate(COLUMNS.values()):
            if (heading := table.horizontalHeaderItem(at)) is not None:
                heading.setToolTip(words)
        if (across := table.horizontalHeader()) is not None:
            across.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        if (down := table.verticalHeader()) is not None:
            down.setVisible(False)
            down.setDefaultSectionSize(ROW)
        table.itemChanged.connect(self._on_ticked)
        return table

    def _lay_out(self) -> None:
        side = QWidget()
        side.setFixedWidth(SIDE)
        left = QVBoxLayout(side)
        left.setSpacing(3)
        row = QHBoxLayout()
        for one in (self.clean, self.smallest):
            row.addWidget(one.native)
        row.addWidget(QLabel("mL"))
        left.addLayout(row)
        for button in (self.layers, self.load_core):
            left.addWidget(button.native)
        left.addStretch(1)
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
        ratios: tuple[float, float],
        spread: Mapping[float, str],
    ) -> None:
        """Show volumes, and HIR cleaned and as found; nothing found: there is no Tmax."""
        ticked = self.ticks
        before = self.table.blockSignals(True)
        self._limits = [one.above for one in found]
        self.table.setRowCount(len(found))
        for at, one in enumerate(found):
            words = (
                f"> {one.above:g} s{LINES.get(one.above, '')}",
                *map(_mL, (one.cleaned, one.raw, one.specks, one.holes)),
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
                self.table.setItem(at, column, item)
        self.table.blockSignals(before)
        told = f"HIR {_ratio(ratios[0])}; as found {_ratio(ratios[1])}. "
        self.note.setText(f"{told}{RULE}" if found else NOTHING)
        self.layers.enabled = self.load_core.enabled = bool(found)

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
        if found is None:
            self.core.setText("")
            return
        self.core.setText(
            f"Core mask {name}: {_mL(found.core)} mL. Penumbra, Tmax > 6 s outside it (mismatch): "
            f"{_mL(found.volume)} mL. Mismatch ratio, Tmax > 6 s over core: {_ratio(found.ratio)}."
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

    def _on_changed(self, _value: object) -> None:
        self.changed.emit()

    def _on_ticked(self, item: QTableWidgetItem) -> None:
        if item.column() == 0 and item.row() < len(self._limits):
            on = item.checkState() == Qt.CheckState.Checked
            self.ticked.emit(self._limits[item.row()], on)


def _mL(volume: float) -> str:  # noqa: N802 (the unit's own letters)
    return f"{volume:.1f}" if np.isfinite(volume) else "–"


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if np.isfinite(ratio) else "–"
