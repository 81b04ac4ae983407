"""The verdict above the pictures: whether the maps can be believed, and what leads on."""

from collections.abc import Sequence
from typing import Any

from magicgui.widgets import PushButton
from qtpy.QtCore import QEvent, Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_dsc.core.plausibility import DOUBTFUL, OF_ARTERY, UNSEEN_KEY, Finding
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.review.toolbar import Bar

__all__ = ["PRESS", "RELATIVE", "TIMES", "Top", "VerdictBar"]

HEIGHT = 24  # px of a button: a thin bar
MARGINS, GAP = (8, 2, 4, 2), 6  # px
COLOURS = {  # ground and letters
    "good": ("#1e6b3a", "#ffffff"),
    "doubtful": ("#f2c94c", "#1a1a1a"),
    "older": ("#5a5f66", "#ffffff"),
}
STYLE = """
#Verdict {{ background: {ground}; border-radius: 3px; }}
#Verdict QLabel {{ background: transparent; color: {letters}; font-weight: 600; }}
#Verdict QLabel:hover, #Verdict QLabel:focus {{ text-decoration: underline; }}
#Verdict QPushButton {{ background: {letters}; color: {ground}; border-radius: 3px;
    padding: 1px 8px; min-height: 18px; }}
"""
MORE, RELATIVE, TIMES = "More", "Relative maps", "Other times"  # buttons whose words change
PRESS = "Press for the voxels of the AIF."
OLDER = "Of the earlier maps: "
OF_HEIGHT = ("cbv", "cbf")  # findings that a vein, or a ratio, helps against


class Line(QLabel):
    """A sentence that leads to what it speaks of when it is pressed; by Enter too.

    Emits `resized()` when its width is another, and `pressed()` when it was pressed and let go.
    """

    resized, pressed = Signal(), Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def mouseReleaseEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """A press that ends elsewhere is none."""
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.pressed.emit()

    def mousePressEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Wait for the release; nobody else takes the press."""
        event.accept()

    def keyPressEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Enter presses it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Its room has changed: also when a button beside it comes or goes."""
        super().resizeEvent(event)
        self.resized.emit()


