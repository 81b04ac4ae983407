"""Runner of one job at a time on a worker thread: progress, cancel, and no lost exception."""

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from threading import Event, Thread
from time import perf_counter
from typing import Any, Protocol, TypeAlias

from napari.qt.threading import GeneratorWorker, create_worker
from napari.utils import progress as activity
from psygnal import Signal, SignalInstance
from qtpy.QtCore import QObject, QTimer

from napari_dsc.core.errors import NO_MEMORY, DscError
from napari_dsc.core.pipeline import Preview
from napari_dsc.core.types import Progress
from napari_dsc.io.log_file import TOLD
from napari_dsc.viewer.background.gc_pause import Keeper, calm

__all__ = ["Failure", "Job", "Runner", "soon"]

PAUSE = 0.1  # s between two steps that the activity dock is told: each redraws the window
LONG = 300  # ms after which a job is told to the activity dock: what is over by then is not

log = logging.getLogger(__name__)

Work: TypeAlias = Callable[..., Generator[Progress, None, Any]]


@dataclass(frozen=True, slots=True)
class Failure:
    """What a job returns instead of raising: one line for the user."""

    message: str


class Job(Protocol):
    """Something that runs on a worker thread, and can be stopped."""

    @property
    def changed(self) -> SignalInstance:
        """Emits when it starts or ends."""
        ...

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        ...

    def cancel(self) -> None:
        """Stop it at its next step."""
        ...


class _FastLane:
    """Brings the first preview of a job to the main thread while that waits for it.

    A queued signal comes after the window has been painted, which takes longer than a slice.
    """

    def __init__(self) -> None:
        self._here = Event()
        self._preview: Preview | None = None

    def offer(self, step: Progress) -> None:
        """Called on the worker thread with every step."""
        if self._preview is None and isinstance(step, Preview):
            self._preview = step
            self._here.set()

    def close(self) -> None:
        """Called on the worker thread at the end: nobody has to wait any longer."""
        self._here.set()

    def take(self, patience: float) -> Preview | None:
        """Wait for the preview, s; None if it does not come."""
        self._here.wait(patience)
        return self._preview


class _Worker(GeneratorWorker):  # type: ignore[misc]  # napari tells no types
    """A worker that ends its job on its own thread, and holds nothing of it afterwards.

    napari's leaves a generator that it stops as it is, until somebody collects it. It is told to
    let go of a worker on the thread that started it, which is over here; and its list of tasks
    keeps the worker for as long as the window lives.
    """

    def start(self) -> None:
        """Start at once.

        From within a running event loop it would be started a turn later: after the window has
        been painted, and perhaps after it has been closed. A thread without a loop starts it
        directly.
        """
        finished, discard = getattr(self, "_finished", None), getattr(self, "_set_discard", None)
        if finished is not None and discard is not None:
            finished.connect(discard)
        starter = Thread(target=super().start)
        starter.start()
        starter.join()

    def work(self) -> Any:
        """Do the job, and end it where it stands: its frame goes, and all that it was given."""
        try:
            return super().work()
        finally:
            if (steps := getattr(self, "_gen", None)) is not None:
                steps.close()


def _guarded(lane: _FastLane, work: Work, *inputs: Any) -> Generator[Progress, None, Any]:
    """Run a generator of the core; an exception becomes a `Failure`."""
    steps, begun = work(*inputs), perf_counter()
    try:
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                log.info("%s ended after %.1f s", _name(work), perf_counter() - begun)
                return end.value
            lane.offer(step)
            yield step
    except DscError as error:
        log.warning("refused: %s", error, extra=TOLD)
        return Failure(str(error))
    except MemoryError:
        return Failure(NO_MEMORY)
    except Exception as error:  # a fault of ours: the details go to the log
        log.exception("napari-dsc failed:")
        return Failure(f"Something went wrong ({type(error).__name__}); the log has the details.")
    finally:
        steps.close()
        lane.close()


def _name(work: Any) -> str:
    """Name of the function that does a job, for the log."""
    while isinstance(work, partial):
        work = work.func
    return str(getattr(work, "__name__", type(work).__name__))


def soon(parent: QObject, action: Callable[[], None], pause: int = 0) -> None:
    """Act once the events that wait have been handled, unless the parent is gone by then.

    Parameters
    ----------
    parent : QObject
        For whom.
    action : callable
        What to do.
    pause : int
        After how long, ms.
    """
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(action)
    timer.timeout.connect(timer.deleteLater)
    timer.start(pause)


