"""The ways to begin."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QPushButton

from napari_dsc.viewer.reading.recent_scans import keep_scan
from tests.viewer.desk import LEFT, resize, until_idle


def test_it_stands_on_the_empty_canvas_and_nowhere_else(own, scan_file):
    start, canvas = own.start, own.window.centralWidget()
    assert start.isVisible()
    assert canvas.rect().contains(start.geometry())
    own.open(scan_file)
    assert not start.isVisible()
    own.viewer.layers.clear()
    until_idle()
    assert start.isVisible()


def test_it_stands_in_the_middle_of_every_window(own):
    start, canvas = own.start, own.window.centralWidget()
    for size in ((1024, 640), (1920, 1080)):
        resize(own.window, *size)
        until_idle()
        gap = start.geometry().center() - canvas.rect().center()
        assert abs(gap.x()) <= 2
        assert abs(gap.y()) <= 2
        assert canvas.rect().contains(start.geometry())


def test_a_scan_that_was_opened_is_offered_and_opened_by_a_click(own, scan_file, state_folder):
    state_folder.mkdir(exist_ok=True)
    own.open(scan_file)
    own.wait(lambda: own.panel.form.propose.enabled)
    own.viewer.layers.clear()
    until_idle()
    recent = own.start.recent
    assert [recent.item(at).text() for at in range(recent.count())] == [scan_file.name]
    spot = recent.visualItemRect(recent.item(0)).center()
    QTest.mouseClick(recent.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, spot)
    own.wait(lambda: own.panel.scan is not None)
    assert own.panel.scan.layer.name == "patient"
    own.wait(lambda: own.panel.form.propose.enabled)


def test_the_last_scans_are_forgotten_at_a_press(own, scan_file, state_folder):
    state_folder.mkdir(exist_ok=True)
    keep_scan(scan_file)
    own.start.refresh()
    assert own.start.recent.isVisible()
    own.press(own.start.forget)
    until_idle()
    assert not own.start.recent.isVisible()
    assert not own.start.forget.native.isVisible()


def test_a_digital_patient_opens_at_a_press(own, monkeypatch):
    opened = []
    monkeypatch.setattr(type(own.viewer), "open_sample", lambda _, *names: opened.append(names))
    own.press(own.start.stroke)
    own.press(own.start.tumour)
    own.wait(lambda: len(opened) == 2)
    assert opened == [("napari-dsc", "stroke"), ("napari-dsc", "tumour")]


def seen(window, text):
    """Buttons of a text that are in sight."""
    return [
        one
        for one in window.findChildren(QPushButton)
        if one.text().replace("&", "") == text and not one.visibleRegion().isEmpty()
    ]


@pytest.mark.parametrize("text", ["Open scan …", "Open record …", "Open cohort …"])
def test_fault_369_each_way_in_is_in_sight_once(own, text):
    """On the start screen; in either workspace; and its key opens it all the same."""
    own.start.refresh()
    until_idle()
    assert len(seen(own.window, text)) == 1
    own.workspaces.show("workbench")
    until_idle()
    assert len(seen(own.window, text)) == 1


def test_fault_369_with_a_scan_the_rail_offers_another(own, scan_file):
    own.open(scan_file)
    own.rail.open_step("scan")
    own.panel.refresh_state()
    until_idle()
    assert len(seen(own.window, "Open scan …")) == 1
    assert len(seen(own.window, "Open record …")) == 1
