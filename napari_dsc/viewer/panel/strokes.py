"""Strokes of a brush: made with the left button alone, and over as soon as nobody can see to it."""

from typing import TYPE_CHECKING, Any

from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from napari.components import ViewerModel

__all__ = ["Strokes"]

CANVAS = "CanvasBackendDesktop"  # class of the one widget that takes the picture's mouse events
KINDS = QEvent.Type
GIVEN_UP = (KINDS.FocusOut, KINDS.WindowDeactivate, KINDS.Leave, KINDS.Hide)


class Strokes(QObject):
    """Watches the buttons that are held over the picture, and lets go of them for a lost hand.

    napari ends a stroke when the button is let go over the window. A hand that leaves the picture,
    a dialog that opens, another window: it would go on painting at the next move.

    Parameters
    ----------
    viewer : ViewerModel
        Whose picture it is.
    parent : QWidget
        In whose window, and with whom it ends.

    Attributes
    ----------
    ended : SignalInstance
        Emits when a button was let go, by a hand or for it.
    left : SignalInstance
        Emits when the pointer has left the picture.
    """

    ended = Signal()
    left = Signal()

    def __init__(self, viewer: "ViewerModel", parent: QWidget) -> None:
        super().__init__(parent)
        self._viewer, self._parent = viewer, parent
        self._canvas: QWidget | None = None
        self._button: Qt.MouseButton | None = None
        self._at = QPointF()
        self._letting_go = False

    @property
    def held(self) -> bool:
        """Whether a button is held that was pressed on the picture."""
        return self._button is not None

    def listen(self, on: bool) -> None:
        """Watch the picture from now on, or no longer."""
        canvas = self._find()
        if canvas is None:
            return
        canvas.removeEventFilter(self)
        if on:
            canvas.installEventFilter(self)
        self._button = None

    def _find(self) -> QWidget | None:
        if self._canvas is None or not isalive(self._canvas):  # type: ignore[no-untyped-call]
            window = self._parent.window()
            found = [] if window is None else window.findChildren(QWidget)
            self._canvas = next((one for one in found if type(one).__name__ == CANVAS), None)
        return self._canvas

    def eventFilter(self, _watched: Any, event: Any) -> bool:  # noqa: N802 (Qt's name)
        """Follow the buttons; a move outside the picture, or without its button, ends a stroke."""
        kind = event.type()
        if kind == KINDS.Leave:
            self.left.emit()
        if self._letting_go:
            return False
        if kind in (KINDS.MouseButtonPress, KINDS.MouseButtonDblClick):
            if self._button is None:
                self._button, self._at = event.button(), event.position()
        elif kind == KINDS.MouseButtonRelease:
            if event.button() == self._button:
                self._button = None
                self.ended.emit()
        elif self._button is not None and kind == KINDS.MouseMove:
            return self._moved(event)
        elif self._button is not None and kind in GIVEN_UP:
            self.let_go()
        return False

    def _moved(self, event: Any) -> bool:
        """Follow a move with a button held; whether it is nobody's."""
        inside = self._canvas is not None and self._canvas.rect().contains(
            event.position().toPoint()
        )
        lost = self._button not in event.buttons()
        if lost or (not inside and self._painting):
            self.let_go()
            return True
        if inside:
            self._at = event.position()
        return False

    @property
    def _painting(self) -> bool:
        """Whether the layer that hears the mouse is being painted on."""
        layer = self._viewer.layers.selection.active
        return layer is not None and layer.mode not in ("pan_zoom", "transform")

    def let_go(self) -> None:
        """Let go of the button that is held, where it was seen last."""
        button, self._button = self._button, None
        if button is None or self._canvas is None:
            return
        release = QMouseEvent(
            KINDS.MouseButtonRelease,
            self._at,
            QPointF(self._canvas.mapToGlobal(self._at.toPoint())),
            button,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )
        self._letting_go = True
        try:
            QApplication.sendEvent(self._canvas, release)
        finally:
            self._letting_go = False
        self.ended.emit()
