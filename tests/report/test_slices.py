"""Which slices a page shows: lesions and regions at their largest, the rest at even distances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc.report.slices import areas_in, slices_that_matter, slices_that_show

BRAIN = np.ones((30, 4, 4), np.bool_)


def areas(**voxels):
    """Voxels of one region on each of 30 slices, by "s" and the number of the slice."""
    found = np.zeros(30, np.intp)
    for at, count in voxels.items():
        found[int(at[1:])] = count
    return found


def test_without_a_lesion_they_go_through_the_brain():
    """At even distances; all of few."""
    assert slices_that_matter(BRAIN, [], 5) == (3, 9, 15, 21, 27)
    part = BRAIN.copy()
    part[:10], part[35:] = False, False
    part[12:] = False
    assert slices_that_matter(part, [], 5) == (10, 11)


def test_a_lesion_is_shown_at_its_largest_and_around_it():
    """Its ends, which hold hardly anything of it, take no slice."""
    ramp = {f"s{at}": 200 - 30 * abs(at - 12) for at in range(7, 18)}
    shown = slices_that_matter(BRAIN, [areas(**ramp, s6=1, s18=1)], 4)
    assert 12 in shown
    assert len(shown) == 4
    assert (shown[0], shown[-1]) == (8, 16)


def test_the_largest_slice_of_each_takes_the_place_of_the_nearest():
    """What matters most first; one that a slice shows as well needs none of its own."""
    first, second, same = areas(s2=9, s3=2), areas(s20=5), areas(s20=19, s21=20)
    shown = slices_that_matter(BRAIN, [first, second, same], 4)
    assert {2, 20} <= set(shown)
    assert 21 not in shown
    many = [areas(**{f"s{at}": 3}) for at in (1, 5, 6, 20, 29)]
    assert slices_that_matter(BRAIN, many, 4) == (1, 5, 6, 20)


def test_fault_486_what_lies_on_few_slices_is_shown_on_each_of_them():
    """A tumour of three slices takes three of four, not the largest alone."""
    shown = slices_that_matter(BRAIN, [areas(s10=60, s11=100, s12=70)], 4)
    assert {10, 11, 12} <= set(shown)
    assert len(shown) == 4
    assert {17, 20} <= set(slices_that_matter(BRAIN, [areas(s20=9)], 4, needed=17))


def test_a_needed_slice_is_there():
    assert 17 in slices_that_matter(BRAIN, [], 4, needed=17)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 29), st.integers(1, 16)), max_size=8), st.integers(1, 6))
def test_they_rise_and_none_comes_twice(marks, count):
    """And there are no more than were asked for."""
    shown = slices_that_matter(BRAIN, [areas(**{f"s{at}": n}) for at, n in marks], count)
    assert list(shown) == sorted(set(shown))
    assert 1 <= len(shown) <= count
    assert all(0 <= at < 30 for at in shown)
    if marks:
        assert any(at in shown for at, _ in marks)


def test_areas_are_counted():
    """By label and slice."""
    labels = np.zeros((3, 2, 2), np.int16)
    labels[0, 0], labels[1, 0, 0], labels[1, 1, 1] = 7, 7, 2
    found = areas_in(labels)
    assert {label: counts.tolist() for label, counts in found.items()} == {
        2: [0, 1, 0],
        7: [2, 1, 0],
    }


@pytest.mark.parametrize("count", [1, 8, 60])
def test_fault_250_further_slices_show_every_region(count):
    """Few of them: none of those could be left out."""
    rng = np.random.default_rng(count)
    labels = np.zeros((20, 12, 12), np.int16)
    for label in range(1, count + 1):
        at, row, column = rng.integers(0, (20, 11, 11))
        labels[at, row, column : column + 2] = label
    shown = (4, 9)
    left = slices_that_show(labels, shown)
    known = set(np.unique(labels)) - {0}
    assert set(np.unique(labels[[*shown, *left]])) - {0} == known
    assert not set(left) & set(shown)
    for one in left:
        others = [at for at in (*shown, *left) if at != one]
        assert set(np.unique(labels[others])) - {0} != known
