"""Motion correction: asked for in the workshop, done on a worker thread, shown as a scan."""

from collections.abc import Generator
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_dsc.core.types import BoolArray, Progress, Series
from napari_dsc.motion import Motion, align
from napari_dsc.viewer.aif.workshop_dock import Workshop
from napari_dsc.viewer.background.job_runner import Failure, Runner
from napari_dsc.viewer.contributions import corrected_layer
from napari_dsc.viewer.layers import file_of
from napari_dsc.viewer.screen import Screen

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["Moving"]

MADE = "It is a new scan, with an AIF to draw: the one before is as it was."


class Moving:
    """Corrects the motion of the scan at hand.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the corrected scan is shown.
    parent : QWidget
        Whose life the work shares.
    screen : Screen
        Says which scan is at hand.
    workshop : Workshop
        Whose page asks for it, and shows the shifts.

    Attributes
    ----------
    changed : SignalInstance
        Emits when a correction starts or ends.
    """

    def __init__(
        self, viewer: "Viewer", parent: QWidget, screen: Screen, workshop: Workshop
    ) -> None:
        self._viewer, self._screen, self._workshop = viewer, screen, workshop
        self._page = workshop.motion
        self._runner = Runner(parent)
        self._runner.progressed.connect(self._show_step)
        self.changed = self._runner.changed
        self._page.asked.connect(self.correct)

    @property
    def running(self) -> bool:
        """Whether a scan is being corrected."""
        return self._runner.running

    def cancel(self) -> None:
        """Stop it."""
        self._runner.cancel()

    def show_page(self) -> None:
        """Show the page that asks for it."""
        self._workshop.show_page(self._page)

    def correct(self) -> None:
        """Correct the motion of the scan at hand."""
        scan = self._screen.scan
        if scan is None:
            self._page.say("Open a scan first.")
            return
        name, file = scan.layer.name, file_of(scan.layer)
        brain = scan.mask_or_none(scan.layers.brain)

        def done(result: Motion | Failure) -> None:
            if isinstance(result, Failure):
                self._page.say(result.message)
                return
            # A record names the file, and how its volumes were moved.
            data, options, _ = corrected_layer(result.series, name, file, scan.facts.settings)
            self._viewer.add_image(data, **options)
            self._page.show_result(result, " ".join([*result.notices, MADE]))

        self._runner.start(
            "Motion correction",
            _aligned,
            scan.facts.settled,
            slice(*scan.facts.span),
            brain,
            done=done,
            cancelled=lambda: self._page.say("Stopped."),
        )
        self._page.say("Correcting motion …", ready=False)

    def _show_step(self, step: Progress) -> None:
        self._page.say(f"{step.stage} … {step.fraction:.0%}", ready=False)


def _aligned(
    series: Series, baseline: slice, brain: BoolArray | None
) -> Generator[Progress, None, Motion]:
    return (yield from align(series, baseline=baseline, brain=brain))
