"""Images that hold a whole volume, its slices side by side: Siemens mosaics and UIH grids.

What a tile is, how many there are and which way they follow one another stands in private elements
only. Where these are gone nothing else tells it, and such an image is refused in words.
"""

import warnings
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from math import ceil, isqrt
from typing import Any

import numpy as np

from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.header_values import clock_seconds, items, number, numbers, words

__all__ = [
    "GRID_COUNT",
    "PRIVATE_TAGS",
    "REMEDY",
    "Tile",
    "Tiles",
    "Untold",
    "acquired_matrix",
    "tiles_of",
]

MOSAIC_COUNT, MOSAIC_TIMES, MOSAIC_HEADER = 0x0019100A, 0x00191029, 0x00291010
GRID_COUNT, GRID_FRAMES = 0x00651050, 0x00651051
PRIVATE_TAGS = [MOSAIC_COUNT, MOSAIC_TIMES, MOSAIC_HEADER, GRID_COUNT, GRID_FRAMES]
MOST_TILES = 1024
REMEDY = (
    "Export the series again from the scanner or the archive without removing the private elements "
    "(de-identify it by a profile that retains safe private elements), or as NIfTI."
)


class Untold(ValueError):  # noqa: N818 (it is a reason, not an error of the program)
    """Why the slices of an image cannot be told: the words for whoever opens the series."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One slice of an image that holds several.

    Parameters
    ----------
    corner : (int, int)
        Row and column of its first pixel.
    position : tuple of float
        Where that pixel lies, LPS, mm.
    offset, seconds : float or None
        When it was measured: after its volume began, and after midnight, s.
    """

    corner: tuple[int, int]
    position: tuple[float, ...]
    offset: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Tiles:
    """Slices of an image: their size (rows, columns), and whether they make a grid of UIH."""

    size: tuple[int, int]
    each: tuple[Tile, ...]
    grid: bool = False


def tiles_of(data: Any) -> Tiles | None:
    """Slices that an image holds side by side; None where it is one slice.

    Raises
    ------
    Untold
        If it holds several, and the private elements that tell them are missing or contradict.
    """
    kinds = words(data, "ImageType")
    maker = " ".join(words(data, "Manufacturer"))
    if items(data, GRID_FRAMES) or "VFRAME" in kinds:
        return _grid(data)
    count = number(data, MOSAIC_COUNT) if "SIEMENS" in maker or "MOSAIC" in kinds else None
    entries = _entries(data) if "MOSAIC" in kinds or "SIEMENS" in maker else {}
    told = (count, _first(entries, "NumberOfImagesInMosaic"), *_listed(data, entries))
    counts = {int(one) for one in told if one}
    if "MOSAIC" not in kinds and max(counts, default=0) < 2:
        return None
    return _mosaic(data, entries, counts)


def acquired_matrix(data: Any) -> tuple[int, ...]:
    """Samples that were measured along the two directions of a slice; none if that is not told."""
    known = numbers(data, "AcquisitionMatrix", 4) or ()
    return tuple(int(one) for one in known if one > 0)


