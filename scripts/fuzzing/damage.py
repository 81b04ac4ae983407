"""Damage that fits any file, and what an input is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np

__all__ = ["Input", "Random", "Reader", "changed", "files", "one_of"]

SLOWEST = 2.0  # s
T = TypeVar("T")
Random: TypeAlias = np.random.Generator
Reader: TypeAlias = Callable[[Path, Random], Any]
NASTY = [
    b"\0", b"\xff", b"\x7f", b"\x80\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\xc0\x7f", b"\0\0\x80\x7f",
    b"NaN", b"Infinity", b"-1", b"1e999", b"null", b"[", b"{", b'"', b"\\ud800", b"0" * 400,
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """What is read, and how.

    Parameters
    ----------
    kind : str
        In a word, by which inputs are counted.
    build : callable
        Writes its files into an empty folder.
    read : callable
        Reads that folder; random for what a user would choose.
    slowest : float
        Seconds that this may take.
    """

    kind: str
    build: Callable[[Path], None]
    read: Reader
    slowest: float = SLOWEST


def files(contents: Mapping[str, bytes]) -> Callable[[Path], None]:
    """Build a folder of these files."""

    def build(folder: Path) -> None:
        for name, content in contents.items():
            (folder / name).write_bytes(content)

    return build


def one_of(options: Sequence[T], rng: Random) -> T:
    """One of several, each as likely."""
    return options[int(rng.integers(len(options)))]


def changed(content: bytes, rng: Random, within: int | None = None) -> bytes:
    """Bytes with some of them flipped, replaced, cut out or repeated."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 6))):
        top = max(1, min(len(data), within or len(data)))
        at = int(rng.integers(top))
        kind = rng.integers(5)
        if kind == 0 and data:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            word = one_of(NASTY, rng)
            data[at : at + len(word)] = word
        elif kind == 2:
            data[at : at + int(rng.integers(1, 32))] = b""
        elif kind == 3:
            data[at:at] = data[at : at + int(rng.integers(1, 64))]
        else:
            data[at : at + 4] = rng.bytes(4)
    return bytes(data)
