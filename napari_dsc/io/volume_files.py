"""Scans of one 3-D file for each volume, and folders that hold NIfTI files."""

import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.types import FloatArray, Progress, Series
from napari_dsc.io.dicom.discover import files_below
from napari_dsc.io.nifti import FEWEST_VOLUMES, LARGEST, read_hashed_volume, timed
from napari_dsc.io.nifti.axes import Dynamic
from napari_dsc.io.nifti.bids_sidecar import read_sidecar
from napari_dsc.io.nifti.echoes import files_of_echoes, reading_echo
from napari_dsc.io.nifti.header import PAIRS, Header, parts_of, read_header
from napari_dsc.io.temporaries import TEMPORARY

__all__ = ["is_nifti", "is_stack", "reading_folder", "reading_volumes", "scans_in", "siblings"]

ENDINGS = (".nii", ".nii.gz", *PAIRS)
PERSONS = re.compile(r"(sub|ses|run|acq|echo|dir|subject|patient)[-_]?$", re.IGNORECASE)
SAME_PLACE = 0.01  # mm
SAME_ECHO = 1e-5  # s


@dataclass(frozen=True, slots=True)
class Found:
    """A scan that a folder holds: one file of it, or one for each volume; and it in words."""

    files: tuple[Path, ...]
    words: str


def is_nifti(path: Path) -> bool:
    """Whether a file is called as NIfTI is."""
    return path.name.lower().endswith(ENDINGS)


def is_stack(paths: Sequence[Path]) -> bool:
    """Whether files are the volumes of one scan: many, on one grid, their names but numbered."""
    groups = _numbered(paths)
    if len(groups) != 1 or len(groups[0]) != len(paths):
        return False
    try:
        shapes = {_shape(read_header(path)) for path in paths}
    except DscError:
        return False
    return len(shapes) == 1 and len(shapes.pop()) == 3


def siblings(path: Path) -> int:
    """How many files beside a volume, itself among them, are volumes of the same scan; or 0."""
    beside = [one for one in path.parent.iterdir() if one.is_file() and is_nifti(one)]
    own = [group for group in _numbered(_once(beside)) if path in group]
    return len(own[0]) if own else 0


def scans_in(folder: Path) -> list[Found]:
    """Dynamic scans among the NIfTI files of a folder and below, in the order of their names."""
    files = _once(path for path in files_below(folder) if is_nifti(path) and _is_whole(path))
    shapes: dict[Path, tuple[int, ...]] = {}
    for path in files:
        try:
            shapes[path] = _shape(read_header(path))
        except DscError:
            continue  # it is none, or damaged: a folder holds more than scans
    found = []
    for path, shape in shapes.items():
        echoes = list(files_of_echoes(path).values())
        if max(shape[3:], default=1) >= FEWEST_VOLUMES and path == (echoes or [path])[0]:
            words = f"{path.relative_to(folder)}, {' × '.join(map(str, shape))}"
            found.append(Found((path,), words))
    single = [path for path, shape in shapes.items() if len(shape) == 3]
    for group in _numbered(single):
        first, last = group[0].relative_to(folder), group[-1].name
        found.append(Found(tuple(group), f"{first} to {last}, {len(group)} volumes"))
    return sorted(found, key=lambda one: _natural(one.files[0]))


def reading_folder(folder: Path, **choices: str) -> Generator[Progress, None, Series]:
    """Read the scan that the NIfTI files of a folder hold: one file, or one for each volume.

    Parameters
    ----------
    folder : Path
        It and the folders below are searched.
    **choices : str
        `file`, which of several scans, from "1"; and as `reading_echo`.

    Yields
    ------
    Progress
        As `reading_echo` or `reading_volumes`.

    Returns
    -------
    Series
        `files` are those that it was read from.

    Raises
    ------
    ChoiceNeededError
        If there are several scans, or the one needs a choice.
    DscError
        If there is no scan, or it cannot be read.
    """
    found = scans_in(folder)
    if not found:
        raise DscError(
            f"the folder must hold a dynamic scan in NIfTI, got none in {folder.name!r}. Open the "
            "scan's own file or folder."
        )
    chosen = "1"
    if len(found) > 1:
        options = {str(at): one.words for at, one in enumerate(found, 1)}
        chosen = choices.get("file", "")
        if chosen not in options:
            question = f"The folder holds {len(found)} dynamic scans: which one?"
            raise ChoiceNeededError("file", question, options)
    files = found[int(chosen) - 1].files
    if len(files) > 1:
        series = yield from reading_volumes(files)
    else:
        series = yield from reading_echo(files[0], **choices)
        series = replace(series, files=series.files or files)
    asked = {"file": chosen} if len(found) > 1 else {}
    return replace(series, choices={**series.choices, **asked})


