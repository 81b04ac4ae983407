"""The workshop's dock: the AIF's voxels, and what the maps owe to their choice."""

from typing import TYPE_CHECKING

from napari_dsc.viewer.aif.compare_tab import CompareView
from napari_dsc.viewer.aif.motion_tab import MotionView
from napari_dsc.viewer.aif.sensitivity_tab import SensitivityView
from napari_dsc.viewer.aif.threshold_tab import ThresholdView
from napari_dsc.viewer.aif.voxel_tab import VoxelTable
from napari_dsc.viewer.docks import Tabs

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Workshop"]

NAME = "AIF workshop"


class Workshop(Tabs):
    """Five pages below the picture.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is docked in, and whose theme it follows.
    table : VoxelTable
        The first page.

    Attributes
    ----------
    table : VoxelTable
        Voxels of the AIF at hand.
    compare : CompareView
        Maps under two AIFs.
    sensitivity : SensitivityView
        What one voxel more or less changes.
    threshold : ThresholdView
        What the SVD threshold changes.
    motion : MotionView
        How far the volumes had moved.
    """

    def __init__(self, viewer: "Viewer", table: VoxelTable) -> None:
        self.table, self.compare = table, CompareView()
        self.sensitivity, self.threshold = SensitivityView(), ThresholdView()
        self.motion = MotionView()
        pages = {
            "Voxels": self.table,
            "Compare AIFs": self.compare,
            "Sensitivity": self.sensitivity,
            "Threshold": self.threshold,
            "Motion": self.motion,
        }
        super().__init__(viewer, NAME, pages)
