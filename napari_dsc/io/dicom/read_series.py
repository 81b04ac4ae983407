"""Reading of a folder of DICOM into a scan."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.time_units import odd_echo_time
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom.assemble import converted_series
from napari_dsc.io.dicom.discover import files_below
from napari_dsc.io.dicom.frames import FileFrame, Header
from napari_dsc.io.dicom.image_headers import (
    forget,
    headers_of,
    is_directory,
    refuse_without_extra,
    why_none,
)
from napari_dsc.io.dicom.layout import Layout, layout_of
from napari_dsc.io.dicom.series_choice import chosen_scan, one_echo
from napari_dsc.io.dicom.slice_times import with_slice_times
from napari_dsc.io.dicom.tile_checks import (
    blank_slices,
    refuse_hidden_tiles,
    refuse_twice,
    refuse_untold_tiles,
)
from napari_dsc.io.fingerprints import fingerprint, refuse_changed, states_of_files
from napari_dsc.io.nifti import FEWEST_VOLUMES
from napari_dsc.io.nifti.time_step import DISAGREE, settle, step_of
from napari_dsc.io.temporaries import temporary_folder

__all__ = ["reading_dicom"]


def reading_dicom(path: Path, **choices: str) -> Generator[Progress, None, Series]:
    """Read a dynamic DICOM series.

    Parameters
    ----------
    path : Path
        A folder, or one image of the series.
    **choices : str
        `series`, its place among those of the folder, and `echo`, among the echoes: from "1";
        `numbering`, whether the numbers of the images are "rising" or "falling" with time.

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
        If there are several dynamic series, several echoes, or only numbers of images tell the
        volumes.
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
    asking = False
    try:
        series = yield from _reading(found, path, choices, left)
    except ChoiceNeededError:
        asking = True  # the headers are kept for the answer
        raise
    except DscError as error:
        refuse_changed(before, [one.path for one in found])
        if not any(one.frames for one in found) or (path.is_file() and not _opened(found, path)):
            files = (path,) if path.is_file() else files_below(folder)
            if words := why_none(files):
                name = path.name if path.is_file() else "the folder"
                raise DscError(f"{name} must hold MR images of a dynamic scan: {words}") from error
        raise DscError(f"{error} {left}".strip()) from error
    finally:
        if not asking:
            forget()
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
    scan, several = chosen_scan(found, path, choices)
    refuse_untold_tiles(scan.headers)
    refuse_twice(scan.headers)
    headers, frames, echo_words, echo = one_echo(scan.headers, choices)
    layout = layout_of([frame for _, frame in frames], numbering=choices.get("numbering"))
    if len(layout.order) < FEWEST_VOLUMES:
        raise DscError(
            f"a dynamic series must have at least {FEWEST_VOLUMES} volumes, got "
            f"{len(layout.order)}. Open the whole time series."
        )
    refuse_hidden_tiles(headers, frames, layout)
    blank = blank_slices(headers, frames, layout)
    with temporary_folder() as temporary:
        work = converted_series(headers, frames, layout, temporary)
        series = yield from part_of_whole(work, 0.2, 0.95)
    yield Progress("Comparing with the headers", 0.95)
    asked = {"series": several, "echo": echo, "numbering": layout.numbered}
    notices = (*scan.notices, *echo_words, *layout.notices, *blank, *([left] if left else []))
    series = with_slice_times(series, layout, headers, frames)
    return replace(
        _timed(series, layout, notices),
        files=tuple(sorted({headers[number].path for number, _ in _used(frames, layout)})),
        dicom=True,
        dose=next((one.dose for one in headers if one.dose is not None), series.dose),
        name=scan.name,
        choices={fact: choices[fact] for fact, was in asked.items() if was},
    )


def _used(frames: Sequence[FileFrame], layout: Layout) -> list[FileFrame]:
    """Frames that the scan is made of."""
    return [frames[at] for at in layout.order.ravel().tolist()]


def _timed(series: Series, layout: Layout, notices: tuple[str, ...]) -> Series:
    """Times of a scan as headers and conversion tell them; what they disagree on is asked.

    What the conversion alone tells is said, and not used.
    """
    claims, doubt = _claims_of_step(layout, series.repetition_time)
    step, sources, questions = settle(claims)
    notices += (*doubt, *_shot_words(layout, step))
    echo_time, more = _echo_time(layout.echo_time, series.echo_time)
    notices += more
    if echo_time is not None:
        sources["Echo time"] = f"{echo_time:g} s (headers)"
    flip = series.flip_angle  # of the headers, as dcm2niix has read them
    angle = {} if flip is None else {"Flip angle": f"{flip:g}° (headers)"}
    time = layout.time
    if time is None and step is not None:
        time = step * np.arange(series.n_volumes)
    return replace(
        series,
        time=None if step is None else time,
        echo_time=echo_time,
        sources={**sources, **series.sources, **angle},
        questions=questions,
        notices=notices + series.notices,
    )


def _claims_of_step(
    layout: Layout, other: float | None
) -> tuple[dict[str, float], tuple[str, ...]]:
    """What each source says of the time step, s, and words on what dcm2niix takes it for."""
    claims = {}
    if layout.time is not None:
        told = [] if layout.repetition_time is None else [layout.repetition_time]
        claims["acquisition times"] = step_of(layout.time, told)
    elif layout.repetition_time is not None:
        claims["headers"] = layout.repetition_time
    shot = layout.repetition_time
    known = [*claims.values(), *([shot] if shot is not None and layout.time is not None else [])]
    if other is None or any(_near(other, one) for one in known):
        return claims, ()
    taken = f"dcm2niix takes the repetition time as {other:g} s"
    if not known:
        return claims, (f"{taken}, which no header confirms: not used.",)
    if len(known) == 2 and _near(known[0], known[1]):  # its estimate is known to fail
        return claims, (f"{taken}: not used.",)
    return {**claims, "dcm2niix": other}, ()


def _shot_words(layout: Layout, step: float | None) -> tuple[str, ...]:
    """Words where the headers' repetition time is not the time from volume to volume."""
    shot = layout.repetition_time
    if step is None or shot is None or _near(shot, step):
        return ()
    return (
        f"The header's repetition time, {shot:g} s, is not the {step:g} s from one volume to "
        "the next: the times of the volumes are used (it may be that of a shot, or leave out a "
        "delay between volumes).",
    )


def _echo_time(told: float | None, other: float | None) -> tuple[float | None, tuple[str, ...]]:
    """Echo time that headers tell and dcm2niix does not contradict, s, with words."""
    if told is None:
        taken = f"dcm2niix takes the echo time as {other or 0:g} s"
        return None, () if other is None else (f"{taken}, which no header confirms: not used.",)
    if odd := odd_echo_time(told):
        return None, (f"The headers' echo time must {odd} Enter it in seconds.",)
    if other is not None and not _near(other, told):
        return None, (
            f"Sources disagree on the echo time: {told:g} s (headers), {other:g} s "
            "(dcm2niix). Enter the right one.",
        )
    return told, ()


def _near(one: float, other: float | None) -> bool:
    return other is not None and abs(one / other - 1) <= DISAGREE
