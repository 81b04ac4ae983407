"""The BIDS sidecar of a scan: a JSON file of the same stem, and what it inherits."""

import glob
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_dsc.core.defaults import SLICE_AXIS
from napari_dsc.core.time_units import LARGEST_DOSE, LARGEST_FLIP, odd_echo_time
from napari_dsc.core.types import FloatArray

__all__ = ["Sidecar", "read_sidecar", "sidecar_path"]

LARGEST = 2**20  # bytes
DEEPEST_DATASET = 5  # folders from a scan up to the root of its data set
DEEPEST = 32  # brackets within brackets
STRONGEST = 25.0  # T: no scanner has more
DOSES = ("ContrastBolusTotalDose", "ContrastBolusVolume")  # DICOM's names of a dose, mL
LONGEST_SLICES = 6.0  # s that the slices of a volume may take
ENCODING_AXES = {"i": 0, "j": 1, "k": 2}
# A string, also one that never ends: whatever the text, each character is looked at once.
STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sidecar:
    """What a sidecar says, in s; None where it says nothing that can be used.

    Parameters
    ----------
    repetition_time, echo_time : float or None
        Of a volume; of the echo at hand.
    volume_times : ndarray, shape (T,), or None
        When each volume begins, after the first.
    slice_times : ndarray, shape (S,), or None
        When each slice is measured after its volume begins.
    slice_axis : int
        Along which axis the slices lie.
    notices : tuple of str
        What was left out, and why; no text of the file is among it.
    flip_angle, field_strength, dose : float or None
        Degrees, T, and mL of agent.
    """

    repetition_time: float | None = None
    echo_time: float | None = None
    volume_times: FloatArray | None = None
    slice_times: FloatArray | None = None
    slice_axis: int = SLICE_AXIS
    notices: tuple[str, ...] = ()
    flip_angle: float | None = None
    field_strength: float | None = None
    dose: float | None = None


def sidecar_path(scan: Path) -> Path:
    """Where the sidecar of a scan would be.

    Examples
    --------
    >>> sidecar_path(Path("sub-01_dsc.nii.gz")).name
    'sub-01_dsc.json'
    """
    stem = re.sub(r"\.(nii|hdr|img)(\.gz)?$", "", scan.name, flags=re.IGNORECASE)
    return scan.with_name(f"{stem}.json")


def read_sidecar(
    scan: Path, shape: tuple[int, ...], echo: int | None = None, step: float | None = None
) -> Sidecar:
    """Read the sidecar of a scan, if there is one; what cannot be used is left out, and said.

    Parameters
    ----------
    scan : Path
        The scan's file.
    shape : tuple of int
        Its shape, (X, Y, Z, T): lists must have an entry for each volume, or slice.
    echo : int, optional
        Which of several echo times is meant, from 0.
    step : float, optional
        What the scan's own header says of its time step, s: it bounds the slice times where the
        sidecar says nothing.
    """
    said: list[str] = []
    content: dict[str, Any] = {}
    for path in _inherited(scan):
        own, why = _content(path)
        if own is None:
            said.append(f"The sidecar is {why}: ignored.")
        content |= own or {}
    repetition_time = _seconds(content, "RepetitionTime", float("inf"), said)
    times = content.get("EchoTime")
    if isinstance(times, list) and echo is not None and echo < len(times):
        content = {**content, "EchoTime": times[echo]}
    echo_time = _seconds(content, "EchoTime", 1.0, said)
    if echo_time is not None and (odd := odd_echo_time(echo_time)):
        said.append(f"The sidecar's EchoTime must {odd} Enter it in seconds.")
        echo_time = None
    volume_times = _volume_times(content, shape[-1], said)
    step = step if repetition_time is None else repetition_time
    if volume_times is not None:
        step = float(np.median(np.diff(volume_times)))
        during = _seconds(content, "AcquisitionDuration", float("inf"), said)  # of one volume
        step = step if during is None else min(during, float(np.diff(volume_times).max()))
    axis, slice_times = _slice_times(content, shape, step, said)
    return Sidecar(
        repetition_time=repetition_time,
        echo_time=echo_time,
        volume_times=volume_times,
        slice_times=slice_times,
        slice_axis=axis,
        flip_angle=_within(content, "FlipAngle", LARGEST_FLIP, said),
        field_strength=_within(content, "MagneticFieldStrength", STRONGEST, said),
        dose=_dose(content, said),
        notices=tuple(said),
    )


def _dose(content: Mapping[str, Any], said: list[str]) -> float | None:
    """Agent that was given, mL: undiluted, or else the volume of what was injected."""
    told = [_within(content, key, LARGEST_DOSE, said) for key in DOSES]
    return next((one for one in told if one is not None), None)


