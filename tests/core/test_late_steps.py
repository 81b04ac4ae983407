"""Tmax in steps: the limits of the volumes, in colours that every eye tells apart."""

import numpy as np
import pytest

from napari_dsc.core.late_steps import (
    BRIGHTEST,
    STEP_COLOURS,
    STEP_WINDOW,
    drawn_in_steps,
    in_steps,
    steps_of,
)
from napari_dsc.core.regions import ABOVE
from tests.core.test_colours import SEEN, TO_XYZ


def lab(colours, seen):
    """CIE 1976 colours as an eye sees them."""
    linear = np.clip((np.asarray(colours) / 255) ** 2.2 @ np.transpose(seen), 0, 1)
    x, y, z = np.cbrt(linear @ TO_XYZ.T / TO_XYZ.sum(axis=1)).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@pytest.mark.parametrize("seen", SEEN)
def test_fault_260_every_step_is_told_apart_by_every_eye(seen):
    """From the other steps, and from every grey of the scan below them."""
    steps = lab(list(STEP_COLOURS.values()), SEEN[seen])
    greys = lab([[level] * 3 for level in np.linspace(0, BRIGHTEST * 255, 40)], SEEN[seen])
    for at, one in enumerate(steps):
        for other in (*steps[at + 1 :], *greys):
            assert np.linalg.norm(one - other) > 20


def test_fault_260_a_step_begins_where_a_volume_does():
    """A voxel that just reaches a limit is below it, as `late_tissue` counts."""
    assert tuple(STEP_COLOURS) == ABOVE
    for at, limit in enumerate(ABOVE):
        around = np.array([np.nextafter(limit, 0), limit, np.nextafter(limit, 99)])
        assert steps_of(around).tolist() == [at, at, at + 1]


def test_what_is_drawn_are_the_middles_of_the_steps():
    """One number for each step, within the window; each has the colour that it stands for."""
    tmax = np.array([[4.5, 5.9, 6.1], [8.0, 9.9, 300.0]])
    drawn = drawn_in_steps(tmax, None)
    assert drawn.tolist() == [[5, 5, 7], [7, 9, 11]]
    assert STEP_WINDOW == (2, 12)
    found = {
        float(one): tuple(colour)
        for one, colour in zip(drawn.ravel(), in_steps(tmax).reshape(-1, 3).tolist(), strict=True)
    }
    assert found == dict(zip((5.0, 7.0, 9.0, 11.0), STEP_COLOURS.values(), strict=True))


def test_the_scan_is_grey_below_the_first_step():
    """At any level, also where there is no answer; without a scan nothing is drawn."""
    grey = np.arange(256, dtype=np.uint8)
    for tmax in (np.full(256, 4.0), np.full(256, np.nan)):
        drawn = drawn_in_steps(tmax, grey)
        assert (np.diff(drawn) > 0).all()
        assert STEP_WINDOW[0] == drawn.min() < drawn.max() < ABOVE[0]
        colours = in_steps(tmax, grey).astype(int)
        assert (colours == colours[:, :1]).all()
        assert colours.max() == round(BRIGHTEST * 255)
        assert np.isnan(drawn_in_steps(tmax, None)).all()
        assert not in_steps(tmax).any()
