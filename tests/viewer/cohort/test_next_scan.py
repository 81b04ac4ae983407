"""The next scan of a cohort on layers that stay: nothing of the last patient is left on them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from napari.experimental import link_layers, unlink_layers
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_dsc.cohort.verdicts import Verdict, add_verdict
from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Series
from napari_dsc.viewer.cohort.session import DRAWN
from napari_dsc.viewer.layers import KEY, to_screen
from napari_dsc.viewer.maps.corner_words import corner_of
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.map_labels import labels_of
from napari_dsc.viewer.scan.quality_layer import is_quality
from tests.viewer.cohort.test_review import go_to
from tests.viewer.desk import LEFT, NO_KEY, outlast, until_idle

BESIDE = ("contrast_limits_range", "selected_label", "brush_size", "mode", "contour", "editable")
FIRST_PLACE = "_initial_affine"  # napari's: where its own reset would put a layer
HISTORY = ("_undo_history", "_redo_history")  # napari's, of a layer that is painted on
OF_MAPS = ("blank", "factor", "stepped", "all_shown", "grey")
QUIET = 4 * DRAWN  # ms after which no timer of the panel waits any more


def show(desk, review, label) -> None:
    """Go to a scan, and wait until all that follows a scan on screen has come."""
    if review.look.scan.label != label:
        go_to(desk, review, label)
    following = review.session.after(label)
    desk.wait(lambda: not following or review.session.is_ahead(following))
    desk.wait(lambda: not desk.panel.busy and bool(corner_of(desk.map("Tmax"))))
    outlast(QUIET)  # whichever timer is left
    until_idle()


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two states differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = one.keys() | other.keys()
        found = (differences(one.get(n), other.get(n), f"{path}/{n}") for n in sorted(names))
        return [each for part in found for each in part]
    return [] if one == other else [f"{path}: {str(one)[:60]} / {str(other)[:60]}"]


def plain(value: Any) -> Any:
    """A value by which two scans on screen can be compared: no object that is another one."""
    if isinstance(value, Series):
        value = {"signal": np.asarray(value.signal), "affine": value.affine}
    if hasattr(value, "color_dict"):
        value = {key: np.asarray(one) for key, one in value.color_dict.items()}
    if hasattr(value, "to_csv"):
        value = value.to_csv()
    if isinstance(value, np.ndarray) and value.dtype != object:
        value = (value.dtype.str, value.shape, np.array(value).tobytes())
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(one) for one in value]
    known = isinstance(value, str | bytes | int | float | bool | type(None))
    return value if known else type(value).__name__


def layer_as_seen(layer) -> dict[str, Any]:
    """All that a layer holds, and what is kept of it elsewhere."""
    data, state, kind = layer.as_layer_data_tuple()
    known = {
        "data": plain(np.asarray(data)),
        "kind": kind,
        # The row of a hidden scan shows one of its volumes, or another.
        "thumbnail": None if layer.ndim == 4 else plain(layer.thumbnail[..., :3]),
        "corner": corner_of(layer),
        "first place": plain(getattr(layer, FIRST_PLACE).affine_matrix),
        **{name: plain(value) for name, value in state.items()},
        **{name: plain(getattr(layer, name)) for name in BESIDE if hasattr(layer, name)},
    }
    if isinstance(layer, MapImage):
        known |= {name: plain(getattr(layer, name)) for name in OF_MAPS}
    return known | {name: len(getattr(layer, name, ())) for name in HISTORY}


def as_seen(desk) -> dict[str, Any]:
    """All that is on screen of a scan."""
    viewer, panel = desk.viewer, desk.panel
    dims, room = viewer.dims, panel.room
    active = viewer.layers.selection.active
    scan = panel.scan
    return {
        "layers": {one.name: layer_as_seen(one) for one in viewer.layers},
        "order": [one.name for one in viewer.layers],
        "active": None if active is None else active.name,
        "cut": [dims.order, dims.ndisplay, dims.current_step, dims.margin_left, dims.margin_right],
        "axes": [dims.axis_labels, [tuple(one) for one in dims.range]],
        "grid": [viewer.canvas.grid.enabled, viewer.canvas.grid.actual_shape(viewer.layers)],
        "labels": [replace(one, cell=(0,) * 4, bar=(0, 0)) for one in labels_of(viewer)],
        "view": [panel.room.kind, room.views.symbol],
        "words": [room.lead.label.text(), room.verdict.label.text(), panel.status.text()],
        "undo": panel.undoing.words,
        "armed": panel.tools.armed,
        "cross-hair": panel.gestures.cross_hair.voxel,
        "pinned": scan.facts.pinned,
        "origins": {one.name: str(of[0]) for one, of in scan.layers.origins.items()},
        "state": [scan.layers.family, scan.layers.rejected, scan.layers.steps, scan.layers.rows],
        "results": [scan.results.saved, scan.results.outdated, scan.results.reference],
        "outlines": sorted((one.badge, int(one.mask.sum())) for one in panel.marks.outlined),
    }


def camera_of(desk) -> list[float]:
    """Where the pictures are looked at, and how large they are."""
    camera = desk.viewer.scene.camera
    return [*camera.center[-2:], camera.zoom]


def maps_of(desk) -> dict[str, Any]:
    """Layers of maps and flags on screen, by name."""
    layers = desk.viewer.layers
    return {one.name: one for one in layers if isinstance(one, MapImage) or is_quality(one)}


def change_much(desk) -> None:
    """Leave traces of a reader on all that there is: on the pictures, and in the list of layers."""
    panel, viewer = desk.panel, desk.viewer
    tmax, cbf = desk.map("Tmax"), desk.map("CBF")
    voxel = (viewer.dims.current_step[1], *(n // 2 for n in cbf.data.shape[1:]))
    spot = desk.tile(cbf, voxel)
    aside = spot.__class__(spot.x() + 60, spot.y() + 30)
    desk.drag_over([spot, aside], button=Qt.MouseButton.RightButton)  # its window
    desk.drag_over([desk.tile(tmax, voxel), aside], button=Qt.MouseButton.RightButton)
    desk.move(spot)
    QTest.mouseClick(panel.room.bar.steps.native, LEFT)
    QTest.mouseClick(panel.room.bar.rejected.native, LEFT)
    panel.room.bar.family.value = [*panel.room.bar.family.choices][-1]
    panel.room.new_region()
    row = [(voxel[0], voxel[1], voxel[2] + step) for step in range(4)]
    desk.drag_over([desk.tile(cbf, one) for one in row])
    desk.wait(lambda: panel.undoing.words != "")
    panel.tools.disarm()
    desk.click(voxel, key=Qt.KeyboardModifier.ControlModifier)
    viewer.dims.set_current_step(1, 0)
    viewer.dims.set_current_step(0, 3)
    cbf.gamma, cbf.opacity, cbf.visible = 1.7, 0.4, False
    next(one for one in viewer.layers if is_quality(one)).visible = True
    viewer.layers.selection.active = tmax
    until_idle()


def test_fault_400_the_next_scan_is_as_if_none_had_been_before_it(desk, begin, two):
    """Layers of maps stay; what a reader had done with the last patient is on none of them."""
    add_verdict(two, Verdict(scan="sub-A", verdict="accept"))
    review = begin(two)
    assert review.look.scan.label == "sub-B"  # the first on the pictures: no layer was there
    desk.press(desk.panel.room.bar.regions)  # its page takes some of the window
    show(desk, review, "sub-B")
    alone, camera = as_seen(desk), camera_of(desk)
    show(desk, review, "sub-A")
    before, other = as_seen(desk), maps_of(desk)
    assert before["layers"].keys() == (alone["layers"].keys() - {"sub-B"}) | {"sub-A"}
    for name, one in before["layers"].items():
        assert name == "sub-A" or one["data"] != alone["layers"][name]["data"], name
    change_much(desk)
    changed = as_seen(desk)
    for name in ("order", "active", "cut", "labels", "undo", "state"):
        assert changed[name] != before[name], name
    show(desk, review, "sub-B")
    now = as_seen(desk)
    stayed = maps_of(desk)
    assert {name for name in other if stayed.get(name) is other[name]} == other.keys()
    assert not differences(now, alone)
    assert np.allclose(camera_of(desk), camera, rtol=0.02, atol=1.0)  # mm: as large as the canvas
    stored = {one.symbol: one.values for one in review.look.results.maps}
    for symbol, layer in desk.panel.scan.layers.maps.items():
        shown = to_screen(stored[symbol], desk.panel.scan.place)
        assert np.array_equal(layer.data, shown, equal_nan=True)


def test_fault_401_the_last_patient_is_still_what_it_was(desk, begin, two):
    """Whoever holds maps of the scan that went holds its values: they are not written over."""
    review = begin(two)
    show(desk, review, "sub-A")
    scan, cbf = desk.panel.scan, desk.map("CBF").data
    held = cbf.copy()
    show(desk, review, "sub-B")
    assert np.array_equal(cbf, held, equal_nan=True)
    assert not scan.layers.maps
    assert scan.layers.quality is None
    assert scan.layer not in desk.viewer.layers


@pytest.mark.parametrize("trace", ["plane", "linked", "automatic", "deep"])
def test_fault_402_what_cannot_be_taken_back_of_a_layer_goes_with_it(desk, begin, two, trace):
    """A clipping plane, a link, a window that follows the slice, the view in depth."""
    review = begin(two)
    show(desk, review, "sub-B")
    alone = as_seen(desk)["layers"]
    show(desk, review, "sub-A")
    cbf, cbv = desk.map("CBF"), desk.map("CBV")
    if trace == "plane":
        cbf.experimental_clipping_planes = [{"position": (1, 2, 3), "normal": (1, 0, 0)}]
    elif trace == "linked":
        link_layers([cbf, cbv])
    elif trace == "automatic":
        cbf.auto_contrast = True
    else:
        desk.viewer.dims.ndisplay = 3
    until_idle()
    go_to(desk, review, "sub-B")
    desk.viewer.dims.ndisplay = 2
    show(desk, review, "sub-B")
    assert (desk.map("CBF") is cbf) == (trace in ("linked", "automatic"))
    now = as_seen(desk)["layers"]
    for one in (*now.values(), *alone.values()) if trace == "deep" else ():
        one.pop("thumbnail")  # of a volume, until something is cut anew
    assert not differences(now, alone)
    desk.map("CBF").gamma = 1.3
    assert desk.map("CBV").gamma == 1.0
    unlink_layers([desk.map("CBF"), desk.map("CBV")])


def test_fault_403_while_maps_are_at_work_no_layer_stays(desk, begin, two):
    """What comes of a run of the last patient is shown on no layer of the next."""
    review = begin(two)
    show(desk, review, "sub-B")
    alone = as_seen(desk)["layers"]
    show(desk, review, "sub-A")
    before = maps_of(desk)
    desk.panel.form.svd_threshold.value = 0.3
    desk.panel.form.compute.native.click()
    assert desk.panel.busy
    QTest.mouseClick(review.next.native, LEFT)
    desk.wait(lambda: review.settled and review.look.scan.label == "sub-B")
    show(desk, review, "sub-B")
    assert not {id(one) for one in before.values()} & {id(one) for one in desk.viewer.layers}
    assert not differences(as_seen(desk)["layers"], alone)


def test_fault_404_of_a_next_scan_that_fails_nothing_of_the_last_is_seen(
    desk, begin, two, monkeypatch
):
    """Its maps cannot be shown: those of the last patient do not stand in their place."""
    review = begin(two)
    show(desk, review, "sub-A")

    def refuse(*_: Any) -> None:
        raise DscError("A setting of it is none.")

    monkeypatch.setattr("napari_dsc.viewer.panel.save_and_restore.ScanSettings.refuse", refuse)
    go_to(desk, review, "sub-B")
    assert "A setting of it is none" in review.status.text()
    assert {one.name for one in desk.viewer.layers} == {"sub-B"}
    assert not labels_of(desk.viewer)


def test_maps_of_another_shape_have_layers_of_their_own(desk, begin, two):
    """A layer that stays has the voxels of its next map."""
    review = begin(two)
    show(desk, review, "sub-A")
    layer = desk.map("MTT")
    layer.data = np.zeros((3, 4, 5), np.float32)
    show(desk, review, "sub-B")
    assert desk.map("MTT") is not layer
    assert layer not in desk.viewer.layers
    assert [one.name for one in desk.viewer.layers].count("MTT (s)") == 1
    assert desk.map("MTT").metadata[KEY]["unit"] == "s"


def test_an_aif_can_be_drawn_on_a_scan_whose_layers_stayed(desk, begin, two, patient):
    """The maps follow the stroke, and undo takes it back: on the patient who is on screen."""
    review = begin(two)
    show(desk, review, "sub-A")
    show(desk, review, "sub-B")
    scan, held = desk.panel.scan, np.array(desk.map("CBF").data)
    QTest.mouseClick(review.redraw.native, LEFT)
    artery = np.roll(patient.artery[::-1], 1, axis=1)
    voxel = tuple(int(one) for one in np.argwhere(to_screen(artery, scan.place))[0])
    desk.viewer.dims.set_current_step(1, voxel[0])
    until_idle()
    desk.drag_over([desk.tile(desk.map("Tmax"), voxel)] * 2, NO_KEY)
    desk.wait(lambda: scan.results.unsaved and not desk.panel.busy)
    assert not np.array_equal(desk.map("CBF").data, held, equal_nan=True)
    assert desk.file_voxels(desk.panel.form.artery.value) == {scan.file_index(voxel)}
    review.code.setText("R7")
    QTest.mouseClick(review.save.native, LEFT)
    desk.wait(lambda: "redrawn by a reviewer" in review.status.text())
    assert "sub-B" in review.status.text()
    assert not scan.results.unsaved
