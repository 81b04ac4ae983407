"""Where outlines lie: borders of voxels, and a layer's place in the world."""

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dsc.core.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from napari.layers import Layer

__all__ = ["extent_of", "voxel_edges", "world_of"]


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


def world_of(layer: "Layer", units: Any) -> tuple[FloatArray, FloatArray]:
    """Last three axes of a layer in the units of the world: steps (3, 3) and origin (3,).

    Beside a layer in µm the world is in µm; while the units differ in kind it has none.
    """
    scale = [
        float((1 * ours).to(theirs).magnitude) if ours.is_compatible_with(theirs) else 1.0
        for ours, theirs in zip(layer.units[-3:], (units or layer.units)[-3:], strict=True)
    ]
    zero = np.zeros(layer.ndim)
    origin = np.asarray(layer.data_to_world(zero))
    ends = [np.asarray(layer.data_to_world(one)) for one in np.eye(layer.ndim)[-3:]]
    steps = np.stack([end - origin for end in ends], axis=1)[-3:]
    return steps * np.array(scale)[:, None], origin[-3:] * scale


def extent_of(layer: "Layer", units: Any) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest point of a layer's volumes in the world, shape (3,) each."""
    steps, origin = world_of(layer, units)
    corners = np.array(list(np.ndindex(2, 2, 2))) * layer.data.shape[-3:] - 0.5
    ends = origin + corners @ steps.T
    return ends.min(axis=0), ends.max(axis=0)
