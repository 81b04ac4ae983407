"""Slices are measured one after the other: what is told of arrival is told of the true time."""

import hashlib
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, DscError, phantom
from napari_dsc.core.maps import residue_at
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.pipeline import (
    Preview,
    Settings,
    Slice,
    compare,
    explore_threshold,
    prepare,
    propose_artery,
    sensitivity,
    stages,
)
from napari_dsc.core.progress import finished
from napari_dsc.core.slice_timing import later, moved
from napari_dsc.core.types import Series
from tests.core.conftest import CIRCULANT

SHAPE, STEP = (40, 40, 6), 1.5
INTERLEAVED = (0.0, 0.75, 0.25, 1.0, 0.5, 1.25)
MULTIBAND = (0.0, 0.5, 1.0, 0.0, 0.5, 1.0)
METHODS = tuple(DECONVOLVERS)


@cache
def patient(times, snr=np.inf):
    """The same head, its slices measured at once or one after the other."""
    return phantom(SHAPE, snr=snr, slice_times=times)


@cache
def maps_of(times, method, corrected=True, snr=np.inf):
    one = patient(times, snr)
    settings = Settings(method=DECONVOLVERS[method](), baseline=(2, 13), slice_timing=corrected)
    return finished(stages(one.series, one.artery, one.brain, settings))


def off_by(times, method, corrected, key, snr=np.inf):
    """Mean modulus of what differs from the patient whose slices are measured at once."""
    tissue = np.isin(patient(times).tissue, (2, 3, 5))
    now, was = (
        getattr(maps_of(*given, method, *rest, snr=snr).maps, key).values[tissue]
        for given, rest in (((times,), (corrected,)), ((None,), ()))
    )
    change = (now / was - 1) if key in ("cbf", "cbv") else now - was
    return float(np.nanmean(np.abs(change)))


@pytest.mark.parametrize("times", [INTERLEAVED, MULTIBAND], ids=["interleaved", "multiband"])
@pytest.mark.parametrize("method", CIRCULANT)
def test_arrival_is_that_of_the_true_time(method, times):
    """Within 0.05 s; without the correction it is off by more than 0.3 s."""
    for key in ("tmax", "delay"):
        assert off_by(times, method, True, key) < 0.05
        assert off_by(times, method, False, key) > 0.3
    assert off_by(times, method, True, "ttp") < 0.15
    assert off_by(times, method, False, "ttp") > 0.4


@pytest.mark.parametrize("times", [INTERLEAVED, MULTIBAND], ids=["interleaved", "multiband"])
def test_tikhonov_is_nearer_to_the_true_time(times):
    """At SNR 50 its own scatter is that of the noise; the slices do not add to it."""
    tissue = np.isin(patient(times).tissue, (2, 3))

    def by_slice(given, corrected, key):
        values = getattr(maps_of(given, "Tikhonov", corrected, 50.0).maps, key).values
        kept = np.where(tissue, values, np.nan)
        return np.nanmedian(kept.reshape(-1, SHAPE[2]), axis=0)

    for key in ("tmax", "delay"):
        truth = by_slice(None, True, key)
        assert np.abs(by_slice(times, True, key) - truth).max() < 0.25
        assert np.abs(by_slice(times, False, key) - truth).max() > 0.4
    ratio = by_slice(times, True, "cbf") / by_slice(None, True, "cbf")
    np.testing.assert_allclose(ratio, 1, atol=0.06)


@pytest.mark.parametrize("times", [INTERLEAVED, MULTIBAND], ids=["interleaved", "multiband"])
def test_flow_that_feels_a_delay_is_right_too(times):
    """sSVD: within 1 % in the mean, where it was 3 to 5 % off."""
    assert off_by(times, "sSVD", True, "cbf") < 0.012
    assert off_by(times, "sSVD", False, "cbf") > 0.025


@pytest.mark.parametrize("method", METHODS)
def test_equal_or_unknown_slice_times_change_no_byte(method):
    one = patient(None)

    def digest(series, **options):
        settings = Settings(method=DECONVOLVERS[method](), baseline=(2, 13), **options)
        made = finished(stages(series, one.artery, one.brain, settings))
        whole = b"".join(each.values.tobytes() for each in made.maps)
        assert made.maps.quality is not None
        whole += made.maps.quality.tobytes() + made.aif.curve.tobytes()
        assert not any("Slice times" in words for words in made.notices)
        return hashlib.sha256(whole).hexdigest()

    known = digest(one.series)
    assert digest(one.series, slice_timing=False) == known
    assert digest(replace(one.series, slice_times=np.full(SHAPE[2], 0.3))) == known


