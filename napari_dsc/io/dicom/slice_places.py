"""Places of the slices of a series, along the normal of its images."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.frames import Frame

__all__ = ["n_volumes_of", "refuse_unplaced", "slices_of", "usual_count"]

SAME_PLACE = 0.01  # mm


def n_volumes_of(frames: Sequence[Frame]) -> int:
    """How many volumes the images of one echo make: how often most of their places are there."""
    turned: dict[object, list[Frame]] = {}
    for one in frames:
        about = None if one.position is None else one.orientation
        turned.setdefault(about and tuple(round(value, 2) for value in about), []).append(one)
    counts = [
        len(several) if about is None else usual_count(slices_of(several)[1])
        for about, several in turned.items()
    ]
    return max(counts, default=0)


def slices_of(frames: Sequence[Frame]) -> tuple[FloatArray, NDArray[np.intp]]:
    """Places of the slices, ascending, and which of them each image is."""
    places, slices = np.unique(_along(frames), return_inverse=True)
    return places, slices


def usual_count(slices: NDArray[np.intp]) -> int:
    """How often most slices are there."""
    return int(Counter(np.bincount(slices).tolist()).most_common(1)[0][0])


def refuse_unplaced(frames: Sequence[Frame]) -> None:
    """Raise `DscError` unless the images say where they lie, all in one direction."""
    first = frames[0].orientation
    if first is None or any(one.position is None for one in frames):
        raise DscError(
            "a series must say where its slices lie, got no ImagePositionPatient. Export it again "
            "from the scanner or the archive, with its positions."
        )
    turned = [one.orientation for one in frames if not _same(one.orientation, first)]
    if turned:
        raise DscError(
            f"the slices of a series must lie in one direction, got {len(turned)} in another. "
            "Open the dynamic series alone."
        )


def _along(frames: Sequence[Frame]) -> FloatArray:
    """Where images lie along the normal of the first, mm: the same for all that lie together."""
    turn = frames[0].orientation or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    normal = np.cross(turn[:3], turn[3:])
    along = np.array([one.position for one in frames], dtype=np.float64) @ normal
    order = np.argsort(along, kind="stable")
    apart = np.diff(along[order], prepend=along[order[0]]) > SAME_PLACE
    group = np.empty(len(along), np.intp)
    group[order] = np.cumsum(apart)
    middles = np.bincount(group, along) / np.bincount(group)
    places: FloatArray = middles[group]
    return places


def _same(one: tuple[float, ...] | None, other: tuple[float, ...]) -> bool:
    return one is not None and bool(np.allclose(one, other, atol=1e-3))
