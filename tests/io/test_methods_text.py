"""Codes and citations of the methods paragraph: those of the settings in force, in their order."""

import re
from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DECONVOLVERS, DscError, phantom
from napari_dsc.core import deconvolution
from napari_dsc.core.deconvolution import deconvolver
from napari_dsc.core.pipeline import Settings, stages
from napari_dsc.core.progress import finished
from napari_dsc.core.quantities import BOLUS, CITED, COMPUTED, MTT, PSR
from napari_dsc.io import methods_text
from napari_dsc.io.methods_text import KEYED, REFERENCES, citations, methods_paragraph
from napari_dsc.io.record import make_record


@pytest.fixture(scope="module")
def record():
    """Make the record of a run with some settings."""
    patient = phantom((12, 12, 2), 40, snr=np.inf)

    def record(**settings):
        chosen = Settings(baseline=(2, 12), **settings)
        moves = np.zeros((40, 6)) if settings.get("slice_timing", True) is False else None
        series = replace(patient.series, moves=moves)
        analysis = finished(stages(series, patient.artery, patient.brain, chosen))
        return make_record(series, analysis, "0" * 64)

    return record


@pytest.mark.parametrize(
    ("origin", "code", "other"),
    [
        ("start of scan", "Q.CD1.003", "Q.CD1.010"),
        ("bolus arrival", "Q.CD1.010", "Q.CD1.003"),
    ],
)
def test_fault_100_the_code_of_ttp_follows_its_origin(record, origin, code, other):
    words = methods_paragraph(record(ttp_from=origin))
    assert f"TTP ({code})" in words
    assert f"counted from the {origin}" in words
    assert other not in words


@pytest.mark.parametrize("name", DECONVOLVERS)
@pytest.mark.parametrize("moved", [False, True])
def test_fault_102_citations_are_numbered_as_they_are_cited(record, name, moved):
    """Each once, none left out; the method's own is cited where the method is named."""
    made = record(method=deconvolver(name), slice_timing=not moved)
    words, listed = methods_paragraph(made), citations(made)
    cited = [int(one) for one in re.findall(r"\[(\d+)\]", words)]
    assert list(dict.fromkeys(cited)) == list(range(1, len(listed) + 1))
    numbers = [int(number) for one in listed for number in re.findall(r"^\[(\d+)\] ", one)]
    assert numbers == list(range(1, len(listed) + 1))
    own = next(one for one in listed if one.endswith(DECONVOLVERS[name].citation))
    sentence = DECONVOLVERS[name].sentence.format(cited=own.split(" ")[0])
    assert sentence in words
    assert words.isprintable()


def test_fault_101_a_method_that_nobody_knows_has_no_citation_of_another(record):
    """An error in words, not reference [1]."""
    made = record()
    made["settings"]["deconvolution_method"] = "newSVD"
    for say in (methods_paragraph, citations):
        with pytest.raises(DscError, match=r"must be one of sSVD, .*, got 'newSVD'"):
            say(made)


@pytest.mark.parametrize("fact", ["citation", "sentence"])
def test_fault_101_a_method_without_words_or_citation_is_an_error_at_import(monkeypatch, fact):
    """Whoever adds a row learns it at once."""
    import importlib

    monkeypatch.setattr(deconvolution.StandardSvd, fact, "")
    with pytest.raises(TypeError, match=f"StandardSvd .* must have a {fact}, got none"):
        importlib.reload(deconvolution)


@pytest.fixture
def with_own_map(monkeypatch):
    """A map of one's own among those of the bolus's shape, sorted behind PSR."""
    own = replace(
        PSR,
        symbol="FPR",
        key="fpr",
        name="Full width of the recovery",
        sentence="FPR is the full width of the recovery",
        citation="",
        believed="",
        stem="fpr",
        methods_place=PSR.methods_place + 1,
    )
    monkeypatch.setattr(methods_text, "COMPUTED", {**COMPUTED, own.key: own})
    monkeypatch.setattr(methods_text, "BOLUS", {**BOLUS, own.key: own})

    def told(made):
        units = {one.key: one.units for one in (PSR, own)}
        return {**made, "maps": made["maps"] | units}

    return told


def test_fault_460_a_clause_bears_no_number_of_another_map(record, with_own_map):
    """The recipe's map, behind PSR, has no source: it ends without a number, PSR keeps its own."""
    words = methods_paragraph(with_own_map(record(bolus_maps=True)))
    (number,) = re.findall(r"signal recovery, [^;]* \[(\d+)\]; FPR is", words)
    listed = citations(with_own_map(record(bolus_maps=True)))
    assert listed[int(number) - 1] == f"[{number}] {PSR.citation}"
    assert "FPR is the full width of the recovery. " in words


@pytest.mark.parametrize("row", [*COMPUTED.values()], ids=lambda row: row.key)
def test_fault_460_a_map_cites_at_its_own_place(row):
    """By its own key, and nothing that no reference has."""
    assert (CITED in row.sentence) == bool(row.citation) == (row.key in REFERENCES)
    assert "[@" not in row.sentence + row.believed


@pytest.mark.parametrize("change", [{"citation": ""}, {"sentence": "MTT = CBV/CBF"}])
def test_fault_460_a_citation_without_a_place_is_an_error_at_import(change):
    """And a place without a citation."""
    with pytest.raises(TypeError, match="MTT must have a citation and"):
        replace(MTT, **{"believed": "MTT", **change})


def test_fault_460_whatever_is_cited_is_known(record):
    """A key that is misspelt would stand in the paragraph as it is."""
    for name in DECONVOLVERS:
        words = methods_paragraph(record(method=deconvolver(name), bolus_maps=True))
        assert "[@" not in words
    assert all(KEYED.fullmatch(f"[@{key}]") for key in REFERENCES)
