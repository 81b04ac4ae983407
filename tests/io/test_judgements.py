"""Findings and volumes of late tissue, written and read back; what is none is refused."""

import json

import numpy as np
import pytest

from napari_dsc import DscError, Finding
from napari_dsc.core.regions import Cleaning, LateVolume, LateVolumes
from napari_dsc.io.judgements import (
    findings_as_json,
    late_as_json,
    late_table,
    read_findings,
    read_late,
)

FOUND = (
    Finding(key="aif", level="doubtful", words="AIF: 1 voxel, late."),
    Finding(key="leakage", level="note", words="Curves of 2.0 mL end below their baseline."),
)
LATE = LateVolumes(
    cleaning=Cleaning(smallest=2.5, fill_holes=False),
    rows=(
        LateVolume(above=6.0, cleaned=127.46, raw=130.0),
        LateVolume(above=10.0, cleaned=0.0, raw=20.14),
    ),
    ratio=0.0,
    raw_ratio=20.14 / 130.0,
)


def again(content):
    """What a file would bring back."""
    return json.loads(json.dumps(content, allow_nan=False))


def test_both_come_back_as_they_were():
    record = again({"findings": findings_as_json(FOUND), "late_tissue": late_as_json(LATE)})
    assert read_findings(record) == FOUND
    assert read_late(record) == LATE


def test_volumes_that_nobody_knows_come_back_as_such():
    """JSON has no NaN."""
    unknown = LateVolumes(
        cleaning=Cleaning(),
        rows=(LateVolume(above=6.0, cleaned=np.nan, raw=np.nan),),
        ratio=np.nan,
        raw_ratio=np.nan,
    )
    found = read_late(again({"late_tissue": late_as_json(unknown)}))
    assert found is not None
    assert np.isnan([found.rows[0].cleaned, found.rows[0].raw, found.ratio]).all()
    assert found.rows[0].words == "mL unknown"


def test_a_record_of_an_earlier_format_has_neither():
    assert (read_findings({}), read_late({})) == ((), None)
    assert (late_as_json(None), read_late({"late_tissue": None})) == (None, None)


@pytest.mark.parametrize(
    "findings",
    [
        "words",
        [{"key": "aif", "level": "good"}],
        [{"key": "aif", "level": "worse", "words": "a"}],
        [{"key": "aif", "level": "good", "words": "a\x1b[2J"}],
        [{"key": "aif", "level": "good", "words": 3}],
        [{"key": "aif", "level": "good", "words": "a" * 10_000}],
        [{"key": "aif", "level": "good", "words": "a"}] * 1000,
        [3],
    ],
    ids=str,
)
def test_findings_that_are_none_are_refused(findings):
    with pytest.raises(DscError, match="findings of a record must be"):
        read_findings({"findings": findings})


@pytest.mark.parametrize(
    "changed",
    [
        {"volumes": []},
        {"volumes": [{"tmax_above_s": 6}]},
        {"volumes": [{"tmax_above_s": 6, "mL": -1, "as_found_mL": 1}]},
        {"volumes": [{"tmax_above_s": 6, "mL": 10**400, "as_found_mL": 1}]},
        {"hir": "much"},
        {"holes_filled": 1},
        {"smallest_piece_mL": True},
    ],
    ids=str,
)
def test_volumes_that_are_none_are_refused(changed):
    record = {"late_tissue": {**(late_as_json(LATE) or {}), **changed}}
    with pytest.raises(DscError, match="late tissue of a record must be numbers"):
        read_late(record)


def test_the_table_has_the_digits_of_every_display():
    """A row for each limit, one for the ratio."""
    assert late_table(LATE).splitlines() == [
        'Late tissue,"without pieces below 2.5 mL",as found',
        "Tmax > 6 s (mL),127.5,130.0",
        "Tmax > 10 s (mL),0.0,20.1",
        "HIR = V(> 10 s) / V(> 6 s),0.00,0.15",
    ]
