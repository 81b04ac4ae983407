"""Orientation of a scan as a user states it, where that of the file is wrong or unknown.

Which way the axes of a file lie is written with three letters: where the first, the second and the
third axis run to. "RAS" runs to the patient's right, to anterior (the front) and to superior (the
top); "LPS" to the left, to posterior and to superior.
"""

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray, Series

__all__ = [
    "BY_USER",
    "FACT",
    "SIDES",
    "as_codes",
    "codes_in_words",
    "codes_of",
    "is_stated",
    "stated",
    "stated_affine",
    "swapped",
    "unstated",
]

FACT = "orientation"  # among the choices of a scan
SOURCE = "Orientation"  # among its sources
BY_USER = "stated by the user"
UNKNOWN = "Orientation unknown"  # how a reader's notice begins
ENDS = (("L", "R"), ("P", "A"), ("I", "S"))  # of the axes of the world, which is RAS
SIDES = {
    "R": "right",
    "L": "left",
    "A": "front",
    "P": "back",
    "S": "top",
    "I": "bottom",
}
REMEDY = "Say where the first, the second and the third axis run to, such as RAS or LPS."


def as_codes(codes: Any) -> str:
    """Three letters that say where the axes of a file run to, in capitals.

    Raises
    ------
    DscError
        If they are not three, or not one of left and right, of front and back, of top and bottom.

    Examples
    --------
    >>> as_codes("lps")
    'LPS'
    """
    known = codes.upper() if isinstance(codes, str) else ""
    if len(known) != 3 or {_axis(one) for one in known} != {0, 1, 2}:
        raise DscError(
            "orientation must have one letter of L and R, one of A and P and one of S and I, got "
            f"{codes!r:.40}. {REMEDY}"
        )
    return known


def codes_of(affine: FloatArray) -> str:
    """Where the axes of a file run to, as its affine says: each to its nearest direction.

    Parameters
    ----------
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS millimetres.

    Examples
    --------
    >>> codes_of(np.diag([-2.0, 2.0, 3.0, 1.0]))
    'LAS'
    """
    with np.errstate(all="ignore"):  # a voxel of 1e200 mm, or of none
        steps = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    steps = np.where(np.isfinite(steps), steps, 0.0)
    order = max(permutations(range(3)), key=lambda axes: float(np.abs(steps[axes, range(3)]).sum()))
    return "".join(ENDS[one][int(steps[one, axis] >= 0)] for axis, one in enumerate(order))


def swapped(codes: str, letter: str) -> str:
    """Exchange both ends of a direction: "R" exchanges right and left.

    Examples
    --------
    >>> swapped("RAS", "L")
    'LAS'
    """
    ends = ENDS[_axis(letter)]
    return "".join(ends[1 - ends.index(one)] if one in ends else one for one in codes)


def codes_in_words(codes: str) -> str:
    """Where the axes run to, in words.

    Examples
    --------
    >>> codes_in_words("LPS")
    'its axes run to the left, the back and the top'
    """
    first, second, third = (SIDES[one] for one in codes)
    return f"its axes run to the {first}, the {second} and the {third}"


def stated_affine(affine: FloatArray | None, shape: tuple[int, ...], codes: str) -> FloatArray:
    """Affine of a scan whose axes run where a user says.

    The sizes of its voxels stay, and so does the middle of the volume. Where only ends are
    exchanged a tilt stays too; where axes are others than the file says it is lost.

    Parameters
    ----------
    affine : ndarray, shape (4, 4), or None
        That of the file; None: voxels of 1 mm.
    shape : tuple of int
        Of a volume.
    codes : str
        From `as_codes`.

    Returns
    -------
    ndarray, shape (4, 4)
    """
    known = np.eye(4) if affine is None else np.asarray(affine, dtype=np.float64)
    before = codes_of(known)
    steps = known[:3, :3]
    if [_axis(one) for one in before] == [_axis(one) for one in codes]:
        signs = [1.0 if one == other else -1.0 for one, other in zip(before, codes, strict=True)]
        steps = steps * signs
    else:
        sizes = np.linalg.norm(steps, axis=0)
        steps = np.zeros((3, 3))
        for axis, letter in enumerate(codes):
            end = ENDS[_axis(letter)].index(letter)
            steps[_axis(letter), axis] = sizes[axis] if end else -sizes[axis]
    middle = (np.array(shape[:3]) - 1) / 2
    made = np.eye(4)
    made[:3, :3] = steps
    made[:3, 3] = known[:3, :3] @ middle + known[:3, 3] - steps @ middle
    return made


def stated(series: Series, codes: str) -> Series:
    """Scan whose axes run where a user says, whatever its file does.

    Parameters
    ----------
    series : Series
        The scan as its file gives it.
    codes : str
        As `as_codes` takes them.

    Raises
    ------
    DscError
        If the codes are none, or the scan does not have three axes and time.

    Examples
    --------
    >>> facts = {"signal": np.ones((2, 2, 2, 20)), "time": None, "echo_time": None}
    >>> scan = Series(**facts, affine=np.eye(4))
    >>> found = stated(scan, "LAS")
    >>> codes_of(found.affine), found.sources["Orientation"]
    ('LAS', 'LAS (stated by the user; the file said RAS)')
    """
    known = as_codes(codes)
    if series.signal.ndim != 4:
        raise DscError(
            f"orientation must be stated of a scan of 4 axes, got {series.signal.ndim}. Leave it "
            "out."
        )
    file = codes_of(series.affine) if series.affine is not None and series.oriented else "nothing"
    return replace(
        series,
        affine=stated_affine(series.affine, series.signal.shape[:3], known),
        oriented=True,
        sources={**series.sources, SOURCE: f"{known} ({BY_USER}; the file said {file})"},
        notices=tuple(one for one in series.notices if not one.startswith(UNKNOWN)),
        choices={**series.choices, FACT: known},
    )


def unstated(series: Series, file: Series) -> Series:
    """Scan as its file places it, whatever a user has stated.

    Parameters
    ----------
    series : Series
        The scan.
    file : Series
        The same scan as it was read.
    """
    told = tuple(one for one in file.notices if one.startswith(UNKNOWN))
    return replace(
        series,
        affine=file.affine,
        oriented=file.oriented,
        sources={name: words for name, words in series.sources.items() if name != SOURCE},
        notices=(*told, *(one for one in series.notices if one not in told)),
        choices={fact: one for fact, one in series.choices.items() if fact != FACT},
    )


def is_stated(series: Series) -> bool:
    """Whether a user has said where the axes of a scan run to."""
    return FACT in series.choices


def _axis(letter: str) -> int:
    """Axis of the world that a letter is an end of; -1: none."""
    return next((axis for axis, ends in enumerate(ENDS) if letter in ends), -1)
