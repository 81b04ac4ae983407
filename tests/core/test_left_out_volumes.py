"""Volumes that are no part of the scan, and boluses that are told by their shape."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, phantom
from napari_dsc.core.bolus_passages import passages
from napari_dsc.core.left_out_volumes import Odd, bridged, odd_volumes, retained, stretches
from napari_dsc.core.maps import compute_cbv
from napari_dsc.core.mask_rows import curves_of, values_at
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, propose, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.scan_checks import doubtful_order
from napari_dsc.core.signal import (
    bolus_arrival,
    brain_mask,
    brain_passages,
    propose_baseline,
)
from napari_dsc.core.types import Series

TRUE_CBV = 6.2  # mL/100g, of grey matter


@pytest.fixture(scope="module")
def patient():
    return phantom((32, 32, 4), 60, seed=11)


def spoilt(signal, how, volume, random):
    """A scan one volume of which is not what it should be."""
    made = signal.astype(np.float32)
    here = made[..., volume]
    if how == "blank":
        here[:] = 0
    elif how == "not a number":
        here[:] = np.nan
    elif how == "upper half missing":
        here[:, :, 2:] = 0
    elif how == "one slice missing":
        here[:, :, 1] = 0
    elif how == "anterior half missing":
        here[:, 16:] = 0
    elif how == "dimmed":
        here *= 0.6
    elif how == "bright":
        here *= 2.5
    elif how == "another image":
        here[:] = random.uniform(0, 1000, here.shape)
    elif how == "turned":
        here[:] = here[::-1, ::-1].copy()
    return made


KINDS = (
    "blank",
    "not a number",
    "upper half missing",
    "one slice missing",
    "anterior half missing",
    "dimmed",
    "bright",
    "another image",
    "turned",
)


@pytest.mark.parametrize("volume", [6, 20, 33, 58, 59])
@pytest.mark.parametrize("how", KINDS)
def test_fault_38_a_spoilt_volume_is_found_left_out_and_named(patient, how, volume):
    """In the baseline, in the bolus, in the tail, at the end: its number is that of the file."""
    signal = spoilt(patient.series.signal, how, volume, np.random.default_rng(2))
    found = propose(replace(patient.series, signal=signal), patient.brain)
    assert found.left_out == (volume,)
    assert f"Volume {volume} (counted from 0)" in found.notices[0]
    whole = propose(patient.series, patient.brain)
    assert found.baseline == whole.baseline
    assert not found.questions


@pytest.mark.parametrize(("how", "volume"), [("blank", 59), ("dimmed", 59), ("bright", 24)])
def test_fault_38_maps_are_those_of_the_rest(patient, how, volume):
    """The volume of blood does not hang on one volume of the scan."""
    signal = spoilt(patient.series.signal, how, volume, np.random.default_rng(2))
    series = replace(patient.series, signal=signal)
    grey = patient.tissue == Tissue.GREY
    for settings in (Settings(), Settings(baseline=(2, 12))):
        made = finished(stages(series, patient.artery, patient.brain, settings))
        assert made.prepared.series.left_out == (volume,)
        assert any(f"Volume {volume}" in words for words in made.notices)
        assert np.nanmedian(made.maps.cbv.values[grey]) == pytest.approx(TRUE_CBV, rel=0.05)
        assert made.settings.baseline is not None
        assert made.time.size == 60 - made.settings.baseline[0] - (volume == 59)


@pytest.mark.parametrize("step", [1.0, 1.5, 2.0, 2.5, 3.0])
@pytest.mark.parametrize("snr", [20, 50, np.inf])
def test_fault_38_nothing_is_left_out_of_a_sound_scan(step, snr):
    """A bolus of few volumes is none that stands out."""
    sound = phantom((32, 32, 4), int(90 / step), snr=snr, seed=5, repetition_time=step)
    found = propose(sound.series, sound.brain)
    assert found.left_out == ()
    assert found.boluses == ()
    assert not found.questions


@pytest.mark.parametrize("pulsation", [0.006, 0.02])
def test_fault_38_pulsation_is_no_spoilt_volume(pulsation):
    random = np.random.default_rng(8)
    one = phantom((32, 32, 4), 120, snr=50, repetition_time=1.0)
    beating = one.series.signal * (1 + pulsation * random.standard_normal(120))
    found = propose(replace(one.series, signal=beating), one.brain)
    assert found.left_out == ()
    assert not found.questions


def test_fault_38_what_is_lost_of_the_first_pass_is_told(patient):
    """Two volumes at its peak: the line between their neighbours is lower than the bolus."""
    signal = patient.series.signal.copy()
    signal[..., 20:22] = 0
    series = replace(patient.series, signal=signal)
    made = finished(stages(series, patient.artery, patient.brain, Settings()))
    assert any("Volumes 20 to 21 of the first pass" in words for words in made.notices)
    later = patient.series.signal.copy()
    later[..., 50:52] = 0
    series = replace(patient.series, signal=later)
    made = finished(stages(series, patient.artery, patient.brain, Settings()))
    assert not any("first pass" in words for words in made.notices)


def test_fault_43_many_odd_volumes_are_an_odd_scan(patient):
    """Nothing is left out in silence by the dozen."""
    signal = patient.series.signal.astype(np.float32)
    signal[..., 5::4] = 0
    found = odd_volumes(curves_of(signal, patient.brain), np.zeros(patient.brain.sum(), int))
    assert found == ()


def test_what_is_left_out_within_a_scan_lies_on_a_line_of_its_neighbours():
    """Straight in ΔR2*, at the times that are known; the end is not made up."""
    time = np.array([0.0, 1.0, 2.0, 4.0, 5.0])
    signal = np.exp(-time)[None]
    spoiled = signal.copy()
    spoiled[0, 2] = 7
    assert bridged(spoiled, [2], time) == pytest.approx(signal)
    assert bridged(signal, []) is signal
    assert retained(10, 2, [3, 8, 9]) == slice(2, 8)
    assert stretches([9, 3, 8]) == [(3, 4), (8, 10)]
    dark = np.array([[0, 5, 8]], np.int16)
    assert bridged(dark, [1])[0].tolist() == [0.0, 4.0, 8.0]


def two_boluses(dose):
    """A preload of some of the dose, 72 s before the bolus."""
    first, second = (
        phantom((32, 32, 4), n, snr=snr, seed=seed)
        for n, snr, seed in ((50, np.inf, 0), (60, 100.0, 2))
    )
    one = np.maximum(first.series.signal[..., 2:].astype(float), 1)
    level = one[..., :8].mean(-1, keepdims=True)
    both = np.concatenate([level * (one / level) ** dose, second.series.signal[..., 2:]], -1)
    time = 1.5 * np.arange(both.shape[-1])
    return first, replace(first.series, signal=np.rint(both).astype(np.int16), time=time)


@pytest.mark.parametrize("dose", [0.25, 0.5, 1.0, 2.0])
def test_fault_40_of_two_boluses_one_is_chosen(dose):
    """Which is asked; each of them then gives the volume that is true."""
    patient, series = two_boluses(dose)
    asked = propose(series, patient.brain)
    assert len(asked.boluses) == 2
    assert "choose which" in asked.questions[0]
    with pytest.raises(DscError, match="passages of a bolus"):
        finished(stages(series, patient.artery, patient.brain, Settings()))
    grey = patient.tissue == Tissue.GREY
    for bolus in (0, 1):
        chosen = propose(series, patient.brain, bolus)
        assert not chosen.questions
        taken = replace(series, left_out=chosen.left_out)
        settings = Settings(baseline=chosen.baseline)
        made = finished(stages(taken, patient.artery, patient.brain, settings))
        assert np.nanmedian(made.maps.cbv.values[grey]) == pytest.approx(TRUE_CBV, rel=0.05)
    with pytest.raises(DscError, match="bolus must be one of the 2"):
        propose(series, patient.brain, 2)


@pytest.mark.parametrize(("height", "count"), [(0.08, 1), (0.25, 2), (1.0, 2)])
def test_recirculation_is_no_second_bolus(height, count):
    """What rises to less than 15 % of the first passage, or soon after it, is part of it."""
    assert len(passages(phantom((8, 8, 2), 80).aif, 1.5)) == 1
    time = np.arange(90.0)
    first, again = (np.exp(-0.5 * ((time - at) / 3) ** 2) for at in (20, 60))
    assert len(passages(first + height * again, 1.0)) == count
    soon = np.exp(-0.5 * ((time - 35) / 3) ** 2)
    assert len(passages(first + height * soon, 1.0)) == 1


def test_fault_44_the_arrival_is_that_of_the_passage():
    """On an artery's curve, too: the end of a drift lies higher than the bolus."""
    time = np.arange(80.0)
    bolus = np.exp(-0.5 * ((time - 30) / 3) ** 2)
    drift = 1.6 * np.clip(time - 45, 0, None) / 34
    assert bolus_arrival(bolus + drift) == bolus_arrival(bolus)


