"""The command line: results without a screen, and one line for whatever a user can mend."""

import gzip
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import nibabel as nib
import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, Phantom, Series, __version__, phantom, read
from napari_dsc.cli import main, make_parser
from napari_dsc.cli.codes import to_do
from napari_dsc.core.maps import Scale
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.plausibility import told
from napari_dsc.core.quantities import STANDARD
from napari_dsc.io.aif import SavedAif, scan_fingerprint, write_aif
from napari_dsc.io.judgements import read_findings
from napari_dsc.io.nifti import read_volume, write_nifti, write_series

COMMANDS = [
    *("view", "demo", "phantom", "maps", "replay", "report", "methods", "scale", "cohort"),
    "verify",
]
MAPS = list(STANDARD)
FILES = sorted(
    [
        *(f"scan_{name}{end}" for name in (*MAPS, "quality") for end in (".nii.gz", ".json")),
        "scan_desc-baseline_dsc.nii.gz",
        *("scan_desc-aif_mask.nii.gz", "scan_desc-brain_mask.nii.gz", "scan_desc-aif_curve.csv"),
        "scan_desc-late_tissue.csv",
        *("scan_methods.md", "record.json"),
    ]
)
VOLUMES = sum(name.endswith(".nii.gz") for name in FILES)
RESEARCH = "Research use only. Not a medical device."
SCREEN = "napari qtpy PyQt5 PyQt6 PySide2 PySide6 pyqtgraph magicgui superqt vispy"
SCRIPT = Path(sys.executable).with_name("napari-dsc")


class Case(NamedTuple):
    """A scan on disk and its masks."""

    scan: Path
    aif: Path
    brain: Path

    def maps(self, *more) -> list[str]:
        """Words of a `maps` command."""
        words = ["maps", self.scan, "--aif", self.aif, "--brain", self.brain, *more]
        return [str(word) for word in words]


def place(folder: Path, patient: Phantom, series: Series | None = None) -> Case:
    """Put a digital patient on disk."""
    scan = series or patient.series
    case = Case(*(folder / f"{name}.nii.gz" for name in Case._fields))
    write_series(case.scan, scan)
    write_nifti(case.aif, patient.artery, scan.affine)
    write_nifti(case.brain, patient.brain, scan.affine)
    return case


@pytest.fixture(scope="session")
def case(patient, tmp_path_factory) -> Case:
    """The digital patient; not to be changed."""
    return place(tmp_path_factory.mktemp("case"), patient)


@pytest.fixture
def out(tmp_path) -> Path:
    """Folder for results; it does not exist."""
    return tmp_path / "out"


@pytest.fixture
def refused(capsys) -> Callable[..., str]:
    """Run a command that has to fail: one line, exit code 2. Returns the line."""

    def refused(*words) -> str:
        with pytest.raises(SystemExit) as stop:
            main([str(word) for word in words])
        printed = capsys.readouterr()
        assert stop.value.code == 2
        assert printed.out == ""
        assert re.fullmatch(r"napari-dsc[^\n]*: [^\n]+\n", printed.err)
        return printed.err

    return refused


def record_of(folder: Path) -> dict[str, Any]:
    """Record of some results."""
    return json.loads((folder / "record.json").read_text(encoding="utf-8"))


def values_of(folder: Path, name: str) -> np.ndarray:
    """One map of some results."""
    return read_volume(folder / f"scan_{name}.nii.gz")[0]


def contents(folder: Path) -> dict[str, bytes]:
    """Bytes of every file below a folder."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*.*")}


@pytest.fixture(scope="session")
def plain(case, tmp_path_factory) -> Path:
    """Results with every setting at its default."""
    folder = tmp_path_factory.mktemp("plain") / "out"
    main(case.maps("--out", folder))
    return folder


def test_maps_and_record_are_written(case, plain, patient):
    """Six maps, their quality and the record, all on the scan's grid."""
    assert sorted(one.name for one in plain.iterdir()) == FILES
    affine = read(case.scan).affine
    for name in (*MAPS, "quality"):
        values, where = read_volume(plain / f"scan_{name}.nii.gz")
        assert values.shape == patient.brain.shape
        np.testing.assert_array_equal(where, affine)
    assert np.isnan(values_of(plain, "cbf")[~patient.brain]).all()
    assert np.isfinite(values_of(plain, "cbf")[patient.brain]).mean() > 0.9
    record = record_of(plain)
    assert record["input"]["sha256"] == hashlib.sha256(case.scan.read_bytes()).hexdigest()
    assert record["settings"]["deconvolution_method"] == "oSVD"
    assert record["aif"]["voxels"] == np.argwhere(patient.artery).tolist()


def test_the_truth_is_found(plain, patient):
    """Not a matter of files only: blood volume comes out near the truth, and the lesion is late."""
    volume, delay = values_of(plain, "cbv"), values_of(plain, "delay")
    for label in (Tissue.GREY, Tissue.WHITE, Tissue.HYPOPERFUSED):
        here = patient.tissue == label
        assert np.nanmedian(volume[here]) == pytest.approx(patient.truth["cbv"][here][0], rel=0.1)
    lesion, white = (patient.tissue == label for label in (Tissue.HYPOPERFUSED, Tissue.WHITE))
    assert np.nanmedian(delay[lesion]) - np.nanmedian(delay[white]) == pytest.approx(4.5, abs=1)


def test_success_is_told_in_five_lines(case, out, patient, capsys):
    """From what, how much was accepted, medians; the findings; how many files, and where."""
    assert main(case.maps("--out", out)) == 0
    printed = capsys.readouterr()
    first, late, ratios, trust, last = printed.out.splitlines()
    start, stop = record_of(out)["settings"]["baseline_volumes"]
    voxels = int(patient.artery.sum())
    assert first.startswith(
        f"TR 1.5 s, baseline volumes {start} to {stop - 1}, AIF of {voxels} voxels (mask file), "
    )
    quality = record_of(out)["quality"]
    share = quality["accepted"] / quality["voxels"]
    assert f"{share:.1%} of {quality['voxels']:,} voxels accepted; medians CBF " in first
    brain = nib.Nifti1Image.from_filename(out / "scan_desc-brain_mask.nii.gz").get_fdata() > 0
    flags = nib.Nifti1Image.from_filename(out / "scan_quality.nii.gz").get_fdata().astype(int)
    cbf = values_of(out, "cbf")[brain & ((flags & 255) == 0)]
    assert f"CBF {np.median(cbf):.3g} mL/100g/min" in first
    volumes = {one["tmax_above_s"]: one["mL"] for one in record_of(out)["late_tissue"]["volumes"]}
    assert late.startswith(f"Tmax > 6 s: {volumes[6.0]:.1f} mL")
    assert "over its mirror image: CBV " in ratios
    assert trust.startswith("AIF: ")
    assert last == f"{len(FILES)} files in {out}. {RESEARCH}"
    notes = printed.err.splitlines()
    findings = read_findings(record_of(out))
    assert notes == [f"Note: {words}" for words in (*told(findings), *to_do(findings))]


