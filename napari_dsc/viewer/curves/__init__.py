"""The curve dock: AIF, VOF, brain, cursor and pinned voxel, with baseline, window and time."""

from napari_dsc.viewer.curves.dock import Curves

__all__ = ["Curves"]
