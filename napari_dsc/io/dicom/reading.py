"""From a folder of DICOM to a scan."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.steps import part_of_whole
from napari_dsc.core.types import Progress, Series
from napari_dsc.io.dicom.convert import converted
from napari_dsc.io.dicom.files import Frame, Header, headers_of, refuse_without_extra
from napari_dsc.io.dicom.layout import Layout, layout_of
from napari_dsc.io.nifti import FEWEST_VOLUMES, reading_nifti
from napari_dsc.io.times import settle

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
    folder = path.parent if path.is_file() else path
    found, skipped = yield from part_of_whole(headers_of(folder), 0.0, 0.2)
    headers = _series(found, path, choices)
    headers, frames, echo_words = _one_echo(headers, choices)
    if len(headers) > 1 and len(frames) > len(headers):
        raise DscError(
            f"an enhanced DICOM scan must be one file, got {len(headers)}, as some scanners "
            "export. Convert them yourself, and open the NIfTI file."
        )
    mosaic = headers[0].mosaic
    layout = layout_of(frames, volumes=mosaic)
    if len(layout.order) < FEWEST_VOLUMES:
        raise DscError(
            f"a dynamic series must have at least {FEWEST_VOLUMES} volumes, got "
            f"{len(layout.order)}. Open the whole time series."
        )
    with TemporaryDirectory(prefix="napari-dsc-") as temporary:
        images = _in_order(headers, layout)
        file = yield from part_of_whole(converted(images, Path(temporary)), 0.2, 0.8)
        series = yield from part_of_whole(reading_nifti(file), 0.8, 0.9)
        series = replace(series, signal=np.array(series.signal))  # its file goes
    yield Progress("Comparing with the headers", 0.95)
    _refuse_contradiction(series, layout, headers, mosaic)
    notices = echo_words
    if skipped:
        notices += (f"{skipped} files of the folder could not be read safely: left out.",)
    return _timed(series, layout, notices, tuple(one.path for one in headers))


def _series(found: Sequence[Header], path: Path, choices: Mapping[str, str]) -> list[Header]:
    """Images of the series that was opened, or chosen."""
    by_series: dict[str, list[Header]] = {}
    for one in found:
        by_series.setdefault(one.series, []).append(one)
    if path.is_file():
        own = [one.series for one in found if one.path == path]
        if not own:
            raise DscError(
                f"{path.name} must be an MR image, got one that cannot be read safely or is none. "
                "Open the folder of the dynamic series."
            )
        return by_series[own[0]]
    several = [one for one in by_series.values() if _images(one) >= FEWEST_VOLUMES]
    several.sort(key=lambda one: (one[0].number, one[0].series))
    if not several:
        counts = sorted((_images(one) for one in by_series.values()), reverse=True)
        raise DscError(
            f"the folder must hold a dynamic MR series, got {len(by_series)} series of "
            f"{', '.join(map(str, counts[:5])) or 'no'} images. Open the folder of the series."
        )
    if len(several) == 1:
        return several[0]
    options = {str(at): _in_words(one) for at, one in enumerate(several, 1)}
    chosen = choices.get("series")
    if chosen not in options:
        question = f"The folder holds {len(several)} series: which one is the perfusion scan?"
        raise ChoiceNeededError("series", question, options)
    return several[int(chosen) - 1]


def _images(headers: Sequence[Header]) -> int:
    return sum(len(one.frames) for one in headers)


def _in_words(headers: Sequence[Header]) -> str:
    first = headers[0]
    size = "×".join(map(str, first.matrix))
    return f"series {first.number} {first.description!r}, {_images(headers)} images of {size}"


def _one_echo(
    headers: list[Header], choices: Mapping[str, str]
) -> tuple[list[Header], list[Frame], tuple[str, ...]]:
    """Images of one echo, and what is to be said of the others."""
    echoes = sorted(
        {(frame.echo_time or 0.0, frame.echo) for one in headers for frame in one.frames}
    )
    if len(echoes) == 1:
        return headers, [frame for one in headers for frame in one.frames], ()
    if any(len(one.frames) > 1 for one in headers):
        raise DscError(
            f"an enhanced DICOM scan must have one echo, got {len(echoes)}. Export the echoes as "
            "series of their own, or convert them and open the NIfTI file."
        )
    options = {str(at): f"TE {1000 * time:g} ms" for at, (time, _) in enumerate(echoes, 1)}
    chosen = choices.get("echo")
    if chosen not in options:
        question = f"The series has {len(echoes)} echoes: which one?"
        raise ChoiceNeededError("echo", question, options)
    wanted = echoes[int(chosen) - 1]
    some = [
        one for one in headers if (one.frames[0].echo_time or 0.0, one.frames[0].echo) == wanted
    ]
    words = f"The series has {len(echoes)} echoes: this is the one of {options[chosen]}."
    return some, [one.frames[0] for one in some], (words,)


def _places(headers: Sequence[Header]) -> list[tuple[int, int]]:
    """Of every image: which file holds it, and which frame of that it is."""
    return [
        (number, frame) for number, one in enumerate(headers) for frame in range(len(one.frames))
    ]


def _in_order(headers: Sequence[Header], layout: Layout) -> list[tuple[Path, int | None]]:
    """Files by time and place; with new numbers where those of the files say otherwise."""
    places = _places(headers)
    order = list(dict.fromkeys(places[at][0] for at in layout.order.ravel().tolist()))
    if len(places) > len(headers):  # of several frames each: they tell their own order
        return [(headers[at].path, None) for at in order]
    numbers = [headers[at].frames[0].instance for at in order]
    sound = None not in numbers and bool((np.diff(np.array(numbers, dtype=np.float64)) > 0).all())
    return [(headers[at].path, None if sound else place) for place, at in enumerate(order, start=1)]


def _refuse_contradiction(
    series: Series, layout: Layout, headers: Sequence[Header], mosaic: bool
) -> None:
    """Raise `DscError` if the conversion has another shape than the headers, or another order."""
    n_volumes, n_slices = layout.order.shape
    wanted = (series.signal.shape[2] if mosaic else n_slices), n_volumes
    if series.signal.shape[2:] != wanted:
        raise DscError(
            f"the conversion must give {wanted[0]} slices × {wanted[1]} volumes, "
            f"as the headers say, got {series.signal.shape[2]} × {series.signal.shape[3]}. "
            "Export the series again."
        )
    places, sums = _places(headers), dict[Path, list[float] | None]()
    for volume in np.linspace(0, n_volumes - 1, PROBED).round().astype(int):
        expected = 0.0
        for number, frame in (places[at] for at in layout.order[volume].tolist()):
            path = headers[number].path
            if path not in sums:
                sums[path] = _sums(path)
            own = sums[path]
            if own is None:
                return
            expected += own[frame]
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
        data: Any = pydicom.dcmread(path)
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
    claims = {}
    if layout.time is not None:
        claims["acquisition times"] = float(np.median(np.diff(layout.time)))
    elif layout.repetition_time is not None:
        claims["header"] = layout.repetition_time
    elif series.repetition_time is not None:
        claims["dcm2niix"] = series.repetition_time
    step, sources, questions = settle(claims)
    shot = layout.repetition_time
    if step is not None and shot is not None and abs(shot / step - 1) > 0.01:
        notices += (
            f"The header's repetition time, {shot:g} s, is not the {step:g} s from one volume to "
            "the next: it is taken as that of a shot.",
        )
    echo_time = layout.echo_time or series.echo_time
    if echo_time is not None and not 0 < echo_time < 1:
        echo_time = None
    if echo_time is not None:
        sources["Echo time"] = f"{echo_time:g} s (header)"
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
    )
