"""Every setting has every face: Python, form, command line, record, replay, methods and report."""

import html
import inspect
import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_dsc import (
    DECONVOLVERS,
    DscError,
    compute_perfusion_maps,
    correct_leakage,
    delta_r2_star,
    read,
)
from napari_dsc.cli import main
from napari_dsc.core.aif import aif_from_voxels
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.settings import SETTINGS, settings_from
from napari_dsc.core.types import Aif
from napari_dsc.io.methods_text import methods_paragraph
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.read_record import read_record, replayed
from napari_dsc.io.record import make_record, settings_as_json

CODE = r"[A-Z]\.[A-Z]{2}\d\.\d{3}"
SPANS = {"baseline": (3, 11), "window": (5, 40)}


def chosen(row, method):
    """Value of a setting that is not its default."""
    return {
        "method": method,
        "number": None if row.parameter is None else row.default + row.parameter.step,
        "choice": row.choices[-1] if row.choices else None,
        "switch": not row.default,
        "span": SPANS.get(row.name),
        "volumes": (30, 33, 34),
        "end": 55,
        "mask": True,
    }[row.kind]


def rows_of(method):
    """Rows of the settings that an analysis with a method has."""
    own = parameters_of(DECONVOLVERS[method])
    return [
        row
        for row in SETTINGS.values()
        if row.kind != "number" or row.owner != "method" or row.name in own
    ]


def refuse_untold(record, method, words=""):
    """Fail for a setting that a record, its methods or its report do not tell."""
    text = re.sub(r" ?\[\d+\]", "", methods_paragraph(record))
    for row in rows_of(method):
        value = row.in_record(record)
        wanted = chosen(row, method)
        assert value == (list(wanted) if isinstance(wanted, tuple) else wanted), row.name
        parameter = method if row.kind == "number" and row.owner == "method" else ""
        phrase = re.sub(r" ?\[@\w+\]", "", row.in_words(record, parameter))
        assert phrase, row.name
        assert phrase in text, row.name
        assert not words or html.escape(row.report or row.title) in words, row.name


@pytest.fixture(scope="module")
def scan(patient, tmp_path_factory) -> Path:
    """Folder of a scan whose slices have times of their own, and its masks."""
    folder = tmp_path_factory.mktemp("settings")
    series = replace(patient.series, slice_times=np.array([0.0, 0.7, 0.3, 1.0]))
    write_series(folder / "scan.nii.gz", series)
    sidecar = folder / "scan.json"
    facts = json.loads(sidecar.read_text())
    sidecar.write_text(json.dumps({**facts, "SliceTiming": series.slice_times.tolist()}))
    for name, mask in (
        ("aif", patient.artery),
        ("brain", patient.brain),
        ("vein", patient.tissue == Tissue.VEIN),
    ):
        write_nifti(folder / f"{name}.nii.gz", mask, series.affine)
    return folder


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_declared_whole(name):
    """Words for each place, a unit, and a code of the lexicon or "none"."""
    row = SETTINGS[name]
    assert row.label
    assert row.unit
    assert row.help
    assert row.tooltip.endswith(".")
    assert re.fullmatch(r"--[a-z]+(-[a-z0-9]+)*", row.option)
    assert row.code == "none" or all(re.fullmatch(CODE, one) for one in row.code.split(" or "))
    assert row.key[0] in ("settings", "input", "vof")
    assert (row.kind == "number") == (row.parameter is not None)
    assert row.parameter is None or row.parameter.least <= row.default <= row.parameter.most
    assert row.kind != "choice" or row.default in row.choices


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_an_argument_of_a_function(name):
    """Under the name of its row; what only a further method has, through its parameters."""
    known: set[str] = set()
    for function in (compute_perfusion_maps, delta_r2_star, stages, aif_from_voxels):
        known |= set(inspect.signature(function).parameters)
    known |= {f"leakage_{one}" for one in inspect.signature(correct_leakage).parameters}
    known |= {one.name for one in fields(Settings)}  # what `analyse` passes on, and `stages` takes
    assert name in known or (SETTINGS[name].owner == "method" and "parameters" in known)


def test_what_is_not_said_is_as_by_default():
    assert settings_from({}) == settings_from(dict.fromkeys(SETTINGS)) == Settings()


@pytest.mark.parametrize("method", DECONVOLVERS)
def test_a_setting_of_python_reaches_the_record(scan, patient, method):
    """And is made again from it."""
    values = {row.name: chosen(row, method) for row in rows_of(method)}
    series = read(scan / "scan.nii.gz").leaving_out(values["leave_out"], end=values["end"])
    settings = settings_from(values)
    vein = patient.tissue == Tissue.VEIN
    work = stages(series, patient.artery, patient.brain, settings, vein=vein)
    refuse_untold(make_record(series, finished(work), None), method)


@pytest.mark.parametrize("method", DECONVOLVERS)
def test_an_option_reaches_record_methods_report_and_replay(scan, tmp_path, method):
    """All at once, each from its own option."""
    words = {
        "choice": lambda value: [value.replace(" ", "-")],
        "switch": lambda _: [],
        "span": lambda value: ["{}:{}".format(*value)],
        "volumes": lambda value: [",".join(map(str, value))],
        "mask": lambda _: [str(scan / "vein.nii.gz")],
    }
    options: list[str] = []
    for row in rows_of(method):
        say = words.get(row.kind, lambda value: [str(value)])
        options += [row.option, *say(chosen(row, method))]
    masks = ["--aif", str(scan / "aif.nii.gz"), "--brain", str(scan / "brain.nii.gz")]
    out, page = tmp_path / "out", tmp_path / "page.html"
    file = str(scan / "scan.nii.gz")
    main(["maps", file, *masks, *options, "--out", str(out)])
    main(["report", str(out), "--out", str(page)])
    record = json.loads((out / "record.json").read_text(encoding="utf-8"))
    refuse_untold(record, method, page.read_text(encoding="utf-8"))
    assert main(["replay", str(out / "record.json"), file, "--out", str(tmp_path / "again")]) == 0
    again = json.loads((tmp_path / "again" / "record.json").read_text(encoding="utf-8"))
    assert again["settings"] == record["settings"]
    assert again["input"] == record["input"]


