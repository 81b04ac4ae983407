"""The screen without a window: which scan is at hand, and what is heard of it."""

from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import QObject

from napari_dsc.viewer.contributions import scan_layer
from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.scan.mask_watch import MaskWatch
from napari_dsc.viewer.scan.scan_layers import add_mask, open_scan
from napari_dsc.viewer.screen import Screen

pytestmark = pytest.mark.usefixtures("qapp")
RED = (1.0, 0.0, 0.0, 1.0)


class Scene:
    """A viewer without a window, and what its screen says."""

    def __init__(self, patient) -> None:
        self.patient, self.viewer, self.parent = patient, ViewerModel(), QObject()
        self.screen = Screen(MaskWatch(self.viewer, self.parent))
        self.told: list[Any] = []
        for name in ("shown", "edited", "chosen", "changed", "updated", "said"):
            getattr(self.screen, name).connect(
                lambda *values, name=name: self.told.append((name, *values))
            )

    def open(self):
        """Add a scan with an artery of one voxel."""
        data, options, _ = scan_layer(self.patient.series, "scan")
        scan = open_scan(self.viewer.add_image(data, **options))
        mask = np.zeros(scan.shape, bool)
        mask[16, 16, 1] = True
        scan.layers.choose(artery=add_mask(self.viewer, scan, "AIF", RED, mask, role="AIF"))
        return scan

    def names(self) -> list[str]:
        """What was heard since the last look."""
        heard, self.told[:] = [one for one, *_ in self.told], []
        return heard


@pytest.fixture
def scene(patient) -> Scene:
    """Nothing at hand."""
    return Scene(patient)


def test_a_scan_that_is_shown_is_read(scene):
    """Its masks are new the first time, and never again."""
    scan = scene.open()
    scene.screen.show(scan)
    assert scene.names() == ["shown", "changed"]
    scene.screen.show(scan)
    assert scene.names() == ["shown", "updated"]
    scene.screen.show(None)
    assert scene.names() == ["shown", "updated"]
    assert scene.screen.scan is None


def test_an_edit_of_the_scan_at_hand_is_heard(scene):
    """First by those who show facts, then by those who follow changes."""
    scan = scene.open()
    scene.screen.show(scan)
    scene.names()
    scan.facts.set_baseline(2, 9)
    assert scene.told == [("edited", {"baseline"}), ("changed",)]
    scene.names()
    scan.facts.set_baseline(2, 9)
    assert scene.names() == []


def test_a_scan_that_is_not_at_hand_is_not_heard(scene):
    """Neither before, nor after another was taken, nor when the window goes."""
    first, second = scene.open(), scene.open()
    first.facts.set_baseline(2, 9)
    scene.screen.show(first)
    scene.screen.show(second)
    scene.names()
    first.facts.set_baseline(3, 9)
    first.layers.choose(artery=None)
    assert scene.names() == []
    scene.screen.leave()
    second.facts.set_baseline(3, 9)
    assert scene.names() == []


def test_another_artery_is_read_at_once(scene):
    """A change if it holds other voxels, else none of the maps' inputs."""
    scan = scene.open()
    scene.screen.show(scan)
    scene.names()
    mask = scan.mask(scan.layers.artery)
    same = add_mask(scene.viewer, scan, "AIF 2", RED, mask, role="AIF")
    scan.layers.choose(artery=same)
    assert scene.names() == ["chosen", "updated"]
    scan.layers.choose(artery=None)
    assert scene.names() == ["chosen", "changed"]


def test_a_stroke_is_heard_when_somebody_looks(scene, qtbot):
    """At once on request; by itself once the edits pause; each once."""
    scan = scene.open()
    scene.screen.show(scan)
    scene.names()
    layer, mask = scan.layers.artery, scan.mask(scan.layers.artery)
    mask[15, 16, 1] = True
    layer.data[...] = to_screen(mask, scan.place)
    scene.screen.look()
    scene.screen.look()
    assert scene.names() == ["changed", "updated"]
    mask[14, 16, 1] = True
    layer.data = to_screen(mask, scan.place).astype(np.uint8)
    qtbot.waitUntil(lambda: ("changed",) in scene.told)
    assert scene.names() == ["changed"]


def test_the_status_line_hears_what_is_said(scene):
    """Word by word."""
    scene.screen.say("Saved.")
    assert scene.told == [("said", "Saved.")]
