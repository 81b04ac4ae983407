"""From a scan to its maps by itself, and what is said of an AIF that nobody has looked at."""

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dsc.core.plausibility import UNSEEN_KEY, told
from napari_dsc.core.provenance import UNSEEN
from napari_dsc.io.read_record import read_record
from napari_dsc.viewer.reading.choices import choice
from tests.viewer.desk import until_idle

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def unseen(desk, scan_file, state_folder):
    """A scan whose maps came by themselves."""
    state_folder.mkdir(exist_ok=True)
    desk.panel.form.automatic.value = True
    desk.open(scan_file)
    desk.wait(lambda: desk.map("CBF") is not None and not desk.panel.busy)
    yield desk
    desk.panel.form.automatic.value = False
    desk.is_used_up = True


def findings(desk):
    """What is said of the AIF that nobody has looked at."""
    run = desk.panel.scan.results.run
    return [one for one in run[1].findings if one.key == UNSEEN_KEY]


def test_the_tick_is_remembered(unseen):
    assert choice("automatic", False) is True
    unseen.panel.form.automatic.value = False
    assert choice("automatic", True) is False


def test_fault_232_an_aif_that_nobody_has_looked_at_says_so_everywhere(unseen, tmp_path):
    """In the status, the verdict, the record and the methods; the report reads the record."""
    desk, panel = unseen, unseen.panel
    (found,) = findings(desk)
    assert UNSEEN in found.words
    assert UNSEEN in panel.status.text()
    assert any(UNSEEN in one for one in panel.room.verdict.sentences)
    assert panel.room.verdict.voxels.visible
    panel.results.save_to(tmp_path / "maps")
    desk.wait(lambda: "Saved" in panel.status.text())
    record = json.loads((tmp_path / "maps" / "record.json").read_text("utf-8"))
    assert record["aif"]["origin"]["unseen"] is True
    assert record["aif"]["origin"]["kind"] == "proposed"
    assert any(UNSEEN in one["words"] for one in record["findings"])
    origin = read_record(tmp_path / "maps" / "record.json").origins.aif
    assert origin is not None
    assert origin.unseen
    (methods,) = (tmp_path / "maps").glob("*methods.md")
    assert UNSEEN in methods.read_text("utf-8")


@pytest.mark.parametrize("look", ["the workshop", "a row", "a tick", "a voxel on the picture"])
def test_fault_232_whoever_looks_ends_it(unseen, look, tmp_path):
    desk, panel = unseen, unseen.panel
    table = panel.workshop.table
    voxel = tuple(int(at) for at in np.argwhere(panel.scan.results.run[1].aif.voxels)[0])
    if look == "the workshop":
        desk.press(panel.form.compare)
    elif look == "a row":
        table.picked.emit(voxel)
    elif look == "a tick":
        table.ticked.emit(voxel, False)
    else:
        panel.room.show("single")
        z, y, x = panel.scan.screen_index(voxel)
        desk.viewer.dims.set_current_step(1, z)
        until_idle()
        desk.click((z, y, x), SHIFT)
    desk.wait(lambda: not findings(desk))
    desk.wait(lambda: UNSEEN not in panel.status.text())
    desk.wait(lambda: not any(UNSEEN in one for one in panel.room.verdict.sentences))
    assert UNSEEN not in " ".join(told(panel.scan.results.run[1].findings))
    origin = panel.scan.origin_of(panel.scan.layers.artery)
    assert origin is None or not origin.unseen
    if look in ("the workshop", "a row"):  # the maps stand, and are those of a seen AIF
        assert not panel.scan.results.outdated
        panel.results.save_to(tmp_path / "maps")
        desk.wait(lambda: "Saved" in panel.status.text())
        record = json.loads((tmp_path / "maps" / "record.json").read_text("utf-8"))
        assert "unseen" not in record["aif"]["origin"]


def test_without_the_tick_nothing_is_proposed(desk, scan_file):
    desk.open(scan_file)
    desk.wait(lambda: "press Propose AIF" in desk.panel.status.text())
    until_idle()
    assert desk.panel.scan.results.run is None
    assert not desk.panel.busy


def test_an_aif_that_was_proposed_by_a_press_is_none_that_nobody_looked_at(opened):
    desk = opened
    desk.press(desk.panel.form.propose)
    desk.wait(lambda: "Proposed" in desk.panel.status.text() and not desk.panel.busy)
    desk.compute()
    desk.wait(lambda: desk.map("CBF") is not None)
    assert findings(desk) == []
