"""Six maps, a tile each: which layers have one, and that none moves under the pointer."""

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.reading_orders import READINGS
from napari_dsc.viewer.layers import AIF_RED, to_screen
from napari_dsc.viewer.maps.map_layers import RESIZED, TITLE_ROW
from napari_dsc.viewer.maps.tiles import NAME_ROW, fitting_shape
from napari_dsc.viewer.maps.view_modes import QUALITY, TILES
from napari_dsc.viewer.scan.head_box import head_ends
from tests.viewer.desk import outlast

SYMBOLS = READINGS["stroke"].ordered([one.symbol for one in STANDARD.values()])


def tiles(desk) -> dict[tuple[int, int], list[str]]:
    """Names of the layers in each cell of the grid, the lowest first."""
    grid, layers = desk.viewer.canvas.grid, desk.viewer.layers
    inside = grid.iter_viewboxes(layers)
    return {place: [layers[at].name for at in held if layers[at].visible] for place, held in inside}


def shape(desk) -> tuple[int, int]:
    """Rows and columns of the grid."""
    rows, columns = desk.viewer.canvas.grid.actual_shape(desk.viewer.layers)
    return int(rows), int(columns)


def six(desk) -> tuple[int, int]:
    """Rows and columns of six tiles on a canvas of this size."""
    height, width = desk.viewer.canvas.size
    return (2, 3) if width >= height else (3, 2)


def lowest(desk) -> list[str]:
    """Name of the lowest layer of each cell."""
    return [held[0] for held in tiles(desk).values()]


def names(desk, symbols=SYMBOLS) -> list[str]:
    return [desk.map(symbol).name for symbol in symbols]


def at_rest(desk) -> None:
    desk.wait(lambda: not desk.panel.busy)
    outlast(3 * RESIZED)
    QApplication.processEvents()


@pytest.mark.parametrize("count", range(1, 13))
@pytest.mark.parametrize("size", [(500, 900), (900, 500)])
def test_every_picture_finds_a_place(count, size):
    """No row and no column is empty, and the canvas is used the long way."""
    rows, columns = fitting_shape(count, size)
    assert rows * columns >= count > (min(rows, columns) - 1) * max(rows, columns)
    assert (columns >= rows) is (size[1] >= size[0]) or rows == columns


def test_fault_240_six_tiles_and_none_for_aif_or_quality(computed):
    """AIF and flags are in the list of layers; the maps stand in the order that they are read."""
    desk = computed
    assert len(SYMBOLS) == TILES
    assert shape(desk) == six(desk)
    assert lowest(desk) == names(desk)
    assert desk.viewer.layers[QUALITY].visible is False
    assert desk.panel.form.artery.value.visible


def test_fault_240_no_tile_is_covered_by_the_colour_of_an_aif(computed):
    """It is clear in the grid, outlined on every tile, and painted as ever outside."""
    desk, aif = computed, computed.panel.form.artery.value
    before = aif.opacity
    assert before == 0
    desk.press(desk.panel.room.bar.single)
    assert aif.opacity == 1.0
    aif.opacity = 0.5
    desk.press(desk.panel.room.bar.grid)
    assert aif.opacity == 0
    desk.press(desk.panel.room.bar.overlay)
    assert aif.opacity == 0.5
    aif.opacity = 1.0


def test_fault_241_the_tiles_stay_where_they_are(computed, patient):
    """Slices turned, layers chosen, a VOF and an AIF added, strokes, another run: six, in place."""
    desk, viewer = computed, computed.viewer
    camera = viewer.scene.camera
    at_rest(desk)
    before, seen, views = lowest(desk), [], set()

    def note_view() -> None:
        """Where the camera is, for the size that docks leave the canvas."""
        canvas = desk.canvas().size()
        views.add((canvas.width(), canvas.height(), camera.zoom, *camera.center[-2:]))

    note_view()

    def look() -> None:
        QApplication.processEvents()
        seen.append((shape(desk), lowest(desk)))

    for z in range(patient.brain.shape[2]):
        viewer.dims.set_current_step(1, z)
        look()
    for layer in list(viewer.layers):
        viewer.layers.selection.active = layer
        look()
    desk.press(desk.panel.form.new_aif)
    look()
    desk.press(desk.panel.form.propose_vof)
    desk.wait(lambda: desk.panel.form.vein.value is not None and not desk.panel.busy)
    look()
    desk.arm("aif")
    look()
    desk.drag_over([desk.tile(desk.map("MTT"), (2, 16, 16))])
    look()
    desk.panel.tools.disarm()
    desk.panel.form.artery.value = viewer.layers["AIF"]
    desk.compute()
    look()
    at_rest(desk)
    look()
    assert seen == [(six(desk), before)] * len(seen)
    note_view()
    assert len({one[:2] for one in views}) == len(views)  # one view for each size


def badges(desk, color) -> int:
    """How many words in a colour stand on each tile."""
    drawn = desk.viewer.scene.overlays["napari_dsc_outlines"].drawn
    return sum(one.thin and one.color == color for one in drawn)


