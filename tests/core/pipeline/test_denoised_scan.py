"""A scan that is denoised: once for every run, told, and gone when it is not wanted any more."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import phantom
from napari_dsc.core.maps import Scale
from napari_dsc.core.pipeline import Preview, Settings, Slice, stages
from napari_dsc.core.progress import finished

BEFORE = (2, 12)  # a baseline that is stated: what is known already serves the next run
PLAIN = Settings(baseline=BEFORE)
DENOISED = replace(PLAIN, denoise="similar curves")


@pytest.fixture(scope="module")
def noisy():
    """A patient at a low signal-to-noise ratio."""
    return phantom(shape=(32, 32, 4), snr=40, seed=5)


def same_maps_to_the_byte(one, other):
    assert [each.symbol for each in one.maps] == [each.symbol for each in other.maps]
    for was, now in zip(one.maps, other.maps, strict=True):
        np.testing.assert_array_equal(now.values, was.values, err_msg=was.name)


def run(patient, settings, known=None, series=None):
    return finished(
        stages(series or patient.series, patient.artery, patient.brain, settings, known=known)
    )


@pytest.fixture(scope="module")
def plain(noisy):
    return run(noisy, PLAIN)


@pytest.fixture(scope="module")
def denoised(noisy):
    return run(noisy, DENOISED)


def test_it_is_told_and_its_picture_is_there(plain, denoised):
    assert "removed" in denoised.maps.more
    assert "removed" not in plain.maps.more
    assert any("denoised" in one for one in denoised.notices)
    assert not any("denoised" in one for one in plain.notices)


def test_the_artery_stays_as_it_was_measured(plain, denoised):
    np.testing.assert_array_equal(denoised.aif.curve, plain.aif.curve)
    assert denoised.findings[0].words == plain.findings[0].words


def test_the_noise_that_a_bolus_has_to_stand_out_of_is_what_is_left(plain, denoised):
    """As the signal predicts it, beside what the baselines have."""
    for one, least, most in ((plain, 0.8, 1.25), (denoised, 0.5, 2.0)):
        noise = one.prepared.tissue.noise
        assert least < np.nanmedian(noise.own) / np.nanmedian(noise.predicted) < most
    before, after = (np.nanmedian(one.prepared.tissue.noise.own) for one in (plain, denoised))
    assert after < 0.3 * before


def test_a_known_scan_gives_the_same_and_is_not_averaged_again(noisy, denoised):
    again = run(noisy, replace(DENOISED, scale=Scale(density=1.0)), denoised.prepared)
    assert again.prepared.tissue is denoised.prepared.tissue
    same_maps_to_the_byte(run(noisy, DENOISED, again.prepared), denoised)


def test_the_way_there_and_back_leaves_nothing(noisy, plain, denoised):
    there = run(noisy, DENOISED, plain.prepared)
    same_maps_to_the_byte(there, denoised)
    back = run(noisy, PLAIN, there.prepared)
    same_maps_to_the_byte(back, plain)
    assert back.notices == plain.notices


def test_a_window_that_changes_on_the_way_is_that_of_the_settings(noisy, denoised):
    window = (12, 40)
    same_maps_to_the_byte(
        run(noisy, replace(DENOISED, window=window), denoised.prepared),
        run(noisy, replace(DENOISED, window=window)),
    )
    same_maps_to_the_byte(
        run(noisy, replace(PLAIN, window=window), denoised.prepared),
        run(noisy, replace(PLAIN, window=window)),
    )


def test_the_slice_on_screen_comes_first_and_is_that_of_the_whole(noisy, denoised):
    work = stages(
        noisy.series,
        noisy.artery,
        noisy.brain,
        DENOISED,
        known=denoised.prepared,
        first=Slice(2, 1),
    )
    shown = [step for step in work if isinstance(step, Preview)]
    assert len(shown) == 1
    np.testing.assert_array_equal(shown[0].maps.cbf.values, denoised.maps.cbf.values[:, :, 1])


def test_no_slice_is_shown_before_those_beside_it_are_known(noisy, denoised):
    """What a slice alone would give is not what the whole scan gives."""
    other = replace(noisy.series, echo_time=0.031)
    work = stages(
        other,
        noisy.artery,
        noisy.brain,
        DENOISED,
        known=denoised.prepared,
        first=Slice(2, 1),
    )
    steps, made = [], None
    while made is None:
        try:
            steps.append(next(work))
        except StopIteration as done:
            made = done.value
    for one in (step for step in steps if isinstance(step, Preview)):
        np.testing.assert_array_equal(one.maps.cbf.values, made.maps.cbf.values[:, :, 1])


def test_slice_times_that_differ_are_told(noisy):
    series = replace(noisy.series, slice_times=np.array([0.0, 0.7, 0.3, 1.0]))
    made = run(noisy, DENOISED, series=series)
    assert any("different times" in one for one in made.notices)


def test_without_an_artery_the_bolus_is_that_of_denoised_curves(noisy):
    shapes = finished(stages(noisy.series, None, noisy.brain, DENOISED))
    assert "removed" in shapes.maps.more
    plain = finished(stages(noisy.series, None, noisy.brain, PLAIN))
    known = [one.maps["fwhm"].quality_mask for one in (shapes, plain)]
    where = np.all(known, axis=0)
    assert (shapes.maps["fwhm"].values != plain.maps["fwhm"].values)[where].mean() > 0.9
