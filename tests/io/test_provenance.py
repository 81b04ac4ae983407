"""How AIF, VOF and brain were chosen: kept in the record, told in the paragraph, replayed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DscError, propose_aif
from napari_dsc.core.maps import Scale
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.pipeline import Settings, propose_artery, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.provenance import KINDS, Origin, Origins
from napari_dsc.io.methods_text import citations, methods_paragraph
from napari_dsc.io.provenance import origin_as_json, read_origin
from napari_dsc.io.read_record import read_record, replayed
from napari_dsc.io.record import make_record

BASELINE = Settings(baseline=(2, 12))


@pytest.fixture(scope="module")
def record_with(patient):
    """Record of an analysis whose masks were chosen like that."""
    vein = patient.tissue == Tissue.VEIN
    run = stages(patient.series, patient.artery, patient.brain, BASELINE, vein=vein)
    made = finished(run)

    def record_with(**origins):
        return make_record(patient.series, replace(made, origins=Origins(**origins)), "a" * 64)

    return record_with


@pytest.mark.parametrize("kind", KINDS)
def test_fault_97_an_origin_comes_back_from_a_record(kind):
    for one in (
        Origin(kind=kind),
        Origin(kind=kind, added=2, removed=1, region=True, notes=("Label 3 of 4 was taken.",)),
        Origin(kind=kind, unseen=True),
    ):
        assert read_origin(json.loads(json.dumps(origin_as_json(one)))) == one
    assert read_origin(origin_as_json(None)) is None


@pytest.mark.parametrize(
    "value",
    [
        7,
        [],
        {},
        {"kind": "guessed"},
        {"kind": ["drawn"]},
        {"kind": "drawn", "added": -1},
        {"kind": "drawn", "added": 1.5},
        {"kind": "drawn", "removed": True},
        {"kind": "drawn", "region": "left"},
        {"kind": "proposed", "unseen": 1},
        {"kind": "drawn", "notes": "one"},
        {"kind": "drawn", "notes": ["\x1b[31m"]},
        {"kind": "drawn", "notes": ["x" * 301]},
        {"kind": "drawn", "notes": ["x"] * 21},
    ],
    ids=str,
)
def test_fault_97_what_is_no_origin_is_refused(value):
    with pytest.raises(DscError, match="must"):
        read_origin(value)


def test_fault_232_whoever_edits_a_choice_has_looked_at_it():
    mask = np.arange(6) < 3
    origin = Origin(kind="proposed", unseen=True)
    assert origin.edited(mask, mask).unseen
    assert not origin.edited(mask, np.arange(6) < 4).unseen
    assert "unseen" not in (origin_as_json(Origin(kind="proposed")) or {})


def test_fault_97_edits_of_a_choice_are_counted():
    """Of a proposal of which nothing is left somebody drew it all."""
    was, now, other = (np.isin(np.arange(6), kept) for kept in ([0, 1, 2], [1, 2, 3], [4, 5]))
    proposed = Origin(kind="proposed", region=True)
    assert proposed.edited(was, was) == proposed
    assert proposed.edited(was, now) == replace(proposed, added=1, removed=1)
    assert proposed.edited(was, other) == Origin(kind="drawn")


@pytest.mark.parametrize(
    ("origin", "words", "reference"),
    [
        (Origin(kind="proposed"), "voxels that were proposed automatically", "Mouridsen"),
        (
            Origin(kind="proposed", region=True, added=1, removed=2),
            ", within a region that the user had given, edited afterwards (voxels 1 added and 2 "
            "removed)",
            "Mouridsen",
        ),
        (Origin(kind="drawn"), "voxels that were drawn by hand.", ""),
        (
            Origin(kind="mask file", notes=("Label 2 of 3.",)),
            "voxels that were given as a mask file (Label 2 of 3).",
            "",
        ),
        (Origin(kind="array"), "voxels that were given as an array.", ""),
        (Origin(kind="saved AIF"), "loaded from a file of an earlier choice.", ""),
        (Origin(kind="automatic copy"), "restored from an automatic copy", ""),
        (Origin(kind="record"), "taken from the record of earlier maps.", ""),
        (None, "(how they were chosen is not recorded)", ""),
    ],
)
def test_fault_97_how_the_aif_was_chosen_is_told_and_cited(record_with, origin, words, reference):
    record = record_with(aif=origin)
    told = methods_paragraph(record).split("The arterial input function was")[1].split("Tissue")[0]
    assert words in told
    assert any("Mouridsen" in one for one in citations(record)) is bool(reference)


@pytest.mark.parametrize(
    ("origin", "words", "cited"),
    [
        (Origin(kind="proposed"), "The brain mask was proposed automatically", True),
        (Origin(kind="proposed", added=4), "edited afterwards (voxels 4 added).", True),
        (Origin(kind="drawn"), "The brain mask was drawn by hand.", False),
        (Origin(kind="mask file"), "The brain mask was given as a mask file.", False),
        (Origin(kind="array"), "The brain mask was given as an array.", False),
        (Origin(kind="whole image"), "the whole image was computed.", False),
        (None, "How the brain mask was chosen is not recorded.", False),
    ],
)
def test_fault_97_how_the_brain_was_chosen_is_told_and_cited(record_with, origin, words, cited):
    record = record_with(brain=origin)
    assert words in methods_paragraph(record)
    assert any("Otsu" in one for one in citations(record)) is cited


def test_fault_97_voxels_used_against_the_verdict_are_told(patient):
    """Two saturated ones among good ones, and what was measured of them."""
    artery = patient.artery.copy()
    artery[tuple(np.argwhere(patient.tissue == Tissue.SATURATED_ARTERY)[:2].T)] = True
    made = finished(stages(patient.series, artery, patient.brain, BASELINE))
    record = make_record(patient.series, made, None)
    verdicts, good = record["aif"]["verdicts"], int(patient.artery.sum())
    assert verdicts["good"] == good
    assert verdicts["saturated"] == 2
    assert f"Of them {good} met the criteria" in methods_paragraph(record)
    assert "and 2 did not (2 saturated" in methods_paragraph(record)


def test_fault_97_a_proposal_knows_that_it_is_one(patient):
    """In Python and in the pipeline, with its region, as far as into the record."""
    half = np.zeros_like(patient.brain)
    half[: len(half) // 2] = True
    work = propose_artery(patient.series, patient.brain, (2, 12), region=half)
    found = finished(work)
    assert found.origin == Origin(kind="proposed", region=True)
    made = finished(stages(patient.series, found, None, replace(BASELINE, scale=Scale())))
    record = make_record(patient.series, made, None)
    assert record["aif"]["origin"]["kind"] == "proposed"
    assert record["brain_origin"]["kind"] == "whole image"
    curves = made.prepared.curves.reshape(*patient.brain.shape, -1, order="F")
    again = propose_aif(curves, made.time, patient.brain, echo_time=0.03)
    assert again.origin == Origin(kind="proposed")


def test_fault_97_a_replay_tells_the_same(patient, record_with, tmp_path):
    """And a record of the version before, which does not know, can still be opened."""
    chosen = {
        "aif": Origin(kind="proposed", removed=3),
        "vof": Origin(kind="drawn"),
        "brain": Origin(kind="mask file"),
    }
    record, path = record_with(**chosen), tmp_path / "record.json"
    path.write_text(json.dumps(record))
    known = read_record(path)
    made = finished(replayed(known, known.of(patient.series, "a" * 64)))
    assert made.origins == known.origins == Origins(**chosen)
    again = make_record(patient.series, made, "a" * 64)
    assert methods_paragraph(again) == methods_paragraph(record)
    old = {key: one for key, one in record.items() if not key.endswith(("_origin", "_verdicts"))}
    old["aif"] = {
        key: record["aif"][key] for key in record["aif"] if key not in ("origin", "verdicts")
    }
    old["record"], old["settings"] = "napari-dsc 3", {**old["settings"], "window_volumes": [2, 25]}
    path.write_text(json.dumps(old))
    earlier = read_record(path)
    assert earlier.origins == Origins()
    assert "earlier version" in earlier.notices[0]
    assert "within the window of CBV" in methods_paragraph(earlier.content)
    assert known.notices == ()


def test_fault_98_references_are_numbered_in_the_order_in_which_they_are_named(record_with):
    """Each number stands in the text, and the first of each comes after the one before."""
    record = record_with(aif=Origin(kind="proposed"), brain=Origin(kind="proposed"))
    words, cited = methods_paragraph(record), citations(record)
    first = [words.index(f"[{number}]") for number in range(1, len(cited) + 1)]
    assert first == sorted(first)
    assert [one.split()[1] for one in cited] == [
        "Otsu",
        "Mouridsen",
        "Knutsson",
        "Wu",
        "Calamante",
        "Dickie",
    ]
    assert "[@" not in words


def test_fault_98_times_that_were_entered_are_told_with_what_the_file_said(patient):
    """The header is not hidden; times that agree with it are not entered."""
    series = patient.series.settled(repetition_time=1.2, echo_time=0.025)
    made = finished(stages(series, patient.artery, patient.brain, BASELINE))
    words = methods_paragraph(make_record(series, made, None))
    assert "a repetition time of 1.2 s (entered by the user; the file said 1.5 s (digital" in words
    assert "an echo time of 25 ms (entered by the user; the file said 0.03 s (digital" in words
    same = patient.series.settled(repetition_time=1.5)
    assert "entered" not in methods_paragraph(make_record(same, made, None))
