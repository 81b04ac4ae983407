"""What may have happened to a folder of DICOM."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from scripts.fuzzing.damage import Random, changed, one_of
from scripts.fuzzing.elements import Element, deep, encoded, items, key, parsed

__all__ = ["SPOILERS", "Folder"]

KEYS = [
    "TemporalPositionIdentifier", "AcquisitionTime", "ImagePositionPatient", "Rows", "Columns",
    "NumberOfFrames", "InstanceNumber", "NumberOfTemporalPositions", "ContentTime", "EchoTime",
    "ImageOrientationPatient", "RepetitionTime", "EchoNumbers", "SeriesNumber", "TriggerTime",
    "SeriesInstanceUID", "SeriesDescription", "ImageType", "Modality", "AcquisitionNumber",
    "AcquisitionDateTime", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "SamplesPerPixel", "PhotometricInterpretation", "RescaleSlope", "RescaleIntercept",
    "PixelSpacing", "SliceThickness", "SpacingBetweenSlices", "SpecificCharacterSet",
    "SOPClassUID", "TransferSyntaxUID", "Manufacturer", "PixelData",
    "PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence", "AcquisitionDate",
]  # fmt: skip
NESTED = [
    "TemporalPositionIndex", "InStackPositionNumber", "FrameAcquisitionNumber",
    "FrameAcquisitionDateTime", "DimensionIndexValues", "ImagePositionPatient",
    "ImageOrientationPatient", "EffectiveEchoTime", "RepetitionTime", "PixelSpacing",
    "FrameContentSequence", "PlanePositionSequence", "MREchoSequence",
]  # fmt: skip
WORDS = [
    b"", b" ", b"1", b"0", b"-1", b"2", b"20", b"abc", b"1e999", b"nan", b"inf", b"-inf", b"1e300",
    b"1e299", b"-1e299", b"9" * 400, b"1\\2", b"1\\2\\3", b"1\\2\\nan", b"nan\\nan\\nan",
    b"inf\\0\\0", b"1e308\\1e308\\1e308", b"0\\0\\0\\0\\0\\0", b"1\\0\\0\\0\\nan\\0",
    b"0\\1\\0\\1\\0\\0", b"\\" * 5, b"1\\0\\0\\1\\0\\0", b"1.5", b"2147483648",
    b"-9223372036854775809", b"9" * 19, b"9" * 21, b"1000nan", b"1000inf", b"250000",
    b"999999.999999", b"-10000", b"1000001e308", b"1000-1e308", b"\x1b[31m", b"\xff\xfe",
    b"words\nwords", b"\0", b"A" * 60_000, b"1\\" * 20_000, b"MR", b"MOSAIC",
    b"ORIGINAL\\PRIMARY\\M\\MOSAIC", b"SIEMENS", b"Philips", b"GE MEDICAL SYSTEMS", b"UIH",
    b"Bruker", b"ISO_IR 192", b"ISO 2022 IR 87", b"nothing", b"1.2.840.10008.1.2",
    b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.4.90",
    b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.5", b"1.2.3", b"1.2.840.10008.5.1.4.1.1.4.1",
    b"1.2.840.10008.5.1.4.1.1.2", b"../../x", b"%s%n%x", b"\0\0", b"\xff\xff", b"\4\0\4\0",
    b"\xff\xff\xff\x7f", b"\1\0", b"\x10\0", b"\0\0\0\0\0\0\xf8\x7f", b"\0\0\0\0\0\0\xf0\x7f",
    b"\0\0\0\0\0\0\xf0\xff", b"\xff" * 8,
]  # fmt: skip
KINDS = [
    b"US",
    b"DS",
    b"IS",
    b"FD",
    b"FL",
    b"SQ",
    b"UN",
    b"OB",
    b"AT",
    b"UV",
    b"PN",
    b"zz",
    b"\0\0",
]
LENGTHS = [0, 1, 2, 0x7FFF, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 2**26, 2**24]
NAMES = [
    "DICOMDIR", "x.nii", "x.nii.gz", "-o", "--help", "%s", "a b;c", "é", "x.dcm.json", ".hidden",
    "new\nline", "\x1b[31m.dcm", "'\"`$(x)", "x" * 250, "~", "CON", "\u202egnp.dcm", "x.json",
    "*.dcm",
]  # fmt: skip


@dataclass(slots=True)
class Folder:
    """A folder of files, and what else is to stand in it."""

    contents: dict[str, bytes]
    others: list[Callable[[Path], object]] = field(default_factory=list)

    def build(self, folder: Path) -> None:
        """Write it."""
        for name, content in self.contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        for other in self.others:
            with suppress(FileExistsError):
                other(folder)

    def some(self, rng: Random) -> list[str]:
        """One file, about half of them, or all."""
        names = list(self.contents)
        kind = int(rng.integers(3)) if names else 2
        if kind == 0:
            return [one_of(names, rng)]
        return [one for one in names if kind == 2 or rng.random() < 0.5]


def _flip(folder: Folder, rng: Random) -> None:
    for name in folder.some(rng)[:1]:
        within = None if rng.random() < 0.3 else 1500
        folder.contents[name] = changed(folder.contents[name], rng, within)


def _value(folder: Folder, rng: Random) -> None:
    """Another value of an element in one file, some or all: the same, or another in each."""
    tag, kind = key(one_of(KEYS, rng))
    kind = kind if rng.random() < 0.9 else one_of(KINDS, rng)
    word, same = one_of(WORDS, rng), rng.random() < 0.6
    for name in folder.some(rng):
        word = word if same else one_of(WORDS, rng)
        length = one_of(LENGTHS, rng) if rng.random() < 0.03 else None
        _put(folder, name, Element(tag, kind, word + b"\0" * (len(word) % 2), length))


def _numbered(folder: Folder, rng: Random) -> None:
    """Numbers of few, or of a gigantic kind, where each file has its own."""
    tag, kind = key(one_of(KEYS[:20], rng))
    scale = one_of([1, 1, 3, 10**6, 10**17, 10**18, 10**19, 10**40], rng)
    for name in folder.some(rng):
        word = str(int(rng.integers(-3, 60)) * scale).encode()
        _put(folder, name, Element(tag, kind, word + b" " * (len(word) % 2)))


def _exchanged(folder: Folder, rng: Random) -> None:
    """The values of an element, each in another file."""
    tag, _ = key(one_of(KEYS, rng))
    names = [name for name in folder.some(rng) if _sound(folder.contents[name])]
    found = {name: _element(folder.contents[name], tag) for name in names}
    known = [(name, one) for name, one in found.items() if one is not None]
    order = rng.permutation(len(known))
    for (name, _), at in zip(known, order.tolist(), strict=True):
        _put(folder, name, known[at][1])


def _left_out(folder: Folder, rng: Random) -> None:
    tag, _ = key(one_of(KEYS, rng))
    for name in folder.some(rng):
        _rewritten(folder, name, lambda elements: [one for one in elements if one.tag != tag])


def _nested(folder: Folder, rng: Random) -> None:
    """Another value of an element within a sequence, as long as the one before."""
    start = b"".join(key(one_of(NESTED, rng)))
    for name in folder.some(rng):
        content = bytearray(folder.contents[name])
        at, wanted = content.find(start), int(rng.integers(1, 60))
        while at >= 0 and wanted:
            if rng.random() < 0.5:
                length = int.from_bytes(content[at + 6 : at + 8], "little")
                word = one_of(WORDS, rng)[:length].ljust(length, one_of([b" ", b"\0"], rng))
                content[at + 8 : at + 8 + length] = word
            wanted -= 1
            at = content.find(start, at + 8)
        folder.contents[name] = bytes(content)


def _removed(folder: Folder, rng: Random) -> None:
    for name in folder.some(rng)[: int(rng.integers(1, 8))]:
        del folder.contents[name]


def _again(folder: Folder, rng: Random) -> None:
    for name in folder.some(rng)[: int(rng.integers(1, 30))]:
        folder.contents[one_of([f"{name}-copy", f"below/{name}", f"a/b/c/d/e/f/g/{name}"], rng)] = (
            folder.contents[name]
        )


def _shortened(folder: Folder, rng: Random) -> None:
    for name in folder.some(rng):
        content = folder.contents[name]
        folder.contents[name] = content[: int(rng.integers(len(content) + 1))]


def _emptied(folder: Folder, rng: Random) -> None:
    for name in folder.some(rng):
        folder.contents[name] = one_of([b"", b"DICM", bytes(128) + b"DICM", bytes(200)], rng)


def _renamed(folder: Folder, rng: Random) -> None:
    for name in folder.some(rng)[:3]:
        folder.contents[one_of(NAMES, rng)] = folder.contents.pop(name)


def _bare(folder: Folder, rng: Random) -> None:
    """Without a preamble, and perhaps without the group that tells the syntax."""
    meta = rng.random() < 0.5
    for name in folder.some(rng):
        if _sound(folder.contents[name]):
            elements = parsed(folder.contents[name])
            kept = [one for one in elements if meta or one.tag[:2] != b"\2\0"]
            folder.contents[name] = encoded(kept, b"")


def _program(folder: Folder, rng: Random) -> None:
    for name in folder.some(rng):
        start = one_of([b"\x7fELF", b"MZ", b"#!/bin/sh\n", b"<html>", b"II*\0"], rng)
        folder.contents[name] = start + folder.contents[name][len(start) :]


def _other_files(folder: Folder, rng: Random) -> None:
    """Folders, links, pipes and unreadable things where files might be."""
    first = next(iter(folder.contents), "nothing")
    options: list[Callable[[Path], object]] = [
        lambda path: (path / "folder.dcm").mkdir(),
        lambda path: (path / "link.dcm").symlink_to(path / first),
        lambda path: (path / "loop.dcm").symlink_to(path / "loop.dcm"),
        lambda path: (path / "up").symlink_to(path.parent),
        lambda path: (path / "lost.dcm").symlink_to(path / "not there"),
        lambda path: (path / "zero.dcm").symlink_to("/dev/zero"),
        lambda path: os.mkfifo(path / "pipe.dcm"),
        lambda path: (path / first).chmod(0) if (path / first).exists() else None,
        lambda path: Path(os.fsdecode(bytes(path) + b"/\xff\xfe.dcm")).write_bytes(b"\0" * 300),
        lambda path: (path / "/".join("abcdefghij")).mkdir(parents=True),
    ]
    some = rng.permutation(len(options))[: int(rng.integers(1, 4))].tolist()
    folder.others += [options[at] for at in some]


def _lied(folder: Folder, rng: Random) -> None:
    """An element that tells another length than it has."""
    for name in folder.some(rng)[:4]:
        length = one_of(LENGTHS, rng)

        def lie(elements: list[Element], length: int = length) -> list[Element]:
            if elements:
                one_of(elements, rng).length = length
            return elements

        _rewritten(folder, name, lie)


def _deepened(folder: Folder, rng: Random) -> None:
    depth = one_of([5, 30, 300, 1000, 3000, 20_000], rng)
    where = one_of(
        ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
         "ReferencedImageSequence", "FrameContentSequence"], rng,
    )  # fmt: skip
    known = rng.random() < 0.3 and depth <= 1000
    element = deep(where, depth, closed=rng.random() < 0.7, known=known)
    for name in folder.some(rng)[:3]:
        _put(folder, name, element)


def _crowded(folder: Folder, rng: Random) -> None:
    """A sequence of very many empty items."""
    count = one_of([0, 1, 60, 1000, 10_000, 10_000, 100_000, 1_000_000], rng)
    where = one_of(["PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"], rng)
    for name in folder.some(rng)[:1]:
        _put(folder, name, items(where, count, known=count > 10_000 or bool(rng.random() < 0.5)))


def _two_series(folder: Folder, rng: Random) -> None:
    """Several series, or echoes, mixed file by file or volume by volume."""
    names = list(folder.contents)
    tag, kind = key(one_of(["SeriesInstanceUID", "SeriesInstanceUID", "EchoTime"], rng))
    count, every = int(rng.integers(2, 5)), one_of([1, 3, max(1, len(names) // 2)], rng)
    for at, name in enumerate(names):
        word = str(20 + at // every % count).encode()
        _put(folder, name, Element(tag, kind, word + b"\0" * (len(word) % 2)))


def _disordered(folder: Folder, rng: Random) -> None:
    """Elements that do not stand in the order of their tags, or stand there twice."""

    def change(elements: list[Element]) -> list[Element]:
        if len(elements) < 8:
            return elements
        rest = elements[7:]
        if rng.random() < 0.5:
            return elements[:7] + [rest[at] for at in rng.permutation(len(rest)).tolist()]
        return elements + [one_of(rest, rng) for _ in range(3)]

    for name in folder.some(rng):
        _rewritten(folder, name, change)


def _rewritten(folder: Folder, name: str, change: Callable[[list[Element]], list[Element]]) -> None:
    """Change the elements of a file, if it can still be told which they are."""
    if _sound(folder.contents[name]):
        folder.contents[name] = encoded(change(parsed(folder.contents[name])))


def _put(folder: Folder, name: str, element: Element) -> None:
    """Put an element in its place: instead of that of its tag, if there is one."""

    def change(elements: list[Element]) -> list[Element]:
        kept = [one for one in elements if one.tag != element.tag]
        at = sum(_place(one) < _place(element) for one in kept)
        return [*kept[:at], element, *kept[at:]]

    _rewritten(folder, name, change)


def _place(element: Element) -> tuple[int, int]:
    tag = element.tag
    return int.from_bytes(tag[:2], "little"), int.from_bytes(tag[2:], "little")


def _element(content: bytes, tag: bytes) -> Element | None:
    return next((one for one in parsed(content) if one.tag == tag), None)


def _sound(content: bytes) -> bool:
    """Whether a file can be taken apart and put together again."""
    if content[128:132] != b"DICM":
        return False
    try:
        return encoded(parsed(content), content[:132]) == content
    except Exception:  # already damaged: it stays as it is
        return False


SPOILERS: list[Callable[[Folder, Random], None]] = [
    _flip, _flip, _value, _value, _value, _value, _numbered, _exchanged, _left_out, _nested,
    _nested, _removed, _again, _shortened, _emptied, _renamed, _bare, _program, _other_files,
    _lied, _deepened, _crowded, _two_series, _disordered,
]  # fmt: skip
