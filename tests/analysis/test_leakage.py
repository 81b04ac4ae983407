"""Leakage and two echoes without a screen: Python and shell, from files to files."""

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, analyse, delta_r2_star, phantom, read
from napari_dsc.cli import main
from napari_dsc.core.phantom import Tissue
from napari_dsc.io.nifti import write_nifti, write_series

EARLY, LATE = 0.010, 0.030  # s
BRIGHTENS = 0.25  # by how much T1 brightens the tumour at the end of the scan


@pytest.fixture(scope="module")
def echoes(tmp_path_factory):
    """Two echoes of one patient whose tumour brightens by T1 in both, and its masks."""
    folder = tmp_path_factory.mktemp("echoes")
    for number, echo in ((1, EARLY), (2, LATE)):
        patient = phantom(shape=(32, 32, 4), seed=1, snr=np.inf, echo_time=echo)
        tumour = patient.tissue == Tissue.TUMOUR
        signal = patient.series.signal.astype(np.float32)
        since = np.clip(np.arange(60) - 16, 0, None) / 43
        signal[tumour] *= 1 + BRIGHTENS * since
        series = replace(patient.series, signal=signal, flip_angle=60.0, field_strength=3.0)
        series = replace(series, dose=7.5)
        write_series(folder / f"sub-01_echo-{number}_dsc.nii.gz", series)
    masks = {
        "aif": patient.artery,
        "brain": patient.brain,
        "enhancing": tumour,
        "white": patient.tissue == Tissue.WHITE,
    }
    for name, mask in masks.items():
        write_nifti(folder / f"{name}.nii.gz", mask, patient.series.affine)
    return folder, patient


def test_two_echoes_know_no_t1_and_one_does(echoes):
    """The combined rate of the tumour is that without brightening; of one echo it is not."""
    folder, patient = echoes
    tumour = patient.tissue == Tissue.TUMOUR
    both = read(folder / "sub-01_echo-2_dsc.nii.gz", echo="both")
    assert both.two_echoes
    assert both.early_echo_time == EARLY
    assert (both.flip_angle, both.field_strength, both.dose) == (60.0, 3.0, 7.5)
    plain = phantom(shape=(32, 32, 4), seed=1, snr=np.inf, echo_time=LATE).series
    wanted = delta_r2_star(plain.signal[tumour], LATE, slice(2, 12))
    found = delta_r2_star(both.signal[tumour], both.echo_time, slice(2, 12))
    one = read(folder / "sub-01_echo-2_dsc.nii.gz", echo="2")
    single = delta_r2_star(one.signal[tumour], LATE, slice(2, 12))
    assert np.abs(found - wanted)[:, 2:].mean() < 0.1
    assert np.abs(single - wanted)[:, -10:].mean() > 3


def test_the_artery_is_read_from_the_short_echo_where_that_is_chosen(echoes):
    """Its late echo lies in the rounding of a dark voxel; the short one shows the whole peak."""
    folder, patient = echoes
    scan = read(folder / "sub-01_echo-1_dsc.nii.gz", echo="both")
    known = {"brain": patient.brain, "baseline": (2, 12)}
    usual = analyse(scan, patient.artery, **known)
    short = usual.again(aif_echo="short echo")
    assert scan.early is not None
    early = delta_r2_star(scan.early[patient.artery], EARLY, slice(2, 12))[:, 2:]
    np.testing.assert_allclose(short.aif.curve, early.mean(axis=0), rtol=1e-4, atol=1e-3)
    truth = patient.aif[2:]
    assert np.abs(short.aif.curve - truth).max() < np.abs(usual.aif.curve - truth).max()
    assert "of the short echo alone" in short.methods()
    assert short.record["settings"]["aif_echo"] == "short echo"
    assert "aif_echo" not in usual.record["settings"]


