"""The plane between the halves of a brain, and a proposal for it."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.regions.input_checks import known_affine, refuse_flat
from napari_dsc.core.types import BoolArray, FloatArray

__all__ = ["Midline", "beyond", "proposed_midline"]

WIDEST = 10.0  # degrees of turn, and mm of shift
SEARCH = ((2.5, 4), (0.5, 4), (0.1, 4))  # step in degrees and mm, and steps to either side
SAMPLE = 6_000  # voxels of the brain that a plane is judged by
GOLDEN = 0.6180339887498949  # steps of this share of a range fall nowhere into its rhythm
FLAT = 1e-6  # of the overlap: what one degree² or mm² away from the first guess has to gain


@dataclass(frozen=True, slots=True, kw_only=True)
class Midline:
    """A plane between the halves of a brain.

    Parameters
    ----------
    point : tuple of float
        On the plane, RAS mm.
    normal : tuple of float
        Across it, RAS, of length 1.

    Raises
    ------
    DscError
        If a number is not finite or the normal is not of length 1.
    """

    point: tuple[float, float, float]
    normal: tuple[float, float, float]

    def __post_init__(self) -> None:
        if not np.isfinite([*self.point, *self.normal]).all():
            raise DscError(f"midline must be finite, got {self.point} and {self.normal}.")
        length = float(np.linalg.norm(self.normal))
        if abs(length - 1) > 1e-6:
            raise DscError(f"normal must have length 1, got {length:g}. Divide it by its length.")

    @property
    def reflection(self) -> FloatArray:
        """Each RAS point, in mm, to its mirror image; shape (4, 4)."""
        across = np.asarray(self.normal)
        turned = np.eye(4)
        turned[:3, :3] -= 2 * np.outer(across, across)
        turned[:3, 3] = 2 * np.dot(self.point, across) * across
        return turned


def beyond(shape: tuple[int, int, int], affine: FloatArray, midline: Midline) -> BoolArray:
    """Tell the voxels whose centre lies on the side to which the normal of a midline points.

    Parameters
    ----------
    shape : tuple of int
        Voxels (X, Y, Z).
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS millimetres.
    midline : Midline
        Between the sides.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        False on the midline itself.

    Raises
    ------
    DscError
        If the affine makes no sense.
    """
    known = known_affine(affine)
    slope = np.asarray(midline.normal) @ known[:3, :3]
    offset = np.dot(midline.normal, known[:3, 3] - np.asarray(midline.point))
    grid = np.ix_(*(np.arange(n) for n in shape))
    return np.asarray(offset + sum(slope[axis] * grid[axis] for axis in range(3)) > 0)


def proposed_midline(brain: BoolArray, affine: FloatArray) -> Midline:
    """Propose the plane about which a brain is most like its mirror image.

    It begins at the centroid of the brain, across the axis of the grid that runs closest to left
    and right. About the axis that runs closest to feet and head it is then turned by up to 10°, and
    shifted along its normal by up to 10 mm, to where the overlap (Dice) of the mask with its
    mirror image is largest. It is not turned about other axes: in each axial slice it is the
    same line.

    Parameters
    ----------
    brain : ndarray of bool, shape (X, Y, Z)
        Brain.
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS millimetres.

    Returns
    -------
    Midline
        The normal points to the patient's right. The same for the same mask, every time.

    Raises
    ------
    DscError
        If the brain is empty or not 3-D, or the affine makes no sense.
    """
    refuse_flat("brain", brain)
    known = known_affine(affine)
    if not np.any(brain):
        raise DscError("brain must hold a voxel, got none. Paint it or lower its threshold.")
    mask = np.asarray(brain, dtype=np.bool_)
    return _searched(mask.shape, np.packbits(mask).tobytes(), known.tobytes())


@lru_cache(maxsize=4)  # asked of one brain again and again: by summary, table and report
def _searched(shape: tuple[int, ...], packed: bytes, placed: bytes) -> Midline:
    """Search for the plane of a brain, given as bits, and where it lies."""
    bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=int(np.prod(shape)))
    brain = bits.reshape(shape).astype(np.bool_)
    known = np.frombuffer(placed, np.float64).reshape(4, 4)
    voxels = np.argwhere(brain)
    head = _Head(
        mask=brain.astype(np.float32),
        affine=known,
        centre=known[:3, :3] @ voxels.mean(axis=0) + known[:3, 3],
        voxels=_spread(voxels).T,
    )
    across, up = _axes(known)
    turn = shift = 0.0
    for step, steps in SEARCH:
        away = step * np.arange(-steps, steps + 1)
        turns, shifts = (
            [at + more for more in away if abs(at + more) <= WIDEST] for at in (turn, shift)
        )
        tried = list(product(turns, shifts))
        scores = [_overlap(head, head.plane(across, up, *one)) for one in tried]
        lost = [FLAT * (degrees**2 + mm**2) for degrees, mm in tried]
        turn, shift = tried[int(np.argmax(np.subtract(scores, lost)))]
    return head.plane(across, up, turn, shift)


class _Head(NamedTuple):
    """A brain mask, and the voxels by which planes through it are judged."""

    mask: NDArray[np.float32]  # (X, Y, Z)
    affine: FloatArray  # (4, 4)
    centre: FloatArray  # (3,) mm
    voxels: NDArray[np.intp]  # (3, V)

    def plane(self, across: FloatArray, up: FloatArray, degrees: float, mm: float) -> Midline:
        """Turn about `up` and shift along the normal."""
        angle = np.deg2rad(degrees)
        normal = np.cos(angle) * across + np.sin(angle) * np.cross(up, across) + 0.0  # no -0.0
        point = self.centre + mm * normal
        return Midline(point=tuple(point.tolist()), normal=tuple(normal.tolist()))


def _spread(voxels: NDArray[np.intp]) -> NDArray[np.intp]:
    """Some of many voxels, evenly from all of them, whatever the number of slices."""
    if len(voxels) <= SAMPLE:
        return voxels
    return voxels[(np.arange(SAMPLE) * GOLDEN % 1 * len(voxels)).astype(np.intp)]


def _axes(affine: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Unit vectors to the patient's right and head, as near as the axes of the grid come."""
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    sideways = int(np.argmax(np.abs(axes[0])))
    upright = int(np.argmax(np.where(np.arange(3) == sideways, -1, np.abs(axes[2]))))
    across, up = (
        axes[:, axis] * np.sign(axes[row, axis] or 1) for axis, row in ((sideways, 0), (upright, 2))
    )
    across = across - np.dot(across, up) * up
    return across / np.linalg.norm(across), up


def _overlap(head: _Head, plane: Midline) -> float:
    """Dice of a mask and its mirror image: the share of its voxels that come to lie in it."""
    from scipy import ndimage

    across = np.linalg.inv(head.affine) @ plane.reflection @ head.affine
    images = across[:3, :3] @ head.voxels + across[:3, 3:]
    # Linear to 0 outside the grid: a last bit must not throw a whole slice out.
    return float(ndimage.map_coordinates(head.mask, images, order=1, mode="grid-constant").mean())
