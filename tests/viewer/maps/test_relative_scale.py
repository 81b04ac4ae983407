"""Where absolute values do not hold, amounts are shown relative to white matter, and it is said."""

import numpy as np
import pytest

from napari_dsc.core.phantom import Tissue
from napari_dsc.viewer.layers import to_file
from tests.viewer.review.test_verdict_bar import buttons, drawn


@pytest.fixture
def doubted(computed, patient):
    """Maps of one voxel of cortex as AIF: medians that no brain has."""
    one = np.zeros_like(patient.brain)
    one[tuple(np.argwhere(patient.tissue == Tissue.GREY)[50])] = True
    drawn(computed, one)
    computed.wait(lambda: "relative" in buttons(computed.panel.room.verdict))
    return computed


def test_fault_184_amounts_are_relative_where_they_do_not_hold(doubted, patient):
    """Window 0 to 4, one in white matter, the name says of what; data stay as computed."""
    scan = doubted.panel.scan
    maps = {one.symbol: one for one in scan.results.run[1].maps}
    for symbol in ("CBV", "CBF"):
        layer = scan.layers.maps[symbol]
        assert layer.name == f"{symbol} (× white matter)"
        assert tuple(layer.contrast_limits) == (0, 4)
        values = to_file(layer.data, scan.place)
        np.testing.assert_array_equal(values, maps[symbol].values)
        white = np.nanmedian(values[patient.tissue == Tissue.WHITE])
        assert white * layer.factor == pytest.approx(1.0, rel=0.15)
    assert scan.layers.maps["MTT"].name == "MTT (s)"


def test_the_read_out_counts_as_the_colour_bar_does(doubted):
    layer = doubted.panel.scan.layers.maps["CBV"]
    z, y, x = map(int, np.argwhere(np.isfinite(layer.data))[500])
    doubted.viewer.dims.set_current_step(1, z)
    shown = layer.get_value((z, y, x))
    assert shown == pytest.approx(layer.data[z, y, x] * layer.factor)


def test_absolute_is_one_click_away_and_back(doubted):
    """The button says what it does; the reader's choice stays for the next run."""
    scan, bar = doubted.panel.scan, doubted.panel.room.verdict
    layer = scan.layers.maps["CBV"]
    assert bar.relative.text == "Absolute values"
    doubted.press(bar.relative)
    assert (layer.name, layer.factor) == ("CBV (mL/100g)", 1)
    assert tuple(layer.contrast_limits) == (0, 8)
    assert bar.relative.text == "Relative maps"
    doubted.compute()
    doubted.wait(lambda: not doubted.panel.busy)
    assert layer.factor == 1
    doubted.press(bar.relative)
    assert layer.name == "CBV (× white matter)"


def test_fixed_windows_are_those_of_the_scale_that_is_shown(doubted):
    layer = doubted.panel.scan.layers.maps["CBF"]
    layer.contrast_limits = (0, 9)
    doubted.press(doubted.panel.room.bar.windows)
    assert tuple(layer.contrast_limits) == (0, 4)


def test_where_they_hold_again_they_are_absolute(doubted, patient):
    """And the window is the one that they had."""
    drawn(doubted, patient.artery)
    layer = doubted.panel.scan.layers.maps["CBV"]
    doubted.wait(lambda: layer.name == "CBV (mL/100g)")
    assert tuple(layer.contrast_limits) == (0, 8)
    assert "relative" not in buttons(doubted.panel.room.verdict)
