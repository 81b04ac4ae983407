"""A DICOM file as a list of its elements, which can then say anything."""

import struct
from dataclasses import dataclass

from pydicom.datadict import dictionary_VR, tag_for_keyword

__all__ = ["Element", "deep", "encoded", "items", "key", "parsed"]

LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
ENDLESS = 0xFFFFFFFF
ITEM, ITEM_ENDS, SEQUENCE_ENDS = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"


@dataclass(slots=True)
class Element:
    """An element as it stands in a file: `length` is a lie unless it is None."""

    tag: bytes
    kind: bytes
    value: bytes
    length: int | None = None


def key(name: str) -> tuple[bytes, bytes]:
    """Tag and kind of an element, as they stand in a file of little endians."""
    tag = tag_for_keyword(name) or 0
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF), dictionary_VR(tag)[:2].encode()


def parsed(content: bytes) -> list[Element]:
    """Elements of a sound file with explicit kinds; those of its sequences stay bytes."""
    found, at = [], 132
    while at < len(content):
        tag, kind = content[at : at + 4], content[at + 4 : at + 6]
        if kind in LONG:
            (length,), start = struct.unpack_from("<I", content, at + 8), at + 12
        else:
            (length,), start = struct.unpack_from("<H", content, at + 6), at + 8
        found.append(Element(tag, kind, content[start : start + length]))
        at = start + length
    return found


def encoded(elements: list[Element], start: bytes = bytes(128) + b"DICM") -> bytes:
    """Bytes of a file."""
    return start + b"".join(map(_one, elements))


def _one(element: Element) -> bytes:
    length = len(element.value) if element.length is None else element.length
    if element.kind in LONG:
        told = b"\0\0" + struct.pack("<I", length & ENDLESS)
    else:
        told = struct.pack("<H", length & 0xFFFF)
    return element.tag + element.kind + told + element.value


def deep(name: str, depth: int, *, closed: bool = True, known: bool = False) -> Element:
    """A sequence within a sequence, so many times; `known`: each tells its length."""
    tag, kind = key(name)
    value = b""
    if known:
        for _ in range(depth):
            value = ITEM + struct.pack("<I", len(value)) + value
            value = tag + kind + b"\0\0" + struct.pack("<I", len(value)) + value
        value = ITEM + struct.pack("<I", len(value)) + value
        return Element(tag, kind, value)
    endless = struct.pack("<I", ENDLESS)
    opens = tag + kind + b"\0\0" + endless + ITEM + endless
    ends = ITEM_ENDS + bytes(4) + SEQUENCE_ENDS + bytes(4)
    value = ITEM + endless + opens * depth + (ends * (depth + 1) if closed else b"")
    return Element(tag, kind, value, ENDLESS)


def items(name: str, count: int, *, known: bool = True) -> Element:
    """A sequence of so many empty items; `known`: it tells its length."""
    tag, kind = key(name)
    if known:
        return Element(tag, kind, (ITEM + bytes(4)) * count)
    ends = ITEM_ENDS + bytes(4)
    one = ITEM + struct.pack("<I", ENDLESS) + ends
    return Element(tag, kind, one * count + SEQUENCE_ENDS + bytes(4), ENDLESS)
