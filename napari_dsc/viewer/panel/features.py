"""Features of the panel: everything that can be asked for by a button."""

from dataclasses import dataclass

from napari_dsc.core.errors import DscError
from napari_dsc.viewer.aif.aif_files import Keeping
from napari_dsc.viewer.aif.aif_layers import Vessels
from napari_dsc.viewer.aif.motion_correction import Moving
from napari_dsc.viewer.aif.studies import Studies
from napari_dsc.viewer.aif.workshop_dock import Workshop
from napari_dsc.viewer.background.job_runner import Job
from napari_dsc.viewer.compute.run import Computing
from napari_dsc.viewer.curves import Curves
from napari_dsc.viewer.panel.autosave import Autosaving
from napari_dsc.viewer.panel.doors import Doors
from napari_dsc.viewer.panel.drawing_tools import Tools
from napari_dsc.viewer.panel.form_reader import Reading
from napari_dsc.viewer.panel.save_and_restore import Results
from napari_dsc.viewer.panel.stating import Stating
from napari_dsc.viewer.panel.time_inputs import Doubts, Timing
from napari_dsc.viewer.panel.widgets import Inputs
from napari_dsc.viewer.reading.workspaces import Workspaces
from napari_dsc.viewer.review.review import Room
from napari_dsc.viewer.screen import Screen
from napari_dsc.viewer.tumour.leakage import Leaking

__all__ = ["Features"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Features of the window.

    Parameters
    ----------
    form, screen, reading : Inputs, Screen, Reading
        The widgets, the scan at hand, and what a run would be made from now.
    autosaving, computing, doors, doubts, keeping, leaking, moving, results, stating, studies
        What is done: each is explained by its class.
    timing, tools, vessels : Timing, Tools, Vessels
        What is done: each is explained by its class.
    curves, room, workshop, workspaces : Curves, Room, Workshop, Workspaces
        What is docked beside the panel, and how.
    """

    form: Inputs
    screen: Screen
    reading: Reading
    autosaving: Autosaving
    computing: Computing
    doors: Doors
    doubts: Doubts
    keeping: Keeping
    leaking: Leaking
    moving: Moving
    results: Results
    stating: Stating
    studies: Studies
    timing: Timing
    tools: Tools
    vessels: Vessels
    curves: Curves
    room: Room
    workshop: Workshop
    workspaces: Workspaces

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What can be under way, and stopped."""
        own = (self.computing, self.studies, self.vessels, self.moving)
        room = self.room
        return (*own, room.reporting, room.aligning, room.carrying, room.tumours)

    @property
    def busy(self) -> bool:
        """Whether something is being computed, looked for or saved."""
        return any(one.running for one in self.jobs)

    def cancel(self) -> None:
        """Stop whatever is under way."""
        for one in self.jobs:
            if one.running:
                one.cancel()

    def compute(self) -> None:
        """Compute the maps of the scan at hand, unless a run is under way."""
        if self.computing.running:
            return
        self.form.probe.value = False
        self.tools.disarm()
        try:
            self.computing.start(self.reading.snapshot(alone=True))
        except DscError as error:
            self.screen.say(str(error))

    def propose(self, *, vein: bool) -> None:
        """Look for an artery, or a vein, in the brain or the search region."""
        self.vessels.propose(vein=vein, within=self.form.region.value)
