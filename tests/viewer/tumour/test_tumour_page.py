"""The page of tumours on screen, and maps without an artery: by mouse, against the core."""

import csv
import html
import io

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_dsc.core.phantom import Tissue
from napari_dsc.core.quantities import BOLUS, STANDARD
from napari_dsc.core.regions import REFERENCE_NAME
from napari_dsc.core.tumour import ENHANCEMENT_NAME, read_tumour, standardised
from napari_dsc.io.nifti import write_nifti
from napari_dsc.io.read_record import read_record
from napari_dsc.io.standard_scale import read_scale
from napari_dsc.viewer.layers import KEY, to_screen
from napari_dsc.viewer.tumour.tumours import SUBTRACTION
from tests.viewer.report_answers import answer_report

SHAPES = {row.symbol for row in BOLUS.values()}
MAPS = {row.symbol for row in STANDARD.values()}


def paint(desk, mask, name, label) -> None:
    """Paint a region of the file by a name, as data."""
    regions = desk.panel.room.regions
    layer = regions.layer_of(desk.panel.scan)
    data = np.array(layer.data)
    data[np.asarray(to_screen(mask, desk.panel.scan.place))] = label
    layer.metadata[KEY]["names"][label] = name
    layer.data = data
    regions.measure()


def shown(desk) -> set[str]:
    """Symbols of the maps on screen."""
    scan = desk.panel.scan
    return {one for one, layer in scan.layers.maps.items() if layer in desk.viewer.layers}


def page_of(desk):
    """The page, in sight."""
    pages = desk.panel.room.pages
    pages.show_page(pages.tumour)
    QApplication.processEvents()
    return pages.tumour


def alone(desk) -> None:
    """Press Compute without an artery, and wait for the end."""
    desk.wait(lambda: desk.panel.form.compute.enabled)
    desk.press(desk.panel.form.compute)
    desk.wait(lambda: not desk.panel.busy)


@pytest.fixture
def glioma(computed, patient):
    """The tumour and white matter of the digital patient as regions, on the page of tumours."""
    page_of(computed)
    paint(computed, patient.tissue == Tissue.TUMOUR, ENHANCEMENT_NAME, 1)
    paint(computed, patient.tissue == Tissue.WHITE, REFERENCE_NAME, 2)
    return computed


def test_fault_330_compute_works_without_an_artery_and_says_what_is_missing(opened):
    """It takes none silently; the status said so before the button was pressed."""
    panel = opened.panel
    opened.wait(lambda: "Without an artery" in panel.status.text())
    assert panel.reading.missing().startswith("Draw the artery")
    alone(opened)
    assert shown(opened) == SHAPES
    assert "No artery" in panel.status.text()
    analysis = panel.scan.results.run[1]
    assert not analysis.with_artery
    assert not panel.scan.results.outdated
    assert not panel.form.artery.value.data.any()


def test_fault_331_maps_of_an_earlier_kind_leave_the_screen(opened, patient):
    """With an artery none of those without it is left behind, and the other way round."""
    alone(opened)
    zoom = opened.viewer.scene.camera.zoom
    opened.draw(patient)
    opened.compute()
    opened.wait(lambda: not opened.panel.busy)
    assert shown(opened) == MAPS
    assert 0.5 < opened.viewer.scene.camera.zoom / zoom < 2
    opened.panel.form.bolus_maps.value = True
    opened.compute()
    opened.wait(lambda: not opened.panel.busy)
    assert shown(opened) == MAPS | SHAPES
    opened.panel.form.bolus_maps.value = False


def test_fault_332_erasing_the_artery_live_does_not_take_the_maps_away(computed):
    """Only Compute itself measures without an artery."""
    panel = computed.panel
    panel.form.live.value = True
    panel.form.artery.value.data = np.zeros_like(panel.form.artery.value.data)
    computed.wait(lambda: panel.scan.results.outdated)
    computed.wait(lambda: not panel.busy)
    assert panel.scan.results.run[1].with_artery
    assert shown(computed) == MAPS


