"""Three sentences from what was measured: volume and side, ratios, and whether to believe them."""

import re

import numpy as np
import pytest

from napari_dsc.core.plausibility import Finding
from napari_dsc.core.quantities import COMPUTED
from napari_dsc.core.regions import HIR_WORDS, late_volumes, normalised
from napari_dsc.core.summary import Drawing, compared_maps, summarise
from napari_dsc.core.types import DSCPerfusionMaps, ParameterMap

SHAPE = (20, 10, 6)
AFFINE = np.diag([10.0, 10.0, 10.0, 1.0])  # 1 mL a voxel
AFFINE[:3, 3] = -95, -45, -25  # the midline lies between voxels 9 and 10
GOOD = Finding(key="aif", level="good", words="AIF: 12 voxels, good.")
USUAL = {"cbv": 4.0, "cbf": 50.0, "mtt": 5.0, "tmax": 1.0}
ILL = {"cbv": 3.0, "cbf": 20.0, "mtt": 9.0, "tmax": 8.0}
LEFT, RIGHT = (slice(2, 6), slice(2, 6), slice(2, 4)), (slice(14, 18), slice(2, 6), slice(2, 4))


def maps_with(*boxes, affine=AFFINE, without=()):
    """A brain that is the same everywhere, but in some boxes."""
    accepted = np.ones(SHAPE, np.bool_)
    made = {}
    for key in COMPUTED:
        if key in without:
            continue
        values = np.full(SHAPE, USUAL.get(key, 1.0))
        for box in boxes:
            values[box] = ILL.get(key, 1.0)
        made[key] = ParameterMap(
            values=values,
            name=COMPUTED[key].name,
            symbol=COMPUTED[key].symbol,
            units=COMPUTED[key].units,
            affine=affine,
            quality_mask=accepted,
        )
    return DSCPerfusionMaps.from_keys(made, quality_mask=accepted)


def told(maps, findings=(GOOD,), **more):
    brain = np.ones(SHAPE, np.bool_)
    return summarise(maps, brain, late_volumes(maps, brain), findings, **more)


def labels_of(**boxes):
    labels = np.zeros(SHAPE, np.int16)
    for name, box in boxes.items():
        labels[box] = int(name[1:])
    return labels


def test_fault_252_volume_side_and_ratio_stand_in_the_first_two_sentences():
    """By closed form: 32 voxels of 1 mL, means of two constants."""
    late, ratios, trust = told(maps_with(LEFT)).lines
    assert late == f"Tmax > 6 s: 32.0 mL, left; {HIR_WORDS} 0.00."
    assert ratios == (
        "Lesion (32.0 mL, left) over its mirror image: CBV 0.750, CBF 0.400, MTT 1.80, Tmax 8.00."
    )
    assert trust == "AIF: 12 voxels, good. No warning."


def test_two_lesions_are_told_with_their_sides_the_largest_first():
    small = (slice(14, 16), slice(7, 9), slice(1, 2))
    late, ratios, _ = told(maps_with(LEFT, small)).lines
    assert late == f"Tmax > 6 s: 36.0 mL, both sides, in 2 pieces; {HIR_WORDS} 0.00."
    assert ratios.startswith("Lesion 1 (32.0 mL, left) over its mirror image: CBV 0.750, ")
    assert "; Lesion 2 (4.0 mL, right): CBV 0.750, " in ratios


def test_more_than_three_are_counted():
    """They stand in the table: nothing is silently left out."""
    labels = labels_of(**{f"r{at}": (slice(at, at + 1), slice(0, 4), 5) for at in range(1, 8)})
    summary = told(maps_with(), drawn=Drawing(labels))
    assert len(summary.compared) == 7
    assert summary.ratios.count("mL, left") == 3
    assert summary.ratios.endswith(". 4 more in the table of regions.")


def test_a_side_that_nobody_knows_is_not_told():
    """Nor is anything compared; volumes need sizes only."""
    for maps, volume in ((maps_with(LEFT), "32.0 mL"), (maps_with(LEFT, affine=None), "unknown")):
        summary = told(maps, oriented=False)
        assert summary.midline is None
        assert volume in summary.late
        for side in ("left", "right", "both"):
            assert side not in summary.late
        assert summary.ratios.startswith("Nobody knows left from right of this scan")
        assert all(not one.maps and not one.side for one in summary.compared)


def test_what_a_reader_drew_comes_before_what_was_found():
    """Its name, its ratios, its means over the reference; the reference is none that is asked."""
    maps = maps_with(LEFT)
    labels = labels_of(r3=RIGHT, r5=(slice(2, 4), slice(7, 9), slice(0, 5)))
    relative = {"rCBV": normalised(maps.cbv, labels == 5)}
    drawn = Drawing(labels, {3: "Mass", 5: "White matter"}, 5, relative)
    summary = told(maps, drawn=drawn)
    assert [one.name for one in summary.compared] == ["Mass", "White matter", "Lesion"]
    assert summary.ratios.startswith("Mass (32.0 mL, right) over its mirror image: CBV 1.33, ")
    assert ", and rCBV 1.00 over the reference; Lesion (32.0 mL, left): " in summary.ratios
    assert "White matter" not in summary.ratios


