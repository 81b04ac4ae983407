"""Statements of one report never contradict one another, whatever the state of the scan."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_dsc import analyse, phantom
from napari_dsc.core.settings import SETTINGS
from tests.report.conftest import Words

PATIENT = phantom((32, 32, 4), seed=1)
VEIN = (PATIENT.tissue == 10) & PATIENT.brain
TIMED = np.arange(4) * 0.3
# Facts of the scan, the artery, choices.
STATES: dict[str, tuple[dict[str, Any] | None, Any, dict[str, Any]]] = {
    "as it is": ({}, PATIENT.artery, {}),
    "slices at one time": ({"slice_times": np.zeros(4)}, PATIENT.artery, {}),
    "slice times": ({"slice_times": TIMED}, PATIENT.artery, {}),
    "slice times, as measured": ({"slice_times": TIMED}, PATIENT.artery, {"slice_timing": False}),
    "no echo time": ({"echo_time": None}, PATIENT.artery, {}),
    "no artery": ({}, "none", {}),
    "no artery, slice times": ({"slice_times": TIMED}, "none", {}),
    "a vein as artery": ({}, VEIN, {}),
    "leakage without a region": ({}, PATIENT.artery, {"leakage_model": "BSW"}),
    "no left and right": ({"oriented": False}, PATIENT.artery, {}),
    "scaled to a vein": ({}, PATIENT.artery, {"vein": VEIN}),
    "noise": (None, PATIENT.artery, {}),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Report and record of each state, made when it is asked for."""
    known: dict[str, tuple[Words, dict[str, Any]]] = {}

    def page(state):
        if state not in known:
            facts, artery, chosen = STATES[state]
            series = (
                phantom((32, 32, 4), seed=3, snr=8).series
                if facts is None
                else replace(PATIENT.series, **facts)
            )
            one = analyse(series, artery, **chosen)
            path = tmp_path_factory.mktemp("page") / "page.html"
            one.report(path)
            known[state] = Words(path.read_text(encoding="utf-8")), one.record
        return known[state]

    return page


def cell(page, name):
    """Words beside a setting; empty where there is no such row."""
    rows = [row for rows in page.tables.values() for row in rows if row and row[0] == name]
    return rows[0][1] if rows else ""


def section(page, head, end):
    """Sentences of a part of the page."""
    part = page.text.split(f"\n{head}\n")[1].split(f"\n{end}\n")[0]
    return [line for line in part.splitlines() if line.strip()]


@pytest.mark.parametrize("state", STATES)
def test_fault_376_slice_times_are_corrected_or_not_everywhere_alike(pages, state):
    """Settings, methods and notices."""
    page, record = pages(state)
    told = cell(page, SETTINGS["slice_timing"].report)
    times = record["input"]["slice_times_s"]
    differ = times is not None and len(set(times)) > 1
    assert told.startswith("yes") == (differ and record["settings"]["slice_timing"])
    assert ("nothing was corrected" in page.text) == (not differ)
    assert ("are corrected: times count" in page.text) == told.startswith("yes")
    if not differ:
        assert told == f"no: slice times are {'the same for every slice' if times else 'unknown'}"


@pytest.mark.parametrize("state", STATES)
def test_fault_376_as_many_warnings_are_counted_as_there_are(pages, state):
    """The third sentence, and the list; a notice is none, and stands apart."""
    page, record = pages(state)
    end = "Also to be noted" if "\nAlso to be noted\n" in page.text else "Settings"
    listed = section(page, "Warnings", end)
    trust = next(one for one in page.text.splitlines() if one.startswith(("AIF:", "No artery:")))
    others = [one["words"] for one in record["findings"][1:] if one["level"] != "good"]
    if trust.endswith("No warning."):
        assert listed == ["None."]
    (more,) = re.findall(r"(\d+) more warning", trust) or ["0"]
    said = [line.split(" To do: ")[0] for line in listed]
    known = sum(words in trust for words in said if not words.startswith("AIF:"))
    assert int(more) + known == len(
        [one for one in listed if not one.startswith(("AIF:", "None."))]
    )
    assert all(any(line.startswith(words) for line in listed) for words in others)
    for words in record["notices"]:
        assert words in page.text
        assert page.text.count(f"\n{words}\n") <= 1


@pytest.mark.parametrize("state", STATES)
def test_fault_376_without_an_artery_nothing_speaks_of_one(pages, state):
    """No method that was not used, no curve that was not loaded, no late tissue that was not
    looked for; with one it is named.
    """
    page, record = pages(state)
    without = record["aif"]["curve"] is None
    for name in ("Deconvolution", "SVD threshold (of largest)", "Scale AIF to VOF"):
        assert bool(cell(page, name)) != without
    assert ("a curve that was loaded" in page.text) is False
    assert ("No late tissue" in page.text) <= (not without)
    assert ("Tmax was not computed" in page.text) == without


@pytest.mark.parametrize("state", STATES)
def test_fault_376_an_aif_in_doubt_is_so_in_the_first_sentence(pages, state):
    """As on the bar above the pictures: no volume stands without it."""
    page, record = pages(state)
    doubtful = any(
        one["level"] == "doubtful" and one["key"] in ("aif", "early brain")
        for one in record["findings"]
    )
    first = next(one for one in page.text.splitlines() if one.startswith("Tmax"))
    assert ("AIF in doubt" in first) == doubtful


@pytest.mark.parametrize("state", STATES)
def test_fault_376_what_nobody_knows_has_no_source(pages, state):
    """And what is not known left from right has no side."""
    page, record = pages(state)
    unknown = record["input"]["echo_time_s"] is None
    assert ("TEunknown" in page.text.replace(" ", "").replace("\n", "")) == unknown
    assert "unknown (source" not in page.text
    if "orientation unknown" in page.text:
        assert "mL, left" not in page.text
        assert "mL, right" not in page.text