class VerdictBar(QFrame):
    """One line, green or yellow, which never waits for an answer.

    Attributes
    ----------
    label : Line
        The sentences: as many as there is room for, or all. Pressed, they lead to the voxels.
    voxels, propose, scale, relative : PushButton
        Lead to the voxels of the AIF, to a proposal, to a vein that the AIF is scaled to, and to
        relative maps.
    times : PushButton
        Has Tmax and delay told by another method, which is right for a narrow artery.
    more : PushButton
        Show every sentence, or the first line again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Verdict")
        self._sentences: tuple[str, ...] = ()
        self._to_do: tuple[str, ...] = ()  # the same, each with what to do about it
        self._state: Any = None
        self.label = Line()
        self.label.resized.connect(self._fill)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.label.setMinimumWidth(60)
        self.voxels = _button("Voxels", "The voxels of the AIF, and the objections to each.")
        self.propose = _button("Propose", "Look for arterial voxels in the brain.")
        self.scale = _button(
            "Scale to vein",
            "Look for a large vein: the area of the AIF is scaled to it at the next Compute.",
        )
        self.relative = _button(RELATIVE, "CBV and CBF over normal white matter, or not.")
        self.times = _button(TIMES, "Tmax and delay by another deconvolution, at the next Compute.")
        self.more = _button(MORE, "Every sentence, and what to do about it.")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(*MARGINS)
        layout.setSpacing(GAP)
        layout.addWidget(self.label, 1)
        self._buttons = (
            *(self.more, self.voxels, self.propose),
            *(self.scale, self.relative, self.times),
        )
        for one in self._buttons:
            one.native.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            one.native.setMaximumHeight(HEIGHT)
            layout.addWidget(one.native, 0, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.more.changed.connect(self._on_more)
        self.hide()

    @property
    def sentences(self) -> tuple[str, ...]:
        """What it has to say, the verdict on the AIF first."""
        return self._sentences

    @property
    def whole(self) -> bool:
        """Whether every sentence is on screen."""
        return self.label.wordWrap()

    @property
    def legible_width(self) -> int:
        """Width at which its first sentence is read whole, beside its buttons: px."""
        words = self._to_do[0] if self.whole and self._to_do else "".join(self._sentences[:1])
        seen: list[int] = [
            one.native.sizeHint().width() + GAP for one in self._buttons if one.visible
        ]
        letters: int = self.label.fontMetrics().horizontalAdvance(words)
        return sum(MARGINS[::2]) + letters + sum(seen)

    def show_verdict(
        self,
        findings: Sequence[Finding],
        *,
        older: bool = False,
        relative: str = "",
        times: tuple[str, str] = ("", ""),
    ) -> None:
        """Show what was found of the maps on screen.

        Parameters
        ----------
        findings : sequence of Finding
            Of the last run; none: there are no maps, and the bar is not seen.
        older : bool
            Whether the maps are older than what is on screen.
        relative : str
            What the button of relative maps does now; empty: it is not offered.
        times : tuple of str
            The method that tells Tmax and delay better for this artery, and how well; empty: none.
        """
        state = (tuple(findings), older, relative, times)
        if state == self._state:
            return  # it is asked at every gesture
        self._state = state
        doubtful = {one.key for one in findings if one.level == DOUBTFUL}
        kind = "older" if older else "doubtful" if doubtful else "good"
        ground, letters = COLOURS[kind]
        self.setStyleSheet(STYLE.format(ground=ground, letters=letters))
        first = OLDER if older else ""
        self._sentences = tuple(
            f"{first if not at else ''}{one.words}" for at, one in enumerate(findings)
        )
        self._to_do = tuple(
            f"{words} To do: {one.remedy}" if one.remedy else words
            for words, one in zip(self._sentences, findings, strict=True)
        )
        self.label.setToolTip("\n".join((*self._to_do, PRESS)))
        self.label.setWordWrap(False)
        self.voxels.visible = bool(doubtful & {*OF_ARTERY, UNSEEN_KEY})
        self.propose.visible = bool(doubtful & {*OF_ARTERY, *OF_HEIGHT})
        self.scale.visible = bool(doubtful & set(OF_HEIGHT))
        self.relative.visible = bool(relative)
        _say(self.relative, relative or RELATIVE)
        method, words = times
        self.times.visible = bool(method) and not older
        _say(self.times, f"Times by {method}" if method else TIMES)
        if words:
            self.times.tooltip = f"{words} Tmax and delay are made so at the next Compute."
        self.setVisible(bool(findings))
        self._fill()

    def _on_more(self) -> None:
        self.label.setWordWrap(not self.label.wordWrap())
        self._fill()
        self.updateGeometry()

    def _fill(self) -> None:
        """Show as much of the line as there is room for."""
        words = " ".join(self._sentences)
        metrics = self.label.fontMetrics()
        room = max(self.label.width(), 60)
        short = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        more = short != words or self._to_do != self._sentences
        self.more.visible = self.isVisible() and (self.whole or more)
        _say(self.more, "Less" if self.whole else MORE)
        self.label.setText("\n".join(self._to_do) if self.whole else short)
        # A dock asks nobody how high a sentence is at its width.
        high = self.label.heightForWidth(self.label.width()) if self.whole else 0
        self.label.setMinimumHeight(high)


class Top(QWidget):
    """What is docked above the pictures: the reading bar; below it what was found, and the verdict.

    The verdict stands beside what was found where its first sentence is read whole, else below it.

    Parameters
    ----------
    bar : Bar
        The reading bar.
    verdict : VerdictBar
        The verdict.
    lead : QWidget
        The sentence that leads on.
    """

    def __init__(self, bar: Bar, verdict: VerdictBar, lead: QWidget) -> None:
        super().__init__()
        self._bar, self._verdict, self._lead = bar, verdict, lead
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(bar)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(4)
        self._line.addWidget(lead, 0, Qt.AlignmentFlag.AlignTop)
        self._line.addWidget(verdict, 1)
        layout.addLayout(self._line)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def event(self, event: Any) -> bool:
        """Find the verdict its place when the width, or what is said, is another."""
        done: bool = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._arrange()
        return done

    def _arrange(self) -> None:
        beside, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        left = 0 if self._lead.isHidden() else self._lead.sizeHint().width() + self._line.spacing()
        fits = left + self._verdict.legible_width <= self.width()
        direction = beside if fits or self._verdict.isHidden() or not left else below
        if direction != self._line.direction():
            self._line.setDirection(direction)

    def reset_choices(self, event: Any = None) -> None:
        """Bring the lists of layers up to date; napari calls this when layers change."""
        self._bar.reset_choices(event)


def _button(text: str, tooltip: str) -> PushButton:
    return give_key(PushButton(text=text, tooltip=tooltip, visible=False))


def _say(button: PushButton, text: str) -> None:
    """Give a button other words; Qt takes its key away with them."""
    if button.text != text:
        key = button.native.shortcut()
        button.text = text
        button.native.setShortcut(key)
