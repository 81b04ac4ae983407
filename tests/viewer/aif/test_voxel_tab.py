"""The table of an AIF's voxels: sorted, ticked and picked by hand, and silent otherwise."""

from time import thread_time
from typing import Any

import numpy as np
import pytest
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QApplication

from napari_dsc.core.types import Candidates, Measures
from napari_dsc.viewer.aif.voxel_tab import VoxelTable

LEFT = Qt.MouseButton.LeftButton
NO_BUTTON = Qt.MouseButton.NoButton
NO_KEY = Qt.KeyboardModifier.NoModifier
ROLE = Qt.ItemDataRole
USE, VOXEL, VERDICT, PEAK, TTP, SATURATED = range(6)
COLUMNS = {
    "peak": ("Peak (1/s)", "Largest delta R2*."),
    "ttp": ("TTP (s)", "Its time."),
    "saturated": ("Saturated samples", "Samples in the noise."),
}
RULES = {
    "good": "no objection",
    "late": "rises after the brain",
    "wide": "lasts too long",
    "saturated": "drowns in the noise",
}
THREE = [(5, 0, 2), (1, 9, 0), (3, 3, 1)]


def candidates(voxels, *, chosen=None, verdicts=None, **columns):
    """Candidates with these voxels and measures; all that is not said is zero, good and used."""
    n = len(voxels)
    fields: dict[str, Any] = {name: np.zeros(n) for name in Measures.__dataclass_fields__}
    fields |= {"saturated": np.zeros(n, int)}
    fields |= {name: np.asarray(values) for name, values in columns.items()}
    return Candidates(
        index=np.array(voxels, int).reshape(n, 3),
        curves=np.zeros((n, 4)),
        measures=Measures(**fields),
        verdicts=tuple(verdicts or [("good",)] * n),
        chosen=np.ones(n, bool) if chosen is None else np.array(chosen, bool),
    )


def many(n, seed=0):
    """As many different voxels, in no order."""
    rng = np.random.default_rng(seed)
    places = rng.permutation(np.arange(n))
    voxels = np.stack(np.unravel_index(places, (16, 16, 16)), axis=1)
    return candidates(
        voxels,
        peak=rng.normal(50, 20, n),
        ttp=np.where(rng.random(n) < 0.1, np.nan, rng.normal(20, 3, n)),
        verdicts=[[("good",), ("late", "wide"), ("saturated",)][one % 3] for one in range(n)],
    )


