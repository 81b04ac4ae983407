"""A small scan of made-up DICOM files, and maps of it: what DICOM out starts from."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.types import DSCPerfusionMaps, ParameterMap, Series

CANARY = "ZZCANARY^NAME"
VOLUMES = 3


def turned(seed: int | None = None) -> np.ndarray:
    """An affine (RAS mm): straight, or oblique with axes swapped and flipped by chance."""
    spacing = np.diag([1.5, 2.0, 5.0])
    if seed is None:
        matrix = spacing * [[-1], [1], [1]]
    else:
        rng = np.random.default_rng(seed)
        swap = np.eye(3)[rng.permutation(3)] * rng.choice([-1, 1], 3)
        small = rng.normal(size=3) * 0.2
        skew = np.array(
            [[0, -small[2], small[1]], [small[2], 0, -small[0]], [-small[1], small[0], 0]]
        )
        cayley = np.linalg.solve(np.eye(3) + skew, np.eye(3) - skew)  # a rotation
        matrix = cayley @ swap @ spacing
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = matrix, [20.0, -33.0, 41.0]
    return affine


def scan(folder: Path, affine: np.ndarray, shape=(9, 8, 4), **changes) -> Series:
    """Write a template: one image per slice and volume, with an identity and private tags."""
    folder.mkdir(parents=True, exist_ok=True)
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    lps = np.diag([-1, -1, 1, 1]) @ affine
    directions = lps[:3, :3] / np.linalg.norm(lps[:3, :3], axis=0)
    files: list[Path] = []
    for _ in range(VOLUMES):
        for index in range(shape[2]):
            meta = FileMetaDataset()
            meta.MediaStorageSOPClassUID = MRImageStorage
            meta.MediaStorageSOPInstanceUID = generate_uid()
            meta.TransferSyntaxUID = ExplicitVRLittleEndian
            data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
            data.SOPClassUID = MRImageStorage
            data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
            data.StudyInstanceUID, data.SeriesInstanceUID = study, series
            data.FrameOfReferenceUID = frame
            data.PatientName, data.PatientID = CANARY, "ZZCANARYID"
            data.PatientBirthDate, data.PatientSex = "19000101", "O"
            data.StudyID, data.AccessionNumber = "1", "ZZCANARYACC"
            data.StudyDate, data.StudyTime = "20200101", "100000"
            data.Modality, data.Manufacturer, data.SeriesNumber = "MR", "Phantom", 5
            data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
            data.ScanningSequence, data.SequenceVariant = "EP", "SK"
            data.ScanOptions, data.MRAcquisitionType = "", "2D"
            data.RepetitionTime, data.EchoTime, data.EchoTrainLength = "1500", "30", None
            data.PatientPosition, data.InstitutionName = "HFS", "ZZHOSPITAL"
            block = data.private_block(0x0011, "ZZPRIVATE", create=True)
            block.add_new(1, "LO", "ZZSECRET")
            data.ImageOrientationPatient = [*directions[:, 0], *directions[:, 1]]
            data.ImagePositionPatient = list((lps @ [0, 0, index, 1])[:3])
            for name, value in changes.items():
                setattr(data, name, value)
            _put(data, (shape[1], shape[0]))
            files.append(folder / f"IM{len(files):04d}")
            data.save_as(files[-1], enforce_file_format=True)
    return Series(
        signal=np.ones((*shape, VOLUMES), np.int16),
        time=np.arange(VOLUMES) * 1.5,
        echo_time=0.03,
        affine=affine,
        files=tuple(files),
    )


def maps_of(shape=(9, 8, 4), affine: np.ndarray | None = None) -> DSCPerfusionMaps:
    """Maps without any symmetry, with voxels that have no answer."""
    rng = np.random.default_rng(1)
    ramp = np.arange(np.prod(shape), dtype=float).reshape(shape) / np.prod(shape)
    made: dict[str, Any] = {}
    for number, key in enumerate(STANDARD):
        values = (ramp + 0.05 * rng.random(shape)) * (number + 1) * 7 - 3 * (key == "delay")
        values[1, 2, :] = np.nan
        made[key] = ParameterMap(
            values=values.astype(np.float32),
            name=key,
            symbol=key,
            units=STANDARD[key].units,
            affine=affine,
            quality_mask=np.isfinite(values),
        )
    return DSCPerfusionMaps.from_keys(made)


def _put(data: Dataset, shape: tuple[int, int]) -> None:
    data.Rows, data.Columns = shape
    data.PixelSpacing, data.SliceThickness = [2.0, 1.5], "5"
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation = 15, 0
    data.PixelData = np.ones(shape, "<u2").tobytes()
