"""Curves of every voxel of regions as a table."""

import csv
import io

import numpy as np
import pytest

from napari_dsc.core.errors import DscError
from napari_dsc.core.mask_rows import curves_of
from napari_dsc.core.regions import curve_table

SHAPE = (4, 3, 2)
TIME = np.array([0.0, 1.5, 3.0])


def scene():
    """Curves that tell their voxel, a brain with a hole, and two regions."""
    index = np.moveaxis(np.indices(SHAPE), 0, -1)
    volume = (100 * index[..., 0] + 10 * index[..., 1] + index[..., 2])[..., None] + TIME / 10
    brain = np.ones(SHAPE, bool)
    brain[0] = False
    labels = np.zeros(SHAPE, int)
    labels[:2, 0, :], labels[3, 2, 1] = 7, 2
    return curves_of(volume, brain), brain, labels


def test_each_row_is_the_curve_of_its_own_voxel():
    """Region by region, voxels outside the brain left out."""
    curves, brain, labels = scene()
    accepted = brain.copy()
    accepted[1, 0, 1] = False
    text = curve_table(curves, TIME, brain, labels, {7: "Rim, left"}, accepted)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["region"] for row in rows] == ["2", "7", "7"]
    assert [row["name"] for row in rows] == ["Region 2", "Rim, left", "Rim, left"]
    for row in rows:
        i, j, k = (int(row[one]) for one in "ijk")
        assert labels[i, j, k] == int(row["region"])
        assert float(row["0 s (1/s)"]) == 100 * i + 10 * j + k
        assert float(row["3 s (1/s)"]) == pytest.approx(100 * i + 10 * j + k + 0.3)
        assert row["accepted"] == str(int(accepted[i, j, k]))


def test_a_sample_that_nobody_knows_is_empty():
    curves, brain, labels = scene()
    curves = curves.copy()
    curves[:, 1] = np.nan
    rows = list(csv.DictReader(io.StringIO(curve_table(curves, TIME, brain, labels, {}, brain))))
    assert {row["1.5 s (1/s)"] for row in rows} == {""}


def test_regions_outside_the_brain_have_no_curve():
    curves, brain, _ = scene()
    labels = np.zeros(SHAPE, int)
    labels[0] = 1
    with pytest.raises(DscError, match="must hold a voxel of the brain"):
        curve_table(curves, TIME, brain, labels, {}, brain)