def test_a_voxel_has_no_residue_where_nothing_was_deconvolved(opened):
    alone(opened)
    panel = opened.panel
    voxel = tuple(
        int(one)
        for one in np.argwhere(to_screen(panel.scan.results.run[1].brain, panel.scan.place))[200]
    )
    assert panel.scan.look_at(voxel) is None


def test_the_page_tells_what_the_core_reads(glioma, patient):
    """The same sentences, to the digit, and the line above the pictures says the burden."""
    scan, page = glioma.panel.scan, page_of(glioma)
    analysis = scan.results.run[1]
    painted = to_screen(np.zeros(patient.brain.shape), scan.place)
    assert painted is not None
    expected = read_tumour(
        analysis.maps,
        analysis.brain,
        patient.tissue == Tissue.TUMOUR,
        patient.tissue == Tissue.WHITE,
        name_of_reference=REFERENCE_NAME,
    )
    for line in expected.lines:
        assert line in page.text.text()
    assert scan.results.tumour.burden == expected.burden
    edges, counts = page.histogram.getOriginalDataset()
    assert np.array_equal(counts, expected.histogram.counts)
    assert np.array_equal(edges, expected.histogram.edges)


def test_maps_that_are_computed_anew_are_read_anew(glioma):
    """Here with the window of the areas changed."""
    page, scan = page_of(glioma), glioma.panel.scan
    before = scan.results.tumour
    glioma.panel.form.bolus_maps.value = True
    glioma.compute()
    glioma.wait(lambda: not glioma.panel.busy)
    glioma.wait(lambda: scan.results.tumour is not before)
    assert "PSR where it enhances" in page.text.text()
    glioma.panel.form.bolus_maps.value = False


def test_numbers_of_the_page_change_what_is_read(glioma):
    page, scan = page_of(glioma), glioma.panel.scan
    box = page.thresholds.native
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "1.5, 2.5")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert scan.layers.tumour.thresholds == (1.5, 2.5)
    assert "above 2.5" in page.text.text()
    box.selectAll()
    QTest.keyClicks(box, "2, 1")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert "thresholds must be positive and rise" in page.text.text()
    assert scan.layers.tumour.thresholds == (1.5, 2.5)
    page.thresholds.value = "1, 1.75"
    QTest.keyClick(box, Qt.Key.Key_Return)
    page.vessels.value = 2.5
    assert "blood volume above 2.5 times" in page.text.text()
    page.vessels.value = 5.0


def test_fault_335_erasing_takes_the_reading_away(glioma, patient):
    """No number is left on screen of an enhancement that is gone."""
    page, scan = page_of(glioma), glioma.panel.scan
    before = scan.results.tumour.burden.voxels
    half = (patient.tissue == Tissue.TUMOUR) & (np.indices(patient.brain.shape)[0] % 2 == 0)
    paint(glioma, half, "", 0)
    assert scan.results.tumour.burden.voxels < before
    paint(glioma, patient.tissue == Tissue.TUMOUR, "", 0)
    assert scan.results.tumour is None
    assert "Nothing enhances yet" in page.text.text()


def test_a_tumour_without_a_reference_is_not_read_until_one_is_proposed(computed, patient):
    """And then it is looked at: the page says where the numbers come from."""
    page = page_of(computed)
    paint(computed, patient.tissue == Tissue.TUMOUR, ENHANCEMENT_NAME, 1)
    assert "No reference yet" in page.text.text()
    assert computed.panel.scan.results.tumour is None
    computed.press(page.read)
    computed.wait(lambda: computed.panel.scan.results.tumour is not None)
    assert "Fractional tumour burden" in page.text.text()
    assert "rCBV" in shown(computed)


