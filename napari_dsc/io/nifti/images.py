"""NIfTI files read as scans: once, and never enlarged."""

import gzip
import io
import math
import zlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import finished
from napari_dsc.core.types import FloatArray, Progress, Series
from napari_dsc.io.atomic_files import write_json, write_whole
from napari_dsc.io.fingerprints import HashingFile, fingerprint, refuse_changed, states_of_files
from napari_dsc.io.nifti.axes import Dynamic, dynamic
from napari_dsc.io.nifti.bids_sidecar import Sidecar, read_sidecar, sidecar_path
from napari_dsc.io.nifti.header import Header, is_gzip, parts_of, read_header, why
from napari_dsc.io.nifti.stacked_slices import frames_of, looks_stacked, split
from napari_dsc.io.nifti.time_step import settle, step_of

__all__ = [
    "Loaded",
    "loading",
    "read_hashed_volume",
    "read_nifti",
    "read_shape",
    "read_volume",
    "read_voxels",
    "reading_nifti",
    "timed",
    "write_nifti",
    "write_series",
]

FEWEST_VOLUMES = 20
UNEVEN = 1e-6  # of a step: by how much steps of rounded times differ
LARGEST = 4 * 2**30  # bytes of voxels
CHUNK = 16 * 2**20  # bytes between two steps
READING = "Reading the file"
NO_TIME_AXIS = (
    "a dynamic scan must have 4 axes (x, y, z, time), got shape {shape}. Open the whole time "
    "series (the folder, if each volume is a file); if slices and volumes share the last axis, "
    "give the number of slices."
)
PLAUSIBLE_VOXEL = 0.05, 100.0  # mm along an axis


def read_nifti(path: Path, **choices: str) -> Series:
    """Read a dynamic NIfTI scan and its sidecar: `reading_nifti`, to its end."""
    return finished(reading_nifti(path, **choices))


def reading_nifti(path: Path, **choices: str) -> Generator[Progress, None, Series]:
    """Read a dynamic NIfTI scan and its sidecar.

    Parameters
    ----------
    path : Path
        A `.nii` or `.nii.gz` file, or either file of a pair `.hdr` and `.img`. It is read once, to
        its end: whatever becomes of it afterwards, the scan is what it was.
    **choices : str
        Of a scan of five axes: `axis`, "4" or "5", which of them is time; `echo`, the entry of
        the other one, from "1". Where slices and volumes share one axis: `slices`, how many a
        volume has; `order`, "slices" or "volumes", which of them runs first.

    Yields
    ------
    Progress
        Every 16 MB.

    Returns
    -------
    Series
        Signal of shape (X, Y, Z, T) as stored (float32 if the file scales it). `choices` are
        those that had to be made.

    Raises
    ------
    ChoiceNeededError
        If a scan of five axes does not tell its time from its echoes.
    DscError
        If the file is damaged, is not a dynamic scan or is not made of plain numbers.
    """
    signal, affine, header, hashes = yield from loading(path)
    if header.meaning and math.prod(signal.shape[4:]) > 1:
        raise DscError(
            f"{path.name} must hold one number for each voxel and time, got {header.meaning} (its "
            "intent says so). Open the dynamic scan."
        )
    frames = frames_of(signal)
    if frames is not None and ("slices" in choices or looks_stacked(frames)):
        found = split(frames, choices)
    elif frames is not None and signal.ndim < 4:
        raise DscError(NO_TIME_AXIS.format(shape=signal.shape))
    else:
        found = dynamic(signal, choices)
    series = timed(path, found, affine, header)
    own, voxels = parts_of(path)
    chosen = {fact: choices[fact] for fact in found.asked if fact in choices}
    files = () if own == voxels else (own, voxels)
    return replace(series, choices=chosen, files=files, hashes=hashes)