def test_the_same_command_gives_the_same_bytes(case, plain, out, monkeypatch):
    """In another folder, on another day."""
    monkeypatch.setattr("time.time", lambda: 2e9)
    main(case.maps("--out", out))
    assert contents(out) == contents(plain)


def test_a_brain_is_proposed_where_none_is_given(case, out, patient):
    """It holds the artery, which the user marked."""
    main([str(word) for word in ("maps", case.scan, "--aif", case.aif, "--out", out)])
    bits = values_of(out, "quality")
    computed = np.isfinite(values_of(out, "ttp")) | (bits > 0)
    assert computed[patient.artery].all()
    assert (computed & patient.brain).sum() > 0.9 * patient.brain.sum()
    assert record_of(out)["quality"]["voxels"] < patient.brain.size


def test_an_artery_outside_the_proposed_brain_is_computed(case, out, tmp_path, patient):
    """What the user marked is not overruled by a proposal."""
    aif = patient.artery.copy()
    aif[tuple(np.argwhere(patient.tissue == Tissue.SCALP)[0])] = True
    write_nifti(tmp_path / "aif.nii.gz", aif, patient.series.affine)
    main(["maps", str(case.scan), "--aif", str(tmp_path / "aif.nii.gz"), "--out", str(out)])
    assert record_of(out)["aif"]["voxels"] == np.argwhere(aif).tolist()


@pytest.mark.parametrize("name", DECONVOLVERS)
def test_the_method_reaches_the_result(case, plain, out, name):
    """By its registered name; each gives maps of its own."""
    main(case.maps("--out", out, "--method", name))
    settings = record_of(out)["settings"]
    assert settings["deconvolution_method"] == name
    assert {field.name for field in fields(DECONVOLVERS[name])} <= set(settings)
    same = np.array_equal(values_of(out, "cbf"), values_of(plain, "cbf"), equal_nan=True)
    assert same == (name == "oSVD")


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (["--svd-threshold", "0.1"], "svd_threshold", 0.1),
        (["--svd-threshold", "0.4"], "svd_threshold", 0.4),
        (["--oscillation-index", "0.2"], "oscillation_index", 0.2),
        (["--baseline", "3:8"], "baseline_volumes", [3, 8]),
        (["--window", "5:40"], "window_volumes", [5, 40]),
    ],
)
def test_a_setting_reaches_the_result(case, plain, out, words, key, value):
    """The record and the transit time are those of the option, not of the default."""
    main(case.maps("--out", out, *words))
    assert record_of(out)["settings"][key] == value
    assert record_of(plain)["settings"][key] != value
    changed, before = values_of(out, "mtt"), values_of(plain, "mtt")
    assert not np.array_equal(changed, before, equal_nan=True)


@pytest.mark.parametrize(
    ("words", "key", "value"),
    [
        (["--density", "2.08"], "density_g_per_mL", 2.08),
        (["--hematocrit-ratio", "0.365"], "hematocrit_ratio", 0.365),
    ],
)
def test_the_scale_reaches_flow_and_volume(case, plain, out, words, key, value):
    """Twice the density or half the factor: half of both, the same transit time."""
    main(case.maps("--out", out, *words))
    assert record_of(out)["settings"][key] == value
    for name, factor in (("cbv", 0.5), ("cbf", 0.5), ("mtt", 1), ("tmax", 1)):
        expected = factor * values_of(plain, name)
        np.testing.assert_allclose(values_of(out, name), expected, rtol=1e-5)


def test_a_vein_scales_the_artery(case, plain, out, tmp_path, patient):
    """The factor is told, and CBF falls by it."""
    write_nifti(tmp_path / "vein.nii.gz", patient.tissue == Tissue.VEIN, patient.series.affine)
    main(case.maps("--out", out, "--vof", tmp_path / "vein.nii.gz"))
    (said,) = (one for one in record_of(out)["notices"] if "scaled by" in one)
    (factor,) = map(float, re.findall(r"scaled by ([\d.]*\d)", said))
    was, now = (read_volume(one / "scan_cbf.nii.gz")[0] for one in (plain, out))
    stands = np.isfinite(was) & (was > 5)
    assert np.median(was[stands] / now[stands]) == pytest.approx(factor, rel=0.01)


def test_the_repetition_time_reaches_the_result(case, plain, out):
    """Twice the time step: every time is twice as long, and the user is named as the source."""
    main(case.maps("--out", out, "--tr", 3, "--method", "cSVD", "--baseline", "2:8"))
    half = out.with_name("half")
    main(case.maps("--out", half, "--method", "cSVD", "--baseline", "2:8"))
    said = record_of(out)["input"]
    assert said["repetition_time_s"] == 3
    source = said["sources"]["Repetition time"]
    assert source.startswith("3 s (entered by the user); the file said: 1.5 s")
    assert record_of(plain)["input"]["repetition_time_s"] == 1.5
    for name, factor in (("ttp", 2), ("mtt", 2), ("cbv", 1)):
        one, two = factor * values_of(half, name), values_of(out, name)
        same = np.isclose(two, one, rtol=1e-4)  # a voxel without flow may round to another peak
        assert same.sum() > 0.99 * np.isfinite(one).sum() > 1000


def test_the_echo_time_reaches_the_result(case, plain, out):
    """Half of it doubles the artery's curve and leaves the maps: it cancels."""
    main(case.maps("--out", out, "--te", 0.015))
    said, before = record_of(out), record_of(plain)
    assert said["input"]["echo_time_s"] == 0.015
    source = said["input"]["sources"]["Echo time"]
    assert source.startswith("0.015 s (entered by the user); the file said: ")
    np.testing.assert_allclose(said["aif"]["curve"], 2 * np.array(before["aif"]["curve"]), 1e-5)
    np.testing.assert_allclose(values_of(out, "cbv"), values_of(plain, "cbv"), rtol=1e-4)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--method", "Tikhonov", "--svd-threshold", "0.2"],
            "Tikhonov, which has no svd_threshold",
        ),
        (
            ["--method", "cSVD", "--oscillation-index", "0.1"],
            "cSVD, which has no oscillation_index",
        ),
        (["--method", "Tikhonov", "--density", "1.05"], ""),
        (["--method", "oSVD", "--svd-threshold", "0.1", "--oscillation-index", "0.1"], ""),
    ],
)
def test_fault_79_a_parameter_that_a_method_does_not_have_is_refused(
    case, out, capsys, words, said
):
    """Nobody believes that a number was used which was not."""
    if not said:
        main(case.maps("--out", out, *words))
        return
    with pytest.raises(SystemExit):
        main(case.maps("--out", out, *words))
    assert said in capsys.readouterr().err
    assert not out.exists()


