"""A viewer, its panel, and hands that use them as a user would."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from napari.window import Window
from qtpy.compat import isalive
from qtpy.QtCore import QAbstractEventDispatcher, QEvent, QEventLoop, QPoint, QPointF, Qt, QTimer
from qtpy.QtGui import QGuiApplication, QMouseEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QCheckBox, QWidget

from napari_dsc.viewer.layers import placement, to_screen
from tests.viewer.painting import seldom

LEFT = Qt.MouseButton.LeftButton
TICK = 9  # px from the left of a box to the middle of its tick
NO_KEY = Qt.KeyboardModifier.NoModifier
PATIENCE = 60_000  # ms: what does not come by then does not come, however busy the machine


class Desk:
    """A viewer, its panel, and a mouse."""

    def __init__(self, viewer, panel, qtbot) -> None:
        self.viewer, self.panel, self.qtbot = viewer, panel, qtbot
        self.is_used_up = False  # a scene has left what nobody can take back
        self.first_panel = panel
        self._canvas: QWidget | None = None

    def open(self, path: Path):
        """Open a scan as the File menu does, and wait for the proposals."""
        with seldom():
            layer = self.viewer.open(path, plugin="napari-dsc")[0]
        self.wait(lambda: self.panel.form.series.value is layer)
        self.wait(lambda: "Looking" not in self.panel.status.text())
        return layer

    def canvas(self) -> QWidget:
        """The one widget that takes the picture's mouse events."""
        if self._canvas is None or not isalive(self._canvas):
            self._canvas = next(
                one
                for one in self.panel.window().findChildren(QWidget)
                if type(one).__name__ == "CanvasBackendDesktop"
            )
        return self._canvas

    def pixel(self, voxel) -> QPoint:
        """Where a voxel (z, y, x) of the slice on screen lies on the canvas."""
        layer = self.panel.form.series.value
        world = layer.data_to_world((0, *voxel))
        camera = self.viewer.scene.camera
        canvas = self.canvas()
        y, x = (np.array(world[-2:]) - camera.center[-2:]) * camera.zoom
        return QPoint(round(canvas.width() / 2 + x), round(canvas.height() / 2 + y))

    def arm(self, tool) -> None:
        """Press the large button of a tool: "aif", "region" or "erase"."""
        QTest.mouseClick(self.panel.room.bar.tools.tools[tool], LEFT)
        QApplication.processEvents()

    def drag(self, voxels, key=NO_KEY, button=LEFT) -> None:
        """Press on the first voxel, move over the others, release on the last."""
        self.drag_over([self.pixel(voxel) for voxel in voxels], key, button)

    def drag_over(self, points, key=NO_KEY, button=LEFT, *, let_go=True) -> None:
        """Press on a pixel of the canvas, move over others, release on the last."""
        with seldom():
            self.move(points[0], key=key)
            self._send(QEvent.Type.MouseButtonPress, points[0], button, key)
            for point in points[1:]:
                self.move(point, button, key)
            if let_go:
                self._send(QEvent.Type.MouseButtonRelease, points[-1], button, key)
        QApplication.processEvents()

    def move(self, point, button=Qt.MouseButton.NoButton, key=NO_KEY) -> None:
        """Move to a pixel of the canvas."""
        self._send(QEvent.Type.MouseMove, point, button, key)

    def click(self, voxel, key=NO_KEY, button=LEFT) -> None:
        """Press and release on a voxel."""
        self.drag([voxel], key, button)

    def double_click(self, point, button=LEFT) -> None:
        """Press, release, press again and release, as Qt tells of a double click on a pixel."""
        self.drag_over([point], button=button)
        self._send(QEvent.Type.MouseButtonDblClick, point, button, NO_KEY)
        self._send(QEvent.Type.MouseButtonRelease, point, button, NO_KEY)
        QApplication.processEvents()

    def wheel(self, widget, notches=-1, key=NO_KEY, point=None) -> bool:
        """Turn the wheel over a widget; return whether it, or one around it, has taken it.

        Qt hands a turn that nobody takes to the widget around it, up to the window.
        """
        spot = QPointF(widget.rect().center() if point is None else point)
        while widget is not None:
            globally = QPointF(widget.mapToGlobal(spot.toPoint()))
            turn = QWheelEvent(
                spot,
                globally,
                QPoint(),
                QPoint(0, 120 * notches),
                Qt.MouseButton.NoButton,
                key,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(widget, turn)
            QApplication.processEvents()
            if turn.isAccepted():
                return True
            if widget.isWindow():
                return False
            spot, widget = QPointF(widget.mapToParent(spot.toPoint())), widget.parentWidget()
        return False

    def tile(self, layer, voxel) -> QPoint:
        """Where a voxel (z, y, x) lies on the tile of a layer in the grid."""
        grid, canvas = self.viewer.canvas.grid, self.canvas()
        rows, columns = grid.actual_shape(self.viewer.layers)
        row, column = grid.position(self.viewer.layers.index(layer), self.viewer.layers)
        world = self.panel.form.series.value.data_to_world((0, *voxel))
        camera = self.viewer.scene.camera
        y, x = (np.array(world[-2:]) - camera.center[-2:]) * camera.zoom
        wide, high = canvas.width() / columns, canvas.height() / rows
        return QPoint(round((column + 0.5) * wide + x), round((row + 0.5) * high + y))

    def hover(self, voxel) -> None:
        """Move over a voxel without a button."""
        self._send(QEvent.Type.MouseMove, self.pixel(voxel), Qt.MouseButton.NoButton, NO_KEY)
        QApplication.processEvents()

    def leave(self) -> None:
        """Move to the corner of the picture, where no scan lies."""
        self._send(QEvent.Type.MouseMove, QPoint(1, 1), Qt.MouseButton.NoButton, NO_KEY)
        QApplication.processEvents()

    def _send(self, kind, point: QPoint, button, key) -> None:
        canvas = self.canvas()
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else button
        spot = QPointF(point)
        globally = QPointF(canvas.mapToGlobal(point))
        which = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else button
        QApplication.sendEvent(canvas, QMouseEvent(kind, spot, globally, which, held, key))
        QApplication.processEvents()

    def hold(self, key, voxel) -> None:
        """Press a key on the picture over a voxel, until `release`."""
        self.hover(voxel)
        QTest.keyPress(self.canvas(), key)
        QApplication.processEvents()

    def release(self, key) -> None:
        """Let go of a key."""
        QTest.keyRelease(self.canvas(), key)
        QApplication.processEvents()

    def draw(self, patient) -> None:
        """Put the true artery on the AIF layer, as data."""
        self.panel.form.artery.value.data = to_screen(
            patient.artery, placement(patient.series.affine)
        ).astype("uint8")
        self.wait(lambda: self.has_artery)

    @property
    def has_artery(self) -> bool:
        """Whether Compute would make maps with an artery now, and the window has taken notice."""
        noticed = "Draw the artery" not in self.panel.status.text()
        return bool(
            noticed and self.panel.form.compute.enabled and not self.panel.reading.missing()
        )

    def file_voxels(self, layer) -> set[tuple[int, ...]]:
        """Voxels that a labels layer marks, as indices in the file."""
        found = np.argwhere(np.asarray(layer.data) > 0)
        return {self.panel.scan.file_index(tuple(map(int, at))) for at in found}

    def press(self, button) -> None:
        """Click a button of the panel with the mouse; a box on its tick, however wide it is."""
        native = button.native
        if isinstance(native, QCheckBox):
            QTest.mouseClick(native, LEFT, pos=QPoint(TICK, native.height() // 2))
        else:
            QTest.mouseClick(native, LEFT)

    def wait(self, condition: Callable[[], bool], timeout: int = PATIENCE) -> None:
        """Let the window live until something holds."""
        wait_until(condition, timeout)

    def compute(self) -> None:
        """Press Compute and wait for the end of the run."""
        self.wait(lambda: self.has_artery)
        self.press(self.panel.form.compute)
        self.wait(lambda: not self.panel.form.cancel.enabled)

    def map(self, symbol: str):
        """The layer of a map; None if there is none."""
        layers = self.viewer.layers
        found = [one for one in layers if f"{one.name} (".startswith(f"{symbol} (")]
        return found[0] if found else None

    def is_whole(self) -> bool:
        """Whether the window still stands with the panel that it was opened with."""
        same = self.panel is self.first_panel
        return same and isalive(self.panel) and self.panel.isVisible()


def wait_until(condition: Callable[[], bool], timeout: int = PATIENCE) -> None:
    """Let the window live until something holds, for so many ms at the most.

    It is looked at after whatever happens, and every 5 ms; nobody looks at the window meanwhile.
    """
    if condition():
        return
    end = perf_counter() + timeout / 1000
    ticks = QTimer()
    ticks.start(5)
    with seldom() as paint_due:
        while True:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            if condition():
                return
            if perf_counter() > end:
                raise TimeoutError(f"waited {timeout} ms in vain")
            paint_due()


def outlast(milliseconds: int) -> None:
    """Wait for a timer that starts now: whichever was to time out before it has done so."""
    ended: list[bool] = []
    QTimer.singleShot(milliseconds, lambda: ended.append(True))
    wait_until(lambda: bool(ended))


def until_idle(most: int = 1000) -> None:
    """Handle all events that are due, and those that they cause."""
    dispatcher = QAbstractEventDispatcher.instance()
    assert dispatcher is not None
    for _ in range(most):
        if not dispatcher.processEvents(QEventLoop.ProcessEventsFlag.AllEvents):
            return


def resize(window: QWidget | Window, width: int, height: int) -> None:
    """Give a window its size, or the next that it can have.

    The screen may still tell of an older size when asked for this one; then it is asked again.
    """
    before = None
    for _ in range(5):
        if size_of(window) != (width, height):
            window.resize(width, height)
        QGuiApplication.sync()
        size = size_of(window)
        if size in ((width, height), before):  # as wanted, or as small as it gets
            return
        before = size


def size_of(window: QWidget | Window) -> tuple[int, ...]:
    """Width and height of a window."""
    where = window.geometry()
    return where[2:] if isinstance(where, tuple) else (where.width(), where.height())
