"""Keys that napari gives to layers: on ours they do nothing, unless a brush is armed.

A key that is pressed on the picture goes to the active layer first. There F floods a whole slice,
B keeps labels from being painted over, M takes another label, 1 to 7 change the tool, C stretches
a window. A layer's own keys come before those of its kind: there they are stopped.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from app_model.types import KeyBinding

if TYPE_CHECKING:
    from napari import Viewer
    from napari.layers import Labels, Layer

__all__ = ["free_brush_keys", "hold_back", "silence"]

BRUSH = ("[", "]")  # smaller, larger
OF_WINDOW = (  # napari's own that hide, turn or remove layers, whichever is active
    *("V", "Shift-V", "Control-Alt-T", "Control-Delete", "Control-Backspace"),
)
HISTORY = ("Control-Z", "Control-Shift-Z")  # napari's undo and redo know one layer each


def nothing(_where: Any) -> None:
    """Do nothing: napari's own blocker, an ellipsis, makes every key fail (0.9.2)."""


def silence(layer: "Layer", ours: Mapping[str, Callable[[], None]] | None) -> None:
    """Keep napari's single keys from a layer; the program's own reach it.

    Parameters
    ----------
    layer : Layer
        One of the program's.
    ours : mapping of str to callable, or None
        What the program's own keys do; None: napari's keys work again.
    """
    own = {_binding(key): act for key, act in (ours or {}).items()}
    for key in _keys_of(layer):
        if ours is None:
            layer.bind_key(key, None)
        elif key in own:
            layer.bind_key(key, _pressed(own[key]), overwrite=True)
        else:
            layer.bind_key(key, nothing, overwrite=True)


def free_brush_keys(layer: "Labels") -> None:
    """Let the keys change the size of a brush that is armed."""
    for key in BRUSH:
        layer.bind_key(key, None)


def hold_back(viewer: "Viewer", on: bool) -> None:
    """Keep those of napari's keys from the window that hide, turn or remove layers."""
    for key in OF_WINDOW:
        viewer.bind_key(key, nothing if on else None, overwrite=True)


def _keys_of(layer: "Layer") -> set[KeyBinding]:
    """Keys of a layer's kind without Ctrl, Alt or Meta, and those of its history."""
    found = set(map(_binding, HISTORY))
    for kind in type(layer).__mro__:
        for key in getattr(kind, "class_keymap", {}):
            if isinstance(key, KeyBinding) and not any(
                part.ctrl or part.alt or part.meta for part in key.parts
            ):
                found.add(key)
    return found


def _binding(key: str) -> KeyBinding:
    """Key by the name that `bind_key` takes: "Control-Z"."""
    return KeyBinding.from_str(key.replace("-", "+") if len(key) > 1 else key)


def _pressed(act: Callable[[], None]) -> Callable[[Any], None]:
    def pressed(_layer: Any) -> None:
        act()

    return pressed