@pytest.mark.parametrize("method", DECONVOLVERS)
def test_a_parameter_of_another_method_is_refused(method):
    """In Python by a word that names those that it has."""
    curves = np.ones((1, 60))
    with pytest.raises(DscError, match=rf"nonsense must be a parameter of {method}, which has"):
        compute_perfusion_maps(
            curves, np.ones(60), np.arange(60.0), deconvolution_method=method, nonsense=1.0
        )


def test_a_record_of_before_tells_no_choice(patient, analysis_record, tmp_path):
    """Whoever wrote it had none: what it left out was found."""
    for key in ("left_out_by_user", "end_by_user"):
        del analysis_record["input"][key]
    path = tmp_path / "record.json"
    path.write_text(json.dumps(analysis_record))
    known = read_record(path)
    assert (known.leave_out, known.end) == (None, None)
    again = finished(replayed(known, known.of(patient.series, "0" * 64)))
    assert again.prepared.series.left_out == ()


NEW = ("cbv", "times_by", "denoise", "aif_average", "aif_gamma_variate", "aif_shift")


def test_fault_306_a_record_names_these_settings_only_where_they_are_others(
    analysis_record, tmp_path
):
    """One that does not name them was made as every one was before there were any."""
    keys = {SETTINGS[name].key[-1] for name in NEW}
    assert not keys & analysis_record["settings"].keys()
    assert not {"measured", "gamma_variate"} & analysis_record["aif"].keys()
    path = tmp_path / "record.json"
    path.write_text(json.dumps(analysis_record))
    known = read_record(path).settings
    assert {name: getattr(known, name) for name in NEW} == {
        "cbv": "integral",
        "times_by": "as flow",
        "denoise": "none",
        "aif_average": "mean",
        "aif_gamma_variate": False,
        "aif_shift": 0.0,
    }
    assert SETTINGS["cbv"].in_record(analysis_record) == "integral"


@pytest.mark.parametrize("key", [SETTINGS[name].key[-1] for name in NEW])
def test_fault_306_nonsense_in_a_record_is_refused(analysis_record, tmp_path, key):
    analysis_record["settings"][key] = [7]
    path = tmp_path / "record.json"
    path.write_text(json.dumps(analysis_record))
    with pytest.raises(DscError):
        read_record(path)


@pytest.mark.parametrize("tolerant", [True, False])
def test_fault_492_a_record_says_whether_its_correction_was_tolerant(patient, tmp_path, tolerant):
    """One that corrects leakage; one of before, that does not say it, was not."""
    settings = Settings(baseline=(2, 12), leakage_model="BSW", leakage_tolerant=tolerant)
    kept = settings_as_json(settings)
    assert kept["leakage_tolerant"] is tolerant
    assert "leakage_tolerant" not in settings_as_json(Settings(baseline=(2, 12)))
    made = finished(stages(patient.series, patient.artery, patient.brain, settings))
    record = make_record(patient.series, made, "0" * 64)
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    assert read_record(path).settings.leakage_tolerant is tolerant
    del record["settings"]["leakage_tolerant"]
    path.write_text(json.dumps(record))
    assert read_record(path).settings.leakage_tolerant is False


def test_fault_492_a_record_without_a_correction_leaves_the_choice_as_it_comes(
    analysis_record, tmp_path
):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(analysis_record))
    assert read_record(path).settings.leakage_tolerant is Settings().leakage_tolerant


def test_fault_302_a_loaded_curve_is_shifted_once_by_its_replay(patient, tmp_path):
    """A curve without voxels stands in the record as it was measured, beside what was used."""
    none = np.zeros_like(patient.artery)
    loaded = Aif(curve=patient.aif[2:], voxels=none)
    settings = Settings(baseline=(2, 12), aif_gamma_variate=True, aif_shift=1.5)
    made = finished(stages(patient.series, loaded, patient.brain, settings))
    record = make_record(patient.series, made, "0" * 64)
    assert record["aif"]["measured"] == patient.aif[2:].tolist()
    assert record["aif"]["gamma_variate"].keys() == {"scale", "t0_s", "a", "b_s"}
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    known = read_record(path)
    again = finished(replayed(known, known.of(patient.series, "0" * 64)))
    np.testing.assert_array_equal(again.aif.curve, made.aif.curve)
    for key, one in made.maps.items():
        np.testing.assert_array_equal(dict(again.maps.items())[key].values, one.values)


def test_fault_303_the_factor_of_a_vof_is_that_of_the_measured_curve(patient):
    """A gamma variate has no recirculation, which the vein's area holds."""
    vein = patient.tissue == Tissue.VEIN
    plain, fitted = (
        finished(
            stages(
                patient.series,
                patient.artery,
                patient.brain,
                Settings(baseline=(2, 12), aif_gamma_variate=on),
                vein=vein,
            )
        ).aif
        for on in (False, True)
    )
    assert fitted.scaled_by == plain.scaled_by != 1
    np.testing.assert_array_equal(fitted.measured, plain.curve)


@pytest.fixture
def analysis_record(patient) -> dict[str, Any]:
    """Record of a plain analysis."""
    work = stages(patient.series, patient.artery, patient.brain, Settings(baseline=(2, 12)))
    return make_record(patient.series, finished(work), "0" * 64)
