"""Undo and the cleaning of late tissue: after it every display tells the same volume."""

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_dsc.core.regions import Cleaning, lesions
from napari_dsc.viewer.layers import KEY, to_file
from napari_dsc.viewer.maps.corner_words import corner_of
from napari_dsc.viewer.regions.late_summary import late_summary
from napari_dsc.viewer.regions.lesion_regions import is_lesion
from tests.viewer.desk import LEFT
from tests.viewer.panel.test_undo import settled, undo
from tests.viewer.review.test_said_everywhere import cells


def shown(desk) -> tuple[str, str, list[str], int]:
    """Bar, corner of Tmax, first row of the table, voxels that are outlined."""
    room, scan = desk.panel.room, desk.panel.scan
    words = str(room.lead.label.text())
    overlay = desk.viewer.scene.overlays["napari_dsc_outlines"]
    drawn = sum(int(np.asarray(one.mask).any()) for one in overlay.drawn if hasattr(one, "mask"))
    return words, corner_of(scan.layers.maps["Tmax"]), cells(room.pages.late.table, 0), drawn


def click(widget) -> None:
    """Click a box where its mark is."""
    spot = widget.native.rect().center()
    spot.setX(8)
    QTest.mouseClick(widget.native, LEFT, pos=spot)


def regions(desk) -> np.ndarray:
    """Regions that were made of lesions, on the axes of the file."""
    scan = desk.panel.scan
    layer = scan.layers.regions
    made = [label for label, name in layer.metadata[KEY]["names"].items() if is_lesion(name)]
    return np.isin(to_file(np.asarray(layer.data), scan.place), made)


def expected(desk, cleaning: Cleaning) -> np.ndarray:
    run = desk.panel.scan.results.run[1]
    labels, found = lesions(run.maps, run.brain, cleaning=cleaning)
    assert len(found) <= 20
    return np.asarray(labels) > 0


def test_fault_370_undo_takes_back_a_cleaning_and_every_display_follows(computed):
    """Bar, corner, table, box, regions that were made of lesions; then the regions themselves."""
    desk, room, scan = computed, computed.panel.room, computed.panel.scan
    page = room.pages.late
    desk.press(room.bar.late)
    desk.wait(lambda: page.table.rowCount() == 4 and room.lead.region.visible)
    desk.press(room.lead.region)
    desk.wait(lambda: regions(desk).any())
    settled(desk)
    desk.press(room.bar.late)
    desk.wait(page.isVisible)
    usual = Cleaning()
    before = shown(desk)
    np.testing.assert_array_equal(regions(desk), expected(desk, usual))
    page.smallest.native.setFocus()
    page.smallest.value = 3.0
    desk.wait(lambda: desk.panel.undoing.words.endswith("the cleaning of late tissue"))
    other = Cleaning(smallest=3.0)
    desk.wait(lambda: (told := late_summary(scan)) is not None and told.volumes.cleaning == other)
    np.testing.assert_array_equal(regions(desk), expected(desk, other))
    assert undo(desk).endswith("the cleaning of late tissue.")
    assert scan.layers.cleaning == page.cleaning == usual
    desk.wait(lambda: shown(desk) == before)
    np.testing.assert_array_equal(regions(desk), expected(desk, usual))
    undo(desk)
    assert not regions(desk).any()
    assert shown(desk)[0] == before[0]


def test_fault_370_both_boxes_are_taken_back_one_by_one(computed):
    """By mouse and key; each is a step of its own, and what they do not allow is grey."""
    desk, room, scan = computed, computed.panel.room, computed.panel.scan
    page = room.pages.late
    desk.press(room.bar.late)
    desk.wait(lambda: page.table.rowCount() == 4)
    click(page.fill)
    desk.wait(lambda: not scan.layers.cleaning.fill_holes)
    settled(desk)
    desk.panel.undoing.collect()
    click(page.clean)
    desk.wait(lambda: scan.layers.cleaning.smallest == 0)
    assert not page.smallest.enabled
    assert not page.fill.enabled
    assert "not cleaned" in page.note.text().lower()
    table = cells(page.table, 0)
    assert table[1] == table[2]
    settled(desk)
    QTest.keyClick(desk.canvas(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    desk.wait(lambda: scan.layers.cleaning == Cleaning() == page.cleaning)
    assert page.smallest.enabled
    assert page.fill.value is True


def test_fault_371_a_region_that_was_changed_by_hand_stays(computed):
    """Another cleaning follows only where nobody has drawn; and that is said."""
    desk, room, scan = computed, computed.panel.room, computed.panel.scan
    desk.wait(lambda: room.lead.region.visible)
    desk.press(room.lead.region)
    desk.wait(lambda: regions(desk).any())
    layer = scan.layers.regions
    data = np.array(layer.data)
    data[tuple(np.argwhere(data > 0)[0])] = 0
    layer.data = data
    settled(desk)
    mine = regions(desk)
    room.pages.late.smallest.value = 3.0
    desk.wait(lambda: "changed by hand" in desk.panel.status.text())
    np.testing.assert_array_equal(regions(desk), mine)
    room.pages.late.smallest.value = 1.0


def test_fault_371_a_region_that_comes_back_has_the_name_that_it_had(computed):
    """So that it is a lesion still, and is replaced when lesions are made anew."""
    desk, room, scan = computed, computed.panel.room, computed.panel.scan
    desk.wait(lambda: room.lead.region.visible)
    desk.press(room.lead.region)
    desk.wait(lambda: regions(desk).any())
    settled(desk)
    desk.panel.undoing.collect()
    layer = scan.layers.regions
    names = dict(layer.metadata[KEY]["names"])
    layer.data = np.zeros_like(layer.data)
    desk.wait(lambda: layer.metadata[KEY]["names"] == {})
    desk.panel.undoing.collect()
    assert undo(desk).startswith("Taken back: ")
    assert layer.metadata[KEY]["names"] == names
