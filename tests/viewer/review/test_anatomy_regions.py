"""Regions on the voxels of an anatomy: brought onto the maps when they are opened, and back."""

import numpy as np
import pytest
from napari.settings import get_settings
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog
from scipy import ndimage

from napari_dsc.core.phantom import Tissue
from napari_dsc.io.nifti import read_voxels, write_nifti
from napari_dsc.viewer.layers import KEY, to_file

T1 = np.array([0, 300, 600, 900, 200, 580, 500, 700, 650, 650, 400.0])  # by tissue
FINER = 2  # times the voxels of the scan along each axis, and the patient has moved
MOVED = np.array([3.0, -2.0, 0.0])  # mm
LESION, RIM = 7, 9


@pytest.fixture(scope="module")
def folder(patient, tmp_path_factory):
    """An anatomy of a patient who has moved, finer than the scan, and regions on its voxels."""
    where = tmp_path_factory.mktemp("anatomy")
    scan = np.asarray(patient.series.affine)
    affine = scan.copy()
    affine[:3, :3] /= FINER
    affine[:3, 3] += scan[:3, :3] @ np.full(3, -0.25) + MOVED
    shape = tuple(FINER * one for one in patient.brain.shape)
    moved = np.eye(4)
    moved[:3, 3] = -MOVED
    to_scan = np.linalg.inv(scan) @ moved @ affine

    def there(values, order):
        return ndimage.affine_transform(values, to_scan, output_shape=shape, order=order)

    noise = np.random.default_rng(0).normal(0, 15, shape)
    volume = there(T1[patient.tissue], 1) + noise
    write_nifti(where / "t1.nii.gz", volume.astype(np.float32), affine)
    labels = LESION * there((patient.tissue == Tissue.HYPOPERFUSED).astype(float), 0)
    labels += RIM * there((patient.tissue == Tissue.TUMOUR).astype(float), 0)
    write_nifti(where / "drawn.nii.gz", np.rint(labels).astype(np.int16), affine)
    (where / "drawn.tsv").write_text(f"index\tname\n{LESION}\tLesion\n{RIM}\tEnhancement\n")
    return where


def drop(desk, path):
    """Drop a file onto the pictures; Qt hands a drop on only while something is dragged."""
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(path))])
    target = desk.canvas()
    while type(target).__name__ != "QtViewer":  # which takes what is dropped on its canvas
        target = target.parentWidget()
    spot = QPointF(target.rect().center())
    event = QDropEvent(
        spot,
        Qt.DropAction.CopyAction,
        files,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    target.dropEvent(event)
    QApplication.processEvents()


def overlap(one, other):
    """Dice's coefficient."""
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def test_fault_429_regions_of_an_anatomy_are_brought_onto_the_maps_and_back(
    computed, patient, folder, tmp_path, monkeypatch
):
    """Opened beside their anatomy: registered once, told with counts, measured; saved back."""
    desk, panel, scan = computed, computed.panel, computed.panel.scan
    t1 = desk.viewer.open(folder / "t1.nii.gz", plugin="napari-dsc")[0]
    source = desk.viewer.open(folder / "drawn.nii.gz", plugin="napari-dsc")[0]
    desk.wait(lambda: scan.layers.regions is not None and not panel.room.carrying.running)
    desk.wait(lambda: "2 regions brought onto the maps" in panel.status.text())
    assert not source.visible
    names = scan.layers.regions.metadata[KEY]["names"]
    label = {name: one for one, name in names.items()}
    painted = to_file(np.asarray(scan.layers.regions.data), scan.place)
    voxels = int(np.count_nonzero(painted))
    assert f"{voxels:,} voxels" in panel.status.text()
    for name, tissue in (("Lesion", Tissue.HYPOPERFUSED), ("Enhancement", Tissue.TUMOUR)):
        assert overlap(painted == label[name], patient.tissue == tissue) > 0.7, name
    rows = panel.room.pages.regions.rows
    assert {one.label for one in rows} == set(label.values())
    found = scan.layers.aligned[t1]
    off = np.abs(found.translation - MOVED)
    assert off[:2].max() < 1.0
    assert off[2] < 4.0  # four slices of 8 mm tell little of it

    path = tmp_path / "back.nii.gz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    panel.room.pages.show_page(panel.room.pages.regions)
    desk.press(panel.room.pages.regions.on_anatomy)
    desk.wait(lambda: path.is_file() and not panel.room.carrying.running)
    desk.wait(lambda: "Saved 2 regions on the voxels of t1" in panel.status.text())
    assert scan.layers.aligned[t1] is found  # it was not searched for again
    there, affine = read_voxels(path)
    before, known = read_voxels(folder / "drawn.nii.gz")
    np.testing.assert_allclose(np.asarray(affine), np.asarray(known), atol=1e-4)
    assert there.shape == before.shape
    assert overlap(there == label["Lesion"], before == LESION) > 0.7
    table = (tmp_path / "back.tsv").read_text(encoding="utf-8")
    assert f"{label['Lesion']}\tLesion" in table

    panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: (tmp_path / "out" / "record.json").is_file() and not panel.busy)
    (facts,) = (tmp_path / "out").glob("*desc-regions_dseg.json")
    assert "drawn on an anatomy, which was moved by" in facts.read_text(encoding="utf-8")


