"""Tissue that the bolus reaches late: volumes above a Tmax, before and after cleaning."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from napari_dsc.core.defaults import FILL_HOLES, SLICE_AXIS, SMALLEST_LATE
from napari_dsc.core.errors import DscError
from napari_dsc.core.regions.input_checks import as_region, tmax_of
from napari_dsc.core.regions.means import ABOVE, voxel_volume
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray

__all__ = ["LateTissue", "Mismatch", "hir", "late_tissue", "mismatch"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LateTissue:
    """Brain whose Tmax is above a limit. Volumes are in mL: NaN without an affine.

    Always ``cleaned = raw - specks + holes``.

    Parameters
    ----------
    above : float
        Limit of Tmax, s; a voxel that just reaches it does not count.
    raw_mask : ndarray of bool, shape (X, Y, Z)
        Accepted voxels above the limit.
    mask : ndarray of bool, shape (X, Y, Z)
        Cleaned: without specks, holes filled.
    raw, cleaned : float
        Volumes of the two masks.
    specks, holes : float
        What was removed, and what was filled.
    components : int
        Pieces of `mask` that share no face.
    """

    above: float
    raw_mask: BoolArray
    mask: BoolArray
    raw: float
    cleaned: float
    specks: float
    holes: float
    components: int

    @property
    def removed(self) -> int:
        """Voxels that cleaning took away."""
        return int(np.count_nonzero(self.raw_mask & ~self.mask))

    @property
    def filled(self) -> int:
        """Voxels that cleaning added."""
        return int(np.count_nonzero(self.mask & ~self.raw_mask))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Late tissue against a core that somebody has loaded. Volumes in mL, NaN without an affine.

    Parameters
    ----------
    core, late : float
        Volumes of the two.
    volume : float
        Of the late tissue outside the core, voxel by voxel.
    ratio : float
        Late over core; NaN without a core.
    """

    core: float
    late: float
    volume: float
    ratio: float


class _Cleaning(NamedTuple):
    """How a mask is cleaned, in voxels."""

    smallest: float  # voxels of a piece that stays
    largest_hole: float  # voxels of a hole that is filled
    slice_axis: int


def late_tissue(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    *,
    above: Iterable[float] = ABOVE,
    smallest: float = SMALLEST_LATE,
    fill_holes: bool = FILL_HOLES,
    slice_axis: int = SLICE_AXIS,
) -> tuple[LateTissue, ...]:
    """Brain whose Tmax is above each of some limits.

    Two voxels belong together if they share a face (6 neighbours): noise that touches by edges
    and corners stays specks. A hole is what late tissue encloses within a slice, also diagonally
    (no way out by any of 8 neighbours), all of it brain: a voxel outside `brain` is never filled.
    Higher limits give masks that lie within those of lower ones.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z), with Tmax.
    brain : ndarray of bool, shape (X, Y, Z)
        Where to look.
    above : iterable of float
        Limits of Tmax, s.
    smallest : float
        Pieces smaller than this are specks and removed; holes in a slice up to this volume are
        filled. mL. Without an affine nobody knows which they are: then nothing is cleaned.
    fill_holes : bool
        Whether to fill them.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    tuple of LateTissue
        One for each limit, in order of `above`.

    Raises
    ------
    DscError
        If there is no Tmax (no deconvolution), the brain is not of the maps' shape, a limit is
        not finite or `smallest` is negative.
    """
    tmax = tmax_of(maps, brain)
    limits = [float(limit) for limit in above]
    if not np.isfinite(limits).all():
        raise DscError(f"above must hold limits in seconds, got {limits}.")
    if not smallest >= 0:
        raise DscError(f"smallest must not be negative, got {smallest:g}. 0 mL cleans nothing.")
    each = voxel_volume(tmax.affine)
    size = round(smallest / each, 6) if np.isfinite(each) else 0.0  # 1 mL is 50 of 0.02, not 51
    how = _Cleaning(size, size if fill_holes else 0.0, slice_axis % 3)
    looked = brain & tmax.quality_mask
    found = []
    for limit in limits:
        raw = looked & (tmax.values > limit)
        found.append(_cleaned(raw, brain, limit, how, each))
    return tuple(found)


