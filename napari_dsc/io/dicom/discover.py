"""Search of a folder for files that begin as DICOM does."""

from collections.abc import Iterator
from pathlib import Path

from napari_dsc.core.errors import DscError

__all__ = ["begins_well", "files_below", "is_dicom", "is_program"]

MOST_FILES = 100_000  # of a folder
DEEPEST = 5  # folders below the one that was opened
PROGRAMS = b"\x7fELF", b"MZ"  # a preamble that a computer would run
BARE = b"\x08\x00", b"\x02\x00"  # groups that a file without a preamble begins with


def is_dicom(path: Path) -> bool:
    """Whether a file, or any file of a folder, begins as DICOM does."""
    if path.is_file():
        return begins_well(path)
    return path.is_dir() and any(begins_well(one) for one in files_below(path))


def files_below(folder: Path) -> Iterator[Path]:
    """Files in a folder and below, in the order of their names; links are not followed."""
    level, count = [folder], 0
    for _ in range(DEEPEST + 1):
        below: list[Path] = []
        for one in level:
            for path in _listed(one):
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


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise DscError(
            f"the folder must be readable, got: {error.strerror}. Copy it to where you may read."
        ) from error


def begins_well(path: Path, *, programs: bool = False) -> bool:
    """Whether a file begins as DICOM does; one that a computer would run counts if it is wanted."""
    try:
        with path.open("rb") as file:
            start = file.read(132)
    except OSError:
        return False
    if start[128:] == b"DICM":
        return programs or not start.startswith(PROGRAMS)
    return _is_bare(start)


def _is_bare(start: bytes) -> bool:
    r"""Whether a file begins with an element of DICOM's first groups, as some archives write it.

    Examples
    --------
    >>> _is_bare(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100"), _is_bare(b"\x08\x00 a text")
    (True, False)
    """
    if start[:2] not in BARE or len(start) < 12 or start[3] != 0:
        return False
    kind, length = start[4:6], int.from_bytes(start[4:8], "little")
    return (kind.isalpha() and kind.isupper()) or length < 1024


def is_program(path: Path) -> bool:
    """Whether a computer would run a file."""
    with path.open("rb") as file:
        return file.read(4).startswith(PROGRAMS)
