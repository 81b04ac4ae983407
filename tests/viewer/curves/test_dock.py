"""The curve dock follows hand, cursor, time and theme."""

import numpy as np
import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QHBoxLayout, QWidget

from napari_dsc import delta_r2_star, residue
from napari_dsc.core.maps import optimal_weights
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.layers import placement, to_screen
from napari_dsc.viewer.plot_style import HistogramPlot
from tests.viewer.desk import until_idle, wait_until

SHIFT = Qt.KeyboardModifier.ShiftModifier
TIME = 1.5 * np.arange(50)  # s
AIF = 100 * np.exp(-(((TIME - 20) / 5) ** 2))
TISSUE = 5 * np.exp(-(((TIME - 24) / 8) ** 2))


@pytest.fixture
def curves(viewer, qtbot) -> Curves:
    """The dock by itself, with a scan of which nothing is drawn yet."""
    one = Curves(viewer)
    one.dock()
    one.show_scan(TIME, TIME.size, True)
    qtbot.waitUntil(one.plot.isVisible)
    return one


def draw_all(curves) -> None:
    """Everything that the dock can show at once."""
    curves.show_discarded(2)
    curves.show_baseline(2, 8)
    curves.show_window(2, 30)
    curves.show_artery(np.stack([AIF, 0.8 * AIF]))
    curves.show_saturated(TIME[13:15], AIF[13:15])
    curves.show_gamma(0.9 * AIF)
    curves.show_vof(1.3 * AIF)
    curves.show_others({"AIF 2": (0.7 * AIF, "#00ff00"), "AIF 3": (0.6 * AIF, "#ff00ff")})
    curves.show_brain(0.7 * TISSUE)
    curves.show_cursor(TISSUE)
    curves.show_residue(residue(TISSUE, AIF, TIME))
    curves.show_pinned("(12, 30, 2)", 0.5 * TISSUE, residue(0.5 * TISSUE, AIF, TIME))
    curves.show_readout("CBF 42 mL/100g/min\nwith care: two lines")


def test_fault_410_nothing_is_made_before_there_is_something_to_draw(viewer, qtbot):
    """Nor by what clears it. What is made then wears the theme of that moment, and is laid out."""
    one = Curves(viewer)
    one.dock()
    qtbot.waitUntil(one.note.isVisible)
    one.clear()
    one.show_region("", None, None)
    viewer.theme = "light"
    assert not one.is_made
    one.show_scan(TIME, TIME.size, True)
    assert one.is_made
    qtbot.waitUntil(lambda: one.plot.isVisible() and not one.note.isVisible())
    assert one.plot.backgroundBrush().color().name() == get_theme("light").background.as_hex()
    with qtbot.waitSignal(one.baseline_moved) as heard:
        one.baseline.moved.emit(3, 7)
    assert heard.args == [3, 7]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_fault_410_a_histogram_wears_the_theme_in_which_it_is_made(qtbot, theme):
    """It is not there before it is shown."""
    page = QWidget()
    qtbot.addWidget(page)
    row = QHBoxLayout(page)
    one = HistogramPlot(row, 200)
    one.follow(get_theme(theme))
    one.show(False)
    assert not one.is_made
    assert row.count() == 0
    one.bars.setData(np.arange(4.0), np.ones(3))
    one.show(True)
    page.show()
    qtbot.waitUntil(one.plot.isVisible)
    assert one.plot.backgroundBrush().color().name() == get_theme(theme).background.as_hex()


def points(curve):
    """Values of a curve that are known; empty if it is not drawn."""
    return np.empty(0) if curve.yData is None else curve.yData[np.isfinite(curve.yData)]


def contrast(one, other):
    """Contrast of two colours as for reading (WCAG 2)."""
    shades = []
    for color in (one, other):
        rgb = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        shades.append(linear @ [0.2126, 0.7152, 0.0722])
    return (max(shades) + 0.05) / (min(shades) + 0.05)


def true_curves(patient, desk, mask):
    """Delta R2* straight from the public function, with the baseline on screen."""
    start, stop = map(int, desk.panel.form.baseline.value)
    series = patient.series
    return delta_r2_star(series.signal[mask], series.echo_time, slice(start, stop))[:, start:]


