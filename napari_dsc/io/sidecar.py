"""The BIDS sidecar beside a scan: a JSON file of the same stem."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Sidecar", "read_sidecar", "sidecar_path"]

LARGEST = 2**20  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Sidecar:
    """What a sidecar says, in s; None where it says nothing that can be used."""

    repetition_time: float | None = None
    echo_time: float | None = None
    notices: tuple[str, ...] = ()


def sidecar_path(scan: Path) -> Path:
    """Where the sidecar of a scan would be.

    Examples
    --------
    >>> sidecar_path(Path("sub-01_dsc.nii.gz")).name
    'sub-01_dsc.json'
    """
    return scan.with_name(re.sub(r"\.nii(\.gz)?$", "", scan.name, flags=re.IGNORECASE) + ".json")


def read_sidecar(scan: Path) -> Sidecar:
    """Read the sidecar of a scan, if there is one; what cannot be used is left out, and said."""
    path = sidecar_path(scan)
    if not path.is_file():
        return Sidecar()
    if path.stat().st_size > LARGEST:
        return Sidecar(notices=("The sidecar is larger than 1 MiB: ignored.",))
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError):  # UnicodeDecodeError and JSONDecodeError among them
        return Sidecar(notices=("The sidecar is not JSON: ignored.",))
    if not isinstance(content, dict):
        return Sidecar(notices=("The sidecar is not a JSON object: ignored.",))
    repetition_time, first = _seconds(content, "RepetitionTime", longest=float("inf"))
    echo_time, second = _seconds(content, "EchoTime", longest=1.0)
    return Sidecar(repetition_time=repetition_time, echo_time=echo_time, notices=first + second)


def _seconds(
    content: dict[str, Any], key: str, longest: float
) -> tuple[float | None, tuple[str, ...]]:
    value = content.get(key)
    if value is None:
        return None, ()
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and 0 < value < 1e300):
        said = f"{value!r:.40}" if number else f"a {type(value).__name__}"  # never its text
        return None, (f"The sidecar's {key} is {said}, not a positive number: ignored.",)
    if value >= longest:
        return None, (
            f"The sidecar's {key} is {value:g}: in seconds that cannot be, it may be in "
            "milliseconds. Enter it in seconds.",
        )
    return float(value), ()
