"""Docks of the program's own: one of each name in a window, shown where it was."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.QtCore import QSize
from qtpy.QtWidgets import QScrollArea, QSizePolicy, QTabWidget, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from napari import Viewer
    from napari.utils.theme import Theme

__all__ = ["LOW", "Tabs", "as_wide_as_words", "free", "show_docked", "ticks_of"]

HEIGHT = 240  # px
LOW = "QPushButton { padding: 1px 6px; }"  # of a column of buttons that fits a low dock
LEAST = 240, 120  # px: three docks side by side, and the panel, fit a screen of 1366
TICKS = """
QAbstractItemView::indicator {{ border: 1px solid {text}; border-radius: 2px;
    width: 10px; height: 10px; }}
QAbstractItemView::indicator:checked {{ background: {current};
    image: url("theme_{id}:/check.svg"); }}
"""


def ticks_of(theme: "Theme") -> str:
    """Style of the boxes in rows of a list or table, which napari leaves as dark as the ground."""
    return TICKS.format(text=theme.text.as_hex(), current=theme.current.as_hex(), id=theme.id)


def as_wide_as_words(column: QWidget, least: int) -> None:
    """Have a column of buttons be as wide as their words are, in letters of any size.

    Parameters
    ----------
    column : QWidget
        It, in a layout.
    least : int
        Its width where the words are narrower, px.
    """
    column.setMinimumWidth(least)
    column.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)


def free(dock: QWidget) -> None:
    """Let a dock be as small as what it holds.

    napari gives every dock a least size of its own, and Qt never lowers that again: the dock stays
    as large as what it holds has ever been.
    """
    dock.setMinimumSize(0, 0)


def show_docked(
    viewer: "Viewer", widget: QWidget, name: str, area: str = "bottom", *, tabify: bool = True
) -> Any:
    """Show a widget in its dock, which is made the first time; return the dock.

    Parameters
    ----------
    viewer : Viewer
        In whose window.
    widget : QWidget
        What is docked.
    name : str
        Of the dock; an earlier one of that name, of a panel that was closed, goes.
    area : str
        Where in the window.
    tabify : bool
        Whether it stands behind a tab of what is docked there.
    """
    window, own = viewer.window, widget.parentWidget()
    if own is None:
        earlier = window.dock_widgets.get(name)
        if earlier is not None:
            window.remove_dock_widget(earlier)
        own = window.add_dock_widget(
            widget, name=name, area=area, add_vertical_stretch=False, tabify=tabify
        )
        free(own)
    own.show()
    return own


class Scrolled(QTabWidget):
    """Pages behind tabs; one for which there is not enough room scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self._pages: list[QWidget] = []

    def add(self, page: QWidget, title: str) -> None:
        """Add a page."""
        room = QScrollArea()
        room.setFrameShape(QScrollArea.Shape.NoFrame)
        room.setWidgetResizable(True)
        room.setWidget(page)
        self._pages.append(page)
        self.addTab(room, title)

    def setCurrentWidget(self, page: QWidget | None) -> None:  # noqa: N802 (Qt's name)
        """Show a page."""
        if page in self._pages:
            self.setCurrentIndex(self._pages.index(page))

    def currentWidget(self) -> QWidget | None:  # noqa: N802 (Qt's name)
        """The page that is shown."""
        at = self.currentIndex()
        return self._pages[at] if 0 <= at < len(self._pages) else None

    def widget(self, at: int) -> QWidget | None:
        """A page by its place."""
        return self._pages[at] if 0 <= at < len(self._pages) else None


class Tabs(QWidget):
    """Pages behind tabs, below the picture; they wear the window's colours.

    Where there is less room than they need they scroll: Qt lays docks that do not fit over others.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is docked in, and whose theme it follows.
    name : str
        Of the dock.
    pages : mapping of str to QWidget
        By title; those that draw for themselves have a `follow(theme)`.

    Attributes
    ----------
    tabs : Scrolled
        The pages.
    docked : SignalInstance
        Emits when they were asked for, and are shown.
    """

    docked = Signal()

    def __init__(self, viewer: "Viewer", name: str, pages: Mapping[str, QWidget]) -> None:
        super().__init__()
        self._viewer, self._name = viewer, name
        self.setObjectName(name)
        self.tabs = Scrolled()
        for title, page in pages.items():
            self.tabs.add(page, title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        self.setMinimumSize(*LEAST)
        self._drawing = [page for page in pages.values() if hasattr(page, "follow")]
        viewer.events.theme.connect(self._follow_theme)
        self._follow_theme()

    def sizeHint(self) -> Any:  # noqa: N802 (Qt's name)
        """Height that leaves the scan the most of the window."""
        return QSize(max(LEAST[0], super().sizeHint().width()), HEIGHT)

    def dock(self) -> None:
        """Show itself, the first time behind a tab of the curves' dock."""
        show_docked(self._viewer, self, self._name).raise_()
        self.docked.emit()

    def show_page(self, page: QWidget) -> None:
        """Show one of its pages."""
        self.tabs.setCurrentWidget(page)
        self.dock()

    def _follow_theme(self, _event: Any = None) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(self._viewer.theme)
        for page in self._drawing:
            page.follow(theme)
