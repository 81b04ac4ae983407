"""Regions, what is normal and the midline outlast a crash, a saved folder and a closed panel."""

import json
import shutil
from typing import Any

import nibabel as nib
import numpy as np
import pytest

from napari_dsc.core.phantom import Tissue
from napari_dsc.io.autosave import Autosave
from napari_dsc.io.nifti import write_series
from napari_dsc.io.record import fingerprint
from napari_dsc.viewer.layers import KEY, to_file, to_screen
from napari_dsc.viewer.regions.all_drawn import drawn_on
from tests.viewer.regions.test_regions import paint, row


@pytest.fixture
def read_anew(computed_anew):
    """As `read`, and nothing on the disk of what was painted before."""
    computed_anew.press(computed_anew.panel.room.bar.regions)
    return computed_anew


def painted(desk) -> np.ndarray:
    """Regions on the axes of the file."""
    scan = desk.panel.scan
    return to_file(np.asarray(scan.layers.regions.data), scan.place)


def open_anew(desk, scan_file) -> None:
    """As after a crash: nothing is left of the window's layers."""
    desk.viewer.layers.clear()
    desk.open(scan_file)
    desk.wait(lambda: desk.panel.scan.facts.fingerprint is not None)


def test_fault_158_three_hundred_regions_outlast_a_crash(read_anew, patient, scan_file):
    """Each of them."""
    desk = read_anew
    at = np.argwhere(patient.brain)[:301]
    labels = np.zeros(patient.brain.shape, int)
    labels[tuple(at[:300].T)] = np.arange(1, 301)
    paint(desk, labels == 1, 1)
    scan, folder = desk.panel.scan, Autosave()
    scan.layers.regions.data = to_screen(labels, scan.place)

    def kept() -> int:
        saved, _ = folder.load(scan.facts.fingerprint, scan.shape)
        return 0 if saved is None else sum("Region" in name for name in saved.masks)

    desk.wait(lambda: kept() == 300)
    open_anew(desk, scan_file)
    desk.wait(lambda: desk.panel.form.restore.visible)
    desk.press(desk.panel.form.restore)
    np.testing.assert_array_equal(painted(desk), labels)


def test_regions_outlast_a_crash(read_anew, patient, scan_file):
    """Their numbers come back; what was painted meanwhile keeps its own."""
    desk = read_anew
    white, lesion = (patient.tissue == one for one in (Tissue.WHITE, Tissue.HYPOPERFUSED))
    paint(desk, white, 1)
    paint(desk, lesion, 4)
    scan, folder = desk.panel.scan, Autosave()

    def kept() -> set[str]:
        saved, _ = folder.load(scan.facts.fingerprint, scan.shape)
        return set() if saved is None else {name for name in saved.masks if "Region" in name}

    desk.wait(lambda: kept() == {"Region 1", "Region 4"})
    open_anew(desk, scan_file)
    desk.wait(lambda: desk.panel.form.restore.visible)
    assert f"regions {int((white | lesion).sum()):,}" in desk.panel.form.restore.tooltip
    now = patient.tissue == Tissue.TUMOUR
    now[:, :16] |= lesion[:, :16]
    paint(desk, now, 4)
    desk.press(desk.panel.form.restore)
    labels = painted(desk)
    np.testing.assert_array_equal(labels == 1, white)
    np.testing.assert_array_equal(labels == 4, now)
    assert (lesion & now).any()
    np.testing.assert_array_equal(labels == 5, lesion & ~now)
    # What lay under another number is not lost with the next crash either.
    scan = desk.panel.scan
    desk.wait(lambda: kept() == {"Region 1", "Region 4", "Region 5"})


