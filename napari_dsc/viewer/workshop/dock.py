"""The workshop's dock: the AIF's voxels, and what the maps owe to their choice."""

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from napari_dsc.viewer.docking import show_docked
from napari_dsc.viewer.workshop.compare import CompareView
from napari_dsc.viewer.workshop.explore import ThresholdView
from napari_dsc.viewer.workshop.shifts import MotionView
from napari_dsc.viewer.workshop.table import VoxelTable
from napari_dsc.viewer.workshop.vary import SensitivityView

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Workshop"]

NAME = "AIF workshop"
HEIGHT = 240  # px


class Workshop(QWidget):
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
    pages : QTabWidget
        The five.
    """

    def __init__(self, viewer: "Viewer", table: VoxelTable) -> None:
        super().__init__()
        self._viewer = viewer
        self.setObjectName("Workshop")
        self.table, self.compare = table, CompareView()
        self.sensitivity, self.threshold = SensitivityView(), ThresholdView()
        self.motion = MotionView()
        self.pages = QTabWidget()
        for page, title in {
            self.table: "Voxels",
            self.compare: "Compare AIFs",
            self.sensitivity: "Sensitivity",
            self.threshold: "Threshold",
            self.motion: "Motion",
        }.items():
            self.pages.addTab(page, title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)
        viewer.events.theme.connect(self._follow_theme)
        self._follow_theme()

    def sizeHint(self) -> Any:  # noqa: N802 (Qt's name)
        """Height that leaves the scan the most of the window."""
        hint = super().sizeHint()
        hint.setHeight(HEIGHT)
        return hint

    def dock(self) -> None:
        """Show itself, the first time behind a tab of the curves' dock."""
        show_docked(self._viewer, self, NAME).raise_()

    def _follow_theme(self, _event: Any = None) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(self._viewer.theme)
        for page in (self.table, self.compare, self.sensitivity, self.threshold, self.motion):
            page.follow(theme)