def test_the_shell_corrects_two_echoes_and_makes_them_again(echoes, tmp_path, capsys):
    """T1-free curves, the artery of the short echo, and leakage after it."""
    folder, _ = echoes
    scan = str(folder / "sub-01_echo-1_dsc.nii.gz")
    masks = [
        word for name in ("aif", "brain") for word in (f"--{name}", str(folder / f"{name}.nii.gz"))
    ]
    leakage = ["--leakage", "BSW", "--leakage-region", str(folder / "enhancing.nii.gz")]
    leakage += ["--leakage-reference", str(folder / "white.nii.gz"), "--preload", "no"]
    more = ["--echo", "both", "--aif-echo", "short-echo"]
    out = tmp_path / "out"
    assert main(["maps", scan, *masks, *leakage, *more, "--out", str(out)]) == 0
    told = capsys.readouterr().err
    assert "two echoes at 3 T, which T1 does not change" in told
    assert "brightens what leaks" not in told
    record = json.loads((out / "record.json").read_text(encoding="utf-8"))
    for end in ("desc-corrected_cbv", "desc-leakage_k1", "desc-leakage_k2"):
        assert (out / f"sub-01_echo-1_{end}.nii.gz").exists()
    assert record["leakage"]["region_origin"]["kind"] == "mask file"
    assert record["input"]["preload"] is False
    assert main(["replay", str(out / "record.json"), scan, "--out", str(tmp_path / "again")]) == 0
    assert "volumes are the same to the byte" in capsys.readouterr().out
    again = json.loads((tmp_path / "again" / "record.json").read_text(encoding="utf-8"))
    assert again["leakage"] == record["leakage"]
    page = tmp_path / "page.html"
    assert main(["report", str(out), "--out", str(page)]) == 0
    words = page.read_text(encoding="utf-8")
    assert "Boxerman-Weisskoff" in words
    assert "Corrected CBV" in words


def test_one_echo_without_a_preload_is_warned_of_on_stderr(echoes, tmp_path, capsys):
    folder, _ = echoes
    arguments = ["maps", str(folder / "sub-01_echo-2_dsc.nii.gz"), "--echo", "2"]
    arguments += ["--aif", str(folder / "aif.nii.gz"), "--brain", str(folder / "brain.nii.gz")]
    arguments += ["--leakage", "BSW", "--leakage-region", str(folder / "enhancing.nii.gz")]
    main([*arguments, "--preload", "no", "--out", str(tmp_path / "out")])
    told = capsys.readouterr().err
    assert "A flip angle of 60° without a preload brightens what leaks" in told
    assert "TE 30 ms at 3 T as recommended" in told
    methods = next((tmp_path / "out").glob("*methods.md")).read_text(encoding="utf-8")
    assert "The flip angle was 60°, and no preload was given." in methods


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"leakage_region": "enhancing"}, "`leakage_region` must come with a model of leakage"),
        ({"leakage_reference": "white"}, "`leakage_reference` must come with a model"),
        (
            {"leakage_model": "BSW", "leakage_where": "everywhere", "leakage_region": "enhancing"},
            "must be left out where leakage is corrected everywhere",
        ),
        ({"leakage_model": "Tofts"}, "leakage_model must be one of none, BSW, bidirectional"),
        ({"flip_angle": 500.0}, "flip_angle must lie between 0 and 180"),
        ({"preload": "perhaps"}, "preload must be yes or no"),
    ],
)
def test_a_choice_without_effect_or_sense_is_refused(echoes, chosen, message):
    folder, patient = echoes
    files = {"enhancing", "white"}
    values = {
        name: folder / f"{one}.nii.gz" if one in files else one for name, one in chosen.items()
    }
    with pytest.raises(DscError, match=message):
        analyse(
            folder / "sub-01_echo-2_dsc.nii.gz",
            patient.artery,
            brain=patient.brain,
            echo="2",
            **values,
        )


def test_a_sidecar_that_says_nonsense_of_the_protocol_is_left_out_and_said(echoes, tmp_path):
    folder, _ = echoes
    facts = json.loads((folder / "sub-01_echo-2_dsc.json").read_text())
    scan = tmp_path / "scan.nii.gz"
    scan.write_bytes((folder / "sub-01_echo-2_dsc.nii.gz").read_bytes())
    facts |= {"FlipAngle": 1200, "MagneticFieldStrength": "three"}
    facts |= {"ContrastBolusTotalDose": 5000, "ContrastBolusVolume": 15}
    (tmp_path / "scan.json").write_text(json.dumps(facts))
    series = read(scan)
    assert (series.flip_angle, series.field_strength, series.dose) == (None, None, 15.0)
    assert any("FlipAngle is 1200, not between 0 and 180" in one for one in series.notices)
    assert any("ContrastBolusTotalDose is 5000, not between" in one for one in series.notices)
    assert any("MagneticFieldStrength is a str" in one for one in series.notices)
