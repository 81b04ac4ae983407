"""A record read back: the same inputs, the same settings, the same maps; nonsense refused."""

import copy
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, DscError
from napari_dsc.core.deconvolution import Posterior, deconvolver
from napari_dsc.core.maps import Scale
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.scan_checks import from_delta_r2_star
from napari_dsc.core.types import Aif
from napari_dsc.io.atomic_files import write_json
from napari_dsc.io.methods_text import citations, methods_paragraph
from napari_dsc.io.read_record import read_record, replayed
from napari_dsc.io.record import make_record


@pytest.fixture
def keep(tmp_path):
    """Write a record, and read it back."""

    def keep(content):
        path = tmp_path / "record.json"
        path.write_text(json.dumps(content))
        return read_record(path)

    return keep


def identical(one, other) -> None:
    for first, second in zip(one.maps, other.maps, strict=True):
        np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(one.maps.quality, other.maps.quality)


@pytest.mark.parametrize("name", DECONVOLVERS)
def test_every_setting_comes_back(patient, keep, name):
    """Method, parameters, scale, baseline, window, origin, vein and times."""
    settings = Settings(
        method=deconvolver(name, svd_threshold=0.15, oscillation_index=0.05),
        scale=Scale(density=1.05, hematocrit_ratio=0.7),
        baseline=(3, 9),
        window=(5, 40),
        ttp_from="bolus arrival",
        slice_timing=name != "sSVD",
    )
    vein = patient.tissue == Tissue.VEIN
    times = np.array([0.0, 0.8, 0.4, 1.2])
    series = replace(
        patient.series.settled(repetition_time=1.6, echo_time=0.031), slice_times=times
    )
    made = finished(stages(series, patient.artery, patient.brain, settings, vein=vein))
    record = keep(make_record(series, made, "a" * 64))
    assert record.settings == settings
    np.testing.assert_array_equal(record.artery, patient.artery)
    np.testing.assert_array_equal(record.vein, vein)
    np.testing.assert_array_equal(record.brain, patient.brain)
    again = finished(replayed(record, record.of(patient.series, "a" * 64)))
    identical(made, again)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (Settings(method=Posterior(expected_volume=0.0)), "expected_volume"),
        (Settings(times_by="Posterior"), "times_parameters"),
    ],
    ids=["flow", "times alone"],
)
def test_fault_381_a_record_from_before_a_volume_was_expected_expects_none(
    patient, keep, settings, key
):
    """It names no such thing, and makes the maps that it made; a record of today names it."""
    made = finished(stages(patient.series, patient.artery, patient.brain, settings))
    content = make_record(patient.series, made, "a" * 64)
    assert key not in content["settings"]
    record = keep(content)
    assert (record.settings.method, record.settings.timing) == (settings.method, settings.timing)
    identical(made, finished(replayed(record, record.of(patient.series, "a" * 64))))
    today = finished(
        stages(patient.series, patient.artery, patient.brain, Settings(method=Posterior()))
    )
    named = make_record(patient.series, today, "a" * 64)["settings"]
    assert named["expected_volume"] == Posterior().expected_volume > 0


@pytest.mark.parametrize("scaled", [False, True])
def test_a_loaded_curve_comes_back(patient, keep, scaled):
    """It has no voxels; one that was scaled to a vein is not scaled twice."""
    settings = Settings(baseline=(2, 10))
    known = finished(stages(patient.series, patient.artery, patient.brain, settings))
    given = Aif(curve=0.5 * known.aif.curve, voxels=np.zeros_like(patient.artery))
    vein = patient.tissue == Tissue.VEIN if scaled else None
    made = finished(stages(patient.series, given, patient.brain, settings, vein=vein))
    record = keep(make_record(patient.series, made, "a" * 64))
    identical(made, finished(replayed(record, record.of(patient.series, "a" * 64))))


def test_what_the_scan_was_taken_to_hold_comes_back(patient, keep):
    """Curves that were ΔR2* already, which a second reading of the file does not tell."""
    signal = np.maximum(patient.series.signal.astype(np.float32), 1)
    level = signal[..., 2:8].mean(axis=-1, keepdims=True)
    read = replace(patient.series, signal=-np.log(signal / level) / np.float32(0.03))
    taken = from_delta_r2_star(read)
    settings = Settings(baseline=(2, 8))
    made = finished(stages(taken, patient.artery, patient.brain, settings))
    record = keep(make_record(taken, made, "a" * 64))
    identical(made, finished(replayed(record, record.of(read, "a" * 64))))


