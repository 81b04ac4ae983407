"""One input read under limits, and judged."""

import math
import resource
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter

import numpy as np

from napari_dsc import DscError, Series, read
from napari_dsc.core.errors import ChoiceNeededError
from scripts.fuzzing.damage import Input, Random, one_of

__all__ = ["GROWTH", "Unsound", "opened", "resident", "tried"]

GROWTH = 2**29  # bytes by which the largest memory may grow over one input
LONGEST = 2000  # characters of an error
PATIENCE = 5  # times what an input may take: then it is stopped
CANARY = "ZZCANARY"  # of the patient, in every DICOM file
NONSENSE = ["0", "-1", "99", "", "x", "1.0", "²", "١"]


class Unsound(Exception):  # noqa: N818  what it says is enough
    """A scan or an error that nobody should get."""


class Hang(BaseException):
    """Raised in whatever takes far too long, past every `except Exception`."""


def opened(path: Path, rng: Random) -> Series:
    """Read a scan; choose at random where the user is asked."""
    choices: dict[str, str] = {}
    for _ in range(8):
        try:
            series = read(path, **choices)
        except ChoiceNeededError as error:
            before = choices.get(error.fact)
            if not error.options or before in error.options:
                raise Unsound(f"asked for {error.fact!r} again, or with no option") from error
            if before is None and rng.random() < 0.2:
                choices[error.fact] = one_of(NONSENSE, rng)
            else:
                choices[error.fact] = one_of(list(error.options), rng)
            continue
        _refuse_unsound(series)
        return series
    raise Unsound("asked eight times")


def _refuse_unsound(series: Series) -> None:
    """Raise for a scan whose numbers or words make no sense."""
    times = [one for one in (series.time, series.slice_times) if one is not None]
    if not all(np.isfinite(one).all() for one in times):
        raise Unsound("a scan with times that are not finite")
    if series.echo_time is not None and not math.isfinite(series.echo_time):
        raise Unsound("a scan with an echo time that is not finite")
    if series.affine is not None and not np.isfinite(series.affine).all():
        raise Unsound("a scan with an affine that is not finite")
    told = [*series.notices, *series.questions, *series.sources, *series.sources.values()]
    if bad := [one for one in told if not _plain(one)]:
        raise Unsound(f"a scan that says {bad[0]!r:.200}")


def _plain(words: str) -> bool:
    return words.isprintable() and len(words) <= LONGEST and CANARY not in words


def tried(folder: Path, one: Input, seed: int) -> str:
    """Build and read an input twice if it was slow; say what came of it.

    Parameters
    ----------
    folder : Path
        An empty one, which is left empty.
    one : Input
        What to read.
    seed : int
        Of what is chosen at random on the way.

    Returns
    -------
    str
        "read", "refused", or what is wrong.
    """
    said = ""
    for _ in range(2):
        said, took = _once(folder, one, seed)
        if took <= one.slowest or said not in ("read", "refused"):
            return said  # what is wrong the first time is wrong
    return f"{said}, but after {took:.1f} s"


def _once(folder: Path, one: Input, seed: int) -> tuple[str, float]:
    own, temporary = folder / "input", folder / "temporary"
    own.mkdir()
    temporary.mkdir()
    one.build(own)
    _forget_peak()
    before, tempfile.tempdir = resident(), str(temporary)
    start = perf_counter()
    try:
        with _stopped(PATIENCE * one.slowest):
            one.read(own, np.random.default_rng(seed))
        said = "read"
    except DscError as error:
        said = _judged(str(error), own)
    except BaseException as error:  # whatever else is a fault of ours
        if isinstance(error, KeyboardInterrupt):
            raise
        said = f"{type(error).__name__}: {error!s:.300}"
    took = perf_counter() - start
    tempfile.tempdir = None
    if (grown := resident() - before) > GROWTH:
        said = f"{said}, but with {grown / 2**20:.0f} MiB more"
    if left := [path.name for path in temporary.iterdir()]:
        said = f"{said}, but {left[0]} is left behind"
    shutil.rmtree(temporary)
    shutil.rmtree(own)
    return said, took


def _judged(words: str, folder: Path) -> str:
    """Whether an error is one line of plain words that betrays nothing."""
    if not words.isprintable():
        return f"refused with control characters: {words!r:.300}"
    if len(words) > LONGEST:
        return f"refused in {len(words)} characters: {words:.300}"
    told = words.replace(f"got none at {folder}", "")  # what the user has typed
    if CANARY in told or str(folder.parent) in told:
        return f"refused with a name or folder: {words:.300}"
    return "refused"


@contextmanager
def _stopped(seconds: float) -> Generator[None, None, None]:
    def stop(*_: object) -> None:
        raise Hang(f"stopped after {seconds:g} s")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _forget_peak() -> None:
    """Have the largest memory counted anew, where that can be asked for."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def resident(of: int = resource.RUSAGE_SELF) -> int:
    """Bytes of memory that this process took at most; or the largest of those that it ran.

    Where the system keeps it, the peak of its own memory: what `getrusage` tells begins with that
    of the process that started this one.
    """
    status = Path("/proc/self/status")
    if of == resource.RUSAGE_SELF and status.is_file():
        (peak,) = (one for one in status.read_text().splitlines() if one.startswith("VmHWM:"))
        return int(peak.split()[1]) * 1024
    return resource.getrusage(of).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
