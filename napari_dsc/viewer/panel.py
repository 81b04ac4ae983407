"""The dock: reads the screen, starts the core, shows what returns."""

from collections.abc import Generator
from pathlib import Path
from typing import Any, get_args

import napari
from magicgui.widgets import ComboBox, FloatSpinBox, ProgressBar, PushButton, RangeSlider
from magicgui.widgets.bases import ValueWidget
from napari.layers import Image, Labels, Layer
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QFileDialog, QLabel, QMessageBox, QWidget
from superqt.utils import qthrottled

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.errors import DscError
from napari_dsc.core.maps import Scale
from napari_dsc.core.pipeline import (
    Analysis,
    Proposal,
    Settings,
    TtpOrigin,
    mean_signal,
    propose,
    stages,
)
from napari_dsc.core.types import BoolArray, Progress, Series
from napari_dsc.io.record import RESEARCH_USE, fingerprint, make_record
from napari_dsc.io.results import existing_results, write_results
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.forms import form_of, lay_out, method_form, method_of, parameters_of
from napari_dsc.viewer.layers import AIF_RED, BRAIN_CYAN, mask_layer_options, to_screen
from napari_dsc.viewer.pointer import Voxel, flip_voxel, shift_click
from napari_dsc.viewer.runner import Failure, Runner
from napari_dsc.viewer.scan import Scan, open_scan
from napari_dsc.viewer.show_maps import label_colour_bars, show_maps

__all__ = ["Panel"]

OPEN_ONE = "Open a 4-D scan: File > Open, or File > Open Sample > Digital patient."
LOOKING = "Looking for the brain and the baseline …"
DRAW = "Draw the artery: paint on the AIF layer, or Shift+click voxels on the picture."
EDIT_PAUSE = 60  # ms after the last edit of a mask before its curves are drawn
CURSOR_PAUSE = 33  # ms between two curves under the cursor


def _propose(series: Series) -> Generator[Progress, None, Proposal]:
    yield Progress(LOOKING, 0.0)
    return propose(series)


def _save(
    folder: Path, series: Series, analysis: Analysis, file: Path | None
) -> Generator[Progress, None, list[Path]]:
    yield Progress("Saving the maps", 0.0)
    record = make_record(series, analysis, None if file is None else fingerprint(file))
    return write_results(folder, analysis.maps, record, overwrite=True)


