"""Synthetic DICOM of the digital patient: what scanners and archives make of a perfusion scan."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    generate_uid,
)

from napari_dsc import Series

CANARY = "ZZCANARY^NAME"
SPACING, THICKNESS = (1.8, 1.8), 5.0  # mm
CORNER = (-28.0, -30.0, 12.0)  # LPS, mm, of the first voxel of the first slice


def affine() -> np.ndarray:
    """Where the images below lie: (column, row, slice) to RAS mm."""
    matrix = np.diag([-SPACING[1], -SPACING[0], THICKNESS, 1.0])
    matrix[:3, 3] = np.array(CORNER) * [-1, -1, 1]
    return matrix


def stored(signal: np.ndarray) -> np.ndarray:
    """A volume (X, Y, Z) or scan as unsigned 16-bit numbers."""
    return np.clip(np.round(signal), 0, 65535).astype(np.uint16)


def classic(
    folder: Path,
    series: Series,
    *,
    uid: str | None = None,
    number: int = 5,
    echo: tuple[int, float] = (1, 0.03),
    shuffled: bool = False,
    scaled: bool = False,
    temporal: bool = True,
    step: float = 1.5,
    change: Callable[[Dataset, int, int], bool | None] = lambda *_: None,
) -> list[Path]:
    """Write single-frame images, slice by slice, volume by volume.

    `change(data, volume, slice)` may alter an image; where it returns False it is not written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pixels = stored(series.signal)
    n_slices, n_volumes = pixels.shape[2:]
    uid, study, frame = uid or generate_uid(), generate_uid(), generate_uid()
    numbers = np.arange(n_slices * n_volumes) + 1
    if shuffled:
        numbers = np.random.default_rng(3).permutation(numbers)
    paths = []
    for volume in range(n_volumes):
        for place in range(n_slices):
            at = volume * n_slices + place
            data = _image(MRImageStorage, study, uid, frame, number)
            data.InstanceNumber = int(numbers[at])
            data.AcquisitionNumber = volume + 1
            if temporal:
                data.TemporalPositionIdentifier = volume + 1
                data.NumberOfTemporalPositions = n_volumes
            data.AcquisitionTime = _clock(36000 + step * volume)
            data.ContentTime = data.AcquisitionTime
            data.RepetitionTime, data.EchoTime = str(1000 * step), str(1000 * echo[1])
            data.EchoNumbers = echo[0]
            data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            data.ImagePositionPatient = [*CORNER[:2], CORNER[2] + THICKNESS * place]
            data.PixelSpacing, data.SliceThickness = list(SPACING), str(THICKNESS)
            data.SpacingBetweenSlices = str(THICKNESS)
            plane = pixels[:, :, place, volume].T
            if scaled:  # as Philips does: another slope for every slice
                slope = 0.5 + 0.25 * place
                plane = np.round(plane / slope).astype(np.uint16)
                data.RescaleSlope, data.RescaleIntercept = str(slope), "0"
            _put(data, plane)
            if change(data, volume, place) is False:
                continue
            path = folder / f"IM{int(numbers[at]):05d}"
            if path.exists():
                path = folder / f"IM{int(numbers[at]):05d}_{number}_{echo[0]}"
            data.save_as(path, enforce_file_format=True)
            paths.append(path)
    return paths


