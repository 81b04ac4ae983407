"""The rail: four steps of which one is open, and a foot that is never scrolled away."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from magicgui.widgets import PushButton
from qtpy.QtCore import QEvent, QSize, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtGui import QFont, QFontMetrics
from qtpy.QtWidgets import (
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.viewer.button_keys import BUTTON_KEYS, give_key, with_key
from napari_dsc.viewer.method_form import Places, scrolling
from napari_dsc.viewer.reading.steps import DOORS, SCAN, STEPS, Standing

__all__ = ["FOLDED", "Rail"]

FOLDED = 44  # px: a column of icons
NARROWEST, WIDEST = 290, 500  # px of the open rail
MARGINS = 18  # px around a block of a step
LINES = 4  # of the status line before it scrolls
UNDO, OPEN, CANCEL = "↶", "«", "✕"
STYLE = """
QPushButton#Step {{ text-align: left; padding: 4px 6px; border-radius: 2px; }}
QPushButton#Step:checked {{ font-weight: bold; }}
QFrame#Foot {{ border-top: 1px solid {edge}; }}
QToolButton#Sign {{ font-size: {size}pt; font-weight: bold; border-radius: 4px; padding: 0; }}
QToolButton#Sign[next="true"] {{ background: {accent}; }}
"""
LEADING = "QPushButton { font-weight: bold; background: %s; padding: 6px 4px; }"


class Head(QPushButton):
    """One line that names a step and its state; cut where it is long, whole in the tooltip."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title, self._state = title, ""
        self.setObjectName("Step")
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.setShortcut(BUTTON_KEYS[title])
        self.say("")

    @property
    def state(self) -> str:
        """How far the step is, in words."""
        return self._state

    def say(self, state: str) -> None:
        """Show how far the step is."""
        self._state = state
        self.setAccessibleDescription(state)
        words = f"{self._title}: {state}" if state else self._title
        self.setToolTip(with_key(words, BUTTON_KEYS[self._title]))
        self._fit()

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Cut the line anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        words = f"{self._title}   {self._state}" if self._state else self._title
        room = max(60, self.width() - 16)
        letters = QFont(self.font())
        letters.setBold(True)  # as those of the open step are
        metrics = QFontMetrics(letters)
        key = self.shortcut()
        self.setText(metrics.elidedText(words, Qt.TextElideMode.ElideRight, room))
        self.setShortcut(key)  # Qt takes it away with the words


