"""The box of a head, in the world: whichever way the file's axes run."""

from dataclasses import replace

import numpy as np
import pytest
from napari.layers import Image

from napari_dsc.viewer.contributions import scan_layer
from napari_dsc.viewer.layers import to_screen
from napari_dsc.viewer.scan.head_box import head_ends, head_of, know_head
from napari_dsc.viewer.scan.scan_layers import open_scan


@pytest.fixture
def scan(patient, request):
    signs = getattr(request, "param", (1, 1, 1))
    affine = patient.series.affine @ np.diag([*signs, 1.0])
    data, options, _ = scan_layer(replace(patient.series, affine=affine), "scan")
    return open_scan(Image(data, **options))


@pytest.mark.parametrize("scan", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, 1)], indirect=True)
def test_it_holds_every_voxel_of_the_brain_and_a_voxel_more(scan):
    brain = np.zeros(scan.shape, dtype=bool)
    brain[5:9, 7:20, 1:3] = True
    know_head(scan, brain)
    low, high = head_ends(scan, scan.layer.units)
    marked = np.argwhere(to_screen(brain, scan.place))
    places = np.array([scan.layer.data_to_world((0, *one))[-3:] for one in marked])
    size = np.abs(np.diagonal(scan.place.matrix)[:3])
    np.testing.assert_allclose(low, places.min(axis=0) - 1.5 * size)
    np.testing.assert_allclose(high, places.max(axis=0) + 1.5 * size)


def test_it_ends_where_the_volume_does(scan):
    know_head(scan, np.ones(scan.shape, dtype=bool))
    low, high = head_ends(scan, scan.layer.units)
    size = np.abs(np.diagonal(scan.place.matrix)[:3])
    np.testing.assert_allclose(high - low, size * scan.layer.data.shape[1:])


def test_without_a_brain_it_is_the_whole_volume(scan):
    assert head_of(scan) is None
    before = head_ends(scan, scan.layer.units)
    know_head(scan, np.zeros(scan.shape, dtype=bool))
    np.testing.assert_allclose(head_ends(scan, scan.layer.units), before)


def test_the_same_brain_is_the_same_head(scan, patient):
    """Whoever follows it has nothing to do."""
    know_head(scan, patient.brain)
    first = head_of(scan)
    know_head(scan, patient.brain.copy())
    assert head_of(scan) is first
    know_head(scan, np.roll(patient.brain, 2, axis=0))
    assert head_of(scan) is not first
