"""A page of a thousand regions: set in seconds, and cut no shorter than it has to be."""

import time
from dataclasses import replace

import pytest

from napari_dsc.core.progress import finished
from napari_dsc.report.content import page_of
from napari_dsc.report.orientation import view_for
from napari_dsc.report.pdf_layout import LOWEST, sheet_of
from napari_dsc.report.read_results import reading_results


@pytest.fixture
def page(results):
    """Text of a report."""
    found = finished(reading_results(results))
    return page_of(found, view_for(found), {})


def words_in(sheet) -> str:
    return " ".join(line.words for block in sheet.foot for line in block.lines)


def with_rows(page, regions: int, notices: int):
    """So many regions, of one or two lines each, and so many warnings."""
    (row, *_) = page.regions
    rows = [(f"Region {at} {'of a long name ' * (at % 3)}", *row[1:]) for at in range(regions)]
    return replace(
        page, regions=tuple(rows), notices=tuple(f"Warning {at}." for at in range(notices))
    )


def test_fault_161_a_thousand_regions_are_set_in_seconds(page):
    """It took minutes: every row was set anew for each row that was left out."""
    start = time.process_time()
    sheet = sheet_of(with_rows(page, 999, 3), "caption")
    assert time.process_time() - start < 15
    assert "more regions, which did not fit" in words_in(sheet)
    assert sheet.maps >= LOWEST


@pytest.mark.parametrize(("regions", "notices"), [(80, 4), (30, 60), (60, 60)])
def test_a_page_is_cut_no_shorter_than_it_has_to_be(page, regions, notices):
    """A page of one row more than it shows of the longer list does not fit as it is."""
    many = with_rows(page, regions, notices)
    sheet = sheet_of(many, "caption")
    side = sum(one.height for one in sheet.side)
    assert sheet.maps >= max(LOWEST, side)
    words = words_in(sheet)
    if "which did not fit" in words:
        lowest = min(block.height for block in sheet.foot for line in block.lines[:1] if line.words)
        assert sheet.maps - 3 * lowest < max(LOWEST, side) + 3 * lowest


def test_few_regions_are_all_there(page):
    assert "did not fit" not in words_in(sheet_of(with_rows(page, 5, 2), "caption"))
