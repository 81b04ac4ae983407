"""Keys of napari's: over our layers they do nothing, unless a brush is armed."""

import numpy as np
import pytest
from app_model.types import KeyBinding
from napari.layers import Image, Labels, Shapes
from napari.utils.shortcuts import default_shortcuts
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_dsc.viewer.panel.layer_keys import BRUSH

NAMES = {
    "[": Qt.Key.Key_BracketLeft, "]": Qt.Key.Key_BracketRight, "-": Qt.Key.Key_Minus,
    "=": Qt.Key.Key_Equal, "Enter": Qt.Key.Key_Return, "Delete": Qt.Key.Key_Delete,
    "Backspace": Qt.Key.Key_Backspace,
}  # fmt: skip
VIEWS = ("Left", "Right", "Escape", "Space")  # they move the view, or are the program's own
MODIFIERS = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
}


def single_keys() -> list[str]:
    """Every key without Ctrl or Alt that napari binds for labels, images, shapes or the window."""
    kinds = ("labels", "label", "image", "shapes", "shape", "vertex", "contrast", "plane", "brush")
    found = {
        str(key)
        for name, keys in default_shortcuts.items()
        for key in keys
        if any(kind in name for kind in kinds) or "visibility" in name or "polygon" in name
    }
    return sorted(one for one in found if not {"Ctrl", "Alt"} & set(one.split("+")))


def press(desk, key) -> None:
    *held, last = [key] if key in NAMES else key.split("+")
    modifiers = Qt.KeyboardModifier.NoModifier
    for one in held:
        modifiers |= MODIFIERS[one]
    code = NAMES[last] if last in NAMES else getattr(Qt.Key, f"Key_{last}")
    QTest.keyClick(desk.canvas(), code, modifiers)


def state_of(desk):
    """All that a key could change of data, and of how layers are shown and painted on."""
    told = []
    for layer in desk.viewer.layers:
        names = ["visible", "mode", "opacity", "name"]
        if isinstance(layer, Labels):
            names += ["selected_label", "preserve_labels", "brush_size", "contour", "data"]
        elif isinstance(layer, Image):
            names += ["contrast_limits"]
        told.append([np.array(getattr(layer, name)).tolist() for name in names])
        told.append(np.array(layer.affine.affine_matrix).tolist())
        if isinstance(layer, Shapes):
            told.append([np.array(one).tolist() for one in layer.data])
    return told


@pytest.mark.parametrize("active", ["AIF", "Brain", "Regions", "CBF", "scan", "Midline"])
def test_fault_205_napari_s_single_keys_do_nothing(computed, active):
    """F, B, V, M, P, E, C, 1 to 7 and the rest: over each kind of layer."""
    desk = computed
    keys = [one for one in single_keys() if one not in VIEWS]
    assert set("FBVMPEXC12345") <= set(keys)
    if active == "Regions":
        desk.arm("region")
        desk.panel.tools.disarm()
    if active == "Midline":
        desk.panel.room.mirror()
        desk.panel.room.show("single")
    desk.viewer.layers.selection.active = {
        "CBF": desk.map("CBF"),
        "scan": desk.panel.form.series.value,
        "Regions": desk.panel.scan.layers.regions,
        "Midline": desk.panel.scan.layers.midline,
    }.get(active) or desk.viewer.layers[active]
    for key in keys:
        before = state_of(desk)
        press(desk, key)
        assert state_of(desk) == before, key


def test_fault_205_no_key_turns_or_removes_a_layer(computed):
    """Ctrl+Alt+T would turn every layer under its letters, Ctrl+Delete take one away."""
    desk = computed
    desk.viewer.layers.selection.active = desk.map("CBF")
    before = state_of(desk)
    for key in ("Ctrl+Alt+T", "Ctrl+Delete", "Ctrl+Backspace"):
        press(desk, key)
        assert state_of(desk) == before, key


def test_brackets_change_a_brush_that_is_down(opened):
    """And no other key of napari's works then: none floods, none takes another label."""
    desk = opened
    aif = desk.panel.form.artery.value
    desk.arm("aif")
    press(desk, BRUSH[1])
    assert aif.brush_size == 2
    press(desk, BRUSH[0])
    assert aif.brush_size == 1
    for key in "FMXBP123457":
        press(desk, key)
        assert (aif.mode, aif.selected_label) == ("paint", 1), key
    desk.panel.tools.disarm()
    press(desk, BRUSH[1])
    assert aif.brush_size == 1


def test_keys_are_napari_s_again_without_the_panel(opened):
    desk = opened
    desk.is_used_up = True
    aif = desk.panel.form.artery.value
    desk.panel.hide()
    desk.viewer.layers.selection.active = aif
    press(desk, "2")
    assert aif.mode == "paint"
    desk.panel.show()
    press(desk, "F")
    assert aif.mode != "fill"


def test_keys_have_the_names_that_napari_gives():
    assert (
        KeyBinding.from_str("Shift+V") in default_shortcuts["napari:toggle_unselected_visibility"]
    )
