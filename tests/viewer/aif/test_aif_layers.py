"""Arteries and veins: proposed, listed, ticked, found on the picture, and outlined."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from napari_dsc.core.phantom import Tissue
from napari_dsc.viewer.layers import (
    AIF_RED,
    colour_of,
    placement,
    to_screen,
    volume_options,
)
from napari_dsc.viewer.reading.choices import FILE
from tests.viewer.desk import until_idle

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def opened(opened):
    """The scan, with the table of the AIF's voxels in sight."""
    opened.panel.form.compare.native.click()
    opened.panel.workshop.tabs.setCurrentWidget(opened.panel.workshop.table)
    QApplication.processEvents()
    return opened


def drawn(line) -> bool:
    """Whether a curve has points."""
    return line.yData is not None and len(line.yData) > 0


def propose(desk, button):
    desk.wait(lambda: button.enabled)
    desk.press(button)
    desk.wait(lambda: "Proposed" in desk.panel.status.text())


def rows(desk):
    """Voxels of the table in the order on screen, and whether each is ticked."""
    model = desk.panel.workshop.table.view.model()
    return [
        (
            model.index(row, 1).data(),
            model.index(row, 0).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked.value
            or model.index(row, 0).data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked,
        )
        for row in range(model.rowCount())
    ]


def test_a_proposal_fills_the_empty_layer(opened, patient):
    """Arterial voxels only, at most a fifth of them shared with tissue; undo takes them back."""
    desk, panel = opened, opened.panel
    propose(desk, panel.form.propose)
    layer = panel.form.artery.value
    found = desk.file_voxels(layer)
    assert len(found) >= 2
    kinds = [Tissue(patient.tissue[at]) for at in found]
    assert np.mean([kind == Tissue.ARTERY for kind in kinds]) >= 0.8
    assert Tissue.VEIN not in kinds
    assert Tissue.SATURATED_ARTERY not in kinds
    desk.wait(lambda: panel.form.compute.enabled)
    layer.undo()
    desk.wait(lambda: not desk.file_voxels(layer))


def test_a_proposal_leaves_what_was_drawn(opened, patient):
    """It stands on a layer of its own, which is then the AIF at hand."""
    desk, panel = opened, opened.panel
    desk.draw(patient)
    drawn = panel.form.artery.value
    before = np.array(drawn.data)
    propose(desk, panel.form.propose)
    assert panel.form.artery.value is not drawn
    assert panel.form.artery.value.name == "AIF (proposed)"
    np.testing.assert_array_equal(drawn.data, before)


