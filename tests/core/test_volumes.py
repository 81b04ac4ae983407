"""Volumes that a user leaves out: as they are named, and what becomes of a scan without them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dsc import DscError, compute_perfusion_maps, delta_r2_star
from napari_dsc.core.left_out_volumes import in_runs
from napari_dsc.core.pipeline import Settings, prepare, propose, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.volumes import as_end, as_volumes

T = 60


@given(st.sets(st.integers(0, T - 1)))
def test_volumes_are_read_as_they_are_told(volumes):
    """What a record or a form says of them gives the same ones again."""
    assert as_volumes("leave_out", in_runs(sorted(volumes)), T) == tuple(sorted(volumes))
    assert as_volumes("leave_out", volumes, T) == tuple(sorted(volumes))


@pytest.mark.parametrize(
    ("words", "volumes"),
    [
        ("58,59", (58, 59)),
        (" 4 , 50-55", (4, *range(50, 56))),
        ("50 – 52", (50, 51, 52)),
        ("7 to 9, 8", (7, 8, 9)),
        ("none", ()),
        ("", ()),
        (np.array([3, 1]), (1, 3)),
    ],
)
def test_volumes_may_be_named_in_these_ways(words, volumes):
    assert as_volumes("leave_out", words, T) == volumes


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("60", "leave_out must be volumes of the scan, 0 to 59, got 60"),
        ("50-70", "0 to 59, got 60"),
        ([-1], "0 to 59, got -1"),
        ("-1", "leave_out must be volumes such as 4, 50-55, got '-1'"),
        ("9-7", "such as 4, 50-55, got '9-7'"),
        ("four", "such as 4, 50-55, got 'four'"),
        ("4;5", "such as 4, 50-55, got '4;5'"),
        ("9" * 40, "such as 4, 50-55"),
        ([1.5], "leave_out must be whole numbers"),
        ([True], "leave_out must be whole numbers"),
        (7, "leave_out must be whole numbers, got"),
    ],
)
def test_what_is_no_volume_is_refused(given, message):
    with pytest.raises(DscError, match=message):
        as_volumes("leave_out", given, T)


@pytest.mark.parametrize("end", [0, -1, 61, 2.5, "3", True])
def test_an_end_outside_the_scan_is_refused(end):
    with pytest.raises(DscError, match=r"end must be (1 to 60|whole numbers)"):
        as_end("end", end, T)


def test_the_end_of_the_scan_is_none():
    assert as_end("end", T, T) is None
    assert as_end("end", T - 1, T) == T - 1


def test_a_user_leaves_eight_volumes(patient):
    with pytest.raises(DscError, match="at least 8 of the 60 volumes, got 7"):
        patient.series.leaving_out(end=7)
    with pytest.raises(DscError, match="at least 8 of the 60 volumes, got 5"):
        patient.series.leaving_out("0-54")


def run(series, patient, baseline=(2, 12)):
    """Maps of a scan, and its notices."""
    return finished(stages(series, patient.artery, patient.brain, Settings(baseline=baseline)))


def spoilt(series, volumes):
    """The scan with noise in some volumes."""
    signal = series.signal.copy()
    rng = np.random.default_rng(1)
    signal[..., volumes] = rng.integers(0, 4000, signal[..., volumes].shape)
    return replace(series, signal=signal)


@pytest.mark.parametrize(
    ("leave_out", "end", "volumes"),
    [("5, 33, 40", None, [5, 33, 40]), (None, 55, list(range(55, T))), ("33", 50, [33, 55])],
)
def test_what_is_left_out_changes_nothing(patient, leave_out, end, volumes):
    """Whatever such a volume holds, the maps are the same to the byte."""
    chosen = [
        run(one.leaving_out(leave_out, end=end), patient)
        for one in (patient.series, spoilt(patient.series, volumes))
    ]
    for one, other in zip(*(made.maps for made in chosen), strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert set(volumes) <= set(chosen[0].prepared.series.left_out)


def test_the_users_word_goes_over_what_is_found(patient):
    """A blank volume is left out, unless the user uses it; both are said."""
    signal = patient.series.signal.copy()
    signal[..., 33] = 0
    blank = replace(patient.series, signal=signal)
    assert propose(blank, patient.brain).left_out == (33,)
    used = blank.leaving_out("none")
    assert propose(used, patient.brain).left_out == ()
    assert propose(used, patient.brain).notices[0] == (
        "Volume 33 (counted from 0) is used, as the user chose, although it seems odd: blank."
    )
    ended = finished(prepare(blank.leaving_out(end=58), patient.brain, (2, 12)))
    assert ended.series.left_out == (33, 58, 59)
    assert ended.notices[:2] == (
        "Volume 33 (counted from 0) is left out: blank.",
        "Nothing from volume 58 (counted from 0) on is used, as the user chose.",
    )


@pytest.mark.parametrize(("leave_out", "end"), [("10-50", None), (None, 10)])
@pytest.mark.parametrize("baseline", [None, (2, 9)])
def test_all_of_the_bolus_cannot_be_left_out(patient, leave_out, end, baseline):
    """Neither where the baseline is proposed nor where it is given."""
    series = patient.series.leaving_out(leave_out, end=end)
    name = "end" if leave_out is None else "leave_out"
    with pytest.raises(DscError, match=rf"{name} must leave volumes of the bolus, which arrives"):
        finished(prepare(series, patient.brain, baseline))


def test_a_baseline_keeps_two_volumes(patient):
    with pytest.raises(DscError, match="baseline must hold at least 2 volumes that are used, got"):
        run(patient.series.leaving_out("2-10"), patient)


def test_what_was_prepared_serves_the_same_volumes_only(patient):
    """A known scan is prepared anew once other volumes are left out."""
    series = patient.series.leaving_out("33")
    known = finished(prepare(series, patient.brain, (2, 12)))
    assert known.serves(series, patient.brain, (2, 12))
    assert not known.serves(patient.series.leaving_out("34"), patient.brain, (2, 12))
    assert not known.serves(patient.series, patient.brain, (2, 12))


def test_the_public_functions_leave_volumes_out(patient):
    """As the pipeline does, within rounding; what they hold does not matter."""
    series, out = patient.series, "5, 33, 40"
    expected = run(series.leaving_out(out, end=55), patient, (2, 12)).maps
    bad = spoilt(series, [5, 33, 40, 57])
    curves = delta_r2_star(bad.signal, 0.03, slice(2, 12), leave_out=out)[..., 2:]
    aif = curves[patient.artery].mean(axis=0)
    later = [volume - 2 for volume in (5, 33, 40)]
    maps = compute_perfusion_maps(
        curves,
        aif,
        series.time[2:],
        patient.brain,
        baseline=slice(0, 10),
        leave_out=later,
        end=53,
    )
    for symbol in ("cbv", "cbf", "tmax"):
        both = getattr(expected, symbol).values, getattr(maps, symbol).values
        np.testing.assert_allclose(both[1], both[0], rtol=2e-3, atol=2e-3)


def test_ttp_counts_from_the_arrival(patient):
    """It is less by the same time everywhere; all else stays."""
    curves = delta_r2_star(patient.series.signal, 0.03, slice(2, 12))[..., 2:]
    time = patient.series.time[2:]
    aif = curves[patient.artery].mean(axis=0)
    one, two = (
        compute_perfusion_maps(
            curves, aif, time, patient.brain, baseline=slice(0, 10), ttp_from=origin
        )
        for origin in ("start of scan", "bolus arrival")
    )
    known = run(patient.series, patient).prepared.arrival
    later = (one.ttp.values - two.ttp.values)[patient.brain]
    np.testing.assert_allclose(later[np.isfinite(later)], known, atol=1e-3)
    np.testing.assert_array_equal(one.cbf.values, two.cbf.values)
    unknown: Any = "arrival"
    with pytest.raises(DscError, match="ttp_from must be one of start of scan, bolus arrival"):
        compute_perfusion_maps(curves, aif, time, patient.brain, ttp_from=unknown)
