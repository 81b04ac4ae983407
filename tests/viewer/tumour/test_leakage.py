"""Leakage on screen: a model is chosen, a region leaks, and the proposed reference is shown."""

import json

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_dsc.core.phantom import Tissue
from napari_dsc.core.quantities import LEAKAGE
from napari_dsc.core.tumour import ENHANCEMENT_NAME
from napari_dsc.io.methods_text import methods_paragraph
from napari_dsc.io.nifti import write_nifti
from napari_dsc.viewer.background.write_jobs import record_of
from napari_dsc.viewer.layers import KEY, to_file, to_screen

SYMBOLS = [row.symbol for row in LEAKAGE.values()]


def draw_region(desk, mask):
    """Paint a region of the reader's, as Draw region does."""
    panel = desk.panel
    panel.room.new_region()
    layer = panel.scan.layers.regions
    at = np.nonzero(to_screen(mask, panel.scan.place))
    layer.data_setitem(at, layer.selected_label)
    desk.wait(lambda: panel.room.pages.regions.rows)


def compute(desk):
    """Press Compute, and wait for the maps."""
    panel = desk.panel
    before = panel.scan.results.run
    desk.press(panel.form.compute)
    desk.wait(lambda: panel.scan.results.run is not before and not panel.busy, timeout=30_000)


def test_leakage_is_asked_for_where_a_tumour_is_read(computed):
    """A stroke's form stays as short as it was; a model shows what it needs."""
    form = computed.panel.form
    assert not form.leakage_model.visible
    form.reading.value = "Tumour"
    computed.wait(lambda: form.leakage_model.visible)
    for widget in (form.leakage_where, form.leakage_region, form.flip_angle, form.preload):
        assert not widget.visible
    form.leakage_model.value = "BSW"
    computed.wait(lambda: form.preload.visible and form.leakage_region.visible)
    form.leakage_where.value = "everywhere"
    computed.wait(lambda: not form.leakage_region.visible)
    assert "flip angle unknown" in form.protocol.text()
    form.flip_angle.value = 75.0
    form.preload.value = "no"
    computed.wait(lambda: "75° without a preload brightens what leaks" in form.protocol.text())
    assert computed.panel.scan.facts.settled.flip_angle == 75.0
    assert computed.panel.scan.facts.settled.preload is False
    form.reading.value = "Stroke"
    computed.wait(lambda: form.leakage_model.visible)  # it is on: nobody hides that


def test_fault_324_region_reference_and_maps_are_shown_and_the_maps_are_current(computed, patient):
    """Draw, Region leaks, Compute: K1, K2 and the corrected CBV beside the CBV."""
    panel, form = computed.panel, computed.panel.form
    tumour = patient.tissue == Tissue.TUMOUR
    draw_region(computed, tumour)
    form.leakage_model.value = "BSW"
    computed.wait(lambda: form.region_leaks.visible)
    computed.press(form.region_leaks)
    computed.wait(lambda: form.leakage_region.value is not None)
    assert form.leakage_region.value.name == "Leaky region"
    assert panel.scan.results.outdated
    compute(computed)
    scan, analysis = panel.scan, panel.scan.results.run[1]
    assert set(SYMBOLS) <= set(scan.layers.maps)
    assert np.array_equal(analysis.leaked.region, tumour)
    computed.wait(lambda: scan.layers.leakage_reference is not None)
    layer = scan.layers.leakage_reference
    assert layer in computed.viewer.layers
    assert form.leakage_reference.value is layer
    assert np.array_equal(scan.mask(layer), analysis.leaked.reference)
    assert scan.origin_of(layer).kind == "proposed"
    computed.wait(
        lambda: not scan.results.outdated
    )  # the reference on screen is the one that was used
    computed.wait(lambda: "The leakage reference was proposed" in panel.status.text())
    assert not layer.visible  # it would change the colours of the maps
    computed.press(form.leakage_masks)
    computed.wait(lambda: layer.visible and scan.layers.leakage_region.visible)
    computed.press(form.leakage_masks)
    computed.wait(lambda: not layer.visible)
    k2 = scan.layers.maps["K2"]
    assert tuple(k2.contrast_limits) == LEAKAGE["k2"].window

    layer.data_setitem(tuple(np.array([one]) for one in np.argwhere(layer.data)[0]), 0)
    computed.wait(lambda: scan.results.outdated)  # it can be edited, and then counts
    compute(computed)
    origin = panel.scan.results.run[1].leaked.reference_origin
    assert (origin.kind, origin.removed) == ("proposed", 1)

    form.leakage_model.value = "none"
    compute(computed)
    assert not set(SYMBOLS) & set(scan.layers.maps)
    assert not any(one.name.startswith(("K1", "K2", "Corrected")) for one in computed.viewer.layers)