class Rail(QWidget):
    """Four steps from the top, and the foot; or, folded, a column of icons.

    Emits `opened(key)` when another step is open, `chosen(key)` when the user has asked for one,
    `folded(on)` when the rail was folded or opened, and `lettered()` when its letters are others:
    it may need another width.

    Parameters
    ----------
    rows : mapping of str to rows
        By the keys of `STEPS`: names of the widgets that stand side by side in a step.
    foot : rows
        Likewise, of the foot.

    Attributes
    ----------
    places : Places
        Where the widgets go.
    heads : dict of str to Head
        A line for each step; a click opens it.
    signs : dict of str to QToolButton
        The icons of the folded rail, by the keys of `STEPS` and the names of primary buttons.
    fold_button : PushButton
        Folds the rail.
    """

    opened = Signal(str)
    chosen = Signal(str)
    folded = Signal(bool)
    lettered = Signal()

    def __init__(
        self, rows: Mapping[str, Sequence[Sequence[str]]], foot: Sequence[Sequence[str]]
    ) -> None:
        super().__init__()
        self.places = Places()
        self.heads = {key: Head(step.title) for key, step in STEPS.items()}
        self.fold_button = give_key(
            PushButton(text="»", tooltip="Fold the steps to icons: more room for pictures."), "Fold"
        )
        self._bodies: dict[str, QScrollArea] = {}
        self._widgets: Mapping[str, QWidget] = {}
        self._step, self._is_folded, self._in_use = SCAN, False, False
        self._standing_back = False
        self._status_room: QScrollArea | None = None
        self._accent = self._edge = "#5a626c"
        self._whole, self._column = QWidget(), QWidget()
        self._build(rows, foot)
        self.signs = self._build_column()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._whole)
        layout.addWidget(self._column)
        self._column.hide()
        self._show_step()

    # -- parts ---------------------------------------------------------------------------------

    def _build(
        self, rows: Mapping[str, Sequence[Sequence[str]]], foot: Sequence[Sequence[str]]
    ) -> None:
        layout = QVBoxLayout(self._whole)
        layout.setContentsMargins(2, 2, 2, 4)
        layout.setSpacing(2)
        for key, head in self.heads.items():
            head.clicked.connect(partial(self._on_asked, key))
            layout.addWidget(head)
            inner = QWidget()
            inside = QVBoxLayout(inner)
            inside.setContentsMargins(4, 2, 4, 6)
            inside.setSpacing(3)
            self.places.add(inside, rows[key])
            inside.addStretch(1)
            self._bodies[key] = scrolling(inner)
            layout.addWidget(self._bodies[key], 1)
        below = QFrame()
        below.setObjectName("Foot")
        self._foot = QVBoxLayout(below)
        self._foot.setContentsMargins(2, 4, 2, 0)
        self._foot.setSpacing(4)
        holder = QWidget()  # of the status line, which scrolls where it is long
        inside = QVBoxLayout(holder)
        inside.setContentsMargins(0, 0, 0, 0)
        self.places.add(inside, foot[:1])
        inside.addStretch(1)
        self._status_room = scrolling(holder)
        self._foot.addWidget(self._status_room)
        self.places.add(self._foot, foot[1:])
        layout.addWidget(below)
        self.fold_button.native.setFixedWidth(34)
        self.fold_button.changed.connect(lambda: self.fold(True))

    def _build_column(self) -> dict[str, QToolButton]:
        layout = QVBoxLayout(self._column)
        layout.setContentsMargins(2, 2, 2, 4)
        layout.setSpacing(4)
        signs: dict[str, QToolButton] = {"open": _sign(OPEN, "Show the steps again")}
        signs["open"].clicked.connect(lambda: self.fold(False))
        layout.addWidget(signs["open"])
        for key, step in STEPS.items():
            signs[key] = _sign(step.number, step.title)
            signs[key].clicked.connect(partial(self._on_asked, key))
            layout.addWidget(signs[key])
        layout.addStretch(1)
        for step in STEPS.values():
            signs[step.primary] = _sign(step.sign, step.title)
            signs[step.primary].clicked.connect(partial(self._press, step.primary))
            layout.addWidget(signs[step.primary])
        for name, sign in (("cancel", CANCEL), ("undo", UNDO)):
            signs[name] = _sign(sign, name.capitalize())
            signs[name].clicked.connect(partial(self._press, name))
            layout.addWidget(signs[name])
        return signs

    # -- what is shown -------------------------------------------------------------------------

    def take(self, widgets: Mapping[str, QWidget]) -> None:
        """Move the widgets of the panel into the steps and the foot."""
        self._in_use = True
        self._widgets = {**widgets, "fold": self.fold_button.native}
        self.places.take(self._widgets)

    @property
    def step(self) -> str:
        """Key of the step that is open."""
        return self._step

    def open_step(self, key: str) -> None:
        """Open a step, and close the one that was open."""
        if key != self._step:
            self._step = key
            self._show_step()
            self.opened.emit(key)

    def _show_step(self) -> None:
        for key, body in self._bodies.items():
            body.setVisible(key == self._step)
            self.heads[key].setChecked(key == self._step)

    def _on_asked(self, key: str) -> None:
        self.fold(False)  # the key of a step opens it also while all are folded
        self.open_step(key)
        self._show_step()  # a click on the open one leaves it open
        self.chosen.emit(key)

    def _press(self, name: str) -> None:
        button = self._widgets.get(name)
        if isinstance(button, QPushButton):
            button.click()

    def reveal(self, widget: QWidget) -> None:
        """Open the rail, and the step that holds a widget."""
        for key, body in self._bodies.items():
            if body.isAncestorOf(widget):
                self.fold(False)
                self.open_step(key)

    @property
    def is_folded(self) -> bool:
        """Whether it is a column of icons."""
        return self._is_folded

    def fold(self, on: bool) -> None:
        """Fold it to a column of icons, or open it."""
        if on == self._is_folded:
            return
        self._is_folded = on
        self._whole.setVisible(not on)
        self._column.setVisible(on)
        self.fit_width()
        self.folded.emit(on)

    def fit_width(self) -> None:
        """Be as wide as what it holds, within bounds."""
        if self._is_folded:
            self.setFixedWidth(FOLDED)
            return
        names = self.places.names
        blocks = [one for name, one in self._widgets.items() if name in names and one.layout()]
        wide = max((one.sizeHint().width() for one in blocks), default=0)
        bar = self._bodies[self._step].verticalScrollBar()
        taken = 0 if bar is None else bar.sizeHint().width()  # seen or not: no step is wider
        self.setFixedWidth(min(WIDEST, max(NARROWEST, wide + taken + MARGINS)))

    def show_standing(self, standing: Standing, lines: Mapping[str, str]) -> None:
        """Show how far each step is, and the buttons that belong to the step and lead on.

        Parameters
        ----------
        standing : Standing
            How far the work has come.
        lines : mapping of str to str
            The state of each step in words, by the keys of `STEPS`.
        """
        for key, words in lines.items():
            if self.heads[key].state != words:
                self.heads[key].say(words)
                title = STEPS[key].title
                self.signs[key].setToolTip(f"{title}: {words}" if words else title)
        shown = [one for one in standing.buttons(self._step) if not self._stands_back(one)]
        for step in STEPS.values():
            name = step.primary
            button, sign = self._widgets.get(name), self.signs[name]
            leads = name == standing.next_button
            sign.setVisible(leads and not self._stands_back(name))
            _mark(sign, leads=leads)
            if not isinstance(button, QPushButton) or not self._in_use:
                continue
            button.setVisible(name in shown)
            style = LEADING % self._accent if leads else ""
            if button.styleSheet() != style:
                button.setStyleSheet(style)
            sign.setEnabled(button.isEnabled())
            sign.setToolTip(
                button.toolTip() if not leads else f"{button.text()}: {button.toolTip()}"
            )
            sign.setAccessibleName(button.text())
        for name in ("cancel", "undo"):
            button = self._widgets.get(name)
            if button is not None:
                self.signs[name].setEnabled(button.isEnabled())
                self.signs[name].setToolTip(button.toolTip())
        self.signs["cancel"].setVisible(self.signs["cancel"].isEnabled())

    def stand_back(self, on: bool) -> None:
        """Show no button of those that stand on the start screen; or show them again."""
        self._standing_back = on
        for name in DOORS:
            button = self._widgets.get(name)
            if button is not None:
                button.setVisible(not on)
        self.signs[STEPS[SCAN].primary].setVisible(not on)

    def _stands_back(self, name: str) -> bool:
        return self._standing_back and name in DOORS

    def release(self) -> None:
        """Give back the looks of the buttons, which go elsewhere."""
        self._in_use = False
        for step in STEPS.values():
            button = self._widgets.get(step.primary)
            if button is not None:
                button.setStyleSheet("")
                button.setVisible(not self._stands_back(step.primary))

    # -- looks ---------------------------------------------------------------------------------

    def follow(self, accent: str, edge: str, size: int) -> None:
        """Take on the colours and the letters of a theme: #rrggbb, and points."""
        self._accent, self._edge = accent, edge
        self.setStyleSheet(STYLE.format(edge=edge, accent=accent, size=size + 3))
        self._fit_status()

    def changeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Keep room for the status line in letters of another size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_status()

    def _fit_status(self) -> None:
        room = self._status_room
        if room is not None:
            room.setFixedHeight(LINES * room.fontMetrics().lineSpacing() + 8)
        self.lettered.emit()

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """As high as there is room, and no higher."""
        return QSize(self.width(), 300)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Heads and foot, and some of the open step."""
        hint = super().minimumSizeHint()
        return QSize(FOLDED if self._is_folded else NARROWEST, min(hint.height(), 420))


def _mark(sign: QToolButton, *, leads: bool) -> None:
    """Have an icon stand out, or not."""
    if sign.property("next") != str(leads).lower():
        sign.setProperty("next", str(leads).lower())
        style = sign.style()
        if style is not None:
            style.unpolish(sign)
            style.polish(sign)


def _sign(text: str, words: str) -> QToolButton:
    button = QToolButton()
    button.setObjectName("Sign")
    button.setText(text)
    button.setToolTip(words)
    button.setAccessibleName(words)
    button.setFixedSize(FOLDED - 4, FOLDED - 6)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


def status_of(widgets: Mapping[str, QWidget]) -> QLabel:
    """The status line among the widgets of the panel."""
    found = widgets["status"]
    if not isinstance(found, QLabel):
        raise TypeError("the status line must be a label.")
    return found
