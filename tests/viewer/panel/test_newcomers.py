"""A second scan: replaces the first, gets a window, or stands beside it; nothing is ever mixed."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Image, Labels
from qtpy.QtCore import QEventLoop, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QMessageBox

from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.layers import KEY, file_of
from napari_dsc.viewer.overlays.vispy_lines import CELLS
from napari_dsc.viewer.scan.scan_layers import layers_of, taken_up

LEFT = Qt.MouseButton.LeftButton


def living(action: Callable[[], object], until: Callable[[], bool], timeout: int = 30_000) -> None:
    """Act while Qt's event loop runs, as it does for a user, and leave it when something holds."""
    loop = QEventLoop()
    look, patience = QTimer(), QTimer()
    look.timeout.connect(lambda: loop.quit() if until() else None)
    patience.setSingleShot(True)
    patience.timeout.connect(loop.quit)
    patience.start(timeout)
    look.start(10)
    QTimer.singleShot(0, action)
    loop.exec()
    look.stop()
    assert until()


def question() -> QMessageBox | None:
    """The question that is on screen."""
    boxes = [one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox)]
    return next((one for one in boxes if one.isVisible()), None)


def answer(text: str) -> None:
    """Press a button of the question with the mouse."""
    box = question()
    assert box is not None
    button = next(one for one in box.buttons() if one.text().replace("&", "") == text)
    QTest.mouseClick(button, LEFT)
    assert question() is None or question() is not box


def seen(viewer) -> set[str]:
    return {one.name for one in viewer.layers if one.visible}


@pytest.fixture(scope="module")
def second_file(patient, tmp_path_factory):
    """Another patient on the same grid: darker, and called otherwise."""
    path = tmp_path_factory.mktemp("second") / "other.nii.gz"
    signal = (0.9 * patient.series.signal).astype(np.int16)
    write_series(path, replace(patient.series, signal=signal))
    return path


def open_second(desk, file, text: str) -> None:
    """Open a second scan as a user does, and answer."""
    living(lambda: desk.viewer.open(file, plugin="napari-dsc"), lambda: question() is not None)
    box = question()
    assert box is not None
    assert "patient is open. Where shall other be shown?" in box.text()
    waiting = desk.viewer.layers["other"]
    assert not waiting.visible
    assert desk.panel.scan.layer.name == "patient"
    living(lambda: answer(text), lambda: question() is not box)


def test_replace_leaves_nothing_of_the_scan_before(opened, second_file):
    """No layer of it, no anatomy, no letter; nothing was unsaved, and nothing more is asked."""
    desk = opened
    desk.viewer.add_image(np.zeros((4, 5, 6)), name="anatomy", metadata={KEY: {"affine": None}})
    desk.viewer.add_image(np.zeros((4, 5, 6)), name="the user's own")
    open_second(desk, second_file, "Replace")
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan.layer.name == "other")
    desk.wait(lambda: desk.panel.scan.facts.proposed)
    names = {one.name for one in desk.viewer.layers}
    assert names == {"other", "AIF", "Brain", "the user's own"}
    assert desk.panel.form.series.value.name == "other"
    assert desk.viewer.title.startswith("other")
    desk.is_used_up = True


def test_a_second_window_is_asked_for(opened, second_file, monkeypatch):
    """In a process of its own; the first window is as it was, and has no trace of the second."""
    desk, before, started = opened, list(opened.viewer.layers), []
    monkeypatch.setattr(
        "napari_dsc.viewer.panel.newcomers.open_window", lambda one: started.append(file_of(one))
    )
    open_second(desk, second_file, "Second window")
    assert started == [second_file]
    assert list(desk.viewer.layers) == before
    assert "other opens in a window of its own." in desk.panel.status.text()
    assert desk.viewer.title.startswith("patient")


def test_cancel_opens_nothing(opened, second_file):
    desk, before = opened, list(opened.viewer.layers)
    open_second(desk, second_file, "Cancel")
    assert list(desk.viewer.layers) == before
    assert desk.panel.scan.layer.name == "patient"


def overlay_of(viewer):
    """What napari draws in every cell."""
    return next(one for name, one in viewer.scene.overlays.items() if "outlines" in name)


def owners_of(viewer):
    """Whose outlines and letters each cell bears, by the names of its layers."""
    cells = [one for one in CELLS if one.overlay is overlay_of(viewer)]
    return {
        tuple(layer.name for layer in one.layers): {each.owner.name for each in one.own}
        for one in cells
    }


