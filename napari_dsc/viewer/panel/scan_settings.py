"""Settings of the scan at hand: each scan has its own, and the form shows them."""

from collections.abc import Mapping
from typing import Any

from magicgui.widgets import FloatSpinBox
from magicgui.widgets.bases import ValueWidget

from napari_dsc.core.errors import DscError
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.preferences import as_words
from napari_dsc.viewer.preferences import settings as preferred
from napari_dsc.viewer.scan.scan import Scan
from napari_dsc.viewer.screen import Screen

__all__ = ["ScanSettings"]

MOST_DECIMALS = 12


class ScanSettings:
    """Brings method, scale and switches from the form into the scan at hand, and back.

    A scan keeps what was set while it was at hand, by hand or from its record. One that is opened
    later starts with what was last set by hand, else with what is set in napari's preferences, and
    the status line says so. What a record has set stays with its scan, and so does what was chosen
    for its artery; what the user takes back reaches no other scan.

    Parameters
    ----------
    inputs : Inputs
        The form.
    screen : Screen
        Says which scan is at hand.
    """

    def __init__(self, inputs: Inputs, screen: Screen) -> None:
        self._widgets: dict[str, ValueWidget[Any]] = inputs.of_the_scan
        self._screen = screen
        screen.shown.connect(self.show)
        screen.edited.connect(self._on_edited)
        self._preferred = preferred()
        for name, value in self._preferred.items():
            _show_every_digit(self._widgets[name], value)
            self._widgets[name].value = value
        self._defaults = self._form()
        self._by_hand: dict[str, Any] = {}
        # Of each change by hand: what the scan had before, and what was by hand before.
        self._changes: dict[str, list[tuple[Any, dict[str, Any]]]] = {}
        self._filling = False
        for name, widget in self._widgets.items():
            widget.changed.connect(lambda value, name=name: self._on_change(name, value))

    def show(self, scan: Scan | None) -> None:
        """Show those of a scan; without one, those with which the next will start."""
        if scan is not None and not scan.facts.settings:
            scan.facts.inherit({**self._defaults, **self._by_hand}, self._carried_over())
        self._fill({**self._defaults, **self._by_hand} if scan is None else scan.facts.settings)

    def take(self, scan: Scan, settings: Mapping[str, Any]) -> None:
        """Give a scan the settings of its record; those that are not named stay."""
        known = scan.facts.settings or {**self._defaults, **self._by_hand}
        scan.facts.inherit({**known, **settings}, "")
        if scan is self._screen.scan:
            self._fill(scan.facts.settings)

    def choose(self, name: str, value: Any) -> None:
        """Set what is right for the scan at hand; no other scan starts with it."""
        scan = self._screen.scan
        if scan is not None and scan.facts.settings:
            self._fill({**scan.facts.settings, name: value})
            scan.facts.change_setting(name, value)

    def refuse(self, settings: Mapping[str, Any]) -> None:
        """Raise `DscError` for settings of a record that the form cannot hold."""
        for name, value in settings.items():
            widget = self._widgets[name]
            if isinstance(widget, FloatSpinBox) and not widget.min <= value <= widget.max:
                raise DscError(
                    f"{_named(widget)} must lie between {widget.min:g} and {widget.max:g} to be "
                    f"shown here, got {value:g}. Use napari-dsc replay for this record."
                )

    def _form(self) -> dict[str, Any]:
        return {name: widget.value for name, widget in self._widgets.items()}

    def _fill(self, settings: Mapping[str, Any]) -> None:
        self._filling = True
        try:
            for name, widget in self._widgets.items():
                if widget.value != settings[name]:
                    _show_every_digit(widget, settings[name])
                    widget.value = settings[name]
        finally:
            self._filling = False

    def _on_edited(self, names: frozenset[str]) -> None:
        """Show settings that were taken back; those that the user has set are there already."""
        scan = self._screen.scan
        if "settings" in names and scan is not None and scan.facts.settings:
            self._forget(scan.facts.settings)
            self._fill(scan.facts.settings)

    def _forget(self, settings: Mapping[str, Any]) -> None:
        """Let the next scan start as if what was taken back had never been set by hand."""
        for name, widget in self._widgets.items():
            changes = self._changes.get(name, [])
            was = widget.value
            while changes and was != settings[name]:
                was, before = changes.pop()
                self._by_hand.pop(name, None)
                self._by_hand |= before

    def _on_change(self, name: str, value: Any) -> None:
        if self._filling:
            return
        scan = self._screen.scan
        known = scan.facts.settings if scan is not None else {}
        before = {name: self._by_hand[name]} if name in self._by_hand else {}
        self._changes.setdefault(name, []).append((known.get(name), before))
        self._by_hand[name] = value
        if scan is None:
            self._screen.changed.emit()
        else:
            scan.facts.change_setting(name, value)

    def _carried_over(self) -> str:
        """Say which settings of a new scan are others than the program's own, and why."""
        told = [
            f"{_named(self._widgets[name])} {_in_words(value)}"
            for name, value in self._by_hand.items()
            if value != self._defaults[name]
        ]
        by_hand = f"Settings as last set by hand: {', '.join(told)}." if told else ""
        others = {name: one for name, one in self._preferred.items() if name not in self._by_hand}
        return " ".join(filter(None, (by_hand, as_words(others))))


def _show_every_digit(widget: ValueWidget[Any], value: Any) -> None:
    """Give a box as many decimals as a number has: it would round what it cannot show."""
    if isinstance(widget, FloatSpinBox):
        _, _, digits = f"{value:.{MOST_DECIMALS}f}".rstrip("0").partition(".")
        widget.native.setDecimals(max(len(digits), widget.native.decimals()))


def _named(widget: ValueWidget[Any]) -> str:
    """What the form calls a setting."""
    return str(getattr(widget, "text", "") or widget.label)


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