@pytest.mark.parametrize("drift", [-0.25, -0.1, 0.1, 0.25])
def test_fault_44_the_end_of_a_drift_is_no_bolus(patient, drift):
    """A signal that falls or rises through the scan by more than the bolus is deep."""
    mean = curves_of(patient.series.signal, patient.brain).mean(axis=0)
    drifting = mean * (1 + drift * np.linspace(0, 1, mean.size) ** 2)
    (one,), (true,) = brain_passages(drifting, 1.5), brain_passages(mean, 1.5)
    assert abs(one.peak - true.peak) <= 1
    assert abs(propose_baseline(drifting, 1.5).stop - propose_baseline(mean, 1.5).stop) <= 1


def test_fault_42_a_baseline_begins_after_a_step(patient):
    """A gain that changed in the baseline: what was before is discarded."""
    mean = curves_of(patient.series.signal, patient.brain).mean(axis=0)
    mean[:7] *= 1.2
    assert propose_baseline(mean, 1.5) == slice(7, 13)


def test_fault_42_a_baseline_that_is_not_flat_is_told(patient):
    settings = Settings(baseline=(0, 10))
    made = finished(stages(patient.series, patient.artery, patient.brain, settings))
    (told,) = (words for words in made.notices if "not flat" in words)
    assert "volumes 0, 1 (counted from 0)" in told