def test_what_is_offered_outlasts_another_crash(read_anew, patient, scan_file):
    """Nobody has pressed Restore yet, and paints under the number of a region that is offered."""
    desk, folder = read_anew, Autosave()
    lesion, tumour = (patient.tissue == one for one in (Tissue.HYPOPERFUSED, Tissue.TUMOUR))
    paint(desk, lesion, 1)
    scan = desk.panel.scan
    fingerprint, shape = scan.facts.fingerprint, scan.shape

    def kept() -> dict[str, Any]:
        saved, _ = folder.load(fingerprint, shape)
        return {} if saved is None else {n: m for n, m in saved.masks.items() if "Region" in n}

    desk.wait(lambda: set(kept()) == {"Region 1"})
    open_anew(desk, scan_file)
    desk.wait(lambda: desk.panel.form.restore.visible)
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
    scan.layers.regions.metadata[KEY]["names"][3] = "Lesion"
    page.choose(2, "CBV")
    desk.press(page.normalise)
    desk.press(page.mirror)
    ends = scan.layers.midline.data[0] + np.array([0.0, 3.0])
    scan.layers.midline.data = [ends]
    desk.wait(lambda: row(desk, 3, "CBF")["Mirror"] != "")
    ratio = row(desk, 3, "rCBV")["Mean"]
    out = tmp_path / "out"
    desk.panel.results.save_to(out)
    desk.wait(lambda: not desk.panel.busy)
    volume = {
        one: nib.Nifti1Image.from_filename(next(out.glob(f"*{one}.nii.gz")))
        for one in ("_cbv", "relative_cbv")
    }
    values = {one: image.get_fdata() for one, image in volume.items()}
    accepted = white & scan.results.run[1].maps.cbv.quality_mask
    expected = values["_cbv"] / values["_cbv"][accepted].mean()
    np.testing.assert_allclose(values["relative_cbv"], expected, rtol=1e-5)
    told = json.loads(next(out.glob("*relative_cbv.json")).read_text())
    assert (told["Units"], told["ReferenceLabel"]) == ("1", 2)
    open_anew(desk, scan_file)
    desk.panel.results.open_from(out / "record.json")
    scan = desk.panel.scan
    np.testing.assert_array_equal(painted(desk), 2 * white + 3 * lesion)
    assert scan.layers.regions.metadata[KEY]["names"][3] == "Lesion"
    np.testing.assert_allclose(scan.layers.midline.data[0], ends, atol=0.01)
    assert scan.layers.mirrored
    desk.compute()
    desk.wait(lambda: "rCBV" in scan.layers.maps and bool(page.rows))
    assert row(desk, 3, "rCBV")["Mean"] == ratio
    assert row(desk, 3, "CBF")["Mirror"] != ""
    desk.panel.results.open_from(out / "record.json")  # once more: nothing is doubled
    np.testing.assert_array_equal(painted(desk), 2 * white + 3 * lesion)


def forge(out, end: str, change) -> None:
    """Change a file of results, and what the record says of it."""
    path = next(out.glob(f"*{end}"))
    change(path)
    record = json.loads((out / "record.json").read_text())
    record["files"][end] = fingerprint(path)
    (out / "record.json").write_text(json.dumps(record))


