"""What was chosen is what is kept and told: names, scaled curves, results, settings of a scan."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.layers import Image
from qtpy.QtWidgets import QApplication, QMessageBox

from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.types import Aif
from napari_dsc.io.autosave import Autosave
from napari_dsc.io.nifti import write_series
from napari_dsc.viewer.contributions import scan_layer
from napari_dsc.viewer.layers import KEY, to_screen
from napari_dsc.viewer.scan.scan_layers import open_scan

CANARY = "ZZCANARY^NAME"


@pytest.fixture
def twin(patient, tmp_path):
    """Another scan of the same patient."""
    signal = patient.series.signal.copy()
    signal[0, 0, 0] += 1
    path = tmp_path / "twin.nii.gz"
    write_series(path, replace(patient.series, signal=signal))
    return path


def open_anew(desk, scan_file) -> None:
    """As after a crash: nothing is left of the window's layers."""
    desk.viewer.layers.clear()
    desk.wait(lambda: desk.panel.scan is None)
    desk.open(scan_file)
    desk.wait(lambda: desk.panel.form.restore.visible)


def mark(layer, *voxels) -> None:
    """Mark these voxels (z, y, x), and no others."""
    data = np.zeros(layer.data.shape, np.uint8)
    for one in voxels:
        data[one] = 1
    layer.data = data


def arteries(desk) -> dict[str, int]:
    """How many voxels each AIF on screen has, by its name."""
    roles = {one: one.metadata.get(KEY, {}).get("role") for one in desk.viewer.layers}
    return {
        one.name: int((np.asarray(one.data) > 0).sum())
        for one, role in roles.items()
        if role == "AIF"
    }


def kept(desk):
    """What is on the disk of the scan at hand."""
    scan = desk.panel.scan
    if scan.facts.fingerprint is None:
        return None
    return Autosave().load(scan.facts.fingerprint, scan.shape)[0]


def test_fault_90_aifs_come_back_under_their_names(desk, scan_file, tmp_path):
    """Voxels, a loaded curve, and the one at hand; what a user typed is on no disk."""
    panel = desk.panel
    desk.open(scan_file)
    mark(panel.form.artery.value, (1, 9, 12), (1, 10, 12))
    panel.keeping.save_to(tmp_path / "curve.csv")
    desk.press(panel.form.propose)
    desk.wait(lambda: "Proposed" in panel.status.text() and not panel.busy)
    proposed = panel.form.artery.value
    count = arteries(desk)[proposed.name]
    assert count > 3
    panel.keeping.load_from((tmp_path / "curve.csv").rename(tmp_path / f"{CANARY}.csv"))
    assert panel.form.artery.value.name == CANARY
    curve = panel.scan.input_of(panel.form.artery.value).curve
    desk.press(panel.form.new_aif)
    last = panel.form.artery.value
    mark(last, (1, 11, 12))
    panel.form.artery.value = proposed  # neither the first nor the last
    names = {proposed.name, last.name, "AIF"}
    # An earlier state, from before the last two AIFs, had the same one at hand.
    desk.wait(lambda: (one := kept(desk)) is not None and set(one.masks) >= names)
    desk.wait(lambda: kept(desk).at_hand == (proposed.name,))
    saved = kept(desk)
    assert len(saved.curves) == 1
    (folder,) = {Autosave().directory}
    assert all(CANARY not in one.read_text() for one in folder.iterdir())
    open_anew(desk, scan_file)
    assert "as a loaded curve" in panel.form.restore.tooltip
    told = panel.form.restore.tooltip.removesuffix(" (Alt+R)")
    assert told in panel.status.text()  # the offer is seen, not only there
    assert panel.form.restore.native.isVisible()
    mark(panel.form.artery.value, (2, 9, 12))  # painted before the press: it stays
    desk.press(panel.form.restore)
    found = arteries(desk)
    assert found.pop("AIF") == 1
    assert found.pop("AIF (restored)") == 2
    assert {found.pop(proposed.name), found.pop(last.name)} == {count, 1}
    assert panel.form.artery.value.name == proposed.name
    (numbered,) = found  # the curve: it has no voxel, and no name of a file
    assert found[numbered] == 0
    layer = next(one for one in desk.viewer.layers if one.name == numbered)
    np.testing.assert_allclose(panel.scan.input_of(layer).curve, curve)
    # Restored once, it is no news; and another crash keeps all of it.
    assert not panel.form.restore.visible
    desk.wait(lambda: set(arteries(desk)) <= set(kept(desk).masks))
    open_anew(desk, scan_file)
    desk.press(panel.form.restore)
    assert arteries(desk) == {
        "AIF": 1,
        "AIF (restored)": 2,
        proposed.name: count,
        last.name: 1,
        numbered: 0,
    }
    assert panel.form.artery.value.name == proposed.name


