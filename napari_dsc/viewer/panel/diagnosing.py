"""Copy of the diagnostics to the clipboard, for whoever is asked for help."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from napari.utils.notifications import NotificationSeverity, notification_manager
from qtpy.compat import isalive
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QApplication, QMenu, QWidget

from napari_dsc.core.settings import SETTINGS
from napari_dsc.io.diagnostics import diagnostics
from napari_dsc.io.log_file import TOLD, keep_log
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["COPY", "Diagnosing"]

COPY = "Copy diagnostics (DSC perfusion)"
COPIED = "Diagnostics are on the clipboard: versions, screen, settings, log; no name and no path."

log = logging.getLogger(__name__)


class Diagnosing:
    """Puts versions, graphics card, settings and the log's last lines on the clipboard.

    Parameters
    ----------
    viewer : napari.Viewer
        Whose Help menu gets the entry.
    parent : QWidget
        The panel: the entry goes with it.
    screen : Screen
        Takes words for the status line.
    form : Inputs
        Says what is set.
    """

    def __init__(self, viewer: "Viewer", parent: QWidget, screen: Screen, form: Inputs) -> None:
        self._screen, self._form, self._parent = screen, form, parent
        begin_log()
        self.action = QAction(COPY, parent)
        self.action.triggered.connect(self.copy)
        menu = getattr(viewer.window, "help_menu", None)
        # napari documents it; where it has none, there is the button alone.
        self._menu = menu if isinstance(menu, QMenu) else None

    def listen(self, on: bool) -> None:
        """Stand in the Help menu from now on, or no longer."""
        if self._menu is None or not isalive(self._menu):  # type: ignore[no-untyped-call]
            return
        if on:
            self._menu.addAction(self.action)
        else:
            self._menu.removeAction(self.action)

    def copy(self) -> None:
        """Copy them."""
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.text())
            self._screen.say(COPIED)

    def text(self) -> str:
        """What is copied."""
        return diagnostics(self._on_screen(), self._set())

    def _set(self) -> dict[str, str]:
        """Settings of the form by their labels; those of the volumes stay with the scan."""
        widgets = self._form.of_the_scan
        return {SETTINGS[name].title: str(one.value) for name, one in widgets.items()}

    def _on_screen(self) -> dict[str, str]:
        window, screen = self._parent.window(), self._parent.screen()
        told = dict(_graphics())
        if window is not None:
            told["window"] = f"{window.width()} × {window.height()} px"
        if screen is not None:
            size = screen.size()
            told["screen"] = f"{size.width()} × {size.height()}, {screen.devicePixelRatio():g}"
        return told


def begin_log() -> None:
    """Write the log from now on, and what napari tells of faults of ours with it."""
    keep_log()
    ready = notification_manager.notification_ready
    ready.disconnect(_on_notification)
    ready.connect(_on_notification)


def _on_notification(notification: object) -> None:
    """Log an exception that nobody has caught, if it came through a module of ours."""
    error = getattr(notification, "exception", None)
    severe = getattr(notification, "severity", None) == NotificationSeverity.ERROR
    if severe and isinstance(error, BaseException) and _is_ours(error):
        log.error("napari-dsc failed:", exc_info=error, extra=TOLD)


def _is_ours(error: BaseException) -> bool:
    where = error.__traceback__
    while where is not None:
        if str(where.tb_frame.f_globals.get("__name__", "")).startswith("napari_dsc."):
            return True
        where = where.tb_next
    return False


def _graphics() -> Mapping[str, str]:
    """Graphics card and its driver, as OpenGL names them; nothing where nobody can tell."""
    try:
        from vispy.gloo import gl  # type: ignore[import-untyped]
        from vispy.gloo.context import get_current_canvas  # type: ignore[import-untyped]

        if get_current_canvas() is None:
            return {}
        return {
            "graphics": str(gl.glGetParameter(gl.GL_RENDERER)),
            "OpenGL": str(gl.glGetParameter(gl.GL_VERSION)),
        }
    except (ImportError, RuntimeError, OSError, AttributeError):
        return {}
