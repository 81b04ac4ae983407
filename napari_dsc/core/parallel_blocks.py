"""Parallel work on blocks of rows: the same bytes for any number of cores."""

import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
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
TOO_FEW = 1  # blocks: no second thread would have anything to do

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


class _Pools:
    """Threads that wait for work: to start them takes as long as half a block of voxels does.

    Each keeps to a core of its own where the system allows it. Python's threads wake each other,
    and Linux has a thread run where its waker did: for tens of milliseconds all shared one core.
    """

    def __init__(self) -> None:
        self._idle: dict[frozenset[int], list[ThreadPoolExecutor]] = {}
        if sys.platform != "win32":
            os.register_at_fork(after_in_child=self._idle.clear)  # a child has no such threads

    @contextmanager
    def borrowed(self) -> Iterator[ThreadPoolExecutor]:
        """Lend a thread a core to one borrower alone: nobody waits behind another's work."""
        cores = frozenset(_cores())
        idle = self._idle.setdefault(cores, [])
        try:
            pool = idle.pop()
        except IndexError:
            free = SimpleQueue[int]()
            for core in cores:
                free.put(core)
            pool = ThreadPoolExecutor(len(cores), initializer=_keep_to, initargs=(free,))
        try:
            yield pool
        finally:
            idle.append(pool)


def _cores() -> Iterable[int]:
    """Cores that this process may use."""
    if sys.platform == "linux":
        return os.sched_getaffinity(os.getpid())
    return range(os.cpu_count() or 1)


def _keep_to(free: "SimpleQueue[int]") -> None:
    """Keep the thread that calls to a core that none beside it has taken."""
    core = free.get()
    if sys.platform == "linux":
        with suppress(OSError):  # taken from the process meanwhile: any other will do
            os.sched_setaffinity(0, {core})


_POOLS = _Pools()


@contextmanager
def workers() -> Iterator[ThreadPoolExecutor]:
    """One thread a core, and one BLAS thread in each, for as long as the context lasts."""
    with _PIN.held(), _POOLS.borrowed() as pool:
        yield pool


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
        wait(running)  # for those that had begun: what they write into is the caller's


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
