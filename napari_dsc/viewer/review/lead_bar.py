"""The sentence that leads on: what the maps tell first, and three buttons that go further."""

from magicgui.widgets import PushButton
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy

from napari_dsc.viewer.button_keys import give_key

__all__ = ["LeadBar"]

HEIGHT = 24  # px of a button: a thin bar
NOW, OLDER = ("#123a63", "#ffffff"), ("#5a5f66", "#ffffff")  # ground and letters
STYLE = """
#Lead {{ background: {ground}; border-radius: 3px; }}
#Lead QLabel {{ background: transparent; color: {letters}; font-weight: 600; }}
#Lead QPushButton {{ background: {letters}; color: {ground}; border-radius: 3px;
    padding: 1px 8px; min-height: 18px; }}
#Lead QPushButton:disabled {{ background: #9aa0a6; }}
"""
EARLIER = "Of the earlier maps: "


class LeadBar(QFrame):
    """One line of words and buttons, as wide as they are.

    Attributes
    ----------
    label : QLabel
        The sentence.
    look, region, relative, report : PushButton
        Show it on the picture, make regions of it, make relative maps, write a report.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Lead")
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.look = _button(
            "Go to it", "Tmax alone, in steps and outlined, on the slice that holds most of it."
        )
        self.region = _button(
            "As region",
            "Each piece becomes a region, and the table compares it with the other side. Undo "
            "takes the regions back.",
        )
        self.relative = _button(
            "Make rCBV",
            "Propose white matter that seems normal, and divide CBV and CBF by their means in it.",
        )
        self.report = PushButton(
            text="Report",
            tooltip="One page, as HTML or PDF, of what was computed (Shift+R).",
            visible=False,
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 4, 2)
        layout.setSpacing(6)
        layout.addWidget(self.label)
        for one in (self.look, self.region, self.relative, self.report):
            one.native.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            one.native.setMaximumHeight(HEIGHT)
            layout.addWidget(one.native)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)
        self._state: tuple[str, bool, bool, bool] | None = None
        self.hide()

    def show_words(
        self, words: str, *, late: bool = False, relative: bool = False, older: bool = False
    ) -> None:
        """Say what the maps on screen tell.

        Parameters
        ----------
        words : str
            The sentence; empty: there are no maps, and the bar is not seen.
        late : bool
            Whether it speaks of late tissue, which can be shown and become regions.
        relative : bool
            Whether relative maps can be made.
        older : bool
            Whether the maps are older than what is on screen.
        """
        state = words, late, relative, older
        if state == self._state:
            return  # it is asked at every gesture
        self._state = state
        ground, letters = OLDER if older else NOW
        self.setStyleSheet(STYLE.format(ground=ground, letters=letters))
        self.label.setText(f"{EARLIER if older else ''}{words}")
        self.look.visible = self.region.visible = late
        self.relative.visible = relative
        self.report.visible = bool(words)
        self.setVisible(bool(words))

    def allow_report(self, on: bool) -> None:
        """Let a report be asked for now, or not."""
        if self.report.enabled != on:
            self.report.enabled = on


def _button(text: str, tooltip: str) -> PushButton:
    return give_key(PushButton(text=text, tooltip=tooltip, visible=False))
