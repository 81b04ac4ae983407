"""A window that several scenes use one after the other, and how it is brought back for each."""

import gc
import shutil
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import napari
import numpy as np
import pytest
from napari.layers import Image, Labels
from napari.qt.threading import WorkerBase
from qtpy.QtWidgets import QApplication, QMainWindow

from napari_dsc.core.quantities import FAMILIES
from napari_dsc.core.settings import SETTINGS
from napari_dsc.viewer.layers import KEY, to_screen
from napari_dsc.viewer.review.scan_title import OVERLAY
from tests.viewer.desk import Desk, resize, wait_until

SIZE = 1100, 760  # px
BRIEF = 10_000  # ms
FORM = (
    *("repetition_time", "echo_time", "quantity", "method", "svd_threshold", "oscillation_index"),
    *("hematocrit_ratio", "density", "ttp_from", "slice_timing", "baseline", "first_pass"),
    "spread",
    *("rescale", "gamma", "live", "probe", "bolus_maps", "recovery"),
    *("leakage_model", "leakage_where", "leakage_tolerant", "flip_angle", "preload"),
    *("cbv", "times_by", "denoise", "aif_average", "aif_gamma_variate", "aif_shift"),
    *("expected_volume", "aif_echo"),
)


@contextmanager
def opened_viewer(**options: Any) -> Iterator[napari.Viewer]:
    """A viewer on screen, as `make_napari_viewer` makes it, but for as long as one likes.

    Its thread that reads the layers under the cursor is not started, as there.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("napari._qt.threads.status_checker.StatusChecker.start", lambda *_: None)
        viewer = napari.Viewer(**{"show": True, "show_welcome_screen": False, **options})
        resize(viewer.window, *SIZE)
        QApplication.processEvents()
        try:
            yield viewer
        finally:
            WorkerBase.await_workers(5000)
            if is_open(viewer):
                viewer.close()
            QApplication.processEvents()


def is_open(viewer: napari.Viewer) -> bool:
    """Whether nobody has closed its window."""
    try:
        viewer.window.geometry()
    except (AttributeError, RuntimeError):  # as Python and Qt say that it is gone
        return False
    return True


def has_points(curve: Any) -> bool:
    """Whether a curve of the dock is drawn."""
    return curve.yData is not None and len(curve.yData) > 0


@dataclass
class Kept:
    """What every scene begins with."""

    scan: Any
    artery: Labels
    brain: Labels
    with_maps: bool
    result: Any
    form: dict[str, Any]
    layers: dict[Any, dict[str, Any]]  # attributes by layer, from the bottom to the top
    data: dict[Any, np.ndarray]  # of the labels
    point: tuple[float, ...]


@dataclass
class Station:
    """One viewer with the panel for many scenes: opened by the first that wants it.

    `ready` gives every scene the same: the digital patient's scan, alone or with the true artery
    and its maps in the grid, the form as it comes, nothing else on screen. What a scene has added
    is removed; what it has set, painted or shown is set back by the members and layers that a
    user has; maps that are not those of the start are computed again. Where a scene has gone
    further (it has removed the scan, or closed the panel), the next begins with the scan opened
    anew, or in a new window.
    """

    patient: Any
    scan_file: Any
    state: Path  # where it keeps what is painted
    opened: Any = None
    viewer: Any = None  # until it is opened; likewise
    window: Any = None  # as Qt has it
    desk: Any = None
    kept: Any = None
    faults: list[str] = field(default_factory=list)

    def ready(self, qtbot, *, with_maps: bool) -> Desk:
        """The window with the patient's scan, and the maps or nothing drawn."""
        desk = self.with_panel(qtbot)
        self.make_ready(desk, with_maps)
        return desk

    def make_ready(self, desk: Desk, with_maps: bool) -> None:
        """Bring back what there was, or open it anew."""
        if desk.is_used_up or not self.is_kept(with_maps) or not self.brought_back():
            self.clear()
            desk.open(self.scan_file)
            if with_maps:
                desk.draw(self.patient)
                desk.compute()
                desk.wait(lambda: desk.map("CBF") is not None and not desk.panel.busy)
            desk.wait(lambda: desk.panel.scan.facts.fingerprint is not None)
            QApplication.processEvents()
            self.kept, desk.is_used_up = self.look(with_maps), False

    def empty(self, qtbot) -> Desk:
        """The window without a layer."""
        desk, self.kept = self.with_panel(qtbot), None
        self.clear()
        return desk

    def bare(self) -> napari.Viewer:
        """A viewer without the panel, a layer or a dock of ours."""
        whole = self.viewer is not None and self.desk is None and is_open(self.viewer)
        if not whole or OVERLAY in self.viewer.canvas.overlays:  # a panel was here, and left marks
            self.close()
            self.open()
        viewer = self.viewer
        for dock in list(viewer.window.dock_widgets.values()):
            viewer.window.remove_dock_widget(dock)
        viewer.layers.clear()
        viewer.canvas.grid.enabled = False
        self.look_straight()
        return viewer

    def with_panel(self, qtbot) -> Desk:
        """The window as it is; a new one, if somebody has closed it or its panel."""
        if self.desk is None or not self.desk.is_whole():
            self.close()
            self.open()
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("XDG_STATE_HOME", str(self.state))  # the panel asks once
                _, panel = self.viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
            self.desk = Desk(self.viewer, panel, qtbot)
            gc.collect()
            gc.freeze()
        self.desk.qtbot = qtbot
        return self.desk

    def open(self) -> None:
        """A window."""
        self.opened = opened_viewer()
        before = set(QApplication.topLevelWidgets())
        self.viewer = self.opened.__enter__()
        after = set(QApplication.topLevelWidgets()) - before
        self.window = next(one for one in after if isinstance(one, QMainWindow))
        gc.collect()
        gc.freeze()  # what stays is passed over

    def close(self) -> None:
        """Close the window, if there is one."""
        if self.opened is not None:
            gc.unfreeze()
            self.opened.__exit__(None, None, None)
            gc.collect()  # a computation that nobody ended is over now
        self.opened = self.viewer = self.window = self.desk = self.kept = None

    def clear(self) -> None:
        """No layer, the form as it comes, and nothing kept of what was painted."""
        desk = self.desk
        panel, viewer = desk.panel, desk.viewer
        self.stop()
        viewer.canvas.grid.enabled = False
        viewer.layers.clear()
        desk.wait(lambda: panel.scan is None)
        WorkerBase.await_workers(5000)
        shutil.rmtree(self.state)
        self.state.mkdir()
        for name, row in SETTINGS.items():
            widget = panel.form.of_settings.get(name)
            if widget is not None and row.default is not None and widget.value != row.default:
                widget.value = row.default
        panel.form.rescale.value = panel.form.gamma.value = False
        self.look_as_ever()

    def look(self, with_maps: bool) -> Kept:
        """Note what every scene begins with."""
        panel, viewer = self.desk.panel, self.desk.viewer
        shown = {}
        for layer in viewer.layers:
            names = ["name", "visible", "opacity"]
            names += ["contrast_limits", "colormap"] if isinstance(layer, Image) else []
            names += ["mode", "brush_size", "contour"] if isinstance(layer, Labels) else []
            shown[layer] = {name: getattr(layer, name) for name in names}
        return Kept(
            scan=panel.scan,
            artery=panel.form.artery.value,
            brain=panel.form.brain.value,
            with_maps=with_maps,
            result=panel.scan.results.run,
            form={name: getattr(panel.form, name).value for name in FORM},
            layers=shown,
            data={one: np.array(one.data) for one in shown if isinstance(one, Labels)},
            point=tuple(viewer.dims.point),
        )

    def is_kept(self, with_maps: bool) -> bool:
        """Whether there is still something to come back to."""
        kept, layers = self.kept, self.desk.viewer.layers
        if kept is None or kept.with_maps != with_maps or not set(kept.layers) <= set(layers):
            return False
        return with_maps or kept.scan.results.run is None

    def brought_back(self) -> bool:
        """Bring everything back by what a user can do; return whether all of it is as it was."""
        kept, desk = self.kept, self.desk
        try:
            self.stop()
            self.tidy()
            self.fill()
            if kept.with_maps and not self.has_its_maps():
                desk.compute()
                desk.wait(lambda: not desk.panel.busy)
                kept.result = kept.scan.results.run
            self.show()
            return self.is_as_kept()
        except TimeoutError:  # something does not come back: the scan is opened anew
            self.faults.append(traceback.format_exc())
            return False

    def stop(self) -> None:
        """Nothing runs, plays or follows the hand."""
        desk, panel = self.desk, self.desk.panel
        panel.form.live.value = panel.form.probe.value = False
        panel.tools.disarm()
        panel.gestures.look_at(None)
        panel.room.leave_slices()
        panel.room.stop()
        if panel.busy and panel.form.cancel.enabled:
            panel.form.cancel.native.click()
        desk.wait(lambda: not panel.busy)

    def soon(self, condition: Callable[[], bool]) -> None:
        """Wait for what comes back soon or never: else the scan is opened anew."""
        wait_until(condition, BRIEF)

    def tidy(self) -> None:
        """Only the layers that were there, in their order; the scan of the start at hand."""
        kept, desk = self.kept, self.desk
        panel, layers = desk.panel, desk.viewer.layers
        if panel.scan is kept.scan:
            panel.room.pages.regions.mirror.value = panel.room.bar.subtract.value = False
        for layer in [one for one in layers if one not in kept.layers]:
            if layer in layers:  # one may go with another
                layers.remove(layer)
        panel.form.series.value = kept.scan.layer
        self.soon(lambda: panel.scan is kept.scan)
        for at, layer in enumerate(kept.layers):
            if layers[at] is not layer:
                layers.move(layers.index(layer), at)

    def fill(self) -> None:
        """The form, the chosen layers and what is painted on them."""
        kept, panel = self.kept, self.desk.panel
        kept.scan.layers.considered.clear()
        panel.form.artery.value, panel.form.brain.value = kept.artery, kept.brain
        panel.form.vein.value = panel.form.region.value = None
        for name, value in kept.form.items():
            if getattr(panel.form, name).value != value:
                getattr(panel.form, name).value = value
        for layer, values in kept.data.items():
            if layer in (kept.artery, kept.brain) and (layer.data != values).any():
                layer.data = values.copy()
        QApplication.processEvents()
        self.soon(lambda: panel.reading.has_artery is kept.with_maps)
        self.soon(lambda: panel.form.compute.enabled)
        curves = panel.curves
        self.soon(lambda: has_points(curves.mean) is kept.with_maps and not curves.others)
        self.soon(lambda: not has_points(curves.vof) and not has_points(curves.saturated))

    def has_its_maps(self) -> bool:
        """Whether the maps on screen are those of the form, whole and with their flags."""
        kept, scan = self.kept, self.kept.scan
        if scan.results.run is not kept.result or scan.results.outdated:
            return False
        maps = {one.symbol: to_screen(one.values, scan.place) for one in scan.results.run[1].maps}
        return all(
            np.array_equal(scan.layers.maps[symbol].data, values, equal_nan=True)
            for symbol, values in maps.items()
        ) and np.array_equal(scan.layers.quality.data, kept.data[scan.layers.quality])

    def show(self) -> None:
        """The picture, its layers and the docks."""
        kept, desk = self.kept, self.desk
        panel, viewer = desk.panel, desk.viewer
        self.look_as_ever()
        if kept.with_maps and not self.is_in_grid():
            panel.room.show("grid")
        if kept.with_maps:
            kept.scan.layers.quality.metadata[KEY]["elsewhere"] = False  # hidden outside the grid
        viewer.canvas.grid.enabled = kept.with_maps
        viewer.fit_to_view()  # now that each picture has its cell again
        for layer, shown in kept.layers.items():
            for name, value in shown.items():
                if name != "mode" and np.any(getattr(layer, name) != value):
                    setattr(layer, name, value)
        viewer.layers.selection.active = panel.form.artery.value
        for layer, shown in kept.layers.items():
            if "mode" in shown and layer.mode != shown["mode"]:
                layer.mode = shown["mode"]
        viewer.dims.point = kept.point
        panel.curves.said.emit("")  # nothing in the status line
        self.soon(self.is_pointed_at_nothing)

    def is_in_grid(self) -> bool:
        """Whether the grid stands as it did, with the same pictures; making it takes long."""
        seen = all(layer.visible == shown["visible"] for layer, shown in self.kept.layers.items())
        views, grid = self.desk.panel.room.views, self.viewer.canvas.grid
        return views.kind == "grid" and grid.enabled and not views.parted and seen

    def is_pointed_at_nothing(self) -> bool:
        """Leave the picture, which may still be finding its shape; whether no voxel is read."""
        self.desk.leave()
        curves = self.desk.panel.curves
        return not has_points(curves.hovered) and not has_points(curves.lens.curve)

    def look_as_ever(self) -> None:
        """The views that the panel offers, and its curves in sight."""
        panel = self.desk.panel
        panel.room.views.symbol = "Tmax"
        panel.room.bar.opacity.value = 0.6
        panel.room.bar.family.value = next(iter(FAMILIES))
        panel.room.read_for("Stroke")
        panel.room.bar.steps.value = True
        late = panel.room.pages.late
        late.clean.value, late.smallest.value, late.fill.value = True, 1.0, True
        for limit in late.ticks:
            late.tick(limit, False)
        self.look_straight()
        panel.curves.bring_forward()

    def look_straight(self) -> None:
        """The window of its size and theme, the picture from its usual side."""
        viewer = self.viewer
        viewer.theme = "dark"
        resize(viewer.window, *SIZE)
        viewer.dims.ndisplay = 2
        viewer.dims.order = tuple(range(viewer.dims.ndim))
        viewer.scene.camera.orientation2d = ("down", "right")
        viewer.fit_to_view()
        QApplication.processEvents()

    def is_as_kept(self) -> bool:
        """Whether layers, form and maps are those of the start."""
        kept, desk = self.kept, self.desk
        panel = desk.panel
        form = {name: getattr(panel.form, name).value for name in FORM}
        self.faults += [f"{name} {form[name]}" for name in FORM if form[name] != kept.form[name]]
        same_layers = list(desk.viewer.layers) == list(kept.layers)
        same_labels = all((one.data == was).all() for one, was in kept.data.items())
        old = "older" in panel.status.text()
        if not same_layers or not same_labels or old:
            self.faults.append(f"layers {same_layers}, labels {same_labels}, old {old}")
        return form == kept.form and same_layers and same_labels and not old
