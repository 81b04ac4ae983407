"""A NIfTI header: judged from its own few hundred bytes, before anything else is read."""

import gzip
import logging
import math
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray

__all__ = [
    "PAIRS",
    "Header",
    "begins_as_nifti",
    "is_gzip",
    "open_stream",
    "parts_of",
    "read_header",
    "why",
]

LARGEST_EXTENSIONS = 64 * 2**20  # bytes between header and voxels
SIZES = {348: slice(344, 348), 540: slice(4, 8)}  # of a header, and where its magic stands
MAGICS = {b"n+1\0", b"n+2\0"}  # voxels in the same file
PAIR_MAGICS = {b"ni1\0", b"ni2\0"}  # voxels in a file of their own
PAIRS = (".hdr", ".img", ".hdr.gz", ".img.gz")  # how the names of these two end
GZIP = b"\x1f\x8b"
TIME_UNITS = {8: 1.0, 16: 1e-3, 24: 1e-6}  # NIfTI xyzt_units, in s
SPACE_UNITS = {1: 1e3, 2: 1.0, 3: 1e-3}  # NIfTI xyzt_units, in mm
VECTORS = {1004: "matrices", 1005: "matrices", 1006: "displacements", 1007: "vectors"}  # intents


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Header:
    """What a NIfTI file says of its voxels.

    Parameters
    ----------
    shape : tuple of int
        As declared: not checked yet.
    kind : dtype
        Of the stored numbers.
    offset : int
        Bytes before the voxels.
    stored_slope : float
        As the file gives it: 0 or NaN mean that nothing is scaled.
    slope, intercept : float
        What the voxels are to be scaled by.
    affine : ndarray, shape (4, 4)
        Voxel indices to RAS millimetres, whatever unit the file uses: not checked yet.
    oriented : bool
        Whether the file says how its axes lie: one of its two codes is above 0.
    sized : bool
        Whether the file says how large a voxel is: it names a unit of length.
    steps : tuple of float or None
        Of each axis after the third, from one entry to the next, s; None if there is none, or no
        unit for it. A step belongs to its axis: whoever drops an axis drops its step.
    voxels : Path
        File that holds the voxels: the same one, or the other one of a pair.
    meaning : str
        What the entries along the axes after the third are, where that is no time: "vectors".
    """

    shape: tuple[int, ...]
    kind: np.dtype[Any]
    offset: int
    stored_slope: float
    slope: float
    intercept: float
    affine: FloatArray
    oriented: bool
    steps: tuple[float | None, ...]
    voxels: Path
    meaning: str = ""
    sized: bool = False


def parts_of(path: Path) -> tuple[Path, Path]:
    """Files of header and voxels: the same one, but for a pair `.hdr` and `.img`, either named.

    Raises
    ------
    DscError
        If the other one of a pair is missing.
    """
    found = re.search(r"\.(hdr|img)(\.gz)?$", path.name, re.IGNORECASE)
    if found is None:
        return path, path
    other = {"hdr": "img", "img": "hdr"}[found[1].lower()]
    stem = path.name[: found.start()]
    endings = (found[2] or "", "", ".gz", ".GZ")
    names = [f"{stem}.{word}{end}" for end in endings for word in (other, other.upper())]
    beside = next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)
    header = path if found[1].lower() == "hdr" else beside
    if header is not None and _starts_as(header, MAGICS):  # one file, whatever it is called
        return header, header
    if beside is None and _starts_as(path, MAGICS):
        return path, path
    if beside is None:
        raise DscError(
            f"{path.name} must lie beside {names[0]}, got it alone: header and voxels are two "
            "files. Copy both."
        )
    return (path, beside) if header is path else (beside, path)


def begins_as_nifti(path: Path) -> bool:
    """Whether a file begins as NIfTI of one file does, whatever it is called."""
    return _starts_as(path, MAGICS)


def _starts_as(path: Path, magics: set[bytes]) -> bool:
    try:
        with open_stream(path) as file:
            return _magic(file.read(max(SIZES)))[0] in magics
    except (EOFError, OSError, ValueError, zlib.error):
        return False