def test_the_switch_and_the_words():
    """Corrected unless somebody says no; said either way."""
    for corrected, words in ((True, "are corrected"), (False, "known and not corrected")):
        told = maps_of(INTERLEAVED, "cSVD", corrected).notices
        (said,) = (one for one in told if one.startswith("Slice times (0 to 1.25 s"))
        assert words in said
    off = maps_of(INTERLEAVED, "cSVD", False)
    plain = patient(INTERLEAVED)
    blind = replace(plain.series, slice_times=None)
    never = finished(stages(blind, plain.artery, plain.brain, off.settings))
    for one, other in zip(off.maps, never.maps, strict=True):
        np.testing.assert_array_equal(one.values, other.values)


def test_the_bolus_arrives_at_the_true_time():
    """The brain's mean lies at the mean time of its voxels, the volumes at that of their first."""
    brain = patient(INTERLEAVED).brain
    mean = np.average(INTERLEAVED, weights=brain.sum(axis=(0, 1)))
    on, off = (maps_of(INTERLEAVED, "cSVD", corrected).arrival for corrected in (True, False))
    assert on - off == pytest.approx(mean)


def test_what_was_prepared_serves_its_own_slice_times_only():
    one = patient(INTERLEAVED)
    made = finished(prepare(one.series, one.brain, (2, 13)))
    assert made.serves(one.series, one.brain, (2, 13))
    for times in (None, np.array(MULTIBAND)):
        assert not made.serves(replace(one.series, slice_times=times), one.brain, (2, 13))


def test_what_is_known_already_gives_the_same_bytes():
    """Switched on and off again on one preparation."""
    one = patient(INTERLEAVED)
    known = None
    for corrected in (True, False, True, True):
        expected = maps_of(INTERLEAVED, "oSVD", corrected)
        settings = replace(expected.settings)
        found = finished(stages(one.series, one.artery, one.brain, settings, known=known))
        known = found.prepared
        assert found.arrival == pytest.approx(expected.arrival, abs=1e-9)
        for was, now in zip(expected.maps, found.maps, strict=True):
            np.testing.assert_array_equal(now.values, was.values)


@pytest.mark.parametrize("method", ["oSVD", "Tikhonov"])
def test_neither_threads_nor_the_first_slice_change_a_byte(method, monkeypatch):
    one = patient(INTERLEAVED)
    expected = maps_of(INTERLEAVED, method)
    for cores, at in ((1, 4), (7, 0)):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        work = stages(
            one.series,
            one.artery,
            one.brain,
            expected.settings,
            known=expected.prepared,
            first=Slice(2, at),
        )
        shown, made = [], None
        while made is None:
            try:
                step = next(work)
            except StopIteration as done:
                made = done.value
            else:
                shown += [step] if isinstance(step, Preview) else []
        for was, now, early in zip(expected.maps, made.maps, shown[-1].maps, strict=True):
            np.testing.assert_array_equal(now.values, was.values)
            np.testing.assert_array_equal(early.values, was.values[:, :, at])


def test_slices_may_lie_along_any_axis():
    one = patient(INTERLEAVED)
    turned = replace(
        one.series, signal=np.moveaxis(one.series.signal, 2, 0), slice_axis=0, affine=None
    )
    artery, brain = (np.moveaxis(mask, 2, 0) for mask in (one.artery, one.brain))
    expected = maps_of(INTERLEAVED, "cSVD")
    found = finished(stages(turned, artery, brain, expected.settings))
    for was, now in zip(expected.maps, found.maps, strict=True):
        np.testing.assert_allclose(np.moveaxis(now.values, 0, 2), was.values, rtol=2e-4, atol=2e-3)


def test_a_residue_under_the_lens_is_the_one_of_the_maps():
    one, made = patient(INTERLEAVED), maps_of(INTERLEAVED, "oSVD")
    read = residue_at(made.prepared.tissue, made.aif.curve, made.settings.method)
    for label in (2, 3, 5):
        for at in (1, 5):
            voxel = *map(int, np.argwhere(one.tissue[:, :, at] == label)[0]), at
            one_voxel = np.zeros_like(one.brain)
            one_voxel[voxel] = True
            (curve,) = made.prepared.curves[values_at(one_voxel, one.brain)]
            offset = made.prepared.offset_of(voxel)
            assert offset == pytest.approx(INTERLEAVED[at])
            found = read(curve, offset)
            assert found.tmax == pytest.approx(made.maps.tmax.values[voxel], abs=2e-3)
            assert found.delay == pytest.approx(made.maps.delay.values[voxel], abs=2e-3)


