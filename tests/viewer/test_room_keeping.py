"""Regions, what is normal and the midline outlast a crash, a saved folder and a closed panel."""

import json
import shutil

import nibabel as nib
import numpy as np
import pytest

from napari_dsc.core.phantom import Tissue
from napari_dsc.io.autosave import Autosave
from napari_dsc.viewer.layers import KEY, to_file
from tests.viewer.test_room_measures import paint, row


@pytest.fixture
def read(desk, patient, scan_file):
    """Maps of the digital patient on screen, the page of regions in sight."""
    desk.open(scan_file)
    desk.draw(patient)
    desk.compute()
    desk.press(desk.panel.room.bar.regions)
    return desk


def painted(desk) -> np.ndarray:
    """Regions on the axes of the file."""
    scan = desk.panel.scan
    return to_file(np.asarray(scan.regions.data), scan.place)


def open_anew(desk, scan_file) -> None:
    """As after a crash: nothing is left of the window's layers."""
    desk.viewer.layers.clear()
    desk.open(scan_file)
    desk.wait(lambda: desk.panel.scan.fingerprint is not None)


def test_regions_outlast_a_crash(read, patient, scan_file):
    """Their numbers come back; what was painted meanwhile keeps its own."""
    desk = read
    white, lesion = (patient.tissue == one for one in (Tissue.WHITE, Tissue.HYPOPERFUSED))
    paint(desk, white, 1)
    paint(desk, lesion, 4)
    scan, folder = desk.panel.scan, Autosave()

    def kept() -> set[str]:
        saved, _ = folder.load(scan.fingerprint, scan.shape)
        return set() if saved is None else {name for name in saved.masks if "Region" in name}

    desk.wait(lambda: kept() == {"Region 1", "Region 4"})
    open_anew(desk, scan_file)
    desk.wait(lambda: desk.panel.restore.visible)
    assert f"regions {int((white | lesion).sum()):,}" in desk.panel.restore.tooltip
    now = patient.tissue == Tissue.TUMOUR
    now[:, :16] |= lesion[:, :16]
    paint(desk, now, 4)
    desk.press(desk.panel.restore)
    labels = painted(desk)
    np.testing.assert_array_equal(labels == 1, white)
    np.testing.assert_array_equal(labels == 4, now)
    assert (lesion & now).any()
    np.testing.assert_array_equal(labels == 5, lesion & ~now)
    # What lay under another number is not lost with the next crash either.
    scan = desk.panel.scan
    desk.wait(lambda: kept() == {"Region 1", "Region 4", "Region 5"})


def test_what_is_offered_outlasts_another_crash(read, patient, scan_file):
    """Nobody has pressed Restore yet, and paints under the number of a region that is offered."""
    desk, folder = read, Autosave()
    lesion, tumour = (patient.tissue == one for one in (Tissue.HYPOPERFUSED, Tissue.TUMOUR))
    paint(desk, lesion, 1)
    scan = desk.panel.scan
    fingerprint, shape = scan.fingerprint, scan.shape

    def kept() -> dict:
        saved, _ = folder.load(fingerprint, shape)
        return {} if saved is None else {n: m for n, m in saved.masks.items() if "Region" in n}

    desk.wait(lambda: set(kept()) == {"Region 1"})
    open_anew(desk, scan_file)
    desk.wait(lambda: desk.panel.restore.visible)
    paint(desk, tumour, 1)
    desk.wait(lambda: set(kept()) == {"Region 1", "Region 2"})
    np.testing.assert_array_equal(kept()["Region 1"], tumour)
    np.testing.assert_array_equal(kept()["Region 2"], lesion)