class Hand:
    """A table on screen, mouse and keys, and all that it has said."""

    def __init__(self, table, qtbot) -> None:
        self.table, self.view, self.qtbot = table, table.view, qtbot
        self.said: list[tuple[Any, ...]] = []
        table.ticked.connect(lambda voxel, use: self.said.append(("ticked", voxel, use)))
        table.picked.connect(lambda voxel: self.said.append(("picked", voxel)))
        table.hovered.connect(lambda voxel: self.said.append(("hovered", voxel)))

    def cell(self, voxel, column) -> QPoint:
        """Where a cell lies."""
        rect = self.view.visualRect(self.table.model.index(self.table.model.row(voxel), column))
        assert self.view.viewport().rect().contains(rect.center())
        return rect.center()

    def click(self, voxel, column) -> None:
        """Click on a cell."""
        self.qtbot.mouseClick(self.view.viewport(), LEFT, pos=self.cell(voxel, column))

    def sort(self, column) -> None:
        """Click on a header."""
        header = self.view.horizontalHeader()
        x = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
        self.qtbot.mouseClick(header.viewport(), LEFT, pos=QPoint(x, header.height() // 2))

    def key(self, key) -> None:
        """Press a key on the table."""
        self.qtbot.keyClick(self.view, key)

    def move(self, point, button=NO_BUTTON) -> None:
        """Move the mouse to a point of the rows."""
        port, spot = self.view.viewport(), QPointF(point)
        globally = QPointF(port.mapToGlobal(point))
        event = QMouseEvent(QEvent.Type.MouseMove, spot, globally, NO_BUTTON, button, NO_KEY)
        QApplication.sendEvent(port, event)

    def order(self) -> list[tuple[Any, ...]]:
        """Voxels from the first row to the last."""
        return [self.table.model.voxel(row) for row in range(self.table.model.rowCount())]

    def column(self, column) -> list[str]:
        """Texts of a column from the first row to the last."""
        model = self.table.model
        return [model.index(row, column).data() for row in range(model.rowCount())]

    def in_sight(self, voxel) -> bool:
        """Whether the whole row of a voxel can be seen."""
        index = self.table.model.index(self.table.model.row(voxel), VOXEL)
        rect, port = self.view.visualRect(index), self.view.viewport().rect()
        return port.top() <= rect.top() and rect.bottom() <= port.bottom()

    def state(self, voxel, column, role):
        """What the model says of a cell."""
        return self.table.model.index(self.table.model.row(voxel), column).data(role)

    def used(self, voxel) -> bool:
        """Whether a voxel's tick is set."""
        return self.state(voxel, USE, ROLE.CheckStateRole) == Qt.CheckState.Checked


@pytest.fixture
def hand(qtbot):
    """A table on screen, as high as a dock, and a hand on it."""
    table = VoxelTable(columns=COLUMNS, rules=RULES)
    qtbot.addWidget(table)
    table.resize(900, 220)
    with qtbot.waitExposed(table):
        table.show()
    return Hand(table, qtbot)


@pytest.mark.parametrize("nothing", [None, candidates([])])
def test_an_empty_table_says_what_to_do(hand, nothing):
    """The note instead of rows, before the first voxel and after the last."""
    assert hand.table.note.isVisible()
    assert not hand.view.isVisible()
    hand.table.show_voxels(candidates(THREE))
    assert hand.view.isVisible()
    assert not hand.table.note.isVisible()
    hand.table.show_voxels(nothing)
    assert hand.table.note.isVisible()
    assert not hand.view.isVisible()
    assert hand.table.selected is None


def test_a_row_reads_as_its_voxel(hand):
    """Position, verdict and numbers with their digits; no number is a dash."""
    hand.table.show_voxels(
        candidates(
            [(12, 30, 2), (0, 1, 2), (7, 7, 7)],
            peak=[61.23, 1.5, 1234.5],
            ttp=[18.04, np.nan, -0.04],
            saturated=[0, 3, 1],
            verdicts=[("good",), ("late", "saturated"), ("wide",)],
        )
    )
    assert hand.column(VOXEL) == ["(12, 30, 2)", "(0, 1, 2)", "(7, 7, 7)"]
    assert hand.column(VERDICT) == ["good", "late, saturated", "wide"]
    assert hand.column(PEAK) == ["61.2", "1.50", "1234"]
    assert hand.column(TTP) == ["18.0", "–", "0.0"]
    assert hand.column(SATURATED) == ["0", "3", "1"]
    right = hand.state((12, 30, 2), PEAK, ROLE.TextAlignmentRole)
    assert right & Qt.AlignmentFlag.AlignRight
    tip = hand.state((0, 1, 2), VERDICT, ROLE.ToolTipRole)
    assert all(words in tip for words in ("late", RULES["late"], "saturated", RULES["saturated"]))
    assert RULES["wide"] not in tip


def test_headers_carry_label_unit_and_meaning(hand):
    """As they were given; those of the table's own columns too."""
    across = Qt.Orientation.Horizontal
    labels, tips = (
        [hand.table.model.headerData(column, across, role) for column in range(6)]
        for role in (ROLE.DisplayRole, ROLE.ToolTipRole)
    )
    assert [label.replace("\n", " ") for label in labels] == [
        *("Use", "Voxel", "Verdict"),
        *(label for label, _ in COLUMNS.values()),
    ]
    assert tips[PEAK:] == [meaning for _, meaning in COLUMNS.values()]
    assert all(tips)


def test_what_is_counted_are_ticks(hand):
    """Used, all, and the good among the used; a tick counts at once."""
    three = candidates(THREE, chosen=[1, 1, 0], verdicts=[("good",), ("late",), ("good",)])
    hand.table.show_voxels(three)
    assert hand.table.summary.text() == "2 voxels used of 3, 1 good"
    hand.click(THREE[0], USE)
    assert hand.table.summary.text() == "1 voxel used of 3, 0 good"
    assert three.chosen.tolist() == [True, True, False]  # the caller's own is left alone


def test_headers_sort_by_number(hand):
    """9 before 100, both ways; the third click brings the order of rank back."""
    hand.table.show_voxels(candidates(THREE, peak=[100.0, 9.0, -20.0]))
    hand.sort(PEAK)
    assert hand.column(PEAK) == ["−20.0", "9.00", "100"]
    hand.sort(PEAK)
    assert hand.column(PEAK) == ["100", "9.00", "−20.0"]
    hand.sort(PEAK)
    assert hand.order() == THREE
    assert not hand.said


@pytest.mark.parametrize("clicks", [1, 2])
def test_no_answer_comes_last(hand, clicks):
    """Whichever way the column is sorted."""
    four = [*THREE, (0, 0, 0)]
    hand.table.show_voxels(candidates(four, ttp=[np.nan, 12.0, np.nan, 9.0]))
    for _ in range(clicks):
        hand.sort(TTP)
    assert hand.column(TTP) == [["9.0", "12.0"], ["12.0", "9.0"]][clicks - 1] + ["–", "–"]
    assert hand.order()[2:] == [THREE[0], THREE[2]]  # equal ones keep their rank


@pytest.mark.parametrize("clicks", [1, 2])
def test_equal_voxels_keep_their_rank(hand, clicks):
    """The better one first, whichever way."""
    rng = np.random.default_rng(1)
    voxels = [(one, 0, 0) for one in range(300)]
    counts = rng.integers(0, 3, 300)
    hand.table.show_voxels(candidates(voxels, saturated=counts))
    for _ in range(clicks):
        hand.sort(SATURATED)
    either_way = [range(3), range(2, -1, -1)][clicks - 1]
    expected = np.concatenate([np.flatnonzero(counts == count) for count in either_way])
    assert hand.order() == [voxels[one] for one in expected]


def test_the_other_columns_sort_by_what_they_mean(hand):
    """Used first; slice by slice; good first, then the fewest complaints."""
    hand.table.show_voxels(
        candidates(
            [(10, 0, 2), (2, 0, 2), (0, 5, 10), (0, 0, 0)],
            chosen=[0, 1, 0, 1],
            verdicts=[("late", "wide"), ("wide",), ("good",), ("late",)],
        )
    )
    hand.sort(USE)
    assert hand.order() == [(2, 0, 2), (0, 0, 0), (10, 0, 2), (0, 5, 10)]
    hand.sort(VOXEL)
    assert hand.order() == [(0, 0, 0), (2, 0, 2), (10, 0, 2), (0, 5, 10)]
    hand.sort(VERDICT)
    assert hand.column(VERDICT) == ["good", "late", "wide", "late, wide"]


def test_a_sorted_header_shows_its_way(hand):
    """One arrow, on the column that sorts."""
    hand.table.show_voxels(candidates(THREE))
    label = [hand.table.model.headerData(PEAK, Qt.Orientation.Horizontal)]
    for _ in range(3):
        hand.sort(PEAK)
        label.append(hand.table.model.headerData(PEAK, Qt.Orientation.Horizontal))
    assert label == ["Peak\n(1/s)", "Peak ▴\n(1/s)", "Peak ▾\n(1/s)", "Peak\n(1/s)"]


def test_a_click_on_a_tick_turns_it(hand):
    """One signal a click, and the picture is not moved; a quick second click turns it back."""
    hand.table.show_voxels(candidates(THREE, chosen=[1, 0, 1]))
    hand.click(THREE[1], USE)
    assert hand.said == [("ticked", THREE[1], True)]
    assert hand.used(THREE[1])
    hand.said.clear()
    port, point = hand.view.viewport(), hand.cell(THREE[0], USE)
    hand.qtbot.mouseClick(port, LEFT, pos=point)
    hand.qtbot.mouseDClick(port, LEFT, pos=point)
    hand.qtbot.mouseRelease(port, LEFT, pos=point)
    assert hand.said == [("ticked", THREE[0], False), ("ticked", THREE[0], True)]
    assert hand.table.selected is None


def test_a_tick_left_before_the_release_stays(hand):
    """A press can be taken back by moving away."""
    hand.table.show_voxels(candidates(THREE))
    port = hand.view.viewport()
    hand.qtbot.mousePress(port, LEFT, pos=hand.cell(THREE[0], USE))
    hand.qtbot.mouseRelease(port, LEFT, pos=hand.cell(THREE[1], USE))
    assert not hand.said
    assert hand.used(THREE[0])


def test_a_refresh_between_press_and_release_ticks_the_right_voxel(hand):
    """A live table may be filled at any time."""
    hand.table.show_voxels(candidates(THREE))
    port, point = hand.view.viewport(), hand.cell(THREE[0], USE)
    hand.qtbot.mousePress(port, LEFT, pos=point)
    hand.table.show_voxels(candidates(THREE[1:]))
    hand.qtbot.mouseRelease(port, LEFT, pos=point)
    assert not hand.said


def test_a_click_on_a_row_picks_it(hand):
    """Once a click; again on the same row, for the picture may have gone elsewhere."""
    hand.table.show_voxels(candidates(THREE))
    hand.click(THREE[2], PEAK)
    assert hand.said == [("picked", THREE[2])]
    assert hand.table.selected == THREE[2]
    hand.click(THREE[2], VERDICT)
    assert hand.said == [("picked", THREE[2])] * 2
    hand.qtbot.mouseClick(
        hand.view.viewport(), Qt.MouseButton.RightButton, pos=hand.cell(THREE[0], PEAK)
    )
    hand.qtbot.mouseClick(hand.view.viewport(), LEFT, pos=QPoint(100, 150))  # below the rows
    assert len(hand.said) == 2


def test_keys_pick_and_tick(hand):
    """Arrows move, Space turns, Delete and Backspace untick, each with one signal."""
    hand.table.show_voxels(candidates(THREE))
    hand.click(THREE[0], VOXEL)
    hand.said.clear()
    hand.key(Qt.Key.Key_Down)
    hand.key(Qt.Key.Key_Space)
    hand.key(Qt.Key.Key_Space)
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_Backspace)  # is unticked already
    hand.key(Qt.Key.Key_Up)
    hand.key(Qt.Key.Key_Up)  # no row above
    hand.key(Qt.Key.Key_Backspace)
    assert hand.said == [
        ("picked", THREE[1]),
        ("ticked", THREE[1], False),
        ("ticked", THREE[1], True),
        ("ticked", THREE[1], False),
        ("picked", THREE[0]),
        ("ticked", THREE[0], False),
    ]


def test_a_key_held_down_ticks_once(hand):
    """A tick does not flicker under a heavy thumb."""
    hand.table.show_voxels(candidates(THREE))
    hand.click(THREE[0], VOXEL)
    hand.said.clear()
    press, space = QEvent.Type.KeyPress, Qt.Key.Key_Space
    for again in (False, True, True):
        QApplication.sendEvent(hand.view, QKeyEvent(press, space, NO_KEY, " ", again))
    assert hand.said == [("ticked", THREE[0], False)]


def test_the_keyboard_alone_reaches_the_first_row(hand):
    """The first arrow after Tab selects where the focus is."""
    hand.table.show_voxels(candidates(THREE))
    assert hand.table.focusProxy() is hand.view
    tab = QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason)
    QApplication.sendEvent(hand.view, tab)
    hand.key(Qt.Key.Key_Down)
    hand.key(Qt.Key.Key_Down)
    assert hand.said == [("picked", THREE[0]), ("picked", THREE[1])]


