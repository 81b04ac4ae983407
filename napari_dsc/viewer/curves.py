"""The curve dock: AIF, brain and the voxel under the cursor, with baseline and time."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_dsc.core.aif import mean_curve
from napari_dsc.core.maps import Residue
from napari_dsc.core.types import FloatArray
from napari_dsc.viewer.lens import ResiduePlot, cursor_color

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Curves"]

NAME = "Perfusion curves"
HEIGHT = 220  # px: an unconstrained bottom dock takes a third of the window
MOST_THIN = 60  # curves of single AIF voxels that are drawn
AIF_RED = "#ff4d40"
BRAIN_GREY = "#9a9a9a"
BASELINE_BLUE = (90, 150, 255, 45)


class Curves(QWidget):
    """Delta R2* over time, with a baseline that can be dragged.

    Emits `baseline_moved(start, stop)` in volumes when the user has dragged it.

    Parameters
    ----------
    viewer : Viewer
        Whose window it is docked in, and whose theme it follows.

    Attributes
    ----------
    voxels, mean, brain, hovered : PlotDataItem
        The AIF's voxels (thin, one after the other) and their mean; tissue on the right axis.
    fit : PlotDataItem
        Artery convolved with the residue of the voxel under the cursor.
    lens : ResiduePlot
        That residue.
    baseline : LinearRegionItem
        Baseline, s.
    readout : QLabel
        What every map says of the voxel under the cursor, and what stands against it.
    now : InfiniteLine
        The volume on screen, s.
    """

    baseline_moved = Signal(int, int)

    def __init__(self, viewer: "Viewer") -> None:
        super().__init__()
        self._viewer = viewer
        self._time: FloatArray = np.arange(2.0)
        self.setObjectName("Curves")
        self.setMinimumHeight(150)
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.note = QLabel("Open a scan to see its curves.")
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.readout = QLabel()
        self.readout.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.readout.setTextFormat(Qt.TextFormat.PlainText)
        self.readout.setWordWrap(True)
        self.readout.hide()
        self.lens = ResiduePlot()
        self._place()
        item = self.plot.getPlotItem()
        self._legend = item.addLegend(offset=(-8, 2), labelTextSize="8pt", colCount=2)
        self.voxels = item.plot(connect="finite")
        self.mean = item.plot(name="AIF (mean)", connect="finite")
        # Tissue stands ten to twenty times lower than an artery: an axis of its own, on the right.
        self._tissue = pg.ViewBox(enableMenu=False, enableMouse=False)
        item.showAxis("right")
        for side in ("left", "right"):
            item.getAxis(side).enableAutoSIPrefix(False)
        item.scene().addItem(self._tissue)
        item.getAxis("right").linkToView(self._tissue)
        self._tissue.setXLink(item)
        item.getViewBox().sigResized.connect(self._match_views)
        item.getViewBox().setMouseEnabled(x=True, y=False)
        self.brain = pg.PlotDataItem(connect="finite")
        self.hovered = pg.PlotDataItem(connect="finite")
        self.fit = pg.PlotDataItem()
        for name, one in {
            "Brain mean (right axis)": self.brain,
            "Cursor (right axis)": self.hovered,
            "Fit (right axis)": self.fit,
        }.items():
            self._tissue.addItem(one)
            self._legend.addItem(one, name)
        self.now = pg.InfiniteLine(angle=90, movable=False)
        self.baseline = pg.LinearRegionItem((0, 1), brush=BASELINE_BLUE, movable=True)
        self.baseline.setZValue(-10)
        self._word = pg.InfLineLabel(
            self.baseline.lines[0], "baseline", position=0.92, anchors=[(0, 0), (0, 0)]
        )
        self.baseline.sigRegionChangeFinished.connect(self._on_region)
        for one in (self.now, self.baseline):
            item.addItem(one, ignoreBounds=True)
        for one in (self.lens.words, self.plot, self.lens):
            one.hide()
        viewer.events.theme.connect(self._follow_theme)
        self._follow_theme()

    def _place(self) -> None:
        """Lay out: the read-out above, the curves and the residue side by side."""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(0)
        layout.addWidget(self.note)
        pairs = ((self.readout, self.lens.words), (self.plot, self.lens))
        for stretch, (left, right) in enumerate(pairs):
            row = QHBoxLayout()
            row.setSpacing(14)  # two axes side by side are two
            row.addWidget(left, 3)
            row.addWidget(right, 1)
            layout.addLayout(row, stretch)

    def sizeHint(self) -> Any:  # noqa: N802 (Qt's name)
        """Height that leaves the scan the most of the window."""
        hint = super().sizeHint()
        hint.setHeight(HEIGHT)
        return hint

    def dock(self) -> None:
        """Show itself below the picture, instead of the curves of a panel that was closed."""
        own, window = self.parentWidget(), self._viewer.window
        if own is not None:
            own.show()
            return
        earlier = window.dock_widgets.get(NAME)
        if earlier is not None:
            window.remove_dock_widget(earlier)
        window.add_dock_widget(self, name=NAME, area="bottom", add_vertical_stretch=False)

    def show_scan(self, time: FloatArray | None, n_volumes: int, known_echo: bool) -> None:
        """Set the axes: s and 1/s where they are known, else volumes and TE-scaled."""
        self._time = np.arange(float(n_volumes)) if time is None else time
        self.note.hide()
        self.readout.setText("")
        self.readout.setMinimumHeight(0)
        for one in (self.readout, self.lens.words, self.plot, self.lens):
            one.show()
        item = self.plot.getPlotItem()
        item.setLabel("bottom", "Volume" if time is None else "Time (s)")
        unit = "ΔR2* (1/s)" if known_echo else "ΔR2*·TE"
        item.setLabel("left", f"AIF {unit}", **self._label_style)
        item.setLabel("right", f"Tissue {unit}", **self._label_style)
        item.setXRange(self._time[0], self._time[-1], padding=0.02)
        self.show_cursor(None)
        self.show_residue(None)

    def clear(self) -> None:
        """Show no scan."""
        for one in (self.readout, self.lens.words, self.plot, self.lens):
            one.hide()
        self.show_residue(None)
        self.note.show()

    def show_baseline(self, start: int, stop: int) -> None:
        """Draw the baseline over its volumes; emits nothing."""
        half = (self._time[1] - self._time[0]) / 2
        edges = self._time[start] - half, self._time[stop - 1] + half
        self.baseline.blockSignals(True)
        self.baseline.setBounds((self._time[0] - half, self._time[-1] + half))
        self.baseline.setRegion(edges)
        self.baseline.blockSignals(False)

    def show_artery(self, curves: FloatArray) -> None:
        """Draw the curves of the AIF's voxels, thin, and their mean, thick; shape (V, T)."""
        if len(curves) == 0:
            self.voxels.setData([], [])
            self.mean.setData([], [])
            self._fit()
            return
        some = curves[:: max(1, -(-len(curves) // MOST_THIN))]
        gap = np.full((len(some), 1), np.nan)  # parts one curve from the next
        times = np.concatenate([self._time, [np.nan]])
        self.voxels.setData(np.tile(times, len(some)), np.hstack([some, gap]).ravel())
        self.mean.setData(self._time, mean_curve(curves))
        self._fit()

    def show_brain(self, curve: FloatArray | None) -> None:
        """Draw the brain's mean curve, shape (T,); None clears it."""
        self.brain.setData(*_points(self._time, curve))
        self._fit()

    def show_cursor(self, curve: FloatArray | None) -> None:
        """Draw the curve under the cursor, shape (T,); None clears it."""
        self.hovered.setData(*_points(self._time, curve))
        self._fit()

    def show_residue(self, one: Residue | None) -> None:
        """Draw what the maps of the voxel under the cursor were read off: fit and residue."""
        self.fit.setData(*(([], []) if one is None else (one.time, one.fit)))
        self.lens.show_residue(one)

    def show_readout(self, words: str) -> None:
        """Say this above the curves, in as many lines as it takes.

        The room that it once took it keeps: the curves do not jump from voxel to voxel.
        """
        self.readout.setText(words)
        taken = self.readout.heightForWidth(self.readout.width())
        self.readout.setMinimumHeight(max(taken, self.readout.minimumHeight()))

    def show_volume(self, volume: int) -> None:
        """Mark the volume on screen."""
        self.now.setValue(self._time[volume])

    def _match_views(self) -> None:
        main = self.plot.getPlotItem().getViewBox()
        self._tissue.setGeometry(main.sceneBoundingRect())
        self._tissue.linkedViewChanged(main, pg.ViewBox.XAxis)

    def _fit(self) -> None:
        """Scale both axes to their curves, with their zeros at the same height."""
        left = _extent(self.voxels, self.mean)
        right = _extent(self.brain, self.hovered)
        below = max(-left[0] / left[1], -right[0] / right[1])
        for view, (_, top) in ((self.plot.getPlotItem().getViewBox(), left), (self._tissue, right)):
            view.setYRange(-below * top, top, padding=0.05)

    def _on_region(self) -> None:
        low, high = self.baseline.getRegion()
        start = int(np.searchsorted(self._time, low))
        stop = int(np.searchsorted(self._time, high, side="right"))
        if stop - start >= 2:
            self.baseline_moved.emit(start, stop)
        else:
            self.baseline_moved.emit(start, min(start + 2, self._time.size))

    def _follow_theme(self, _event: Any = None) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(self._viewer.theme)
        text, background = theme.text.as_hex(), theme.background.as_hex()
        self._label_style = {"color": text, "font-size": "8pt"}  # a low dock cuts long words off
        self.plot.setBackground(background)
        for label in (self.note, self.readout):
            label.setStyleSheet(f"color: {text}")
        for side in ("left", "bottom", "right"):
            axis = self.plot.getPlotItem().getAxis(side)
            axis.setPen(text)
            axis.setTextPen(text)
            if side != "bottom":
                axis.setLabel(axis.labelText, **self._label_style)
        self._legend.setLabelTextColor(text)
        for _, label in self._legend.items:
            label.setText(label.text)  # the colour is in the words
        self._word.setColor(text)
        behind = pg.mkColor(background)
        behind.setAlpha(200)
        self._legend.setBrush(behind)
        thin = pg.mkColor(AIF_RED)
        thin.setAlpha(110)
        self.voxels.setPen(pg.mkPen(thin, width=1))
        self.mean.setPen(pg.mkPen(AIF_RED, width=3))
        self.brain.setPen(pg.mkPen(BRAIN_GREY, width=2))
        cursor = cursor_color(background)
        self.hovered.setPen(pg.mkPen(cursor, width=1.5))
        self.fit.setPen(pg.mkPen(cursor, width=1.5, style=Qt.PenStyle.DashLine))
        self.lens.follow(theme)
        self.now.setPen(pg.mkPen(text, width=1, style=Qt.PenStyle.DashLine))


def _extent(*curves: Any) -> tuple[float, float]:
    """Smallest and largest value of some curves, around zero."""
    drawn = [one.yData for one in curves if one.yData is not None and len(one.yData)]
    known = [values[np.isfinite(values)] for values in drawn]
    low = min((float(values.min()) for values in known if values.size), default=0.0)
    high = max((float(values.max()) for values in known if values.size), default=0.0)
    return (min(low, 0.0), high) if high > 0 else (min(low, 0.0), max(1.0, -low))


def _points(time: FloatArray, curve: FloatArray | None) -> tuple[Any, Any]:
    return ([], []) if curve is None else (time, curve)
