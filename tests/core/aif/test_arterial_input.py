"""The arterial input is the mean of what its voxels have; gaps are named."""

import numpy as np
import pytest

from napari_dsc import DscError
from napari_dsc.core.aif import aif_from_voxels, mean_curve


def curves_without(*volumes, count=12):
    """Curves t² of two voxels; neither has a sample in `volumes`."""
    curves = np.stack([np.arange(count) ** 2.0] * 2)
    curves[:, list(volumes)] = np.nan
    return curves


VOXELS = np.array([[True, True], [False, False]])


def test_curve_is_the_mean_over_the_finite_samples():
    """A saturated sample leaves the mean; it does not spoil it. The voxels go with the curve."""
    curves = np.array([[0, 2, np.nan, 4], [0, 4, 6, 0], [3, np.inf, -np.inf, np.nan]])
    aif = aif_from_voxels(curves, VOXELS)
    np.testing.assert_allclose(aif.curve, [1, 3, 6, 2])
    assert aif.curve.dtype == np.float64
    assert aif.voxels is VOXELS
    assert aif.notices == ()


def test_a_volume_without_a_sample_has_no_mean():
    curves = np.array([[1, np.nan, np.inf], [3, np.nan, np.nan]], dtype=np.float32)
    np.testing.assert_array_equal(mean_curve(curves), [2, np.nan, np.nan])


def test_curve_of_many_float32_voxels_loses_no_digit():
    curves = np.full((200_000, 3), 0.1, dtype=np.float32)
    aif = aif_from_voxels(curves, np.ones(200_000, bool))
    np.testing.assert_allclose(aif.curve, np.float32(0.1), rtol=1e-12)


@pytest.mark.parametrize(
    ("volumes", "first", "words"),
    [
        ((5,), 26.0, "in volume 5;"),  # between 16 and 36
        ((5, 6), 27.0, "in volumes 5, 6;"),  # a third of the way from 16 to 49
        ((3, 8, 9), 10.0, "in volumes 3, 8, 9;"),
    ],
)
def test_one_or_two_volumes_in_a_row_are_interpolated_and_said(volumes, first, words):
    aif = aif_from_voxels(curves_without(*volumes), VOXELS)
    time = np.arange(12)
    kept = np.setdiff1d(time, volumes)
    np.testing.assert_allclose(aif.curve, np.interp(time, kept, kept**2.0))
    assert len(aif.notices) == 1
    assert words in aif.notices[0]
    assert "interpolated" in aif.notices[0]
    assert aif.curve[volumes[0]] == pytest.approx(first)


@pytest.mark.parametrize(
    ("volumes", "named"),
    [
        ((4, 5, 6), "volumes 4, 5, 6:"),
        ((2, 7, 8, 9), "volumes 2, 7, 8, 9:"),
        ((0,), "volumes 0:"),
        ((11,), "volumes 11:"),
        ((10, 11), "volumes 10, 11:"),
        (tuple(range(12)), "volumes 0, 1, 2, 3, 4, 5 …:"),
    ],
)
def test_a_longer_gap_or_one_at_an_end_is_refused(volumes, named):
    """The message names the volumes and the remedy."""
    with pytest.raises(DscError, match=f"got none in {named}.*edge of the vessel"):
        aif_from_voxels(curves_without(*volumes), VOXELS)


def test_no_voxel_is_refused():
    with pytest.raises(DscError, match="AIF must hold at least one voxel, got none"):
        aif_from_voxels(np.empty((0, 12)), np.zeros((2, 2), dtype=bool))
