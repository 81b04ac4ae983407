"""Temporary files and folders that never outlive their process by more than its next start.

Each bears the mark of its process, is locked while it is used, and is listed, with its place, in
the folder that the system gives the user for the state of programs. Whoever is killed leaves the
list behind: `sweep_all`, at each start, removes what is on it. What belongs to a process that
lives, or may live, stays.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp, mkstemp

from platformdirs import user_state_path

from napari_dsc.io.file_locks import LOCK, is_held, remove_lock, take
from napari_dsc.io.process_marks import Mark, boot_time, own_mark, parse_mark, state_of

__all__ = ["TEMPORARY", "sweep", "sweep_all", "temporary_file", "temporary_folder"]

TEMPORARY = ".napari-dsc-"  # how the name of what is not whole yet begins; a mark follows
EARLIER = re.compile(r"\.napari-dsc-[0-9]{1,9}-")  # as earlier versions began: a number alone
YOUNG = 60.0  # s within which what nobody has locked may not have been locked yet
OLD = 7 * 86400.0  # s without a change after which nobody is writing any more
SLACK = 60.0  # s by which clocks are trusted


@contextmanager
def temporary_file(directory: Path, suffix: str = "") -> Iterator[Path]:
    """Make a file of our own, which is gone afterwards unless it was moved away.

    Parameters
    ----------
    directory : Path
        Where: the folder into which it is going to be moved.
    suffix : str
        How its name ends.
    """
    handle, name = mkstemp(prefix=_prefix(), suffix=suffix, dir=directory)
    path, listed = Path(name), None
    try:
        if os.name == "posix":
            _lock(handle)
        else:  # Windows moves no file that is open
            os.close(handle)
        listed = _list(path)
        yield path
    finally:
        try:
            path.unlink(missing_ok=True)
        finally:
            if os.name == "posix":
                os.close(handle)
            _unlist(listed, path)


@contextmanager
def temporary_folder(directory: Path | None = None) -> Iterator[Path]:
    """Make a folder of our own, which is gone afterwards.

    Parameters
    ----------
    directory : Path, optional
        Where; by default where the system keeps what is temporary, which is swept first: a script
        that reads DICOM is a start, too.
    """
    if directory is None:
        sweep_all()
    path = Path(mkdtemp(prefix=_prefix(), dir=directory))
    handle, listed = None, None
    try:
        if os.name == "posix":
            handle = os.open(path, os.O_RDONLY)
            _lock(handle)
        listed = _list(path)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        if handle is not None:
            os.close(handle)
        _unlist(listed, path)


def sweep(directory: Path) -> None:
    """Remove what processes that are gone have left in a folder; a failure is none."""
    with suppress(OSError):
        names = [one for one in os.listdir(directory) if one.startswith(TEMPORARY)]
        for path in (directory / name for name in names):
            if path.name.startswith(LOCK):
                remove_lock(path)
            elif _is_left(path):
                _remove(path)


def sweep_all() -> None:
    """Remove what processes that are gone have left anywhere on this machine."""
    sweep(Path(gettempdir()))
    with suppress(OSError):
        for listed in _lists().iterdir():
            with suppress(OSError):
                _sweep_listed(listed)


def _sweep_listed(listed: Path) -> None:
    """Remove a temporary that is on the list of a process that is gone, and its entry."""
    mark = parse_mark(listed.name.rpartition("-")[0])
    if mark is None or not (_is_gone(mark, listed) or _age(listed) > OLD):
        return
    name = os.fsdecode(listed.read_bytes())
    if not name:  # killed before it was written
        listed.unlink(missing_ok=True)
        return
    path = Path(name)
    # An entry is a name and nothing more: only what bears the same mark is touched.
    if path.name.startswith(f"{TEMPORARY}{mark}-") and os.path.lexists(path) and _is_left(path):
        _remove(path)
    if not os.path.lexists(path) and (path.parent.is_dir() or _age(listed) > OLD):
        _remove_locks_beside(path)
        listed.unlink(missing_ok=True)


def _remove_locks_beside(path: Path) -> None:
    """Remove the locks of dead writers in the folder of a temporary."""
    with suppress(OSError):
        for one in path.parent.glob(f"{LOCK}*"):
            remove_lock(one)


def _prefix() -> str:
    return f"{TEMPORARY}{own_mark()}-"


def _lock(handle: int) -> None:
    with suppress(OSError):  # a file system without locks: the mark has to do
        take(handle)


def _lists() -> Path:
    return user_state_path("napari-dsc", appauthor=False) / "temporaries"


def _list(path: Path) -> Path | None:
    """Put a temporary on the list, for its owner's eyes only; where there is no room it is not."""
    entry = _lists() / f"{own_mark()}-{path.name.rpartition('-')[2][:8]}"
    try:
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(entry, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(handle, os.fsencode(path.absolute()))
        finally:
            os.close(handle)
    except OSError:
        return None
    return entry


def _unlist(entry: Path | None, path: Path) -> None:
    if entry is not None and not os.path.lexists(path):
        with suppress(OSError):
            entry.unlink(missing_ok=True)


def _is_left(path: Path) -> bool:
    """Whether a temporary belongs to nobody any more, as far as it can be told."""
    words = path.name.removeprefix(TEMPORARY)
    mark = parse_mark(words.partition("-")[0])
    if mark is None:
        return EARLIER.match(path.name) is not None and _age(path) > OLD
    own = own_mark()
    if _is_gone(mark, path):
        return True
    if mark.user != own.user or state_of(mark) == "lives":
        return False
    age = _age(path)
    if mark.boot == own.boot:  # another container: the same kernel knows its locks
        held = is_held(path)
        return age > OLD if held is None else not held and age > YOUNG
    return age > OLD


def _is_gone(mark: Mark, path: Path) -> bool:
    """Whether the process that has written a file has certainly ended."""
    own = own_mark()
    if (mark.user, mark.host) == (own.user, own.host) and mark.boot != own.boot:
        return time.time() - _age(path) < boot_time() - SLACK  # before this machine was started
    return state_of(mark) == "gone"


def _age(path: Path) -> float:
    """Seconds since anything of a file or folder has changed."""
    latest = path.lstat().st_mtime
    if path.is_dir() and not path.is_symlink():
        for folder, _, names in os.walk(path):
            for one in (folder, *(os.path.join(folder, name) for name in names)):
                with suppress(OSError):
                    latest = max(latest, os.lstat(one).st_mtime)
    return time.time() - latest


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
