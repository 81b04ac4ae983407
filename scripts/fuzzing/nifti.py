"""NIfTI files: headers, extensions, compressed streams, axes, names."""

import gzip
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc import phantom
from napari_dsc.io.nifti import read_shape, read_volume, read_voxels, write_series
from scripts.fuzzing.damage import Input, Random, changed, files, one_of
from scripts.fuzzing.trial import opened

__all__ = ["Nifti"]

SHAPE = 8, 8, 3, 24
HEADERS = {348: ("<i", 108, "<f", 40, "<8h"), 540: ("<i", 168, "<q", 16, "<8q")}
SIZES = [
    0, 1, 4, 7, 8, 15, 16, 17, 31, 32, 48, 64, 4096, -1, -8, -16, -(2**31), 2**31 - 1, 2**31 - 16,
    2**26, 2**24,
]  # fmt: skip
OFFSETS = [0, 1, 347, 348, 352, 353, 356, 368, 540, 544, 560, -16, -352, 2**26, 2**31, 2**40, 1e30]
NOT_FINITE = [float("nan"), float("inf"), float("-inf")]
DIMENSIONS = [
    (4, 6, 32, 8, 3, 24), (5, 8, 8, 3, 1, 24), (5, 8, 8, 3, 24, 1), (5, 8, 8, 3, 4, 6),
    (5, 8, 8, 3, 2, 12), (5, 8, 8, 1, 3, 24), (5, 8, 4, 2, 3, 24), (6, 8, 8, 3, 2, 3, 4),
    (7, 2, 4, 8, 3, 2, 3, 4), (4, 1, 1, 1, 4608), (4, 4608, 1, 1, 1), (3, 8, 8, 72), (1, 4608),
    (4, 192, 1, 1, 24), (5, 1, 1, 192, 24, 1), (5, 8, 8, 3, 24, 0), (5, 16, 2, 2, 6, 12),
    (4, 32767, 32767, 32767, 32767), (4, 1024, 1024, 64, 32), (8, 8, 8, 3, 24), (-4, 8, 8, 3, 24),
    (4, 8, 8, -3, 24), (4, 8, 8, 3, 0), (0,), (5, 1, 1, 1, 20, 20), (5, 8, 8, 3, 9, 9),
]  # fmt: skip
LARGE = 3 * 2**28  # bytes: more than an input may take
READERS: list[Callable[[Path], object]] = [read_volume, read_voxels, read_shape]


class Nifti:
    """A sound scan of each kind of header, and what is made of it."""

    def __init__(self, folder: Path) -> None:
        import nibabel as nib

        series = phantom(SHAPE[:3], SHAPE[3], arrival=9.0).series
        write_series(folder / "sound.nii", series)
        self.plain = (folder / "sound.nii").read_bytes()
        image = nib.Nifti2Image(np.asarray(series.signal), series.affine)
        image.header.set_xyzt_units("mm", "msec")
        image.header.set_zooms((2, 2, 5, 1500))
        self.second = image.to_bytes()
        self.packed = gzip.compress(self.plain, mtime=0)
        self.bombs = self._bombs()

    def _bombs(self) -> list[bytes]:
        """Small files that swell: behind the voxels, before them, within an extension."""
        promised = bytearray(self.plain)
        struct.pack_into("<8h", promised, 40, 4, 1024, 1024, 64, 28, 1, 1, 1)
        made = [_swelling(self.plain, LARGE), _swelling(bytes(promised), 2**26)]
        for size in (2**26 - 16, 2**26, LARGE):  # the first may be read
            start = bytearray(self.plain[:348])
            _put_offset(start, 352 + size)
            extension = b"\1\0\0\0" + struct.pack("<ii", size, 6)
            made.append(_swelling(bytes(start) + extension, size - 8, self.plain[352:]))
        return made

    def mutant(self, rng: Random) -> Input:
        """One file, damaged."""
        makers = [self._header, self._header, self._extension, self._extension, self._axes]
        kind = rng.random()
        if kind < 0.25:
            packed = changed(self.packed, rng)
            return _input("stream", packed, rng, packed=True)
        if kind < 0.26:
            return _input("bomb", one_of(self.bombs, rng), rng, packed=True)
        if kind < 0.30:
            return _input("stream", self._joined(rng), rng, packed=True)
        if kind < 0.32:
            return self._name(rng)
        name, content = one_of(makers, rng)(rng)
        if rng.random() < 0.3:
            return _input(name, gzip.compress(content, 1, mtime=0), rng, packed=True)
        return _input(name, content, rng)

    def _header(self, rng: Random) -> tuple[str, bytes]:
        whole = one_of([self.plain, self.second], rng)
        within = _size(whole) + 4
        return "header", changed(_swapped(whole) if rng.random() < 0.3 else whole, rng, within)

    def _extension(self, rng: Random) -> tuple[str, bytes]:
        """A header with extensions behind it, whose sizes and offset may be lies."""
        whole = one_of([self.plain, self.plain, self.second], rng)
        size = _size(whole)
        chain = b"".join(_one_extension(rng) for _ in range(one_of([0, 1, 1, 2, 3, 300], rng)))
        flag = one_of([b"\1\0\0\0", b"\1\0\0\0", b"\xff\0\0\0", b"\0\0\0\0", b"\1", b""], rng)
        start = bytearray(whole[:size])
        said: float = size + len(flag) + len(chain)
        if rng.random() < 0.5:
            said = one_of(OFFSETS, rng)
        _put_offset(start, said if rng.random() < 0.95 else one_of(NOT_FINITE, rng))
        made = bytes(start) + flag + chain
        made += b"" if rng.random() < 0.2 else whole[size + 4 :]
        return "extension", changed(made, rng, size + 16) if rng.random() < 0.2 else made

    def _axes(self, rng: Random) -> tuple[str, bytes]:
        """The same voxels, in another shape."""
        made = bytearray(one_of([self.plain, self.second], rng))
        _, _, _, at, layout = HEADERS[_size(made)]
        told = one_of(DIMENSIONS, rng)
        struct.pack_into(layout, made, at, *(told + (1,) * 8)[:8])
        return "axes", bytes(made)

    def _joined(self, rng: Random) -> bytes:
        """Several streams in one file, a stream within a stream, or bytes behind it."""
        half = len(self.plain) // 2
        parts = [gzip.compress(one, 1, mtime=0) for one in (self.plain[:half], self.plain[half:])]
        empty = gzip.compress(b"", mtime=0)
        options = [
            b"".join(parts), parts[0] + empty * 2000 + parts[1], gzip.compress(self.packed,
            mtime=0), self.packed + b"\0" * 5000, self.packed + b"trailing words", empty, b"",
            self.packed * 2, parts[1] + parts[0], self.packed[:-4], self.packed[:-8], self.plain,
        ]  # fmt: skip
        return one_of(options, rng)

    def _name(self, rng: Random) -> Input:
        """A folder, a link or another kind of file under the name of a scan."""

        def build(folder: Path) -> None:
            path = folder / "x.nii"
            options: list[Callable[[], object]] = [
                path.mkdir,
                lambda: path.symlink_to(path),
                lambda: path.symlink_to(folder / "nothing"),
                lambda: path.symlink_to(folder),
                lambda: path.write_bytes(self.packed),
            ]
            if which < len(options):
                options[which]()
                return
            path.write_bytes(self.plain)
            beside = folder / "x.json"
            beside.mkdir() if which == len(options) else beside.symlink_to(beside.name)

        which = int(rng.integers(7))
        return Input(
            kind="nifti name", build=build, read=lambda one, own: opened(one / "x.nii", own)
        )


