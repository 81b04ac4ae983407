"""Tables of colours: the uniform ones rise evenly in lightness."""

import numpy as np
import pytest

from napari_dsc.core.colours import COLOURS, coloured
from napari_dsc.core.quantities import CBF, CLINICAL, QUANTITIES, SAFE

# Machado GM, Oliveira MM, Fernandes LAF (2009): linear red, green and blue as a dichromat sees
# them. IEEE Trans Vis Comput Graph 15, 1291.
SEEN = {
    "everybody": np.eye(3),
    "no red": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no green": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no blue": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def nearest(table, seen) -> float:
    """Smallest difference (CIE 1976) of two colours a quarter of the window apart, or more."""
    linear = np.clip((COLOURS[table] / 255) ** 2.2 @ np.transpose(seen), 0, 1)
    x, y, z = np.cbrt(linear @ TO_XYZ.T / TO_XYZ.sum(axis=1)).T
    lab = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
    apart = len(lab) // 4
    return min(
        float(np.linalg.norm(lab[one] - lab[other]))
        for one in range(len(lab))
        for other in range(one + apart, len(lab))
    )


@pytest.mark.parametrize("seen", SEEN)
def test_safe_colours_are_told_apart_by_every_eye(seen):
    """What lies a quarter of the window apart differs plainly: 15 is six times what is seen."""
    tables = {quantity.colours[SAFE] for quantity in QUANTITIES.values()}
    assert all(nearest(table, SEEN[seen]) > 15 for table in tables)


def test_the_clinical_colours_are_not_for_every_eye():
    """Why there are others: some of the rainbow's look alike where a receptor is missing."""
    assert min(nearest(CBF.colours[CLINICAL], seen) for seen in SEEN.values()) < 15


@pytest.mark.parametrize("name", ["dsc-inferno", "dsc-viridis", "dsc-cividis"])
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
