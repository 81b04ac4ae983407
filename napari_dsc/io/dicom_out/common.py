"""Attributes that every image of a derived series has, whatever its kind."""

from datetime import datetime
from typing import Any

from napari_dsc.core.quantities import Quantity
from napari_dsc.io.dicom_out.source import BESIDE, EQUIPMENT, IDENTITY, Source
from napari_dsc.io.record import RESEARCH_USE
from napari_dsc.version import __version__

__all__ = ["MAKER", "contributing", "derived_image", "described", "number_text"]

MAKER = "napari-dsc"
EMPTY = [
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
]
EMPTY += ["AccessionNumber", "ReferringPhysicianName", "PositionReferenceIndicator"]
LONGEST = 1024  # letters of a derivation description


def number_text(value: float) -> str:
    """A decimal string of at most 16 letters, as DICOM wants it."""
    return f"{value:.10g}"


def described(quantity: Quantity, description: str) -> str:
    """How a map was derived, in words."""
    words = (
        f"{quantity.dicom_name} in {quantity.unit.words} from dynamic susceptibility contrast MRI"
    )
    whole = f"{RESEARCH_USE} {words}, {MAKER} {__version__}. {description}".strip()
    plain = whole.encode("ascii", "replace").decode()  # whatever character set the scan declares
    return plain[:LONGEST]


def derived_image(
    kind: str, source: Source, quantity: Quantity, series: tuple[str, int], number: int, words: str
) -> Any:
    """Return an image without pixels: identity from the source, all else new.

    Parameters
    ----------
    kind : str
        SOP class UID.
    source : Source
        Whose patient, study and frame of reference it is.
    quantity : Quantity
        What it shows.
    series : (str, int)
        UID and number of its own series.
    number : int
        Of the image within it, from 1.
    words : str
        How it was derived.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(kind), generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    for name in (*IDENTITY, *BESIDE):
        if name in source.header:
            data[name] = source.header[name]
        elif name in EMPTY:
            setattr(data, name, "")
    now = datetime.now()
    data.SOPClassUID = meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.SeriesInstanceUID, data.SeriesNumber = series
    data.InstanceNumber = number
    data.Modality = "MR"
    if "BodyPartExamined" not in data:
        data.Laterality = ""  # wanted where no part of the body is named
    data.SeriesDescription = f"RESEARCH {quantity.symbol} {quantity.units}"
    data.SeriesDate = data.ContentDate = data.InstanceCreationDate = now.strftime("%Y%m%d")
    data.SeriesTime = data.ContentTime = data.InstanceCreationTime = now.strftime("%H%M%S")
    data.Manufacturer, data.ManufacturerModelName = MAKER, MAKER
    data.SoftwareVersions = __version__
    data.DerivationDescription = words
    data.ImageComments = RESEARCH_USE
    data.ContributingEquipmentSequence = [contributing(source)]
    return data


def contributing(source: Source) -> Any:
    """The scanner, as equipment that had a part in the image."""
    from pydicom.dataset import Dataset

    purpose, item = Dataset(), Dataset()
    purpose.CodeValue, purpose.CodingSchemeDesignator = "109101", "DCM"
    purpose.CodeMeaning = "Acquisition Equipment"
    item.PurposeOfReferenceCodeSequence = [purpose]
    for name in EQUIPMENT:
        if source.header.get(name):
            item[name] = source.header[name]
    if "Manufacturer" not in item:
        item.Manufacturer = "unknown"
    return item
