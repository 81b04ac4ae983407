"""Viewers: one of a scene's own, and one that scenes share."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyqtgraph
import pytest
from napari.settings import get_plugin_settings
from qtpy.QtWidgets import QApplication

from napari_dsc.io.nifti import write_series
from tests.viewer.desk import PATIENCE, Desk
from tests.viewer.painting import seldom
from tests.viewer.shortcuts import shortcuts
from tests.viewer.station import Station, opened_viewer

STATES = ("computed", "opened", "desk", "viewer", "station")  # of the window that scenes share
SHARES = 3  # of the scenes that begin with the same: so many workers are busy from the first


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the scenes that begin with the same follow one another in one window; the screen first.

    Any order is right: this one opens and computes the least, and the modules that take longest
    do not come when the other workers have nothing left to do. A share of the scenes that begin
    with the same stays on one worker (`pytest -n auto --dist loadgroup`), as other modules do.

    A scene that fails is tried once more, for a window's answer can come late on a busy machine;
    the summary names it (RERUN), and the scene is to be mended.
    """
    modules = {name: at for at, name in enumerate(dict.fromkeys(one.path for one in items))}
    here = Path(__file__).parent

    def place(item: pytest.Item) -> tuple[bool, int, int, int]:
        names = getattr(item, "fixturenames", ())
        state = next((at for at, name in enumerate(STATES) if name in names), len(STATES))
        share = modules[item.path] % SHARES if state < len(STATES) else SHARES
        return here not in item.path.parents, state, share, modules[item.path]

    items.sort(key=place)
    for item in items:
        later, state, share, _ = place(item)
        if not later:
            item.add_marker(pytest.mark.flaky(reruns=1))
        if not later and state < len(STATES):
            item.add_marker(pytest.mark.xdist_group(f"{STATES[state]} {share}"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup() -> Iterator[None]:
    """Nobody looks before a scene begins; then the picture is whole."""
    with seldom():
        yield
    if QApplication.instance() is not None:
        QApplication.processEvents()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Nor after its end."""
    with seldom():
        yield


@pytest.fixture(scope="session", autouse=True)
def every_move_of_the_mouse() -> None:
    """Have pyqtgraph take all moves; it leaves out those that come within 10 ms of another."""
    pyqtgraph.setConfigOption("mouseRateLimit", -1)


@pytest.fixture(scope="session", autouse=True)
def nobodys_preferences() -> None:
    """Preferences of napari as they come: those of whoever runs the tests stay unread."""
    get_plugin_settings(path_dir=None)


@pytest.fixture(scope="session", autouse=True)
def a_grid_in_less_time() -> Iterator[None]:
    """Have napari and vispy do once what they do for each cell of a grid."""
    with shortcuts():
        yield


@pytest.fixture
def qtbot(qtbot):
    """pytest-qt's, as patient as `wait_until`: a busy machine is slow, and no fault."""
    qtbot.waitUntil = partial(qtbot.waitUntil, timeout=PATIENCE)
    return qtbot


@pytest.fixture(autouse=True)
def state_folder(request, tmp_path, monkeypatch) -> Path:
    """What is painted is kept in a folder of the test's own, or of the window that it uses."""
    shared = "station" in request.fixturenames
    folder = request.getfixturevalue("station").state if shared else tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def station(patient, scan_file, tmp_path_factory, qapp) -> Iterator[Station]:  # noqa: ARG001
    """The window that scenes share; see `Station`."""
    station = Station(patient, scan_file, tmp_path_factory.mktemp("state"))
    yield station
    station.close()


@pytest.fixture
def viewer(station):
    """A viewer without the panel, and nothing in it; the window is everybody's."""
    return station.bare()


@pytest.fixture
def desk(station, qtbot) -> Desk:
    """The panel, and no layer; the window is everybody's."""
    return station.empty(qtbot)


@pytest.fixture
def opened(station, qtbot) -> Desk:
    """The digital patient's scan on screen, and nothing drawn; the window is everybody's."""
    return station.ready(qtbot, with_maps=False)


@pytest.fixture
def computed(station, qtbot) -> Desk:
    """The digital patient's true artery and its maps in the grid; the window is everybody's."""
    return station.ready(qtbot, with_maps=True)


@pytest.fixture
def computed_anew(station, qtbot) -> Desk:
    """As `computed`, and nothing on the disk of what was painted before."""
    station.empty(qtbot)
    return station.ready(qtbot, with_maps=True)


@pytest.fixture
def hidden_viewer(station):
    """A viewer whose window is not shown."""
    station.close()
    with opened_viewer(show=False) as viewer:
        yield viewer


@pytest.fixture
def read(computed) -> Desk:
    """Maps of the digital patient on screen, the page of regions in sight."""
    computed.press(computed.panel.room.bar.regions)
    return computed


@pytest.fixture(scope="session")
def scan_file(patient, tmp_path_factory) -> Path:
    """The digital patient on disk, with its sidecar."""
    path = tmp_path_factory.mktemp("scan") / "patient.nii.gz"
    write_series(path, patient.series)
    return path
