"""The images of a folder, by their headers; what cannot be read safely is left out, and counted."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress
from napari_dsc.io.dicom.discover import begins_well, files_below, is_program

__all__ = ["Frame", "Header", "headers_of", "is_directory", "refuse_without_extra", "why_none"]

LARGEST = 4 * 2**30  # bytes of a file
LONGEST_META = 2**12  # bytes of a file before its data that are looked at
LONGEST_HEADER = 64 * 2**20  # bytes of a file that are read before its pixels
FARTHEST = 1e6  # mm, or of a direction
LATEST = 1e6  # s after midnight
MOST_FRAMES, MOST_READS = 20_000, 1_000_000  # of a file, of pieces of its header
ITEM = b"\xfe\xff\x00\xe0"  # how an item of a sequence begins
TAGS = [
    "AcquisitionDateTime", "AcquisitionNumber", "AcquisitionTime", "Columns", "ContentTime",
    "EchoNumbers", "EchoTime", "ImageOrientationPatient", "ImagePositionPatient", "ImageType",
    "InstanceNumber", "Modality", "NumberOfFrames", "NumberOfTemporalPositions",
    "PerFrameFunctionalGroupsSequence",
    "RepetitionTime", "Rows", "SOPClassUID", "SeriesDescription", "SeriesInstanceUID",
    "SeriesNumber", "SharedFunctionalGroupsSequence", "TemporalPositionIdentifier", "TriggerTime",
]  # fmt: skip
MISSING = (
    "DICOM needs pydicom and dcm2niix, got none installed. Install them with "
    "pip install 'napari-dsc[dicom]'."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One image of a series: a file, or a frame of one.

    Parameters
    ----------
    index : int
        Which one of its file, from 0.
    echo : int
        Number of its echo; 0 if none is told.
    echo_time, repetition_time : float or None
        Seconds.
    orientation, position : tuple of float, or None
        As the header gives them, LPS, mm.
    temporal, temporal_count : int or None
        Its temporal position, and how many there should be.
    acquisition : int or None
        Number of its acquisition.
    seconds, content, trigger : float or None
        When it was measured, and when its content began: seconds after midnight; and after a
        trigger.
    instance : int or None
        Its number within the series.
    """

    index: int = 0
    echo: int = 0
    echo_time: float | None = None
    repetition_time: float | None = None
    orientation: tuple[float, ...] | None = None
    position: tuple[float, ...] | None = None
    temporal: int | None = None
    temporal_count: int | None = None
    acquisition: int | None = None
    seconds: float | None = None
    content: float | None = None
    trigger: float | None = None
    instance: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the header of a file says; nothing of the patient.

    Parameters
    ----------
    path : Path
        The file.
    series : str
        UID of its series.
    number : int
        Number of its series.
    description : str
        Of its series.
    matrix : tuple of int
        Rows and columns.
    mosaic : bool
        Whether the image is a whole volume, slice beside slice.
    enhanced : bool
        Whether the file may hold several frames, which tell their own order.
    bare : bool
        Whether the file has no preamble.
    frames : list of Frame
        One, unless the file holds several.
    """

    path: Path
    series: str
    number: int
    description: str
    matrix: tuple[int, int]
    mosaic: bool
    enhanced: bool = False
    bare: bool = False
    frames: list[Frame] = field(default_factory=list)


def refuse_without_extra() -> None:
    """Raise `DscError` where the packages are missing."""
    try:
        import dcm2niix  # noqa: F401
        import pydicom  # noqa: F401
    except ImportError as error:
        raise DscError(MISSING) from error


def headers_of(folder: Path) -> Generator[Progress, None, tuple[list[Header], int]]:
    """Read the headers of all images in a folder and below.

    Yields
    ------
    Progress
        Every few files.

    Returns
    -------
    list of Header
        Of MR images.
    int
        How many files begin as DICOM and could not be read safely.
    """
    found, skipped = [], 0
    files = [path for path in files_below(folder) if begins_well(path, programs=True)]
    for count, path in enumerate(files):
        if count % 32 == 0:
            yield Progress("Reading the headers", count / len(files))
        header = None if is_program(path) else _header(path)
        if header is None:
            skipped += 1
        elif header.frames:
            found.append(header)
    return found, skipped


DEFLATED = "1.2.840.10008.1.2.1.99"  # transfer syntax
DIRECTORY = "1.2.840.10008.1.3.10"  # class of a DICOMDIR
FEW = 50  # files that are looked at
KINDS = {  # modalities that are taken for perfusion MRI
    "CT": "CT: ΔR2* is of MRI. Open the DSC-MRI series, or use a program for CT perfusion",
    "PT": "PET: ΔR2* is of MRI. Open the DSC-MRI series",
    "SEG": "segmentations. Open the DSC-MRI series",
    "SR": "reports. Open the DSC-MRI series",
    "PR": "presentation states. Open the DSC-MRI series",
    "SC": "pictures of a screen. Open the DSC-MRI series",
    "OT": "pictures or documents. Open the DSC-MRI series",
}


def is_directory(path: Path) -> bool:
    """Whether a file is a DICOMDIR: a list of the images in the folders beside it."""
    return _says(path, DIRECTORY)


def why_none(paths: Iterable[Path]) -> str:
    """Say why DICOM files hold no MR image that can be read: CT, deflated, no image; or nothing."""
    kinds: dict[str, int] = {}
    listed = False
    for path in islice((one for one in paths if begins_well(one)), FEW):
        if is_directory(path):
            listed = True
            continue
        kind = "deflated" if _says(path, DEFLATED) else _modality(path)
        kinds[kind] = kinds.get(kind, 0) + 1
    if listed and not kinds:
        return "there is a DICOMDIR only, which lists images. Copy the folders beside it, too."
    kind = max(kinds, key=kinds.__getitem__, default="")
    if kind == "deflated":
        return (
            "the images are deflated (the whole file is compressed), which is not read. Export "
            "them without it, or inflate each with DCMTK: dcmconv +te IN.dcm OUT.dcm."
        )
    return f"the images are {KINDS[kind]}." if kind in KINDS else ""


def _says(path: Path, uid: str) -> bool:
    """Whether what a file says of itself, before its data, names a class or transfer syntax."""
    try:
        with path.open("rb") as file:
            start = file.read(LONGEST_META)
    except OSError:
        return False
    if start[128:132] != b"DICM":
        return False
    length = int.from_bytes(start[140:144], "little")  # of its group, the first element says
    return uid.encode() in start[144 : 144 + length]


def _modality(path: Path) -> str:
    import pydicom

    try:
        with path.open("rb") as file, pydicom.config.disable_value_validation():
            bare = file.read(132)[128:] != b"DICM"
            file.seek(0)
            data = pydicom.dcmread(
                _Sparing(file, LONGEST_HEADER),
                stop_before_pixels=True,
                specific_tags=["Modality"],
                force=bare,
            )
            return str(data.get("Modality", ""))
    except (RecursionError, MemoryError):
        return ""
    except Exception:  # whatever a damaged header makes a parser raise
        return ""


class _Sparing:
    """A file that is read up to a limit: a header is short, a crafted one need not be.

    Deflated data sets, which are inflated without any limit, are read to the end at once: never.
    """

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file, self._left, self._reads = file, most, MOST_READS
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1) -> bytes:
        self._left -= size
        self._reads -= 1
        if size < 0 or self._left < 0 or self._reads < 0:
            raise MemoryError
        return self._file.read(size)


def _header(path: Path) -> Header | None:
    """Header of a file; None if it cannot be read, or not safely."""
    import pydicom

    if path.stat().st_size > LARGEST:
        return None
    try:
        with path.open("rb") as file, pydicom.config.disable_value_validation():
            bare = file.read(132)[128:] != b"DICM"
            file.seek(0)
            data = pydicom.dcmread(
                _Sparing(file, LONGEST_HEADER),
                stop_before_pixels=True,
                specific_tags=TAGS,
                force=bare,
            )
            return _facts(path, data, bare)
    except (RecursionError, MemoryError):
        return None
    except Exception:  # whatever a damaged header makes a parser raise
        return None


def _facts(path: Path, data: Any, bare: bool) -> Header:
    kinds = [str(one).upper() for one in data.get("ImageType", None) or ()]
    image = str(data.get("Modality", "")) == "MR" and "Rows" in data and "Columns" in data
    shared = _first(data, "SharedFunctionalGroupsSequence")
    groups = _sequence(data, "PerFrameFunctionalGroupsSequence")
    description = str(data.get("SeriesDescription", ""))[:60]
    frames = (
        [_frame(data)]
        if groups is None
        else [_enhanced(shared, one, data, at) for at, one in enumerate(groups)]
    )
    return Header(
        path=path,
        series=str(data.get("SeriesInstanceUID", "")),
        number=_whole(data, "SeriesNumber") or 0,
        description=description if description.isprintable() else "",  # it swallowed others
        matrix=(_whole(data, "Rows") or 0, _whole(data, "Columns") or 0),
        mosaic="MOSAIC" in kinds,
        enhanced=groups is not None,
        bare=bare,
        frames=frames if image else [],
    )


def _frame(data: Any) -> Frame:
    trigger = _number(data, "TriggerTime")
    return Frame(
        echo=_whole(data, "EchoNumbers") or 0,
        echo_time=_milliseconds(data, "EchoTime"),
        repetition_time=_milliseconds(data, "RepetitionTime"),
        orientation=_numbers(data, "ImageOrientationPatient", 6),
        position=_numbers(data, "ImagePositionPatient", 3),
        temporal=_whole(data, "TemporalPositionIdentifier"),
        temporal_count=_whole(data, "NumberOfTemporalPositions"),
        acquisition=_whole(data, "AcquisitionNumber"),
        seconds=_clock(data.get("AcquisitionTime", None)),
        content=_clock(data.get("ContentTime", None)),
        trigger=None if trigger is None else trigger / 1000,
        instance=_whole(data, "InstanceNumber"),
    )


def _enhanced(shared: Any, own: Any, data: Any, index: int) -> Frame:
    """Frame of an enhanced image: each fact is its own, or shared by all."""

    def group(name: str) -> Any:
        return _first(own, name) or _first(shared, name)

    content, timing = group("FrameContentSequence"), group("MRTimingAndRelatedParametersSequence")
    echo, plane = group("MREchoSequence"), group("PlanePositionSequence")
    when = content.get("FrameAcquisitionDateTime", None) if content is not None else None
    return Frame(
        index=index,
        echo_time=_milliseconds(echo, "EffectiveEchoTime"),
        repetition_time=_milliseconds(timing, "RepetitionTime"),
        orientation=_numbers(group("PlaneOrientationSequence"), "ImageOrientationPatient", 6),
        position=_numbers(plane, "ImagePositionPatient", 3),
        temporal=_whole(content, "TemporalPositionIndex"),
        acquisition=_whole(content, "FrameAcquisitionNumber"),
        seconds=_clock(None if when is None else str(when)[8:]),
        instance=_whole(data, "InstanceNumber"),
    )


def _first(data: Any, name: str) -> Any:
    sequence = _sequence(data, name)
    return sequence[0] if sequence else None


def _sequence(data: Any, name: str) -> Any:
    """Items of a sequence, None if there is none; they are counted before they are parsed.

    Of items of eight bytes, a small file may hold millions.
    """
    if data is None:
        return None
    value = getattr(data.get_item(name), "value", None)
    if isinstance(value, bytes) and _count(value) > MOST_FRAMES:
        raise MemoryError
    sequence = data.get(name, None)
    if sequence is not None and len(sequence) > MOST_FRAMES:
        raise MemoryError
    return sequence


def _count(value: bytes) -> int:
    """How many items a sequence has; at least that, if one of them does not tell its length.

    Examples
    --------
    >>> _count(2 * (ITEM + bytes(4)))
    2
    """
    count = at = 0
    while value[at : at + 4] == ITEM and count <= MOST_FRAMES:
        length, count = int.from_bytes(value[at + 4 : at + 8], "little"), count + 1
        if length == 0xFFFFFFFF:
            return count + value.count(ITEM, at + 8)
        at += 8 + length
    return count


def _number(data: Any, name: str) -> float | None:
    value = None if data is None else data.get(name, None)
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if abs(number) < 1e300 else None


def _milliseconds(data: Any, name: str) -> float | None:
    """Positive number that the standard gives in ms, in s."""
    number = _number(data, name)
    return number / 1000 if number is not None and number > 0 else None


def _whole(data: Any, name: str) -> int | None:
    number = _number(data, name)
    return None if number is None else int(number)


def _numbers(data: Any, name: str, count: int) -> tuple[float, ...] | None:
    value = None if data is None else data.get(name, None)
    try:
        numbers = tuple(float(one) for one in value)  # type: ignore[union-attr]
    except (TypeError, ValueError):
        return None
    near = all(abs(one) < FARTHEST for one in numbers)  # NaN is not
    return numbers if near and len(numbers) == count else None


def _clock(value: Any) -> float | None:
    """Seconds after midnight of a DICOM time.

    Examples
    --------
    >>> _clock("013000.25")
    5400.25
    """
    text = "" if value is None else str(value)
    try:
        seconds = 3600 * int(text[:2]) + 60 * int(text[2:4]) + float(text[4:] or 0)
    except ValueError:
        return None
    return seconds if abs(seconds) < LATEST else None  # NaN is not
