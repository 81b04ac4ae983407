"""Many slices at once: the tiles show what the layers hold, where the lightbox says."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image
from qtpy.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from napari_dsc.core.late_steps import in_steps, steps_of
from napari_dsc.core.regions import LATE
from napari_dsc.viewer.maps.map_image import MapImage
from napari_dsc.viewer.maps.tmax_steps import is_stepped
from napari_dsc.viewer.overlays import Marks
from napari_dsc.viewer.review.lightbox import MOST, Lightbox, Shown
from tests.viewer.desk import LEFT, resize, wait_until

RIGHT = Qt.MouseButton.RightButton
NONE = Qt.MouseButton.NoButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
LARGE = 1500, 950  # px: letters and outlines cover little of a tile
TOLERANCE = 14  # of 255: a screen of 16 bits has 32 levels of red and blue
INSIDE = 0.31, 0.41, 0.53, 0.62, 0.71  # of a tile: neither words, frame nor a border of voxels


def box_of(desk) -> Lightbox:
    return desk.panel.room.slices.lightbox


def show(desk, button) -> Lightbox:
    """Slices or rows, painted; for rows of small pictures the window is a large one."""
    if button == "rows":
        resize(desk.viewer.window, *LARGE)
    desk.press(getattr(desk.panel.room.bar, button))
    box = box_of(desk)
    desk.wait(lambda: box.isVisible() and box.width() > 100 and is_painted(box))
    QApplication.processEvents()
    return box


def is_painted(box) -> bool:
    """Whether there are tiles to point at."""
    try:
        return bool(box.place_of(0))
    except LookupError:
        return False


def at_place(box, place) -> Shown:
    """The voxel at a place where there is one."""
    found = box.shown_at(place)
    assert found is not None
    return found


def send(box, kind, place, button=NONE, held=NONE) -> None:
    """An event of the mouse on the lightbox."""
    globally = QPointF(box.mapToGlobal(place.toPoint()))
    event = QMouseEvent(kind, place, globally, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(box, event)
    QApplication.processEvents()


def click(box, place, button=LEFT) -> None:
    send(box, QEvent.Type.MouseButtonPress, place, button, button)
    send(box, QEvent.Type.MouseButtonRelease, place, button)


def double_click(box, place) -> None:
    click(box, place)
    send(box, QEvent.Type.MouseButtonDblClick, place, LEFT, LEFT)
    send(box, QEvent.Type.MouseButtonRelease, place, LEFT)


def places(box, tiles) -> list[QPointF]:
    """Some places within the tiles."""
    apart = box.place_of(1) - box.place_of(0)
    wide = max(apart.x(), apart.y())  # the second may lie below the first
    return [
        box.place_of(number) + QPointF((right - 0.5) * wide, (down - 0.5) * wide)
        for number in range(tiles)
        for right in INSIDE
        for down in INSIDE
    ]


def colour_at(box, place) -> np.ndarray:
    """What is drawn at a place: red, green, blue of 255."""
    picture = box.grab().toImage()
    colour = QColor(picture.pixelColor(place.toPoint()))
    return np.array([colour.red(), colour.green(), colour.blue()])


def expected(shown) -> np.ndarray:
    """The colour of a voxel in its layer's window."""
    layer = shown.layer
    low, high = layer.contrast_limits
    value = float(layer.data[shown.voxel])
    if is_stepped(layer):
        return in_steps(np.array(value)).astype(float)
    if not np.isfinite(value):
        return np.zeros(3)
    fraction = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(255 * layer.colormap.map(np.array([fraction]))[0, :3])


def is_blank(shown) -> bool:
    """Whether the voxel is one that the pictures leave blank, or one below the steps of Tmax."""
    blank = getattr(shown.layer, "blank", None)
    if is_stepped(shown.layer) and not steps_of(shown.layer.data[shown.voxel]):
        return True
    return blank is not None and bool(blank[shown.voxel])


