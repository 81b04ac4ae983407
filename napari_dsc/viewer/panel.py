"""The dock: reads the screen, starts the core, shows what returns."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import napari
from magicgui.widgets import ComboBox, LineEdit, SpinBox
from magicgui.widgets.bases import ValueWidget
from napari.layers import Image
from qtpy.compat import isalive
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.viewer.autosaving import Autosaving
from napari_dsc.viewer.computing import Computing
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.doubts import Doubts
from napari_dsc.viewer.drawing import Drawing
from napari_dsc.viewer.inputs import Inputs
from napari_dsc.viewer.keeping import Keeping
from napari_dsc.viewer.labelling import LabelChoice
from napari_dsc.viewer.live import Live
from napari_dsc.viewer.moving import Moving
from napari_dsc.viewer.opening import Opening
from napari_dsc.viewer.outlines import Marks
from napari_dsc.viewer.pointing import Pointing
from napari_dsc.viewer.probe import Probe
from napari_dsc.viewer.reading import Reading
from napari_dsc.viewer.results import Results
from napari_dsc.viewer.room.room import Room
from napari_dsc.viewer.runner import Job, soon
from napari_dsc.viewer.scan import Scan
from napari_dsc.viewer.scan_layers import scans_of
from napari_dsc.viewer.scan_settings import ScanSettings
from napari_dsc.viewer.show_maps import label_colour_bars
from napari_dsc.viewer.timing import Timing
from napari_dsc.viewer.vessels import Vessels
from napari_dsc.viewer.workshop.dock import Workshop
from napari_dsc.viewer.workshop.studies import Studies

__all__ = ["Panel"]

READY = "Ready: press Compute."
WELCOME = 800  # ms that a window takes to find its shape
FLICKER = 300  # ms after which a live run shows on the buttons
OLD = "The maps are older than what is on screen: press Compute, or switch Live on."


class Panel(QWidget):
    """Perfusion maps: scan, regions, method, Compute.

    The public members are magicgui widgets; they are the state of the screen, of which a run
    takes a snapshot.

    Parameters
    ----------
    napari_viewer : napari.Viewer
        The viewer whose layers it reads, and in which it shows its maps.

    Attributes
    ----------
    series, brain, artery, vein, region : ComboBox
        Layers: the scan (4-D images only), and masks (labels): the brain, the artery and the vein
        at hand, and where proposals are looked for.
    artery_label, vein_label : ComboBox
        Which label is meant, where such a layer holds several.
    repetition_time, echo_time : FloatSpinBox
        Seconds; 0 while unknown.
    quantity, bolus, confirm, correct_motion : ComboBox, ComboBox, PushButton, PushButton
        What the scan holds; which of several boluses is analysed; that somebody has looked at
        what seems odd of it; its motion.
    baseline, first_pass : RangeSlider
        First volume and the first after it: of the baseline, before which volumes are discarded,
        and of the window over which CBV integrates.
    leave_out, end : LineEdit, SpinBox
        Volumes that are not used; the first that is not used, nor any after it.
    method : ComboBox
        A key of `DECONVOLVERS`.
    svd_threshold, oscillation_index, hematocrit_ratio, density : FloatSpinBox
        Parameters, as the method and the scale declare them.
    ttp_from : ComboBox
        From where TTP counts.
    slice_timing, live, probe, rescale, gamma : CheckBox
        Correct the times of slices; refresh after every change; take the voxel under the cursor
        as the AIF; scale the AIF's area to the VOF's; show a gamma variate over the AIF.
    propose, propose_vof, new_aif, compare, save_aif, load_aif : PushButton
        What can be done with AIFs.
    compute, cancel, show_curves, save, save_dicom, open_record, copy_methods : PushButton
        What can be done with maps.
    progress : ProgressBar
        Percent of the run.
    status, facts : QLabel
        What is missing or was done, and what is known of the scan.
    curves : Curves
        The curve dock.
    marks : Marks
        Outlines of AIF and VOF, in every view.
    keeping, results : Keeping, Results
        Save and load AIFs; save maps, and what was done.
    reading, room : Reading, Room
        What a run would be made from now; what reads the maps.
    workshop : Workshop
        The dock of the AIF's voxels, comparisons, sensitivity and threshold.
    """

    artery_label: ComboBox
    vein_label: ComboBox
    svd_threshold: ValueWidget[float]
    oscillation_index: ValueWidget[float]
    hematocrit_ratio: ValueWidget[float]
    density: ValueWidget[float]
    leave_out: LineEdit
    end: SpinBox

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self.scan: Scan | None = None
        self._said, self._noted, self._probed, self._filling = "", "", "", False
        self._inputs = one = Inputs(napari_viewer)
        self.reading = Reading(self, one)
        self.series, self.artery, self.brain = one.series, one.artery, one.brain
        self.vein, self.region, self.rescale = one.vein, one.region, one.rescale
        self.repetition_time, self.echo_time = one.repetition_time, one.echo_time
        self.quantity, self.confirm, self.bolus = one.quantity, one.confirm, one.bolus
        self.slice_timing, self.correct_motion = one.slice_timing, one.correct_motion
        self.baseline, self.first_pass, self.method = one.baseline, one.first_pass, one.method
        self.ttp_from, self.status, self.facts = one.ttp_from, one.status, one.facts
        for name, widget in {**one.parameters, **one.scale, **one.labels, **one.volumes}.items():
            setattr(self, name, widget)
        self.compute, self.cancel, self.progress = one.compute, one.cancel, one.progress
        self.live, self.probe, self.gamma, self.restore = (
            one.live,
            one.probe,
            one.gamma,
            one.restore,
        )
        self.propose, self.propose_vof, self.new_aif = one.propose, one.propose_vof, one.new_aif
        self.compare, self.save_aif, self.load_aif = one.compare, one.save_aif, one.load_aif
        self.save, self.save_dicom, self.show_curves = one.save, one.save_dicom, one.show_curves
        self.open_record, self.copy_methods = one.open_record, one.copy_methods
        self.curves, self.marks = Curves(napari_viewer), Marks(napari_viewer)
        self._vessels = table = Vessels(napari_viewer, self)
        self._drawing = Drawing(
            napari_viewer,
            self.curves,
            self.marks,
            self._on_masks_changed,
            table.refresh,
            self.reading.arterial_input,
            self._on_another_artery,
        )
        said, drawn = self.status.setText, self._drawing.catch_up
        self._computing = Computing(napari_viewer, self, self.progress, self._on_run, said, drawn)
        self._settings = settings = ScanSettings(one, self._on_setting)
        self._live = Live(self.live, self._computing, self.reading)
        self._opening = Opening(napari_viewer, self, self.refresh_state, self._on_proposed)
        self._doubts = Doubts(self, one, self._opening)
        self._labels = [
            LabelChoice(role, layers, labels, self._drawing.now)
            for role, layers, labels in (
                ("artery", self.artery, self.artery_label),
                ("vein", self.vein, self.vein_label),
            )
        ]
        self.workshop = Workshop(napari_viewer, table.table)
        self._studies = Studies(napari_viewer, self, self.workshop)
        self.keeping = Keeping(self, table)
        self._autosaving = Autosaving(napari_viewer, self, table)
        self._timing = Timing(one, self.curves, self._on_times, self.say)
        self.results = Results(
            napari_viewer, self, one, self._computing, table, self.keeping, settings
        )
        self._moving = Moving(napari_viewer, self, self.workshop)
        self._probe = Probe(napari_viewer, self, self.reading, self._computing, self._on_probed)
        self._pointing = Pointing(napari_viewer, self, self._drawing, table, self._probe)
        self.room = Room(napari_viewer, self, self._studies, self._autosaving.edited)
        self._label_bars = partial(label_colour_bars, napari_viewer)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        one.place(self)
        self._connect()
        self._listen(True)
        self.refresh_state()
        if brush := napari_viewer.canvas.overlays.get("_brush_circle"):
            brush.box = False  # drawn once more after the last layer is gone, it crashes napari
        soon(self, self._wake)  # once it is docked, be the window shown or not

    def _connect(self) -> None:
        self.series.changed.connect(self._on_series)
        for box in (self.artery, self.brain, self.vein):
            box.changed.connect(self._on_masks)
        self.curves.said.connect(self.say)
        self.curves.failed.connect(self.say)
        self._later.timeout.connect(self.refresh_state)
        self.gamma.changed.connect(self._drawing.gamma)
        for button, act in {
            self.compute: self._on_compute,
            self.cancel: self._on_cancel,
            self.show_curves: self.curves.bring_forward,
            self.compare: self.workshop.dock,
        }.items():
            button.changed.connect(act)

    @property
    def settings(self) -> Mapping[str, ValueWidget[Any]]:
        """Widgets of all settings, by the names of their rows in `SETTINGS`."""
        return self._inputs.of_settings

    def reset_choices(self, _event: Any = None) -> None:
        """Bring the lists of layers up to date; napari calls this when layers change."""
        for box in (self.series, self.artery, self.brain, self.vein, self.region):
            box.reset_choices()
        self._studies.refresh()

    # -- life of the dock ----------------------------------------------------------------------

    def showEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Listen to the viewer while the panel is docked."""
        super().showEvent(event)
        self._wake()

    def _wake(self) -> None:
        self._opening.refresh()
        self._listen(True)
        self.workshop.setEnabled(True)
        self.curves.dock()
        self.room.dock()
        soon(self, self.room.welcome, WELCOME)
        self.reset_choices()
        if self.scan is None:
            self._on_series(self.series.value)  # a scan that was open before the panel

    def hideEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Stop listening: closing a dock sends only this."""
        super().hideEvent(event)
        self.probe.value = False
        if isalive(self.workshop):  # type: ignore[no-untyped-call]  # its dock can go first
            self.workshop.setEnabled(False)  # its buttons would have no panel
        self._listen(False)

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

    # -- the scan ------------------------------------------------------------------------------

    def _on_inserted(self, event: Any) -> None:
        layer = event.value
        if layer in scans_of(self._viewer):
            self.reset_choices()
            self.series.value = layer

    def _on_removed(self, event: Any) -> None:
        removed = self._opening.removed(event.value)
        self.reset_choices()
        if removed is not None:
            self._autosaving.forget(removed)
            self._computing.forget(removed)
        if removed is not None and removed is self.scan:
            self._said = ""
            self._on_series(self.series.value)
        self.refresh_state()

    def _on_series(self, layer: Image | None) -> None:
        self.scan = self._opening.scan_of(layer)
        self.fill()
        if layer is not None and self.scan is None:
            soon(self, lambda: self._take_up(layer))  # napari is still busy with its insertion

    def _take_up(self, layer: Image) -> None:
        try:
            scan = self._opening.take_up(layer)
        except DscError as error:
            self.say(str(error))
            return
        if scan is not None and scan.proposed:  # by a panel that was closed
            self._autosaving.know(scan)
        if scan is not None and layer is self.series.value:
            self.scan = scan
            self.fill()

    def _on_proposed(self, scan: Scan) -> None:
        self._autosaving.know(scan)
        if scan is self.scan:
            self.fill()

    def fill(self) -> None:
        """Show the facts and the layers of the scan at hand in the form."""
        scan = self.scan
        self._timing.show(scan)
        self._settings.show(scan)
        self._filling = True
        if scan is not None:
            self.reset_choices()
            layers = self._viewer.layers
            self.artery.value = scan.artery if scan.artery in layers else None
            self.brain.value = scan.brain if scan.brain in layers else None
            self.vein.value = scan.vein if scan.vein in layers else None
        else:
            self.artery.value = self.brain.value = self.vein.value = None
        self._filling = self.probe.value = False
        self.region.value = None  # it belongs to the scan before
        self._studies.clear()
        self._drawing.scan(scan, self.artery.value, self.brain.value, self.vein.value)
        self.refresh_state()

    def _on_times(self) -> None:
        """Times, baseline or window have changed."""
        self._drawing.scan(self.scan)
        self.changed()

    def _on_setting(self, name: str) -> None:
        if name in ("vein", "slice_timing"):  # they change the arterial curve
            self._drawing.again()
        self.changed()

    def changed(self) -> None:
        """Something that decides the maps has changed."""
        self._said = self._noted = ""
        if self.scan is not None:
            self.scan.edits += 1
            made = self.scan.result is not None
            self.scan.outdated = made and self.reading.differs(self.scan.made_from)
            self._autosaving.edited(self.scan)
        self.probe.value = False
        self._studies.changed()
        self._live.changed()
        if not self._computing.running:  # else it was done when the run started
            self.refresh_state()

    def _on_step(self) -> None:
        self._drawing.volume()
        self._probe.moved()
        self._live.moved()

    def _on_masks(self) -> None:
        if not self._filling:
            if self.scan is not None:
                self.scan.artery, self.scan.brain = self.artery.value, self.brain.value
                self.scan.vein = self.vein.value
                for layer in (self.artery.value, self.brain.value, self.vein.value):
                    self.scan.meet(layer)
            self._drawing.masks(self.artery.value, self.brain.value, self.vein.value)

    def edited(self) -> None:
        """Look at the masks again: one has changed."""
        self._drawing.now()

    def _on_masks_changed(self, changed: bool) -> bool:
        if changed:
            self.changed()
        else:
            self.refresh_state()
        return changed and self._live.on and self._computing.running

    def _on_another_artery(self) -> None:
        """An AIF that is not at hand was painted: the maps stand, but it is kept and compared."""
        if self.scan is not None:
            self._autosaving.edited(self.scan)
        self._studies.changed()

    def _on_probed(self, words: str) -> None:
        self._probed = words
        self.refresh_state()

    @property
    def _jobs(self) -> tuple[Job, ...]:
        return (self._computing, self._studies, self._vessels, self._moving, self.room)

    def _on_cancel(self) -> None:
        for one in self._jobs:
            if one.running:
                one.cancel()

    def _on_run(self) -> None:
        if self._computing.running and self._computing.quiet:
            self._later.start(FLICKER)  # a run that is over by then moves no button
            return
        if not self._computing.running:
            of = self._computing.scan
            name = "" if of is None or of is self.scan else f"{of.layer.name}: "
            self._said = name + self._computing.said
            self._drawing.maps()
        self.refresh_state()

    @property
    def busy(self) -> bool:
        """Whether something is being computed, looked for or saved."""
        return any(one.running for one in self._jobs)

    def say(self, words: str) -> None:
        """Say something in the status line, until the next change."""
        self._noted = words
        self.refresh_state()

    def refresh_state(self) -> None:
        """Enable what can be done now, and say what is missing."""
        missing, scan = self.reading.missing(self._said), self.scan
        running = self._computing.running
        self._inputs.enable(scan, ready=not missing and not running, running=running)
        for labels in self._labels:
            labels.refresh()
        self.cancel.enabled = self.busy
        self.room.refresh(busy=self.busy and not self._computing.quiet)
        if self._vessels.running:
            self.propose.enabled = self.propose_vof.enabled = False
        offered = self._autosaving.offered(scan)
        self.restore.tooltip, self.restore.visible = offered, bool(offered)
        if not running or self._computing.quiet:
            old = OLD if scan is not None and scan.outdated and not missing else ""
            lines = self._probed, self._noted, self._said, missing, old
            said = [*dict.fromkeys(filter(None, lines))] or [READY]
            inherited = [] if scan is None or not scan.inherited else [scan.inherited]
            self.status.setText("\n".join(said + inherited))

    def _on_compute(self) -> None:
        if self._computing.running:
            return
        self.probe.value = False
        try:
            self._computing.start(self.reading.snapshot())
        except DscError as error:
            self.say(str(error))
