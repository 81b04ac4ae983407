"""Dynamic scans that the images of a folder make, and the one of them that is wanted."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.io.dicom.frames import MAGNITUDE, FileFrame, Frame, Header
from napari_dsc.io.dicom.slice_places import n_volumes_of
from napari_dsc.io.nifti import FEWEST_VOLUMES

__all__ = ["Candidate", "chosen_scan", "one_echo"]

BETWEEN_SERIES = 1_000_000  # numbers of images, where each volume is a series of its own


@dataclass(frozen=True, slots=True)
class Candidate:
    """Images that make one scan: of one series, or of one for each volume.

    Parameters
    ----------
    headers : list of Header
        The files.
    notices : tuple of str
        What a reader should know.
    """

    headers: list[Header]
    notices: tuple[str, ...] = ()

    @property
    def n_images(self) -> int:
        """How many slices it has in all."""
        return sum(len(one.frames) for one in self.headers)

    @property
    def n_volumes(self) -> int:
        """How many volumes its images make, of the echo that has the most."""
        frames: dict[object, list[Frame]] = {}
        for one in self.headers:
            for frame in one.frames:
                frames.setdefault((_echo_of(frame), frame.component), []).append(frame)
        return max(map(n_volumes_of, frames.values()), default=0)

    @property
    def is_labelled(self) -> bool:
        """Whether it is arterial spin labelling."""
        return any(frame.label for one in self.headers for frame in one.frames)

    @property
    def is_magnitude(self) -> bool:
        """Whether any of its images is one of magnitude."""
        return any(frame.component == MAGNITUDE for one in self.headers for frame in one.frames)

    @property
    def name(self) -> str:
        """What its results are called: number and description of its series."""
        first = self.headers[0]
        return re.sub(r"\W+", "_", f"{first.number} {first.description}").strip("_")

    @property
    def words(self) -> str:
        """It in words, for a list."""
        first, last = self.headers[0], self.headers[-1]
        size = "×".join(map(str, first.matrix))
        numbers = (
            str(first.number)
            if first.number == last.number
            else (f"{first.number} to {last.number} (one for each volume)")
        )
        return f"series {numbers} {first.description!r}, {self.n_images} images of {size}"


def chosen_scan(
    found: Sequence[Header], path: Path, choices: Mapping[str, str]
) -> tuple[Candidate, bool]:
    """Images of the scan that was opened, or chosen; and whether there was a choice.

    Parameters
    ----------
    found : sequence of Header
        All MR images of the folder.
    path : Path
        What was opened: the folder, or an image.
    choices : mapping
        What the user chose.

    Raises
    ------
    ChoiceNeededError
        If there are several dynamic scans.
    DscError
        If there is none, or the file is no MR image.
    """
    by_series: dict[str, list[Header]] = {}
    for one in found:
        by_series.setdefault(one.series, []).append(one)
    several = _joined([Candidate(one) for one in by_series.values()])
    if path.is_file():
        own = [one for one in several if any(header.path == path for header in one.headers)]
        if not own:
            raise DscError(
                f"{path.name} must be an MR image, got one that cannot be read safely or is none. "
                "Open the folder of the dynamic series."
            )
        return own[0], False
    several.sort(key=lambda one: (one.headers[0].number, one.headers[0].series))
    dynamic = [one for one in several if one.n_volumes >= FEWEST_VOLUMES]
    wanted = [one for one in dynamic if not one.is_labelled and one.is_magnitude] or dynamic
    if not wanted:
        counts = sorted((one.n_images for one in several), reverse=True)
        volumes = max((one.n_volumes for one in several), default=0)
        raise DscError(
            f"the folder must hold a dynamic MR series, got {len(several)} series of "
            f"{', '.join(map(str, counts[:5])) or 'no'} images, which make {volumes} volumes at "
            f"most ({FEWEST_VOLUMES} are needed). Open the folder of the series."
        )
    if len(wanted) == 1:
        return wanted[0], False
    options = {str(at): one.words for at, one in enumerate(wanted, 1)}
    chosen = choices.get("series")
    if chosen not in options:
        question = f"The folder holds {len(wanted)} series: which one is the perfusion scan?"
        raise ChoiceNeededError("series", question, options)
    return wanted[int(chosen) - 1], True


def _joined(each: list[Candidate]) -> list[Candidate]:
    """Scans, with series of one volume each put together that differ in number only."""
    alike: dict[tuple[object, ...], list[Candidate]] = {}
    made = []
    for one in each:
        first = one.headers[0]
        if one.n_volumes != 1 or not first.study or not first.frames[0].orientation:
            made.append(one)
            continue
        frame = first.frames[0]
        about = (
            first.study, re.sub(r"\d+", "#", first.description),
            first.matrix, first.enhanced, first.tiled,
            frame.echo_time, frame.component, frame.label, frame.spacing,
            tuple(round(value, 3) for value in frame.orientation or ()),
        )  # fmt: skip
        alike.setdefault(about, []).append(one)
    for several in alike.values():
        places = [_places(one.headers) for one in several]
        usual = max(places, key=places.count)
        same = [one for one, own in zip(several, places, strict=True) if own == usual]
        if len(same) < FEWEST_VOLUMES:
            made += several
            continue
        partial = [
            one for one, own in zip(several, places, strict=True) if own < usual and own != usual
        ]
        made.append(_volumes_of([*same, *partial]))
        made += [one for one in several if one not in same and one not in partial]
    return made


def _places(headers: Sequence[Header]) -> frozenset[tuple[float, ...]]:
    return frozenset(
        tuple(round(value, 1) for value in frame.position or ())
        for one in headers
        for frame in one.frames
    )


def _volumes_of(series: list[Candidate]) -> Candidate:
    """One scan of series of one volume each: their numbers count before those of the images."""
    ordered = sorted(series, key=lambda one: one.headers[0].number)
    headers = [
        replace(header, frames=[_numbered(frame, header.number) for frame in header.frames])
        for one in ordered
        for header in one.headers
    ]
    first, last = ordered[0].headers[0].number, ordered[-1].headers[0].number
    words = (
        f"Each of the {len(ordered)} volumes is a series of its own (numbers {first} to {last}): "
        "they were put together.",
    )
    return Candidate(headers, words)


def _numbered(frame: Frame, series: int) -> Frame:
    return replace(frame, instance=series * BETWEEN_SERIES + (frame.instance or 0))


def one_echo(
    headers: list[Header], choices: Mapping[str, str]
) -> tuple[list[Header], list[FileFrame], tuple[str, ...], bool]:
    """Magnitude images of one echo, what is to be said of the others, and whether it was chosen.

    Raises
    ------
    ChoiceNeededError
        If there are several echoes.
    DscError
        If there is no magnitude, or the scan is one of arterial spin labelling.
    """
    frames = [(number, frame) for number, one in enumerate(headers) for frame in one.frames]
    _refuse_labels([frame for _, frame in frames])
    others = sorted({frame.component for _, frame in frames} - {MAGNITUDE})
    frames = [(number, frame) for number, frame in frames if frame.component == MAGNITUDE]
    if not frames:
        raise DscError(
            f"the scan must hold magnitude images, got {' and '.join(others)} images only. Open "
            "the series of the magnitude: ΔR2* is computed from it."
        )
    notices: tuple[str, ...] = ()
    if others:
        notices = (f"The series holds {' and '.join(others)} images, too: they were left out.",)
    echoes = sorted({_echo_of(frame) for _, frame in frames})
    wanted, asked = echoes[0], len(echoes) > 1
    if asked:
        options = {str(at): f"TE {1000 * time:g} ms" for at, (time, _) in enumerate(echoes, 1)}
        chosen = choices.get("echo")
        if chosen not in options:
            question = f"The series has {len(echoes)} echoes: which one?"
            raise ChoiceNeededError("echo", question, options)
        wanted = echoes[int(chosen) - 1]
        words = f"The series has {len(echoes)} echoes: this is the one of {options[chosen]}."
        notices = (words, *notices)
    frames = [(number, frame) for number, frame in frames if _echo_of(frame) == wanted]
    used = sorted({number for number, _ in frames})
    new = {number: at for at, number in enumerate(used)}
    places = [(new[number], frame) for number, frame in frames]
    return [headers[number] for number in used], places, notices, asked


def _refuse_labels(frames: Sequence[Frame]) -> None:
    labels = sorted({frame.label for frame in frames if frame.label})
    if labels:
        raise DscError(
            "the scan must be DSC-MRI (a bolus of contrast agent), got arterial spin labelling: "
            f"its images are marked {', '.join(labels)}. Open the DSC series; for labelling use a "
            "program for ASL."
        )


def _echo_of(frame: Frame) -> tuple[float, int]:
    return frame.echo_time or 0.0, frame.echo
