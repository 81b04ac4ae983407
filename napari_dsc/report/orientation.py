"""Volumes as radiologists see them: the patient's right on the left, anterior up, slices axial."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.orientation import BY_USER, FACT
from napari_dsc.core.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from napari_dsc.report.read_results import Results

__all__ = ["View", "view_for", "view_of"]

COLUMNS = 5  # slices of each map
MARGIN = 0.07  # of the box around what is shown, on each side: room for letters
OBLIQUE = 1.0  # degrees: what is less is not said


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """How the volumes of one scan are turned, cut out and sliced.

    Parameters
    ----------
    turns : ndarray, shape (3, 2), or None
        From nibabel: to which anatomical axis (R, A, S) each stored axis belongs, and whether it
        runs along it (1) or against it (-1). None: the orientation is unknown.
    shape : tuple of int
        Of a volume once it is turned.
    size : tuple of float
        Of a voxel once it is turned, mm; ones while it is unknown.
    oblique : float
        Largest angle between an axis of the scan and the anatomical axis next to it, degrees.
    box : tuple of slice
        What is shown of a turned volume, along its first two axes.
    slices : tuple of int
        Which of its slices are shown, from below.
    stated : bool
        Whether a user has said which way the axes lie.
    """

    turns: NDArray[np.float64] | None
    shape: tuple[int, ...]
    size: tuple[float, float, float]
    oblique: float
    box: tuple[slice, slice]
    slices: tuple[int, ...]
    stated: bool = False

    def turned(self, volume: NDArray[Any]) -> NDArray[Any]:
        """Turn a volume of shape (X, Y, Z) so that its axes run to R, A and S."""
        if self.turns is None:
            return volume
        import nibabel as nib

        return np.asarray(nib.apply_orientation(volume, self.turns))

    def plane(self, volume: NDArray[Any], at: int) -> NDArray[Any]:
        """Picture of one slice.

        Parameters
        ----------
        volume : ndarray, shape (X, Y, Z)
            As stored.
        at : int
            Which slice, once it is turned.

        Returns
        -------
        ndarray, shape (rows, columns)
            Anterior first, and the patient's right first. As stored, its second axis upwards,
            while the orientation is unknown.
        """
        flat = self.turned(volume)[..., at][self.box][:, ::-1]
        return flat.T if self.turns is None else flat[::-1].T

    def number(self, at: int) -> int:
        """Number of a slice as stored, from 0 as everywhere."""
        if self.turns is None:
            return at
        (axis,) = np.flatnonzero(self.turns[:, 0] == 2)
        return at if self.turns[axis, 1] > 0 else self.shape[2] - 1 - at

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """What lies left, right, above and below; nothing while the orientation is unknown."""
        return ("", "", "", "") if self.turns is None else ("R", "L", "A", "P")

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height of a picture, mm."""
        across, along = (one.stop - one.start for one in self.box)
        return across * self.size[0], along * self.size[1]

    @property
    def words(self) -> str:
        """Orientation in words."""
        if self.turns is None:
            return "orientation unknown: pictures as stored, left may be right"
        oblique = f", oblique by {self.oblique:.1f}°" if self.oblique > OBLIQUE else ""
        by = f"; sides {BY_USER}" if self.stated else ""
        return f"radiological (patient's right on the left, anterior up){oblique}{by}"


def view_of(
    affine: FloatArray | None,
    brain: BoolArray,
    shown: BoolArray,
    *,
    oriented: bool = True,
    regions: NDArray[Any] | None = None,
) -> View:
    """Choose how volumes are shown.

    Parameters
    ----------
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres.
    brain : ndarray of bool, shape (X, Y, Z)
        Through which the slices are spread.
    shown : ndarray of bool, shape (X, Y, Z)
        What has to lie within the pictures: the brain, and the vessels.
    oriented : bool
        Whether the directions of the affine are known; its sizes are.
    regions : ndarray of int, shape (X, Y, Z), or None
        Labels, each of which is on one of the slices as far as these go round.
    """
    import nibabel as nib

    turns, oblique, size = None, 0.0, (1.0, 1.0, 1.0)
    if affine is not None and not oriented:
        first, second, third = map(float, np.sqrt(np.square(affine[:3, :3]).sum(axis=0)))
        size = (first, second, third)
    elif affine is not None:
        turns = np.asarray(nib.io_orientation(affine), dtype=np.float64)
        oblique = float(np.rad2deg(nib.affines.obliquity(affine)).max())
        stored = np.sqrt(np.square(affine[:3, :3]).sum(axis=0))
        first, second, third = (float(stored[turns[:, 0] == axis][0]) for axis in range(3))
        size = (first, second, third)
    whole = View(
        turns=turns, shape=brain.shape, size=size, oblique=oblique, box=(slice(0), slice(0)),
        slices=(),
    )  # fmt: skip
    inside = whole.turned(brain | shown)
    return View(
        turns=turns,
        shape=inside.shape,
        size=size,
        oblique=oblique,
        box=(_part(inside, 0), _part(inside, 1)),
        slices=_spread(
            whole.turned(brain), None if regions is None else whole.turned(regions * brain)
        ),
    )


def view_for(results: "Results") -> View:
    """Choose how the volumes of a folder of results are shown."""
    vessels = results.artery if results.vein is None else results.artery | results.vein
    view = view_of(
        results.affine,
        results.brain,
        vessels,
        oriented=results.oriented,
        regions=None if results.drawn is None else results.drawn.labels,
    )
    return replace(view, stated=FACT in results.replay.choices)


def _part(inside: NDArray[Any], axis: int) -> slice:
    """Where along an axis anything is marked, and a margin."""
    others = tuple({0, 1, 2} - {axis})
    found = np.flatnonzero(inside.any(axis=others))
    first, last = int(found[0]), int(found[-1]) + 1
    margin = max(1, round(MARGIN * (last - first)))
    return slice(max(0, first - margin), min(inside.shape[axis], last + margin))


def _spread(brain: NDArray[Any], regions: NDArray[Any] | None) -> tuple[int, ...]:
    """Slices in the middles of equal parts of the brain; the next one gives way to a region."""
    found = np.flatnonzero(brain.any(axis=(0, 1)))
    count = min(COLUMNS, found.size)
    at = found[((np.arange(count) + 0.5) / count * found.size).astype(np.intp)]
    kept = np.zeros(count, np.bool_)  # those that show a region
    for label in [] if regions is None else np.unique(regions[regions > 0]).tolist():
        voxels = (regions == label).sum(axis=(0, 1))
        shows = voxels[at]
        if shows.any():
            kept[shows.argmax()] = True
        elif not kept.all():
            fullest, free = int(voxels.argmax()), np.flatnonzero(~kept)
            nearest = free[np.abs(at[free] - fullest).argmin()]
            at[nearest], kept[nearest] = fullest, True
    return tuple(sorted(at.tolist()))