def timed(path: Path, found: Dynamic, affine: FloatArray | None, header: Header) -> Series:
    """Put together a scan with what its header and its sidecar say of its times and its place.

    Parameters
    ----------
    path : Path
        Its file, beside which the sidecar lies.
    found : Dynamic
        Its voxels.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres.
    header : Header
        Its header.

    Raises
    ------
    DscError
        If there are too few volumes.
    """
    signal = found.signal
    if signal.shape[-1] < FEWEST_VOLUMES:
        raise DscError(
            f"a dynamic scan must have at least {FEWEST_VOLUMES} volumes, got shape "
            f"{signal.shape}. Open the whole time series."
        )
    notices = (*found.notices, *_doubtful_place(affine, header), *_doubtful_voxels(affine))
    inside = found.axis is not None and found.axis - 3 < len(header.steps)
    given = header.steps[found.axis - 3] if inside and found.axis is not None else None
    sidecar = read_sidecar(path, signal.shape, found.echo, given)
    step, sources, questions = settle(_claims_of_step(sidecar, given))
    if sidecar.echo_time is not None:
        sources["Echo time"] = f"{sidecar.echo_time:g} s (sidecar)"
    if sidecar.flip_angle is not None:
        sources["Flip angle"] = f"{sidecar.flip_angle:g}° (sidecar)"
    if not header.stored_slope or np.isnan(header.stored_slope):
        sources["Values"] = f"as stored: the header's scale is {header.stored_slope:g}"
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
        oriented=affine is not None and header.oriented,
        flip_angle=sidecar.flip_angle,
        field_strength=sidecar.field_strength,
        dose=sidecar.dose,
    )


def _claims_of_step(sidecar: Sidecar, given: float | None) -> dict[str, float]:
    """What each source says of the time step, s; `given`: the header."""
    claims = {}
    if sidecar.volume_times is not None:
        told = [one for one in (sidecar.repetition_time, given) if one is not None]
        claims["sidecar's VolumeTiming"] = step_of(sidecar.volume_times, told)
    if sidecar.repetition_time is not None:
        claims["sidecar"] = sidecar.repetition_time
    if given is not None:
        claims["header"] = given
    return claims


def _doubtful_place(affine: FloatArray | None, header: Header) -> tuple[str, ...]:
    """Words where nobody knows which side is left."""
    if affine is None:
        return ("Orientation unknown: the file's affine is not usable. Left may be right.",)
    if not header.oriented:
        return ("Orientation unknown: the file gives voxel sizes only. Left may be right.",)
    return ()


def _doubtful_voxels(affine: FloatArray | None) -> tuple[str, ...]:
    """Say so if voxels have a size that none of a head has."""
    with np.errstate(all="ignore"):  # a voxel of 1e200 mm
        sizes = [] if affine is None else np.linalg.norm(affine[:3, :3], axis=0).tolist()
    if all(PLAUSIBLE_VOXEL[0] <= one <= PLAUSIBLE_VOXEL[1] for one in sizes):
        return ()
    words = " × ".join(f"{one:.4g}" for one in sizes)
    return (
        f"Voxels of {words} mm cannot be those of a head: the file's unit of length is wrong or "
        "missing. Volumes in mL, positions and sizes on screen are wrong with it; mend the header.",
    )


def read_volume(path: Path) -> tuple[NDArray[Any], FloatArray | None]:
    """Read a 3-D NIfTI volume (a mask, an anatomy): its values, and its affine if it is usable.

    Raises
    ------
    DscError
        If the file is damaged or does not hold one volume.
    """
    values, affine, _ = read_hashed_volume(path)
    return values, affine


def read_hashed_volume(path: Path) -> tuple[NDArray[Any], FloatArray | None, tuple[str, ...]]:
    """Read a 3-D NIfTI volume as `read_volume` does, and the SHA-256 of each of its files.

    Raises
    ------
    DscError
        As `read_volume`.
    """
    values, affine, _, hashes = finished(loading(path))
    while values.ndim > 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.ndim != 3:
        raise DscError(f"{path.name} must hold one volume (x, y, z), got shape {values.shape}.")
    return values, affine, hashes


