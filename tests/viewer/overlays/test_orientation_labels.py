"""Letters of orientation where a part of the picture fills the screen, seen by their pixels."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

from napari_dsc.viewer.maps.map_layers import RESIZED
from tests.viewer.desk import outlast

CONTROL = Qt.KeyboardModifier.ControlModifier
BORDER = 0.12  # of a picture: where letters stand


def white_at_the_sides(shot, rows, columns) -> list[tuple[int, int]]:
    """Purely white pixels at the left and the right edge of each picture's lower half."""
    white = (shot == 255).all(axis=-1)
    high, wide = white.shape[0] // rows, white.shape[1] // columns
    found = []
    for row in range(rows):
        for column in range(columns):
            cell = white[row * high : (row + 1) * high, column * wide : (column + 1) * wide]
            lower, border = cell[int(0.45 * high) : int(0.92 * high)], int(BORDER * wide)
            found.append((int(lower[:, :border].sum()), int(lower[:, -border:].sum())))
    return found


@pytest.mark.parametrize("view", ["grid", "single"])
def test_fault_350_the_sides_stand_on_what_is_seen(computed, view):
    """Ctrl and wheel, then a drag: each picture says which side is the patient's right."""
    desk = computed
    desk.panel.room.views.symbol = "CBF"
    desk.panel.room.show(view)
    outlast(3 * RESIZED)
    canvas, camera = desk.canvas(), desk.viewer.scene.camera
    grid = desk.viewer.canvas.grid
    shape = grid.actual_shape(desk.viewer.layers) if grid.enabled else (1, 1)
    middle = QPoint(canvas.width() // 2 // shape[1], canvas.height() // 2 // shape[0])
    whole = camera.zoom
    for _ in range(4):
        desk.wheel(canvas, 2, CONTROL, middle)
    desk.drag_over([middle, middle + QPoint(25, 20)])
    assert camera.zoom > 2 * whole
    QApplication.processEvents()
    shot = np.asarray(desk.viewer.screenshot(canvas_only=True, flash=False))[..., :3]
    found = white_at_the_sides(shot, *shape)
    assert all(min(pair) > 3 for pair in found), found
