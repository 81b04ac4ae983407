"""Planes of slices: from voxel indices in RAS to the planes of DICOM, in LPS."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray

__all__ = ["Planes", "planes_of"]

# Towards where rows and columns of a picture run, by the axis that its slices are stacked along:
# as radiologists see them. Axes of LPS: 0 left, 1 posterior, 2 superior.
VIEWS = {0: ((1, 1), (2, -1)), 1: ((0, 1), (2, -1)), 2: ((0, 1), (1, 1))}
RIGHT_ANGLE = 1e-3  # largest cosine between two axes
SINGULAR = 1e-6  # mm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planes:
    """The slices of a volume as pictures.

    Parameters
    ----------
    order : tuple of int
        Axes of the volume that become slice, row and column.
    flips : tuple of bool
        Which of the three run backwards.
    row, column : ndarray, shape (3,)
        Where a row leads (to the next column) and where a column leads (to the next row), LPS.
    spacing : (float, float, float)
        From slice to slice, row to row, column to column, mm.
    positions : ndarray, shape (S, 3)
        Centre of the first pixel of each slice, LPS mm.
    """

    order: tuple[int, int, int]
    flips: tuple[bool, bool, bool]
    row: FloatArray
    column: FloatArray
    spacing: tuple[float, float, float]
    positions: FloatArray

    def cut(self, volume: NDArray[Any]) -> NDArray[Any]:
        """Return a volume as its slices, shape (S, rows, columns)."""
        turned = np.transpose(volume, self.order)
        backwards = tuple(axis for axis, flip in enumerate(self.flips) if flip)
        return np.ascontiguousarray(np.flip(turned, backwards))

    @property
    def orientation(self) -> list[float]:
        """Image Orientation (Patient): six cosines."""
        return [*map(float, self.row), *map(float, self.column)]


def planes_of(
    shape: tuple[int, ...], affine: FloatArray | None, slice_axis: int = SLICE_AXIS
) -> Planes:
    """Slices of a volume, turned as they are usually looked at.

    Parameters
    ----------
    shape : tuple of int
        Of the volume: three axes in any order.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS mm.
    slice_axis : int
        Along which axis the slices lie.

    Raises
    ------
    DscError
        If the orientation is unknown, or its axes do not stand at right angles.
    """
    if len(shape) != 3:
        raise DscError(f"maps must have three axes to be written as DICOM, got shape {shape}.")
    if affine is None or not np.isfinite(affine).all():
        raise DscError(
            "orientation must be known to write DICOM, got none. Save the maps as NIfTI, or "
            "open the scan's own DICOM files."
        )
    lps = np.array(affine, float)[:3] * np.array([[-1.0], [-1.0], [1.0]])
    lengths = np.linalg.norm(lps[:, :3], axis=0)
    if lengths.min() < SINGULAR:
        raise DscError("orientation must be known to write DICOM, got an affine without volume.")
    cosines = lps[:, :3] / lengths
    tilt = np.abs(cosines.T @ cosines - np.eye(3)).max()
    if tilt > RIGHT_ANGLE:
        raise DscError(
            f"the axes of the scan must stand at right angles to write DICOM, got a cosine of "
            f"{tilt:.3f} between two of them. Save the maps as NIfTI."
        )
    return _turned(shape, lps[:, 3], cosines, lengths, slice_axis)


def _turned(
    shape: tuple[int, ...],
    origin: FloatArray,
    cosines: FloatArray,
    lengths: FloatArray,
    slice_axis: int,
) -> Planes:
    through = int(np.abs(cosines[:, slice_axis]).argmax())
    (along, along_sign), (down, down_sign) = VIEWS[through]
    others = [axis for axis in range(3) if axis != slice_axis]
    others.sort(key=lambda axis: -abs(cosines[along, axis]))
    columns, rows = others  # the axis that a row runs along counts its columns
    order = (slice_axis, rows, columns)
    row_flip = bool(cosines[down, rows] * down_sign < 0)
    column_flip = bool(cosines[along, columns] * along_sign < 0)
    row = cosines[:, columns] * (-1.0 if column_flip else 1.0)
    column = cosines[:, rows] * (-1.0 if row_flip else 1.0)
    slice_flip = bool(np.cross(row, column) @ cosines[:, slice_axis] < 0)
    flips = (slice_flip, row_flip, column_flip)
    steps = [cosines[:, axis] * lengths[axis] for axis in order]
    corner = np.array(origin, float)
    for axis, step, flip in zip(order, steps, flips, strict=True):
        corner = corner + (shape[axis] - 1) * step if flip else corner
    stride = -steps[0] if slice_flip else steps[0]
    return Planes(
        order=order,
        flips=flips,
        row=row,
        column=column,
        spacing=(float(lengths[order[0]]), float(lengths[order[1]]), float(lengths[order[2]])),
        positions=corner + np.arange(shape[slice_axis])[:, None] * stride,
    )
