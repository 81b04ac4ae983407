"""Synthetic DICOM as seven makers of scanners write a dynamic scan, with the truth beside it.

Each maker's function writes a folder; what differs between sequences, software and exports are its
arguments. Nothing is taken from a scanner: elements are those that the standard, public headers and
dcm2niix name.
"""

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEGLosslessSV1,
    JPEGLSLossless,
    MRImageStorage,
    RLELossless,
    generate_uid,
)

from tests.io.dicom_maker import csa
from tests.io.jpeg_lossless import jpeg_lossless

SIZE = 14, 12  # columns, rows
SPACING = 1.75, 2.25  # mm, from row to row and from column to column
BETWEEN = 4.5  # mm, from slice to slice
START = 36_000.0  # s after midnight


def oblique() -> tuple[np.ndarray, np.ndarray]:
    """Directions of rows and columns of a slice that is turned about two axes."""
    a, b = np.deg2rad(12.0), np.deg2rad(-7.0)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    turned = about_x @ about_z
    return turned[:, 0].round(6), turned[:, 1].round(6)


@dataclass(frozen=True)
class Truth:
    """A scan as it was measured.

    `signal` has the shape (columns, rows, slices, volumes), slices along the normal of the image.
    `ranks` says in which order the slices were measured: equal ranks at once.
    """

    n_slices: int = 5
    n_volumes: int = 20
    step: float = 2.0
    ranks: tuple[int, ...] = ()
    echo_time: float = 0.03
    seed: int = 0
    orientation: tuple[np.ndarray, np.ndarray] = field(default_factory=oblique)

    @property
    def signal(self) -> np.ndarray:
        """Tissue that a bolus darkens, no two voxels or volumes alike; air around it."""
        shape = (*SIZE, self.n_slices)
        head = np.random.default_rng(self.seed).integers(300, 1500, shape).astype(float)
        head[:1] = head[-1:] = head[:, :1] = head[:, -1:] = 20
        at = np.arange(self.n_volumes)
        curve = 1 - 0.4 * np.exp(-((at - 9) ** 2) / 6)
        return np.round(head[..., None] * curve + at).astype(np.uint16)

    @property
    def time(self) -> np.ndarray:
        """When each volume begins, s."""
        return self.step * np.arange(self.n_volumes)

    @property
    def slice_times(self) -> np.ndarray:
        """When each slice is measured after its volume begins, s."""
        ranks = np.array(self.ranks or range(self.n_slices))
        return self.step * ranks / (ranks.max() + 1)

    @property
    def normal(self) -> np.ndarray:
        """Direction along which the slices follow one another."""
        return np.cross(*self.orientation)

    def place(self, at: int) -> np.ndarray:
        """First voxel of a slice, LPS, mm."""
        return np.array([-20.0, -15.0, 8.0]) + self.normal * BETWEEN * at

    @property
    def affine(self) -> np.ndarray:
        """(column, row, slice) to RAS mm."""
        matrix = np.eye(4)
        matrix[:3, 0] = self.orientation[0] * SPACING[1]
        matrix[:3, 1] = self.orientation[1] * SPACING[0]
        matrix[:3, 2], matrix[:3, 3] = self.normal * BETWEEN, self.place(0)
        return np.diag([-1, -1, 1, 1]) @ matrix

    def seconds(self, volume: int, at: int = 0) -> float:
        """When a slice of a volume is measured, s after midnight."""
        return START + self.time[volume] + self.slice_times[at]


ASCENDING, DESCENDING = (0, 1, 2, 3, 4), (4, 3, 2, 1, 0)
INTERLEAVED, INTERLEAVED_DOWN = (0, 3, 1, 4, 2), (2, 4, 1, 3, 0)
TOGETHER = (0, 1, 0, 1, 0)  # two or three at once

Change = Callable[
    [Dataset, int, int], bool | None
]  # of an image: volume, slice; False: not written


def clock(seconds: float, digits: int = 6) -> str:
    """Time of DICOM, with so many decimals."""
    seconds = np.floor(seconds * 10**digits + 1e-6) / 10**digits
    whole = int(seconds)
    rest = f"{seconds - whole:.{digits}f}"[1:] if digits else ""
    return f"{whole // 3600:02d}{whole % 3600 // 60:02d}{whole % 60:02d}{rest}"


