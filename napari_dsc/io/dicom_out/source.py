"""Source of a derived series: patient, study, frame of reference and images of the scan."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray

__all__ = ["Source", "everything", "identity_of", "missing_extra", "reading_source", "references"]

IDENTITY = [
    "SpecificCharacterSet",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "StudyInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "ReferringPhysicianName",
    "FrameOfReferenceUID",
    "PositionReferenceIndicator",
    "PatientPosition",
]
EXAMINATION = [
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "MRAcquisitionType",
    "RepetitionTime",
    "EchoTime",
    "EchoTrainLength",
    "MagneticFieldStrength",
    "FlipAngle",
]
EQUIPMENT = ["Manufacturer", "ManufacturerModelName", "SoftwareVersions"]
IMAGE = ["SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "SeriesNumber", "Modality"]
BESIDE = ["AcquisitionDate", "AcquisitionTime", "BodyPartExamined"]
PLACE = ["ImagePositionPatient", "NumberOfFrames", "Rows", "Columns"]
SHARED = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
EVERY = 200  # files between two words of progress


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """The series that the maps are made from.

    Parameters
    ----------
    header : Dataset
        Of its first image, without pixels: what may be copied, and nothing else.
    images : tuple of (class, instance, position)
        UIDs of every image, and where its first pixel lies (LPS mm; None if it says nothing).
    """

    header: Any
    images: tuple[tuple[str, str, FloatArray | None], ...]


def missing_extra() -> DscError:
    """What is raised where the libraries for DICOM are not installed."""
    return DscError("DICOM out must have its libraries. Run: pip install 'napari-dsc[dicom]'")


def reading_source(files: Sequence[Path]) -> Generator[float, None, Source]:
    """Read the headers of a series, yielding the fraction done; return the source.

    Parameters
    ----------
    files : sequence of Path
        The DICOM files that the scan was read from.

    Raises
    ------
    DscError
        If there are none, one cannot be read, or they are not of one series.
    """
    if not files:
        raise DscError(
            "the scan must come from DICOM to be written as DICOM, got another format: patient, "
            "study and frame of reference would have to be invented. Save the maps as NIfTI, or "
            "open the scan's own DICOM files."
        )
    header, images = None, []
    for number, path in enumerate(files):
        data = _header(path)
        header = data if header is None else header
        _refuse_stranger(header, data)
        place = data.get("ImagePositionPatient")
        known = place is not None and "NumberOfFrames" not in data
        at = np.array(place, float) if known else None
        images.append((str(data.SOPClassUID), str(data.SOPInstanceUID), at))
        if number % EVERY == 0:
            yield number / len(files)
    return Source(header=header, images=tuple(images))


def references(source: Source, position: FloatArray, normal: FloatArray, step: float) -> list[Any]:
    """Source Image Sequence for one slice: the images that lie there, or all if none says so.

    Parameters
    ----------
    source : Source
        The series.
    position, normal : ndarray, shape (3,)
        A point of the slice, and the direction through it, LPS mm.
    step : float
        From slice to slice, mm.
    """
    near = [
        image
        for image in source.images
        if image[2] is not None and abs((image[2] - position) @ normal) < step / 4
    ]
    return [_reference(kind, uid) for kind, uid, _ in near or source.images]


def everything(source: Source) -> list[Any]:
    """References to all images of a series."""
    return [_reference(kind, uid) for kind, uid, _ in source.images]


def _reference(kind: str, uid: str) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = kind, uid
    return item


def _header(path: Path) -> Any:
    try:
        from pydicom import dcmread
    except ImportError as error:
        raise missing_extra() from error
    wanted = [*IDENTITY, *EXAMINATION, *EQUIPMENT, *IMAGE, *BESIDE, *PLACE]
    try:
        data = dcmread(path, stop_before_pixels=True, specific_tags=wanted)
        data.SOPInstanceUID, data.StudyInstanceUID, data.FrameOfReferenceUID  # noqa: B018
    except Exception as error:  # pydicom raises whatever the bytes make it raise
        raise DscError(
            f"the scan's DICOM files must still be readable, with their UIDs, got "
            f"{type(error).__name__} in one of them. Open the scan again from where it lies."
        ) from error
    return data


def _refuse_stranger(first: Any, data: Any) -> None:
    for name in SHARED:
        if first.get(name) != data.get(name):
            raise DscError(
                f"the scan's DICOM files must be of one series, got two values of {name}. "
                "Open one series alone."
            )


def identity_of(files: Sequence[Path]) -> dict[str, str]:
    """Whose scan it is, and of which day: for a page that somebody wants to bear it.

    Raises
    ------
    DscError
        If the files cannot be read, or pydicom is not installed.
    """
    try:
        import pydicom
    except ImportError as error:
        raise missing_extra() from error
    try:
        header = pydicom.dcmread(files[0], stop_before_pixels=True, force=True)
    except OSError as error:
        raise DscError(
            f"the scan's DICOM must be readable, got: {error.strerror}. Put it back."
        ) from error
    facts = {
        "Patient": "PatientName",
        "Patient ID": "PatientID",
        "Born": "PatientBirthDate",
        "Study": "StudyDate",
    }
    told = {
        words: str(header.get(name, "")).replace("^", " ").strip() for words, name in facts.items()
    }
    return {words: one for words, one in told.items() if one}
