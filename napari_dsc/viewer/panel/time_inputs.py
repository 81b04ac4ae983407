"""Times, baseline, window, volumes left out: the same on the form, the curves and in the scan."""

from collections.abc import Callable
from functools import partial

from qtpy.QtWidgets import QAbstractSpinBox

from napari_dsc.core.errors import DscError
from napari_dsc.core.left_out_volumes import in_runs
from napari_dsc.core.types import Content
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.layers import set_time_step
from napari_dsc.viewer.panel.widgets import PRELOADS, Inputs
from napari_dsc.viewer.scan.open_scan import Opening
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen

__all__ = ["Doubts", "Timing", "from_header"]


def from_header(scan: Scan, name: str) -> bool:
    """Whether the header of a scan gives its "repetition_time" or "echo_time"."""
    series = scan.facts.series
    return bool(getattr(series, name)) and (name != "echo_time" or series.quantity == "signal")


class Timing:
    """Reads times and volumes off the form and the curves into the scan at hand, and back.

    Parameters
    ----------
    screen : Screen
        Says which scan is at hand, and what the user has changed of it.
    inputs : Inputs
        Their widgets.
    curves : Curves
        Where baseline and window can be dragged, and volumes left out.
    """

    def __init__(self, screen: Screen, inputs: Inputs, curves: Curves) -> None:
        self._repetition_time, self._echo_time = inputs.repetition_time, inputs.echo_time
        self._baseline, self._window = inputs.baseline, inputs.first_pass
        self._quantity = inputs.quantity
        self._leave_out, self._end = inputs.leave_out, inputs.end
        self._screen, self._curves = screen, curves
        self._filling = False
        self._shown: Scan | None = None
        self._filled: dict[str, float] = {}  # times as they were shown last
        self._open: set[str] = set()  # times of a header that can be typed over now
        self._times = {"repetition_time": self._repetition_time, "echo_time": self._echo_time}
        for name, widget in self._times.items():
            widget.native.editingFinished.connect(partial(self._on_typed, name))
        self._repetition_time.changed.connect(self._on_repetition_time)
        self._echo_time.changed.connect(self._on_echo_time)
        self._baseline.changed.connect(self._on_baseline)
        self._window.changed.connect(self._on_window)
        self._leave_out.changed.connect(self._on_leave_out)
        self._leave_out.native.editingFinished.connect(self._on_leave_out_entered)
        self._end.changed.connect(self._choose_end)
        self._flip_angle, self._preload = inputs.flip_angle, inputs.preload
        self._flip_angle.changed.connect(self._on_flip_angle)
        self._preload.changed.connect(self._on_preload)
        curves.volume_toggled.connect(self._on_volume_toggled)
        curves.end_moved.connect(self._choose_end)
        curves.as_found.connect(lambda: self._choose(None, None))
        curves.baseline_moved.connect(self._on_baseline_dragged)
        curves.window_moved.connect(self._on_window_dragged)
        screen.shown.connect(self.show)
        screen.edited.connect(self._on_edited)

    @property
    def _scan(self) -> Scan | None:
        return self._screen.scan

    def show(self, scan: Scan | None) -> None:
        """Show those of a scan."""
        if scan is None:
            return
        self._filling = True
        series = scan.facts.settled
        if scan is not self._shown:
            self._shown = scan
            self._open.clear()
        self._repetition_time.value = scan.facts.repetition_time or series.repetition_time or 0.0
        measured = series.quantity == "signal"  # else no echo time has a part in it
        self._echo_time.value = series.echo_time or 0.0 if measured else 0.0
        self._flip_angle.value = series.flip_angle or 0.0
        self._preload.value = PRELOADS[{None: 0, True: 1, False: 2}[series.preload]]
        self._filled = {name: widget.value for name, widget in self._times.items()}
        self._quantity.value = series.quantity
        self._baseline.max = self._window.max = series.n_volumes - 1
        self._baseline.value, self._window.value = scan.facts.span, scan.facts.frame
        self._end.max = series.n_volumes
        self._end.value = scan.facts.end or series.n_volumes
        chosen = scan.facts.found if scan.facts.leave_out is None else scan.facts.leave_out
        none = "none" if scan.facts.leave_out is not None else ""
        self._leave_out.value = in_runs(chosen or ()) or none
        self._filling = False
        self._lock(scan)

    # -- times that the header gives -----------------------------------------------------------

    def edit(self, name: str) -> None:
        """Open a time that the header gives for typing, until Enter or another field.

        Parameters
        ----------
        name : str
            "repetition_time" or "echo_time".
        """
        if self._scan is not None:
            self._open.add(name)
            self._lock(self._scan)
            native = self._times[name].native
            native.setFocus()
            native.selectAll()

    def back_to_header(self, name: str) -> None:
        """Take a time as the header gives it again."""
        if self._scan is not None:
            self._open.discard(name)
            facts = self._scan.facts
            {
                "repetition_time": facts.enter_repetition_time,
                "echo_time": facts.enter_echo_time,
            }[name](None)
            self.show(self._scan)

    def _lock(self, scan: Scan) -> None:
        """Have no hand change a time that the header gives, unless it was opened for that."""
        for name, widget in self._times.items():
            locked = from_header(scan, name) and name not in self._open
            if widget.native.isReadOnly() != locked:
                widget.native.setReadOnly(locked)
                arrows = QAbstractSpinBox.ButtonSymbols
                widget.native.setButtonSymbols(arrows.NoButtons if locked else arrows.UpDownArrows)

    def _on_typed(self, name: str) -> None:
        if name in self._open and self._scan is not None:
            self._open.discard(name)
            self._lock(self._scan)

    def _on_edited(self, names: frozenset[str]) -> None:
        """Show what a scan makes of a change."""
        scan = self._scan
        if scan is not None and "repetition_time" in names:
            set_time_step(scan.layer, scan.facts.settled.repetition_time)
        self.show(scan)

    def _is_new(self, name: str) -> bool:
        """Whether a time is another than was shown: Qt tells of Enter in a closed box too."""
        return bool(self._times[name].value != self._filled.get(name))

    def _on_repetition_time(self, seconds: float) -> None:
        if self._scan is not None and not self._filling and self._is_new("repetition_time"):
            self._scan.facts.enter_repetition_time(seconds or None)

    def _on_echo_time(self, seconds: float) -> None:
        free = not self._filling and self._echo_time.enabled
        if self._scan is not None and free and self._is_new("echo_time"):
            self._scan.facts.enter_echo_time(seconds or None)

    def _on_flip_angle(self, degrees: float) -> None:
        if self._scan is not None and not self._filling:
            self._scan.facts.enter_flip_angle(degrees or None)

    def _on_preload(self, words: str) -> None:
        if self._scan is not None and not self._filling:
            given = {PRELOADS[1]: True, PRELOADS[2]: False}
            self._scan.facts.enter_preload(given.get(words))

    def _on_baseline(self) -> None:
        start, stop = (int(edge) for edge in self._baseline.value)
        if not self._filling and stop > start:
            self._on_baseline_dragged(start, stop)

    def _on_window(self) -> None:
        start, stop = (int(edge) for edge in self._window.value)
        if not self._filling and stop > start:
            self._on_window_dragged(start, stop)

    def _on_baseline_dragged(self, start: int, stop: int) -> None:
        scan = self._scan
        if scan is None:
            return
        refused = ""
        try:
            scan.facts.set_baseline(start, stop)
        except DscError as error:
            refused = f"{str(error)[0].upper()}{str(error)[1:]}"
        self._snap(scan)
        if refused:
            self._screen.say(refused)

    def _on_window_dragged(self, start: int, stop: int) -> None:
        if self._scan is not None:
            self._scan.facts.set_window(start, stop)
            self._snap(self._scan)

    def _snap(self, scan: Scan) -> None:
        """Bring bands and sliders to what the scan makes of them, also where that is no change."""
        self.show(scan)
        self._curves.show_baseline(*scan.facts.span)
        self._curves.show_window(*scan.facts.frame)

    def _on_leave_out(self) -> None:
        """Take what a program has written; what is being typed is taken once it is whole."""
        if not self._leave_out.native.isModified():
            self._on_leave_out_entered()

    def _on_leave_out_entered(self) -> None:
        scan, words = self._scan, str(self._leave_out.value).strip()
        if scan is None or self._filling:
            return
        shown = scan.facts.found if scan.facts.leave_out is None else scan.facts.leave_out
        if words != (in_runs(shown or ()) or ("none" if scan.facts.leave_out is not None else "")):
            self._choose(words or None, scan.facts.end)

    def _choose_end(self, end: int) -> None:
        if self._scan is not None and not self._filling:
            self._choose(self._scan.facts.leave_out, end)

    def _on_volume_toggled(self, volume: int) -> None:
        if self._scan is not None:
            self._try(partial(self._scan.facts.toggle_volume, volume))

    def _choose(self, leave_out: tuple[int, ...] | str | None, end: int | None) -> None:
        if self._scan is not None:
            self._try(partial(self._scan.facts.choose_left_out, leave_out, end))

    def _try(self, act: Callable[[], None]) -> None:
        """Leave out other volumes, or say why that cannot be."""
        try:
            act()
        except DscError as error:
            self.show(self._scan)
            if self._scan is not None:  # what was dragged goes back
                self._curves.show_left_out(self._scan.facts.left_out or (), self._scan.facts.end)
            self._screen.say(str(error))
        else:
            self.show(self._scan)


