"""What a process of a scan is given to do in tests: it can be sent to another process."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np


def returning(job: Any) -> dict[str, Any]:
    """Say what it was given, and where."""
    return {"job": job, "pid": os.getpid()}


def sleeping(job: Any) -> dict[str, Any]:
    """Write down who sleeps, and sleep."""
    Path(job).write_text(str(os.getpid()))
    time.sleep(120)
    return {}


def killed(_: Any) -> dict[str, Any]:
    """End as by the system's own hand."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def leaving(job: Any) -> dict[str, Any]:
    """End as a library does that calls exit."""
    if job == "sys":
        sys.exit(3)
    ctypes.CDLL(None).exit(7)
    return {}


def failing(_: Any) -> dict[str, Any]:
    """Fail as nobody thought of."""
    raise ValueError("no such thing")


def greedy(job: Any) -> dict[str, Any]:
    """Take so many megabytes."""
    held = np.ones((int(job), 2**17))
    return {"sum": float(held.sum())}
