"""What is proposed for a digital patient: volumes to discard, baseline, arrival, brain."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import phantom
from napari_dsc.core.deconvolution import CirculantSvd
from napari_dsc.core.pipeline import Settings, propose

CIRCULANT = Settings(method=CirculantSvd())
UNSATURATED = 2  # volumes before the steady state, of a digital patient


def head(volume, *, step=1.5, snr=np.inf, seed=0, n_volumes=60):
    """Digital patient whose arteries fill at a volume."""
    return phantom((24, 24, 4), n_volumes, snr, seed, repetition_time=step, arrival=volume * step)


def crossing(volume, step, n_volumes=60):
    """Where, in volumes, the brain's mean curve reaches 5 % of its peak: no noise, no proposal."""
    patient = head(volume, step=step, n_volumes=n_volumes)
    signal = patient.series.signal[patient.brain].astype(float)
    rate = -np.log(signal / signal[:, [UNSATURATED]]).mean(axis=0)[UNSATURATED:]
    level = 0.05 * rate.max()
    after = int(np.argmax(rate >= level))
    return UNSATURATED + after - (rate[after] - level) / (rate[after] - rate[after - 1])


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


# --- arrival and baseline ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("volume", "step", "snr"),
    [
        (volume, step, (50.0, 100.0)[(volume + at) % 2])  # each pair of the three
        for volume in range(6, 26)
        for at, step in enumerate((1.0, 1.5, 2.0))
    ],
)
def test_arrival_is_within_one_volume(analyse, volume, step, snr):
    """With nothing but the scan and an artery: arrival, discard and baseline are right."""
    patient = head(volume, step=step, snr=snr, seed=volume)
    proposal = propose(patient.series)
    found = analyse(patient.series, patient.artery, proposal.brain, CIRCULANT)
    assert abs(found.arrival / step - crossing(volume, step)) <= 1
    start, stop = found.settings.baseline
    assert (start, stop) == proposal.baseline
    assert start == UNSATURATED
    assert start + 5 <= stop <= found.arrival / step


@pytest.mark.parametrize("n_volumes", [40, 90])
@pytest.mark.parametrize("volume", [6, 15, 25])
def test_arrival_does_not_depend_on_the_length_of_the_scan(analyse, volume, n_volumes):
    """Nothing is a percentage of the scan."""
    patient = head(volume, snr=50.0, n_volumes=n_volumes)
    found = analyse(patient.series, patient.artery, patient.brain, CIRCULANT)
    assert abs(found.arrival / 1.5 - crossing(volume, 1.5)) <= 1
    assert found.settings.baseline == propose(head(volume, snr=50.0).series).baseline


@pytest.mark.parametrize("drift", [-0.05, 0.05])
@pytest.mark.parametrize("volume", [6, 12, 18, 25])
def test_arrival_withstands_a_drift(analyse, volume, drift):
    """The scanner's signal may creep by 5 % during the scan, up or down."""
    patient = head(volume, snr=70.0)
    creep = patient.series.signal * (1 + drift * np.linspace(0, 1, 60))
    series = replace(patient.series, signal=creep)
    found = analyse(series, patient.artery, patient.brain, CIRCULANT)
    assert abs(found.arrival / 1.5 - crossing(volume, 1.5)) <= 1
    start, stop = found.settings.baseline
    assert start == UNSATURATED
    assert max(volume - 2, start + 5) <= stop <= volume + 1


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64", ">i2"])
def test_proposal_does_not_depend_on_the_type_of_the_signal(dtype):
    patient = head(12, snr=50.0)
    expected = propose(patient.series)
    found = propose(replace(patient.series, signal=patient.series.signal.astype(dtype)))
    assert found.baseline == expected.baseline
    np.testing.assert_array_equal(found.brain, expected.brain)


@pytest.mark.parametrize(
    ("volume", "count"), [(v, n) for v in (6, 7, 8, 15) for n in range(6) if n <= v - 2]
)
@pytest.mark.parametrize("factor", [1.6, 0.6])
def test_an_early_bolus_does_not_hide_the_approach_to_the_steady_state(volume, count, factor):
    """All that is unsaturated is discarded, even with two volumes left before the bolus."""
    patient = head(volume + UNSATURATED, snr=50.0, seed=count)
    signal = patient.series.signal[..., UNSATURATED:].astype(float)  # the artery fills at `volume`
    signal[..., :count] *= 1 + (factor - 1) * 0.5 ** np.arange(count)
    series = replace(patient.series, signal=signal, time=patient.series.time[UNSATURATED:])
    start, stop = propose(series, patient.brain).baseline
    assert start == count
    assert min(volume, count + 5) <= stop <= volume + 1


# --- brain -------------------------------------------------------------------------------------


@pytest.mark.parametrize("snr", [50.0, 70.0, 100.0])
@pytest.mark.parametrize("volume", [6, 14])
@pytest.mark.parametrize(
    "shape", [(24, 24, 4), (40, 48, 5), (64, 64, 1), (32, 32, 16), (64, 32, 6), (20, 48, 12)]
)
def test_brain_is_found_in_any_voxel(shape, volume, snr):
    """Dice 0.95 or better: thick and thin slices, oblong voxels, one slice, an early bolus."""
    patient = phantom(shape, 20, snr, seed=volume, arrival=1.5 * volume)
    assert dice(propose(patient.series).brain, patient.brain) >= 0.95
