"""Layers of a scan: chosen, shown, forgotten; each change is said once."""

import numpy as np
import pytest
from napari.layers import Image, Labels

from napari_dsc.core.provenance import Origin
from napari_dsc.viewer.scan.layer_set import ScanLayers


def labels() -> Labels:
    """An empty mask."""
    return Labels(np.zeros((2, 3, 4), np.uint8))


@pytest.fixture
def layers() -> ScanLayers:
    """None yet."""
    return ScanLayers()


@pytest.fixture
def told(layers):
    """Names that were said to have changed, in order."""
    heard = []
    layers.changed.connect(lambda names: heard.append(set(names)))
    return heard


def test_choosing_says_what_was_chosen(layers, told):
    """What is not named stays; the same layer is no change."""
    artery, brain = labels(), labels()
    layers.choose(artery=artery, brain=brain)
    layers.choose(artery=artery)
    layers.choose(vein=None)
    assert told == [{"artery", "brain"}]
    assert (layers.artery, layers.brain, layers.vein) == (artery, brain, None)


def test_a_layer_that_was_removed_is_forgotten_everywhere(layers, told):
    """As artery, among those considered and as an origin; others stay."""
    artery, other = labels(), Image(np.zeros((2, 3, 4)))
    layers.choose(artery=artery)
    layers.consider(artery, [(1, 2, 3)])
    layers.remember(artery, Origin(kind="drawn"), np.zeros((2, 3, 4), bool))
    layers.show_map("CBF", other)
    told.clear()
    layers.forget(artery)
    assert told == [{"artery", "considered", "origins"}]
    assert layers.all == (other,)
    layers.forget(artery)
    assert len(told) == 1


def test_a_map_is_dropped_by_its_symbol(layers, told):
    """And its layer returned, once."""
    first, second = (Image(np.zeros((2, 3, 4))) for _ in range(2))
    layers.show_map("CBV", first)
    layers.show_map("rCBV", second)
    assert list(layers.maps) == ["CBV", "rCBV"]
    assert layers.drop_map("rCBV") is second
    assert layers.drop_map("rCBV") is None
    assert told == [{"maps"}] * 3


def test_regions_are_mirrored_at_a_midline_only(layers, told):
    """Without one there is nothing to mirror at."""
    layers.mirror(True)
    assert not layers.mirrored
    assert told == []


def test_changes_can_be_held_together(layers, told):
    """Said once, at the end."""
    with layers.held():
        layers.choose(artery=labels())
        layers.colour("grey")
        assert told == []
    assert told == [{"artery", "family"}]


def test_what_a_scan_is_read_for_sets_its_look_until_somebody_chooses():
    """Another reading brings its own look again; nothing is said where nothing changes."""
    layers = ScanLayers()
    said: list[frozenset[str]] = []
    layers.changed.connect(said.append)
    for symbol in ("CBV", "CBF", "MTT", "Tmax"):
        layers.show_map(symbol, Image(np.zeros((2, 2, 2))))
    assert list(layers.ordered_maps) == ["Tmax", "CBF", "CBV", "MTT"]
    assert layers.in_steps
    assert list(layers.shown_rows) == ["Tmax", "CBF", "CBV", "MTT"]
    said.clear()
    layers.show_steps(True)
    layers.read_for("stroke")
    assert said == []
    layers.show_steps(False)
    layers.show_rows(("CBV", "Tmax", "rCBV"))
    assert list(layers.shown_rows) == [
        "Tmax",
        "CBV",
    ]  # in the order of reading, those that there are
    layers.read_for("tumour")
    assert list(layers.ordered_maps) == ["CBV", "CBF", "MTT", "Tmax"]
    assert list(layers.shown_rows) == ["CBV", "CBF", "MTT"]
    assert not layers.in_steps
    layers.read_for("stroke")
    assert layers.in_steps
