"""Keys of the reading room: none of napari's own, and all of them on one page."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.room.room import Room

__all__ = ["KEYS", "OTHERS", "Key", "bind", "page_of_keys"]


class Key(NamedTuple):
    """What a key does, in words."""

    words: str
    act: "Callable[[Room], None]"


KEYS: Mapping[str, Key] = {
    "G": Key("Grid: all maps and the scan side by side", lambda room: room.show("grid")),
    "Shift-O": Key("Overlay: one map over the anatomy", lambda room: room.show("overlay")),
    "Shift-I": Key("Single: one map alone", lambda room: room.show("single")),
    "J": Key("The picture before", lambda room: room.turn(-1)),
    "K": Key("The next picture", lambda room: room.turn(1)),
    "U": Key("The other family of colours", lambda room: room.next_family()),
    "W": Key("Every map in its fixed window again", lambda room: room.fix_windows()),
    "Shift-F": Key("Radiological or neurological side", lambda room: room.turn_side()),
    "H": Key("Play the passage of the bolus, or stop", lambda room: room.play()),
    "Shift-D": Key(
        "The scan less its baseline, or as it is", lambda room: room.toggle_subtraction()
    ),
    "N": Key("Paint a new region", lambda room: room.new_region()),
    "Shift-N": Key("Propose a reference of white matter", lambda room: room.propose_reference()),
    "Shift-K": Key("Normalise CBV and CBF by the chosen region", lambda room: room.normalise()),
    "Shift-W": Key("Windows from the chosen region", lambda room: room.regions.level()),
    "Shift-C": Key("The table of regions to the clipboard", lambda room: room.regions.copy()),
    "Shift-S": Key("Save the table of regions …", lambda room: room.regions.ask()),
    "Shift-M": Key("Compare regions with the other side, or not", lambda room: room.mirror()),
    "Shift-T": Key(
        "Outline Tmax > 6 s on every picture, or nothing", lambda room: room.toggle_late()
    ),
    "Shift-E": Key("Load a core mask …", lambda room: room.load_core()),
    "Shift-J": Key("Register the chosen anatomy with the scan", lambda room: room.register()),
    "Shift-Z": Key("Let more of the anatomy through", lambda room: room.fade(-0.1)),
    "Shift-X": Key("Let less of the anatomy through", lambda room: room.fade(0.1)),
    "Shift-R": Key("Report …", lambda room: room.report()),
    "?": Key("This page", lambda room: room.show_help()),
}
OTHERS: Mapping[str, str] = {  # gestures of the panel, and keys of napari that are used most
    "hold Q": "Probe: the voxel under the cursor is the AIF, for the slice on screen",
    "Shift + click": "Take a voxel into the AIF, or out of it",
    "Ctrl + click": "Pin a voxel: its curves stay in sight",
    "right click": "On the curves: leave a volume out, use it again, or end the scan there",
    "wheel": "Zoom; with Ctrl, the next slice",
    "drag": "Move the picture (with a brush: paint; Space moves meanwhile)",
    "← →": "The slice or volume before, the next (the slider that was used last)",
    "1 to 6": "Tools of the active layer: with labels, 2 is the brush and 1 the eraser",
    "Ctrl + Z": "Take back what was painted",
}


def bind(viewer: "Viewer", room: "Room", on: bool) -> None:
    """Listen to the keys from now on, or no longer."""
    for key, (_, act) in KEYS.items():
        viewer.bind_key(key, _pressed(room, act) if on else None, overwrite=True)


def _pressed(room: "Room", act: "Callable[[Room], None]") -> Callable[[Any], None]:
    def pressed(_viewer: Any) -> None:
        act(room)

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
    return (
        "<table><tr><td><h4>Keys of the reading room</h4>"
        f"{rows(ours)}</td><td width='30'></td><td><h4>Mouse, and napari's own</h4>"
        f"{rows(OTHERS)}</td></tr></table>"
    )
