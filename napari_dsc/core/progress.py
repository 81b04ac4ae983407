"""Progress of long work: generators that yield how far they are and return the result."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeVar, cast

from napari_dsc.core.types import Progress

__all__ = ["finished", "part_of_whole"]

Result = TypeVar("Result")


def finished(work: Generator[Any, None, Result]) -> Result:
    """Run work to its end, and return what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            return cast("Result", done.value)


def part_of_whole(
    work: Generator[Progress | float, None, Result], start: float, stop: float, stage: str = ""
) -> Generator[Progress, None, Result]:
    """Pass on the progress of a part of the work as that of the whole.

    Parameters
    ----------
    work : generator
        Yields `Progress`, or bare fractions.
    start, stop : float
        Where the part lies in the whole, 0 to 1.
    stage : str
        What it does, in words, where it yields fractions.

    Returns
    -------
    object
        What the work returns.
    """
    try:
        while True:
            try:
                step = next(work)
            except StopIteration as done:
                return cast("Result", done.value)
            own = step if isinstance(step, Progress) else Progress(stage, step)
            yield replace(own, fraction=start + (stop - start) * own.fraction)
    finally:
        work.close()
