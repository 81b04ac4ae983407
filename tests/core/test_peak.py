"""What is read between the samples: closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc.core.peak import Peak, leading_edge, parabolic_peak

K = np.arange(12.0)


@given(top=st.floats(1, 10), height=st.floats(0.1, 100), bend=st.floats(1e-3, 10))
@settings(derandomize=True, deadline=None, max_examples=25)
def test_a_parabola_is_found_exactly(top, height, bend):
    peak = parabolic_peak((height - bend * (K - top) ** 2)[None], slice(0, 12))
    assert peak.position[0] == pytest.approx(top, abs=1e-6)
    assert peak.height[0] == pytest.approx(height, rel=1e-9)
    assert peak.sample[0] == np.abs(K - top).argmin()


@pytest.mark.parametrize(("search", "at"), [((0, 12), 9), ((0, 8), 4), ((2, 4), 3), ((5, 9), 5)])
def test_only_the_search_is_searched(search, at):
    """At an edge of it there is no parabola: the sample is the peak."""
    values = np.array([[9, 0, 1, 2, 5, 3, 1, 0, 1, 9, 4, 1.0]])
    values[0, 0] = 0
    peak = parabolic_peak(values, slice(*search))
    assert peak.sample.tolist() == [at]
    if at in (search[0], search[1] - 1):
        assert peak.position.tolist() == [at]
        assert peak.height.tolist() == [values[0, at]]
    else:
        assert peak.height[0] > values[0, at]


def test_rows_do_not_know_each_other():
    rows = np.array([[0, 1, 0, 0.0], [0, 0, 3, 1], [5, 0, 0, 0], [0, 0, 0, 7], [2, 2, 2, 2]])
    together = parabolic_peak(rows, slice(0, 4))
    for i, row in enumerate(rows):
        alone = parabolic_peak(row[None], slice(0, 4))
        assert together.height[i] == alone.height[0]
        assert together.position[i] == alone.position[0]
    assert together.position[[2, 3, 4]].tolist() == [0, 3, 0]
    assert together.height[[2, 3, 4]].tolist() == [5, 7, 2]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype):
    values = np.array([[0, 2, 3, 1, 0]], dtype=dtype)
    peak = parabolic_peak(values, slice(0, 5))
    assert peak.height.dtype == dtype
    assert leading_edge(values, peak).dtype == dtype


@given(start=st.floats(0.5, 5), width=st.floats(1.5, 4))
@settings(derandomize=True, deadline=None, max_examples=25)
def test_a_ramp_is_crossed_at_its_half(start, width):
    """A straight rise reaches half of its top half-way, on the chord between two samples."""
    values = np.clip((K - start) / width, 0, 1)
    top = values.argmax()
    peak = Peak(height=np.ones(1), position=np.full(1, float(top)), sample=np.full(1, top))
    edge = leading_edge(values[None], peak)
    assert edge[0] == pytest.approx(np.interp(0.5, values[: top + 1], K[: top + 1]), abs=1e-9)
    assert abs(edge[0] - start - width / 2) < 0.2


def test_the_last_rise_before_the_peak_counts():
    """Walking back from the peak, an earlier bump is never reached."""
    values = np.array([[0, 3, 0, 0, 1, 4, 2, 0.0]])
    assert 4 < leading_edge(values, parabolic_peak(values, slice(0, 8)))[0] < 5


def test_half_of_the_parabola_not_of_the_sample():
    values = np.array([[0.0, 4.0, 4.0, 0.0]])
    peak = parabolic_peak(values, slice(0, 4))
    assert peak.height[0] == pytest.approx(4.5)
    assert leading_edge(values, peak)[0] == pytest.approx(2.25 / 4)


@pytest.mark.parametrize("row", [[3, 3, 4, 3.0], [5, 1, 0, 0.0], [-3, -2, -1, -2.0], [0, 0, 0, 0]])
def test_without_a_rise_through_half_there_is_no_edge(row):
    values = np.array([row, [0, 0, 4, 0.0]])
    edge = leading_edge(values, parabolic_peak(values, slice(0, 4)))
    assert np.isnan(edge[0])
    assert edge[1] == pytest.approx(1.5)
