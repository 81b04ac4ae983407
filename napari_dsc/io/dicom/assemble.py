"""From the images of a series to one scan: converted at once, or file by file and put together."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TypeAlias

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom.convert import FAILED, PATIENCE, Image, converted
from napari_dsc.io.dicom.image_headers import Frame, Header
from napari_dsc.io.dicom.layout import Layout
from napari_dsc.io.nifti import read_voxels, reading_nifti
from napari_dsc.io.nifti.bids_sidecar import read_sidecar

__all__ = ["Place", "converted_series"]

Place: TypeAlias = tuple[int, Frame]  # a frame, and the number of the file that holds it
SAME_ECHO = 1e-4  # s
SAME_PLACE = 1e-3  # mm


def converted_series(
    headers: Sequence[Header], frames: Sequence[Place], layout: Layout, folder: Path
) -> Generator[Progress, None, Series]:
    """Convert the images of one echo of a series.

    Parameters
    ----------
    headers : sequence of Header
        The files.
    frames : sequence of (int, Frame)
        Their frames, as `layout` counts them.
    layout : Layout
        Which frame is which slice of which volume.
    folder : Path
        A temporary one.

    Raises
    ------
    DscError
        If the conversion fails, or its files do not make one scan.
    """
    if headers[0].enhanced and len(headers) > 1:
        return (yield from _file_by_file(headers, frames, layout, folder))
    images = _in_order(headers, frames, layout)
    made = yield from part_of_whole(converted(images, folder / "all"), 0.0, 0.9)
    file = _of_echo(made, layout.echo_time)
    return (yield from part_of_whole(reading_nifti(file), 0.9, 1.0))


def _file_by_file(
    headers: Sequence[Header], frames: Sequence[Place], layout: Layout, folder: Path
) -> Generator[Progress, None, Series]:
    """Convert enhanced files one by one, as scanners that write one per volume ask for."""
    until = monotonic() + PATIENCE
    owners = np.array([number for number, _ in frames])[layout.order]
    order = list(dict.fromkeys(owners[:, 0].tolist()))
    if (owners != owners[:, :1]).any() or (np.diff(owners[:, 0]) != 0).sum() != len(order) - 1:
        raise DscError(
            "each file of an enhanced series must hold whole volumes, one after the other, got "
            "others. Convert them yourself, and open the NIfTI file."
        )
    volumes, affines = [], []
    for count, number in enumerate(order):
        yield Progress("Converting DICOM", count / len(order))
        own = folder / f"{count:06d}"
        work = converted([_image(headers, frames, number)], own, patience=until - monotonic())
        made = yield from part_of_whole(work, count / len(order), (count + 1) / len(order))
        file = _of_echo(made, layout.echo_time)
        voxels, affine = read_voxels(file)
        volumes.append(np.array(voxels if voxels.ndim > 3 else voxels[..., None]))
        affines.append(affine)
    first = affines[0]
    shapes = {one.shape[:3] for one in volumes}
    if first is None or len(shapes) > 1 or not all(_same(one, first) for one in affines):
        raise DscError(FAILED.format("one whose volumes do not lie on one another"))
    signal = np.concatenate(volumes, axis=-1)
    sidecar = replace(read_sidecar(file, signal.shape), volume_times=None, slice_times=None)
    step = sidecar.repetition_time
    return Series(
        signal=signal,
        time=None if step is None else step * np.arange(signal.shape[-1]),
        echo_time=sidecar.echo_time,
        affine=first,
        notices=sidecar.notices,
    )


def _same(one: object, other: object) -> bool:
    return one is not None and bool(np.allclose(one, other, atol=SAME_PLACE))  # type: ignore[arg-type]


def _of_echo(made: Sequence[Path], echo_time: float | None) -> Path:
    """Of several files that a conversion made, the one of an echo."""
    if len(made) == 1:
        return made[0]
    told = [read_sidecar(path, (0, 0, 0, 0)).echo_time for path in made]
    own = [
        path
        for path, one in zip(made, told, strict=True)
        if one is not None and echo_time is not None and abs(one - echo_time) < SAME_ECHO
    ]
    if len(own) != 1:
        raise DscError(FAILED.format(f"one that makes {len(made)} files"))
    return own[0]


def _in_order(headers: Sequence[Header], frames: Sequence[Place], layout: Layout) -> list[Image]:
    """Files by time and place; with new numbers where those of the files say otherwise."""
    order = list(dict.fromkeys(frames[at][0] for at in layout.order.ravel().tolist()))
    files = [headers[at] for at in order]
    if headers[0].enhanced:  # they tell their own order
        return [_image(headers, frames, at) for at in order]
    numbers = [one.frames[0].instance for one in files]
    sound = None not in numbers and bool((np.diff(np.array(numbers, dtype=np.float64)) > 0).all())
    return [
        Image(one.path, None if sound else place, one.bare) for place, one in enumerate(files, 1)
    ]


def _image(headers: Sequence[Header], frames: Sequence[Place], number: int) -> Image:
    """An enhanced file, without the frames of other echoes."""
    one = headers[number]
    wanted = tuple(frame.index for at, frame in frames if at == number)
    return Image(one.path, None, one.bare, wanted if len(wanted) < len(one.frames) else ())
