"""Tables of colours: the uniform ones rise evenly in lightness."""

import numpy as np
import pytest

from napari_dsc.core.colours import COLOURS, coloured


@pytest.mark.parametrize("name", ["dsc-inferno", "dsc-viridis"])
def test_uniform_colours_rise_in_lightness(name):
    """Lightness (CIE L*) never falls: the order can be read without seeing colour."""
    linear = (COLOURS[name] / 255) ** 2.2
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    lightness = 116 * np.cbrt(luminance) - 16
    steps = np.diff(lightness)
    assert (steps > 0).all()
    assert steps.max() < 2.5 * np.median(steps)


@pytest.mark.parametrize("name", COLOURS)
def test_ends_hold_beyond_the_window(name):
    np.testing.assert_array_equal(coloured(np.array([-1.0, 0.0]), name), COLOURS[name][[0, 0]])
    np.testing.assert_array_equal(coloured(np.array([1.0, 9.0]), name), COLOURS[name][[-1, -1]])
    assert (coloured(np.array([np.nan]), name) == 0).all()
