"""Stroke or tumour: one switch sets order, look and rows, and changes no number."""

import numpy as np
import pytest

from napari_dsc.core.reading_orders import READINGS
from napari_dsc.viewer.maps.view_modes import SCAN


def order(desk) -> list[str]:
    """Maps as they lie in the list of layers, and so in the grid."""
    symbols = {id(one): symbol for symbol, one in desk.panel.scan.layers.maps.items()}
    return [symbols[id(one)] for one in desk.viewer.layers if id(one) in symbols]


def pictures(desk) -> list[str]:
    """Maps that the bar lists."""
    return [one for one in desk.panel.room.bar.map.choices if one in desk.panel.scan.layers.maps]


@pytest.fixture
def read(computed):
    """Read for a stroke at the beginning, and again at the end."""
    yield computed
    computed.panel.room.read_for("Stroke")


def test_a_stroke_is_read_from_tmax(read):
    """In the grid, in the list, and in turn."""
    desk = read
    expected = list(READINGS["stroke"].ordered(desk.panel.scan.layers.maps))
    assert expected[:4] == ["Tmax", "CBF", "CBV", "MTT"]
    assert order(desk) == pictures(desk) == expected
    room = desk.panel.room
    room.show("single")
    assert room.views.symbol == "Tmax"
    room.turn(1)
    assert room.views.symbol == "CBF"


def test_fault_266_the_switch_sets_order_and_look_and_changes_no_number(read):
    desk, room, scan = read, read.panel.room, read.panel.scan
    run = scan.results.run
    before = {symbol: np.array(one.data) for symbol, one in scan.layers.maps.items()}
    room.bar.reading.value = "Tumour"
    expected = list(READINGS["tumour"].ordered(scan.layers.maps))
    assert order(desk) == pictures(desk) == expected
    assert expected[0] == room.views.symbol == "CBV"
    assert not desk.map("Tmax").stepped
    assert room.bar.steps.value is False
    assert desk.panel.form.reading.value == "Tumour"
    assert scan.results.run is run
    assert scan.results.outdated is False
    for symbol, values in before.items():
        np.testing.assert_array_equal(scan.layers.maps[symbol].data, values)
    desk.panel.form.reading.value = "Stroke"
    assert room.bar.reading.value == "Stroke"
    assert desk.map("Tmax").stepped
    assert order(desk)[0] == "Tmax"


def test_a_tumour_is_led_to_its_relative_volume(read):
    """One button proposes the reference and makes the maps; rCBV is then the first."""
    desk, room, scan = read, read.panel.room, read.panel.scan
    room.bar.reading.value = "Tumour"
    assert "no region of normal white matter" in room.lead.label.text()
    assert not room.lead.look.visible
    desk.press(room.lead.relative)
    assert {"rCBV", "rCBF"} <= set(scan.layers.maps)
    assert order(desk)[:2] == ["rCBV", "rCBF"]
    assert room.views.symbol == "rCBV"
    assert room.lead.label.text() == ("rCBV and rCBF: over their means in Reference (proposed).")
    assert not room.lead.relative.visible
    room.show("rows")
    assert tuple(scan.layers.shown_rows) == ("rCBV", "rCBF", "MTT")


def test_every_scan_is_read_for_its_own(read, patient, tmp_path):
    from napari_dsc.io.nifti import write_series

    desk, room = read, read.panel.room
    first = desk.panel.scan
    room.bar.reading.value = "Tumour"
    write_series(tmp_path / "second.nii.gz", patient.series)
    desk.open(tmp_path / "second.nii.gz")
    assert room.bar.reading.value == desk.panel.form.reading.value == "Stroke"
    desk.panel.form.series.value = first.layer
    assert room.bar.reading.value == desk.panel.form.reading.value == "Tumour"
    assert SCAN in room.views.pictures(first)
