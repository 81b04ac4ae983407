"""Times of the header, and a baseline that ends before the bolus."""

import nibabel as nib
import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from superqt import QRangeSlider

from napari_dsc.core.left_out_volumes import span_in_words
from napari_dsc.core.settings import SETTINGS
from napari_dsc.viewer.curves.time_ranges import edges_of

LEFT = Qt.MouseButton.LeftButton
TIMES = {"repetition_time": ("tr", 1.5, "2.0"), "echo_time": ("te", 0.03, "0.04")}


def typed(widget, text) -> None:
    """Click into a box, type over what stands there, and press Enter."""
    editor = widget.native
    editor.setFocus()
    editor.selectAll()
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)


@pytest.mark.parametrize("name", TIMES)
def test_fault_206_a_time_of_the_header_is_typed_over_only_after_edit(opened, name):
    """Typed into, turned over: nothing; after Edit it is taken; Header brings the file's back."""
    desk, (key, header, other) = opened, TIMES[name]
    form, facts = desk.panel.form, desk.panel.scan.facts
    widget = getattr(form, name)
    typed(widget, other)
    widget.native.setFocus()
    desk.wheel(widget.native, 1)
    QTest.keyClick(widget.native, Qt.Key.Key_Up)
    assert widget.value == pytest.approx(header)
    assert getattr(facts, name) is None
    assert not getattr(form, f"header_{key}").enabled
    desk.press(getattr(form, f"edit_{key}"))
    typed(widget, other)
    assert widget.value == pytest.approx(float(other))
    assert getattr(facts, name) == pytest.approx(float(other))
    assert "entered by the user" in form.facts.text()
    typed(widget, "0.5")  # it was closed by Enter
    assert widget.value == pytest.approx(float(other))
    desk.press(getattr(form, f"header_{key}"))
    assert widget.value == pytest.approx(header)
    assert getattr(facts, name) is None
    assert "entered by the user" not in form.facts.text()


def test_a_header_without_a_time_is_asked_for_it(desk, patient, tmp_path):
    """The box is open, and there is nothing to go back to."""
    image = nib.Nifti1Image(patient.series.signal, patient.series.affine)
    image.header.set_zooms((*image.header.get_zooms()[:3], 0.0))
    nib.save(image, tmp_path / "bare.nii")
    desk.open(tmp_path / "bare.nii")
    form = desk.panel.form
    assert form.repetition_time.value == 0
    assert not form.edit_tr.enabled
    assert not form.header_tr.enabled
    typed(form.repetition_time, "1.5")
    assert desk.panel.scan.facts.repetition_time == pytest.approx(1.5)
    typed(form.repetition_time, "2.5")
    assert desk.panel.scan.facts.repetition_time == pytest.approx(2.5)


def arrival_of(desk) -> int:
    mean = desk.panel.scan.facts.mean_signal
    return int(np.argmax(mean < mean[2:8].mean() - 0.05 * (mean[2:8].mean() - mean.min())))


def test_fault_207_a_baseline_that_ends_in_the_bolus_is_refused_in_words(opened):
    """By the slider of the form and by the curves: it goes back, and the status line says why."""
    desk = opened
    form, curves, facts = desk.panel.form, desk.panel.curves, desk.panel.scan.facts
    before = facts.span
    for end in (arrival_of(desk) + 3, 40):
        form.baseline.value = (before[0], end)
        assert facts.span == before
        assert tuple(form.baseline.value) == before
        assert "must end before the bolus" in desk.panel.status.text()
        curves.baseline_moved.emit(before[0], end)
        assert facts.span == before
        edges = edges_of(np.asarray(desk.panel.scan.facts.settled.time))
        assert curves.baseline.getRegion() == pytest.approx((edges[before[0]], edges[before[1]]))
    form.baseline.value = (before[0], before[1] - 2)
    assert facts.span == (before[0], before[1] - 2)


@pytest.mark.parametrize("name", ["baseline", "first_pass"])
def test_fault_208_a_click_beside_a_handle_moves_none(opened, name):
    """On the groove, on the bar between the handles, and on the handles themselves."""
    desk = opened
    slider = getattr(desk.panel.form, name).native.findChild(QRangeSlider)
    desk.panel.form.baseline.native.window().activateWindow()
    before, value = tuple(slider.value()), getattr(desk.panel.form, name).value
    for share in np.linspace(0.02, 0.98, 25):
        at = QPoint(int(share * slider.width()), slider.height() // 2)
        QTest.mouseClick(slider, LEFT, pos=at)
        QTest.mouseDClick(slider, LEFT, pos=at)
        assert tuple(slider.value()) == before, share
    assert getattr(desk.panel.form, name).value == value


def test_a_handle_is_dragged_as_ever(opened):
    desk = opened
    slider = desk.panel.form.baseline.native.findChild(QRangeSlider)
    start, stop = slider.value()
    middle, handle = slider.height() // 2, 22  # px
    share = stop / (slider.maximum() - slider.minimum())
    at = round(handle / 2 + share * (slider.width() - handle))
    QTest.mousePress(slider, LEFT, pos=QPoint(at, middle))
    for step in range(1, 4):
        QTest.mouseMove(slider, QPoint(at - 5 * step, middle))
    QTest.mouseRelease(slider, LEFT, pos=QPoint(at - 15, middle))
    assert slider.value()[0] == start
    assert stop - 10 < slider.value()[1] < stop
    first, last = slider.value()
    assert desk.panel.scan.facts.span == (first, last + 1)


def test_fault_472_sliders_name_the_first_and_the_last_volume(opened):
    """As text, report and methods do: "2 to 12"; what is computed with is a slice."""
    panel = opened.panel
    form, facts = panel.form, panel.scan.facts
    for widget, (start, stop) in ((form.baseline, facts.span), (form.first_pass, facts.frame)):
        slider = widget.native.findChild(QRangeSlider)
        assert tuple(slider.value()) == (start, stop - 1)
        assert widget.value == (start, stop)
        assert slider.maximum() == facts.series.n_volumes - 1
    assert span_in_words(*facts.span) in SETTINGS["baseline"].phrase(facts.span)
    form.baseline.native.findChild(QRangeSlider).setValue((3, 9))
    assert facts.span == (3, 10)
