"""What each bad input gets, by its number in the list of faults."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, compute_perfusion_maps, phantom
from napari_dsc.core.deconvolution import deconvolver
from napari_dsc.core.maps import Scale
from napari_dsc.core.pipeline import Settings, Slice, prepare, propose, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.quality import explain
from napari_dsc.core.scan_checks import NO_BOLUS
from tests.core.conftest import TRUNCATED


@pytest.fixture(scope="module")
def one():
    return phantom((24, 24, 4), snr=100.0)


@pytest.fixture(scope="module")
def still(one):
    """A head through which no bolus passes."""
    random = np.random.default_rng(3)
    noise = random.normal(0, 9, one.series.signal.shape)
    level = one.series.signal[..., 6:7].astype(float)
    return replace(one.series, signal=(level + noise).astype(np.float32))


@pytest.mark.parametrize("value", [0, 900])
def test_fault_15_an_empty_or_constant_volume_has_no_brain(one, value):
    flat = replace(one.series, signal=np.full_like(one.series.signal, value))
    with pytest.raises(DscError, match="no brain signal"):
        propose(flat)


def test_fault_16_without_a_bolus_nothing_is_computed(one, still):
    """Neither at once nor with what was prepared after somebody had checked it."""
    settings = Settings(baseline=(2, 12))
    checked = replace(still, checked=True)
    known = finished(prepare(checked, one.brain, (2, 12)))
    for options in ({}, {"known": known}, {"known": known, "first": Slice(2, 1)}):
        with pytest.raises(DscError, match="No bolus was found"):
            finished(stages(still, one.artery, one.brain, settings, **options))


def test_fault_16_what_is_computed_all_the_same_is_accepted_nowhere(one, still):
    """An artery that somebody drew by force; each voxel says why it has no answer."""
    settings = Settings(baseline=(2, 12))
    checked = replace(still, checked=True)
    known = finished(prepare(checked, one.brain, (2, 12)))
    artery = known.vessel(one.artery)
    made = finished(
        stages(checked, replace(artery, curve=one.aif[2:]), one.brain, settings, known=known)
    )
    assert NO_BOLUS in made.notices
    assert made.maps.quality_mask is not None
    assert not made.maps.quality_mask.any()
    assert made.maps.quality is not None
    assert all("no bolus stands out" in explain(int(bits)) for bits in made.maps.quality[one.brain])


def test_a_slice_without_a_bolus_hinders_no_other(one):
    """What is shown first is a single slice, which need not hold a bolus."""
    signal = one.series.signal.astype(np.float32)
    signal[:, :, 0] = signal[:, :, 0, 6:7] + np.random.default_rng(0).normal(0, 9, (24, 24, 60))
    series, settings = replace(one.series, signal=signal), Settings(baseline=(2, 12))
    artery = one.artery.copy()
    artery[:, :, 0] = False
    known = finished(prepare(one.series, one.brain, (3, 12)))
    work = stages(series, artery, one.brain, settings, known=known, first=Slice(2, 0))
    mask = finished(work).maps.quality_mask
    assert mask is not None
    assert mask.any()


def test_fault_18_an_aif_without_voxels_or_beside_the_brain_is_refused(one):
    outside = np.zeros_like(one.artery)
    with pytest.raises(DscError, match="AIF must hold at least one voxel"):
        finished(stages(one.series, outside, one.brain, Settings()))
    outside[0, 0, 0] = True
    with pytest.raises(DscError, match=r"outside it, in the file at \(0, 0, 0\)"):
        finished(stages(one.series, outside, one.brain, Settings()))


def test_fault_18_an_aif_whose_integral_is_not_positive_is_refused(one):
    time = one.series.time
    with pytest.raises(DscError, match=r"AIF integral is non-positive.*Choose arterial voxels"):
        compute_perfusion_maps(np.ones((3, 60)), -one.aif, time, baseline=10)


def test_fault_19_a_volume_without_a_finite_arterial_sample_is_named(one):
    """Up to two in a row are interpolated, and said."""
    for dark, refused in (((17, 18), False), ((17, 18, 19), True)):
        signal = one.series.signal.copy()
        signal[one.artery, dark[0] : dark[-1] + 1] = 0
        work = stages(
            replace(one.series, signal=signal), one.artery, one.brain, Settings(baseline=(2, 12))
        )
        if refused:
            with pytest.raises(DscError, match="none in volumes 15, 16, 17"):  # of the retained
                finished(work)
        else:
            assert any("no signal in volumes 15, 16" in said for said in finished(work).notices)


@pytest.mark.parametrize("share", [0.005, 0.1, 0.3])
def test_fault_21_time_that_jitters_is_even_or_resampled(one, share):
    time = one.series.time.copy()
    time[30] += share * 1.5
    series, settings = replace(one.series, time=time), Settings(baseline=(2, 12))
    work = stages(series, one.artery, one.brain, settings)
    said = any("resampled to 1.5 s" in words for words in finished(work).notices)
    assert said == (share > 0.01)


@pytest.mark.parametrize("threshold", [-0.1, 1.0, np.nan])
def test_fault_22_a_threshold_that_is_none_is_refused(threshold):
    for name in TRUNCATED:
        with pytest.raises(DscError, match="svd_threshold must lie in"):
            deconvolver(name, svd_threshold=threshold)


@pytest.mark.parametrize(
    ("density", "ratio"), [(0, 0.73), (-1, 0.73), (np.nan, 0.73), (1, 0), (1, 1.6), (1, np.nan)]
)
def test_fault_22_a_scale_that_is_none_is_refused(density, ratio):
    with pytest.raises(DscError, match="must"):
        Scale(density, ratio)


@pytest.mark.parametrize(("density", "said"), [(0.85, True), (1.04, False), (1.25, True)])
def test_fault_22_an_unusual_density_is_said(one, density, said):
    settings = Settings(baseline=(2, 12), scale=Scale(density))
    found = finished(stages(one.series, one.artery, one.brain, settings))
    assert any("is unusual" in words for words in found.notices) == said


def test_a_scan_of_another_shape_has_no_slices_to_compare(one):
    flat = replace(one.series, signal=one.series.signal.reshape(-1, 60))
    assert propose(flat, one.brain.ravel()).questions == ()
