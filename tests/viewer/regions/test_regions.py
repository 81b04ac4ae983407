"""Regions, late tissue and the report on screen, against numpy on what is saved."""

import csv
import html
import io
import re

import nibabel as nib
import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QClipboard
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_dsc.core.late_steps import STEP_WINDOW
from napari_dsc.core.number_words import number_words
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.quality import REJECTING
from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.regions import Histogram
from napari_dsc.core.types import ParameterMap
from napari_dsc.io.nifti import write_nifti
from napari_dsc.viewer.layers import to_file, to_screen
from napari_dsc.viewer.maps import view_modes
from napari_dsc.viewer.maps.map_layers import show_whole
from napari_dsc.viewer.regions.late_tissue import COLORS
from napari_dsc.viewer.regions.regions import MIRRORED, reach_of
from napari_dsc.viewer.regions.regions_tab import COLUMNS, RegionsPage, Row
from tests.io.dicom_maker import CANARY, classic
from tests.viewer.report_answers import answer_report

FORBIDDEN = ("core", "penumbra", "mismatch")


def key(desk, name: str) -> None:
    """Press a key on the picture."""
    shift = Qt.KeyboardModifier.ShiftModifier if name.isupper() else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(desk.canvas(), name, shift)
    QApplication.processEvents()


def paint(desk, mask, label=1) -> None:
    """Paint a region of the file, as data."""
    regions = desk.panel.room.regions
    layer = regions.layer_of(desk.panel.scan)
    data = np.array(layer.data)
    data[np.asarray(to_screen(mask, desk.panel.scan.place))] = label
    layer.data = data
    regions.measure()


def row(desk, label: int, symbol: str) -> dict[str, str]:
    """Words of a row of the table, by the headings."""
    table = desk.panel.room.pages.regions.table
    names = [table.horizontalHeaderItem(at).text() for at in range(table.columnCount())]
    found = [one for one in desk.panel.room.pages.regions.rows if one[:2] == (label, symbol)]
    return dict(zip(names, found[0].words, strict=True))


def saved(desk, folder):
    """What is saved: maps by name, and where the answer stands."""
    desk.panel.results.save_to(folder)
    desk.wait(lambda: not desk.panel.busy)
    maps = {
        path.name.split("_")[-1].removesuffix(".nii.gz"): np.asarray(
            nib.Nifti1Image.from_filename(path).dataobj
        )
        for path in folder.glob("*.nii.gz")
    }
    return maps, (maps["quality"].astype(int) & REJECTING) == 0


def clipboard() -> QClipboard:
    """Of the program."""
    board = QApplication.clipboard()
    assert board is not None
    return board


def near(words: str, value: float) -> None:
    assert float(words) == pytest.approx(value, rel=6e-3, abs=1e-9)


def test_a_stroke_is_measured(read, tmp_path, monkeypatch):
    """N, and a stroke of the mouse: a row for each map, as numpy reads the saved files."""
    desk, page = read, read.panel.room.pages.regions
    fitted: list[object] = []

    def fit(viewer) -> None:
        show_whole(viewer)
        fitted.append(viewer)

    monkeypatch.setattr(view_modes, "show_whole", fit)
    key(desk, "n")
    layer = desk.panel.room.regions.layer
    assert (layer.mode, layer.selected_label) == ("paint", 1)
    assert not desk.viewer.canvas.grid.enabled  # one picture to paint on
    desk.wait(lambda: bool(fitted))  # the picture lies where it will stay
    desk.drag([(2, 12, 9), (2, 13, 9), (2, 15, 10)])
    desk.wait(lambda: len(page.rows) == len(STANDARD))
    assert desk.panel.form.artery.value is not layer
    maps, stands = saved(desk, tmp_path / "out")
    region = to_file(np.asarray(layer.data), desk.panel.scan.place) == 1
    assert region.sum() > 5
    for symbol in (row.symbol for row in STANDARD.values()):
        values = maps[symbol.lower()][region & stands].astype(float)
        words = row(desk, 1, symbol)
        assert words["n"] == f"{values.size} of {region.sum()}"
        near(words["Mean"], values.mean())
        near(words["SD"], values.std(ddof=1))
        near(words["Median"], np.median(values))
        near(words["5 %"], np.percentile(values, 5))
        near(words["95 %"], np.percentile(values, 95))
    size = abs(np.linalg.det(desk.panel.scan.facts.series.affine[:3, :3])) / 1000
    near(row(desk, 1, "CBV")["mL"], region.sum() * size)
    drawn = nib.Nifti1Image.from_filename(next((tmp_path / "out").glob("*regions_dseg.nii.gz")))
    np.testing.assert_array_equal(np.asarray(drawn.dataobj), region)


