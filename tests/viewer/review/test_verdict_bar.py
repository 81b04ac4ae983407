"""The verdict above the pictures: green, yellow with what leads on, and never in the way."""

from typing import Any, cast

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from napari_dsc.core.phantom import Tissue
from napari_dsc.core.plausibility import DOUBTFUL, GOOD, NOTE, Finding
from napari_dsc.viewer.layers import placement, to_screen
from napari_dsc.viewer.maps.corner_words import corner_of
from napari_dsc.viewer.review.lead_bar import LeadBar
from napari_dsc.viewer.review.verdict_bar import PRESS, Top, VerdictBar
from tests.viewer.desk import wait_until

GREEN, YELLOW, GREY = "#1e6b3a", "#f2c94c", "#5a5f66"
AIF = Finding(key="aif", level=GOOD, words="AIF: 12 voxels, good.")
LATE = Finding(key="aif", level=DOUBTFUL, words="AIF: 1 voxel, late.")
CBV = Finding(key="cbv", level=DOUBTFUL, words="Median CBV of the brain 70 mL/100g.")
LEAK = Finding(key="leakage", level=NOTE, words="Curves of 2.0 mL end below their baseline.")


@pytest.fixture
def bar(qtbot):
    one = VerdictBar()
    qtbot.addWidget(one)
    one.resize(900, 26)
    return one


def buttons(bar):
    """Buttons that lead on and are seen."""
    every = {
        name: getattr(bar, name) for name in ("voxels", "propose", "scale", "relative", "times")
    }
    return {name for name, one in every.items() if not one.native.isHidden()}


def to_do(findings) -> list[str]:
    """Sentences, and what to do about each that is not good."""
    return [
        f"{one.words} To do: {one.remedy}" if one.level != "good" else one.words for one in findings
    ]


def drawn(desk, mask):
    """Draw another artery, and compute."""
    place = placement(desk.panel.scan.facts.series.affine)
    desk.panel.form.artery.value.data = to_screen(mask, place).astype("uint8")
    desk.wait(lambda: desk.panel.scan.results.outdated)
    desk.compute()
    desk.wait(lambda: not desk.panel.scan.results.outdated and not desk.panel.busy)


@pytest.mark.parametrize(
    ("findings", "ground", "seen"),
    [
        ((AIF,), GREEN, set()),
        ((AIF, LEAK), GREEN, set()),
        ((LATE,), YELLOW, {"voxels", "propose"}),
        ((AIF, CBV), YELLOW, {"propose", "scale"}),
        ((LATE, CBV, LEAK), YELLOW, {"voxels", "propose", "scale"}),
    ],
    ids=["good", "noted", "late", "high", "both"],
)
def test_a_bar_has_the_colour_and_the_buttons_of_its_findings(bar, findings, ground, seen):
    bar.show_verdict(findings)
    assert ground in bar.styleSheet()
    assert bar.sentences == tuple(one.words for one in findings)
    assert buttons(bar) == seen
    assert bar.label.toolTip().split("\n") == [*to_do(findings), PRESS]


def test_without_findings_it_is_not_there(bar):
    bar.show_verdict((AIF,))
    assert not bar.isHidden()
    bar.show_verdict(())
    assert bar.isHidden()


def test_maps_that_are_older_are_called_so(bar):
    bar.show_verdict((LATE,), older=True)
    assert GREY in bar.styleSheet()
    assert bar.sentences == ("Of the earlier maps: AIF: 1 voxel, late.",)


def test_a_narrow_bar_has_one_line_and_shows_all_on_demand(bar, qtbot):
    """As at 1366 pixels, or 1024: what is cut off is a click away."""
    bar.show_verdict((LATE, CBV, LEAK))
    with qtbot.waitExposed(bar):
        bar.show()
    bar.resize(420, 26)
    wait_until(lambda: bar.label.text().endswith("…"))
    assert not bar.more.native.isHidden()
    low = bar.sizeHint().height()
    bar.more.native.click()
    assert bar.whole
    assert bar.label.text().split("\n") == to_do((LATE, CBV, LEAK))
    assert bar.sizeHint().height() > low
    bar.more.native.click()
    assert not bar.whole
    bar.resize(2000, 26)
    wait_until(lambda: not bar.label.text().endswith("…"))
    assert not bar.more.native.isHidden()  # it tells what to do
    bar.show_verdict((AIF,))
    assert bar.more.native.isHidden()


