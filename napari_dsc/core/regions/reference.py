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

WHITE = (15.0, 45.0)  # percentiles of the brain's CBV
TIMELY = 3.0  # s of Tmax above the brain's median
USUAL = 1.5  # interquartile ranges of MTT from the brain's median
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

    Accepted voxels whose CBV lies between the 15th and the 45th percentile of the brain's, whose
    Tmax is less than 3 s above the brain's median and whose MTT is within 1.5 interquartile
    ranges of it, eroded by a voxel within the slices. All three are means of 3 × 3 accepted
    voxels of a slice: at the noise of a scan no single voxel tells its tissue. With a midline,
    only on the side with less Tmax > 6 s; on both if they are equal. Of the pieces (voxels that
    share a face) the largest are kept, up to 20 mL; the one that exceeds it is cut to what lies
    nearest to its deepest voxel.

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
    region = _like_white_matter(maps.cbv, maps.mtt, tmax, stands, slice_axis % 3)
    if midline is not None:
        region &= _better_side(stands & (tmax.values > LATE), known, midline)
    cross = np.expand_dims(ndimage.generate_binary_structure(2, 1), slice_axis % 3)
    region = _largest(ndimage.binary_erosion(region, cross), known)
    if not region.any():
        raise DscError(
            "No voxel looks like normal-appearing white matter. Draw the reference region by hand."
        )
    return region


def _like_white_matter(
    cbv: ParameterMap, mtt: ParameterMap, tmax: ParameterMap, stands: BoolArray, slice_axis: int
) -> BoolArray:
    from scipy import ndimage

    window = [3, 3, 3]
    window[slice_axis] = 1
    share = ndimage.uniform_filter(stands.astype(np.float64), window, mode="constant")[stands]

    def calm(one: ParameterMap) -> FloatArray:  # (V,)
        known = np.where(stands, one.values, 0).astype(np.float64)
        return np.asarray(ndimage.uniform_filter(known, window, mode="constant")[stands] / share)

    volume, transit, late = (calm(one) for one in (cbv, mtt, tmax))
    low, high = np.percentile(volume, WHITE)
    q1, median, q3 = np.percentile(transit, (25, 50, 75))
    like = (volume >= low) & (volume <= high)
    like &= late < np.median(late) + TIMELY
    like &= np.abs(transit - median) <= USUAL * (q3 - q1)
    region = np.zeros_like(stands)
    region[stands] = like
    return region


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