def test_the_dock_explains_itself_while_it_is_empty(desk):
    """No axes without a scan."""
    desk.wait(desk.panel.curves.note.isVisible)
    assert not desk.panel.curves.plot.isVisible()


def test_the_aif_is_drawn_as_it_is_clicked(desk, scan_file, patient):
    """Each voxel thin, their mean thick; undo takes it back."""
    desk.open(scan_file)
    aif, curves = desk.panel.form.artery.value, desk.panel.curves
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
    start = int(desk.panel.form.baseline.value[0])

    def drawn():
        return curves.mean.yData is not None and np.allclose(
            curves.mean.yData[start:], expected.mean(axis=0), rtol=1e-4, atol=1e-4
        )

    desk.wait(drawn)
    assert np.isnan(curves.mean.yData[:start]).all()  # discarded volumes are not drawn
    assert curves.mean.opts["pen"].widthF() > curves.voxels.opts["pen"].widthF()
    aif.undo()
    aif.undo()
    desk.wait(lambda: curves.mean.yData is None)


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
    start = int(desk.panel.form.baseline.value[0])

    def drawn():
        return curves.hovered.yData is not None and np.allclose(
            curves.hovered.yData[start:], expected, rtol=1e-4, atol=1e-4
        )

    desk.wait(drawn)


def test_the_brain_is_drawn_and_follows_its_mask(desk, scan_file):
    """Erasing half of the brain changes its mean."""
    desk.open(scan_file)
    curves = desk.panel.curves
    desk.wait(lambda: curves.brain.yData is not None and len(curves.brain.yData) > 0)
    before = curves.brain.yData.copy()
    brain = desk.panel.form.brain.value
    half = brain.data.copy()
    half[:, :, half.shape[2] // 2 :] = 0
    brain.data = half
    desk.wait(lambda: not np.allclose(curves.brain.yData, before, equal_nan=True))


def test_the_line_marks_the_volume_on_screen(desk, scan_file):
    """In seconds."""
    desk.open(scan_file)
    desk.viewer.dims.set_current_step(0, 20)
    desk.wait(lambda: desk.panel.curves.now.value() == pytest.approx(30.0))


def test_the_baseline_can_be_dragged_with_the_mouse(desk, scan_file):
    """Both edges move with the region, which snaps to whole volumes."""
    desk.open(scan_file)
    curves = desk.panel.curves
    start, stop = desk.panel.form.baseline.value
    view = curves.plot.getPlotItem().getViewBox()
    top = view.viewRange()[1][1]
    middle = (start + stop) / 2 * 1.5
    spots = [
        curves.plot.mapFromScene(view.mapViewToScene(QPointF(seconds, 0.7 * top)))
        for seconds in (middle, middle + 1.0, middle + 2.0, middle + 3.1)
    ]
    port = curves.plot.viewport()
    _move(port, spots[0], Qt.MouseButton.NoButton)
    desk.qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=spots[0])
    for spot in spots[1:]:
        _move(port, spot)
    desk.qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=spots[-1])
    desk.wait(lambda: tuple(desk.panel.form.baseline.value) == (start + 2, stop + 2))
    low, high = curves.baseline.getRegion()
    assert (low, high) == pytest.approx(((start + 1.5) * 1.5, (stop + 1.5) * 1.5))


def _move(widget, spot, held=Qt.MouseButton.LeftButton):
    """A move, with the left button held or none."""
    place, globally = QPointF(spot), QPointF(widget.mapToGlobal(spot))
    none, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, place, globally, none, held, no_key)
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
    desk.panel.form.repetition_time.value, desk.panel.form.echo_time.value = 1.5, 0.03
    assert item.getAxis("bottom").labelText == "Time (s)"
    assert "1/s" in item.getAxis("left").labelText
    assert str(desk.panel.form.series.value.units[0]) == "second"


def test_a_closed_dock_can_be_brought_back(desk, scan_file):
    """By the button Curves."""
    desk.open(scan_file)
    desk.viewer.window.remove_dock_widget(desk.panel.curves)
    assert not desk.panel.curves.isVisible()
    desk.press(desk.panel.form.show_curves)
    desk.wait(desk.panel.curves.isVisible)


