"""Soft shapes: signed distances, tubes and random fields, all in mm of the atlas."""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.phantom.grid import Fine
from napari_dsc.core.phantom.random_fields import Soft

__all__ = ["Path", "ball", "between", "edge", "nowhere", "smaller", "steepness", "tube"]

Path = Sequence[tuple[float, float, float, float]]  # x, y, z and radius of each point, mm

WIDE_EDGE = 1.2  # mm over which a surface goes from outside to inside
AROUND = 9.0  # mm around a tube in which its depth is known, the warp included


def edge(depth: Soft, width: float = WIDE_EDGE) -> Soft:
    """Share of a point that is inside, from its depth below a surface in mm."""
    return np.asarray(np.clip(depth * np.float32(1 / width) + np.float32(0.5), 0, 1))


def smaller(one: Soft, other: Soft, round_off: float) -> Soft:
    """Smaller of two depths, rounded where they meet."""
    near = np.maximum(round_off - np.abs(one - other), 0)
    return np.asarray(np.minimum(one, other) - near * near * np.float32(0.25 / round_off))


def between(values: Soft, low: float, high: float) -> Soft:
    """0 below `low`, 1 above `high`, smooth between; the other way round for `low` > `high`."""
    share = np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))


def steepness(values: Soft, step: NDArray[np.float64]) -> Soft:
    """Length of the gradient, per mm."""
    total = np.zeros_like(values)
    for axis, size in enumerate(step):
        if values.shape[axis] > 1:
            slope = np.gradient(values, np.float32(size), axis=axis)
            total += slope * slope
    return np.sqrt(total)


def ball(fine: Fine, centre: Sequence[float], half: Sequence[float]) -> Soft:
    """Depth inside an ellipsoid, both sides alike if its centre has x > 0; mm, nearly."""
    x = np.abs(fine.x) - np.float32(centre[0]) if centre[0] > 0 else fine.x
    total = (x / np.float32(half[0])) ** 2
    total += ((fine.y - np.float32(centre[1])) / np.float32(half[1])) ** 2
    total += ((fine.z - np.float32(centre[2])) / np.float32(half[2])) ** 2
    return np.asarray((1 - np.sqrt(total)) * np.float32(min(half)))


def tube(fine: Fine, path: Path, out: Soft | None = None, flat: float = 1.0) -> Soft:
    """Depth inside a tube along a path, mm; -inf far from it.

    Parameters
    ----------
    fine : Fine
        Where.
    path : sequence of tuple
        Points and radii.
    out : ndarray, optional
        Depths inside other tubes: the larger depth stands. Changed in place.
    flat : float
        Height of the tube over its width.
    """
    depth = nowhere(fine) if out is None else out
    for start, stop in pairwise(path):
        box = _box(fine, np.array(start), np.array(stop))
        if box is None:
            continue
        x, y, z = (axis[box] for axis in (fine.x, fine.y, fine.z))
        ax, ay, az, ar = map(np.float32, start)
        bx, by, bz, br = (np.float32(b - a) for a, b in zip(start, stop, strict=True))
        length = bx * bx + by * by + bz * bz
        along = np.clip(((x - ax) * bx + (y - ay) * by + (z - az) * bz) / length, 0, 1)
        away = (x - ax - along * bx) ** 2 + (y - ay - along * by) ** 2
        away += ((z - az - along * bz) / np.float32(flat)) ** 2
        np.maximum(depth[box], ar + along * br - np.sqrt(away), out=depth[box])
    return depth


def nowhere(fine: Fine) -> Soft:
    """Depth inside nothing: -inf, to be filled by tubes."""
    return np.full(fine.x.shape, -np.inf, dtype=np.float32)


def _box(
    fine: Fine, start: NDArray[np.float64], stop: NDArray[np.float64]
) -> tuple[slice, ...] | None:
    """Part of the grid around a piece of a tube; None if it lies outside."""
    around = max(start[3], stop[3]) + AROUND
    ends = np.minimum(start, stop)[:3] - around, np.maximum(start, stop)[:3] + around
    corners = np.array([(*at, 1) for at in product(*zip(*ends, strict=True))]).T
    index = (np.linalg.inv(fine.matrix) @ corners)[:3]
    first = np.maximum(np.floor(index.min(axis=1)).astype(int), 0)
    last = np.minimum(np.ceil(index.max(axis=1)).astype(int) + 1, fine.x.shape)
    if (first >= last).any():
        return None
    return tuple(slice(a, b) for a, b in zip(first, last, strict=True))
