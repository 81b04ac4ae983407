"""Volumes left out by hand: a click on the curves, the end dragged, numbers typed."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtTest import QTest

from napari_dsc import DECONVOLVERS
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import stages
from napari_dsc.core.progress import finished
from napari_dsc.core.settings import SETTINGS
from napari_dsc.io.nifti import write_series
from napari_dsc.io.record import make_record
from napari_dsc.viewer.layers import placement, to_screen

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO_KEY = Qt.KeyboardModifier.NoModifier
HIGH = 0.6  # of the plot's height: above the window's band


@pytest.fixture
def opened(desk, scan_file, patient):
    """The digital patient with its artery."""
    desk.open(scan_file)
    desk.draw(patient)
    return desk


@pytest.fixture
def blank_file(patient, tmp_path):
    """A scan whose volume 33 is blank."""
    signal = patient.series.signal.copy()
    signal[..., 33] = 0
    path = tmp_path / "blank.nii.gz"
    write_series(path, replace(patient.series, signal=signal))
    return path


def point(desk, time: float) -> QPoint:
    """Where a time, s, lies in the plot, above the window's band."""
    plot = desk.panel.curves.plot
    view = plot.getPlotItem().getViewBox()
    low, high = view.viewRange()[1]
    return plot.mapFromScene(view.mapViewToScene(QPointF(time, low + HIGH * (high - low))))


def open_menu(desk, volume: int) -> list[str]:
    """Right click on a volume; return what the menu offers."""
    curves = desk.panel.curves
    QTest.mouseClick(curves.plot.viewport(), RIGHT, NO_KEY, point(desk, float(curves.time[volume])))
    desk.wait(curves.menu.isVisible)
    return [action.text() for action in curves.menu.actions() if action.text()]


def choose(desk, words: str) -> None:
    """Click on what the menu offers."""
    menu = desk.panel.curves.menu
    (action,) = (one for one in menu.actions() if one.text() == words)
    QTest.mouseClick(menu, LEFT, NO_KEY, menu.actionGeometry(action).center())
    desk.wait(lambda: not menu.isVisible())


def bands(desk) -> list[tuple[float, float]]:
    """Times that are shaded as left out, s."""
    return [tuple(band.getRegion()) for band in desk.panel.curves.left_out]


def test_a_click_leaves_a_volume_out_and_uses_it_again(opened):
    """It is shaded, said, and stands on the form; the maps are old then."""
    panel = opened.panel
    opened.compute()
    assert open_menu(opened, 30)[0] == "Leave volume 30 out"
    choose(opened, "Leave volume 30 out")
    assert panel.scan.facts.left_out == (30,)
    assert panel.form.leave_out.value == "30"
    assert bands(opened) == [(44.25, 45.75)]
    assert "Volume 30 (counted from 0) is left out, as the user chose." in panel.form.facts.text()
    assert "The maps are older" in panel.status.text()
    assert open_menu(opened, 30)[0] == "Use volume 30 again"
    choose(opened, "Use volume 30 again")
    assert panel.scan.facts.left_out == ()
    assert bands(opened) == []
    assert panel.form.leave_out.value == ""
    assert "older" not in panel.status.text()


def test_the_end_is_chosen_by_a_click_and_dragged(opened):
    """Nothing from it on is used; dragged back, all is."""
    panel = opened.panel
    open_menu(opened, 50)
    choose(opened, "End before volume 50")
    assert panel.form.end.value == 50
    assert panel.scan.facts.left_out == tuple(range(50, 60))
    assert panel.curves.end.value() == 74.25
    drag_end(opened, to=81.9)  # s: volumes 55 on begin at 81.75
    assert panel.form.end.value == 55
    assert panel.scan.facts.left_out == tuple(range(55, 60))
    assert panel.form.first_pass.value[1] == 55
    drag_end(opened, to=95.0)
    assert panel.form.end.value == 60
    assert panel.scan.facts.left_out == ()


def drag_end(desk, to: float) -> None:
    """Drag the line of the end to a time, s, with the mouse."""
    curves = desk.panel.curves
    port = curves.plot.viewport()
    first, last = point(desk, float(curves.end.value())), point(desk, to)
    QTest.mouseMove(port, first)
    QTest.mousePress(port, LEFT, NO_KEY, first)
    for step in range(1, 11):
        QTest.mouseMove(port, first + (last - first) * step / 10)
        QTest.qWait(5)
    QTest.mouseRelease(port, LEFT, NO_KEY, last)


def test_numbers_are_typed_and_refused_in_words(opened):
    """What is typed counts once it is whole; what cannot be goes back, and is said."""
    panel = opened.panel
    field = panel.form.leave_out.native
    field.setFocus()
    QTest.keyClicks(field, "30, 40-42")
    assert panel.scan.facts.left_out == ()
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert panel.scan.facts.left_out == (30, 40, 41, 42)
    field.selectAll()
    QTest.keyClicks(field, "70")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert "leave_out must be volumes of the scan, 0 to 59, got 70" in panel.status.text()
    assert field.text() == "30, 40 to 42"
    panel.form.leave_out.value = "10-50"
    assert "leave_out must leave volumes of the bolus" in panel.status.text()
    panel.form.end.value = 6
    assert "must leave at least 8 of the 60 volumes" in panel.status.text()
    assert panel.form.end.value == 60
    assert panel.scan.facts.left_out == (30, 40, 41, 42)


