"""Scans whose slices and volumes share one axis: recognised by likeness, split as the user says."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.nifti.axes import Dynamic

__all__ = ["frames_of", "looks_stacked", "split"]

FEWEST_VOLUMES = 20
MOST_PIXELS = 4096  # of a frame that are compared
BLOCKS = 3.0  # how much more slices must differ than one does before and after the bolus
JUMP = 1.5  # how much more from slice to slice than from any image of one to the next
CLEARLY = 0.7  # ratio of two unlikenesses at which the smaller one decides
ORDERS: Mapping[str, str] = {
    "slices": "all slices of a volume, then those of the next volume",
    "volumes": "all volumes of a slice, then those of the next slice",
}


def frames_of(voxels: NDArray[Any]) -> NDArray[Any] | None:
    """Images of a file that has one axis beyond the plane, (X, Y, N); None if it has more."""
    long = [axis for axis in range(2, voxels.ndim) if voxels.shape[axis] > 1]
    if voxels.ndim < 3 or len(long) > 1:
        return None
    axis = long[0] if long else 2
    index = tuple(slice(None) if at < 2 or at == axis else 0 for at in range(voxels.ndim))
    frames: NDArray[Any] = voxels[index]
    return frames


def looks_stacked(frames: NDArray[Any]) -> bool:
    """Whether images look like slices of many volumes, not of one, nor like volumes of one slice.

    Neighbours are alike in both. Where slices of volumes follow one another, images one volume
    apart are much more alike than neighbours; where volumes of slices do, the images fall into
    blocks that differ much more than the beginning and the end of any of them, before the bolus
    and after it.

    Parameters
    ----------
    frames : ndarray, shape (X, Y, N)
        Images in the order of the file.
    """
    counts = _counts(frames.shape[2])
    if not counts:
        return False
    images = _normalised(frames)
    near = _unlike(images, 1)
    return _best(images, near, counts) is not None


def split(
    frames: NDArray[Any], choices: Mapping[str, str], notices: tuple[str, ...] = ()
) -> Dynamic:
    """Split the axis that slices and volumes share.

    Parameters
    ----------
    frames : ndarray, shape (X, Y, N)
        Images in the order of the file.
    choices : mapping
        `slices`, how many a volume has; `order`, which of the two runs first: "slices" or
        "volumes". Where the images tell the order it is not asked.
    notices : tuple of str
        What a reader should know already.

    Raises
    ------
    ChoiceNeededError
        If the number of slices was not chosen, or nothing tells the order.
    DscError
        If the images are no whole number of volumes, whatever the number of slices.
    """
    count = frames.shape[2]
    counts = _counts(count)
    if not counts:
        raise DscError(
            f"the {count} images must be at least {FEWEST_VOLUMES} volumes of some slices each, "
            "got a number that cannot be divided so. Open the whole time series."
        )
    images = _normalised(frames)
    near = _unlike(images, 1)
    chosen = choices.get("slices", "")
    if chosen not in map(str, counts):
        raise ChoiceNeededError(
            "slices",
            f"Slices and volumes share one axis of {count} images: how many slices has a volume?",
            _options(count, counts, _best(images, near, counts)),
        )
    slices = int(chosen)
    order, told = choices.get("order"), ""
    if order not in ORDERS:
        order = _order(images, near, slices)
        told = ", as their likeness tells"
    if order is None:
        question = f"In which order do the {slices} slices × {count // slices} volumes follow?"
        raise ChoiceNeededError("order", question, ORDERS)
    plane, volumes = frames.shape[:2], count // slices
    if order == "slices":
        signal = frames.reshape((*plane, slices, volumes), order="F")
    else:
        signal = frames.reshape((*plane, volumes, slices), order="F").swapaxes(2, 3)
    words = (
        f"Slices and volumes share one axis: it was split into {slices} slices × {volumes} "
        f"volumes, {ORDERS[order]}{told}."
    )
    return Dynamic(signal=signal, axis=None, notices=(*notices, words), asked=("slices", "order"))


def _counts(count: int) -> list[int]:
    """Numbers of slices that leave whole volumes, and enough of them."""
    most = count // FEWEST_VOLUMES
    return [slices for slices in range(2, most + 1) if count % slices == 0]


def _options(count: int, counts: list[int], best: int | None) -> dict[str, str]:
    """Every number of slices; the one that the images speak for first."""
    order = sorted(counts, key=lambda slices: (slices != best, slices))
    return {
        str(slices): f"{slices} slices × {count // slices} volumes"
        + (", which the images look like" if slices == best else "")
        for slices in order
    }


def _normalised(frames: NDArray[Any]) -> FloatArray:
    """Some pixels of each image about their mean, of length 1; zeros where all are equal."""
    width, height, count = frames.shape
    every = max(1, int(np.ceil(np.sqrt(width * height / MOST_PIXELS))))
    some = np.asarray(frames[::every, ::every], dtype=np.float32).reshape(-1, count).T
    some = np.nan_to_num(some, posinf=0, neginf=0)
    return _unit(some - some.mean(axis=1, keepdims=True))


def _unit(images: FloatArray) -> FloatArray:
    """Images of length 1; zeros where they are blank."""
    length = np.linalg.norm(images, axis=1, keepdims=True)
    unit: FloatArray = np.divide(images, length, out=np.zeros_like(images), where=length > 0)
    return unit


def _unlike(images: FloatArray, lag: int) -> FloatArray:
    """One minus the correlation of each image with the one so many later; 0 of two blank ones."""
    one, other = images[:-lag], images[lag:]
    unlike: FloatArray = 1 - np.einsum("np,np->n", one, other)
    unlike[~one.any(axis=1) & ~other.any(axis=1)] = 0
    return unlike


def _best(images: FloatArray, near: FloatArray, counts: list[int]) -> int | None:
    """Number of slices that the images speak for; None if they look like one volume or slice."""
    apart = {slices: float(_unlike(images, slices).mean()) for slices in counts}
    closest = min(apart.values())
    if closest < 0.5 * float(near.mean()):
        return next(slices for slices, one in apart.items() if one <= 1.2 * closest)
    for slices in counts:
        blocks = images.reshape(slices, len(images) // slices, -1)
        third = blocks.shape[1] // 3
        before, after = (
            _unit(np.median(part, axis=1)) for part in (blocks[:, :third], blocks[:, -third:])
        )
        between = float(_unlike(before, 1).min())
        within = float((1 - np.einsum("np,np->n", before, after)).max())
        jump = np.arange(1, len(images)) % blocks.shape[1] == 0
        jumps = slices > 2 and near[jump].min() > JUMP * near[~jump].max()  # one may be anatomy's
        if between > BLOCKS * within or jumps:
            return slices
    return None


def _order(images: FloatArray, near: FloatArray, slices: int) -> str | None:
    """Which of slices and volumes runs first, by likeness; None if neither is clearly so."""
    volumes = len(images) // slices
    inside = (np.arange(1, len(images)) % volumes) != 0
    by_slices, by_volumes = float(_unlike(images, slices).mean()), float(near[inside].mean())
    if by_slices < CLEARLY * by_volumes:
        return "slices"
    return "volumes" if by_volumes < CLEARLY * by_slices else None
