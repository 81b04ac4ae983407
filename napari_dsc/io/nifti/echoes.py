"""Scans of two echoes, in one file or in two beside each other: which one, or both, is asked."""

import re
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_dsc.core.errors import ChoiceNeededError, DscError
from napari_dsc.core.progress import part_of_whole
from napari_dsc.core.types import FloatArray, Progress, Series
from napari_dsc.io.nifti.axes import BOTH, BOTH_IN_WORDS, MOST_ECHOES
from napari_dsc.io.nifti.header import parts_of, read_header
from napari_dsc.io.nifti.images import reading_nifti

__all__ = ["combined", "files_of_echoes", "reading_echo"]

ECHO_NAME = re.compile(r"(_echo-|_e)(\d+)(?=[_.])")
SAME_PLACE = 1e-3  # mm
COMBINED = (
    "Two echoes were combined: ΔR2* = ln[(S1/S1,0)/(S2/S2,0)]/(TE2 − TE1), which T1 does not "
    "change. It is noisier than one echo, and ends where the later one does."
)


def reading_echo(path: Path, **choices: str) -> Generator[Progress, None, Series]:
    """Read a dynamic NIfTI scan; of several echoes the one, or both, that somebody chose.

    Parameters
    ----------
    path : Path
        As for `reading_nifti`; where its name tells an echo, the others are looked for beside it.
    **choices : str
        `echo`: the number of one, or "both" of two; and as for `reading_nifti`.

    Yields
    ------
    Progress
        As `reading_nifti`.

    Returns
    -------
    Series
        `files` are those that it was read from, where that is not `path` alone.

    Raises
    ------
    ChoiceNeededError
        If there are several echoes, and none was chosen.
    DscError
        As `reading_nifti`; or two echoes do not fit each other.
    """
    files, chosen = files_of_echoes(path), choices.get("echo")
    if not files:
        if chosen != BOTH or not _has_two(path):  # then it asks, or nothing was to be chosen
            others = {fact: one for fact, one in choices.items() if one != BOTH}
            return (yield from reading_nifti(path, **others))
        files = {"1": path, "2": path}
    elif chosen not in _options(files, path):
        question = f"{len(files)} echoes of this scan lie beside each other: which one?"
        raise ChoiceNeededError("echo", question, _options(files, path))
    if chosen != BOTH:
        return (yield from _one(files, str(chosen), path, choices))
    read = []
    for at, (number, file) in enumerate(files.items()):
        work = reading_nifti(file, **{**choices, "echo": number})
        read.append((yield from part_of_whole(work, at / 2, (at + 1) / 2)))
    yield Progress("Combining the echoes", 1.0)
    own = tuple(dict.fromkeys(part for file in files.values() for part in parts_of(file)))
    made = combined(*read)
    first, second = (one.hashes for one in read)
    hashes = first if len(set(files.values())) == 1 else (*first, *second)
    choices = {**made.choices, "echo": BOTH}
    return replace(made, files=own if len(own) > 1 else (), choices=choices, hashes=hashes)


def _has_two(path: Path) -> bool:
    """Whether a file has an axis of two echoes."""
    long = sorted(length for length in read_header(path).shape[3:] if length > 1)
    return len(long) == 2 and long[0] == 2


def _one(
    files: Mapping[str, Path], chosen: str, path: Path, choices: Mapping[str, str]
) -> Generator[Progress, None, Series]:
    file = files[chosen]
    series = yield from reading_nifti(file, **choices)
    words = f"This is echo {chosen} of {len(files)} that lie beside each other."
    own = series.files or (() if file == path else (file,))
    return replace(
        series,
        notices=(*series.notices, words),
        files=own,
        choices={**series.choices, "echo": chosen},
    )


def files_of_echoes(path: Path) -> dict[str, Path]:
    """Files of all echoes of a scan, by their numbers; empty if there is one only.

    Examples
    --------
    >>> files_of_echoes(Path("nowhere/sub-01_echo-1_dsc.nii.gz"))
    {}
    """
    found = ECHO_NAME.search(path.name)
    if found is None:
        return {}
    names = {
        str(number): path.with_name(
            path.name[: found.start(2)]
            + str(number).zfill(len(found[2]))
            + path.name[found.end(2) :]
        )
        for number in range(1, MOST_ECHOES + 1)
    }
    there = {number: file for number, file in names.items() if file.is_file()}
    return there if len(there) > 1 else {}


def _options(files: Mapping[str, Path], path: Path) -> dict[str, str]:
    options = {
        number: f"echo {number}{', the file that was opened' * (file == path)}"
        for number, file in files.items()
    }
    return options | ({BOTH: BOTH_IN_WORDS} if len(files) == 2 else {})


def combined(one: Series, other: Series) -> Series:
    r"""Combine two echoes to a scan whose relaxation rate T1 does not change.

    .. math:: \Delta R_2^* = \frac{\ln[(S_1/S_{1,0})/(S_2/S_{2,0})]}{TE_2 - TE_1}

    is what the gradient-echo model gives of the signal S = S2/S1 and the echo time TE2 − TE1 [1]_.
    S is scaled by the mean of S1 over time, which cancels, so that it still looks like a head.

    Parameters
    ----------
    one, other : Series
        The echoes, in any order; of one shape, place and time, with their echo times.

    Returns
    -------
    Series
        float32; NaN where a signal is not positive.

    Raises
    ------
    DscError
        If the echoes do not fit each other, or an echo time is unknown.

    References
    ----------
    .. [1] Vonken EJPA et al. (1999). J Magn Reson Imaging 10(2):109-117.
    """
    if one.echo_time is None or other.echo_time is None or one.echo_time == other.echo_time:
        raise DscError(
            "two echoes must have two echo times to be combined, got "
            f"{_told(one.echo_time)} and {_told(other.echo_time)}. Give them in the sidecars, or "
            "choose one echo."
        )
    first, second = (one, other) if one.echo_time < other.echo_time else (other, one)
    if first.signal.shape != second.signal.shape or not _same(first.affine, second.affine):
        raise DscError(
            "two echoes must lie on one another to be combined, got shapes "
            f"{first.signal.shape} and {second.signal.shape}. Choose one echo."
        )
    if not _same(first.time, second.time):
        raise DscError(
            "two echoes must have the same times to be combined, got others. Choose one echo."
        )
    early, late = first.signal.astype(np.float32), second.signal.astype(np.float32)
    with np.errstate(all="ignore"):
        positive = (early > 0) & (late > 0)
        mean = early.mean(axis=-1, keepdims=True)
        signal = np.divide(late, early, out=early, where=positive)
        signal *= mean
    signal[~positive] = np.nan
    step = (second.echo_time or 0.0) - (first.echo_time or 0.0)
    words = f"{step:g} s ({second.echo_time:g} s less {first.echo_time:g} s)"
    return replace(
        first,
        signal=signal,
        echo_time=step,
        two_echoes=True,
        early=np.asarray(first.signal),
        early_echo_time=first.echo_time,
        sources={**first.sources, "Echo time": words},
        notices=tuple(dict.fromkeys((*first.notices, *second.notices, COMBINED))),
    )


def _told(seconds: float | None) -> str:
    return "none" if seconds is None else f"{seconds:g} s"


def _same(one: FloatArray | None, other: FloatArray | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and bool(np.allclose(one, other, atol=SAME_PLACE))
