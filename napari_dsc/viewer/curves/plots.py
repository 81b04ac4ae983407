"""Plots of the curve dock: curves, residue function and legend, made with the first scan."""

from typing import TYPE_CHECKING

import pyqtgraph as pg
from qtpy.QtCore import Qt

from napari_dsc.viewer.curves.axes import Axes
from napari_dsc.viewer.curves.legend import Legend
from napari_dsc.viewer.curves.lines import Lines
from napari_dsc.viewer.curves.residue_plot import ResiduePlot
from napari_dsc.viewer.curves.time_ranges import Spans
from napari_dsc.viewer.curves.toolbar import Tools
from napari_dsc.viewer.curves.volume_menu import VolumeMenu

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["Plots"]


class Plots:
    """All that pyqtgraph draws for a scan: this module loads it.

    Parameters
    ----------
    tools : Tools
        The buttons that stand beside them.

    Attributes
    ----------
    axes, lines, legend : Axes, Lines, Legend
        The curves, and their names.
    spans : Spans
        Baseline, first pass, and volumes that are not used.
    lens : ResiduePlot
        The residue function.
    menu : VolumeMenu
        Of the volume under a right click.
    now : InfiniteLine
        The volume on screen.
    tools : Tools
        The buttons beside them.
    """

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.lens, self.axes, self.legend = ResiduePlot(), Axes(), Legend()
        self.lines, self.spans = Lines(self.axes, self.legend), Spans(self.axes.plot)
        self.menu = VolumeMenu(self.axes.plot, self.spans.volume_at)
        self.now = pg.InfiniteLine(angle=90, movable=False)
        self.axes.plot.addItem(self.now, ignoreBounds=True)

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        for one in (self.axes, self.lines, self.spans, self.legend, self.lens):
            one.follow(theme)
        self.now.setPen(pg.mkPen(theme.text.as_hex(), width=1, style=Qt.PenStyle.DashLine))