def test_fault_41_a_baseline_that_holds_the_bolus_is_refused(patient):
    """By the number of the volume; after somebody has looked at it, it is a notice."""
    settings = Settings(baseline=(2, 25))
    with pytest.raises(DscError, match=r"before the bolus.* got volumes 2 to 24.* End it"):
        finished(stages(patient.series, patient.artery, patient.brain, settings))
    checked = replace(patient.series, checked=True)
    made = finished(stages(checked, patient.artery, patient.brain, settings))
    assert any("before the bolus" in words for words in made.notices)


@pytest.mark.parametrize(
    "cut",
    [
        (slice(8, 24), slice(5, 27)),
        (slice(6, 26), slice(3, 29)),
        (slice(12, 22), slice(10, 22)),
    ],
)
def test_fault_45_of_a_scan_that_was_cropped_everything_is_brain(patient, cut):
    """Without air in it, nothing is darker than brain."""
    level = patient.series.signal[..., 5:9].mean(axis=-1)[cut]
    brain, found = patient.brain[cut], brain_mask(level)
    assert (found & brain).sum() > 0.95 * brain.sum()


@pytest.mark.parametrize("count", [60, 240, 480])
def test_fault_46_a_long_scan_is_not_out_of_order(count):
    """What tells of order does not grow with the number of volumes; a shuffled scan is refused."""
    random = np.random.default_rng(1)
    one = phantom((32, 32, 4), count, repetition_time=1.0)
    beating = one.series.signal * (1 + 0.006 * random.standard_normal(count))
    assert not propose(replace(one.series, signal=beating), one.brain).questions
    shuffled = beating[..., random.permutation(count)]
    assert propose(replace(one.series, signal=shuffled), one.brain).questions


def test_fault_47_smooth_slices_are_not_taken_for_time():
    """A small smooth head resembles itself from slice to slice; exchanged axes do more so."""
    one = phantom((32, 32, 4), 80)
    mean = curves_of(one.series.signal, one.brain).mean(axis=0)[2:]
    assert doubtful_order(one.series.signal, mean) == ()
    shuffled = mean[np.random.default_rng(3).permutation(mean.size)]
    (told,) = doubtful_order(one.series.signal, shuffled)
    assert "out of order" in told
    exchanged = np.moveaxis(phantom((32, 32, 24), 40).series.signal, 2, 3)
    assert doubtful_order(exchanged, mean)


def test_a_passage_is_told_from_noise_and_from_a_step():
    """Nothing that does not fall again, nothing within the noise."""
    random = np.random.default_rng(4)
    assert passages(np.full(40, np.nan)) == ()
    assert passages(np.where(np.arange(60) > 30, 1.0, 0.0)) == ()
    bolus = np.exp(-0.5 * ((np.arange(80) - 40) / 4) ** 2)
    (found,) = passages(bolus + 0.02 * random.standard_normal(80), 1.0)
    assert abs(found.peak - 40) <= 2
    assert found.arrival < 33


def test_an_odd_volume_has_a_number_and_a_reason():
    values = np.full((80, 30), 100.0)
    values[:, 12] = 0
    assert odd_volumes(values, np.zeros(80, int)) == (Odd(12, "blank"),)


def test_slices_are_those_of_the_scan(patient):
    """The reason names how many slices lack something, of those that hold brain."""
    signal = patient.series.signal.copy()
    signal[:, :, 3, 40] = 0
    slices = np.broadcast_to(np.arange(4), patient.brain.shape)
    rows = curves_of(signal, patient.brain)
    (found,) = odd_volumes(rows, values_at(slices, patient.brain))
    assert found == Odd(40, "1 of 4 slices of the brain blank or cut off")


def test_the_volume_by_areas_needs_no_maximum():
    """`compute_cbv` is the specification's: nothing is left out of what it is given."""
    curve = np.array([0.0, 1, 4, 2, 0])
    assert compute_cbv(curve[None], curve, np.arange(5.0)) == pytest.approx([0.73])


def test_a_series_keeps_what_was_left_out():
    made = Series(signal=np.ones((1, 4)), time=None, echo_time=None, affine=None, left_out=(3,))
    assert made.settled(repetition_time=1.5).left_out == (3,)
