"""Start of a foreign program within limits, which ends when the program that asked for it ends.

This file is run by itself, with the standard library only:
``python -I -S limited_child.py SUPERVISE PARENT MEMORY FILE SECONDS COMMAND ...``

On Linux it becomes that program, which the kernel kills as soon as its parent is gone. Elsewhere
(SUPERVISE is 1) it stays beside it, and kills it when the pipe from the parent closes: whatever
ends the parent closes it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1  # of linux/prctl.h


def limit(memory: int, file: int, seconds: int) -> None:
    """Limit this process, and what it becomes or starts: bytes in memory and in a file, CPU time.

    Windows has no such limits.
    """
    if sys.platform == "win32":
        return
    import resource

    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),  # it would hold the images
    ):
        try:
            _, hard = resource.getrlimit(what)
            lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (lowest, lowest))
        except (OSError, ValueError):  # macOS knows some of them by name only
            continue
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and would hand that on


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends (Linux).

    Its parent is the thread that started it: a conversion runs to its end on one thread.
    """
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it has ended already
        sys.exit(1)


def supervise(command: list[str]) -> int:
    """Run a program until it ends, or until the pipe to this process is closed; its exit code."""
    child = subprocess.Popen(  # noqa: S603 (the words are those of the parent)
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def watch() -> None:
        sys.stdin.buffer.read()
        child.kill()

    threading.Thread(target=watch, daemon=True).start()
    return child.wait()


def main() -> None:
    """Do what the words say."""
    supervised, parent, memory, file, seconds, *command = sys.argv[1:]
    if supervised == "1":
        limit(memory=int(memory), file=int(file), seconds=int(seconds))
        code = supervise(command)
        os._exit(code if code >= 0 else 1)  # the thread may still wait for the pipe
    end_with(int(parent))
    limit(memory=int(memory), file=int(file), seconds=int(seconds))
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