WORDS = "Tmax > 6 s: 43.3 mL, left; 4.2 mL beside it without an answer (47.5 mL with it)"
VEIN = Finding(
    key="aif", level=DOUBTFUL, words="AIF: 3 voxels, 0 good, 3 late, 3 wide, 1 partial volume."
)


@pytest.mark.parametrize("width", [1024, 1366, 1920])
def test_fault_436_what_was_found_leaves_the_doubt_room_to_be_read(qtbot, width):
    """Beside a long finding the verdict's first sentence is whole, or stands below it."""
    lead, verdict = LeadBar(), VerdictBar()
    top = Top(cast(Any, QWidget()), verdict, lead)
    qtbot.addWidget(top)
    lead.show_words(WORDS, late=True)
    verdict.show_verdict((VEIN, CBV), times=("sSVD", "Reads a delay of 0.1 s."))
    top.resize(width, top.sizeHint().height())
    with qtbot.waitExposed(top):
        top.show()
    wait_until(lambda: verdict.label.text().startswith(VEIN.words[:-1]))
    verdict.more.native.click()
    top.resize(width, top.sizeHint().height())
    label = verdict.label
    wait_until(lambda: label.height() >= label.heightForWidth(label.width()))
    assert VEIN.words in verdict.label.text()
    verdict.show_verdict((AIF,))
    lead.show_words("Tmax > 6 s: 148.6 mL, left", late=True)
    wait_until(lambda: verdict.y() < lead.geometry().bottom())  # one line where both are read
    assert verdict.x() > lead.geometry().right()


def test_it_comes_with_the_maps_and_is_green_for_the_true_artery(computed):
    desk, bar = computed, computed.panel.room.verdict
    desk.wait(bar.isVisible)
    found = desk.panel.scan.results.run[1].findings
    assert bar.sentences == tuple(one.words for one in found)
    voxels = int(desk.panel.scan.results.run[1].aif.voxels.sum())
    assert bar.sentences[0] == f"AIF: {voxels} voxels, good."
    assert GREEN in bar.styleSheet()
    assert buttons(bar) == set()
    assert bar.sentences[0] in desk.panel.status.text()


def test_there_is_none_without_maps(opened):
    QApplication.processEvents()
    assert not opened.panel.room.verdict.isVisible()


def test_fault_353_a_good_artery_has_no_doubt_beside_its_volume(computed):
    lead = computed.panel.room.lead
    computed.wait(lambda: "Tmax > 6 s" in lead.label.text())
    assert "doubt" not in lead.label.text()
    assert "doubt" not in corner_of(computed.map("Tmax"))


def test_fault_181_a_vein_is_said_above_the_pictures_and_the_buttons_lead_on(computed, patient):
    """Voxels shows the table, Propose puts another AIF at hand, and the maps are older then."""
    desk, bar = computed, computed.panel.room.verdict
    vein = (patient.tissue == Tissue.VEIN) & patient.brain
    drawn(desk, vein)
    desk.wait(lambda: YELLOW in bar.styleSheet())
    assert "late" in bar.sentences[0]
    assert any("before the AIF" in one for one in bar.sentences)
    for words in bar.sentences:
        assert words in desk.panel.status.text()
    assert {"voxels", "propose"} <= buttons(bar)
    lead = desk.panel.room.lead
    desk.wait(lambda: lead.label.text().endswith(", AIF in doubt"))  # no volume without the doubt
    assert corner_of(desk.map("Tmax")).endswith("\nAIF in doubt")
    desk.press(bar.voxels)
    desk.wait(desk.panel.workshop.table.isVisible)
    before = desk.panel.form.artery.value
    desk.press(bar.propose)
    desk.wait(lambda: desk.panel.form.artery.value is not before and not desk.panel.busy)
    desk.wait(lambda: GREY in bar.styleSheet())
    assert bar.sentences[0].startswith("Of the earlier maps: ")
    assert np.count_nonzero(desk.panel.form.artery.value.data)


