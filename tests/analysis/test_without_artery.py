"""An analysis without an artery: Python, command line, record, replay, methods and report."""

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, NoArteryError, analyse
from napari_dsc.cli import main
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import BOLUS, STANDARD
from napari_dsc.core.types import BolusMaps
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.read_record import read_record, replayed
from napari_dsc.io.record import make_record


@pytest.fixture(scope="module")
def without(patient):
    """The digital patient, of whom nobody has named an artery."""
    return analyse(patient.series, brain=patient.brain)


@pytest.fixture(scope="module")
def saved(patient, tmp_path_factory):
    """What the command line makes of it."""
    folder = tmp_path_factory.mktemp("without")
    write_series(folder / "scan.nii.gz", patient.series)
    write_nifti(folder / "brain.nii.gz", patient.brain, patient.series.affine)
    scan = [str(folder / "scan.nii.gz"), "--brain", str(folder / "brain.nii.gz")]
    places = ["--out", str(folder / "out"), "--report", str(folder / "page.html")]
    code = main(["maps", *scan, "--normalise", *places])
    assert code == 0
    return folder


def test_fault_330_no_artery_is_ever_taken_silently(without):
    """Every map is one that needs none, and the first notice says what is missing and why."""
    assert isinstance(without.maps, BolusMaps)
    assert set(dict(without.maps.items())) == set(BOLUS)
    assert not without.aif.known
    assert np.isnan(without.aif.curve).all()
    assert not without.aif.voxels.any()
    assert "No artery" in without.warnings[0]
    assert "no AIF" in without.summary
    assert without.findings == ()
    with pytest.raises(NoArteryError, match="Draw or propose an artery"):
        assert without.maps.cbf is None
    assert without.as_json()["aif"]["peak"] is None


def test_the_same_numbers_stand_beside_those_of_a_deconvolution(without, patient):
    both = analyse(patient.series, patient.artery, brain=patient.brain, bolus_maps=True)
    assert set(dict(both.maps.items())) == {*STANDARD, *BOLUS}
    for key in BOLUS:
        one, other = without.maps[key], both.maps[key]
        assert np.array_equal(one.values, other.values, equal_nan=True)
        assert one.units == other.units


def test_most_of_a_brain_has_an_answer(without):
    assert without.accepted.share > 0.9


def test_the_methods_say_that_nothing_was_deconvolved(without):
    """Whatever the method, and the paragraph says that nothing was deconvolved."""
    assert without.record["aif"]["curve"] is None
    text = without.methods()
    assert "No arterial input function was used" in text
    assert "percentage of signal recovery" in text
    assert "the last 20 s of the retained scan" in text
    assert "deconvolved by" not in text
    assert "oSVD" not in text


def test_a_folder_of_results_is_read_replayed_and_reported(saved):
    out = saved / "out"
    record = read_record(out / "record.json")
    assert record.artery is None
    files = {path.name for path in out.iterdir()}
    assert {f"scan_{row.stem}.nii.gz" for row in BOLUS.values()} <= files
    assert not any("aif" in name or "cbf" in name for name in files - {"scan_methods.md"})
    assert "scan_desc-relative_cbv.nii.gz" in files
    own = json.loads((out / "scan_psr.json").read_text())
    assert own["Units"] == "%"
    assert own["EstimationAlgorithm"] is None
    again = saved / "again"
    assert (
        main(["replay", str(out / "record.json"), str(saved / "scan.nii.gz"), "--out", str(again)])
        == 0
    )
    once, twice = (json.loads((one / "record.json").read_text()) for one in (out, again))
    for row in BOLUS.values():
        end = f"{row.stem}.nii.gz"
        assert once["files"][end] == twice["files"][end]
    page = (saved / "page.html").read_text(encoding="utf-8")
    assert "none: only the shape of the bolus was measured" in page
    assert "No artery" in page
    assert "AIF: not judged" not in page


def test_a_record_of_a_scan_without_an_echo_time_has_no_unit_that_is_wrong(patient):
    """Heights are scaled by it; a recovery of signals is not."""
    one = analyse(replace(patient.series, echo_time=None), brain=patient.brain)
    whole = analyse(patient.series, brain=patient.brain)
    assert one.maps.more["peak"].units == "1 (TE-scaled)"
    assert one.maps.more["auc"].units == "s (TE-scaled)"
    stands = whole.maps["psr"].quality_mask & one.maps["psr"].quality_mask
    psr, same = one.maps.more["psr"].values[stands], whole.maps.more["psr"].values[stands]
    assert np.allclose(psr, same, rtol=1e-4)


@pytest.mark.parametrize("name", ["vein", "aif_label", "aif_curve"])
def test_what_belongs_to_an_artery_is_refused_without_one(name, patient):
    chosen = {"vein": patient.artery, "aif_label": "1", "aif_curve": True}[name]
    with pytest.raises(DscError, match="must come with"):
        analyse(patient.series, brain=patient.brain, **{name: chosen})


def test_relative_volume_is_the_same_with_an_artery_and_without(patient):
    """The artery's area cancels, so that a ratio of areas is one of volumes."""
    labels = np.zeros(patient.brain.shape, int)
    labels[patient.brain & (np.indices(patient.brain.shape)[0] < 16)] = 1
    asked = {"brain": patient.brain, "regions": labels, "reference": "1", "normalise": True}
    without, whole = (analyse(patient.series, aif, **asked) for aif in (None, patient.artery))
    assert without.drawn is not None
    assert whole.drawn is not None
    area, volume = (one.drawn.relative["rCBV"] for one in (without, whole) if one.drawn)
    stands = area.quality_mask & volume.quality_mask
    assert area.symbol == volume.symbol == "rCBV"
    assert np.allclose(area.values[stands], volume.values[stands], rtol=0.02)


def test_fault_337_a_record_without_an_artery_is_replayed(without, patient, tmp_path):
    record = make_record(patient.series, without.core, "0" * 64)
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    known = read_record(path)
    maps = finished(replayed(known, known.of(patient.series, "0" * 64))).maps
    for key, one in without.maps.items():
        assert np.array_equal(one.values, maps[key].values, equal_nan=True)