def test_hovering_tells_each_voxel_once(hand):
    """Not each cell or pixel; None at the end and below the last row."""
    hand.table.show_voxels(candidates(THREE))
    hand.move(hand.cell(THREE[0], VOXEL))
    hand.move(hand.cell(THREE[0], PEAK))
    hand.move(hand.cell(THREE[1], PEAK))
    hand.move(QPoint(100, 150))
    hand.move(hand.cell(THREE[1], PEAK))
    QApplication.sendEvent(hand.view.viewport(), QEvent(QEvent.Type.Leave))
    expected = [THREE[0], THREE[1], None, THREE[1], None]
    assert hand.said == [("hovered", voxel) for voxel in expected]
    assert hand.view.hasMouseTracking()


def test_a_drag_over_rows_picks_one(hand):
    """What was pressed, however far the mouse moves."""
    hand.table.show_voxels(candidates(THREE))
    port = hand.view.viewport()
    hand.qtbot.mousePress(port, LEFT, pos=hand.cell(THREE[0], PEAK))
    hand.move(hand.cell(THREE[2], PEAK), LEFT)
    hand.qtbot.mouseRelease(port, LEFT, pos=hand.cell(THREE[2], PEAK))
    assert [one for one in hand.said if one[0] != "hovered"] == [("picked", THREE[0])]
    assert hand.table.selected == THREE[0]


