"""The sentence that leads on: one figure on bar, picture, pages and record; three ways further."""

import numpy as np

from napari_dsc.core.regions import limits_words
from napari_dsc.io.nifti import write_series
from napari_dsc.io.record import make_record
from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.maps.corner_words import corner_of
from napari_dsc.viewer.regions.late_summary import late_summary


def told(desk) -> str:
    """Words of the bar above the pictures."""
    lead = desk.panel.room.lead
    desk.wait(lambda: lead.isVisible() and lead.label.text() != "")
    return str(lead.label.text())


def test_fault_262_bar_corner_table_and_record_tell_one_figure(computed):
    """Cleaned otherwise, all of them follow."""
    desk, scan = computed, computed.panel.scan
    page = desk.panel.room.pages.late
    for smallest in (1.0, 2.5):
        desk.panel.room.show_late()
        page.smallest.value = smallest
        desk.panel.room.late.measure()
        summary = late_summary(scan)
        assert summary is not None
        row = next(one for one in summary.volumes.rows if one.above == 6)
        expected = f"Tmax > 6 s: {row.words}, {summary.side}"
        desk.wait(lambda expected=expected: told(desk) == expected)
        corner = corner_of(desk.map("Tmax"))
        assert corner.split("\n")[0] == f"> 6 s: {row.words.split(' (')[0]}, {summary.side}"
        assert ("before cleaning" in corner) is ("before cleaning" in row.words)
        assert page.table.item(0, 1).text() in told(desk)
        run = scan.results.run
        saved = make_record(run[0], run[1], None, scan.layers.cleaning)["late_tissue"]
        volumes = {one["tmax_above_s"]: one["mL"] for one in saved["volumes"]}
        assert f"{volumes[6.0]:.1f} mL" in told(desk)
    page.smallest.value = 1.0


def test_show_leads_to_tmax_in_steps_on_its_fullest_slice(computed):
    """Alone, outlined; a double click shows again what was there before."""
    desk, room, scan = computed, computed.panel.room, computed.panel.scan
    told(desk)
    room.bar.steps.value = False
    room.views.symbol = "CBF"
    room.show("overlay")
    desk.press(room.lead.look)
    assert (room.kind, room.views.symbol) == ("single", "Tmax")
    assert desk.map("Tmax").stepped
    assert room.bar.steps.value is True
    assert room.pages.late.ticks == {6.0}
    summary = late_summary(scan)
    assert summary is not None
    mask = to_screen(summary.mask(), scan.place)
    at = scan.slice_at(desk.viewer.dims.point, desk.viewer.dims.units)
    assert at == int(np.argmax(mask.sum(axis=(1, 2))))
    room.enlarge("Tmax")
    assert room.kind == "overlay"


def test_report_asks_where_to(computed, monkeypatch):
    asked = []
    monkeypatch.setattr(computed.panel.room.reporting, "ask", lambda: asked.append(True))
    told(computed)
    computed.press(computed.panel.room.lead.report)
    assert asked == [True]


def test_older_maps_are_said_to_be(computed):
    desk = computed
    words = told(desk)
    desk.panel.form.svd_threshold.value = 0.12
    desk.wait(lambda: told(desk) == f"Of the earlier maps: {words}")
    desk.panel.form.svd_threshold.value = 0.2
    desk.wait(lambda: told(desk) == words)


def test_nothing_is_said_of_another_scan(computed, patient, tmp_path):
    """Not for a moment: the sentence goes with its scan, and comes back with it."""
    desk = computed
    words, first = told(desk), desk.panel.scan
    write_series(tmp_path / "second.nii.gz", patient.series)
    desk.open(tmp_path / "second.nii.gz")
    assert desk.panel.scan is not first
    assert not desk.panel.room.lead.isVisible()
    desk.panel.form.series.value = first.layer
    assert told(desk) == words


def test_nothing_is_told_without_maps(opened):
    assert not opened.panel.room.lead.isVisible()


def test_fault_455_limits_that_do_not_hold_are_said_in_place_of_a_volume(computed):
    """On bar, picture and page, in the words of the core; no button leads to what is not there."""
    desk, room, form = computed, computed.panel.room, computed.panel.form
    words = limits_words("Posterior")
    sentence = words[0].upper() + words[1:]
    wide = room.lead.window().minimumSizeHint().width()
    form.method.value = "Posterior"
    desk.compute()
    desk.wait(lambda: told(desk) == sentence)
    assert not room.lead.look.visible
    assert not room.lead.region.visible
    assert corner_of(desk.map("Tmax")) == "Posterior: limits of SVD\ndo not hold"
    room.show_late()
    page = room.pages.late
    assert page.note.text().startswith(f"{sentence}. ")
    assert not page.table.item(0, 1).font().bold()
    assert room.lead.window().minimumSizeHint().width() <= wide  # it fits where a volume did
    form.method.value = "oSVD"
    desk.compute()
    desk.wait(lambda: told(desk).startswith("Tmax > 6 s: "))
    desk.wait(lambda: room.lead.look.visible)
    assert page.table.item(0, 1).font().bold()
