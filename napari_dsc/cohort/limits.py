"""A scan in a process of its own, with limits of time and memory: it takes nobody with it."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from typing import Any

__all__ = ["Limits", "ScanDiedError", "run_limited", "uninterrupted"]

PRELOADED = [  # each process begins with them; those that are not installed are passed over
    "napari_dsc.cohort.one_scan", "napari_dsc.report", "nibabel", "scipy.ndimage", "scipy.optimize",
    "scipy.signal", "jinja2", "matplotlib.figure", "matplotlib.style",
    "matplotlib.backends.backend_agg", "PIL.PngImagePlugin", "PIL.BmpImagePlugin",
    "PIL.GifImagePlugin", "PIL.JpegImagePlugin", "PIL.PpmImagePlugin", "PIL.ImageDraw",
    "PIL.ImageFont", "PIL._imagingft", "reportlab", "importlib.resources.readers",
    "encodings.utf_8_sig", "encodings.unicode_escape",
]  # fmt: skip
MEGABYTE = 2**20
STARTING = Lock()  # a worker may have several threads


@dataclass(frozen=True, slots=True)
class Limits:
    """What one scan may use.

    Parameters
    ----------
    seconds : float
        Of the clock.
    megabytes : float
        Of memory beyond that of a process that has only started.
    """

    seconds: float = 1800.0
    megabytes: float = 8192.0


class ScanDiedError(Exception):
    """The process of a scan ended without an answer: the words say how."""


def run_limited(work: Callable[[Any], dict[str, Any]], job: Any, limits: Limits) -> dict[str, Any]:
    """Run work in a process of its own.

    Parameters
    ----------
    work : callable
        A function of a module: it is called with `job`.
    job : object
        Can be pickled.
    limits : Limits
        What it may use.

    Returns
    -------
    dict
        What the work returned.

    Raises
    ------
    ScanDiedError
        If it took too long, or the process ended before it had returned.
    """
    context = _context()
    reading, writing = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(writing, work, job, limits.megabytes))
    with _may_have_children(), uninterrupted():
        process.start()
    writing.close()
    try:
        if not reading.poll(limits.seconds):
            raise ScanDiedError(f"it took more than {limits.seconds:g} s")
        answer = reading.recv()
    except EOFError:
        process.join(10)
        raise ScanDiedError(_how_it_ended(process.exitcode)) from None
    finally:
        reading.close()
        if process.is_alive():
            process.join(1)
        if process.is_alive():
            process.kill()
            process.join()
    if isinstance(answer, str):
        raise ScanDiedError(answer)
    return dict(answer)


def _context() -> Any:
    """Processes that begin with everything imported, where the system can fork one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Keep Ctrl+C from processes and threads that are started meanwhile, and from theirs.

    A terminal sends it to all of them at once; whoever started them ends them, without a word.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    resource_tracker.ensure_running()  # its own start would let signals in again
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _may_have_children() -> Iterator[None]:
    """Let a worker that somebody else started as a daemon start the process of a scan."""
    own: Any = multiprocessing.process.current_process()
    config = own._config
    with STARTING:
        was = config.get("daemon")
        config["daemon"] = False
        try:
            yield
        finally:
            config["daemon"] = was


def _child(
    writing: Connection, work: Callable[[Any], dict[str, Any]], job: Any, megabytes: float
) -> None:
    """Do the work within its limits, and send what it returns."""
    _end_with_parent()
    _limit_memory(megabytes)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    try:
        answer: Any = work(job)
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    with suppress(OSError):
        writing.send(answer)
        writing.close()


def _end_with_parent() -> None:
    """End this process as soon as whoever started it is gone, however that ended.

    The server that forks processes outlives it for as long as one of them lives: no signal comes.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_wait_for_end, args=(parent,), daemon=True).start()


def _wait_for_end(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _limit_memory(megabytes: float) -> None:
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _in_use() + int(megabytes * MEGABYTE)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _in_use() -> int:
    """Bytes of addresses that this process has now."""
    with suppress(OSError, ValueError, IndexError):
        text = Path("/proc/self/statm").read_text(encoding="ascii")
        return int(text.split()[0]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = str(-code)
        return f"its process was ended by {name}"
    return f"its process ended with code {code}"
