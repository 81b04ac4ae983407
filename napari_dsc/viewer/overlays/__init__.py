"""Outlines of marked voxels, on the scan and on every map, in one picture and in the grid.

In the grid each layer has a cell of its own, and so the AIF is not on the scan. napari repeats
what lies in `viewer.scene.overlays` in every cell, above the layers, and draws it into every
saved picture: an overlay of our own needs no further layers, which would take cells themselves.
"""

from napari_dsc.viewer.overlays.cross_hair import CrossHair
from napari_dsc.viewer.overlays.geometry import extent_of, voxel_edges
from napari_dsc.viewer.overlays.mask_outlines import SOLID, Marks

__all__ = ["SOLID", "CrossHair", "Marks", "extent_of", "voxel_edges"]