def test_the_legend_names_what_has_points(curves):
    """And nothing else, the left axis first."""
    assert curves.legend.names == ()
    draw_all(curves)
    assert curves.legend.names == (
        *("AIF (mean)", "saturated sample", "Gamma variate", "VOF", "AIF 2", "AIF 3"),
        *("Brain mean", "Cursor", "Cursor fit", "Pinned", "Pinned fit"),
    )
    curves.show_cursor(None)
    curves.show_residue(None)
    curves.show_vof(None)
    curves.show_gamma(None)
    curves.show_saturated(TIME[:0], AIF[:0])
    curves.show_others({"AIF 3": (AIF, "#ff00ff")})
    assert curves.legend.names == ("AIF (mean)", "AIF 3", "Brain mean", "Pinned", "Pinned fit")
    assert set(curves.others) == {"AIF 3"}
    curves.show_others({})
    curves.show_pinned("", None, None)
    curves.show_vof(np.full(TIME.size, np.nan))  # no answer is no curve
    assert curves.legend.names == ("AIF (mean)", "Brain mean")
    curves.show_scan(TIME, TIME.size, True)
    curves.show_brain(None)
    curves.show_artery(np.empty((0, TIME.size)))
    assert curves.legend.names == ()


def test_fault_308_weights_are_drawn_over_the_tissue_and_are_no_numbers_of_it(curves, tmp_path):
    """As high as suits the brain's curve, whatever they are; in no table of curves."""
    weights = np.sin(TIME / 9) * np.exp(-TIME / 40)
    for size in (1.0, 400.0):
        curves.show_brain(0.7 * TISSUE)
        curves.show_weights(TIME, size * weights)
        drawn = curves.weights.yData
        np.testing.assert_allclose(drawn / drawn.max(), weights / weights.max())
        assert np.abs(drawn).max() == pytest.approx(0.6 * 0.7 * TISSUE.max())
    assert curves.weights.getViewBox() is not curves.plot.getPlotItem().getViewBox()
    assert curves.legend.names == ("Brain mean", "CBV weights (no unit)")
    curves.save_numbers(tmp_path / "numbers.csv")
    assert "weights" not in (tmp_path / "numbers.csv").read_text(encoding="utf-8")
    curves.show_weights(None)
    assert curves.legend.names == ("Brain mean",)


def test_parameters_of_a_fit_stand_beside_the_artery(curves):
    """Where the fit is; they go with it."""
    curves.show_artery(np.stack([AIF]))
    curves.show_gamma(0.9 * AIF, "t0 12.0 s, a 3.00, b 1.50 s")
    assert curves.fitted.isVisible()
    assert curves.fitted.toPlainText() == "t0 12.0 s, a 3.00, b 1.50 s"
    x, y = curves.fitted.pos().x(), curves.fitted.pos().y()
    assert TIME[AIF.argmax()] < x < TIME[-1]
    assert 0 < y < AIF.max()
    curves.show_gamma(None)
    assert not curves.fitted.isVisible()


def test_what_is_deconvolved_with_stands_over_what_was_measured(curves):
    curves.show_artery(np.stack([AIF]), 0.8 * AIF, "AIF (gamma variate)", "AIF (mean), as measured")
    assert curves.legend.names == ("AIF (gamma variate)", "AIF (mean), as measured")
    np.testing.assert_allclose(curves.mean.yData, 0.8 * AIF)
    np.testing.assert_allclose(curves.unscaled.yData, AIF)


