"""Numbers beside outlines, seen by their pixels: each region can be told from the others."""

from itertools import pairwise

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication

from napari_dsc.viewer.overlays.stroke_font import STROKES, strokes
from tests.viewer.desk import resize
from tests.viewer.overlays.test_mask_outlines import (
    BLUE,
    MADE,
    add_scan,
    box,
    make_marks,
    marked,
    picture,
    settled,
)

VOXEL = (1, 5, 6)


@pytest.fixture
def viewer(viewer):
    """A window on screen."""
    resize(viewer.window, 1000, 800)
    QApplication.processEvents()
    yield viewer
    while MADE:
        MADE.pop().clear()


def added(viewer, marks, scan, number) -> np.ndarray:
    """Pixels that a number changes beside the outline of a voxel."""
    marks.show("region", marked(VOXEL), scan, BLUE)
    before = picture(viewer)
    marks.show("region", marked(VOXEL), scan, BLUE, number=number)
    return (picture(viewer) != before).any(axis=-1)


def cut(changed) -> np.ndarray:
    """The number alone."""
    rows, columns = np.nonzero(changed)
    return changed[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


@pytest.mark.parametrize("looked", [("down", "right"), ("down", "left"), ("up", "right")])
def test_a_number_stands_above_its_region_and_upright(viewer, looked):
    """From whatever side one looks, and as on an axis that runs the other way."""
    scan, marks = add_scan(viewer, signs=(1, 1, -1)), make_marks(viewer)
    settled(viewer)
    upright = cut(added(viewer, marks, scan, "7"))
    viewer.scene.camera.orientation2d = looked
    settled(viewer)
    changed = added(viewer, marks, scan, "7")
    rows, columns = np.nonzero(changed)
    assert rows.size
    middle = (np.array(picture(viewer).shape[:2]) - 1) / 2
    flips = np.array([1 if looked[0] == "down" else -1, 1 if looked[1] == "right" else -1])
    ends = np.array(box(viewer, picture(viewer), scan, scan, VOXEL))
    ends = middle + flips * (ends - middle)
    top, right = ends[:, 0].min(), ends[:, 1].max()
    assert rows.max() < top + 3
    assert rows.max() > top - 20
    assert columns.min() > ends[:, 1].min()
    assert columns.max() < right + 3
    seen = cut(changed)
    assert np.abs(np.array(seen.shape) - upright.shape).max() <= 2
    smallest = np.minimum(seen.shape, upright.shape)
    same = seen[: smallest[0], : smallest[1]] == upright[: smallest[0], : smallest[1]]
    assert same.mean() > 0.85
    assert seen[: seen.shape[0] // 3].mean() > 1.3 * seen[-(seen.shape[0] // 3) :].mean()


def test_it_stands_only_on_the_slices_of_its_region_and_in_every_cell(viewer):
    scan, marks = add_scan(viewer), make_marks(viewer)
    settled(viewer)
    viewer.dims.set_point(1, scan.data_to_world((0, 2, 0, 0))[1])
    assert not added(viewer, marks, scan, "12").any()
    viewer.dims.set_point(1, scan.data_to_world((0, 1, 0, 0))[1])
    one = added(viewer, marks, scan, "12")
    assert one.any()
    viewer.add_image(np.zeros(scan.data.shape[1:]), scale=scan.scale[1:], units=scan.units[1:])
    viewer.canvas.grid.enabled = True
    settled(viewer)
    two = added(viewer, marks, scan, "12")
    half = two.shape[1] // 2
    assert two[:, :half].any()
    assert two[:, half:].any()


def test_no_number_stands_on_another(viewer):
    """Of regions that reach as high and as far: the second goes above the first."""
    scan, marks = add_scan(viewer), make_marks(viewer)
    settled(viewer)
    shots = []
    for numbers in (("", ""), ("1", ""), ("1", "2")):
        for at, number in enumerate(numbers):
            marks.show(f"region {at}", marked(VOXEL), scan, BLUE, number=number)
        shots.append(picture(viewer))
    first, second = ((one != other).any(axis=-1) for one, other in pairwise(shots))
    assert first.any()
    assert second.any()
    assert not (first & second).any()
    assert np.nonzero(second)[0].max() < np.nonzero(first)[0].min() + 3


@pytest.mark.parametrize("alphabet", ["0123456789", "RLAPSI?"])
def test_no_two_characters_are_alike(alphabet):
    """Of numbers, and of letters."""
    drawn = {
        frozenset(tuple(sorted(map(tuple, line))) for line in strokes(one).tolist())
        for one in alphabet
    }
    assert len(drawn) == len(alphabet)
    assert set(alphabet) <= set(STROKES)
    assert strokes("10")[:, :, 0].min() == 0
    assert strokes("10")[:, :, 0].max() == 1