class Doubts:
    """Follows the choice of the quantity and of a bolus, and takes that all is right.

    Parameters
    ----------
    screen : Screen
        Says which scan is at hand.
    inputs : Inputs
        Its widgets.
    opening : Opening
        Looks at a scan anew.
    """

    def __init__(self, screen: Screen, inputs: Inputs, opening: Opening) -> None:
        self._screen, self._inputs, self._opening = screen, inputs, opening
        inputs.quantity.changed.connect(self._on_quantity)
        inputs.bolus.changed.connect(self._on_bolus)

    def _on_quantity(self, quantity: Content) -> None:
        scan = self._screen.scan
        if scan is None or quantity == scan.facts.series.quantity:
            return
        try:
            self._opening.take_as(scan, quantity)
        except DscError as error:
            self._inputs.quantity.value = scan.facts.series.quantity
            self._screen.say(str(error))

    def _on_bolus(self, bolus: int | None) -> None:
        scan = self._screen.scan
        if scan is None or bolus is None or bolus == scan.facts.bolus or not scan.facts.boluses:
            return
        self._opening.choose_bolus(scan, bolus)

    def confirm(self) -> None:
        """Take notice that somebody has looked at what seems odd."""
        if self._screen.scan is not None:
            self._screen.scan.facts.confirm()
