"""The views of what AIF voxels and thresholds do: drawn, said, asked for and dragged."""

from typing import Any

import numpy as np
import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from napari_dsc import DECONVOLVERS
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.pipeline.sensitivity import Sensitivity
from napari_dsc.core.pipeline.threshold_sweep import ThresholdSweep
from napari_dsc.core.types import ParameterMap
from napari_dsc.viewer.aif.sensitivity_tab import SensitivityView
from napari_dsc.viewer.aif.threshold_tab import BRAIN, PINNED, ThresholdView
from tests.viewer.desk import until_idle

LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NO_KEY = Qt.KeyboardModifier.NoModifier


def late_from(volumes) -> np.ndarray:
    """Volumes above 4, 6, 8 and 10 s of which those above 6 s are given."""
    return np.array(volumes)[:, None] * np.array([1.5, 1.0, 0.5, 0.25])


def varied(volumes=(128.0, 119.0, np.nan, 141.0), chosen=128.0, notices=()) -> Sensitivity:
    """Three voxels left out, one added; CBF is sure to 2, 3 and 10 %, and somewhere to NaN."""
    error = np.array([2.0, 3.0, 10.0, np.nan])
    return Sensitivity(
        error=ParameterMap(
            values=error,
            name="SE",
            symbol="SE of CBF",
            units="%",
            affine=None,
            quality_mask=np.isfinite(error),
        ),
        voxels=3,
        flow=40.0,
        flow_error=1.5,
        late_error=np.array([9.0, 6.0, 3.0, 1.0]),
        variants=("without (1, 2, 3)", "without (1, 3, 3)", "without (1, 4, 3)", "with (2, 2, 3)"),
        late=late_from(volumes),
        chosen=chosen,
        notices=notices,
    )


def swept(voxels: int = 50) -> ThresholdSweep:
    """Four thresholds; today's is 0.2; CBF falls from 60 to 30, and has no answer at 0.4."""
    return ThresholdSweep(
        thresholds=np.array([0.1, 0.2, 0.3, 0.4]),
        today=1,
        cbf=np.array([60.0, 50.0, 30.0, np.nan]),
        oscillation=np.array([0.2, 0.1, 0.05, np.nan]),
        accepted=np.array([50, 48, 40, 0]),
        region_tmax_volume=np.array([4.0, 3.0, 2.0, 1.0]),
        late=late_from((140.0, 130.0, 120.0, 110.0)),
        voxels=voxels,
        indexed=voxels,
    )


@pytest.fixture(params=["dark", "light"])
def theme(request):
    """One of napari's themes."""
    return get_theme(request.param)


def on_screen(view, qtbot):
    """Show a view as low and wide as its dock."""
    qtbot.addWidget(view)
    view.resize(1100, 215)
    view.follow(get_theme("dark"))
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def sensitivity_view(qtbot) -> SensitivityView:
    """The dots, still without a result."""
    return on_screen(SensitivityView(), qtbot)


@pytest.fixture
def threshold_view(qtbot) -> ThresholdView:
    """The three plots, still without a result."""
    return on_screen(ThresholdView(), qtbot)


def heard(signal) -> list[tuple[Any, ...]]:
    """What a signal says from now on."""
    said: list[tuple[Any, ...]] = []
    signal.connect(lambda *words: said.append(words))
    return said


def spot(plot, x: float, y: float):
    """Where a point of the axes lies on a plot's viewport, px."""
    plot.grab()  # pyqtgraph scales and lays out as it paints
    view = plot.getPlotItem().getViewBox()
    return plot.mapFromScene(view.mapViewToScene(QPointF(x, y)))


def middle(plot) -> float:
    """Half the height of a plot, in the units of its axis."""
    return sum(plot.getPlotItem().getViewBox().viewRange()[1]) / 2


def move(plot, point, held=NO_BUTTON) -> None:
    """Move the mouse to a point of a plot, with a button held or none."""
    port = plot.viewport()
    place, globally = QPointF(point), QPointF(port.mapToGlobal(point))
    event = QMouseEvent(QEvent.Type.MouseMove, place, globally, NO_BUTTON, held, NO_KEY)
    QApplication.sendEvent(port, event)
    QApplication.processEvents()


