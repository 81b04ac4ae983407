"""From a folder of DICOM to a scan."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.time_units import odd_echo_time
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom.assemble import Place, converted_series
from napari_dsc.io.dicom.discover import files_below
from napari_dsc.io.dicom.image_headers import (
    Frame,
    Header,
    headers_of,
    is_directory,
    refuse_without_extra,
    why_none,
)
from napari_dsc.io.dicom.layout import Layout, layout_of
from napari_dsc.io.fingerprints import fingerprint, refuse_changed, states_of_files
from napari_dsc.io.nifti import FEWEST_VOLUMES
from napari_dsc.io.nifti.time_step import DISAGREE, settle, step_of
from napari_dsc.io.temporaries import temporary_folder

__all__ = ["reading_dicom"]

PROBED = 3  # volumes whose content is compared
CLOSE = 1e-3  # relative difference of their sums


def reading_dicom(path: Path, **choices: str) -> Generator[Progress, None, Series]:
    """Read a dynamic DICOM series.

    Parameters
    ----------
    path : Path
        A folder, or one image of the series.
    **choices : str
        `series`, its place among those of the folder, and `echo`, among the echoes: from "1".

    Yields
    ------
    Progress
        Several times a second.

    Returns
    -------
    Series
        Signal of shape (X, Y, Z, T); `files` are the images that it was read from.

    Raises
    ------
    ChoiceNeededError
        If there are several dynamic series, or several echoes.
    DscError
        If an image is missing or there twice, the order of time is not told, the conversion fails
        or contradicts the headers, or the extra is not installed.
    """
    refuse_without_extra()
    if path.is_file() and is_directory(path):  # it lists the images of its folder
        path = path.parent
    folder = path.parent if path.is_file() else path
    before = states_of_files(list(files_below(folder)))
    found, skipped = yield from part_of_whole(headers_of(folder), 0.0, 0.2)
    left = f"{skipped} files of the folder could not be read safely: left out." if skipped else ""
    try:
        series = yield from _reading(found, path, choices, left)
    except ChoiceNeededError:
        raise
    except DscError as error:
        refuse_changed(before, [one.path for one in found])
        if not any(one.frames for one in found) or (path.is_file() and not _opened(found, path)):
            files = (path,) if path.is_file() else files_below(folder)
            if words := why_none(files):
                name = path.name if path.is_file() else "the folder"
                raise DscError(f"{name} must hold MR images of a dynamic scan: {words}") from error
        raise DscError(f"{error} {left}".strip()) from error
    hashes: list[str] = []
    for at, one in enumerate(series.files):
        if at % 64 == 0:
            yield Progress("Comparing with the headers", 0.95 + 0.05 * at / len(series.files))
        hashes.append(fingerprint(one))
    refuse_changed(before, series.files)  # since before their headers were read
    return replace(series, hashes=tuple(hashes))


def _opened(found: Sequence[Header], path: Path) -> list[str]:
    """Series of the file that was opened, if it is an MR image."""
    return [one.series for one in found if one.path == path]


def _reading(
    found: Sequence[Header], path: Path, choices: Mapping[str, str], left: str
) -> Generator[Progress, None, Series]:
    own, several = _series(found, path, choices)
    headers, frames, echo_words = _one_echo(own, choices)
    mosaic = headers[0].mosaic
    layout = layout_of([frame for _, frame in frames], volumes=mosaic)
    if len(layout.order) < FEWEST_VOLUMES:
        raise DscError(
            f"a dynamic series must have at least {FEWEST_VOLUMES} volumes, got "
            f"{len(layout.order)}. Open the whole time series."
        )
    with temporary_folder() as temporary:
        work = converted_series(headers, frames, layout, temporary)
        series = yield from part_of_whole(work, 0.2, 0.9)
    yield Progress("Comparing with the headers", 0.95)
    _refuse_contradiction(series, layout, headers, frames)
    notices = (*echo_words, *layout.notices, *([left] if left else []))
    asked = [fact for fact, of in (("series", several), ("echo", echo_words)) if of]
    return replace(
        _timed(series, layout, notices, tuple(one.path for one in headers)),
        choices={fact: choices[fact] for fact in asked},
    )


def _series(
    found: Sequence[Header], path: Path, choices: Mapping[str, str]
) -> tuple[list[Header], bool]:
    """Images of the series that was opened, or chosen; and whether there was a choice."""
    by_series: dict[str, list[Header]] = {}
    for one in found:
        by_series.setdefault(one.series, []).append(one)
    if path.is_file():
        own = _opened(found, path)
        if not own:
            raise DscError(
                f"{path.name} must be an MR image, got one that cannot be read safely or is none. "
                "Open the folder of the dynamic series."
            )
        return by_series[own[0]], False
    several = [one for one in by_series.values() if _images(one) >= FEWEST_VOLUMES]
    several.sort(key=lambda one: (one[0].number, one[0].series))
    if not several:
        counts = sorted((_images(one) for one in by_series.values()), reverse=True)
        raise DscError(
            f"the folder must hold a dynamic MR series, got {len(by_series)} series of "
            f"{', '.join(map(str, counts[:5])) or 'no'} images. Open the folder of the series."
        )
    if len(several) == 1:
        return several[0], False
    options = {str(at): _in_words(one) for at, one in enumerate(several, 1)}
    chosen = choices.get("series")
    if chosen not in options:
        question = f"The folder holds {len(several)} series: which one is the perfusion scan?"
        raise ChoiceNeededError("series", question, options)
    return several[int(chosen) - 1], True


def _images(headers: Sequence[Header]) -> int:
    return sum(len(one.frames) for one in headers)


def _in_words(headers: Sequence[Header]) -> str:
    first = headers[0]
    size = "×".join(map(str, first.matrix))
    return f"series {first.number} {first.description!r}, {_images(headers)} images of {size}"


def _one_echo(
    headers: list[Header], choices: Mapping[str, str]
) -> tuple[list[Header], list[Place], tuple[str, ...]]:
    """Images of one echo, their frames, and what is to be said of the others."""
    echoes = sorted({_echo_of(frame) for one in headers for frame in one.frames})
    wanted = echoes[0]
    words: tuple[str, ...] = ()
    if len(echoes) > 1:
        options = {str(at): f"TE {1000 * time:g} ms" for at, (time, _) in enumerate(echoes, 1)}
        chosen = choices.get("echo")
        if chosen not in options:
            question = f"The series has {len(echoes)} echoes: which one?"
            raise ChoiceNeededError("echo", question, options)
        wanted = echoes[int(chosen) - 1]
        words = (f"The series has {len(echoes)} echoes: this is the one of {options[chosen]}.",)
    some = [one for one in headers if any(_echo_of(frame) == wanted for frame in one.frames)]
    frames = [
        (number, frame)
        for number, one in enumerate(some)
        for frame in one.frames
        if _echo_of(frame) == wanted
    ]
    return some, frames, words


def _echo_of(frame: Frame) -> tuple[float, int]:
    return frame.echo_time or 0.0, frame.echo


def _refuse_contradiction(
    series: Series, layout: Layout, headers: Sequence[Header], frames: Sequence[Place]
) -> None:
    """Raise `DscError` if the conversion has another shape than the headers, or another order."""
    n_volumes, n_slices = layout.order.shape
    mosaic = headers[0].mosaic
    wanted = (series.signal.shape[2] if mosaic else n_slices), n_volumes
    plane, matrix = sorted(series.signal.shape[:2]), sorted(headers[0].matrix)
    if series.signal.shape[2:] != wanted or (plane != matrix and not mosaic):
        raise DscError(
            f"the conversion must give {wanted[0]} slices × {wanted[1]} volumes of "
            f"{matrix[0]} × {matrix[1]}, as the headers say, got {series.signal.shape}. "
            "Export the series again."
        )
    sums = dict[Path, list[float] | None]()
    for volume in np.linspace(0, n_volumes - 1, PROBED).round().astype(int):
        expected = 0.0
        for number, frame in (frames[at] for at in layout.order[volume].tolist()):
            path = headers[number].path
            if path not in sums:
                sums[path] = _sums(path)
            own = sums[path]
            if own is None:
                return
            expected += own[frame.index]
        found = float(series.signal[..., volume].sum(dtype=np.float64))
        if abs(found - expected) > CLOSE * max(abs(expected), 1.0):
            raise DscError(
                f"the conversion must have the volumes in the order of the headers, got another "
                f"content in volume {volume}. Export the series again."
            )


def _sums(path: Path) -> list[float] | None:
    """Sum of the values of each frame of a file; None where its pixels cannot be decoded here."""
    import pydicom

    try:
        data: Any = pydicom.dcmread(path, force=True)  # a header was found in it
        pixels = data.pixel_array
        pixels = pixels[None] if pixels.ndim == 2 else pixels
        scales = [_scale(data, frame) for frame in range(len(pixels))]
    except Exception:  # a compression without a decoder
        return None
    totals = pixels.reshape(len(pixels), -1).sum(axis=1, dtype=np.float64)
    size = pixels[0].size
    return [
        float((slope * total + intercept * size) / precise)
        for total, (slope, intercept, precise) in zip(totals, scales, strict=True)
    ]


def _scale(data: Any, frame: int) -> tuple[float, float, float]:
    """Slope and intercept of a frame, and by what one vendor's precise values are smaller."""
    own = data
    groups = data.get("PerFrameFunctionalGroupsSequence", None)
    for group in (
        None if groups is None else groups[frame],
        (data.get("SharedFunctionalGroupsSequence", None) or [None])[0],
    ):
        found = None if group is None else group.get("PixelValueTransformationSequence", None)
        if found:
            own = found[0]
            break
    slope = float(own.get("RescaleSlope", 1))
    precise = data.get((0x2005, 0x100E), None)  # scale slope of Philips: dcm2niix divides by it
    return (
        slope,
        float(own.get("RescaleIntercept", 0)),
        1.0 if precise is None else slope * float(precise.value),
    )