def test_filling_is_silent_and_keeps_order_and_selection(hand):
    """A new voxel goes where it belongs; the others stay where they are until somebody sorts."""
    hand.table.show_voxels(candidates(THREE, peak=[3.0, 1.0, 2.0]))
    hand.sort(PEAK)
    hand.click(THREE[2], PEAK)
    hand.said.clear()
    hand.table.show_voxels(candidates([(8, 8, 8), *THREE], peak=[0.0, 3.0, 1.0, 20.0]))
    assert hand.order() == [(8, 8, 8), THREE[1], THREE[2], THREE[0]]
    assert hand.table.selected == THREE[2]
    hand.sort(PEAK)
    assert hand.order() == [THREE[2], THREE[0], THREE[1], (8, 8, 8)]
    assert hand.table.selected == THREE[2]
    hand.table.show_voxels(None)
    assert not hand.said


@pytest.mark.parametrize("column", [None, USE, VERDICT, PEAK])
def test_fault_92_rows_stay_under_the_hand(hand, column):
    """Unticked, gone and back, beside a new one: until somebody sorts, or another list comes."""
    peaks = {THREE[0]: 3.0, THREE[1]: 1.0, THREE[2]: 2.0}
    hand.table.show_voxels(candidates(THREE, peak=list(peaks.values())))
    if column is not None:
        hand.sort(column)
    first, *rest = before = hand.order()
    hand.click(first, USE)
    # As the program lists them then: those that are used first; measures and verdicts follow.
    again = candidates(
        [*rest, first],
        chosen=[True, True, False],
        peak=[peaks[one] / 7 for one in (*rest, first)],
        verdicts=[("late",), ("good",), ("late", "wide")],
    )
    hand.table.show_voxels(again)
    assert hand.order() == before
    hand.click(first, USE)
    assert [one for one in hand.said if one[0] == "ticked"] == [
        ("ticked", first, False),
        ("ticked", first, True),
    ]
    hand.table.show_voxels(candidates([first, rest[1]]))
    hand.table.show_voxels(again)  # undone: it has its old place
    assert hand.order() == before
    hand.table.show_voxels(candidates(THREE), anew=True)
    if column in (None, USE):
        assert hand.order() == THREE


