"""Masks: truth values, labels or soft values, brought onto the grid of a scan.

A mask comes as truth values, as one or several labels, or as numbers between 0 and 1 that
resampling, smoothing or a probability has left. Every door (files, layers, arrays) asks here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.number_words import voxel_words
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = [
    "HALF",
    "LISTED",
    "MOST_LABELS",
    "SAME_GRID",
    "Mask",
    "OtherGridError",
    "Several",
    "as_voxels",
    "is_mask",
    "judged",
    "labels_of",
    "one_volume",
    "onto_grid",
    "whole_numbers",
]

HALF = "half"  # instead of a label: voxels of at least half the full value
MOST_LABELS = 64  # a volume of more whole numbers than these is listed by its range
LISTED = 8  # labels that a question names
WHOLE = 1e-4  # relative: a label that a file scales is a whole number nearly
FULL = (1.0, 100.0, 255.0)  # what a voxel wholly inside has: share, percent, 8 bits
BELOW, ABOVE = 0.9, 1.3  # of 100 and 255: how far from them smoothing and ringing move the top
RINGING = 1.5  # highest value of a mask of 0 to 1 that interpolation has overshot
FEWEST = 20.0  # below, the largest value of what is no share is a label's
SAMPLE = 10_000  # values
AT_END, AT_ENDS = 0.02, 0.9  # of 0 or 1, and the share of a soft mask's voxels that are so near
LARGEST_LABEL = 2.0**31
SAME_GRID = 0.05  # voxels, at every corner
REMEDY = "Draw the mask on this scan, or resample it (--resample-masks on the command line)."
Several: TypeAlias = Literal["ask", "all"]


class OtherGridError(DscError):
    """A mask lies on another grid than the scan: it may be resampled, if the user says so."""


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Voxels, and what was decided to get them.

    Parameters
    ----------
    voxels : ndarray of bool, shape (...)
        Those that are marked.
    notices : tuple of str
        What a reader should know: label, cut, turned axes, resampling.
    """

    voxels: BoolArray
    notices: tuple[str, ...] = ()


def judged(
    values: ArrayLike, name: str, *, label: str | int | None = None, several: Several = "ask"
) -> Mask:
    """Voxels that the values of a mask mean.

    Two values, 0 and a positive one: the voxels of the latter. Whole numbers of several kinds are
    labels: `label` tells which. Numbers between are cut at half of the full value: 0.5, 50 of
    100, 127.5 of 255, or half of the largest value. Masked entries, NaN and infinities are not in
    the mask.

    Parameters
    ----------
    values : array_like, shape (...)
        Truth values or real numbers; a numpy masked array too.
    name : str
        What messages call it.
    label : str or int, optional
        The label that is meant, such as "2"; "half": voxels of at least half of the full value.
    several : {"ask", "all"}
        What several labels are without `label`: a question, or all that are positive.

    Returns
    -------
    Mask
        It may be empty: whether that is an error, the caller knows.

    Raises
    ------
    ChoiceNeededError
        If there are several labels and nobody said which.
    DscError
        If the values are no real numbers, the label is not among them, or they fit neither labels
        nor a mask.
    """
    numbers, known = _numbers(values, name)
    if numbers.dtype == np.bool_:
        return Mask(numbers & known)
    if label is not None:
        return _chosen(numbers, known, name, str(label))
    distinct = _distinct(numbers, known)
    others = distinct[distinct != 0]
    if others.size == 0 or (others.size == 1 and others[0] > 0):
        return Mask(known & (numbers > 0))
    if _whole(distinct):
        return _of_labels(numbers, known, name, several)
    return _cut(numbers, known, name)


def as_voxels(
    values: ArrayLike,
    name: str,
    shape: tuple[int, ...],
    *,
    several: Several = "ask",
    like: str = "the volumes of delta_r2",
) -> Mask:
    """As `judged`, for an array given in Python: of the shape of what it lies on, `like`.

    Raises
    ------
    DscError
        If the shape is another one, or as for `judged`.
    """
    found = np.shape(values)
    if found != shape:
        raise DscError(
            f"{name} must have shape {shape} like {like}, got {found}. Draw it on this scan."
        )
    try:
        return judged(values, name, several=several)
    except ChoiceNeededError as error:
        first = next(iter(error.options))
        raise DscError(f"{error} Pass {name} == {first}, for instance.") from error


def labels_of(values: ArrayLike) -> dict[int, int]:
    """How many voxels each label other than 0 has; empty where the values are no whole numbers."""
    numbers, known = _numbers(values, "labels")
    if numbers.dtype.kind == "f" and not _whole(_distinct(numbers, known)):
        return {}
    return _counted(numbers, known)