def test_every_parameter_of_a_method_is_an_option(capsys):
    """Named after it, with its default: nothing is spelt twice."""
    with pytest.raises(SystemExit):
        main(["maps", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    for kind in (*DECONVOLVERS.values(), Scale):
        for field in fields(kind):
            assert f"--{field.name.replace('_', '-')}" in words
            assert f"{field.default} by default" in words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--svd-threshold", "1.5"], "svd_threshold must lie in"),
        (["--svd-threshold", "-0.1"], "svd_threshold must lie in"),
        (["--svd-threshold", "nan"], "svd_threshold must lie in"),
        (["--svd-threshold", "x"], "--svd-threshold: invalid float value"),
        (["--method", "nSVD"], f"must be one of {', '.join(DECONVOLVERS)}, got 'nSVD'"),
        (["--oscillation-index", "0"], "oscillation_index must be positive"),
        (["--density", "0"], "density must be positive"),
        (["--density", "nan"], "density must be positive"),
        (["--hematocrit-ratio", "0"], "hematocrit_ratio must lie in"),
        (["--hematocrit-ratio", "1.6"], "hematocrit_ratio must lie in"),
        (["--tr", "0"], "repetition_time must be positive"),
        (["--tr", "-1.5"], "repetition_time must be positive"),
        (["--tr", "nan"], "repetition_time must be positive"),
        (
            ["--tr", "1500"],
            "--tr must have steps of 0.2 to 6 s, got 1500 s. If it is in milliseconds",
        ),
        (["--tr", "0.025"], "If it is in minutes, multiply by 60"),
        (["--te", "30"], "divide it by 1000"),
        (["--te", "0.0005"], "If it is in minutes, multiply it by 60"),
        (["--density", "1040"], "If it is in kg/m³, divide it by 1000"),
        (["--te", "0"], "echo_time must lie between"),
        (["--baseline", "3"], "START:STOP"),
        (["--window", "3"], "START:STOP"),
        (["--window", "0:61"], "window must lie within"),
        (["--baseline", "3:x"], "START:STOP"),
        (["--baseline", "3:4:5"], "START:STOP"),
        (["--baseline", "8:3"], "baseline must hold at least 2 of the 60 volumes, got 8:3"),
        (["--baseline", "3:4"], "baseline must hold at least 2"),
        (["--baseline", "3:61"], "baseline must hold at least 2"),
        (["--baseline=-1:9"], "baseline must hold at least 2"),
        (["--aif", "not-there.nii.gz"], "a mask must be a file, got none at not-there.nii.gz"),
        (["--brain", "not-there.nii.gz"], "a mask must be a file"),
        (["--colour"], "unrecognized arguments: --colour"),
        (["more.nii"], "unrecognized arguments: more.nii"),
    ],
    ids=" ".join,
)
def test_a_bad_word_is_refused(case, out, refused, words, said):
    """Before anything is written."""
    assert said in refused(*case.maps("--out", out, *words))
    assert not out.exists()


@pytest.mark.parametrize("name", ["not-there.nii", "not-there.nii.gz", "not-there.dcm"])
def test_a_scan_that_is_not_there_is_refused(case, out, refused, name):
    """By every command that takes one, and without one: no window opens."""
    for words in ([name], ["view", name], ["maps", name, "--aif", case.aif, "--out", out]):
        assert "scan must" in refused(*words)
    assert not out.exists()


@pytest.mark.parametrize(
    "words",
    [
        [""],
        ["view", " "],
        ["view", "x.nii", "--screenshot", ""],
        ["maps", "", "--aif", "a.nii", "--out", "out"],
        ["maps", "x.nii", "--aif", "", "--out", "out"],
        ["maps", "x.nii", "--aif", "a.nii", "--out", ""],
        ["maps", "x.nii", "--aif", "a.nii", "--out", "out", "--brain", ""],
        ["maps", "x.nii", "--aif", "a.nii", "--out", "out", "--vof", ""],
        ["replay", "", "x.nii", "--out", "out"],
        ["report", "", "--out", "out.html"],
        ["phantom", ""],
        ["methods", ""],
    ],
    ids=" ".join,
)
def test_an_empty_name_is_not_this_folder(refused, words, tmp_path, monkeypatch):
    """As a script gives it whose variable is unset: nothing is read or written in its place."""
    monkeypatch.chdir(tmp_path)
    assert "must be the name of a file or folder" in refused(*words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ([], "scan"),
        (["x.nii"], "--out"),
        (["x.nii", "--aif", "a.nii"], "--out"),
    ],
    ids=str,
)
def test_a_missing_word_is_named(refused, words, missing):
    """Neither the scan nor the folder has a default; without an artery there are maps."""
    assert missing in refused("maps", *words)


@pytest.mark.parametrize(
    "words", [["--colour"], ["view", "--colour"], ["phantom", "x", "y", "z"], ["--"]]
)
def test_unknown_words_are_refused(refused, words):
    """Also where no command is named."""
    assert "unrecognized arguments" in refused(*words)


@pytest.mark.parametrize("option", ["--aif", "--brain"])
def test_a_mask_of_another_shape_is_refused(case, out, refused, tmp_path, patient, option):
    """Both shapes are shown."""
    path = tmp_path / "mask.nii.gz"
    write_nifti(path, patient.artery[:, :, :-1], patient.series.affine)
    line = refused(*case.maps("--out", out, option, path))
    assert "mask.nii.gz must have the scan's shape (32, 32, 4), got (32, 32, 3)" in line
    assert not out.exists()


@pytest.mark.parametrize("option", ["--aif", "--brain"])
def test_a_mask_on_another_grid_is_refused(case, out, refused, tmp_path, patient, option):
    """1 mm aside: the same shape, another place."""
    affine = patient.series.affine.copy()
    affine[0, 3] += 1
    path = tmp_path / "mask.nii.gz"
    write_nifti(path, patient.artery, affine)
    line = refused(*case.maps("--out", out, option, path))
    assert "mask.nii.gz must lie on the scan's grid, got an affine that differs by 1 mm" in line
    assert not out.exists()


def test_a_mask_without_voxels_is_refused(case, out, refused, tmp_path, patient):
    """Nothing can be computed from it."""
    path = tmp_path / "mask.nii.gz"
    write_nifti(path, np.zeros_like(patient.artery), patient.series.affine)
    assert "AIF must hold at least one voxel" in refused(*case.maps("--out", out, "--aif", path))
    assert not out.exists()


def test_an_artery_outside_the_brain_is_refused(case, out, refused):
    """With the voxels in question."""
    line = refused(*case.maps("--out", out, "--aif", case.brain, "--brain", case.aif))
    assert "AIF must lie inside the brain mask" in line
    assert not out.exists()


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_damaged_scan_is_refused_in_one_line(case, out, refused, tmp_path, suffix):
    """The last bytes are missing."""
    scan = tmp_path / f"scan{suffix}"
    content = case.scan.read_bytes()
    scan.write_bytes((gzip.decompress(content) if suffix == ".nii" else content)[:-100])
    line = refused("maps", scan, "--aif", case.aif, "--out", out)
    assert f"scan{suffix} must" in line
    assert "Copy it again" in line
    assert not out.exists()


def test_a_mask_that_is_no_image_is_refused(case, out, refused, tmp_path):
    """A text file, say."""
    path = tmp_path / "mask.nii.gz"
    path.write_text("no image")
    assert "mask.nii.gz must be" in refused(*case.maps("--out", out, "--aif", path))
    assert not out.exists()


@pytest.fixture
def unsure(tmp_path, patient) -> Case:
    """A scan that does not say its times."""
    series = patient.series
    unknown = Series(signal=series.signal, time=None, echo_time=None, affine=series.affine)
    return place(tmp_path, patient, unknown)