def test_what_the_program_left_out_is_used_again_and_left_out_again(desk, blank_file, patient):
    """The user's word goes over what was found; "as proposed" takes it back."""
    desk.open(blank_file)
    desk.draw(patient)
    panel = desk.panel
    assert panel.scan.facts.left_out == (33,)
    assert "Volume 33 (counted from 0) is left out: blank." in panel.form.facts.text()
    open_menu(desk, 33)
    choose(desk, "Use volume 33 again")
    assert panel.scan.facts.left_out == ()
    assert panel.form.leave_out.value == "none"
    assert "is used, as the user chose, although it seems odd: blank" in panel.form.facts.text()
    open_menu(desk, 40)
    choose(desk, "Volumes as proposed")
    assert panel.scan.facts.left_out == (33,)
    assert panel.scan.facts.leave_out is None
    assert "Volume 33 (counted from 0) is left out: blank." in panel.form.facts.text()


def test_a_record_brings_the_choice_back(opened, tmp_path):
    """Saved, reset, opened: the same volumes, and maps that are not old."""
    panel = opened.panel
    panel.form.leave_out.value = "30, 33"
    panel.form.end.value = 56
    opened.compute()
    panel.results.save_to(tmp_path / "out")
    opened.wait(lambda: "Saved" in panel.status.text())
    record = tmp_path / "out" / "record.json"
    said = json.loads(record.read_text())["input"]
    assert said["left_out_by_user"] == [30, 33]
    assert said["end_by_user"] == 56
    assert said["left_out_volumes"] == [30, 33, *range(56, 60)]
    panel.form.leave_out.value = ""
    panel.form.end.value = 60
    assert panel.scan.facts.left_out == ()
    panel.results.open_from(record)
    assert panel.scan.facts.left_out == (30, 33, *range(56, 60))
    assert (panel.form.leave_out.value, panel.form.end.value) == ("30, 33", 56)


def test_the_choice_survives_a_crash(opened, scan_file, state_folder):
    """It is kept while working, and offered when the scan is opened again."""
    panel = opened.panel
    opened.wait(lambda: panel.scan.facts.fingerprint is not None)
    panel.form.leave_out.value = "30, 33"
    panel.form.end.value = 56
    copies = partial(state_folder.rglob, "[!.]*.json")
    opened.wait(lambda: any('"end": 56' in one.read_text() for one in copies()))
    opened.viewer.layers.clear()
    opened.open(scan_file)
    opened.wait(lambda: panel.form.restore.visible)
    assert "volumes left out" in panel.form.restore.tooltip
    opened.press(panel.form.restore)
    assert panel.scan.facts.left_out == (30, 33, *range(56, 60))
    assert panel.form.leave_out.value == "30, 33"


@pytest.mark.parametrize("method", DECONVOLVERS)
def test_every_setting_has_a_widget_that_reaches_the_record(desk, scan_file, patient, method):
    """Labelled, bounded and explained as its row says."""
    layer = desk.open(scan_file)
    desk.draw(patient)
    panel = desk.panel
    assert set(panel.form.of_settings) == set(SETTINGS)
    panel.form.vein.value = desk.viewer.add_labels(
        to_screen(patient.tissue == Tissue.VEIN, placement(patient.series.affine)).astype("uint8"),
        scale=layer.scale[1:],
        translate=layer.translate[1:],
        units=layer.units[1:],
        name="vein",
    )
    wanted = {}
    panel.form.of_settings["deconvolution_method"].value = method
    for name, row in SETTINGS.items():
        widget = panel.form.of_settings[name]
        assert row.title in (widget.label, getattr(widget, "text", ""))
        assert row.kind == "method" or widget.tooltip == row.tooltip
        known = row.owner != "method" or row.name in parameters_of(DECONVOLVERS[method])
        if row.parameter is not None and known:
            widget.value = wanted[name] = round(row.default + row.parameter.step, 6)
        elif row.kind == "choice":
            widget.value = wanted[name] = row.choices[-1]
        elif row.kind in ("switch", "mask"):
            widget.value = wanted[name] = not row.default
        elif row.kind == "span":
            widget.value = (3, 11 if name == "baseline" else 40)
            wanted[name] = list(widget.value)
    panel.form.of_settings["leave_out"].value = "30, 33"
    panel.form.of_settings["end"].value = 55
    taken = panel.reading.snapshot()
    work = stages(taken.series, taken.artery, taken.brain, taken.settings, vein=taken.vein)
    record = make_record(taken.series, finished(work), None)
    wanted |= {"deconvolution_method": method, "leave_out": [30, 33], "end": 55}
    told = {name: SETTINGS[name].in_record(record) for name in wanted}
    assert told == wanted
    assert np.isfinite(record["aif"]["scaled_by"])
