"""What the public functions take for their arguments: converted, or refused by name and value."""

import pickle
import warnings
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dsc import (
    DscError,
    DscWarning,
    Series,
    compute_cbv,
    compute_mtt,
    compute_perfusion_maps,
    delta_r2_star,
    phantom,
    propose_aif,
    propose_vof,
    residue,
)
from napari_dsc.core.aif import fit_gamma_variate
from napari_dsc.core.time_units import odd_echo_time, odd_step

STEP, VOLUMES = 1.5, 38


@pytest.fixture(scope="module")
def patient():
    return phantom((12, 12, 3), VOLUMES + 2, arrival=20.0)


@pytest.fixture(scope="module")
def sound(patient):
    """Arguments of every public function, all of them right."""
    signal, time = patient.series.signal[..., 2:], patient.series.time[2:]
    curves = delta_r2_star(signal, 0.03, 9)
    aif = curves[patient.artery].mean(axis=0)
    affine = patient.series.affine
    searched = {"delta_r2": curves, "time": time, "brain": patient.brain, "signal": signal}
    searched |= {"echo_time": 0.03, "baseline": 9}
    return {
        compute_perfusion_maps: {
            "delta_r2": curves, "aif": aif, "time": time, "deconvolve": True,
            "deconvolution_method": "cSVD", "svd_threshold": 0.2, "density": 1.04,
            "hematocrit_ratio": 0.73, "affine": affine, "oscillation_index": 0.035, "baseline": 8,
            "signal": signal, "window": slice(0, 30), "slice_times": [0, 0.5, 1], "slice_axis": 2,
        },
        compute_cbv: {"delta_r2": curves, "aif": aif, "time": time, "hematocrit_ratio": 0.73},
        compute_mtt: {"cbv": np.ones(VOLUMES), "cbf": np.ones(VOLUMES)},
        residue: {
            "delta_r2": aif / 10, "aif": aif, "time": time, "deconvolution_method": "cSVD",
            "svd_threshold": 0.2, "oscillation_index": 0.035,
        },
        delta_r2_star: {"signal": signal, "echo_time": 0.03, "baseline": 9, "slice_timing": True},
        propose_aif: searched,
        propose_vof: searched,
        fit_gamma_variate: {"curve": patient.aif, "time": patient.series.time},
        phantom: {
            "shape": (6, 6, 2), "n_volumes": 30, "snr": 50.0, "seed": 0, "repetition_time": 1.5,
            "echo_time": 0.03, "arrival": 15.0, "slice_times": [0, 0.5],
        },
        patient.series.settled: {"repetition_time": 1.5, "echo_time": 0.03, "checked": False},
        Series: {
            "signal": signal, "time": time, "echo_time": 0.03, "affine": affine,
            "slice_times": np.array([0, 0.5, 1]), "slice_axis": 2, "moves": None,
        },
    }  # fmt: skip


@pytest.fixture(scope="module")
def searched():
    """Arguments of a search that finds an artery."""
    patient = phantom((32, 32, 4), 60)
    signal, time = patient.series.signal[..., 2:], patient.series.time[2:]
    curves = delta_r2_star(signal, 0.03, 10)
    return {"delta_r2": curves, "time": time, "brain": patient.brain, "signal": signal}


