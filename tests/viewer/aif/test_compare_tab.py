"""The view that compares two AIFs: what it asks for, and what it says of the answer."""

from typing import Any

import numpy as np
import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_dsc.core.pipeline.comparison import ComparedRegion, Comparison
from napari_dsc.core.regions import RegionMeans
from napari_dsc.core.types import ParameterMap
from napari_dsc.viewer.aif.compare_tab import CompareView
from tests.viewer.desk import until_idle

LEFT = Qt.MouseButton.LeftButton


def difference(symbol: str, units: str) -> ParameterMap:
    """A map of differences, of one voxel."""
    return ParameterMap(
        values=np.zeros(1),
        name=symbol,
        symbol=symbol,
        units=units,
        affine=None,
        quality_mask=np.ones(1, dtype=bool),
    )


def means(cbf: float, cbv: float, mtt: float, accepted: int = 90) -> RegionMeans:
    """Means of a region of 100 voxels."""
    return RegionMeans(cbf=cbf, cbv=cbv, mtt=mtt, voxels=100, accepted=accepted)


FOUND = Comparison(
    cbf=difference("ΔCBF", "mL/100g/min"),
    tmax=difference("ΔTmax", "s"),
    rows=(
        ComparedRegion(
            name="Brain",
            first=means(40, 3, 4.5, 90),
            second=means(50, 2.75, 4, 80),
            first_tmax_volume=128,
            second_tmax_volume=119.5,
        ),
        ComparedRegion(
            name="Lesion",
            first=means(np.nan, np.nan, np.nan, 0),
            second=means(12, 2, 10, 7),
            first_tmax_volume=np.nan,
            second_tmax_volume=3,
        ),
    ),
)


@pytest.fixture
def view(qtbot) -> CompareView:
    """The view on screen, as low and wide as its dock, with two AIFs and two regions."""
    view = CompareView()
    qtbot.addWidget(view)
    view.resize(1100, 215)
    view.show_choices(["AIF", "Right M1"])
    view.show_regions(["Lesion", "White matter"])
    view.show()
    qtbot.waitExposed(view)
    return view


def heard(view) -> list[tuple[Any, ...]]:
    """What the view asks for from now on."""
    asked: list[tuple[Any, ...]] = []
    view.asked.connect(lambda *words: asked.append(words))
    return asked


