"""Locks that the system gives up by itself when their holder ends, however it ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from napari_dsc.core.errors import DscError

__all__ = ["LOCK", "is_held", "only_writer", "remove_lock", "take"]

LOCK = ".napari-dsc-lock-"  # how the name of a lock begins; a digest of what it guards follows
TRIES = 20  # a lock that its holder removed in this moment is looked for again
if os.name == "posix":
    import fcntl
else:
    import msvcrt


def take(handle: int) -> bool:
    """Lock an open file or folder until it is closed.

    Returns
    -------
    bool
        False: somebody else has it.

    Raises
    ------
    OSError
        If this file system has no locks.
    """
    try:
        if os.name == "posix":
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]
    except (BlockingIOError, PermissionError):  # Windows says the second
        return False
    return True


def is_held(path: Path) -> bool | None:
    """Whether somebody has a lock on a file or folder; None: this file system has no locks."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        return not take(handle)
    except OSError:
        return None
    finally:
        os.close(handle)


@contextmanager
def only_writer(target: Path, what: str) -> Iterator[None]:
    """Hold what is written at a place for one writer; a second one is refused.

    A file beside it is locked, and removed in the end. The lock goes with its holder: what is left
    of one that was killed does not keep anybody out.

    Parameters
    ----------
    target : Path
        What is going to be written, in a folder that exists.
    what : str
        It in words, for the error: "the results".

    Raises
    ------
    DscError
        If somebody else is writing it.
    OSError
        If the folder cannot be written to.
    """
    path = target.with_name(f"{LOCK}{sha256(target.name.encode(errors='replace')).hexdigest()[:8]}")
    handle = _opened(path)
    if handle is None:
        raise DscError(
            f"{what} must be written by one program at a time, got a second one. Wait until the "
            "other is done, or choose another place."
        )
    try:
        yield
    finally:
        if os.name == "posix":  # while it is locked, so that nobody's else is removed
            path.unlink(missing_ok=True)
            os.close(handle)
        else:  # Windows removes no file that is open
            os.close(handle)
            with suppress(OSError):
                path.unlink()


def _opened(path: Path) -> int | None:
    """Handle of a lock that was taken; None: somebody else has it."""
    for _ in range(TRIES):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            free = take(handle)
        except OSError:  # no locks here: the second writer cannot be told
            return handle
        if not free:
            os.close(handle)
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        os.close(handle)  # its holder has just removed it: this one guards nothing
    return None


def remove_lock(path: Path) -> None:
    """Remove what is left of a lock whose holder was killed; one that is held stays."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDWR)
        try:
            free = take(handle)
            if free and os.name == "posix":
                path.unlink()
        finally:
            os.close(handle)
        if free and os.name != "posix":
            path.unlink()  # fails if somebody has opened it since
