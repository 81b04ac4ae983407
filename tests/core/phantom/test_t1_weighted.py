"""T1-weighted volumes of the digital patient: what enhances is what leaks, and blood."""

import numpy as np
import pytest

from napari_dsc import phantom
from napari_dsc.core.phantom import Tissue, t1_weighted


@pytest.fixture(scope="module")
def patient():
    return phantom((64, 64, 8), 60, anatomy="realistic", lesion="tumour")


def test_fault_485_what_leaks_and_blood_enhance_and_hardly_anything_else(patient):
    before, after = t1_weighted(patient, snr=200)
    white = patient.tissue == Tissue.WHITE
    change = (after - before * (after[white].mean() / before[white].mean())) / before[white].mean()
    means = {
        tissue: change[patient.tissue == tissue].mean() for tissue in np.unique(patient.tissue)
    }
    bright = {Tissue.TUMOUR, Tissue.ARTERY, Tissue.VEIN, Tissue.CHOROID_PLEXUS}
    for tissue, mean in means.items():
        vessels = (Tissue.PARTIAL_ARTERY, Tissue.SATURATED_ARTERY)
        if tissue in bright:
            assert mean > 0.5, tissue
        elif tissue not in vessels:
            assert mean < 0.2, tissue


def test_fluid_is_dark_and_white_matter_brighter_than_grey(patient):
    before, after = t1_weighted(patient)
    means = [
        before[patient.tissue == tissue].mean()
        for tissue in (Tissue.AIR, Tissue.CSF, Tissue.GREY, Tissue.WHITE)
    ]
    assert means == sorted(means)
    assert before.shape == after.shape == patient.brain.shape


def test_the_same_seed_gives_the_same_volumes(patient):
    for one, other in zip(t1_weighted(patient), t1_weighted(patient), strict=True):
        assert np.array_equal(one, other)
    assert not np.array_equal(t1_weighted(patient)[0], t1_weighted(patient, seed=7)[0])


def test_the_tumour_brightens_by_ernst_s_formula(patient):
    """T1 1.6 s, 0.4 mmol/L of agent of 4.5 1/s per mmol/L; 15°, TR 8 ms; 1.15 times the gain."""
    before, after = t1_weighted(patient, snr=1e6)
    tumour = patient.tissue == Tissue.TUMOUR

    def ernst(rate: float) -> float:
        left = np.exp(-0.008 * rate)
        return float((1 - left) / (1 - left * np.cos(np.pi / 12)))

    ratio = 1.15 * ernst(1 / 1.6 + 4.5 * 0.4) / ernst(1 / 1.6)
    np.testing.assert_allclose(after[tumour] / before[tumour], ratio, rtol=1e-3)
