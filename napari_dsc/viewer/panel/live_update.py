"""The live loop: a change on the screen becomes maps, without a press of Compute."""

from typing import TYPE_CHECKING

from napari_dsc.core.errors import DscError
from napari_dsc.viewer.compute.run import Computing
from napari_dsc.viewer.panel.form_reader import Reading
from napari_dsc.viewer.screen import Screen

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
    screen : Screen
        Says what has changed.
    computing : Computing
        Runs and shows.
    reading : Reading
        Tells what a run would be made from now.
    """

    def __init__(
        self,
        switch: "CheckBox",
        screen: Screen,
        computing: Computing,
        reading: Reading,
    ) -> None:
        self._switch, self._computing, self._reading = switch, computing, reading
        switch.changed.connect(self.follow)
        screen.changed.connect(self.follow)

    @property
    def on(self) -> bool:
        """Whether changes are followed."""
        return bool(self._switch.value)

    @property
    def awaited(self) -> bool:
        """Whether a slice of the maps is on its way, after a change."""
        return self.on and self._computing.running

    def follow(self) -> None:
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
            self.follow()
