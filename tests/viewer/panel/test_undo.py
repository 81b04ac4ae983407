"""Undo: one button takes back whatever a gesture has changed, and says what it was."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.maps.map_layers import RESIZED
from tests.viewer.desk import LEFT, outlast

SHIFT, CONTROL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


def undo(desk) -> str:
    """Press Undo with the mouse, and return what is said."""
    button = desk.panel.room.bar.tools.undo
    desk.wait(button.isEnabled)
    QTest.mouseClick(button, LEFT)
    return str(desk.panel.status.text()).split("\n")[0]


def settled(desk) -> None:
    """Wait until what was done is one step."""
    desk.wait(lambda: bool(desk.panel.undoing.words))
    desk.panel.undoing.collect()


def test_fault_204_a_stroke_is_taken_back_whole(opened):
    """With a button and a word; then the one before it."""
    desk = opened
    aif = desk.panel.form.artery.value
    desk.arm("aif")
    desk.drag([(2, 12, 10), (2, 12, 11), (2, 12, 12)])
    settled(desk)
    first = aif.data.copy()
    desk.drag([(2, 20, 10), (2, 20, 11)])
    desk.wait(lambda: desk.panel.undoing.words.startswith("2 voxels"))
    assert undo(desk) == "Taken back: 2 voxels added to AIF."
    np.testing.assert_array_equal(aif.data, first)
    assert undo(desk) == "Taken back: 3 voxels added to AIF."
    assert not aif.data.any()


@pytest.mark.parametrize("role", ["artery", "vein", "brain", "regions"])
@pytest.mark.parametrize("tool", ["paint", "erase"])
def test_fault_204_strokes_on_every_layer_of_ours(computed, role, tool):
    """Drawn and erased alike; the maps are as they were after it."""
    desk = computed
    desk.panel.room.show("single")
    outlast(3 * RESIZED)  # the picture has found its shape
    if role == "regions":
        desk.arm("region")
        layer = desk.panel.scan.layers.regions
        desk.drag([(2, 20, 20 + step) for step in range(3)])
        settled(desk)
    else:
        if role == "vein":
            QTest.mouseClick(desk.panel.form.propose_vof.native, LEFT)
            desk.wait(lambda: desk.panel.form.vein.value is not None and not desk.panel.busy)
            settled(desk)
        layer = getattr(desk.panel.scan.layers, role)
    layer.visible = True
    desk.viewer.layers.selection.active = layer
    layer.mode = tool  # with napari's own buttons
    before, words = layer.data.copy(), desk.panel.undoing.words
    z = int(np.argwhere(before)[0, 0]) if tool == "erase" else 2
    free = before[z] == 0 if tool == "paint" else before[z] > 0
    at = np.argwhere(free)[len(np.argwhere(free)) // 2]
    desk.viewer.dims.set_point(1, desk.panel.scan.position_of((z, 0, 0), desk.viewer.dims.units)[0])
    desk.click((z, *map(int, at)))
    assert (layer.data != before).any()
    desk.wait(lambda: desk.panel.undoing.words not in ("", words) or tool == "paint")
    said = undo(desk)
    np.testing.assert_array_equal(layer.data, before)
    assert layer.name in said


def test_fault_204_a_shift_click_a_tick_and_a_proposal_are_taken_back(opened):
    desk = opened
    aif = desk.panel.form.artery.value
    desk.click((2, 14, 11), SHIFT)
    assert aif.data.sum() == 1
    settled(desk)
    assert "1 voxel added to AIF" in undo(desk)
    assert not aif.data.any()
    desk.press(desk.panel.form.propose)
    desk.wait(lambda: aif.data.any() and not desk.panel.busy)
    settled(desk)
    assert "added to AIF" in undo(desk)
    assert not aif.data.any()


def test_fault_204_a_proposal_beside_a_drawn_aif_is_taken_back_with_its_layer(computed):
    """The AIF that was at hand is at hand again."""
    desk = computed
    aif, count = desk.panel.form.artery.value, len(desk.viewer.layers)
    desk.press(desk.panel.form.propose)
    desk.wait(lambda: desk.panel.form.artery.value is not aif and not desk.panel.busy)
    settled(desk)
    assert "AIF (proposed)" in undo(desk)
    assert desk.panel.form.artery.value is aif
    assert len(desk.viewer.layers) == count
    assert not desk.panel.scan.results.outdated


def test_fault_204_settings_and_times_are_taken_back(computed):
    """As they were, in the form, the scan and the maps' state."""
    desk = computed
    form, facts = desk.panel.form, desk.panel.scan.facts
    form.svd_threshold.value = 0.3
    settled(desk)
    desk.wait(
        lambda: "truncation" in desk.panel.undoing.words or "threshold" in desk.panel.undoing.words
    )
    baseline = tuple(form.baseline.value)
    form.baseline.value = (3, 10)
    desk.wait(lambda: "baseline" in desk.panel.undoing.words)
    form.repetition_time.value = 2.0
    desk.wait(lambda: "repetition time" in desk.panel.undoing.words)
    assert "the repetition time" in undo(desk)
    assert facts.repetition_time is None
    assert form.repetition_time.value == 1.5
    assert tuple(form.baseline.value) == (3, 10)
    assert "the baseline" in undo(desk)
    assert tuple(form.baseline.value) == baseline
    assert "setting" in undo(desk)
    assert form.svd_threshold.value == 0.2
    assert not desk.panel.scan.results.outdated


