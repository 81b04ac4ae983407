"""Tmax and delay by another deconvolution than flow: what follows it, and what stays."""

from typing import Any

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, DscError, compute_perfusion_maps, residue
from napari_dsc.core.deconvolution import OscillationSvd, StandardSvd, Tikhonov, times_method
from napari_dsc.core.maps import residue_at, tissue_stages
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, finer_times, remedy_in_words, stages
from napari_dsc.core.plausibility import COARSE_KEY
from napari_dsc.core.progress import finished
from napari_dsc.core.quality import Quality
from tests.core.conftest import expecting_nothing
from tests.core.plausibility.bolus_scans import BROAD, bolus_scan

STAYS = ("cbv", "cbf", "mtt", "ttp")
OF_FLOW = Quality.OSCILLATES | Quality.POOR_FIT | Quality.WEAK_BOLUS | Quality.NOT_POSITIVE


def computed(*given: Any, **how: Any) -> Any:
    """Maps, whatever is asked for: also what type checkers would refuse."""
    return compute_perfusion_maps(*given, **how)


@pytest.mark.parametrize("times", DECONVOLVERS)
@pytest.mark.parametrize("flow", ["oSVD", "Tikhonov"])
def test_fault_305_flow_stays_to_the_byte_and_times_are_the_others(noisy, flow, times):
    """And so do the flags of the flow; parameters that both have are shared."""
    aif, time = noisy.aif, noisy.time
    nothing = np.random.default_rng(0).normal(size=(500, time.size)).astype(np.float32)
    curves = np.vstack([noisy.curves[:1000], nothing])  # noise alone peaks anywhere
    how = {"svd_threshold": 0.15, "baseline": slice(0, 10)}

    def maps(method, **further):
        return computed(curves, aif, time, deconvolution_method=method, **how, **further)

    both, plain = maps(flow, times_by=times), maps(flow)
    shared = how if flow == "oSVD" else {"baseline": how["baseline"]}
    alone = expecting_nothing(times)  # its volume is not asked for
    other = computed(curves, aif, time, deconvolution_method=times, **shared, **alone)
    for name in STAYS:
        np.testing.assert_array_equal(getattr(both, name).values, getattr(plain, name).values)
    for name in ("tmax", "delay"):
        np.testing.assert_array_equal(getattr(both, name).values, getattr(other, name).values)
    np.testing.assert_array_equal(both.quality & OF_FLOW, plain.quality & OF_FLOW)
    edge = (plain.quality | other.quality) & Quality.EDGE
    np.testing.assert_array_equal(both.quality & Quality.EDGE, edge)
    np.testing.assert_array_equal(both.quality & Quality.EARLY, other.quality & Quality.EARLY)


def test_fault_305_a_peak_at_the_edge_of_either_search_rejects():
    """Of noise alone some peaks lie there, by one method and not by the other."""
    time = np.arange(0, 90, 1.5)
    aif = 50 * np.exp(-(((time - 25) / 4) ** 2))
    curves = np.random.default_rng(0).normal(size=(500, time.size))
    how = {"baseline": slice(0, 10)}
    flow, times, both = (
        computed(curves, aif, time, **how, **chosen).quality & Quality.EDGE
        for chosen in ({}, {"deconvolution_method": "Tikhonov"}, {"times_by": "Tikhonov"})
    )
    assert (flow > times).any()
    assert (times > flow).any()
    np.testing.assert_array_equal(both, flow | times)


def test_a_method_of_its_own_is_made_where_it_differs_only():
    assert times_method("as flow", OscillationSvd()) is None
    assert times_method("oSVD", OscillationSvd()) is None
    assert times_method("Tikhonov", OscillationSvd()) == Tikhonov()
    assert times_method("sSVD", OscillationSvd(svd_threshold=0.3)) == StandardSvd(svd_threshold=0.3)


def test_an_unknown_method_is_refused(scene):
    one = scene()
    with pytest.raises(DscError, match="times_by must be one of as flow, sSVD, cSVD"):
        computed(one.curves, one.aif, one.time, times_by="fastest")
    with pytest.raises(DscError, match="times_by must be one of as flow"):
        Settings(times_by="osvd")


def test_fault_305_a_voxel_under_the_lens_has_the_times_of_its_maps(scene):
    """Peak and fit are the flow's."""
    one = scene(delays=(3.0,))
    tissue = finished(tissue_stages(one.curves, one.time, baseline=slice(0, 11)))
    found = residue_at(tissue, one.aif, OscillationSvd(), Tikhonov())(one.curves[0], 0.0)
    flow = residue(one.curves[0], one.aif, one.time, "oSVD")
    times = residue(one.curves[0], one.aif, one.time, "Tikhonov")
    assert (found.height, found.r_squared) == (flow.height, flow.r_squared)
    assert (found.tmax, found.delay, found.times_by) == (times.tmax, times.delay, "Tikhonov")
    assert flow.times_by == ""


@pytest.fixture(scope="module")
def narrow():
    """Maps of a bolus at TR 2.5 s, for which oSVD is too coarse."""
    scan = bolus_scan(width=BROAD, repetition_time=2.5)
    artery = scan.tissue == Tissue.ARTERY

    def run(**settings):
        return finished(stages(scan.series, artery, scan.brain, Settings(**settings)))

    return run


def test_fault_307_a_narrow_artery_names_a_method_that_tells_times_better(narrow):
    """Choosing it is a remedy: the warning goes."""
    made = narrow()
    assert COARSE_KEY in {one.key for one in made.findings}
    finer = finer_times(made.prepared, made.aif.curve, made.settings)
    assert finer is not None
    assert abs(finer.delay) <= 1.0
    assert f"Tmax and delay by {finer.name} (--times-by {finer.name})" in remedy_in_words(finer)
    again = narrow(times_by=finer.name)
    assert COARSE_KEY not in {one.key for one in again.findings}
    assert finer_times(again.prepared, again.aif.curve, again.settings) is None
    np.testing.assert_array_equal(again.maps.cbf.values, made.maps.cbf.values)


def test_fault_307_no_other_method_is_named_where_the_chosen_one_is_right():
    scan = bolus_scan(width=BROAD, repetition_time=2.5)
    artery = scan.tissue == Tissue.ARTERY
    made = finished(stages(scan.series, artery, scan.brain, Settings(method=Tikhonov())))
    assert COARSE_KEY not in {one.key for one in made.findings}
    assert finer_times(made.prepared, made.aif.curve, made.settings) is None
