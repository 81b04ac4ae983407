"""One job at a time on a worker thread: progress, cancel, and no exception that escapes."""

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias

from napari.qt.threading import GeneratorWorker, create_worker
from napari.utils import progress as activity

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import Progress

__all__ = ["Failure", "Runner"]

log = logging.getLogger(__name__)

Work: TypeAlias = Callable[..., Generator[Progress, None, Any]]


@dataclass(frozen=True, slots=True)
class Failure:
    """What a job returns instead of raising: one line for the user."""

    message: str


def _guarded(work: Work, *inputs: Any) -> Generator[Progress, None, Any]:
    """Run a generator of the core; an exception becomes a `Failure`."""
    try:
        return (yield from work(*inputs))
    except DscError as error:
        return Failure(str(error))
    except Exception as error:  # a fault of ours: the details go to the log
        log.exception("napari-dsc failed")
        return Failure(f"Something went wrong ({type(error).__name__}); the log has the details.")


class Runner:
    """Runs one job at a time; a second one is refused while the first is under way.

    Parameters
    ----------
    changed : callable
        Called when a job starts or ends.
    progressed : callable
        Called in the main thread with each `Progress`.
    """

    def __init__(
        self, changed: Callable[[], None], progressed: Callable[[Progress], None] | None = None
    ) -> None:
        self._changed = changed
        self._progressed = progressed
        self._worker: GeneratorWorker | None = None

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
    ) -> bool:
        """Start a job, unless one is under way.

        Parameters
        ----------
        title : str
            What it does, for napari's activity dock.
        work : callable
            Makes a generator of `Progress`; runs on a worker thread, on snapshots.
        *inputs
            Its arguments.
        done : callable
            Called in the main thread with what it returns, or with a `Failure`.
        cancelled : callable, optional
            Called in the main thread if it was cancelled.

        Returns
        -------
        bool
            Whether it was started.
        """
        if self.running:
            return False
        worker = create_worker(_guarded, work, *inputs)
        bar = activity(total=100, desc=title)

        def show(step: Progress) -> None:
            if self._worker is not worker:
                return
            if self._progressed is not None:
                self._progressed(step)
            bar.set_description(step.stage)
            bar.update(round(100 * step.fraction) - bar.n)  # lets Qt handle what is waiting

        def end(then: Callable[..., None] | None, *result: Any) -> None:
            self._worker = None
            bar.close()
            if then is not None:
                then(*result)
            self._changed()

        worker.yielded.connect(show)
        worker.returned.connect(lambda result: end(done, result))
        worker.aborted.connect(lambda: end(cancelled))
        self._worker = worker
        self._changed()
        worker.start()
        return True

    def cancel(self) -> None:
        """Ask the job to stop at its next step."""
        if self._worker is not None:
            self._worker.quit()