def test_what_a_record_cannot_bring_back_is_told(read, patient, tmp_path):
    """A region under what is painted now, numbers beyond the highest, a midline in the void."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    results, out = desk.panel.results, tmp_path / "out"
    white = patient.tissue == Tissue.WHITE
    paint(desk, white, 1)
    page.choose(1, "CBV")
    desk.press(page.normalise)
    desk.press(page.mirror)
    results.save_to(out)
    desk.wait(lambda: not desk.panel.busy)
    smaller = white.copy()
    smaller[tuple(np.argwhere(white)[0])] = False
    paint(desk, white & ~smaller, 0)
    results.open_from(out / "record.json")
    assert "was not restored whole" in desk.panel.status.text()
    assert scan.results.reference is None
    desk.wait(lambda: "rCBV" not in scan.layers.maps)
    np.testing.assert_array_equal(painted(desk) == 1, smaller)

    def facts(**changed) -> None:
        def change(path) -> None:
            path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))

        forge(out, "desc-regions_dseg.json", change)

    scan.layers.regions.data = np.zeros_like(scan.layers.regions.data)
    ends = np.array(scan.layers.midline.data[0])
    for point, normal in (([1e12, 0, 0], [1, 0, 0]), ([0, 0, 0], [0, 0, 1])):
        facts(Midline={"PointRAS": point, "NormalRAS": normal})
        results.open_from(out / "record.json")
        assert "midline of the record does not cross" in desk.panel.status.text()
        np.testing.assert_array_equal(scan.layers.midline.data[0], ends)
    facts(Midline={"PointRAS": [10**400, 0, 0], "NormalRAS": [1, 0, 0]})
    results.open_from(out / "record.json")
    assert "a number beyond all measure" in desk.panel.status.text()
    facts(Midline=None)
    scan.layers.regions.data = np.zeros_like(scan.layers.regions.data)

    def beyond(path) -> None:
        image = nib.Nifti1Image.from_filename(path)
        labels = np.asarray(image.dataobj).astype(np.int32)
        nib.save(
            nib.Nifti1Image(np.where(labels > 0, 70_000, 0), image.affine, dtype=np.int32), path
        )

    forge(out, "desc-regions_dseg.nii.gz", beyond)
    results.open_from(out / "record.json")
    np.testing.assert_array_equal(painted(desk), white)


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


def test_numbers_run_out_in_words(read_anew, patient):
    """After the highest number the lowest free one; and a crash loses no artery for it."""
    desk, scan, folder = read_anew, read_anew.panel.scan, Autosave()
    lesion, tumour = (patient.tissue == one for one in (Tissue.HYPOPERFUSED, Tissue.TUMOUR))
    paint(desk, lesion, 1)
    paint(desk, patient.tissue == Tissue.WHITE, 999)
    desk.panel.room.new_region()
    assert scan.layers.regions.selected_label == 2
    scan.layers.regions.mode = "pan_zoom"

    def kept() -> dict[str, Any]:
        saved, _ = folder.load(scan.facts.fingerprint, scan.shape)
        return {} if saved is None else dict(saved.masks)

    desk.wait(lambda: {"Region 1", "Region 999"} <= set(kept()))
    layer = scan.layer
    data, options, _ = layer.as_layer_data_tuple()
    del options["metadata"]["napari_dsc"]["scan"]
    desk.viewer.layers.clear()
    desk.viewer.add_image(data, **options)
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.form.restore.visible)
    scan = desk.panel.scan
    paint(desk, tumour, 1)
    desk.draw(patient)
    desk.wait(lambda: "Region 2" in kept() and kept()["AIF"].any())
    np.testing.assert_array_equal(kept()["Region 1"], tumour)
    np.testing.assert_array_equal(kept()["Region 2"], lesion)


def test_why_nothing_is_normalised_is_told(read, patient):
    """And stays on the page: no accepted voxel; a reference that was erased."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    paint(desk, ~scan.results.run[1].maps.cbv.quality_mask, 1)
    paint(desk, patient.tissue == Tissue.WHITE, 2)
    page.choose(1, "CBV")
    desk.press(page.normalise)
    assert "must hold an accepted voxel" in page.note.text()
    assert page.note.isVisible()
    page.choose(2, "CBV")
    desk.press(page.normalise)
    assert "rCBV" in scan.layers.maps
    paint(desk, patient.tissue == Tissue.WHITE, 0)
    assert "reference region is gone" in page.note.text()
    assert "rCBV" not in scan.layers.maps


def test_a_scan_that_is_not_at_hand_is_kept_too(read_anew, patient, tmp_path):
    """Somebody paints on its layer while another scan is chosen in the panel."""
    desk, page, first, folder = (
        read_anew,
        read_anew.panel.room.pages.regions,
        read_anew.panel.scan,
        Autosave(),
    )
    white = patient.tissue == Tissue.WHITE
    paint(desk, white, 1)
    page.choose(1, "CBV")
    desk.press(page.normalise)
    write_series(tmp_path / "second.nii.gz", patient.series)
    desk.open(tmp_path / "second.nii.gz")
    desk.wait(lambda: desk.panel.scan is not None and desk.panel.scan is not first)
    desk.wait(lambda: desk.panel.scan.facts.proposed and not desk.panel.busy)
    wider = white | (patient.tissue == Tissue.GREY)
    first.layers.regions.data = np.asarray(to_screen(wider, first.place)).astype(np.uint16)
    drawn = drawn_on(first)
    assert drawn is not None
    before = drawn.labels

    def kept() -> bool:
        saved, _ = folder.load(first.facts.fingerprint, first.shape)
        region = None if saved is None else saved.masks.get("Region 1")
        return region is not None and np.array_equal(region, wider)

    desk.wait(kept)
    volume = first.results.run[1].maps.cbv
    mean = float(volume.values[wider & volume.quality_mask].mean())
    expected = volume.values / mean

    def follows() -> bool:
        made = first.results.relative["rCBV"].values
        return bool(np.allclose(made, expected, rtol=1e-5, equal_nan=True))

    desk.wait(follows)
    first.layers.regions.data[...] = 0  # what is being saved does not change under the brush
    assert before.any()