def test_studies_use_the_same_slice_times():
    """A comparison with itself, a voxel less, and the threshold of today give today's maps."""
    one, made = patient(INTERLEAVED), maps_of(INTERLEAVED, "cSVD")
    bare = finished(prepare(one.series, one.brain, (2, 13)))
    aif = made.aif
    same = finished(compare(bare, aif, aif, made.settings, {}))
    row = same.rows[0]
    stands = made.maps.cbf.quality_mask
    assert row.first.cbf == pytest.approx(made.maps.cbf.values[stands].mean(dtype=float), rel=1e-5)
    grey = one.tissue == 2
    sweep = finished(explore_threshold(bare, aif, made.settings, grey))
    today = made.maps.cbf.values[stands & grey].mean(dtype=float)
    assert sweep.cbf[sweep.today] == pytest.approx(today, rel=1e-5)
    plain = explore_threshold(bare, aif, replace(made.settings, slice_timing=False), grey)
    other = finished(plain)
    assert not np.allclose(sweep.oscillation, other.oscillation, rtol=1e-6, equal_nan=True)
    few = np.zeros_like(one.artery)
    few[tuple(np.argwhere(one.artery)[:2].T)] = True
    chosen = finished(stages(one.series, few, one.brain, made.settings))
    volume = np.prod(np.abs(np.diag(one.series.affine)[:3])) / 1000
    assert chosen.maps.tmax is not None
    late = chosen.maps.tmax.values[chosen.maps.tmax.quality_mask] > 6
    assert finished(sensitivity(bare, few, made.settings)).chosen == pytest.approx(
        late.sum() * volume, rel=1e-6
    )


def test_the_artery_counts_at_the_times_of_the_volumes():
    """Also a proposal, of whose voxels each lies in a slice of its own time."""
    one = patient(INTERLEAVED)
    known = np.interp(one.series.time, patient(None).series.time, patient(None).aif)[2:]
    drawn = maps_of(INTERLEAVED, "cSVD").aif.curve
    assert np.abs(drawn - known).max() < 0.03 * known.max()
    raw = maps_of(INTERLEAVED, "cSVD", False).aif.curve
    assert np.abs(raw - known).max() > 0.08 * known.max()
    found = finished(propose_artery(one.series, one.brain, (2, 13)))
    here = finished(stages(one.series, found.voxels, one.brain, Settings(baseline=(2, 13))))
    np.testing.assert_allclose(found.curve, here.aif.curve, rtol=1e-6, atol=1e-6)


def test_an_uneven_time_axis_and_slice_times_go_together(scene):
    """Tissue of one delay in slices of their own times, volumes that come up to 8 % off."""
    random = np.random.default_rng(2)
    time = np.arange(0, 90, STEP) + random.uniform(-0.04, 0.04, 60) * STEP
    signal = np.empty((2, 1, 6, 60))
    for at, offset in enumerate(INTERLEAVED):
        made = scene(times=time + offset, delays=(2.0,))
        signal[0, 0, at] = 1000 * np.exp(-0.03 * made.curves[0])
        signal[1, 0, at] = 1000 * np.exp(-0.03 * made.aif)
    series = Series(
        signal=signal,
        time=time,
        echo_time=0.03,
        affine=None,
        slice_times=np.array(INTERLEAVED),
    )
    artery = np.zeros((2, 1, 6), bool)
    artery[1, 0, [1, 4]] = True
    for method in CIRCULANT:
        settings = Settings(method=DECONVOLVERS[method](), baseline=(0, 12))
        spread = {}
        for corrected in (True, False):
            how = replace(settings, slice_timing=corrected)
            found = finished(stages(series, artery, None, how))
            assert any("resampled" in words for words in found.notices)
            assert found.maps.delay is not None
            spread[corrected] = np.ptp(found.maps.delay.values[0, 0])
        assert spread[True] < 0.25
        assert spread[False] > 0.9


def test_a_curve_at_other_times_is_the_curve_of_these_times(scene):
    """Forth by a spline, and back; a bolus of 4 s at a step of 1.5 s does not carry more."""
    time = np.arange(0, 90, STEP)
    curve, truth = (scene(times=time + shift).aif for shift in (0.0, 0.6))
    assert np.abs(curve @ later(time, 0.6) - truth).max() < 0.035 * truth.max()
    back = moved(truth[None], np.array([0.6]), time)[0]
    assert np.abs(back - curve).max() < 0.035 * curve.max()
    np.testing.assert_array_equal(moved(curve[None], np.zeros(1), time)[0], curve)


def test_a_missing_sample_stays_missing_where_it_is_nearest(scene):
    time = np.arange(0, 90, STEP)
    curve = scene(times=time + 0.6).aif[None].repeat(2, axis=0)
    curve[0, 20] = np.nan
    curve[1] = np.nan
    found = moved(curve, np.array([0.6, 1.2]), time)
    assert np.flatnonzero(~np.isfinite(found[0])).tolist() == [20]
    assert not np.isfinite(found[1]).any()


@pytest.mark.parametrize("times", [(0.0, 0.5), (0.0, 0.2, 0.4, 0.6, 0.8, 1.5), (-0.1,) * 6])
def test_a_patient_s_slice_times_lie_within_a_volume(times):
    with pytest.raises(DscError, match="slice_times must hold one time from 0 to"):
        phantom(SHAPE, slice_times=times)
