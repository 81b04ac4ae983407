"""Files that are complete or absent: written beside their place, then moved into it."""

import json
import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.io.temporaries import temporary_file

__all__ = ["flush_names", "read_json", "refuse_large", "write_json", "write_whole"]

ON_ONE_LINE = {int, float, bool, type(None), list}  # what a list holds that is written so
BEYOND = re.compile(rb"[0-9]{300}")  # digits: no number that a float can hold; nor a name


def write_whole(path: Path, write: Callable[[Path], None], mode: int | None = None) -> None:
    """Write a file so that nobody ever sees half of it.

    Parameters
    ----------
    path : Path
        Where it is to stand; replaced if it exists.
    write : callable
        Writes the content to the path it is given, which ends as `path` does.
    mode : int, optional
        Who may read and write it, from the first byte on; by default, as any new file.
    """
    # For its owner only, until it is whole.
    with temporary_file(path.parent, "".join(path.suffixes[-2:])) as temporary:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask() if mode is None else mode)
        temporary.replace(path)


def flush_names(directory: Path) -> None:
    """Have the names of a folder on the disk before what follows."""
    if os.name == "posix":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(
    path: Path,
    content: Mapping[str, Any],
    *,
    mode: int | None = None,
    indent: int | None = 2,
    largest: int | None = None,
) -> None:
    """Write JSON whole: standard JSON only, no NaN.

    Parameters
    ----------
    path : Path
        Where it is to stand; replaced if it exists.
    content : mapping
        What it says.
    mode : int, optional
        As for `write_whole`.
    indent : int or None
        For people, who get each list of numbers on one line; None writes all on one.
    largest : int, optional
        Bytes that its reader will accept.

    Raises
    ------
    DscError
        If the file would be larger.
    """
    text = _json(content) if indent is None else _indented(content, indent, 0)
    encoded = f"{text}\n".encode()
    if largest is not None:
        refuse_large(path, len(encoded), largest)
    write_whole(path, lambda temporary: _write_bytes(temporary, encoded), mode)


def read_json(path: Path, largest: int) -> dict[str, Any]:
    """Read a JSON object, as strictly as `write_json` writes it.

    Parameters
    ----------
    path : Path
        The file.
    largest : int
        Bytes that it may have; no more are ever read.

    Raises
    ------
    DscError
        If it is larger, no JSON object, nested too deeply, or holds NaN or one key twice.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        encoded = file.read(largest + 1)
    refuse_large(path, len(encoded), largest)
    try:
        if BEYOND.search(encoded):
            raise DscError("a number beyond all measure")
        content = json.loads(
            encoded.decode("utf-8-sig"),
            parse_constant=_no_number,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except RecursionError as error:
        raise DscError(f"{path.name} must be plain JSON, got one nested too deeply.") from error
    except ValueError as error:  # UnicodeDecodeError and JSONDecodeError among them
        said = str(error) if isinstance(error, DscError) else "something else"
        raise DscError(f"{path.name} must be JSON, got {said}. Copy it again.") from error
    if not isinstance(content, dict):
        raise DscError(f"{path.name} must be a JSON object, got a {type(content).__name__}.")
    return content


def refuse_large(path: Path, size: int, largest: int) -> None:
    """Raise `DscError` for a file of more bytes than it may have."""
    if size > largest:
        raise DscError(
            f"{path.name} must be at most {largest / 2**20:g} MiB large, got more. "
            "Mark fewer voxels, or choose another file."
        )


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _indented(content: Any, indent: int, level: int) -> str:
    """JSON for people: a million voxels are no million lines, which took ten times as long."""
    if isinstance(content, Mapping) and content:
        brackets = "{}"
        rows = [
            f"{_json(str(key))}: {_indented(content[key], indent, level + 1)}" for key in content
        ]
    elif isinstance(content, list | tuple) and not set(map(type, content)) <= ON_ONE_LINE:
        brackets = "[]"
        rows = [_indented(one, indent, level + 1) for one in content]
    else:
        return _json(content)
    start, end = (f"\n{' ' * indent * one}" for one in (level + 1, level))
    return f"{brackets[0]}{start}{f',{start}'.join(rows)}{end}{brackets[1]}"


def _no_number(word: str) -> float:
    raise DscError(word)  # NaN, Infinity or -Infinity


def _finite(word: str) -> float:
    """Read a number, if it is one that a float can hold."""
    if not math.isfinite(value := float(word)):
        raise DscError("a number beyond all measure")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise DscError("one key twice")
    return content


def _write_bytes(path: Path, encoded: bytes) -> None:
    path.write_bytes(encoded)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
