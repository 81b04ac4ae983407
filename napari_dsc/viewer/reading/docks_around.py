"""Docks around the pictures: folded away for reading, and brought back exactly as they were."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QByteArray, Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

__all__ = ["Around", "dock_of", "window_of"]

OF_NAPARI = ("layer list", "layer controls", "console")
CORNERS = {  # whose the corners are while reading: the rail is as high as the pictures
    Qt.Corner.BottomRightCorner: Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.Corner.TopRightCorner: Qt.DockWidgetArea.TopDockWidgetArea,
}


def dock_of(widget: QWidget) -> QDockWidget | None:
    """The dock that a widget lies in; None if it lies in none."""
    above = widget.parentWidget()
    while above is not None and not isinstance(above, QDockWidget):
        above = above.parentWidget()
    return above


def window_of(widget: QWidget) -> QMainWindow | None:
    """The window whose docks hold a widget, be the dock floating or not."""
    dock = dock_of(widget)
    above = None if dock is None else dock.parentWidget()
    return above if isinstance(above, QMainWindow) else None


@dataclass(eq=False)
class Around:
    """The docks of a window as they are at the workbench, to be brought back.

    Parameters
    ----------
    window : QMainWindow
        Whose docks.
    """

    window: QMainWindow
    _state: QByteArray | None = None
    _corners: dict[Qt.Corner, Any] = field(default_factory=dict)
    _titles: dict[QDockWidget, QWidget | None] = field(default_factory=dict)
    _hidden: dict[QDockWidget, bool] = field(default_factory=dict)

    def fold_away(self, bare: Iterable[QDockWidget]) -> None:
        """Keep how all docks are, hide those of napari, and leave some docks without a title.

        Parameters
        ----------
        bare : iterable of QDockWidget
            Of our own: they lose their title.
        """
        window, bare = self.window, list(bare)
        for dock in bare:
            dock.show()  # one that was just made is shown in a moment
        self._state = window.saveState()
        self._hidden = {dock: dock.isHidden() for dock in window.findChildren(QDockWidget)}
        for corner, area in CORNERS.items():
            self._corners[corner] = window.corner(corner)
            window.setCorner(corner, area)
        for dock in window.findChildren(QDockWidget):
            if dock.objectName() in OF_NAPARI:
                dock.hide()
        for dock in bare:
            self._titles[dock] = dock.titleBarWidget()
            dock.setTitleBarWidget(QWidget())

    def knows(self, dock: QDockWidget) -> bool:
        """Whether a dock was there before."""
        return dock in self._hidden

    def bring_back(self) -> None:
        """Show every dock where and as it was."""
        if not isalive(self.window) or self._state is None:  # type: ignore[no-untyped-call]
            return
        for dock, title in self._titles.items():
            if not isalive(dock):  # type: ignore[no-untyped-call]
                continue
            bare = dock.titleBarWidget()
            if title is not None and isalive(title):  # type: ignore[no-untyped-call]
                dock.setTitleBarWidget(title)
                title.show()
            if bare is not None and bare is not title:
                bare.deleteLater()
        for corner, area in self._corners.items():
            self.window.setCorner(corner, area)
        self.window.restoreState(self._state)
        for dock, hidden in self._hidden.items():  # of a window that is not shown Qt keeps nothing
            if isalive(dock) and dock.isHidden() != hidden:  # type: ignore[no-untyped-call]
                dock.setHidden(hidden)
        self._state = None
