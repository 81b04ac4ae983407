"""Two AIFs on one scan: what differs is told by closed forms and by two runs of the whole."""

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, DscError
from napari_dsc.core.deconvolution import CirculantSvd
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import stages
from napari_dsc.core.pipeline.comparison import compare, maps_under
from napari_dsc.core.progress import finished
from napari_dsc.core.types import BoolArray, Progress
from tests.core.conftest import expecting_nothing


@pytest.fixture(scope="module")
def whole(patient, analyse):
    """An analysis of the digital patient."""
    return analyse(patient.series, patient.artery, patient.brain)


@pytest.fixture(scope="module")
def lesion(patient):
    return patient.tissue == Tissue.HYPOPERFUSED


def under(analysis, curve, settings=None):
    """Maps of the whole pipeline under another curve."""
    settings = settings or analysis.settings
    aif = replace(analysis.aif, curve=curve)
    work = stages(analysis.prepared.series, aif, analysis.brain, settings, known=analysis.prepared)
    return finished(work).maps


def compared(analysis, second, regions=None, settings=None):
    other = replace(analysis.aif, curve=second)
    work = compare(
        analysis.prepared, analysis.aif, other, settings or analysis.settings, regions or {}
    )
    return finished(work)


@pytest.mark.parametrize("origin", ["start of scan", "bolus arrival"])
def test_maps_are_those_of_the_analysis(whole, origin):
    """To the byte, with every flag."""
    settings = replace(whole.settings, ttp_from=origin)
    expected = under(whole, whole.aif.curve, settings)
    made = finished(maps_under(whole.prepared, whole.aif.curve, settings))
    for was, now in zip(expected, made, strict=True):
        np.testing.assert_array_equal(now.values, was.values)
        np.testing.assert_array_equal(now.affine, was.affine)
        assert (now.name, now.symbol, now.units) == (was.name, was.symbol, was.units)
    np.testing.assert_array_equal(made.quality, expected.quality)


def test_an_aif_does_not_differ_from_itself(whole, lesion):
    found = compared(whole, whole.aif.curve, {"lesion": lesion})
    for one in (found.cbf, found.tmax):
        assert (one.values[one.quality_mask] == 0).all()
        np.testing.assert_array_equal(one.quality_mask, whole.maps.quality_mask)
    assert [row.name for row in found.rows] == ["Brain", "lesion"]
    for row in found.rows:
        assert row.first == row.second
        assert row.first_tmax_volume == row.second_tmax_volume > 0