def test_an_unknown_repetition_time_is_asked_for(unsure, out, refused):
    """By the name of the option; it is never 1 s."""
    line = refused(*unsure.maps("--out", out))
    assert "repetition time must be known" in line
    assert "--tr" in line
    assert not out.exists()


def test_the_option_answers_for_the_file(unsure, out, capsys):
    """The maps are made, and what is still unknown is said."""
    main(unsure.maps("--out", out, "--tr", 1.5))
    assert record_of(out)["input"]["repetition_time_s"] == 1.5
    assert record_of(out)["aif"]["curve_unit"] == "1 (TE-scaled)"
    assert "Note: Echo time unknown" in capsys.readouterr().err


def test_sources_that_disagree_are_shown(unsure, out, refused):
    """Header 6 s, sidecar 3 s: nothing is computed until somebody decides."""
    image = nib.Nifti1Image.from_filename(unsure.scan)
    whole = nib.Nifti1Image(np.asarray(image.dataobj), image.affine, image.header)
    whole.header.set_xyzt_units("mm", "sec")
    whole.header["pixdim"][4] = 6
    nib.save(whole, unsure.scan)
    (unsure.scan.parent / "scan.json").write_text('{"RepetitionTime": 3.0}')
    line = refused(*unsure.maps("--out", out))
    assert "3 s" in line
    assert "6 s" in line
    assert "--tr" in line
    main(unsure.maps("--out", out, "--tr", 3))
    source = record_of(out)["input"]["sources"]["Repetition time"]
    assert source == "3 s (entered by the user); the file said: 3 s; 6 s"


@pytest.mark.parametrize("brain", [True, False], ids=["brain given", "brain proposed"])
def test_a_baseline_that_was_not_found_is_told(tmp_path, patient, out, capsys, brain, refused):
    """The signal rises through the scan, so none is proposed: what stands in is told."""
    series, random = patient.series, np.random.default_rng(0)
    signal = np.where(patient.brain[..., None], np.linspace(600, 1000, 60), 50)
    signal[patient.artery] = 1000
    signal = signal + random.normal(0, 2, (32, 32, 4, 60))
    signal[tuple(np.argwhere(patient.artery)[0])][20:26] = 200
    lost = replace(series, signal=signal.astype(np.float32))
    case = place(tmp_path, patient, lost)
    masks = ["--brain", str(case.brain)] if brain else []
    words = ["maps", str(case.scan), "--aif", str(case.aif), "--out", str(out), *masks]
    assert "--checked" in refused(*words)
    main([*words, "--checked"])
    assert "Note: No baseline found" in capsys.readouterr().err
    assert record_of(out)["input"]["checked_by_user"]
    assert any("No baseline found" in notice for notice in record_of(out)["notices"])


def test_a_scan_that_lies_nowhere_gives_maps_that_lie_nowhere(tmp_path, patient, out):
    """An affine that nobody knows is not written as one that is known: codes 0."""
    case = place(tmp_path, patient)
    content = bytearray(gzip.decompress(case.scan.read_bytes()))
    header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)
    for row in ("srow_x", "srow_y", "srow_z"):
        header[row] = 0
    case.scan.write_bytes(gzip.compress(content))
    for mask in (case.aif, case.brain):
        write_nifti(mask, read_volume(mask)[0], np.eye(4))
    main(case.maps("--out", out))
    written = nib.Nifti1Image.from_filename(out / "scan_cbf.nii.gz").header
    assert (written["sform_code"], written["qform_code"]) == (0, 0)
    assert any("Orientation unknown" in notice for notice in record_of(out)["notices"])


def test_earlier_results_are_kept(case, plain, out, refused, capsys):
    """Unless it is allowed to overwrite them."""
    main(case.maps("--out", out, "--density", 1))
    capsys.readouterr()
    before = contents(out)
    assert "Choose another folder" in refused(*case.maps("--out", out))
    assert contents(out) == before
    main(case.maps("--out", out, "--overwrite"))
    assert contents(out) == contents(plain)


def test_earlier_results_are_seen_before_the_work(case, plain, refused):
    """Nobody waits for maps that cannot be written: not even the scan is looked for."""
    line = refused("maps", "not-there.nii", "--aif", case.aif, "--out", plain)
    assert "free of earlier results" in line


@pytest.mark.parametrize("below", ["", "below"])
def test_a_folder_that_cannot_be_is_refused(case, out, refused, below):
    """A file stands there, and stays."""
    out.write_text("a file")
    assert "folder must be writable" in refused(*case.maps("--out", out / below))
    assert out.read_text() == "a file"


def test_fault_35_results_hold_no_name(tmp_path, patient, out, capsys):
    """Not that of the patient: neither from a path nor from a header nor from a sidecar."""
    canary = "ZZCANARY^NAME"
    folder = tmp_path / canary
    folder.mkdir()
    case = place(folder, patient)
    case = Case(*(path.rename(path.with_name(f"{canary}-{path.name}")) for path in case))
    content = bytearray(gzip.decompress(case.scan.read_bytes()))
    header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)
    for field in ("descrip", "db_name", "intent_name", "aux_file"):
        header[field] = canary.encode()
    case.scan.write_bytes(gzip.compress(content))
    sidecar = {"RepetitionTime": 1.5, "PatientName": canary, "AcquisitionTime": canary}
    (folder / f"{canary}-scan.json").write_text(json.dumps(sidecar))
    main(case.maps("--out", out))
    for one in out.iterdir():
        whole = one.read_bytes()
        assert b"CANARY" not in whole
        assert one.suffix != ".gz" or b"CANARY" not in gzip.decompress(whole)
    assert "CANARY" not in "".join(capsys.readouterr())


def test_fault_35_results_of_dicom_hold_no_name(tmp_path, patient, out, capsys):
    """Not that of the folder, which may be the patient's, nor of a header: number and description
    of the series begin the names of files, or what the user says, and stand nowhere within them."""
    pytest.importorskip("pydicom")
    pytest.importorskip("dcm2niix")
    from tests.io.dicom_maker import classic

    def named(data, *_):
        data.ProtocolName = data.StudyDescription = "ZZCANARY^SERIES"

    scan = tmp_path / "ZZCANARY^NAME"
    classic(scan, patient.series, change=named)
    series = read(scan)
    for name, mask in (("aif", patient.artery), ("brain", patient.brain)):
        # The images lie otherwise in the file than in the phantom: by what is bright, not by index.
        write_nifti(tmp_path / f"{name}.nii.gz", oriented(mask, patient, series), series.affine)
    words = ["maps", scan, "--out", out]
    words += ["--aif", tmp_path / "aif.nii.gz", "--brain", tmp_path / "brain.nii.gz"]
    main([*map(str, words)])
    assert (out / "5_DSC_perfusion_cbf.nii.gz").is_file()
    assert not list(out.glob("*CANARY*"))
    assert len(record_of(out)["input"]["sha256"]) == 64
    for one in out.iterdir():
        whole = one.read_bytes()
        assert b"CANARY" not in whole
        assert one.suffix != ".gz" or b"CANARY" not in gzip.decompress(whole)
    again = out.with_name("again")
    main(["replay", str(out / "record.json"), str(scan), "--out", str(again)])
    main(["methods", str(out / "record.json")])
    printed = capsys.readouterr()
    assert f"{VOLUMES} of {VOLUMES} volumes" in printed.out
    assert "CANARY" not in printed.out + printed.err
    assert contents(again) == contents(out)
    main([*map(str, words[:3]), str(out.with_name("named")), *map(str, words[4:]), "--name", "x 7"])
    assert (out.with_name("named") / "x_7_cbf.nii.gz").is_file()


