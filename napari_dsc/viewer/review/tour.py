"""Five cards for the first time: where to begin, and what comes next. They can be switched off."""

import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from magicgui.widgets.bases import ValueWidget
from platformdirs import user_state_path
from qtpy.QtCore import QPoint, QRect, Qt, QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.io.atomic_files import write_json
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.viewer.review.toolbar import Bar

__all__ = ["Card", "Stops", "Tour", "cards", "is_wanted"]

SWITCH = "NAPARI_DSC_TOUR"  # "off": never, for machines that are shown to many
STATE = "tour.json"
WIDE, GAP = 330, 14  # px
FOLLOWED = 200  # ms between two looks where the widget is
STYLE = (
    "QFrame#Card {{ background: {ground}; border: 2px solid {edge}; border-radius: 6px; }}"
    "QFrame#Card QLabel, QFrame#Card QCheckBox {{ color: {ink}; background: transparent; }}"
)
EDGE = "QFrame#Edge { border: 3px solid #ffd23f; border-radius: 4px; background: transparent; }"


class Card(NamedTuple):
    """A step: its title, what to do, and the widget that it is about."""

    title: str
    words: str
    about: Callable[[], QWidget]


class Stops(Protocol):
    """Widgets of the form at which the tour stops."""

    @property
    def series(self) -> ValueWidget[Any]:
        """Which scan."""
        ...

    @property
    def baseline(self) -> ValueWidget[Any]:
        """Its volumes before the bolus."""
        ...

    @property
    def propose(self) -> ValueWidget[Any]:
        """Look for an AIF."""
        ...

    @property
    def compute(self) -> ValueWidget[Any]:
        """Compute the maps."""
        ...


def is_wanted() -> bool:
    """Whether the tour is offered by itself: until somebody switches it off."""
    if os.environ.get(SWITCH, "").lower() == "off":
        return False
    return not (user_state_path("napari-dsc") / STATE).exists()


def switch_off() -> None:
    """Do not offer it again; where nothing can be kept, it is offered again."""
    folder = user_state_path("napari-dsc")
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / STATE, {"tour": False})


