"""Viewers: one of a scene's own, and one that the scenes of a module share."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pyqtgraph
import pytest

from napari_dsc.io.nifti import write_series
from tests.viewer.desk import Desk
from tests.viewer.station import Station, opened_viewer

STATES = ("computed", "opened", "desk")  # of the window that a module's scenes share


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the scenes of a module that begin with the same follow one another; the screen first.

    Any order is right: this one opens and computes the least, and the modules that take longest
    do not come when the other workers have nothing left to do.
    """
    modules = {name: at for at, name in enumerate(dict.fromkeys(one.path for one in items))}
    here = Path(__file__).parent

    def place(item: pytest.Item) -> tuple[bool, int, int]:
        names = getattr(item, "fixturenames", ())
        state = next((at for at, name in enumerate(STATES) if name in names), len(STATES))
        later = here not in item.path.parents
        return later, modules[item.path], state if "station" in names else 0

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def every_move_of_the_mouse() -> None:
    """Have pyqtgraph take all moves; it leaves out those that come within 10 ms of another."""
    pyqtgraph.setConfigOption("mouseRateLimit", -1)


@pytest.fixture(scope="session", autouse=True)
def shaders_that_were_read() -> Iterator[None]:
    """Have vispy search the text of a shader once; it does so for each cell of each new grid."""
    remembering = SimpleNamespace(
        **vars(re)
        | {"sub": cache(re.sub), "finditer": cache(lambda *words: list(re.finditer(*words)))}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vispy.gloo.program.re", remembering)
        yield


@pytest.fixture(autouse=True)
def state_folder(request, tmp_path, monkeypatch) -> Path:
    """What is painted is kept in a folder of the test's own, or of the window that it uses."""
    shared = "station" in request.fixturenames
    folder = request.getfixturevalue("station").state if shared else tmp_path / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


@pytest.fixture(scope="module")
def station(patient, scan_file, tmp_path_factory, qapp) -> Iterator[Station]:  # noqa: ARG001
    """The window that the scenes of a module share; see `Station`."""
    station = Station(patient, scan_file, tmp_path_factory.mktemp("state"))
    yield station
    station.close()


@pytest.fixture
def viewer(station):
    """A viewer without the panel, and nothing in it; the window is the module's."""
    return station.bare()


@pytest.fixture
def desk(station, qtbot) -> Desk:
    """The panel, and no layer; the window is the module's."""
    return station.empty(qtbot)


@pytest.fixture
def opened(station, qtbot) -> Desk:
    """The digital patient's scan on screen, and nothing drawn; the window is the module's."""
    return station.ready(qtbot, with_maps=False)


@pytest.fixture
def computed(station, qtbot) -> Desk:
    """The digital patient's true artery and its maps in the grid; the window is the module's."""
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
