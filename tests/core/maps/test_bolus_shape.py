"""Maps of the bolus's shape: closed forms, what they never depend on, and what they refuse."""

import pickle

import numpy as np
import pytest

from napari_dsc import DscError, NoArteryError, compute_bolus_maps, compute_perfusion_maps
from napari_dsc.core.quantities import BOLUS, COMPUTED, STANDARD
from napari_dsc.core.types import BolusMaps, DSCPerfusionMaps

TIME = np.arange(0.0, 90.0, 1.0)
ECHO = 0.03


def triangle(peak=6.0, rise=8.0, fall=12.0, start=20.0, time=TIME):
    """A bolus of straight lines: every one of its measures is known."""
    top, end = start + rise, start + rise + fall
    return np.interp(time, [start, top, end], [0.0, peak, 0.0], left=0.0, right=0.0)


def value(maps, key):
    """Number of a map of a single voxel."""
    return float(maps[key].values)


def test_a_triangle_has_its_peak_width_area_arrival_and_moment():
    """Closed forms; the parabola of a sharp peak is its sample."""
    maps = compute_bolus_maps(triangle(rise=8.0, fall=8.0), TIME, echo_time=ECHO)
    assert value(maps, "peak") == pytest.approx(6.0)
    assert value(maps, "ttp") == pytest.approx(28.0)
    assert value(maps, "fwhm") == pytest.approx(8.0)
    assert value(maps, "auc") == pytest.approx(6.0 * 16 / 2)
    assert value(maps, "arrival") == pytest.approx(20.0)
    assert value(maps, "first_moment") == pytest.approx(28.0)


def test_the_first_moment_of_a_skew_triangle_is_the_mean_of_its_corners():
    """And is no time of the peak."""
    maps = compute_bolus_maps(triangle(rise=6.0, fall=24.0), TIME)
    assert value(maps, "first_moment") == pytest.approx((20 + 26 + 50) / 3, abs=0.05)


@pytest.mark.parametrize(("end", "recovered"), [(0.0, 100.0), (2.0, None), (-1.0, None)])
def test_signal_recovery_is_that_of_the_signal(end, recovered):
    """100 (S_end - S_min)/(S_0 - S_min), read off a signal that was made: above 100 % too."""
    curve = triangle() + np.where(TIME >= 50, end, 0.0)
    signal = 800.0 * np.exp(-ECHO * curve)
    expected = 100 * (signal[-21:].mean() - signal.min()) / (800.0 - signal.min())
    found = value(compute_bolus_maps(curve, TIME, echo_time=ECHO), "psr")
    assert found == pytest.approx(expected)
    assert recovered is None or found == pytest.approx(recovered)
    assert (found > 100) == (end < 0)


def test_fault_333_signal_recovery_needs_an_end_after_the_first_pass():
    assert compute_bolus_maps(triangle(), TIME).get("psr") is None
    with pytest.warns(UserWarning, match="first pass is not over"):
        maps = compute_bolus_maps(triangle(), TIME, echo_time=ECHO, recovery=60.0)
    assert maps.get("psr") is None
    with pytest.warns(UserWarning, match="fewer than 3 volumes"):
        maps = compute_bolus_maps(triangle(), TIME, echo_time=ECHO, recovery=1.0)
    assert maps.get("psr") is None


def test_the_window_of_area_and_moment_is_the_one_that_was_given():
    """Recirculation behind it does not count; peak and width are those of the whole curve."""
    curve = triangle(rise=8.0, fall=8.0) + triangle(2.0, 8.0, 8.0, 45.0)
    narrow = compute_bolus_maps(curve, TIME, window=slice(10, 41))
    whole = compute_bolus_maps(curve, TIME)
    assert value(narrow, "auc") == pytest.approx(48.0)
    assert value(whole, "auc") == pytest.approx(64.0)
    assert value(narrow, "first_moment") == pytest.approx(28.0)
    assert value(whole, "first_moment") == pytest.approx((28 * 48 + 53 * 16) / 64)


def test_a_later_or_larger_bolus_changes_only_what_it_should():
    """Times move with it, heights and areas scale with it, and the width stays."""
    fine = np.arange(0.0, 120.0, 0.5)
    random = np.random.default_rng(5)
    shifts, scales = random.uniform(-6, 30, 300), random.uniform(0.2, 20, 300)
    shifts[0], scales[0] = 0.0, 1.0
    curves = np.stack(
        [
            scale * triangle(start=20 + shift, time=fine)
            for shift, scale in zip(shifts, scales, strict=True)
        ]
    )
    maps = compute_bolus_maps(curves, fine)
    for key in ("ttp", "arrival", "first_moment"):
        times = maps[key].values
        assert times - times[0] == pytest.approx(shifts, abs=0.3)
    for key in ("peak", "auc"):
        amounts = maps[key].values
        assert amounts / amounts[0] == pytest.approx(scales, rel=0.05)
    widths = maps["fwhm"].values
    assert widths == pytest.approx(widths[0], abs=0.4)


