"""One analysis: what is proposed, how it goes on, what it returns and what it refuses."""

import threading
from collections.abc import Generator
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, Series, compute_perfusion_maps, delta_r2_star, phantom
from napari_dsc.core.deconvolution import CirculantSvd, Tikhonov
from napari_dsc.core.maps import Scale
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Preview, Settings, Slice, mean_signal, propose, stages
from napari_dsc.core.plausibility import DOUBTFUL, UNSEEN_KEY
from napari_dsc.core.provenance import Origin, Origins
from napari_dsc.core.types import Progress


def refused(patient, message, *, series=None, artery=None, brain=None, settings=None):
    work = stages(
        series or patient.series,
        patient.artery if artery is None else artery,
        patient.brain if brain is None else brain,
        settings or Settings(),
    )
    with pytest.raises(DscError, match=message):
        list(work)


def same_maps(one, other, rtol=1e-4):
    for was, now in zip(one.maps, other.maps, strict=True):
        np.testing.assert_allclose(now.values, was.values, rtol=rtol, atol=rtol, err_msg=was.name)


# --- proposals ---------------------------------------------------------------------------------


def test_brain_and_baseline_are_proposed(patient):
    """The head is found, the bright volumes are left out, the bolus has not arrived."""
    proposal = propose(patient.series)
    both = (proposal.brain & patient.brain).sum()
    assert 2 * both / (proposal.brain.sum() + patient.brain.sum()) >= 0.95
    start, stop = proposal.baseline
    assert start == 2
    assert start + 5 <= stop <= 21 / 1.5 + 1
    assert proposal.notices == ()


def test_a_known_brain_is_kept(patient):
    assert propose(patient.series, patient.brain).brain is patient.brain


def test_without_a_bolus_a_quarter_of_the_scan_stands_in(patient):
    """A baseline that was not found is said, never invented silently."""
    rising = np.linspace(500, 1000, 40)[None] * np.ones((30, 1))
    series = replace(patient.series, signal=rising, time=np.arange(40.0))
    proposal = propose(series, np.ones(30, dtype=bool))
    assert proposal.baseline == (0, 10)
    assert len(proposal.notices) == 1
    assert "No baseline found" in proposal.notices[0]
    assert "Volumes 0 to 9 stand in" in proposal.notices[0]


def test_an_empty_head_is_refused(patient):
    with pytest.raises(DscError, match="no brain signal"):
        propose(replace(patient.series, signal=np.zeros_like(patient.series.signal)))


def test_mean_signal_is_that_of_the_brain_or_of_a_part(patient):
    """All voxels where they are few; every n-th, in no order that matters, where many."""
    signal = patient.series.signal
    expected = signal[patient.brain].mean(axis=0)
    np.testing.assert_allclose(mean_signal(patient.series, patient.brain), expected)
    part = mean_signal(patient.series, patient.brain, at_most=200)
    assert (part != expected).any()
    np.testing.assert_allclose(part, expected, rtol=0.1)
    one = mean_signal(patient.series, patient.brain, at_most=1)
    assert (signal[patient.brain] == one).all(axis=1).any()


# --- the run -----------------------------------------------------------------------------------


def test_progress_rises_from_nothing_to_all(patient):
    """Every step has its words; fractions never fall, start at 0 and end at 1."""
    work = stages(patient.series, patient.artery, patient.brain, Settings())
    assert isinstance(work, Generator)
    steps = list(work)
    assert all(isinstance(step, Progress) and step.stage for step in steps)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert len({step.stage for step in steps}) >= 4


def test_analysis_returns_maps_and_all_that_made_them(patient, analyse):
    settings = Settings(method=CirculantSvd(svd_threshold=0.1), scale=Scale(1.0, 0.7))
    found = analyse(patient.series, patient.artery, patient.brain, settings)
    start, stop = propose(patient.series, patient.brain).baseline
    assert found.settings == replace(settings, baseline=(start, stop))
    np.testing.assert_array_equal(found.time, patient.series.time[start:])
    assert found.aif.curve.shape == found.time.shape
    np.testing.assert_array_equal(found.aif.voxels, patient.artery)
    np.testing.assert_array_equal(found.brain, patient.brain)
    assert 21 <= found.arrival <= 24
    assert found.notices == ()
    for one in found.maps:
        assert one.values.shape == patient.brain.shape
        assert one.values.dtype == np.float32
        assert np.isnan(one.values[~patient.brain]).all()
        np.testing.assert_array_equal(one.affine, patient.series.affine)


