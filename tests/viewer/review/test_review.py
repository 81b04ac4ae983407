"""The reading room's views, colours, sides and passage, with mouse and keys."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from napari.layers import Image
from napari.utils.shortcuts import default_shortcuts
from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_dsc import Series, phantom
from napari_dsc.core.colours import COLOURS
from napari_dsc.core.quantities import FAMILIES, QUANTITIES, STANDARD
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.viewer.contributions import scan_layer
from napari_dsc.viewer.maps.bolus_cine import Subtracted
from napari_dsc.viewer.maps.map_labels import labels_of
from napari_dsc.viewer.maps.view_modes import QUALITY
from napari_dsc.viewer.review.key_bindings import KEYS
from napari_dsc.viewer.review.tour import is_wanted
from tests.viewer.desk import resize

SYMBOLS = [row.symbol for row in STANDARD.values()]


def key(desk, name: str) -> None:
    """Press a key on the picture."""
    shift = Qt.KeyboardModifier.ShiftModifier if name.isupper() else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(desk.canvas(), name, shift)
    QApplication.processEvents()


def pictures(desk) -> set[str]:
    """Names of the pictures that are visible."""
    return {one.name for one in desk.viewer.layers if isinstance(one, Image) and one.visible}


def test_nothing_can_be_read_before_there_are_maps(desk, scan_file):
    bar = desk.panel.room.bar
    assert not bar.grid.enabled
    desk.open(scan_file)
    assert not any(one.enabled for one in (bar.grid, bar.overlay, bar.regions, bar.report))
    key(desk, "O")
    key(desk, "n")
    key(desk, "T")
    assert pictures(desk) == {"patient"}


def test_three_views_a_button_each(computed):
    """Grid: six maps. Overlay: a map over the baseline. Single: a map alone."""
    desk, room = computed, computed.panel.room
    bar, grid = room.bar, desk.viewer.canvas.grid
    assert (room.views.kind, grid.enabled) == ("grid", True)
    whole = pictures(desk)
    assert len(whole) == len(STANDARD)
    desk.press(bar.overlay)
    assert (room.views.kind, grid.enabled) == ("overlay", False)
    assert pictures(desk) == {"Tmax (s)", "Baseline image"}
    assert desk.map("Tmax").opacity == pytest.approx(0.6)
    baseline = next(one for one in desk.viewer.layers if one.name == "Baseline image")
    start, stop = desk.panel.scan.facts.span
    expected = desk.panel.scan.layer.data[start:stop].mean(axis=0)
    np.testing.assert_allclose(baseline.data, expected, rtol=1e-5)
    assert list(desk.viewer.layers).index(baseline) < list(desk.viewer.layers).index(
        desk.map("CBV")
    )
    bar.opacity.value = 0.25
    assert desk.map("Tmax").opacity == pytest.approx(0.25)
    desk.press(bar.single)
    assert pictures(desk) == {"Tmax (s)"}
    assert desk.map("Tmax").opacity == 1.0
    desk.press(bar.grid)
    assert pictures(desk) == whole
    assert bar.grid.native.isChecked()
    assert not bar.single.native.isChecked()


def test_maps_are_turned_by_keys_and_list(computed):
    desk, room = computed, computed.panel.room
    key(desk, "I")
    seen = []
    for _ in range(len(SYMBOLS) + 2):
        seen.append(room.bar.map.value)
        assert len(pictures(desk)) == 1
        key(desk, "k")
    assert set(seen) == {"Scan", *SYMBOLS, QUALITY}
    key(desk, "j")
    assert room.bar.map.value == seen[-1]
    room.bar.map.value = "CBF"
    assert pictures(desk) == {"CBF (mL/100g/min)"}
    assert [one.name for one in labels_of(desk.viewer)] == ["CBF (mL/100g/min)"]


def test_the_slice_stays_from_view_to_view(computed):
    desk, dims = computed, computed.viewer.dims
    dims.set_current_step(1, 2)
    before = dims.point
    for view in "OIg":
        key(desk, view)
        assert dims.point == before


def test_napari_has_a_grid_button_too(computed):
    desk, room = computed, computed.panel.room
    desk.viewer.canvas.grid.enabled = False
    assert room.views.kind is None
    assert not room.bar.grid.native.isChecked()
    desk.viewer.canvas.grid.enabled = True
    assert room.views.kind == "grid"


def test_the_grid_closes_up_when_a_map_goes(computed):
    """It is back in a moment, with the others and at the same zoom."""
    desk, grid = computed, computed.viewer.canvas.grid
    desk.viewer.scene.camera.zoom = zoom = 17.0
    desk.viewer.layers.remove(desk.map("MTT"))
    desk.wait(lambda: grid.enabled)
    assert desk.viewer.scene.camera.zoom == zoom
    assert desk.panel.room.views.kind == "grid"
    assert desk.panel.room.bar.grid.native.isChecked()
    assert pictures(desk) == {desk.map(symbol).name for symbol in SYMBOLS if symbol != "MTT"}


def test_no_grid_is_left_when_all_are_gone(computed):
    """The next scan is shown by itself."""
    desk = computed
    made: list[Any] = []
    heard = desk.viewer.canvas.grid.events.enabled
    heard.connect(made.append)
    desk.viewer.layers.clear()
    desk.wait(lambda: desk.panel.scan is None)
    desk.viewer.add_image(np.zeros((4, 4)))
    heard.disconnect(made.append)
    assert not desk.viewer.canvas.grid.enabled
    assert len(made) == 1


def test_layers_are_turned_with_the_grid_off(computed):
    """napari keeps every grid that it had made anew for a layer."""
    desk, seen = computed, []
    for layer in desk.viewer.layers:
        layer.events.visible.connect(lambda: seen.append(desk.viewer.canvas.grid.enabled))
    for view in ("single", "grid", "overlay", "grid"):
        desk.panel.room.show(view)
    assert seen
    assert not any(seen)


@pytest.mark.parametrize("family", list(FAMILIES))
def test_a_family_of_colours_for_all_maps_and_for_those_to_come(computed, family):
    desk, room = computed, computed.panel.room
    room.bar.steps.value = False  # else Tmax has colours of its own
    room.bar.family.value = family
    for symbol in SYMBOLS:
        layer = desk.map(symbol)
        assert layer.colormap.name == QUANTITIES[symbol].colours[family]
        table = COLOURS[layer.colormap.name] / 255
        np.testing.assert_allclose(layer.colormap.colors[:, :3], table, atol=1e-6)
        desk.viewer.layers.remove(layer)
    desk.compute()
    assert {desk.map(one).colormap.name for one in SYMBOLS} == {
        QUANTITIES[one].colours[family] for one in SYMBOLS
    }


def test_windows_go_back_to_the_fixed_ones(computed):
    desk = computed
    desk.panel.room.bar.steps.value = False  # which hold their window
    arrival = desk.panel.scan.results.run[1].arrival
    for symbol in SYMBOLS:
        desk.map(symbol).contrast_limits = (1.0, 3.0)
    key(desk, "w")
    for symbol in SYMBOLS:
        low, high = QUANTITIES[symbol].window
        late = arrival if symbol == "TTP" else 0.0
        np.testing.assert_allclose(desk.map(symbol).contrast_limits, (low + late, high + late))


def test_the_letters_tell_the_side_and_follow_the_camera(computed):
    """Left of the patient on the right of the picture, until somebody looks from above."""
    desk, letters = computed, computed.panel.room.letters
    key(desk, "I")
    whole = {"left": "R", "right": "L", "top": "A", "bottom": "P"}
    assert letters.shown == whole
    key(desk, "F")
    assert desk.panel.room.bar.side.value == "Neurological"
    assert str(desk.viewer.scene.camera.orientation2d[1]) == "left"
    assert letters.shown == {**whole, "left": "L", "right": "R"}
    key(desk, "g")
    assert letters.shown == {"left": "L", "right": "R"}
    key(desk, "F")
    key(desk, "I")
    assert letters.shown == whole


def test_letters_of_a_coronal_picture_are_true(computed):
    """Feet are below where the axis of the world runs down to them."""
    desk, letters = computed, computed.panel.room.letters
    key(desk, "I")
    desk.viewer.dims.order = (0, 2, 1, 3)
    # The world is LPS: its z runs up, and the picture's rows run down.
    assert letters.shown["top"] == "I"
    assert letters.shown["bottom"] == "S"


def test_an_unknown_orientation_has_no_letters(desk, patient):
    """Nobody knows which side is which: question marks, and never a guess."""
    lost = replace(patient.series, affine=None)
    data, options, _ = scan_layer(lost, "Lost")
    desk.viewer.add_image(data, **options)
    desk.wait(lambda: desk.panel.scan is not None)
    desk.wait(lambda: set(desk.panel.room.letters.shown.values()) == {"?"})


def test_the_passage_is_played_and_the_curve_follows(computed):
    desk, room = computed, computed.panel.room
    desk.viewer.dims.set_current_step(0, 4)
    key(desk, "h")
    assert room.cine.playing
    assert "Scan" in (room.bar.map.value, "Scan")
    seen = set()

    def heard() -> bool:
        seen.add(desk.panel.scan.volume_at(desk.viewer.dims.point, desk.viewer.dims.units))
        return len(seen) >= 5

    desk.wait(heard)
    assert max(seen) - min(seen) == len(seen) - 1  # volume by volume
    key(desk, "h")
    assert not room.cine.playing
    volume = desk.panel.scan.volume_at(desk.viewer.dims.point, desk.viewer.dims.units)
    desk.wait(lambda: desk.panel.curves.now.value() == desk.panel.curves.time[volume])


def test_the_baseline_is_taken_away(computed):
    """On a key, for the volume that is looked at; and given back."""
    desk, room, scan = computed, computed.panel.room, computed.panel.scan
    key(desk, "D")
    assert desk.panel.form.series.value is scan.layer  # it is no scan of its own
    layer = next(one for one in desk.viewer.layers if one.name.endswith("less the baseline"))
    assert layer.visible
    assert not scan.layer.visible
    start, stop = scan.facts.span
    mean = scan.layer.data[start:stop].mean(axis=0)
    np.testing.assert_allclose(layer.data[20, 2], scan.layer.data[20, 2] - mean[2], atol=0.01)
    key(desk, "D")
    assert layer not in desk.viewer.layers
    assert scan.layer.visible
    assert room.bar.subtract.value is False


def test_a_difference_is_read_as_an_array_is():
    signal = np.random.default_rng(0).integers(0, 999, (6, 3, 4, 5)).astype(np.int16)
    mean = signal[:2].mean(axis=0)
    made = Subtracted(signal, mean)
    expected = signal - mean
    for index in (3, (3, 1), (slice(1, 3), slice(None), 2), (2, slice(None), slice(None), 1)):
        np.testing.assert_allclose(made[index], expected[index], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(made), expected, rtol=1e-6)


def test_every_key_is_told_and_none_is_napari_s(desk):
    """No key of ours was bound before, but that which ends; all stand on the page of keys."""
    taken = {str(key) for keys in default_shortcuts.values() for key in keys}
    assert {"1", "Space", "Ctrl+G"} & taken
    ours = set(KEYS)
    assert ours & taken == {"Escape"}  # it ends what napari draws, and lifts the brush too
    key(desk, "?")
    pages = desk.panel.room.pages
    assert pages.tabs.currentWidget() is pages.help
    text = pages.help.text.toPlainText()
    for name, one in KEYS.items():
        assert name in text
        assert one.words in text


def test_the_tour_has_five_cards_and_can_be_switched_off(desk, monkeypatch):
    monkeypatch.delenv("NAPARI_DSC_TOUR")
    assert is_wanted()
    tour = desk.panel.room.tour
    desk.panel.room.tour.offered = False  # a picture of the window is taken
    desk.panel.room.welcome()
    assert tour.at is None
    tour.offered = True
    desk.panel.room.welcome()
    titles: list[str] = []
    while tour.at is not None:
        titles.append(tour.title.text())
        assert tour.card.isVisible()
        inside = desk.panel.window().rect()
        assert inside.contains(tour.card.geometry())
        if len(titles) < 5:  # beside the panel, not on its labels
            panel = desk.panel
            assert tour.card.geometry().right() < panel.mapTo(panel.window(), QPoint(0, 0)).x()
        if len(titles) == 5:
            tour.again.setChecked(False)
        QTest.mouseClick(tour.next, Qt.MouseButton.LeftButton)
    assert [title[0] for title in titles] == list("12345")
    assert not is_wanted()
    desk.panel.room.welcome()
    assert tour.at is None
    desk.press(desk.panel.room.pages.help.tour)
    assert tour.at == 0
    tour.again.setChecked(True)
    QTest.mouseClick(tour.close, Qt.MouseButton.LeftButton)
    assert is_wanted()


def test_fault_407_a_tour_that_was_closed_is_not_offered_again_in_this_window(desk, monkeypatch):
    """Another scan has come; whoever wants it finds it on the page of keys."""
    monkeypatch.delenv("NAPARI_DSC_TOUR")
    room = desk.panel.room
    room.tour.offered = True
    room.welcome()
    assert room.tour.at == 0
    QTest.mouseClick(room.tour.close, Qt.MouseButton.LeftButton)
    room.welcome()
    assert room.tour.at is None
    assert is_wanted()
    desk.press(room.pages.help.tour)
    assert room.tour.at == 0
    QTest.mouseClick(room.tour.close, Qt.MouseButton.LeftButton)


def test_each_card_points_at_what_it_is_about(opened):
    """On a laptop's screen too: what lies below the fold is scrolled to, and the edge is on it."""
    desk, form = opened, opened.panel.form
    window, tour = desk.panel.window(), desk.panel.room.tour
    about = [form.series, form.baseline, form.propose, form.compute, desk.panel.room.bar]

    def place_of(widget) -> QRect:
        return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())

    try:
        for size in ((1366, 738), (1024, 640)):
            resize(window, *size)
            QApplication.processEvents()
            tour.start()
            for one in about:
                widget = getattr(one, "native", one)
                desk.wait(lambda widget=widget: tour.pointed == place_of(widget))  # it follows
                where = place_of(widget)
                assert window.rect().contains(where)
                assert not tour.card.geometry().intersects(where)
                QTest.mouseClick(tour.next, Qt.MouseButton.LeftButton)
        assert tour.at is None
    finally:
        tour.stop()


