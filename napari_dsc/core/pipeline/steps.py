"""Passing on the progress of a part of the work as that of the whole."""

from collections.abc import Generator
from typing import TypeVar, cast

from napari_dsc.core.types import Progress

__all__ = ["named", "rescaled"]

Result = TypeVar("Result")


def rescaled(
    work: Generator[Progress, None, Result], start: float, stop: float
) -> Generator[Progress, None, Result]:
    """Pass on a part of the work as a part of the whole."""
    while True:
        try:
            step = next(work)
        except StopIteration as done:
            return cast("Result", done.value)
        except GeneratorExit:
            work.close()
            raise
        yield Progress(step.stage, start + (stop - start) * step.fraction)


def named(
    stage: str, work: Generator[float, None, Result], start: float, stop: float
) -> Generator[Progress, None, Result]:
    """Pass on fractions of a part of the work as `Progress` of the whole."""

    def steps() -> Generator[Progress, None, Result]:
        while True:
            try:
                fraction = next(work)
            except StopIteration as done:
                return cast("Result", done.value)
            except GeneratorExit:
                work.close()
                raise
            yield Progress(stage, fraction)

    return (yield from rescaled(steps(), start, stop))
