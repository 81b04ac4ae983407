"""Compute, Cancel, Save: one run after the other, from a snapshot of the screen to its layers."""

from collections.abc import Generator, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from napari.layers import Layer
from psygnal import Signal
from qtpy.QtWidgets import QWidget

from napari_dsc.core.pipeline import Analysis, Preview, acceptance_in, stages
from napari_dsc.core.plausibility import GOOD
from napari_dsc.core.types import Progress
from napari_dsc.viewer.background.job_runner import Failure, Runner, soon
from napari_dsc.viewer.background.write_jobs import Writer, save
from napari_dsc.viewer.compute.slice_preview import Previews, slice_on_screen
from napari_dsc.viewer.compute.snapshot import Snapshot
from napari_dsc.viewer.layers import file_of
from napari_dsc.viewer.maps.map_layers import (
    NOTHING_FREE,
    RESIZED,
    blank_in,
    show_maps,
    show_whole,
)
from napari_dsc.viewer.maps.spread_layers import show_spreads
from napari_dsc.viewer.scan.results import Inputs
from napari_dsc.viewer.scan.scan import Scan

if TYPE_CHECKING:
    from napari import Viewer

__all__ = ["PATIENCE", "Computing", "Patience", "said_of"]

PAUSE, QUIET = 0.15, 2.0  # s between two steps that are shown, of a run and of a live one
PATIENCE = 0.05  # s that a gesture waits for its slice: a picture of the window takes as long
MOST_IN_VAIN = 8  # gestures that do not wait before another one tries
SPREADS = "Maps of scatter or intervals are in the list of layers: click the eye beside each."
NO_SPREADS = "This method tells neither scatter nor intervals."


class Patience:
    """How long gestures wait for their slice, so that one picture of the window shows both.

    Each waits a little. After one that waited in vain some do not, twice as many each time: on a
    large scan waiting is nearly always lost, and on a small one a slow start is soon forgotten.
    """

    def __init__(self) -> None:
        self._pass, self._left = 0, 0

    def next(self) -> float:
        """Time that the next gesture waits, s."""
        if self._left:
            self._left -= 1
            return 0.0
        return PATIENCE

    def learn(self, came: bool) -> None:
        """Whether the slice came to a gesture that waited."""
        self._pass = 0 if came else min(2 * self._pass or 1, MOST_IN_VAIN)
        self._left = self._pass