def test_many_regions_are_drawn_once(read, patient):
    """A stroke draws the picture anew once, however many regions there are."""
    desk, scan = read, read.panel.scan
    overlay = next(o for n, o in desk.viewer.scene.overlays.items() if "outlines" in n)
    numbers = 1 + np.arange(patient.brain.size).reshape(patient.brain.shape) % 60
    labels = np.where(patient.brain, numbers, 0)
    drawn = []
    layer = desk.panel.room.regions.layer_of(scan)
    layer.data = np.asarray(to_screen(labels, scan.place)).astype(np.uint16)
    desk.wait(lambda: len(desk.panel.room.pages.regions.rows) == 360)
    overlay.events.drawn.connect(lambda: drawn.append(len(overlay.drawn)))
    data = np.array(layer.data)
    z = int(desk.viewer.dims.current_step[1])
    data[data == data[z].max()] = 0
    layer.data = data
    desk.panel.room.regions.measure()
    assert len(drawn) == 1
    assert sum(one.thin for one in overlay.drawn) <= 41  # numbers, and the letters of orientation


def test_relative_maps_follow_the_brush(read, patient):
    """Painted on, the reference changes them at once: no run is needed."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    white = patient.tissue == Tissue.WHITE
    paint(desk, white, 1)
    page.choose(1, "CBV")
    desk.press(page.normalise)
    volume = scan.results.run[1].maps.cbv

    def mean(mask) -> float:
        return float(volume.values[mask & volume.quality_mask].mean())

    shown = to_file(np.asarray(scan.layers.maps["rCBV"].data), scan.place)
    np.testing.assert_allclose(shown, volume.values / mean(white), rtol=1e-5)
    wider = white | (patient.tissue == Tissue.GREY)
    paint(desk, wider, 1)
    shown = to_file(np.asarray(scan.layers.maps["rCBV"].data), scan.place)
    np.testing.assert_allclose(shown, volume.values / mean(wider), rtol=1e-5)
    assert float(row(desk, 1, "rCBV")["Mean"]) == pytest.approx(1, abs=1e-3)
    scan.layers.regions.data = np.zeros_like(scan.layers.regions.data)
    desk.wait(lambda: "rCBV" not in scan.layers.maps)


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
    # What is removed while nobody listens is not saved later.
    viewer.window.remove_dock_widget(desk.panel)
    viewer.layers.remove(scan.layers.regions)
    _, desk.panel = viewer.window.add_plugin_dock_widget("napari-dsc", "Perfusion maps")
    desk.wait(lambda: desk.panel.scan is scan)
    assert drawn_on(scan) is None
    desk.wait(lambda: "rCBV" not in scan.layers.maps)


def test_a_region_has_a_curve(read, patient):
    """Its mean as the bolus passes, beside the other side's; it follows choice and brush."""
    desk, page, scan = read, read.panel.room.pages.regions, read.panel.scan
    curves = desk.panel.curves
    lesion, white = (patient.tissue == one for one in (Tissue.HYPOPERFUSED, Tissue.WHITE))

    def passing(mask) -> np.ndarray:
        """Textbook: the mean signal's change against its baseline, over the echo time."""
        signal = patient.series.signal[mask].mean(axis=0)
        first, last = scan.facts.span
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
    scan.layers.regions.data = np.zeros_like(scan.layers.regions.data)
    desk.wait(lambda: not any("Region" in name for name in curves.legend.names))


def test_fault_443_outlines_of_regions_are_light_on_every_map(read, patient):
    """Each of eight is a colour of its own, and as light as letters have to be."""
    paint(read, patient.tissue == Tissue.WHITE, 1)
    layer = read.panel.scan.layers.regions
    colours = [tuple(np.round(layer.get_color(label)[:3], 2)) for label in range(1, 9)]
    assert len(set(colours)) == 8
    light = np.array(colours) @ (0.2126, 0.7152, 0.0722)  # how light the eye finds them
    assert light.min() > 0.6