def drag(qtbot, plot, start: float, stop: float) -> None:
    """Drag what stands at a threshold to another."""
    points = [spot(plot, x, middle(plot)) for x in np.linspace(start, stop, 5)]
    move(plot, points[0])
    qtbot.mousePress(plot.viewport(), LEFT, pos=points[0])
    for point in points[1:]:
        move(plot, point, LEFT)
    qtbot.mouseRelease(plot.viewport(), LEFT, pos=points[-1])


# -- sensitivity -------------------------------------------------------------------------------


def test_it_says_what_to_press(sensitivity_view, qtbot):
    """And asks when that is pressed, but for while a run lasts."""
    view = sensitivity_view
    asked = heard(view.asked)
    assert "Press Leave one out" in view.note.text()
    assert not view.plot.isVisible()
    qtbot.mouseClick(view.start.native, LEFT)
    assert asked == [()]
    view.say("AIF without (1, 2, 3)", ready=False)
    qtbot.mouseClick(view.start.native, LEFT)
    assert asked == [()]
    view.say("")
    assert "Press Leave one out" in view.note.text()


def test_the_spread_is_said(sensitivity_view):
    """The AIF's own share with its intervals; chosen, smallest and largest over the variants."""
    asked = heard(sensitivity_view.asked)
    sensitivity_view.show_result(varied(notices=("The AIF has no neighbour.",)))
    assert sensitivity_view.note.text() == (
        "Jackknife over 3 voxels: CBF ± 3 % (median voxel); Tmax > 6 s 102.2 to 153.8 mL (95 % "
        "interval). An error that all voxels share, such as partial volume, is not in it. "
        "Tmax > 6 s, before cleaning: 128.0 mL as chosen, 119.0 to 141.0 mL over 4 variants. "
        "The AIF has no neighbour."
    )
    assert sensitivity_view.note.toolTip() == (
        "Uncertainty from the AIF's voxels (jackknife over 3): standard error of CBF 3 % in the "
        "median voxel; mean CBF 40 mL/100g/min, 95 % interval 33.5 to 46.5; Tmax > 6 s, before "
        "cleaning, 128.0 mL, 95 % interval 102.2 to 153.8 mL."
    )
    sensitivity_view.show_result(varied((133.02, 133.0, 133.04, 133.0), 133.01), "Scaled.")
    words = sensitivity_view.note.text()
    assert "133.01 mL as chosen, 133.00 to 133.04 mL" in words  # no digit that differs is hidden
    assert words.endswith("Scaled.")
    assert asked == []


def test_each_variant_is_a_dot(sensitivity_view):
    """Those of one voxel less apart from those of one more; the AIF itself is a line."""
    sensitivity_view.show_result(varied())
    assert sorted(sensitivity_view.left_out.getData()[1]) == [119, 128]
    assert list(sensitivity_view.added.getData()[1]) == [141]
    assert sensitivity_view.chosen.value() == 128
    low, high = sensitivity_view.plot.getPlotItem().getViewBox().viewRange()[1]
    assert low < 119
    assert high > 141
    sensitivity_view.clear()
    assert not sensitivity_view.plot.isVisible()
    assert "Press Leave one out" in sensitivity_view.note.text()


def test_a_dot_names_its_variant(sensitivity_view, qtbot):
    """Once the mouse points at it."""
    view = sensitivity_view
    view.show_result(varied())
    until_idle()
    assert "Point at a dot" in view.hovered.text()
    for place, volume, words in (
        (1, 119.0, "without (1, 3, 3): 119.0 mL (-9.0 mL)"),
        (3, 141.0, "with (2, 2, 3): 141.0 mL (+13.0 mL)"),
    ):
        move(view.plot, spot(view.plot, place, (volume + 128) / 2))
        move(view.plot, spot(view.plot, place, volume))
        qtbot.waitUntil(lambda words=words: view.hovered.text() == words)


def test_without_volumes_the_variation_of_flow_is_still_said(sensitivity_view):
    """A scan of unknown voxel size has no mL."""
    sensitivity_view.show_result(varied(volumes=[np.nan] * 4, chosen=np.nan))
    assert not sensitivity_view.plot.isVisible()
    assert "mL " not in sensitivity_view.note.text()
    assert "No variant" not in sensitivity_view.note.text()
    assert "3 %" in sensitivity_view.note.text()


