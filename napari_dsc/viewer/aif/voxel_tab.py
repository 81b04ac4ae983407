"""The table of an AIF's voxels: what is measured of each, what stands against it, its tick."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_dsc.core.types import Candidates
from napari_dsc.viewer.aif.voxel_table_model import LEADING, Voxel, VoxelModel
from napari_dsc.viewer.aif.voxel_table_view import VoxelRows
from napari_dsc.viewer.docks import ticks_of

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["VoxelTable"]

EMPTY = "Draw or propose an artery to see its voxels."
ON_DARK = {"good": "#86d49a", "against": "#ebbd65", "saturated": "#ffada5"}
ON_LIGHT = {"good": "#1c5a2a", "against": "#6a4700", "saturated": "#9c1414"}
MARK = "#ffc83d"  # of the voxel under the cursor, as in the curves
ROWS = """
QTableView {{ background: {background}; alternate-background-color: {stripe}; color: {text};
    selection-color: {text}; border: 0; }}
QTableView::item:selected {{ background: {selected}; }}
QHeaderView::section {{ background: {foreground}; color: {text}; border: 0;
    border-right: 1px solid {background}; padding: 1px 4px; }}
"""


class VoxelTable(QWidget):
    """The voxels of an AIF, to be judged, ticked, and found on the picture.

    Emits `ticked(voxel, use)`, `picked(voxel)` when the user selects a row, and
    `hovered(voxel)` as the mouse moves over the rows, None when it leaves them. Voxels are
    tuples of indices in the file. Filling and highlighting emit nothing.

    Parameters
    ----------
    columns : mapping of str to (str, str)
        Fields of `Measures`, in order: label with unit, and what it is.
    rules : mapping of str to str
        Of each word of a verdict: its rule.

    Attributes
    ----------
    view : VoxelRows
        The rows; its header sorts, and a third click brings back the order of rank.
    model : VoxelModel
        What the rows show.
    note : QLabel
        What to do, while there is no voxel.
    summary : QLabel
        How many voxels are used and good.
    """

    ticked = Signal(tuple, bool)
    picked = Signal(tuple)
    hovered = Signal(object)

    def __init__(self, columns: Mapping[str, tuple[str, str]], rules: Mapping[str, str]) -> None:
        super().__init__()
        self._under: Voxel | None = None
        self.model = VoxelModel(columns, rules)
        self.view = VoxelRows(self.model)
        self.note = QLabel(EMPTY)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.summary = QLabel()
        self.summary.setToolTip("Good: of the voxels that are used.")
        self.view.setAccessibleName("Voxels of the AIF")
        self.view.setAccessibleDescription(LEADING["Use"])
        self.summary.setAccessibleName("Voxels used")
        self.setFocusProxy(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(2)
        for one in (self.note, self.summary, self.view):
            layout.addWidget(one, 0 if one is self.summary else 1)
        self.model.ticked.connect(self._on_tick)
        self.view.picked.connect(lambda row: self.picked.emit(self.model.voxel(row)))
        self.view.hovered.connect(self._on_hover)
        self.show_voxels(None)

    @property
    def selected(self) -> Voxel | None:
        """Voxel of the file whose row is selected."""
        return self.model.voxel(self.view.selected())

    def show_voxels(self, candidates: Candidates | None, *, anew: bool = False) -> None:
        """Fill the table, keeping order, selection and place where the voxels are still there.

        Parameters
        ----------
        candidates : Candidates or None
            Voxels of the file; None, or no voxel at all, shows the note instead.
        anew : bool
            Whether it is another list, such as a new proposal: rows then go where they belong.
        """
        self.view.fill(candidates, anew=anew)
        if self.model.row(self._under) < 0:
            self._under = None
        empty = self.model.rowCount() == 0
        self.note.setVisible(empty)
        for one in (self.summary, self.view):
            one.setVisible(not empty)
        self.summary.setText(self.model.in_words())

    def highlight(self, voxel: Voxel | None) -> None:
        """Mark the row of a voxel and bring it into sight; None marks none."""
        found = None if voxel is None else tuple(map(int, voxel))
        self.model.mark(found)
        if self.model.row(found) >= 0:
            self.view.reveal(self.model.row(found))

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        background, text = theme.background.as_hex(), theme.text.as_hex()
        dark = QColor(background).lightness() <= 127
        self.model.paint_with(
            (ON_DARK if dark else ON_LIGHT)
            | {"mark": mixed(background, MARK, 0.22 if dark else 0.5)}
        )
        foreground, current = theme.foreground.as_hex(), theme.current.as_hex()
        colors = {
            "background": background,
            "foreground": foreground,
            "text": text,
            "stripe": mixed(background, foreground, 0.4),
            "selected": mixed(background, current, 0.5),
        }
        self.view.setStyleSheet(ROWS.format(**colors) + ticks_of(theme))
        for one in (self.note, self.summary):
            one.setStyleSheet(f"color: {text}")

    def _on_tick(self, voxel: Voxel, use: bool) -> None:
        """Count again, and pass on what was ticked."""
        self.summary.setText(self.model.in_words())
        self.ticked.emit(voxel, use)

    def _on_hover(self, row: int) -> None:
        """Pass on the voxel under the mouse, once."""
        voxel = self.model.voxel(row)
        if voxel != self._under:
            self._under = voxel
            self.hovered.emit(voxel)


def mixed(one: str, other: str, share: float) -> str:
    """Colour between two, with this share of the other."""
    pairs = zip(QColor(one).getRgb()[:3], QColor(other).getRgb()[:3], strict=True)
    return QColor(*(round(a + share * (b - a)) for a, b in pairs)).name()
