"""NIfTI files: what they really say, read once and never enlarged."""

import gzip
import logging
import math
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import DscError
from napari_dsc.core.steps import finished
from napari_dsc.core.types import FloatArray, Progress, Series
from napari_dsc.io.axes import dynamic, echoes_beside
from napari_dsc.io.files import write_json, write_whole
from napari_dsc.io.sidecar import read_sidecar, sidecar_path
from napari_dsc.io.times import settle

__all__ = [
    "read_nifti",
    "read_shape",
    "read_volume",
    "reading_nifti",
    "write_nifti",
    "write_series",
]

FEWEST_VOLUMES = 20
LARGEST = 4 * 2**30  # bytes of voxels
CHUNK = 16 * 2**20  # bytes between two steps
READING = "Reading the file"
TIME_UNITS = {8: ("s", 1.0), 16: ("ms", 1e-3), 24: ("µs", 1e-6)}  # NIfTI xyzt_units


def read_nifti(path: Path, **choices: str) -> Series:
    """Read a dynamic NIfTI scan and its sidecar: `reading_nifti`, to its end."""
    return finished(reading_nifti(path, **choices))


def reading_nifti(path: Path, **choices: str) -> Generator[Progress, None, Series]:
    """Read a dynamic NIfTI scan and its sidecar.

    Parameters
    ----------
    path : Path
        A `.nii` file, which is memory-mapped, or a `.nii.gz` file, which is read once.
    **choices : str
        Of a scan of five axes: `axis`, "4" or "5", which of them is time; `echo`, the entry of
        the other one, from "1".

    Yields
    ------
    Progress
        Every 16 MB of a compressed file.

    Returns
    -------
    Series
        Signal of shape (X, Y, Z, T) as stored (float32 if the file scales it).

    Raises
    ------
    ChoiceNeededError
        If a scan of five axes does not tell its time from its echoes.
    DscError
        If the file is damaged, is not a dynamic scan or is not made of plain numbers.
    """
    signal, affine, header = yield from _load(path)
    signal, echo, notices = dynamic(signal, choices)
    if signal.shape[-1] < FEWEST_VOLUMES:
        raise DscError(
            f"a dynamic scan must have at least {FEWEST_VOLUMES} volumes, got shape "
            f"{signal.shape}. Open the whole time series."
        )
    if affine is None:
        notices += ("Orientation unknown: the file's affine is not usable. Left may be right.",)
    notices += echoes_beside(path)
    sidecar = read_sidecar(path, signal.shape, echo)
    claims = {}
    if sidecar.volume_times is not None:
        claims["sidecar's VolumeTiming"] = float(np.median(np.diff(sidecar.volume_times)))
    if sidecar.repetition_time is not None:
        claims["sidecar"] = sidecar.repetition_time
    if (declared := _header_step(header)) is not None:
        claims["header"] = declared
    step, sources, questions = settle(claims)
    if sidecar.echo_time is not None:
        sources["Echo time"] = f"{sidecar.echo_time:g} s (sidecar)"
    time = None if step is None else step * np.arange(signal.shape[-1])
    if step is not None and sidecar.volume_times is not None:
        time = sidecar.volume_times
    return Series(
        signal=signal,
        time=time,
        echo_time=sidecar.echo_time,
        affine=affine,
        sources=sources,
        notices=notices + sidecar.notices,
        questions=questions,
        slice_times=sidecar.slice_times,
        slice_axis=sidecar.slice_axis,
    )


def read_volume(path: Path) -> tuple[NDArray[Any], FloatArray | None]:
    """Read a 3-D NIfTI volume (a mask, an anatomy): its values, and its affine if it is usable.

    Raises
    ------
    DscError
        If the file is damaged or does not hold one volume.
    """
    values, affine, _ = finished(_load(path))
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim != 3:
        raise DscError(f"{path.name} must hold one volume (x, y, z), got shape {values.shape}.")
    return values, affine


