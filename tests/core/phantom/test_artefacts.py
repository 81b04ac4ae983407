"""Each artefact does what it says, and nothing else."""

from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, phantom
from napari_dsc.core.left_out_volumes import odd_volumes
from napari_dsc.core.phantom import Artefacts, Tissue

SMALL: dict[str, Any] = {"shape": (48, 48, 8), "anatomy": "realistic", "snr": np.inf}


@pytest.fixture(scope="module")
def clean():
    return phantom(**SMALL)


def spoilt(**artefacts):
    return phantom(**SMALL, artefacts=Artefacts(**artefacts))


def test_none_changes_nothing(clean):
    np.testing.assert_array_equal(spoilt().series.signal, clean.series.signal)


@pytest.mark.parametrize("drift", [0.1, -0.2])
def test_drift_raises_the_signal_over_the_scan(clean, drift):
    """By that share of it at the end, evenly on the way."""
    scalp = clean.tissue == Tissue.SCALP
    found = spoilt(drift=drift).series.signal[scalp].mean(axis=0)
    expected = clean.series.signal[scalp].mean(axis=0) * (1 + drift * np.arange(60) / 59)
    np.testing.assert_allclose(found, expected, rtol=0.003)


def test_motion_moves_the_head_by_what_was_asked(clean):
    """At some moments, and stays there; the truth stays where it was."""
    moved = spoilt(motion=9.0)
    edges = []
    for patient in (clean, moved):
        head = patient.series.signal[..., 3:] > 60
        mass = head.sum(axis=(1, 2)), head.sum(axis=(0, 2))
        edges.append([np.arange(48) @ one / one.sum(axis=0) for one in mass])
    shift = np.hypot(*(np.subtract(edges[1], edges[0]) * 220 / 48))
    assert shift[0] == pytest.approx(0, abs=0.2) or np.ptp(shift) > 2
    assert 5 < shift.max() < 12
    assert np.count_nonzero(np.abs(np.diff(shift)) > 0.8) <= 4
    np.testing.assert_array_equal(moved.tissue, clean.tissue)


def test_spikes_put_stripes_into_single_slices(clean):
    """One slice of each of as many volumes."""
    changed = np.abs(spoilt(spikes=5).series.signal.astype(int) - clean.series.signal) > 10
    assert np.count_nonzero(changed.any(axis=(0, 1))) == 5
    assert np.count_nonzero(changed.any(axis=(0, 1, 2))) == 5


def test_dropout_takes_the_signal_over_the_sinuses():
    """Near the skull base at the front, not in the rest of the brain."""
    full: dict[str, Any] = {"anatomy": "realistic", "snr": np.inf, "n_volumes": 20, "arrival": 15.0}
    clean = phantom(**full)
    lost = phantom(**full, artefacts=Artefacts(dropout=0.9))
    shares = lost.series.signal[..., 5] / np.maximum(clean.series.signal[..., 5], 1)
    brain = clean.brain
    assert (shares[:, :, 5][brain[:, :, 5]] < 0.5).sum() > 30
    assert np.median(shares[brain]) > 0.98
    assert (shares[:, :, 10:][brain[:, :, 10:]] > 0.98).all()


def test_pulsation_beats_in_fluid_and_arteries(clean):
    """Not in white matter, far from both."""
    signal = spoilt(pulsation=0.1).series.signal
    before = np.s_[2:12]
    share = {}
    for label in (Tissue.CSF, Tissue.WHITE):
        part = signal[clean.tissue == label][:, before]
        still = clean.series.signal[clean.tissue == label][:, before]
        share[label] = np.median(np.std(part / still, axis=1))
    assert share[Tissue.CSF] > 0.03
    assert share[Tissue.WHITE] < 0.01


def test_a_stopped_scan_ends_within_its_last_volume(clean):
    """Its upper half is 0, and the program's own check finds it."""
    stopped = spoilt(stopped=True).series.signal
    assert not stopped[:, :, 4:, -1].any()
    np.testing.assert_array_equal(stopped[:, :, :4], clean.series.signal[:, :, :4])
    np.testing.assert_array_equal(stopped[..., :-1], clean.series.signal[..., :-1])
    slices = np.nonzero(clean.brain)[2]
    assert [one.volume for one in odd_volumes(stopped[clean.brain], slices)] == [59]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"motion": -1.0}, "motion must lie between 0 and 30, got -1"),
        ({"drift": 2.0}, "drift must lie between -0.9 and 0.9, got 2"),
        ({"dropout": 1.5}, "dropout must lie between 0 and 1, got 1.5"),
        ({"pulsation": np.nan}, "pulsation must"),
        ({"spikes": -2}, "spikes must"),
        ({"spikes": 1.5}, "spikes must"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_is_refused(wrong, words):
    with pytest.raises(DscError, match=words):
        Artefacts(**wrong)
