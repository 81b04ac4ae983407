"""The dock below the picture in which maps are measured."""

from typing import TYPE_CHECKING

from napari_dsc.viewer.docking import Tabs
from napari_dsc.viewer.room.help_page import HelpPage
from napari_dsc.viewer.room.late_page import LatePage
from napari_dsc.viewer.room.regions_page import RegionsPage

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Pages"]

NAME = "Reading room"


class Pages(Tabs):
    """Three pages behind a tab of the curves' dock.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is docked in, and whose theme it follows.

    Attributes
    ----------
    regions, late, help : RegionsPage, LatePage, HelpPage
        What is measured in regions; late tissue; what can be pressed.
    """

    def __init__(self, viewer: "Viewer") -> None:
        self.regions, self.late, self.help = RegionsPage(), LatePage(), HelpPage()
        pages = {"Regions": self.regions, "Late tissue": self.late, "Keys": self.help}
        super().__init__(viewer, NAME, pages)
