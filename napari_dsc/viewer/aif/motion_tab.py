"""How far every volume had moved, and what the correction did about it."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
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
    from napari.utils.theme import Theme

    from napari_dsc.motion import Motion

__all__ = ["MotionView"]

TRY = (
    "Press Correct motion: every volume is brought onto the baseline, rigidly. It makes a scan of "
    "its own; this one stays as it is. It changes numbers: use it if the shifts below say so."
)
AXES = ("1st axis", "2nd axis", "3rd axis (slices)")  # of the file
ON_DARK, ON_LIGHT = ("#ff7d5a", "#7ac943", "#5a96ff"), ("#c03a10", "#2f7d10", "#1f55c0")
STYLES = (1, 2, 3)  # solid, dashes, dots: told apart without colours


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
        Millimetres and degrees over time.
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
                tooltip="Bring every volume onto the baseline, as a scan of its own.",
            )
        )
        self.start.changed.connect(self._on_start)
        self.note = note_called("Motion in words")
        self.shifts, self.turns = still_plot(), still_plot()
        entitle(self.shifts, "Shift (mm) over time")
        entitle(self.turns, "Turn (degrees) over time")
        self.lines: list[Any] = []
        self._legends = []
        for plot in (self.shifts, self.turns):
            item = plot.getPlotItem()
            self._legends.append(item.addLegend(offset=(-8, 2), labelTextSize=SMALL, colCount=3))
            self.lines += [item.plot(name=name) for name in AXES]
        self.shifts.setAccessibleName("Shift of each volume, mm")
        self.turns.setAccessibleName("Turn of each volume, degrees")
        stack(self, [self.start], self.note, [self.shifts, self.turns])
        self.clear()

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
        for line in self.lines:
            line.setData([], [])
        self._show_plots(False)
        self.say("")

    def _on_start(self) -> None:
        self.asked.emit()

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        text, background = theme.text.as_hex(), theme.background.as_hex()
        self.note.setStyleSheet(f"color: {text}")
        colors = ON_LIGHT if is_light(background) else ON_DARK
        for plot, legend in zip((self.shifts, self.turns), self._legends, strict=True):
            dress(plot, text, background)
            legend.setLabelTextColor(text)
            for _, label in legend.items:
                label.setText(label.text)  # the colour is in the words
        for place, line in enumerate(self.lines):
            pen = pg.mkPen(colors[place % 3], width=1.5)
            pen.setStyle(pg.QtCore.Qt.PenStyle(STYLES[place % 3]))
            line.setPen(pen)

    def _show_plots(self, drawn: bool) -> None:
        for plot in (self.shifts, self.turns):
            plot.setVisible(drawn)