def test_filling_under_the_mouse_is_silent(hand):
    """Rows may go away below a resting mouse."""
    hand.table.show_voxels(candidates(THREE))
    hand.move(hand.cell(THREE[0], VOXEL))
    hand.said.clear()
    hand.table.show_voxels(candidates(THREE[1:]))
    hand.table.show_voxels(None)
    QApplication.sendEvent(hand.view.viewport(), QEvent(QEvent.Type.Leave))
    assert not hand.said


def test_keys_wait_where_a_voxel_has_gone(hand):
    """Nothing is selected for the user; the next arrow selects the row that came there."""
    hand.table.show_voxels(candidates(THREE))
    hand.click(THREE[1], VOXEL)
    hand.table.show_voxels(candidates([THREE[0], THREE[2]]))
    hand.said.clear()
    assert hand.table.selected is None
    hand.key(Qt.Key.Key_Delete)
    assert not hand.said
    hand.key(Qt.Key.Key_Down)
    assert hand.said == [("picked", THREE[2])]


def test_a_refill_keeps_the_place(hand):
    """The first row on screen stays the first, and no column slides away."""
    wide = many(400)
    hand.table.resize(330, 220)
    hand.table.show_voxels(wide)
    hand.click(hand.table.model.voxel(1), VOXEL)  # selected, and soon out of sight
    down, aside = hand.view.verticalScrollBar(), hand.view.horizontalScrollBar()
    down.setValue(100)
    aside.setValue(aside.maximum())
    first, left = hand.table.model.voxel(100), aside.value()
    assert left > 0
    index = [tuple(one) for one in wide.index.tolist()]
    hand.table.show_voxels(candidates([(15, 15, 15), (14, 15, 15), *index]))
    QApplication.processEvents()
    assert hand.view.rowAt(1) == hand.table.model.row(first) == 102
    assert aside.value() == left
    hand.table.highlight(hand.table.model.voxel(300))
    assert hand.in_sight(hand.table.model.voxel(300))
    assert aside.value() == left