def test_variants_that_change_nothing_are_drawn(sensitivity_view):
    """All dots on the line, in an axis of some height."""
    sensitivity_view.show_result(varied(volumes=[0.0] * 4, chosen=0.0))
    low, high = sensitivity_view.plot.getPlotItem().getViewBox().viewRange()[1]
    assert low < 0 < high


# -- thresholds --------------------------------------------------------------------------------


def test_it_asks_where_the_user_wants_to_look(threshold_view, qtbot):
    """The pinned voxel, the brain or a region; nothing while the list is filled."""
    view = threshold_view
    asked = heard(view.asked)
    view.show_regions(["Lesion"])
    assert asked == []
    for _ in range(3):
        qtbot.mouseClick(view.start.native, LEFT)
        qtbot.keyClick(view.where.native, Qt.Key.Key_Down)
    assert asked == [(PINNED,), (BRAIN,), ("Lesion",)]
    view.show_regions(["Core", "Lesion"])
    assert view.where.value == "Lesion"
    view.show_regions(["Core"])
    assert view.where.value == PINNED


def test_the_sweep_is_drawn_with_today_s_threshold(threshold_view):
    """Over one axis of thresholds, in units that the axes name; nothing is emitted."""
    view = threshold_view
    asked, chosen = heard(view.asked), heard(view.chosen)
    assert "Press Explore" in view.note.text()
    assert not any(plot.isVisible() for plot in view.plots)
    view.show_regions(["Lesion"])
    view.where.value = "Lesion"
    view.show_result(swept())
    cbf, oscillation, volume = (curve.yData for curve in view.curves)
    np.testing.assert_array_equal(cbf, swept().cbf)
    np.testing.assert_array_equal(oscillation, swept().oscillation)
    np.testing.assert_array_equal(volume, swept().region_tmax_volume)
    assert [line.value() for line in view.lines] == [0.2] * 3
    titles = [plot.getPlotItem().titleLabel.text for plot in view.plots]
    assert titles == ["CBF (mL/100g/min)", "Oscillation index", "Tmax > 6 s (mL)"]
    spans = [plot.getPlotItem().getViewBox().viewRange()[0] for plot in view.plots]
    np.testing.assert_allclose(spans, [spans[0]] * 3, atol=0.02)
    assert "Lesion (48 of 50 voxels), threshold 0.20: CBF 50 mL/100g/min" in view.note.text()
    assert asked == []
    assert chosen == []


def test_a_pinned_voxel_is_read_with_the_brain_s_volume(threshold_view):
    """One voxel has no volume worth a curve."""
    threshold_view.show_result(swept(voxels=1))
    np.testing.assert_array_equal(threshold_view.curves[2].yData, swept().brain_tmax_volume)
    title = threshold_view.plots[2].getPlotItem().titleLabel
    assert title.text == "Tmax > 6 s, brain (mL)"
    assert "Tmax > 6 s, brain 130 mL" in threshold_view.note.text()


@pytest.mark.parametrize("which", range(3))
def test_a_line_is_dragged_to_another_threshold(threshold_view, qtbot, which):
    """All follow; the new threshold is told once, at the release, in steps of the form."""
    view = threshold_view
    view.show_result(swept())
    until_idle()
    chosen = heard(view.chosen)
    drag(qtbot, view.plots[which], 0.2, 0.3)
    ((value,),) = chosen
    assert value == pytest.approx(0.3, abs=0.011)
    assert value == round(value, 2)
    assert [line.value() for line in view.lines] == [value] * 3
    assert f"threshold {value:.2f}" in view.note.text()
    drag(qtbot, view.plots[which], value, 0.1)
    assert len(chosen) == 2


def test_while_it_is_dragged_the_words_follow(threshold_view, qtbot):
    """Between two thresholds of the sweep they say about what; nothing is emitted yet."""
    view, plot = threshold_view, threshold_view.plots[0]
    view.show_result(swept())
    until_idle()
    chosen = heard(view.chosen)
    start, halfway, back = (spot(plot, x, middle(plot)) for x in (0.2, 0.25, 0.2))
    move(plot, start)
    qtbot.mousePress(plot.viewport(), LEFT, pos=start)
    for point in (spot(plot, 0.22, middle(plot)), halfway):
        move(plot, point, LEFT)
    assert view.lines[2].value() == view.lines[0].value() == pytest.approx(0.25, abs=0.01)
    assert "CBF about 4" in view.note.text()
    move(plot, back, LEFT)
    qtbot.mouseRelease(plot.viewport(), LEFT, pos=back)
    assert chosen == []  # back where it was


