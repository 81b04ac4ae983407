"""Repetition time and echo time: who is believed, and what happens where nobody is sure."""

import json

import numpy as np
import pytest

from napari_dsc import read


def times_of(series) -> dict[str, str]:
    """What its sources say of times; what they say of values is another matter."""
    return {fact: said for fact, said in series.sources.items() if fact != "Values"}


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("step", "unit"), [(1.5, "sec"), (1500, "msec"), (1.5e6, "usec")], ids=["s", "ms", "µs"]
)
def test_fault_02_a_header_is_read_in_its_own_unit(save, step, unit):
    """1500 ms and 1.5 s are the same time step, and it is said who gave it."""
    series = read(save(step=step, unit=unit))
    assert series.repetition_time == pytest.approx(1.5, rel=1e-6)
    assert series.time is not None
    np.testing.assert_allclose(series.time, 1.5 * np.arange(24))
    assert times_of(series) == {"Repetition time": "1.5 s (header)"}


@pytest.mark.parametrize(
    ("step", "unit"),
    [
        (1.0, "unknown"),
        (1.5, "unknown"),
        (1500, "unknown"),
        (1.5, "hz"),
        (0, "sec"),
        (-1.5, "sec"),
        (np.nan, "sec"),
        (np.inf, "sec"),
    ],
)
def test_fault_01_a_header_that_does_not_say_is_not_guessed(save, step, unit):
    """No unit or no number: the time step is unknown, never 1.0, and it is asked for."""
    series = read(save(step=step, unit=unit))
    assert series.time is None
    assert series.repetition_time is None
    assert times_of(series) == {}
    assert any("enter it in seconds" in notice for notice in series.questions)


def test_the_sidecar_speaks_for_a_header_without_unit(save):
    """1.0 without a unit contradicts nothing."""
    series = read(save(step=1.0, unit="unknown", sidecar={"RepetitionTime": 1.47}))
    assert series.repetition_time == pytest.approx(1.47)
    assert times_of(series) == {"Repetition time": "1.47 s (sidecar)"}
    assert series.notices == ()


@pytest.mark.parametrize("header", [1.5, 1.514, 1.486])
def test_the_sidecar_is_believed_where_both_agree(save, header):
    """Within 1 % the difference is rounding: no question is asked."""
    series = read(save(step=header, sidecar={"RepetitionTime": 1.5}))
    np.testing.assert_array_equal(series.time, 1.5 * np.arange(24))
    assert times_of(series) == {"Repetition time": "1.5 s (sidecar and header)"}
    assert series.notices == ()


@pytest.mark.parametrize(("header", "sidecar"), [(1.5, 1.52), (1.5, 1.48), (6.0, 3.0), (1.5, 15)])
def test_fault_03_sources_that_disagree_leave_the_choice_to_the_user(save, header, sidecar):
    """More than 1 %: the time step is unknown, and both are shown."""
    series = read(save(step=header, sidecar={"RepetitionTime": sidecar}))
    assert series.time is None
    assert sorted(series.sources.values()) == sorted([f"{header:g} s", f"{sidecar:g} s"])
    notice = next(one for one in series.questions if "disagree" in one)
    assert f"{header:g} s (header)" in notice
    assert f"{sidecar:g} s (sidecar)" in notice


def test_the_user_settles_it(save):
    """What is entered replaces both rows."""
    series = read(save(step=6.0, sidecar={"RepetitionTime": 3.0})).settled(repetition_time=3.0)
    assert series.repetition_time == 3.0
    said = "3 s (entered by the user); the file said: 3 s; 6 s"
    assert times_of(series) == {"Repetition time": said}


@pytest.mark.parametrize(("step", "unit"), [(0.2, "sec"), (200, "msec"), (6.0, "sec")])
def test_usual_time_steps_are_accepted(save, step, unit):
    """From 0.2 to 6 s, both included."""
    assert read(save(step=step, unit=unit)).time is not None


@pytest.mark.parametrize("source", ["header", "sidecar"])
@pytest.mark.parametrize("step", [0.065, 0.19, 6.1, 1500])
def test_an_unusual_time_step_has_to_be_confirmed(save, step, source):
    """Below 0.2 s or above 6 s it may be that of a slice or a shot."""
    path = save(step=step) if source == "header" else save(step=0, sidecar={"RepetitionTime": step})
    series = read(path)
    assert series.time is None
    assert times_of(series) == {"Repetition time": f"{step:g} s ({source})"}
    assert any(f"{step:g} s" in notice and "confirm" in notice for notice in series.questions)


def test_the_echo_time_is_the_sidecar_s(save):
    """NIfTI headers know none."""
    series = read(save(sidecar={"EchoTime": 0.03}))
    assert series.echo_time == 0.03
    assert series.sources["Echo time"] == "0.03 s (sidecar)"
    assert read(save(sidecar={})).echo_time is None


