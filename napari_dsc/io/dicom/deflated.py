"""Deflated images (compressed as a whole), written plain: a small file may swell to any size."""

import zlib
from pathlib import Path

__all__ = ["DEFLATED", "inflated", "is_deflated"]

DEFLATED, PLAIN = b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.1\0"  # transfer syntaxes
SYNTAX = b"\x02\x00\x10\x00UI"  # the element that tells it
META = 144  # bytes of a file up to where its description of itself begins
LONGEST_META = 2**12  # bytes of that
HARMLESS = 2**24  # bytes: an image of this size may be blank, and then it shrinks to nothing
SWELLING = 100  # times its size, that a larger one may grow


def is_deflated(path: Path) -> bool:
    """Whether a file says that it is deflated."""
    try:
        with path.open("rb") as file:
            return _meta(file.read(META + LONGEST_META)) is not None
    except OSError:
        return False


def inflated(path: Path) -> bytes:
    """Content of a deflated image as it would be without that.

    Raises
    ------
    ValueError
        If it is damaged, or swells beyond bounds.
    """
    content = path.read_bytes()
    meta = _meta(content)
    if meta is None:
        raise ValueError("not deflated")
    packed = memoryview(content)[META + len(meta) :]
    most = max(HARMLESS, SWELLING * len(packed))
    work = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = work.decompress(packed, most)
    except zlib.error as error:
        raise ValueError("damaged") from error
    if not work.eof:
        raise ValueError("incomplete, or swelling beyond bounds")
    told = SYNTAX + len(DEFLATED).to_bytes(2, "little") + DEFLATED
    plain = meta.replace(told, SYNTAX + len(PLAIN).to_bytes(2, "little") + PLAIN)
    return content[: META - 4] + len(plain).to_bytes(4, "little") + plain + data


def _meta(content: bytes) -> bytes | None:
    """What a deflated file says of itself, before its data; None if it is no such file."""
    if content[128:132] != b"DICM":
        return None
    length = int.from_bytes(content[META - 4 : META], "little")  # of its group
    meta = content[META : META + min(length, LONGEST_META)]
    told = SYNTAX + len(DEFLATED).to_bytes(2, "little") + DEFLATED
    return meta if told in meta and len(meta) == length else None
