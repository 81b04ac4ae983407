"""Proposed arteries and veins of digital patients: where they are, and what is refused."""

from functools import lru_cache

import numpy as np
import pytest

from napari_dsc import DscError, delta_r2_star, phantom
from napari_dsc.core.aif import SearchedCurves, propose_aif, propose_rows, propose_vof
from napari_dsc.core.aif.curve_clusters import earliest, like_shapes
from napari_dsc.core.phantom import Tissue

SMALL, MIDDLE, LARGE = (32, 32, 4), (64, 64, 8), (128, 128, 20)
DISCARDED, SECONDS, ARRIVAL = 2, 90.0, 21.0


@lru_cache(maxsize=2)
def head(shape=MIDDLE, step=1.5, snr=100.0, seed=0):
    """A patient; delta R2*, signals and times of the retained volumes; the baseline's length."""
    patient = phantom(shape, int(SECONDS / step), snr, seed, repetition_time=step)
    signal, time = patient.series.signal[..., DISCARDED:], patient.series.time[DISCARDED:]
    before = int(ARRIVAL / step) - DISCARDED
    return patient, delta_r2_star(signal, 0.03, before), signal, time, before


def check_artery(patient, aif, time, step):
    """The issue's own terms."""
    labels = patient.tissue[aif.voxels]
    assert (~patient.artery[aif.voxels]).mean() <= 0.2
    assert Tissue.VEIN not in labels
    assert Tissue.SATURATED_ARTERY not in labels
    truth = patient.aif[DISCARDED:]
    assert abs(time[aif.curve.argmax()] - time[truth.argmax()]) <= step
    assert aif.curve.max() == pytest.approx(truth.max(), rel=0.15)