def read_voxels(path: Path) -> tuple[NDArray[Any], FloatArray | None]:
    """Read the voxels of a NIfTI file of any shape, and its affine if it is usable.

    Raises
    ------
    DscError
        If the file is damaged.
    """
    loaded = finished(loading(path))
    return loaded.voxels, loaded.affine


def read_shape(path: Path) -> tuple[int, ...]:
    """Shape that a NIfTI file declares; trailing axes of length 1 do not count."""
    shape = read_header(path).shape
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def write_nifti(
    path: Path,
    values: NDArray[Any],
    affine: FloatArray | None,
    description: str = "",
    *,
    oriented: bool = True,
) -> None:
    """Write one volume with the scan's affine; complete or absent.

    Parameters
    ----------
    path : Path
        `.nii` or `.nii.gz`; replaced if it exists.
    values : ndarray, shape (X, Y, Z)
        Floats are stored as float32, bool as uint8.
    affine : ndarray, shape (4, 4), or None
        Voxel indices to RAS millimetres; None: unknown, and the file says so (codes 0, no unit).
    description : str
        What it is, at most 79 characters.
    oriented : bool
        Whether it is known which way the axes lie; if not, the file says so (codes 0).
    """
    import nibabel as nib

    kinds = {"f": np.float32, "b": np.uint8}
    kind = kinds.get(values.dtype.kind, values.dtype)
    image = nib.Nifti1Image(values.astype(kind), affine, dtype=np.dtype(kind))
    code = 1 if oriented and affine is not None else 0
    image.header.set_sform(affine, code)
    image.header.set_qform(affine, code)
    image.header.set_xyzt_units("unknown" if affine is None else "mm", "sec")
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
    facts: dict[str, Any] = {**_times_of(series), "EchoTime": series.echo_time}
    facts["FlipAngle"], facts["MagneticFieldStrength"] = series.flip_angle, series.field_strength
    facts["ContrastBolusTotalDose"] = series.dose
    if series.slice_times is not None:
        facts["SliceTiming"] = series.slice_times.tolist()
        if series.slice_axis % 3 != SLICE_AXIS:
            facts["SliceEncodingDirection"] = "ijk"[series.slice_axis % 3]
    known = {key: value for key, value in facts.items() if value is not None}
    write_whole(path, lambda temporary: nib.save(image, temporary))
    write_json(sidecar_path(path), {"Modality": "MR", **known})


def _times_of(series: Series) -> dict[str, Any]:
    """When volumes begin, as BIDS says it: by one step, or each where the steps differ."""
    if series.time is None:
        return {}
    steps = np.diff(series.time)
    if steps.size and np.ptp(steps) > UNEVEN * steps.mean():
        return {"VolumeTiming": series.time.tolist()}
    return {"RepetitionTime": series.repetition_time}


class Loaded(NamedTuple):
    """What a file holds: voxels as stored or as float32, usable affine, header, and its SHA-256.

    Of a pair these are two: of the header's file and of the voxels'.
    """

    voxels: NDArray[Any]
    affine: FloatArray | None
    header: Header
    hashes: tuple[str, ...]


def loading(path: Path) -> Generator[Progress, None, Loaded]:
    """Read a NIfTI file of any shape, which is whole and which nobody changes meanwhile.

    Yields
    ------
    Progress
        Every 16 MB.

    Raises
    ------
    DscError
        If it is damaged, does not fit into memory or changes.
    """
    files = list(dict.fromkeys(parts_of(path)))
    before = states_of_files(files)
    header = read_header(path)
    size = _bytes_of_voxels(path, header)
    try:
        voxels, own = yield from _voxels(header.voxels, header, size)
        scaled = _scaled(voxels, header)
        hashes = tuple(own if one == header.voxels else fingerprint(one) for one in files)
    except (EOFError, OSError, OverflowError, ValueError, zlib.error) as error:
        raise DscError(
            f"{path.name} must hold {size} bytes of voxels, got a file that is incomplete or "
            f"damaged ({why(error, path)}). Copy it again."
        ) from error
    except MemoryError as error:
        raise DscError(
            f"{path.name} must fit into memory, got {size / 2**30:.1f} GiB of voxels. Close other "
            "programs, or crop it."
        ) from error
    refuse_changed(before, files)
    return Loaded(scaled, _usable(header.affine), header, hashes)


