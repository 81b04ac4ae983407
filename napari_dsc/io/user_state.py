"""Small JSON files among the program's state of a user, where each system keeps such things."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from napari_dsc.io.atomic_files import write_json

__all__ = ["keep_state", "kept_state"]


def kept_state(name: str) -> Mapping[str, Any]:
    """What a file of the state holds, by its name; nothing where it cannot be read."""
    try:
        found = json.loads(_file(name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def keep_state(name: str, values: Mapping[str, Any]) -> None:
    """Write a file of the state; where nothing can be kept, nothing is."""
    with contextlib.suppress(OSError):
        _file(name).parent.mkdir(parents=True, exist_ok=True)
        write_json(_file(name), dict(values))


def _file(name: str) -> Path:
    return user_state_path("napari-dsc") / name
