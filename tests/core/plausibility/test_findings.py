"""What is no artery is caught, by name and number; a true artery never cries."""

import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.plausibility import DOUBTFUL, EXPECTED, GOOD, NOTE, Finding, medians_of, told
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import COMPUTED
from napari_dsc.core.regions import voxel_volume
from napari_dsc.core.types import Aif
from tests.core.plausibility.bolus_scans import BROAD, NARROW, bolus_scan

SETTINGS = [  # width, TR, SNR: twenty seeds go round
    (width, step, snr)
    for step in (1.0, 1.5, 2.0, 2.5)
    for width in (NARROW, BROAD)
    for snr in (50.0, 100.0, 150.0)
][:20]


def analysed(scan, artery, **settings):
    return finished(stages(scan.series, artery, scan.brain, Settings(**settings)))


def by_key(analysis):
    return {one.key: one for one in analysis.findings}


def doubtful(analysis):
    return {one.key for one in analysis.findings if one.level == DOUBTFUL}


@pytest.fixture(scope="module")
def usual():
    return bolus_scan()


@pytest.mark.parametrize("seed", range(20))
def test_a_true_artery_never_cries(seed):
    """Whatever the noise, the time step, the width of the bolus and its arrival."""
    width, step, snr = SETTINGS[seed]
    scan = bolus_scan(
        width=width, repetition_time=step, snr=snr, seed=seed, arrival=15.0 + 0.37 * seed
    )
    run = analysed(scan, scan.tissue == Tissue.ARTERY)
    assert doubtful(run) == set(), told(run.findings)
    assert run.findings[0].words.startswith("AIF: ")
    assert run.findings[0].level == GOOD


@pytest.mark.parametrize("step", [1.0, 2.0, 2.5])
@pytest.mark.parametrize("width", [NARROW, BROAD], ids=["narrow", "broad"])
def test_fault_180_a_vein_as_artery_is_caught(width, step):
    """Its brain gets the bolus before it does."""
    scan = bolus_scan(width=width, repetition_time=step, snr=60)
    run = analysed(scan, scan.tissue == Tissue.VEIN)
    found = by_key(run)
    assert {"aif", "early brain"} <= doubtful(run)
    assert "late" in found["aif"].words
    assert "before the AIF" in found["early brain"].words


@pytest.mark.parametrize("label", [Tissue.GREY, Tissue.WHITE], ids=["cortex", "white matter"])
def test_fault_180_tissue_as_artery_is_caught(usual, label):
    """One voxel of it makes volumes that no brain has."""
    run = analysed(usual, usual.one(label))
    assert {"aif", "cbv", "cbf"} <= doubtful(run)
    assert by_key(run)["aif"].words.startswith("AIF: 1 voxel, ")
    median = medians_of(run.maps)["cbv"]
    assert median > 20
    assert f"Median CBV of the brain {median:.3g} mL/100g (expected 1.5 to 8)" in (
        by_key(run)["cbv"].words
    )


def test_fault_180_a_saturated_artery_is_caught(usual):
    """Its peak drowns in the noise, and nobody knows how high it is."""
    run = analysed(usual, usual.tissue == Tissue.SATURATED_ARTERY)
    assert "aif" in doubtful(run)
    assert "saturated" in by_key(run)["aif"].words


def test_fault_180_a_few_saturated_voxels_among_many_are_no_cry_and_many_are():
    """Up to a quarter of the voxels, the mean still stands."""
    scan = bolus_scan()
    true, lost = (np.argwhere(scan.tissue == one) for one in (Tissue.ARTERY, 9))
    for spoilt, cries in ((1, False), (len(lost), True)):
        marked = np.zeros_like(scan.brain)
        marked[tuple(np.concatenate([true[:8], lost[:spoilt]]).T)] = True
        assert ("aif" in doubtful(analysed(scan, marked))) == cries


def test_fault_180_one_noisy_voxel_is_caught(usual):
    """An artery whose signal jumps by a tenth from volume to volume."""
    where = usual.one(Tissue.ARTERY)
    signal = usual.series.signal.astype(float)
    jumps = 1 + 0.15 * np.random.default_rng(3).standard_normal(signal.shape[-1])
    signal[where] *= jumps
    noisy = replace(usual.series, signal=np.rint(signal).astype(np.int16))
    run = analysed(usual._replace(series=noisy), where)
    assert "aif" in doubtful(run)
    assert "noisy" in by_key(run)["aif"].words
    assert by_key(analysed(usual, where))["aif"].words == "AIF: 1 voxel, good."


def test_fault_180_the_whole_brain_as_artery_is_caught(usual):
    """Once somebody has said that the mask is right."""
    scan = usual._replace(series=replace(usual.series, checked=True))
    run = analysed(scan, scan.brain)
    assert {"aif", "cbv", "cbf"} <= doubtful(run)