def test_scale_to_vein_finds_one(computed, patient):
    """One voxel of cortex: volumes that no brain has; a vein is looked for."""
    desk, bar = computed, computed.panel.room.verdict
    one = np.zeros_like(patient.brain)
    one[tuple(np.argwhere(patient.tissue == Tissue.GREY)[50])] = True
    drawn(desk, one)
    desk.wait(lambda: "scale" in buttons(bar))
    assert desk.panel.form.vein.value is None
    desk.press(bar.scale)
    desk.wait(lambda: desk.panel.form.vein.value is not None and not desk.panel.busy)
    vein = desk.panel.scan.layers.vein
    assert np.count_nonzero(vein.data)


def test_fault_307_a_coarse_method_leads_to_one_that_tells_times_better(bar):
    """A button names it, and how well it does; of earlier maps nothing is offered."""
    coarse = Finding(key="operator", level=NOTE, words="oSVD is too coarse.")
    told = ("Tikhonov", "Tmax and delay by Tikhonov reads a delay of 0.1 s.")
    bar.show_verdict((AIF, coarse), times=told)
    assert buttons(bar) == {"times"}
    assert bar.times.text == "Times by Tikhonov"
    assert told[1] in bar.times.tooltip
    bar.show_verdict((AIF, coarse), times=told, older=True)
    assert buttons(bar) == set()
    bar.show_verdict((AIF,))
    assert buttons(bar) == set()


def test_fault_307_the_button_sets_what_the_next_maps_are_made_with(computed):
    """cSVD is too coarse for the small patient: what is named is set, and the note goes."""
    desk, panel, bar = computed, computed.panel, computed.panel.room.verdict
    panel.form.method.value = "cSVD"
    desk.wait(lambda: panel.scan.results.outdated)
    desk.compute()
    desk.wait(lambda: not panel.scan.results.outdated and not panel.busy)
    assert "operator" in {one.key for one in panel.scan.results.run[1].findings}
    desk.wait(lambda: "times" in buttons(bar))
    named = bar.times.text.removeprefix("Times by ")
    desk.press(bar.times)
    assert panel.form.times_by.value == named
    desk.wait(lambda: GREY in bar.styleSheet())
    desk.compute()
    desk.wait(lambda: not panel.scan.results.outdated and not panel.busy)
    assert "operator" not in {one.key for one in panel.scan.results.run[1].findings}


def test_fault_368_the_sentence_leads_to_what_it_speaks_of(bar):
    """It looks like a button, and is one: by mouse, by key, and its tooltip says so."""
    bar.show_verdict((AIF,))
    bar.show()
    pressed = []
    bar.label.pressed.connect(lambda: pressed.append(True))
    QTest.mouseClick(bar.label, Qt.MouseButton.LeftButton)
    assert pressed == [True]
    QTest.keyClick(bar.label, Qt.Key.Key_Return)
    assert pressed == [True, True]
    QTest.mousePress(bar.label, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(bar.label, Qt.MouseButton.LeftButton, pos=QPoint(-50, 5))
    assert pressed == [True, True]  # let go elsewhere
    assert PRESS in bar.label.toolTip()
    assert bar.label.cursor().shape() == Qt.CursorShape.PointingHandCursor


def test_fault_368_pressed_it_shows_the_voxels(computed):
    panel = computed.panel
    QTest.mouseClick(panel.room.verdict.label, Qt.MouseButton.LeftButton)
    computed.wait(panel.workshop.table.isVisible)
    assert panel.workshop.tabs.currentWidget() is panel.workshop.table
