"""Pieces of late tissue one by one: how large, on which side, and where each is seen best."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.regions.input_checks import known_affine, refuse_flat
from napari_dsc.core.regions.late_tissue import late_tissue
from napari_dsc.core.regions.late_volumes import Cleaning, LateVolumes
from napari_dsc.core.regions.means import LATE, voxel_volume
from napari_dsc.core.regions.midline import Midline, beyond
from napari_dsc.core.types import BoolArray, DSCPerfusionMaps, FloatArray

__all__ = ["BOTH", "Lesion", "largest_slice", "late_headline", "lesions", "side_of", "sides_in"]

MOSTLY = 0.9  # of a volume on one side: then it is said to lie there
BOTH = "both sides"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """A connected piece of cleaned late tissue.

    Parameters
    ----------
    number : int
        From 1, the largest first; its value in the array of labels.
    voxels : int
        How many it has.
    volume : float
        mL; NaN without an affine.
    side : str
        Of the patient: "left", "right", "both sides"; empty where it is not known.
    largest_slice : int
        The slice that holds most of it, along the axis of slices, from 0.
    """

    number: int
    voxels: int
    volume: float
    side: str
    largest_slice: int


def lesions(
    maps: DSCPerfusionMaps,
    brain: BoolArray,
    above: float = LATE,
    cleaning: Cleaning | None = None,
    *,
    midline: Midline | None = None,
    slice_axis: int = SLICE_AXIS,
) -> tuple[NDArray[np.int32], tuple[Lesion, ...]]:
    """Part late tissue into its pieces, the largest first.

    Two voxels are of one piece if they share a face, as `late_tissue` counts them. Of two pieces
    of one size the first in the volume comes first.

    Parameters
    ----------
    maps : DSCPerfusionMaps
        Maps of shape (X, Y, Z), with Tmax.
    brain : ndarray of bool, shape (X, Y, Z)
        Where to look.
    above : float
        Limit of Tmax, s; a voxel that just reaches it does not count.
    cleaning : Cleaning, optional
        How late tissue is cleaned; None: as by default.
    midline : Midline, optional
        Tells left from right; None: sides are not known. Nobody knows them of a scan that does
        not say how the patient lies, whatever its affine.
    slice_axis : int
        Along which axis the slices lie.

    Returns
    -------
    labels : ndarray of int32, shape (X, Y, Z)
        The number of the piece at each voxel; 0 where none is. Together they are the cleaned mask.
    found : tuple of Lesion
        One for each piece.

    Raises
    ------
    DscError
        As `late_tissue` does.
    """
    from scipy import ndimage

    how = cleaning or Cleaning()
    (late,) = late_tissue(
        maps,
        brain,
        above=(above,),
        smallest=how.smallest,
        fill_holes=how.fill_holes,
        slice_axis=slice_axis,
    )
    affine = None if maps.tmax is None else maps.tmax.affine
    pieces, _ = ndimage.label(late.mask)  # by faces
    sizes = np.bincount(pieces.ravel())[1:]
    order = np.argsort(-sizes, kind="stable")
    numbers = np.zeros(len(sizes) + 1, dtype=np.int32)
    numbers[order + 1] = np.arange(1, len(sizes) + 1)
    labels: NDArray[np.int32] = numbers[pieces]
    each, found = voxel_volume(affine), []
    halves = _halves(brain.shape, affine, midline)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        piece = labels[box] == number
        voxels = int(np.count_nonzero(piece))
        found.append(
            Lesion(
                number=number,
                voxels=voxels,
                volume=voxels * each,
                side="" if halves is None else _side(piece, [one[box] for one in halves]),
                largest_slice=box[slice_axis].start + largest_slice(piece, slice_axis),
            )
        )
    return labels, tuple(found)


def side_of(mask: BoolArray, affine: FloatArray | None, midline: Midline | None) -> str:
    """Side of the patient on which a mask lies.

    Parameters
    ----------
    mask : ndarray of bool, shape (X, Y, Z)
        Any voxels: the whole of late tissue, or a piece.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres.
    midline : Midline or None
        Between the sides.

    Returns
    -------
    str
        "left" or "right", if 90 % or more of its voxels lie there, else "both sides"; empty where
        nothing is marked, where affine or midline are not known, and about a midline that does not
        part left from right.

    Raises
    ------
    DscError
        If the mask is not 3-D or the affine makes no sense.

    Examples
    --------
    >>> mask = np.zeros((10, 4, 4), dtype=bool)
    >>> mask[1:4] = True
    >>> side_of(mask, np.eye(4), Midline(point=(4.5, 0, 0), normal=(1, 0, 0)))
    'left'
    """
    refuse_flat("mask", mask)
    halves = _halves(mask.shape, affine, midline)
    return "" if halves is None or not mask.any() else _side(mask, halves)


def sides_in(
    labels: NDArray[np.integer[Any]], affine: FloatArray | None, midline: Midline | None
) -> dict[int, str]:
    """Side of the patient on which each of several regions lies, as `side_of` tells it.

    Parameters
    ----------
    labels : ndarray of int, shape (X, Y, Z)
        Regions: each positive number.
    affine, midline
        As in `side_of`.

    Returns
    -------
    dict of int to str
        By label; none where nobody knows left from right.

    Examples
    --------
    >>> labels = np.array([1, 0, 2, 3, 3, 2]).reshape(6, 1, 1)
    >>> sides_in(labels, np.eye(4), Midline(point=(2.5, 0, 0), normal=(1, 0, 0)))
    {1: 'left', 2: 'both sides', 3: 'right'}
    """
    refuse_flat("labels", labels)
    halves = _halves(labels.shape, affine, midline)
    if halves is None:
        return {}
    known, place = np.unique(np.maximum(labels, 0), return_inverse=True)
    counts = [
        np.bincount(place.reshape(labels.shape)[half], minlength=len(known)).tolist()
        for half in (np.ones(labels.shape, np.bool_), *halves)
    ]
    rows = zip(known.tolist(), *counts, strict=True)
    return {label: _told(voxels, right, left) for label, voxels, right, left in rows if label}


def largest_slice(mask: BoolArray, slice_axis: int = SLICE_AXIS) -> int:
    """Slice that holds most of a mask; the first of several that hold as much.

    Parameters
    ----------
    mask : ndarray of bool, shape (X, Y, Z)
        Which.
    slice_axis : int
        Along which axis the slices lie.
    """
    others = tuple(axis for axis in range(mask.ndim) if axis != slice_axis % mask.ndim)
    return int(np.argmax(np.count_nonzero(mask, axis=others)))


def late_headline(volumes: LateVolumes, side: str, above: float = LATE) -> str:
    """What is told of late tissue first: "Tmax > 6 s: 120.8 mL, left".

    Parameters
    ----------
    volumes : LateVolumes
        From `late_volumes`.
    side : str
        Of all of it, from `side_of`; empty: it is not told.
    above : float
        Which of its limits, s.

    Returns
    -------
    str
        With the volume before cleaning beside it where the two are apart; empty if the limit
        is none of those that were measured. Where the limits do not hold, that stands instead of
        a volume that would read as a finding.
    """
    if volumes.tmax_by:
        words = volumes.limits_words
        return words[:1].upper() + words[1:]
    row = next((one for one in volumes.rows if one.above == above), None)
    if row is None:
        return ""
    return f"{row.name}: {row.words}{f', {side}' if side else ''}"


def _halves(
    shape: Sequence[int], affine: FloatArray | None, midline: Midline | None
) -> tuple[BoolArray, BoolArray] | None:
    """Voxels to the patient's right of a midline, and to the left; None where nobody knows."""
    if affine is None or midline is None or midline.normal[0] == 0:
        return None
    known, size = known_affine(affine), (shape[0], shape[1], shape[2])
    x, y, z = midline.normal
    towards = beyond(size, known, midline)
    away = beyond(size, known, Midline(point=midline.point, normal=(-x, -y, -z)))
    return (towards, away) if x > 0 else (away, towards)


def _side(mask: BoolArray, halves: Sequence[BoolArray]) -> str:
    voxels = int(np.count_nonzero(mask))
    on_right, on_left = (int(np.count_nonzero(mask & one)) for one in halves)
    return _told(voxels, on_right, on_left)


def _told(voxels: int, on_right: int, on_left: int) -> str:
    if on_right >= MOSTLY * voxels:
        return "right"
    return "left" if on_left >= MOSTLY * voxels else BOTH