def read_header(path: Path) -> Header:
    """Read the header of a NIfTI file, and nothing behind it.

    Parameters
    ----------
    path : Path
        `.nii` or `.nii.gz`, or either file of a pair `.hdr` and `.img`. Extensions are not read:
        they may be as large as a bomb.

    Raises
    ------
    DscError
        If it is no header, or says what makes no sense.
    """
    import nibabel as nib

    own, voxels = parts_of(path)
    try:
        with open_stream(own) as file:
            start = file.read(max(SIZES))
        with np.errstate(all="ignore"), _silence(nib.imageglobals.logger):
            header = _parsed(start, own, voxels)
    except (
        nib.spatialimages.HeaderDataError,
        EOFError,
        OSError,
        OverflowError,
        ValueError,
        zlib.error,
    ) as error:
        raise DscError(
            f"{path.name} must be a whole NIfTI file, got one that cannot be read "
            f"({why(error, path)}). Copy it again."
        ) from error
    if not 0 <= header.offset <= LARGEST_EXTENSIONS + max(SIZES):
        raise DscError(
            f"{path.name} must have at most {LARGEST_EXTENSIONS >> 20} MiB before its voxels, got "
            f"{header.offset / 2**20:.0f} MiB. Export it without header extensions."
        )
    return header


def is_gzip(path: Path) -> bool:
    """Whether a file is compressed: its first two bytes tell, its name need not be right."""
    with path.open("rb") as file:
        return file.read(2) == GZIP


def open_stream(path: Path) -> IO[bytes]:
    """Bytes of a file, decompressed if it begins as gzip does."""
    return cast(IO[bytes], gzip.open(path) if is_gzip(path) else path.open("rb"))


def why(error: Exception, path: Path) -> str:
    """Say in one line what went wrong, without the folder that a file lies in."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(words.replace(str(path), path.name).split())


def _magic(start: bytes) -> tuple[bytes, int]:
    """How a header tells its format, and its size; nothing for ANALYZE 7.5, which has no magic."""
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    for order in orders:
        size = int.from_bytes(start[:4], order)
        if size in SIZES and len(start) >= size:
            return start[SIZES[size]], size
    raise ValueError("it does not begin as NIfTI does")


def _parsed(start: bytes, own: Path, voxels: Path) -> Header:
    magic, size = _magic(start)
    if magic in MAGICS or (magic in PAIR_MAGICS and own != voxels):
        return _nifti(start[:size], own if magic in MAGICS else voxels)
    if magic in PAIR_MAGICS:
        raise ValueError("its voxels lie in a file .img of their own")
    if own != voxels and size == 348:
        return _analyze(start[:size], voxels)
    raise ValueError("it does not begin as NIfTI does")


def _nifti(block: bytes, voxels: Path) -> Header:
    import nibabel as nib

    made: Any = nib.Nifti1Header if len(block) == 348 else nib.Nifti2Header
    header = made(block)
    slope, intercept = header.get_slope_inter()
    shape = tuple(int(length) for length in header.get_data_shape())
    affine = np.asarray(header.get_best_affine(), dtype=np.float64)
    affine[:3] *= SPACE_UNITS.get(int(header["xyzt_units"]) & 0x07, 1.0)
    return Header(
        shape=shape,
        kind=np.dtype(header.get_data_dtype()),
        offset=int(header.get_data_offset()),
        stored_slope=float(made(block, check=False)["scl_slope"]),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        affine=affine,
        oriented=int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0,
        steps=tuple(_step(header, axis) for axis in range(3, len(shape))),
        voxels=voxels,
        meaning=VECTORS.get(int(header["intent_code"]), ""),
        sized=int(header["xyzt_units"]) & 0x07 in SPACE_UNITS,
    )


def _analyze(block: bytes, voxels: Path) -> Header:
    """ANALYZE 7.5, before NIfTI: voxel sizes and numbers, nothing of orientation, units or time."""
    import nibabel as nib

    header = nib.AnalyzeHeader(block)
    shape = tuple(int(length) for length in header.get_data_shape())
    return Header(
        shape=shape,
        kind=np.dtype(header.get_data_dtype()),
        offset=max(int(header["vox_offset"]), 0),
        stored_slope=1.0,
        slope=1.0,
        intercept=0.0,
        affine=np.asarray(header.get_best_affine(), dtype=np.float64),
        oriented=False,
        steps=(None,) * max(len(shape) - 3, 0),
        voxels=voxels,
    )


def _step(header: Any, axis: int) -> float | None:
    """Step along an axis in s, if the header declares a unit of time for it."""
    unit = TIME_UNITS.get(int(header["xyzt_units"]) & 0x38)
    value = float(header["pixdim"][axis + 1])
    return value * unit if unit is not None and math.isfinite(value) and value > 0 else None


@contextmanager
def _silence(logger: logging.Logger) -> Iterator[None]:
    """Keep a library from printing what the error says anyway."""
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
