"""Late tissue in words: the cleaned volume first, both where they are apart."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dsc import DSCPerfusionMaps, ParameterMap
from napari_dsc.core.regions import (
    ABOVE,
    HIR,
    Cleaning,
    LateVolume,
    hir,
    late_tissue,
    late_volumes,
)

AFFINE = np.diag([-2.0, 2.0, 5.0, 1.0])  # 0.02 mL
BRAIN = np.ones((20, 20, 4), np.bool_)


def maps_of(tmax, affine=AFFINE):
    def one(symbol, values):
        stands = np.isfinite(values)
        return ParameterMap(
            values=values, name=symbol, symbol=symbol, units="s", affine=affine, quality_mask=stands
        )

    return DSCPerfusionMaps(
        cbv=one("CBV", tmax), cbf=one("CBF", tmax), mtt=one("MTT", tmax), tmax=one("Tmax", tmax)
    )


@pytest.fixture
def tmax():
    """A large piece above 6 s and, above 10 s, specks only."""
    values = np.zeros(BRAIN.shape)
    values[2:12, 2:12, :2] = 7.0
    values[3:11:2, 3:11:2, 0] = 11.0
    return values


def test_volumes_are_those_of_the_tissue(tmax):
    """Of the same masks as the outlines, whatever they were cleaned by."""
    for cleaning in (Cleaning(), Cleaning(smallest=0.0, fill_holes=False)):
        told = late_volumes(maps_of(tmax), BRAIN, cleaning)
        found = late_tissue(
            maps_of(tmax), BRAIN, smallest=cleaning.smallest, fill_holes=cleaning.fill_holes
        )
        assert told is not None
        assert [(one.above, one.cleaned, one.raw) for one in told.rows] == [
            (one.above, one.cleaned, one.raw) for one in found
        ]
        assert (told.ratio, told.raw_ratio) == (hir(found), hir(found, cleaned=False))


def test_both_figures_stand_where_they_are_apart(tmax):
    """By more than a tenth of the larger one; else the cleaned one alone."""
    told = late_volumes(maps_of(tmax), BRAIN)
    assert told is not None
    assert [one.name for one in told.rows] == [f"Tmax > {limit:g} s" for limit in ABOVE]
    words = {one.above: one.words for one in told.rows}
    assert words[6.0] == "4.0 mL"
    assert words[10.0] == "0.0 mL (0.3 mL before cleaning)"
    assert told.ratio_words == "0.00 (0.08 before cleaning)"
    assert told.words.endswith(
        "> 10 s 0.0 mL (0.3 mL before cleaning), > 4 s 4.0 mL; hypoperfusion intensity ratio "
        "(HIR: > 10 s over > 6 s) 0.00 (0.08 before cleaning) "
        "(cleaned: without pieces below 1 mL, enclosed gaps up to that size filled)."
    )


@pytest.mark.parametrize(("cleaned", "both"), [(91.0, False), (89.0, True), (111.2, True)])
def test_a_tenth_is_the_limit(cleaned, both):
    """Of the larger of the two, whichever that is."""
    words = LateVolume(above=6.0, cleaned=cleaned, raw=100.0).words
    assert ("before cleaning" in words) == both


def test_without_an_affine_nobody_knows_the_volume(tmax):
    told = late_volumes(maps_of(tmax, None), BRAIN)
    assert told is not None
    assert {one.words for one in told.rows} == {"mL unknown"}
    assert told.ratio == told.raw_ratio > 0
    assert told.words.endswith("small its piece; the size of a voxel is not known).")
    assert told.uncounted == 0


def test_without_tmax_there_is_nothing_to_tell(tmax):
    maps = replace(maps_of(tmax), tmax=None)
    assert late_volumes(maps, BRAIN) is None
    flat = maps_of(tmax[0])
    assert late_volumes(flat, BRAIN[0]) is None


def test_the_cleaning_is_told():
    assert Cleaning(smallest=0.0).words.startswith("not cleaned: every accepted voxel")
    assert Cleaning(smallest=2.0, fill_holes=False).words == "cleaned: without pieces below 2 mL"
    assert HIR == "Hypoperfusion intensity ratio (HIR: > 10 s over > 6 s)"


def test_fault_373_what_is_asked_for_is_told_first(tmax):
    """Tmax > 6 s, then what is later; > 4 s, where noise counts too, comes last."""
    told = late_volumes(maps_of(tmax), BRAIN)
    assert told is not None
    assert [one.above for one in told.told] == [6.0, 8.0, 10.0, 4.0]
    assert sorted(one.above for one in told.told) == list(ABOVE)
    assert told.words.index("> 6 s") < told.words.index("> 10 s") < told.words.index("> 4 s")
