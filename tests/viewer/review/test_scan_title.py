"""The name of the scan at hand stands on its picture, and comes without a long silence."""

import pytest

from napari_dsc.viewer.review import scan_title
from napari_dsc.viewer.review.scan_title import AT_ONCE, OVERLAY

NAME = "sub-017 perfusion of Tuesday"


@pytest.fixture
def drawn(monkeypatch) -> list[set[str]]:
    """Sets of letters that were new in each drawing of the name; none was drawn before."""
    monkeypatch.setattr(scan_title, "_DRAWN", set())
    return []


def test_fault_489_a_name_is_spelt_a_few_letters_at_a_time_and_then_at_once(opened, drawn):
    text = opened.viewer.canvas.overlays[OVERLAY]
    seen: set[str] = set()

    def follow() -> None:
        drawn.append(set(text.text) - seen)
        seen.update(text.text)

    text.events.text.connect(follow)
    layer = opened.panel.scan.layer
    layer.name = NAME
    assert opened.viewer.title.startswith(NAME)  # the window has no letters to make
    opened.wait(lambda: text.text == NAME)
    assert text.visible
    assert seen == set(NAME)
    assert max(len(one) for one in drawn) <= AT_ONCE
    assert len(drawn) > len(set(NAME)) // AT_ONCE
    drawn.clear()
    layer.name = NAME[::-1]
    assert text.text == NAME[::-1]
    assert drawn == [set()]
    text.events.text.disconnect(follow)


def test_the_last_name_wins_while_another_is_spelt(opened, drawn):
    text, layer = opened.viewer.canvas.overlays[OVERLAY], opened.panel.scan.layer
    layer.name = NAME
    layer.name = "qvz"
    opened.wait(lambda: text.text == "qvz")
    assert not drawn


def test_in_the_grid_the_pictures_bear_their_own(computed):
    text = computed.viewer.canvas.overlays[OVERLAY]
    assert computed.viewer.canvas.grid.enabled
    assert not text.visible
    computed.viewer.canvas.grid.enabled = False
    computed.wait(lambda: text.visible and text.text == "patient")
