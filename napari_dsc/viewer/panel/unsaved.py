"""Question before unsaved work is lost with a window or a scan."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication, QWidget

from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import taken_up
from napari_dsc.viewer.scan.second_scan import ask_question

if TYPE_CHECKING:
    from napari import Viewer

    from napari_dsc.viewer.panel.features import Features

__all__ = ["Unsaved"]

TITLE = "Unsaved work"
QUESTION = "{} Save first?"
CLOSING = "What is discarded cannot be brought back."
MAPS = "The maps of {} were not saved."
PAINTING = "What was painted on {} is not kept yet."
CHOICES = (("Save …", "save"), ("Discard", "discard"))
PAUSE = 50  # ms between two looks whether a save is over


class Unsaved(QObject):
    """Knows what is unsaved by its state, and asks before it is lost.

    It watches the window: one that is closed by its user asks. One that the program closes has
    no layer left by then, and one that the system ends is not held up.

    Parameters
    ----------
    viewer : Viewer
        Whose scans these are.
    parent : QWidget
        The panel.
    features : Features
        What saves, and keeps what is painted.
    take : callable
        Takes the scan of a layer at hand.
    """

    def __init__(
        self, viewer: "Viewer", parent: QWidget, features: "Features", take: Callable[[Any], None]
    ) -> None:
        super().__init__(parent)
        self._viewer, self._panel, self._features, self._take = viewer, parent, features, take
        self._window: QWidget | None = None
        self._asking = self._may_close = False

    def watch(self) -> None:
        """Watch the window that the panel lies in now."""
        window = self._panel.window()
        if window is not self._window and window is not None and window is not self._panel:
            self._window = window
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Ask before the user closes the window, if something would be lost with it."""
        closing = event is not None and event.type() == QEvent.Type.Close
        if not closing or watched is not self._window or event is None or self._window is None:
            return False
        if self._may_close or _is_ended_by_system():
            return False
        if not self._asking:
            scans = taken_up(self._viewer)
            if not self.words(scans):
                return False
            self.ask(scans, self._close)
        event.ignore()
        return True

    def _close(self) -> None:
        self._may_close = True
        if self._window is not None:
            self._window.close()
        self._may_close = False  # somebody else may have held it open

    def words(self, scans: Sequence[Scan]) -> str:
        """What would be lost with some scans, in words; empty if nothing would."""
        told = []
        for scan in scans:
            name = scan.layer.name
            if scan.results.unsaved:
                told.append(MAPS.format(name))
            if self._features.autosaving.is_unkept(scan):
                told.append(PAINTING.format(name))
        return " ".join(told)

    def ask(
        self,
        scans: Sequence[Scan],
        go_on: Callable[[], None],
        stay: Callable[[], None] = lambda: None,
    ) -> None:
        """Go on once nothing of some scans is unsaved, or the user discards it.

        Parameters
        ----------
        scans : sequence of Scan
            That would go.
        go_on, stay : callable
            What is done then, and if the user would rather not.
        """
        words = self.words(scans)
        if not words:
            go_on()
            return

        def answered(answer: str) -> None:
            self._asking = False
            if answer == "discard":
                go_on()
            elif answer == "cancel":
                stay()
            else:
                self._save(scans, go_on, stay)

        self._asking = True
        ask_question(self._panel, TITLE, QUESTION.format(words), CLOSING, CHOICES, answered)

    def _save(
        self, scans: Sequence[Scan], go_on: Callable[[], None], stay: Callable[[], None]
    ) -> None:
        """Save what is unsaved of each scan, one after the other; ask again for what is left."""
        features = self._features
        scan = next((one for one in scans if self.words([one])), None)
        if scan is None:
            go_on()
            return
        self._take(scan.layer)
        if scan.results.unsaved:
            if features.results.ask_to_save():
                self._once_idle(lambda: self.ask(scans, go_on, stay))
            else:
                stay()
            return

        def kept() -> None:
            if not features.autosaving.is_unkept(scan) or features.keeping.ask_to_save():
                left = [one for one in scans if one is not scan]
                self.ask(left, go_on, stay)
            else:
                stay()

        features.autosaving.keep_now()
        self._once_idle(kept)

    def _once_idle(self, action: Callable[[], None]) -> None:
        """Act when nothing is being saved any more."""
        features = self._features
        if features.computing.running or features.autosaving.running:
            soon(self, lambda: self._once_idle(action), PAUSE)
        else:
            action()


def _is_ended_by_system() -> bool:
    """Whether the session ends, and with it the program: nobody has time to answer."""
    app = QApplication.instance()
    return isinstance(app, QApplication) and app.isSavingSession()
