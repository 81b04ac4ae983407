"""Motion correction: asked for in the workshop, done on a worker thread, shown as a scan."""

from collections.abc import Generator
from typing import TYPE_CHECKING

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

MADE = "It is a scan of its own now, with an AIF to draw: the one before is as it was."


class Moving:
    """Corrects the motion of the scan at hand.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the corrected scan is shown.
    screen : Screen
        The panel.
    workshop : Workshop
        Whose page asks for it, and shows the shifts.
    """

    def __init__(self, viewer: "Viewer", screen: Screen, workshop: Workshop) -> None:
        self._viewer, self._screen, self._workshop = viewer, screen, workshop
        self._page = workshop.motion
        self._runner = Runner(screen, screen.refresh_state, self._show_step)  # type: ignore[arg-type]
        screen.correct_motion.changed.connect(self._on_button)
        self._page.asked.connect(self.correct)

    @property
    def running(self) -> bool:
        """Whether a scan is being corrected."""
        return self._runner.running

    def cancel(self) -> None:
        """Stop it."""
        self._runner.cancel()

    def _on_button(self) -> None:
        self._workshop.show_page(self._page)

    def correct(self) -> None:
        """Correct the motion of the scan at hand."""
        scan = self._screen.scan
        if scan is None:
            self._page.say("Open a scan first.")
            return
        name, file = scan.layer.name, file_of(scan.layer)
        brain = scan.mask_or_none(scan.brain)

        def done(result: Motion | Failure) -> None:
            if isinstance(result, Failure):
                self._page.say(result.message)
                return
            # A record names the file, and how its volumes were moved.
            data, options, _ = corrected_layer(result.series, name, file, scan.settings)
            self._viewer.add_image(data, **options)
            self._page.show_result(result, " ".join([*result.notices, MADE]))

        self._runner.start(
            "Motion correction",
            _aligned,
            scan.settled,
            slice(*scan.span),
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
