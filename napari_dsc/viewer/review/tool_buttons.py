"""The large buttons that arm a brush, and the one that takes back what was changed."""

from collections.abc import Mapping
from typing import NamedTuple

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

__all__ = ["AIF", "ERASE", "REGION", "TOOLS", "ToolButtons"]

AIF, REGION, ERASE = "aif", "region", "erase"
HIGH, WIDE, LOW = 34, 96, 26  # px
ARMED, ON_ARMED = "#ffb000", "#000000"  # ground and letters: an amber that no map wears
STYLE = (
    "QPushButton {{ font-weight: bold; padding: 2px 10px; }}"
    "QPushButton:checked {{ background: {ground}; color: {ink}; border: 2px solid {ink}; }}"
)
PAN = "Left button: move the picture. Nothing is drawn."


class Tool(NamedTuple):
    """A brush: what its button says, what it does, and its key."""

    text: str
    tooltip: str
    key: str


TOOLS: Mapping[str, Tool] = {
    AIF: Tool(
        "✎ Draw AIF",
        "Until you press Esc, the left button draws voxels of the AIF.",
        "Shift+B",
    ),
    REGION: Tool(
        "✎ Draw region",
        "Until you press Esc, the left button draws a new region on the maps.",
        "N",
    ),
    ERASE: Tool(
        "⌫ Erase",
        "Until you press Esc, the left button erases from what was drawn on last.",
        "Shift+Q",
    ),
}


class ToolButtons(QWidget):
    """Toggles in a row, of which one at the most is down, and Undo.

    Attributes
    ----------
    tools : dict of str to QPushButton
        By the keys of `TOOLS`.
    undo : QPushButton
        Takes back the last change.
    note : QLabel
        What the left button does now.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("Tools")
        self.tools = {name: _large(one.text) for name, one in TOOLS.items()}
        for name, button in self.tools.items():
            button.setCheckable(True)
            button.setToolTip(f"{TOOLS[name].tooltip} ({TOOLS[name].key})")
        self.undo = _large("↶ Undo")
        self.note = QLabel(PAN)
        self.note.setMinimumWidth(240)
        self._row = layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (*self.tools.values(), self.undo, self.note):
            layout.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_armed(None, "")
        self.show_undo("")

    def be_low(self, on: bool) -> None:
        """Be as low as the widgets of one line; the words are then the buttons' tooltips alone."""
        for button in self.tools.values():
            button.setMinimumHeight(LOW if on else HIGH)
        self.note.setVisible(not on)

    def take_undo(self) -> None:
        """Take back the button of Undo, which stood elsewhere."""
        self._row.insertWidget(len(self.tools), self.undo)

    def show_armed(self, tool: str | None, words: str) -> None:
        """Show which tool is armed, and what the left button does with it; "": nothing is drawn."""
        for name, button in self.tools.items():
            button.setChecked(name == tool)
        self.note.setText(words or PAN)
        ground = f"background: {ARMED}; color: {ON_ARMED}; font-weight: bold; padding: 4px;"
        self.note.setStyleSheet(f"QLabel {{ {ground} border-radius: 4px; }}" if words else "")

    def show_undo(self, words: str) -> None:
        """Show what can be taken back; "": nothing."""
        self.undo.setEnabled(bool(words))
        self.undo.setToolTip(f"Take back: {words} (Ctrl+Z)" if words else "Nothing to take back.")

    def enable(self, *, scan: bool, maps: bool) -> None:
        """Enable what can be drawn on now."""
        self.tools[AIF].setEnabled(scan)
        self.tools[ERASE].setEnabled(scan)
        self.tools[REGION].setEnabled(maps)


def _large(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setMinimumSize(WIDE, HIGH)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setStyleSheet(STYLE.format(ground=ARMED, ink=ON_ARMED))
    return button