def _mosaic(data: Any, entries: dict[str, list[Any]], counts: set[int]) -> Tiles:
    count, normal = _count_and_normal(entries, counts)
    size, across = _tile_size(data, count)
    frame = _frame(data)
    apart = number(data, "SpacingBetweenSlices") or _first(entries, "SpacingBetweenSlices")
    if frame is None or not apart:
        raise Untold(
            "each image is a mosaic, its slices side by side, and does not say where they lie "
            "(position, orientation, or distance of slices is missing). Export the series again "
            "from the scanner or the archive, complete, or as NIfTI."
        )
    position, along_row, along_column = frame
    plane = np.cross(along_row, along_column)
    if abs(abs(plane @ normal) / np.linalg.norm(plane) - 1) > 1e-3:
        raise Untold(f"its private slice normal does not stand upright on its slices. {REMEDY}")
    rows, columns = number(data, "Rows") or 0, number(data, "Columns") or 0
    first = position + along_row * (columns - size[1]) / 2 + along_column * (rows - size[0]) / 2
    offsets = _offsets(data, entries, count)
    return Tiles(
        size,
        tuple(
            Tile(
                (at // across * size[0], at % across * size[1]),
                tuple((first + normal * abs(apart) * at).tolist()),
                None if offsets is None else offsets[at],
            )
            for at in range(count)
        ),
    )


def _count_and_normal(entries: Mapping[str, list[Any]], counts: set[int]) -> tuple[int, FloatArray]:
    """How many slices a mosaic has, and which way they follow one another."""
    if len(counts) > 1:
        raise Untold(
            f"its private elements tell of {' and of '.join(map(str, sorted(counts)))} slices. "
            f"{REMEDY}"
        )
    normal = _vector(entries.get("SliceNormalVector"))
    missing = [
        *(["how many slices it has"] if not counts else []),
        *(["which way they follow one another"] if normal is None else []),
    ]
    if missing or normal is None:
        raise Untold(
            f"each image is a mosaic, its slices side by side, and the private elements that say "
            f"{' and '.join(missing)} are gone. {REMEDY}"
        )
    (count,) = counts
    return count, normal


def _tile_size(data: Any, count: int) -> tuple[tuple[int, int], int]:
    """Rows and columns of a tile of a square mosaic, and how many stand side by side."""
    rows, columns = int(number(data, "Rows") or 0), int(number(data, "Columns") or 0)
    across = isqrt(count - 1) + 1
    size = rows // across, columns // across
    measured = acquired_matrix(data)
    whole = 1 < count <= MOST_TILES and rows == size[0] * across and columns == size[1] * across
    if not whole or (measured and max(measured) > max(size)):
        told = f", of {' × '.join(map(str, measured))} samples each" if measured else ""
        raise Untold(
            f"its {count} slices{told} do not fill a mosaic of {rows} × {columns} pixels. Export "
            "the series again from the scanner or the archive, or as NIfTI."
        )
    return size, across


def _grid(data: Any) -> Tiles:
    """Slices of a UIH grid: each has an item of its own, with its place and time."""
    each = items(data, GRID_FRAMES) or ()
    told = number(data, GRID_COUNT)
    if not each or (told is not None and int(told) != len(each)) or len(each) > MOST_TILES:
        raise Untold(
            "each image is a grid, its slices side by side, and the private elements that say "
            f"where each lies are gone. {REMEDY}"
        )
    rows, columns = int(number(data, "Rows") or 0), int(number(data, "Columns") or 0)
    across = isqrt(len(each) - 1) + 1
    down = ceil(len(each) / across)
    size = rows // down, columns // across
    places = [numbers(one, "ImagePositionPatient", 3) for one in each]
    measured = acquired_matrix(data)
    whole = rows == size[0] * down and columns == size[1] * across
    if None in places or not whole or (measured and max(measured) > max(size)):
        raise Untold(
            f"its {len(each)} slices do not fill a grid of {rows} × {columns} pixels, or do not "
            "say where they lie. Export the series again from the scanner or the archive, one "
            "image for each slice, or as NIfTI."
        )
    return Tiles(
        size,
        tuple(
            Tile(
                (at // across * size[0], at % across * size[1]),
                place or (),
                seconds=_when(one),
            )
            for at, (one, place) in enumerate(zip(each, places, strict=True))
        ),
        grid=True,
    )


def _when(data: Any) -> float | None:
    """When an image was measured, s after midnight, by its time or its date and time."""
    known = clock_seconds(data.get("AcquisitionTime", None))
    if known is not None:
        return known
    return clock_seconds(str(data.get("AcquisitionDateTime", None) or "")[8:])


def _frame(data: Any) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """Position of the first pixel, and the steps from column to column and from row to row, mm."""
    position = numbers(data, "ImagePositionPatient", 3)
    directions = numbers(data, "ImageOrientationPatient", 6)
    spacing = numbers(data, "PixelSpacing", 2)
    if position is None or directions is None or spacing is None:
        return None
    along_row, along_column = np.array(directions[:3]), np.array(directions[3:])
    return np.array(position), along_row * spacing[1], along_column * spacing[0]


def _listed(data: Any, entries: dict[str, list[Any]]) -> list[int]:
    """How many slices have a time in the lists of slice times."""
    element = getattr(data.get(MOSAIC_TIMES, None), "value", None)
    lists = (element if isinstance(element, Sized) else (), entries.get("MosaicRefAcqTimes") or ())
    return [len(one) for one in lists if len(one) > 1 and not isinstance(one, bytes)]


def _offsets(data: Any, entries: dict[str, list[Any]], count: int) -> list[float] | None:
    """When each slice was measured after its volume began, s: Siemens lists it, in ms."""
    listed = numbers(data, MOSAIC_TIMES, count)
    if listed is None:
        given = entries.get("MosaicRefAcqTimes") or []
        listed = tuple(float(one) for one in given) if len(given) == count else None
    return None if listed is None else [one / 1000 for one in listed]


def _entries(data: Any) -> dict[str, list[Any]]:
    """Entries of Siemens' own header (CSA), by name; none if it is missing or damaged."""
    with warnings.catch_warnings(action="ignore"):  # it calls itself experimental
        from nibabel.nicom.csareader import read
    element = data.get(MOSAIC_HEADER, None)
    content = getattr(element, "value", None)
    if not isinstance(content, bytes):
        return {}
    try:
        tags = read(content)["tags"]
        return {name: list(tag["items"]) for name, tag in tags.items()}
    except Exception:  # whatever a damaged header makes its parser raise
        return {}


def _first(entries: dict[str, list[Any]], name: str) -> float | None:
    try:
        return float(entries[name][0])
    except (KeyError, IndexError, TypeError, ValueError):
        return None


def _vector(values: Sequence[Any] | None) -> FloatArray | None:
    try:
        vector = np.array([float(one) for one in values or ()])
    except (TypeError, ValueError):
        return None
    length = float(np.linalg.norm(vector)) if vector.shape == (3,) else 0.0
    return vector / length if 0.9 < length < 1.1 else None
