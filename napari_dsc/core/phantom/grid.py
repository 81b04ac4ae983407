"""The fine grid on which the anatomy is made, and the shares that a voxel takes of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.phantom.random_fields import Soft, at_points, field

__all__ = [
    "FIELD",
    "SIZE",
    "THICKNESS",
    "Fine",
    "Pose",
    "around_head",
    "fine_grid",
    "pose_of",
    "spacing_of",
]

FIELD = 220.0  # mm, of a slice
THICKNESS = 6.5  # mm, of a slice with its gap, at most
HEIGHT = 130.0  # mm from the skull base to above the vertex
SIZE = 0.93  # mm of this head for each mm of the atlas in which its parts are placed
SOLE, UPWARD = -10.0, 0.346  # mm: where a slab of no height lies, and its share below that
LEFT_TO_RIGHT = np.array([-1.0, 1.0, 1.0])  # the head's x runs to the left, RAS to the right
FINER = 2, 2, 3  # points of the fine grid in a voxel
REACH = 88.0, 102.0  # mm from the middle of a scan to the outermost skin, sideways and lengthwise
TURN = 2.5, 1.5, 1.5  # degrees of turning at most: about the axes to head, nose and ear
SHIFT = 3.0  # mm of shift at most
WARP = 1.8, 2.4, 2.4  # mm: standard deviation of the warp along each axis
WAVE, WARPED = 70.0, 8  # mm: its wavelength; every so many fine points it is made


class Pose(NamedTuple):
    """How a head lies in the scanner."""

    turn: NDArray[np.float64]  # (3, 3) from the scanner's axes to the head's
    shift: NDArray[np.float64]  # (3,) mm


class Fine(NamedTuple):
    """Points of the fine grid, in mm of the atlas.

    x runs to the patient's left, y to anterior, z to superior, from the anterior commissure.
    """

    x: Soft
    y: Soft
    z: Soft
    step: NDArray[np.float64]  # (3,) mm of the atlas
    matrix: NDArray[np.float64]  # (4, 4) from indices to mm of the atlas, but for the warp

    def shares(self, inside: Soft) -> Soft:
        """Mean of what the points of each voxel have."""
        for axis, factor in enumerate(FINER):
            parts = np.moveaxis(inside, axis, 0)
            total = parts[0::factor] + parts[1::factor]
            for at in range(2, factor):
                total = total + parts[at::factor]
            inside = np.moveaxis(total, 0, axis)
        return np.asarray(inside * np.float32(1 / np.prod(FINER)), dtype=np.float32, order="C")


def spacing_of(shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Size of a voxel, mm: the field of view is fixed, few slices cover a part of the head."""
    return np.array([FIELD / shape[0], FIELD / shape[1], min(THICKNESS, HEIGHT / shape[2])])


