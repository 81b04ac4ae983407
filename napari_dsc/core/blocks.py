"""Work on rows of voxels, block by block on every core, the same bytes for any number of cores."""

import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from napari_dsc.core.types import BoolArray

__all__ = ["BLOCK", "blocks_of", "in_blocks", "whole_block", "workers"]

# Voxels at once: a constant, because rounding depends on the shape of a product; and a multiple of
# the rows that BLAS kernels work on together, so that no row stands at a ragged end.
BLOCK = 1920
MOST_STEPS = 50  # of progress that a caller hears of


@dataclass(slots=True)
class _Pin:
    """One BLAS thread for as long as anybody computes: the limit is the whole process's."""

    lock: Lock = field(default_factory=Lock)
    users: int = 0
    limits: threadpool_limits | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        with self.lock:
            self.users += 1
            if self.users == 1:
                self.limits = threadpool_limits(1, user_api="blas")
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if self.users == 0 and self.limits is not None:
                    self.limits.restore_original_limits()


_PIN = _Pin()


def blocks_of(count: int, some: BoolArray | None = None) -> NDArray[np.intp]:
    """First rows of the blocks of some voxels: of all, or of those that hold a marked one."""
    if some is None:
        return np.arange(0, count, BLOCK)
    return BLOCK * np.unique(np.flatnonzero(some) // BLOCK)


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
    step = max(1, len(starts) // MOST_STEPS)
    rows = (slice(int(start), min(int(start) + BLOCK, count)) for start in starts)
    running = [pool.submit(work, one) for one in rows]
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