def test_a_lesion_that_was_made_a_region_is_told_once():
    """Under the name that it has."""
    maps = maps_with(LEFT)
    summary = told(maps, drawn=Drawing(labels_of(r1=LEFT), {1: "Late tissue"}))
    assert [one.name for one in summary.compared] == ["Late tissue"]
    assert summary.ratios.count("32.0 mL") == 1


def test_a_region_that_is_its_own_mirror_image_has_no_ratio():
    """In words, and no dashes."""
    across = (slice(8, 12), slice(2, 4), slice(2, 4))
    summary = told(maps_with(), drawn=Drawing(labels_of(r1=across)))
    assert "Region 1 (16.0 mL, both sides) over its mirror image: no ratio" in summary.ratios
    assert "–" not in summary.ratios


def test_without_tmax_nothing_is_late():
    """And what there is is compared."""
    maps = maps_with(LEFT, without=("tmax", "delay"))
    summary = told(maps, drawn=Drawing(labels_of(r1=LEFT)))
    assert summary.late == "Tmax was not computed: no volume of late tissue."
    assert summary.ratios.endswith("CBV 0.750, CBF 0.400, MTT 1.80.")
    assert [one.symbol for one in compared_maps(maps)] == ["CBV", "CBF", "MTT"]
    assert told(maps).ratios == "No region to compare with the other side."


def test_doubts_are_told_and_what_does_not_fit_is_counted():
    """The verdict on the AIF first, then that too little was accepted, then what is doubtful."""
    bad = Finding(key="aif", level="doubtful", words="AIF: 1 voxel, late.")
    doubts = [
        Finding(key=key, level="doubtful", words=f"Median {key} is none.") for key in ("cbv", "cbf")
    ]
    note = Finding(key="leakage", level="note", words="It leaks.")
    maps = maps_with(LEFT)
    assert told(maps, (bad,)).trust == "AIF: 1 voxel, late."
    assert told(maps, (GOOD, note)).trust == "AIF: 12 voxels, good. 1 more warning."
    assert told(maps, (bad, *doubts, note), doubt="Only 3 of 9 voxels.").trust == (
        "AIF: 1 voxel, late. Only 3 of 9 voxels. Median cbv is none. 2 more warnings."
    )
    assert told(maps, ()).trust == "AIF: not judged by the version that made these maps."


def test_it_reads_in_the_order_of_the_reading():
    summary = told(maps_with(LEFT))
    assert summary.lines_of("stroke") == summary.lines
    assert summary.lines_of("tumour") == (summary.ratios, summary.late, summary.trust)
    for nothing in (told(maps_with()), told(maps_with(LEFT), oriented=False)):
        assert nothing.lines_of("tumour") == nothing.lines


def test_fault_253_nothing_sounds_like_a_diagnosis():
    """Numbers, sides and names of maps, whatever was found; the same words every time."""
    maps = maps_with(LEFT, (slice(14, 16), slice(7, 9), slice(1, 2)))
    summary = told(maps, drawn=Drawing(labels_of(r1=RIGHT)))
    words = " ".join(summary.lines)
    assert not re.search(
        r"core|penumbra|mismatch|infarct|ischa?em|salvage|malignan|high.grade|tumou?r|normal|"
        r"abnormal|severe|suspicious|suggest|indicat|treat|therap",
        words,
        re.IGNORECASE,
    )
    assert summary.lines == told(maps, drawn=Drawing(labels_of(r1=RIGHT))).lines


@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, 1), (-1, -1, -1)])
def test_sides_are_the_patients_however_voxels_are_stored(flip):
    """Of the same head, turned round in its file."""
    maps = maps_with(LEFT)
    turned = {}
    for key, one in maps.items():
        affine = AFFINE @ np.diag([*flip, 1.0])
        affine[:3, 3] = [
            AFFINE[axis, 3] if flip[axis] > 0 else AFFINE[axis, 3] + 10.0 * (SHAPE[axis] - 1)
            for axis in range(3)
        ]
        values = one.values[tuple(slice(None, None, step) for step in flip)]
        turned[key] = ParameterMap(
            values=values,
            name=one.name,
            symbol=one.symbol,
            units=one.units,
            affine=affine,
            quality_mask=np.ones(SHAPE, np.bool_),
        )
    accepted = np.ones(SHAPE, np.bool_)
    again = DSCPerfusionMaps.from_keys(turned, quality_mask=accepted)
    assert told(again).lines == told(maps).lines


def test_fault_376_an_artery_in_doubt_stands_beside_the_volume_that_rests_on_it():
    """As on the bar and on the picture; a doubt of another kind does not."""
    late = Finding(key="aif", level="doubtful", words="AIF: 1 voxel, late.")
    cut = Finding(key="scan ends", level="doubtful", words="The scan ends.")
    assert ", left, AIF in doubt; " in told(maps_with(LEFT), (late,)).late
    assert "in doubt" not in told(maps_with(LEFT), (GOOD, cut)).late
    assert told(maps_with(), (late,)).late == "Tmax > 6 s: 0.0 mL, AIF in doubt."