class Tensor:
    """Something that does not let itself be turned into an array."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("it is elsewhere")


ODD = {
    "a word": "x", "bytes": b"x", "complex": 1 + 2j, "ragged": [[1, 2], [3]], "a dict": {"a": 1},
    "an object": object(), "a tensor": Tensor(), "masked": np.ma.masked,
    "words": np.array(["1"] * VOLUMES), "complex curve": np.full(VOLUMES, 1j),
    "bools": np.ones(VOLUMES, bool), "dates": np.zeros(VOLUMES, "M8[D]"),
    "durations": np.zeros(VOLUMES, "m8[s]"), "objects": np.array([object()] * VOLUMES),
    "records": np.zeros(2, [("a", int)]), "empty": np.zeros(0), "no time": np.zeros((3, 0)),
    "square": np.ones((VOLUMES, VOLUMES)), "NaN": np.full(VOLUMES, np.nan),
    "infinite": np.full(VOLUMES, np.inf), "zeros": np.zeros(VOLUMES),
    "NaN affine": np.eye(4) * np.nan,
    "singular affine": np.ones((4, 4)), "huge": 1e308, "long": 10**30, "negative": -3, "half": 1.5,
    "reversed": slice(5, 0), "steps": slice(0, 10, 2), "beyond": slice(100, 200),
    "float ends": slice(1.5, 3), "word ends": slice("a", None), "a function": len,
    "wrapped": np.full(VOLUMES, 60_000, "u2"),
}  # fmt: skip
MASKS = ("mask", "brain", "region")  # judged by rules of their own


def test_fault_65_whatever_is_given_is_computed_or_refused_in_words(sound):
    """Every argument of every public function; never an error of numpy's or Python's."""
    wrong, refused = [], 0
    for function, arguments in sound.items():
        for name in set(arguments) - set(MASKS):
            for kind, value in ODD.items():
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    warnings.simplefilter("ignore", DscWarning)
                    try:
                        function(**{**arguments, name: value})
                    except DscError as error:
                        refused += 1
                        words = str(error)
                        if "\n" in words or not words.endswith(".") or len(words) > 400:
                            wrong.append((function.__name__, name, kind, words[:200]))
                    except Exception as error:
                        wrong.append((function.__name__, name, kind, f"{error!r:.80}"))
    assert not wrong
    assert refused > 1000


def equal(one, other):
    for was, now in zip(one, other, strict=True):
        np.testing.assert_allclose(now.values, was.values, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "held",
    [
        lambda array: array.tolist(),
        lambda array: array.astype(">f8"),
        lambda array: array.astype(np.longdouble),
        np.ma.array,
        lambda array: array.astype(object),
        lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
        np.asfortranarray,
    ],
    ids=["lists", "big-endian", "longdouble", "masked", "objects", "every other", "Fortran"],
)
def test_fault_65_every_way_to_hold_numbers_gives_the_same_maps(sound, held):
    """In float64 all: the curves of a few voxels, the artery and the times."""
    given = sound[compute_perfusion_maps]
    curves = given["delta_r2"][4:8, 4:8].astype(np.float64)
    aif, time = given["aif"].astype(np.float64), given["time"]
    expected = compute_perfusion_maps(curves, aif, time)
    equal(expected, compute_perfusion_maps(held(curves), held(aif), held(time)))


def test_fault_65_masked_samples_are_nan(sound):
    """In a voxel: no answer, and its neighbours unchanged; in the artery: the error for NaN."""
    given = sound[compute_perfusion_maps]
    curves, aif, time = given["delta_r2"][4:8, 4:8], given["aif"], given["time"]
    hidden = np.ma.array(curves, mask=np.zeros(curves.shape, bool))
    hidden.data[1, 1, 1, 14:18] = 5000.0
    hidden[1, 1, 1, 14:18] = np.ma.masked
    maps = compute_perfusion_maps(hidden, aif, time)
    assert np.isnan(maps.cbf.values[1, 1, 1])
    assert not maps.quality_mask[1, 1, 1]
    whole = compute_perfusion_maps(curves, aif, time)
    others = np.ones(curves.shape[:-1], bool)
    others[1, 1, 1] = False
    np.testing.assert_array_equal(maps.cbf.values[others], whole.cbf.values[others])
    assert np.isnan(compute_cbv(hidden, aif, time)[1, 1, 1])
    masked = np.ma.array(aif, mask=np.arange(VOLUMES) == 16)
    for function in (compute_perfusion_maps, compute_cbv):
        with pytest.raises(DscError, match="aif must be finite, got nan at volume 16"):
            function(curves, masked, time)
    signal = np.ma.array(sound[delta_r2_star]["signal"][5, 5], mask=False)
    signal[1, 20] = np.ma.masked
    assert np.isnan(delta_r2_star(signal, 0.03, 9)[1, 20])
    times = np.ma.array(time, mask=np.arange(VOLUMES) == 3)
    with pytest.raises(DscError, match="time must be finite, got nan at volume 3"):
        compute_cbv(curves, aif, times)


class Named:
    """An array with named axes, as of xarray."""

    def __init__(self, values, dims):
        self.values, self.dims = values, dims

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


def test_fault_65_time_that_is_not_the_last_axis_is_said_of_the_right_argument(sound):
    """By its name, or because AIF and time agree with each other and with another axis."""
    given = sound[compute_perfusion_maps]
    first = np.moveaxis(given["delta_r2"], -1, 0)
    with pytest.raises(DscError, match=r"delta_r2 must have time as its last axis.*moveaxis"):
        compute_perfusion_maps(first, given["aif"], given["time"])
    named = Named(first, ("time", "x", "y", "z"))
    with pytest.raises(DscError, match="delta_r2 must have time as its last axis, got axes time"):
        compute_perfusion_maps(named, given["aif"], given["time"])
    right = Named(given["delta_r2"], ("x", "y", "z", "time"))
    assert compute_perfusion_maps(right, given["aif"], given["time"]).cbf.values.shape == (
        12,
        12,
        3,
    )


def test_fault_65_an_unsigned_curve_whose_negative_numbers_wrapped_is_refused(sound):
    """Delta R2* falls below zero: 65,530 is -6 in another dress."""
    given = sound[compute_perfusion_maps]
    wrapped = np.rint(np.nan_to_num(given["delta_r2"])).astype(np.int16).view(np.uint16)
    with pytest.raises(DscError, match=r"delta_r2 must be signed.*got uint16"):
        compute_perfusion_maps(wrapped, given["aif"], given["time"])


@pytest.mark.parametrize("step", [5e-324, 1e-310, 1e-9, 1e300])
def test_a_time_step_of_no_scanner_is_refused_in_words(step):
    """As a damaged header has it: nobody is told to leave out millions of volumes."""
    assert odd_step(step).endswith("give the time from volume to volume in seconds.")


@pytest.mark.parametrize(
    ("factor", "remedy"),
    [
        (1000, "in milliseconds, divide by 1000"),
        (1e6, "in microseconds, divide by 1,000,000"),
        (1 / 60, "in minutes, multiply by 60"),
        (1 / 3600, "in hours, multiply by 3600"),
    ],
)
def test_fault_60_times_in_another_unit_are_refused_with_their_remedy(
    sound, patient, factor, remedy
):
    """At every door of Python."""
    words = rf"steps of 0\.2 to 6 s, got .*{remedy}"
    timed = [one for one in sound.items() if "time" in one[1]]
    assert len(timed) > 5
    for function, others in timed:
        with pytest.raises(DscError, match=words):
            function(**{**others, "time": factor * np.asarray(others["time"])})
    with pytest.raises(DscError, match=words):
        patient.series.settled(repetition_time=factor * STEP)
    with pytest.raises(DscError, match=words):
        phantom((6, 6, 2), repetition_time=factor * STEP)


def test_fault_60_a_time_step_that_somebody_has_checked_is_taken(patient):
    """The remedy of the error works; also for a scan that had no time axis."""
    unknown = replace(patient.series, time=None)
    with pytest.raises(DscError, match="say so: checked=True"):
        unknown.settled(repetition_time=0.1)
    assert unknown.settled(repetition_time=0.1, checked=True).repetition_time == pytest.approx(0.1)


def test_fault_60_the_specification_s_times_run():
    """Ninety seconds in sixty volumes."""
    random = np.random.default_rng(0)
    maps = compute_perfusion_maps(
        random.random((4, 4, 2, 60)) * 10, random.random(60) * 20, np.linspace(0, 90, 60)
    )
    assert maps.cbf.values.shape == (4, 4, 2)


@given(st.floats(1e-9, 1e9))
@settings(derandomize=True)
def test_fault_60_every_remedy_works(step):
    """What is told to be done to a step makes it a plausible one."""
    words = odd_step(step)
    inside = 0.2 * (1 - 1e-6) <= step <= 6 * (1 + 1e-6)
    assert bool(words) != inside
    for told, factor in (
        ("divide by 1000.", 1e-3), ("divide by 1,000,000.", 1e-6), ("multiply by 60.", 60),
        ("multiply by 3600.", 3600), ("divide by 1,000,000,000.", 1e-9),
    ):  # fmt: skip
        if told in words:
            assert odd_step(step * factor) == ""
    if "take every" in words:
        assert odd_step(step * int(words.split("take every ")[1].split("th")[0])) == ""


@pytest.mark.parametrize(
    ("echo_time", "words"), [(30, "by 1000"), (0.0005, "by 60"), (-1, "0 and")]
)
def test_fault_61_an_echo_time_in_another_unit_is_refused_at_every_door(sound, echo_time, words):
    assert words in odd_echo_time(echo_time)
    timed = [one for one in sound.items() if "echo_time" in one[1]]
    assert len(timed) > 4
    for function, others in timed:
        with pytest.raises(DscError, match=f"echo_time must .*{words}"):
            function(**{**others, "echo_time": echo_time})


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hematocrit_ratio": 73}, "in percent, divide it by 100"),
        ({"density": 1040}, "in kg/m³, divide it by 1000"),
        ({"svd_threshold": 20}, "in percent, divide it by 100"),
        ({"slice_times": [0, 500, 1000]}, "in milliseconds, divide by 1000"),
    ],
)
def test_fault_61_numbers_in_another_unit_are_refused_with_their_remedy(sound, changed, words):
    with pytest.raises(DscError, match=words):
        compute_perfusion_maps(**{**sound[compute_perfusion_maps], **changed})


def test_fault_66_spans_of_volumes_are_what_they_say(sound):
    """Open and negative ends count as Python counts; a step or an end beyond is refused."""
    given = {**sound[compute_perfusion_maps], "slice_times": None}
    whole = compute_perfusion_maps(**{**given, "window": None})
    for same in (slice(None), slice(0, VOLUMES), slice(-VOLUMES, None)):
        equal(whole, compute_perfusion_maps(**{**given, "window": same}))
    signal = sound[delta_r2_star]["signal"][4, 4, 1]
    expected = delta_r2_star(signal, 0.03, 9)
    kind: Any
    for kind in (slice(0, 9), slice(None, 9), slice(None, 9 - VOLUMES), np.int64(9)):
        np.testing.assert_array_equal(delta_r2_star(signal, 0.03, kind), expected)
    odd: Any
    for odd in (True, 9.0, slice(0, 9, 2), slice(9, 0), slice(0, 90), slice(0.0, 9.0), "9", None):
        with pytest.raises(DscError, match="baseline must"):
            delta_r2_star(signal, 0.03, odd)


@pytest.mark.parametrize("baseline", [20, slice(0, 20), slice(2, None), VOLUMES, slice(15, 18)])
def test_fault_67_a_baseline_that_holds_the_bolus_is_refused(sound, searched, baseline):
    """The remedy names the volume at which it has to end, and works."""
    given = {**sound[compute_perfusion_maps], "slice_times": None}
    with pytest.raises(DscError, match="baseline must end before the bolus arrives") as refused:
        compute_perfusion_maps(**{**given, "baseline": baseline})
    end = int(str(refused.value).split("End it at volume ")[1].split()[0])
    assert compute_perfusion_maps(**{**given, "baseline": end}).quality_mask.any()
    with pytest.raises(DscError, match="baseline must end before the bolus arrives"):
        propose_aif(**searched, baseline=baseline)


def test_fault_67_also_where_the_curves_were_made_of_it(patient):
    """Their level before the bolus is below zero then, and the artery still rises."""
    signal, time = patient.series.signal[..., 2:], patient.series.time[2:]
    curves = delta_r2_star(signal, 0.03, 25)
    aif = curves[patient.artery].mean(axis=0)
    with pytest.raises(DscError, match="baseline must end before the bolus arrives"):
        compute_perfusion_maps(curves, aif, time, patient.brain, baseline=25)


def test_fault_69_an_aif_object_is_its_curve(searched):
    """As a proposal gives it."""
    found = propose_aif(**searched)
    curves, time = searched["delta_r2"][12:16, 12:16], searched["time"]
    equal(
        compute_perfusion_maps(curves, found.curve, time),
        compute_perfusion_maps(curves, found, time),
    )
    np.testing.assert_array_equal(
        compute_cbv(curves, found, time), compute_cbv(curves, found.curve, time)
    )
    assert (
        residue(curves[1, 1, 1], found, time).tmax
        == residue(curves[1, 1, 1], found.curve, time).tmax
    )


def test_fault_69_an_echo_time_that_is_unknown_is_asked_for(patient):
    with pytest.raises(DscError, match="echo_time must be known in s, got None"):
        delta_r2_star(patient.series.signal, None, 9)


def test_fault_69_what_is_known_of_a_scan_is_known_to_a_type_checker(patient):
    """A phantom's times are there; taken away, it is a scan like any other."""
    assert type(patient.series).__name__ == "KnownSeries"
    assert type(replace(patient.series, echo_time=None)) is Series
    assert type(replace(patient.series, time=None).settled(repetition_time=1.5)) is Series
    assert pickle.loads(pickle.dumps(patient.series)).echo_time == 0.03
    assert deepcopy(patient.series).echo_time == 0.03
    with pytest.raises(DscError, match=r"time must be known.*settled\(repetition_time="):
        replace(patient.series, time=None).known()
    assert replace(patient.series, dicom=True).known().dicom