def oriented(mask: np.ndarray, patient: Phantom, series: Series) -> np.ndarray:
    """A mask of the phantom in the order of a scan that was made of it."""
    wanted = series.signal[..., 0]
    for flips in itertools.product((1, -1), repeat=3):
        turn = tuple(slice(None, None, one) for one in flips)
        for order in ((0, 1, 2), (1, 0, 2)):
            volume = patient.series.signal[..., 0].transpose(order)[turn]
            if volume.shape == wanted.shape and np.corrcoef(volume.flat, wanted.flat)[0, 1] > 0.99:
                return mask.transpose(order)[turn]
    raise AssertionError("the scan is not that of the phantom")


def test_fault_37_threads_change_no_byte_of_the_results(case, plain, out):
    """1 and 8 of the linear algebra, through the whole program: every file is the same."""
    for threads in ("1", "8"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
        folder = out / threads
        done = shell(SCRIPT, *case.maps("--out", folder), **dict.fromkeys(names, threads))
        assert done.returncode == 0
        assert contents(folder) == contents(plain)


@pytest.mark.parametrize("corrected", [True, False])
def test_slice_times_are_corrected_unless_told(case, plain, out, tmp_path, capsys, corrected):
    """Known from the sidecar; what was done is recorded and told, and can be replayed."""
    scan = tmp_path / "scan.nii.gz"
    scan.write_bytes(case.scan.read_bytes())
    facts = {"RepetitionTime": 1.5, "EchoTime": 0.03, "SliceTiming": [0, 0.7, 0.35, 1.05]}
    (tmp_path / "scan.json").write_text(json.dumps(facts))
    words = ["maps", scan, "--aif", case.aif, "--brain", case.brain, "--out", out]
    main([*map(str, words), *([] if corrected else ["--no-slice-timing"])])
    known = record_of(out)
    assert known["settings"]["slice_timing"] is corrected
    assert known["input"]["slice_times_s"] == facts["SliceTiming"]
    same = np.array_equal(values_of(out, "tmax"), values_of(plain, "tmax"), equal_nan=True)
    assert same is not corrected
    told = (out / "scan_methods.md").read_text()
    assert ("brought to the times of each slice" in told) is corrected
    (tmp_path / "scan.json").unlink()  # the record knows them
    main(["replay", str(out / "record.json"), str(scan), "--out", str(tmp_path / "again")])
    assert f"{VOLUMES} of {VOLUMES} volumes" in capsys.readouterr().out


@pytest.mark.parametrize("content", [{}, {"record": "napari-dsc 2"}, {"record": "napari-dsc 99"}])
def test_what_is_no_record_is_told_in_one_line(case, out, tmp_path, refused, content):
    """By both commands that take one."""
    path = tmp_path / "record.json"
    path.write_text(json.dumps(content))
    assert "record.json" in refused("methods", path)
    assert "record.json" in refused("replay", path, case.scan, "--out", out)
    assert not out.exists()


def test_delta_r2_that_was_computed_already_is_replayed(out, tmp_path, patient, case, capsys):
    """What the scan was taken to hold is the record's: nobody has to say it again."""
    signal = np.maximum(patient.series.signal.astype(np.float32), 1)
    level = signal[..., 2:8].mean(axis=-1, keepdims=True)
    scan = tmp_path / "scan.nii.gz"
    curves = -np.log(signal / level) / np.float32(0.03)
    write_series(scan, replace(patient.series, signal=curves))
    words = ["maps", scan, "--aif", case.aif, "--brain", case.brain, "--out", out]
    main([*map(str, words), "--quantity", "delta-r2", "--baseline", "2:8"])
    main(["replay", str(out / "record.json"), str(scan), "--out", str(tmp_path / "again")])
    assert f"{VOLUMES} of {VOLUMES} volumes" in capsys.readouterr().out
    assert contents(tmp_path / "again") == contents(out)


def test_a_record_is_replayed_to_the_byte(case, plain, out, capsys):
    """The same scan gives the same volumes; nothing but the record is needed."""
    main(["replay", str(plain / "record.json"), str(case.scan), "--out", str(out)])
    assert f"{VOLUMES} of {VOLUMES} volumes are the same to the byte" in capsys.readouterr().out
    again, before = contents(out), contents(plain)
    assert again == before


def test_a_record_is_not_replayed_on_another_scan(plain, out, patient, tmp_path, refused):
    """Whatever it is called, and however alike it looks."""
    signal = patient.series.signal.copy()
    signal[0, 0, 0, 0] += 1
    write_series(tmp_path / "scan.nii.gz", replace(patient.series, signal=signal))
    line = refused("replay", plain / "record.json", tmp_path / "scan.nii.gz", "--out", out)
    assert "must be the one that the record was made from" in line
    assert not out.exists()


def test_what_is_not_as_recorded_is_named(case, plain, out, tmp_path, capsys):
    """Another version of the program may give other numbers: it is told which."""
    record = record_of(plain)
    record["files"]["cbf.nii.gz"] = "0" * 64
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    main(["replay", str(path), str(case.scan), "--out", str(out)])
    printed = capsys.readouterr()
    assert "not as recorded: scan_cbf.nii.gz" in printed.err
    assert f"{VOLUMES - 1} of {VOLUMES} volumes" in printed.out


def test_the_methods_are_printed(plain, capsys):
    main(["methods", str(plain / "record.json")])
    printed = capsys.readouterr().out
    assert "deconvolved by block-circulant singular value decomposition" in printed
    assert printed.strip() == (plain / "scan_methods.md").read_text().strip()


def test_an_echo_is_chosen_with_its_option(case, out, patient, tmp_path, refused):
    """What has to be chosen is named, with what there is to choose."""
    signal = patient.series.signal
    both = replace(patient.series, signal=np.stack([signal, signal // 2], 3))
    image = nib.Nifti1Image(both.signal, patient.series.affine)
    nib.save(image, tmp_path / "two.nii.gz")
    words = ["maps", tmp_path / "two.nii.gz", "--aif", case.aif, "--out", out, "--tr", "1.5"]
    line = refused(*words)
    assert "2: echo 2 of 2" in line
    assert "Give it with --echo" in line
    main([*map(str, words), "--echo", "1"])
    assert record_of(out)["input"]["repetition_time_s"] == 1.5


def test_fault_30_a_bids_scan_gives_a_bids_derivative(case, out, tmp_path, refused, capsys):
    """Its entities stay, and the folder says what it is; what stands is not replaced unasked."""
    scan = tmp_path / "sub-07_ses-1_acq-epi_dsc.nii.gz"
    scan.write_bytes(case.scan.read_bytes())
    words = ["maps", scan, "--aif", case.aif, "--out", out, "--tr", "1.5"]
    main([*map(str, words)])
    names = {one.name for one in out.iterdir()}
    assert "sub-07_ses-1_acq-epi_cbf.nii.gz" in names
    assert "sub-07_ses-1_acq-epi_desc-aif_mask.nii.gz" in names
    described = json.loads((out / "dataset_description.json").read_text())
    assert described["DatasetType"] == "derivative"
    capsys.readouterr()
    assert "free of earlier results" in refused(*words)
    (out / "dataset_description.json").write_text("mine")
    main([*map(str, words), "--overwrite"])
    assert (out / "dataset_description.json").read_text() == "mine"
    assert {one.name for one in out.iterdir()} == names


def test_results_of_another_scan_are_replaced_with_their_record(
    case, out, tmp_path, refused, capsys
):
    """The maps of a record that goes would stay without one."""
    other = tmp_path / "other.nii.gz"
    other.write_bytes(case.scan.read_bytes())
    main(case.maps("--out", out))
    words = ["maps", other, "--aif", case.aif, "--brain", case.brain, "--out", out, "--tr", "1.5"]
    capsys.readouterr()
    assert "free of earlier results" in refused(*words)
    main([*map(str, words), "--overwrite"])
    assert not [one.name for one in out.iterdir() if one.name.startswith("scan")]
    assert (out / "other_cbf.nii.gz").is_file()


def test_maps_of_a_dicom_scan_go_back_to_dicom(out, patient, case, tmp_path, refused, capsys):
    """Into a folder of their own; of a scan from elsewhere it is refused before anything runs."""
    from tests.io.dicom_maker import classic

    classic(tmp_path / "scan", patient.series)
    series = read(tmp_path / "scan")
    artery = oriented(patient.artery, patient, series)
    write_nifti(tmp_path / "aif.nii.gz", artery, series.affine)
    words = ["maps", tmp_path / "scan", "--aif", tmp_path / "aif.nii.gz", "--out", out]
    main([*map(str, words), "--dicom", "classic"])
    assert len(list((out / "dicom").glob("*.dcm"))) == len(STANDARD) * 4
    capsys.readouterr()
    line = refused(*case.maps("--out", tmp_path / "none", "--dicom", "classic"))
    assert "needs a scan that came from DICOM" in line
    assert not (tmp_path / "none").exists()


def test_the_digital_patient_is_written(out, capsys):
    """Scan and sidecar, masks and true maps, as the phantom has them."""
    main(["phantom", str(out), "--snr", "50", "--seed", "3"])
    patient, scan = phantom(snr=50, seed=3), read(out / "scan.nii.gz")
    np.testing.assert_array_equal(scan.signal, patient.series.signal)
    assert (scan.repetition_time, scan.echo_time) == (1.5, 0.03)
    volumes: dict[str, np.ndarray] = {
        "aif": patient.artery,
        "brain": patient.brain,
        "tissue": patient.tissue,
        "enhancement": patient.tissue == Tissue.TUMOUR,
    }
    volumes |= {f"true_{name}": values for name, values in patient.truth.items()}
    for name, expected in volumes.items():
        values, affine = read_volume(out / f"{name}.nii.gz")
        np.testing.assert_array_equal(values, expected.astype(np.float32))
        np.testing.assert_array_equal(affine, scan.affine)
    assert RESEARCH in capsys.readouterr().out


def test_the_realistic_patient_is_written(out):
    """With the lesion that was asked for."""
    main(["phantom", str(out), "--anatomy", "realistic", "--lesion", "tumour"])
    tissue, _ = read_volume(out / "tissue.nii.gz")
    np.testing.assert_array_equal(tissue, phantom(anatomy="realistic", lesion="tumour").tissue)


def test_the_digital_patient_can_be_computed(out, capsys):
    """The two commands of the first five minutes."""
    main(["phantom", str(out)])
    scan, aif = out / "scan.nii.gz", out / "aif.nii.gz"
    main(["maps", str(scan), "--aif", str(aif), "--out", str(out / "maps")])
    assert sorted(one.name for one in (out / "maps").iterdir()) == FILES
    assert f"{len(FILES)} files" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_files(tmp_path, monkeypatch):
    """And another one another scan."""
    main(["phantom", str(tmp_path / "a")])
    monkeypatch.setattr("time.time", lambda: 2e9)
    main(["phantom", str(tmp_path / "b")])
    main(["phantom", str(tmp_path / "c"), "--seed", "1"])
    a, b, c = (contents(tmp_path / name) for name in "abc")
    assert a == b
    assert a["scan.nii.gz"] != c["scan.nii.gz"]


@pytest.mark.parametrize(
    "words",
    [
        ["--snr", "0"],
        ["--snr", "nan"],
        ["--seed", "-1"],
        ["--seed", "x"],
        ["--anatomy", "x"],
        ["--lesion", "stroke"],
        ["--anatomy", "realistic", "--lesion", "x"],
    ],
    ids=" ".join,
)
def test_a_patient_that_cannot_be_is_refused(out, refused, words):
    """Nothing is written."""
    refused("phantom", out, *words)
    assert not out.exists()


def test_the_digital_patient_replaces_no_scan(out, refused):
    """A folder that holds somebody's scan.nii.gz is not the place for it."""
    out.mkdir()
    (out / "scan.nii.gz").write_text("a patient's")
    (out / "scan.json").write_text("a patient's")
    refused("phantom", out)
    assert set(contents(out).values()) == {b"a patient's"}


def test_a_file_is_no_folder_for_the_digital_patient(out, refused):
    """It stays as it is."""
    out.write_text("a file")
    refused("phantom", out)
    assert out.read_text() == "a file"


def test_an_interrupt_is_silent(case, out, monkeypatch, capsys):
    """Ctrl+C: exit code 130, no traceback, no files."""

    def interrupt(path):
        raise KeyboardInterrupt(path)

    monkeypatch.setattr("napari_dsc.analysis.scan.reading", interrupt)
    with pytest.raises(SystemExit) as stop:
        main(case.maps("--out", out))
    assert stop.value.code == 130
    assert "".join(capsys.readouterr()) == ""
    assert not out.exists()


def test_the_version_is_told(capsys):
    """That of the package."""
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"napari-dsc {__version__}\n"


@pytest.mark.parametrize("command", [[], *([one] for one in COMMANDS)], ids="".join)
def test_help_says_what_it_is_for(command, capsys):
    """Research use, by every command."""
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert stop.value.code == 0
    assert RESEARCH in words
    assert all(one in words for one in command or COMMANDS)


@pytest.mark.parametrize("command", [[], *([one] for one in make_parser()[1].names)], ids="".join)
def test_fault_468_no_help_shows_a_doubled_sign(command, capsys):
    """What argparse fills in is written with two; a text that it does not fill in, with one."""
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    shown = capsys.readouterr().out
    assert "50%" in shown or command
    assert "%%" not in shown
    assert "%(" not in shown


def shell(*words, **environment) -> subprocess.CompletedProcess[str]:
    """Run a program as a shell without a screen does."""
    bare = {key: value for key, value in os.environ.items() if "DISPLAY" not in key}
    command = [str(word) for word in words]
    return subprocess.run(
        command, capture_output=True, text=True, env={**bare, **environment}, check=False
    )


def test_the_program_runs_without_a_screen(case, plain, out):
    """The console script gives the same bytes as the call."""
    done = shell(SCRIPT, *case.maps("--out", out))
    findings = read_findings(record_of(out))
    notes = "".join(f"Note: {words}\n" for words in (*told(findings), *to_do(findings)))
    assert (done.returncode, done.stderr) == (0, notes)
    assert contents(out) == contents(plain)


@pytest.mark.parametrize("words", [["--version"], ["maps", "--help"]], ids=" ".join)
def test_the_program_answers(words):
    """Exit code 0, nothing on stderr."""
    done = shell(SCRIPT, *words)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_program_refuses_a_file_that_is_not_there(tmp_path):
    """Exit code 2 and one line, without a screen: no window was tried."""
    done = shell(SCRIPT, tmp_path / "not-there.nii.gz", QT_QPA_PLATFORM="none")
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.fullmatch(r"napari-dsc: the scan must be a file, got none at [^\n]+\n", done.stderr)


@pytest.mark.parametrize("raw", [{"datatype": 999}, {"scl_slope": 2, "scl_inter": np.nan}], ids=str)
def test_the_program_refuses_a_bad_header_in_one_line(case, tmp_path, out, raw):
    """Whatever libraries say of it on stderr: the user reads one line, and no traceback."""
    content = bytearray(gzip.decompress(case.scan.read_bytes()))
    header = np.frombuffer(content, nib.nifti1.header_dtype, count=1)
    for key, value in raw.items():
        header[key] = value
    scan = tmp_path / "scan.nii"
    scan.write_bytes(content)
    done = shell(SCRIPT, "maps", scan, "--aif", case.aif, "--out", out)
    assert done.returncode == 2
    assert re.fullmatch(r"napari-dsc: scan\.nii must [^\n]+\n", done.stderr)
    assert not out.exists()


@pytest.mark.parametrize("command", ["maps", "phantom", "bare"])
def test_no_screen_is_loaded_without_need(case, out, tmp_path, command):
    """Neither napari nor Qt, where nothing is shown."""
    words = {
        "maps": case.maps("--out", out),
        "phantom": ["phantom", str(out)],
        "bare": [str(tmp_path / "not-there.nii")],
    }[command]
    code = (
        "import sys\nfrom napari_dsc.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"print(sorted({{one.split('.')[0] for one in sys.modules}} & set({SCREEN.split()})))"
    )
    done = shell(sys.executable, "-c", code)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("ending", ["html", "pdf"])
def test_a_report_is_made_of_a_folder_of_results(plain, tmp_path, capsys, refused, ending):
    """One file beside the results; an earlier one is not replaced unless that is wanted."""
    page = tmp_path / f"page.{ending}"
    main(["report", str(plain), "--out", str(page), "--colours", "uniform"])
    assert f"Report in {page}" in capsys.readouterr().out
    before = page.read_bytes()
    assert before.startswith(b"%PDF" if ending == "pdf" else b"<!doctype html>")
    assert "--overwrite" in refused("report", plain, "--out", page) or page.read_bytes() == before
    main(["report", str(plain), "--out", str(page), "--colours", "uniform", "--overwrite"])
    assert page.read_bytes() == before  # the same to the byte
    main(["report", str(plain), "--out", str(page), "--overwrite"])
    assert page.read_bytes() != before  # other colours


def test_a_report_of_no_results_is_refused(tmp_path, refused):
    assert "record.json" in refused("report", tmp_path, "--out", tmp_path / "page.html")
    assert "html" in refused("report", tmp_path, "--out", tmp_path / "page.doc")


# --- an AIF that is no mask --------------------------------------------------------------------


def test_fault_80_the_curve_of_results_gives_the_same_maps(case, plain, out, capsys):
    """desc-aif_curve.csv, as it is written; and the record of that is replayed."""
    curve = plain / "scan_desc-aif_curve.csv"
    words = ["maps", case.scan, "--aif", curve, "--brain", case.brain]
    main([*map(str, words), "--out", str(out)])
    for name in MAPS:
        np.testing.assert_allclose(values_of(out, name), values_of(plain, name), rtol=1e-5)
    assert "a curve that was given, not read from this scan" in capsys.readouterr().err
    assert record_of(out)["aif"]["voxels"] == []
    main(["replay", str(out / "record.json"), str(case.scan), "--out", str(out / "again")])
    assert f"{VOLUMES - 1} of {VOLUMES - 1} volumes are the same" in capsys.readouterr().out


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".txt"])
@pytest.mark.parametrize("brain", [True, False])
def test_fault_80_a_curve_as_text_is_an_aif(case, plain, out, tmp_path, patient, ending, brain):
    """From elsewhere: on its own times, finer than the scan's."""
    time = np.arange(0, patient.series.time[-1] + 1, 0.5)
    values = np.interp(time, patient.series.time, patient.aif)
    mark = {".csv": ",", ".tsv": "\t", ".txt": "  "}[ending]
    path = tmp_path / f"aif{ending}"
    path.write_text("\n".join(f"{t}{mark}{c:.5f}" for t, c in zip(time, values, strict=True)))
    words = ["maps", case.scan, "--aif", path, "--out", out]
    main([*map(str, words), *(["--brain", str(case.brain)] if brain else [])])
    inside = patient.tissue == Tissue.GREY
    found = np.nanmedian(values_of(out, "cbf")[inside])
    assert found == pytest.approx(np.nanmedian(values_of(plain, "cbf")[inside]), rel=0.1)


def test_fault_80_a_saved_aif_is_taken_by_its_voxels_or_its_curve(
    case, plain, out, tmp_path, patient, refused, capsys
):
    """Of this scan the voxels; of another one the curve, where that is asked for."""
    series = read(case.scan)
    saved = record_of(plain)["aif"]
    aif = SavedAif(
        name="aif",
        voxels=patient.artery,
        curve=np.array(saved["curve"]),
        time=np.array(saved["time_s"]),
        unit="1/s",
        fingerprint=scan_fingerprint(series, case.scan),
    )
    here, there, scaled = (tmp_path / f"{name}.json" for name in ("here", "there", "scaled"))
    write_aif(here, aif, patient.artery.shape)
    other = replace(aif, fingerprint="0" * 64)
    write_aif(there, other, patient.artery.shape)
    write_aif(scaled, replace(other, unit="1 (TE-scaled)"), patient.artery.shape)
    words = [case.scan, "--brain", case.brain, "--out"]
    main(["maps", "--aif", str(here), *map(str, words), str(out)])
    np.testing.assert_array_equal(values_of(out, "cbf"), values_of(plain, "cbf"))
    capsys.readouterr()
    said = refused("maps", "--aif", there, *words, tmp_path / "no")
    assert "another scan" in said
    assert "--aif-curve" in said
    main(["maps", "--aif", str(there), *map(str, words), str(tmp_path / "curve"), "--aif-curve"])
    capsys.readouterr()
    curve = values_of(tmp_path / "curve", "cbf")
    np.testing.assert_allclose(curve, values_of(plain, "cbf"), rtol=1e-5)
    said = refused("maps", "--aif", scaled, *words, tmp_path / "no", "--aif-curve")
    assert "scaled by the echo time of that" in said
    said = refused("maps", "--aif", case.aif, *words, tmp_path / "no", "--aif-curve")
    assert "--aif-curve must come with a saved AIF, got the mask" in said
    assert not (tmp_path / "no").exists()


# Ends before the scan does.
SHORT = "time (s),delta R2* (1/s)\n" + "".join(
    f"{3 * at},{9 * (at == 8) + 1}\n" for at in range(20)
)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("aif.csv", SHORT, "the curve must cover the scan from"),
        ("aif.json", "{}", "record must be"),
        ("aif.xlsx", "PK", r"must be a mask (NIfTI), a curve (.csv, .tsv, .txt)"),
        ("aif.txt", "", "at least 3 samples"),
    ],
)
def test_fault_80_what_is_no_aif_is_named(case, out, tmp_path, refused, name, text, said):
    (tmp_path / name).write_text(text)
    words = ["maps", case.scan, "--brain", case.brain, "--out", out, "--aif", tmp_path / name]
    assert said in refused(*words)
    assert "got none at" in refused(*words[:-1], tmp_path / "none.csv")


