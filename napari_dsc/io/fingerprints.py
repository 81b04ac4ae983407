"""SHA-256 of files, and of the very bytes that were read; and whether a file has changed since."""

import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from napari_dsc.core.errors import DscError

__all__ = [
    "FileState",
    "HashingFile",
    "combined_fingerprint",
    "files_fingerprint",
    "fingerprint",
    "refuse_changed",
    "state_of_file",
    "states_of_files",
]

AT_ONCE = 2**20  # bytes that are hashed while they lie in the processor's cache
FileState: TypeAlias = tuple[int, int, int, int]  # device, number, bytes, ns of the last change


def fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_fingerprint(files: Sequence[Path]) -> str:
    """SHA-256 of the files of one series, whatever they are called and wherever they lie."""
    return combined_fingerprint([fingerprint(path) for path in files])


def combined_fingerprint(hashes: Sequence[str]) -> str:
    """SHA-256 of several files from those of each, in any order; of one file its own."""
    each = sorted(hashes)
    if len(each) == 1:
        return each[0]
    return hashlib.sha256("\n".join(each).encode()).hexdigest()


class HashingFile(io.RawIOBase):
    """Bytes of a file as they are read, once and from the start, and their SHA-256.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, room: Any) -> int:
        """Read into a buffer, as much as a processor keeps at hand; the number of bytes."""
        part = memoryview(room).cast("B")[:AT_ONCE]
        count = self._file.readinto(part) or 0
        self._digest.update(part[:count])
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def fingerprint(self) -> str:
        """SHA-256 of the whole file: what nobody has read yet is read."""
        while self.read(2**20):
            pass
        return self._digest.hexdigest()


def state_of_file(path: Path) -> FileState:
    """What changes when a file is written to, or another one put in its place."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def states_of_files(paths: Sequence[Path]) -> dict[Path, FileState]:
    """State of each of these files, but for those that cannot be looked at."""
    states = {}
    for path in paths:
        try:
            states[path] = state_of_file(path)
        except OSError:
            continue
    return states


def refuse_changed(before: Mapping[Path, FileState], paths: Sequence[Path]) -> None:
    """Raise `DscError` if one of these files is no longer as it was."""
    for path in paths:
        now = states_of_files([path])
        if path in before and now.get(path) != before[path]:
            raise DscError(
                f"{os.path.basename(path)} must stay as it is while it is read, got a file that "
                "something has changed meanwhile. Wait until it is complete, and open it again."
            )