def test_a_click_beside_the_line_moves_nothing(threshold_view, qtbot):
    """Only a drag of the line does."""
    view, plot = threshold_view, threshold_view.plots[1]
    view.show_result(swept())
    until_idle()
    chosen = heard(view.chosen)
    qtbot.mouseClick(plot.viewport(), LEFT, pos=spot(plot, 0.3, middle(plot)))
    drag(qtbot, plot, 0.3, 0.35)
    assert chosen == []
    assert view.lines[1].value() == 0.2


def test_the_mark_follows_the_panel_without_an_echo(threshold_view):
    """Wherever the panel's threshold goes, even beyond what was computed."""
    view = threshold_view
    view.show_result(swept())
    chosen = heard(view.chosen)
    view.mark(0.3)
    assert [line.value() for line in view.lines] == [0.3] * 3
    assert "threshold 0.30: CBF 30" in view.note.text()
    view.mark(0.4)
    assert "CBF no answer" in view.note.text()
    view.mark(0.7)
    assert view.lines[0].value() == 0.7
    assert view.plots[0].getPlotItem().getViewBox().viewRange()[0][1] > 0.7
    assert "Tmax > 6 s no answer" in view.note.text()
    assert chosen == []


def test_tikhonov_has_no_threshold(threshold_view, qtbot):
    """It is said, and there is nothing to press until another method is chosen."""
    view = threshold_view
    asked = heard(view.asked)
    view.show_result(swept())
    view.mark(None)
    assert "no threshold" in view.note.text()
    lacking = [
        one for one, kind in DECONVOLVERS.items() if "svd_threshold" not in parameters_of(kind)
    ]
    assert all(method in view.note.text() for method in lacking)
    assert not any(plot.isVisible() for plot in view.plots)
    qtbot.mouseClick(view.start.native, LEFT)
    assert asked == []
    view.mark(0.1)
    assert "Press Explore" in view.note.text()
    qtbot.mouseClick(view.start.native, LEFT)
    assert asked == [(PINNED,)]


def test_what_runs_or_failed_is_said(threshold_view, qtbot):
    """A run cannot be asked for twice; afterwards the result is still there."""
    view = threshold_view
    asked = heard(view.asked)
    view.show_result(swept())
    found = view.note.text()
    view.say("SVD threshold 0.3", ready=False)
    qtbot.mouseClick(view.start.native, LEFT)
    assert asked == []
    view.say("region must hold a voxel of the brain.")
    assert view.start.enabled
    view.say("")
    assert view.note.text() == found
    view.clear()
    assert "Press Explore" in view.note.text()


# -- both --------------------------------------------------------------------------------------


def test_they_follow_the_theme(sensitivity_view, threshold_view, theme):
    """Plots take the background, words and axes the colour of the text."""
    background, text = theme.background.as_hex(format="long"), theme.text.as_hex(format="long")
    for view, plots in (
        (sensitivity_view, [sensitivity_view.plot]),
        (threshold_view, threshold_view.plots),
    ):
        view.follow(theme)
        assert theme.text.as_hex() in view.note.styleSheet()
        for plot in plots:
            assert plot.backgroundBrush().color().name() == background.lower()
            assert plot.getPlotItem().getAxis("left").textPen().color().name() == text.lower()


@pytest.mark.parametrize("width", [700, 1100])
def test_they_fit_a_low_dock(sensitivity_view, threshold_view, width):
    """Nothing asks for more room than there is, and the plots keep half of the height."""
    sensitivity_view.show_result(varied())
    threshold_view.show_result(swept())
    for view, plot in (
        (sensitivity_view, sensitivity_view.plot),
        (threshold_view, threshold_view.plots[0]),
    ):
        view.resize(width, 215)
        until_idle()
        assert (view.width(), view.height()) == (width, 215)
        assert plot.height() > 107
        assert view.note.heightForWidth(view.note.width()) <= view.note.height()
