"""Secondary Captures: one picture in colour per map and slice, which any viewer shows."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from napari_dsc.core.quantities import Quantity
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom_out.common import derived_image
from napari_dsc.io.dicom_out.geometry import Planes
from napari_dsc.io.dicom_out.picture import drawn_slice
from napari_dsc.io.dicom_out.source import Source, references

__all__ = ["capture_images"]

SIDES = (("R", "L"), ("A", "P"), ("F", "H"))  # towards smaller and larger LPS
IN_PLANE = ("FrameOfReferenceUID", "PositionReferenceIndicator", "PatientPosition")


def capture_images(
    values: FloatArray,
    quantity: Quantity,
    planes: Planes,
    source: Source,
    series: tuple[str, int],
    words: str,
) -> Iterator[Any]:
    """Yield one colour picture per slice of a map.

    The words burned in say what is shown and that it is research; they name nobody and no date,
    so that Burned In Annotation is NO as PS3.3 C.7.6.1 defines it ("sufficient burned in
    annotation to identify the patient and date").

    Parameters
    ----------
    values, quantity, planes, source, series, words
        As for `classic_images`.
    """
    from pydicom.uid import SecondaryCaptureImageStorage

    cut = planes.cut(values)
    normal = np.cross(planes.row, planes.column)
    letters = [_side(-planes.row), _side(planes.row)]
    for index, plane in enumerate(cut):
        which = f"slice {index} (of 0 to {len(cut) - 1})"
        pixels = drawn_slice(plane, quantity, planes.spacing[1:], (which, letters[0], letters[1]))
        data = derived_image(
            SecondaryCaptureImageStorage, source, quantity, series, index + 1, words
        )
        for name in IN_PLANE:  # a picture has a margin: it lies nowhere in the patient
            if name in data:
                delattr(data, name)
        data.ImageType = ["DERIVED", "SECONDARY", "OTHER", quantity.symbol.upper()]
        data.ConversionType = "WSD"
        data.PatientOrientation = [_side(planes.row), _side(planes.column)]
        data.SourceImageSequence = references(
            source, planes.positions[index], normal, planes.spacing[0]
        )
        data.BurnedInAnnotation = "NO"
        data.SamplesPerPixel, data.PhotometricInterpretation = 3, "RGB"
        data.PlanarConfiguration = 0
        data.Rows, data.Columns = pixels.shape[:2]
        data.BitsAllocated, data.BitsStored, data.HighBit = 8, 8, 7
        data.PixelRepresentation = 0
        encoded = pixels.tobytes()
        data.PixelData = encoded + b"\0" * (len(encoded) % 2)
        yield data


def _side(direction: FloatArray) -> str:
    """Letter of the side of the patient that a direction in LPS leads to."""
    axis = int(np.abs(direction).argmax())
    return SIDES[axis][int(direction[axis] > 0)]
