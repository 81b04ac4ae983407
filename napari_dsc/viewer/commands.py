"""Commands of napari's menus and of its palette: each button and each key of ours by its name.

`napari.yaml` names them as `napari_dsc.viewer.commands:NAME`, where the name is that of a row of
`BUTTONS` or of an action of `KEYS`. A command opens the panel where there is none, and says why
where something cannot be done now.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from napari import Viewer
from napari.utils.notifications import show_info

from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.panel.buttons import BUTTONS
from napari_dsc.viewer.preferences import PLUGIN
from napari_dsc.viewer.review.key_bindings import KEYS

if TYPE_CHECKING:
    from napari_dsc.viewer.panel.panel import Panel

__all__ = ["COMMANDS", "PANEL", "do", "panel_of"]

PANEL = "Perfusion maps"  # name of the widget in napari.yaml

# Title of each command by its name: what the button says, or what the page of keys does.
COMMANDS: Mapping[str, str] = {
    **{name: row.text.removesuffix(" …") for name, row in BUTTONS.items()},
    **{key.action: key.words for key in KEYS.values()},
    "workspace": "Reading workspace or workbench",
    "show_curves": "Show the curves",
    "cancel": "Cancel what is under way",
    "help": "Keys and gestures",
    "escape": "Draw and erase no more",
    "copy_diagnostics": "Copy diagnostics",
}


def __getattr__(name: str) -> Callable[[Viewer], None]:
    """Command by its name in `COMMANDS`."""
    if name not in COMMANDS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def command(viewer: Viewer) -> None:
        do(viewer, name)

    command.__name__ = command.__qualname__ = name
    command.__doc__ = COMMANDS[name]
    return command


def do(viewer: Viewer, name: str) -> None:
    """Do what a button or a key does; where there is no panel yet, once it is there.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose panel.
    name : str
        In `COMMANDS`.
    """
    panel = panel_of(viewer)
    if panel is not None:
        _act(panel, name)
        return
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, PANEL)
    soon(panel, partial(_act, panel, name))


def panel_of(viewer: Viewer) -> "Panel | None":
    """Panel that is docked in a window; None if there is none."""
    from napari_dsc.viewer.panel.panel import Panel

    docked: list[Any] = list(viewer.window.dock_widgets.values())
    return next((one for one in docked if isinstance(one, Panel)), None)


def _act(panel: "Panel", name: str) -> None:
    """Press a button, if it can be pressed, or do what a key does."""
    if name == "copy_diagnostics":
        panel.diagnosing.copy()
        return
    if name not in BUTTONS:
        panel.room.actions[name]()
        return
    button = getattr(panel.form, name)
    if button.enabled:
        button.native.click()
    else:
        show_info(f"{COMMANDS[name]} is not possible now. {panel.status.text()}")
