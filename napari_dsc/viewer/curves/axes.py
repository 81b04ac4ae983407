"""The axes of the curves: arteries on the left, tissue on the right, and zoom."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtGui import QFont, QFontMetricsF

from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.plot_style import on_double_click

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["Axes"]

SMALL = "8pt"  # a low dock cuts long words off
HALF_A_NUMBER = 6  # px above the axes, so that the topmost number is not cut
SPARE = 6  # px that words beside an axis leave free above and below
TAIL = 3  # px below them, so that no letter is
ROOM_BELOW = 0.1  # of the height of the curves, under their zero: the window's band lies there
EXPLAINED = {
    "left": "Change of the relaxation rate in vessels: AIF, VOF, gamma variate.",
    "right": "Change of the relaxation rate in tissue, ten to twenty times lower than in an "
    "artery: brain, cursor and pinned voxel, and their fits.",
    "bottom": "Drag or turn the wheel to zoom in time; double click to see the whole scan.",
}


class Axes:
    """Two scales over one time, with their zeros at the same height.

    Tissue stands ten to twenty times lower than an artery: it has an axis of its own.

    Attributes
    ----------
    plot : PlotWidget
        What is shown.
    """

    def __init__(self) -> None:
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        item = self.plot.getPlotItem()
        self._main = item.getViewBox()
        self._tissue = pg.ViewBox(enableMenu=False, enableMouse=False)
        self._ends: tuple[float, float] | None = None
        self._style: dict[str, str] = {}
        self._words: dict[str, tuple[str, str]] = {}  # of an axis that stands: all, and the least
        item.showAxis("right")
        for side, words in EXPLAINED.items():
            item.getAxis(side).enableAutoSIPrefix(False)
            item.getAxis(side).setToolTip(words)
        item.scene().addItem(self._tissue)
        item.getAxis("right").linkToView(self._tissue)
        self._tissue.setXLink(item)
        self._main.sigResized.connect(self._match_views)
        self._main.setMouseEnabled(x=True, y=False)
        on_double_click(self.plot, self.show_whole)
        item.layout.setContentsMargins(0, HALF_A_NUMBER, 0, TAIL)

    def add(self, curve: Any, right: bool = False) -> Any:
        """Put a curve on the left or the right axis, and return it."""
        if right:
            self._tissue.addItem(curve)
        else:
            self.plot.addItem(curve)
        return curve

    def label(self, bottom: str, unit: str) -> None:
        """Say what stands on the axes."""
        item = self.plot.getPlotItem()
        item.setLabel("bottom", bottom, **self._style)
        least = unit[unit.find("(") :]
        for side, whose in (("left", "AIF"), ("right", "Tissue")):
            self._words[side] = f"{whose} {unit}", f"{whose} {least}"
        self._fit_words()

    def set_time(self, time: FloatArray) -> None:
        """Show these times; the zoom stays if they are the ones that were shown."""
        ends = float(time[0]), float(time[-1])
        if ends != self._ends:
            self._ends = ends
            self.show_whole()

    def show_whole(self) -> None:
        """Show the whole scan, as before any zoom."""
        if self._ends is not None:
            self.plot.setXRange(*self._ends, padding=0.02)

    def scale(self, left: list[Any], right: list[Any]) -> None:
        """Scale both axes to their curves, with their zeros at the same height."""
        low_left, low_right = _extent(left), _extent(right)
        below = max(-low_left[0] / low_left[1], -low_right[0] / low_right[1], ROOM_BELOW)
        for view, (_, top) in ((self._main, low_left), (self._tissue, low_right)):
            view.setYRange(-below * top, top, padding=0.05)

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        text, background = theme.text.as_hex(), theme.background.as_hex()
        self._style = {"color": text, "font-size": SMALL}
        self.plot.setBackground(background)
        for side in EXPLAINED:
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(text)
            axis.setTextPen(text)
            axis.setLabel(axis.labelText, **self._style)

    def _fit_words(self) -> None:
        """Write the quantity beside an axis where it is high enough, else its unit alone."""
        middle = self._main.sceneBoundingRect().center().y()  # the axes follow it
        room = 2 * min(middle, self.plot.height() - middle) - SPARE
        for side, (words, least) in self._words.items():
            axis = self.plot.getPlotItem().getAxis(side)
            letters = QFont(axis.label.font())
            letters.setPointSizeF(float(SMALL.removesuffix("pt")))
            wanted = words if QFontMetricsF(letters).horizontalAdvance(words) <= room else least
            if axis.labelText != wanted:
                axis.setLabel(wanted, **self._style)
                axis.resizeEvent()  # pyqtgraph centres words when the axis changes its size only

    def _match_views(self) -> None:
        self._fit_words()
        self._tissue.setGeometry(self._main.sceneBoundingRect())
        self._tissue.linkedViewChanged(self._main, pg.ViewBox.XAxis)


def _extent(curves: list[Any]) -> tuple[float, float]:
    """Smallest and largest value of some curves, around zero."""
    drawn = [one.yData for one in curves if one.yData is not None and len(one.yData)]
    known = [values[np.isfinite(values)] for values in drawn]
    low = min((float(values.min()) for values in known if values.size), default=0.0)
    high = max((float(values.max()) for values in known if values.size), default=0.0)
    return (min(low, 0.0), high) if high > 0 else (min(low, 0.0), max(1.0, -low))
