"""What is told of late tissue: one measurement for bar, corner and table."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc.core.regions import (
    LATE,
    Cleaning,
    LateVolume,
    LateVolumes,
    lesions,
    proposed_midline,
    side_of,
)
from napari_dsc.viewer.contributions import scan_layer
from napari_dsc.viewer.regions.late_summary import LateSummary, halved_at, late_summary


def test_it_is_measured_once_for_a_run(computed):
    """And anew for another cleaning, another midline, another run."""
    scan = computed.panel.scan
    first = late_summary(scan)
    assert first is not None
    assert late_summary(scan) is first
    page = computed.panel.room.pages.late
    page.smallest.value = 3.0
    computed.panel.room.late.measure()
    other = late_summary(scan)
    assert other is not None
    assert other is not first
    assert other.volumes.cleaning.smallest == 3.0
    page.smallest.value = 1.0


def test_side_and_mask_are_those_of_the_pieces(computed):
    scan = computed.panel.scan
    summary, analysis = late_summary(scan), scan.results.run[1]
    assert summary is not None
    midline = proposed_midline(analysis.brain, scan.ras)
    assert halved_at(scan) == midline
    labels, _ = lesions(analysis.maps, analysis.brain, midline=midline)
    np.testing.assert_array_equal(summary.mask(LATE), labels > 0)
    assert summary.side == side_of(labels > 0, scan.ras, midline)
    assert summary.side in ("left", "right")
    assert summary.corner.startswith("> 6 s: ")
    assert f"mL, {summary.side}" in summary.corner
    assert summary.headline.endswith(f", {summary.side}")


@pytest.mark.parametrize(
    ("cleaned", "raw", "side", "corner"),
    [
        (120.84, 121.0, "left", "> 6 s: 120.8 mL, left"),
        (100.0, 120.0, "both sides", "> 6 s: 100.0 mL, both sides\n(120.0 mL before cleaning)"),
        (0.0, 0.0, "", "> 6 s: 0.0 mL"),
        (np.nan, np.nan, "", "> 6 s: mL unknown"),
    ],
)
def test_fault_262_both_figures_stand_in_the_corner_where_they_are_apart(
    cleaned, raw, side, corner
):
    row = LateVolume(above=6.0, cleaned=cleaned, raw=raw)
    volumes = LateVolumes(cleaning=Cleaning(), rows=(row,), ratio=0.5, raw_ratio=0.5)
    one = LateSummary(found=(), volumes=volumes, side=side, midline=None)
    assert one.corner == corner
    assert row.words in one.headline


def test_fault_263_no_side_is_told_where_nobody_knows_left_from_right(desk, patient):
    """An affine alone does not tell: volume and pieces yes, no side; and no mirror."""
    lost = replace(patient.series, oriented=False)
    data, options, _ = scan_layer(lost, "Lost")
    desk.viewer.add_image(data, **options)
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan.facts.proposed)
    desk.draw(patient)
    desk.compute()
    scan, room = desk.panel.scan, desk.panel.room
    desk.wait(lambda: room.lead.isVisible() and not desk.panel.busy)
    summary = late_summary(scan)
    assert summary is not None
    assert (summary.side, halved_at(scan)) == ("", None)
    assert room.lead.label.text() == summary.headline
    assert summary.headline.endswith(" mL")
    desk.press(room.lead.region)
    desk.wait(lambda: room.pages.regions.rows != [])
    assert room.pages.regions.mirror.value is False
    assert {one.words[-3] for one in room.pages.regions.rows} == {""}
