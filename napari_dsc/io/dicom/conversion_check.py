"""Comparison of a conversion with the images that it was made from: place, order and voxels."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from napari_dsc.core.types import FloatArray, Series
from napari_dsc.io.dicom.frames import FileFrame, Header
from napari_dsc.io.dicom.layout import Layout
from napari_dsc.io.dicom.planes import Planes

__all__ = ["Placement", "contradiction", "placement_of"]

PROBED = 3  # volumes whose voxels are compared
CLOSE = 1e-4  # of the largest value
OFF = 0.05  # of a voxel, at any corner
TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


class Placement(NamedTuple):
    """How the axes of a conversion are those of the images: (column, row, slice).

    Parameters
    ----------
    axes : tuple of int
        Which axis of the images each axis of the conversion is.
    flipped : tuple of bool
        Whether each runs the other way.
    """

    axes: tuple[int, ...]
    flipped: tuple[bool, ...]

    def turned(self, values: FloatArray) -> FloatArray:
        """Values (columns, rows, slices) of the images as the conversion has them."""
        turned = values.transpose(self.axes)
        return turned[tuple(slice(None, None, -1 if one else 1) for one in self.flipped)]

    @property
    def slice_axis(self) -> int:
        """Along which axis of the conversion its slices lie."""
        return self.axes.index(2)

    def slices(self, values: FloatArray) -> FloatArray:
        """Something of each slice of the images, in the order of the conversion."""
        return values[::-1].copy() if self.flipped[self.slice_axis] else values


def affine_of(frames: Sequence[FileFrame], layout: Layout) -> FloatArray | None:
    """(column, row, slice) to RAS mm, as the headers tell; None if they do not."""
    stack = [frames[at][1] for at in layout.order[0].tolist()]
    first, last = stack[0], stack[-1]
    if first.position is None or last.position is None or first.orientation is None:
        return None
    if first.spacing is None:
        return None
    along_row, along_column = np.array(first.orientation[:3]), np.array(first.orientation[3:])
    if len(stack) > 1:
        between = (np.array(last.position) - first.position) / (len(stack) - 1)
    else:
        between = np.cross(along_row, along_column) * (first.thickness or 1.0)
    matrix = np.eye(4)
    matrix[:3, 0] = along_row * first.spacing[1]
    matrix[:3, 1] = along_column * first.spacing[0]
    matrix[:3, 2], matrix[:3, 3] = between, first.position
    affine: FloatArray = TO_RAS @ matrix
    return affine


def placement_of(
    series: Series, layout: Layout, headers: Sequence[Header], frames: Sequence[FileFrame]
) -> Placement | str:
    """How the axes of a conversion are those of the images; or what contradicts, in words."""
    rows, columns = headers[frames[int(layout.order[0, 0])][0]].matrix
    n_volumes, n_slices = layout.order.shape
    shape = series.signal.shape
    if sorted(shape[:3]) != sorted((rows, columns, n_slices)) or shape[3:] != (n_volumes,):
        return (
            f"must give {n_slices} slices × {n_volumes} volumes of {rows} × {columns}, as the "
            f"headers say, got {shape}"
        )
    own = affine_of(frames, layout)
    if own is None or series.affine is None or not np.linalg.det(own):
        return "must say where its voxels lie, got images, or a conversion, that do not"
    between = np.linalg.inv(own) @ series.affine
    axes = tuple(int(one) for one in abs(between[:3, :3]).argmax(axis=0))
    if sorted(axes) != [0, 1, 2]:
        return "must lie where the headers say, got other axes"
    flipped = tuple(bool(between[axis, at] < 0) for at, axis in enumerate(axes))
    size = (columns, rows, n_slices)
    wanted = np.zeros((3, 4))
    for at, axis in enumerate(axes):
        wanted[axis, at] = -1 if flipped[at] else 1
        wanted[axis, 3] = size[axis] - 1 if flipped[at] else 0
    corners = np.array(np.meshgrid(*([0, one - 1] for one in shape[:3]))).reshape(3, -1)
    corners = np.vstack([corners, np.ones(corners.shape[1])])
    apart = abs((between[:3] - wanted) @ corners).max()
    if tuple(size[axis] for axis in axes) != shape[:3] or not apart < OFF:
        return f"must lie where the headers say, got voxels that are {apart:.3g} of a voxel off"
    return Placement(axes, flipped)


def contradiction(
    series: Series, layout: Layout, headers: Sequence[Header], frames: Sequence[FileFrame]
) -> tuple[str, bool]:
    """What contradicts the headers in a conversion, in words; nothing if they agree.

    And whether its voxels could be compared: some compressions are decoded by dcm2niix alone.
    """
    placement = placement_of(series, layout, headers, frames)
    if isinstance(placement, str):
        return placement, False
    planes, possible = Planes(headers), (True, True)
    for volume in np.linspace(0, len(layout.order) - 1, PROBED).round().astype(int):
        each = [planes.of(*frames[at]) for at in layout.order[volume].tolist()]
        known = [one for one in each if one is not None]
        if len(known) < len(each):
            return "", False
        found = np.asarray(series.signal[..., volume], dtype=np.float64)
        as_shown, precise = (np.stack(way, axis=-1) for way in zip(*known, strict=True))
        possible = (
            possible[0] and _near(found, placement.turned(as_shown)),
            possible[1] and _near(found, placement.turned(precise)),
        )
        if not any(possible):
            return (
                f"must have the volumes in the order of the headers, got another content in "
                f"volume {volume}"
            ), True
    return "", True


def _near(found: FloatArray, expected: FloatArray) -> bool:
    """Whether voxels are the same, but for rounding."""
    largest = float(abs(expected).max(initial=0.0))
    return bool(abs(found - expected).max(initial=0.0) <= CLOSE * largest)
