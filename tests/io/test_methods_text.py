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
from napari_dsc.io.methods_text import citations, methods_paragraph
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
