"""Keys of the buttons: each is pressed by its key, wherever the focus is, and says so itself.

A key that napari has for itself, or its menus, is none of these: Alt with C, D, F, H, L, P, S, T,
V or W. Keys of the pictures stand in `viewer/review/key_bindings.py`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from magicgui.widgets import PushButton
from qtpy.QtGui import QKeySequence

__all__ = ["BUTTON_KEYS", "give_key", "with_key"]

BUTTON_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "Open scan …": "Alt+Shift+F",
        "Open cohort …": "F2",
        "Previous scan": "Alt+Left",
        "Next scan": "Alt+Right",
        "Accept": "Alt+Return",
        "Exclude": "Alt+Del",
        "Redraw AIF": "F3",
        "Save redrawn AIF": "F12",
        "Keep note": "F10",
        "Folder of scans …": "Alt+Home",
        "1 Scan": "F5",
        "2 Artery": "F6",
        "3 Maps": "F7",
        "4 Report": "F8",
        "Workspace": "F9",
        "Fold": "Alt+Shift+Z",
        "More tools": "Alt+Shift+G",
        "Digital patient: stroke": "Alt+Shift+D",
        "Digital patient: tumour": "Alt+Shift+J",
        "Forget these": "Alt+Shift+Q",
        "Compute": "Alt+M",
        "Cancel": "Alt+X",
        "Propose AIF": "Alt+A",
        "Propose VOF": "Alt+B",
        "New AIF": "Alt+N",
        "Workshop …": "Alt+K",
        "Save AIF …": "Alt+E",
        "Load AIF …": "Alt+I",
        "Restore last painting": "Alt+R",
        "I have checked this": "Alt+Y",
        "Edit TR": "Alt+1",
        "TR of header": "Alt+2",
        "Edit TE": "Alt+3",
        "TE of header": "Alt+4",
        "Motion …": "Alt+5",
        "Orientation …": "Alt+Shift+N",
        "Side by side": "Alt+6",
        "Save maps …": "Alt+G",
        "Save DICOM …": "Alt+J",
        "Open record …": "Alt+O",
        "Copy methods": "Alt+Q",
        "Curves": "Alt+U",
        "Whole view": "Alt+7",
        "Picture …": "Alt+8",
        "Numbers …": "Alt+9",
        "Regions …": "Alt+Shift+R",
        "Tmax …": "Alt+Shift+M",
        "As layers": "Alt+Shift+L",
        "More": "Alt+Shift+I",
        "Voxels": "Alt+Shift+X",
        "Propose": "Alt+Shift+P",
        "Scale to vein": "Alt+Shift+V",
        "Relative maps": "Alt+Shift+U",
        "Other times": "Ctrl+Alt+O",
        "Go to it": "F4",
        "As region": "Alt+Shift+H",
        "Make rCBV": "Alt+Shift+W",
        "Rows …": "Alt+Shift+Y",
        "Propose enhancement": "Ctrl+Alt+P",
        "Draw enhancement": "Ctrl+Alt+E",
        "Read tumour": "Ctrl+Alt+R",
        "Voxel curves …": "Ctrl+Alt+V",
        "Load scale …": "Ctrl+Alt+L",
        "Make scale …": "Ctrl+Alt+M",
        "On anatomy …": "Ctrl+Alt+N",
        "Compare A with B": "Alt+Shift+B",
        "Copy comparison": "Alt+Shift+O",
        "Leave one out, add one": "Alt+Shift+A",
        "Explore thresholds": "Alt+Shift+E",
        "Correct motion": "Alt+Shift+K",
        "Show the tour": "Alt+0",
        "Region leaks": "Alt+PgUp",
        "Region does not leak": "Alt+PgDown",
        "Leakage masks": "Alt+End",
        "Copy diagnostics": "Alt+Z",
    }
)


def give_key(button: PushButton, name: str = "") -> PushButton:
    """Have a key press a button, and its tooltip say which.

    Parameters
    ----------
    button : PushButton
        Its text tells the key.
    name : str
        Its name among `BUTTON_KEYS`, where its text is another's too.
    """
    key = BUTTON_KEYS[name or button.text]
    button.native.setShortcut(QKeySequence(key))
    button.tooltip = with_key(button.tooltip or "", key)
    return button


def with_key(words: str, key: str) -> str:
    """Words of a tooltip, and the key that they state."""
    return f"{words} ({key})".strip()
