"""Regions on an anatomy: drawn over it by mouse, measured on the maps, outlined on both."""

import numpy as np
import pytest
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_dsc.core.quantities import STANDARD
from napari_dsc.io.nifti import write_nifti
from napari_dsc.viewer.layers import to_file

ANATOMY = "t1, on the scan"


@pytest.fixture
def beside(computed, patient, tmp_path):
    """An anatomy, finer than the scan, opened beside its maps."""
    affine = patient.series.affine.copy()
    affine[:3, :3] /= 2
    affine[:3, 3] -= patient.series.affine[:3, :3] @ np.full(3, 0.25)
    shape = [2 * one for one in patient.brain.shape]
    values = np.random.default_rng(0).uniform(90, 110, shape)
    write_nifti(tmp_path / "t1.nii.gz", values.astype(np.float32), affine)
    return computed, computed.viewer.open(tmp_path / "t1.nii.gz", plugin="napari-dsc")[0]


def outlines(desk):
    """What is outlined over the pictures."""
    return desk.viewer.scene.overlays["napari_dsc_outlines"].drawn


def test_fault_389_a_volume_opened_beside_the_maps_takes_no_tile(beside):
    """The maps keep theirs, as large as before; the status says where the volume is."""
    desk, layer = beside
    desk.wait(lambda: not layer.visible)
    shown = {one.name for one in desk.viewer.layers if one.visible and one.ndim == 3}
    assert layer.name not in shown
    assert desk.viewer.canvas.grid.enabled
    assert "t1 lies beside the maps" in desk.panel.status.text()


def test_a_region_drawn_over_an_anatomy_is_one_of_the_maps_and_back(beside):
    """One layer on the scan's grid: numbers of maps, outlines over the anatomy and over maps."""
    desk, layer = beside
    room, scan = desk.panel.room, desk.panel.scan
    desk.wait(lambda: not layer.visible)
    room.bar.reset_choices()
    room.bar.underlay.value = layer
    desk.wait(lambda: not desk.panel.busy and ANATOMY in desk.viewer.layers)
    assert room.views.kind == "overlay"
    QTest.keyClicks(desk.canvas(), "n")
    QApplication.processEvents()
    assert desk.viewer.layers[ANATOMY].visible  # it is drawn over the anatomy
    stroke = [(2, 12, 9), (2, 13, 9), (2, 15, 10)]
    desk.drag(stroke)
    page = room.pages.regions
    desk.wait(lambda: len(page.rows) == len(STANDARD))
    painted = scan.layers.regions.data
    assert all(painted[:, row, column].any() for _, row, column in stroke)
    region = to_file(np.asarray(painted), scan.place) > 0
    one = scan.results.run[1].maps.cbv
    stands = region & one.quality_mask
    names = [page.table.horizontalHeaderItem(at).text() for at in range(page.table.columnCount())]

    def mean() -> float:
        told = next(each for each in page.rows if each[:2] == (1, "CBV"))
        return float(dict(zip(names, told.words, strict=True))["Mean"])

    of_all = float(one.values[stands].mean())
    desk.wait(lambda: mean() == pytest.approx(of_all, rel=6e-3))  # the table follows the stroke
    QTest.keyClicks(desk.canvas(), "\x1b")
    room.show("overlay")
    desk.wait(lambda: desk.viewer.layers[ANATOMY].visible and len(outlines(desk)) > 0)
    room.show("grid")
    desk.wait(lambda: desk.viewer.canvas.grid.enabled and len(outlines(desk)) > 0)
    assert np.array_equal(scan.layers.regions.data, painted)
