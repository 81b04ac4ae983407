"""An anatomy on the slices of a scan, finer in their plane."""

from collections.abc import Generator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import finished
from napari_dsc.core.types import FloatArray, Progress

__all__ = ["LOOK_AT_BOTH", "bringing", "is_bent", "onto_scan", "refuse", "refuse_affine"]

LOOK_AT_BOTH = "Look at both volumes: are they of the same patient, and do their headers agree?"
FINER, LARGEST = 8, 64 * 2**20  # factor in plane, and voxels of the result, at most
SAMPLES = 16  # of the anatomy along one axis of a voxel of the result, at most
EDGE = 1e-3  # voxels: an edge is rounded


def onto_scan(
    volume: NDArray[Any],
    affine: FloatArray,
    shape: tuple[int, ...],
    scan_affine: FloatArray,
    *,
    rigid: FloatArray | None = None,
    finest: float | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Resample an anatomy onto the slices of a scan: `bringing`, to its end."""
    return finished(bringing(volume, affine, shape, scan_affine, rigid=rigid, finest=finest))


def bringing(
    volume: NDArray[Any],
    affine: FloatArray,
    shape: tuple[int, ...],
    scan_affine: FloatArray,
    *,
    rigid: FloatArray | None = None,
    finest: float | None = None,
) -> Generator[Progress, None, tuple[FloatArray, FloatArray]]:
    """Resample an anatomy onto the axes and slices of a scan, finer in their plane.

    Linear interpolation, averaged over as many places in a voxel as the anatomy has voxels there.

    Parameters
    ----------
    volume : ndarray, shape (X, Y, Z)
        The anatomy, a.u.; NaN where it has no answer.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres.
    shape : tuple of int
        Voxels (X, Y, Z) of a volume of the scan; its slices lie along Z.
    scan_affine : ndarray, shape (4, 4)
        The scan's voxel indices to RAS millimetres.
    rigid : ndarray, shape (4, 4), optional
        RAS millimetres of the scan to those of the anatomy, as `Alignment.rigid`; None: the same.
    finest : float, optional
        Voxel size in plane that is aimed at, mm; None: the smallest of the anatomy's.

    Yields
    ------
    Progress
        Several times in a slice.

    Returns
    -------
    values : ndarray of float32
        The scan's grid, finer in plane by a factor of 1 to 8, up to 64 M voxels. NaN where most
        of a voxel lies outside the anatomy.
    affine : ndarray, shape (4, 4)
        Its voxel indices to RAS millimetres; the field of view is the scan's.

    Raises
    ------
    DscError
        If a shape, an affine, `rigid` or `finest` makes no sense, or no anatomy lies in the scan.
    """
    refuse(volume, affine, "anatomy")
    refuse_affine(scan_affine, "scan")
    grid, placed = _grid(shape, scan_affine, affine, finest)
    rigid = np.eye(4) if rigid is None else rigid
    refuse_affine(rigid, "alignment")
    if is_bent(rigid[:3, :3]) or np.linalg.det(rigid[:3, :3]) < 0:
        raise DscError("rigid must turn and shift, and do no more. Register again.")
    to_anatomy = np.linalg.inv(affine) @ rigid @ placed
    numbers = np.asarray(volume, dtype=np.float32)
    known = np.isfinite(numbers)
    numbers = numbers if known.all() else np.where(known, numbers, np.float32(0))
    # Where in a voxel the anatomy is read: as often as it has voxels along there.
    steps = np.rint(np.linalg.norm(to_anatomy[:3, :3], axis=0)).clip(1, SAMPLES).astype(int)
    places = list(product(*((np.arange(n) + 0.5) / n - 0.5 for n in steps)))
    values = np.empty(grid, dtype=np.float32)
    first, second = np.ogrid[: grid[0], : grid[1]]
    for at in range(grid[2]):
        total, weight = np.zeros(grid[:2]), np.zeros(grid[:2])
        for done, place in enumerate(places, 1):
            x, y, z = first + place[0], second + place[1], at + place[2]
            points = np.stack([a * x + b * y + (c * z + d) for a, b, c, d in to_anatomy[:3]])
            total += _read(numbers, points)
            weight += _read(known, points)
            fraction = (at + done / len(places)) / grid[2]
            yield Progress("Bringing the anatomy onto the scan", fraction)
        enough = weight >= len(places) / 2
        values[:, :, at] = np.where(enough, total / np.where(enough, weight, 1), np.nan)
    if np.isnan(values).all():
        raise DscError(f"the anatomy must lie in the scan, got none of it there. {LOOK_AT_BOTH}")
    return values, placed


def _grid(
    shape: tuple[int, ...], scan_affine: FloatArray, affine: FloatArray, finest: float | None
) -> tuple[tuple[int, ...], FloatArray]:
    """Shape and affine of the scan's grid, made finer in plane."""
    if len(shape) != 3 or min(shape) < 1:
        raise DscError(f"shape must be that of a volume (X, Y, Z), got {shape}.")
    aim = float(np.linalg.norm(affine[:3, :3], axis=0).min()) if finest is None else finest
    if not aim > 0:
        raise DscError(f"finest must be positive, got {aim:g}. Enter a voxel size in mm.")
    own = float(np.linalg.norm(scan_affine[:3, :2], axis=0).min())
    room = int(np.sqrt(LARGEST / np.prod(shape, dtype=float)))
    factor = max(1, min(round(min(own / aim, FINER)), room))
    # The first voxel begins where the scan's begins: its centre lies nearer to that corner.
    to_scan = np.diag([1 / factor, 1 / factor, 1.0, 1.0])
    to_scan[:2, 3] = (1 / factor - 1) / 2
    return (shape[0] * factor, shape[1] * factor, shape[2]), scan_affine @ to_scan


def _read(numbers: NDArray[Any], points: FloatArray) -> FloatArray:
    """Values at some points, between voxels linearly; 0 beyond the outermost voxels' edges."""
    from scipy.ndimage import map_coordinates

    last = np.array(numbers.shape)[:, None, None] - 0.5 + EDGE
    inside = ((points >= -0.5 - EDGE) & (points <= last)).all(axis=0)
    return np.where(inside, map_coordinates(numbers, points, float, 1, "nearest"), 0.0)


def refuse(volume: NDArray[Any], affine: FloatArray, whose: str, fewest: int = 1) -> None:
    """Raise `DscError` for what is no volume, or lies nowhere."""
    if volume.ndim != 3 or min(volume.shape) < fewest or volume.dtype.kind not in "biuf":
        rule = f"a volume of numbers, {fewest} or more along each axis"
        raise DscError(f"the {whose} must be {rule}, got {volume.dtype} of shape {volume.shape}.")
    refuse_affine(affine, whose)


def refuse_affine(affine: FloatArray, whose: str) -> None:
    """Raise `DscError` for an affine that places nothing."""
    usable = affine.shape == (4, 4) and np.isfinite(affine).all()
    if not usable or not abs(np.linalg.det(affine[:3, :3])) > 1e-9:
        raise DscError(f"the affine of the {whose} must place it, got none. Open another file.")


def is_bent(axes: FloatArray) -> bool:
    """Whether three axes are not at right angles, or not of length 1."""
    return not np.allclose(axes.T @ axes, np.eye(3), atol=1e-3)