def read_shape(path: Path) -> tuple[int, ...]:
    """Shape that a NIfTI file declares; trailing axes of length 1 do not count."""
    shape = tuple(_header_of(path).shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def write_nifti(
    path: Path, values: NDArray[Any], affine: FloatArray | None, description: str = ""
) -> None:
    """Write one volume with the scan's affine; complete or absent.

    Parameters
    ----------
    path : Path
        `.nii` or `.nii.gz`; replaced if it exists.
    values : ndarray, shape (X, Y, Z)
        Floats are stored as float32, bool as uint8.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres; None: unknown, and the file says so (codes 0).
    description : str
        What it is, at most 79 characters.
    """
    import nibabel as nib

    kinds = {"f": np.float32, "b": np.uint8}
    kind = kinds.get(values.dtype.kind, values.dtype)
    image = nib.Nifti1Image(values.astype(kind), affine, dtype=np.dtype(kind))
    code = 0 if affine is None else 1
    image.header.set_sform(affine, code)
    image.header.set_qform(affine, code)
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = description.encode("ascii", "replace")[:79]
    write_whole(path, lambda temporary: nib.save(image, temporary))


def write_series(path: Path, series: Series) -> None:
    """Write a scan as NIfTI, and what is known of its times as a JSON sidecar.

    Parameters
    ----------
    path : Path
        `.nii` or `.nii.gz`; replaced if it exists.
    series : Series
        Signal of shape (X, Y, Z, T), stored as it is.
    """
    import nibabel as nib

    image = nib.Nifti1Image(series.signal, series.affine)
    image.header.set_xyzt_units("mm", "unknown" if series.time is None else "sec")
    zooms = image.header.get_zooms()[:3]
    image.header.set_zooms((*zooms, series.repetition_time or 0.0))
    facts = {"RepetitionTime": series.repetition_time, "EchoTime": series.echo_time}
    known = {key: value for key, value in facts.items() if value is not None}
    write_whole(path, lambda temporary: nib.save(image, temporary))
    write_json(sidecar_path(path), {"Modality": "MR", **known})


def _header_of(path: Path) -> Any:
    """Image whose voxels have not been read."""
    import nibabel as nib

    unreadable = (
        nib.filebasedimages.ImageFileError,
        nib.spatialimages.HeaderDataError,
        EOFError,
        OSError,
        OverflowError,
        ValueError,
        zlib.error,
    )
    try:
        with np.errstate(all="ignore"), _silence(nib.imageglobals.logger):
            image = nib.load(path)
    except unreadable as error:
        raise DscError(
            f"{path.name} must be a whole NIfTI file, got one that cannot be read "
            f"({_one_line(error)}). Copy it again."
        ) from error
    if not isinstance(image, nib.Nifti1Image):  # NIfTI-2 is one too
        raise DscError(f"{path.name} must be a NIfTI file, got {type(image).__name__}.")
    return image


def _load(
    path: Path,
) -> Generator[Progress, None, tuple[NDArray[Any], FloatArray | None, Any]]:
    """Voxels as stored or as float32, usable affine and header of a file that is whole."""
    image = _header_of(path)
    header, stored = image.header, image.dataobj
    kind = np.dtype(stored.dtype)
    if kind.kind not in "iuf" or kind.itemsize > 8:
        raise DscError(
            f"{path.name} must hold plain numbers, got {kind}. Export the magnitude images."
        )
    slope = _stored_slope(path, image)
    if np.isinf(slope):
        raise DscError(f"{path.name} must have a finite scale, got {slope}.")
    if min(stored.shape, default=0) < 1:
        raise DscError(f"{path.name} must have voxels, got shape {stored.shape}.")
    size = math.prod(stored.shape) * kind.itemsize
    if size > LARGEST:
        raise DscError(
            f"{path.name} must hold at most {LARGEST >> 30} GiB of voxels, got "
            f"{size / 2**30:.1f} GiB. Crop it."
        )
    try:
        voxels = yield from _voxels(path, stored, size)
    except (EOFError, OSError, OverflowError, ValueError, zlib.error) as error:
        raise DscError(
            f"{path.name} must hold {size} bytes of voxels, got a file that is incomplete or "
            f"damaged ({_one_line(error)}). Copy it again."
        ) from error
    except MemoryError as error:
        raise DscError(
            f"{path.name} must fit into memory, got {size / 2**30:.1f} GiB of voxels. Close other "
            "programs, or crop it."
        ) from error
    if (stored.slope, stored.inter) != (1, 0):
        with np.errstate(all="ignore"):
            voxels = voxels.astype(np.float32)
            voxels *= np.float32(stored.slope)
            voxels += np.float32(stored.inter)
    elif kind.kind == "f" and kind.itemsize == 8:
        with np.errstate(all="ignore"):
            voxels = voxels.astype(np.float32)
    return voxels, _usable(np.asarray(image.affine, dtype=np.float64)), header


def _usable(affine: FloatArray) -> FloatArray | None:
    """Affine that says where voxels lie; None for one that does not."""
    lies = np.isfinite(affine).all() and abs(np.linalg.det(affine[:3, :3])) >= 1e-9
    return affine if lies else None


def _voxels(path: Path, stored: Any, size: int) -> Generator[Progress, None, NDArray[Any]]:
    """Voxels as stored: mapped from a plain file; from a compressed one read to its end."""
    if path.suffix.lower() != ".gz":
        if (found := path.stat().st_size - stored.offset) != size:
            raise EOFError(f"{found} bytes of voxels")
        return np.asarray(stored.get_unscaled())
    voxels = np.empty(stored.shape, stored.dtype, order="F")
    flat: Any = voxels.reshape(-1, order="F").view(np.uint8)
    into, done = memoryview(flat), 0
    with gzip.open(path) as file:
        if len(file.read(stored.offset)) < stored.offset:
            raise EOFError("a file that ends within its header")
        while done < size:
            yield Progress(READING, done / size)
            count = file.readinto(into[done : done + CHUNK])
            if not count:
                raise EOFError(f"{done} bytes of voxels")
            done += count
        if file.read(1):  # the end, where the checksum is: a bomb is not followed beyond it
            raise EOFError("more bytes than that")
    return voxels


def _stored_slope(path: Path, image: Any) -> float:
    """Slope as the file gives it: nibabel forgets one that is not finite."""
    from nibabel.openers import ImageOpener

    with ImageOpener(str(path)) as file:
        header = image.header_class.from_fileobj(file, check=False)
    return float(header["scl_slope"])


@contextmanager
def _silence(logger: logging.Logger) -> Iterator[None]:
    """Keep a library from printing what the error says anyway."""
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _header_step(header: Any) -> float | None:
    """Time step in s, if the header declares a unit of time for it."""
    unit = TIME_UNITS.get(int(header["xyzt_units"]) & 0x38)
    value = float(header["pixdim"][4])
    if unit is None or not (math.isfinite(value) and value > 0):
        return None
    return value * unit[1]
