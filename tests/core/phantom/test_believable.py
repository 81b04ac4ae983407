"""The realistic patient: anatomy, perfusion and partial volume as in a person."""

from typing import Any

import numpy as np
import pytest

from napari_dsc import delta_r2_star, phantom
from napari_dsc.core.phantom import GREY_SIGNAL, Tissue
from napari_dsc.core.phantom.grid import around_head, pose_of, spacing_of

BRAIN = (Tissue.GREY, Tissue.WHITE, Tissue.CSF, Tissue.HYPOPERFUSED, Tissue.INFARCT_CORE)
SEEDS = (0, 3)


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def patient(request):
    """A stroke and a tumour at full size, without noise."""
    return phantom(anatomy="realistic", lesion="both", snr=np.inf, seed=request.param)


def volume(patient, mask):
    """Of some voxels, mL."""
    return np.count_nonzero(mask) * abs(np.linalg.det(patient.series.affine[:3, :3])) / 1000


def rates(patient, mask):
    """Delta R2* of some voxels after the two volumes that are not in the steady state, 1/s.

    As measured: a plain array knows no slice times.
    """
    return delta_r2_star(np.array(patient.series.signal[mask][:, 2:], subok=False), 0.03, 10)


@pytest.mark.parametrize(
    ("labels", "low", "high"),
    [
        ((Tissue.GREY, Tissue.WHITE, Tissue.HYPOPERFUSED, Tissue.INFARCT_CORE), 950, 1350),
        ((Tissue.WHITE,), 200, 600),
        ((Tissue.CSF,), 180, 450),
        ((Tissue.ARTERY, Tissue.PARTIAL_ARTERY), 2, 15),
        ((Tissue.VEIN,), 8, 30),
        ((Tissue.INFARCT_CORE,), 15, 40),
        ((Tissue.TUMOUR,), 10, 40),
        ((Tissue.NECROSIS,), 2, 20),
        ((Tissue.OEDEMA,), 15, 80),
        ((Tissue.CHOROID_PLEXUS,), 0.3, 4),
        ((Tissue.SATURATED_ARTERY,), 1, 10),
    ],
    ids=lambda value: ", ".join(one.name for one in value) if isinstance(value, tuple) else "",
)
def test_every_tissue_has_the_volume_that_it_has_in_a_person(patient, labels, low, high):
    """Brain without fluid 950 to 1350 mL, and so on."""
    assert low <= volume(patient, np.isin(patient.tissue, labels)) <= high


def test_every_slice_shows_a_head(patient):
    """From skull base to vertex: skin around it, brain in it, none of it at the border."""
    head = patient.tissue != Tissue.AIR
    for at in range(20):
        assert np.count_nonzero(patient.brain[:, :, at]) > 100
        assert np.count_nonzero(head[:, :, at]) > 1.15 * np.count_nonzero(patient.brain[:, :, at])
    for edges in (head[[0, -1]], head[:, [0, -1]]):
        assert not edges.any()


def test_brain_holds_what_is_brain(patient):
    """No scalp, no air; vessels within the skull and arteries to draw."""
    assert not (patient.brain & (patient.tissue <= Tissue.SCALP)).any()
    inside = np.isin(patient.tissue, (*BRAIN, Tissue.TUMOUR, Tissue.NECROSIS, Tissue.OEDEMA))
    assert (patient.brain & inside).sum() == inside.sum() - (inside & ~patient.brain).sum()
    assert (inside & ~patient.brain).sum() < 0.02 * inside.sum()
    assert not (patient.artery & ~patient.brain).any()
    assert np.count_nonzero(patient.artery) >= 6


def test_perfusion_is_that_of_a_person(patient):
    """Medians of the whole brain, and of grey and white matter."""
    truth, tissue = patient.truth, patient.tissue
    for key, low, high in (("cbv", 2, 5), ("cbf", 20, 70), ("mtt", 3, 6)):
        assert low < np.nanmedian(truth[key]) < high
    for key in ("cbv", "cbf"):
        grey, white = (np.nanmedian(truth[key][tissue == one]) for one in BRAIN[:2])
        assert 1.3 < grey / white < 2.5


