"""Leakage on screen: a model is chosen, a region leaks, and the proposed reference is shown."""

import json

import numpy as np

from napari_dsc.core.phantom import Tissue
from napari_dsc.core.quantities import LEAKAGE
from napari_dsc.viewer.layers import KEY, to_screen

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
    form.leakage_tolerant.value = True
    form.flip_angle.value, form.preload.value = 60.0, "yes"
    computed.press(form.region_leaks)
    compute(computed)
    before = panel.scan.results.run[1].maps.get("k2").values.tobytes()
    panel.results.save_to(tmp_path)
    computed.wait(lambda: (tmp_path / "record.json").exists() and not panel.busy)
    record = json.loads((tmp_path / "record.json").read_text(encoding="utf-8"))
    assert record["settings"]["leakage_tolerant"] is True
    assert record["input"]["preload"] is True
    form.leakage_model.value, form.leakage_tolerant.value = "none", False
    form.preload.value = "unknown"
    panel.scan.layers.choose(leakage_region=None, leakage_reference=None)
    panel.results.open_from(tmp_path / "record.json")
    computed.wait(lambda: form.leakage_model.value == "BSW")
    assert form.leakage_tolerant.value
    assert form.preload.value == "yes"
    assert form.leakage_region.value.metadata[KEY]["role"] == "leakage_region"
    compute(computed)
    assert panel.scan.results.run[1].maps.get("k2").values.tobytes() == before
