"""Which step is at hand, and which buttons lead on."""

import pytest

from napari_dsc.viewer.reading.steps import ARTERY, MAPS, PRIMARY, REPORT, SCAN, STEPS, Standing

OPENED = {"scan": True, "looked_for": True}


@pytest.mark.parametrize(
    ("known", "at_hand", "leads"),
    [
        ({}, SCAN, "open_scan"),
        ({"scan": True}, SCAN, "propose"),
        ({**OPENED, "asked": True}, SCAN, "propose"),
        (OPENED, ARTERY, "propose"),
        ({**OPENED, "artery": True}, ARTERY, "compute"),
        ({**OPENED, "artery": True, "maps": True}, REPORT, "report"),
        ({**OPENED, "artery": True, "maps": True, "older": True}, REPORT, "compute"),
    ],
)
def test_a_state_has_its_step_and_its_button(known, at_hand, leads):
    standing = Standing(**known)
    assert standing.at_hand == at_hand
    assert standing.next_button == leads


@pytest.mark.parametrize("opened", STEPS)
@pytest.mark.parametrize("artery", [False, True])
def test_the_button_of_the_open_step_and_the_one_that_leads_on_are_shown(opened, artery):
    standing = Standing(**OPENED, artery=artery)
    shown = standing.buttons(opened)
    assert set(shown) == {STEPS[opened].primary, standing.next_button}
    assert list(shown) == [name for name in PRIMARY if name in shown]


def test_the_steps_are_numbered():
    assert [step.number for step in STEPS.values()] == ["1", "2", "3", "4"]
    assert list(STEPS) == [SCAN, ARTERY, MAPS, REPORT]