def test_fault_429_a_file_that_is_opened_before_its_anatomy_is_dropped_waits_for_it(
    computed, folder, monkeypatch
):
    """What enhances is where leakage is corrected, also where it was drawn on an anatomy."""
    plugins = get_settings().plugins  # as after "remember this choice"
    monkeypatch.setattr(plugins, "extension2reader", {"*.nii.gz": "napari-dsc"})
    desk, panel, scan = computed, computed.panel, computed.panel.scan
    panel.form.leakage_model.value = "BSW"
    desk.viewer.open(folder / "drawn.nii.gz", plugin="napari-dsc")
    assert scan.layers.regions is None
    drop(desk, folder / "t1.nii.gz")
    desk.wait(lambda: scan.layers.regions is not None and not panel.room.carrying.running)
    desk.wait(lambda: "corrected in what enhances" in panel.form.protocol.text())
    assert "(mask file)" in panel.form.protocol.text()


def test_what_was_painted_before_stays_and_is_counted(computed, folder):
    desk, panel, scan = computed, computed.panel, computed.panel.scan
    layer = panel.room.regions.layer_of(scan)
    layer.data = np.full_like(layer.data, 5)
    desk.viewer.open(folder / "t1.nii.gz", plugin="napari-dsc")
    desk.viewer.open(folder / "drawn.nii.gz", plugin="napari-dsc")
    desk.wait(lambda: "lie under what was painted before" in panel.status.text())
    assert (np.asarray(layer.data) == 5).all()


def test_labels_on_the_grid_of_the_scan_are_masks_as_before(computed, patient, tmp_path):
    """They are nobody's but the scan's: nothing is moved."""
    mask = (patient.tissue == Tissue.TUMOUR).astype(np.uint8)
    values = 100 * np.random.default_rng(0).random(patient.brain.shape)
    write_nifti(tmp_path / "t1.nii.gz", values.astype(np.float32), patient.series.affine)
    write_nifti(tmp_path / "mask.nii.gz", mask, patient.series.affine)
    computed.viewer.open(tmp_path / "t1.nii.gz", plugin="napari-dsc")
    layer = computed.viewer.open(tmp_path / "mask.nii.gz", plugin="napari-dsc")[0]
    QApplication.processEvents()
    assert not computed.panel.room.carrying.running
    assert computed.panel.scan.layers.regions is None
    assert layer in computed.panel.form.leakage_region.choices


def test_without_an_anatomy_there_is_nowhere_to_save_regions_to(computed):
    desk, panel = computed, computed.panel
    page = panel.room.pages.regions
    panel.room.pages.show_page(page)
    panel.room.carrying.ask()
    assert "Draw a region first" in panel.status.text()
    layer = panel.room.regions.layer_of(panel.scan)
    layer.data = np.ones_like(layer.data)
    desk.wait(lambda: page.on_anatomy.enabled)
    desk.press(page.on_anatomy)
    assert "Open the anatomy first" in panel.status.text()