def image(pixels: np.ndarray, maker: str, uids: list[str], kind: UID) -> Dataset:
    """Elements that all images have; pixels as (rows, columns), or several of these."""
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = kind
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    data.StudyInstanceUID, data.SeriesInstanceUID, data.FrameOfReferenceUID = map(UID, uids)
    data.Modality, data.Manufacturer, data.PatientPosition = "MR", maker, "HFS"
    data.PatientName, data.PatientID = "ZZCANARY^NAME", "ZZCANARYID"
    data.StudyDate = data.SeriesDate = data.AcquisitionDate = data.ContentDate = "20260101"
    data.StudyTime = data.SeriesTime = "095500"
    data.SeriesNumber, data.SeriesDescription, data.ProtocolName = 11, "ep2d perf", "perf"
    data.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    data.ScanningSequence, data.SequenceVariant, data.MRAcquisitionType = ["EP", "GR"], "SK", "2D"
    data.FlipAngle, data.MagneticFieldStrength = 60, 3
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    pixels = np.ascontiguousarray(pixels)
    data.Rows, data.Columns = pixels.shape[-2:]
    data.PixelData = pixels.astype("<u2").tobytes()
    return data


def classic(
    folder: Path,
    truth: Truth,
    maker: str,
    change: Change,
    *,
    uids: list[str] | None = None,
    first: str = "",
) -> None:
    """Write one image for each slice of each volume, numbered volume by volume."""
    folder.mkdir(parents=True, exist_ok=True)
    uids = uids or [str(generate_uid()) for _ in range(3)]
    signal = truth.signal
    for volume in range(truth.n_volumes):
        for at in range(truth.n_slices):
            data = image(signal[:, :, at, volume].T, maker, uids, MRImageStorage)
            data.ImageOrientationPatient = np.concatenate(truth.orientation).tolist()
            data.ImagePositionPatient = truth.place(at).round(5).tolist()
            data.SliceLocation = f"{truth.place(at) @ truth.normal:.4f}"
            data.PixelSpacing = list(SPACING)
            data.SliceThickness, data.SpacingBetweenSlices = BETWEEN - 0.5, BETWEEN
            data.RepetitionTime, data.EchoTime = 1000 * truth.step, 1000 * truth.echo_time
            data.AcquisitionMatrix = [SIZE[0], 0, 0, SIZE[1]]
            data.EchoNumbers, data.AcquisitionNumber = 1, 1
            data.InstanceNumber = volume * truth.n_slices + at + 1
            data.AcquisitionTime = data.ContentTime = clock(START)
            if change(data, volume, at) is not False:
                data.save_as(folder / f"{first}{volume:03d}_{at}.dcm", enforce_file_format=True)


def ge(
    folder: Path,
    truth: Truth,
    *,
    clocks: str = "trigger",
    down: bool = False,
    temporal: bool = True,
    delays: Callable[[int], float] = lambda _: 0.0,
    change: Change = lambda *_: None,
) -> None:
    """EPI of GE: multiphase (trigger times), real-time (timer, in s or 0.1 ms), or without clocks.

    `down`: images are numbered from the last slice. `delays`: of a volume, s, in the trigger times.
    """
    text = (
        f'IOPT "EDR, EPI, MPh, Asset"\nVIEWORDER "1"\nSLICEORDER "1"\nNOSLC "{truth.n_slices}"\n'
        f'PRESETDELAY "0.0"\nTEMPORALPHASES "{truth.n_volumes}"\n'
    ).encode()
    whole = io.BytesIO()
    with gzip.GzipFile("Ex1Ser1", "wb", fileobj=whole, mtime=1) as file:  # with a name, as GE does
        file.write(text)
    block = len(whole.getvalue()).to_bytes(4, "little") + whole.getvalue()

    def write(data: Dataset, volume: int, at: int) -> bool | None:
        data.SoftwareVersions = ["28", "LX", "MR Software release:DV28.0_R02_1947.a"]
        data.ScanOptions, data.ImageType = "EPI_GEMS", ["ORIGINAL", "PRIMARY", "OTHER"]
        data.AcquisitionTime = data.ContentTime = clock(START, 0)
        place = truth.n_slices - 1 - at if down else at
        data.InstanceNumber = volume * truth.n_slices + place + 1
        data.InStackPositionNumber = place + 1
        since = volume * truth.step + truth.slice_times[at]
        if temporal:
            data.TemporalPositionIdentifier = volume + 1
            data.NumberOfTemporalPositions = truth.n_volumes
        if clocks == "trigger":
            data.TriggerTime = round(1000 * (since + delays(volume) + 0.1))
        private = data.private_block(0x0021, "GEMS_RELA_01", create=True)
        own = {"timer": since + 0.0023, "old timer": 1e4 * (since + 0.002)}.get(clocks, 0.0)
        private.add_new(0x5E, "DS", f"{own:.6f}")
        data.private_block(0x0025, "GEMS_SERS_01", create=True).add_new(
            0x1B, "OB", block + b"\0" * (len(block) % 2)
        )
        return change(data, volume, at)

    classic(folder, truth, "GE MEDICAL SYSTEMS", write)


