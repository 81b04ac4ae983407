"""The curve dock follows hand, cursor, time and theme."""

import numpy as np
import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import QPointF, Qt
from qtpy.QtWidgets import QApplication

from napari_dsc import delta_r2_star
from napari_dsc.viewer.layers import placement, to_screen

SHIFT = Qt.KeyboardModifier.ShiftModifier


def true_curves(patient, desk, mask):
    """Delta R2* straight from the public function, with the baseline on screen."""
    start, stop = map(int, desk.panel.baseline.value)
    series = patient.series
    return delta_r2_star(series.signal[mask], series.echo_time, slice(start, stop))[:, start:]


def test_the_dock_explains_itself_while_it_is_empty(desk):
    """No axes without a scan."""
    desk.wait(desk.panel.curves.note.isVisible)
    assert not desk.panel.curves.plot.isVisible()


def test_the_aif_is_drawn_as_it_is_clicked(desk, scan_file, patient):
    """Each voxel thin, their mean thick; undo takes it back."""
    desk.open(scan_file)
    aif, curves = desk.panel.artery.value, desk.panel.curves
    shown = to_screen(patient.artery, placement(patient.series.affine))
    z = int(np.flatnonzero(shown.any(axis=(1, 2)))[0])
    desk.viewer.dims.set_current_step(1, z)
    voxels = [tuple(map(int, voxel)) for voxel in np.argwhere(shown) if voxel[0] == z][:2]
    for voxel in voxels:
        desk.click(voxel, SHIFT)
    desk.wait(lambda: curves.mean.yData is not None and len(curves.mean.yData) > 0)
    marked = np.zeros_like(patient.artery)
    for voxel in voxels:
        to_screen(marked, placement(patient.series.affine))[voxel] = True
    expected = true_curves(patient, desk, marked)
    start = int(desk.panel.baseline.value[0])

    def drawn():
        return curves.mean.yData is not None and np.allclose(
            curves.mean.yData[start:], expected.mean(axis=0), rtol=1e-4, atol=1e-4
        )

    desk.wait(drawn, timeout=10_000)
    assert np.isnan(curves.mean.yData[:start]).all()  # discarded volumes are not drawn
    assert curves.mean.opts["pen"].widthF() > curves.voxels.opts["pen"].widthF()
    aif.undo()
    aif.undo()
    desk.wait(lambda: curves.mean.yData is None, timeout=10_000)


def test_the_cursor_shows_the_voxel_under_it(desk, scan_file, patient):
    """Whatever layer is active, and nothing outside the picture."""
    desk.open(scan_file)
    curves = desk.panel.curves
    z = int(desk.viewer.dims.current_step[1])
    voxel = (z, 16, 9)
    desk.hover((z, 17, 9))
    desk.hover(voxel)
    marked = np.zeros_like(patient.artery)
    to_screen(marked, placement(patient.series.affine))[voxel] = True
    expected = true_curves(patient, desk, marked)[0]
    start = int(desk.panel.baseline.value[0])

    def drawn():
        return curves.hovered.yData is not None and np.allclose(
            curves.hovered.yData[start:], expected, rtol=1e-4, atol=1e-4
        )

    desk.wait(drawn, timeout=10_000)


def test_the_brain_is_drawn_and_follows_its_mask(desk, scan_file):
    """Erasing half of the brain changes its mean."""
    desk.open(scan_file)
    curves = desk.panel.curves
    desk.wait(lambda: curves.brain.yData is not None and len(curves.brain.yData) > 0)
    before = curves.brain.yData.copy()
    brain = desk.panel.brain.value
    half = brain.data.copy()
    half[:, :, half.shape[2] // 2 :] = 0
    brain.data = half
    desk.wait(lambda: not np.allclose(curves.brain.yData, before, equal_nan=True), timeout=10_000)


def test_the_line_marks_the_volume_on_screen(desk, scan_file):
    """In seconds."""
    desk.open(scan_file)
    desk.viewer.dims.set_current_step(0, 20)
    desk.wait(lambda: desk.panel.curves.now.value() == pytest.approx(30.0), timeout=10_000)


def test_the_baseline_can_be_dragged_with_the_mouse(desk, scan_file):
    """Both edges move with the region, which snaps to whole volumes."""
    desk.open(scan_file)
    curves = desk.panel.curves
    start, stop = desk.panel.baseline.value
    view = curves.plot.getPlotItem().getViewBox()
    top = view.viewRange()[1][1]
    middle = (start + stop) / 2 * 1.5
    spots = [
        curves.plot.mapFromScene(view.mapViewToScene(QPointF(seconds, 0.7 * top)))
        for seconds in (middle, middle + 1.0, middle + 2.0, middle + 3.1)
    ]
    port = curves.plot.viewport()
    desk.qtbot.mouseMove(port, spots[0])
    desk.qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=spots[0])
    for spot in spots[1:]:
        desk.qtbot.wait(20)  # pyqtgraph takes a hundred moves a second, as a hand makes them
        _move(port, spot)
    desk.qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=spots[-1])
    desk.wait(lambda: tuple(desk.panel.baseline.value) == (start + 2, stop + 2), timeout=10_000)
    low, high = curves.baseline.getRegion()
    assert (low, high) == pytest.approx(((start + 1.5) * 1.5, (stop + 1.5) * 1.5))


def _move(widget, spot):
    """A move with the left button held."""
    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QMouseEvent

    left = Qt.MouseButton.LeftButton
    place, globally = QPointF(spot), QPointF(widget.mapToGlobal(spot))
    none, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, place, globally, none, left, no_key)
    QApplication.sendEvent(widget, event)
    QApplication.processEvents()


def test_it_follows_the_theme(desk, scan_file):
    """Background of the plot is that of the theme."""
    desk.open(scan_file)
    for theme in ("light", "dark"):
        desk.viewer.theme = theme
        shown = desk.panel.curves.plot.backgroundBrush().color().name()
        assert shown == get_theme(theme).background.as_hex(format="long").lower()


def test_axes_say_what_is_unknown(desk, patient, tmp_path):
    """Volumes instead of seconds, no unit without an echo time."""
    import nibabel as nib

    path = tmp_path / "bare.nii.gz"
    nib.save(nib.Nifti1Image(patient.series.signal, patient.series.affine), path)
    desk.open(path)
    item = desk.panel.curves.plot.getPlotItem()
    assert item.getAxis("bottom").labelText == "Volume"
    assert "1/s" not in item.getAxis("left").labelText
    desk.panel.repetition_time.value, desk.panel.echo_time.value = 1.5, 0.03
    assert item.getAxis("bottom").labelText == "Time (s)"
    assert "1/s" in item.getAxis("left").labelText
    assert str(desk.panel.series.value.units[0]) == "second"


def test_a_closed_dock_can_be_brought_back(desk, scan_file):
    """By the button Curves."""
    desk.open(scan_file)
    desk.viewer.window.remove_dock_widget(desk.panel.curves)
    assert not desk.panel.curves.isVisible()
    desk.press(desk.panel.show_curves)
    desk.wait(desk.panel.curves.isVisible)
