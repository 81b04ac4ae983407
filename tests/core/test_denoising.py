"""Denoising by similar curves: what is averaged, what stays, and what the noise is afterwards."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from benchmarks.study.two_tissues import EDGE, two_tissues
from napari_dsc import DscError, compute_perfusion_maps
from napari_dsc.core.denoising import averaged_stages
from napari_dsc.core.mask_rows import curves_of, lay_out
from napari_dsc.core.progress import finished

NOISE = 0.5  # 1/s
WAY = "similar curves"


def averaged(curves, voxels, reach=(2, 2, 1), variance=NOISE**2):
    """What becomes of curves of a volume, shape (..., T), as rows."""
    rows = curves_of(curves, voxels)
    return finished(averaged_stages(rows, np.full(len(rows), variance), voxels, reach))


def by_the_book(curves, reach, variance):
    """The formula of the docstring, voxel by voxel: curves, and the share of the noise left."""
    size = curves.shape[-1]
    kernel = np.array([0.25, 0.5, 0.25])
    wide = np.concatenate([curves[..., :1], curves, curves[..., -1:]], axis=-1)
    seen = np.apply_along_axis(np.convolve, -1, wide, kernel, "valid")
    lags = {0: 1.0, 1: 0.25 / 0.375, 2: 0.0625 / 0.375}
    spread = np.sqrt(2 / size * (1 + 2 * lags[1] ** 2 + 2 * lags[2] ** 2))
    out, left = np.empty_like(curves), np.empty(curves.shape[:-1])
    for here in np.ndindex(curves.shape[:-1]):
        total, squares, mean = 0.0, 0.0, np.zeros(size)
        for step in product(*(range(-far, far + 1) for far in reach)):
            there = tuple(np.add(here, step))
            if any(not 0 <= at < n for at, n in zip(there, curves.shape, strict=False)):
                continue
            apart = np.mean((seen[here] - seen[there]) ** 2) / (2 * variance * 0.375)
            beyond = max(0.0, apart - 1) / (1.2 * spread)
            weight = 1.0 if there == here else np.exp(-(beyond**2))
            total += weight
            squares += weight**2
            mean += weight * curves[there]
        out[here], left[here] = mean / total, squares / total**2
    return out, left


@pytest.mark.parametrize("reach", [(2, 2, 1), (2, 2, 0), (1, 2, 2)])
def test_it_is_the_formula(reach):
    random = np.random.default_rng(3)
    level = random.choice([0.0, 1.0, 3.0], size=(5, 4, 3, 1))
    curves = level * np.sin(np.arange(25) / 4) + random.normal(scale=NOISE, size=(5, 4, 3, 25))
    voxels = np.ones(curves.shape[:-1], np.bool_)
    found = averaged(curves, voxels, reach)
    want, left = by_the_book(curves, reach, NOISE**2)
    np.testing.assert_allclose(found.curves, curves_of(want, voxels), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(found.left, curves_of(left[..., None], voxels)[:, 0], rtol=1e-6)


def test_curves_that_are_the_same_stay_as_they_are():
    curves = np.broadcast_to(np.sin(np.arange(40) / 5), (6, 5, 3, 40))
    voxels = np.ones((6, 5, 3), np.bool_)
    found = averaged(curves, voxels)
    np.testing.assert_allclose(found.curves, curves_of(curves, voxels), rtol=1e-12)
    np.testing.assert_allclose(found.removed, 0, atol=1e-6)


def test_noise_that_is_left_is_told():
    """Of tissue that is all the same, by the scatter of what comes out."""
    noise = np.random.default_rng(0).normal(scale=NOISE, size=(30, 30, 8, 60))
    voxels = np.ones(noise.shape[:-1], np.bool_)
    found = averaged(noise, voxels)
    measured = found.curves.var() / NOISE**2
    assert measured < 0.04
    assert 0.7 < measured / found.left.mean() < 1.4
    assert abs(np.median(found.removed) - np.sqrt(1 - found.left.mean())) < 0.05


def test_voxels_outside_the_mask_and_broken_ones_enter_no_mean():
    random = np.random.default_rng(1)
    curves = random.normal(scale=NOISE, size=(8, 8, 4, 40))
    voxels = random.random(curves.shape[:-1]) < 0.7
    known = averaged(curves, voxels).curves
    curves[~voxels] = 1e6
    np.testing.assert_array_equal(averaged(curves, voxels).curves, known)
    broken, at = curves_of(curves, voxels), 0  # where a voxel without a neighbour would look
    broken[at, 3] = np.nan
    found = finished(averaged_stages(broken, np.full(len(broken), NOISE**2), voxels, (2, 2, 1)))
    np.testing.assert_array_equal(found.curves[at], broken[at])
    assert np.isnan(found.removed[at])
    assert np.isfinite(np.delete(found.curves, at, axis=0)).all()


def test_a_voxel_of_unknown_noise_stays():
    curves = np.random.default_rng(1).normal(scale=NOISE, size=(6, 6, 2, 40))
    voxels = np.ones(curves.shape[:-1], np.bool_)
    variance = np.full(voxels.sum(), NOISE**2)
    variance[[0, 7]] = np.nan, 0.0
    rows = curves_of(curves, voxels)
    found = finished(averaged_stages(rows, variance, voxels, (2, 2, 1))).curves
    np.testing.assert_array_equal(found[[0, 7]], rows[[0, 7]])
    assert (found[1] != rows[1]).all()


def test_what_was_removed_shows_where_more_than_noise_went():
    """A voxel of other tissue that noise hides is averaged away, and the map says so."""
    noise = np.random.default_rng(5).normal(scale=NOISE, size=(23, 23, 5, 60))
    removed = []
    for bolus in (0.0, 0.6 * NOISE * np.sin(np.arange(60) / 9)):
        curves = noise.copy()
        hidden = np.zeros(curves.shape[:-1], np.bool_)
        hidden[2::4, 2::4, 2] = True
        curves[hidden] += bolus
        found = lay_out(averaged(curves, np.ones_like(hidden)).removed, np.ones_like(hidden), 0)
        removed.append(found[hidden].mean())
    nothing, something = removed
    assert something > 1.02 * nothing


# --- maps ----------------------------------------------------------------------------------------


def maps_of(made, **how: Any) -> Any:
    given: dict[str, Any] = {"deconvolution_method": "oSVD", "baseline": made.baseline} | how
    return compute_perfusion_maps(made.curves, made.aif, made.time, **given)


@pytest.fixture(scope="module")
def scan():
    """Noisy maps, the same denoised, and those of the curves without noise."""
    noisy, free = two_tissues(50, seed=11), two_tissues(np.inf)
    return noisy, maps_of(noisy), maps_of(noisy, denoise=WAY), maps_of(free)


def spread_of(found, free, where):
    error = (found.values - free.values)[where] / free.values[where]
    return np.sqrt(np.mean(error**2))


def test_blood_volume_has_half_of_the_noise_at_most(scan):
    made, plain, denoised, free = scan
    before, after = (spread_of(one.cbv, free.cbv, made.usual) for one in (plain, denoised))
    assert after < 0.55 * before


def test_delay_has_half_of_the_error_at_most(scan):
    made, plain, denoised, free = scan
    before, after = (
        np.nanmean(np.abs(one.delay.values - free.delay.values)[made.usual])
        for one in (plain, denoised)
    )
    assert after < 0.55 * before


@pytest.mark.parametrize("plane", [EDGE - 1, EDGE], ids=["little blood", "more blood"])
def test_flow_at_an_edge_stays(scan, plane):
    _, _, denoised, free = scan
    ratio = denoised.cbf.values[plane].mean() / free.cbf.values[plane].mean()
    assert abs(ratio - 1) < 0.10


@pytest.mark.parametrize("name", ["cbv", "cbf"])
def test_a_lesion_of_three_voxels_is_kept(scan, name):
    made, _, denoised, free = scan
    lesion = made.wide.copy()
    lesion[:EDGE] = False
    ratio = (
        getattr(denoised, name).values[lesion].mean() / getattr(free, name).values[lesion].mean()
    )
    assert abs(ratio - 1) < 0.15


def test_more_voxels_have_an_answer(scan):
    _, plain, denoised, _ = scan
    assert denoised.quality_mask.mean() > plain.quality_mask.mean()


def test_removed_is_a_map_beside_the_others(scan):
    made, plain, denoised, _ = scan
    assert "removed" not in plain.more
    assert abs(np.median(denoised.more["removed"].values[made.usual]) - 1) < 0.1


@pytest.mark.parametrize(
    ("away", "counts"),
    [
        ((2, 2, 1), True),
        ((0, 0, 1), True),
        ((3, 0, 0), False),
        ((0, 3, 0), False),
        ((0, 0, 2), False),
    ],
)
def test_two_voxels_within_a_slice_and_one_across_are_averaged(away, counts):
    """A curve that changes a little changes those so near to it, and no others."""
    made, middle = two_tissues(50, seed=2), np.array((8, 11, 0))
    curves = made.curves.copy()
    curves[tuple(middle + away)] *= np.float32(1.001)
    before, after = (maps_of(one, denoise=WAY) for one in (made, made._replace(curves=curves)))
    at = tuple(middle)
    assert (before.cbv.values[at] != after.cbv.values[at]) == counts


def test_slices_at_different_times_are_denoised_each_by_itself():
    made = two_tissues(50, seed=4)
    times = np.array([0.0, 0.75, 0.2, 0.95, 0.4, 1.15, 0.6])
    whole = maps_of(made, denoise=WAY, slice_times=times)
    for at in (0, 3):
        one = compute_perfusion_maps(
            made.curves[:, :, at : at + 1],
            made.aif,
            made.time,
            baseline=made.baseline,
            denoise="similar curves",
            slice_times=times[at : at + 1],
        )
        np.testing.assert_allclose(
            whole.cbv.values[:, :, at], one.cbv.values[:, :, 0], rtol=1e-5, equal_nan=True
        )


def test_a_window_of_the_areas_is_that_of_the_denoised_curves():
    """As if the denoised curves had been given."""
    made = two_tissues(50, seed=4)
    rows = made.curves.shape[:-1]
    whole = maps_of(made, denoise=WAY, window=slice(10, 30))
    plain = maps_of(made, window=slice(10, 30))
    assert whole.cbv.values.shape == rows
    assert (whole.cbv.values != plain.cbv.values).mean() > 0.95
    ratio = np.median(whole.cbv.values[made.usual] / plain.cbv.values[made.usual])
    assert abs(ratio - 1) < 0.05


def test_one_curve_alone_stays_as_it_is():
    made = two_tissues(50)
    curve = made.curves[2, 2, 2]
    one = compute_perfusion_maps(curve, made.aif, made.time, denoise="similar curves")
    assert one.cbv.values == compute_perfusion_maps(curve, made.aif, made.time).cbv.values


def test_another_way_is_refused():
    made = two_tissues(50)
    with pytest.raises(DscError, match="denoise must be none or similar curves, got 'smooth'"):
        maps_of(made, denoise="smooth")