def _inherited(scan: Path) -> list[Path]:
    """Sidecars of a scan, the nearest last: those that BIDS has it inherit, and its own [1]_.

    Higher up in a data set those count whose name has the scan's suffix, and no other entities
    than the scan's.

    References
    ----------
    .. [1] Gorgolewski KJ et al. (2016). Scientific Data 3:160044.
    """
    own = sidecar_path(scan)
    *entities, suffix = own.stem.split("_")
    folders = list(own.absolute().parents)[:DEEPEST_DATASET]
    roots = [at for at, one in enumerate(folders) if (one / "dataset_description.json").is_file()]
    found = []
    for folder in reversed(folders[: roots[0] + 1] if roots and entities else []):
        for path in sorted(folder.glob(f"*{glob.escape(suffix)}.json"), key=_entities):
            *others, last = path.stem.split("_")
            if last == suffix and set(others) <= set(entities) and path.name != own.name:
                found.append(path)
    return [path for path in (*found, own) if path.is_file()]


def _entities(path: Path) -> int:
    """How many entities a name has: the more, the nearer it is to a scan."""
    return path.name.count("_")


def _content(path: Path) -> tuple[dict[str, Any] | None, str]:
    """JSON object of a file; None, and what it is instead."""
    if path.stat().st_size > LARGEST:
        return None, "larger than 1 MiB"
    try:
        text = path.read_text(encoding="utf-8-sig")
        if _depth(text) > DEEPEST:
            return None, f"nested more than {DEEPEST} deep"
        content = json.loads(text)
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError among them
        return None, "not JSON"
    return (content, "") if isinstance(content, dict) else (None, "not a JSON object")


def _depth(text: str) -> int:
    """How deep brackets stand within brackets; those within strings do not count.

    Examples
    --------
    >>> _depth('{"a": [[1], "[[["]}')
    3
    """
    bare = STRING.sub("", text)
    steps = [1 if one in "[{" else -1 for one in bare if one in "[]{}"]
    return int(np.cumsum(steps).max()) if steps else 0


def _seconds(content: Mapping[str, Any], key: str, longest: float, said: list[str]) -> float | None:
    value = content.get(key)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and 0 < value < 1e300):
        words = f"{value!r:.40}" if number else f"a {type(value).__name__}"  # never its text
        said.append(f"The sidecar's {key} is {words}, not a positive number: ignored.")
        return None
    if value >= longest:
        said.append(
            f"The sidecar's {key} is {value:g}: in seconds that cannot be, it may be in "
            "milliseconds. Enter it in seconds."
        )
        return None
    return float(value)


def _within(content: Mapping[str, Any], key: str, most: float, said: list[str]) -> float | None:
    """Positive number up to some limit; None, and why, if there is none that can be used."""
    value = content.get(key)
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and 0 < value <= most):
        words = f"{value!r:.40}" if number else f"a {type(value).__name__}"  # never its text
        said.append(f"The sidecar's {key} is {words}, not between 0 and {most:g}: ignored.")
        return None
    return float(value)


def _numbers(content: Mapping[str, Any], key: str, count: int, said: list[str]) -> Any:
    """List of so many finite numbers; None if there is none that can be used."""
    value = content.get(key)
    if value is None:
        return None
    plain = isinstance(value, list) and all(
        isinstance(one, int | float) and not isinstance(one, bool) and abs(one) < 1e300
        for one in value
    )
    if not plain:
        said.append(f"The sidecar's {key} is not a list of numbers: ignored.")
        return None
    if len(value) != count:
        said.append(f"The sidecar's {key} has {len(value)} entries, not {count}: ignored.")
        return None
    return np.array(value, dtype=np.float64)


def _volume_times(content: Mapping[str, Any], count: int, said: list[str]) -> FloatArray | None:
    times: FloatArray | None = _numbers(content, "VolumeTiming", count, said)
    if times is None:
        return None
    from_first: FloatArray = times - times[0]
    if not (np.diff(from_first) > 0).all():  # also where a huge first entry swallows the others
        said.append("The sidecar's VolumeTiming does not increase: ignored.")
        return None
    return from_first


def _slice_times(
    content: Mapping[str, Any], shape: tuple[int, ...], step: float | None, said: list[str]
) -> tuple[int, FloatArray | None]:
    direction = content.get("SliceEncodingDirection", "k")
    known = isinstance(direction, str) and re.fullmatch("[ijk]-?", direction)
    if not known:
        said.append("The sidecar's SliceEncodingDirection is none: its SliceTiming is ignored.")
        return 2, None
    axis = ENCODING_AXES[direction[0]]
    times: FloatArray | None = _numbers(content, "SliceTiming", shape[axis], said)
    if times is None:
        return axis, None
    longest = LONGEST_SLICES if step is None else step
    if times.min() < 0 or times.max() > longest:
        said.append(
            f"The sidecar's SliceTiming runs from {times.min():g} to {times.max():g}: in seconds "
            f"it must lie within a volume's {longest:g}. Ignored; it may be in milliseconds."
        )
        return axis, None
    return axis, times[::-1].copy() if direction.endswith("-") else times
