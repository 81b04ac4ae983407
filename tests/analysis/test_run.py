"""An analysis from Python: the same program as the command line."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import DscError, analyse, phantom, read
from napari_dsc.analysis import CHOICE_ROWS, Setup
from napari_dsc.analysis.telling import medians_of
from napari_dsc.cli import main
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import propose, propose_artery
from napari_dsc.core.progress import finished
from napari_dsc.core.types import Aif
from napari_dsc.io.nifti import write_nifti, write_series
from napari_dsc.io.read_record import read_record
from napari_dsc.io.record import RESEARCH_USE


@pytest.fixture(scope="module")
def folder(patient, tmp_path_factory):
    """Scan, masks and regions in files."""
    place = tmp_path_factory.mktemp("analysis")
    write_series(place / "scan.nii.gz", patient.series)
    affine = patient.series.affine
    for name, mask in (
        ("aif", patient.artery),
        ("brain", patient.brain),
        ("vein", patient.tissue == Tissue.VEIN),
    ):
        write_nifti(place / f"{name}.nii.gz", mask, affine)
    labels = np.where(patient.tissue == Tissue.WHITE, 2, 0)
    labels[patient.tissue == Tissue.GREY] = 5
    write_nifti(place / "regions.nii.gz", labels.astype(np.int16), affine)
    (place / "regions.tsv").write_text("index\tname\n2\tWhite\n5\tGrey\n", encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def plain(folder):
    """The analysis of the drawn artery."""
    return analysis(folder / "scan.nii.gz", folder / "aif.nii.gz", brain=folder / "brain.nii.gz")


def contents(place):
    """Bytes of the files of a folder, by name."""
    return {path.name: path.read_bytes() for path in place.iterdir()}


def analysis(*args, **chosen) -> Any:
    """What is there, whatever its types allow to be missing."""
    return analyse(*args, **chosen)


def refusal(*args, **chosen):
    """Words of the error."""
    with pytest.raises(DscError) as failure:
        analyse(*args, **chosen)
    return str(failure.value)


def test_python_and_the_command_line_write_the_same_bytes(folder, plain, tmp_path):
    plain.save(tmp_path / "python")
    words = [str(folder / one) for one in ("scan.nii.gz", "aif.nii.gz", "brain.nii.gz")]
    main(["maps", words[0], "--aif", words[1], "--brain", words[2], "--out", str(tmp_path / "cli")])
    assert contents(tmp_path / "python") == contents(tmp_path / "cli")


def test_a_scan_that_was_read_and_its_file_give_the_same_maps(folder, plain, patient):
    series = read(folder / "scan.nii.gz")
    other = analysis(series, patient.artery, brain=patient.brain)
    for one, again in zip(plain.maps, other.maps, strict=True):
        assert np.array_equal(one.values, again.values, equal_nan=True)
    assert other.core.origins.aif.kind == "array"
    assert plain.core.origins.aif.kind == "mask file"


def test_fault_462_what_python_passes_was_not_drawn(patient):
    """AIF, VOF and brain as arrays, and a curve: each is said to be what it is."""
    vein = patient.tissue == Tissue.VEIN
    made = analysis(patient.series, patient.artery, brain=patient.brain, vein=vein)
    origins = made.core.origins
    assert {one.kind for one in (origins.aif, origins.vof, origins.brain)} == {"array"}
    assert "drawn" not in made.methods()
    assert "The brain mask was given as an array." in made.methods()
    assert "voxels that were given as an array" in made.methods()
    curve = Aif(curve=made.aif.curve, voxels=np.zeros_like(patient.brain))
    words = analysis(patient.series, curve, brain=patient.brain, baseline=(2, 12)).methods()
    assert "The arterial input function was a curve that was given from Python." in words


def test_a_proposed_artery_is_the_one_that_is_proposed_on_screen(folder):
    series = read(folder / "scan.nii.gz")
    known = propose(series)
    wanted = finished(propose_artery(series, known.brain, known.baseline))
    made = analysis(folder / "scan.nii.gz", "propose")
    assert np.array_equal(made.aif.voxels, wanted.voxels)
    assert made.core.origins.aif.kind == "proposed"
    assert made.record["aif"]["origin"]["kind"] == "proposed"
    assert made.record["aif"]["origin"]["unseen"] is True


def test_fault_482_vessels_that_were_proposed_without_a_screen_say_that_nobody_has_looked(folder):
    """In warnings, the line of summary and the methods; a drawn AIF says nothing of it."""
    made = analysis(folder / "scan.nii.gz", "propose", vein="propose")
    assert any("AIF: proposed, not looked at" in one for one in made.warnings)
    assert "(proposed, not looked at)" in made.summary
    methods = " ".join(made.methods().split())
    assert methods.count("which nobody has looked at") == 2
    assert made.record["vof_origin"]["unseen"] is True
    drawn = analysis(folder / "scan.nii.gz", made.aif.voxels)
    assert "looked at" not in " ".join((*drawn.warnings, drawn.summary, drawn.methods()))


def test_a_proposal_may_be_kept_to_a_part_of_the_brain(folder, patient):
    half = np.zeros(patient.brain.shape, bool)
    half[:16] = True
    made = analysis(folder / "scan.nii.gz", "propose", aif_within=half)
    assert made.aif.voxels.any()
    assert not (made.aif.voxels & ~half).any()
    assert made.core.origins.aif.region


def test_a_vein_can_be_proposed(folder):
    made = analysis(folder / "scan.nii.gz", folder / "aif.nii.gz", vein="propose")
    assert made.vof.any()
    assert made.core.origins.vof.kind == "proposed"
    assert any("scaled" in words for words in made.warnings)


def test_where_no_voxel_is_an_artery_the_best_is_named(patient):
    """With what stands against it: nothing is computed of it."""
    veins = replace(patient.series, signal=np.array(patient.series.signal))
    flat = np.median(veins.signal[..., :3], axis=-1, keepdims=True)
    veins.signal[patient.artery] = np.broadcast_to(flat, veins.signal.shape)[patient.artery]
    inside = np.zeros(patient.brain.shape, bool)
    inside[patient.tissue == Tissue.WHITE] = True
    words = refusal(veins, "propose", aif_within=inside)
    assert "must have a voxel without an objection" in words
    assert "The best is (" in words
    assert "`aif`" in words


def test_regions_are_measured_named_and_saved(folder, tmp_path):
    made = analysis(
        folder / "scan.nii.gz",
        folder / "aif.nii.gz",
        regions=folder / "regions.nii.gz",
        reference="White",
        normalise=True,
    )
    table = made.region_statistics()
    assert set(table["name"]) == {"White", "Grey"}
    white = made.drawn.labels == 2
    relative = made.drawn.relative["rCBV"]
    assert np.mean(relative.values[white & relative.quality_mask]) == pytest.approx(1)
    cbv = table[(table["name"] == "White") & (table["map"] == "CBV")]["mean"].item()
    stands = made.maps.cbv.quality_mask & white
    assert cbv == pytest.approx(float(np.mean(made.maps.cbv.values[stands])))
    names = {path.name for path in made.save(tmp_path / "out")}
    assert {"scan_desc-relative_cbv.nii.gz", "scan_desc-regions_dseg.nii.gz"} <= names
    page = made.report(tmp_path / "page.html")
    assert "White" in page.read_text(encoding="utf-8")


def test_what_is_normal_can_be_proposed(folder):
    made = analysis(folder / "scan.nii.gz", folder / "aif.nii.gz", normalise=True)
    assert made.drawn.names[made.drawn.reference] == "Reference (proposed)"
    assert set(made.drawn.relative) == {"rCBV", "rCBF"}
    assert made.drawn.midline is not None


def test_fault_430_a_reference_that_may_hold_oedema_is_told_in_the_record():
    """One side of this patient is late, the other holds a tumour."""
    one = phantom((64, 64, 8), snr=100, seed=41, anatomy="realistic", lesion="both")
    made = analyse(one.series, one.artery, brain=one.brain, normalise=True)
    assert any("it may hold oedema" in notice for notice in made.record["notices"])
    assert made.drawn is not None
    assert "it may hold oedema" in made.drawn.doubt


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"svd_threshhold": 0.1}, "Did you mean svd_threshold?"),
        ({"svd_threshold": "a lot"}, "svd_threshold must be one real number"),
        ({"deconvolution_method": "nSVD"}, "must be one of sSVD"),
        ({"baseline": 3}, "must be two volumes"),
        ({"motion": "yes"}, "motion must be True or False"),
        ({"bolus": 1.5}, "bolus must be a whole number"),
        ({"brain": ""}, "brain must be a file or voxels"),
        ({"aif_label": 3}, "got another"),
        ({"reference": "White"}, "no regions"),
        ({"aif_within": np.ones((32, 32, 4), bool)}, "must come with a proposed AIF"),
        ({"smallest_late": -1}, "must be 0 mL or more"),
        ({"regularisation": 0.1}, "must have a known name"),
        ({"leave_out": 3.5}, "must be volumes counted from 0"),
        ({"orientation": "LLL"}, "orientation"),
        ({"echo": "2"}, "echo must be left out"),
    ],
    ids=lambda one: "-".join(one) if isinstance(one, dict) else "",
)
def test_what_cannot_be_is_refused_in_words(folder, chosen, said):
    words = refusal(folder / "scan.nii.gz", folder / "aif.nii.gz", **chosen)
    assert said in words or "label" in words
    assert "--" not in words  # the shell's words would help nobody here


def test_a_parameter_of_another_method_is_refused(folder):
    words = refusal(
        folder / "scan.nii.gz",
        folder / "aif.nii.gz",
        deconvolution_method="sSVD",
        oscillation_index=0.1,
    )
    assert "`oscillation_index` must belong to the method" in words


def test_once_more_is_as_from_the_start(folder, plain):
    """Masks lie on the file as they did, and what no AIF changes is taken over."""
    again = plain.again(svd_threshold=0.1, leave_out="55")
    fresh = analysis(
        folder / "scan.nii.gz", setup=plain.setup.replaced(svd_threshold=0.1, leave_out="55")
    )
    assert again.record == fresh.record
    for one, other in zip(again.maps, fresh.maps, strict=True):
        assert np.array_equal(one.values, other.values, equal_nan=True)


def test_once_more_with_another_artery(plain, patient):
    half = patient.artery.copy()
    half[np.nonzero(half)[0][0]] = False
    again = plain.again(half)
    assert np.array_equal(again.aif.voxels, half)
    assert again.core.prepared.curves is plain.core.prepared.curves


def test_another_time_step_is_another_analysis(plain):
    with pytest.raises(DscError, match="must stay as the scan was opened"):
        plain.again(repetition_time=2.0)


def test_a_stated_orientation_turns_scan_and_masks_alike(folder, plain):
    """A mask that was drawn on the file still marks the same voxels."""
    turned = analysis(
        folder / "scan.nii.gz",
        folder / "aif.nii.gz",
        brain=folder / "brain.nii.gz",
        orientation="LPS",
    )
    assert np.array_equal(turned.aif.voxels, plain.aif.voxels)
    assert not np.array_equal(turned.maps.cbf.affine, plain.maps.cbf.affine)
    again = turned.again(svd_threshold=0.1)
    assert np.array_equal(again.aif.voxels, turned.aif.voxels)


def test_motion_is_corrected_recorded_and_replayed(patient, tmp_path):
    """One volume that moved by two voxels comes back; the record makes the same maps again."""
    pytest.importorskip("SimpleITK")
    signal = np.array(patient.series.signal)
    signal[..., 30] = np.roll(signal[..., 30], 2, axis=0)
    write_series(tmp_path / "scan.nii.gz", replace(patient.series, signal=signal))
    made = analysis(tmp_path / "scan.nii.gz", patient.artery, motion=True)
    moves = np.array(made.record["input"]["moves"])
    assert abs(abs(moves[30, :3]).max() - 2 * 2.0) < 60  # it is told in mm
    assert abs(moves[30]).max() > 5 * abs(np.delete(moves, 30, axis=0)).max()
    made.save(tmp_path / "out")
    words = ["replay", str(tmp_path / "out" / "record.json"), str(tmp_path / "scan.nii.gz")]
    assert main([*words, "--out", str(tmp_path / "again")]) in (0, 3)
    for name, held in contents(tmp_path / "out").items():
        if name.endswith(".nii.gz"):
            assert (tmp_path / "again" / name).read_bytes() == held
    again = made.again(svd_threshold=0.1)
    assert np.array_equal(again.record["input"]["moves"], made.record["input"]["moves"])


def test_late_tissue_is_cleaned_as_it_was_asked_for(plain):
    raw = plain.again(smallest_late=0.0)
    assert raw.late.cleaning.smallest == 0
    assert raw.late.rows[-1].cleaned == pytest.approx(raw.late.rows[-1].raw)
    assert plain.late.cleaning.smallest > 0


def test_what_it_came_to_is_told_to_people_and_programs(plain):
    told = json.loads(json.dumps(plain.as_json()))
    assert told["summary"] == plain.summary
    assert told["statement"] == RESEARCH_USE
    assert told["medians"]["CBF"]["unit"] == "mL/100g/min"
    values = plain.maps.cbf.values[plain.maps.cbf.quality_mask & plain.brain]
    assert told["medians"]["CBF"]["value"] == pytest.approx(float(np.median(values)))
    assert told["brain"]["accepted_share"] == pytest.approx(plain.accepted.share)
    assert f"{plain.accepted.share:.1%}" in plain.summary
    assert len(repr(plain)) < 200
    assert plain.methods().startswith("Perfusion") or "SVD" in plain.methods()


def test_a_setup_keeps_what_was_chosen_and_nothing_else():
    setup = Setup({"svd_threshold": 0.1, "window": None})
    assert dict(setup.values) == {"svd_threshold": 0.1}
    assert setup.get("window") is None
    assert setup.replaced(svd_threshold=None).values == {}
    with pytest.raises(DscError, match="known name"):
        setup.get("nothing")


def test_another_method_takes_its_own_parameters_only():
    """Those of the one before go, unless they are given anew: then they are refused."""
    before = Setup({"svd_threshold": 0.1, "density": 1.05})
    after = before.replaced(deconvolution_method="Tikhonov")
    assert dict(after.values) == {"density": 1.05, "deconvolution_method": "Tikhonov"}
    both = before.replaced(deconvolution_method="Tikhonov", svd_threshold=0.2)
    with pytest.raises(DscError, match="must belong to the method"):
        both.settings()
    assert before.replaced(deconvolution_method="cSVD").get("svd_threshold") == 0.1


def test_every_row_is_an_argument():
    """Of each kind there is a check: a row without one would fail here."""
    some = {
        "method": "sSVD",
        "number": 0.3,
        "switch": True,
        "span": (3, 11),
        "volumes": "4",
        "end": 50,
        "count": 1,
        "word": "1",
        "mask": "mask.nii.gz",
        "vessel": "propose",
    }
    for name, row in CHOICE_ROWS.items():
        value = row.choices[0] if row.kind == "choice" else some[row.kind]
        assert Setup({name: value}).get(name) == value


def test_a_record_of_regions_can_be_read(folder, tmp_path):
    """What is normalised is beside the record, whose replay knows the analysis."""
    made = analysis(folder / "scan.nii.gz", folder / "aif.nii.gz", normalise=True)
    made.save(tmp_path)
    known = read_record(tmp_path / "record.json")
    assert known.origins.aif is not None
    assert known.origins.aif.kind == "mask file"


def test_fault_299_a_median_is_of_the_voxels_that_have_a_number(plain):
    """A voxel that is accepted may lack one map: what is told stays a number."""
    core = plain.core
    row = {symbol: value for symbol, (value, _) in medians_of(core).items()}
    flow = core.maps.cbf
    values = np.array(flow.values)
    accepted = flow.quality_mask & core.brain
    values[tuple(np.argwhere(accepted)[0])] = np.nan
    columns = {**dict(core.maps.items()), "cbf": replace(flow, values=values)}
    holed = replace(core, maps=type(core.maps).from_keys(columns, quality=core.maps.quality))
    found = {symbol: value for symbol, (value, _) in medians_of(holed).items()}
    assert found["CBF"] == pytest.approx(row["CBF"], rel=0.05)
    assert np.isfinite(list(found.values())).all()
    values[accepted] = np.nan
    assert "CBF" not in medians_of(holed)
