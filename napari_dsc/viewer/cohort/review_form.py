"""Widgets of the review of a cohort, and where they stand in its dock."""

from collections.abc import Sequence

from magicgui.widgets import PushButton
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.cohort.group import GroupScan
from napari_dsc.cohort.order import Ordered
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.cohort.scan_list import ScanList, sentences_of
from napari_dsc.viewer.method_form import scrolling

__all__ = ["WIDE", "ReviewForm"]

WIDE, HIGH = 300, 64  # px of the dock, and of the list and the sentences at least
LEAST = 40  # px of what scrolls
EMPTY = "Open the results of a cohort: the folder that `napari-dsc cohort` has written (F2)."


class ReviewForm(QWidget):
    """The list of scans, sentences on the one at hand, note, code and buttons.

    Attributes
    ----------
    list : ScanList
        The scans, the doubtful first.
    count, status : QLabel
        How many have a verdict; what was done, or cannot be.
    words : QPlainTextEdit
        What is to be known of the scan on screen.
    note, code : QLineEdit
        Words of the reader on it, and the reader's code.
    previous, next, accept, exclude, keep_note, redraw, save, folder : PushButton
        What can be done.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Cohort review")
        self.count, self.status = QLabel(EMPTY), QLabel()
        self.list = ScanList()
        self.list.setMinimumHeight(HIGH)
        self.words = QPlainTextEdit()
        self.words.setReadOnly(True)
        self.words.setMinimumHeight(HIGH)
        self.words.setAccessibleName("What is to be known of this scan")
        self.words.setTabChangesFocus(True)
        self.note, self.code = QLineEdit(), QLineEdit()
        self.note.setPlaceholderText("Note on this scan")
        self.note.setToolTip("It is kept with a verdict, or alone by Enter, in review.tsv.")
        self.code.setPlaceholderText("Your code, such as R1; may stay empty")
        self.code.setToolTip(
            "It stands beside your verdicts in review.tsv, and on an AIF that you redraw. Choose "
            "one that names nobody."
        )
        self.previous = _button("Previous scan", "The scan above in the list.")
        self.next = _button("Next scan", "The scan below in the list: it is read ahead.")
        self.accept = _button("Accept", "These maps count. On to the next scan without a verdict.")
        self.exclude = _button(
            "Exclude", "This scan leaves the table of the group. On to the next one."
        )
        self.keep_note = _button("Keep note", "Keep the note without a verdict.")
        self.redraw = _button(
            "Redraw AIF", "An empty AIF, with the brush down: the maps follow what you draw."
        )
        self.save = _button(
            "Save redrawn AIF",
            "The maps on screen take the place of this scan's. Record, log and table say that a "
            "reviewer has redrawn its AIF, and later runs of the cohort keep it.",
        )
        self.folder = _button(
            "Folder of scans …", "Where the scans of this cohort lie, if they were moved."
        )
        self._lay_out()

    def _lay_out(self) -> None:
        for label in (self.count, self.status):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        upper = QWidget()  # it scrolls where there is little room: the buttons stay
        rest = QVBoxLayout(upper)
        rest.setContentsMargins(0, 0, 0, 0)
        rest.setSpacing(4)
        rest.addWidget(self.count)
        rest.addWidget(self.list, 3)
        rest.addWidget(self.words, 1)
        rest.addWidget(self.note)
        rest.addWidget(self.code)
        area = scrolling(upper)
        area.setMinimumHeight(LEAST)
        layout.addWidget(area, 1)
        grid = QGridLayout()
        grid.setSpacing(4)
        rows: tuple[tuple[PushButton, ...], ...] = (
            (self.previous, self.next),
            (self.accept, self.exclude),
            (self.redraw, self.save),
            (self.keep_note, self.folder),
        )
        for row, buttons in enumerate(rows):
            for column, button in enumerate(buttons):
                grid.addWidget(button.native, row, column)
        layout.addLayout(grid)
        layout.addWidget(self.status)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Width that leaves the pictures the most of the window."""
        return QSize(WIDE, super().sizeHint().height())

    def say(self, words: str) -> None:
        """Say something to the reader."""
        self.status.setText(words)

    def show_count(self, scans: Sequence[GroupScan]) -> None:
        """Say how far the review has come."""
        judged = sum(bool(one.verdict) and not one.of_earlier_maps for one in scans)
        self.count.setText(f"{len(scans)} scans, {judged} with a verdict. The doubtful come first.")

    def tell(self, one: GroupScan, ordered: Ordered) -> None:
        """Show what is to be known of a scan, and the note on it."""
        self.words.setPlainText("\n".join([one.label, *sentences_of(one, ordered)]))
        self.note.setText(one.note)


def _button(text: str, tooltip: str) -> PushButton:
    return give_key(PushButton(text=text, tooltip=tooltip))