def test_fault_80_a_curve_in_1_s_needs_an_echo_time(tmp_path, patient, out, refused, plain):
    own = place(tmp_path, patient, replace(patient.series, echo_time=None))
    curve = plain / "scan_desc-aif_curve.csv"
    words = ["maps", own.scan, "--aif", curve, "--brain", own.brain, "--out", out]
    assert "the echo time must be known for an AIF in 1/s" in refused(*words)
    main([*map(str, words), "--te", "0.03"])
    np.testing.assert_allclose(values_of(out, "cbf"), values_of(plain, "cbf"), rtol=1e-4)


@pytest.mark.parametrize(
    "option", [("--echo", "2"), ("--series", "1"), ("--axis", "4"), ("--slices", "4")]
)
def test_fault_79_an_option_without_effect_is_refused(case, out, refused, option):
    said = refused(*case.maps("--out", out, *option))
    assert f"{option[0][2:]} must be left out for this scan" in said
    assert not out.exists()


def test_fault_75_a_folder_of_volumes_makes_maps_and_is_replayed(
    case, plain, out, tmp_path, patient, refused, capsys
):
    """One 3-D file each: what is missing is asked for by its option; the folder names nothing."""
    folder = tmp_path / "volumes"
    folder.mkdir()
    for at in range(patient.series.n_volumes):
        write_nifti(folder / f"v{at}.nii", patient.series.signal[..., at], patient.series.affine)
    words = ["maps", folder, "--aif", case.aif, "--brain", case.brain, "--out", out]
    assert "--tr" in refused(*words)
    main([*map(str, words), "--tr", "1.5", "--te", "0.03"])
    found = read_volume(out / "v_cbf.nii.gz")[0]
    np.testing.assert_array_equal(found, values_of(plain, "cbf"))
    capsys.readouterr()
    main(["replay", str(out / "record.json"), str(folder), "--out", str(out / "again")])
    assert f"{VOLUMES} of {VOLUMES} volumes are the same" in capsys.readouterr().out


