"""A row of the table of late tissue leads to the slice that holds most of it, in every view."""

import numpy as np
import pytest
from qtpy.QtTest import QTest

from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.regions.late_summary import late_summary
from tests.viewer.desk import LEFT
from tests.viewer.review.test_lightbox import box_of


def click(desk, row, column=1) -> None:
    """Click a number of the table with the mouse."""
    table = desk.panel.room.pages.late.table
    place = table.visualItemRect(table.item(row, column)).center()
    QTest.mouseClick(table.viewport(), LEFT, pos=place)


def slice_at(desk) -> int:
    return int(desk.panel.scan.slice_at(desk.viewer.dims.point, desk.viewer.dims.units))


def late(desk, limit=6.0) -> np.ndarray:
    """Late tissue (z, y, x) above a limit, as the table has it."""
    summary = late_summary(desk.panel.scan)
    assert summary is not None
    return np.asarray(to_screen(summary.mask(limit), desk.panel.scan.place))


def fullest(desk, limit) -> int:
    """Slice (z) with the most voxels above a limit."""
    return int(np.argmax(late(desk, limit).sum(axis=(1, 2))))


@pytest.fixture
def asked(computed):
    """The page of late tissue in sight, and a slice on screen without any."""
    desk = computed
    desk.press(desk.panel.room.bar.late)
    desk.wait(lambda: desk.panel.room.pages.late.table.rowCount() == 4)
    desk.viewer.dims.set_current_step(1, int(np.argmin(late(desk).sum(axis=(1, 2)))))
    return desk


@pytest.mark.parametrize("view", ["grid", "overlay", "single", "slices", "rows"])
def test_fault_265_a_row_leads_to_its_slice_in_every_view(asked, view):
    desk = asked
    desk.panel.room.show(view)
    expected = fullest(desk, 6.0)
    assert slice_at(desk) != expected
    click(desk, 0)
    assert slice_at(desk) == expected
    assert desk.panel.room.kind == view
    if view in ("slices", "rows"):
        assert expected in box_of(desk).slices


def test_a_click_on_the_tick_outlines_and_goes_nowhere(asked):
    desk = asked
    before = slice_at(desk)
    click(desk, 0, column=0)
    assert slice_at(desk) == before


def test_above_a_limit_that_nothing_reaches_one_stays_where_one_is(asked):
    """And is told so."""
    desk = asked
    page = desk.panel.room.pages.late
    page.smallest.value = 50.0  # larger than every piece
    desk.panel.room.late.measure()
    assert not late(desk, 10.0).any()
    before = slice_at(desk)
    click(desk, 2)
    assert slice_at(desk) == before
    assert "Nothing is above 10 s." in desk.panel.status.text()


def test_another_cut_goes_to_its_own_fullest_slice(asked):
    """Cut from the front, it is the row that holds most."""
    desk, scan = asked, asked.panel.scan
    desk.viewer.dims.order = (0, 2, 1, 3)
    expected = int(np.argmax(late(desk).sum(axis=(0, 2))))
    click(desk, 0)
    point = desk.viewer.dims.point
    voxel = scan.voxel_at(point, desk.viewer.dims.units)
    assert voxel is not None
    assert voxel[1] == expected
