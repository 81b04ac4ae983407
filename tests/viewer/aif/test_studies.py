"""Comparison, sensitivity and threshold, from the press of a button to layers and tables."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_dsc.core.phantom import Tissue
from napari_dsc.viewer.layers import placement, to_screen


@pytest.fixture
def two(opened, patient):
    """Two AIFs: pure arteries, and arteries that share their voxels with tissue."""
    desk = opened
    desk.draw(patient)
    first = desk.panel.form.artery.value
    desk.press(desk.panel.form.new_aif)
    shown = to_screen(patient.tissue == Tissue.PARTIAL_ARTERY, placement(patient.series.affine))
    desk.panel.form.artery.value.data = shown.astype("uint8")
    desk.panel.form.artery.value = first
    desk.panel.form.method.value = "cSVD"
    desk.wait(lambda: desk.panel.form.compute.enabled)
    desk.panel.form.compare.native.click()
    QApplication.processEvents()
    return desk


def page(desk, name):
    pages = desk.panel.workshop.tabs
    found = getattr(desk.panel.workshop, name)
    pages.setCurrentWidget(found)
    QApplication.processEvents()
    return found


def layer(desk, words):
    return next((one for one in desk.viewer.layers if one.name.startswith(words)), None)


def test_two_aifs_are_compared(two, patient):
    """Difference maps are B − A, and the table holds the means of both."""
    desk, found = two, page(two, "compare")
    assert (found.first.value, found.second.value) == ("AIF", "AIF 2")
    desk.press(found.start)
    desk.wait(lambda: found.table.rowCount() == 3)
    shown = layer(desk, "ΔCBF: AIF 2 − AIF")
    desk.compute()
    first = np.array(desk.map("CBF").data)
    desk.panel.form.artery.value = layer(desk, "AIF 2")
    desk.compute()
    second = np.array(desk.map("CBF").data)
    stands = np.isfinite(shown.data)
    assert stands.sum() > 0.5 * patient.brain.sum()
    np.testing.assert_allclose(shown.data[stands], (second - first)[stands], atol=1e-2)
    assert layer(desk, "ΔTmax: AIF 2 − AIF") is not None
    assert "mL/100g/min" in shown.name


def test_two_aifs_are_compared_as_they_are_scaled(two):
    """With a VOF each AIF is scaled to it, in the comparison as in a run."""
    desk, found = two, page(two, "compare")
    desk.press(desk.panel.form.propose_vof)
    desk.wait(lambda: not desk.panel.busy and desk.panel.form.vein.value is not None)
    desk.panel.form.rescale.value = True
    desk.press(found.start)
    desk.wait(lambda: found.table.rowCount() == 3)
    shown = layer(desk, "ΔCBF: AIF 2 − AIF")
    desk.compute()
    first = np.array(desk.map("CBF").data)
    desk.panel.form.artery.value = layer(desk, "AIF 2")
    desk.compute()
    second = np.array(desk.map("CBF").data)
    desk.panel.form.rescale.value = False
    desk.compute()
    plain = np.array(desk.map("CBF").data)
    stands = np.isfinite(shown.data) & np.isfinite(plain)
    assert not np.allclose(second[stands], plain[stands], rtol=0.02)  # it does scale
    np.testing.assert_allclose(shown.data[stands], (second - first)[stands], atol=1e-2)


def test_what_is_older_than_a_change_says_so(two):
    """A table from before a change of density is not taken for today's."""
    desk, found = two, page(two, "compare")
    desk.press(found.start)
    desk.wait(lambda: found.table.rowCount() == 3)
    assert "before the last change" not in found.note.text()
    desk.panel.form.density.value = 1.1
    desk.wait(lambda: "before the last change" in found.note.text())


def test_a_region_is_compared_too(two, patient):
    desk, found = two, page(two, "compare")
    shown = to_screen(patient.tissue == Tissue.HYPOPERFUSED, placement(patient.series.affine))
    desk.viewer.add_labels(
        shown.astype("uint8"),
        name="Lesion",
        affine=desk.panel.form.brain.value.affine,
        units=("mm",) * 3,
    )
    desk.press(desk.panel.form.compare)
    item = found.regions.item(0)
    assert item.text() == "Lesion"
    item.setCheckState(Qt.CheckState.Checked)
    desk.press(found.start)
    desk.wait(lambda: found.table.rowCount() == 6)
    assert found.table.item(3, 0).text() == "Lesion"


def test_sensitivity_shows_a_map_and_a_spread(two):
    desk, found = two, page(two, "sensitivity")
    desk.press(found.start)
    desk.wait(lambda: "mL" in found.note.text())
    shown = layer(desk, "CBF error from the AIF (%)")
    values = shown.data[np.isfinite(shown.data)]
    assert values.size
    assert (values >= 0).all()


def test_the_threshold_is_explored_and_chosen(two):
    """At a pinned voxel, in the brain; the panel follows the line."""
    desk, found = two, page(two, "threshold")
    desk.press(found.start)
    desk.wait(lambda: "Pin a voxel" in found.note.text())
    desk.viewer.dims.set_current_step(1, 1)
    desk.click((1, 16, 9), Qt.KeyboardModifier.ControlModifier)
    desk.press(found.start)
    desk.wait(lambda: found.curves[0].yData is not None and len(found.curves[0].yData) > 10, 60_000)
    assert found.lines[0].value() == pytest.approx(0.2)
    desk.panel.form.svd_threshold.value = 0.3
    desk.wait(lambda: found.lines[0].value() == pytest.approx(0.3))
    found.chosen.emit(0.1)
    assert desk.panel.form.svd_threshold.value == pytest.approx(0.1)


def test_a_method_without_a_threshold_says_so(two):
    desk, found = two, page(two, "threshold")
    desk.panel.form.method.value = "Tikhonov"
    desk.wait(lambda: "Tikhonov" in found.note.text() or not found.start.enabled)


def test_cancel_stops_a_study(two):
    desk, found = two, page(two, "sensitivity")
    desk.press(found.start)
    desk.wait(lambda: desk.panel.form.cancel.enabled)
    desk.press(desk.panel.form.cancel)
    desk.wait(lambda: not desk.panel.form.cancel.enabled)
    assert layer(desk, "CBF error from the AIF") is None


def test_without_an_artery_a_study_says_what_is_missing(opened):
    desk = opened
    desk.panel.form.compare.native.click()
    found = page(desk, "sensitivity")
    desk.press(found.start)
    desk.wait(lambda: "Draw the artery" in found.note.text())