class Panel(QWidget):  # type: ignore[misc]
    """Perfusion maps: scan, masks, method, Compute.

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
    progress : ProgressBar
        Percent of the run.
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
        self._watched: list[Labels] = []
        self._last: tuple[Series, Analysis, Path | None] | None = None
        self._said = ""
        self._filling = False
        self._make_widgets()
        self._runner = Runner(self._refresh_state, self._show_progress)
        self._proposer = Runner(self._refresh_state)
        self.curves = Curves(napari_viewer)
        self.curves.baseline_moved.connect(self._on_baseline_dragged)
        self._edits = QTimer(self)
        self._edits.setSingleShot(True)
        self._edits.setInterval(EDIT_PAUSE)
        self._edits.timeout.connect(self._draw_masks)
        self._cursor_moved = qthrottled(self._draw_cursor, timeout=CURSOR_PAUSE)
        self._volume_moved = qthrottled(self._draw_volume, timeout=CURSOR_PAUSE)
        self._on_press = shift_click(self._on_clicked, self._voxel_at, self._is_arterial)
        self.reset_choices()
        self._show_method()
        self._refresh_state()

    # -- the widgets ---------------------------------------------------------------------------

    def _make_widgets(self) -> None:
        self.series = ComboBox(
            label="Scan",
            choices=self._scan_choices,
            nullable=True,
            tooltip="4-D image: a volume for each time point.",
        )
        self.repetition_time = FloatSpinBox(
            label="Repetition time TR (s)",
            value=0.0,
            min=0.0,
            max=60.0,
            step=0.0001,
            tooltip="Time from one volume to the next. Never guessed: unknown until it is given.",
        )
        self.echo_time = FloatSpinBox(
            label="Echo time TE (s)",
            value=0.0,
            min=0.0,
            max=0.9999,
            step=0.0001,
            tooltip="Gives ΔR2* its unit. The maps do not depend on it: it may stay unknown.",
        )
        for spin in (self.repetition_time, self.echo_time):
            spin.native.setSpecialValueText("unknown")
            spin.native.setSingleStep(0.001)
        self.artery = ComboBox(
            label="Artery (AIF)",
            choices=self._mask_choices,
            nullable=True,
            tooltip="Labels layer with the arterial voxels. Paint on it, or Shift+click.",
        )
        self.brain = ComboBox(
            label="Brain",
            choices=self._mask_choices,
            nullable=True,
            tooltip="Labels layer with the voxels to compute; without one, the whole image.",
        )
        self.baseline = RangeSlider(
            label="Baseline (volumes)",
            min=0,
            max=60,
            value=(0, 10),
            tooltip="From the first volume of the steady state (earlier ones are discarded) to "
            "the first of the bolus. Can be dragged in the curves too.",
        )
        self.method = ComboBox(
            label="Deconvolution", choices=list(DECONVOLVERS), value="oSVD", tooltip=""
        )
        self._parameters = method_form()
        self._scale = form_of(Scale)
        for name, widget in {**self._parameters, **self._scale}.items():
            setattr(self, name, widget)
            widget.changed.connect(self._on_form)
        self.ttp_from = ComboBox(
            label="TTP counts from",
            choices=list(get_args(TtpOrigin)),
            tooltip="The bolus arrival is that of the brain's mean curve (CAPLEX Q.CD1.010).",
        )
        self.compute = PushButton(text="Compute", tooltip="Compute the six maps of this scan.")
        self.cancel = PushButton(text="Cancel", tooltip="Stop; earlier maps stay as they are.")
        self.progress = ProgressBar(value=0, max=100)
        self.save = PushButton(
            text="Save maps …", tooltip="NIfTI with the scan's geometry, and record.json."
        )
        self.show_curves = PushButton(text="Curves", tooltip="Show the curve dock.")
        self.facts, self.status = QLabel(), QLabel()
        lay_out(
            self,
            {
                "Scan": [self.series, self.repetition_time, self.echo_time, self.facts],
                "Regions": [self.artery, self.brain, self.baseline],
                "Method": [self.method, *self._parameters.values()],
                "Units": [*self._scale.values(), self.ttp_from],
            },
            [
                self.status,
                [self.compute, self.cancel],
                [self.progress],
                [self.save, self.show_curves],
                QLabel(RESEARCH_USE),
            ],
        )
        self.series.changed.connect(self._on_series)
        self.repetition_time.changed.connect(self._on_times)
        self.echo_time.changed.connect(self._on_times)
        self.artery.changed.connect(self._on_masks)
        self.brain.changed.connect(self._on_masks)
        self.baseline.changed.connect(self._on_baseline)
        self.method.changed.connect(self._show_method)
        self.ttp_from.changed.connect(self._on_form)
        self.compute.changed.connect(self._on_compute)
        self.cancel.changed.connect(self._on_cancel)
        self.save.changed.connect(self._on_save)
        self.show_curves.changed.connect(self._dock_curves)

    def _scan_choices(self, _widget: Any = None) -> list[Layer]:
        layers = self._viewer.layers
        return [one for one in layers if isinstance(one, Image) and one.ndim == 4 and not one.rgb]

    def _mask_choices(self, _widget: Any = None) -> list[Layer]:
        return [one for one in self._viewer.layers if isinstance(one, Labels)]

    def reset_choices(self, _event: Any = None) -> None:
        """Bring the three lists of layers up to date; napari calls this when layers change."""
        for box in (self.series, self.artery, self.brain):
            box.reset_choices()

    # -- life of the dock ----------------------------------------------------------------------

    def showEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Listen to the viewer while the panel is docked."""
        super().showEvent(event)
        viewer = self._viewer
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.dims.events.current_step.connect(self._volume_moved)
        viewer.canvas.grid.events.enabled.connect(self._on_grid)
        viewer.layers.selection.events.active.connect(self._on_grid)
        if self._on_press not in viewer.mouse_drag_callbacks:
            viewer.mouse_drag_callbacks.append(self._on_press)
            viewer.mouse_move_callbacks.append(self._on_move)
        self._dock_curves()
        self.reset_choices()
        if self.series.value is None and (scans := self._scan_choices()):
            self._choose(scans[-1])

    def hideEvent(self, event: Any) -> None:  # noqa: N802 (Qt's name)
        """Stop listening: closing a dock sends only this."""
        super().hideEvent(event)
        viewer = self._viewer
        viewer.layers.events.inserted.disconnect(self._on_inserted)
        viewer.layers.events.removed.disconnect(self._on_removed)
        viewer.dims.events.current_step.disconnect(self._volume_moved)
        viewer.canvas.grid.events.enabled.disconnect(self._on_grid)
        viewer.layers.selection.events.active.disconnect(self._on_grid)
        if self._on_press in viewer.mouse_drag_callbacks:
            viewer.mouse_drag_callbacks.remove(self._on_press)
            viewer.mouse_move_callbacks.remove(self._on_move)

    def _dock_curves(self) -> None:
        if self.curves.parent() is None:
            self._viewer.window.add_dock_widget(
                self.curves, name="Perfusion curves", area="bottom", add_vertical_stretch=False
            )
        else:
            self.curves.parent().show()

    # -- the scan ------------------------------------------------------------------------------

    def _on_inserted(self, event: Any) -> None:
        layer = event.value
        if layer in self._scan_choices():
            QTimer.singleShot(0, lambda: self._choose(layer))

    def _on_removed(self, event: Any) -> None:
        self._scans.pop(event.value, None)
        self.reset_choices()
        self._refresh_state()

    def _choose(self, layer: Layer) -> None:
        if layer in self._viewer.layers:
            self.reset_choices()
            self.series.value = layer

    def _on_series(self, layer: Image | None) -> None:
        if layer is None:
            self._scan = None
        elif layer not in self._scans:
            self._take_up(layer)
        else:
            self._scan = self._scans[layer]
        scan = self._scan
        self._said = ""
        if scan is not None:
            self._fill(scan)
        self._refresh_state()

    def _take_up(self, layer: Image) -> None:
        try:
            scan = open_scan(layer)
        except DscError as error:
            self._scan, self._said = None, str(error)
            return
        self._scan = self._scans[layer] = scan
        scan.artery = self._add_mask(scan, "AIF", AIF_RED, None)
        self._viewer.layers.selection.active = scan.artery
        scan.artery.mode = "paint"
        self._look_for_brain(scan)

    def _look_for_brain(self, scan: Scan) -> None:
        def done(result: Proposal | Failure) -> None:
            scan.proposed = True
            if scan.layer not in self._viewer.layers:
                return
            if isinstance(result, Failure):
                scan.notices = (result.message,)
            else:
                scan.notices = result.notices
                scan.baseline = result.baseline
                scan.brain = self._add_mask(scan, "Brain", BRAIN_CYAN, result.brain)
                scan.brain.contour = 1
            if scan is self._scan:
                self._fill(scan)

        if not self._proposer.start("Brain and baseline", _propose, scan.series, done=done):
            QTimer.singleShot(50, lambda: self._look_for_brain(scan))

    def _add_mask(
        self, scan: Scan, name: str, color: tuple[float, ...], mask: BoolArray | None
    ) -> Labels:
        """Add a labels layer on the grid of the scan; what is active stays so."""
        import numpy as np

        layers = self._viewer.layers
        active = layers.selection.active
        shape = scan.layer.data.shape[1:]
        data = np.zeros(shape, np.uint8)
        if mask is not None:
            data[:] = to_screen(mask, scan.place)
        layer = Labels(data, **mask_layer_options(scan.series, name, color))
        layer.brush_size = 1
        layer.opacity = 1.0
        at = len(layers)
        if name == "Brain" and scan.artery in layers:
            at = layers.index(scan.artery)
        layers.insert(at, layer)
        if active is not None:
            mode = active.mode
            layers.selection.active = active
            active.mode = mode
        return layer

    def _fill(self, scan: Scan) -> None:
        """Show a scan's own facts and layers in the form."""
        self._filling = True
        series = scan.settled
        self.repetition_time.value = series.repetition_time or 0.0
        self.echo_time.value = series.echo_time or 0.0
        self.baseline.max = series.n_volumes
        if scan.baseline is not None:
            self.baseline.value = scan.baseline
        self.reset_choices()
        self.artery.value = scan.artery if scan.artery in self._viewer.layers else None
        self.brain.value = scan.brain if scan.brain in self._viewer.layers else None
        self._filling = False
        self._on_masks()
        self._draw_scan()

    def _on_times(self) -> None:
        if self._filling or self._scan is None:
            return
        self._scan.repetition_time = self.repetition_time.value or None
        self._scan.echo_time = self.echo_time.value or None
        self._draw_scan()
        self._refresh_state()

    # -- regions and curves --------------------------------------------------------------------

    def _on_masks(self) -> None:
        if self._filling:
            return
        for layer in self._watched:
            layer.events.paint.disconnect(self._on_edit)
            layer.events.set_data.disconnect(self._on_edit)
        self._watched = list(
            {id(one): one for one in (self.artery.value, self.brain.value) if one}.values()
        )
        for layer in self._watched:
            layer.events.paint.connect(self._on_edit)
            layer.events.set_data.connect(self._on_edit)
        if self._scan is not None:
            self._scan.forget_drawn()
        self._draw_masks()

    def _on_edit(self, _event: Any = None) -> None:
        self._edits.start()

    def _draw_masks(self) -> None:
        """Draw the curves of masks that have changed, and say what is missing."""
        scan = self._scan
        if scan is not None:
            try:
                artery, brain = scan.mask(self.artery.value), scan.mask(self.brain.value)
            except DscError:
                artery = brain = None  # the status line says it
            if scan.is_new("brain", brain):
                scan.mean_signal = None
                if brain is not None and brain.any():
                    scan.mean_signal = mean_signal(scan.series, brain)
                self.curves.show_brain(scan.mean_curve())
            if scan.is_new("artery", artery):
                self.curves.show_artery(scan.curves_in(artery))
        self._refresh_state()

    def _draw_scan(self) -> None:
        """Draw all that depends on the baseline and the times."""
        scan = self._scan
        if scan is None:
            return
        series = scan.settled
        self.curves.show_scan(series.time, series.n_volumes, series.echo_time is not None)
        self.curves.show_baseline(*scan.span)
        self.curves.show_brain(scan.mean_curve())
        scan.forget_drawn()
        self._draw_masks()
        self._draw_volume()

    def _on_baseline(self) -> None:
        if self._filling or self._scan is None:
            return
        start, stop = (int(edge) for edge in self.baseline.value)
        if stop - start >= 1:
            self._scan.baseline = (start, stop)
            self._draw_scan()

    def _on_baseline_dragged(self, start: int, stop: int) -> None:
        self.baseline.value = (start, stop)
        self._on_baseline()  # the line snaps to whole volumes even where the value is the old one

    def _on_move(self, _viewer: Any, event: Any) -> None:
        self._cursor_moved(tuple(event.position))

    def _draw_cursor(self, position: tuple[float, ...]) -> None:
        scan = self._scan
        if scan is not None and scan.layer in self._viewer.layers:
            voxel = scan.voxel_at(position)
            self.curves.show_cursor(None if voxel is None else scan.curve_at(voxel))

    def _draw_volume(self, _event: Any = None) -> None:
        scan = self._scan
        if scan is not None and scan.layer in self._viewer.layers:
            volume = scan.volume_at(self._viewer.dims.point)
            if volume is not None:
                self.curves.show_volume(volume)

    def _voxel_at(self, position: Any) -> Voxel | None:
        if self._scan is None or self.artery.value is None:
            return None
        return self._scan.voxel_at(tuple(position))

    def _is_arterial(self, voxel: Voxel) -> bool:
        return bool((self.artery.value.data[(..., *voxel)] > 0).any())

    def _on_clicked(self, voxel: Voxel, value: bool) -> None:
        flip_voxel(self.artery.value, voxel, value)
        self._on_edit()

    # -- what is missing -----------------------------------------------------------------------

    def _show_method(self) -> None:
        own = parameters_of(self.method.value)
        for name, widget in self._parameters.items():
            widget.visible = name in own
        self.method.tooltip = DECONVOLVERS[self.method.value].__doc__.split("\n")[0]
        self._on_form()

    def _on_form(self) -> None:
        self._refresh_state()

    def _settings(self, scan: Scan) -> Settings:
        return Settings(
            method=method_of(self.method.value, self._parameters),
            scale=Scale(**{name: widget.value for name, widget in self._scale.items()}),
            baseline=scan.span,
            ttp_from=self.ttp_from.value,
        )

    def _missing(self) -> str:
        """Say in words what stands between the user and Compute; empty if nothing does."""
        scan = self._scan
        if scan is None:
            return self._said or OPEN_ONE
        if not scan.proposed:
            return LOOKING
        if scan.settled.time is None:
            said = [one for one in scan.series.notices if "epetition time" in one]
            return said[0] if said else "Enter the repetition time TR, in seconds."
        if self.artery.value is None:
            return "Choose the labels layer that holds the artery."
        if self.artery.value is self.brain.value:
            return "Artery and brain must be two layers: choose another for one of them."
        try:
            artery, brain = scan.mask(self.artery.value), scan.mask(self.brain.value)
        except DscError as error:
            return str(error)
        if artery is None or not artery.any():
            return DRAW
        if brain is not None and not brain.any():
            return "The brain is empty: paint it, or choose the whole image (no layer)."
        return ""

    def _refresh_state(self) -> None:
        running = self._runner.running
        missing = self._missing()
        self.compute.enabled = not running and not missing
        self.cancel.enabled = running
        self.save.enabled = not running and self._last is not None
        if not running:
            self.status.setText(missing or self._said or "Ready: press Compute.")
        self.facts.setText("" if self._scan is None else self._scan.facts())
        self.facts.setVisible(self._scan is not None)

    # -- the run -------------------------------------------------------------------------------

    def _show_progress(self, step: Progress) -> None:
        self.progress.value = round(100 * step.fraction)
        self.status.setText(f"{step.stage} …")

    def _on_compute(self) -> None:
        scan = self._scan
        if self._runner.running or self._missing() or scan is None:
            return
        try:
            settings = self._settings(scan)
            artery, brain = scan.mask(self.artery.value), scan.mask(self.brain.value)
        except DscError as error:
            self._said = str(error)
            self._refresh_state()
            return
        used = [scan.layer, self.artery.value]
        used += [] if self.brain.value is None else [self.brain.value]
        series = scan.settled
        self.progress.value = 0

        def done(result: Analysis | Failure) -> None:
            self._said = self._show(scan, series, used, result)

        def cancelled() -> None:
            self._said = "Cancelled: earlier maps are as they were."
            self.progress.value = 0

        self._runner.start(
            "Perfusion maps", stages, series, artery, brain, settings,
            done=done, cancelled=cancelled,
        )  # fmt: skip

    def _on_cancel(self) -> None:
        self.status.setText("Stopping …")
        self._runner.cancel()

    def _show(
        self, scan: Scan, series: Series, used: list[Layer], result: Analysis | Failure
    ) -> str:
        """Show what a run returned; return what is to be said of it."""
        if isinstance(result, Failure):
            self.progress.value = 0
            return result.message
        gone = [layer.name for layer in used if layer not in self._viewer.layers]
        if gone:
            self.progress.value = 0
            return f"Result discarded: layer {', '.join(gone)} was removed during the run."
        show_maps(self._viewer, scan, result)
        QTimer.singleShot(50, self._viewer.fit_to_view)
        source = scan.layer.source.path
        self._last = (series, result, None if source is None else Path(source))
        self.progress.value = 100
        stands, total = result.maps.quality_mask, int(result.brain.sum())
        share = 0 if stands is None else stands.sum() / total
        words = f"Done: {total:,} voxels, {share:.0%} with an answer that stands."
        return "\n".join([words, *series.notices, *result.notices])

    def _on_grid(self, event: Any = None) -> None:
        label_colour_bars(self._viewer, event)

    # -- saving --------------------------------------------------------------------------------

    def _on_save(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the maps")
        if not chosen:
            return
        folder = Path(chosen)
        standing = existing_results(folder)
        if standing:
            question = f"Replace {len(standing)} earlier result files in {folder.name}?"
            answer = QMessageBox.question(self, "Save maps", question)
            if answer != QMessageBox.StandardButton.Yes:
                return
        self.save_to(folder)

    def save_to(self, folder: Path) -> None:
        """Save the maps of the last run and their record, on a worker thread.

        Parameters
        ----------
        folder : Path
            Made if it does not exist; earlier results there are replaced.
        """
        if self._last is None:
            return

        def done(result: list[Path] | Failure) -> None:
            failed = isinstance(result, Failure)
            self._said = result.message if failed else f"Saved {len(result)} files."

        self._runner.start("Saving the maps", _save, folder, *self._last, done=done)
