"""Checks of maps and masks that are given to the functions of regions."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.masks import as_voxels, whole_numbers
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray, ParameterMap

__all__ = ["as_labels", "as_region", "known_affine", "refuse_flat", "refuse_shape", "tmax_of"]


def refuse_shape(what: str, region: NDArray[Any], shape: tuple[int, ...]) -> None:
    """Refuse a region that lies on another grid than the maps, even one that numpy would stretch.

    Raises
    ------
    DscError
        If `region` is not of that shape.
    """
    if region.shape != shape:
        raise DscError(
            f"{what} must have the shape of the maps, {shape}, got {region.shape}. "
            "Draw it on this scan."
        )


def refuse_flat(what: str, volume: NDArray[Any]) -> None:
    """Refuse what has no three axes of space.

    Raises
    ------
    DscError
        If `volume` is not 3-D.
    """
    if volume.ndim != 3:
        raise DscError(f"{what} must have 3 axes, got {volume.ndim}. Use the whole volume.")


def as_labels(labels: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.integer[Any]]:
    """Labels on the grid of the maps; a mask is label 1.

    Parameters
    ----------
    labels : array_like, shape (...)
        What somebody painted: integers or truth values; whole numbers that a file stores as floats
        too. Masked entries and NaN are no region.
    shape : tuple of int
        That of the maps.

    Returns
    -------
    ndarray of int, shape (...)
        The labels; integers are not copied.

    Raises
    ------
    DscError
        If they are no whole numbers, or not of that shape.
    """
    painted = whole_numbers(labels)
    if painted.dtype.kind not in "iub":
        raise DscError(
            f"labels must be whole numbers, got {painted.dtype}. Use a Labels layer, or convert "
            "them with .astype(int)."
        )
    refuse_shape("labels", painted, shape)
    return painted.view(np.uint8) if painted.dtype == np.bool_ else painted


def as_region(what: str, region: ArrayLike, shape: tuple[int, ...]) -> BoolArray:
    """Voxels of a region on the grid of the maps, as every mask is judged.

    Raises
    ------
    DscError
        If it is not of that shape, or holds several labels.
    """
    given = np.asanyarray(region)
    refuse_shape(what, given, shape)
    return as_voxels(region, what, shape, like="the maps").voxels


def known_affine(affine: FloatArray | None) -> FloatArray:
    """Refuse a grid of which nobody knows where it lies.

    Parameters
    ----------
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres.

    Returns
    -------
    ndarray, shape (4, 4)
        In float64.

    Raises
    ------
    DscError
        If it is None, not of shape (4, 4), not finite, or flattens a voxel.
    """
    if affine is None:
        raise DscError(
            "affine must be known, got None. Open a file that holds the size and orientation "
            "of its voxels."
        )
    known = np.asarray(affine, dtype=np.float64)
    if known.shape != (4, 4):
        raise DscError(f"affine must have shape (4, 4), got {known.shape}.")
    if not np.isfinite(known).all() or np.linalg.det(known[:3, :3]) == 0:
        raise DscError("affine must give each voxel a volume, got one without. Check the file.")
    return known


def tmax_of(maps: DSCPerfusionMaps, brain: BoolArray) -> ParameterMap:
    """Tmax on a volume, and a brain on the same grid.

    Raises
    ------
    DscError
        If the maps were made without deconvolution, are not 3-D, or the brain is not of their
        shape.
    """
    if maps.tmax is None:
        raise DscError(
            "Tmax needs deconvolution, got maps without. Compute them with deconvolution on."
        )
    refuse_flat("maps", maps.tmax.values)
    refuse_shape("brain", brain, maps.tmax.values.shape)
    return maps.tmax
