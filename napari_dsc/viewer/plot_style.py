"""Style of plots: their colours on light and dark, titles, and how they lie beside words.

Plots are made when there is something to draw, and pyqtgraph is loaded then: a window that opens
has nothing to draw.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from magicgui.widgets import ComboBox, PushButton
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

if TYPE_CHECKING:
    import pyqtgraph as pg
    from napari.utils.theme import Theme

__all__ = [
    "CURSOR_ON_DARK",
    "CURSOR_ON_LIGHT",
    "MARK_RED",
    "PINNED_ON_DARK",
    "PINNED_ON_LIGHT",
    "SMALL",
    "HistogramPlot",
    "cursor_color",
    "dress",
    "entitle",
    "is_light",
    "note_called",
    "on_double_click",
    "pinned_color",
    "stack",
    "still_plot",
]

CURSOR_ON_DARK, CURSOR_ON_LIGHT = "#ffc83d", "#7a5200"
PINNED_ON_DARK, PINNED_ON_LIGHT = "#3fd6c6", "#006b62"
MARK_RED = "#ff4d40"  # what is chosen today
SMALL = "8pt"  # a low dock cuts long words off
TITLE, BELOW, BESIDE = 18, 34, 46  # px: the room of a title and of the axes


def note_called(name: str) -> QLabel:
    """Words that wrap, with a name for a screen reader."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAccessibleName(name)
    return label


def still_plot() -> "pg.PlotWidget":
    """A plot that is read, not moved."""
    import pyqtgraph as pg

    plot = pg.PlotWidget()
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    item = plot.getPlotItem()
    item.getAxis("bottom").setHeight(BELOW)
    item.getAxis("left").setWidth(BESIDE)  # what is dragged does not jump with the numbers
    item.setContentsMargins(0, 0, 6, 4)  # half a number at either end of an axis
    for side in ("left", "bottom"):
        item.getAxis(side).enableAutoSIPrefix(False)
    return plot


def entitle(plot: "pg.PlotWidget", words: str) -> None:
    """Say above a plot what it shows: a low dock cuts off what stands on end beside it."""
    item = plot.getPlotItem()
    item.setTitle(words, size=SMALL)
    item.titleLabel.setMaximumHeight(TITLE)
    item.layout.setRowFixedHeight(0, TITLE)


def stack(
    view: QWidget,
    controls: Sequence[PushButton | ComboBox],
    note: QLabel,
    plots: "Sequence[pg.PlotWidget]" = (),
    below: QLabel | None = None,
) -> QHBoxLayout:
    """Lay out: controls and words in a row, the plots side by side below; return their row."""
    outer = QVBoxLayout(view)
    outer.setContentsMargins(4, 2, 4, 2)
    outer.setSpacing(2)
    top, row = QHBoxLayout(), QHBoxLayout()
    for control in controls:
        top.addWidget(control.native)
    top.addWidget(note, 1)
    for plot in plots:
        row.addWidget(plot)
    outer.addLayout(top)
    outer.addLayout(row, 1)
    if below is not None:
        outer.addWidget(below)
    return row


def dress(plot: "pg.PlotWidget", text: str, background: str) -> None:
    """Give a plot the colours of a theme."""
    plot.setBackground(background)
    item = plot.getPlotItem()
    item.titleLabel.setText(item.titleLabel.text, color=text)
    for side in ("left", "bottom"):
        axis = item.getAxis(side)
        axis.setPen(text)
        axis.setTextPen(text)
        axis.setLabel(axis.labelText, **{"color": text, "font-size": SMALL})


def on_double_click(plot: Any, act: Callable[[], None]) -> None:
    """Act on a double click anywhere in a plot."""
    plot.scene().sigMouseClicked.connect(lambda event: act() if event.double() else None)


def cursor_color(background: str) -> str:
    """Colour of what belongs to the voxel under the cursor: it stands out on light and dark."""
    return CURSOR_ON_LIGHT if is_light(background) else CURSOR_ON_DARK


def pinned_color(background: str) -> str:
    """Colour of what belongs to the pinned voxel: it stands out on light and dark."""
    return PINNED_ON_LIGHT if is_light(background) else PINNED_ON_DARK


def is_light(background: str) -> bool:
    """Whether dark colours stand out on this one."""
    return QColor(background).lightness() > 127


class HistogramPlot:
    """A histogram at the right end of a page, made when there is one to draw.

    Parameters
    ----------
    row : QHBoxLayout
        Of the page.
    width : int
        Its width, px.
    """

    def __init__(self, row: QHBoxLayout, width: int) -> None:
        self._row, self._width = row, width
        self._theme: Theme | None = None

    @property
    def is_made(self) -> bool:
        """Whether there was something to draw."""
        return "plot" in vars(self)

    @cached_property
    def plot(self) -> "pg.PlotWidget":
        """Axes, hidden until they are shown."""
        import pyqtgraph as pg

        plot = pg.PlotWidget()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setFixedWidth(self._width)
        plot.hide()
        self._row.addWidget(plot)
        return plot

    @cached_property
    def bars(self) -> "pg.PlotDataItem":
        """What is drawn on them."""
        bars = self.plot.getPlotItem().plot(stepMode="center", fillLevel=0)
        if self._theme is not None:
            self._wear(bars, self._theme)
        return bars

    def show(self, on: bool) -> None:
        """Show it, or not."""
        if on or self.is_made:
            self.plot.setVisible(on)

    def follow(self, theme: "Theme") -> None:
        """Wear the window's colours."""
        self._theme = theme
        if self.is_made:
            self._wear(self.bars, theme)

    def _wear(self, bars: "pg.PlotDataItem", theme: "Theme") -> None:
        import pyqtgraph as pg

        ink = theme.text.as_hex()
        self.plot.setBackground(theme.background.as_hex())
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(ink)
            axis.setTextPen(ink)
        bars.setPen(pg.mkPen(ink))
        bars.setBrush(pg.mkBrush(theme.current.as_hex()))