def test_each_curve_is_drawn_as_it_was_given(curves):
    """Over the scan's times, a vessel on the left axis and tissue on the right."""
    draw_all(curves)
    left = curves.plot.getPlotItem().getViewBox()
    for curve, values in (
        (curves.vof, 1.3 * AIF),
        (curves.gamma, 0.9 * AIF),
        (curves.others["AIF 2"], 0.7 * AIF),
        (curves.mean, 0.9 * AIF),
    ):
        np.testing.assert_allclose(curve.yData, values)
        np.testing.assert_allclose(curve.xData, TIME)
        assert curve.getViewBox() is left
    np.testing.assert_allclose(curves.saturated.yData, AIF[13:15])
    np.testing.assert_allclose(curves.saturated.xData, TIME[13:15])
    for curve, expected in (
        (curves.pinned, 0.5 * TISSUE),
        (curves.pinned_fit, residue(0.5 * TISSUE, AIF, TIME).fit),
        (curves.hovered, TISSUE),
    ):
        np.testing.assert_allclose(curve.yData, expected)
        assert curve.getViewBox() is not left


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_curve_stands_out(viewer, curves, theme):
    """A contrast of 3 or more; blue is the vein, red and dotted the gamma variate."""
    draw_all(curves)
    viewer.theme = theme
    background = curves.plot.backgroundBrush().color().name()
    for one in (
        *(curves.mean, curves.gamma, curves.vof, curves.brain),
        *(curves.hovered, curves.fit, curves.pinned, curves.pinned_fit),
    ):
        assert contrast(one.opts["pen"].color().name(), background) >= 3
    vein, fitted = (one.opts["pen"] for one in (curves.vof, curves.gamma))
    assert vein.color().blue() > max(vein.color().red(), vein.color().green())
    assert fitted.color().red() > max(fitted.color().blue(), fitted.color().green())
    assert fitted.style() == Qt.PenStyle.DotLine
    assert curves.saturated.opts["symbol"] == "x"
    assert contrast(curves.saturated.opts["symbolPen"].color().name(), background) >= 4.5


def test_a_pinned_voxel_keeps_the_residue_plot(curves):
    """The cursor's own curve and fit are drawn beside; let go, the residue is the cursor's."""
    pinned, other = residue(0.5 * TISSUE, AIF, TIME), residue(TISSUE, AIF, TIME)
    curves.show_pinned("(12, 30, 2)", 0.5 * TISSUE, pinned)
    curves.show_cursor(TISSUE)
    curves.show_residue(other)
    lens = curves.lens
    assert lens.is_pinned
    assert lens.words.text().startswith("Pinned (12, 30, 2): SVD threshold ")
    np.testing.assert_allclose(lens.curve.yData, pinned.values)
    assert lens.tmax.isVisible()
    assert lens.tmax.value() == pytest.approx(pinned.tmax)
    assert lens.delay.value() == pytest.approx(pinned.delay)
    np.testing.assert_allclose(curves.hovered.yData, TISSUE)
    np.testing.assert_allclose(curves.fit.yData, other.fit)
    assert curves.pinned.opts["pen"].color() != curves.hovered.opts["pen"].color()
    assert lens.curve.opts["pen"].color() == curves.pinned.opts["pen"].color()
    curves.show_residue(None)
    np.testing.assert_allclose(lens.curve.yData, pinned.values)
    curves.show_residue(other)
    curves.show_pinned("", None, None)
    assert not lens.is_pinned
    assert not points(curves.pinned).size
    assert not points(curves.pinned_fit).size
    np.testing.assert_allclose(lens.curve.yData, other.values)
    assert lens.curve.opts["pen"].color() == curves.hovered.opts["pen"].color()
    assert "Pinned" not in lens.words.text()


def test_fault_479_words_of_the_residue_stand_over_its_own_plot(curves, qtbot):
    """Also while the read-out is lent to the line below the pictures, and once it is back."""
    draw_all(curves)
    curves.resize(1000, 300)
    elsewhere = QWidget()
    qtbot.addWidget(elsewhere)
    line = QHBoxLayout(elsewhere)

    def middle(one) -> int:
        return one.mapTo(curves, one.rect().center()).x()

    def is_over_its_plot() -> bool:
        lens = curves.lens
        apart = abs(middle(lens.words) - middle(lens))
        return lens.words.isVisible() and 2 * apart < abs(middle(lens.words) - middle(curves.plot))

    for _ in range(2):
        until_idle()
        assert is_over_its_plot()
        line.addWidget(curves.lend_readout())
        until_idle()
        assert is_over_its_plot()
        curves.take_readout()


def test_a_pinned_voxel_without_a_residue_says_so(curves):
    """And does not show another voxel's."""
    curves.show_pinned("(1, 2, 3)", TISSUE, None)
    curves.show_residue(residue(TISSUE, AIF, TIME))
    assert curves.lens.words.text() == "Pinned (1, 2, 3): no residue function"
    assert not points(curves.lens.curve).size
    assert not points(curves.pinned_fit).size
    np.testing.assert_allclose(curves.pinned.yData, TISSUE)