def numbers(desk, path) -> dict[str, Any]:
    """Columns of *Numbers ...*."""
    desk.panel.curves.save_numbers(path)
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    columns = ([float(one or "nan") for one in column] for column in zip(*rows, strict=True))
    return dict(zip(header, columns, strict=True))


def test_fault_91_one_curve_is_drawn_saved_and_used(
    desk, scan_file, patient, twin, tmp_path, monkeypatch
):
    """Scaled to a VOF: the dock, Numbers, JSON and CSV hold the curve of the run, and say so."""
    panel = desk.panel
    desk.open(scan_file)
    place = panel.scan.place
    shown = to_screen(patient.tissue == Tissue.PARTIAL_ARTERY, place).astype("uint8")
    panel.form.artery.value.data = shown
    desk.press(panel.form.propose_vof)
    desk.wait(lambda: panel.form.vein.value is not None and not panel.busy)
    plain = np.array(panel.curves.mean.yData)
    assert "AIF, not scaled" not in panel.curves.legend.names
    panel.form.rescale.value = True  # before any run
    scaled = np.array(panel.curves.mean.yData)
    panel.keeping.save_to(tmp_path / "before.json")
    desk.compute()
    used = panel.scan.results.run[1].aif
    assert used.scaled_by > 1.2
    start = panel.scan.facts.span[0]
    np.testing.assert_allclose(scaled[start:], used.curve, rtol=1e-5)
    np.testing.assert_allclose(panel.curves.unscaled.yData, plain, rtol=1e-5)
    factor = f"{used.scaled_by:.3g}"
    found = numbers(desk, tmp_path / "numbers.csv")
    np.testing.assert_allclose(
        found[f"AIF (scaled by {factor}) (1/s)"][start:], used.curve, rtol=1e-5
    )
    np.testing.assert_allclose(found["AIF, not scaled (1/s)"][start:], plain[start:], rtol=1e-5)
    panel.keeping.save_to(tmp_path / "a.json")
    panel.keeping.save_to(tmp_path / "a.csv")
    assert f"scaled to the VOF by {factor}" in panel.status.text()
    for name in ("before", "a"):
        saved = json.loads((tmp_path / f"{name}.json").read_text())
        np.testing.assert_allclose(saved["curve"], used.curve, rtol=1e-6)
        assert saved["scaled_by"] == pytest.approx(used.scaled_by)
        assert len(saved["voxels"]) == (shown > 0).sum()
    # Its voxels, restored: the switch in the form decides, and it is told.
    panel.form.rescale.value = False
    np.testing.assert_allclose(panel.curves.mean.yData, plain, rtol=1e-5)
    panel.keeping.load_from(tmp_path / "a.json")
    assert "it is not: Scale AIF to VOF is off" in panel.status.text()
    assert np.isfinite(plain).sum() == np.isfinite(panel.curves.mean.yData).sum()
    # Its curve alone: it is drawn, and says that it is scaled already; here, and saved again.
    panel.keeping.load_from(tmp_path / "a.csv")
    assert f"was scaled to a VOF before it was saved (by {factor})" in panel.status.text()
    np.testing.assert_allclose(panel.curves.mean.yData[start:], used.curve, rtol=1e-5)
    assert any("scaled before" in name for name in panel.curves.legend.names)
    panel.keeping.save_to(tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text())["scaled_by"] == pytest.approx(
        used.scaled_by
    )
    desk.wait(lambda: panel.form.compute.enabled)
    desk.compute()
    assert "was scaled to a VOF before" in panel.status.text()
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *_: yes)
    desk.open(twin)
    panel.keeping.load_from(tmp_path / "a.json")
    assert f"(by {factor})" in panel.status.text()