# --- arteries and veins ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("snr", [50.0, 100.0, 150.0])
@pytest.mark.parametrize("step", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("shape", [SMALL, MIDDLE])
def test_the_artery_is_an_artery(shape, step, snr, seed):
    """At most a fifth outside, no vein, nothing saturated, in time: with the signal or the TE."""
    patient, curves, signal, time, before = head(shape, step, snr, seed)
    check_artery(patient, propose_aif(curves, time, patient.brain, signal=signal), time, step)
    by_echo_time = propose_aif(curves, time, patient.brain, echo_time=0.03, baseline=before)
    check_artery(patient, by_echo_time, time, step)


@pytest.mark.parametrize(("step", "snr"), [(1.5, 50.0), (2.0, 150.0)])
def test_the_artery_is_an_artery_of_a_whole_brain(step, snr):
    patient, curves, signal, time, _ = head(LARGE, step, snr)
    check_artery(patient, propose_aif(curves, time, patient.brain, signal=signal), time, step)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("snr", [50.0, 150.0])
@pytest.mark.parametrize("step", [1.0, 2.0])
@pytest.mark.parametrize("shape", [SMALL, MIDDLE])
def test_the_vein_is_a_vein(shape, step, snr, seed):
    patient, curves, signal, time, _ = head(shape, step, snr, seed)
    vof = propose_vof(curves, time, patient.brain, signal=signal)
    assert (patient.tissue[vof.voxels] == Tissue.VEIN).all()
    aif = propose_aif(curves, time, patient.brain, signal=signal)
    assert time[vof.curve.argmax()] > time[aif.curve.argmax()] + 3


def test_the_artery_is_an_artery_without_noise():
    """Not even rounding's noise need be there for the words."""
    patient, curves, signal, time, _ = head(snr=np.inf)
    check_artery(patient, propose_aif(curves, time, patient.brain, signal=signal), time, 1.5)


def test_vessels_are_found_in_the_attenuation_too():
    """An unknown echo time scales every curve alike."""
    patient, curves, signal, time, _ = head()
    plain = propose_aif(curves, time, patient.brain, signal=signal)
    scaled = propose_aif(0.03 * curves, time, patient.brain, signal=signal)
    np.testing.assert_array_equal(plain.voxels, scaled.voxels)


def test_unsaturated_volumes_do_not_hide_the_artery():
    """Somebody forgot to discard them."""
    patient = phantom(MIDDLE)
    curves = delta_r2_star(patient.series.signal, 0.03, slice(2, 12))
    found = propose_aif(curves, patient.series.time, patient.brain, signal=patient.series.signal)
    assert patient.artery[found.voxels].mean() >= 0.8


# --- groups of like shape ----------------------------------------------------------------------


def shapes(tops, count, seed=0):
    """Noisy boluses of unit area that peak at some times; their times, and first moments."""
    random = np.random.default_rng(seed)
    time = np.arange(60.0)
    top = random.permutation(np.repeat(tops, count))
    curves = np.exp(-(((time - top[:, None]) / 4) ** 2))
    curves += 0.01 * random.standard_normal(curves.shape)
    curves /= curves.sum(axis=1, keepdims=True)
    return top, curves, curves @ time


@pytest.mark.parametrize("count", [4, 40, 5000])
def test_groups_are_those_that_the_curves_were_made_in(count):
    """Five times of the peak, five groups in their order: few curves or more than are seeded."""
    top, curves, moments = shapes([10, 18, 26, 34, 42], count)
    np.testing.assert_array_equal(like_shapes(curves, moments), (top - 10) / 8)


def test_the_earliest_group_is_kept_again_and_again():
    """What each round kept, nested, the last one first."""
    top, curves, moments = shapes([10, 18, 26, 34, 42], 60)
    second, first, every = earliest(curves, moments)
    assert (top[first] == 10).all()
    assert first.size == 60
    assert set(second) < set(first)
    assert moments[second].mean() < moments[first].mean()
    assert every.size == 300


def test_too_few_curves_are_not_parted():
    _, curves, moments = shapes([10, 20], 9)
    (every,) = earliest(curves, moments)
    assert every.tolist() == list(range(18))


# --- what is returned --------------------------------------------------------------------------


@pytest.mark.parametrize("propose", [propose_aif, propose_vof])
def test_the_curve_is_the_mean_of_the_chosen_candidates(propose):
    """And these are what they say they are."""
    patient, curves, signal, time, _ = head()
    found = propose(curves, time, patient.brain, signal=signal)
    some = found.candidates
    np.testing.assert_allclose(found.curve, some.curves[some.chosen].mean(axis=0), atol=1e-4)
    assert found.curve.shape == time.shape
    assert found.voxels.sum() == some.chosen.sum() <= 12
    assert found.voxels[tuple(some.index[some.chosen].T)].all()
    np.testing.assert_array_equal(some.curves, curves[tuple(some.index.T)])
    np.testing.assert_array_equal(some.measures.peak, some.curves.max(axis=1))
    assert len(some.verdicts) == len(some.index) <= 40


@pytest.mark.parametrize("shape", [SMALL, MIDDLE])
def test_candidates_are_ranked_and_say_why_others_were_refused(shape):
    patient, curves, signal, time, _ = head(shape)
    some = propose_aif(curves, time, patient.brain, signal=signal).candidates
    assert some is not None
    good = np.array([one == ("good",) for one in some.verdicts])
    assert good[some.chosen].all()
    assert not some.chosen[np.argmin(some.chosen) :].any()  # the chosen come first,
    assert not good[np.argmin(good) :].any()  # then what is good, then what is not
    rank = (some.measures.peak / some.measures.fwhm)[some.chosen]
    assert (np.diff(rank) <= 0).all()
    against = {word for words in some.verdicts for word in words}
    assert {"saturated", "late", "wide", "partial volume"} <= against
    labels = patient.tissue[tuple(some.index.T)]
    assert all(labels[row] == Tissue.ARTERY for row in np.flatnonzero(good))
    saturated = ["saturated" in one for one in some.verdicts]
    assert saturated == (some.measures.saturated > 0).tolist()


@pytest.mark.parametrize("propose", [propose_aif, propose_vof])
def test_the_same_scan_gives_the_same_proposal(propose):
    patient, curves, signal, time, _ = head()
    one, other = (propose(curves, time, patient.brain, signal=signal) for _ in range(2))
    np.testing.assert_array_equal(one.candidates.index, other.candidates.index)
    np.testing.assert_array_equal(one.curve, other.curve)


def test_what_is_given_is_not_changed():
    patient, curves, signal, time, _ = head(SMALL)
    before = curves.copy(), signal.copy(), time.copy()
    propose_aif(curves, time, patient.brain, signal=signal)
    for was, now in zip(before, (curves, signal, time), strict=True):
        np.testing.assert_array_equal(was, now)


def test_without_signal_or_echo_time_a_notice_says_what_is_not_known():
    patient, curves, signal, time, _ = head(SMALL)
    assert "saturated" in propose_aif(curves, time, patient.brain).notices[0]
    assert propose_aif(curves, time, patient.brain, signal=signal).notices == ()
    assert propose_aif(curves, time, patient.brain, echo_time=0.03).notices == ()


# --- where -------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [True, False])
def test_a_region_restricts_the_search(left):
    """Half a head: only its artery. The brain's mean stays that of the whole brain."""
    patient, curves, signal, time, _ = head()
    region = np.zeros(MIDDLE, dtype=bool)
    region[: MIDDLE[0] // 2 - 3 if left else None] = left
    region[MIDDLE[0] // 2 + 3 :] = not left
    found = propose_aif(curves, time, patient.brain, region, signal=signal)
    check_artery(patient, found, time, 1.5)
    assert found.candidates is not None
    assert region[tuple(found.candidates.index.T)].all()


def test_a_region_of_a_few_voxels_will_do():
    """Around one artery, as a reader draws it; labels count as well as truth values."""
    patient, curves, signal, time, _ = head()
    i, j = np.argwhere(patient.artery[..., 1])[0]
    region = np.zeros(MIDDLE, dtype=np.uint8)
    region[i - 2 : i + 4, j - 2 : j + 4, :3] = 3
    found = propose_aif(curves, time, patient.brain, region, signal=signal)
    check_artery(patient, found, time, 1.5)


def test_a_region_without_an_artery_is_told_so():
    patient, curves, signal, time, _ = head()
    region = patient.tissue == Tissue.WHITE
    with pytest.raises(DscError, match="must hold an artery, got none without an objection"):
        propose_aif(curves, time, patient.brain, region, signal=signal)
    with pytest.raises(DscError, match="must hold a vein, got none"):
        propose_vof(curves, time, patient.brain, patient.artery, signal=signal)


# --- refusals ----------------------------------------------------------------------------------


def still(kind, seed):
    """Signals of a scan without a bolus."""
    random = np.random.default_rng(seed)
    clean = np.full((40, 40, 4, 60), 900.0)
    if kind == "drift":
        clean *= np.linspace(1, 0.9, 60)
    if kind == "rising drift":
        clean *= np.linspace(1, 1.1, 60)
    if kind == "nothing":
        return clean
    return clean + 18 * random.standard_normal(clean.shape)


@pytest.mark.parametrize("propose", [propose_aif, propose_vof])
@pytest.mark.parametrize("baseline", [None, 12])
@pytest.mark.parametrize("kind", ["noise", "drift", "rising drift", "nothing"])
@pytest.mark.parametrize("seed", range(3))
def test_a_scan_without_a_bolus_is_refused(propose, baseline, kind, seed):
    signal = still(kind, seed)
    curves = delta_r2_star(signal, 0.03, 12)
    time = 1.5 * np.arange(60)
    with pytest.raises(DscError, match="must hold a bolus, got a mean curve of the brain"):
        propose(curves, time, None, signal=signal, baseline=baseline)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"brain": np.zeros(SMALL, bool)}, "brain must hold at least one voxel, got none"),
        ({"brain": np.ones((3, 3), bool)}, r"brain must have shape \(32, 32, 4\) .*, got \(3, 3\)"),
        ({"region": np.zeros(SMALL, bool)}, "region must hold at least one voxel, got none"),
        ({"region": np.ones((3, 3), bool)}, "region must have shape"),
        ({"time": np.arange(3.0)}, r"time must have shape \(58,\)"),
        ({"time": -np.arange(58.0)}, "time must increase"),
        ({"signal": np.ones(4)}, "signal must have the shape of delta_r2"),
        ({"delta_r2": np.ones(58)}, r"delta_r2 must have shape \(..., T\)"),
        ({"delta_r2": np.ones((4, 3))}, "at least 8 volumes"),
    ],
)
def test_what_does_not_fit_is_refused(change, words):
    patient, curves, _, time, _ = head(SMALL)
    given = {"delta_r2": curves, "time": time, "brain": patient.brain, **change}
    with pytest.raises(DscError, match=words):
        propose_aif(**given)


def test_a_region_beside_the_brain_is_refused():
    patient, curves, _, time, _ = head(SMALL)
    with pytest.raises(DscError, match="region must hold a voxel of the brain, got none"):
        propose_aif(curves, time, patient.brain, ~patient.brain)


def test_any_shape_is_a_scan():
    """Rows of voxels, lists of lists: the artery is the same."""
    patient, curves, _, time, before = head(SMALL)
    flat = curves[patient.brain]
    found = propose_aif(flat.tolist(), time.tolist(), None, echo_time=0.03)
    assert found.voxels.shape == flat.shape[:1]
    assert patient.artery[patient.brain][found.voxels].mean() >= 0.8
    searched = SearchedCurves(flat, time, slice(0, before), np.exp(-0.03 * flat))
    rows = propose_rows(searched)
    assert patient.artery[patient.brain][rows.rows[rows.chosen]].mean() >= 0.8
