"""Files that are complete or absent: written beside their place, then moved into it."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import mkstemp
from typing import Any

__all__ = ["write_json", "write_whole"]


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file so that nobody ever sees half of it.

    Parameters
    ----------
    path : Path
        Where it is to stand; replaced if it exists.
    write : callable
        Writes the content to the path it is given, which ends as `path` does.
    """
    suffix = "".join(path.suffixes[-2:])
    handle, name = mkstemp(prefix=".napari-dsc-", suffix=suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON whole: standard JSON only, no NaN."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_whole(path, lambda temporary: _write_text(temporary, text))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