def test_fault_92_a_result_is_older_only_for_what_it_hangs_on(desk, scan_file, patient):
    """The maps, a comparison and a sweep, each by itself; and buttons raise what they open."""
    panel, layers = desk.panel, desk.viewer.layers
    desk.open(scan_file)
    desk.draw(patient)
    first = panel.form.artery.value
    desk.press(panel.form.new_aif)
    second = panel.form.artery.value
    shown = to_screen(patient.tissue == Tissue.PARTIAL_ARTERY, panel.scan.place)
    second.data = shown.astype("uint8")
    desk.press(panel.form.new_aif)
    third = panel.form.artery.value
    panel.form.artery.value = first
    panel.form.method.value = "cSVD"
    desk.compute()
    desk.press(panel.form.compare)
    workshop = panel.workshop
    sweep, compare = workshop.threshold, workshop.compare
    assert panel.curves.visibleRegion().isEmpty()
    desk.press(panel.form.show_curves)
    QApplication.processEvents()
    assert not panel.curves.visibleRegion().isEmpty()
    sweep.where.value = "brain"
    sweep.start.changed.emit(True)
    desk.wait(lambda: "threshold 0.20" in sweep.note.text())
    compare.first.value, compare.second.value = first.name, second.name
    compare.start.changed.emit(True)
    desk.wait(lambda: compare.table.rowCount() == 3)
    desk.wait(lambda: not panel.busy)

    def old() -> tuple[bool, bool, bool]:
        words = "before the last change"
        return panel.scan.results.outdated, words in sweep.note.text(), words in compare.note.text()

    assert old() == (False, False, False)
    sweep.lines[0].setValue(0.1)
    sweep.lines[0].sigPositionChangeFinished.emit(sweep.lines[0])
    assert panel.form.svd_threshold.value == pytest.approx(0.1)
    assert old() == (True, False, True)
    assert "threshold 0.10: CBF" in sweep.note.text()
    panel.form.svd_threshold.value = 0.2  # and back: all of them stand
    assert old() == (False, False, False)
    panel.form.ttp_from.value = "bolus arrival"
    assert old() == (True, False, False)
    panel.form.ttp_from.value = "start of scan"
    panel.form.density.value = 1.1
    assert old() == (True, True, True)
    panel.form.density.value = 1.04
    mark(third, (1, 9, 12))  # an AIF that has no part in any
    desk.wait(lambda: kept(desk) is not None and kept(desk).masks[third.name].any())
    assert old() == (False, False, False)
    panel.form.artery.value = third
    assert old() == (True, True, False)
    panel.form.artery.value = first
    assert old() == (False, False, False)
    mark(second, (1, 9, 12))  # compared, although it is not at hand
    desk.wait(lambda: old() == (False, False, True))
    desk.press(panel.form.propose_vof)  # to which nothing is scaled
    desk.wait(lambda: panel.form.vein.value is not None and not panel.busy)
    assert panel.form.vein.value in layers
    assert old() == (False, False, True)
    panel.form.rescale.value = True
    assert old() == (True, True, True)
    compare.start.changed.emit(True)
    desk.wait(lambda: "that sets CBV" in compare.note.text())
    panel.form.method.value = "Tikhonov"
    assert "no threshold" in sweep.note.text()
    panel.form.method.value = "cSVD"
    assert "Press Explore" in sweep.note.text()


NAMES = ("method", "svd_threshold", "hematocrit_ratio", "density", "ttp_from", "rescale")
DEFAULTS = ("oSVD", 0.2, 0.73, 1.04, "start of scan", False)


def form(panel) -> tuple[Any, ...]:
    return tuple(getattr(panel.form, name).value for name in NAMES)


def test_fault_94_settings_belong_to_their_scan(desk, scan_file, patient, twin, tmp_path):
    """A record's reach no other scan; what was set by hand does, and is told."""
    panel = desk.panel
    a = desk.open(scan_file)
    desk.draw(patient)
    desk.press(panel.form.propose_vof)
    desk.wait(lambda: panel.form.vein.value is not None and not panel.busy)
    for name, value in zip(NAMES, ("sSVD", 0.05, 0.6, 1.06, "bolus arrival", True), strict=True):
        getattr(panel.form, name).value = value
    of_a = form(panel)
    desk.compute()
    panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: "Saved" in panel.status.text())
    record = tmp_path / "out" / "record.json"
    for name, value in zip(NAMES, DEFAULTS, strict=True):
        getattr(panel.form, name).value = value
    b = desk.open(twin)  # open beside, before the record is
    assert form(panel) == DEFAULTS
    assert "by hand" not in panel.status.text()
    panel.form.series.value = a
    panel.results.open_from(record)
    assert form(panel) == of_a
    edits = panel.scan.results.edits
    panel.form.series.value = b
    assert form(panel) == DEFAULTS
    panel.form.series.value = a
    assert form(panel) == of_a
    assert panel.scan.results.edits == edits  # to look at a scan changes nothing of it
    desk.viewer.layers.remove(b)
    desk.open(twin)  # and after it
    assert form(panel) == DEFAULTS
    panel.form.method.value = "cSVD"
    panel.form.hematocrit_ratio.value = 0.7
    panel.form.series.value = a
    assert form(panel) == of_a
    third = tmp_path / "third.nii.gz"
    write_series(third, replace(patient.series, signal=patient.series.signal + 1))
    desk.open(third)
    assert form(panel) == ("cSVD", 0.2, 0.7, *DEFAULTS[3:])
    told = panel.status.text()
    assert "Settings as last set by hand: " in told
    assert "cSVD" in told
    assert "kH (ratio) 0.7" in told
    panel.form.hematocrit_ratio.value = 0.73
    assert "by hand" not in panel.status.text()
    assert panel.form.method.value == "cSVD"
    # A record made elsewhere: every digit of it, or a refusal that changes nothing.
    panel.form.series.value = a
    content = json.loads(record.read_text())
    content["settings"] |= {"svd_threshold": 0.0275, "hematocrit_ratio": 0.7345}
    record.write_text(json.dumps(content))
    panel.results.open_from(record)
    settings = panel.reading.settings(panel.scan)
    assert settings.method.svd_threshold == pytest.approx(0.0275)
    assert settings.scale.hematocrit_ratio == pytest.approx(0.7345)
    content["settings"] |= {"density_g_per_mL": 2.5}
    record.write_text(json.dumps(content))
    layers = list(desk.viewer.layers)
    panel.results.open_from(record)
    assert "must lie between 0.5 and 2 to be shown here, got 2.5" in panel.status.text()
    assert list(desk.viewer.layers) == layers