class Runner(QObject):
    """Runs one job at a time; a second one is refused while the first is under way.

    Its signals are emitted in the main thread, and no longer once its parent is gone.

    Parameters
    ----------
    parent : QObject
        Whose jobs these are.

    Attributes
    ----------
    changed : SignalInstance
        Emits when a job starts or ends.
    progressed : SignalInstance
        Emits each `Progress`.
    """

    changed = Signal()
    progressed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._worker: Any = None
        self._still = Keeper(self)
        self._bar: Any = None
        self._number = 0  # of jobs that were started
        self._told = 0.0
        self._shown: Progress | None = None  # before its signal came
        self._started: list[Any] = []  # workers that have not told that they are over
        self._done: Callable[[Any], None] | None = None
        self._cancelled: Callable[[], None] | None = None

    @property
    def running(self) -> bool:
        """Whether a job is under way."""
        return self._worker is not None

    def start(
        self,
        title: str,
        work: Work,
        *inputs: Any,
        done: Callable[[Any], None],
        cancelled: Callable[[], None] | None = None,
        quiet: bool = False,
        patience: float = 0.0,
    ) -> bool:
        """Start a job, unless one is under way.

        Parameters
        ----------
        title : str
            What it does, for napari's activity dock, where it stands once it takes long.
        work : callable
            Makes a generator of `Progress`; runs on a worker thread, on snapshots.
        *inputs
            Its arguments.
        done : callable
            Called with what it returns, or with a `Failure`.
        cancelled : callable, optional
            Called if it was cancelled.
        quiet : bool
            Leave napari's activity dock out: it redraws the window at each step.
        patience : float
            For so long the caller waits for the first preview, s: it is then part of the next
            picture of the window.

        Returns
        -------
        bool
            Whether it was started.
        """
        if self.running:
            return False
        self._still.begin()
        lane = _FastLane()
        worker = create_worker(_guarded, lane, work, *inputs, _worker_class=_Worker)
        # Methods of a QObject: Qt forgets them when the panel goes.
        worker.yielded.connect(self._on_yielded)
        worker.returned.connect(self._on_returned)
        worker.aborted.connect(self._on_aborted)
        worker.finished.connect(self._on_finished)
        self._started.append(worker)
        self._worker, self._done, self._cancelled = worker, done, cancelled
        self._number += 1
        self.changed.emit()
        worker.start()
        if not quiet:
            soon(self, partial(self._show_bar, self._number, title), LONG)
        if patience > 0 and (preview := lane.take(patience)) is not None:
            self._shown = preview
            self._on_step(preview)
        return True

    def _show_bar(self, number: int, title: str) -> None:
        """Tell napari's activity dock of a job, if it is still under way.

        It handles events before it returns: the job can end meanwhile.
        """
        if not (self.running and number == self._number):
            return
        bar = activity(total=100, desc=title)
        if self.running and number == self._number:
            self._bar, self._told = bar, perf_counter()
        else:
            bar.close()

    def cancel(self) -> None:
        """Ask the job to stop at its next step."""
        if self._worker is not None:
            self._worker.quit()

    def _on_yielded(self, step: Progress) -> None:
        if step is not self._shown:
            self._on_step(step)

    def _on_step(self, step: Progress) -> None:
        self.progressed.emit(step)
        now = perf_counter()
        bar = self._bar
        if bar is not None and now > self._told + PAUSE:
            self._told = now
            bar.set_description(step.stage)  # it handles events: the job can end meanwhile
            if bar is self._bar:
                bar.update(round(100 * step.fraction) - bar.n)

    def _on_returned(self, result: Any) -> None:
        done, _ = self._end()
        if done is not None:
            done(result)
        self.changed.emit()

    def _on_aborted(self) -> None:
        _, cancelled = self._end()
        if cancelled is not None:
            cancelled()
        self.changed.emit()

    def _on_finished(self) -> None:
        """Take a worker as stopped that was stopped at its last step: it told neither end."""
        if self._started.pop(0) is self._worker:
            self._on_aborted()

    def _end(self) -> tuple[Callable[[Any], None] | None, Callable[[], None] | None]:
        """Forget the job; return what it was to end with."""
        self._still.stop()
        calm()  # layers may follow
        ends = self._done, self._cancelled
        self._worker = self._done = self._cancelled = self._shown = None
        if self._bar is not None:
            self._bar.close()
        self._bar = None
        return ends
