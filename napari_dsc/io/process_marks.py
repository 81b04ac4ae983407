"""Mark of a process in the name of a file: who wrote it, where, and whether that process lives.

A number alone does not tell: after a restart, and in every container, the same numbers are given
out again. A mark names the user, the machine, its boot, the space in which processes are numbered
(a container has its own), the number, and when the process was started. All but the number and the
start are digests: a mark tells nobody's name and no machine's.
"""

import getpass
import hashlib
import os
import platform
import re
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

__all__ = ["Mark", "State", "boot_time", "own_mark", "parse_mark", "started_at", "state_of"]

State: TypeAlias = Literal["lives", "gone", "unknown"]
MARK = re.compile(r"([0-9a-f]{8})\.([0-9a-f]{8})\.([0-9a-f]{8})\.([0-9a-f]{8})\.(\d+)\.(\d+)")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
MACHINE_IDS = Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")
SPACE = Path("/proc/self/ns/pid")
START_FIELD = 19  # of /proc/N/stat behind the name: ticks from the boot to the start
TICK = 1e-6  # s, in which the start is counted where there is no /proc


@dataclass(frozen=True, slots=True)
class Mark:
    """Which process it was.

    Parameters
    ----------
    user, host, boot, space : str
        Digests of 8 hexadecimal digits: the user, the machine, its boot, and the space in which
        its processes are numbered.
    process : int
        Its number there.
    start : int
        When it was started: ticks since the boot on Linux, else µs of the clock.
    """

    user: str
    host: str
    boot: str
    space: str
    process: int
    start: int

    def __str__(self) -> str:
        where = f"{self.user}.{self.host}.{self.boot}.{self.space}"
        return f"{where}.{self.process}.{self.start}"


def own_mark() -> Mark:
    """Mark of this process."""
    return _mark_of(os.getpid())  # by its number: a child that was forked has a mark of its own


@cache
def _mark_of(process: int) -> Mark:
    return Mark(*_here(), process, started_at(process) or 0)


def parse_mark(words: str) -> Mark | None:
    """Read a mark; None for what is none."""
    found = MARK.fullmatch(words)
    if found is None:
        return None
    user, host, boot, space, process, start = found.groups()
    return Mark(user, host, boot, space, int(process), int(start))


def state_of(mark: Mark) -> State:
    """Whether the process of a mark still lives, as far as it can be told from here.

    Those of another user, another machine, another boot or another container are "unknown": their
    numbers say nothing here.
    """
    own = own_mark()
    if (mark.user, mark.host, mark.boot, mark.space) != (own.user, own.host, own.boot, own.space):
        return "unknown"
    return "lives" if mark.start == started_at(mark.process) else "gone"


def started_at(process: int) -> int | None:
    """When a process was started; None if there is none of that number, or it has ended."""
    if sys.platform == "linux":
        try:
            words = Path(f"/proc/{process}/stat").read_text(errors="replace")
        except OSError:
            return None
        state, *fields = words.rpartition(")")[2].split()  # a name may hold blanks and brackets
        return None if state in "ZXx" else int(fields[START_FIELD - 1])
    import psutil

    try:
        one = psutil.Process(process)
        ended = one.status() == psutil.STATUS_ZOMBIE
        return None if ended else round(one.create_time() / TICK)
    except psutil.NoSuchProcess:
        return None
    except psutil.Error:  # it is there, and somebody else's
        return 0


def boot_time() -> float:
    """When this machine was started, s of its clock."""
    if sys.platform == "linux":
        with suppress(OSError):
            return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    import psutil

    return float(psutil.boot_time())


@cache
def _here() -> tuple[str, str, str, str]:
    """User, machine, boot and space of this process, as digests."""
    user = str(os.getuid()) if os.name == "posix" else getpass.getuser()
    machine = next(filter(None, map(_text, MACHINE_IDS)), "")
    space = ""
    with suppress(OSError):
        space = str(SPACE.readlink())
    host = f"{platform.node()} {machine}"
    boot = _text(BOOT_ID) or host  # elsewhere a start is told by the clock, which no boots share
    return _digest(user), _digest(host), _digest(boot), _digest(space)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode(errors="replace")).hexdigest()[:8]
