"""The box of a head: what of every slice has to be seen, so that no tile shows air."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from napari_dsc.core.types import BoolArray, FloatArray
from napari_dsc.viewer.layers import Placement, to_screen, world_of

if TYPE_CHECKING:
    from napari_dsc.viewer.scan.scan import Scan

__all__ = ["head_ends", "head_of", "know_head"]

MARGIN = 1.0  # voxels about the brain


@dataclass(frozen=True, slots=True)
class _Head:
    """First and last voxel of a brain along z, y and x, as it lay on the screen."""

    place: Placement
    first: tuple[float, ...]
    last: tuple[float, ...]


_KNOWN: "WeakKeyDictionary[Scan, _Head]" = WeakKeyDictionary()


def know_head(scan: "Scan", brain: BoolArray) -> None:
    """Take the brain of a run, shape (X, Y, Z) on the axes of the file, as what is to be seen."""
    turned = to_screen(brain, scan.place)
    first, last = np.zeros(3), np.array(turned.shape) - 1.0
    for axis in range(3):
        held = np.flatnonzero(turned.any(axis=tuple({0, 1, 2} - {axis})))
        if held.size:
            first[axis] = max(held[0] - MARGIN, 0)
            last[axis] = min(held[-1] + MARGIN, turned.shape[axis] - 1)
    known = _KNOWN.get(scan)
    same = known is not None and known.place is scan.place
    if known is None or not same or (known.first, known.last) != (tuple(first), tuple(last)):
        _KNOWN[scan] = _Head(scan.place, tuple(first), tuple(last))


def head_of(scan: "Scan") -> object:
    """What is known of the head of a scan: another object when it is another; None: nothing."""
    return _KNOWN.get(scan)


def head_ends(scan: "Scan", units: Any) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest corner of the box that holds the brain of every slice.

    Parameters
    ----------
    scan : Scan
        Whose brain: that of its last run. Without one, and where it is empty, the whole volume.
    units : sequence of units
        Of the world's axes.

    Returns
    -------
    low, high : ndarray, shape (3,)
        In the world (z, y, x), with a margin of a voxel where there is room.
    """
    steps, origin = world_of(scan.layer, units)
    known = _KNOWN.get(scan)
    first: FloatArray
    last: FloatArray
    if known is None or known.place is not scan.place:
        first, last = np.zeros(3), np.array(scan.layer.data.shape[-3:]) - 1.0
    else:
        first, last = np.array(known.first), np.array(known.last)
    corners = np.where(np.array(list(np.ndindex(2, 2, 2))) > 0, last + 0.5, first - 0.5)
    ends = origin + corners @ steps.T
    return ends.min(axis=0), ends.max(axis=0)
