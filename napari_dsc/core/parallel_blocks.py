"""Parallel work on blocks of rows: the same bytes for any number of cores."""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import OpenBLASController, ThreadpoolController

from napari_dsc.core.types import BoolArray

__all__ = [
    "BLOCK",
    "Memory",
    "Scratch",
    "blocks_of",
    "each_block",
    "in_blocks",
    "whole_block",
    "workers",
]

# Voxels at once: a constant, because rounding depends on the shape of a product; and a multiple of
# the rows that BLAS kernels work on together, so that no row stands at a ragged end.
BLOCK = 3840
MOST_STEPS = 50  # of progress that a caller hears of
TOO_FEW = 2  # blocks: done before a thread has started

Part = TypeVar("Part")
Memory: TypeAlias = Callable[[str, tuple[int, int]], NDArray[Any]]


@dataclass(slots=True)
class _Pin:
    """One BLAS thread for as long as anybody computes: the limit is the whole process's.

    threadpoolctl lets one thread of Python set OpenBLAS's threads, the first that did and still
    lives, and says nothing to the others: whoever comes first here, or leaves last, takes control.
    """

    lock: Lock = field(default_factory=Lock)
    users: int = 0
    libraries: list[Any] | None = None  # numpy's among them: found once, it takes long
    threads: list[int] = field(default_factory=list)  # that each had before

    @contextmanager
    def held(self) -> Iterator[None]:
        with self.lock:
            if self.users == 0:
                if self.libraries is None:
                    self.libraries = ThreadpoolController().select(user_api="blas").lib_controllers
                self.threads = [one.num_threads for one in self.libraries]
                self._set([1] * len(self.threads))
            self.users += 1
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if self.users == 0:
                    self._set(self.threads)
                    OpenBLASController.clear_controlling_thread()

    def _set(self, threads: list[int]) -> None:
        OpenBLASController.clear_controlling_thread(force=True)
        for library, number in zip(self.libraries or [], threads, strict=True):
            library.set_num_threads(number)


_PIN = _Pin()


class Scratch:
    """Memory that blocks work in, and leave for the next: nothing of a block survives in it."""

    def __init__(self) -> None:
        self._spare: list[dict[str, NDArray[Any]]] = []

    @contextmanager
    def borrowed(self, dtype: np.dtype[Any]) -> Iterator[Memory]:
        """Lend memory to one thread: a function from a name and a shape to an array."""
        try:
            room = self._spare.pop()
        except IndexError:
            room = {}

        def array(name: str, shape: tuple[int, int]) -> NDArray[Any]:
            held = room.get(name)
            if held is None or held.shape != shape or held.dtype != dtype:
                held = room[name] = np.empty(shape, dtype=dtype)
            return held

        try:
            yield array
        finally:
            self._spare.append(room)


def blocks_of(count: int) -> NDArray[np.intp]:
    """First rows of the blocks of some voxels."""
    return np.arange(0, count, BLOCK)


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """One thread a core, and one BLAS thread in each, for as long as the context lasts."""
    with _PIN.held(), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def in_blocks(
    pool: ThreadPoolExecutor, work: Callable[[slice], None], starts: NDArray[np.intp], count: int
) -> Generator[float, None, None]:
    """Have work done on every core.

    Parameters
    ----------
    pool : ThreadPoolExecutor
        From `workers`.
    work : callable
        Called with the rows of one block; may run beside itself.
    starts : ndarray, shape (B,)
        First row of each block, in the order of the work.
    count : int
        Rows in all.

    Yields
    ------
    float
        Fraction done. Closing the generator cancels the blocks that have not begun.
    """
    rows = [slice(int(start), min(int(start) + BLOCK, count)) for start in starts]
    yield from each_block(pool, work, rows)


def each_block(
    pool: ThreadPoolExecutor, work: Callable[[Part], None], blocks: Sequence[Part]
) -> Generator[float, None, None]:
    """Have work done on blocks of any kind, as `in_blocks` does on runs of rows."""
    step = max(1, len(blocks) // MOST_STEPS)
    if len(blocks) <= TOO_FEW:
        for done, one in enumerate(blocks, 1):
            work(one)
            yield done / len(blocks)
        return
    running = [pool.submit(work, one) for one in blocks]
    try:
        for done, block in enumerate(as_completed(running), 1):
            block.result()
            if done % step == 0 or done == len(running):
                yield done / len(running)
    finally:
        for block in running:
            block.cancel()


def whole_block(rows: NDArray[np.floating], spoilt: BoolArray) -> NDArray[np.floating]:
    """Rows as a block of full height, zero where a row is spoilt and below the last.

    Nothing of a spoilt row reaches a neighbour, and every product has one shape.
    """
    if len(rows) == BLOCK and not spoilt.any() and rows.flags.c_contiguous:
        return rows
    block = np.zeros((BLOCK, rows.shape[1]), dtype=rows.dtype)
    block[: len(rows)] = rows
    block[: len(rows)][spoilt] = 0
    return block
