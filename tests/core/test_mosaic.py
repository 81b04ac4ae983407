"""Many planes in one picture: each voxel is where the mosaic says, and nothing is cut off."""

from itertools import product

import numpy as np
import pytest

from napari_dsc import DscError
from napari_dsc.core.mosaic import Box, box_of, even_slices, mosaic, slices_through


@pytest.fixture
def volume(rng):
    """Colours of 7 planes of 9 × 6 voxels, no two alike."""
    return rng.permutation(7 * 9 * 6 * 3).reshape(7, 9, 6, 3).astype(np.uint8)


@pytest.fixture
def rng():
    """Chance that is the same each time."""
    return np.random.default_rng(1)


@pytest.mark.parametrize("gap", [0, 3])
@pytest.mark.parametrize("room", [(1, 1), (1, 9), (9, 1)])
def test_each_pixel_shows_the_voxel_that_it_says(volume, room, gap):
    """Every pixel of the picture, looked up again in the volume; gaps are black."""
    box = Box(1, 8, 2, 6)
    laid = mosaic(7, box, room, gap=gap)
    made = laid.picture(volume)
    assert made.shape == (*laid.shape, 3)
    seen = set()
    for row, column in product(*map(range, laid.shape)):
        known = laid.at(row + 0.5, column + 0.5)
        if known is None or known[0] >= 7:
            assert not made[row, column].any()
        else:
            assert (made[row, column] == volume[known]).all()
            seen.add(known)
    assert len(seen) == 7 * 7 * 4


def test_outside_there_is_nothing():
    """Beside and below the last tile."""
    laid = mosaic(4, Box(0, 5, 0, 5), (1, 1), gap=2)
    height, width = laid.shape
    for place in ((-1, 1), (1, -1), (height, 1), (1, width), (5.5, 1), (1, 6.9)):
        assert laid.at(*place) is None


@pytest.mark.parametrize("count", range(1, 41))
@pytest.mark.parametrize("room", [(600, 1000), (700, 700), (1000, 400), (10, 2000)])
def test_no_other_layout_shows_larger_tiles(count, room):
    """Every number of columns, tried."""
    box = Box(0, 90, 0, 70)

    def size(columns):
        rows = -(-count // columns)
        return min(room[0] / (rows * 92), room[1] / (columns * 72))

    laid = mosaic(count, box, room, gap=2)
    assert laid.columns * laid.rows >= count > laid.columns * (laid.rows - 1)
    assert size(laid.columns) == max(size(columns) for columns in range(1, count + 1))


def test_the_box_holds_all_that_is_marked(rng):
    """One box for all planes, with a voxel to spare where there is one."""
    mask = rng.random((5, 12, 12)) > 0.99
    mask[2, 4, 3] = mask[3, 9, 11] = True
    box = box_of(mask)
    assert sum(box.of(plane).sum() for plane in mask) == mask.sum()
    rows, columns = np.nonzero(mask.any(axis=0))
    assert (box.top, box.bottom) == (max(0, rows.min() - 1), min(12, rows.max() + 2))
    assert (box.left, box.right) == (max(0, columns.min() - 1), 12)
    assert box_of(np.zeros((2, 3, 4), dtype=bool)) == Box(0, 3, 0, 4)


@pytest.mark.parametrize("count", range(1, 12))
@pytest.mark.parametrize(("first", "last"), [(0, 9), (3, 3), (2, 8)])
def test_slices_go_evenly_through_what_is_marked(count, first, last):
    """As many as wanted or as there are; distances differ by one at most; both ends are near."""
    mask = np.zeros((10, 2, 2), dtype=bool)
    mask[[first, last], 1, 1] = True
    found = even_slices(mask, count)
    extent = last - first + 1
    assert len(found) == min(count, extent)
    steps = np.diff([first - 1 - extent / len(found) / 2, *found])[1:]
    assert first <= found[0]
    assert found[-1] <= last
    assert not steps.size or steps.max() - steps.min() <= 1
    assert found[0] - first <= extent / len(found)
    assert last - found[-1] <= extent / len(found)


def test_without_a_mark_slices_go_through_everything():
    """An empty mask counts as the whole volume."""
    assert even_slices(np.zeros((9, 2, 2), dtype=bool), 3) == (1, 4, 7)


@pytest.mark.parametrize("count", [0, -1, 1.5, "two", None])
def test_a_count_that_is_none_is_refused(count):
    """In one line."""
    with pytest.raises(DscError, match="count must be a whole number of at least 1"):
        mosaic(count, Box(0, 1, 0, 1), (1, 1))
    with pytest.raises(DscError, match="count must be a whole number of at least 1"):
        even_slices(np.ones((1, 1, 1), dtype=bool), count)


@pytest.mark.parametrize("count", [1, 3, 5, 40])
def test_the_fullest_slice_is_among_those_through_a_lesion(rng, count):
    """As many as without it, rising, none twice; another slice in its place, if that is wanted."""
    mask = np.zeros((20, 12, 12), dtype=bool)
    for at in range(3, 17):
        mask[at].flat[: int(rng.integers(1, 100))] = True
    fullest = int(np.argmax(mask.sum(axis=(1, 2))))
    for kept, wanted in ((None, fullest), (5, 5), (19, 19)):
        found = slices_through(mask, count, kept)
        assert wanted in found
        assert list(found) == sorted(set(found))
        assert len(found) - len(even_slices(mask, count)) in ((0, 1) if kept == 19 else (0,))


def test_where_nothing_is_marked_slices_are_even():
    empty = np.zeros((10, 4, 4), dtype=bool)
    assert slices_through(empty, 5) == even_slices(empty, 5)