def test_two_echoes_are_asked_on_the_command_line_and_replayed(case, tmp_path, refused, capsys):
    """`--echo both` makes maps; the record knows the choice, and replay needs no option."""
    scan = read(case.scan)
    for number, echo_time in ((1, 0.02), (2, 0.05)):
        assert scan.echo_time is not None
        signal = (scan.signal.astype(np.float32) + 1) ** (echo_time / scan.echo_time)
        series = replace(scan, signal=(1000 * signal / signal.max()), echo_time=echo_time)
        write_series(tmp_path / f"s_e{number}.nii.gz", series)
    words = [str(tmp_path / "s_e1.nii.gz"), "--aif", str(case.aif), "--brain", str(case.brain)]
    assert "--echo" in refused("maps", *words, "--out", tmp_path / "out")
    main(["maps", *words, "--echo", "both", "--out", str(tmp_path / "out")])
    record = json.loads((tmp_path / "out" / "record.json").read_text())
    assert record["input"]["choices"] == {"echo": "both"}
    assert record["input"]["echo_time_s"] == pytest.approx(0.03)
    capsys.readouterr()
    main(
        [
            "replay",
            str(tmp_path / "out" / "record.json"),
            str(tmp_path / "s_e2.nii.gz"),
            "--out",
            str(tmp_path / "again"),
        ]
    )
    assert f"{VOLUMES} of {VOLUMES} volumes" in capsys.readouterr().out


