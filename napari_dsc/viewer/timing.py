"""Times, baseline, window: on the form, on the curves and in the scan, always the same."""

from collections.abc import Callable

from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.inputs import Inputs
from napari_dsc.viewer.layers import set_time_step
from napari_dsc.viewer.scan import Scan

__all__ = ["Timing"]


class Timing:
    """Reads times and volumes off the form and the curves into the scan at hand, and back.

    Parameters
    ----------
    inputs : Inputs
        Their widgets.
    curves : Curves
        Where baseline and window can be dragged.
    changed : callable
        Called when the user has changed one of them.
    """

    def __init__(self, inputs: Inputs, curves: Curves, changed: Callable[[], None]) -> None:
        self._repetition_time, self._echo_time = inputs.repetition_time, inputs.echo_time
        self._baseline, self._window = inputs.baseline, inputs.first_pass
        self._quantity = inputs.quantity
        self._changed = changed
        self._scan: Scan | None = None
        self._filling = False
        self._repetition_time.changed.connect(self._on_repetition_time)
        self._echo_time.changed.connect(self._on_echo_time)
        self._baseline.changed.connect(self._on_baseline)
        self._window.changed.connect(self._on_window)
        curves.baseline_moved.connect(self._on_baseline_dragged)
        curves.window_moved.connect(self._on_window_dragged)

    def show(self, scan: Scan | None) -> None:
        """Show those of a scan; from now on they are the scan's."""
        self._scan = scan
        if scan is None:
            return
        self._filling = True
        series = scan.settled
        self._repetition_time.value = scan.repetition_time or series.repetition_time or 0.0
        measured = series.quantity == "signal"  # else no echo time has a part in it
        self._echo_time.value = series.echo_time or 0.0 if measured else 0.0
        self._quantity.value = series.quantity
        self._baseline.max = self._window.max = series.n_volumes
        self._baseline.value, self._window.value = scan.span, scan.frame
        self._filling = False

    def _on_repetition_time(self, seconds: float) -> None:
        if self._scan is not None and not self._filling:
            self._scan.repetition_time = seconds or None
            set_time_step(self._scan.layer, self._scan.settled.repetition_time)
            self._scan.repropose()
            self._tell()

    def _on_echo_time(self, seconds: float) -> None:
        if self._scan is not None and not self._filling and self._echo_time.enabled:
            self._scan.echo_time = seconds or None
            self._tell()

    def _on_baseline(self) -> None:
        start, stop = (int(edge) for edge in self._baseline.value)
        if self._scan is not None and not self._filling and stop > start:
            self._scan.baseline = (start, stop)
            self._tell()

    def _on_window(self) -> None:
        start, stop = (int(edge) for edge in self._window.value)
        if self._scan is not None and not self._filling and stop > start:
            self._scan.set_window(start, stop)
            self._tell()

    def _on_baseline_dragged(self, start: int, stop: int) -> None:
        if self._scan is not None:
            self._scan.baseline = (start, stop)
            self._tell()

    def _on_window_dragged(self, start: int, stop: int) -> None:
        if self._scan is not None:
            self._scan.set_window(start, stop)
            self._tell()

    def _tell(self) -> None:
        """Say that something has changed; regions and sliders snap to what the scan makes of it."""
        self.show(self._scan)
        self._changed()