def test_what_was_found_right_stays_right(patient, keep):
    """A scan that rises is computed again if somebody had looked at it."""
    signal = patient.series.signal.astype(np.float32)
    rising = np.where(patient.artery[..., None], signal, 2 * signal.max() - signal)
    odd = replace(patient.series, signal=rising, checked=True)
    settings = Settings(baseline=(2, 8))
    made = finished(stages(odd, patient.artery, patient.brain, settings))
    record = keep(make_record(odd, made, "a" * 64))
    read = replace(odd, checked=False)
    with pytest.raises(DscError, match="rises"):
        finished(stages(read, patient.artery, patient.brain, settings))
    identical(made, finished(replayed(record, record.of(read, "a" * 64))))


def test_another_scan_is_refused(patient, analysis, keep):
    record = keep(make_record(patient.series, analysis, "a" * 64))
    with pytest.raises(DscError, match="aaaaaaaa…"):
        record.of(patient.series, "b" * 64)
    short = replace(patient.series, signal=patient.series.signal[..., 1:], time=None)
    with pytest.raises(DscError, match="shape"):
        record.of(short, "a" * 64)
    nowhere = keep(make_record(patient.series, analysis, None))
    with pytest.raises(DscError, match="without a file"):
        nowhere.of(patient.series, "a" * 64)


BREAKS: dict[str, tuple[str, Any]] = {
    "another version": ("record", "napari-dsc 1"),
    "no settings": ("settings", None),
    "a method that is none": ("settings.deconvolution_method", "magic"),
    "a threshold that is none": ("settings.svd_threshold", "high"),
    "a threshold out of range": ("settings.svd_threshold", 7),
    "a baseline of three": ("settings.baseline_volumes", [1, 2, 3]),
    "a voxel outside": ("aif.voxels", [[999, 0, 0]]),
    "a voxel of two": ("aif.voxels", [[1, 2]]),
    "a brain that is too small": ("brain_runs", [1, 2, 3]),
    "a brain of words": ("brain_runs", "all"),
    "a time that is negative": ("input.repetition_time_s", -1),
    "a shape of three": ("input.shape", [1, 2, 3]),
    "a shape that is huge": ("input.shape", [10**9, 1, 1, 1]),
    "a volume that is huge": ("input.shape", [2**15, 2**15, 2**15, 60]),
    "a fingerprint that is none": ("input.sha256", "\x1b[31mred"),
    "a quantity that is none": ("input.quantity", "mood"),
    "a doubt that is none": ("input.checked_by_user", "yes"),
    "slices along no axis": ("input.slice_axis", 7),
    "slice times of words": ("input.slice_times_s", ["early", "late"]),
    "a correction that is none": ("settings.slice_timing", "maybe"),
    "a curve of words": ("aif.curve", "high"),
    "counts that are none": ("quality.voxels", None),
    "no counts": ("quality", {}),
    "no versions": ("versions", None),
    "control characters": ("statement", "\x1b[31mred"),
    "a version of control characters": ("versions.napari-dsc", "\x1b]0;title\x07"),
    "an origin that is none": ("settings.ttp_counts_from", "yesterday"),
    "files that are none": ("files", [1, 2]),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_damaged_record_is_refused_in_words(patient, analysis, keep, name):
    content = json.loads(json.dumps(make_record(patient.series, analysis, "a" * 64)))
    keys, value = BREAKS[name]
    *path, last = keys.split(".")
    place = content
    for key in path:
        place = place[key]
    place[last] = value
    with pytest.raises(DscError, match=r"record\.json"):
        keep(content)


UNTRUE: dict[str, tuple[str, Any, str]] = {
    "a volume and a half": ("settings.baseline_volumes", [2.5, 9], "a volume and a later one"),
    "a truth as a volume": ("settings.baseline_volumes", [True, 9], "a volume and a later one"),
    "a volume before the first": ("settings.window_volumes", [-1, 9], "a volume and a later one"),
    "an end before its start": ("settings.window_volumes", [9, 9], "a volume and a later one"),
    "a number in letters": ("settings.svd_threshold", "0.15", "svd_threshold must be a number"),
    "a truth as a number": ("settings.svd_threshold", True, "svd_threshold must be a number"),
    "a choice that is no word": ("input.choices", {"echo": 2}, "choices must be words"),
    "a hash that is no word": ("files", {"cbf.nii.gz": 7}, "files must be words"),
}


@pytest.mark.parametrize("name", UNTRUE)
def test_fault_395_a_setting_of_a_record_is_never_made_to_fit(patient, analysis, keep, name):
    """2.5 is not taken as 2, nor true as 1: the maps would be others than the recorded ones."""
    content = json.loads(json.dumps(make_record(patient.series, analysis, "a" * 64)))
    keys, value, words = UNTRUE[name]
    first, _, last = keys.rpartition(".")
    (content[first] if first else content)[last] = value
    with pytest.raises(DscError, match=rf"record\.json: .*{words}.+Choose a record\.json"):
        keep(content)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 10**5, b'{"a": NaN}']
)
def test_what_is_no_record_is_refused_in_words(tmp_path, content):
    path = tmp_path / "record.json"
    path.write_bytes(content)
    with pytest.raises(DscError, match=r"record\.json"):
        read_record(path)
    with pytest.raises(DscError, match="readable"):
        read_record(tmp_path / "none.json")