def test_fault_69_a_type_checker_takes_what_runs_and_no_misspelt_method(tmp_path, monkeypatch):
    """The README's example, every method of the table, and one that is none."""
    api = pytest.importorskip("mypy.api")
    monkeypatch.chdir(Path(__file__).parents[2])
    head = (
        "import numpy as np\n"
        "from napari_dsc import DECONVOLVERS, compute_perfusion_maps, delta_r2_star, phantom\n"
        "series = phantom().series\n"
        "curves = delta_r2_star(series.signal[..., 2:], series.echo_time, baseline=11)\n"
        "aif, time = np.nanmean(curves[1, 2], axis=0), series.time[2:]\n"
    )
    right = (
        "for method in DECONVOLVERS:\n"
        "    maps = compute_perfusion_maps(curves, aif, time, deconvolution_method=method)\n"
        "    print(maps.tmax.values.mean(), maps.delay.units, maps.quality_mask.mean())\n"
    )
    wrong = "compute_perfusion_maps(curves, aif, time, deconvolution_method='OSVD')\n"
    (tmp_path / "right.py").write_text(head + right)
    (tmp_path / "wrong.py").write_text(head + wrong)
    said, _, _ = api.run(["--strict", str(tmp_path / "right.py"), str(tmp_path / "wrong.py")])
    assert "wrong.py:6: error" in said, said
    assert "in 1 file (checked 2 source files)" in said, said


def test_fault_104_what_holds_arrays_is_shown_in_a_few_words(patient, sound, searched):
    """Kind, shape, range: no thousands of numbers."""
    maps = compute_perfusion_maps(**sound[compute_perfusion_maps])
    found = propose_aif(**searched)
    given = sound[residue]
    for one in (maps, maps.cbf, patient.series, found, found.candidates, residue(**given), patient):
        assert len(repr(one)) < 4000
        assert type(one).__name__ in repr(one)
        assert "\n" not in repr(one)
    assert "(12, 12, 3)" in repr(maps.cbf)
    assert "mL/100g/min" in repr(maps.cbf)
