"""Docks of the program's own: one of each name in a window, shown where it was."""

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["show_docked"]


def show_docked(
    viewer: "Viewer", widget: QWidget, name: str, area: str = "bottom", *, tabify: bool = True
) -> Any:
    """Show a widget in its dock, which is made the first time; return the dock.

    Parameters
    ----------
    viewer : Viewer
        In whose window.
    widget : QWidget
        What is docked.
    name : str
        Of the dock; an earlier one of that name, of a panel that was closed, goes.
    area : str
        Where in the window.
    tabify : bool
        Whether it stands behind a tab of what is docked there.
    """
    window, own = viewer.window, widget.parentWidget()
    if own is None:
        earlier = window.dock_widgets.get(name)
        if earlier is not None:
            window.remove_dock_widget(earlier)
        own = window.add_dock_widget(
            widget, name=name, area=area, add_vertical_stretch=False, tabify=tabify
        )
    own.show()
    return own