def test_a_baseline_that_is_not_flat_does_not_accuse_the_artery(usual):
    """Its first volumes are bright: every curve is shifted, and none arrives earlier for that."""
    signal = usual.series.signal.astype(float)
    signal[..., :2] *= 1.5
    bright = replace(usual.series, signal=np.rint(signal).astype(np.int16))
    run = analysed(usual._replace(series=bright), usual.tissue == Tissue.ARTERY, baseline=(0, 10))
    assert "early brain" not in doubtful(run)


def test_a_curve_that_was_loaded_is_judged_by_its_shape(usual):
    """A true one passes; a late one does not; one in another unit is told by its volume."""
    known = analysed(usual, usual.tissue == Tissue.ARTERY)
    vein = analysed(usual, usual.tissue == Tissue.VEIN)
    nowhere = np.zeros_like(usual.brain)
    for curve, keys in (
        (known.aif.curve, set()),
        (vein.aif.curve, {"aif", "early brain"}),
        (known.aif.curve / 20, {"cbv", "cbf"}),
    ):
        run = analysed(usual, Aif(curve=curve, voxels=nowhere))
        assert keys <= doubtful(run)
        assert bool(keys) == bool(doubtful(run))
        assert by_key(run)["aif"].words.startswith("AIF: a curve, ")
        assert any("unit of the scan" in one for one in told(run.findings)) == ("cbv" in keys)


def test_a_scan_that_ends_inside_the_bolus_is_caught():
    """Seconds after the peak, and how little that is, are told."""
    scan = bolus_scan(end=32.0)
    run = analysed(scan, scan.tissue == Tissue.ARTERY)
    assert "scan ends" in doubtful(run)
    assert " s after the peak of the brain's mean curve" in by_key(run)["scan ends"].words


def test_curves_that_have_not_returned_are_caught(usual):
    """As where contrast agent stays: the signal does not come back."""
    time, arrival = usual.series.time, 20.0
    mean = usual.series.signal[usual.tissue == Tissue.GREY].mean(axis=0)
    deepest = np.log(mean.min() / mean[:10].mean())
    stays = np.exp(0.9 * deepest * np.clip((time - arrival) / 25, 0, 1))
    signal = np.rint(usual.series.signal * stays).astype(np.int16)
    scan = usual._replace(series=replace(usual.series, signal=signal))
    run = analysed(scan, scan.tissue == Tissue.ARTERY, baseline=(2, 12))
    assert "not returned" in {one.key for one in run.findings}


def test_an_operator_that_is_too_coarse_is_noted_and_a_sharp_one_is_not():
    """The half-rise of a residue without delay: beyond 1 s it is said, with its seconds."""
    scan = bolus_scan(width=BROAD, repetition_time=2.5)
    artery = scan.tissue == Tissue.ARTERY
    coarse = by_key(analysed(scan, artery))["operator"]
    assert coarse.level == NOTE
    assert coarse.words.startswith("oSVD is too coarse for this AIF at a time step of 2.5 s")
    assert "operator" not in by_key(analysed(scan, artery, method=DECONVOLVERS["Tikhonov"]()))


def test_leakage_is_noted_where_there_is_some():
    """A tumour that leaks; without leakage nothing is said."""
    for leakage, seen in ((0.0, False), (0.05, True)):
        scan = bolus_scan(leakage=leakage)
        found = by_key(analysed(scan, scan.tissue == Tissue.ARTERY))
        assert ("leakage" in found) == seen
    each = voxel_volume(scan.series.affine)
    tumour = np.count_nonzero(scan.tissue == Tissue.TUMOUR) * each
    volume = float(found["leakage"].words.split()[2])
    assert 0.5 * tumour < volume < 1.1 * tumour
    assert found["leakage"].level == NOTE


def test_a_drift_of_the_whole_brain_is_no_leakage(usual):
    """What all curves share does not tell of vessels that leak."""
    drift = 1 + 0.02 * np.linspace(0, 1, usual.series.n_volumes)
    signal = np.rint(usual.series.signal * drift).astype(np.int16)
    scan = usual._replace(series=replace(usual.series, signal=signal))
    assert "leakage" not in by_key(analysed(scan, scan.tissue == Tissue.ARTERY))


def test_the_table_has_a_range_for_each_of_its_maps():
    """In the order low, high; of maps that are computed."""
    assert set(EXPECTED) <= set(COMPUTED)
    assert all(0 < low < high for low, high in EXPECTED.values())


def test_only_what_is_not_good_is_told():
    """The verdict that all is well is no warning; a finding is a frozen value."""
    every = [Finding(key="k", level=level, words=level) for level in (GOOD, NOTE, DOUBTFUL)]
    assert told(every) == (NOTE, DOUBTFUL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        every[0].words = "other"  # type: ignore[misc]
