"""Hot spots: the places of a region with the highest blood volume, each of a stated size.

Readers' single hot spots agree poorly; several that a rule finds, with their scatter, can be
repeated.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import HOT_SPOT, HOT_SPOTS, SLICE_AXIS
from napari_dsc.core.errors import DscError
from napari_dsc.core.real_numbers import as_count, as_number
from napari_dsc.core.regions.input_checks import as_region, known_affine
from napari_dsc.core.types import BoolArray, FloatArray, ParameterMap

__all__ = ["HotSpot", "HotSpots", "hot_spots"]

WHOLE = 0.75  # of a spot's voxels must count: else it is an edge


@dataclass(frozen=True, slots=True, kw_only=True)
class HotSpot:
    """One spot.

    Parameters
    ----------
    centre : tuple of int
        Voxel in the middle.
    mean, sd : float
        Of the map over its voxels that count, in the map's unit; the SD of a single voxel is NaN.
    voxels : int
        That count.
    """

    centre: tuple[int, ...]
    mean: float
    sd: float
    voxels: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HotSpots:
    """The hottest spots of a region, the hottest first; no two share a voxel.

    Parameters
    ----------
    spots : tuple of HotSpot
        As many as were asked for, or as the region holds.
    labels : ndarray of int, shape (X, Y, Z)
        Their voxels: 1 for the hottest.
    diameter : float
        Of each, mm, in the plane of the slices.
    asked : int
        How many were asked for.
    """

    spots: tuple[HotSpot, ...]
    labels: NDArray[np.uint8]
    diameter: float
    asked: int

    @property
    def mean(self) -> float:
        """Mean of the spots' means; NaN without a spot."""
        return float(np.mean([one.mean for one in self.spots])) if self.spots else np.nan

    @property
    def sd(self) -> float:
        """Standard deviation of the spots' means (n - 1); NaN with a single spot."""
        means = [one.mean for one in self.spots]
        return float(np.std(means, ddof=1)) if len(means) > 1 else np.nan

    @property
    def words(self) -> str:
        """Mean and SD in words, and of how many spots."""
        count = len(self.spots)
        if not count:
            return f"no spot of {self.diameter:g} mm lies in the region"
        fewer = f" of {self.asked}" if count < self.asked else ""
        scatter = f" ± {self.sd:.3g}" if count > 1 else ""
        spots = f"{count}{fewer} spot{'s' * (count > 1 or bool(fewer))} of {self.diameter:g} mm"
        return f"{self.mean:.3g}{scatter} ({spots})"


def hot_spots(
    one: ParameterMap,
    region: BoolArray,
    affine: FloatArray,
    *,
    count: int = HOT_SPOTS,
    diameter: float = HOT_SPOT,
    vessels: BoolArray | None = None,
    slice_axis: int = SLICE_AXIS,
) -> HotSpots:
    """Find the hottest spots of a region: discs within a slice, the highest mean first.

    A disc counts where at least 75 % of its voxels lie in the region, are accepted and are no
    vessels; its mean is taken over these. No two discs share a voxel.

    Parameters
    ----------
    one : ParameterMap
        Blood volume, normalised as a rule, shape (X, Y, Z).
    region : ndarray of bool, shape (X, Y, Z)
        Where to look.
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS millimetres.
    count : int
        How many at most.
    diameter : float
        Of each, mm.
    vessels : ndarray of bool, shape (X, Y, Z), optional
        Voxels that are left out.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    HotSpots
        To be looked at; none where the region holds no whole disc.

    Raises
    ------
    DscError
        If a mask is not of the map's shape, the affine is unknown, or a number makes no sense.
    """
    from scipy import ndimage

    place = known_affine(affine)
    size = as_number("diameter", diameter)
    if not 0 < size <= 50:
        raise DscError(f"diameter must lie in 0 to 50 mm, got {size:g}. Write {HOT_SPOT:g}.")
    wanted = as_count("count", count, 1)
    if wanted > 255:
        raise DscError(f"count must be at most 255, got {wanted}. Write {HOT_SPOTS}.")
    inside = as_region("region", region, one.values.shape)
    stands = inside & one.quality_mask & np.isfinite(one.values)
    if vessels is not None:
        stands &= ~as_region("vessels", vessels, inside.shape)
    disc = _disc(place, size, slice_axis % 3)
    counts = ndimage.convolve(stands.astype(np.float64), disc, mode="constant")
    known = np.where(stands, one.values, 0).astype(np.float64)
    sums = ndimage.convolve(known, disc, mode="constant")
    whole = stands & (counts >= WHOLE * disc.sum() - 1e-9)
    heat = np.where(whole, sums / np.maximum(counts, 1), -np.inf)
    labels = np.zeros(inside.shape, np.uint8)
    spots: list[HotSpot] = []
    for _ in range(wanted):
        at = np.unravel_index(int(heat.argmax()), heat.shape)
        if heat[at] == -np.inf:
            break
        voxels = _around(disc, at, stands)
        values = one.values[voxels].astype(np.float64)
        labels[voxels] = len(spots) + 1
        spots.append(
            HotSpot(
                centre=tuple(int(each) for each in at),
                mean=float(values.mean()),
                sd=float(values.std(ddof=1)) if values.size > 1 else np.nan,
                voxels=int(values.size),
            )
        )
        # A centre whose disc would share a voxel with this one is none any more.
        taken = ndimage.convolve((labels == len(spots)).astype(np.float64), disc, mode="constant")
        heat[taken > 0.5] = -np.inf
    return HotSpots(spots=tuple(spots), labels=labels, diameter=size, asked=wanted)


def _disc(affine: FloatArray, diameter: float, slice_axis: int) -> FloatArray:
    """Voxels whose centres lie within a disc around one, an odd number along each axis."""
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    reach = [0 if axis == slice_axis else int(diameter / 2 / sizes[axis]) for axis in range(3)]
    grid = np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij")
    away = sum((each * size) ** 2 for each, size in zip(grid, sizes, strict=True))
    return (np.asarray(away) <= (diameter / 2) ** 2 + 1e-9).astype(np.float64)


def _around(disc: FloatArray, at: tuple[np.intp, ...], stands: BoolArray) -> BoolArray:
    """Voxels of a disc around one that count."""
    from scipy import ndimage

    centre = np.zeros_like(stands)
    centre[at] = True
    near = ndimage.binary_dilation(centre, disc.astype(bool))
    return np.asarray(near & stands)
