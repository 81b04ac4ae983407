"""Keys of buttons that are folded away: Qt presses none that it does not show."""

from collections.abc import Iterable
from typing import Any

from qtpy.QtCore import QEvent, QObject
from qtpy.QtGui import QShortcut
from qtpy.QtWidgets import QPushButton, QWidget

__all__ = ["FoldedKeys"]

SHOWN = (QEvent.Type.Show, QEvent.Type.Hide)


class FoldedKeys(QObject):
    """Has a button be pressed by its key also while what it lies in is folded away.

    One that is hidden itself, because there is nothing for it to do, is not pressed.

    Parameters
    ----------
    window : QWidget
        In which the keys are pressed; it is shown whatever is folded.
    buttons : iterable of QPushButton
        Each with a shortcut of its own, which works while it is shown.
    always : iterable of QPushButton
        Those that are pressed though they are hidden themselves.
    """

    def __init__(
        self, window: QWidget, buttons: Iterable[QPushButton], always: Iterable[QPushButton] = ()
    ) -> None:
        super().__init__(window)
        self._always = set(always)
        self._keys: dict[QPushButton, QShortcut] = {}
        for button in buttons:
            key = QShortcut(button.shortcut(), window)
            key.activated.connect(lambda button=button: self._press(button))
            self._keys[button] = key
            button.installEventFilter(self)
            key.setEnabled(not button.isVisible())

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Take a key over when its button is no longer shown, and give it back when it is."""
        if event.type() in SHOWN and watched in self._keys:
            self._keys[watched].setEnabled(event.type() == QEvent.Type.Hide)
        return False

    def _press(self, button: QPushButton) -> None:
        if not button.isHidden() or button in self._always:
            button.click()
