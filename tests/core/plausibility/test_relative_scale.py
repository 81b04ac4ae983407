"""What amounts are relative to where absolute values do not hold."""

import numpy as np
import pytest

from napari_dsc import phantom
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.plausibility import Finding, does_not_hold, factors_over, normal_region
from napari_dsc.core.progress import finished


@pytest.fixture(scope="module")
def analysis():
    patient = phantom((32, 32, 4), seed=1)
    return patient, finished(stages(patient.series, patient.artery, patient.brain, Settings()))


@pytest.mark.parametrize(
    ("key", "level", "expected"),
    [
        ("cbv", "doubtful", True),
        ("cbf", "doubtful", True),
        ("cbv", "note", False),
        ("mtt", "doubtful", False),
        ("aif", "doubtful", False),
    ],
)
def test_heights_that_no_brain_has_do_not_hold(key, level, expected):
    assert does_not_hold([Finding(key=key, level=level, words="")]) == expected


def test_what_is_normal_has_a_mean_of_one(analysis):
    """White matter, and only CBV and CBF."""
    patient, made = analysis
    region = normal_region(made.maps, made.brain, made.maps.cbv.affine)
    assert region is not None
    assert (patient.tissue[region] == Tissue.WHITE).mean() > 0.9
    factors = factors_over(made.maps, region)
    assert set(factors) == {"CBV", "CBF"}
    for one in (made.maps.cbv, made.maps.cbf):
        values = one.values[region & one.quality_mask]
        mean = values[np.isfinite(values)].astype(float).mean()
        assert factors[one.symbol] * mean == pytest.approx(1, rel=1e-5)


def test_nothing_is_normal_where_nobody_knows_the_sides(analysis):
    _, made = analysis
    assert normal_region(made.maps, made.brain, None) is None


def test_a_mean_that_is_not_positive_is_no_scale(analysis):
    _, made = analysis
    assert factors_over(made.maps, np.zeros(made.brain.shape, np.bool_)) == {}
