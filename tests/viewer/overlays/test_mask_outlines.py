"""Marked voxels are outlined in every cell and every saved picture, seen by their pixels."""

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays
from qtpy.QtWidgets import QApplication

from napari_dsc.core.errors import DscError
from napari_dsc.viewer.contributions import scan_layer
from napari_dsc.viewer.layers import (
    AIF_RED,
    placement,
    to_screen,
    volume_options,
)
from napari_dsc.viewer.overlays import Marks, voxel_edges
from tests.viewer.desk import resize, wait_until

SHAPE = (3, 4, 10, 12)  # (t, z, y, x)
STEPS = (1.5, 4.0, 2.0, 3.0)
BLUE = (0.2, 0.4, 1.0, 1.0)
REACH = 6  # px: no line is further than this from the border that it draws
KEY = "napari_dsc_outlines"


MADE: list[Marks] = []


def make_marks(viewer) -> Marks:
    """Outlines in a viewer, until its scene ends."""
    MADE.append(Marks(viewer))
    return MADE[-1]


def settled(viewer) -> None:
    """Let the window catch up, and show the whole slice: until pictures do not change any more."""
    QApplication.processEvents()
    viewer.fit_to_view()
    seen = [picture(viewer)]

    def stands() -> bool:
        seen.append(picture(viewer))
        return len(seen) > 2 and all(np.array_equal(one, seen[-1]) for one in seen[-3:])

    wait_until(stands)


def picture(viewer):
    """The canvas, as it would be saved."""
    QApplication.processEvents()
    return viewer.screenshot(canvas_only=True, flash=False)[..., :3].astype(int)


def of_color(shot, color):
    """Pixels of one colour."""
    return (np.abs(shot - np.round(np.array(color[:3]) * 255)) <= 2).all(axis=-1)


def rectangle(viewer, shot, layer):
    """Where the cell of a layer lies: first row and column, height and width, px."""
    grid, layers = viewer.canvas.grid, viewer.layers
    rows, columns = grid.actual_shape(layers)
    row, column = grid.position(layers.index(layer), layers)
    height, width = shot.shape[0] / rows, shot.shape[1] / columns
    return row * height, column * width, height, width


def pixel(viewer, shot, layer, scan, index):
    """Where an index (t, z, y, x) of the scan lies in the cell of a layer, px."""
    top, left, height, width = rectangle(viewer, shot, layer)
    camera = viewer.scene.camera
    middle = np.array([top + height / 2, left + width / 2])
    shown = list(viewer.dims.displayed)
    world = np.array(scan.data_to_world(index))[shown]
    return middle + (world - np.array(camera.center[-2:])) * camera.zoom


def box(viewer, shot, layer, scan, voxel):
    """First and last corner of a voxel (z, y, x) in the cell of a layer, px."""
    index = np.array([0, *voxel], dtype=float)
    shown = list(viewer.dims.displayed)
    low, high = index.copy(), index.copy()
    low[shown] -= 0.5
    high[shown] += 0.5
    ends = [pixel(viewer, shot, layer, scan, one) for one in (low, high)]
    return np.min(ends, axis=0), np.max(ends, axis=0)


def is_outlined(viewer, before, after, layer, scan, voxel, color=AIF_RED) -> bool:
    """Whether a cell has changed around one voxel only, and shows the colour on its four sides."""
    top, left, height, width = rectangle(viewer, after, layer)
    cell = (slice(round(top), round(top + height)), slice(round(left), round(left + width)))
    rows, columns = np.nonzero((before != after).any(axis=-1)[cell])
    if not rows.size:
        return False
    (low_row, low_column), (high_row, high_column) = box(viewer, after, layer, scan, voxel)
    rows, columns = rows + round(top), columns + round(left)
    assert rows.min() >= low_row - REACH
    assert rows.max() <= high_row + REACH
    assert columns.min() >= low_column - REACH
    assert columns.max() <= high_column + REACH
    drawn = of_color(after, color)
    middle = round((low_row + high_row) / 2), round((low_column + high_column) / 2)
    on_row = np.nonzero(drawn[middle[0], round(left) : round(left + width)])[0] + left
    on_column = np.nonzero(drawn[round(top) : round(top + height), middle[1]])[0] + top
    for found, sides in ((on_row, (low_column, high_column)), (on_column, (low_row, high_row))):
        assert all(np.abs(found - side).min() < 2.5 for side in sides)
    return True