def test_the_core_is_lost_and_the_penumbra_late(patient):
    """Core 15 to 40 mL of 18 mL/100g/min or less; late tissue 60 to 150 mL."""
    truth, core = patient.truth, patient.tissue == Tissue.INFARCT_CORE
    assert np.nanmax(truth["cbf"][core]) < 18
    late = truth["delay"] > 5.5
    assert 60 < volume(patient, late) < 150
    assert volume(patient, late & ~core) > 30
    side = np.argwhere(late)[:, 0]
    assert (side > patient.tissue.shape[0] / 2).mean() > 0.99  # the patient's left


def test_delay_is_graded(patient):
    """From the edge of the territory to its middle, without a step."""
    delay = patient.truth["delay"]
    for low in range(1, 9):
        assert volume(patient, (delay >= low) & (delay < low + 1)) > 3


def test_territories_fill_one_after_the_other():
    """Of a patient without a lesion: middle, anterior, posterior cerebral arteries."""
    well = phantom(anatomy="realistic", lesion="none", n_volumes=20, arrival=15.0)
    delay = well.truth["delay"]
    assert not np.isin(well.tissue, (Tissue.INFARCT_CORE, Tissue.HYPOPERFUSED)).any()
    at = 12  # a slice above the ventricles
    lateral, medial, rear = (
        np.nanmedian(delay[part][:, :, at])
        for part in (np.s_[24:34, 54:74], np.s_[58:62, 70:100], np.s_[50:78, 20:30])
    )
    assert 0 < lateral < medial < rear < 2


def test_a_stroke_alone_has_no_tumour_and_a_tumour_no_stroke():
    """Each lesion comes when it is asked for; the stroke if nothing is said."""
    small: dict[str, Any] = {
        "shape": (64, 64, 20),
        "n_volumes": 20,
        "arrival": 15.0,
        "anatomy": "realistic",
    }
    sick, glioma = Tissue.INFARCT_CORE, Tissue.TUMOUR
    stroke, unsaid = phantom(lesion="stroke", **small), phantom(**small)
    tumour = phantom(lesion="tumour", **small)
    assert (stroke.tissue == sick).any()
    assert not (stroke.tissue == glioma).any()
    np.testing.assert_array_equal(stroke.series.signal, unsaid.series.signal)
    assert (tumour.tissue == glioma).any()
    assert not (tumour.tissue == sick).any()


def test_truth_keeps_the_central_volume_principle(patient):
    """60 CBV / CBF is MTT; a voxel of fluid has no transit time; vessels have no truth."""
    truth, tissue = patient.truth, patient.tissue
    known = np.isfinite(truth["mtt"])
    np.testing.assert_allclose(
        60 * truth["cbv"][known] / truth["cbf"][known], truth["mtt"][known], rtol=1e-5
    )
    assert np.isnan(truth["mtt"][tissue == Tissue.CSF]).all()
    vessels = np.isin(tissue, (Tissue.ARTERY, Tissue.SATURATED_ARTERY, Tissue.VEIN))
    for values in truth.values():
        assert np.isnan(values[vessels]).all()
        assert np.isnan(values[~patient.brain]).all()


def test_truth_is_what_a_perfect_analysis_measures():
    """Area over the artery's area is CBV, where one tissue fills a voxel."""
    long = phantom((64, 64, 8), 160, snr=np.inf, anatomy="realistic", lesion="none")
    area = np.trapezoid(long.aif[2:])
    deep = long.truth["cbv"] < 2.2  # white matter by itself
    deep &= long.tissue == Tissue.WHITE
    assert deep.sum() > 20
    found = np.trapezoid(rates(long, deep)) / area * 100 * 0.73 / 1.04
    ratio = found / long.truth["cbv"][deep]
    assert np.median(ratio) == pytest.approx(1, abs=0.03)
    assert np.std(ratio) < 0.12  # signals are whole numbers


