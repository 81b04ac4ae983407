"""Choices that a user has made once for all windows, kept among the program's state."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from napari_dsc.io.atomic_files import write_json

__all__ = ["choice", "choose"]

FILE = "reading.json"


def _file() -> Path:
    return user_state_path("napari-dsc") / FILE


def _read() -> Mapping[str, Any]:
    try:
        found = json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def choice(name: str, default: Any) -> Any:
    """What was chosen by that name, if it is of the kind of the default; else the default."""
    found = _read().get(name, default)
    return found if isinstance(found, type(default)) else default


def choose(name: str, value: Any) -> None:
    """Keep a choice; where nothing can be kept, it holds for this window."""
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        write_json(_file(), {**_read(), name: value})
