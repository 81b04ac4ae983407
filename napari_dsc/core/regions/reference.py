"""What a map is compared with: a reference region, and a proposal for one."""

from dataclasses import replace

import numpy as np

from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import QUANTITIES, RELATIVE
from napari_dsc.core.regions.input_checks import as_region, known_affine, tmax_of
from napari_dsc.core.regions.means import LATE, voxel_volume
from napari_dsc.core.regions.midline import Midline, beyond
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray, ParameterMap

__all__ = ["normalised", "proposed_reference"]

WHITE = (5.0, 30.0)  # percentiles of the brain's CBV
AROUND = 10.0  # mm of a slice over which maps are averaged: folds of the cortex are narrower
KNOWN = 0.5  # accepted share of these surroundings: in fluid most voxels have no answer
TIMELY = 3.0  # s of Tmax above the brain's median
USUAL = 0.5, 2.0  # times the brain's median MTT
ENOUGH = 20.0  # mL
ANSWERED = 0.7  # of the brain: noise takes the answers of white matter first, and grey is left


def normalised(
    one: ParameterMap, region: BoolArray, name_of_region: str = "reference region"
) -> ParameterMap:
    """Blood volume or flow relative to its mean in a reference region.

    Parameters
    ----------
    one : ParameterMap
        CBV or CBF, shape (...); or one that is relative already.
    region : ndarray of bool, shape (...)
        Reference: normal-appearing white matter, or the other side.
    name_of_region : str
        For the name of the map.

    Returns
    -------
    ParameterMap
        "rCBV" or "rCBF", unit "1": 1 in the mean of the accepted voxels of the region.

    Raises
    ------
    DscError
        If the map is another one, or the region is not of its shape, holds no accepted voxel or
        its mean is not positive.

    Examples
    --------
    >>> volume = np.array([2.0, 4.0, 12.0])
    >>> cbv = ParameterMap(
    ...     values=volume, name="Cerebral blood volume", symbol="CBV", units="mL/100g",
    ...     affine=None, quality_mask=np.isfinite(volume),
    ... )
    >>> normalised(cbv, np.array([True, True, False])).values.tolist()
    [0.6666, 1.3333, 4.0]
    """
    known = QUANTITIES.get(one.symbol)
    row = known if known is None or known.relative_to else RELATIVE.get(one.symbol)
    if row is None:
        raise DscError(
            f"map must be {' or '.join(RELATIVE)}, got {one.symbol}. Others are not normalised."
        )
    voxels = as_region(name_of_region, region, one.values.shape)
    values = one.values[voxels & one.quality_mask]
    values = values[np.isfinite(values)]
    if not values.size:
        raise DscError(f"{name_of_region} must hold an accepted voxel, got none. Draw it anew.")
    mean = float(values.mean(dtype=np.float64))
    if not mean > 0:
        raise DscError(
            f"{name_of_region} must have a positive mean, got {mean:g} {one.units}. Draw it anew."
        )
    words = one.name[:1].lower() + one.name[1:]
    return replace(
        one,
        values=one.values / mean,
        name=f"Ratio of {words} to the mean of the {name_of_region}",
        symbol=row.symbol,
        units=row.units,
    )


def proposed_reference(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    affine: FloatArray,
    midline: Midline | None,
    *,
    slice_axis: int = SLICE_AXIS,
) -> BoolArray:
    """Propose normal-appearing white matter.

    Voxels whose CBV lies between the 5th and the 30th percentile of the brain's, whose Tmax is
    less than 3 s above the brain's median and whose MTT is half to twice the brain's median,
    eroded by a voxel within the slices. All three are means over about 10 mm of a slice (3 × 3
    voxels at least): at the noise of a scan no single voxel tells its tissue, and white matter
    is what is low over more than a fold of the cortex. The mean of CBV takes every voxel, for
    those of white matter that noise lets stand are the higher ones; those of Tmax and MTT take
    the accepted ones, at least half of these surroundings: of fluid fewer are. With a midline,
    only on the side with less Tmax > 6 s; on both if they are equal. Of the pieces (voxels that
    share a face) the largest are kept, up to 20 mL; the one that exceeds it is cut to what lies
    nearest to its deepest voxel. Of these the accepted voxels are proposed. Oedema around a
    tumour looks like white matter in all three maps: look at the proposal.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z), with Tmax.
    brain : ndarray of bool, shape (X, Y, Z)
        Where to look.
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS millimetres.
    midline : Midline or None
        Between the sides.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        A proposal, to be looked at.

    Raises
    ------
    DscError
        If there is no Tmax (no deconvolution), the brain is not of the maps' shape, the affine
        makes no sense, less than 70 % of the brain is accepted or nothing is found.
    """
    from scipy import ndimage

    tmax = tmax_of(maps, brain)
    known = known_affine(affine)
    stands = brain & tmax.quality_mask & maps.cbv.quality_mask & maps.mtt.quality_mask
    for one in (maps.cbv, maps.mtt, tmax):
        stands &= np.isfinite(one.values)
    share = int(np.count_nonzero(stands)) / max(int(np.count_nonzero(brain)), 1)
    if share < ANSWERED:
        raise DscError(
            f"{100 * ANSWERED:g} % of the brain must have an answer that stands, got "
            f"{100 * share:.0f} %. Draw the reference region by hand."
        )
    window = _window(known, slice_axis % 3)
    region = _like_white_matter(maps, brain, stands, window)
    if midline is not None:
        region &= _better_side(stands & (tmax.values > LATE), known, midline)
    cross = np.expand_dims(ndimage.generate_binary_structure(2, 1), slice_axis % 3)
    region = _largest(ndimage.binary_erosion(region, cross), known) & stands
    if not region.any():
        raise DscError(
            "No voxel looks like normal-appearing white matter. Draw the reference region by hand."
        )
    return region


