"""The dock: reads the screen, starts the core, shows what returns."""

from functools import partial
from pathlib import Path
from typing import Any

import napari
from magicgui.widgets.bases import ValueWidget
from napari.layers import Image, Layer
from qtpy.QtWidgets import QWidget

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import Proposal
from napari_dsc.viewer.computing import Computing
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.drawing import Drawing
from napari_dsc.viewer.inputs import Inputs
from napari_dsc.viewer.jobs import ask_folder, look
from napari_dsc.viewer.layers import AIF_RED, BRAIN_CYAN, set_time_step
from napari_dsc.viewer.pointer import Voxel, flip_voxel, shift_click
from napari_dsc.viewer.runner import Failure, Runner, soon
from napari_dsc.viewer.scan import LOOKING, Scan, add_mask, open_scan, scans_of, what_is_missing
from napari_dsc.viewer.show_maps import label_colour_bars

__all__ = ["Panel"]

READY = "Ready: press Compute."


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
    series, brain, artery : ComboBox
        Layers: the scan (4-D images only), and two masks (labels).
    repetition_time, echo_time : FloatSpinBox
        Seconds; 0 while unknown.
    baseline : RangeSlider
        First volume of the baseline and the first after it; earlier ones are discarded.
    method : ComboBox
        A key of `DECONVOLVERS`.
    svd_threshold, oscillation_index, hematocrit_ratio, density : FloatSpinBox
        Parameters, as the method and the scale declare them.
    ttp_from : ComboBox
        From where TTP counts.
    compute, cancel, save, show_curves : PushButton
        What can be done.
    progress : ProgressBar
        Percent of the run.
    status, facts : QLabel
        What is missing or was done, and what is known of the scan.
    curves : Curves
        The curve dock.
    """

    svd_threshold: ValueWidget[float]
    oscillation_index: ValueWidget[float]
    hematocrit_ratio: ValueWidget[float]
    density: ValueWidget[float]

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self._viewer = napari_viewer
        self._scans: dict[Layer, Scan] = {}
        self._scan: Scan | None = None
        self._said = ""
        self._filling = False
        self._inputs = one = Inputs(napari_viewer)
        self.series, self.artery, self.brain = one.series, one.artery, one.brain
        self.repetition_time, self.echo_time = one.repetition_time, one.echo_time
        self.baseline, self.method, self.ttp_from = one.baseline, one.method, one.ttp_from
        for name, widget in {**one.parameters, **one.scale}.items():
            setattr(self, name, widget)
        self.compute, self.cancel, self.progress = one.compute, one.cancel, one.progress
        self.save, self.show_curves = one.save, one.show_curves
        self.status, self.facts = one.status, one.facts
        self.curves = Curves(napari_viewer)
        self._drawing = Drawing(napari_viewer, self.curves, self._on_drawn)
        self._computing = Computing(
            napari_viewer, self, self.progress, self._on_run, self.status.setText
        )
        self._proposer = Runner(self, self._look_at_next)
        self._unseen: list[Scan] = []
        self._on_press = shift_click(self._on_clicked, self._voxel_at, self._is_arterial)
        self._label_bars = partial(label_colour_bars, napari_viewer)
        one.place(self)
        self._connect()
        self._listen(True)
        self._refresh_state()
        soon(self, self._wake)  # once it is docked, be the window shown or not

    def _connect(self) -> None:
        self.series.changed.connect(self._on_series)
        self.repetition_time.changed.connect(self._on_repetition_time)
        self.echo_time.changed.connect(self._on_echo_time)
        self.artery.changed.connect(self._on_masks)
        self.brain.changed.connect(self._on_masks)
        self.baseline.changed.connect(self._on_baseline)
        self.curves.baseline_moved.connect(self._on_baseline_dragged)
        for button, act in {
            self.compute: self._on_compute,
            self.cancel: self._computing.cancel,
            self.save: self._on_save,
            self.show_curves: self.curves.dock,
        }.items():
            button.changed.connect(act)

    def reset_choices(self, _event: Any = None) -> None:
        """Bring the three lists of layers up to date; napari calls this when layers change."""
        for box in (self.series, self.artery, self.brain):
            box.reset_choices()

    # -- life of the dock ----------------------------------------------------------------------

    def showEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Listen to the viewer while the panel is docked."""
        super().showEvent(event)
        self._wake()

    def _wake(self) -> None:
        self._listen(True)
        self.curves.dock()
        self.reset_choices()
        if self._scan is None:
            self._on_series(self.series.value)  # a scan that was open before the panel

    def hideEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Stop listening: closing a dock sends only this."""
        super().hideEvent(event)
        self._listen(False)

    def _listen(self, on: bool) -> None:
        viewer = self._viewer
        for emitter, callback in (
            (viewer.layers.events.inserted, self._on_inserted),
            (viewer.layers.events.removed, self._on_removed),
            (viewer.dims.events.current_step, self._drawing.volume),
            (viewer.canvas.grid.events.enabled, self._label_bars),
            (viewer.layers.events.reordered, self._label_bars),
            (viewer.layers.events.removed, self._label_bars),
            (viewer.canvas.events.size, self._label_bars),
        ):
            emitter.disconnect(callback)
            if on:
                emitter.connect(callback)
        for callbacks, hear in (
            (viewer.mouse_drag_callbacks, self._on_press),
            (viewer.mouse_move_callbacks, self._on_move),
        ):
            if on and hear not in callbacks:
                callbacks.append(hear)
            elif not on and hear in callbacks:
                callbacks.remove(hear)

    # -- the scan ------------------------------------------------------------------------------

    def _on_inserted(self, event: Any) -> None:
        layer = event.value
        if layer in scans_of(self._viewer):
            self.reset_choices()
            self.series.value = layer

    def _on_removed(self, event: Any) -> None:
        removed = self._scans.pop(event.value, None)
        for scan in self._scans.values():
            scan.forget(event.value)
        self.reset_choices()
        if removed is not None and removed is self._scan:
            self._said = ""
            self._on_series(self.series.value)
        self._refresh_state()

    def _on_series(self, layer: Image | None) -> None:
        self._scan = None if layer is None else self._scans.get(layer)
        self._fill()
        if layer is not None and self._scan is None:
            soon(self, lambda: self._take_up(layer))  # napari is still busy with its insertion

    def _take_up(self, layer: Image) -> None:
        if layer in self._scans or layer not in self._viewer.layers:
            return
        try:
            self._scans[layer] = scan = open_scan(layer)
        except DscError as error:
            self._said = str(error)
            self._refresh_state()
            return
        if scan.artery is None and not scan.proposed:
            scan.artery = add_mask(self._viewer, scan, "AIF", AIF_RED)
            self._viewer.layers.selection.active = scan.artery
            scan.artery.mode = "paint"
        if not scan.proposed:  # by a panel that was closed meanwhile, neither
            self._unseen.append(scan)
            self._look_at_next()
        if layer is self.series.value:
            self._scan = scan
            self._fill()

    def _look_at_next(self) -> None:
        """Propose brain and baseline of the scans that wait for it, one after the other."""
        if self._unseen and not self._proposer.running:
            self._look_for_brain(self._unseen.pop(0))
        self._refresh_state()

    def _look_for_brain(self, scan: Scan) -> None:
        def done(result: Proposal | Failure) -> None:
            scan.proposed = True
            if scan.layer not in self._viewer.layers:
                return
            if isinstance(result, Failure):
                scan.notices = (result.message,)
            else:
                scan.notices = result.notices
                scan.baseline = scan.proposal = result.baseline
                scan.brain = add_mask(self._viewer, scan, "Brain", BRAIN_CYAN, result.brain)
                scan.brain.contour = 1
            if scan is self._scan:
                self._fill()

        self._proposer.start("Brain and baseline", look, scan.series, done=done)

    def _fill(self) -> None:
        """Show the facts and the layers of the scan at hand in the form."""
        scan = self._scan
        self._filling = True
        if scan is not None:
            series, layers = scan.settled, self._viewer.layers
            self.repetition_time.value = series.repetition_time or 0.0
            self.echo_time.value = series.echo_time or 0.0
            self.baseline.max = series.n_volumes
            self.baseline.value = scan.span
            self.reset_choices()
            self.artery.value = scan.artery if scan.artery in layers else None
            self.brain.value = scan.brain if scan.brain in layers else None
        else:
            self.artery.value = self.brain.value = None
        self._filling = False
        self._drawing.scan(scan)
        self._on_masks()

    def _on_repetition_time(self, seconds: float) -> None:
        if self._scan is not None and not self._filling:
            self._scan.repetition_time = seconds or None
            set_time_step(self._scan.layer, self._scan.settled.repetition_time)
            self._scan.repropose()
            self.baseline.value = self._scan.span
            self._redraw()

    def _on_echo_time(self, seconds: float) -> None:
        if self._scan is not None and not self._filling:
            self._scan.echo_time = seconds or None
            self._redraw()

    def _on_baseline(self) -> None:
        start, stop = (int(edge) for edge in self.baseline.value)
        if self._scan is not None and not self._filling and stop > start:
            self._scan.baseline = (start, stop)
            self._redraw()

    def _on_baseline_dragged(self, start: int, stop: int) -> None:
        self.baseline.value = (start, stop)
        self._redraw()  # the region snaps to whole volumes even where they are the old ones

    def _redraw(self) -> None:
        self._drawing.scan(self._scan)
        self._refresh_state()

    def _on_masks(self) -> None:
        if not self._filling:
            if self._scan is not None:
                self._scan.artery, self._scan.brain = self.artery.value, self.brain.value
            self._drawing.masks(self.artery.value, self.brain.value)

    def _on_drawn(self, changed: bool) -> None:
        if changed:
            self._said = ""  # what was said of earlier regions
        self._refresh_state()

    def _on_move(self, _viewer: Any, event: Any) -> None:
        self._drawing.cursor(tuple(event.position))

    def _voxel_at(self, position: Any) -> Voxel | None:
        if self._scan is None or self.artery.value is None:
            return None
        return self._scan.voxel_at(tuple(position), self._viewer.layers.extent.units)

    def _is_arterial(self, voxel: Voxel) -> bool:
        return bool((self.artery.value.data[(..., *voxel)] > 0).any())

    def _on_clicked(self, voxel: Voxel, value: bool) -> None:
        flip_voxel(self.artery.value, voxel, value)
        self._drawing.edited()

    def _missing(self) -> str:
        if self._scan is None and self.series.value is not None:
            return self._said or LOOKING
        return what_is_missing(self._scan, self.artery.value, self.brain.value)

    def _on_run(self) -> None:
        if not self._computing.running:
            self._said = self._computing.said
            self._drawing.maps()
        self._refresh_state()

    def _refresh_state(self) -> None:
        missing, running = self._missing(), self._computing.running
        self.compute.enabled = not running and not missing
        self.cancel.enabled = running
        self.save.enabled = not running and self._scan is not None and bool(self._scan.result)
        if not running:
            said = dict.fromkeys(words for words in (self._said, missing) if words)
            self.status.setText("\n".join(said) or READY)
        self.facts.setText("" if self._scan is None else self._scan.facts())
        self.facts.setVisible(self._scan is not None)

    def _on_compute(self) -> None:
        scan = self._scan
        if scan is None or self._computing.running or self._missing():
            return
        try:
            settings = self._inputs.settings(scan.span)
            artery, brain = scan.mask(self.artery.value), scan.mask(self.brain.value)
        except DscError as error:
            self._said = str(error)
            self._refresh_state()
            return
        layers = (self.artery.value, self.brain.value, scan.layer)
        used = [one for one in layers if one is not None]
        if artery is not None:
            self._computing.start(scan, used, artery, brain, settings)

    def _on_save(self) -> None:
        folder = ask_folder(self)
        if folder is not None:
            self.save_to(folder)

    def save_to(self, folder: Path) -> None:
        """Save the maps of the last run and their record, on a worker thread.

        Parameters
        ----------
        folder : Path
            Made if it does not exist; earlier results there are replaced.
        """
        if self._scan is not None:
            self._computing.save(self._scan, folder)