@pytest.fixture
def said(patient, analysis):
    """Methods paragraph of a record with some entries changed."""
    known = make_record(patient.series, analysis, None)

    def said(**changes):
        record = copy.deepcopy(known)
        for keys, value in changes.items():
            first, _, second = keys.partition("__")
            if second:
                record[first][second] = value
            else:
                record[first] = value
        return methods_paragraph(record)

    return said


def test_the_methods_tell_what_was_done(said, analysis, patient):
    """Every number is the record's."""
    words = said()
    start, stop = analysis.settings.baseline
    voxels = int(patient.artery.sum())
    for part in (
        "60 volumes of 32×32×4 voxels, a repetition time of 1.5 s and an echo time of 30 ms",
        f"The first {start} volumes were discarded; the mean of volumes {start} to {stop - 1} was",
        "ΔR2* (Q.EL1.009) under the gradient-echo model (M.SM1.001).",
        f"the mean curve of {voxels} voxels (how they were chosen is not recorded).",
        "an oscillation index (oSVD) [1], with a threshold of at most 0.2",
        "an oscillation index of at most 0.035",
        "over all retained volumes",
        "a haematocrit factor of 0.73 and a density of 1.04 g/mL",
        "counted from the start of scan",
        "Research use only.",
    ):
        assert part in words


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"input__echo_time_s": None}, "scaled by the echo time, which was unknown"),
        ({"input__quantity": "delta R2*"}, "The curves were ΔR2* already"),
        ({"aif__voxels": []}, "a curve that the user had loaded."),
        ({"aif__voxels": [[1, 2, 3]]}, "the mean curve of 1 voxel (how"),
        ({}, "Slice times were unknown, or the same for every slice: nothing was corrected."),
        (
            {"input__slice_times_s": [0, 0.7, 1.2]},
            "within 1.2 s of each volume; the arterial curve was brought to the times of each",
        ),
        (
            {"input__slice_times_s": [0, 0.7, 1.2], "settings__slice_timing": False},
            "within 1.2 s of each volume, which was not corrected.",
        ),
        ({"input__checked_by_user": True}, "The user confirmed that the scan is in order."),
        (
            {"vof": [[1, 2, 3]], "aif__scaled_by": 1.25},
            "was scaled to that of the venous output function of 1 voxel (how they were chosen is "
            "not recorded) (by 1.25) [1].",
        ),
        ({"input__moves": [[0] * 6, [0, 0, 0, 1, 0, 0]]}, "1 of 2 volumes had moved"),
        ({}, "Motion was not corrected."),
        ({"settings__window_volumes": [5, 30]}, "over volumes 5 to 29"),
        ({"settings__baseline_volumes": [0, 9]}, "The mean of volumes 0 to 8 was the baseline"),
        ({"settings__ttp_counts_from": "bolus arrival"}, "counted from the bolus arrival"),
        ({"settings__deconvolution_method": "sSVD"}, "which is sensitive to delay"),
    ],
)
def test_every_choice_has_its_words(said, changes, part):
    assert part in said(**changes)


@pytest.mark.parametrize("name", DECONVOLVERS)
def test_every_method_is_cited(patient, name):
    """Its own paper, the lexicon, and the central volume principle; every number is used."""
    settings = Settings(method=DECONVOLVERS[name]())
    made = finished(stages(patient.series, patient.artery, patient.brain, settings))
    record = make_record(patient.series, made, None)
    words, cited = methods_paragraph(record), citations(record)
    for number, line in enumerate(cited, start=1):
        assert line.startswith(f"[{number}] ")
        assert f"[{number}]" in words
    kind = DECONVOLVERS[name]
    assert cited[0].endswith(kind.citation)
    for key, parameter in parameters_of(kind).items():
        assert parameter.in_words(getattr(settings.method, key)) in words
    assert ("threshold" in words) == ("svd_threshold" in parameters_of(kind))


@pytest.mark.parametrize("fact", ["echo", "axis"])
def test_another_echo_of_the_same_file_is_refused(analysis, patient, tmp_path, fact):
    """It has the same bytes and the same shape, and other maps."""
    was = replace(patient.series, choices={fact: "2"})
    record = make_record(was, analysis, "0" * 64)
    write_json(tmp_path / "record.json", record)
    known = read_record(tmp_path / "record.json")
    known.of(was, "0" * 64)
    with pytest.raises(DscError, match=f"read with {fact} 2, as for the record, got 1"):
        known.of(replace(was, choices={fact: "1"}), "0" * 64)