def siemens_slices(folder: Path, truth: Truth, *, change: Change = lambda *_: None) -> None:
    """2-D images of Siemens, one for each slice, each with its own time."""

    def write(data: Dataset, volume: int, at: int) -> bool | None:
        data.SoftwareVersions, data.AcquisitionNumber = "syngo MR E11", volume + 1
        data.AcquisitionTime = clock(truth.seconds(volume, at))
        data.ContentTime = clock(START + 300 + 0.01 * (volume * truth.n_slices + at))
        return change(data, volume, at)

    classic(folder, truth, "SIEMENS", write)


def siemens_series(folder: Path, truth: Truth, *, change: Change = lambda *_: None) -> None:
    """Interoperable export of Siemens XA: each volume is a series of its own."""
    study, frame = str(generate_uid()), str(generate_uid())
    series = [str(generate_uid()) for _ in range(truth.n_volumes)]

    def write(data: Dataset, volume: int, at: int) -> bool | None:
        data.SeriesInstanceUID, data.SeriesNumber = series[volume], 7001 + volume
        data.SoftwareVersions, data.AcquisitionNumber = "syngo MR XA30", volume + 1
        data.InstanceNumber = at + 1
        data.AcquisitionTime = clock(truth.seconds(volume, at))
        return change(data, volume, at)

    classic(folder, truth, "Siemens Healthineers", write, uids=[study, series[0], frame])


def siemens_mosaic(
    folder: Path,
    truth: Truth,
    *,
    down: bool = False,
    header: tuple[str, ...] = ("count", "normal", "times"),
    count: int | None = None,
    timed: bool = True,
    listed: bool = True,
    kind: bool = True,
    software: str = "syngo MR E11",
    change: Callable[[Dataset, int], bool | None] = lambda *_: None,
) -> None:
    """Mosaics of Siemens: one image for each volume.

    `down`: the first tile is the last slice, as the slice normal then says. `header`: what Siemens'
    own header (CSA) holds. `count`, `timed`, `listed`: elements of group 0019, with another
    number of slices, or without the list of times. `kind`: whether the type of the
    image says that it is a mosaic.
    """
    folder.mkdir(parents=True, exist_ok=True)
    uids = [str(generate_uid()) for _ in range(3)]
    side = int(np.ceil(np.sqrt(truth.n_slices)))
    columns, rows = SIZE
    order = range(truth.n_slices)[:: -1 if down else 1]
    normal = -truth.normal if down else truth.normal
    along, below = truth.orientation
    shift = (
        along * SPACING[1] * columns * (side - 1) / 2 + below * SPACING[0] * rows * (side - 1) / 2
    )
    times = [1000 * truth.slice_times[at] for at in order]
    signal = truth.signal
    for volume in range(truth.n_volumes):
        sheet = np.zeros((side * rows, side * columns), np.uint16)
        for tile, at in enumerate(order):
            row, column = tile // side * rows, tile % side * columns
            sheet[row : row + rows, column : column + columns] = signal[:, :, at, volume].T
        data = image(sheet, "SIEMENS", uids, MRImageStorage)
        data.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", *(["MOSAIC"] if kind else [])]
        data.SoftwareVersions = software
        data.InstanceNumber = data.AcquisitionNumber = volume + 1
        data.AcquisitionTime = clock(START + truth.time[volume])
        data.ContentTime = clock(START + 300 + 0.01 * volume)
        data.RepetitionTime, data.EchoTime, data.EchoNumbers = (
            1000 * truth.step, 1000 * truth.echo_time, 1,
        )  # fmt: skip
        data.ImageOrientationPatient = np.concatenate(truth.orientation).tolist()
        data.ImagePositionPatient = (truth.place(order[0]) - shift).round(6).tolist()
        data.PixelSpacing, data.SliceThickness = list(SPACING), BETWEEN - 0.5
        data.SpacingBetweenSlices = BETWEEN
        data.AcquisitionMatrix = [columns, 0, 0, rows]
        if listed:
            block = data.private_block(0x0019, "SIEMENS MR HEADER", create=True)
            block.add_new(0x0A, "US", count or truth.n_slices)
            if timed:
                block.add_new(0x29, "FD", times)
        entries = {
            "count": ("NumberOfImagesInMosaic", "US", [str(truth.n_slices)]),
            "normal": ("SliceNormalVector", "FD", [f"{one:.8f}" for one in normal]),
            "times": ("MosaicRefAcqTimes", "FD", [f"{one:.5f}" for one in times]),
            "number": ("ProtocolSliceNumber", "IS", ["0"]),
        }
        if header:
            written = [entries[one] for one in (*header, "number")]
            block = data.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
            block.add_new(0x08, "CS", "IMAGE NUM 4")
            block.add_new(0x10, "OB", csa({name: (kind, values) for name, kind, values in written}))
        if change(data, volume) is not False:
            data.save_as(folder / f"{volume:03d}.dcm", enforce_file_format=True)