def around_head(shape: tuple[int, int, int], spacing: NDArray[np.float64]) -> tuple[slice, ...]:
    """Middle part of a scan in which every head lies, whatever its pose; all of the slices."""
    box = []
    for n, size, reach in zip(shape[:2], spacing, REACH, strict=False):
        left_out = max(0, n // 2 - int(np.ceil(reach / size)))
        box.append(slice(left_out, n - left_out))
    return (*box, slice(None))


def pose_of(seed: int) -> Pose:
    """How the head of a seed lies: turned and shifted a little, as no head lies straight."""
    random = np.random.default_rng([seed, 1])
    yaw, roll, pitch = np.radians(random.uniform(-1, 1, 3) * TURN)
    about_z = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    about_y = np.array(
        [[np.cos(roll), 0, np.sin(roll)], [0, 1, 0], [-np.sin(roll), 0, np.cos(roll)]]
    )
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    return Pose(about_z @ about_y @ about_x, random.uniform(-SHIFT, SHIFT, 3) * [1, 1, 0.3])


def midline_of(
    shape: tuple[int, ...], seed: int
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Plane between the halves of a head: a point in RAS mm, and its normal to the right.

    Parameters
    ----------
    shape : tuple of int
        Voxels (X, Y, Z) of the scan.
    seed : int
        Of the patient.
    """
    pose = pose_of(seed)
    height = float(spacing_of((shape[0], shape[1], shape[2]))[2] * shape[2])
    normal = -pose.turn[0] * LEFT_TO_RIGHT
    away = pose.turn[0] @ _middle(height) + pose.shift[0]  # mm, of the scan's middle from it
    x, y, z = (float(one) for one in away * normal)
    return (x, y, z), (float(normal[0]), float(normal[1]), float(normal[2]))


def _middle(height: float) -> NDArray[np.float64]:
    """Where the middle of a scan lies from the head's origin, mm."""
    return np.array([0.0, -8.0, SOLE + (0.5 - UPWARD) * height])


def fine_grid(
    shape: tuple[int, ...],
    spacing: NDArray[np.float64],
    pose: Pose,
    random: np.random.Generator | None = None,
) -> Fine:
    """Points in the head of that pose, for the middle of a scan.

    Parameters
    ----------
    shape : tuple of int
        Voxels (X, Y, Z).
    spacing : ndarray, shape (3,)
        Their size, mm.
    pose : Pose
        How the head lies.
    random : Generator, optional
        Warps the brain by a few mm: no two sides are alike.
    """
    middle = _middle(float(spacing[2] * shape[2]))
    step = spacing / FINER
    counts = [n * f for n, f in zip(shape, FINER, strict=True)]
    matrix = np.eye(4)
    matrix[:3, :3] = pose.turn * step / SIZE
    first = step / 2 - spacing * shape / 2 + middle
    matrix[:3, 3] = (pose.turn @ first + pose.shift) / SIZE
    index = np.meshgrid(
        *(np.arange(n, dtype=np.float32) for n in counts), indexing="ij", sparse=True
    )
    points = [
        np.float32(row[0]) * index[0]
        + np.float32(row[1]) * index[1]
        + (np.float32(row[2]) * index[2] + np.float32(row[3]))
        for row in matrix[:3]
    ]
    if random is not None:
        _warp(points, random)
    return Fine(points[0], points[1], points[2], step / SIZE, matrix)


def _warp(points: list[Soft], random: np.random.Generator) -> None:
    """Move the points by a smooth random field; across the midline by less. In place."""
    coarse = [p[2::WARPED, 2::WARPED, 1 :: FINER[2]] for p in points]
    out = (coarse[0] / 70) ** 2 + ((coarse[1] + 14) / 87) ** 2 + ((coarse[2] - 8) / 75) ** 2
    calm = 1 - 0.75 * np.clip((out - 0.35) * np.float32(1 / 0.6), 0, 1)
    straight = np.clip(np.abs(coarse[0]) * np.float32(1 / 35), 0.3, 1)
    for axis, most in enumerate(WARP):
        moved = at_points(field(random, WAVE, 0.5), *coarse)
        moved = np.clip(moved, -2, 2) * np.float32(most) * calm * (straight if axis == 0 else 1)
        points[axis] += _upsampled(moved.astype(np.float32), points[axis].shape)


def _upsampled(small: Soft, shape: tuple[int, ...]) -> Soft:
    """Straight lines between the points of a small grid that covers the same field."""
    for axis, n in enumerate(shape):
        have = small.shape[axis]
        place = np.clip((np.arange(n) + 0.5) * have / n - 0.5, 0, have - 1)
        low = np.minimum(place.astype(int), max(have - 2, 0))
        share = (place - low).astype(np.float32).reshape([-1 if a == axis else 1 for a in range(3)])
        high = np.minimum(low + 1, have - 1)
        below = np.take(small, low, axis=axis)
        small = below + share * (np.take(small, high, axis=axis) - below)
    return small