class Tour:
    """Shows cards one after the other, beside what they are about.

    Parameters
    ----------
    parent : QWidget
        The panel: the cards lie in its window.
    cards : sequence of Card
        The steps.

    Attributes
    ----------
    at : int or None
        The card on screen, from 0; None: no tour.
    offered : bool
        Whether it may be offered in this window by itself.
    card : QFrame or None
        It.
    next, back, close : QPushButton
        The next card, the one before, the end.
    again : QCheckBox
        Whether the tour is offered the next time.
    """

    def __init__(self, parent: QWidget, cards: Sequence[Card]) -> None:
        self._parent, self._cards = parent, list(cards)
        self.at: int | None = None
        self.offered = True
        self.card: QFrame | None = None
        self._edge: QFrame | None = None
        self._marked = QRect()

    @property
    def pointed(self) -> QRect:
        """What the edge is around, in the window; empty: nothing."""
        return QRect(self._marked)

    def start(self) -> None:
        """Show the first card."""
        self.stop()
        window = self._parent.window()
        if window is None:
            return
        self.card, self._edge = QFrame(window), QFrame(window)
        self.card.setObjectName("Card")
        self._edge.setObjectName("Edge")
        self._edge.setStyleSheet(EDGE)
        self._edge.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.card.setFixedWidth(WIDE)
        ink, ground = window.palette().windowText().color(), window.palette().window().color()
        self.card.setStyleSheet(STYLE.format(ink=ink.name(), ground=ground.name(), edge="#ffd23f"))
        self._fill(self.card)
        following = QTimer(self.card)
        following.timeout.connect(self._follow)
        following.start(FOLLOWED)
        self._show(0)

    def _fill(self, card: QFrame) -> None:
        self.title, self.words = QLabel(), QLabel()
        self.title.setStyleSheet("font-weight: bold;")
        self.words.setWordWrap(True)
        self.again = QCheckBox("Show this at the next start")
        self.again.setChecked(is_wanted())
        self.back, self.next = QPushButton("Back"), QPushButton("Next")
        self.close = QPushButton("Close")
        self.back.clicked.connect(lambda: self._show((self.at or 0) - 1))
        self.next.clicked.connect(self._on_next)
        self.close.clicked.connect(self._on_closed)
        rows = QVBoxLayout(card)
        for one in (self.title, self.words, self.again):
            rows.addWidget(one)
        buttons = QHBoxLayout()
        for button in (self.close, self.back, self.next):
            buttons.addWidget(button)
        rows.addLayout(buttons)

    def _on_closed(self) -> None:
        self.offered = False  # nor with the next scan of this window
        self.stop()

    def _on_next(self) -> None:
        at = (self.at or 0) + 1
        if at < len(self._cards):
            self._show(at)
        else:
            self.stop()

    def _show(self, at: int) -> None:
        if self.card is None or self._edge is None:
            return
        self.at = at
        title, words, about = self._cards[at]
        self.title.setText(f"{at + 1} of {len(self._cards)}: {title}")
        self.words.setText(f"{words}\n\n{RESEARCH_USE}" if at == len(self._cards) - 1 else words)
        self.back.setEnabled(at > 0)
        self.next.setText("Next" if at < len(self._cards) - 1 else "Done")
        self._bring_in_sight(about())
        self._place(about())

    def _bring_in_sight(self, about: QWidget) -> None:
        """Raise the dock of a widget, and scroll to it where it lies below the fold."""
        above = about.parentWidget()
        while above is not None:
            if isinstance(above, QDockWidget):
                above.show()
                above.raise_()
            elif isinstance(above, QScrollArea):
                layout = self._parent.layout()
                if layout is not None:
                    layout.activate()
                above.ensureWidgetVisible(about, 0, GAP)
            elif hasattr(above, "reveal"):
                above.reveal(about)
            above = above.parentWidget()

    def _follow(self) -> None:
        """Stay beside the widget when the window gets another shape, or the form is scrolled."""
        if self.at is None or self.card is None:
            return
        about = self._cards[self.at].about()
        if self._seen(about) == self._marked:
            return
        later = range(self.at + 1, len(self._cards))
        seen = [at for at in later if not self._seen(self._cards[at].about()).isEmpty()]
        if not about.isVisible() and seen:  # it is not scrolled away: its step is closed
            self._show(seen[0])
        else:
            self._place(about)

    def _seen(self, about: QWidget) -> QRect:
        """Part of a widget that is in sight, in the window; empty: nothing is."""
        window = self._parent.window()
        part = about.visibleRegion().boundingRect()
        if window is None or part.isEmpty() or not about.isVisible():
            return QRect()
        return QRect(about.mapTo(window, part.topLeft()), part.size())

    def _place(self, about: QWidget) -> None:
        """Put the card beside a widget, and an edge around what is in sight of it."""
        window = self._parent.window()
        if window is None or self.card is None or self._edge is None:
            return
        self._marked = part = self._seen(about)
        layout = self.card.layout()
        if layout is not None:
            layout.activate()
            self.card.setFixedHeight(layout.totalHeightForWidth(WIDE) + GAP)
        if part.isEmpty():  # it points at nothing: the card stands in the middle
            room = window.rect().size() - self.card.size()
            self._edge.hide()
            self.card.move(room.width() // 2, room.height() // 2)
            self.card.show()
            self.card.raise_()
            return
        corner = part.topLeft()
        self._edge.setGeometry(part.adjusted(-4, -4, 4, 4))
        beside = self._parent if self._parent.isAncestorOf(about) else about  # no label is hidden
        left, below = beside.mapTo(window, QPoint(0, 0)).x() - WIDE - GAP, corner.y()
        if left < 0:  # something wide, as the bar: far below it, for what is found stands next
            left = max(GAP, self._parent.mapTo(window, QPoint(0, 0)).x() - WIDE - GAP)
            below = window.height() - self.card.height() - 3 * GAP
        below = max(0, min(below, window.height() - self.card.height() - GAP))
        self.card.move(left, below)
        for one in (self._edge, self.card):
            one.show()
            one.raise_()

    def stop(self) -> None:
        """Take the cards away; keep whether they are wanted again."""
        if self.card is None or self._edge is None:
            return
        if not self.again.isChecked():
            switch_off()
        else:
            with contextlib.suppress(OSError):
                (user_state_path("napari-dsc") / STATE).unlink(missing_ok=True)
        for one in (self.card, self._edge):
            one.hide()
            one.deleteLater()
        self.card = self._edge = self.at = None


def cards(form: Stops, bar: Bar) -> list[Card]:
    """From a scan to a report, in five steps."""
    return [
        Card(
            "Open a scan",
            "Drag a 4-D NIfTI file or a folder of DICOM into the window, or File > Open Sample > "
            "DSC perfusion > Digital patient. What the file does not say, such as TR, is asked for "
            "here.",
            lambda: form.series.native,
        ),
        Card(
            "Look at the proposals",
            "The brain is a layer that you can paint on. The baseline ends before the bolus: drag "
            "it here or in the curves below.",
            lambda: form.baseline.native,
        ),
        Card(
            "Choose the artery",
            "Press Propose AIF, Draw AIF on the picture, or Shift+click voxels on it. "
            "Hold Q and move over a vessel to see what it would do.",
            lambda: form.propose.native,
        ),
        Card(
            "Compute",
            "All maps in fixed windows, with a reason for every voxel without an answer. With "
            "Live on, every change of the artery becomes maps at once.",
            lambda: form.compute.native,
        ),
        Card(
            "Read",
            "All slices, maps, overlay or single; regions and the other side; volumes of late "
            "tissue; a report with the findings first. Press ? for all keys.",
            lambda: bar,
        ),
    ]