def test_arteries_show_in_the_voxels_that_they_share(patient):
    """Far above tissue, and below the pure ones, which carry the true curve."""
    shared, white = (
        rates(patient, patient.tissue == one).max(axis=1)
        for one in (Tissue.PARTIAL_ARTERY, Tissue.WHITE)
    )
    assert np.median(shared) < 0.6 * patient.aif.max()
    assert np.percentile(shared, 5) > 2 * np.percentile(white, 99)
    pure = rates(patient, patient.artery).max(axis=1)
    assert (pure > 0.85 * patient.aif.max()).all()


def test_saturated_arteries_are_black_at_the_peak(patient):
    """In carotids and basilar artery, below the noise floor at an SNR of 100."""
    signal = patient.series.signal[patient.tissue == Tissue.SATURATED_ARTERY][:, 2:]
    assert (signal.min(axis=1) < 3 * GREY_SIGNAL / 100).sum() >= 5


def test_veins_come_later_and_broader_than_arteries(patient):
    """Their peak is lower, though their area is that of the artery."""
    vein = rates(patient, patient.tissue == Tissue.VEIN)
    vein = vein[vein.max(axis=1) > 0.4 * vein.max()].mean(axis=0)
    artery = patient.aif[2:]
    assert vein.argmax() >= artery.argmax() + 2
    assert (vein > vein.max() / 2).sum() > 1.3 * (artery > artery.max() / 2).sum()


def test_the_tumour_leaks():
    """Its rim ends below the baseline: contrast agent outside of vessels brightens it."""
    tumour = phantom(anatomy="realistic", lesion="tumour", snr=np.inf)
    ends = {
        label: np.mean(rates(tumour, tumour.tissue == label)[:, -5:])
        for label in (Tissue.TUMOUR, Tissue.GREY)
    }
    assert ends[Tissue.TUMOUR] < 0 < ends[Tissue.GREY]


def test_slice_times_move_the_curves():
    """A slice that is measured later sees the bolus earlier on the volumes' clock."""
    times = np.array([0.0, 1.4] * 4)
    at_once = phantom((64, 64, 8), snr=np.inf, anatomy="realistic")
    late = phantom((64, 64, 8), snr=np.inf, anatomy="realistic", slice_times=list(times))

    def rise(one, slices):
        grey = at_once.tissue == Tissue.GREY
        grey[:, :, ~slices] = False
        curve = rates(one, grey).mean(axis=0)
        top = curve.argmax()
        return 1.5 * np.interp(curve[top] / 2, curve[8 : top + 1], np.arange(8, top + 1))

    for slices, expected in ((times == 0, 0.0), (times > 0, 1.4)):
        moved = rise(at_once, slices) - rise(late, slices)
        assert moved == pytest.approx(expected, abs=0.25)


@pytest.mark.parametrize("seed", range(6))
def test_no_head_is_cut_off(seed):
    """Whatever its pose, it lies within the part of the scan that is made."""
    pose = pose_of(seed)
    np.testing.assert_allclose(pose.turn @ pose.turn.T, np.eye(3), atol=1e-12)
    shape = (64, 64, 20)
    box = around_head(shape, spacing_of(shape))
    head = phantom(shape, 8, arrival=9.0, anatomy="realistic", seed=seed).tissue != Tissue.AIR
    inside = head[box]
    assert not inside[[0, -1]].any()
    assert not inside[:, [0, -1]].any()


def test_small_patients_have_all_that_tests_need():
    """Arteries, veins and both tissues, at the size of the patient of blocks."""
    small = phantom((64, 64, 8), anatomy="realistic")
    for label in (*BRAIN, Tissue.ARTERY, Tissue.PARTIAL_ARTERY, Tissue.VEIN):
        assert (small.tissue == label).sum() >= 6, label