def test_what_belongs_to_another_scan_goes(curves):
    """All but the curves of the masks, which their layers draw anew."""
    draw_all(curves)
    curves.show_scan(None, 30, False)
    for one in (curves.vof, curves.gamma, curves.saturated, curves.hovered, curves.fit):
        assert not points(one).size
    assert not points(curves.pinned).size
    assert not points(curves.lens.curve).size
    assert not curves.lens.is_pinned
    assert not curves.others
    curves.clear()
    assert not curves.plot.isVisible()
    assert curves.note.isVisible()
    assert curves.legend.names == ()


def wheel(plot, notches):
    """Turn the wheel over the middle of a plot."""
    port = plot.viewport()
    middle = QPointF(port.rect().center())
    globally, none = QPointF(port.mapToGlobal(port.rect().center())), Qt.MouseButton.NoButton
    event = QWheelEvent(
        *(middle, globally, QPoint(), QPoint(0, 120 * notches)),
        *(none, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False),
    )
    QApplication.sendEvent(port, event)
    QApplication.processEvents()


def click(plot, press):
    """Press over the middle of a plot, and let go."""
    port, left = plot.viewport(), Qt.MouseButton.LeftButton
    middle = port.rect().center()
    places = QPointF(middle), QPointF(port.mapToGlobal(middle))
    no_key, none = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.NoButton
    QApplication.sendEvent(port, QMouseEvent(press, *places, left, left, no_key))
    release = QEvent.Type.MouseButtonRelease
    QApplication.sendEvent(port, QMouseEvent(release, *places, left, none, no_key))
    QApplication.processEvents()


@pytest.mark.parametrize("how", ["double click", "button"])
@pytest.mark.parametrize("which", ["curves", "residue"])
def test_a_zoom_can_be_ended(curves, qtbot, which, how):
    """The wheel narrows the time, or the lags; a double click there or a button ends it."""
    draw_all(curves)
    QApplication.processEvents()
    plot = curves.plot if which == "curves" else curves.lens.plot
    whole = plot.viewRange()
    qtbot.mouseMove(plot.viewport(), plot.viewport().rect().center())
    wheel(plot, 5)
    (first, last), heights = plot.viewRange()
    assert last - first < 0.8 * (whole[0][1] - whole[0][0])
    if which == "curves":
        assert heights == pytest.approx(whole[1])  # the wheel zooms in time only
    if how == "button":
        qtbot.mouseClick(curves.whole_view.native, Qt.MouseButton.LeftButton)
    else:
        click(plot, QEvent.Type.MouseButtonPress)
        assert plot.viewRange()[0] == pytest.approx([first, last])  # one click is none
        click(plot, QEvent.Type.MouseButtonDblClick)  # what a window makes of the second press
    QApplication.processEvents()
    assert plot.viewRange()[0] == pytest.approx(whole[0])
    assert plot.viewRange()[1] == pytest.approx(whole[1])


def test_a_zoom_stays_while_the_times_do(curves):
    """A baseline that is dragged, or the next voxel, does not end it; other times do."""
    draw_all(curves)
    curves.plot.setXRange(10, 30, padding=0)
    curves.lens.plot.setXRange(0, 10, padding=0)
    curves.show_scan(TIME, TIME.size, True)
    draw_all(curves)
    assert curves.plot.viewRange()[0] == pytest.approx([10, 30])
    assert curves.lens.plot.viewRange()[0] == pytest.approx([0, 10])
    curves.show_scan(2 * TIME, TIME.size, True)
    first, last = curves.plot.viewRange()[0]
    assert first <= 0
    assert last >= 2 * TIME[-1]


@pytest.mark.parametrize("high", [220, 190, 170])
def test_fault_448_a_low_dock_has_room_for_everything(curves, high):
    """In 1100 px: every name of the legend, every number and word of the axes.

    How high a dock is its window decides, by what else is in it and was before: a scene that asks
    for 220 px got 156 in a window that others had used.
    """
    draw_all(curves)
    dock = curves.parentWidget()
    dock.setFixedHeight(high)
    wait_until(lambda: dock.height() == high)
    until_idle()
    for name in curves.legend.names:
        assert curves.legend.rect().contains(curves.legend.place_of(name))
    for plot in (curves.plot, curves.lens.plot):
        assert plot.height() >= min(100, high - 70)
        room = plot.sceneRect()
        for side in ("left", "bottom", "right"):
            axis = plot.getPlotItem().getAxis(side)
            if axis.isVisible() and axis.labelText:
                inner = axis.label.document().documentMargin() + 1  # around the letters
                words = axis.label.boundingRect().adjusted(inner, inner, -inner, -inner)
                assert room.contains(axis.label.mapRectToScene(words)), side
    right = curves.mapFromGlobal(curves.export_numbers.native.mapToGlobal(QPoint(0, 0)))
    assert curves.rect().contains(right)