def cells(view) -> list[list[str]]:
    """The words of the table."""
    table = view.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def tick(view, qtbot, row: int) -> None:
    """Click on the box of a region."""
    spot = view.regions.visualItemRect(view.regions.item(row))
    qtbot.mouseClick(
        view.regions.viewport(),
        LEFT,
        pos=spot.topLeft() + type(spot.topLeft())(9, spot.height() // 2),
    )


def test_it_asks_for_what_is_chosen_and_ticked(view, qtbot):
    """With the mouse; a second click takes the tick away."""
    asked = heard(view)
    tick(view, qtbot, 1)
    qtbot.mouseClick(view.start.native, LEFT)
    tick(view, qtbot, 0)
    tick(view, qtbot, 1)
    qtbot.mouseClick(view.start.native, LEFT)
    assert asked == [
        ("AIF", "Right M1", ("White matter",)),
        ("AIF", "Right M1", ("Lesion",)),
    ]


def test_it_works_from_the_keyboard(view, qtbot):
    """Arrows choose, Space ticks and presses."""
    asked = heard(view)
    qtbot.keyClick(view.first.native, Qt.Key.Key_Down)
    qtbot.keyClick(view.second.native, Qt.Key.Key_Up)
    view.regions.setFocus()
    qtbot.keyClick(view.regions, Qt.Key.Key_Down)
    qtbot.keyClick(view.regions, Qt.Key.Key_Space)
    qtbot.keyClick(view.start.native, Qt.Key.Key_Space)
    ((first, second, regions),) = asked
    assert (first, second) == ("Right M1", "AIF")
    assert len(regions) == 1


def test_filling_asks_for_nothing_and_keeps_what_was_chosen(view, qtbot):
    """Layers come and go; what is still there stays chosen and ticked."""
    asked = heard(view)
    tick(view, qtbot, 1)
    view.second.value = "AIF"
    view.first.value = "Right M1"
    view.show_choices(["New", "AIF", "Right M1"])
    view.show_regions(["White matter", "Core"])
    view.show_result(FOUND, "Right M1", "AIF")
    view.clear()
    assert asked == []
    qtbot.mouseClick(view.start.native, LEFT)
    assert asked == [("Right M1", "AIF", ("White matter",))]
    for names, left in (
        (["New", "Right M1"], ("Right M1", "New")),
        (["New", "Left M1", "Other"], ("Left M1", "New")),
        (["Other", "Left M1"], ("Left M1", "Other")),
        (["Other", "Last"], ("Last", "Other")),
    ):
        view.show_choices(names)
        assert (view.first.value, view.second.value) == left


@pytest.mark.parametrize(
    ("names", "words"), [([], "two AIFs"), (["AIF"], "two AIFs"), (["AIF", "B"], "press Compare")]
)
def test_it_says_what_is_missing(view, qtbot, names, words):
    """Fewer than two AIFs cannot be compared."""
    asked = heard(view)
    view.show_choices(names)
    assert words in view.note.text()
    assert view.start.enabled == (len(names) == 2)
    qtbot.mouseClick(view.start.native, LEFT)
    assert len(asked) == (len(names) == 2)


def test_an_aif_is_not_compared_with_itself(view):
    """The button waits until the two differ."""
    view.second.value = "AIF"
    assert not view.start.enabled
    assert "two different" in view.note.text()
    view.first.value = "Right M1"
    assert view.start.enabled
    assert "two different" not in view.note.text()


def test_while_a_run_lasts_it_cannot_be_asked_again(view, qtbot):
    """Whatever is chosen meanwhile; a failure is said, and frees the button."""
    asked = heard(view)
    view.say("Maps under the first AIF", ready=False)
    view.first.value, view.second.value = "Right M1", "AIF"
    qtbot.mouseClick(view.start.native, LEFT)
    assert asked == []
    assert view.note.text() == "Maps under the first AIF"
    view.say("AIF must lie inside the brain mask.")
    assert "inside the brain" in view.note.text()
    assert view.start.enabled


def test_the_table_reads_a_b_and_their_difference(view):
    """Units stand in the header; what has no answer says so, and is not 0."""
    view.show_result(FOUND, "AIF", "Right M1")
    header = [view.table.horizontalHeaderItem(at).text() for at in range(view.table.columnCount())]
    assert [name.split("\n") for name in header] == [
        ["Region"],
        ["Under"],
        ["CBF", "(mL/100g/min)"],
        ["CBV", "(mL/100g)"],
        ["MTT", "(s)"],
        ["Tmax > 6 s", "(mL)"],
        ["Accepted", "voxels"],
    ]
    none = "no answer"
    assert cells(view) == [
        ["Brain", "A: AIF", "40.0", "3.00", "4.50", "128.0", "90"],
        ["Brain", "B: Right M1", "50.0", "2.75", "4.00", "119.5", "80"],
        ["Brain", "B − A", "+10.0", "-0.25", "-0.50", "-8.5", "-10"],
        ["Lesion", "A: AIF", none, none, none, none, "0"],
        ["Lesion", "B: Right M1", "12.0", "2.00", "10.00", "3.0", "7"],
        ["Lesion", "B − A", none, none, none, none, "+7"],
    ]
    assert view.table.item(2, 2).toolTip() == "+25.0 % of A"


def test_words_tell_the_maps_and_the_comparator(view):
    """By the names of the layers, if they are given."""
    view.show_result(FOUND, "AIF", "Right M1")
    assert "ΔCBF (mL/100g/min), ΔTmax (s)" in view.note.text()
    assert "strictly above 6 s" in view.note.text()
    view.show_result(FOUND, "AIF", "Right M1", ["ΔCBF of M1"])
    assert "ΔCBF of M1" in view.note.text()
    view.say("Maps under the first AIF", ready=False)
    view.say("")
    assert "ΔCBF of M1" in view.note.text()


def test_copy_gives_tab_separated_text(view, qtbot):
    """With its header; there is nothing to copy before a result and after it is cleared."""
    assert not view.copy.enabled
    view.show_result(FOUND, "AIF", "Right M1")
    qtbot.mouseClick(view.copy.native, LEFT)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    head, *rows = [line.split("\t") for line in clipboard.text().splitlines()]
    assert head[:3] == ["Region", "Under", "CBF (mL/100g/min)"]
    assert rows == cells(view)
    view.clear()
    assert view.table.rowCount() == 0
    assert not view.copy.enabled
    assert "strictly" not in view.note.text()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_follows_the_theme(view, theme):
    """The words take the theme's colour."""
    view.follow(get_theme(theme))
    assert get_theme(theme).text.as_hex() in view.note.styleSheet()


@pytest.mark.parametrize("width", [700, 1100])
def test_it_fits_a_low_dock(view, width):
    """All columns are in sight at 700 px, and a region's three rows at 215 px of height."""
    view.show_result(FOUND, "AIF", "Right M1")
    view.resize(width, 215)
    until_idle()
    assert view.height() == 215
    last = view.table.visualItemRect(view.table.item(2, view.table.columnCount() - 1))
    assert view.table.viewport().rect().contains(last)
    assert view.start.native.sizeHint().width() <= view.start.native.width()
