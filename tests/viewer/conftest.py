"""A viewer with the panel, and hands that use it as a user would."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from napari.qt.threading import WorkerBase
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.layers import placement, to_screen

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
NO_KEY = Qt.KeyboardModifier.NoModifier


class Desk:
    """A viewer, its panel, and a mouse."""

    def __init__(self, viewer, panel, qtbot) -> None:
        self.viewer, self.panel, self.qtbot = viewer, panel, qtbot

    def open(self, path: Path):
        """Open a scan as the File menu does, and wait for the proposals."""
        layer = self.viewer.open(path, plugin="napari-dsc")[0]
        self.qtbot.waitUntil(lambda: self.panel.form.series.value is layer, timeout=10_000)
        self.qtbot.waitUntil(lambda: "Looking" not in self.panel.status.text(), timeout=10_000)
        return layer

    def canvas(self) -> QWidget:
        """The one widget that takes the picture's mouse events."""
        return next(
            one for one in QApplication.allWidgets() if type(one).__name__ == "CanvasBackendDesktop"
        )

    def pixel(self, voxel) -> QPoint:
        """Where a voxel (z, y, x) of the slice on screen lies on the canvas."""
        layer = self.panel.form.series.value
        world = layer.data_to_world((0, *voxel))
        camera = self.viewer.scene.camera
        canvas = self.canvas()
        y, x = (np.array(world[-2:]) - camera.center[-2:]) * camera.zoom
        return QPoint(round(canvas.width() / 2 + x), round(canvas.height() / 2 + y))

    def drag(self, voxels, key=NO_KEY) -> None:
        """Press on the first voxel, move over the others, release on the last."""
        points = [self.pixel(voxel) for voxel in voxels]
        self._send(QEvent.Type.MouseMove, points[0], Qt.MouseButton.NoButton, key)
        self._send(QEvent.Type.MouseButtonPress, points[0], LEFT, key)
        for point in points[1:]:
            self._send(QEvent.Type.MouseMove, point, LEFT, key)
        self._send(QEvent.Type.MouseButtonRelease, points[-1], LEFT, key)
        QApplication.processEvents()

    def click(self, voxel, key=NO_KEY) -> None:
        """Press and release on a voxel."""
        self.drag([voxel], key)

    def hover(self, voxel) -> None:
        """Move over a voxel without a button."""
        self._send(QEvent.Type.MouseMove, self.pixel(voxel), Qt.MouseButton.NoButton, NO_KEY)
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
        self.wait(lambda: self.panel.form.compute.enabled)

    def file_voxels(self, layer) -> set:
        """Voxels that a labels layer marks, as indices in the file."""
        found = np.argwhere(np.asarray(layer.data) > 0)
        return {self.panel.scan.file_index(tuple(map(int, at))) for at in found}

    def press(self, button) -> None:
        """Click a button of the panel with the mouse."""
        self.qtbot.mouseClick(button.native, LEFT)

    def wait(self, condition: Callable[[], bool], timeout: int = 10_000) -> None:
        """Let the window live until something holds."""
        self.qtbot.waitUntil(condition, timeout=timeout)

    def compute(self) -> None:
        """Press Compute and wait for the end of the run."""
        self.wait(lambda: self.panel.form.compute.enabled)
        self.press(self.panel.form.compute)
        self.wait(lambda: not self.panel.form.cancel.enabled)

    def map(self, symbol: str):
        """The layer of a map; None if there is none."""
        found = [one for one in self.viewer.layers if one.name.startswith(f"{symbol} (")]
        return found[0] if found else None


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch) -> Path:
    """What is painted is kept in a folder of this test's own."""
    folder = tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture
def desk(make_napari_viewer, qtbot) -> Iterator[Desk]:
    """A viewer on screen with the panel docked."""
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1100, 760)
    _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    yield Desk(viewer, panel, qtbot)
    WorkerBase.await_workers(5000)


@pytest.fixture
def read(desk, patient, scan_file) -> Desk:
    """Maps of the digital patient on screen, the page of regions in sight."""
    desk.open(scan_file)
    desk.draw(patient)
    desk.compute()
    desk.press(desk.panel.room.bar.regions)
    return desk


@pytest.fixture(scope="session")
def scan_file(patient, tmp_path_factory) -> Path:
    """The digital patient on disk, with its sidecar."""
    path = tmp_path_factory.mktemp("scan") / "patient.nii.gz"
    write_series(path, patient.series)
    return path