def reading_volumes(paths: Sequence[Path]) -> Generator[Progress, None, Series]:
    """Read a scan of one 3-D NIfTI file for each volume.

    Parameters
    ----------
    paths : sequence of Path
        Sorted by their numbers where their names differ by these only; else taken in this order.

    Yields
    ------
    Progress
        Before each file.

    Returns
    -------
    Series
        Signal of shape (X, Y, Z, T): as stored, or float32 where the files scale or store it
        differently. Its time is None where no sidecar tells it: a single volume has no time step.

    Raises
    ------
    DscError
        If there are too few, or they do not lie on one another.
    """
    groups = _numbered(paths)
    files = groups[0] if len(groups) == 1 and len(groups[0]) == len(paths) else list(paths)
    if len(files) < FEWEST_VOLUMES:
        raise DscError(
            f"a dynamic scan must have at least {FEWEST_VOLUMES} volumes, got {len(files)} files. "
            "Open the whole time series."
        )
    headers = [read_header(path) for path in files]
    first = headers[0]
    _refuse_other_grids(files, headers)
    kinds = {one.kind for one in headers}
    plain = len(kinds) == 1 and all((one.slope, one.intercept) == (1, 0) for one in headers)
    kind: Any = first.kind if plain and first.kind != np.float64 else np.dtype(np.float32)
    signal: NDArray[Any] = np.empty((*first.shape[:3], len(files)), kind, order="F")
    affine: FloatArray | None = None
    hashes: list[str] = []
    for at, path in enumerate(files):
        yield Progress("Reading the files", at / len(files))
        signal[..., at], own, read = read_hashed_volume(path)
        hashes += read
        affine = own if at == 0 else affine
    words = f"One file for each of the {len(files)} volumes, in the order of their {_rule(files)}."
    found = Dynamic(signal=signal, axis=None, notices=(words, *_gaps(files)))
    series = timed(files[0], found, affine, first)
    _refuse_other_echoes(files, signal.shape, series.echo_time)
    parts = [part for path in files for part in dict.fromkeys(parts_of(path))]
    return replace(series, files=tuple(parts), hashes=tuple(hashes))


def _shape(header: Header) -> tuple[int, ...]:
    """Shape without trailing axes of length 1."""
    shape = header.shape
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _is_whole(path: Path) -> bool:
    return not path.name.startswith((".", TEMPORARY))


