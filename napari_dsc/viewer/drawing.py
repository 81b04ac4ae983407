"""The curve dock kept in step with the scan, its masks, the cursor and the time on screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtCore import QTimer
from superqt.utils import qthrottled

from napari_dsc.core.errors import DscError
from napari_dsc.core.pipeline import mean_signal
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.scan import Scan

if TYPE_CHECKING:
    from napari.layers import Labels

__all__ = ["Drawing"]

EDIT_PAUSE = 60  # ms after the last edit of a mask before its curves are drawn
CURSOR_PAUSE = 33  # ms between two curves under the cursor


class Drawing:
    """Draws the curves of the scan at hand.

    Parameters
    ----------
    viewer : napari.Viewer
        Tells the volume on screen.
    curves : Curves
        Where to draw.
    redrawn : callable
        Called after that, with whether a mask has changed.
    """

    def __init__(
        self, viewer: napari.Viewer, curves: Curves, redrawn: Callable[[bool], None]
    ) -> None:
        self._viewer = viewer
        self._curves = curves
        self._redrawn = redrawn
        self._scan: Scan | None = None
        self._position: tuple[float, ...] | None = None
        self._layers: tuple[Labels | None, Labels | None] = (None, None)
        self._pause = QTimer(curves)
        self._pause.setSingleShot(True)
        self._pause.setInterval(EDIT_PAUSE)
        self._pause.timeout.connect(self._draw_masks)
        self.cursor = qthrottled(self._draw_cursor, timeout=CURSOR_PAUSE, parent=curves)
        self.volume = qthrottled(self._draw_volume, timeout=CURSOR_PAUSE, parent=curves)

    def scan(self, scan: Scan | None) -> None:
        """Draw a scan anew: its times or its baseline have changed, or it is another one."""
        self._scan, self._position = scan, None
        if scan is None:
            self._curves.clear()
            return
        series = scan.settled
        self._curves.show_scan(series.time, series.n_volumes, series.echo_time is not None)
        self._curves.show_baseline(*scan.span)
        scan.forget_drawn()
        self._draw_masks()
        self._draw_volume()

    def masks(self, artery: "Labels | None", brain: "Labels | None") -> None:
        """Follow these layers from now on."""
        for layer in {one for one in self._layers if one is not None}:
            layer.events.paint.disconnect(self.edited)
            layer.events.set_data.disconnect(self.edited)
        self._layers = (artery, brain)
        for layer in {one for one in self._layers if one is not None}:
            layer.events.paint.connect(self.edited)  # a stroke
            layer.events.set_data.connect(self.edited)  # undo, new data; a slider step too
        self._draw_masks()

    def edited(self, _event: Any = None) -> None:
        """Draw the masks once the edits pause."""
        self._pause.start()

    def _draw_masks(self) -> None:
        scan, changed = self._scan, False
        if scan is not None:
            try:
                artery, brain = (scan.mask(layer) for layer in self._layers)
            except DscError:  # of another shape: the panel says so
                artery = brain = None
            if scan.is_new("brain", brain):
                changed = True
                scan.mean_signal = None
                if brain is not None and brain.any():
                    scan.mean_signal = mean_signal(scan.series, brain)
                self._curves.show_brain(scan.mean_curve())
            if scan.is_new("artery", artery):
                changed = True
                self._curves.show_artery(scan.curves_in(artery))
        self._redrawn(changed)

    def maps(self) -> None:
        """Read the maps anew where the cursor last was: a run has changed them."""
        if self._position is not None:
            self._draw_cursor(self._position)

    def _draw_cursor(self, position: tuple[float, ...]) -> None:
        scan = self._scan
        self._position = position
        if scan is None or scan.layer not in self._viewer.layers:
            return
        flat = self._viewer.dims.ndisplay == 2  # in 3-D no voxel lies under the cursor
        voxel = scan.voxel_at(position, self._viewer.layers.extent.units) if flat else None
        self._curves.show_cursor(None if voxel is None else scan.curve_at(voxel))
        self._curves.show_residue(None if voxel is None else scan.look_at(voxel))
        self._curves.show_readout("" if voxel is None else scan.read_out(voxel))

    def _draw_volume(self, _event: Any = None) -> None:
        scan = self._scan
        if scan is not None and scan.layer in self._viewer.layers:
            volume = scan.volume_at(self._viewer.dims.point, self._viewer.layers.extent.units)
            if volume is not None:
                self._curves.show_volume(volume)
