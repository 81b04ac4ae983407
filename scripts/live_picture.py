"""The animated picture of the README, from the running program: `make picture`.

Propose an artery, let the maps follow while its voxels are unticked, hold the probe over a vein.
Every frame is a screenshot of the window after real mouse and key events.
"""

import sys
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np
from PIL import Image
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from napari_dsc.core.phantom import Tissue
from napari_dsc.viewer.contributions import DEMO, demo_patient, scan_layer
from napari_dsc.viewer.layers import to_screen

WIDTH = 1000  # px of the picture
COLORS = 256
SLICE = 11  # through the infarct and the sagittal sinus
LEFT = Qt.MouseButton.LeftButton


class Film:
    """A viewer with the digital patient, and the frames that were taken of it."""

    def __init__(self) -> None:
        import napari

        self.frames: list[tuple[Image.Image, int]] = []
        self.patient = demo_patient()
        self.viewer = napari.Viewer(title="napari-dsc")
        self.viewer.window.resize(1500, 960)
        _, self.panel = self.viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
        data, options, _ = scan_layer(self.patient.series, DEMO)
        self.viewer.add_image(data, **options)
        self.wait(lambda: self.panel.form.propose.enabled)

    def wait(self, condition: Any, seconds: float = 60.0) -> None:
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

    def take(self, milliseconds: int) -> None:
        """Take a frame that stands for so long."""
        self.rest()
        shot = Image.fromarray(self.viewer.screenshot(canvas_only=False, flash=False)[..., :3])
        height = round(shot.height * WIDTH / shot.width)
        self.frames.append((shot.resize((WIDTH, height), Image.Resampling.LANCZOS), milliseconds))

    def press(self, widget: Any) -> None:
        """Click a button or box of the panel."""
        native: QWidget = widget.native
        spot = QPoint(12, native.height() // 2)
        QTest.mouseClick(native, LEFT, Qt.KeyboardModifier.NoModifier, spot)
        QApplication.processEvents()

    def untick(self, row: int) -> None:
        """Click the tick of a row of the table."""
        view = self.panel.workshop.table.view
        index = view.model().index(row, 0)
        view.scrollTo(index)
        QTest.mouseClick(
            view.viewport(),
            LEFT,
            Qt.KeyboardModifier.NoModifier,
            view.visualRect(index).center(),
        )

    def hover(self, voxel: tuple[int, int, int]) -> None:
        """Move over a voxel (z, y, x) in the first cell of the grid."""
        canvas = next(
            one for one in QApplication.allWidgets() if type(one).__name__ == "CanvasBackendDesktop"
        )
        rows, columns = self.viewer.canvas.grid.actual_shape(self.viewer.layers)
        world = self.panel.scan.layer.data_to_world((0, *voxel))
        camera = self.viewer.scene.camera
        y, x = (np.array(world[-2:]) - camera.center[-2:]) * camera.zoom
        spot = QPointF(canvas.width() / columns / 2 + x, canvas.height() / rows / 2 + y)
        none = Qt.MouseButton.NoButton
        for shift in (4.0, 0.0):
            move = QMouseEvent(
                QEvent.Type.MouseMove,
                spot + QPointF(shift, 0),
                QPointF(canvas.mapToGlobal(spot.toPoint())),
                none,
                none,
                Qt.KeyboardModifier.NoModifier,
            )
            QApplication.sendEvent(canvas, move)
            self.rest(0.1)
        self.canvas = canvas

    def save(self, path: Path) -> None:
        """Write the frames as an animated GIF of one palette."""
        # An octree keeps the few pixels of the outlines in their colour.
        palette = self.frames[0][0].quantize(COLORS, method=Image.Quantize.FASTOCTREE)
        pictures = [
            one.quantize(COLORS, palette=palette, dither=Image.Dither.NONE)
            for one, _ in self.frames
        ]
        pictures[0].save(
            path,
            save_all=True,
            append_images=pictures[1:],
            duration=[how_long for _, how_long in self.frames],
            loop=0,
            optimize=True,
        )


def main(path: Path) -> None:
    """Play the scene and save it."""
    film = Film()
    panel, viewer = film.panel, film.viewer
    viewer.dims.set_current_step(0, 5)
    film.press(panel.form.propose)
    film.wait(lambda: "Proposed" in panel.status.text())
    film.press(panel.form.compare)
    viewer.dims.set_current_step(1, SLICE)
    film.press(panel.form.compute)
    film.wait(lambda: panel.scan.results.run is not None)
    film.take(1800)
    film.press(panel.form.live)
    film.take(700)
    model = panel.workshop.table.view.model()
    used = [row for row in range(model.rowCount()) if model.used(row)]
    for row in used[:-1:2]:
        film.untick(row)
        film.take(500)
    refused = [row for row in range(model.rowCount()) if "partial" in model.index(row, 2).data()]
    for row in refused[:3]:
        film.untick(row)
        film.take(900)
    vein = to_screen(film.patient.tissue == Tissue.VEIN, panel.scan.place)
    y, x = map(int, np.median(np.argwhere(vein[SLICE]), axis=0))
    film.hover((SLICE, y, x))
    QTest.keyPress(film.canvas, Qt.Key.Key_Q)
    film.hover((SLICE, y, x))
    film.take(2200)
    QTest.keyRelease(film.canvas, Qt.Key.Key_Q)
    film.take(1500)
    film.save(path)
    print(f"{len(film.frames)} frames in {path}")
    viewer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