def _timed(
    series: Series, layout: Layout, notices: tuple[str, ...], files: tuple[Path, ...]
) -> Series:
    """Times of a scan as headers and conversion tell them; what they disagree on is asked."""
    claims, other = {}, series.repetition_time  # what dcm2niix says
    if layout.time is not None:
        told = [] if layout.repetition_time is None else [layout.repetition_time]
        claims["acquisition times"] = step_of(layout.time, told)
    elif layout.repetition_time is not None:
        claims["headers"] = layout.repetition_time
    shot = layout.repetition_time
    known = [*claims.values(), *([shot] if shot is not None else [])]
    if other is not None and not any(_near(other, one) for one in known):
        if len(known) == 2 and _near(known[0], known[1]):  # its estimate is known to fail
            notices += (f"dcm2niix takes the repetition time as {other:g} s: not used.",)
        else:
            claims["dcm2niix"] = other
    step, sources, questions = settle(claims)
    if step is not None and shot is not None and not _near(shot, step):
        notices += (
            f"The header's repetition time, {shot:g} s, is not the {step:g} s from one volume to "
            "the next: it is taken as that of a shot.",
        )
    echo_time, other = layout.echo_time or series.echo_time, series.echo_time
    if echo_time is not None and odd_echo_time(echo_time):
        notices += (f"The headers' echo time must {odd_echo_time(echo_time)} Enter it in seconds.",)
        echo_time = None
    if echo_time is not None and other is not None and not _near(other, echo_time):
        notices += (
            f"Sources disagree on the echo time: {echo_time:g} s (headers), {other:g} s "
            "(dcm2niix). Enter the right one.",
        )
        echo_time = None
    if echo_time is not None:
        sources["Echo time"] = f"{echo_time:g} s (headers)"
    time = layout.time
    if time is None and step is not None:
        time = step * np.arange(series.n_volumes)
    return replace(
        series,
        time=None if step is None else time,
        echo_time=echo_time,
        sources=sources,
        questions=questions,
        notices=notices + series.notices,
        files=files,
        dicom=True,
    )


def _near(one: float, other: float | None) -> bool:
    return other is not None and abs(one / other - 1) <= DISAGREE