def enhanced(
    path: Path,
    series: Series,
    *,
    step: float = 1.5,
    echo_time: float = 0.03,
    backwards: bool = False,
    uid: str | None = None,
    first: int = 0,
) -> Path:
    """Write one multi-frame image with functional groups.

    `backwards`: its dimension index counts volumes against their times. `uid`, `first`: of a
    series of several such files, and which volume it begins with.
    """
    pixels = stored(series.signal)
    n_slices, n_volumes = pixels.shape[2:]
    data = _image(EnhancedMRImageStorage, generate_uid(), uid or generate_uid(), generate_uid(), 7)
    data.ImageType = ["ORIGINAL", "PRIMARY", "PERFUSION", "NONE"]
    data.NumberOfFrames = n_slices * n_volumes
    data.InstanceNumber = first + 1
    shared = Dataset()
    shared.PixelMeasuresSequence = Sequence(
        [_of(PixelSpacing=list(SPACING), SliceThickness=THICKNESS, SpacingBetweenSlices=THICKNESS)]
    )
    shared.PlaneOrientationSequence = Sequence([_of(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])])
    shared.MRTimingAndRelatedParametersSequence = Sequence([_of(RepetitionTime=1000.0 * step)])
    shared.MREchoSequence = Sequence([_of(EffectiveEchoTime=1000.0 * echo_time)])
    data.SharedFunctionalGroupsSequence = Sequence([shared])
    organisation = generate_uid()
    data.DimensionOrganizationSequence = Sequence([_of(DimensionOrganizationUID=organisation)])
    data.DimensionIndexSequence = Sequence(
        [
            _of(
                DimensionOrganizationUID=organisation,
                DimensionIndexPointer=0x00209128,
                FunctionalGroupPointer=0x00209111,
            ),
            _of(
                DimensionOrganizationUID=organisation,
                DimensionIndexPointer=0x00209057,
                FunctionalGroupPointer=0x00209111,
            ),
        ]
    )
    frames, planes = [], []
    for volume in range(n_volumes):
        for place in range(n_slices):
            own = Dataset()
            when = "20200101" + _clock(36000 + step * (first + volume))
            index = n_volumes - volume if backwards else first + volume + 1
            own.FrameContentSequence = Sequence(
                [
                    _of(
                        TemporalPositionIndex=first + volume + 1,
                        InStackPositionNumber=place + 1,
                        StackID="1",
                        FrameAcquisitionNumber=first + volume + 1,
                        FrameAcquisitionDateTime=when,
                        FrameReferenceDateTime=when,
                        DimensionIndexValues=[index, place + 1],
                    )
                ]
            )
            own.PlanePositionSequence = Sequence(
                [_of(ImagePositionPatient=[*CORNER[:2], CORNER[2] + THICKNESS * place])]
            )
            frames.append(own)
            planes.append(pixels[:, :, place, volume].T)
    data.PerFrameFunctionalGroupsSequence = Sequence(frames)
    _put(data, np.stack(planes))
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


def two_echoes(path: Path, first: Series, second: Series) -> Path:
    """Write one multi-frame image with two echoes of every slice, as dual-echo scans come."""
    one, two = (
        pydicom.dcmread(enhanced(path.with_name(f"echo{at}"), series, echo_time=0.015 * (at + 1)))
        for at, series in enumerate((first, second), start=1)
    )
    pixels = [data.pixel_array for data in (one, two)]
    frames, planes = [], []
    for at in range(len(pixels[0])):
        for echo, data in enumerate((one, two)):
            own = data.PerFrameFunctionalGroupsSequence[at]
            content = own.FrameContentSequence[0]
            content.DimensionIndexValues = [*content.DimensionIndexValues, echo + 1]
            own.MREchoSequence = data.SharedFunctionalGroupsSequence[0].MREchoSequence
            frames.append(own)
            planes.append(pixels[echo][at])
    one.DimensionIndexSequence.append(
        _of(
            DimensionOrganizationUID=one.DimensionIndexSequence[0].DimensionOrganizationUID,
            DimensionIndexPointer=0x00189082,
            FunctionalGroupPointer=0x00189114,
        )
    )
    del one.SharedFunctionalGroupsSequence[0].MREchoSequence
    one.PerFrameFunctionalGroupsSequence = Sequence(frames)
    one.NumberOfFrames = len(frames)
    _put(one, np.stack(planes))
    one.save_as(path, enforce_file_format=True)
    for at in (1, 2):
        path.with_name(f"echo{at}").unlink()
    return path


