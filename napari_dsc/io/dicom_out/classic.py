"""MR images: one per map and slice, 16 bits with a rescale slope, which every archive takes."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.quantities import Quantity
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom_out.common import derived_image, number_text
from napari_dsc.io.dicom_out.geometry import Planes
from napari_dsc.io.dicom_out.source import EXAMINATION, Source, references

__all__ = ["PADDING", "classic_images", "place", "stored"]

PADDING = 0  # what a voxel without an answer is stored as
LARGEST = 65535


def stored(values: FloatArray) -> tuple[NDArray[np.uint16], float, float]:
    """Values as unsigned 16-bit numbers, with slope and intercept: value = slope * number + it.

    Numbers 1 to 65535 span the map's own range; 0 is padding, where there is no answer. Slope and
    intercept are rounded to what DICOM can write before they are used.

    Examples
    --------
    >>> numbers, slope, intercept = stored(np.array([0.0, np.nan, 6.5534]))
    >>> numbers.tolist(), round(slope, 10), round(intercept, 10)
    ([1, 0, 65535], 0.0001, -0.0001)
    """
    answered = np.isfinite(values)
    if not answered.any():
        return np.full(values.shape, PADDING, np.uint16), 1.0, 0.0
    low, high = (float(end) for end in (values[answered].min(), values[answered].max()))
    slope = float(number_text((high - low) / (LARGEST - 1) * (1 + 1e-9))) if high > low else 1.0
    intercept = float(number_text(low - slope))
    steps = np.round((np.where(answered, values, low).astype(float) - intercept) / slope)
    numbers = np.where(answered, np.clip(steps, 1, LARGEST), PADDING)
    return numbers.astype(np.uint16), slope, intercept


def classic_images(
    values: FloatArray,
    quantity: Quantity,
    planes: Planes,
    source: Source,
    series: tuple[str, int],
    words: str,
) -> Iterator[Any]:
    """Yield one MR image per slice of a map.

    Parameters
    ----------
    values : ndarray, shape (X, Y, Z)
        The map.
    quantity : Quantity
        What it is.
    planes : Planes
        Where its slices lie.
    source : Source
        The scan.
    series : (str, int)
        UID and number of the map's series.
    words : str
        How it was derived.
    """
    from pydicom.uid import MRImageStorage

    numbers, slope, intercept = stored(values)
    for index, pixels in enumerate(planes.cut(numbers)):
        data = derived_image(MRImageStorage, source, quantity, series, index + 1, words)
        data.ImageType = ["DERIVED", "SECONDARY", "OTHER", quantity.symbol.upper()]
        _say_examination(data, source)
        place(data, planes, index, source)
        low, high = quantity.window
        data.WindowCenter, data.WindowWidth = number_text((low + high) / 2), number_text(high - low)
        data.RescaleSlope, data.RescaleIntercept = number_text(slope), number_text(intercept)
        data.RescaleType = "US"
        data.BurnedInAnnotation = "NO"
        data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
        data.Rows, data.Columns = pixels.shape
        data.BitsAllocated, data.BitsStored, data.HighBit = 16, 16, 15
        data.PixelRepresentation = 0
        data.PixelPaddingValue = PADDING
        data.PixelData = pixels.astype("<u2").tobytes()
        yield data


def _say_examination(data: Any, source: Source) -> None:
    for name in EXAMINATION:
        if name in source.header:
            data[name] = source.header[name]
    defaults = {"ScanningSequence": "RM", "SequenceVariant": "NONE"}  # research mode, none
    for name in ("ScanningSequence", "SequenceVariant", "ScanOptions", "MRAcquisitionType"):
        if not data.get(name):
            setattr(data, name, defaults.get(name, ""))
    for name in ("RepetitionTime", "EchoTime", "EchoTrainLength"):
        if name not in data:
            setattr(data, name, None)


def place(data: Any, planes: Planes, index: int, source: Source) -> None:
    """Say where a slice lies, and which images it was made from."""
    data.ImagePositionPatient = [number_text(mm) for mm in planes.positions[index]]
    data.ImageOrientationPatient = [number_text(cosine) for cosine in planes.orientation]
    between, rows, columns = planes.spacing
    data.PixelSpacing = [number_text(rows), number_text(columns)]
    data.SliceThickness = data.SpacingBetweenSlices = number_text(between)
    normal = np.cross(planes.row, planes.column)
    data.SliceLocation = number_text(float(planes.positions[index] @ normal))
    data.SourceImageSequence = references(source, planes.positions[index], normal, between)