@pytest.fixture(scope="module")
def doubtful(case, tmp_path_factory) -> Path:
    """Results of which no voxel was accepted: the baseline lies before the steady state."""
    folder = tmp_path_factory.mktemp("doubtful") / "out"
    assert main(case.maps("--out", folder, "--baseline", "0:10")) == 3
    return folder


def test_fault_96_maps_of_which_nothing_was_accepted_are_no_success(
    doubtful, case, tmp_path, capsys
):
    """By each command that reads them: a line with the reasons, an exit code of its own."""
    reasons = re.compile(r"Note: Only 0 of [\d,]+ voxels .* baseline varies .* Check the baseline")
    record = doubtful / "record.json"
    for words in (
        case.maps("--out", tmp_path / "again", "--baseline", "0:10"),
        ["replay", str(record), str(case.scan), "--out", str(tmp_path / "replayed")],
        ["report", str(doubtful), "--out", str(tmp_path / "page.html")],
        ["methods", str(record)],
    ):
        assert main(words) == 3
        printed = capsys.readouterr()
        assert reasons.search(printed.err), words
    assert printed.out.startswith("THIS ANALYSIS IS NOT USABLE AS IT IS. Only 0 of")
    assert "0.0%) were accepted" in printed.out
    assert record_of(doubtful)["quality"]["accepted"] == 0


def test_fault_96_a_replay_that_differs_is_no_success(plain, case, tmp_path, capsys):
    """One map is recorded with other bytes than it has."""
    record = record_of(plain)
    record["files"]["cbf.nii.gz"] = "0" * 64
    (tmp_path / "record.json").write_text(json.dumps(record))
    words = ["replay", str(tmp_path / "record.json"), str(case.scan), "--out", str(tmp_path / "o")]
    assert main(words) == 3
    assert "not as recorded: scan_cbf.nii.gz" in capsys.readouterr().err


def test_fault_97_files_are_told_as_what_the_masks_came_from(case, plain, out):
    """A brain that was proposed is not one that was given."""
    words = ["maps", str(case.scan), "--aif", str(case.aif), "--out", str(out)]
    main(words)
    given, proposed = record_of(plain), record_of(out)
    assert given["aif"]["origin"]["kind"] == "mask file"
    assert (given["brain_origin"]["kind"], proposed["brain_origin"]["kind"]) == (
        "mask file",
        "proposed",
    )
    assert "mask file" in (out / "scan_methods.md").read_text(encoding="utf-8")
