"""The table of what a map is: whole at import, and read by everything that handles maps."""

from dataclasses import MISSING, fields, replace

import numpy as np
import pytest

from napari_dsc.core.errors import DscError
from napari_dsc.core.quantities import (
    CBF,
    CBV,
    COMPUTED,
    FAMILIES,
    K1,
    K2,
    LEAKAGE,
    QUANTITIES,
    RELATIVE,
    STANDARD,
    TTP,
    Quantity,
    computed_table,
)
from napari_dsc.core.types import DSCPerfusionMaps, ParameterMap

MANDATORY = [one.name for one in fields(Quantity) if one.default is MISSING]


def named(symbol):
    """A map that is nothing but its symbol."""
    return ParameterMap(
        values=np.zeros(2),
        name=symbol,
        symbol=symbol,
        units="1",
        affine=None,
        quality_mask=np.ones(2, dtype=bool),
    )


@pytest.mark.parametrize("field", MANDATORY)
def test_a_row_that_lacks_a_field_is_an_error_at_import(field):
    """Never a KeyError after an hour's computation."""
    whole = {one: getattr(CBF, one) for one in MANDATORY}
    assert Quantity(**whole).symbol == "CBF"
    with pytest.raises(TypeError, match=field):
        Quantity(**{name: value for name, value in whole.items() if name != field})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colours": {FAMILIES[0]: "dsc-rainbow"}}, "colours"),
        ({"window": (3.0, 3.0)}, "window"),
        ({"sentence": ""}, "sentence"),
        ({"symbol": ""}, "symbol"),
        ({"key": ""}, "key"),
        ({"name": ""}, "name"),
    ],
)
def test_a_row_that_says_nothing_is_an_error_at_import(change, message):
    with pytest.raises(TypeError, match=message):
        replace(CBF, **change)


@pytest.mark.parametrize("field", ["key", "symbol", "stem"])
def test_two_rows_never_share_a_name(field):
    """Upper and lower case are the same on some disks."""
    own = {"key": "x", "symbol": "X", "stem": "x"}
    other = replace(CBF, **own | {field: getattr(CBV, field).upper()})
    with pytest.raises(TypeError, match=field):
        computed_table((CBV, other))


def test_each_map_without_a_default_has_a_row():
    """The fields of the specification are keys of the table, in its order."""
    own = [one.name for one in fields(DSCPerfusionMaps) if one.name in COMPUTED]
    assert own == [key for key in COMPUTED if key in own]
    assert {one.name for one in fields(DSCPerfusionMaps) if one.default is MISSING} >= {
        "cbv",
        "cbf",
        "mtt",
    }


def test_relative_maps_wear_the_colours_of_what_they_are_relative_to():
    assert {row.relative_to for row in RELATIVE.values()} == set(RELATIVE)
    for symbol, row in RELATIVE.items():
        assert row.colours == QUANTITIES[symbol].colours
        assert row.units == "1"
        assert row.symbol.split()[-1] == f"r{symbol.split()[-1]}"


@pytest.mark.parametrize(
    ("ttp_from", "code", "low"),
    [("start of scan", "Q.CD1.003", 18), ("bolus arrival", "Q.CD1.010", -2)],
)
def test_code_and_window_of_a_time_follow_its_origin(ttp_from, code, low):
    """The window is given from bolus arrival, here at 20 s; other maps know no origin."""
    assert TTP.code_under(ttp_from) == code
    assert TTP.window_under(ttp_from, 20.0) == (low, low + 22)
    assert CBF.code_under(ttp_from) == "Q.PH1.003"
    assert CBF.window_under(ttp_from, 20.0) == CBF.window


def test_maps_that_nobody_asks_for_are_none_of_every_deconvolution():
    """Leakage is looked for where somebody wants it: the standard maps are what they were."""
    assert list(STANDARD)[:6] == ["cbv", "cbf", "mtt", "ttp", "tmax", "delay"]
    assert not any(row.on_request for row in STANDARD.values())
    assert all(row.on_request for row in (*LEAKAGE.values(), *RELATIVE.values()))
    assert set(LEAKAGE) <= set(COMPUTED)


def test_leakage_of_either_sign_has_zero_in_the_middle():
    """K2 below zero is leakage too: a window that begins at zero would hide it."""
    low, high = K2.window
    assert low == -high
    assert (K1.code_under(""), K2.code_under("")) == ("Q.LC1.001", "Q.LC1.002")


def test_maps_are_found_by_their_keys():
    maps = DSCPerfusionMaps(named("CBV"), named("CBF"), named("MTT"), delay=named("Delay"))
    assert [key for key, _ in maps.items()] == ["cbv", "cbf", "mtt", "delay"]
    assert maps.get("delay") is maps.delay
    assert maps.get("tmax") is None
    assert maps.get("quality") is None
    again = DSCPerfusionMaps.from_keys(dict(maps.items()))
    assert list(again) == list(maps)


@pytest.mark.parametrize("key", ["cbf", "nothing"])
def test_further_maps_need_a_row_of_their_own(key):
    """What no row describes has no window, no unit in words and no file."""
    with pytest.raises(DscError, match="more must hold maps by a key"):
        DSCPerfusionMaps(named("CBV"), named("CBF"), named("MTT"), more={key: named("X")})


def test_a_row_is_all_that_a_further_map_needs(monkeypatch):
    """It stands among the others where the table has it, and is found by its key."""
    row = replace(CBF, key="cth", symbol="CTH", stem="cth")
    table = computed_table((CBV, CBF, row, COMPUTED["mtt"]))
    monkeypatch.setattr("napari_dsc.core.types.COMPUTED", table)
    made = {key: named(one.symbol) for key, one in table.items()}
    maps = DSCPerfusionMaps.from_keys(made)
    assert dict(maps.more) == {"cth": made["cth"]}
    assert list(maps) == [made[key] for key in ("cbv", "cbf", "cth", "mtt")]
    assert maps.get("cth") is made["cth"]