def hir(late: Sequence[LateTissue], *, cleaned: bool = True) -> float:
    """Hypoperfusion intensity ratio: volume of Tmax > 10 s over that of Tmax > 6 s.

    Parameters
    ----------
    late : sequence of LateTissue
        With the limits 6 and 10 s among them.
    cleaned : bool
        Of the cleaned masks, else of the raw ones.

    Returns
    -------
    float
        0 to 1; NaN if nothing is above 6 s. Known also without an affine.

    Raises
    ------
    DscError
        If one of the limits is missing.
    """
    voxels = {
        one.above: int(np.count_nonzero(one.mask if cleaned else one.raw_mask)) for one in late
    }
    if not {6.0, 10.0} <= voxels.keys():
        raise DscError(
            f"late must hold the limits 6 and 10 s, got {sorted(voxels)}. Add them to `above`."
        )
    return voxels[10.0] / voxels[6.0] if voxels[6.0] else np.nan


def mismatch(late_mask: BoolArray, core_mask: BoolArray, affine: FloatArray | None) -> Mismatch:
    """Compare late tissue with a core that somebody has loaded, from diffusion as a rule.

    Parameters
    ----------
    late_mask, core_mask : ndarray of bool, shape (X, Y, Z)
        Tmax > 6 s, and the core, on the same grid.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres.

    Returns
    -------
    Mismatch
        Volumes, and their ratio: that is known also without an affine.

    Raises
    ------
    DscError
        If the two are not of the same shape.

    Examples
    --------
    >>> late, core = np.array([1, 1, 1, 1, 0]) > 0, np.array([1, 0, 0, 0, 1]) > 0
    >>> mismatch(late, core, np.diag([10.0, 10.0, 10.0, 1.0]))
    Mismatch(core=2.0, late=4.0, volume=3.0, ratio=2.0)
    """
    core_mask = as_region("core", core_mask, late_mask.shape)
    each = voxel_volume(affine)
    late, core, rest = (
        int(np.count_nonzero(one)) for one in (late_mask, core_mask, late_mask & ~core_mask)
    )
    return Mismatch(
        core=core * each,
        late=late * each,
        volume=rest * each,
        ratio=late / core if core else np.nan,
    )


def _cleaned(
    raw: BoolArray, brain: BoolArray, limit: float, how: _Cleaning, each: float
) -> LateTissue:
    from scipy import ndimage

    mask = np.zeros_like(raw)
    (box,) = ndimage.find_objects(raw.view(np.uint8)) or (None,)
    components = 0
    specks = holes = 0
    if box is not None:
        kept, components = _without_specks(raw[box], how.smallest)
        filled = _holes(kept, brain[box], how)
        specks = int(np.count_nonzero(raw[box] & ~kept))
        holes = int(np.count_nonzero(filled))
        if holes:
            kept |= filled
            components = int(ndimage.label(kept)[1])
        mask[box] = kept
    n = int(np.count_nonzero(raw))
    return LateTissue(
        above=limit,
        raw_mask=raw,
        mask=mask,
        raw=n * each,
        cleaned=(n - specks + holes) * each,
        specks=specks * each,
        holes=holes * each,
        components=components,
    )


def _without_specks(raw: BoolArray, smallest: float) -> tuple[BoolArray, int]:
    """Pieces of at least so many voxels, and their number."""
    from scipy import ndimage

    pieces, _ = ndimage.label(raw)  # by faces
    large = np.bincount(pieces.ravel()) >= max(smallest, 1)
    large[0] = False
    return np.asarray(large[pieces]), int(np.count_nonzero(large))


def _holes(kept: BoolArray, brain: BoolArray, how: _Cleaning) -> BoolArray:
    """Brain that is enclosed within a slice of the tightest box around what encloses it."""
    from scipy import ndimage

    flat = np.ones((3, 3, 3), dtype=np.bool_)
    np.moveaxis(flat, how.slice_axis, 0)[[0, 2]] = False
    gaps, n = ndimage.label(~kept, structure=flat)
    fillable = np.bincount(gaps.ravel(), minlength=n + 1) <= how.largest_hole
    fillable[gaps[~brain]] = False
    for axis in {0, 1, 2} - {how.slice_axis}:
        edges = np.moveaxis(gaps, axis, 0)
        fillable[edges[[0, -1]]] = False
    fillable[0] = False
    return np.asarray(fillable[gaps])
