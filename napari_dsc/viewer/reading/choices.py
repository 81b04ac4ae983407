"""Choices that a user has made once for all windows, kept among the program's state."""

from typing import Any

from napari_dsc.io.user_state import keep_state, kept_state

__all__ = ["choice", "choose"]

FILE = "reading.json"


def choice(name: str, default: Any) -> Any:
    """What was chosen by that name, if it is of the kind of the default; else the default."""
    found = kept_state(FILE).get(name, default)
    return found if isinstance(found, type(default)) else default


def choose(name: str, value: Any) -> None:
    """Keep a choice; where nothing can be kept, it holds for this window."""
    keep_state(FILE, {**kept_state(FILE), name: value})