def test_the_table_follows_undo_and_another_run(read, patient):
    desk, page = read, read.panel.room.pages.regions
    region = patient.tissue == Tissue.HYPOPERFUSED
    paint(desk, region)
    before = row(desk, 1, "CBF")["Mean"]
    desk.panel.form.hematocrit_ratio.value = 2 * desk.panel.form.hematocrit_ratio.value
    desk.compute()
    desk.wait(lambda: row(desk, 1, "CBF")["Mean"] != before)
    near(row(desk, 1, "CBF")["Mean"], 2 * float(before))
    layer = desk.panel.room.regions.layer
    layer.data = np.zeros_like(layer.data)
    desk.wait(lambda: page.rows == [])
    desk.viewer.layers.remove(layer)
    key(desk, "n")
    assert desk.panel.room.regions.layer is not layer


def test_a_region_is_compared_with_the_other_side(read, patient):
    """The digital patient is symmetric but for its lesion: flow there is a part of the other's."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    lesion = patient.tissue == Tissue.HYPOPERFUSED
    paint(desk, lesion)
    assert row(desk, 1, "CBF")["Mirror"] == ""
    desk.press(page.mirror)
    desk.wait(lambda: row(desk, 1, "CBF")["Mirror"] != "")
    flow = to_file(desk.map("CBF").data, scan.place)
    stands = scan.results.run[1].maps.cbf.quality_mask
    other = lesion[::-1] & ~lesion
    expected = flow[other & stands].mean(dtype=float)
    words = row(desk, 1, "CBF")
    assert float(words["Mirror"]) == pytest.approx(expected, rel=0.05)
    near(words["Ratio"], float(words["Mean"]) / float(words["Mirror"]))
    assert float(words["Ratio"]) < 0.6
    assert float(row(desk, 1, "Tmax")["Difference"]) > 3


def test_the_mirror_image_of_what_is_normal_is_no_tissue(read, patient):
    """It may lie in what is ill: only the mirror images of the other regions are outlined."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    desk.press(page.propose)
    desk.wait(lambda: bool(page.rows))
    desk.press(page.mirror)
    overlay = desk.viewer.scene.overlays["napari_dsc_outlines"]
    assert desk.panel.room.regions.reference.label_of(scan) is not None
    desk.wait(lambda: bool(overlay.drawn))
    assert not any(one.color == MIRRORED for one in overlay.drawn)
    desk.panel.room.new_region()
    layer = scan.layers.regions
    label = int(np.asarray(layer.data).max()) + 1
    lesion = to_screen(patient.tissue == Tissue.HYPOPERFUSED, scan.place)
    layer.data = np.where(lesion, label, layer.data).astype(layer.data.dtype)
    desk.wait(lambda: any(one.color == MIRRORED for one in overlay.drawn))


def test_the_midline_can_be_dragged(read, patient):
    """By its ends, as a line of a Shapes layer: the mirror image follows."""
    desk, page = read, read.panel.room.pages.regions
    paint(desk, patient.tissue == Tissue.HYPOPERFUSED)
    key(desk, "I")
    desk.press(page.mirror)
    line = desk.viewer.layers["Midline"]
    assert line.visible
    desk.wait(lambda: row(desk, 1, "CBF")["Mirror"] != "")
    before = row(desk, 1, "CBF")["Mirror"]
    ends = np.array(line.data[0])
    line.data = [ends + np.array([0.0, 21.0])]
    desk.wait(lambda: row(desk, 1, "CBF")["Mirror"] != before)
    key(desk, "g")
    assert not line.visible  # in the grid it would take a cell
    key(desk, "I")
    assert line.visible
    desk.press(page.mirror)
    assert not line.visible
    desk.wait(lambda: row(desk, 1, "CBF")["Mirror"] == "")


