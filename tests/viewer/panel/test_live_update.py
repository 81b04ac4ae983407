"""The live loop: every change becomes maps, and nothing of a run that was overtaken is shown."""

from threading import Event
from time import process_time

import numpy as np
import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication

from napari_dsc import compute_perfusion_maps
from napari_dsc.core.deconvolution import Method
from napari_dsc.core.pipeline import Preview, stages
from napari_dsc.viewer.compute import run as computing
from napari_dsc.viewer.layers import placement, to_screen

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def computed(computed):
    """The digital patient with its maps, its slice with arteries on screen."""
    desk = computed
    desk.viewer.canvas.grid.enabled = False
    desk.viewer.dims.set_current_step(1, 1)
    QApplication.processEvents()
    return desk


def settled(desk) -> None:
    """Wait until no run is under way or about to start."""
    quiet = []

    def look():
        QApplication.processEvents()
        quiet.append(desk.panel.busy)
        return len(quiet) > 4 and not any(quiet[-4:])

    desk.wait(look)


def expected(desk, mask):
    """CBF on screen that the public function gives for an artery, with the form's settings."""
    panel = desk.panel
    scan, (start, stop) = panel.scan, map(int, panel.form.baseline.value)
    curves = np.stack(list(scan.curves_in(np.ones(scan.shape, bool))))[:, start:]
    aif = np.nanmean(scan.curves_in(mask)[:, start:], axis=0)
    brain = scan.mask(panel.form.brain.value)
    order = np.argwhere(np.ones(scan.shape, bool).T)[:, ::-1]
    volume = np.empty((*scan.shape, curves.shape[1]), np.float32)
    volume[tuple(order.T)] = curves
    method: Method = panel.form.method.value
    made = compute_perfusion_maps(
        volume,
        aif,
        scan.facts.settled.time[start:],
        brain,
        deconvolution_method=method,
        svd_threshold=panel.form.svd_threshold.value,
        density=panel.form.density.value,
        hematocrit_ratio=panel.form.hematocrit_ratio.value,
        baseline=slice(0, stop - start),
    )
    return to_screen(made.cbf.values, scan.place)


def agrees(desk, values) -> bool:
    """Whether the CBF on screen is that; rounding may flip oSVD's choice in a few voxels."""
    shown = desk.map("CBF").data
    stands = np.isfinite(values)
    same = np.array_equal(stands, np.isfinite(shown))
    return same and np.isclose(shown[stands], values[stands], rtol=2e-3).mean() > 0.995


def test_without_live_nothing_changes_and_it_is_said(computed):
    """The maps are older than the screen: the status line says so."""
    before = np.array(computed.map("CBF").data)
    computed.panel.form.density.value = 1.1
    settled(computed)
    np.testing.assert_array_equal(computed.map("CBF").data, before)
    assert "older" in computed.panel.status.text()
    computed.compute()
    computed.wait(lambda: "older" not in computed.panel.status.text())


def test_a_click_becomes_maps(computed, patient):
    """Shift+click removes a voxel of the AIF: the whole brain follows."""
    desk = computed
    desk.press(desk.panel.form.live)
    settled(desk)
    artery = to_screen(patient.artery, placement(patient.series.affine))
    voxel = next(tuple(map(int, at)) for at in np.argwhere(artery) if at[0] == 1)
    before = np.array(desk.map("CBF").data)
    desk.click(voxel, SHIFT)
    settled(desk)
    mask = patient.artery.copy()
    mask[desk.panel.scan.file_index(voxel)] = False
    assert not np.array_equal(desk.map("CBF").data, before, equal_nan=True)
    assert agrees(desk, expected(desk, mask))
    desk.panel.form.artery.value.undo()
    settled(desk)
    assert agrees(desk, expected(desk, patient.artery))


