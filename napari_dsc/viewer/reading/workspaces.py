"""Workspaces of the window, reading and workbench, and the key between them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from psygnal import Signal
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QSizePolicy, QVBoxLayout, QWidget

from napari_dsc.viewer.aif.workshop_dock import Workshop
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.docks import free
from napari_dsc.viewer.maps.map_layers import RESIZED, keep_whole
from napari_dsc.viewer.method_form import Workbench
from napari_dsc.viewer.preferences import AS_LEFT, workspace
from napari_dsc.viewer.reading.bottom_line import STATUS, BottomLine, give_back
from napari_dsc.viewer.reading.choices import choice, choose
from napari_dsc.viewer.reading.docks_around import Around, dock_of, window_of
from napari_dsc.viewer.reading.rail import Rail, status_of
from napari_dsc.viewer.reading.slice_numbers import fit_slice_numbers
from napari_dsc.viewer.reading.steps import ARTERY
from napari_dsc.viewer.review.review import Room

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["NARROW", "READING", "WORKBENCH", "Workspaces"]

READING, WORKBENCH = "reading", "workbench"
NARROW = 2200  # px: with an open rail a narrower window gives the pictures less than 75 %
MOST = 16_777_215  # px: Qt's word for no bound
LOW, HIGH = 150, 240  # px of what is docked below the pictures, at least and at most
SHARE = 0.24  # of the window's height: the pictures stay as large as they can


class Workspaces(QObject):
    """Moves the widgets of the panel, and the docks, between the two workspaces.

    Parameters
    ----------
    viewer : Viewer
        Whose window.
    panel : QWidget
        What holds the rail, or the sections of the workbench.
    rail : Rail
        The steps.
    bench : Workbench
        The sections.
    widgets : mapping of str to QWidget
        All that have a place in them.
    curves : Curves
        Shown beside the workshop in step 2, folded to their read-out elsewhere.
    workshop : Workshop
        The table of voxels.
    room : Room
        Has the bar above the pictures.

    Attributes
    ----------
    kind : str
        The one on screen: "reading" or "workbench".
    line : BottomLine
        The line below the pictures.
    changed : SignalInstance
        Emits when the other one is on screen, or a step was opened.
    """

    changed = Signal()

    def __init__(
        self,
        viewer: "Viewer",
        panel: QWidget,
        rail: Rail,
        bench: Workbench,
        widgets: Mapping[str, QWidget],
        curves: Curves,
        workshop: Workshop,
        room: Room,
    ) -> None:
        super().__init__(panel)
        self._viewer, self._panel, self._widgets = viewer, panel, widgets
        self._curves, self._workshop, self._room = curves, workshop, room
        self.rail, self._bench = rail, bench
        self.line = BottomLine()
        self.line.setParent(panel)
        self.line.hide()
        self.kind = WORKBENCH
        self._folded: list[Around] = []  # the docks as they were, while reading
        self._opened = False  # whether the user's choice was looked up
        self._own = False  # whether the window is the program's own
        self._watched: QWidget | None = None
        self._waiting = False  # whether what is measured comes back when step 2 is left
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(0, 0, 0, 0)
        for one in (bench, rail):  # napari would put an empty room below what does not grow
            one.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
            layout.addWidget(one)
        panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        bench.places.take(widgets)
        rail.hide()
        folded, line = self._folded, self.line
        panel.destroyed.connect(lambda *_: _bring_back(folded, line, curves))
        panel.installEventFilter(self)
        rail.opened.connect(self._on_step)
        rail.folded.connect(self._on_folded)
        rail.lettered.connect(lambda: soon(panel, self._fit_width))
        rail.lettered.connect(self._fit_numbers)
        viewer.dims.events.nsteps.connect(self._fit_numbers)
        room.pages.docked.connect(self._on_pages)
        workshop.docked.connect(self._on_workshop)
        viewer.events.theme.connect(self._follow_theme)
        # Pictures are on black in every theme: names, letters and blank voxels are made for it.
        viewer.canvas.background_color_override = "black"

    # -- which one -----------------------------------------------------------------------------

    def open_own(self) -> None:
        """Show the reading workspace: the window is the program's own."""
        self._own = self._opened = True
        self._free_dock()
        self.show(READING)

    def _free_dock(self) -> None:
        dock = dock_of(self._panel)
        if dock is not None:
            free(dock)

    def open_as_chosen(self) -> None:
        """Show what the user has chosen for windows of napari, once; first, the workbench.

        In the program's own window that is the reading workspace.
        """
        self._free_dock()
        wanted = workspace()
        chosen = choice("workspace", WORKBENCH) if wanted == AS_LEFT else wanted
        if not self._opened and (self._own or chosen == READING):
            self.show(READING)
        self._opened = True

    def settle(self) -> None:
        """Show the docks of the step that is open, and no others: some were just docked."""
        if self.kind == READING:
            self._show_below(self.rail.step == ARTERY and not self.rail.is_folded)

    def toggle(self) -> None:
        """Show the other one; in a window of napari that is remembered."""
        self.show(WORKBENCH if self.kind == READING else READING)
        if not self._own:
            choose("workspace", self.kind)

    def show(self, kind: str) -> None:
        """Show one of them: "reading" or "workbench"."""
        window = window_of(self._panel)
        if kind == self.kind or window is None:
            return
        self.kind = kind
        with self._arranging(window):
            if kind == READING:
                self._show_reading(window)
            else:
                self._show_workbench(window)
        self.changed.emit()

    @contextmanager
    def _arranging(self, window: QMainWindow) -> Iterator[None]:
        """Paint the window once, at the end; a picture that was whole is whole in its new room.

        It is fitted as the canvas changes its size.
        """
        if not window.updatesEnabled():  # a part of another arrangement
            yield
            return
        size = window.size()
        keep_whole(self._viewer)
        window.setUpdatesEnabled(False)
        try:
            yield
        finally:
            window.setUpdatesEnabled(True)

        def settle() -> None:
            if window.size() != size and not window.isMaximized():
                window.resize(size)  # docks on their way had no room side by side

        soon(self._panel, settle, RESIZED)

    def _show_reading(self, window: QMainWindow) -> None:
        self._curves.dock()
        self._room.dock()
        self._watch(window)
        docks = [dock_of(one) for one in (self._panel, self._room.top)]
        around = Around(window)
        self._folded.append(around)
        curves = dock_of(self._curves)
        if curves is not None:
            curves.show()
        around.fold_away([one for one in docks if one is not None and not one.isFloating()])
        self._bench.hide()
        self.rail.take({**self._widgets, **self._room.bar.lend()})
        self.rail.show()
        self._room.bar.show_one_line(True)
        self.line.put_in(window, self._curves.lend_readout())
        self._follow_theme()
        self._lend_status()
        self._fit_width()
        self.settle()

    def _fit_width(self) -> None:
        """Have the dock be as wide as the rail."""
        if self.kind != READING:
            return
        window, dock = window_of(self._panel), dock_of(self._panel)
        self.rail.fit_width()
        wide = self.rail.maximumWidth()
        self._panel.setFixedWidth(wide)
        if window is not None and dock is not None and not dock.isFloating():
            window.resizeDocks([dock], [wide], Qt.Orientation.Horizontal)

    def _fit_numbers(self, _event: Any = None) -> None:
        """Have the numbers beside the sliders be whole, once napari has given them their room."""
        if not isalive(self._panel):  # type: ignore[no-untyped-call]  # it was closed
            return
        window = window_of(self._panel)
        if window is not None:
            soon(self._panel, lambda: fit_slice_numbers(window))

    def _show_workbench(self, window: QMainWindow) -> None:
        self.rail.fold(False)
        self._panel.setMinimumWidth(0)
        self._panel.setMaximumWidth(MOST)
        self.rail.release()
        self.rail.hide()
        self.line.take_out_of(window)
        self.line.setParent(self._panel)
        self._curves.take_readout()
        give_back(self._curves.readout)
        self._curves.readout.setAlignment(Qt.AlignmentFlag.AlignCenter)
        give_back(status_of(self._widgets))
        self._bench.places.take(self._widgets)
        self._bench.show()
        self._room.bar.show_one_line(False)
        workshop = dock_of(self._workshop)
        if self._folded:
            around = self._folded.pop()
            since = workshop is not None and not around.knows(workshop)
            if workshop is not None and since:
                window.removeDockWidget(workshop)
            around.bring_back()
            if workshop is not None and since:
                self._stack(window, workshop)

    def _watch(self, window: QMainWindow) -> None:
        """Give napari its docks back before it keeps how they are."""
        if window is not self._watched:
            self._watched = window
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Show the workbench while the window closes: napari may keep how its docks are.

        Likewise when the panel is taken out of its dock: nobody is left to bring the others back.
        """
        parted = event is not None and event.type() == QEvent.Type.ParentChange
        if parted and watched is self._panel and self._folded and dock_of(self._panel) is None:
            soon(self._panel, self._leave)
            return False
        if event is None or event.type() != QEvent.Type.Close or watched is not self._watched:
            return False
        if self.kind == READING:
            self.show(WORKBENCH)
            soon(self._panel, self._stay)
        return False

    def _leave(self) -> None:
        """Give everything back: the panel lies in no dock. Docked again, it opens as chosen."""
        if not self._folded or dock_of(self._panel) is not None:
            return
        window = self._folded[-1].window
        if isalive(window):  # type: ignore[no-untyped-call]
            self.kind, self._opened = WORKBENCH, False
            self._show_workbench(window)
            self.changed.emit()

    def _stay(self) -> None:
        """The user would rather not close it."""
        if isalive(self._panel) and self._panel.isVisible():  # type: ignore[no-untyped-call]
            self.show(READING)

    # -- steps ---------------------------------------------------------------------------------

    def toggle_curves(self) -> None:
        """Show the curves; where they are one line, show or fold them."""
        dock = dock_of(self._curves)
        if self.kind == READING and dock is not None and dock.isVisible():
            self._show_below(False)
        else:
            self._curves.bring_forward()
            if self.kind == READING:
                self._show_below(True)

    def _stack(self, window: QMainWindow, workshop: QDockWidget) -> None:
        """Put the workshop, which was made since, behind a tab of the curves."""
        curves = dock_of(self._curves)
        if curves is not None:
            window.tabifyDockWidget(curves, workshop)
            workshop.show()
            soon(self._panel, curves.raise_)

    def make_room(self) -> None:
        """Give the pictures the room of the rail, where the window is narrow: there are maps."""
        window = window_of(self._panel)
        if self.kind == READING and window is not None and window.width() < NARROW:
            self.rail.fold(True)

    def _on_step(self, _key: str) -> None:
        if self.kind == READING:
            self.settle()
            soon(self._panel, self._fit_width)  # what was not shown before may be wider
        self.changed.emit()

    def _show_below(self, on: bool) -> None:
        """Show curves and voxels side by side below the pictures, or neither."""
        window = window_of(self._panel)
        if window is None:
            return
        with self._arranging(window):
            if on:
                self._waiting = self._put_away(self._room.pages) or self._waiting
                self._curves.bring_forward()
                self._workshop.dock()
            docks = self._docked(self._curves, self._workshop)
            if on:
                _split(window, docks, self._docked(self._room.pages))
            for dock in docks:
                dock.setVisible(on)
            if on:
                window.resizeDocks(docks, [3, 2][: len(docks)], Qt.Orientation.Horizontal)
                self._fit_height(window, docks)
            elif self._waiting:
                self._waiting = False
                self._room.pages.dock()

    def _docked(self, *widgets: QWidget) -> list[QDockWidget]:
        """Docks of widgets that lie in the window."""
        docks = [dock_of(one) for one in widgets]
        return [one for one in docks if one is not None and not one.isFloating()]

    def _put_away(self, *widgets: QWidget) -> bool:
        """Hide docked widgets; return whether one was in sight."""
        docks = self._docked(*widgets)
        seen = any(not one.isHidden() for one in docks)
        for dock in docks:
            dock.hide()
        return seen

    def _fit_height(self, window: QMainWindow, docks: list[QDockWidget]) -> None:
        """Leave the pictures the most of the window."""
        high = max(LOW, min(HIGH, round(SHARE * window.height())))
        if docks:
            window.resizeDocks(docks[:1], [high], Qt.Orientation.Vertical)

    def _on_pages(self) -> None:
        """Have what is measured take all the room below the pictures, where it is asked for."""
        window = window_of(self._panel)
        if self.kind == READING and window is not None:
            with self._arranging(window):
                self._waiting = False
                self._put_away(self._curves, self._workshop)
                self._fit_height(window, self._docked(self._room.pages))

    def _on_workshop(self) -> None:
        """Likewise the table of voxels; in step 2 it stands beside the curves."""
        window = window_of(self._panel)
        if self.kind == READING and window is not None:
            with self._arranging(window):
                self._put_away(self._room.pages)
                self._fit_height(window, self._docked(self._workshop))

    def _on_folded(self, _on: bool) -> None:
        window = window_of(self._panel)
        if window is None or self.kind != READING:
            return
        with self._arranging(window):
            self._fit_width()
            self.settle()
            self._lend_status()
        self.changed.emit()

    def _lend_status(self) -> None:
        """Show the status line below the pictures while the rail is folded."""
        status = status_of(self._widgets)
        if self.kind == READING and self.rail.is_folded:
            self.line.take(status, STATUS)
        elif self.kind == READING:
            give_back(status)
            self.rail.places.take({"status": status})

    # -- looks ---------------------------------------------------------------------------------

    def _follow_theme(self, _event: Any = None) -> None:
        if not isalive(self.rail):  # type: ignore[no-untyped-call]  # of a panel that was closed
            return
        theme = get_theme(self._viewer.theme)
        size = int(str(theme.font_size).removesuffix("pt") or 12)
        self.rail.follow(theme.current.as_hex(), theme.foreground.as_hex(), size)
        self.line.fit()


def _bring_back(folded: list[Around], line: BottomLine, curves: Curves) -> None:
    """Give napari its docks back when the panel has gone while reading; the line goes with it."""
    for around in folded:
        if isalive(around.window):  # type: ignore[no-untyped-call]
            line.take_out_of(around.window)
            around.bring_back()
    folded.clear()
    if isalive(curves) and isalive(curves.readout):  # type: ignore[no-untyped-call]
        curves.take_readout()  # they are docked by themselves, and may stay
    if isalive(line):  # type: ignore[no-untyped-call]  # it was in the status bar
        line.deleteLater()


def _split(window: QMainWindow, docks: list[QDockWidget], others: list[QDockWidget]) -> None:
    """Put docks side by side; others, and what was behind tabs of the first, behind the last."""
    if not docks:
        return
    first, last = docks[0], docks[-1]
    tabs = [one for one in window.tabifiedDockWidgets(first) if one not in (*docks, *others)]
    behind = [*others, *tabs]
    seen = [one.isVisible() for one in behind]
    for one in [*docks, *behind]:  # Qt splits nothing that stands behind tabs
        window.removeDockWidget(one)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, first)
    if last is not first:
        window.splitDockWidget(first, last, Qt.Orientation.Horizontal)
    for one, shown in zip(behind, seen, strict=True):
        window.tabifyDockWidget(last, one)
        one.setVisible(shown)
