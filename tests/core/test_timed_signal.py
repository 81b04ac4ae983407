"""A signal that knows when its slices are measured, and curves that are corrected for it."""

import pickle
from copy import copy, deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import (
    Aif,
    DscWarning,
    compute_perfusion_maps,
    delta_r2_star,
    phantom,
)
from napari_dsc.core.deconvolution import Tikhonov
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.steady_state import unsteady_volumes
from napari_dsc.core.timed_signal import timing_of

TR, SLICES = 2.0, 4
TIMES = np.array([0.0, 1.5, 0.5, 1.0])


@pytest.fixture(scope="module")
def patient():
    return phantom((32, 32, SLICES), 50, snr=100.0, repetition_time=TR, slice_times=TIMES.tolist())


def delays(maps, patient):
    grey = patient.tissue == 2
    return [float(np.median(maps.delay.values[..., at][grey[..., at]])) for at in range(SLICES)]


def offsets_of(signal):
    """How much later than its volume each slice of some signal was measured, s."""
    timing = timing_of(signal)
    assert timing is not None
    return timing.offsets


def test_fault_68_python_is_the_command_line(patient):
    """Delay, slice by slice: what `delta_r2_star` makes is what the pipeline makes."""
    settings = Settings(method=Tikhonov(), baseline=(2, 9))
    run = finished(stages(patient.series, patient.artery, patient.brain, settings))
    signal, time = patient.series.signal[..., 2:], patient.series.time[2:]
    curves = delta_r2_star(signal, 0.03, 7)
    aif = np.nanmean(curves[patient.artery], axis=0)
    ours = compute_perfusion_maps(
        curves, aif, time, patient.brain, deconvolution_method="Tikhonov", baseline=7, signal=signal
    )
    assert len(repr(run)) < 20_000  # fault 104: with its maps and the scan in it
    assert delays(ours, patient) == pytest.approx(delays(run.maps, patient), abs=0.2)
    left = delta_r2_star(np.asarray(signal), 0.03, 7)
    uncorrected = compute_perfusion_maps(
        left,
        left[patient.artery].mean(axis=0),
        time,
        patient.brain,
        deconvolution_method="Tikhonov",
    )
    assert np.ptp(delays(uncorrected, patient)) > 1.2


def test_fault_63_a_curve_in_another_unit_is_told_by_the_volume_that_it_makes(patient):
    """Loaded in mmol/L without a title, it can be known by nothing else; in 1/s nothing is said."""
    settings = Settings(method=Tikhonov(), baseline=(2, 9))
    nowhere = np.zeros_like(patient.brain)
    for factor, said in ((1.0, False), (1 / 8, True), (1 / 120, True), (40.0, True)):
        loaded = Aif(curve=factor * patient.aif[2:], voxels=nowhere)
        run = finished(stages(patient.series, loaded, patient.brain, settings))
        assert any("may not be in the unit" in one for one in run.warnings) == said


def test_fault_68_slice_times_may_be_given(patient):
    """For curves that are at the times of their slices: the artery goes to them."""
    time = patient.series.time[2:]
    curves = delta_r2_star(patient.series.signal[..., 2:], 0.03, 7, slice_timing=False)
    method: dict[str, Any] = {"deconvolution_method": "Tikhonov"}
    maps = compute_perfusion_maps(
        curves, patient.aif[2:], time, patient.brain, slice_times=TIMES, **method
    )
    assert np.ptp(delays(maps, patient)) < 0.2
    turned = compute_perfusion_maps(
        np.swapaxes(curves, 0, 2), patient.aif[2:], time, np.swapaxes(patient.brain, 0, 2),
        slice_times=TIMES, slice_axis=0, **method,
    )  # fmt: skip
    np.testing.assert_allclose(
        np.swapaxes(turned.delay.values, 0, 2)[patient.brain],
        maps.delay.values[patient.brain], atol=1e-3,
    )  # fmt: skip