def test_many_names_make_another_column(curves):
    """None is left out, and none lies over another."""
    curves.show_others({f"AIF number {i}": (AIF / (i + 1), "#00ff00") for i in range(20)})
    QApplication.processEvents()
    places = [curves.legend.place_of(name) for name in curves.legend.names]
    assert len(places) == 20
    assert all(curves.legend.rect().contains(one) for one in places)
    pairs = [(one, other) for i, one in enumerate(places) for other in places[:i]]
    assert not any(one.intersects(other) for one, other in pairs)


def test_both_zeros_lie_at_one_height(curves):
    """Whatever is drawn, and above the band of the window."""
    draw_all(curves)
    view = curves.plot.getPlotItem().getViewBox()
    low, high = view.viewRange()[1]
    assert -low / (high - low) > 0.13 - 0.01
    tissue = curves.hovered.getViewBox()
    below, above = tissue.viewRange()[1]
    assert -below / (above - below) == pytest.approx(-low / (high - low))
    assert above >= TISSUE.max()
    assert high >= 1.3 * AIF.max()


def test_weights_are_those_of_the_maps_and_go_with_them(computed):
    """Drawn once CBV was read by them; an integral has none."""
    desk, panel = computed, computed.panel
    assert len(points(panel.curves.weights)) == 0
    panel.form.cbv.value = "weights"
    desk.wait(lambda: panel.scan.results.outdated)
    desk.compute()
    desk.wait(lambda: len(points(panel.curves.weights)) > 0)
    analysis = panel.scan.results.run[1]
    tissue = analysis.prepared.tissue
    weights = optimal_weights(tissue, tissue.artery_at(analysis.aif.curve)).values
    drawn = panel.curves.weights.yData
    np.testing.assert_allclose(drawn / np.abs(drawn).max(), weights / np.abs(weights).max())
    voxel = np.argwhere(analysis.brain & analysis.maps.cbv.quality_mask)[0]
    row = int(np.flatnonzero((np.argwhere(analysis.brain.T)[:, ::-1] == voxel).all(axis=1))[0])
    volume = 100 * 0.73 / 1.04 * float(tissue.curves[row].astype(float) @ weights)
    assert analysis.maps.cbv.values[tuple(voxel)] == pytest.approx(volume, rel=1e-3)
    panel.form.cbv.value = "integral"
    desk.wait(lambda: panel.scan.results.outdated)
    desk.compute()
    desk.wait(lambda: len(points(panel.curves.weights)) == 0)


def test_the_curve_follows_what_is_made_of_the_voxels(computed):
    """Median, fit and shift, each named; the maps are older, and live ones would follow."""
    desk, panel = computed, computed.panel
    measured = np.array(panel.curves.mean.yData)
    panel.form.aif_shift.value = 1.5
    desk.wait(lambda: "AIF (shifted by 1.5 s)" in panel.curves.legend.names)
    assert panel.scan.results.outdated
    moved = panel.curves.mean.yData
    known = np.isfinite(measured)
    np.testing.assert_allclose(
        moved[known][1:], measured[known][:-1], atol=1e-6 * np.nanmax(measured)
    )
    panel.form.aif_gamma_variate.value = True
    desk.wait(lambda: "AIF (gamma variate, shifted by 1.5 s)" in panel.curves.legend.names)
    assert panel.curves.fitted.isVisible()
    assert panel.curves.fitted.toPlainText().startswith("t0 ")
    panel.form.aif_average.value = "median"
    wanted = "AIF (median, gamma variate, shifted by 1.5 s)"
    desk.wait(lambda: wanted in panel.curves.legend.names)
    desk.compute()
    desk.wait(lambda: not panel.scan.results.outdated and not panel.busy)
    aif = panel.scan.results.run[1].aif
    shown = panel.curves.mean.yData
    np.testing.assert_allclose(shown[np.isfinite(shown)], aif.curve)