def marked(*voxels):
    """A mask of some voxels (z, y, x)."""
    mask = np.zeros(SHAPE[1:], dtype=bool)
    for voxel in voxels:
        mask[voxel] = True
    return mask


def add_scan(viewer, signs=(1, 1, 1)):
    """A scan whose axes may run the other way."""
    matrix = np.diag([*(np.array(STEPS) * (1, *signs)), 1.0])
    matrix[1:4, 4] = 0, -20, 11
    ramp = np.broadcast_to(np.linspace(0.2, 0.6, SHAPE[-1]), SHAPE)
    return viewer.add_image(
        ramp,
        name="Scan",
        affine=matrix,
        units=("s", "mm", "mm", "mm"),
        axis_labels=("t", "z", "y", "x"),
        contrast_limits=(0, 1),
    )


def add_maps(viewer, scan, count=2):
    """Maps above the scan, in its place."""
    matrix = np.array(scan.affine.affine_matrix)[1:, 1:]
    options = {"affine": matrix, "units": ("mm",) * 3, "axis_labels": ("z", "y", "x")}
    values = np.broadcast_to(np.linspace(0, 1, SHAPE[-1]), SHAPE[1:])
    return [
        viewer.add_image(values, name=f"Map {n}", colormap="turbo", **options) for n in range(count)
    ]


# -- borders -----------------------------------------------------------------------------------


def test_one_voxel_has_four_borders():
    """Half a voxel around its middle."""
    plane = np.zeros((5, 6), dtype=bool)
    plane[2, 3] = True
    found = {frozenset(map(tuple, ends)) for ends in voxel_edges(plane)}
    corners = [(1.5, 2.5), (1.5, 3.5), (2.5, 3.5), (2.5, 2.5)]
    assert found == {frozenset((corners[n - 1], corners[n])) for n in range(4)}


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 5), (3, 2), (4, 6)])
def test_a_rectangle_has_its_perimeter(height, width):
    """At the rim of the slice too; inside it there is no line."""
    plane = np.ones((height, width), dtype=bool)
    edges = voxel_edges(plane)
    assert edges.shape == (2 * (height + width), 2, 2)
    on_rim = (edges[..., 0] % height == height - 0.5) | (edges[..., 1] % width == width - 0.5)
    assert on_rim.all()
    np.testing.assert_array_equal(np.abs(edges[:, 1] - edges[:, 0]).sum(axis=1), 1)


def test_nothing_marked_has_no_border():
    """And keeps its shape."""
    assert voxel_edges(np.zeros((4, 4), dtype=bool)).shape == (0, 2, 2)


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=7)))
def test_a_border_lies_where_a_neighbour_is_not_marked(plane):
    """By going round every voxel."""
    expected = set()
    for r, c in np.argwhere(plane):
        for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            rows, columns = plane.shape
            inside = 0 <= r + dr < rows and 0 <= c + dc < columns
            if not (inside and plane[r + dr, c + dc]):
                expected.add((r + dr / 2, c + dc / 2))
    middles = [tuple(ends.mean(axis=0)) for ends in voxel_edges(plane)]
    assert len(middles) == len(expected)
    assert set(middles) == expected


# -- on screen ---------------------------------------------------------------------------------


@pytest.fixture
def viewer(viewer):
    """A window on screen."""
    resize(viewer.window, 1000, 800)
    QApplication.processEvents()
    yield viewer
    while MADE:
        MADE.pop().clear()


def test_every_cell_of_the_grid_shows_the_voxel(viewer):
    """The scan's, each map's and the AIF's own, which may be hidden."""
    scan = add_scan(viewer)
    maps = add_maps(viewer, scan, 4)
    matrix = np.array(scan.affine.affine_matrix)[1:, 1:]
    aif = viewer.add_labels(
        marked((1, 3, 4)).astype(np.uint8), affine=matrix, units=("mm",) * 3, name="AIF"
    )
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    viewer.canvas.grid.enabled = True
    marks = make_marks(viewer)
    for hidden in (False, True):
        aif.visible = not hidden
        settled(viewer)
        before = picture(viewer)
        marks.show("AIF", marked((1, 3, 4)), scan, AIF_RED)
        after = picture(viewer)
        shown = [one for one in viewer.layers if one.visible]
        assert len(shown) == 6 - hidden
        for layer in shown:
            assert is_outlined(viewer, before, after, layer, scan, (1, 3, 4)), layer.name
        marks.clear()
        np.testing.assert_array_equal(picture(viewer), before)
    assert all(one in viewer.layers for one in maps)


