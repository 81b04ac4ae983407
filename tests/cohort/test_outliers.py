"""What is unlike the others, whatever a few of them are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dsc.cohort.outliers import FEWEST, LIMIT, outliers_in, robust_z

numbers = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=FEWEST, max_size=40)


@given(values=numbers, scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
def test_it_hangs_on_no_unit(values, scale, shift):
    """Scaled and shifted numbers are as far apart."""
    one = robust_z(np.array(values))
    other = robust_z(np.array(values) * scale + shift)
    assert np.allclose(one, other, rtol=1e-3, atol=1e-3)


def test_of_a_normal_distribution_it_is_z():
    values = np.random.default_rng(1).normal(10, 3, 20001)
    assert robust_z(values) == pytest.approx((values - 10) / 3, abs=0.15)


def test_a_few_wild_ones_hide_no_other():
    """A mean and its standard deviation would."""
    values = np.array([*np.linspace(9, 11, 15), 30, 30, 200])
    assert list(np.flatnonzero(np.abs(robust_z(values)) > LIMIT)) == [15, 16, 17]


def test_among_equal_numbers_another_one_is_seen():
    values = np.array([5.0] * 30 + [7.0])
    assert abs(robust_z(values)[-1]) > LIMIT
    assert (robust_z(values)[:-1] == 0).all()
    assert (robust_z(np.full(9, 4.0)) == 0).all()


def test_of_few_nobody_knows_and_none_is_none():
    assert np.isnan(robust_z(np.array([1.0, 1, 1, 99]))).all()
    found = robust_z(np.array([1.0, 2, 3, 4, 5, np.nan]))
    assert np.isnan(found[-1])
    assert np.isfinite(found[:-1]).all()


def test_each_is_told_in_a_sentence_the_farthest_first():
    known = {f"sub-{n:02}": {"CBF": 24 + 0.1 * n, "MTT": 5 + 0.1 * n} for n in range(10)}
    known["sub-09"] = {"CBF": 60.0, "MTT": 9.0}
    known["sub-10"] = {"CBF": 24.4}
    found = outliers_in(known, {"CBF": "mL/100g/min", "MTT": "s"})
    assert list(found) == ["sub-09"]
    assert [one.name for one in found["sub-09"]] == ["CBF", "MTT"]
    words = found["sub-09"][0].words
    assert words.startswith(
        "CBF 60 mL/100g/min is unlike the other scans' (median 24.4, robust z +"
    )
