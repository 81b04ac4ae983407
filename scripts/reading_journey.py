"""From a scan to a saved report, with mouse and keyboard only: `make picture`.

Opens the digital patient from the menu, proposes an artery, computes, reads, measures and prints
one page. Every step is a real mouse or key event; every picture is a screenshot of the window.
Prints how many actions it took: a click, a key, a stroke of the brush or a dialog that is answered.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, QSize, Qt, QTimer
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QLineEdit, QMenu, QWidget

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NO_KEY = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
LESION = 11, 62, 90  # z, y, x on screen, within the infarct
MAPS, REPORT = 6, 9  # actions at most, from opening a scan


class Reader:
    """Somebody with a mouse and a keyboard."""

    def __init__(self) -> None:
        import napari

        self.actions = 0
        self.viewer = napari.Viewer(title="napari-dsc")
        self.viewer.window.resize(1600, 980)
        _, self.panel = self.viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
        self.rest()

    def wait(self, condition: Callable[[], Any], seconds: float = 60.0) -> None:
        """Let the window live until something holds."""
        end = perf_counter() + seconds
        while not condition():
            QApplication.processEvents()
            sleep(0.005)
            if perf_counter() > end:
                sys.exit(f"gave up: {self.panel.status.text()}")

    def rest(self, seconds: float = 0.6) -> None:
        """Let the window finish what it does."""
        quiet = perf_counter()
        while perf_counter() < quiet + seconds:
            QApplication.processEvents()
            sleep(0.005)
            if self.panel.busy:
                quiet = perf_counter()

    def menu(self, *words: str) -> None:
        """Choose an entry of the menus, one click a level: one action."""
        self.actions += 1
        bar = self.panel.window().menuBar()
        action = next(one for one in bar.actions() if one.text().replace("&", "") == words[0])
        self._click(bar, bar.actionGeometry(action).center())
        menu = action.menu()
        for word in words[1:]:
            self.wait(menu.isVisible)
            entry = next(one for one in menu.actions() if word in one.text().replace("&", ""))
            self._click(menu, menu.actionGeometry(entry).center())
            menu = entry.menu() if isinstance(entry.menu(), QMenu) else menu
        self.rest(0.2)

    def press(self, widget: Any) -> None:
        """Click a button or box."""
        self.actions += 1
        native = getattr(widget, "native", widget)
        self._click(native, QPoint(12, native.height() // 2))

    def key(self, name: str) -> None:
        """Press a key on the picture."""
        self.actions += 1
        shift = SHIFT if name.isupper() else NO_KEY
        QTest.keyClick(self.canvas, name, shift)
        self.rest(0.3)

    def answer(self, ask: Callable[[], None], words: str) -> None:
        """Do what opens a dialog, type into it and press Enter: an action more."""
        self.actions += 1

        def reply() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QDialog) or not dialog.isVisible():
                QTimer.singleShot(100, reply)
                return
            line = dialog.findChild(QLineEdit, "fileNameEdit")
            line.selectAll()
            QTest.keyClicks(line, words)
            QTest.keyClick(line, Qt.Key.Key_Return)
            if QApplication.activeModalWidget() is dialog:  # a list of completions took the key
                QTimer.singleShot(300, reply)

        QTimer.singleShot(500, reply)
        ask()
        self.rest()

    def stroke(self, voxels: list[tuple[int, int, int]]) -> None:
        """Draw over voxels (z, y, x) of the picture with the mouse."""
        self.actions += 1
        points = [self._pixel(voxel) for voxel in voxels]
        self._mouse(QEvent.Type.MouseMove, points[0], NONE)
        self._mouse(QEvent.Type.MouseButtonPress, points[0], LEFT)
        for point in points[1:]:
            self._mouse(QEvent.Type.MouseMove, point, LEFT)
        self._mouse(QEvent.Type.MouseButtonRelease, points[-1], LEFT)
        self.rest(0.3)

    def shoot(self, path: Path) -> None:
        """Take a picture of the window."""
        self.rest()
        self.viewer.screenshot(str(path), canvas_only=False, flash=False)

    @property
    def canvas(self) -> QWidget:
        """The widget that takes the picture's mouse and key events."""
        return next(
            one for one in QApplication.allWidgets() if type(one).__name__ == "CanvasBackendDesktop"
        )

    def _click(self, widget: QWidget, spot: QPoint) -> None:
        QTest.mouseClick(widget, LEFT, NO_KEY, spot)
        QApplication.processEvents()

    def _pixel(self, voxel: tuple[int, int, int]) -> QPointF:
        """Where a voxel of the slice on screen lies on the canvas, in the single picture."""
        world = self.panel.scan.layer.data_to_world((0, *voxel))
        camera, canvas = self.viewer.scene.camera, self.canvas
        y, x = (np.array(world[-2:]) - camera.center[-2:]) * camera.zoom
        return QPointF(canvas.width() / 2 + x, canvas.height() / 2 + y)

    def _mouse(self, kind: QEvent.Type, spot: QPointF, button: Any) -> None:
        canvas = self.canvas
        held = NONE if kind == QEvent.Type.MouseButtonRelease else button
        which = NONE if kind == QEvent.Type.MouseMove else button
        there = QPointF(canvas.mapToGlobal(spot.toPoint()))
        QApplication.sendEvent(canvas, QMouseEvent(kind, spot, there, which, held, NO_KEY))
        QApplication.processEvents()


def picture_of(pdf: Path, path: Path) -> None:
    """Paint the page of a report."""
    from qtpy.QtPdf import QPdfDocument

    document = QPdfDocument(None)
    document.load(str(pdf))
    size = document.pagePointSize(0)
    page = document.render(0, QSize(round(1.5 * size.width()), round(1.5 * size.height())))
    paper = page.convertToFormat(page.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.white)
    from qtpy.QtGui import QPainter

    painter = QPainter(paper)
    painter.drawImage(0, 0, page)
    painter.end()
    paper.save(str(path))


def main(folder: Path) -> int:
    """Go the whole way; return 1 if it took too many actions."""
    reader = Reader()
    panel = reader.panel
    reader.menu("File", "Open Sample", "DSC perfusion", "stroke")
    reader.wait(lambda: panel.scan is not None and panel.form.propose.enabled)
    reader.press(panel.form.propose)
    reader.wait(lambda: "Proposed" in panel.status.text())
    reader.press(panel.form.compute)
    reader.wait(lambda: panel.scan.results.run is not None and not panel.busy)
    maps = reader.actions
    with tempfile.TemporaryDirectory() as kept:
        pdf = Path(kept) / "report.pdf"
        reader.answer(lambda: reader.press(panel.room.bar.report), str(pdf))
        reader.wait(pdf.is_file)
        report = reader.actions
        reader.key("O")
        reader.key("T")
        reader.shoot(folder / "reading-overlay.png")
        reader.key("n")
        reader.rest()
        z = panel.scan.slice_at(reader.viewer.dims.point, reader.viewer.dims.units) or LESION[0]
        reader.stroke([(z, LESION[1] + step, LESION[2] + step // 2) for step in range(8)])
        reader.key("M")
        reader.shoot(folder / "reading-regions.png")
        reader.answer(lambda: reader.key("R"), str(pdf.with_name("again.pdf")))
        reader.wait(pdf.with_name("again.pdf").is_file)
        picture_of(pdf.with_name("again.pdf"), folder / "report.png")
    print(f"actions from opening a scan: to six maps {maps} (at most {MAPS}), to a report {report}")
    reader.viewer.close()
    return int(maps > MAPS or report > REPORT)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
