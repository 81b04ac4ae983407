"""Filters matched to an artery, held against a convolution on a fine grid."""

import numpy as np
import pytest

from napari_dsc.core.maps.bolus_filters import LATEST, TRANSIT_TIMES, bolus_filter

FINE = 0.005  # s


def artery(time):
    """A bolus, and a tail that the scan ends in the middle of."""
    since = np.maximum(time - 18, 0)
    return 90 * (since / 5.2) ** 2.6 * np.exp(2.6 - since / 2) + 12 * (1 - np.exp(-since / 9))


def share(curve, rows):
    """Largest share of a curve's energy about its mean that one of the rows explains."""
    centred = curve - curve.mean()
    return float((rows @ centred / np.linalg.norm(centred)).max() ** 2)


@pytest.mark.parametrize("step", [0.5, 1.5, 2.2])
@pytest.mark.parametrize("lag", [-2.0, -0.5, 1.0, 10.0])
@pytest.mark.parametrize("transit", TRANSIT_TIMES)
def test_a_bolus_of_the_artery_is_found_whole(transit, lag, step):
    """Earlier or later than the artery; beyond the scan's end an earlier one goes on as it was."""
    time = np.arange(0, 75, step)
    fine = np.arange(0, 75, FINE)
    held = np.interp(fine + max(-lag, 0), time, artery(time))  # straight between its samples
    passed = FINE / transit * np.convolve(held, np.exp(-fine / transit))[: fine.size]
    curve = np.interp(time - max(lag, 0), fine, passed, left=0)
    filters = bolus_filter(artery(time), step)
    assert (
        share(curve, filters.rows[: filters.boluses]) > 0.998
    )  # straight lines between samples of 2.2 s


def test_what_the_artery_never_does_is_not_found():
    """A bolus that comes later than is searched for, and a step, are none of its boluses."""
    time = np.arange(0, 90, 1.5)
    filters = bolus_filter(artery(time), 1.5)
    for curve in (artery(time - LATEST - 20), (time > 60).astype(float)):
        assert share(curve, filters.rows[: filters.boluses]) < 0.1
