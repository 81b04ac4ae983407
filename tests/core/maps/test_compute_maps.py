"""The maps: closed forms, scaling, what stays in its voxel, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import (
    DECONVOLVERS,
    DscError,
    DscWarning,
    compute_cbv,
    compute_mtt,
    compute_perfusion_maps,
)
from napari_dsc.core.parallel_blocks import BLOCK
from napari_dsc.core.quality import Quality
from napari_dsc.core.quantities import STANDARD
from napari_dsc.core.signal import bolus_arrival
from tests.core.conftest import Curves, SceneMaker

METHODS = tuple(DECONVOLVERS)
CENTRAL = tuple(name for name, kind in DECONVOLVERS.items() if kind.central_volume)
KEYS = tuple(STANDARD)


def equal_maps(one, other, rtol, where=...):
    """Assert that maps agree (NaN with NaN) where asked."""
    for was, now in zip(one, other, strict=True):
        np.testing.assert_allclose(
            now.values[where], was.values[where], rtol=rtol, atol=rtol, err_msg=was.name
        )


def share_of_equal(one, other, rtol):
    """Share of the voxels whose flows agree."""
    return np.mean(np.abs(one.cbf.values / other.cbf.values - 1) < rtol)


# --- closed forms ------------------------------------------------------------------------------


@given(
    mtt=st.floats(2, 10),
    flow=st.floats(10, 120),
    delay=st.floats(-3, 6),
    step=st.sampled_from([1.0, 1.5, 2.0]),
)
@settings(derandomize=True, deadline=None, max_examples=15)
def test_volume_is_flow_times_transit_time(scene: SceneMaker, mtt, flow, delay, step):
    """The area under an exponential residue is flow times MTT, whatever the delay."""
    tissue = scene(mtt=mtt, flow=flow, delays=(delay,), step=step)
    cbv = compute_perfusion_maps(*tissue, deconvolution_method="cSVD").cbv.values[0]
    assert cbv == pytest.approx(flow * mtt / 60, rel=0.01)


def test_volume_is_the_ratio_of_areas(scene: SceneMaker):
    """100 kH/ρ times one trapezoidal area over the other; a fraction has neither 100 nor ρ."""
    curves, aif, time = scene(delays=(0.0, 3.0))
    areas = np.trapezoid(curves, time) / np.trapezoid(aif, time)
    made = compute_perfusion_maps(curves, aif, time, density=1.1, hematocrit_ratio=0.6)
    np.testing.assert_allclose(made.cbv.values, 100 * 0.6 / 1.1 * areas, rtol=1e-12)
    np.testing.assert_allclose(compute_cbv(curves, aif, time, 0.6), 0.6 * areas, rtol=1e-12)
    np.testing.assert_allclose(compute_cbv(curves, aif, time), 0.73 * areas, rtol=1e-12)


def test_volume_integrates_the_time_axis_it_is_given():
    """Uneven steps weigh as long as they are."""
    time = [0.0, 1.0, 2.1, 3.0, 4.0]
    curve, aif = np.array([0, 1, 3, 1, 0.0]), np.array([0, 2, 4, 3, 0.0])
    expected = np.trapezoid(curve, time) / np.trapezoid(aif, time)
    assert compute_cbv(curve, aif, time, 1.0) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("method", CENTRAL)
def test_central_volume_principle(noisy: Curves, method):
    """60 CBV / CBF is MTT, in every voxel, never clipped and never repaired."""
    made = compute_perfusion_maps(*noisy, deconvolution_method=method)
    flow = made.cbf.values
    assert (flow > 0).mean() > 0.99
    np.testing.assert_allclose(made.mtt.values, 60 * made.cbv.values / flow, rtol=1e-6)
    by_hand = compute_mtt(made.cbv.values, flow)
    np.testing.assert_allclose(made.mtt.values, 60 * by_hand, rtol=1e-6)


@pytest.mark.parametrize("method", sorted(set(METHODS) - set(CENTRAL)))
def test_a_posterior_mean_of_a_ratio_is_a_number_of_its_own(noisy: Curves, method):
    """Where the principle does not hold the method says so: MTT lies near the ratio, and is not."""
    made = compute_perfusion_maps(*noisy, deconvolution_method=method)
    ratio = 60 * compute_mtt(made.cbv.values, made.cbf.values)
    away = np.abs(made.mtt.values / ratio - 1)[made.quality_mask]
    assert 0.01 < np.median(away) < 0.3


def test_long_transit_times_are_not_clipped(scene: SceneMaker):
    """A transit time of half a minute reads as one."""
    made = compute_perfusion_maps(*scene(mtt=35.0, flow=12.0, length=200.0), svd_threshold=0.05)
    assert 28 < made.mtt.values[0] < 45


def test_transit_time_without_flow_has_no_answer():
    ratio = compute_mtt([4.0, 4.0, 4.0, -2.0, np.nan], [60.0, 0.0, -5.0, 60.0, 60.0])
    np.testing.assert_allclose(60 * ratio, [4, np.nan, np.nan, -2, np.nan])


def test_transit_time_keeps_float32_and_takes_one_number():
    assert compute_mtt(np.array([4], np.float32), np.array([60], np.float32)).dtype == np.float32
    assert float(compute_mtt(4, 60)) == pytest.approx(1 / 15)
    np.testing.assert_allclose(compute_mtt(6.0, [[60.0, 30.0]]), [[0.1, 0.2]])


@pytest.mark.parametrize("method", METHODS)
def test_a_voxel_without_blood_has_no_times(scene: SceneMaker, method):
    """Zero flow and zero volume are numbers; when and how long they take is not."""
    _, aif, time = scene()
    made = compute_perfusion_maps(np.zeros_like(aif), aif, time, deconvolution_method=method)
    assert made.cbf.values == made.cbv.values == 0
    assert all(np.isnan(one.values) for one in (made.mtt, made.ttp, made.tmax, made.delay))
    assert made.quality is not None
    assert made.quality & Quality.NOT_POSITIVE
    assert not made.quality_mask


@given(offset=st.floats(-0.5, 0.5), width=st.floats(4, 20), first=st.floats(-30, 30))
@settings(derandomize=True, deadline=None, max_examples=15)
def test_time_to_peak_lies_between_samples(scene: SceneMaker, offset, width, first):
    """The top of a parabola is found exactly, on the time axis that was given."""
    _, aif, time = scene(step=2.0)
    peak = 40 + 2 * offset
    curve = np.maximum(1 - ((time - peak) / width) ** 2, 0)
    made = compute_perfusion_maps(curve, aif, time + first)
    assert float(made.ttp.values) == pytest.approx(peak + first, abs=1e-6)


def test_time_to_peak_is_read_off_the_times_that_were_given(scene: SceneMaker):
    """Steps that creep by less than a percent are even, and still add up to something."""
    _, aif, _ = scene(step=2.0)
    time = np.cumsum(np.where(np.arange(aif.size) < 20, 2.0, 2.018))
    curve = np.maximum(1 - ((np.arange(aif.size) - 45.25) / 9) ** 2, 0)
    ttp = float(compute_perfusion_maps(curve, aif, time).ttp.values)
    assert ttp == pytest.approx(np.interp(45.25, np.arange(aif.size), time), abs=1e-6)


@pytest.mark.parametrize("step", [1.0, 1.5, 2.0])
def test_time_to_peak_of_a_bolus_is_finer_than_a_volume(scene: SceneMaker, step):
    """The error stays well below a quarter of the time step."""
    delays = np.linspace(0, 4, 33)
    fine = scene(delays=delays, step=0.02, mtt=6.0)
    truth = fine.time[fine.curves.argmax(axis=1)]
    ttp = compute_perfusion_maps(*scene(delays=delays, step=step, mtt=6.0)).ttp.values
    assert np.abs(ttp - truth).max() < step / 8


def test_without_deconvolution_flow_is_the_ratio_of_peaks(scene: SceneMaker):
    """Relative maps say so, and there is no residue to read a time from."""
    _, aif, time = scene()
    made = compute_perfusion_maps([0.1 * aif, -aif], aif, time, deconvolve=False)
    assert made.cbf.values[0] == pytest.approx(0.1)
    assert made.cbv.values[0] == pytest.approx(10 * 0.73 / 1.04)
    assert made.mtt.values[0] == pytest.approx(100 * 0.73 / 1.04)
    assert made.tmax is None
    assert made.delay is None
    assert made.ttp is not None
    assert made.ttp.units == "s"
    assert made.cbv.units == "mL/100g"
    for relative in (made.cbf, made.mtt):
        assert relative.units == "1"
        assert "relative" in relative.name.lower()
    assert [one.symbol for one in made] == ["CBV", "rCBF", "rMTT", "TTP"]
    assert made.quality_mask is not None
    assert made.quality_mask.tolist() == [True, False]


# --- scaling -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@given(kh=st.floats(0.05, 1.5), rho=st.floats(0.9, 1.2))
@settings(derandomize=True, deadline=None, max_examples=5)
def test_haematocrit_and_density_scale_flow_and_volume(noisy: Curves, method, kh, rho):
    """kH multiplies both, ρ divides both; every time stays as it is."""
    tissue = noisy._replace(curves=noisy.curves[:100].astype(float))
    plain = compute_perfusion_maps(
        *tissue, deconvolution_method=method, density=1.0, hematocrit_ratio=1.0
    )
    scaled = compute_perfusion_maps(
        *tissue, deconvolution_method=method, density=rho, hematocrit_ratio=kh
    )
    for key in KEYS:
        factor = kh / rho if key in ("cbv", "cbf") else 1
        was, now = plain.get(key).values, scaled.get(key).values
        np.testing.assert_allclose(now, factor * was, rtol=1e-9, err_msg=key)


def test_defaults_are_the_specification(noisy: Curves):
    """oSVD, 0.2, 1.04 g/mL and 0.73, unless one says otherwise."""
    spelt = compute_perfusion_maps(
        *noisy, None, True, "oSVD", 0.2, 1.04, 0.73, oscillation_index=0.035
    )
    equal_maps(compute_perfusion_maps(*noisy), spelt, 0)


@pytest.mark.parametrize("method", METHODS)
def test_echo_time_cancels(patient, method):
    """An echo time that is wrong by any factor changes no map."""
    from napari_dsc import delta_r2_star

    signal = patient.series.signal[patient.tissue == 2].astype(np.float64)[:200, 2:]
    artery = patient.series.signal[patient.artery].mean(axis=0)[2:]
    one, other = (
        compute_perfusion_maps(
            delta_r2_star(signal, echo_time, 10),
            delta_r2_star(artery, echo_time, 10),
            patient.series.time[2:],
            deconvolution_method=method,
        )
        for echo_time in (0.030, 0.047)
    )
    equal_maps(one, other, 1e-7)


# --- shapes and types --------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (6,), (2, 3), (3, 1, 2), (1, 2, 3, 1)])
def test_any_shape_in_is_that_shape_out(noisy: Curves, shape, dtype):
    """Voxels keep their place, whatever the number of axes."""
    count = int(np.prod(shape))
    curves = noisy.curves[:count].astype(dtype)
    rows = compute_perfusion_maps(curves, noisy.aif, noisy.time)
    made = compute_perfusion_maps(curves.reshape(*shape, -1), noisy.aif, noisy.time)
    for row, one in zip(rows, made, strict=True):
        assert one.values.shape == one.quality_mask.shape == shape
        assert one.values.dtype == dtype
        np.testing.assert_array_equal(one.values, row.values.reshape(shape))
    assert made.quality is not None
    assert made.quality.shape == made.quality_mask.shape == shape


@pytest.mark.parametrize("method", METHODS)
def test_float32_agrees_with_float64(noisy: Curves, method):
    """Half the bytes cost no digit that is read."""
    short = compute_perfusion_maps(*noisy, deconvolution_method=method)
    long = compute_perfusion_maps(
        noisy.curves.astype(float), noisy.aif, noisy.time, deconvolution_method=method
    )
    assert all(one.values.dtype == np.float32 for one in short)
    assert all(one.values.dtype == np.float64 for one in long)
    np.testing.assert_allclose(short.cbv.values, long.cbv.values, rtol=1e-5, atol=1e-5)
    assert share_of_equal(short, long, 1e-5) > 1 - 1e-3  # oSVD may choose otherwise, once
    np.testing.assert_allclose(short.ttp.values, long.ttp.values, atol=1e-3)
    assert np.mean(np.abs(short.tmax.values - long.tmax.values) < 1e-3) > 1 - 1e-3


def test_lists_and_integers_become_arrays(scene: SceneMaker):
    """What is not an array of floats is computed in float64."""
    curves, aif, time = scene(delays=(0.0, 2.0))
    whole = np.rint(100 * curves).astype(np.int16)
    made = compute_perfusion_maps(whole.tolist(), aif.tolist(), time.tolist(), [1, 1])
    same = compute_perfusion_maps(whole, aif, time)
    equal_maps(made, same, 0)
    assert made.cbf.values.dtype == np.float64


def test_half_precision_is_computed_in_single(scene: SceneMaker):
    curves, aif, time = scene()
    made = compute_perfusion_maps(curves.astype(np.float16), aif, time)
    assert made.cbf.values.dtype == np.float32
    np.testing.assert_allclose(
        made.cbf.values, compute_perfusion_maps(curves, aif, time).cbf.values, rtol=0.01
    )


def test_nothing_given_is_changed(noisy: Curves):
    """Curves, artery, time and mask come back as they were."""
    curves, aif, time, mask = noisy.curves[:50].copy(), *noisy[1:], np.arange(50)
    curves[3, 4] = np.nan
    given = (curves, aif, time, mask)
    before = [one.copy() for one in given]
    compute_perfusion_maps(curves, aif, time, mask, signal=np.exp(-curves))
    for was, now in zip(before, given, strict=True):
        np.testing.assert_array_equal(now, was)


def test_baseline_of_the_flags_ends_where_the_artery_s_bolus_arrives(noisy: Curves):
    """As long as nobody says otherwise; a count is a slice from the first volume."""
    arrival = bolus_arrival(noisy.aif)

    def weak(volume, **parameters):
        """Share of weak boluses when one volume is a burst of noise."""
        curves = noisy.curves[:200].copy()
        curves[:, volume] += 2 * curves.max(axis=1)
        made = compute_perfusion_maps(curves, noisy.aif, noisy.time, **parameters)
        return np.mean(made.quality & Quality.WEAK_BOLUS > 0)

    for parameters in ({}, {"baseline": arrival}, {"baseline": slice(0, arrival)}):
        assert weak(arrival - 1, **parameters) > 0.1 + weak(arrival, **parameters)
    assert weak(2, baseline=3) > 0.1 + weak(3, baseline=3)
    assert weak(5, baseline=slice(5, 12)) > 0.1 + weak(4, baseline=slice(5, 12))


def test_maps_say_what_they_are(scene: SceneMaker):
    """Names, units and the affine go with the values."""
    affine = np.diag([-2.0, 2.0, 5.0, 1.0])
    made = compute_perfusion_maps(*scene(), affine=affine)
    units = {one.symbol: one.units for one in made}
    specified = {
        "CBV": "mL/100g",
        "CBF": "mL/100g/min",
        "MTT": "s",
        "TTP": "s",
        "Tmax": "s",
        "Delay": "s",
    }
    assert units == {row.symbol: row.units for row in STANDARD.values()}
    assert units | specified == units
    for one in made:
        np.testing.assert_array_equal(one.affine, affine)
    assert all(one.affine is None for one in compute_perfusion_maps(*scene()))


def test_the_example_of_the_specification_runs():
    """A random AIF without any baseline gives maps."""
    random = np.random.default_rng(0)
    made = compute_perfusion_maps(
        random.random((8, 8, 4, 60)) * 10, random.random(60) * 20, np.linspace(0, 90, 60)
    )
    assert made.cbf.values.shape == (8, 8, 4)
    assert np.isfinite(made.cbf.values).all()


# --- masks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_masked_is_cropped(noisy: Curves, method):
    """A voxel does not know what else is computed; outside the mask there is no answer."""
    curves = noisy.curves[:3840].reshape(16, 24, 10, -1)
    mask = np.zeros(curves.shape[:-1], dtype=bool)
    box = np.s_[3:12, 5:20, 2:7]
    mask[box] = True
    masked = compute_perfusion_maps(
        curves, noisy.aif, noisy.time, mask, deconvolution_method=method
    )
    cropped = compute_perfusion_maps(
        curves[box], noisy.aif, noisy.time, deconvolution_method=method
    )
    for inside, alone in zip(masked, cropped, strict=True):
        misfit = np.abs(inside.values[box] - alone.values) / np.abs(alone.values).clip(1e-3)
        assert np.mean(misfit < 1e-4) > 1 - 2e-3, inside.name  # an edge may flip, oSVD choose
        assert np.isnan(inside.values[~mask]).all()
    assert (
        share_of_equal(type(cropped)(*(_at(one, box) for one in masked)), cropped, 1e-5) > 1 - 2e-3
    )
    assert not masked.quality_mask[~mask].any()
    assert masked.quality is not None
    assert not masked.quality[~mask].any()


def _at(one, box):
    from dataclasses import replace

    return replace(one, values=one.values[box])


@pytest.mark.parametrize(
    "make", [lambda m: m, lambda m: 7 * m.astype(np.uint8), lambda m: (2.0 * m - 1).tolist()]
)
def test_every_positive_label_counts(noisy: Curves, make):
    """Bool, labels and lists: above zero is inside."""
    mask = np.arange(60) % 3 == 0
    made = compute_perfusion_maps(noisy.curves[:60], noisy.aif, noisy.time, make(mask))
    np.testing.assert_array_equal(np.isfinite(made.cbv.values), mask)


@pytest.mark.parametrize("order", ["C", "F"])
def test_memory_order_moves_no_voxel(noisy: Curves, order):
    """Volumes as files store them and as numpy stores them give the same maps."""
    curves = noisy.curves[:210].reshape(5, 6, 7, -1)
    mask = np.random.default_rng(0).random((5, 6, 7)) > 0.4
    made = compute_perfusion_maps(
        np.asarray(curves, order=order), noisy.aif, noisy.time, mask, deconvolution_method="cSVD"
    )
    flow = compute_perfusion_maps(
        curves[mask], noisy.aif, noisy.time, deconvolution_method="cSVD"
    ).cbf.values
    np.testing.assert_allclose(made.cbf.values[mask], flow, rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_order_of_voxels_does_not_matter(noisy: Curves, method):
    """Voxels in another order are the same voxels."""
    order = np.random.default_rng(0).permutation(len(noisy.curves))
    plain = compute_perfusion_maps(*noisy, deconvolution_method=method)
    mixed = compute_perfusion_maps(
        noisy.curves[order], noisy.aif, noisy.time, deconvolution_method=method
    )
    ratio = mixed.cbf.values / plain.cbf.values[order]
    assert np.mean(np.abs(ratio - 1) < 1e-5) > 1 - 1e-3
    np.testing.assert_allclose(mixed.cbv.values, plain.cbv.values[order], rtol=1e-4, atol=1e-5)


# --- NaN stays in its voxel --------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_fault_14_a_bad_sample_stays_in_its_voxel(noisy: Curves, method, bad):
    """One bad sample leaves that voxel without any answer, and every neighbour bit for bit."""
    curves = noisy.curves.copy()
    clean = compute_perfusion_maps(
        curves, noisy.aif, noisy.time, baseline=10, deconvolution_method=method
    )
    voxels = [0, 17, 3999]
    curves[voxels, [3, 20, 50]] = bad
    made = compute_perfusion_maps(
        curves, noisy.aif, noisy.time, baseline=10, deconvolution_method=method
    )
    neighbours = np.ones(4000, dtype=bool)
    neighbours[voxels] = False
    for was, now in zip(clean, made, strict=True):
        assert np.isnan(now.values[voxels]).all(), was.name
        np.testing.assert_array_equal(now.values[neighbours], was.values[neighbours])
    assert made.quality is not None
    assert (made.quality[voxels] == Quality.NON_FINITE).all()
    assert not made.quality_mask[voxels].any()
    assert clean.quality is not None
    np.testing.assert_array_equal(made.quality[neighbours], clean.quality[neighbours])


@pytest.mark.parametrize("unsettled", [1, 100, 240, 480, 500, 960, 1024])
def test_fault_14_a_bad_sample_stays_in_its_voxel_of_a_full_block(noisy: Curves, unsettled):
    """Also where as many voxels are computed at once as ever are, and oSVD's search goes on for
    some of them: how many these are must not reach the rounding of any."""
    random = np.random.default_rng(5)
    some = noisy.curves[random.integers(4000, size=24_000)]
    pool = some * random.uniform(0.5, 2, (24_000, 1)).astype(np.float32)
    flags = compute_perfusion_maps(pool, noisy.aif, noisy.time, svd_threshold=0.15).quality
    assert flags is not None
    calm = flags & Quality.OSCILLATES == 0
    chosen = np.r_[np.flatnonzero(~calm)[:unsettled], np.flatnonzero(calm)][:BLOCK]
    assert len(chosen) == BLOCK
    order = random.permutation(chosen)
    curves = pool[order]
    clean = compute_perfusion_maps(curves, noisy.aif, noisy.time, baseline=10)
    voxel = int(np.flatnonzero(calm[order])[100])
    curves[voxel, 5] = np.nan
    made = compute_perfusion_maps(curves, noisy.aif, noisy.time, baseline=10)
    neighbours = np.arange(BLOCK) != voxel
    for was, now in zip(clean, made, strict=True):
        np.testing.assert_array_equal(
            now.values[neighbours], was.values[neighbours], err_msg=was.name
        )


@pytest.mark.parametrize("method", METHODS)
def test_rounding_of_a_voxel_does_not_depend_on_its_neighbours(method):
    """A matrix product rounds a row by its place, and the last lags most: the AIF comes at once,
    the tissues come late, and a bad voxel must not move the others to another place."""
    random = np.random.default_rng(0)
    time = 1.5 * np.arange(28)
    middle = random.uniform(2, 27, (BLOCK, 1))
    curves = 6 * np.exp(-((np.arange(28) - middle) ** 2) / 60)
    curves = (curves + random.normal(0, 0.05, curves.shape).cumsum(axis=1)).astype(np.float32)
    aif = 30 * np.exp(-time / 2)
    clean = compute_perfusion_maps(curves, aif, time, deconvolution_method=method)
    assert clean.quality is not None
    voxel = int(np.flatnonzero(clean.quality & Quality.OSCILLATES == 0)[0])
    curves[voxel, 5] = np.nan
    made = compute_perfusion_maps(curves, aif, time, deconvolution_method=method)
    neighbours = np.arange(BLOCK) != voxel
    for was, now in zip(clean, made, strict=True):
        np.testing.assert_array_equal(
            now.values[neighbours], was.values[neighbours], err_msg=was.name
        )


def test_volume_of_a_bad_voxel_has_no_answer(scene: SceneMaker):
    curves, aif, time = scene(delays=(0.0, 1.0, 2.0))
    curves[1, 7] = np.inf
    np.testing.assert_array_equal(np.isnan(compute_cbv(curves, aif, time)), [False, True, False])


# --- uneven time -------------------------------------------------------------------------------


def jittered(share, count=80, step=1.5):
    """Times whose steps are up to `share` longer or shorter than their median."""
    steps = step * (1 + share * np.resize([0, 1, 0, -1], count - 1))
    return np.concatenate([[0], np.cumsum(steps)])


@pytest.mark.parametrize("method", METHODS)
def test_uneven_time_is_resampled_and_said(scene: SceneMaker, method):
    """Steps up to 20 % off their median give nearly the even maps, and a warning."""
    even = compute_perfusion_maps(*scene(delays=(0.0, 3.0)), deconvolution_method=method)
    with pytest.warns(DscWarning, match=r"differ by up to 15%.*resampled to 1.5 s"):
        uneven = compute_perfusion_maps(
            *scene(delays=(0.0, 3.0), times=jittered(0.15)), deconvolution_method=method
        )
    smoothed = method == "Tikhonov"  # to it, what resampling does is noise
    flow, lag = (0.25, 0.8) if smoothed else (0.07, 0.2)
    for key, rtol, atol in [
        ("cbv", 0.02, 0),
        ("cbf", flow, 0),
        ("mtt", flow, 0),
        ("ttp", 0, 0.3),
        ("tmax", 0, lag),
        ("delay", 0, 0.3 + smoothed * lag),
    ]:
        was, now = getattr(even, key).values, getattr(uneven, key).values
        np.testing.assert_allclose(now, was, rtol=rtol, atol=atol, err_msg=key)


def test_time_within_one_percent_is_even(scene: SceneMaker, recwarn):
    compute_perfusion_maps(*scene(times=jittered(0.008)))
    assert not recwarn.list


TWO_SPEEDS = np.r_[np.arange(60.0), np.arange(60, 121, 3.0)]
SLOW_FAST_SLOW = np.r_[np.arange(0, 15, 3.0), np.arange(15.0, 45), np.arange(45, 181, 3.0)]
ONE_LOST = np.delete(1.5 * np.arange(81), 40)


@pytest.mark.parametrize("times", [TWO_SPEEDS, SLOW_FAST_SLOW, ONE_LOST], ids=["2", "3", "lost"])
@pytest.mark.parametrize("method", METHODS)
def test_fault_74_times_of_several_speeds_give_the_even_maps(scene: SceneMaker, method, times):
    """As a scan has them that was as fast throughout: the truth is 4 mL/100g at any speed."""
    step = float(np.diff(times).min())
    even = compute_perfusion_maps(
        *scene(delays=(0.0, 3.0), times=np.arange(0, times[-1], step)), deconvolution_method=method
    )
    with pytest.warns(DscWarning, match=rf"Time steps run from {step:g} to .*to {step:g} s\."):
        uneven = compute_perfusion_maps(
            *scene(delays=(0.0, 3.0), times=times), deconvolution_method=method
        )
    area = 0.01 if method in CENTRAL else 0.03  # or a mean over tissues, each a little otherwise
    np.testing.assert_allclose(uneven.cbv.values, 4.0, rtol=area)
    for key, rtol, atol in [("cbf", 0.03, 0), ("mtt", 0.03, 0), ("ttp", 0, 0.2), ("tmax", 0, 0.2)]:
        was, now = getattr(even, key).values, getattr(uneven, key).values
        np.testing.assert_allclose(now, was, rtol=rtol, atol=atol, err_msg=key)


# --- refused -----------------------------------------------------------------------------------

T = 80  # volumes of the scene


def spoilt(values, at, value):
    values = np.array(values, dtype=float)
    values[at] = value
    return values


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"aif": np.ones(T - 1)}, r"aif must have shape \(80,\).*got \(79,\)"),
        ({"aif": np.ones((T, 1))}, r"aif must have shape \(80,\).*got \(80, 1\)"),
        ({"aif": spoilt(np.ones(T), 4, np.nan)}, "aif must be finite, got nan at volume 4"),
        ({"aif": spoilt(np.ones(T), 9, np.inf)}, "aif must be finite, got inf at volume 9"),
        ({"aif": np.zeros(T)}, r"AIF integral is non-positive \(got 0\).*Choose arterial"),
        ({"aif": -np.ones(T)}, "AIF integral is non-positive"),
        ({"time": np.arange(T - 2)}, r"time must have shape \(80,\).*got \(78,\)"),
        ({"time": spoilt(np.arange(T), 5, np.nan)}, "time must be finite, got nan at volume 5"),
        ({"time": np.zeros(T)}, r"time must increase, got 0 s then 0 s at volume 1"),
        ({"time": -np.arange(T)}, "time must increase.*Sort"),
        ({"time": spoilt(np.arange(T), 7, 7.97)}, "between volumes 7 and 8. One of them is there"),
        ({"time": spoilt(np.arange(T), 79, 179)}, "time must have no gap above 60 s, got 101 s"),
        ({"mask": np.ones(3)}, r"mask must have shape \(1,\).*got \(3,\)"),
        ({"mask": np.ones((1, T))}, r"mask must have shape \(1,\).*got \(1, 80\)"),
        ({"mask": [False]}, "mask must hold at least one voxel, got none"),
        ({"svd_threshold": 1.0}, r"svd_threshold must lie in \[0, 1\), got 1.*0.2 is usual"),
        ({"svd_threshold": -0.1}, r"svd_threshold must lie in \[0, 1\), got -0.1"),
        ({"svd_threshold": np.nan}, r"svd_threshold must lie in \[0, 1\), got nan"),
        ({"density": 0.0}, "density must be positive, got 0. Brain has about 1.04"),
        ({"density": np.nan}, "density must be positive, got nan"),
        ({"density": np.inf}, "density must be positive, got inf"),
        ({"hematocrit_ratio": 0.0}, r"hematocrit_ratio must lie in \(0, 1.5\], got 0"),
        ({"hematocrit_ratio": -0.7}, r"hematocrit_ratio must lie in \(0, 1.5\], got -0.7"),
        ({"hematocrit_ratio": 1.8}, r"got 1.8.*\(1 - Hct of large"),
        ({"hematocrit_ratio": np.nan}, "hematocrit_ratio .* got nan"),
        (
            {"deconvolution_method": "SVD"},
            f"deconvolution_method .* {', '.join(DECONVOLVERS)}, got 'SVD'",
        ),
        ({"oscillation_index": 0.0}, "oscillation_index must be positive, got 0"),
        ({"signal": np.ones((2, T))}, r"signal must have the shape of delta_r2, \(1, 80\)"),
        (
            {"delta_r2": 3.0},
            r"delta_r2 must be real, of shape \(..., T\), got float64 of shape \(\)",
        ),
    ],
)
def test_what_cannot_be_computed_is_named(scene: SceneMaker, change, message):
    """An error names the argument, the value found and the remedy."""
    curves, aif, time = scene()
    arguments = {"delta_r2": curves, "aif": aif, "time": time} | change
    with pytest.raises(DscError, match=message):
        compute_perfusion_maps(**arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"aif": np.ones(3)}, "aif must have shape"),
        ({"aif": np.zeros(T)}, "AIF integral is non-positive"),
        ({"time": np.zeros(T)}, "time must increase"),
        ({"hematocrit_ratio": 0.0}, "hematocrit_ratio must lie"),
    ],
)
def test_volume_refuses_what_maps_refuse(scene: SceneMaker, change, message):
    curves, aif, time = scene()
    arguments = {"delta_r2": curves, "aif": aif, "time": time} | change
    with pytest.raises(DscError, match=message):
        compute_cbv(**arguments)


@pytest.mark.parametrize("density", [0.85, 1.3])
def test_an_unusual_density_is_said(scene: SceneMaker, density):
    with pytest.warns(DscWarning, match=f"density of {density:g} g/mL is unusual"):
        compute_perfusion_maps(*scene(), density=density)
