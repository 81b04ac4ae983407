"""Times, baseline, window and quantity of a scan: on the form, on the curves and in the scan."""

from collections.abc import Callable

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Content
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.layers import set_time_step
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.scan.open_scan import Opening
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen

__all__ = ["Doubts", "Timing"]


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


class Doubts:
    """Follows the choice of the quantity and of a bolus, and the button that says all is right.

    Parameters
    ----------
    screen : Screen
        The panel.
    inputs : Inputs
        Its widgets.
    opening : Opening
        Looks at a scan anew.
    """

    def __init__(self, screen: Screen, inputs: Inputs, opening: Opening) -> None:
        self._screen, self._inputs, self._opening = screen, inputs, opening
        inputs.quantity.changed.connect(self._on_quantity)
        inputs.confirm.changed.connect(self._on_confirm)
        inputs.bolus.changed.connect(self._on_bolus)

    def _on_quantity(self, quantity: Content) -> None:
        scan = self._screen.scan
        if scan is None or quantity == scan.series.quantity:
            return
        try:
            self._opening.take_as(scan, quantity)
        except DscError as error:
            self._inputs.quantity.value = scan.series.quantity
            self._screen.say(str(error))

    def _on_bolus(self, bolus: int | None) -> None:
        scan = self._screen.scan
        if scan is None or bolus is None or bolus == scan.bolus or not scan.boluses:
            return
        self._opening.choose_bolus(scan, bolus)

    def _on_confirm(self) -> None:
        if self._screen.scan is not None:
            self._screen.scan.checked = True
            self._screen.changed()
