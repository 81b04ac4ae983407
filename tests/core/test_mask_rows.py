"""Between a volume and rows of voxels nothing changes its place."""

import numpy as np
import pytest

from napari_dsc.core.mask_rows import curves_of, lay_out, places_of, values_at

SHAPES = [(), (7,), (3, 4), (3, 4, 5), (2, 3, 2, 4)]


def place(shape, order="C"):
    """A series whose samples say where they are, and a mask."""
    random = np.random.default_rng(0)
    signal = np.asarray(random.normal(size=(*shape, 6)), order=order)
    return signal, np.asarray(random.random(shape) < 0.6) | (np.prod(shape) < 2)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_there_and_back(shape, order):
    """Rows laid out are the volume, and the same rows whatever the memory order."""
    signal, voxels = place(shape, order)
    curves = curves_of(signal, voxels)
    assert curves.shape == (voxels.sum(), 6)
    np.testing.assert_array_equal(curves, curves_of(place(shape)[0], voxels))
    for k in range(6):
        np.testing.assert_array_equal(curves[:, k], values_at(signal[..., k], voxels))
        volume = lay_out(curves[:, k], voxels, np.nan)
        np.testing.assert_array_equal(volume, np.where(voxels, signal[..., k], np.nan))


def test_a_slice_is_a_run_of_rows():
    """The last axis of space is the slowest."""
    slices = np.broadcast_to(np.arange(5), (3, 4, 5))
    rows = values_at(slices, np.ones((3, 4, 5), dtype=bool))
    assert (np.diff(rows) >= 0).all()


@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_are_a_copy_in_the_same_type(order):
    signal = np.ones((3, 4, 5), dtype=np.int16, order=order)
    curves = curves_of(signal, np.ones((3, 4), dtype=bool))
    assert curves.dtype == np.int16
    curves[:] = 0
    assert (signal == 1).all()


@pytest.mark.parametrize("shape", SHAPES[1:])
@pytest.mark.parametrize("order", ["C", "F", "neither"])
def test_places_are_those_of_every_marked_voxel(shape, order):
    mask = np.asarray(place(shape)[1], order=order if order in "CF" else "C")
    mask = np.moveaxis(mask, 0, -1) if order == "neither" and len(shape) > 2 else mask
    taken = np.zeros(mask.shape, int)
    taken[places_of(mask)] += 1
    np.testing.assert_array_equal(taken, mask)
    np.testing.assert_array_equal(mask[places_of(mask)].shape, (mask.sum(),))
    np.testing.assert_array_equal(places_of(np.zeros_like(mask))[:1], [[]])
