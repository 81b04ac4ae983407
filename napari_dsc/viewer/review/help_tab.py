"""The page of help: keys, gestures, and the way into the tour."""

from typing import TYPE_CHECKING

from magicgui.widgets import PushButton
from qtpy.QtWidgets import QHBoxLayout, QLabel, QTextBrowser, QVBoxLayout, QWidget

from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.viewer.button_keys import give_key

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["HelpPage"]

SIDE = 150  # px


class HelpPage(QWidget):
    """What can be pressed.

    Parameters
    ----------
    keys : str
        Keys and gestures, as rich text.

    Attributes
    ----------
    tour : PushButton
        Starts the tour.
    diagnostics : PushButton
        Copies what helps whoever is asked for help.
    text : QTextBrowser
        Keys and gestures.
    """

    def __init__(self, keys: str) -> None:
        super().__init__()
        self.tour = give_key(
            PushButton(text="Show the tour", tooltip="Five cards, from a scan to a report.")
        )
        self.diagnostics = give_key(
            PushButton(
                text="Copy diagnostics",
                tooltip="Versions, graphics card, settings and the log's last lines, to the "
                "clipboard: for a report of a fault. No name and no path is in it.",
            )
        )
        self.text = QTextBrowser()
        self.text.setHtml(keys)
        words = QLabel(RESEARCH_USE)
        words.setWordWrap(True)
        side = QWidget()
        side.setFixedWidth(SIDE)
        left = QVBoxLayout(side)
        left.addWidget(self.tour.native)
        left.addWidget(self.diagnostics.native)
        left.addWidget(words)
        left.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.addWidget(side)
        layout.addWidget(self.text, 1)

    def follow(self, theme: "Theme") -> None:
        """Wear the window's colours."""
        ink, ground = theme.text.as_hex(), theme.background.as_hex()
        self.text.setStyleSheet(f"QTextBrowser {{ color: {ink}; background: {ground}; }}")