def check_colours(box, tiles) -> set[tuple[int, ...]]:
    """Hold the colours of many places against the layers; return the voxels that were seen."""
    picture = box.grab().toImage()
    seen: set[tuple[int, ...]] = set()
    wrong = 0
    for place in places(box, tiles):
        shown = at_place(box, place)
        colour = QColor(picture.pixelColor(place.toPoint()))
        drawn = np.array([colour.red(), colour.green(), colour.blue()])
        if is_blank(shown):
            wrong += np.ptp(drawn) > TOLERANCE  # grey: the anatomy shines through
        else:
            wrong += np.abs(drawn - expected(shown)).max() > TOLERANCE
        seen.add(shown.voxel)
    assert wrong <= 0.25 * len(places(box, tiles))  # outlines and letters lie over some
    return seen


def test_every_slice_of_the_map_is_shown(computed):
    """Over the whole canvas; colours are those of the map, tile by tile."""
    desk = computed
    box = show(desk, "slices")
    parent = box.parentWidget()
    assert parent is desk.panel.window().centralWidget()
    assert box.size() == parent.size()
    brain = desk.panel.scan.results.run[1].brain
    shown_at = [at for at in range(brain.shape[2]) if brain[..., at].any()]
    assert list(box.slices) == shown_at
    assert box.pages == 1
    seen = check_colours(box, len(shown_at))
    assert {voxel[0] for voxel in seen} == set(shown_at)
    assert desk.panel.room.bar.slices.native.isChecked()
    assert not desk.panel.room.bar.grid.native.isChecked()


@pytest.mark.parametrize("side", ["Radiological", "Neurological"])
def test_left_and_right_are_where_the_letters_say(computed, side):
    """As in the other views: the first letter is on the left of the picture."""
    desk = computed
    desk.panel.room.bar.side.value = side
    box = show(desk, "slices")
    letters = desk.panel.room.letters.shown
    assert (letters["left"], letters["right"]) == (
        ("R", "L") if side == "Radiological" else ("L", "R")
    )
    middle = box.place_of(0)
    left, right = at_place(box, middle - QPointF(15, 0)), at_place(box, middle + QPointF(15, 0))
    x = [float(one.layer.data_to_world(one.voxel)[2]) for one in (left, right)]  # towards L
    assert (x[0] < x[1]) == (side == "Radiological")
    check_colours(box, len(box.slices))
    desk.panel.room.bar.side.value = "Radiological"


def test_rows_show_maps_on_slices_through_the_lesion(computed):
    desk = computed
    box = show(desk, "rows")
    columns = len(box.slices)
    symbols = [at_place(box, box.place_of(row * columns)).symbol for row in range(4)]
    assert symbols == ["Tmax", "CBF", "CBV", "MTT"]
    analysis = desk.panel.scan.results.run[1]
    maps = {one.symbol: one for one in analysis.maps}
    late = (maps["Tmax"].values > LATE) & maps["Tmax"].quality_mask & analysis.brain
    assert all(late[..., at].any() for at in box.slices)
    check_colours(box, 4 * columns)


def test_a_click_goes_there_in_every_view(computed):
    """Slice, cross-hair and read-out; the tile is framed."""
    desk = computed
    box = show(desk, "slices")
    place = box.place_of(len(box.slices) - 1)
    shown = at_place(box, place)
    click(box, place)
    scan = desk.panel.scan
    at = scan.slice_at(desk.viewer.dims.point, desk.viewer.dims.units)
    assert at == box.slices[-1] == shown.voxel[0]
    assert desk.panel.gestures.cross_hair.voxel == shown.voxel
    assert box.isVisible()
    desk.press(desk.panel.room.bar.single)
    assert not box.isVisible()
    assert scan.slice_at(desk.viewer.dims.point, desk.viewer.dims.units) == at


def test_a_double_click_shows_the_map_alone_there(computed):
    desk = computed
    box = show(desk, "rows")
    place = box.place_of(len(box.slices) + 1)  # CBF, second slice
    shown = at_place(box, place)
    assert shown.symbol == "CBF"
    double_click(box, place)
    room = desk.panel.room
    assert not box.isVisible()
    assert (room.kind, room.views.symbol) == ("single", "CBF")
    point, units = desk.viewer.dims.point, desk.viewer.dims.units
    assert desk.panel.scan.slice_at(point, units) == shown.voxel[0]


