"""Closing a window: unsaved maps and painting are asked about, and nothing else is."""

import numpy as np
import pytest
from qtpy.compat import isalive
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from tests.viewer.desk import Desk, wait_until
from tests.viewer.panel.test_newcomers import answer, question
from tests.viewer.station import opened_viewer

DONE = "Saved"


class OwnDesk(Desk):
    """A desk that knows its window, also when that is gone."""

    def __init__(self, viewer, panel, qtbot) -> None:
        super().__init__(viewer, panel, qtbot)
        self.main = panel.window()


@pytest.fixture
def window(qtbot, scan_file, state_folder):
    """A window of the scene's own, with a scan."""
    state_folder.mkdir(exist_ok=True)
    with opened_viewer() as viewer:
        _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
        desk = OwnDesk(viewer, panel, qtbot)
        desk.open(scan_file)
        desk.wait(lambda: panel.scan.facts.fingerprint is not None)
        yield desk


def close(desk) -> None:
    """Close the window as its user does."""
    desk.main.close()
    QApplication.processEvents()


def is_closed(desk) -> bool:
    return not isalive(desk.main) or not desk.main.isVisible()


def test_a_window_without_unsaved_work_closes_at_once(window):
    """A scan alone is nothing to lose."""
    close(window)
    assert question() is None
    wait_until(lambda: is_closed(window))


def test_fault_221_unsaved_maps_are_asked_about(window, patient, tmp_path, monkeypatch):
    """Cancel leaves everything; Save writes them, and then the window goes."""
    desk = window
    desk.draw(patient)
    desk.compute()
    desk.wait(lambda: desk.panel.scan.results.unsaved and not desk.panel.busy)
    desk.wait(lambda: "painted" not in desk.panel.unsaved.words([desk.panel.scan]))
    close(desk)
    box = question()
    assert box is not None
    assert "The maps of patient were not saved. Save first?" in box.text()
    answer("Cancel")
    desk.wait(lambda: question() is None)
    assert not is_closed(desk)
    assert desk.map("CBF") is not None
    close(desk)  # Escape is Cancel
    escaped = question()
    assert escaped is not None
    QTest.keyClick(escaped, Qt.Key.Key_Escape)
    desk.wait(lambda: question() is None)
    assert not is_closed(desk)
    out = tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(out))
    close(desk)
    answer("Save …")
    wait_until(lambda: is_closed(desk))
    assert (out / "record.json").is_file()


def test_saved_maps_are_not_asked_about(window, patient, tmp_path):
    """Until others are computed; what is discarded goes."""
    desk, panel = window, window.panel
    desk.draw(patient)
    desk.compute()
    desk.wait(lambda: not panel.busy)
    panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: DONE in panel.status.text())
    assert not panel.scan.results.unsaved
    assert panel.unsaved.words([panel.scan]).count("maps") == 0
    desk.compute()
    desk.wait(lambda: panel.scan.results.unsaved and not panel.busy)
    close(desk)
    answer("Discard")
    wait_until(lambda: is_closed(desk))


def test_painting_is_unsaved_until_it_is_kept(window):
    """By its state: at once after a stroke, and no longer when the automatic copy is whole."""
    desk, panel = window, window.panel
    desk.wait(lambda: not panel.unsaved.words([panel.scan]))
    layer = panel.form.artery.value
    layer.data_setitem(tuple(np.array([at]) for at in (1, 12, 12)), 1)
    desk.wait(lambda: "What was painted on patient" in panel.unsaved.words([panel.scan]))
    close(desk)
    assert question() is not None
    answer("Save …")
    wait_until(lambda: is_closed(desk))


def test_the_program_closes_a_window_without_a_question(window, patient):
    """As it does when the system tells it to end: nobody is there to answer."""
    desk = window
    desk.draw(patient)
    desk.compute()
    desk.wait(lambda: desk.panel.scan.results.unsaved and not desk.panel.busy)
    desk.viewer.close()
    assert question() is None
    wait_until(lambda: is_closed(desk))
