"""Geometry of outlines: borders of voxels, and a layer's place in the world."""

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dsc.core.types import BoolArray, FloatArray
from napari_dsc.viewer.layers import world_of
from napari_dsc.viewer.scan.head_box import head_ends
from napari_dsc.viewer.scan.scan_layers import scan_of_layer

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["extent_of", "picture_ends", "voxel_edges", "world_of"]


def voxel_edges(plane: BoolArray) -> FloatArray:
    """Borders between the marked voxels of a slice and the others.

    Parameters
    ----------
    plane : ndarray of bool, shape (R, C)
        Marked voxels; beyond the slice none is.

    Returns
    -------
    ndarray, shape (S, 2, 2)
        Ends (row, column) of each border, one voxel long; voxel (r, c) reaches from r - 0.5 to
        r + 0.5. Borders between two marked voxels are left out.

    Examples
    --------
    >>> len(voxel_edges(np.array([[True, True, False]])))
    6
    """
    padded = np.pad(plane, 1)
    level = np.argwhere(padded[1:, 1:-1] != padded[:-1, 1:-1]) - 0.5
    upright = np.argwhere(padded[1:-1, 1:] != padded[1:-1, :-1]) - 0.5
    across, down = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    return np.concatenate(
        [np.stack([level, level + across], axis=1), np.stack([upright, upright + down], axis=1)]
    )


def extent_of(layer: "Layer", units: Any) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest point of a layer's volumes in the world, shape (3,) each."""
    steps, origin = world_of(layer, units)
    corners = np.array(list(np.ndindex(2, 2, 2))) * layer.data.shape[-3:] - 0.5
    ends = origin + corners @ steps.T
    return ends.min(axis=0), ends.max(axis=0)


def picture_ends(viewer: Any, layer: "Layer") -> tuple[FloatArray, FloatArray]:
    """Lowest and highest point of what a picture shows, shape (3,) each: in the grid the head's."""
    scan = scan_of_layer(viewer, layer) if viewer.canvas.grid.enabled else None
    units = viewer.dims.units
    return extent_of(layer, units) if scan is None else head_ends(scan, units)
