"""Choices of an analysis as a TOML file, by the words of the command line."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from napari_dsc.analysis.inputs import NO_ARTERY, PROPOSE, Input
from napari_dsc.analysis.setup import CHOICE_ROWS, Setup
from napari_dsc.core.errors import DscError
from napari_dsc.core.settings import SETTINGS, Setting
from napari_dsc.io.atomic_files import write_whole

__all__ = ["KEYS", "in_file", "read_setup", "write_setup"]

LARGEST = 2**20  # bytes
FILES = ("mask", "vessel")  # kinds whose values are names of files
HEAD = "# Choices for `napari-dsc maps --config`. Names of files count from this file's folder.\n"


def in_file(row: Setting | Input) -> str:
    """Key of a row: its option without hyphens; of what an option switches off, what it is.

    Examples
    --------
    >>> in_file(SETTINGS["svd_threshold"]), in_file(SETTINGS["slice_timing"])
    ('svd_threshold', 'slice_timing')
    """
    return row.option.removeprefix("--").removeprefix("no-").replace("-", "_")


KEYS: Mapping[str, str] = {in_file(row): name for name, row in CHOICE_ROWS.items()}


def read_setup(file: Path) -> Setup:
    """Read what was chosen.

    Parameters
    ----------
    file : Path
        TOML, such as `write_setup` writes.

    Returns
    -------
    Setup
        Files are found beside it, unless their names are whole paths.

    Raises
    ------
    DscError
        If it cannot be read, or says something that nobody knows.
    """
    try:
        with file.open("rb") as opened:
            text = opened.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise ValueError("it is too long")
        content = tomllib.loads(text.decode("utf-8-sig"))
    except OSError as error:
        raise DscError(
            f"{file.name} must be readable, got: {error.strerror}. Check its name."
        ) from error
    except (ValueError, RecursionError) as error:
        raise DscError(f"{file.name} must be TOML, got: {error}. Mend it there.") from error
    if unknown := [key for key in content if key not in KEYS]:
        raise DscError(
            f"{file.name} must hold the words of the options, got {unknown[0]!r:.40}. Leave it "
            "out; `napari-dsc maps --help` lists them."
        )
    values = {KEYS[key]: value for key, value in content.items()}
    try:
        return Setup({name: _found(name, value, file) for name, value in values.items()})
    except DscError as error:
        raise DscError(f"{file.name}: {error}") from error


def _found(name: str, value: Any, file: Path) -> Any:
    """Value, the name of a file from the folder of the TOML."""
    if (
        CHOICE_ROWS[name].kind not in FILES
        or not isinstance(value, str)
        or value in ("", PROPOSE, NO_ARTERY)
    ):
        return value
    return file.parent / value


def write_setup(file: Path, setup: Setup, *, overwrite: bool = False, beside: bool = False) -> None:
    """Write what was chosen, and what holds by default.

    Parameters
    ----------
    file : Path
        Where to.
    setup : Setup
        What was chosen; masks by their files.
    overwrite : bool
        Whether a file that stands there may be replaced.
    beside : bool
        Whether files below its own folder are named from there: then it holds no folder's name,
        and may be moved with them.

    Raises
    ------
    DscError
        If a file stands there, or voxels were passed that lie in no file.
    """
    if file.exists() and not overwrite:
        raise DscError(
            f"{file.name} must not exist yet, got one. Choose another name, or allow it to be "
            "overwritten."
        )
    method = setup.settings().method
    told: dict[str, Any] = {}
    for name, row in CHOICE_ROWS.items():
        value = setup.get(name)
        if value is None and name in SETTINGS:
            value = _default(name, method)
        if value is not None:
            told[in_file(row)] = _written(name, row, value, file.parent if beside else None)
    text = HEAD + tomli_w.dumps(told)
    write_whole(file, lambda path: _write(path, text))


def _default(name: str, method: Any) -> Any:
    """What holds where nothing was chosen; None: what is proposed, or nothing."""
    row = SETTINGS[name]
    if row.kind == "number" and row.owner == "method":
        return getattr(method, name, None)
    return row.default


def _written(name: str, row: Setting | Input, value: Any, folder: Path | None) -> Any:
    """Value as TOML has it; files below a folder by their way from there."""
    if row.kind in FILES:
        if not isinstance(value, str | Path):
            raise DscError(
                f"{name} must be a file to be written down, got voxels. Save them as a mask first."
            )
        path = Path(value)
        if folder is not None and path.is_relative_to(folder):
            return path.relative_to(folder).as_posix()
        if str(value) in (PROPOSE, NO_ARTERY) or path.is_absolute():
            return str(value)
        return str(path.absolute())
    return list(value) if isinstance(value, tuple) else value


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