def test_a_region_that_was_erased_comes_back(computed):
    desk = computed
    desk.arm("region")
    desk.drag([(2, 20, 20 + step) for step in range(3)])
    settled(desk)
    layer = desk.panel.scan.layers.regions
    painted = layer.data.copy()
    layer.data = np.zeros_like(painted)
    desk.wait(lambda: "erased" in desk.panel.undoing.words)
    desk.panel.room.show("grid")  # where the layer is hidden
    undo(desk)
    np.testing.assert_array_equal(layer.data, painted)


def test_the_key_takes_back_what_the_button_does(opened):
    """Ctrl+Z, whichever layer is active."""
    desk = opened
    desk.click((2, 14, 11), SHIFT)
    settled(desk)
    desk.viewer.layers.selection.active = desk.panel.form.series.value
    QTest.keyClick(desk.canvas(), Qt.Key.Key_Z, CONTROL)
    assert not desk.panel.form.artery.value.data.any()
    desk.click((2, 14, 11), SHIFT)
    settled(desk)
    desk.viewer.layers.selection.active = desk.panel.form.artery.value
    QTest.keyClick(desk.canvas(), Qt.Key.Key_Z, CONTROL)
    assert not desk.panel.form.artery.value.data.any()
    QTest.keyClick(desk.canvas(), Qt.Key.Key_Z, CONTROL | SHIFT)
    assert not desk.panel.form.artery.value.data.any()


def test_what_the_program_finds_is_no_step(desk, scan_file):
    """After opening there is nothing to take back."""
    desk.open(scan_file)
    desk.panel.undoing.collect()
    assert desk.panel.undoing.words == ""
    assert not desk.panel.room.bar.tools.undo.isEnabled()


def test_steps_of_a_layer_that_was_removed_are_gone(opened):
    desk = opened
    desk.is_used_up = True
    desk.click((2, 14, 11), SHIFT)
    settled(desk)
    desk.viewer.layers.remove(desk.panel.form.artery.value)
    assert "AIF" not in desk.panel.undoing.words


def test_slices_are_no_step(computed, patient):
    """Going through the slices changes nothing that could be taken back."""
    desk = computed
    desk.panel.undoing.collect()
    before = desk.panel.undoing.words
    for z in range(4):
        desk.viewer.dims.set_current_step(1, z)
    desk.panel.undoing.collect()
    assert desk.panel.undoing.words == before
    wanted = to_screen(patient.artery, desk.panel.scan.place)
    np.testing.assert_array_equal(desk.panel.form.artery.value.data > 0, wanted)
