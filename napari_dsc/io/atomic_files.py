"""Files that are complete or absent: written beside their place, then moved into it."""

import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from napari_dsc.core.errors import DscError

__all__ = [
    "TEMPORARY",
    "read_json",
    "refuse_large",
    "sweep",
    "temporary_name",
    "write_json",
    "write_whole",
]

TEMPORARY = ".napari-dsc-"  # how the name of a file begins that is not whole yet


def temporary_name() -> str:
    """How this process begins the name of what is not whole yet: it tells whose it is."""
    return f"{TEMPORARY}{os.getpid()}-"


def sweep(directory: Path) -> None:
    """Remove what processes left that were killed while they wrote here."""
    if os.name != "posix":  # nobody can be asked there whether a process still lives
        return
    for path in directory.glob(f"{TEMPORARY}*-*"):
        number = path.name.removeprefix(TEMPORARY).partition("-")[0]
        if not re.fullmatch(r"[0-9]{1,9}", number) or _lives(int(number)):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


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
    suffix = "".join(path.suffixes[-2:])
    # For its owner only.
    handle, name = mkstemp(prefix=temporary_name(), suffix=suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask() if mode is None else mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
        For people; None writes one line, which takes a quarter of the time.
    largest : int, optional
        Bytes that its reader will accept.

    Raises
    ------
    DscError
        If the file would be larger.
    """
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"
    encoded = text.encode()
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
        content = json.loads(
            encoded.decode("utf-8-sig"), parse_constant=_no_number, object_pairs_hook=_unique
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


def _no_number(word: str) -> float:
    raise DscError(word)  # NaN, Infinity or -Infinity


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