def is_mask(values: NDArray[Any]) -> bool | None:
    """Whether a volume holds labels or a soft mask, and no image; None where it may be either.

    Up to 64 different whole numbers are labels. Values of 0 to 1 (a little beyond, where
    interpolation has overshot) are a soft mask if nine of ten lie at 0 or 1; else nobody knows.
    """
    numbers, known = _numbers(values, "volume")
    if numbers.dtype == np.bool_:
        return True
    sample = numbers.ravel(order="K")[:: max(1, numbers.size // SAMPLE)]
    many = np.unique(sample).size > MOST_LABELS  # an image, mostly: it is not looked at as a whole
    if many and (numbers.dtype.kind != "f" or sample.max() > RINGING):
        return False
    found = _distinct(numbers, known)
    if _whole(found):
        return found.size <= MOST_LABELS
    if found[0] < 1 - RINGING or not 0.5 <= found[-1] <= RINGING:
        return False
    ends = (np.abs(numbers) < AT_END) | (np.abs(numbers - 1) < AT_END)
    return True if np.count_nonzero(ends) >= AT_ENDS * ends.size else None


def whole_numbers(values: ArrayLike) -> NDArray[Any]:
    """Integers of an array of labels that may be floats, or masked; else the array as it is."""
    if not np.ma.isMaskedArray(values) and np.asarray(values).dtype.kind in "biu":
        return np.asarray(values)
    numbers, known = _numbers(values, "labels")
    if numbers.dtype.kind == "f":
        found = _distinct(numbers, known)
        if not _whole(found) or (found.size and np.abs(found).max() > LARGEST_LABEL):
            return numbers
        numbers = np.rint(numbers).astype(np.int64)
    return np.where(known, numbers, 0).astype(numbers.dtype, copy=False)


def one_volume(
    values: NDArray[Any], name: str, n_volumes: int | None = None
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Bring a mask of any number of axes to a volume.

    Axes of length 1 beyond the third are left out. Of equal volumes the first is taken. Volumes
    that differ, as many as the scan has, are one mask if they hold a single label: a voxel that is
    marked in any of them counts.

    Parameters
    ----------
    values : ndarray
        As stored.
    name : str
        What messages call it.
    n_volumes : int, optional
        Volumes of the scan.

    Returns
    -------
    ndarray, shape (X, Y, Z)
        The values.
    tuple of str
        What a reader should know.

    Raises
    ------
    DscError
        If the volumes differ otherwise.
    """
    longer = tuple(axis for axis in range(3, values.ndim) if values.shape[axis] == 1)
    volume = values.squeeze(longer)
    volume = volume.reshape(volume.shape + (1,) * (3 - volume.ndim))
    if volume.ndim == 3:
        return volume, ()
    volumes = volume.reshape((*volume.shape[:3], -1))
    first, count = volumes[..., 0], volumes.shape[-1]
    differs = next((at for at in range(1, count) if not _equal(volumes[..., at], first)), None)
    if differs is None:
        return first, (f"{name} holds {count} equal volumes: one was taken.",)
    collapsed = np.fmax.reduce(volumes, axis=-1) if count == n_volumes else first
    label = float(np.nanmax(collapsed)) if collapsed.size else 0.0
    if count != n_volumes or not all(
        np.isin(volumes[..., at], (0, label)).all() for at in range(count)
    ):
        raise DscError(
            f"{name} must hold one volume or equal ones, got shape {values.shape}, in which "
            f"volume {differs} differs from volume 0. Save the volume that is meant by itself."
        )
    return collapsed, (
        f"{name} marks other voxels in other volumes: one that is marked in any of them counts.",
    )


def onto_grid(
    values: NDArray[Any],
    affine: FloatArray,
    shape: tuple[int, ...],
    scan_affine: FloatArray,
    name: str,
    *,
    resample: bool = False,
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Bring a mask onto the grid of a scan.

    The same voxels in another order of the axes, or the other way round, are turned: nothing is
    interpolated. Grids less than 5 % of a voxel apart at every corner are the same.

    Parameters
    ----------
    values : ndarray, shape (X, Y, Z)
        The mask, on its own grid.
    affine, scan_affine : ndarray, shape (4, 4)
        Voxel indices of mask and scan to RAS millimetres.
    shape : tuple of int
        That of the scan's volumes.
    name : str
        What messages call it.
    resample : bool
        Whether a mask on another grid is read at the nearest voxel; 0 outside it.

    Returns
    -------
    ndarray
        The values on the scan's grid, of that shape.
    tuple of str
        What a reader should know.

    Raises
    ------
    OtherGridError
        If it lies on another grid and is not to be resampled.
    DscError
        If it is resampled, and marks no voxel of the scan.
    """
    to_scan = np.linalg.inv(scan_affine) @ affine
    order, signs = _turn(to_scan)
    if order is not None:
        turned = np.transpose(values, order)
        if turned.shape == shape:
            straight = np.zeros((4, 4))
            for axis, (source, sign) in enumerate(zip(order, signs, strict=True)):
                straight[axis, source] = sign
                straight[axis, 3] = 0 if sign > 0 else shape[axis] - 1
            apart = (to_scan[:3] - straight[:3]) @ _corners(values.shape)
            if np.abs(apart).max() < SAME_GRID:
                turned = turned[tuple(slice(None, None, sign) for sign in signs)]
                same = order == (0, 1, 2) and signs == (1, 1, 1)
                said = f"{name} has its axes in another order or direction than the scan: turned."
                return turned, () if same else (said,)
    if not resample:
        raise _elsewhere(values.shape, affine, shape, scan_affine, name)
    return _nearest(values, np.linalg.inv(to_scan), shape, name)


def _elsewhere(
    own: tuple[int, ...],
    affine: FloatArray,
    shape: tuple[int, ...],
    scan_affine: FloatArray,
    name: str,
) -> OtherGridError:
    """Say in which way a mask lies on another grid."""
    if own != shape:
        return OtherGridError(f"{name} must have the scan's shape {shape}, got {own}. {REMEDY}")
    offset = np.linalg.norm(((affine - scan_affine) @ _corners(own))[:3], axis=0).max()
    return OtherGridError(
        f"{name} must lie on the scan's grid, got an affine that differs by {offset:.3g} mm. "
        f"{REMEDY}"
    )


def _nearest(
    values: NDArray[Any], to_mask: FloatArray, shape: tuple[int, ...], name: str
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Read a mask at the voxel that is nearest to the middle of each voxel of the scan."""
    made = np.zeros(shape, dtype=values.dtype)
    last = np.array(values.shape)[:, None, None] - 1
    first, second = np.ogrid[: shape[0], : shape[1]]
    for at in range(shape[2]):
        index = np.stack([a * first + b * second + (c * at + d) for a, b, c, d in to_mask[:3]])
        index = np.floor(index + 0.5).astype(np.intp)  # a middle between two: always the later
        inside = ((index >= 0) & (index <= last)).all(axis=0)
        made[:, :, at][inside] = values[tuple(index[:, inside])]
    before, after = np.count_nonzero(values > 0), np.count_nonzero(made > 0)
    if before and not after:
        raise DscError(
            f"{name} must mark voxels of the scan, got none of its {before} there. Look at both: "
            "are they of the same head, and do their headers agree?"
        )
    return made, (
        f"{name} was resampled to the nearest voxel of the scan: {voxel_words(before)} above 0 "
        f"became {after}.",
    )


def _turn(matrix: FloatArray) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
    """Which axis of a mask runs along each axis of the scan, and which way; None for a mixture."""
    rows = np.abs(matrix[:3, :3]).argmax(axis=1)
    if sorted(rows) != [0, 1, 2]:
        return None, ()
    signs = (int(np.sign(matrix[axis, source])) for axis, source in enumerate(rows))
    return tuple(map(int, rows)), tuple(signs)


def _corners(shape: tuple[int, ...]) -> FloatArray:
    """Indices of the eight corners of a volume, homogeneous, shape (4, 8)."""
    return np.array([(*at, 1) for at in product(*((0, n - 1) for n in shape))], dtype=float).T


def _equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _numbers(values: ArrayLike, name: str) -> tuple[NDArray[Any], BoolArray]:
    """Values without a mask of numpy's, and where they are numbers."""
    given = np.ma.asanyarray(values) if np.ma.isMaskedArray(values) else np.asarray(values)
    if given.dtype.kind not in "biuf":
        raise DscError(
            f"{name} must hold truth values or real numbers, got {given.dtype}. Pass a mask, 1 "
            "inside and 0 outside."
        )
    known = ~np.ma.getmaskarray(given) if np.ma.isMaskedArray(values) else None
    numbers = np.asarray(np.ma.getdata(given))
    if numbers.dtype.kind == "f":
        finite = np.isfinite(numbers)
        known = finite if known is None else known & finite
        numbers = np.where(known, numbers, 0).astype(numbers.dtype, copy=False)
    return numbers, np.ones(numbers.shape, np.bool_) if known is None else np.asarray(known)


def _whole(distinct: NDArray[Any]) -> bool:
    """Whether some values are whole numbers, as labels are."""
    return distinct.dtype.kind != "f" or bool(_is_whole(distinct).all())


def _is_whole(values: NDArray[Any]) -> BoolArray:
    apart = np.abs(values - np.rint(values))
    return np.asarray(apart <= WHOLE * np.maximum(1, np.abs(values)))


def _counted(numbers: NDArray[Any], known: BoolArray) -> dict[int, int]:
    """How many voxels each label other than 0 has."""
    marked = numbers[known & (numbers != 0)]  # few: most of a volume is 0
    found, counts = np.unique(np.rint(marked), return_counts=True)
    pairs = zip(found, counts, strict=True)
    return {int(one): int(count) for one, count in pairs if one != 0}


def _listed(labels: Mapping[int, int]) -> str:
    """Labels and their voxels in words, the first few of many."""
    words = [f"{one} ({voxel_words(count)})" for one, count in list(labels.items())[:LISTED]]
    more = len(labels) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "")


def _of_labels(numbers: NDArray[Any], known: BoolArray, name: str, several: Several) -> Mask:
    """Every positive label, or a question which one is meant."""
    labels = _counted(numbers, known)
    if len(labels) == 1 and min(labels) > 0:  # a file scales it by a hair
        return Mask(known & (numbers > 0.5))
    if several == "all":
        said = f"{name} holds the labels {_listed(labels)}: all that are positive count."
        return Mask(known & (numbers > 0.5), (said,))
    options = {
        str(one): f"label {one}, {voxel_words(count)}"
        for one, count in list(labels.items())[:LISTED]
    }
    if len(labels) > LISTED:
        half = np.count_nonzero(known & (numbers >= _full(max(labels)) / 2))
        options[HALF] = f"a soft mask: {voxel_words(half)} of at least half the full value"
    more = f", {len(labels)} of them up to {max(labels)}" if len(labels) > LISTED else ""
    question = f"{name} holds several labels{more}: which one is meant?"
    if len(labels) == 1:
        question = f"{name} holds a negative label only: is it meant?"
    if len(labels) > MOST_LABELS:
        question = f"{name} holds {len(labels)} different values, as an image or an atlas does."
    raise ChoiceNeededError("label", question, options)


def _chosen(numbers: NDArray[Any], known: BoolArray, name: str, label: str) -> Mask:
    """Voxels of the label that somebody has chosen."""
    if label == HALF:
        return _cut(numbers, known, name)
    try:
        wanted = int(label)
    except ValueError:
        raise DscError(
            f"a label must be a whole number or {HALF!r}, got {label!r}. Give one of the mask's."
        ) from None
    if not _whole(_distinct(numbers, known)):
        raise DscError(
            f"{name} must hold whole numbers for a label to be chosen, got values between. Leave "
            "the label out: the mask is cut at half of its full value."
        )
    labels = _counted(numbers, known)
    voxels = known & (np.rint(numbers) == wanted)
    if not voxels.any():
        raise DscError(f"{name} must hold label {wanted}, got {_listed(labels) or 'none'}.")
    return Mask(voxels, (f"{name}: label {wanted} was taken, of {_listed(labels)}.",))


def _full(top: float) -> float:
    """Value of a voxel that lies wholly inside, for the largest value there is."""
    if top <= RINGING:
        return FULL[0]
    usual = (one for one in FULL[1:] if BELOW * one <= top <= ABOVE * one)
    return next(usual, top)


def _cut(numbers: NDArray[Any], known: BoolArray, name: str) -> Mask:
    """Voxels of at least half of the full value."""
    if not known.any():
        return Mask(known)
    low, top = float(numbers[known].min()), float(numbers[known].max())
    full = _full(top)
    if full == top and RINGING < top < FEWEST and not _whole(_distinct(numbers, known)):
        raise DscError(
            f"{name} must hold labels, or values up to 1, 100 or 255, got values between "
            f"{low:.3g} and {top:.3g}. Labels must be resampled to the nearest neighbour."
        )
    voxels = known & (numbers >= full / 2)
    if not voxels.any():
        raise DscError(
            f"{name} must reach {full / 2:g} somewhere, half of what a voxel wholly inside has, "
            f"got at most {top:.3g}. Draw it on the scan, or resample it to the nearest neighbour."
        )
    above = np.count_nonzero(known & (numbers > 0))
    return Mask(
        voxels,
        (
            f"{name} holds values between {low:.3g} and {top:.3g}: cut at {full / 2:.4g}, half of "
            f"{full:.4g}, {voxel_words(np.count_nonzero(voxels))} of {above:,} above 0.",
        ),
    )


def _distinct(numbers: NDArray[Any], known: BoolArray) -> NDArray[Any]:
    """Sorted values that occur."""
    found: NDArray[Any] = np.unique(numbers[known])
    return found
