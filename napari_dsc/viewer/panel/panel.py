"""Dock of the panel: reads the screen, starts the computation, shows its results."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import Any

import napari
from napari.layers import Image, Layer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Analysis
from napari_dsc.core.provenance import UNSEEN
from napari_dsc.io.read_record import Replay
from napari_dsc.io.region_files import Drawn
from napari_dsc.viewer.aif.aif_files import Keeping
from napari_dsc.viewer.aif.aif_layers import Vessels
from napari_dsc.viewer.aif.motion_correction import Moving
from napari_dsc.viewer.aif.studies import Studies
from napari_dsc.viewer.aif.workshop_dock import Workshop
from napari_dsc.viewer.background.gc_pause import calm, collect_soon
from napari_dsc.viewer.background.job_runner import soon
from napari_dsc.viewer.background.preload import Loading
from napari_dsc.viewer.background.shader_text import remember_shaders
from napari_dsc.viewer.button_keys import BUTTON_KEYS, with_key
from napari_dsc.viewer.compute.run import Computing
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.curves.curve_updates import Drawing
from napari_dsc.viewer.maps.free_layers import insert_below
from napari_dsc.viewer.maps.map_layers import NOTHING_FREE, arranging, label_colour_bars
from napari_dsc.viewer.method_form import Workbench
from napari_dsc.viewer.overlays import Marks
from napari_dsc.viewer.panel.aif_probe import Probe
from napari_dsc.viewer.panel.automatic import Automatic
from napari_dsc.viewer.panel.autosave import Autosaving
from napari_dsc.viewer.panel.buttons import State, connect, make_buttons, refresh
from napari_dsc.viewer.panel.diagnosing import Diagnosing
from napari_dsc.viewer.panel.doors import Doors
from napari_dsc.viewer.panel.drawing_tools import Tools
from napari_dsc.viewer.panel.features import Features
from napari_dsc.viewer.panel.form_reader import ALONE, Reading
from napari_dsc.viewer.panel.gestures import Gestures
from napari_dsc.viewer.panel.guide import Guide
from napari_dsc.viewer.panel.label_choice import LabelChoice
from napari_dsc.viewer.panel.layer_keys import hold_back
from napari_dsc.viewer.panel.live_update import Live
from napari_dsc.viewer.panel.mouse import Pointing
from napari_dsc.viewer.panel.newcomers import Newcomers
from napari_dsc.viewer.panel.places import ACTIONS, FOOT, SECTIONS, STEP_ROWS
from napari_dsc.viewer.panel.save_and_restore import Results
from napari_dsc.viewer.panel.scan_settings import ScanSettings
from napari_dsc.viewer.panel.slice_numbers import SliceNumbers
from napari_dsc.viewer.panel.stating import Stating
from napari_dsc.viewer.panel.status_lines import StatusLines
from napari_dsc.viewer.panel.strokes import Strokes
from napari_dsc.viewer.panel.time_inputs import Doubts, Timing
from napari_dsc.viewer.panel.undo import Undoing
from napari_dsc.viewer.panel.unsaved import Unsaved
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.private_names import refuse_other_napari
from napari_dsc.viewer.reading.folded_keys import FoldedKeys
from napari_dsc.viewer.reading.rail import Rail
from napari_dsc.viewer.reading.steps import DOORS, PRIMARY
from napari_dsc.viewer.reading.workspaces import Workspaces
from napari_dsc.viewer.review.key_bindings import KEYS
from napari_dsc.viewer.review.review import Room
from napari_dsc.viewer.scan.layer_set import ROLES
from napari_dsc.viewer.scan.mask_watch import MaskWatch
from napari_dsc.viewer.scan.open_scan import Opening
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.scan.scan_layers import scans_of
from napari_dsc.viewer.screen import Screen
from napari_dsc.viewer.tumour.leakage import Leaking
from napari_dsc.viewer.wheel_focus import keep_wheel_to_focus

__all__ = ["Panel"]

WELCOME = 800  # ms that a window takes to find its shape
BETWEEN = 0.25  # s from one value of the progress bar to the next
FLICKER = 300  # ms after which a live run shows on the buttons


def _prepare() -> None:
    """Refuse a napari that shows maps otherwise, and have Qt and vispy work as the panel needs."""
    refuse_other_napari()
    calm()  # the window is on its way
    remember_shaders()


def _box_no_brush(viewer: napari.Viewer) -> None:
    """Drawn once more after the last layer is gone, the box of the brush crashes napari."""
    if brush := viewer.canvas.overlays.get("_brush_circle"):
        brush.box = False


class Panel(QWidget):
    """Perfusion maps: scan, regions, method, Compute.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer whose layers it reads, and in which it shows its maps.

    Attributes
    ----------
    form : Inputs
        The widgets: `panel.form.method`, `panel.form.compute` and so on.
    scan : Scan or None
        The scan at hand.
    reading : Reading
        What a run would be made from now.
    status : QLabel
        What is missing or was done.
    curves : Curves
        The curve dock.
    marks : Marks
        Outlines of AIF and VOF, in every view.
    keeping, results : Keeping, Results
        Save and load AIFs; save maps, and what was done.
    unsaved : Unsaved
        What would be lost with the window.
    stating : Stating
        Orientation that the user states.
    workspaces : Workspaces
        Reading, or the workbench.
    diagnosing : Diagnosing
        What helps whoever is asked for help.
    doors : Doors
        Opens scans and records.
    automatic : Automatic
        From a scan to its maps by itself.
    room : Room
        What reads the maps.
    tools, undoing, gestures : Tools, Undoing, Gestures
        The brushes, what takes strokes back, and the mouse on the pictures.
    workshop : Workshop
        The dock of the AIF's voxels, comparisons, sensitivity and threshold.
    """

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        _prepare()
        self._viewer = viewer = napari_viewer
        self._lines, self._filling = StatusLines(), False
        # When progress was shown, s; whether many things change, and buttons follow at the end.
        self._progressed, self._held = 0.0, False
        self._buttons = make_buttons()
        self.form = form = Inputs(viewer, self._buttons)
        self.status = form.status
        # Whoever listens to a signal first hears it first: the state, the form, what works on
        # the maps, and last the picture.
        self._masks = MaskWatch(viewer, self)
        self._screen = screen = Screen(self._masks)
        self.reading = reading = Reading(screen, form)
        self.curves, self.marks = Curves(viewer), Marks(viewer)
        self._opening = Opening(viewer, self)
        self._timing, self._settings = Timing(screen, form, self.curves), ScanSettings(form, screen)
        self._doubts = Doubts(screen, form, self._opening)
        self._labels = [
            LabelChoice("artery", form.artery, form.labels["artery_label"], screen),
            LabelChoice("vein", form.vein, form.labels["vein_label"], screen),
        ]
        self._connect_state()
        self._vessels = Vessels(viewer, self, screen, self.marks, reading)
        self._autosaving = Autosaving(viewer, self, screen, self._vessels)
        self._computing = Computing(viewer, self)
        self._probe = Probe(viewer, self, screen, form.probe, reading, self._computing)
        self.workshop = Workshop(viewer, self._vessels.table)
        self._studies = Studies(viewer, self, screen, self.workshop, reading)
        self._live = Live(form.live, screen, self._computing, reading)
        self._drawing = Drawing(
            viewer, screen, self._masks, self.curves, self.marks, reading, self._live
        )
        self._moving = Moving(viewer, self, screen, self.workshop)
        self.keeping = Keeping(screen, self._vessels, reading)
        self.stating = Stating(viewer, self, screen)
        self.results = Results(
            viewer,
            screen,
            form,
            self._computing,
            self._vessels,
            self.keeping,
            self._settings,
            self.stating,
        )
        self._pointing = Pointing(viewer, screen, self._drawing, self._vessels, self._probe)
        self.room = Room(viewer, self, screen, self.curves, self.marks, self._studies, form)
        self._make_hands()
        self.workspaces = self._make_workspaces()
        self.diagnosing = Diagnosing(viewer, self, screen, form)
        self.doors = Doors(viewer, self, screen, self.results)
        self._features = self._gather()
        self._guide = Guide(self, self.workspaces, form, self._vessels.table)
        self.automatic = Automatic(self, self._features, self._opening, self._masks)
        self.unsaved = Unsaved(viewer, self, self._features, self._take_at_hand)
        self._newcomers = Newcomers(
            viewer, self, screen, self.unsaved, self.room.beside, self._take_at_hand
        )
        self._label_bars = partial(label_colour_bars, viewer)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._connect()
        self._keys = FoldedKeys(
            self,
            [one.native for one in self._buttons.values()]
            + list(self.workspaces.rail.heads.values()),
            [self._buttons[name].native for name in {*PRIMARY, *DOORS} if name in self._buttons],
        )
        self._listen(True)
        self.refresh_state()
        _box_no_brush(viewer)
        soon(self, self._wake)  # once it is docked, be the window shown or not
        self._make_later()

    @property
    def viewer(self) -> napari.Viewer:
        """The viewer as it was given: napari hands out another stand-in to each widget."""
        return self._viewer

    @property
    def scan(self) -> Scan | None:
        """The scan at hand."""
        return self._screen.scan

    def _make_later(self) -> None:
        """Make what the first picture does not show, in small steps after it."""

        def make_curves() -> None:
            if isalive(self.curves):  # type: ignore[no-untyped-call]  # in a dock of their own
                self.curves.make()

        soon(self, keep_wheel_to_focus)  # it hears every event: thousands come before
        Loading([partial(import_module, "pyqtgraph"), make_curves]).once_painted(self)

    def _make_hands(self) -> None:
        """Have mouse and keys reach the pictures."""
        self._leaking = Leaking(
            self._viewer, self._screen, self.room.regions, self.room.pages.regions, self._computing
        )
        self._strokes = Strokes(self._viewer, self)
        self.undoing = Undoing(self._viewer, self, self._screen, lambda: self._strokes.held)
        self.tools = Tools(self._viewer, self._screen, self.room, self._vessels, self.undoing)
        self.gestures = Gestures(
            self._viewer,
            self._screen,
            self.room,
            self._drawing,
            self.tools,
            self._strokes,
            self.marks,
        )
        self._strokes.left.connect(self._pointing.leave)
        self._numbers = SliceNumbers(self._viewer, self._screen)
        self.room.add_actions(
            {
                "draw_aif": lambda: self.tools.toggle("aif"),
                "erase": lambda: self.tools.toggle("erase"),
                "escape": self._on_escape,
                "undo": self.undoing.take_back,
            }
        )

    def _gather(self) -> Features:
        """Everything that a button can ask for."""
        return Features(
            form=self.form,
            screen=self._screen,
            reading=self.reading,
            autosaving=self._autosaving,
            computing=self._computing,
            doors=self.doors,
            doubts=self._doubts,
            keeping=self.keeping,
            leaking=self._leaking,
            moving=self._moving,
            results=self.results,
            stating=self.stating,
            studies=self._studies,
            timing=self._timing,
            tools=self.tools,
            vessels=self._vessels,
            curves=self.curves,
            room=self.room,
            workshop=self.workshop,
            workspaces=self.workspaces,
        )

    def _make_workspaces(self) -> Workspaces:
        """Lay everything out, as at the workbench."""
        return Workspaces(
            self._viewer,
            self,
            Rail(STEP_ROWS, FOOT),
            Workbench(SECTIONS, ACTIONS),
            self.form.elements(),
            self.curves,
            self.workshop,
            self.room,
        )

    def _connect_state(self) -> None:
        """Listen to the state before those do who work on it."""
        screen = self._screen
        screen.shown.connect(self._on_shown)
        screen.chosen.connect(self._on_chosen)
        screen.changed.connect(self._on_changed)
        screen.said.connect(self._on_said)
        self.destroyed.connect(screen.leave)  # the scan stays with its layer
        self.destroyed.connect(collect_soon)

    def _connect(self) -> None:
        """Listen to what is done in the form, and to what features say."""
        form, computing = self.form, self._computing
        form.series.changed.connect(self._on_series)
        for role in ROLES:
            getattr(form, role).changed.connect(self._on_masks)
        form.gamma.changed.connect(self._drawing.gamma)
        form.reading.changed.connect(self.room.read_for)
        self._later.timeout.connect(self.refresh_state)
        connect(self._buttons, self._features)
        self.curves.said.connect(self._screen.say)
        self.curves.failed.connect(self._screen.say)
        self.workshop.threshold.chosen.connect(self._on_threshold)
        self.room.pages.help.diagnostics.changed.connect(self.diagnosing.copy)
        self.room.regions.edited.connect(self._autosaving.edited)
        self._connect_verdict()
        self._vessels.listed.connect(lambda: self.workshop.show_page(self.workshop.table))
        self._drawing.drawn.connect(self._vessels.refresh)
        self._drawing.drawn.connect(self._guide.show)
        self._masks.beside.connect(self._on_another_artery)
        self._opening.changed.connect(self.refresh_state)
        self._opening.proposed.connect(self._on_proposed)
        self._probe.said.connect(self._on_probed)
        self.automatic.looked.connect(self._on_looked)
        computing.changed.connect(self._on_run)
        computing.changed.connect(self._leaking.follow_run)
        self.room.regions.measured.connect(self._leaking.follow_regions)
        self.room.pages.regions.chosen.connect(self._leaking.follow_row)
        computing.progressed.connect(self._on_progress)
        computing.stepped.connect(self._on_step_said)
        computing.previewed.connect(self._drawing.catch_up)
        for job in self._features.jobs:
            if job is not computing:
                job.changed.connect(self.refresh_state)
        self._screen.updated.connect(self.refresh_state)
        self._screen.changed.connect(self._on_followed)

    def _connect_verdict(self) -> None:
        """Have the buttons beside the verdict lead to what they name."""
        verdict, features = self.room.verdict, self._features
        for pressed in (verdict.voxels.changed, verdict.label.pressed):
            pressed.connect(lambda *_: self.workshop.show_page(self.workshop.table))
        verdict.propose.changed.connect(lambda: features.propose(vein=False))
        verdict.scale.changed.connect(lambda: features.propose(vein=True))
        verdict.times.changed.connect(self._on_other_times)

    def _on_other_times(self) -> None:
        """Have Tmax and delay told by the method that is right for this artery."""
        method, _ = ("", "") if self.scan is None else self.scan.finer_times()
        if method:
            self._settings.choose("times_by", method)

    def reset_choices(self, _event: Any = None) -> None:
        """Bring the lists of layers up to date; napari calls this when layers change.

        A layer that has another name is the same layer: what was chosen stays so.
        """
        form = self.form
        masks = (getattr(form, role) for role in ROLES)
        for box in (form.series, *masks, form.region):
            chosen = box.value
            with box.changed.blocked():
                box.reset_choices()
                if box.value is not chosen and chosen in box.choices:
                    box.value = chosen
            if box.value is not chosen:
                box.changed.emit(box.value)
        self._studies.refresh()

    # -- life of the dock ----------------------------------------------------------------------

    def showEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Listen to the viewer while the panel is docked."""
        super().showEvent(event)
        self._wake()

    def _wake(self) -> None:
        calm()  # it is drawn next
        self._opening.refresh()
        self._listen(True)
        self.workshop.setEnabled(True)
        self.curves.dock()
        self.room.dock()
        self.workspaces.open_as_chosen()
        self.workspaces.settle()
        self.unsaved.watch()
        soon(self, self.room.welcome, WELCOME)
        self.reset_choices()
        if self.scan is None:
            self._on_series(self.form.series.value)  # a scan that was open before the panel

    def hideEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Stop listening: closing a dock sends only this."""
        super().hideEvent(event)
        self.form.probe.value = False
        if isalive(self.workshop):  # type: ignore[no-untyped-call]  # its dock can go first
            self.workshop.setEnabled(False)  # its buttons would have no panel
        self._listen(False)

    def changeEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Have what a closed panel holds collected: napari takes it out of its dock, no more."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ParentChange and self.parent() is None:
            collect_soon()

    def _listen(self, on: bool) -> None:
        viewer = self._viewer
        bars = (
            viewer.canvas.grid.events.enabled,
            viewer.canvas.events.size,
            viewer.layers.events.reordered,
            viewer.layers.events.removed,
        )
        for emitter, callback in (
            (viewer.layers.events.inserted, self._on_inserted),
            (viewer.layers.events.removed, self._on_removed),
            (viewer.dims.events.current_step, self._on_step),
            *((emitter, self._label_bars) for emitter in bars),
        ):
            emitter.disconnect(callback)
            if on:
                emitter.connect(callback)
        self._pointing.listen(on)
        self.room.listen(on)
        self._strokes.listen(on)
        self.undoing.listen(on)
        self.gestures.listen(on)
        self.diagnosing.listen(on)
        self._numbers.listen(on)
        actions = self.room.actions
        self.tools.listen(on, {key: actions[one.action] for key, one in KEYS.items()})
        hold_back(viewer, on)

    # -- the scan ------------------------------------------------------------------------------

    def _on_inserted(self, event: Any) -> None:
        layer = event.value
        if layer in scans_of(self._viewer):
            self.reset_choices()
            if not self._newcomers.holds(layer):
                self._take_at_hand(layer)
        self._masks.came(layer)

    def _take_at_hand(self, layer: Image) -> None:
        self.form.series.value = layer

    def _on_removed(self, event: Any) -> None:
        removed = self._opening.removed(event.value)
        self.reset_choices()
        self._masks.gone(event.value)
        if removed is not None:
            self._autosaving.forget(removed)
            self._computing.forget(removed)
        if removed is not None and removed is self.scan:
            self._on_series(self.form.series.value)
        self.refresh_state()

    def _on_series(self, layer: Image | None) -> None:
        scan = self._opening.scan_of(layer)
        self._screen.show(scan)
        if layer is not None and scan is None:
            soon(self, lambda: self._take_up(layer))  # napari is still busy with its insertion

    def _take_up(self, layer: Image) -> None:
        try:
            scan = self._opening.take_up(layer)
        except DscError as error:
            self._screen.say(str(error))
            return
        if scan is not None and scan.facts.proposed:  # by a panel that was closed
            self._autosaving.know(scan)
        if scan is not None and layer is self.form.series.value:
            self._screen.show(scan)

    def _on_proposed(self, scan: Scan) -> None:
        self._autosaving.know(scan)
        if scan is self.scan:
            self._screen.show(scan)

    def show_saved(
        self,
        scan: Scan,
        record: Replay,
        drawn: Drawn | None,
        analysis: Analysis,
        said: str,
        free: Mapping[str, Layer] = NOTHING_FREE,
    ) -> None:
        """Put a scan at hand with maps that lie on the disk, and all that made them.

        Parameters
        ----------
        scan : Scan
            Its brain and baseline are known; its layer is added here.
        record : Replay
            Of these maps, and of this scan.
        drawn : Drawn or None
            Regions that lie beside them.
        analysis : Analysis
            The maps, with the curves that they were made from.
        said : str
            What is to be said of them in the status line.
        free : mapping of str to Layer
            Layers of a scan that has gone, from `free_layers`.

        Raises
        ------
        DscError
            If something is missing that the maps were made from.
        """
        with self.held():
            with arranging(self._viewer, grid=False):
                self._opening.expect(scan)
                insert_below(self._viewer, scan.layer, free.values())
                self.results.take(record, drawn)
            self._lines.noted = ""
            self._computing.show_saved(self.reading.snapshot(), analysis, said, free)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have buttons and words follow once, at the end: many things change."""
        outer, self._held = self._held, True
        try:
            yield
        finally:
            self._held = outer
            self.refresh_state()

    # -- the state, in the form ----------------------------------------------------------------

    def _on_shown(self, scan: Scan | None) -> None:
        self._lines.turn_to(scan)
        self._show_layers()
        if not self.busy:  # how far another scan has come says nothing of this one
            self.form.progress.value = 0 if scan is None or scan.results.run is None else 100
        self.form.region.value = None  # it belongs to the scan before

    def _on_chosen(self, names: frozenset[str]) -> None:
        if names & set(ROLES):
            self._show_layers()

    def _show_layers(self) -> None:
        """Show the masks of the scan at hand in the form."""
        form, scan, layers = self.form, self.scan, self._viewer.layers
        self._filling = True
        if scan is not None:
            self.reset_choices()
        for role in ROLES:
            layer = None if scan is None else getattr(scan.layers, role)
            getattr(form, role).value = layer if layer in layers else None
        self._filling = False

    def _on_masks(self) -> None:
        """Take the masks that were chosen in the form."""
        form, scan = self.form, self.scan
        if self._filling:
            return
        if scan is None:
            self.refresh_state()
            return
        chosen = {role: getattr(form, role).value for role in ROLES}
        for layer in chosen.values():
            scan.meet(layer)
        scan.layers.choose(**chosen)

    def _on_changed(self) -> None:
        self._lines.forget()

    def _on_followed(self) -> None:
        """All have followed a change."""
        if not self._computing.running:  # else it was done when the run started
            self.refresh_state()

    def _on_step(self) -> None:
        self._drawing.volume()
        self._drawing.follow_slice()
        self._leaking.follow_slice()
        self._probe.moved()
        self._live.moved()

    def _on_another_artery(self) -> None:
        """An AIF that is not at hand was painted: the maps stand, but it is kept and compared."""
        if self.scan is not None:
            self._autosaving.edited(self.scan)
        self._studies.follow()

    def _on_probed(self, words: str) -> None:
        self._lines.probed = words
        self.refresh_state()

    def _on_run(self) -> None:
        if self._computing.running and self._computing.quiet:
            self._later.start(FLICKER)  # a run that is over by then moves no button
            return
        if not self._computing.running:
            of = self._computing.scan
            name = "" if of is None or of is self.scan else f"{of.layer.name}: "
            self._lines.done = name + self._computing.said
            if not self._computing.quiet:
                self._lines.noted = ""  # it was said before
            self._drawing.maps()
        self.refresh_state()

    @property
    def busy(self) -> bool:
        """Whether something is being computed, looked for or saved."""
        return self._features.busy

    def _on_said(self, words: str) -> None:
        self._lines.noted = words
        self.refresh_state()

    def refresh_state(self) -> None:
        """Enable what can be done now, and say what is missing."""
        if self._held:  # it is done at the end
            return
        missing, scan = self.reading.missing(self._lines.done), self.scan
        computing, busy = self._computing, self.busy
        running, offered = computing.running, self._autosaving.offered(scan)
        able = not self.reading.missing(self._lines.done, alone=True)
        ready, proposing = able and not running, self._vessels.running
        several = self.room.beside.possible
        refresh(self._buttons, State(scan, ready, running, busy, proposing, offered, several))
        self.form.restore.tooltip = with_key(offered, BUTTON_KEYS[self.form.restore.text])
        self.form.refresh(scan)
        for labels in self._labels:
            labels.refresh()
        self.room.refresh(busy=busy and not computing.quiet)
        if not running or computing.quiet:
            alone = ALONE if missing and able and not self.reading.has_artery else ""
            words = self._lines.words(scan, missing, offered, alone)
            self.status.setText(words if self.status.wordWrap() else words.replace("\n", "   "))
            self.status.setToolTip(words)
        self._guide.refresh(scan, missing)

    def _on_looked(self) -> None:
        """Somebody has looked at the AIF: it is no longer said that nobody has."""
        self._lines.drop(UNSEEN)
        self.refresh_state()

    def _on_escape(self) -> None:
        """Lift the brush; if none is down, take the cross-hair away."""
        if self.tools.armed is not None:
            self.tools.disarm()
        else:
            self.gestures.look_at(None)

    def _on_threshold(self, threshold: float) -> None:
        self.form.parameters["svd_threshold"].value = threshold

    def _on_progress(self, percent: int) -> None:
        """Show it, but for values that follow close: Qt draws the whole window for each."""
        now = perf_counter()
        if percent in (0, 100) or now - self._progressed > BETWEEN:
            self._progressed = now
            self.form.progress.value = percent

    def _on_step_said(self, words: str) -> None:
        self.status.setText(words)
