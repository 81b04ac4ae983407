"""Errors of the digital patient as the pages tell them, against what is measured."""

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.digital_patient import COLUMNS, cover, errors, table
from napari_dsc import DECONVOLVERS

DOCS = Path(__file__).parents[1] / "docs"
KEYS = ("cbf", "cbv", "mtt", "delay")


def cells(text: str) -> dict[str, list[float]]:
    """Numbers of the table of errors, by method."""
    rows = re.findall(r"^\| (truth|" + "|".join(DECONVOLVERS) + r") \| (.+) \|$", text, re.M)
    return {name: [float(one) for one in numbers.split(" | ")] for name, numbers in rows}


@pytest.mark.parametrize("text", [(DOCS / "start.md").read_text("utf-8"), table()], ids=len)
def test_fault_471_the_errors_of_a_page_are_those_that_are_measured(text):
    """To half a unit of the last digit, and what another processor adds."""
    told, measured = cells(text), errors()
    assert list(told) == ["truth", *DECONVOLVERS]
    for name, numbers in measured.items():
        for said, found, (key, where, digits) in zip(told[name], numbers, COLUMNS, strict=True):
            assert said == pytest.approx(found, abs=0.51 * 10.0**-digits), (name, key, where)


def test_shares_that_a_page_tells_are_those_that_are_measured():
    """Of low flow, of intervals that hold the truth."""
    text = " ".join((DOCS / "computed.md").read_text("utf-8").split())
    at = {column[:2]: number for number, column in enumerate(COLUMNS)}
    truth, found = (np.array(errors()[name]) for name in ("truth", "oSVD"))
    low = 100 * (1 - found / np.where(truth == 0, np.nan, truth))
    grey, white = at["cbf", "grey"], at["cbf", "white"]
    assert f"{low[grey]:.0f} % too little in grey matter ({found[grey]:.0f} for" in text
    assert f"{low[white]:.0f} % in white ({found[white]:.0f} for" in text
    assert f"The artery itself reads {found[at['delay', 'artery']]:.1f} s by oSVD" in text
    shares = dict(zip(KEYS, (round(100 * cover()[key]) for key in KEYS), strict=True))
    words = "{cbf} for CBF, {mtt} for MTT, {cbv} for CBV and {delay} for the delay"
    assert words.format(**shares) in " ".join((DOCS / "posterior.md").read_text("utf-8").split())