def test_the_wheel_turns_the_slice_at_hand(computed):
    """With one page only; to the ends, and no further."""
    desk = computed
    box = show(desk, "slices")
    click(box, box.place_of(0))
    seen = []
    for _ in range(len(box.slices) + 1):
        scan, dims = desk.panel.scan, desk.viewer.dims
        seen.append(scan.slice_at(dims.point, dims.units))
        assert desk.wheel(box, -1)
    assert seen == [*box.slices, box.slices[-1]]


def test_a_drag_with_the_right_button_sets_the_window_of_its_map(computed):
    """To the right wider, up higher; the picture follows, and no other map."""
    desk = computed
    box = show(desk, "rows")
    row = len(box.slices)
    maps = desk.panel.scan.layers.maps
    before = {symbol: tuple(one.contrast_limits) for symbol, one in maps.items()}
    place = box.place_of(row)  # the second one
    send(box, QEvent.Type.MouseButtonPress, place, RIGHT, RIGHT)
    send(box, QEvent.Type.MouseMove, place + QPointF(60, 0), NONE, RIGHT)
    send(box, QEvent.Type.MouseButtonRelease, place + QPointF(60, 0), RIGHT)
    low, high = maps["CBF"].contrast_limits
    assert high - low > 1.1 * (before["CBF"][1] - before["CBF"][0])
    after = {symbol: tuple(one.contrast_limits) for symbol, one in maps.items()}
    assert {one for one in after if after[one] != before[one]} == {"CBF"}
    check_colours(box, 4 * len(box.slices))
    assert desk.panel.scan.results.outdated is False
    desk.press(desk.panel.room.bar.windows)
    assert tuple(maps["CBF"].contrast_limits) == before["CBF"]


def test_keys_turn_maps_on_all_slices(computed):
    """J and K, as in the other views; Shift+G and Shift+Y show the two views."""
    desk = computed
    QTest.keyClick(desk.canvas(), "G", SHIFT)
    box = box_of(desk)
    desk.wait(box.isVisible)
    box.grab()
    first = at_place(box, box.place_of(0)).symbol
    QTest.keyClick(desk.canvas(), "K")
    QApplication.processEvents()
    box.grab()
    second = at_place(box, box.place_of(0)).symbol
    assert first != second == desk.panel.room.bar.map.value
    QTest.keyClick(desk.canvas(), "J")
    QApplication.processEvents()
    box.grab()
    assert at_place(box, box.place_of(0)).symbol == first
    QTest.keyClick(desk.canvas(), "Y", SHIFT)
    QApplication.processEvents()
    assert desk.panel.room.kind == "rows"
    QTest.keyClick(desk.canvas(), "G")
    QApplication.processEvents()
    assert not box.isVisible()
    assert desk.panel.room.kind == "grid"


def test_values_that_change_are_shown(computed):
    """A live update writes into the layers: the tiles follow."""
    desk = computed
    box = show(desk, "slices")
    place = box.place_of(1)
    shown = at_place(box, place)
    before = colour_at(box, place)
    kept = np.array(shown.layer.data)
    shown.layer.data = np.full_like(kept, shown.layer.contrast_limits[1])
    QApplication.processEvents()
    after = colour_at(box, place)
    assert np.abs(after.astype(int) - before).max() > 20
    assert np.abs(after - expected(shown)).max() <= TOLERANCE
    shown.layer.data = kept


def test_the_artery_is_outlined_on_its_tiles(computed):
    """In the colour in which it is outlined elsewhere, and on no other tile."""
    desk = computed
    box = show(desk, "slices")
    run = desk.panel.scan.results.run
    artery = desk.panel.form.artery.value.data > 0
    assert run is not None
    picture = box.grab().toImage()
    for number, at in enumerate(box.slices):
        middle = box.place_of(number)
        apart = box.place_of(1) - box.place_of(0)  # beside it, or below
        reach = int(max(apart.x(), apart.y()) / 2) - 8
        red = 0
        for x in range(int(middle.x()) - reach, int(middle.x()) + reach):
            for y in range(int(middle.y()) - reach, int(middle.y()) + reach):
                colour = picture.pixelColor(x, y)
                red += colour.red() > 220 and 20 < colour.green() < 90 and colour.blue() < 80
        assert (red > 10) == bool(artery[at].any()), f"slice {at}: {red} red pixels"


