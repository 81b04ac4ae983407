"""The figures of `make proposals` are what they say."""

import numpy as np
import pytest

from benchmarks import proposals
from napari_dsc import phantom
from napari_dsc.core.phantom import GREY_SIGNAL, Tissue, midline_of
from napari_dsc.core.regions import Midline, beyond

SHAPE = 64, 64, 20


@pytest.fixture(scope="module")
def patient():
    return phantom(SHAPE, 40, np.inf, 4, anatomy="realistic", lesion="none")


def test_the_true_midline_parts_the_head(patient):
    """Left and right arteries, and as much brain on either side."""
    point, normal = midline_of(SHAPE, 4)
    right = beyond(SHAPE, patient.series.affine, Midline(point=point, normal=normal))
    x = np.arange(64)[:, None, None]
    assert x[:, 0, 0] @ right.any(axis=(1, 2)) < x[:, 0, 0] @ (~right).any(axis=(1, 2))
    assert (patient.brain & right).sum() == pytest.approx(patient.brain.sum() / 2, rel=0.03)


def test_the_distance_of_a_midline_is_in_mm(patient):
    """0 for the true one, whichever way it points, and what it was shifted by."""
    point, normal = midline_of(SHAPE, 4)
    shifted = tuple(np.add(point, np.multiply(3, normal)))
    turned = tuple(np.negative(normal))
    affine = np.asarray(patient.series.affine)
    for one, way, expected in ((point, normal, 0), (point, turned, 0), (shifted, normal, 3)):
        off = proposals.apart(patient.brain, affine, 4, one, way)
        assert off == pytest.approx(expected, abs=1e-6)


def test_noise_is_that_of_the_ratio(patient):
    noisy = proposals.with_noise(patient, 50, 0).series.signal[patient.tissue == Tissue.GREY]
    deviation = np.asarray(noisy)[:, 2:12].std(axis=1, ddof=1, dtype=float)
    assert GREY_SIGNAL / np.sqrt(np.mean(deviation**2)) == pytest.approx(50, rel=0.03)


def test_a_line_has_means_worst_values_and_what_is_missing():
    nan = float("nan")
    row = proposals.Row(12, 0, 0.1, 0.9, 1, 0.7, 0.98, 0.2, nan, nan, nan)
    other = proposals.Row(10, 1, 0.3, 0.7, 1, 0.7, 0.96, 0.4, 0.8, 0.0, 1.0)
    head, line = proposals.table([(50, 1.5, 0, row), (50, 1.5, 1, other)])
    assert head.split()[:3] == ["SNR", "TR", "s"]
    assert line.split()[:2] == ["50", "1.5"]
    for words in ("0.50 (1.00)", "0.20 (0.30)", "0.80 (0.70)", "0.97 (0.96)", "0.80 (0.80) -1"):
        assert words in line
