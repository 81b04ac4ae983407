"""Names and colours of maps on their pictures: what stands where, and that it follows the map."""

import numpy as np
import pytest
from napari.layers import Image
from qtpy.QtWidgets import QApplication

from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.viewer.maps.map_labels import STEPS, Label, labels_of, picture

SYMBOLS = READINGS["stroke"].ordered([one.symbol for one in STANDARD.values()])
TOLERANCE = 14  # of 255


def label_of(desk, symbol) -> Label:
    name = desk.map(symbol).name
    return next(one for one in labels_of(desk.viewer) if one.name == name)


def test_each_tile_bears_the_name_unit_and_window_of_its_map(computed):
    desk, grid = computed, computed.viewer.canvas.grid
    rows, columns = grid.actual_shape(desk.viewer.layers)
    height, width = desk.viewer.canvas.size
    assert [one.name for one in labels_of(desk.viewer)] == [desk.map(one).name for one in SYMBOLS]
    for symbol in SYMBOLS:
        layer, label = desk.map(symbol), label_of(desk, symbol)
        row, column = grid.position(desk.viewer.layers.index(layer), desk.viewer.layers)
        wide, high = width / columns, height / rows
        assert label.cell == (column * wide, row * high, wide, high)
        assert label.window == tuple(layer.contrast_limits)
        assert STANDARD[symbol.lower()].units in label.name
        assert not layer.colorbar.visible  # napari's own are dear


def test_outside_the_grid_only_the_map_on_top_bears_them(computed):
    desk = computed
    desk.panel.room.views.symbol = "CBF"
    for view in ("single", "overlay"):
        desk.panel.room.show(view)
        assert [one.name for one in labels_of(desk.viewer)] == [desk.map("CBF").name]
    desk.panel.room.bar.map.value = "Scan"
    assert not labels_of(desk.viewer)
    desk.panel.room.show("grid")
    assert len(labels_of(desk.viewer)) == len(SYMBOLS)


def test_they_follow_window_colours_and_name(computed):
    desk, layer = computed, computed.map("CBF")
    before = label_of(desk, "CBF")
    layer.contrast_limits = 10, 50
    assert label_of(desk, "CBF").window == (10, 50)
    desk.panel.room.next_family()
    assert label_of(desk, "CBF").colours != before.colours
    name = layer.name
    layer.name = "CBF (× white matter)"
    assert label_of(desk, "CBF").name == "CBF (× white matter)"
    layer.name = name
    desk.panel.room.fix_windows()
    assert label_of(desk, "CBF").window == before.window


def test_a_map_that_goes_takes_its_label_along(computed):
    desk = computed
    name = desk.map("MTT").name
    desk.viewer.layers.remove(desk.map("MTT"))
    desk.wait(lambda: desk.viewer.canvas.grid.enabled)
    assert name not in [one.name for one in labels_of(desk.viewer)]


def test_the_bar_has_the_colours_of_the_map(qapp):  # noqa: ARG001
    """From the lowest value, below, to the highest; elsewhere but for words the ground is clear."""
    layer = Image(np.zeros((4, 4)), colormap="turbo", contrast_limits=(-2, 8), name="Delay (s)")
    label = Label.of(layer, (100.0, 50.0, 200.0, 180.0), 9, (10.0, 80.0))
    made = picture([label], (300, 400))
    rows, columns = np.nonzero(made[..., 3])
    assert rows.min() >= 50
    assert columns.min() >= 100
    assert rows.max() < 50 + 180
    assert columns.max() < 100 + 200
    bar = [at for at in range(100, 300) if (made[60:130, at, 3] == 255).all()]
    assert 9 <= len(bar) <= 11
    middle = bar[len(bar) // 2]
    for share in (0.1, 0.5, 0.9):
        row = round(56 + 80 * (1 - share))
        expected = 255 * layer.colormap.map(np.array([share]))[0, :3]
        assert np.abs(made[row, middle, :3] - expected).max() <= TOLERANCE


def test_they_are_in_a_saved_picture(computed):
    """As the window shows them."""
    desk = computed
    QApplication.processEvents()
    with_labels = desk.viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)
    label = label_of(desk, "CBF")
    left, top, width, _ = (round(one) for one in label.cell)
    corner = with_labels[top : top + 24, left : left + width // 2]
    assert (corner.min(axis=-1) > 200).any()  # white letters


NARROW, WIDE = 120.0, 400.0  # px of a tile


def white_of(width: float, name: str = " ", note: str = "") -> int:
    """How many pixels of a label are light: its letters."""
    blue = bytes((0, 0, 255)) * STEPS
    label = Label(
        *(name, (0.0, 0.0, width, 300.0), 9.0, (8.0, 80.0), (0.0, 8.0), blue, "#ffffff"),
        ticks=(8.0,),
        note=note,
    )
    pixels = picture([label], (300.0, width))
    return int((pixels[..., :3].min(axis=-1) > 128).sum())


def test_fault_441_no_bar_lies_over_a_name_or_what_was_measured(qapp):  # noqa: ARG001
    """In a narrow tile the bar begins below a long name, and the rest is written in two lines."""
    name, note = "Corrected CBV (mL/100g)", "> 6 s: 148.6 mL, left"
    assert white_of(170.0, name) == white_of(WIDE, name)
    assert white_of(170.0, note=note) == white_of(WIDE, note=note)
    assert white_of(NARROW, name) == pytest.approx(white_of(WIDE, name), rel=0.1)  # two lines
