"""Regions between the voxels of an anatomy and those of a scan: each has the nearest one's."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.anatomy.grid import LOOK_AT_BOTH, refuse_affine
from napari_dsc.anatomy.search import Alignment
from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray

__all__ = ["brought_over", "labels_onto_anatomy", "labels_onto_scan"]

BROUGHT = (
    "The regions were drawn on an anatomy, which was moved by {:.1f} mm and turned by {:.1f} "
    "degrees onto the scan, rigidly (mutual information {:.2f}, by the headers alone {:.2f}); each "
    "voxel has the label of the nearest one. Look whether the edges agree."
)
LOST = " {} of {} regions lie outside the scan."


def brought_over(
    found: Alignment, labels: NDArray[np.integer[Any]], here: NDArray[np.integer[Any]]
) -> str:
    """Say how regions came onto a scan, and how many have not.

    Parameters
    ----------
    found : Alignment
        How the anatomy lies to the scan.
    labels : ndarray of int, shape (X', Y', Z')
        As they were drawn.
    here : ndarray of int, shape (X, Y, Z)
        As they lie on the scan.
    """
    far, steep = float(np.linalg.norm(found.translation)), float(np.linalg.norm(found.rotation))
    words = BROUGHT.format(far, steep, found.similarity_after, found.similarity_before)
    wanted = np.unique(labels)
    wanted = wanted[wanted > 0]
    lost = int(np.setdiff1d(wanted, np.unique(here)).size)
    return words + (LOST.format(lost, wanted.size) if lost else "")


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
    return _nearest(labels, np.linalg.inv(affine) @ rigid @ scan_affine, shape, "scan")


def labels_onto_anatomy(
    labels: NDArray[np.integer[Any]],
    scan_affine: FloatArray,
    shape: tuple[int, int, int],
    affine: FloatArray,
    rigid: FloatArray,
) -> NDArray[np.int64]:
    """Read regions of a scan at the centre of each voxel of an anatomy: the way back.

    Parameters
    ----------
    labels : ndarray of int, shape (X, Y, Z)
        Each positive number a region.
    scan_affine : ndarray, shape (4, 4)
        The scan's voxel indices to RAS millimetres.
    shape : tuple of int
        Voxels (X', Y', Z') of the anatomy.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres.
    rigid : ndarray, shape (4, 4)
        RAS millimetres of the scan to those of the anatomy, as `Alignment.rigid`.

    Returns
    -------
    ndarray of int, shape (X', Y', Z')
        0 where there is no region, or the scan ends.

    Raises
    ------
    DscError
        If an affine places nothing, or no region lies in the anatomy.
    """
    refuse_affine(affine, "anatomy")
    refuse_affine(scan_affine, "scan")
    back = np.linalg.inv(scan_affine) @ np.linalg.inv(rigid) @ affine
    return _nearest(labels, back, shape, "anatomy")


def _nearest(
    labels: NDArray[np.integer[Any]], to_map: FloatArray, shape: tuple[int, int, int], onto: str
) -> NDArray[np.int64]:
    """Labels at the centres of voxels of some shape, by the matrix to the map's indices."""
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
        raise DscError(f"a region must lie in the {onto}, got none of them there. {LOOK_AT_BOTH}")
    return found