def _window(affine: FloatArray, slice_axis: int) -> list[int]:
    """Voxels along each axis over which maps are averaged: an odd number, 1 across the slices."""
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    window = [max(3, 2 * round((AROUND / size - 1) / 2) + 1) for size in sizes]
    window[slice_axis] = 1
    return window


def _like_white_matter(
    maps: DSCPerfusionMaps, brain: BoolArray, stands: BoolArray, window: list[int]
) -> BoolArray:
    """Voxels around which CBV, Tmax and MTT are those of white matter."""
    volume, _ = _calm(maps.cbv, brain & np.isfinite(maps.cbv.values), window)
    late, share = _calm(tmax_of(maps, brain), stands, window)
    transit, _ = _calm(maps.mtt, stands, window)
    looked = brain & (share >= KNOWN)
    if not looked.any():
        return looked
    low, high = np.percentile(volume[looked], WHITE)
    least, most = np.multiply(USUAL, np.median(transit[looked]))
    like = looked & (volume >= low) & (volume <= high)
    like &= (late < np.median(late[looked]) + TIMELY) & (transit > least) & (transit < most)
    return np.asarray(like)


def _calm(one: ParameterMap, where: BoolArray, window: list[int]) -> tuple[FloatArray, FloatArray]:
    """Mean of a map over the voxels around each that count, and their share of these."""
    from scipy import ndimage

    share = ndimage.uniform_filter(where.astype(np.float64), window, mode="constant")
    known = np.where(where, one.values, 0).astype(np.float64)
    total = ndimage.uniform_filter(known, window, mode="constant")
    return total / np.maximum(share, np.finfo(np.float64).eps), share


def _better_side(late: BoolArray, affine: FloatArray, midline: Midline) -> BoolArray:
    """Side with less late tissue; both, if neither has."""
    right = beyond((late.shape[0], late.shape[1], late.shape[2]), affine, midline)
    there = int(np.count_nonzero(late & right))
    here = int(np.count_nonzero(late)) - there
    if there == here:
        return np.ones_like(late)
    return right if there < here else ~right


def _largest(region: BoolArray, affine: FloatArray) -> BoolArray:
    """Largest pieces up to what is enough, the last one cut."""
    from scipy import ndimage

    kept = np.zeros_like(region)
    pieces, _ = ndimage.label(region)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    left = int(ENOUGH / voxel_volume(affine))
    for label in np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]:
        piece = pieces == label
        kept |= _cut(piece, affine, left) if sizes[label] > left else piece
        left -= int(sizes[label])
        if left <= 0:
            break
    return kept


def _cut(piece: BoolArray, affine: FloatArray, n: int) -> BoolArray:
    """Keep the n voxels of a piece that lie nearest to its deepest one."""
    from scipy import ndimage

    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    depth = ndimage.distance_transform_edt(np.pad(piece, 1), sampling=spacing)
    deepest = np.array(np.unravel_index(np.argmax(depth), depth.shape)) - 1
    voxels = np.argwhere(piece)
    away = np.linalg.norm((voxels - deepest) @ affine[:3, :3].T, axis=1)
    cut = np.zeros_like(piece)
    cut[tuple(voxels[np.argsort(away, kind="stable")[:n]].T)] = True
    return cut
