"""The scans of a cohort as a list: what is doubtful of each, and what a reader has said."""

from collections.abc import Iterable

from psygnal import Signal
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from napari_dsc.cohort.group import GroupScan
from napari_dsc.cohort.order import Ordered
from napari_dsc.cohort.telling import doubts_of, findings_of, redrawn_by
from napari_dsc.cohort.verdicts import ACCEPT, EXCLUDE
from napari_dsc.report.safe_text import plain

__all__ = ["ScanList", "sentences_of", "state_of", "verdict_of"]

HEADS = ("Scan", "State", "Verdict")
SAID = {ACCEPT: "accepted", EXCLUDE: "excluded"}
EARLIER = "The verdict was given on earlier maps: it was computed again since."
NOTHING = "Nothing speaks against this scan."


def state_of(one: GroupScan, ordered: Ordered) -> str:
    """What is to be known of a scan, in a word or two."""
    if not one.done:
        return "failed"
    if doubts_of(one.told):
        return "doubtful"
    return "unlike the others" if one.label in ordered.odd else "as usual"


def verdict_of(one: GroupScan) -> str:
    """What a reader has said of a scan, in a word or two."""
    said = SAID.get(one.verdict, plain(one.verdict))
    return f"{said}, earlier maps" if one.of_earlier_maps else said


def sentences_of(one: GroupScan, ordered: Ordered) -> list[str]:
    """Sentences on a scan: doubts first, then what is unlike, findings, and who has redrawn."""
    told = one.told
    if not one.done:
        return [plain(told.get("reason") or "No reason is known.")]
    found = [*doubts_of(told), *(odd.words for odd in ordered.odd.get(one.label, ()))]
    found = [plain(words) for words in (*found, *findings_of(told))]
    redrawn = redrawn_by(told)
    if redrawn is not None:
        found.append(f"AIF redrawn by reviewer {plain(redrawn)}".rstrip() + ".")
    elif told.get("aif_looked_at") is False:
        found.append("AIF proposed, not looked at when it was computed.")
    if one.of_earlier_maps:
        found.append(EARLIER)
    return list(dict.fromkeys(found)) or [NOTHING]


class ScanList(QTreeWidget):
    """One row for each scan, in the order in which they are looked at.

    Attributes
    ----------
    chosen : SignalInstance
        Emits the label of a row that the user has clicked, or entered.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Scans of the cohort")
        self.setColumnCount(len(HEADS))
        self.setHeaderLabels(list(HEADS))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        head = self.header()
        if head is not None:
            head.setStretchLastSection(True)
            head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._items: dict[str, QTreeWidgetItem] = {}
        self.itemClicked.connect(self._on_item)
        self.itemActivated.connect(self._on_item)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Size that leaves the pictures the most of the window."""
        return QSize(280, 240)

    def fill(self, scans: Iterable[GroupScan], ordered: Ordered) -> None:
        """Show other scans."""
        self.clear()
        self._items = {}
        for one in scans:
            item = QTreeWidgetItem([one.label, "", ""])
            item.setData(0, Qt.ItemDataRole.UserRole, one.label)
            self._items[one.label] = item
            self._say(one, ordered)
        self.addTopLevelItems(list(self._items.values()))

    def refresh(self, scans: Iterable[GroupScan], ordered: Ordered) -> None:
        """Show what has changed of the same scans."""
        for one in scans:
            self._say(one, ordered)

    def _say(self, one: GroupScan, ordered: Ordered) -> None:
        item = self._items[one.label]
        words = (state_of(one, ordered), verdict_of(one))
        for column, text in enumerate(words, 1):
            if item.text(column) != text:
                item.setText(column, text)

    def mark(self, label: str) -> None:
        """Show which scan is on the pictures."""
        item = self._items.get(label)
        if item is not None:
            self.setCurrentItem(item)
            self.scrollToItem(item)

    def words(self, label: str) -> tuple[str, str]:
        """State and verdict of a row, as they are shown."""
        item = self._items[label]
        return item.text(1), item.text(2)

    @property
    def labels(self) -> list[str]:
        """Labels of the rows, from the top."""
        return list(self._items)

    def _on_item(self, item: QTreeWidgetItem) -> None:
        self.chosen.emit(str(item.data(0, Qt.ItemDataRole.UserRole)))
