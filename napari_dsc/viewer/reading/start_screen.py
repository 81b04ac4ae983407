"""Start screen on the empty canvas of the program's own window: the ways to begin."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magicgui.widgets import PushButton
from qtpy.QtCore import QEvent, QObject, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QVBoxLayout,
)

from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.viewer.button_keys import BUTTON_KEYS, give_key, with_key
from napari_dsc.viewer.reading.recent_scans import MOST, forget_scans, recent_scans, told_apart

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["StartScreen"]

WIDE = 460  # px at least
STYLE = """
QFrame#Start {{ background: {ground}; border: 1px solid {edge}; border-radius: 8px; }}
QFrame#Start QLabel {{ background: transparent; }}
QLabel#Title {{ font-size: {size}pt; font-weight: bold; }}
QListWidget {{ background: transparent; border: 0; }}
QFrame#Start QPushButton {{ padding: 8px; }}
"""


class StartScreen(QFrame):
    """Buttons that open something, and the last scans; hidden as soon as there is a layer.

    Parameters
    ----------
    viewer : Viewer
        Whose layers.
    window : QMainWindow
        It stands in the middle of its pictures.
    ask_scan, ask_record, ask_cohort : callable
        Ask for a scan, for a record, or for the results of a cohort, and open it.
    open_scan : callable
        Opens the scan of a path.
    open_patient : callable
        Opens a digital patient: "stroke" or "tumour".

    Attributes
    ----------
    scan, record, cohort, stroke, tumour, forget : PushButton
        Open a scan, a record, a cohort, a digital patient; forget the last scans.
    kept_away : bool
        Whether it stays away although there is no layer: a scan of a cohort has no maps.
    recent : QListWidget
        The last scans; a click, or Enter, opens one.
    shown : Signal
        Emits True when it comes into sight, and False when it goes.
    """

    shown = Signal(bool)

    def __init__(
        self,
        viewer: "Viewer",
        window: QMainWindow,
        ask_scan: Callable[[], object],
        ask_record: Callable[[], object],
        open_scan: Callable[[Path], object],
        open_patient: Callable[[str], object],
        ask_cohort: Callable[[], object],
    ) -> None:
        super().__init__(window.centralWidget())
        self._viewer, self._open_scan = viewer, open_scan
        self.kept_away = False
        self.setObjectName("Start")
        self.setMinimumWidth(WIDE)  # wider in large letters
        self.scan = _button("Open scan …", "A 4-D NIfTI file, or a folder of DICOM images.")
        self.record = _button("Open record …", "The record.json of earlier maps, and its scan.")
        self.cohort = _button(
            "Open cohort …", "Review the results of many scans: the folder of `napari-dsc cohort`."
        )
        self.stroke = _button("Digital patient: stroke", "A scan without a person, to try it on.")
        self.tumour = _button("Digital patient: tumour", "Likewise, with a glioma.")
        self.forget = _button("Forget these", "Keep no list of the last scans; the files stay.")
        self._title, self._last = QLabel("DSC perfusion"), QLabel("Last scans")
        self._title.setObjectName("Title")
        self._hint = QLabel("Or drag a file or a folder into the window.")
        self.recent = QListWidget()
        self.recent.setAccessibleName("Last scans")
        self.recent.itemActivated.connect(self._on_item)
        self.recent.itemClicked.connect(self._on_item)
        use = QLabel(RESEARCH_USE)
        use.setWordWrap(True)
        for one in (self._title, self._hint, use):
            one.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 18, 24, 18)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        grid = QGridLayout()
        for at, button in enumerate((self.scan, self.record, self.stroke, self.tumour)):
            grid.addWidget(button.native, at // 2, at % 2)
        grid.addWidget(self.cohort.native, 2, 0, 1, 2)
        layout.addLayout(grid)
        for widget in (self._hint, self._last, self.recent, self.forget.native, use):
            layout.addWidget(widget)
        self.scan.changed.connect(ask_scan)
        self.record.changed.connect(ask_record)
        self.cohort.changed.connect(ask_cohort)
        self.stroke.changed.connect(lambda: open_patient("stroke"))
        self.tumour.changed.connect(lambda: open_patient("tumour"))
        self.forget.changed.connect(self._on_forget)
        viewer.layers.events.inserted.connect(self.refresh)
        viewer.layers.events.removed.connect(self.refresh)
        viewer.events.theme.connect(self._follow_theme)
        self._follow_theme()
        middle = window.centralWidget()
        if middle is not None:
            middle.installEventFilter(self)
        self.refresh()

    def refresh(self, _event: Any = None) -> None:
        """Be there while there is no layer, with the scans that were opened last."""
        if self._viewer.layers or self.kept_away:
            self.hide()
            self.shown.emit(False)
            return
        paths = recent_scans()
        self.recent.clear()
        for path, name in zip(paths, told_apart(paths), strict=True):
            item = QListWidgetItem(name)
            item.setToolTip(str(path))
            item.setData(Qt.ItemDataRole.UserRole, str(path))
            self.recent.addItem(item)
        for one in (self._last, self.recent, self.forget.native):
            one.setVisible(bool(paths))
        row = self.recent.sizeHintForRow(0) if paths else 0
        self.recent.setFixedHeight(min(len(paths), MOST) * max(row, 1) + 6)
        self.show()
        self._centre()
        self.shown.emit(True)

    def _on_item(self, item: QListWidgetItem) -> None:
        self._open_scan(Path(item.data(Qt.ItemDataRole.UserRole)))

    def _on_forget(self) -> None:
        forget_scans()
        self.refresh()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Stay in the middle of the pictures."""
        if event is not None and event.type() == QEvent.Type.Resize and self.isVisible():
            self._centre()
        return super().eventFilter(watched, event)

    def _centre(self) -> None:
        room = self.parentWidget()
        if room is None:
            return
        self.adjustSize()
        gap = room.rect().center() - self.rect().center()
        self.move(max(0, gap.x()), max(0, gap.y()))
        self.raise_()

    def _follow_theme(self, _event: Any = None) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(self._viewer.theme)
        size = int(str(theme.font_size).removesuffix("pt") or 12) + 6
        ground, edge = theme.background.as_hex(), theme.foreground.as_hex()
        self.setStyleSheet(STYLE.format(ground=ground, edge=edge, size=size))


def _button(text: str, tooltip: str) -> PushButton:
    """A button that states its key; where another button has that key, the key presses that."""
    if text in ("Open scan …", "Open record …", "Open cohort …"):
        return PushButton(text=text, tooltip=with_key(tooltip, BUTTON_KEYS[text]))
    return give_key(PushButton(text=text, tooltip=tooltip))