def test_times_count_from_the_arrival_of_the_mean_where_that_is_asked():
    curves = np.stack([triangle(start=20.0), triangle(start=20.0), triangle(start=24.0)])
    start = compute_bolus_maps(curves, TIME)
    later = compute_bolus_maps(curves, TIME, ttp_from="bolus arrival")
    for key in ("ttp", "arrival", "first_moment"):
        moved = start[key].values - later[key].values
        assert np.ptp(moved) == pytest.approx(0.0)
        assert 20.0 <= moved[0] <= 23.0
    for key in ("fwhm", "auc", "peak"):
        assert np.array_equal(start[key].values, later[key].values)


def test_slices_that_are_measured_later_have_later_times():
    curves = np.broadcast_to(triangle(), (1, 1, 2, TIME.size))
    maps = compute_bolus_maps(curves, TIME, slice_times=[0.0, 0.6])
    for key in ("ttp", "arrival", "first_moment"):
        early, late = maps[key].values.ravel()
        assert late - early == pytest.approx(0.6)


def test_a_curve_that_does_not_return_has_no_width():
    """NaN means no answer; what can be told of it is told."""
    curve = np.interp(TIME, [20.0, 28.0, 89.0], [0.0, 6.0, 4.0], left=0.0)
    maps = compute_bolus_maps(curve, TIME)
    assert np.isnan(value(maps, "fwhm"))
    assert value(maps, "peak") == pytest.approx(6.0, rel=0.02)


def test_noise_alone_is_rejected_and_a_bolus_in_noise_is_not():
    """Without an artery the mean curve stands for the bolus that a filter is matched to."""
    random = np.random.default_rng(3)
    noise = random.normal(0, 0.4, (4000, TIME.size))
    curves = noise + np.where(np.arange(4000) < 2000, 1.0, 0.0)[:, None] * triangle(4.0)
    stands = compute_bolus_maps(curves, TIME).quality_mask
    assert stands[:2000].mean() > 0.99
    assert stands[2000:].mean() < 0.02


def test_a_sample_that_is_missing_leaves_its_voxel_without_an_answer():
    curves = np.stack([triangle(), triangle()])
    curves[1, 30] = np.nan
    maps = compute_bolus_maps(curves, TIME, echo_time=ECHO)
    for one in maps:
        assert np.isfinite(one.values[0])
        assert np.isnan(one.values[1])
    assert maps.quality_mask.tolist() == [True, False]


def test_a_voxel_knows_nothing_of_the_others():
    """But for the mean curve, which tells only the flags."""
    random = np.random.default_rng(0)
    curves = triangle() * random.uniform(0.5, 2, (9000, 1)) + random.normal(0, 0.1, (9000, 90))
    whole, part = (compute_bolus_maps(one, TIME) for one in (curves, curves[:100]))
    for key in BOLUS:
        if key != "psr":
            assert np.allclose(whole[key].values[:100], part[key].values, rtol=1e-12)


def test_maps_without_an_artery_say_what_they_have_not():
    """In one sentence with a remedy; and they go round a copy."""
    maps = compute_bolus_maps(triangle(), TIME, echo_time=ECHO)
    assert isinstance(maps, DSCPerfusionMaps)
    assert [key for key, _ in maps.items()] == [key for key in COMPUTED if key in BOLUS]
    for key in ("cbv", "cbf", "mtt"):
        with pytest.raises(NoArteryError, match="must have an arterial input function"):
            getattr(maps, key)
        assert maps.get(key) is None
    assert maps.blood_volume.symbol == "AUC"
    again = pickle.loads(pickle.dumps(maps))
    assert isinstance(again, BolusMaps)
    assert [one.symbol for one in again] == [one.symbol for one in maps]
    assert "AUC" in repr(again)


def test_they_stand_beside_the_others_on_request():
    """With the same numbers, and the others to the byte as they are without."""
    curves = np.stack([triangle(), 2 * triangle()])
    aif = triangle(30.0, 4.0, 6.0, 16.0)
    plain = compute_perfusion_maps(curves, aif, TIME)
    both = compute_perfusion_maps(curves, aif, TIME, bolus_maps=True, echo_time=ECHO)
    alone = compute_bolus_maps(curves, TIME, echo_time=ECHO)
    assert [key for key, _ in plain.items()] == list(STANDARD)
    assert [key for key, _ in both.items()] == [
        key for key in COMPUTED if key in {**STANDARD, **BOLUS}
    ]
    for key, one in plain.items():
        assert np.array_equal(one.values, both[key].values, equal_nan=True)
    for key in BOLUS:
        assert np.allclose(both[key].values, alone[key].values)


def test_areas_are_proportional_to_blood_volume():
    """Whatever the artery."""
    random = np.random.default_rng(1)
    curves = triangle() * random.uniform(0.5, 4, (50, 1))
    maps = compute_perfusion_maps(curves, triangle(30.0, 4.0, 6.0, 16.0), TIME, bolus_maps=True)
    ratio = maps.more["auc"].values / maps.cbv.values
    assert np.ptp(ratio) < 1e-9 * ratio.mean()


@pytest.mark.parametrize("recovery", [0.0, -5.0, 1000.0, np.nan])
def test_an_end_that_is_none_is_refused(recovery):
    with pytest.raises(DscError, match="recovery must"):
        compute_bolus_maps(triangle(), TIME, echo_time=ECHO, recovery=recovery)
