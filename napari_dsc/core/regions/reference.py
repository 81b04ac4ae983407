"""Reference region that a map is compared with, and a proposal for one."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from napari_dsc.core.defaults import SLICE_AXIS, SMALLEST_LATE
from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import (
    AUC,
    CBF,
    CBV,
    CBV_CORRECTED,
    FWHM,
    QUANTITIES,
    RELATIVE,
    TTP,
)
from napari_dsc.core.regions.input_checks import (
    as_region,
    known_affine,
    refuse_flat,
    refuse_shape,
    tmax_of,
)
from napari_dsc.core.regions.means import LATE, voxel_volume
from napari_dsc.core.regions.midline import Midline, beyond
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray, ParameterMap

__all__ = [
    "REFERENCE_NAME",
    "ReferenceProposal",
    "amounts_of",
    "normalised",
    "proposed_reference",
    "reference_proposal",
]

REFERENCE_NAME = "Reference (proposed)"  # of the region

WHITE = (5.0, 30.0)  # percentiles of the brain's CBV
AROUND = 10.0  # mm of a slice over which maps are averaged: folds of the cortex are narrower
KNOWN = 0.5  # accepted share of these surroundings: in fluid most voxels have no answer
TIMELY = 3.0  # s of Tmax above the brain's median
USUAL = 0.5, 2.0  # times the brain's median MTT
ENOUGH = 20.0  # mL
APART = 5.0  # mL of late tissue by which the sides differ: less is no lesion
LESS = 0.98  # of the other side's flow: a side with less may be ill itself, though nothing is late
ANSWERED = 0.7  # of the brain: noise takes the answers of white matter first, and grey is left

TWO_SIDES = (
    "One side has late tissue, and through the white matter that was proposed on the other {less} "
    "% less blood flows: it may hold oedema. Look at the reference, and draw it by hand if so."
)


class ReferenceProposal(NamedTuple):
    """Region that was proposed, and what speaks against it."""

    region: BoolArray
    doubt: str  # in a sentence; empty: nothing does


def amounts_of(maps: DSCPerfusionMaps) -> tuple[ParameterMap, ...]:
    """Maps that can be taken relative to a region: blood volume, and what there is beside it.

    That is flow, and blood volume corrected for leakage.
    """
    beside = (maps.get(row.key) for row in (CBF, CBV_CORRECTED))
    found = (maps.blood_volume, *(one for one in beside if one is not None))
    return tuple(one for one in found if one.symbol in (*RELATIVE, AUC.symbol))


def normalised(
    one: ParameterMap, region: BoolArray, name_of_region: str = "reference region"
) -> ParameterMap:
    """Blood volume or flow relative to its mean in a reference region.

    Parameters
    ----------
    one : ParameterMap
        CBV or CBF, shape (...), or the area under the bolus, which gives the same rCBV; or one
        that is relative already.
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
    amount = CBV.symbol if one.symbol == AUC.symbol else one.symbol
    row = known if known is None or known.relative_to else RELATIVE.get(amount)
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
    tumour: BoolArray | None = None,
) -> BoolArray:
    """Propose normal-appearing white matter.

    Voxels whose CBV lies between the 5th and the 30th percentile of the brain's, whose Tmax is
    less than 3 s above the brain's median and whose MTT is half to twice the brain's median,
    eroded by a voxel within the slices. All three are means over about 10 mm of a slice (3 × 3
    voxels at least): at the noise of a scan no single voxel tells its tissue, and white matter is
    what is low over more than a fold of the cortex. The mean of CBV takes every voxel, for those
    of white matter that noise lets stand are the higher ones; those of Tmax and MTT take the
    accepted ones, at least half of these surroundings: of fluid fewer are. With a midline, only
    on one side: where a tumour is known that with less of it; else that with less Tmax > 6 s in
    pieces of 1 mL or more, if they are 5 mL or more apart; else that whose proposal has the
    higher ratio of CBV to MTT, for the side of a tumour may hold its oedema. Of the pieces
    (voxels that share a face) the largest are kept, up to 20 mL; the one that exceeds it is cut
    to what lies nearest to its deepest voxel. Of these the accepted voxels are proposed. Oedema
    around a tumour looks like white matter in all three maps: look at the proposal, above all
    where one side has late tissue and the other a tumour.

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
    tumour : ndarray of bool, shape (X, Y, Z), optional
        What enhances, whose side is none to compare with.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        A proposal, to be looked at. Of maps without an artery the area under the bolus stands for
        CBV, TTP for Tmax (late by what it exceeds its median), and the width for MTT.

    Raises
    ------
    DscError
        If there is no Tmax (no deconvolution), the brain is not of the maps' shape, the affine
        makes no sense, less than 70 % of the brain is accepted or nothing is found.
    """
    return reference_proposal(
        maps, brain, affine, midline, slice_axis=slice_axis, tumour=tumour
    ).region