def test_the_pipeline_is_the_public_function(patient, analyse):
    """Signals, baseline, AIF and flags step by step give what `stages` gives."""
    found = analyse(patient.series, patient.artery, patient.brain, Settings(baseline=(2, 13)))
    signal = patient.series.signal[..., 2:]
    curves = delta_r2_star(signal, 0.03, 11)
    aif = np.nanmean(curves[patient.artery], axis=0, dtype=float)
    np.testing.assert_allclose(found.aif.curve, aif, rtol=1e-5, atol=1e-4)
    expected = compute_perfusion_maps(
        curves, aif, patient.series.time[2:], patient.brain, baseline=11, signal=signal
    )
    np.testing.assert_allclose(found.maps.cbv.values, expected.cbv.values, rtol=1e-4, atol=1e-4)
    ratio = (found.maps.cbf.values / expected.cbf.values)[np.isfinite(expected.cbf.values)]
    assert np.mean(np.abs(ratio - 1) < 1e-4) > 1 - 2e-3
    assert np.mean(found.maps.quality == expected.quality) > 1 - 2e-3


def test_volume_is_the_truth_and_the_lesion_is_late(analyse):
    """Without noise CBV is right to 5 %, and Tmax tells the delayed territory."""
    patient = phantom((32, 32, 4), snr=np.inf)
    maps = analyse(patient.series, patient.artery, patient.brain).maps
    for label in (Tissue.GREY, Tissue.WHITE, Tissue.HYPOPERFUSED):
        own = patient.tissue == label
        ratio = np.median(maps.cbv.values[own]) / patient.truth["cbv"][own].mean()
        assert ratio == pytest.approx(1, abs=0.05), label.name
    grey, sick = (
        np.median(maps.tmax.values[patient.tissue == label])
        for label in (Tissue.GREY, Tissue.HYPOPERFUSED)
    )
    assert sick - grey == pytest.approx(4.5 + 1, abs=1)
    assert grey < 4
    assert sick > 6


def test_no_brain_means_every_voxel(patient, analyse):
    crop = np.s_[12:20, 12:20, :2]
    series = replace(patient.series, signal=patient.series.signal[crop])
    artery = np.zeros((8, 8, 2), dtype=bool)
    artery[0, 0, 0] = True
    settings = Settings(baseline=(2, 12))
    found = analyse(series, artery, None, settings)
    assert found.brain.all()
    same_maps(found, analyse(series, artery, np.ones((8, 8, 2), dtype=bool), settings), 0)


def test_only_what_changed_is_computed_again(patient, steps_of):
    """Another method or AIF uses what is prepared; another brain, baseline or time does not."""
    settings = Settings(baseline=(2, 12))
    series, artery, brain = patient.series, patient.artery, patient.brain
    _, first = steps_of(stages(series, artery, brain, settings))
    known = first.prepared
    other = Settings(method=Tikhonov(), baseline=(2, 12))
    steps, again = steps_of(stages(series, artery, brain, other, known=known))
    assert again.prepared is known
    assert not any("relaxation" in step.stage for step in steps)
    smaller = brain & (patient.tissue != 2)
    slower = series.settled(repetition_time=2.0)
    for changed in (
        (series, artery, smaller, settings),
        (series, artery, brain, Settings(baseline=(2, 11))),
        (slower, artery, brain, settings),
        (series.settled(echo_time=0.02), artery, brain, settings),
    ):
        steps, fresh = steps_of(stages(*changed, known=known))
        assert fresh.prepared is not known
        assert any("relaxation" in step.stage for step in steps)
        _, alone = steps_of(stages(*changed))
        for was, now in zip(alone.maps, fresh.maps, strict=True):
            np.testing.assert_array_equal(now.values, was.values)


def test_the_leading_volumes_are_not_read(patient, analyse):
    """What comes before the baseline is discarded: from the maps, the AIF and the times."""
    settings = Settings(baseline=(2, 12))
    signal = patient.series.signal.copy()
    signal[..., :2] = 12_345
    spoilt = replace(patient.series, signal=signal)
    one = analyse(patient.series, patient.artery, patient.brain, settings)
    same_maps(one, analyse(spoilt, patient.artery, patient.brain, settings), 0)