def _once(paths: Iterable[Path]) -> list[Path]:
    """Files, each pair of header and voxels once: by its header."""
    listed = list(paths)
    names = {path.with_name(path.name.lower()) for path in listed}

    def is_second(path: Path) -> bool:
        found = re.search(r"\.img(\.gz)?$", path.name.lower())
        stem = path.name.lower()[: found.start()] if found else ""
        return bool(found) and any(
            path.with_name(f"{stem}.hdr{end}") in names for end in ("", ".gz")
        )

    return [path for path in listed if not is_second(path)]


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """Key that sorts 2 before 10."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(one), at, "") if at % 2 else (0, at, one) for at, one in enumerate(parts)]


def _numbers(path: Path) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", path.name))


def _numbered(paths: Iterable[Path]) -> list[list[Path]]:
    """Groups of files whose names differ by one number only, each by that number.

    Where several numbers differ, the one with the most values counts the volumes: the others tell
    scans apart. Numbers of persons, sessions and runs count none.
    """
    alike: dict[tuple[Path, str], list[Path]] = {}
    for path in paths:
        alike.setdefault((path.parent, re.sub(r"\d+", "#", path.name)), []).append(path)
    groups: dict[tuple[Any, ...], list[Path]] = {}
    for key, several in alike.items():
        place = _counter(several)
        if _counts_persons(several, place):
            continue
        for path in several:
            numbers = _numbers(path)
            others = () if place is None else (*numbers[:place], *numbers[place + 1 :])
            groups.setdefault((key, others), []).append(path)
    return [sorted(one, key=_natural) for one in groups.values() if len(one) >= FEWEST_VOLUMES]


def _counter(paths: Sequence[Path]) -> int | None:
    """Which number of some names counts the volumes; None if all of them do together."""
    columns = list(zip(*map(_numbers, paths), strict=True))
    values = [len(set(column)) for column in columns]
    if not values or max(values) == len(paths):
        return None
    return values.index(max(values))


def _counts_persons(paths: Sequence[Path], place: int | None) -> bool:
    """Whether the number that counts stands behind the word for a person, session or run."""
    columns = list(zip(*map(_numbers, paths), strict=True))
    varying = [at for at, column in enumerate(columns) if len(set(column)) == len(paths)]
    counting = place if place is not None else next(iter(reversed(varying)), None)
    if counting is None:
        return False
    words = re.split(r"\d+", paths[0].name)
    return PERSONS.search(words[counting]) is not None


def _rule(files: Sequence[Path]) -> str:
    return "numbers" if _numbered(files) else "list"


def _gaps(files: Sequence[Path]) -> tuple[str, ...]:
    """Say which numbers are missing among the files: their volumes may be."""
    columns = list(zip(*map(_numbers, files), strict=True)) if _numbered(files) else []
    counting = next((one for one in columns if len(set(one)) == len(files)), ())
    steps = np.diff(counting)
    odd = np.flatnonzero(steps != np.median(steps)) if steps.size else steps
    if not odd.size:
        return ()
    words = "; ".join(f"{counting[at]} and {counting[at + 1]}" for at in odd[:3])
    return (
        f"The numbers of the files jump between {words}. If volumes are missing there, an even "
        "time step is wrong.",
    )


def _refuse_other_grids(files: Sequence[Path], headers: Sequence[Header]) -> None:
    """Raise `DscError` unless all files hold one volume each, on the grid of the first."""
    first = headers[0]
    size = 0
    for path, one in zip(files, headers, strict=True):
        if len(_shape(one)) != 3:
            raise DscError(
                f"{path.name} must hold one volume (x, y, z), got shape {one.shape}. Open it alone."
            )
        if one.shape[:3] != first.shape[:3]:
            raise DscError(
                f"{path.name} must have the shape {first.shape[:3]} of {files[0].name}, got "
                f"{one.shape[:3]}. Leave out what is no volume of this scan."
            )
        apart = np.abs(one.affine - first.affine).max()
        if apart > SAME_PLACE:  # False for NaN: places that nobody knows
            raise DscError(
                f"{path.name} must lie on the grid of {files[0].name}, got an affine that differs "
                f"by {apart:.3g} mm. Resample the volumes onto one grid."
            )
        size += int(np.prod(one.shape[:3], dtype=np.int64)) * 4
    if size > LARGEST:
        raise DscError(
            f"the files must hold at most {LARGEST >> 30} GiB of voxels, got {size / 2**30:.1f} "
            "GiB. Crop them."
        )


def _refuse_other_echoes(
    files: Sequence[Path], shape: tuple[int, ...], echo_time: float | None
) -> None:
    """Raise `DscError` if the sidecars of some volumes tell another echo time."""
    if echo_time is None:
        return
    for path in files[1:]:
        own = read_sidecar(path, shape).echo_time
        if own is not None and abs(own - echo_time) > SAME_ECHO:
            raise DscError(
                f"{path.name} must have the echo time of {files[0].name}, {echo_time:g} s, got "
                f"{own:g} s. Open the volumes of one echo."
            )