def test_the_curves_of_every_voxel_are_saved(glioma, patient, tmp_path, monkeypatch):
    file = tmp_path / "curves.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    page = page_of(glioma)
    glioma.press(page.curves)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    names = [row["name"] for row in rows]
    assert names.count(ENHANCEMENT_NAME) == int((patient.tissue == Tissue.TUMOUR).sum())
    assert set(names) == {ENHANCEMENT_NAME, REFERENCE_NAME}


def test_what_is_saved_and_reported_holds_the_tumour(glioma, tmp_path):
    """The numbers of the page, in the record and on the report."""
    scan = glioma.panel.scan
    glioma.panel.results.save_to(tmp_path / "out")
    glioma.wait(lambda: (tmp_path / "out" / "record.json").is_file() and not glioma.panel.busy)
    record = read_record(tmp_path / "out" / "record.json").content
    assert record["tumour"]["lines"] == list(scan.results.tumour.lines)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert any(name.endswith("desc-enhancement_mask.nii.gz") for name in names)
    page = tmp_path / "page.html"
    answer_report(lambda: glioma.press(glioma.panel.room.bar.report), page)
    glioma.wait(lambda: page.is_file() and not glioma.panel.busy)
    assert html.escape(scan.results.tumour.lines[0]) in page.read_text(encoding="utf-8")


def test_t1_before_and_after_contrast_propose_what_enhances(computed, patient, tmp_path):
    """Opened beside the scan, subtracted, laid onto the regions; both lie as their files say."""
    random = np.random.default_rng(0)
    pre = np.where(patient.brain, 100.0, 5.0) + random.normal(0, 1.5, patient.brain.shape)
    post = 1.4 * np.where(patient.tissue == Tissue.TUMOUR, pre + 60, pre)
    for name, values in (("before", pre), ("after", post)):
        write_nifti(tmp_path / f"{name}.nii.gz", values.astype(np.float32), patient.series.affine)
        computed.viewer.open(tmp_path / f"{name}.nii.gz", plugin="napari-dsc")
    page = page_of(computed)
    assert not page.propose.enabled
    page.before.value = computed.viewer.layers["before"]
    page.after.value = computed.viewer.layers["after"]
    page.align.value = False
    assert page.propose.enabled
    computed.press(page.propose)
    computed.wait(lambda: not computed.panel.room.tumours.running)
    computed.wait(lambda: SUBTRACTION in computed.viewer.layers)
    layer = computed.panel.scan.layers.regions
    names = layer.metadata[KEY]["names"]
    label = next(one for one, name in names.items() if name == ENHANCEMENT_NAME)
    found = np.asarray(layer.data) == label
    rim = to_screen(patient.tissue == Tissue.TUMOUR, computed.panel.scan.place)
    assert found.sum() > 0
    assert not (found & ~rim).any()
    page.align.value = True


def test_the_same_volume_twice_is_refused(computed, patient, tmp_path):
    values = 100 * np.random.default_rng(0).random(patient.brain.shape)
    write_nifti(tmp_path / "one.nii.gz", values.astype(np.float32), patient.series.affine)
    computed.viewer.open(tmp_path / "one.nii.gz", plugin="napari-dsc")
    page = page_of(computed)
    page.before.value = page.after.value = computed.viewer.layers["one"]
    computed.press(page.propose)
    assert "must be two volumes" in page.text.text()


def save_maps(desk, folder) -> None:
    """Save what is on screen, and wait for its record."""
    desk.panel.results.save_to(folder)
    desk.wait(lambda: (folder / "record.json").is_file() and not desk.panel.busy)


