"""Reading and workbench: docks fold away, and come back as they were."""

import gc
from collections import Counter
from contextlib import suppress

import pytest
from napari.settings import get_settings
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import (
    QApplication,
    QDockWidget,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from napari_dsc.viewer.maps.map_layers import RESIZED
from napari_dsc.viewer.reading import docks_around
from napari_dsc.viewer.reading.choices import choice
from napari_dsc.viewer.scan.head_box import head_ends
from tests.viewer.desk import LEFT, outlast, resize, until_idle

OF_NAPARI = ("layer list", "layer controls")


def dock_of(widget):
    return docks_around.dock_of(widget)


def window_of(widget):
    return docks_around.window_of(widget)


def docks_of(window):
    return {one.objectName(): one for one in window.findChildren(QDockWidget)}


def look_of(window):
    """Place, size, visibility and tabs of every dock."""
    return {
        name: (
            window.dockWidgetArea(dock),
            dock.isVisible(),
            dock.isFloating(),
            dock.geometry().getRect() if not dock.visibleRegion().isEmpty() else None,
            sorted(one.objectName() for one in window.tabifiedDockWidgets(dock)),
        )
        for name, dock in docks_of(window).items()
    }


def test_our_own_window_opens_for_reading(own):
    docks = docks_of(own.window)
    assert own.workspaces.kind == "reading"
    assert not any(docks[name].isVisible() for name in OF_NAPARI)
    assert own.rail.isVisible()
    assert own.panel.room.bar.isVisible()


def test_fault_231_docks_come_back_exactly(opened):
    """In a window of napari, where nothing is folded away unless somebody wants it."""
    desk = opened
    window, workspaces = window_of(desk.panel), desk.panel.workspaces
    assert workspaces.kind == "workbench"
    desk.panel.workshop.dock()
    desk.panel.curves.bring_forward()
    docks = docks_of(window)
    window.resizeDocks([docks["layer list"]], [300], Qt.Orientation.Horizontal)
    workspaces.toggle()
    workspaces.toggle()  # the bar above the pictures has found its height
    outlast(500)
    before, bar = look_of(window), window.statusBar().isVisible()
    for _ in range(2):
        workspaces.toggle()
        until_idle()
        assert not docks["layer list"].isVisible()
        for step in ("artery", "maps"):
            workspaces.rail.open_step(step)
            until_idle()
        workspaces.rail.fold(True)
        until_idle()
        workspaces.toggle()
        until_idle()
        desk.wait(lambda: look_of(window) == before)
        assert window.statusBar().isVisible() == bar


def test_fault_231_a_hidden_dock_stays_hidden_and_a_floating_one_floats(opened):
    window, workspaces = window_of(opened.panel), opened.panel.workspaces
    docks = docks_of(window)
    docks["layer controls"].hide()
    docks["layer list"].setFloating(True)
    until_idle()
    workspaces.toggle()
    workspaces.toggle()
    until_idle()
    assert not docks["layer controls"].isVisible()
    assert docks["layer list"].isFloating()
    assert docks["layer list"].isVisible()
    docks["layer list"].setFloating(False)
    docks["layer controls"].show()
    until_idle()


def test_a_workspace_is_remembered_in_a_window_of_napari(opened, state_folder, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(state_folder))
    opened.panel.workspaces.toggle()
    assert choice("workspace", "workbench") == "reading"
    opened.panel.workspaces.toggle()
    assert choice("workspace", "workbench") == "workbench"


def test_the_key_turns_workspaces(own_scan):
    own = own_scan
    own.activate()
    for kind in ("workbench", "reading", "workbench"):
        QTest.keyClick(own.canvas(), Qt.Key.Key_F9)
        own.wait(lambda kind=kind: own.workspaces.kind == kind)
        until_idle()


def test_each_widget_is_in_one_place(own_scan):
    """The buttons of the foot and the read-out go where the workspace has them."""
    own, panel = own_scan, own_scan.panel
    bar = panel.room.bar
    for _ in range(2):
        own.workspaces.show("reading")
        until_idle()
        for one in (panel.form.compute.native, bar.report.native, bar.tools.undo):
            assert own.rail.isAncestorOf(one)
        assert own.window.statusBar().isAncestorOf(panel.curves.readout)
        own.workspaces.show("workbench")
        until_idle()
        assert bar.isAncestorOf(bar.report.native)
        assert bar.tools.isAncestorOf(bar.tools.undo)
        assert panel.curves.isAncestorOf(panel.curves.readout)
        for one in (panel.form.propose, panel.form.compute, panel.form.method):
            assert one.native.isVisible()
        assert not own.rail.isVisible()


def test_curves_and_voxels_stand_side_by_side_in_step_2_and_only_there(own_scan):
    own, panel = own_scan, own_scan.panel
    own.rail.open_step("scan")
    until_idle()
    QTest.mouseClick(own.rail.heads["artery"], LEFT)
    until_idle()
    curves, table = dock_of(panel.curves), dock_of(panel.workshop)
    assert panel.curves.plot.visibleRegion().boundingRect().height() > 80
    assert table.x() >= curves.x() + curves.width()
    assert table.y() == curves.y()
    assert own.canvas().width() > 0.6 * own.window.width()
    own.rail.open_step("maps")
    until_idle()
    assert not curves.isVisible()
    assert not table.isVisible()


def test_a_key_opens_the_curves_in_every_step(own_scan):
    own, panel = own_scan, own_scan.panel
    own.activate()
    own.rail.open_step("maps")
    until_idle()
    for shown in (True, False):
        QTest.keyClick(own.canvas(), Qt.Key.Key_U, Qt.KeyboardModifier.AltModifier)
        own.wait(lambda shown=shown: panel.curves.isVisible() == shown)


def test_the_rail_folds_once_maps_are_shown(own_maps):
    own = own_maps
    own.wait(lambda: own.rail.is_folded)
    until_idle()
    high, wide = own.window.height(), own.window.width()
    assert own.canvas().width() * own.canvas().height() > 0.7 * high * wide
    QTest.mouseClick(own.rail.signs["open"], LEFT)
    own.compute()
    assert not own.rail.is_folded  # the user has opened it


def test_a_whole_picture_is_whole_in_its_new_room(own_scan):
    own, camera = own_scan, own_scan.viewer.scene.camera
    own.rail.open_step("scan")
    own.wait(lambda: not own.panel.curves.isVisible())
    own.viewer.fit_to_view()
    before, high = camera.zoom, own.canvas().height()
    own.rail.open_step("artery")
    own.wait(lambda: own.canvas().height() < high)
    own.wait(lambda: camera.zoom < 0.9 * before)
    camera.zoom *= 3  # somebody looks at a vessel
    kept = camera.zoom
    own.rail.open_step("scan")
    own.wait(lambda: own.canvas().height() == high)
    assert camera.zoom == pytest.approx(kept)


def test_what_is_closed_comes_back_from_the_window_menu(own_scan):
    own, panel = own_scan, own_scan.panel
    panel.room.show_help()
    own.rail.open_step("artery")
    until_idle()
    for widget in (panel, panel.room.top, panel.curves, panel.workshop, panel.room.pages):
        dock = dock_of(widget)
        dock.close()
        until_idle()
        assert not widget.isVisible()
        dock.toggleViewAction().trigger()
        until_idle()
        assert dock.isVisible(), dock.objectName()


def test_fault_234_napari_keeps_the_docks_of_the_workbench(own_scan):
    """It may keep how they are when the window closes: reading would hide the layer list for good.

    Here the user would rather not close it after all.
    """
    own, seen = own_scan, []

    class Late(QObject):
        def eventFilter(self, _watched, event):  # noqa: N802
            if event.type() == QEvent.Type.Close:
                seen.append({name: docks_of(own.window)[name].isHidden() for name in OF_NAPARI})
                event.ignore()
                return True
            return False

    docks = docks_of(own.window)
    workspaces = own.workspaces
    late = Late()
    # The filter that was installed last is asked first.
    own.window.installEventFilter(late)
    own.window.removeEventFilter(workspaces)
    own.window.installEventFilter(workspaces)
    own.window.close()
    own.window.removeEventFilter(late)
    assert seen == [dict.fromkeys(OF_NAPARI, False)]
    own.wait(lambda: workspaces.kind == "reading")
    assert not docks["layer list"].isVisible()


def test_the_bar_is_one_line_and_the_rest_behind_a_button(own_maps):
    own, bar = own_maps, own_maps.panel.room.bar
    resize(own.window, 1024, 640)
    until_idle()
    low = bar.height()
    assert low < 48
    for one in (bar.slices, bar.grid, bar.overlay, bar.single, bar.map, bar.family, bar.side):
        assert one.native.visibleRegion().boundingRect().height() > 10, one
    assert bar.play.native.visibleRegion().isEmpty()
    QTest.mouseClick(bar.more.native, LEFT)
    until_idle()
    assert bar.height() > low
    assert bar.play.native.visibleRegion().boundingRect().height() > 10
    QTest.mouseClick(bar.more.native, LEFT)
    until_idle()
    assert bar.height() == low
    own.panel.tools.arm("aif")  # which tool is down is seen
    until_idle()
    assert bar.tools.tools["aif"].visibleRegion().boundingRect().height() > 10
    own.panel.tools.disarm()
    until_idle()
    assert bar.height() == low
    own.activate()
    bar.play.native.setFocus()
    own.wait(lambda: bar.height() > low)  # the keyboard has got there
    resize(own.window, 3840, 2160)
    until_idle()
    assert not bar.more.native.isVisible()


def press_in_sight(own, button) -> None:
    """Press a button where a hand would: it lies on the screen, whole."""
    own.wait(button.isEnabled)
    own.wait(lambda: button.visibleRegion().boundingRect().size() == button.size())
    QTest.mouseClick(button, LEFT)


def test_fault_236_two_presses_to_the_maps_and_a_third_to_the_report(own_scan, monkeypatch):
    """At 1366 by 768 px; nothing is scrolled."""
    own, panel, asked = own_scan, own_scan.panel, []
    monkeypatch.setattr(type(panel.room.reporting), "ask", lambda _: asked.append(True))
    press_in_sight(own, panel.form.propose.native)
    own.wait(lambda: "Proposed" in panel.status.text() and not panel.busy)
    press_in_sight(own, panel.form.compute.native)
    own.wait(lambda: panel.scan.results.run is not None and not panel.busy)
    assert len(panel.scan.layers.maps) >= 6
    own.wait(own.rail.signs["report"].isVisible)
    press_in_sight(own, own.rail.signs["report"])
    own.wait(lambda: asked == [True])


def test_fault_236_with_automatic_there_are_maps_after_none(own, scan_file):
    own.panel.form.automatic.value = True
    own.open(scan_file)
    own.wait(lambda: own.map("CBF") is not None and not own.panel.busy)
    assert "not looked at" in own.rail.heads["artery"].state
    QTest.mouseClick(own.rail.signs["artery"], LEFT)
    own.wait(lambda: "not looked at" not in own.rail.heads["artery"].state)


def test_fault_231_docks_come_back_when_the_panel_goes_while_reading(opened):
    desk = opened
    window, viewer = window_of(desk.panel), desk.viewer
    desk.panel.workspaces.toggle()
    until_idle()
    docks = docks_of(window)
    assert not docks["layer list"].isVisible()
    viewer.window.remove_dock_widget(dock_of(desk.panel))
    desk.wait(lambda: docks["layer list"].isVisible() and docks["layer controls"].isVisible())
    panel = desk.panel
    assert panel.curves.isAncestorOf(panel.curves.readout)
    assert panel.workspaces.kind == "workbench"
    viewer.window.add_dock_widget(panel, area="right")  # docked again, it opens as was chosen
    desk.wait(lambda: panel.workspaces.kind == "reading" and not docks["layer list"].isVisible())
    viewer.window.remove_dock_widget(dock_of(panel))
    desk.wait(docks["layer list"].isVisible)
    panel.deleteLater()  # with its timers: nothing else holds it
    outlast(50)


def reopened(viewer):
    """Close the panel with all its docks, and open another; return it."""
    for dock in list(viewer.window.dock_widgets.values()):
        viewer.window.remove_dock_widget(dock)
    until_idle()
    return viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")[1]


def widgets():
    """Widgets that live, by class and name, once everything that may go has gone."""
    until_idle()
    gc.collect()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return Counter((type(one).__name__, one.objectName()) for one in QApplication.allWidgets())


def test_fault_340_a_panel_that_was_closed_while_reading_leaves_no_widget(desk):
    """Neither its own, nor the line that it has put into the status bar."""
    panel = desk.panel
    before: Counter[str] = Counter()
    for _ in range(5):
        panel.workspaces.show("reading")
        panel = reopened(desk.viewer)
        desk.wait(panel.room.top.isVisible)
        panel.curves.make()  # else a step after the first picture does
        before = before or widgets()
    with suppress(TimeoutError):  # a timer that was under way holds a panel until it is over
        desk.wait(lambda: not widgets() - before)
    left = widgets() - before
    desk.viewer.close()  # the scenes after this one open a window of their own
    assert left == Counter()


def laid_out(window):
    """Places of what is seen of the window: its docks, and its pictures."""
    found = {
        name: dock.geometry()
        for name, dock in docks_of(window).items()
        if dock.isVisible() and not dock.isFloating() and not dock.visibleRegion().isEmpty()
    }
    return {**found, "pictures": window.centralWidget().geometry()}


def overlapping(window):
    """Pairs of what lies over one another, and what leaves the window."""
    places = list(laid_out(window).items())
    pairs = [
        (name, other)
        for at, (name, rect) in enumerate(places)
        for other, there in places[at + 1 :]
        if rect.intersects(there)
    ]
    return pairs + [name for name, rect in places if not window.rect().contains(rect)]


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_fault_360_docks_in_any_order_lie_over_nothing(own_maps, size):
    """Steps, tables and napari's own docks, opened and closed one after the other."""
    own, room = own_maps, own_maps.panel.room
    resize(own.window, *size)
    docks = docks_of(own.window)
    acts = {
        "regions": lambda: own.press(room.bar.regions),
        "open": lambda: QTest.mouseClick(own.rail.signs["artery"], LEFT),
        "late": lambda: own.press(room.bar.late),
        "layers": docks["layer list"].toggleViewAction().trigger,
        "artery": lambda: QTest.mouseClick(own.rail.heads["artery"], LEFT),
        "maps": lambda: QTest.mouseClick(own.rail.heads["maps"], LEFT),
        "curves": lambda: dock_of(own.panel.curves).toggleViewAction().trigger(),
        "controls": docks["layer controls"].toggleViewAction().trigger,
    }
    first = ("regions", "open", "late", "layers", "artery", "maps")
    order = (*first, "curves", "controls", "layers", "artery", "late")
    own.wait(lambda: own.rail.is_folded)
    for act in order:
        acts[act]()
        until_idle()
        assert overlapping(own.window) == [], act
    for name in OF_NAPARI:
        docks[name].hide()


def test_fault_360_what_is_measured_comes_back_after_step_2(own_maps):
    """It makes room for curves and voxels, and they for it."""
    own, room = own_maps, own_maps.panel.room
    own.wait(lambda: own.rail.is_folded)
    own.press(room.bar.regions)
    pages, curves, table = (
        dock_of(one) for one in (room.pages, own.panel.curves, own.panel.workshop)
    )
    QTest.mouseClick(own.rail.signs["artery"], LEFT)
    own.wait(lambda: curves.isVisible() and table.isVisible() and not pages.isVisible())
    QTest.mouseClick(own.rail.heads["maps"], LEFT)
    own.wait(lambda: pages.isVisible() and not curves.isVisible() and not table.isVisible())
    pages.hide()


def test_fault_361_no_plot_is_too_narrow_to_be_read(own_scan):
    """However the edge beside it is dragged, and beside every other dock."""
    own, curves = own_scan, own_scan.panel.curves
    own.rail.open_step("artery")
    until_idle()
    dock = dock_of(curves)
    own.window.resizeDocks([dock], [30], Qt.Orientation.Horizontal)
    until_idle()
    assert curves.width() >= 240
    assert curves.plot.width() > 100
    assert not curves.lens.isVisible()  # two plots would be too narrow
    own.workspaces.show("workbench")
    until_idle()
    own.panel.workshop.dock()
    own.window.splitDockWidget(dock, dock_of(own.panel.workshop), Qt.Orientation.Horizontal)
    own.window.resizeDocks([dock], [30], Qt.Orientation.Horizontal)
    until_idle()
    assert curves.width() >= 240


def test_fault_362_what_is_docked_below_leaves_the_pictures_the_room(own_maps):
    """Also on a low screen, and the maps are as large as the canvas lets them be."""
    own, room = own_maps, own_maps.panel.room
    own.wait(lambda: own.rail.is_folded)
    own.press(room.bar.regions)
    until_idle()
    assert dock_of(room.pages).height() <= 0.26 * own.window.height()
    grid, layers = own.viewer.canvas.grid, own.viewer.layers
    own.wait(lambda: tuple(grid.actual_shape(layers)) == (1, 6))
    camera, scan = own.viewer.scene.camera, own.panel.scan
    low, high = head_ends(scan, own.viewer.dims.units)

    def filled():
        width = camera.zoom * (high[2] - low[2])
        height = camera.zoom * (high[1] - low[1])
        cell = own.viewer.canvas.viewbox_size(layers)
        return max(width / cell[1], height / cell[0]) > 0.85

    own.wait(filled)
    dock_of(room.pages).hide()
    own.wait(lambda: tuple(grid.actual_shape(layers)) == (2, 3))
    own.wait(filled)


def test_fault_437_a_whole_picture_is_as_large_however_often_docks_change(own_maps):
    """Curves and regions take turns below it: the canvas changes twice in one breath."""
    own, room, camera = own_maps, own_maps.panel.room, own_maps.viewer.scene.camera
    own.wait(lambda: own.rail.is_folded)
    own.press(room.bar.single)
    own.press(room.bar.regions)
    QTest.mouseClick(own.rail.signs["maps"], LEFT)
    pages, curves = dock_of(room.pages), dock_of(own.panel.curves)
    sizes = set()
    for _ in range(3):
        QTest.mouseClick(own.rail.heads["artery"], LEFT)
        own.wait(lambda: curves.isVisible() and not pages.isVisible())
        outlast(RESIZED)
        sizes.add((own.canvas().height(), round(camera.zoom, 2)))
        QTest.mouseClick(own.rail.heads["maps"], LEFT)
        own.wait(lambda: pages.isVisible() and not curves.isVisible())
        outlast(RESIZED)
        sizes.add((own.canvas().height(), round(camera.zoom, 2)))
    pages.hide()
    assert len(dict(sizes)) == len(sizes)  # one zoom for each height


def test_fault_409_a_scan_is_whole_when_docks_come_below_it(own_scan):
    """Nothing was fitted by us yet; one that somebody enlarges stays so."""
    own, camera = own_scan, own_scan.viewer.scene.camera
    curves = dock_of(own.panel.curves)

    def zooms() -> tuple[float, float]:
        now, center = camera.zoom, camera.center
        own.viewer.fit_to_view()
        whole = camera.zoom
        camera.zoom, camera.center = now, center
        return now, whole

    for step in ("scan", "artery", "scan"):
        QTest.mouseClick(own.rail.heads[step], LEFT)
        own.wait(lambda step=step: curves.isVisible() == (step == "artery"))
        own.wait(lambda: zooms()[0] == pytest.approx(zooms()[1], rel=0.03))
    camera.zoom *= 2
    enlarged = camera.zoom
    QTest.mouseClick(own.rail.heads["artery"], LEFT)
    own.wait(curves.isVisible)
    outlast(RESIZED)
    assert camera.zoom == pytest.approx(enlarged)


@pytest.fixture
def large_letters():
    """Letters of 14 pt; the size before is set again."""
    appearance = get_settings().appearance
    before = appearance.font_size
    yield lambda: setattr(appearance, "font_size", 14)
    appearance.font_size = before
    until_idle()


def test_fault_438_large_letters_cut_off_no_number_button_or_row(own_maps, large_letters):
    """The number of the last slice, the buttons of the tables, the second row of the bar."""
    own = own_maps
    pages, bar = own.panel.room.pages, own.panel.room.bar
    pages.show_page(pages.regions)
    bar.more.native.setChecked(True)
    large_letters()
    children = own.window.findChildren(QWidget, "slice_label")
    numbers = [one for one in children if isinstance(one, QLabel | QLineEdit)]
    own.wait(lambda: all(_is_whole(one) for one in numbers if one.isVisible()))
    assert any(one.isVisible() for one in numbers)
    own.wait(lambda: len({one.font().pointSizeF() for one in numbers}) == 1)
    for one in (pages.regions.propose, pages.regions.level, pages.regions.new):
        own.wait(lambda button=one.native: button.width() >= button.sizeHint().width())
        own.wait(lambda button=one.native: button.height() >= button.fontMetrics().height())
    shown = [one for one in bar.findChildren(QWidget) if one.isVisible()]
    lowest = max(one.mapTo(bar, one.rect().bottomLeft()).y() for one in shown)
    own.wait(lambda: bar.height() > lowest)
    bar.more.native.setChecked(False)


def _is_whole(number: QLabel | QLineEdit) -> bool:
    return number.width() > number.fontMetrics().horizontalAdvance(number.text())


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_fault_439_pictures_are_on_black_in_every_theme(own_scan, theme):
    """Names, letters and the grey of what has no answer are made for it."""
    own_scan.viewer.theme = theme
    own_scan.wait(lambda: own_scan.viewer.theme == theme)
    assert tuple(own_scan.viewer.canvas.background_color[:3]) == (0, 0, 0)


def test_fault_440_the_tour_goes_on_when_its_step_is_done(own_scan):
    """Its card points at something, and lies over no finding."""
    own, tour = own_scan, own_scan.panel.room.tour
    try:
        own.rail.open_step("scan")
        tour.start()
        assert tour.title.text().startswith("1 of 5")
        own.rail.open_step("artery")
        own.wait(lambda: tour.title.text().startswith("2 of 5"))
        assert not tour.pointed.isEmpty()
        own.rail.fold(True)  # there are maps: no button of the form is in sight
        own.wait(lambda: tour.title.text().startswith("5 of 5"))
        top = own.panel.room.top
        assert tour.card.y() > top.mapTo(own.window, top.rect().bottomLeft()).y()
        assert tour.card.geometry().center().y() > own.window.height() / 2
    finally:
        tour.stop()


def test_fault_405_the_page_of_regions_is_whole_on_a_laptop(own_maps):
    """What to do is in sight, and the table alone scrolls."""
    own, pages = own_maps, own_maps.panel.room.pages
    own.wait(lambda: own.rail.is_folded)
    pages.show_page(pages.regions)
    page = pages.regions
    own.wait(lambda: page.note.isVisible() and _seen_whole(page.note))
    assert page.note.text().startswith("No region yet")
    bars = [one.verticalScrollBar() for one in pages.findChildren(QScrollArea)]
    own.wait(lambda: not any(one.isVisible() for one in bars))
    own.wait(lambda: _seen_whole(page.on_anatomy.native))
    pages.show_page(pages.late)
    own.wait(lambda: pages.late.note.isVisible() and _seen_whole(pages.late.note))
    own.wait(lambda: _seen_whole(pages.late.load_core.native))
    own.wait(lambda: not any(one.isVisible() for one in bars))


def _seen_whole(widget: QWidget) -> bool:
    return widget.visibleRegion().boundingRect().size() == widget.size()
