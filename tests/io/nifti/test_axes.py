"""Scans of five axes, echoes, and lists of times in the sidecar."""

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DscError, delta_r2_star, read
from napari_dsc.core.errors import ChoiceNeededError
from napari_dsc.io import reading
from napari_dsc.io.record import input_fingerprint

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
    ("where", "slot", "known"),
    [
        ((3,), 5, True),
        ((3,), 4, False),
        ((4,), 4, True),
        ((4,), 5, False),
        ((4, 5), 4, True),
        ((3, 5), 5, True),
        ((3, 4), 6, True),
        ((3, 4), 4, False),
    ],
    ids=str,
)
@pytest.mark.parametrize(("step", "unit"), [(1.5, "sec"), (1500, "msec"), (1.5e6, "usec")])
def test_fault_71_a_time_step_belongs_to_its_axis(save, signal, where, slot, known, step, unit):
    """Axes of length 1 anywhere: their steps go with them, and none of theirs is taken for TR."""
    path = save(values=np.expand_dims(signal, where), step=0, unit=unit)
    content = bytearray(path.read_bytes())
    header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)
    header["pixdim"][0, 4:] = 0
    header["pixdim"][0, slot] = step
    path.write_bytes(content)
    series = read(path)
    np.testing.assert_array_equal(series.signal, signal)
    assert series.repetition_time == (pytest.approx(1.5) if known else None)