def _bytes_of_voxels(path: Path, header: Header) -> int:
    """Bytes that the voxels of a scan take, if it is one that can be read."""
    if header.kind.kind not in "iuf" or header.kind.itemsize > 8:
        raise DscError(
            f"{path.name} must hold plain numbers, got {header.kind}. Export the magnitude images."
        )
    if np.isinf(header.stored_slope):
        raise DscError(f"{path.name} must have a finite scale, got {header.stored_slope}.")
    if min(header.shape, default=0) < 1:
        raise DscError(f"{path.name} must have voxels, got shape {header.shape}.")
    size = math.prod(header.shape) * header.kind.itemsize
    if size > LARGEST:
        raise DscError(
            f"{path.name} must hold at most {LARGEST >> 30} GiB of voxels, got "
            f"{size / 2**30:.1f} GiB. Crop it."
        )
    return size


def _scaled(voxels: NDArray[Any], header: Header) -> NDArray[Any]:
    """Voxels as stored; as float32 where the file scales them, or stores float64."""
    scales = (header.slope, header.intercept) != (1, 0)
    if not scales and not (header.kind.kind == "f" and header.kind.itemsize == 8):
        return voxels
    with np.errstate(all="ignore"):
        made = voxels.astype(np.float32)
        if scales:
            made *= np.float32(header.slope)
            made += np.float32(header.intercept)
    return made


def _usable(affine: FloatArray) -> FloatArray | None:
    """Affine that says where voxels lie; None for one that does not."""
    with np.errstate(all="ignore"):  # a voxel of 1e200 mm
        volume = abs(np.linalg.det(affine[:3, :3]))
    lies = np.isfinite(affine).all() and 1e-9 <= volume < np.inf
    return affine if lies else None


def _voxels(
    path: Path, header: Header, size: int
) -> Generator[Progress, None, tuple[NDArray[Any], str]]:
    """Voxels as stored, read to the end of their file, and its SHA-256.

    They are held in memory: a file that is mapped changes under the eyes of whoever looks at it,
    and ends the process when it is cut off.
    """
    packed = is_gzip(path)
    if not packed and (found := path.stat().st_size - header.offset) != size:
        raise EOFError(f"{max(found, 0)} bytes of voxels")
    voxels = np.empty(header.shape, header.kind, order="F")
    flat: Any = voxels.reshape(-1, order="F").view(np.uint8)
    into, done = memoryview(flat), 0
    with HashingFile(path) as whole:
        file = _unpacked(whole) if packed else cast("IO[bytes]", whole)
        left = header.offset
        while left > 0:
            passed = len(file.read(min(CHUNK, left)))
            if not passed:
                raise EOFError("a file that ends within its header")
            left -= passed
        told = -1
        while done < size:
            if done // CHUNK > told:
                told = done // CHUNK
                yield Progress(READING, done / size)
            count = file.readinto(into[done : done + CHUNK])  # type: ignore[attr-defined]
            if not count:
                raise EOFError(f"{done} bytes of voxels")
            done += count
        if file.read(1):  # the end, where the checksum is: a bomb is not followed beyond it
            raise EOFError("more bytes than that")
        return voxels, whole.fingerprint()


def _unpacked(whole: HashingFile) -> IO[bytes]:
    """Bytes of a compressed file, decompressed."""
    return cast("IO[bytes]", gzip.GzipFile(fileobj=io.BufferedReader(whole, CHUNK // 16)))