def reference_proposal(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    affine: FloatArray,
    midline: Midline | None,
    *,
    slice_axis: int = SLICE_AXIS,
    tumour: BoolArray | None = None,
) -> ReferenceProposal:
    """Propose normal-appearing white matter as `proposed_reference`, and say what is against it."""
    from scipy import ndimage

    told = _told_by(maps, brain)
    known = known_affine(affine)
    stands = brain.copy()
    for one in told:
        stands &= one.quality_mask & np.isfinite(one.values)
    share = int(np.count_nonzero(stands)) / max(int(np.count_nonzero(brain)), 1)
    if share < ANSWERED:
        raise DscError(
            f"{100 * ANSWERED:g} % of the brain must be accepted, got "
            f"{100 * share:.0f} %. Draw the reference region by hand."
        )
    window = _window(known, slice_axis % 3)
    like = _like_white_matter(told, brain, stands, window)
    if tumour is not None:
        like &= ~as_region("tumour", tumour, brain.shape)
    cross = np.expand_dims(ndimage.generate_binary_structure(2, 1), slice_axis % 3)

    def made_of(part: BoolArray) -> BoolArray:
        return _largest(ndimage.binary_erosion(part, cross), known) & stands

    doubt = ""
    if midline is None:
        region = made_of(like)
    else:
        right = beyond((like.shape[0], like.shape[1], like.shape[2]), known, midline)
        halves = made_of(like & right), made_of(like & ~right)
        usual = 0.0 if maps.tmax is not None else float(np.median(told.late.values[stands]))
        late = _without_specks(stands & (told.late.values > usual + LATE), known)
        if tumour is not None and tumour.any():
            inside = int(np.count_nonzero(tumour & right))
            region = halves[int(2 * inside >= int(np.count_nonzero(tumour)))]
        else:
            region, doubt = _better_side(halves, (late & right, late & ~right), known, told)
    if not region.any():
        raise DscError(
            "No voxel looks like normal-appearing white matter. Draw the reference region by hand."
        )
    return ReferenceProposal(region, doubt)


class _Told(NamedTuple):
    """Maps that tell white matter."""

    volume: ParameterMap
    late: ParameterMap
    transit: ParameterMap


def _told_by(maps: DSCPerfusionMaps, brain: BoolArray) -> _Told:
    """CBV, Tmax and MTT; without an artery the bolus's area, its time to peak and its width."""
    if maps.get(CBV.key) is not None:
        return _Told(maps.cbv, tmax_of(maps, brain), maps.mtt)
    refuse_flat("maps", maps.first.values)
    refuse_shape("brain", brain, maps.shape)
    held = [maps.get(row.key) for row in (AUC, TTP, FWHM)]
    area, late, width = held
    if area is None or late is None or width is None:
        raise DscError(
            "a reference region must be proposed from blood volume, lateness and width, got maps "
            "without. Draw the region by hand."
        )
    return _Told(area, late, width)


def _window(affine: FloatArray, slice_axis: int) -> list[int]:
    """Voxels along each axis over which maps are averaged: an odd number, 1 across the slices."""
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    window = [max(3, 2 * round((AROUND / size - 1) / 2) + 1) for size in sizes]
    window[slice_axis] = 1
    return window


def _like_white_matter(
    told: "_Told", brain: BoolArray, stands: BoolArray, window: list[int]
) -> BoolArray:
    """Voxels around which blood volume, lateness and width are those of white matter."""
    volume, _ = _calm(told.volume, brain & np.isfinite(told.volume.values), window)
    late, share = _calm(told.late, stands, window)
    transit, _ = _calm(told.transit, stands, window)
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


def _without_specks(late: BoolArray, affine: FloatArray) -> BoolArray:
    """Late tissue in pieces of 1 mL or more: the rest is noise, which lies on either side."""
    from scipy import ndimage

    pieces, _ = ndimage.label(late)
    large = np.bincount(pieces.ravel()) * voxel_volume(affine) >= SMALLEST_LATE
    large[0] = False
    return np.asarray(large[pieces])


def _better_side(
    halves: tuple[BoolArray, BoolArray],
    late: tuple[BoolArray, BoolArray],
    affine: FloatArray,
    told: _Told,
) -> ReferenceProposal:
    """White matter of the side with clearly less late tissue; else of that with more flow.

    Oedema around a tumour looks like white matter, but less blood flows through it: where neither
    side is late, that of the tumour has the lower ratio of volume to transit time. Beside a stroke
    on the other side nothing but that ratio tells it. To go over to the side of the stroke would
    not do: what is left there is nearer to the cortex, whose flow is higher.
    """
    here, there = halves
    if not (here.any() and there.any()):
        return ReferenceProposal(here if here.any() else there, "")
    volumes = [np.count_nonzero(one) * voxel_volume(affine) for one in late]
    flows = [_mean(told.volume, one) / _mean(told.transit, one) for one in halves]
    if abs(volumes[0] - volumes[1]) >= APART:
        calm = int(volumes[1] < volumes[0])
        share = flows[calm] / flows[1 - calm]
        doubt = TWO_SIDES.format(less=round(100 * (1 - share))) if share < LESS else ""
        return ReferenceProposal(halves[calm], doubt)
    return ReferenceProposal(here if flows[0] >= flows[1] else there, "")


def _mean(one: ParameterMap, region: BoolArray) -> float:
    return float(one.values[region].mean(dtype=np.float64))


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