def _input(kind: str, content: bytes, rng: Random, *, packed: bool = False) -> Input:
    name = "x.nii.gz" if packed else "x.nii"
    if rng.random() < 0.15:
        reader = one_of(READERS, rng)
        return Input(
            kind=f"nifti {kind}",
            build=files({name: content}),
            read=lambda folder, _: reader(folder / name),
        )
    return Input(
        kind=f"nifti {kind}",
        build=files({name: content}),
        read=lambda folder, own: opened(folder / name, own),
    )


def _swelling(start: bytes, zeros: int, end: bytes = b"") -> bytes:
    """Compress some bytes with very many zeros behind them: one block of them, again and again."""
    packer, block = zlib.compressobj(1, wbits=-15), bytes(2**20)
    count, rest = divmod(zeros, len(block))
    last = bytes(rest) + end
    parts = [packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)]
    parts += [packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)] * count
    parts.append(packer.compress(last) + packer.flush())
    check = zlib.crc32(start)
    for _ in range(count):
        check = zlib.crc32(block, check)
    size = len(start) + zeros + len(end)
    told = struct.pack("<II", zlib.crc32(last, check), size & 0xFFFFFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"".join(parts) + told


def _size(whole: bytes | bytearray) -> int:
    return int.from_bytes(whole[:4], "little")


def _swapped(whole: bytes) -> bytes:
    """The same header, its bytes in the other order; the voxels stay as they are."""
    import nibabel as nib

    size = _size(whole)
    kind: Any = nib.Nifti1Header if size == 348 else nib.Nifti2Header
    header = kind(whole[:size]).as_byteswapped(">")
    return bytes(header.binaryblock) + whole[size:]


def _put_offset(start: bytearray, value: float) -> None:
    _, at, layout, _, _ = HEADERS[len(start)]
    if layout == "<q":
        value = int(value) if np.isfinite(value) and abs(value) < 2**62 else -(2**63)
    struct.pack_into(layout, start, at, value)


def _one_extension(rng: Random) -> bytes:
    """An extension of a random kind; in half of them its size is a lie."""
    content = one_of(
        [bytes(8), bytes(24), b"<xml>" * 10, rng.bytes(40), b"\xff" * 56, bytes(2**16), b""], rng
    )
    size = len(content) + 8 if rng.random() < 0.5 else one_of(SIZES, rng)
    code = one_of([0, 2, 4, 6, 32, 44, -1, 2**31 - 1, 12345], rng)
    return struct.pack("<ii", size, code) + content