def test_a_badge_names_the_vessels_that_a_slice_holds(computed):
    """AIF on its slices, on every tile, and on no others; outside the grid none."""
    desk, aif = computed, computed.panel.form.artery.value
    holds = aif.data.any(axis=(1, 2))
    assert holds.any()
    assert not holds.all()
    for z, there in enumerate(holds):
        desk.viewer.dims.set_current_step(1, z)
        assert badges(desk, AIF_RED) == int(there)
    desk.viewer.dims.set_current_step(1, int(holds.argmax()))
    desk.press(desk.panel.room.bar.single)
    assert badges(desk, AIF_RED) == 0
    desk.press(desk.panel.room.bar.grid)
    assert badges(desk, AIF_RED) == 1


def test_an_aif_is_drawn_on_every_tile(computed):
    """The voxel under the pointer, whichever tile it lies on; no tile comes or goes."""
    desk, aif = computed, computed.panel.form.artery.value
    at_rest(desk)
    aif.data = np.zeros_like(aif.data)
    z = int(desk.viewer.dims.current_step[1])
    desk.arm("aif")
    expected = set()
    for number, symbol in enumerate(SYMBOLS):
        voxel = (z, 10 + 2 * number, 16)
        desk.drag_over([desk.tile(desk.map(symbol), voxel)])
        expected.add(voxel)
    assert {tuple(map(int, one)) for one in np.argwhere(aif.data)} == expected
    assert lowest(desk) == names(desk)


@pytest.mark.parametrize("kind", ["grid", "single", "overlay"])
def test_the_head_fills_its_tile_or_the_picture(computed, kind):
    """No air but for the names above it, and nothing of it is cut off."""
    desk, scan = computed, computed.panel.scan
    desk.panel.room.show("overlay" if kind == "single" else "single")
    desk.panel.room.show(kind)
    at_rest(desk)
    above = NAME_ROW + (0 if kind == "grid" else TITLE_ROW)
    height, width = desk.viewer.canvas.viewbox_size(desk.viewer.layers)
    low, high = (ends[1:] for ends in head_ends(scan, desk.viewer.dims.units))
    camera = desk.viewer.scene.camera
    first, last = ((one - camera.center[-2:]) * camera.zoom for one in (low, high))
    assert first[0] >= -height / 2 + above
    assert last[0] <= height / 2
    assert first[1] >= -width / 2
    assert last[1] <= width / 2
    filled = (last - first) / (height - above, width)
    assert max(filled) == pytest.approx(1, abs=0.04)
    brain = np.argwhere(to_screen(scan.results.run[1].brain, scan.place))[:, 1:]
    corners = [
        scan.layer.data_to_world((0, 0, *end))[-2:]
        for end in (brain.min(axis=0), brain.max(axis=0))
    ]
    assert (np.array(corners) >= low).all()
    assert (np.array(corners) <= high).all()


def test_zoom_and_place_of_the_user_stay(computed):
    """Another run and another slice fit nothing anew."""
    desk, camera = computed, computed.viewer.scene.camera
    at_rest(desk)
    camera.zoom, camera.center = 9.0, (*camera.center[:-2], 3.0, -4.0)
    desk.viewer.dims.set_current_step(1, 1)
    desk.compute()
    at_rest(desk)
    assert camera.zoom == 9.0
    assert camera.center[-2:] == (3.0, -4.0)


def test_fault_242_a_high_canvas_has_two_columns(computed):
    """Three rows then; and three columns again when it is wide."""
    desk, viewer = computed, computed.viewer
    shown = desk.panel.room.kind
    for size, expected in (((1000, 620), (3, 2)), ((760, 1100), (2, 3))):
        viewer.canvas.size = size
        QApplication.processEvents()
        assert shape(desk) == expected
        assert lowest(desk) == names(desk)
        assert desk.panel.room.kind == shown


def test_another_order_of_reading_moves_the_tiles(computed):
    """The first six of it have a tile, whatever follows."""
    desk, bar = computed, computed.panel.room.bar
    bar.reading.value = "Tumour"
    QApplication.processEvents()
    try:
        assert lowest(desk) == names(desk, READINGS["tumour"].ordered(SYMBOLS))
    finally:
        bar.reading.value = "Stroke"
        QApplication.processEvents()
    assert lowest(desk) == names(desk)


def test_a_picture_that_is_shown_beside_them_gets_a_tile(computed):
    """By the eye in napari's list of layers: then there are seven, and none covers another."""
    desk, scan = computed, computed.panel.scan.layer
    scan.visible = True
    QApplication.processEvents()
    assert shape(desk) == fitting_shape(TILES + 1, desk.viewer.canvas.size)
    assert sum(map(bool, tiles(desk).values())) >= 1 + TILES
    scan.visible = False
    QApplication.processEvents()
    assert shape(desk) == six(desk)
    assert lowest(desk) == names(desk)
    assert desk.panel.room.kind == "grid"


def test_the_flags_of_quality_are_a_picture_of_the_list(computed):
    """Alone over the grey scan; a map is looked at without them, and the grid too."""
    desk, bar = computed, computed.panel.room.bar
    flags = desk.viewer.layers[QUALITY]
    assert QUALITY in bar.map.choices
    bar.map.value = QUALITY
    assert flags.visible
    assert {one.name for one in desk.viewer.layers if one.visible} >= {QUALITY, "Baseline image"}
    bar.map.value = "CBF"
    assert not flags.visible
    bar.map.value = QUALITY
    desk.press(bar.grid)
    assert not flags.visible
    assert lowest(desk) == names(desk)
    bar.map.value = "Tmax"
    desk.press(bar.grid)
