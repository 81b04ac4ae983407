"""Tissue that does not leak is proposed by its curves, whatever leaks, is late or is fluid."""

import numpy as np
import pytest

from napari_dsc import DscError
from napari_dsc.core.leakage import Shapes, proposed_tissue

SHAPE = (24, 24, 2)


@pytest.fixture
def shapes():
    """Curves of a brain of which a quarter is something else, and where what is."""
    kind = np.zeros(SHAPE, dtype=int)
    kind[:8, :8], kind[:8, 8:16], kind[:8, 16:], kind[16:, :6] = 1, 2, 3, 4
    random = np.random.default_rng(0)
    ends = np.array([1.0, -3.0, 5.0, 1.0, 0.1])[kind] + 0.2 * random.normal(size=SHAPE)
    heights = np.array([8.0, 10.0, 10.0, 9.0, 0.8])[kind]
    peaks = np.array([30.0, 30.0, 30.0, 40.0, 31.0])[kind]
    brain = np.ones(SHAPE, dtype=bool)
    height, peak, end = (one.T[brain.T] for one in (heights, peaks, ends))
    return Shapes(height, peak, end, np.ones(brain.sum(), dtype=bool)), brain, kind


def test_what_leaks_is_late_or_is_fluid_is_none_of_it(shapes):
    known, brain, kind = shapes
    found = proposed_tissue(known, brain, slice_axis=2)
    assert found[kind == 0].mean() > 0.7
    for other, what in ((1, "T1 leakage"), (2, "T2* leakage"), (3, "late"), (4, "fluid")):
        assert not found[kind == other].any(), what


def test_what_enhances_is_left_out(shapes):
    known, brain, kind = shapes
    without = np.zeros(SHAPE, dtype=bool)
    without[10:14, 10:14] = True
    found = proposed_tissue(known, brain, slice_axis=2, without=without)
    assert not (found & without).any()
    assert found[kind == 0].mean() > 0.6


def test_curves_that_are_not_sound_tell_nothing(shapes):
    known, brain, _ = shapes
    with pytest.raises(DscError, match="at least 20 voxels, got 0 that seem to"):
        proposed_tissue(known._replace(sound=np.zeros_like(known.sound)), brain, slice_axis=2)
