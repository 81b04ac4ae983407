"""The dock below the picture in which maps are measured."""

from typing import TYPE_CHECKING, Any

from napari_dsc.viewer.docks import Tabs
from napari_dsc.viewer.regions.late_tissue_tab import LatePage
from napari_dsc.viewer.regions.regions_tab import RegionsPage
from napari_dsc.viewer.review.help_tab import HelpPage
from napari_dsc.viewer.review.key_bindings import page_of_keys
from napari_dsc.viewer.review.toolbar import anatomies
from napari_dsc.viewer.tumour.tumour_tab import TumourPage

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Pages"]

NAME = "Reading room"


class Pages(Tabs):
    """Four pages behind a tab of the curves' dock.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is docked in, and whose theme it follows.

    Attributes
    ----------
    regions, tumour, late, help : RegionsPage, TumourPage, LatePage, HelpPage
        What is measured in regions; tumours; late tissue; what can be pressed.
    """

    def __init__(self, viewer: "Viewer") -> None:
        self.regions, self.late, self.help = RegionsPage(), LatePage(), HelpPage(page_of_keys())
        self.tumour = TumourPage(lambda: anatomies(viewer)[1:])
        pages = {
            "Regions": self.regions,
            "Tumour": self.tumour,
            "Late tissue": self.late,
            "Keys": self.help,
        }
        super().__init__(viewer, NAME, pages)

    def reset_choices(self, event: Any = None) -> None:
        """Bring the lists of volumes up to date; napari calls this when layers change."""
        self.tumour.reset_choices(event)