def test_a_record_brings_back_what_was_drawn(read, patient, scan_file, tmp_path):
    """Regions, names, midline and reference; rCBV is saved, and comes with the next run."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    white, lesion = (patient.tissue == one for one in (Tissue.WHITE, Tissue.HYPOPERFUSED))
    paint(desk, white, 2)
    paint(desk, lesion, 3)
    scan.regions.metadata[KEY]["names"][3] = "Lesion"
    page.choose(2, "CBV")
    desk.press(page.normalise)
    desk.press(page.mirror)
    ends = scan.midline.data[0] + np.array([0.0, 3.0])
    scan.midline.data = [ends]
    desk.wait(lambda: row(desk, 3, "CBF")["Mirror"] != "")
    ratio = row(desk, 3, "rCBV")["Mean"]
    out = tmp_path / "out"
    desk.panel.results.save_to(out)
    desk.wait(lambda: not desk.panel.busy)
    volume = {one: nib.load(next(out.glob(f"*{one}.nii.gz"))) for one in ("_cbv", "relative_cbv")}
    values = {one: np.asarray(image.dataobj, float) for one, image in volume.items()}
    accepted = white & scan.result[1].maps.cbv.quality_mask
    expected = values["_cbv"] / values["_cbv"][accepted].mean()
    np.testing.assert_allclose(values["relative_cbv"], expected, rtol=1e-5)
    told = json.loads(next(out.glob("*relative_cbv.json")).read_text())
    assert (told["Units"], told["ReferenceLabel"]) == ("1", 2)
    open_anew(desk, scan_file)
    desk.panel.results.open_from(out / "record.json")
    scan = desk.panel.scan
    np.testing.assert_array_equal(painted(desk), 2 * white + 3 * lesion)
    assert scan.regions.metadata[KEY]["names"][3] == "Lesion"
    np.testing.assert_allclose(scan.midline.data[0], ends, atol=0.01)
    assert scan.mirrored
    desk.compute()
    desk.wait(lambda: "rCBV" in scan.maps and bool(page.rows))
    assert row(desk, 3, "rCBV")["Mean"] == ratio
    assert row(desk, 3, "CBF")["Mirror"] != ""
    desk.panel.results.open_from(out / "record.json")  # once more: nothing is doubled
    np.testing.assert_array_equal(painted(desk), 2 * white + 3 * lesion)


def test_a_record_without_its_files_says_what_it_lacks(read, patient, tmp_path):
    desk = read
    paint(desk, patient.tissue == Tissue.WHITE, 1)
    desk.panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: not desk.panel.busy)
    shutil.copy(tmp_path / "out" / "record.json", tmp_path / "alone.json")
    before = painted(desk)
    desk.panel.results.open_from(tmp_path / "alone.json")
    assert "were not restored" in desk.panel.status.text()
    np.testing.assert_array_equal(painted(desk), before)


def test_relative_maps_follow_the_brush(read, patient):
    """Painted on, the reference changes them at once: no run is needed."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    white = patient.tissue == Tissue.WHITE
    paint(desk, white, 1)
    page.choose(1, "CBV")
    desk.press(page.normalise)
    volume = scan.result[1].maps.cbv

    def mean(mask) -> float:
        return float(volume.values[mask & volume.quality_mask].mean())

    shown = to_file(np.asarray(scan.maps["rCBV"].data), scan.place)
    np.testing.assert_allclose(shown, volume.values / mean(white), rtol=1e-5)
    wider = white | (patient.tissue == Tissue.GREY)
    paint(desk, wider, 1)
    shown = to_file(np.asarray(scan.maps["rCBV"].data), scan.place)
    np.testing.assert_allclose(shown, volume.values / mean(wider), rtol=1e-5)
    assert float(row(desk, 1, "rCBV")["Mean"]) == pytest.approx(1, abs=1e-3)
    scan.regions.data = np.zeros_like(scan.regions.data)
    desk.wait(lambda: "rCBV" not in scan.maps)


def test_a_panel_that_was_closed_finds_the_reading_again(read, patient):
    """Regions, midline and relative maps hang on the scan: nothing is lost with the dock."""
    desk, viewer, scan = read, read.viewer, read.panel.scan
    lesion = patient.tissue == Tissue.HYPOPERFUSED
    paint(desk, lesion, 1)
    paint(desk, patient.tissue == Tissue.WHITE, 2)
    page = desk.panel.room.pages.regions
    page.choose(2, "CBV")
    desk.press(page.normalise)
    desk.press(page.mirror)
    desk.wait(lambda: row(desk, 1, "rCBV")["Mirror"] != "")
    before = row(desk, 1, "rCBV")
    viewer.window.remove_dock_widget(desk.panel)
    _, desk.panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan.layer is scan.layer)
    desk.press(desk.panel.room.bar.regions)
    desk.wait(lambda: bool(desk.panel.room.pages.regions.rows))
    assert row(desk, 1, "rCBV") == before
    paint(desk, patient.tissue == Tissue.TUMOUR, 3)
    assert row(desk, 3, "CBV")["n"] != before["n"]
    assert [one.name for one in viewer.layers].count("Regions") == 1
    assert [one.name for one in viewer.layers].count("Midline") == 1


def test_a_region_has_a_curve(read, patient):
    """Its mean as the bolus passes, beside the other side's; it follows choice and brush."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    curves = desk.panel.curves
    lesion, white = (patient.tissue == one for one in (Tissue.HYPOPERFUSED, Tissue.WHITE))

    def passing(mask) -> np.ndarray:
        """Textbook: the mean signal's change against its baseline, over the echo time."""
        signal = patient.series.signal[mask].mean(axis=0)
        first, last = scan.span
        with np.errstate(all="ignore"):
            change = -np.log(signal / signal[first:last].mean()) / patient.series.echo_time
        change[:first] = np.nan
        return change

    assert not any("Region" in name for name in curves.legend.names)
    paint(desk, lesion, 1)
    paint(desk, white, 2)
    page.choose(1, "CBV")
    assert "Region 1" in curves.legend.names
    np.testing.assert_allclose(curves.region.yData, passing(lesion), rtol=1e-4, atol=1e-4)
    assert curves.across.yData is None or not len(curves.across.yData)
    page.choose(2, "CBV")
    assert "Region 2" in curves.legend.names
    np.testing.assert_allclose(curves.region.yData, passing(white), rtol=1e-4, atol=1e-4)
    page.choose(1, "CBV")
    desk.press(page.mirror)
    desk.wait(lambda: "Region 1, other side" in curves.legend.names)
    other = lesion[::-1] & ~lesion
    difference = np.nanmax(np.abs(curves.across.yData - passing(other)))
    assert difference < 0.1 * np.nanmax(passing(other))
    scan.regions.data = np.zeros_like(scan.regions.data)
    desk.wait(lambda: not any("Region" in name for name in curves.legend.names))
