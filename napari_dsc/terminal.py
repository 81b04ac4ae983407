"""Output to a terminal: plain lines, in letters that it has; and questions to a program.

A name of a file may hold control characters, which would colour, erase or fake what is printed; a
terminal may know fewer letters than the field uses; who reads may stop reading. None of these is a
reason to fail after an hour's computation.
"""

import codecs
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO

__all__ = ["EndedError", "catching_signals", "one_line", "plainly", "say", "spell_out"]

SPELT = "napari-dsc-spelt"  # name of the rule for letters that a terminal does not have
LETTERS = {
    "Δ": "d",  # as in dR2*
    "µ": "u",
    "μ": "u",
    "∫": "integral ",
    "·": "*",
    "×": "x",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "²": "2",
    "³": "3",
    "₀": "0",
    "°": " deg",
    "…": "...",
    "—": "-",
    "–": "-",
    "−": "-",
    "’": "'",
    "“": '"',
    "”": '"',
    "•": "*",
    "→": "->",
    "\u202f": " ",
    "\u00a0": " ",
}
SIGNALS = ("SIGTERM", "SIGHUP", "SIGBREAK")  # those that a system has


class EndedError(BaseException):
    """A signal has asked this program to end: no error that anything below may catch."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


def one_line(words: object) -> str:
    r"""Words on one line, with each control character as Python writes it.

    Examples
    --------
    >>> one_line("a\nb\x1b[31m ΔR2*")
    'a\\nb\\x1b[31m ΔR2*'
    """
    return "".join(c if c.isprintable() else _escaped(c) for c in str(words))


def plainly(words: object) -> str:
    """Words on one line in plain letters, whatever the terminal has: for logs of many scans.

    Examples
    --------
    >>> plainly("ΔR2* ≥ 3 µm")
    'dR2* >= 3 um'
    """
    spelt = "".join(LETTERS.get(c, c) for c in one_line(words))
    return spelt.encode("ascii", "replace").decode("ascii")


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def spell_out() -> None:
    """Have what a terminal cannot show printed in other letters, instead of a traceback.

    Where stdin, stdout or stderr are closed, nothing stands in for them: the next file that is
    opened must not take their place, and get what some library prints there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    codecs.register_error(SPELT, _spelt)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with suppress(OSError, ValueError):
                stream.reconfigure(errors=SPELT)


def _spelt(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    spelt = "".join(LETTERS.get(one, "?") for one in letters)
    try:
        spelt.encode(error.encoding)
    except UnicodeEncodeError:  # a name for a letter that it does not have either
        spelt = "?" * len(letters)
    return spelt, error.end


def say(words: str, *, error: bool = False) -> bool:
    """Print words as they are, on stdout or stderr.

    Returns
    -------
    bool
        False: they could not be written, which stderr says. Whoever has stopped reading has all
        that he wants.
    """
    stream = sys.stderr if error else sys.stdout
    if stream is None:  # a program without a terminal
        return True
    try:
        stream.write(f"{words}\n")
        stream.flush()
    except BrokenPipeError:
        _forget(stream)
    except OSError as failure:
        _forget(stream)
        if not error:
            say(f"Note: what was to be printed could not be: {failure.strerror}.", error=True)
        return False
    return True


def _forget(stream: TextIO) -> None:
    """Send what is still printed nowhere: at its end Python would fail at it once more."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextmanager
def catching_signals(act: Callable[[int], None]) -> Iterator[None]:
    """Act once when the system, or a terminal that closes, asks this program to end.

    Parameters
    ----------
    act : callable
        Is given the number of the signal, on the main thread. A signal that is ignored stays so.
    """

    def once(number: int, _: FrameType | None) -> None:
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        act(number)

    before = {}
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            with suppress(ValueError):  # not the main thread
                before[number] = signal.signal(number, once)
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)
