"""Menu of the volume under a right click on the curves: leave it out, use it again, end there."""

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import Qt, Signal  # type: ignore[attr-defined]
from qtpy.QtWidgets import QMenu

__all__ = ["VolumeMenu"]


class VolumeMenu(QMenu):
    """Opens at a right click on a plot.

    Emits `toggled(volume)` when a volume is to be left out or used again, `ended(end)` with the
    first that is not to be used, nor any after it, and `reset()` for all as the program proposes.

    Parameters
    ----------
    plot : PlotWidget
        Where to click.
    volume_at : callable
        Gives the volume at a place of its time axis, or None outside the scan.
    """

    toggled = Signal(int)
    ended = Signal(int)
    reset = Signal()

    def __init__(self, plot: Any, volume_at: Callable[[float], int | None]) -> None:
        super().__init__(plot)
        self._view, self._volume_at = plot.getPlotItem().getViewBox(), volume_at
        self._left_out: frozenset[int] = frozenset()
        plot.scene().sigMouseClicked.connect(self._on_click)

    def know(self, left_out: Sequence[int]) -> None:
        """Know which volumes are left out, counted from 0."""
        self._left_out = frozenset(left_out)

    def _on_click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.RightButton:
            return
        place = event.scenePos()
        if not self._view.sceneBoundingRect().contains(place):
            return
        volume = self._volume_at(self._view.mapSceneToView(place).x())
        if volume is not None:
            event.accept()
            self._fill(volume)
            self.popup(event.screenPos().toPoint())

    def _fill(self, volume: int) -> None:
        """Offer what can be done with a volume."""
        self.clear()
        out = volume in self._left_out
        words = f"Use volume {volume} again" if out else f"Leave volume {volume} out"
        self.addAction(words, lambda: self.toggled.emit(volume))
        if volume > 0:
            self.addAction(f"End before volume {volume}", lambda: self.ended.emit(volume))
        self.addSeparator()
        self.addAction("Volumes as proposed", self.reset.emit)
