"""The public function says what a run of the pipeline says."""

import numpy as np
import pytest

from napari_dsc import DscError, Finding, compute_perfusion_maps, delta_r2_star, plausibility
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.types import Aif
from tests.core.plausibility.bolus_scans import bolus_scan


@pytest.fixture(scope="module")
def scan():
    return bolus_scan()


@pytest.fixture(scope="module")
def curves(scan):
    return delta_r2_star(scan.series.signal, scan.series.echo_time, 12)


@pytest.mark.parametrize("label", [Tissue.ARTERY, Tissue.VEIN, Tissue.GREY])
def test_arrays_get_the_sentences_of_the_pipeline(scan, curves, label):
    """Whoever computes in Python is told what the screen tells."""
    drawn = scan.tissue == label if label != Tissue.GREY else scan.one(label)
    run = finished(stages(scan.series, drawn, scan.brain, Settings(baseline=(0, 12))))
    time, affine = scan.series.time, scan.series.affine
    aif = Aif(curve=curves[drawn].mean(axis=0), voxels=drawn)
    maps = compute_perfusion_maps(
        curves, aif, time, scan.brain, affine=affine, signal=scan.series.signal, baseline=12
    )
    found = plausibility(
        maps, curves, aif, time, scan.brain, signal=scan.series.signal, baseline=12
    )
    assert all(isinstance(one, Finding) for one in found)
    assert [(one.key, one.level) for one in found] == [(one.key, one.level) for one in run.findings]
    assert found[0] == run.findings[0]


def test_a_curve_alone_is_judged_by_its_shape(scan, curves):
    """Without voxels there are no verdicts of voxels, nor without deconvolution an operator."""
    vein = curves[scan.tissue == Tissue.VEIN].mean(axis=0)
    maps = compute_perfusion_maps(curves, vein, scan.series.time, scan.brain, deconvolve=False)
    found = plausibility(maps, curves, vein, scan.series.time, scan.brain)
    assert [one.key for one in found[:2]] == ["aif", "early brain"]
    assert found[0].words.startswith("AIF: a curve, late")
    assert not {"cbf", "mtt", "operator"} & {one.key for one in found}


def test_maps_of_another_scan_are_refused(scan, curves):
    """They would be judged by curves that did not make them."""
    artery = curves[scan.tissue == Tissue.ARTERY].mean(axis=0)
    maps = compute_perfusion_maps(curves[..., :2, :], artery, scan.series.time)
    with pytest.raises(DscError, match="maps must have the shape of the curves"):
        plausibility(maps, curves, artery, scan.series.time)


def test_a_scan_of_one_row_of_voxels_is_judged_too():
    """Curves of any shape are taken, as everywhere."""
    time = np.arange(60) * 1.5
    artery = 50 * np.exp(-(((time - 25) / 4) ** 2))
    curves = np.stack([0.05 * np.roll(artery, 1)] * 3)
    found = plausibility(compute_perfusion_maps(curves, artery, time), curves, artery, time)
    assert found[0].key == "aif"
