"""Regions that were drawn on an anatomy, brought onto the voxels of a scan."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.anatomy.grid import LOOK_AT_BOTH, refuse_affine
from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray

__all__ = ["labels_onto_scan"]


def labels_onto_scan(
    labels: NDArray[np.integer[Any]],
    affine: FloatArray,
    shape: tuple[int, int, int],
    scan_affine: FloatArray,
    rigid: FloatArray,
) -> NDArray[np.int64]:
    """Read a label map at the centre of each voxel of a scan: the nearest voxel of the map.

    Parameters
    ----------
    labels : ndarray of int, shape (X', Y', Z')
        Each positive number a region.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres of the anatomy.
    shape : tuple of int
        Voxels (X, Y, Z) of a volume of the scan.
    scan_affine : ndarray, shape (4, 4)
        The scan's voxel indices to RAS millimetres.
    rigid : ndarray, shape (4, 4)
        RAS millimetres of the scan to those of the anatomy, as `Alignment.rigid`.

    Returns
    -------
    ndarray of int, shape (X, Y, Z)
        0 where there is no region, or the map ends.

    Raises
    ------
    DscError
        If an affine places nothing, or no region lies in the scan.
    """
    refuse_affine(affine, "label map")
    refuse_affine(scan_affine, "scan")
    to_map = np.linalg.inv(affine) @ rigid @ scan_affine
    found = np.zeros(shape, dtype=np.int64)
    first, second = np.ogrid[: shape[0], : shape[1]]
    for at in range(shape[2]):
        index = [
            np.rint(a * first + b * second + (c * at + d)).astype(np.int64)
            for a, b, c, d in to_map[:3]
        ]
        inside = np.ones(shape[:2], dtype=np.bool_)
        for one, size in zip(index, labels.shape, strict=True):
            inside &= (one >= 0) & (one < size)
        within = [one[inside] for one in index]
        found[inside, at] = labels[within[0], within[1], within[2]]
    if not (found > 0).any():
        raise DscError(f"a region must lie in the scan, got none of them there. {LOOK_AT_BOTH}")
    return found