def test_an_oblique_anatomy_lies_where_it_is(computed, tmp_path):
    """Turned by 20 degrees and finer: brought onto the slices of the scan, a marker in place."""
    desk, room, scan = computed, computed.panel.room, computed.panel.scan
    angle = np.radians(20)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([2.0, 2.0, 3.0])
    shape = np.array([130, 130, 14])
    centre = scan.facts.series.affine @ [*(np.array(scan.shape) - 1) / 2, 1]
    affine[:3, 3] = centre[:3] - affine[:3, :3] @ ((shape - 1) / 2)
    volume = np.random.default_rng(0).uniform(9, 11, tuple(shape)).astype(np.float32)
    voxel = (20, 12, 2)  # of the scan, in the file
    there = np.linalg.inv(affine) @ scan.facts.series.affine @ [*voxel, 1]
    index = tuple(np.round(there[:3]).astype(int))
    volume[tuple(slice(at - 2, at + 3) for at in index)] = 500.0
    path = tmp_path / "t1.nii.gz"
    write_nifti(path, volume, affine)
    desk.viewer.open(path, plugin="napari-dsc")
    anatomy = desk.viewer.layers["t1"]
    room.bar.reset_choices()
    room.bar.underlay.value = anatomy
    desk.wait(lambda: not desk.panel.busy and "t1, on the scan" in desk.viewer.layers)
    layer = desk.viewer.layers["t1, on the scan"]
    assert room.views.kind == "overlay"
    assert pictures(desk) == {"Tmax (s)", layer.name}
    bright = np.argwhere(np.nan_to_num(layer.data) > 250)
    world = np.array([layer.data_to_world(one) for one in bright]).mean(axis=0)
    screen = tuple(int(one) for one in np.argwhere(_marked(scan, voxel))[0])
    expected = scan.layer.data_to_world((0, *screen))[1:]
    size = np.abs(np.diag(scan.place.matrix)[:3])
    assert (np.abs(world - expected) < size).all()