class Computing:
    """Runs analyses of scans on a worker thread, and shows what they return.

    Parameters
    ----------
    viewer : napari.Viewer
        Where the maps are shown.
    parent : QWidget
        Whose life the runs share.

    Attributes
    ----------
    changed : SignalInstance
        Emits when a run starts or ends.
    progressed : SignalInstance
        Emits percent of the run.
    stepped : SignalInstance
        Emits words on what a run is doing.
    previewed : SignalInstance
        Emits when the slice on screen has been refreshed.
    said : str
        What the last run came to, in words.
    quiet : bool
        Whether the run is a live one: it is over soon, and nobody pressed a button.
    scan : Scan or None
        Whose maps the last run computed.
    """

    changed = Signal()
    progressed = Signal(int)
    stepped = Signal(str)
    previewed = Signal()

    def __init__(self, viewer: "Viewer", parent: QWidget) -> None:
        self._viewer, self._parent = viewer, parent
        self._previews: Previews | None = None
        self._next: Snapshot | None = None
        self._saving = False
        self._painted, self._pause = 0.0, PAUSE
        self._patience = Patience()
        self._slice_came = False  # of the run that was started last
        self._runner = Runner(parent)
        self._runner.changed.connect(self.changed)
        self._runner.progressed.connect(self._show_step)
        self.said, self.quiet = "", False
        self.scan: Scan | None = None

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._runner.running

    def cancel(self) -> None:
        """Ask the run to stop at its next step."""
        self._next = None
        self.stepped.emit("Stopping …")
        self._runner.cancel()

    def start(self, wanted: Snapshot) -> None:
        """Compute the maps of a snapshot, unless a run is under way."""
        if not self.running:
            self._run(wanted, quiet=False)

    def supersede(self, wanted: Snapshot) -> None:
        """Compute the maps of a snapshot; of a run under way nothing more is shown."""
        if self.running:
            self._next = wanted
            # What is being written is written to its end, and what was asked for is computed.
            if not self._saving and (self.quiet or wanted.scan is self.scan):
                self._runner.cancel()
        else:
            self._run(wanted, quiet=True)

    def withdraw(self, scan: Scan | None) -> None:
        """Stop a run of a scan whose inputs are no longer whole: nothing of it is shown."""
        if self.running and not self._saving and scan is self.scan:
            self.cancel()

    def _run(self, wanted: Snapshot, *, quiet: bool) -> None:
        scan = wanted.scan
        if self._previews is None or self._previews.scan is not scan:
            self._previews = Previews(self._viewer, scan)
        known = None if scan.results.run is None else scan.results.run[1].prepared
        first = slice_on_screen(self._viewer, scan)
        work = partial(
            _with_pictures,
            known=known,
            first=first,
            vein=wanted.vein,
            origins=wanted.origins,
            leakage=wanted.leakage,
        )
        if not quiet:
            self.progressed.emit(0)
        self.quiet, self.scan = quiet, scan
        self._painted = perf_counter()
        self._pause = QUIET if quiet else PAUSE
        inputs = (wanted.series, wanted.artery, wanted.brain, wanted.settings)
        self._slice_came = False
        patience = self._patience.next() if quiet else 0.0
        self._runner.start(
            "Perfusion maps",
            work,
            *inputs,
            done=partial(self._end, wanted),
            cancelled=self._end_cancelled,
            quiet=quiet,
            patience=patience,
        )
        if patience:
            self._patience.learn(self._slice_came)

    def _end(self, wanted: Snapshot, result: Analysis | Failure) -> None:
        """Show what a run returned, unless another takes its place."""
        if not self._go_on():
            self._show(wanted, result)

    def _end_cancelled(self) -> None:
        """Bring back what was shown before a run that was stopped, unless another follows."""
        if not self._go_on():
            self._take_back()
            self.said = "Cancelled: earlier maps are as they were."
            self.progressed.emit(0)

    def _go_on(self) -> bool:
        """Start the run that has taken the place of the one that just ended, if one has."""
        wanted, self._next = self._next, None
        if wanted is None:
            return False
        if self._previews is not None and self._previews.scan is not wanted.scan:
            self._take_back()
        self._run(wanted, quiet=True)
        return True

    def forget(self, scan: Scan) -> None:
        """Hold on to nothing of a scan that was removed."""
        if self._previews is not None and self._previews.scan is scan:
            self._previews = None
        if self.scan is scan:
            self.scan = None

    def _take_back(self) -> None:
        if self._previews is not None:
            self._previews.take_back()

    def show_saved(
        self,
        wanted: Snapshot,
        analysis: Analysis,
        said: str,
        free: Mapping[str, Layer] = NOTHING_FREE,
    ) -> None:
        """Show maps that lie on the disk, as those of a run from a snapshot of the screen.

        Parameters
        ----------
        wanted : Snapshot
            What a run would be made from now: what these maps were made from.
        analysis : Analysis
            The maps, with their curves.
        said : str
            What is to be said of them.
        free : mapping of str to Layer
            Layers of a scan that has gone, from `free_layers`.
        """
        scan = wanted.scan
        self.quiet, self.scan, self._previews = False, scan, None
        if show_maps(self._viewer, scan, analysis, free):
            soon(self._parent, partial(show_whole, self._viewer), RESIZED)
        scan.results.keep(analysis, wanted)
        if scan.results.run is not None:
            scan.results.take_saved(scan.results.run)
        self.said = said
        self.changed.emit()

    def save(self, scan: Scan, folder: Path, write: Writer = save) -> None:
        """Save the maps of a scan's last run; earlier results are replaced."""
        if self.running or scan.results.run is None:
            return
        run = scan.results.run
        found = acceptance_in(run[1])

        def done(result: list[Path] | Failure) -> None:
            if isinstance(result, Failure):
                self.said = result.message
            else:
                scan.results.take_saved(run)
                self.said = f"Saved {len(result)} files in {folder.name}."
                if doubt := found.doubt:
                    self.said += f"\n{doubt}"
            self._saving = False
            self._go_on()

        def cancelled() -> None:
            self._saving = False
            self.said = "Saving was stopped: what was there stands, if its record does."
            self._go_on()

        file = file_of(scan.layer)
        inputs = (folder, *run, file)
        self.quiet = False
        self._saving = self._runner.start(
            "Saving the maps", write, *inputs, done=done, cancelled=cancelled
        )

    def _show_step(self, step: Progress) -> None:
        if self._next is not None:  # what it does is of no interest any more
            return
        if perf_counter() > self._painted + self._pause:  # Qt paints the window at each value
            self._painted = perf_counter()
            self.progressed.emit(round(100 * step.fraction))
            self.stepped.emit(f"{step.stage} …")
        if isinstance(step, Preview) and self._previews is not None:
            self._slice_came = True
            self._previews.show(step)
            self.previewed.emit()

    def _show(self, wanted: Snapshot, result: Analysis | Failure) -> None:
        """Show what a run returned, and say what is to be said of it."""
        scan = wanted.scan
        gone = [layer.name for layer in wanted.used if layer not in self._viewer.layers]
        if isinstance(result, Failure) or gone:
            self._take_back()
            self.progressed.emit(0)
            self.said = (
                result.message
                if isinstance(result, Failure)
                else f"Result discarded: layer {', '.join(gone)} was removed during the run."
            )
            return
        if show_maps(self._viewer, scan, result):
            soon(self._parent, partial(show_whole, self._viewer), RESIZED)
        beside = show_spreads(self._viewer, scan, result)
        if self._previews is not None:
            self._previews.keep()
        scan.results.keep(result, wanted.with_reference(result.leaked))
        self.progressed.emit(100)
        spreads = SPREADS if beside else NO_SPREADS if result.settings.spread else ""
        self.said = said_of(result, wanted, spreads)


def said_of(analysis: Analysis, made_from: Inputs, spreads: str = "") -> str:
    """What a run came to, in lines: the voxels that were accepted, the AIF, what is to be known.

    Parameters
    ----------
    analysis : Analysis
        What it returned.
    made_from : Inputs
        What it was made from.
    spreads : str
        Where maps of scatter are; empty: nothing is said of them.
    """
    found = acceptance_in(analysis)
    done = "Done, but not usable as it is" if found.doubt else "Done"
    words = f"{done}: {found.voxels:,} voxels, {found.share:.0%} accepted."
    good = (one.words for one in analysis.findings if one.level == GOOD)
    noted = *made_from.notices, *made_from.series.notices, *analysis.warnings
    return "\n".join(filter(None, [" ".join((words, *good)), spreads, *noted]))


def _with_pictures(*inputs: Any, **facts: Any) -> Generator[Progress, None, Analysis]:
    """Compute maps as `stages`, and on the same thread what their pictures and sentences need."""
    analysis = yield from stages(*inputs, **facts)
    blank_in(analysis)
    acceptance_in(analysis)
    return analysis