def test_fault_185_propose_answers_where_no_voxel_is_without_an_objection(opened, patient):
    """In white matter: ten rows, none of them ticked, each with what stands against it."""
    desk, panel = opened, opened.panel
    region = desk.viewer.add_labels(
        to_screen(patient.tissue == Tissue.WHITE, panel.scan.place).astype("uint8"),
        name="White matter alone",
        **volume_options(panel.scan.place),
    )
    panel.form.region.value = region
    panel.workshop.tabs.setCurrentWidget(panel.workshop.compare)
    desk.wait(lambda: panel.form.propose.enabled)
    desk.press(panel.form.propose)
    desk.wait(lambda: "without an objection" in panel.status.text())
    desk.wait(panel.workshop.table.isVisible)
    desk.wait(lambda: len(rows(desk)) == 10)
    assert not any(used for _, used in rows(desk))
    assert not desk.file_voxels(panel.form.artery.value)
    model = panel.workshop.table.view.model()
    verdicts = {model.index(row, 2).data() for row in range(10)}
    assert verdicts
    assert "good" not in verdicts
    model.setData(model.index(0, 0), Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    desk.wait(lambda: len(desk.file_voxels(panel.form.artery.value)) == 1)


def test_a_vein_is_proposed_on_its_own_layer(opened, patient):
    desk, panel = opened, opened.panel
    propose(desk, panel.form.propose_vof)
    found = desk.file_voxels(panel.form.vein.value)
    kinds = [Tissue(patient.tissue[at]) for at in found]
    assert np.mean([kind == Tissue.VEIN for kind in kinds]) >= 0.8
    assert not desk.file_voxels(panel.form.artery.value)


def test_a_search_region_restricts_the_proposal(opened, patient):
    """Only what lies in it is proposed."""
    desk, panel = opened, opened.panel
    half = np.zeros(patient.brain.shape, np.uint8)
    half[: half.shape[0] // 2] = 1
    shown = to_screen(half, placement(patient.series.affine))
    region = desk.viewer.add_labels(
        np.array(shown), name="Left half", affine=panel.form.brain.value.affine, units=("mm",) * 3
    )
    panel.form.region.value = region
    propose(desk, panel.form.propose)
    found = desk.file_voxels(panel.form.artery.value)
    assert found
    assert all(at[0] < half.shape[0] // 2 for at in found)


def test_a_scan_without_a_bolus_is_refused_in_words(desk, patient, tmp_path):
    from dataclasses import replace

    from napari_dsc.io.nifti import write_series

    still = np.repeat(patient.series.signal[..., 5:6], 60, axis=-1).copy()
    still += np.random.default_rng(0).integers(-3, 4, still.shape).astype(still.dtype)
    path = tmp_path / "still.nii.gz"
    write_series(path, replace(patient.series, signal=still))
    desk.open(path)
    desk.wait(lambda: desk.panel.form.propose.enabled)
    desk.press(desk.panel.form.propose)
    desk.wait(lambda: "bolus" in desk.panel.status.text())
    assert not desk.file_voxels(desk.panel.form.artery.value)


def test_the_table_lists_what_is_drawn(opened, patient):
    """Each voxel once, with its place in the file."""
    desk = opened
    desk.draw(patient)
    desk.wait(lambda: len(rows(desk)) == int(patient.artery.sum()))
    listed = {words for words, ticked in rows(desk) if ticked}
    assert listed == {str(tuple(map(int, at))) for at in np.argwhere(patient.artery)}
    assert not desk.panel.workshop.table.note.isVisible()


def test_a_tick_removes_a_voxel_and_brings_it_back(opened, patient):
    """The layer and the table say the same; a refused voxel stays in the list."""
    desk, table = opened, opened.panel.workshop.table
    desk.draw(patient)
    count = int(patient.artery.sum())
    desk.wait(lambda: len(rows(desk)) == count)
    view = table.view
    spot = view.visualRect(view.model().index(0, 0)).center()
    voxel = rows(desk)[0][0]
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    desk.wait(lambda: len(desk.file_voxels(desk.panel.form.artery.value)) == count - 1)
    assert voxel not in {str(at) for at in desk.file_voxels(desk.panel.form.artery.value)}
    desk.wait(lambda: (voxel, False) in rows(desk))
    row = [words for words, _ in rows(desk)].index(voxel)
    view.scrollTo(view.model().index(row, 0))
    spot = view.visualRect(view.model().index(row, 0)).center()
    desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    desk.wait(lambda: len(desk.file_voxels(desk.panel.form.artery.value)) == count)


def test_a_row_that_is_picked_comes_on_screen(opened, patient):
    """The slice of its voxel."""
    desk, view = opened, opened.panel.workshop.table.view
    desk.draw(patient)
    desk.wait(lambda: len(rows(desk)) > 1)
    desk.viewer.dims.set_current_step(1, 3)
    for row in range(len(rows(desk))):
        spot = view.visualRect(view.model().index(row, 1)).center()
        view.scrollTo(view.model().index(row, 1))
        spot = view.visualRect(view.model().index(row, 1)).center()
        desk.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        at = eval(rows(desk)[row][0])
        z, _, _ = desk.panel.scan.screen_index(at)
        shown = desk.panel.scan.layer.world_to_data(desk.viewer.dims.point)
        assert round(float(shown[1])) == z


def test_the_voxel_under_the_cursor_is_marked_in_the_table(opened, patient):
    desk, table = opened, opened.panel.workshop.table
    desk.draw(patient)
    desk.wait(lambda: len(rows(desk)) > 1)
    desk.viewer.dims.set_current_step(1, 1)
    shown = to_screen(patient.artery, placement(patient.series.affine))
    voxel = next(tuple(map(int, at)) for at in np.argwhere(shown) if at[0] == 1)
    desk.hover((1, voxel[1] + 3, voxel[2]))
    desk.hover(voxel)
    row = [words for words, _ in rows(desk)].index(str(desk.panel.scan.file_index(voxel)))
    model = table.view.model()

    def marked():
        colour = model.index(row, 1).data(Qt.ItemDataRole.BackgroundRole)
        other = model.index(1 - row if row < 2 else 0, 1).data(Qt.ItemDataRole.BackgroundRole)
        return colour != other

    desk.wait(marked)


def test_a_hovered_row_is_outlined_on_the_picture(opened, patient):
    desk, view = opened, opened.panel.workshop.table.view
    desk.draw(patient)
    desk.wait(lambda: len(rows(desk)) > 1)
    at = eval(rows(desk)[0][0])
    z, _, _ = desk.panel.scan.screen_index(at)
    desk.viewer.dims.set_current_step(1, z)
    QApplication.processEvents()
    before = desk.viewer.screenshot(canvas_only=True, flash=False)
    spot = QPointF(view.visualRect(view.model().index(0, 3)).center())
    viewport = view.viewport()
    for shift in (0.0, 1.0):
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            spot + QPointF(shift, 0),
            QPointF(viewport.mapToGlobal(spot.toPoint())),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(viewport, move)
    QApplication.processEvents()
    after = desk.viewer.screenshot(canvas_only=True, flash=False)
    assert (before != after).any()


def test_fault_442_several_aifs_have_each_its_layer_its_curve_and_its_name(opened, patient):
    """The one at hand is thick and named, the others are overlaid by name."""
    desk, panel = opened, opened.panel
    desk.draw(patient)
    first = panel.form.artery.value
    desk.press(panel.form.new_aif)
    second = panel.form.artery.value
    assert second is not first
    assert second.name == "AIF 2"
    shown = to_screen(patient.tissue == Tissue.PARTIAL_ARTERY, placement(patient.series.affine))
    second.data = shown.astype("uint8")
    desk.wait(lambda: panel.curves.mean.yData is not None and len(panel.curves.mean.yData) > 0)
    desk.wait(lambda: first.name in panel.curves.others)
    # The legend names the one at hand, and the first is no longer as red as it is.
    assert "AIF 2 (mean)" in panel.curves.legend.names
    assert "AIF (mean)" not in panel.curves.legend.names
    beside = panel.curves.others[first.name].opts["pen"].color().getRgbF()[:3]
    assert np.abs(np.subtract(beside, AIF_RED[:3])).max() > 0.3
    panel.form.artery.value = first
    desk.wait(lambda: second.name in panel.curves.others)
    assert first.name not in panel.curves.others


def test_a_pinned_voxel_keeps_its_curves(opened, patient):
    """Ctrl+click pins, again it lets go; after a run its residue is drawn too."""
    desk, panel = opened, opened.panel
    desk.draw(patient)
    desk.viewer.dims.set_current_step(1, 1)
    voxel = (1, 16, 9)
    desk.click(voxel, Qt.KeyboardModifier.ControlModifier)
    desk.wait(lambda: drawn(panel.curves.pinned))
    curve = np.array(panel.curves.pinned.yData)
    np.testing.assert_allclose(curve, panel.scan.curve_at(voxel), equal_nan=True)
    desk.hover((1, 20, 12))
    np.testing.assert_allclose(panel.curves.pinned.yData, curve, equal_nan=True)
    desk.compute()
    desk.wait(lambda: drawn(panel.curves.lens.curve))
    panel.room.show("single")
    desk.click(voxel, Qt.KeyboardModifier.ControlModifier)
    desk.wait(lambda: not drawn(panel.curves.pinned))


def test_scaling_to_the_vein_is_said_with_its_factor(opened, patient):
    desk, panel = opened, opened.panel
    desk.draw(patient)
    propose(desk, panel.form.propose_vof)
    desk.compute()
    plain = np.array(desk.map("CBF").data)
    panel.form.rescale.value = True
    desk.compute()
    desk.wait(lambda: "scaled by" in panel.status.text())
    factor = float(panel.status.text().split("scaled by ")[1].split(":")[0])
    stands = np.isfinite(plain) & (plain > 5)
    found = np.median(plain[stands] / desk.map("CBF").data[stands])
    assert found == pytest.approx(factor, rel=0.01)


def test_a_gamma_variate_is_drawn_over_the_aif(opened, patient):
    desk, panel = opened, opened.panel
    desk.draw(patient)
    assert panel.curves.gamma.yData is None or not len(panel.curves.gamma.yData)
    panel.form.gamma.value = True
    desk.wait(lambda: panel.curves.gamma.yData is not None and len(panel.curves.gamma.yData) > 0)
    fit, mean = panel.curves.gamma.yData, panel.curves.mean.yData
    assert np.nanmax(fit) == pytest.approx(np.nanmax(mean), rel=0.1)
    panel.form.gamma.value = False
    desk.wait(lambda: panel.curves.gamma.yData is None or not len(panel.curves.gamma.yData))


def shifted(patient, tmp_path, by=3.3):
    """The same patient on a grid that lies elsewhere."""
    from dataclasses import replace

    from napari_dsc.io.nifti import write_series

    affine = patient.series.affine.copy()
    affine[0, 3] += by
    path = tmp_path / "shifted.nii.gz"
    write_series(path, replace(patient.series, affine=affine))
    return path


def test_a_proposal_stays_with_its_scan(desk, scan_file, patient, tmp_path):
    """Another scan chosen meanwhile gets nothing of it."""
    desk.open(scan_file)
    first = desk.panel.scan
    desk.open(shifted(patient, tmp_path, by=0.0))
    desk.wait(lambda: desk.panel.form.propose.enabled)
    desk.press(desk.panel.form.propose)
    desk.panel.form.series.value = first.layer
    desk.wait(lambda: not desk.panel.busy)
    assert not desk.file_voxels(desk.panel.form.artery.value)
    assert len([one for one in desk.viewer.layers if one.name.startswith("AIF (")]) == 0


def test_two_scans_do_not_share_their_aifs(desk, scan_file, patient, tmp_path):
    """On grids that lie apart, and on the same."""
    desk.open(scan_file)
    desk.draw(patient)
    first = desk.panel.scan
    for by in (3.3, 0.0):
        folder = tmp_path / str(by)
        folder.mkdir()
        desk.open(shifted(patient, folder, by))
        desk.draw(patient)
        assert not desk.panel.curves.others
    desk.panel.form.series.value = first.layer
    desk.wait(lambda: desk.panel.form.compute.enabled)
    assert desk.panel.form.artery.value is first.layers.artery
    assert not desk.panel.curves.others


def test_scaling_without_a_vein_asks_for_one(opened, patient):
    """It is never left out in silence."""
    opened.draw(patient)
    opened.panel.form.rescale.value = True
    opened.wait(lambda: "Choose the vein" in opened.panel.status.text())
    assert not opened.panel.form.compute.enabled
    opened.panel.form.rescale.value = False
    opened.wait(lambda: opened.panel.form.compute.enabled)


def test_what_is_painted_during_a_run_is_not_in_it(opened, patient):
    """The maps are then older than the screen, and that is said."""
    desk, panel = opened, opened.panel
    desk.draw(patient)
    desk.wait(lambda: panel.form.compute.enabled)
    panel.form.compute.native.click()
    voxel = tuple(map(int, np.argwhere(np.asarray(panel.form.artery.value.data) > 0)[0]))
    panel.form.artery.value.data_setitem(tuple(np.array([at]) for at in voxel), 0)
    desk.wait(lambda: not panel.busy and panel.scan.results.run is not None)
    desk.wait(lambda: "older" in panel.status.text())


def test_choosing_another_scan_makes_nothing_older(desk, scan_file, patient, tmp_path):
    desk.open(scan_file)
    desk.draw(patient)
    desk.compute()
    first = desk.panel.scan
    desk.open(shifted(patient, tmp_path))
    desk.panel.form.series.value = first.layer
    desk.wait(lambda: desk.panel.scan is first)
    QApplication.processEvents()
    assert not first.results.outdated
    assert "older" not in desk.panel.status.text()


def test_the_curves_show_what_the_panel_knows(opened, patient):
    """Discarded volumes, window, vein, saturated samples: each from its own source."""
    desk, panel = opened, opened.panel
    curves, time = panel.curves, patient.series.time
    start = int(panel.form.baseline.value[0])
    half = (time[1] - time[0]) / 2
    assert curves.discarded.getRegion() == pytest.approx((time[0] - half, time[start] - half))
    curves.window_moved.emit(5, 40)  # as a drag in the dock does
    assert tuple(map(int, panel.form.first_pass.value)) == (5, 40)
    assert curves.window.getRegion() == pytest.approx((time[5] - half, time[39] + half))
    assert not drawn(curves.vof)
    assert not drawn(curves.saturated)
    place = placement(patient.series.affine)
    dark = patient.tissue == Tissue.SATURATED_ARTERY
    panel.form.artery.value.data = to_screen(dark, place).astype("uint8")
    desk.wait(lambda: drawn(curves.saturated))
    peak = time[patient.aif.argmax()]
    assert np.abs(curves.saturated.xData - peak).max() < 8
    propose(desk, panel.form.propose_vof)
    desk.wait(lambda: drawn(curves.vof))
    mask = np.zeros_like(patient.artery)
    for at in desk.file_voxels(panel.form.vein.value):
        mask[at] = True
    expected = np.nanmean(panel.scan.curves_in(mask)[:, start:], axis=0)
    np.testing.assert_allclose(curves.vof.yData[start:], expected, rtol=1e-4)


def test_artery_and_vein_are_outlined_on_their_slices(opened, patient):
    """In the one overlay that napari repeats in every cell; another slice has others."""
    desk, panel = opened, opened.panel
    desk.draw(patient)
    propose(desk, panel.form.propose_vof)
    outlines = next(one for name, one in desk.viewer.scene.overlays.items() if "outlines" in name)
    desk.viewer.dims.set_current_step(1, 1)  # arteries and the sinus
    desk.wait(lambda: len({one.color for one in outlines.drawn if not one.thin}) == 2)
    desk.viewer.dims.set_current_step(1, 3)  # no artery so high
    desk.wait(lambda: len({one.color for one in outlines.drawn if not one.thin}) < 2)


def copied(folder) -> bool:
    """Whether there is an automatic copy; what was chosen for the window is none."""
    return any(one.name != FILE for one in folder.rglob("*.json"))


def test_painting_on_and_on_is_kept_all_the_same(desk, scan_file, state_folder):
    """An autosave does not wait for a pause."""
    desk.open(scan_file)
    layer = desk.panel.form.artery.value
    desk.wait(lambda: desk.panel.scan.facts.fingerprint is not None)
    place = 0

    def paint_until_it_is_kept():
        nonlocal place
        place = (place + 1) % 128
        at = (1, 8 + place % 8, 8 + place // 8)
        layer.data_setitem(tuple(map(np.atleast_1d, at)), 1 - int(layer.data[at]))
        until_idle()
        return copied(state_folder)

    desk.wait(paint_until_it_is_kept)


def test_fault_396_an_aif_that_is_removed_takes_its_curve_and_outline(computed):
    """Also one that is not at hand; another of the same name and voxels is drawn again."""
    desk, panel = computed, computed.panel
    desk.press(panel.form.new_aif)
    other = panel.form.artery.value
    where = np.zeros_like(other.data)
    where[2, 16, 16:18] = 1
    other.data = where
    panel.form.artery.value = desk.viewer.layers["AIF"]
    desk.wait(lambda: list(panel.curves.others) == [other.name])
    desk.viewer.dims.set_current_step(1, 2)

    def is_outlined() -> bool:
        drawn = desk.viewer.scene.overlays["napari_dsc_outlines"].drawn
        return any(one.color == colour_of(other) for one in drawn)

    desk.wait(is_outlined)
    desk.viewer.layers.remove(other)
    desk.wait(lambda: not panel.curves.others)
    desk.wait(lambda: not is_outlined())
    assert drawn(panel.curves.mean)
    desk.viewer.layers.append(other)
    desk.wait(lambda: list(panel.curves.others) == [other.name])