def test_a_region_becomes_the_reference(computed, patient):
    panel, form = computed.panel, computed.panel.form
    form.leakage_model.value = "bidirectional"
    computed.press(form.region_tight)
    computed.wait(lambda: "Draw the region first" in panel.status.text())
    draw_region(computed, patient.tissue == Tissue.WHITE)
    computed.press(form.region_tight)
    computed.wait(lambda: form.leakage_reference.value is not None)
    compute(computed)
    leaked = panel.scan.results.run[1].leaked
    assert not leaked.proposed
    assert leaked.reference_origin.kind == "drawn"
    assert leaked.model == "bidirectional"
    assert any("nothing was corrected" in one for one in panel.scan.results.run[1].notices)


def test_a_record_sets_the_correction_up_again(computed, patient, tmp_path):
    """Model, masks, flip angle and preload; what it gives is the same to the byte."""
    panel, form = computed.panel, computed.panel.form
    draw_region(computed, patient.tissue == Tissue.TUMOUR)
    form.leakage_model.value = "BSW"
    form.leakage_tolerant.value = False
    form.flip_angle.value, form.preload.value = 60.0, "yes"
    computed.press(form.region_leaks)
    compute(computed)
    before = panel.scan.results.run[1].maps.get("k2").values.tobytes()
    panel.results.save_to(tmp_path)
    computed.wait(lambda: (tmp_path / "record.json").exists() and not panel.busy)
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert record["settings"]["leakage_tolerant"] is False
    assert record["input"]["preload"] is True
    form.leakage_model.value, form.leakage_tolerant.value = "none", True
    form.preload.value = "unknown"
    panel.scan.layers.choose(leakage_region=None, leakage_reference=None)
    panel.results.open_from(tmp_path / "record.json")
    computed.wait(lambda: form.leakage_model.value == "BSW")
    assert not form.leakage_tolerant.value
    assert form.preload.value == "yes"
    assert form.leakage_region.value.metadata[KEY]["role"] == "leakage_region"
    compute(computed)
    assert panel.scan.results.run[1].maps.get("k2").values.tobytes() == before


def paint(desk, mask, name=ENHANCEMENT_NAME, label=1):
    """Paint a region of the file by a name, as data."""
    regions = desk.panel.room.regions
    layer = regions.layer_of(desk.panel.scan)
    data = np.array(layer.data)
    data[np.asarray(to_screen(mask, desk.panel.scan.place))] = label
    layer.metadata[KEY]["names"][label] = name
    layer.data = data
    regions.measure()


def open_t1(desk, patient, folder):
    """Open T1 before and after contrast, and choose them on the page of tumours."""
    random = np.random.default_rng(0)
    pre = np.where(patient.brain, 100.0, 5.0) + random.normal(0, 1.5, patient.brain.shape)
    post = 1.4 * np.where(patient.tissue == Tissue.TUMOUR, pre + 60, pre)
    for name, values in (("before", pre), ("after", post)):
        write_nifti(folder / f"{name}.nii.gz", values.astype(np.float32), patient.series.affine)
        desk.viewer.open(folder / f"{name}.nii.gz", plugin="napari-dsc")
    page = desk.panel.room.pages.tumour
    desk.panel.room.pages.show_page(page)
    QApplication.processEvents()
    page.before.value, page.after.value = (desk.viewer.layers[one] for one in ("before", "after"))
    page.align.value = False
    return page


def test_fault_425_what_enhances_is_where_leakage_is_corrected_unless_another_is_chosen(computed):
    """Drawn with the mouse: it decides the maps, and that is said on screen and of them."""
    panel, form = computed.panel, computed.panel.form
    scan = panel.scan
    block = form.leakage_region.native.parentWidget()
    block.hide()  # as in a step of the rail that is folded away
    form.leakage_model.value = "BSW"
    computed.wait(lambda: "nothing enhances" in form.protocol.text())
    block.show()
    page = panel.room.pages.tumour
    panel.room.pages.show_page(page)
    computed.press(page.draw)
    stroke = [(2, 12, 9), (2, 13, 9), (2, 15, 10)]
    computed.drag(stroke)
    computed.wait(lambda: "corrected in what enhances" in panel.status.text())
    assert scan.results.outdated
    assert "drawn by hand" in form.protocol.text()
    assert form.leakage_region.value is None
    assert form.leakage_region.current_choice == "what enhances"
    compute(computed)
    leaked = scan.results.run[1].leaked
    drawn = to_file(np.asarray(scan.layers.regions.data), scan.place) > 0
    assert np.array_equal(leaked.region, drawn & scan.results.run[1].brain)
    assert leaked.region_origin.kind == "drawn"
    assert any(
        one.startswith("Leakage was corrected in what enhances")
        for one in scan.results.run[1].notices
    )
    series, analysis = scan.results.run
    assert "what enhances" in methods_paragraph(record_of(series, analysis, None))
    computed.wait(lambda: not scan.results.outdated)

    computed.press(page.draw)  # Compute has lifted the brush
    computed.drag([(2, 16, 10), (2, 17, 10)])
    computed.wait(lambda: scan.results.outdated)  # it is followed while it is painted
    computed.press(form.region_leaks)
    computed.wait(lambda: form.leakage_region.value is not None)
    assert "corrected in Leaky region" in form.protocol.text()
    compute(computed)
    notices = scan.results.run[1].notices
    assert not any(one.startswith("Leakage was corrected in what enhances") for one in notices)


