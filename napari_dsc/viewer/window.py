"""Window of the program: with the panel, with a scan, with the digital patient."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dsc.cohort.group import refuse_without_results
from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.types import Series
from napari_dsc.io import read
from napari_dsc.terminal import EndedError, catching_signals, one_line, say
from napari_dsc.viewer.contributions import DEMO, demo_patient, scan_layer, scan_name
from napari_dsc.viewer.layers import placement, to_screen

if TYPE_CHECKING:
    from napari import Viewer
    from qtpy.QtWidgets import QMainWindow

    from napari_dsc.viewer.panel.panel import Panel
    from napari_dsc.viewer.reading.start_screen import StartScreen

__all__ = ["fill_screen", "furnish", "show", "show_cohort", "show_demo"]

PLUGIN, REVIEW = "napari-dsc", "Cohort review"
BINDINGS = "PyQt6", "PySide6", "PyQt5", "PySide2"
PATIENCE = 120_000  # ms until a picture that does not come is given up
WINDOW = 1600, 980  # px of a picture of the window, where the screen has them
LEAST = 1024, 640  # px
HEARS = 250  # ms between two moments at which a signal is heard


def show(*scans: Path, screenshot: Path | None = None) -> None:
    """Open a viewer with the panel docked, and scans; return when it is closed.

    Of a second scan the user is asked where it is to be shown, once the window lives; for a
    picture nobody is asked: they stand side by side.

    Raises
    ------
    DscError
        If a scan cannot be read; before any window opens.
    """
    _refuse_picture(screenshot)
    opened: list[Series | None] = []
    for scan in scans:
        try:
            opened.append(read(scan))
        except ChoiceNeededError:
            if screenshot is not None:  # nobody is there to choose
                raise
            opened.append(None)
    viewer, panel = _viewer(screenshot)

    def add(at: int) -> None:
        from napari_dsc.viewer.background.job_runner import soon  # brings Qt
        from napari_dsc.viewer.scan.read_with_dialogs import read_asking

        series = opened[at] or read_asking(scans[at])
        if series is not None:
            data, options, _ = scan_layer(series, scan_name(series, scans[at]), scans[at])
            viewer.add_image(data, **options)
        if at + 1 < len(scans):
            if screenshot is None:  # while the window lives: it is asked where it is to be shown
                soon(panel, lambda: add(at + 1))
            else:
                add(at + 1)

    if scans:
        add(0)
    if screenshot is not None:
        ready = (lambda: _settled(panel)) if scans else (lambda: True)
        _when(viewer, ready, lambda: _picture(viewer, screenshot))
    _live(viewer)


def show_demo(screenshot: Path | None = None) -> None:
    """Open the digital patient with its artery drawn, and compute its maps as a user would."""
    _refuse_picture(screenshot)
    making = ThreadPoolExecutor(1)  # the patient is made while the window opens
    made = making.submit(demo_patient)
    making.shutdown(wait=False)
    viewer, panel = _viewer(screenshot)

    def place() -> None:
        data, options, _ = scan_layer(made.result().series, DEMO)
        viewer.add_image(data, **options)
        _when(viewer, lambda: _settled(panel), draw)

    def draw() -> None:
        patient = made.result()
        where = placement(patient.series.affine)
        panel.form.artery.value.data = to_screen(patient.artery, where).astype("uint8")
        late = to_screen(patient.tissue == Tissue.HYPOPERFUSED, where)
        viewer.dims.set_current_step(1, int(late.sum(axis=(1, 2)).argmax()))
        viewer.dims.set_current_step(0, 5)  # before the bolus
        _when(viewer, lambda: panel.form.compute.enabled, panel.form.compute.native.click)
        if screenshot is not None:
            _when(
                viewer,
                lambda: panel.form.progress.value == 100 and not panel.form.cancel.enabled,
                lambda: _picture(viewer, screenshot),
            )

    _when(viewer, made.done, place)
    _live(viewer)


def show_cohort(out: Path, scans: Path | None = None, screenshot: Path | None = None) -> None:
    """Open a viewer with the results of a cohort; return when it is closed.

    Parameters
    ----------
    out : Path
        What `napari-dsc cohort` has written.
    scans : Path, optional
        Where the scans lie, if that is not known from the results.
    screenshot : Path, optional
        Save the window there once a scan is shown, and exit.

    Raises
    ------
    DscError
        If there are no results; before any window opens.
    """
    _refuse_picture(screenshot)
    refuse_without_results(out)
    viewer, _ = _viewer(screenshot)
    _, review = viewer.window.add_plugin_dock_widget(PLUGIN, REVIEW)
    review.open(out, scans)
    if screenshot is not None:
        _when(viewer, lambda: review.settled, lambda: _picture(viewer, screenshot))
    _live(viewer)


def _refuse_picture(path: Path | None) -> None:
    if path is not None and not path.absolute().parent.is_dir():
        raise DscError(f"--screenshot must name a file in a folder that exists, got {path}.")


def _refuse_without_window() -> None:
    """Raise in words where napari would give a traceback, or Qt would abort the process."""
    if not any(find_spec(binding) for binding in BINDINGS):
        raise DscError(
            "a window needs a Qt binding, got none installed. Install one with "
            "pip install 'napari-dsc[all]', or compute without a window: napari-dsc maps."
        )
    screen = any(map(os.getenv, ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")))
    if sys.platform == "linux" and not screen:
        raise DscError(
            "a window needs a screen, got none (DISPLAY is not set). Run it under xvfb-run, or "
            "compute without a window: napari-dsc maps."
        )


def _viewer(screenshot: Path | None) -> "tuple[Viewer, Panel]":
    """Open the window with the panel; a picture of it bears no card of the tour."""
    _refuse_without_window()
    import napari

    viewer = napari.Viewer(title="napari-dsc", show_welcome_screen=False)
    _, panel = viewer.window.add_plugin_dock_widget(PLUGIN, "Perfusion maps")
    panel.room.tour.offered = screenshot is None
    furnish(viewer, panel)
    fill_screen(panel, None if screenshot is None else WINDOW)
    return viewer, panel


def furnish(viewer: "Viewer", panel: "Panel") -> "StartScreen":
    """Show the reading workspace, and the ways to begin on the empty canvas.

    The docks at the sides are as high as the pictures and what is below them: napari's own and
    the curves, one below the other, would be higher than many a screen.
    """
    from qtpy.QtCore import Qt

    from napari_dsc.viewer.reading.start_screen import StartScreen

    doors, window = panel.doors, _window_of(panel)
    window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
    panel.workspaces.open_own()
    screen = window.screen()
    if screen is not None:
        room = screen.availableGeometry()
        window.setMinimumSize(min(LEAST[0], room.width()), min(LEAST[1], room.height()))
    start = StartScreen(
        viewer,
        window,
        doors.ask_scan,
        doors.ask_record,
        doors.open,
        doors.open_patient,
        doors.ask_cohort,
    )
    start.shown.connect(panel.workspaces.rail.stand_back)
    start.refresh()
    return start


def _window_of(panel: "Panel") -> "QMainWindow":
    from napari_dsc.viewer.reading.docks_around import window_of

    window = window_of(panel)
    if window is None:
        raise LookupError("the panel must be docked in a window.")
    return window


def fill_screen(panel: "Panel", most: tuple[int, int] | None = None) -> None:
    """Give the window all the room that there is on its screen; `most` bounds it, in px.

    It has that size at once, so that it needs no window manager; where there is one, the window is
    maximised: the manager knows how much its frame takes.
    """
    from qtpy.QtCore import Qt

    window = _window_of(panel)
    screen = window.screen()
    if screen is None:
        return
    room = screen.availableGeometry()
    if most is not None:
        window.resize(min(room.width(), most[0]), min(room.height(), most[1]))
        return
    window.setGeometry(room)
    window.setWindowState(window.windowState() | Qt.WindowState.WindowMaximized)


def _live(viewer: "Viewer") -> None:
    """Let the window live until it is closed, or the system asks the program to end.

    Raises
    ------
    EndedError
        If it does: the window is closed first, and what works for it is stopped.
    """
    import napari
    from qtpy.QtCore import QTimer

    asked: list[int] = []

    def close(number: int) -> None:
        asked.append(number)
        QTimer.singleShot(0, viewer.close_all)  # a second window too

    awake = QTimer()  # Python hears of a signal when it has something to do
    awake.timeout.connect(lambda: None)
    awake.start(HEARS)
    with catching_signals(close):
        napari.run()
    awake.stop()
    if asked:
        raise EndedError(asked[0])


def _settled(panel: "Panel") -> bool:
    return panel.form.series.value is not None and panel.form.brain.value is not None


def _picture(viewer: "Viewer", path: Path) -> None:
    """Save the window once it has been drawn, and close it."""
    from qtpy.QtCore import QTimer

    def take() -> None:
        viewer.screenshot(str(path), canvas_only=False, flash=False)
        say(f"Picture of the window in {one_line(path)}")
        viewer.close()

    QTimer.singleShot(1500, take)


def _when(
    viewer: "Viewer", condition: Callable[[], bool], action: Callable[[], None], waited: int = 0
) -> None:
    """Act as soon as a condition holds, without stopping the window; close it if it never does."""
    from qtpy.QtCore import QTimer

    pause = 50  # ms
    if condition():
        action()
    elif waited < PATIENCE:
        QTimer.singleShot(pause, lambda: _when(viewer, condition, action, waited + pause))
    else:
        say("napari-dsc: gave up waiting for the maps; the log says why.", error=True)
        viewer.close()
