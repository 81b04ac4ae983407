"""Mirror image of a region across the midline of the head."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.regions.input_checks import as_labels, known_affine, refuse_flat
from napari_dsc.core.regions.midline import Midline
from napari_dsc.core.regions.statistics import MapStatistics, RegionStatistics, statistics_in
from napari_dsc.core.types import DSCPerfusionMaps, FloatArray, ParameterMap

__all__ = [
    "MirroredRegion",
    "Sides",
    "against_mirror",
    "mirrored",
]

Painted = TypeVar("Painted", bound=np.generic)

ROUNDING = 1e-6  # of a voxel: halves round the same way whatever the last bits say


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One map in a region and in its mirror image, in the map's unit.

    Parameters
    ----------
    units : str
        Of the map.
    mean, mirror : float
        Means over the accepted voxels of each; NaN where none is.
    n, mirror_n : int
        How many those are.
    """

    units: str
    mean: float
    mirror: float
    n: int
    mirror_n: int

    @property
    def ratio(self) -> float:
        """Region over mirror image; NaN unless the mean of the mirror image is positive."""
        return self.mean / self.mirror if self.mirror > 0 else np.nan

    @property
    def difference(self) -> float:
        """Region minus mirror image, in the map's unit."""
        return self.mean - self.mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredRegion:
    """A region against its mirror image.

    Parameters
    ----------
    label : int
        Of its voxels.
    name : str
        In words.
    voxels : int
        In the region.
    mirror_voxels : int
        In its mirror image, but not in the region.
    maps : mapping of str to Sides
        By the symbol of the map.
    """

    label: int
    name: str
    voxels: int
    mirror_voxels: int
    maps: Mapping[str, Sides]


def mirrored(labels: NDArray[Painted], affine: FloatArray, midline: Midline) -> NDArray[Painted]:
    """Mirror image of regions, each voxel taking the label that lies nearest across the midline.

    Parameters
    ----------
    labels : ndarray of int or bool, shape (X, Y, Z)
        Regions.
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS millimetres; any grid, also mirrored, oblique or sheared.
    midline : Midline
        About which.

    Returns
    -------
    ndarray, shape (X, Y, Z)
        Of the same type; 0 where what lies across is outside the volume.

    Raises
    ------
    DscError
        If the labels are not 3-D or the affine makes no sense.

    Examples
    --------
    >>> labels = np.array([1, 2, 0, 0, 0, 0]).reshape(6, 1, 1)
    >>> midline = Midline(point=(2.5, 0, 0), normal=(1, 0, 0))
    >>> mirrored(labels, np.eye(4), midline).ravel().tolist()
    [0, 0, 0, 0, 2, 1]
    """
    refuse_flat("labels", labels)
    known = known_affine(affine)
    across = np.linalg.inv(known) @ midline.reflection @ known  # voxel to voxel, either way
    image = np.zeros_like(labels)
    box = _mirrored_box(labels, across)
    grid = np.ix_(*(np.arange(one.start, one.stop) for one in box))
    sources = [
        np.floor(row[3] + sum(row[axis] * grid[axis] for axis in range(3)) + 0.5 + ROUNDING)
        for row in across[:3]
    ]
    inside = np.logical_and.reduce(
        [(one >= 0) & (one < n) for one, n in zip(sources, labels.shape, strict=True)]
    )
    where = tuple(one[inside].astype(np.intp) for one in sources)
    image[box][inside] = labels[where]
    return image


def against_mirror(
    maps: DSCPerfusionMaps,
    labels: ArrayLike,
    affine: FloatArray,
    midline: Midline,
    names: Mapping[int, str] = {},
    extra: Mapping[str, ParameterMap] = {},
) -> tuple[MirroredRegion, ...]:
    """Compare each region with its mirror image.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z).
    labels : array_like of int, shape (X, Y, Z)
        Regions; one that crosses the midline is not compared with itself: its own voxels do not
        count for its mirror image. Those of other regions do.
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS millimetres.
    midline : Midline
        About which.
    names : mapping of int to str, optional
        Of the regions.
    extra : mapping of str to ParameterMap, optional
        Further maps on the same grid, by symbol.

    Returns
    -------
    tuple of MirroredRegion
        One for each label, ascending.

    Raises
    ------
    DscError
        As `statistics_in` and `mirrored` do.
    """
    painted = as_labels(labels, maps.shape)
    image = mirrored(painted, affine, midline)
    image[image == painted] = 0
    here = statistics_in(maps, painted, names, extra)
    there = {row.label: row for row in statistics_in(maps, image, names, extra)}
    return tuple(_sides(row, there.get(row.label)) for row in here)


def _sides(own: RegionStatistics, other: RegionStatistics | None) -> MirroredRegion:
    def pair(symbol: str, here: MapStatistics) -> Sides:
        there = MapStatistics(units=here.units, n=0) if other is None else other.maps[symbol]
        return Sides(
            units=here.units, mean=here.mean, mirror=there.mean, n=here.n, mirror_n=there.n
        )

    return MirroredRegion(
        label=own.label,
        name=own.name,
        voxels=own.voxels,
        mirror_voxels=0 if other is None else other.voxels,
        maps={symbol: pair(symbol, here) for symbol, here in own.maps.items()},
    )


def _mirrored_box(labels: NDArray[Any], across: FloatArray) -> tuple[slice, ...]:
    """Part of the volume in which the mirror image of what is painted can lie."""
    from scipy import ndimage

    (painted,) = ndimage.find_objects((labels != 0).view(np.uint8)) or (None,)
    if painted is None:
        return (slice(0, 0),) * 3
    corners = np.array(list(product(*((one.start, one.stop - 1) for one in painted))))
    images = corners @ across[:3, :3].T + across[:3, 3]
    low = np.maximum(np.floor(images.min(axis=0)).astype(int) - 1, 0)
    high = np.maximum(np.minimum(np.ceil(images.max(axis=0)).astype(int) + 2, labels.shape), low)
    return tuple(slice(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True))
