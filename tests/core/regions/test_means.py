"""What a reader measures in maps, counted by hand."""

import numpy as np
import pytest

from napari_dsc import DscError, DSCPerfusionMaps, ParameterMap
from napari_dsc.core.regions import means_in, tmax_volume, voxel_volume

AFFINE = np.diag([-2.0, 2.0, 5.0, 1.0])  # a voxel of 0.02 mL


def made(stands=True, affine=AFFINE, tmax=None, **columns):
    """Maps of one row of voxels."""
    first = np.asarray(tmax if tmax is not None else columns["cbf"], dtype=np.float32)
    good = np.broadcast_to(np.asarray(stands), first.shape)

    def one(values):
        values = np.asarray(values, dtype=np.float32)
        return ParameterMap(
            values=values, name="", symbol="", units="", affine=affine, quality_mask=good
        )

    cbf, cbv, mtt = (one(columns.get(key, np.ones_like(first))) for key in ("cbf", "cbv", "mtt"))
    late = None if tmax is None else one(tmax)
    return DSCPerfusionMaps(cbf=cbf, cbv=cbv, mtt=mtt, tmax=late, quality_mask=good)


def test_a_voxel_has_the_volume_of_its_edges():
    """However the grid is mirrored or turned; sheared, it is base times height."""
    assert voxel_volume(AFFINE) == pytest.approx(0.02)
    turn = np.array([[0.6, -0.8, 0, 7], [0.8, 0.6, 0, -9], [0, 0, 1, 3], [0, 0, 0, 1]])
    assert voxel_volume(turn @ AFFINE) == pytest.approx(0.02)
    shear = np.eye(4)
    shear[0, 1] = 0.5
    assert voxel_volume(shear @ AFFINE) == pytest.approx(0.02)
    assert np.isnan(voxel_volume(None))


def test_late_tissue_is_above_the_limit_and_accepted():
    """6 s is not above 6 s; a rejected voxel and one without an answer count for nothing."""
    maps = made(
        tmax=[5.99, 6.0, 6.01, 7.0, 9.0, np.nan, 40.0],
        stands=[True, True, True, True, False, True, True],
    )
    assert tmax_volume(maps) == pytest.approx(3 * 0.02)
    assert tmax_volume(maps, above=7.0) == pytest.approx(1 * 0.02)
    assert tmax_volume(maps, above=5.0) == pytest.approx(5 * 0.02)
    assert tmax_volume(maps, above=50.0) == 0


def test_late_tissue_is_counted_where_one_looks():
    maps = made(tmax=[7.0, 7.0, 1.0, 7.0])
    assert tmax_volume(maps, region=np.array([True, False, True, True])) == pytest.approx(0.04)
    assert tmax_volume(maps) == pytest.approx(0.06)
    assert maps.quality_mask.all()


def test_a_volume_that_nobody_can_know_is_none():
    """Without an affine there are no millilitres, without deconvolution no Tmax: never 0."""
    assert np.isnan(tmax_volume(made(tmax=[7.0], affine=None)))
    assert np.isnan(tmax_volume(made(cbf=[7.0])))


def test_means_are_over_the_accepted_voxels_of_the_region():
    maps = made(
        cbf=[10.0, 20.0, 99.0, 40.0, np.nan],
        cbv=[1.0, 2.0, 99.0, 6.0, np.nan],
        mtt=[6.0, 6.0, 99.0, 9.0, np.nan],
        stands=[True, True, False, True, False],
    )
    found = means_in(maps, np.array([True, True, True, False, True]))
    assert (found.cbf, found.cbv, found.mtt) == (15.0, 1.5, 6.0)
    assert (found.voxels, found.accepted) == (4, 2)
    whole = means_in(maps, np.ones(5, dtype=bool))
    assert (whole.cbf, whole.cbv, whole.mtt) == pytest.approx((70 / 3, 3.0, 7.0))
    assert (whole.voxels, whole.accepted) == (5, 3)


def test_transit_times_count_voxel_by_voxel():
    """Flows of 60 and 20 with a volume of 4: 4 and 12 s are 8 in the mean, 6 weighed by flow."""
    found = means_in(made(cbf=[60, 20], cbv=[4, 4], mtt=[4, 12]), np.ones(2, dtype=bool))
    assert found.mtt == pytest.approx(8)
    assert 60 * found.cbv / found.cbf == pytest.approx(6)


@pytest.mark.parametrize("region", [[False, False], [False, True]])
def test_a_region_without_an_answer_has_no_means(region):
    """Empty, or all rejected: no number, and no warning."""
    found = means_in(made(cbf=[60, 20], stands=[True, False]), np.array(region))
    assert np.isnan([found.cbf, found.cbv, found.mtt]).all()
    assert (found.voxels, found.accepted) == (sum(region), 0)


def test_a_region_of_another_scan_is_refused():
    """Even one that numpy would stretch."""
    maps = made(tmax=[7.0, 8.0])
    for region in (np.ones(1, dtype=bool), np.ones((2, 2), dtype=bool)):
        for measure in (means_in, lambda one, where: tmax_volume(one, region=where)):
            with pytest.raises(DscError, match=r"shape of the maps, \(2,\).*Draw it on this scan"):
                measure(maps, region)