def test_the_value_under_the_pointer_is_told(computed):
    desk = computed
    box = show(desk, "slices")
    place = box.place_of(2)
    send(box, QEvent.Type.MouseMove, place)
    shown = at_place(box, place)
    told = desk.viewer.status
    assert f"slice {shown.voxel[0]}" in str(told)
    assert "Tmax" in str(told)


def test_a_brush_that_is_armed_brings_the_canvas_back(computed):
    """One draws on a slice, not on tiles."""
    desk = computed
    box = show(desk, "slices")
    desk.arm("aif")
    assert not box.isVisible()
    assert desk.panel.tools.armed == "aif"


def test_maps_that_go_take_the_tiles_with_them(computed):
    desk = computed
    box = show(desk, "slices")
    desk.is_used_up = True
    desk.viewer.layers.clear()
    desk.wait(lambda: not box.isVisible())
    assert desk.panel.room.slices.kind is None


def test_the_lightbox_is_as_large_as_the_window_leaves(computed):
    desk = computed
    box = show(desk, "slices")
    window = desk.panel.window()
    size = window.size()
    window.resize(size.width() - 100, size.height() - 60)
    ground = box.parentWidget()
    assert ground is not None
    desk.wait(lambda: box.size() == ground.size())
    check_colours(box, len(box.slices))
    window.resize(size)


@pytest.fixture
def many(qtbot):
    """A lightbox with 45 slices of 6 × 9 voxels that are twice as high as wide."""
    model: Any = ViewerModel()
    data = np.arange(45 * 6 * 9, dtype=np.float32).reshape(45, 6, 9) % 97
    layer = Image(data, scale=(3, 2, 1), contrast_limits=(0, 96))
    model.add_layer(layer)
    letters: Any = SimpleNamespace(shown={"left": "R", "right": "L"})
    box, ground = Lightbox(model, Marks(model), letters), QWidget()
    qtbot.addWidget(ground)
    ground.resize(700, 500)
    ground.show()
    box.show_pictures("slices", {"CBV": layer}, None)
    box.show_on(ground)
    box.grab()
    yield box
    box.leave()


def test_pages_hold_what_does_not_fit_on_one(many):
    """The wheel turns them; each slice is on one of them."""
    assert many.pages == 3
    seen = []
    for page in range(3):
        assert many.page == page
        many.grab()
        seen += [at_place(many, many.place_of(at)).voxel[0] for at in range(len(many.slices))]
        check_colours(many, len(many.slices))
        turn_wheel(many, -1)
    assert seen == list(range(45))
    assert many.page == 2
    assert len(many.slices) == 45 - 2 * MOST
    for _ in range(3):
        turn_wheel(many, 1)
    assert many.page == 0


def turn_wheel(box, notches) -> None:
    from qtpy.QtGui import QWheelEvent

    middle = QPointF(box.rect().center())
    turn = QWheelEvent(
        middle, QPointF(box.mapToGlobal(middle.toPoint())), QPoint(), QPoint(0, 120 * notches),
        NONE, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, turn)
    QApplication.processEvents()


def test_tiles_have_the_patients_proportions(many):
    """A voxel that is twice as high as wide is drawn so."""
    place = many.place_of(0)
    start = at_place(many, place)

    def extent(step) -> int:
        count = 0
        while at_place(many, place + step * count).voxel == start.voxel:
            count += 1
        back = 1
        while at_place(many, place - step * back).voxel == start.voxel:
            back += 1
        return count + back - 1

    wide, high = extent(QPointF(0.25, 0)), extent(QPointF(0, 0.25))
    assert high == pytest.approx(2 * wide, abs=3)


def test_fault_444_what_stands_on_every_picture_stands_on_all_slices(many):
    """Research use only: below on the right, light on black."""
    image = many.grab().toImage()
    right, low = (
        range(many.width() - 60, many.width() - 6),
        range(many.height() - 24, many.height()),
    )
    bright = sum(image.pixelColor(x, y).lightness() > 200 for x in right for y in low)
    assert bright > 20


def test_beside_the_tiles_lies_nothing(many):
    assert many.shown_at(QPointF(many.width() - 2, 2)) is None


