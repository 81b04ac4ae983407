"""The images of a folder, by their headers; what cannot be read safely is left out, and counted."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress

__all__ = ["Frame", "Header", "headers_of", "is_dicom", "refuse_without_extra"]

MOST_FILES, LARGEST = 100_000, 4 * 2**30  # files of a folder, bytes of a file
DEEPEST = 5  # folders below the one that was opened
PROGRAMS = b"\x7fELF", b"MZ"  # a preamble that a computer would run
DEFLATED = "1.2.840.10008.1.2.1.99"  # pydicom inflates it without any limit
TAGS = [
    "AcquisitionDateTime", "AcquisitionNumber", "AcquisitionTime", "Columns", "ContentTime",
    "EchoNumbers", "EchoTime", "ImageOrientationPatient", "ImagePositionPatient", "ImageType",
    "InstanceNumber", "Modality", "NumberOfFrames", "PerFrameFunctionalGroupsSequence",
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
    echo : int
        Number of its echo; 0 if none is told.
    echo_time, repetition_time : float or None
        Seconds.
    orientation, position : tuple of float, or None
        As the header gives them, LPS, mm.
    temporal : int or None
        Its temporal position.
    acquisition : int or None
        Number of its acquisition.
    seconds, content, trigger : float or None
        When it was measured, and when its content began: seconds after midnight; and after a
        trigger.
    instance : int or None
        Its number within the series.
    """

    echo: int = 0
    echo_time: float | None = None
    repetition_time: float | None = None
    orientation: tuple[float, ...] | None = None
    position: tuple[float, ...] | None = None
    temporal: int | None = None
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
    frames : list of Frame
        One, unless the file holds several.
    """

    path: Path
    series: str
    number: int
    description: str
    matrix: tuple[int, int]
    mosaic: bool
    frames: list[Frame] = field(default_factory=list)


def refuse_without_extra() -> None:
    """Raise `DscError` where the packages are missing."""
    try:
        import dcm2niix  # noqa: F401
        import pydicom  # noqa: F401
    except ImportError as error:
        raise DscError(MISSING) from error


def is_dicom(path: Path) -> bool:
    """Whether a file, or any file of a folder, begins as DICOM does."""
    if path.is_file():
        return _begins_well(path)
    return path.is_dir() and any(_begins_well(one) for one in _files(path))


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
    files = [path for path in _files(folder) if _begins_well(path, programs=True)]
    for count, path in enumerate(files):
        if count % 32 == 0:
            yield Progress("Reading the headers", count / len(files))
        header = None if _is_program(path) else _header(path)
        if header is None:
            skipped += 1
        elif header.frames:
            found.append(header)
    return found, skipped


def _files(folder: Path) -> Iterator[Path]:
    """Files in a folder and below, in the order of their names; links are not followed."""
    level, count = [folder], 0
    for _ in range(DEEPEST + 1):
        below: list[Path] = []
        for one in level:
            for path in sorted(one.iterdir()):
                if path.is_symlink():
                    continue
                if path.is_dir():
                    below.append(path)
                elif path.is_file():
                    count += 1
                    if count > MOST_FILES:
                        raise DscError(
                            f"the folder must hold at most {MOST_FILES:,} files, got more. Open "
                            "the folder of one series."
                        )
                    yield path
        level = below


def _begins_well(path: Path, *, programs: bool = False) -> bool:
    try:
        with path.open("rb") as file:
            start = file.read(132)
    except OSError:
        return False
    return start[128:] == b"DICM" and (programs or not start.startswith(PROGRAMS))


def _is_program(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4).startswith(PROGRAMS)


def _header(path: Path) -> Header | None:
    """Header of a file; None if it cannot be read, or not safely."""
    import pydicom

    if path.stat().st_size > LARGEST:
        return None
    try:
        meta = pydicom.filereader.read_file_meta_info(path)
        if str(meta.get("TransferSyntaxUID", "")) == DEFLATED:
            return None
        with pydicom.config.disable_value_validation():
            data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=TAGS)
            return _facts(path, data)
    except (RecursionError, MemoryError):
        return None
    except Exception:  # whatever a damaged header makes a parser raise
        return None


def _facts(path: Path, data: Any) -> Header:
    kinds = [str(one).upper() for one in data.get("ImageType", None) or ()]
    image = str(data.get("Modality", "")) == "MR" and "Rows" in data and "Columns" in data
    shared = _first(data, "SharedFunctionalGroupsSequence")
    groups = data.get("PerFrameFunctionalGroupsSequence", None)
    frames = [_frame(data)] if groups is None else [_enhanced(shared, one, data) for one in groups]
    return Header(
        path=path,
        series=str(data.get("SeriesInstanceUID", "")),
        number=_whole(data, "SeriesNumber") or 0,
        description=str(data.get("SeriesDescription", ""))[:60],
        matrix=(_whole(data, "Rows") or 0, _whole(data, "Columns") or 0),
        mosaic="MOSAIC" in kinds,
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
        acquisition=_whole(data, "AcquisitionNumber"),
        seconds=_clock(data.get("AcquisitionTime", None)),
        content=_clock(data.get("ContentTime", None)),
        trigger=None if trigger is None else trigger / 1000,
        instance=_whole(data, "InstanceNumber"),
    )


def _enhanced(shared: Any, own: Any, data: Any) -> Frame:
    """Frame of an enhanced image: each fact is its own, or shared by all."""

    def group(name: str) -> Any:
        return _first(own, name) or _first(shared, name)

    content, timing = group("FrameContentSequence"), group("MRTimingAndRelatedParametersSequence")
    echo, plane = group("MREchoSequence"), group("PlanePositionSequence")
    when = content.get("FrameAcquisitionDateTime", None) if content is not None else None
    return Frame(
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
    sequence = None if data is None else data.get(name, None)
    return sequence[0] if sequence else None


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
    return numbers if len(numbers) == count else None


def _clock(value: Any) -> float | None:
    """Seconds after midnight of a DICOM time.

    Examples
    --------
    >>> _clock("013000.25")
    5400.25
    """
    text = "" if value is None else str(value)
    try:
        return 3600 * int(text[:2]) + 60 * int(text[2:4]) + float(text[4:] or 0)
    except ValueError:
        return None
