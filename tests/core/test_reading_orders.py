"""Orders of reading: every map in each, and what is read first at the beginning."""

from dataclasses import replace

import pytest

from napari_dsc.core.quantities import QUANTITIES, STANDARD
from napari_dsc.core.reading_orders import READINGS, reading_of


@pytest.mark.parametrize("key", READINGS)
def test_every_map_has_its_place(key):
    one = READINGS[key]
    assert one.key == key
    assert reading_of(one.name) is one
    assert one.ordered(QUANTITIES) == one.maps
    assert one.ordered([]) == ()
    assert one.ordered(["Scan", *reversed(one.maps)]) == (*one.maps, "Scan")
    assert one.rows_of([]) == ()
    assert set(one.rows_of(QUANTITIES)) <= set(QUANTITIES)


def test_a_stroke_begins_with_tmax_and_a_tumour_with_blood_volume():
    computed = [row.symbol for row in STANDARD.values()]
    stroke, tumour = READINGS["stroke"], READINGS["tumour"]
    assert stroke.ordered(computed)[:4] == stroke.rows_of(computed) == ("Tmax", "CBF", "CBV", "MTT")
    assert tumour.ordered(computed)[0] == "CBV"
    assert tumour.ordered(QUANTITIES)[0] == "rCBV"
    assert stroke.steps
    assert not tumour.steps


def test_an_order_that_lacks_a_map_is_refused():
    stroke = READINGS["stroke"]
    with pytest.raises(TypeError, match="every map once"):
        replace(stroke, maps=stroke.maps[1:])
    with pytest.raises(TypeError, match="every map once"):
        replace(stroke, maps=(*stroke.maps, "CBF"))
    with pytest.raises(TypeError, match="must be maps"):
        replace(stroke, rows=(("Tmin",),))