@pytest.mark.parametrize("method", DECONVOLVERS)
def test_twice_the_artery_is_half_of_flow_and_volume(whole, lesion, method):
    """The difference is −½ CBF; Tmax, MTT and the late volume stay; where no volume is expected."""
    how: Any = DECONVOLVERS[method]
    settings = replace(whole.settings, method=how(**expecting_nothing(method)))
    before = under(whole, whole.aif.curve, settings)
    found = compared(whole, 2 * whole.aif.curve, {"lesion": lesion}, settings)
    np.testing.assert_allclose(found.cbf.values, -before.cbf.values / 2, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(
        found.tmax.values, np.where(np.isnan(before.tmax.values), np.nan, 0), atol=1e-3
    )
    for row in found.rows:
        assert row.second.cbf == pytest.approx(row.first.cbf / 2, rel=1e-4)
        assert row.second.cbv == pytest.approx(row.first.cbv / 2, rel=1e-4)
        assert row.second.mtt == pytest.approx(row.first.mtt, rel=1e-4)
        assert row.second.accepted == row.first.accepted > 0
        assert row.second_tmax_volume == row.first_tmax_volume


def test_an_earlier_artery_makes_tissue_later(whole, lesion):
    """Second minus first: by one volume earlier, Tmax is one repetition time more."""
    settings = replace(whole.settings, method=CirculantSvd())
    found = compared(whole, np.roll(whole.aif.curve, -1), {"lesion": lesion}, settings)
    late = found.tmax.values[lesion & found.tmax.quality_mask]
    assert np.median(late) == pytest.approx(1.5, abs=0.05)
    brain, _ = found.rows
    assert brain.second_tmax_volume > brain.first_tmax_volume


@pytest.mark.parametrize("turned", [False, True])
def test_each_side_is_that_of_its_own_run(whole, patient, lesion, turned):
    """Counted again from the maps of two runs; what lies outside the brain does not count."""
    curves = [whole.aif.curve, np.roll(whole.aif.curve, 8)]  # so late that voxels are rejected
    first, second = curves[::-1] if turned else curves
    one, other = (replace(whole.aif, curve=curve) for curve in (first, second))
    regions = {"beyond": lesion | (patient.tissue == Tissue.SCALP)}
    found = finished(compare(whole.prepared, one, other, whole.settings, regions))
    before, after = under(whole, first), under(whole, second)
    assert (before.quality_mask != after.quality_mask).any()
    voxel = abs(np.linalg.det(patient.series.affine[:3, :3])) / 1000
    for row, region in zip(found.rows, (patient.brain, lesion), strict=True):
        sides = ((row.first, row.first_tmax_volume), (row.second, row.second_tmax_volume))
        for (means, volume), maps in zip(sides, (before, after), strict=True):
            stands = maps.quality_mask & region
            assert (means.voxels, means.accepted) == (region.sum(), stands.sum())
            for name in ("cbf", "cbv", "mtt"):
                values = getattr(maps, name).values[stands]
                assert getattr(means, name) == pytest.approx(values.astype(float).mean())
            assert volume == pytest.approx(voxel * (maps.tmax.values[stands] > 6).sum())
    for name in ("cbf", "tmax"):
        made, was, now = (getattr(one, name) for one in (found, before, after))
        np.testing.assert_array_equal(made.values, now.values - was.values)
        np.testing.assert_array_equal(made.quality_mask, was.quality_mask & now.quality_mask)
        np.testing.assert_array_equal(made.affine, patient.series.affine)
        assert (made.units, made.symbol) == (was.units, f"Δ{was.symbol}")


def test_a_voxel_without_an_answer_has_no_difference(patient, analyse):
    """Around the brain, and where a sample is missing."""
    hole = tuple(np.argwhere(patient.tissue == Tissue.WHITE)[0])
    signal = patient.series.signal.copy()
    signal[(*hole, 25)] = 0
    one = analyse(replace(patient.series, signal=signal), patient.artery, patient.brain)
    found = compared(one, 2 * one.aif.curve)
    for made in (found.cbf, found.tmax):
        assert np.isnan(made.values[hole])
        assert not made.quality_mask[hole]
        assert np.isnan(made.values[~patient.brain]).all()
        assert not made.quality_mask[~patient.brain].any()


def test_the_window_of_the_settings_is_that_of_the_areas(whole):
    """Volume and transit time follow it, flow and Tmax do not."""
    settings = replace(whole.settings, window=(10, 35))
    found = compared(whole, whole.aif.curve, settings=settings)
    expected = under(whole, whole.aif.curve, settings)
    (row,) = found.rows
    stands = expected.quality_mask
    assert row.first.cbv == pytest.approx(expected.cbv.values[stands].mean(), rel=1e-5)
    (plain,) = compared(whole, whole.aif.curve).rows
    assert abs(row.first.cbv / plain.first.cbv - 1) > 1e-3
    assert row.first.cbf == pytest.approx(plain.first.cbf, rel=1e-3)


def test_without_an_affine_there_are_no_millilitres(patient, analyse):
    one = analyse(replace(patient.series, affine=None), patient.artery, patient.brain)
    (row,) = compared(one, one.aif.curve).rows
    assert np.isnan([row.first_tmax_volume, row.second_tmax_volume]).all()
    assert row.first.cbf > 0


def test_progress_rises_and_closing_stops_cleanly(whole, steps_of):
    threads = threading.active_count()
    arguments = (whole.prepared, whole.aif, whole.aif, whole.settings, dict[str, BoolArray]())
    steps, _ = steps_of(compare(*arguments))
    assert all(isinstance(step, Progress) for step in steps)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)
    assert {step.stage for step in steps} == {
        "Maps under the first AIF",
        "Maps under the second AIF",
    }
    for stop_after in range(1, len(steps)):
        work = compare(*arguments)
        for _ in range(stop_after):
            next(work)
        work.close()
    assert threading.active_count() == threads


def test_what_does_not_fit_is_refused(whole, patient):
    """A region that is empty or of another scan, by name; a curve of other volumes."""
    none, small = np.zeros_like(patient.brain), np.ones((3, 3, 3), dtype=bool)
    with pytest.raises(DscError, match=r"region 'tumour' must hold at least one voxel"):
        compared(whole, whole.aif.curve, {"tumour": none})
    with pytest.raises(DscError, match=r"region 'tumour' must have the shape"):
        compared(whole, whole.aif.curve, {"tumour": small})
    with pytest.raises(DscError, match=r"aif must have shape \(58,\)"):
        compared(whole, whole.aif.curve[1:])
    with pytest.raises(DscError, match="AIF integral is non-positive"):
        compared(whole, -whole.aif.curve)