def test_fault_426_a_proposal_is_said_to_be_one_until_it_was_looked_at(computed, patient, tmp_path):
    """In form, maps, record and methods; stepping through its slices is looking at it."""
    form, scan = computed.panel.form, computed.panel.scan
    form.leakage_model.value = "BSW"
    page = open_t1(computed, patient, tmp_path)
    computed.press(page.propose)
    computed.wait(lambda: "proposed, not looked at" in form.protocol.text())
    assert scan.results.outdated
    compute(computed)
    series, analysis = scan.results.run
    assert analysis.leaked.region_origin.unseen
    assert any("(proposed, not looked at)" in one for one in analysis.notices)
    record = record_of(series, analysis, None)
    assert record["leakage"]["region_origin"]["unseen"] is True
    assert "which nobody has looked at" in methods_paragraph(record)
    held = np.flatnonzero(to_screen(analysis.leaked.region, scan.place).any(axis=(1, 2)))
    assert held.size > 1
    for z in held:
        computed.viewer.dims.set_current_step(1, int(z))
    computed.wait(lambda: "not looked at" not in form.protocol.text())
    assert not scan.results.outdated  # the same voxels
    compute(computed)
    assert not scan.results.run[1].leaked.region_origin.unseen
    page.align.value = True


def test_a_row_that_is_chosen_was_looked_at_and_an_edit_too(computed, patient, tmp_path):
    panel, form, scan = computed.panel, computed.panel.form, computed.panel.scan
    form.leakage_model.value = "BSW"
    page = open_t1(computed, patient, tmp_path)
    computed.press(page.propose)
    computed.wait(lambda: "proposed, not looked at" in form.protocol.text())
    numbers = panel.room.pages.regions
    panel.room.pages.show_page(numbers)
    computed.wait(lambda: len(numbers.rows) > 1)
    cell = numbers.table.visualItemRect(numbers.table.item(1, 0)).center()
    QTest.mouseClick(numbers.table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    computed.wait(lambda: "(proposed)" in form.protocol.text())
    computed.press(page.propose)
    computed.wait(lambda: "proposed, not looked at" in form.protocol.text())
    layer = scan.layers.regions
    one = np.argwhere(layer.data)[0]
    layer.data_setitem(tuple(np.array([at]) for at in one), 0)
    computed.wait(lambda: "(proposed, 1 voxel removed)" in form.protocol.text())
    page.align.value = True


def test_fault_427_a_record_without_a_region_stays_without_one_beside_what_enhances(
    computed, patient, tmp_path
):
    """A record says where leakage was corrected: what was drawn beside it changes nothing."""
    panel, form, scan = computed.panel, computed.panel.form, computed.panel.scan
    form.leakage_model.value = "BSW"
    compute(computed)
    paint(computed, patient.tissue == Tissue.TUMOUR)
    computed.wait(lambda: scan.results.outdated)
    nowhere = panel.scan.results.run[1].maps.get("cbv_corrected").values.tobytes()
    panel.results.save_to(tmp_path / "nowhere")
    computed.wait(lambda: (tmp_path / "nowhere" / "record.json").exists() and not panel.busy)
    compute(computed)
    inside = panel.scan.results.run[1].maps.get("cbv_corrected").values.tobytes()
    assert inside != nowhere
    panel.results.save_to(tmp_path / "inside")
    computed.wait(lambda: (tmp_path / "inside" / "record.json").exists() and not panel.busy)

    panel.results.open_from(tmp_path / "nowhere" / "record.json")
    computed.wait(lambda: "corrected nowhere" in form.protocol.text())
    compute(computed)
    assert panel.scan.results.run[1].maps.get("cbv_corrected").values.tobytes() == nowhere

    panel.results.open_from(tmp_path / "inside" / "record.json")
    computed.wait(lambda: "corrected in what enhances" in form.protocol.text())
    assert form.leakage_region.value is None
    compute(computed)
    assert panel.scan.results.run[1].maps.get("cbv_corrected").values.tobytes() == inside
    assert panel.scan.results.run[1].leaked.region_origin.kind == "drawn"