def test_a_refill_keeps_the_ends(hand):
    """The last row stays in sight as rows come above; who sees the best sees a better one come."""
    rows = many(100)
    index = [tuple(one) for one in rows.index.tolist()]
    hand.table.show_voxels(rows)
    QApplication.processEvents()
    down = hand.view.verticalScrollBar()
    down.setValue(down.maximum())
    before = [(15, 15, one) for one in range(16)]
    hand.table.show_voxels(candidates([*before, *index]))
    assert hand.in_sight(index[-1])
    down.setValue(0)
    hand.table.show_voxels(candidates([(14, 15, 15), *before, *index]))
    assert hand.in_sight((14, 15, 15))


def test_a_highlight_is_seen_and_silent(hand):
    """One row has a colour of its own and comes into sight; the next takes its place."""
    hand.table.follow(get_theme("dark"))
    hand.table.show_voxels(many(300))
    first, far = hand.table.model.voxel(0), hand.table.model.voxel(250)
    assert not hand.in_sight(far)
    hand.table.highlight(np.array(far))
    assert hand.in_sight(far)
    assert hand.state(far, PEAK, ROLE.BackgroundRole) is not None
    hand.table.highlight(first)
    assert hand.in_sight(first)
    assert hand.state(first, PEAK, ROLE.BackgroundRole) is not None
    assert hand.state(far, PEAK, ROLE.BackgroundRole) is None
    hand.table.show_voxels(many(300))
    assert hand.state(first, PEAK, ROLE.BackgroundRole) is not None
    for nothing in ((99, 99, 99), None):
        hand.table.highlight(nothing)
        assert hand.state(first, PEAK, ROLE.BackgroundRole) is None
    assert not hand.said
    assert hand.table.selected is None


def test_a_highlight_is_drawn(hand):
    """In pixels, not in the model alone."""
    hand.table.follow(get_theme("dark"))
    hand.table.show_voxels(candidates(THREE))
    point = hand.cell(THREE[1], PEAK) - QPoint(20, 0)
    before = hand.view.viewport().grab().toImage().pixelColor(point)
    told = []
    hand.table.model.dataChanged.connect(lambda first, _: told.append(first.row()))
    hand.table.highlight(THREE[1])
    after = hand.view.viewport().grab().toImage().pixelColor(point)
    assert before != after
    assert after == hand.state(THREE[1], PEAK, ROLE.BackgroundRole)
    assert told == [1]
    hand.table.highlight(THREE[0])
    assert sorted(told[1:]) == [0, 1]  # the old row too is drawn again


