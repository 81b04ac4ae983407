"""The live loop: a change on the screen becomes maps, without a press of Compute."""

from typing import TYPE_CHECKING

from napari_dsc.core.errors import DscError
from napari_dsc.viewer.compute.run import Computing
from napari_dsc.viewer.panel.form_reader import Reading

if TYPE_CHECKING:
    from magicgui.widgets import CheckBox

__all__ = ["Live"]


class Live:
    """Computes anew whenever something that decides the maps has changed, while it is on.

    A run that is overtaken by a change is stopped, and nothing of it is shown. A change that
    leaves nothing to compute, such as an artery without a voxel, takes back what is not whole.

    Parameters
    ----------
    switch : CheckBox
        Whether it is on.
    computing : Computing
        Runs and shows.
    reading : Reading
        Tells what a run would be made from now.
    """

    def __init__(
        self,
        switch: "CheckBox",
        computing: Computing,
        reading: Reading,
    ) -> None:
        self._switch, self._computing, self._reading = switch, computing, reading
        switch.changed.connect(self.changed)

    @property
    def on(self) -> bool:
        """Whether changes are followed."""
        return bool(self._switch.value)

    def changed(self) -> None:
        """Follow a change of the screen."""
        if not self.on:
            return
        try:
            wanted = self._reading.snapshot()
        except DscError:  # the panel says what is missing
            self._computing.withdraw(self._reading.scan)
            return
        self._computing.supersede(wanted)

    def moved(self) -> None:
        """Another slice is on screen: while the rest is under way, it goes first."""
        if self.on and self._computing.running:
            self.changed()