@pytest.mark.parametrize("last", [True, False], ids=["echoes last", "time last"])
def test_fault_71_a_step_in_the_slot_of_echoes_is_no_time(save, signal, last):
    """Whether one echo is taken or both."""
    both = np.stack([signal, signal // 2], 4 if last else 3)
    for slot, known in ((4, last), (5, not last)):
        path = save(values=both, step=0, sidecar={"EchoTime": [0.02, 0.04]})
        content = bytearray(path.read_bytes())
        header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)
        header["pixdim"][0, 4], header["pixdim"][0, 5] = 0, 0
        header["pixdim"][0, slot] = 1.7
        path.write_bytes(content)
        for echo in ("1", "both"):
            found = read(path, echo=echo).repetition_time
            assert found == (pytest.approx(1.7) if known else None)


@pytest.mark.parametrize(("code", "what"), [(1007, "vectors"), (1006, "displacements")])
def test_fault_71_vectors_are_no_scan(forge, signal, code, what):
    path = forge(values=np.stack([signal] * 3, 4), intent_code=code)
    with pytest.raises(DscError, match=f"one number for each voxel and time, got {what}"):
        read(path, echo="1")


def test_fault_71_axes_that_are_neither_time_nor_echo_are_refused(save, signal):
    with pytest.raises(DscError, match=r"got shape \(6, 5, 4, 24, 2, 3\). Split the file"):
        read(save(values=np.broadcast_to(signal[..., None, None], (6, 5, 4, 24, 2, 3)).copy()))


@pytest.mark.parametrize(
    ("name", "other", "number"),
    [
        ("sub-01_echo-1_dsc.nii.gz", "sub-01_echo-2_dsc.nii.gz", "1"),
        ("scan_e2.nii", "scan_e1.nii", "2"),
    ],
)
def test_of_two_echoes_in_two_files_one_is_chosen(save, signal, name, other, number):
    """Alone a file is read as it is; beside another it is asked which one is meant."""
    path = save(name, sidecar={"EchoTime": 0.02})
    assert read(path).notices == ()
    save(other, signal // 2, sidecar={"EchoTime": 0.04})
    with pytest.raises(ChoiceNeededError, match="2 echoes") as needed:
        read(path)
    assert "the file that was opened" in needed.value.options[number]
    assert "both" in needed.value.options
    own = read(path, echo=number)
    np.testing.assert_array_equal(own.signal, signal)
    assert own.files == (path,)
    beside = read(path, echo="2" if number == "1" else "1")
    np.testing.assert_array_equal(beside.signal, signal // 2)
    assert beside.echo_time == 0.04
    assert beside.files == (path.with_name(other),)
    assert "that lie beside each other" in beside.notices[-1]
    alone = input_fingerprint(read(path.with_name(other), echo=beside.choices["echo"]), None)
    assert alone in (None, input_fingerprint(beside, path))


def two_echoes(t1: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Signals at 20 and 50 ms of a known ΔR2*, both changed alike by T1; and that rate."""
    time = np.arange(24)
    rate = 20 * np.exp(-((time - 14) ** 2) / 8) * np.linspace(0.5, 1.5, 120).reshape(6, 5, 4, 1)
    rate[..., :6] = 0
    enhanced = 1 + t1 * rate / 20  # leakage of T1: the signal rises in both echoes
    early, late = (900 * enhanced * np.exp(-echo * (25 + rate)) for echo in (0.02, 0.05))
    return early.astype(np.float32), late.astype(np.float32), rate


@pytest.mark.parametrize("layout", ["two files", "five axes"])
@pytest.mark.parametrize("t1", [0.0, 0.4])
def test_two_echoes_combined_give_the_rate_whatever_t1_does(save, layout, t1):
    """Closed form: ln[(S1/S1,0)/(S2/S2,0)]/(TE2 − TE1); one echo alone is off by T1."""
    early, late, rate = two_echoes(t1)
    if layout == "two files":
        path = save("s_e1.nii", early, sidecar={"EchoTime": 0.02})
        save("s_e2.nii", late, sidecar={"EchoTime": 0.05})
    else:
        path = save("s.nii", np.stack([early, late], 4), sidecar={"EchoTime": [0.02, 0.05]})
    with pytest.raises(ChoiceNeededError) as needed:
        read(path)
    assert "both" in needed.value.options
    both = read(path, echo="both")
    assert both.echo_time == pytest.approx(0.03)
    assert both.signal.dtype == np.float32
    found = delta_r2_star(both.signal, both.echo_time, slice(0, 6))
    np.testing.assert_allclose(found, rate, atol=2e-3)
    assert any("combined" in one for one in both.notices)
    np.testing.assert_allclose(both.signal[..., 0] / late[..., 0], 1, atol=0.5)  # still a head
    one = delta_r2_star(early, 0.02, slice(0, 6))
    assert (abs(one - rate).max() > 1) == (t1 > 0)


def test_echoes_that_cannot_be_combined_are_refused_in_words(save, signal):
    path = save("s_e1.nii", sidecar={"EchoTime": 0.02})
    save("s_e2.nii", signal // 2)
    with pytest.raises(DscError, match="two echo times to be combined"):
        read(path, echo="both")
    save("s_e2.nii", signal[:5], sidecar={"EchoTime": 0.04})
    with pytest.raises(DscError, match="lie on one another"):
        read(path, echo="both")
    save("s_e2.nii", signal, step=2.0, sidecar={"EchoTime": 0.04})
    with pytest.raises(DscError, match="same times"):
        read(path, echo="both")


def test_a_voxel_without_signal_in_one_echo_has_no_answer(save, signal):
    path = save("s_e1.nii", sidecar={"EchoTime": 0.02})
    late = signal // 2 + 1
    late[0, 0, 0, 5] = 0
    save("s_e2.nii", late, sidecar={"EchoTime": 0.04})
    both = read(path, echo="both")
    assert np.isnan(both.signal[0, 0, 0, 5])
    assert np.isnan(both.signal).sum() == 1


def test_volume_times_beat_a_repetition_time(save):
    """The sidecar knows when each volume began."""
    times = np.array(INCREASING)
    times[10:] += 0.1
    series = read(save(sidecar={"VolumeTiming": (times + 4).tolist(), "RepetitionTime": 1.5}))
    assert series.time is not None
    np.testing.assert_allclose(series.time, times)
    assert "VolumeTiming" in series.sources["Repetition time"]
    assert series.notices == ()


FAST_SLOW = [*range(12), *range(14, 50, 3)]


@pytest.mark.parametrize("header", [1.0, 3.0, 47 / 23])
@pytest.mark.parametrize("more", [{}, {"RepetitionTime": 1.0}], ids=["alone", "both"])
def test_fault_73_times_of_two_speeds_have_no_one_step(save, header, more):
    """What the header says is right for a part of it, or in the mean: the list of times holds."""
    more = dict.fromkeys(more, header)
    series = read(save(step=header, sidecar={"VolumeTiming": FAST_SLOW, **more}))
    np.testing.assert_array_equal(series.time, FAST_SLOW)
    assert series.questions == ()
    other = read(save(step=5.0, sidecar={"VolumeTiming": FAST_SLOW}))
    assert other.time is None
    assert "disagree" in other.questions[0]


def test_fault_73_slices_lie_within_what_a_volume_takes(save):
    """AcquisitionDuration, where the times of the volumes leave pauses."""
    times = {"VolumeTiming": (3 * np.arange(24.0)).tolist(), "SliceTiming": [0, 1, 0.5, 1.5]}
    assert read(save(step=3.0, sidecar=times)).slice_times is not None
    short = read(save(step=3.0, sidecar={**times, "AcquisitionDuration": 1.2}))
    assert short.slice_times is None
    assert "within a volume's 1.2" in short.notices[0]


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