def test_fault_430_a_reference_that_may_hold_oedema_is_told(desk, tmp_path):
    """One side of this patient is late, the other holds a tumour."""
    from napari_dsc import phantom
    from napari_dsc.io.nifti import write_series

    patient = phantom((64, 64, 8), snr=100, seed=41, anatomy="realistic", lesion="both")
    write_series(tmp_path / "scan.nii.gz", patient.series)
    desk.open(tmp_path / "scan.nii.gz")
    desk.draw(patient)
    desk.compute()
    desk.press(desk.panel.room.bar.regions)
    desk.press(desk.panel.room.pages.regions.propose)
    desk.wait(lambda: "it may hold oedema" in desk.panel.status.text())


def test_maps_relative_to_white_matter(desk, tmp_path):
    """A reference is proposed, may be repainted, and rCBV and rCBF follow every run."""
    from napari_dsc import phantom
    from napari_dsc.io.nifti import write_series

    patient = phantom((48, 48, 6), 50, seed=2)
    write_series(tmp_path / "scan.nii.gz", patient.series)
    desk.open(tmp_path / "scan.nii.gz")
    desk.draw(patient)
    desk.compute()
    desk.press(desk.panel.room.bar.regions)
    page, scan = desk.panel.room.pages.regions, desk.panel.scan
    desk.press(page.propose)
    assert page.choice == (1, "CBV")
    region = to_file(np.asarray(scan.layers.regions.data), scan.place) == 1
    assert (patient.tissue[region] == Tissue.WHITE).mean() > 0.8
    assert row(desk, 1, "CBV")["Region"] == "Reference (proposed)"
    desk.press(page.normalise)
    maps = scan.results.run[1].maps
    for symbol, one in (("rCBV", maps.cbv), ("rCBF", maps.cbf)):
        mean = one.values[region & one.quality_mask].mean(dtype=float)
        found = to_file(scan.layers.maps[symbol].data, scan.place)
        np.testing.assert_allclose(found, one.values / mean, rtol=1e-5)
        near(row(desk, 1, symbol)["Mean"], 1.0)
    assert "rCBV" in desk.panel.room.bar.map.choices
    assert "rCBF 1" in scan.read_out((2, 20, 20)) or "rCBF" in scan.read_out((2, 20, 20))
    desk.panel.form.method.value = "cSVD"
    desk.compute()
    desk.wait(lambda: not desk.panel.busy)
    again = scan.results.run[1].maps.cbf
    mean = again.values[region & again.quality_mask].mean(dtype=float)
    np.testing.assert_allclose(
        to_file(scan.layers.maps["rCBF"].data, scan.place), again.values / mean, rtol=1e-5
    )


def test_the_chosen_region_is_told_on_the_picture_without_colour(read, patient):
    """Its outline has no gap; those of the others have."""
    desk, page = read, read.panel.room.pages.regions
    paint(desk, patient.tissue == Tissue.HYPOPERFUSED, 1)
    paint(desk, patient.tissue == Tissue.TUMOUR, 2)
    z = int(np.argwhere(patient.tissue == Tissue.TUMOUR)[0][2])
    desk.viewer.dims.set_current_step(1, z)
    overlay = desk.viewer.scene.overlays["napari_dsc_outlines"]
    color = {
        label: tuple(map(float, desk.panel.scan.layers.regions.get_color(label)))
        for label in (1, 2)
    }

    def borders(label: int) -> int:
        return sum(len(one.segments) for one in overlay.drawn if one.color == color[label])

    page.choose(1, "CBF")
    first = borders(1), borders(2)
    page.choose(2, "CBF")
    assert borders(1) < first[0]
    assert borders(2) > first[1]


def test_windows_from_a_region(read, patient):
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    region = patient.tissue == Tissue.WHITE
    paint(desk, region)
    page.choose(1, "CBF")
    desk.press(page.level)
    for symbol in ("CBV", "CBF", "MTT"):
        values = to_file(desk.map(symbol).data, scan.place)[region]
        mean = values[np.isfinite(values)].mean(dtype=float)
        np.testing.assert_allclose(desk.map(symbol).contrast_limits, (0, 2 * mean), rtol=1e-5)
    assert tuple(desk.map("Tmax").contrast_limits) == STEP_WINDOW


