"""Limits of Tmax under each method: measured on the digital stroke, and said at every door."""

import csv
import json
import re
from html import unescape

import numpy as np
import pytest

from napari_dsc import analyse, phantom
from napari_dsc.cohort.telling import brief, late_mL
from napari_dsc.core.deconvolution import DECONVOLVERS, TIMES_WAYS, other_tmax
from napari_dsc.core.phantom import Tissue
from napari_dsc.core.regions import LATE, limits_words, tmax_volume
from napari_dsc.io.judgements import read_late

WAYS = [*((name, TIMES_WAYS[0]) for name in DECONVOLVERS), ("oSVD", "Posterior"),
        ("Posterior", "sSVD"), ("Posterior", "Tikhonov")]  # fmt: skip


@pytest.fixture(scope="module")
def patient():
    return phantom((32, 32, 4), 60, seed=1)


@pytest.fixture(scope="module")
def analysed(patient):
    """Its analysis by a method of flow, and one of times; each once."""
    known = {}

    def analysed(method, times):
        if (method, times) not in known:
            known[method, times] = analyse(
                patient.series,
                patient.artery,
                brain=patient.brain,
                deconvolution_method=method,
                times_by=times,
            )
        return known[method, times]

    return analysed


@pytest.mark.parametrize(("method", "times"), WAYS)
def test_fault_455_the_limits_hold_where_they_find_what_is_late(analysed, patient, method, times):
    """Of the tissue whose bolus is late, Tmax > 6 s finds nearly all, or the rule says why not."""
    one = analysed(method, times)
    late = (patient.tissue == Tissue.HYPOPERFUSED) & patient.brain
    found = tmax_volume(one.maps, LATE, late)
    share = found / tmax_volume(one.maps, -np.inf, late)
    assert (share > 0.9) == (other_tmax(method, times) == "")


@pytest.mark.parametrize(("method", "times"), [("Posterior", "as flow"), ("oSVD", "Posterior")])
def test_fault_455_it_is_said_everywhere_in_the_same_words(analysed, tmp_path, method, times):
    """Sentence of the shell, record, table, report, log of a cohort: no volume as a finding."""
    one, words = analysed(method, times), limits_words("Posterior")
    assert one.lines[0] == f"{words[0].upper()}{words[1:]}."
    assert one.summary.endswith(f"; {words}.")
    assert one.record["late_tissue"]["limits"] == words
    told = read_late(one.record)
    assert told is not None
    assert told.limits_words == words
    one.save(tmp_path)
    (path,) = tmp_path.glob("*late_tissue.csv")
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    assert words in rows[0][1]
    assert {len(row) for row in rows} == {3}
    one.report(tmp_path / "r.html")
    page = unescape((tmp_path / "r.html").read_text(encoding="utf-8"))
    findings, late = (
        re.search(f'class="{kind}">(.*?)</{tag}>', page, re.DOTALL)
        for kind, tag in (("findings", "ul"), ("late", "table"))
    )
    assert findings is not None
    assert late is not None
    assert "mL" not in findings[1].split("</li>")[0]
    assert late[1].split("</tr>")[0].endswith(f"<td>{words}</td>")  # the row in bold letters
    log = {**one.as_json(), "aif_looked_at": True}
    assert log["late_tissue"]["limits"] == words
    assert late_mL(json.loads(json.dumps(log))) is None
    assert words in brief(log)


def test_fault_455_where_the_limits_hold_nothing_is_said(analysed):
    one = analysed("oSVD", "as flow")
    assert "limits" not in one.record["late_tissue"]
    assert one.lines[0].startswith("Tmax > 6 s: ")
    log = {**one.as_json(), "aif_looked_at": True}
    told = read_late(one.record)
    assert told is not None
    (cleaned,) = (row.cleaned for row in told.rows if row.above == LATE)
    assert late_mL(log) == pytest.approx(cleaned)
    assert "Tmax > 6 s" in brief(log)
