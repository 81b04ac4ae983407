"""Page of the SVD threshold: what it does to the maps, at a voxel or in a region."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from magicgui.widgets import ComboBox, PushButton
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QWidget

from napari_dsc.core.deconvolution import DECONVOLVERS
from napari_dsc.core.deconvolution.base import THRESHOLD
from napari_dsc.core.parameters import parameters_of
from napari_dsc.core.regions import LATE
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.button_keys import give_key
from napari_dsc.viewer.plot_style import (
    MARK_RED,
    dress,
    entitle,
    note_called,
    stack,
    still_plot,
)

if TYPE_CHECKING:
    import pyqtgraph as pg
    from napari.utils.theme import Theme

    from napari_dsc.core.pipeline.threshold_sweep import ThresholdSweep

__all__ = ["BRAIN", "PINNED", "ThresholdView"]

PINNED, BRAIN = "pinned voxel", "brain"
TRY_THRESHOLDS = (
    f"Press Explore thresholds: CBF, oscillation index and the volume of Tmax > {LATE:g} s, "
    "before cleaning, over the SVD threshold, at the voxel pinned with Ctrl+click or in a region."
)
HAVING = [name for name, kind in DECONVOLVERS.items() if "svd_threshold" in parameters_of(kind)]
LACKING = [name for name in DECONVOLVERS if name not in HAVING]
NO_THRESHOLD = (
    f"{' and '.join(LACKING)} ha{'ve' if len(LACKING) > 1 else 's'} no threshold. "
    f"Choose {', '.join(HAVING[:-1])} or {HAVING[-1]} to explore one."
)
DRAG = "Drag a line to choose another threshold."


class _Drawing(NamedTuple):
    """Three plots, and what is in each."""

    plots: "tuple[pg.PlotWidget, ...]"
    curves: "tuple[pg.PlotDataItem, ...]"
    lines: "tuple[pg.InfiniteLine, ...]"


class ThresholdView(QWidget):
    """CBF, oscillation index and volume of late tissue over the SVD threshold.

    Emits `asked(where)` when the user wants to see them, and `chosen(threshold)` when a line has
    been dragged to another threshold and released.

    Attributes
    ----------
    start : PushButton
        Compute the sweep.
    where : ComboBox
        `PINNED`, `BRAIN` or the name of a region.
    note : QLabel
        What the maps say at the line, or what to press.
    plots : tuple of PlotWidget
        CBF, oscillation index, volume with Tmax > 6 s; one axis of thresholds. They are made once
        they are asked for: a window that opens has nothing to draw.
    curves : tuple of PlotDataItem
        One in each.
    lines : tuple of InfiniteLine
        Today's threshold, in each; any of them can be dragged.
    """

    asked = Signal(str)
    chosen = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._sweep: ThresholdSweep | None = None
        self._place_read, self._said = "", ""
        self._ready, self._following = True, False
        self._today: float | None = 0.0
        self._theme: Theme | None = None
        self.start = give_key(
            PushButton(
                text="Explore thresholds", tooltip="Compute the maps for a range of SVD thresholds."
            )
        )
        self.where = ComboBox(choices=(PINNED, BRAIN), tooltip="Where the maps are read.")
        self.where.native.setAccessibleName("Where the maps are read")
        self.note = note_called("Thresholds in words")
        self.start.changed.connect(self._on_start)
        self._row = stack(self, [self.start, self.where], self.note)
        self.clear()

    @cached_property
    def _drawing(self) -> _Drawing:
        import pyqtgraph as pg

        plots = tuple(still_plot() for _ in range(3))
        curves = tuple(
            one.getPlotItem().plot(symbol="o", symbolSize=4, connect="finite") for one in plots
        )
        bounds = THRESHOLD.least, THRESHOLD.most
        lines = tuple(pg.InfiniteLine(self._today, movable=True, bounds=bounds) for _ in plots)
        for plot, line in zip(plots, lines, strict=True):
            plot.getPlotItem().addItem(line, ignoreBounds=True)
            plot.getPlotItem().setLabel("bottom", "SVD threshold")
            plot.setXLink(plots[0])
            plot.hide()
            self._row.addWidget(plot)
            line.setCursor(Qt.CursorShape.SizeHorCursor)
            line.sigPositionChanged.connect(self._on_moved)
            line.sigPositionChangeFinished.connect(self._on_released)
        drawing = _Drawing(plots, curves, lines)
        if self._theme is not None:
            _dress(drawing, self._theme)
        return drawing

    @property
    def plots(self) -> "tuple[pg.PlotWidget, ...]":
        """CBF, oscillation index, volume with Tmax > 6 s."""
        return self._drawing.plots

    @property
    def curves(self) -> "tuple[pg.PlotDataItem, ...]":
        """One in each plot."""
        return self._drawing.curves

    @property
    def lines(self) -> "tuple[pg.InfiniteLine, ...]":
        """Today's threshold in each plot."""
        return self._drawing.lines

    @property
    def _is_drawn(self) -> bool:
        return "_drawing" in vars(self)

    def show_regions(self, names: Sequence[str]) -> None:
        """List the regions there are, behind the pinned voxel and the brain."""
        earlier = self.where.value
        self.where.choices = (PINNED, BRAIN, *names)
        self.where.value = earlier if earlier in self.where.choices else PINNED

    def show_result(self, sweep: "ThresholdSweep", where: str | None = None) -> None:
        """Draw the sweep and mark its threshold; emits nothing.

        Parameters
        ----------
        sweep : ThresholdSweep
            The maps over the threshold.
        where : str, optional
            Where they were read; by default what `where` says now.
        """
        self._sweep, self._place_read = sweep, where or str(self.where.value)
        for plot, curve, ((name, unit), values) in zip(
            self.plots, self.curves, self._columns().items(), strict=True
        ):
            curve.setData(sweep.thresholds, values)
            label = f"{name[0].upper()}{name[1:]}{unit and f' ({unit})'}"
            entitle(plot, label)
            plot.setAccessibleName(f"{label} over the SVD threshold")
            plot.show()
        self._said, self._ready = "", True
        self.mark(float(sweep.thresholds[sweep.today]))

    def mark(self, value: float | None) -> None:
        """Mark today's threshold; emits nothing.

        Parameters
        ----------
        value : float or None
            Fraction of the largest singular value; None where the method has no threshold.
        """
        self._today = value
        if value is None:
            self.clear()
            return
        self._move_lines(value)
        if self._sweep is not None:
            self.plots[0].setXRange(0, max(value, self._sweep.thresholds[-1]), padding=0.03)
        self._refresh()

    def say(self, words: str, *, ready: bool = True) -> None:
        """Say this above the plots: what is missing, what runs, or why it failed.

        Parameters
        ----------
        words : str
            One line; empty: what was found, or what to press.
        ready : bool
            Whether the user may start.
        """
        self._said, self._ready = words, ready
        self._refresh()

    def clear(self) -> None:
        """Forget the result; the mark stays."""
        self._sweep = None
        if self._is_drawn:
            for plot, curve in zip(self.plots, self.curves, strict=True):
                curve.setData([], [])
                plot.hide()
        self.say("")

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        self._theme = theme
        self.note.setStyleSheet(f"color: {theme.text.as_hex()}")
        if self._is_drawn:
            _dress(self._drawing, theme)

    def _on_start(self) -> None:
        self.asked.emit(self.where.value)

    def _columns(self) -> dict[tuple[str, str], FloatArray]:
        """What is drawn, by name and unit; the volume is the brain's where one voxel is read."""
        sweep = self._sweep
        if sweep is None:
            return {}
        one = sweep.voxels == 1
        volume = sweep.brain_tmax_volume if one else sweep.region_tmax_volume
        return {
            ("CBF", "mL/100g/min"): sweep.cbf,
            ("oscillation index", ""): sweep.oscillation,
            (f"Tmax > {LATE:g} s{', brain' if one else ''}", "mL"): volume,
        }

    def _refresh(self) -> None:
        known = self._today is not None
        self.start.enabled = self._ready and known
        self.where.enabled = known
        found = self._found() if self._sweep is not None else TRY_THRESHOLDS
        self.note.setText(self._said or (found if known else NO_THRESHOLD))

    def _found(self) -> str:
        """What the maps say where the lines stand; between two thresholds of the sweep, about."""
        sweep, at = self._sweep, self.lines[0].value()
        if sweep is None:
            return ""
        exact = np.isclose(sweep.thresholds, at, atol=1e-9).any()
        told = []
        for (name, unit), values in self._columns().items():
            value = np.interp(at, sweep.thresholds, values, left=np.nan, right=np.nan)
            number = f"{'' if exact else 'about '}{value:.3g} {unit}".rstrip()
            told.append(f"{name} {number if np.isfinite(value) else 'no answer'}")
        accepted = sweep.accepted[np.abs(sweep.thresholds - at).argmin()]
        counted = "" if sweep.voxels == 1 else f" ({accepted} of {sweep.voxels} voxels)"
        return f"{self._place_read}{counted}, threshold {at:.2f}: {', '.join(told)}. {DRAG}"

    def _move_lines(self, value: float) -> None:
        if not self._is_drawn:
            return
        self._following = True
        for line in self.lines:
            line.setValue(value)
        self._following = False

    def _on_moved(self, line: "pg.InfiniteLine") -> None:
        if not self._following:
            self.note.setMinimumHeight(self.note.height())  # the plots do not jump meanwhile
            self._move_lines(line.value())
            self._refresh()

    def _on_released(self, line: "pg.InfiniteLine") -> None:
        value = round(round(line.value() / THRESHOLD.step) * THRESHOLD.step, 6)
        earlier, self._today = self._today, value
        self.note.setMinimumHeight(0)
        self._move_lines(value)
        self._refresh()
        if value != earlier:
            self.chosen.emit(value)


def _dress(drawing: _Drawing, theme: "Theme") -> None:
    """Give plots, curves and lines the colours of a theme."""
    import pyqtgraph as pg

    text, background = theme.text.as_hex(), theme.background.as_hex()
    for plot, curve, line in zip(*drawing, strict=True):
        dress(plot, text, background)
        curve.setPen(pg.mkPen(text, width=1.5))
        curve.setSymbolBrush(text)
        curve.setSymbolPen(None)
        line.setPen(pg.mkPen(MARK_RED, width=2))
        line.setHoverPen(pg.mkPen(MARK_RED, width=4))
