"""Values of DICOM elements as numbers: None where an element is missing or makes no sense."""

import re
from functools import cache
from typing import Any

__all__ = [
    "clock_seconds",
    "first_item",
    "items",
    "milliseconds",
    "number",
    "numbers",
    "whole",
    "whole_at",
    "words",
]

FARTHEST = 1e6  # mm, or of a direction
LATEST = 1e6  # s after midnight
MOST_FRAMES = 20_000  # of a file
ITEM = b"\xfe\xff\x00\xe0"  # how an item of a sequence begins


def first_item(data: Any, name: str | int) -> Any:
    """First item of a sequence, or None."""
    sequence = items(data, name)
    return sequence[0] if sequence else None


def items(data: Any, name: str | int) -> Any:
    """Items of a sequence, None if there is none; they are counted before they are parsed.

    Of items of eight bytes, a small file may hold millions.
    """
    element = None if data is None else data.get_item(_tag(name))
    if element is None:
        return None
    value = getattr(element, "value", None)
    if isinstance(value, bytes) and _count(value) > MOST_FRAMES:
        raise MemoryError
    sequence = data[_tag(name)].value
    if isinstance(sequence, bytes):  # a private one, in a file that does not tell its kind
        from pydicom.values import convert_SQ

        if not sequence.startswith(ITEM):
            return None
        sequence = convert_SQ(sequence, is_implicit_VR=True, is_little_endian=True)
    if sequence is not None and len(sequence) > MOST_FRAMES:
        raise MemoryError
    return sequence


def _count(value: bytes) -> int:
    """How many items a sequence has; at least that, if one of them does not tell its length.

    Examples
    --------
    >>> _count(2 * (ITEM + bytes(4)))
    2
    """
    count = at = 0
    while value[at : at + 4] == ITEM and count <= MOST_FRAMES:
        length, count = int.from_bytes(value[at + 4 : at + 8], "little"), count + 1
        if length == 0xFFFFFFFF:
            return count + value.count(ITEM, at + 8)
        at += 8 + length
    return count


@cache
def _tag(name: str | int) -> Any:
    """Tag of an element: to look it up takes longer than to read its value."""
    from pydicom.tag import Tag

    return Tag(name)


def _value(data: Any, name: str | int) -> Any:
    known = data is not None and data.get_item(_tag(name)) is not None
    return data[_tag(name)].value if known else None


def number(data: Any, name: str | int) -> float | None:
    """Number of an element, or the first of several."""
    value = _value(data, name)
    if value is not None and not isinstance(value, str | bytes | float | int):
        value = value[0] if getattr(value, "__len__", int)() else value
    try:
        known = float(value)
    except (TypeError, ValueError):
        return None
    return known if abs(known) < 1e300 else None


def milliseconds(data: Any, name: str | int) -> float | None:
    """Positive number that the standard gives in ms, in s."""
    known = number(data, name)
    return known / 1000 if known is not None and known > 0 else None


def whole(data: Any, name: str | int) -> int | None:
    """Whole number of an element."""
    known = number(data, name)
    return None if known is None else int(known)


def whole_at(data: Any, name: str | int, at: int) -> int | None:
    """One of several whole numbers of an element."""
    value = _value(data, name)
    try:
        return int(value[at])
    except (TypeError, ValueError, IndexError):
        return None


def numbers(data: Any, name: str | int, count: int) -> tuple[float, ...] | None:
    """So many numbers of an element, none of them out of all bounds."""
    value = _value(data, name)
    try:
        known = tuple(float(one) for one in value)
    except (TypeError, ValueError):
        return None
    near = all(abs(one) < FARTHEST for one in known)  # NaN is not
    return known if near and len(known) == count else None


def words(data: Any, name: str | int) -> tuple[str, ...]:
    """Words of an element, in capitals; none if it is missing."""
    value = _value(data, name)
    if value is None or isinstance(value, bytes):
        return ()
    several = [value] if isinstance(value, str) else value
    try:
        return tuple(str(one).strip().upper() for one in several)
    except TypeError:
        return (str(value).strip().upper(),)


def clock_seconds(value: Any) -> float | None:
    """Seconds after midnight of a DICOM time, whatever its zone.

    Examples
    --------
    >>> clock_seconds("013000.25"), clock_seconds("013000.25+0100")
    (5400.25, 5400.25)
    """
    text = "" if value is None else re.sub(r"[+-]\d{4}\s*$", "", str(value))
    try:
        seconds = 3600 * int(text[:2]) + 60 * int(text[2:4]) + float(text[4:] or 0)
    except ValueError:
        return None
    return seconds if abs(seconds) < LATEST else None  # NaN is not