def test_in_one_picture_it_lies_above_the_maps(viewer):
    """A map on top hides the layers below it, not the outline."""
    scan = add_scan(viewer)
    top = add_maps(viewer, scan)[-1]
    viewer.dims.set_point(1, scan.data_to_world((0, 2, 0, 0))[1])
    settled(viewer)
    before = picture(viewer)
    marks = make_marks(viewer)
    marks.show("AIF", marked((2, 5, 6)), scan, AIF_RED)
    assert is_outlined(viewer, before, picture(viewer), top, scan, (2, 5, 6))
    viewer.layers.move(viewer.layers.index(scan), len(viewer.layers))  # reordered
    settled(viewer)
    assert of_color(picture(viewer), AIF_RED).any()


def test_two_names_have_two_colours(viewer):
    """One changes or goes without the other."""
    scan = add_scan(viewer)
    viewer.dims.set_point(1, scan.data_to_world((0, 0, 0, 0))[1])
    settled(viewer)
    marks = make_marks(viewer)
    marks.show("AIF", marked((0, 2, 2)), scan, AIF_RED)
    marks.show("VOF", marked((0, 7, 8)), scan, BLUE)
    both = picture(viewer)
    assert of_color(both, AIF_RED).any()
    assert of_color(both, BLUE).any()
    marks.show("VOF", marked((0, 7, 9)), scan, BLUE)
    moved = picture(viewer)
    assert of_color(moved, BLUE).any()
    assert (of_color(moved, BLUE) != of_color(both, BLUE)).any()
    np.testing.assert_array_equal(of_color(moved, AIF_RED), of_color(both, AIF_RED))
    marks.show("AIF", None, scan, AIF_RED)
    assert not of_color(picture(viewer), AIF_RED).any()
    assert of_color(picture(viewer), BLUE).any()


@pytest.mark.parametrize("signs", [(1, 1, 1), (1, -1, 1), (-1, 1, -1), (-1, -1, -1)])
def test_it_follows_the_slice_whichever_way_the_axes_run(viewer, signs):
    """Each slice shows its own voxels, and one without any shows none."""
    scan = add_scan(viewer, signs)
    add_maps(viewer, scan, 1)
    viewer.canvas.grid.enabled = True
    voxels = {0: (0, 2, 3), 1: (1, 8, 1), 3: (3, 5, 10)}
    settled(viewer)
    marks = make_marks(viewer)
    for z in range(SHAPE[1]):
        viewer.dims.set_point(1, scan.data_to_world((0, z, 0, 0))[1])
        before = picture(viewer)
        marks.show("AIF", marked(*voxels.values()), scan, AIF_RED)
        after = picture(viewer)
        for layer in viewer.layers:
            voxel = voxels.get(z, (z, 5, 5))
            outlined = is_outlined(viewer, before, after, layer, scan, voxel)
            assert outlined == (z in voxels)
        marks.show("AIF", None, scan, AIF_RED)


