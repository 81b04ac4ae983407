"""The dock below the picture in which maps are measured."""

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from napari_dsc.viewer.docking import show_docked
from napari_dsc.viewer.room.help_page import HelpPage
from napari_dsc.viewer.room.late_page import LatePage
from napari_dsc.viewer.room.regions_page import RegionsPage

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Pages"]

NAME = "Reading room"
HEIGHT = 240  # px


class Pages(QWidget):
    """Three pages behind a tab of the curves' dock.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is docked in, and whose theme it follows.

    Attributes
    ----------
    regions, late, help : RegionsPage, LatePage, HelpPage
        What is measured in regions; late tissue; what can be pressed.
    tabs : QTabWidget
        The three.
    """

    def __init__(self, viewer: "Viewer") -> None:
        super().__init__()
        self._viewer = viewer
        self.setObjectName("Reading room")
        self.regions, self.late, self.help = RegionsPage(), LatePage(), HelpPage()
        self.tabs = QTabWidget()
        for page, title in {
            self.regions: "Regions",
            self.late: "Late tissue",
            self.help: "Keys",
        }.items():
            self.tabs.addTab(page, title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        viewer.events.theme.connect(self._follow_theme)
        self._follow_theme()

    def sizeHint(self) -> Any:  # noqa: N802 (Qt's name)
        """Height that leaves the scan the most of the window."""
        hint = super().sizeHint()
        hint.setHeight(HEIGHT)
        return hint

    def show_page(self, page: QWidget) -> None:
        """Show a page, the first time behind a tab of the curves' dock."""
        self.tabs.setCurrentWidget(page)
        show_docked(self._viewer, self, NAME).raise_()

    def _follow_theme(self, _event: Any = None) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(self._viewer.theme)
        for page in (self.regions, self.late, self.help):
            page.follow(theme)
