"""Keys of the reading room: none of napari's own, and all of them on one page."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from napari_dsc.viewer.button_keys import BUTTON_KEYS

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["KEYS", "OTHERS", "Key", "bind", "page_of_keys"]


class Key(NamedTuple):
    """What a key does: in words for the reader, and by the name of an action."""

    words: str
    action: str  # its name among the actions that are bound


KEYS: Mapping[str, Key] = {
    "Shift+B": Key("Draw AIF: the left button draws, or no longer", "draw_aif"),
    "N": Key("Draw region: the left button draws a new one", "new_region"),
    "Shift+Q": Key("Erase: the left button erases what was drawn on last", "erase"),
    "Escape": Key("Draw and erase no more; again: no cross-hair", "escape"),
    "Ctrl+Z": Key("Undo: take back what was changed last, and say what", "undo"),
    "Shift+G": Key("All slices of one map", "slices"),
    "Shift+Y": Key("Several maps on some slices", "rows"),
    "G": Key("Maps: six of them side by side, on one slice", "grid"),
    "Shift+O": Key("Overlay: one map over the anatomy", "overlay"),
    "Shift+I": Key("Single: one map alone", "single"),
    "J": Key("The picture before", "previous_picture"),
    "K": Key("The next picture", "next_picture"),
    "U": Key("The next family of colours", "next_colours"),
    "W": Key("Every map in its fixed window again", "fixed_windows"),
    "Shift+F": Key("Radiological or neurological side", "other_side"),
    "H": Key("Play the passage of the bolus, or stop", "play_bolus"),
    "Shift+D": Key("The scan less its baseline, or as it is", "subtract_baseline"),
    "Shift+N": Key("Propose a reference of white matter", "propose_reference"),
    "Shift+K": Key("Normalise CBV and CBF by the chosen region", "normalise"),
    "Shift+W": Key("Windows from the chosen region", "windows_from_region"),
    "Shift+C": Key("The table of regions to the clipboard", "copy_table"),
    "Shift+S": Key("Save the table of regions …", "save_table"),
    "Shift+M": Key("Compare regions with the other side, or not", "mirror"),
    "Shift+T": Key("Outline Tmax > 6 s on every picture, or nothing", "outline_late_tissue"),
    "Shift+E": Key("Load a core mask …", "load_core"),
    "Shift+J": Key("Register the chosen anatomy with the scan", "register_anatomy"),
    "Shift+Z": Key("Let more of the anatomy through", "fade_anatomy_in"),
    "Shift+X": Key("Let less of the anatomy through", "fade_anatomy_out"),
    "Shift+R": Key("Report …", "report"),
    "?": Key("This page", "help"),
}
OTHERS: Mapping[str, str] = {  # gestures, and keys of napari that are used most
    "wheel": "The next slice, in every view",
    "Ctrl+wheel": "Zoom at the cursor",
    "Shift+wheel": "The next volume in time",
    "click": "Cross-hair on all pictures, and its read-out",
    "double click": "This map alone; again: as before",
    "drag": "Move the picture (with a brush: draw; Space moves meanwhile)",
    "right drag": "Window of the map under the pointer: right wider, up higher",
    "double right click": "Its fixed window again",
    "hold Q": "Probe: the voxel under the cursor is the AIF, for the slice on screen",
    "Shift+click": "Take a voxel into the AIF, or out of it",
    "Ctrl+click": "Pin a voxel: its curves stay in sight",
    "right click": "On the curves: leave a volume out, use it again, or end the scan there",
    "← →": "The slice or volume before, the next (the slider that was used last)",
    "[ ]": "While a brush is down: smaller, larger",
    "Tab": "The next button or box; Space presses it",
}


def bind(viewer: "Viewer", actions: Mapping[str, Callable[[], None]], on: bool) -> None:
    """Listen to the keys from now on, or no longer.

    Parameters
    ----------
    viewer : Viewer
        Whose keys.
    actions : mapping of str to callable
        What can be done, by the names that `KEYS` gives; one for each key.
    on : bool
        Whether to listen.
    """
    for key, (_, action) in KEYS.items():
        viewer.bind_key(key, _pressed(actions[action]) if on else None, overwrite=True)


def _pressed(action: Callable[[], None]) -> Callable[[Any], None]:
    def pressed(_viewer: Any) -> None:
        action()

    return pressed


def page_of_keys() -> str:
    """All keys and gestures, as rich text."""

    def rows(known: Mapping[str, str]) -> str:
        cells = (
            f"<tr><td><b>{key}</b>&nbsp;&nbsp;</td><td>{words.replace('>', '&gt;')}</td></tr>"
            for key, words in known.items()
        )
        return f"<table cellspacing='2'>{''.join(cells)}</table>"

    ours = {key: one.words for key, one in KEYS.items()}
    buttons = {key: name for name, key in BUTTON_KEYS.items()}
    pages = {"Keys of the pictures": ours, "Mouse": OTHERS, "Buttons": buttons}
    cells = "<td width='30'></td>".join(
        f"<td><h4>{title}</h4>{rows(known)}</td>" for title, known in pages.items()
    )
    return f"<table><tr>{cells}</tr></table>"