def _marked(scan, voxel):
    from napari_dsc.viewer.layers import to_screen

    mask = np.zeros(scan.shape, bool)
    mask[voxel] = True
    return to_screen(mask, scan.place)


def test_an_anatomy_is_registered_on_request(desk, tmp_path):
    """Moved by some millimetres between the scans: found, said, and laid under the maps."""
    patient = phantom((48, 48, 10), 40, seed=4)
    affine = np.diag([-4.0, -4.0, 6.0, 1.0])
    series: Series = replace(patient.series, affine=affine)
    write_series(tmp_path / "scan.nii.gz", series)
    tissue = patient.tissue.astype(np.float32)
    t1 = np.where(tissue > 0, 900 - 90 * tissue, 0) + patient.brain * 40
    t1 = t1 * np.random.default_rng(1).uniform(0.98, 1.02, t1.shape)  # no labels
    moved = affine.copy()
    moved[:3, 3] += [5.0, -4.0, 0.0]
    write_nifti(tmp_path / "t1.nii.gz", t1.astype(np.float32), moved)
    desk.open(tmp_path / "scan.nii.gz")
    desk.draw(patient)
    desk.compute()
    desk.viewer.open(tmp_path / "t1.nii.gz", plugin="napari-dsc")
    room = desk.panel.room
    room.bar.reset_choices()
    room.bar.underlay.value = desk.viewer.layers["t1"]
    desk.wait(lambda: not desk.panel.busy and "t1, on the scan" in desk.viewer.layers)
    before = desk.viewer.layers["t1, on the scan"].data.copy()
    desk.press(room.bar.align)
    desk.wait(lambda: not desk.panel.busy)
    desk.wait(lambda: "mm" in desk.panel.status.text())
    after = desk.viewer.layers["t1, on the scan"].data
    truth = np.transpose(t1, (2, 1, 0))
    inside = np.transpose(patient.brain, (2, 1, 0))[2:-2]

    def off(values):
        return np.nanmean(np.abs(values[2:-2] - truth[2:-2])[inside])

    assert off(after) < 0.5 * off(before)


def test_a_record_of_colours_is_no_part_of_the_maps(computed, tmp_path):
    """What is looked at changes no result."""
    desk = computed
    desk.panel.results.save_to(tmp_path / "a")
    desk.wait(lambda: not desk.panel.busy)
    key(desk, "u")
    key(desk, "O")
    key(desk, "F")
    desk.panel.results.save_to(tmp_path / "b")
    desk.wait(lambda: not desk.panel.busy)
    records = [json.loads((tmp_path / name / "record.json").read_text())["files"] for name in "ab"]
    assert records[0] == records[1]
