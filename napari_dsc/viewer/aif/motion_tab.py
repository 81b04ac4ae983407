"""Page of motion: how far every volume had moved, and what the correction did."""

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from magicgui.widgets import PushButton
from qtpy.QtCore import Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QWidget

from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.plot_style import (
    SMALL,
    dress,
    entitle,
    is_light,
    note_called,
    stack,
    still_plot,
)

if TYPE_CHECKING:
    import pyqtgraph as pg
    from napari.utils.theme import Theme

    from napari_dsc.motion import Motion

__all__ = ["MotionView"]

TRY = (
    "Press Correct motion: every volume is moved onto the baseline, rigidly, which makes a new "
    "scan; this one stays as it is. It changes the numbers of every map: use it where the shifts, "
    "which are shown here then, are large."
)
AXES = ("1st axis", "2nd axis", "3rd axis (slices)")  # of the file
ON_DARK, ON_LIGHT = ("#ff7d5a", "#7ac943", "#5a96ff"), ("#c03a10", "#2f7d10", "#1f55c0")
TITLES = (  # above each plot, and for a screen reader
    ("Shift (mm) over time", "Shift of each volume, mm"),
    ("Turn (degrees) over time", "Turn of each volume, degrees"),
)
STYLES = (1, 2, 3)  # solid, dashes, dots: told apart without colours


class _Drawing(NamedTuple):
    """Shifts and turns: a plot of each, their legends, and the lines of both."""

    plots: "tuple[pg.PlotWidget, ...]"
    legends: "tuple[pg.LegendItem, ...]"
    lines: "list[pg.PlotDataItem]"


class MotionView(QWidget):
    """Shifts and turns of each volume against the baseline.

    Emits `asked()` when the user wants to have motion corrected.

    Attributes
    ----------
    start : PushButton
        Correct it.
    note : QLabel
        The largest shift in words, or what to press.
    shifts, turns : PlotWidget
        Millimetres and degrees over time. They are made once they are asked for: a window that
        opens has nothing to draw.
    lines : list of PlotDataItem
        Shifts along the axes of the file, and turns about them.
    """

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._found = ""
        self.start = give_key(
            PushButton(
                text="Correct motion",
                tooltip="Move every volume onto the baseline, which makes a new scan.",
            )
        )
        self.start.changed.connect(self._on_start)
        self.note = note_called("Motion in words")
        self._theme: Theme | None = None
        self._row = stack(self, [self.start], self.note)
        self.clear()

    @cached_property
    def _drawing(self) -> _Drawing:
        plots, legends, lines = (still_plot(), still_plot()), [], []
        for plot, (title, name) in zip(plots, TITLES, strict=True):
            entitle(plot, title)
            plot.setAccessibleName(name)
            item = plot.getPlotItem()
            legends.append(item.addLegend(offset=(-8, 2), labelTextSize=SMALL, colCount=3))
            lines += [item.plot(name=name) for name in AXES]
            plot.hide()
            self._row.addWidget(plot)
        drawing = _Drawing(plots, tuple(legends), lines)
        if self._theme is not None:
            _dress(drawing, self._theme)
        return drawing

    @property
    def shifts(self) -> "pg.PlotWidget":
        """Millimetres over time."""
        return self._drawing.plots[0]

    @property
    def turns(self) -> "pg.PlotWidget":
        """Degrees over time."""
        return self._drawing.plots[1]

    @property
    def lines(self) -> "list[pg.PlotDataItem]":
        """Shifts along the axes of the file, and turns about them."""
        return self._drawing.lines

    @property
    def _is_drawn(self) -> bool:
        return "_drawing" in vars(self)

    def show_result(self, motion: "Motion", words: str) -> None:
        """Draw the shifts and turns of a correction; `words` say the largest."""
        series = motion.series
        time: FloatArray = (
            np.arange(float(series.n_volumes)) if series.time is None else series.time
        )
        unit = "volume" if series.time is None else "s"
        for plot in (self.shifts, self.turns):
            plot.setLabel("bottom", f"Time ({unit})")
        columns = [*motion.translation.T, *motion.rotation.T]
        for line, values in zip(self.lines, columns, strict=True):
            line.setData(time, values)
        self._found = words
        self._show_plots(True)
        self.say("")

    def say(self, words: str, *, ready: bool = True) -> None:
        """Say this above the plots, and whether the user may start."""
        self.note.setText(words or self._found or TRY)
        self.start.enabled = ready

    def clear(self) -> None:
        """Forget the result."""
        self._found = ""
        if self._is_drawn:
            for line in self.lines:
                line.setData([], [])
            self._show_plots(False)
        self.say("")

    def _on_start(self) -> None:
        self.asked.emit()

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        self._theme = theme
        self.note.setStyleSheet(f"color: {theme.text.as_hex()}")
        if self._is_drawn:
            _dress(self._drawing, theme)

    def _show_plots(self, drawn: bool) -> None:
        for plot in (self.shifts, self.turns):
            plot.setVisible(drawn)


def _dress(drawing: _Drawing, theme: "Theme") -> None:
    """Give plots, legends and lines the colours of a theme."""
    import pyqtgraph as pg

    text, background = theme.text.as_hex(), theme.background.as_hex()
    colors = ON_LIGHT if is_light(background) else ON_DARK
    for plot, legend in zip(drawing.plots, drawing.legends, strict=True):
        dress(plot, text, background)
        legend.setLabelTextColor(text)
        for _, label in legend.items:
            label.setText(label.text)  # the colour is in the words
    for place, line in enumerate(drawing.lines):
        pen = pg.mkPen(colors[place % 3], width=1.5)
        pen.setStyle(pg.QtCore.Qt.PenStyle(STYLES[place % 3]))
        line.setPen(pen)
