"""Parametric Maps: one per map, 32-bit numbers with coded quantity and unit."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from napari_dsc.core.quantities import Quantity
from napari_dsc.core.types import FloatArray
from napari_dsc.io.dicom_out.common import EMPTY, MAKER, contributing
from napari_dsc.io.dicom_out.geometry import Planes
from napari_dsc.io.dicom_out.source import IDENTITY, Source, everything, missing_extra, references
from napari_dsc.version import __version__

__all__ = ["parametric_images"]

OWN = "99NAPARIDSC"  # scheme of the codes of maps for which no standard code stands


def parametric_images(
    values: FloatArray,
    quantity: Quantity,
    planes: Planes,
    source: Source,
    series: tuple[str, int],
    words: str,
) -> Iterator[Any]:
    """Yield one Parametric Map of all slices; NaN stays NaN.

    Parameters
    ----------
    values, quantity, planes, source, series, words
        As for `classic_images`.
    """
    try:
        import highdicom as hd
        from pydicom.uid import ExplicitVRLittleEndian, generate_uid
    except ImportError as error:
        raise missing_extra() from error
    low, high = quantity.window
    between, rows, columns = planes.spacing
    data = hd.pm.ParametricMap(
        source_images=[_anchor(source, planes)],
        pixel_array=planes.cut(values).astype(np.float32),
        series_instance_uid=series[0],
        series_number=series[1],
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer=MAKER,
        manufacturer_model_name=MAKER,
        software_versions=__version__,
        device_serial_number="none",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[_mapping(values, quantity)],
        voi_lut_transformations=[
            hd.VOILUTTransformation(window_center=(low + high) / 2, window_width=high - low)
        ],
        transfer_syntax_uid=ExplicitVRLittleEndian,
        content_description=f"RESEARCH {quantity.symbol} {quantity.units}",
        content_label=quantity.symbol.upper(),
        content_qualification="RESEARCH",
        pixel_measures=hd.PixelMeasuresSequence(
            pixel_spacing=(rows, columns), slice_thickness=between, spacing_between_slices=between
        ),
        plane_orientation=hd.PlaneOrientationSequence("PATIENT", planes.orientation),
        plane_positions=[
            hd.PlanePositionSequence("PATIENT", tuple(map(float, at))) for at in planes.positions
        ],
    )
    _describe(data, quantity, source, words)
    _refer(data, source, planes)
    yield data


def _describe(data: Any, quantity: Quantity, source: Source, words: str) -> None:
    """Say what was derived, of which part of the body, and by what."""
    if source.header.get("BodyPartExamined"):
        data.BodyPartExamined = source.header.BodyPartExamined
    else:
        data.Laterality = ""
    data.SeriesDescription = f"RESEARCH {quantity.symbol} {quantity.units}"
    data.DerivationDescription = words
    data.ContributingEquipmentSequence = [contributing(source)]


def _mapping(values: FloatArray, quantity: Quantity) -> Any:
    """What a stored number means: itself, in a coded unit."""
    import highdicom as hd
    from pydicom.sr.coding import Code

    own = (quantity.symbol.lower(), OWN, quantity.dicom_name)
    code = (
        own
        if quantity.dicom_code is None
        else (quantity.dicom_code[0], "DCM", quantity.dicom_code[1])
    )
    answered = values[np.isfinite(values)].astype(np.float32)
    low, high = (float(answered.min()), float(answered.max())) if answered.size else (0.0, 1.0)
    return hd.pm.RealWorldValueMapping(
        lut_label=quantity.symbol,
        lut_explanation=f"{quantity.dicom_name} in {quantity.unit.words}",
        unit=Code(quantity.unit.ucum, "UCUM", quantity.unit.words),
        value_range=(low, high),
        slope=1.0,
        intercept=0.0,
        quantity_definition=Code(*code),
    )


def _anchor(source: Source, planes: Planes) -> Any:
    """Return an image in memory that highdicom takes identity, study and frame from."""
    from pydicom.dataset import Dataset
    from pydicom.uid import MRImageStorage

    anchor = Dataset()
    for name in (*IDENTITY, "SeriesInstanceUID", "SeriesNumber", "Modality"):
        if name in source.header:
            anchor[name] = source.header[name]
    for name in EMPTY:
        if name not in anchor:
            setattr(anchor, name, "")
    anchor.SOPClassUID, anchor.SOPInstanceUID = MRImageStorage, source.images[0][1]
    anchor.Rows, anchor.Columns = 1, 1  # its pixels have no part in it
    anchor.ImagePositionPatient = [*map(float, planes.positions[0])]
    anchor.ImageOrientationPatient = planes.orientation
    anchor.PixelSpacing, anchor.SliceThickness = list(planes.spacing[1:]), planes.spacing[0]
    return anchor


def _refer(data: Any, source: Source, planes: Planes) -> None:
    """Name the scan's images: all for the whole, and for each slice those that lie there."""
    from pydicom.dataset import Dataset

    normal = np.cross(planes.row, planes.column)
    every = Dataset()
    every.SeriesInstanceUID = source.header.SeriesInstanceUID
    every.ReferencedInstanceSequence = everything(source)
    data.ReferencedSeriesSequence = [every]
    if "SourceImageSequence" in data:  # of the anchor alone
        del data.SourceImageSequence
    for frame in data.PerFrameFunctionalGroupsSequence:  # in an order of highdicom's own
        at = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, float)
        derived = Dataset()
        derived.DerivationCodeSequence = [_coded("110003", "DCM", "Image Processing")]
        derived.SourceImageSequence = references(source, at, normal, planes.spacing[0])
        for item in derived.SourceImageSequence:
            item.PurposeOfReferenceCodeSequence = [
                _coded("121322", "DCM", "Source image for image processing operation")
            ]
        frame.DerivationImageSequence = [derived]


def _coded(value: str, scheme: str, meaning: str) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
