"""What seems odd of a scan: what it holds is chosen, and what was looked at is confirmed."""

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Content
from napari_dsc.viewer.inputs import Inputs
from napari_dsc.viewer.opening import Opening
from napari_dsc.viewer.snapshot import Screen

__all__ = ["Doubts"]


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
