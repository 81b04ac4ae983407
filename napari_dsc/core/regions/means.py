"""Means in a region, and the volume of late tissue in it."""

from dataclasses import dataclass

import numpy as np

from napari_dsc.core.regions.input_checks import as_region
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray

__all__ = [
    "ABOVE",
    "LATE",
    "RegionMeans",
    "means_in",
    "tmax_volume",
    "tmax_volumes",
    "voxel_volume",
]

LATE = 6.0  # s of Tmax
ABOVE = 4.0, LATE, 8.0, 10.0  # s: the limits that are told


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMeans:
    """Means over the accepted voxels of a region; NaN where none is accepted.

    Parameters
    ----------
    cbf : float
        mL/100g/min.
    cbv : float
        mL/100g.
    mtt : float
        s. The mean of the voxels' own transit times, each voxel alike. 60·cbv/cbf of the same
        region weighs each by its flow instead: shorter, wherever transit times differ.
    voxels : int
        In the region.
    accepted : int
        Of them, those whose answer stands: what the means are taken over.
    """

    cbf: float
    cbv: float
    mtt: float
    voxels: int
    accepted: int


def voxel_volume(affine: FloatArray | None) -> float:
    """Volume of one voxel.

    Parameters
    ----------
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres.

    Returns
    -------
    float
        mL; NaN without an affine.

    Examples
    --------
    >>> voxel_volume(np.diag([-2.0, 2.0, 5.0, 1.0]))
    0.02
    """
    if affine is None:
        return np.nan
    return float(abs(np.linalg.det(affine[:3, :3])) / 1000)


def tmax_volume(
    maps: DSCPerfusionMaps, above: float = LATE, region: BoolArray | None = None
) -> float:
    """Volume of the accepted voxels whose Tmax, between samples, is above a limit.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (...).
    above : float
        Limit, s: a voxel that just reaches it does not count.
    region : ndarray of bool, shape (...), optional
        Where to look; by default everywhere.

    Returns
    -------
    float
        mL; NaN without Tmax (no deconvolution) or without an affine.

    Raises
    ------
    DscError
        If the region is not of the maps' shape.
    """
    if maps.tmax is None:
        return np.nan
    late = maps.tmax.quality_mask & (maps.tmax.values > above)
    if region is not None:
        late &= as_region("region", region, late.shape)
    return int(np.count_nonzero(late)) * voxel_volume(maps.tmax.affine)


def means_in(maps: DSCPerfusionMaps, region: BoolArray) -> RegionMeans:
    """Means of CBF, CBV and MTT over the accepted voxels of a region.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (...).
    region : ndarray of bool, shape (...)
        Where.

    Returns
    -------
    RegionMeans
        In float64.

    Raises
    ------
    DscError
        If the region is not of the maps' shape.
    """
    stands = as_region("region", region, maps.cbf.values.shape) & maps.cbf.quality_mask
    accepted = int(np.count_nonzero(stands))

    def mean(values: FloatArray) -> float:
        return float(values[stands].mean(dtype=np.float64)) if accepted else np.nan

    return RegionMeans(
        cbf=mean(maps.cbf.values),
        cbv=mean(maps.cbv.values),
        mtt=mean(maps.mtt.values),
        voxels=int(np.count_nonzero(region)),
        accepted=accepted,
    )


def tmax_volumes(maps: DSCPerfusionMaps) -> FloatArray:
    """Volume above each of the limits that are told, as `tmax_volume` counts.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        With Tmax.

    Returns
    -------
    ndarray, shape (4,)
        mL above 4, 6, 8 and 10 s, in the whole brain; NaN without an affine.
    """
    return np.array([tmax_volume(maps, limit) for limit in ABOVE])