def test_a_row_half_in_sight_does_not_slip_from_the_mouse(hand):
    """Hovering the last row marks it, and the rows stand still."""
    hand.table.show_voxels(many(50))
    for height in range(200, 200 + hand.view.rowHeight(0)):
        hand.table.resize(900, height)
        QApplication.processEvents()
        last = hand.view.rowAt(hand.view.viewport().height() - 1)
        hand.table.highlight(hand.table.model.voxel(last))
        assert hand.view.verticalScrollBar().value() == 0


def contrast(one, other):
    """Contrast of two colours (WCAG 2.1: relative luminance)."""

    def luminance(color):
        parts = [part / 255 for part in QColor(color).getRgb()[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return np.dot([0.2126, 0.7152, 0.0722], linear)

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_verdicts_can_be_read_in_both_themes(hand, name):
    """Three colours that differ, each at 4.5 to 1 on plain and on marked rows."""
    theme = get_theme(name)
    hand.table.follow(theme)
    verdicts = [("good",), ("late", "wide"), ("late", "saturated")]
    hand.table.show_voxels(candidates(THREE, verdicts=verdicts))
    hand.table.highlight(THREE[0])
    marked = hand.state(THREE[0], VERDICT, ROLE.BackgroundRole)
    inks = [hand.state(voxel, VERDICT, ROLE.ForegroundRole) for voxel in THREE]
    assert len({ink.name() for ink in inks}) == 3
    for ink in inks:
        assert contrast(ink, theme.background.as_hex()) >= 4.5
        assert contrast(ink, theme.foreground.as_hex()) >= 4.5
        assert contrast(ink, marked) >= 4.5
    assert contrast(theme.text.as_hex(), marked) >= 4.5


def test_six_rows_fit_a_dock(hand):
    """At 900 × 220 px; at 700 px position and verdict are in sight."""
    hand.table.show_voxels(many(30))
    QApplication.processEvents()
    assert hand.view.viewport().height() >= 6 * hand.view.rowHeight(0)
    hand.table.resize(700, 220)
    QApplication.processEvents()
    right = hand.view.columnViewportPosition(VERDICT) + hand.view.columnWidth(VERDICT)
    assert right <= hand.view.viewport().width()


def test_a_thousand_rows_refresh_at_once(hand):
    """Under 50 ms, sorted and drawn."""
    scans = [many(1000, seed) for seed in range(2)]
    hand.table.show_voxels(scans[0])
    hand.sort(TTP)
    took = []
    for turn in range(7):
        start = thread_time()
        hand.table.show_voxels(scans[turn % 2])
        hand.view.viewport().repaint()
        took.append(thread_time() - start)
    assert np.median(took) < 0.05


def test_the_model_keeps_qts_contract(hand, qtmodeltester):
    """Qt's own tester finds nothing, whatever happens to the rows."""
    hand.table.show_voxels(candidates(THREE))
    qtmodeltester.check(hand.table.model, force_py=True)
    hand.sort(PEAK)
    hand.table.show_voxels(many(20))
    hand.sort(VERDICT)
    hand.table.show_voxels(None)
    qtmodeltester.check(hand.table.model, force_py=True)


def test_names_for_who_does_not_see(hand):
    """Rows and ticks have words."""
    hand.table.show_voxels(candidates(THREE, chosen=[1, 0, 1]))
    assert hand.view.accessibleName()
    assert hand.table.summary.accessibleName()
    assert hand.state(THREE[0], USE, ROLE.AccessibleTextRole) == "used"
    assert hand.state(THREE[1], USE, ROLE.AccessibleTextRole) == "not used"
