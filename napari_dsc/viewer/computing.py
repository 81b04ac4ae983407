"""Compute, Cancel, Save: one run after the other, from a snapshot of the screen to its layers."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_dsc.core.pipeline import Analysis, Preview, Settings, stages
from napari_dsc.core.types import BoolArray, Progress, Series
from napari_dsc.viewer.jobs import save
from napari_dsc.viewer.layers import file_of
from napari_dsc.viewer.preview import Previews, slice_on_screen
from napari_dsc.viewer.runner import Failure, Runner, soon
from napari_dsc.viewer.scan import Scan
from napari_dsc.viewer.show_maps import show_maps

if TYPE_CHECKING:
    from magicgui.widgets import ProgressBar
    from napari import Viewer
    from napari.layers import Layer

__all__ = ["Computing"]

GRID_MARGIN = 0.14  # of a cell: room for names above the maps
RESIZED = 60  # ms that the window takes to lay out a new grid


class Computing:
    """Runs analyses of scans on a worker thread, and shows what they return.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the maps are shown.
    parent : QWidget
        Whose life the runs share.
    progress : ProgressBar
        Percent of the run.
    changed : callable
        Called when a run starts or ends.
    stepped : callable
        Called with words on what a run is doing.

    Attributes
    ----------
    said : str
        What the last run came to, in words.
    """

    def __init__(
        self,
        viewer: "Viewer",
        parent: QWidget,
        progress: "ProgressBar",
        changed: Callable[[], None],
        stepped: Callable[[str], None],
    ) -> None:
        self._viewer, self._parent, self._progress = viewer, parent, progress
        self._stepped = stepped
        self._previews: Previews | None = None
        self._runner = Runner(parent, changed, self._show_step)
        self.said = ""

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._runner.running

    def cancel(self) -> None:
        """Ask the run to stop at its next step."""
        self._stepped("Stopping …")
        self._runner.cancel()

    def start(
        self,
        scan: Scan,
        used: "list[Layer]",
        artery: BoolArray,
        brain: BoolArray | None,
        settings: Settings,
    ) -> None:
        """Compute the maps of a scan, unless a run is under way.

        Parameters
        ----------
        scan : Scan
            Whose maps.
        used : list of Layer
            Layers that must be there still when the maps are; the artery's is the first.
        artery, brain : ndarray of bool, shape (...)
            Their voxels; no brain for all.
        settings : Settings
            How.
        """
        series = scan.settled
        previews = self._previews = Previews(self._viewer, scan)
        known = None if scan.result is None else scan.result[1].prepared
        work = partial(stages, known=known, first=slice_on_screen(self._viewer, scan))

        def done(result: Analysis | Failure) -> None:
            previews.take_back()
            self.said = self._show(scan, series, used, result)
            if used[0].ndim == 4:
                self.said += "\nThe artery was painted in 4-D: a voxel counts in every volume."

        def cancelled() -> None:
            previews.take_back()
            self.said = "Cancelled: earlier maps are as they were."
            self._progress.value = 0

        self._progress.value = 0
        inputs = (series, artery, brain, settings)
        self._runner.start("Perfusion maps", work, *inputs, done=done, cancelled=cancelled)

    def save(self, scan: Scan, folder: Path) -> None:
        """Save the maps of a scan's last run and their record; earlier results are replaced."""
        if scan.result is None:
            return

        def done(result: list[Path] | Failure) -> None:
            if isinstance(result, Failure):
                self.said = result.message
            else:
                self.said = f"Saved {len(result)} files in {folder.name}."

        file = file_of(scan.layer)
        self._runner.start("Saving the maps", save, folder, *scan.result, file, done=done)

    def _show_step(self, step: Progress) -> None:
        self._progress.value = round(100 * step.fraction)
        self._stepped(f"{step.stage} …")
        if isinstance(step, Preview) and self._previews is not None:
            self._previews.show(step)

    def _show(
        self, scan: Scan, series: Series, used: "list[Layer]", result: Analysis | Failure
    ) -> str:
        """Show what a run returned; return what is to be said of it."""
        self._progress.value = 0
        if isinstance(result, Failure):
            return result.message
        gone = [layer.name for layer in used if layer not in self._viewer.layers]
        if gone:
            return f"Result discarded: layer {', '.join(gone)} was removed during the run."
        show_maps(self._viewer, scan, result)
        margin = GRID_MARGIN if self._viewer.canvas.grid.enabled else 0.05
        soon(self._parent, partial(self._viewer.fit_to_view, margin=margin), RESIZED)
        scan.result = (series, result)
        self._progress.value = 100
        stands, total = result.maps.quality_mask, int(result.brain.sum())
        share = 0 if stands is None else stands.sum() / total
        words = f"Done: {total:,} voxels, {share:.0%} with an answer that stands."
        return "\n".join([words, *series.notices, *result.notices])