def philips_classic(
    folder: Path,
    truth: Truth,
    *,
    numbers: str = "volumes",
    precise: bool = True,
    phase: bool = False,
    change: Change = lambda *_: None,
) -> None:
    """2-D images of Philips, numbered volume by volume, slice by slice, or without any order."""
    count = truth.n_slices * truth.n_volumes
    shuffled = np.random.default_rng(7).permutation(count)

    def write(data: Dataset, volume: int, at: int) -> bool | None:
        data.SoftwareVersions, data.AcquisitionNumber = ["5.3.1", "5.3.1.0"], 1
        data.ImageType = ["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"]
        data.TemporalPositionIdentifier = volume + 1
        data.NumberOfTemporalPositions = truth.n_volumes
        data.TriggerTime = round(1000 * truth.time[volume])
        place = volume * truth.n_slices + at
        data.InstanceNumber = (
            1
            + {
                "volumes": place,
                "slices": at * truth.n_volumes + volume,
                "none": int(shuffled[place]),
            }[numbers]
        )
        data.RescaleSlope, data.RescaleIntercept, data.RescaleType = "1", "0", "normalized"
        if precise:
            data.RescaleSlope = "1.25"
            block = data.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
            block.add_new(0x0D, "FL", 0.0)
            block.add_new(0x0E, "FL", 0.0125)
        return change(data, volume, at)

    classic(folder, truth, "Philips Medical Systems", write)
    if phase:
        paths = sorted(folder.iterdir())
        for path in paths:
            data = pydicom.dcmread(path)
            data.ImageType = ["ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"]
            data.InstanceNumber += count
            data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            data.PixelData = (data.pixel_array[::-1] // 2).tobytes()
            data.save_as(path.with_name(f"phase_{path.name}"), enforce_file_format=True)


def enhanced(
    folder: Path,
    truth: Truth,
    maker: str,
    *,
    each: int | None = None,
    slices_first: bool = True,
    clocks: bool = True,
    scale: str = "",
    frames: int | None = None,
    phase: bool = False,
    change: Callable[[Dataset, Dataset, int, int], None] = lambda *_: None,
) -> None:
    """Enhanced images of so many volumes `each`; None: one file of all.

    `slices_first`: whether the slices of a volume follow one another. `scale`: where Philips' own
    scale stands: "frames" (nested), or "" for none. `frames`: after so many it was stopped.
    `phase`: whether each frame is followed by one of its phase. `change(frame, content, volume,
    slice)` may alter a frame.
    """
    folder.mkdir(parents=True, exist_ok=True)
    uids = [str(generate_uid()) for _ in range(3)]
    signal, each = truth.signal, each or truth.n_volumes
    for first in range(0, truth.n_volumes, each):
        volumes = range(first, min(first + each, truth.n_volumes))
        order = [
            (volume, at)
            for volume, at in (
                [(volume, at) for volume in volumes for at in range(truth.n_slices)]
                if slices_first
                else [(volume, at) for at in range(truth.n_slices) for volume in volumes]
            )
        ]
        order = order[: frames - first * truth.n_slices] if frames else order
        planes = np.stack([signal[:, :, at, volume].T for volume, at in order])
        if phase:
            planes = np.stack([planes, planes[:, ::-1]], axis=1).reshape(-1, *planes.shape[1:])
        data = image(planes, maker, uids, EnhancedMRImageStorage)
        data.ImageType = ["ORIGINAL", "PRIMARY", "PERFUSION", "NONE"]
        data.SoftwareVersions = "syngo MR XA30" if "iemens" in maker else "5.3.1"
        data.NumberOfFrames, data.InstanceNumber = len(planes), first // each + 1
        shared = Dataset()
        for name, facts in {
            "PlaneOrientationSequence": {
                "ImageOrientationPatient": np.concatenate(truth.orientation).tolist()
            },
            "PixelMeasuresSequence": {
                "PixelSpacing": list(SPACING), "SliceThickness": BETWEEN - 0.5,
                "SpacingBetweenSlices": BETWEEN,
            },
            "MRTimingAndRelatedParametersSequence": {
                "RepetitionTime": 1000 * truth.step, "FlipAngle": 60,
            },
            "MREchoSequence": {"EffectiveEchoTime": 1000 * truth.echo_time},
        }.items():  # fmt: skip
            item = Dataset()
            for key, value in facts.items():
                setattr(item, key, value)
            setattr(shared, name, Sequence([item]))
        data.SharedFunctionalGroupsSequence = Sequence([shared])
        dimensions = []
        for pointer in (0x00209056, 0x00209057, 0x00209128):
            item = Dataset()
            item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, 0x00209111
            dimensions.append(item)
        data.DimensionIndexSequence = Sequence(dimensions)
        data.PerFrameFunctionalGroupsSequence = Sequence(
            [
                _frame(truth, volume, at, clocks, scale, change, kind)
                for volume, at in order
                for kind in (("MAGNITUDE", "PHASE") if phase else ("",))
            ]
        )
        data.save_as(folder / f"{first:03d}.dcm", enforce_file_format=True)


def _frame(
    truth: Truth,
    volume: int,
    at: int,
    clocks: bool,
    scale: str,
    change: Callable[[Dataset, Dataset, int, int], None],
    kind: str,
) -> Dataset:
    frame, content, place = Dataset(), Dataset(), Dataset()
    content.TemporalPositionIndex, content.InStackPositionNumber = volume + 1, at + 1
    content.StackID, content.DimensionIndexValues = "1", [1, at + 1, volume + 1]
    content.FrameAcquisitionNumber = volume + 1
    seconds = truth.seconds(volume, at) if clocks else START + truth.time[volume]
    content.FrameAcquisitionDateTime = "20260101" + clock(seconds)
    frame.FrameContentSequence = Sequence([content])
    place.ImagePositionPatient = truth.place(at).round(5).tolist()
    frame.PlanePositionSequence = Sequence([place])
    if kind:
        item = Dataset()
        item.FrameType = ["ORIGINAL", "PRIMARY", "PERFUSION", "NONE"]
        item.ComplexImageComponent = kind
        frame.MRImageFrameTypeSequence = Sequence([item])
    if scale:
        values, own, holder = Dataset(), Dataset(), frame
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = "1.859", "0", "US"
        frame.PixelValueTransformationSequence = Sequence([values])
        block = own.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0x0D, "FL", 0.0)
        block.add_new(0x0E, "FL", 0.0125)
        holder.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(
            0x0F, "SQ", Sequence([own])
        )
    change(frame, content, volume, at)
    return frame