def test_the_slider_moves_it(viewer):
    """Without another word from the panel; and a step in time changes nothing."""
    scan = add_scan(viewer)
    settled(viewer)
    marks = make_marks(viewer)
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    marks.show("AIF", marked((0, 2, 3), (1, 8, 1)), scan, AIF_RED)
    seen = []
    for z in (1, 0, 2, 1):
        viewer.dims.set_point(1, scan.data_to_world((0, z, 0, 0))[1])
        seen.append(of_color(picture(viewer), AIF_RED))
    assert seen[0].any()
    assert seen[1].any()
    assert (seen[0] != seen[1]).any()
    assert not seen[2].any()
    np.testing.assert_array_equal(seen[3], seen[0])
    drawn: list[object] = []
    viewer.scene.overlays[KEY].events.drawn.connect(drawn.append)
    viewer.dims.set_current_step(0, 2)
    marks.show("AIF", marked((0, 2, 3), (1, 8, 1)), scan, AIF_RED)
    assert not drawn  # each would draw the canvas anew
    viewer.dims.set_point(1, scan.data_to_world((0, 0, 0, 0))[1])
    assert len(drawn) == 1


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (0, 3, 1, 2), (0, 1, 3, 2), (0, 3, 2, 1)])
def test_other_planes_show_it_too(viewer, order):
    """The voxel as it lies in that plane."""
    scan = add_scan(viewer)
    viewer.dims.order = order
    across = order[1]
    voxel = (1, 6, 3)
    viewer.dims.set_point(across, scan.data_to_world((0, *voxel))[across])
    settled(viewer)
    before = picture(viewer)
    marks = make_marks(viewer)
    marks.show("AIF", marked(voxel), scan, AIF_RED)
    after = picture(viewer)
    assert is_outlined(viewer, before, after, scan, scan, voxel)
    viewer.dims.set_point(across, scan.data_to_world((0, 3, 8, 9))[across])
    assert not of_color(picture(viewer), AIF_RED).any()


def test_no_plane_of_voxels_shows_none(viewer):
    """In 3-D, and with time along an edge of the picture; back again, it is there again."""
    scan = add_scan(viewer)
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    settled(viewer)
    marks = make_marks(viewer)
    marks.show("AIF", marked((1, 3, 4)), scan, AIF_RED)
    viewer.dims.ndisplay = 3
    assert not of_color(picture(viewer), AIF_RED).any()
    viewer.dims.ndisplay = 2
    viewer.dims.order = (1, 2, 0, 3)
    assert not of_color(picture(viewer), AIF_RED).any()
    viewer.dims.order = (0, 1, 2, 3)
    settled(viewer)
    assert of_color(picture(viewer), AIF_RED).any()


def test_a_scan_that_is_moved_takes_it_along(viewer):
    """Its transform may be edited while the slider stands still."""
    scan = add_scan(viewer)
    settled(viewer)
    viewer.dims.set_point(1, 0)
    marks = make_marks(viewer)
    marks.show("AIF", marked((0, 3, 4)), scan, AIF_RED)
    moved = np.array(scan.affine.affine_matrix)
    moved[2, 4] += 7
    before = np.argwhere(of_color(picture(viewer), AIF_RED)).mean(axis=0)
    scan.affine = moved
    after = np.argwhere(of_color(picture(viewer), AIF_RED)).mean(axis=0)
    np.testing.assert_allclose(after - before, (7 * viewer.scene.camera.zoom, 0), atol=1)


@pytest.mark.parametrize("early", [True, False])
def test_beside_a_layer_in_micrometres_it_stays_in_place(viewer, early):
    """The world is then in micrometres, whichever layer came first."""
    scan = add_scan(viewer, (1, -1, 1))
    viewer.dims.set_point(1, 0)  # the first slice lies at 0, in any unit
    marks = make_marks(viewer)
    if not early:
        marks.show("AIF", marked((0, 3, 4)), scan, AIF_RED)
    small = viewer.add_image(
        np.zeros(SHAPE[1:]), name="Small", scale=(4000, 2000, 3000), units=("um",) * 3
    )
    thousand = np.array([1, 1000, 1000, 1000])
    settled(viewer)
    units = [str(unit) for unit in viewer.layers.extent.units]
    assert units[1:] == ["micrometer"] * 3
    if early:
        marks.show("AIF", marked((0, 3, 4)), scan, AIF_RED)
    found = np.argwhere(of_color(picture(viewer), AIF_RED))
    shot, camera = picture(viewer), viewer.scene.camera
    world = np.array(scan.data_to_world((0, 0, 3, 4))) * thousand
    middle = np.array(shot.shape[:2]) / 2 + (world[-2:] - camera.center[-2:]) * camera.zoom
    np.testing.assert_allclose((found.min(axis=0) + found.max(axis=0)) / 2, middle, atol=2)
    size = np.array(STEPS[-2:]) * 1000 * camera.zoom
    np.testing.assert_allclose(np.ptp(found, axis=0), size, atol=3)
    viewer.layers.remove(small)
    settled(viewer)
    assert of_color(picture(viewer), AIF_RED).any()


