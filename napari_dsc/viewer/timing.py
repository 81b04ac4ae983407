"""Times, baseline, window, volumes left out: the same on the form, the curves and in the scan."""

from collections.abc import Callable
from functools import partial

from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out import in_runs
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
    said : callable
        Called with why one cannot be as the user wants it.
    """

    def __init__(
        self,
        inputs: Inputs,
        curves: Curves,
        changed: Callable[[], None],
        said: Callable[[str], None],
    ) -> None:
        self._repetition_time, self._echo_time = inputs.repetition_time, inputs.echo_time
        self._baseline, self._window = inputs.baseline, inputs.first_pass
        self._quantity = inputs.quantity
        self._leave_out, self._end = inputs.leave_out, inputs.end
        self._changed, self._said, self._curves = changed, said, curves
        self._scan: Scan | None = None
        self._filling = False
        self._repetition_time.changed.connect(self._on_repetition_time)
        self._echo_time.changed.connect(self._on_echo_time)
        self._baseline.changed.connect(self._on_baseline)
        self._window.changed.connect(self._on_window)
        self._leave_out.changed.connect(self._on_leave_out)
        self._leave_out.native.editingFinished.connect(self._on_leave_out_entered)
        self._end.changed.connect(self._choose_end)
        curves.volume_toggled.connect(self._on_volume_toggled)
        curves.end_moved.connect(self._choose_end)
        curves.as_found.connect(lambda: self._choose(None, None))
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
        self._end.max = series.n_volumes
        self._end.value = scan.end or series.n_volumes
        chosen = scan.found if scan.leave_out is None else scan.leave_out
        none = "none" if scan.leave_out is not None else ""
        self._leave_out.value = in_runs(chosen or ()) or none
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

    def _on_leave_out(self) -> None:
        """Take what a program has written; what is being typed is taken once it is whole."""
        if not self._leave_out.native.isModified():
            self._on_leave_out_entered()

    def _on_leave_out_entered(self) -> None:
        scan, words = self._scan, str(self._leave_out.value).strip()
        if scan is None or self._filling:
            return
        shown = scan.found if scan.leave_out is None else scan.leave_out
        if words != (in_runs(shown or ()) or ("none" if scan.leave_out is not None else "")):
            self._choose(words or None, scan.end)

    def _choose_end(self, end: int) -> None:
        if self._scan is not None and not self._filling:
            self._choose(self._scan.leave_out, end)

    def _on_volume_toggled(self, volume: int) -> None:
        if self._scan is not None:
            self._try(partial(self._scan.toggle_volume, volume))

    def _choose(self, leave_out: tuple[int, ...] | str | None, end: int | None) -> None:
        if self._scan is not None:
            self._try(partial(self._scan.choose_left_out, leave_out, end))

    def _try(self, act: Callable[[], None]) -> None:
        """Leave out other volumes, or say why that cannot be."""
        try:
            act()
        except DscError as error:
            self.show(self._scan)
            if self._scan is not None:  # what was dragged goes back
                self._curves.show_left_out(self._scan.left_out or (), self._scan.end)
            self._said(str(error))
        else:
            self._tell()

    def _tell(self) -> None:
        """Say that something has changed; regions and sliders snap to what the scan makes of it."""
        self.show(self._scan)
        self._changed()