def test_fault_04_an_unknown_echo_time_changes_no_map_and_is_said(patient, analyse):
    """Only the unit of delta R2* is lost."""
    settings = Settings(method=CirculantSvd())
    known = analyse(patient.series, patient.artery, patient.brain, settings)
    series = replace(patient.series, echo_time=None)
    unknown = analyse(series, patient.artery, patient.brain, settings)
    same_maps(known, unknown, 1e-3)
    np.testing.assert_allclose(unknown.aif.curve, 0.03 * known.aif.curve, rtol=1e-4, atol=1e-5)
    assert known.notices == ()
    assert len(unknown.notices) == 1
    assert "Echo time unknown" in unknown.notices[0]


def test_time_to_peak_counts_from_where_it_is_told_to(patient, analyse):
    """From the bolus arrival instead of from the start of the scan; nothing else moves."""
    scan = analyse(patient.series, patient.artery, patient.brain)
    bolus = analyse(
        patient.series, patient.artery, patient.brain, Settings(ttp_from="bolus arrival")
    )
    assert bolus.arrival == scan.arrival
    np.testing.assert_allclose(
        bolus.maps.ttp.values, scan.maps.ttp.values - scan.arrival, atol=1e-4
    )
    np.testing.assert_array_equal(bolus.maps.tmax.values, scan.maps.tmax.values)
    peak = np.nanmedian(scan.maps.ttp.values[patient.tissue == Tissue.GREY])
    assert 28 < peak < 35


def test_uneven_time_reaches_the_notices(patient, analyse):
    """A warning in a script is a notice in an analysis: none is lost, none is raised."""
    time = patient.series.time.copy()
    time[1::2] += 0.1
    found = analyse(replace(patient.series, time=time), patient.artery, patient.brain)
    assert len(found.notices) == 1
    assert "resampled to" in found.notices[0]


def test_a_baseline_that_stands_in_reaches_the_notices(analyse):
    """What nobody chose and nothing found is said with the maps, too."""
    signal = np.linspace(500, 1000, 40) * np.ones((30, 1))
    artery = np.arange(30) < 2
    signal[artery] = np.where((np.arange(40) > 15) & (np.arange(40) < 25), 200, 1000)
    signal[~artery] += (1000 - signal[artery].mean(axis=0)) / 14  # no bolus in the mean
    series = Series(signal=signal, time=np.arange(40.0), echo_time=0.03, affine=None)
    series = replace(series, checked=True)
    found = analyse(series, artery, None)
    assert found.settings.baseline == (0, 10)
    told = " ".join(found.notices)
    for words in ("No baseline found", "not flat", "not usable as they are"):
        assert words in told
    assert all(one.affine is None for one in found.maps)


def test_a_gap_of_the_aif_reaches_the_notices(patient, analyse):
    signal = patient.series.signal.copy()
    signal[patient.artery, 20] = 0
    found = analyse(replace(patient.series, signal=signal), patient.artery, patient.brain)
    assert found.notices == found.aif.notices
    assert "interpolated" in found.notices[0]


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ((2, 4), "Only 2 volumes before the bolus: below 5 the baseline is unsound"),
        ((2, 6), "Only 4 volumes before the bolus: below 5 the baseline is unsound"),
        ((2, 7), "Only 5 volumes before the bolus: 10 or more are better"),
        ((2, 11), "Only 9 volumes before the bolus: 10 or more are better"),
        ((2, 12), None),
    ],
)
def test_a_short_baseline_is_said(patient, analyse, baseline, words):
    found = analyse(patient.series, patient.artery, patient.brain, Settings(baseline=baseline))
    assert found.settings.baseline == baseline
    assert len(found.notices) == (words is not None)
    assert all(words in notice for notice in found.notices)


@pytest.mark.parametrize("stop_after", [1, 2, 3, 4])
def test_closing_stops_cleanly(patient, stop_after):
    """Cancel at any step: no error, no thread left behind, nothing changed."""
    threads = threading.active_count()
    before = patient.series.signal.copy()
    work = stages(patient.series, patient.artery, patient.brain, Settings())
    for _ in range(stop_after):
        next(work)
    work.close()
    assert list(work) == []
    assert threading.active_count() == threads
    np.testing.assert_array_equal(patient.series.signal, before)


# --- refused -----------------------------------------------------------------------------------


def test_an_unknown_time_step_is_refused(patient):
    """Never guessed: a wrong one would scale every time and flow."""
    series = replace(patient.series, time=None)
    refused(patient, "repetition time must be known.*Enter it in seconds", series=series)


