"""The patient of blocks is what it says: the yardstick must be straight."""

import numpy as np
import pytest

from napari_dsc import DscError, delta_r2_star, phantom
from napari_dsc.core.phantom import Tissue

GREY_SIGNAL = 900.0  # a.u.; SNR is given for it


@pytest.fixture(scope="module")
def silent():
    """A patient without noise."""
    return phantom((48, 48, 6), snr=np.inf)


def rates(patient, label):
    """Delta R2* of the voxels of one tissue after the two unsaturated volumes, 1/s."""
    return delta_r2_star(patient.series.signal[patient.tissue == label][:, 2:], 0.03, 10)


def test_the_same_seed_is_the_same_patient():
    one, same, other = (phantom((24, 24, 4), 30, seed=seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one.series.signal, same.series.signal)
    assert (one.series.signal != other.series.signal).any()
    np.testing.assert_array_equal(one.tissue, other.tissue)


def test_it_is_a_scan_of_integers_with_every_fact():
    patient = phantom((40, 32, 5), 50, repetition_time=1.2, echo_time=0.025, arrival=15.0)
    series = patient.series
    assert series.signal.dtype == np.int16
    assert series.signal.shape == (40, 32, 5, 50)
    assert series.signal.min() >= 0
    np.testing.assert_allclose(series.time, 1.2 * np.arange(50))
    assert series.echo_time == 0.025
    assert patient.aif.shape == (50,)
    assert {fact: "digital patient" in words for fact, words in series.sources.items()} == {
        "Repetition time": True,
        "Echo time": True,
    }


def test_its_field_of_view_is_that_of_a_head():
    """220 x 220 x 48 mm about the origin, whatever the number of voxels; stored left to right."""
    for shape in [(32, 32, 4), (40, 64, 12)]:
        affine = phantom(shape, 20, arrival=15.0).series.affine
        assert affine is not None
        size = np.abs(np.diag(affine)[:3]) * shape
        np.testing.assert_allclose(size, [220, 220, 48])
        centre = affine @ [*((np.array(shape) - 1) / 2), 1]
        np.testing.assert_allclose(centre, [0, 0, 0, 1], atol=1e-9)
        assert np.linalg.det(affine[:3, :3]) < 0


@pytest.mark.parametrize("shape", [(32, 32, 4), (64, 64, 8), (30, 50, 3)])
def test_every_tissue_is_there(shape):
    patient = phantom(shape, 20, arrival=15.0)
    assert set(np.unique(patient.tissue)) == set(range(Tissue.VEIN + 1))
    np.testing.assert_array_equal(patient.brain, patient.tissue >= Tissue.GREY)
    np.testing.assert_array_equal(patient.artery, patient.tissue == Tissue.ARTERY)
    assert not (patient.artery & ~patient.brain).any()


def test_truth_keeps_the_central_volume_principle(silent):
    """60 CBV / CBF is MTT; vessels, scalp and air have no truth, CSF has no blood."""
    truth, tissue = silent.truth, silent.tissue
    known = np.isin(tissue, (Tissue.GREY, Tissue.WHITE, Tissue.HYPOPERFUSED, Tissue.TUMOUR))
    np.testing.assert_allclose(60 * truth["cbv"][known] / truth["cbf"][known], truth["mtt"][known])
    for key, values in truth.items():
        np.testing.assert_array_equal(
            np.isfinite(values),
            known | (tissue == Tissue.CSF) if key in ("cbf", "cbv") else known,
            err_msg=key,
        )
    assert (truth["cbf"][tissue == Tissue.CSF] == 0).all()
    assert (truth["delay"][tissue == Tissue.HYPOPERFUSED] > 4).all()
    assert (truth["delay"][tissue == Tissue.GREY] == 0).all()
    grey, white, sick = (
        truth["cbf"][tissue == label].mean()
        for label in (Tissue.GREY, Tissue.WHITE, Tissue.HYPOPERFUSED)
    )
    assert grey > white > sick


@pytest.mark.parametrize(
    ("label", "low", "high"), [(Tissue.GREY, 6.5, 9), (Tissue.WHITE, 3, 5), (Tissue.CSF, 0, 0.1)]
)
def test_boluses_are_as_high_as_in_patients(silent, label, low, high):
    """Peaks of delta R2*, 1/s."""
    peaks = rates(silent, label).max(axis=1)
    assert low <= peaks.min()
    assert peaks.max() <= high


def test_tissue_curves_have_the_truth_s_area():
    """Area over the artery's area is CBV: nothing is scaled twice, and nothing is missing."""
    long = phantom((32, 32, 4), 160, snr=np.inf)
    area = np.trapezoid(long.aif[2:])
    for label in (Tissue.GREY, Tissue.WHITE, Tissue.HYPOPERFUSED):
        volume = np.trapezoid(rates(long, label)).mean() / area * 100 * 0.73 / 1.04
        assert volume == pytest.approx(long.truth["cbv"][long.tissue == label].mean(), rel=0.02)


@pytest.mark.parametrize("snr", [50.0, 70.0, 100.0])
def test_pure_arteries_stay_above_the_noise_floor(silent, snr):
    """What noise may do to a sample aside, no arterial signal is within the floor."""
    for patient in (silent, phantom((64, 64, 8), snr=np.inf)):
        signal = patient.series.signal[patient.artery][:, 2:]
        floor = np.maximum(3 * GREY_SIGNAL / snr, 0.02 * signal[:, :10].mean(axis=1))
        assert (signal.min(axis=1) >= floor).all()


def test_pure_arteries_carry_the_true_aif(silent):
    """No tissue shares their voxels; a rim does share, and the basilar artery is black."""
    np.testing.assert_allclose(rates(silent, Tissue.ARTERY).mean(axis=0), silent.aif[2:], atol=0.3)
    assert rates(silent, Tissue.PARTIAL_ARTERY).max() < 0.5 * silent.aif.max()
    signal = silent.series.signal[silent.tissue == Tissue.SATURATED_ARTERY][:, 2:]
    assert (signal.min(axis=1) < 0.02 * signal[:, :10].mean(axis=1)).all()


def test_artery_s_mean_is_the_aif_also_with_noise(patient):
    curve = rates(patient, Tissue.ARTERY).mean(axis=0)
    assert np.abs(curve - patient.aif[2:]).max() < 0.05 * patient.aif.max()


def test_two_volumes_come_before_the_steady_state(silent):
    mean = silent.series.signal[silent.brain].mean(axis=0)
    steady = mean[2:12].mean()
    assert mean[0] > 1.3 * steady
    assert 1.02 * steady < mean[1] < mean[0]
    np.testing.assert_allclose(mean[2:12], steady, rtol=0.005)


@pytest.mark.parametrize("arrival", [15.0, 30.0])
def test_bolus_arrives_when_it_is_told_to(arrival):
    patient = phantom((24, 24, 4), snr=np.inf, arrival=arrival)
    at = patient.series.time[np.flatnonzero(patient.aif > 0)[0]]
    assert arrival < at <= arrival + 1.5


@pytest.mark.parametrize("snr", [20.0, 50.0])
def test_noise_is_what_was_asked_for(silent, snr):
    """The SNR is that of grey matter."""
    noisy = phantom((48, 48, 6), snr=snr).series.signal[silent.tissue == Tissue.GREY][:, 2:12]
    deviation = noisy.std(axis=1, ddof=1, dtype=float)
    assert GREY_SIGNAL / np.sqrt(np.mean(deviation**2)) == pytest.approx(snr, rel=0.03)


@pytest.mark.parametrize("snr", [0.0, -5.0, np.nan])
def test_a_patient_of_nothing_but_noise_is_refused(snr):
    with pytest.raises(DscError, match=f"snr must be positive, got {snr:g}"):
        phantom((8, 8, 2), snr=snr)


def test_a_negative_seed_is_refused():
    with pytest.raises(DscError, match="seed must not be negative, got -1"):
        phantom((8, 8, 2), seed=-1)


@pytest.mark.parametrize("arrival", [0.0, -3.0, 88.5, 500.0])
def test_a_bolus_outside_the_scan_is_refused(arrival):
    with pytest.raises(DscError, match=r"arrival must lie within the scan \(0 to 88.5 s\), got"):
        phantom((8, 8, 2), arrival=arrival)
