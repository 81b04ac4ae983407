"""Orientation … corrects a file that is wrong: voxels stay, sides change, and that is said."""

import nibabel as nib
import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from napari_dsc.core.orientation import BY_USER, codes_of
from napari_dsc.io.nifti import write_series
from napari_dsc.io.read_record import read_record
from napari_dsc.viewer.panel.buttons import BUTTONS, State

LEFT = Qt.MouseButton.LeftButton


def dialog_of(desk):
    """The dialog, opened by its button."""
    desk.wait(lambda: desk.panel.form.orientation.enabled)
    desk.press(desk.panel.form.orientation)
    desk.wait(lambda: desk.panel.stating.dialog is not None)
    return desk.panel.stating.dialog


def right_of(desk, index) -> float:
    """How far right in the patient (mm) the voxel of the file lies on screen."""
    scan = desk.panel.scan
    return -scan.layer.data_to_world((0, *scan.screen_index(index)))[-1]


def test_fault_222_left_and_right_are_exchanged(opened, patient):
    """By the mouse; each marked voxel stays that of the file, its picture changes side."""
    desk, panel = opened, opened.panel
    desk.draw(patient)
    scan = panel.scan
    before = {name: scan.mask(getattr(scan.layers, name)) for name in ("artery", "brain")}
    here, letters = right_of(desk, (2, 0, 0)), dict(panel.room.letters.shown)
    assert not panel.room.letters.words
    dialog = dialog_of(desk)
    QTest.mouseClick(dialog.swaps[0], LEFT)
    assert "to the right, the front and the top" in dialog.words.text()
    QTest.mouseClick(dialog.accept_button, LEFT)
    desk.wait(lambda: scan.facts.series.choices.get("orientation") == "RAS")
    for name, mask in before.items():
        np.testing.assert_array_equal(scan.mask(getattr(scan.layers, name)), mask)
    count = patient.series.signal.shape[0]
    step = abs(patient.series.affine[0, 0])
    middle = (patient.series.affine @ [(count - 1) / 2, 0, 0, 1])[0]
    assert right_of(desk, (2, 0, 0)) == pytest.approx(2 * middle - here)
    assert abs(right_of(desk, (3, 0, 0)) - right_of(desk, (2, 0, 0))) == pytest.approx(step)
    assert panel.room.letters.shown == letters  # true on the pictures, which have turned
    assert panel.room.letters.words == BY_USER.upper()
    assert "RAS (stated by the user; the file said LAS)" in panel.form.facts.text()
    desk.is_used_up = True


def test_axes_are_declared_and_taken_back(opened):
    """Another axis up: the picture is of other slices; what makes no sense cannot be stated."""
    desk, panel, scan = opened, opened.panel, opened.panel.scan
    shape, affine = scan.layer.data.shape, np.array(scan.facts.series.affine)
    mask = scan.mask(scan.layers.brain)
    dialog = dialog_of(desk)
    dialog.axes[0].setCurrentIndex(dialog.axes[0].findData("S"))
    assert not dialog.accept_button.isEnabled()
    dialog.axes[2].setCurrentIndex(dialog.axes[2].findData("R"))
    assert dialog.codes == "SAR"
    QTest.mouseClick(dialog.accept_button, LEFT)
    desk.wait(lambda: scan.facts.series.choices.get("orientation") == "SAR")
    assert scan.layer.data.shape == (shape[0], shape[3], shape[2], shape[1])
    assert codes_of(scan.facts.series.affine) == "SAR"
    np.testing.assert_array_equal(scan.mask(scan.layers.brain), mask)
    assert set(panel.room.letters.shown.values()) == {"R", "L", "A", "P"}
    dialog = dialog_of(desk)
    QTest.mouseClick(dialog.back_to_file, LEFT)
    desk.wait(lambda: not scan.facts.series.choices)
    np.testing.assert_allclose(scan.facts.series.affine, affine)
    assert scan.layer.data.shape == shape
    np.testing.assert_array_equal(scan.mask(scan.layers.brain), mask)
    assert not panel.room.letters.words
    desk.is_used_up = True


def test_a_record_brings_the_orientation_back(computed, patient, tmp_path):
    """Its maps lie where the user said; a scan as its file says it is turned for the record."""
    desk, panel, scan = computed, computed.panel, computed.panel.scan
    before = np.array(desk.map("CBF").data)
    panel.stating.state(scan, "RAS")
    assert desk.map("CBF") is None  # it lay where the scan lay
    assert scan.results.run is None
    desk.compute()
    desk.wait(lambda: desk.map("CBF") is not None and not panel.busy)
    np.testing.assert_array_equal(desk.map("CBF").data, before)  # flips lie in the affine
    panel.results.save_to(tmp_path / "out")
    desk.wait(lambda: "Saved" in panel.status.text())
    record = read_record(tmp_path / "out" / "record.json")
    assert record.choices == {"orientation": "RAS"}
    panel.stating.state(scan, None)
    panel.results.open_from(tmp_path / "out" / "record.json")
    assert scan.facts.series.choices == {"orientation": "RAS"}
    assert desk.file_voxels(panel.form.artery.value) == {
        tuple(map(int, at)) for at in np.argwhere(patient.artery)
    }
    desk.is_used_up = True


def test_a_scan_that_lies_nowhere_gets_letters(desk, patient, tmp_path):
    """The user knows what the file does not say: mirror and letters hold from then on."""
    path = tmp_path / "nowhere.nii"
    write_series(path, patient.series)
    image = nib.Nifti1Image.from_filename(path, mmap=False)
    image.set_sform(None, 0)
    image.set_qform(None, 0)
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), None, image.header), path)
    desk.open(path)
    panel = desk.panel
    assert set(panel.room.letters.shown.values()) == {"?"}
    assert panel.scan.ras is None
    dialog = dialog_of(desk)
    QTest.mouseClick(dialog.accept_button, LEFT)  # as the voxels lie
    desk.wait(lambda: panel.scan.ras is not None)
    panel.room.letters.show(panel.scan)
    assert panel.room.letters.shown["left"] == "R"
    assert panel.room.letters.words


def test_dicom_out_is_off_with_its_reason(opened):
    """In words, on the button."""
    scan = opened.panel.scan
    row = BUTTONS["save_dicom"]
    assert row.reason is not None
    state = State(scan, True, False, False, False, "")
    assert row.reason(state) == ""
    opened.panel.stating.state(scan, "RAS")
    opened.panel.refresh_state()
    assert "whose orientation was stated by the user" in row.reason(state)
    assert opened.panel.form.save_dicom.tooltip.startswith(row.reason(state))
    assert not opened.panel.form.save_dicom.enabled
    opened.is_used_up = True


def test_letters_are_true_when_axes_are_rolled_and_none_in_3d(opened):
    """Each shown side is the end of the world's axis that lies there."""
    desk = opened
    ends = {-3: ("I", "S"), -2: ("A", "P"), -1: ("R", "L")}  # of z, y, x: its beginning and end
    for _ in range(3):
        desk.viewer.dims.roll()
        rows, columns = desk.viewer.dims.displayed[-2:]
        shown = desk.panel.room.letters.shown
        if 0 in (rows, columns):  # time
            assert not shown
            continue
        wanted = dict(zip(("top", "bottom"), ends[rows - 4], strict=True))
        wanted |= dict(zip(("left", "right"), ends[columns - 4], strict=True))
        assert shown == wanted
    desk.panel.form.brain.value.contour = 0  # napari warns of it in 3-D
    desk.viewer.dims.ndisplay = 3
    assert not desk.panel.room.letters.shown
    desk.is_used_up = True