@pytest.fixture
def large(qtbot):
    """A lightbox with 40 slices of 256 × 256 voxels, a head in them, and something outlined."""
    model: Any = ViewerModel()
    z, y, x = np.ogrid[-1:1:40j, -1:1:256j, -1:1:256j]
    head = (z / 0.97) ** 2 + (y / 0.8) ** 2 + (x / 0.65) ** 2 < 1
    data = np.where(head, (np.sin(9 * y) + np.cos(7 * x) + z + 3) * 10, np.nan).astype(np.float32)
    layer = MapImage(data, contrast_limits=(0, 60), name="CBV")
    blank = head & ((y / 0.2) ** 2 + (x / 0.1) ** 2 < 1) & np.ones_like(head)
    layer.leave_blank(blank)
    model.add_layer(layer)
    marks = Marks(model)
    marks.show("late", head & (x > 0.3), layer, (1.0, 1.0, 1.0, 1.0))
    letters: Any = SimpleNamespace(shown={"left": "R", "right": "L"})
    box, ground = Lightbox(model, marks, letters), QWidget()
    qtbot.addWidget(ground)
    ground.resize(1000, 560)
    ground.show()
    grey = np.full(data.shape, 200, np.uint8)
    box.show_pictures("slices", {"CBV": layer}, head, anatomy=grey)
    box.show_on(ground)
    box.grab()
    yield box
    box.leave()
    marks.clear()


def test_fault_244_a_large_scan_has_its_pages(large):
    """40 slices of 256 × 256: twenty a page, by the wheel, in the map's colours, each once."""
    assert large.pages == 2
    seen = []
    for _ in range(2):
        large.grab()
        count = len(large.slices)
        assert count <= MOST
        seen += [at_place(large, large.place_of(at)).voxel[0] for at in range(count)]
        check_colours(large, count)
        turn_wheel(large, -1)
    assert seen == sorted(set(seen))
    assert len(seen) == 38  # the first slice and the last hold no head


def test_fault_245_another_slice_draws_no_tile_anew(computed):
    """Only its frame: napari says of values cut elsewhere what it says of other values."""
    desk = computed
    box = show(desk, "slices")
    box.grab()
    drawn = box.drawings
    for z in (1, 2, 3, 2):
        desk.viewer.dims.set_current_step(1, z)
        box.grab()
    assert box.drawings == drawn
    layer = desk.map("Tmax")
    before = np.array(layer.data)
    layer.data[...] = np.where(np.isfinite(before), before + 3, before)
    layer.refresh()
    box.grab()
    assert box.drawings == drawn + 1
    layer.data[...] = before
    layer.refresh()


class Painted(QObject):
    """Counts the pictures of a widget."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[int] = []

    def eventFilter(self, _watched, event) -> bool:  # noqa: N802 (Qt's name)
        if event.type() == QEvent.Type.Paint:
            self.pictures.append(1)
        return False


def test_fault_247_the_canvas_below_draws_nothing_that_nobody_sees(computed):
    """Slices and windows cost no second picture; afterwards the canvas draws again."""
    desk, canvas = computed, computed.canvas()
    painted = Painted()
    canvas.installEventFilter(painted)
    pictures = painted.pictures
    show(desk, "slices")
    QApplication.processEvents()
    pictures.clear()
    for z in (1, 2, 3, 2):
        desk.viewer.dims.set_current_step(1, z)
        QApplication.processEvents()
    desk.map("Tmax").contrast_limits = 0, 9
    QApplication.processEvents()
    assert not pictures
    desk.press(desk.panel.room.bar.single)
    desk.wait(lambda: bool(pictures))
    assert canvas.updatesEnabled()
    desk.panel.room.fix_windows()


def test_fault_411_no_colours_lie_under_the_words_at_the_bottom(many):
    """However high the tiles are: beside the words is the number at the colours' lower end."""
    at_place(many, many.place_of(0)).layer.colormap = "hsv"
    ground = many.parentWidget()
    for high in range(360, 620, 20):
        ground.resize(700, high)
        wait_until(lambda: many.size() == ground.size())
        picture = many.grab().toImage()
        rows = range(picture.height() - many.fontMetrics().height(), picture.height())
        across = range(picture.width())
        edge = max(x for x in across if many.shown_at(QPointF(x, 20)) is not None)
        band = [
            QColor(picture.pixelColor(x, y)).getRgb()[:3] for y in rows for x in across[edge + 4 :]
        ]
        assert max(max(one) - min(one) for one in band) < 60, high
