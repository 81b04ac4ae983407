"""The residue function of the voxel under the cursor: what its maps were read off."""

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_dsc.core.maps import Residue

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["ResiduePlot", "cursor_color"]

CURSOR_ON_DARK, CURSOR_ON_LIGHT = "#ffc83d", "#7a5200"
EMPTY = "Residue function: move over the brain"
LAGS = -15, 60  # s: what is shown at first; the rest can be dragged into sight
MARKS = {"Delay": Qt.PenStyle.DotLine, "Tmax": Qt.PenStyle.DashLine}


class ResiduePlot(QWidget):
    """R(t) over the lag behind the artery, with Delay and Tmax, and how much was smoothed.

    Attributes
    ----------
    curve : PlotDataItem
        Residue function, 1/s, over the lag, s.
    delay, tmax : InfiniteLine
        Where the maps' Delay and Tmax are read, s; hidden where there is none.
    words : QLabel
        Smoothing, oscillation index and fit, or what to do to see them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        item = self.plot.getPlotItem()
        item.setLabel("bottom", "Lag (s)")
        item.setXRange(*LAGS)
        item.setLabel("left", "R (1/s)")
        item.getAxis("left").enableAutoSIPrefix(False)
        self.curve = item.plot()
        lines = {}
        for place, name in enumerate(MARKS):
            line = pg.InfiniteLine(angle=90, movable=False, label=name)
            line.label.setPosition(0.9 - 0.35 * place)
            item.addItem(line, ignoreBounds=True)
            lines[name] = line
        self.delay, self.tmax = lines["Delay"], lines["Tmax"]
        self.setToolTip(
            "Residue function of the voxel under the cursor over the lag behind the artery, from "
            "the last run: CBF is its peak, Tmax where that lies, Delay where it rises by half."
        )
        self.words = QLabel()
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.plot)
        self.show_residue(None)

    def show_residue(self, one: Residue | None) -> None:
        """Draw the residue of a voxel; None clears it."""
        if one is None:
            self.curve.setData([], [])
            self.words.setText(EMPTY)
            for line in (self.delay, self.tmax):
                line.hide()
            return
        self.curve.setData(one.lags, one.values)
        first, last = LAGS
        self.plot.setXRange(max(first, one.lags[0]), min(last, one.lags[-1]))
        for line, lag in ((self.delay, one.delay), (self.tmax, one.tmax)):
            line.setVisible(bool(np.isfinite(lag)))  # NaN: no answer
            if np.isfinite(lag):
                line.setValue(lag)
        self.words.setText(in_words(one))

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        text, background = theme.text.as_hex(), theme.background.as_hex()
        self.plot.setBackground(background)
        self.words.setStyleSheet(f"color: {text}")
        for side in ("left", "bottom"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(text)
            axis.setTextPen(text)
        color = cursor_color(background)
        for line, style in zip((self.delay, self.tmax), MARKS.values(), strict=True):
            line.setPen(pg.mkPen(color, style=style))
            line.label.setColor(text)
        self.curve.setPen(pg.mkPen(color, width=1.5))


def cursor_color(background: str) -> str:
    """Colour of what belongs to the voxel under the cursor: it stands out on light and dark."""
    return CURSOR_ON_LIGHT if pg.mkColor(background).lightness() > 127 else CURSOR_ON_DARK


def in_words(one: Residue) -> str:
    """Say how much a residue was smoothed, how it oscillates and how well it fits."""
    by = one.smoothed_by.partition(" (")[0]
    index = f"oscillation {one.oscillation_index:.3f}"
    return f"{by} {one.smoothing:.2g}, {index}, R² {one.r_squared:.2f}"
