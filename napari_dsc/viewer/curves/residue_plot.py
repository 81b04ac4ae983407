"""The residue function of the cursor's or the pinned voxel: what its maps were read off."""

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_dsc.core.maps import Residue
from napari_dsc.core.quantities import DELAY, TMAX
from napari_dsc.viewer.plot_style import (
    CURSOR_ON_DARK,
    PINNED_ON_DARK,
    cursor_color,
    on_double_click,
    pinned_color,
)

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["ResiduePlot"]

EMPTY = "Residue function: move over the brain"
NONE_HERE = "no residue function"
LAGS = -15, 60  # s: what is shown at first; the rest can be dragged into sight
MARKS = {DELAY.symbol: Qt.PenStyle.DotLine, TMAX.symbol: Qt.PenStyle.DashLine}


class ResiduePlot(QWidget):
    """R(t) over the lag behind the artery, with Delay and Tmax, and how much was smoothed.

    While a voxel is pinned it shows that one's, whatever lies under the cursor.

    Attributes
    ----------
    curve : PlotDataItem
        Residue function, 1/s, over the lag, s.
    delay, tmax : InfiniteLine
        Where the maps' Delay and Tmax are read, s; hidden where there is none.
    words : QLabel
        Whose it is if that is pinned; smoothing, oscillation index and fit, or what to do to
        see them.
    shown : Residue or None
        What is drawn.
    is_pinned : bool
        Whether that is the pinned voxel's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown: Residue | None = None
        self._cursors: Residue | None = None
        self._pinned = False
        self._range: tuple[float, float] | None = None
        self._colors = CURSOR_ON_DARK, PINNED_ON_DARK
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        policy = self.plot.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves from voxel to voxel
        self.plot.setSizePolicy(policy)
        item = self.plot.getPlotItem()
        item.layout.setContentsMargins(0, 6, 0, 3)  # no number is cut above, no letter below
        on_double_click(self.plot, self.show_whole)
        item.getAxis("left").enableAutoSIPrefix(False)
        self.curve = item.plot()
        lines = {}
        for place, name in enumerate(MARKS):
            line = pg.InfiniteLine(angle=90, movable=False, label=name)
            line.label.setPosition(0.9 - 0.35 * place)
            item.addItem(line, ignoreBounds=True)
            lines[name] = line
        self.delay, self.tmax = lines[DELAY.symbol], lines[TMAX.symbol]
        self.setToolTip(
            "Residue function over the lag behind the artery, from the last run: CBF is its peak, "
            "Tmax where that lies, Delay where it rises by half. Drag or turn the wheel to zoom, "
            "double click to see it whole."
        )
        self.words = QLabel()
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.plot)
        self.show_whole()
        self.show_residue(None)

    @property
    def is_pinned(self) -> bool:
        """Whether what is drawn is the pinned voxel's."""
        return self._pinned

    def show_residue(self, one: Residue | None) -> None:
        """Draw the residue of the voxel under the cursor, unless one is pinned; None clears it."""
        self._cursors = one
        if not self.is_pinned:
            self._draw(one, EMPTY if one is None else in_words(one))

    def show_pinned(self, words: str, one: Residue | None) -> None:
        """Draw the residue of a pinned voxel, named by words; without words none is pinned."""
        self._pinned = bool(words)
        self._recolor()
        if words:
            self._draw(one, f"Pinned {words}: {NONE_HERE if one is None else in_words(one)}")
        else:
            self.show_residue(self._cursors)

    def show_whole(self) -> None:
        """Show the lags that matter, and the whole height, as before any zoom."""
        self.plot.setXRange(*(self._range or LAGS), padding=0.02)
        self.plot.enableAutoRange(axis="y")

    def _draw(self, one: Residue | None, words: str) -> None:
        self.shown = one
        self.words.setText(words)
        self.plot.setVisible(one is not None)  # axes of nothing tell nothing
        if one is None:
            self.curve.setData([], [])
            for line in (self.delay, self.tmax):
                line.hide()
            return
        self.curve.setData(one.lags, one.values)
        wanted = max(LAGS[0], float(one.lags[0])), min(LAGS[1], float(one.lags[-1]))
        if wanted != self._range:  # else a zoom stays from voxel to voxel
            self._range = wanted
            self.show_whole()
        for line, lag in ((self.delay, one.delay), (self.tmax, one.tmax)):
            line.setVisible(bool(np.isfinite(lag)))  # NaN: no answer
            if np.isfinite(lag):
                line.setValue(lag)

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        text, background = theme.text.as_hex(), theme.background.as_hex()
        self.plot.setBackground(background)
        self.words.setStyleSheet(f"color: {text}")
        for side, words in {"left": "R (1/s)", "bottom": "Lag (s)"}.items():
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setLabel(words, **{"color": text, "font-size": "8pt"})
            axis.setPen(text)
            axis.setTextPen(text)
        for line in (self.delay, self.tmax):
            line.label.setColor(text)
        self._colors = cursor_color(background), pinned_color(background)
        self._recolor()

    def _recolor(self) -> None:
        color = self._colors[self.is_pinned]
        for line, style in zip((self.delay, self.tmax), MARKS.values(), strict=True):
            line.setPen(pg.mkPen(color, style=style))
        self.curve.setPen(pg.mkPen(color, width=1.5))


def in_words(one: Residue) -> str:
    """Say how much a residue was smoothed, how it oscillates and how well it fits."""
    by = one.smoothed_by.partition(" (")[0]
    index = f"oscillation {one.oscillation_index:.3f}"
    times = f", Tmax and delay by {one.times_by}" if one.times_by else ""
    return f"{by} {one.smoothing:.2g}, {index}, R² {one.r_squared:.2f}{times}"
