"""A NIfTI header: judged from its own few hundred bytes, before anything else is read."""

import gzip
import logging
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.types import FloatArray

__all__ = ["Header", "open_stream", "read_header", "why"]

LARGEST_EXTENSIONS = 64 * 2**20  # bytes between header and voxels
SIZES = {348: slice(344, 348), 540: slice(4, 8)}  # of a header, and where its magic stands
MAGICS = {b"n+1\0", b"n+2\0"}  # voxels in the same file
TIME_UNITS = {8: 1.0, 16: 1e-3, 24: 1e-6}  # NIfTI xyzt_units, in s


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
        Voxel indices to RAS millimetres: not checked yet.
    oriented : bool
        Whether the file says how its axes lie: one of its two codes is above 0.
    step : float or None
        Time from one volume to the next, s; None if there is none, or no unit for it.
    """

    shape: tuple[int, ...]
    kind: np.dtype[Any]
    offset: int
    stored_slope: float
    slope: float
    intercept: float
    affine: FloatArray
    oriented: bool
    step: float | None


def read_header(path: Path) -> Header:
    """Read the header of a NIfTI file, and nothing behind it.

    Parameters
    ----------
    path : Path
        `.nii` or `.nii.gz`. Extensions are not read: they may be as large as a bomb.

    Raises
    ------
    DscError
        If it is no header, or says what makes no sense.
    """
    import nibabel as nib

    try:
        with open_stream(path) as file:
            start = file.read(max(SIZES))
        with np.errstate(all="ignore"), _silence(nib.imageglobals.logger):
            header = _parsed(_block(start))
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


def open_stream(path: Path) -> IO[bytes]:
    """Bytes of a file, decompressed if its name ends in `.gz`."""
    return cast(IO[bytes], gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb"))


def why(error: Exception, path: Path) -> str:
    """Say in one line what went wrong, without the folder that a file lies in."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(words.replace(str(path), path.name).split())


def _block(start: bytes) -> bytes:
    """Bytes of the header alone."""
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    for order in orders:
        size = int.from_bytes(start[:4], order)
        if size in SIZES and start[SIZES[size]] in MAGICS and len(start) >= size:
            return start[:size]
    raise ValueError("it does not begin as NIfTI does")


def _parsed(block: bytes) -> Header:
    import nibabel as nib

    made: Any = nib.Nifti1Header if len(block) == 348 else nib.Nifti2Header
    header = made(block)
    slope, intercept = header.get_slope_inter()
    return Header(
        shape=tuple(int(length) for length in header.get_data_shape()),
        kind=np.dtype(header.get_data_dtype()),
        offset=int(header.get_data_offset()),
        stored_slope=float(made(block, check=False)["scl_slope"]),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
        affine=np.asarray(header.get_best_affine(), dtype=np.float64),
        oriented=int(header["sform_code"]) > 0 or int(header["qform_code"]) > 0,
        step=_step(header),
    )


def _step(header: Any) -> float | None:
    """Time step in s, if the header declares a unit of time for it."""
    unit = TIME_UNITS.get(int(header["xyzt_units"]) & 0x38)
    value = float(header["pixdim"][4])
    return value * unit if unit is not None and math.isfinite(value) and value > 0 else None


@contextmanager
def _silence(logger: logging.Logger) -> Iterator[None]:
    """Keep a library from printing what the error says anyway."""
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
