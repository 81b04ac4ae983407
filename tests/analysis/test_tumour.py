"""A tumour on the command line and in Python: enhancement, burden, hot spots, scale, curves."""

import csv
import io
import json
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, analyse, make_standard_scale
from napari_dsc.cli import main
from napari_dsc.core.mask_rows import values_at
from napari_dsc.core.phantom import Tissue
from napari_dsc.io.nifti import read_volume, write_nifti, write_series
from napari_dsc.io.read_record import read_record
from napari_dsc.io.standard_scale import read_scale, write_scale
from tests.core.tumour.patients import glioma, rim_of, t1_volumes


@pytest.fixture(scope="module")
def chosen():
    """Everything that a reader of the glioma would name."""
    patient = glioma()
    labels = np.zeros(patient.brain.shape, int)
    labels[patient.tissue == Tissue.WHITE] = 1
    return {
        "brain": patient.brain,
        "regions": labels,
        "reference": "1",
        "enhancement": rim_of(patient),
        "bolus_maps": True,
    }


@pytest.fixture(scope="module")
def analysis(chosen):
    return analyse(glioma().series, glioma().artery, **chosen)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The scan, its masks and its T1 volumes as files."""
    place, patient = tmp_path_factory.mktemp("tumour"), glioma()
    write_series(place / "scan.nii.gz", patient.series)
    affine = patient.series.affine
    pre, post = t1_volumes(patient)
    for name, values in (
        ("brain", patient.brain),
        ("aif", patient.artery),
        ("rim", rim_of(patient)),
        ("pre", pre.astype(np.float32)),
        ("post", post.astype(np.float32)),
    ):
        write_nifti(place / f"{name}.nii.gz", values, affine)
    return place


def asked(folder, *more):
    """Words of the command line for this scan."""
    masks = ["--brain", str(folder / "brain.nii.gz"), "--aif", str(folder / "aif.nii.gz")]
    return ["maps", str(folder / "scan.nii.gz"), *masks, *more]


def test_a_tumour_is_read_where_it_enhances(analysis):
    found = analysis.tumour
    assert found is not None
    assert found.burden.voxels > 100
    assert 0 < found.burden.above[1] < found.burden.above[0] <= 1
    assert any("Fractional tumour burden" in line for line in analysis.lines)
    told = analysis.as_json()["tumour"]
    assert told["burden"]["above"] == pytest.approx(found.burden.above)
    assert not any(key.endswith("_runs") for key in told)
    text = analysis.methods()
    assert "shares above 1 and 1.75 (fractional tumour burden)" in text
    assert "5 hottest discs of 6 mm" in text
    assert "above 5 times the brain's median" in text


def test_numbers_of_a_reader_go_over_the_defaults(chosen, analysis):
    other = analyse(
        glioma().series,
        glioma().artery,
        **chosen,
        burden_above="1.5, 2.5",
        hot_spot=9.0,
        vessel_times=8.0,
    )
    assert other.tumour is not None
    assert other.tumour.choice.thresholds == (1.5, 2.5)
    assert other.tumour.spots is not None
    assert other.tumour.spots.diameter == 9.0
    assert "1.5 and 2.5" in other.methods()
    assert other.record["tumour"]["choice"]["vessel_times"] == 8.0
    assert analysis.record["tumour"]["choice"]["thresholds"] == [1.0, 1.75]


def test_an_analysis_without_a_tumour_does_not_speak_of_one(patient):
    one = analyse(patient.series, patient.artery, brain=patient.brain)
    assert one.tumour is None
    assert "tumour" not in one.record
    assert "burden" not in one.methods()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"t1_before": "pre.nii"}, "must come with `t1_after`"),
        ({"burden_above": "2"}, "must come with what enhances"),
        ({"vessel_times": 3.0}, "must come with what enhances"),
        ({"enhancement": "rim", "burden_above": "2,1"}, "thresholds must be positive and rise"),
        ({"enhancement": "rim", "burden_above": "much"}, "numbers with commas between"),
        ({"enhancement": "rim", "hot_spot": -1.0}, "diameter must lie"),
        ({"enhancement": "rim", "vessel_times": 0.5}, "vessel_times must be above 1"),
    ],
)
def test_half_of_a_choice_is_refused(change, message, chosen):
    given: dict[str, Any] = {
        name: rim_of(glioma()) if one == "rim" else one for name, one in change.items()
    }
    rest = {name: one for name, one in chosen.items() if name != "enhancement"}
    with pytest.raises(DscError, match=message):
        analyse(glioma().series, glioma().artery, **rest, **given)


@pytest.fixture(scope="module")
def saved(folder):
    """What the command line makes of it, and once more of its record."""
    out, again = folder / "out", folder / "again"
    rim = ["--enhancement", str(folder / "rim.nii.gz"), "--normalise", "--bolus-maps"]
    more = ["--region-curves", str(folder / "curves.csv"), "--report", str(folder / "page.html")]
    assert main(asked(folder, *rim, *more, "--out", str(out))) == 0
    words = ["replay", str(out / "record.json"), str(folder / "scan.nii.gz"), "--out", str(again)]
    assert main(words) == 0
    return out, again


def test_results_hold_the_tumour_and_are_made_again(folder, saved):
    """Enhancement and spots as files, numbers in record, report and replay."""
    out, again = saved
    names = {path.name for path in out.iterdir()}
    assert {"scan_desc-enhancement_mask.nii.gz", "scan_desc-hotspots_dseg.nii.gz"} <= names
    record = json.loads((out / "record.json").read_text())
    assert record["tumour"]["lines"][0].startswith("Fractional tumour burden")
    text = (folder / "page.html").read_text(encoding="utf-8")
    assert "Fractional tumour burden" in text
    assert "Hottest spots of rCBV" in text
    assert json.loads((again / "record.json").read_text())["tumour"] == record["tumour"]
    rows = list(csv.DictReader(io.StringIO((folder / "curves.csv").read_text(encoding="utf-8"))))
    assert {row["name"] for row in rows} == {"Enhancement"}
    assert len(rows) == int((rim_of(glioma()) & glioma().brain).sum())
    assert len(rows[0]) == 6 + len(record["aif"]["time_s"])


def test_the_curves_of_a_region_are_those_of_its_voxels(analysis, chosen):
    rows = list(csv.reader(io.StringIO(analysis.region_curves())))
    voxels = np.argwhere((chosen["regions"] == 1) & glioma().brain)
    assert len(rows) == 1 + len(voxels)
    made = analysis.core.prepared
    for row in rows[1 :: len(rows) // 7]:
        at = tuple(map(int, row[2:5]))
        assert chosen["regions"][at] == 1
        where = np.zeros(made.brain.shape, bool)
        where[at] = True
        curve = made.curves[values_at(where, made.brain)][0]
        assert np.allclose([float(one) for one in row[6:]], curve, rtol=1e-5)


def test_t1_before_and_after_contrast_are_brought_onto_the_scan(folder):
    """Registered, subtracted, and what enhances is proposed; half a millimetre is no matter."""
    pytest.importorskip("SimpleITK")
    patient, out = glioma(), folder / "t1"
    pair = ["--t1-before", str(folder / "pre.nii.gz"), "--t1-after", str(folder / "post.nii.gz")]
    assert main(asked(folder, *pair, "--out", str(out))) == 0
    record = json.loads((out / "record.json").read_text())
    assert any("proposed from T1 before and after contrast" in one for one in record["notices"])
    assert record["tumour"]["unseen"] is True  # and it is told so once more when made again
    assert "proposed, not looked at" in record["tumour"]["lines"][0]
    words = ["replay", str(out / "record.json"), str(folder / "scan.nii.gz")]
    assert main([*words, "--out", str(folder / "t1_again")]) == 0
    again = json.loads((folder / "t1_again" / "record.json").read_text())
    assert again["tumour"] == record["tumour"]
    mask = read_volume(out / "scan_desc-enhancement_mask.nii.gz")[0] > 0
    rim = rim_of(patient)
    assert (mask & rim).sum() > 0.7 * rim.sum()
    assert mask[patient.tissue == Tissue.WHITE].mean() < 0.02


def test_fault_481_a_correction_whose_condition_is_unknown_warns_everywhere(folder, capsys):
    """On stderr, in the record, and on the first page of the report beside the number."""
    out, page = folder / "leak", folder / "leak.html"
    rim = ["--enhancement", str(folder / "rim.nii.gz"), "--leakage", "BSW", "--normalise"]
    assert main(asked(folder, *rim, "--out", str(out), "--report", str(page))) == 0
    doubt = "Flip angle and preload of this scan are not known."
    assert doubt in capsys.readouterr().err
    record = json.loads((out / "record.json").read_text())
    (found,) = [one for one in record["findings"] if one["words"].startswith(doubt)]
    assert found["level"] == "doubtful"
    first = record["tumour"]["lines"][0]
    assert first.endswith("corrected for leakage (flip angle and preload unknown).")
    text = page.read_text(encoding="utf-8")
    assert "No warning." not in text
    assert first in text
    assert text.index(doubt) < text.index("<img")
    known = ["--flip-angle", "30", "--preload", "no"]
    assert main(asked(folder, *rim, *known, "--out", str(folder / "sound"))) == 0
    assert "not known" not in capsys.readouterr().err


def test_a_standard_scale_is_made_of_results_and_used(folder, saved):
    """None is shipped: it is made of one's own scans."""
    file = folder / "scale.json"
    assert main(["scale", *map(str, saved), "--out", str(file)]) == 0
    assert read_scale(file).scans == 2
    with pytest.raises(SystemExit):
        main(["scale", *map(str, saved), "--out", str(file)])
    rim = ["--enhancement", str(folder / "rim.nii.gz"), "--standard-scale", str(file)]
    assert main(asked(folder, *rim, "--out", str(folder / "scaled"))) == 0
    told = json.loads((folder / "scaled" / "record.json").read_text())["tumour"]
    assert told["maps"]["sCBV"]["mean"] > 1.5
    assert told["standard_scale"]["scans"] == 2
    assert any("on a scale of 2 scans" in line for line in told["lines"])


@pytest.mark.parametrize("change", [{"landmarks": [1.0]}, {"percentiles": [50.0]}, {"scale": "x"}])
def test_a_scale_that_is_none_is_refused(change, tmp_path, analysis):
    """In one sentence."""
    maps = analysis.maps
    file = tmp_path / "scale.json"
    write_scale(file, make_standard_scale([(maps, analysis.brain)] * 2))
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(DscError, match=r"scale|landmarks"):
        read_scale(file)


def test_a_record_of_a_tumour_that_is_damaged_is_refused(analysis, tmp_path):
    changes: list[dict[str, Any]] = [{"lines": "one"}, {"choice": {}}, {"enhancement_runs": [1]}]
    for change in changes:
        record = {**analysis.record, "tumour": {**analysis.record["tumour"], **change}}
        (tmp_path / "record.json").write_text(json.dumps(record))
        with pytest.raises(DscError, match=r"tumour|runs|damaged"):
            read_record(tmp_path / "record.json")
