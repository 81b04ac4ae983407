"""The images of a folder, by their headers; what cannot be read safely is left out, and counted."""

from collections.abc import Generator, Iterable
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeAlias

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress
from napari_dsc.io.dicom.deflated import inflated, is_deflated
from napari_dsc.io.dicom.discover import begins_well, files_below, is_program
from napari_dsc.io.dicom.frames import Header
from napari_dsc.io.dicom.header_facts import TAGS, facts_of

__all__ = ["forget", "headers_of", "is_directory", "refuse_without_extra", "why_none"]

LARGEST = 4 * 2**30  # bytes of a file
LONGEST_META = 2**12  # bytes of a file before its data that are looked at
LONGEST_HEADER = 64 * 2**20  # bytes of a file that are read before its pixels
MOST_READS = 1_000_000  # of pieces of a header
MISSING = (
    "DICOM needs pydicom and dcm2niix, got none installed. Install them with "
    "pip install 'napari-dsc[dicom]'."
)


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
    read: dict[Key, Header | None] = {}
    files = list(files_below(folder))
    for count, path in enumerate(files):
        if count % 32 == 0:
            yield Progress("Reading the headers", count / len(files))
        key = _key(path)
        if key in _KEPT:
            header = _KEPT[key]
        elif begins_well(path, programs=True):
            header = None if is_program(path) else _header(path)
        else:
            continue
        read[key] = header
        if header is None:
            skipped += 1
        elif header.frames:
            found.append(header)
    _KEPT.clear()
    _KEPT.update(read)
    return found, skipped


Key: TypeAlias = tuple[str, int, int]  # name, size and time of change of a file
_KEPT: dict[Key, Header | None] = {}


def forget() -> None:
    """Forget the headers that are kept while a question about their folder is open."""
    _KEPT.clear()


def _key(path: Path) -> Key:
    about = path.stat()
    return str(path), about.st_size, about.st_mtime_ns


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
        kind = "deflated" if is_deflated(path) else _modality(path)
        kinds[kind] = kinds.get(kind, 0) + 1
    if listed and not kinds:
        return "there is a DICOMDIR only, which lists images. Copy the folders beside it, too."
    kind = max(kinds, key=kinds.__getitem__, default="")
    if kind == "deflated":
        return (
            "the images are deflated (the whole file is compressed), and damaged, or none of MRI, "
            "or swell beyond all bounds. Export them without it, or inflate each with DCMTK: "
            "dcmconv +te IN.dcm OUT.dcm."
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
    from pydicom.tag import Tag

    if path.stat().st_size > LARGEST:
        return None
    try:
        packed = is_deflated(path)
        source = BytesIO(inflated(path)) if packed else path.open("rb")
        with source as file, pydicom.config.disable_value_validation():
            bare = file.read(132)[128:] != b"DICM"
            file.seek(0)
            data = pydicom.dcmread(
                _Sparing(file, LONGEST_HEADER),
                stop_before_pixels=True,
                specific_tags=[Tag(one) for one in TAGS],
                force=bare,
            )
            facts = facts_of(path, data, bare)
            return replace(facts, deflated=True) if packed else facts
    except (RecursionError, MemoryError):
        return None
    except Exception:  # whatever a damaged header makes a parser raise
        return None