def uih_grid(
    folder: Path,
    truth: Truth,
    *,
    items: bool = True,
    change: Callable[[Dataset, int], bool | None] = lambda *_: None,
) -> None:
    """Grids of UIH: one image for each volume, its slices side by side, each told by an item."""
    folder.mkdir(parents=True, exist_ok=True)
    uids = [str(generate_uid()) for _ in range(3)]
    across = int(np.ceil(np.sqrt(truth.n_slices)))
    down = int(np.ceil(truth.n_slices / across))
    columns, rows = SIZE
    signal = truth.signal
    for volume in range(truth.n_volumes):
        sheet = np.zeros((down * rows, across * columns), np.uint16)
        each = []
        for at in range(truth.n_slices):
            row, column = at // across * rows, at % across * columns
            sheet[row : row + rows, column : column + columns] = signal[:, :, at, volume].T
            item = Dataset()
            item.AcquisitionDate = "20260101"
            item.AcquisitionTime = clock(truth.seconds(volume, at))
            item.AcquisitionDateTime = "20260101" + item.AcquisitionTime
            item.ImagePositionPatient = truth.place(at).round(5).tolist()
            each.append(item)
        data = image(sheet, "UIH", uids, MRImageStorage)
        data.ImageType = ["ORIGINAL", "PRIMARY", "M", "VFRAME"]
        data.SoftwareVersions, data.InstanceNumber = "R002", volume + 1
        data.ContentTime = clock(START + 300)
        data.RepetitionTime, data.EchoTime = 1000 * truth.step, 1000 * truth.echo_time
        data.ImageOrientationPatient = np.concatenate(truth.orientation).tolist()
        data.PixelSpacing, data.SliceThickness = list(SPACING), BETWEEN - 0.5
        data.SpacingBetweenSlices = BETWEEN
        data.AcquisitionMatrix = [columns, 0, 0, rows]
        if items:
            block = data.private_block(0x0065, "Image Private Header", create=True)
            block.add_new(0x50, "DS", str(truth.n_slices))
            block.add_new(0x51, "SQ", Sequence(each))
        if change(data, volume) is not False:
            data.save_as(folder / f"{volume:03d}.dcm", enforce_file_format=True)


