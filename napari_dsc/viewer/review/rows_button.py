"""A button with a menu of ticks: which maps stand below one another."""

from collections.abc import Sequence

from magicgui.widgets import PushButton
from psygnal import Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenu

from napari_dsc.viewer.button_keys import give_key

__all__ = ["RowsButton"]


class _Menu(QMenu):
    """A menu that stays open while its ticks are changed."""

    def mouseReleaseEvent(self, event: object) -> None:  # noqa: N802 (Qt's name)
        """Change a tick, and wait for the next."""
        action = self.activeAction()
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)  # type: ignore[arg-type]


class RowsButton(PushButton):
    """Offers a tick for each map; at least one stays.

    Attributes
    ----------
    chosen : SignalInstance
        Emits the symbols (tuple of str) that are ticked now.
    menu : QMenu
        The ticks.
    """

    chosen = Signal(tuple)

    def __init__(self) -> None:
        super().__init__(
            text="Rows …", tooltip="Which maps stand below one another.", visible=False
        )
        give_key(self)
        self.menu = _Menu(self.native)
        self.native.setMenu(self.menu)
        self._ticks: dict[str, QAction] = {}

    def show_rows(self, symbols: Sequence[str], ticked: Sequence[str]) -> None:
        """List maps, and tick those that are shown."""
        if list(symbols) != list(self._ticks):
            self.menu.clear()
            self._ticks = {}
            for symbol in symbols:
                action = QAction(symbol, self.menu)
                action.setCheckable(True)
                action.triggered.connect(self._on_ticked)
                self.menu.addAction(action)
                self._ticks[symbol] = action
        for symbol, action in self._ticks.items():
            action.setChecked(symbol in ticked)
            action.setEnabled(not (len(ticked) == 1 and symbol in ticked))

    @property
    def ticks(self) -> dict[str, QAction]:
        """What can be ticked, by the symbol of its map."""
        return dict(self._ticks)

    def _on_ticked(self, _on: bool = False) -> None:
        symbols = tuple(symbol for symbol, one in self._ticks.items() if one.isChecked())
        self.chosen.emit(symbols)