def test_an_aif_outside_the_brain_is_refused_by_voxel(patient):
    artery = patient.artery.copy()
    artery[0, 1, 2] = artery[31, 30, 3] = True
    refused(
        patient,
        r"AIF must lie inside the brain.*2 voxel\(s\) outside it, in the file at "
        r"\(0, 1, 2\), \(31, 30, 3\)",
        artery=artery,
    )


def test_masks_must_fit_and_hold_something(patient):
    none, small = np.zeros_like(patient.brain), np.ones((3, 3, 3), dtype=bool)
    refused(patient, "AIF must hold at least one voxel, got none", artery=none)
    refused(patient, "brain must hold at least one voxel, got none", brain=none)
    refused(patient, r"AIF must have the shape .*\(32, 32, 4\), got \(3, 3, 3\)", artery=small)
    refused(patient, r"brain must have the shape .*\(32, 32, 4\), got \(3, 3, 3\)", brain=small)


def test_an_aif_that_never_rises_is_refused(patient):
    """An artery that brightens is none."""
    signal = patient.series.signal.copy()
    signal[patient.artery, 13:] = 20_000
    refused(
        patient,
        "AIF integral is non-positive.*Choose arterial voxels",
        series=replace(patient.series, signal=signal, checked=True),
        settings=Settings(baseline=(2, 12)),
    )


def test_a_black_artery_is_refused_by_volume(patient):
    signal = patient.series.signal.copy()
    signal[patient.artery, 20:24] = 0
    series = replace(patient.series, signal=signal)
    settings = Settings(baseline=(2, 12))
    refused(patient, "got none in volumes", series=series, settings=settings)


@pytest.mark.parametrize("baseline", [(2, 3), (5, 5), (9, 4), (-1, 8), (50, 61)])
def test_a_baseline_that_is_none_is_refused(patient, baseline):
    named = f"baseline must hold at least 2 of the 60 volumes, got {baseline[0]}:{baseline[1]}"
    refused(patient, named, settings=Settings(baseline=baseline))


@pytest.mark.parametrize("changed", ["baseline", "brain", "window"])
def test_the_slice_on_screen_comes_before_the_rest_is_prepared(patient, steps_of, changed):
    """A new baseline changes every curve: one slice is shown before all are made."""
    settings = Settings(baseline=(2, 12), method=CirculantSvd())
    series, artery, brain = patient.series, patient.artery, patient.brain
    _, known = steps_of(stages(series, artery, brain, settings))
    where = Slice(2, 1)
    if changed == "baseline":
        settings = replace(settings, baseline=(2, 9))
    elif changed == "window":
        settings = replace(settings, window=(8, 40))
    else:
        brain = brain & (patient.tissue != 2)
    work = stages(series, artery, brain, settings, known=known.prepared, first=where)
    steps, whole = steps_of(work)
    previews = [step for step in steps if isinstance(step, Preview)]
    prepared = [place for place, step in enumerate(steps) if "Properties" in step.stage]
    assert previews
    assert changed == "window" or steps.index(previews[0]) < prepared[-1]
    for preview in previews:
        assert preview.where == where
        for was, now in zip(preview.maps, whole.maps, strict=True):
            expected = now.values[:, :, 1]
            stands = np.isfinite(expected)
            np.testing.assert_array_equal(stands, np.isfinite(was.values))
            close = np.isclose(was.values[stands], expected[stands], rtol=1e-3, atol=1e-3)
            assert close.mean() > 0.995  # rounding can move a peak to its neighbour
    assert [step.fraction for step in steps] == sorted(step.fraction for step in steps)


def test_fault_232_an_artery_that_nobody_has_looked_at_is_doubtful_until_somebody_has(
    patient, steps_of
):
    """The finding stands behind that on the voxels; without it all is as of a seen one."""
    origins = Origins(aif=Origin(kind="proposed", unseen=True))
    work = stages(patient.series, patient.artery, patient.brain, Settings(), origins=origins)
    _, made = steps_of(work)
    assert [one.key for one in made.findings[:2]] == ["aif", UNSEEN_KEY]
    assert made.findings[1].level == DOUBTFUL
    assert made.findings[1].words in made.warnings
    seen = made.seen()
    assert [one for one in made.findings if one.key != UNSEEN_KEY] == list(seen.findings)
    assert seen.origins.aif == seen.aif.origin == Origin(kind="proposed")
    assert seen.maps is made.maps
    assert seen.seen() is seen