@pytest.mark.parametrize("echo_time", [1, 1.0, 30, 29.5, 1e9])
def test_an_echo_time_in_milliseconds_is_not_divided(save, echo_time):
    """It is asked for: nobody knows what was meant."""
    series = read(save(sidecar={"EchoTime": echo_time}))
    assert series.echo_time is None
    assert "Echo time" not in series.sources
    assert any("EchoTime" in notice and "milliseconds" in notice for notice in series.notices)


@pytest.mark.parametrize("key", ["RepetitionTime", "EchoTime"])
@pytest.mark.parametrize(
    "value",
    [
        b'"2s"',
        b'"1.5"',
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"1e999",
        b"true",
        b"-2",
        b"0",
        b"[1.5]",
        b"{}",
        b"1" + b"0" * 400,
    ],
    ids=lambda value: value.decode()[:12],
)
def test_what_is_no_time_is_ignored(save, key, value):
    """Strings, NaN, truth values, lists: the header is used, and it is said why."""
    series = read(save(sidecar=b'{"%s": %s}' % (key.encode(), value)))
    assert series.repetition_time == 1.5
    assert series.echo_time is None
    assert any(key in notice for notice in series.notices)


@pytest.mark.parametrize(
    "content",
    [
        b'{"RepetitionTime": 2.0, "x": "%s"}' % (b"a" * 2**20),
        b"",
        b"{",
        b'{"RepetitionTime": 2.0,}',
        b"\xff\xfe{\x00}\x00",
        b'{"RepetitionTime": 2.0, "x": %s}' % DEEP,
        DEEP,
        b'[{"RepetitionTime": 2.0}]',
        b'"RepetitionTime"',
        b"2.0",
        b"null",
    ],
    ids=["1 MiB", "empty", "cut", "comma", "UTF-16", "deep", "deeper", "list", "text", "2", "null"],
)
def test_a_sidecar_that_cannot_be_used_is_ignored(save, content):
    """The header is used, and it is said why."""
    series = read(save(sidecar=content))
    assert series.repetition_time == 1.5
    assert [notice for notice in series.notices if "sidecar" in notice and "ignored" in notice]


def test_a_sidecar_may_start_with_a_byte_order_mark(save):
    """As Windows programs write it."""
    assert read(save(sidecar=b'\xef\xbb\xbf{"EchoTime": 0.03}')).echo_time == 0.03


def test_the_sidecar_of_another_scan_is_not_read(save):
    """Only the same stem counts."""
    save("other.nii", sidecar={"EchoTime": 0.03})
    assert read(save("scan.nii.gz")).echo_time is None


def test_steps_that_alternate_have_the_mean_that_the_header_says(save):
    """Ten per cent to and fro: no source contradicts another, and the times stay as they are."""
    times = np.cumsum([0.0, *np.tile([1.65, 1.35], 12)[:23]])
    series = read(save(step=1.5, sidecar={"VolumeTiming": times.tolist(), "RepetitionTime": 1.5}))
    assert series.questions == ()
    assert series.time is not None
    np.testing.assert_allclose(series.time, times)


@pytest.mark.parametrize("slope", [0.0, np.nan])
def test_fault_12_no_scale_is_recorded(forge, slope, signal):
    series = read(forge(scl_slope=slope, scl_inter=0))
    assert series.sources["Values"] == f"as stored: the header's scale is {slope:g}"
    np.testing.assert_array_equal(series.signal, signal)


INHERITED = {
    "dsc.json": {"EchoTime": 0.05, "RepetitionTime": 1.5},
    "task-rest_dsc.json": {"EchoTime": 0.01},  # of another task
    "sub-01/sub-01_dsc.json": {"EchoTime": 0.04},
    "sub-01/perf/sub-01_run-1_dsc.json": {"EchoTime": 0.031},
}


@pytest.mark.parametrize("levels", range(5))
def test_sidecars_higher_up_in_a_dataset_speak_where_nearer_ones_are_silent(save, tmp_path, levels):
    """The inheritance principle of BIDS."""
    folder = tmp_path / "sub-01" / "perf"
    folder.mkdir(parents=True)
    path = save(step=1.0, unit="unknown").rename(folder / "sub-01_run-1_dsc.nii")
    (tmp_path / "dataset_description.json").write_text("{}")
    for name, content in list(INHERITED.items())[:levels]:
        (tmp_path / name).write_text(json.dumps(content))
    series = read(path)
    assert series.echo_time == [None, 0.05, 0.05, 0.04, 0.031][levels]
    assert series.repetition_time == (None if levels == 0 else 1.5)


def test_outside_a_dataset_nothing_is_inherited(save, tmp_path):
    folder = tmp_path / "below"
    folder.mkdir()
    path = save(step=1.5).rename(folder / "sub-01_dsc.nii")
    (tmp_path / "dsc.json").write_text('{"EchoTime": 0.05}')
    assert read(path).echo_time is None
