"""Pixels of single slices, decoded from their files: what a conversion is compared with."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import finished
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom.convert import Image, converted
from napari_dsc.io.dicom.deflated import inflated
from napari_dsc.io.dicom.frames import Frame, Header
from napari_dsc.io.dicom.header_values import items
from napari_dsc.io.nifti import read_voxels

__all__ = ["Plane", "Planes"]

PRECISE_SLOPE = 0x0E  # Philips: by it, and the slope, precise values are smaller than shown ones
PHILIPS, CREATOR = 0x2005, "Philips MR Imaging DD 001"


class Plane(NamedTuple):
    """One slice, shape (columns, rows): its values as shown, and as Philips calls them precise.

    Both are the same but for Philips: a conversion has one or the other, everywhere.
    """

    shown: FloatArray
    precise: FloatArray


class Decoded(NamedTuple):
    """Pixels of a file as they are stored, (frames, rows, columns), and how each frame is scaled.

    A scale is slope, intercept, and by what Philips' precise values are smaller.
    """

    pixels: NDArray[Any]
    scales: list[tuple[float, float, float]]

    def plane(self, at: int) -> Plane:
        """One frame: scaled one by one, as all of a long scan would need its size many times."""
        slope, intercept, precise = self.scales[at]
        shown = slope * self.pixels[at].T.astype(np.float64) + intercept
        return Plane(shown, shown / precise)


class Planes:
    """Slices of the files of a series, decoded file by file; the last file is kept.

    Parameters
    ----------
    headers : sequence of Header
        Its files.
    """

    def __init__(self, headers: Sequence[Header]) -> None:
        self._headers = headers
        self._known: dict[int, Decoded | None] = {}

    def of(self, number: int, frame: Frame) -> Plane | None:
        """Slice of a file; None if its pixels cannot be decoded."""
        decoded = self._of_file(number)
        if decoded is None or frame.index >= len(decoded.scales):
            return None
        plane = decoded.plane(frame.index)
        if frame.corner is None:
            return plane
        (row, column), (rows, columns) = frame.corner, self._headers[number].matrix
        here = slice(column, column + columns), slice(row, row + rows)
        return Plane(plane.shown[here], plane.precise[here])

    def sheet(self, number: int) -> FloatArray | None:
        """All of the first image of a file, shape (columns, rows); None if it is not decoded."""
        decoded = self._of_file(number)
        return None if decoded is None else decoded.plane(0).shown

    def _of_file(self, number: int) -> Decoded | None:
        if number not in self._known:
            self._known = {number: _decoded(self._headers[number])}
        return self._known[number]


def _decoded(header: Header) -> Decoded | None:
    import pydicom

    try:
        source = BytesIO(inflated(header.path)) if header.deflated else header.path
        data: Any = pydicom.dcmread(source, force=True)  # a header was found in it
        pixels = data.pixel_array
    except Exception:  # a compression without a decoder
        return _by_conversion(header)
    pixels = pixels[None] if pixels.ndim == 2 else pixels
    try:
        return Decoded(pixels, [_scale(data, at) for at in range(len(pixels))])
    except Exception:  # whatever a damaged scale makes a parser raise
        return None


def _by_conversion(header: Header) -> Decoded | None:
    """Pixels of an image of one slice, alone: dcm2niix decodes what pydicom does not."""
    if header.enhanced or header.tiled:
        return None
    try:
        with TemporaryDirectory(prefix="napari-dsc-") as folder:
            work = converted([Image(header.path, None, header.bare)], Path(folder) / "one")
            voxels, _ = read_voxels(finished(work)[0])
            values = np.array(voxels, dtype=np.float64).reshape(voxels.shape[:2])[:, ::-1]
    except (DscError, ValueError):
        return None
    return Decoded(values.T[None], [(1.0, 0.0, 1.0)])


def _scale(data: Any, frame: int) -> tuple[float, float, float]:
    """Slope and intercept of a frame, and by what Philips' precise values are smaller."""
    groups = data.get("PerFrameFunctionalGroupsSequence", None)
    shared = (data.get("SharedFunctionalGroupsSequence", None) or [None])[0]
    own, precise = data, _precise(data)
    for group in (shared, None if groups is None else groups[frame]):
        if group is None:
            continue
        transformation = group.get("PixelValueTransformationSequence", None)
        own = transformation[0] if transformation else own
        precise = _precise(group) or precise
    slope = float(own.get("RescaleSlope", 1))
    intercept = float(own.get("RescaleIntercept", 0))
    return slope, intercept, slope * precise if precise else 1.0


def _precise(data: Any, depth: int = 0) -> float | None:
    """Scale slope of Philips, of an image or nested in the private sequences of its frames."""
    try:
        return float(data.private_block(PHILIPS, CREATOR)[PRECISE_SLOPE].value)
    except (KeyError, TypeError, ValueError):
        pass
    for element in data if depth < 2 else ():
        if element.tag.group == PHILIPS and element.VR in ("SQ", "UN"):
            for item in items(data, element.tag) or ():
                if (found := _precise(item, depth + 1)) is not None:
                    return found
    return None
