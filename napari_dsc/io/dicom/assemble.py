"""Assembly of a series into one scan: converted at once, or volume by volume."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TypeAlias

import numpy as np

from napari_dsc.core.errors import DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import FloatArray, Progress, Series
from napari_dsc.io.dicom.conversion_check import contradiction
from napari_dsc.io.dicom.convert import FAILED, PATIENCE, Image, converted
from napari_dsc.io.dicom.frames import FileFrame, Header
from napari_dsc.io.dicom.layout import Layout
from napari_dsc.io.dicom.time_order import numbers_run
from napari_dsc.io.nifti import read_voxels, reading_nifti
from napari_dsc.io.nifti.bids_sidecar import read_sidecar

__all__ = ["converted_series"]

Converting: TypeAlias = Generator[Progress, None, Series]
SAME_ECHO = 1e-4  # s
SAME_PLACE = 1e-3  # mm
UNCOMPARED = (
    "Only dcm2niix decodes these images: their places were compared with the conversion, their "
    "voxels could not be."
)


def converted_series(
    headers: Sequence[Header], frames: Sequence[FileFrame], layout: Layout, folder: Path
) -> Generator[Progress, None, Series]:
    """Convert the images of one echo of a series, in the first way that agrees with the headers.

    They are converted as they are. Where that contradicts the headers they get new numbers, which
    dcm2niix goes by; where that does too, each volume is converted alone.

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
        If the conversion fails, or contradicts the headers, in every way.
    """
    failure = DscError(FAILED.format("nothing that it makes"))
    for count, way in enumerate(_ways(headers, frames, layout)):
        try:
            series: Series = yield from way(folder / f"way{count}")
        except DscError as error:
            failure = error
            continue
        words, compared = contradiction(series, layout, headers, frames)
        if not words:
            series = replace(series, signal=np.array(series.signal))  # its file goes
            return series if compared else replace(series, notices=(UNCOMPARED, *series.notices))
        failure = DscError(
            f"the conversion {words}. Export the series again from the scanner or the archive, "
            "complete, or convert it yourself and open the NIfTI file."
        )
    raise failure


def _ways(
    headers: Sequence[Header], frames: Sequence[FileFrame], layout: Layout
) -> list[Callable[[Path], Converting]]:
    """Ways to convert the images, the fastest first."""

    def by_file(folder: Path) -> Converting:
        return _by_parts(_files(headers, frames, layout), layout, folder)

    def by_volume(folder: Path) -> Converting:
        return _by_parts(_volumes(headers, frames, layout), layout, folder)

    def as_they_are(folder: Path) -> Converting:
        return _at_once(_ordered(headers, frames, layout), layout, folder)

    def renumbered(folder: Path) -> Converting:
        images = _ordered(headers, frames, layout)
        new = [one._replace(number=place) for place, one in enumerate(images, 1)]
        return _at_once(new, layout, folder)

    if headers[0].enhanced:  # they tell their own order
        return [by_file if len(headers) > 1 else as_they_are, by_volume]
    if len({one.series for one in headers}) > 1:
        return [by_volume]
    return [*([as_they_are] if _is_numbered(frames, layout) else []), renumbered, by_volume]


def _at_once(images: Sequence[Image], layout: Layout, folder: Path) -> Converting:
    made = yield from part_of_whole(converted(images, folder), 0.0, 0.9)
    file = _of_echo(made, layout.echo_time)
    return (yield from part_of_whole(reading_nifti(file), 0.9, 1.0))


def _by_parts(parts: Sequence[Sequence[Image]], layout: Layout, folder: Path) -> Converting:
    """Convert part by part, each of one volume or several, and put them together."""
    until = monotonic() + PATIENCE
    volumes, affines = list[FloatArray](), list[FloatArray | None]()
    for count, images in enumerate(parts):
        yield Progress("Converting DICOM", count / len(parts))
        work = converted(images, folder / f"{count:06d}", patience=until - monotonic())
        made = yield from part_of_whole(work, count / len(parts), (count + 1) / len(parts))
        file = _of_echo(made, layout.echo_time)
        voxels, affine = read_voxels(file)
        volumes.append(np.array(voxels).reshape((*voxels.shape[:3], -1)))
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
        flip_angle=sidecar.flip_angle,
        field_strength=sidecar.field_strength,
        dose=sidecar.dose,
    )


def _same(one: FloatArray | None, other: FloatArray) -> bool:
    return one is not None and bool(np.allclose(one, other, atol=SAME_PLACE))


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


def _is_numbered(frames: Sequence[FileFrame], layout: Layout) -> bool:
    """Whether the numbers of the images follow the order of the layout."""
    numbers = [frames[at][1].instance for at in layout.order.ravel().tolist()]
    if None in numbers:
        return False
    table = np.array(numbers, dtype=np.float64).reshape(layout.order.shape)
    if (table == table[:, :1]).all():  # an image holds all slices of its volume
        return bool((np.diff(table[:, 0]) > 0).all())
    slices = np.tile(np.arange(layout.order.shape[1]), len(table))
    rising = bool((np.diff(table, axis=0) > 0).all())
    return rising and numbers_run(table.ravel(), slices)


def _ordered(headers: Sequence[Header], frames: Sequence[FileFrame], layout: Layout) -> list[Image]:
    """Files by time and place."""
    order = dict.fromkeys(frames[at][0] for at in layout.order.ravel().tolist())
    return [_image(headers, frames, at) for at in order]


def _files(
    headers: Sequence[Header], frames: Sequence[FileFrame], layout: Layout
) -> list[list[Image]]:
    """Files that hold whole volumes each, in the order of time."""
    owners = np.array([number for number, _ in frames])[layout.order]
    order = list(dict.fromkeys(owners[:, 0].tolist()))
    if (owners != owners[:, :1]).any() or (np.diff(owners[:, 0]) != 0).sum() != len(order) - 1:
        raise DscError(
            "each file of an enhanced series must hold whole volumes, one after the other, got "
            "others. Convert them yourself, and open the NIfTI file."
        )
    return [[_image(headers, frames, number)] for number in order]


def _volumes(
    headers: Sequence[Header], frames: Sequence[FileFrame], layout: Layout
) -> list[list[Image]]:
    """Images of each volume."""
    return [
        [
            _image(headers, [frames[at] for at in volume], number)
            for number in dict.fromkeys(frames[at][0] for at in volume)
        ]
        for volume in layout.order.tolist()
    ]


def _image(headers: Sequence[Header], frames: Sequence[FileFrame], number: int) -> Image:
    """A file, without the frames of other echoes or volumes."""
    one = headers[number]
    if not one.enhanced:
        return Image(one.path, None, one.bare, unspelt=one.unspelt, deflated=one.deflated)
    wanted = tuple(frame.index for at, frame in frames if at == number)
    some = wanted if len(wanted) < len(one.frames) else ()
    return Image(one.path, None, one.bare, some, deflated=one.deflated)