def test_side_by_side_each_picture_bears_its_own(computed, second_file):
    """Its name, its letters, its outlines; no layer of masks; like is compared with like."""
    desk, panel = computed, computed.panel
    first = panel.scan
    open_second(desk, second_file, "Compare side by side")
    desk.wait(lambda: panel.scan is not None and panel.scan.layer.name == "other")
    desk.wait(lambda: panel.scan.facts.proposed and not panel.busy)
    second = panel.scan
    desk.wait(lambda: seen(desk.viewer) == {"patient", "other"})
    assert desk.viewer.canvas.grid.enabled
    for name in ("patient", "other"):
        assert desk.viewer.layers[name].name_overlay.visible
    assert desk.viewer.title.startswith("other")
    second.layers.artery.data = first.layers.artery.data.copy()
    panel.room.letters.show(second)
    drawn = overlay_of(desk.viewer)
    desk.wait(lambda: any(one.owner is second.layer and not one.thin for one in drawn.drawn))
    QApplication.processEvents()
    own = owners_of(desk.viewer)
    assert own == {("patient",): {"patient"}, ("other",): {"other"}}
    panel.form.series.value = first.layer  # the scan at hand is told by title and colour
    desk.wait(lambda: desk.viewer.title.startswith("patient"))
    assert "At hand: patient." in panel.status.text()
    own = owners_of(desk.viewer)
    assert own[("patient",)] == {"patient"}
    assert own[("other",)] <= {"other"}
    colour = desk.viewer.layers["patient"].name_overlay.color
    assert colour is not None
    assert desk.viewer.layers["other"].name_overlay.color is None
    desk.is_used_up = True


def test_fault_220_the_other_scan_is_never_seen_among_ours(computed, second_file):
    """Alone, in every view: 18 tiles of two patients were on one canvas."""
    desk, panel = computed, computed.panel
    first = panel.scan
    open_second(desk, second_file, "Compare side by side")
    desk.wait(lambda: panel.scan is not None and panel.scan.layer.name == "other")
    desk.wait(lambda: panel.scan.facts.proposed and not panel.busy)
    second = panel.scan
    desk.wait(lambda: panel.form.beside.visible)
    desk.press(panel.form.beside)  # the scan at hand alone
    desk.wait(lambda: not panel.room.beside.on)

    def foreign(scan) -> set[str]:
        others = [one for one in taken_up(desk.viewer) if one is not scan]
        return {layer.name for one in others for layer in layers_of(desk.viewer, one)} & seen(
            desk.viewer
        )

    assert not foreign(second)
    second.layers.artery.data = first.layers.artery.data.copy()
    desk.compute()
    desk.wait(lambda: bool(second.layers.maps) and not panel.busy)
    desk.wait(lambda: not foreign(second))
    for kind in ("grid", "overlay", "single"):
        for scan in (first, second):
            panel.form.series.value = scan.layer
            desk.wait(lambda scan=scan: panel.scan is scan)
            panel.room.show(kind)
            desk.wait(lambda scan=scan: not foreign(scan))
            assert any(
                one.visible for one in layers_of(desk.viewer, scan) if isinstance(one, Image)
            )
    assert not [one.name for one in desk.viewer.layers if "[1]" in one.name]
    desk.viewer.layers.remove(second.layer)
    desk.wait(lambda: panel.scan is first)
    desk.is_used_up = True


def test_in_a_script_two_scans_stand_side_by_side(opened, second_file):
    """Nobody answers there: no question, both names, the second at hand."""
    desk = opened
    desk.open(second_file)
    assert question() is None
    desk.wait(lambda: seen(desk.viewer) == {"patient", "other"})
    assert desk.panel.room.beside.on
    assert desk.panel.scan.layer.name == "other"
    for name in ("patient", "other"):
        assert desk.viewer.layers[name].name_overlay.visible
    desk.viewer.layers.remove(desk.viewer.layers["other"])
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan.layer.name == "patient")
    desk.wait(lambda: desk.viewer.layers["patient"].visible)
    assert not desk.viewer.canvas.grid.enabled
    desk.is_used_up = True


def test_motion_corrected_volumes_are_of_the_same_patient(opened):
    """No question; what was measured is hidden, what was made of it is at hand."""
    desk, scan = opened, opened.panel.scan
    series = scan.facts.series
    moved = replace(series, moves=np.zeros((series.n_volumes, 6)))
    options = {**scan.layer.as_layer_data_tuple()[1], "name": "corrected"}
    options["metadata"] = {KEY: {"series": moved, "file": None}}
    layer = Image(scan.layer.data, **options)
    living(lambda: desk.viewer.add_layer(layer), lambda: desk.panel.scan is not scan)
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan.layer is layer)
    desk.wait(lambda: desk.panel.scan.facts.proposed)
    assert question() is None
    desk.wait(lambda: not scan.layer.visible and layer.visible)
    masks = [one for one in layers_of(desk.viewer, scan) if isinstance(one, Labels)]
    assert not any(one.visible for one in masks)
    desk.is_used_up = True


@pytest.mark.parametrize("text", ["Cancel", "Discard"])
def test_replacing_unsaved_maps_asks_first(computed_anew, second_file, text):
    """The second question names them; Cancel leaves the first scan as it is."""
    desk, first = computed_anew, computed_anew.panel.scan
    assert first.results.unsaved
    open_second(desk, second_file, "Replace")
    living(lambda: None, lambda: question() is not None)
    box = question()
    assert box is not None
    assert "The maps of patient were not saved." in box.text()
    living(lambda: answer(text), lambda: question() is None)
    if text == "Cancel":
        assert desk.panel.scan is first
        assert "other" not in {one.name for one in desk.viewer.layers}
    else:
        desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan.layer.name == "other")
        assert not [one for one in desk.viewer.layers if "CBF" in one.name]
        desk.is_used_up = True