def test_names_and_numbers_go_along(read, patient, tmp_path):
    """Renamed in the table; copied with tabs, saved with commas, quoted where they must be."""
    desk, page = read, read.panel.room.pages.regions
    paint(desk, patient.tissue == Tissue.HYPOPERFUSED)
    page.table.item(0, 0).setText('Lesion, "left"')
    desk.wait(lambda: row(desk, 1, "CBV")["Region"] == 'Lesion, "left"')
    desk.press(page.copy)
    lines = clipboard().text().splitlines()
    assert lines[0].split("\t")[:3] == ["Region", "Map", "n"]
    assert len(lines) == 1 + len(STANDARD)
    desk.panel.room.regions.save_to(tmp_path / "table.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "table.csv").read_text())))
    assert rows[1][0] == 'Lesion, "left"'
    assert {len(one) for one in rows} == {13}
    desk.panel.room.regions.save_to(tmp_path / "no folder" / "table.csv")
    assert "Not saved" in page.note.text()


def test_the_histogram_is_of_the_chosen_row(read, patient):
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    region = patient.tissue == Tissue.GREY
    paint(desk, region)
    page.choose(1, "CBF")
    edges, counts = page.histogram.xData, page.histogram.yData
    stands = scan.results.run[1].maps.cbf.quality_mask
    values = scan.results.run[1].maps.cbf.values[region & stands]
    expected, _ = np.histogram(values, edges)
    np.testing.assert_array_equal(counts, expected)


def test_late_tissue_is_told_as_it_is_found(read, tmp_path):
    """Volumes as numpy counts them, cleaned and as found; and no word of a core."""
    desk, room, scan = read, read.panel.room, read.panel.scan
    desk.press(room.bar.late)
    page = room.pages.late
    maps, stands = saved(desk, tmp_path / "out")
    size = abs(np.linalg.det(scan.facts.series.affine[:3, :3])) / 1000
    brain = scan.results.run[1].brain
    for at, limit in enumerate((6, 8, 10, 4)):
        late = (maps["tmax"] > limit) & stands & brain
        words = [page.table.item(at, column).text() for column in range(6)]
        assert words[0].startswith(f"> {limit} s, ")
        assert float(words[2]) == pytest.approx(late.sum() * size, abs=0.06)
        cleaned, found, specks, holes = map(float, words[1:5])
        assert cleaned == pytest.approx(found - specks + holes, abs=0.16)
    seen = page.note.text() + page.core.text()
    assert not any(word in seen.lower() for word in FORBIDDEN)
    page.clean.value = False
    for at in range(4):
        assert page.table.item(at, 1).text() == page.table.item(at, 2).text()


def test_late_tissue_is_outlined_on_every_picture(read):
    desk, room, scan = read, read.panel.room, read.panel.scan
    key(desk, "T")
    overlay = desk.viewer.scene.overlays["napari_dsc_outlines"]
    desk.wait(lambda: any(one.color == COLORS[6.0] for one in overlay.drawn))
    assert room.pages.late.ticks == {6.0}
    key(desk, "T")
    assert not any(one.color == COLORS[6.0] for one in overlay.drawn)
    desk.press(room.pages.late.layers)
    names = [one.name for one in desk.viewer.layers if one.name.startswith("Tmax >")]
    assert len(names) == 4
    assert all(re.fullmatch(r"Tmax > \d+ s: \d+\.\d mL", name) for name in names)
    key(desk, "I")
    late = next(one for one in desk.viewer.layers if one.name.startswith("Tmax > 6"))
    assert late.contour == 1
    expected = scan.results.run[1].maps.tmax
    marked = to_file(np.asarray(late.data), scan.place) > 0
    assert ((expected.values > 6) & expected.quality_mask)[marked].mean() > 0.85


def test_words_of_a_core_only_with_a_core(read, patient, tmp_path):
    """After somebody has loaded one: volume and ratio, as numpy counts them."""
    desk, room, scan = read, read.panel.room, read.panel.scan
    desk.is_used_up = True  # a core belongs to its scan for good
    desk.press(room.bar.late)
    page = room.pages.late
    lesion = np.argwhere(patient.tissue == Tissue.HYPOPERFUSED)
    core = np.zeros(scan.shape, bool)
    core[tuple(lesion[: len(lesion) // 3].T)] = True
    write_nifti(tmp_path / "core.nii.gz", core, scan.facts.series.affine)
    room.late.load_core(tmp_path / "core.nii.gz")
    size = abs(np.linalg.det(scan.facts.series.affine[:3, :3])) / 1000
    told = page.core.text()
    assert f"{core.sum() * size:.1f} mL" in told
    late = float(page.table.item(0, 1).text())
    (ratio,) = map(float, re.findall(r"over core: ([\d.]*\d)", told))
    assert ratio == pytest.approx(late / (core.sum() * size), rel=0.02)
    write_nifti(tmp_path / "other.nii.gz", core[:-1], scan.facts.series.affine)
    room.late.load_core(tmp_path / "other.nii.gz")
    assert "shape" in page.core.text()


def test_the_spread_is_told_once_a_study_has_run(read):
    desk, room = read, read.panel.room
    desk.press(room.bar.late)
    desk.press(desk.panel.form.compare)
    desk.press(desk.panel.workshop.sensitivity.start)
    desk.wait(lambda: not desk.panel.busy)
    highs = []
    for at in range(4):  # of each limit
        words = room.pages.late.table.item(at, 6).text()
        low, high = map(float, words.removeprefix("AIF voxels ").split(" to "))
        assert low <= float(room.pages.late.table.item(at, 2).text()) <= high + 0.1
        highs.append(high)
    assert highs[:3] == sorted(highs[:3], reverse=True)
    assert highs[3] > highs[0] > highs[2]
    room.pages.late.smallest.value = 0.5  # and stays while the page is used
    assert "AIF voxels" in room.pages.late.table.item(0, 6).text()


def test_a_report_tells_what_is_on_screen(read, patient, tmp_path):
    """By its button and a dialog: with the region's numbers, its name, and that of the scan."""
    desk = read
    paint(desk, patient.tissue == Tissue.HYPOPERFUSED)
    desk.panel.room.pages.regions.table.item(0, 0).setText("Lesion <left>")
    desk.wait(lambda: "Lesion" in row(desk, 1, "CBV")["Region"])
    path = tmp_path / "page.html"
    answer_report(
        lambda: desk.press(desk.panel.room.bar.report),
        path,
        lambda dialog: dialog.named.setChecked(True),
    )
    desk.wait(path.is_file)
    desk.wait(lambda: not desk.panel.busy)
    assert "Report: page.html" in desk.panel.status.text()
    text = html.unescape(re.sub(r"<[^>]+>", " ", path.read_text()))
    assert "Lesion <left>" in text
    assert "Research use only" in text
    flow = desk.panel.scan.results.run[1].maps.cbf
    region = patient.tissue == Tissue.HYPOPERFUSED
    mean = flow.values[region & flow.quality_mask].mean(dtype=float)
    assert number_words(mean) in text
    assert f"Scan {desk.panel.scan.layer.name}" in " ".join(text.split())
    assert "patient.nii" not in text


@pytest.mark.parametrize("wanted", [True, False])
def test_fault_35_a_report_names_nobody_unless_asked(desk, patient, tmp_path, wanted):
    classic(tmp_path / "scan", patient.series)
    desk.viewer.open(tmp_path / "scan", plugin="napari-dsc")
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan.facts.proposed)
    desk.draw(patient)
    desk.compute()
    path = tmp_path / "page.html"
    answer_report(
        lambda: desk.press(desk.panel.room.bar.report),
        path,
        lambda dialog: dialog.identity.setChecked(wanted) if wanted else None,
    )
    desk.wait(path.is_file)
    assert (CANARY.replace("^", " ") in path.read_text()) == wanted
    assert ("ZZCANARYID" in path.read_text()) == wanted


def test_a_report_that_cannot_be_written_is_told(read, tmp_path):
    desk = read
    desk.panel.room.reporting.save_to(tmp_path / "no folder" / "page.pdf")
    desk.wait(lambda: not desk.panel.busy)
    assert "Report:" not in desk.panel.status.text()
    assert "folder" in desk.panel.status.text()


def test_late_tissue_is_that_of_the_maps_on_screen(read):
    """After another run, and with another scan at hand: never that of before."""
    desk, room = read, read.panel.room
    desk.press(room.bar.late)
    before = room.pages.late.table.item(0, 2).text()
    desk.press(room.bar.regions)
    desk.panel.form.method.value = "cSVD"
    desk.panel.form.svd_threshold.value = 0.02
    desk.compute()
    room.pages.tabs.setCurrentWidget(room.pages.late)
    tmax = desk.panel.scan.results.run[1].maps.tmax
    size = abs(np.linalg.det(desk.panel.scan.facts.series.affine[:3, :3])) / 1000
    late = (tmax.values > 6) & tmax.quality_mask & desk.panel.scan.results.run[1].brain
    desk.wait(lambda: room.pages.late.table.item(0, 2).text() == f"{late.sum() * size:.1f}")
    assert room.pages.late.table.item(0, 2).text() != before


def test_a_relative_map_goes_with_its_reference(read, patient):
    """An old rCBV beside a new CBV would be a lie."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    paint(desk, patient.tissue == Tissue.WHITE)
    page.choose(1, "CBV")
    desk.press(page.normalise)
    assert {"rCBV", "rCBF"} <= set(scan.layers.maps)
    scan.layers.regions.data = np.zeros_like(scan.layers.regions.data)
    desk.panel.form.method.value = "cSVD"
    desk.compute()
    desk.wait(lambda: not {"rCBV", "rCBF"} & set(scan.layers.maps))
    assert not [one.name for one in desk.viewer.layers if one.name.startswith("rCB")]


def test_keys_of_the_room_do_not_rename_a_region(read, patient):
    """Pressed on the table: a new region, and no editor."""
    desk, page = read, read.panel.room.pages.regions
    paint(desk, patient.tissue == Tissue.WHITE)
    page.table.setCurrentCell(0, 0)
    page.table.setFocus()
    QTest.keyClicks(page.table, "nk")
    QApplication.processEvents()
    assert page.table.state() == page.table.State.NoState
    page.table.setCurrentCell(1, 0)
    assert row(desk, 1, "CBV")["Region"] == "Region 1"


def test_no_brush_comes_back_after_the_grid(read):
    """A brush that was out of sight is down only once it is armed again."""
    desk = read
    key(desk, "n")
    layer = desk.panel.room.regions.layer
    key(desk, "g")
    assert not layer.visible
    key(desk, "I")
    assert (layer.visible, layer.mode) == (True, "pan_zoom")
    assert desk.panel.tools.armed is None


def test_nothing_is_mirrored_where_nobody_knows_left_from_right(desk, patient):
    from dataclasses import replace

    from napari_dsc.viewer.contributions import scan_layer

    lost = replace(patient.series, oriented=False)
    data, options, _ = scan_layer(lost, "Lost")
    desk.viewer.add_image(data, **options)
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan.facts.proposed)
    desk.draw(patient)
    desk.compute()
    desk.press(desk.panel.room.bar.regions)
    paint(desk, patient.tissue == Tissue.HYPOPERFUSED)
    page = desk.panel.room.pages.regions
    desk.press(page.mirror)
    assert page.mirror.value is False
    assert row(desk, 1, "CBF")["Mirror"] == ""
    assert set(desk.panel.room.letters.shown.values()) == {"?"}


def test_every_scan_has_its_own_reading(read, patient, tmp_path):
    """Mirror, subtraction and colours of one are not shown for another."""
    from napari_dsc.io.nifti import write_series

    desk, page, room = read, read.panel.room.pages.regions, read.panel.room
    first = desk.panel.scan
    paint(desk, patient.tissue == Tissue.HYPOPERFUSED)
    desk.press(page.mirror)
    room.bar.family.value = "Perceptually uniform"
    key(desk, "D")
    write_series(tmp_path / "second.nii.gz", patient.series)
    desk.open(tmp_path / "second.nii.gz")
    assert page.mirror.value is False
    assert room.bar.subtract.value is False
    assert room.bar.family.value == "Clinical rainbow"
    assert not first.layers.midline.visible
    desk.panel.form.series.value = first.layer
    assert page.mirror.value is True
    assert room.bar.subtract.value is True
    assert room.bar.family.value == "Perceptually uniform"
    key(desk, "D")
    assert first.layers.instead is None
    line = first.layers.midline
    desk.viewer.layers.remove(first.layer)
    assert line not in desk.viewer.layers


def test_everything_has_a_key(read, patient, tmp_path, monkeypatch):
    """Reference, normalisation, windows, clipboard, table, core mask: without a mouse."""
    desk, room, scan = read, read.panel.room, read.panel.scan
    desk.is_used_up = True  # a core belongs to its scan for good
    paint(desk, patient.tissue == Tissue.WHITE)
    room.pages.regions.choose(1, "CBV")
    key(desk, "K")
    assert "rCBV" in scan.layers.maps
    key(desk, "W")
    assert desk.map("CBF").contrast_limits != [0.0, 100.0]
    clipboard().setText("")
    key(desk, "C")
    assert clipboard().text().startswith("Region\t")
    table = tmp_path / "table"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(table), ""))
    key(desk, "S")
    assert table.with_suffix(".csv").read_text().startswith("Region,")
    write_nifti(tmp_path / "core.nii.gz", patient.tissue == Tissue.TUMOUR, scan.facts.series.affine)
    mask = str(tmp_path / "core.nii.gz")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (mask, ""))
    key(desk, "E")
    assert "Core mask core.nii.gz" in room.pages.late.core.text()
    key(desk, "O")
    key(desk, "X")
    assert desk.map("Tmax").opacity == pytest.approx(0.7)
    key(desk, "Z")
    assert desk.map("Tmax").opacity == pytest.approx(0.6)


def test_fault_364_what_the_question_needs_is_in_sight_first(qtbot):
    """Volume, mean, mirror and ratio on the narrowest page; the order of files stays."""
    page = RegionsPage()
    qtbot.addWidget(page)
    words = ("Lesion", "CBF (mL/100g/min)", "7458 of 7737", "148.6", *["-12.34"] * 8)
    page.show_rows([Row(1, "CBF", words, words)])
    page.show_histogram(histogram(), "CBF")
    page.resize(700, 150)
    page.show()
    qtbot.waitExposed(page)
    table = page.table
    for name in ("Region", "Map", "mL", "Mean", "Mirror", "Ratio"):
        at = list(COLUMNS).index(name)
        right = table.columnViewportPosition(at) + table.columnWidth(at)
        assert right <= page.width() - 170, name  # beside the buttons
    assert not page.plot.isVisible()  # the room is the table's
    page.resize(1300, 150)
    qtbot.waitUntil(page.plot.isVisible)


def histogram():
    return Histogram(counts=np.array([3, 4]), edges=np.array([0.0, 1.0, 2.0]), below=2, above=0)


def test_fault_366_the_axis_reaches_as_far_as_the_voxels(qtbot):
    """A window on screen may end at 12 s where values reach 40; what is beyond is counted."""
    values = np.concatenate([np.linspace(6, 40, 999), [5000.0]])
    good = np.ones(values.shape, bool)
    tmax = ParameterMap(
        values=values, name="Tmax", symbol="Tmax", units="s", affine=None, quality_mask=good
    )
    low, high = reach_of(tmax, np.ones(values.shape, bool), (0.0, 12.0))
    assert low == pytest.approx(6, abs=1)
    assert 38 < high < 41
    none = np.zeros(values.shape, bool)
    assert reach_of(tmax, none, (0.0, 12.0)) == (0.0, 12.0)
    page = RegionsPage()
    qtbot.addWidget(page)
    page.show_histogram(histogram(), "Tmax (s)")
    assert "2 below" in page.plot.getPlotItem().getAxis("bottom").labelText
    assert "above" not in page.plot.getPlotItem().getAxis("bottom").labelText
