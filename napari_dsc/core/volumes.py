"""Volumes that a user names: numbers from 0 as in the file, or words such as "4, 50-55"."""

import re
from collections.abc import Iterable
from operator import index
from typing import Any

from napari_dsc.core.errors import DscError
from napari_dsc.core.real_numbers import described

__all__ = ["FEWEST_USED", "as_end", "as_left_out", "as_volumes", "refuse_few_used"]

FEWEST_USED = 8  # volumes that must be left
NO_VOLUME = "none"
RUN = re.compile(r"(\d{1,9})\s*(?:(?:-|–|to)\s*(\d{1,9}))?")
REMEDY = "Give them as 4, 50-55, counted from 0, or none."


def as_volumes(name: str, given: Iterable[int] | str, n_volumes: int) -> tuple[int, ...]:
    """Volumes of a scan, ascending, each once.

    Parameters
    ----------
    name : str
        What an error calls them.
    given : iterable of int, or str
        Numbers from 0; or words: numbers and runs such as "4, 50-55", "none" or nothing.
    n_volumes : int
        Of the scan.

    Raises
    ------
    DscError
        If one is no whole number, or no volume of the scan.

    Examples
    --------
    >>> as_volumes("leave_out", "58, 4-6", 60)
    (4, 5, 6, 58)
    """
    numbers = _of_words(name, given, n_volumes) if isinstance(given, str) else _each(name, given)
    outside = [one for one in numbers if not 0 <= one < n_volumes]
    if outside:
        raise DscError(
            f"{name} must be volumes of the scan, 0 to {n_volumes - 1}, got {outside[0]}. {REMEDY}"
        )
    return tuple(sorted(set(numbers)))


def as_end(name: str, given: Any, n_volumes: int) -> int | None:
    """First volume that is not used; None where that is the first behind the scan."""
    (end,) = _each(name, [given])
    if not 1 <= end <= n_volumes:
        raise DscError(
            f"{name} must be 1 to {n_volumes}, the first volume that is not used, got {end}. Count "
            "from 0, as in the file."
        )
    return None if end == n_volumes else end


def as_left_out(leave_out: Iterable[int] | str | None, end: Any, n_volumes: int) -> tuple[int, ...]:
    """Volumes that are left out, with all from an end on; none of them: nothing was chosen.

    Raises
    ------
    DscError
        As `as_volumes` and `as_end`, or if fewer than eight volumes are left.
    """
    if leave_out is None and end is None:
        return ()
    inside = as_volumes("leave_out", leave_out or (), n_volumes)
    stop = n_volumes if end is None else as_end("end", end, n_volumes) or n_volumes
    refuse_few_used(inside, stop, n_volumes)
    return tuple(sorted({*inside, *range(stop, n_volumes)}))


def refuse_few_used(leave_out: Iterable[int], end: int | None, n_volumes: int) -> None:
    """Raise `DscError` where a choice leaves fewer than eight volumes of a scan that has them."""
    used = set(range(n_volumes if end is None else end)) - set(leave_out)
    if len(used) < min(FEWEST_USED, n_volumes):
        raise DscError(
            f"leave_out and end must leave at least {min(FEWEST_USED, n_volumes)} of the "
            f"{n_volumes} volumes, got {len(used)}. Use some of them again."
        )


def _each(name: str, given: Any) -> list[int]:
    """Whole numbers of what can be counted through."""
    try:
        each = list(given)
        if any(isinstance(one, bool) for one in each):
            raise TypeError
        return [index(one) for one in each]
    except TypeError:
        raise DscError(f"{name} must be whole numbers, got {described(given)}. {REMEDY}") from None


def _of_words(name: str, words: str, n_volumes: int) -> list[int]:
    """Whole numbers of words."""
    plain = words.strip()
    if plain.lower() in ("", NO_VOLUME):
        return []
    numbers: list[int] = []
    for part in plain.split(","):
        run = RUN.fullmatch(part.strip())
        if run is None or (run[2] is not None and int(run[2]) < int(run[1])):
            raise DscError(f"{name} must be volumes such as 4, 50-55, got {words!r:.60}. {REMEDY}")
        first, last = int(run[1]), int(run[2] or run[1])
        numbers += range(first, min(last, max(first, n_volumes)) + 1)
    return numbers
