"""The program's own window, which the scenes of a module share."""

import shutil

import pytest
from napari.qt.threading import WorkerBase
from qtpy.QtWidgets import QApplication

from napari_dsc.viewer.window import furnish
from tests.viewer.desk import Desk, resize, until_idle
from tests.viewer.station import opened_viewer

SIZE = 1366, 768  # px


class Own(Desk):
    """The program's own window: the panel as a rail, and the start screen."""

    def __init__(self, viewer, panel, qtbot, start, state) -> None:
        super().__init__(viewer, panel, qtbot)
        self.start, self.state = start, state  # what begins, and where what is painted is kept

    @property
    def window(self):
        return self.panel.window()

    @property
    def workspaces(self):
        return self.panel.workspaces

    @property
    def rail(self):
        return self.panel.workspaces.rail

    def activate(self) -> None:
        """Have the keys go to this window."""
        self.window.activateWindow()
        self.wait(lambda: QApplication.activeWindow() is self.window)

    def propose(self) -> None:
        """Press Propose AIF, and wait for its voxels."""
        self.press(self.panel.form.propose)
        self.wait(lambda: "Proposed" in self.panel.status.text() and not self.panel.busy)

    def anew(self) -> None:
        """No scan, nothing kept of one, the reading workspace, the rail open, at the first size."""
        panel = self.panel
        resize(self.window, *SIZE)  # before another arrangement keeps the size of the scene before
        panel.form.automatic.value = False
        self.viewer.theme = "dark"
        self.workspaces.show("reading")
        self.rail.fold(False)
        if panel.form.cancel.enabled:
            panel.form.cancel.native.click()
        self.wait(lambda: not panel.busy)
        self.viewer.canvas.grid.enabled = False
        self.viewer.layers.clear()
        self.wait(lambda: panel.scan is None)
        WorkerBase.await_workers(5000)
        shutil.rmtree(self.state)
        self.state.mkdir()
        resize(self.window, *SIZE)
        until_idle()


@pytest.fixture(scope="module")
def own_window(tmp_path_factory, qapp):  # noqa: ARG001
    """The program's own window, of 1366 by 768 px."""
    with pytest.MonkeyPatch.context() as patch, opened_viewer() as viewer:
        state = tmp_path_factory.mktemp("own")
        patch.setenv("XDG_STATE_HOME", str(state))  # the panel asks once
        _, panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
        start = furnish(viewer, panel)
        resize(panel.window(), *SIZE)
        QApplication.processEvents()
        yield viewer, panel, start, state


@pytest.fixture
def own(own_window, qtbot) -> Own:
    """The program's own window, and nothing open."""
    viewer, panel, start, state = own_window
    desk = Own(viewer, panel, qtbot, start, state)
    desk.anew()
    return desk


@pytest.fixture
def own_scan(own, scan_file) -> Own:
    """The digital patient's scan in it."""
    own.open(scan_file)
    own.wait(lambda: own.panel.form.propose.enabled)
    return own


@pytest.fixture
def own_maps(own_scan, patient) -> Own:
    """And its maps."""
    own_scan.draw(patient)
    own_scan.compute()
    own_scan.wait(lambda: own_scan.map("CBF") is not None and not own_scan.panel.busy)
    return own_scan