def test_fault_68_times_that_are_forgotten_or_counted_twice_are_said(patient):
    signal, time = patient.series.signal[..., 2:], patient.series.time[2:]
    own = delta_r2_star(signal, 0.03, 7, slice_timing=False)
    with pytest.warns(DscWarning, match="delta_r2 is not corrected for them"):
        compute_perfusion_maps(own, patient.aif[2:], time, patient.brain, signal=signal)
    moved = delta_r2_star(signal, 0.03, 7)
    with pytest.warns(DscWarning, match="Leave slice_times out"):
        compute_perfusion_maps(
            moved, patient.aif[2:], time, patient.brain, signal=signal, slice_times=TIMES
        )
    untimed = replace(patient.series, time=None)
    with pytest.warns(DscWarning, match="Settle the scan first"):
        delta_r2_star(untimed.signal, 0.03, 7)


@pytest.mark.parametrize(
    "key",
    [
        np.s_[..., 2:], np.s_[:, :, 1], np.s_[3:9, 4, 2], np.s_[5, 6, 3, ::2], np.s_[..., 1:3, 4:],
        np.s_[:, :, ::-1], np.s_[[3, 4], [5, 6], [1, 2]], np.s_[..., [0, 3, 4]], np.s_[-1],
    ],
    ids=str,
)  # fmt: skip
def test_fault_68_what_is_cut_out_knows_its_times(patient, key):
    """Curves of a part are the part of the curves, whatever the index."""
    signal = patient.series.signal
    part = signal[key]
    known, every = timing_of(part), np.asarray(signal)
    assert known is not None
    offsets = np.broadcast_to(TIMES[:, None], every.shape)
    assert known.time is not None
    np.testing.assert_allclose(np.broadcast_to(known.offsets[..., None], part.shape), offsets[key])
    times = np.broadcast_to(patient.series.time, every.shape)
    np.testing.assert_allclose(np.broadcast_to(known.time, part.shape), times[key])
    np.testing.assert_array_equal(np.asarray(part), every[key])


def test_fault_68_a_mask_keeps_the_times_and_a_sum_does_not(patient):
    signal = patient.series.signal
    rows = signal[patient.artery]
    np.testing.assert_allclose(offsets_of(rows), TIMES[np.nonzero(patient.artery)[2]])
    for made in (
        signal + 1,
        signal.mean(axis=-1),
        signal.T,
        np.moveaxis(signal, 0, 1),
        signal[..., 3],
    ):
        assert timing_of(made) is None
        assert timing_of(made[..., :2]) is None
    for same in (
        copy(signal),
        deepcopy(signal),
        pickle.loads(pickle.dumps(signal)),
        signal.astype("f8"),
    ):
        np.testing.assert_array_equal(offsets_of(same), offsets_of(signal))
    assert replace(patient.series, checked=True).signal is signal
    assert timing_of(replace(patient.series, slice_times=None).signal) is None
    slower = patient.series.settled(repetition_time=3.0)
    slow = timing_of(slower.signal)
    assert slow is not None
    np.testing.assert_array_equal(slow.time, slower.time)


def test_fault_68_volumes_before_the_steady_state_are_said(patient):
    """Whole or without a signal; silent once they are left out."""
    curves = delta_r2_star(np.asarray(patient.series.signal), 0.03, 8)
    aif, time = curves[patient.artery].mean(axis=0), patient.series.time
    with pytest.warns(DscWarning, match=r"first 2 volumes are brighter .* \[\.\.\., 2:\]"):
        compute_perfusion_maps(curves, aif, time, patient.brain)
    compute_perfusion_maps(curves[..., 2:], aif[2:], time[2:], patient.brain)


@pytest.mark.parametrize(
    ("first", "count"),
    [((0,), 0), ((-14,), 1), ((-14, -3), 2), ((3, 2), 0), ((-14, 0, 0, -3), 1), ((0, 0, -3), 0)],
)
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_fault_68_how_many_are_counted(first, count, noise):
    """Brighter ones only; not the noise of the baseline, not a bolus that comes at once."""
    random = np.random.default_rng(0)
    mean = np.r_[np.zeros(12), 8 * np.hanning(20), np.ones(20)] + noise * random.normal(size=52)
    mean[: len(first)] += first
    words = unsteady_volumes(mean, 12)
    assert words == "" if count == 0 else f"[..., {count}:]" in words
    assert unsteady_volumes(8 * np.hanning(40), 1) == ""