def mosaic(folder: Path, series: Series, *, step: float = 1.5) -> list[Path]:
    """Write one image per volume, its slices side by side, with the header that tells them."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = stored(series.signal)
    n_slices, n_volumes = pixels.shape[2:]
    tiles = int(np.ceil(np.sqrt(n_slices)))
    rows, columns = pixels.shape[1], pixels.shape[0]
    uid, study, frame = generate_uid(), generate_uid(), generate_uid()
    paths = []
    for volume in range(n_volumes):
        data = _image(MRImageStorage, study, uid, frame, 6)
        data.Manufacturer, data.ImageType = "SIEMENS", ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
        data.InstanceNumber = data.AcquisitionNumber = volume + 1
        data.AcquisitionTime = data.ContentTime = _clock(36000 + step * volume)
        data.RepetitionTime, data.EchoTime, data.EchoNumbers = str(1000 * step), "30", 1
        data.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        # Of the whole mosaic: its centre is that of a slice.
        shift = [(tiles - 1) * columns * SPACING[1] / 2, (tiles - 1) * rows * SPACING[0] / 2]
        data.ImagePositionPatient = [CORNER[0] - shift[0], CORNER[1] - shift[1], CORNER[2]]
        data.PixelSpacing, data.SliceThickness = list(SPACING), str(THICKNESS)
        data.SpacingBetweenSlices = str(THICKNESS)
        sheet = np.zeros((tiles * rows, tiles * columns), np.uint16)
        for place in range(n_slices):
            down, across = divmod(place, tiles)
            here = (
                slice(down * rows, (down + 1) * rows),
                slice(across * columns, (across + 1) * columns),
            )
            sheet[here] = pixels[:, :, place, volume].T
        _put(data, sheet)
        data.add_new(0x00290010, "LO", "SIEMENS CSA HEADER")
        data.add_new(0x00291008, "CS", "IMAGE NUM 4")
        data.add_new(
            0x00291010,
            "OB",
            csa(
                {
                    "NumberOfImagesInMosaic": ("US", [str(n_slices)]),
                    "SliceNormalVector": ("FD", ["0.0", "0.0", "1.0"]),
                    "ProtocolSliceNumber": ("IS", ["0"]),
                }
            ),
        )
        path = folder / f"mosaic{volume:03d}"
        data.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def csa(entries: Mapping[str, tuple[str, list[str]]]) -> bytes:
    """Siemens' own header of the second kind: names, kinds and texts in fields of fixed size."""

    def number(value: int) -> bytes:
        return int(value).to_bytes(4, "little")

    made = b"SV10\4\3\2\1" + number(len(entries)) + number(77)
    for name, (kind, values) in entries.items():
        made += name.encode().ljust(64, b"\0") + number(len(values)) + kind.encode().ljust(4, b"\0")
        made += number(0) + number(len(values)) + number(77)
        for value in values:
            text = value.encode() + b"\0"
            made += number(len(text)) + number(len(text)) + number(77) + number(len(text))
            made += text + b"\0" * (-len(text) % 4)
    return made


def _image(kind: UID, study: str, series: str, frame: str, number: int) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = kind, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = kind, meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID = study, series
    data.FrameOfReferenceUID = frame
    data.PatientName, data.PatientID, data.PatientBirthDate = CANARY, "ZZCANARYID", "19000101"
    data.PatientSex, data.StudyID, data.AccessionNumber = "O", "1", "ZZCANARYACC"
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = "20200101"
    data.StudyTime = data.SeriesTime = "100000"
    data.Modality, data.Manufacturer = "MR", "Phantom"
    data.SeriesDescription, data.SeriesNumber = "DSC perfusion", number
    data.ProtocolName = "dsc"
    data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    data.ScanningSequence, data.SequenceVariant, data.MRAcquisitionType = "EP", "SK", "2D"
    data.PatientPosition = "HFS"
    return data


def _put(data: Dataset, planes: np.ndarray) -> None:
    data.Rows, data.Columns = planes.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelData = np.ascontiguousarray(planes, "<u2").tobytes()


def _of(**facts: object) -> Dataset:
    data = Dataset()
    for name, value in facts.items():
        setattr(data, name, value)
    return data


def _clock(seconds: float) -> str:
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours:02d}{rest // 60:02d}{rest % 60:02d}.{round(1e6 * (seconds - whole)):06d}"