def test_a_line_is_as_wide_on_all_large_voxels(viewer):
    """On a picture of its own colour it still has a rim, light and dark."""
    scan = add_scan(viewer)
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    settled(viewer)
    marks = make_marks(viewer)
    marks.show("AIF", marked((1, 5, 6)), scan, AIF_RED)
    zoom = viewer.scene.camera.zoom
    for factor in (1, 0.3, 3):
        viewer.scene.camera.center = (0, *np.array(scan.data_to_world((0, 1, 5, 6)))[-2:])
        viewer.scene.camera.zoom = zoom * factor
        shot = picture(viewer)
        middle = shot[shot.shape[0] // 2]
        count = of_color(middle, AIF_RED).sum()
        assert 3 <= count <= 5, factor  # two sides
        assert 3 <= of_color(middle, (1, 1, 1)).sum() <= 5


def test_it_is_in_every_saved_picture(viewer, tmp_path):
    """With the window or without, larger, or cut to the data."""
    from imageio.v3 import imread

    scan = add_scan(viewer)
    maps = add_maps(viewer, scan, 3)
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    viewer.canvas.grid.enabled = True
    settled(viewer)
    marks = make_marks(viewer)
    marks.show("AIF", marked((1, 5, 6)), scan, BLUE)
    path = tmp_path / "picture.png"
    for save in (
        lambda: viewer.screenshot(str(path), canvas_only=True, flash=False),
        lambda: viewer.screenshot(str(path), canvas_only=False, flash=False),
        lambda: viewer.screenshot(str(path), canvas_only=True, flash=False, scale=2),
        lambda: viewer.export_figure(str(path), flash=False, scale_factor=8),
    ):
        before = picture(viewer)
        save()
        found = of_color(imread(path)[..., :3].astype(int), BLUE)
        assert groups(found) == 1 + len(maps)
        np.testing.assert_array_equal(picture(viewer), before)


def groups(found) -> int:
    """How many things that do not touch."""
    from scipy.ndimage import label

    return label(found, np.ones((3, 3)))[1]


def test_it_lives_through_what_a_user_does(viewer):
    """The grid off and on, layers hidden, added and removed, and the scan itself removed."""
    scan = add_scan(viewer)
    maps = add_maps(viewer, scan, 3)
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    marks = make_marks(viewer)
    marks.show("AIF", marked((1, 5, 6)), scan, BLUE)

    def seen() -> int:
        settled(viewer)
        return groups(of_color(picture(viewer), BLUE))

    grid = viewer.canvas.grid
    assert seen() == 1
    grid.enabled = True
    assert seen() == 4
    grid.enabled = False
    assert seen() == 1
    grid.enabled = True
    maps[0].visible = False
    assert seen() == 3
    maps[0].visible = True
    viewer.layers.remove(maps[2])
    assert seen() == 3
    viewer.layers.move(0, 2)
    assert seen() == 3
    add_maps(viewer, scan, 1)
    assert seen() == 4
    viewer.layers.remove(scan)
    assert seen() == 0
    viewer.layers.insert(0, scan)
    assert seen() == 0  # it was forgotten
    viewer.layers.clear()
    marks.clear()
    marks.clear()  # twice is as good as once
    scan = add_scan(viewer)
    grid.enabled = False
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    marks.show("AIF", marked((1, 5, 6)), scan, BLUE)
    assert seen() == 1


def test_what_is_cleared_hears_nothing_more(viewer):
    """Nor does the viewer keep anything of it."""
    scan = add_scan(viewer)
    before = set(viewer.scene.overlays)
    listeners = len(viewer.dims.events.point.callbacks)
    marks = make_marks(viewer)
    marks.show("AIF", marked((1, 5, 6)), scan, AIF_RED)
    overlay = viewer.scene.overlays[KEY]
    marks.clear()
    assert set(viewer.scene.overlays) == before
    assert len(viewer.dims.events.point.callbacks) == listeners
    drawn: list[object] = []
    overlay.events.drawn.connect(drawn.append)
    for z in range(SHAPE[1]):
        viewer.dims.set_point(1, scan.data_to_world((0, z, 0, 0))[1])
    assert not drawn


def test_a_painted_mask_is_not_followed_by_chance(viewer):
    """What is outlined is what was given, until the next is given."""
    scan = add_scan(viewer)
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    settled(viewer)
    mask = marked((1, 5, 6))
    marks = make_marks(viewer)
    marks.show("AIF", mask, scan, AIF_RED)
    before = picture(viewer)
    mask[1] = False
    for t in (0, 2):
        viewer.dims.set_current_step(0, t)
    np.testing.assert_array_equal(of_color(picture(viewer), AIF_RED), of_color(before, AIF_RED))


def test_a_mask_of_another_shape_is_refused(viewer):
    """It would be drawn in the wrong place."""
    scan = add_scan(viewer)
    with pytest.raises(DscError, match=r"mask 'AIF' must have the shape .* got \(12, 10, 4\)"):
        make_marks(viewer).show("AIF", marked((1, 5, 6)).T, scan, AIF_RED)


def test_a_napari_that_cannot_draw_it_loses_nothing_else(viewer, monkeypatch, caplog):
    """A line in the log, and the viewer works on."""
    scan = add_scan(viewer)
    monkeypatch.setitem(sys.modules, "napari._vispy.utils.visual", None)
    marks = make_marks(viewer)
    marks.show("AIF", marked((1, 5, 6)), scan, AIF_RED)
    marks.show("VOF", marked((1, 5, 7)), scan, BLUE)
    assert [one.name for one in caplog.records].count("napari_dsc.viewer.canvas_pixels") == 1
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    settled(viewer)
    assert not of_color(picture(viewer), AIF_RED).any()
    marks.clear()


def test_the_patient_s_arteries_are_outlined(viewer, patient):
    """As the panel would do it: the mask turned to the screen, the scan's layer as its place."""
    place = placement(patient.series.affine)
    data, options, _ = scan_layer(patient.series, "Digital patient")
    scan = viewer.add_image(data, **options)
    artery = to_screen(patient.artery, place)
    viewer.add_image(artery * 1.0, name="Map", **volume_options(place))
    viewer.add_labels(artery.astype(np.uint8), name="AIF", **volume_options(place))
    z = int(np.argmax(artery.sum(axis=(1, 2))))
    viewer.dims.set_current_step(1, z)
    viewer.canvas.grid.enabled = True
    settled(viewer)
    before = picture(viewer)
    marks = make_marks(viewer)
    marks.show("AIF", artery, scan, BLUE)
    after = picture(viewer)
    changed = (before != after).any(axis=-1)
    for layer in viewer.layers:
        near = np.zeros(changed.shape, dtype=bool)
        for y, x in np.argwhere(artery[z]):
            low, high = box(viewer, after, layer, scan, (z, y, x))
            first = np.floor(low - REACH).astype(int)
            last = np.ceil(high + REACH).astype(int)
            near[first[0] : last[0] + 1, first[1] : last[1] + 1] = True
            assert of_color(after, BLUE)[first[0] : last[0], first[1] : last[1]].any()
        top, left, height, width = map(round, rectangle(viewer, after, layer))
        cell = (slice(top, top + height), slice(left, left + width))
        assert not (changed & ~near)[cell].any()


@pytest.mark.parametrize(("px", "most"), [(2.2, 0.75), (12.0, 0.75)])
def test_fault_363_outlines_of_small_voxels_hide_no_map(viewer, px, most):
    """A region as ragged as late tissue is: what lies below is seen through and between."""
    scan = add_scan(viewer)
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    settled(viewer)
    camera = viewer.scene.camera
    camera.center = (0, *np.array(scan.data_to_world((0, 1, 4.5, 5.5)))[-2:])
    camera.zoom = px / min(STEPS[2:])
    before = picture(viewer)
    ragged = np.zeros(SHAPE[1:], dtype=bool)
    ragged[1, 1:9, 1:11] = True
    ragged[1, 2:8:2, 2:10:3] = False
    make_marks(viewer).show("Mirror", ragged, scan, (1.0, 1.0, 1.0, 0.6))
    after = picture(viewer)
    ends = [pixel(viewer, after, scan, scan, (0, 1, *at)) for at in ((0.5, 0.5), (8.5, 10.5))]
    (top, left), (bottom, right) = np.round(np.sort(ends, axis=0)).astype(int)
    inside = slice(top, bottom), slice(left, right)
    covered = (np.abs(after - before).max(axis=-1) > 100)[inside]
    assert 0.02 < covered.mean() < 0.3, covered.mean()
    assert (before != after).any(axis=-1)[inside].mean() < most
