"""Lesions as regions: measured and mirrored without a stroke, and taken back by Undo."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_dsc.core.phantom import Tissue
from napari_dsc.core.regions import Lesion, against_mirror
from napari_dsc.viewer.layers import KEY, placement, to_file, to_screen
from napari_dsc.viewer.regions.late_summary import halved_at
from napari_dsc.viewer.regions.lesion_regions import MOST, is_lesion, lay_lesions, lesions_on
from tests.viewer.panel.test_undo import settled, undo
from tests.viewer.regions.test_regions import paint, row


def painted(desk) -> np.ndarray:
    """Regions on the axes of the file."""
    scan = desk.panel.scan
    return to_file(np.asarray(scan.layers.regions.data), scan.place)


def names(desk) -> dict[int, str]:
    return dict(desk.panel.scan.layers.regions.metadata[KEY]["names"])


def taken(desk) -> None:
    """Press the button beside the sentence, and wait for the table."""
    desk.wait(lambda: desk.panel.room.lead.region.visible)
    desk.press(desk.panel.room.lead.region)
    desk.wait(lambda: any(map(is_lesion, names(desk).values())))


def test_each_piece_is_a_region_with_its_mirror_mean_and_ratio(computed):
    """As the core computes them, about the midline that is proposed; nobody has painted."""
    desk, scan = computed, computed.panel.scan
    taken(desk)
    labels, found = lesions_on(scan)
    regions = painted(desk)
    assert found
    for one in found:
        np.testing.assert_array_equal(regions == one.number, labels == one.number)
    wanted = ["Lesion"] if len(found) == 1 else [f"Lesion {one.number}" for one in found]
    assert list(names(desk).values()) == wanted
    midline = halved_at(scan)
    assert midline is not None
    sides = against_mirror(scan.results.run[1].maps, regions, scan.ras, midline)
    for symbol in ("CBF", "MTT", "Tmax"):
        words = row(desk, 1, symbol)
        assert float(words["Mirror"]) == pytest.approx(sides[0].maps[symbol].mirror, rel=0.01)
        assert float(words["Ratio"]) == pytest.approx(sides[0].maps[symbol].ratio, rel=0.02)
    assert float(row(desk, 1, "CBF")["Ratio"]) < 0.8  # less flow than on the other side
    assert desk.panel.room.pages.regions.choice == (1, "Tmax")
    assert "Undo takes" in desk.panel.status.text()
    assert scan.results.outdated is False


def test_fault_264_undo_takes_them_back(computed):
    """Regions, names, and the mirror that was put up for their sake."""
    desk, page = computed, computed.panel.room.pages.regions
    taken(desk)
    assert page.mirror.value is True
    settled(desk)
    assert undo(desk).startswith("Taken back: ")
    assert not painted(desk).any()
    desk.wait(lambda: names(desk) == {})
    assert page.mirror.value is False
    assert page.rows == []


def test_fault_264_what_a_reader_has_painted_stays(computed, patient):
    """Under the lesion, beside it, under any number; taken again, nothing is there twice."""
    desk, scan = computed, computed.panel.scan
    labels, _ = lesions_on(scan)
    own = labels == 1
    own[:, : own.shape[1] // 2] = False
    own |= patient.tissue == Tissue.TUMOUR
    paint(desk, own, 1)
    names_before = scan.layers.regions.metadata[KEY]["names"]
    names_before[1] = "Mine"
    for _ in range(2):
        taken(desk)
        regions = painted(desk)
        np.testing.assert_array_equal(regions == 1, own)
        assert names(desk)[1] == "Mine"
        lesion = np.isin(regions, [label for label, name in names(desk).items() if is_lesion(name)])
        np.testing.assert_array_equal(lesion, (labels > 0) & ~own)
    desk.wait(lambda: {one.label for one in desk.panel.room.pages.regions.rows} == set(names(desk)))


def layer_of(labels) -> Labels:
    """Regions (z, y, x) with one that a reader has painted and named."""
    return Labels(labels, metadata={KEY: {"names": {3: "Mine"}}})


def found_in(labels) -> list[Lesion]:
    """Pieces of a labelled volume, whatever their sizes."""
    numbers = [one for one in np.unique(labels).tolist() if one]
    return [
        Lesion(number=one, voxels=1, volume=0.1, side="left", largest_slice=0) for one in numbers
    ]


def test_lesions_taken_again_replace_those_before_and_nothing_else():
    """Of many only the largest; free numbers and free voxels alone are taken."""
    scan: Any = SimpleNamespace(place=placement(np.eye(4)))
    own = np.zeros((2, 8, 8), np.uint16)
    own[0, :2] = 3
    layer = layer_of(own.copy())
    many = np.zeros((8, 8, 2), np.int32)  # on the axes of the file
    many[..., 1].flat[::2] = np.arange(1, 33)
    given, words = lay_lesions(scan, layer, many, found_in(many))
    assert given == list(range(4, 4 + MOST))
    assert words == f"{MOST} regions were made of Tmax > 6 s: the largest of 32 pieces. " + (
        "Undo takes them back."
    )
    one = np.zeros((8, 8, 2), np.int32)
    one[:4, :4] = 1
    given, words = lay_lesions(scan, layer, one, found_in(one))
    assert (given, words) == (
        [4],
        "1 region was made of Tmax > 6 s. Undo takes it back.",
    )
    assert layer.metadata[KEY]["names"] == {3: "Mine", 4: "Lesion"}
    np.testing.assert_array_equal(layer.data == 3, own == 3)
    np.testing.assert_array_equal(layer.data == 4, (to_screen(one, scan.place) == 1) & (own == 0))
    covered = np.zeros((8, 8, 2), np.int32)
    covered[:, :2, 0] = 1
    given, words = lay_lesions(scan, layer, covered, found_in(covered))
    assert given == []
    assert words == "No region was made: all of it lies under other regions."


def test_a_name_that_a_reader_gave_is_no_lesion_s():
    assert is_lesion("Lesion")
    assert is_lesion("Lesion 12")
    assert not any(map(is_lesion, ("Lesion of mine", "Mine", "", "Lesion 0", "lesion 1")))
