"""Orientation of pictures as radiologists see them: the patient's right on the left."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.mosaic import Box, box_of
from napari_dsc.core.orientation import BY_USER, FACT
from napari_dsc.core.types import BoolArray, FloatArray

if TYPE_CHECKING:
    from napari_dsc.report.read_results import Results

__all__ = ["PLANES", "Plane", "View", "view_for", "view_of"]

Plane: TypeAlias = Literal["axial", "coronal", "sagittal"]
WHOLE = Box(0, 1, 0, 1)  # until what is to be seen is known
OBLIQUE = 1.0  # degrees: what is less is not said


@dataclass(frozen=True, slots=True)
class _Cut:
    """How a plane is cut out of a volume whose axes run to R, A and S.

    Each picture shows what lies at the end of `down` above, and at that of `across` on the left.
    """

    through: int  # axis of the slices
    down: int
    across: int
    letters: tuple[str, str, str, str]  # left, right, above, below
    words: str


PLANES: dict[Plane, _Cut] = {
    "axial": _Cut(2, 1, 0, ("R", "L", "A", "P"), "patient's right on the left, anterior up"),
    "coronal": _Cut(1, 2, 0, ("R", "L", "S", "I"), "patient's right on the left, head up"),
    "sagittal": _Cut(0, 2, 1, ("A", "P", "S", "I"), "anterior on the left, head up"),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """How the volumes of one scan are turned, cut and cropped.

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
    plane : str
        "axial", "coronal" or "sagittal"; axial means the slices as stored while the orientation
        is unknown.
    box : Box
        What is shown of each picture.
    stated : bool
        Whether a user has said which way the axes lie.
    """

    turns: NDArray[np.float64] | None
    shape: tuple[int, ...]
    size: tuple[float, float, float]
    oblique: float
    plane: Plane = "axial"
    box: Box = WHOLE
    stated: bool = False

    @property
    def _cut(self) -> _Cut:
        return PLANES[self.plane]

    def stack(self, volume: NDArray[Any]) -> NDArray[Any]:
        """Pictures of every slice.

        Parameters
        ----------
        volume : ndarray, shape (X, Y, Z)
            As stored.

        Returns
        -------
        ndarray, shape (slices, rows, columns)
            A view. As stored, its second axis upwards, while the orientation is unknown.
        """
        if self.turns is None:
            return np.moveaxis(volume, (2, 1, 0), (0, 1, 2))[:, ::-1]
        import nibabel as nib

        turned = np.asarray(nib.apply_orientation(volume, self.turns))
        cut = self._cut
        return np.moveaxis(turned, (cut.through, cut.down, cut.across), (0, 1, 2))[:, ::-1, ::-1]

    def number(self, at: int) -> int:
        """Number of a slice as stored, from 0 as everywhere."""
        if self.turns is None:
            return at
        (axis,) = np.flatnonzero(self.turns[:, 0] == self._cut.through)
        count = self.shape[self._cut.through]
        return at if self.turns[axis, 1] > 0 else count - 1 - at

    @property
    def count(self) -> int:
        """How many slices there are."""
        return self.shape[2 if self.turns is None else self._cut.through]

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """What lies left, right, above and below; nothing while the orientation is unknown."""
        return ("", "", "", "") if self.turns is None else self._cut.letters

    @property
    def voxel(self) -> tuple[float, float]:
        """Height and width of a voxel of a picture, mm."""
        if self.turns is None:
            return self.size[1], self.size[0]
        return self.size[self._cut.down], self.size[self._cut.across]

    @property
    def extent(self) -> tuple[float, float]:
        """Width and height of a picture, mm."""
        (rows, columns), (down, across) = self.box.shape, self.voxel
        return columns * across, rows * down

    @property
    def words(self) -> str:
        """Orientation in words."""
        if self.turns is None:
            return "orientation unknown: pictures as stored, left may be right"
        oblique = f", oblique by {self.oblique:.1f}°" if self.oblique > OBLIQUE else ""
        by = f"; sides {BY_USER}" if self.stated else ""
        return f"radiological ({self._cut.words}){oblique}{by}"

    def largest(self, mask: BoolArray) -> int:
        """The slice that holds most of a mask of shape (X, Y, Z)."""
        return int(np.count_nonzero(self.stack(mask), axis=(1, 2)).argmax())


def view_of(
    affine: FloatArray | None,
    shown: BoolArray,
    *,
    oriented: bool = True,
    plane: Plane = "axial",
) -> View:
    """Choose how volumes are shown.

    Parameters
    ----------
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres.
    shown : ndarray of bool, shape (X, Y, Z)
        What has to lie within the pictures: the brain, and the vessels.
    oriented : bool
        Whether the directions of the affine are known; its sizes are.
    plane : str
        Which way it is cut: only axially while the orientation is unknown.
    """
    import nibabel as nib

    turns, oblique, size, shape = None, 0.0, (1.0, 1.0, 1.0), shown.shape
    if affine is not None:
        stored = np.sqrt(np.square(affine[:3, :3]).sum(axis=0))
        first, second, third = map(float, stored)
        if oriented:
            turns = np.asarray(nib.io_orientation(affine), dtype=np.float64)
            oblique = float(np.rad2deg(nib.affines.obliquity(affine)).max())
            order = [int(np.flatnonzero(turns[:, 0] == axis)[0]) for axis in range(3)]
            first, second, third = (float(stored[axis]) for axis in order)
            shape = tuple(shown.shape[axis] for axis in order)
        size = (first, second, third)
    whole = View(
        turns=turns,
        shape=shape,
        size=size,
        oblique=oblique,
        plane="axial" if turns is None else plane,
    )
    return replace(whole, box=box_of(whole.stack(shown)))


def view_for(results: "Results", plane: Plane = "axial") -> View:
    """Choose how the volumes of a folder of results are shown."""
    vessels = results.artery if results.vein is None else results.artery | results.vein
    view = view_of(results.affine, results.brain | vessels, oriented=results.oriented, plane=plane)
    return replace(view, stated=FACT in results.replay.choices)