def test_fault_435_what_was_taken_back_reaches_no_other_scan(desk, scan_file, twin):
    """A setting that Undo has put back is not by hand; the one before it is again."""
    panel = desk.panel
    desk.open(scan_file)
    panel.form.hematocrit_ratio.value = 0.7
    desk.wait(lambda: "kH" in panel.undoing.words)
    panel.form.times_by.value = "sSVD"
    desk.wait(lambda: "Tmax" in panel.undoing.words)
    panel.form.hematocrit_ratio.value = 0.8
    desk.wait(lambda: "kH" in panel.undoing.words)
    panel.undoing.take_back()
    panel.undoing.take_back()
    assert panel.form.times_by.value == "as flow"
    desk.open(twin)
    assert panel.form.times_by.value == "as flow"
    assert panel.form.hematocrit_ratio.value == pytest.approx(0.7)
    assert "Settings as last set by hand: " in panel.status.text()
    assert "sSVD" not in panel.status.text()


def test_fault_435_what_is_right_for_an_artery_stays_with_its_scan(
    desk, scan_file, twin, monkeypatch
):
    """*Times by sSVD*, offered for the AIF of one patient, sets nothing for the next."""
    panel = desk.panel
    first = desk.open(scan_file)
    monkeypatch.setattr(type(panel.scan), "finer_times", lambda _scan: ("sSVD", "within 0.1 s."))
    panel.room.verdict.times.native.click()
    assert panel.form.times_by.value == "sSVD"
    desk.wait(lambda: "Tmax" in panel.undoing.words)
    second = desk.open(twin)
    assert panel.form.times_by.value == "as flow"
    assert "by hand" not in panel.status.text()
    panel.form.series.value = first
    assert panel.form.times_by.value == "sSVD"
    panel.form.series.value = second
    assert panel.form.times_by.value == "as flow"


def test_fault_446_a_scan_without_maps_is_not_done(desk, scan_file, patient, twin):
    """The bar of the scan before, at 100 %, says nothing of the next."""
    panel = desk.panel
    first = desk.open(scan_file)
    desk.draw(patient)
    desk.compute()
    desk.wait(lambda: panel.form.progress.value == 100)
    desk.open(twin)
    assert panel.form.progress.value == 0
    panel.form.series.value = first
    assert panel.form.progress.value == 100


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("window", [None, (10, 30)])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("echo", [0.03, None])
def test_fault_91_the_curve_is_that_of_a_run(patient, timed, window, scaled, echo):
    """Before the run and after it, whatever the settings; of voxels and of a loaded curve."""
    slices = patient.series.signal.shape[2]
    series = replace(
        patient.series,
        slice_times=np.linspace(0, 1.2, slices),
        slice_axis=2,
        echo_time=echo,
    )
    data, options, _ = scan_layer(series, "Scan")
    scan = open_scan(Image(data, **options))
    scan.facts.set_baseline(2, 10)
    settings = Settings(baseline=(2, 10), window=window, slice_timing=timed)
    vein = patient.brain & (patient.tissue == Tissue.VEIN) if scaled else None
    loaded = Aif(
        curve=3 * scan.curves_in(patient.artery)[:, 2:].mean(0), voxels=patient.artery & False
    )
    for artery in (patient.artery, loaded):
        scan = open_scan(Image(data, **options))
        scan.facts.set_baseline(2, 10)
        assert scan.results.run is None
        before, times = scan.arterial_input(artery, vein, settings)
        run = finished(stages(scan.facts.settled, artery, patient.brain, settings, vein=vein))
        scan.results.keep(run, SimpleNamespace(series=scan.facts.settled, edits=0))
        after, _ = scan.arterial_input(artery, vein, settings)
        np.testing.assert_array_equal(times, run.time)
        np.testing.assert_allclose(before.curve, run.aif.curve, rtol=1e-6, atol=1e-6)
        np.testing.assert_array_equal(after.curve, run.aif.curve)
        assert before.scaled_by == pytest.approx(run.aif.scaled_by)
        assert (before.scaled_by == 1) is (vein is None)
