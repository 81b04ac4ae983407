"""The verdict above the pictures: green, yellow with what leads on, and never in the way."""

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_dsc.core.phantom import Tissue
from napari_dsc.core.plausibility import DOUBTFUL, GOOD, NOTE, Finding
from napari_dsc.viewer.layers import placement, to_screen
from napari_dsc.viewer.review.verdict_bar import VerdictBar
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
    every = {name: getattr(bar, name) for name in ("voxels", "propose", "scale", "relative")}
    return {name for name, one in every.items() if not one.native.isHidden()}


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
    assert bar.label.toolTip() == "\n".join(bar.sentences)


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
    assert bar.label.text().split("\n") == list(bar.sentences)
    assert bar.sizeHint().height() > low
    bar.more.native.click()
    assert not bar.whole
    bar.resize(2000, 26)
    wait_until(lambda: not bar.label.text().endswith("…"))
    assert bar.more.native.isHidden()


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
