"""Stretches of volumes on the time axis: discarded, baseline, and the first-pass window."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]

from napari_dsc.core.left_out_volumes import stretches
from napari_dsc.core.types import FloatArray

if TYPE_CHECKING:
    from napari.utils.theme import Theme

__all__ = ["End", "Span", "Spans", "edges_of"]

BAND = 0.13  # of the height, at the foot: the window's, so that the rest is the baseline's
BASELINE_BLUE = (90, 150, 255, 45)
WINDOW_VIOLET = (165, 105, 240, 90)
DISCARDED_GREY = (128, 128, 128, 90)
LEFT_OUT = (230, 120, 40, 70)


def edges_of(time: FloatArray) -> FloatArray:
    """Where one volume ends and the next begins: halfway; shape (T + 1,) for times (T,), s.

    Examples
    --------
    >>> edges_of(np.array([0.0, 2.0, 4.0]))
    array([-1.,  1.,  3.,  5.])
    """
    middles = (time[1:] + time[:-1]) / 2
    first, last = 2 * time[0] - middles[0], 2 * time[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]])


class Span(pg.LinearRegionItem):  # type: ignore[misc]
    """Whole volumes, that a hand can move by the middle and resize by the edges.

    Emits `moved(start, stop)` in volumes when that was done.

    Parameters
    ----------
    word : str
        Written beside its first edge.
    color : tuple of int
        Red, green, blue and opacity, of 255.
    height : tuple of float
        Which part of the plot's height it takes, of 1.
    place : float
        How high the word stands in it, of 1.
    fewest : int
        Volumes that are left when it is made narrow.
    """

    moved = Signal(int, int)

    def __init__(
        self,
        word: str,
        color: tuple[int, ...],
        height: tuple[float, float],
        place: float,
        fewest: int,
    ) -> None:
        super().__init__((0, 1), brush=color, pen=pg.mkPen(color[:3], width=2), span=height)
        self.setZValue(-10)
        self._fewest = fewest
        self._time: FloatArray = np.arange(2.0)
        self._first = 0
        self._word = pg.InfLineLabel(
            self.lines[0], word, position=place, anchors=[(0, 0.5), (0, 0.5)]
        )
        self.sigRegionChangeFinished.connect(self._settle)

    def set_time(self, time: FloatArray, first: int = 0) -> None:
        """Lie on these times, (T,), from a first volume on."""
        self._time, self._first = time, first
        start, stop = self.volumes()
        edges = edges_of(time)
        self.blockSignals(True)
        self.setBounds((edges[first], edges[-1]))
        self.blockSignals(False)
        self.show_volumes(start, stop)

    def show_volumes(self, start: int, stop: int) -> None:
        """Lie over these volumes; emits nothing."""
        edges = edges_of(self._time)
        self.blockSignals(True)
        self.setRegion((edges[start], edges[stop]))
        self.blockSignals(False)

    def volumes(self) -> tuple[int, int]:
        """First volume in it, and the first after it."""
        low, high = self.getRegion()
        n = self._time.size
        start = int(np.searchsorted(self._time, low))
        stop = int(np.searchsorted(self._time, high, side="right"))
        start = max(self._first, min(start, n - self._fewest))
        return start, min(n, max(stop, start + self._fewest))

    def follow(self, text: str) -> None:
        """Write its word in this colour."""
        self._word.setColor(text)

    def mouseDragEvent(self, event: Any) -> None:  # noqa: N802 (pyqtgraph's name)
        """Move as a whole: at an end of the scan it stops, and does not shrink."""
        if not self.movable or event.button() != Qt.MouseButton.LeftButton:
            return
        event.accept()
        if event.isStart():
            self.startPositions = [line.pos() for line in self.lines]
            self.moving = True
        if not self.moving:  # taken back with the right button
            return
        placed = [one.x() for one in self.startPositions]
        ends = self.lines[0].maxRange
        shift = event.pos().x() - event.buttonDownPos().x()
        shift = min(max(shift, ends[0] - min(placed)), ends[1] - max(placed))
        self.blockLineSignal = True
        for line, at in zip(self.lines, placed, strict=True):
            line.setValue(at + shift)
        self.blockLineSignal = False
        self.prepareGeometryChange()
        if event.isFinish():
            self.moving = False
            self.sigRegionChangeFinished.emit(self)
        else:
            self.sigRegionChanged.emit(self)

    def _settle(self) -> None:
        start, stop = self.volumes()
        self.show_volumes(start, stop)
        self.moved.emit(start, stop)


class End(pg.InfiniteLine):  # type: ignore[misc]
    """Where the scan ends for the analysis, between two volumes; it can be dragged.

    Emits `moved(end)`, the first volume that is not used, when that was done.
    """

    moved = Signal(int)

    def __init__(self) -> None:
        pen = pg.mkPen(LEFT_OUT[:3], width=2, style=Qt.PenStyle.DashLine)
        super().__init__(angle=90, movable=True, pen=pen, span=(BAND, 1))
        self.setZValue(-12)
        self.setToolTip("Nothing from here on is used: drag it.")
        self._edges: FloatArray = np.array([0.0, 1.0])
        self._end = 1
        self.sigPositionChangeFinished.connect(self._settle)

    def show_volumes(self, edges: FloatArray, end: int) -> None:
        """Lie before a volume, on the edges of all, shape (T + 1,); emits nothing."""
        self._edges, self._end = edges, end
        self.setBounds((edges[1], edges[-1]))
        self.setValue(edges[end])

    def _settle(self) -> None:
        end = int(np.abs(self._edges[1:] - self.value()).argmin()) + 1
        if end != self._end:
            self.show_volumes(self._edges, end)
            self.moved.emit(end)
        else:
            self.setValue(self._edges[end])


class Spans:
    """The three stretches, each in a room of its own so that every edge can be grabbed.

    The window holds the baseline, and by default they begin at one edge: the window is grabbed
    in a band at the foot of the plot, the baseline above it. Dotted lines carry the window's
    edges up through the curves; no hand can take those.

    Parameters
    ----------
    plot : PlotWidget
        Where they lie.

    Attributes
    ----------
    baseline, window : Span
        Can be dragged, s.
    discarded : LinearRegionItem
        Volumes before the steady state; hidden where there is none.
    left_out : list of LinearRegionItem
        Runs of volumes that are not used.
    end : End
        Before the first volume that is not used, nor any after it; can be dragged, s.
    """

    def __init__(self, plot: Any) -> None:
        self.baseline = Span("baseline", BASELINE_BLUE, (BAND, 1), 0.92, fewest=2)
        self.window = Span("window", WINDOW_VIOLET, (0, BAND), 0.5, fewest=3)
        self.baseline.setToolTip("Volumes before the bolus: drag the middle or an edge.")
        self.window.setToolTip("Volumes of the first pass that count: drag the band or its ends.")
        self.discarded = pg.LinearRegionItem(
            (0, 1), brush=DISCARDED_GREY, pen=pg.mkPen(None), movable=False
        )
        self.discarded.setZValue(-20)
        self.discarded.setToolTip("Volumes before the steady state: nothing is read off them.")
        self._word = pg.InfLineLabel(
            self.discarded.lines[0], "discarded", position=0.55, anchors=[(0.5, 0)] * 2, angle=90
        )
        self._guides = [pg.InfiniteLine(angle=90, movable=False) for _ in self.window.lines]
        for line, guide in zip(self.window.lines, self._guides, strict=True):
            line.sigPositionChanged.connect(lambda one, guide=guide: guide.setValue(one.value()))
            guide.setPen(pg.mkPen(WINDOW_VIOLET[:3], style=Qt.PenStyle.DotLine))
            guide.setZValue(-15)
        self.end = End()
        for one in (self.discarded, self.baseline, self.window, self.end, *self._guides):
            plot.addItem(one, ignoreBounds=True)
        self._time: FloatArray = np.arange(2.0)
        self._chosen: tuple[int, int] | None = None
        self._count = 0
        self._plot = plot
        self.left_out: list[Any] = []
        self.discarded.hide()
        self.window.moved.connect(self._on_window)

    def set_time(self, time: FloatArray) -> None:
        """Lie on other times, (T,): nothing is discarded, and the window spans all."""
        self._time, self._chosen = time, None
        self.baseline.set_time(time)
        self.show_discarded(0)
        self.show_left_out(())
        self.show_end(None)

    def volume_at(self, at: float) -> int | None:
        """Volume that is measured at a time, s; None outside the scan."""
        edges = edges_of(self._time)
        volume = int(np.searchsorted(edges, at, side="right")) - 1
        return volume if 0 <= volume < self._time.size else None

    def show_end(self, end: int | None) -> None:
        """Draw where the scan ends: before a volume, or after the last; emits nothing."""
        self.end.show_volumes(edges_of(self._time), self._time.size if end is None else end)

    def show_window(self, start: int, stop: int) -> None:
        """Draw the window over its volumes, as far as they are retained; emits nothing."""
        self._chosen = start, stop
        self._place_window()

    def show_discarded(self, count: int) -> None:
        """Shade the first volumes; the window keeps clear of them."""
        self._count = count
        edges = edges_of(self._time)
        self.discarded.setRegion((edges[0], edges[count]))
        self.discarded.setVisible(count > 0)
        self.window.set_time(self._time, count)
        self._place_window()

    def show_left_out(self, volumes: Sequence[int]) -> None:
        """Shade volumes that are not used; neighbours share one band."""
        for old in self.left_out:
            self._plot.removeItem(old)
        edges, self.left_out = edges_of(self._time), []
        for start, stop in stretches(volumes):
            if stop > self._time.size:
                continue
            band = pg.LinearRegionItem(
                (edges[start], edges[stop]), brush=LEFT_OUT, pen=pg.mkPen(None), movable=False
            )
            band.setZValue(-19)
            many = (
                f"Volumes {start} to {stop - 1} are" if stop - start > 1 else f"Volume {start} is"
            )
            band.setToolTip(f"{many} left out: nothing is read off there.")
            self._plot.addItem(band, ignoreBounds=True)
            self.left_out.append(band)

    def follow(self, theme: "Theme") -> None:
        """Take on the colours of a theme."""
        text = theme.text.as_hex()
        for one in (self.baseline, self.window):
            one.follow(text)
        self._word.setColor(text)

    def _place_window(self) -> None:
        start, stop = self._chosen or (self._count, self._time.size)
        self.window.show_volumes(max(start, self._count), max(stop, self._count + 1))

    def _on_window(self, start: int, stop: int) -> None:
        self._chosen = start, stop
