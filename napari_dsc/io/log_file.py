"""The log: what the program did, in a file that may be shown to others.

It lies where each system keeps the logs of programs, holds the last sessions and no more, and
bears no name and no path: what somebody typed or a file is called is taken out before a line is
written, and of an error of ours only where in the program it happened.
"""

import logging
import re
import traceback
from collections.abc import Iterable
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

from platformdirs import user_log_path

from napari_dsc.terminal import one_line, say

__all__ = ["HIDDEN", "TOLD", "hide", "keep_log", "last_lines", "log_path", "nameless", "speak"]

LOGGER = "napari_dsc"
FILE = "napari-dsc.log"
LARGEST, KEPT = 200_000, 2  # bytes of the file, and older ones beside it
TOLD: dict[str, Any] = {"told": True}  # `extra` of what the terminal has already
MARK = "\0"  # stands for a name until all have been found
SHORTEST = 3  # letters of a name that is looked for
# Folders that every machine has, and words of our own: no names.
COMMON = (
    "aif again and artery bids brain code csv data demo derivatives dicom directory dsc file files "
    "first folder for from group home html icloud json napari napari-dsc nii participant patient "
    "image images maps mask masks mnt none null opt out output perf private propose results root "
    "scan scans series study sub the tmp usr users var volumes with work"
)
PLAIN = frozenset(COMMON.split())
QUOTED = re.compile(r"""(?<!\w)(?:'[^'\n]*'|"[^"\n]*"|“[^”\n]*”|‘[^’\n]*’)(?!\w)""")
WITH_SLASH = re.compile(r"\S*[/\\]\S*")
UNIT = re.compile(r"\W*(?:1/s|mL/100g(?:/min)?|g/mL|CBV/CBF|[a-z]+ ?/ ?[a-z]+)\W*")
CALLED = re.compile(
    r"\S+\.(?:nii|gz|hdr|img|dcm|ima|json|csv|tsv|txt|toml|html|pdf|png|svg|zip|par|rec|mgh|md)\b\S*",
    re.IGNORECASE,
)

log = logging.getLogger(LOGGER)
_lock = Lock()
HIDDEN: set[str] = set()


def log_path() -> Path:
    """Where the log lies; it need not be there."""
    return user_log_path("napari-dsc") / FILE


def hide(*words: object) -> None:
    """Keep words, and each part of a path, out of every line from now on."""
    for word in words:
        text = str(word)
        splits = (r"[/\\]", r"[/\\\s.,]+", r"[/\\\s_.^=,:]+")  # into names, words, parts of words
        parts = [text, *(one for split in splits for one in re.split(split, text))]
        kept = {one for one in parts if len(one) >= SHORTEST and one.lower() not in PLAIN}
        with _lock:
            HIDDEN.update(one for one in kept if not re.fullmatch(r"[\d.\-]+|--[\w-]+", one))


def nameless(words: object) -> str:
    r"""Words without paths, names of files, what was quoted, and what was hidden; on one line.

    Examples
    --------
    >>> nameless("no scan or image at C:\\Scans\\Doe: go to it")
    'no scan or image at [path] go to it'
    >>> nameless("AIF of 60 in 1/s from 'Doe, J' of doe.nii.gz")
    'AIF of 60 in 1/s from [name] of [file]'
    """
    text = str(words).replace(MARK, "")
    with _lock:
        known = sorted(HIDDEN, key=len, reverse=True)
    for name in known:
        if name in text:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", MARK, text)
    text = QUOTED.sub(MARK, text)
    text = CALLED.sub(lambda found: _unless_path(found[0]), text)
    text = WITH_SLASH.sub(lambda one: one[0] if UNIT.fullmatch(one[0]) else "[path]", text)
    return one_line(text.replace(MARK, "[name]"))


def _unless_path(word: str) -> str:
    return "[path]" if re.search(r"[/\\]", word) else "[file]"


class _Nameless(logging.Formatter):
    """Lines without names; of an exception its kind, and where in the program it came from."""

    def format(self, record: logging.LogRecord) -> str:
        words = nameless(record.getMessage())
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, where = record.exc_info
            words += f" {kind.__name__}{_places(where)}"
        return f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {words}"


def _places(where: TracebackType | None) -> str:
    """Modules, lines and functions of a traceback, from the outside in."""
    frames = traceback.extract_tb(where)
    told = (f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    return "".join(f"; {one}" for one in told)


def _module(file: str) -> str:
    """File of a module from its package on: what lies above may be a person's folder."""
    parts = Path(file).parts
    for mark in ("site-packages", "dist-packages", "napari_dsc"):
        if mark in parts:
            at = len(parts) - 1 - parts[::-1].index(mark)
            return "/".join(parts[at + (mark != "napari_dsc") :])
    return parts[-1] if parts else "?"


class _File(RotatingFileHandler):
    """A log that never disturbs: where it cannot be written or turned, it goes without."""

    def rotate(self, source: str, dest: str) -> None:
        """Move the full log aside; another process may hold it."""
        with suppress(OSError):
            super().rotate(source, dest)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Leave a line out that cannot be written."""


class _Terminal(logging.Handler):
    """Warnings, or all, on the standard error of the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, unless the terminal has been told already."""
        if not getattr(record, "told", False):
            say(self.format(record), error=True)


def keep_log() -> None:
    """Write the log from now on; once is enough. Warnings go to standard error, too."""
    with _lock:
        if any(isinstance(one, _File) for one in log.handlers):
            return
        terminal = _Terminal(logging.WARNING)
        terminal.setFormatter(_Nameless())
        log.addHandler(terminal)
        log.setLevel(logging.INFO)
        with suppress(OSError):
            log_path().parent.mkdir(parents=True, exist_ok=True)
            file = _File(
                log_path(), maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", delay=True
            )
            file.setFormatter(_Nameless())
            log.addHandler(file)


def speak() -> None:
    """Have every line of the log printed on standard error, and more of them."""
    log.setLevel(logging.DEBUG)
    for one in log.handlers:
        if isinstance(one, _Terminal):
            one.setLevel(logging.DEBUG)


def last_lines(count: int = 40) -> list[str]:
    """Last lines of the log; none where there is no log."""
    try:
        lines: Iterable[str] = log_path().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [one_line(line) for line in lines][-count:]