def test_a_scale_is_made_of_saved_results_chosen_and_kept(glioma, tmp_path, monkeypatch):
    """By its buttons; the page tells what the core reads on it, and the record keeps it."""
    page, scan = page_of(glioma), glioma.panel.scan
    file = tmp_path / "mine.json"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "saved"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    save_maps(glioma, tmp_path / "saved" / "one")
    glioma.press(page.make_scale)
    glioma.wait(lambda: not glioma.panel.room.tumours.running)
    assert "at least 2 scans" in glioma.panel.status.text()  # in the words of the shell
    assert not file.exists()
    assert page.chosen_scale is None
    save_maps(glioma, tmp_path / "saved" / "two")
    glioma.press(page.make_scale)
    glioma.wait(lambda: page.chosen_scale is not None)
    assert read_scale(file) == page.chosen_scale == scan.layers.scale
    line = "sCBV where it enhances: mean"
    assert line in page.text.text()
    mean = scan.results.tumour.maps["sCBV"].mean
    analysis = scan.results.run[1]
    own = standardised(analysis.maps.cbv, analysis.brain, read_scale(file))
    counted = scan.results.tumour.enhancing & ~scan.results.tumour.vessels
    assert mean == pytest.approx(own.values[counted & own.quality_mask].mean())
    save_maps(glioma, tmp_path / "on_scale")
    record = read_record(tmp_path / "on_scale" / "record.json")
    assert record.tumour is not None
    assert record.tumour[3] == read_scale(file)
    page.scale.value = ""
    assert line not in page.text.text()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(file), ""))
    glioma.press(page.load_scale)
    assert line in page.text.text()
    page.scale.value = ""


def test_fault_388_volumes_that_were_opened_before_the_page_was_shown_are_offered(
    computed, patient, tmp_path
):
    """The page is made long before it is docked, and nobody tells it of layers until then."""
    pages = computed.panel.room.pages
    pages.show_page(pages.regions)
    values = 100 * np.random.default_rng(0).random(patient.brain.shape)
    write_nifti(tmp_path / "first.nii.gz", values.astype(np.float32), patient.series.affine)
    layer = computed.viewer.open(tmp_path / "first.nii.gz", plugin="napari-dsc")[0]
    page = page_of(computed)
    assert layer in page.before.choices
    assert layer in page.after.choices


def test_fault_386_the_reference_is_proposed_on_the_side_without_the_tumour(computed, patient):
    """White matter beside a tumour is none to compare with."""
    page = page_of(computed)
    tumour = patient.tissue == Tissue.TUMOUR
    paint(computed, tumour, ENHANCEMENT_NAME, 1)
    computed.press(page.read)
    computed.wait(lambda: computed.panel.scan.results.tumour is not None)
    reference = computed.panel.scan.results.tumour.reference
    middle = patient.brain.shape[0] / 2
    sides = [np.argwhere(one)[:, 0] > middle for one in (tumour, reference)]
    assert sides[0].mean() < 0.1 or sides[0].mean() > 0.9
    assert abs(sides[1].mean() - sides[0].mean()) > 0.9


def test_what_was_proposed_is_said_to_be_until_it_is_gone(computed, patient, tmp_path):
    """Also while the reference is missing, and beside the numbers that follow."""
    random = np.random.default_rng(0)
    pre = np.where(patient.brain, 100.0, 5.0) + random.normal(0, 1.5, patient.brain.shape)
    post = np.where(patient.tissue == Tissue.TUMOUR, pre + 60, pre)
    for name, values in (("one", pre), ("two", post)):
        write_nifti(tmp_path / f"{name}.nii.gz", values.astype(np.float32), patient.series.affine)
        computed.viewer.open(tmp_path / f"{name}.nii.gz", plugin="napari-dsc")
    page = page_of(computed)
    page.before.value, page.after.value = (computed.viewer.layers[one] for one in ("one", "two"))
    page.align.value = False
    computed.press(page.propose)
    computed.wait(lambda: not computed.panel.room.tumours.running)
    computed.wait(lambda: "Proposed from T1: look at it" in page.text.text())
    assert "No reference yet" in page.text.text()
    computed.press(page.read)
    computed.wait(lambda: "Fractional tumour burden" in page.text.text())
    assert "Proposed from T1: look at it" in page.text.text()
    page.align.value = True
