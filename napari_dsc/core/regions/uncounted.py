"""Late tissue that no volume counts: it has no answer, as the core of an infarct."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import FILL_HOLES, SLICE_AXIS, SMALLEST_LATE
from napari_dsc.core.regions.blank import blank_voxels
from napari_dsc.core.regions.late_tissue import late_tissue
from napari_dsc.core.regions.means import LATE, voxel_volume
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps

__all__ = [
    "beside_words",
    "uncounted_beside",
    "uncounted_tissue",
    "uncounted_volume",
    "uncounted_words",
]

SHARE = 0.05  # of the late tissue that is counted: what is less is not told
LEAST = 0.05  # mL: what is less is written as 0.0


def uncounted_tissue(
    maps: DSCPerfusionMaps,
    *,
    smallest: float = SMALLEST_LATE,
    fill_holes: bool = FILL_HOLES,
    slice_axis: int = SLICE_AXIS,
) -> BoolArray:
    """Rejected voxels that are late and lie beside the late tissue that is counted.

    Where flow is lowest the bolus drowns in the noise, and a voxel has no answer; pictures show
    it all the same (see `blank_voxels`). Ventricles and specks are none of it.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z).
    smallest, fill_holes
        How the late tissue that is counted is cleaned, as in `late_tissue`.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        Pieces of 1 mL or more that touch tissue of Tmax > 6 s; none where they are less than a
        twentieth of it, and without Tmax or an affine.
    """
    from scipy import ndimage

    tmax, accepted = maps.tmax, maps.first.quality_mask
    nothing = np.zeros(maps.shape, np.bool_)
    if tmax is None or tmax.values.ndim != 3:
        return nothing
    each, seen = voxel_volume(tmax.affine), np.isfinite(tmax.values)
    if not np.isfinite(each) or not (seen & ~accepted).any():
        return nothing
    (counted,) = late_tissue(
        maps,
        seen,
        above=[LATE],
        smallest=smallest,
        fill_holes=fill_holes,
        slice_axis=slice_axis,
    )
    blank = blank_voxels(maps, seen, slice_axis=slice_axis)
    silent = (tmax.values > LATE) & ~accepted & ~counted.mask & ~blank
    pieces, _ = ndimage.label(silent)
    sizes = np.bincount(pieces.ravel()) * each
    touching = np.zeros(sizes.shape, np.bool_)
    touching[pieces[ndimage.binary_dilation(counted.mask) & silent]] = True
    found: BoolArray = (touching & (sizes >= SMALLEST_LATE))[pieces] & silent
    return found if np.count_nonzero(found) * each >= SHARE * counted.cleaned else nothing


def uncounted_volume(
    maps: DSCPerfusionMaps,
    *,
    smallest: float = SMALLEST_LATE,
    fill_holes: bool = FILL_HOLES,
    slice_axis: int = SLICE_AXIS,
) -> float:
    """Volume of `uncounted_tissue`, mL; 0 without any, and without an affine."""
    found = uncounted_tissue(maps, smallest=smallest, fill_holes=fill_holes, slice_axis=slice_axis)
    voxels = int(np.count_nonzero(found))
    return voxels * voxel_volume(maps.affine) if voxels else 0.0


def uncounted_beside(
    labels: NDArray[np.integer[Any]], late: BoolArray, silent: BoolArray
) -> dict[int, int]:
    """Voxels of late tissue without an answer that lie beside regions of late tissue.

    Parameters
    ----------
    labels : ndarray of int, shape (X, Y, Z)
        Regions: each positive number. Only those that are late tissue as a whole are looked at.
    late, silent : ndarray of bool, shape (X, Y, Z)
        What is counted as late, and what `uncounted_tissue` has found.

    Returns
    -------
    dict of int to int
        By label, where there is any. A piece that touches several counts for the largest of them.
    """
    from scipy import ndimage

    found: dict[int, int] = {}
    if not silent.any():
        return found
    pieces, _ = ndimage.label(silent)
    sizes, taken = np.bincount(pieces.ravel()), {0}
    painted = np.maximum(labels, 0)
    voxels = np.bincount(painted.ravel())
    outside = np.bincount(painted[~late].ravel(), minlength=voxels.size)
    whole = np.flatnonzero((voxels > 0) & (outside == 0))
    boxes = ndimage.find_objects(painted)
    for label in whole[np.argsort(-voxels[whole], kind="stable")].tolist():
        if not label:
            continue
        box = tuple(slice(max(one.start - 1, 0), one.stop + 1) for one in boxes[label - 1])
        touched = np.unique(pieces[box][ndimage.binary_dilation(painted[box] == label)])
        own = set(touched.tolist()) - taken
        taken |= own
        if own:
            found[label] = int(sizes[sorted(own)].sum())
    return found


def uncounted_words(volume: float, counted: float = np.nan) -> str:
    """Say that tissue is in no volume, and what the volume would be with it; empty without any.

    Parameters
    ----------
    volume : float
        Of the tissue without an answer, mL.
    counted : float
        Of the late tissue beside it, mL; NaN: their sum is not told.

    Examples
    --------
    >>> uncounted_words(22.52, 100.0)
    '22.5 mL beside it without an answer (122.5 mL with it)'
    """
    if not volume:
        return ""
    both = f" ({volume + counted:.1f} mL with it)" if np.isfinite(counted) else ", not counted"
    return f"{volume:.1f} mL beside it without an answer{both}"


def beside_words(inside: float, beside: float) -> str:
    """How much of a region, and beside it, is in no mean and no ratio; empty if nothing is.

    Parameters
    ----------
    inside : float
        Rejected voxels of the region, mL.
    beside : float
        Late tissue without an answer that touches it, mL.

    Examples
    --------
    >>> beside_words(0.61, 22.52), beside_words(0.0, 22.52), beside_words(0.0, 0.0)
    ('0.6 mL in it, 22.5 mL beside it', '22.5 mL beside it', '')
    """
    places = ((inside, "in it"), (beside, "beside it"))
    return ", ".join(f"{one:.1f} mL {where}" for one, where in places if one >= LEAST)