def canon(folder: Path, truth: Truth, *, change: Change = lambda *_: None) -> None:
    """2-D images of Canon or Toshiba: each slice with its own time, in ms, no temporal position."""

    def write(data: Dataset, volume: int, at: int) -> bool | None:
        data.SoftwareVersions, data.AcquisitionNumber = "V6.0", volume + 1
        data.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        data.AcquisitionTime = clock(truth.seconds(volume, at), 3)
        data.ContentTime = clock(START + 200, 3)
        return change(data, volume, at)

    classic(folder, truth, "TOSHIBA_MEC", write)


def hitachi(folder: Path, truth: Truth, *, change: Change = lambda *_: None) -> None:
    """2-D images of Hitachi: a time for each volume, images numbered slice by slice."""

    def write(data: Dataset, volume: int, at: int) -> bool | None:
        data.SoftwareVersions, data.AcquisitionNumber = "V4.0C", volume + 1
        data.InstanceNumber = at * truth.n_volumes + volume + 1
        data.AcquisitionTime = clock(START + truth.time[volume], 3)
        return change(data, volume, at)

    classic(folder, truth, "Hitachi Medical Corporation", write)


def recoded(folder: Path, syntax: str) -> None:
    """Write all images of a folder anew in another transfer syntax."""
    for path in folder.iterdir():
        data = pydicom.dcmread(path)
        if syntax == "implicit":
            data.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
            data.save_as(path, enforce_file_format=True)
        elif syntax == "deflated":
            data.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
            data.save_as(path, enforce_file_format=True)
        elif syntax == "big-endian":
            content = np.frombuffer(data.PixelData, "<u2").byteswap().tobytes()
            data.file_meta.TransferSyntaxUID, data.PixelData = ExplicitVRBigEndian, content
            pydicom.dcmwrite(path, data, implicit_vr=False, little_endian=False)
        elif syntax == "JPEG lossless":
            planes = data.pixel_array if data.get("NumberOfFrames", 1) > 1 else [data.pixel_array]
            data.PixelData = encapsulate([jpeg_lossless(plane) for plane in planes])
            data["PixelData"].is_undefined_length = True
            data.file_meta.TransferSyntaxUID = JPEGLosslessSV1
            data.save_as(path, enforce_file_format=True)
        else:
            data.compress({"RLE": RLELossless, "JPEG-LS": JPEGLSLossless}[syntax])
            data.save_as(path, enforce_file_format=True)
