"""Scans of five axes, echoes, and lists of times in the sidecar."""

import numpy as np
import pytest

from napari_dsc import DscError, read
from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.io import reading

INCREASING = (1.5 * np.arange(24)).tolist()


@pytest.mark.parametrize("last", [True, False], ids=["echoes last", "time last"])
def test_of_several_echoes_one_is_chosen(save, signal, last):
    """(x, y, z, t, e) and (x, y, z, e, t): the echoes are asked for, never taken for time."""
    axis = 4 if last else 3
    both = np.stack([signal, signal // 2, signal // 3], axis)
    path = save(values=both, sidecar={"EchoTime": [0.02, 0.04, 0.06]})
    with pytest.raises(ChoiceNeededError) as needed:
        read(path)
    assert needed.value.fact == "echo"
    assert needed.value.options["2"] == "echo 2 of 3"
    series = read(path, echo="2")
    np.testing.assert_array_equal(series.signal, signal // 2)
    assert series.echo_time == 0.04
    assert "3 echoes: this is 2" in series.notices[0]


def test_fault_06_which_axis_is_time_is_asked(save, signal):
    """Twenty entries in both: neither is taken for time in silence."""
    both = np.stack([signal + step for step in range(20)], 4)
    path = save(values=both)
    with pytest.raises(ChoiceNeededError) as needed:
        read(path)
    assert needed.value.fact == "axis"
    assert list(needed.value.options) == ["4", "5"]
    np.testing.assert_array_equal(read(path, axis="4", echo="3").signal, signal + 2)
    np.testing.assert_array_equal(read(path, axis="5", echo="24").signal, both[:, :, :, 23])


@pytest.mark.parametrize("axis", [3, 4])
def test_fault_06_an_axis_of_one_is_left_out(save, signal, axis):
    series = read(save(values=np.expand_dims(signal, axis)))
    np.testing.assert_array_equal(series.signal, signal)
    assert "length 1" in series.notices[0]


@pytest.mark.parametrize(
    ("name", "other", "number"),
    [
        ("sub-01_echo-1_dsc.nii.gz", "sub-01_echo-2_dsc.nii.gz", 1),
        ("scan_e2.nii", "scan_e1.nii", 2),
    ],
)
def test_an_echo_beside_another_is_told(save, name, other, number):
    """Two files of one scan: which one this is, and that there is a choice."""
    path = save(name)
    assert read(path).notices == ()
    path.with_name(other).write_bytes(b"")
    assert f"This is echo {number}" in read(path).notices[0]


def test_volume_times_beat_a_repetition_time(save):
    """The sidecar knows when each volume began."""
    times = np.array(INCREASING)
    times[10:] += 0.1
    series = read(save(sidecar={"VolumeTiming": (times + 4).tolist(), "RepetitionTime": 1.5}))
    np.testing.assert_allclose(series.time, times)
    assert "VolumeTiming" in series.sources["Repetition time"]
    assert series.notices == ()


def test_volume_times_that_contradict_the_header_are_asked(save):
    series = read(save(step=3.0, sidecar={"VolumeTiming": INCREASING}))
    assert series.time is None
    assert "VolumeTiming" in series.questions[0]


@pytest.mark.parametrize(
    ("times", "why"),
    [
        (INCREASING[:-1], "23 entries, not 24"),
        ([*INCREASING[:-1], 0.0], "does not increase"),
        ([*INCREASING[:-1], "ZZCANARY"], "not a list of numbers"),
        ([*INCREASING[:-1], float("nan")], "not a list of numbers"),
        (1.5, "not a list of numbers"),
    ],
)
def test_fault_32_volume_times_that_make_no_sense_are_left_out(save, times, why):
    series = read(save(sidecar={"VolumeTiming": times}))
    assert why in series.notices[0]
    assert "ZZCANARY" not in str(series.notices)
    assert series.repetition_time == pytest.approx(1.5)


def test_slice_times_are_read_along_their_axis(save):
    """Shape (6, 5, 4): the fourth slice along k, the sixth along i; backwards with a minus."""
    times = [0.0, 0.7, 0.35, 1.05]
    series = read(save(sidecar={"SliceTiming": times}))
    np.testing.assert_array_equal(series.slice_times, times)
    assert series.slice_axis == 2
    back = read(save(sidecar={"SliceTiming": times, "SliceEncodingDirection": "k-"}))
    np.testing.assert_array_equal(back.slice_times, times[::-1])
    across = {"SliceTiming": [*times, 0.1, 0.2], "SliceEncodingDirection": "i"}
    assert read(save(sidecar=across)).slice_axis == 0


@pytest.mark.parametrize(
    ("sidecar", "why"),
    [
        ({"SliceTiming": [0, 700, 350, 1050]}, "may be in milliseconds"),
        ({"SliceTiming": [0, 0.7, -0.1, 1]}, "must lie within"),
        ({"SliceTiming": [0, 0.7, 0.35]}, "3 entries, not 4"),
        (
            {"SliceTiming": [0, 1, 1.6, 0.2], "RepetitionTime": 1.5},
            "must lie within a volume's 1.5",
        ),
        ({"SliceTiming": [0, 1, 1, 0], "SliceEncodingDirection": "up"}, "Direction is none"),
        ({"SliceTiming": "early"}, "not a list of numbers"),
    ],
)
def test_fault_32_slice_times_that_make_no_sense_are_left_out(save, sidecar, why):
    series = read(save(sidecar=sidecar))
    assert series.slice_times is None
    assert why in series.notices[0]


@pytest.mark.parametrize("depth", [31, 32, 33, 100_000])
def test_fault_32_a_sidecar_of_deep_brackets_is_left_out(save, depth):
    """Brackets within strings do not count."""
    inner = b"[" * (depth - 1) + b"]" * (depth - 1)
    words = b"[" * 100
    text = b'{"RepetitionTime": 1.5, "deep": ' + inner + b', "name": "' + words + b'\\"["}'
    series = read(save(step=0, sidecar=text))
    assert (series.repetition_time == 1.5) == (depth <= 32)
    assert bool(series.notices) == (depth > 32)


def test_a_compressed_scan_is_read_step_by_step(save):
    """So that a viewer can follow it, and stop it; what it returns is the scan."""
    values = np.random.default_rng(0).integers(0, 2**15, (64, 64, 100, 60), dtype=np.int16)
    path = save("scan.nii.gz", values)
    work, steps = reading(path), []
    while True:
        try:
            steps.append(next(work).fraction)
        except StopIteration as end:
            series = end.value
            break
    assert len(steps) >= 3
    assert steps == sorted(steps)
    np.testing.assert_array_equal(series.signal, values)
    stopped = reading(path)
    next(stopped)
    stopped.close()


def test_what_is_longer_than_it_says_is_not_followed(save, tmp_path):
    """A stream that never ends is left at its first byte too many."""
    import gzip

    path = save("scan.nii.gz")
    whole = gzip.decompress(path.read_bytes())
    long = tmp_path / "long.nii.gz"
    with gzip.open(long, "wb", compresslevel=1) as file:
        file.write(whole)
        for _ in range(200):
            file.write(bytes(2**24))
    with pytest.raises(DscError, match="Copy it again"):
        read(long)