def test_every_setting_becomes_maps(computed, patient):
    """Threshold, kH and density, method, baseline, window: one after the other."""
    desk, panel = computed, computed.panel
    panel.form.live.value = True
    settled(desk)
    for what, value in {
        "svd_threshold": 0.4,
        "density": 1.1,
        "hematocrit_ratio": 0.7,
        "method": "cSVD",
        "baseline": (2, 9),
        "first_pass": (4, 35),
    }.items():
        before = {name: np.array(desk.map(name).data) for name in ("CBV", "CBF")}
        getattr(panel.form, what).value = value
        settled(desk)
        changed = "CBV" if what == "first_pass" else "CBF"
        assert not np.array_equal(desk.map(changed).data, before[changed], equal_nan=True)
        assert agrees(desk, expected(desk, patient.artery))
        assert "older" not in panel.status.text()


def test_of_many_changes_the_last_one_stands(computed, patient):
    """Faster than a run: what was overtaken is never shown as the end."""
    desk, panel = computed, computed.panel
    panel.form.live.value = True
    for density in (0.95, 1.0, 1.05, 1.1, 1.15):
        panel.form.density.value = density
    settled(desk)
    assert agrees(desk, expected(desk, patient.artery))


def test_a_slice_of_a_run_that_was_overtaken_is_not_shown(computed, monkeypatch):
    """Its slice comes after the change that overtook it: no picture ever has it."""
    desk, panel, waited, taken = computed, computed.panel, Event(), Event()
    panel.form.live.value = True
    settled(desk)

    def slowly(*inputs, **options):
        work = stages(*inputs, **options)
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                return end.value
            if isinstance(step, Preview):
                waited.wait(30)  # the gesture waits for it in vain
                yield step
                taken.set()
            else:
                yield step

    monkeypatch.setattr(computing, "stages", slowly)
    shown, cbf = [], desk.map("CBF")
    before, density = np.array(cbf.data[1]), panel.form.density.value
    cbf.events.set_data.connect(lambda: shown.append(np.array(cbf.data[1])))
    panel.form.density.value = 0.8
    waited.set()
    assert taken.wait(30)  # its slice is there, and nobody has looked
    panel.form.density.value = 1.2
    settled(desk)
    assert shown
    for factor, seen in ((density / 0.8, False), (density / 1.2, True)):
        found = any(np.allclose(one, before * factor, rtol=1e-3, equal_nan=True) for one in shown)
        assert found == seen


def test_an_empty_artery_says_what_is_missing_and_keeps_the_maps(computed):
    """Nothing can be computed: the maps of the last whole run stay."""
    desk, panel = computed, computed.panel
    panel.form.live.value = True
    settled(desk)
    before = np.array(desk.map("CBF").data)
    panel.form.artery.value.data = np.zeros_like(panel.form.artery.value.data)
    settled(desk)
    assert "Draw the artery" in panel.status.text()
    np.testing.assert_array_equal(desk.map("CBF").data, before)


def test_zoom_and_window_stay_while_it_is_live(computed):
    """A refresh moves no camera and sets no contrast."""
    desk = computed
    desk.panel.form.live.value = True
    settled(desk)
    desk.viewer.scene.camera.zoom *= 1.7
    desk.map("CBF").contrast_limits = (5, 55)
    zoom = desk.viewer.scene.camera.zoom
    desk.panel.form.density.value = 1.12
    settled(desk)
    assert desk.viewer.scene.camera.zoom == zoom
    assert tuple(desk.map("CBF").contrast_limits) == (5, 55)


def test_saving_is_not_stopped_by_a_change(computed, tmp_path):
    """What is being written is written to its end; the change follows."""
    desk, panel = computed, computed.panel
    panel.form.live.value = True
    settled(desk)
    panel.results.save_to(tmp_path / "maps")
    panel.form.density.value = 1.11
    settled(desk)
    assert (tmp_path / "maps" / "record.json").is_file()
    assert "older" not in panel.status.text()


def test_the_window_stays_awake(computed):
    """Events are handled while the maps are refreshed: no silence of a second.

    Of the processor, for this program: how long others keep it is none of its silence.
    """
    desk, ticks = computed, []
    timer = QTimer()
    timer.setInterval(5)
    timer.timeout.connect(lambda: ticks.append(process_time()))
    desk.panel.form.live.value = True
    settled(desk)
    timer.start()
    for density in (1.0, 1.1):
        desk.panel.form.density.value = density
        settled(desk)
    timer.stop()
    assert np.diff(ticks).max() < 1
