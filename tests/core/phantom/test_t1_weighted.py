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
