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
    LateVolumes,
    hir,
    late_headline,
    late_tissue,
    late_volumes,
    limits_words,
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


def volumes_of(late, latest, ratio, **more):
    """Told from volumes above 6 and 10 s, cleaned and raw, and ratios in the same order."""
    rows = (
        LateVolume(above=6.0, cleaned=late[0], raw=late[1]),
        LateVolume(above=10.0, cleaned=latest[0], raw=latest[1]),
    )
    return LateVolumes(cleaning=Cleaning(), rows=rows, ratio=ratio[0], raw_ratio=ratio[1], **more)


@pytest.mark.parametrize(
    ("late", "latest", "why"),
    [
        ((127.5, 127.5), (0.0, 22.4), "22.4 mL above 10 s become 0.0 mL without pieces below 1 mL"),
        ((20.0, 40.0), (15.0, 15.0), "40.0 mL above 6 s become 20.0 mL without pieces below 1 mL"),
        ((50.0, 50.0), (20.0, 10.0), "10.0 mL above 10 s become 20.0 mL with gaps filled"),
        ((100.0, 100.0), (30.0, 39.0), ""),  # by less than 0.1
        ((0.0, 16.4), (0.0, 0.0), ""),  # nothing is late: no ratio, and none that hangs on it
    ],
)
def test_fault_456_an_hir_that_hangs_on_cleaning_is_said_to_be_unstable(late, latest, why):
    """Where cleaning changes it by more than 0.1, with the volume that it hangs on."""
    ratio = (latest[0] / late[0] if late[0] else np.nan, latest[1] / late[1])
    told = volumes_of(late, latest, ratio)
    assert told.unstable_words == (f"unstable: {why}" if why else "")
    assert ("unstable" in told.ratio_words) == bool(why)
    assert told.ratio_words.endswith(f"before cleaning; unstable: {why})") or not why
    assert told.ratio_words in told.words


@pytest.mark.parametrize("cleaning", [Cleaning(), Cleaning(smallest=0.0, fill_holes=False)])
def test_fault_456_specks_of_the_latest_tissue_make_it_unstable(cleaning):
    """Measured: every piece above 10 s is below 1 mL; without cleaning nothing hangs on it."""
    values = np.zeros(BRAIN.shape)
    values[2:12, 2:12, :2] = 7.0
    values[2:12:2, 2:12:2, :2] = 11.0
    told = late_volumes(maps_of(values), BRAIN, cleaning)
    assert told is not None
    assert told.raw_ratio == pytest.approx(0.25)
    why = "unstable: 1.0 mL above 10 s become 0.0 mL without pieces below 1 mL"
    assert told.unstable_words == (why if cleaning.smallest else "")


def test_fault_455_limits_that_do_not_hold_are_no_finding():
    """The same sentence in place of a volume, and beside the volumes."""
    told = volumes_of((0.0, 16.4), (0.0, 0.0), (np.nan, 0.0), tmax_by="Posterior")
    words = limits_words("Posterior")
    assert told.limits_words == words
    assert "deconvolution by SVD" in words
    assert late_headline(told, "left") == words[0].upper() + words[1:]
    assert told.words.endswith(f"; {words}.")
    other = volumes_of((0.0, 16.4), (0.0, 0.0), (np.nan, 0.0))
    assert late_headline(other, "").startswith("Tmax > 6 s: 0.0 mL")
    assert other.limits_words == limits_words("") == ""
